// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * cost.c: with how many rules one packet can be compared.
 *
 * Anchors that call anchors multiply.  The kernel gives up a packet, and drops it, when it
 * has been compared with PF_WALK_MAX rules or is inside of more than PF_ANCHOR_DEPTH
 * anchors.  This file works out the most that the rulesets of a file can come to, and
 * warns.  It is an upper bound: `quick' and rules that differ in address or port let the
 * kernel skip most of them.  Anchors that the file does not load count as empty.
 * No locking.  On anchor.c.
 */
#include <stdlib.h>
#include <string.h>

#include "parser.h"

#define NONE	UINT32_MAX

struct cost {
	uint64_t	rules;		/* that a packet can be compared with */
	uint32_t	depth;		/* anchors inside each other below */
	bool		known;
	bool		inside;		/* the walk is in it: not entered again */
	uint32_t	child, next;	/* the first below it, the next beside it */
};

struct walk {
	const struct pfctl	*pf;
	struct cost		*cost;		/* of each anchor */
	uint32_t		 ruleset;
	uint32_t		 nested;	/* anchors that the walk is in */
};

static uint32_t
find(const struct pfctl *pf, const char *path)
{
	uint32_t i = index_first(&pf->anchor_index, hash_name(path));

	while (i != INDEX_NONE && strcmp(pf->anchors[i].path, path) != 0)
		i = index_next(&pf->anchor_index, i);
	return (i == INDEX_NONE ? NONE : i);
}

/* The anchor above that one; NONE: the file has it not, or there is none. */
static uint32_t
parent(const struct pfctl *pf, uint32_t i)
{
	char path[PF_ANCHOR_PATH_SIZE], *slash;

	if (pf->anchors[i].path[0] == '\0')
		return (NONE);
	strcpy(path, pf->anchors[i].path);
	slash = strrchr(path, '/');
	*(slash != NULL ? slash : path) = '\0';
	return (find(pf, path));
}

static void	visit(struct walk *, uint32_t);

/* Add what an anchor that is called costs. */
static void
add(struct walk *w, struct cost *to, uint32_t called)
{
	const struct cost *c = &w->cost[called];

	if (w->pf->anchors[called].rs[w->ruleset].n == 0 || c->inside)
		return;
	visit(w, called);
	to->rules = c->rules > UINT64_MAX - to->rules ? UINT64_MAX :
	    to->rules + c->rules;
	if (to->depth < c->depth + 1)
		to->depth = c->depth + 1;
}

/* A rule of anchor i calls others: one, or with a star all that are below a path. */
static void
add_call(struct walk *w, uint32_t i, const char *call)
{
	char path[PF_ANCHOR_PATH_SIZE];
	bool wild;
	uint32_t k;

	if (!pfctl_anchor_path(path, w->pf->anchors[i].path, call, &wild) ||
	    (k = find(w->pf, path)) == NONE)
		return;
	if (!wild)
		add(w, &w->cost[i], k);
	else
		for (k = w->cost[k].child; k != NONE; k = w->cost[k].next)
			add(w, &w->cost[i], k);
}

static void
visit(struct walk *w, uint32_t i)
{
	const struct pfctl_ruleset *rs = &w->pf->anchors[i].rs[w->ruleset];
	struct cost *c = &w->cost[i];
	uint32_t k;

	if (c->known || w->nested > PF_ANCHOR_DEPTH)
		return;
	c->inside = true;
	w->nested++;
	c->rules = rs->n;
	c->depth = 0;
	for (k = 0; k < rs->n; k++)
		if (rs->rule[k]->anchor_call[0] != '\0')
			add_call(w, i, rs->rule[k]->anchor_call);
	w->nested--;
	c->inside = false;
	c->known = true;
}

static void
links(const struct pfctl *pf, struct cost *cost)
{
	uint32_t i, above;

	for (i = 0; i < pf->nanchors; i++)
		cost[i].child = NONE;
	for (i = 0; i < pf->nanchors; i++) {
		above = parent(pf, i);
		if (above == NONE)
			continue;
		cost[i].next = cost[above].child;
		cost[above].child = i;
	}
}

/* The rules of the main ruleset alone can be as many as one likes. */
static bool
warn_of(const struct pfctl *pf, const struct cost *c)
{
	if (c->depth > PF_ANCHOR_DEPTH)
		fprintf(pf->err, "warning: anchors are called more than %d "
		    "deep: packets that come there are dropped\n",
		    PF_ANCHOR_DEPTH);
	else if (c->depth > 0 && c->rules > PF_WALK_MAX)
		fprintf(pf->err, "warning: one packet can be compared with "
		    "%s%llu rules, as anchors call each other so often: it is "
		    "dropped after %d\n", c->rules == UINT64_MAX ?
		    "more than " : "", (unsigned long long)c->rules,
		    PF_WALK_MAX);
	else
		return (false);
	return (true);
}

void
cost_warn(struct pfctl *pf)
{
	struct walk w = { .pf = pf };
	bool warned = false;
	uint32_t i;

	if (pf->nanchors < 2)
		return;
	w.cost = xcalloc(pf->nanchors, sizeof(*w.cost));
	for (; w.ruleset < PF_RULESET_MAX && !warned; w.ruleset++) {
		for (i = 0; i < pf->nanchors; i++)
			w.cost[i] = (struct cost){ 0 };
		links(pf, w.cost);
		visit(&w, 0);
		warned = warn_of(pf, &w.cost[0]);
	}
	free(w.cost);
}
