// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tag.c: tags, the names that rules give to packets
 *
 * What it owns.  The pf_tags, in a tree by name, and their numbers.
 * Life.  A reload gets the tags of the new rules before it drops those of the old
 * ones, so that a name which stays keeps its number, and packets and states keep their
 * tag.  A number is given out again as late as possible.
 * Locking.  pf->ctl, except for the references.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_instance.h"
#include "pf_tag.h"
#include "pf_util.h"

#define USED_WORDS	((PF_TAGS_MAX + 1) / 64)

static struct pf_tag *
tag_of(struct pf_rb_node *n)
{
	return (container_of(n, struct pf_tag, node));
}

void
pf_tags_init(struct pf *pf)
{
	pf_rb_init(&pf->tags.by_name);
}

void
pf_tags_fini(struct pf *pf)
{
	pf->tags.idle = true;
	pf_tags_purge(pf);
	pf_free(pf->tags.used);
}

/* How many tags there may be. */
static uint32_t
tags_max(struct pf *pf)
{
	uint32_t	max = pf_host_tags(pf);

	return (max < PF_TAGS_MAX ? max : PF_TAGS_MAX);
}

/* A number up to max that no tag has: the next one after the last given out.  One
 * is free. */
static uint16_t
new_number(struct pf_tags *t, uint32_t max)
{
	do {
		t->last = t->last < max ? t->last + 1 : 1;
	} while ((t->used[t->last / 64] & 1ULL << t->last % 64) != 0);
	t->used[t->last / 64] |= 1ULL << t->last % 64;
	t->n++;
	return ((uint16_t)t->last);
}

static void
free_number(struct pf_tags *t, uint16_t nr)
{
	t->used[nr / 64] &= ~(1ULL << nr % 64);
	t->n--;
}

int
pf_tag_get(struct pf *pf, const char *name, struct pf_tag **out)
{
	struct pf_tags		*t = &pf->tags;
	struct pf_rb_node	*parent = NULL, **link = pf_rb_link_top(&t->by_name);
	struct pf_tag		*tag;
	size_t			 len = strnlen(name, PF_TAG_NAME_SIZE);
	int			 order;

	pf_mutex_assert(&pf->ctl);
	if (len == 0 || len == PF_TAG_NAME_SIZE)
		return (EINVAL);
	while (*link != NULL) {
		parent = *link;
		order = strcmp(name, tag_of(parent)->name);
		if (order == 0) {
			*out = tag_of(parent);
			pf_tag_ref(*out);
			return (0);
		}
		link = order < 0 ? pf_rb_link_left(parent) :
		    pf_rb_link_right(parent);
	}
	if (t->n >= tags_max(pf))
		return (EOVERFLOW);
	if (t->used == NULL)
		t->used = pf_alloc(pf, USED_WORDS * sizeof(*t->used));
	tag = pf_alloc(pf, sizeof(*tag));
	if (t->used == NULL || tag == NULL) {
		pf_free(tag);
		return (ENOMEM);
	}
	memcpy(tag->name, name, len);
	tag->nr = new_number(t, tags_max(pf));
	pf_atomic_set(&tag->refs, 1);
	pf_rb_insert(&t->by_name, &tag->node, parent, link);
	*out = tag;
	return (0);
}

void
pf_tag_ref(struct pf_tag *tag)
{
	pf_atomic_inc(&tag->refs);
}

/* Whoever holds pf->ctl may take the tag up again, so it is not freed here. */
void
pf_tag_put(struct pf *pf, struct pf_tag *tag)
{
	if (tag != NULL && pf_atomic_dec_test(&tag->refs))
		WRITE_ONCE(pf->tags.idle, true);
}

/* Rules and states drop their references after a grace period: no packet knows a tag
 * without any. */
void
pf_tags_purge(struct pf *pf)
{
	struct pf_tags		*t = &pf->tags;
	struct pf_rb_node	*n, *next;
	struct pf_tag		*tag;
	uint32_t		 i = 0;

	pf_mutex_assert(&pf->ctl);
	if (!READ_ONCE(t->idle))
		return;
	WRITE_ONCE(t->idle, false);
	for (n = pf_rb_first(&t->by_name); n != NULL; n = next) {
		next = pf_rb_next(n);
		tag = tag_of(n);
		if (pf_atomic_read(&tag->refs) == 0) {
			pf_rb_erase(&t->by_name, n);
			free_number(t, tag->nr);
			pf_free(tag);
		}
		pf_yield_at(i++);
	}
}
