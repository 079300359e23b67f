/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trie_node.h: the nodes of a trie
 *
 * What it owns.  The form of a pf_trie_node: for pf_trie.c, which reads nodes,
 * and pf_trie_edit.c, which makes them.
 * Locking.  pf_trie.h.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 *
 * The shape.  A node is a bucket, or it is split.  A bucket has up to
 * PF_TRIE_BUCKET entries, in order of their addresses, shorter prefixes first.
 * A bucket that is full is split by the next byte of the address: the node then
 * has a child for each value of the byte that occurs.  The prefixes that end
 * within this byte belong to the split node itself, which knows them by a bit
 * map: the bit with number 2^l + v stands for the prefix whose last l bits are
 * v.  The last byte has no children: 2^8 + v is a whole address there.  An
 * IPv4 address costs about 9 bytes in a bucket and 4 in the last byte.
 */
#ifndef _NET_PF_TRIE_NODE_H_
#define _NET_PF_TRIE_NODE_H_

#include "pf_host.h"
#include "pf_trie.h"

#define PF_TRIE_BUCKET	64		/* entries in a bucket, at most */

struct pf_trie_node {
	struct pf_trie_node *next;	/* [c] those that an edit replaces */
	void		*cold;		/* [i] owned: of the entries what few */
					/* look-ups need: pf_trie_count * */
					/* [room] if counted, marks: */
					/* uint32_t [room] */
	uint16_t	 n;		/* [i] entries in this node itself */
	uint16_t	 room;		/* [i] for so many */
	uint8_t		 depth;		/* [i] bytes of the address that lead */
					/* here */
	uint8_t		 words;		/* [i] of an address: 1 or 4 */
	uint8_t		 flags;		/* PF_TRIE_SPLIT, .. */
	uint8_t		 pad;
	/* a bucket: keys: uint32_t [room][words], lengths of the prefixes:
	 * uint8_t [room] */
};
#define PF_TRIE_SPLIT	0x01		/* [i] */
#define PF_TRIE_FRESH	0x02		/* [c] made by the present edit */
#define PF_TRIE_COUNTED	0x04		/* [i] entries have counters */
#define PF_TRIE_SHORT	0x08		/* [i] may have prefixes, not only */
					/* whole addresses */
#define PF_TRIE_NEGATED	0x10		/* [i] may have entries with `!' */

/*
 * The bits from 2^8 on, which most look-ups need only, are in the first cache
 * line: a large table is far from the processor, and each line is a wait.  So is
 * each page, which is why the marks are kept elsewhere.
 */
struct pf_trie_split {
	struct pf_trie_node h;
	uint16_t	 nchild, child_room;	/* [i] */
	uint32_t	 below;		/* [i] entries here and below */
	uint64_t	 high[4];	/* [i] the bits from 2^8 on .. */
	uint16_t	 high_base[4];	/* [i] .. and how many are set before */
					/* a word: children from 0, entries */
					/* behind those of the low bits */
	uint64_t	 low[4];	/* [i] the bits below 2^8 .. */
	uint16_t	 low_base[4];	/* [i] .. and how many are set before */
	/* pf_trie_node *[child_room] */
};

static_assert(offsetof(struct pf_trie_split, high_base) == 64, "a cache line");

static inline const struct pf_trie_split *
pf_trie_split(const struct pf_trie_node *node)
{
	return ((const struct pf_trie_split *)node);
}

/* Whether the split is by the last byte of the address. */
static inline bool
pf_trie_last(const struct pf_trie_node *node)
{
	return (node->depth == node->words * 4 - 1);
}

static inline unsigned int
pf_trie_byte(const struct pf_trie_key *k, unsigned int depth)
{
	return (k->w[depth / 4] >> (24 - 8 * (depth % 4)) & 255);
}

/* The word of the bit map that has a bit. */
static inline const uint64_t *
pf_trie_word(const struct pf_trie_split *s, unsigned int bit)
{
	return (bit & 256 ? &s->high[bit / 64 - 4] : &s->low[bit / 64]);
}

static inline bool
pf_trie_bit(const struct pf_trie_split *s, unsigned int bit)
{
	return (*pf_trie_word(s, bit) >> bit % 64 & 1);
}

/* The place among the entries, or among the children, of what the bit stands
 * for. */
static inline unsigned int
pf_trie_rank(const struct pf_trie_split *s, unsigned int bit)
{
	return ((bit & 256 ? s->high_base[bit / 64 - 4] :
	    s->low_base[bit / 64]) +
	    pf_popcount64(*pf_trie_word(s, bit) & ((1ULL << bit % 64) - 1)));
}

static inline struct pf_trie_node **
pf_trie_children(const struct pf_trie_split *s)
{
	return ((struct pf_trie_node **)(uintptr_t)(s + 1));
}

/* Where the counters (NULL: none), keys (buckets only), marks and lengths
 * (buckets only) of a node's entries are. */
struct pf_trie_arrays {
	struct pf_trie_count **count;
	uint32_t	*mark, *key;
	uint8_t		*bits;
};

static inline struct pf_trie_arrays
pf_trie_arrays(const struct pf_trie_node *node)
{
	struct pf_trie_arrays	a = { NULL, node->cold, NULL, NULL };

	if (node->flags & PF_TRIE_COUNTED) {
		a.count = node->cold;
		a.mark = (uint32_t *)(a.count + node->room);
	}
	if (node->flags & PF_TRIE_SPLIT)
		return (a);
	a.key = (uint32_t *)(uintptr_t)(node + 1);
	a.bits = (uint8_t *)(a.key + node->room * node->words);
	return (a);
}

/* The first entry of a bucket that is not below this one. */
uint32_t pf_trie_lower(const struct pf_trie_node *bucket,
	    const struct pf_trie_key *, unsigned int bits);

#endif /* _NET_PF_TRIE_NODE_H_ */
