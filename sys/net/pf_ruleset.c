// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.c: rulesets and options (second floor)
 *
 * Owns the configuration (struct pf_conf) and its compiled rulesets (struct
 * pf_rules).  Configuration and rulesets never
 * change once they are published in pf->conf: every change, of a single timeout too,
 * makes a new configuration, publishes it, waits for a grace period and frees
 * the old one.  The rulesets of anchors are in it too, by an index that is made anew when
 * one of them changes (pf_anchor.c).  Many changes at once are a transaction (pf_trans.c).
 *
 * All functions here run in control context with pf->ctl held.
 */
#include "pf_priv.h"

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
void
pf_rules_put(struct pf *pf, struct pf_krule **rule, uint32_t n)
{
	uint32_t	i;

	for (i = 0; i < n; i++) {
		if (rule[i]->kif != NULL)
			rule[i]->kif->rules--;
		pf_anchor_put(pf, rule[i]->anchor);
		rule[i]->anchor = NULL;		/* states may keep the rule */
		pf_krule_put(pf, rule[i]);
		pf_yield_at(i);
	}
	pf_free(rule);
}

void
pf_rules_strip(struct pf *pf, struct pf_rules *rs)
{
	if (rs == NULL)
		return;
	pf_anchor_put(pf, rs->anchor);
	pf_free(rs->ent_in);
	pf_free(rs->ent);
	pf_free(rs);
}

void
pf_rules_free(struct pf *pf, struct pf_rules *rs)
{
	if (rs == NULL)
		return;
	pf_rules_put(pf, rs->rule, rs->n);
	pf_rules_strip(pf, rs);
}

/* Where only some of the packets are looked at, no rule leads past others. */
static void
compile_binat_in(struct pf_match_ent *e, struct pf_krule *kr)
{
	unsigned int	k;

	pf_krule_entry_binat_in(kr, e);
	for (k = 0; k < PF_SKIP_COUNT; k++)
		e->skip[k] = 1;
}

/* From the last rule up: a rule like the next one goes on where that one does. */
static void
compile_skips(struct pf_rules *rs)
{
	uint32_t	i, step, differ;
	unsigned int	k;

	for (i = rs->n; i-- > 0;) {
		differ = i + 1 < rs->n ? pf_rule_differ(rs->rule[i]->said,
		    rs->rule[i + 1]->said) : UINT32_MAX;
		for (k = 0; k < PF_SKIP_COUNT; k++) {
			step = 1;
			if ((differ & 1U << k) == 0)
				step += rs->ent[i + 1].skip[k];
			rs->ent[i].skip[k] = step < UINT16_MAX ? step : UINT16_MAX;
		}
		pf_yield_at(i);
	}
}

struct pf_rules *
pf_rules_compile(struct pf *pf, struct pf_anchor *anchor, struct pf_krule **rule,
    uint32_t n, uint32_t ticket, bool binat)
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
	rs->anchor = anchor;
	if (anchor != NULL)
		pf_anchor_ref(anchor);
	for (i = 0; i < n; i++) {
		rule[i]->nr = i;
		pf_krule_entry(rule[i], &rs->ent[i]);
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
void
pf_conf_digest(struct pf_conf *conf)
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
struct pf_conf *
pf_conf_copy(struct pf *pf, const struct pf_conf *old)
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

void
pf_conf_free(struct pf *pf, struct pf_conf *conf)
{
	if (conf == NULL)
		return;
	pf_kif_put(pf, conf->logif);
	pf_free(conf);
}

/* Put conf in force and free its predecessor. */
void
pf_conf_publish(struct pf *pf, struct pf_conf *conf)
{
	struct pf_conf	*old = pf_rcu_deref_locked(pf->conf);

	pf_rcu_assign(pf->conf, conf);
	pf_rcu_sync();
	pf_conf_free(pf, old);
}

/* A configuration to write options to: the transaction's, or a copy of that in force. */
static struct pf_conf *
conf_begin(struct pf *pf, struct pf_trans *t)
{
	pf_mutex_assert(&pf->ctl);
	if (t != NULL && t->conf != NULL)
		return (t->conf);
	return (pf_conf_copy(pf, pf_rcu_deref_locked(pf->conf)));
}

/* Option opt has been written: keep that for the commit, or put it in force. */
static void
conf_end(struct pf *pf, struct pf_trans *t, struct pf_conf *conf, unsigned int opt)
{
	if (t != NULL && t->conf == conf)
		t->touched |= 1U << opt;
	else
		pf_conf_publish(pf, conf);
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
void
pf_conf_merge(struct pf *pf, struct pf_conf *conf, uint32_t touched)
{
	struct pf_conf	*now = pf_rcu_deref_locked(pf->conf);
	unsigned int	 opt;

	memcpy(conf->rules, now->rules, sizeof(conf->rules));
	conf->anchors = now->anchors;
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
 * Beginning and end
 */
int
pf_ruleset_init(struct pf *pf)
{
	struct pf_conf	*conf;
	unsigned int	 i;

	pf_anchor_init(pf);
	conf = pf_alloc(pf, sizeof(*conf));
	if (conf == NULL)
		return (ENOMEM);
	for (i = 0; i < PF_RULESET_MAX; i++) {
		conf->rules[i] = pf_rules_compile(pf, NULL, NULL, 0, 0,
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
	pf_conf_digest(conf);
	pf_rcu_assign(pf->conf, conf);
	return (0);

fail:
	while (i-- > 0)
		pf_rules_free(pf, conf->rules[i]);
	pf_free(conf);
	return (ENOMEM);
}

void
pf_ruleset_fini(struct pf *pf)
{
	struct pf_conf		*conf = pf_rcu_deref_locked(pf->conf);
	struct pf_anchor_index	*ix = conf->anchors;
	unsigned int		 i;
	uint32_t		 k;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		pf_rules_free(pf, conf->rules[i]);
		for (k = 0; ix != NULL && k < ix->n; k++)
			pf_rules_free(pf, ix->slot[k].rules[i]);
	}
	pf_free(ix);
	pf_conf_free(pf, conf);
	pf_anchor_fini(pf);
}
