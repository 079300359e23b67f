// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_modulate.c: connections whose numbers are modulated, from the rule to the bytes of the
 * packets.
 *
 * A client and a server talk through an interface.  Each of them counts from a number of its own,
 * and acknowledges the other one as it sees it.  What leaves pf must be what the receiver is to
 * see, byte for byte, with checksums that are right when they are computed anew; both families,
 * opened from within and from outside, in one piece and cut up, with a translation and without.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define S	PF_TH_SYN
#define A	PF_TH_ACK
#define F	(PF_TH_FIN | PF_TH_ACK)
#define R	PF_TH_RST
#define NOP	PF_TCPOPT_NOP

enum { CLI, SRV };
static const char *const addresses[2][3] = {	/* client, server, public one of the client */
	{ "10.1.0.2", "192.0.2.9", "198.51.100.1" },
	{ "2001:db8:1::2", "2001:db8:9::9", "2001:db8:f::1" },
};
static const uint32_t begins[][2] = {
	{ 1000, 5000 }, { 0xffffffff, 0xffffff00 }, { 0, 0x7fffffff }, { 0x80000000, 0 },
};

struct way {
	bool	v6, in, cut, nat;
};
struct fix {
	struct way	 w;
	struct sim	*sim;
	struct sim_node	*n;
	uint32_t	 isn[2];
	uint32_t	 diff[2];	/* as seen; 0: not yet */
	uint16_t	 port;		/* of the client, as the server sees it */
	struct pf_pkt	*last;		/* what has passed */
};

/* A segment; its numbers count from the beginnings. */
struct seg {
	uint8_t		 who, flags;
	uint32_t	 seq, ack, len;
	const uint8_t	*opt;		/* TCP options, .. */
	uint8_t		 optlen;	/* .. a multiple of 4 */
	bool		 no_ack;	/* A: of nothing: a zero */
};

/* A rule that passes everything; and if so, nat of the client. */
static void
load(struct fix *f, const struct pf_rule *pass)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_FILTER }, { .type = PF_RULESET_NAT },
	};
	struct pfioc_trans t = { .size = 2, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);
	struct pf_rule r;

	assert_non_null(cl);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	if (f->w.nat) {
		memset(&r, 0, sizeof(r));
		r.action = PF_NAT;
		r.rtableid = -1;
		r.af = f->w.v6 ? AF_INET6 : AF_INET;
		r.proto = IPPROTO_TCP;
		unit_addr(&r.src, addresses[f->w.v6][CLI]);
		r.pool[PF_POOL_RDR].proxy_port[0] = 50001;
		r.pool[PF_POOL_RDR].proxy_port[1] = 65535;
		r.pool[PF_POOL_RDR].port_op = PF_OP_RRG;
		unit_add_rule(f->n, cl, e[0].ticket, PF_RULESET_NAT, &r, addresses[f->w.v6][2]);
	}
	unit_add_rule(f->n, cl, e[0].ticket, PF_RULESET_FILTER, pass, NULL);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXCOMMIT, &t), 0);
	pf_client_close(cl);
}

static void
setup_with(struct fix *f, struct way w, const uint32_t *isn, uint8_t keep, bool any)
{
	struct pf_rule r = unit_rule(PF_PASS);

	unit_reset();
	memset(f, 0, sizeof(*f));
	f->w = w;
	memcpy(f->isn, isn, sizeof(f->isn));
	f->port = w.nat ? 0 : 1024;
	f->sim = sim_new(23);
	f->n = sim_node_new(f->sim, "fw");
	assert_non_null(f->n);
	assert_int_equal(sim_if_add(f->n, 1, "eth0"), 0);
	assert_int_equal(unit_enable(f->n), 0);
	r.keep_state = keep;
	if (any)
		r.flags = r.flagset = 0;
	load(f, &r);
}

static void
setup(struct fix *f, struct way w, const uint32_t *isn)
{
	setup_with(f, w, isn, PF_STATE_MODULATE, false);
}

static void
teardown(struct fix *f)
{
	sim_pkt_free(f->last);
	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
}

static uint32_t
start(const struct fix *f, int of, int to)
{
	return (f->isn[of] + (of != to ? f->diff[of] : 0));
}

/* The segment as it is at one of the ends, `at'. */
static struct pf_pkt *
build(const struct fix *f, const struct seg *g, int at)
{
	const char *const *name = addresses[f->w.v6];
	const char *client = at == SRV && f->w.nat ? name[2] : name[CLI];
	uint16_t port = at == SRV ? f->port : 1024;
	uint8_t data[2048] = { 0 };
	struct sim_spec s = {
		.src = g->who == CLI ? client : name[SRV],
		.dst = g->who == CLI ? name[SRV] : client,
		.sport = g->who == CLI ? port : 80, .dport = g->who == CLI ? 80 : port,
		.proto = IPPROTO_TCP, .flags = g->flags, .win = 4000,
		.seq = start(f, g->who, at) + g->seq,
		.ack = (g->flags & A) == 0 || g->no_ack ? 0 :
		    start(f, !g->who, at) + g->ack,
		.payload = data, .paylen = g->len,
		.tcp_opts = g->opt, .tcp_optlen = g->optlen,
	};
	struct pf_pkt *p;

	for (uint32_t i = 0; i < g->len; i++)
		data[i] = (uint8_t)(i * 7);
	p = sim_pkt_build(&s);
	if (f->w.cut)
		sim_pkt_split(p, (const uint32_t[]){ 9, 31, 57, 83 }, 4);
	return (p);
}

static int
direction(const struct fix *f, int who)
{
	return (f->w.in == (who == CLI) ? PF_IN : PF_OUT);
}

/* It goes through; what comes out stays in f->last. */
static int
go(struct fix *f, const struct seg *g)
{
	struct pf_pkt *p = build(f, g, g->who);
	int verdict = sim_test(f->n, direction(f, g->who), 1, p);

	sim_pkt_free(f->last);
	f->last = p;
	return (verdict);
}

static uint32_t
field(const struct pf_pkt *p, uint32_t at)
{
	uint8_t bytes[128];
	uint32_t v;

	assert_true(sim_pkt_bytes(p, bytes, sizeof(bytes)) >= at + 4);
	memcpy(&v, bytes + at, 4);
	return (ntohl(v));
}

static void
same_bytes(const struct pf_pkt *got, const struct pf_pkt *want, const char *what)
{
	uint8_t a[2200], b[2200];
	uint32_t n = sim_pkt_bytes(got, a, sizeof(a)), m = sim_pkt_bytes(want, b, sizeof(b));

	assert_int_equal(n, m);
	for (uint32_t i = 0; i < n; i++)
		if (a[i] != b[i])
			fail_msg("%s: byte %u is %#x, not %#x", what, i, a[i], b[i]);
}

/* It passes, and is what the other end is to see. */
static void
passes(struct fix *f, const struct seg *g, const char *what)
{
	struct pf_pkt *want;
	struct sim_info in;

	if (go(f, g) != PF_PASS)
		fail_msg("%s: %u:%#x is dropped", what, g->who, g->flags);
	if (!sim_pkt_info(f->last, &in))
		fail_msg("%s: %s", what, in.wrong);
	if (g->who == CLI && f->port == 0)
		f->port = in.sport;
	if (f->diff[g->who] == 0)
		f->diff[g->who] = in.seq - f->isn[g->who] - g->seq;
	want = build(f, g, !g->who);
	same_bytes(f->last, want, what);
	sim_pkt_free(want);
}

static void
drops(struct fix *f, const struct seg *g, const char *what)
{
	if (go(f, g) != PF_DROP)
		fail_msg("%s: %u:%#x passes", what, g->who, g->flags);
}

#define P(...)	passes(f, &(const struct seg){ __VA_ARGS__ }, #__VA_ARGS__)
#define D(...)	drops(f, &(const struct seg){ __VA_ARGS__ }, #__VA_ARGS__)

static void
handshake(struct fix *f)
{
	P(CLI, S, 0, 0);
	P(SRV, S | A, 0, 1);
	P(CLI, A, 1, 1);
}

/* Both ends have sent, and all of it is acknowledged. */
static void
connect_ends(struct fix *f)
{
	handshake(f);
	P(CLI, A, 1, 1, 300);
	P(SRV, A, 1, 301, 51);
	P(CLI, A, 301, 52);
}

/* The difference, as pfctl shows it: of the end that opened first. */
static void
check_state(struct fix *f)
{
	struct pfsync_state *st;

	assert_int_equal(unit_states(f->n, &st), 1);
	assert_int_equal(st->src.seqdiff, f->diff[CLI]);
	assert_int_equal(st->dst.seqdiff, f->diff[SRV]);
	/* and the numbers are the ends' own */
	assert_int_equal(st->src.seqlo, f->isn[CLI] + 301);
	assert_int_equal(st->dst.seqlo, f->isn[SRV] + 52);
	free(st);
}

static void
whole(struct fix *f)
{
	connect_ends(f);
	assert_int_not_equal(f->diff[CLI], 0);
	assert_int_not_equal(f->diff[SRV], 0);
	assert_int_not_equal(f->diff[CLI], f->diff[SRV]);
	check_state(f);
	/* sent again, a keepalive, far away */
	P(CLI, A, 1, 52, 300);
	P(CLI, A, 300, 52);
	P(SRV, A, 52, 301);
	D(CLI, A, 0x40000000, 52, 10);
	D(SRV, A, 52, 0x40000000, 10);
	/* what one would send who knows the other side's numbers */
	D(CLI, A, 301 + f->diff[CLI], 52, 10);
	D(SRV, A, 52 + f->diff[SRV], 301, 10);
	P(CLI, F, 301, 52);
	P(SRV, A, 52, 302, 9);
	P(SRV, F, 61, 302);
	P(CLI, A, 302, 62);
}

/* The SYN again, and another one of a client that has restarted, have the same difference. */
static void
syn_again(struct fix *f)
{
	P(CLI, S, 0, 0);
	P(CLI, S, 0, 0);
	P(SRV, S | A, 0, 1);
	P(SRV, S | A, 0, 1);
	P(CLI, S, 0, 0);
	P(CLI, A, 1, 1);
}

static void
restarts(struct fix *f)
{
	P(CLI, S, 0, 0);
	P(CLI, S, 0x70000000, 0);
	/* of an older connection: the client refuses it */
	P(SRV, A, 0x60000000, 0x50000000);
	P(CLI, R, 0x50000000, 0);
	P(SRV, S | A, 0, 0x70000001);
	P(CLI, A, 0x70000001, 1, 20);
	P(SRV, A, 1, 0x70000015);
}

/* The connection has ended: a new one gets new numbers. */
static void
reuse(struct fix *f)
{
	uint32_t old[2];

	connect_ends(f);
	P(SRV, R | A, 52, 301);
	memcpy(old, f->diff, sizeof(old));
	memset(f->diff, 0, sizeof(f->diff));
	f->isn[CLI] += 100000;
	if (f->w.nat)
		f->port = 0;
	connect_ends(f);
	check_state(f);
	assert_int_not_equal(f->diff[CLI], old[CLI]);
	assert_int_not_equal(f->diff[SRV], old[SRV]);
}

static void
resets(struct fix *f)
{
	connect_ends(f);
	P(CLI, R, 301, 0);
}

static void
refused(struct fix *f)
{
	P(CLI, S, 0, 0);
	P(SRV, R | A, 0, 1);
}

/* An ACK that means nothing stays so. */
static void
zero_ack(struct fix *f)
{
	connect_ends(f);
	P(.who = SRV, .flags = R | A, .seq = 52, .no_ack = true);
}

static void
both_open(struct fix *f)
{
	P(CLI, S, 0, 0);
	P(SRV, S, 0, 0);
	P(CLI, S | A, 0, 1);
	P(SRV, S | A, 0, 1);
	P(CLI, A, 1, 1, 5);
	P(SRV, A, 1, 6, 5);
}

/* The answers of pf itself: the receiver's own numbers, and those it knows of the other. */
static void
challenged(struct fix *f)
{
	static const uint32_t sent[2] = { 301, 52 };
	struct sim_info in;
	struct pf_pkt *p;

	connect_ends(f);
	for (int who = CLI; who <= SRV; who++) {
		struct seg g = { .who = who, .flags = S, .seq = 0x33333333 };

		sim_seconds(f->sim, 1);
		drops(f, &g, "a SYN");
		p = sim_pktq_take(&f->n->sent);
		assert_non_null(p);
		assert_int_equal(f->n->sent.n, 0);
		assert_true(sim_pkt_info(p, &in));
		assert_int_equal(in.flags, A);
		assert_int_equal(in.ack, f->isn[who] + sent[who]);
		assert_int_equal(in.seq, start(f, !who, who) + sent[!who]);
		sim_pkt_free(p);
	}
	P(SRV, R, 52, 0);
}

static const struct scenario {
	const char	*name;
	void		(*play)(struct fix *);
} scenarios[] = {
	{ "from SYN to the end", whole },
	{ "SYN again", syn_again },
	{ "restarts", restarts },
	{ "reuse", reuse },
	{ "RST", resets },
	{ "refused", refused },
	{ "RST with an ACK of nothing", zero_ack },
	{ "both open", both_open },
	{ "challenges", challenged },
};

static void
each_way(void (*play)(struct fix *))
{
	struct fix f;

	for (unsigned int i = 0; i < 16; i++) {
		struct way w = { i & 1, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0 };

		if (w.nat && w.in)	/* nat is on the way out */
			continue;
		for (size_t k = 0; k < NITEMS(begins); k++) {
			setup(&f, w, begins[k]);
			play(&f);
			teardown(&f);
		}
	}
}

static void
plays(void **state)
{
	const struct scenario *s = *state;

	each_way(s->play);
}

/*
 * Selective acknowledgements.  A number `n' of an option stands as four bytes 0, 0, 0xfe, n at the
 * places `at': they become what that end sees.
 */
#define N(n)	0, 0, 0xfe, n
static const struct {
	const char	*name;
	uint8_t		 opt[40], len;
	uint8_t		 at[9];		/* places, from the options' start; 0 ends */
} options[] = {
	{ "one block", { NOP, NOP, 5, 10, N(1), N(2) }, 12, { 4, 8 } },
	{ "odd", { NOP, 5, 10, N(1), N(2), NOP }, 12, { 3, 7 } },
	{ "at the end", { 5, 10, N(1), N(2), 0, 0 }, 12, { 2, 6 } },
	{ "three, with timestamps", { NOP, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, NOP, 5, 26,
	    N(1), N(2), N(3), N(4), N(5), N(6) }, 40, { 14, 18, 22, 26, 30, 34 } },
	{ "three, odd", { 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, NOP, 5, 26,
	    N(1), N(2), N(3), N(4), N(5), N(6), NOP }, 40, { 13, 17, 21, 25, 29, 33 } },
	{ "four", { NOP, NOP, 5, 34, N(1), N(2), N(3), N(4), N(5), N(6), N(7), N(8) },
	    36, { 4, 8, 12, 16, 20, 24, 28, 32 } },
	{ "four, odd", { NOP, NOP, NOP, 5, 34, N(1), N(2), N(3), N(4), N(5), N(6), N(7),
	    N(8), 0, 0, 0 }, 40, { 5, 9, 13, 17, 21, 25, 29, 33 } },
	{ "two options", { 5, 10, N(1), N(2), 5, 10, N(3), N(4) }, 20, { 2, 6, 12, 16 } },
	{ "none", { 5, 2, NOP, NOP }, 4, { 0 } },
	/* malformed: as they are */
	{ "half a block", { NOP, NOP, 5, 6, N(1) }, 8, { 0 } },
	{ "a block and a byte", { 5, 11, N(1), N(2), 9, 0 }, 12, { 0 } },
	{ "beyond the end", { NOP, NOP, 5, 18, N(1), N(2) }, 12, { 0 } },
	{ "no length", { NOP, NOP, NOP, 5 }, 4, { 0 } },
	{ "length 0", { 5, 0, 5, 10, N(1), N(2) }, 12, { 0 } },
	{ "length 1", { 5, 1, 5, 10, N(1), N(2) }, 12, { 0 } },
	{ "behind the end", { 0, 0, 5, 10, N(1), N(2) }, 12, { 0 } },
	{ "behind a malformed one", { 5, 10, N(1), N(2), 8, 0, NOP, NOP, 5, 10, N(3), N(4) },
	    24, { 2, 6 } },
	{ "another option", { NOP, NOP, 253, 10, N(1), N(2) }, 12, { 0 } },
};

/* The option with the numbers that `at' sees of the end `of'. */
static void
fill(const struct fix *f, uint8_t opt[40], size_t i, int of, int at)
{
	uint32_t v;

	memcpy(opt, options[i].opt, 40);
	for (const uint8_t *p = options[i].at; *p != 0; p++) {
		v = htonl(start(f, of, at) + 256 + opt[*p + 3]);
		memcpy(opt + *p, &v, 4);
	}
}

static void
sack_with(struct fix *f, size_t i, int who)
{
	uint8_t sent[40], want[40];
	struct seg g = {
		.who = who, .flags = A, .seq = who == CLI ? 301 : 52,
		.ack = who == CLI ? 52 : 301, .opt = sent, .optlen = options[i].len,
	};
	struct pf_pkt *p;
	struct sim_info in;

	for (int data = 0; data < 2; data++) {
		g.len = data * 33;
		fill(f, sent, i, !who, who);
		g.opt = sent;
		if (go(f, &g) != PF_PASS)
			fail_msg("%s: dropped", options[i].name);
		if (!sim_pkt_info(f->last, &in))
			fail_msg("%s: %s", options[i].name, in.wrong);
		fill(f, want, i, !who, !who);
		g.opt = want;
		p = build(f, &g, !who);
		same_bytes(f->last, p, options[i].name);
		sim_pkt_free(p);
	}
}

static void
sack(struct fix *f)
{
	connect_ends(f);
	for (size_t i = 0; i < NITEMS(options); i++)
		for (int who = CLI; who <= SRV; who++)
			sack_with(f, i, who);
}

static void
sacks(void **state)
{
	(void)state;
	each_way(sack);
}

/*
 * ICMP errors.  The quoted segment is as it was beyond pf, so much of it; who has sent it gets it
 * as it was before.
 */
static void
quote(struct fix *f, const struct seg *g, uint32_t len, bool ok)
{
	struct pf_pkt *far = build(f, g, !g->who), *near = build(f, g, g->who), *p, *want;
	const char *const *name = addresses[f->w.v6];
	uint32_t at = f->w.v6 ? 40 : 20;
	struct sim_spec sp = {
		.src = "192.0.2.77",
		.dst = g->who == SRV ? name[SRV] : f->w.nat ? name[2] : name[CLI],
		.proto = IPPROTO_ICMP, .icmp_type = 3, .icmp_code = 1,
		.quote = far, .quote_len = at + len,
	};
	int verdict;

	if (f->w.v6) {
		sp.src = "2001:db8:77::7";
		sp.proto = IPPROTO_ICMPV6;
		sp.icmp_type = 1;
	}
	p = sim_pkt_build(&sp);
	if (f->w.cut)
		sim_pkt_split(p, (const uint32_t[]){ 9, 31, 57, 83 }, 4);
	verdict = sim_test(f->n, direction(f, !g->who), 1, p);
	assert_int_equal(verdict, ok ? PF_PASS : PF_DROP);
	if (ok) {
		sp.dst = name[g->who];
		if (f->w.nat && g->who == SRV)	/* who is hidden does not show */
			sp.src = name[2];
		sp.quote = near;
		want = sim_pkt_build(&sp);
		same_bytes(p, want, "quote");
		sim_pkt_free(want);
	}
	sim_pkt_free(p);
	sim_pkt_free(near);
	sim_pkt_free(far);
}

static void
quotes_of(struct fix *f)
{
	static const uint32_t lengths[] = { 8, 20, 33, 60 };
	struct seg c = { CLI, A, 1, 1, 300 }, s = { SRV, A, 1, 301, 51 };
	uint32_t diff;

	connect_ends(f);
	for (size_t i = 0; i < NITEMS(lengths); i++) {
		quote(f, &c, lengths[i], true);
		quote(f, &s, lengths[i], true);
	}
	/* the sender's own numbers are not what is seen beyond */
	diff = f->diff[CLI];
	f->diff[CLI] = 0;
	quote(f, &c, 20, false);
	f->diff[CLI] = diff;
}

/* A quote that ends within the header: the number is right, and the error's checksum. */
static void
short_quotes(struct fix *f)
{
	static const struct seg c = { CLI, A, 1, 1, 300 };
	uint32_t at = f->w.v6 ? 40 : 20;
	struct pf_pkt *far, *p;
	struct sim_info in;

	connect_ends(f);
	far = build(f, &c, SRV);
	for (uint32_t len = 8; len < 20; len++) {
		struct sim_spec sp = {
			.src = f->w.v6 ? "2001:db8:77::7" : "192.0.2.77",
			.dst = addresses[f->w.v6][f->w.nat ? 2 : CLI],
			.proto = f->w.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
			.icmp_type = f->w.v6 ? 1 : 3,
			.quote = far, .quote_len = at + len,
		};

		p = sim_pkt_build(&sp);
		assert_int_equal(sim_test(f->n, direction(f, SRV), 1, p), PF_PASS);
		if (!sim_pkt_info(p, &in))
			fail_msg("%u bytes of TCP: %s", len, in.wrong);
		assert_int_equal(field(p, at + 8 + at + 4), f->isn[CLI] + 1);
		sim_pkt_free(p);
	}
	sim_pkt_free(far);
}

static void
quotes(void **state)
{
	(void)state;
	each_way(quotes_of);
	each_way(short_quotes);
}

/* What is not the beginning of a connection keeps its numbers. */
static void
untouched(void **state)
{
	static const struct {
		uint8_t	keep, first;
	} rows[] = {
		{ PF_STATE_MODULATE, A }, { PF_STATE_MODULATE, S | A },
		{ PF_STATE_MODULATE, PF_TH_FIN | A }, { PF_STATE_NORMAL, S },
	};
	static const struct way w = { false, true, false, false };
	struct pfsync_state *st;
	struct fix fx, *f = &fx;

	(void)state;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		setup_with(f, w, begins[0], rows[i].keep, true);
		P(.who = CLI, .flags = rows[i].first, .seq = 0, .ack = 1);
		P(SRV, A, 1, rows[i].first == A ? 0 : 1, 0);
		assert_int_equal(f->diff[CLI] | f->diff[SRV], 0);
		assert_int_equal(unit_states(f->n, &st), 1);
		assert_int_equal(st->src.seqdiff | st->dst.seqdiff, 0);
		free(st);
		teardown(f);
	}
}

/* Other protocols: keep state. */
static void
not_tcp(void **state)
{
	static const struct way w = { false, true, false, false };
	struct sim_spec s = { .src = "10.1.0.2", .dst = "192.0.2.9", .proto = IPPROTO_UDP,
		.sport = 5, .dport = 6, .paylen = 30 };
	struct pf_pkt *p, *same;
	struct fix fx, *f = &fx;

	(void)state;
	setup(f, w, begins[0]);
	for (int i = 0; i < 3; i++) {
		p = sim_pkt_build(&s);
		same = sim_pkt_build(&s);
		assert_int_equal(sim_test(f->n, PF_IN, 1, p), PF_PASS);
		same_bytes(p, same, "UDP");
		sim_pkt_free(p);
		sim_pkt_free(same);
	}
	teardown(f);
}

/* The difference makes it so that the answer to the client's SYN is a 0 which means just that: the
 * same world has the same differences. */
static void
real_zero(void **state)
{
	static const struct way w = { false, true, false, false };
	uint32_t isn[2] = { 1000, 5000 };
	struct fix fx, *f = &fx;

	(void)state;
	setup(f, w, isn);
	P(CLI, S, 0, 0);
	isn[CLI] = 0u - f->diff[CLI] - 1;
	teardown(f);
	setup(f, w, isn);
	P(CLI, S, 0, 0);
	assert_int_equal(field(f->last, 24), 0xffffffff);
	P(SRV, R | A, 0, 1);
	teardown(f);
}

/* Without memory to write to the packet it is dropped. */
static void
no_memory(void **state)
{
	static const struct seg segs[] = { { CLI, S, 0, 0 }, { CLI, A, 301, 52, 7 } };
	static const struct way w = { false, true, false, false };
	struct fix fx, *f = &fx;
	unsigned long n;

	(void)state;
	for (size_t i = 0; i < NITEMS(segs); i++) {
		for (n = 1; ; n++) {
			setup(f, w, begins[1]);
			if (i > 0)
				connect_ends(f);
			sim_fail_alloc(n);
			if (go(f, &segs[i]) == PF_PASS)
				break;
			assert_int_equal(sim_fail_done(), 1);
			sim_fail_alloc(0);
			teardown(f);
		}
		sim_fail_alloc(0);
		assert_true(n > 1);
		teardown(f);
	}
}

/* Connections have differences of their own. */
static void
random_each(void **state)
{
	static const struct way w = { false, true, false, false };
	uint32_t seen[64];
	struct fix fx, *f = &fx;

	(void)state;
	setup(f, w, begins[0]);
	for (size_t i = 0; i < NITEMS(seen); i++) {
		struct sim_spec s = { .src = "10.1.0.2", .dst = "192.0.2.9",
			.proto = IPPROTO_TCP, .sport = (uint16_t)(2000 + i), .dport = 80,
			.flags = S, .seq = 7 };
		struct pf_pkt *p = sim_pkt_build(&s);

		assert_int_equal(sim_test(f->n, PF_IN, 1, p), PF_PASS);
		seen[i] = field(p, 24);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seen[k], seen[i]);
		sim_pkt_free(p);
	}
	teardown(f);
}

int
main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(sacks),
		cmocka_unit_test(quotes),
		cmocka_unit_test(untouched),
		cmocka_unit_test(not_tcp),
		cmocka_unit_test(real_zero),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(random_each),
	};
	struct CMUnitTest tests[NITEMS(scenarios) + NITEMS(more)];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < NITEMS(scenarios); i++) {
		tests[i].name = scenarios[i].name;
		tests[i].test_func = plays;
		tests[i].initial_state = (void *)(uintptr_t)&scenarios[i];
	}
	memcpy(tests + NITEMS(scenarios), more, sizeof(more));
	return (cmocka_run_group_tests_name("modulate", tests, NULL, NULL));
}
