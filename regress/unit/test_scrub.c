// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_scrub.c: rules of the scrub ruleset: which packets they are about, what they do with
 * headers and fragments, and what is no scrub rule.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

#define A4	.src = "10.0.0.1", .dst = "10.0.0.2"
#define A6	.src = "2001:db8::1", .dst = "2001:db8::2"
#define TCP	.proto = IPPROTO_TCP, .sport = 1024, .dport = 80

static int
add(struct unit_node *u, struct pf_client *cl, uint32_t ticket, uint32_t ruleset,
    const struct pf_rule *r)
{
	struct pfioc_pooladdr pp;
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	int error;

	assert_non_null(pr);
	memset(&pp, 0, sizeof(pp));
	assert_int_equal(sim_ioctl(u->n, cl, DIOCBEGINADDRS, &pp), 0);
	pr->ticket = ticket;
	pr->ruleset = ruleset;
	pr->rule = *r;
	error = sim_ioctl(u->n, cl, DIOCADDRULE, pr);
	free(pr);
	return (error);
}

/* These scrub rules, and one that passes all; errno of the first that is refused. */
static int
load(struct unit_node *u, const struct pf_rule *scrub, unsigned int n, const struct pf_rule *pass)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_FILTER }, { .type = PF_RULESET_SCRUB },
	};
	struct pfioc_trans t = { .size = 2, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(u->n->pf, 1, 0);
	int error = 0;

	assert_non_null(cl);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCXBEGIN, &t), 0);
	for (unsigned int i = 0; i < n && error == 0; i++)
		error = add(u, cl, e[0].ticket, PF_RULESET_SCRUB, &scrub[i]);
	if (error == 0)
		error = add(u, cl, e[0].ticket, PF_RULESET_FILTER, pass);
	assert_int_equal(sim_ioctl(u->n, cl, error == 0 ? DIOCXCOMMIT : DIOCXROLLBACK, &t), 0);
	pf_client_close(cl);
	return (error);
}

static struct pf_rule
scrub(int action)
{
	struct pf_rule r;

	memset(&r, 0, sizeof(r));
	r.action = (uint8_t)action;
	r.rtableid = -1;
	return (r);
}

/* A packet as it comes out; false: it does not. */
struct out {
	bool		 pass;
	struct sim_info	 i;
	uint32_t	 len;
	uint8_t		 b[3000];
};

static void
goes(struct unit_node *u, int dir, struct pf_pkt *p, struct out *o)
{
	int v = sim_test(u->n, dir, 1, p);

	memset(o, 0, sizeof(*o));
	o->pass = v == PF_PASS;
	if (o->pass) {
		o->len = sim_pkt_bytes(p, o->b, sizeof(o->b));
		sim_pkt_info(p, &o->i);
	}
	if (v != PF_TAKEN)
		sim_pkt_free(p);
}

static void
goes_spec(struct unit_node *u, int dir, const struct sim_spec *s, struct out *o)
{
	goes(u, dir, sim_pkt_build(s), o);
}

static struct pf_rule
pass_all(bool keep)
{
	struct pf_rule r = unit_rule(PF_PASS);

	r.flags = r.flagset = 0;
	r.keep_state = keep ? PF_STATE_NORMAL : 0;
	return (r);
}

/* Which rule a packet meets: the first that matches, for packets of a state, too. */
static void
test_which(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[4], pass;
	struct out o;

	/* no scrub for one host; then by direction; then for what is left */
	r[0] = scrub(PF_NOSCRUB);
	unit_addr(&r[0].src, "10.0.0.9");
	r[0].af = AF_INET;
	r[1] = scrub(PF_SCRUB);
	r[1].direction = PF_OUT;
	r[1].min_ttl = 90;
	r[2] = scrub(PF_SCRUB);
	r[2].min_ttl = 70;
	strcpy(r[2].ifname, "eth1");
	r[2].ifnot = 1;
	r[3] = scrub(PF_SCRUB);
	r[3].min_ttl = 200;
	for (int keep = 0; keep < 2; keep++) {
		pass = pass_all(keep);
		assert_int_equal(load(u, r, 4, &pass), 0);
		for (int again = 0; again < 2; again++) {
			struct sim_spec s = { A4, TCP, .flags = PF_TH_SYN, .ttl = 10,
			    .seq = 1000 };
			struct sim_spec six = { A6, TCP, .flags = PF_TH_SYN, .ttl = 10 };
			struct sim_spec not = s;

			goes_spec(u, PF_IN, &s, &o);
			assert_true(o.pass && o.i.ok);
			assert_int_equal(o.i.ttl, 70);
			goes_spec(u, PF_IN, &six, &o);
			assert_true(o.pass && o.i.ok);
			assert_int_equal(o.i.ttl, 70);
			s.src = "10.0.0.2";
			s.dst = "10.0.0.1";
			s.sport = 80;
			s.dport = 1024;
			s.flags = PF_TH_SYN | PF_TH_ACK;
			s.ack = 1001;
			goes_spec(u, PF_OUT, &s, &o);
			assert_true(o.pass && o.i.ok);
			assert_int_equal(o.i.ttl, 90);
			not.src = "10.0.0.9";
			goes_spec(u, PF_IN, &not, &o);
			assert_int_equal(o.i.ttl, 10);
		}
	}
}

/* What it does with headers: no-df, set-tos, max-mss and all the others. */
static void
test_headers(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = scrub(PF_SCRUB), pass = pass_all(true);
	struct sim_spec s = { A4, TCP, .flags = PF_TH_SYN, .mss = 1460, .df = true, .ip_id = 7,
	    .tos = 3 };
	struct pfsync_state *st;
	struct pf_status status;
	struct out o;
	struct pf_pkt *p;
	uint8_t v;

	r.rule_flag = PFRULE_NODF | PFRULE_RANDOMID | PFRULE_SET_TOS | PFRULE_REASSEMBLE_TCP;
	r.set_tos = 0x10;
	r.max_mss = 1000;
	assert_int_equal(load(u, &r, 1, &pass), 0);
	goes_spec(u, PF_IN, &s, &o);
	assert_true(o.pass && o.i.ok);
	assert_int_equal(o.b[6], 0);
	assert_int_equal(o.i.tos, 0x13);
	assert_int_equal(o.b[42] << 8 | o.b[43], 1000);
	/* the state compares segments; one of UDP does not */
	s.proto = IPPROTO_UDP;
	goes_spec(u, PF_IN, &s, &o);
	assert_int_equal(unit_states(u->n, &st), 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(st[i].state_flags & PFSTATE_SCRUB_TCP,
		    st[i].key[0].proto == IPPROTO_TCP ? PFSTATE_SCRUB_TCP : 0);
	free(st);
	/* an urgent pointer to nothing, and bits that nobody may use: with scrub, without */
	for (int with = 0; with < 2; with++) {
		assert_int_equal(load(u, &r, (unsigned int)with, &pass), 0);
		s = (struct sim_spec){ A4, TCP, .flags = PF_TH_SYN, .seq = 5 };
		s.sport = (uint16_t)(3000 + with);
		p = sim_pkt_build(&s);
		v = 0x5e;			/* and a checksum to go with it */
		sim_pkt_write(p, 32, &v, 1);
		sim_pkt_write(p, 38, &(uint16_t){ htons(0x0102) }, 2);
		o.len = sim_pkt_bytes(p, o.b, sizeof(o.b));
		memset(o.b + 36, 0, 2);
		uint16_t sum = htons(sim_sum_fold(sim_sum(sim_sum(IPPROTO_TCP + 20, o.b + 12, 8),
		    o.b + 20, 20)));
		sim_pkt_write(p, 36, &sum, 2);
		goes(u, PF_IN, p, &o);
		assert_true(o.pass && o.i.ok);
		assert_int_equal(o.b[32], with ? 0x50 : 0x5e);
		assert_int_equal(o.b[38], with ? 0 : 1);
	}
	/* flags that nobody sends together are refused, scrub or not */
	s.flags = PF_TH_SYN | PF_TH_FIN;
	goes_spec(u, PF_IN, &s, &o);
	assert_false(o.pass);
	unit_status(u->n, &status);
	assert_int_equal(status.counters[PFRES_NORM], 1);
}

static struct sim_spec
piece(uint32_t from, uint32_t len, bool more, uint16_t id)
{
	static uint8_t data[2000];

	memset(data, 0x5a, sizeof(data));
	return ((struct sim_spec){ A4, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53,
	    .paylen = from == 0 ? len - 8 : len, .payload = data, .frag_off = from,
	    .more_frags = more, .ip_id = id, .no_cksum = true });
}

/* What it does with fragments. */
static void
test_fragments(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[2], pass = pass_all(true);
	struct sim_spec a, b;
	struct out o;

	/* put together; the whole has ports, and meets the rule about them */
	r[0] = scrub(PF_SCRUB);
	r[0].proto = IPPROTO_UDP;
	r[0].dst.port_op = PF_OP_EQ;
	r[0].dst.port[0] = htons(53);
	r[0].min_ttl = 99;
	r[1] = scrub(PF_SCRUB);
	assert_int_equal(load(u, r, 2, &pass), 0);
	a = piece(0, 80, true, 1);
	b = piece(80, 80, false, 1);
	goes_spec(u, PF_IN, &b, &o);
	assert_false(o.pass);
	goes_spec(u, PF_IN, &a, &o);
	assert_true(o.pass);
	assert_int_equal(o.len, 20 + 160);
	assert_int_equal(o.b[6] << 8 | o.b[7], 0);
	assert_int_equal(o.i.ttl, 99);
	/* not these: no rule, no scrub, and `no reassemble' */
	pass = pass_all(false);
	for (int how = 0; how < 3; how++) {
		r[0] = scrub(how == 1 ? PF_NOSCRUB : PF_SCRUB);
		if (how == 0)
			strcpy(r[0].ifname, "eth1");
		if (how == 2)
			r[0].rule_flag = PFRULE_NOFRAGMENT;
		assert_int_equal(load(u, r, 1, &pass), 0);
		goes_spec(u, PF_IN, &b, &o);
		assert_true(o.pass);
		assert_int_equal(o.len, 100);
	}
	/* what has gone on before is cut off (crop), or ends all of it (drop-ovl) */
	for (int drop = 0; drop < 2; drop++) {
		r[0] = scrub(PF_SCRUB);
		r[0].rule_flag = drop ? PFRULE_FRAGDROP : PFRULE_FRAGCROP;
		assert_int_equal(load(u, r, 1, &pass), 0);
		a = piece(0, 80, true, (uint16_t)(10 + drop));
		goes_spec(u, PF_IN, &a, &o);
		assert_true(o.pass);
		assert_int_equal(o.len, 100);
		a = piece(40, 80, true, (uint16_t)(10 + drop));
		goes_spec(u, PF_IN, &a, &o);
		assert_int_equal(o.pass, !drop);
		if (!drop) {
			assert_int_equal(o.len, 20 + 40);
			assert_int_equal((o.b[6] << 8 | o.b[7]) & 0x1fff, 80 / 8);
		}
		a = piece(160, 80, false, (uint16_t)(10 + drop));
		goes_spec(u, PF_IN, &a, &o);
		assert_int_equal(o.pass, !drop);
	}
	/* one that says that it is none is dropped without no-df */
	for (int nodf = 0; nodf < 2; nodf++) {
		r[0] = scrub(PF_SCRUB);
		r[0].rule_flag = nodf ? PFRULE_NODF : 0;
		assert_int_equal(load(u, r, 1, &pass), 0);
		a = piece(0, 80, true, (uint16_t)(20 + nodf));
		b = piece(80, 80, false, (uint16_t)(20 + nodf));
		a.df = b.df = true;
		goes_spec(u, PF_IN, &a, &o);
		goes_spec(u, PF_IN, &b, &o);
		assert_int_equal(o.pass, nodf);
	}
}

/* Rules count the packets that they have been about, and packets of states as well. */
static void
test_counters(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = scrub(PF_SCRUB), pass = pass_all(true);
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	struct pf_client *cl = pf_client_open(u->n->pf, 1, 0);
	struct sim_spec s = { A4, TCP, .flags = PF_TH_SYN };
	struct out o;

	assert_non_null(pr);
	assert_non_null(cl);
	assert_int_equal(load(u, &r, 1, &pass), 0);
	for (int i = 0; i < 5; i++)
		goes_spec(u, PF_IN, &s, &o);
	pr->ruleset = PF_RULESET_SCRUB;
	assert_int_equal(sim_ioctl(u->n, cl, DIOCGETRULES, pr), 0);
	assert_int_equal(pr->nr, 1);
	pr->nr = 0;
	assert_int_equal(sim_ioctl(u->n, cl, DIOCGETRULE, pr), 0);
	assert_int_equal(pr->rule.evaluations, 5);
	assert_int_equal(pr->rule.packets[0], 5);
	assert_int_equal(pr->rule.bytes[0], 200);
	/* nobody asks the rules about a direction that none of them is for */
	r.direction = PF_IN;
	assert_int_equal(load(u, &r, 1, &pass), 0);
	goes_spec(u, PF_IN, &s, &o);
	goes_spec(u, PF_OUT, &s, &o);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCGETRULES, pr), 0);
	pr->nr = 0;
	assert_int_equal(sim_ioctl(u->n, cl, DIOCGETRULE, pr), 0);
	assert_int_equal(pr->rule.evaluations, 1);
	assert_int_equal(pr->rule.packets[0], 1);
	assert_int_equal(pr->rule.packets[1], 0);
	pf_client_close(cl);
	free(pr);
}

/* What is no scrub rule. */
static void
test_refused(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule pass = pass_all(true), r;
	static const uint32_t flags[] = { PFRULE_RETURN, PFRULE_IFBOUND, PFRULE_STATESLOPPY,
		PFRULE_ONCE, PFRULE_SRCTRACK, PFRULE_FRAGCROP | PFRULE_FRAGDROP,
		PFRULE_FRAGCROP | PFRULE_NOFRAGMENT };

	for (unsigned int i = 0; i < NITEMS(flags); i++) {
		r = scrub(PF_SCRUB);
		r.rule_flag = flags[i];
		assert_int_equal(load(u, &r, 1, &pass), EINVAL);
	}
#define REFUSED(what, ...) do {						\
	r = scrub(what);						\
	__VA_ARGS__;							\
	assert_int_equal(load(u, &r, 1, &pass), EINVAL);		\
} while (0)
	REFUSED(PF_PASS, (void)0);
	REFUSED(PF_NAT, (void)0);
	REFUSED(PF_SCRUB, r.keep_state = PF_STATE_NORMAL);
	REFUSED(PF_SCRUB, r.quick = 1);
	REFUSED(PF_SCRUB, r.allow_opts = 1);
	REFUSED(PF_SCRUB, r.max_states = 1);
	REFUSED(PF_SCRUB, r.rt = PF_ROUTETO);
	REFUSED(PF_SCRUB, strcpy(r.tagname, "t"));
	REFUSED(PF_SCRUB, r.set_prio[0] = r.set_prio[1] = 5);
	REFUSED(PF_NOSCRUB, r.min_ttl = 1);
	REFUSED(PF_NOSCRUB, r.max_mss = 1);
	REFUSED(PF_NOSCRUB, r.rule_flag = PFRULE_NODF);
	/* and the words of scrub rules stand in no other */
	r = pass_all(true);
	r.rule_flag = PFRULE_FRAGCROP;
	assert_int_equal(load(u, NULL, 0, &r), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_headers, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_fragments, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_counters, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_refused, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
