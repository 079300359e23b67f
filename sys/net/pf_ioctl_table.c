// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_table.c: requests about the addresses of a table
 *
 * What it owns.  The copies of a request's array, while it runs.
 * Locking.  All handlers copy from or to the program, and take pf->ctl between
 * that.
 * Place.  Fifth floor; pf_ioctl_tables.c has the requests about whole tables.
 *
 * A request that changes something and shall answer in the program's array first
 * writes the array as it is, so that one that cannot be written to fails before
 * anything has changed.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_table.h"
#include "pf_trans.h"
#include "pf_trie.h"
#include "pf_util.h"

#define ARRAY_MAX	(1U << 22)	/* elements of a request, unless the */
					/* limit of addresses is higher */

/* A request about addresses of a table, between copying in and copying out. */
struct request {
	struct pf	*pf;
	struct pfioc_table *io;
	struct pf_table	*t;
	struct pfr_addr	*a;		/* owned: room for `room' */
	uint32_t	 n;		/* given */
	uint32_t	 out;		/* to be copied out: n or more */
	uint32_t	 room;
};

int
pf_ioctl_table_args(const struct pfioc_table *io, uint32_t flags, size_t esize)
{
	if ((io->flags & ~(flags | PFR_FLAG_ATOMIC)) != 0 ||
	    !pf_anchor_path_ok(io->table.pfrt_anchor))
		return (EINVAL);
	if (esize != 0 && io->esize != esize)
		return (ENODEV);
	return (0);
}

int
pf_ioctl_array_in(struct pf *pf, const struct pfioc_table *io, uint32_t room,
    size_t each, void *out)
{
	void	*array;
	int	 error;

	array = pf_alloc(pf, ((size_t)room + (room == 0)) * each);
	if (array == NULL)
		return (ENOMEM);
	error = io->size == 0 ? 0 :
	    pf_copyin(pf, io->buffer, array, io->size * each);
	if (error != 0)
		pf_free(array);
	else
		memcpy(out, &array, sizeof(array));
	return (error);
}

/* How many addresses a request may have; beyond that none is even looked at. */
static uint32_t
most_addrs(struct pf *pf, const struct pf_trans *t)
{
	uint32_t	limit;

	limit = t != NULL ? pf_trans_limit(pf, t, PF_LIMIT_TABLE_ENTRIES) :
	    pf_rcu_deref_locked(pf->conf)->limit[PF_LIMIT_TABLE_ENTRIES];
	return (limit > ARRAY_MAX ? limit : ARRAY_MAX);
}

/* Copy the addresses in, and check them.  On success r->a is the caller's. */
static int
addrs_in(struct pf_client *cl, struct pfioc_table *io, struct request *r)
{
	struct pf	*pf = cl->pf;
	uint32_t	 most, i;
	int		 error;

	pf_mutex_lock(&pf->ctl);
	most = most_addrs(pf, cl->trans);
	pf_mutex_unlock(&pf->ctl);
	if (io->size > most)
		return (ENOSPC);
	if (io->size2 / 2 > most)
		return (E2BIG);
	memset(r, 0, sizeof(*r));
	r->pf = pf;
	r->io = io;
	r->n = r->out = r->room = io->size;
	if ((io->flags & PFR_FLAG_FEEDBACK) != 0 && io->size2 > r->room)
		r->room = io->size2;
	error = pf_ioctl_array_in(pf, io, r->room, sizeof(*r->a), &r->a);
	if (error != 0)
		return (error);
	for (i = 0; i < r->n && error == 0; i++) {
		if (!pf_table_addr_ok(&r->a[i]))
			error = EINVAL;
		pf_yield_at(i);
	}
	if (error == 0 && (io->flags & PFR_FLAG_FEEDBACK) != 0)
		error = pf_copyout(pf, r->a, io->buffer,
		    r->room * sizeof(*r->a));
	if (error != 0)
		pf_free(r->a);
	return (error);
}

/*
 * Do a request about addresses of a table that is active: copy the addresses
 * in, call fn with pf->ctl held, copy them out again if `answers'.  changes: not
 * of a table that is const.
 */
static int
with_addrs(struct pf_client *cl, struct pfioc_table *io, bool changes,
    bool answers, int (*fn)(struct request *))
{
	struct pf	*pf = cl->pf;
	struct request	 r;
	int		 error;

	if (!pf_table_name_ok(io->table.pfrt_name))
		return (EINVAL);
	error = addrs_in(cl, io, &r);
	if (error != 0)
		return (error);
	io->nadd = io->ndel = io->nchange = 0;
	pf_mutex_lock(&pf->ctl);
	r.t = pf_table_find(pf, io->table.pfrt_anchor, io->table.pfrt_name);
	if (r.t == NULL || (r.t->flags & PFR_TFLAG_ACTIVE) == 0)
		error = ESRCH;
	else if (changes && (r.t->flags & PFR_TFLAG_CONST) != 0)
		error = EPERM;
	else
		error = fn(&r);
	pf_mutex_unlock(&pf->ctl);
	if (error == 0 && answers && r.out != 0)
		error = pf_copyout(pf, r.a, io->buffer,
		    r.out * sizeof(*r.a));
	pf_free(r.a);
	return (error);
}

/* The changes are complete: put them in force, unless there are none or the
 * program only wants to know. */
static int
apply(struct request *r, struct pf_table_edit *e, bool changed)
{
	const struct pf_conf	*conf = pf_rcu_deref_locked(r->pf->conf);
	uint32_t		 n = pf_table_edit_size(e), old;
	int			 error = 0;

	old = pf_table_size(r->t);
	if (n > old && r->pf->tables.entries - old + (uint64_t)n >
	    conf->limit[PF_LIMIT_TABLE_ENTRIES])
		error = ENOSPC;
	if (error != 0 || !changed || (r->io->flags & PFR_FLAG_DUMMY) != 0) {
		pf_table_edit_cancel(e);
		return (error);
	}
	pf_table_edit_apply(r->pf, r->t, e);
	pf_rcu_sync();
	pf_table_edit_free(e);
	return (0);
}

static bool
differs(struct pf_trie_entry e, const struct pfr_addr *a)
{
	return ((*pf_trie_mark(e) & PF_TRIE_NOT) != a->pfra_not);
}

/*
 * Adding, removing, replacing
 */
static int
add_one(struct request *r, struct pf_table_edit *e, struct pfr_addr *a)
{
	struct pf_trie_entry	was = pf_table_entry(r->t, a);
	int			error = 0;

	if (was.node != NULL) {
		if (differs(was, a))
			a->pfra_fback = PFR_FB_CONFLICT;
	} else if (pf_table_edit_find(e, a).node != NULL) {
		a->pfra_fback = PFR_FB_DUPLICATE;
	} else {
		error = pf_table_edit_add(e, a);
		a->pfra_fback = PFR_FB_ADDED;
		r->io->nadd++;
	}
	return (error);
}

static int
delete_one(struct request *r, struct pf_table_edit *e, struct pfr_addr *a)
{
	struct pf_trie_entry	was = pf_table_entry(r->t, a);
	int			error = 0;

	if (was.node == NULL)
		return (0);
	if (differs(was, a)) {
		a->pfra_fback = PFR_FB_CONFLICT;
	} else if (pf_table_edit_find(e, a).node == NULL) {
		a->pfra_fback = PFR_FB_DUPLICATE;
	} else {
		error = pf_table_edit_remove(e, a);
		a->pfra_fback = PFR_FB_DELETED;
		r->io->ndel++;
	}
	return (error);
}

/* One address of a replacement, which begins with none. */
static int
gather_one(struct request *r, struct pf_table_edit *e, struct pfr_addr *a)
{
	struct pf_trie_entry	was = pf_table_entry(r->t, a);

	if (pf_table_edit_find(e, a).node != NULL) {
		a->pfra_fback = PFR_FB_DUPLICATE;
		return (0);
	}
	if (was.node == NULL) {
		a->pfra_fback = PFR_FB_ADDED;
		r->io->nadd++;
	} else if (differs(was, a)) {
		a->pfra_fback = PFR_FB_CHANGED;
		r->io->nchange++;
	}
	return (pf_table_edit_add(e, a));
}

/* Do that with each address that was given.  On error the edit is cancelled. */
static int
each_addr(struct request *r, struct pf_table_edit *e,
    int (*one)(struct request *, struct pf_table_edit *, struct pfr_addr *))
{
	uint32_t	i;
	int		error = 0;

	for (i = 0; i < r->n && error == 0; i++) {
		error = one(r, e, &r->a[i]);
		pf_yield_at(i);
	}
	if (error != 0)
		pf_table_edit_cancel(e);
	return (error);
}

static int
do_add(struct request *r)
{
	struct pf_table_edit	e;
	int			error;

	pf_table_edit_begin(r->pf, &e, r->t, false);
	error = each_addr(r, &e, add_one);
	return (error != 0 ? error : apply(r, &e, r->io->nadd != 0));
}

static int
do_delete(struct request *r)
{
	struct pf_table_edit	e;
	int			error;

	pf_table_edit_begin(r->pf, &e, r->t, false);
	error = each_addr(r, &e, delete_one);
	return (error != 0 ? error : apply(r, &e, r->io->ndel != 0));
}

/* List the addresses that the edit does not have, behind those that were given,
 * as far as there is room; count them. */
static void
list_deleted(struct request *r, const struct pf_table_edit *e)
{
	struct pf_table_walk	w;
	struct pfr_addr		a;
	uint32_t		i = 0;

	pf_table_walk(&w, r->t);
	while (pf_table_walk_next(&w)) {
		pf_yield_at(i++);
		pf_table_walk_addr(&w, &a);
		if (pf_table_edit_find(e, &a).node != NULL)
			continue;
		a.pfra_fback = PFR_FB_DELETED;
		if (r->out < r->room)
			r->a[r->out++] = a;
		r->io->ndel++;
	}
}

/* size2 is the room for all addresses that are told.  If it is too small nothing
 * happens, and size2 becomes what it must be at least. */
static int
do_replace(struct request *r)
{
	struct pfioc_table	*io = r->io;
	struct pf_table_edit	 e;
	uint32_t		 told;
	bool			 enough = true;
	int			 error;

	pf_table_edit_begin(r->pf, &e, NULL,
	    (r->t->flags & PFR_TFLAG_COUNTERS) != 0);
	error = each_addr(r, &e, gather_one);
	if (error != 0)
		return (error);
	list_deleted(r, &e);
	told = r->n + io->ndel;			/* both are limited */
	if ((io->flags & PFR_FLAG_FEEDBACK) == 0 || io->size2 == 0)
		r->out = r->n;
	else {
		enough = io->size2 >= told;
		io->size2 = told;
	}
	if (!enough) {
		io->nadd = io->ndel = io->nchange = 0;
		r->out = 0;
		pf_table_edit_cancel(&e);
		return (0);
	}
	return (apply(r, &e, io->nadd + io->ndel + io->nchange != 0));
}

static int
do_clear(struct request *r)
{
	struct pf_table_edit	e;

	pf_table_edit_begin(r->pf, &e, NULL, false);
	r->io->ndel = pf_table_size(r->t);
	return (apply(r, &e, r->io->ndel != 0));
}

static bool
wants_feedback(const struct pfioc_table *io)
{
	return ((io->flags & PFR_FLAG_FEEDBACK) != 0);
}

static int
change(struct pf_client *cl, struct pfioc_table *io,
    int (*fn)(struct request *))
{
	int	error;

	error = pf_ioctl_table_args(io, PFR_FLAG_DUMMY | PFR_FLAG_FEEDBACK,
	    sizeof(struct pfr_addr));
	return (error != 0 ? error :
	    with_addrs(cl, io, true, wants_feedback(io), fn));
}

int
pf_ioctl_raddaddrs(struct pf_client *cl, void *arg)
{
	return (change(cl, arg, do_add));
}

int
pf_ioctl_rdeladdrs(struct pf_client *cl, void *arg)
{
	return (change(cl, arg, do_delete));
}

int
pf_ioctl_rsetaddrs(struct pf_client *cl, void *arg)
{
	return (change(cl, arg, do_replace));
}

int
pf_ioctl_rclraddrs(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	int			 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_DUMMY, 0);
	io->size = io->size2 = 0;
	return (error != 0 ? error : with_addrs(cl, io, true, false, do_clear));
}

/*
 * Testing, zeroing
 */
/* The prefix that has matched, in place of the address. */
static void
replace_by_match(struct pfr_addr *a, struct pf_trie_entry e)
{
	unsigned int	bits = pf_trie_bits(e), i = bits / 8;

	if (bits % 8 != 0)
		a->pfra_addr.addr8[i++] &= (uint8_t)(0xff00 >> bits % 8);
	memset(a->pfra_addr.addr8 + i, 0, 16 - i);
	a->pfra_net = (uint8_t)bits;
	a->pfra_not = (*pf_trie_mark(e) & PF_TRIE_NOT) != 0;
}

static int
do_test(struct request *r)
{
	struct pf_trie_entry	 e;
	struct pf_trie_key	 k;
	struct pfr_addr		*a;
	uint32_t		 i;

	for (i = 0; i < r->n; i++) {
		a = &r->a[i];
		pf_yield_at(i);
		if (a->pfra_net != (a->pfra_af == AF_INET ? 32 : 128) ||
		    a->pfra_not)
			return (EINVAL);
		pf_trie_key(&k, &a->pfra_addr, a->pfra_af);
		e = pf_trie_match(pf_rcu_deref_locked(
		    r->t->top[a->pfra_af == AF_INET6]), &k);
		if (e.node == NULL)
			continue;
		if ((r->io->flags & PFR_FLAG_REPLACE) != 0)
			replace_by_match(a, e);
		a->pfra_fback = PFR_FB_NOTMATCH;
		if ((*pf_trie_mark(e) & PF_TRIE_NOT) == 0) {
			a->pfra_fback = PFR_FB_MATCH;
			r->io->nadd++;
		}
	}
	return (0);
}

int
pf_ioctl_rtstaddrs(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	int			 error;

	/* accepted, as it changes nothing anyway */
	error = pf_ioctl_table_args(io, PFR_FLAG_REPLACE | PFR_FLAG_DUMMY,
	    sizeof(struct pfr_addr));
	return (error != 0 ? error : with_addrs(cl, io, false, true, do_test));
}

static int
do_zero(struct request *r)
{
	struct pf_trie_entry	e;
	uint32_t		i;

	for (i = 0; i < r->n; i++) {
		pf_yield_at(i);
		e = pf_table_entry(r->t, &r->a[i]);
		if (e.node == NULL)
			continue;
		if (differs(e, &r->a[i])) {
			r->a[i].pfra_fback = PFR_FB_CONFLICT;
			continue;
		}
		r->a[i].pfra_fback = PFR_FB_CLEARED;
		r->io->nadd++;
		if ((r->io->flags & PFR_FLAG_DUMMY) == 0)
			pf_table_zero_entry(r->pf, e);
	}
	return (0);
}

int
pf_ioctl_rclrastats(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	int			 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_DUMMY | PFR_FLAG_FEEDBACK,
	    sizeof(struct pfr_addr));
	return (error != 0 ? error :
	    with_addrs(cl, io, false, wants_feedback(io), do_zero));
}

/*
 * Listing
 */

/* Write an address, with its counters if each is the size of a pfr_astats, to
 * element i of an array. */
static void
list_one(struct request *r, struct pf_table_walk *w, void *array, uint32_t i,
    size_t each)
{
	struct pfr_addr		*a = array;
	struct pfr_astats	*as = array;
	struct pf_trie_count	*count;
	unsigned int		 dir, op;

	if (each == sizeof(*a)) {
		pf_table_walk_addr(w, &a[i]);
		return;
	}
	as += i;
	memset(as, 0, sizeof(*as));
	pf_table_walk_addr(w, &as->pfras_a);
	as->pfras_tzero = pf_wallclock(r->pf) - (pf_uptime(r->pf) -
	    PF_TRIE_SINCE(*pf_trie_mark(w->trie.entry)));
	count = pf_trie_count(w->trie.entry);
	if (count == NULL) {
		as->pfras_a.pfra_fback = PFR_FB_NOCOUNT;
	} else for (dir = 0; dir < PFR_DIR_MAX; dir++)
		for (op = 0; op < PFR_OP_ADDR_MAX; op++) {
			as->pfras_packets[dir][op] = pf_atomic64_read(
			    &count->v[PF_TRIE_PACKETS(dir, op)]);
			as->pfras_bytes[dir][op] = pf_atomic64_read(
			    &count->v[PF_TRIE_BYTES(dir, op)]);
		}
	if ((r->io->flags & PFR_FLAG_CLSTATS) != 0 && count != NULL)
		as->pfras_a.pfra_fback = PFR_FB_CLEARED;
}

/* The program has the counters of all addresses: they begin anew.  What has been
 * counted since they were read is lost. */
static void
clear_listed(struct pf *pf, const struct pfioc_table *io)
{
	struct pf_table	*t;

	pf_mutex_lock(&pf->ctl);
	t = pf_table_find(pf, io->table.pfrt_anchor, io->table.pfrt_name);
	if (t != NULL)
		pf_table_zero_entries(pf, t);
	pf_mutex_unlock(&pf->ctl);
}

/* All addresses of a table, if there is room for them in io->size elements; in
 * any case io->size becomes their number. */
static int
list(struct pf_client *cl, struct pfioc_table *io, size_t each)
{
	struct pf		*pf = cl->pf;
	struct request		 r = { .pf = pf, .io = io };
	struct pf_table_walk	 w;
	uint32_t		 room = io->size, n = 0;
	void			*array = NULL;
	int			 error = 0;

	if (!pf_table_name_ok(io->table.pfrt_name))
		return (EINVAL);
	pf_mutex_lock(&pf->ctl);
	r.t = pf_table_find(pf, io->table.pfrt_anchor, io->table.pfrt_name);
	if (r.t == NULL || (r.t->flags & PFR_TFLAG_ACTIVE) == 0)
		error = ESRCH;
	else if ((io->flags & PFR_FLAG_CLSTATS) != 0 && !cl->writable)
		error = EACCES;
	else
		io->size = pf_table_size(r.t);
	if (error == 0 && io->size != 0 && io->size <= room) {
		array = pf_alloc(pf, (size_t)io->size * each);
		if (array == NULL)
			error = ENOMEM;
	}
	if (array != NULL) {
		pf_table_walk(&w, r.t);
		for (; pf_table_walk_next(&w); n++) {
			list_one(&r, &w, array, n, each);
			pf_yield_at(n);
		}
	}
	pf_mutex_unlock(&pf->ctl);
	if (array != NULL)
		error = pf_copyout(pf, array, io->buffer, (size_t)n * each);
	if (array != NULL && error == 0 && (io->flags & PFR_FLAG_CLSTATS) != 0)
		clear_listed(pf, io);
	pf_free(array);
	return (error);
}

int
pf_ioctl_rgetaddrs(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	int			 error;

	error = pf_ioctl_table_args(io, 0, sizeof(struct pfr_addr));
	return (error != 0 ? error : list(cl, io, sizeof(struct pfr_addr)));
}

int
pf_ioctl_rgetastats(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	int			 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_CLSTATS,
	    sizeof(struct pfr_astats));
	return (error != 0 ? error : list(cl, io, sizeof(struct pfr_astats)));
}

/*
 * Defining a table in a transaction: its addresses are put in order before any
 * lock is taken.
 */
static int
define(struct pf_client *cl, struct pfioc_table *io,
    const struct pf_table_edit *e)
{
	int	error;

	if ((io->flags & PFR_FLAG_DUMMY) != 0)
		return (0);
	pf_mutex_lock(&cl->pf->ctl);
	if (cl->trans == NULL || cl->trans->ticket != io->ticket)
		error = EBUSY;
	else
		error = pf_trans_define_table(cl->pf, cl->trans,
		    io->table.pfrt_anchor, io->table.pfrt_name,
		    io->table.pfrt_flags, e);
	pf_mutex_unlock(&cl->pf->ctl);
	return (error);
}

int
pf_ioctl_rinadefine(struct pf_client *cl, void *arg)
{
	struct pfioc_table	*io = arg;
	struct pf_table_edit	 e;
	struct request		 r;
	uint32_t		 i;
	bool			 some = (io->flags & PFR_FLAG_ADDRSTOO) != 0;
	int			 error;

	error = pf_ioctl_table_args(io, PFR_FLAG_DUMMY | PFR_FLAG_ADDRSTOO,
	    sizeof(struct pfr_addr));
	if (error == 0 && (!pf_table_name_ok(io->table.pfrt_name) ||
	    (io->table.pfrt_flags & ~PFR_TFLAG_USRMASK) != 0 ||
	    (!some && io->size != 0)))
		error = EINVAL;
	if (error != 0)
		return (error);
	io->nadd = 0;
	if (!some)
		return (define(cl, io, NULL));
	error = addrs_in(cl, io, &r);
	if (error != 0)
		return (error);
	pf_table_edit_begin(cl->pf, &e, NULL,
	    (io->table.pfrt_flags & PFR_TFLAG_COUNTERS) != 0);
	for (i = 0; i < r.n && error == 0; i++) {
		pf_yield_at(i);
		if (pf_table_edit_find(&e, &r.a[i]).node != NULL)
			continue;
		error = pf_table_edit_add(&e, &r.a[i]);
		io->nadd++;
	}
	pf_free(r.a);
	if (error == 0)
		error = define(cl, io, &e);
	if (error != 0 || (io->flags & PFR_FLAG_DUMMY) != 0)
		pf_table_edit_cancel(&e);
	return (error);
}
