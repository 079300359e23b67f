/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_divert.h: divert-to and divert-reply: packets for programs of this host, as they are
 *
 * What it owns.  Nothing: a struct pf_divert (pf_state.h) is part of a state.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#ifndef _NET_PF_DIVERT_H_
#define _NET_PF_DIVERT_H_

#include "pf_host.h"
#include "pf_state.h"

struct pf_krule;
struct pf_pdesc;

/* What the rule says of the connection that begins with the packet; type PF_DIVERT_NONE:
 * nothing.  divert-reply is about programs of this host, not about what is forwarded. */
void	 pf_divert_init(const struct pf_pdesc *, const struct pf_krule *,
	    struct pf_divert *);
/* Whether a packet of such a connection is diverted: what comes in is, unless it stays on
 * its link or came to everybody there. */
bool	 pf_divert_applies(const struct pf_pdesc *);
/*
 * Hand the packet, translated if it is to be, over to the program.  PF_GO; PFRES_NOROUTE: it
 * is for nobody, or its source can be none; *closed: for nobody.  PFRES_FRAG: it is one of
 * several fragments.
 */
int	 pf_divert_take(const struct pf_pdesc *, const struct pf_divert *,
	    bool *closed);

#endif /* _NET_PF_DIVERT_H_ */
