// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pool.c: pools: the addresses that a rule translates or routes to
 *
 * What it owns.  The pf_kpools.
 * Life.  A pool is made with its rule and freed with it.
 * Locking.  A pool never changes, except for the place of round-robin: rr_next,
 * which is atomic, or in a pool with tables what its lock guards.
 * Place.  Second floor.
 *
 * A pool is a list of prefixes of one address family.  The addresses of all
 * prefixes, one after the other, are numbered from 0; such a number is a place.
 * To choose an address is to choose a place: the next one (round-robin), a
 * random one, or one by a keyed hash of the source (source-hash).  A prefix of
 * more than 2^32 addresses counts as 2^32 addresses; the address bits above the
 * lowest 32 are then chosen separately.
 *
 * A pool with tables has no fixed places, as tables change.  Round-robin goes on
 * from the address that it chose last; for the other kinds a table has as many
 * places as it has entries.  An interface has as many places as it has
 * addresses when it is asked.
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
	    (p->opts & PF_POOL_TYPEMASK) >= PF_POOL_TYPE_MAX)
		return (EINVAL);
	if (p->port_op != PF_OP_NONE && p->port_op != PF_OP_EQ &&
	    p->port_op != PF_OP_RRG)
		return (EINVAL);
	if ((p->opts & ~PF_POOL_TYPEMASK) != 0 ||
	    (p->opts & PF_POOL_TYPEMASK) == PF_POOL_LEASTSTATES)
		return (EOPNOTSUPP);
	for (i = 0; i < n; i++) {
		if (a[i].weight > 1)
			return (EOPNOTSUPP);
		if ((a[i].ifname[0] != '\0' && !routes) ||
		    !pool_addr_sound(&a[i], af, p->opts & PF_POOL_TYPEMASK))
			return (EINVAL);
	}
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
	switch (a->type) {
	case PF_ADDR_NONE:
		ka->size = 1;
		kp->size++;
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
	kp->size += ka->size;
	return (true);
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
	if (kp->changes)
		kp->size = 0;
	*out = kp;
	return (0);
}

void
pf_pool_free(struct pf *pf, struct pf_kpool *kp)
{
	uint32_t	i;

	for (i = 0; kp != NULL && i < kp->n; i++) {
		pf_kif_put(pf, kp->addr[i].kif);
		pf_table_put(kp->addr[i].table);
		pf_dyn_put(kp->addr[i].dyn);
	}
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

/* The address at `place' in a prefix; the bits above the lowest 32 come from
 * `more'. */
static void
prefix_at(const struct pf_addr *base, const struct pf_addr *mask, uint8_t af,
    uint64_t place, const uint64_t more[2], struct pf_addr *out)
{
	struct pf_addr	host;
	unsigned int	i;

	memset(&host, 0, sizeof(host));
	if (af == AF_INET)
		host.v4 = htonl((uint32_t)place);
	else {
		host.addr64[0] = more[0];
		host.addr64[1] = more[1];
		host.addr32[3] = htonl((uint32_t)place);
	}
	for (i = 0; i < 2; i++)
		out->addr64[i] = (base->addr64[i] & mask->addr64[i]) |
		    (host.addr64[i] & ~mask->addr64[i]);
	if (af == AF_INET)
		memset(out->addr8 + 4, 0, 12);
}

bool
pf_pool_first(const struct pf_kpool *kp, uint8_t af,
    const struct pf_addr **addr, const struct pf_addr **mask)
{
	const struct pf_addr_wrap	*a = &kp->addr[0].user.addr;
	const struct pf_dyn_prefix	*p;
	uint64_t			 place = 0;

	if (kp->addr[0].dyn == NULL) {
		*addr = &a->v.a.addr;
		*mask = &a->v.a.mask;
		return (true);
	}
	p = pf_dyn_at(kp->addr[0].dyn, af, &place);
	if (p == NULL)
		return (false);
	*addr = &p->addr;
	*mask = &p->mask;
	return (true);
}

/*
 * Pools with tables or interfaces
 */

/* The address that comes after *addr in a prefix; false: there is no more. */
static bool
prefix_next(const struct pf_addr *base, const struct pf_addr *mask, uint8_t af,
    struct pf_addr *addr)
{
	unsigned int	i = af == AF_INET ? 4 : 16;

	while (i-- > 0)
		if (++addr->addr8[i] != 0)
			break;
	return (pf_addr_masked_eq(addr, base, mask) && !pf_addr_eq(addr, base));
}

/* The same in the prefixes of an interface. */
static bool
dyn_next(const struct pf_dyn *d, uint8_t af, bool begun, struct pf_addr *addr)
{
	const struct pf_dyn_prefix	*p;
	uint64_t			 at = 0, place, size = pf_dyn_size(d, af);
	bool				 here;

	while (at < size && (place = at, p = pf_dyn_at(d, af, &place)) != NULL) {
		at += p->size - place;		/* where the next one begins */
		here = begun && pf_addr_masked_eq(addr, &p->addr, &p->mask);
		if (begun && !here)
			continue;
		if (here && prefix_next(&p->addr, &p->mask, af, addr))
			return (true);
		if (!here) {
			*addr = p->addr;
			return (true);
		}
		begun = false;			/* the next one's first */
	}
	return (false);
}

/* The address that comes after *addr in one part of the pool, or the first one
 * if none has been chosen there.  False: there is no more. */
static bool
part_next(const struct pf_kpool_addr *ka, uint8_t af, bool begun,
    struct pf_addr *addr)
{
	const struct pf_addr	*base = &ka->user.addr.v.a.addr;
	struct pf_addr		 last = *addr;

	if (ka->table != NULL) {
		if (!begun)		/* behind the last one is the first */
			memset(addr, 0xff, sizeof(*addr));
		return (pf_table_after(ka->table, af, addr) &&
		    (!begun || pf_addr_cmp(addr, &last, af) > 0));
	}
	if (ka->dyn != NULL)
		return (dyn_next(ka->dyn, af, begun, addr));
	if (begun)
		return (prefix_next(base, &ka->user.addr.v.a.mask, af, addr));
	*addr = *base;
	return (true);
}

/* Round-robin: all addresses of one part after the other. */
static bool
pick_next(struct pf_kpool *kp, uint8_t af, struct pf_addr *out, uint32_t *part)
{
	uint32_t	i;
	bool		found = false;

	pf_spin_lock(&kp->lock);
	for (i = 0; i <= kp->n && !found; i++) {
		found = part_next(&kp->addr[kp->rr_part], af, kp->rr_begun,
		    &kp->rr_addr);
		kp->rr_begun = found;
		if (!found)
			kp->rr_part = (kp->rr_part + 1) % kp->n;
	}
	*out = kp->rr_addr;
	*part = kp->rr_part;
	pf_spin_unlock(&kp->lock);
	return (found);
}

static uint64_t
part_size(const struct pf_kpool_addr *ka, uint8_t af)
{
	return (ka->table != NULL ? pf_table_entries(ka->table, af) :
	    ka->dyn != NULL ? pf_dyn_size(ka->dyn, af) : ka->size);
}

/* The other kinds. */
static bool
pick_place(struct pf_kpool *kp, uint8_t af, uint64_t place,
    const uint64_t more[2], struct pf_addr *out, uint32_t *part)
{
	const struct pf_kpool_addr	*ka = kp->addr;
	const struct pf_dyn_prefix	*p;
	uint64_t			 size = 0;
	uint32_t			 i;

	for (i = 0; i < kp->n; i++)
		size += part_size(&kp->addr[i], af);
	if (size == 0)
		return (false);
	place %= size;
	/* a part may become smaller meanwhile */
	for (i = 0; i < kp->n - 1 && place >= part_size(ka, af); i++, ka++)
		place -= part_size(ka, af);
	*part = i;
	if (ka->table != NULL)
		return (pf_table_at(ka->table, af, place, more, out));
	if (ka->dyn != NULL) {
		p = pf_dyn_at(ka->dyn, af, &place);
		if (p != NULL)
			prefix_at(&p->addr, &p->mask, af, place, more, out);
		return (p != NULL);
	}
	prefix_at(&ka->user.addr.v.a.addr, &ka->user.addr.v.a.mask, af,
	    place % ka->size, more, out);
	return (true);
}

/* Choose an address, and tell the part that it is of. */
static bool
pick(struct pf *pf, struct pf_kpool *kp, uint8_t af, const struct pf_addr *src,
    struct pf_addr *out, uint32_t *part)
{
	uint64_t		 more[2] = { 0, 0 }, place = 0;
	const struct pf_addr	*base, *mask;
	uint32_t		 i;

	*part = 0;
	switch (kp->p.opts & PF_POOL_TYPEMASK) {
	case PF_POOL_NONE:
		if (kp->has_tables)
			return (pick_next(kp, af, out, part));
		if (!pf_pool_first(kp, af, &base, &mask))
			return (false);
		*out = *base;
		return (true);
	case PF_POOL_BITMASK:
		if (!pf_pool_first(kp, af, &base, &mask))
			return (false);
		for (i = 0; i < 2; i++)
			out->addr64[i] = (base->addr64[i] & mask->addr64[i]) |
			    (src->addr64[i] & ~mask->addr64[i]);
		return (true);
	case PF_POOL_RANDOM:
		pf_random(pf, more, sizeof(more));
		pf_random(pf, &place, sizeof(place));
		break;
	case PF_POOL_SRCHASH:
		place = pf_siphash2(src->addr64[0], src->addr64[1], &kp->key);
		more[0] = pf_siphash2(place, 1, &kp->key);
		more[1] = pf_siphash2(place, 2, &kp->key);
		break;
	case PF_POOL_ROUNDROBIN:
		if (kp->has_tables)
			return (pick_next(kp, af, out, part));
		place = pf_atomic_inc(&kp->rr_next) - 1;
		break;
	}
	if (kp->changes)
		return (pick_place(kp, af, place, more, out, part));
	place %= kp->size;
	for (i = 0; place >= kp->addr[i].size; i++)
		place -= kp->addr[i].size;
	*part = i;
	prefix_at(&kp->addr[i].user.addr.v.a.addr,
	    &kp->addr[i].user.addr.v.a.mask, af, place, more, out);
	return (true);
}

bool
pf_pool_pick(struct pf *pf, struct pf_kpool *kp, uint8_t af,
    const struct pf_addr *src, struct pf_addr *out, uint32_t *part)
{
	uint32_t	of;

	if (!pick(pf, kp, af, src, out, &of))
		return (false);
	if (unlikely(kp->addr[of].user.addr.type == PF_ADDR_NONE))
		memset(out, 0, sizeof(*out));
	if (part != NULL)
		*part = of;
	return (true);
}
