/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_norm.h: what rules set in the headers of packets (scrub, set tos), and their priority
 *
 * What it owns.  Nothing.
 * Life.  A pf_norm adds up what several rules say; it is part of a packet's path,
 * and then of the state that the packet makes.
 * Locking.  None: packet context.
 * Place.  Second floor.
 */
#ifndef _NET_PF_NORM_H_
#define _NET_PF_NORM_H_

#include "pf_host.h"

struct pf_pdesc;
struct pf_rule_act;

struct pf_norm {
	uint16_t	flags;		/* PFSTATE_NODF, _RANDOMID, _SETTOS, _SETPRIO; .. */
					/* _SCRUB_TCP: see pf_tcpnorm.h */
	uint16_t	max_mss;	/* of TCP; 0: as it is */
	uint8_t		min_ttl;
	uint8_t		tos;		/* if PFSTATE_SETTOS */
	uint8_t		prio[2];	/* if PFSTATE_SETPRIO; [1] of what is urgent */
};

static inline void
pf_norm_init(struct pf_norm *n)
{
	n->flags = n->max_mss = 0;
	n->min_ttl = n->tos = 0;
	n->prio[0] = n->prio[1] = 0;
}

/* Whether it asks for anything. */
static inline bool
pf_norm_any(const struct pf_norm *n)
{
	return ((n->flags | n->max_mss | n->min_ttl) != 0);
}

/* Add what a rule says: where it says something, that counts. */
void	 pf_norm_add(struct pf_norm *, const struct pf_rule_act *);
/*
 * Do it to the packet.  The type of service is set but for the two bits of ECN (RFC 3168).  A
 * fragment keeps its identification, by which it is put together with others.  What comes
 * with the type of service lowdelay is urgent, and so is a TCP segment with ACK and
 * without data.  PF_GO, or the reason why the packet must be dropped.
 */
int	 pf_norm_apply(struct pf_pdesc *, const struct pf_norm *);

/* Clear what has no meaning in a TCP header: the urgent pointer without its flag, and the bits
 * that are reserved (RFC 9293, 3.1; RFC 9768 uses the fourth).  PF_GO or a reason. */
int	 pf_norm_tcp(struct pf_pdesc *);

#endif /* _NET_PF_NORM_H_ */
