// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_pflog.c: records of packets: which packets make some, and what they tell.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "if_pflog.h"

static const char *const ends[2][2] = {
	{ "10.0.0.1", "10.0.0.2" }, { "2001:db8::1", "2001:db8::2" },
};

/* A rule, and the anchor that it is in. */
struct at {
	const char	*anchor;	/* "" */
	const char	*call;		/* or NULL */
	struct pf_rule	 r;
};

static void
load(struct unit_node *u, const struct at *at, unsigned int n, uint32_t ruleset)
{
	struct pfioc_trans_e e[3] = { { .type = PF_RULESET_FILTER },
		{ .type = PF_RULESET_FILTER, .anchor = "outer/user(7)" },
		{ .type = ruleset == PF_RULESET_FILTER ? PF_RULESET_NAT : ruleset } };
	struct pfioc_trans t = { .size = 3, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(u->n->pf, 37, 31);
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	struct pfioc_pooladdr pp;

	assert_non_null(cl);
	assert_non_null(pr);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCXBEGIN, &t), 0);
	for (unsigned int i = 0; i < n; i++) {
		memset(&pp, 0, sizeof(pp));
		assert_int_equal(sim_ioctl(u->n, cl, DIOCBEGINADDRS, &pp), 0);
		memset(pr, 0, sizeof(*pr));
		pr->rule = at[i].r;
		pr->ruleset = ruleset;
		strcpy(pr->anchor, at[i].anchor);
		if (at[i].call != NULL)
			strcpy(pr->anchor_call, at[i].call);
		pr->ticket = ruleset != PF_RULESET_FILTER ? e[2].ticket :
		    e[at[i].anchor[0] != '\0'].ticket;
		assert_int_equal(sim_ioctl(u->n, cl, DIOCADDRULE, pr), 0);
	}
	assert_int_equal(sim_ioctl(u->n, cl, DIOCXCOMMIT, &t), 0);
	free(pr);
	pf_client_close(cl);
}

static int
setup(void **state)
{
	struct unit_node *u;

	if (unit_setup(state) != 0)
		return (-1);
	u = *state;
	u->n->listens_log = true;
	return (sim_if_add(u->n, 7, "pflog0") != 0 || sim_if_add(u->n, 8, "pflog1") != 0);
}

static struct at
rule(int action, uint8_t log)
{
	struct at a = { .anchor = "", .r = unit_rule(action) };

	a.r.log = log;
	return (a);
}

static struct sim_spec
segment(unsigned int v6, bool back, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct sim_spec s = { .src = ends[v6][back], .dst = ends[v6][!back],
		.proto = IPPROTO_TCP, .sport = back ? 80 : 1024, .dport = back ? 1024 : 80,
		.flags = flags, .seq = seq, .ack = ack, .mss = flags & 2 ? 1460 : 0 };

	return (s);
}

static int
sends(struct unit_node *u, int dir, const struct sim_spec *s)
{
	struct pf_pkt *p = sim_pkt_build(s);
	int v = sim_test(u->n, dir, 1, p);

	sim_pkt_free(p);
	return (v);
}

/* The next record; the device that it went to, 0: there is none. */
static int
taken(struct unit_node *u, struct pfloghdr *h, struct sim_info *info)
{
	struct pf_pkt *p = sim_pktq_take(&u->n->logged), *inner;
	uint8_t b[2048];
	uint32_t len;
	int ifindex;

	memset(h, 0, sizeof(*h));
	if (p == NULL)
		return (0);
	len = sim_pkt_bytes(p, b, sizeof(b));
	assert_in_range(len, PFLOG_HDRLEN + 20, sizeof(b));
	memcpy(h, b, sizeof(*h));
	inner = sim_pkt_raw(b + PFLOG_HDRLEN, len - PFLOG_HDRLEN);
	sim_pkt_info(inner, info);
	sim_pkt_free(inner);
	ifindex = p->ifindex;
	sim_pkt_free(p);
	return (ifindex);
}

/* The next record is of that rule. */
static void
tells(struct unit_node *u, uint8_t action, uint8_t reason, uint32_t nr)
{
	struct pfloghdr h;
	struct sim_info i;

	if (taken(u, &h, &i) != 7)
		fail_msg("no record of rule %u at pflog0", nr);
	assert_int_equal(h.action, action);
	assert_int_equal(h.reason, reason);
	assert_int_equal(ntohl(h.rulenr), nr);
}

static void
tells_no_more(struct unit_node *u)
{
	assert_null(u->n->logged.first);
}

/* What a record says, of a packet that is passed and of one that is blocked. */
static void
test_header(void **state)
{
	struct unit_node *u = *state;
	struct at at[2] = { rule(PF_DROP, PF_LOG), rule(PF_PASS, PF_LOG) };
	struct pfloghdr h;
	struct sim_info i;
	struct sim_spec s;

	unit_addr(&at[1].r.dst, NULL);
	at[1].r.direction = PF_OUT;
	load(u, at, 2, PF_RULESET_FILTER);
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		s = segment(v6, false, 2, 100, 0);
		for (int dir = PF_IN; dir <= PF_OUT; dir++) {
			assert_int_equal(sends(u, dir, &s), dir == PF_IN ? PF_DROP : PF_PASS);
			assert_int_equal(taken(u, &h, &i), 7);
			assert_int_equal(h.length, 61);
			assert_int_equal(h.af, v6 ? 24 : 2);
			assert_int_equal(h.action, dir == PF_IN ? PF_DROP : PF_PASS);
			assert_int_equal(h.reason, 0);
			assert_string_equal(h.ifname, "eth0");
			assert_string_equal(h.ruleset, "");
			assert_int_equal(ntohl(h.rulenr), dir - PF_IN);
			assert_int_equal(h.subrulenr, UINT32_MAX);
			assert_int_equal(h.uid, UINT32_MAX);
			assert_int_equal(h.pid, UINT32_MAX);
			assert_int_equal(h.rule_uid, 31);
			assert_int_equal(h.rule_pid, 37);
			assert_int_equal(h.dir, dir);
			assert_true(i.ok);
			assert_string_equal(i.src, ends[v6][0]);
			assert_int_equal(i.dport, 80);
		}
	}
	tells_no_more(u);
}

/* `log' is for the packet that makes the state, `log (all)' for all of it, and for what the
 * state refuses. */
static void
test_states(void **state)
{
	struct unit_node *u = *state;

	for (unsigned int v6 = 0; v6 < 2; v6++)
		for (int all = 0; all < 2; all++) {
			struct at at = rule(PF_PASS, PF_LOG | (all ? PF_LOG_ALL : 0));
			struct sim_spec s = segment(v6, false, 2, 100, 0);

			if (all)
				s.sport++;
			load(u, &at, 1, PF_RULESET_FILTER);
			assert_int_equal(sends(u, PF_IN, &s), PF_PASS);
			tells(u, PF_PASS, 0, 0);
			s = segment(v6, true, 2 | 16, 500, 101);
			s.dport += all;
			assert_int_equal(sends(u, PF_OUT, &s), PF_PASS);
			if (all)
				tells(u, PF_PASS, 0, 0);
			s = segment(v6, false, 16, 101 + 0x10000000, 501);
			s.sport += all;
			s.paylen = 1;
			assert_int_equal(sends(u, PF_IN, &s), PF_DROP);
			if (all)
				tells(u, PF_DROP, PFRES_BADSTATE, 0);
			tells_no_more(u);
		}
}

/* Nobody listens, there is no such device, or it is no pflog device. */
static void
test_nobody(void **state)
{
	struct unit_node *u = *state;
	struct at at[2] = { rule(PF_DROP, PF_LOG), rule(PF_DROP, PF_LOG) };
	struct sim_spec s = segment(0, false, 2, 1, 0);
	struct pfloghdr h;
	struct sim_info i;

	strcpy(at[0].r.logif, "pflog1");
	load(u, at, 1, PF_RULESET_FILTER);
	sends(u, PF_IN, &s);
	assert_int_equal(taken(u, &h, &i), 8);
	u->n->listens_log = false;
	sends(u, PF_IN, &s);
	u->n->listens_log = true;
	tells_no_more(u);
	assert_int_equal(sim_if_del(u->n, 8), 0);
	sends(u, PF_IN, &s);
	tells_no_more(u);
	assert_int_equal(sim_if_add(u->n, 9, "pflog1"), 0);
	sends(u, PF_IN, &s);
	assert_int_equal(taken(u, &h, &i), 9);
}

/* An anchor: by the last part of its name, with both numbers. */
static void
test_anchor(void **state)
{
	struct unit_node *u = *state;
	struct at at[4] = { rule(PF_PASS, 0), rule(PF_PASS, 0), rule(PF_PASS, 0),
		rule(PF_DROP, PF_LOG) };
	struct sim_spec s = segment(0, false, 2, 1, 0);
	struct pfloghdr h;
	struct sim_info i;

	at[1].call = "outer/*";
	at[1].r.keep_state = 0;
	at[1].r.flags = at[1].r.flagset = 0;
	at[2].anchor = at[3].anchor = "outer/user(7)";
	load(u, at, 4, PF_RULESET_FILTER);
	assert_int_equal(sends(u, PF_IN, &s), PF_DROP);
	assert_int_equal(taken(u, &h, &i), 7);
	assert_string_equal(h.ruleset, "user(7)");
	assert_int_equal(ntohl(h.rulenr), 1);
	assert_int_equal(ntohl(h.subrulenr), 1);
}

/* A rule of match logs when it is met; one with (matches) lets all that match be logged. */
static void
test_match(void **state)
{
	struct unit_node *u = *state;
	struct at at[6] = { rule(PF_PASS, 0), rule(PF_MATCH, PF_LOG), rule(PF_DROP, 0),
		rule(PF_MATCH, PF_LOG | PF_LOG_MATCHES), rule(PF_DROP, 0), rule(PF_PASS, 0) };
	struct sim_spec s = segment(0, false, 2, 1, 0);

	at[1].r.keep_state = at[3].r.keep_state = 0;
	at[2].r.proto = IPPROTO_UDP;
	load(u, at, 6, PF_RULESET_FILTER);
	assert_int_equal(sends(u, PF_IN, &s), PF_PASS);
	tells(u, PF_MATCH, 0, 1);
	tells(u, PF_MATCH, 0, 3);
	tells(u, PF_DROP, 0, 4);
	tells(u, PF_PASS, 0, 5);
	tells_no_more(u);
	/* and no rule decides that would not otherwise */
	at[4].r.quick = 1;
	load(u, at, 6, PF_RULESET_FILTER);
	s.sport++;
	assert_int_equal(sends(u, PF_IN, &s), PF_DROP);
	tells(u, PF_MATCH, 0, 1);
	tells(u, PF_MATCH, 0, 3);
	tells(u, PF_DROP, 0, 4);
	tells_no_more(u);
	/* all packets of a state, by the rule of match alone */
	at[1].r.log |= PF_LOG_ALL;
	load(u, at, 2, PF_RULESET_FILTER);
	s.sport++;
	assert_int_equal(sends(u, PF_IN, &s), PF_PASS);
	tells(u, PF_MATCH, 0, 1);
	tells_no_more(u);
	s = segment(0, true, 2 | 16, 500, 2);
	s.dport += 2;
	assert_int_equal(sends(u, PF_OUT, &s), PF_PASS);
	tells(u, PF_MATCH, 0, 1);
	tells_no_more(u);
}

/* A rule of scrub tells of what it refuses. */
static void
test_scrub(void **state)
{
	struct unit_node *u = *state;
	struct at scrub = { .anchor = "" };
	struct sim_spec s = segment(0, false, 2, 1, 0);
	struct pf_pkt *first;

	scrub.r.action = PF_SCRUB;
	scrub.r.rtableid = PF_RTABLE_NONE;
	scrub.r.log = PF_LOG;
	load(u, &scrub, 1, PF_RULESET_SCRUB);
	assert_int_equal(sends(u, PF_OUT, &s), PF_PASS);
	tells_no_more(u);
	/* a fragment that overlaps another one */
	s = (struct sim_spec){ .src = ends[1][0], .dst = ends[1][1], .proto = IPPROTO_UDP,
		.sport = 1, .dport = 2, .paylen = 24, .more_frags = true };
	first = sim_pkt_build(&s);
	assert_int_equal(sim_test(u->n, PF_OUT, 1, first), PF_TAKEN);
	s.frag_off = 8;
	assert_int_equal(sends(u, PF_OUT, &s), PF_DROP);
	tells(u, PF_DROP, PFRES_FRAG, 0);
	tells_no_more(u);
}

/* Whose packet it is, if the rule asks. */
static void
test_user(void **state)
{
	struct unit_node *u = *state;
	struct at at = rule(PF_PASS, PF_LOG | PF_LOG_SOCKET_LOOKUP);
	struct sim_spec s = segment(0, false, 2, 1, 0);
	struct pfloghdr h;
	struct sim_info i;

	u->n->sockets = true;
	u->n->uid = 1234;
	load(u, &at, 1, PF_RULESET_FILTER);
	assert_int_equal(sends(u, PF_OUT, &s), PF_PASS);
	assert_int_equal(taken(u, &h, &i), 7);
	assert_int_equal(h.uid, 1234);
	s.proto = IPPROTO_ICMP;
	s.icmp_type = 8;
	assert_int_equal(sends(u, PF_OUT, &s), PF_PASS);
	assert_int_equal(taken(u, &h, &i), 7);
	assert_int_equal(h.uid, UINT32_MAX);
}

/* A rule passes, and something else does not let the packet go. */
static void
test_refused(void **state)
{
	static const uint8_t opts[4] = { 148, 4, 0, 0 };
	struct unit_node *u = *state;
	struct at at = rule(PF_PASS, PF_LOG);
	struct sim_spec s = segment(0, false, 2, 1, 0);

	load(u, &at, 1, PF_RULESET_FILTER);
	s.opts = opts;
	s.optlen = sizeof(opts);
	assert_int_equal(sends(u, PF_IN, &s), PF_DROP);
	tells(u, PF_DROP, PFRES_IPOPTIONS, 0);
	tells_no_more(u);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_header), T(test_states), T(test_nobody), T(test_anchor),
		T(test_match), T(test_scrub), T(test_user), T(test_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
