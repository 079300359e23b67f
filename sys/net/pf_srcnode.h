/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_srcnode.h: the sources of connections (source-track, sticky-address)
 *
 * What it owns.  The pf_srcnodes.  A node counts the states, and the TCP connections, that
 * rules with source-track have made for one source address: of one rule, or of all
 * that track their sources globally.  Another kind of node remembers what sticky-address
 * has chosen from one pool of a rule for one source address.
 * Life.  A node is made for the first state of its source.  It is found as long as it has
 * states, and src.track seconds longer, unless a program removes it.  It is freed, after a
 * grace period, when it can neither be found nor has a state.  A node of a rule that is
 * no longer in force goes on for its states, and holds the rule.
 * Locking.  A bucket of nodes has a lock, which a packet takes that makes or ends a state or
 * completes a handshake.  Other packets of the state reach the node without a lock, in
 * their RCU read side.  pf_instance.h explains the marks of members; [b]: that lock.
 * Place.  Second floor.
 */
#ifndef _NET_PF_SRCNODE_H_
#define _NET_PF_SRCNODE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_pool.h"
#include "pf_rate.h"

struct pf;
struct pf_hold;
struct pf_krule;
struct pf_state;

struct pf_srcnode {
	struct pf_rb_node node;		/* [b] must be first */
	struct pf	*pf;		/* [i] */
	struct pf_krule	*rule;		/* [i] referenced; NULL: of all rules */
	struct pf_addr	 addr;		/* [i] */
	uint8_t		 af;		/* [i] */
	uint8_t		 kind;		/* [i] 0: of source-track; 1 + PF_POOL_*: of */
					/* that pool of the rule */
	bool		 linked;	/* [b] it can be found */
	uint32_t	 bucket;	/* [i] */
	uint32_t	 states;	/* [b] */
	uint32_t	 conn;		/* [b] TCP connections among them, whose */
					/* handshake is complete */
	uint32_t	 creation;	/* [i] uptime */
	uint32_t	 expire;	/* [b] uptime, if it has no states */
	struct pf_choice choice;	/* [b] of the pool */
	struct pf_rate	 rate;		/* of connections, if the rule limits it */
	struct pf_atomic64 packets[2], bytes[2]; /* [0] from the source */
	struct pf_rcu_head rcu;
};

#define PF_SOURCE_BUCKETS	4096
struct pf_source_bucket {
	struct pf_rb_root root;		/* [b] */
	struct pf_spinlock lock;
};

struct pf_sources {
	struct pf_source_bucket *b;	/* [a] NULL until a rule tracks its sources */
	struct pf_atomic n;		/* nodes that can be found, at most the limit */
	uint32_t	 purge_pos;	/* [c] bucket to go on with */
};

/* Have room for nodes, before a rule with source-track is in force.  ENOMEM.  Lock: ctl. */
int	 pf_sources_need(struct pf *);
/* No state is left.  Nodes are freed after a grace period.  Lock: ctl. */
void	 pf_sources_fini(struct pf *);
/* Remove nodes that have expired: as many buckets as are due.  Lock: ctl. */
void	 pf_sources_purge(struct pf *, uint32_t interval);

/*
 * One more state of this source, by a rule with source-track.  The node counts the state
 * until pf_srcnode_leave(); the caller sets it as more->source.  NULL: *why is PFRES_SRCLIMIT,
 * which has been counted, or PFRES_MEMORY.  Packet context.
 */
struct pf_srcnode *pf_srcnode_enter(struct pf *, struct pf_krule *, uint8_t af,
	    const struct pf_addr *, int *why);
/* Take back pf_srcnode_enter(), by a state that is made no more. */
void	 pf_srcnode_withdraw(struct pf *, struct pf_srcnode *, const struct pf_krule *);

/*
 * sticky-address: one more state of a source for which an address was chosen of pool `which'
 * of the rule.  The node counts it until pf_srcnode_forget() or pf_srcnode_leave().  Packet
 * context.
 */
struct pf_stuck {
	struct pf_krule	*rule;
	const struct pf_addr *addr;
	unsigned int	 which;		/* PF_POOL_* */
	uint8_t		 af;
};
/* The node of the source and what was chosen; NULL: there is none. */
struct pf_srcnode *pf_srcnode_recall(struct pf *, const struct pf_stuck *,
	    struct pf_choice *);
/* Remember *c, or if another packet was faster fetch to *c what that one has chosen.  NULL:
 * as of pf_srcnode_enter(). */
struct pf_srcnode *pf_srcnode_remember(struct pf *, const struct pf_stuck *,
	    struct pf_choice *c, int *why);
/* The same for *c in place of *old, by who counts at the node. */
void	 pf_srcnode_rechoose(struct pf *, struct pf_srcnode *,
	    const struct pf_choice *old, struct pf_choice *c);
/* Take it back: the state is not made.  again: another address is to be chosen, if no other
 * state has this one. */
void	 pf_srcnode_forget(struct pf *, struct pf_srcnode *, bool again);

/* Give up what a state holds, or was to hold; again: as above. */
void	 pf_hold_release(struct pf *, const struct pf_hold *, bool again);
/* The state goes, if it counts at sources or among those of an address.  RCU read side. */
void	 pf_srcnode_leave(struct pf *, struct pf_state *);
/*
 * The handshake of the state, which counts at a source, is complete: the source has one
 * more connection, once for each state.  Whether it has too many now, or too fast, which has
 * been counted.  Packet context.
 */
bool	 pf_srcnode_connect(struct pf *, struct pf_state *);
/* Count n packets of len bytes from the source, or to it.  RCU read side. */
void	 pf_srcnode_count(struct pf_srcnode *, bool back, uint64_t n, uint64_t len);

/*
 * For programs: nodes of whole buckets, from *bucket on, which is moved on, into a buffer with
 * room for so many.  Returns how many.  *bucket == PF_SOURCE_BUCKETS: that was all; 0 before
 * that: the next bucket has more than fit.  Control context.
 */
uint32_t pf_srcnodes_read(struct pf *, uint32_t *bucket, struct pf_src_node *,
	    uint32_t room);
/* Remove the nodes that match: their states count at them no more.  kill NULL: all.  Returns how
 * many.  Lock: ctl. */
uint32_t pf_srcnodes_kill(struct pf *, const struct pfioc_src_node_kill *);

#endif /* _NET_PF_SRCNODE_H_ */
