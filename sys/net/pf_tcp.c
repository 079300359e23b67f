// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcp.c: TCP connections followed by their states (third floor)
 *
 * Owns the peers and the timeout of a TCP state, under the state's lock.  For
 * each end a state knows how far it has sent (seqlo, one past the highest
 * number) and how far it may send (seqhi: what the other end has acknowledged plus the
 * window that it offered).  A packet that fits in there moves the marks on; one that
 * does not is dropped.  RFC 9293 has the arithmetic, RFC 7323 the scaled windows; that
 * a middle box can judge by these bounds is G. van Rooij's "Real Stateful TCP Packet
 * Filtering" (2001).
 *
 * An end's numbers are kept as that end counts them.  seqdiff, added on the way
 * to the other end, is 0 unless the state modulates.
 */
#include "pf_priv.h"
#include "pf_wire.h"

#define MAXACKWINDOW	(0xffff + 1500)	/* how far an ACK may lie behind */

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

/* A segment as the state's bookkeeping sees it. */
struct segment {
	uint32_t	seq, end;	/* of the sender: first number, one past the last */
	uint32_t	orig_seq;	/* seq as it came */
	uint32_t	ack;		/* of the receiver's numbers */
	uint32_t	win;		/* scaled */
	uint32_t	back;		/* the window that the receiver has offered */
	int		ackskew;	/* how far ack lies behind what the receiver sent */
	uint8_t		sws, dws;	/* window scales */
	uint8_t		flags;
	uint8_t		reach;		/* shift of the bound on ACKs of the future */
};

/* The space that a segment takes: its data, SYN and FIN. */
static uint32_t
segment_space(const struct pf_pdesc *pd)
{
	return (pd->p_len + !!(pd->tcp.flags & PF_TH_SYN) +
	    !!(pd->tcp.flags & PF_TH_FIN));
}

static uint32_t
at_least_one(uint32_t n)
{
	return (n > 0 ? n : 1);
}

/* Timeouts by how far the two ends have come: the first row that applies. */
static const struct {
	uint8_t	lower, higher;	/* the lesser and the greater of their states, at least */
	uint8_t	timeout;
} timeouts[] = {
	{ PF_TCPS_FIN_WAIT_2, PF_TCPS_FIN_WAIT_2, PFTM_TCP_CLOSED },
	{ PF_TCPS_CLOSING, PF_TCPS_CLOSING, PFTM_TCP_FIN_WAIT },
	{ PF_TCPS_ESTABLISHED, PF_TCPS_CLOSING, PFTM_TCP_CLOSING },
	{ PF_TCPS_ESTABLISHED, PF_TCPS_ESTABLISHED, PFTM_TCP_ESTABLISHED },
	{ 0, 0, PFTM_TCP_OPENING },
};

static void
set_timeout(struct pf *pf, struct pf_state *s)
{
	uint8_t		lower = s->src.state, higher = s->dst.state, t;
	uint32_t	now = pf_uptime(pf);
	unsigned int	i;

	if (lower > higher) {
		lower = s->dst.state;
		higher = s->src.state;
	}
	for (i = 0; lower < timeouts[i].lower || higher < timeouts[i].higher; i++)
		;
	t = timeouts[i].timeout;
	if (s->timeout != t)
		WRITE_ONCE(s->timeout, t);
	if (READ_ONCE(s->expire) != now)
		WRITE_ONCE(s->expire, now);
}

/* What the flags of an accepted segment do to the ends. */
static void
advance_states(struct pf_peer *src, struct pf_peer *dst, uint8_t flags)
{
	if ((flags & PF_TH_SYN) && src->state < PF_TCPS_SYN_SENT)
		src->state = PF_TCPS_SYN_SENT;
	if ((flags & PF_TH_FIN) && src->state < PF_TCPS_CLOSING)
		src->state = PF_TCPS_CLOSING;
	if (flags & PF_TH_ACK) {
		if (dst->state == PF_TCPS_SYN_SENT)
			dst->state = PF_TCPS_ESTABLISHED;
		else if (dst->state == PF_TCPS_CLOSING)
			dst->state = PF_TCPS_FIN_WAIT_2;
	}
	if (flags & PF_TH_RST)
		src->state = dst->state = PF_TCPS_TIME_WAIT;
}

/*
 * The first segment that this end sends: learn where it starts.  Window scaling is in force
 * only if the SYNs of both ends have the option.
 */
static void
first_segment(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd, struct segment *seg)
{
	uint32_t	edge;

	if (pd->tcp.flags & PF_TH_SYN) {
		if (dst->wscale & PF_WSCALE_FLAG) {
			src->wscale = pf_packet_wscale(pd);
			if (src->wscale & PF_WSCALE_FLAG) {
				/* the window of the first SYN was not scaled */
				seg->dws = dst->wscale & PF_WSCALE_MASK;
				dst->max_win = (dst->max_win +
				    (1U << seg->dws) - 1) >> seg->dws;
			} else
				dst->wscale = 0;
		}
		src->mss = pf_packet_mss(pd);
	}
	src->seqlo = seg->seq;
	if (src->state < PF_TCPS_SYN_SENT)
		src->state = PF_TCPS_SYN_SENT;
	edge = seg->end + at_least_one((uint32_t)dst->max_win << seg->dws);
	if (src->seqhi == 1 || seq_leq(src->seqhi, edge))
		src->seqhi = edge;
	if (pd->tcp.win > src->max_win)
		src->max_win = pd->tcp.win;
}

/* A RST must come from where the sender really is, or anybody could end connections. */
static bool
rst_fits(const struct pf_peer *src, const struct segment *seg)
{
	if ((seg->flags & PF_TH_RST) == 0)
		return (true);
	return (seg->orig_seq == src->seqlo || seg->orig_seq == src->seqlo + 1 ||
	    seg->orig_seq + 1 == src->seqlo);
}

static bool
in_window(const struct pf_peer *src, const struct segment *seg)
{
	return (seq_leq(seg->end, src->seqhi) &&
	    seq_leq(src->seqlo - seg->back, seg->seq) &&
	    seg->ackskew >= -MAXACKWINDOW &&
	    seg->ackskew <= (MAXACKWINDOW << seg->sws) &&
	    rst_fits(src, seg));
}

/*
 * Where one end has not been seen yet, or a connection is being closed, the marks are not
 * exact: a FIN that is repeated, an ACK of a FIN, a connection picked up midway.
 */
static bool
near_window(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	if (dst->state >= PF_TCPS_SYN_SENT && dst->state < PF_TCPS_FIN_WAIT_2 &&
	    src->state < PF_TCPS_FIN_WAIT_2)
		return (false);
	return (seq_leq(seg->end, src->seqhi + MAXACKWINDOW) &&
	    seq_leq(src->seqlo - MAXACKWINDOW, seg->seq) &&
	    rst_fits(src, seg));
}

static void
advance_marks(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd, const struct segment *seg)
{
	if (src->max_win < pd->tcp.win)
		src->max_win = pd->tcp.win;
	if (seq_lt(src->seqlo, seg->end))
		src->seqlo = seg->end;
	if (seq_leq(dst->seqhi, seg->ack + seg->win))
		dst->seqhi = seg->ack + at_least_one(seg->win);
}

static int
track_windows(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	struct segment	seg = {
		.seq = pd->tcp.seq, .orig_seq = pd->tcp.seq,
		.end = pd->tcp.seq + segment_space(pd),
		.ack = pd->tcp.ack - dst->seqdiff, .flags = pd->tcp.flags,
	};

	if ((src->wscale & PF_WSCALE_FLAG) && (dst->wscale & PF_WSCALE_FLAG) &&
	    (seg.flags & PF_TH_SYN) == 0) {
		seg.sws = src->wscale & PF_WSCALE_MASK;
		seg.dws = dst->wscale & PF_WSCALE_MASK;
	}
	if (src->seqlo == 0)
		first_segment(src, dst, pd, &seg);
	/* segments without ACK, and RSTs that carry none to speak of, do not shift it */
	if ((seg.flags & PF_TH_ACK) == 0 ||
	    ((seg.flags & PF_TH_RST) && pd->tcp.ack == 0))
		seg.ack = dst->seqlo;
	/* a segment of no length proves nothing by its number; keepalives lie behind */
	if (seg.seq == seg.end)
		seg.seq = seg.end = src->seqlo;
	seg.ackskew = dst->seqlo - seg.ack;
	seg.back = (uint32_t)dst->max_win << seg.dws;
	seg.win = (uint32_t)pd->tcp.win << seg.sws;

	if (!in_window(src, &seg) && !near_window(src, dst, &seg))
		return (PFRES_BADSTATE);
	advance_marks(src, dst, pd, &seg);
	advance_states(src, dst, seg.flags);
	return (PFRES_MATCH);
}

/* Only one direction may be visible: believe the flags. */
static int
track_sloppy(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	uint8_t	flags = pd->tcp.flags;

	if ((flags & PF_TH_ACK) && (flags & PF_TH_SYN) == 0 &&
	    dst->state == PF_TCPS_CLOSED && src->state == PF_TCPS_SYN_SENT) {
		/* the other end's SYN took another way */
		src->state = dst->state = PF_TCPS_ESTABLISHED;
	}
	if ((flags & PF_TH_FIN) && dst->state == PF_TCPS_CLOSED)
		dst->state = PF_TCPS_CLOSING;
	advance_states(src, dst, flags);
	return (PFRES_MATCH);
}

int
pf_tcp_track(struct pf *pf, struct pf_state *s, const struct pf_pdesc *pd,
    bool forward)
{
	struct pf_peer	*src = forward ? &s->src : &s->dst;
	struct pf_peer	*dst = forward ? &s->dst : &s->src;
	int		 reason;

	pf_spin_lock(&s->lock);
	reason = s->flags & PFSTATE_SLOPPY ? track_sloppy(src, dst, pd) :
	    track_windows(src, dst, pd);
	if (reason == PFRES_MATCH)
		set_timeout(pf, s);
	pf_spin_unlock(&s->lock);
	return (reason);
}

void
pf_tcp_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	struct pf_peer	*src = &s->src, *dst = &s->dst;
	uint32_t	 win = pd->tcp.win;

	src->seqlo = pd->tcp.seq + segment_space(pd);
	src->seqhi = src->seqlo + 1;
	if (pd->tcp.flags & PF_TH_SYN) {
		src->wscale = pf_packet_wscale(pd);
		src->mss = pf_packet_mss(pd);
	} else if (win == 0)
		win = 1;
	src->max_win = at_least_one(win);
	/* picked up midway, with who knows what scale: allow the largest */
	if ((pd->tcp.flags & PF_TH_SYN) == 0) {
		src->wscale = dst->wscale = 14 | PF_WSCALE_FLAG;
		src->seqhi = src->seqlo + (0xffffU << 14);
		dst->seqlo = pd->tcp.ack;
		dst->max_win = 0xffff;
		src->state = dst->state = PF_TCPS_ESTABLISHED;
	} else {
		dst->max_win = 1;
		src->state = PF_TCPS_SYN_SENT;
		dst->state = PF_TCPS_CLOSED;
	}
	dst->seqhi = pd->tcp.flags & PF_TH_SYN ? 1 :
	    pd->tcp.ack + (win << 14);
	s->timeout = PFTM_TCP_FIRST_PACKET;
}

bool
pf_tcp_reuse(struct pf_state *s, const struct pf_pdesc *pd)
{
	return ((pd->tcp.flags & (PF_TH_SYN | PF_TH_ACK | PF_TH_RST)) ==
	    PF_TH_SYN &&
	    READ_ONCE(s->src.state) >= PF_TCPS_FIN_WAIT_2 &&
	    READ_ONCE(s->dst.state) >= PF_TCPS_FIN_WAIT_2);
}

bool
pf_tcp_quoted_ok(struct pf_state *s, const struct pf_pdesc *quoted,
    bool forward)
{
	struct pf_peer	*src = forward ? &s->src : &s->dst;
	struct pf_peer	*dst = forward ? &s->dst : &s->src;
	uint32_t	 seq, back;
	uint8_t		 dws = 0;
	bool		 ok;

	pf_spin_lock(&s->lock);
	if ((src->wscale & PF_WSCALE_FLAG) && (dst->wscale & PF_WSCALE_FLAG))
		dws = dst->wscale & PF_WSCALE_MASK;
	seq = quoted->tcp.seq - src->seqdiff;
	back = at_least_one((uint32_t)dst->max_win << dws);
	ok = (s->flags & PFSTATE_SLOPPY) != 0 ||
	    (seq_leq(seq, src->seqhi) && seq_leq(src->seqlo - back - 1, seq));
	pf_spin_unlock(&s->lock);
	return (ok);
}
