/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * model_end.h: one end of a TCP connection, for test_model.c
 *
 * An end does what RFC 9293 says: the names of its members are those of its section 3.3.1, the
 * functions those of 3.10.  RFC 5961 and RFC 7323 are in it too.  What the RFC leaves
 * open is done in the simplest way: data out of order is not kept, every segment with data is
 * acknowledged at once, and what is lost is sent again from SND.UNA on, one segment at a time.
 * One thing is done better, as all stacks do: a segment that acknowledges something new says what
 * the window is, even if it is older than another one; or SND.UNA would carry the old window to
 * where it was never offered.
 *
 * What an end sends goes to emit(), which the includer has.  Locking: none.
 */
#ifndef _MODEL_END_H_
#define _MODEL_END_H_

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pf_wire.h"

enum tstate { T_CLOSED, T_LISTEN, T_SYN_SENT, T_SYN_RCVD, T_EST, T_FW1, T_FW2,
	T_CLOSE_WAIT, T_CLOSING, T_LAST_ACK, T_TIME_WAIT };

#define SEC		1000000ULL	/* the clock counts microseconds */
#define NEVER		UINT64_MAX
#define RETRIES		7
#define LINGER		(20 * SEC)	/* two segment lifetimes of the model's net */

struct seg {
	uint8_t		from;		/* 0, 1 */
	uint8_t		flags;
	uint8_t		ws;		/* scale + 1 of the option */
	bool		dup;		/* the network made it of another one */
	bool		pf;		/* sent by a firewall */
	bool		to_pf;		/* answers what a firewall has sent */
	bool		sure;		/* pf: to an end that was connected */
	uint16_t	win;		/* as on the wire */
	uint16_t	life;		/* life of the sender that sent it */
	bool		ts;		/* with a timestamp */
	uint32_t	seq, ack, len;
	uint32_t	val, echo;	/* of the timestamp */
	uint32_t	orig, orig_val;	/* seq and val as they were sent; .. */
	uint32_t	orig_echo;	/* .. of the receiver's val that is echoed, .. */
	uint64_t	echo_passed[2];	/* .. and `passed' of that segment */
	uint64_t	syn_passed[2];	/* .. and of the receiver's SYN */
	uint16_t	boot, his_boot;	/* of the sender; of whom is echoed */
	uint16_t	to_life;	/* life of the receiver */
	uint64_t	passed[2];	/* when each firewall let it through */
	uint64_t	cause[2];	/* the same of the segment that it answers */
};

struct end {
	uint8_t		who;
	enum tstate	state;
	bool		listener;	/* a program listens on the port */
	bool		passive;	/* SYN_RCVD came from LISTEN */
	bool		shrinks;	/* takes back what it has offered */
	uint16_t	life;		/* connections and crashes so far */
	uint32_t	iss, una, nxt;	/* nxt: one past the highest ever sent */
	uint32_t	wl1, wl2, wnd;
	uint32_t	limit;		/* one past the last byte written by the program */
	bool		fin;		/* which has closed: a FIN at limit */
	bool		fin_sent;
	uint32_t	irs, rcv_nxt, rcv_adv;	/* adv: highest edge offered */
	uint32_t	buf, unread;
	uint8_t		scale, his_scale;
	bool		may_scale, scaled;
	uint16_t	mss;
	uint64_t	now, timer;
	/* timestamps (RFC 7323, 4 and 5) */
	bool		may_ts, ts_on;
	uint16_t	boot, his_boot;	/* the clock begins anew with each */
	uint32_t	clock;		/* at time 0, milliseconds */
	uint32_t	first_val;	/* of this connection */
	uint32_t	recent, recent_orig;	/* TS.Recent; as it was sent; .. */
	uint64_t	recent_passed[2];	/* .. when it passed each firewall */
	uint64_t	syn_passed[2];	/* the same of the other end's SYN */
	uint32_t	last_ack;	/* Last.ACK.sent */
	uint32_t	his_iss;	/* irs as it was sent */
	uint64_t	challenged;	/* when the last segment of no length was corrected */
	unsigned int	tries;
};

static void emit(struct end *, struct seg *);

static inline bool
lt(uint32_t a, uint32_t b)
{
	return ((int32_t)(a - b) < 0);
}

static inline bool
le(uint32_t a, uint32_t b)
{
	return ((int32_t)(a - b) <= 0);
}

/* The window to offer: never less than before, unless the end shrinks. */
static uint32_t
rcv_wnd(const struct end *e)
{
	uint32_t win = e->buf > e->unread ? e->buf - e->unread : 0;

	if (!e->shrinks && lt(e->rcv_nxt + win, e->rcv_adv))
		win = e->rcv_adv - e->rcv_nxt;
	return (win);
}

static uint32_t
clock_of(const struct end *e)
{
	return (e->clock + (uint32_t)(e->now / 1000));
}

static void
tx(struct end *e, uint8_t flags, uint32_t seq, uint32_t len)
{
	struct seg g = { .from = e->who, .flags = flags, .seq = seq,
		.len = len, .life = e->life };
	uint32_t win = rcv_wnd(e);
	uint8_t shift = 0;

	if ((flags & PF_TH_SYN) != 0) {
		if (e->may_scale)
			g.ws = e->scale + 1;
	} else if (e->scaled)
		shift = e->scale;
	win >>= shift;
	g.win = (uint16_t)(win < 65535 ? win : 65535);
	if (e->ts_on || (e->may_ts &&
	    (flags & (PF_TH_SYN | PF_TH_ACK)) == PF_TH_SYN)) {
		g.ts = true;
		g.val = clock_of(e);
	}
	if ((flags & PF_TH_ACK) != 0) {
		g.ack = e->last_ack = e->rcv_nxt;
		g.echo = g.ts ? e->recent : 0;
		g.orig_echo = e->recent_orig;
		memcpy(g.echo_passed, e->recent_passed, sizeof(g.echo_passed));
		memcpy(g.syn_passed, e->syn_passed, sizeof(g.syn_passed));
		g.his_boot = g.ts ? e->his_boot : 0;
		if (lt(e->rcv_adv, e->rcv_nxt + ((uint32_t)g.win << shift)))
			e->rcv_adv = e->rcv_nxt + ((uint32_t)g.win << shift);
	}
	emit(e, &g);
}

static void
tx_ack(struct end *e)
{
	tx(e, PF_TH_ACK, e->nxt, 0);
}

/* The answer to what does not fit: seldom to a segment of no length, or two ends that misunderstand
 * each other would do nothing else (RFC 5961, 5). */
static void
tx_correct(struct end *e, const struct seg *g)
{
	bool empty = g->len == 0 &&
	    (g->flags & (PF_TH_SYN | PF_TH_FIN | PF_TH_RST)) == 0;

	if (empty && e->challenged != 0 && e->now - e->challenged < SEC / 2)
		return;
	if (empty)
		e->challenged = e->now;
	tx_ack(e);
}

/* 3.10.7.1: the RST of an end that knows nothing. */
static void
tx_rst(struct end *e, const struct seg *g)
{
	struct seg r = { .from = e->who, .flags = PF_TH_RST, .seq = g->ack,
		.life = e->life };

	if ((g->flags & PF_TH_ACK) == 0) {
		r.flags |= PF_TH_ACK;
		r.seq = 0;
		r.ack = g->seq + g->len + !!(g->flags & PF_TH_SYN) +
		    !!(g->flags & PF_TH_FIN);
	}
	emit(e, &r);
}

static void
end_forget(struct end *e)
{
	e->life++;
	e->state = e->listener ? T_LISTEN : T_CLOSED;
	e->timer = NEVER;
	e->fin = e->fin_sent = false;
	e->scaled = e->ts_on = false;
	e->unread = 0;
	e->tries = 0;
}

static void
arm(struct end *e)
{
	uint64_t rto = SEC << (e->tries < 3 ? e->tries : 3);

	e->timer = e->now + rto;
}

static void
end_begin(struct end *e, uint32_t iss, enum tstate state)
{
	e->iss = e->una = iss;
	e->nxt = e->limit = iss + 1;
	e->state = state;
	e->tries = 0;
	e->first_val = clock_of(e);
	arm(e);
}

static void
end_open(struct end *e, uint32_t iss)
{
	end_forget(e);
	e->rcv_nxt = e->rcv_adv = 0;
	end_begin(e, iss, T_SYN_SENT);
	tx(e, PF_TH_SYN, e->iss, 0);
}

/* Data may be sent in this state. */
static bool
can_send(const struct end *e)
{
	return (e->state == T_EST || e->state == T_CLOSE_WAIT ||
	    e->state == T_FW1 || e->state == T_CLOSING ||
	    e->state == T_LAST_ACK);
}

static void
sent_fin(struct end *e)
{
	e->fin_sent = true;
	e->nxt = e->limit + 1;
	if (e->state == T_EST)
		e->state = T_FW1;
	else if (e->state == T_CLOSE_WAIT)
		e->state = T_LAST_ACK;
}

/* Send what the window allows; a FIN needs no window. */
static void
end_output(struct end *e)
{
	uint32_t edge = e->una + e->wnd, len;
	bool last;

	if (!can_send(e))
		return;
	while (!e->fin_sent && lt(e->nxt, e->limit) && lt(e->nxt, edge)) {
		len = e->limit - e->nxt;
		if (len > edge - e->nxt)
			len = edge - e->nxt;
		if (len > e->mss)
			len = e->mss;
		last = e->fin && e->nxt + len == e->limit;
		tx(e, PF_TH_ACK | (last ? PF_TH_FIN : 0), e->nxt, len);
		e->nxt += len;
		if (last)
			sent_fin(e);
	}
	if (e->fin && !e->fin_sent && e->nxt == e->limit) {
		tx(e, PF_TH_ACK | PF_TH_FIN, e->nxt, 0);
		sent_fin(e);
	}
	if (e->timer == NEVER && (e->una != e->nxt || lt(e->nxt, e->limit)))
		arm(e);
}

/* Once more from SND.UNA on, or a probe of a window that is shut (3.8.6.1). */
static void
resend(struct end *e)
{
	uint32_t len = e->limit - e->una;
	bool fin;

	if (lt(e->limit, e->una))
		return;
	if (len > e->mss)
		len = e->mss;
	if (len > e->wnd)
		len = e->wnd != 0 ? e->wnd : 1;
	fin = e->fin && e->una + len == e->limit;
	if (len == 0 && !fin)
		return;
	tx(e, PF_TH_ACK | (fin ? PF_TH_FIN : 0), e->una, len);
	if (lt(e->nxt, e->una + len))
		e->nxt = e->una + len;
	if (fin && !e->fin_sent)
		sent_fin(e);
}

static void
end_timer(struct end *e)
{
	e->timer = NEVER;
	if (e->state == T_TIME_WAIT) {
		end_forget(e);
		return;
	}
	if (e->tries++ > RETRIES) {
		end_forget(e);
		return;
	}
	if (e->state == T_SYN_SENT)
		tx(e, PF_TH_SYN, e->iss, 0);
	else if (e->state == T_SYN_RCVD)
		tx(e, PF_TH_SYN | PF_TH_ACK, e->iss, 0);
	else if (can_send(e) && (e->una != e->nxt || lt(e->nxt, e->limit)))
		resend(e);
	else
		return;
	arm(e);
}

static void
end_write(struct end *e, uint32_t n)
{
	if ((e->state == T_EST || e->state == T_CLOSE_WAIT ||
	    e->state == T_SYN_RCVD || e->state == T_SYN_SENT) && !e->fin)
		e->limit += n;
	end_output(e);
}

static void
end_read(struct end *e)
{
	bool shut = rcv_wnd(e) < e->mss;

	e->unread = 0;
	if (shut && e->state >= T_EST && e->state <= T_CLOSE_WAIT)
		tx_ack(e);		/* the window is open again */
}

static void
end_close(struct end *e)
{
	if (e->state == T_SYN_SENT) {
		end_forget(e);
		return;
	}
	if (e->state == T_EST || e->state == T_CLOSE_WAIT) {
		e->fin = true;
		end_output(e);
	}
}

/* 3.10.5 */
static void
end_abort(struct end *e)
{
	struct seg r = { .from = e->who, .flags = PF_TH_RST, .seq = e->nxt,
		.life = e->life };

	if (e->ts_on) {
		r.ts = true;
		r.val = clock_of(e);
	}
	if (e->state >= T_SYN_RCVD && e->state <= T_CLOSE_WAIT)
		emit(e, &r);
	if (e->state != T_LISTEN)
		end_forget(e);
}

/* RFC 9293, 3.8.4: idle, is the other end still there? */
static void
end_keepalive(struct end *e, bool garbage)
{
	if (e->state == T_EST && e->una == e->nxt)
		tx(e, PF_TH_ACK, e->nxt - 1, garbage);
}

static void
learn_window(struct end *e, const struct seg *g)
{
	uint8_t shift = e->scaled && (g->flags & PF_TH_SYN) == 0 ?
	    e->his_scale : 0;

	e->wnd = (uint32_t)g->win << shift;
	e->wl1 = g->seq;
	e->wl2 = g->ack;
}

static void
take_recent(struct end *e, const struct seg *g)
{
	e->recent = g->val;
	e->recent_orig = g->orig_val;
	memcpy(e->recent_passed, g->passed, sizeof(e->recent_passed));
}

static void
learn_syn(struct end *e, const struct seg *g)
{
	e->irs = g->seq;
	e->his_iss = g->orig;
	e->his_boot = g->boot;
	memcpy(e->syn_passed, g->passed, sizeof(e->syn_passed));
	e->ts_on = e->may_ts && g->ts;
	take_recent(e, g);
	e->rcv_nxt = e->rcv_adv = g->seq + 1;
	e->scaled = e->may_scale && g->ws != 0;
	e->his_scale = g->ws != 0 ? g->ws - 1 : 0;
	learn_window(e, g);
}

static void
arrive_listen(struct end *e, const struct seg *g, uint32_t iss)
{
	if ((g->flags & PF_TH_RST) != 0)
		return;
	if ((g->flags & PF_TH_ACK) != 0) {
		tx_rst(e, g);
		return;
	}
	if ((g->flags & PF_TH_SYN) == 0)
		return;
	e->life++;
	e->passive = true;
	e->fin = e->fin_sent = false;
	e->unread = 0;
	learn_syn(e, g);
	end_begin(e, iss, T_SYN_RCVD);
	/* the option answers an option only */
	e->may_scale = e->may_scale && g->ws != 0;
	tx(e, PF_TH_SYN | PF_TH_ACK, e->iss, 0);
}

static void
arrive_syn_sent(struct end *e, const struct seg *g)
{
	bool ack = (g->flags & PF_TH_ACK) != 0;

	if (ack && (le(g->ack, e->iss) || lt(e->nxt, g->ack))) {
		if ((g->flags & PF_TH_RST) == 0)
			tx_rst(e, g);
		return;
	}
	if ((g->flags & PF_TH_RST) != 0) {
		if (ack)
			end_forget(e);
		return;
	}
	/* the echo of what was never sent: not to this SYN.  Linux asks, the RFC does not. */
	if (ack && g->ts && e->may_ts && (lt(g->echo, e->first_val) ||
	    lt(clock_of(e), g->echo))) {
		tx_rst(e, g);
		return;
	}
	if ((g->flags & PF_TH_SYN) == 0)
		return;
	learn_syn(e, g);
	e->tries = 0;
	if (ack) {
		e->una = g->ack;
		e->state = T_EST;
		e->timer = NEVER;
		tx_ack(e);
		end_output(e);
		return;
	}
	e->state = T_SYN_RCVD;
	e->passive = false;
	arm(e);
	tx(e, PF_TH_SYN | PF_TH_ACK, e->iss, 0);
}

/* The table of 3.4. */
static bool
acceptable(const struct end *e, const struct seg *g)
{
	uint32_t win = rcv_wnd(e), n = g->len + !!(g->flags & PF_TH_SYN) +
	    !!(g->flags & PF_TH_FIN), end = g->seq + n - 1;
	uint32_t edge = e->rcv_nxt + win;

	if (n == 0)
		return (win == 0 ? g->seq == e->rcv_nxt :
		    le(e->rcv_nxt, g->seq) && lt(g->seq, edge));
	/* a FIN behind the data is no data: taken if that just fits */
	if ((g->flags & PF_TH_FIN) != 0 && g->seq + g->len == e->rcv_nxt)
		return (true);
	if (win == 0)
		return (false);
	return ((le(e->rcv_nxt, g->seq) && lt(g->seq, edge)) ||
	    (le(e->rcv_nxt, end) && lt(end, edge)));
}

/* All that was sent has been acknowledged, with the FIN. */
static void
fin_acked(struct end *e)
{
	if (e->state == T_FW1)
		e->state = T_FW2;
	else if (e->state == T_CLOSING) {
		e->state = T_TIME_WAIT;
		e->timer = e->now + LINGER;
	} else if (e->state == T_LAST_ACK)
		end_forget(e);
}

/* 3.10.7.4, fifth.  False: the segment goes no further. */
static bool
take_ack(struct end *e, const struct seg *g)
{
	if (e->state == T_SYN_RCVD) {
		if (le(g->ack, e->una) || lt(e->nxt, g->ack)) {
			tx_rst(e, g);
			return (false);
		}
		e->state = T_EST;
		learn_window(e, g);
	}
	if (lt(e->nxt, g->ack)) {
		tx_correct(e, g);
		return (false);
	}
	if (lt(e->una, g->ack)) {
		e->una = g->ack;
		e->tries = 0;
		e->timer = NEVER;
		learn_window(e, g);
	} else if (e->una == g->ack && (lt(e->wl1, g->seq) ||
	    (e->wl1 == g->seq && le(e->wl2, g->ack)))) {
		learn_window(e, g);
		e->tries = 0;
	}
	if (e->fin_sent && e->una == e->limit + 1)
		fin_acked(e);
	return (true);
}

static void
take_data(struct end *e, const struct seg *g)
{
	uint32_t skip = e->rcv_nxt - g->seq, n, win = rcv_wnd(e);

	if (g->len == 0 && (g->flags & PF_TH_FIN) == 0)
		return;
	if (le(g->seq, e->rcv_nxt) && skip <= g->len &&
	    (e->state == T_EST || e->state == T_FW1 || e->state == T_FW2)) {
		n = g->len - skip;
		if (n > win)
			n = win;
		e->rcv_nxt += n;
		e->unread += n;
		if ((g->flags & PF_TH_FIN) != 0 &&
		    g->seq + g->len == e->rcv_nxt) {
			e->rcv_nxt++;
			e->state = e->state == T_EST ? T_CLOSE_WAIT :
			    e->state == T_FW1 ? T_CLOSING : T_TIME_WAIT;
			if (e->state == T_TIME_WAIT)
				e->timer = e->now + LINGER;
		}
	}
	tx_ack(e);
}

/* 3.6.1: TIME-WAIT gives way to a SYN with a greater number. */
static bool
reopen(struct end *e, const struct seg *g)
{
	return (e->state == T_TIME_WAIT && e->listener &&
	    (g->flags & (PF_TH_SYN | PF_TH_ACK | PF_TH_RST)) == PF_TH_SYN &&
	    lt(e->rcv_nxt, g->seq));
}

/* RFC 7323, 5.3: what is older than what has been seen was overtaken.  False: it goes no
 * further.  What has none is taken, as most stacks do: those of pf, which knows no clock. */
static bool
take_stamp(struct end *e, const struct seg *g)
{
	if (!e->ts_on || !g->ts || (g->flags & PF_TH_RST) != 0 ||
	    le(e->recent, g->val))
		return (true);
	tx_correct(e, g);
	return (false);
}

static void
note_stamp(struct end *e, const struct seg *g)
{
	if (e->ts_on && g->ts && le(e->recent, g->val) && le(g->seq, e->last_ack))
		take_recent(e, g);
}

/* 3.10.7: a segment arrives. */
static void
end_arrive(struct end *e, const struct seg *g, uint32_t iss)
{
	if (reopen(e, g))
		end_forget(e);
	if (e->state == T_CLOSED) {
		if ((g->flags & PF_TH_RST) == 0)
			tx_rst(e, g);
		return;
	}
	if (e->state == T_LISTEN) {
		arrive_listen(e, g, iss);
		return;
	}
	if (e->state == T_SYN_SENT) {
		arrive_syn_sent(e, g);
		return;
	}
	if (!take_stamp(e, g))
		return;
	if ((g->flags & PF_TH_RST) != 0) {	/* RFC 5961, 3.2 */
		if (g->seq == e->rcv_nxt)
			end_forget(e);
		else if (le(e->rcv_nxt, g->seq) &&
		    lt(g->seq, e->rcv_nxt + rcv_wnd(e)))
			tx_ack(e);
		return;
	}
	if ((g->flags & PF_TH_SYN) != 0 && e->state == T_SYN_RCVD &&
	    g->seq == e->irs) {
		/* the SYN again, or with the ACK that it had not */
		note_stamp(e, g);
		if ((g->flags & PF_TH_ACK) != 0) {
			if (take_ack(e, g)) {
				tx_ack(e);
				end_output(e);
			}
		} else
			tx(e, PF_TH_SYN | PF_TH_ACK, e->iss, 0);
		return;
	}
	if ((g->flags & PF_TH_SYN) != 0) {	/* RFC 5961, 4.2 */
		tx_ack(e);
		return;
	}
	if (!acceptable(e, g)) {
		tx_correct(e, g);
		/* 3.10.7.4: the ACK of a segment to a shut window counts */
		if (rcv_wnd(e) == 0 && e->state >= T_EST &&
		    (g->flags & PF_TH_ACK) != 0 && take_ack(e, g))
			end_output(e);
		return;
	}
	note_stamp(e, g);
	if ((g->flags & PF_TH_ACK) == 0 || !take_ack(e, g))
		return;
	if (e->state == T_CLOSED || e->state == T_LISTEN)
		return;
	take_data(e, g);
	end_output(e);
}

#endif /* _MODEL_END_H_ */
