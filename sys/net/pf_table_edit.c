// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_table_edit.c: changing and listing the addresses of a table
 *
 * What it owns.  The pf_table_edits, which their callers have on the stack or
 * in a transaction.
 * Locking.  Control context with pf->ctl held; an edit that has begun with no
 * address needs no lock before it is applied.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_instance.h"
#include "pf_table.h"
#include "pf_trie.h"
#include "pf_util.h"

static unsigned int
index_of(const struct pfr_addr *a)
{
	return (a->pfra_af == AF_INET6);
}

static uint8_t
family_of(unsigned int index)
{
	return (index == 0 ? AF_INET : AF_INET6);
}

static void
key_of(struct pf_trie_key *k, const struct pfr_addr *a)
{
	pf_trie_key(k, &a->pfra_addr, a->pfra_af);
}

/* Whether all bits behind the prefix are zero, those behind an IPv4 address
 * among them. */
bool
pf_table_addr_ok(const struct pfr_addr *a)
{
	unsigned int	bits = a->pfra_net, i = bits / 8;

	if ((a->pfra_af != AF_INET && a->pfra_af != AF_INET6) ||
	    bits > (a->pfra_af == AF_INET ? 32 : 128) || a->pfra_not > 1 ||
	    a->pfra_fback != 0 || !pf_all_zero(a->pad, sizeof(a->pad)))
		return (false);
	if (bits % 8 != 0 &&
	    (a->pfra_addr.addr8[i++] & (0xff >> bits % 8)) != 0)
		return (false);
	return (pf_all_zero(a->pfra_addr.addr8 + i, 16 - i));
}

bool
pf_table_name_ok(const char name[PF_TABLE_NAME_SIZE])
{
	size_t	len = strnlen(name, PF_TABLE_NAME_SIZE);

	return (len > 0 && len < PF_TABLE_NAME_SIZE &&
	    pf_all_zero(name + len, PF_TABLE_NAME_SIZE - len));
}

void
pf_table_edit_begin(struct pf *pf, struct pf_table_edit *e, struct pf_table *t,
    bool counted)
{
	unsigned int	v6;

	e->anew = t == NULL;
	if (t != NULL)
		counted = (t->flags & PFR_TFLAG_COUNTERS) != 0;
	for (v6 = 0; v6 < 2; v6++) {
		e->whole[v6] = NULL;
		pf_trie_edit_begin(pf, &e->trie[v6], t == NULL ? NULL :
		    pf_rcu_deref_locked(t->top[v6]), family_of(v6), counted);
	}
}

struct pf_trie_entry
pf_table_edit_find(const struct pf_table_edit *e, const struct pfr_addr *a)
{
	struct pf_trie_key	k;

	key_of(&k, a);
	return (pf_trie_find(e->trie[index_of(a)].top, &k, a->pfra_net));
}

struct pf_trie_entry
pf_table_entry(const struct pf_table *t, const struct pfr_addr *a)
{
	struct pf_trie_key	k;

	key_of(&k, a);
	return (pf_trie_find(pf_rcu_deref_locked(t->top[index_of(a)]), &k,
	    a->pfra_net));
}

int
pf_table_edit_add(struct pf_table_edit *e, const struct pfr_addr *a)
{
	struct pf_trie_edit	*trie = &e->trie[index_of(a)];
	struct pf_trie_key	 k;

	key_of(&k, a);
	return (pf_trie_add(trie, &k, a->pfra_net,
	    PF_TRIE_MARK(a->pfra_not, pf_uptime(trie->pf))));
}

int
pf_table_edit_remove(struct pf_table_edit *e, const struct pfr_addr *a)
{
	struct pf_trie_key	k;

	key_of(&k, a);
	return (pf_trie_remove(&e->trie[index_of(a)], &k, a->pfra_net));
}

int
pf_table_edit_copy(struct pf_table_edit *e, const struct pf_table *t)
{
	struct pf_trie_walk	w;
	unsigned int		v6;
	uint32_t		i = 0;
	int			error;

	for (v6 = 0; v6 < 2; v6++) {
		pf_trie_walk(&w, pf_rcu_deref_locked(t->top[v6]), NULL);
		while (pf_trie_next(&w)) {
			error = pf_trie_add(&e->trie[v6], &w.key, w.bits,
			    *pf_trie_mark(w.entry));
			if (error != 0)
				return (error);
			pf_yield_at(i++);
		}
	}
	return (0);
}

uint32_t
pf_table_edit_size(const struct pf_table_edit *e)
{
	return (pf_trie_size(e->trie[0].top) + pf_trie_size(e->trie[1].top));
}

void
pf_table_edit_cancel(struct pf_table_edit *e)
{
	pf_trie_edit_cancel(&e->trie[0]);
	pf_trie_edit_cancel(&e->trie[1]);
}

void
pf_table_edit_apply(struct pf *pf, struct pf_table *t, struct pf_table_edit *e)
{
	struct pf_trie_node	*old;
	unsigned int		 v6;

	pf_mutex_assert(&pf->ctl);
	pf->tables.entries += pf_table_edit_size(e) - pf_table_size(t);
	for (v6 = 0; v6 < 2; v6++) {
		old = pf_rcu_deref_locked(t->top[v6]);
		pf_trie_edit_settle(&e->trie[v6]);
		if (e->anew) {
			pf_trie_inherit(e->trie[v6].top, old);
			e->whole[v6] = old;
		}
		pf_rcu_assign(t->top[v6], e->trie[v6].top);
	}
	WRITE_ONCE(t->changed, pf_uptime(pf));
}

void
pf_table_edit_free(struct pf_table_edit *e)
{
	unsigned int	v6;

	for (v6 = 0; v6 < 2; v6++) {
		pf_trie_edit_free(&e->trie[v6]);
		pf_trie_free(e->whole[v6]);
	}
}

/*
 * Walks
 */
void
pf_table_walk(struct pf_table_walk *w, const struct pf_table *t)
{
	w->t = t;
	w->af = AF_INET;
	pf_trie_walk(&w->trie, pf_rcu_deref_locked(t->top[0]), NULL);
}

bool
pf_table_walk_next(struct pf_table_walk *w)
{
	if (pf_trie_next(&w->trie))
		return (true);
	if (w->af == AF_INET6)
		return (false);
	w->af = AF_INET6;
	pf_trie_walk(&w->trie, pf_rcu_deref_locked(w->t->top[1]), NULL);
	return (pf_trie_next(&w->trie));
}

void
pf_table_walk_addr(const struct pf_table_walk *w, struct pfr_addr *a)
{
	memset(a, 0, sizeof(*a));
	pf_trie_addr(&a->pfra_addr, &w->trie.key, w->af);
	a->pfra_af = w->af;
	a->pfra_net = (uint8_t)w->trie.bits;
	a->pfra_not = (*pf_trie_mark(w->trie.entry) & PF_TRIE_NOT) != 0;
}
