// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_keep.c: counters that outlive a reload (set keepcounters)
 *
 * What it owns.  The pf_keeps: see pf_keep.h.  Rules are equal if their digests are, which
 * cover all that was loaded, labels and pools too.
 * Locking.  Control context with pf->ctl held.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_keep.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_util.h"

#define NONE	UINT32_MAX

struct keep_rule {
	uint64_t	 digest[2];
	uint32_t	 next;			/* in the bucket; NONE */
};

struct pf_keep {
	const struct pf_rules *rs;
	uint32_t	*bucket;		/* the first rule's number; NONE */
	uint32_t	 mask;			/* number of buckets, minus 1 */
	struct keep_rule rule[];		/* as many as rs has */
};

struct pf_keep *
pf_keep_create(struct pf *pf, const struct pf_rules *rs)
{
	struct pf_keep	*keep;
	uint32_t	 n = 1, i, *first;

	while (n < rs->n)
		n *= 2;
	keep = pf_alloc(pf, sizeof(*keep) + rs->n * sizeof(keep->rule[0]));
	if (keep == NULL)
		return (NULL);
	keep->bucket = pf_alloc(pf, n * sizeof(keep->bucket[0]));
	if (keep->bucket == NULL) {
		pf_free(keep);
		return (NULL);
	}
	keep->rs = rs;
	keep->mask = n - 1;
	for (i = 0; i < n; i++)
		keep->bucket[i] = NONE;
	for (i = rs->n; i-- > 0; ) {		/* so that the first is found first */
		pf_krule_digest(rs->rule[i], keep->rule[i].digest);
		first = &keep->bucket[keep->rule[i].digest[0] & keep->mask];
		keep->rule[i].next = *first;
		*first = i;
		pf_yield_at(i);
	}
	return (keep);
}

/* The first rule that is equal and has not been found before; NULL: none. */
static struct pf_krule *
find(struct pf_keep *keep, const struct pf_krule *kr)
{
	uint64_t	 digest[2] = { 0, 0 };
	uint32_t	*link, i;

	pf_krule_digest(kr, digest);
	link = &keep->bucket[digest[0] & keep->mask];
	for (; (i = *link) != NONE;
	    link = &keep->rule[i].next)
		if (memcmp(keep->rule[i].digest, digest, sizeof(digest)) == 0) {
			*link = keep->rule[i].next;
			return (keep->rs->rule[i]);
		}
	return (NULL);
}

void
pf_keep_carry(struct pf_keep *keep, const struct pf_rules *old)
{
	struct pf_krule	*kr;
	uint64_t	 evals = 0;
	uint32_t	 i;

	for (i = 0; i < old->n; i++) {
		evals += pf_pcpu_sum(&old->rule[i]->ctr, PF_RC_EVAL);
		kr = find(keep, old->rule[i]);
		if (kr != NULL)
			pf_krule_carry(kr, old->rule[i], evals);
		pf_yield_at(i);
	}
}

void
pf_keep_free(struct pf_keep *keep)
{
	if (keep == NULL)
		return;
	pf_free(keep->bucket);
	pf_free(keep);
}
