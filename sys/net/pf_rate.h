/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rate.h: so many events in so many seconds
 *
 * What it owns.  Nothing: the rule that has the limit owns its pf_rate.
 * Life.  As that of its owner.
 * Locking.  A lock of its own: all CPUs count into one number.
 * Place.  Second floor.
 *
 * What has been counted fades away, evenly within the seconds of the limit, so that there
 * are no periods at whose ends twice as much could pass.
 */
#ifndef _NET_PF_RATE_H_
#define _NET_PF_RATE_H_

#include "pf_host.h"

struct pf_threshold;

struct pf_rate {
	struct pf_spinlock lock;
	uint64_t	 count;		/* [lock] events, in thousandths */
	uint32_t	 last;		/* [lock] uptime of the last one */
	uint32_t	 limit, seconds; /* [i] */
};

#define PF_RATE_MAX	1000000000U	/* of the limit; the seconds: a day */
#define PF_RATE_SECONDS	86400U

/* Whether there can be such a limit. */
bool	 pf_rate_ok(const struct pf_threshold *);
void	 pf_rate_init(struct pf_rate *, const struct pf_threshold *);
/* Count n events; now: uptime.  Whether the limit is exceeded.  Any context. */
bool	 pf_rate_exceeded(struct pf_rate *, uint64_t n, uint32_t now);
/* What is counted now, in thousandths of an event. */
uint32_t pf_rate_now(struct pf_rate *, uint32_t now);

#endif /* _NET_PF_RATE_H_ */
