// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_pool.c: pools that remember and weigh: sticky-address, weight, least-states; of lists,
 * networks and tables; and that the search in a pool which has nothing left ends.
 *
 * One rule translates or routes what goes out of ext, or redirects what comes in there; every
 * connection is one packet of UDP.
 */
#include "unit.h"
#include "tables.h"
#include "pf_pool.h"
#include "pf_ruleset.h"
#include "pf_rule.h"
#include "pf_conf.h"
#include "pf_instance.h"

#include <arpa/inet.h>

enum { RR = PF_POOL_ROUNDROBIN, LEAST = PF_POOL_LEASTSTATES, RND = PF_POOL_RANDOM,
	HASH = PF_POOL_SRCHASH, STICKY = PF_POOL_STICKYADDR };

static const struct names {
	const char *net, *peer, *server, *subnet;	/* formats of addresses by a number */
	uint8_t af;
} families[2] = {
	{ "10.1.%u.%u", "192.0.2.9", "198.51.100.%u", "198.51.100.0/30", AF_INET },
	{ "2001:db8:%u::%u", "2001:db8:9::9", "2001:db8:f::%u", "2001:db8:f::/126",
	  AF_INET6 },
};
static const struct names *w;

enum kind { NAT, RDR, NAT_TO, RDR_TO, ROUTE, KINDS };
static const struct {
	uint32_t ruleset;
	int	 action;
	unsigned int which;
	bool	 in;
} kinds[KINDS] = {
	[NAT] = { PF_RULESET_NAT, PF_NAT, PF_POOL_RDR, false },
	[RDR] = { PF_RULESET_RDR, PF_RDR, PF_POOL_RDR, true },
	[NAT_TO] = { PF_RULESET_FILTER, PF_PASS, PF_POOL_NAT, false },
	[RDR_TO] = { PF_RULESET_FILTER, PF_PASS, PF_POOL_RDR, true },
	[ROUTE] = { PF_RULESET_FILTER, PF_PASS, PF_POOL_ROUTE, false },
};

#define STATIC	1
struct pool {
	enum kind	 kind;
	uint8_t		 opts;
	const char	*part[4];		/* "3 ADDRESS": of weight 3; a number stands */
						/* for an address of the servers */
	uint16_t	 port[2];		/* of nat; 0: 1024 to 65535; or STATIC */
	uint32_t	 track;			/* src.track; 0: as by default */
	unsigned int	 matches;		/* rules of match like this one, before it */
};

static void
fill(struct pf_pooladdr *a, const char *text, enum kind kind)
{
	const char *space = strchr(text, ' ');
	char buf[64];
	struct pf_rule_addr host;

	memset(a, 0, sizeof(*a));
	if (space != NULL) {
		a->weight = (uint16_t)strtoul(text, NULL, 10);
		text = space + 1;
	}
	if (strcmp(text, "ext") == 0) {
		a->addr.type = PF_ADDR_NONE;
		strcpy(a->ifname, "ext");
		return;
	}
	if (kind == ROUTE)
		strcpy(a->ifname, "ext");
	if (strspn(text, "0123456789") == strlen(text)) {
		snprintf(buf, sizeof(buf), w->server, (unsigned int)strtoul(text, NULL, 10));
		text = buf;
	}
	unit_addr(&host, text);
	a->addr = host.addr;
}

static int
add_rule(struct fix *f, const struct pool *p, bool match)
{
	static struct pfioc_rule pr;
	struct pfioc_pooladdr pp;
	struct pf_pool *pool;
	int error;

	memset(&pp, 0, sizeof(pp));
	error = sim_ioctl(f->n, f->cl, DIOCBEGINADDRS, &pp);
	for (unsigned int i = 0; i < NITEMS(p->part) && p->part[i] != NULL &&
	    error == 0; i++) {
		memset(&pp, 0, sizeof(pp));
		pp.ticket = f->e[0].ticket;
		pp.ruleset = kinds[p->kind].ruleset;
		pp.which = kinds[p->kind].which;
		fill(&pp.addr, p->part[i], p->kind);
		error = sim_ioctl(f->n, f->cl, DIOCADDADDR, &pp);
	}
	assert_int_equal(error, 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	pr.ruleset = kinds[p->kind].ruleset;
	if (pr.ruleset == PF_RULESET_FILTER) {
		pr.rule = unit_rule(match ? PF_MATCH : PF_PASS);
		pr.rule.flags = pr.rule.flagset = 0;
		if (match)
			pr.rule.keep_state = 0;
		pr.rule.pool_used = (uint8_t)(1U << kinds[p->kind].which);
		pr.rule.direction = kinds[p->kind].in ? PF_IN : PF_OUT;
		pr.rule.rt = p->kind == ROUTE ? PF_ROUTETO : PF_NOPFROUTE;
	} else {
		strcpy(pr.rule.ifname, "ext");
		pr.rule.action = (uint8_t)kinds[p->kind].action;
		pr.rule.rtableid = -1;
	}
	pr.rule.af = w->af;
	if (pr.ruleset == PF_RULESET_FILTER)
		pr.rule.timeout[PFTM_SRC_NODE] = p->track;
	pool = &pr.rule.pool[kinds[p->kind].which];
	pool->opts = p->opts;
	if ((p->kind == NAT || p->kind == NAT_TO) && p->port[0] != STATIC) {
		pool->port_op = PF_OP_RRG;
		pool->proxy_port[0] = p->port[0] != 0 ? p->port[0] : 1024;
		pool->proxy_port[1] = p->port[0] != 0 ? p->port[1] : 65535;
	}
	return (sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr));
}

/* Load "pass" and one rule with the pool. */
static int
load(struct fix *f, const struct pool *p)
{
	static const uint32_t types[] = { PF_RULESET_FILTER, PF_RULESET_NAT,
		PF_RULESET_RDR };
	static struct pfioc_rule pr;
	struct pfioc_pooladdr pp;
	int error;

	assert_int_equal(unit_timeout(f->n, PFTM_SRC_NODE, kinds[p->kind].ruleset ==
	    PF_RULESET_FILTER ? 0 : p->track), 0);
	memset(&f->t, 0, sizeof(f->t));
	memset(f->e, 0, sizeof(f->e));
	for (int i = 0; i < 3; i++)
		f->e[i].type = types[i];
	f->t.size = 3;
	f->t.esize = sizeof(f->e[0]);
	f->t.array = (uint64_t)(uintptr_t)f->e;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &f->t), 0);
	memset(&pp, 0, sizeof(pp));
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCBEGINADDRS, &pp), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule = unit_rule(PF_PASS);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr), 0);
	for (unsigned int i = 0; i < p->matches; i++)
		assert_int_equal(add_rule(f, p, true), 0);
	error = add_rule(f, p, false);
	assert_int_equal(sim_ioctl(f->n, f->cl, error == 0 ? DIOCXCOMMIT :
	    DIOCXROLLBACK, &f->t), 0);
	return (error);
}

static int
request(struct fix *f, unsigned long cmd, void *arg)
{
	return (sim_ioctl(f->n, f->cl, cmd, arg));
}

/* All states go. */
static void
flush(struct fix *f)
{
	struct pfioc_state_kill k;

	memset(&k, 0, sizeof(k));
	assert_int_equal(request(f, DIOCCLRSTATES, &k), 0);
	sim_rcu_quiesce();
}

#define LOST	-1

/* A connection from client c, by a port: the number of the server that it gets; LOST. */
static int
get(struct fix *f, enum kind kind, unsigned int c, uint16_t port)
{
	char src[64], got[64];
	struct sim_spec sp;
	struct sim_info i;
	struct pf_pkt *p;
	int verdict, last;

	snprintf(src, sizeof(src), w->net, c / 200, 1 + c % 200);
	memset(&sp, 0, sizeof(sp));
	sp.src = src;
	sp.dst = w->peer;
	sp.proto = IPPROTO_UDP;
	sp.sport = port;
	sp.dport = 53;
	sp.ttl = 60;
	p = sim_pkt_build(&sp);
	verdict = sim_test(f->n, kinds[kind].in ? PF_IN : PF_OUT, 2, p);
	if (verdict != PF_PASS) {
		sim_pkt_free(p);
		return (LOST);
	}
	assert_true(sim_pkt_info(p, &i));
	if (kind == ROUTE)
		inet_ntop(w->af, p->gw, got, sizeof(got));
	else
		strcpy(got, kinds[kind].in ? i.dst : i.src);
	sim_pkt_free(p);
	last = (int)strtol(strrchr(got, w->af == AF_INET ? '.' : ':') + 1, NULL, 10);
	return (last);
}

static uint64_t
refused(struct fix *f, int why)
{
	struct pf_status st;

	unit_status(f->n, &st);
	return (st.counters[why]);
}

/* All nodes of sources; how many. */
static uint32_t
nodes(struct fix *f, struct pf_src_node v[64])
{
	struct pfioc_src_nodes io = { 64 * sizeof(*v), (uintptr_t)v };

	assert_int_equal(request(f, DIOCGETSRCNODES, &io), 0);
	return ((uint32_t)(io.len / sizeof(*v)));
}

static void
table(struct fix *f, const char *name, const char *const *servers, unsigned long cmd)
{
	char text[256] = "", one[64];
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	for (; *servers != NULL; servers++) {
		snprintf(one, sizeof(one), w->server,
		    (unsigned int)strtoul(*servers, NULL, 10));
		strcat(strcat(text, one), " ");
	}
	assert_int_equal(tables_request(f, cmd, name, text, 0, &io, a), 0);
}
#define TABLE(f, name, cmd, ...)					\
	table(f, name, (const char *const []){ __VA_ARGS__, NULL }, cmd)

/* weight: turns of round-robin, and shares of the others. */
static void
weights(struct fix *f)
{
	static const struct {
		uint8_t	opts;
		int	low, high;
	} rows[] = { { RR, 750, 750 }, { RND, 668, 832 }, { HASH, 668, 832 } };
	struct pool p = { NAT, 0, { "3 1", "5", "0 7" }, { 0, 0 }, 0, 0 };

	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned int t = 0; t < NITEMS(rows); t++) {
			int n[10] = { 0 };

			p.kind = kind;
			p.opts = rows[t].opts;
			assert_int_equal(load(f, &p), 0);
			for (unsigned int k = 0; k < 1250; k++)
				n[get(f, kind, k, 7)]++;
			assert_in_range(n[1], rows[t].low, rows[t].high);
			if (t == 0)
				assert_int_equal(n[5], 250);
			assert_int_equal(n[1] + n[5] + n[7], 1250);
			flush(f);
		}
}

/* The same of a pool with tables, which round-robin goes through in order. */
static void
table_weights(struct fix *f)
{
	struct pool p = { NAT, RR, { "2 <t>", "7" }, { 0, 0 }, 0, 0 };
	static const int want[] = { 1, 1, 4, 4, 7 };
	int n[10] = { 0 };

	tables_make(f, "t", 0);
	TABLE(f, "t", DIOCRADDADDRS, "1", "4");
	assert_int_equal(load(f, &p), 0);
	for (uint16_t k = 0; k < 500; k++)
		assert_int_equal(get(f, NAT, 1, (uint16_t)(1 + k)), want[k % 5]);
	/* who leaves the table has no more turns */
	assert_int_equal(get(f, NAT, 1, 501), 1);
	TABLE(f, "t", DIOCRDELADDRS, "1");
	assert_int_equal(get(f, NAT, 1, 502), 4);
	TABLE(f, "t", DIOCRADDADDRS, "1");
	p.opts = RND;
	assert_int_equal(load(f, &p), 0);
	for (unsigned int k = 0; k < 1000; k++)
		n[get(f, NAT, k, 9)]++;
	assert_in_range(n[7], 125, 275);
	assert_in_range(n[1], 307, 493);
}

/* What is large has its places counted rightly, too. */
static void
large_weights(struct fix *f)
{
	struct pool p = { NAT, RND, { "65535 <t>", NULL }, { 0, 0 }, 0, 0 };
	char big[2][64];

	p.part[0] = big[0];
	p.part[1] = big[1];
	snprintf(big[0], sizeof(big[0]), "65535 %s", w->af == AF_INET ? "10.0.0.0/8" :
	    "2001:db8::/32");
	snprintf(big[1], sizeof(big[1]), "65535 %s", w->af == AF_INET ? "0.0.0.0/0" : "::/0");
	assert_int_equal(load(f, &p), 0);
	for (unsigned int k = 0; k < 100; k++)
		assert_true(get(f, NAT, k, 9) != LOST);
}

/* sticky-address: one address while there is a state, or for src.track seconds longer. */
static void
sticky(struct fix *f)
{
	static const uint8_t types[] = { RR, RND, LEAST };
	struct pool p = { NAT, 0, { "1", "4", "5", "7" }, { 0, 0 }, 0, 0 };
	struct pf_src_node v[64];

	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned int t = 0; t < NITEMS(types); t++) {
			int first[10];

			p.kind = kind;
			p.opts = types[t] | STICKY;
			p.track = 0;
			assert_int_equal(load(f, &p), 0);
			for (unsigned int k = 0; k < 10; k++)
				first[k] = get(f, kind, k, 1);
			if (types[t] != RND)
				assert_true(first[0] != first[1]);
			for (unsigned int k = 0; k < 50; k++)
				assert_int_equal(get(f, kind, k % 10,
				    (uint16_t)(2 + k)), first[k % 10]);
			assert_int_equal(nodes(f, v), 10);
			for (unsigned int k = 0; k < 10; k++) {
				assert_int_equal(v[k].states, 6);
				assert_int_equal(v[k].packets[0], 6);
				assert_int_equal(v[k].type, 1 + (kind == NAT ?
				    PF_POOL_NAT : kinds[kind].which));
				assert_int_equal(v[k].af, w->af);
				assert_false(v[k].raddr.addr64[0] == 0 &&
				    v[k].raddr.addr64[1] == 0);
			}
			flush(f);
			assert_int_equal(nodes(f, v), 0);
			p.track = 100;
			assert_int_equal(load(f, &p), 0);
			first[0] = get(f, kind, 1, 1);
			flush(f);
			assert_int_equal(nodes(f, v), 1);
			assert_int_equal(v[0].states, 0);
			for (unsigned int k = 0; k < 5; k++) {
				get(f, kind, 2 + k, 1);
				assert_int_equal(get(f, kind, 1,
				    (uint16_t)(2 + k)), first[0]);
			}
			flush(f);
			sim_seconds(f->sim, 200);
			assert_int_equal(nodes(f, v), 0);
			flush(f);
		}
}

/* An address that has left the table is chosen no more; who stays, stays. */
static void
sticky_table(struct fix *f)
{
	struct pool p = { RDR, RR | STICKY, { "<t>" }, { 0, 0 }, 1000, 0 };
	struct pf_src_node v[64];
	int a, b;

	tables_make(f, "t", 0);
	assert_int_equal(load(f, &p), 0);
	assert_int_equal(get(f, RDR, 1, 1), LOST);
	assert_int_equal(refused(f, PFRES_TRANSLATE), 1);
	assert_int_equal(nodes(f, v), 0);
	TABLE(f, "t", DIOCRADDADDRS, "1", "4");
	a = get(f, RDR, 1, 1);
	b = get(f, RDR, 2, 1);
	assert_true(a != b);
	TABLE(f, "t", DIOCRDELADDRS, a == 1 ? "1" : "4");
	TABLE(f, "t", DIOCRADDADDRS, "5");
	a = get(f, RDR, 1, 2);
	assert_true(a == 5 || a == b);
	for (uint16_t k = 3; k < 9; k++) {
		assert_int_equal(get(f, RDR, 1, k), a);
		assert_int_equal(get(f, RDR, 2, k), b);
	}
	assert_int_equal(nodes(f, v), 2);
	/* nothing is left for it, and what was remembered is not forgotten */
	TABLE(f, "t", DIOCRDELADDRS, "1", "4", "5");
	assert_int_equal(get(f, RDR, 1, 9), LOST);
	assert_int_equal(nodes(f, v), 2);
	TABLE(f, "t", DIOCRADDADDRS, "1", "4", "5");
	assert_int_equal(get(f, RDR, 2, 9), b);
}

/* The limit of sources; each rule has its own; they can be removed by either address. */
static void
sticky_limits(struct fix *f)
{
	struct pool p = { NAT_TO, RR | STICKY, { "1", "4" }, { 0, 0 }, 1000, 0 };
	struct pfioc_src_node_kill kill;
	struct pf_rule_addr a;
	struct pf_src_node v[64];
	char text[64];

	assert_int_equal(load(f, &p), 0);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_SRC_NODES, 2), 0);
	assert_int_equal(get(f, NAT_TO, 1, 1), 1);
	assert_int_equal(get(f, NAT_TO, 2, 1), 4);
	assert_int_equal(get(f, NAT_TO, 3, 1), LOST);
	assert_int_equal(get(f, NAT_TO, 2, 2), 4);
	assert_int_equal(refused(f, PFRES_SRCLIMIT), 1);
	memset(&kill, 0, sizeof(kill));
	snprintf(text, sizeof(text), w->server, 4);
	unit_addr(&a, text);
	kill.dst.addr = a.addr;
	kill.af = w->af;
	assert_int_equal(request(f, DIOCKILLSRCNODES, &kill), 0);
	assert_int_equal(kill.killed, 1);
	assert_int_equal(nodes(f, v), 1);
	assert_int_equal(v[0].states, 1);
	assert_true(get(f, NAT_TO, 3, 2) != LOST);
	assert_int_equal(load(f, &p), 0);
	assert_int_equal(nodes(f, v), 2);
	assert_int_equal(v[0].rule, UINT32_MAX);
	assert_int_equal(get(f, NAT_TO, 1, 9), LOST);	/* another rule */
	assert_int_equal(unit_limit(f->n, PF_LIMIT_SRC_NODES, 10), 0);
	assert_true(get(f, NAT_TO, 1, 9) != LOST);
	assert_int_equal(nodes(f, v), 3);
}

/* least-states: who has the fewest for its weight, of lists, networks and tables. */
static void
least(struct fix *f)
{
	struct pool p = { NAT, LEAST, { "1", "4", "2 7" }, { 0, 0 }, 0, 0 };
	int n[10] = { 0 };

	for (enum kind kind = 0; kind < KINDS; kind++) {
		p.kind = kind;
		assert_int_equal(load(f, &p), 0);
		memset(n, 0, sizeof(n));
		for (uint16_t k = 0; k < 400; k++)
			n[get(f, kind, k, 7)]++;
		assert_in_range(n[1], 99, 101);
		assert_in_range(n[4], 99, 101);
		assert_in_range(n[7], 198, 202);
		flush(f);
		/* all have gone: it begins anew */
		memset(n, 0, sizeof(n));
		for (uint16_t k = 0; k < 40; k++)
			n[get(f, kind, k, 8)]++;
		assert_in_range(n[7], 19, 21);
		flush(f);
	}
}

/* Kill the states that are translated to that server. */
static void
kill_states(struct fix *f, unsigned int server)
{
	struct pfsync_state *v;
	struct pfioc_state_kill k;
	struct pf_rule_addr a;
	uint32_t n = unit_states(f->n, &v), killed = 0;
	char text[64];

	snprintf(text, sizeof(text), w->server, server);
	unit_addr(&a, text);
	for (uint32_t i = 0; i < n; i++) {
		if (memcmp(&v[i].key[PF_SK_WIRE].addr[1], &a.addr.v.a.addr, 16) != 0)
			continue;
		memset(&k, 0, sizeof(k));
		k.id = v[i].id;
		k.creatorid = v[i].creatorid;
		assert_int_equal(request(f, DIOCKILLSTATES, &k), 0);
		killed += k.killed;
	}
	free(v);
	assert_true(killed > 0);
	sim_rcu_quiesce();
}

/* Who loses its states gets the next ones. */
static void
least_refill(struct fix *f)
{
	static const char *const parts[][2] = {
		{ "1", "2" }, { "<t>", NULL }, { NULL, NULL },
	};
	struct pool p = { NAT, LEAST, { NULL }, { 0, 0 }, 0, 0 };

	tables_make(f, "t", 0);
	TABLE(f, "t", DIOCRADDADDRS, "1", "2");
	for (unsigned int t = 0; t < NITEMS(parts); t++) {
		uint16_t port = 1;
		int n[10] = { 0 };

		p.part[0] = parts[t][0] != NULL ? parts[t][0] : w->subnet;
		p.part[1] = parts[t][1];
		assert_int_equal(load(f, &p), 0);
		for (; port <= 40; port++)
			n[get(f, NAT, 1, port)]++;
		assert_int_equal(n[2], parts[t][0] != NULL ? 20 : 10);
		kill_states(f, 2);
		for (int k = 0; k < n[2]; k++)
			assert_int_equal(get(f, NAT, 1, port++), 2);
		flush(f);
	}
}

/* More addresses than are counted one by one: none is far above the others. */
static void
least_large(struct fix *f)
{
	struct pool p = { NAT, LEAST, { NULL }, { 0, 0 }, 0, 0 };
	int n = 0;

	p.part[0] = w->af == AF_INET ? "10.64.0.0/16" : "2001:db8:aaaa::/48";
	assert_int_equal(load(f, &p), 0);
	for (uint16_t k = 0; k < 500; k++)
		n += get(f, NAT, 1, (uint16_t)(1 + k)) != LOST;
	assert_int_equal(n, 500);
	for (uint32_t k = 0, sum = 0; k < PF_POOL_COUNTS; k++) {
		struct pf_kpool *kp = f->n->pf->conf->rules[PF_RULESET_NAT]->rule[0]->pool[0];

		assert_in_range(pf_atomic_read(&kp->count[k]), 0, 1);
		sum += pf_atomic_read(&kp->count[k]);
		if (k == PF_POOL_COUNTS - 1)
			assert_int_equal(sum, 500);
	}
}

/* All ports of a pool are taken: the next connection is refused, after few look-ups. */
static void
exhausted(struct fix *f)
{
	struct pool p = { NAT, RR, { "1", "4" }, { STATIC }, 0, 0 };
	struct pf_status st[2];

	for (unsigned int t = 0; t < 2; t++) {
		p.part[0] = t == 0 ? "1" : "4";
		p.part[1] = NULL;
		assert_int_equal(load(f, &p), 0);
		for (uint32_t port = 40000; port <= 65535; port++)
			assert_int_equal(get(f, NAT, t, (uint16_t)port), t == 0 ? 1 : 4);
	}
	p.part[0] = "1";
	p.part[1] = "4";
	p.port[0] = 40000;
	p.port[1] = 65535;
	for (unsigned int t = 0; t < 3; t++) {
		p.opts = t == 0 ? RR : t == 1 ? RR | STICKY : LEAST;
		assert_int_equal(load(f, &p), 0);
		unit_status(f->n, &st[0]);
		assert_int_equal(get(f, NAT, 9, 1), LOST);
		unit_status(f->n, &st[1]);
		assert_int_equal(st[1].states, st[0].states);
		assert_int_equal(st[1].src_nodes, 0);
		assert_int_equal(st[1].counters[PFRES_TRANSLATE],
		    st[0].counters[PFRES_TRANSLATE] + 1);
		assert_in_range(st[1].fcounters[FCNT_STATE_SEARCH] -
		    st[0].fcounters[FCNT_STATE_SEARCH], 256, 1100);
	}
	/* one port of one address is enough, if it is looked for there */
	p.part[2] = "5";
	p.opts = RR | STICKY;
	assert_int_equal(load(f, &p), 0);
	assert_int_equal(get(f, NAT, 9, 1), 5);
	assert_int_equal(get(f, NAT, 9, 2), 5);
}

/* Tables that are empty, many of them. */
static void
empty(struct fix *f)
{
	static const uint8_t types[] = { RR, LEAST, RR | STICKY, LEAST | STICKY };
	struct pool p = { NAT, RR, { "<a>", "<b>", "3 <t>" }, { 0, 0 }, 0, 0 };

	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned int t = 0; t < NITEMS(types); t++) {
			uint64_t before = refused(f, kind == ROUTE ?
			    PFRES_NOROUTE : PFRES_TRANSLATE);

			p.kind = kind;
			p.opts = types[t];
			assert_int_equal(load(f, &p), 0);
			for (uint16_t k = 0; k < 10; k++)
				assert_int_equal(get(f, kind, 1, k), LOST);
			assert_int_equal(refused(f, kind == ROUTE ?
			    PFRES_NOROUTE : PFRES_TRANSLATE), before + 10);
		}
	tables_make(f, "t", 0);
	TABLE(f, "t", DIOCRADDADDRS, "4");
	for (uint16_t k = 1; k < 10; k++)
		assert_int_equal(get(f, ROUTE, 1, k), 4);
}

/* A connection may meet four pools that remember; all of them do. */
static void
many(struct fix *f)
{
	struct pool p = { .kind = NAT_TO, .opts = RR | STICKY, .part = { "1", "4" } };
	struct pf_src_node v[64];

	p.matches = 3;
	assert_int_equal(load(f, &p), 0);
	assert_true(get(f, NAT_TO, 1, 1) != LOST);
	assert_int_equal(nodes(f, v), 4);
	for (unsigned int k = 0; k < 4; k++)
		assert_int_equal(v[k].states, 1);
	flush(f);
	assert_int_equal(nodes(f, v), 0);
	p.matches = 4;
	assert_int_equal(load(f, &p), 0);
	assert_int_equal(get(f, NAT_TO, 1, 1), LOST);
	assert_int_equal(refused(f, PFRES_SRCLIMIT), 1);
	assert_int_equal(nodes(f, v), 0);
}

/* What is no pool. */
static void
unsound(struct fix *f)
{
	static const uint8_t opts[] = { PF_POOL_TYPE_MAX, RR | 0x10, RR | 0x40, 0x80 };
	struct pool p = { .kind = NAT, .part = { "1", "4" } };

	for (unsigned int i = 0; i < NITEMS(opts); i++) {
		p.opts = opts[i];
		assert_int_equal(load(f, &p), EINVAL);
	}
}

/* An interface alone is one hop, also beside a table. */
static void
alone(struct fix *f)
{
	static const uint8_t types[] = { RR, LEAST };
	struct pool p = { ROUTE, RR, { "ext", "<t>" }, { 0, 0 }, 0, 0 };

	tables_make(f, "t", 0);
	TABLE(f, "t", DIOCRADDADDRS, "4", "5");
	for (unsigned int t = 0; t < NITEMS(types); t++) {
		int n[10] = { 0 };

		p.opts = types[t];
		assert_int_equal(load(f, &p), 0);
		for (uint16_t k = 1; k <= 30; k++)
			n[get(f, ROUTE, 1, k)]++;
		assert_int_equal(n[0] + n[9], 10);	/* to the destination itself */
		assert_int_equal(n[4], 10);
		assert_int_equal(n[5], 10);
		flush(f);
	}
}

/* Each allocation fails in turn: nothing is counted that does not live. */
static void
no_memory(struct fix *f)
{
	struct pool p = { NAT, LEAST | STICKY, { "1", "4" }, { 0, 0 }, 0, 0 };
	struct pf_src_node v[64];
	const struct pf_kpool *kp;
	int lost = 0;

	assert_int_equal(load(f, &p), 0);
	kp = f->n->pf->conf->rules[PF_RULESET_NAT]->rule[0]->pool[0];
	for (unsigned int k = 1; k < 10; k++) {
		sim_fail_alloc(k);
		lost += get(f, NAT, k, 1) == LOST;
		sim_fail_alloc(0);
		assert_int_equal(pf_atomic_read(&kp->count[0]) +
		    pf_atomic_read(&kp->count[1]), k - (unsigned int)lost);
		assert_int_equal(nodes(f, v), k - (unsigned int)lost);
	}
	assert_in_range(lost, 2, 8);
	flush(f);
	assert_int_equal(pf_atomic_read(&kp->count[0]), 0);
	assert_int_equal(pf_atomic_read(&kp->count[1]), 0);
}

static const struct {
	const char	*name;
	void		(*fn)(struct fix *);
} cases[] = {
	{ "weight", weights }, { "weight of tables", table_weights },
	{ "large weights", large_weights }, { "sticky-address", sticky },
	{ "sticky-address, tables", sticky_table },
	{ "sticky-address, limits", sticky_limits }, { "least-states", least },
	{ "least-states, states go", least_refill }, { "least-states, large", least_large },
	{ "ports run out", exhausted }, { "empty tables", empty },
	{ "many pools", many }, { "unsound", unsound }, { "an interface alone", alone }, { "no memory", no_memory },
};

static void
test_cases(void **state)
{
	void *fix;

	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		w = &families[v6];
		for (size_t i = 0; i < NITEMS(cases); i++) {
			print_message("%s, %s\n", cases[i].name, v6 ? "IPv6" : "IPv4");
			assert_int_equal(tables_setup(&fix), 0);
			cases[i].fn(fix);
			assert_int_equal(tables_teardown(&fix), 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
