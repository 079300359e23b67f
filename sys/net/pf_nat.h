/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_nat.h: what a new connection is translated to
 *
 * What it owns.  Nothing.
 * Locking.  None: it is used in the RCU read side of a packet.
 * Place.  Third floor.
 */
#ifndef _NET_PF_NAT_H_
#define _NET_PF_NAT_H_

#include "pf_host.h"

struct pf_chosen;
struct pf_conf;
struct pf_krule;
struct pf_pdesc;
struct pf_state_key;

/* Find the rule of the nat, rdr and binat rulesets that translates the packet;
 * *kr NULL: none does.  PF_GO, or PFRES_*: the packet must be dropped. */
int	 pf_nat_rule(const struct pf_conf *, struct pf_pdesc *,
	    struct pf_krule **kr);
/* Change the packet's key to what the rule translates it to.  PF_GO; PFRES_TRANSLATE:
 * no address and port are free; or as of pf_choose(). */
int	 pf_nat_translate(const struct pf_pdesc *, struct pf_krule *,
	    struct pf_chosen *, struct pf_state_key *);

#endif /* _NET_PF_NAT_H_ */
