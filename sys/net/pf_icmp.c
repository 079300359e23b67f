// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_icmp.c: the state that an ICMP error belongs to
 *
 * What it owns.  Nothing.
 * Locking.  None: it runs in the RCU read side of a packet; pf_tcp_quoted_ok()
 * takes the lock of the state.
 * Place.  Third floor.
 *
 * An ICMP error quotes the packet that caused it.  The quoted packet went the
 * other way: when the error comes in by an interface, the quoted packet went
 * out by that interface, or would have gone out.  So the look-up uses the key
 * of the quoted packet, with the opposite direction.  An error about a
 * forwarded connection passes two interfaces, and finds a state at each: where
 * the error comes in, the state that the connection made going out; where the
 * error goes out, the state that the connection made coming in.  This also
 * holds when the quoted packet is an answer, with the two ends exchanged, and
 * when this host itself makes the error about a packet that it should have
 * forwarded.
 *
 * The destination of the error must be the source of the quoted packet, and a
 * quoted TCP segment must lie within the window: so only a host that sees the
 * connection can disturb it.  Checksums in the quoted packet are not verified,
 * since routers have changed the packet after they were computed.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_track.h"

struct pf_state *
pf_icmp_error_state(struct pf *pf, const struct pf_pdesc *pd,
    struct pf_pdesc *quoted, int *reason)
{
	struct pf_state_lookup	 lookup pf_uninit;
	struct pf_state		*s;

	*reason = pf_packet_parse_quoted(pd, PF_ICMP_QUOTED_AT(pd), quoted);
	if (*reason != PF_GO)
		return (NULL);
	if (!pf_addr_eq(&quoted->src, &pd->dst)) {
		*reason = PFRES_BADSTATE;
		return (NULL);
	}
	/* an error about an error is forbidden; a later fragment has no
	 * ports */
	if (quoted->flags & PF_PD_ICMPERR) {
		*reason = PFRES_NORM;
		return (NULL);
	}
	if (quoted->flags & PF_PD_NOTFIRST) {
		*reason = PFRES_FRAG;
		return (NULL);
	}
	quoted->dir = pd->dir == PF_IN ? PF_OUT : PF_IN;
	pf_state_key_of(quoted, &lookup.key);
	lookup.dir = pd->dir;		/* the quoted addresses' side */
	pf_state_lookup_init(pf, &lookup);
	s = pf_state_find(pf, &lookup, pd->kif);
	if (s == NULL || READ_ONCE(s->timeout) == PFTM_PURGE)
		return (NULL);
	if (quoted->proto == IPPROTO_TCP &&
	    !pf_tcp_quoted_ok(s, quoted, s->direction == quoted->dir)) {
		*reason = PFRES_BADSTATE;
		return (NULL);
	}
	return (s);
}
