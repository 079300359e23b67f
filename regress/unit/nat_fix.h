/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * nat_fix.h: a firewall with rules of translation, for test_nat.c and test_natmatch.c
 *
 * Owns all that setup() makes, until teardown().  Locking: none.
 */
#ifndef _NAT_FIX_H_
#define _NAT_FIX_H_

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

static inline void
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

static inline void
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

static inline void
teardown(struct fix *f)
{
	pf_client_close(f->cl);
	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
}

/* A rule with one pool of these addresses; NULL ends them.  0 or errno. */
static inline int
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

static inline void
commit(struct fix *f)
{
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t), 0);
}

static inline struct pf_rule
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

static inline struct pf_rule
nat_rule(uint16_t low, uint16_t high)
{
	struct pf_rule r = translation(PF_NAT, w->inner_net, NULL, 0, 0);

	r.pool[PF_POOL_RDR].proxy_port[0] = low;
	r.pool[PF_POOL_RDR].proxy_port[1] = high;
	r.pool[PF_POOL_RDR].port_op = low != 0 ? PF_OP_RRG : PF_OP_NONE;
	return (r);
}

static inline struct sim_spec
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
static inline int
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

/* A test, which is run for both families, with whole packets and with cut ones. */
struct nat_case {
	const char	*name;
	void		(*fn)(struct fix *);
};

static void
run(void **state)
{
	const struct nat_case *c = *state;
	struct fix f;

	for (int v = 0; v < 4; v++) {
		w = &families[v % 2];
		cut = v >= 2;
		setup(&f);
		c->fn(&f);
		teardown(&f);
	}
}

static int
nat_main(const struct nat_case *cases, size_t n)
{
	struct CMUnitTest tests[20];

	assert_true(n <= NITEMS(tests));
	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < n; i++) {
		tests[i].name = cases[i].name;
		tests[i].test_func = run;
		tests[i].initial_state = (void *)&cases[i];
	}
	return (_cmocka_run_group_tests("tests", tests, n, NULL, NULL));
}

#endif /* _NAT_FIX_H_ */
