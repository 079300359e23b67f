// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_divert.c: divert-to and divert-reply: what programs of this host get of what is
 * addressed to others, and what becomes of it where there is no such program.
 *
 * The firewall has a client at int and a server beyond ext.  No wire is connected: what is
 * delivered here, leaves or is answered is taken from the queues.
 */
#include "unit.h"
#include "pf_wire.h"

enum { INT = 1, EXT, PORT = 8080 };

static const struct names {
	const char *in, *out, *client, *server, *at;
	uint8_t af;
} families[2] = {
	{ "10.1.0.1/24", "192.0.2.1/24", "10.1.0.2", "192.0.2.5", "127.0.0.1", AF_INET },
	{ "2001:db8:1::1/64", "2001:db8:a::1/64", "2001:db8:1::2", "2001:db8:a::5", "::1",
	  AF_INET6 },
};
static const struct names *w;

static void
setup(struct unit_node *f)
{
	assert_int_equal(sim_if_rename(f->n, INT, "int"), 0);
	assert_int_equal(sim_if_rename(f->n, EXT, "ext"), 0);
	assert_int_equal(sim_if_addr(f->n, INT, w->in), 0);
	assert_int_equal(sim_if_addr(f->n, EXT, w->out), 0);
}

/* pass in on int inet proto .. divert-to at port PORT */
static struct pf_rule
to(uint8_t proto)
{
	struct pf_rule r = unit_rule(PF_PASS);
	struct pf_rule_addr a;

	unit_addr(&a, w->at);
	strcpy(r.ifname, "int");
	r.direction = PF_IN;
	r.af = w->af;
	r.proto = proto;
	if (proto != IPPROTO_TCP)
		r.flags = r.flagset = 0;
	r.divert_type = PF_DIVERT_TO;
	r.divert_addr = a.addr.v.a.addr;
	r.divert_port = htons(PORT);
	return (r);
}

/* pass out on ext divert-reply */
static struct pf_rule
reply(void)
{
	struct pf_rule r = unit_rule(PF_PASS);

	strcpy(r.ifname, "ext");
	r.direction = PF_OUT;
	r.divert_type = PF_DIVERT_REPLY;
	return (r);
}

static void
load(struct unit_node *f, struct pf_rule r)
{
	struct pf_rule rules[2] = { unit_rule(PF_PASS), r };

	assert_int_equal(unit_load(f->n, rules, 2), 0);
}

static struct pf_pkt *
build(uint8_t proto, const char *src, uint16_t sport, const char *dst, uint16_t dport,
    uint8_t flags)
{
	return (sim_pkt_build(&(const struct sim_spec){ .src = src, .dst = dst,
	    .proto = proto, .sport = sport, .dport = dport, .flags = flags, .seq = 100,
	    .ack = flags & PF_TH_ACK ? 501 : 0, .paylen = 0 }));
}

/* What a packet of that queue says; false: there is none. */
static bool
taken(struct sim_pktq *q, struct sim_info *in, uint16_t *port)
{
	struct pf_pkt *p = sim_pktq_take(q);
	struct pf_rule_addr a;

	if (p == NULL)
		return (false);
	assert_true(sim_pkt_info(p, in));
	*port = p->port;
	if (p->port != 0) {
		unit_addr(&a, w->at);
		assert_memory_equal(p->gw, &a.addr.v.a.addr, sizeof(p->gw));
	}
	sim_pkt_free(p);
	return (true);
}

/* The program gets it, as it was sent. */
static void
assert_here(struct unit_node *f, uint16_t port)
{
	struct sim_info in;
	uint16_t at;

	assert_true(taken(&f->n->local, &in, &at));
	assert_int_equal(at, port);
	assert_string_equal(in.dst, port != 0 ? w->server : w->client);
	assert_int_equal(in.ttl, 64);
	assert_false(taken(&f->n->local, &in, &at));
	assert_false(taken(&f->n->out, &in, &at));
}

static void
assert_left(struct unit_node *f)
{
	struct sim_info in;
	uint16_t at;

	assert_true(taken(&f->n->out, &in, &at));
	assert_false(taken(&f->n->local, &in, &at));
}

static uint64_t
count(struct unit_node *f, int reason)
{
	struct pf_status st;

	unit_status(f->n, &st);
	return (st.counters[reason]);
}

static uint32_t
states(struct unit_node *f)
{
	struct pfsync_state *s;
	uint32_t n = unit_states(f->n, &s);

	free(s);
	return (n);
}

/* Each packet of the connection that comes in, and none that goes out; other ones do not. */
static void
diverted(struct unit_node *f)
{
	uint32_t had;

	for (unsigned int i = 0; i < 2; i++) {
		uint8_t proto = i == 0 ? IPPROTO_TCP : IPPROTO_UDP;

		had = states(f);
		load(f, to(proto));
		for (int k = 0; k < 2; k++) {
			sim_input(f->n, INT, build(proto, w->client, 1000, w->server, 80,
			    PF_TH_SYN));
			assert_here(f, PORT);
			assert_int_equal(states(f), had + 1);
		}
		sim_output(f->n, build(proto, w->server, 80, w->client, 1000,
		    PF_TH_SYN | PF_TH_ACK));
		assert_left(f);
		sim_input(f->n, EXT, build(proto, w->server, 1000, w->client, 80, PF_TH_SYN));
		assert_left(f);
		assert_int_equal(states(f), had + 3);
		/* with the rules gone it still has its state */
		assert_int_equal(unit_load(f->n, NULL, 0), 0);
		sim_input(f->n, INT, build(proto, w->client, 1000, w->server, 80, PF_TH_SYN));
		assert_here(f, PORT);
	}
}

/* An error about the connection is for its program, which the host finds by what it quotes. */
static void
errors(struct unit_node *f)
{
	struct pf_pkt *quoted;
	struct sim_info in;
	uint16_t at;

	load(f, to(IPPROTO_UDP));
	sim_input(f->n, INT, build(IPPROTO_UDP, w->client, 1000, w->server, 80, 0));
	assert_here(f, PORT);
	quoted = build(IPPROTO_UDP, w->server, 80, w->client, 1000, 0);
	sim_input(f->n, INT, sim_pkt_build(&(const struct sim_spec){ .src = w->client,
	    .dst = w->server, .proto = w->af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
	    .icmp_type = w->af == AF_INET ? PF_ICMP_UNREACH : PF_ICMP6_UNREACH,
	    .icmp_code = w->af == AF_INET ? PF_ICMP_UNREACH_PORT : PF_ICMP6_UNREACH_PORT,
	    .quote = quoted }));
	sim_pkt_free(quoted);
	assert_true(taken(&f->n->local, &in, &at));
	assert_int_equal(at, 0);
	assert_string_equal(in.dst, w->server);
}

/* Nobody listens: as at a closed port, and nothing is left of it. */
static void
nobody(struct unit_node *f)
{
	struct sim_info in;
	uint16_t at;

	for (unsigned int i = 0; i < 2; i++) {
		uint8_t proto = i == 0 ? IPPROTO_TCP : IPPROTO_UDP;

		load(f, to(proto));
		f->n->listens = PORT + 1;
		sim_input(f->n, INT, build(proto, w->client, 1000, w->server, 80, PF_TH_SYN));
		assert_true(taken(&f->n->sent, &in, &at));
		assert_string_equal(in.src, w->server);
		assert_string_equal(in.dst, w->client);
		assert_int_equal(in.proto, i == 0 ? IPPROTO_TCP : w->af == AF_INET ?
		    IPPROTO_ICMP : IPPROTO_ICMPV6);
		if (i == 0)
			assert_int_equal(in.flags, PF_TH_RST | PF_TH_ACK);
		sim_pktq_flush(&f->n->out);
		assert_int_equal(states(f), 0);
		assert_int_equal(count(f, PFRES_NOROUTE), i * 2 + 1);
		/* one whose program has gone */
		f->n->listens = PORT;
		sim_input(f->n, INT, build(proto, w->client, 1000, w->server, 80, PF_TH_SYN));
		assert_here(f, PORT);
		assert_int_equal(states(f), 1);
		f->n->listens = PORT + 1;
		sim_input(f->n, INT, build(proto, w->client, 1000, w->server, 80, PF_TH_SYN));
		assert_true(taken(&f->n->sent, &in, &at));
		sim_pktq_flush(&f->n->out);
		assert_int_equal(states(f), 0);
		assert_int_equal(count(f, PFRES_NOROUTE), i * 2 + 2);
	}
	/* a source that can be none is not answered */
	f->n->martian = true;
	sim_input(f->n, INT, build(IPPROTO_UDP, w->client, 1000, w->server, 80, 0));
	assert_false(taken(&f->n->sent, &in, &at));
	assert_int_equal(count(f, PFRES_NOROUTE), 5);
	f->n->martian = false;
	f->n->listens = 0;
}

/* Fragments have no program, and go nowhere else; what came to everybody goes on. */
static void
others(struct unit_node *f)
{
	struct sim_info in;
	struct pf_pkt *p;
	uint16_t at;

	assert_int_equal(unit_reassemble(f->n, 0), 0);
	load(f, to(IPPROTO_UDP));
	sim_input(f->n, INT, sim_pkt_build(&(const struct sim_spec){ .src = w->client,
	    .dst = w->server, .proto = IPPROTO_UDP, .sport = 1000, .dport = 80,
	    .paylen = 64, .more_frags = true }));
	sim_input(f->n, INT, sim_pkt_build(&(const struct sim_spec){ .src = w->client,
	    .dst = w->server, .proto = IPPROTO_UDP, .paylen = 64, .frag_off = 64 }));
	assert_false(taken(&f->n->local, &in, &at));
	assert_false(taken(&f->n->out, &in, &at));
	assert_int_equal(count(f, PFRES_FRAG), 2);
	p = build(IPPROTO_UDP, w->client, 1001, w->server, 80, 0);
	p->bcast = true;
	sim_input(f->n, INT, p);
	assert_left(f);
}

/* Answers to a program that has the address of another; what is forwarded is not for it. */
static void
answers(struct unit_node *f)
{
	load(f, reply());
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t proto = i == 0 ? IPPROTO_TCP : IPPROTO_UDP;

		sim_output(f->n, build(proto, w->client, 2000, w->server, 80, PF_TH_SYN));
		assert_left(f);
		sim_input(f->n, EXT, build(proto, w->server, 80, w->client, 2000,
		    PF_TH_SYN | PF_TH_ACK));
		assert_here(f, 0);
		sim_input(f->n, INT, build(proto, w->client, 2001, w->server, 80, PF_TH_SYN));
		assert_left(f);
		sim_input(f->n, EXT, build(proto, w->server, 80, w->client, 2001,
		    PF_TH_SYN | PF_TH_ACK));
		assert_left(f);
	}
}

/* No memory, at every place: it does not pass by another way. */
static void
memory(struct unit_node *f)
{
	struct sim_info in;
	uint16_t at;

	load(f, to(IPPROTO_TCP));
	for (unsigned int n = 1; n < 20; n++) {
		sim_fail_alloc(n);
		sim_input(f->n, INT, build(IPPROTO_TCP, w->client, (uint16_t)(3000 + n),
		    w->server, 80, PF_TH_SYN));
		sim_fail_alloc(0);
		assert_false(taken(&f->n->out, &in, &at));
		if (taken(&f->n->local, &in, &at))
			assert_int_equal(at, PORT);
	}
}

#define BAD(error, base, change) do {						\
	struct pf_rule r = base;						\
	change;									\
	assert_int_equal(unit_load(f->n, &r, 1), error);			\
} while (0)

static void
refused(struct unit_node *f)
{
	BAD(0, to(IPPROTO_TCP), r.keep_state = PF_STATE_MODULATE);
	BAD(0, reply(), r.proto = IPPROTO_ICMP; r.flags = r.flagset = 0);
	BAD(EINVAL, to(IPPROTO_TCP), r.divert_port = 0);
	BAD(EINVAL, to(IPPROTO_TCP), r.direction = PF_OUT);
	BAD(EINVAL, to(IPPROTO_TCP), r.direction = 0);
	BAD(EINVAL, to(IPPROTO_ICMP), );
	BAD(EINVAL, to(0), );
	BAD(EINVAL, to(IPPROTO_TCP), r.af = 0);
	if (w->af == AF_INET)
		BAD(EINVAL, to(IPPROTO_TCP), r.divert_addr.addr8[4] = 1);
	BAD(EOPNOTSUPP, to(IPPROTO_TCP), r.action = PF_MATCH; r.keep_state = 0);
	BAD(EOPNOTSUPP, to(IPPROTO_TCP), r.action = PF_DROP; r.keep_state = 0);
	BAD(EOPNOTSUPP, to(IPPROTO_TCP), r.keep_state = 0);
	BAD(EINVAL, reply(), r.direction = PF_IN);
	BAD(EINVAL, reply(), r.direction = 0);
	BAD(EINVAL, reply(), r.divert_port = 1);
	BAD(EINVAL, reply(), r.divert_addr.addr8[0] = 1);
	BAD(EOPNOTSUPP, reply(), r.keep_state = 0);
	BAD(EOPNOTSUPP, reply(), r.divert_type = PF_DIVERT_PACKET);
	BAD(EINVAL, reply(), r.divert_type = PF_DIVERT_PACKET + 1);
	BAD(EINVAL, to(IPPROTO_TCP), r.divert_type = 0);
}

static void	(*const cases[])(struct unit_node *) = { diverted, errors, nobody, others,
	answers, memory, refused };

static void
test_divert(void **state)
{
	for (unsigned int i = 0; i < NITEMS(families); i++)
		for (unsigned int k = 0; k < NITEMS(cases); k++) {
			w = &families[i];
			setup(*state);
			cases[k](*state);
			assert_int_equal(unit_teardown(state), 0);
			assert_int_equal(unit_setup(state), 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_divert, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
