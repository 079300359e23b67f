// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_track.c: states of UDP, ICMP queries and other protocols (third floor)
 *
 * Of these connections a state knows only which end has sent, once or more.  When there is
 * nothing new in that, a packet changes only the time of the last packet and takes
 * no lock: once both ends have talked it does not even look at them, and as long as
 * one end is silent it looks and goes on.  Timeout and peers change under the state's lock.
 */
#include "pf_priv.h"

/* Timeouts by protocol: first packet, one end talks, both do. */
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

void
pf_track_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	s->timeout = track_kind(pd->proto)->first;
	/* the ends of an ICMP query have no states to show */
	if (pd->proto != IPPROTO_ICMP && pd->proto != IPPROTO_ICMPV6)
		s->src.state = PFUDPS_SINGLE;
}

/* Whether the end is known to send, and the other to be silent or known to be heard. */
static bool
nothing_new(const struct pf_state *s, const struct track_kind *kind,
    const struct pf_peer *src, const struct pf_peer *dst)
{
	return (READ_ONCE(s->timeout) == kind->single &&
	    READ_ONCE(src->state) != PFUDPS_NO_TRAFFIC &&
	    READ_ONCE(dst->state) != PFUDPS_SINGLE);
}

/* How far the ends have come, from the packet of src on.  Lock: s->lock. */
static void
advance(struct pf_state *s, const struct track_kind *kind,
    struct pf_peer *src, struct pf_peer *dst)
{
	uint8_t	t = kind->single;

	if (src->state == PFUDPS_NO_TRAFFIC)
		WRITE_ONCE(src->state, PFUDPS_SINGLE);
	if (dst->state == PFUDPS_SINGLE)
		WRITE_ONCE(dst->state, PFUDPS_MULTIPLE);
	if (src->state == PFUDPS_MULTIPLE && dst->state == PFUDPS_MULTIPLE)
		t = kind->multiple;
	if (s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, t);
}

void
pf_track(struct pf *pf, struct pf_state *s, bool forward)
{
	const struct track_kind	*kind = track_kind(s->key.proto);
	uint32_t		 now = pf_uptime(pf);
	struct pf_peer		*src, *dst;

	if (READ_ONCE(s->expire) != now)
		WRITE_ONCE(s->expire, now);
	if (likely(READ_ONCE(s->timeout) == kind->multiple))
		return;
	if (kind == &track_icmp && forward)
		return;			/* asked again, not answered yet */
	src = forward ? &s->src : &s->dst;
	dst = forward ? &s->dst : &s->src;
	if (kind != &track_icmp && nothing_new(s, kind, src, dst))
		return;
	pf_spin_lock(&s->lock);
	if (kind != &track_icmp)
		advance(s, kind, src, dst);
	else if (s->timeout != PFTM_PURGE)
		WRITE_ONCE(s->timeout, kind->multiple);
	pf_spin_unlock(&s->lock);
}
