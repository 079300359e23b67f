/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_priv.h: what the files of sys/sim share and their users do not need.
 *
 * Owns nothing.  Locking: none, one thread.
 */
#ifndef _SIM_PRIV_H_
#define _SIM_PRIV_H_

#include "sim.h"

/* sim.c: a packet goes on the wire of an interface that has a peer. */
void	 sim_wire_send(struct sim_node *, struct sim_if *, struct pf_pkt *);
/* Drop what is under way to a node, or to one interface of it (0: all). */
void	 sim_wire_forget(struct sim *, const struct sim_node *, int ifindex);

/*
 * sim_path.c.  Where a packet goes, false: it is no IP packet; whether an address is one
 * of the node's, a broadcast or a multicast; the interface that the routes lead to, or
 * NULL; and on the wire with it, or on the queue of the node.
 */
bool	 sim_pkt_dst(const struct pf_pkt *, uint8_t *af, struct pf_addr *dst);
bool	 sim_is_local(const struct sim_node *, uint8_t af, const struct pf_addr *);
bool	 sim_is_loopback(const struct sim_if *);
struct sim_if *sim_route_lookup(struct sim_node *, uint8_t af,
	    const struct pf_addr *dst);
void	 sim_transmit(struct sim_node *, struct sim_if *, struct pf_pkt *);
/* What pf has made, for another host: 0 or EHOSTUNREACH.  As for pf_pkt_send(). */
int	 sim_send_made(struct sim_node *, struct pf_pkt *, const struct pf_way *,
	    bool shown);

/* sim_pkt.c: len bytes of rubbish for a packet of none, in one piece. */
void	 sim_pkt_grow(struct pf_pkt *, uint32_t len);

#endif /* _SIM_PRIV_H_ */
