// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_divert.c: divert-to and divert-reply: packets for programs of this host, as they are
 *
 * Owns nothing; see pf_divert.h.  Nothing in the packet is changed: the program sees where
 * it was sent to, and answers in that one's name.  To find the socket is the host's work.
 * An ICMP error goes to the connection that it is about, which the host finds by itself.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_divert.h"
#include "pf_packet.h"
#include "pf_rule.h"

void
pf_divert_init(const struct pf_pdesc *pd, const struct pf_krule *kr,
    struct pf_divert *d)
{
	d->addr = kr->said->divert_addr;
	d->port = kr->said->divert_port;
	d->type = kr->act.divert_type;
	if (d->type == PF_DIVERT_REPLY && pf_pkt_received(pd->pkt) != 0)
		d->type = PF_DIVERT_NONE;
}

bool
pf_divert_applies(const struct pf_pdesc *pd)
{
	return (pd->dir == PF_IN && (pd->flags & PF_PD_LINK) == 0 &&
	    !pf_pkt_bcast(pd->pkt));
}

int
pf_divert_take(const struct pf_pdesc *pd, const struct pf_divert *d, bool *closed)
{
	const struct pf_flow	f = { &pd->src, &pd->dst, pd->sport, pd->dport };
	bool			to = d->type == PF_DIVERT_TO &&
				    (pd->flags & PF_PD_ICMPERR) == 0;
	enum pf_diverted	diverted;

	*closed = false;
	if (to && (pd->flags & PF_PD_FRAGMENT) != 0)
		return (PFRES_FRAG);
	diverted = pf_pkt_divert(pd->pf, pd->pkt, pd->af, pd->proto, &f,
	    to ? &d->addr : NULL, d->port, pf_pd_opens(pd));
	*closed = diverted == PF_DIVERT_NOBODY;
	return (diverted == PF_DIVERTED ? PF_GO : PFRES_NOROUTE);
}
