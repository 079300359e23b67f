/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_statetab.h: the state table
 *
 * What it owns.  The table that every state is in (pf_state.h), by connection and by id:
 * arrays of buckets, which grow, and the stripes of their locks.
 * Locking.  A look-up takes no lock; what changes a bucket takes its stripe's, and below that
 * the id's.  Marks of members are explained in pf_instance.h.
 * Place.  Second floor.
 */
#ifndef _NET_PF_STATETAB_H_
#define _NET_PF_STATETAB_H_

#include "pf_host.h"

struct pf;
struct pf_conf;
struct pf_kif;
struct pf_state;
struct pf_state_key;
struct pf_state_lookup;

/*
 * A bucket is the root of a small tree.  `second' is a node below the root: of two
 * states the other one.  It is never followed, only asked for together
 * with the root, which would tell of it one cache miss later.
 */
struct pf_bucket {
	struct pf_rb_root root;			/* [rcu b] */
	const struct pf_rb_node *second;	/* [rcu b] may be NULL */
};

/*
 * An array of buckets.  While it is being replaced by a
 * larger one (`next'), its buckets are emptied one by one; moved[i] says that what
 * belongs there is now found, and put, in `next'.
 */
struct pf_buckets {
	uint64_t	 mask;			/* [i] number - 1 */
	struct pf_bucket *b;
	uint8_t		*moved;			/* [rcu c] one each, [b]; NULL but .. */
	struct pf_buckets *next;		/* [rcu c] .. while growing */
};

#define PF_STRIPES	1024
struct pf_stripe {
	struct pf_spinlock lock;		/* of the buckets that are i % PF_STRIPES */
	struct pf_seq	 seq;			/* [b] odd while one of them changes */
};

#define PF_STATE_NOTES	10	/* words of st.note */

#define PF_STATE_BUCKETS_MIN	(1U << 14)
#define PF_STATE_BUCKETS_MAX	(1U << 24)
#define PF_STATE_AHEAD	(1U << 19)	/* states to be ready for, at most */

struct pf_statetab {
	struct pf_buckets *keys;		/* [rcu c] by connection */
	struct pf_siphash_key secret;		/* [i] */
	struct pf_pcpu	 note;			/* [p] PF_NOTE_*: pf_bucket.h */
	struct pf_atomic nbound;		/* states bound to an interface, or .. */
	struct pf_atomic ngrouped;		/* .. to a group, which count twice */
	struct pf_stripe *key_stripes;		/* [i] */
	struct pf_buckets *ids;			/* [rcu c] by id and creatorid */
	struct pf_stripe *id_stripes;		/* [i] */
	uint64_t	 id_base;		/* [i] the first state's id */
	uint64_t	 purge_pos;		/* [c] bucket to go on with */
	struct pf_atomic id_blocks;		/* of ids, that CPUs have taken */
	struct pf_atomic n;			/* states, at most the limit */
};

int	 pf_state_init(struct pf *);			/* ENOMEM */
void	 pf_state_fini(struct pf *);			/* removes all */
/* Enlarge the table if it has become crowded, or would soon by the limit of states;
 * without memory it stays as it is.  Lock: ctl. */
void	 pf_state_grow(struct pf *);
/*
 * To look up a state by its key: init fills in the rest of a pf_state_lookup, whose
 * key and dir are set, and prefetches the bucket; find returns the state, without a
 * reference.  Packet context.
 */
void	 pf_state_lookup_init(struct pf *, struct pf_state_lookup *);
/* The state that is sought, floating or bound to the interface or a group of it; counts a search.
 * NULL: none.  RCU read side: the state stays readable in it, though it may be
 * unlinked at any time. */
struct pf_state *pf_state_find(struct pf *, const struct pf_state_lookup *,
	    const struct pf_kif *);
/* Whether packets of direction dir and with this key have a state.  Packet context. */
bool	 pf_state_exists(struct pf *, const struct pf_state_key *, uint8_t dir);
/* Ask by the key of packets of direction dir for the key at `side'; false: no state.  Control
 * context. */
bool	 pf_state_find_key(struct pf *, uint8_t dir, unsigned int side, struct pf_state_key *);
struct pf_state *pf_state_find_id(struct pf *, uint64_t id, uint32_t creatorid);
/* A state, all zero, for a packet of direction dir, counted against the limit; NULL with
 * *reason = PFRES_MEMORY, PFRES_MAXSTATES.  Packet context. */
struct pf_state *pf_state_alloc(struct pf *, uint8_t dir, int *reason);
/* Give back one that was never inserted. */
void	 pf_state_discard(struct pf *, struct pf_state *);
/*
 * Insert a state by its key, or by two: stack is NULL if both are the same, else s->more is
 * there.  pf_state_lookup_init() has been called for both, and the ifid may have been set since.
 * The table owns the state then, with its reference to the rule, which must be held, and takes
 * one to s->kif, which the caller sees in its RCU read side.  Sets the id if that is 0.
 * EEXIST: a key or the id is taken, and nothing has changed.  Packet context.
 */
int	 pf_state_insert(struct pf *, struct pf_state *, const struct pf_state_lookup *wire,
	    const struct pf_state_lookup *stack);
/* No state of this table has this id or a higher one. */
uint64_t pf_state_next_id(struct pf *);
/* Unlink and free after a grace period; false: somebody else did.  Any context. */
bool	 pf_state_remove(struct pf *, struct pf_state *);
/* Uptime at which it expires by rule, options and adaptive scaling. */
uint32_t pf_state_expires(struct pf *, const struct pf_conf *, const struct pf_state *);
/* Call fn for every state, in an RCU read side that is left now and then; stop when it
 * returns false.  States made meanwhile may be missed. Lock: ctl. */
void	 pf_state_walk(struct pf *, bool (*fn)(struct pf_state *, void *), void *);
#define PF_WALK_BATCH	64		/* states in a read side, at most */
/*
 * A walk that may let go of ctl between two buckets: call fn, as above, for the states of
 * the bucket at *place, and move *place on to the next.  0 is the first place,
 * PF_STATE_PLACES the end.  False: fn returned false, and *place stays, to come again.  A
 * state that is there from the beginning to the end of the walk is met in one place
 * exactly, however the table grows meanwhile.  Lock: ctl.
 */
#define PF_STATE_PLACES	PF_STATE_BUCKETS_MAX
bool	 pf_state_walk_at(struct pf *, uint32_t *place,
	    bool (*fn)(struct pf_state *, void *), void *);
/* Remove what has expired in a part of the table that covers it all in `interval'
 * seconds.  Lock: ctl. */
void	 pf_state_purge(struct pf *, uint32_t interval);

#endif /* _NET_PF_STATETAB_H_ */
