/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_bucket.h: what the files of the state table share
 *
 * pf_state.c looks up, inserts and removes; pf_statetab.c walks, purges and
 * enlarges; pf_statemem.c has the memory.  Here is how keys are ordered and hashed, and
 * which bucket and which stripe belong to a hash.  Only these files include it.
 * It owns nothing; the locks of what it works on are said at each function.  Second floor.
 */
#ifndef _NET_PF_BUCKET_H_
#define _NET_PF_BUCKET_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_state.h"
#include "pf_statetab.h"

struct pf;

#define IDS_PER_BUCKET	2	/* buckets by key to one by id */
#define ID_BLOCK	64	/* ids that a CPU takes at a time */

/* Words of st.note, each CPU's own: the last key hashed and the next id (pf_state.c), places
 * set aside (pf_statemem.c). */
enum {
	PF_NOTE_ADDR = 0,			/* addr[0], addr[1] of the key */
	PF_NOTE_WORD = 4,			/* tag[1], for all packets */
	PF_NOTE_TAG, PF_NOTE_HASH,
	PF_NOTE_PARTNER, PF_NOTE_SPARE,
	PF_NOTE_ID, PF_NOTE_MAX
};
static_assert((int)PF_NOTE_MAX == PF_STATE_NOTES, "as many as there is room for");

/*
 * A tag's second word: port[0], port[1], ifid, then in the byte of the family these
 * bits, then the protocol.  The packets that a link is for: both bits clear, all.
 */
#define TAG_AF_SHIFT	48
#define TAG_AF(word)	((unsigned int)((word) >> TAG_AF_SHIFT) & 0x0f)
#define TAG_SECOND	(1ULL << 52)		/* a second key, in a pf_state_more */
#define TAG_OUT		(1ULL << 55)
#define TAG_SIDES	(PF_TAG_IN | TAG_OUT)
#define TAG_BITS	(TAG_SECOND | TAG_SIDES)
static_assert(AF_INET < 16 && AF_INET6 < 16, "four bits");

static inline struct pf_state_link *
link_of_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state_link, node));
}

static inline struct pf_state *
state_of_link(const struct pf_state_link *l)
{
	if (unlikely((l->tag[1] & TAG_SECOND) != 0))
		return (container_of(l, struct pf_state_more, link)->state);
	return (container_of(l, struct pf_state, link));
}

static inline const struct pf_addr *
addr_of_link(const struct pf_state_link *l)
{
	if (unlikely((l->tag[1] & TAG_SECOND) != 0))
		return (container_of(l, struct pf_state_more, link)->addr);
	return (container_of(l, struct pf_state, link)->addr);
}

static inline struct pf_state *
state_of_id_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state, id_node));
}

static inline uint64_t
tag_side(uint8_t dir)
{
	return (dir == PF_IN ? PF_TAG_IN : dir == PF_OUT ? TAG_OUT : 0);
}

/*
 * Order of keys
 *
 * Any total order will do.  The word of ports and protocol goes first, as it
 * tells most connections apart.  Equal keys for packets of different directions
 * are different; a link for all packets is equal to either, and so never beside them.
 */
static inline uint64_t
key_word(const struct pf_state_key *k)
{
	return ((uint64_t)k->port[0] | (uint64_t)k->port[1] << 16 |
	    (uint64_t)k->ifid << 32 | (uint64_t)k->af << TAG_AF_SHIFT |
	    (uint64_t)k->proto << 56);
}

static inline int
word_cmp(uint64_t a, uint64_t b)
{
	return (a < b ? -1 : a > b);
}

/* Of equal tags: the addresses, where the tag is not all of them, and the direction. */
int	 pf_state_tie(const uint64_t *tag, const struct pf_addr *,
	    const struct pf_state_link *);

/* addr: both addresses of what has this tag. */
static inline int
tag_cmp(const uint64_t *tag, const struct pf_addr *addr,
    const struct pf_state_link *l)
{
	uint64_t	x = tag[1] & ~TAG_BITS, y = l->tag[1] & ~TAG_BITS;

	if (x != y)
		return (x < y ? -1 : 1);
	if (tag[0] != l->tag[0])
		return (tag[0] < l->tag[0] ? -1 : 1);
	if (likely(TAG_AF(x) == AF_INET && (l->tag[1] & TAG_SIDES) == 0))
		return (0);
	return (pf_state_tie(tag, addr, l));
}

/* The bucket's hash: the same for both directions and for a connection's states on
 * either side.  addrs: tag[0], or what has no order of it. */
static inline uint64_t
hash_of(const struct pf_statetab *st, uint64_t addrs, uint64_t word)
{
	uint64_t	p0 = word & 0xffff, p1 = word >> 16 & 0xffff;

	if (TAG_AF(word) == AF_INET &&
	    (uint32_t)addrs < addrs >> 32)
		addrs = addrs << 32 | addrs >> 32;
	return (pf_hsiphash2(addrs, (p0 < p1 ? p1 << 32 | p0 << 16 :
	    p0 << 32 | p1 << 16) | word >> 56, &st->secret));
}

static inline uint64_t
link_hash(const struct pf_statetab *st, const struct pf_state_link *l)
{
	return (hash_of(st, l->tag[0], l->tag[1]));
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
 * A bucket is two pointers, so that many fit in the cache.  Its lock and its sequence
 * count are a stripe, shared with the other buckets of the same low bits of
 * the hash.  The stripe of a hash is the same in every array, whatever its size.
 */
static inline struct pf_bucket *
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
static inline struct pf_bucket *
bucket_now(struct pf_buckets *t, uint64_t hash)
{
	struct pf_buckets	*next;

	while ((next = buckets_next(t, hash)) != NULL)
		t = next;
	return (bucket_of(t, hash));
}

/*
 * How many buckets there should be for n states.  Two states for each bucket, mostly
 * those of one connection, are crowded; then there are to be four times as many, for
 * moving the states costs more than the room.  Never fewer than there are.
 */
static inline uint64_t
buckets_wanted(const struct pf_buckets *t, uint64_t n)
{
	uint64_t	size = t->mask + 1;

	while (n > size * 2 && size < PF_STATE_BUCKETS_MAX)
		size *= 4;
	return (size);
}
static_assert(PF_STATE_BUCKETS_MAX / PF_STATE_BUCKETS_MIN == 1 << 10,
    "the largest number is a power of four times the smallest");

/* pf_state.c: put a link, or a state by its id, into a tree; false: there is one like
 * it.  Lock: the stripe; of a key's stripe the count is odd. */
bool	 pf_state_bucket_insert(struct pf_bucket *, struct pf_state_link *);
bool	 pf_state_id_insert(struct pf_bucket *, struct pf_state *);
/* Take one out of a tree by key.  Lock as above. */
void	 pf_state_bucket_erase(struct pf_bucket *, struct pf_state_link *);

/* pf_statemem.c: memory for one state, zeroed, or NULL; and back.  Packet context or an RCU
 * call-back.  fini: when all are back, in control context. */
struct pf_state *pf_state_mem_get(struct pf *, uint8_t dir);
void	 pf_state_mem_put(struct pf *, struct pf_state *);
void	 pf_state_mem_fini(struct pf *);

#endif /* _NET_PF_BUCKET_H_ */
