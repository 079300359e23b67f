// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_rules.c: the rules of a transaction, and the anchors that these make
 *
 * What it owns.  The rules that a transaction gathers, for any number of
 * anchors and for the main ruleset, and the addresses for the pools of the next
 * rule.  An element is one ruleset of one place.  It replaces the ruleset in
 * force, even if no rule is added to it.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 *
 * To prepare is to compile the rules, and to make another index of anchors if
 * the transaction loads rules into anchors, or if anchors have been made or
 * freed.  To swap in is to exchange the compiled rulesets for those in force,
 * which the transaction keeps until the end of the grace period and then frees.  Before,
 * their counters are carried over to equal rules, if counters are kept.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_keep.h"
#include "pf_pool.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_trans.h"

#define RULES_MAX	1000000		/* in a ruleset */
#define ADDRS_MAX	65536		/* in a pool */
#define RULESETS	((1U << PF_RULESET_MAX) - 1)	/* the types of */
							/* elements */

struct gathered {
	struct pf_krule	**rule;		/* [c] referenced */
	uint32_t	 n, room;	/* [c] */
	struct pf_rules	*compiled;	/* [c] the rules, compiled; after */
					/* swap_in: the old ruleset */
};
struct place_rules {
	struct gathered	 rs[PF_RULESET_MAX];
	struct pf_keep	*keep[PF_RULESET_MAX];	/* [c] owned, made by prepare; NULL: */
						/* counters begin at 0 */
	struct pf_anchor *anchor;	/* [c] referenced; NULL: main */
					/* ruleset, or no rules yet */
};
struct trans_rules {
	struct pf_pool_list pool[PF_POOL_MAX];	/* [c] for the next rule */
	bool		 reindex;		/* [c] the commit makes a new */
						/* index */
	struct pf_anchor_index *index;		/* [c] that index; NULL: no */
						/* anchors */
	struct pf_anchor_index *old_index;	/* [c] after swap_in; NULL: */
						/* none */
};

static struct trans_rules *
rules_of(const struct pf_trans *t)
{
	return (t->part[PF_PART_RULES]);
}

static struct place_rules *
rules_at(const struct pf_trans_place *p)
{
	return (p->part[PF_PART_RULES]);
}

/*
 * Gathering
 */

/* Get an anchor, within the limit that the transaction sets or that is in
 * force. */
static int
trans_anchor(struct pf *pf, struct pf_trans *t, const char *path,
    struct pf_anchor **a)
{
	return (pf_anchor_get(pf, path,
	    pf_trans_limit(pf, t, PF_LIMIT_ANCHORS), a));
}

/* Set the krule's anchor, anchor_call and call_kind. */
static int
rule_call(struct pf *pf, struct pf_trans *t, const char *base, const char *call,
    struct pf_krule *kr)
{
	char	*path;
	int	 error;

	if (call[0] == '\0')
		return (0);
	path = pf_alloc(pf, PF_ANCHOR_PATH_SIZE);
	kr->anchor_call = pf_alloc(pf, strlen(call) + 1);
	error = path == NULL || kr->anchor_call == NULL ? ENOMEM : 0;
	if (error == 0) {
		memcpy(kr->anchor_call, call, strlen(call));
		error = pf_anchor_resolve(base, call, path, &kr->call_kind);
	}
	if (error == 0)
		error = trans_anchor(pf, t, path, &kr->anchor);
	pf_free(path);
	return (error);
}

int
pf_trans_add_rule(struct pf *pf, struct pf_trans *t, uint32_t ruleset,
    const char *path, const char *call, const struct pf_rule *rule,
    uint32_t uid, uint32_t pid)
{
	struct pf_trans_place	*p = pf_trans_place(t, path);
	struct place_rules	*pr;
	struct gathered		*g;
	struct pf_krule		*kr;
	void			*grown;
	int			 error;

	if (p == NULL || (p->has & 1U << ruleset) == 0)
		return (EBUSY);
	pr = rules_at(p);
	g = &pr->rs[ruleset];
	if (g->n >= RULES_MAX)
		return (E2BIG);
	grown = pf_trans_room(pf, g->rule, g->n, &g->room, sizeof(*g->rule));
	if (grown == NULL)
		return (ENOMEM);
	g->rule = grown;
	if (pr->anchor == NULL && path[0] != '\0' &&
	    (error = trans_anchor(pf, t, path, &pr->anchor)) != 0)
		return (error);
	error = pf_krule_create(pf, rule, ruleset, path, call,
	    rules_of(t)->pool, &kr);
	if (error != 0)
		return (error);
	error = rule_call(pf, t, path, call, kr);
	if (error != 0) {
		pf_krule_leave(pf, kr);
		return (error);
	}
	pf_trans_no_addrs(t);
	kr->origin->cuid = uid;
	kr->origin->cpid = pid;
	g->rule[g->n++] = kr;
	return (0);
}

int
pf_trans_add_addr(struct pf *pf, struct pf_trans *t, uint32_t which,
    const struct pf_pooladdr *addr)
{
	struct pf_pool_list	*l = &rules_of(t)->pool[which];
	void			*grown;

	if (l->n >= ADDRS_MAX)
		return (E2BIG);
	grown = pf_trans_room(pf, l->addr, l->n, &l->room, sizeof(*l->addr));
	if (grown == NULL)
		return (ENOMEM);
	l->addr = grown;
	l->addr[l->n++] = *addr;
	return (0);
}

void
pf_trans_no_addrs(struct pf_trans *t)
{
	unsigned int	i;

	for (i = 0; i < PF_POOL_MAX; i++)
		rules_of(t)->pool[i].n = 0;
}

/*
 * Preparing
 */

/* Compile the rulesets of one place.  An anchor has no compiled ruleset of a
 * kind of which it has no rules; the main ruleset has one of every kind. */
static int
place_compile(struct pf *pf, struct pf_trans *t, struct pf_trans_place *p)
{
	struct place_rules	*pr = rules_at(p);
	bool			 keeps = pf_trans_option(pf, t, PF_OPT_KEEP) != 0;
	struct gathered		*g;
	unsigned int		 i;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		g = &pr->rs[i];
		if ((p->has & 1U << i) == 0 ||
		    (g->n == 0 && p->path[0] != '\0'))
			continue;
		g->compiled = pf_rules_compile(pf, pr->anchor, g->rule, g->n,
		    t->ticket, i == PF_RULESET_BINAT);
		if (g->compiled == NULL)
			return (ENOMEM);
		if (keeps && (pr->keep[i] = pf_keep_create(pf, g->compiled)) == NULL)
			return (ENOMEM);
	}
	return (0);
}

/* Free the compiled rulesets and the index; the gathered rules stay. */
static void
rules_undo(struct pf *pf, struct pf_trans *t)
{
	struct trans_rules	*r = rules_of(t);
	struct pf_trans_place	*p;
	struct gathered		*g;
	unsigned int		 i;

	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		for (i = 0; i < PF_RULESET_MAX; i++) {
			g = &rules_at(p)->rs[i];
			pf_rules_strip(pf, g->compiled);
			g->compiled = NULL;
			pf_keep_free(rules_at(p)->keep[i]);
			rules_at(p)->keep[i] = NULL;
		}
	pf_free(r->index);
	r->index = NULL;
}

/* Whether the commit needs another index of anchors. */
static bool
touches_anchors(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_place	*p;

	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		if (p->path[0] != '\0' && (p->has & RULESETS) != 0)
			return (true);
	return (pf->anchors.changed);
}

static int
rules_prepare(struct pf *pf, struct pf_trans *t)
{
	struct trans_rules	*r = rules_of(t);
	struct pf_trans_place	*p;
	int			 error;

	/* the groups and addresses that the new rules ask for */
	error = pf_if_bring(pf);
	r->reindex = touches_anchors(pf, t);
	for (p = pf_trans_place_first(t); p != NULL && error == 0;
	    p = pf_trans_place_next(p))
		error = place_compile(pf, t, p);
	if (error == 0 && r->reindex)
		error = pf_anchor_index(pf, t->conf->anchors, &r->index);
	if (error != 0)
		rules_undo(pf, t);
	return (error);
}

/*
 * Putting in force
 */

/* The array of rulesets that the configuration has for a place; NULL: no such
 * anchor. */
static struct pf_rules **
conf_place(struct pf *pf, struct pf_conf *conf, const struct pf_trans_place *p)
{
	struct pf_anchor	*a = rules_at(p)->anchor;

	if (p->path[0] == '\0')
		return (conf->rules);
	if (a == NULL)				/* no rules to come */
		a = pf_anchor_find(pf, p->path);
	if (a == NULL || conf->anchors == NULL || a->slot >= conf->anchors->n)
		return (NULL);
	return (conf->anchors->slot[a->slot].rules);
}

/* Exchange the compiled rulesets of a place for those of the configuration. */
static void
place_swap(struct pf *pf, struct pf_conf *conf, struct pf_trans_place *p)
{
	struct pf_rules	**place = conf_place(pf, conf, p), *old;
	struct gathered	*g;
	unsigned int	 i;

	for (i = 0; place != NULL && i < PF_RULESET_MAX; i++) {
		if ((p->has & 1U << i) == 0)
			continue;
		g = &rules_at(p)->rs[i];
		if (g->compiled == NULL)
			pf_free(g->rule);
		old = place[i];
		place[i] = g->compiled;
		memset(g, 0, sizeof(*g));
		g->compiled = old;
	}
}

static void
rules_swap_in(struct pf *pf, struct pf_trans *t)
{
	struct trans_rules	*r = rules_of(t);
	struct pf_trans_place	*p;

	if (r->reindex) {
		r->old_index = t->conf->anchors;
		t->conf->anchors = r->index;
		r->index = NULL;
	}
	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		place_swap(pf, t->conf, p);
	pf_conf_digest(t->conf);
}

/* Free the rulesets that are no longer in force: their rules are retired. */
static void
free_old(struct pf *pf, struct pf_trans_place *p)
{
	struct place_rules	*pr = rules_at(p);
	struct pf_rules		*old;
	unsigned int		 i;
	uint32_t		 k;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		old = pr->rs[i].compiled;
		if (old != NULL && pr->keep[i] != NULL)
			pf_keep_carry(pr->keep[i], old);
		pf_keep_free(pr->keep[i]);
		for (k = 0; old != NULL && k < old->n; k++)
			WRITE_ONCE(old->rule[k]->retired, 1);
		pf_rules_free(pf, old);
		pr->rs[i].compiled = NULL;
	}
}

/* Free what has been gathered and not put in force. */
static void
rules_abort(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_place	*p;
	struct place_rules	*pr;
	unsigned int		 i;

	for (p = pf_trans_place_first(t); p != NULL;
	    p = pf_trans_place_next(p)) {
		pr = rules_at(p);
		for (i = 0; i < PF_RULESET_MAX; i++)
			pf_rules_put(pf, pr->rs[i].rule, pr->rs[i].n);
		pf_anchor_put(pf, pr->anchor);
	}
	for (i = 0; i < PF_POOL_MAX; i++)
		pf_free(rules_of(t)->pool[i].addr);
}

static void
rules_finish(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_place	*p;

	if (rules_of(t)->reindex) {
		pf_anchor_commit(pf);
		pf_free(rules_of(t)->old_index);
	}
	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		free_old(pf, p);
	rules_abort(pf, t);		/* what is left */
}

const struct pf_trans_part pf_part_rules = {
	.types = RULESETS,
	.in_anchors = true,
	.size = sizeof(struct trans_rules),
	.place_size = sizeof(struct place_rules),
	.prepare = rules_prepare,
	.undo = rules_undo,
	.swap_in = rules_swap_in,
	.finish = rules_finish,
	.abort = rules_abort,
};
