// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_table.c: tables: look-ups, counters, and their life
 *
 * What it owns.  The pf_tables.
 * Life.  pf_table.h.
 * Locking.  Packets read a table in their RCU read side.  Everything else
 * happens with pf->ctl held.
 * Place.  Second floor; pf_table_edit.c changes what is in a table.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_instance.h"
#include "pf_overload.h"
#include "pf_table.h"
#include "pf_trie.h"
#include "pf_util.h"

/*
 * For packets
 */
bool
pf_table_match(struct pf_table *t, uint8_t af, const struct pf_addr *addr)
{
	struct pf_trie_key	k;
	bool			yes;

	t = READ_ONCE(t->live);
	pf_trie_key(&k, addr, af);
	yes = pf_trie_has(pf_rcu_deref(t->top[af == AF_INET6]), &k);
	if (unlikely(pf_atomic_read(&t->waiting) != 0) && !yes)
		yes = pf_overload_has(t->pf, t, af, addr);
	pf_pcpu_add_packet(&t->ctr, yes ? PF_TC_MATCH : PF_TC_NOMATCH, 1);
	return (yes);
}

static void
count_entry(struct pf_trie_entry e, bool out, unsigned int op, uint64_t n,
    uint64_t len)
{
	struct pf_trie_count	*count = pf_trie_count(e);

	if (count == NULL)
		return;
	pf_atomic64_add(&count->v[PF_TRIE_PACKETS(out, op)], n);
	pf_atomic64_add(&count->v[PF_TRIE_BYTES(out, op)], len);
}

/* The address need not be looked up if it matched and nothing has changed, and
 * if addresses do not count. */
void
pf_table_count(struct pf_table *t, uint8_t af, const struct pf_addr *addr,
    bool neg, uint32_t since, bool out, unsigned int op, uint64_t n,
    uint64_t len)
{
	struct pf_trie_entry	e;
	struct pf_trie_key	k;

	t = READ_ONCE(t->live);
	if (unlikely((READ_ONCE(t->flags) & PFR_TFLAG_COUNTERS) != 0 ||
	    READ_ONCE(t->changed) >= since)) {
		pf_trie_key(&k, addr, af);
		e = pf_trie_match(pf_rcu_deref(t->top[af == AF_INET6]), &k);
		if (pf_trie_says(e) == neg)
			op = PFR_OP_XPASS;
		else if (e.node != NULL)
			count_entry(e, out, op, n, len);
	}
	pf_pcpu_add_packet(&t->ctr, PF_TC_PACKETS(out, op), n);
	pf_pcpu_add_packet(&t->ctr, PF_TC_BYTES(out, op), len);
}

/*
 * Finding
 */
static struct pf_table *
node_table(struct pf_rb_node *n)
{
	return (n != NULL ? container_of(n, struct pf_table, node) : NULL);
}

static int
table_cmp(const struct pf_table *t, const char *anchor, const char *name)
{
	int	d = strcmp(t->anchor, anchor);

	return (d != 0 ? d : strcmp(t->name, name));
}

struct pf_table *
pf_table_first(struct pf *pf)
{
	return (node_table(pf_rb_first(&pf->tables.root)));
}

struct pf_table *
pf_table_next(struct pf_table *t)
{
	return (node_table(pf_rb_next(&t->node)));
}

struct pf_table *
pf_table_find(struct pf *pf, const char *anchor, const char *name)
{
	struct pf_rb_node	*n = pf_rb_top(&pf->tables.root);
	int			 d;

	while (n != NULL) {
		d = table_cmp(node_table(n), anchor, name);
		if (d == 0)
			break;
		n = d > 0 ? pf_rb_left(n) : pf_rb_right(n);
	}
	return (node_table(n));
}

static void
table_insert(struct pf *pf, struct pf_table *t)
{
	struct pf_rb_root	*root = &pf->tables.root;
	struct pf_rb_node	*n, *above = NULL;
	bool			 left = false;

	for (n = pf_rb_top(root); n != NULL;
	    n = left ? pf_rb_left(n) : pf_rb_right(n)) {
		above = n;
		left = table_cmp(node_table(n), t->anchor, t->name) > 0;
	}
	pf_rb_insert(root, &t->node, above, above == NULL ?
	    pf_rb_link_top(root) : left ? pf_rb_link_left(above) :
	    pf_rb_link_right(above));
	pf->tables.n++;
}

/* Names have been checked. */
static struct pf_table *
table_create(struct pf *pf, const char *anchor, const char *name)
{
	struct pf_table	*t;

	t = pf_alloc(pf, sizeof(*t) + strlen(anchor) + 1);
	if (t == NULL)
		return (NULL);
	if (pf_pcpu_init(&t->ctr, PF_TC_MAX) != 0)
		goto fail;
	t->live = t;
	t->pf = pf;
	pf_atomic_set(&t->waiting, 0);
	if (anchor[0] != '\0') {
		t->main = pf_table_get(pf, "", name);
		if (t->main == NULL)
			goto fail_ctr;
		t->live = t->main;
	}
	pf_atomic_set(&t->refs, 1);
	t->tzero = pf_wallclock(pf);
	memcpy(t->name, name, strlen(name));
	memcpy(t->anchor, anchor, strlen(anchor));
	table_insert(pf, t);
	return (t);

fail_ctr:
	pf_pcpu_fini(&t->ctr);
fail:
	pf_free(t);
	return (NULL);
}

struct pf_table *
pf_table_get(struct pf *pf, const char *anchor, const char *name)
{
	struct pf_table	*t;

	pf_mutex_assert(&pf->ctl);
	t = pf_table_find(pf, anchor, name);
	if (t == NULL)
		return (table_create(pf, anchor, name));
	pf_atomic_inc(&t->refs);
	return (t);
}

void
pf_table_put(struct pf_table *t)
{
	if (t != NULL)
		pf_atomic_dec(&t->refs);
}

static void
table_free(struct pf *pf, struct pf_table *t)
{
	pf_rb_erase(&pf->tables.root, &t->node);
	pf->tables.n--;
	pf_table_put(t->main);
	pf_pcpu_fini(&t->ctr);
	pf_free(t);
}

/*
 * Flags and counters
 */
uint32_t
pf_table_size(const struct pf_table *t)
{
	return (pf_trie_size(pf_rcu_deref_locked(t->top[0])) +
	    pf_trie_size(pf_rcu_deref_locked(t->top[1])));
}

int32_t
pf_table_told(const struct pf_table *t)
{
	return ((t->live->flags & PFR_TFLAG_ACTIVE) != 0 ?
	    (int32_t)pf_table_size(t->live) : -1);
}

static void
write_flags(struct pf_table *t, uint32_t flags)
{
	WRITE_ONCE(t->flags, flags);
	WRITE_ONCE(t->live, t->main == NULL || (flags & PFR_TFLAG_ACTIVE) != 0 ?
	    t : t->main);
}

void
pf_table_set_flags(struct pf_table *t, uint32_t flags)
{
	const uint32_t	mask = PFR_TFLAG_USRMASK | PFR_TFLAG_ACTIVE;

	write_flags(t, (t->flags & ~mask) | (flags & mask));
}

void
pf_table_zero_entry(struct pf *pf, struct pf_trie_entry e)
{
	struct pf_trie_count	*count = pf_trie_count(e);
	uint32_t		*mark = pf_trie_mark(e);
	unsigned int		 i;

	WRITE_ONCE(*mark, PF_TRIE_MARK(*mark & PF_TRIE_NOT, pf_uptime(pf)));
	for (i = 0; count != NULL && i < PF_TRIE_COUNTERS; i++)
		pf_atomic64_set(&count->v[i], 0);
}

void
pf_table_zero(struct pf *pf, struct pf_table *t, bool addrs)
{
	pf_pcpu_zero(&t->ctr, PF_TC_MAX);
	t->tzero = pf_wallclock(pf);
	if (addrs)
		pf_table_zero_entries(pf, t);
}

void
pf_table_zero_entries(struct pf *pf, struct pf_table *t)
{
	struct pf_trie_walk	w;
	unsigned int		v6;
	uint32_t		i = 0;

	for (v6 = 0; v6 < 2; v6++) {
		pf_trie_walk(&w, pf_rcu_deref_locked(t->top[v6]), NULL);
		while (pf_trie_next(&w)) {
			pf_table_zero_entry(pf, w.entry);
			pf_yield_at(i++);
		}
	}
}

/*
 * Settling
 */
static void
count_below(struct pf *pf)
{
	struct pf_table	*t;

	/* the main ruleset's tables come first */
	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t)) {
		t->below = 0;
		if (t->main != NULL && t->rules != 0)
			t->main->below++;
	}
}

static uint32_t
settled_flags(const struct pf_table *t)
{
	uint32_t	flags = t->flags;

	flags &= ~(PFR_TFLAG_REFERENCED | PFR_TFLAG_REFDANCHOR);
	if (t->rules != 0)
		flags |= PFR_TFLAG_REFERENCED;
	if (t->below != 0)
		flags |= PFR_TFLAG_REFDANCHOR;
	/* unless the main ruleset's table stands in, which is settled before */
	if (t->overloads != 0 &&
	    (t->main == NULL || (t->main->flags & PFR_TFLAG_ACTIVE) == 0))
		flags |= PFR_TFLAG_ACTIVE;
	if ((flags & (PFR_TFLAG_REFERENCED | PFR_TFLAG_REFDANCHOR |
	    PFR_TFLAG_PERSIST)) == 0)
		flags &= ~PFR_TFLAG_ACTIVE;
	if ((flags & PFR_TFLAG_ACTIVE) == 0)
		flags &= ~PFR_TFLAG_USRMASK;
	return (flags);
}

/* Take all addresses out, to be freed later.  Whether there were some. */
static bool
take_out(struct pf *pf, struct pf_table *t)
{
	uint32_t	n = pf_table_size(t);
	unsigned int	v6;

	if (n == 0)
		return (false);
	pf->tables.entries -= n;
	for (v6 = 0; v6 < 2; v6++) {
		t->old[v6] = pf_rcu_deref_locked(t->top[v6]);
		if (t->old[v6] != NULL)
			pf_rcu_assign(t->top[v6], NULL);
	}
	WRITE_ONCE(t->changed, pf_uptime(pf));
	return (true);
}

static void
free_old(struct pf_table *t)
{
	unsigned int	v6;

	for (v6 = 0; v6 < 2; v6++) {
		pf_trie_free(t->old[v6]);
		t->old[v6] = NULL;
	}
}

/* Tables of anchors go first, as they hold on to those of the main ruleset. */
static void
free_unused(struct pf *pf)
{
	struct pf_table	*t, *next;
	unsigned int	 main;

	for (main = 0; main < 2; main++)
		for (t = pf_table_first(pf); t != NULL; t = next) {
			next = pf_table_next(t);
			if (t->flags == 0 && (t->main == NULL) == !!main &&
			    pf_atomic_read(&t->refs) == 0)
				table_free(pf, t);
		}
}

void
pf_tables_settle(struct pf *pf)
{
	struct pf_table	*t;
	bool		 taken = false;

	pf_mutex_assert(&pf->ctl);
	count_below(pf);
	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t)) {
		write_flags(t, settled_flags(t));
		if ((t->flags & PFR_TFLAG_ACTIVE) == 0)
			taken |= take_out(pf, t);
	}
	if (taken) {
		pf_rcu_sync();
		for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t))
			free_old(t);
	}
	free_unused(pf);
}

void
pf_tables_init(struct pf *pf)
{
	pf_rb_init(&pf->tables.root);
}

void
pf_tables_fini(struct pf *pf)
{
	struct pf_table	*t;

	for (t = pf_table_first(pf); t != NULL; t = pf_table_next(t))
		pf_table_set_flags(t, 0);
	pf_tables_settle(pf);
}
