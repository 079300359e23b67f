/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_route.h: route-to, reply-to, dup-to and rtable: rules that say where packets go
 *
 * What it owns.  Nothing: a hop (pf_state.h) is chosen from the rule's pool for a
 * connection, and is part of its state, or of the path of a packet without one.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#ifndef _NET_PF_ROUTE_H_
#define _NET_PF_ROUTE_H_

#include "pf_host.h"
#include "pf_state.h"

struct pf_chosen;
struct pf_krule;
struct pf_pdesc;

/* Choose a hop of the rule's pool, which it has, for what begins with the packet.  Returns
 * what pf_choose() does. */
int	 pf_hop_pick(const struct pf_pdesc *, struct pf_krule *,
	    struct pf_chosen *, struct pf_hop *);
/*
 * Whether a packet takes the hop: route-to and dup-to are for those in the direction of
 * the first packet, reply-to for those against it.  What stays on its link, or came to
 * everybody there, never does.
 */
bool	 pf_hop_applies(const struct pf_hop *, const struct pf_pdesc *,
	    bool forward);
/*
 * Send the packet, or a copy of it, to the hop; the packet is as it is to leave.  PF_GO;
 * PFRES_NOROUTE: the interface is gone, or no route leads to the gateway.  A copy that
 * cannot be sent is no error.
 */
int	 pf_hop_take(struct pf_pdesc *, const struct pf_hop *);
/*
 * Whether a packet is routed by the table of its rule or state: as for route-to, but only
 * one that comes in.
 */
bool	 pf_rtable_applies(const struct pf_pdesc *, bool forward);
/* Route the packet, as it is to leave, by that table; one that is for this host stays.
 * PF_GO; PFRES_NOROUTE: the table has no route for it. */
int	 pf_rtable_take(struct pf_pdesc *, int32_t table);

#endif /* _NET_PF_ROUTE_H_ */
