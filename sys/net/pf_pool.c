// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pool.c: pools: the addresses that a rule translates or routes to
 *
 * What it owns.  The pf_kpools.
 * Life.  A pool is made with its rule and freed with it.
 * Locking.  A pool never changes, except for the place of round-robin (rr_next,
 * which is atomic, or in a pool with tables what its lock guards), and for what
 * least-states counts, which is atomic.
 * Place.  Second floor.
 *
 * How an address of it is chosen is told in pf_pool_pick.c.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_pool.h"
#include "pf_table.h"
#include "pf_util.h"

#define POOL_MAX	65536		/* prefixes in a pool */

/* NUL-terminated, zeros behind. */
static bool
name_ok(const char *name)
{
	size_t	len = strnlen(name, PF_IFNAMSIZ);

	return (len < PF_IFNAMSIZ &&
	    pf_all_zero((const uint8_t *)name + len, PF_IFNAMSIZ - len));
}

static bool
pool_addr_sound(const struct pf_pooladdr *a, uint8_t af, unsigned int type)
{
	size_t		used = af == AF_INET ? 4 : 16;
	unsigned int	bits;

	if (a->addr.cnt != 0 || !pf_all_zero(a->pad, sizeof(a->pad)) ||
	    !name_ok(a->ifname))
		return (false);
	if (a->addr.type == PF_ADDR_DYNIFTL)
		return (pf_dyn_ok(&a->addr));
	if (a->addr.iflags != 0 || a->addr.net != 0 || a->addr.pad != 0)
		return (false);
	if (a->addr.type == PF_ADDR_NONE)	/* an interface alone */
		return (a->ifname[0] != '\0' && type != PF_POOL_BITMASK &&
		    pf_all_zero((const uint8_t *)&a->addr.v, sizeof(a->addr.v)));
	if (a->addr.type == PF_ADDR_TABLE)
		return (type != PF_POOL_BITMASK &&
		    pf_table_name_ok(a->addr.v.tblname));
	return (a->addr.type == PF_ADDR_ADDRMASK && af != 0 &&
	    pf_all_zero(a->addr.v.a.addr.addr8 + used, 16 - used) &&
	    pf_all_zero(a->addr.v.a.mask.addr8 + used, 16 - used) &&
	    pf_mask_prefix(&a->addr.v.a.mask, af, &bits));
}

int
pf_pool_check(const struct pf_pool *p, const struct pf_pooladdr *a, uint32_t n,
    uint8_t af, bool routes)
{
	uint32_t	i;

	if (n == 0 || n > POOL_MAX ||
	    (af != 0 && af != AF_INET && af != AF_INET6) ||
	    !pf_all_zero(p->pad, sizeof(p->pad)) ||
	    (p->opts & ~(PF_POOL_TYPEMASK | PF_POOL_STICKYADDR)) != 0 ||
	    (p->opts & PF_POOL_TYPEMASK) >= PF_POOL_TYPE_MAX)
		return (EINVAL);
	if (p->port_op != PF_OP_NONE && p->port_op != PF_OP_EQ &&
	    p->port_op != PF_OP_RRG)
		return (EINVAL);
	for (i = 0; i < n; i++)
		if ((a[i].ifname[0] != '\0' && !routes) ||
		    !pool_addr_sound(&a[i], af, p->opts & PF_POOL_TYPEMASK))
			return (EINVAL);
	return (0);
}

/* Get what an address of the pool stands for; false: no memory. */
static bool
addr_get(struct pf *pf, struct pf_kpool *kp, struct pf_kpool_addr *ka,
    const struct pf_rule *r, const char *path)
{
	const struct pf_addr_wrap	*a = &ka->user.addr;
	unsigned int			 bits;

	if (ka->user.ifname[0] != '\0' &&
	    (ka->kif = pf_kif_get(pf, ka->user.ifname)) == NULL)
		return (false);
	ka->weight = ka->user.weight > 1 ? ka->user.weight : 1;
	switch (a->type) {
	case PF_ADDR_NONE:
		ka->size = 1;
		return (true);
	case PF_ADDR_TABLE:
		kp->has_tables = kp->changes = true;
		ka->table = pf_table_get(pf, path, a->v.tblname);
		return (ka->table != NULL);
	case PF_ADDR_DYNIFTL:
		kp->changes = true;
		ka->dyn = pf_dyn_get(pf, a->v.ifname, a->iflags, a->net);
		return (ka->dyn != NULL);
	}
	pf_mask_prefix(&a->v.a.mask, r->af, &bits);
	ka->size = pf_prefix_size(bits, r->af);
	return (true);
}

/*
 * Number the places.  They fit: a weight is below 2^16, and there are at most 2^16
 * prefixes of at most 2^32 addresses.
 */
static void
set_places(struct pf_kpool *kp)
{
	uint32_t	i;

	for (i = 0; i < kp->n && !kp->changes; i++) {
		kp->size += kp->addr[i].size * (kp->least ? 1 :
		    kp->addr[i].weight);
		kp->addr[i].end = kp->size;
	}
}

/* What least-states counts with.  ENOMEM. */
static int
counts_create(struct pf *pf, struct pf_kpool *kp)
{
	uint32_t	i;

	if (!kp->least)
		return (0);
	kp->one_each = kp->size != 0 && kp->size <= PF_POOL_COUNTS;
	kp->ncount = kp->one_each ? (uint32_t)kp->size : PF_POOL_COUNTS;
	kp->count = pf_alloc(pf, kp->ncount * sizeof(kp->count[0]));
	if (kp->count == NULL)
		return (ENOMEM);
	for (i = 0; i < kp->ncount; i++)
		pf_atomic_set(&kp->count[i], 0);
	return (0);
}

int
pf_pool_create(struct pf *pf, const struct pf_rule *r, unsigned int which,
    const char *path, const struct pf_pool_list *l, struct pf_kpool **out)
{
	const struct pf_pool	*p = &r->pool[which];
	struct pf_kpool		*kp;
	uint32_t		 i;

	kp = pf_alloc(pf, sizeof(*kp) + l->n * sizeof(kp->addr[0]));
	if (kp == NULL)
		return (ENOMEM);
	kp->p = *p;
	if (p->port_op == PF_OP_RRG && p->proxy_port[0] > p->proxy_port[1]) {
		kp->p.proxy_port[0] = p->proxy_port[1];	/* 5000:1000 */
		kp->p.proxy_port[1] = p->proxy_port[0];
	}
	kp->n = l->n;
	kp->least = (p->opts & PF_POOL_TYPEMASK) == PF_POOL_LEASTSTATES;
	kp->sticky = (p->opts & PF_POOL_STICKYADDR) != 0 &&
	    (p->opts & PF_POOL_TYPEMASK) != PF_POOL_NONE;
	pf_atomic_set(&kp->rr_next, 0);
	pf_spin_init(&kp->lock);
	if (pf_all_zero(p->key, sizeof(p->key)))
		pf_random(pf, &kp->key, sizeof(kp->key));
	else
		memcpy(&kp->key, p->key, sizeof(kp->key));
	for (i = 0; i < l->n; i++) {
		kp->addr[i].user = l->addr[i];
		pf_yield_at(i);
		if (!addr_get(pf, kp, &kp->addr[i], r, path)) {
			pf_pool_free(pf, kp);
			return (ENOMEM);
		}
	}
	set_places(kp);
	if (counts_create(pf, kp) != 0) {
		pf_pool_free(pf, kp);
		return (ENOMEM);
	}
	*out = kp;
	return (0);
}

void
pf_pool_free(struct pf *pf, struct pf_kpool *kp)
{
	uint32_t	i;

	if (kp == NULL)
		return;
	for (i = 0; i < kp->n; i++) {
		pf_kif_put(pf, kp->addr[i].kif);
		pf_table_put(kp->addr[i].table);
		pf_dyn_put(kp->addr[i].dyn);
	}
	pf_free(kp->count);
	pf_free(kp);
}

void
pf_pool_count_user(struct pf_kpool *kp, uint32_t n)
{
	uint32_t	i;

	for (i = 0; kp != NULL && kp->has_tables && i < kp->n; i++)
		if (kp->addr[i].table != NULL)
			kp->addr[i].table->rules += n;
}

bool
pf_pool_has_loopback(const struct pf_kpool *kp, uint8_t af)
{
	const struct pf_addr_wrap	*a;
	uint32_t			 i;

	for (i = 0; i < kp->n && af != AF_INET6; i++) {
		a = &kp->addr[i].user.addr;
		if (a->type == PF_ADDR_DYNIFTL ? strcmp(a->v.ifname, "lo") == 0 :
		    a->type == PF_ADDR_ADDRMASK && ((a->v.a.addr.v4 ^
		    htonl(0x7f000000)) & a->v.a.mask.v4 & htonl(0xff000000)) == 0)
			return (true);
	}
	return (false);
}

void
pf_pool_export(const struct pf_kpool_addr *ka, struct pf_pooladdr *a)
{
	*a = ka->user;
	if (ka->table != NULL)
		a->addr.cnt = pf_table_told(ka->table);
}
