// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_srcnode.c: the sources of connections (source-track, sticky-address)
 *
 * What it owns.  The pf_srcnodes and their buckets.
 * Life.  pf_srcnode.h.
 * Locking.  The lock of the bucket, the only one that a packet takes here; under it that of
 * no other store.  The buckets, once they are there, stay as many: each is a tree, so
 * that many nodes in it are found fast, and which of them a source is in is a keyed hash.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_rate.h"
#include "pf_rule.h"
#include "pf_srcnode.h"
#include "pf_state.h"
#include "pf_util.h"

/* Who is looked for. */
struct source {
	const struct pf_krule	*rule;		/* NULL: of all rules */
	const struct pf_addr	*addr;
	uint8_t			 af;
	uint8_t			 kind;		/* as of a node */
};

static struct pf_srcnode *
node_of(const struct pf_rb_node *n)
{
	return (container_of(n, struct pf_srcnode, node));
}

static uint32_t
bucket_of_source(struct pf *pf, const struct source *who)
{
	return ((uint32_t)pf_siphash4(who->addr->addr64[0],
	    who->addr->addr64[1], (uintptr_t)who->rule,
	    who->af | (uint64_t)who->kind << 8, &pf->st.secret) % PF_SOURCE_BUCKETS);
}

static int
source_cmp(const struct source *who, const struct pf_srcnode *n)
{
	int	d = memcmp(who->addr, &n->addr, sizeof(n->addr));

	if (d == 0)
		d = (int)who->af - (int)n->af;
	if (d == 0)
		d = (int)who->kind - (int)n->kind;
	if (d == 0 && who->rule != n->rule)
		d = (uintptr_t)who->rule < (uintptr_t)n->rule ? -1 : 1;
	return (d);
}

/* The source's node, or NULL and where it would be.  Lock: the bucket's. */
static struct pf_srcnode *
node_find(struct pf_source_bucket *b, const struct source *who,
    struct pf_rb_node **parent, struct pf_rb_node ***link)
{
	struct pf_rb_node	*n;
	int			 d;

	*parent = NULL;
	*link = pf_rb_link_top(&b->root);
	while ((n = **link) != NULL) {
		d = source_cmp(who, node_of(n));
		if (d == 0)
			return (node_of(n));
		*parent = n;
		*link = d < 0 ? pf_rb_link_left(n) : pf_rb_link_right(n);
	}
	return (NULL);
}

static void
node_free(struct pf_rcu_head *head)
{
	struct pf_srcnode	*n = container_of(head, struct pf_srcnode, rcu);

	if (n->rule != NULL)
		pf_krule_put(n->pf, n->rule);
	pf_free(n);
}

/* From now on nobody finds it.  Lock: the bucket's. */
static void
node_unlink(struct pf *pf, struct pf_source_bucket *b, struct pf_srcnode *n)
{
	pf_rb_erase(&b->root, &n->node);
	n->linked = false;
	pf_atomic_dec(&pf->sources.n);
	if (n->rule != NULL && n->kind == 0)
		pf_atomic_dec(&n->rule->src_nodes);
	pf_count(pf, PF_CTR_SOURCE + SCNT_SRC_NODE_REMOVALS);
	if (n->states == 0)		/* else with the last of them */
		pf_rcu_call(&n->rcu, node_free);
}

/* Count the node that is to be made at the rule and at the limit of all. */
static bool
count_node(struct pf *pf, struct pf_krule *kr, uint8_t kind)
{
	uint32_t	max = kr->act.max_src_nodes;
	bool		own = kind == 0 &&
			    (kr->act.rule_flag & PFRULE_RULESRCTRACK) != 0;

	if (own && !pf_atomic_inc_below(&kr->src_nodes,
	    max != 0 ? max : UINT32_MAX)) {
		pf_count(pf, PF_CTR_LIMIT + LCNT_SRCNODES);
		return (false);
	}
	if (pf_atomic_inc_below(&pf->sources.n,
	    pf_rcu_deref(pf->conf)->limit[PF_LIMIT_SRC_NODES]))
		return (true);
	if (own)
		pf_atomic_dec(&kr->src_nodes);
	return (false);
}

/* A node without states.  Lock: the bucket's. */
static struct pf_srcnode *
node_create(struct pf *pf, struct pf_krule *kr, const struct source *who,
    int *why)
{
	struct pf_srcnode	*n;

	*why = PFRES_SRCLIMIT;
	if (!count_node(pf, kr, who->kind))
		return (NULL);
	n = pf_alloc_atomic(pf, sizeof(*n));
	if (n == NULL) {
		*why = PFRES_MEMORY;
		pf_atomic_dec(&pf->sources.n);
		if (who->rule != NULL && who->kind == 0)
			pf_atomic_dec(&kr->src_nodes);
		return (NULL);
	}
	n->pf = pf;
	if (who->rule != NULL) {
		pf_krule_ref(kr);
		n->rule = kr;
	}
	n->addr = *who->addr;
	n->af = who->af;
	n->kind = who->kind;
	n->linked = true;
	n->creation = pf_uptime(pf);
	if (who->kind == 0)
		pf_rate_init(&n->rate, &kr->act.max_src_conn_rate);
	pf_count(pf, PF_CTR_SOURCE + SCNT_SRC_NODE_INSERT);
	return (n);
}

struct pf_srcnode *
pf_srcnode_enter(struct pf *pf, struct pf_krule *kr, uint8_t af,
    const struct pf_addr *addr, int *why)
{
	struct source		 who = { NULL, addr, af, 0 };
	uint32_t		 max = kr->act.max_src_states, i;
	struct pf_source_bucket	*b;
	struct pf_rb_node	*parent, **link;
	struct pf_srcnode	*n;

	if (kr->act.rule_flag & PFRULE_RULESRCTRACK)
		who.rule = kr;
	i = bucket_of_source(pf, &who);
	b = &READ_ONCE(pf->sources.b)[i];
	pf_count(pf, PF_CTR_SOURCE + SCNT_SRC_NODE_SEARCH);
	pf_spin_lock(&b->lock);
	n = node_find(b, &who, &parent, &link);
	if (n == NULL) {
		n = node_create(pf, kr, &who, why);
		if (n != NULL) {
			n->bucket = i;
			pf_rb_insert(&b->root, &n->node, parent, link);
		}
	} else if (max != 0 && n->states >= max) {
		pf_count(pf, PF_CTR_LIMIT + LCNT_SRCSTATES);
		*why = PFRES_SRCLIMIT;
		n = NULL;
	}
	if (n != NULL)
		n->states++;
	pf_spin_unlock(&b->lock);
	return (n);
}

/* One state less.  Lock: the bucket's. */
static void
node_leave(struct pf *pf, struct pf_source_bucket *b, struct pf_srcnode *n,
    const struct pf_krule *kr)
{
	uint32_t	timeout = kr->act.timeout[PFTM_SRC_NODE];

	if (--n->states != 0)
		return;
	if (timeout == 0)
		timeout = pf_rcu_deref(pf->conf)->timeout[PFTM_SRC_NODE];
	n->expire = pf_uptime(pf) + timeout;
	if (!n->linked)
		pf_rcu_call(&n->rcu, node_free);
	else if (timeout == 0)
		node_unlink(pf, b, n);
}

void
pf_srcnode_withdraw(struct pf *pf, struct pf_srcnode *n,
    const struct pf_krule *kr)
{
	struct pf_source_bucket	*b = &pf->sources.b[n->bucket];

	pf_spin_lock(&b->lock);
	node_leave(pf, b, n, kr);
	pf_spin_unlock(&b->lock);
}

/*
 * sticky-address
 */
static struct source
source_of(const struct pf_stuck *k)
{
	return ((struct source){ k->rule, k->addr, k->af,
	    (uint8_t)(1 + k->which) });
}

struct pf_srcnode *
pf_srcnode_recall(struct pf *pf, const struct pf_stuck *k, struct pf_choice *c)
{
	struct source		 who = source_of(k);
	struct pf_source_bucket	*b;
	struct pf_rb_node	*parent, **link;
	struct pf_srcnode	*n;

	b = &READ_ONCE(pf->sources.b)[bucket_of_source(pf, &who)];
	pf_count(pf, PF_CTR_SOURCE + SCNT_SRC_NODE_SEARCH);
	pf_spin_lock(&b->lock);
	n = node_find(b, &who, &parent, &link);
	if (n != NULL) {
		n->states++;
		*c = n->choice;
	}
	pf_spin_unlock(&b->lock);
	return (n);
}

struct pf_srcnode *
pf_srcnode_remember(struct pf *pf, const struct pf_stuck *k,
    struct pf_choice *c, int *why)
{
	struct source		 who = source_of(k);
	uint32_t		 i = bucket_of_source(pf, &who);
	struct pf_source_bucket	*b = &READ_ONCE(pf->sources.b)[i];
	struct pf_rb_node	*parent, **link;
	struct pf_srcnode	*n;

	pf_spin_lock(&b->lock);
	n = node_find(b, &who, &parent, &link);
	if (n != NULL)
		*c = n->choice;
	else if ((n = node_create(pf, k->rule, &who, why)) != NULL) {
		n->bucket = i;
		n->choice = *c;
		pf_rb_insert(&b->root, &n->node, parent, link);
	}
	if (n != NULL)
		n->states++;
	pf_spin_unlock(&b->lock);
	return (n);
}

void
pf_srcnode_rechoose(struct pf *pf, struct pf_srcnode *n,
    const struct pf_choice *old, struct pf_choice *c)
{
	struct pf_source_bucket	*b = &pf->sources.b[n->bucket];

	pf_spin_lock(&b->lock);
	if (n->choice.part == old->part &&
	    pf_addr_eq(&n->choice.addr, &old->addr))
		n->choice = *c;
	else
		*c = n->choice;
	pf_spin_unlock(&b->lock);
}

void
pf_srcnode_forget(struct pf *pf, struct pf_srcnode *n, bool again)
{
	struct pf_source_bucket	*b = &pf->sources.b[n->bucket];

	pf_spin_lock(&b->lock);
	node_leave(pf, b, n, n->rule);
	if (again && n->states == 0 && n->linked)
		node_unlink(pf, b, n);
	pf_spin_unlock(&b->lock);
}

void
pf_hold_release(struct pf *pf, const struct pf_hold *h, bool again)
{
	if (h->count != NULL)
		pf_atomic_dec(h->count);
	if (h->node != NULL)
		pf_srcnode_forget(pf, h->node, again);
}

/* The state is no more among those of what pools have chosen for it. */
static void
holds_release(struct pf *pf, struct pf_state_more *more)
{
	uint32_t	i;

	for (i = 0; i < more->nholds; i++)
		pf_hold_release(pf, &more->hold[i], false);
	WRITE_ONCE(more->nholds, 0);
}

void
pf_srcnode_leave(struct pf *pf, struct pf_state *s)
{
	struct pf_srcnode	*n = pf_state_source(s);
	struct pf_source_bucket	*b;

	if (unlikely(s->more != NULL && s->more->nholds != 0))
		holds_release(pf, s->more);
	if (likely(n == NULL))
		return;
	b = &pf->sources.b[n->bucket];
	pf_spin_lock(&b->lock);
	if (s->more->connected == 1)
		n->conn--;
	WRITE_ONCE(s->more->connected, 2);
	node_leave(pf, b, n, s->rule);
	pf_spin_unlock(&b->lock);
}

bool
pf_srcnode_connect(struct pf *pf, struct pf_state *s)
{
	const struct pf_rule_act *act = &s->rule->act;
	struct pf_srcnode	*n = s->more->source;
	struct pf_source_bucket	*b = &pf->sources.b[n->bucket];
	bool			 is_new, many;

	pf_spin_lock(&b->lock);
	is_new = s->more->connected == 0;
	if (is_new) {
		WRITE_ONCE(s->more->connected, 1);
		n->conn++;
	}
	many = is_new && act->max_src_conn != 0 && n->conn > act->max_src_conn;
	pf_spin_unlock(&b->lock);
	if (!is_new)
		return (false);
	if (many)
		pf_count(pf, PF_CTR_LIMIT + LCNT_SRCCONN);
	if (act->max_src_conn_rate.limit != 0 &&
	    pf_rate_exceeded(&n->rate, 1, pf_uptime(pf))) {
		pf_count(pf, PF_CTR_LIMIT + LCNT_SRCCONNRATE);
		many = true;
	}
	return (many);
}

void
pf_srcnode_count(struct pf_srcnode *n, bool back, uint64_t packets,
    uint64_t len)
{
	pf_atomic64_add(&n->packets[back], packets);
	pf_atomic64_add(&n->bytes[back], len);
}

/*
 * Programs
 */
/* What a program is told: the pool of a nat rule translates as nat-to does. */
static uint8_t
node_type(const struct pf_srcnode *n)
{
	return (n->kind == 1 + PF_POOL_RDR && n->rule->act.action == PF_NAT ?
	    1 + PF_POOL_NAT : n->kind);
}

static void
node_export(const struct pf_srcnode *n, uint32_t now, struct pf_src_node *out)
{
	unsigned int	i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < 2; i++) {
		out->packets[i] = pf_atomic64_read(&n->packets[i]);
		out->bytes[i] = pf_atomic64_read(&n->bytes[i]);
	}
	out->addr = n->addr;
	if (n->kind != 0) {
		out->type = node_type(n);
		out->raddr = n->choice.addr;
	}
	out->af = n->af;
	out->rule = n->rule != NULL && !READ_ONCE(n->rule->retired) ?
	    n->rule->nr : UINT32_MAX;
	out->creation = now - n->creation;
	if (n->states == 0 && (int32_t)(n->expire - now) > 0)
		out->expire = n->expire - now;
	out->states = n->states;
	out->conn = n->conn;
}

/* The rate has a lock of its own, which is of another class. */
static void
rate_export(struct pf_srcnode *n, uint32_t now, struct pf_src_node *out)
{
	if (n->rate.limit == 0)
		return;
	out->conn_seconds = n->rate.seconds;
	out->conn_rate = pf_rate_now(&n->rate, now);
}

/* false: they do not fit. */
static bool
bucket_read(struct pf_source_bucket *b, uint32_t now, struct pf_src_node *buf,
    uint32_t room, uint32_t *count)
{
	struct pf_rb_node	*n;
	uint32_t		 k = 0;

	pf_spin_lock(&b->lock);
	for (n = pf_rb_first(&b->root); n != NULL && k < room;
	    n = pf_rb_next(n), k++) {
		node_export(node_of(n), now, &buf[k]);
		rate_export(node_of(n), now, &buf[k]);
	}
	pf_spin_unlock(&b->lock);
	*count = k;
	return (n == NULL);
}

uint32_t
pf_srcnodes_read(struct pf *pf, uint32_t *bucket, struct pf_src_node *buf,
    uint32_t room)
{
	struct pf_source_bucket	*b = READ_ONCE(pf->sources.b);
	uint32_t		 n = 0, more;

	if (b == NULL)
		*bucket = PF_SOURCE_BUCKETS;
	for (; *bucket < PF_SOURCE_BUCKETS; (*bucket)++) {
		if (pf_rb_empty(&b[*bucket].root))
			continue;
		if (!bucket_read(&b[*bucket], pf_uptime(pf), buf + n, room - n,
		    &more))
			break;
		n += more;
	}
	return (n);
}

static bool
kill_matches(const struct pfioc_src_node_kill *k, const struct pf_srcnode *n)
{
	return (k == NULL || ((k->af == 0 || k->af == n->af) &&
	    pf_addr_masked_eq(&n->addr, &k->src.addr.v.a.addr,
	    &k->src.addr.v.a.mask) != k->src.neg &&
	    pf_addr_masked_eq(&n->choice.addr, &k->dst.addr.v.a.addr,
	    &k->dst.addr.v.a.mask) != k->dst.neg));
}

/* Remove the bucket's nodes that match, or that have expired. */
static uint32_t
bucket_remove(struct pf *pf, struct pf_source_bucket *b, bool expired,
    const struct pfioc_src_node_kill *kill)
{
	struct pf_rb_node	*n, *next;
	struct pf_srcnode	*node;
	uint32_t		 now = pf_uptime(pf), removed = 0;

	pf_spin_lock(&b->lock);
	for (n = pf_rb_first(&b->root); n != NULL; n = next) {
		next = pf_rb_next(n);
		node = node_of(n);
		if (expired ? node->states != 0 ||
		    (int32_t)(node->expire - now) > 0 :
		    !kill_matches(kill, node))
			continue;
		node_unlink(pf, b, node);
		removed++;
	}
	pf_spin_unlock(&b->lock);
	return (removed);
}

static uint32_t
buckets_remove(struct pf *pf, uint32_t from, uint32_t n, bool expired,
    const struct pfioc_src_node_kill *kill)
{
	struct pf_source_bucket	*b = pf->sources.b;
	uint32_t		 i, removed = 0;

	pf_mutex_assert(&pf->ctl);
	if (b == NULL || pf_atomic_read(&pf->sources.n) == 0)
		return (0);
	for (i = from; i < from + n; i++) {
		if (!pf_rb_empty(&b[i % PF_SOURCE_BUCKETS].root))
			removed += bucket_remove(pf,
			    &b[i % PF_SOURCE_BUCKETS], expired, kill);
		pf_yield_at(i);
	}
	return (removed);
}

uint32_t
pf_srcnodes_kill(struct pf *pf, const struct pfioc_src_node_kill *kill)
{
	return (buckets_remove(pf, 0, PF_SOURCE_BUCKETS, false, kill));
}

void
pf_sources_purge(struct pf *pf, uint32_t interval)
{
	struct pf_sources	*t = &pf->sources;
	uint32_t		 n = PF_SOURCE_BUCKETS;

	if (interval > 1)
		n = n / interval + 1;
	buckets_remove(pf, t->purge_pos, n, true, NULL);
	t->purge_pos = (t->purge_pos + n) % PF_SOURCE_BUCKETS;
}

int
pf_sources_need(struct pf *pf)
{
	struct pf_source_bucket	*b;
	uint32_t		 i;

	pf_mutex_assert(&pf->ctl);
	if (pf->sources.b != NULL)
		return (0);
	b = pf_alloc(pf, PF_SOURCE_BUCKETS * sizeof(*b));
	if (b == NULL)
		return (ENOMEM);
	for (i = 0; i < PF_SOURCE_BUCKETS; i++) {
		pf_rb_init(&b[i].root);
		pf_spin_init(&b[i].lock);
	}
	pf_rcu_assign(pf->sources.b, b);
	return (0);
}

void
pf_sources_fini(struct pf *pf)
{
	pf_srcnodes_kill(pf, NULL);
	pf_free(pf->sources.b);
	pf->sources.b = NULL;
}
