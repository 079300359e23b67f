// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_conf.c: the configuration and its options
 *
 * What it owns.  The configuration (struct pf_conf): the options, and pointers
 * to the rulesets (pf_ruleset.c), to the index of anchors (pf_anchor.c) and to the
 * fingerprints (pf_osfp.c).
 * Life.  A configuration never changes after it has been published in pf->conf.
 * Every change, even of a single timeout, makes a new configuration, publishes
 * it, waits for a grace period and frees the old one.  The rulesets, the index
 * and the fingerprints may outlive the configuration: the transaction that
 * replaces them frees them.  Many changes at once are a transaction (pf_trans.c).
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_osfp.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_util.h"

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

static void
write_defaults(struct pf *pf, struct pf_conf *conf)
{
	unsigned int	i;
	uint32_t	most;

	memcpy(conf->timeout, timeout_defaults, sizeof(conf->timeout));
	for (i = 0; i < PF_LIMIT_MAX; i++) {
		most = pf_host_ceiling(pf, i);
		conf->limit[i] = limit_defaults[i] < most ?
		    limit_defaults[i] : most;
	}
	conf->debug = PF_DEBUG_URGENT;
	conf->reassemble = PF_REASS_ENABLED;
	do
		pf_random(pf, &conf->hostid, sizeof(conf->hostid));
	while (conf->hostid == 0);
}

/*
 * From creation to the end
 */
struct pf_conf *
pf_conf_create(struct pf *pf)
{
	struct pf_conf	*conf;

	conf = pf_alloc(pf, sizeof(*conf));
	if (conf != NULL)
		write_defaults(pf, conf);
	return (conf);
}

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

void
pf_conf_publish(struct pf *pf, struct pf_conf *conf)
{
	struct pf_conf	*old = pf_rcu_deref_locked(pf->conf);

	conf->scrubs = pf_rules_directions(conf->rules[PF_RULESET_SCRUB]);
	pf_rcu_assign(pf->conf, conf);
	/* the table of states may have to grow */
	if (conf->limit[PF_LIMIT_STATES] > old->limit[PF_LIMIT_STATES])
		pf_host_kick(pf);
	pf_rcu_sync();
	pf_conf_free(pf, old);
}

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
		h[0] += i << 24 | rs->n;	/* which kind, how many rules */
		for (k = 0; k < rs->n; k++) {
			pf_krule_digest(rs->rule[k], h);
			pf_yield_at(k);
		}
	}
	memcpy(conf->chksum, h, sizeof(h));
}

/*
 * Options
 */
static size_t
option_at(unsigned int opt)
{
	static_assert(offsetof(struct pf_conf, hostid) ==
	    offsetof(struct pf_conf, timeout) +
	    PF_OPT_HOSTID * sizeof(uint32_t),
	    "the options follow each other");
	return (offsetof(struct pf_conf, timeout) + opt * sizeof(uint32_t));
}

uint32_t
pf_conf_option(const struct pf_conf *conf, unsigned int opt)
{
	return (*(const uint32_t *)((const uint8_t *)conf + option_at(opt)));
}

void
pf_conf_write_option(struct pf_conf *conf, unsigned int opt, uint32_t value)
{
	*(uint32_t *)((uint8_t *)conf + option_at(opt)) = value;
}

void
pf_conf_write_logif(struct pf *pf, struct pf_conf *conf, struct pf_kif *kif)
{
	pf_kif_put(pf, conf->logif);
	conf->logif = kif;
}

int
pf_conf_set_option(struct pf *pf, unsigned int opt, uint32_t value,
    uint32_t *old)
{
	struct pf_conf	*conf;

	pf_mutex_assert(&pf->ctl);
	conf = pf_conf_copy(pf, pf_rcu_deref_locked(pf->conf));
	if (conf == NULL)
		return (ENOMEM);
	*old = pf_conf_option(conf, opt);
	pf_conf_write_option(conf, opt, value);
	pf_conf_publish(pf, conf);
	return (0);
}

int
pf_conf_set_logif(struct pf *pf, const char *name)
{
	struct pf_kif	*kif = NULL;
	struct pf_conf	*conf;

	pf_mutex_assert(&pf->ctl);
	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	conf = pf_conf_copy(pf, pf_rcu_deref_locked(pf->conf));
	if (conf == NULL) {
		pf_kif_put(pf, kif);
		return (ENOMEM);
	}
	pf_conf_write_logif(pf, conf, kif);
	pf_conf_publish(pf, conf);
	return (0);
}

int
pf_conf_clear_osfp(struct pf *pf)
{
	struct pf_conf	*conf, *now = pf_rcu_deref_locked(pf->conf);
	struct pf_osfp	*old = now->osfp;

	pf_mutex_assert(&pf->ctl);
	if (old == NULL)
		return (0);
	conf = pf_conf_copy(pf, now);
	if (conf == NULL)
		return (ENOMEM);
	conf->osfp = NULL;
	pf_conf_publish(pf, conf);		/* and wait for a grace */
						/* period */
	pf_osfp_free(old);
	return (0);
}
