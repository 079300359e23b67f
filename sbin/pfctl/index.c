// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * index.c: where in an array something of a name is, by hash, so that any number of
 * tables, anchors and queues costs the same per look-up.
 *
 * A struct pfctl_index knows the elements of one array by number and hash, not their
 * names: who asks compares.  Elements of a bucket are chained in the order of the array.
 * All zero is an empty one; it grows with the array and dies in index_free().
 * Nothing is taken out.  No locking.  Stands on tree.c.
 */
#include <stdlib.h>

#include "parser.h"

struct pfctl_index_item {
	uint32_t	 hash;
	uint32_t	 next;		/* in its bucket, or INDEX_NONE */
};

struct pfctl_index_bucket {
	uint32_t	 first, last;	/* INDEX_NONE, and anything: empty */
};

uint32_t
hash_name(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s != '\0')
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return (h);
}

static void
chain(struct pfctl_index *ix, uint32_t i)
{
	struct pfctl_index_bucket *b =
	    &ix->bucket[ix->item[i].hash & (ix->room - 1)];

	ix->item[i].next = INDEX_NONE;
	if (b->first == INDEX_NONE)
		b->first = i;
	else
		ix->item[b->last].next = i;
	b->last = i;
}

void
index_add(struct pfctl_index *ix, uint32_t hash)
{
	uint32_t i;

	if (ix->n == ix->room) {
		ix->room = ix->room > 0 ? ix->room * 2 : 64;
		ix->item = xreallocarray(ix->item, ix->room, sizeof(*ix->item));
		ix->bucket = xreallocarray(ix->bucket, ix->room,
		    sizeof(*ix->bucket));
		for (i = 0; i < ix->room; i++)
			ix->bucket[i].first = INDEX_NONE;
		for (i = 0; i < ix->n; i++)
			chain(ix, i);
	}
	ix->item[ix->n].hash = hash;
	chain(ix, ix->n++);
}

/* i, or what follows it in its chain and has the hash. */
static uint32_t
skip_to(const struct pfctl_index *ix, uint32_t i, uint32_t hash)
{
	while (i != INDEX_NONE && ix->item[i].hash != hash)
		i = ix->item[i].next;
	return (i);
}

uint32_t
index_first(const struct pfctl_index *ix, uint32_t hash)
{
	if (ix->n == 0)
		return (INDEX_NONE);
	return (skip_to(ix, ix->bucket[hash & (ix->room - 1)].first, hash));
}

uint32_t
index_next(const struct pfctl_index *ix, uint32_t i)
{
	return (skip_to(ix, ix->item[i].next, ix->item[i].hash));
}

void
index_free(struct pfctl_index *ix)
{
	free(ix->item);
	free(ix->bucket);
	ix->item = NULL;
	ix->bucket = NULL;
	ix->room = ix->n = 0;
}
