// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_ioctl.c: sequences of ioctls with any argument.
 *
 * An input is a list of calls: the command's number in the table below, a byte of
 * flags, the length of the argument's bytes (16 bits; the rest is zero) and these.  In
 * place of a call, the number DEVICE begins an event of the devices.
 * User addresses lead into a region of our own, unless the flags say otherwise.
 * What must hold: a call that fails has changed no option, no table and nothing that
 * DIOCGETSTATUS tells, a read-only client changes nothing, and
 * when the machine is gone no memory is left.
 */
#include <arpa/inet.h>

#include "fuzz.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_table.h"

#define F_RAWADDR	0x01	/* addresses as in the input */
#define F_RAWTICKET	0x02	/* tickets as in the input */
#define F_OTHER		0x04	/* the second client */
#define F_READONLY	0x08
#define F_PACKET	0x10	/* first a packet */
#define F_NOMEM		0x20	/* the next allocation but some fails */
#define F_WAIT		0x40
#define F_USER		0x80	/* bytes go to the user region as well */

static const uint32_t commands[] = {
	DIOCSTART, DIOCSTOP, DIOCADDRULE, DIOCGETRULES, DIOCGETRULE,
	DIOCCLRSTATES, DIOCGETSTATE, DIOCSETSTATUSIF, DIOCGETSTATUS,
	DIOCCLRSTATUS, DIOCSETDEBUG, DIOCGETSTATES, DIOCCHANGERULE,
	DIOCSETTIMEOUT, DIOCGETTIMEOUT, DIOCCLRRULECTRS, DIOCGETLIMIT,
	DIOCSETLIMIT, DIOCKILLSTATES, DIOCBEGINADDRS, DIOCADDADDR,
	DIOCGETADDRS, DIOCGETADDR, DIOCGETRULESETS, DIOCGETRULESET,
	DIOCXBEGIN, DIOCXCOMMIT, DIOCXROLLBACK, DIOCSETHOSTID, DIOCIGETIFACES,
	DIOCSETIFFLAG, DIOCCLRIFFLAG, DIOCGETSRCNODES, DIOCCLRSRCNODES,
	DIOCKILLSRCNODES,
	DIOCRCLRTABLES, DIOCRADDTABLES, DIOCRDELTABLES, DIOCRGETTABLES,
	DIOCRGETTSTATS, DIOCRCLRTSTATS, DIOCRCLRADDRS, DIOCRADDADDRS,
	DIOCRDELADDRS, DIOCRSETADDRS, DIOCRGETADDRS, DIOCRGETASTATS,
	DIOCRCLRASTATS, DIOCRTSTADDRS, DIOCRSETTFLAGS, DIOCRINADEFINE,
	DIOCOSFPFLUSH, DIOCOSFPADD, DIOCOSFPGET,
};

static uint8_t *user;		/* the region */
#define USER_SIZE	(3 * sizeof(struct pfioc_trans_e) + 4096)

static uint32_t ticket;		/* of the last DIOCGETRULES */
static uint32_t n_begun;	/* of the last DIOCXBEGIN */

static bool trace;
static unsigned long done, refused, commits, rules_seen, tables_seen;

static void
stats(void)
{
	if (getenv("FUZZ_STATS") != NULL)
		printf("stats: done=%lu refused=%lu commits=%lu rules=%lu "
		    "tables=%lu\n", done, refused, commits, rules_seen,
		    tables_seen);
}

/* The size of what a request about tables has in its buffer. */
static uint32_t
table_esize(uint32_t cmd)
{
	switch (cmd) {
	case DIOCRADDTABLES:
	case DIOCRDELTABLES:
	case DIOCRGETTABLES:
	case DIOCRCLRTSTATS:
	case DIOCRSETTFLAGS:
		return (sizeof(struct pfr_table));
	case DIOCRGETTSTATS:
		return (sizeof(struct pfr_tstats));
	case DIOCRGETASTATS:
		return (sizeof(struct pfr_astats));
	default:
		return (sizeof(struct pfr_addr));
	}
}

/* Put what a careful program would have there into the argument. */
static void
help(uint32_t cmd, uint8_t flags, void *arg)
{
	uint64_t at = (uint64_t)(uintptr_t)user;
	struct pfioc_table *pt = arg;

	if ((flags & F_RAWADDR) == 0 && _IOC_SIZE(cmd) == sizeof(*pt)) {
		pt->buffer = at;
		pt->esize = table_esize(cmd);
		pt->size %= 64;
	} else if ((flags & F_RAWADDR) == 0)
		switch (cmd) {
		case DIOCXBEGIN:
		case DIOCXCOMMIT:
		case DIOCXROLLBACK:
			((struct pfioc_trans *)arg)->array = at;
			((struct pfioc_trans *)arg)->esize =
			    sizeof(struct pfioc_trans_e);
			((struct pfioc_trans *)arg)->size %= 4;
			break;
		case DIOCGETSTATES:
			((struct pfioc_states *)arg)->buf = at;
			break;
		case DIOCGETSRCNODES:
			((struct pfioc_src_nodes *)arg)->buf = at;
			break;
		case DIOCIGETIFACES:
			((struct pfioc_iface *)arg)->buffer = at;
			((struct pfioc_iface *)arg)->esize =
			    sizeof(struct pfi_kif);
			break;
		}
	if ((flags & F_RAWTICKET) != 0)
		return;
	/* The ticket of the first element stands in the region. */
	if (cmd == DIOCADDRULE)
		memcpy(&((struct pfioc_rule *)arg)->ticket,
		    user + offsetof(struct pfioc_trans_e, ticket), 4);
	else if (cmd == DIOCGETRULE)
		((struct pfioc_rule *)arg)->ticket = ticket;
	else if (cmd == DIOCRINADEFINE)
		pt->ticket = n_begun;
}

static void
packet(struct sim_node *n)
{
	sim_test_free(n, PF_IN, 1, sim_pkt_build(&(struct sim_spec){
	    .src = "10.1.0.2", .dst = "10.2.0.2", .proto = IPPROTO_UDP,
	    .sport = (uint16_t)(sim_random(n->sim) % 64), .dport = 53 }));
}

static bool
same_status(const struct pf_status *a, const struct pf_status *b)
{
	return (a->running == b->running && a->states == b->states &&
	    a->debug == b->debug && a->hostid == b->hostid &&
	    a->since == b->since &&
	    memcmp(a->ifname, b->ifname, sizeof(a->ifname)) == 0 &&
	    memcmp(a->pf_chksum, b->pf_chksum, sizeof(a->pf_chksum)) == 0);
}

/* What no request tells in one piece: the options in force. */
struct options {
	uint32_t	 timeout[PFTM_MAX];
	uint32_t	 limit[PF_LIMIT_MAX];
};

static void
get_options(struct sim_node *n, struct options *o)
{
	const struct pf_conf *conf;

	sim_packet_enter();
	conf = pf_rcu_deref(n->pf->conf);
	memcpy(o->timeout, conf->timeout, sizeof(o->timeout));
	memcpy(o->limit, conf->limit, sizeof(o->limit));
	sim_packet_leave();
}

/* A digest of all tables that are active, with their addresses. */
static uint64_t
tables_digest(struct sim_node *n)
{
	static const struct pf_siphash_key key;
	struct pf_table_walk w;
	struct pf_table *t;
	struct pfr_addr a;
	uint64_t h = 0, word[3], name[4];

	pf_mutex_lock(&n->pf->ctl);
	for (t = pf_table_first(n->pf); t != NULL; t = pf_table_next(t)) {
		if ((t->flags & PFR_TFLAG_ACTIVE) == 0)
			continue;
		memcpy(name, t->name, sizeof(name));
		h = pf_siphash4(h, name[0], t->flags & PFR_TFLAG_USRMASK,
		    strlen(t->anchor), &key);
		pf_table_walk(&w, t);
		while (pf_table_walk_next(&w)) {
			pf_table_walk_addr(&w, &a);
			memcpy(word, &a, sizeof(word));
			h = pf_siphash4(h, word[0], word[1], word[2], &key);
		}
	}
	pf_mutex_unlock(&n->pf->ctl);
	return (h);
}

/*
 * Devices come and go, are renamed, and change their addresses: what happens, an index, and
 * a number of addresses, each a byte of flags and three of the address.
 */
#define DEVICE	255

static void
device_event(struct sim_node *n, struct input *in)
{
	static const char *const names[] = { "eth0", "eth1", "eth2", "eth", "egress",
		"lo", "veth7", "wan" };
	struct pf_ifaddr a[8];
	uint8_t what = in8(in), at = in8(in), b;
	const char *name = names[at >> 3 & 7];
	int ifindex = 1 + (at & 7);
	uint32_t i, k;

	if (what & 0x80)
		sim_fail_alloc(1 + (what >> 4 & 7));
	switch (what & 3) {
	case 0:
		if (what & 4)
			pf_if_attach(n->pf, ifindex, name);
		else
			pf_if_detach(n->pf, ifindex);
		break;
	case 1:
		pf_if_rename(n->pf, ifindex, name);
		break;
	default:
		memset(a, 0, sizeof(a));
		k = in8(in) & 7;
		for (i = 0; i < k; i++) {
			b = in8(in);
			a[i].af = b & 1 ? AF_INET6 : AF_INET;
			a[i].bits = (uint8_t)(b >> 2) % (b & 1 ? 129 : 33);
			a[i].flags = b & 3;
			a[i].addr[0] = b & 2 ? 0xfe : 10;
			in_bytes(in, a[i].addr + 1, 3);
			if (b & 4)
				memcpy(a[i].peer, a[i].addr, sizeof(a[i].peer));
			if (b & 8)
				memcpy(a[i].broadcast, a[i].addr, 4);
		}
		pf_if_update(n->pf, ifindex, what >> 2 & 7, at >> 6, a, k);
	}
	if (at & 0x40)
		pf_if_settle(n->pf);
	sim_fail_alloc(0);
}

static void
one_call(struct sim_node *n, struct pf_client **cl, uint32_t cmd, struct input *in)
{
	uint8_t flags = in8(in);
	size_t size = _IOC_SIZE(cmd), len;
	struct pf_status before, after;
	struct options obefore, oafter;
	uint64_t tbefore, tafter;
	uint8_t *arg;
	int error;

	if ((flags & F_PACKET) != 0)
		packet(n);
	if ((flags & F_WAIT) != 0)
		sim_seconds(n->sim, 1);
	len = in16(in);
	arg = calloc(1, size != 0 ? size : 1);
	must(arg != NULL, "memory");
	if (len > size)
		len = size;
	if ((flags & F_USER) != 0) {
		size_t ulen = in16(in) % USER_SIZE;

		in_bytes(in, user, ulen);
	}
	in_bytes(in, arg, len);
	help(cmd, flags, arg);

	must(sim_ioctl(n, cl[0], DIOCGETSTATUS, &before) == 0, "status");
	get_options(n, &obefore);
	tbefore = tables_digest(n);
	if ((flags & F_NOMEM) != 0)
		sim_fail_alloc(1 + flags % 8);
	error = sim_ioctl_as(n, cl[(flags & F_OTHER) != 0], cmd,
	    size != 0 ? arg : NULL, (flags & F_READONLY) == 0);
	sim_fail_alloc(0);
	must(sim_ioctl(n, cl[0], DIOCGETSTATUS, &after) == 0, "status");
	get_options(n, &oafter);
	tafter = tables_digest(n);
	if (error != 0) {
		refused++;
		if (trace)
			printf("%u: %s\n", cmd & 255, strerror(error));
		must(memcmp(&obefore, &oafter, sizeof(oafter)) == 0,
		    "an error changes no option");
		must(same_status(&before, &after), "an error changes nothing");
		must(tbefore == tafter, "an error changes no table");
	} else {
		done++;
		commits += cmd == DIOCXCOMMIT;
		tables_seen += tafter != tbefore;
		if (cmd == DIOCXBEGIN)
			memcpy(&n_begun, user +
			    offsetof(struct pfioc_trans_e, ticket), 4);
		if (cmd == DIOCGETRULES) {
			rules_seen += ((struct pfioc_rule *)(void *)arg)->nr;
			ticket = ((struct pfioc_rule *)(void *)arg)->ticket;
		}
		if (trace)
			printf("%u ok\n", cmd & 255);
		must((flags & F_READONLY) == 0 || (tbefore == tafter &&
		    same_status(&before, &after)),
		    "read-only changes nothing");
	}
	free(arg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned long live = sim_mem_live_all();
	struct pf_client *cl[2];
	struct sim_node *n;
	struct sim *sim;
	uint8_t number;

	if (user == NULL) {
		user = malloc(USER_SIZE);
		must(user != NULL, "memory");
		trace = getenv("FUZZ_TRACE") != NULL;
		atexit(stats);
	}
	memset(user, 0, USER_SIZE);
	sim = sim_new(1);
	n = fuzz_node(sim);
	sim_user_region(n, user, USER_SIZE);
	for (int i = 0; i < 2; i++) {
		cl[i] = pf_client_open(n->pf, 1, 0);
		must(cl[i] != NULL, "a client");
	}
	while (in.n > 3) {
		number = in8(&in);
		if (number == DEVICE)
			device_event(n, &in);
		else
			one_call(n, cl, commands[number % NITEMS(commands)], &in);
	}
	packet(n);
	pf_client_close(cl[0]);
	pf_client_close(cl[1]);
	packet(n);
	sim_free(sim);
	must(sim_mem_live_all() == live, "no memory left");
	return (0);
}

#ifdef SEEDS
struct seed {
	uint8_t		 b[65536];
	size_t		 n;
};

static void
put(struct seed *s, const void *p, size_t n)
{
	must(s->n + n <= sizeof(s->b), "a seed's length");
	if (n != 0)
		memcpy(s->b + s->n, p, n);
	s->n += n;
}

/* A call without the zeros at the end of its argument. */
static void
call(struct seed *s, uint32_t cmd, uint8_t flags, const void *arg,
    const void *u, size_t ulen)
{
	size_t len = _IOC_SIZE(cmd);
	uint8_t head[6];
	unsigned int i;

	for (i = 0; commands[i] != cmd; i++)
		;
	while (len > 0 && ((const uint8_t *)arg)[len - 1] == 0)
		len--;
	head[0] = (uint8_t)i;
	head[1] = flags | (u != NULL ? F_USER : 0);
	head[2] = (uint8_t)len;
	head[3] = (uint8_t)(len >> 8);
	head[4] = (uint8_t)ulen;
	head[5] = (uint8_t)(ulen >> 8);
	put(s, head, u != NULL ? 6 : 4);
	put(s, u, ulen);
	put(s, arg, len);
}

static void
seed_load(struct seed *s, uint8_t nomem)
{
	struct pfioc_trans t = { 2, 0, 0 };
	struct pfioc_trans_e e[2];
	struct pfioc_tm tm = { PFTM_UDP_SINGLE, 10 };
	struct pfioc_limit lim = { PF_LIMIT_STATES, 10 };
	struct pf_osfp_ioctl fp = { .os = PF_OSFP_NUMBER(1, 0, 0), .ttl = 64,
	    .psize = 44, .wsize = 4, .optcnt = 1, .tcpopts = PF_OSFP_TCPOPT_MSS,
	    .flags = PF_OSFP_WSIZE_MSS | PF_OSFP_MSS_DC, .class_nm = "seed" };
	struct pf_osfp_ioctl got = { .getnum = 0 };
	static struct pfioc_rule pr;

	memset(e, 0, sizeof(e));
	e[0].type = PF_RULESET_FILTER;
	e[1].type = PF_TRANS_OPTIONS;
	call(s, DIOCXBEGIN, 0, &t, e, sizeof(e));
	memset(&pr, 0, sizeof(pr));
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule.action = PF_PASS;
	pr.rule.rtableid = -1;
	pr.rule.keep_state = PF_STATE_NORMAL;
	call(s, DIOCADDRULE, 0, &pr, NULL, 0);
	pr.rule.action = PF_DROP;
	pr.rule.keep_state = 0;
	pr.rule.proto = IPPROTO_UDP;
	pr.rule.dst.port_op = PF_OP_EQ;
	pr.rule.dst.port[0] = pr.rule.dst.port[1] = htons(99);
	snprintf(pr.rule.ifname, sizeof(pr.rule.ifname), "eth0");
	snprintf(pr.rule.label, sizeof(pr.rule.label), "seed");
	call(s, DIOCADDRULE, nomem, &pr, NULL, 0);
	call(s, DIOCSETTIMEOUT, 0, &tm, NULL, 0);
	call(s, DIOCSETLIMIT, 0, &lim, NULL, 0);
	call(s, DIOCOSFPFLUSH, 0, NULL, NULL, 0);
	call(s, DIOCOSFPADD, nomem, &fp, NULL, 0);
	call(s, DIOCXCOMMIT, nomem, &t, NULL, 0);
	call(s, DIOCOSFPGET, F_READONLY, &got, NULL, 0);
	call(s, DIOCSTART, F_PACKET, NULL, NULL, 0);
}

static void
seed_show(struct seed *s)
{
	struct pfioc_states ps = { 4096, 0 };
	struct pfioc_src_nodes sn = { 4096, 0 };
	struct pfioc_src_node_kill snk = { .af = 0 };
	struct pfioc_state_kill kill;
	struct pfioc_iface io;
	static struct pfioc_rule pr;
	struct pf_status st;

	memset(&pr, 0, sizeof(pr));
	memset(&io, 0, sizeof(io));
	memset(&kill, 0, sizeof(kill));
	memset(&st, 0, sizeof(st));
	pr.ruleset = PF_RULESET_FILTER;
	call(s, DIOCGETRULES, F_PACKET | F_READONLY, &pr, NULL, 0);
	call(s, DIOCGETRULE, F_READONLY, &pr, NULL, 0);
	pr.nr = 1;
	pr.action = PF_GET_CLR_CNTR;
	call(s, DIOCGETRULE, 0, &pr, NULL, 0);
	call(s, DIOCGETSTATES, F_PACKET, &ps, NULL, 0);
	io.size = 4;
	call(s, DIOCIGETIFACES, 0, &io, NULL, 0);
	snprintf(io.name, sizeof(io.name), "eth1");
	io.flags = PFI_IFLAG_SKIP;
	call(s, DIOCSETIFFLAG, 0, &io, NULL, 0);
	call(s, DIOCCLRIFFLAG, 0, &io, NULL, 0);
	io.flags = PFI_IFLAG_LINKGROUP;
	call(s, DIOCSETIFFLAG, 0, &io, NULL, 0);
	call(s, DIOCCLRIFFLAG, 0, &io, NULL, 0);
	call(s, DIOCSETSTATUSIF, 0, io.name, NULL, 0);
	call(s, DIOCGETSTATUS, 0, &st, NULL, 0);
	kill.proto = IPPROTO_UDP;
	call(s, DIOCKILLSTATES, F_PACKET, &kill, NULL, 0);
	call(s, DIOCGETSRCNODES, F_PACKET, &sn, NULL, 0);
	call(s, DIOCKILLSRCNODES, F_PACKET, &snk, NULL, 0);
	call(s, DIOCCLRSRCNODES, F_PACKET, NULL, NULL, 0);
	call(s, DIOCCLRSTATES, F_PACKET | F_READONLY, &kill, NULL, 0);
	call(s, DIOCCLRSTATES, 0, &kill, NULL, 0);
	call(s, DIOCCLRSTATUS, 0, NULL, NULL, 0);
	call(s, DIOCCLRRULECTRS, 0, NULL, NULL, 0);
	call(s, DIOCSTOP, 0, NULL, NULL, 0);
}

/* Rules that follow interfaces and groups, and these change. */
static void
seed_devices(struct seed *s, uint8_t nomem)
{
	static const uint8_t events[] = {
		DEVICE, 0x02, 0x40, 2, 0x20, 1, 2, 3, 0x29, 1, 2, 3,
		DEVICE, 0x0a, 0x41, 1, 0x22, 1, 2, 3,
		DEVICE, 0x01, 0x10 | 1, DEVICE, 0x00, 0x40, DEVICE, 0x04, 0x40,
		DEVICE, 0x03, 0x40, 1, 0x64, 9, 9, 9,
	};
	struct pfioc_trans t = { 2, 0, 0 };
	static struct pfioc_pooladdr pp;
	static struct pfioc_rule pr;
	struct pfioc_trans_e e[2];

	memset(e, 0, sizeof(e));
	e[0].type = PF_RULESET_FILTER;
	e[1].type = PF_RULESET_NAT;
	call(s, DIOCXBEGIN, 0, &t, e, sizeof(e));
	memset(&pr, 0, sizeof(pr));
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule.action = PF_PASS;
	pr.rule.keep_state = PF_STATE_NORMAL;
	pr.rule.rule_flag = PFRULE_GRBOUND;
	pr.rule.rtableid = -1;
	strcpy(pr.rule.ifname, "eth");
	pr.rule.src.addr.type = PF_ADDR_DYNIFTL;
	pr.rule.src.addr.iflags = PFI_AFLAG_NETWORK;
	strcpy(pr.rule.src.addr.v.ifname, "eth0");
	call(s, DIOCADDRULE, nomem, &pr, NULL, 0);
	memset(&pp, 0, sizeof(pp));
	pp.ruleset = PF_RULESET_NAT;
	pp.addr.addr.type = PF_ADDR_DYNIFTL;
	strcpy(pp.addr.addr.v.ifname, "egress");
	call(s, DIOCADDADDR, nomem, &pp, NULL, 0);
	memset(&pr, 0, sizeof(pr));
	pr.ruleset = PF_RULESET_NAT;
	pr.rule.action = PF_NAT;
	pr.rule.rtableid = -1;
	pr.rule.pool[PF_POOL_RDR].opts = PF_POOL_ROUNDROBIN;
	call(s, DIOCADDRULE, nomem, &pr, NULL, 0);
	call(s, DIOCXCOMMIT, nomem, &t, e, sizeof(e));
	call(s, DIOCSTART, F_PACKET, NULL, NULL, 0);
	put(s, events, sizeof(events));
	call(s, DIOCCLRSTATUS, F_PACKET | F_WAIT, NULL, NULL, 0);
	put(s, events, sizeof(events));
	call(s, DIOCCLRSTATUS, F_PACKET, NULL, NULL, 0);
}

/* Tables: made, filled, changed, listed, defined in a transaction, deleted. */
static void
seed_tables(struct seed *s, uint8_t nomem)
{
	struct pfioc_trans t = { 2, 0, 0 };
	struct pfioc_trans_e e[2];
	static struct pfioc_table io;
	static struct pfr_table pt;
	static struct pfioc_rule pr;
	struct pfr_addr a[3];

	memset(&io, 0, sizeof(io));
	memset(&pt, 0, sizeof(pt));
	memset(a, 0, sizeof(a));
	strcpy(pt.pfrt_name, "t");
	pt.pfrt_flags = PFR_TFLAG_PERSIST | PFR_TFLAG_COUNTERS;
	for (int i = 0; i < 3; i++) {
		a[i].pfra_af = AF_INET;
		a[i].pfra_net = (uint8_t)(8 * (i + 1));
		a[i].pfra_addr.v4 = htonl(0x0a010200 & ~0U << (24 - 8 * i));
		a[i].pfra_not = i == 1;
	}
	io.size = 1;
	call(s, DIOCRADDTABLES, nomem, &io, &pt, sizeof(pt));
	call(s, DIOCRADDTABLES, 0, &io, &pt, sizeof(pt));
	strcpy(io.table.pfrt_name, "t");
	io.size = 3;
	io.flags = PFR_FLAG_FEEDBACK;
	call(s, DIOCRADDADDRS, nomem, &io, a, sizeof(a));
	call(s, DIOCRADDADDRS, 0, &io, a, sizeof(a));
	io.size = 1;
	io.size2 = 5;
	call(s, DIOCRSETADDRS, nomem | F_PACKET, &io, a, sizeof(a));
	io.size2 = 0;
	call(s, DIOCRDELADDRS, nomem, &io, a, sizeof(a));
	call(s, DIOCRCLRASTATS, 0, &io, a, sizeof(a));
	io.flags = 0;
	io.size = 50;
	call(s, DIOCRGETADDRS, F_READONLY, &io, NULL, 0);
	call(s, DIOCRGETASTATS, F_READONLY, &io, NULL, 0);
	io.size = 4;
	call(s, DIOCRGETTABLES, 0, &io, NULL, 0);
	call(s, DIOCRGETTSTATS, 0, &io, NULL, 0);
	memset(e, 0, sizeof(e));
	e[0].type = PF_RULESET_FILTER;
	e[1].type = PF_TRANS_TABLE;
	call(s, DIOCXBEGIN, 0, &t, e, sizeof(e));
	memset(&pr, 0, sizeof(pr));
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule.action = PF_DROP;
	pr.rule.rtableid = -1;
	pr.rule.src.addr.type = PF_ADDR_TABLE;
	strcpy(pr.rule.src.addr.v.tblname, "t");
	call(s, DIOCADDRULE, 0, &pr, NULL, 0);
	io.size = 3;
	io.flags = PFR_FLAG_ADDRSTOO;
	io.table.pfrt_flags = PFR_TFLAG_PERSIST;
	call(s, DIOCRINADEFINE, nomem, &io, a, sizeof(a));
	call(s, DIOCXCOMMIT, nomem, &t, e, sizeof(e));
	io.flags = 0;
	io.table.pfrt_flags = 0;
	io.size = 1;
	io.setflag = PFR_TFLAG_COUNTERS;
	call(s, DIOCRSETTFLAGS, nomem | F_PACKET, &io, &pt, sizeof(pt));
	call(s, DIOCRCLRTSTATS, 0, &io, &pt, sizeof(pt));
	call(s, DIOCRDELTABLES, 0, &io, &pt, sizeof(pt));
	call(s, DIOCRCLRTABLES, 0, &io, NULL, 0);
}

int
main(int argc, char **argv)
{
	static struct seed s;

	must(argc == 2, "one argument: a directory");
	seed_load(&s, 0);
	seed_show(&s);
	seed_write(argv[1], "load", s.b, s.n);
	s.n = 0;
	seed_load(&s, F_NOMEM);
	seed_show(&s);
	seed_write(argv[1], "nomem", s.b, s.n);
	s.n = 0;
	seed_devices(&s, 0);
	seed_write(argv[1], "devices", s.b, s.n);
	s.n = 0;
	seed_devices(&s, F_NOMEM);
	seed_write(argv[1], "devices-nomem", s.b, s.n);
	s.n = 0;
	seed_tables(&s, 0);
	seed_write(argv[1], "tables", s.b, s.n);
	s.n = 0;
	seed_tables(&s, F_NOMEM);
	seed_write(argv[1], "tables-nomem", s.b, s.n);
	return (0);
}
#endif
