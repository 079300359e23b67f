// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_nat.c: translation, from the ioctl that loads a rule and its pool to the
 * bytes of the packets that leave.
 *
 * The firewall has an inner interface (1) and an outer one (2).  A connection is
 * followed through both; every packet must come out well-formed, with right
 * checksums, in one piece and cut up, and what an ICMP error quotes as well.
 */
#include "unit.h"

enum { NAT = PF_RULESET_NAT, BINAT = PF_RULESET_BINAT, RDR = PF_RULESET_RDR,
	FILTER = PF_RULESET_FILTER };

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
	struct pfioc_trans	 t;
	struct pfioc_trans_e	 e[4];
};

static const struct names {
	const char *client, *client2, *server, *public, *public2, *inner_net;
	uint8_t af;
} families[2] = {
	{ "10.1.0.2", "10.1.0.3", "192.0.2.9", "198.51.100.1", "198.51.100.7",
	  "10.1.0.0/24", AF_INET },
	{ "2001:db8:1::2", "2001:db8:1::3", "2001:db8:9::9", "2001:db8:f::1",
	  "2001:db8:f::7", "2001:db8:1::/64", AF_INET6 },
};
static const struct names *w;
static bool cut;

static void
begin(struct fix *f)
{
	static const uint32_t types[] = { FILTER, NAT, BINAT, RDR };

	memset(&f->t, 0, sizeof(f->t));
	memset(f->e, 0, sizeof(f->e));
	for (int i = 0; i < 4; i++)
		f->e[i].type = types[i];
	f->t.size = 4;
	f->t.esize = sizeof(f->e[0]);
	f->t.array = (uint64_t)(uintptr_t)f->e;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &f->t), 0);
}

static void
setup(struct fix *f)
{
	unit_reset();
	memset(f, 0, sizeof(*f));
	f->sim = sim_new(11);
	f->n = sim_node_new(f->sim, "fw");
	assert_non_null(f->n);
	assert_int_equal(sim_if_add(f->n, 1, "int"), 0);
	assert_int_equal(sim_if_add(f->n, 2, "ext"), 0);
	f->cl = pf_client_open(f->n->pf, 1, 0);
	assert_non_null(f->cl);
	assert_int_equal(unit_enable(f->n), 0);
	assert_int_equal(unit_reassemble(f->n, 0), 0);
	begin(f);
}

static void
teardown(struct fix *f)
{
	pf_client_close(f->cl);
	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
}

/* A rule with one pool of these addresses; NULL ends them.  0 or errno. */
static int
add(struct fix *f, uint32_t ruleset, const struct pf_rule *r, uint32_t which,
    const char *const *addrs)
{
	struct pfioc_pooladdr pp;
	struct pfioc_rule *pr;
	struct pf_rule_addr a;
	int error = 0;

	memset(&pp, 0, sizeof(pp));
	error = sim_ioctl(f->n, f->cl, DIOCBEGINADDRS, &pp);
	for (; addrs != NULL && *addrs != NULL && error == 0; addrs++) {
		memset(&pp, 0, sizeof(pp));
		pp.ticket = f->e[0].ticket;
		pp.ruleset = ruleset;
		pp.which = which;
		unit_addr(&a, *addrs);
		pp.addr.addr = a.addr;
		error = sim_ioctl(f->n, f->cl, DIOCADDADDR, &pp);
	}
	if (error != 0)
		return (error);
	pr = calloc(1, sizeof(*pr));
	assert_non_null(pr);
	pr->ticket = f->e[0].ticket;
	pr->ruleset = ruleset;
	pr->rule = *r;
	error = sim_ioctl(f->n, f->cl, DIOCADDRULE, pr);
	free(pr);
	return (error);
}

static void
commit(struct fix *f)
{
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t), 0);
}

static struct pf_rule
translation(int action, const char *from, const char *to, uint8_t proto,
    uint16_t port)
{
	struct pf_rule r;

	memset(&r, 0, sizeof(r));
	r.action = (uint8_t)action;
	r.rtableid = -1;
	r.af = w->af;
	r.proto = proto;
	strcpy(r.ifname, "ext");
	unit_addr(&r.src, from);
	unit_addr(&r.dst, to);
	if (port != 0) {
		r.dst.port_op = PF_OP_EQ;
		r.dst.port[0] = htons(port);
	}
	return (r);
}

static struct pf_rule
nat_rule(uint16_t low, uint16_t high)
{
	struct pf_rule r = translation(PF_NAT, w->inner_net, NULL, 0, 0);

	r.pool[PF_POOL_RDR].proxy_port[0] = low;
	r.pool[PF_POOL_RDR].proxy_port[1] = high;
	r.pool[PF_POOL_RDR].port_op = low != 0 ? PF_OP_RRG : PF_OP_NONE;
	return (r);
}

static struct sim_spec
spec(uint8_t proto, const char *src, uint16_t sport, const char *dst,
    uint16_t dport)
{
	struct sim_spec s;

	memset(&s, 0, sizeof(s));
	s.src = src;
	s.dst = dst;
	s.proto = proto;
	s.sport = sport;
	s.dport = dport;
	s.flags = proto == IPPROTO_TCP ? 0x02 : 0;
	s.win = 1000;
	s.ttl = 60;
	s.paylen = proto == IPPROTO_TCP ? 0 : 11;
	if (cut) {
		s.cuts[0] = 9;
		s.cuts[1] = 23;
		s.cuts[2] = 41;
	}
	return (s);
}

/* Passes it through an interface; what it is then in *out.  The verdict. */
static int
pass(struct fix *f, int dir, int ifindex, const struct sim_spec *s,
    struct sim_info *out)
{
	struct pf_pkt *p = sim_pkt_build(s);
	int verdict = sim_test(f->n, dir, ifindex, p);

	if (verdict == PF_PASS && !sim_pkt_info(p, out))
		fail_msg("packet is damaged: %s", out->wrong);
	sim_pkt_free(p);
	return (verdict);
}

#define assert_ends(i, s, sp, d, dp) do {				\
	assert_string_equal((i).src, s);				\
	assert_string_equal((i).dst, d);				\
	assert_int_equal((i).sport, sp);				\
	assert_int_equal((i).dport, dp);				\
} while (0)

static const char *const *
list(const char *a, const char *b)
{
	static const char *l[3];

	l[0] = a;
	l[1] = b;
	l[2] = NULL;
	return (l);
}

static void
nat(struct fix *f)
{
	struct pf_rule r = nat_rule(50001, 65535);
	struct pfsync_state *st;
	struct sim_spec s;
	struct sim_info i;
	uint16_t port;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	for (int k = 0; k < 2; k++) {
		uint8_t proto = k == 0 ? IPPROTO_TCP : IPPROTO_UDP;

		s = spec(proto, w->client, 1024, w->server, 80);
		assert_int_equal(pass(f, PF_IN, 1, &s, &i), PF_PASS);
		assert_ends(i, w->client, 1024, w->server, 80);
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_string_equal(i.src, w->public);
		assert_in_range(i.sport, 50001, 65535);
		assert_int_equal(i.dport, 80);
		port = i.sport;
		/* again: the same port */
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_ends(i, w->public, port, w->server, 80);
		/* and back */
		s = spec(proto, w->server, 80, w->public, port);
		s.flags = 0x12;
		s.ack = 1;
		assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
		assert_ends(i, w->server, 80, w->client, 1024);
		s = spec(proto, w->server, 80, w->client, 1024);
		s.flags = 0x12;
		s.ack = 1;
		assert_int_equal(pass(f, PF_OUT, 1, &s, &i), PF_PASS);
		assert_ends(i, w->server, 80, w->client, 1024);
	}
	assert_int_equal(unit_states(f->n, &st), 4);
	free(st);
	/* gone, all of it */
	struct pfioc_state_kill kill;
	memset(&kill, 0, sizeof(kill));
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCCLRSTATES, &kill), 0);
	assert_int_equal(kill.killed, 4);
	s = spec(IPPROTO_UDP, w->server, 80, w->public, port);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 80, w->public, port);
}

/* Without a protocol a rule may name a port all the same. */
static void
port_of_any(struct fix *f)
{
	struct pf_rule r = translation(PF_NAT, w->inner_net, NULL, 0, 500);
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = translation(PF_RDR, NULL, w->public, 0, 500);
	assert_int_equal(add(f, RDR, &r, PF_POOL_RDR, list(w->client, NULL)),
	    EINVAL);
	commit(f);
	for (int k = 0; k < 2; k++) {
		uint8_t proto = k == 0 ? IPPROTO_TCP : IPPROTO_UDP;

		s = spec(proto, w->client, 1024, w->server, 500);
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_ends(i, w->public, 1024, w->server, 500);
		s = spec(proto, w->client, 1024, w->server, 501);
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_ends(i, w->client, 1024, w->server, 501);
	}
}

/* Ports run out: refused and counted, nobody hurt. */
static void
exhausted(struct fix *f)
{
	struct pf_rule r = nat_rule(60003, 60000);	/* in either order */
	struct pf_status st;
	struct sim_spec s;
	struct sim_info i;
	unsigned int seen = 0;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	for (uint16_t k = 0; k < 4; k++) {
		s = spec(IPPROTO_UDP, w->client, (uint16_t)(1024 + k), w->server, 80);
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_in_range(i.sport, 60000, 60003);
		seen |= 1U << (i.sport - 60000);
	}
	assert_int_equal(seen, 0xf);
	s = spec(IPPROTO_UDP, w->client, 2000, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_TRANSLATE], 1);
	/* another destination has ports of its own */
	s = spec(IPPROTO_UDP, w->client, 2000, w->server, 81);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_string_equal(i.src, w->public);
}

static void
redirect(struct fix *f)
{
	struct pf_rule r = translation(PF_RDR, NULL, w->public, IPPROTO_TCP, 80);
	struct pfioc_natlook look;
	struct pf_rule_addr a;
	struct sim_spec s;
	struct sim_info i;

	r.pool[PF_POOL_RDR].proxy_port[0] = 8080;
	r.pool[PF_POOL_RDR].port_op = PF_OP_EQ;
	assert_int_equal(add(f, RDR, &r, PF_POOL_RDR, list(w->client, NULL)), 0);
	r = unit_rule(PF_DROP);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_PASS);			/* the rules see where it goes */
	r.af = w->af;
	unit_addr(&r.dst, w->client);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_TCP, w->server, 999, w->public, 80);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 999, w->client, 8080);
	s = spec(IPPROTO_TCP, w->client, 8080, w->server, 999);
	s.flags = 0x12;
	s.ack = 1;
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 80, w->server, 999);
	/* another port is none of it */
	s = spec(IPPROTO_TCP, w->server, 999, w->public, 81);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_DROP);

	memset(&look, 0, sizeof(look));
	unit_addr(&a, w->server);
	look.saddr = a.addr.v.a.addr;
	unit_addr(&a, w->client);
	look.daddr = a.addr.v.a.addr;
	look.sport = htons(999);
	look.dport = htons(8080);
	look.af = w->af;
	look.proto = IPPROTO_TCP;
	look.direction = PF_OUT;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCNATLOOK, &look), 0);
	unit_addr(&a, w->public);
	assert_memory_equal(&look.rdaddr, &a.addr.v.a.addr, 16);
	assert_int_equal(look.rdport, htons(80));
	assert_int_equal(look.rsport, htons(999));
	look.dport = htons(8081);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCNATLOOK, &look), ENOENT);
	look.direction = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCNATLOOK, &look), EINVAL);
}

/* From outside to the loopback address: the host is told of such rules, and of packets. */
static void
to_loopback(struct fix *f)
{
	struct pf_rule r = translation(PF_RDR, NULL, w->public, IPPROTO_TCP, 80);
	const char *lo = w->af == AF_INET ? "127.0.0.1" : "::1";
	struct sim_spec s;
	struct sim_info i;

	r.pool[PF_POOL_RDR].proxy_port[0] = 8080;
	r.pool[PF_POOL_RDR].port_op = PF_OP_EQ;
	assert_int_equal(add(f, RDR, &r, PF_POOL_RDR, list(lo, NULL)), 0);
	assert_false(f->n->loopback);
	if (w->af == AF_INET) {
		sim_fail_from(1);
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t), ENOMEM);
		sim_fail_from(0);
		assert_false(f->n->loopback);
	}
	commit(f);
	assert_int_equal(f->n->loopback, w->af == AF_INET);
	s = spec(IPPROTO_TCP, w->server, 999, w->public, 80);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 999, lo, 8080);
	assert_int_equal(f->n->loopbacks, 1);
	s = spec(IPPROTO_TCP, lo, 8080, w->server, 999);
	s.flags = 0x12;
	s.ack = 1;
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 80, w->server, 999);
	assert_int_equal(f->n->loopbacks, 1);
	/* not by a translated source; rules that never come into force, and no more rules */
	begin(f);
	r = translation(PF_NAT, NULL, w->server, IPPROTO_TCP, 0);
	r.pool[PF_POOL_RDR].port_op = PF_OP_NONE;
	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(lo, NULL)), 0);
	commit(f);
	assert_false(f->n->loopback);
	begin(f);
	r = translation(PF_RDR, NULL, w->public, IPPROTO_TCP, 80);
	assert_int_equal(add(f, RDR, &r, PF_POOL_RDR, list(lo, NULL)), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	assert_false(f->n->loopback);
}

/* Both ways, everything, host by host. */
static void
both_ways(struct fix *f)
{
	struct pf_rule r = translation(PF_BINAT, w->client, NULL, 0, 0);
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, BINAT, &r, PF_POOL_RDR, list(w->inner_net, NULL)),
	    EINVAL);				/* not of one size */
	assert_int_equal(add(f, BINAT, &r, PF_POOL_RDR, list(w->public2, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 5, w->server, 6);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public2, 5, w->server, 6);
	s = spec(IPPROTO_UDP, w->server, 7, w->public2, 8);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 7, w->client, 8);
	s = spec(IPPROTO_UDP, w->client, 8, w->server, 7);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public2, 8, w->server, 7);
	s = spec(IPPROTO_UDP, w->client2, 5, w->server, 6);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->client2, 5, w->server, 6);
	/* no ports to tell them apart: a second one with the same ends is the same */
	s = spec(89, w->client, 0, w->server, 0);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_string_equal(i.src, w->public2);
}

/*
 * A connection that is refused after its SYN was sent twice: the server answers both with a
 * RST, and neither of them is out of its window.
 */
static void
refused(struct fix *f)
{
	struct pf_rule r = translation(PF_BINAT, w->client, NULL, 0, 0);
	struct pf_status st;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, BINAT, &r, PF_POOL_RDR, list(w->public2, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_TCP, w->client, 5000, w->server, 8082);
	s.seq = 1000;
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	s = spec(IPPROTO_TCP, w->server, 8082, w->public2, 5000);
	s.flags = 0x14;
	s.win = 0;
	s.ack = 1001;
	for (int k = 0; k < 2; k++) {
		assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
		assert_ends(i, w->server, 8082, w->client, 5000);
	}
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_BADSTATE], 0);
}

/* `no nat' for some, and the first rule that matches decides. */
static void
exceptions(struct fix *f)
{
	struct pf_rule r = translation(PF_NONAT, w->client2, NULL, 0, 0);
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), EINVAL);
	assert_int_equal(add(f, NAT, &r, 0, NULL), 0);
	r = nat_rule(50001, 65535);
	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public2, NULL)), 0);
	r.natpass = 1;
	unit_addr(&r.src, NULL);
	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public2, NULL)), 0);
	r = unit_rule(PF_DROP);
	r.rule_flag = PFRULE_RETURN;
	r.af = w->af;
	r.direction = PF_OUT;
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_PASS);
	r.af = w->af;
	unit_addr(&r.src, w->public);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_string_equal(i.src, w->public);
	s = spec(IPPROTO_UDP, w->client2, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	/* who needs no rule */
	s = spec(IPPROTO_UDP, w->server, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_string_equal(i.src, w->public2);
}

/* nat-to and rdr-to on pass rules. */
static void
on_rules(struct fix *f)
{
	struct pf_rule r = unit_rule(PF_PASS);
	struct sim_spec s;
	struct sim_info i;

	r.af = w->af;
	r.direction = PF_OUT;
	strcpy(r.ifname, "ext");
	r.pool_used = 1U << PF_POOL_NAT;
	assert_int_equal(add(f, FILTER, &r, 0, NULL), EINVAL);
	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	r.direction = PF_IN;
	r.pool_used = 1U << PF_POOL_RDR;
	r.keep_state = 0;
	assert_int_equal(add(f, FILTER, &r, PF_POOL_RDR, list(w->client, NULL)),
	    EINVAL);				/* there is no translation without state */
	r.keep_state = PF_STATE_NORMAL;
	assert_int_equal(add(f, FILTER, &r, PF_POOL_RDR, list(w->client, NULL)), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 1024, w->server, 80);	/* no range: its own port */
	s = spec(IPPROTO_UDP, w->server, 80, w->public, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 80, w->client, 1024);
	s = spec(IPPROTO_UDP, w->server, 81, w->public2, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 81, w->client, 1024);
}

static void
packets_of(struct fix *f, uint32_t nr, uint64_t in, uint64_t out)
{
	struct pf_rule r;

	unit_get_rule(f->n, nr, &r);
	assert_int_equal(r.packets[0], in);
	assert_int_equal(r.packets[1], out);
}

/* match .. nat-to */
static struct pf_rule
match_rule(void)
{
	struct pf_rule r = translation(PF_MATCH, w->inner_net, NULL, 0, 0);

	r.direction = PF_OUT;
	r.pool_used = 1U << PF_POOL_NAT;
	return (r);
}

/* A rule of `match' translates at once: the rules behind it see the new address. */
static void
matches(struct fix *f)
{
	struct pf_rule r = match_rule(), block = unit_rule(PF_DROP);
	struct pf_status st;
	struct pfsync_state *list_of;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	block.af = w->af;
	unit_addr(&block.src, w->inner_net);
	block.quick = 1;
	assert_int_equal(add(f, FILTER, &block, 0, NULL), 0);
	block.quick = 0;
	unit_addr(&block.src, NULL);
	block.rule_flag = PFRULE_RETURN;
	assert_int_equal(add(f, FILTER, &block, 0, NULL), 0);
	r = unit_rule(PF_PASS);
	r.af = w->af;
	r.proto = IPPROTO_UDP;
	r.flags = r.flagset = 0;
	r.dst.port_op = PF_OP_EQ;
	r.dst.port[0] = htons(80);
	unit_addr(&r.src, w->public);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	s = spec(IPPROTO_UDP, w->server, 80, w->public, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 80, w->client, 1024);
	packets_of(f, 0, 1, 2);
	packets_of(f, 1, 0, 0);
	packets_of(f, 2, 0, 0);
	packets_of(f, 3, 1, 2);
	assert_int_equal(unit_states(f->n, &list_of), 1);
	assert_int_equal(list_of->rule, 3);
	assert_int_equal(list_of->nat_rule, UINT32_MAX);
	free(list_of);

	/* who is blocked is answered as he sent it, and the rule counts his packet too */
	s = spec(IPPROTO_TCP, w->client, 1025, w->server, 81);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	assert_int_equal(f->n->sent.n, 1);
	assert_true(sim_pkt_info(f->n->sent.first, &i));
	assert_ends(i, w->server, 81, w->client, 1025);
	packets_of(f, 0, 1, 3);
	packets_of(f, 2, 0, 1);

	/* a later fragment cannot be translated */
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	s.paylen = 64;
	s.frag_off = 800;
	assert_int_equal(sim_test_free(f->n, PF_OUT, 2, sim_pkt_build(&s)), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_FRAG], 1);
}

/* Of `match' alone nothing is decided: the packet passes, by a state if it is translated.
 * `quick' ends the walk there, too. */
static void
only_matches(struct fix *f)
{
	struct pf_rule r = match_rule();
	struct pfsync_state *list_of;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	memset(r.pool, 0, sizeof(r.pool));
	r.pool_used = 0;
	r.quick = 1;
	unit_addr(&r.src, NULL);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_DROP);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	for (int k = 0; k < 3; k++) {
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_ends(i, w->public, 1024, w->server, 80);
	}
	assert_int_equal(unit_states(f->n, &list_of), 1);
	assert_int_equal(list_of->rule, 0);
	free(list_of);
	packets_of(f, 0, 0, 3);
	packets_of(f, 1, 0, 3);
	for (int nr = 0; nr < 3; nr++) {
		unit_get_rule(f->n, (uint32_t)nr, &r);
		assert_int_equal(r.evaluations, nr < 2);
	}
	/* without a translation there is no need of a state */
	s = spec(IPPROTO_UDP, w->server, 1024, w->client, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_int_equal(unit_states(f->n, &list_of), 1);
	free(list_of);
	packets_of(f, 1, 0, 4);
	/* in: the last rule alone */
	s = spec(IPPROTO_UDP, w->server, 1024, w->client, 80);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_DROP);
}

/* A packet may meet so many of them and no more: it is dropped before one goes unheard. */
static void
too_many_matches(struct fix *f)
{
	struct pf_rule r = unit_rule(PF_MATCH);
	struct pf_status st;
	struct sim_spec s;
	struct sim_info i;

	r.keep_state = 0;
	r.flags = r.flagset = 0;
	for (int k = 0; k < 64; k++)
		assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r.proto = IPPROTO_UDP;
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_TCP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	packets_of(f, 63, 0, 1);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_MEMORY], 1);
}

/* Of a fragmented packet what has no ports cannot be translated: it stays here. */
static void
fragments(struct fix *f)
{
	struct pf_rule r = nat_rule(50001, 65535);
	struct pf_status st;
	struct sim_spec s;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	s.paylen = 64;
	s.frag_off = 800;
	assert_int_equal(sim_test_free(f->n, PF_OUT, 2, sim_pkt_build(&s)), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_FRAG], 1);
	s.src = w->server;			/* not of the inner network */
	s.dst = w->client;
	assert_int_equal(sim_test_free(f->n, PF_OUT, 2, sim_pkt_build(&s)), PF_PASS);
}

/* A query's id is its port. */
static void
echo(struct fix *f)
{
	struct pf_rule r = nat_rule(50001, 65535);
	bool v6 = w->af == AF_INET6;
	uint8_t proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(proto, w->client, 0, w->server, 0);
	s.icmp_type = v6 ? 128 : 8;
	s.icmp_id = 77;
	s.icmp_seq = 3;
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_string_equal(i.src, w->public);
	assert_int_not_equal(i.icmp_id, 0);
	assert_int_equal(i.icmp_seq, 3);
	s = spec(proto, w->server, 0, w->public, 0);
	s.icmp_type = v6 ? 129 : 0;
	s.icmp_id = i.icmp_id;
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_string_equal(i.dst, w->client);
	assert_int_equal(i.icmp_id, 77);
}

/* An error about a translated packet goes to who has sent it, and quotes what that sent. */
static void
icmp_error(struct fix *f)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct pf_rule r = nat_rule(50001, 65535);
	bool v6 = w->af == AF_INET6;
	struct sim_spec s, e;
	struct sim_info i, q;
	struct pf_pkt *p, *err, *inner;
	uint8_t buf[512];
	uint32_t hdr = v6 ? 48 : 28, len;

	assert_int_equal(add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	for (unsigned int k = 0; k < 4; k++) {
		s = spec(protos[k % 2], w->client, 1024, w->server, 80);
		p = sim_pkt_build(&s);
		assert_int_equal(sim_test(f->n, PF_OUT, 2, p), PF_PASS);
		e = spec(v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, w->server, 0,
		    w->public, 0);
		e.icmp_type = v6 ? 1 : 3;
		e.icmp_code = v6 ? 4 : 3;
		e.quote = p;
		e.quote_len = k < 2 ? 0 : sim_pkt_bytes(p, buf, 0);
		err = sim_pkt_build(&e);
		assert_int_equal(sim_test(f->n, PF_IN, 2, err), PF_PASS);
		if (!sim_pkt_info(err, &i))
			fail_msg("error is damaged: %s", i.wrong);
		assert_string_equal(i.dst, w->client);
		assert_string_equal(i.src, w->server);
		len = sim_pkt_bytes(err, buf, sizeof(buf));
		assert_in_range(len, hdr + 28, sizeof(buf));
		inner = sim_pkt_raw(buf + hdr, len - hdr);
		/* all of it is there only when quoted whole */
		if (!sim_pkt_info(inner, &q) && k >= 2)
			fail_msg("quoted packet is damaged: %s", q.wrong);
		assert_ends(q, w->client, 1024, w->server, 80);
		sim_pkt_free(inner);
		sim_pkt_free(err);
		sim_pkt_free(p);
	}
}

/* The pools' types, over a thousand clients. */
static void
pools(struct fix *f)
{
	static const uint8_t types[] = { PF_POOL_ROUNDROBIN, PF_POOL_RANDOM,
		PF_POOL_SRCHASH };
	struct pf_rule r;
	struct sim_spec s;
	struct sim_info i;
	unsigned int n[2];
	char src[64], first[64];

	for (unsigned int t = 0; t < NITEMS(types); t++) {
		if (t > 0)
			begin(f);
		r = nat_rule(1024, 65535);
		unit_addr(&r.src, NULL);
		r.pool[PF_POOL_RDR].opts = types[t];
		assert_int_equal(add(f, NAT, &r, PF_POOL_RDR,
		    list(w->public, w->public2)), 0);
		r = unit_rule(PF_PASS);
		assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
		commit(f);
		n[0] = n[1] = 0;
		for (unsigned int k = 0; k < 1000; k++) {
			snprintf(src, sizeof(src), w->af == AF_INET ?
			    "10.9.%u.%u" : "2001:db8:%u::%u", k / 250, 1 + k % 250);
			s = spec(IPPROTO_UDP, src, (uint16_t)(1 + t), w->server, 80);
			assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
			assert_true(strcmp(i.src, w->public) == 0 ||
			    strcmp(i.src, w->public2) == 0);
			n[strcmp(i.src, w->public) == 0]++;
			if (types[t] == PF_POOL_SRCHASH) {
				strcpy(first, i.src);
				s.sport = 9;
				assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
				assert_string_equal(i.src, first);
			}
		}
		if (types[t] == PF_POOL_ROUNDROBIN)
			assert_int_equal(n[0], 500);
		assert_in_range(n[0], 400, 600);
	}
}

/* Each allocation fails in turn: nothing is leaked, nothing goes out half translated. */
static void
no_memory(struct fix *f)
{
	struct pf_rule r = nat_rule(50001, 65535);
	struct sim_spec s;
	struct sim_info i;
	unsigned long n;
	int verdict, dropped = 0;

	for (n = 1;; n++) {
		sim_fail_alloc(n);
		if (add(f, NAT, &r, PF_POOL_RDR, list(w->public, NULL)) == 0) {
			sim_fail_alloc(0);
			break;
		}
		sim_fail_alloc(0);
	}
	assert_in_range(n, 4, 20);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	for (n = 1;; n++) {
		sim_fail_alloc(n);
		if (sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t) == 0) {
			sim_fail_alloc(0);
			break;
		}
		sim_fail_alloc(0);
	}
	for (n = 1; n < 10; n++) {
		s = spec(IPPROTO_UDP, w->client, (uint16_t)n, w->server, 80);
		sim_fail_alloc(n);
		verdict = pass(f, PF_OUT, 2, &s, &i);
		dropped += verdict == PF_DROP;
		sim_fail_alloc(0);
		if (verdict == PF_PASS)
			assert_string_equal(i.src, w->public);
	}
	assert_in_range(dropped, 2, 8);
}

static const struct {
	const char	*name;
	void		(*fn)(struct fix *);
} cases[] = {
	{ "nat", nat }, { "ports run out", exhausted }, { "rdr, natlook", redirect },
	{ "to the loopback address", to_loopback },
	{ "binat", both_ways }, { "refused", refused }, { "no nat, nat pass", exceptions },
	{ "a port without protocol", port_of_any },
	{ "nat-to, rdr-to", on_rules }, { "match, nat-to", matches },
	{ "match alone", only_matches }, { "too many rules of match", too_many_matches },
	{ "fragments", fragments }, { "echo", echo },
	{ "ICMP errors", icmp_error }, { "pools", pools },
	{ "no memory", no_memory },
};

static void
run(void **state)
{
	struct fix f;
	size_t k = (size_t)*state;

	for (int v = 0; v < 4; v++) {
		w = &families[v % 2];
		cut = v >= 2;
		setup(&f);
		cases[k].fn(&f);
		teardown(&f);
	}
}

int
main(void)
{
	struct CMUnitTest tests[NITEMS(cases)];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < NITEMS(cases); i++) {
		tests[i].name = cases[i].name;
		tests[i].test_func = run;
		tests[i].initial_state = (void *)i;
	}
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
