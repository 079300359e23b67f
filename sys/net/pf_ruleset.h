/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.h: rulesets
 *
 * What it owns.  The pf_rules, which are compiled rulesets.
 * Life.  A compiled ruleset never changes.  When it is no longer in force, it
 * is freed after a grace period.
 * Locking.  All functions need pf->ctl.  pf_instance.h explains the marks of
 * members.
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
	struct pf_krule	**rule;		/* [i] n of them */
	struct pf_match_ent *ent;	/* [i] n of them */
	struct pf_match_ent *ent_in;	/* [i] binat: n more, for incoming */
					/* packets; or NULL */
	struct pf_anchor *anchor;	/* [i] the anchor that it is in, */
					/* referenced; NULL: none */
};

/*
 * Compile n rules into a ruleset of an anchor, or of the main ruleset (anchor
 * NULL).  The ruleset takes over the array of rules and its references.  NULL:
 * no memory, and the caller still has the array.
 */
struct pf_rules *pf_rules_compile(struct pf *, struct pf_anchor *,
	    struct pf_krule **, uint32_t n, uint32_t ticket, bool binat);
/* Free what pf_rules_compile() has made, but not the rules, which the caller
 * has again.  NULL is fine here and below. */
void	 pf_rules_strip(struct pf *, struct pf_rules *);
/* with its rules */
void	 pf_rules_free(struct pf *, struct pf_rules *);
/* an array of rules */
void	 pf_rules_put(struct pf *, struct pf_krule **, uint32_t n);

/* Which packets the rules are for, as bits 1 << PF_IN and 1 << PF_OUT. */
unsigned int pf_rules_directions(const struct pf_rules *);

/* The number of the rule to which the skip step PF_SKIP_* of rule nr leads. */
uint32_t pf_rules_skip(const struct pf_rules *, uint32_t nr, unsigned int);

/* Make the first configuration, which has empty rulesets and default options;
 * ENOMEM. */
int	 pf_ruleset_init(struct pf *);
void	 pf_ruleset_fini(struct pf *);

#endif /* _NET_PF_RULESET_H_ */
