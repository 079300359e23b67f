/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_if.h: interfaces by name
 *
 * What it owns.  The table of pf_kifs.  A pf_kif is the name of an interface,
 * or of a group of interfaces, that a rule, an option, a state or a device has;
 * there need not be a device of that name.
 * Life.  pf_kif_get() makes a kif.  The kif lives while it is referenced or
 * while its device is present, and is freed after an RCU grace period.
 * Locking.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 */
#ifndef _NET_PF_IF_H_
#define _NET_PF_IF_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_dyn;
struct pf_kif;

/* Groups that a device is in: those of which a rule has the name. */
struct pf_kif_groups {
	struct pf_rcu_head rcu;
	uint32_t	 n;			/* [i] */
	struct pf_kif	*kif[];			/* [i] their `listed' counts */
						/* this */
};

/* Groups with a meaning of their own (pf_ifgroup.c). */
enum { PF_GROUP_ANY, PF_GROUP_SELF, PF_GROUP_EGRESS, PF_GROUP_NAMES };

struct pf_kif {
	struct pf	*pf;			/* [i] */
	struct pf_kif	*next_index;		/* [rcu c] chain by ifindex */
	struct pf_kif_groups *groups;		/* [rcu c] owned; NULL: none */
	struct pf_pcpu	 ctr;			/* [p] PF_KIF_PACKETS(..) .. */
	int		 ifindex;		/* [a] 0: no such device now */
	uint16_t	 id;			/* [i] small, not 0, unique: */
						/* for state keys */
	bool		 skip;			/* [a] set skip on this, or on */
						/* a group that it is in */
	bool		 skip_set;		/* [c] set skip on this */
	bool		 gone;			/* [c] its device went, and no */
						/* grace period has passed */
						/* for sure */
	char		 name[PF_IFNAMSIZ];	/* [i] */
	struct pf_kif	*next_name;		/* [rcu c] chain by name */
	struct pf_atomic refs;			/* rules, options */
	struct pf_atomic states;		/* references, too: states */
						/* from insertion until freed */
	uint32_t	 rules;			/* [c] rules among the refs: */
						/* those `on' this name */
	uint32_t	 listed;		/* [c] devices whose `groups' */
						/* have this group */
	uint32_t	 drives;		/* [c] kifs of which this is */
						/* the driver */
	struct pf_kif	*driver;		/* [c] referenced: the group */
						/* of its driver, which a kif */
						/* has once it has had a */
						/* device; NULL: none.  [i] */
						/* from then on */
	uint8_t		 kind;			/* [i] PF_GROUP_*, or */
						/* PF_GROUP_NAMES */
	bool		 numbered;		/* [c] in the chain: */
	struct pf_kif	*next_numbered;		/* [c] of all kifs that ever */
						/* stood for a link group */
	uint32_t	 number;		/* [c] the link group that the */
						/* name stands for; 0: none */
	uint32_t	 old_number;		/* [c] before a commit */
	bool		 changed;		/* [c] its groups are to be */
						/* worked out again */
	/* of the device, as the host has told: */
	uint32_t	 flags;			/* [c] PF_IF_* */
	uint32_t	 link_group;		/* [c] */
	uint32_t	 naddr;			/* [c] */
	struct pf_ifaddr *addr;			/* [c] owned */
	struct pf_dyn	*dyns;			/* [c] addresses in rules that */
						/* follow this name */
	int64_t		 tzero;			/* [c] when counters were */
						/* last zeroed */
	struct pf_rcu_head rcu;
};
/* Indices of kif->ctr: v6, out, block: 0 or 1 */
#define PF_KIF_PACKETS(v6, out, block)	((v6) * 4 + (out) * 2 + (block))
#define PF_KIF_BYTES(v6, out, block)	(8 + (v6) * 4 + (out) * 2 + (block))
#define PF_KIF_NCTR	16
#define PF_KIF_MAX	32768		/* kifs at one time */
#define PF_KIF_HASH	4096		/* chains, a power of two */
#define PF_KIF_IDS	(UINT16_MAX + 1)

struct pf_iftab {
	struct pf_kif	**by_name;		/* [i] PF_KIF_HASH heads, */
						/* owned; heads: [rcu c] */
	struct pf_kif	**by_index;		/* the same */
	uint64_t	*ids;			/* [i] owned; bits [c]: ids */
						/* that kifs have */
	uint32_t	 n;			/* [c] kifs */
	uint16_t	 last_id;		/* [c] the id given out last */
	bool		 unsettled;		/* [c] something has changed .. */
	bool		 all_changed;		/* [c] .. that every device's */
						/* groups depend on */
	struct pf_kif	*named[PF_GROUP_NAMES];	/* [c] NULL: no such kif */
	struct pf_kif	*numbered;		/* [c] first of the chain */
	struct pf_dyn	*dyns;			/* [c] owned: all of them */
};

/* Make an empty table: 0 or ENOMEM, with nothing left behind.  pf_if_fini()
 * frees it with all kifs, and does no harm to one that is all zero. */
int	 pf_if_init(struct pf *);
void	 pf_if_fini(struct pf *);

/* The kif of a name, made if it does not exist, with a reference for the
 * caller; NULL: no memory or a bad name.  Lock: ctl. */
struct pf_kif *pf_kif_get(struct pf *, const char *name);
/* The kif of a name, without a reference, or NULL.  Lock: ctl. */
struct pf_kif *pf_kif_find(struct pf *, const char *name);
/* The kif that follows another one, NULL: the first, in no order that a user
 * should know.  NULL: there is no more.  Lock: ctl. */
struct pf_kif *pf_kif_next(struct pf *, struct pf_kif *);
/* The kif of a device, without a reference, or NULL.  Packet context; every
 * packet calls this. */
struct pf_kif *pf_kif_find_index(struct pf *, int ifindex);
/* Take a reference: the caller must hold one, or must have found the kif by its
 * device in the present RCU read side. */
static inline void
pf_kif_ref(struct pf_kif *kif)
{
	pf_atomic_inc(&kif->refs);
}
/* Drop a reference; NULL is fine.  Any context: the next pf_if_purge() frees
 * the kif if it is no longer used. */
void	 pf_kif_put(struct pf *, struct pf_kif *);
void	 pf_if_purge(struct pf *);		/* lock: ctl */
/*
 * Write names and counters of the kif of that name, of all for "", to out[]: at
 * most `room' entries.  Returns how many such kifs there are.  The table does
 * not change meanwhile.  Lock: ctl.
 */
uint32_t pf_kif_export(struct pf *, const char *name, struct pfi_kif *out,
	    uint32_t room);
/* its counters; lock: ctl */
void	 pf_kif_zero(struct pf *, struct pf_kif *);

#endif /* _NET_PF_IF_H_ */
