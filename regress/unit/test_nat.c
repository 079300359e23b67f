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
#include "nat_fix.h"

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
	r.set_prio[0] = r.set_prio[1] = 5;
	assert_int_equal(add(f, NAT, &r, 0, NULL), EINVAL);
	r.set_prio[0] = r.set_prio[1] = PF_PRIO_NOTSET;
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

static const struct nat_case cases[] = {
	{ "nat", nat },
	{ "ports run out", exhausted },
	{ "rdr, natlook", redirect },
	{ "to the loopback address", to_loopback },
	{ "binat", both_ways },
	{ "refused", refused },
	{ "no nat, nat pass", exceptions },
	{ "a port without protocol", port_of_any },
	{ "fragments", fragments },
	{ "echo", echo },
	{ "ICMP errors", icmp_error },
	{ "pools", pools },
	{ "no memory", no_memory },
};

int
main(void)
{
	return (nat_main(cases, NITEMS(cases)));
}
