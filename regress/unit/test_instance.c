// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_instance.c: an instance as a whole: its counters, malformed packets, memory that
 * runs out anywhere, interfaces that come and go, machines wired together.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "unit.h"

/* The system's headers of ICMP define our members' names away. */
#define ICMP_DEST_UNREACH	3
#define ICMP_PORT_UNREACH	3
#define ICMP6_DST_UNREACH	1
#define ICMP6_DST_UNREACH_NOPORT 4

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
};

static void
setup(struct fix *r)
{
	unit_reset();
	r->sim = sim_new(11);
	r->n = sim_node_new(r->sim, "n");
	assert_non_null(r->n);
	assert_int_equal(sim_if_add(r->n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(r->n, 2, "eth1"), 0);
}

static struct pf_pkt *
udp(uint16_t sport)
{
	return (sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.2.0.2", .proto = IPPROTO_UDP, .sport = sport,
	    .dport = 53, .paylen = 100 }));
}

/* The counters of rules, interfaces and states. */
static void
test_counters(void **state)
{
	struct fix r;
	struct pfsync_state *states;
	struct pf_rule rules[2], got;
	struct pf_status st;
	struct pf_pkt *p;

	(void)state;
	setup(&r);
	rules[0] = unit_rule(PF_DROP);
	rules[1] = unit_rule(PF_PASS);
	rules[1].proto = IPPROTO_UDP;
	rules[1].flags = rules[1].flagset = 0;
	rules[1].direction = PF_IN;
	assert_int_equal(unit_load(r.n, rules, 2), 0);
	assert_int_equal(unit_enable(r.n), 0);

	for (int i = 0; i < 3; i++)
		assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	p = sim_pkt_build(&(struct sim_spec){ .src = "10.2.0.2",
	    .dst = "10.1.0.2", .proto = IPPROTO_UDP, .sport = 53, .dport = 7,
	    .paylen = 1000, .segs = 5 });
	assert_int_equal(sim_test_free(r.n, PF_OUT, 1, p), PF_PASS);
	assert_int_equal(sim_test_free(r.n, PF_OUT, 1, udp(8)), PF_DROP);

	unit_get_rule(r.n, 1, &got);
	assert_int_equal(got.packets[0], 3);
	assert_int_equal(got.bytes[0], 3 * 128);
	assert_int_equal(got.packets[1], 5);
	assert_int_equal(got.bytes[1], 1028);
	assert_int_equal(got.states_cur, 1);
	assert_int_equal(got.states_tot, 1);
	assert_int_equal(got.nr, 1);
	unit_get_rule(r.n, 0, &got);
	assert_int_equal(got.packets[0], 0);
	assert_int_equal(got.packets[1], 1);
	assert_int_equal(got.bytes[1], 128);
	/* Asked for the first packet and for the one that was dropped. */
	assert_int_equal(got.evaluations, 2);

	assert_int_equal(unit_states(r.n, &states), 1);
	assert_int_equal(states[0].packets[0], 3);
	assert_int_equal(states[0].packets[1], 5);
	assert_int_equal(states[0].bytes[0], 3 * 128);
	assert_int_equal(states[0].bytes[1], 1028);
	assert_int_equal(states[0].direction, PF_IN);
	assert_int_equal(states[0].rule, 1);
	free(states);

	unit_status(r.n, &st);
	assert_int_equal(st.states, 1);
	assert_int_equal(st.running, 1);
	assert_int_equal(st.fcounters[FCNT_STATE_SEARCH], 5);
	assert_int_equal(st.fcounters[FCNT_STATE_INSERT], 1);
	assert_int_equal(st.fcounters[FCNT_STATE_REMOVALS], 0);
	sim_seconds(r.sim, 100);
	unit_status(r.n, &st);
	assert_int_equal(st.fcounters[FCNT_STATE_REMOVALS], 1);
	assert_int_equal(st.states, 0);
	sim_free(r.sim);
}

/* Both states of a forwarded connection lie in one bucket. */
static void
test_one_bucket(void **state)
{
	struct fix r;
	struct pf_rule rule = unit_rule(PF_PASS);
	unsigned int used = 0;

	(void)state;
	setup(&r);
	assert_int_equal(unit_load(r.n, &rule, 1), 0);
	assert_int_equal(unit_enable(r.n), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	assert_int_equal(sim_test_free(r.n, PF_OUT, 2, udp(7)), PF_PASS);
	assert_int_equal(pf_atomic_read(&r.n->pf->st.n), 2);
	for (uint64_t i = 0; i <= r.n->pf->st.keys->mask; i++)
		used += !pf_rb_empty(&r.n->pf->st.keys->b[i].root);
	assert_int_equal(used, 1);
	sim_free(r.sim);
}

/* What is cut short, and lengths that lie: dropped, and the reason counted. */
static void
test_malformed(void **state)
{
	struct fix r;
	struct pf_rule rule = unit_rule(PF_PASS);
	struct pf_status before, after;
	uint8_t bytes[256];
	uint32_t len;

	(void)state;
	setup(&r);
	assert_int_equal(unit_load(r.n, &rule, 1), 0);
	assert_int_equal(unit_enable(r.n), 0);
	for (int v6 = 0; v6 < 2; v6++) {
		struct sim_spec sp = { .src = v6 ? "2001:db8:1::2" : "10.1.0.2",
		    .dst = v6 ? "2001:db8:2::2" : "10.2.0.2", .proto = IPPROTO_TCP,
		    .sport = 1, .dport = 2, .flags = TH_SYN, .mss = 1460 };
		struct pf_pkt *p = sim_pkt_build(&sp);

		len = sim_pkt_bytes(p, bytes, sizeof(bytes));
		sim_pkt_free(p);
		for (uint32_t n = 0; n < len; n++) {
			uint64_t b = 0, a = 0;

			p = sim_pkt_raw(bytes, n);
			p->af = v6 ? AF_INET6 : AF_INET;
			unit_status(r.n, &before);
			if (sim_test_free(r.n, PF_IN, 1, p) != PF_DROP)
				fail_msg("%u bytes of %u pass", n, len);
			unit_status(r.n, &after);
			for (int i = PFRES_BADOFF; i < PFRES_MAX; i++) {
				b += before.counters[i];
				a += after.counters[i];
			}
			assert_int_equal(a, b + 1);
		}
		/* A header length of 4 words; of more than there is. */
		p = sim_pkt_raw(bytes, len);
		p->cksum_known = true;
		sim_pkt_write(p, v6 ? 52 : 32, "\x40", 1);
		assert_int_equal(sim_test_free(r.n, PF_IN, 1, p), PF_DROP);
		p = sim_pkt_raw(bytes, len);
		p->cksum_known = true;
		sim_pkt_write(p, v6 ? 52 : 32, "\xf0", 1);
		assert_int_equal(sim_test_free(r.n, PF_IN, 1, p), PF_DROP);
	}
	unit_status(r.n, &after);
	assert_int_equal(after.states, 0);
	sim_free(r.sim);
}

/* Every allocation of a packet's way fails in turn: dropped or passed, nothing leaks. */
static void
test_failing_packets(void **state)
{
	struct fix r;
	struct pf_rule rules[2], got;
	struct pf_status st;
	unsigned long live = sim_mem_live_all(), n;
	bool failed = true;

	(void)state;
	setup(&r);
	rules[0] = unit_rule(PF_PASS);
	rules[1] = unit_rule(PF_DROP);
	rules[1].proto = IPPROTO_UDP;
	rules[1].dst.port_op = PF_OP_EQ;
	rules[1].dst.port[0] = rules[1].dst.port[1] = htons(54);
	rules[1].rule_flag = PFRULE_RETURN;
	rules[1].return_icmp = ICMP_DEST_UNREACH << 8 | ICMP_PORT_UNREACH;
	rules[1].return_icmp6 = ICMP6_DST_UNREACH << 8 | ICMP6_DST_UNREACH_NOPORT;
	assert_int_equal(unit_load(r.n, rules, 2), 0);
	assert_int_equal(unit_enable(r.n), 0);
	for (n = 1; failed; n++) {
		struct pf_pkt *p;
		int v;

		assert_true(n < 20);
		sim_fail_alloc(n);
		v = sim_test_free(r.n, PF_IN, 1, udp((uint16_t)n));
		p = sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
		    .dst = "10.2.0.2", .proto = IPPROTO_UDP, .sport = 1,
		    .dport = 54 });
		assert_int_equal(sim_test_free(r.n, PF_IN, 1, p), PF_DROP);
		failed = sim_fail_done() != 0;
		assert_int_equal(v, n == 1 ? PF_DROP : PF_PASS);
		sim_fail_alloc(0);
		unit_status(r.n, &st);
		unit_get_rule(r.n, 0, &got);
		assert_int_equal(got.states_cur, st.states);
		assert_int_equal(st.states, n - 1);
		if (!failed)
			assert_int_equal(r.n->sent.n, 1);
		else if (n == 2)
			assert_int_equal(r.n->sent.n, 0);
		sim_pktq_flush(&r.n->sent);
	}
	assert_true(n > 3);
	sim_free(r.sim);
	assert_int_equal(sim_mem_live_all(), live);
}

/*
 * A load of rules and options with every allocation failing in turn: the old ones stay in
 * force as they were, or all the new ones are.
 */
static void
test_failing_load(void **state)
{
	struct fix r;
	struct pf_rule old[2], new[3], got;
	unsigned long live = sim_mem_live_all(), held, n;
	struct pf_status before, after;
	int error = ENOMEM;

	(void)state;
	setup(&r);
	old[0] = unit_rule(PF_DROP);
	old[1] = unit_rule(PF_PASS);
	old[1].proto = IPPROTO_UDP;
	old[1].flags = old[1].flagset = 0;
	for (int i = 0; i < 3; i++) {
		new[i] = unit_rule(PF_DROP);
		snprintf(new[i].ifname, sizeof(new[i].ifname), "new%d", i);
		snprintf(new[i].label, sizeof(new[i].label), "rule %d", i);
	}
	assert_int_equal(unit_load(r.n, old, 2), 0);
	assert_int_equal(unit_enable(r.n), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	unit_status(r.n, &before);
	held = sim_mem_live_all();
	for (n = 1; error != 0; n++) {
		assert_true(n < 1000);
		sim_fail_alloc(n);
		error = unit_load(r.n, new, 3);
		if (error == 0)
			break;
		assert_int_equal(sim_fail_done(), 1);
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		sim_seconds(r.sim, 1);		/* unused names go */
		assert_int_equal(sim_mem_live_all(), held);
		unit_status(r.n, &after);
		assert_memory_equal(after.pf_chksum, before.pf_chksum,
		    sizeof(before.pf_chksum));
		unit_get_rule(r.n, 1, &got);
		assert_int_equal(got.proto, IPPROTO_UDP);
		assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	}
	/* Nothing failed this time: the plan was beyond the last allocation. */
	assert_int_equal(sim_fail_done(), 0);
	sim_fail_alloc(0);
	assert_true(n > 8);
	unit_status(r.n, &after);
	assert_memory_not_equal(after.pf_chksum, before.pf_chksum,
	    sizeof(before.pf_chksum));
	unit_get_rule(r.n, 2, &got);
	assert_string_equal(got.label, "rule 2");
	assert_int_equal(after.states, 1);
	sim_free(r.sim);
	assert_int_equal(sim_mem_live_all(), live);
}

/* The n-th enabling fails: pf stays off. */
static void
test_failing_enable(void **state)
{
	struct fix r;
	struct pf_rule rule = unit_rule(PF_DROP);
	struct pf_client *cl;
	struct pf_status st;

	(void)state;
	setup(&r);
	assert_int_equal(unit_load(r.n, &rule, 1), 0);
	cl = pf_client_open(r.n->pf, 1, 0);
	assert_non_null(cl);
	sim_fail_alloc(1);
	assert_int_equal(sim_ioctl(r.n, cl, DIOCSTART, NULL), ENOMEM);
	sim_fail_alloc(0);
	unit_status(r.n, &st);
	assert_int_equal(st.running, 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	assert_int_equal(sim_ioctl(r.n, cl, DIOCSTART, NULL), 0);
	assert_int_equal(sim_ioctl(r.n, cl, DIOCSTART, NULL), EEXIST);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_DROP);
	assert_int_equal(sim_ioctl(r.n, cl, DIOCSTOP, NULL), 0);
	assert_int_equal(sim_ioctl(r.n, cl, DIOCSTOP, NULL), ENOENT);
	pf_client_close(cl);
	sim_free(r.sim);
}

/* Interfaces come and go under rules and states that name them. */
static void
test_interfaces(void **state)
{
	struct fix r;
	struct pf_rule rules[2];
	unsigned long live = sim_mem_live_all();

	(void)state;
	setup(&r);
	rules[0] = unit_rule(PF_DROP);
	rules[1] = unit_rule(PF_PASS);
	snprintf(rules[1].ifname, sizeof(rules[1].ifname), "wan");
	assert_int_equal(unit_load(r.n, rules, 2), 0);
	assert_int_equal(unit_enable(r.n), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_DROP);
	assert_int_equal(sim_if_rename(r.n, 1, "wan"), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 1, udp(7)), PF_PASS);
	assert_int_equal(sim_test_free(r.n, PF_IN, 2, udp(8)), PF_DROP);
	assert_int_equal(sim_if_del(r.n, 1), 0);
	sim_seconds(r.sim, 2);
	/* The rule waits for the name; another device takes it. */
	assert_int_equal(sim_if_add(r.n, 9, "wan"), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 9, udp(8)), PF_PASS);
	assert_int_equal(sim_if_add(r.n, 10, "wan"), EEXIST);
	assert_int_equal(sim_if_rename(r.n, 9, "lan"), 0);
	assert_int_equal(sim_test_free(r.n, PF_IN, 9, udp(9)), PF_DROP);
	/* A device that pf has not heard of. */
	assert_int_equal(sim_test_free(r.n, PF_IN, 77, udp(9)), PF_DROP);
	assert_int_equal(sim_if_del(r.n, 9), 0);
	assert_int_equal(sim_if_del(r.n, 2), 0);
	sim_seconds(r.sim, 100);
	sim_free(r.sim);
	assert_int_equal(sim_mem_live_all(), live);
}

/* Three machines: a connection through a firewall that loses and reorders. */
static void
test_through_a_router(void **state)
{
	struct sim *sim = sim_new(3);
	struct sim_node *a = sim_node_new(sim, "a"), *r = sim_node_new(sim, "r"),
	    *b = sim_node_new(sim, "b");
	struct sim_wire w = { .delay = 500, .jitter = 2000, .loss = 20000 };
	struct pf_rule rules[2];
	struct pf_pkt *p;
	unsigned int got = 0;

	(void)state;
	assert_int_equal(sim_if_add(a, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(b, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(r, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(r, 2, "eth1"), 0);
	assert_int_equal(sim_if_addr(a, 1, "10.1.0.2/24"), 0);
	assert_int_equal(sim_if_addr(r, 1, "10.1.0.1/24"), 0);
	assert_int_equal(sim_if_addr(r, 2, "10.2.0.1/24"), 0);
	assert_int_equal(sim_if_addr(b, 1, "10.2.0.2/24"), 0);
	assert_int_equal(sim_route(a, "0.0.0.0/0", 1), 0);
	assert_int_equal(sim_route(b, "0.0.0.0/0", 1), 0);
	assert_int_equal(sim_connect(a, 1, r, 1, &w), 0);
	assert_int_equal(sim_connect(r, 2, b, 1, &w), 0);

	rules[0] = unit_rule(PF_DROP);
	rules[0].rule_flag = PFRULE_RETURN;
	rules[0].return_icmp = ICMP_DEST_UNREACH << 8 | ICMP_PORT_UNREACH;
	rules[0].return_icmp6 = ICMP6_DST_UNREACH << 8 | ICMP6_DST_UNREACH_NOPORT;
	rules[1] = unit_rule(PF_PASS);
	rules[1].af = AF_INET;
	unit_addr(&rules[1].src, "10.1.0.0/24");
	assert_int_equal(unit_load(r, rules, 2), 0);
	assert_int_equal(unit_enable(r), 0);

	for (uint16_t i = 0; i < 500; i++) {
		sim_output(a, udp(1000));
		sim_advance(sim, 300);
	}
	sim_settle(sim, 10000);
	while ((p = sim_pktq_take(&b->local)) != NULL) {
		got++;
		sim_pkt_free(p);
		sim_output(b, sim_pkt_build(&(struct sim_spec){
		    .src = "10.2.0.2", .dst = "10.1.0.2", .proto = IPPROTO_UDP,
		    .sport = 53, .dport = 1000 }));
	}
	sim_settle(sim, 10000);
	assert_true(got > 200);			/* the queue keeps 256 */
	assert_int_equal(r->dropped[PF_IN] + r->dropped[PF_OUT], 0);
	assert_int_equal(pf_atomic_read(&r->pf->st.n), 2);
	assert_true(a->local.n > got * 9 / 10 && a->local.n < got);

	/* From the other side nothing begins, and it is told so. */
	sim_pktq_flush(&b->local);
	r->ifs[1].wire.loss = b->ifs[0].wire.loss = 0;
	sim_output(b, sim_pkt_build(&(struct sim_spec){ .src = "10.2.0.2",
	    .dst = "10.1.0.2", .proto = IPPROTO_TCP, .sport = 7, .dport = 22,
	    .flags = TH_SYN }));
	sim_settle(sim, 10);
	assert_int_equal(r->dropped[PF_IN], 1);
	assert_int_equal(b->local.n, 1);	/* the RST came home */
	sim_free(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failing_load),
		cmocka_unit_test(test_failing_enable),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_one_bucket),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_failing_packets),
		cmocka_unit_test(test_through_a_router),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
