// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fetch.c: rulesets in force, with their pools.
 *
 * A ruleset is fetched whole before its first rule is looked at: should it be replaced
 * meanwhile, it is fetched again, and what the caller has is always one version.
 * No locking.  Stands on dev.c.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "fetch.h"

#define FETCH_TRIES	8

void
fetched_free(struct fetched *fr)
{
	uint32_t i;
	int which;

	for (i = 0; i < fr->n; i++) {
		free(fr->rule[i].anchor_call);
		for (which = 0; which < PF_POOL_MAX; which++)
			free(fr->rule[i].pool[which].addr);
	}
	free(fr->rule);
	memset(fr, 0, sizeof(*fr));
}

/* The addresses of pool `which' of a rule: 0 or an errno. */
static int
fetch_pool(struct pf_dev *dev, const struct pfioc_rule *pr, uint32_t r_num,
    uint32_t which, struct fetched_rule *r)
{
	struct pfctl_pool *pool = &r->pool[which];
	struct pfioc_pooladdr pp;
	uint32_t i, n;
	int e;

	memset(&pp, 0, sizeof(pp));
	pp.ticket = pr->ticket;
	pp.r_num = r_num;
	pp.ruleset = pr->ruleset;
	pp.which = which;
	strcpy(pp.anchor, pr->anchor);
	if ((e = dev->ioctl(dev, DIOCGETADDRS, &pp)) != 0)
		return (e);
	if ((n = pp.nr) == 0)
		return (0);
	if ((pool->addr = calloc(n, sizeof(*pool->addr))) == NULL)
		return (ENOMEM);
	for (i = 0; i < n; i++) {
		pp.nr = i;
		memset(&pp.addr, 0, sizeof(pp.addr));
		if ((e = dev->ioctl(dev, DIOCGETADDR, &pp)) != 0)
			return (e);
		pool->addr[i] = pp.addr;
		pool->n = i + 1;
	}
	return (0);
}

static bool
has_pool(const struct pf_rule *r, uint32_t which)
{
	switch (r->action) {
	case PF_NAT:
	case PF_BINAT:
	case PF_RDR:
		/* a classic translation rule has its only pool in the first */
		return (which == PF_POOL_RDR || (r->pool_used & 1u << which));
	default:
		return ((r->pool_used & 1u << which) != 0 ||
		    (which == PF_POOL_ROUTE && r->rt > PF_FASTROUTE));
	}
}

/* One attempt: 0 or an errno; *what names the request that failed. */
static int
fetch_once(struct pf_dev *dev, struct pfioc_rule *pr, uint32_t get,
    struct fetched *fr, const char **what)
{
	struct fetched_rule *r;
	uint32_t i, n, which;
	int e;

	*what = "DIOCGETRULES";
	if ((e = dev->ioctl(dev, DIOCGETRULES, pr)) != 0)
		return (e);
	n = pr->nr;
	if (n == 0)
		return (0);
	if ((fr->rule = calloc(n, sizeof(*fr->rule))) == NULL)
		return (ENOMEM);
	for (i = 0; i < n; i++) {
		*what = "DIOCGETRULE";
		pr->nr = i;
		pr->action = get;
		pr->anchor_call[0] = '\0';
		memset(&pr->rule, 0, sizeof(pr->rule));
		if ((e = dev->ioctl(dev, DIOCGETRULE, pr)) != 0)
			return (e);
		r = &fr->rule[i];
		r->rule = pr->rule;
		fr->n = i + 1;
		r->anchor_call = strndup(pr->anchor_call,
		    sizeof(pr->anchor_call) - 1);
		if (r->anchor_call == NULL)
			return (ENOMEM);
		*what = "DIOCGETADDRS";
		for (which = 0; which < PF_POOL_MAX; which++)
			if (has_pool(&r->rule, which) &&
			    (e = fetch_pool(dev, pr, i, which, r)) != 0)
				return (e);
	}
	return (0);
}

int
fetch_rules(struct pf_dev *dev, const char *anchor, uint32_t ruleset, bool clear,
    struct fetched *fr)
{
	struct pfioc_rule *pr;
	const char *what = "";
	int e, try;

	memset(fr, 0, sizeof(*fr));
	if ((pr = malloc(sizeof(*pr))) == NULL) {
		warn(NULL);
		return (-1);
	}
	for (try = 0; try < FETCH_TRIES; try++) {
		memset(pr, 0, sizeof(*pr));
		pr->ruleset = ruleset;
		strcpy(pr->anchor, anchor);
		e = fetch_once(dev, pr, clear ? PF_GET_CLR_CNTR : PF_GET_NONE,
		    fr, &what);
		if (e == 0)
			break;
		fetched_free(fr);
		if (e != EBUSY)
			break;
	}
	free(pr);
	if (e == 0)
		return (0);
	if ((e == EINVAL || e == ENOENT) && anchor[0] != '\0' &&
	    strcmp(what, "DIOCGETRULES") == 0)
		warnx("Anchor '%s' not found.", anchor);
	else if (e == EBUSY)
		warnx("%s: the rules were replaced again and again", what);
	else
		warnx("%s: %s", what, pf_dev_strerror(e));
	return (-1);
}
