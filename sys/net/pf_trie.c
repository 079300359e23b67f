// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trie.c: looking up addresses in the trie of a table
 *
 * What it owns.  Nothing: pf_trie_edit.c makes the nodes, and pf_trie.h says
 * how they are built.
 * Locking.  None: everything here runs in an RCU read side, or with the lock of
 * the trie's owner.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_trie.h"
#include "pf_trie_node.h"

#define NONE	((struct pf_trie_entry){ NULL, 0 })

void
pf_trie_key(struct pf_trie_key *k, const struct pf_addr *a, uint8_t af)
{
	unsigned int	i, words = af == AF_INET ? 1 : 4;

	for (i = 0; i < 4; i++)
		k->w[i] = i < words ? ntohl(a->addr32[i]) : 0;
}

void
pf_trie_addr(struct pf_addr *a, const struct pf_trie_key *k, uint8_t af)
{
	unsigned int	i, words = af == AF_INET ? 1 : 4;

	for (i = 0; i < 4; i++)
		a->addr32[i] = i < words ? htonl(k->w[i]) : 0;
}

uint32_t *
pf_trie_mark(struct pf_trie_entry e)
{
	return (pf_trie_arrays(e.node).mark + e.i);
}

struct pf_trie_count *
pf_trie_count(struct pf_trie_entry e)
{
	struct pf_trie_count	**count = pf_trie_arrays(e.node).count;

	/* another trie may be taking it over: pf_trie_inherit() */
	return (count != NULL ? READ_ONCE(count[e.i]) : NULL);
}

/* Whether a and b, of one word, agree in the first `bits' bits. */
static inline bool
word_agrees(uint32_t a, uint32_t b, unsigned int bits)
{
	return (bits == 0 || (a ^ b) >> (32 - bits) == 0);
}

static inline bool
key_agrees(const uint32_t *prefix, const uint32_t *key, unsigned int bits)
{
	for (; bits > 32; bits -= 32)
		if (*prefix++ != *key++)
			return (false);
	return (word_agrees(*prefix, *key, bits));
}

/* Where an entry was found: by its bit in a split node, by its number in a
 * bucket.  node NULL: it was not. */
struct place {
	const struct pf_trie_node *node;
	uint32_t	 at;
};

/*
 * The longest prefix of a bucket: of all that have the address it is the last
 * one in order.
 */
static bool
bucket_match(const struct pf_trie_node *b, const struct pf_trie_key *k,
    uint32_t *at)
{
	const struct pf_trie_arrays	a = pf_trie_arrays(b);
	uint32_t			i = b->n;

	while (i-- > 0)
		if (b->words != 1 ? key_agrees(a.key + i * 4, k->w, a.bits[i]) :
		    (b->flags & PF_TRIE_SHORT) == 0 ? a.key[i] == k->w[0] :
		    word_agrees(a.key[i], k->w[0], a.bits[i])) {
			*at = i;
			return (true);
		}
	return (false);
}

static struct place
match(const struct pf_trie_node *node, const struct pf_trie_key *k)
{
	const struct pf_trie_split	*s;
	struct place			 best = { NULL, 0 };
	unsigned int			 whole, bit;
	uint32_t			 at;

	while (node != NULL && (node->flags & PF_TRIE_SPLIT) != 0) {
		s = pf_trie_split(node);
		whole = 256 | pf_trie_byte(k, node->depth);
		if (pf_trie_last(node) && pf_trie_bit(s, whole))
			return ((struct place){ node, whole });
		if ((node->flags & PF_TRIE_SHORT) != 0)
			for (bit = whole >> 1; bit != 0; bit >>= 1)
				if (pf_trie_bit(s, bit)) {
					best = (struct place){ node, bit };
					break;
				}
		node = pf_trie_last(node) || !pf_trie_bit(s, whole) ? NULL :
		    pf_trie_children(s)[pf_trie_rank(s, whole)];
	}
	if (node != NULL && bucket_match(node, k, &at))
		return ((struct place){ node, at });
	return (best);
}

static struct pf_trie_entry
entry_at(struct place p)
{
	if (p.node == NULL)
		return (NONE);
	return ((struct pf_trie_entry){ p.node,
	    (p.node->flags & PF_TRIE_SPLIT) != 0 ?
	    pf_trie_rank(pf_trie_split(p.node), p.at) : p.at });
}

struct pf_trie_entry
pf_trie_match(const struct pf_trie_node *top, const struct pf_trie_key *k)
{
	return (entry_at(match(top, k)));
}

bool
pf_trie_says(struct pf_trie_entry e)
{
	return (e.node != NULL &&
	    (READ_ONCE(*pf_trie_mark(e)) & PF_TRIE_NOT) == 0);
}

bool
pf_trie_has(const struct pf_trie_node *top, const struct pf_trie_key *k)
{
	struct place	p = match(top, k);

	return (p.node != NULL && ((p.node->flags & PF_TRIE_NEGATED) == 0 ||
	    pf_trie_says(entry_at(p))));
}

/* Order of prefixes: by address, then by length. */
static inline int
prefix_cmp(const uint32_t *a, unsigned int abits, const uint32_t *b,
    unsigned int bbits, unsigned int words)
{
	unsigned int	i;

	for (i = 0; i < words; i++)
		if (a[i] != b[i])
			return (a[i] < b[i] ? -1 : 1);
	return (abits < bbits ? -1 : abits > bbits);
}

int
pf_trie_key_cmp(const struct pf_trie_key *a, const struct pf_trie_key *b)
{
	return (prefix_cmp(a->w, 0, b->w, 0, 4));
}

uint32_t
pf_trie_lower(const struct pf_trie_node *b, const struct pf_trie_key *k,
    unsigned int bits)
{
	const struct pf_trie_arrays	a = pf_trie_arrays(b);
	uint32_t			from = 0, to = b->n, mid;

	while (from < to) {
		mid = (from + to) / 2;
		if (prefix_cmp(a.key + mid * b->words, a.bits[mid], k->w, bits,
		    b->words) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return (from);
}

struct pf_trie_entry
pf_trie_find(const struct pf_trie_node *node, const struct pf_trie_key *k,
    unsigned int bits)
{
	const struct pf_trie_split	*s;
	struct pf_trie_arrays		 a;
	unsigned int			 bit, byte;
	uint32_t			 i;

	while (node != NULL && (node->flags & PF_TRIE_SPLIT) != 0) {
		s = pf_trie_split(node);
		byte = pf_trie_byte(k, node->depth);
		if (pf_trie_last(node) || bits < node->depth * 8 + 8U) {
			bit = (256 | byte) >> (node->depth * 8 + 8U - bits);
			return (pf_trie_bit(s, bit) ? (struct pf_trie_entry){
			    node, pf_trie_rank(s, bit) } : NONE);
		}
		bit = 256 | byte;
		node = pf_trie_bit(s, bit) ?
		    pf_trie_children(s)[pf_trie_rank(s, bit)] : NULL;
	}
	if (node == NULL)
		return (NONE);
	a = pf_trie_arrays(node);
	i = pf_trie_lower(node, k, bits);
	if (i == node->n || prefix_cmp(a.key + i * node->words, a.bits[i], k->w,
	    bits, node->words) != 0)
		return (NONE);
	return ((struct pf_trie_entry){ node, i });
}

/*
 * Walks
 *
 * The place in a bucket is the number of the next entry.  The place in a split
 * node is 16 times a value of its byte, plus a length: at each value come the
 * prefixes that begin there, the shortest first, and with length 8 the child
 * or the whole address.
 */
static void
walk_into(struct pf_trie_walk *w, const struct pf_trie_node *node)
{
	uint32_t	pos = 0;

	if (node == NULL)
		return;
	if (w->seek)
		pos = (node->flags & PF_TRIE_SPLIT) != 0 ?
		    pf_trie_byte(&w->from, node->depth) * 16 :
		    pf_trie_lower(node, &w->from, 0);
	w->stack[w->n].node = node;
	w->stack[w->n++].pos = pos;
}

void
pf_trie_walk(struct pf_trie_walk *w, const struct pf_trie_node *top,
    const struct pf_trie_key *from)
{
	memset(&w->key, 0, sizeof(w->key));
	w->n = 0;
	w->seek = from != NULL;
	if (w->seek)
		w->from = *from;
	walk_into(w, top);
}

/* Set a byte of the key, and clear what is behind it. */
static void
key_set(struct pf_trie_key *k, unsigned int depth, unsigned int byte)
{
	unsigned int	i = depth / 4, shift = 24 - 8 * (depth % 4);

	k->w[i] = (k->w[i] & ~(uint32_t)((1ULL << (shift + 8)) - 1)) |
	    (uint32_t)byte << shift;
	while (++i < 4)
		k->w[i] = 0;
}

static void
key_copy(struct pf_trie_key *k, const struct pf_trie_node *b, uint32_t i)
{
	const uint32_t	*from = pf_trie_arrays(b).key + i * b->words;
	unsigned int	 j;

	for (j = 0; j < 4; j++)
		k->w[j] = j < b->words ? from[j] : 0;
}

/* The next entry or child of a split node: false at its end. */
static bool
walk_split(struct pf_trie_walk *w, const struct pf_trie_split *s, uint32_t *pos)
{
	unsigned int	byte, bits, bit;

	while (*pos < 256 * 16) {
		byte = *pos / 16;
		bits = *pos % 16;
		if (bits == 8)
			*pos = (byte + 1) * 16;
		else
			++*pos;
		/* a prefix begins where its host bits are zero */
		if ((byte & ((1U << (8 - bits)) - 1)) != 0)
			continue;
		bit = (256 | byte) >> (8 - bits);
		if (!pf_trie_bit(s, bit))
			continue;
		key_set(&w->key, s->h.depth, byte);
		if (w->seek)
			w->seek = byte == pf_trie_byte(&w->from, s->h.depth);
		w->bits = s->h.depth * 8U + bits;
		if (bits == 8 && !pf_trie_last(&s->h)) {
			w->entry = NONE;
			walk_into(w, pf_trie_children(s)[pf_trie_rank(s, bit)]);
		} else
			w->entry = (struct pf_trie_entry){ &s->h,
			    pf_trie_rank(s, bit) };
		return (true);
	}
	return (false);
}

bool
pf_trie_next(struct pf_trie_walk *w)
{
	const struct pf_trie_node	*node;
	uint32_t			*pos;

	while (w->n > 0) {
		node = w->stack[w->n - 1].node;
		pos = &w->stack[w->n - 1].pos;
		if ((node->flags & PF_TRIE_SPLIT) != 0) {
			if (!walk_split(w, pf_trie_split(node), pos))
				w->n--;
			else if (w->entry.node != NULL && (!w->seek ||
			    pf_trie_key_cmp(&w->key, &w->from) >= 0))
				return (true);
			continue;
		}
		if (*pos == node->n) {
			w->n--;
			continue;
		}
		w->entry = (struct pf_trie_entry){ node, *pos };
		w->bits = pf_trie_arrays(node).bits[*pos];
		key_copy(&w->key, node, (*pos)++);
		return (true);
	}
	return (false);
}

/*
 * Entries by number
 */
uint32_t
pf_trie_size(const struct pf_trie_node *top)
{
	if (top == NULL)
		return (0);
	return ((top->flags & PF_TRIE_SPLIT) != 0 ? pf_trie_split(top)->below :
	    top->n);
}

/* The bit with which entry i of a split node is known. */
static unsigned int
bit_of_entry(const struct pf_trie_split *s, uint32_t i)
{
	unsigned int	bit;

	for (bit = 1;; bit++)
		if (pf_trie_bit(s, bit) && i-- == 0)
			return (bit);
}

unsigned int
pf_trie_bits(struct pf_trie_entry e)
{
	unsigned int	bit, bits = e.node->depth * 8U;

	if ((e.node->flags & PF_TRIE_SPLIT) == 0)
		return (pf_trie_arrays(e.node).bits[e.i]);
	for (bit = bit_of_entry(pf_trie_split(e.node), e.i); bit > 1; bit >>= 1)
		bits++;
	return (bits);
}

/* The child that has entry i of those below a split node; *i is then its number
 * there. */
static const struct pf_trie_node *
child_of_entry(struct pf_trie_walk *w, const struct pf_trie_split *s,
    uint32_t *i)
{
	struct pf_trie_node	**child = pf_trie_children(s);
	unsigned int		  byte, n;
	uint32_t		  size;

	for (byte = 0, n = 0;; byte++) {
		if (!pf_trie_bit(s, 256 | byte))
			continue;
		size = pf_trie_size(child[n]);
		if (*i < size)
			break;
		*i -= size;
		n++;
	}
	key_set(&w->key, s->h.depth, byte);
	return (child[n]);
}

void
pf_trie_at(struct pf_trie_walk *w, const struct pf_trie_node *node, uint32_t i)
{
	unsigned int	bit;

	memset(&w->key, 0, sizeof(w->key));
	while ((node->flags & PF_TRIE_SPLIT) != 0 && i >= node->n) {
		i -= node->n;
		node = child_of_entry(w, pf_trie_split(node), &i);
	}
	w->entry = (struct pf_trie_entry){ node, i };
	w->bits = pf_trie_bits(w->entry);
	if ((node->flags & PF_TRIE_SPLIT) == 0) {
		key_copy(&w->key, node, i);
		return;
	}
	bit = bit_of_entry(pf_trie_split(node), i);
	bit <<= 8 - (w->bits - node->depth * 8U);
	key_set(&w->key, node->depth, bit & 255);
}
