// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_act.c: rules that do more than decide: once, max-pkt-rate, set tos,
 * set prio, the criterion prio, and allow-opts of match rules.
 */
#include "unit.h"
#include "pf_rate.h"
#include "pf_wire.h"

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

/* A packet that comes with priority *prio, and goes on with what is there afterwards. */
static bool
with_prio(struct unit_node *u, int dir, const struct sim_spec *s, uint8_t *prio)
{
	struct pf_pkt *p = sim_pkt_build(s);
	bool passes;

	pf_pkt_set_prio(p, dir, *prio);
	passes = sim_test(u->n, dir, 1, p) == PF_PASS;
	*prio = pf_pkt_prio(p);
	sim_pkt_free(p);
	return (passes);
}

static struct sim_spec
prio_spec(bool v6, uint8_t proto, uint16_t port, bool back)
{
	const char *a = v6 ? "2001:db8::1" : "10.0.0.1";
	const char *b = v6 ? "2001:db8::2" : "10.0.0.2";

	return ((struct sim_spec){ .src = back ? b : a, .dst = back ? a : b,
	    .proto = proto, .sport = back ? 53 : port, .dport = back ? port : 53,
	    .paylen = proto == IPPROTO_UDP ? 10 : 0 });
}

/* What a datagram with this type of service gets; 99: it is dropped. */
static unsigned int
udp_prio(struct unit_node *u, int dir, bool v6, uint16_t port, bool back,
    uint8_t tos, uint8_t prio)
{
	struct sim_spec s = prio_spec(v6, IPPROTO_UDP, port, back);

	s.tos = tos;
	return (with_prio(u, dir, &s, &prio) ? prio : 99);
}

static struct pf_rule
prio_rule(uint8_t action, uint8_t prio, uint8_t urgent)
{
	struct pf_rule r = unit_rule(action);

	if (action != PF_PASS)
		r.keep_state = 0;
	r.set_prio[0] = prio;
	r.set_prio[1] = urgent;
	return (r);
}

static void
test_setprio(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3];

	for (int v = 0; v < 2; v++)
		for (int dir = PF_IN; dir <= PF_OUT; dir++) {
			int back = dir == PF_IN ? PF_OUT : PF_IN;
			uint16_t port = (uint16_t)(1000 + 100 * v + 10 * dir);

			/* nothing is said: it stays */
			r[0] = unit_rule(PF_PASS);
			assert_int_equal(unit_load(u->n, r, 1), 0);
			assert_int_equal(udp_prio(u, dir, v, port, false, 0x10, 2), 2);
			assert_int_equal(udp_prio(u, back, v, port, true, 0, 6), 6);
			/* the first packet, the state's, both directions */
			port++;
			r[0] = prio_rule(PF_PASS, 5, 7);
			assert_int_equal(unit_load(u->n, r, 1), 0);
			for (int i = 0; i < 2; i++) {
				assert_int_equal(udp_prio(u, dir, v, port, false, 0, 2), 5);
				assert_int_equal(udp_prio(u, dir, v, port, false, 0x10, 2), 7);
				assert_int_equal(udp_prio(u, back, v, port, true, 0x08, 0), 5);
				assert_int_equal(udp_prio(u, back, v, port, true, 0x11, 0), 7);
			}
			/* the last rule that says so; the others about other things */
			port++;
			r[0] = prio_rule(PF_MATCH, 1, 1);
			r[1] = prio_rule(PF_MATCH, PF_PRIO_ZERO, 3);
			r[2] = unit_rule(PF_PASS);
			assert_int_equal(unit_load(u->n, r, 3), 0);
			assert_int_equal(udp_prio(u, dir, v, port, false, 0, 6), 0);
			assert_int_equal(udp_prio(u, back, v, port, true, 0x10, 6), 3);
			/* urgent is what came so, not what becomes so; without a state */
			port++;
			r[0] = prio_rule(PF_MATCH, 4, 6);
			r[0].rule_flag |= PFRULE_SET_TOS;
			r[0].set_tos = 0x10;
			r[1] = unit_rule(PF_PASS);
			r[1].keep_state = 0;
			assert_int_equal(unit_load(u->n, r, 2), 0);
			assert_int_equal(udp_prio(u, dir, v, port, false, 0, 0), 4);
			/* a packet that is dropped gets none */
			r[1] = prio_rule(PF_DROP, 7, 7);
			assert_int_equal(unit_load(u->n, r, 2), 0);
			assert_int_equal(udp_prio(u, dir, v, port, false, 0, 1), 99);
		}
}

/* The second priority is for segments with ACK and no data. */
static void
test_setprio_ack(void **state)
{
	struct unit_node *u = *state;
	static const struct {
		uint8_t		flags;
		uint32_t	paylen;
		bool		back;
		unsigned int	prio;
	} t[] = {
		{ PF_TH_SYN, 0, false, 2 },
		{ PF_TH_SYN | PF_TH_ACK, 0, true, 6 },
		{ PF_TH_ACK, 0, false, 6 },
		{ PF_TH_ACK, 10, false, 2 },
		{ PF_TH_ACK, 0, true, 6 },
		{ PF_TH_ACK | PF_TH_FIN, 10, true, 2 },
	};
	struct pf_rule r = prio_rule(PF_PASS, 2, 6);

	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (int v = 0; v < 2; v++) {
		uint32_t seq[2] = { 1000, 5000 };

		for (unsigned int i = 0; i < NITEMS(t); i++) {
			struct sim_spec s = prio_spec(v, IPPROTO_TCP, 1000, t[i].back);
			uint8_t prio = 0;

			s.flags = t[i].flags;
			s.paylen = t[i].paylen;
			s.win = 8000;
			s.seq = seq[t[i].back];
			s.ack = t[i].flags & PF_TH_ACK ? seq[!t[i].back] : 0;
			seq[t[i].back] += t[i].paylen + ((t[i].flags & PF_TH_SYN) != 0);
			assert_true(with_prio(u, t[i].back ? PF_OUT : PF_IN, &s, &prio));
			assert_int_equal(prio, t[i].prio);
		}
	}
}

static void
test_prio(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3];

	r[0] = unit_rule(PF_DROP);
	r[0].keep_state = 0;
	r[1] = unit_rule(PF_PASS);
	r[1].keep_state = 0;
	r[1].prio = 5;
	r[2] = r[1];
	r[2].prio = PF_PRIO_ZERO;
	assert_int_equal(unit_load(u->n, r, 3), 0);
	for (int v = 0; v < 2; v++)
		for (int dir = PF_IN; dir <= PF_OUT; dir++)
			for (uint8_t p = 0; p <= PF_PRIO_MAX; p++)
				assert_int_equal(udp_prio(u, dir, v, 1000, false, 0, p),
				    p == 0 || p == 5 ? p : 99);
	/* what a rule says is not what the packet came with */
	r[1] = prio_rule(PF_MATCH, 5, 5);
	r[2] = unit_rule(PF_PASS);
	r[2].prio = 5;
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_int_equal(udp_prio(u, PF_IN, false, 1001, false, 0, 0), 99);
	assert_int_equal(udp_prio(u, PF_IN, false, 1001, false, 0, 5), 5);
	/* a state asks no rule */
	assert_int_equal(udp_prio(u, PF_IN, false, 1001, false, 0, 1), 5);
	/* rules that say nothing of what they do with a packet */
	r[0] = prio_rule(PF_PASS, 5, 0);
	assert_int_equal(unit_load(u->n, r, 1), EINVAL);
}

/* A datagram from port with the option that asks for the route, or without. */
static bool
with_option(struct unit_node *u, int dir, uint16_t port, bool option)
{
	struct sim_spec s = { .src = "10.0.0.1", .dst = "10.0.0.2",
	    .proto = IPPROTO_UDP, .sport = port, .dport = 53,
	    .opts = (const uint8_t *)"\7\7\4\0\0\0\0\0", .optlen = option ? 8 : 0 };
	struct pf_pkt *p = sim_pkt_build(&s);
	bool passes = sim_test(u->n, dir, 1, p) == PF_PASS;

	sim_pkt_free(p);
	return (passes);
}

/* It is enough that a rule of `match' allows options; what decides is another's. */
static void
test_match_opts(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3] = { unit_rule(PF_MATCH), unit_rule(PF_PASS), unit_rule(PF_DROP) };

	r[0].allow_opts = 1;
	r[0].proto = IPPROTO_UDP;
	r[0].src.port_op = PF_OP_EQ;
	r[0].src.port[0] = htons(1000);
	r[2].keep_state = 0;
	assert_int_equal(unit_load(u->n, r, 2), 0);
	assert_true(with_option(u, PF_IN, 1000, true));
	assert_false(with_option(u, PF_IN, 1001, true));
	/* the state goes on with it, and knows which rules made it */
	assert_int_equal(unit_load(u->n, r + 2, 1), 0);
	assert_true(with_option(u, PF_IN, 1000, true));
	assert_false(with_option(u, PF_IN, 1001, true));
	assert_int_equal(unit_load(u->n, r, 2), 0);
	assert_true(with_option(u, PF_IN, 1001, false));
	assert_false(with_option(u, PF_IN, 1001, true));
	/* no rule decides; one that blocks does */
	assert_int_equal(unit_load(u->n, r, 1), 0);
	assert_true(with_option(u, PF_OUT, 1000, true));
	assert_false(with_option(u, PF_OUT, 1001, true));
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_false(with_option(u, PF_OUT, 1000, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_once, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_pktrate, unit_setup, unit_teardown),
		cmocka_unit_test(test_rate_limits),
		cmocka_unit_test_setup_teardown(test_tos, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_setprio, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_setprio_ack, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_prio, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_match_opts, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
