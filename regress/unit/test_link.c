// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_link.c: ICMP by its roles, and messages that stay on a link: only requests make
 * states, replies belong to them, and what has come through a router is no neighbour's.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define ME	"fe80::1"
#define YOU	"fe80::2"
#define FAR	"2001:db8::9"
#define NODES	"ff02::1"
#define ROUTERS	"ff02::2"
#define SOLNODE	"ff02::1:ff00:2"
#define TARGET	"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
#define OTHER	"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\3"
#define GROUPS	"\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\x42"
#define OPTS(proto, bytes) .opt_proto = (proto),			\
	.opts = (const uint8_t *)(bytes), .optlen = sizeof(bytes) - 1
#define TO_ICMP6	"\x3a"
#define HOP_ALERT	"\x00\x05\x02\x00\x00\x01\x00"
#define HOP_PAD		"\x00\x01\x04\x00\x00\x00\x00"
#define HOP_MORE	"\x00\x05\x02\x00\x00\x1e\x00"
#define DST_PAD		"\x00\x01\x04\x00\x00\x00\x00"
#define ALERT6		OPTS(0, TO_ICMP6 HOP_ALERT)
#define ALERT4		.opts = (const uint8_t *)"\x94\4\0\0", .optlen = 4
#define ND(t, from, to, addr) { .src = from, .dst = to, .proto = 58, .ttl = 255, \
	.icmp_type = (t), .payload = (addr), .paylen = 16 }
#define NA(from, to, addr, fl) { .src = from, .dst = to, .proto = 58, .ttl = 255, \
	.icmp_type = 136, .icmp_id = (fl), .payload = (addr), .paylen = 16 }
#define SOLICITED	0x4000
#define ECHO(t, from, to, n) { .src = from, .dst = to, .proto = 1, .icmp_type = (t), \
	.icmp_id = (n) }
#define MLD(t, from, to, n, ...) { .src = from, .dst = to, .proto = 58, .ttl = 1, \
	.icmp_type = (t), .paylen = (n), __VA_ARGS__ }
#define IGMP(t, to, ...) { .src = "10.0.0.1", .dst = to, .proto = 2, .ttl = 1, \
	.payload = t "\0\0\0\0\0\0\0", .paylen = 8, __VA_ARGS__ }

static void
load(struct unit_node *f, int action)
{
	struct pf_rule r = unit_rule(action);

	r.keep_state = action == PF_PASS;
	if (action != PF_PASS)
		r.flags = r.flagset = 0;
	assert_int_equal(unit_load(f->n, &r, 1), 0);
}

static uint32_t
states(struct unit_node *f)
{
	struct pf_status st;

	unit_status(f->n, &st);
	return (st.states);
}

static bool
passes(struct unit_node *f, int dir, int ifindex, const struct sim_spec *sp)
{
	return (sim_test_free(f->n, dir, ifindex, sim_pkt_build(sp)) == PF_PASS);
}

/* Under `pass', each alone: whether it makes a state. */
static void
test_roles(void **state)
{
	static const uint8_t ask4[] = { 8, 10, 13, 15, 17, 42 }, ask6[] = { 128, 133, 139, 141,
	    146, 160, 135 };
	struct unit_node *f = *state;

	load(f, PF_PASS);
	for (unsigned int v6 = 0; v6 < 2; v6++)
		for (unsigned int type = 0; type < 256; type++) {
			struct sim_spec sp = { .src = v6 ? ME : "10.0.0.1",
				.dst = v6 ? YOU : "10.0.0.2", .proto = v6 ? 58 : 1, .ttl = 255,
				.icmp_type = (uint8_t)type, .icmp_id = (uint16_t)(type + 1),
				.payload = TARGET, .paylen = 16 };
			bool asks = v6 ? memchr(ask6, (int)type, sizeof(ask6)) != NULL :
			    memchr(ask4, (int)type, sizeof(ask4)) != NULL;
			uint32_t before = states(f);

			sim_test_free(f->n, PF_IN, 1, sim_pkt_build(&sp));
			if (states(f) != before + asks)
				fail_msg("v6 %u, type %u: %u states more", v6, type,
				    states(f) - before);
		}
}

/*
 * A request passes and makes a state; then all is blocked, and this passes or does
 * not.  `way' is that of the request.
 */
static const struct {
	const char	*what;
	struct sim_spec	 request, then;
	int		 way, ifindex;	/* interface of the second one */
	bool		 belongs;
} answers[] = {
	{ "echo", ECHO(8, "10.0.0.1", "10.0.0.2", 7), ECHO(0, "10.0.0.2", "10.0.0.1", 7),
	  PF_IN, 1, true },
	{ "echo, another id", ECHO(8, "10.0.0.1", "10.0.0.2", 7),
	  ECHO(0, "10.0.0.2", "10.0.0.1", 8), PF_IN, 1, false },
	{ "echo, the other way", ECHO(8, "10.0.0.1", "10.0.0.2", 7),
	  ECHO(8, "10.0.0.2", "10.0.0.1", 7), PF_IN, 1, false },
	{ "echo, another type", ECHO(8, "10.0.0.1", "10.0.0.2", 7),
	  ECHO(14, "10.0.0.2", "10.0.0.1", 7), PF_IN, 1, false },
	{ "extended echo", ECHO(42, "10.0.0.1", "10.0.0.2", 7),
	  ECHO(43, "10.0.0.2", "10.0.0.1", 7), PF_OUT, 1, true },
	{ "neighbour", ND(135, ME, SOLNODE, TARGET), NA(YOU, ME, TARGET, SOLICITED), PF_OUT, 1,
	  true },
	{ "neighbour, who answers by another address", ND(135, ME, SOLNODE, TARGET),
	  NA("fe80::7", ME, TARGET, SOLICITED), PF_OUT, 1, true },
	{ "neighbour, asked directly", ND(135, ME, YOU, TARGET), NA(YOU, ME, TARGET, SOLICITED),
	  PF_OUT, 1, true },
	{ "neighbour asks us", ND(135, YOU, SOLNODE, TARGET), NA(ME, YOU, TARGET, SOLICITED),
	  PF_IN, 1, true },
	{ "of another target", ND(135, ME, SOLNODE, TARGET), NA(YOU, ME, OTHER, SOLICITED),
	  PF_OUT, 1, false },
	{ "not solicited", ND(135, ME, SOLNODE, TARGET), NA(YOU, ME, TARGET, 0), PF_OUT, 1,
	  false },
	{ "to all", ND(135, ME, SOLNODE, TARGET), NA(YOU, NODES, TARGET, SOLICITED), PF_OUT, 1,
	  false },
	{ "on another interface", ND(135, ME, SOLNODE, TARGET), NA(YOU, ME, TARGET, SOLICITED),
	  PF_OUT, 2, false },
	{ "router", ND(133, ME, ROUTERS, NULL), ND(134, YOU, ME, NULL), PF_OUT, 1, true },
	{ "router, to all", ND(133, ME, ROUTERS, NULL), ND(134, YOU, NODES, NULL), PF_OUT, 1,
	  true },
	{ "router, asked without an address", ND(133, "::", ROUTERS, NULL),
	  ND(134, YOU, NODES, NULL), PF_OUT, 1, true },
	{ "router, nobody asked there", ND(133, ME, ROUTERS, NULL), ND(134, YOU, NODES, NULL),
	  PF_OUT, 2, false },
	{ "router, who was not asked for", ND(135, ME, SOLNODE, TARGET),
	  ND(134, YOU, NODES, NULL), PF_OUT, 1, false },
	{ "router4", ECHO(10, "10.0.0.1", "224.0.0.2", 0), ECHO(9, "10.0.0.2", "224.0.0.1", 0),
	  PF_OUT, 1, true },
	{ "inverse discovery", ND(141, ME, NODES, NULL), ND(142, YOU, ME, NULL), PF_OUT, 1,
	  true },
	{ "redirect", ND(135, ME, SOLNODE, TARGET), ND(137, YOU, ME, TARGET), PF_OUT, 1, false },
};

static void
test_answers(void **state)
{
	for (unsigned int i = 0; i < NITEMS(answers); i++) {
		struct unit_node *f = *state;

		load(f, PF_PASS);
		if (!passes(f, answers[i].way, 1, &answers[i].request) || states(f) != 1)
			fail_msg("%s: the request makes no state", answers[i].what);
		load(f, PF_DROP);
		if (passes(f, PF_IN + PF_OUT - answers[i].way, answers[i].ifindex,
		    &answers[i].then) != answers[i].belongs)
			fail_msg("%s: %s", answers[i].what, answers[i].belongs ? "blocked" :
			    "passed");
		assert_int_equal(states(f), 1);
		assert_int_equal(unit_teardown(state), 0);
		assert_int_equal(unit_setup(state), 0);
	}
}

/* Under `pass': what a neighbour can have sent passes, and what it cannot does not. */
static const struct {
	const char	*what;
	struct sim_spec	 sp;
	bool		 passes;
} messages[] = {
	{ "solicitation", ND(135, ME, SOLNODE, TARGET), true },
	{ "for duplicates", ND(135, "::", SOLNODE, TARGET), true },
	{ "from afar", { .src = ME, .dst = SOLNODE, .proto = 58, .ttl = 254, .icmp_type = 135,
	  .payload = TARGET, .paylen = 16 }, false },
	{ "with a code", { .src = ME, .dst = SOLNODE, .proto = 58, .ttl = 255, .icmp_type = 135,
	  .icmp_code = 1, .payload = TARGET, .paylen = 16 }, false },
	{ "for a group", ND(135, ME, SOLNODE, GROUPS), false },
	{ "too short", { .src = ME, .dst = SOLNODE, .proto = 58, .ttl = 255, .icmp_type = 135,
	  .payload = TARGET, .paylen = 15 }, false },
	{ "advertisement", NA(ME, NODES, TARGET, 0), true },
	{ "advertisement from afar", { .src = ME, .dst = NODES, .proto = 58, .icmp_type = 136,
	  .ttl = 64, .payload = TARGET, .paylen = 16 }, false },
	{ "in fragments", { .src = ME, .dst = SOLNODE, .proto = 58, .ttl = 255, .icmp_type = 135,
	  .payload = TARGET, .paylen = 16, .more_frags = true }, false },
	{ "router", ND(134, ME, NODES, NULL), true },
	{ "router without address of the link", ND(134, FAR, NODES, NULL), false },
	{ "router from afar", { .src = ME, .dst = NODES, .proto = 58, .icmp_type = 134,
	  .ttl = 254, .paylen = 16 }, false },
	{ "router, too short", { .src = ME, .dst = NODES, .proto = 58, .icmp_type = 134,
	  .ttl = 255, .paylen = 4 }, false },
	{ "redirect", { .src = ME, .dst = YOU, .proto = 58, .icmp_type = 137, .ttl = 255,
	  .paylen = 32 }, true },
	{ "redirect by no neighbour", { .src = FAR, .dst = YOU, .proto = 58, .icmp_type = 137,
	  .ttl = 255, .paylen = 32 }, false },

	{ "MLD query", MLD(130, ME, NODES, 16, ALERT6), true },
	{ "MLDv2 query", MLD(130, ME, NODES, 20, ALERT6), true },
	{ "MLD query of nobody", MLD(130, "::", NODES, 16, ALERT6), false },
	{ "MLD query from afar", MLD(130, FAR, NODES, 16, ALERT6), false },
	{ "MLD query, no alert", MLD(130, ME, NODES, 16), false },
	{ "MLD query, padding alone", MLD(130, ME, NODES, 16, OPTS(0, TO_ICMP6 HOP_PAD)), false },
	{ "MLD query, more options", MLD(130, ME, NODES, 16, OPTS(0, TO_ICMP6 HOP_MORE)), false },
	{ "MLD query, more headers", MLD(130, ME, NODES, 16, OPTS(0, "\x3c" HOP_ALERT TO_ICMP6
	  DST_PAD)), false },
	{ "MLD query, too short", MLD(130, ME, NODES, 15, ALERT6), false },
	{ "MLD report", MLD(131, ME, "ff02::42", 16, ALERT6), true },
	{ "MLD report of nobody yet", MLD(131, "::", "ff02::42", 16, ALERT6), true },
	{ "MLD done", MLD(132, ME, ROUTERS, 16, ALERT6), true },
	{ "MLDv2 report", MLD(143, ME, "ff02::16", 20, ALERT6), true },
	{ "MLDv2 report of nobody yet", MLD(143, "::", "ff02::16", 20, ALERT6), true },
	{ "MLDv2 report from afar", MLD(143, FAR, "ff02::16", 20, ALERT6), false },
	{ "MLDv2 report, hop limit 2", { .src = ME, .dst = "ff02::16", .proto = 58, .ttl = 2,
	  .icmp_type = 143, .paylen = 20, ALERT6 }, false },
	{ "echo with alert", { .src = ME, .dst = YOU, .proto = 58, .ttl = 1, .icmp_type = 128,
	  ALERT6 }, false },

	{ "IGMP query", IGMP("\x11", "224.0.0.1", ALERT4), true },
	{ "IGMPv2 report", IGMP("\x16", "224.0.0.42", ALERT4), true },
	{ "IGMP leave", IGMP("\x17", "224.0.0.2", ALERT4), true },
	{ "IGMPv3 report", IGMP("\x22", "224.0.0.22", ALERT4), true },
	{ "IGMPv1 report", IGMP("\x12", "224.0.0.42"), true },
	{ "IGMP, padded alert", IGMP("\x22", "224.0.0.22", .opts = (const uint8_t *)
	  "\1\1\1\1\x94\4\0\0", .optlen = 8), true },
	{ "IGMP, two alerts", IGMP("\x22", "224.0.0.22", .opts = (const uint8_t *)
	  "\x94\4\0\0\x94\4\0\0", .optlen = 8), false },
	{ "IGMP, another option", IGMP("\x22", "224.0.0.22", .opts = (const uint8_t *)
	  "\x94\4\0\0\7\4\4\0", .optlen = 8), false },
	{ "IGMP, broken options", IGMP("\x22", "224.0.0.22", .opts = (const uint8_t *)
	  "\x94\4\0\0\x94\0\0\0", .optlen = 8), false },
	{ "IGMP from afar", { .src = "10.0.0.1", .dst = "224.0.0.22", .proto = 2, .ttl = 2,
	  .payload = "\x22\0\0\0\0\0\0\0", .paylen = 8, ALERT4 }, false },
	{ "IGMP from afar, no alert", { .src = "10.0.0.1", .dst = "224.0.0.42", .proto = 2,
	  .payload = "\x12\0\0\0\0\0\0\0", .paylen = 8 }, false },
	{ "IGMP, too short", { .src = "10.0.0.1", .dst = "224.0.0.42", .proto = 2, .ttl = 1,
	  .payload = "\x11\0\0\0\0\0\0", .paylen = 7 }, false },
	{ "DVMRP, which routers send on", { .src = "10.0.0.1", .dst = "10.0.0.2", .proto = 2,
	  .payload = "\x13\0\0\0\0\0\0\0", .paylen = 8 }, true },
	{ "DVMRP with alert", { .src = "10.0.0.1", .dst = "10.0.0.2", .proto = 2, .ttl = 1,
	  .payload = "\x13\0\0\0\0\0\0\0", .paylen = 8, ALERT4 }, false },
	{ "UDP with alert", { .src = "10.0.0.1", .dst = "224.0.0.1", .proto = 17, .ttl = 1,
	  .sport = 9, .dport = 9, ALERT4 }, false },
};

static void
test_messages(void **state)
{
	struct unit_node *f = *state;

	load(f, PF_PASS);
	for (unsigned int i = 0; i < NITEMS(messages); i++)
		for (int dir = PF_IN; dir <= PF_OUT; dir++)
			if (passes(f, dir, 1, &messages[i].sp) != messages[i].passes)
				fail_msg("%s, direction %d: %s", messages[i].what, dir,
				    messages[i].passes ? "dropped" : "passed");
}

/* Nothing of the link is translated, and no reply without its request. */
static void
test_untranslated(void **state)
{
	static const struct {
		struct sim_spec	sp;
		bool		passes, changed;
	} out[] = {
		{ ND(135, ME, SOLNODE, TARGET), true, false },
		{ MLD(143, ME, "ff02::16", 20, ALERT6), true, false },
		{ { .src = ME, .dst = YOU, .proto = 58, .icmp_type = 128 }, true, true },
		{ { .src = ME, .dst = YOU, .proto = 58, .icmp_type = 129 }, false, false },
		{ { .src = ME, .dst = YOU, .proto = 58, .icmp_type = 138 }, false, false },
		{ { .src = ME, .dst = YOU, .proto = 17, .frag_off = 64, .paylen = 8 }, false,
		  false },
	};
	struct unit_node *f = *state;
	struct pf_rule r = unit_rule(PF_PASS);
	struct pfioc_trans_e e = { .type = PF_TRANS_RULESET_FIRST + PF_RULESET_FILTER };
	struct pfioc_trans t = { .size = 1, .esize = sizeof(e), .array = (uintptr_t)&e };
	struct pfioc_pooladdr pp;
	struct pfioc_rule pr;
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);

	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	memset(&pp, 0, sizeof(pp));
	assert_int_equal(sim_ioctl(f->n, cl, DIOCBEGINADDRS, &pp), 0);
	pp.which = PF_POOL_NAT;
	pp.ruleset = PF_RULESET_FILTER;
	memset(&pp.addr.addr.v.a.mask, 0xff, sizeof(pp.addr.addr.v.a.mask));
	assert_int_equal(inet_pton(AF_INET6, FAR, &pp.addr.addr.v.a.addr), 1);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCADDADDR, &pp), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = e.ticket;
	pr.ruleset = PF_RULESET_FILTER;
	r.af = AF_INET6;
	r.direction = PF_OUT;
	r.flags = r.flagset = 0;
	r.pool_used = 1U << PF_POOL_NAT;
	r.pool[PF_POOL_NAT].opts = PF_POOL_ROUNDROBIN;
	r.pool[PF_POOL_NAT].port_op = PF_OP_RRG;
	r.pool[PF_POOL_NAT].proxy_port[0] = 50001;
	r.pool[PF_POOL_NAT].proxy_port[1] = 65535;
	pr.rule = r;
	assert_int_equal(sim_ioctl(f->n, cl, DIOCADDRULE, &pr), 0);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXCOMMIT, &t), 0);
	pf_client_close(cl);
	for (unsigned int i = 0; i < NITEMS(out); i++) {
		struct pf_pkt *p = sim_pkt_build(&out[i].sp);
		struct sim_info in;

		if ((sim_test(f->n, PF_OUT, 1, p) == PF_PASS) != out[i].passes)
			fail_msg("%u: %s", i, out[i].passes ? "dropped" : "passed");
		sim_pkt_info(p, &in);
		if ((strcmp(in.src, ME) != 0) != out[i].changed)
			fail_msg("%u: source %s", i, in.src);
		sim_pkt_free(p);
	}
}

/* Fragments are judged one by one here. */
static int
link_setup(void **state)
{
	if (unit_setup(state) != 0)
		return (-1);
	return (unit_reassemble(((struct unit_node *)*state)->n, 0));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, link_setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_roles), TEST(test_answers), TEST(test_messages),
		TEST(test_untranslated),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
