// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trie_edit.c: changing the trie of a table
 *
 * What it owns.  The making and freeing of pf_trie_nodes and pf_trie_counts.
 * Life.  pf_trie.h says how an edit begins and ends.  Nodes that the present
 * edit has made are fresh: nobody else can find them, so that they are changed
 * where they are.  Above a fresh node all nodes are fresh, up to the top.
 * Locking.  Control context, with the lock of the trie's owner.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_trie.h"
#include "pf_trie_node.h"
#include "pf_util.h"

/* What a copy of a node has, too. */
#define KINDS	(PF_TRIE_SHORT | PF_TRIE_NEGATED)
#define MERGE	(PF_TRIE_BUCKET / 4)	/* a split node with so few entries */
					/* becomes a bucket again */

/*
 * Memory.  The allocator has classes of sizes: a node takes all of its class.
 */
static size_t
size_class(size_t size)
{
	size_t	class = 32;

	while (class < size)
		class *= 2;
	if (class > 64 && class <= 256 && size <= class / 4 * 3)
		class = class / 4 * 3;		/* 96 and 192 are classes */
	return (class);
}

/* Of an entry, what is kept apart from the node. */
static size_t
cold_size(const struct pf_trie_edit *e)
{
	return (sizeof(uint32_t) +
	    (e->counted ? sizeof(struct pf_trie_count *) : 0));
}

static void
node_free(struct pf_trie_node *node)
{
	if (node != NULL)
		pf_free(node->cold);
	pf_free(node);
}

/* A node of that size, with room for so many entries (0: none). */
static struct pf_trie_node *
node_new(struct pf_trie_edit *e, size_t size, uint32_t room, unsigned int depth,
    uint8_t flags)
{
	struct pf_trie_node	*node;

	node = pf_alloc(e->pf, size);
	if (node == NULL)
		return (NULL);
	if (room != 0) {
		node->cold = pf_alloc(e->pf, room * cold_size(e));
		if (node->cold == NULL) {
			pf_free(node);
			return (NULL);
		}
	}
	node->room = (uint16_t)room;
	node->depth = (uint8_t)depth;
	node->words = e->words;
	node->flags = flags | PF_TRIE_FRESH |
	    (e->counted ? PF_TRIE_COUNTED : 0);
	return (node);
}

static uint32_t
at_most(size_t n, uint32_t most)
{
	return (n < most ? (uint32_t)n : most);
}

/* A bucket with room for n entries, or some more. */
static struct pf_trie_node *
bucket_new(struct pf_trie_edit *e, unsigned int depth, uint32_t n)
{
	size_t	each = e->words * 4 + 1, size;

	size = size_class(sizeof(struct pf_trie_node) + n * each);
	return (node_new(e, size, at_most((size - sizeof(struct pf_trie_node)) /
	    each, PF_TRIE_BUCKET), depth, 0));
}

/* A split node with room for so many children and entries, or some more; in the
 * last byte there are no children. */
static struct pf_trie_split *
split_new(struct pf_trie_edit *e, unsigned int depth, uint32_t nchild,
    uint32_t n)
{
	struct pf_trie_split	*s;
	size_t			 size;

	if (n != 0)
		n = at_most(size_class(n * cold_size(e)) / cold_size(e), 511);
	size = size_class(sizeof(*s) + nchild * sizeof(struct pf_trie_node *));
	s = (struct pf_trie_split *)node_new(e, size, n, depth, PF_TRIE_SPLIT);
	if (s != NULL)
		s->child_room = (uint16_t)at_most((size - sizeof(*s)) /
		    sizeof(struct pf_trie_node *), 256);
	return (s);
}

/* Copy n entries, from number `at' of one node to number `to' of another. */
static void
entries_copy(struct pf_trie_node *to, uint32_t i, const struct pf_trie_node *from,
    uint32_t k, uint32_t n)
{
	struct pf_trie_arrays	d = pf_trie_arrays(to);
	struct pf_trie_arrays	s = pf_trie_arrays(from);

	if (n == 0)
		return;
	if (s.count != NULL)
		memcpy(d.count + i, s.count + k, n * sizeof(*s.count));
	memcpy(d.mark + i, s.mark + k, n * sizeof(*s.mark));
	if (s.key == NULL || d.key == NULL)
		return;
	memcpy(d.key + i * to->words, s.key + k * to->words,
	    n * to->words * sizeof(*s.key));
	memcpy(d.bits + i, s.bits + k, n);
}

/* Move the elements of an array from number i on by one, up or down. */
static void
shift(void *array, size_t each, uint32_t n, uint32_t i, bool up)
{
	uint8_t	*at = (uint8_t *)array + i * each;

	if (up)
		memmove(at + each, at, (n - i) * each);
	else
		memmove(at, at + each, (n - i - 1) * each);
}

static void
entries_shift(struct pf_trie_node *node, uint32_t i, bool up)
{
	struct pf_trie_arrays	a = pf_trie_arrays(node);

	if (a.count != NULL)
		shift(a.count, sizeof(*a.count), node->n, i, up);
	shift(a.mark, sizeof(*a.mark), node->n, i, up);
	if (a.key != NULL) {
		shift(a.key, sizeof(*a.key) * node->words, node->n, i, up);
		shift(a.bits, 1, node->n, i, up);
	}
	node->n = (uint16_t)(up ? node->n + 1 : node->n - 1);
}

/* Nobody uses a node any longer, once the edit is in force. */
static void
node_discard(struct pf_trie_edit *e, struct pf_trie_node *node)
{
	if (node->flags & PF_TRIE_FRESH) {
		node_free(node);
		return;
	}
	node->next = e->old;
	e->old = node;
}

/* A fresh copy of a bucket with room for n entries, in its place. */
static struct pf_trie_node *
bucket_room(struct pf_trie_edit *e, struct pf_trie_node **place, uint32_t n)
{
	struct pf_trie_node	*b = *place, *copy;

	if ((b->flags & PF_TRIE_FRESH) != 0 && n <= b->room)
		return (b);
	copy = bucket_new(e, b->depth, n);
	if (copy == NULL)
		return (NULL);
	copy->n = b->n;
	copy->flags |= b->flags & KINDS;
	entries_copy(copy, 0, b, 0, b->n);
	node_discard(e, b);
	*place = copy;
	return (copy);
}

/* The same for a split node. */
static struct pf_trie_split *
split_room(struct pf_trie_edit *e, struct pf_trie_node **place, uint32_t nchild,
    uint32_t n)
{
	const struct pf_trie_split	*s = pf_trie_split(*place);
	struct pf_trie_split		*copy;

	if ((s->h.flags & PF_TRIE_FRESH) != 0 && nchild <= s->child_room &&
	    n <= s->h.room)
		return ((struct pf_trie_split *)*place);
	copy = split_new(e, s->h.depth, nchild, n);
	if (copy == NULL)
		return (NULL);
	copy->h.n = s->h.n;
	copy->h.flags |= s->h.flags & KINDS;
	copy->nchild = s->nchild;
	copy->below = s->below;
	memcpy(copy->high, s->high, sizeof(copy->high));
	memcpy(copy->high_base, s->high_base, sizeof(copy->high_base));
	memcpy(copy->low, s->low, sizeof(copy->low));
	memcpy(copy->low_base, s->low_base, sizeof(copy->low_base));
	if (s->nchild != 0)
		memcpy(pf_trie_children(copy), pf_trie_children(s),
		    s->nchild * sizeof(struct pf_trie_node *));
	entries_copy(&copy->h, 0, &s->h, 0, s->h.n);
	node_discard(e, *place);
	*place = &copy->h;
	return (copy);
}

static void
split_set(struct pf_trie_split *s, unsigned int bit, bool on)
{
	uint64_t	*word = bit & 256 ? &s->high[bit / 64 - 4] :
			    &s->low[bit / 64];
	unsigned int	 i, sum = 0;

	if (on)
		*word |= 1ULL << bit % 64;
	else
		*word &= ~(1ULL << bit % 64);
	for (i = 0; i < 4; i++) {
		s->low_base[i] = (uint16_t)sum;
		sum += pf_popcount64(s->low[i]);
	}
	if (!pf_trie_last(&s->h))
		sum = 0;			/* children from here */
	for (i = 0; i < 4; i++) {
		s->high_base[i] = (uint16_t)sum;
		sum += pf_popcount64(s->high[i]);
	}
}

/* The bit of a prefix that ends in a split node, or of the child towards it. */
static unsigned int
split_bit(const struct pf_trie_split *s, const struct pf_trie_key *k,
    unsigned int bits)
{
	unsigned int	bit = 256 | pf_trie_byte(k, s->h.depth);
	unsigned int	end = s->h.depth * 8 + 8;

	return (bits < end ? bit >> (end - bits) : bit);
}

static bool
split_ends(const struct pf_trie_split *s, unsigned int bits)
{
	return (pf_trie_last(&s->h) || bits < s->h.depth * 8 + 8U);
}

/* What is done to all nodes of a subtree, or to all fresh ones.  PF_TRIE_LEVELS
 * bounds the depth of the calls. */
enum what { SETTLE, CANCEL, FREE_NODES, FREE_ALL };

static void
counts_do(struct pf_trie_node *node, enum what what)
{
	struct pf_trie_count	**count = pf_trie_arrays(node).count;
	uint32_t		  i;

	for (i = 0; count != NULL && what != FREE_NODES && i < node->n; i++) {
		if (count[i] == NULL)
			continue;	/* there was no memory for it */
		if (what == SETTLE)
			count[i]->fresh = false;
		else if (what == FREE_ALL || count[i]->fresh)
			pf_free(count[i]);
	}
}

static void
nodes_do(struct pf_trie_node *node, enum what what)
{
	struct pf_trie_node	**child;
	uint32_t		  i;

	if (node == NULL || (what <= CANCEL &&
	    (node->flags & PF_TRIE_FRESH) == 0))
		return;
	if ((node->flags & PF_TRIE_SPLIT) != 0) {
		child = pf_trie_children(pf_trie_split(node));
		for (i = 0; i < pf_trie_split(node)->nchild; i++) {
			nodes_do(child[i], what);
			pf_yield_at(i);
		}
	}
	counts_do(node, what);
	if (what == SETTLE)
		node->flags &= (uint8_t)~PF_TRIE_FRESH;
	else
		node_free(node);
}

/*
 * Adding
 */
/* Fill in entry i, a prefix of that length.  count NULL: it gets its own
 * counters, if the trie has some. */
static int
entry_set(struct pf_trie_edit *e, struct pf_trie_node *node, uint32_t i,
    unsigned int bits, uint32_t mark, struct pf_trie_count *count)
{
	struct pf_trie_arrays	a = pf_trie_arrays(node);

	if (bits < e->words * 32U)
		node->flags |= PF_TRIE_SHORT;
	if (mark & PF_TRIE_NOT)
		node->flags |= PF_TRIE_NEGATED;
	a.mark[i] = mark;
	if (a.count == NULL)
		return (0);
	if (count == NULL) {
		count = pf_alloc(e->pf, sizeof(*count));
		if (count != NULL)
			count->fresh = true;
	}
	a.count[i] = count;
	return (count == NULL ? ENOMEM : 0);
}

static int trie_add(struct pf_trie_edit *, const struct pf_trie_key *,
    unsigned int bits, uint32_t mark, struct pf_trie_count *);

/*
 * All entries of a bucket that is full, in a split node in its place.  They are
 * added one by one: no bucket below the new node can be full before the last
 * one is in, so that this does not call itself.
 */
static int
bucket_split(struct pf_trie_edit *e, struct pf_trie_node **place)
{
	struct pf_trie_node	*b = *place;
	struct pf_trie_arrays	 a = pf_trie_arrays(b);
	struct pf_trie_edit	 part = *e;
	struct pf_trie_split	*s;
	struct pf_trie_key	 k;
	uint32_t		 i;
	int			 error = 0;

	s = split_new(e, b->depth, pf_trie_last(b) ? 0 : 8, 0);
	if (s == NULL)
		return (ENOMEM);
	part.top = &s->h;
	memset(&k, 0, sizeof(k));
	for (i = 0; i < b->n && error == 0; i++) {
		memcpy(k.w, a.key + i * b->words, b->words * sizeof(k.w[0]));
		error = trie_add(&part, &k, a.bits[i], a.mark[i],
		    a.count != NULL ? a.count[i] : NULL);
	}
	if (error != 0) {
		nodes_do(part.top, FREE_NODES);
		return (error);
	}
	*place = part.top;
	node_discard(e, b);
	return (0);
}

/* A place for one more child of a split node, whose bit is set. */
static struct pf_trie_node **
split_grow(struct pf_trie_edit *e, struct pf_trie_node **place,
    unsigned int bit)
{
	struct pf_trie_split	*s;
	unsigned int		 i;

	s = split_room(e, place, pf_trie_split(*place)->nchild + 1U,
	    (*place)->n);
	if (s == NULL)
		return (NULL);
	i = pf_trie_rank(s, bit);
	shift(pf_trie_children(s), sizeof(struct pf_trie_node *), s->nchild, i,
	    true);
	pf_trie_children(s)[i] = NULL;
	s->nchild++;
	split_set(s, bit, true);
	return (&pf_trie_children(s)[i]);
}

/* Add to a split node, or find the place of the child to add to. */
static int
split_add(struct pf_trie_edit *e, struct pf_trie_node ***place,
    const struct pf_trie_key *k, unsigned int bits, uint32_t mark,
    struct pf_trie_count *count)
{
	struct pf_trie_split	*s;
	unsigned int		 bit, i;
	bool			 ends = split_ends(pf_trie_split(**place),
				    bits);

	s = split_room(e, *place, pf_trie_split(**place)->nchild,
	    (**place)->n + (ends ? 1U : 0U));
	if (s == NULL)
		return (ENOMEM);
	s->below++;
	bit = split_bit(s, k, bits);
	if (ends) {
		i = pf_trie_rank(s, bit);
		entries_shift(&s->h, i, true);
		split_set(s, bit, true);
		*place = NULL;
		return (entry_set(e, &s->h, i, bits, mark, count));
	}
	*place = pf_trie_bit(s, bit) ?
	    &pf_trie_children(s)[pf_trie_rank(s, bit)] :
	    split_grow(e, *place, bit);
	return (*place == NULL ? ENOMEM : 0);
}

static int
bucket_add(struct pf_trie_edit *e, struct pf_trie_node *b,
    const struct pf_trie_key *k, unsigned int bits, uint32_t mark,
    struct pf_trie_count *count)
{
	struct pf_trie_arrays	a = pf_trie_arrays(b);
	uint32_t		i = pf_trie_lower(b, k, bits);

	entries_shift(b, i, true);
	memcpy(a.key + i * b->words, k->w, b->words * sizeof(k->w[0]));
	a.bits[i] = (uint8_t)bits;
	return (entry_set(e, b, i, bits, mark, count));
}

static int
trie_add(struct pf_trie_edit *e, const struct pf_trie_key *k,
    unsigned int bits, uint32_t mark, struct pf_trie_count *count)
{
	struct pf_trie_node	**place = &e->top, *b;
	unsigned int		  depth = 0;
	int			  error;

	for (;;) {
		if (*place == NULL) {
			*place = bucket_new(e, depth, 1);
			if (*place == NULL)
				return (ENOMEM);
		}
		if (((*place)->flags & PF_TRIE_SPLIT) != 0) {
			depth = (*place)->depth + 1U;
			error = split_add(e, &place, k, bits, mark, count);
			if (error != 0 || place == NULL)
				return (error);
		} else if ((*place)->n < PF_TRIE_BUCKET) {
			b = bucket_room(e, place, (*place)->n + 1U);
			return (b == NULL ? ENOMEM :
			    bucket_add(e, b, k, bits, mark, count));
		} else if ((error = bucket_split(e, place)) != 0)
			return (error);
	}
}

int
pf_trie_add(struct pf_trie_edit *e, const struct pf_trie_key *k,
    unsigned int bits, uint32_t mark)
{
	return (trie_add(e, k, bits, mark, NULL));
}

/*
 * Removing
 */
static void
count_drop(struct pf_trie_edit *e, struct pf_trie_entry entry)
{
	struct pf_trie_count	*count = pf_trie_count(entry);

	if (count == NULL)
		return;
	if (count->fresh) {
		pf_free(count);
		return;
	}
	count->next = e->dropped;
	e->dropped = count;
}

/* Put all entries of a subtree behind those of a bucket, in order. */
static void
merge_into(struct pf_trie_node *b, const struct pf_trie_node *top,
    const struct pf_trie_key *k)
{
	struct pf_trie_arrays	 a = pf_trie_arrays(b);
	struct pf_trie_walk	*w, walk;

	w = &walk;
	pf_trie_walk(w, top, NULL);
	w->key = *k;
	while (pf_trie_next(w)) {
		entries_copy(b, b->n, w->entry.node, w->entry.i, 1);
		b->flags |= w->entry.node->flags & KINDS;
		memcpy(a.key + b->n * b->words, w->key.w,
		    b->words * sizeof(w->key.w[0]));
		a.bits[b->n++] = (uint8_t)w->bits;
	}
}

/* Discard all nodes of a subtree. */
static void
discard_all(struct pf_trie_edit *e, struct pf_trie_node *node)
{
	uint32_t	i;

	if ((node->flags & PF_TRIE_SPLIT) != 0)
		for (i = 0; i < pf_trie_split(node)->nchild; i++)
			discard_all(e, pf_trie_children(
			    pf_trie_split(node))[i]);
	node_discard(e, node);
}

/* A split node that has few entries left becomes a bucket; one without
 * entries goes.  It stays as it is where there is no memory. */
static void
split_merge(struct pf_trie_edit *e, struct pf_trie_node **place,
    const struct pf_trie_key *k)
{
	const struct pf_trie_split	*s = pf_trie_split(*place);
	struct pf_trie_node		*b = NULL;

	if (s->below != 0) {
		b = bucket_new(e, s->h.depth, s->below);
		if (b == NULL)
			return;
		merge_into(b, *place, k);
	}
	discard_all(e, *place);
	*place = b;
}

/* After a child has become empty: take it out of its split node. */
static void
split_shrink(struct pf_trie_split *s, unsigned int bit)
{
	unsigned int	i = pf_trie_rank(s, bit);

	shift(pf_trie_children(s), sizeof(struct pf_trie_node *), s->nchild, i,
	    false);
	s->nchild--;
	split_set(s, bit, false);
}

/* Make the nodes down to an entry fresh; the places of all of them, and how
 * many they are.  0: no memory. */
static unsigned int
path_to(struct pf_trie_edit *e, const struct pf_trie_key *k, unsigned int bits,
    struct pf_trie_node **path[PF_TRIE_LEVELS])
{
	struct pf_trie_node	**place = &e->top;
	struct pf_trie_split	 *s;
	unsigned int		  n = 0;

	while (((*place)->flags & PF_TRIE_SPLIT) != 0) {
		s = split_room(e, place, pf_trie_split(*place)->nchild,
		    (*place)->n);
		if (s == NULL)
			return (0);
		s->below--;
		path[n++] = place;
		if (split_ends(s, bits))
			return (n);
		place = &pf_trie_children(s)[pf_trie_rank(s,
		    split_bit(s, k, bits))];
	}
	if (bucket_room(e, place, (*place)->n) == NULL)
		return (0);
	path[n++] = place;
	return (n);
}

int
pf_trie_remove(struct pf_trie_edit *e, const struct pf_trie_key *k,
    unsigned int bits)
{
	struct pf_trie_node	**path[PF_TRIE_LEVELS], *node;
	struct pf_trie_split	 *s;
	struct pf_trie_entry	  entry;
	unsigned int		  n = path_to(e, k, bits, path), bit;

	if (n == 0)
		return (ENOMEM);
	node = *path[--n];
	if ((node->flags & PF_TRIE_SPLIT) != 0) {
		s = (struct pf_trie_split *)node;
		bit = split_bit(s, k, bits);
		entry = (struct pf_trie_entry){ node, pf_trie_rank(s, bit) };
		split_set(s, bit, false);
	} else
		entry = (struct pf_trie_entry){ node,
		    pf_trie_lower(node, k, bits) };
	count_drop(e, entry);
	entries_shift(node, entry.i, false);
	for (;; n--) {
		node = *path[n];
		if ((node->flags & PF_TRIE_SPLIT) != 0) {
			if (pf_trie_split(node)->below <= MERGE)
				split_merge(e, path[n], k);
		} else if (node->n == 0) {
			node_free(node);	/* it is fresh */
			*path[n] = NULL;
		}
		if (n == 0)
			return (0);
		s = (struct pf_trie_split *)*path[n - 1];
		if (*path[n] == NULL)
			split_shrink(s, split_bit(s, k, bits));
	}
}

/*
 * Beginning and end
 */
void
pf_trie_edit_begin(struct pf *pf, struct pf_trie_edit *e,
    struct pf_trie_node *top, uint8_t af, bool counted)
{
	memset(e, 0, sizeof(*e));
	e->pf = pf;
	e->top = top;
	e->words = af == AF_INET ? 1 : 4;
	e->counted = top != NULL ? (top->flags & PF_TRIE_COUNTED) != 0 :
	    counted;
}

void
pf_trie_edit_cancel(struct pf_trie_edit *e)
{
	nodes_do(e->top, CANCEL);
}

void
pf_trie_edit_settle(struct pf_trie_edit *e)
{
	nodes_do(e->top, SETTLE);
}

void
pf_trie_edit_free(struct pf_trie_edit *e)
{
	struct pf_trie_count	*count;
	struct pf_trie_node	*node;
	uint32_t		 i = 0;

	while ((node = e->old) != NULL) {
		e->old = node->next;
		node_free(node);
		pf_yield_at(i++);
	}
	while ((count = e->dropped) != NULL) {
		e->dropped = count->next;
		pf_free(count);
		pf_yield_at(i++);
	}
}

void
pf_trie_inherit(struct pf_trie_node *top, struct pf_trie_node *old)
{
	struct pf_trie_walk	 w;
	struct pf_trie_entry	 from;
	struct pf_trie_count	**count, **to;
	uint32_t		 i = 0, *mark;

	pf_trie_walk(&w, top, NULL);
	while (old != NULL && pf_trie_next(&w)) {
		pf_yield_at(i++);
		from = pf_trie_find(old, &w.key, w.bits);
		if (from.node == NULL)
			continue;
		mark = pf_trie_mark(w.entry);
		*mark = PF_TRIE_MARK(*mark & PF_TRIE_NOT,
		    PF_TRIE_SINCE(*pf_trie_mark(from)));
		count = pf_trie_arrays(from.node).count;
		to = pf_trie_arrays(w.entry.node).count;
		if (count == NULL || to == NULL)
			continue;
		pf_free(to[w.entry.i]);
		to[w.entry.i] = count[from.i];
		WRITE_ONCE(count[from.i], NULL);
	}
}

void
pf_trie_free(struct pf_trie_node *top)
{
	nodes_do(top, FREE_ALL);
}
