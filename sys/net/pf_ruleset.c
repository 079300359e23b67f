// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.c: compiled rulesets
 *
 * What it owns.  The compiled rulesets (struct pf_rules).  The configuration
 * (pf_conf.c) points to the rulesets of the main ruleset, and its index of
 * anchors (pf_anchor.c) points to the rulesets of anchors.
 * Life.  A ruleset never changes.  A commit (pf_trans.c) replaces it by another
 * one.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_entry.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_osfp.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_util.h"

/*
 * Compiled rulesets
 */
void
pf_rules_put(struct pf *pf, struct pf_krule **rule, uint32_t n)
{
	uint32_t	i;

	for (i = 0; i < n; i++) {
		pf_krule_leave(pf, rule[i]);
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

/* The entry for incoming packets.  Skip steps compare rules as they are
 * written, and do not hold for these entries: every step is 1. */
static void
compile_binat_in(struct pf_match_ent *e, struct pf_krule *kr)
{
	unsigned int	k;

	pf_krule_entry_binat_in(kr, e);
	for (k = 0; k < PF_SKIP_COUNT; k++)
		e->skip[k] = 1;
}

/* From the last rule to the first: a rule that has a criterion in common with
 * the next one leads to where the next one leads. */
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
			rs->ent[i].skip[k] =
			    step < UINT16_MAX ? step : UINT16_MAX;
		}
		pf_yield_at(i);
	}
}

struct pf_rules *
pf_rules_compile(struct pf *pf, struct pf_anchor *anchor,
    struct pf_krule **rule, uint32_t n, uint32_t ticket, bool binat)
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

unsigned int
pf_rules_directions(const struct pf_rules *rs)
{
	unsigned int	dirs = 0;
	uint32_t	i;

	for (i = 0; i < rs->n; i++)
		dirs |= rs->ent[i].dir == PF_INOUT ? 1U << PF_IN | 1U << PF_OUT :
		    1U << rs->ent[i].dir;
	return (dirs);
}

uint32_t
pf_rules_skip(const struct pf_rules *rs, uint32_t nr, unsigned int k)
{
	return (nr + rs->ent[nr].skip[k]);
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
	conf = pf_conf_create(pf);
	if (conf == NULL)
		return (ENOMEM);
	for (i = 0; i < PF_RULESET_MAX; i++) {
		conf->rules[i] = pf_rules_compile(pf, NULL, NULL, 0, 0,
		    i == PF_RULESET_BINAT);
		if (conf->rules[i] == NULL)
			goto fail;
	}
	pf_conf_digest(conf);
	pf_rcu_assign(pf->conf, conf);
	return (0);

fail:
	while (i-- > 0)
		pf_rules_free(pf, conf->rules[i]);
	pf_conf_free(pf, conf);
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
	pf_osfp_free(conf->osfp);
	pf_conf_free(pf, conf);
	pf_anchor_fini(pf);
}
