/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_path.h: what a packet meets on its way, for the files of the fourth floor
 *
 * What it owns.  struct pf_path, which lies on the stack of pf_test(); nothing of it outlives
 * the call but what the state table and the counters took.
 * Locking.  All of it happens in one RCU read side and with one configuration, so a packet
 * sees a ruleset whole or not at all.
 * Place.  Fourth floor.
 */
#ifndef _NET_PF_PATH_H_
#define _NET_PF_PATH_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_actions.h"
#include "pf_packet.h"
#include "pf_state.h"

struct pf_conf;
struct pf_krule;

struct pf_path {
	struct pf_pdesc		 pd;
	const struct pf_conf	*conf;
	struct pf_state		*state;		/* that it belongs to, or made */
	struct pf_krule		*rule;		/* that decided; NULL: implicit pass */
	struct pf_krule		*anchor;	/* of the main ruleset, that led to it; or NULL */
	struct pf_krule		*nat;		/* classic, that translates it; NULL: none */
	struct pf_actions	 acts;		/* of the rules that matched */
	bool			 translated;	/* a new connection, which is to have the key .. */
	struct pf_state_seek	 other;		/* .. on the other side, like pd now */
	struct pf_state_seek	 seek;		/* its key as it came, if PF_PATH_HAS_KEY() */
};

/* Later fragments have no ports, and errors speak of another packet's connection. */
#define PF_PATH_HAS_KEY(p)						\
	(((p)->pd.flags & (PF_PD_NOTFIRST | PF_PD_ICMPERR)) == 0)

/* Packets with IP options or their like go only where the state or the rule allows them. */
static inline int
pf_path_options(const struct pf_path *p, bool allowed)
{
	return (likely((p->pd.flags & PF_PD_OPTS) == 0) || allowed ? PF_GO :
	    PFRES_IPOPTIONS);
}

/*
 * pf_new.c: a packet that belongs to no state: the rules decide, and it may make one.
 */
int	 pf_path_new(struct pf_path *);

#endif /* _NET_PF_PATH_H_ */
