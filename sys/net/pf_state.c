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
#include "pf_host.h"
#include "pfvar.h"
#include "pf_bucket.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_srcnode.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_tag.h"

#define LOOKUP_TRIES	8	/* lockless attempts under contention */

/*
 * Look-up by key
 *
 * Memory is what a look-up waits for.  Before the key at a node is compared, the
 * lines that come next are asked for: TCP's windows (a match is likely),
 * and the nodes below, one of which is the state that the same packet will ask for
 * when it leaves.
 */
#define PF_WINDOWS	offsetof(struct pf_state, src)	/* TCP's line */

int
pf_state_tie(const uint64_t *tag, const struct pf_addr *a,
    const struct pf_state_link *l)
{
	const struct pf_addr	*b;
	uint64_t		 x = tag[1] & TAG_SIDES, y = l->tag[1] & TAG_SIDES;
	unsigned int		 i;
	int			 c = 0;

	if (TAG_AF(tag[1]) != AF_INET) {
		b = addr_of_link(l);
		for (i = 0; c == 0 && i < 4; i++)
			c = word_cmp(a[i / 2].addr64[i % 2],
			    b[i / 2].addr64[i % 2]);
	}
	return (c != 0 || x == 0 || y == 0 ? c : word_cmp(x, y));
}

static inline void
prefetch_state(const struct pf_rb_node *n, bool tcp)
{
	if (n == NULL)
		return;
	pf_prefetch(n);
	if (tcp)
		pf_prefetch((const uint8_t *)n + PF_WINDOWS);
}

static inline struct pf_state *
bucket_find(const struct pf_bucket *b, const struct pf_state_lookup *k)
{
	struct pf_rb_node	*n = pf_rb_top(&b->root), *l, *r;
	bool			 tcp = k->key.proto == IPPROTO_TCP;
	int			 c;

	prefetch_state(n, tcp);
	prefetch_state(READ_ONCE(b->second), tcp);
	for (; n != NULL; n = c < 0 ? l : r) {
		l = pf_rb_left(n);
		r = pf_rb_right(n);
		prefetch_state(l, tcp);
		prefetch_state(r, tcp);
		c = tag_cmp(k->tag, k->key.addr, link_of_node(n));
		if (c == 0)
			return (state_of_link(link_of_node(n)));
	}
	return (NULL);
}

static inline struct pf_state *
buckets_find(struct pf_buckets *t, const struct pf_state_lookup *k)
{
	struct pf_state	*s;

	do {
		s = bucket_find(bucket_of(t, k->hash), k);
		if (likely(s != NULL))
			return (s);
		t = buckets_next(t, k->hash);
	} while (t != NULL);
	return (NULL);
}

/* After a look-up that found nothing: was it disturbed?  Then do it again. */
static struct pf_state *
find_again(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_lookup *k)
{
	struct pf_stripe	*stripe = stripe_of(st->key_stripes, k->hash);
	struct pf_state		*s;
	unsigned int		 tries;
	uint32_t		 cookie;

	for (tries = 0; tries < LOOKUP_TRIES; tries++) {
		cookie = pf_seq_begin(&stripe->seq);
		s = buckets_find(t, k);
		if (s != NULL || !pf_seq_retry(&stripe->seq, cookie))
			return (s);
	}
	pf_spin_lock(&stripe->lock);
	s = buckets_find(t, k);
	pf_spin_unlock(&stripe->lock);
	return (s);
}

static struct pf_state *
table_find(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_lookup *k)
{
	struct pf_state	*s;

	s = buckets_find(t, k);
	return (likely(s != NULL) ? s : find_again(st, t, k));
}

/* The same with the key of a state that is bound to the interface. */
static struct pf_state *
find_bound(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_lookup *floating, const struct pf_kif *kif)
{
	struct pf_state_lookup	k = *floating;

	k.key.ifid = kif->id;
	k.tag[1] = key_word(&k.key) | tag_side(k.dir);
	return (table_find(st, t, &k));
}

/* The same with the groups that the interface is in. */
static struct pf_state *
find_grouped(struct pf_statetab *st, struct pf_buckets *t,
    const struct pf_state_lookup *floating, const struct pf_kif *kif)
{
	const struct pf_kif_groups	*g = pf_rcu_deref(kif->groups);
	struct pf_state			*s = NULL;
	uint32_t			 i;

	if (kif->driver != NULL)
		s = find_bound(st, t, floating, kif->driver);
	for (i = 0; s == NULL && g != NULL && i < g->n; i++)
		s = find_bound(st, t, floating, g->kif[i]);
	return (s);
}

/*
 * Tag and hash of a key
 *
 * A forwarded packet is looked up twice, and the hash is the same.  So each CPU
 * notes the last key that it has hashed: what has just come in goes out
 * with the ends exchanged.
 */
/* Whether the key is the noted one with its ends exchanged. */
static inline bool
is_turned(const struct pf_state_lookup *k, const uint64_t *note)
{
	const struct pf_addr	*a = k->key.addr;
	uint64_t		 word = k->tag[1] & ~TAG_SIDES;

	word = (word & ~(uint64_t)UINT32_MAX) | (word & 0xffff) << 16 |
	    (word >> 16 & 0xffff);
	return (((a[0].addr64[0] ^ note[PF_NOTE_ADDR + 2]) |
	    (a[0].addr64[1] ^ note[PF_NOTE_ADDR + 3]) |
	    (a[1].addr64[0] ^ note[PF_NOTE_ADDR]) |
	    (a[1].addr64[1] ^ note[PF_NOTE_ADDR + 1]) |
	    (word ^ note[PF_NOTE_WORD])) == 0);
}

static void
lookup_hash(struct pf_statetab *st, struct pf_state_lookup *k, uint64_t *note)
{
	const struct pf_addr	*a = &k->key.addr[0], *b = &k->key.addr[1];

	note[PF_NOTE_ADDR] = a->addr64[0];
	note[PF_NOTE_ADDR + 1] = a->addr64[1];
	note[PF_NOTE_ADDR + 2] = b->addr64[0];
	note[PF_NOTE_ADDR + 3] = b->addr64[1];
	if (k->key.af == AF_INET6) {
		if (a->addr64[0] > b->addr64[0] || (a->addr64[0] ==
		    b->addr64[0] && a->addr64[1] > b->addr64[1])) {
			a = &k->key.addr[1];
			b = &k->key.addr[0];
		}
		k->tag[0] = pf_siphash4(a->addr64[0], a->addr64[1],
		    b->addr64[0], b->addr64[1], &st->secret);
	}
	k->hash = hash_of(st, k->tag[0], k->tag[1]);
	note[PF_NOTE_WORD] = k->tag[1] & ~TAG_SIDES;
	note[PF_NOTE_TAG] = k->tag[0];
	note[PF_NOTE_HASH] = k->hash;
}

void
pf_state_lookup_init(struct pf *pf, struct pf_state_lookup *k)
{
	struct pf_statetab	*st = &pf->st;
	uint64_t		*note = pf_pcpu_words(&st->note);

	k->tag[1] = key_word(&k->key) | tag_side(k->dir);
	if (k->key.af == AF_INET)
		k->tag[0] = (uint64_t)k->key.addr[1].v4 << 32 |
		    k->key.addr[0].v4;
	if (is_turned(k, note)) {
		if (k->key.af == AF_INET6)
			k->tag[0] = note[PF_NOTE_TAG];
		k->hash = note[PF_NOTE_HASH];
	} else
		lookup_hash(st, k, note);
	pf_prefetch(bucket_of(pf_rcu_deref(st->keys), k->hash));
}

struct pf_state *
pf_state_find(struct pf *pf, const struct pf_state_lookup *k,
    const struct pf_kif *kif)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref(st->keys);
	struct pf_state		*s;

	pf_pcpu_add_packet(&pf->ctr, PF_CTR_STATE + FCNT_STATE_SEARCH, 1);
	s = table_find(st, t, k);
	if (s == NULL && pf_atomic_read(&st->nbound) != 0)
		s = find_bound(st, t, k, kif);
	if (s == NULL && unlikely(pf_atomic_read(&st->ngrouped) != 0))
		s = find_grouped(st, t, k, kif);
	return (s);
}

/*
 * Keys and counters of a state
 */
void
pf_state_key_get(const struct pf_state *s, unsigned int side,
    struct pf_state_key *key)
{
	const struct pf_state_link	*l = &s->link;

	if (side == PF_SK_STACK && pf_state_translates(s))
		l = &s->more->link;
	memcpy(key->addr, addr_of_link(l), sizeof(key->addr));
	key->port[0] = l->tag[1];
	key->port[1] = l->tag[1] >> 16;
	key->ifid = l->tag[1] >> 32;
	key->af = TAG_AF(l->tag[1]);
	key->proto = l->tag[1] >> 56;
}

bool
pf_state_exists(struct pf *pf, const struct pf_state_key *key, uint8_t dir)
{
	struct pf_state_lookup	k;

	k.key = *key;
	k.dir = dir;
	pf_pcpu_add_packet(&pf->ctr, PF_CTR_STATE + FCNT_STATE_SEARCH, 1);
	pf_state_lookup_init(pf, &k);
	return (table_find(&pf->st, pf_rcu_deref(pf->st.keys), &k) != NULL);
}

bool
pf_state_find_key(struct pf *pf, uint8_t dir, unsigned int side,
    struct pf_state_key *key)
{
	struct pf_state_lookup	 k;
	struct pf_state		*s;

	k.key = *key;
	k.dir = dir;
	pf_packet_begin();
	pf_state_lookup_init(pf, &k);
	s = table_find(&pf->st, pf_rcu_deref(pf->st.keys), &k);
	if (s != NULL)
		pf_state_key_get(s, side, key);
	pf_packet_end();
	return (s != NULL);
}

/* Who reads meanwhile misses for a moment what is being carried over. */
void
pf_state_count_slow(struct pf_state *s, bool back, uint64_t n, uint64_t len)
{
	uint32_t	old = READ_ONCE(s->pending[back]);

	WRITE_ONCE(s->pending[back], 0);
	WRITE_ONCE(s->packets[back], s->packets[back] + n +
	    (old & PF_PENDING_PACKETS));
	WRITE_ONCE(s->bytes[back], s->bytes[back] + len +
	    (old >> PF_PENDING_SHIFT));
}

void
pf_state_counted(const struct pf_state *s, bool back, uint64_t *packets,
    uint64_t *bytes)
{
	uint32_t	pending = READ_ONCE(s->pending[back]);

	*packets = READ_ONCE(s->packets[back]) + (pending & PF_PENDING_PACKETS);
	*bytes = READ_ONCE(s->bytes[back]) + (pending >> PF_PENDING_SHIFT);
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
		if (unlikely((pd->flags & PF_PD_ENDS) != 0)) {
			key->addr[asks] = pd->asks;
			key->addr[!asks] = pd->asked;
		}
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
id_bucket_find(const struct pf_bucket *b, uint64_t id, uint32_t creatorid)
{
	struct pf_rb_node	*n = pf_rb_top(&b->root);
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
pf_state_alloc(struct pf *pf, uint8_t dir, int *reason)
{
	const struct pf_conf	*conf = pf_rcu_deref(pf->conf);
	struct pf_state		*s;

	if (!pf_atomic_inc_below(&pf->st.n, conf->limit[PF_LIMIT_STATES])) {
		*reason = PFRES_MAXSTATES;
		return (NULL);
	}
	s = pf_state_mem_get(pf, dir);
	if (s == NULL) {
		pf_atomic_dec(&pf->st.n);
		*reason = PFRES_MEMORY;
		return (NULL);
	}
	pf_spin_init(&s->lock);
	return (s);
}

static void
more_free(struct pf *pf, struct pf_state_more *more)
{
	uint32_t	i;

	if (more == NULL)
		return;
	for (i = 0; i < more->n; i++)
		pf_krule_put(pf, more->rule[i]);
	pf_tag_put(pf, more->tag);
	pf_free(more->tcpnorm);
	pf_free(more);
}

/* The rules beside its own that it counts at have a state less. */
static void
leave_rules(const struct pf_state_more *more)
{
	uint32_t	i;

	for (i = 0; more != NULL && i < more->n; i++)
		pf_atomic_dec(&more->rule[i]->states_cur);
}

void
pf_state_discard(struct pf *pf, struct pf_state *s)
{
	pf_srcnode_leave(pf, s);
	leave_rules(s->more);
	more_free(pf, s->more);
	pf_state_mem_put(pf, s);
	pf_atomic_dec(&pf->st.n);
}

static void
bucket_note_second(struct pf_bucket *b)
{
	struct pf_rb_node	*top = pf_rb_top(&b->root), *second = NULL;

	if (top != NULL) {
		second = pf_rb_left(top);
		if (second == NULL)
			second = pf_rb_right(top);
	}
	WRITE_ONCE(b->second, second);
}

bool
pf_state_bucket_insert(struct pf_bucket *b, struct pf_state_link *l)
{
	struct pf_rb_node	*parent = NULL, *n = pf_rb_top(&b->root);
	int			 c = 0;

	for (; n != NULL; n = c < 0 ? pf_rb_left(n) : pf_rb_right(n)) {
		c = tag_cmp(l->tag, addr_of_link(l), link_of_node(n));
		if (c == 0)
			return (false);
		parent = n;
	}
	pf_rb_insert(&b->root, &l->node, parent, parent == NULL ?
	    pf_rb_link_top(&b->root) : c < 0 ? pf_rb_link_left(parent) :
	    pf_rb_link_right(parent));
	bucket_note_second(b);
	return (true);
}

void
pf_state_bucket_erase(struct pf_bucket *b, struct pf_state_link *l)
{
	pf_rb_erase(&b->root, &l->node);
	bucket_note_second(b);
}

bool
pf_state_id_insert(struct pf_bucket *b, struct pf_state *s)
{
	struct pf_rb_node	*parent = NULL, *n = pf_rb_top(&b->root);
	int			 c = 0;

	for (; n != NULL; n = c < 0 ? pf_rb_left(n) : pf_rb_right(n)) {
		c = id_cmp(s->id, s->creatorid, state_of_id_node(n));
		if (c == 0)
			return (false);
		parent = n;
	}
	pf_rb_insert(&b->root, &s->id_node, parent, parent == NULL ?
	    pf_rb_link_top(&b->root) : c < 0 ? pf_rb_link_left(parent) :
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

/* Set the keys of a state: stack is NULL if both are the same. */
static void
set_keys(struct pf_state *s, const struct pf_state_lookup *wire,
    const struct pf_state_lookup *stack)
{
	memcpy(s->addr, wire->key.addr, sizeof(s->addr));
	s->link.tag[0] = wire->tag[0];
	s->link.tag[1] = key_word(&wire->key);	/* it may have been bound since */
	if (stack == NULL)
		return;
	s->link.tag[1] |= PF_TAG_IN;
	memcpy(s->more->addr, stack->key.addr, sizeof(s->more->addr));
	s->more->link.tag[0] = stack->tag[0];
	s->more->link.tag[1] = key_word(&stack->key) | TAG_OUT | TAG_SECOND;
	s->more->state = s;
}

/*
 * The stripes of a state's keys, locked in their order, their counts odd.  A state
 * has one key, or two that may be in one stripe.
 */
struct held {
	struct pf_state_link	*link[2];	/* the second may be NULL */
	uint64_t		 hash[2];
	struct pf_stripe	*stripe[2];	/* in order; the second may be NULL */
};

/* What a state that is in the table has. */
static void
keys_of(struct pf_statetab *st, struct pf_state *s, struct held *h)
{
	h->link[0] = &s->link;
	h->hash[0] = link_hash(st, &s->link);
	h->link[1] = NULL;
	if (pf_state_translates(s)) {
		h->link[1] = &s->more->link;
		h->hash[1] = link_hash(st, &s->more->link);
	}
}

static void
hold_stripes(struct pf_statetab *st, struct held *h)
{
	struct pf_stripe	*a, *b;

	a = stripe_of(st->key_stripes, h->hash[0]);
	b = h->link[1] != NULL ? stripe_of(st->key_stripes, h->hash[1]) : NULL;
	if (b == a)
		b = NULL;
	h->stripe[0] = b != NULL && b < a ? b : a;
	h->stripe[1] = b != NULL && b < a ? a : b;
	pf_spin_lock(&h->stripe[0]->lock);
	if (h->stripe[1] != NULL)
		pf_spin_lock_second(&h->stripe[1]->lock);
	pf_seq_write_begin(&h->stripe[0]->seq);
	if (h->stripe[1] != NULL)
		pf_seq_write_begin(&h->stripe[1]->seq);
}

static void
release_stripes(struct held *h)
{
	if (h->stripe[1] != NULL)
		pf_seq_write_end(&h->stripe[1]->seq);
	pf_seq_write_end(&h->stripe[0]->seq);
	if (h->stripe[1] != NULL)
		pf_spin_unlock(&h->stripe[1]->lock);
	pf_spin_unlock(&h->stripe[0]->lock);
}

static struct pf_bucket *
held_bucket(struct pf_statetab *st, const struct held *h, unsigned int i)
{
	return (bucket_now(pf_rcu_deref(st->keys), h->hash[i]));
}

/* Put s in by its keys and its id: all or nothing. */
static bool
link_state(struct pf_statetab *st, struct pf_state *s,
    const struct pf_state_lookup *wire, const struct pf_state_lookup *stack)
{
	struct held	h;

	h.link[0] = &s->link;
	h.hash[0] = wire->hash;
	h.link[1] = NULL;
	if (stack != NULL) {
		h.link[1] = &s->more->link;
		h.hash[1] = stack->hash;
	}
	hold_stripes(st, &h);
	s->linked = 0;
	if (!pf_state_bucket_insert(held_bucket(st, &h, 0), h.link[0]))
		goto out;
	if (h.link[1] != NULL &&
	    !pf_state_bucket_insert(held_bucket(st, &h, 1), h.link[1]))
		goto out_first;
	if (insert_id(st, s)) {
		s->linked = 1;
		goto out;
	}
	if (h.link[1] != NULL)
		pf_state_bucket_erase(held_bucket(st, &h, 1), h.link[1]);
out_first:
	pf_state_bucket_erase(held_bucket(st, &h, 0), h.link[0]);
out:
	release_stripes(&h);
	return (s->linked != 0);
}

/* Each CPU counts up in a block of ids of its own. */
static uint64_t
take_id(struct pf_statetab *st)
{
	uint64_t	*next = &pf_pcpu_words(&st->note)[PF_NOTE_ID];

	if (*next % ID_BLOCK == 0)
		*next = (uint64_t)(pf_atomic_inc(&st->id_blocks) - 1) * ID_BLOCK;
	return (st->id_base + (*next)++);
}

uint64_t
pf_state_next_id(struct pf *pf)
{
	return (pf->st.id_base +
	    (uint64_t)pf_atomic_read(&pf->st.id_blocks) * ID_BLOCK);
}

int
pf_state_insert(struct pf *pf, struct pf_state *s,
    const struct pf_state_lookup *wire, const struct pf_state_lookup *stack)
{
	struct pf_statetab	*st = &pf->st;
	struct pf_buckets	*t = pf_rcu_deref(st->keys);

	if (s->id == 0) {
		s->id = take_id(st);
		s->creatorid = pf_rcu_deref(pf->conf)->hostid;
	}
	set_keys(s, wire, stack);
	if (!link_state(st, s, wire, stack))
		return (EEXIST);
	if (pf_state_bound(s))
		pf_atomic_inc(&st->nbound);
	if (pf_state_group(s) != NULL) {
		pf_atomic_inc(&st->ngrouped);
		pf_atomic_inc(&s->more->group->states);
	}
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
	struct pf	*pf = s->kif->pf;

	if (pf_state_group(s) != NULL)
		pf_atomic_dec(&s->more->group->states);
	more_free(pf, s->more);
	pf_krule_put(pf, s->rule);
	pf_atomic_dec(&s->kif->states);
	pf_state_mem_put(pf, s);
}

/* Take s out of all trees; false: it was not in them. */
static bool
unlink_state(struct pf_statetab *st, struct pf_state *s)
{
	uint64_t		 idhash = id_hash(s->id, s->creatorid);
	struct pf_stripe	*idstripe = stripe_of(st->id_stripes, idhash);
	struct held		 h;
	bool			 was;

	keys_of(st, s, &h);
	hold_stripes(st, &h);
	was = s->linked != 0;
	if (was) {
		s->linked = 0;
		pf_state_bucket_erase(held_bucket(st, &h, 0), h.link[0]);
		if (h.link[1] != NULL)
			pf_state_bucket_erase(held_bucket(st, &h, 1), h.link[1]);
		pf_spin_lock(&idstripe->lock);
		pf_rb_erase(&bucket_now(pf_rcu_deref(st->ids), idhash)->root,
		    &s->id_node);
		pf_spin_unlock(&idstripe->lock);
	}
	release_stripes(&h);
	return (was);
}

bool
pf_state_remove(struct pf *pf, struct pf_state *s)
{
	struct pf_statetab	*st = &pf->st;
	bool			 mine;

	pf_rcu_read_lock();
	mine = unlink_state(st, s);
	if (mine) {
		pf_count(pf, PF_CTR_STATE + FCNT_STATE_REMOVALS);
		if (pf_state_bound(s))
			pf_atomic_dec(&st->nbound);
		if (pf_state_group(s) != NULL)
			pf_atomic_dec(&st->ngrouped);
		pf_srcnode_leave(pf, s);
		pf_atomic_dec(&s->rule->states_cur);
		leave_rules(s->more);
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
	timeout = kr->act.timeout[which];
	if (timeout == 0)
		timeout = conf->timeout[which];
	start = kr->act.timeout[PFTM_ADAPTIVE_START];
	if (start != 0) {
		end = kr->act.timeout[PFTM_ADAPTIVE_END];
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
