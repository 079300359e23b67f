// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.c: rulesets, options, and how they change (second floor)
 *
 * Owns the configuration (struct pf_conf), its compiled rulesets (struct
 * pf_rules) and the transactions (struct pf_trans).  Configuration and rulesets never
 * change once they are published in pf->conf: every change, of a single timeout too,
 * makes a new configuration, publishes it, waits for a grace period and frees
 * the old one.  A transaction gathers rules and a copy of the options; its
 * commit first makes all that it needs, then publishes, and from there on cannot
 * fail.
 *
 * All functions here run in control context with pf->ctl held.
 */
#include "pf_priv.h"

#define RULES_MAX	1000000		/* in a ruleset */
#define ADDRS_MAX	65536		/* in a pool */
#define SKIPS_MAX	4096		/* `set skip' changes in a transaction */

static const uint32_t timeout_defaults[PFTM_MAX] = {
	[PFTM_TCP_FIRST_PACKET] = 120, [PFTM_TCP_OPENING] = 30,
	[PFTM_TCP_ESTABLISHED] = 86400, [PFTM_TCP_CLOSING] = 900,
	[PFTM_TCP_FIN_WAIT] = 45, [PFTM_TCP_CLOSED] = 90,
	[PFTM_UDP_FIRST_PACKET] = 60, [PFTM_UDP_SINGLE] = 30,
	[PFTM_UDP_MULTIPLE] = 60, [PFTM_ICMP_FIRST_PACKET] = 20,
	[PFTM_ICMP_ERROR_REPLY] = 10, [PFTM_OTHER_FIRST_PACKET] = 60,
	[PFTM_OTHER_SINGLE] = 30, [PFTM_OTHER_MULTIPLE] = 60,
	[PFTM_FRAG] = 30, [PFTM_INTERVAL] = 10,
	[PFTM_ADAPTIVE_START] = PFSTATE_HIWAT / 10 * 6,
	[PFTM_ADAPTIVE_END] = PFSTATE_HIWAT / 10 * 12,
	[PFTM_SRC_NODE] = 0, [PFTM_TS_DIFF] = 30,
};

static const uint32_t limit_defaults[PF_LIMIT_MAX] = {
	[PF_LIMIT_STATES] = PFSTATE_HIWAT,
	[PF_LIMIT_SRC_NODES] = PFSNODE_HIWAT,
	[PF_LIMIT_FRAGS] = PFFRAG_FRENT_HIWAT,
	[PF_LIMIT_TABLES] = PFR_KTABLE_HIWAT,
	[PF_LIMIT_TABLE_ENTRIES] = PFR_KENTRY_HIWAT,
	[PF_LIMIT_ANCHORS] = PF_ANCHOR_HIWAT,
};

/*
 * Compiled rulesets
 */
static void
rules_put(struct pf *pf, struct pf_krule **rule, uint32_t n)
{
	uint32_t	i;

	for (i = 0; i < n; i++) {
		if (rule[i]->kif != NULL)
			rule[i]->kif->rules--;
		pf_krule_put(pf, rule[i]);
		pf_yield_at(i);
	}
	pf_free(rule);
}

static void
rules_free(struct pf *pf, struct pf_rules *rs)
{
	if (rs == NULL)
		return;
	rules_put(pf, rs->rule, rs->n);
	pf_free(rs->ent_in);
	pf_free(rs->ent);
	pf_free(rs);
}

static bool
rule_wants_more(const struct pf_rule *r)
{
	return ((r->rule_flag & PFRULE_FRAGMENT) != 0 || r->flagset != 0 ||
	    r->type != 0 || r->code != 0 || r->tos != 0 || r->prob != 0);
}

static void
compile_one(struct pf_match_ent *e, struct pf_krule *kr)
{
	const struct pf_rule	*r = &kr->r;

	e->kif = kr->kif;
	e->rule = kr;
	e->flags = (r->ifnot ? PF_MF_IFNOT : 0) |
	    (r->src.neg ? PF_MF_SRCNOT : 0) | (r->dst.neg ? PF_MF_DSTNOT : 0) |
	    (rule_wants_more(r) ? PF_MF_MORE : 0) |
	    (r->quick || (r->action >= PF_NAT && r->action <= PF_NORDR) ?
	    PF_MF_QUICK : 0);
	e->dir = r->direction;
	e->af = r->af;
	e->proto = r->proto;
	e->action = r->action;
	e->sport_op = r->src.port_op;
	e->dport_op = r->dst.port_op;
	memcpy(e->sport, r->src.port, sizeof(e->sport));
	memcpy(e->dport, r->dst.port, sizeof(e->dport));
	e->src = r->src.addr.v.a.addr;
	e->smask = r->src.addr.v.a.mask;
	e->dst = r->dst.addr.v.a.addr;
	e->dmask = r->dst.addr.v.a.mask;
}

/*
 * A binat rule as packets see it that come in: what they are from it has in `to', and
 * they are to what it translates to.  One that says `no' is the same either way.
 */
static void
compile_binat_in(struct pf_match_ent *e, struct pf_krule *kr)
{
	const struct pf_rule	*r = &kr->r;
	const struct pf_addr_wrap *outer;
	unsigned int		 k;

	compile_one(e, kr);
	for (k = 0; k < PF_SKIP_COUNT; k++)
		e->skip[k] = 1;
	if (r->action != PF_BINAT)
		return;
	outer = &kr->pool[PF_POOL_RDR]->addr[0].user.addr;
	e->flags &= ~(PF_MF_SRCNOT | PF_MF_DSTNOT);
	e->flags |= r->dst.neg ? PF_MF_SRCNOT : 0;
	e->src = r->dst.addr.v.a.addr;
	e->smask = r->dst.addr.v.a.mask;
	e->sport_op = r->dst.port_op;
	memcpy(e->sport, r->dst.port, sizeof(e->sport));
	e->dst = outer->v.a.addr;
	e->dmask = outer->v.a.mask;
	e->dport_op = r->src.port_op;
	memcpy(e->dport, r->src.port, sizeof(e->dport));
}

/* From the last rule up: a rule like the next one goes on where that one does. */
static void
compile_skips(struct pf_rules *rs)
{
	uint32_t	i, step, differ;
	unsigned int	k;

	for (i = rs->n; i-- > 0;) {
		differ = i + 1 < rs->n ? pf_rule_differ(&rs->rule[i]->r,
		    &rs->rule[i + 1]->r) : UINT32_MAX;
		for (k = 0; k < PF_SKIP_COUNT; k++) {
			step = 1;
			if ((differ & 1U << k) == 0)
				step += rs->ent[i + 1].skip[k];
			rs->ent[i].skip[k] = step < UINT16_MAX ? step : UINT16_MAX;
		}
		pf_yield_at(i);
	}
}

/* A ruleset of n rules; takes over the array and its references.  NULL: no memory, and they
 * are still the caller's. */
static struct pf_rules *
rules_compile(struct pf *pf, struct pf_krule **rule, uint32_t n, uint32_t ticket,
    bool binat)
{
	struct pf_rules	*rs;
	uint32_t	 i;

	rs = pf_alloc(pf, sizeof(*rs));
	if (rs == NULL)
		return (NULL);
	rs->ent = pf_alloc(pf, (n > 0 ? n : 1) * sizeof(*rs->ent));
	if (binat && rs->ent != NULL)
		rs->ent_in = pf_alloc(pf, (n > 0 ? n : 1) * sizeof(*rs->ent));
	if (rs->ent == NULL || (binat && rs->ent_in == NULL)) {
		pf_free(rs->ent);
		pf_free(rs);
		return (NULL);
	}
	rs->rule = rule;
	rs->n = n;
	rs->ticket = ticket;
	for (i = 0; i < n; i++) {
		rule[i]->nr = i;
		compile_one(&rs->ent[i], rule[i]);
		if (binat)
			compile_binat_in(&rs->ent_in[i], rule[i]);
		pf_yield_at(i);
	}
	compile_skips(rs);
	return (rs);
}

uint32_t
pf_rules_skip(const struct pf_rules *rs, uint32_t nr, unsigned int k)
{
	return (nr + rs->ent[nr].skip[k]);
}

/* The checksum of the main ruleset, of all kinds of rules in it. */
static void
conf_digest(struct pf_conf *conf)
{
	const struct pf_rules	*rs;
	uint64_t		 h[2];
	uint32_t		 k;
	unsigned int		 i;

	static_assert(sizeof(h) == sizeof(conf->chksum), "16 bytes");
	memset(h, 0, sizeof(h));
	for (i = 0; i < PF_RULESET_MAX; i++) {
		rs = conf->rules[i];
		h[0] += i << 24 | rs->n;	/* which, and where it ends */
		for (k = 0; k < rs->n; k++) {
			pf_krule_digest(rs->rule[k], h);
			pf_yield_at(k);
		}
	}
	memcpy(conf->chksum, h, sizeof(h));
}

/*
 * Configurations
 */
static struct pf_conf *
conf_copy(struct pf *pf, const struct pf_conf *old)
{
	struct pf_conf	*conf;

	conf = pf_alloc(pf, sizeof(*conf));
	if (conf == NULL)
		return (NULL);
	*conf = *old;
	if (conf->logif != NULL)
		pf_kif_ref(conf->logif);
	return (conf);
}

static void
conf_free(struct pf *pf, struct pf_conf *conf)
{
	if (conf == NULL)
		return;
	pf_kif_put(pf, conf->logif);
	pf_free(conf);
}

/* Put conf in force and free its predecessor. */
static void
conf_publish(struct pf *pf, struct pf_conf *conf)
{
	struct pf_conf	*old = pf_rcu_deref_locked(pf->conf);

	pf_rcu_assign(pf->conf, conf);
	pf_rcu_sync();
	conf_free(pf, old);
}

/* A configuration to write options to: the transaction's, or a copy of that in force. */
static struct pf_conf *
conf_begin(struct pf *pf, struct pf_trans *t)
{
	pf_mutex_assert(&pf->ctl);
	if (t != NULL && t->conf != NULL)
		return (t->conf);
	return (conf_copy(pf, pf_rcu_deref_locked(pf->conf)));
}

/* Option opt has been written: keep that for the commit, or put it in force. */
static void
conf_end(struct pf *pf, struct pf_trans *t, struct pf_conf *conf, unsigned int opt)
{
	if (t != NULL && t->conf == conf)
		t->touched |= 1U << opt;
	else
		conf_publish(pf, conf);
}

static uint32_t *
conf_word(struct pf_conf *conf, unsigned int opt)
{
	size_t	off = offsetof(struct pf_conf, timeout) + opt * sizeof(uint32_t);

	static_assert(offsetof(struct pf_conf, hostid) ==
	    offsetof(struct pf_conf, timeout) + PF_OPT_HOSTID * sizeof(uint32_t),
	    "the options follow each other");
	static_assert(PF_OPT_LOGIF < 32, "a bit for each");
	return ((uint32_t *)((uint8_t *)conf + off));
}

int
pf_conf_set(struct pf *pf, struct pf_trans *t, unsigned int opt, uint32_t value,
    uint32_t *old)
{
	struct pf_conf	*conf;

	conf = conf_begin(pf, t);
	if (conf == NULL)
		return (ENOMEM);
	*old = *conf_word(conf, opt);
	*conf_word(conf, opt) = value;
	conf_end(pf, t, conf, opt);
	return (0);
}

int
pf_conf_set_logif(struct pf *pf, struct pf_trans *t, const char *name)
{
	struct pf_kif	*kif = NULL;
	struct pf_conf	*conf;

	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	conf = conf_begin(pf, t);
	if (conf == NULL) {
		pf_kif_put(pf, kif);
		return (ENOMEM);
	}
	pf_kif_put(pf, conf->logif);
	conf->logif = kif;
	conf_end(pf, t, conf, PF_OPT_LOGIF);
	return (0);
}

/* What the transaction has not named is as in the configuration in force now. */
static void
conf_merge(struct pf *pf, struct pf_conf *conf, uint32_t touched)
{
	struct pf_conf	*now = pf_rcu_deref_locked(pf->conf);
	unsigned int	 opt;

	memcpy(conf->rules, now->rules, sizeof(conf->rules));
	for (opt = 0; opt < PF_OPT_MAX; opt++)
		if ((touched & 1U << opt) == 0)
			*conf_word(conf, opt) = *conf_word(now, opt);
	if ((touched & 1U << PF_OPT_LOGIF) == 0 && conf->logif != now->logif) {
		pf_kif_put(pf, conf->logif);
		conf->logif = now->logif;
		if (conf->logif != NULL)
			pf_kif_ref(conf->logif);
	}
}

/*
 * Transactions
 */
static struct pf_trans_rules *
trans_slot(struct pf_trans *t, uint32_t type)
{
	return (type < PF_RULESET_MAX ? &t->rs[type] : NULL);
}

struct pf_trans *
pf_trans_begin(struct pf *pf, const uint32_t *types, uint32_t n)
{
	struct pf_trans	*t;
	uint32_t	 i;

	pf_mutex_assert(&pf->ctl);
	t = pf_alloc(pf, sizeof(*t));
	if (t == NULL)
		return (NULL);
	if (++pf->tickets == 0)
		pf->tickets = 1;
	t->ticket = pf->tickets;
	for (i = 0; i < n; i++) {
		t->has |= 1U << types[i];
		if (types[i] == PF_TRANS_OPTIONS && t->conf == NULL) {
			t->conf = conf_copy(pf, pf_rcu_deref_locked(pf->conf));
			if (t->conf == NULL) {
				pf_free(t);
				return (NULL);
			}
		}
	}
	return (t);
}

void
pf_trans_abort(struct pf *pf, struct pf_trans *t)
{
	unsigned int	i;
	uint32_t	k;

	pf_mutex_assert(&pf->ctl);
	for (i = 0; i < PF_RULESET_MAX; i++)
		rules_put(pf, t->rs[i].rule, t->rs[i].n);
	for (k = 0; k < t->nskips; k++)
		pf_kif_put(pf, t->skips[k].kif);
	pf_free(t->skips);
	for (i = 0; i < PF_POOL_MAX; i++)
		pf_free(t->gathered[i].addr);
	conf_free(pf, t->conf);
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

int
pf_trans_add_rule(struct pf *pf, struct pf_trans *t, uint32_t ruleset,
    const struct pf_rule *rule, uint32_t uid, uint32_t pid)
{
	struct pf_trans_rules	*r = trans_slot(t, ruleset);
	struct pf_krule		*kr;
	void			*grown;
	int			 error;

	if (r->n >= RULES_MAX)
		return (E2BIG);
	grown = with_room(pf, r->rule, r->n, &r->room, sizeof(*r->rule));
	if (grown == NULL)
		return (ENOMEM);
	r->rule = grown;
	error = pf_krule_create(pf, rule, ruleset, t->gathered, &kr);
	if (error != 0)
		return (error);
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

/* Compile the gathered rules; without memory they are as before. */
static int
trans_compile(struct pf *pf, struct pf_trans *t)
{
	struct pf_trans_rules	*r;
	unsigned int		 i;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		r = &t->rs[i];
		if ((t->has & 1U << i) == 0)
			continue;
		r->compiled = rules_compile(pf, r->rule, r->n, t->ticket,
		    i == PF_RULESET_BINAT);
		if (r->compiled == NULL)
			goto fail;
	}
	return (0);

fail:
	while (i-- > 0) {
		r = &t->rs[i];
		if (r->compiled != NULL) {
			pf_free(r->compiled->ent_in);
			pf_free(r->compiled->ent);
			pf_free(r->compiled);
			r->compiled = NULL;
		}
	}
	return (ENOMEM);
}

int
pf_trans_commit(struct pf *pf, struct pf_trans *t)
{
	struct pf_rules	*old[PF_RULESET_MAX] = { NULL };
	struct pf_conf	*conf = t->conf;
	unsigned int	 i;
	uint32_t	 k;

	pf_mutex_assert(&pf->ctl);
	/* all that can fail */
	if (conf == NULL) {
		conf = conf_copy(pf, pf_rcu_deref_locked(pf->conf));
		if (conf == NULL)
			return (ENOMEM);
	}
	if (trans_compile(pf, t) != 0) {
		if (t->conf == NULL)
			conf_free(pf, conf);
		return (ENOMEM);
	}
	t->conf = NULL;

	/* and what cannot */
	conf_merge(pf, conf, t->touched);
	for (i = 0; i < PF_RULESET_MAX; i++) {
		if ((t->has & 1U << i) == 0)
			continue;
		old[i] = conf->rules[i];
		conf->rules[i] = t->rs[i].compiled;
		memset(&t->rs[i], 0, sizeof(t->rs[i]));	/* taken over */
	}
	conf_digest(conf);
	for (k = 0; k < t->nskips; k++)
		if (t->skips[k].kif == NULL)
			pf_kif_clear_skip(pf);
		else
			pf_kif_skip(pf, t->skips[k].kif, t->skips[k].skip);
	conf_publish(pf, conf);
	for (i = 0; i < PF_RULESET_MAX; i++) {
		if (old[i] == NULL)
			continue;
		for (k = 0; k < old[i]->n; k++)
			WRITE_ONCE(old[i]->rule[k]->gone, 1);
		rules_free(pf, old[i]);
	}
	pf_trans_abort(pf, t);		/* what is left of it */
	return (0);
}

/*
 * Beginning and end
 */
int
pf_ruleset_init(struct pf *pf)
{
	struct pf_conf	*conf;
	unsigned int	 i;

	conf = pf_alloc(pf, sizeof(*conf));
	if (conf == NULL)
		return (ENOMEM);
	for (i = 0; i < PF_RULESET_MAX; i++) {
		conf->rules[i] = rules_compile(pf, NULL, 0, 0,
		    i == PF_RULESET_BINAT);
		if (conf->rules[i] == NULL)
			goto fail;
	}
	memcpy(conf->timeout, timeout_defaults, sizeof(conf->timeout));
	memcpy(conf->limit, limit_defaults, sizeof(conf->limit));
	conf->debug = PF_DEBUG_URGENT;
	do
		pf_random(pf, &conf->hostid, sizeof(conf->hostid));
	while (conf->hostid == 0);
	conf_digest(conf);
	pf_rcu_assign(pf->conf, conf);
	return (0);

fail:
	while (i-- > 0)
		rules_free(pf, conf->rules[i]);
	pf_free(conf);
	return (ENOMEM);
}

void
pf_ruleset_fini(struct pf *pf)
{
	struct pf_conf	*conf = pf_rcu_deref_locked(pf->conf);
	unsigned int	 i;

	for (i = 0; i < PF_RULESET_MAX; i++)
		rules_free(pf, conf->rules[i]);
	conf_free(pf, conf);
}
