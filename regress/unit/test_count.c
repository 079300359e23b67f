// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_count.c: which packets a rule counts: those that it has passed or blocked, and
 * none that was refused for another reason, whichever rule matched it; and which
 * counters outlive a reload.
 */
#include "unit.h"
#include "pf_wire.h"

/* Send; the reason of the drop, PFRES_MATCH for one by a rule, -1: passed. */
static int
give(struct unit_node *f, int dir, const struct sim_spec *sp)
{
	struct pf_status a, b;
	int verdict, reason = PFRES_MATCH;

	unit_status(f->n, &a);
	verdict = sim_test_free(f->n, dir, 1, sim_pkt_build(sp));
	unit_status(f->n, &b);
	for (int i = PFRES_MATCH + 1; i < PFRES_MAX; i++)
		if (a.counters[i] != b.counters[i])
			reason = i;
	return (verdict == PF_PASS ? -1 : reason);
}

static uint64_t
counted(struct unit_node *f)
{
	struct pf_rule r;

	unit_get_rule(f->n, 0, &r);
	return (r.packets[0] + r.packets[1]);
}

#define ENDS	.src = "10.0.0.1", .dst = "10.0.0.2"
#define UDP	ENDS, .proto = IPPROTO_UDP, .sport = 9, .dport = 53
#define TCP	ENDS, .proto = IPPROTO_TCP, .sport = 9, .dport = 80
#define ALERT	.opts = (const uint8_t *)"\x94\x04\0\0", .optlen = 4

static const struct {
	const char	*what;
	int		 action;
	bool		 stateless;
	uint32_t	 max;			/* states of the rule */
	uint32_t	 limit;			/* states of all; 0: as it is */
	struct sim_spec	 first, then;		/* the first passes, if it is there */
	int		 reason;		/* of the other */
} cases[] = {
	{ "a rule that blocks", PF_DROP, .then = { UDP }, .reason = PFRES_MATCH },
	{ "a rule that passes", PF_PASS, .then = { UDP }, .reason = -1 },
	{ "passes without state", PF_PASS, true, .then = { UDP }, .reason = -1 },
	{ "options", PF_PASS, .then = { UDP, ALERT }, .reason = PFRES_IPOPTIONS },
	{ "options, no state", PF_PASS, true, .then = { UDP, ALERT },
	  .reason = PFRES_IPOPTIONS },
	{ "options in a connection", PF_PASS, .first = { UDP }, .then = { UDP, ALERT },
	  .reason = PFRES_IPOPTIONS },
	{ "a wrong checksum", PF_PASS, .then = { UDP, .bad_cksum = true },
	  .reason = PFRES_PROTCKSUM },
	{ "a wrong checksum in a connection", PF_PASS, .first = { UDP },
	  .then = { UDP, .bad_cksum = true }, .reason = PFRES_PROTCKSUM },
	{ "outside of the window", PF_PASS, .first = { TCP, .flags = PF_TH_SYN, .seq = 100 },
	  .then = { TCP, .flags = PF_TH_ACK, .seq = 1u << 30, .ack = 7,
	    .paylen = 10 },
	  .reason = PFRES_BADSTATE },
	{ "states of the rule", PF_PASS, .max = 1, .first = { UDP },
	  .then = { ENDS, .proto = IPPROTO_UDP, .sport = 10, .dport = 53 },
	  .reason = PFRES_MAXSTATES },
	{ "states of all", PF_PASS, .limit = 1, .first = { UDP },
	  .then = { ENDS, .proto = IPPROTO_UDP, .sport = 10, .dport = 53 },
	  .reason = PFRES_MAXSTATES },
};

static void
one(struct unit_node *f, unsigned int i)
{
	struct pf_rule r = unit_rule(cases[i].action);
	bool counts = cases[i].reason <= PFRES_MATCH;
	uint64_t before;
	int reason;

	r.keep_state = cases[i].action == PF_PASS && !cases[i].stateless;
	if (!r.keep_state)
		r.flags = r.flagset = 0;
	r.max_states = cases[i].max;
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	if (cases[i].limit != 0)
		assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, cases[i].limit), 0);
	if (cases[i].first.src != NULL)
		assert_int_equal(give(f, PF_IN, &cases[i].first), -1);
	before = counted(f);
	reason = give(f, PF_IN, &cases[i].then);
	if (reason != cases[i].reason)
		fail_msg("%s: reason %d, not %d", cases[i].what, reason, cases[i].reason);
	if (counted(f) != before + counts)
		fail_msg("%s: the rule has %scounted the packet", cases[i].what,
		    counts ? "not " : "");
}

static void
test_count(void **state)
{
	for (unsigned int i = 0; i < NITEMS(cases); i++) {
		one(*state, i);
		assert_int_equal(unit_teardown(state), 0);
		assert_int_equal(unit_setup(state), 0);
	}
}

static void
ask(struct unit_node *f, uint32_t cmd, void *arg)
{
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);

	assert_int_equal(sim_ioctl(f->n, cl, cmd, arg), 0);
	pf_client_close(cl);
}

/* That rule nr has made so many states, of which so many are left. */
static void
made(struct unit_node *f, uint32_t nr, uint64_t states, uint32_t left)
{
	struct pf_rule r;

	unit_get_rule(f->n, nr, &r);
	assert_int_equal(r.states_tot, states);
	assert_int_equal(r.states_cur, left);
}

/* A state counts at each rule of `match' that its first packet met, as its packets do. */
static void
test_states(void **state)
{
	static const struct sim_spec first = { UDP }, then = { ENDS,
	    .proto = IPPROTO_UDP, .sport = 10, .dport = 53 }, last = { ENDS,
	    .proto = IPPROTO_UDP, .sport = 11, .dport = 53 };
	struct pf_rule r[4] = { unit_rule(PF_MATCH), unit_rule(PF_PASS),
	    unit_rule(PF_MATCH), unit_rule(PF_MATCH) };
	struct unit_node *f = *state;
	struct pfioc_state_kill kill = { .af = 0 };

	r[0].flags = r[0].flagset = r[2].flags = r[2].flagset = 0;
	r[3].flags = r[3].flagset = 0;
	r[1].max_states = 2;
	r[3].src.port_op = PF_OP_EQ;
	r[3].src.port[0] = htons(10);
	r[3].proto = IPPROTO_UDP;
	assert_int_equal(unit_load(f->n, r, 4), 0);
	assert_int_equal(give(f, PF_IN, &first), -1);
	assert_int_equal(give(f, PF_IN, &first), -1);
	assert_int_equal(give(f, PF_IN, &then), -1);
	assert_int_equal(give(f, PF_IN, &last), PFRES_MAXSTATES);
	made(f, 0, 2, 2);
	made(f, 1, 2, 2);
	made(f, 2, 2, 2);
	made(f, 3, 1, 1);
	ask(f, DIOCCLRSTATES, &kill);
	made(f, 0, 2, 0);
	made(f, 1, 2, 0);
	made(f, 3, 1, 0);
	assert_int_equal(give(f, PF_IN, &last), -1);
	made(f, 2, 3, 1);
	made(f, 3, 1, 0);
}

/*
 * set keepcounters
 */
static const uint16_t	ports[] = { 53, 53, 54, 55 };

/* Rules that pass UDP to the ports, in this order; labels tell the first two apart or not. */
static void
load_ports(struct unit_node *f, const unsigned int *order, unsigned int n, bool labels)
{
	struct pf_rule r[8];

	for (unsigned int i = 0; i < n; i++) {
		r[i] = unit_rule(PF_PASS);
		r[i].flags = r[i].flagset = 0;
		r[i].proto = IPPROTO_UDP;
		r[i].dst.port_op = PF_OP_EQ;
		r[i].dst.port[0] = htons(ports[order[i]]);
		if (labels)
			snprintf(r[i].label, sizeof(r[i].label), "r%u", order[i]);
	}
	assert_int_equal(unit_load(f->n, r, n), 0);
}

static void
keep(struct unit_node *f, uint32_t on)
{
	struct pfioc_u32 v = { on, 0 };

	ask(f, DIOCKEEPCOUNTERS, &v);
}

/* That rule nr has passed so many packets, asked so often and made so many states. */
static void
kept(struct unit_node *f, uint32_t nr, uint64_t packets, uint64_t evals, uint64_t states)
{
	struct pf_rule r;

	unit_get_rule(f->n, nr, &r);
	assert_int_equal(r.packets[0], packets);
	assert_int_equal(r.bytes[0], packets * 28);
	assert_int_equal(r.evaluations, evals);
	assert_int_equal(r.states_tot, states);
}

static void
pass_to(struct unit_node *f, uint16_t sport, uint16_t dport)
{
	struct sim_spec sp = { ENDS, .proto = IPPROTO_UDP, .sport = sport, .dport = dport };

	assert_int_equal(give(f, PF_IN, &sp), -1);
}

static void
test_keep(void **state)
{
	struct unit_node *f = *state;

	load_ports(f, (const unsigned int []){ 0, 1, 2 }, 3, true);
	pass_to(f, 1, 53);
	pass_to(f, 2, 53);
	pass_to(f, 2, 53);			/* of a state: no rule is asked */
	pass_to(f, 3, 54);
	kept(f, 0, 0, 3, 0);
	kept(f, 1, 3, 2, 2);
	kept(f, 2, 1, 3, 1);

	/* in another order, one is new and one is gone; counting goes on */
	keep(f, 1);
	load_ports(f, (const unsigned int []){ 2, 3, 1 }, 3, true);
	kept(f, 0, 1, 3, 1);
	kept(f, 1, 0, 0, 0);
	kept(f, 2, 3, 2, 2);
	pass_to(f, 4, 53);
	kept(f, 0, 1, 4, 1);
	kept(f, 1, 0, 1, 0);
	kept(f, 2, 4, 3, 3);

	/* what was kept is kept again, and can be cleared */
	load_ports(f, (const unsigned int []){ 1, 2 }, 2, true);
	kept(f, 0, 4, 3, 3);
	kept(f, 1, 1, 4, 1);
	ask(f, DIOCCLRRULECTRS, NULL);
	kept(f, 0, 0, 0, 0);
	pass_to(f, 5, 53);
	load_ports(f, (const unsigned int []){ 2, 1 }, 2, true);
	kept(f, 0, 0, 1, 0);
	kept(f, 1, 1, 1, 1);

	keep(f, 0);
	load_ports(f, (const unsigned int []){ 2, 1 }, 2, true);
	kept(f, 0, 0, 0, 0);
	kept(f, 1, 0, 0, 0);
}

/* Equal rules stay apart: the first is the first again. */
static void
test_keep_equal(void **state)
{
	struct unit_node *f = *state;

	keep(f, 1);
	load_ports(f, (const unsigned int []){ 0, 1, 2 }, 3, false);
	pass_to(f, 1, 53);
	kept(f, 0, 0, 1, 0);
	kept(f, 1, 1, 1, 1);
	load_ports(f, (const unsigned int []){ 2, 0, 1 }, 3, false);
	kept(f, 0, 0, 1, 0);
	kept(f, 1, 0, 1, 0);
	kept(f, 2, 1, 1, 1);
	load_ports(f, (const unsigned int []){ 0 }, 1, false);
	kept(f, 0, 0, 1, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_count, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_states, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_keep, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_keep_equal, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
