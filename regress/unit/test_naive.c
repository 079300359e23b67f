// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_naive.c: random rulesets and packets, judged by pf_test() and by a reader of the
 * rules (naive.h).
 *
 * Compared are the verdict, the addresses, the tag and what may be changed in the headers of what
 * passes, and, for each ruleset, the packets and bytes of every rule: which rule decided, what led
 * to it, and what else has matched, all show there.  The states of a packet are gone when
 * the next one comes.  PF_SEED and PF_PACKETS in the environment choose the seed and how
 * many packets there are; both are printed.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "naive.h"
#include "tables.h"
#include "pf_statetab.h"

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}
#define ONE_OF(a)	((a)[rnd(NITEMS(a))])

/* --- at random -------------------------------------------------------------------- */

static void
random_end(struct pf_rule_addr *ra, uint8_t af, bool ports, bool source)
{
	static const uint8_t lengths[2][3] = { { 32, 24, 8 }, { 128, 64, 32 } };
	static const uint8_t ops[] = { PF_OP_EQ, PF_OP_EQ, PF_OP_EQ, PF_OP_NE,
	    PF_OP_LT, PF_OP_LE, PF_OP_GT, PF_OP_GE, PF_OP_IRG, PF_OP_XRG, PF_OP_RRG };
	uint16_t a, b;

	ra->neg = rnd(4) == 0;
	switch (rnd(9)) {
	case 0: case 1: case 2:
		ra->neg = 0;
		break;
	case 3:
		ra->addr.type = PF_ADDR_TABLE;
		strcpy(ra->addr.v.tblname, "t");
		break;
	case 4:
		ra->addr.type = source && rnd(2) != 0 ? PF_ADDR_URPFFAILED :
		    PF_ADDR_NOROUTE;
		break;
	case 5:
		ra->addr.type = PF_ADDR_DYNIFTL;
		strcpy(ra->addr.v.ifname, rnd(3) != 0 ? "eth0" : "wg0");
		ra->addr.net = af == AF_INET ? 32 : 128;
		if (af == 0)
			*ra = (struct pf_rule_addr){ .neg = 0 };
		break;
	case 6:
		if (af == 0) {
			ra->neg = 0;
			break;
		}
		ra->addr.type = PF_ADDR_RANGE;
		host(&ra->addr.v.a.addr, af, rnd(2));
		host(&ra->addr.v.a.mask, af, 1 + rnd(3));
		break;
	default:
		if (af == 0) {
			ra->neg = 0;
			break;
		}
		host(&ra->addr.v.a.addr, af, rnd(4));
		b = lengths[af == AF_INET6][rnd(3)];
		for (unsigned int i = 0; i < 128; i++)
			if (i < b)
				ra->addr.v.a.mask.addr8[i / 8] |=
				    (uint8_t)(0x80 >> i % 8);
			else
				ra->addr.v.a.addr.addr8[i / 8] &=
				    (uint8_t)~(0x80 >> i % 8);
	}
	if (ports && rnd(3) == 0) {
		ra->port_op = ONE_OF(ops);
		a = (uint16_t)(1 + rnd(6));
		b = (uint16_t)(a + rnd(4));
		ra->port[0] = htons(a);
		ra->port[1] = htons(ra->port_op == PF_OP_XRG || ra->port_op == PF_OP_RRG ||
		    ra->port_op == PF_OP_IRG ? b : a);
	}
}

static void
random_id(struct pf_rule_id *id, uint32_t mine)
{
	static const uint8_t ops[] = { PF_OP_EQ, PF_OP_NE, PF_OP_LT, PF_OP_GE,
	    PF_OP_RRG, PF_OP_XRG };

	id->op = ONE_OF(ops);
	id->id[0] = mine - 1 + rnd(3);
	if (id->op >= PF_OP_XRG)
		id->id[1] = id->id[0] + rnd(2);
	else if (id->op <= PF_OP_NE && rnd(3) == 0)
		id->id[0] = UINT32_MAX;
}

/* What any kind of rule may ask. */
static void
random_criteria(struct pf_rule *r)
{
	static const uint8_t protos[] = { 0, 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
	    IPPROTO_GRE };
	static const uint8_t afs[] = { 0, AF_INET, AF_INET, AF_INET6 };
	static const uint8_t dirs[] = { 0, 0, PF_IN, PF_OUT };
	static const uint8_t prios[] = { PF_PRIO_ZERO, 1, 5 };
	static const char *const where[] = { "eth0", "eth1", "wg0", "eth" };
	bool ports;

	r->direction = ONE_OF(dirs);
	r->proto = ONE_OF(protos);
	r->af = r->proto == IPPROTO_ICMP ? AF_INET : ONE_OF(afs);
	ports = r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP;
	if (rnd(3) == 0) {
		strcpy(r->ifname, ONE_OF(where));
		r->ifnot = rnd(3) == 0;
	}
	if (rnd(8) == 0) {
		strcpy(r->rcv_ifname, ONE_OF(where));
		r->rcvifnot = rnd(3) == 0;
	}
	random_end(&r->src, r->af, ports, true);
	random_end(&r->dst, r->af, ports, false);
	if (r->proto == IPPROTO_ICMP && rnd(2) != 0) {
		r->type = (uint8_t)(1 + (rnd(2) != 0 ? 8 : 13));
		r->code = (uint8_t)rnd(3);
	}
	if (rnd(6) == 0)
		r->tos = 0x10;
	if (rnd(5) == 0) {
		strcpy(r->match_tagname, tags[1 + rnd(TAGS)]);
		r->match_tag_not = rnd(3) == 0;
	}
	if (rnd(12) == 0)
		r->prio = ONE_OF(prios);
	if (rnd(4) == 0)
		strcpy(r->tagname, tags[1 + rnd(TAGS)]);
	if (rnd(6) == 0)
		random_id(&r->uid, 1000);
	if (rnd(10) == 0)
		random_id(&r->gid, 100);
}

/* What is done to headers. */
static void
random_scrub(struct pf_rule *r)
{
	if (rnd(3) == 0)
		r->rule_flag |= PFRULE_NODF;
	if (rnd(3) == 0)
		r->rule_flag |= PFRULE_RANDOMID;
	if (rnd(3) == 0)
		r->min_ttl = (uint8_t)(1 + rnd(80));
	if (rnd(3) == 0)
		r->max_mss = (uint16_t)(500 + rnd(1000));
	if (rnd(4) == 0) {
		r->rule_flag |= PFRULE_SET_TOS;
		r->set_tos = (uint8_t)(rnd(3) * 0x10);
	}
}

static void
random_filter(struct rule *rule, const struct set *s)
{
	static const int actions[] = { PF_PASS, PF_PASS, PF_PASS, PF_DROP, PF_DROP,
	    PF_MATCH, PF_MATCH };
	static const uint8_t prios[] = { PF_PRIO_ZERO, 3, 5, PF_PRIO_MAX };
	static const char *const calls[] = { "a", "b", "a/*", "a/c" };
	struct pf_rule *r = &rule->r;
	bool calling = s->path[0] == '\0' ? rnd(6) == 0 :
	    strcmp(s->path, "a") == 0 && rnd(6) == 0;

	*r = unit_rule(calling ? PF_PASS : ONE_OF(actions));
	r->flags = r->flagset = r->keep_state = 0;
	r->quick = rnd(9) == 0;
	random_criteria(r);
	if (r->proto == IPPROTO_TCP && rnd(3) == 0) {
		r->flagset = TH_SYN | TH_ACK;
		r->flags = TH_SYN;
	}
	if (rnd(12) == 0)
		r->rule_flag |= PFRULE_FRAGMENT;
	if (calling) {
		rule->call = s->path[0] == '\0' ? ONE_OF(calls) : "c";
		return;
	}
	if (r->action == PF_PASS)
		r->keep_state = rnd(2) != 0;
	if (r->action != PF_DROP)
		r->allow_opts = rnd(r->action == PF_PASS ? 2 : 8) == 0;
	if (rnd(4) == 0 && r->action != PF_DROP)
		random_scrub(r);
	if (rnd(6) == 0) {
		r->set_prio[0] = ONE_OF(prios);
		r->set_prio[1] = ONE_OF(prios);
	}
	if (rnd(5) == 0 && r->af != 0 && (r->action == PF_MATCH ||
	    r->keep_state != 0)) {
		r->direction = (uint8_t)(rnd(2) != 0 ? PF_IN : PF_OUT);
		r->pool_used = (uint8_t)(1U << (r->direction == PF_IN ?
		    PF_POOL_RDR : PF_POOL_NAT));
		host(&rule->to, r->af, rnd(4));
	}
}

static void
random_translation(struct rule *rule, const struct set *s)
{
	static const int actions[PF_RULESET_MAX][3] = {
		[PF_RULESET_NAT] = { PF_NAT, PF_NAT, PF_NONAT },
		[PF_RULESET_RDR] = { PF_RDR, PF_RDR, PF_NORDR },
	};
	struct pf_rule *r = &rule->r;

	do {
		*r = unit_rule(actions[s->kind][rnd(3)]);
		random_criteria(r);
	} while (r->af == 0);
	r->direction = 0;
	if (has_pool(r)) {
		r->natpass = rnd(4) == 0;
		host(&rule->to, r->af, rnd(4));
	}
}

static void
random_normalization(struct rule *rule)
{
	static const int actions[] = { PF_SCRUB, PF_SCRUB, PF_NOSCRUB };
	struct pf_rule *r = &rule->r;

	*r = unit_rule(ONE_OF(actions));
	random_criteria(r);
	/* what the manual does not name */
	memset(r->rcv_ifname, 0, sizeof(r->rcv_ifname));
	memset(r->tagname, 0, sizeof(r->tagname));
	r->rcvifnot = r->type = r->code = r->tos = 0;
	memset(&r->uid, 0, sizeof(r->uid));
	memset(&r->gid, 0, sizeof(r->gid));
	if (r->action == PF_SCRUB) {
		random_scrub(r);
		r->rule_flag |= PFRULE_NOFRAGMENT;
	}
}

static void
random_packet(struct packet *p)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP,
	    IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE };
	static const uint8_t flags[] = { TH_SYN, TH_ACK, TH_SYN | TH_ACK };
	static const uint8_t toses[] = { 0, 0x10, 0x01, 0x12 };

	memset(p, 0, sizeof(*p));
	p->dir = rnd(2) != 0 ? PF_IN : PF_OUT;
	p->at = 1 + (int)rnd(3);
	p->in_by = p->dir == PF_IN ? p->at : (int)rnd(4);
	p->proto = ONE_OF(protos);
	p->af = rnd(3) != 0 || p->proto == IPPROTO_ICMP ? AF_INET : AF_INET6;
	host(&p->src, p->af, rnd(4));
	do {
		host(&p->dst, p->af, rnd(4));
	} while (memcmp(&p->src, &p->dst, sizeof(p->src)) == 0);
	p->tos = ONE_OF(toses);
	p->ttl = (uint8_t)(1 + rnd(90));
	p->id = (uint16_t)rnd(65536);
	p->df = p->af == AF_INET && rnd(2) != 0;
	p->tag = rnd(3) == 0 ? 1 + rnd(TAGS) : 0;
	p->prio = rnd(2) != 0 ? rnd(8) : 0;
	if (p->proto == IPPROTO_UDP && rnd(4) == 0) {
		p->later = rnd(2) != 0;
		p->first = !p->later;
	}
	if ((p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) && !p->later) {
		p->sport = (uint16_t)(1 + rnd(11));
		p->dport = (uint16_t)(1 + rnd(11));
		p->flags = p->proto == IPPROTO_TCP ? ONE_OF(flags) : 0;
		if ((p->flags & TH_SYN) != 0 && rnd(2) != 0)
			p->mss = (uint16_t)(400 + rnd(1200));
	}
	if (p->proto == IPPROTO_ICMP) {
		p->type = rnd(2) != 0 ? 8 : 13;
		p->code = 0;
	}
	p->opts = p->af == AF_INET && rnd(12) == 0;
}

/* --- the filter ------------------------------------------------------------------- */

static int
load_rule(struct fix *f, struct pfioc_trans_e *e, const struct set *s,
    const struct rule *rule)
{
	static struct pfioc_rule pr;
	struct pfioc_pooladdr pp;
	int error;

	memset(&pr, 0, sizeof(pr));
	if (has_pool(&rule->r)) {
		memset(&pp, 0, sizeof(pp));
		error = sim_ioctl(f->n, f->cl, DIOCBEGINADDRS, &pp);
		if (error != 0)
			return (error);
		pp.ticket = e->ticket;
		pp.ruleset = s->kind;
		pp.which = (rule->r.pool_used & 1U << PF_POOL_NAT) != 0 ?
		    PF_POOL_NAT : PF_POOL_RDR;
		strcpy(pp.anchor, s->path);
		pp.addr.addr.v.a.addr = rule->to;
		memset(&pp.addr.addr.v.a.mask, 0xff, rule->r.af == AF_INET ? 4 : 16);
		error = sim_ioctl(f->n, f->cl, DIOCADDADDR, &pp);
		if (error != 0)
			return (error);
	}
	pr.ticket = e->ticket;
	pr.ruleset = s->kind;
	strcpy(pr.anchor, s->path);
	if (rule->call != NULL)
		strcpy(pr.anchor_call, rule->call);
	pr.rule = rule->r;
	return (sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr));
}

static void
load_sets(struct fix *f)
{
	struct pfioc_trans_e e[SETS];
	struct pfioc_trans t = { SETS, sizeof(e[0]), (uintptr_t)e };
	unsigned int i;
	uint32_t k;
	int error;

	memset(e, 0, sizeof(e));
	for (i = 0; i < SETS; i++) {
		e[i].type = sets[i].kind;
		strcpy(e[i].anchor, sets[i].path);
	}
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &t), 0);
	for (i = 0; i < SETS; i++)
		for (k = 0; k < sets[i].n; k++) {
			error = load_rule(f, &e[i], &sets[i], &sets[i].rule[k]);
			if (error != 0)
				fail_msg("set %u, rule %u: errno %d", i, k, error);
		}
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &t), 0);
}

static void
random_sets(struct fix *f)
{
	for (unsigned int i = 0; i < SETS; i++) {
		struct set *s = &sets[i];

		memset(s->rule, 0, sizeof(s->rule));
		s->n = i == 0 ? 1 + rnd(RULES) : rnd(6);
		for (uint32_t k = 0; k < s->n; k++) {
			if (s->kind == PF_RULESET_FILTER)
				random_filter(&s->rule[k], s);
			else if (s->kind == PF_RULESET_SCRUB)
				random_normalization(&s->rule[k]);
			else
				random_translation(&s->rule[k], s);
			/* like the one before it, for the skip steps */
			if (k > 0 && rnd(3) == 0 && s->rule[k].r.rcv_ifname[0] == '\0') {
				memcpy(s->rule[k].r.ifname, s->rule[k - 1].r.ifname,
				    PF_IFNAMSIZ);
				s->rule[k].r.ifnot = s->rule[k - 1].r.ifnot;
			}
		}
	}
	load_sets(f);
}

static uint16_t
tag_number(struct fix *f, unsigned int tag)
{
	struct pf_tag *t;
	uint16_t nr;

	if (tag == 0)
		return (0);
	pf_mutex_lock(&f->n->pf->ctl);
	assert_int_equal(pf_tag_get(f->n->pf, tags[tag], &t), 0);
	nr = t->nr;
	pf_tag_put(f->n->pf, t);
	pf_mutex_unlock(&f->n->pf->ctl);
	return (nr);
}

static struct pf_pkt *
build(struct fix *f, const struct packet *p)
{
	static const uint8_t router_alert[] = { 0x94, 4, 0, 0 };
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	struct sim_spec s = { .src = src, .dst = dst, .proto = p->proto,
	    .sport = p->sport, .dport = p->dport, .flags = p->flags, .tos = p->tos,
	    .ttl = p->ttl, .mss = p->mss, .ip_id = p->id, .df = p->df,
	    .icmp_type = p->type, .icmp_code = p->code, .icmp_id = 7, .paylen = 16,
	    .frag_off = p->later ? 64 : 0, .more_frags = p->first,
	    .opts = router_alert, .optlen = p->opts ? sizeof(router_alert) : 0 };
	struct pf_pkt *pkt;

	inet_ntop(p->af, &p->src, src, sizeof(src));
	inet_ntop(p->af, &p->dst, dst, sizeof(dst));
	pkt = sim_pkt_build(&s);
	pkt->ifindex = p->in_by;
	pf_pkt_set_tag(pkt, tag_number(f, p->tag));
	pf_pkt_set_prio(pkt, p->dir, (uint8_t)p->prio);
	return (pkt);
}

/* What went on is what the reader says. */
static const char *
differs(struct fix *f, const struct pf_pkt *pkt, const struct packet *want)
{
	struct sim_info i;
	struct pf_addr a;
	uint8_t b[80];

	if (pf_pkt_tag(pkt) != tag_number(f, want->tag))
		return ("tag");
	if (pf_pkt_prio(pkt) != want->prio)
		return ("priority");
	if (!sim_pkt_info(pkt, &i) && !want->first && !want->later)
		return (i.wrong);
	memset(&a, 0, sizeof(a));
	inet_pton(want->af, i.src, &a);
	if (memcmp(&a, &want->src, sizeof(a)) != 0)
		return ("source");
	memset(&a, 0, sizeof(a));
	inet_pton(want->af, i.dst, &a);
	if (memcmp(&a, &want->dst, sizeof(a)) != 0)
		return ("destination");
	if (i.tos != want->tos)
		return ("type of service");
	if (i.ttl != want->ttl)
		return ("time to live");
	sim_pkt_bytes(pkt, b, sizeof(b));
	if (want->af == AF_INET && (b[6] >> 6 & 1) != want->df)
		return ("no-df");
	if (want->af == AF_INET && !want->new_id && (b[4] << 8 | b[5]) != want->id)
		return ("identification");
	if (want->mss != 0 && (b[i.off + 22] << 8 | b[i.off + 23]) != want->mss)
		return ("max-mss");
	return (NULL);
}

static void
compare_counters(struct fix *f, unsigned int number)
{
	static struct pfioc_rule pr;

	for (unsigned int i = 0; i < SETS; i++) {
		if (sets[i].n == 0)
			continue;		/* perhaps there is no such anchor */
		memset(&pr, 0, sizeof(pr));
		pr.ruleset = sets[i].kind;
		strcpy(pr.anchor, sets[i].path);
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULES, &pr), 0);
		assert_int_equal(pr.nr, sets[i].n);
		for (uint32_t k = 0; k < sets[i].n; k++) {
			const struct rule *rule = &sets[i].rule[k];

			pr.nr = k;
			assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, &pr), 0);
			if (memcmp(rule->packets, pr.rule.packets,
			    sizeof(rule->packets)) != 0 || memcmp(rule->bytes,
			    pr.rule.bytes, sizeof(rule->bytes)) != 0)
				fail_msg("ruleset %u: set %u, rule %u: %llu in and %llu "
				    "out, not %llu and %llu", number, i, k,
				    (unsigned long long)pr.rule.packets[0],
				    (unsigned long long)pr.rule.packets[1],
				    (unsigned long long)rule->packets[0],
				    (unsigned long long)rule->packets[1]);
		}
	}
}

static bool
forget(struct pf_state *s, void *pf)
{
	pf_state_remove(pf, s);
	return (true);
}

static unsigned long
from_environment(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return (s != NULL ? strtoul(s, NULL, 0) : otherwise);
}

static void
prepare(struct fix *f)
{
	static const char *const routes[] = { "10.0.0.0/24", "2001:db8:0::/48",
	    "10.0.128.1/32", "2001:db8:2::1/128" };
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	assert_int_equal(sim_if_rename(f->n, 1, names[1]), 0);
	assert_int_equal(sim_if_rename(f->n, 2, names[2]), 0);
	assert_int_equal(sim_if_add(f->n, 3, names[3]), 0);
	assert_int_equal(sim_if_addr(f->n, 1, "10.0.0.1/32"), 0);
	assert_int_equal(sim_if_addr(f->n, 1, "2001:db8::1/128"), 0);
	for (unsigned int i = 0; i < NITEMS(routes); i++)
		assert_int_equal(sim_route(f->n, routes[i], i < 2 ? 1 : 2), 0);
	f->n->sockets = true;
	f->n->uid = 1000;
	f->n->gid = 100;
	tables_make(f, "t", 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", table4, 0, &io, a), 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", table6, 0, &io, a), 0);
}

static void
test_against_reader(void **state)
{
	struct fix *f = *state;
	unsigned long packets = from_environment("PF_PACKETS", 30000), n;
	unsigned long passed = 0, moved = 0;
	unsigned int number = 0;

	seed = from_environment("PF_SEED", 18);
	printf("seed %llu, %lu packets\n", (unsigned long long)seed, packets);
	prepare(f);
	assert_int_equal(unit_reassemble(f->n, 0), 0);
	for (n = 0; n < packets; n++) {
		struct packet p, was;
		struct pf_pkt *pkt;
		const char *what = NULL;
		bool want, got;

		if (n % 100 == 0) {
			if (n != 0)
				compare_counters(f, number++);
			random_sets(f);
		}
		random_packet(&p);
		pkt = build(f, &p);
		p.len = pf_pkt_len(pkt);
		was = p;
		want = judge(&p);
		got = sim_test(f->n, p.dir, p.at, pkt) == PF_PASS;
		if (want && got)
			what = differs(f, pkt, &p);
		if (want != got || what != NULL)
			fail_msg("ruleset %u, packet %lu: %s", number, n,
			    what != NULL ? what : got ? "passes" : "does not pass");
		sim_pkt_free(pkt);
		passed += want;
		moved += want && memcmp(&p.src, &was.src, 2 * sizeof(p.src)) != 0;
		if (pf_atomic_read(&f->n->pf->st.n) != 0) {
			pf_mutex_lock(&f->n->pf->ctl);
			pf_state_walk(f->n->pf, forget, f->n->pf);
			pf_mutex_unlock(&f->n->pf->ctl);
		}
	}
	compare_counters(f, number);
	assert_true(passed > packets / 4 && passed < packets);
	assert_true(moved > packets / 50);
	f->n->sockets = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_against_reader, tables_setup,
		    tables_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
