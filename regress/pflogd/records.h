/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * records.h: records as a pflog device sends them, made up for tests
 *
 * Owns nothing.
 */
#ifndef _RECORDS_H_
#define _RECORDS_H_

#include <arpa/inet.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "if_pflog.h"

#ifndef NITEMS
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#define RECORD_MAX	2048

/* A packet that pf logs: addresses are numbers, 192.0.2.N and 2001:db8::N. */
struct packet {
	bool		v6;
	uint8_t		proto, src, dst, action;
	uint16_t	sport, dport;
	const char	*ifname;
	size_t		len;			/* of the record; more than it needs is zero */
	uint8_t		af;			/* what the header says; 0: as it is */
};

/* Its record, in RECORD_MAX bytes; returns its length. */
static inline size_t
record_make(const struct packet *p, uint8_t *out)
{
	struct pfloghdr	h;
	uint8_t		ip[40];
	uint16_t	ports[4] = { htons(p->sport), htons(p->dport), htons(8), 0 };
	size_t		n = p->v6 ? 40 : 20, all = sizeof(h) + n + sizeof(ports);

	memset(&h, 0, sizeof(h));
	memset(ip, 0, sizeof(ip));
	memset(out, 0, RECORD_MAX);
	h.length = PFLOG_REAL_HDRLEN;
	h.af = p->af != 0 ? p->af : p->v6 ? PFLOG_AF_INET6 : PFLOG_AF_INET;
	h.action = p->action;
	snprintf(h.ifname, sizeof(h.ifname), "%s", p->ifname);
	h.rulenr = htonl(3);
	h.subrulenr = h.uid = h.pid = h.rule_pid = PFLOG_NONE;
	h.dir = PF_IN;
	if (p->v6) {
		const uint8_t prefix[4] = { 0x20, 0x01, 0x0d, 0xb8 };

		ip[0] = 0x60;
		ip[5] = 8;
		ip[6] = p->proto;
		ip[7] = 64;
		memcpy(ip + 8, prefix, 4);
		memcpy(ip + 24, prefix, 4);
		ip[23] = p->src;
		ip[39] = p->dst;
	} else {
		const uint8_t prefix[3] = { 192, 0, 2 };

		ip[0] = 0x45;
		ip[3] = 28;
		ip[8] = 64;
		ip[9] = p->proto;
		memcpy(ip + 12, prefix, 3);
		memcpy(ip + 16, prefix, 3);
		ip[15] = p->src;
		ip[19] = p->dst;
	}
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), ip, n);
	memcpy(out + sizeof(h) + n, ports, sizeof(ports));
	return (p->len > all && p->len <= RECORD_MAX ? p->len : all);
}

#endif /* _RECORDS_H_ */
