/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcp.h: arithmetic of numbers and windows (pf_tcp.c, pf_tcpinit.c)
 *
 * What it owns.  Nothing.
 * Locking.  The caller has the lock of the state.
 * Place.  Third floor.
 */
#ifndef _NET_PF_TCP_H_
#define _NET_PF_TCP_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_packet.h"
#include "pf_state.h"

#define MAXACKWINDOW	(0xffff + 1500)	/* how far an ACK may be off */
#define WSCALE_UNKNOWN	(PF_TCP_MAXWSCALE | PF_WSCALE_FLAG)

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return ((int32_t)(a - b) < 0);
}

static inline bool
seq_leq(uint32_t a, uint32_t b)
{
	return ((int32_t)(a - b) <= 0);
}

/* Neither is far behind the other one. */
static inline bool
is_near(uint32_t a, uint32_t b)
{
	return (a - b <= MAXACKWINDOW || b - a <= MAXACKWINDOW);
}

static inline uint32_t
at_least_one(uint32_t n)
{
	return (n > 0 ? n : 1);
}

/* The numbers that a segment takes: one for each byte of data, for SYN and for
 * FIN. */
static inline uint32_t
segment_space(const struct pf_pdesc *pd)
{
	return (pd->p_len + !!(pd->tcp.flags & PF_TH_SYN) +
	    !!(pd->tcp.flags & PF_TH_FIN));
}

/* Of the first segment of an end, nothing is acknowledged yet but its SYN. */
static inline uint32_t
first_unacked(const struct pf_pdesc *pd)
{
	return (pd->tcp.seq + !!(pd->tcp.flags & PF_TH_SYN));
}

/* Some stacks set ACK, with a zero that means nothing, in a RST. */
static inline bool
pf_tcp_has_ack(const struct pf_tcp_info *t, const struct pf_peer *dst)
{
	return ((t->flags & PF_TH_ACK) != 0 &&
	    ((t->flags & PF_TH_RST) == 0 || t->ack != 0 ||
	    READ_ONCE(dst->seqlo) + dst->seqdiff <= MAXACKWINDOW));
}

static inline bool
both_scale(const struct pf_peer *a, const struct pf_peer *b)
{
	return ((a->wscale & PF_WSCALE_FLAG) != 0 &&
	    (b->wscale & PF_WSCALE_FLAG) != 0);
}

/* Bytes to units of 1 << scale, rounded up. */
static inline uint16_t
scale_down(uint32_t win, uint8_t wscale)
{
	uint8_t	shift = wscale & PF_WSCALE_MASK;

	return ((win + (1U << shift) - 1) >> shift);
}

/* Units of 1 << shift to bytes, as far as a window without scale goes. */
static inline uint16_t
in_bytes(uint16_t win, uint8_t shift)
{
	uint32_t	n = (uint32_t)win << shift;

	return (n < UINT16_MAX ? n : UINT16_MAX);
}

/* The widest window that the peer has offered, in bytes. */
static inline uint32_t
peer_room(const struct pf_peer *peer, const struct pf_peer *other)
{
	uint8_t	shift = both_scale(peer, other) ?
	    peer->wscale & PF_WSCALE_MASK : 0;

	return ((uint32_t)peer->max_win << shift);
}

/* What the other end has acknowledged of the peer's numbers. */
static inline uint32_t
peer_una(const struct pf_peer *peer, const struct pf_peer *other)
{
	uint8_t	shift = both_scale(peer, other) ?
	    other->wscale & PF_WSCALE_MASK : 0;

	return (peer->seqhi - at_least_one((uint32_t)peer->win << shift));
}

/*
 * Whether it is known where an end stands.  A RST closes both ends, and one of
 * them may not have been seen.
 */
static inline bool
peer_known(const struct pf_peer *peer)
{
	return (peer->seqhi != 0 || (peer->state >= PF_TCPS_SYN_SENT &&
	    peer->state != PF_TCPS_TIME_WAIT));
}

/* The proxied states come after TIME_WAIT and are no end. */
static inline bool
peer_closed(const struct pf_peer *peer)
{
	uint8_t	state = READ_ONCE(peer->state);

	return (state >= PF_TCPS_FIN_WAIT_2 && state <= PF_TCPS_TIME_WAIT);
}

/* The connection has ended. */
static inline bool
pf_tcp_over(const struct pf_state *s)
{
	return (peer_closed(&s->src) && peer_closed(&s->dst));
}

#define PF_REFUSED_DST	0x04	/* of settled: refused is a number of dst */

/* s->refused is a number of this end: the RST comes from there. */
static inline bool
refuses(const struct pf_state *s, const struct pf_peer *peer)
{
	return (s->refused != 0 && peer ==
	    ((s->settled & PF_REFUSED_DST) != 0 ? &s->dst : &s->src));
}

static inline void
set_refused(struct pf_state *s, const struct pf_peer *peer, uint32_t number)
{
	s->refused = number;
	s->settled = peer == &s->dst ? PF_REFUSED_DST : 0;
}

#endif /* _NET_PF_TCP_H_ */
