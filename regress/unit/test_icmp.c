// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_icmp.c: ICMP errors on a router, and the connections that they are about.
 *
 * The router has the client behind eth0 and the server behind eth1.  A connection goes
 * through it while rules pass it, then all is blocked: an error passes only if its
 * state is found, on both interfaces, whichever end's packet it quotes.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

enum { CLIENT, SERVER, ROUTER, STRANGER, HOSTS };
static const char *const addresses[2][HOSTS] = {
	{ "10.1.0.2", "10.2.0.2", "172.16.0.9", "10.3.0.2" },
	{ "2001:db8:1::2", "2001:db8:2::2", "2001:db8:9::9", "2001:db8:3::2" },
};
static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
	IPPROTO_GRE };
static const uint8_t errors4[] = { 3, 4, 5, 11, 12 };
static const uint8_t errors6[] = { 1, 2, 3, 4 };

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
	bool		 v6;
	uint8_t		 proto;		/* IPPROTO_ICMP: echo, in both families */
};

static void
load(struct fix *fx, int action, uint32_t flag)
{
	struct pf_rule r = unit_rule(action);

	r.rule_flag = flag;
	assert_int_equal(unit_load(fx->n, &r, 1), 0);
}

static void
setup(struct fix *fx, bool v6, uint8_t proto)
{
	unit_reset();
	memset(fx, 0, sizeof(*fx));
	fx->v6 = v6;
	fx->proto = proto;
	fx->sim = sim_new(5);
	fx->n = sim_node_new(fx->sim, "router");
	assert_non_null(fx->n);
	assert_int_equal(sim_if_add(fx->n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(fx->n, 2, "eth1"), 0);
	assert_int_equal(unit_enable(fx->n), 0);
}

/* A packet of the connection by one of its ends. */
static struct sim_spec
spec(const struct fix *fx, int from)
{
	struct sim_spec sp = {
		.src = addresses[fx->v6][from],
		.dst = addresses[fx->v6][!from],
		.proto = fx->proto,
		.sport = from == CLIENT ? 1024 : 80,
		.dport = from == CLIENT ? 80 : 1024,
		.flags = from == CLIENT ? PF_TH_SYN : PF_TH_SYN | PF_TH_ACK,
		.seq = from == CLIENT ? 1000 : 5000,
		.ack = from == CLIENT ? 0 : 1001,
		.icmp_id = 77, .paylen = 40,
	};

	if (fx->proto == IPPROTO_TCP)
		sp.paylen = 0;
	if (fx->proto == IPPROTO_ICMP) {
		sp.proto = fx->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		sp.icmp_type = fx->v6 ? (from == CLIENT ? 128 : 129) :
		    (from == CLIENT ? 8 : 0);
	}
	return (sp);
}

/* Through the router, on its way from one interface to the other. */
static int
forward(struct fix *fx, int from_if, struct pf_pkt *p, int *reason)
{
	struct pf_status a, b;
	int verdict;

	unit_status(fx->n, &a);
	verdict = sim_test(fx->n, PF_IN, from_if, p);
	if (verdict == PF_PASS)
		verdict = sim_test(fx->n, PF_OUT, 3 - from_if, p);
	unit_status(fx->n, &b);
	*reason = PFRES_MATCH;
	for (int i = PFRES_MATCH + 1; i < PFRES_MAX; i++)
		if (a.counters[i] != b.counters[i])
			*reason = i;
	sim_pkt_free(p);
	return (verdict);
}

static void
connect_ends(struct fix *fx, uint32_t flag)
{
	struct sim_spec sp;
	struct pf_status st;
	int reason;

	load(fx, PF_PASS, flag);
	for (int who = CLIENT; who <= SERVER; who++) {
		sp = spec(fx, who);
		assert_int_equal(forward(fx, 1 + who, sim_pkt_build(&sp),
		    &reason), PF_PASS);
	}
	unit_status(fx->n, &st);
	assert_int_equal(st.states, 2);
	load(fx, PF_DROP, 0);
}

static struct pf_pkt *
error_about(const struct fix *fx, const char *src, const char *dst,
    uint8_t type, const struct pf_pkt *quote, uint32_t len)
{
	struct sim_spec sp = {
		.src = src, .dst = dst,
		.proto = fx->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.icmp_type = type, .quote = quote, .quote_len = len,
	};

	return (sim_pkt_build(&sp));
}

static void
one_connection(bool v6, uint8_t proto, uint32_t flag)
{
	const uint8_t *types = v6 ? errors6 : errors4;
	size_t ntypes = v6 ? NITEMS(errors6) : NITEMS(errors4);
	struct pf_pkt *quote;
	struct sim_spec sp;
	struct fix fx;
	int reason, verdict;

	setup(&fx, v6, proto);
	connect_ends(&fx, flag);
	for (int who = CLIENT; who <= SERVER; who++) {
		sp = spec(&fx, who);
		quote = sim_pkt_build(&sp);
		for (size_t i = 0; i < ntypes; i++) {
			/* from beyond the interface that the packet left by */
			verdict = forward(&fx, 2 - who, error_about(&fx,
			    addresses[v6][ROUTER], sp.src, types[i], quote, 0),
			    &reason);
			if (verdict != PF_PASS)
				fail_msg("v6 %d, proto %u, end %d, type %u: "
				    "dropped, reason %d", v6, proto, who,
				    types[i], reason);
			/* by this router itself */
			assert_int_equal(sim_test_free(fx.n, PF_OUT, 1 + who,
			    error_about(&fx, addresses[v6][ROUTER], sp.src,
			    types[i], quote, 0)), PF_PASS);
			/* from the wrong side: states float unless bound */
			assert_int_equal(forward(&fx, 1 + who, error_about(&fx,
			    addresses[v6][ROUTER], sp.src, types[i], quote, 0),
			    &reason), flag == PFRULE_IFBOUND ? PF_DROP : PF_PASS);
		}
		sim_pkt_free(quote);
	}
	sim_free(fx.sim);
}

static void
both_ends(void **arg)
{
	(void)arg;
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < NITEMS(protos); i++) {
			one_connection(v6, protos[i], 0);
			one_connection(v6, protos[i], PFRULE_IFBOUND);
		}
}

/* The quotation is cut short everywhere: 8 bytes of transport are enough. */
static void
truncated(void **arg)
{
	struct pf_pkt *quote, *p;
	struct sim_spec sp;
	struct fix fx;
	uint32_t need, n;
	int reason, verdict;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < NITEMS(protos); i++) {
			setup(&fx, v6, protos[i]);
			connect_ends(&fx, 0);
			sp = spec(&fx, CLIENT);
			quote = sim_pkt_build(&sp);
			need = (v6 ? 40 : 20) +
			    (protos[i] == IPPROTO_GRE ? 0 : 8);
			for (n = 1; n <= quote->len; n++) {
				p = error_about(&fx, addresses[v6][ROUTER],
				    sp.src, 3, quote, n);
				verdict = forward(&fx, 2, p, &reason);
				if (verdict != (n < need ? PF_DROP : PF_PASS) ||
				    reason != (n < need ? PFRES_SHORT :
				    PFRES_MATCH))
					fail_msg("v6 %d, proto %u, %u bytes: "
					    "verdict %d, reason %d", v6,
					    protos[i], n, verdict, reason);
			}
			/* what lies behind the error's own length is not read */
			p = error_about(&fx, addresses[v6][ROUTER], sp.src, 3,
			    quote, need - 1);
			uint8_t buf[256] = { 0 };
			n = sim_pkt_bytes(p, buf, sizeof(buf));
			sim_pkt_free(p);
			p = sim_pkt_raw(buf, n + 20);
			assert_int_equal(forward(&fx, 2, p, &reason), PF_DROP);
			assert_int_equal(reason, PFRES_SHORT);
			sim_pkt_free(quote);
			sim_free(fx.sim);
		}
}

/* Quotations of other things.  Bytes are written over a quoted UDP packet. */
static const struct {
	const char	*name;
	bool		 v6;
	uint8_t		 off, len;	/* in the quotation */
	uint8_t		 bytes[16];
	uint8_t		 verdict, reason;
} changes[] = {
	{ "as it was", false, 0, 0, { 0 }, PF_PASS, 0 },
	{ "checksums are not looked at", false, 10, 2, { 1, 2 }, PF_PASS, 0 },
	{ ".. of the transport", false, 26, 2, { 1, 2 }, PF_PASS, 0 },
	{ "TTL and TOS", false, 8, 1, { 0 }, PF_PASS, 0 },
	{ "a length of 0", false, 2, 2, { 0, 0 }, PF_PASS, 0 },
	{ "a longer packet", false, 2, 2, { 0xff, 0xff }, PF_PASS, 0 },
	{ "a shorter one", false, 2, 2, { 0, 27 }, PF_DROP, PFRES_SHORT },
	{ "a first fragment", false, 6, 2, { 0x20, 0 }, PF_PASS, 0 },
	{ "a later fragment", false, 6, 2, { 0x20, 1 }, PF_DROP, PFRES_FRAG },
	{ "another port", false, 20, 2, { 4, 1 }, PF_DROP, 0 },
	{ "another port there", false, 22, 2, { 0, 81 }, PF_DROP, 0 },
	{ "another protocol", false, 9, 1, { 136 }, PF_DROP, 0 },
	{ "another address there", false, 16, 4, { 10, 3, 0, 2 }, PF_DROP, 0 },
	{ "another sender", false, 12, 4, { 10, 3, 0, 2 }, PF_DROP,
	  PFRES_BADSTATE },
	{ "another version", false, 0, 1, { 0x65 }, PF_DROP, PFRES_SHORT },
	{ "a header of 16", false, 0, 1, { 0x44 }, PF_DROP, PFRES_SHORT },
	{ "a header of 60", false, 0, 1, { 0x4f }, PF_DROP, PFRES_SHORT },
	{ "an ICMP error", false, 9, 1, { 1 }, PF_DROP, PFRES_NORM },
	{ "ICMPv6", false, 9, 1, { 58 }, PF_DROP, PFRES_NORM },
	{ "as it was", true, 0, 0, { 0 }, PF_PASS, 0 },
	{ "hop limit, class, flow", true, 1, 3, { 1, 2, 3 }, PF_PASS, 0 },
	{ "a longer packet", true, 4, 2, { 0xff, 0xff }, PF_PASS, 0 },
	{ "a shorter one", true, 4, 2, { 0, 7 }, PF_DROP, PFRES_SHORT },
	{ "another port", true, 40, 2, { 4, 1 }, PF_DROP, 0 },
	{ "another sender", true, 15, 1, { 9 }, PF_DROP, PFRES_BADSTATE },
	{ "another version", true, 0, 1, { 0x45 }, PF_DROP, PFRES_SHORT },
	{ "options in place of UDP", true, 6, 1, { 60 }, PF_DROP, 0 },
	{ "ICMPv4", true, 6, 1, { 1 }, PF_DROP, PFRES_NORM },
};

static void
changed(void **arg)
{
	struct pf_pkt *quote;
	struct sim_spec sp;
	struct fix fx;
	int reason, verdict;

	(void)arg;
	for (size_t i = 0; i < NITEMS(changes); i++) {
		bool v6 = changes[i].v6;

		setup(&fx, v6, IPPROTO_UDP);
		connect_ends(&fx, 0);
		sp = spec(&fx, CLIENT);
		quote = sim_pkt_build(&sp);
		sim_pkt_write(quote, changes[i].off, changes[i].bytes,
		    changes[i].len);
		verdict = forward(&fx, 2, error_about(&fx,
		    addresses[v6][ROUTER], addresses[v6][CLIENT], 3, quote, 0),
		    &reason);
		if (verdict != changes[i].verdict || reason != changes[i].reason)
			fail_msg("%s: verdict %d, reason %d", changes[i].name,
			    verdict, reason);
		sim_pkt_free(quote);
		sim_free(fx.sim);
	}
}

/* Quoted headers that are longer than the shortest, and errors about errors. */
static void
with_options(void **arg)
{
	static const uint8_t opts4[] = "\x94\4\0\0";
	static const uint8_t opts6[] = "\x11\0\5\2\0\0\1\0";
	struct pf_pkt *quote, *inner;
	struct sim_spec sp;
	struct fix fx;
	int reason;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++) {
		setup(&fx, v6, IPPROTO_UDP);
		connect_ends(&fx, 0);
		sp = spec(&fx, CLIENT);
		sp.opts = v6 ? opts6 : opts4;
		sp.optlen = v6 ? 8 : 4;
		sp.opt_proto = IPPROTO_HOPOPTS;
		quote = sim_pkt_build(&sp);
		assert_int_equal(forward(&fx, 2, error_about(&fx,
		    addresses[v6][ROUTER], sp.src, 3, quote, 0), &reason),
		    PF_PASS);
		sim_pkt_free(quote);

		sp = spec(&fx, SERVER);
		inner = sim_pkt_build(&sp);
		quote = error_about(&fx, addresses[v6][CLIENT],
		    addresses[v6][SERVER], 3, inner, 0);
		assert_int_equal(forward(&fx, 2, error_about(&fx,
		    addresses[v6][ROUTER], addresses[v6][CLIENT], 3, quote, 80),
		    &reason), PF_DROP);
		assert_int_equal(reason, PFRES_NORM);
		sim_pkt_free(quote);
		sim_pkt_free(inner);
		sim_free(fx.sim);
	}
}

/* Numbers within the window and without; the rest of TCP is test_tcp.c's. */
static void
tcp_window(void **arg)
{
	static const struct {
		uint32_t	seq;
		int		reason;
	} rows[] = {
		{ 1000, PFRES_MATCH }, { 1001, PFRES_MATCH },
		{ 0x41000000, PFRES_BADSTATE }, { 0xc1000000, PFRES_BADSTATE },
	};
	struct pf_pkt *quote;
	struct sim_spec sp;
	struct fix fx;
	int reason, verdict;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < NITEMS(rows); i++) {
			setup(&fx, v6, IPPROTO_TCP);
			connect_ends(&fx, 0);
			sp = spec(&fx, CLIENT);
			sp.seq = rows[i].seq;
			quote = sim_pkt_build(&sp);
			verdict = forward(&fx, 2, error_about(&fx,
			    addresses[v6][ROUTER], sp.src, 3, quote, 0),
			    &reason);
			assert_int_equal(reason, rows[i].reason);
			assert_int_equal(verdict, reason == PFRES_MATCH ?
			    PF_PASS : PF_DROP);
			sim_pkt_free(quote);
			sim_free(fx.sim);
		}
}

/* An error that belongs to nothing is for the rules; none makes a state. */
static void
no_state(void **arg)
{
	struct pf_status st;
	struct pf_pkt *quote;
	struct sim_spec sp;
	struct fix fx;
	int reason;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++) {
		setup(&fx, v6, IPPROTO_UDP);
		sp = spec(&fx, CLIENT);
		quote = sim_pkt_build(&sp);
		for (int action = PF_PASS; action <= PF_DROP; action++) {
			load(&fx, action, 0);
			assert_int_equal(forward(&fx, 2, error_about(&fx,
			    addresses[v6][ROUTER], sp.src, 3, quote, 0),
			    &reason), action);
			assert_int_equal(reason, PFRES_MATCH);
		}
		unit_status(fx.n, &st);
		assert_int_equal(st.states, 0);
		sim_pkt_free(quote);
		sim_free(fx.sim);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends),
		cmocka_unit_test(truncated),
		cmocka_unit_test(changed),
		cmocka_unit_test(with_options),
		cmocka_unit_test(tcp_window),
		cmocka_unit_test(no_state),
	};

	return (cmocka_run_group_tests_name("icmp", tests, NULL, NULL));
}
