/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_track.h: what a packet does to its state (pf_tcp.c, pf_icmp.c, pf_track.c)
 *
 * What it owns.  The peers and the timeout of a state, once it is made.
 * Locking.  All: packet context, RCU read side; s as found; forward: pd goes in the
 * direction of the state's first packet.  They return PF_GO when the packet fits, else
 * the reason to drop.  They take s->lock where they need it.
 * Place.  Third floor.
 */
#ifndef _NET_PF_TRACK_H_
#define _NET_PF_TRACK_H_

#include "pf_host.h"

struct pf;
struct pf_pdesc;
struct pf_state;

void	 pf_tcp_init(struct pf_state *, const struct pf_pdesc *);	/* a new state */
/* Whether the packet begins a connection anew on a state that has ended. */
bool	 pf_tcp_reuse(struct pf_state *, const struct pf_pdesc *);
int	 pf_tcp_track(struct pf *, struct pf_state *, const struct pf_pdesc *, bool forward);
/* Whether the sequence number that an ICMP error quotes was in s's window; lock taken. */
bool	 pf_tcp_quoted_ok(struct pf_state *, const struct pf_pdesc *quoted, bool forward);
/* UDP, ICMP queries, other protocols. */
void	 pf_track_init(struct pf_state *, const struct pf_pdesc *);
void	 pf_track(struct pf *, struct pf_state *, bool forward);
/* The state that an ICMP error speaks of, with the quoted packet, turned round; *reason is
 * set when the error is to be dropped, NULL with PF_GO: none. */
struct pf_state *pf_icmp_error_state(struct pf *, const struct pf_pdesc *,
	    struct pf_pdesc *quoted, int *reason);
/* Where the packet begins that an error quotes. */
#define PF_ICMP_QUOTED_AT(pd)	((pd)->off + 8)

#endif /* _NET_PF_TRACK_H_ */
