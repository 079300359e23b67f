// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_norm.c: rules that set fields of headers: scrub (no-df, random-id, min-ttl, max-mss).
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

struct seen {
	struct sim_info	 i;
	uint16_t	 id, off, mss;		/* host order; mss 0: no such option */
	uint8_t		 bytes[128];
};

/* The largest segment that a TCP header at th speaks of. */
static uint16_t
mss_of(const uint8_t *th)
{
	unsigned int i = 20, end = (th[12] >> 4) * 4U;

	while (i < end && th[i] != PF_TCPOPT_EOL) {
		if (th[i] == PF_TCPOPT_MSS)
			return ((uint16_t)(th[i + 2] << 8 | th[i + 3]));
		i += th[i] == PF_TCPOPT_NOP ? 1 : th[i + 1];
	}
	return (0);
}

/* Send it, and see it as it comes out. */
static bool
sends(struct unit_node *u, int dir, const struct sim_spec *s, struct seen *seen)
{
	struct pf_pkt *p = sim_pkt_build(s);
	bool passes = sim_test(u->n, dir, 1, p) == PF_PASS;

	if (passes) {
		memset(seen, 0, sizeof(*seen));
		if (!sim_pkt_info(p, &seen->i))
			fail_msg("%s", seen->i.wrong);
		sim_pkt_bytes(p, seen->bytes, sizeof(seen->bytes));
		seen->id = (uint16_t)(seen->bytes[4] << 8 | seen->bytes[5]);
		seen->off = (uint16_t)(seen->bytes[6] << 8 | seen->bytes[7]);
		if (seen->i.proto == IPPROTO_TCP && s->frag_off == 0)
			seen->mss = mss_of(seen->bytes + seen->i.off);
	}
	sim_pkt_free(p);
	return (passes);
}

static struct sim_spec
segment(bool v6, bool back, uint16_t port, uint8_t flags)
{
	const char *a = v6 ? "2001:db8::1" : "10.0.0.1", *b = v6 ? "2001:db8::2" : "10.0.0.2";

	return ((struct sim_spec){ .src = back ? b : a, .dst = back ? a : b,
	    .proto = IPPROTO_TCP, .sport = back ? 80 : port, .dport = back ? port : 80,
	    .flags = flags, .seq = back ? 5000 : 1000, .ack = flags & PF_TH_ACK ?
	    (back ? 1001 : 5001) : 0, .df = true, .ip_id = 7, .ttl = 20, .mss =
	    flags & PF_TH_SYN ? 1460 : 0 });
}

/* One that comes out as it went in, but for what `want' says. */
static void
test_one(void **state)
{
	static const struct {
		uint32_t	flag;
		uint8_t		min_ttl;
		uint16_t	max_mss;
		bool		df, id;			/* kept */
		uint8_t		ttl;
		uint16_t	mss;
	} t[] = {
		{ 0, 0, 0, true, true, 20, 1460 },
		{ PFRULE_NODF, 0, 0, false, true, 20, 1460 },
		{ PFRULE_RANDOMID, 0, 0, true, false, 20, 1460 },
		{ PFRULE_NODF | PFRULE_RANDOMID, 0, 0, false, false, 20, 1460 },
		{ 0, 19, 0, true, true, 20, 1460 },
		{ 0, 21, 0, true, true, 21, 1460 },
		{ 0, 255, 0, true, true, 255, 1460 },
		{ 0, 0, 1461, true, true, 20, 1460 },
		{ 0, 0, 1459, true, true, 20, 1459 },
		{ 0, 0, 1, true, true, 20, 1 },
		{ PFRULE_NODF, 64, 536, false, true, 64, 536 },
	};
	struct unit_node *u = *state;
	struct pf_rule r[2];
	struct seen seen;

	/* by the rule that passes, or by one of match before it */
	for (unsigned int i = 0; i < NITEMS(t) * 8; i++) {
		unsigned int n = i / 8;
		bool v6 = i & 1, match = i & 2, keep = i & 4;
		struct sim_spec s = segment(v6, false, (uint16_t)(1024 + i), PF_TH_SYN);
		uint16_t id = 0;
		int same = 0;

		r[0] = unit_rule(match ? PF_MATCH : PF_PASS);
		if (match || !keep)
			r[0].keep_state = 0;
		r[0].flags = r[0].flagset = 0;
		r[0].rule_flag = t[n].flag;
		r[0].min_ttl = t[n].min_ttl;
		r[0].max_mss = t[n].max_mss;
		r[1] = unit_rule(PF_PASS);
		r[1].keep_state = keep ? PF_STATE_NORMAL : 0;
		assert_int_equal(unit_load(u->n, r, match ? 2 : 1), 0);
		for (int again = 0; again < 6; again++) {
			bool back = keep && again % 2 == 1;

			if (back)
				s = segment(v6, true, (uint16_t)(1024 + i), PF_TH_SYN | PF_TH_ACK);
			else
				s = segment(v6, false, (uint16_t)(1024 + i), PF_TH_SYN);
			assert_true(sends(u, back ? PF_OUT : PF_IN, &s, &seen));
			assert_int_equal(seen.i.ttl, t[n].ttl);
			assert_int_equal(seen.mss, t[n].mss);
			assert_int_equal(seen.i.seq, s.seq);
			if (v6)
				continue;
			assert_int_equal(seen.off, t[n].df ? PF_IP_DF : 0);
			if (t[n].id)
				assert_int_equal(seen.id, 7);
			else
				same += again != 0 && seen.id == id;
			id = seen.id;
		}
		assert_true(same < 3);			/* of 16 bits, five times */
	}
}

/* What follows a SYN has no size of segments, whatever its options look like; fragments keep
 * what joins them. */
static void
test_not(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = unit_rule(PF_PASS);
	struct seen seen;

	assert_int_equal(unit_reassemble(u->n, 0), 0);
	r.flags = r.flagset = 0;
	r.keep_state = 0;
	r.rule_flag = PFRULE_NODF | PFRULE_RANDOMID;
	r.max_mss = 500;
	r.min_ttl = 30;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (int v6 = 0; v6 < 2; v6++) {
		struct sim_spec s = segment(v6, false, 1024, PF_TH_ACK);

		s.mss = 1460;
		assert_true(sends(u, PF_IN, &s, &seen));
		assert_int_equal(seen.mss, 1460);
		/* one without the option gets none */
		s = segment(v6, false, 1024, PF_TH_SYN);
		s.mss = 0;
		s.wscale = 3;
		assert_true(sends(u, PF_IN, &s, &seen));
		assert_int_equal(seen.mss, 0);
		/* fragments: first, later */
		for (int later = 0; later < 2; later++) {
			s = (struct sim_spec){ .src = v6 ? "2001:db8::1" : "10.0.0.1",
			    .dst = v6 ? "2001:db8::2" : "10.0.0.2", .proto = IPPROTO_TCP,
			    .sport = 1024, .dport = 80, .flags = PF_TH_ACK, .paylen = later ? 64 : 60,
			    .frag_off = later ? 80 : 0, .more_frags = true, .ip_id = 99,
			    .ttl = 20 };
			struct pf_pkt *p = sim_pkt_build(&s);
			uint8_t b[60];

			assert_int_equal(sim_test(u->n, PF_IN, 1, p), PF_PASS);
			sim_pkt_bytes(p, b, sizeof(b));
			assert_int_equal(b[v6 ? 7 : 8], 30);
			if (!v6)
				assert_int_equal(b[4] << 8 | b[5], 99);
			sim_pkt_free(p);
		}
	}
}

/* An option at an odd place, in a packet of many pieces. */
static void
test_odd(void **state)
{
	static const uint8_t opt[8] = { PF_TCPOPT_NOP, PF_TCPOPT_MSS, 4, 5, 0xb4,
		PF_TCPOPT_WSCALE, 3, 7 };
	struct unit_node *u = *state;
	struct pf_rule r = unit_rule(PF_PASS);

	r.max_mss = 0x0201;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (int v6 = 0; v6 < 2; v6++) {
		struct sim_spec s = segment(v6, false, 2000, PF_TH_SYN);
		uint32_t off = v6 ? 40 : 20, len;
		struct sim_info in;
		struct pf_pkt *p;
		uint8_t b[128];
		uint16_t sum;

		s.mss = 0;
		s.payload = opt;
		s.paylen = sizeof(opt);
		p = sim_pkt_build(&s);
		len = sim_pkt_bytes(p, b, sizeof(b));
		sim_pkt_free(p);
		b[off + 12] = 28 / 4 << 4;		/* payload becomes options */
		memset(b + off + 16, 0, 2);
		sum = htons(sim_sum_fold(sim_sum(sim_sum(IPPROTO_TCP + (len - off),
		    b + (v6 ? 8 : 12), v6 ? 32 : 8), b + off, len - off)));
		memcpy(b + off + 16, &sum, 2);
		p = sim_pkt_raw(b, len);
		sim_pkt_split(p, (const uint32_t[]){ 3, 33, 43, 44 }, 4);
		assert_int_equal(sim_test(u->n, PF_IN, 1, p), PF_PASS);
		if (!sim_pkt_info(p, &in))
			fail_msg("%s", in.wrong);
		sim_pkt_bytes(p, b, sizeof(b));
		assert_int_equal(mss_of(b + off), 0x0201);
		assert_int_equal(b[off + 27], 7);
		sim_pkt_free(p);
	}
}

/* The last rule that says something counts; without memory the packet is dropped. */
static void
test_several(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[3] = { unit_rule(PF_MATCH), unit_rule(PF_MATCH), unit_rule(PF_PASS) };
	struct sim_spec s = segment(false, false, 3000, PF_TH_SYN);
	struct pfsync_state *st;
	struct seen seen;
	unsigned int n;

	for (int i = 0; i < 2; i++) {
		r[i].keep_state = 0;
		r[i].flags = r[i].flagset = 0;
	}
	r[0].min_ttl = 100;
	r[0].max_mss = 1000;
	r[0].rule_flag = PFRULE_NODF;
	r[1].min_ttl = 50;
	r[2].max_mss = 1200;
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_true(sends(u, PF_IN, &s, &seen));
	assert_int_equal(seen.i.ttl, 50);
	assert_int_equal(seen.mss, 1200);
	assert_int_equal(seen.off, 0);
	assert_int_equal(unit_states(u->n, &st), 1);
	assert_int_equal(st->state_flags & (PFSTATE_NODF | PFSTATE_RANDOMID), PFSTATE_NODF);
	free(st);
	/* each allocation fails once, until all succeed */
	for (n = 1;; n++) {
		bool passes;

		s.sport++;
		sim_fail_alloc(n);
		passes = sends(u, PF_IN, &s, &seen);
		sim_fail_alloc(0);
		if (passes)
			break;
	}
	assert_true(n > 3);
	assert_int_equal(seen.mss, 1200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_not, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_odd, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_several, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
