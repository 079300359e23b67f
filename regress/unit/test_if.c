// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_if.c: names of interfaces, as many as there may be
 *
 * The largest number of names comes and goes many times.  The test would take hours
 * if one name took a look at all the others.
 */
#include "unit.h"

#include "pf_if.h"

static struct pf_kif *kif[PF_KIF_MAX];
static uint8_t taken[PF_KIF_IDS];

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	f.sim = sim_new(3);
	f.n = sim_node_new(f.sim, "n");
	assert_non_null(f.n);
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

static void
get(struct fix *f, unsigned int i, unsigned int round)
{
	char name[PF_IFNAMSIZ];

	snprintf(name, sizeof(name), "n%u.%u", i, round);
	kif[i] = pf_kif_get(f->n->pf, name);
	assert_non_null(kif[i]);
	assert_true(kif[i]->id != 0);
	assert_int_equal(taken[kif[i]->id]++, 0);
}

static void
put(struct fix *f, unsigned int i)
{
	assert_int_equal(taken[kif[i]->id]--, 1);
	pf_kif_put(f->n->pf, kif[i]);
}

/* All names there may be, all at once, then a part of them again and again. */
static void
test_ids(void **state)
{
	struct fix *f = *state;
	struct pf *pf = f->n->pf;
	unsigned int i, round;

	memset(taken, 0, sizeof(taken));
	pf_mutex_lock(&pf->ctl);
	for (i = 0; i < PF_KIF_MAX; i++)
		get(f, i, 0);
	assert_null(pf_kif_get(pf, "one more"));
	for (round = 1; round <= 8; round++) {
		for (i = round % 3; i < PF_KIF_MAX; i += 3)
			put(f, i);
		pf_if_purge(pf);
		for (i = round % 3; i < PF_KIF_MAX; i += 3)
			get(f, i, round);
		assert_null(pf_kif_get(pf, "one more"));
	}
	for (i = 0; i < PF_KIF_MAX; i++)
		put(f, i);
	pf_if_purge(pf);
	assert_int_equal(pf->ifs.n, 0);
	pf_mutex_unlock(&pf->ctl);
}

/* An id comes again only when all others have come. */
static void
test_ids_in_turn(void **state)
{
	struct fix *f = *state;
	struct pf *pf = f->n->pf;
	uint16_t first = 0, last = 0;
	uint32_t i;

	memset(taken, 0, sizeof(taken));
	pf_mutex_lock(&pf->ctl);
	for (i = 0; i < PF_KIF_IDS - 1; i++) {
		get(f, 0, i % 10);
		if (i == 0)
			first = kif[0]->id;
		else
			assert_true(kif[0]->id == last + 1 || last == UINT16_MAX);
		last = kif[0]->id;
		put(f, 0);
		if (i % 10 == 9)
			pf_if_purge(pf);
		taken[last] = 0;
	}
	pf_if_purge(pf);
	pf_mutex_unlock(&pf->ctl);
	assert_int_equal(first, 1);
	assert_int_equal(last, UINT16_MAX);
}

/* Devices: each found by its index and its name, through renaming. */
static void
test_devices(void **state)
{
	enum { N = 20000 };
	struct fix *f = *state;
	struct pf *pf = f->n->pf;
	struct pf_kif *k;
	char name[PF_IFNAMSIZ];
	unsigned long syncs;
	int i;

	syncs = sim_rcu_syncs();
	for (i = 1; i <= N; i++) {
		snprintf(name, sizeof(name), "tap%d", i);
		assert_int_equal(pf_if_attach(pf, i, name), 0);
	}
	for (i = 1; i <= N; i += 2) {
		snprintf(name, sizeof(name), "veth%d", i);
		assert_int_equal(pf_if_rename(pf, i, name), 0);
	}
	for (i = 1; i <= N; i++) {
		snprintf(name, sizeof(name), i % 2 != 0 ? "veth%d" : "tap%d", i);
		pf_rcu_read_lock();
		k = pf_kif_find_index(pf, i);
		assert_non_null(k);
		assert_string_equal(k->name, name);
		pf_rcu_read_unlock();
		pf_if_detach(pf, i);
	}
	/* all this was done under RTNL, where nobody waits for grace periods */
	assert_int_equal(sim_rcu_syncs(), syncs);
	pf_mutex_lock(&pf->ctl);
	pf_if_purge(pf);
	assert_int_equal(sim_rcu_syncs(), syncs + 1);
	pf_if_purge(pf);
	assert_int_equal(sim_rcu_syncs(), syncs + 1);
	assert_int_equal(pf->ifs.n, 0);
	pf_mutex_unlock(&pf->ctl);
}

/* A device takes the name of one that has just gone: packets that still walk along
 * the old chain are waited for, once, and the counters and `skip' are there again. */
static void
test_name_comes_back(void **state)
{
	struct fix *f = *state;
	struct pf *pf = f->n->pf;
	unsigned long syncs;
	struct pf_kif *k, *again;

	assert_int_equal(pf_if_attach(pf, 1, "eth0"), 0);
	assert_int_equal(pf_if_attach(pf, 1 + PF_KIF_HASH, "eth1"), 0);
	sim_packet_enter();
	k = pf_kif_find_index(pf, 1);
	sim_packet_leave();
	syncs = sim_rcu_syncs();
	pf_if_detach(pf, 1);
	assert_int_equal(sim_rcu_syncs(), syncs);
	assert_int_equal(pf_if_attach(pf, 2, "eth0"), 0);
	assert_int_equal(sim_rcu_syncs(), syncs + 1);
	sim_packet_enter();
	again = pf_kif_find_index(pf, 2);
	assert_null(pf_kif_find_index(pf, 1));
	assert_non_null(pf_kif_find_index(pf, 1 + PF_KIF_HASH));
	sim_packet_leave();
	assert_ptr_equal(k, again);
	/* after a purge nothing is left to wait for */
	pf_if_detach(pf, 2);
	pf_mutex_lock(&pf->ctl);
	k = pf_kif_get(pf, "eth0");
	pf_if_purge(pf);
	pf_mutex_unlock(&pf->ctl);
	syncs = sim_rcu_syncs();
	assert_int_equal(pf_if_attach(pf, 3, "eth0"), 0);
	assert_int_equal(sim_rcu_syncs(), syncs);
	pf_kif_put(pf, k);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ids), T(test_ids_in_turn), T(test_devices),
		T(test_name_comes_back),
	};

	return (cmocka_run_group_tests_name("if", tests, NULL, NULL));
}
