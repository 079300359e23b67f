// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_state.c: states come, are found, and go (second floor)
 *
 * Owns every struct pf_state from pf_state_alloc() to the RCU callback that frees it.
 * A state is in two arrays of small red-black trees: `keys', ordered by
 * connection, for packets, and `ids', ordered by id and creator, for control.
 * The arrays themselves, and how they grow, are in pf_statetab.c.
 *
 * A look-up takes no lock.  The sequence count of a stripe is odd while one of
 * its trees is being changed; a walk that finds its key is right in any case,
 * as keys do not change and memory is kept for the read side; a walk that finds
 * nothing is repeated if the count moved.  Insertion and removal lock the
 * stripe of the key and, inside it, that of the id.
 */
#include "pf_state.h"

#define LOOKUP_TRIES	8	/* lockless attempts under contention */

/*
 * Look-up by key
 *
 * Memory is what a look-up waits for.  While the keys at a node are compared, the
 * lines that come next are already on their way: the rest of the state (a match
 * is likely), and the children, one of which is the state that the same packet
 * will ask for when it leaves.
 */
#define PF_LINE		64	/* bytes of a cache line; see struct pf_state */

/* Ask for what a packet will touch of the state at n, from byte `from' on. */
static inline void
prefetch_state(const struct pf_rb_node *n, uint8_t proto, unsigned int from)
{
	const uint8_t	*p = (const uint8_t *)n;

	if (from == 0)
		pf_prefetch(p);
	pf_prefetch(p + PF_LINE);
	if (proto == IPPROTO_TCP)
		pf_prefetch(p + 2 * PF_LINE);
}

static inline struct pf_state *
bucket_find(const struct pf_rb_root *b, const struct pf_state_key *key)
{
	struct pf_rb_node	*n, *l, *r;
	int			 c;

	for (n = pf_rb_top(b); n != NULL; n = c < 0 ? l : r) {
		prefetch_state(n, key->proto, PF_LINE);
		l = pf_rb_left(n);
		r = pf_rb_right(n);
		if (l != NULL)
			prefetch_state(l, key->proto, 0);
		if (r != NULL)
			prefetch_state(r, key->proto, 0);
		c = key_cmp(key, key_of_node(n));
		if (c == 0)
			return (state_of_node(n));
	}
	return (NULL);
}

static inline struct pf_state *
buckets_find(struct pf_buckets *t, const struct pf_state_key *key, uint64_t hash)
{
	struct pf_state	*s;

	do {
		s = bucket_find(bucket_of(t, hash), key);
		if (likely(s != NULL))
			return (s);
		t = buckets_next(t, hash);
	} while (t != NULL);
	return (NULL);
}

/* After a look-up that found nothing: was it disturbed?  Then do it again. */
static struct pf_state *
find_again(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_key *key, uint64_t hash)
{
	struct pf_stripe	*stripe = stripe_of(st->key_stripes, hash);
	struct pf_state		*s;
	unsigned int		 tries;
	uint32_t		 cookie;

	for (tries = 0; tries < LOOKUP_TRIES; tries++) {
		cookie = pf_seq_begin(&stripe->seq);
		s = buckets_find(t, key, hash);
		if (s != NULL || !pf_seq_retry(&stripe->seq, cookie))
			return (s);
	}
	pf_spin_lock(&stripe->lock);
	s = buckets_find(t, key, hash);
	pf_spin_unlock(&stripe->lock);
	return (s);
}

static struct pf_state *
table_find(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_key *key, uint64_t hash)
{
	struct pf_state	*s;

	s = buckets_find(t, key, hash);
	return (likely(s != NULL) ? s : find_again(st, t, key, hash));
}

struct pf_state *
pf_state_find(struct pf *pf, struct pf_state_key *key, const struct pf_kif *kif)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref(st->keys);
	struct pf_state		*s;
	uint64_t		 hash = key_hash(st, key);

	pf_prefetch(bucket_of(t, hash));
	pf_pcpu_add_packet(&pf->ctr, PF_CTR_STATE + FCNT_STATE_SEARCH, 1);
	s = table_find(st, t, key, hash);
	if (s == NULL && pf_atomic_read(&st->nbound) != 0) {
		key->ifid = kif->id;
		s = table_find(st, t, key, hash);
		key->ifid = 0;
	}
	return (s);
}

void
pf_state_key_of(const struct pf_pdesc *pd, struct pf_state_key *key)
{
	unsigned int	src = pd->dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK, asks;

	key->addr[src] = pd->src;
	key->addr[!src] = pd->dst;
	if (pd->flags & PF_PD_ICMPQUERY) {
		/* the id is at the end that asks, so a query from the other is none of it */
		asks = pd->flags & PF_PD_ICMPREPLY ? !src : src;
		key->port[asks] = pd->icmp_id;
		key->port[!asks] = pd->icmp_vtype;
	} else {
		key->port[src] = pd->sport;
		key->port[!src] = pd->dport;
	}
	key->ifid = 0;
	key->af = pd->af;
	key->proto = pd->proto;
}

/*
 * Look-up by id
 */
static struct pf_state *
id_bucket_find(const struct pf_rb_root *b, uint64_t id, uint32_t creatorid)
{
	struct pf_rb_node	*n = pf_rb_top(b);
	int			 c;

	while (n != NULL) {
		c = id_cmp(id, creatorid, state_of_id_node(n));
		if (c == 0)
			return (state_of_id_node(n));
		n = c < 0 ? pf_rb_left(n) : pf_rb_right(n);
	}
	return (NULL);
}

struct pf_state *
pf_state_find_id(struct pf *pf, uint64_t id, uint32_t creatorid)
{
	uint64_t		 hash = id_hash(id, creatorid);
	struct pf_stripe	*stripe = stripe_of(pf->st.id_stripes, hash);
	struct pf_state		*s;

	pf_spin_lock(&stripe->lock);
	s = id_bucket_find(bucket_now(pf_rcu_deref(pf->st.ids), hash), id,
	    creatorid);
	pf_spin_unlock(&stripe->lock);
	return (s);
}

/*
 * Coming
 */
struct pf_state *
pf_state_alloc(struct pf *pf, int *reason)
{
	const struct pf_conf	*conf = pf_rcu_deref(pf->conf);
	struct pf_state		*s;

	if (!pf_atomic_inc_below(&pf->st.n, conf->limit[PF_LIMIT_STATES])) {
		*reason = PFRES_MAXSTATES;
		return (NULL);
	}
	s = pf_cache_alloc(pf, PF_CACHE_STATE);
	if (s == NULL) {
		pf_atomic_dec(&pf->st.n);
		*reason = PFRES_MEMORY;
		return (NULL);
	}
	memset(s, 0, sizeof(*s));
	s->pf = pf;
	pf_spin_init(&s->lock);
	return (s);
}

void
pf_state_discard(struct pf *pf, struct pf_state *s)
{
	pf_cache_free(PF_CACHE_STATE, s);
	pf_atomic_dec(&pf->st.n);
}

bool
pf_state_bucket_insert(struct pf_rb_root *b, struct pf_state *s)
{
	struct pf_rb_node	*parent = NULL, *n = pf_rb_top(b);
	int			 c = 0;

	for (; n != NULL; n = c < 0 ? pf_rb_left(n) : pf_rb_right(n)) {
		c = key_cmp(&s->key, key_of_node(n));
		if (c == 0)
			return (false);
		parent = n;
	}
	pf_rb_insert(b, &s->key.node, parent, parent == NULL ?
	    pf_rb_link_top(b) : c < 0 ? pf_rb_link_left(parent) :
	    pf_rb_link_right(parent));
	return (true);
}

bool
pf_state_id_insert(struct pf_rb_root *b, struct pf_state *s)
{
	struct pf_rb_node	*parent = NULL, *n = pf_rb_top(b);
	int			 c = 0;

	for (; n != NULL; n = c < 0 ? pf_rb_left(n) : pf_rb_right(n)) {
		c = id_cmp(s->id, s->creatorid, state_of_id_node(n));
		if (c == 0)
			return (false);
		parent = n;
	}
	pf_rb_insert(b, &s->id_node, parent, parent == NULL ?
	    pf_rb_link_top(b) : c < 0 ? pf_rb_link_left(parent) :
	    pf_rb_link_right(parent));
	return (true);
}

/* Put s into the tree of ids.  Lock: the stripe of its key. */
static bool
insert_id(struct pf_statetab *st, struct pf_state *s)
{
	uint64_t		 hash = id_hash(s->id, s->creatorid);
	struct pf_stripe	*stripe = stripe_of(st->id_stripes, hash);
	bool			 done;

	pf_spin_lock(&stripe->lock);
	done = pf_state_id_insert(bucket_now(pf_rcu_deref(st->ids), hash),
	    s);
	pf_spin_unlock(&stripe->lock);
	return (done);
}

int
pf_state_insert(struct pf *pf, struct pf_state *s)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref(st->keys);
	uint64_t		 hash = key_hash(st, &s->key);
	struct pf_stripe	*stripe = stripe_of(st->key_stripes, hash);
	struct pf_rb_root	*b;
	bool			 done = false;

	if (s->id == 0) {
		s->id = st->id_base + pf_atomic_inc(&st->next_id);
		s->creatorid = pf_rcu_deref(pf->conf)->hostid;
	}
	pf_spin_lock(&stripe->lock);
	b = bucket_now(t, hash);
	pf_seq_write_begin(&stripe->seq);
	if (pf_state_bucket_insert(b, s)) {
		done = insert_id(st, s);
		if (!done)
			pf_rb_erase(b, &s->key.node);
		s->linked = done;
	}
	pf_seq_write_end(&stripe->seq);
	pf_spin_unlock(&stripe->lock);
	if (!done)
		return (EEXIST);
	if (s->key.ifid != 0)
		pf_atomic_inc(&st->nbound);
	pf_atomic_inc(&s->kif->states);
	pf_count(pf, PF_CTR_STATE + FCNT_STATE_INSERT);
	if (unlikely(buckets_wanted(t, pf_atomic_read(&st->n)) > t->mask + 1 &&
	    pf_rcu_deref(t->next) == NULL))
		pf_host_kick(pf);
	return (0);
}

/*
 * Going
 */
static void
state_free(struct pf_rcu_head *head)
{
	struct pf_state	*s = container_of(head, struct pf_state, rcu);

	pf_krule_put(s->pf, s->rule);
	pf_kif_put(s->pf, s->kif);
	pf_cache_free(PF_CACHE_STATE, s);
}

/* Take a linked state out of both trees.  Lock: the stripe of its key. */
static void
unlink_state(struct pf_statetab *st, struct pf_stripe *stripe, uint64_t hash,
    struct pf_state *s)
{
	uint64_t		 idhash = id_hash(s->id, s->creatorid);
	struct pf_stripe	*idstripe = stripe_of(st->id_stripes, idhash);

	s->linked = 0;
	pf_seq_write_begin(&stripe->seq);
	pf_rb_erase(bucket_now(pf_rcu_deref(st->keys), hash), &s->key.node);
	pf_seq_write_end(&stripe->seq);
	pf_spin_lock(&idstripe->lock);
	pf_rb_erase(bucket_now(pf_rcu_deref(st->ids), idhash), &s->id_node);
	pf_spin_unlock(&idstripe->lock);
}

bool
pf_state_remove(struct pf *pf, struct pf_state *s)
{
	struct pf_statetab	*st = &pf->st;
	uint64_t		 hash = key_hash(st, &s->key);
	struct pf_stripe	*stripe = stripe_of(st->key_stripes, hash);
	bool			 mine;

	pf_rcu_read_lock();
	pf_spin_lock(&stripe->lock);
	mine = s->linked != 0;
	if (mine)
		unlink_state(st, stripe, hash, s);
	pf_spin_unlock(&stripe->lock);
	if (mine) {
		pf_count(pf, PF_CTR_STATE + FCNT_STATE_REMOVALS);
		if (s->key.ifid != 0)
			pf_atomic_dec(&st->nbound);
		pf_atomic_dec(&s->kif->states);
		pf_atomic_dec(&s->rule->states_cur);
		pf_atomic_dec(&st->n);
		pf_rcu_call(&s->rcu, state_free);
	}
	pf_rcu_read_unlock();
	return (mine);
}

uint32_t
pf_state_expires(struct pf *pf, const struct pf_conf *conf,
    const struct pf_state *s)
{
	const struct pf_krule	*kr = s->rule;
	uint32_t		 timeout, start, end, states;
	uint8_t			 which = READ_ONCE(s->timeout);

	if (which >= PFTM_MAX)		/* PFTM_PURGE */
		return (pf_uptime(pf));
	timeout = kr->r.timeout[which];
	if (timeout == 0)
		timeout = conf->timeout[which];
	start = kr->r.timeout[PFTM_ADAPTIVE_START];
	if (start != 0) {
		end = kr->r.timeout[PFTM_ADAPTIVE_END];
		states = pf_atomic_read(&kr->states_cur);
	} else {
		start = conf->timeout[PFTM_ADAPTIVE_START];
		end = conf->timeout[PFTM_ADAPTIVE_END];
		states = pf_atomic_read(&pf->st.n);
	}
	if (end != 0 && start < end && states > start)
		timeout = states >= end ? 0 :
		    (uint64_t)timeout * (end - states) / (end - start);
	return (READ_ONCE(s->expire) + timeout);
}
