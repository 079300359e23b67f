/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_keep.h: counters that outlive a reload (set keepcounters)
 *
 * What it owns.  A pf_keep, an index of the rules of a new ruleset by their digests.
 * Life.  It is made while a commit is prepared, which may fail for lack of memory; used once
 * when packets do not see the old ruleset any longer, which may not; and freed.
 * Locking.  Control context with pf->ctl held.
 * Place.  Third floor.
 */
#ifndef _NET_PF_KEEP_H_
#define _NET_PF_KEEP_H_

struct pf;
struct pf_keep;
struct pf_rules;

/* Make the index; the ruleset must outlive it.  NULL: no memory. */
struct pf_keep *pf_keep_create(struct pf *, const struct pf_rules *);
/*
 * What the rules of an old ruleset have counted is added to the equal rules of the new
 * one, wherever they stand in it.  Of several equal rules the first goes with the first.
 */
void	 pf_keep_carry(struct pf_keep *, const struct pf_rules *old);
void	 pf_keep_free(struct pf_keep *);		/* NULL is fine */

#endif /* _NET_PF_KEEP_H_ */
