// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_icmp.c: ICMP errors and the connections they speak of (third floor)
 *
 * An error quotes the packet that caused it.  That packet went the other way:
 * if the error comes in by an interface, the packet had gone out by it.  So the quoted
 * addresses and ports make the key that the packet itself had there, with the
 * direction turned round, and an error about a forwarded connection finds the
 * state of either interface as it passes them.  Owns nothing.
 */
#include "pf_priv.h"
#include "pf_wire.h"

struct pf_state *
pf_icmp_error_state(struct pf *pf, const struct pf_pdesc *pd, int *reason)
{
	struct pf_pdesc		 quoted;
	struct pf_state_key	 key;
	struct pf_state		*s;
	bool			 forward;

	*reason = pf_packet_parse_quoted(pd, pd->off + sizeof(struct pf_icmp),
	    &quoted);
	if (*reason != PFRES_MATCH)
		return (NULL);
	/* errors about errors, and about fragments without ports, belong to nothing */
	if (quoted.flags & (PF_PD_NOTFIRST | PF_PD_ICMPERR))
		return (NULL);
	quoted.dir = pd->dir == PF_IN ? PF_OUT : PF_IN;
	pf_state_key_of(&quoted, &key);
	s = pf_state_find(pf, &key, pd->kif);
	if (s == NULL || READ_ONCE(s->timeout) == PFTM_PURGE)
		return (NULL);
	forward = s->direction == quoted.dir;
	if (quoted.proto == IPPROTO_TCP &&
	    !pf_tcp_quoted_ok(s, &quoted, forward)) {
		*reason = PFRES_BADSTATE;
		return (NULL);
	}
	return (s);
}
