// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_srcnode.c: the sources of connections: their limits, what is counted, how long they
 * are remembered, and what programs see of them.
 */
#include "unit.h"
#include "pf_srcnode.h"

#define SYN	0x02
#define RST	0x04
#define ACK	0x10
#define NODES	64

static struct pf_rule
tracking(bool by_rule)
{
	struct pf_rule r = unit_rule(PF_PASS);

	r.rule_flag |= PFRULE_SRCTRACK | (by_rule ? PFRULE_RULESRCTRACK : 0);
	return (r);
}

static int
request(struct sim_node *n, unsigned long cmd, void *arg)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	int error;

	assert_non_null(cl);
	error = sim_ioctl(n, cl, cmd, arg);
	pf_client_close(cl);
	return (error);
}

/* All nodes; how many. */
static uint32_t
nodes(struct sim_node *n, struct pf_src_node v[NODES])
{
	struct pfioc_src_nodes io = { NODES * sizeof(*v), (uintptr_t)v };

	assert_int_equal(request(n, DIOCGETSRCNODES, &io), 0);
	assert_int_equal(io.len % sizeof(*v), 0);
	return ((uint32_t)(io.len / sizeof(*v)));
}

/* The only node. */
static struct pf_src_node
only(struct sim_node *n)
{
	struct pf_src_node v[NODES];

	assert_int_equal(nodes(n, v), 1);
	return (v[0]);
}

static uint64_t
limited(struct sim_node *n, int which)
{
	struct pf_status st;

	unit_status(n, &st);
	return (st.lcounters[which]);
}

static bool
udp(struct sim_node *n, const char *src, uint16_t port)
{
	struct sim_spec sp = { .src = src, .proto = IPPROTO_UDP, .sport = port,
	    .dport = 53, .paylen = 4,
	    .dst = strchr(src, ':') != NULL ? "2001:db8::53" : "10.9.9.9" };

	return (sim_test_free(n, PF_IN, 1, sim_pkt_build(&sp)) == PF_PASS);
}

/* A segment of a connection to port 80, from the client or (back) to it. */
static bool
tcp(struct sim_node *n, const char *src, uint16_t port, bool back, uint8_t flags,
    uint32_t seq, uint32_t ack)
{
	const char *dst = strchr(src, ':') != NULL ? "2001:db8::80" : "10.9.9.9";
	struct sim_spec sp = { .src = back ? dst : src, .dst = back ? src : dst,
	    .proto = IPPROTO_TCP, .sport = back ? 80 : port,
	    .dport = back ? port : 80, .flags = flags, .seq = seq, .ack = ack,
	    .win = 1000 };

	return (sim_test_free(n, back ? PF_OUT : PF_IN, 1,
	    sim_pkt_build(&sp)) == PF_PASS);
}

/* The handshake; false: its last segment is dropped. */
static bool
connects(struct sim_node *n, const char *src, uint16_t port)
{
	assert_true(tcp(n, src, port, false, SYN, 100, 0));
	assert_true(tcp(n, src, port, true, SYN | ACK, 900, 101));
	return (tcp(n, src, port, false, ACK, 101, 901));
}

/* Ends it at once. */
static void
reset(struct sim_node *n, const char *src, uint16_t port)
{
	assert_true(tcp(n, src, port, false, RST, 101, 0));
}

/* max-src-nodes and max-src-states: who comes too late is refused, nobody else. */
static void
test_limits(void **state)
{
	static const char *const a[2][4] = {
		{ "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4" },
		{ "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4" },
	};
	struct unit_node *u = *state;
	struct pf_rule r = tracking(true), got;
	struct pf_status st;

	r.max_src_nodes = 3;
	r.max_src_states = 2;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		assert_int_equal(unit_load(u->n, &r, 1), 0);
		assert_int_equal(request(u->n, DIOCCLRSTATUS, NULL), 0);
		for (unsigned int i = 0; i < 3; i++) {
			assert_true(udp(u->n, a[v6][i], 1));
			assert_true(udp(u->n, a[v6][i], 2));
			assert_false(udp(u->n, a[v6][i], 3));
			assert_true(udp(u->n, a[v6][i], 2));
		}
		assert_false(udp(u->n, a[v6][3], 1));
		assert_true(udp(u->n, a[v6][2], 1));
		assert_int_equal(limited(u->n, LCNT_SRCSTATES), 3);
		assert_int_equal(limited(u->n, LCNT_SRCNODES), 1);
		unit_status(u->n, &st);
		assert_int_equal(st.counters[PFRES_SRCLIMIT], 4);
		assert_int_equal(st.states, 6 * (v6 + 1));
		assert_int_equal(st.src_nodes, 3 * (v6 + 1));
		assert_int_equal(st.scounters[SCNT_SRC_NODE_SEARCH], 10);
		assert_int_equal(st.scounters[SCNT_SRC_NODE_INSERT], 3);
		assert_int_equal(st.scounters[SCNT_SRC_NODE_REMOVALS], 0);
		unit_get_rule(u->n, 0, &got);
		assert_int_equal(got.src_nodes, 3);
		assert_int_equal(got.states_cur, 6);
	}
	sim_seconds(u->sim, 3600);
	unit_status(u->n, &st);
	assert_int_equal(st.src_nodes, 0);
	assert_int_equal(st.scounters[SCNT_SRC_NODE_REMOVALS], 6);
	unit_get_rule(u->n, 0, &got);
	assert_int_equal(got.src_nodes, 0);
	assert_true(udp(u->n, a[1][3], 1));
}

/* A rule of its own, or one for all; each rule has its own limit. */
static void
test_scope(void **state)
{
	struct unit_node *u = *state;
	struct pf_src_node v[NODES];
	struct pf_rule r[3];

	for (unsigned int i = 0; i < 3; i++) {
		r[i] = tracking(false);
		r[i].proto = IPPROTO_UDP;
		r[i].flags = r[i].flagset = 0;
		r[i].src.port_op = PF_OP_EQ;
		r[i].src.port[0] = htons((uint16_t)(1 + i));
		r[i].quick = 1;
	}
	r[1].max_src_states = 1;
	r[2].rule_flag |= PFRULE_RULESRCTRACK;
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_true(udp(u->n, "10.0.0.1", 1));
	assert_false(udp(u->n, "10.0.0.1", 2));	/* has a state of rule 0 */
	assert_true(udp(u->n, "10.0.0.2", 2));
	assert_true(udp(u->n, "10.0.0.1", 3));
	assert_int_equal(nodes(u->n, v), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(v[i].states, 1);
		assert_int_equal(v[i].af, AF_INET);
		if (v[i].rule != UINT32_MAX)
			assert_int_equal(v[i].rule, 2);
	}
	/* a rule that is gone is known to its states */
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_int_equal(nodes(u->n, v), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(v[i].rule, UINT32_MAX);
	assert_true(udp(u->n, "10.0.0.3", 3));
	assert_int_equal(nodes(u->n, v), 4);
}

/* Of what goes out, too, the source is who sends. */
static void
test_out(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = tracking(true);
	struct sim_spec out = { .src = "10.0.0.1", .dst = "10.9.9.9",
	    .proto = IPPROTO_UDP, .sport = 1, .dport = 53, .paylen = 4 };
	struct pf_addr want = { .addr8 = { 10, 0, 0, 1 } };
	struct pf_src_node n;

	assert_int_equal(unit_load(u->n, &r, 1), 0);
	assert_int_equal(sim_test_free(u->n, PF_OUT, 2, sim_pkt_build(&out)),
	    PF_PASS);
	n = only(u->n);
	assert_memory_equal(&n.addr, &want, sizeof(want));
}

/* What is counted of a source, and how long it is remembered. */
static void
test_life(void **state)
{
	struct unit_node *u = *state;
	struct pf_src_node n;
	struct pf_rule r = tracking(true);

	r.timeout[PFTM_SRC_NODE] = 100;
	r.timeout[PFTM_UDP_FIRST_PACKET] = 20;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	assert_true(udp(u->n, "10.0.0.1", 1));
	assert_true(udp(u->n, "10.0.0.1", 1));
	n = only(u->n);
	assert_int_equal(n.states, 1);
	assert_int_equal(n.packets[0], 2);
	assert_int_equal(n.bytes[0], 64);
	assert_int_equal(n.packets[1], 0);
	assert_int_equal(n.expire, 0);
	sim_seconds(u->sim, 40);
	n = only(u->n);
	assert_int_equal(n.states, 0);
	assert_int_equal(n.creation, 40);
	assert_true(n.expire > 60 && n.expire <= 100);
	assert_true(udp(u->n, "10.0.0.1", 1));
	n = only(u->n);
	assert_int_equal(n.states, 1);
	assert_int_equal(n.packets[0], 3);
	assert_int_equal(n.expire, 0);
	sim_seconds(u->sim, 90);
	assert_int_equal(only(u->n).states, 0);
	sim_seconds(u->sim, 60);
	assert_int_equal(u->n->pf->sources.n.v, 0);

	/* by the option */
	r.timeout[PFTM_SRC_NODE] = 0;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	assert_int_equal(unit_timeout(u->n, PFTM_SRC_NODE, 1000), 0);
	assert_true(udp(u->n, "10.0.0.1", 1));
	sim_seconds(u->sim, 900);
	assert_int_equal(only(u->n).states, 0);
	sim_seconds(u->sim, 200);
	assert_int_equal(u->n->pf->sources.n.v, 0);
}

/* A flood of sources stays within the limit; those inside it are served. */
static void
test_flood(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = tracking(false);
	struct pf_status st;
	char src[INET_ADDRSTRLEN];

	assert_int_equal(unit_limit(u->n, PF_LIMIT_SRC_NODES, 100), 0);
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(src, sizeof(src), "10.1.%u.%u", i >> 8, i & 0xff);
		assert_int_equal(udp(u->n, src, 1), i < 100);
		if (i % 1000 == 0)
			assert_true(udp(u->n, "10.1.0.7", (uint16_t)(2 + i)) ||
			    i == 0);
	}
	unit_status(u->n, &st);
	assert_int_equal(st.src_nodes, 100);
	assert_int_equal(limited(u->n, LCNT_SRCNODES), 0);
	sim_seconds(u->sim, 3600);
	assert_true(udp(u->n, "10.1.77.77", 1));
}

static void
test_connections(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = tracking(true);
	struct pf_src_node n;
	struct pf_status st;

	r.max_src_conn = 2;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	/* half a handshake is no connection */
	for (uint16_t port = 1; port < 10; port++)
		assert_true(tcp(u->n, "10.0.0.1", port, false, SYN, 100, 0));
	assert_int_equal(only(u->n).conn, 0);
	/* nor is one that is refused */
	assert_true(tcp(u->n, "10.0.0.1", 9, true, RST | ACK, 0, 101));
	assert_int_equal(only(u->n).conn, 0);
	assert_true(connects(u->n, "10.0.0.1", 21));
	assert_true(connects(u->n, "10.0.0.1", 22));
	assert_true(tcp(u->n, "10.0.0.1", 22, false, ACK, 101, 901));
	assert_int_equal(only(u->n).conn, 2);
	unit_status(u->n, &st);
	assert_false(connects(u->n, "10.0.0.1", 23));
	/* it has lost its state, and no other */
	n = only(u->n);
	assert_int_equal(n.conn, 2);
	assert_int_equal(n.states, st.states);
	assert_true(tcp(u->n, "10.0.0.1", 22, true, ACK, 901, 101));
	assert_int_equal(limited(u->n, LCNT_SRCCONN), 1);
	assert_true(connects(u->n, "10.0.0.2", 1));
	assert_true(connects(u->n, "2001:db8::1", 1));
	/* one that ends makes room */
	reset(u->n, "10.0.0.1", 21);
	sim_seconds(u->sim, 120);
	assert_true(connects(u->n, "10.0.0.1", 24));
	assert_int_equal(limited(u->n, LCNT_SRCCONN), 1);
}

static void
test_rate(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = tracking(true);
	struct pf_src_node n;

	r.max_src_conn_rate.limit = 3;
	r.max_src_conn_rate.seconds = 60;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (uint16_t port = 1; port < 4; port++)
		assert_true(connects(u->n, "10.0.0.1", port));
	n = only(u->n);
	assert_int_equal(n.conn_rate, 3000);
	assert_int_equal(n.conn_seconds, 60);
	assert_false(connects(u->n, "10.0.0.1", 4));
	assert_true(connects(u->n, "10.0.0.2", 4));
	assert_int_equal(limited(u->n, LCNT_SRCCONNRATE), 1);
	sim_seconds(u->sim, 60);
	assert_true(connects(u->n, "10.0.0.1", 5));
}

static struct pf_rule_addr
host(const char *prefix)
{
	struct pf_rule_addr h;

	memset(&h, 0, sizeof(h));
	unit_addr(&h, prefix);
	return (h);
}

static uint32_t
kill_nodes(struct sim_node *n, uint8_t af, const char *src, const char *dst)
{
	struct pfioc_src_node_kill k = { .af = af };

	if (src != NULL)
		k.src = host(src);
	if (dst != NULL)
		k.dst = host(dst);
	assert_int_equal(request(n, DIOCKILLSRCNODES, &k), 0);
	return (k.killed);
}

/* A node that is killed counts no more; its states go on, and so does it for them. */
static void
test_kill(void **state)
{
	struct unit_node *u = *state;
	struct pf_src_node v[NODES];
	struct pf_rule r = tracking(true);

	r.max_src_states = 1;
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(udp(u->n, "10.0.0.1", (uint16_t)(1 + i)));
		assert_true(udp(u->n, "10.0.0.2", (uint16_t)(1 + i)));
		assert_true(udp(u->n, "2001:db8::1", (uint16_t)(1 + i)));
		assert_false(udp(u->n, "10.0.0.1", 99));
		assert_int_equal(nodes(u->n, v), 3);
		assert_int_equal(kill_nodes(u->n, AF_INET, "10.0.0.0/8", "10.9.0.0/16"), 0);
		assert_int_equal(kill_nodes(u->n, AF_INET6, "2001:db8::2/128", NULL), 0);
		assert_int_equal(kill_nodes(u->n, AF_INET, "10.0.0.1/32", NULL), 1);
		assert_int_equal(nodes(u->n, v), 2);
		if (i == 0) {
			assert_int_equal(kill_nodes(u->n, AF_INET, "0.0.0.0/0", NULL), 1);
			assert_int_equal(kill_nodes(u->n, 0, NULL, NULL), 1);
		} else
			assert_int_equal(request(u->n, DIOCCLRSRCNODES, NULL), 0);
		assert_int_equal(nodes(u->n, v), 0);
	}
	assert_true(udp(u->n, "10.0.0.1", 1));	/* of its state */
	assert_int_equal(nodes(u->n, v), 0);
	sim_seconds(u->sim, 3600);
	assert_int_equal(nodes(u->n, v), 0);
}

/* A buffer that is too short, or none; a request that is not sound. */
static void
test_requests(void **state)
{
	static const struct {
		size_t	off;
		uint8_t	value;
	} bad[] = {
		{ offsetof(struct pfioc_src_node_kill, af), 1 },
		{ offsetof(struct pfioc_src_node_kill, pad[2]), 1 },
		{ offsetof(struct pfioc_src_node_kill, src.port_op), PF_OP_EQ },
		{ offsetof(struct pfioc_src_node_kill, dst.port_op), 255 },
		{ offsetof(struct pfioc_src_node_kill, src.port[1]), 1 },
		{ offsetof(struct pfioc_src_node_kill, src.neg), 2 },
		{ offsetof(struct pfioc_src_node_kill, dst.addr.type), PF_ADDR_TABLE },
		{ offsetof(struct pfioc_src_node_kill, src.addr.v), 1 },
	};
	struct unit_node *u = *state;
	struct pfioc_src_nodes io = { 0, 0 };
	struct pfioc_src_node_kill k;
	struct pf_src_node *v;
	struct pf_rule r = tracking(false);
	const uint32_t n = 1500;
	char src[INET_ADDRSTRLEN];

	assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), 0);
	assert_int_equal(io.len, 0);
	assert_int_equal(unit_load(u->n, &r, 1), 0);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(src, sizeof(src), "10.1.%u.%u", i >> 8, i & 0xff);
		assert_true(udp(u->n, src, 1));
	}
	v = calloc(n + 1, sizeof(*v));
	assert_non_null(v);
	io.len = 0;
	assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), 0);
	assert_int_equal(io.len, n * sizeof(*v));
	for (uint32_t room = 0; room <= n + 1; room = room * 3 + 1) {
		memset(v, 0, (n + 1) * sizeof(*v));
		io.buf = (uintptr_t)v;
		io.len = room * sizeof(*v) + 95;
		assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), 0);
		assert_int_equal(io.len, room * sizeof(*v));
		assert_int_equal(v[room].af, 0);
		for (uint32_t i = 0; i < room; i++)
			for (uint32_t j = 0; j < i; j++)
				assert_true(v[i].addr.v4 != v[j].addr.v4);
	}
	io.len = (n + 1) * sizeof(*v);
	assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), 0);
	assert_int_equal(io.len, n * sizeof(*v));
	io.buf = 0;
	io.len = n * sizeof(*v);
	assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), EFAULT);
	for (unsigned int i = 0; i < NITEMS(bad); i++) {
		memset(&k, 0, sizeof(k));
		((uint8_t *)&k)[bad[i].off] = bad[i].value;
		assert_int_equal(request(u->n, DIOCKILLSRCNODES, &k), EINVAL);
	}
	io.len = 0;
	assert_int_equal(request(u->n, DIOCGETSRCNODES, &io), 0);
	assert_int_equal(io.len, n * sizeof(*v));
	free(v);
}

static void
test_memory(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r = tracking(true);
	unsigned long n;
	int error;

	for (n = 1; ; n++) {
		sim_fail_alloc(n);
		error = unit_load(u->n, &r, 1);
		if (sim_fail_done() == 0)
			break;
		assert_int_equal(error, ENOMEM);
	}
	assert_int_equal(error, 0);
	for (n = 1; ; n++) {
		sim_fail_alloc(n);
		error = udp(u->n, "10.0.0.1", 1);
		if (sim_fail_done() == 0)
			break;
		assert_false(error);
		assert_int_equal(u->n->pf->sources.n.v, 0);
	}
	sim_fail_alloc(0);
	assert_true(n >= 3);
	assert_int_equal(only(u->n).states, 1);
}

/*
 * overload: the table has the source before the next packet, whatever the program's threads
 * do; and states are removed.
 */
static uint32_t
table_addrs(struct sim_node *n, const char *name, struct pfr_addr a[4])
{
	struct pfioc_table io;

	memset(&io, 0, sizeof(io));
	strcpy(io.table.pfrt_name, name);
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.size = 4;
	assert_int_equal(request(n, DIOCRGETADDRS, &io), 0);
	return (io.size);
}

static void
overloading(struct pf_rule r[3], uint8_t flush)
{
	r[0] = unit_rule(PF_DROP);
	r[0].quick = 1;
	unit_addr(&r[0].src, "<bad>");
	r[1] = unit_rule(PF_PASS);
	r[1].flags = r[1].flagset = 0;
	r[2] = tracking(true);
	r[2].proto = IPPROTO_TCP;
	r[2].max_src_conn = 1;
	strcpy(r[2].overload_tblname, "bad");
	r[2].flush = flush;
}

static void
test_overload(void **state)
{
	static const struct {
		uint8_t		flush;
		bool		tcp, udp;	/* whether the others stay */
	} t[] = {
		{ 0, true, true },
		{ PF_FLUSH, false, true },
		{ PF_FLUSH | PF_FLUSH_GLOBAL, false, false },
	};
	static const char *const a[] = { "10.0.0.1", "2001:db8::1" };
	struct unit_node *u = *state;
	struct pfr_addr addr[4];
	struct pf_rule r[3];

	for (unsigned int i = 0; i < NITEMS(t); i++)
		for (unsigned int v6 = 0; v6 < 2; v6++) {
			overloading(r, t[i].flush);
			assert_int_equal(unit_load(u->n, r, 3), 0);
			assert_int_equal(request(u->n, DIOCCLRSTATUS, NULL), 0);
			assert_true(udp(u->n, a[v6], 1));
			assert_true(connects(u->n, a[v6], 1));
			assert_true(connects(u->n, "10.0.0.9", 1));
			assert_false(connects(u->n, a[v6], 2));
			/* nobody has settled that yet */
			assert_int_equal(u->n->pf->overloads.n.v, 1);
			assert_false(udp(u->n, a[v6], 2));
			assert_false(tcp(u->n, a[v6], 3, false, SYN, 1, 0));
			assert_true(udp(u->n, "10.0.0.8", 2));
			assert_int_equal(table_addrs(u->n, "bad", addr), 1);
			assert_int_equal(addr[0].pfra_net, v6 ? 128 : 32);
			assert_int_equal(addr[0].pfra_af, v6 ? AF_INET6 : AF_INET);
			assert_int_equal(u->n->pf->overloads.n.v, 0);
			assert_false(udp(u->n, a[v6], 3));
			assert_int_equal(udp(u->n, a[v6], 1), t[i].udp);
			assert_int_equal(tcp(u->n, a[v6], 1, false, ACK, 101, 901),
			    t[i].tcp);
			assert_true(tcp(u->n, "10.0.0.9", 1, false, ACK, 101, 901));
			assert_int_equal(limited(u->n, LCNT_OVERLOAD_TABLE), 1);
			assert_int_equal(limited(u->n, LCNT_OVERLOAD_FLUSH),
			    t[i].flush != 0);
			/* the table goes with the rule */
			assert_int_equal(unit_load(u->n, r, 0), 0);
			memset(addr, 0, sizeof(addr));
			assert_int_equal(request(u->n, DIOCCLRSTATES,
			    &(struct pfioc_state_kill){ .af = 0 }), 0);
			sim_seconds(u->sim, 2);
			assert_int_equal(u->n->pf->tables.n, 0);
		}
}

/* What a packet leaves is settled by the purge, and gone with the instance. */
static void
test_overload_later(void **state)
{
	struct unit_node *u = *state;
	struct pfr_addr addr[4];
	struct pf_rule r[3];
	unsigned long n;

	overloading(r, PF_FLUSH);
	assert_int_equal(unit_load(u->n, r, 3), 0);
	assert_true(connects(u->n, "10.0.0.1", 1));
	assert_false(connects(u->n, "10.0.0.1", 2));
	sim_seconds(u->sim, 2);
	assert_int_equal(u->n->pf->overloads.n.v, 0);
	assert_false(tcp(u->n, "10.0.0.1", 1, false, ACK, 101, 901));
	assert_int_equal(table_addrs(u->n, "bad", addr), 1);
	/* without memory the address waits */
	assert_true(connects(u->n, "10.0.0.2", 1));
	assert_false(connects(u->n, "10.0.0.2", 2));
	for (n = 1; u->n->pf->overloads.n.v != 0; n++) {
		sim_fail_from(n);
		pf_mutex_lock(&u->n->pf->ctl);
		pf_overloads_settle(u->n->pf);
		pf_mutex_unlock(&u->n->pf->ctl);
		sim_fail_alloc(0);
		assert_false(udp(u->n, "10.0.0.2", 1));
	}
	assert_true(n > 2);
	assert_int_equal(table_addrs(u->n, "bad", addr), 2);
	/* the limit of entries */
	assert_int_equal(unit_limit(u->n, PF_LIMIT_TABLE_ENTRIES, 2), 0);
	assert_true(connects(u->n, "10.0.0.3", 1));
	assert_false(connects(u->n, "10.0.0.3", 2));
	assert_int_equal(table_addrs(u->n, "bad", addr), 2);
	assert_true(connects(u->n, "10.0.0.3", 1));
	assert_false(connects(u->n, "10.0.0.3", 2));
}

/* What does not go together is refused. */
static void
test_rules(void **state)
{
	static const struct {
		uint32_t	flags, nodes, states, conn, rate, seconds;
		int		error;
	} t[] = {
		{ PFRULE_SRCTRACK, 0, 0, 0, 0, 0, 0 },
		{ PFRULE_SRCTRACK, 0, 1, 0, 0, 0, 0 },
		{ PFRULE_SRCTRACK, 1, 0, 0, 0, 0, EINVAL },
		{ PFRULE_SRCTRACK, 0, 0, 1, 0, 0, EINVAL },
		{ PFRULE_SRCTRACK, 0, 0, 0, 1, 1, EINVAL },
		{ PFRULE_RULESRCTRACK, 0, 0, 0, 0, 0, EINVAL },
		{ 0, 0, 1, 0, 0, 0, EINVAL },
		{ PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 1, 1, 1, 1, 1, 0 },
		{ PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 0, 0, 0, 1, 0, EINVAL },
		{ PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 0, 0, 0, 0, 1, EINVAL },
		{ PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 0, 0, 0,
		  PF_RATE_MAX, PF_RATE_SECONDS, 0 },
		{ PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 0, 0, 0,
		  PF_RATE_MAX + 1, 1, EINVAL },
	};
	struct unit_node *u = *state;
	struct pf_rule r;

	for (unsigned int i = 0; i < NITEMS(t); i++) {
		r = unit_rule(PF_PASS);
		r.rule_flag |= t[i].flags;
		r.max_src_nodes = t[i].nodes;
		r.max_src_states = t[i].states;
		r.max_src_conn = t[i].conn;
		r.max_src_conn_rate.limit = t[i].rate;
		r.max_src_conn_rate.seconds = t[i].seconds;
		if (unit_load(u->n, &r, 1) != t[i].error)
			fail_msg("row %u", i);
	}
	r = unit_rule(PF_PASS);
	r.keep_state = 0;
	r.rule_flag |= PFRULE_SRCTRACK;
	assert_int_equal(unit_load(u->n, &r, 1), EINVAL);
	for (unsigned int i = 0; i < 8; i++) {
		r = tracking(true);
		r.max_src_conn = 1;
		if ((i & 4) != 0)
			strcpy(r.overload_tblname, "t");
		r.flush = i & 3;
		assert_int_equal(unit_load(u->n, &r, 1), r.flush == PF_FLUSH_GLOBAL ||
		    (r.flush != 0 && i < 4) ? EINVAL : 0);
	}
	r = unit_rule(PF_MATCH);
	r.keep_state = 0;
	r.rule_flag |= PFRULE_SRCTRACK;
	assert_int_equal(unit_load(u->n, &r, 1), EINVAL);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, unit_setup, unit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limits), TEST(test_scope), TEST(test_out),
		TEST(test_life), TEST(test_flood), TEST(test_connections),
		TEST(test_rate), TEST(test_kill), TEST(test_requests),
		TEST(test_memory), TEST(test_rules), TEST(test_overload),
		TEST(test_overload_later),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
