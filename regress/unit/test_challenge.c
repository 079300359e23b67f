// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_challenge.c: challenge ACKs of connections that are translated.
 *
 * A connection goes through an interface where it is translated.  Then each of its ends sends a
 * SYN, and a RST that is in the window but not expected.  The answer must have the addresses and
 * the ports that this end knows, the numbers of the other one, and right checksums; in one piece
 * and cut up.
 */
#include "unit.h"

#define SYN	0x02
#define RST	0x04
#define ACK	0x10

enum { INNER, OUTER };			/* the end that has a private address */

/* Beginnings of the ends' numbers, whose data is so long, and their windows. */
static const uint32_t isn[2] = { 0xffffff80, 0x12345678 };
static const uint32_t sent[2] = { 300, 50 };
static const uint16_t windows[2] = { 1111, 2222 };

struct names {
	const char *inner, *outer, *public;
	uint8_t af;
};
static const struct names families[2] = {
	{ "10.1.0.2", "192.0.2.9", "198.51.100.1", AF_INET },
	{ "2001:db8:1::2", "2001:db8:9::9", "2001:db8:f::1", AF_INET6 },
};

static const struct kind {
	const char	*name;
	uint32_t	 ruleset;
	uint8_t		 action;
	int		 opens;		/* who does */
	uint16_t	 inner, public;	/* ports; public 0: whatever is chosen */
} kinds[] = {
	{ "nat", PF_RULESET_NAT, PF_NAT, INNER, 1024, 0 },
	{ "rdr", PF_RULESET_RDR, PF_RDR, OUTER, 8080, 80 },
	{ "binat, from within", PF_RULESET_BINAT, PF_BINAT, INNER, 1024, 1024 },
	{ "binat, from outside", PF_RULESET_BINAT, PF_BINAT, OUTER, 80, 80 },
};
#define OUTER_PORT	4444

struct fix {
	const struct kind	*k;
	const struct names	*w;
	bool			 cut;
	struct sim		*sim;
	struct sim_node		*n;
	uint16_t		 public;	/* port */
};

static void
add_address(struct fix *f, struct pf_client *cl, uint32_t ticket, const char *name)
{
	struct pfioc_pooladdr pp;
	struct pf_rule_addr a;

	memset(&pp, 0, sizeof(pp));
	assert_int_equal(sim_ioctl(f->n, cl, DIOCBEGINADDRS, &pp), 0);
	memset(&pp, 0, sizeof(pp));
	if (name == NULL)
		return;
	pp.ticket = ticket;
	pp.ruleset = f->k->ruleset;
	pp.which = PF_POOL_RDR;
	unit_addr(&a, name);
	pp.addr.addr = a.addr;
	assert_int_equal(sim_ioctl(f->n, cl, DIOCADDADDR, &pp), 0);
}

static void
add_rule(struct fix *f, struct pf_client *cl, uint32_t ticket, uint32_t ruleset,
    const struct pf_rule *r)
{
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));

	assert_non_null(pr);
	pr->ticket = ticket;
	pr->ruleset = ruleset;
	pr->rule = *r;
	assert_int_equal(sim_ioctl(f->n, cl, DIOCADDRULE, pr), 0);
	free(pr);
}

/* The translation, and a rule that passes everything. */
static void
load(struct fix *f)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_FILTER }, { .type = f->k->ruleset },
	};
	struct pfioc_trans t = { .size = 2, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);
	bool rdr = f->k->action == PF_RDR;
	struct pf_rule r;

	assert_non_null(cl);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	memset(&r, 0, sizeof(r));
	r.action = f->k->action;
	r.rtableid = -1;
	r.af = f->w->af;
	r.proto = IPPROTO_TCP;
	unit_addr(&r.src, rdr ? NULL : f->w->inner);
	unit_addr(&r.dst, rdr ? f->w->public : NULL);
	if (f->k->action != PF_BINAT) {
		r.pool[PF_POOL_RDR].proxy_port[0] = rdr ? f->k->inner : 50001;
		r.pool[PF_POOL_RDR].proxy_port[1] = rdr ? 0 : 65535;
		r.pool[PF_POOL_RDR].port_op = rdr ? PF_OP_EQ : PF_OP_RRG;
	}
	add_address(f, cl, e[0].ticket, rdr ? f->w->inner : f->w->public);
	add_rule(f, cl, e[1].ticket, f->k->ruleset, &r);
	r = unit_rule(PF_PASS);
	add_address(f, cl, e[0].ticket, NULL);
	add_rule(f, cl, e[0].ticket, PF_RULESET_FILTER, &r);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXCOMMIT, &t), 0);
	pf_client_close(cl);
}

static void
setup(struct fix *f)
{
	unit_reset();
	f->sim = sim_new(17);
	f->n = sim_node_new(f->sim, "fw");
	assert_non_null(f->n);
	assert_int_equal(sim_if_add(f->n, 1, "int"), 0);
	assert_int_equal(sim_if_add(f->n, 2, "ext"), 0);
	assert_int_equal(unit_enable(f->n), 0);
	load(f);
	f->public = f->k->public;
}

static void
teardown(struct fix *f)
{
	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
}

/*
 * A segment of an end, as that end would send it: its numbers count from the beginnings.  What
 * has passed must have the addresses that the other end knows.
 */
static int
send_seg(struct fix *f, int from, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	const struct names *w = f->w;
	struct sim_spec s = {
		.src = from == INNER ? w->inner : w->outer,
		.dst = from == INNER ? w->outer : w->public,
		.sport = from == INNER ? f->k->inner : OUTER_PORT,
		.dport = from == INNER ? OUTER_PORT : f->public,
		.proto = IPPROTO_TCP, .flags = flags, .win = windows[from],
		.seq = isn[from] + seq, .paylen = len, .ttl = 60,
		.ack = (flags & ACK) != 0 ? isn[!from] + ack : 0,
	};
	struct pf_pkt *p;
	struct sim_info i;
	int verdict;

	if (f->cut)
		memcpy(s.cuts, (const uint32_t[]){ 9, 23, 41, 0 }, sizeof(s.cuts));
	p = sim_pkt_build(&s);
	verdict = sim_test(f->n, from == INNER ? PF_OUT : PF_IN, 2, p);
	if (verdict == PF_PASS) {
		if (!sim_pkt_info(p, &i))
			fail_msg("packet is damaged: %s", i.wrong);
		if (from == INNER && f->public == 0)
			f->public = i.sport;
		assert_string_equal(i.src, from == INNER ? w->public : w->outer);
		assert_string_equal(i.dst, from == INNER ? w->outer : w->inner);
		assert_int_equal(i.sport, from == INNER ? f->public : OUTER_PORT);
		assert_int_equal(i.dport, from == INNER ? OUTER_PORT : f->k->inner);
	}
	sim_pkt_free(p);
	return (verdict);
}

/* A connection in which both ends have sent, and all of it is acknowledged. */
static void
connect_ends(struct fix *f)
{
	int a = f->k->opens, b = !a;

	assert_int_equal(send_seg(f, a, SYN, 0, 0, 0), PF_PASS);
	assert_int_equal(send_seg(f, b, SYN | ACK, 0, 1, 0), PF_PASS);
	assert_int_equal(send_seg(f, a, ACK, 1, 1, sent[a]), PF_PASS);
	assert_int_equal(send_seg(f, b, ACK, 1, 1 + sent[a], sent[b]), PF_PASS);
	assert_int_equal(send_seg(f, a, ACK, 1 + sent[a], 1 + sent[b], 0), PF_PASS);
	assert_int_equal(f->n->sent.n, 0);
}

/* The answer to what this end has sent. */
static void
check(struct fix *f, int to, const char *what)
{
	const struct names *w = f->w;
	struct pf_pkt *p = sim_pktq_take(&f->n->sent);
	struct sim_info i;

	if (p == NULL || f->n->sent.n != 0)
		fail_msg("%s, IPv%d: %s was not answered once", f->k->name,
		    w->af == AF_INET ? 4 : 6, what);
	if (!sim_pkt_info(p, &i))
		fail_msg("challenge is damaged: %s", i.wrong);
	assert_string_equal(i.dst, to == INNER ? w->inner : w->outer);
	assert_string_equal(i.src, to == INNER ? w->outer : w->public);
	assert_int_equal(i.dport, to == INNER ? f->k->inner : OUTER_PORT);
	assert_int_equal(i.sport, to == INNER ? OUTER_PORT : f->public);
	assert_int_equal(i.proto, IPPROTO_TCP);
	assert_int_equal(i.flags, ACK);
	assert_int_equal(i.seq, isn[!to] + 1 + sent[!to]);
	assert_int_equal(i.ack, isn[to] + 1 + sent[to]);
	assert_int_equal(i.win, windows[!to]);
	assert_int_equal(i.len, w->af == AF_INET ? 40 : 60);
	sim_pkt_free(p);
}

static void
challenges(struct fix *f)
{
	for (int from = INNER; from <= OUTER; from++) {
		sim_seconds(f->sim, 1);
		assert_int_equal(send_seg(f, from, SYN, 0x70000000, 0, 0), PF_DROP);
		check(f, from, "a SYN");
		/* and no more of them in this second */
		assert_int_equal(send_seg(f, from, SYN, 0x60000000, 0, 0), PF_DROP);
		assert_int_equal(f->n->sent.n, 0);
		sim_seconds(f->sim, 1);
		assert_int_equal(send_seg(f, from, RST, 11 + sent[from], 0, 0), PF_DROP);
		check(f, from, "a RST");
	}
}

/* The challenge is believed: the RST that answers it ends the connection. */
static void
answered(struct fix *f, int from)
{
	struct pfsync_state *st;

	assert_int_equal(send_seg(f, from, RST, 1 + sent[from], 0, 0), PF_PASS);
	assert_int_equal(f->n->sent.n, 0);
	assert_int_equal(unit_states(f->n, &st), 1);
	assert_int_equal(st->src.state, PF_TCPS_TIME_WAIT);
	assert_int_equal(st->dst.state, PF_TCPS_TIME_WAIT);
	free(st);
}

static void
translated(void **state)
{
	for (int v = 0; v < 8; v++) {
		struct fix f = { .k = *state, .w = &families[v % 2], .cut = (v & 2) != 0 };

		setup(&f);
		connect_ends(&f);
		challenges(&f);
		answered(&f, v / 4);
		teardown(&f);
	}
}

int
main(void)
{
	struct CMUnitTest tests[NITEMS(kinds)];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < NITEMS(kinds); i++) {
		tests[i].name = kinds[i].name;
		tests[i].test_func = translated;
		tests[i].initial_state = (void *)(uintptr_t)&kinds[i];
	}
	return (cmocka_run_group_tests_name("challenge", tests, NULL, NULL));
}
