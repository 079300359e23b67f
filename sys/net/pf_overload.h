/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_overload.h: sources that are on their way into a table (overload)
 *
 * What it owns.  The pf_overloads.  A packet whose source has too many connections by a rule with
 * overload <table> leaves one here, and from then on look-ups in the table find the
 * address.  Control context, which is asked to come soon, puts the address into the table
 * and removes the states of the source, if the rule says flush.
 * Why.  A table's trie is replaced as a whole, by who holds pf->ctl and may sleep; a packet
 * can do neither.  And to look for the states of a source means to go through all of them,
 * which is done once for all the sources that are waiting, and not by each packet of a flood.
 * Life.  From pf_overload_add() to the next pf_overloads_settle(), which every request of a program
 * begins with: so programs find in the table what packets find there.
 * Locking.  Look-ups: packet context, no lock.  Additions: a spin lock.  Settling: pf->ctl.
 * pf_instance.h explains the marks of members; [o]: that spin lock.
 * Place.  Second floor.
 */
#ifndef _NET_PF_OVERLOAD_H_
#define _NET_PF_OVERLOAD_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_krule;
struct pf_state;
struct pf_table;

struct pf_overload {
	struct pf_overload *next;	/* [rcu o] in its bucket */
	struct pf	*pf;		/* [i] */
	struct pf_krule	*rule;		/* [i] referenced, and so its table is */
	struct pf_table	*table;		/* [i] that gets the address */
	struct pf_addr	 addr;		/* [i] */
	uint8_t		 af;		/* [i] */
	bool		 counts;	/* [i] look-ups find it: it is not in the table */
	bool		 taken;		/* [c] it is being settled */
	struct pf_rcu_head rcu;
};

#define PF_OVERLOAD_BUCKETS	256
struct pf_overloads {
	struct pf_overload *b[PF_OVERLOAD_BUCKETS]; /* [rcu o] */
	struct pf_spinlock lock;
	struct pf_atomic n;		/* all that there are */
};

void	 pf_overloads_init(struct pf *);
void	 pf_overloads_fini(struct pf *);	/* Lock: ctl */
/* The source of the state has too many connections by the state's rule: into the table that the
 * rule names with it, if it names one.  Packet context. */
void	 pf_overload_add(struct pf *, const struct pf_state *);
/* Whether the address is waiting for the table.  Packet context. */
bool	 pf_overload_has(struct pf *, const struct pf_table *, uint8_t af,
	    const struct pf_addr *);
/* Put what is waiting into the tables, and remove states.  May wait for a grace period.
 * Lock: ctl. */
void	 pf_overloads_settle(struct pf *);

#endif /* _NET_PF_OVERLOAD_H_ */
