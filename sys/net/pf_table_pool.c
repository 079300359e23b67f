// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_table_pool.c: choosing an address of a table, for pools
 *
 * What it owns.  Nothing: it reads tables.
 * Locking.  Packet context, in an RCU read side.
 * Place.  Second floor.
 *
 * An address is in the table if the longest prefix that has it is one without
 * `!'.  Entries may be nested, so that an address of an entry need not be in the
 * table.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_table.h"
#include "pf_trie.h"

#define STEPS	256		/* entries that are passed by, at most */

static unsigned int
words(uint8_t af)
{
	return (af == AF_INET ? 1 : 4);
}

/* Add 1 to a key; false: it was the last address of the family. */
static bool
key_step(struct pf_trie_key *k, uint8_t af)
{
	unsigned int	i = words(af);

	while (i-- > 0)
		if (++k->w[i] != 0)
			return (true);
	return (false);
}

/* Replace the bits behind a prefix by those of `host'. */
static void
key_host(struct pf_trie_key *k, unsigned int bits, uint8_t af,
    const uint32_t host[4])
{
	unsigned int	i, before;
	uint32_t	open;

	for (i = 0; i < words(af); i++) {
		before = bits > i * 32 ? bits - i * 32 : 0;
		open = before < 32 ? UINT32_MAX >> before : 0;
		k->w[i] = (k->w[i] & ~open) | (host[i] & open);
	}
}

static bool
is_in(const struct pf_trie_node *top, const struct pf_trie_key *k,
    struct pf_trie_entry *e)
{
	*e = pf_trie_match(top, k);
	return (pf_trie_says(*e));
}

/*
 * Go on from k, which is not in the table and which e has, to the next address
 * that may be in it: where the next entry begins, or the one behind e.  False:
 * there is none.
 */
static bool
key_seek(const struct pf_trie_node *top, struct pf_trie_key *k, uint8_t af,
    struct pf_trie_entry e)
{
	static const uint32_t	last[4] = { UINT32_MAX, UINT32_MAX, UINT32_MAX,
				    UINT32_MAX };
	struct pf_trie_key	behind = *k;
	struct pf_trie_walk	w;
	bool			more, inside = e.node != NULL;

	if (inside) {
		key_host(&behind, pf_trie_bits(e), af, last);
		inside = key_step(&behind, af);
	}
	if (!key_step(k, af))
		return (false);
	pf_trie_walk(&w, top, k);
	more = pf_trie_next(&w);
	if (more && (!inside || pf_trie_key_cmp(&w.key, &behind) < 0))
		*k = w.key;
	else
		*k = behind;
	return (more || inside);
}

/* The first address of the table that is not below k. */
static bool
key_find(const struct pf_trie_node *top, struct pf_trie_key *k, uint8_t af)
{
	struct pf_trie_entry	e;
	unsigned int		i;

	for (i = 0; i < STEPS; i++) {
		if (is_in(top, k, &e))
			return (true);
		if (!key_seek(top, k, af, e))
			break;
	}
	return (false);
}

bool
pf_table_after(struct pf_table *t, uint8_t af, struct pf_addr *addr)
{
	static const struct pf_trie_key	first;
	struct pf_trie_node		*top;
	struct pf_trie_key		 k;
	bool				 found;

	top = pf_rcu_deref(READ_ONCE(t->live)->top[af == AF_INET6]);
	pf_trie_key(&k, addr, af);
	found = key_step(&k, af) && key_find(top, &k, af);
	if (!found) {
		k = first;
		found = key_find(top, &k, af);
	}
	pf_trie_addr(addr, &k, af);
	return (found);
}

bool
pf_table_has(const struct pf_table *t, uint8_t af, const struct pf_addr *addr)
{
	struct pf_trie_key	k;

	pf_trie_key(&k, addr, af);
	return (pf_trie_has(pf_rcu_deref(READ_ONCE(t->live)->top[
	    af == AF_INET6]), &k));
}

uint32_t
pf_table_entries(const struct pf_table *t, uint8_t af)
{
	return (pf_trie_size(pf_rcu_deref(READ_ONCE(t->live)->top[
	    af == AF_INET6])));
}

bool
pf_table_at(struct pf_table *t, uint8_t af, uint64_t place,
    const uint64_t more[2], struct pf_addr *addr)
{
	const struct pf_trie_node	*top;
	struct pf_trie_entry		 e;
	struct pf_trie_walk		 w;
	uint32_t			 host[4], n;

	top = pf_rcu_deref(READ_ONCE(t->live)->top[af == AF_INET6]);
	n = pf_trie_size(top);
	if (n == 0)
		return (false);
	pf_trie_at(&w, top, (uint32_t)(place % n));
	host[0] = (uint32_t)more[0];
	host[1] = (uint32_t)(more[0] >> 32);
	host[2] = (uint32_t)more[1];
	host[3] = (uint32_t)(more[1] >> 32);
	key_host(&w.key, w.bits, af, host);
	pf_trie_addr(addr, &w.key, af);
	return (is_in(top, &w.key, &e) || pf_table_after(t, af, addr));
}
