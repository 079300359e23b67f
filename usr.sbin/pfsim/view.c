// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * view.c: what an instance says of itself, before and after a packet.
 *
 * The instance is asked as any program asks it.  Which rule has decided shows in the
 * counters of packets: of all rulesets, in anchors too, which are listed once.
 * Owns the struct views.  No locking.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "view.h"

static const char *const reasons[PFRES_MAX] = PFRES_NAMES;
static const uint32_t kinds[] = { PF_RULESET_FILTER, PF_RULESET_BINAT,
	PF_RULESET_RDR, PF_RULESET_NAT };

static void *
room(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size);

	if (p == NULL)
		err(1, NULL);
	return (p);
}

static void
add_ruleset(struct views *v, const char *anchor, uint32_t ruleset)
{
	struct view_ruleset *rs;

	v->rs = reallocarray(v->rs, v->n + 1, sizeof(*v->rs));
	if (v->rs == NULL)
		err(1, NULL);
	rs = &v->rs[v->n];
	memset(rs, 0, sizeof(*rs));
	if (fetch_rules(v->dev, anchor, ruleset, false, &rs->rules) == -1)
		exit(1);
	if (rs->rules.n == 0) {
		fetched_free(&rs->rules);
		return;
	}
	strcpy(rs->anchor, anchor);
	rs->ruleset = ruleset;
	rs->before = room(rs->rules.n, sizeof(*rs->before));
	rs->after = room(rs->rules.n, sizeof(*rs->after));
	v->n++;
}

/* The rulesets of an anchor, and behind them those below it. */
static void
add_anchor(struct views *v, const char *path)
{
	char (*names)[PF_ANCHOR_NAME_SIZE], sub[PF_ANCHOR_PATH_SIZE];
	uint32_t i, n;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		add_ruleset(v, path, kinds[i]);
	if (pf_dev_anchors(v->dev, path, &names, &n) != 0)
		errx(1, "the anchors cannot be listed");
	for (i = 0; i < n; i++)
		if ((size_t)snprintf(sub, sizeof(sub), "%s%s%s", path,
		    path[0] != '\0' ? "/" : "", names[i]) < sizeof(sub))
			add_anchor(v, sub);
	free(names);
}

void
views_open(struct views *v, struct pf_dev *dev)
{
	memset(v, 0, sizeof(*v));
	v->dev = dev;
	add_anchor(v, "");
}

void
views_close(struct views *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		fetched_free(&v->rs[i].rules);
		free(v->rs[i].before);
		free(v->rs[i].after);
	}
	free(v->rs);
}

static void
ask(struct views *v, struct pf_status *status, bool after)
{
	struct view_ruleset *rs;
	struct fetched now;
	size_t i;
	uint32_t k;

	if (PF_DO(v->dev, DIOCGETSTATUS, status) == -1)
		exit(1);
	for (i = 0; i < v->n; i++) {
		rs = &v->rs[i];
		if (fetch_rules(v->dev, rs->anchor, rs->ruleset, false,
		    &now) == -1)
			exit(1);
		for (k = 0; k < rs->rules.n && k < now.n; k++)
			(after ? rs->after : rs->before)[k] =
			    now.rule[k].rule.packets[0] +
			    now.rule[k].rule.packets[1];
		fetched_free(&now);
	}
}

/* What was so behind the last packet is so before this one. */
void
views_before(struct views *v)
{
	size_t i;

	if (!v->asked) {
		ask(v, &v->before, false);
		return;
	}
	v->before = v->after;
	for (i = 0; i < v->n; i++)
		memcpy(v->rs[i].before, v->rs[i].after,
		    v->rs[i].rules.n * sizeof(*v->rs[i].before));
}

void
views_after(struct views *v)
{
	ask(v, &v->after, true);
	v->asked = true;
}

/* The first rule with packets that is of this sort. */
static struct view_rule
moved(const struct views *v, bool filter, bool calls)
{
	const struct view_ruleset *rs;
	size_t i;
	uint32_t k;

	for (i = 0; i < v->n; i++) {
		rs = &v->rs[i];
		if ((rs->ruleset == PF_RULESET_FILTER) != filter)
			continue;
		for (k = 0; k < rs->rules.n; k++)
			if (rs->before[k] != rs->after[k] &&
			    rs->rules.rule[k].rule.action != PF_MATCH &&
			    (rs->rules.rule[k].anchor_call[0] != '\0') == calls)
				return ((struct view_rule){ rs,
				    &rs->rules.rule[k] });
	}
	return ((struct view_rule){ NULL, NULL });
}

struct view_rule
views_filter(const struct views *v)
{
	struct view_rule r = moved(v, true, false);

	return (r.rule != NULL ? r : moved(v, true, true));
}

struct view_rule
views_translation(const struct views *v)
{
	return (moved(v, false, false));
}

const char *
views_reason(const struct views *v)
{
	for (int i = PFRES_MATCH + 1; i < PFRES_MAX; i++)
		if (v->before.counters[i] != v->after.counters[i])
			return (reasons[i]);
	return (NULL);
}
