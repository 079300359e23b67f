/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpopt.h: the options of a TCP header (RFC 9293, 3.1), and segments that are nothing
 * but a header
 *
 * What it owns.  Nothing.
 * Locking.  None: the caller has the header's bytes.
 * Place.  First floor.
 */
#ifndef _NET_PF_TCPOPT_H_
#define _NET_PF_TCPOPT_H_

#include "pf_host.h"
#include "pf_wire.h"

struct pf_addr;
struct pf_pdesc;

/*
 * A walk over the options: begin with { .at = sizeof(struct pf_tcp) }.  `at' is where the
 * option begins in the header, `len' its bytes, kind and length included.
 */
struct pf_tcpopt {
	unsigned int	at, len;
};
#define PF_TCPOPT_BEGIN	{ .at = sizeof(struct pf_tcp) }

/*
 * Go on to the next option of a header of doff bytes at th.  false: there is no more.  What is
 * there for padding is none, and what lies behind a malformed option is none either.
 */
static inline bool
pf_tcpopt_next(const uint8_t *th, unsigned int doff, struct pf_tcpopt *o)
{
	o->at += o->len;
	while (o->at < doff && th[o->at] == PF_TCPOPT_NOP)
		o->at++;
	if (o->at >= doff || doff - o->at < 2 || th[o->at] == PF_TCPOPT_EOL)
		return (false);
	o->len = th[o->at + 1];
	return (o->len >= 2 && o->len <= doff - o->at);
}

/*
 * The packet's whole TCP header, as writable bytes; a copy of it goes to `old'.  NULL: *why
 * is PFRES_SHORT or PFRES_MEMORY.
 */
uint8_t	*pf_tcp_write(struct pf_pdesc *, uint8_t old[PF_TCP_MAXHLEN],
	    int *why);
/* Correct the checksum of the packet's TCP header at th, which was `old'. */
void	 pf_tcp_correct(struct pf_pdesc *, uint8_t *th, const uint8_t *old);

/* A segment without data. */
#define PF_SEGMENT_OPTIONS	12
struct pf_segment {
	uint32_t	seq, ack;
	uint16_t	win;
	uint8_t		flags;			/* PF_TH_* */
	uint8_t		optlen;			/* bytes of options, a multiple of 4 */
	uint8_t		opt[PF_SEGMENT_OPTIONS];
};
static inline uint32_t
pf_segment_len(const struct pf_segment *g)
{
	return (sizeof(struct pf_tcp) + g->optlen);
}
/* Write it to p, with its checksum; the ports are in network order. */
void	 pf_segment_put(uint8_t *p, const struct pf_segment *, uint8_t af,
	    const struct pf_addr *src, const struct pf_addr *dst, uint16_t sport,
	    uint16_t dport);
/*
 * Make the packet, which is a whole one of TCP, this segment from and to the same; its description
 * follows.  PF_GO, PFRES_MEMORY, or PFRES_NORM: of such a packet none can be made.  It
 * does not go on then.
 */
int	 pf_segment_become(struct pf_pdesc *, const struct pf_segment *);

#endif /* _NET_PF_TCPOPT_H_ */
