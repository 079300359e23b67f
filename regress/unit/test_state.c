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
#include "state_fix.h"

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
		cmocka_unit_test(test_ids),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
