/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fetch.h: rulesets in force, with their pools (fetch.c).
 *
 * Life: what fetch_rules() fills in is the caller's, until fetched_free().  Not thread
 * safe.
 */
#ifndef _PFCTL_FETCH_H_
#define _PFCTL_FETCH_H_

#include <stdbool.h>
#include <stdint.h>

#include "pfctl.h"

struct pf_dev;

struct fetched_rule {
	struct pf_rule		 rule;
	char			*anchor_call;		/* "" if none */
	struct pfctl_pool	 pool[PF_POOL_MAX];
};

/* A ruleset of one version. */
struct fetched {
	struct fetched_rule	*rule;
	uint32_t		 n;
};
/* The rules of a kind, PF_RULESET_*, of an anchor; clear: and zero their counters.
 * 0, and fetched_free() is due; or -1 with a message. */
int	 fetch_rules(struct pf_dev *, const char *anchor, uint32_t ruleset, bool clear,
	    struct fetched *);
void	 fetched_free(struct fetched *);

#endif /* _PFCTL_FETCH_H_ */
