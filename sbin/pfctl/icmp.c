// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * icmp.c: names of ICMP types and codes, and of types of service.
 *
 * Tables only.  The first name of a number is the one that is printed.  No locking.
 */
#include <sys/socket.h>

#include <string.h>

#include "parser.h"

struct type_name {
	const char	*name;
	uint8_t		 type;
};

struct code_name {
	const char	*name;
	uint8_t		 type;
	uint8_t		 code;
};

static const struct type_name types4[] = {
	{ "echoreq",	8 },	{ "echorep",	0 },	{ "unreach",	3 },
	{ "squench",	4 },	{ "redir",	5 },	{ "althost",	6 },
	{ "routeradv",	9 },	{ "routersol",	10 },	{ "timex",	11 },
	{ "paramprob",	12 },	{ "timereq",	13 },	{ "timerep",	14 },
	{ "inforeq",	15 },	{ "inforep",	16 },	{ "maskreq",	17 },
	{ "maskrep",	18 },	{ "trace",	30 },	{ "dataconv",	31 },
	{ "mobredir",	32 },	{ "ipv6-where",	33 },	{ "ipv6-here",	34 },
	{ "mobregreq",	35 },	{ "mobregrep",	36 },	{ "skip",	39 },
	{ "photuris",	40 },
};

static const struct type_name types6[] = {
	{ "unreach",	1 },	{ "toobig",	2 },	{ "timex",	3 },
	{ "paramprob",	4 },	{ "echoreq",	128 },	{ "echorep",	129 },
	{ "groupqry",	130 },	{ "listqry",	130 },	{ "grouprep",	131 },
	{ "listenrep",	131 },	{ "groupterm",	132 },	{ "listendone",	132 },
	{ "routersol",	133 },	{ "routeradv",	134 },	{ "neighbrsol",	135 },
	{ "neighbradv",	136 },	{ "redir",	137 },	{ "routrrenum",	138 },
	{ "wrureq",	139 },	{ "fqdnreq",	139 },	{ "niqry",	139 },
	{ "wrurep",	140 },	{ "fqdnrep",	140 },	{ "nirep",	140 },
	{ "mtraceresp",	200 },	{ "mtrace",	201 },	{ "listenrepv2", 143 },
};

static const struct code_name codes4[] = {
	{ "net-unr",		3, 0 },		{ "host-unr",		3, 1 },
	{ "proto-unr",		3, 2 },		{ "port-unr",		3, 3 },
	{ "needfrag",		3, 4 },		{ "srcfail",		3, 5 },
	{ "net-unk",		3, 6 },		{ "host-unk",		3, 7 },
	{ "isolate",		3, 8 },		{ "net-prohib",		3, 9 },
	{ "host-prohib",	3, 10 },	{ "net-tos",		3, 11 },
	{ "host-tos",		3, 12 },	{ "filter-prohib",	3, 13 },
	{ "host-preced",	3, 14 },	{ "cutoff-preced",	3, 15 },
	{ "redir-net",		5, 0 },		{ "redir-host",		5, 1 },
	{ "redir-tos-net",	5, 2 },		{ "redir-tos-host",	5, 3 },
	{ "normal-adv",		9, 0 },		{ "common-adv",		9, 16 },
	{ "transit",		11, 0 },	{ "reassemb",		11, 1 },
	{ "badhead",		12, 0 },	{ "optmiss",		12, 1 },
	{ "badlen",		12, 2 },	{ "unknown-ind",	40, 1 },
	{ "auth-fail",		40, 2 },	{ "decrypt-fail",	40, 3 },
};

static const struct code_name codes6[] = {
	{ "noroute-unr",	1, 0 },		{ "admin-unr",		1, 1 },
	{ "notnbr-unr",		1, 2 },		{ "beyond-unr",		1, 2 },
	{ "addr-unr",		1, 3 },		{ "port-unr",		1, 4 },
	{ "transit",		3, 0 },		{ "reassemb",		3, 1 },
	{ "badhead",		4, 0 },		{ "nxthdr",		4, 1 },
	{ "badopt",		4, 2 },		{ "redironlink",	137, 0 },
	{ "redirrouter",	137, 1 },
};

static const struct {
	const char	*name;
	uint8_t		 tos;
} services[] = {
	{ "lowdelay",	 0x10 },	{ "throughput",	0x08 },
	{ "reliability", 0x04 },	{ "critical",	0xa0 },
	{ "inetcontrol", 0xc0 },	{ "netcontrol",	0xe0 },
	{ "cs0",  0x00 }, { "cs1",  0x20 }, { "cs2",  0x40 }, { "cs3",	0x60 },
	{ "cs4",  0x80 }, { "cs5",  0xa0 }, { "cs6",  0xc0 }, { "cs7",	0xe0 },
	{ "af11", 0x28 }, { "af12", 0x30 }, { "af13", 0x38 },
	{ "af21", 0x48 }, { "af22", 0x50 }, { "af23", 0x58 },
	{ "af31", 0x68 }, { "af32", 0x70 }, { "af33", 0x78 },
	{ "af41", 0x88 }, { "af42", 0x90 }, { "af43", 0x98 },
	{ "ef",	  0xb8 }, { "va",   0xb0 }, { "le",   0x04 },
};

int
name_icmp_type(const char *name, uint8_t af)
{
	const struct type_name *t = af == AF_INET6 ? types6 : types4;
	size_t i, n = af == AF_INET6 ? NITEMS(types6) : NITEMS(types4);

	for (i = 0; i < n; i++)
		if (strcmp(t[i].name, name) == 0)
			return (t[i].type);
	return (-1);
}

const char *
icmp_type_name(int type, uint8_t af)
{
	const struct type_name *t = af == AF_INET6 ? types6 : types4;
	size_t i, n = af == AF_INET6 ? NITEMS(types6) : NITEMS(types4);

	for (i = 0; i < n; i++)
		if (t[i].type == type)
			return (t[i].name);
	return (NULL);
}

int
name_icmp_code(int type, const char *name, uint8_t af)
{
	const struct code_name *c = af == AF_INET6 ? codes6 : codes4;
	size_t i, n = af == AF_INET6 ? NITEMS(codes6) : NITEMS(codes4);

	for (i = 0; i < n; i++)
		if (c[i].type == type && strcmp(c[i].name, name) == 0)
			return (c[i].code);
	return (-1);
}

const char *
icmp_code_name(int type, int code, uint8_t af)
{
	const struct code_name *c = af == AF_INET6 ? codes6 : codes4;
	size_t i, n = af == AF_INET6 ? NITEMS(codes6) : NITEMS(codes4);

	for (i = 0; i < n; i++)
		if (c[i].type == type && c[i].code == code)
			return (c[i].name);
	return (NULL);
}

int
name_tos(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(services); i++)
		if (strcmp(services[i].name, name) == 0)
			return (services[i].tos);
	return (-1);
}
