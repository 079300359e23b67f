// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_synproxy.c: TCP connections whose client has to show itself before the
 * server hears of it (synproxy state)
 *
 * What it owns.  Nothing: what there is lies in the peers of a state.
 * Locking.  The lock of the state.  It is released before a packet is sent.
 * Place.  Third floor.
 *
 * Whoever sends SYNs in the name of others never gets the answers.  So the
 * server's memory is not for them: pf answers the SYN, and only the client that
 * acknowledges the answer is connected to the server.
 *
 *	PROXY_SRC	The SYN goes nowhere.  Its answer has a random first
 *			number, and a window of 0: the client cannot send yet.
 *	PROXY_DST	The client has acknowledged that.  Its ACK becomes the SYN
 *			for the server, which goes on as any packet, and so does
 *			all that the client sends until the server answers.
 *	ESTABLISHED	The server has answered.  It gets the ACK, and its answer
 *			becomes an ACK for the client, which opens the window.
 *
 * From then on it is a connection with modulated numbers (pf_modulate.c): the
 * difference of the server's is that between its first number and what the client
 * has been told.
 *
 * The client has to be told a window scale before that of the server is known,
 * so it is a constant, and the windows of the server are converted to it.  A
 * server without scales gets the client's windows in bytes.  Timestamps are not
 * offered to the client, and so not to the server.
 *
 * Until the connection is established the members of the peers mean:
 *	src.seqlo	the first number of the client, plus one
 *	src.max_win	the window that the client offers, in bytes
 *	dst.seqlo	the first number that the client has been told
 *	dst.win		1: the client permits selective acknowledgements
 * Segments that fit are no sign of life: a state that does not get on expires.
 *
 * If pf sees the connection a second time, on another interface, then what is
 * made here must be seen there too: it is changed or tracked there.  So an
 * answer is shown to pf when the packet that it answers was about to leave this
 * host, as it goes back there; the answer to a packet that came in goes back to
 * where that came from.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_if.h"
#include "pf_modulate.h"
#include "pf_packet.h"
#include "pf_reply.h"
#include "pf_state.h"
#include "pf_synproxy.h"
#include "pf_tcp.h"
#include "pf_tcpopt.h"
#include "pf_track.h"

#define KINDS	(PF_TH_SYN | PF_TH_ACK | PF_TH_RST)

/* What clients are told of the size of segments: not more than they can take themselves, if
 * they say so, nor than fits into a packet of Ethernet; every host takes so much (RFC 9293,
 * 3.7.1, RFC 8200, 5). */
static const struct {
	uint16_t	least, most;
} sizes[2] = { { 536, 1460 }, { 1220, 1440 } };

void
pf_synproxy_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	pf_modulate_init(s, pd);
	if (s->src.seqdiff == 0)
		return;
	s->src.state = PF_TCPS_PROXY_SRC;
	s->src.seqlo = pd->tcp.seq + 1;		/* its data is not kept */
	s->src.seqhi = s->src.seqlo + 1;
	s->src.win = 1;
	pf_random(pd->pf, &s->dst.seqlo, sizeof(s->dst.seqlo));
	s->dst.win = pf_packet_sackok(pd);
	s->log |= PF_STATE_PROXY;
}

/* The options of a SYN. */
static void
put_options(struct pf_segment *g, uint16_t mss, uint8_t wscale, bool sack)
{
	uint8_t	*p = g->opt;

	if (mss != 0) {
		*p++ = PF_TCPOPT_MSS;
		*p++ = PF_TCPOPT_MSS_LEN;
		*p++ = mss >> 8;
		*p++ = mss & 0xff;
	}
	if ((wscale & PF_WSCALE_FLAG) != 0) {
		*p++ = PF_TCPOPT_NOP;
		*p++ = PF_TCPOPT_WSCALE;
		*p++ = PF_TCPOPT_WSCALE_LEN;
		*p++ = wscale & PF_WSCALE_MASK;
	}
	if (sack) {
		*p++ = PF_TCPOPT_NOP;
		*p++ = PF_TCPOPT_NOP;
		*p++ = PF_TCPOPT_SACKOK;
		*p++ = PF_TCPOPT_SACKOK_LEN;
	}
	g->optlen = p - g->opt;
}

/* pf's answer to the client's SYN. */
static void
answer_of_syn(const struct pf_state *s, const struct pf_pdesc *pd,
    struct pf_segment *g)
{
	bool		v6 = pd->af == AF_INET6;
	uint16_t	mss = s->src.mss;

	if (mss < sizes[v6].least)
		mss = sizes[v6].least;
	if (mss > sizes[v6].most)
		mss = sizes[v6].most;
	if (s->more != NULL && s->more->norm.max_mss != 0 &&
	    mss > s->more->norm.max_mss)
		mss = s->more->norm.max_mss;
	*g = (struct pf_segment){
		.flags = PF_TH_SYN | PF_TH_ACK,
		.seq = s->dst.seqlo, .ack = s->src.seqlo
	};
	put_options(g, mss, (s->src.wscale & PF_WSCALE_FLAG) != 0 ?
	    PF_WSCALE_FLAG | PF_SYNPROXY_WSCALE : 0, s->dst.win != 0);
}

/* The SYN for the server. */
static void
syn_of(const struct pf_state *s, struct pf_segment *g)
{
	*g = (struct pf_segment){
		.flags = PF_TH_SYN, .seq = s->src.seqlo - 1 + s->src.seqdiff,
		.win = s->src.max_win
	};
	put_options(g, s->src.mss, s->src.wscale, s->dst.win != 0);
}

/* The state ends, and makes room for another connection. */
static void
finish(struct pf_state *s)
{
	WRITE_ONCE(s->timeout, PFTM_PURGE);
}

static void
advance(struct pf *pf, struct pf_state *s, uint8_t state, uint8_t timeout)
{
	WRITE_ONCE(s->src.state, state);
	if (s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, timeout);
	WRITE_ONCE(s->expire, pf_uptime(pf));
}

/* What is to be done with a segment, decided under the lock of the state. */
struct verdict {
	int		  why;			/* to drop the packet; PF_GO: .. */
	bool		  become;		/* .. it becomes .. */
	bool		  answer;		/* it is answered with .. */
	struct pf_segment made;			/* .. this */
	struct pf_segment reply;		/* .. this */
};

static void
client_acks(struct pf *pf, struct pf_state *s, const struct pf_tcp_info *t,
    struct verdict *v)
{
	struct pf_peer	*src = &s->src;

	if (t->ack != s->dst.seqlo + 1)
		return;
	if (src->state == PF_TCPS_PROXY_SRC) {
		if (t->seq != src->seqlo)
			return;
		src->max_win = in_bytes(t->win, src->wscale & PF_WSCALE_MASK);
		advance(pf, s, PF_TCPS_PROXY_DST, PFTM_TCP_OPENING);
	} else if (t->seq - (src->seqlo - 1) > 1)	/* (a keepalive is one behind) */
		return;
	syn_of(s, &v->made);
	v->become = true;
}

/* From the client, before the server has answered.  Another SYN is answered as the first: a client
 * that has restarted replies with a RST, and begins anew. */
static void
from_client(struct pf *pf, struct pf_state *s, const struct pf_pdesc *pd,
    struct verdict *v)
{
	const struct pf_tcp_info	*t = &pd->tcp;

	switch (t->flags & KINDS) {
	case PF_TH_SYN:
		answer_of_syn(s, pd, &v->reply);
		v->answer = true;
		break;
	case PF_TH_ACK:
		client_acks(pf, s, t, v);
		break;
	case PF_TH_RST:
	case PF_TH_RST | PF_TH_ACK:
		if (t->seq != s->src.seqlo)
			break;
		v->become = s->src.state == PF_TCPS_PROXY_DST;
		v->made = (struct pf_segment){
			.flags = PF_TH_RST, .seq = t->seq + s->src.seqdiff
		};
		finish(s);
		break;
	}
}

/* A window of the peer, in its own units, as what the other one may send beyond start. */
static void
offer(struct pf_peer *to, uint32_t start, const struct pf_peer *from)
{
	to->seqlo = start;
	to->win = from->max_win;
	to->seqhi = start + at_least_one((uint32_t)from->max_win <<
	    (from->wscale & PF_WSCALE_MASK));
}

/* The server has answered: both ends are where they would be after a handshake. */
static void
connect_ends(struct pf *pf, struct pf_state *s, const struct pf_pdesc *pd)
{
	struct pf_peer	*src = &s->src, *dst = &s->dst;

	dst->seqdiff = dst->seqlo - pd->tcp.seq;
	dst->mss = pf_packet_mss(pd);
	dst->wscale = 0;
	dst->max_win = at_least_one(pd->tcp.win);
	if ((src->wscale & PF_WSCALE_FLAG) != 0) {
		dst->wscale = pf_packet_wscale(pd);
		if (dst->wscale == 0)
			dst->wscale = PF_WSCALE_FLAG | PF_WSCALE_NONE;
		src->max_win >>= src->wscale & PF_WSCALE_MASK;	/* not more than the SYN */
		dst->max_win = scale_down(dst->max_win, dst->wscale);
	}
	offer(src, src->seqlo, dst);
	offer(dst, pd->tcp.seq + 1, src);
	WRITE_ONCE(dst->state, PF_TCPS_ESTABLISHED);
	advance(pf, s, PF_TCPS_ESTABLISHED, PFTM_TCP_ESTABLISHED);
}

/* The ACK of the server's SYN. */
static void
acknowledge(const struct pf_state *s, const struct pf_tcp_info *t,
    struct verdict *v)
{
	v->reply = (struct pf_segment){
		.flags = PF_TH_ACK, .seq = t->ack, .ack = t->seq + 1,
		.win = pf_synproxy_window(s, true, s->src.max_win)
	};
	v->answer = true;
}

/*
 * From the server, before the connection is established: it must answer the SYN.
 * A server that has not got that, but remembers an older connection, answers the
 * SYN with an ACK of that one, and is told so with a RST.
 */
static void
from_server(struct pf *pf, struct pf_state *s, const struct pf_pdesc *pd,
    struct verdict *v)
{
	const struct pf_tcp_info	*t = &pd->tcp;
	uint32_t			 told = s->dst.seqlo + 1;

	if (s->src.state != PF_TCPS_PROXY_DST || (t->flags & PF_TH_ACK) == 0)
		return;
	v->made = (struct pf_segment){ .seq = told, .ack = s->src.seqlo };
	if (t->ack != s->src.seqlo + s->src.seqdiff) {
		v->reply = (struct pf_segment){
			.flags = PF_TH_RST, .seq = t->ack
		};
		v->answer = (t->flags & PF_TH_RST) == 0;
	} else if ((t->flags & PF_TH_RST) != 0) {
		v->made.flags = PF_TH_RST | PF_TH_ACK;
		v->become = true;
		finish(s);
	} else if ((t->flags & PF_TH_SYN) != 0) {
		connect_ends(pf, s, pd);
		acknowledge(s, t, v);
		v->made.flags = PF_TH_ACK;
		v->made.win = (s->src.wscale & PF_WSCALE_FLAG) != 0 ?
		    t->win >> PF_SYNPROXY_WSCALE : t->win;
		v->become = true;
	}
}

/* The server sends its SYN again: it has not got the ACK. */
static bool
syn_again(const struct pf_state *s, const struct pf_tcp_info *t)
{
	return ((t->flags & KINDS) == (PF_TH_SYN | PF_TH_ACK) &&
	    s->dst.seqlo - (t->seq + 1) <= MAXACKWINDOW &&
	    s->src.seqlo - (t->ack - s->src.seqdiff) <= MAXACKWINDOW);
}

/* Send the answer back the way that the rule of the state says for it. */
static void
answer(const struct pf_state *s, const struct pf_pdesc *pd,
    const struct pf_segment *g)
{
	const struct pf_state_more	*more = s->more;
	bool				 forward = s->direction != pd->dir;
	const struct pf_way		*w = NULL;
	struct pf_way			 way = { .gw = NULL };

	if (more != NULL && ((forward && more->hop.rt == PF_ROUTETO) ||
	    (!forward && more->hop.rt == PF_REPLYTO))) {
		way.gw = &more->hop.gw;
		if (more->hop.kif != NULL) {
			way.ifindex = READ_ONCE(more->hop.kif->ifindex);
			if (way.ifindex == 0)
				return;
		}
		w = &way;
	} else if (more != NULL && more->rtable != PF_RTABLE_NONE && forward &&
	    s->direction == PF_IN) {
		way.table = (uint32_t)more->rtable;
		w = &way;
	}
	pf_reply_segment(pd, g, w, pd->dir == PF_OUT);
}

/* The windows of a segment, which are no longer those of its sender. */
static int
convert(const struct pf_state *s, struct pf_pdesc *pd, bool forward)
{
	uint8_t		 old[PF_TCP_MAXHLEN], *th;
	uint16_t	 win, net;
	int		 why;

	if ((pd->tcp.flags & PF_TH_SYN) != 0)	/* those are never scaled */
		return (PF_GO);
	win = pf_synproxy_window(s, forward, pd->tcp.win);
	if (win == pd->tcp.win)
		return (PF_GO);
	th = pf_tcp_write(pd, old, &why);
	if (th == NULL)
		return (why);
	net = htons(win);
	memcpy(th + offsetof(struct pf_tcp, win), &net, sizeof(net));
	pf_tcp_correct(pd, th, old);
	pd->tcp.win = win;
	return (PF_GO);
}

/* The connection is established, or was. */
static int
go_on(struct pf *pf, struct pf_state *s, struct pf_pdesc *pd, bool forward)
{
	int	why;

	why = pf_tcp_track(pf, s, pd, forward);
	if (why == PF_GO)
		why = pf_modulate(s, pd);
	return (why == PF_GO ? convert(s, pd, forward) : why);
}

int
pf_synproxy(struct pf *pf, struct pf_state *s, struct pf_pdesc *pd,
    bool forward)
{
	struct verdict	v = { .why = PFRES_SYNPROXY };
	bool		opening;

	pf_spin_lock(&s->lock);
	opening = s->src.state == PF_TCPS_PROXY_SRC ||
	    s->src.state == PF_TCPS_PROXY_DST;
	if (opening && forward)
		from_client(pf, s, pd, &v);
	else if (opening)
		from_server(pf, s, pd, &v);
	else if (!forward && syn_again(s, &pd->tcp))
		acknowledge(s, &pd->tcp, &v);
	else
		v.why = PF_GO;
	pf_spin_unlock(&s->lock);
	if (v.why == PF_GO)
		return (go_on(pf, s, pd, forward));
	if ((pd->flags & PF_PD_CKSUM) == 0)	/* a fragment */
		return (v.why);
	if (v.answer)
		answer(s, pd, &v.reply);
	return (v.become ? pf_segment_become(pd, &v.made) : v.why);
}
