/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_track.h: what a packet changes in its state (pf_tcp.c, pf_tcpinit.c,
 * pf_icmp.c, pf_track.c)
 *
 * What it owns.  The peers and the timeout of a state, after the state has been
 * made.
 * Locking.  All functions run in packet context and in an RCU read side, and
 * take the lock of the state where they need it.
 * Place.  Third floor.
 *
 * forward: the packet goes in the direction of the state's first packet.
 * Functions that return int return PF_GO if the packet fits, else the reason to
 * drop the packet.
 */
#ifndef _NET_PF_TRACK_H_
#define _NET_PF_TRACK_H_

#include "pf_host.h"

struct pf;
struct pf_pdesc;
struct pf_state;

/* Fill in a new state from its first packet. */
void	 pf_tcp_init(struct pf_state *, const struct pf_pdesc *);
/* Whether the packet begins a new connection, while the state's connection has
 * ended. */
bool	 pf_tcp_reuse(struct pf_state *, const struct pf_pdesc *);
/* PF_GO, perhaps with PF_PD_ALIEN: the segment passes; or why not. */
int	 pf_tcp_track(struct pf *, struct pf_state *, struct pf_pdesc *,
	    bool forward);
/* Whether the sequence number that an ICMP error quotes was in the window of
 * the state. */
bool	 pf_tcp_quoted_ok(struct pf_state *, const struct pf_pdesc *quoted,
	    bool forward);
/* The same for UDP, ICMP queries and other protocols. */
void	 pf_track_init(struct pf_state *, const struct pf_pdesc *);
void	 pf_track(struct pf *, struct pf_state *, bool forward);
/*
 * The state that an ICMP error belongs to; *quoted is then the quoted packet.
 * NULL: there is none (*reason: PF_GO), or the error must be dropped (*reason:
 * why).
 */
struct pf_state *pf_icmp_error_state(struct pf *, const struct pf_pdesc *,
	    struct pf_pdesc *quoted, int *reason);
/* The offset of the packet that an ICMP error quotes. */
#define PF_ICMP_QUOTED_AT(pd)	((pd)->off + 8)

#endif /* _NET_PF_TRACK_H_ */
