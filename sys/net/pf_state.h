/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_state.h: what the two files of the state table share
 *
 * pf_state.c looks up, inserts and removes; pf_statetab.c walks, purges and
 * enlarges.  Here is how keys are ordered and hashed, and which bucket and which stripe
 * belong to a hash.  Only these two files include it.
 */
#ifndef _NET_PF_STATE_H_
#define _NET_PF_STATE_H_

#include "pf_priv.h"

#define IDS_PER_BUCKET	4	/* buckets by key to one by id */

static inline struct pf_state_key *
key_of_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state_key, node));
}

static inline struct pf_state *
state_of_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state, key.node));
}

static inline struct pf_state *
state_of_id_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state, id_node));
}

/*
 * Order of keys
 *
 * Any total order will do.  The word of ports and protocol goes first, as it
 * tells most connections apart.
 */
static inline uint64_t
key_word(const struct pf_state_key *k)
{
	return ((uint64_t)k->port[0] | (uint64_t)k->port[1] << 16 |
	    (uint64_t)k->ifid << 32 | (uint64_t)k->af << 48 |
	    (uint64_t)k->proto << 56);
}

static inline int
key_cmp(const struct pf_state_key *a, const struct pf_state_key *b)
{
	uint64_t	x = key_word(a), y = key_word(b);
	unsigned int	i;

	if (x != y)
		return (x < y ? -1 : 1);
	for (i = 0; i < 4; i++) {
		x = a->addr[i / 2].addr64[i % 2];
		y = b->addr[i / 2].addr64[i % 2];
		if (x != y)
			return (x < y ? -1 : 1);
	}
	return (0);
}

/* The same value for both directions, and for a connection's states on either side. */
static inline uint64_t
key_hash(const struct pf_statetab *st, const struct pf_state_key *k)
{
	const struct pf_addr	*a = &k->addr[0], *b = &k->addr[1];
	uint32_t		 p0 = k->port[0], p1 = k->port[1];
	uint64_t		 word;

	word = p0 < p1 ? (uint64_t)p1 << 32 | p0 << 16 :
	    (uint64_t)p0 << 32 | p1 << 16;
	word |= k->proto;
	if (k->af == AF_INET)
		return (pf_hsiphash2(a->v4 < b->v4 ?
		    (uint64_t)a->v4 << 32 | b->v4 :
		    (uint64_t)b->v4 << 32 | a->v4, word, &st->secret));
	if (a->addr64[0] > b->addr64[0] || (a->addr64[0] == b->addr64[0] &&
	    a->addr64[1] > b->addr64[1])) {
		a = &k->addr[1];
		b = &k->addr[0];
	}
	return (pf_hsiphash2(pf_siphash4(a->addr64[0], a->addr64[1],
	    b->addr64[0], b->addr64[1], &st->secret), word, &st->secret));
}

/* Own ids are counted up: neighbours in time are neighbours in memory. */
static inline uint64_t
id_hash(uint64_t id, uint32_t creatorid)
{
	return (id ^ ((uint64_t)creatorid << 16));
}

static inline int
id_cmp(uint64_t id, uint32_t creatorid, const struct pf_state *s)
{
	if (id != s->id)
		return (id < s->id ? -1 : 1);
	if (creatorid != s->creatorid)
		return (creatorid < s->creatorid ? -1 : 1);
	return (0);
}

/*
 * Buckets and stripes
 *
 * A bucket is one pointer, so that many fit in the cache.  Its lock and its sequence
 * count are a stripe, shared with the other buckets of the same low bits of
 * the hash.  The stripe of a hash is the same in every array, whatever its size.
 */
static inline struct pf_rb_root *
bucket_of(const struct pf_buckets *t, uint64_t hash)
{
	return (&t->b[hash & t->mask]);
}

/* The array that a hash has moved on to from t; NULL: none. */
static inline struct pf_buckets *
buckets_next(struct pf_buckets *t, uint64_t hash)
{
	uint8_t	*moved = pf_rcu_deref(t->moved);

	if (likely(moved == NULL) || !READ_ONCE(moved[hash & t->mask]))
		return (NULL);
	return (pf_rcu_deref(t->next));
}

static inline struct pf_stripe *
stripe_of(struct pf_stripe *stripes, uint64_t hash)
{
	return (&stripes[hash % PF_STRIPES]);
}

/* The bucket in force for a hash.  Lock: its stripe; RCU read side. */
static inline struct pf_rb_root *
bucket_now(struct pf_buckets *t, uint64_t hash)
{
	struct pf_buckets	*next;

	while ((next = buckets_next(t, hash)) != NULL)
		t = next;
	return (bucket_of(t, hash));
}

/*
 * How many buckets there should be for n states: two for each, as a bucket is missed
 * in the cache anyway, and what counts is that it leads to the right state.
 * Never fewer than there are.
 */
static inline uint64_t
buckets_wanted(const struct pf_buckets *t, uint64_t n)
{
	uint64_t	size = t->mask + 1;

	if (n * 2 <= size || size >= PF_STATE_BUCKETS_MAX)
		return (size);
	while (n * 2 > size && size < PF_STATE_BUCKETS_MAX)
		size *= 2;
	return (size);
}

/* pf_state.c: put s into a tree; false: there is one like it.  Lock: the stripe; of a key's
 * stripe the count is odd. */
bool	 pf_state_bucket_insert(struct pf_rb_root *, struct pf_state *);
bool	 pf_state_id_insert(struct pf_rb_root *, struct pf_state *);

#endif /* _NET_PF_STATE_H_ */
