// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_statetab.c: the state table as a whole: walked, purged, enlarged (second floor)
 *
 * Owns the arrays of buckets and their stripes, from pf_state_init() to
 * pf_state_fini().  Both arrays begin small and are replaced by larger ones as
 * states come (pf_state_grow(), from the purge).  Readers, inserters and
 * removers go on meanwhile: each bucket of the old array is in force until its
 * `moved' byte is set.
 *
 * All of this is control context with pf->ctl held.
 */
#include "pf_host.h"
#include "pf_bucket.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_state.h"
#include "pf_statetab.h"

static struct pf_buckets *
buckets_alloc(struct pf *pf, uint64_t n)
{
	struct pf_buckets	*t;
	uint64_t		 i;

	t = pf_alloc(pf, sizeof(*t));
	if (t == NULL)
		return (NULL);
	t->b = pf_alloc(pf, n * sizeof(t->b[0]));
	if (t->b == NULL) {
		pf_free(t);
		return (NULL);
	}
	t->mask = n - 1;
	for (i = 0; i < n; i++)
		pf_rb_init(&t->b[i].root);
	return (t);
}

static void
buckets_free(struct pf_buckets *t)
{
	if (t == NULL)
		return;
	pf_free(t->b);
	pf_free(t);
}

/*
 * Walks
 *
 * A tree can be walked in order only under its lock, and a callback
 * must not run there.  So the states are picked up in batches, and the walk goes on
 * behind the key of the last one.  The batch is safe in its read side.
 */
static struct pf_rb_node *
bucket_after(const struct pf_bucket *b, const struct pf_state_lookup *last)
{
	struct pf_rb_node	*n = pf_rb_top(&b->root), *best = NULL;

	while (n != NULL) {
		if (tag_cmp(last->tag, last->key.addr, link_of_node(n)) < 0) {
			best = n;
			n = pf_rb_left(n);
		} else
			n = pf_rb_right(n);
	}
	return (best);
}

struct walk {
	bool	(*fn)(struct pf_state *, void *);
	void	*arg;
};

/* The states of one bucket; false: the walk is to end. */
static bool
bucket_walk(struct pf_bucket *b, struct pf_stripe *stripe, const struct walk *w)
{
	struct pf_state		*batch[PF_WALK_BATCH];
	struct pf_state_lookup	 last, *after = NULL;
	const struct pf_state_link *l;
	struct pf_rb_node	*n;
	unsigned int		 i, k, seen;
	bool			 more, go_on = true;

	do {
		pf_rcu_read_lock();
		pf_spin_lock(&stripe->lock);
		n = after != NULL ? bucket_after(b, after) : pf_rb_first(&b->root);
		for (k = seen = 0; n != NULL && seen++ < PF_WALK_BATCH;
		    n = pf_rb_next(n)) {
			l = link_of_node(n);
			if ((l->tag[1] & TAG_SECOND) == 0)
				batch[k++] = state_of_link(l);
			memcpy(last.tag, l->tag, sizeof(last.tag));
			memcpy(last.key.addr, addr_of_link(l),
			    sizeof(last.key.addr));
			after = &last;
		}
		more = n != NULL;
		pf_spin_unlock(&stripe->lock);
		for (i = 0; i < k && go_on; i++)
			go_on = w->fn(batch[i], w->arg);
		pf_rcu_read_unlock();
	} while (more && go_on);
	return (go_on);
}

/*
 * Buckets pos .. pos + n - 1.  Growing holds ctl as well, so there is no `next' array
 * here.
 */
static void
buckets_walk(struct pf *pf, uint64_t pos, uint64_t n, const struct walk *w)
{
	struct pf_buckets	*t = pf_rcu_deref_locked(pf->st.keys);
	uint64_t		 i;

	pf_mutex_assert(&pf->ctl);
	for (i = pos; i < pos + n; i++) {
		if ((i & 1023) == 1023)
			pf_yield();
		if (!pf_rb_empty(&bucket_of(t, i)->root) && !bucket_walk(bucket_of(t, i),
		    stripe_of(pf->st.key_stripes, i), w))
			return;
	}
}

void
pf_state_walk(struct pf *pf, bool (*fn)(struct pf_state *, void *), void *arg)
{
	struct walk	w = { fn, arg };

	buckets_walk(pf, 0, pf_rcu_deref_locked(pf->st.keys)->mask + 1, &w);
}

/*
 * A walk that lets go of ctl goes through the buckets in the order of their
 * numbers read backwards, from the lowest bit to the highest.  When the table
 * grows, a bucket becomes several, which differ in bits above those of the old
 * number.  So they take just the part of the order that the old bucket had:
 * what has been walked and what has not stay apart.
 *
 * A place is such a number read backwards, for the largest table.
 */
static uint32_t
bucket_at(uint32_t place)
{
	uint32_t	x = place;

	static_assert(PF_STATE_BUCKETS_MAX == 1U << 24, "bits to turn round");
	x = (x & 0x555555) << 1 | (x >> 1 & 0x555555);
	x = (x & 0x333333) << 2 | (x >> 2 & 0x333333);
	x = (x & 0x0f0f0f) << 4 | (x >> 4 & 0x0f0f0f);
	return ((x & 0xff) << 16 | (x & 0xff00) | x >> 16);
}

bool
pf_state_walk_at(struct pf *pf, uint32_t *place,
    bool (*fn)(struct pf_state *, void *), void *arg)
{
	struct pf_buckets	*t = pf_rcu_deref_locked(pf->st.keys);
	uint32_t		 i = bucket_at(*place);
	struct walk		 w = { fn, arg };

	pf_mutex_assert(&pf->ctl);
	if (!pf_rb_empty(&bucket_of(t, i)->root) && !bucket_walk(bucket_of(t, i),
	    stripe_of(pf->st.key_stripes, i), &w))
		return (false);
	*place += PF_STATE_PLACES / (uint32_t)(t->mask + 1);
	return (true);
}

struct purge {
	struct pf	*pf;
	uint32_t	 now;
};

static bool
purge_one(struct pf_state *s, void *arg)
{
	struct purge	*p = arg;

	if (pf_state_expires(p->pf, pf_rcu_deref(p->pf->conf), s) <= p->now)
		pf_state_remove(p->pf, s);
	return (true);
}

void
pf_state_purge(struct pf *pf, uint32_t interval)
{
	struct purge	 p = { pf, pf_uptime(pf) };
	struct walk	 w = { purge_one, &p };
	uint64_t	 size = pf_rcu_deref_locked(pf->st.keys)->mask + 1, n;

	n = interval > 1 ? size / interval + 1 : size;
	if (n > size)
		n = size;
	buckets_walk(pf, pf->st.purge_pos, n, &w);
	pf->st.purge_pos = (pf->st.purge_pos + n) & (size - 1);
}

/*
 * Growing
 *
 * 1. publish next and moved; wait, so that everybody heeds them
 * 2. for each bucket, under its stripe, which is also that of the new buckets: move the
 *    states, then set moved
 * 3. put the new array in force; wait; free the old one
 * Between being taken out and put in, a state is in no tree: the sequence count of
 * the stripe is odd all the while, so look-ups that miss it come again.
 */
static void
bucket_move(struct pf *pf, struct pf_buckets *t, uint64_t i, bool ids)
{
	struct pf_stripe	*stripe = stripe_of(ids ? pf->st.id_stripes :
				    pf->st.key_stripes, i);
	struct pf_buckets	*next = pf_rcu_deref_locked(t->next);
	struct pf_bucket	*b = bucket_of(t, i);
	struct pf_state_link	*l;
	struct pf_rb_node	*n;
	struct pf_state		*s;

	pf_spin_lock(&stripe->lock);
	pf_seq_write_begin(&stripe->seq);
	while ((n = pf_rb_top(&b->root)) != NULL) {
		if (ids) {
			s = state_of_id_node(n);
			pf_rb_erase(&b->root, n);
			pf_state_id_insert(bucket_of(next,
			    id_hash(s->id, s->creatorid)), s);
		} else {
			l = link_of_node(n);
			pf_state_bucket_erase(b, l);
			pf_state_bucket_insert(bucket_of(next,
			    link_hash(&pf->st, l)), l);
		}
	}
	WRITE_ONCE(t->moved[i], 1);
	pf_seq_write_end(&stripe->seq);
	pf_spin_unlock(&stripe->lock);
}

static void
buckets_replace(struct pf *pf, struct pf_buckets **slot, uint64_t size,
    bool ids)
{
	struct pf_buckets	*t = pf_rcu_deref_locked(*slot), *next;
	uint8_t			*moved;
	uint64_t		 i;

	next = buckets_alloc(pf, size);
	moved = pf_alloc(pf, t->mask + 1);
	if (next == NULL || moved == NULL) {
		buckets_free(next);
		pf_free(moved);
		return;
	}
	pf_rcu_assign(t->next, next);
	pf_rcu_assign(t->moved, moved);
	pf_rcu_sync();
	for (i = 0; i <= t->mask; i++) {
		bucket_move(pf, t, i, ids);
		if ((i & 1023) == 1023)
			pf_yield();
	}
	pf_rcu_assign(*slot, next);
	pf_rcu_sync();
	pf_free(moved);
	buckets_free(t);
}

/*
 * The states that there should be room for: those that exist, or a quarter of
 * those that the limit allows.  Who sets a large limit expects many, and to move
 * them when they have come costs as much as to make them.
 */
static uint32_t
states_expected(struct pf *pf)
{
	uint32_t	n = pf_atomic_read(&pf->st.n);
	uint32_t	some = pf_rcu_deref_locked(pf->conf)->
			    limit[PF_LIMIT_STATES] / 4;

	if (some > PF_STATE_AHEAD)
		some = PF_STATE_AHEAD;
	return (n > some ? n : some);
}

void
pf_state_grow(struct pf *pf)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref_locked(st->keys);
	uint64_t		 size = buckets_wanted(t, states_expected(pf));

	pf_mutex_assert(&pf->ctl);
	if (size == t->mask + 1)
		return;
	buckets_replace(pf, &st->keys, size, false);
	buckets_replace(pf, &st->ids, size / IDS_PER_BUCKET, true);
	st->purge_pos = 0;
}

/*
 * Beginning and end
 */
static void
tables_free(struct pf_statetab *st)
{
	buckets_free(pf_rcu_deref_locked(st->keys));
	buckets_free(pf_rcu_deref_locked(st->ids));
	pf_free(st->key_stripes);
	pf_free(st->id_stripes);
	pf_pcpu_fini(&st->note);
}

int
pf_state_init(struct pf *pf)
{
	struct pf_statetab	*st = &pf->st;
	unsigned int		 i;

	pf_atomic_set(&st->n, 0);
	pf_atomic_set(&st->nbound, 0);
	pf_atomic_set(&st->ngrouped, 0);
	pf_atomic_set(&st->id_blocks, 0);
	pf_random(pf, &st->secret, sizeof(st->secret));
	st->id_base = (uint64_t)pf_wallclock(pf) << 32;
	st->key_stripes = pf_alloc(pf, PF_STRIPES * sizeof(struct pf_stripe));
	st->id_stripes = pf_alloc(pf, PF_STRIPES * sizeof(struct pf_stripe));
	pf_rcu_assign(st->keys, buckets_alloc(pf, PF_STATE_BUCKETS_MIN));
	pf_rcu_assign(st->ids, buckets_alloc(pf, PF_STATE_BUCKETS_MIN /
	    IDS_PER_BUCKET));
	if (pf_pcpu_init(&st->note, PF_STATE_NOTES) != 0 ||
	    st->key_stripes == NULL || st->id_stripes == NULL ||
	    pf_rcu_deref_locked(st->keys) == NULL ||
	    pf_rcu_deref_locked(st->ids) == NULL) {
		tables_free(st);
		return (ENOMEM);
	}
	for (i = 0; i < PF_STRIPES; i++) {
		pf_spin_init(&st->key_stripes[i].lock);
		pf_seq_init(&st->key_stripes[i].seq);
	}
	/* apart, so that these locks are of a class of their own */
	for (i = 0; i < PF_STRIPES; i++) {
		pf_spin_init(&st->id_stripes[i].lock);
		pf_seq_init(&st->id_stripes[i].seq);
	}
	return (0);
}

static bool
remove_one(struct pf_state *s, void *arg)
{
	pf_state_remove(arg, s);
	return (true);
}

void
pf_state_fini(struct pf *pf)
{
	pf_state_walk(pf, remove_one, pf);
	pf_rcu_barrier();
	pf_state_mem_fini(pf);
	tables_free(&pf->st);
}
