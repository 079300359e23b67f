// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_act.c: rules that do more than decide: once, max-pkt-rate, set tos.
 */
#include "unit.h"
#include "pf_rate.h"

/* A datagram between port and 53 (back: the answer); the type of service afterwards is
 * at *tos, if it passes. */
static bool
packet(struct unit_node *u, int dir, uint16_t port, bool back, const char *v6,
    uint8_t *tos)
{
	const char *a = v6 != NULL ? "2001:db8::1" : "10.0.0.1";
	const char *b = v6 != NULL ? "2001:db8::2" : "10.0.0.2";
	struct sim_spec s = { .src = back ? b : a, .dst = back ? a : b,
	    .proto = IPPROTO_UDP, .sport = back ? 53 : port,
	    .dport = back ? port : 53, .tos = tos != NULL ? *tos : 0 };
	struct pf_pkt *p = sim_pkt_build(&s);
	struct sim_info i;
	bool passes = sim_test(u->n, dir, 1, p) == PF_PASS;

	if (passes) {
		assert_true(sim_pkt_info(p, &i));
		if (tos != NULL)
			*tos = i.tos;
	}
	sim_pkt_free(p);
	return (passes);
}

static void
test_once(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3], got;

	r[0] = unit_rule(PF_DROP);
	r[0].keep_state = 0;
	r[1] = unit_rule(PF_PASS);
	r[1].rule_flag |= PFRULE_ONCE;
	assert_int_equal(unit_load(u->n, r, 2), 0);
	unit_get_rule(u->n, 1, &got);
	assert_int_equal(got.expired, 0);
	assert_true(packet(u, PF_IN, 1000, false, NULL, NULL));
	unit_get_rule(u->n, 1, &got);
	assert_int_equal(got.expired, 1);
	/* its state lives, others do not come */
	assert_true(packet(u, PF_IN, 1000, false, NULL, NULL));
	assert_true(packet(u, PF_OUT, 1000, true, NULL, NULL));
	assert_false(packet(u, PF_IN, 1001, false, NULL, NULL));

	/* one that does not decide is not used up */
	r[0] = r[1];
	r[1] = unit_rule(PF_PASS);
	assert_int_equal(unit_load(u->n, r, 2), 0);
	assert_true(packet(u, PF_IN, 1002, false, NULL, NULL));
	unit_get_rule(u->n, 0, &got);
	assert_int_equal(got.expired, 0);

	/* one that blocks, and what decides afterwards */
	r[0] = unit_rule(PF_PASS);
	r[1] = unit_rule(PF_DROP);
	r[1].keep_state = 0;
	r[1].rule_flag |= PFRULE_ONCE;
	assert_int_equal(unit_load(u->n, r, 2), 0);
	assert_false(packet(u, PF_IN, 1003, false, NULL, NULL));
	assert_true(packet(u, PF_IN, 1003, false, NULL, NULL));
	r[0] = unit_rule(PF_MATCH);
	r[0].keep_state = 0;
	r[0].rule_flag |= PFRULE_ONCE;
	assert_int_equal(unit_load(u->n, r, 1), EINVAL);
}

static void
test_pktrate(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[2];
	unsigned int i, passed;

	r[0] = unit_rule(PF_DROP);
	r[0].keep_state = 0;
	r[1] = unit_rule(PF_PASS);
	r[1].pktrate = (struct pf_threshold){ 10, 100 };
	assert_int_equal(unit_load(u->n, r, 2), 0);
	/* each new connection, and the packets of one, in its direction */
	for (i = 0; i < 4; i++)
		assert_true(packet(u, PF_IN, (uint16_t)(1000 + i), false, NULL, NULL));
	for (i = 0; i < 20; i++)
		assert_true(packet(u, PF_OUT, 1000, true, NULL, NULL));
	for (i = 0; i < 6; i++)
		assert_true(packet(u, PF_IN, 1000, false, NULL, NULL));
	assert_false(packet(u, PF_IN, 1000, false, NULL, NULL));
	assert_false(packet(u, PF_IN, 1004, false, NULL, NULL));
	assert_true(packet(u, PF_OUT, 1000, true, NULL, NULL));
	/* one in ten seconds fades away; what was refused counts too, up to twice as much */
	sim_seconds(u->sim, 40);
	assert_true(packet(u, PF_IN, 1005, false, NULL, NULL));
	/* a flood is forgotten in the seconds of the rule */
	for (i = 0; i < 1000; i++)
		packet(u, PF_IN, 1006, false, NULL, NULL);
	sim_seconds(u->sim, 60);
	for (i = passed = 0; i < 10; i++)
		passed += packet(u, PF_IN, (uint16_t)(1007 + i), false, NULL, NULL);
	assert_in_range(passed, 1, 5);
	sim_seconds(u->sim, 100);
	for (i = passed = 0; i < 20; i++)
		passed += packet(u, PF_IN, (uint16_t)(1100 + i), false, NULL, NULL);
	assert_int_equal(passed, 10);
}

static void
test_rate_limits(void **state)
{
	static const struct {
		struct pf_threshold	t;
		bool			ok;
	} t[] = {
		{ { 0, 0 }, true }, { { 1, 1 }, true }, { { 0, 1 }, false },
		{ { 1, 0 }, false }, { { PF_RATE_MAX, PF_RATE_SECONDS }, true },
		{ { PF_RATE_MAX + 1, 1 }, false }, { { 1, PF_RATE_SECONDS + 1 }, false },
		{ { UINT32_MAX, UINT32_MAX }, false },
	};
	struct pf_rate r;

	(void)state;
	for (unsigned int i = 0; i < NITEMS(t); i++)
		assert_int_equal(pf_rate_ok(&t[i].t), t[i].ok);
	/* the largest: nothing wraps */
	memset(&r, 0, sizeof(r));
	pf_rate_init(&r, &(struct pf_threshold){ PF_RATE_MAX, PF_RATE_SECONDS });
	assert_false(pf_rate_exceeded(&r, PF_RATE_MAX, 1));
	assert_true(pf_rate_exceeded(&r, UINT32_MAX, 2));
	assert_true(pf_rate_exceeded(&r, 1, PF_RATE_SECONDS / 4));
	assert_false(pf_rate_exceeded(&r, 1, 2 * PF_RATE_SECONDS));
	/* one that has looked at the clock before the last one did is no new beginning */
	pf_rate_init(&r, &(struct pf_threshold){ 2, 10 });
	r.count = r.last = 0;
	assert_false(pf_rate_exceeded(&r, 2, 1000));
	assert_true(pf_rate_exceeded(&r, 1, 999));
	assert_true(pf_rate_exceeded(&r, 1, 1000));
}

static void
test_tos(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3];
	uint8_t tos;

	r[0] = unit_rule(PF_MATCH);
	r[0].keep_state = 0;
	r[0].rule_flag |= PFRULE_SET_TOS;
	r[0].set_tos = 0x10;
	r[1] = unit_rule(PF_PASS);
	for (int v = 0; v < 2; v++) {
		const char *v6 = v ? "" : NULL;

		assert_int_equal(unit_load(u->n, r, 2), 0);
		for (int i = 0; i < 2; i++) {	/* the first, and the state's */
			tos = 0x83;
			assert_true(packet(u, PF_IN, (uint16_t)(1000 + v), false,
			    v6, &tos));
			assert_int_equal(tos, 0x13);
		}
		tos = 0x10;
		assert_true(packet(u, PF_OUT, (uint16_t)(1000 + v), true, v6, &tos));
		assert_int_equal(tos, 0x10);
		tos = 0x01;
		assert_true(packet(u, PF_OUT, (uint16_t)(1000 + v), true, v6, &tos));
		assert_int_equal(tos, 0x11);
		/* the last that says so; without a state */
		r[2] = r[1];
		r[2].keep_state = 0;
		r[2].rule_flag |= PFRULE_SET_TOS;
		r[2].set_tos = 0;
		assert_int_equal(unit_load(u->n, r, 3), 0);
		tos = 0x80;
		assert_true(packet(u, PF_IN, (uint16_t)(1010 + v), false, v6, &tos));
		assert_int_equal(tos, 0);
		/* no memory to write to the packet */
		tos = 0x80;
		sim_fail_from(1);
		assert_false(packet(u, PF_IN, (uint16_t)(1020 + v), false, v6, &tos));
		sim_fail_alloc(0);
	}
	r[0].rule_flag &= ~(uint32_t)PFRULE_SET_TOS;
	assert_int_equal(unit_load(u->n, r, 1), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_once, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_pktrate, unit_setup, unit_teardown),
		cmocka_unit_test(test_rate_limits),
		cmocka_unit_test_setup_teardown(test_tos, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
