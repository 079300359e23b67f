// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_route.c: route-to, reply-to, dup-to and rtable: which packets go another way, and
 * which way.
 *
 * The firewall has clients at int and two uplinks, of which up1 has the default route.  No
 * wire is connected: what leaves is taken from the queue, with the way that it was given.
 */
#include "unit.h"

enum { INT = 1, UP1, UP2 };

static const struct names {
	const char *in, *up1, *up2, *client, *server, *gw1, *gw2, *own2;
	uint8_t af;
} families[2] = {
	{ "10.1.0.1/24", "192.0.2.1/24", "198.51.100.1/24", "10.1.0.2", "203.0.113.5",
	  "192.0.2.9", "198.51.100.9", "198.51.100.1", AF_INET },
	{ "2001:db8:1::1/64", "2001:db8:a::1/64", "2001:db8:b::1/64", "2001:db8:1::2",
	  "2001:db8:9::5", "2001:db8:a::9", "2001:db8:b::9", "2001:db8:b::1", AF_INET6 },
};
static const struct names *w;

static void
setup(struct unit_node *f)
{
	assert_int_equal(sim_if_rename(f->n, INT, "int"), 0);
	assert_int_equal(sim_if_rename(f->n, UP1, "up1"), 0);
	assert_int_equal(sim_if_add(f->n, UP2, "up2"), 0);
	assert_int_equal(sim_if_addr(f->n, INT, w->in), 0);
	assert_int_equal(sim_if_addr(f->n, UP1, w->up1), 0);
	assert_int_equal(sim_if_addr(f->n, UP2, w->up2), 0);
	assert_int_equal(sim_route(f->n, w->af == AF_INET ? "0.0.0.0/0" : "::/0", UP1), 0);
}

/* A part of a pool: "up2 198.51.100.9", "up2" or "198.51.100.9". */
static void
part(struct pf_pooladdr *a, const char *text)
{
	const char *addr = strchr(text, ' ');
	struct pf_rule_addr host;
	char name[PF_IFNAMSIZ];

	memset(a, 0, sizeof(*a));
	if (addr == NULL && strpbrk(text, ".:") != NULL)
		addr = text;
	else {
		memset(name, 0, sizeof(name));
		memcpy(name, text, addr != NULL ? (size_t)(addr++ - text) : strlen(text));
		memcpy(a->ifname, name, sizeof(name));
	}
	a->addr.type = PF_ADDR_NONE;
	if (addr == NULL)
		return;
	unit_addr(&host, addr);
	a->addr = host.addr;
}

struct line {
	int		 action, dir;
	const char	*on;
	int		 rt;
	const char	*to[3];			/* the pool */
	bool		 stateless;
	int		 bound;			/* PFRULE_IFBOUND */
	int		 table;			/* rtable, above 0 */
};

static int
add(struct unit_node *f, struct pf_client *cl, uint32_t ticket, const struct line *l)
{
	static struct pfioc_rule pr;
	struct pfioc_pooladdr pp;
	int error;

	memset(&pr, 0, sizeof(pr));
	memset(&pp, 0, sizeof(pp));
	error = sim_ioctl(f->n, cl, DIOCBEGINADDRS, &pp);
	for (unsigned int i = 0; i < NITEMS(l->to) && l->to[i] != NULL && error == 0; i++) {
		memset(&pp, 0, sizeof(pp));
		pp.ticket = ticket;
		pp.ruleset = PF_RULESET_FILTER;
		pp.which = PF_POOL_ROUTE;
		part(&pp.addr, l->to[i]);
		error = sim_ioctl(f->n, cl, DIOCADDADDR, &pp);
	}
	assert_int_equal(error, 0);
	pr.ticket = ticket;
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule = unit_rule(l->action);
	pr.rule.flags = pr.rule.flagset = 0;
	pr.rule.direction = (uint8_t)l->dir;
	pr.rule.af = w->af;
	pr.rule.rule_flag = (uint32_t)l->bound;
	if (l->table != 0)
		pr.rule.rtableid = l->table;
	pr.rule.rt = (uint8_t)l->rt;
	if (l->on != NULL)
		strcpy(pr.rule.ifname, l->on);
	if (l->stateless || l->action != PF_PASS)
		pr.rule.keep_state = 0;
	if (l->to[0] != NULL) {
		pr.rule.pool_used = 1U << PF_POOL_ROUTE;
		if (l->to[1] != NULL)
			pr.rule.pool[PF_POOL_ROUTE].opts = PF_POOL_ROUNDROBIN;
	}
	return (sim_ioctl(f->n, cl, DIOCADDRULE, &pr));
}

/* 0, or the error of the rule that is refused. */
static int
load(struct unit_node *f, const struct line *l, unsigned int n)
{
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);
	struct pfioc_trans_e e = { .type = PF_RULESET_FILTER };
	struct pfioc_trans t = { .size = 1, .esize = sizeof(e),
	    .array = (uint64_t)(uintptr_t)&e };
	int error;

	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	for (error = 0; n > 0 && error == 0; n--, l++)
		error = add(f, cl, e.ticket, l);
	if (error == 0)
		assert_int_equal(sim_ioctl(f->n, cl, DIOCXCOMMIT, &t), 0);
	pf_client_close(cl);
	return (error);
}

#define LOAD(f, ...) do {							\
	const struct line lines_[] = { __VA_ARGS__ };				\
	assert_int_equal(load(f, lines_, NITEMS(lines_)), 0);			\
} while (0)

static struct pf_pkt *
udp(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	return (sim_pkt_build(&(const struct sim_spec){ .src = src, .dst = dst,
	    .proto = IPPROTO_UDP, .sport = sport, .dport = dport, .paylen = 5 }));
}

/* What has left: by which interface, 0: as routed, -1: nothing; and to which gateway. */
static int
left(struct unit_node *f, const char *gw, uint8_t ttl)
{
	struct pf_pkt *p = sim_pktq_take(&f->n->out);
	struct pf_rule_addr a;
	struct sim_info in;
	int way;

	if (p == NULL)
		return (-1);
	assert_true(sim_pkt_info(p, &in));
	assert_int_equal(in.ttl, ttl);
	way = p->way;
	if (gw != NULL) {
		unit_addr(&a, gw);
		assert_memory_equal(p->gw, &a.addr.v.a.addr, sizeof(p->gw));
	}
	sim_pkt_free(p);
	return (way);
}

static uint64_t
unroutable(struct unit_node *f)
{
	struct pf_status st;

	unit_status(f->n, &st);
	return (st.counters[PFRES_NOROUTE]);
}

/* How many states with that gateway are removed. */
static uint32_t
killed(struct unit_node *f, const char *gw)
{
	struct pf_client *cl = pf_client_open(f->n->pf, 1, 0);
	struct pfioc_state_kill k;

	memset(&k, 0, sizeof(k));
	k.by = PF_KILL_GATEWAY;
	k.af = w->af;
	unit_addr(&k.src, gw);
	unit_addr(&k.dst, NULL);
	assert_int_equal(sim_ioctl(f->n, cl, DIOCKILLSTATES, &k), 0);
	pf_client_close(cl);
	return (k.killed);
}

/* What the link layer has sent to everybody is routed as ever. */
static void
to_all(struct unit_node *f)
{
	struct pf_pkt *p = udp(w->client, 1000, w->server, 53);

	p->bcast = true;
	sim_input(f->n, INT, p);
	assert_int_equal(left(f, NULL, 63), 0);
}

/* A client's connection takes the other uplink, and its answers come back. */
static void
route_in(struct unit_node *f)
{
	struct pfsync_state *s;
	struct pf_rule_addr a;

	LOAD(f, { PF_PASS, 0 },
	    { PF_PASS, PF_IN, "int", PF_ROUTETO, { w->af == AF_INET ?
	      "up2 198.51.100.9" : "up2 2001:db8:b::9" } });
	for (int i = 0; i < 3; i++) {		/* by the rule, then by its state */
		sim_input(f->n, INT, udp(w->client, 1000, w->server, 53));
		assert_int_equal(left(f, w->gw2, 63), UP2);
		sim_input(f->n, UP2, udp(w->server, 53, w->client, 1000));
		assert_int_equal(left(f, NULL, 63), 0);
	}
	assert_int_equal(unit_states(f->n, &s), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s[i].rt, s[i].direction == PF_IN ? PF_ROUTETO : 0);
		if (s[i].rt == 0)
			continue;
		unit_addr(&a, w->gw2);
		assert_string_equal(s[i].rt_ifname, "up2");
		assert_memory_equal(&s[i].rt_addr, &a.addr.v.a.addr, 16);
	}
	free(s);
	assert_int_equal(left(f, NULL, 64), -1);
	to_all(f);
	assert_int_equal(killed(f, w->gw1), 0);
	assert_int_equal(killed(f, w->gw2), 1);
	assert_int_equal(killed(f, w->gw2), 0);
}

/* What goes out by one uplink is sent to the other, where it is asked about again. */
static void
route_out(struct unit_node *f)
{
	const char *to = w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9";
	struct pf_rule r;

	LOAD(f, { PF_PASS, 0 }, { PF_PASS, PF_OUT, "up1", PF_ROUTETO, { to },
	    .bound = PFRULE_IFBOUND }, { PF_PASS, PF_OUT, "up2", .stateless = true });
	for (int i = 0; i < 2; i++) {
		sim_output(f->n, udp(w->client, 1000, w->server, 53));
		assert_int_equal(left(f, w->gw2, 64), UP2);
	}
	unit_get_rule(f->n, 1, &r);
	assert_int_equal(r.packets[1], 4);	/* its state is not of one interface */
	sim_input(f->n, UP2, udp(w->server, 53, w->client, 1000));
	assert_int_equal(left(f, NULL, 63), 0);

	LOAD(f, { PF_PASS, PF_OUT, "up1", PF_ROUTETO, { to }, .stateless = true },
	    { PF_DROP, PF_OUT, "up2" });
	sim_output(f->n, udp(w->client, 1001, w->server, 53));
	assert_int_equal(left(f, NULL, 64), -1);
	unit_get_rule(f->n, 1, &r);
	assert_int_equal(r.packets[1], 1);

	/* rules that send it in a circle */
	LOAD(f, { PF_PASS, PF_OUT, "up1", PF_ROUTETO, { "up2" }, .stateless = true },
	    { PF_PASS, PF_OUT, "up2", PF_ROUTETO, { "up1" }, .stateless = true });
	sim_output(f->n, udp(w->client, 1002, w->server, 53));
	assert_int_equal(left(f, NULL, 64), -1);
}

/* Answers leave by the uplink that the question came in by, of this host and of others. */
static void
reply(struct unit_node *f)
{
	LOAD(f, { PF_PASS, 0 }, { PF_PASS, PF_IN, "up2", PF_REPLYTO,
	    { w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9" },
	    .bound = PFRULE_IFBOUND });
	sim_input(f->n, UP2, udp(w->server, 1000, w->own2, 53));
	sim_pkt_free(sim_pktq_take(&f->n->local));
	sim_output(f->n, udp(w->own2, 53, w->server, 1000));
	assert_int_equal(left(f, w->gw2, 64), UP2);
	sim_input(f->n, UP2, udp(w->server, 1000, w->client, 53));
	assert_int_equal(left(f, NULL, 63), 0);
	sim_input(f->n, INT, udp(w->client, 53, w->server, 1000));
	assert_int_equal(left(f, w->gw2, 63), UP2);
	/* a connection of the other uplink's is none of the rule's */
	sim_input(f->n, UP1, udp(w->server, 1001, w->client, 53));
	assert_int_equal(left(f, NULL, 63), 0);
	sim_input(f->n, INT, udp(w->client, 53, w->server, 1001));
	assert_int_equal(left(f, NULL, 63), 0);
}

/* A copy goes to the other uplink; what is copied goes on, and nobody asks about the copy. */
static void
dup(struct unit_node *f)
{
	LOAD(f, { PF_DROP, PF_OUT, "up2" }, { PF_PASS, PF_IN, "int", PF_DUPTO,
	    { w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9" } });
	for (int i = 0; i < 2; i++) {
		sim_input(f->n, INT, udp(w->client, 1000, w->server, 53));
		assert_int_equal(left(f, w->gw2, 64), UP2);
		assert_int_equal(left(f, NULL, 63), 0);
	}
	sim_input(f->n, UP1, udp(w->server, 53, w->client, 1000));
	assert_int_equal(left(f, NULL, 63), 0);
	assert_int_equal(left(f, NULL, 64), -1);
}

/* The copy of what is blocked goes to the other uplink, and nothing else goes anywhere. */
static void
dup_blocked(struct unit_node *f)
{
	LOAD(f, { PF_DROP, PF_IN, "int", PF_DUPTO,
	    { w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9" } });
	for (int i = 0; i < 2; i++) {
		sim_input(f->n, INT, udp(w->client, 1100, w->server, 53));
		assert_int_equal(left(f, w->gw2, 64), UP2);
		assert_int_equal(left(f, NULL, 63), -1);
	}
	LOAD(f, { PF_DROP, PF_IN, "int", PF_ROUTETO, { "up2" } });
	sim_input(f->n, INT, udp(w->client, 1100, w->server, 53));
	assert_int_equal(left(f, NULL, 64), -1);
}

/* No way: an interface that is not there, a gateway that is this host, none at all. */
static void
no_way(struct unit_node *f)
{
	const char *own = w->af == AF_INET ? "up2 198.51.100.1" : "up2 2001:db8:b::1";
	const char *const to[] = { "gone0", own };

	for (unsigned int i = 0; i < NITEMS(to); i++) {
		LOAD(f, { PF_PASS, PF_IN, "int", PF_ROUTETO, { to[i] } });
		for (uint16_t k = 0; k < 2; k++) {
			sim_input(f->n, INT, udp(w->client, 1000, w->server, (uint16_t)(53 + i)));
			assert_int_equal(left(f, NULL, 64), -1);
			assert_int_equal(unroutable(f), 2 * i + k + 1);
		}
	}
	/* the interface comes, and goes again */
	LOAD(f, { PF_PASS, PF_IN, "int", PF_ROUTETO, { "late0" } });
	sim_input(f->n, INT, udp(w->client, 1000, w->server, 60));
	assert_int_equal(left(f, NULL, 64), -1);
	assert_int_equal(sim_if_add(f->n, 9, "late0"), 0);
	sim_input(f->n, INT, udp(w->client, 1000, w->server, 60));
	assert_int_equal(left(f, NULL, 63), 9);
	assert_int_equal(sim_if_del(f->n, 9), 0);
	sim_input(f->n, INT, udp(w->client, 1000, w->server, 60));
	assert_int_equal(left(f, NULL, 64), -1);
}

/* Two uplinks take turns; a connection keeps the one that it has. */
static void
balance(struct unit_node *f)
{
	unsigned int by[UP2 + 1] = { 0 };
	int first[100], way;

	LOAD(f, { PF_PASS, PF_OUT }, { PF_PASS, PF_IN, "int", PF_ROUTETO,
	    { w->af == AF_INET ? "up1 192.0.2.9" : "up1 2001:db8:a::9",
	      w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9" } });
	for (unsigned int i = 0; i < 300; i++) {
		sim_input(f->n, INT, udp(w->client, (uint16_t)(1000 + i % 100), w->server, 53));
		way = left(f, NULL, 63);
		assert_true(way == UP1 || way == UP2);
		by[way]++;
		if (i < 100)
			first[i] = way;
		assert_int_equal(way, first[i % 100]);
	}
	assert_int_equal(by[UP1], 150);
	assert_int_equal(by[UP2], 150);
}

static void
table_5(struct unit_node *f)
{
	assert_int_equal(sim_route_table(f->n, 5, w->af == AF_INET ? "0.0.0.0/0" : "::/0",
	    UP2), 0);
}

/* Which way a packet of the client's goes. */
static int
asks(struct unit_node *f, uint16_t dport)
{
	sim_input(f->n, INT, udp(w->client, 1000, w->server, dport));
	return (left(f, NULL, 63));
}

/* What comes in is routed by the table; its answers, and what goes out, are routed as ever. */
static void
table_in(struct unit_node *f)
{
	table_5(f);
	for (int stateless = 0; stateless < 2; stateless++) {
		LOAD(f, { PF_PASS, 0 }, { PF_PASS, PF_IN, "int", .table = 5,
		    .stateless = stateless != 0 });
		for (int i = 0; i < 3; i++) {
			assert_int_equal(asks(f, (uint16_t)(53 + stateless)), UP2);
			if (stateless)		/* an answer would make a state */
				continue;
			sim_input(f->n, UP2, udp(w->server, 53, w->client, 1000));
			assert_int_equal(left(f, NULL, 63), 0);
		}
	}
	to_all(f);
	/* what is for this host stays */
	sim_input(f->n, INT, udp(w->client, 1000, w->own2, 53));
	assert_int_equal(left(f, NULL, 64), -1);
	sim_pkt_free(sim_pktq_take(&f->n->local));
	LOAD(f, { PF_PASS, PF_OUT, "up1", .table = 5 });
	for (int i = 0; i < 2; i++) {
		sim_output(f->n, udp(w->client, 1001, w->server, 54));
		assert_int_equal(left(f, NULL, 64), 0);
		sim_input(f->n, UP1, udp(w->server, 54, w->client, 1001));
		assert_int_equal(left(f, NULL, 63), 0);
	}
	assert_int_equal(unroutable(f), 0);
}

/* No table, or none with a route there: dropped and counted, by the rule and by the state. */
static void
table_none(struct unit_node *f)
{
	LOAD(f, { PF_PASS, 0 }, { PF_PASS, PF_IN, "int", .table = INT32_MAX });
	for (uint64_t i = 1; i < 4; i++) {
		assert_int_equal(asks(f, 53), -1);
		assert_int_equal(unroutable(f), i);
	}
}

/* Of several rules the last that says so decides; route-to needs no table, copies go on by it,
 * and answers have their own way. */
static void
table_and(struct unit_node *f)
{
	const char *to = w->af == AF_INET ? "up1 192.0.2.9" : "up1 2001:db8:a::9";

	table_5(f);
	LOAD(f, { PF_MATCH, PF_IN, .table = 6 }, { PF_MATCH, PF_IN, "int", .table = 5 },
	    { PF_MATCH, PF_IN }, { PF_PASS, 0 });
	assert_int_equal(asks(f, 1), UP2);
	assert_int_equal(asks(f, 1), UP2);
	LOAD(f, { PF_MATCH, PF_IN, "int", .table = 6 }, { PF_PASS, 0, .table = 5 });
	assert_int_equal(asks(f, 2), UP2);
	assert_int_equal(asks(f, 2), UP2);
	LOAD(f, { PF_PASS, PF_IN, "int", PF_ROUTETO, { to }, .table = 5 }, { PF_PASS, PF_OUT });
	assert_int_equal(asks(f, 3), UP1);
	assert_int_equal(asks(f, 3), UP1);
	LOAD(f, { PF_PASS, PF_IN, "int", PF_DUPTO, { to }, .table = 5 }, { PF_PASS, PF_OUT });
	for (int i = 0; i < 2; i++) {
		sim_input(f->n, INT, udp(w->client, 1000, w->server, 4));
		assert_int_equal(left(f, NULL, 64), UP1);
		assert_int_equal(left(f, NULL, 63), UP2);
	}
	LOAD(f, { PF_MATCH, PF_IN, "up1", .table = 5 }, { PF_PASS, PF_IN, "up1", PF_REPLYTO,
	    { w->af == AF_INET ? "up2 198.51.100.9" : "up2 2001:db8:b::9" } },
	    { PF_PASS, PF_OUT });
	for (int i = 0; i < 2; i++) {
		sim_input(f->n, UP1, udp(w->server, 1000, w->client, 5));
		assert_int_equal(left(f, NULL, 63), UP2);
		sim_input(f->n, INT, udp(w->client, 5, w->server, 1000));
		assert_int_equal(left(f, w->gw2, 63), UP2);
	}
	/* what is blocked goes nowhere */
	LOAD(f, { PF_DROP, PF_IN, "int", .table = 5 });
	assert_int_equal(asks(f, 6), -1);
	assert_int_equal(unroutable(f), 0);
}

static void
refused(struct unit_node *f)
{
	static const struct {
		struct line l;
		int error;
	} bad[] = {
		{ { PF_PASS, 0, .rt = PF_ROUTETO, .to = { "up2" } }, EINVAL },
		{ { PF_PASS, PF_IN, .rt = PF_ROUTETO }, EINVAL },
		{ { PF_PASS, PF_IN, .to = { "up2" } }, EINVAL },
		{ { PF_PASS, PF_IN, .rt = PF_FASTROUTE, .to = { "up2" } }, EINVAL },
		{ { PF_PASS, PF_IN, .rt = PF_FASTROUTE }, 0 },
		{ { PF_DROP, PF_IN, .rt = PF_DUPTO, .to = { "up2" } }, 0 },
		{ { PF_DROP, 0, .rt = PF_DUPTO, .to = { "up2" } }, EINVAL },
		{ { PF_MATCH, PF_IN, .rt = PF_ROUTETO, .to = { "up2" } }, EOPNOTSUPP },
		{ { PF_PASS, PF_IN, .rt = PF_REPLYTO, .to = { "up2" }, .stateless = true },
		  EOPNOTSUPP },
	};

	for (unsigned int i = 0; i < NITEMS(bad); i++)
		if (load(f, &bad[i].l, 1) != bad[i].error)
			fail_msg("rule %u: not errno %d", i, bad[i].error);
}

static void	(*const cases[])(struct unit_node *) = { route_in, route_out, reply, dup, dup_blocked,
	no_way, balance, table_in, table_none, table_and, refused };

static void
test_routes(void **state)
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
		cmocka_unit_test_setup_teardown(test_routes, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
