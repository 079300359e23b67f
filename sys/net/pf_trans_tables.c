// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_tables.c: the tables of a transaction
 *
 * What it owns.  The definitions of tables that a transaction gathers, for any
 * number of anchors and for the main ruleset.  An element is all tables of one
 * place.  A table that the transaction does not define stays as it is, as long
 * as it is `persist' or a rule refers to it.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 *
 * A definition with addresses replaces those of the table; addresses that stay
 * keep their counters.  A definition without any leaves the addresses as they
 * are.  This part is the last one: when it finishes, or aborts, the rules of the
 * other parts have come and gone, and the tables settle.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_instance.h"
#include "pf_table.h"
#include "pf_trans.h"
#include "pf_util.h"

struct definition {
	char		 name[PF_TABLE_NAME_SIZE];
	uint32_t	 flags;			/* PFR_TFLAG_USRMASK */
	bool		 replaces;		/* it has addresses */
	bool		 rebuilt;		/* e has what the table has, */
						/* with other counters */
	struct pf_table_edit e;			/* if either */
	struct pf_table	*t;			/* referenced; NULL: not */
						/* prepared */
};
struct place_tables {
	struct definition **def;		/* [c] owned, and all in it */
	uint32_t	 n, room;		/* [c] */
};
struct trans_tables {
	uint64_t	 entries;		/* [c] in all definitions */
};

static struct place_tables *
tables_at(const struct pf_trans_place *p)
{
	return (p->part[PF_PART_TABLES]);
}

/* Call fn for every definition, until it fails. */
static int
each(struct pf *pf, struct pf_trans *t,
    int (*fn)(struct pf *, struct pf_trans_place *, struct definition *))
{
	struct pf_trans_place	*p;
	uint32_t		 i;
	int			 error;

	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		for (i = 0; i < tables_at(p)->n; i++) {
			error = fn(pf, p, tables_at(p)->def[i]);
			if (error != 0)
				return (error);
			pf_yield_at(i);
		}
	return (0);
}

/*
 * Gathering
 */
int
pf_trans_define_table(struct pf *pf, struct pf_trans *t, const char *path,
    const char *name, uint32_t flags, const struct pf_table_edit *e)
{
	struct trans_tables	*tt = t->part[PF_PART_TABLES];
	struct pf_trans_place	*p = pf_trans_place(t, path);
	struct place_tables	*pt;
	struct definition	*d;
	uint32_t		 n = e != NULL ? pf_table_edit_size(e) : 0;
	void			*grown;

	if (p == NULL || (p->has & 1U << PF_TRANS_TABLE) == 0)
		return (EBUSY);
	pt = tables_at(p);
	if (tt->entries + n > pf_trans_limit(pf, t, PF_LIMIT_TABLE_ENTRIES) ||
	    pt->n >= pf_trans_limit(pf, t, PF_LIMIT_TABLES))
		return (ENOSPC);
	grown = pf_trans_room(pf, pt->def, pt->n, &pt->room, sizeof(*pt->def));
	if (grown == NULL)
		return (ENOMEM);
	pt->def = grown;
	d = pf_alloc(pf, sizeof(*d));
	if (d == NULL)
		return (ENOMEM);
	memcpy(d->name, name, sizeof(d->name));
	d->flags = flags;
	if (e != NULL) {
		d->replaces = true;
		d->e = *e;
	}
	pt->def[pt->n++] = d;
	tt->entries += n;
	return (0);
}

/*
 * Preparing
 */
static int
unprepare(struct pf *pf, struct pf_trans_place *p, struct definition *d)
{
	(void)pf;
	(void)p;
	if (d->rebuilt)
		pf_table_edit_cancel(&d->e);
	d->rebuilt = false;
	pf_table_put(d->t);
	d->t = NULL;
	return (0);
}

/* What the table has is kept, but its addresses get counters, or lose them. */
static int
rebuild(struct pf *pf, struct definition *d)
{
	pf_table_edit_begin(pf, &d->e, NULL,
	    (d->flags & PFR_TFLAG_COUNTERS) != 0);
	d->rebuilt = true;			/* undone by unprepare() */
	return (pf_table_edit_copy(&d->e, d->t));
}

static int
prepare(struct pf *pf, struct pf_trans_place *p, struct definition *d)
{
	d->t = pf_table_get(pf, p->path, d->name);
	if (d->t == NULL)
		return (ENOMEM);
	if (!d->replaces && pf_table_size(d->t) != 0 &&
	    ((d->t->flags ^ d->flags) & PFR_TFLAG_COUNTERS) != 0)
		return (rebuild(pf, d));
	return (0);
}

/* Whether a table stays when no rule refers to it. */
static bool
stays(const struct pf_table *t)
{
	return ((t->flags & PFR_TFLAG_PERSIST) != 0);
}

/*
 * Whether there are no more tables and addresses than the limits say.  Tables of
 * the old rules do not count unless they stay; and who asks for no more
 * addresses than there are may have them, whatever the limit.
 */
static int
within_limits(struct pf *pf, struct pf_trans *t)
{
	int64_t			 entries = pf->tables.entries;
	struct pf_trans_place	*p;
	struct pf_table		*table;
	struct definition	*d;
	uint32_t		 i, n = 0;

	if (!pf_trans_has(t, PF_TRANS_TABLE))
		return (0);
	for (table = pf_table_first(pf); table != NULL;
	    table = pf_table_next(table))
		n += stays(table);
	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		for (i = 0; i < tables_at(p)->n; i++) {
			d = tables_at(p)->def[i];
			n += !stays(d->t);
			if (d->replaces)
				entries += (int64_t)pf_table_edit_size(&d->e) -
				    pf_table_size(d->t);
		}
	return (n > pf_trans_limit(pf, t, PF_LIMIT_TABLES) ||
	    (entries > pf->tables.entries &&
	    entries > pf_trans_limit(pf, t, PF_LIMIT_TABLE_ENTRIES)) ?
	    ENOSPC : 0);
}

static void
tables_undo(struct pf *pf, struct pf_trans *t)
{
	each(pf, t, unprepare);
}

static int
tables_prepare(struct pf *pf, struct pf_trans *t)
{
	int	error;

	error = each(pf, t, prepare);
	if (error == 0)
		error = within_limits(pf, t);
	if (error != 0)
		tables_undo(pf, t);
	return (error);
}

/*
 * Putting in force
 */
static int
put_in(struct pf *pf, struct pf_trans_place *p, struct definition *d)
{
	(void)p;
	if (d->replaces || d->rebuilt)
		pf_table_edit_apply(pf, d->t, &d->e);
	if ((d->t->flags & PFR_TFLAG_ACTIVE) == 0)
		pf_table_zero(pf, d->t, false);
	pf_table_set_flags(d->t, d->flags | PFR_TFLAG_ACTIVE);
	return (0);
}

static void
tables_swap_in(struct pf *pf, struct pf_trans *t)
{
	each(pf, t, put_in);
}

static int
finish(struct pf *pf, struct pf_trans_place *p, struct definition *d)
{
	(void)pf;
	(void)p;
	if (d->replaces || d->rebuilt)
		pf_table_edit_free(&d->e);
	pf_table_put(d->t);
	pf_free(d);
	return (0);
}

static int
abort_one(struct pf *pf, struct pf_trans_place *p, struct definition *d)
{
	(void)pf;
	(void)p;
	if (d->replaces)
		pf_table_edit_cancel(&d->e);
	pf_free(d);
	return (0);
}

static void
tables_end(struct pf *pf, struct pf_trans *t,
    int (*fn)(struct pf *, struct pf_trans_place *, struct definition *))
{
	struct pf_trans_place	*p;

	each(pf, t, fn);
	for (p = pf_trans_place_first(t); p != NULL; p = pf_trans_place_next(p))
		pf_free(tables_at(p)->def);
	pf_tables_settle(pf);
}

static void
tables_finish(struct pf *pf, struct pf_trans *t)
{
	tables_end(pf, t, finish);
}

static void
tables_abort(struct pf *pf, struct pf_trans *t)
{
	tables_end(pf, t, abort_one);
}

const struct pf_trans_part pf_part_tables = {
	.types = 1U << PF_TRANS_TABLE,
	.in_anchors = true,
	.size = sizeof(struct trans_tables),
	.place_size = sizeof(struct place_tables),
	.prepare = tables_prepare,
	.undo = tables_undo,
	.swap_in = tables_swap_in,
	.finish = tables_finish,
	.abort = tables_abort,
};
