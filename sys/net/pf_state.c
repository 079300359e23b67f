// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_state.c: the state table (second floor)
 *
 * Owns every struct pf_state from pf_state_alloc() to the RCU callback that frees it.
 * A state is in two arrays of small red-black trees: `keys', ordered by
 * connection, for packets, and `ids', ordered by id and creator, for control.
 *
 * A look-up takes no lock.  The sequence count of a stripe is odd while one of its trees is
 * being changed; a walk that finds its key is right in any case, as keys
 * do not change and memory is kept for the read side; a walk that finds
 * nothing is repeated if the count moved.  Insertion and removal lock the
 * stripe of the key and, inside it, that of the id.
 *
 * Both arrays begin small and are replaced by larger ones as states come
 * (pf_state_grow(), from the purge).  Readers, inserters and removers go on meanwhile:
 * each bucket of the old array is in force until its `moved' byte is set.
 */
#include "pf_priv.h"

#define LOOKUP_TRIES	8	/* lockless attempts under contention */
#define IDS_PER_BUCKET	4	/* buckets by key to one by id */

static inline struct pf_state_key *
key_of_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state_key, node));
}

static inline struct pf_state *
state_of_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state, key.node));
}

static inline struct pf_state *
state_of_id_node(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_state, id_node));
}

/*
 * Order of keys
 *
 * Any total order will do.  The word of ports and protocol goes first, as it
 * tells most connections apart.
 */
static inline uint64_t
key_word(const struct pf_state_key *k)
{
	return ((uint64_t)k->port[0] | (uint64_t)k->port[1] << 16 |
	    (uint64_t)k->ifid << 32 | (uint64_t)k->af << 48 |
	    (uint64_t)k->proto << 56);
}

static inline int
key_cmp(const struct pf_state_key *a, const struct pf_state_key *b)
{
	uint64_t	x = key_word(a), y = key_word(b);
	unsigned int	i;

	if (x != y)
		return (x < y ? -1 : 1);
	for (i = 0; i < 4; i++) {
		x = a->addr[i / 2].addr64[i % 2];
		y = b->addr[i / 2].addr64[i % 2];
		if (x != y)
			return (x < y ? -1 : 1);
	}
	return (0);
}

/* The same value for both directions, and for a connection's states on either side. */
static uint64_t
key_hash(const struct pf_statetab *st, const struct pf_state_key *k)
{
	const struct pf_addr	*a = &k->addr[0], *b = &k->addr[1];
	uint32_t		 p0 = k->port[0], p1 = k->port[1];
	uint64_t		 word;

	word = p0 < p1 ? (uint64_t)p1 << 32 | p0 << 16 :
	    (uint64_t)p0 << 32 | p1 << 16;
	word |= k->proto;
	if (k->af == AF_INET)
		return (pf_hsiphash2(a->v4 < b->v4 ?
		    (uint64_t)a->v4 << 32 | b->v4 :
		    (uint64_t)b->v4 << 32 | a->v4, word, &st->secret));
	if (a->addr64[0] > b->addr64[0] || (a->addr64[0] == b->addr64[0] &&
	    a->addr64[1] > b->addr64[1])) {
		a = &k->addr[1];
		b = &k->addr[0];
	}
	return (pf_hsiphash2(pf_siphash4(a->addr64[0], a->addr64[1],
	    b->addr64[0], b->addr64[1], &st->secret), word, &st->secret));
}

/* Own ids are counted up: neighbours in time are neighbours in memory. */
static inline uint64_t
id_hash(uint64_t id, uint32_t creatorid)
{
	return (id ^ ((uint64_t)creatorid << 16));
}

static inline int
id_cmp(uint64_t id, uint32_t creatorid, const struct pf_state *s)
{
	if (id != s->id)
		return (id < s->id ? -1 : 1);
	if (creatorid != s->creatorid)
		return (creatorid < s->creatorid ? -1 : 1);
	return (0);
}

/*
 * Buckets and stripes
 *
 * A bucket is one pointer, so that many fit in the cache.  Its lock and its sequence
 * count are a stripe, shared with the other buckets of the same low bits of
 * the hash.  The stripe of a hash is the same in every array, whatever its size.
 */
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
		pf_rb_init(&t->b[i]);
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

static inline struct pf_rb_root *
bucket_of(const struct pf_buckets *t, uint64_t hash)
{
	return (&t->b[hash & t->mask]);
}

/* The array that a hash has moved on to from t; NULL: none. */
static inline struct pf_buckets *
buckets_next(struct pf_buckets *t, uint64_t hash)
{
	uint8_t	*moved = pf_rcu_deref(t->moved);

	if (likely(moved == NULL) || !READ_ONCE(moved[hash & t->mask]))
		return (NULL);
	return (pf_rcu_deref(t->next));
}

static inline struct pf_stripe *
stripe_of(struct pf_stripe *stripes, uint64_t hash)
{
	return (&stripes[hash % PF_STRIPES]);
}

/* The bucket in force for a hash.  Lock: its stripe; RCU read side. */
static struct pf_rb_root *
bucket_now(struct pf_buckets *t, uint64_t hash)
{
	struct pf_buckets	*next;

	while ((next = buckets_next(t, hash)) != NULL)
		t = next;
	return (bucket_of(t, hash));
}

/*
 * How many buckets there should be for n states: two for each, as a bucket is missed
 * in the cache anyway, and what counts is that it leads to the right state.
 * Never fewer than there are.
 */
static uint64_t
buckets_wanted(const struct pf_buckets *t, uint64_t n)
{
	uint64_t	size = t->mask + 1;

	if (n * 2 <= size || size >= PF_STATE_BUCKETS_MAX)
		return (size);
	while (n * 2 > size && size < PF_STATE_BUCKETS_MAX)
		size *= 2;
	/* there will be more */
	return (size < PF_STATE_BUCKETS_MAX ? size * 2 : size);
}

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

/* Put s into the tree of keys; false: there is one like it.  Lock: the stripe, whose
 * count is odd. */
static bool
bucket_insert(struct pf_rb_root *b, struct pf_state *s)
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

static bool
id_bucket_insert(struct pf_rb_root *b, struct pf_state *s)
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
	done = id_bucket_insert(bucket_now(pf_rcu_deref(st->ids), hash), s);
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
	if (bucket_insert(b, s)) {
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

/*
 * Walks
 *
 * A tree can be walked in order only under its lock, and a callback
 * must not run there.  So the states are picked up in batches, and the walk goes on
 * behind the key of the last one.  The batch is safe in its read side.
 */
static struct pf_rb_node *
bucket_after(const struct pf_rb_root *b, const struct pf_state_key *key)
{
	struct pf_rb_node	*n = pf_rb_top(b), *best = NULL;

	while (n != NULL) {
		if (key_cmp(key, key_of_node(n)) < 0) {
			best = n;
			n = pf_rb_left(n);
		} else
			n = pf_rb_right(n);
	}
	return (best);
}

struct walk {
	bool	(*fn)(struct pf_state *, void *);
	bool	(*pause)(void *);	/* may be NULL */
	void	*arg;
};

/* The states of one bucket; false: the walk is to end. */
static bool
bucket_walk(struct pf_rb_root *b, struct pf_stripe *stripe, const struct walk *w)
{
	struct pf_state		*batch[PF_WALK_BATCH];
	struct pf_state_key	 last, *after = NULL;
	struct pf_rb_node	*n;
	unsigned int		 i, k;
	bool			 more, go_on = true;

	do {
		pf_rcu_read_lock();
		pf_spin_lock(&stripe->lock);
		n = after != NULL ? bucket_after(b, after) : pf_rb_first(b);
		for (k = 0; n != NULL && k < PF_WALK_BATCH; n = pf_rb_next(n))
			batch[k++] = state_of_node(n);
		more = n != NULL;
		pf_spin_unlock(&stripe->lock);
		for (i = 0; i < k && go_on; i++)
			go_on = w->fn(batch[i], w->arg);
		if (more) {
			last = batch[k - 1]->key;
			after = &last;
		}
		pf_rcu_read_unlock();
		if (w->pause != NULL && !w->pause(w->arg))
			go_on = false;
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
		if (!pf_rb_empty(bucket_of(t, i)) && !bucket_walk(bucket_of(t, i),
		    stripe_of(pf->st.key_stripes, i), w))
			return;
	}
}

void
pf_state_walk_piecewise(struct pf *pf, bool (*fn)(struct pf_state *, void *),
    bool (*pause)(void *), void *arg)
{
	struct walk	w = { fn, pause, arg };

	buckets_walk(pf, 0, pf_rcu_deref_locked(pf->st.keys)->mask + 1, &w);
}

void
pf_state_walk(struct pf *pf, bool (*fn)(struct pf_state *, void *), void *arg)
{
	pf_state_walk_piecewise(pf, fn, NULL, arg);
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
	struct walk	 w = { purge_one, NULL, &p };
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
	struct pf_rb_root	*b = bucket_of(t, i);
	struct pf_rb_node	*n;
	struct pf_state		*s;

	pf_spin_lock(&stripe->lock);
	pf_seq_write_begin(&stripe->seq);
	while ((n = pf_rb_top(b)) != NULL) {
		pf_rb_erase(b, n);
		if (ids) {
			s = state_of_id_node(n);
			id_bucket_insert(bucket_of(next,
			    id_hash(s->id, s->creatorid)), s);
		} else {
			s = state_of_node(n);
			bucket_insert(bucket_of(next,
			    key_hash(&pf->st, &s->key)), s);
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

void
pf_state_grow(struct pf *pf)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref_locked(st->keys);
	uint64_t		 size = buckets_wanted(t, pf_atomic_read(&st->n));

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
}

int
pf_state_init(struct pf *pf)
{
	struct pf_statetab	*st = &pf->st;
	unsigned int		 i;

	pf_atomic_set(&st->n, 0);
	pf_atomic_set(&st->nbound, 0);
	pf_atomic_set(&st->next_id, 0);
	pf_random(pf, &st->secret, sizeof(st->secret));
	st->id_base = (uint64_t)pf_wallclock(pf) << 32;
	st->key_stripes = pf_alloc(pf, PF_STRIPES * sizeof(struct pf_stripe));
	st->id_stripes = pf_alloc(pf, PF_STRIPES * sizeof(struct pf_stripe));
	pf_rcu_assign(st->keys, buckets_alloc(pf, PF_STATE_BUCKETS_MIN));
	pf_rcu_assign(st->ids, buckets_alloc(pf, PF_STATE_BUCKETS_MIN /
	    IDS_PER_BUCKET));
	if (st->key_stripes == NULL || st->id_stripes == NULL ||
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
	tables_free(&pf->st);
}
