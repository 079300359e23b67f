// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rate.c: so many events in so many seconds
 *
 * What it owns.  Nothing.
 * Locking.  The lock of the pf_rate.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_rate.h"

#define PARTS	1000			/* of an event */

bool
pf_rate_ok(const struct pf_threshold *t)
{
	return (t->limit == 0 ? t->seconds == 0 : t->limit <= PF_RATE_MAX &&
	    t->seconds != 0 && t->seconds <= PF_RATE_SECONDS);
}

void
pf_rate_init(struct pf_rate *r, const struct pf_threshold *t)
{
	pf_spin_init(&r->lock);
	r->limit = t->limit;
	r->seconds = t->seconds;
}

/* What is left at `now' of what has been counted.  Lock: the pf_rate's. */
static void
fade(struct pf_rate *r, uint32_t now)
{
	uint32_t	gone = now - r->last;

	if ((int32_t)gone < 0)		/* another CPU was later, and faster */
		return;
	if (gone >= r->seconds)
		r->count = 0;
	else
		r->count -= r->count * gone / r->seconds;
	r->last = now;
}

/* Events beyond twice the limit are forgotten, so that a flood is over soon after its
 * end, and the product above fits. */
bool
pf_rate_exceeded(struct pf_rate *r, uint64_t n, uint32_t now)
{
	uint64_t	most = (uint64_t)r->limit * PARTS;
	bool		exceeded;

	pf_spin_lock(&r->lock);
	fade(r, now);
	r->count += n * PARTS;
	exceeded = r->count > most;
	if (r->count > 2 * most)
		r->count = 2 * most;
	pf_spin_unlock(&r->lock);
	return (exceeded);
}

uint32_t
pf_rate_now(struct pf_rate *r, uint32_t now)
{
	uint64_t	count;

	pf_spin_lock(&r->lock);
	fade(r, now);
	count = r->count;
	pf_spin_unlock(&r->lock);
	return (count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}
