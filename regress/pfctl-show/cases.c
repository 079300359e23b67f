// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * cases.c: states, a status and interfaces, printed by pfctl's own functions;
 * the Makefile compares the text with cases.ok.  No kernel is asked.
 */
#include <arpa/inet.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* A state in words; port in host order; nat: the wire's addr[1], or NULL. */
static const struct state_case {
	const char	*title;
	const char	*outer, *inner, *nat;
	uint16_t	 outer_port, inner_port, nat_port;
	uint8_t		 af, proto, direction;
	uint8_t		 src_state, dst_state;
	uint8_t		 src_wscale, dst_wscale;
	uint32_t	 seqdiff;
	uint32_t	 rule;
	uint16_t	 flags;
	const char	*ifname;
} states[] = {
	{ "TCP, in", "10.0.0.2", "10.0.0.1", NULL, 5555, 22, 0, AF_INET,
	    IPPROTO_TCP, PF_IN, PF_TCPS_ESTABLISHED, PF_TCPS_ESTABLISHED,
	    PF_WSCALE_FLAG | 7, PF_WSCALE_FLAG | 2, 0, 3, 0, "all" },
	{ "TCP, out, its ends in different states", "10.0.0.2", "10.0.0.1",
	    NULL, 80, 40000, 0, AF_INET, IPPROTO_TCP, PF_OUT,
	    PF_TCPS_FIN_WAIT_2, PF_TCPS_TIME_WAIT, 0, PF_WSCALE_FLAG | 2, 77,
	    UINT32_MAX, 0, "eth0" },
	{ "TCP, out, translated", "203.0.113.9", "192.168.0.2", "198.51.100.1",
	    443, 51000, 62001, AF_INET, IPPROTO_TCP, PF_OUT,
	    PF_TCPS_SYN_SENT, PF_TCPS_CLOSED, 0, 0, 0, 0, 0, "all" },
	{ "TCP, in, synproxy", "10.0.0.2", "10.0.0.1", NULL, 5555, 25, 0,
	    AF_INET, IPPROTO_TCP, PF_IN, PF_TCPS_PROXY_SRC, PF_TCPS_CLOSED,
	    0, 0, 0, 1, 0, "all" },
	{ "TCP, no such level", "10.0.0.2", "10.0.0.1", NULL, 5555, 25, 0,
	    AF_INET, IPPROTO_TCP, PF_IN, 99, PF_TCPS_CLOSED, 0, 0, 0, 1, 0,
	    "all" },
	{ "UDP over IPv6", "2001:db8::2", "2001:db8::1", NULL, 4000, 53, 0,
	    AF_INET6, IPPROTO_UDP, PF_OUT, PFUDPS_MULTIPLE, PFUDPS_SINGLE,
	    0, 0, 0, 12, PFSTATE_SLOPPY, "all" },
	{ "ICMP echo, in", "10.0.0.2", "10.0.0.1", NULL, 4711, 8, 0, AF_INET,
	    IPPROTO_ICMP, PF_IN, 0, 0, 0, 0, 0, 0, PFSTATE_ALLOWOPTS, "all" },
	{ "ICMP echo, out", "10.0.0.2", "10.0.0.1", NULL, 8, 4711, 0, AF_INET,
	    IPPROTO_ICMP, PF_OUT, 0, 0, 0, 0, 0, 0, 0, "all" },
	{ "GRE: no ports", "10.0.0.2", "10.0.0.1", NULL, 0, 0, 0, AF_INET,
	    IPPROTO_GRE, PF_IN, PFOTHERS_SINGLE, PFOTHERS_NO_TRAFFIC, 0, 0, 0,
	    0, 0, "all" },
	{ "a name without room for its NUL", "10.0.0.2", "10.0.0.1", NULL, 1,
	    2, 0, AF_INET, IPPROTO_UDP, PF_IN, 7, 0, 0, 0, 0, 0, 0,
	    "abcdefghijklmnop" },
};

static void
set_addr(struct pf_addr *a, uint8_t af, const char *text)
{
	if (inet_pton(af, text, a) != 1)
		abort();
}

static void
make_state(struct pfsync_state *s, const struct state_case *c)
{
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < 2; i++) {
		set_addr(&s->key[i].addr[0], c->af, c->outer);
		set_addr(&s->key[i].addr[1], c->af, c->inner);
		s->key[i].port[0] = htons(c->outer_port);
		s->key[i].port[1] = htons(c->inner_port);
		s->key[i].af = c->af;
		s->key[i].proto = c->proto;
	}
	if (c->nat != NULL) {
		set_addr(&s->key[PF_SK_WIRE].addr[1], c->af, c->nat);
		s->key[PF_SK_WIRE].port[1] = htons(c->nat_port);
	}
	s->src.state = c->src_state;
	s->dst.state = c->dst_state;
	s->src.wscale = c->src_wscale;
	s->dst.wscale = c->dst_wscale;
	s->src.seqlo = 0xfffffff0;
	s->src.seqhi = 0x100;		/* past the wrap */
	s->src.seqdiff = c->seqdiff;
	s->dst.seqlo = 1000;
	s->dst.seqhi = 66535;
	s->direction = c->direction;
	s->id = 0x123456789;
	s->creatorid = htonl(0xcafe);
	s->creation = 93784;		/* 26:03:04 */
	s->expire = 59;
	s->packets[0] = 10;
	s->packets[1] = 12;
	s->bytes[0] = 840;
	s->bytes[1] = 1200;
	s->rule = c->rule;
	s->anchor = s->nat_rule = UINT32_MAX;
	s->state_flags = c->flags;
	memcpy(s->ifname, c->ifname, strnlen(c->ifname, sizeof(s->ifname)));
	strcpy(s->orig_ifname, "eth1");
}

static void
show_cases(struct ctl_show *sh)
{
	struct pfsync_state s;
	size_t i;

	for (i = 0; i < NITEMS(states); i++) {
		make_state(&s, &states[i]);
		printf("# %s\n", states[i].title);
		for (sh->verbose = 0; sh->verbose <= 2; sh->verbose++)
			print_state(sh, &s);
	}
}

static void
source_cases(struct ctl_show *sh)
{
	struct pf_src_node n;

	memset(&n, 0, sizeof(n));
	n.af = AF_INET;
	inet_pton(AF_INET, "10.0.0.1", &n.addr);
	n.states = 3;
	n.conn = 2;
	n.conn_rate = 1290;
	n.conn_seconds = 10;
	n.creation = 3661;
	n.packets[0] = 10;
	n.packets[1] = 12;
	n.bytes[0] = 840;
	n.bytes[1] = 1200;
	n.rule = 7;
	printf("# source: of a rule\n");
	for (sh->verbose = 0; sh->verbose <= 1; sh->verbose++)
		print_source(sh, &n);
	printf("# source: of all rules, without states\n");
	n.af = AF_INET6;
	inet_pton(AF_INET6, "2001:db8::1", &n.addr);
	n.states = n.conn = n.conn_rate = n.conn_seconds = 0;
	n.expire = 59;
	n.rule = UINT32_MAX;
	print_source(sh, &n);
	printf("# source: with an address\n");
	n.type = 1 + PF_POOL_NAT;
	inet_pton(AF_INET6, "2001:db8::9", &n.raddr);
	sh->verbose = 0;
	print_source(sh, &n);
}

static void
status_cases(struct ctl_show *sh)
{
	struct pf_status s;
	int i;

	memset(&s, 0, sizeof(s));
	printf("# status: never enabled\n");
	sh->verbose = 0;
	print_status(sh, &s, 1000);

	s.running = 1;
	s.since = 1000;
	s.debug = PF_DEBUG_URGENT;
	s.hostid = htonl(0x1234abcd);
	s.states = 4294967295U;
	s.fcounters[FCNT_STATE_SEARCH] = 18446744073709551615ULL;
	s.fcounters[FCNT_STATE_INSERT] = 5;
	for (i = 0; i < PFRES_MAX; i++)
		s.counters[i] = i;
	for (i = 0; i < PF_MD5_DIGEST_LENGTH; i++)
		s.pf_chksum[i] = i * 16;
	printf("# status: for 5 seconds\n");
	print_status(sh, &s, 1005);

	strcpy(s.ifname, "eth0");
	s.bcounters[0][0] = 1;
	s.bcounters[0][1] = 2;
	s.bcounters[1][0] = 3;
	s.bcounters[1][1] = 4;
	for (i = 0; i < 8; i++)
		s.pcounters[i / 4][i / 2 % 2][i % 2] = 10 + i;
	s.lcounters[LCNT_STATES] = 9;
	s.running = 0;
	printf("# status: disabled, loginterface, -v, 100 days and a second\n");
	sh->verbose = 1;
	print_status(sh, &s, 1000 + 100 * 86400 + 1);
}

static void
iface_cases(struct ctl_show *sh)
{
	struct pfi_kif k;
	int i;

	memset(&k, 0, sizeof(k));
	strcpy(k.name, "lo");
	k.flags = PFI_IFLAG_SKIP;
	k.present = 1;
	k.tzero = 1700000000;
	k.states = 3;
	k.rules = 4;
	for (i = 0; i < 8; i++) {
		k.packets[i / 4][i / 2 % 2][i % 2] = i + 1;
		k.bytes[i / 4][i / 2 % 2][i % 2] = 100 * (i + 1);
	}
	for (sh->verbose = 0; sh->verbose <= 2; sh->verbose++) {
		printf("# interface, verbose %d\n", sh->verbose);
		print_iface(sh, &k);
	}
}

int
main(void)
{
	struct ctl_show sh;

	setenv("TZ", "UTC", 1);
	memset(&sh, 0, sizeof(sh));
	sh.out = stdout;
	sh.ifname = sh.anchor = "";
	show_cases(&sh);
	source_cases(&sh);
	status_cases(&sh);
	iface_cases(&sh);
	return (0);
}
