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

int
trans_add(struct trans *t, uint32_t type, const char *anchor)
{
	struct pfioc_trans_e *e;
	uint32_t i, room;

	for (i = 0; i < t->n; i++)
		if (t->e[i].type == type &&
		    strcmp(t->e[i].anchor, anchor) == 0)
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
	if (t->n == t->room) {
		room = t->room > 0 ? t->room * 2 : 8;
		e = reallocarray(t->e, room, sizeof(*e));
		if (e == NULL) {
			warn(NULL);
			return (-1);
		}
		t->e = e;
		t->room = room;
	}
	e = &t->e[t->n++];
	memset(e, 0, sizeof(*e));
	e->type = type;
	strcpy(e->anchor, anchor);
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
	uint32_t i;

	for (i = 0; i < t->n; i++)
		if (t->e[i].type == type &&
		    strcmp(t->e[i].anchor, anchor) == 0)
			return (t->e[i].ticket);
	return (0);		/* of no ruleset: the kernel will refuse it */
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
	t->e = NULL;
	t->n = t->room = 0;
}

int
clear_rulesets(struct pf_dev *dev, const char *anchor, int what)
{
	struct trans t;
	int rv = -1;

	trans_init(&t, dev);
	if (trans_add_rulesets(&t, anchor, what) == 0 && trans_begin(&t) == 0)
		rv = trans_commit(&t);
	trans_free(&t);
	return (rv);
}
