/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.h: rulesets
 *
 * What it owns.  A pf_rules is a compiled ruleset: immutable, freed after a grace period.
 * Locking.  Made and freed with ctl held.  Marks of members are explained in pf_instance.h.
 * Place.  Second floor.
 */
#ifndef _NET_PF_RULESET_H_
#define _NET_PF_RULESET_H_

#include "pf_host.h"

struct pf;
struct pf_anchor;
struct pf_krule;
struct pf_match_ent;

struct pf_rules {
	uint32_t	 n;
	uint32_t	 ticket;
	struct pf_krule	**rule;			/* [i] n of them */
	struct pf_match_ent *ent;		/* [i] n of them */
	struct pf_match_ent *ent_in;		/* [i] binat: as packets that come in see them */
	struct pf_anchor *anchor;		/* [i] where it stands, referenced; NULL: main */
};

/* A ruleset of n rules that stands in an anchor, NULL: in the main ruleset.  It takes over the
 * array and its references; NULL: no memory, and they are still the caller's. */
struct pf_rules *pf_rules_compile(struct pf *, struct pf_anchor *, struct pf_krule **,
	    uint32_t n, uint32_t ticket, bool binat);
/* Free what pf_rules_compile() made, and leave the rules to the caller.  NULL is fine here
 * and below. */
void	 pf_rules_strip(struct pf *, struct pf_rules *);
void	 pf_rules_free(struct pf *, struct pf_rules *);		/* all of it */
void	 pf_rules_put(struct pf *, struct pf_krule **, uint32_t n);	/* an array of rules */

/* The number of the rule where rule nr's skip step for PF_SKIP_* leads. */
uint32_t pf_rules_skip(const struct pf_rules *, uint32_t nr, unsigned int);

/* The first configuration, of empty rulesets and the default options; ENOMEM. */
int	 pf_ruleset_init(struct pf *);
void	 pf_ruleset_fini(struct pf *);

#endif /* _NET_PF_RULESET_H_ */
