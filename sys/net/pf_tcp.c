// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcp.c: states of TCP connections
 *
 * What it owns.  The peers and the timeout of a TCP state.
 * Locking.  The lock of the state.
 * Place.  Third floor.
 *
 * For each end of a connection the state knows how far that end has sent
 * (seqlo: one past the highest number) and how far it may send (seqhi: what the
 * other end has acknowledged, plus the window that the other end has offered).
 * A segment within these bounds moves them on.  A segment outside of the bounds
 * is dropped, and does not change the state.  RFC 9293 has the arithmetic, and
 * RFC 7323 the scaled windows.  G. van Rooij, "Real Stateful TCP Packet
 * Filtering" (2001), shows that a host between the two ends can judge segments
 * by these bounds.
 *
 * An end whose state is CLOSED has not been seen yet.  Its first segment says
 * where its numbers start, unless a segment of the other end has acknowledged
 * some of them; this happens when pf sees a connection from its middle on.  The
 * scale of the windows of such a connection is not known, because only a SYN
 * has it.  The largest scale is assumed: the connection works, but the bounds
 * are wider than they need to be.
 *
 * The numbers of an end are kept as that end counts them.  seqdiff is added to
 * them on the way to the other end; it is 0 unless the state modulates
 * (pf_modulate.c).
 * max_win is in units of the end's scale when both ends are known to scale, and
 * in bytes before that.  win is the part of seqhi that the other end has
 * offered beyond what it has acknowledged, in the units of the other end.
 *
 * Ends restart, and then know less than the state, or more.  The state must let
 * them find out about each other (RFC 9293, 3.5.1):
 *
 * A SYN where a connection is known, and a RST that is in the window but does
 * not have the number that is expected next, are dropped, and pf itself sends
 * the challenge ACK with which the other end would answer (RFC 5961, 3.2 and
 * 4.2).  A host that has restarted answers with the RST that ends the state.
 * They are not sent on, because there are hosts that take them at their word.
 * There is one challenge ACK in a second for each state; it never acknowledges
 * more than the other end has, as its receiver may be in good health.
 *
 * As long as a handshake is not complete, an end may still have another
 * connection of the same ports in its memory.  Its segments, whose ACK does not
 * fit, pass and change nothing, and so does the RST that refuses them.  From an
 * end that has shown itself to belong to this connection, and when a connection
 * is over, only ACKs without data do so.
 *
 * There is one exception.  A server that restarts during the handshake sends
 * two SYN+ACKs, which may change places on the way.  The client answers the one
 * that comes first, and begins to send.  So its data, with an ACK of the other
 * one, passes too: as long as the server's SYN has not been acknowledged here,
 * within the window that the server has offered (MAXACKWINDOW, if it has only
 * sent a SYN yet), and until an ACK of more than the state has seen comes back.
 * That is no way to run a connection.  The server that sends on from the number
 * so acknowledged is the one that counts.
 *
 * A client that restarts several times sends several SYNs.  The state knows the
 * first and the last of them; when a SYN+ACK has answered a third, the client
 * that goes on from there tells that this was the beginning.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_packet.h"
#include "pf_reply.h"
#include "pf_state.h"
#include "pf_synproxy.h"
#include "pf_tcp.h"
#include "pf_track.h"

#define BEHIND		2	/* a FIN, and a keepalive's number */
/* What the state knows of the sender of SYNs, in win of a peer not known. */
#define OTHER_SYN	1	/* seqlo and mss are of another SYN */
#define THIRD_SYN	2	/* a SYN+ACK has answered a third: refused */
#define ALSO_REFUSED	4	/* seqlo is what refused was before .. */
#define ALSO_OWN	8	/* .. and a number of this end */
#define OTHER_LEFT	16	/* the sender has gone on from OTHER_SYN to another */
#define CHALLENGE	(-1)	/* drop it, and send a challenge ACK */
#define AS_IS		(-2)	/* let it pass, but it is no sign of life */

/* What a state needs to know of a segment. */
struct segment {
	uint32_t	seq, end;	/* first number, and one past the */
					/* last */
	uint32_t	orig_seq;	/* seq as it was in the packet */
	uint32_t	ack;		/* one of the receiver's numbers */
	uint32_t	win;		/* bytes that the sender offers */
	uint32_t	room;		/* bytes that the receiver has */
					/* offered at most */
	int32_t		ackskew;	/* receiver's highest number less ack */
	uint32_t	other_ack;	/* that answers the other SYN, .. */
	uint16_t	max_win;	/* win, in units of max_win of a peer */
	uint8_t		scale;		/* the sender's window scale */
	uint8_t		flags;
	bool		has_ack;	/* ack is the segment's own */
	bool		first;		/* the first segment of its sender */
	bool		other;		/* .. if there was one: other_syn() */
};

/* It only acknowledges. */
static bool
is_empty(const struct pf_pdesc *pd)
{
	return (segment_space(pd) == 0);
}

/*
 * States
 *
 * Timeouts by how far the two ends have come: the first row that applies.
 */
static const struct {
	uint8_t	lower, higher;	/* the lesser and the greater of their */
				/* states, at least */
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
	for (i = 0;
	    lower < timeouts[i].lower || higher < timeouts[i].higher; i++)
		;
	t = timeouts[i].timeout;
	if (s->timeout != t && s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, t);
	if (READ_ONCE(s->expire) != now)
		WRITE_ONCE(s->expire, now);
}

/* An end is heard of. */
static void
peer_seen(struct pf_peer *peer)
{
	if (peer->state < PF_TCPS_SYN_SENT)
		peer->state = PF_TCPS_SYN_SENT;
}

/* What an ACK of src says of dst: that its SYN, or its FIN (all_acked), has
 * come through. */
static void
peer_acked(struct pf_peer *dst, bool all_acked)
{
	if (dst->state == PF_TCPS_SYN_SENT)
		dst->state = PF_TCPS_ESTABLISHED;
	else if (dst->state == PF_TCPS_CLOSING && all_acked)
		dst->state = PF_TCPS_FIN_WAIT_2;
}

/* What the flags of an accepted segment do to the ends. */
static void
advance_states(struct pf_peer *src, struct pf_peer *dst, uint8_t flags,
    bool all_acked)
{
	if ((flags & PF_TH_FIN) && src->state < PF_TCPS_CLOSING)
		src->state = PF_TCPS_CLOSING;
	if (flags & PF_TH_ACK)
		peer_acked(dst, all_acked);
	if (flags & PF_TH_RST)
		src->state = dst->state = PF_TCPS_TIME_WAIT;
}

/*
 * Windows
 *
 * The first segment of an end, if nothing has told where it stands.  Windows
 * are scaled only if the SYNs of both ends have the option, and the windows of
 * the SYNs are not.
 */
static void
learn_start(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	if (pd->tcp.flags & PF_TH_SYN) {
		src->mss = pf_packet_mss(pd);
		src->wscale = pf_packet_wscale(pd);
	} else					/* its SYN was not seen */
		src->wscale = WSCALE_UNKNOWN;
	if (both_scale(src, dst)) {
		dst->max_win = scale_down(dst->max_win, dst->wscale);
		dst->win = scale_down(dst->win, src->wscale);
	} else
		src->wscale = dst->wscale = 0;
	src->seqlo = pd->tcp.seq;
	src->seqhi = first_unacked(pd) + at_least_one(peer_room(dst, src));
	src->win = dst->max_win;
	/* behind its SYN the end may have sent up to a window that has not been
	 * acknowledged yet, and no challenge may acknowledge that */
	if ((pd->tcp.flags & PF_TH_SYN) == 0)
		src->win = dst->max_win <= UINT16_MAX / 2 ? 2 * dst->max_win :
		    UINT16_MAX;
}

/*
 * A SYN with another number, while nothing has been heard of its receiver: the
 * sender has begun anew, or one of the two is an old duplicate (RFC 9293,
 * 3.5).  The receiver's answer will tell.  Until then its peer, which has
 * nothing to say of itself yet, keeps the number behind that SYN in seqlo, the
 * scale in mss, and in win that it does so.
 */
static void
other_syn(struct pf_peer *src, struct pf_peer *dst, const struct pf_pdesc *pd)
{
	dst->seqlo = pd->tcp.seq + segment_space(pd);
	dst->mss = pf_packet_wscale(pd);
	dst->win = (dst->win & THIRD_SYN) | OTHER_SYN;
	if (src->max_win < pd->tcp.win)
		src->max_win = pd->tcp.win;
}

/* The answer is to the other SYN of dst: that one was the beginning. */
static void
begin_again(struct pf_peer *dst, struct pf_peer *src)
{
	dst->seqlo = src->seqlo;
	dst->seqhi = dst->seqlo + 1;
	dst->win = 1;
	dst->wscale = src->mss;
}

/*
 * The first segment of an end acknowledges the other SYN; or it is a SYN too,
 * and does not tell.  Then the SYN that has come last counts: the one before is
 * more likely to be what its sender has forgotten, and answers to that are still
 * on their way.  If its sender has shown since which one counts, that is known.
 */
static bool
means_other(const struct pf_peer *src, const struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	if ((pd->tcp.flags & PF_TH_ACK) == 0)
		return ((src->win & OTHER_LEFT) == 0);
	return (pd->tcp.ack == src->seqlo + dst->seqdiff);
}

/* The beginning was not what the state has taken for it, which is now the other
 * SYN. */
static void
change_places(struct pf_peer *src, struct pf_peer *dst, uint32_t start,
    uint8_t wscale)
{
	dst->seqlo = src->seqlo;
	dst->mss = src->wscale;
	dst->win = OTHER_SYN | OTHER_LEFT;
	src->seqlo = start;
	src->seqhi = start + 1;
	src->win = 1;
	src->wscale = wscale;
}

/* Some way behind start. */
static bool
goes_on(const struct pf_pdesc *pd, uint32_t start)
{
	return (pd->tcp.seq - start <= MAXACKWINDOW &&
	    pd->tcp.seq + segment_space(pd) - start <= MAXACKWINDOW);
}

/*
 * The sender, of whose peer nothing is known, goes on from its other SYN, or
 * from one that an ACK which passed as it was has acknowledged.
 */
static bool
went_on(const struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	if (src->state != PF_TCPS_SYN_SENT || peer_known(dst) ||
	    (pd->tcp.flags & (PF_TH_SYN | PF_TH_RST | PF_TH_ACK)) !=
	    PF_TH_ACK || pd->tcp.seq == src->seqlo)
		return (false);
	if ((dst->win & OTHER_SYN) != 0 && goes_on(pd, dst->seqlo))
		change_places(src, dst, dst->seqlo, dst->mss);
	else if ((dst->win & THIRD_SYN) != 0 && goes_on(pd, s->refused))
		change_places(src, dst, s->refused, WSCALE_UNKNOWN);
	else
		return (false);
	return (true);
}

/* A SYN of src tells its scale, after windows have been offered: these are in
 * units of that scale.  If it has none, neither end scales. */
static void
set_scale(struct pf_peer *src, struct pf_peer *dst, uint8_t wscale)
{
	uint8_t		shift = dst->wscale & PF_WSCALE_MASK;
	uint32_t	una = peer_una(dst, src);

	src->wscale = wscale;
	if (wscale == 0) {
		dst->wscale = 0;
		dst->max_win = in_bytes(dst->max_win, shift);
		src->win = in_bytes(src->win, shift);
	}
	if (peer_known(dst))
		dst->seqhi = una + at_least_one((uint32_t)dst->win <<
		    (wscale & PF_WSCALE_MASK));
}

/* An end that has restarted has other numbers than the state knows, but knows
 * those of its peer. */
static void
learn_again(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	if (pd->tcp.flags & PF_TH_SYN && both_scale(src, dst))
		set_scale(src, dst, pf_packet_wscale(pd));
	src->seqlo = pd->tcp.seq;
	src->seqhi = first_unacked(pd) + at_least_one(peer_room(dst, src));
	src->win = dst->max_win;
}

static void
segment_of(struct segment *seg, const struct pf_peer *src,
    const struct pf_peer *dst, const struct pf_pdesc *pd, bool first)
{
	const struct pf_tcp_info *t = &pd->tcp;

	seg->first = first;
	seg->flags = t->flags;
	seg->orig_seq = t->seq;
	seg->seq = t->seq;
	seg->end = t->seq + segment_space(pd);
	seg->win = seg->max_win = t->win;
	seg->scale = 0;
	if (both_scale(src, dst)) {
		seg->scale = src->wscale & PF_WSCALE_MASK;
		if (t->flags & PF_TH_SYN)
			seg->max_win = scale_down(t->win, src->wscale);
		seg->win = (uint32_t)seg->max_win << seg->scale;
	}
	seg->room = peer_room(dst, src);

	seg->has_ack = pf_tcp_has_ack(t, dst) ||
	    ((t->flags & PF_TH_ACK) != 0 && seg->other);
	seg->ack = seg->has_ack ? t->ack - dst->seqdiff : dst->seqlo;
	seg->ackskew = dst->seqlo - seg->ack;
	/* a segment of no length proves nothing by its number; keepalives lie
	 * behind */
	if (seg->seq == seg->end)
		seg->seq = seg->end = src->seqlo;
}

/* The ACK is exactly of what dst has sent, or of what was acknowledged
 * before. */
static bool
ack_exact(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	return (seg->has_ack && peer_known(dst) && (seg->ack == dst->seqlo ||
	    seg->ack == peer_una(dst, src)));
}

/*
 * A RST must come from where the sender really is, or anybody could end
 * connections: its number is what the sender has come to, or what the other end
 * expects next, which a host that knows of no connection has from the ACK that
 * it answers.  From an end whose SYN has not been acknowledged, or after
 * another RST, it may just as well know the SYN that it refuses (RFC 9293,
 * 3.10.7.3).
 */
static bool
rst_fits(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	if ((src->state < PF_TCPS_ESTABLISHED ||
	    src->state == PF_TCPS_TIME_WAIT) && ack_exact(src, dst, seg))
		return (true);
	return (seg->orig_seq == src->seqlo ||
	    seg->orig_seq == src->seqlo + 1 ||
	    seg->orig_seq + 1 == src->seqlo ||
	    seg->orig_seq == peer_una(src, dst));
}

/*
 * A SYN may come again, but not another one.  Once the connection is
 * established, only that end sends its SYN again whose peer's ACK was lost, and
 * that SYN has an ACK.  When the connection is over, no end begins in it.
 */
static bool
syn_fits(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	if (seg->first)
		return (src->state != PF_TCPS_TIME_WAIT);
	if ((seg->flags & PF_TH_ACK) == 0 &&
	    src->state >= PF_TCPS_ESTABLISHED &&
	    dst->state >= PF_TCPS_ESTABLISHED)
		return (false);
	return (seq_leq(seg->end, src->seqlo));
}

static bool
flags_fit(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	if (likely((seg->flags & (PF_TH_SYN | PF_TH_RST)) == 0))
		return (true);
	return ((seg->flags & PF_TH_RST) != 0 ? rst_fits(src, dst, seg) :
	    syn_fits(src, dst, seg));
}

static bool
ack_in_window(const struct segment *seg)
{
	return (seg->ackskew >= -MAXACKWINDOW &&
	    seg->ackskew <= (MAXACKWINDOW << seg->scale));
}

static bool
in_window(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	return (seq_leq(seg->end, src->seqhi) &&
	    seq_leq(src->seqlo - seg->room, seg->seq) &&
	    ack_in_window(seg) && flags_fit(src, dst, seg));
}

/*
 * At the edges.  A FIN is no data: a full window has a number for it.  So the
 * sender may also come back to one number more than the window is wide, and a
 * keepalive to one before that.  What it has sent again may be overtaken by the
 * next window full of data, so that it is two windows behind.
 *
 * Where the other end has not been seen yet, or a connection has closed, the
 * marks are not exact: SYNs with data that come again, ACKs of a FIN that come
 * again.
 */
static bool
near_window(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	bool		fin = (seg->flags & PF_TH_FIN) != 0 ||
			    src->state >= PF_TCPS_CLOSING;
	uint32_t	ahead = fin ? 1 : 0, back = 2 * seg->room + BEHIND;

	if (dst->state < PF_TCPS_SYN_SENT || dst->state >= PF_TCPS_FIN_WAIT_2 ||
	    src->state >= PF_TCPS_FIN_WAIT_2) {
		ahead = MAXACKWINDOW;
		if (back < MAXACKWINDOW)
			back = MAXACKWINDOW;
	}
	if (dst->state >= PF_TCPS_SYN_SENT && peer_known(dst) &&
	    !ack_in_window(seg))
		return (false);
	return (seq_leq(seg->end, src->seqhi + ahead) &&
	    seq_leq(src->seqlo - back, seg->seq) && flags_fit(src, dst, seg));
}

/*
 * Who has not spoken yet shows that it belongs here by what it acknowledges:
 * some or all of what has been sent to it, the SYN at least.
 */
static bool
answers(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	return (!seg->has_ack || (seg->ackskew >= 0 &&
	    (uint32_t)seg->ackskew <= dst->seqlo - peer_una(dst, src)));
}

static void
advance_marks(struct pf_peer *src, struct pf_peer *dst,
    const struct segment *seg)
{
	if (src->max_win < seg->max_win)
		src->max_win = seg->max_win;
	if (seq_lt(src->seqlo, seg->end))
		src->seqlo = seg->end;
	if (seg->has_ack && peer_known(dst) &&
	    seq_leq(dst->seqhi, seg->ack + seg->win)) {
		dst->seqhi = seg->ack + at_least_one(seg->win);
		dst->win = seg->max_win;
	}
}

static inline void
advance(struct pf_peer *src, struct pf_peer *dst, const struct segment *seg)
{
	advance_marks(src, dst, seg);
	advance_states(src, dst, seg->flags, seq_leq(dst->seqlo, seg->ack));
}

/*
 * An end whose SYN has not been acknowledged goes on from a number that the
 * other end has acknowledged in a segment that passed as it was: the two know
 * each other.  It may have got what has not been seen here.
 */
static bool
known_to_other(const struct pf_state *s, const struct pf_peer *src,
    const struct pf_peer *dst, const struct segment *seg)
{
	uint32_t	una = peer_una(dst, src);

	return (src->state == PF_TCPS_SYN_SENT && refuses(s, src) &&
	    seg->has_ack && peer_known(dst) && s->refused != src->seqlo &&
	    (seg->flags & (PF_TH_SYN | PF_TH_RST)) == 0 &&
	    seg->orig_seq - s->refused <= seg->room &&
	    seg->ack - una <= dst->seqhi - una);
}

/* The segment is of what src is now. */
static void
restart(struct pf_peer *src, struct pf_peer *dst, const struct pf_pdesc *pd,
    struct segment *seg)
{
	learn_again(src, dst, pd);
	segment_of(seg, src, dst, pd, false);
	advance(src, dst, seg);
}

/* The SYN of an end comes behind its first segment, and has the scale that was
 * not known. */
static void
learn_scale(struct pf_peer *src, struct pf_peer *dst, const struct pf_pdesc *pd,
    struct segment *seg)
{
	if ((seg->flags & PF_TH_SYN) == 0 || src->wscale != WSCALE_UNKNOWN ||
	    !both_scale(src, dst) || !peer_known(dst))
		return;
	set_scale(src, dst, pf_packet_wscale(pd));
	segment_of(seg, src, dst, pd, false);
}

/*
 * A segment that fits, of an end whose SYN has not been acknowledged.  A RST
 * ends the state only if there is no other beginning, which counts from now on.
 */
static pf_noinline int
advance_opening(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd, struct segment *seg)
{
	if (seg->flags & PF_TH_RST && src->state == PF_TCPS_SYN_SENT) {
		if (!peer_known(dst) && (dst->win & OTHER_SYN) != 0) {
			change_places(src, dst, dst->seqlo, dst->mss);
			return (PF_GO);
		}
		if (dst->state == PF_TCPS_ESTABLISHED && refuses(s, src) &&
		    s->refused != src->seqlo) {
			src->seqhi += s->refused - src->seqlo;
			src->seqlo = s->refused;
			s->refused = 0;
			return (PF_GO);
		}
	}
	peer_seen(src);
	if (!seg->first)
		learn_scale(src, dst, pd, seg);
	if (!seg->first && is_empty(pd) && known_to_other(s, src, dst, seg)) {
		restart(src, dst, pd, seg);
		return (PF_GO);
	}
	advance(src, dst, seg);
	return (PF_GO);
}

static bool
is_opening(const struct pf_peer *src, const struct pf_peer *dst)
{
	return (src->state < PF_TCPS_ESTABLISHED ||
	    dst->state < PF_TCPS_ESTABLISHED);
}

/*
 * Segments that do not fit
 *
 * The RST answers what passed as it was; unless the connection is established,
 * also what came a little before that, or a SYN that has been replaced.
 */
static bool
refused(const struct pf_state *s, const struct pf_peer *src,
    const struct pf_peer *dst, const struct segment *seg)
{
	const struct pf_peer *unknown = peer_known(src) ? dst : src;

	if (s->refused == 0)
		return (false);
	if (seg->orig_seq == s->refused || (!peer_known(unknown) &&
	    (unknown->win & ALSO_REFUSED) != 0 &&
	    unknown->seqlo - seg->orig_seq <= MAXACKWINDOW))
		return (true);
	if (!is_opening(src, dst) && !(peer_closed(src) && peer_closed(dst)))
		return (false);
	return (s->refused - seg->orig_seq <= MAXACKWINDOW ||
	    (seg->has_ack && seg->ack == s->refused));
}

/*
 * A RST.  From an end that has not been seen it must refuse what the state
 * knows, and does not tell where that end stands.  It passes and changes
 * nothing if it refuses what has passed like that, and if the connection is
 * over anyway: a host that has not got all that the state has seen still asks
 * for the exact number.
 */
static int
misfit_rst(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct segment *seg)
{
	uint32_t	back = 0;
	bool		other = seg->other && seg->has_ack &&
			    seg->ack == seg->other_ack;

	if (seg->first && (other || ack_exact(src, dst, seg))) {
		if (other || !seg->other)
			src->state = dst->state = PF_TCPS_TIME_WAIT;
		return (PF_GO);
	}
	if (refused(s, src, dst, seg))
		return (AS_IS);
	if (!peer_known(src) || !peer_known(dst))
		return (PFRES_BADSTATE);
	if (peer_closed(src) && peer_closed(dst))
		back = MAXACKWINDOW;
	if (!seq_leq(peer_una(src, dst) - back, seg->orig_seq) ||
	    !seq_leq(seg->orig_seq, src->seqhi))
		return (PFRES_BADSTATE);
	return (peer_closed(src) && peer_closed(dst) ? AS_IS : CHALLENGE);
}

/*
 * Of several ACKs of an older connection, which may have changed places, the
 * last one has the number of the RST that will be believed.  Two such numbers
 * are kept, as both ends may send such ACKs.  A SYN+ACK that answers neither of
 * two SYNs answers a third.
 */
static void
note_refused(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct segment *seg)
{
	struct pf_peer	*unknown = peer_known(src) ? dst : src;
	bool		 also = !peer_known(unknown) &&
			    (unknown->win & ALSO_REFUSED) != 0;

	if (also && (seg->flags & PF_TH_SYN) == 0 &&
	    is_near(unknown->seqlo, seg->ack)) {
		if (seq_lt(unknown->seqlo, seg->ack))
			unknown->seqlo = seg->ack;
	} else if (s->refused == 0 || s->refused - seg->ack > MAXACKWINDOW) {
		if (!peer_known(unknown)) {
			unknown->win &= ~THIRD_SYN;
			if (s->refused != 0 && !is_near(s->refused, seg->ack) &&
			    (unknown->win & OTHER_SYN) == 0) {
				unknown->seqlo = s->refused;
				unknown->win = ALSO_REFUSED |
				    (refuses(s, unknown) ? ALSO_OWN : 0);
			}
		}
		set_refused(s, dst, seg->ack);
	}
	if (seg->first && (seg->flags & PF_TH_SYN) != 0 &&
	    s->refused == seg->ack)
		src->win |= THIRD_SYN;
}

/*
 * The first segment of an end that fits takes the place of what was kept there.
 * Of two refused numbers one can be kept: that of the end itself.  It will
 * refuse what the other end has sent, and the other end must learn that; but no
 * RST of the other end will end what this one has begun.
 */
static void
first_fits(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_peer *old_src, const struct pf_peer *old_dst,
    const struct segment *seg)
{
	if ((old_src->win & ALSO_OWN) != 0 && !refuses(s, src))
		set_refused(s, src, old_src->seqlo);
	if (seg->other && s->refused == 0)
		set_refused(s, dst, dst->seqlo == seg->other_ack ?
		    old_dst->seqlo : seg->other_ack);
}

/* It is not from where the sender is, nor a little too much of that. */
static bool
elsewhere(const struct pf_peer *src, const struct segment *seg)
{
	return (!seq_leq(src->seqlo - 2 * seg->room - BEHIND, seg->seq) ||
	    !seq_leq(seg->seq, src->seqhi));
}

/* Data for a peer of which the sender knows another SYN: in the first window,
 * of which nothing is acknowledged that the state has not seen. */
static bool
is_early(const struct pf_peer *src, const struct pf_peer *dst,
    const struct segment *seg)
{
	uint32_t	una = peer_una(src, dst), edge = src->seqhi;

	if (src->state == PF_TCPS_SYN_SENT)	/* no window has been offered */
		edge += MAXACKWINDOW;
	return (dst->state == PF_TCPS_SYN_SENT && seq_leq(una, src->seqlo) &&
	    seq_leq(una, seg->seq) && seq_leq(seg->end, edge));
}

/* An ACK of another connection than this one.  After both FINs, a SYN+ACK
 * answers an old duplicate of the SYN. */
static bool
is_strange(const struct pf_peer *src, const struct pf_peer *dst,
    const struct pf_pdesc *pd, const struct segment *seg)
{
	if (seg->first)
		return (!answers(src, dst, seg));
	if ((seg->flags & PF_TH_SYN) != 0 &&
	    src->state == PF_TCPS_FIN_WAIT_2 &&
	    dst->state == PF_TCPS_FIN_WAIT_2)
		return (true);
	return (!ack_in_window(seg) &&
	    (is_empty(pd) || is_early(src, dst, seg)));
}

/* Return PF_GO: it passes all the same; AS_IS; CHALLENGE; or PFRES_BADSTATE. */
static pf_noinline int
misfit(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd, struct segment *seg)
{
	uint8_t	kind = seg->flags & (PF_TH_SYN | PF_TH_ACK);
	bool	opening = is_opening(src, dst);
	bool	over = peer_closed(src) && peer_closed(dst);

	if (seg->flags & PF_TH_RST)
		return (misfit_rst(s, src, dst, seg));
	if (kind == PF_TH_SYN && !peer_known(dst)) {
		other_syn(src, dst, pd);
		return (PF_GO);
	}
	if (src->state == PF_TCPS_SYN_SENT && ((ack_exact(src, dst, seg) &&
	    ((kind & PF_TH_SYN) != 0 || elsewhere(src, seg))) ||
	    known_to_other(s, src, dst, seg))) {
		if (s->refused == 0 && (kind & PF_TH_SYN) != 0)
			set_refused(s, src, src->seqlo);
		restart(src, dst, pd, seg);
		return (PF_GO);
	}
	if ((opening || over) && (kind & PF_TH_ACK) != 0 &&
	    is_strange(src, dst, pd, seg)) {
		note_refused(s, src, dst, seg);
		return (AS_IS);
	}
	return ((kind & PF_TH_SYN) != 0 && !over && peer_known(src) &&
	    peer_known(dst) ? CHALLENGE : PFRES_BADSTATE);
}

/* Near the window, or the sender goes on from another SYN.  What acknowledges
 * an end that has not been seen may be of an older connection. */
static pf_noinline bool
fits_near(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd, struct segment *seg)
{
	if (went_on(s, src, dst, pd))
		segment_of(seg, src, dst, pd, false);
	if (!near_window(src, dst, seg))
		return (false);
	if (seg->has_ack && !peer_known(dst))
		note_refused(s, src, dst, seg);
	return (true);
}

static int
track_windows(struct pf_state *s, struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	struct segment	seg;
	struct pf_peer	old_src, old_dst;
	bool		first = !peer_known(src);

	seg.other = false;
	if (unlikely(first)) {
		old_src = *src;
		old_dst = *dst;
		seg.other = (src->win & OTHER_SYN) != 0;
		seg.other_ack = src->seqlo;
		if (pd->tcp.flags & PF_TH_RST) {
			segment_of(&seg, src, dst, pd, first);
			return (misfit_rst(s, src, dst, &seg));
		}
		if (seg.other && means_other(src, dst, pd))
			begin_again(dst, src);
		learn_start(src, dst, pd);
	}
	segment_of(&seg, src, dst, pd, first);
	if (likely(in_window(src, dst, &seg) ||
	    fits_near(s, src, dst, pd, &seg)) &&
	    (likely(!first) || answers(src, dst, &seg))) {
		if (unlikely(first))
			first_fits(s, src, dst, &old_src, &old_dst, &seg);
		if (unlikely(src->state <= PF_TCPS_SYN_SENT))
			return (advance_opening(s, src, dst, pd, &seg));
		advance(src, dst, &seg);
		return (PF_GO);
	}
	if (first) {			/* who was that? */
		*src = old_src;
		*dst = old_dst;
	}
	return (misfit(s, src, dst, pd, &seg));
}

/*
 * The challenge ACK to the sender of a segment, from its peer: false if there
 * was one in this second.  What is acknowledged is what dst itself has.  A SYN
 * that dst has not acknowledged is refused with a number that is too old, or
 * the challenge would complete the handshake.
 */
static bool
challenge_due(struct pf *pf, struct pf_state *s, const struct pf_peer *src,
    const struct pf_peer *dst, struct pf_tcp_info *ack)
{
	uint8_t	now = pf_uptime(pf);

	if (s->challenged == now)
		return (false);
	s->challenged = now;
	ack->seq = (src->state == PF_TCPS_SYN_SENT ?
	    peer_una(dst, src) - 1 : dst->seqlo) + dst->seqdiff;
	ack->ack = peer_una(src, dst);
	ack->win = src->win;
	return (true);
}

/*
 * Only one direction may be visible: believe the flags.  The marks just tell
 * whether an end has been seen.
 */
static void
track_sloppy(struct pf_peer *src, struct pf_peer *dst,
    const struct pf_pdesc *pd)
{
	uint8_t	flags = pd->tcp.flags;
	bool	half = dst->seqhi == 0;	/* the other end takes another way */

	src->seqlo = pd->tcp.seq + segment_space(pd);
	src->seqhi = src->seqlo + 1;
	if (half && (flags & PF_TH_ACK) && src->state == PF_TCPS_SYN_SENT)
		src->state = dst->state = PF_TCPS_ESTABLISHED;
	if (half && (flags & PF_TH_FIN) && dst->state < PF_TCPS_CLOSING)
		dst->state = PF_TCPS_CLOSING;
	peer_seen(src);
	advance_states(src, dst, flags, true);
}

int
pf_tcp_track(struct pf *pf, struct pf_state *s, struct pf_pdesc *pd,
    bool forward)
{
	struct pf_peer	*src = forward ? &s->src : &s->dst;
	struct pf_peer	*dst = forward ? &s->dst : &s->src;
	int		 reason = PF_GO;
	struct pf_tcp_info ack;
	bool		 due;

	pf_spin_lock(&s->lock);
	if (s->flags & PFSTATE_SLOPPY)
		track_sloppy(src, dst, pd);
	else
		reason = track_windows(s, src, dst, pd);
	if (likely(reason == PF_GO)) {
		set_timeout(pf, s);
		pf_spin_unlock(&s->lock);
		return (PF_GO);
	}
	due = reason == CHALLENGE && challenge_due(pf, s, src, dst, &ack);
	pf_spin_unlock(&s->lock);
	if (reason == AS_IS) {
		pd->flags |= PF_PD_ALIEN;
		return (PF_GO);
	}
	if (due) {
		ack.win = pf_synproxy_window(s, !forward, ack.win);
		pf_reply_challenge(pd, &ack);
	}
	return (PFRES_BADSTATE);
}
