/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ifaddr.h: addresses in rules that follow those of an interface: (eth0)
 *
 * What it owns.  The pf_dyns.  A pf_dyn is what a rule says in parentheses: the
 * name of an interface or a group, and modifiers.
 * Life.  All rules that say the same share a pf_dyn, which is made for the first
 * of them, and freed some time after the last one is gone.
 * Locking.  Packets read the addresses in an RCU read side.  Everything else
 * needs pf->ctl.  pf_instance.h explains the marks of members.
 * Place.  Second floor, above interfaces (pf_if.h) and tables (pf_table.h).
 */
#ifndef _NET_PF_IFADDR_H_
#define _NET_PF_IFADDR_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_kif;
struct pf_table;

struct pf_dyn_prefix {
	struct pf_addr	 addr, mask;
	uint64_t	 size;		/* addresses in it, at most 2^32 */
};

/* The prefixes that a pool chooses from, IPv4 first. */
struct pf_dyn_list {
	uint32_t	 n[2];		/* [i] of IPv4, IPv6 */
	uint64_t	 size[2];	/* [i] sums of their sizes */
	struct pf_dyn_prefix p[];	/* [i] */
};

struct pf_dyn {
	struct pf_table	*table;		/* [i] owned, and no other's: what a */
					/* rule's addresses are compared */
					/* with */
	struct pf_dyn_list *list;	/* [rcu c] owned; NULL: none */
	struct pf_kif	*kif;		/* [i] referenced */
	struct pf_dyn	*next;		/* [c] of all */
	struct pf_dyn	*next_kif;	/* [c] of those that follow kif */
	struct pf_dyn_list *old;	/* [c] what `list' was, to be freed */
	struct pf_atomic refs;		/* of rules */
	uint8_t		 iflags;	/* [i] PFI_AFLAG_* */
	uint8_t		 net;		/* [i] prefix length; 0: not given */
	bool		 dirty;		/* [c] to be worked out again */
};

/* Whether an address of type PF_ADDR_DYNIFTL from a program is sound. */
bool	 pf_dyn_ok(const struct pf_addr_wrap *);
/* The pf_dyn of that name and those modifiers, made if it does not exist, with a
 * reference for the caller.  NULL: no memory. */
struct pf_dyn *pf_dyn_get(struct pf *, const char *ifname, uint8_t iflags,
	    uint8_t net);
/* Drop a reference; NULL is fine.  Any context. */
void	 pf_dyn_put(struct pf_dyn *);
/* How many prefixes it has, of that family or (0) of both. */
int32_t	 pf_dyn_told(const struct pf_dyn *, uint8_t af);

/*
 * For pools, in packet context.
 */
/* How many addresses of that family there are. */
uint64_t pf_dyn_size(const struct pf_dyn *, uint8_t af);
/* The prefix in which address number *place lies, and *place in this prefix;
 * numbers beyond the last begin again at 0.  NULL: there is no address. */
const struct pf_dyn_prefix *pf_dyn_at(const struct pf_dyn *, uint8_t af,
	    uint64_t *place);

/* All that follow that name are to be worked out again. */
void	 pf_dyns_changed(struct pf_kif *);
/* Work out those that are to be; false: no memory, and some have no address for
 * the time being.  May wait for a grace period. */
bool	 pf_dyns_bring(struct pf *);
/* Free those that no rule has any more. */
void	 pf_dyns_purge(struct pf *);

#endif /* _NET_PF_IFADDR_H_ */
