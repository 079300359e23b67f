/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * state_fix.h: a state table, and states that are made by hand, of one rule and one or two
 * interfaces: for test_state.c and test_statekey.c
 *
 * Owns all that setup() makes, until teardown().  Locking: none.
 */
#ifndef _STATE_FIX_H_
#define _STATE_FIX_H_

#include "unit.h"
#include "pf_conf.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_state.h"

#define KEYS	40000
#define FEW	(8 * PF_STATE_BUCKETS_MIN)	/* a limit that asks for no larger table */

struct fix {
	struct sim	*sim;
	struct sim_node	*node;
	struct pf	*pf;
	struct pf_kif	*kif[2];
	struct pf_krule	*rule;
	unsigned long	 live;		/* objects before all this */
};

static struct fix fx;
static struct pf_state *model[KEYS];
static unsigned int nmodel;
static uint64_t seed;

static inline uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}

/*
 * Many small differences: the two directions of a connection, the two families,
 * neighbours in address and port.
 */
static inline void
key_make(uint32_t i, struct pf_state_key *k)
{
	uint32_t half = i / 4;
	unsigned int swap = i & 1;

	memset(k, 0, sizeof(*k));
	k->af = (i & 2) != 0 ? AF_INET6 : AF_INET;
	k->proto = half % 3 == 0 ? IPPROTO_UDP : IPPROTO_TCP;
	if (k->af == AF_INET) {
		k->addr[swap].v4 = htonl(0x0a000001 + half % 100);
		k->addr[!swap].v4 = htonl(0x0a010001);
	} else {
		k->addr[swap].addr32[0] = htonl(0x20010db8);
		k->addr[swap].addr32[3 - half % 2] = htonl(half % 100);
		k->addr[!swap].addr32[0] = htonl(0x20010db8);
		k->addr[!swap].addr32[1] = 1;
	}
	k->port[swap] = htons((uint16_t)(1024 + half / 100));
	k->port[!swap] = htons(80);
}

static inline void
setup(uint32_t limit)
{
	unsigned long live = sim_mem_live_all();

	sim_lock_reset();
	sim_yield_hook = NULL;
	sim_fail_alloc(0);
	memset(&fx, 0, sizeof(fx));
	memset(model, 0, sizeof(model));
	nmodel = 0;
	fx.live = live;
	fx.sim = sim_new(7);
	fx.node = sim_node_new(fx.sim, "n");
	assert_non_null(fx.node);
	fx.pf = fx.node->pf;
	assert_int_equal(sim_if_add(fx.node, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(fx.node, 2, "eth1"), 0);
	pf_mutex_lock(&fx.pf->ctl);
	fx.kif[0] = pf_kif_get(fx.pf, "eth0");
	fx.kif[1] = pf_kif_get(fx.pf, "eth1");
	pf_mutex_unlock(&fx.pf->ctl);
	assert_non_null(fx.kif[0]);
	assert_non_null(fx.kif[1]);
	fx.rule = calloc(1, sizeof(*fx.rule));
	assert_non_null(fx.rule);
	pf_ref_set(&fx.rule->refs, 1);
	fx.pf->conf->limit[PF_LIMIT_STATES] = limit;
}

static inline void
teardown(void)
{
	pf_mutex_lock(&fx.pf->ctl);
	pf_kif_put(fx.pf, fx.kif[0]);
	pf_kif_put(fx.pf, fx.kif[1]);
	pf_mutex_unlock(&fx.pf->ctl);
	sim_free(fx.sim);
	assert_int_equal(fx.rule->refs.v, 1);	/* states gave theirs back */
	free(fx.rule);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), fx.live);
}

static inline void
state_rekey(struct pf_state *s, const struct pf_state_key *k)
{
	struct pf_state_lookup seek = { .key = *k };

	pf_state_lookup_init(fx.pf, &seek);
	memcpy(s->addr, seek.key.addr, sizeof(s->addr));
	s->link.tag[0] = seek.tag[0];
	s->link.tag[1] = seek.tag[1];
}

static inline int
state_insert(struct pf_state *s)
{
	struct pf_state_lookup seek = { .dir = 0 };

	pf_state_key_get(s, PF_SK_WIRE, &seek.key);
	pf_state_lookup_init(fx.pf, &seek);
	return (pf_state_insert(fx.pf, s, &seek, NULL));
}

static inline struct pf_state *
state_make(const struct pf_state_key *k, struct pf_kif *kif, int *reason)
{
	struct pf_state *s = pf_state_alloc(fx.pf, PF_IN, reason);

	if (s == NULL)
		return (NULL);
	state_rekey(s, k);
	s->rule = fx.rule;
	s->kif = kif;
	s->timeout = PFTM_UDP_SINGLE;
	s->direction = PF_IN;
	s->expire = s->creation = pf_uptime(fx.pf);
	pf_krule_ref(s->rule);
	pf_atomic_inc(&s->rule->states_cur);
	return (s);
}

static inline struct pf_state *
state_find(const struct pf_state_key *k, const struct pf_kif *kif)
{
	struct pf_state_lookup seek = { .key = *k };

	pf_state_lookup_init(fx.pf, &seek);
	return (pf_state_find(fx.pf, &seek, kif));
}

static inline void
state_unmake(struct pf_state *s)
{
	pf_krule_put(fx.pf, s->rule);
	pf_atomic_dec(&fx.rule->states_cur);
	pf_state_discard(fx.pf, s);
}

#endif /* _STATE_FIX_H_ */
