// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_icmp.c: ICMP errors and the connections they speak of (third floor)
 *
 * An error quotes the packet that caused it.  That packet went the other way:
 * if the error comes in by an interface, the packet had gone out by it, or would have.  So the
 * quoted addresses and ports make the key that the packet itself had there, with
 * the direction turned round, and an error about a forwarded connection finds the state of
 * either interface as it passes them: the one made going out where it arrives, the
 * one made coming in where it leaves.  The same holds for errors about the packets of
 * the end that was connected to, with the roles exchanged, and for errors that this
 * host itself makes about a packet that it was to forward.
 *
 * What is quoted must have been sent by whom the error is for, and of TCP it must be
 * within the window, so only who has seen the connection can disturb it.
 * Checksums in the quotation are not verified: routers have changed it on its way.
 * Owns nothing.
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
	struct pf_state_seek	 seek pf_uninit;
	struct pf_state		*s;

	*reason = pf_packet_parse_quoted(pd, PF_ICMP_QUOTED_AT(pd), quoted);
	if (*reason != PF_GO)
		return (NULL);
	if (!pf_addr_eq(&quoted->src, &pd->dst)) {
		*reason = PFRES_BADSTATE;
		return (NULL);
	}
	/* an error about an error is forbidden; a later fragment has no ports */
	if (quoted->flags & PF_PD_ICMPERR) {
		*reason = PFRES_NORM;
		return (NULL);
	}
	if (quoted->flags & PF_PD_NOTFIRST) {
		*reason = PFRES_FRAG;
		return (NULL);
	}
	quoted->dir = pd->dir == PF_IN ? PF_OUT : PF_IN;
	pf_state_key_of(quoted, &seek.key);
	seek.dir = pd->dir;		/* which side's addresses are quoted */
	pf_state_seek(pf, &seek);
	s = pf_state_find(pf, &seek, pd->kif);
	if (s == NULL || READ_ONCE(s->timeout) == PFTM_PURGE)
		return (NULL);
	if (quoted->proto == IPPROTO_TCP &&
	    !pf_tcp_quoted_ok(s, quoted, s->direction == quoted->dir)) {
		*reason = PFRES_BADSTATE;
		return (NULL);
	}
	return (s);
}
