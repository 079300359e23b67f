// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_route.c: route-to, reply-to, dup-to and rtable: rules that say where packets go
 *
 * Owns nothing; see pf_route.h.  A packet that is routed on its way in leaves this host by
 * that hop and is asked about again going out of its interface.  One that is routed on its
 * way out to another interface is asked about again there.  Both are the host's work, which
 * pf_test() tells of it by PF_ROUTED.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_choose.h"
#include "pf_if.h"
#include "pf_packet.h"
#include "pf_pool.h"
#include "pf_route.h"
#include "pf_rule.h"

int
pf_hop_pick(const struct pf_pdesc *pd, struct pf_krule *kr,
    struct pf_chosen *chosen, struct pf_hop *hop)
{
	struct pf_choice	c pf_uninit;
	int			why;

	why = pf_choose(pd, kr, PF_POOL_ROUTE, chosen, &c);
	if (why != PF_GO)
		return (why);
	hop->rt = kr->act.rt;
	hop->gw = c.addr;
	hop->kif = kr->pool[PF_POOL_ROUTE]->addr[c.part].kif;
	return (PF_GO);
}

/* Not what stays on its link, or came to everybody there. */
static bool
goes_on(const struct pf_pdesc *pd)
{
	return ((pd->flags & PF_PD_LINK) == 0 && !pf_pkt_bcast(pd->pkt));
}

bool
pf_hop_applies(const struct pf_hop *hop, const struct pf_pdesc *pd,
    bool forward)
{
	return ((hop->rt == PF_REPLYTO) != forward && goes_on(pd));
}

bool
pf_rtable_applies(const struct pf_pdesc *pd, bool forward)
{
	return (pd->dir == PF_IN && forward && goes_on(pd));
}

static int
take(struct pf_pdesc *pd, const struct pf_way *way)
{
	bool	moved;

	if (!pf_pkt_route(pd->pf, pd->pkt, pd->dir, pd->af, way, &moved))
		return (PFRES_NOROUTE);
	if (moved)
		pd->flags |= PF_PD_MOVED;
	return (PF_GO);
}

int
pf_hop_take(struct pf_pdesc *pd, const struct pf_hop *hop)
{
	struct pf_way	way = { .gw = &hop->gw };

	if (hop->kif != NULL) {
		way.ifindex = READ_ONCE(hop->kif->ifindex);
		if (way.ifindex == 0)
			return (PFRES_NOROUTE);
	}
	if (hop->rt == PF_DUPTO) {
		pf_pkt_dup(pd->pf, pd->pkt, pd->dir, pd->af, &way);
		return (PF_GO);
	}
	return (take(pd, &way));
}

int
pf_rtable_take(struct pf_pdesc *pd, int32_t table)
{
	return (take(pd, &(const struct pf_way){ .table = (uint32_t)table }));
}
