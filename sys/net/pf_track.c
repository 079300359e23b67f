// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_track.c: states of UDP, ICMP queries and other protocols
 *
 * What it owns.  The peers and the timeout of such a state.
 * Locking.  Timeout, peers and s->settled change with the lock of the state
 * held.  A packet of a settled direction takes no lock.
 * Place.  Third floor.
 *
 * For each end of such a connection the state knows only whether that end has
 * sent once, more often, or never.  s->settled says for each direction that a
 * packet of that direction cannot change this; it only sets the time of the
 * last packet.  A direction is settled as long as only its sender sends, and
 * when both ends have sent.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_track.h"

/* The timeouts of a protocol: after the first packet, when one end sends, when
 * both do. */
struct track_kind {
	uint8_t	first, single, multiple;
};
static const struct track_kind track_udp = {
	PFTM_UDP_FIRST_PACKET, PFTM_UDP_SINGLE, PFTM_UDP_MULTIPLE
};
static const struct track_kind track_icmp = {
	PFTM_ICMP_FIRST_PACKET, PFTM_ICMP_FIRST_PACKET, PFTM_ICMP_ERROR_REPLY
};
static const struct track_kind track_other = {
	PFTM_OTHER_FIRST_PACKET, PFTM_OTHER_SINGLE, PFTM_OTHER_MULTIPLE
};

static_assert((int)PFUDPS_SINGLE == (int)PFOTHERS_SINGLE &&
    (int)PFUDPS_MULTIPLE == (int)PFOTHERS_MULTIPLE, "one set of states");

static const struct track_kind *
track_kind(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_UDP:
		return (&track_udp);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return (&track_icmp);
	}
	return (&track_other);
}

/* The directions that are settled: the sender is known to send, and the
 * receiver is silent or is known to have been answered. */
static uint8_t
settled(const struct pf_peer *src, const struct pf_peer *dst)
{
	bool	forward = src->state != PFUDPS_NO_TRAFFIC &&
		    dst->state != PFUDPS_SINGLE;
	bool	back = dst->state != PFUDPS_NO_TRAFFIC &&
		    src->state != PFUDPS_SINGLE;

	return ((forward ? PF_SETTLED_FORWARD : 0) |
	    (back ? PF_SETTLED_BACK : 0));
}

void
pf_track_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	s->timeout = track_kind(pd->proto)->first;
	/* the peers of an ICMP query have no states: another request changes
	 * nothing */
	if (pd->proto == IPPROTO_ICMP || pd->proto == IPPROTO_ICMPV6)
		s->settled = PF_SETTLED_FORWARD;
	else
		s->src.state = PFUDPS_SINGLE;
}

/* Advance the states of both ends, after a packet of src.  Lock: s->lock. */
static void
advance(struct pf_state *s, const struct track_kind *kind,
    struct pf_peer *src, struct pf_peer *dst)
{
	uint8_t	t = kind->single;

	if (src->state == PFUDPS_NO_TRAFFIC)
		src->state = PFUDPS_SINGLE;
	if (dst->state == PFUDPS_SINGLE)
		dst->state = PFUDPS_MULTIPLE;
	if (src->state == PFUDPS_MULTIPLE && dst->state == PFUDPS_MULTIPLE)
		t = kind->multiple;
	if (s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, t);
	WRITE_ONCE(s->settled, settled(&s->src, &s->dst));
}

/* The same for the answer to an ICMP query. */
static void
advance_icmp(struct pf_state *s)
{
	if (s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, track_icmp.multiple);
	WRITE_ONCE(s->settled, PF_SETTLED_FORWARD | PF_SETTLED_BACK);
}

void
pf_track(struct pf *pf, struct pf_state *s, bool forward)
{
	uint32_t		 now = pf_uptime(pf);
	const struct track_kind	*kind;

	if (READ_ONCE(s->expire) != now)
		WRITE_ONCE(s->expire, now);
	if (likely(READ_ONCE(s->settled) &
	    (forward ? PF_SETTLED_FORWARD : PF_SETTLED_BACK)))
		return;
	kind = track_kind(pf_state_proto(s));
	pf_spin_lock(&s->lock);
	if (kind == &track_icmp)
		advance_icmp(s);
	else
		advance(s, kind, forward ? &s->src : &s->dst,
		    forward ? &s->dst : &s->src);
	pf_spin_unlock(&s->lock);
}
