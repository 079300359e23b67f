// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_statekey.c: what a single state is: its keys, its place in memory, its counters.
 */
#include "state_fix.h"

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
		cmocka_unit_test(test_key_of),
		cmocka_unit_test(test_ifbound),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_counting),
		cmocka_unit_test(test_seek_notes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
