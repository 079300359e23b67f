// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans.c: transactions (fifth floor)
 *
 * Owns the transactions (struct pf_trans), of which an instance has one at a time: from
 * its beginning until its commit, until it is dropped, or until the client that
 * began it is gone.  It gathers rules for any number of anchors and a copy of the options.
 * The commit first makes all that it needs, then publishes a configuration with all of
 * it, by one store, and from there on cannot fail.
 *
 * All functions here run in control context with pf->ctl held.
 */
#include "pf_trans.h"

#define RULES_MAX	1000000		/* in a ruleset */
#define ADDRS_MAX	65536		/* in a pool */
#define SKIPS_MAX	4096		/* `set skip' changes in a transaction */

static struct pf_trans_anchor *
node_ta(struct pf_rb_node *n)
{
	return (n != NULL ? container_of(n, struct pf_trans_anchor, node) : NULL);
}

static struct pf_trans_anchor *
ta_first(struct pf_trans *t)
{
	return (node_ta(pf_rb_first(&t->anchors)));
}

static struct pf_trans_anchor *
ta_next(struct pf_trans_anchor *ta)
{
	return (node_ta(pf_rb_next(&ta->node)));
}

static struct pf_trans_anchor *
ta_find(struct pf_trans *t, const char *path)
{
	struct pf_rb_node	*n = pf_rb_top(&t->anchors);
	int			 d;

	while (n != NULL) {
		d = strcmp(path, node_ta(n)->path);
		if (d == 0)
			return (node_ta(n));
		n = d < 0 ? pf_rb_left(n) : pf_rb_right(n);
	}
	return (NULL);
}

static struct pf_trans_anchor *
ta_create(struct pf *pf, struct pf_trans *t, const char *path)
{
	struct pf_rb_node	*n, *above = NULL;
	struct pf_trans_anchor	*ta;
	size_t			 len = strlen(path);
	bool			 left = false;

	ta = pf_alloc(pf, sizeof(*ta) + len + 1);
	if (ta == NULL)
		return (NULL);
	memcpy(ta->path, path, len);
	for (n = pf_rb_top(&t->anchors); n != NULL;
	    n = left ? pf_rb_left(n) : pf_rb_right(n)) {
		above = n;
		left = strcmp(path, node_ta(n)->path) < 0;
	}
	pf_rb_insert(&t->anchors, &ta->node, above,
	    above == NULL ? pf_rb_link_top(&t->anchors) :
	    left ? pf_rb_link_left(above) : pf_rb_link_right(above));
	return (ta);
}

struct pf_trans *
pf_trans_begin(struct pf *pf)
{
	struct pf_trans	*t;

	pf_mutex_assert(&pf->ctl);
	t = pf_alloc(pf, sizeof(*t));
	if (t == NULL)
		return (NULL);
	if (++pf->tickets == 0)
		pf->tickets = 1;
	t->ticket = pf->tickets;
	pf_rb_init(&t->anchors);
	return (t);
}

int
pf_trans_element(struct pf *pf, struct pf_trans *t, uint32_t type,
    const char *path)
{
	struct pf_trans_anchor	*ta;

	if (type == PF_TRANS_OPTIONS) {
		if (t->conf != NULL)
			return (EINVAL);
		t->conf = pf_conf_copy(pf, pf_rcu_deref_locked(pf->conf));
		if (t->conf == NULL)
			return (ENOMEM);
	} else {
		ta = ta_find(t, path);
		if (ta == NULL)
			ta = ta_create(pf, t, path);
		if (ta == NULL)
			return (ENOMEM);
		if (ta->has & 1U << type)
			return (EINVAL);
		ta->has |= 1U << type;
	}
	t->n++;
	return (0);
}

/* What is named twice must not stand for something else. */
int
pf_trans_check(struct pf_trans *t, uint32_t i, uint32_t type, const char *path)
{
	struct pf_trans_anchor	*ta;
	bool			 twice;

	if (i == 0) {
		t->seen_options = false;
		for (ta = ta_first(t); ta != NULL; ta = ta_next(ta))
			ta->seen = 0;
	}
	if (type == PF_TRANS_OPTIONS) {
		twice = t->seen_options || t->conf == NULL;
		t->seen_options = true;
		return (twice ? EINVAL : 0);
	}
	ta = ta_find(t, path);
	if (ta == NULL || (ta->has & 1U << type) == 0 ||
	    (ta->seen & 1U << type) != 0)
		return (EINVAL);
	ta->seen |= 1U << type;
	return (0);
}

int
pf_trans_check_all(const struct pf_trans *t, uint32_t n)
{
	return (n == t->n ? 0 : EINVAL);
}

static void
ta_free(struct pf *pf, struct pf_trans *t, struct pf_trans_anchor *ta)
{
	unsigned int	i;

	pf_rb_erase(&t->anchors, &ta->node);
	for (i = 0; i < PF_RULESET_MAX; i++)
		pf_rules_put(pf, ta->rs[i].rule, ta->rs[i].n);
	pf_anchor_put(pf, ta->anchor);
	pf_free(ta);
}

void
pf_trans_abort(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_anchor	*ta;
	unsigned int		 i;
	uint32_t		 k;

	pf_mutex_assert(&pf->ctl);
	while ((ta = ta_first(t)) != NULL)
		ta_free(pf, t, ta);
	for (k = 0; k < t->nskips; k++)
		pf_kif_put(pf, t->skips[k].kif);
	pf_free(t->skips);
	for (i = 0; i < PF_POOL_MAX; i++)
		pf_free(t->gathered[i].addr);
	pf_conf_free(pf, t->conf);
	pf_free(t);
}

/* The array with room for one more than n things of that size: itself, or a larger copy that
 * takes its place.  NULL: no memory, and it is as it was. */
static void *
with_room(struct pf *pf, void *array, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t	 more = *room != 0 ? *room * 2 : 8;
	void		*grown;

	if (n < *room)
		return (array);
	grown = pf_alloc(pf, more * size);
	if (grown == NULL)
		return (NULL);
	if (n != 0)
		memcpy(grown, array, n * size);
	pf_free(array);
	*room = more;
	return (grown);
}

/* Anchors that the transaction makes fit in the limit that it sets. */
static int
trans_anchor(struct pf *pf, struct pf_trans *t, const char *path,
    struct pf_anchor **a)
{
	const struct pf_conf	*conf = t->conf;

	if (conf == NULL || (t->touched & 1U << (PF_OPT_LIMIT +
	    PF_LIMIT_ANCHORS)) == 0)
		conf = pf_rcu_deref_locked(pf->conf);
	return (pf_anchor_get(pf, path, conf->limit[PF_LIMIT_ANCHORS], a));
}

/* Note which anchor the rule calls. */
static int
rule_call(struct pf *pf, struct pf_trans *t, const char *base, const char *call,
    struct pf_krule *kr)
{
	char	*path;
	int	 error;

	if (call[0] == '\0')
		return (0);
	path = pf_alloc(pf, PF_ANCHOR_PATH_SIZE);
	kr->call = pf_alloc(pf, strlen(call) + 1);
	error = path == NULL || kr->call == NULL ? ENOMEM : 0;
	if (error == 0) {
		memcpy(kr->call, call, strlen(call));
		error = pf_anchor_resolve(base, call, path, &kr->how);
	}
	if (error == 0)
		error = trans_anchor(pf, t, path, &kr->anchor);
	pf_free(path);
	return (error);
}

int
pf_trans_add_rule(struct pf *pf, struct pf_trans *t, uint32_t ruleset,
    const char *path, const char *call, const struct pf_rule *rule, uint32_t uid,
    uint32_t pid)
{
	struct pf_trans_anchor	*ta = ta_find(t, path);
	struct pf_trans_rules	*r;
	struct pf_krule		*kr;
	void			*grown;
	int			 error;

	if (ta == NULL || (ta->has & 1U << ruleset) == 0)
		return (EBUSY);
	r = &ta->rs[ruleset];
	if (r->n >= RULES_MAX)
		return (E2BIG);
	grown = with_room(pf, r->rule, r->n, &r->room, sizeof(*r->rule));
	if (grown == NULL)
		return (ENOMEM);
	r->rule = grown;
	if (ta->anchor == NULL && path[0] != '\0' &&
	    (error = trans_anchor(pf, t, path, &ta->anchor)) != 0)
		return (error);
	error = pf_krule_create(pf, rule, ruleset, call, t->gathered, &kr);
	if (error != 0)
		return (error);
	error = rule_call(pf, t, path, call, kr);
	if (error != 0) {
		if (kr->kif != NULL)
			kr->kif->rules--;
		pf_krule_put(pf, kr);
		return (error);
	}
	pf_trans_no_addrs(t);
	kr->cuid = uid;
	kr->cpid = pid;
	r->rule[r->n++] = kr;
	return (0);
}

int
pf_trans_add_addr(struct pf *pf, struct pf_trans *t, uint32_t which,
    const struct pf_pooladdr *addr)
{
	struct pf_pool_list	*l = &t->gathered[which];
	void			*grown;

	if (l->n >= ADDRS_MAX)
		return (E2BIG);
	grown = with_room(pf, l->addr, l->n, &l->room, sizeof(*l->addr));
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
		t->gathered[i].n = 0;
}

int
pf_trans_skip(struct pf *pf, struct pf_trans *t, const char *name, bool skip)
{
	struct pf_kif	*kif = NULL;
	void		*grown;

	if (t->nskips >= SKIPS_MAX)
		return (E2BIG);
	grown = with_room(pf, t->skips, t->nskips, &t->skips_room,
	    sizeof(*t->skips));
	if (grown == NULL)
		return (ENOMEM);
	t->skips = grown;
	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	t->skips[t->nskips].kif = kif;
	t->skips[t->nskips++].skip = skip;
	return (0);
}

/*
 * Options
 */
bool
pf_trans_has_options(const struct pf_trans *t)
{
	return (t != NULL && t->conf != NULL);
}

void
pf_trans_set_option(struct pf_trans *t, unsigned int opt, uint32_t value, uint32_t *old)
{
	static_assert(PF_OPT_MAX <= 32, "a bit for each");
	*old = pf_conf_option(t->conf, opt);
	pf_conf_write_option(t->conf, opt, value);
	t->touched |= 1U << opt;
}

int
pf_trans_set_logif(struct pf *pf, struct pf_trans *t, const char *name)
{
	struct pf_kif	*kif = NULL;

	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	pf_conf_write_logif(pf, t->conf, kif);
	t->touched_logif = true;
	return (0);
}

/* What the transaction has not named is as in the configuration in force now. */
static void
trans_merge(struct pf *pf, const struct pf_trans *t, struct pf_conf *conf)
{
	struct pf_conf	*now = pf_rcu_deref_locked(pf->conf);
	unsigned int	 opt;

	memcpy(conf->rules, now->rules, sizeof(conf->rules));
	conf->anchors = now->anchors;
	for (opt = 0; opt < PF_OPT_MAX; opt++)
		if ((t->touched & 1U << opt) == 0)
			pf_conf_write_option(conf, opt, pf_conf_option(now, opt));
	if (!t->touched_logif && conf->logif != now->logif) {
		if (now->logif != NULL)
			pf_kif_ref(now->logif);
		pf_conf_write_logif(pf, conf, now->logif);
	}
}

/* Compile what has been gathered for one anchor; an anchor may have no ruleset of a kind, the
 * main ruleset has all of them. */
static int
ta_compile(struct pf *pf, struct pf_trans *t, struct pf_trans_anchor *ta)
{
	struct pf_trans_rules	*r;
	unsigned int		 i;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		r = &ta->rs[i];
		if ((ta->has & 1U << i) == 0 ||
		    (r->n == 0 && ta->path[0] != '\0'))
			continue;
		r->compiled = pf_rules_compile(pf, ta->anchor, r->rule, r->n,
		    t->ticket, i == PF_RULESET_BINAT);
		if (r->compiled == NULL)
			return (ENOMEM);
	}
	return (0);
}

/* The rules are as they were gathered. */
static void
trans_uncompile(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_anchor	*ta;
	unsigned int		 i;

	for (ta = ta_first(t); ta != NULL; ta = ta_next(ta))
		for (i = 0; i < PF_RULESET_MAX; i++) {
			pf_rules_strip(pf, ta->rs[i].compiled);
			ta->rs[i].compiled = NULL;
		}
}

static int
trans_compile(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_anchor	*ta;

	for (ta = ta_first(t); ta != NULL; ta = ta_next(ta))
		if (ta_compile(pf, t, ta) != 0) {
			trans_uncompile(pf, t);
			return (ENOMEM);
		}
	return (0);
}

/* Where the configuration has the rulesets of an anchor; NULL: nowhere, it is not known. */
static struct pf_rules **
conf_place(struct pf *pf, struct pf_conf *conf, struct pf_trans_anchor *ta)
{
	struct pf_anchor	*a = ta->anchor;

	if (ta->path[0] == '\0')
		return (conf->rules);
	if (a == NULL)				/* no rules to come */
		a = pf_anchor_find(pf, ta->path);
	if (a == NULL || conf->anchors == NULL || a->slot >= conf->anchors->n)
		return (NULL);
	return (conf->anchors->slot[a->slot].rules);
}

/* Put the compiled rulesets in, and the old ones in their place. */
static void
trans_swap(struct pf *pf, struct pf_trans *t, struct pf_conf *conf)
{
	struct pf_trans_anchor	*ta;
	struct pf_rules		**place, *old;
	unsigned int		 i;

	for (ta = ta_first(t); ta != NULL; ta = ta_next(ta)) {
		place = conf_place(pf, conf, ta);
		for (i = 0; place != NULL && i < PF_RULESET_MAX; i++) {
			if ((ta->has & 1U << i) == 0)
				continue;
			if (ta->rs[i].compiled == NULL)
				pf_free(ta->rs[i].rule);
			old = place[i];
			place[i] = ta->rs[i].compiled;
			memset(&ta->rs[i], 0, sizeof(ta->rs[i]));
			ta->rs[i].compiled = old;
		}
	}
}

/* The rulesets that are no longer in force. */
static void
trans_free_old(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_anchor	*ta;
	struct pf_rules		*old;
	unsigned int		 i;
	uint32_t		 k;

	for (ta = ta_first(t); ta != NULL; ta = ta_next(ta))
		for (i = 0; i < PF_RULESET_MAX; i++) {
			old = ta->rs[i].compiled;
			for (k = 0; old != NULL && k < old->n; k++)
				WRITE_ONCE(old->rule[k]->gone, 1);
			pf_rules_free(pf, old);
			ta->rs[i].compiled = NULL;
		}
}

/* Whether the index of anchors is another after the commit. */
static bool
trans_has_anchors(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_anchor	*ta;

	for (ta = ta_first(t); ta != NULL; ta = ta_next(ta))
		if (ta->path[0] != '\0')
			return (true);
	return (pf->anchors.changed);
}

int
pf_trans_commit(struct pf *pf, struct pf_trans *t)
{
	struct pf_conf		*now = pf_rcu_deref_locked(pf->conf);
	struct pf_anchor_index	*index = NULL, *old = NULL;
	struct pf_conf		*conf = t->conf;
	bool			 anchors = trans_has_anchors(pf, t);
	uint32_t		 k;

	pf_mutex_assert(&pf->ctl);
	/* all that can fail */
	if (conf == NULL) {
		conf = pf_conf_copy(pf, now);
		if (conf == NULL)
			return (ENOMEM);
	}
	if (trans_compile(pf, t) != 0)
		goto fail;
	if (anchors && pf_anchor_index(pf, now->anchors, &index) != 0)
		goto fail_rules;
	t->conf = NULL;

	/* and what cannot */
	trans_merge(pf, t, conf);
	if (anchors) {
		old = now->anchors;
		conf->anchors = index;
	}
	trans_swap(pf, t, conf);
	pf_conf_digest(conf);
	for (k = 0; k < t->nskips; k++)
		if (t->skips[k].kif == NULL)
			pf_kif_clear_skip(pf);
		else
			pf_kif_skip(pf, t->skips[k].kif, t->skips[k].skip);
	pf_conf_publish(pf, conf);
	if (anchors) {
		pf_anchor_settle(pf);
		pf_free(old);
	}
	trans_free_old(pf, t);
	pf_trans_abort(pf, t);		/* what is left of it */
	return (0);

fail_rules:
	trans_uncompile(pf, t);
fail:
	if (t->conf == NULL)
		pf_conf_free(pf, conf);
	return (ENOMEM);
}
