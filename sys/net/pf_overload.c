// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_overload.c: sources that are on their way into a table (overload)
 *
 * What it owns.  The pf_overloads.
 * Life.  pf_overload.h.
 * Locking.  An addition takes the spin lock, as settling does to mark what it settles and to
 * take it out.  A look-up follows a bucket in its RCU read side.  What is settled
 * leaves its bucket a grace period after it is in the table, so that no look-up misses it in
 * both.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_overload.h"
#include "pf_rule.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_table.h"
#include "pf_trie.h"

/* A source, and where it is waiting. */
struct source {
	const struct pf_addr	*addr;
	uint8_t			 af;
};

static struct pf_overload **
bucket_of_addr(struct pf *pf, const struct source *who)
{
	return (&pf->overloads.b[pf_siphash2(who->addr->addr64[0],
	    who->addr->addr64[1], &pf->st.secret) % PF_OVERLOAD_BUCKETS]);
}

static bool
is_of(const struct pf_overload *o, const struct source *who)
{
	return (o->af == who->af && pf_addr_eq(&o->addr, who->addr));
}

/* The address that the first packet of the state came with, in the key. */
static void
source_of(const struct pf_state *s, struct pf_state_key *key,
    struct source *who)
{
	unsigned int	side = s->direction == PF_IN ? PF_SK_WIRE :
			    PF_SK_STACK;

	pf_state_key_get(s, side, key);
	who->addr = &key->addr[side];
	who->af = key->af;
}

static void
entry_of(const struct source *who, struct pfr_addr *a)
{
	memset(a, 0, sizeof(*a));
	a->pfra_addr = *who->addr;
	a->pfra_af = who->af;
	a->pfra_net = who->af == AF_INET ? 32 : 128;
}

/* Whether the table has just this address, also with `!': then it stays as it is. */
static bool
is_in_table(const struct pf_table *t, const struct source *who)
{
	struct pf_trie_key	k;

	pf_trie_key(&k, who->addr, who->af);
	return (pf_trie_find(pf_rcu_deref(t->top[who->af == AF_INET6]), &k,
	    who->af == AF_INET ? 32 : 128).node != NULL);
}

static void
overload_free(struct pf_rcu_head *head)
{
	struct pf_overload	*o = container_of(head, struct pf_overload, rcu);

	pf_krule_put(o->pf, o->rule);
	pf_free(o);
}

/* Whether the rule has the source waiting already.  Lock: the spin lock. */
static bool
is_waiting(const struct pf_overload *o, const struct pf_krule *kr,
    const struct source *who)
{
	for (; o != NULL; o = pf_rcu_deref_locked(o->next))
		if (o->rule == kr && !o->taken && is_of(o, who))
			return (true);
	return (false);
}

static struct pf_overload *
overload_create(struct pf *pf, struct pf_krule *kr, const struct source *who)
{
	struct pf_overload	*o;

	if (!pf_atomic_inc_below(&pf->overloads.n,
	    pf_rcu_deref(pf->conf)->limit[PF_LIMIT_TABLE_ENTRIES]))
		return (NULL);
	o = pf_alloc_atomic(pf, sizeof(*o));
	if (o == NULL) {
		pf_atomic_dec(&pf->overloads.n);
		return (NULL);
	}
	pf_krule_ref(kr);
	o->pf = pf;
	o->rule = kr;
	o->table = READ_ONCE(kr->overload->live);
	o->addr = *who->addr;
	o->af = who->af;
	return (o);
}

void
pf_overload_add(struct pf *pf, const struct pf_state *s)
{
	struct pf_krule		*kr = s->rule;
	struct pf_overload	*o, **b;
	struct pf_state_key	 key;
	struct source		 who;
	bool			 has;

	if (kr->overload == NULL)
		return;
	source_of(s, &key, &who);
	has = is_in_table(READ_ONCE(kr->overload->live), &who);
	pf_count(pf, PF_CTR_LIMIT + LCNT_OVERLOAD_TABLE);
	if (kr->act.flush != 0)
		pf_count(pf, PF_CTR_LIMIT + LCNT_OVERLOAD_FLUSH);
	else if (has)
		return;
	o = overload_create(pf, kr, &who);
	if (o == NULL) {
		pf_log(pf, "overload <%s>: no room for a source",
		    kr->overload->name);
		return;
	}
	o->counts = !has;
	b = bucket_of_addr(pf, &who);
	pf_spin_lock(&pf->overloads.lock);
	if (is_waiting(pf_rcu_deref_locked(*b), kr, &who)) {
		pf_atomic_dec(&pf->overloads.n);
		pf_spin_unlock(&pf->overloads.lock);
		overload_free(&o->rcu);
		return;
	}
	o->next = pf_rcu_deref_locked(*b);
	pf_atomic_inc(&o->table->waiting);
	pf_rcu_assign(*b, o);
	pf_spin_unlock(&pf->overloads.lock);
	pf_host_kick(pf);
}

bool
pf_overload_has(struct pf *pf, const struct pf_table *t, uint8_t af,
    const struct pf_addr *addr)
{
	struct source		 who = { addr, af };
	struct pf_overload	*o;

	for (o = pf_rcu_deref(*bucket_of_addr(pf, &who)); o != NULL;
	    o = pf_rcu_deref(o->next))
		if (o->table == t && o->counts && is_of(o, &who))
			return (true);
	return (false);
}

/*
 * Settling
 */

/* Call fn for all that are being settled.  Lock: ctl. */
static void
each_taken(struct pf *pf, void (*fn)(struct pf_overload *, void *), void *arg)
{
	struct pf_overload	*o;
	unsigned int		 i;

	for (i = 0; i < PF_OVERLOAD_BUCKETS; i++)
		for (o = pf_rcu_deref_locked(pf->overloads.b[i]); o != NULL;
		    o = pf_rcu_deref_locked(o->next))
			if (o->taken)
				fn(o, arg);
}

/* Those that are there now are settled, and those that come later wait. */
static void
take_all(struct pf *pf)
{
	struct pf_overload	*o;
	unsigned int		 i;

	pf_spin_lock(&pf->overloads.lock);
	for (i = 0; i < PF_OVERLOAD_BUCKETS; i++)
		for (o = pf_rcu_deref_locked(pf->overloads.b[i]); o != NULL;
		    o = pf_rcu_deref_locked(o->next))
			o->taken = true;
	pf_spin_unlock(&pf->overloads.lock);
}

struct filling {
	struct pf		*pf;
	struct pf_table		*t;
	struct pf_table_edit	 edit;
	uint32_t		 room;		/* for so many more addresses */
	int			 error;
};

static void
fill_one(struct pf_overload *o, void *arg)
{
	struct source	 who = { &o->addr, o->af };
	struct filling	*f = arg;
	struct pfr_addr	 a;

	if (o->table != f->t || !o->counts || f->error != 0)
		return;
	entry_of(&who, &a);
	if (pf_table_edit_find(&f->edit, &a).node != NULL)
		return;
	if (f->room == 0) {
		pf_log(f->pf, "overload <%s>: the limit of table-entries is "
		    "reached", f->t->name);
		return;
	}
	f->room--;
	f->error = pf_table_edit_add(&f->edit, &a);
}

/* Put into the table what is waiting for it; false: no memory. */
static bool
fill(struct pf *pf, struct pf_table *t)
{
	const struct pf_conf	*conf = pf_rcu_deref_locked(pf->conf);
	uint32_t		 max = conf->limit[PF_LIMIT_TABLE_ENTRIES];
	struct filling		 f = { .pf = pf, .t = t };

	if ((t->flags & PFR_TFLAG_ACTIVE) == 0)
		return (true);		/* nobody asks it */
	if (pf->tables.entries < max)
		f.room = max - pf->tables.entries;
	pf_table_edit_begin(pf, &f.edit, t, false);
	each_taken(pf, fill_one, &f);
	if (f.error != 0) {
		pf_table_edit_cancel(&f.edit);
		return (false);
	}
	pf_table_edit_apply(pf, t, &f.edit);
	pf_rcu_sync();
	pf_table_edit_free(&f.edit);
	return (true);
}

struct settling {
	struct pf	*pf;
	bool		 ok;
	bool		 flush;		/* states are to be removed */
};

static void
find_flush(struct pf_overload *o, void *arg)
{
	struct settling	*st = arg;

	st->flush = st->flush || o->rule->act.flush != 0;
}

/* Fill each table that one of them waits for. */
static void
fill_tables(struct settling *st)
{
	struct pf_table	*t;

	for (t = pf_table_first(st->pf); t != NULL; t = pf_table_next(t))
		if (pf_atomic_read(&t->waiting) != 0)
			st->ok = fill(st->pf, t) && st->ok;
}

static bool
flush_one(struct pf_state *s, void *arg)
{
	struct pf		*pf = arg;
	struct pf_overload	*o;
	struct pf_state_key	 key;
	struct source		 who;
	uint8_t			 flush;

	source_of(s, &key, &who);
	for (o = pf_rcu_deref(*bucket_of_addr(pf, &who)); o != NULL;
	    o = pf_rcu_deref(o->next)) {
		flush = o->rule->act.flush;
		if (!o->taken || flush == 0 || !is_of(o, &who) ||
		    ((flush & PF_FLUSH_GLOBAL) == 0 && o->rule != s->rule))
			continue;
		pf_state_remove(pf, s);
		break;
	}
	return (true);
}

/* Those that are settled go; if a table had no memory they wait for another time. */
static void
release_all(struct pf *pf, bool settled)
{
	struct pf_overload	*o, **link;
	unsigned int		 i;

	pf_spin_lock(&pf->overloads.lock);
	for (i = 0; i < PF_OVERLOAD_BUCKETS; i++) {
		link = &pf->overloads.b[i];
		while ((o = pf_rcu_deref_locked(*link)) != NULL) {
			if (!o->taken || !settled) {
				o->taken = false;
				link = &o->next;
				continue;
			}
			pf_rcu_assign(*link, pf_rcu_deref_locked(o->next));
			pf_atomic_dec(&pf->overloads.n);
			pf_atomic_dec(&o->table->waiting);
			pf_rcu_call(&o->rcu, overload_free);
		}
	}
	pf_spin_unlock(&pf->overloads.lock);
}

void
pf_overloads_settle(struct pf *pf)
{
	struct settling	st = { .pf = pf, .ok = true };

	pf_mutex_assert(&pf->ctl);
	if (likely(pf_atomic_read(&pf->overloads.n) == 0))
		return;
	take_all(pf);
	fill_tables(&st);
	each_taken(pf, find_flush, &st);
	if (st.flush)
		pf_state_walk(pf, flush_one, pf);
	release_all(pf, st.ok);
}

void
pf_overloads_init(struct pf *pf)
{
	pf_spin_init(&pf->overloads.lock);
}

void
pf_overloads_fini(struct pf *pf)
{
	take_all(pf);
	release_all(pf, true);
}
