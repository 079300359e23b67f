// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_match.c: the match loop with its skip steps against a plain reading of the
 * rules, one after the other, over random rulesets and packets.
 *
 * Values come from small sets, so that rules often agree in what the skip steps
 * are about, and packets often match.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "unit.h"
#include "pf_conf.h"
#include "pf_entry.h"
#include "pf_match.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

#define RULES		40
#define RULESETS	150
#define PACKETS		300

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}

/* One of the four hosts of a family. */
static void
host(struct pf_addr *a, uint8_t af, uint32_t i)
{
	memset(a, 0, sizeof(*a));
	if (af == AF_INET)
		a->v4 = htonl(0x0a000000 + (i & 2) * 0x8000 + (i & 1) + 1);
	else {
		a->addr32[0] = htonl(0x20010db8);
		a->addr32[1] = htonl(i & 2);
		a->addr32[3] = htonl((i & 1) + 1);
	}
}

static void
random_end(struct pf_rule_addr *ra, uint8_t af, bool ports)
{
	static const uint8_t lengths[2][3] = { { 32, 24, 8 }, { 128, 64, 32 } };
	static const uint8_t ops[] = { PF_OP_EQ, PF_OP_EQ, PF_OP_EQ, PF_OP_NE,
	    PF_OP_LT, PF_OP_LE, PF_OP_GT, PF_OP_GE, PF_OP_IRG, PF_OP_XRG,
	    PF_OP_RRG };
	uint8_t len;
	uint16_t a, b;

	if (af != 0 && rnd(3) != 0) {
		host(&ra->addr.v.a.addr, af, rnd(4));
		len = lengths[af == AF_INET6][rnd(3)];
		for (unsigned int i = 0; i < 128; i++) {
			uint8_t bit = (uint8_t)(0x80 >> i % 8);

			if (i < len)
				ra->addr.v.a.mask.addr8[i / 8] |= bit;
			else
				ra->addr.v.a.addr.addr8[i / 8] &= (uint8_t)~bit;
		}
		ra->neg = rnd(4) == 0;
	}
	if (ports && rnd(3) == 0) {
		ra->port_op = ops[rnd(NITEMS(ops))];
		a = (uint16_t)(1 + rnd(6));
		b = (uint16_t)(a + rnd(4));
		ra->port[0] = htons(a);
		ra->port[1] = htons(ra->port_op >= PF_OP_XRG ||
		    ra->port_op == PF_OP_IRG ? b : a);
	}
}

static void
random_rule(struct pf_rule *r)
{
	static const uint8_t protos[] = { 0, IPPROTO_TCP, IPPROTO_TCP,
	    IPPROTO_UDP, IPPROTO_GRE };
	static const uint8_t afs[] = { 0, AF_INET, AF_INET, AF_INET6 };
	static const uint8_t dirs[] = { 0, 0, PF_IN, PF_OUT };
	bool ports;

	*r = unit_rule(rnd(2) != 0 ? PF_PASS : PF_DROP);
	r->keep_state = r->flags = r->flagset = 0;
	r->quick = rnd(8) == 0;
	r->direction = dirs[rnd(4)];
	if (rnd(3) == 0) {
		snprintf(r->ifname, sizeof(r->ifname), "eth%u", rnd(2));
		r->ifnot = rnd(3) == 0;
	}
	r->proto = protos[rnd(NITEMS(protos))];
	r->af = afs[rnd(NITEMS(afs))];
	ports = r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP;
	random_end(&r->src, r->af, ports);
	random_end(&r->dst, r->af, ports);
	if (r->proto == IPPROTO_TCP && rnd(4) == 0) {
		r->flagset = TH_SYN | TH_ACK;
		r->flags = TH_SYN;
	}
	if (rnd(6) == 0)
		r->tos = 0x10;
}

static void
random_packet(struct sim_node *n, struct pf_pdesc *pd)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP,
	    IPPROTO_GRE };
	int ifindex = 1 + (int)rnd(3);		/* eth2 is in no rule */

	memset(pd, 0, sizeof(*pd));
	pd->pf = n->pf;
	pd->dir = rnd(2) != 0 ? PF_IN : PF_OUT;
	pd->af = rnd(3) != 0 ? AF_INET : AF_INET6;
	pd->proto = protos[rnd(NITEMS(protos))];
	host(&pd->src, pd->af, rnd(4));
	host(&pd->dst, pd->af, rnd(4));
	if (pd->proto != IPPROTO_GRE && rnd(8) != 0) {
		pd->sport = htons((uint16_t)rnd(12));
		pd->dport = htons((uint16_t)rnd(12));
		pd->tcp.flags = rnd(2) != 0 ? TH_SYN : TH_ACK;
	} else if (pd->proto != IPPROTO_GRE)
		pd->flags = PF_PD_FRAGMENT | PF_PD_NOTFIRST;
	pd->tos = rnd(2) != 0 ? 0x10 : 0;
	pd->kif = pf_kif_find_index(n->pf, ifindex);
	assert_non_null(pd->kif);
}

static bool
port_fits(const struct pf_rule_addr *ra, const struct pf_pdesc *pd,
    uint16_t port)
{
	uint16_t a = ntohs(ra->port[0]), b = ntohs(ra->port[1]);

	port = ntohs(port);
	if (ra->port_op == PF_OP_NONE)
		return (true);
	if ((pd->flags & PF_PD_NOTFIRST) != 0)
		return (false);
	switch (ra->port_op) {
	case PF_OP_EQ:
		return (port == a);
	case PF_OP_NE:
		return (port != a);
	case PF_OP_LT:
		return (port < a);
	case PF_OP_LE:
		return (port <= a);
	case PF_OP_GT:
		return (port > a);
	case PF_OP_GE:
		return (port >= a);
	case PF_OP_IRG:			/* a >< b: between, without the ends */
		return (port > a && port < b);
	case PF_OP_XRG:			/* a <> b: outside */
		return (port < a || port > b);
	case PF_OP_RRG:			/* a:b */
		return (port >= a && port <= b);
	default:
		fail_msg("operator %u", ra->port_op);
		return (false);
	}
}

static bool
addr_fits(const struct pf_rule_addr *ra, const struct pf_addr *a)
{
	for (int i = 0; i < 16; i++)
		if (((a->addr8[i] ^ ra->addr.v.a.addr.addr8[i]) &
		    ra->addr.v.a.mask.addr8[i]) != 0)
			return (ra->neg != 0);
	return (ra->neg == 0);
}

static bool
rule_fits(const struct pf_rule *r, const struct pf_pdesc *pd)
{
	if (r->ifname[0] != '\0' &&
	    (strcmp(r->ifname, pd->kif->name) == 0) == (r->ifnot != 0))
		return (false);
	if ((r->direction != 0 && r->direction != pd->dir) ||
	    (r->af != 0 && r->af != pd->af) ||
	    (r->proto != 0 && r->proto != pd->proto) ||
	    (r->tos != 0 && r->tos != pd->tos))
		return (false);
	if (!addr_fits(&r->src, &pd->src) || !addr_fits(&r->dst, &pd->dst) ||
	    !port_fits(&r->src, pd, pd->sport) ||
	    !port_fits(&r->dst, pd, pd->dport))
		return (false);
	return (r->flagset == 0 || ((pd->flags & PF_PD_NOTFIRST) == 0 &&
	    (pd->tcp.flags & r->flagset) == r->flags));
}

static const struct pf_rule *
plain_match(const struct pf_rule *rules, uint32_t n, const struct pf_pdesc *pd)
{
	const struct pf_rule *found = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (rule_fits(&rules[i], pd)) {
			found = &rules[i];
			if (rules[i].quick)
				break;
		}
	return (found);
}

/* Skip steps lead only past rules that have the same value there, and past all of them. */
static unsigned int
check_steps(const struct pf_rules *rs)
{
	unsigned int longer = 0;

	for (uint32_t i = 0; i < rs->n; i++)
		for (int k = 0; k < PF_SKIP_COUNT; k++) {
			assert_true(rs->ent[i].skip[k] >= 1);
			assert_true(i + rs->ent[i].skip[k] <= rs->n);
			longer += rs->ent[i].skip[k] > 1;
		}
	return (longer);
}

static void
test_against_plain(void **state)
{
	struct sim *sim = sim_new(9);
	struct sim_node *n = sim_node_new(sim, "n");
	static struct pf_rule rules[RULES];
	unsigned int matched = 0, unmatched = 0, longer = 0;

	(void)state;
	unit_reset();
	seed = 77;
	assert_non_null(n);
	for (int i = 0; i < 3; i++) {
		char name[PF_IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%d", i);
		assert_int_equal(sim_if_add(n, i + 1, name), 0);
	}
	for (int set = 0; set < RULESETS; set++) {
		uint32_t count = 1 + rnd(RULES);
		uint64_t evaluations = 0;
		const struct pf_conf *conf;
		struct pf_match m;
		struct pf_rules *rs;
		struct pf_rule r;

		/* Runs of like rules, for the skip steps. */
		for (uint32_t i = 0; i < count; i++) {
			random_rule(&rules[i]);
			if (i > 0 && rnd(2) != 0) {
				memcpy(rules[i].ifname, rules[i - 1].ifname,
				    sizeof(rules[i].ifname));
				rules[i].ifnot = rules[i - 1].ifnot;
				rules[i].direction = rules[i - 1].direction;
			}
		}
		assert_int_equal(unit_load(n, rules, count), 0);
		sim_packet_enter();
		conf = pf_rcu_deref(n->pf->conf);
		rs = conf->rules[PF_RULESET_FILTER];
		assert_int_equal(rs->n, count);
		longer += check_steps(rs);
		for (int p = 0; p < PACKETS; p++) {
			const struct pf_rule *want;
			struct pf_krule *got;
			struct pf_pdesc pd;

			random_packet(n, &pd);
			want = plain_match(rules, count, &pd);
			pf_match_rules(&m, conf, PF_RULESET_FILTER, &pd);
			got = m.rule;
			assert_null(m.anchor);
			assert_ptr_equal(m.ruleset, rs);
			if ((want == NULL) != (got == NULL) || (want != NULL &&
			    got->nr != (uint32_t)(want - rules)))
				fail_msg("ruleset %d, packet %d: rule %d, not %d",
				    set, p, got != NULL ? (int)got->nr : -1,
				    want != NULL ? (int)(want - rules) : -1);
			if (want != NULL)
				matched++;
			else
				unmatched++;
		}
		sim_packet_leave();

		/* The first rule is always asked; none more often than there are packets. */
		for (uint32_t i = 0; i < count; i++) {
			unit_get_rule(n, i, &r);
			assert_true(r.evaluations <= PACKETS);
			assert_true(i != 0 || r.evaluations == PACKETS);
			evaluations += r.evaluations;
		}
		assert_true(evaluations >= PACKETS);
	}
	assert_true(matched > RULESETS * PACKETS / 4);
	assert_true(unmatched > RULESETS * PACKETS / 50);
	assert_true(longer > RULESETS);
	sim_free(sim);
}

/* 1,000 rules that differ in one thing only: a packet steps over them in one go. */
static void
test_steps_pay(void **state)
{
	static const char *const what[] = { "interface", "direction", "family",
	    "protocol", "source", "source port", "destination",
	    "destination port" };
	struct sim *sim = sim_new(9);
	struct sim_node *n = sim_node_new(sim, "n");
	static struct pf_rule rules[1000];
	struct pf_rule got;

	(void)state;
	unit_reset();
	assert_int_equal(sim_if_add(n, 1, "eth0"), 0);
	for (unsigned int k = 0; k < NITEMS(what); k++) {
		uint64_t evaluations = 0;
		struct pf_match m;
		struct pf_pdesc pd;

		for (unsigned int i = 0; i < NITEMS(rules); i++) {
			struct pf_rule *r = &rules[i];

			*r = unit_rule(PF_DROP);
			snprintf(r->label, sizeof(r->label), "%u", i);
			if (k == 0)
				snprintf(r->ifname, sizeof(r->ifname), "eth7");
			if (k == 1)
				r->direction = PF_OUT;
			if (k == 2)
				r->af = AF_INET6;
			if (k == 3 || k == 5 || k == 7)
				r->proto = k == 3 ? IPPROTO_UDP : IPPROTO_TCP;
			if (k == 4 || k == 6) {
				r->af = AF_INET;
				unit_addr(k == 4 ? &r->src : &r->dst,
				    "10.99.0.0/16");
			}
			if (k == 5 || k == 7) {
				struct pf_rule_addr *ra =
				    k == 5 ? &r->src : &r->dst;

				ra->port_op = PF_OP_EQ;
				ra->port[0] = ra->port[1] = htons(99);
			}
		}
		assert_int_equal(unit_load(n, rules, NITEMS(rules)), 0);
		memset(&pd, 0, sizeof(pd));
		pd.pf = n->pf;
		pd.dir = PF_IN;
		pd.af = AF_INET;
		pd.proto = IPPROTO_TCP;
		host(&pd.src, AF_INET, 0);
		host(&pd.dst, AF_INET, 1);
		sim_packet_enter();
		pd.kif = pf_kif_find_index(n->pf, 1);
		pf_match_rules(&m, pf_rcu_deref(n->pf->conf), PF_RULESET_FILTER,
		    &pd);
		assert_null(m.rule);
		sim_packet_leave();
		for (uint32_t i = 0; i < 20; i++) {
			unit_get_rule(n, i, &got);
			evaluations += got.evaluations;
		}
		if (evaluations != 1)
			fail_msg("%s: %u of 20 rules were looked at", what[k],
			    (unsigned int)evaluations);
	}
	sim_free(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_plain),
		cmocka_unit_test(test_steps_pay),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
