/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pflog.h: records of packets, for who listens on a pflog device
 *
 * What it owns.  Nothing: a record is made when somebody listens, and belongs to the host
 * then.
 * Locking.  The RCU read side of the packet.
 * Place.  Third floor.
 */
#ifndef _NET_PF_PFLOG_H_
#define _NET_PF_PFLOG_H_

#include "pf_host.h"

struct pf_krule;
struct pf_pdesc;

/*
 * A record of the packet as it is now, if anybody listens: a rule has matched it.  outer: the
 * rule of the main ruleset that led to the anchor of that one; NULL: it is in none.  why:
 * PF_GO, PF_BLOCKED or PFRES_*: what has become of the packet.  to: the rule with `log' that
 * says where to.
 */
void	 pf_pflog(struct pf_pdesc *, const struct pf_krule *rule,
	    const struct pf_krule *outer, int why, const struct pf_krule *to);

#endif /* _NET_PF_PFLOG_H_ */
