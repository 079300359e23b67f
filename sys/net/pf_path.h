/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_path.h: the path of one packet through pf
 *
 * What it owns.  struct pf_path, which has everything that is known about a
 * packet.
 * Life.  A pf_path is on the stack of pf_test(), and lives for one call.
 * Locking.  A call is one RCU read side, and uses one configuration: a packet
 * sees a ruleset whole or not at all.
 * Place.  Fourth floor: only files of that floor use it.
 */
#ifndef _NET_PF_PATH_H_
#define _NET_PF_PATH_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_actions.h"
#include "pf_choose.h"
#include "pf_packet.h"
#include "pf_scrub.h"
#include "pf_state.h"

struct pf_conf;
struct pf_kif;
struct pf_krule;
struct pf_srcnode;

struct pf_path {
	struct pf_pdesc		 pd;
	const struct pf_conf	*conf;
	struct pf_state		*state;		/* the packet's state, found */
						/* or made; or NULL */
	struct pf_krule		*rule;		/* the rule that decided; */
						/* NULL: implicit pass */
	/* the rule of the main ruleset that led to `rule', or NULL */
	struct pf_krule		*anchor;
	/* the rule of a translation ruleset that translates, or NULL */
	struct pf_krule		*nat;
	struct pf_scrubbed	 scrubbed;	/* by a rule, before the others */
	struct pf_actions	 acts;		/* of the rules that matched */
	struct pf_chosen	 chosen;	/* from pools; what no state has */
						/* taken over */
	uint8_t			 log;		/* PF_LOG_*: who listens is told of it */
	bool			 translated;	/* by a rule, not by a state: */
						/* pd has the key `other' */
	struct pf_srcnode	*source;	/* that the new state counts */
						/* at; NULL: none */
	struct pf_kif		*bound;		/* what the new state is bound */
						/* to: interface or group; */
						/* NULL: nothing */
	struct pf_hop		 hop;		/* of the state or the rule, if it has */
						/* one; PF_PD_HOP: this packet takes it */
	int32_t			 rtable;	/* the routing table that the rules say, */
						/* PF_RTABLE_NONE: none, or the state if .. */
						/* .. PF_PD_RTABLE: this packet takes it */
	struct pf_state_lookup	 other;		/* the key on the other side, */
						/* if translated */
	struct pf_state_lookup	 lookup;	/* the key as the packet */
						/* came, if PF_PATH_HAS_KEY() */
};

/*
 * A fragment other than the first has no ports, an ICMP error belongs to the
 * connection of the packet that it quotes, and other messages of ICMP belong to
 * none: these have no key of their own.
 */
#define PF_PATH_HAS_KEY(p)						\
	(((p)->pd.flags & (PF_PD_NOTFIRST | PF_PD_ICMPERR |		\
	    PF_PD_ONEWAY)) == 0)

/* A packet with IP options or extension headers passes only if its state or
 * rule allows it. */
static inline int
pf_path_options(const struct pf_path *p, bool allowed)
{
	return (likely((p->pd.flags & PF_PD_OPTS) == 0) || allowed ? PF_GO :
	    PFRES_IPOPTIONS);
}

/*
 * pf_new.c: a packet that belongs to no state: the rules decide, and it may
 * make one.
 */
int	 pf_path_new(struct pf_path *);

#endif /* _NET_PF_PATH_H_ */
