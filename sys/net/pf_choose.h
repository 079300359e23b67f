/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_choose.h: what is chosen from pools for a new connection
 *
 * What it owns.  Nothing: a pf_chosen is part of a struct pf_path.  It has what the choices
 * of sticky-address and least-states hold, until the connection's state takes that over or
 * it is given up.
 * Locking.  None: it is used in the RCU read side of a packet.
 * Place.  Third floor.
 */
#ifndef _NET_PF_CHOOSE_H_
#define _NET_PF_CHOOSE_H_

#include "pf_host.h"
#include "pf_pool.h"
#include "pf_state.h"

struct pf_krule;
struct pf_pdesc;

#define PF_CHOSEN_MAX	4	/* pools with such a choice that a connection may meet */

struct pf_chosen {
	uint32_t	 n;
	struct pf_hold	 hold[PF_CHOSEN_MAX];
};

/*
 * Choose an address of pool `which' of the rule for the packet's source.  PF_GO;
 * PFRES_TRANSLATE or (of a route) PFRES_NOROUTE: there is none; PFRES_SRCLIMIT: there are
 * too many sources, or too many pools for one connection; PFRES_MEMORY.
 */
int	 pf_choose(const struct pf_pdesc *, struct pf_krule *, unsigned int which,
	    struct pf_chosen *, struct pf_choice *);
/* Give up the choices but the first n; again: others are to be made in their place. */
void	 pf_choose_back(const struct pf_pdesc *, struct pf_chosen *, uint32_t n,
	    bool again);

#endif /* _NET_PF_CHOOSE_H_ */
