// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_tcpnorm.c: connections with reassemble tcp, from the rule to the bytes of the packets.
 *
 * Two ends with clocks of their own send segments with timestamps.  What leaves pf must be what
 * the receiver is to see: the other end's clock put off by a number of its own, and echoes of its
 * own clock as it runs.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define S	PF_TH_SYN
#define A	PF_TH_ACK
#define R	PF_TH_RST
#define F	(PF_TH_FIN | PF_TH_ACK)

enum { CLI, SRV };
#define NONE	UINT32_MAX	/* no option */
#define SECOND	1000000ULL
#define DAY	(86400 * SECOND)

struct fix {
	struct unit_node *u;
	bool		 v6, modulate;
	int		 keep;
	uint16_t	 port;
	bool		 seen[2], known[2];	/* seqdiff; diff */
	uint32_t	 diff[2];	/* of each end's clock, as seen */
	uint32_t	 seqdiff[2];
	uint8_t		 ttl;		/* of the last one that passed */
};

static void
load(struct fix *f, uint32_t timeout)
{
	struct pf_rule r[2] = { unit_rule(PF_MATCH), unit_rule(PF_PASS) };

	r[0].keep_state = 0;
	r[0].flags = r[0].flagset = 0;
	r[0].rule_flag = PFRULE_REASSEMBLE_TCP;
	r[1].timeout[PFTM_TS_DIFF] = timeout;
	r[1].timeout[PFTM_TCP_ESTABLISHED] = 40000000;
	if (f->modulate)
		r[1].keep_state = PF_STATE_MODULATE;
	assert_int_equal(unit_load(f->u->n, r, 2), 0);
}

/* A segment of `who' with clock `val' that echoes `echo', both as `who' counts them and sees
 * them; off: where the option begins among the NOPs. */
static struct pf_pkt *
build(struct fix *f, int who, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t val,
    uint32_t echo, uint32_t len, uint8_t ttl, unsigned int off)
{
	const char *a = f->v6 ? "2001:db8::1" : "10.0.0.1", *b = f->v6 ? "2001:db8::2" : "10.0.0.2";
	uint8_t opt[12];
	struct sim_spec s = { .src = who == CLI ? a : b, .dst = who == CLI ? b : a,
	    .sport = who == CLI ? f->port : 80, .dport = who == CLI ? 80 : f->port,
	    .proto = IPPROTO_TCP, .flags = flags, .win = 8000, .seq = seq, .ack = ack,
	    .ttl = ttl, .paylen = len, .tcp_opts = opt,
	    .tcp_optlen = val == NONE && echo == NONE ? 0 : sizeof(opt) };
	struct pf_pkt *p;

	memset(opt, PF_TCPOPT_NOP, sizeof(opt));
	opt[off] = PF_TCPOPT_TS;
	opt[off + 1] = PF_TCPOPT_TS_LEN;
	pf_put32(opt + off + 2, val);
	pf_put32(opt + off + 6, echo);
	p = sim_pkt_build(&s);
	sim_pkt_split(p, (const uint32_t[]){ 7, 29, 45, 61 }, 4);
	return (p);
}

static uint64_t
bad_timestamps(struct fix *f)
{
	struct pf_status st;

	unit_status(f->u->n, &st);
	return (st.counters[PFRES_TS]);
}

/* As the other end has sent it; as this end sees it. */
static uint32_t
seen(const struct fix *f, int of, uint32_t val)
{
	return (val + (f->known[of] ? f->diff[of] : 0));
}

/* One segment: numbers count from each end's beginning, val and echo are as their own ends count.
 * It passes, with what the other end is to see; or not. */
struct seg {
	int		 who;
	uint8_t		 flags;
	uint32_t	 seq, ack, val, echo, len;
	uint8_t		 ttl;
	unsigned int	 off;
};
#define ISN	1000000U

static bool
go(struct fix *f, struct seg g)
{
	uint32_t seq = ISN + g.seq, ack = g.flags & A ? ISN + g.ack +
	    f->seqdiff[!g.who] : 0;
	bool with = g.val != NONE;
	struct pf_pkt *p = build(f, g.who, g.flags, seq, ack, g.val, !with ? NONE :
	    g.flags & A ? seen(f, !g.who, g.echo) : 0, g.len, g.ttl ? g.ttl : 64, g.off);
	uint8_t b[200];
	uint32_t at = f->v6 ? 40 : 20, val, echo;
	struct sim_info in;
	bool pass = sim_test(f->u->n, g.who == CLI ? PF_IN : PF_OUT, 1, p) == PF_PASS;

	if (pass) {
		if (!sim_pkt_info(p, &in))
			fail_msg("%s", in.wrong);
		f->ttl = in.ttl;
		sim_pkt_bytes(p, b, sizeof(b));
		if (g.flags & S || !f->seen[g.who])
			f->seqdiff[g.who] = in.seq - seq;
		f->seen[g.who] = true;
		assert_int_equal(in.seq, seq + f->seqdiff[g.who]);
		if (g.flags & A)
			assert_int_equal(in.ack, ISN + g.ack);
	}
	if (pass && with) {
		val = pf_get32(b + at + 22 + g.off);
		echo = pf_get32(b + at + 26 + g.off);
		if (!f->known[g.who] && !(g.flags & R)) {
			f->known[g.who] = true;
			f->diff[g.who] = val - g.val;
		}
		assert_int_equal(val, seen(f, g.who, g.val));
		assert_int_equal(echo, g.flags & A ? g.echo : 0);
	}
	sim_pkt_free(p);
	return (pass);
}
#define P(...)	assert_true(go(f, (struct seg){ __VA_ARGS__ }))
/* dropped for its timestamp */
#define D(...)	do {							\
	uint64_t was = bad_timestamps(f);				\
									\
	assert_false(go(f, (struct seg){ __VA_ARGS__ }));		\
	assert_int_equal(bad_timestamps(f), was + 1);			\
} while (0)

/* A new connection; clocks begin at 100 and 500000 or as said. */
static void
fresh(struct fix *f)
{
	f->port++;
	memset(f->seen, 0, sizeof(f->seen));
	memset(f->known, 0, sizeof(f->known));
	memset(f->seqdiff, 0, sizeof(f->seqdiff));
}

static void
connects(struct fix *f, uint32_t cli, uint32_t srv)
{
	fresh(f);
	P(CLI, S, 0, 0, cli, 0);
	P(SRV, S | A, 0, 1, srv, cli);
	P(CLI, A, 1, 1, cli + 10, srv);
}

/* Each way of a test. */
static void
each_way(void **state, void (*test)(struct fix *))
{
	for (unsigned int i = 0; i < 4; i++) {
		struct fix f = { .u = *state, .v6 = i & 1, .modulate = i & 2,
		    .port = (uint16_t)(2000 + 1000 * i) };

		load(&f, 0);
		test(&f);
	}
}

static void
exchange(struct fix *f)
{
	static const uint32_t clock[][2] = { { 100, 500000 }, { 0xfffffff0, 0x7ffffff0 },
		{ 1, 0xfffffffe }, { 0x80000000, 0 } };
	uint32_t diff[2][NITEMS(clock)];

	for (unsigned int i = 0; i < NITEMS(clock); i++) {
		uint32_t c = clock[i][0], s = clock[i][1];

		connects(f, c, s);
		diff[CLI][i] = f->diff[CLI];
		diff[SRV][i] = f->diff[SRV];
		P(CLI, A, 1, 1, c + 20, s, 300);
		P(CLI, A, 301, 1, c + 20, s, 300, 0, 1);	/* at an odd place */
		P(SRV, A, 1, 301, s + 30, c + 20, 0, 0, 2);
		P(SRV, A, 1, 601, s + 31, c + 20, 51);
		/* again, and one that has been overtaken */
		P(CLI, A, 301, 1, c + 25, s, 300);
		P(CLI, A, 601, 52, c + 30, s + 31);
		P(CLI, A, 601, 1, c + 21, s);
		/* a RST, with a timestamp */
		P(CLI, R | A, 601, 52, c + 40, s + 31);
	}
	/* the differences are not the same for two connections */
	for (unsigned int i = 1; i < NITEMS(clock); i++) {
		assert_int_not_equal(diff[CLI][i], diff[CLI][0]);
		assert_int_not_equal(diff[SRV][i], diff[SRV][0]);
	}
	assert_int_not_equal(diff[CLI][0], 0);
	assert_int_not_equal(diff[CLI][0], diff[SRV][0]);
}

static void
forged(struct fix *f)
{
	connects(f, 100, 500000);
	P(CLI, A, 1, 1, 200, 500000, 100);
	P(SRV, A, 1, 101, 500100, 200, 100);
	P(CLI, A, 101, 101, 210, 500100);
	/* older than what has been echoed */
	D(CLI, A, 101, 101, 199, 500100, 10);
	D(CLI, A, 101, 101, 0x80000000, 500100, 10);
	D(CLI, F, 101, 101, 10, 500100);
	D(SRV, A, 101, 101, 500099, 210, 10);
	/* not what the other end has sent, or not yet */
	D(CLI, A, 101, 101, 211, 500101, 10);
	D(CLI, A, 101, 101, 211, 499999, 10);
	D(SRV, A, 101, 101, 500101, 211, 10);
	D(SRV, A, 101, 101, 500101, 99, 10);
	/* a clock that runs ahead: 30 s at 1,100 ticks are allowed */
	D(CLI, A, 101, 101, 210 + 33001 + 1100, 500100, 10);
	P(CLI, A, 101, 101, 210 + 33000, 500100, 10);
	D(CLI, A, 111, 101, 210 + 33000 + 33001, 500100, 10);
	sim_advance(f->u->sim, 10 * SECOND);
	P(CLI, A, 111, 101, 210 + 33000 + 33000 + 10 * 1100, 500100, 10);
	/* data without the option, from who has sent some with it; an acknowledgement may */
	D(CLI, A, 121, 101, NONE, 0, 10);
	P(CLI, A, 121, 101, NONE, 0);
	/* what was refused has left no trace */
	P(SRV, A, 101, 121, 500200, 210 + 66000, 10);
	P(CLI, A, 121, 111, 210 + 33000 + 33000 + 10 * 1100, 500200, 10);
}

static void
without(struct fix *f)
{
	/* one end has no timestamps: nothing is compared */
	fresh(f);
	P(CLI, S, 0, 0, 100, 0);
	P(SRV, S | A, 0, 1, NONE, 0);
	P(CLI, A, 1, 1, NONE, 0, 100);
	P(SRV, A, 1, 101, NONE, 0, 100);
	/* they are agreed upon, and not used */
	connects(f, 100, 500000);
	P(CLI, A, 1, 1, NONE, 0, 100);
	P(CLI, A, 101, 1, 5, 500000, 100);
	P(CLI, A, 201, 1, 0x90000000, 500000, 100);
	P(SRV, A, 1, 301, 500010, 100, 100);
}

/* The host is suspended for so long: nothing happens every second. */
static void
sleeps(struct fix *f, uint64_t usec)
{
	f->u->sim->now += usec - SECOND;
	sim_advance(f->u->sim, SECOND);
}

static void
weeks(struct fix *f)
{
	uint32_t c = 100, s = 500000;

	/* a clock of 1 kHz: after 25 days it has gone half round, and nothing can be told */
	connects(f, c, s);
	P(CLI, A, 1, 1, c + 10, s, 10);
	P(SRV, A, 1, 11, s + 10, c + 10, 10);
	sleeps(f, 25 * DAY);
	c += 25U * 86400000;
	s += 25U * 86400000;
	P(CLI, A, 11, 11, c, s - 25U * 86400000 + 10, 10);
	P(SRV, A, 11, 21, s, c, 10);
	P(CLI, A, 21, 21, c + 1, s, 10);
	/* from here on it is as ever */
	D(CLI, A, 31, 21, c - 1, s, 10);
	/* a talk over months, a word a day */
	for (uint32_t day = 0; day < 120; day++) {
		sleeps(f, DAY);
		c += 86400000;
		s += 86400000;
		P(CLI, A, 31 + day, 21 + day, c, s - 86400000, 1);
		P(SRV, A, 21 + day, 32 + day, s, c, 1);
		P(CLI, A, 32 + day, 22 + day, c + 1, s);
	}
	D(CLI, A, 151, 141, c - 5, s, 1);
}

/* While the handshake is not complete. */
static void
opening(struct fix *f)
{
	/* the client has restarted, and its clock with it */
	fresh(f);
	P(CLI, S, 0, 0, 500000000, 0);
	P(CLI, S, 200000, 0, 100, 0);
	P(SRV, S | A, 0, 200001, 500000, 100);
	P(CLI, A, 200001, 1, 110, 500000);
	P(CLI, A, 200011, 1, 120, 500000, 10);
	P(SRV, A, 1, 200001, 500010, 100);	/* what it has had is the SYN */
	P(SRV, A, 1, 200021, 500020, 120, 10);
	D(CLI, A, 200021, 11, 119, 500020, 10);
	/* the SYN that comes last is an old one */
	fresh(f);
	P(CLI, S, 200000, 0, 100, 0);
	P(CLI, S, 0, 0, 500000000, 0);
	P(SRV, S | A, 0, 200001, 500000, 100);
	P(CLI, A, 200001, 1, 110, 500000);
	P(SRV, A, 1, 200001, 500010, 100);
	P(CLI, A, 200001, 1, 120, 500010, 10);
	/* the server's first acknowledgement overtakes its SYN */
	fresh(f);
	P(CLI, S, 0, 0, 100, 0);
	P(SRV, A, 1, 1, 500010, 100);
	P(SRV, S | A, 0, 1, 500000, 100);
	P(CLI, A, 1, 1, 110, 500010);
	P(CLI, A, 1, 1, 110, 500000, 10);
	P(SRV, A, 1, 11, 500020, 110, 10);
	/* the server remembers another connection, with echoes of another clock */
	fresh(f);
	P(CLI, S, 0, 0, 100, 0);
	P(SRV, A, 70000, 300000, 500000, 100 + 0x10000000);
	P(CLI, R, 300000, 0, NONE, 0);
	P(CLI, S, 0, 0, 110, 0);
	P(SRV, S | A, 0, 1, 500010, 110);
	P(CLI, A, 1, 1, 120, 500010);
	P(CLI, A, 1, 1, 120, 500010, 10);
	P(SRV, A, 1, 11, 500020, 120, 10);
	/* the connection is over: what comes may be of the next one */
	connects(f, 100, 500000);
	P(CLI, R, 1, 0, NONE, 0);
	P(SRV, A, 70000, 1, 900000000, 110);
}

static void
hops(struct fix *f)
{
	fresh(f);
	P(CLI, S, 0, 0, 100, 0, 0, 60);
	assert_int_equal(f->ttl, 60);
	P(SRV, S | A, 0, 1, 500000, 100, 0, 50);
	assert_int_equal(f->ttl, 50);
	P(CLI, A, 1, 1, 101, 500000, 0, 3);		/* would expire behind pf */
	assert_int_equal(f->ttl, 60);
	P(CLI, A, 1, 1, 101, 500000, 10, 64);
	assert_int_equal(f->ttl, 64);
	P(CLI, A, 11, 1, 101, 500000, 10, 63);
	assert_int_equal(f->ttl, 64);
	P(SRV, A, 1, 11, 500001, 101, 0, 1);
	assert_int_equal(f->ttl, 50);
}

static void
shown(struct fix *f)
{
	struct pfsync_state *st;
	uint32_t n;

	connects(f, 100, 500000);
	n = unit_states(f->u->n, &st);
	assert_true(n >= 1);
	for (uint32_t i = 0; i < n; i++)
		assert_true(st[i].state_flags & PFSTATE_SCRUB_TCP);
	free(st);
	/* no clock in a RST shows no difference */
	P(CLI, R | A, 1, 1, NONE, 0);
	connects(f, 100, 500000);
	f->known[CLI] = false;
	P(CLI, R | A, 1, 1, 0, 500000);
	/* without memory: dropped, each time another allocation */
	for (n = 1;; n++) {
		bool passes;

		fresh(f);
		sim_fail_alloc(n);
		passes = go(f, (struct seg){ CLI, S, 0, 0, 100, 0 });
		sim_fail_alloc(0);
		if (passes)
			break;
	}
	assert_true(n > 4);
}

static void
test_exchange(void **state)
{
	each_way(state, exchange);
}

static void
test_forged(void **state)
{
	each_way(state, forged);
}

static void
test_without(void **state)
{
	each_way(state, without);
}

static void
test_weeks(void **state)
{
	each_way(state, weeks);
}

static void
test_opening(void **state)
{
	each_way(state, opening);
}

static void
test_hops(void **state)
{
	each_way(state, hops);
}

static void
test_shown(void **state)
{
	each_way(state, shown);
}

/* A rule's own tcp.tsdiff. */
static void
test_slack(void **state)
{
	struct fix fix = { .u = *state, .port = 9000 }, *f = &fix;

	load(f, 2);
	connects(f, 100, 500000);
	D(CLI, A, 1, 1, 110 + 2201, 500000, 10);
	P(CLI, A, 1, 1, 110 + 2200, 500000, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exchange, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_forged, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_without, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_weeks, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_opening, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_hops, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_shown, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_slack, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
