// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_skips.c: flags of interfaces in a transaction: `set skip', and names
 * of link groups
 *
 * What it owns.  The changes of flags that a transaction gathers, in the order
 * in which the program made them.  These changes have no type of element: a
 * program makes them with the options.  The flags are members of the kif; they
 * are not part of the configuration.
 *	`skip' is read by packets (pf_if.c), and comes into force with the rules.
 * What a link group is called must be known when the rules that name it come
 * into force, so that is set while the commit prepares, and set back if it
 * fails.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_if.h"
#include "pf_ifgroup.h"
#include "pf_trans.h"

#define SKIPS_MAX	4096		/* in a transaction */

struct skip {
	struct pf_kif	*kif;			/* [c] referenced; NULL: all */
	uint32_t	 flag;			/* [c] PFI_IFLAG_* */
	uint32_t	 number;		/* [c] of the link group */
	bool		 on;			/* [c] */
};
struct trans_skips {
	struct skip	*skip;			/* [c] owned, in order */
	uint32_t	 n, room;		/* [c] */
};

int
pf_trans_ifflag(struct pf *pf, struct pf_trans *t, const char *name,
    uint32_t flag, uint32_t number, bool on)
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
	s->skip[s->n].flag = flag;
	s->skip[s->n].number = number;
	s->skip[s->n++].on = on;
	return (0);
}

void
pf_trans_set_ifflag(struct pf *pf, struct pf_kif *kif, uint32_t flag,
    uint32_t number, bool on)
{
	if (flag == PFI_IFLAG_LINKGROUP && kif != NULL)
		pf_kif_set_number(pf, kif, on ? number : 0);
	else if (flag == PFI_IFLAG_LINKGROUP)
		pf_kif_clear_numbers(pf);
	else if (kif != NULL)
		pf_kif_skip(pf, kif, on);
	else
		pf_kif_clear_skip(pf);
}

/*
 * The part
 */
static void
apply(struct pf *pf, struct pf_trans *t, uint32_t flag)
{
	const struct trans_skips	*s = t->part[PF_PART_SKIPS];
	uint32_t			 i;

	for (i = 0; i < s->n; i++)
		if (s->skip[i].flag == flag)
			pf_trans_set_ifflag(pf, s->skip[i].kif, flag,
			    s->skip[i].number, s->skip[i].on);
}

static int
skips_prepare(struct pf *pf, struct pf_trans *t)
{
	pf_kif_keep_numbers(pf);
	apply(pf, t, PFI_IFLAG_LINKGROUP);
	return (0);
}

static void
skips_undo(struct pf *pf, struct pf_trans *t)
{
	(void)t;
	pf_kif_restore_numbers(pf);
	pf_if_bring(pf);
}

static void
skips_swap_in(struct pf *pf, struct pf_trans *t)
{
	const struct trans_skips	*s = t->part[PF_PART_SKIPS];

	apply(pf, t, PFI_IFLAG_SKIP);
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
	.prepare = skips_prepare,
	.undo = skips_undo,
	.swap_in = skips_swap_in,
	.finish = skips_free,
	.abort = skips_free,
};
