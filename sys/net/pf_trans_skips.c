// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_skips.c: `set skip' of interfaces in a transaction
 *
 * What it owns.  The changes of `skip' that a transaction gathers, in the order
 * in which the program made them.  These changes have no type of element: a
 * program makes them with the options.  `skip' itself is a member of the kif,
 * which packets read (pf_if.c); it is not part of the configuration.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pf_if.h"
#include "pf_trans.h"

#define SKIPS_MAX	4096		/* in a transaction */

struct skip {
	struct pf_kif	*kif;			/* [c] referenced; NULL: all */
	bool		 on;			/* [c] */
};
struct trans_skips {
	struct skip	*skip;			/* [c] owned, in order */
	uint32_t	 n, room;		/* [c] */
};

int
pf_trans_skip(struct pf *pf, struct pf_trans *t, const char *name, bool skip)
{
	struct trans_skips	*s = t->part[PF_PART_SKIPS];
	struct pf_kif		*kif = NULL;
	void			*grown;

	if (s->n >= SKIPS_MAX)
		return (E2BIG);
	grown = pf_trans_room(pf, s->skip, s->n, &s->room, sizeof(*s->skip));
	if (grown == NULL)
		return (ENOMEM);
	s->skip = grown;
	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	s->skip[s->n].kif = kif;
	s->skip[s->n++].on = skip;
	return (0);
}

/*
 * The part
 */
static void
skips_swap_in(struct pf *pf, struct pf_trans *t)
{
	const struct trans_skips	*s = t->part[PF_PART_SKIPS];
	uint32_t			 i;

	for (i = 0; i < s->n; i++)
		if (s->skip[i].kif == NULL)
			pf_kif_clear_skip(pf);
		else
			pf_kif_skip(pf, s->skip[i].kif, s->skip[i].on);
	if (s->n != 0)
		pf_kif_apply_skip(pf);
}

static void
skips_free(struct pf *pf, struct pf_trans *t)
{
	const struct trans_skips	*s = t->part[PF_PART_SKIPS];
	uint32_t			 i;

	for (i = 0; i < s->n; i++)
		pf_kif_put(pf, s->skip[i].kif);
	pf_free(s->skip);
}

const struct pf_trans_part pf_part_skips = {
	.size = sizeof(struct trans_skips),
	.swap_in = skips_swap_in,
	.finish = skips_free,
	.abort = skips_free,
};
