// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_synproxy.c: connections whose client has to show itself first, as their two ends see
 * them.
 *
 * A client talks through a firewall to a server behind it, or on it.  The rule with synproxy
 * state is met on the way in, on the way out, or both.  What reaches an end is checked number by
 * number; the host itself checks the checksums.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define S	PF_TH_SYN
#define A	PF_TH_ACK
#define F	PF_TH_FIN
#define R	PF_TH_RST
#define CISN	0xfffffff0u
#define SISN	5000u

enum { ON_IN, ON_OUT, ON_BOTH, LOCAL, MODES };
enum { CLI, SRV };
struct way {
	int	mode;
	bool	v6, nat, cut;
	int	cscale, sscale;		/* -1: none */
	bool	sack;
};
/* client, server, the firewall's towards the server and towards the client */
static const char *const addresses[2][4] = {
	{ "10.1.0.2", "192.0.2.9", "192.0.2.1", "10.1.0.1" },
	{ "2001:db8:1::2", "2001:db8:9::9", "2001:db8:9::1", "2001:db8:1::1" },
};
struct fix {
	struct way	 w;
	struct sim	*sim;
	struct sim_node	*n;
	uint16_t	 port;		/* of the client, as the server sees it */
	uint32_t	 told;		/* first number that the client is told */
	uint32_t	 diff;		/* of the client's numbers at the server */
};
struct seg {
	uint8_t		 flags;
	uint32_t	 seq, ack;
	uint16_t	 win;
	uint32_t	 len;
	uint16_t	 mss;
	int		 scale;		/* -1: none */
	bool		 sack;
	uint32_t	 block[2];	/* of SACK; 0, 0: none */
	uint16_t	 sport, dport;
};

static const char *
client_at(const struct fix *f, int at)
{
	return (addresses[f->w.v6][at == SRV && f->w.nat ? 2 : 0]);
}

static const char *
server_at(const struct fix *f, int at)
{
	const char *const *a = addresses[f->w.v6];

	return (f->w.mode == LOCAL ? a[at == CLI || !f->w.nat ? 3 : 2] :
	    at == CLI && f->w.nat ? a[3] : a[1]);
}

static struct pf_rule
translation(const struct fix *f, int action, const char *ifname)
{
	struct pf_rule r;

	memset(&r, 0, sizeof(r));
	r.action = (uint8_t)action;
	r.rtableid = -1;
	r.af = f->w.v6 ? AF_INET6 : AF_INET;
	r.proto = IPPROTO_TCP;
	strcpy(r.ifname, ifname);
	return (r);
}

/* The rules: nat towards the server, and rdr of the firewall's address; pass in; pass out. */
static void
load(struct fix *f, uint8_t keep, uint32_t max)
{
	struct pfioc_trans_e e[3] = {
		{ .type = PF_RULESET_FILTER }, { .type = PF_RULESET_NAT },
		{ .type = PF_RULESET_RDR },
	};
	struct pfioc_trans t = { .size = 3, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);
	struct pf_rule r;

	assert_non_null(cl);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	if (f->w.nat) {
		r = translation(f, PF_NAT, "eth1");
		r.pool[PF_POOL_RDR].proxy_port[0] = 50001;
		r.pool[PF_POOL_RDR].proxy_port[1] = 65535;
		r.pool[PF_POOL_RDR].port_op = PF_OP_RRG;
		unit_add_rule(f->n, cl, e[0].ticket, PF_RULESET_NAT, &r, client_at(f, SRV));
		r = translation(f, PF_RDR, "eth0");
		unit_addr(&r.dst, server_at(f, CLI));
		unit_add_rule(f->n, cl, e[0].ticket, PF_RULESET_RDR, &r, server_at(f, SRV));
	}
	for (int dir = PF_IN; dir <= PF_OUT; dir++) {
		r = unit_rule(PF_PASS);
		r.direction = (uint8_t)dir;
		r.max_states = max;
		if (f->w.mode == ON_BOTH || (dir == PF_OUT) == (f->w.mode == ON_OUT))
			r.keep_state = keep;
		unit_add_rule(f->n, cl, e[0].ticket, PF_RULESET_FILTER, &r, NULL);
	}
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXCOMMIT, &t), 0);
	pf_client_close(cl);
}

static void
setup_with(struct fix *f, struct way w, uint8_t keep, uint32_t max)
{
	char text[64];

	unit_reset();
	memset(f, 0, sizeof(*f));
	if (w.mode == LOCAL && w.nat)
		w.nat = false;
	f->w = w;
	f->port = w.nat ? 0 : 1024;
	f->sim = sim_new(23);
	f->n = sim_node_new(f->sim, "fw");
	assert_non_null(f->n);
	assert_int_equal(sim_if_add(f->n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(f->n, 2, "eth1"), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s/%d", addresses[w.v6][3 - i], w.v6 ? 64 : 24);
		assert_int_equal(sim_if_addr(f->n, i + 1, text), 0);
	}
	assert_int_equal(unit_enable(f->n), 0);
	load(f, keep, max);
}

static void
setup(struct fix *f, struct way w)
{
	setup_with(f, w, PF_STATE_SYNPROXY, 0);
}

static void
quiet(struct fix *f)
{
	sim_pktq_flush(&f->n->out);
	sim_pktq_flush(&f->n->local);
	sim_pktq_flush(&f->n->sent);
}

static void
teardown(struct fix *f)
{
	quiet(f);
	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
}

static uint32_t
options(uint8_t *o, const struct seg *g)
{
	uint8_t *p = o;
	uint32_t v;

	if (g->mss != 0) {
		*p++ = 2, *p++ = 4, *p++ = (uint8_t)(g->mss >> 8), *p++ = (uint8_t)g->mss;
	}
	if (g->scale >= 0) {
		*p++ = 1, *p++ = 3, *p++ = 3, *p++ = (uint8_t)g->scale;
	}
	if (g->sack) {
		*p++ = 1, *p++ = 1, *p++ = 4, *p++ = 2;
	}
	if (g->block[1] != 0) {
		*p++ = 1, *p++ = 1, *p++ = 5, *p++ = 10;
		for (int i = 0; i < 2; i++, p += 4) {
			v = htonl(g->block[i]);
			memcpy(p, &v, 4);
		}
	}
	return ((uint32_t)(p - o));
}

/* A packet of one of the ends, as it sends it. */
static struct pf_pkt *
build(const struct fix *f, int who, const struct seg *g)
{
	uint8_t data[2048] = { 0 }, bytes[2200];
	uint32_t optlen = options(data, g), off = f->w.v6 ? 40 : 20, len;
	struct sim_spec sp = {
		.src = who == CLI ? client_at(f, CLI) : server_at(f, SRV),
		.dst = who == CLI ? server_at(f, CLI) : client_at(f, SRV),
		.sport = who == CLI ? 1024 : 80, .dport = who == CLI ? 80 : f->port,
		.proto = IPPROTO_TCP, .flags = g->flags, .win = g->win,
		.seq = g->seq, .ack = g->ack, .payload = data, .paylen = optlen + g->len,
	};
	struct pf_pkt *p = sim_pkt_build(&sp);
	uint16_t sum;

	len = sim_pkt_bytes(p, bytes, sizeof(bytes));
	sim_pkt_free(p);
	bytes[off + 12] = (uint8_t)((20 + optlen) / 4 << 4);
	bytes[off + 14] = (uint8_t)(g->win >> 8);
	bytes[off + 15] = (uint8_t)g->win;
	memset(bytes + off + 16, 0, 2);
	sum = htons(sim_sum_fold(sim_sum(sim_sum(IPPROTO_TCP + (len - off),
	    bytes + (f->w.v6 ? 8 : 12), f->w.v6 ? 32 : 8), bytes + off, len - off)));
	memcpy(bytes + off + 16, &sum, 2);
	p = sim_pkt_raw(bytes, len);
	if (f->w.cut)
		sim_pkt_split(p, (const uint32_t[]){ 9, 31, 57, 83 }, 4);
	return (p);
}

static void
put(struct fix *f, int who, const struct seg *g)
{
	struct pf_pkt *p = build(f, who, g);

	if (who == CLI)
		sim_input(f->n, 1, p);
	else if (f->w.mode == LOCAL)
		sim_output(f->n, p);
	else
		sim_input(f->n, 2, p);
}

/* What a packet says to the end `to', which must be meant. */
static void
read_packet(struct fix *f, int to, const struct pf_pkt *p, struct seg *g)
{
	uint8_t b[2200];
	uint32_t len = sim_pkt_bytes(p, b, sizeof(b)), off = f->w.v6 ? 40 : 20, end, i;
	struct sim_info in;

	if (!sim_pkt_info(p, &in))
		fail_msg("a bad packet: %s", in.wrong);
	assert_int_equal(in.len, len);
	assert_string_equal(in.src, to == CLI ? server_at(f, CLI) : client_at(f, SRV));
	assert_string_equal(in.dst, to == CLI ? client_at(f, CLI) : server_at(f, SRV));
	end = off + (b[off + 12] >> 4) * 4;
	*g = (struct seg){ .flags = in.flags, .seq = in.seq, .ack = in.ack, .win = in.win,
		.len = len - end, .scale = -1, .sport = in.sport, .dport = in.dport };
	for (i = off + 20; i < end && b[i] != 0; i += b[i] == 1 ? 1 : b[i + 1]) {
		switch (b[i]) {
		case 2:
			g->mss = (uint16_t)(b[i + 2] << 8 | b[i + 3]);
			break;
		case 3:
			g->scale = b[i + 2];
			break;
		case 4:
			g->sack = true;
			break;
		case 5:
			for (int k = 0; k < 2; k++)
				g->block[k] = pf_get32(b + i + 2 + 4 * k);
			break;
		}
	}
}

/* The next packet that has reached the end; false: none has. */
static bool
got(struct fix *f, int who, struct seg *g)
{
	struct sim_pktq rest;
	struct pf_pkt *p, *mine = NULL;
	bool local = who == SRV && f->w.mode == LOCAL;
	struct sim_pktq *q = local ? &f->n->local : &f->n->out;

	sim_pktq_init(&rest);
	while ((p = sim_pktq_take(q)) != NULL)
		if (mine == NULL && (local || p->outif == (who == CLI ? 1 : 2)))
			mine = p;
		else
			sim_pktq_add(&rest, p);
	while ((p = sim_pktq_take(&rest)) != NULL)
		sim_pktq_add(q, p);
	if (mine == NULL)
		return (false);
	read_packet(f, who, mine, g);
	sim_pkt_free(mine);
	return (true);
}

static struct seg
get(struct fix *f, int who)
{
	struct seg g;

	if (!got(f, who, &g))
		fail_msg("nothing has reached the %s", who == CLI ? "client" : "server");
	return (g);
}

static void
nothing(struct fix *f, int who)
{
	struct seg g;

	if (got(f, who, &g))
		fail_msg("%#x has reached the %s", g.flags, who == CLI ? "client" : "server");
}

static struct seg
the_syn(const struct fix *f)
{
	return ((struct seg){ .flags = S, .seq = CISN, .win = 50000, .mss = 1400,
		.scale = f->w.cscale, .sack = f->w.sack });
}

static struct seg
client_ack(const struct fix *f)
{
	return ((struct seg){ .flags = A, .seq = CISN + 1, .ack = f->told + 1,
		.win = f->w.cscale >= 0 ? (uint16_t)(50000 >> f->w.cscale) : 50000,
		.scale = -1 });
}

static struct seg
server_syn(const struct fix *f)
{
	return ((struct seg){ .flags = S | A, .seq = SISN, .ack = CISN + f->diff + 1,
		.win = 40000, .mss = 1300, .sack = f->w.sack,
		.scale = f->w.cscale >= 0 ? f->w.sscale : -1 });
}

static void
client_opens(struct fix *f)
{
	struct seg g = the_syn(f);

	put(f, CLI, &g);
	g = get(f, CLI);
	assert_int_equal(g.flags, S | A);
	assert_int_equal(g.ack, CISN + 1);
	assert_int_equal(g.win, 0);
	assert_int_equal(g.mss, 1400);
	assert_int_equal(g.scale, f->w.cscale >= 0 ? 7 : -1);
	assert_int_equal(g.sack, f->w.sack);
	f->told = g.seq;
	nothing(f, CLI);
	nothing(f, SRV);
}

/* The SYN has reached the server. */
static void
syn_is_there(struct fix *f)
{
	struct seg g = get(f, SRV);

	assert_int_equal(g.flags, S);
	assert_int_equal(g.len, 0);
	assert_int_equal(g.mss, 1400);
	assert_int_equal(g.scale, f->w.cscale);
	assert_int_equal(g.sack, f->w.sack);
	if (f->diff != 0)
		assert_int_equal(g.seq - CISN, f->diff);
	f->diff = g.seq - CISN;
	f->port = g.sport;
	assert_true(g.win <= 50000 && g.win > 40000);
	nothing(f, SRV);
}

static void
client_shows(struct fix *f)
{
	struct seg g = client_ack(f), h;

	put(f, CLI, &g);
	syn_is_there(f);
	while (got(f, CLI, &h)) {		/* of the second proxy: still no window */
		assert_int_equal(f->w.mode, ON_BOTH);
		assert_int_equal(h.win, 0);
	}
}

static void
check_server_ack(struct fix *f)
{
	struct seg g = get(f, SRV);

	assert_int_equal(g.flags, A);
	assert_int_equal(g.seq, CISN + 1 + f->diff);
	assert_int_equal(g.ack, SISN + 1);
	if (f->w.cscale >= 0 && f->w.sscale >= 0)
		assert_in_range((uint32_t)g.win << f->w.cscale,
		    50000 - (2u << f->w.cscale), 50000);
	else
		assert_in_range(g.win, 50000 - (2u << (f->w.cscale > 0 ? f->w.cscale : 0)),
		    50000);
	nothing(f, SRV);
}

static void
server_answers(struct fix *f)
{
	struct seg g = server_syn(f);

	put(f, SRV, &g);
	check_server_ack(f);
	g = get(f, CLI);
	assert_int_equal(g.flags, A);
	assert_int_equal(g.seq, f->told + 1);
	assert_int_equal(g.ack, CISN + 1);
	assert_int_equal(g.len, 0);
	assert_int_equal(g.win, f->w.cscale >= 0 ? 40000 >> 7 : 40000);
	nothing(f, CLI);
}

/* The window of an end after the handshake, as it says it and as the other one is to see it. */
static void
talk(struct fix *f, int who, uint32_t seq, uint32_t ack, uint32_t len, uint16_t win,
    uint16_t there)
{
	struct seg g = {
		.flags = A, .len = len, .win = win, .scale = -1,
		.seq = who == CLI ? CISN + 1 + seq : SISN + 1 + seq,
		.ack = who == CLI ? f->told + 1 + ack : CISN + f->diff + 1 + ack,
	};

	put(f, who, &g);
	g = get(f, !who);
	assert_int_equal(g.flags, A);
	assert_int_equal(g.len, len);
	assert_int_equal(g.seq, who == CLI ? CISN + f->diff + 1 + seq : f->told + 1 + seq);
	assert_int_equal(g.ack, who == CLI ? SISN + 1 + ack : CISN + 1 + ack);
	if (g.win != there)
		fail_msg("%s: a window of %u is %u, not %u; scales %d, %d",
		    who == CLI ? "client" : "server", win, g.win, there, f->w.cscale,
		    f->w.sscale);
	nothing(f, !who);
	nothing(f, who);
}

static uint16_t
clip(uint32_t v)
{
	return (v < 65535 ? (uint16_t)v : 65535);
}

static void
transfer(struct fix *f)
{
	int c = f->w.cscale, s = c >= 0 ? f->w.sscale : -1;
	uint16_t win = 900, there = s < 0 && c >= 0 ? clip(900u << c) : 900;
	uint16_t back = c < 0 ? 700 : clip((700u << (s < 0 ? 0 : s)) >> 7);
	struct seg g;

	talk(f, CLI, 0, 0, 300, win, there);
	talk(f, SRV, 0, 300, 200, 700, back);
	talk(f, CLI, 300, 200, 0, win, there);
	talk(f, SRV, 200, 300, 0, 65535, c < 0 ? 65535 :
	    clip((65535u << (s < 0 ? 0 : s)) >> 7));
	if (f->w.sack) {
		g = (struct seg){ .flags = A, .seq = CISN + 301, .ack = f->told + 201,
			.win = win, .scale = -1,
			.block = { f->told + 301, f->told + 401 } };
		put(f, CLI, &g);
		g = get(f, SRV);
		assert_int_equal(g.block[0], SISN + 301);
		assert_int_equal(g.block[1], SISN + 401);
	}
	talk(f, CLI, 300, 200, 100, win, there);
	g = (struct seg){ .flags = F | A, .seq = CISN + 401, .ack = f->told + 201, .scale = -1,
		.win = win };
	put(f, CLI, &g);
	assert_int_equal(get(f, SRV).flags, F | A);
	g = (struct seg){ .flags = F | A, .seq = SISN + 201, .ack = CISN + f->diff + 402,
		.scale = -1, .win = 10 };
	put(f, SRV, &g);
	g = get(f, CLI);
	assert_int_equal(g.flags, F | A);
	assert_int_equal(g.seq, f->told + 201);
	assert_int_equal(g.ack, CISN + 402);
}

static void
states_are(struct fix *f, uint8_t src, uint8_t dst)
{
	struct pfsync_state *st;
	uint32_t n = unit_states(f->n, &st), found = 0;

	for (uint32_t i = 0; i < n; i++)
		found += st[i].src.state == src && st[i].dst.state == dst;
	free(st);
	assert_true(found > 0);
}

static void
whole(struct fix *f)
{
	client_opens(f);
	states_are(f, PF_TCPS_PROXY_SRC, PF_TCPS_CLOSED);
	client_shows(f);
	states_are(f, PF_TCPS_PROXY_DST, PF_TCPS_CLOSED);
	server_answers(f);
	states_are(f, PF_TCPS_ESTABLISHED, PF_TCPS_ESTABLISHED);
	transfer(f);
}

/* Each packet of the handshake is lost, and what its sender sends again. */
static void
losses(struct fix *f)
{
	struct seg g = the_syn(f);
	uint32_t told;

	client_opens(f);
	told = f->told;
	client_opens(f);			/* our answer was lost */
	assert_int_equal(f->told, told);
	client_shows(f);
	if (f->w.mode == ON_BOTH)
		return;
	if (f->w.mode != ON_OUT) {		/* a late duplicate */
		put(f, CLI, &g);
		g = get(f, CLI);
		assert_int_equal(g.flags, S | A);
		assert_int_equal(g.seq, told);
		nothing(f, SRV);
	}
	client_shows(f);			/* the SYN, or its answer, was lost: a probe */
	g = client_ack(f);
	g.seq--;
	put(f, CLI, &g);
	syn_is_there(f);
	g = client_ack(f);
	g.len = 1;
	g.flags |= F;
	put(f, CLI, &g);
	syn_is_there(f);
	server_answers(f);
	g = server_syn(f);			/* the ACK was lost */
	put(f, SRV, &g);
	check_server_ack(f);
	nothing(f, CLI);
	transfer(f);
}

/* What does not fit: nothing comes of it. */
static void
wrong(struct fix *f)
{
	struct seg g;

	client_opens(f);
	for (int i = 0; i < 6; i++) {
		g = client_ack(f);
		if (i < 2)
			g.ack += i == 0 ? 1u : -1u;
		else if (i < 4)
			g.seq += i == 2 ? 1u : -1u;
		else
			g.flags = i == 4 ? R : S | A;
		if (i == 4)
			g.seq++;
		put(f, CLI, &g);
		nothing(f, SRV);
		nothing(f, CLI);
	}
	client_shows(f);
	if (f->w.mode == ON_BOTH)
		return;
	g = client_ack(f);
	g.ack++;
	put(f, CLI, &g);
	g = client_ack(f);
	g.seq += 5;
	put(f, CLI, &g);
	nothing(f, SRV);
	/* the server: no ACK; no SYN; of an older connection, which is refused */
	g = server_syn(f);
	g.flags = S;
	put(f, SRV, &g);
	quiet(f);
	g = server_syn(f);
	g.ack += 77;
	put(f, SRV, &g);
	nothing(f, CLI);
	g = get(f, SRV);
	assert_int_equal(g.flags, R);
	assert_int_equal(g.seq, CISN + f->diff + 78);
	server_answers(f);
}

/* The server refuses, and the client may come again. */
static void
refused(struct fix *f)
{
	struct seg g;

	client_opens(f);
	client_shows(f);
	g = (struct seg){ .flags = R | A, .ack = CISN + f->diff + 1, .scale = -1 };
	put(f, SRV, &g);
	g = get(f, CLI);
	assert_true((g.flags & R) != 0);
	assert_int_equal(g.seq, f->told + 1);
	quiet(f);
	if (f->w.mode == ON_BOTH)
		return;
	f->diff = 0;
	f->port = f->w.nat ? 0 : 1024;
	whole(f);
}

/* The client gives up, before and after it has shown itself, and comes again. */
static void
gives_up(struct fix *f)
{
	struct seg g = { .flags = R, .seq = CISN + 1, .scale = -1 };

	client_opens(f);
	put(f, CLI, &g);
	nothing(f, SRV);
	client_opens(f);
	client_shows(f);
	put(f, CLI, &g);
	g = get(f, SRV);
	assert_int_equal(g.flags, R);
	assert_int_equal(g.seq, CISN + 1 + f->diff);
	f->diff = 0;
	f->port = f->w.nat ? 0 : 1024;
	whole(f);
}

/* Nobody answers: the states expire, whatever the client does meanwhile. */
static void
silent(struct fix *f)
{
	struct pfsync_state *st;
	struct seg g = client_ack(f);

	client_opens(f);
	sim_seconds(f->sim, 100);
	states_are(f, PF_TCPS_PROXY_SRC, PF_TCPS_CLOSED);
	client_shows(f);
	g = client_ack(f);
	for (int i = 0; i < 5; i++) {
		sim_seconds(f->sim, 9);
		put(f, CLI, &g);
		quiet(f);
	}
	sim_seconds(f->sim, 200);
	/* (where the client comes in without a proxy it has a connection) */
	assert_in_range(unit_states(f->n, &st), 0,
	    f->w.mode == ON_OUT || f->w.mode == ON_BOTH ? 1 : 0);
	free(st);
}

static const struct scenario {
	const char	*name;
	void		(*play)(struct fix *);
} scenarios[] = {
	{ "from SYN to the end", whole },
	{ "losses", losses },
	{ "what does not fit", wrong },
	{ "refused", refused },
	{ "the client gives up", gives_up },
	{ "silence", silent },
};

static void
plays(void **state)
{
	static const struct {
		int	c, s;
		bool	sack;
	} kinds[] = {
		{ -1, -1, false }, { 7, 7, true }, { 0, -1, true }, { 3, 0, false },
		{ 9, 2, true }, { 2, 10, false }, { 14, 14, true }, { 8, -1, true },
	};
	const struct scenario *s = *state;
	struct fix f;

	for (int i = 0; i < MODES * 8; i++)
		for (size_t k = 0; k < NITEMS(kinds); k++) {
			struct way w = { i % MODES, (i / MODES & 1) != 0,
				(i / MODES & 2) != 0, (i / MODES & 4) != 0,
				kinds[k].c, kinds[k].s, kinds[k].sack };

			setup(&f, w);
			s->play(&f);
			teardown(&f);
		}
}

/* A state of such a connection takes what another one takes. */
static void
memory(void **state)
{
	static const uint8_t keep[2] = { PF_STATE_NORMAL, PF_STATE_SYNPROXY };
	static const struct way w = { ON_IN, false, false, false, 7, 7, true };
	unsigned long live[2], calls[2];
	struct fix f;
	struct seg g;

	(void)state;
	for (int i = 0; i < 2; i++) {
		setup_with(&f, w, keep[i], 0);
		live[i] = sim_mem_live(SIM_MEM_ALLOC) + sim_mem_live(SIM_MEM_CACHE);
		calls[i] = sim_mem_calls();
		g = the_syn(&f);
		sim_test_free(f.n, PF_IN, 1, build(&f, CLI, &g));
		live[i] = sim_mem_live(SIM_MEM_ALLOC) + sim_mem_live(SIM_MEM_CACHE) -
		    live[i];
		calls[i] = sim_mem_calls() - calls[i];
		teardown(&f);
	}
	assert_int_equal(live[0], live[1]);
	(void)calls;
}

/* The limit of a rule holds, and the server hears of none. */
static void
flood(void **state)
{
	static const struct way w = { ON_IN, false, false, false, 7, 7, true };
	struct pfsync_state *st;
	struct pf_status status;
	struct fix f;
	struct seg g;

	(void)state;
	setup_with(&f, w, PF_STATE_SYNPROXY, 50);
	for (unsigned int i = 0; i < 200; i++) {
		struct sim_spec sp = { .src = "10.1.0.99", .dst = "192.0.2.9",
			.proto = IPPROTO_TCP, .sport = (uint16_t)(2000 + i), .dport = 80,
			.flags = S, .seq = i };

		sim_input(f.n, 1, sim_pkt_build(&sp));
	}
	nothing(&f, SRV);
	quiet(&f);
	assert_int_equal(unit_states(f.n, &st), 50);
	free(st);
	unit_status(f.n, &status);
	assert_int_equal(status.counters[PFRES_SYNPROXY], 50);
	assert_int_equal(status.counters[PFRES_MAXSTATES], 150);
	sim_seconds(f.sim, 200);
	g = the_syn(&f);
	(void)g;
	whole(&f);
	teardown(&f);
}

/* Memory fails at every point: the packet is dropped, and nothing is lost. */
static void
no_memory(void **state)
{
	static const struct way w = { ON_IN, false, true, true, 7, 7, true };
	struct fix f;
	struct seg g;

	(void)state;
	for (int step = 0; step < 3; step++)
		for (unsigned long n = 1; n < 12; n++) {
			setup(&f, w);
			if (step > 0)
				client_opens(&f);
			if (step > 1)
				client_shows(&f);
			g = step == 0 ? the_syn(&f) : step == 1 ? client_ack(&f) :
			    server_syn(&f);
			sim_fail_alloc(n);
			put(&f, step == 2 ? SRV : CLI, &g);
			sim_fail_alloc(0);
			teardown(&f);
		}
}

int
main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(flood),
		cmocka_unit_test(no_memory),
	};
	struct CMUnitTest tests[NITEMS(scenarios) + NITEMS(more)];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < NITEMS(scenarios); i++) {
		tests[i].name = scenarios[i].name;
		tests[i].test_func = plays;
		tests[i].initial_state = (void *)(uintptr_t)&scenarios[i];
	}
	memcpy(tests + NITEMS(scenarios), more, sizeof(more));
	return (cmocka_run_group_tests_name("synproxy", tests, NULL, NULL));
}
