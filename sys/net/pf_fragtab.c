// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_fragtab.c: what is known of datagrams that come in fragments
 *
 * What it owns.  See pf_fragtab.h; here are the tree of the datagrams by their key, and
 * two lists of them by age.
 * Locking.  pf_frags.lock.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_fragtab.h"
#include "pf_instance.h"

#define PURGE_BATCH	64		/* datagrams that are taken out at a time */

void
pf_frags_init(struct pf *pf)
{
	struct pf_frags	*f = &pf->frags;

	pf_spin_init(&f->lock);
	pf_rb_init(&f->root);
	pf_atomic_set(&f->n, 0);
}

static struct pf_gram_age *
age_of(struct pf *pf, const struct pf_gram *g)
{
	return (&pf->frags.age[g->key.kept]);
}

static void
age_add(struct pf *pf, struct pf_gram *g)
{
	struct pf_gram_age	*a = age_of(pf, g);

	g->newer = NULL;
	g->older = a->newest;
	if (a->newest != NULL)
		a->newest->newer = g;
	else
		a->oldest = g;
	a->newest = g;
}

static void
age_remove(struct pf *pf, struct pf_gram *g)
{
	struct pf_gram_age	*a = age_of(pf, g);

	if (g->newer != NULL)
		g->newer->older = g->older;
	else
		a->newest = g->older;
	if (g->older != NULL)
		g->older->newer = g->newer;
	else
		a->oldest = g->newer;
}

/* What the datagram counts for. */
static uint32_t
weight(const struct pf_gram *g)
{
	return (g->n != 0 ? g->n : 1);
}

/* The count is written with the lock held, and read by anybody. */
static void
count(struct pf *pf, uint32_t before, uint32_t after)
{
	pf_atomic_set(&pf->frags.n,
	    pf_atomic_read(&pf->frags.n) - before + after);
}

static struct pf_gram *
gram_at(struct pf_rb_node *node)
{
	return (container_of(node, struct pf_gram, node));
}

struct pf_gram *
pf_gram_find(struct pf *pf, const struct pf_gram_key *key)
{
	struct pf_rb_node	*node = pf_rb_top(&pf->frags.root);
	int			 c;

	pf_spin_assert(&pf->frags.lock);
	while (node != NULL) {
		c = memcmp(key, &gram_at(node)->key, sizeof(*key));
		if (c == 0)
			return (gram_at(node));
		node = c < 0 ? pf_rb_left(node) : pf_rb_right(node);
	}
	return (NULL);
}

struct pf_gram *
pf_gram_new(struct pf *pf, const struct pf_gram_key *key)
{
	struct pf_frags		*f = &pf->frags;
	struct pf_rb_node	*parent = NULL, *node, **link;
	struct pf_gram		*g;

	pf_spin_assert(&f->lock);
	g = pf_alloc_atomic(pf, sizeof(*g));
	if (g == NULL)
		return (NULL);
	g->key = *key;
	g->born = pf_uptime(pf);
	link = pf_rb_link_top(&f->root);
	node = pf_rb_top(&f->root);
	while (node != NULL) {
		parent = node;
		if (memcmp(key, &gram_at(node)->key, sizeof(*key)) < 0) {
			link = pf_rb_link_left(parent);
			node = pf_rb_left(parent);
		} else {
			link = pf_rb_link_right(parent);
			node = pf_rb_right(parent);
		}
	}
	pf_rb_insert(&f->root, &g->node, parent, link);
	age_add(pf, g);
	count(pf, 0, weight(g));
	return (g);
}

bool
pf_gram_add(struct pf *pf, struct pf_gram *g, struct pf_piece *prev,
    const struct pf_piece *what)
{
	struct pf_piece	*pc, *next;
	uint32_t	 before = weight(g);

	pf_spin_assert(&pf->frags.lock);
	pc = pf_alloc_atomic(pf, sizeof(*pc));
	if (pc == NULL)
		return (false);
	*pc = *what;
	next = prev != NULL ? (struct pf_piece *)prev->part.next : g->first;
	pc->part.next = (struct pf_part *)next;
	if (prev != NULL)
		prev->part.next = &pc->part;
	else
		g->first = pc;
	if (next == NULL)
		g->last = pc;
	g->n++;
	g->have += pc->to - pc->from;
	count(pf, before, weight(g));
	return (true);
}

struct pf_piece *
pf_gram_kill(struct pf *pf, struct pf_gram *g)
{
	struct pf_piece	*pieces = g->first;
	uint32_t	 before = weight(g);

	pf_spin_assert(&pf->frags.lock);
	g->dead = true;
	g->first = g->last = NULL;
	g->n = g->have = 0;
	count(pf, before, weight(g));
	return (pieces);
}

void
pf_gram_remove(struct pf *pf, struct pf_gram *g)
{
	pf_spin_assert(&pf->frags.lock);
	pf_rb_erase(&pf->frags.root, &g->node);
	age_remove(pf, g);
	count(pf, weight(g), 0);
	g->newer = NULL;
}

bool
pf_frags_room(struct pf *pf, uint32_t limit, struct pf_gram **gone)
{
	struct pf_frags	*f = &pf->frags;
	struct pf_gram	*g;

	pf_spin_assert(&f->lock);
	while (pf_atomic_read(&f->n) >= limit) {
		g = f->age[1].oldest;
		if (g == NULL)
			return (false);
		pf_pcpu_add(&pf->ctr, PF_CTR_REASON + PFRES_MEMORY, g->n);
		pf_gram_remove(pf, g);
		g->newer = *gone;
		*gone = g;
	}
	return (true);
}

void
pf_pieces_free(struct pf_piece *pc)
{
	struct pf_piece	*next;

	for (; pc != NULL; pc = next) {
		next = (struct pf_piece *)pc->part.next;
		if (pc->owns)
			pf_pkt_free(pc->part.pkt);
		pf_free(pc);
	}
}

void
pf_grams_free(struct pf_gram *g)
{
	struct pf_gram	*next;

	for (; g != NULL; g = next) {
		next = g->newer;
		pf_pieces_free(g->first);
		pf_free(g);
	}
}

/* Take out some that are as old as that, in a chain; NULL: there are no more. */
static struct pf_gram *
take_old(struct pf *pf, uint32_t now, uint32_t timeout)
{
	struct pf_frags	*f = &pf->frags;
	struct pf_gram	*g, *gone = NULL;
	unsigned int	 i, n = 0;

	pf_spin_lock(&f->lock);
	for (i = 0; i < 2; i++)
		while (n < PURGE_BATCH && (g = f->age[i].oldest) != NULL &&
		    now - g->born >= timeout) {
			pf_gram_remove(pf, g);
			g->newer = gone;
			gone = g;
			n++;
		}
	pf_spin_unlock(&f->lock);
	return (gone);
}

void
pf_frags_purge(struct pf *pf, uint32_t timeout)
{
	uint32_t	 now = pf_uptime(pf);
	struct pf_gram	*gone;

	while ((gone = take_old(pf, now, timeout)) != NULL) {
		pf_grams_free(gone);
		pf_yield();
	}
}

void
pf_frags_fini(struct pf *pf)
{
	pf_frags_purge(pf, 0);
}
