// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pool_pick.c: how an address of a pool is chosen
 *
 * What it owns.  Nothing; the pools are pf_pool.c's.
 * Locking.  The RCU read side of a packet.  The place of round-robin is atomic, or has
 * the pool's lock.
 * Place.  Second floor.
 *
 * A pool is a list of prefixes of one address family.  The addresses of all
 * prefixes, one after the other, are numbered from 0; such a number is a place.
 * A prefix of weight n stands there n times.  To choose an address is to choose a
 * place: the next one (round-robin), a random one, or one by a keyed hash of the
 * source (source-hash).  A prefix of more than 2^32 addresses counts as 2^32
 * addresses; the address bits above the lowest 32 are then chosen separately.
 *
 * A pool with tables has no fixed places, as tables change.  Round-robin goes on
 * from the address that it chose last; for the other kinds a table has as many
 * places as it has entries.  An interface has as many places as it has
 * addresses when it is asked.
 *
 * Least-states compares the addresses that come next by turns, at most LEAST_TRIES of
 * them, and takes the first of those with the fewest states for their weight.  A pool of
 * at most PF_POOL_COUNTS addresses, without tables and interfaces, has a count for each
 * of them; in others the addresses share so many counts, by a keyed hash.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_ifaddr.h"
#include "pf_pool.h"
#include "pf_table.h"

#define LEAST_TRIES	32
#define PASSED_BY	256	/* parts without an address that one packet passes by */

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
	if (begun && ka->user.addr.type == PF_ADDR_NONE)
		return (false);
	if (begun)
		return (prefix_next(base, &ka->user.addr.v.a.mask, af, addr));
	*addr = *base;
	return (true);
}

static bool
dyn_has(const struct pf_dyn *d, uint8_t af, const struct pf_addr *addr)
{
	const struct pf_dyn_prefix	*p;
	uint64_t			 at = 0, place, size = pf_dyn_size(d, af);

	while (at < size && (place = at, p = pf_dyn_at(d, af, &place)) != NULL) {
		if (pf_addr_masked_eq(addr, &p->addr, &p->mask))
			return (true);
		at += p->size - place;
	}
	return (false);
}

/* Whether the address is one of that part of the pool. */
static bool
part_has(const struct pf_kpool_addr *ka, uint8_t af,
    const struct pf_addr *addr)
{
	const struct pf_addr_wrap	*a = &ka->user.addr;

	if (ka->table != NULL)
		return (pf_table_has(ka->table, af, addr));
	if (ka->dyn != NULL)
		return (dyn_has(ka->dyn, af, addr));
	return (a->type == PF_ADDR_NONE ||
	    pf_addr_masked_eq(addr, &a->v.a.addr, &a->v.a.mask));
}

bool
pf_pool_has(const struct pf_kpool *kp, uint8_t af, const struct pf_choice *c)
{
	return (c->part < kp->n && part_has(&kp->addr[c->part], af, &c->addr));
}

/* Round-robin: all addresses of one part after the other, each as often as it weighs.
 * False: none is found, and the cursor stands behind the parts that have been passed by. */
static bool
cursor_next(const struct pf_kpool *kp, uint8_t af, struct pf_pool_cursor *c)
{
	uint32_t	i;

	if (c->begun && c->turns != 0 &&
	    part_has(&kp->addr[c->part], af, &c->addr)) {
		c->turns--;
		return (true);
	}
	for (i = 0; i <= kp->n && i < PASSED_BY; i++) {
		c->begun = part_next(&kp->addr[c->part], af, c->begun, &c->addr);
		if (c->begun) {
			c->turns = kp->least ? 0 : kp->addr[c->part].weight - 1;
			return (true);
		}
		c->part = (c->part + 1) % kp->n;
	}
	return (false);
}

static bool
pick_next(struct pf_kpool *kp, uint8_t af, struct pf_pool_cursor *c)
{
	bool	found;

	pf_spin_lock(&kp->lock);
	found = cursor_next(kp, af, &kp->rr);
	*c = kp->rr;
	pf_spin_unlock(&kp->lock);
	return (found);
}

/* How many places a part has. */
static uint64_t
part_size(const struct pf_kpool_addr *ka, uint8_t af)
{
	return ((ka->table != NULL ? pf_table_entries(ka->table, af) :
	    ka->dyn != NULL ? pf_dyn_size(ka->dyn, af) : ka->size) *
	    ka->weight);
}

/* The address at `place' of a part. */
static bool
part_at(const struct pf_kpool_addr *ka, uint8_t af, uint64_t place,
    const uint64_t more[2], struct pf_addr *out)
{
	const struct pf_dyn_prefix	*p;
	uint64_t			 size;

	if (ka->table != NULL)
		return (pf_table_at(ka->table, af, place, more, out));
	if (ka->dyn != NULL) {
		size = pf_dyn_size(ka->dyn, af);
		place = size != 0 ? place % size : 0;
		p = pf_dyn_at(ka->dyn, af, &place);
		if (p != NULL)
			prefix_at(&p->addr, &p->mask, af, place, more, out);
		return (p != NULL);
	}
	prefix_at(&ka->user.addr.v.a.addr, &ka->user.addr.v.a.mask, af,
	    place % ka->size, more, out);
	return (true);
}

/* The part that a place of a pool which does not change is of; the place in it. */
static uint32_t
part_of(const struct pf_kpool *kp, uint64_t *place)
{
	uint32_t	low = 0, high = kp->n - 1, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (*place < kp->addr[mid].end)
			high = mid;
		else
			low = mid + 1;
	}
	if (low != 0)
		*place -= kp->addr[low - 1].end;
	return (low);
}

/* The address at `place', any number. */
static bool
pick_place(const struct pf_kpool *kp, uint8_t af, uint64_t place,
    const uint64_t more[2], struct pf_choice *c)
{
	uint64_t	size = 0;
	uint32_t	i;

	if (!kp->changes) {
		place %= kp->size;
		c->part = part_of(kp, &place);
		return (part_at(&kp->addr[c->part], af, place, more, &c->addr));
	}
	for (i = 0; i < kp->n; i++)
		size += part_size(&kp->addr[i], af);
	if (size == 0)
		return (false);
	place %= size;
	/* a part may become smaller meanwhile */
	for (i = 0; i < kp->n - 1 && place >= part_size(&kp->addr[i], af); i++)
		place -= part_size(&kp->addr[i], af);
	c->part = i;
	return (part_at(&kp->addr[i], af, place, more, &c->addr));
}

/*
 * Least-states
 */

/* Take the candidate in place of *best if it has fewer states for its weight. */
static void
compare(const struct pf_kpool *kp, struct pf_choice *best,
    const struct pf_choice *c)
{
	if (best->count == NULL ||
	    (uint64_t)pf_atomic_read(c->count) * kp->addr[best->part].weight <
	    (uint64_t)pf_atomic_read(best->count) * kp->addr[c->part].weight)
		*best = *c;
}

static struct pf_atomic *
count_of(const struct pf_kpool *kp, const struct pf_choice *c)
{
	return (&kp->count[pf_siphash2(c->addr.addr64[0],
	    c->addr.addr64[1] + c->part, &kp->key) % kp->ncount]);
}

static void
least_of_places(struct pf_kpool *kp, uint8_t af, const uint64_t more[2],
    struct pf_choice *best)
{
	uint64_t		place = pf_atomic_inc(&kp->rr_next) - 1;
	struct pf_choice	c;
	uint32_t		i;

	for (i = 0; i < LEAST_TRIES && i < kp->size; i++) {
		place %= kp->size;
		pick_place(kp, af, place, more, &c);
		c.count = kp->one_each ? &kp->count[place] : count_of(kp, &c);
		compare(kp, best, &c);
		place++;
	}
}

static bool
least_of_turns(struct pf_kpool *kp, uint8_t af, struct pf_choice *best)
{
	struct pf_pool_cursor	at, first;
	struct pf_choice	c;
	uint32_t		i;

	if (!pick_next(kp, af, &at))
		return (false);
	first = at;
	for (i = 0; i < LEAST_TRIES; i++) {
		c.addr = at.addr;
		c.part = at.part;
		c.count = count_of(kp, &c);
		compare(kp, best, &c);
		if (!cursor_next(kp, af, &at) || (at.part == first.part &&
		    pf_addr_eq(&at.addr, &first.addr)))
			break;
	}
	return (true);
}

static bool
pick_least(struct pf *pf, struct pf_kpool *kp, uint8_t af,
    struct pf_choice *out)
{
	uint64_t	more[2] = { 0, 0 };

	if (kp->changes)
		return (least_of_turns(kp, af, out));
	if (!kp->one_each)
		pf_random(pf, more, sizeof(more));
	least_of_places(kp, af, more, out);
	return (true);
}

static bool
pick_turn(struct pf_kpool *kp, uint8_t af, struct pf_choice *out)
{
	struct pf_pool_cursor	c;

	if (!pick_next(kp, af, &c))
		return (false);
	out->addr = c.addr;
	out->part = c.part;
	return (true);
}

static bool
pick(struct pf *pf, struct pf_kpool *kp, uint8_t af, const struct pf_addr *src,
    struct pf_choice *out)
{
	uint64_t		 more[2] = { 0, 0 }, place = 0;
	const struct pf_addr	*base, *mask;
	uint32_t		 i;

	switch (kp->p.opts & PF_POOL_TYPEMASK) {
	case PF_POOL_NONE:
		if (kp->has_tables)
			return (pick_turn(kp, af, out));
		if (!pf_pool_first(kp, af, &base, &mask))
			return (false);
		out->addr = *base;
		return (true);
	case PF_POOL_BITMASK:
		if (!pf_pool_first(kp, af, &base, &mask))
			return (false);
		for (i = 0; i < 2; i++)
			out->addr.addr64[i] =
			    (base->addr64[i] & mask->addr64[i]) |
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
			return (pick_turn(kp, af, out));
		place = pf_atomic_inc(&kp->rr_next) - 1;
		break;
	case PF_POOL_LEASTSTATES:
		return (pick_least(pf, kp, af, out));
	}
	return (pick_place(kp, af, place, more, out));
}

bool
pf_pool_pick(struct pf *pf, struct pf_kpool *kp, uint8_t af,
    const struct pf_addr *src, struct pf_choice *out)
{
	memset(out, 0, sizeof(*out));
	if (!pick(pf, kp, af, src, out))
		return (false);
	if (unlikely(kp->addr[out->part].user.addr.type == PF_ADDR_NONE))
		memset(&out->addr, 0, sizeof(out->addr));
	return (true);
}
