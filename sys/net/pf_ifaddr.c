// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ifaddr.c: addresses in rules that follow those of an interface
 *
 * What it owns.  The pf_dyns: for packets that are compared with a rule a table
 * of prefixes, for pools a list of them.
 * Life.  When an interface changes, all pf_dyns that depend on it are marked
 * (pf_dyns_changed()).  pf_dyns_bring() makes the tables and lists of all marked
 * ones from nothing, puts them in force, and frees the old ones after one grace
 * period for all.  If there is no memory for one, it has no address until
 * there is: an address that the interface may have lost is worse than none.
 * Locking.  pf->ctl, except where packets read.
 * Place.  Second floor.
 *
 * A table has every address that the modifiers choose.  A list has no
 * link-local addresses, as these mean nothing to who is not on the link, and of
 * the others those of the best kind that there is: on a device with a carrier
 * before one without, preferred before deprecated, lasting before temporary.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_table.h"
#include "pf_trie.h"
#include "pf_util.h"

/* A prefix that a pf_dyn has, on its way into table and list. */
struct found {
	struct pf_dyn_prefix p;
	uint8_t		 bits;
	bool		 v6;
	bool		 listed;	/* it goes into the list */
	uint8_t		 rank;		/* the lowest is the best; NEVER: not */
					/* for pools */
};
#define RANK_TEMPORARY	1
#define RANK_DEPRECATED	2
#define RANK_NOCARRIER	4
#define RANK_NEVER	8

struct collection {
	const struct pf_dyn *d;
	struct found	*found;		/* owned */
	uint32_t	 n, room;
	uint8_t		 best[2];	/* the lowest rank of each family */
};

/*
 * Collecting
 */
static bool
is_linklocal(const struct pf_ifaddr *a)
{
	return (a->af == AF_INET6 && a->addr[0] == 0xfe &&
	    (a->addr[1] & 0xc0) == 0x80);
}

/* What the modifiers make of one address of a device.  False: nothing. */
static bool
choose(const struct pf_dyn *d, const struct pf_kif *dev,
    const struct pf_ifaddr *a, struct found *f)
{
	const unsigned int	 most = a->af == AF_INET ? 32 : 128;
	const uint8_t		*from = a->addr;

	memset(f, 0, sizeof(*f));
	f->v6 = a->af == AF_INET6;
	f->bits = most;
	switch (d->iflags & PFI_AFLAG_MODEMASK) {
	case PFI_AFLAG_BROADCAST:
		from = a->broadcast;
		break;
	case PFI_AFLAG_PEER:
		from = a->peer;
		break;
	case PFI_AFLAG_NETWORK:
		f->bits = a->bits;
		break;
	}
	if (from != a->addr && pf_all_zero(from, sizeof(a->addr)))
		return (false);
	if (is_linklocal(a)) {
		if (d->iflags & (PFI_AFLAG_NETWORK | PFI_AFLAG_NOALIAS))
			return (false);
		f->rank = RANK_NEVER;
	}
	if (d->net != 0 && d->net <= most)
		f->bits = d->net;
	f->rank |= (a->flags & PF_IFA_TEMPORARY ? RANK_TEMPORARY : 0) |
	    (a->flags & PF_IFA_DEPRECATED ? RANK_DEPRECATED : 0) |
	    (dev->flags & PF_IF_NOCARRIER ? RANK_NOCARRIER : 0);
	memcpy(&f->p.addr, from, sizeof(f->p.addr));
	pf_prefix_mask(&f->p.mask, f->bits);
	f->p.addr.addr64[0] &= f->p.mask.addr64[0];
	f->p.addr.addr64[1] &= f->p.mask.addr64[1];
	f->p.size = pf_prefix_size(f->bits, a->af);
	return (true);
}

static bool
collect_device(struct pf *pf, struct collection *c, const struct pf_kif *dev)
{
	struct found	 f, *grown;
	bool		 had[2] = { false, false };
	uint32_t	 i, room;

	for (i = 0; i < dev->naddr; i++) {
		pf_yield_at(i);
		if (!choose(c->d, dev, &dev->addr[i], &f) ||
		    ((c->d->iflags & PFI_AFLAG_NOALIAS) != 0 && had[f.v6]))
			continue;
		had[f.v6] = true;
		if (c->n == c->room) {
			room = c->room != 0 ? c->room * 2 : 8;
			grown = pf_alloc(pf, room * sizeof(*grown));
			if (grown == NULL)
				return (false);
			if (c->n != 0)
				memcpy(grown, c->found, c->n * sizeof(*grown));
			pf_free(c->found);
			c->found = grown;
			c->room = room;
		}
		c->found[c->n++] = f;
		if (f.rank < c->best[f.v6])
			c->best[f.v6] = f.rank;
	}
	return (true);
}

static bool
collect(struct pf *pf, struct collection *c, const struct pf_dyn *d)
{
	struct pf_kif	*dev = NULL;
	uint32_t	 i = 0;

	memset(c, 0, sizeof(*c));
	c->d = d;
	c->best[0] = c->best[1] = RANK_NEVER;
	while ((dev = pf_kif_member(pf, d->kif, dev)) != NULL) {
		if (!collect_device(pf, c, dev)) {
			pf_free(c->found);
			return (false);
		}
		pf_yield_at(i++);
	}
	return (true);
}

/*
 * Making
 */

/* A trie of the prefixes of one family: of those for pools, each of which is
 * marked to be listed the first time that it comes, or of all. */
static bool
make_trie(struct pf *pf, struct collection *c, bool v6, bool pools,
    struct pf_trie_edit *e)
{
	const uint8_t		 af = v6 ? AF_INET6 : AF_INET;
	struct found		*f;
	struct pf_trie_key	 k;
	uint32_t		 i;

	pf_trie_edit_begin(pf, e, NULL, af, false);
	for (i = 0; i < c->n; i++) {
		f = &c->found[i];
		pf_yield_at(i);
		if (f->v6 != v6 || (pools && (f->rank >= RANK_NEVER ||
		    f->rank != c->best[v6])))
			continue;
		pf_trie_key(&k, &f->p.addr, af);
		if (pf_trie_find(e->top, &k, f->bits).node != NULL)
			continue;
		if (pf_trie_add(e, &k, f->bits, PF_TRIE_MARK(false,
		    pf_uptime(pf))) != 0)
			return (false);
		f->listed |= pools;
	}
	return (true);
}

/* Mark what goes into the list. */
static bool
choose_list(struct pf *pf, struct collection *c)
{
	struct pf_trie_edit	e;
	unsigned int		v6;
	bool			made = true;

	for (v6 = 0; v6 < 2 && made; v6++) {
		made = make_trie(pf, c, v6, true, &e);
		pf_trie_edit_cancel(&e);
	}
	return (made);
}

/* *out NULL: there is no address for pools. */
static bool
make_list(struct pf *pf, struct collection *c, struct pf_dyn_list **out)
{
	struct pf_dyn_list	*l;
	const struct found	*f;
	uint32_t		 i, n[2] = { 0, 0 }, next[2];

	*out = NULL;
	if (!choose_list(pf, c))
		return (false);
	for (i = 0; i < c->n; i++)
		n[c->found[i].v6] += c->found[i].listed;
	if (n[0] + n[1] == 0)
		return (true);
	l = pf_alloc(pf, sizeof(*l) + (n[0] + n[1]) * sizeof(l->p[0]));
	if (l == NULL)
		return (false);
	memcpy(l->n, n, sizeof(l->n));
	next[0] = 0;
	next[1] = n[0];
	for (i = 0; i < c->n; i++) {
		f = &c->found[i];
		if (!f->listed)
			continue;
		l->p[next[f->v6]++] = f->p;
		l->size[f->v6] += f->p.size;
	}
	*out = l;
	return (true);
}

/* Put tries and list in force; what they replace stays in `old'. */
static void
publish(struct pf_dyn *d, struct pf_trie_node *v4, struct pf_trie_node *v6,
    struct pf_dyn_list *list)
{
	struct pf_table	*t = d->table;

	t->old[0] = pf_rcu_deref_locked(t->top[0]);
	t->old[1] = pf_rcu_deref_locked(t->top[1]);
	d->old = pf_rcu_deref_locked(d->list);
	pf_rcu_assign(t->top[0], v4);
	pf_rcu_assign(t->top[1], v6);
	pf_rcu_assign(d->list, list);
}

static void
free_old(struct pf_dyn *d)
{
	pf_trie_free(d->table->old[0]);
	pf_trie_free(d->table->old[1]);
	pf_free(d->old);
	d->table->old[0] = d->table->old[1] = NULL;
	d->old = NULL;
}

/* Work out table and list anew; false: no memory, and it has no address. */
static bool
make(struct pf *pf, struct pf_dyn *d)
{
	struct pf_dyn_list	*list = NULL;
	struct pf_trie_edit	 e[2];
	struct collection	 c;
	bool			 made;

	if (!collect(pf, &c, d)) {
		publish(d, NULL, NULL, NULL);
		return (false);
	}
	made = make_trie(pf, &c, false, false, &e[0]);
	made &= make_trie(pf, &c, true, false, &e[1]);
	made = made && make_list(pf, &c, &list);
	pf_free(c.found);
	if (!made) {
		pf_trie_edit_cancel(&e[0]);
		pf_trie_edit_cancel(&e[1]);
		publish(d, NULL, NULL, NULL);
		return (false);
	}
	pf_trie_edit_settle(&e[0]);
	pf_trie_edit_settle(&e[1]);
	publish(d, e[0].top, e[1].top, list);
	d->dirty = false;
	return (true);
}

void
pf_dyns_changed(struct pf_kif *kif)
{
	struct pf_dyn	*d;

	for (d = kif->dyns; d != NULL; d = d->next_kif)
		d->dirty = true;
}

bool
pf_dyns_bring(struct pf *pf)
{
	struct pf_dyn	*d;
	bool		 made = true, some = false;
	uint32_t	 i = 0;

	pf_mutex_assert(&pf->ctl);
	for (d = pf->ifs.dyns; d != NULL; d = d->next) {
		if (d->dirty) {
			some = true;
			made &= make(pf, d);
		}
		pf_yield_at(i++);
	}
	if (!some)
		return (true);
	pf_rcu_sync();
	for (d = pf->ifs.dyns; d != NULL; d = d->next) {
		free_old(d);
		pf_yield_at(i++);
	}
	if (!made)
		pf_log(pf, "no memory for addresses of interfaces: some rules "
		    "have none for the moment");
	return (made);
}

/*
 * Life
 */
bool
pf_dyn_ok(const struct pf_addr_wrap *a)
{
	const uint8_t	mode = a->iflags & PFI_AFLAG_MODEMASK;
	const size_t	len = strnlen(a->v.ifname, sizeof(a->v.ifname));

	return (len != 0 && len < sizeof(a->v.ifname) &&
	    pf_all_zero((const uint8_t *)&a->v + len, sizeof(a->v) - len) &&
	    (a->iflags & ~(PFI_AFLAG_MODEMASK | PFI_AFLAG_NOALIAS)) == 0 &&
	    (mode & (mode - 1)) == 0 && a->net <= 128 && a->pad == 0);
}

/* Nobody reads it any more, or does yet. */
static void
dyn_free(struct pf *pf, struct pf_dyn *d)
{
	publish(d, NULL, NULL, NULL);
	free_old(d);
	pf_pcpu_fini(&d->table->ctr);
	pf_free(d->table);
	pf_kif_put(pf, d->kif);
	pf_free(d);
}

static struct pf_dyn *
dyn_create(struct pf *pf, const char *ifname, uint8_t iflags, uint8_t net)
{
	struct pf_dyn	*d;

	d = pf_alloc(pf, sizeof(*d));
	if (d == NULL)
		return (NULL);
	d->table = pf_alloc(pf, sizeof(*d->table) + 1);
	if (d->table == NULL)
		goto fail;
	d->table->live = d->table;
	if (pf_pcpu_init(&d->table->ctr, PF_TC_MAX) != 0)
		goto fail_table;
	d->kif = pf_kif_get(pf, ifname);
	if (d->kif == NULL)
		goto fail_ctr;
	d->iflags = iflags;
	d->net = net;
	pf_atomic_set(&d->refs, 1);
	if (make(pf, d))
		return (d);
	pf_kif_put(pf, d->kif);
fail_ctr:
	pf_pcpu_fini(&d->table->ctr);
fail_table:
	pf_free(d->table);
fail:
	pf_free(d);
	return (NULL);
}

struct pf_dyn *
pf_dyn_get(struct pf *pf, const char *ifname, uint8_t iflags, uint8_t net)
{
	struct pf_kif	*kif = pf_kif_find(pf, ifname);
	struct pf_dyn	*d;

	pf_mutex_assert(&pf->ctl);
	for (d = kif != NULL ? kif->dyns : NULL; d != NULL; d = d->next_kif)
		if (d->iflags == iflags && d->net == net) {
			pf_atomic_inc(&d->refs);
			return (d);
		}
	d = dyn_create(pf, ifname, iflags, net);
	if (d == NULL)
		return (NULL);
	d->next = pf->ifs.dyns;
	pf->ifs.dyns = d;
	d->next_kif = d->kif->dyns;
	d->kif->dyns = d;
	return (d);
}

void
pf_dyn_put(struct pf_dyn *d)
{
	if (d != NULL)
		pf_atomic_dec(&d->refs);
}

int32_t
pf_dyn_told(const struct pf_dyn *d, uint8_t af)
{
	return ((int32_t)(af == 0 ? pf_table_size(d->table) :
	    pf_trie_size(pf_rcu_deref_locked(d->table->top[af == AF_INET6]))));
}

void
pf_dyns_purge(struct pf *pf)
{
	struct pf_dyn	**p = &pf->ifs.dyns, **q, *d;
	uint32_t	  i = 0;

	pf_mutex_assert(&pf->ctl);
	while ((d = *p) != NULL) {
		pf_yield_at(i++);
		if (pf_atomic_read(&d->refs) != 0) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		for (q = &d->kif->dyns; *q != d; q = &(*q)->next_kif)
			continue;
		*q = d->next_kif;
		dyn_free(pf, d);
	}
}

/*
 * For pools
 */
uint64_t
pf_dyn_size(const struct pf_dyn *d, uint8_t af)
{
	const struct pf_dyn_list	*l = pf_rcu_deref(d->list);

	return (l != NULL ? l->size[af == AF_INET6] : 0);
}

const struct pf_dyn_prefix *
pf_dyn_at(const struct pf_dyn *d, uint8_t af, uint64_t *place)
{
	const struct pf_dyn_list	*l = pf_rcu_deref(d->list);
	const struct pf_dyn_prefix	*p;
	const unsigned int		 v6 = af == AF_INET6;

	if (l == NULL || l->n[v6] == 0)
		return (NULL);
	p = &l->p[v6 ? l->n[0] : 0];
	*place %= l->size[v6];
	if (likely(l->size[v6] == l->n[v6])) {	/* all of one address */
		p += *place;
		*place = 0;
		return (p);
	}
	for (; *place >= p->size; p++)
		*place -= p->size;
	return (p);
}
