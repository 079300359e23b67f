// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpinit.c: beginning and end of states of TCP connections
 *
 * What it owns.  The peers of a TCP state that is being made.
 * Locking.  A state that is being made needs none; pf_tcp_quoted_ok() takes the
 * lock of the state.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_tcp.h"
#include "pf_track.h"

/*
 * Picked up midway, the acknowledgement says where the other end stands.
 */
void
pf_tcp_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	struct pf_peer	*src = &s->src, *dst = &s->dst;
	uint8_t		 flags = pd->tcp.flags;
	uint32_t	 win = at_least_one(pd->tcp.win);

	src->state = PF_TCPS_SYN_SENT;
	dst->state = PF_TCPS_CLOSED;
	s->timeout = PFTM_TCP_FIRST_PACKET;
	src->seqlo = pd->tcp.seq + segment_space(pd);
	src->seqhi = src->seqlo + 1;
	/* of a SYN's data nothing is acknowledged */
	src->win = pd->p_len < UINT16_MAX ? pd->p_len + 1 : UINT16_MAX;
	src->max_win = win;
	dst->max_win = 1;
	s->challenged = s->creation - 1;
	if (flags & PF_TH_SYN) {
		src->mss = pf_packet_mss(pd);
		src->wscale = pf_packet_wscale(pd);
	}
	if ((flags & (PF_TH_SYN | PF_TH_ACK)) == PF_TH_SYN ||
	    s->flags & PFSTATE_SLOPPY)
		return;

	if ((flags & PF_TH_SYN) == 0)
		src->wscale = WSCALE_UNKNOWN;
	if (src->wscale & PF_WSCALE_FLAG)
		dst->wscale = WSCALE_UNKNOWN;
	if (flags & PF_TH_SYN && both_scale(src, dst))
		src->max_win = scale_down(win, src->wscale);
	dst->max_win = 0xffff;
	src->seqhi = first_unacked(pd) + peer_room(dst, src);
	src->win = dst->max_win;
	if (flags & PF_TH_ACK) {
		dst->seqlo = pd->tcp.ack;
		dst->seqhi = pd->tcp.ack + peer_room(src, dst);
		dst->win = src->max_win;
	}
}

bool
pf_tcp_reuse(struct pf_state *s, const struct pf_pdesc *pd)
{
	return ((pd->tcp.flags & (PF_TH_SYN | PF_TH_ACK | PF_TH_RST)) ==
	    PF_TH_SYN && pf_tcp_over(s));
}

bool
pf_tcp_quoted_ok(struct pf_state *s, const struct pf_pdesc *quoted,
    bool forward)
{
	struct pf_peer	*src = forward ? &s->src : &s->dst;
	struct pf_peer	*dst = forward ? &s->dst : &s->src;
	uint32_t	 seq, room;
	bool		 ok = true;

	pf_spin_lock(&s->lock);
	if ((s->flags & PFSTATE_SLOPPY) == 0) {
		seq = quoted->tcp.seq - src->seqdiff;
		/* one more: a keepalive repeats the number before the last */
		room = at_least_one(peer_room(dst, src)) + 1;
		ok = src->state != PF_TCPS_CLOSED &&
		    seq_leq(seq, src->seqhi) && seq_leq(src->seqlo - room, seq);
	}
	pf_spin_unlock(&s->lock);
	return (ok);
}
