// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_state.c: the state table against a model: an array with a slot for every
 * key there is.
 *
 * States are made by hand here, of one rule and one or two interfaces; how packets
 * make them is test_path.c's.
 */
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

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}

/*
 * Many small differences: the two directions of a connection, the two families,
 * neighbours in address and port.
 */
static void
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

static void
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

static void
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

static void
state_rekey(struct pf_state *s, const struct pf_state_key *k)
{
	struct pf_state_lookup seek = { .key = *k };

	pf_state_lookup_init(fx.pf, &seek);
	memcpy(s->addr, seek.key.addr, sizeof(s->addr));
	s->link.tag[0] = seek.tag[0];
	s->link.tag[1] = seek.tag[1];
}

static int
state_insert(struct pf_state *s)
{
	struct pf_state_lookup seek = { .dir = 0 };

	pf_state_key_get(s, PF_SK_WIRE, &seek.key);
	pf_state_lookup_init(fx.pf, &seek);
	return (pf_state_insert(fx.pf, s, &seek, NULL));
}

static struct pf_state *
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

static struct pf_state *
state_find(const struct pf_state_key *k, const struct pf_kif *kif)
{
	struct pf_state_lookup seek = { .key = *k };

	pf_state_lookup_init(fx.pf, &seek);
	return (pf_state_find(fx.pf, &seek, kif));
}

static void
state_unmake(struct pf_state *s)
{
	pf_krule_put(fx.pf, s->rule);
	pf_atomic_dec(&fx.rule->states_cur);
	pf_state_discard(fx.pf, s);
}

/* Insert key i, which must not be there; packet context. */
static void
model_insert(uint32_t i)
{
	struct pf_state_key k;
	struct pf_state *s;
	int reason = 0;

	key_make(i, &k);
	s = state_make(&k, fx.kif[0], &reason);
	assert_non_null(s);
	assert_int_equal(state_insert(s), 0);
	assert_true(s->id != 0);
	s->packets[1] = i;
	model[i] = s;
	nmodel++;
}

static void
model_check(uint32_t i)
{
	struct pf_state_key k;
	struct pf_state *s;

	key_make(i, &k);
	s = state_find(&k, fx.kif[0]);
	assert_ptr_equal(s, model[i]);
	if (s == NULL)
		return;
	assert_ptr_equal(pf_state_find_id(fx.pf, s->id, s->creatorid), s);
	assert_null(pf_state_find_id(fx.pf, s->id, s->creatorid + 1));
}

static void
model_check_all(uint32_t keys)
{
	sim_packet_enter();
	for (uint32_t i = 0; i < keys; i++)
		model_check(i);
	sim_packet_leave();
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), nmodel);
	assert_int_equal(pf_atomic_read(&fx.rule->states_cur), nmodel);
	sim_rcu_quiesce();			/* an interface counts them until they are freed */
	assert_int_equal(pf_atomic_read(&fx.kif[0]->states), nmodel);
}

static void
model_op(uint32_t keys, unsigned int bias)
{
	uint32_t i = rnd(keys);
	struct pf_state_key k, got;
	struct pf_state *s;
	int reason = 0;

	sim_packet_enter();
	model_check(i);
	if (model[i] == NULL) {
		if (rnd(10) < bias)
			model_insert(i);
	} else if (rnd(10) >= bias) {
		s = model[i];
		model[i] = NULL;
		nmodel--;
		assert_true(pf_state_remove(fx.pf, s));
		/* Unlinked, and still readable in the read side. */
		assert_false(pf_state_remove(fx.pf, s));
		key_make(i, &k);
		pf_state_key_get(s, PF_SK_WIRE, &got);
		assert_memory_equal(&got, &k, sizeof(k));
		model_check(i);
	} else if (rnd(4) == 0) {
		/* A second of its kind is refused, by key or by id. */
		key_make(i, &k);
		s = state_make(&k, fx.kif[0], &reason);
		if (s != NULL) {
			assert_int_equal(state_insert(s), EEXIST);
			k.port[0] = 1;
			k.proto = 99;
			state_rekey(s, &k);
			s->id = model[i]->id;
			s->creatorid = model[i]->creatorid;
			assert_int_equal(state_insert(s), EEXIST);
			assert_null(state_find(&k, fx.kif[0]));
			state_unmake(s);
		}
	}
	sim_packet_leave();
}

static void
random_ops(uint32_t keys, unsigned int ops)
{
	unsigned int bias = 5;

	for (unsigned int n = 0; n < ops; n++) {
		if (n % 10000 == 0)
			bias = 2 + rnd(7);
		model_op(keys, bias);
		assert_int_equal(pf_atomic_read(&fx.pf->st.n), nmodel);
		if (n % 5000 == 0)
			sim_rcu_quiesce();
	}
	model_check_all(keys);
}

static void
test_model(void **state)
{
	(void)state;
	for (int lazy = 0; lazy < 2; lazy++) {
		sim_rcu_lazy(lazy != 0);
		setup(100000);
		seed = 3;
		random_ops(300, 30000);
		random_ops(KEYS, 150000);
		teardown();
	}
	sim_rcu_lazy(false);
}

/* What others do while the table grows. */
static unsigned int yields, yields_growing;

static void
while_growing(void)
{
	yields++;
	sim_packet_enter();
	if (pf_rcu_deref(pf_rcu_deref(fx.pf->st.keys)->next) != NULL ||
	    pf_rcu_deref(pf_rcu_deref(fx.pf->st.ids)->next) != NULL)
		yields_growing++;
	sim_packet_leave();
	for (int i = 0; i < 300; i++)
		model_op(KEYS, 5);
}

static uint64_t
table_size(void)
{
	return (fx.pf->st.keys->mask + 1);
}

static void
grow(void)
{
	pf_mutex_lock(&fx.pf->ctl);
	pf_state_grow(fx.pf);
	pf_mutex_unlock(&fx.pf->ctl);
	sim_lock_check_idle("pf_state_grow");
}

static void
test_growth(void **state)
{
	uint64_t size;

	(void)state;
	setup(FEW);
	seed = 4;
	size = table_size();
	grow();
	assert_true(table_size() == size);	/* no need */
	assert_true(size < KEYS);
	sim_packet_enter();
	while (!fx.node->kicked && nmodel < KEYS)
		model_insert(nmodel);
	sim_packet_leave();
	/* It wants to be larger, before it is crowded and not long before. */
	assert_true(fx.node->kicked);
	assert_in_range(nmodel, size, 2 * size + 1);
	assert_true(table_size() == size);

	/* Without memory it stays as it is, wherever that hits. */
	for (unsigned long n = 1; n <= 3; n++) {
		sim_fail_alloc(n);
		pf_mutex_lock(&fx.pf->ctl);
		pf_state_grow(fx.pf);
		pf_mutex_unlock(&fx.pf->ctl);
		assert_int_equal(sim_fail_done(), 1);
		sim_fail_alloc(0);
		assert_true(table_size() == size);
		model_check_all(KEYS);
	}

	yields = yields_growing = 0;
	sim_yield_hook = while_growing;
	grow();
	sim_yield_hook = NULL;
	assert_true(yields_growing > 8);
	assert_true(table_size() >= size * 2);
	model_check_all(KEYS);
	random_ops(KEYS, 20000);
	teardown();
}

/* The kick alone, by the clock; the whole table again, removing while it grows. */
static void
test_growth_by_purge(void **state)
{
	uint64_t size;

	(void)state;
	setup(FEW);
	seed = 5;
	size = table_size();
	fx.pf->conf->timeout[PFTM_UDP_SINGLE] = 1000;
	sim_packet_enter();
	for (uint32_t i = 0; i < KEYS; i++)
		model_insert(i);
	sim_packet_leave();
	sim_yield_hook = while_growing;
	sim_advance(fx.sim, 1);			/* no full second passes */
	sim_yield_hook = NULL;
	assert_true(table_size() > size);
	model_check_all(KEYS);
	sim_seconds(fx.sim, 990);
	model_check_all(KEYS);
	sim_seconds(fx.sim, 30);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 0);
	teardown();
}

/* A table is made ready for a large limit, as soon as that is set. */
static void
test_growth_by_limit(void **state)
{
	static const struct {
		uint32_t	limit;
		uint64_t	size;
	} cases[] = {
		{ 100, PF_STATE_BUCKETS_MIN }, { FEW, PF_STATE_BUCKETS_MIN },
		{ FEW + 4, 4 * PF_STATE_BUCKETS_MIN },
		{ 1000000, 1U << 18 }, { 2500000, 1U << 18 },
		{ PF_LIMIT_VAL_MAX, 1U << 18 },
		{ 100, 1U << 18 },		/* it does not shrink */
	};
	bool	more;

	(void)state;
	setup(100);
	for (unsigned int i = 0; i < NITEMS(cases); i++) {
		fx.node->kicked = false;
		more = cases[i].limit >
		    fx.pf->conf->limit[PF_LIMIT_STATES];
		assert_int_equal(unit_limit(fx.node, PF_LIMIT_STATES,
		    cases[i].limit), 0);
		assert_true(fx.node->kicked == more);
		sim_advance(fx.sim, 1);		/* no full second passes */
		assert_int_equal(table_size(), cases[i].size);
	}
	teardown();
}

static void
test_limit(void **state)
{
	struct pf_state *kept[3];
	unsigned int made;
	struct pf_state_key k;
	int reason = 0;

	(void)state;
	setup(100);
	sim_packet_enter();
	for (uint32_t i = 0; i < 100; i++)
		model_insert(i);
	key_make(100, &k);
	assert_null(state_make(&k, fx.kif[0], &reason));
	assert_int_equal(reason, PFRES_MAXSTATES);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 100);
	assert_true(pf_state_remove(fx.pf, model[5]));
	model[5] = NULL;
	nmodel--;
	model_insert(100);
	sim_packet_leave();

	/* A lower limit takes nothing away. */
	fx.pf->conf->limit[PF_LIMIT_STATES] = 10;
	sim_packet_enter();
	assert_null(state_make(&k, fx.kif[0], &reason));
	assert_int_equal(reason, PFRES_MAXSTATES);
	sim_packet_leave();
	model_check_all(200);

	/* One that is discarded counts no more. */
	fx.pf->conf->limit[PF_LIMIT_STATES] = 101;
	for (int i = 0; i < 10; i++) {
		struct pf_state *s;

		key_make(150, &k);
		sim_packet_enter();
		s = state_make(&k, fx.kif[0], &reason);
		assert_non_null(s);
		state_unmake(s);
		sim_packet_leave();
	}
	model_check_all(200);

	/* Without memory, none but in the places that were set aside. */
	fx.pf->conf->limit[PF_LIMIT_STATES] = 110;
	sim_fail_from(1);
	reason = 0;
	sim_packet_enter();
	for (made = 0; made < 3; made++) {
		kept[made] = state_make(&k, fx.kif[0], &reason);
		if (kept[made] == NULL)
			break;
	}
	sim_fail_alloc(0);
	assert_in_range(made, 0, 2);
	assert_int_equal(reason, PFRES_MEMORY);
	while (made > 0)
		state_unmake(kept[--made]);
	sim_packet_leave();
	model_check_all(200);
	teardown();
}

/* Creation of an instance fails cleanly at every allocation. */
static void
test_create_failing(void **state)
{
	struct sim *sim = sim_new(1);
	unsigned long live = sim_mem_live_all(), n;
	struct sim_node *node = NULL;

	(void)state;
	for (n = 1; node == NULL; n++) {
		assert_true(n < 100);
		sim_fail_alloc(n);
		node = sim_node_new(sim, "n");
		if (node == NULL) {
			sim_rcu_quiesce();
			assert_int_equal(sim_fail_done(), 1);
			assert_int_equal(sim_mem_live_all(), live);
		}
	}
	assert_int_equal(sim_fail_done(), 0);
	assert_true(n > 4);
	sim_fail_alloc(0);
	sim_free(sim);
	assert_int_equal(sim_mem_live_all(), live);
}

static void
test_purge(void **state)
{
	struct pf_state *s;
	uint32_t interval;

	(void)state;
	setup(100000);
	interval = fx.pf->conf->timeout[PFTM_INTERVAL];
	fx.pf->conf->timeout[PFTM_UDP_SINGLE] = 30;
	fx.rule->act.timeout[PFTM_UDP_MULTIPLE] = 60;
	sim_packet_enter();
	for (uint32_t i = 0; i < 5000; i++) {
		model_insert(i);
		if (i % 2 != 0)
			model[i]->timeout = PFTM_UDP_MULTIPLE;
	}
	sim_packet_leave();
	sim_seconds(fx.sim, 29);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 5000);
	sim_seconds(fx.sim, 1 + interval);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 2500);
	for (uint32_t i = 0; i < 5000; i += 2)
		model[i] = NULL;
	nmodel = 2500;
	model_check_all(5000);

	/* A packet keeps its state alive; PFTM_PURGE ends one at once. */
	s = model[1];
	s->expire = pf_uptime(fx.pf);
	model[3]->timeout = PFTM_PURGE;
	sim_seconds(fx.sim, interval);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 2499);
	sim_seconds(fx.sim, 10 + interval);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 1);
	sim_packet_enter();
	model_check(1);
	sim_packet_leave();
	sim_seconds(fx.sim, 50);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 0);
	teardown();
}

static void
test_expires(void **state)
{
	static const struct {
		uint32_t conf[2], rule[2];	/* adaptive start, end */
		uint32_t states;		/* .. of the table or the rule */
		uint32_t timeout;		/* expected, of 60 */
	} t[] = {
		{ { 0, 0 }, { 0, 0 }, 1000, 60 },
		{ { 100, 200 }, { 0, 0 }, 100, 60 },
		{ { 100, 200 }, { 0, 0 }, 101, 59 },
		{ { 100, 200 }, { 0, 0 }, 150, 30 },
		{ { 100, 200 }, { 0, 0 }, 199, 0 },
		{ { 100, 200 }, { 0, 0 }, 200, 0 },
		{ { 100, 200 }, { 0, 0 }, 5000, 0 },
		{ { 100, 200 }, { 1000, 2000 }, 1500, 30 },
		{ { 100, 200 }, { 1000, 2000 }, 900, 60 },
		{ { 100, 100 }, { 0, 0 }, 500, 60 },
		{ { 0, 0 }, { 200000000, 268000000 }, 234000000, 30 },
	};
	struct pf_state *s;
	uint32_t now;

	(void)state;
	setup(100000);
	fx.pf->conf->timeout[PFTM_UDP_SINGLE] = 60;
	sim_packet_enter();
	model_insert(0);
	s = model[0];
	now = pf_uptime(fx.pf);
	for (unsigned int i = 0; i < NITEMS(t); i++) {
		struct pf_conf *conf = fx.pf->conf;

		conf->timeout[PFTM_ADAPTIVE_START] = t[i].conf[0];
		conf->timeout[PFTM_ADAPTIVE_END] = t[i].conf[1];
		fx.rule->act.timeout[PFTM_ADAPTIVE_START] = t[i].rule[0];
		fx.rule->act.timeout[PFTM_ADAPTIVE_END] = t[i].rule[1];
		pf_atomic_set(&fx.pf->st.n, t[i].rule[1] != 0 ? 1 : t[i].states);
		pf_atomic_set(&fx.rule->states_cur,
		    t[i].rule[1] != 0 ? t[i].states : 1);
		if (pf_state_expires(fx.pf, conf, s) != now + t[i].timeout)
			fail_msg("row %u: %u", i,
			    pf_state_expires(fx.pf, conf, s) - now);
	}
	pf_atomic_set(&fx.pf->st.n, 1);
	pf_atomic_set(&fx.rule->states_cur, 1);
	s->timeout = PFTM_PURGE;
	assert_true(pf_state_expires(fx.pf, fx.pf->conf, s) <= now);
	sim_packet_leave();
	teardown();
}

struct walk {
	unsigned int	 seen, stop_at;
	bool		 remove;
	uint8_t		 mark[KEYS];
};

static bool
walk_one(struct pf_state *s, void *arg)
{
	struct walk *w = arg;

	uint32_t i = s->packets[1];		/* model_insert() put it there */

	assert_true(i < KEYS);
	assert_ptr_equal(model[i], s);
	assert_int_equal(w->mark[i]++, 0);
	if (w->remove) {
		model[i] = NULL;
		nmodel--;
		assert_true(pf_state_remove(fx.pf, s));
	}
	w->seen++;
	return (w->seen != w->stop_at);
}

static void
walk(struct walk *w)
{
	w->seen = 0;
	memset(w->mark, 0, sizeof(w->mark));
	pf_mutex_lock(&fx.pf->ctl);
	pf_state_walk(fx.pf, walk_one, w);
	pf_mutex_unlock(&fx.pf->ctl);
	sim_lock_check_idle("pf_state_walk");
}

static void
test_walk(void **state)
{
	static struct walk w;

	(void)state;
	setup(100000);
	walk(&w);
	assert_int_equal(w.seen, 0);
	sim_packet_enter();
	for (uint32_t i = 0; i < 2000; i++)
		model_insert(i);
	sim_packet_leave();
	walk(&w);
	assert_int_equal(w.seen, 2000);
	w.stop_at = 7;
	walk(&w);
	assert_int_equal(w.seen, 7);
	w.stop_at = 0;
	w.remove = true;
	walk(&w);
	assert_int_equal(w.seen, 2000);
	model_check_all(2000);
	teardown();
}

/* One bucket may hold far more states than a walk takes at a time. */
static void
test_crowded_bucket(void **state)
{
	static struct walk w;
	struct pf_state_key k;
	uint32_t n = 0;
	uint64_t want;
	int reason;

	(void)state;
	setup(1000000);
	memset(&w, 0, sizeof(w));
	/* All states of one pair of ports and addresses differ in ifid only. */
	sim_packet_enter();
	for (uint16_t i = 1; i <= 1000; i++) {
		struct pf_state *s;

		key_make(0, &k);
		k.ifid = i;
		s = state_make(&k, fx.kif[0], &reason);
		assert_non_null(s);
		assert_int_equal(state_insert(s), 0);
		s->packets[1] = n;
		model[n++] = s;
	}
	nmodel = n;
	want = fx.pf->st.keys->mask + 1;
	for (uint64_t b = 0; b < want; b++)
		if (!pf_rb_empty(&fx.pf->st.keys->b[b].root))
			reason = (int)b;
	for (uint64_t b = 0; b < want; b++)
		assert_int_equal(pf_rb_empty(&fx.pf->st.keys->b[b].root),
		    b != (uint64_t)reason);
	sim_packet_leave();
	walk(&w);
	assert_int_equal(w.seen, 1000);
	w.remove = true;
	walk(&w);
	assert_int_equal(w.seen, 1000);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 0);
	teardown();
}

/* Both directions of a connection, and both states of a forwarded one. */
static void
test_key_of(void **state)
{
	static const struct { const char *a, *b; uint8_t af, proto; } t[] = {
		{ "10.0.0.1", "10.9.9.9", AF_INET, IPPROTO_TCP },
		{ "2001:db8::1", "2001:db8:9::9", AF_INET6, IPPROTO_UDP },
	};
	struct pf_state_key k[4];
	struct pf_pdesc pd;
	struct sim_spec sp;
	int buckets[2];

	(void)state;
	setup(1000);
	for (unsigned int i = 0; i < NITEMS(t); i++) {
		for (int j = 0; j < 4; j++) {	/* in, reply out, out, reply in */
			struct pf_rule_addr ra[2];
			bool reply = j % 2 != 0;

			memset(&sp, 0, sizeof(sp));
			memset(&pd, 0, sizeof(pd));
			unit_addr(&ra[reply], t[i].a);
			unit_addr(&ra[!reply], t[i].b);
			pd.src = ra[0].addr.v.a.addr;
			pd.dst = ra[1].addr.v.a.addr;
			pd.sport = htons(reply ? 80 : 1024);
			pd.dport = htons(reply ? 1024 : 80);
			pd.dir = (j == 0 || j == 3) ? PF_IN : PF_OUT;
			pd.af = t[i].af;
			pd.proto = t[i].proto;
			memset(&k[j], 0, sizeof(k[j]));
			pf_state_key_of(&pd, &k[j]);
			assert_int_equal(k[j].ifid, 0);
		}
		assert_memory_equal(&k[0], &k[1], sizeof(k[0]));
		assert_memory_equal(&k[2], &k[3], sizeof(k[0]));
		assert_memory_not_equal(&k[0], &k[2], sizeof(k[0]));

		sim_packet_enter();
		for (int j = 0; j < 2; j++) {
			struct pf_buckets *bs = pf_rcu_deref(fx.pf->st.keys);
			int reason;
			struct pf_state *s = state_make(&k[2 * j], fx.kif[j],
			    &reason);

			assert_non_null(s);
			assert_int_equal(state_insert(s), 0);
			assert_ptr_equal(state_find(&k[2 * j + 1], fx.kif[0]), s);
			for (uint64_t b = 0; b <= bs->mask; b++)
				for (struct pf_rb_node *n =
				    pf_rb_first(&bs->b[b].root); n != NULL;
				    n = pf_rb_next(n))
					if (n == &s->link.node)
						buckets[j] = (int)b;
		}
		sim_packet_leave();
		assert_int_equal(buckets[0], buckets[1]);
	}
	teardown();
}

/* A state bound to an interface is found there only; a floating one goes first. */
static void
test_ifbound(void **state)
{
	struct pf_state_key k;
	struct pf_state *bound, *floating;
	int reason;

	(void)state;
	setup(1000);
	assert_int_not_equal(fx.kif[0]->id, 0);
	assert_int_not_equal(fx.kif[1]->id, 0);
	assert_int_not_equal(fx.kif[0]->id, fx.kif[1]->id);
	sim_packet_enter();
	key_make(1, &k);
	k.ifid = fx.kif[1]->id;
	bound = state_make(&k, fx.kif[1], &reason);
	assert_non_null(bound);
	assert_int_equal(state_insert(bound), 0);
	k.ifid = 0;
	assert_null(state_find(&k, fx.kif[0]));
	assert_int_equal(k.ifid, 0);
	assert_ptr_equal(state_find(&k, fx.kif[1]), bound);
	assert_int_equal(k.ifid, 0);
	floating = state_make(&k, fx.kif[0], &reason);
	assert_non_null(floating);
	assert_int_equal(state_insert(floating), 0);
	assert_ptr_equal(state_find(&k, fx.kif[0]), floating);
	assert_true(pf_state_remove(fx.pf, bound));
	assert_int_equal(pf_atomic_read(&fx.pf->st.nbound), 0);
	sim_packet_leave();
	teardown();
}

/* Ids are unique, and different from one instance to the next. */
static void
test_ids(void **state)
{
	(void)state;
	setup(100000);
	sim_packet_enter();
	for (uint32_t i = 0; i < 1000; i++) {
		model_insert(i);
		for (uint32_t j = i > 50 ? i - 50 : 0; j < i; j++)
			assert_true(model[i]->id != model[j]->id);
	}
	assert_null(pf_state_find_id(fx.pf, 1, 0));
	sim_packet_leave();
	model_check_all(1000);
	teardown();
}

/*
 * Both states of a forwarded packet lie side by side; whatever comes and goes, no
 * two states share a place, memory is no more than two places a state and those
 * set aside, and all of it comes back.
 */
static void
test_places(void **state)
{
	static struct pf_state *live[400];
	unsigned long objects;
	unsigned int n = 0;
	int reason;

	(void)state;
	setup(100000);
	seed = 9;
	objects = sim_mem_live(SIM_MEM_CACHE);
	sim_packet_enter();
	for (int i = 0; i < 3; i++) {
		live[0] = pf_state_alloc(fx.pf, PF_IN, &reason);
		live[1] = pf_state_alloc(fx.pf, PF_OUT, &reason);
		assert_ptr_equal((char *)live[0] + 64, live[1]);
		pf_state_discard(fx.pf, live[0]);
		pf_state_discard(fx.pf, live[1]);
	}
	for (int i = 0; i < 20000; i++) {
		unsigned int k = rnd(NITEMS(live));

		if (k >= n && n < NITEMS(live)) {
			live[n] = pf_state_alloc(fx.pf, rnd(2) ? PF_IN : PF_OUT,
			    &reason);
			assert_non_null(live[n]);
			assert_int_equal(live[n]->id, 0);
			assert_int_equal(live[n]->link.tag[0], 0);
			assert_true(live[n]->kif == NULL && live[n]->packets[0] == 0);
			live[n]->id = live[n]->link.tag[0] = live[n]->packets[0] =
			    (uintptr_t)live[n];
			n++;
		} else if (n > 0) {
			k = rnd(n);
			assert_true(live[k]->id == (uintptr_t)live[k]);
			pf_state_discard(fx.pf, live[k]);
			live[k] = live[--n];
		}
		assert_true(sim_mem_live(SIM_MEM_CACHE) - objects <= n + 2);
	}
	while (n > 0) {
		n--;
		assert_true(live[n]->id == (uintptr_t)live[n] && live[n]->link.tag[0] ==
		    (uintptr_t)live[n] && live[n]->packets[0] == (uintptr_t)live[n]);
		pf_state_discard(fx.pf, live[n]);
	}
	assert_true(sim_mem_live(SIM_MEM_CACHE) - objects <= 2);
	assert_int_equal(pf_atomic_read(&fx.pf->st.n), 0);
	sim_packet_leave();
	teardown();
}

/* A packet that has gone in and comes out again is recognized, and nothing else is. */
static void
test_seek_notes(void **state)
{
	(void)state;
	setup(10);
	sim_packet_enter();
	for (uint32_t i = 0; i < 4000; i++) {
		struct pf_state_lookup in, out, again;
		struct pf_state_key k;

		memset(&in, 0, sizeof(in));
		key_make(rnd(400), &in.key);
		out = again = in;
		pf_state_lookup_init(fx.pf, &in);
		out.key.addr[0] = in.key.addr[1];
		out.key.addr[1] = in.key.addr[0];
		out.key.port[0] = in.key.port[1];
		out.key.port[1] = in.key.port[0];
		k = out.key;
		switch (rnd(8)) {		/* not the same connection: hash it is */
		case 0: out.key.port[0] ^= 1; break;
		case 1: out.key.addr[1].addr8[3] ^= 1; break;
		case 2: out.key.proto ^= 1; break;
		case 3: out.key.af = out.key.af == AF_INET ? AF_INET6 : AF_INET; break;
		case 4: out.key.addr[0].addr8[15] ^= out.key.af == AF_INET6; break;
		}
		pf_state_lookup_init(fx.pf, &out);
		if (memcmp(&k, &out.key, sizeof(k)) == 0)
			assert_true(out.hash == in.hash);
		else
			assert_true(out.hash != in.hash);
		fx.pf->st.note.v[0] = ~0ULL;	/* forget */
		again.key = out.key;
		pf_state_lookup_init(fx.pf, &again);
		assert_true(again.hash == out.hash && again.tag[0] == out.tag[0] &&
		    again.tag[1] == out.tag[1]);
	}
	sim_packet_leave();
	teardown();
}

/* What is carried over from the small counters to the large ones, and what is not, adds up. */
static void
test_counting(void **state)
{
	static const struct { uint32_t times; uint64_t n, len; } t[] = {
		{ 5000, 1, 60 }, { 3000, 1, 1500 }, { 300, 44, 65535 },
		{ 3, 5000, 1 }, { 2, 1, 1ULL << 33 }, { 1, 1, (1U << 22) - 1 },
		{ 2000, 1, 0 }, { 1, 0x3ff, 7 }, { 1, 0x400, 7 },
	};
	uint64_t packets[2] = { 0, 0 }, bytes[2] = { 0, 0 }, p, b;
	struct pf_state_key k;
	struct pf_state *s;
	int reason;

	(void)state;
	setup(10);
	sim_packet_enter();
	key_make(1, &k);
	s = state_make(&k, fx.kif[0], &reason);
	assert_non_null(s);
	for (size_t i = 0; i < NITEMS(t); i++)
		for (uint32_t j = 0; j < t[i].times; j++) {
			bool back = j % 3 == 0;

			pf_state_count(s, back, t[i].n, t[i].len);
			packets[back] += t[i].n;
			bytes[back] += t[i].len;
			pf_state_counted(s, back, &p, &b);
			assert_true(p == packets[back] && b == bytes[back]);
		}
	for (int back = 0; back < 2; back++) {
		pf_state_counted(s, back, &p, &b);
		assert_true(p == packets[back] && b == bytes[back]);
	}
	state_unmake(s);
	sim_packet_leave();
	teardown();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_growth_by_purge),
		cmocka_unit_test(test_growth_by_limit),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_create_failing),
		cmocka_unit_test(test_purge),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_crowded_bucket),
		cmocka_unit_test(test_key_of),
		cmocka_unit_test(test_ifbound),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_counting),
		cmocka_unit_test(test_seek_notes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
