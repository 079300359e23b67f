// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_osfp.c: fingerprints of operating systems in a transaction
 *
 * What it owns.  The entries that a transaction has gathered; at the commit they become the
 * list in force, in the place of that which is.  A transaction that has neither cleared
 * the list nor added to it leaves it as it is.  The entries have no type of element: a
 * program brings them with the options.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_osfp.h"
#include "pf_trans.h"

struct trans_osfp {
	struct pf_osfp_ioctl *entry;		/* [c] owned */
	uint32_t	 n, room;		/* [c] */
	bool		 touched;		/* [c] cleared or added to */
	/* [c] owned: the list prepared, then the one replaced; or NULL */
	struct pf_osfp	*list;
};

void
pf_trans_osfp_flush(struct pf_trans *t)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];

	o->n = 0;
	o->touched = true;
}

int
pf_trans_osfp_add(struct pf *pf, struct pf_trans *t,
    const struct pf_osfp_ioctl *e)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];
	void			*grown;

	if (o->n == PF_OSFP_ENTRIES_MAX)
		return (ENOSPC);
	grown = pf_trans_room(pf, o->entry, o->n, &o->room, sizeof(*o->entry));
	if (grown == NULL)
		return (ENOMEM);
	o->entry = grown;
	o->entry[o->n++] = *e;
	o->touched = true;
	return (0);
}

/*
 * The part
 */
static int
osfp_prepare(struct pf *pf, struct pf_trans *t)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];

	if (o->n == 0)
		return (0);
	o->list = pf_osfp_create(pf, o->entry, o->n);
	return (o->list != NULL ? 0 : ENOMEM);
}

static void
osfp_undo(struct pf *pf, struct pf_trans *t)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];

	(void)pf;
	pf_osfp_free(o->list);
	o->list = NULL;
}

static void
osfp_swap_in(struct pf *pf, struct pf_trans *t)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];
	struct pf_osfp		*old = t->conf->osfp;

	(void)pf;
	if (!o->touched)
		return;
	t->conf->osfp = o->list;
	o->list = old;
}

static void
osfp_free(struct pf *pf, struct pf_trans *t)
{
	struct trans_osfp	*o = t->part[PF_PART_OSFP];

	osfp_undo(pf, t);
	pf_free(o->entry);
}

const struct pf_trans_part pf_part_osfp = {
	.size = sizeof(struct trans_osfp),
	.prepare = osfp_prepare,
	.undo = osfp_undo,
	.swap_in = osfp_swap_in,
	.finish = osfp_free,
	.abort = osfp_free,
};
