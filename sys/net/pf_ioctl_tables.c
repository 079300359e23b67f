// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_tables.c: requests about whole tables
 *
 * What it owns.  The copies of a request's array, while it runs.
 * Locking.  All handlers copy from or to the program, and take pf->ctl between
 * that.
 * Place.  Fifth floor; pf_ioctl_table.c has the requests about addresses.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_table.h"
#include "pf_util.h"

#define ARRAY_MAX	16384U		/* tables of a request, unless the */
					/* limit of tables is higher */

/* The program's array of tables, copied in and checked.  On success *out is the
 * caller's. */
static int
tables_in(struct pf_client *cl, const struct pfioc_table *io, uint32_t flags,
    struct pfr_table **out)
{
	struct pf		*pf = cl->pf;
	const struct pfr_table	*t;
	uint32_t		 most, i;
	int			 error;

	error = pf_ioctl_table_args(io, flags, sizeof(struct pfr_table));
	if (error != 0)
		return (error);
	pf_mutex_lock(&pf->ctl);
	most = pf_rcu_deref_locked(pf->conf)->limit[PF_LIMIT_TABLES];
	pf_mutex_unlock(&pf->ctl);
	if (io->size > (most > ARRAY_MAX ? most : ARRAY_MAX))
		return (E2BIG);
	error = pf_ioctl_array_in(pf, io, io->size, sizeof(**out), out);
	for (i = 0; error == 0 && i < io->size; i++) {
		t = &(*out)[i];
		if (!pf_anchor_path_ok(t->pfrt_anchor) ||
		    !pf_table_name_ok(t->pfrt_name) || t->pfrt_fback != 0 ||
		    (t->pfrt_flags & ~PFR_TFLAG_USRMASK) != 0 ||
		    !pf_all_zero(t->pad, sizeof(t->pad))) {
			pf_free(*out);
			error = EINVAL;
		}
		pf_yield_at(i);
	}
	return (error);
}

/*
 * Do a request about an array of tables: copy it in, and call fn with pf->ctl
 * held.  each: bytes of scratch, all zero, that fn needs for each element.
 */
static int
with_tables(struct pf_client *cl, struct pfioc_table *io, uint32_t flags,
    size_t each, int (*fn)(struct pf *, struct pfioc_table *,
    const struct pfr_table *, void *scratch))
{
	struct pf		*pf = cl->pf;
	struct pfr_table	*a;
	void			*scratch = NULL;
	int			 error;

	error = tables_in(cl, io, flags, &a);
	if (error != 0)
		return (error);
	io->nadd = io->ndel = io->nchange = 0;
	if (each != 0 && io->size != 0) {
		scratch = pf_alloc(pf, io->size * each);
		if (scratch == NULL)
			error = ENOMEM;
	}
	if (error == 0) {
		pf_mutex_lock(&pf->ctl);
		error = fn(pf, io, a, scratch);
		pf_mutex_unlock(&pf->ctl);
	}
	pf_free(scratch);
	pf_free(a);
	return (error);
}

static struct pf_table *
active(struct pf *pf, const struct pfr_table *a)
{
	struct pf_table	*t = pf_table_find(pf, a->pfrt_anchor, a->pfrt_name);

	return (t != NULL && (t->flags & PFR_TFLAG_ACTIVE) != 0 ? t : NULL);
}

/*
 * Making
 */

/* Have all tables of the array that are not active, with a reference each; how
 * many they are.  On error there is no reference. */
static int
get_missing(struct pf *pf, const struct pfr_table *a, uint32_t n,
    struct pf_table **got, uint32_t *missing)
{
	struct pf_table	*t;
	uint32_t	 i, limit, used = 0;

	limit = pf_rcu_deref_locked(pf->conf)->limit[PF_LIMIT_TABLES];
	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t))
		used += t->flags != 0;
	*missing = 0;
	for (i = 0; i < n; i++) {
		if (active(pf, &a[i]) != NULL)
			continue;
		t = pf_table_get(pf, a[i].pfrt_anchor, a[i].pfrt_name);
		if (t == NULL)
			return (ENOMEM);
		got[i] = t;
		++*missing;
		if (t->flags == 0 && ++used > limit)
			return (ENOSPC);
	}
	return (0);
}

static int
add_tables(struct pf *pf, struct pfioc_table *io, const struct pfr_table *a,
    void *scratch)
{
	struct pf_table	**got = scratch;
	uint32_t	  i;
	int		  error;

	error = get_missing(pf, a, io->size, got, &io->nadd);
	for (i = 0; i < io->size; i++) {
		if (got[i] == NULL)
			continue;
		if (error == 0 && (io->flags & PFR_FLAG_DUMMY) == 0) {
			if ((got[i]->flags & PFR_TFLAG_ACTIVE) != 0)
				io->nadd--;	/* given twice */
			pf_table_zero(pf, got[i], false);
			pf_table_set_flags(got[i],
			    a[i].pfrt_flags | PFR_TFLAG_ACTIVE);
		}
		pf_table_put(got[i]);
		pf_yield_at(i);
	}
	pf_tables_settle(pf);
	return (error);
}

int
pf_ioctl_raddtables(struct pf_client *cl, void *arg)
{
	return (with_tables(cl, arg, PFR_FLAG_DUMMY, sizeof(struct pf_table *),
	    add_tables));
}

/*
 * Deleting
 */
static int
delete_tables(struct pf *pf, struct pfioc_table *io, const struct pfr_table *a,
    void *scratch)
{
	struct pf_table	*t;
	uint32_t	 i;

	(void)scratch;
	for (i = 0; i < io->size; i++) {
		t = active(pf, &a[i]);
		if (t == NULL)
			continue;
		io->ndel++;
		if ((io->flags & PFR_FLAG_DUMMY) == 0)
			pf_table_set_flags(t, 0);
		pf_yield_at(i);
	}
	pf_tables_settle(pf);
	return (0);
}

int
pf_ioctl_rdeltables(struct pf_client *cl, void *arg)
{
	return (with_tables(cl, arg, PFR_FLAG_DUMMY, 0, delete_tables));
}

/* Whether the request is about the table: of its anchor, or of all. */
static bool
is_asked(const struct pfioc_table *io, const struct pf_table *t)
{
	return (t->flags != 0 && ((io->flags & PFR_FLAG_ALLRSETS) != 0 ||
	    strcmp(io->table.pfrt_anchor, t->anchor) == 0));
}

int
pf_ioctl_rclrtables(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	struct pf		*pf = cl->pf;
	struct pf_table		*t;
	int			 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_DUMMY | PFR_FLAG_ALLRSETS, 0);
	if (error != 0)
		return (error);
	io->ndel = 0;
	pf_mutex_lock(&pf->ctl);
	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t)) {
		if (!is_asked(io, t) || (t->flags & PFR_TFLAG_ACTIVE) == 0)
			continue;
		io->ndel++;
		if ((io->flags & PFR_FLAG_DUMMY) == 0)
			pf_table_set_flags(t, 0);
	}
	pf_tables_settle(pf);
	pf_mutex_unlock(&pf->ctl);
	return (0);
}

/*
 * Listing
 */
static void
told(const struct pf_table *t, struct pfr_table *a)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->pfrt_anchor, t->anchor, strlen(t->anchor));
	memcpy(a->pfrt_name, t->name, sizeof(a->pfrt_name));
	a->pfrt_flags = t->flags;
}

static void
told_stats(const struct pf_table *t, struct pfr_tstats *ts)
{
	unsigned int	dir, op;

	memset(ts, 0, sizeof(*ts));
	told(t, &ts->pfrts_t);
	for (dir = 0; dir < PFR_DIR_MAX; dir++)
		for (op = 0; op < PFR_OP_TABLE_MAX; op++) {
			ts->pfrts_packets[dir][op] = pf_pcpu_sum(&t->ctr,
			    PF_TC_PACKETS(dir, op));
			ts->pfrts_bytes[dir][op] = pf_pcpu_sum(&t->ctr,
			    PF_TC_BYTES(dir, op));
		}
	ts->pfrts_match = pf_pcpu_sum(&t->ctr, PF_TC_MATCH);
	ts->pfrts_nomatch = pf_pcpu_sum(&t->ctr, PF_TC_NOMATCH);
	ts->pfrts_tzero = t->tzero;
	ts->pfrts_cnt = pf_table_size(t);
	ts->pfrts_refcnt[PFR_REFCNT_RULE] = t->rules;
	ts->pfrts_refcnt[PFR_REFCNT_ANCHOR] = t->below;
}

static uint32_t
count_asked(struct pf *pf, const struct pfioc_table *io)
{
	struct pf_table	*t;
	uint32_t	 n = 0;

	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t))
		n += is_asked(io, t);
	return (n);
}

static void
list_asked(struct pf *pf, const struct pfioc_table *io, bool stats, void *array)
{
	struct pfr_tstats	*ts = array;
	struct pfr_table	*a = array;
	struct pf_table		*t;

	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t)) {
		if (!is_asked(io, t))
			continue;
		if (!stats)
			told(t, a++);
		else
			told_stats(t, ts++);
	}
}

/* The program has the counters of these tables: they begin anew.  What has been
 * counted since they were read is lost. */
static void
clear_listed(struct pf *pf, const struct pfioc_table *io)
{
	struct pf_table	*t;

	pf_mutex_lock(&pf->ctl);
	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t))
		if (is_asked(io, t))
			pf_table_zero(pf, t, false);
	pf_mutex_unlock(&pf->ctl);
}

/* All tables, if there is room for them in io->size elements; in any case
 * io->size becomes their number. */
static int
list(struct pf_client *cl, struct pfioc_table *io, bool stats)
{
	size_t		 each = stats ? sizeof(struct pfr_tstats) :
			    sizeof(struct pfr_table);
	struct pf	*pf = cl->pf;
	uint32_t	 room = io->size;
	void		*array = NULL;
	int		 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_ALLRSETS |
	    (stats ? PFR_FLAG_CLSTATS : 0), each);
	if (error != 0)
		return (error);
	pf_mutex_lock(&pf->ctl);
	if ((io->flags & PFR_FLAG_CLSTATS) != 0 && !cl->writable)
		error = EACCES;
	else
		io->size = count_asked(pf, io);
	if (error == 0 && io->size != 0 && io->size <= room) {
		array = pf_alloc(pf, io->size * each);
		if (array != NULL)
			list_asked(pf, io, stats, array);
		else
			error = ENOMEM;
	}
	pf_mutex_unlock(&pf->ctl);
	if (array != NULL)
		error = pf_copyout(pf, array, io->buffer, io->size * each);
	if (array != NULL && error == 0 && (io->flags & PFR_FLAG_CLSTATS) != 0)
		clear_listed(pf, io);
	pf_free(array);
	return (error);
}

int
pf_ioctl_rgettables(struct pf_client *cl, void *arg)
{
	return (list(cl, arg, false));
}

int
pf_ioctl_rgettstats(struct pf_client *cl, void *arg)
{
	return (list(cl, arg, true));
}

/*
 * Zeroing
 */
static int
zero_tables(struct pf *pf, struct pfioc_table *io, const struct pfr_table *a,
    void *scratch)
{
	struct pf_table	*t;
	uint32_t	 i;

	(void)scratch;
	for (i = 0; i < io->size; i++) {
		t = active(pf, &a[i]);
		if (t == NULL)
			continue;
		io->nadd++;
		if ((io->flags & PFR_FLAG_DUMMY) == 0)
			pf_table_zero(pf, t,
			    (io->flags & PFR_FLAG_ADDRSTOO) != 0);
		pf_yield_at(i);
	}
	return (0);
}

int
pf_ioctl_rclrtstats(struct pf_client *cl, void *arg)
{
	return (with_tables(cl, arg, PFR_FLAG_DUMMY | PFR_FLAG_ADDRSTOO, 0,
	    zero_tables));
}

/*
 * Flags
 */
struct reflag {
	struct pf_table	*t;			/* NULL: nothing changes */
	uint32_t	 flags;
	bool		 rebuilt;		/* its addresses get counters, */
						/* or lose them */
	struct pf_table_edit e;
};

static int
reflag_prepare(struct pf *pf, const struct pfioc_table *io,
    const struct pfr_table *a, struct reflag *r)
{
	r->t = active(pf, a);
	if (r->t == NULL)
		return (0);
	r->flags = (r->t->flags | io->setflag) & ~io->clrflag;
	if (r->flags == r->t->flags) {
		r->t = NULL;
		return (0);
	}
	r->rebuilt = ((r->flags ^ r->t->flags) & PFR_TFLAG_COUNTERS) != 0;
	if (!r->rebuilt)
		return (0);
	pf_table_edit_begin(pf, &r->e, NULL,
	    (r->flags & PFR_TFLAG_COUNTERS) != 0);
	return (pf_table_edit_copy(&r->e, r->t));
}

static void
reflag_apply(struct pf *pf, struct pfioc_table *io, struct reflag *r,
    bool apply)
{
	if (r->t == NULL)
		return;
	io->nchange++;
	if ((r->flags & (PFR_TFLAG_PERSIST | PFR_TFLAG_REFERENCED |
	    PFR_TFLAG_REFDANCHOR)) == 0)
		io->ndel++;
	if (apply && r->rebuilt)
		pf_table_edit_apply(pf, r->t, &r->e);
	if (apply)
		pf_table_set_flags(r->t, r->flags);
}

static int
set_flags(struct pf *pf, struct pfioc_table *io, const struct pfr_table *a,
    void *scratch)
{
	struct reflag	*r = scratch;
	bool		 apply, rebuilt = false;
	uint32_t	 i;
	int		 error = 0;

	for (i = 0; i < io->size && error == 0; i++) {
		error = reflag_prepare(pf, io, &a[i], &r[i]);
		rebuilt |= r[i].rebuilt;
	}
	apply = error == 0 && (io->flags & PFR_FLAG_DUMMY) == 0;
	for (i = 0; i < io->size && error == 0; i++)
		reflag_apply(pf, io, &r[i], apply);
	if (apply && rebuilt)
		pf_rcu_sync();
	for (i = 0; i < io->size; i++)
		if (r[i].rebuilt && apply)
			pf_table_edit_free(&r[i].e);
		else if (r[i].rebuilt)
			pf_table_edit_cancel(&r[i].e);
	pf_tables_settle(pf);
	return (error);
}

int
pf_ioctl_rsettflags(struct pf_client *cl, void *arg)
{
	const struct pfioc_table	*io = arg;

	if (((io->setflag | io->clrflag) & ~PFR_TFLAG_USRMASK) != 0 ||
	    (io->setflag & io->clrflag) != 0)
		return (EINVAL);
	return (with_tables(cl, arg, PFR_FLAG_DUMMY, sizeof(struct reflag),
	    set_flags));
}
