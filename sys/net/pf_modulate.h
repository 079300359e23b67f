/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_modulate.h: TCP connections whose ends see other sequence numbers of each
 * other (modulate state)
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * Functions that return int return PF_GO, or PFRES_MEMORY; then nothing has
 * changed.
 */
#ifndef _NET_PF_MODULATE_H_
#define _NET_PF_MODULATE_H_

#include "pf_host.h"
#include "pf_state.h"

struct pf_pdesc;

/* Choose the differences for a new state, if its first packet is a SYN. */
void	 pf_modulate_init(struct pf_state *, const struct pf_pdesc *);
/* Whether the state has such differences: it is one of TCP then. */
static inline bool
pf_modulates(const struct pf_state *s)
{
	return (unlikely(s->src.seqdiff != 0));
}
/* Translate the numbers of a segment of the state. */
int	 pf_modulate(const struct pf_state *, struct pf_pdesc *);
/* Translate those of a segment that an ICMP error quotes, back to what its
 * sender knows. */
int	 pf_modulate_error(const struct pf_state *, struct pf_pdesc *,
	    const struct pf_pdesc *quoted);

#endif /* _NET_PF_MODULATE_H_ */
