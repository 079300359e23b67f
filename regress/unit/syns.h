/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * syns.h: SYNs made as fingerprints of operating systems describe them, for the tests of
 * these.  Each program has a copy of its own.
 */
#ifndef _SYNS_H_
#define _SYNS_H_

#include <arpa/inet.h>

#include "unit.h"
#include "pf_osfp.h"
#include "pf_packet.h"
#include "pf_wire.h"
#include "../../sbin/pfctl/pfctl.h"

#define PF_OS	"../../etc/pf.os"

/* What a SYN shows, to be changed in one field. */
struct syn {
	uint64_t	tcpopts;
	uint16_t	win, mss;
	uint8_t		optcnt, wscale, ttl, flags;
	bool		df, ts0, v6;
	uint32_t	size;			/* as if by IPv4 */
	const uint8_t	*raw;			/* options as they are, rather; .. */
	uint32_t	rawlen;
};

static struct osfp_db *db;			/* of etc/pf.os */
static uint32_t lines;

static inline int
read_file(void **state)
{
	(void)state;
	db = osfp_read(PF_OS, stderr);
	assert_non_null(db);
	lines = (uint32_t)osfp_count(db);
	return (0);
}

static inline int
free_file(void **state)
{
	(void)state;
	osfp_free(db);
	return (0);
}

static inline unsigned int
code_at(uint64_t opts, unsigned int n, unsigned int i)
{
	return (opts >> (n - 1 - i) * PF_OSFP_TCPOPT_BITS &
	    ((1U << PF_OSFP_TCPOPT_BITS) - 1));
}

static inline uint32_t
write_options(const struct syn *s, uint8_t *o)
{
	uint32_t n = 0;

	if (s->raw != NULL) {
		memcpy(o, s->raw, s->rawlen);
		return (s->rawlen);
	}
	for (unsigned int i = 0; i < s->optcnt; i++)
		switch (code_at(s->tcpopts, s->optcnt, i)) {
		case PF_OSFP_TCPOPT_NOP:
			o[n++] = PF_TCPOPT_NOP;
			break;
		case PF_OSFP_TCPOPT_MSS:
			memcpy(o + n, (uint8_t[]){ PF_TCPOPT_MSS, 4,
			    (uint8_t)(s->mss >> 8), (uint8_t)s->mss }, 4);
			n += 4;
			break;
		case PF_OSFP_TCPOPT_WSCALE:
			memcpy(o + n, (uint8_t[]){ PF_TCPOPT_WSCALE, 3, s->wscale }, 3);
			n += 3;
			break;
		case PF_OSFP_TCPOPT_SACK:
			memcpy(o + n, (uint8_t[]){ PF_TCPOPT_SACKOK, 2 }, 2);
			n += 2;
			break;
		case PF_OSFP_TCPOPT_TS:
			memcpy(o + n, (uint8_t[]){ PF_TCPOPT_TS, 10, 0, 0, 0, s->ts0 ? 0 : 9,
			    0, 0, 0, 0 }, 10);
			n += 10;
			break;
		default:
			fail();
		}
	return (n);
}

static inline struct pf_pkt *
make(const struct syn *s)
{
	uint8_t b[400] = { 0 }, *th;
	uint32_t ip = s->v6 ? 40 : 20, opts, len, left;
	uint16_t v;

	th = b + ip;
	opts = write_options(s, th + 20);
	opts = (opts + 3) & ~3U;		/* the rest is the end of the list */
	len = ip + 20 + opts;
	/* a longer packet has more padding, or data if its header has no more room */
	left = s->size > 40 + opts ? s->size - 40 - opts : 0;
	if (left % 4 == 0 && opts + left <= 40)
		opts += left;
	len += left;
	if (s->v6) {
		b[0] = 0x60;
		b[4] = (uint8_t)((len - 40) >> 8);
		b[5] = (uint8_t)(len - 40);
		b[6] = IPPROTO_TCP;
		b[7] = s->ttl;
		inet_pton(AF_INET6, "2001:db8::1", b + 8);
		inet_pton(AF_INET6, "2001:db8::2", b + 24);
	} else {
		b[0] = 0x45;
		b[2] = (uint8_t)(len >> 8);
		b[3] = (uint8_t)len;
		b[6] = s->df ? 0x40 : 0;
		b[8] = s->ttl;
		b[9] = IPPROTO_TCP;
		inet_pton(AF_INET, "10.0.0.1", b + 12);
		inet_pton(AF_INET, "10.0.0.2", b + 16);
		v = sim_sum_fold(sim_sum(0, b, 20));
		memcpy(b + 10, &v, 2);
	}
	memcpy(th, (uint8_t[]){ 4, 1, 0, 80, 0, 0, 0, 1 }, 8);
	th[12] = (uint8_t)((20 + opts) / 4 << 4);
	th[13] = s->flags;
	th[14] = (uint8_t)(s->win >> 8);
	th[15] = (uint8_t)s->win;
	return (sim_pkt_raw(b, len));
}

static inline uint16_t
some(uint16_t said, bool any, bool multiple, unsigned int which, uint16_t usual)
{
	if (any)
		return (usual);
	return (multiple ? (uint16_t)(said * (1 + which % 3)) : said);
}

/* A SYN that entry e describes; which: one of several. */
static inline struct syn
syn_of(const struct pf_osfp_ioctl *e, unsigned int which)
{
	static const uint16_t segments[] = { 1460, 1380, 1452, 1000, 536, 1331, 333 };
	static const uint16_t windows[] = { 8192, 12345, 65535, 4711, 60000, 1 };
	static const uint8_t scales[] = { 5, 9, 2, 11 };
	struct syn s = { .tcpopts = e->tcpopts, .optcnt = e->optcnt, .flags = PF_TH_SYN };
	const uint32_t by = e->flags & PF_OSFP_WSIZE_MSS ? 0 : 40;

	s.df = (e->flags & PF_OSFP_DF) != 0;
	s.ts0 = (e->flags & PF_OSFP_TS0) != 0;
	s.ttl = (uint8_t)(e->ttl - which % 4 * 10);
	s.size = some(e->psize, (e->flags & PF_OSFP_PSIZE_DC) != 0,
	    (e->flags & PF_OSFP_PSIZE_MOD) != 0, 0, 0);
	s.mss = some(e->mss, (e->flags & PF_OSFP_MSS_DC) != 0,
	    (e->flags & PF_OSFP_MSS_MOD) != 0, which / 6, segments[which % NITEMS(segments)]);
	s.wscale = (uint8_t)some(e->wscale, (e->flags & PF_OSFP_WSCALE_DC) != 0,
	    (e->flags & PF_OSFP_WSCALE_MOD) != 0, which / 2, scales[which % NITEMS(scales)]);
	if (e->flags & (PF_OSFP_WSIZE_MSS | PF_OSFP_WSIZE_MTU)) {
		/* a segment that is so large has no such window */
		while (e->wsize * (s.mss + by) > 65535)
			s.mss /= 2;
		s.win = (uint16_t)(e->wsize * (s.mss + by));
	} else
		s.win = some(e->wsize, (e->flags & PF_OSFP_WSIZE_DC) != 0,
		    (e->flags & PF_OSFP_WSIZE_MOD) != 0, which,
		    windows[which % NITEMS(windows)]);
	return (s);
}

static inline struct pf_osfp_ioctl
entry(uint32_t os)
{
	/* S4:64:1:60:M*,S,T,N,W7 */
	struct pf_osfp_ioctl e = { .os = os, .ttl = 64, .psize = 60, .wsize = 4, .wscale = 7,
	    .optcnt = 5, .flags = PF_OSFP_DF | PF_OSFP_WSIZE_MSS | PF_OSFP_MSS_DC };
	static const uint8_t opts[] = { PF_OSFP_TCPOPT_MSS, PF_OSFP_TCPOPT_SACK,
	    PF_OSFP_TCPOPT_TS, PF_OSFP_TCPOPT_NOP, PF_OSFP_TCPOPT_WSCALE };

	for (unsigned int i = 0; i < NITEMS(opts); i++)
		e.tcpopts = e.tcpopts << PF_OSFP_TCPOPT_BITS | opts[i];
	strcpy(e.class_nm, "C");
	if (PF_OSFP_VERSION(os) != 0)
		strcpy(e.version_nm, "V");
	if (PF_OSFP_SUBTYPE(os) != 0)
		strcpy(e.subtype_nm, "S");
	return (e);
}

#endif /* _SYNS_H_ */
