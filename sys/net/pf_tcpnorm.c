// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpnorm.c: TCP connections whose segments are compared with each other (reassemble tcp)
 *
 * What it owns.  The pf_tcpnorm of a state.
 * Locking.  The lock of a pf_tcpnorm guards both ends.
 * Place.  Third floor.
 *
 * Timestamps (RFC 7323) tell how long a host has been running, and which connections are of
 * one host.  So each end has a random difference: it is added to all timestamps of that end on
 * the way to the other one, and subtracted from the other one's echoes of them.  The numbers
 * that are kept here are as their own end counts them.  A connection that is picked up in its
 * midst has no difference: its ends know each other's timestamps.
 *
 * They also tell old segments from new ones, better than sequence numbers do, which wrap within
 * seconds on a fast path.  A timestamp is refused if it is older than what the other end has
 * echoed already, for that end would refuse it; or if it is ahead of what the fastest clock of
 * RFC 7323 can have come to since the newest one; and an echo of what was never sent is refused.
 * After weeks without a segment nothing can be told any more, and all is accepted.  Who has sent
 * data with timestamps sends all data with timestamps; who has begun without is not looked at.
 *
 * As long as the handshake is not complete nothing is refused: an end that restarts has another
 * clock, and of two SYNs it is not known which one counts.  Until then a timestamp that cannot be
 * of the clock that is known tells of another clock; and an echo of the clock before that one tells
 * that it was the right one: the other end knows which SYN has come to it.  Nothing is refused
 * either when the connection is over: what comes then may be of another one of the same ports.
 * Segments that may be of another one tell nothing.
 *
 * The time to live of an end's segments is never less than the highest one seen: a segment that
 * expires behind pf would be in pf's idea of the connection and not in the receiver's.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_state.h"
#include "pf_tcp.h"
#include "pf_tcpnorm.h"
#include "pf_tcpopt.h"
#include "pf_wire.h"

#define FASTEST		1100U		/* ticks a second: RFC 7323, 5.4, and a fast clock */
#define HALF		0x80000000ULL	/* of the numbers: what is further away is not ordered */

enum { DATA_UNKNOWN, DATA_ALWAYS, DATA_NEVER };

/* Numbers as this end counts them. */
struct end {
	uint32_t	diff;		/* added on the way to the other end */
	uint32_t	oldest;		/* that the other end may echo */
	uint32_t	newest;		/* that it has sent, .. */
	uint32_t	when;		/* .. and when: uptime */
	uint32_t	echoed;		/* newest that the other end has echoed */
	uint32_t	former;		/* newest of the clock before this one */
	bool		has_former;	/* `former' is one */
	bool		has;		/* it has been seen to use timestamps */
	bool		has_echoed;	/* `echoed' is one */
	uint8_t		data;		/* whether its data have timestamps */
	uint8_t		ttl;		/* highest one seen */
};

struct pf_tcpnorm {
	struct pf_spinlock lock;
	struct end	 end[2];	/* [0]: who has sent the first packet */
	bool		 whole;		/* it has been seen from its SYN on */
	bool		 settled;	/* the handshake is complete: the clocks are known */
};

/* The timestamp option of a segment. */
struct stamp {
	unsigned int	 at;		/* in the header; 0: there is none */
	uint32_t	 val, echo;	/* as they stand there */
};

struct pf_tcpnorm *
pf_tcpnorm_new(const struct pf_pdesc *pd)
{
	struct pf_tcpnorm	*tn = pf_alloc_atomic(pd->pf, sizeof(*tn));
	uint32_t		 diff[2];

	if (tn == NULL)
		return (NULL);
	pf_spin_init(&tn->lock);
	if ((pd->tcp.flags & (PF_TH_SYN | PF_TH_ACK)) != PF_TH_SYN)
		return (tn);
	tn->whole = true;
	pf_random(pd->pf, diff, sizeof(diff));
	tn->end[0].diff = diff[0];
	tn->end[1].diff = diff[1];
	return (tn);
}

/* After `a', in numbers that wrap. */
static bool
is_after(uint32_t b, uint32_t a)
{
	return ((int32_t)(b - a) > 0);
}

/* The option of a segment, whose header pf_packet_parse() has found whole; two are refused. */
static int
read_stamp(const struct pf_pdesc *pd, struct stamp *st)
{
	struct pf_tcpopt	 o = PF_TCPOPT_BEGIN;
	uint8_t			 buf[PF_TCP_MAXHLEN];
	const uint8_t		*th;

	st->at = 0;
	if (pd->tcp.doff > sizeof(buf))
		return (PFRES_SHORT);
	th = pf_pkt_pull(pd->pkt, pd->off, pd->tcp.doff, buf);
	if (th == NULL)
		return (PFRES_SHORT);
	while (pf_tcpopt_next(th, pd->tcp.doff, &o)) {
		if (th[o.at] != PF_TCPOPT_TS || o.len != PF_TCPOPT_TS_LEN)
			continue;
		if (st->at != 0)
			return (PFRES_TS);
		st->at = o.at;
		st->val = pf_get32(th + o.at + 2);
		st->echo = pf_get32(th + o.at + 6);
	}
	return (PF_GO);
}

/* A zero is no echo: whoever has nothing to echo sends it. */
static bool
is_echo(const struct pf_pdesc *pd, const struct stamp *st)
{
	return ((pd->tcp.flags & PF_TH_ACK) != 0 && st->echo != 0);
}

/* By how much the clock of an end may have gone on; HALF or more: by anything. */
static uint64_t
elapsed(const struct pf_state *s, struct pf *pf, const struct end *e)
{
	uint32_t	slack = s->rule->act.timeout[PFTM_TS_DIFF];

	if (slack == 0)
		slack = pf_rcu_deref(pf->conf)->timeout[PFTM_TS_DIFF];
	return (((uint64_t)(pf_uptime(pf) - e->when) + slack) * FASTEST);
}

/* The same for data without an option. */
static bool
data_plausible(const struct pf_pdesc *pd, const struct end *src)
{
	return (pd->p_len == 0 || src->data != DATA_ALWAYS);
}

/* The echo can be one of this end's timestamps. */
static bool
was_sent(const struct end *e, uint32_t echo)
{
	return (!is_after(echo, e->newest) && !is_after(e->oldest, echo));
}

static bool
plausible(const struct pf_state *s, const struct pf_pdesc *pd,
    const struct end *src, const struct end *dst, const struct stamp *st)
{
	uint64_t	may = elapsed(s, pd->pf, src);
	uint32_t	echo = st->echo - dst->diff;

	if (may >= HALF || elapsed(s, pd->pf, dst) >= HALF)
		return (true);
	if (is_after(st->val, src->newest) && st->val - src->newest > may)
		return (false);
	if (src->has_echoed && is_after(src->echoed, st->val))
		return (false);
	return (!is_echo(pd, st) || was_sent(dst, echo));
}

int
pf_tcpnorm_check(const struct pf_state *s, const struct pf_pdesc *pd)
{
	struct pf_tcpnorm	*tn = s->more->tcpnorm;
	bool			 back = s->direction != pd->dir, ok = true;
	const struct end	*src = &tn->end[back], *dst = &tn->end[!back];
	struct stamp		 st;
	int			 why;

	/* a SYN begins something, and a RST need not have a timestamp */
	if (pd->tcp.flags & (PF_TH_SYN | PF_TH_RST) || pf_tcp_over(s))
		return (PF_GO);
	why = read_stamp(pd, &st);
	if (why != PF_GO)
		return (why);
	pf_spin_lock(&tn->lock);
	if (tn->settled && src->has && dst->has && src->data != DATA_NEVER)
		ok = st.at != 0 ? plausible(s, pd, src, dst, &st) :
		    data_plausible(pd, src);
	pf_spin_unlock(&tn->lock);
	return (ok ? PF_GO : PFRES_TS);
}

/* A timestamp of this end's; as far back as the other end may still echo, not half of the
 * numbers may lie. */
static void
note_stamp(const struct pf_pdesc *pd, struct end *src, uint32_t val)
{
	uint32_t	now = pf_uptime(pd->pf);

	if (!src->has) {
		src->has = true;
		src->oldest = src->newest = val;
	} else if (is_after(val, src->newest) ||
	    (now - src->when) * (uint64_t)FASTEST >= HALF)
		src->newest = val;
	else
		return;
	src->when = now;
	if (src->newest - src->oldest > HALF / 2)
		src->oldest = src->newest - (uint32_t)(HALF / 2);
}

static void
note_echo(struct end *dst, uint32_t echo)
{
	if (dst->has_echoed && !is_after(echo, dst->echoed) &&
	    dst->echoed - echo < HALF / 2)
		return;
	dst->has_echoed = true;
	dst->echoed = echo;
}

/* The clock may have come from one to the other. */
static bool
same_clock(uint32_t a, uint32_t b, uint64_t may)
{
	return ((is_after(a, b) ? a - b : b - a) <= may);
}

/*
 * Before the handshake is complete the segments of an end may come in any order.  If its clock
 * cannot have come from what is known to `val', or from there to what is known, it is another
 * clock.
 */
static void
note_clock(const struct pf_state *s, const struct pf_pdesc *pd, struct end *e,
    uint32_t val)
{
	uint64_t	may = elapsed(s, pd->pf, e);
	bool		syn = (pd->tcp.flags & PF_TH_SYN) != 0;

	if (!e->has)
		return;
	if (!same_clock(val, e->newest, may)) {
		e->former = e->newest;
		e->has_former = true;
		/* the SYN of this clock is not known, and will be echoed */
		e->oldest = syn || may >= HALF ? val : val - (uint32_t)may;
		e->newest = val;
		e->when = pf_uptime(pd->pf);
		e->has_echoed = false;
	} else if (is_after(e->oldest, val))
		e->oldest = val;
}

/*
 * The echo of a segment before the handshake is complete.  It may be of a timestamp that has taken
 * another way; or it tells that an old segment has come between, with the clock of an end that has
 * begun anew.  Others are left alone: they may have been changed by a state that is no more.
 */
static void
note_echoed_clock(const struct pf_state *s, const struct pf_pdesc *pd, struct end *e,
    uint32_t echo)
{
	uint64_t	may = elapsed(s, pd->pf, e);
	uint32_t	former = e->former;

	if (same_clock(echo, e->newest, may)) {
		note_clock(s, pd, e, echo);
		note_stamp(pd, e, echo);
	} else if (e->has_former && same_clock(echo, former, may)) {
		note_clock(s, pd, e, echo);
		note_stamp(pd, e, former);
	}
}

/* What the segment says about its end and the other one.  Lock: the pf_tcpnorm's. */
static void
note(const struct pf_state *s, const struct pf_pdesc *pd, struct end *src,
    struct end *dst, const struct stamp *st)
{
	struct pf_tcpnorm *tn = s->more->tcpnorm;
	bool		syn = (pd->tcp.flags & PF_TH_SYN) != 0;

	if (pd->tcp.flags & PF_TH_RST || pd->flags & PF_PD_ALIEN)
		return;
	if (!tn->settled && st->at != 0)
		note_clock(s, pd, src, st->val);
	if (st->at != 0 && (syn || src->has || (tn->whole && !tn->settled)))
		note_stamp(pd, src, st->val);
	if (st->at != 0 && dst->has && is_echo(pd, st)) {
		if (!tn->settled)
			note_echoed_clock(s, pd, dst, st->echo - dst->diff);
		if (was_sent(dst, st->echo - dst->diff))
			note_echo(dst, st->echo - dst->diff);
	}
	if (!syn && pd->p_len != 0 && src->data == DATA_UNKNOWN)
		src->data = st->at != 0 ? DATA_ALWAYS : DATA_NEVER;
	if (READ_ONCE(s->src.state) >= PF_TCPS_ESTABLISHED &&
	    READ_ONCE(s->dst.state) >= PF_TCPS_ESTABLISHED)
		tn->settled = true;
}

/* Put both numbers into the option as the other end is to see them. */
static int
rewrite(struct pf_pdesc *pd, const struct stamp *st, uint32_t val, uint32_t echo)
{
	uint8_t	old[PF_TCP_MAXHLEN], *th;
	int	why;

	th = pf_tcp_write(pd, old, &why);
	if (th == NULL)
		return (why);
	pf_put32(th + st->at + 2, val);
	pf_put32(th + st->at + 6, echo);
	pf_tcp_correct(pd, th, old);
	return (PF_GO);
}

int
pf_tcpnorm_pass(struct pf_state *s, struct pf_pdesc *pd)
{
	struct pf_tcpnorm	*tn = s->more->tcpnorm;
	bool			 back = s->direction != pd->dir;
	struct end		*src = &tn->end[back], *dst = &tn->end[!back];
	uint8_t			 ttl;
	struct stamp		 st;
	uint32_t		 val, echo;
	int			 why;

	why = read_stamp(pd, &st);
	if (why != PF_GO)
		return (why);
	pf_spin_lock(&tn->lock);
	note(s, pd, src, dst, &st);
	if (pd->ttl > src->ttl)
		src->ttl = pd->ttl;
	ttl = src->ttl;
	/* (a zero that is no clock, as a RST may have, would become the difference) */
	val = st.val + (st.val != 0 || (pd->tcp.flags & PF_TH_RST) == 0 ?
	    src->diff : 0);
	echo = st.echo - (is_echo(pd, &st) ? dst->diff : 0);
	pf_spin_unlock(&tn->lock);
	if (ttl != pd->ttl) {
		if (!pf_pkt_set_ttl(pd->pkt, pd->af, ttl))
			return (PFRES_MEMORY);
		pd->ttl = ttl;
	}
	return (st.at != 0 && (val != st.val || echo != st.echo) ?
	    rewrite(pd, &st, val, echo) : PF_GO);
}
