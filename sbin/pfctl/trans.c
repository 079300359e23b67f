// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * trans.c: a transaction: a list of rulesets that are replaced together.
 *
 * A struct trans is made by trans_init(), filled by trans_add(), opened by
 * trans_begin(), and ended by trans_commit() or trans_free(), which rolls back what
 * is still open; should the process die before, the kernel does it.
 * No locking.  Stands on dev.c.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"

/* How often to ask whether another program's transaction has ended. */
#define BUSY_STEP_MS	100

void
trans_init(struct trans *t, struct pf_dev *dev)
{
	memset(t, 0, sizeof(*t));
	t->dev = dev;
}

/* Which bucket, of a power of two, an element belongs to (FNV-1a). */
static uint32_t
bucket_of(const struct trans *t, uint32_t type, const char *anchor)
{
	uint32_t h = 2166136261u ^ type;

	for (; *anchor != '\0'; anchor++)
		h = (h ^ (unsigned char)*anchor) * 16777619u;
	return ((h ^ h >> 15) & (t->room - 1));
}

static struct pfioc_trans_e *
trans_find(const struct trans *t, uint32_t type, const char *anchor)
{
	uint32_t i;

	if (t->room == 0)
		return (NULL);
	for (i = t->bucket[bucket_of(t, type, anchor)]; i != 0;
	    i = t->chain[i - 1])
		if (t->e[i - 1].type == type &&
		    strcmp(t->e[i - 1].anchor, anchor) == 0)
			return (&t->e[i - 1]);
	return (NULL);
}

static void
trans_link(struct trans *t, uint32_t i)
{
	uint32_t b = bucket_of(t, t->e[i].type, t->e[i].anchor);

	t->chain[i] = t->bucket[b];
	t->bucket[b] = i + 1;
}

static int
trans_grow(struct trans *t)
{
	uint32_t i, room = t->room > 0 ? t->room * 2 : 8;
	struct pfioc_trans_e *e;
	uint32_t *chain, *bucket;

	if ((e = reallocarray(t->e, room, sizeof(*e))) == NULL)
		return (-1);
	t->e = e;
	if ((chain = reallocarray(t->chain, room, sizeof(*chain))) == NULL)
		return (-1);
	t->chain = chain;
	if ((bucket = calloc(room, sizeof(*bucket))) == NULL)
		return (-1);
	free(t->bucket);
	t->bucket = bucket;
	t->room = room;
	for (i = 0; i < t->n; i++)
		trans_link(t, i);
	return (0);
}

int
trans_add(struct trans *t, uint32_t type, const char *anchor)
{
	struct pfioc_trans_e *e;

	if (trans_find(t, type, anchor) != NULL)
		return (0);
	if (t->n == PF_TRANS_ELEMENTS) {
		warnx("too many anchors: %d rulesets can be loaded at once",
		    PF_TRANS_ELEMENTS);
		return (-1);
	}
	if (strlen(anchor) >= sizeof(e->anchor)) {
		warnx("%s: name of an anchor is too long", anchor);
		return (-1);
	}
	if (t->n == t->room && trans_grow(t) == -1) {
		warn(NULL);
		return (-1);
	}
	e = &t->e[t->n];
	memset(e, 0, sizeof(*e));
	e->type = type;
	strcpy(e->anchor, anchor);
	trans_link(t, t->n++);
	return (0);
}

int
ruleset_what(uint32_t ruleset)
{
	switch (ruleset) {
	case PF_RULESET_SCRUB:
	case PF_RULESET_FILTER:
		return (LOAD_FILTER);
	default:
		return (LOAD_NAT);
	}
}

int
trans_add_rulesets(struct trans *t, const char *anchor, int what)
{
	uint32_t i;

	for (i = 0; i < PF_RULESET_MAX; i++)
		if ((what & ruleset_what(i)) != 0 &&
		    trans_add(t, i, anchor) == -1)
			return (-1);
	return (0);
}

static int
add_below(struct trans *t, const char *anchor, int what, bool all, int depth)
{
	char (*names)[PF_ANCHOR_NAME_SIZE], path[PF_ANCHOR_PATH_SIZE];
	uint32_t i, n;
	int e, len, rv = 0;

	if (depth > PF_ANCHOR_DEPTH)
		return (0);
	e = pf_dev_anchors(t->dev, anchor, &names, &n);
	if (e == ENOENT)
		return (0);
	if (e != 0) {
		warnx("DIOCGETRULESETS: %s", pf_dev_strerror(e));
		return (-1);
	}
	for (i = 0; i < n && rv == 0; i++) {
		if (!all && names[i][0] != '_')
			continue;
		len = snprintf(path, sizeof(path), "%s%s%s", anchor,
		    anchor[0] != '\0' ? "/" : "", names[i]);
		if (len < 0 || (size_t)len >= sizeof(path))
			continue;
		rv = trans_add_rulesets(t, path, what);
		if (rv == 0)
			rv = add_below(t, path, what, true, depth + 1);
	}
	free(names);
	return (rv);
}

int
trans_add_below(struct trans *t, const char *anchor, int what, bool all)
{
	return (add_below(t, anchor, what, all, 0));
}

static int
trans_ioctl(struct trans *t, unsigned long cmd)
{
	struct pfioc_trans io;

	memset(&io, 0, sizeof(io));
	io.size = t->n;
	io.esize = sizeof(*t->e);
	io.array = (uintptr_t)t->e;
	return (t->dev->ioctl(t->dev, cmd, &io));
}

int
trans_begin(struct trans *t)
{
	const struct timespec step = { 0, BUSY_STEP_MS * 1000000L };
	unsigned int waited;
	int e;

	for (waited = 0; (e = trans_ioctl(t, DIOCXBEGIN)) == EBUSY &&
	    waited < t->dev->busy_ms; waited += BUSY_STEP_MS)
		nanosleep(&step, NULL);
	if (e != 0) {
		warnx("DIOCXBEGIN: %s", pf_dev_strerror(e));
		return (-1);
	}
	t->open = true;
	return (0);
}

uint32_t
trans_ticket(const struct trans *t, uint32_t type, const char *anchor)
{
	const struct pfioc_trans_e *e = trans_find(t, type, anchor);

	/* none is a ticket of no ruleset: the kernel will refuse it */
	return (e != NULL ? e->ticket : 0);
}

int
trans_commit(struct trans *t)
{
	int e;

	if ((e = trans_ioctl(t, DIOCXCOMMIT)) != 0) {
		warnx("DIOCXCOMMIT: %s", pf_dev_strerror(e));
		return (-1);
	}
	t->open = false;
	return (0);
}

void
trans_free(struct trans *t)
{
	int e;

	if (t->open && (e = trans_ioctl(t, DIOCXROLLBACK)) != 0)
		warnx("DIOCXROLLBACK: %s", pf_dev_strerror(e));
	t->open = false;
	free(t->e);
	free(t->chain);
	free(t->bucket);
	t->e = NULL;
	t->chain = t->bucket = NULL;
	t->n = t->room = 0;
}

int
clear_rulesets(struct pf_dev *dev, const char *anchor, int what, bool recurse)
{
	struct trans t;
	int rv = -1;

	trans_init(&t, dev);
	if (trans_add_rulesets(&t, anchor, what) == 0 &&
	    trans_add_below(&t, anchor, what, recurse) == 0 &&
	    trans_begin(&t) == 0)
		rv = trans_commit(&t);
	trans_free(&t);
	return (rv);
}
