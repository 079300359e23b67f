// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_reply.c: the answers to blocked packets, and where there must be none.
 *
 * A case is a rule and a packet that it blocks on its way in; what pf sent is taken from the
 * node's capture.  The host itself refuses to send a packet with a wrong checksum or
 * length.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define RET	PFRULE_RETURN
#define RRST	PFRULE_RETURNRST
#define RICMP	PFRULE_RETURNICMP
#define C4	.src = "10.0.0.1", .dst = "10.0.0.2"
#define C6	.src = "2001:db8::1", .dst = "2001:db8::2"
#define T4	C4, .proto = IPPROTO_TCP, .sport = 1024, .dport = 80
#define T6	C6, .proto = IPPROTO_TCP, .sport = 1024, .dport = 80
#define U4	C4, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53
#define U6	C6, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53
#define PORTS	.sport = 1024, .dport = 53

enum { NOTHING, A_RST, AN_ERROR };

struct rcase {
	const char	*name;
	uint32_t	 rule_flag;
	uint16_t	 icmp, icmp6;	/* type << 8 | code; 0: the default */
	uint8_t		 ttl;
	struct sim_spec	 spec;
	uint8_t		 what;
	uint32_t	 seq, ack;	/* of a RST */
	uint8_t		 flags;
	uint8_t		 type, code;	/* of an error */
	const char	*on;		/* interface; NULL: eth0 */
	bool		 bcast;
	bool		 out;		/* blocked on its way out */
};

static const struct rcase cases[] = {
	/* RFC 9293, 3.5.2: by whether the segment has an ACK */
	{ "SYN", RET, .spec = { T4, .flags = PF_TH_SYN, .seq = 1000 },
	  .what = A_RST, .ack = 1001, .flags = PF_TH_RST | PF_TH_ACK },
	{ "SYN with data", RET, .spec = { T4, .flags = PF_TH_SYN, .seq = 1000,
	  .paylen = 10 }, .what = A_RST, .ack = 1011,
	  .flags = PF_TH_RST | PF_TH_ACK },
	{ "a RST has come with a SYN", RRST, .spec = { T4, .flags = PF_TH_SYN | PF_TH_RST } },
	{ "the last number", RRST, .spec = { T4, .flags = PF_TH_SYN,
	  .seq = 0xffffffff }, .what = A_RST, .ack = 0,
	  .flags = PF_TH_RST | PF_TH_ACK },
	{ "no flags", RET, .spec = { T4, .seq = 1000, .paylen = 7 } },
	{ "FIN alone", RET, .spec = { T4, .flags = PF_TH_FIN } },
	{ "ACK", RET, .spec = { T4, .flags = PF_TH_ACK, .seq = 1000, .ack = 77 },
	  .what = A_RST, .seq = 77, .flags = PF_TH_RST },
	{ "SYN and ACK", RET, .spec = { T4, .flags = PF_TH_SYN | PF_TH_ACK,
	  .seq = 1000, .ack = 77 }, .what = A_RST, .seq = 77,
	  .flags = PF_TH_RST },
	{ "FIN and ACK, with data and options", RRST, .spec = { T4, .mss = 1460,
	  .flags = PF_TH_FIN | PF_TH_ACK, .ack = 0xfffffff0, .paylen = 100 },
	  .what = A_RST, .seq = 0xfffffff0, .flags = PF_TH_RST },
	{ "SYN6", RET, .spec = { T6, .flags = PF_TH_SYN, .seq = 1000 },
	  .what = A_RST, .ack = 1001, .flags = PF_TH_RST | PF_TH_ACK },
	{ "ACK6", RRST, .spec = { T6, .flags = PF_TH_ACK, .ack = 5 },
	  .what = A_RST, .seq = 5, .flags = PF_TH_RST },
	{ "TTL", RRST, .ttl = 3, .spec = { T4, .flags = PF_TH_SYN, .seq = 1 },
	  .what = A_RST, .ack = 2, .flags = PF_TH_RST | PF_TH_ACK },
	{ "TTL6", RRST, .ttl = 255, .spec = { T6, .flags = PF_TH_SYN, .seq = 1 },
	  .what = A_RST, .ack = 2, .flags = PF_TH_RST | PF_TH_ACK },
	{ "joined segments", RET, .spec = { T4, .paylen = 40000, .segs = 30,
	  .flags = PF_TH_ACK, .ack = 9 }, .what = A_RST, .seq = 9, .flags = PF_TH_RST },
	{ "on the way out", RET, .spec = { T4, .flags = PF_TH_SYN, .seq = 1 },
	  .what = A_RST, .ack = 2, .flags = PF_TH_RST | PF_TH_ACK, .out = true },

	{ "UDP", RET, .spec = { U4 }, .what = AN_ERROR, .type = 3, .code = 3 },
	{ "UDP6", RET, .spec = { U6 }, .what = AN_ERROR, .type = 1, .code = 4 },
	{ "UDP without checksum", RET, .spec = { U4, .no_cksum = true },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "GRE", RET, .spec = { C4, .proto = IPPROTO_GRE, .paylen = 30 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "GRE6", RET, .spec = { C6, .proto = IPPROTO_GRE, .paylen = 30 },
	  .what = AN_ERROR, .type = 1, .code = 4 },
	{ "code host", RICMP, .icmp = 0x301, .icmp6 = 0x103, .spec = { U4 },
	  .what = AN_ERROR, .type = 3, .code = 1 },
	{ "code addr", RICMP, .icmp = 0x301, .icmp6 = 0x103, .spec = { U6 },
	  .what = AN_ERROR, .type = 1, .code = 3 },
	{ "TCP too", RICMP, .icmp = 0x30d, .spec = { T4, .flags = PF_TH_SYN },
	  .what = AN_ERROR, .type = 3, .code = 13 },
	{ "a first fragment", RET, .spec = { U4, .more_frags = true,
	  .paylen = 16 }, .what = AN_ERROR, .type = 3, .code = 3 },
	{ "with options", RET, .spec = { U4, .opts = (const uint8_t *)
	  "\x94\4\0\0", .optlen = 4 }, .what = AN_ERROR, .type = 3, .code = 3 },
	{ "as long as may be", RET, .spec = { U4, .paylen = 520 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "one more", RET, .spec = { U4, .paylen = 521 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "odd", RET, .spec = { U4, .paylen = 33 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "long", RET, .spec = { U4, .paylen = 60000, .segs = 40 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "long6", RET, .spec = { U6, .paylen = 60000, .segs = 40 },
	  .what = AN_ERROR, .type = 1, .code = 4 },

	{ "echo", RET, .spec = { C4, .proto = 1, .icmp_type = 8 },
	  .what = AN_ERROR, .type = 3, .code = 3 },
	{ "return-icmp and echo", RICMP, .icmp = 0x301, .spec = { C4, .proto = 1,
	  .icmp_type = 8 }, .what = AN_ERROR, .type = 3, .code = 1 },
	{ "echo6", RICMP, .icmp6 = 0x101, .spec = { C6, .proto = 58,
	  .icmp_type = 128 }, .what = AN_ERROR, .type = 1, .code = 1 },
	{ "timestamp", RET, .spec = { C4, .proto = 1, .icmp_type = 13, .paylen = 12 },
	  .what = AN_ERROR, .type = 3, .code = 3 },

	{ "drop", 0, .spec = { T4, .flags = PF_TH_SYN } },
	{ "drop UDP", 0, .spec = { U4 } },
	{ "RST for RST", RET, .spec = { T4, .flags = PF_TH_RST } },
	{ "RST for RST and ACK", RRST, .spec = { T4,
	  .flags = PF_TH_RST | PF_TH_ACK } },
	{ "return-rst and UDP", RRST, .spec = { U4 } },
	{ "return-rst and echo", RRST, .spec = { C4, .proto = 1, .icmp_type = 8 } },
	{ "echo reply", RET, .spec = { C4, .proto = 1, .icmp_type = 0 } },
	{ "echo reply6", RET, .spec = { C6, .proto = 58, .icmp_type = 129 } },
	{ "traceroute", RET, .spec = { C4, .proto = 1, .icmp_type = 30 } },
	{ "router renumbering", RET, .spec = { C6, .proto = 58, .icmp_type = 138 } },
	{ "who asks for routers", RET, .spec = { C4, .proto = 1, .icmp_type = 10 } },
	{ "who asks for a neighbour", RET, .spec = { C6, .proto = 58, .icmp_type = 135,
	  .ttl = 255, .paylen = 16 } },
	{ "a later fragment", RET, .spec = { U4, .frag_off = 64, .paylen = 8 } },
	{ "a later fragment6", RET, .spec = { U6, .frag_off = 64, .paylen = 8 } },
	{ "a first fragment of TCP", RET, .spec = { T4, .more_frags = true,
	  .paylen = 36 } },
	{ "a wrong checksum", RET, .spec = { T4, .bad_cksum = true } },
	{ "a wrong checksum, out", RET, .spec = { U4, .bad_cksum = true },
	  .out = true },
	{ "a frame for everybody", RET, .spec = { U4 }, .bcast = true },
	{ "SYN for everybody", RET, .spec = { T4, .flags = PF_TH_SYN },
	  .bcast = true },
	{ "to multicast", RET, .spec = { .src = "10.0.0.1", .dst = "224.0.0.251",
	  .proto = 17, PORTS } },
	{ "to broadcast", RET, .spec = { .src = "10.0.0.1",
	  .dst = "255.255.255.255", .proto = 17, PORTS } },
	{ "from nobody", RET, .spec = { .src = "0.0.0.0", .dst = "10.0.0.2",
	  .proto = 17, PORTS } },
	{ "from multicast", RET, .spec = { .src = "224.0.0.1", .dst = "10.0.0.2",
	  .proto = 17, PORTS } },
	{ "from class E", RET, .spec = { .src = "250.0.0.1", .dst = "10.0.0.2",
	  .proto = 6, PORTS } },
	{ "from broadcast", RET, .spec = { .src = "255.255.255.255",
	  .dst = "10.0.0.2", .proto = 6, PORTS } },
	{ "from loopback outside", RET, .spec = { .src = "127.0.0.1",
	  .dst = "10.0.0.2", .proto = 6, PORTS } },
	{ "loopback outside, both", RET, .spec = { .src = "127.0.0.1",
	  .dst = "127.0.0.1", .proto = 6, PORTS } },
	{ "loopback inside", RET, .spec = { .src = "127.0.0.1",
	  .dst = "127.0.0.1", .proto = 17, PORTS }, .what = AN_ERROR, .type = 3,
	  .code = 3, .on = "lo" },
	{ "to multicast6", RET, .spec = { .src = "fe80::1", .dst = "ff02::fb",
	  .proto = 17, PORTS } },
	{ "from multicast6", RET, .spec = { .src = "ff02::1",
	  .dst = "2001:db8::1", .proto = 17, PORTS } },
	{ "from nobody6", RET, .spec = { .src = "::", .dst = "2001:db8::1",
	  .proto = 17, PORTS } },
	{ "from ::1 outside", RET, .spec = { .src = "::1", .dst = "2001:db8::1",
	  .proto = 6, PORTS } },
	{ "::1 inside", RET, .spec = { .src = "::1", .dst = "::1", .proto = 17,
	  PORTS }, .what = AN_ERROR, .type = 1, .code = 4, .on = "lo" },
	{ "from a mapped address", RET, .spec = { .src = "::ffff:10.0.0.1",
	  .dst = "2001:db8::1", .proto = 6, PORTS } },
	{ "from link-local", RET, .spec = { .src = "fe80::1", .dst = "fe80::2",
	  .proto = 17, PORTS }, .what = AN_ERROR, .type = 1, .code = 4 },
};

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
};

static void
setup(struct fix *fx)
{
	unit_reset();
	fx->sim = sim_new(9);
	fx->n = sim_node_new(fx->sim, "n");
	assert_non_null(fx->n);
	assert_int_equal(sim_if_add(fx->n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(fx->n, 2, "lo"), 0);
	assert_int_equal(unit_enable(fx->n), 0);
	assert_int_equal(unit_reassemble(fx->n, 0), 0);
}

static void
load(struct fix *fx, const struct rcase *c)
{
	struct pf_rule r = unit_rule(PF_DROP);

	r.rule_flag = c->rule_flag;
	r.return_icmp = c->icmp;
	r.return_icmp6 = c->icmp6;
	r.return_ttl = c->ttl;
	assert_int_equal(unit_load(fx->n, &r, 1), 0);
}

static int
block(struct fix *fx, const struct rcase *c, struct pf_pkt *p)
{
	p->bcast = c->bcast;
	return (sim_test(fx->n, c->out ? PF_OUT : PF_IN,
	    c->on != NULL ? 2 : 1, p));
}

static void
check_rst(const struct rcase *c, const struct sim_info *in)
{
	if (in->proto != IPPROTO_TCP || in->flags != c->flags)
		fail_msg("%s: protocol %u, flags %#x", c->name, in->proto,
		    in->flags);
	if (in->seq != c->seq || in->ack != c->ack)
		fail_msg("%s: seq %u, ack %u", c->name, in->seq, in->ack);
	if (in->sport != c->spec.dport || in->dport != c->spec.sport)
		fail_msg("%s: ports %u, %u", c->name, in->sport, in->dport);
	if (in->ttl != (c->ttl != 0 ? c->ttl : 64) || in->len != in->off + 20)
		fail_msg("%s: TTL %u, length %u", c->name, in->ttl, in->len);
}

/* Type, code, and as much of the packet as may be. */
static void
check_error(const struct rcase *c, const struct sim_info *in,
    const struct pf_pkt *sent, const struct pf_pkt *cause)
{
	static uint8_t a[70000], b[70000];
	uint32_t max = in->af == AF_INET ? 576 : 1280, quoted;

	if (in->proto != (in->af == AF_INET ? 1 : 58) || in->icmp_type !=
	    c->type || in->icmp_code != c->code)
		fail_msg("%s: protocol %u, type %u, code %u", c->name,
		    in->proto, in->icmp_type, in->icmp_code);
	if (in->icmp_id != 0 || in->icmp_seq != 0)
		fail_msg("%s: the second word is not 0", c->name);
	quoted = cause->len < max - in->off - 8 ? cause->len :
	    max - in->off - 8;
	if (in->len != in->off + 8 + quoted)
		fail_msg("%s: length %u", c->name, in->len);
	sim_pkt_bytes(sent, a, sizeof(a));
	sim_pkt_bytes(cause, b, sizeof(b));
	if (memcmp(a + in->off + 8, b, quoted) != 0)
		fail_msg("%s: quotes something else", c->name);
}

static void
check_answer(struct fix *fx, const struct rcase *c, const struct pf_pkt *cause)
{
	struct pf_pkt *p = sim_pktq_take(&fx->n->sent);
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	struct sim_info in;
	uint8_t buf[40];

	if (c->what == NOTHING) {
		if (p != NULL)
			fail_msg("%s: answered", c->name);
		return;
	}
	if (p == NULL)
		fail_msg("%s: not answered", c->name);
	if (fx->n->sent.n != 0)
		fail_msg("%s: answered more than once", c->name);
	if (!sim_pkt_info(p, &in))
		fail_msg("%s: %s", c->name, in.wrong);
	sim_pkt_bytes(cause, buf, sizeof(buf));
	inet_ntop(in.af, buf + (in.af == AF_INET ? 12 : 8), src, sizeof(src));
	inet_ntop(in.af, buf + (in.af == AF_INET ? 16 : 24), dst, sizeof(dst));
	assert_string_equal(in.src, dst);
	assert_string_equal(in.dst, src);
	if (c->what == A_RST)
		check_rst(c, &in);
	else
		check_error(c, &in, p, cause);
	sim_pkt_free(p);
}

static void
answers(void **arg)
{
	static const uint32_t cuts[] = { 3, 21, 33, 47, 130, 300, 501 };
	struct pf_pkt *p;
	struct fix fx;

	(void)arg;
	setup(&fx);
	for (size_t i = 0; i < NITEMS(cases); i++) {
		load(&fx, &cases[i]);
		for (int cut = 0; cut < 2; cut++) {
			p = sim_pkt_build(&cases[i].spec);
			if (cut)
				sim_pkt_split(p, cuts, NITEMS(cuts));
			assert_int_equal(block(&fx, &cases[i], p), PF_DROP);
			check_answer(&fx, &cases[i], p);
			sim_pkt_free(p);
		}
	}
	sim_free(fx.sim);
}

/*
 * set fail-policy return: a rule that passes, and can make no state, answers as one that
 * blocks; without it, nothing is said.  Those cases that would make a state.
 */
static void
pass_without_state(struct fix *fx, const struct rcase *c, uint32_t rule_flag)
{
	struct pf_rule r = unit_rule(PF_PASS);
	struct pf_pkt *p = sim_pkt_build(&(const struct sim_spec){ .src = "10.9.9.9",
	    .dst = "10.0.0.2", .proto = IPPROTO_UDP, .sport = 1, .dport = 1 });

	r.rule_flag = rule_flag;
	r.max_states = 1;
	assert_int_equal(unit_load(fx->n, &r, 1), 0);
	assert_int_equal(block(fx, c, p), PF_PASS);
	sim_pkt_free(p);
	p = sim_pkt_build(&c->spec);
	assert_int_equal(block(fx, c, p), PF_DROP);
	if (rule_flag != 0)
		check_answer(fx, c, p);
	assert_int_equal(fx->n->sent.n, 0);
	sim_pkt_free(p);
}

static void
fail_policy(void **arg)
{
	static const char *const names[] = { "SYN", "SYN with data", "SYN6",
	    "on the way out", "UDP", "UDP6", "GRE", "GRE6" };
	struct fix fx;
	size_t k, i;

	(void)arg;
	for (k = 0; k < NITEMS(names); k++) {
		for (i = 0; strcmp(cases[i].name, names[k]) != 0; i++)
			assert_true(i + 1 < NITEMS(cases));
		setup(&fx);
		pass_without_state(&fx, &cases[i], PFRULE_RETURN);
		sim_free(fx.sim);
		setup(&fx);
		pass_without_state(&fx, &cases[i], 0);
		sim_free(fx.sim);
	}
}

/* An error that quotes a packet is blocked in silence. */
static void
errors(void **arg)
{
	static const struct rcase v4 = { "error", RET,
	    .spec = { U4 } }, v6 = { "error6", RET, .spec = { U6 } };
	struct sim_spec sp = { .src = "10.0.0.2", .dst = "10.0.0.1",
		.proto = IPPROTO_ICMP, .icmp_type = 3 };
	struct sim_spec sp6 = { .src = "2001:db8::2", .dst = "2001:db8::1",
		.proto = IPPROTO_ICMPV6, .icmp_type = 1 };
	struct pf_pkt *p;
	struct fix fx;

	(void)arg;
	setup(&fx);
	load(&fx, &v4);
	sp.quote = sim_pkt_build(&v4.spec);
	sp6.quote = sim_pkt_build(&v6.spec);
	p = sim_pkt_build(&sp);
	assert_int_equal(block(&fx, &v4, p), PF_DROP);
	check_answer(&fx, &v4, p);
	sim_pkt_free(p);
	p = sim_pkt_build(&sp6);
	assert_int_equal(block(&fx, &v6, p), PF_DROP);
	check_answer(&fx, &v6, p);
	sim_pkt_free(p);
	sim_pkt_free((struct pf_pkt *)(uintptr_t)sp.quote);
	sim_pkt_free((struct pf_pkt *)(uintptr_t)sp6.quote);
	sim_free(fx.sim);
}

/* Without memory the packet is blocked all the same, and nothing is lost. */
static void
no_memory(void **arg)
{
	struct pf_pkt *p;
	struct fix fx;

	(void)arg;
	setup(&fx);
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct rcase c = cases[i];

		load(&fx, &c);
		p = sim_pkt_build(&c.spec);
		sim_fail_from(1);
		assert_int_equal(block(&fx, &c, p), PF_DROP);
		assert_int_equal(sim_fail_done(), c.what == NOTHING ? 0 : 1);
		sim_fail_alloc(0);
		assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
		c.what = NOTHING;
		check_answer(&fx, &c, p);
		sim_pkt_free(p);
	}
	sim_free(fx.sim);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(errors),
		cmocka_unit_test(fail_policy),
		cmocka_unit_test(no_memory),
	};

	return (cmocka_run_group_tests_name("reply", tests, NULL, NULL));
}
