// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_anchor.c: anchors: names of rulesets, and where packets find the rulesets
 *
 * What it owns.  The tree of anchors.  A struct pf_anchor is a node in the tree
 * of names below the main ruleset.
 * Life.  An anchor is made, together with its missing parents, when rules are
 * loaded into the anchor or when a rule calls it.  An anchor is referenced by
 * each of its children, by each of its rulesets, by each rule of a ruleset that
 * calls it, and by a transaction that loads rules into it.  It is freed with
 * the last reference.  An anchor that an open transaction has made is `fresh',
 * and not shown to programs, until the commit.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Second floor.
 *
 * Packets do not see the tree.  To a packet an anchor is a number, its slot,
 * which the anchor keeps as long as it lives.  The index is part of the
 * configuration.  It holds, for each slot, the anchor's rulesets and the slots
 * of the anchor's first child and next sibling, in alphabetical order.  An
 * index never changes.  A commit that loads rules into anchors, or after which
 * anchors have been made or freed, makes a new index; the links between slots
 * are worked out again only in the second case (`changed').  The slot of a
 * freed anchor stays in the index, without rules, until then.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_anchor_path.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_rule.h"
#include "pf_util.h"

#define ANCHORS_MAX	1000000		/* whatever the limit says */

bool
pf_anchor_path_ok(const char *path)
{
	return (anchor_path_ok(path));
}

int
pf_anchor_resolve(const char *base, const char *call, char *path,
    struct pf_call_kind *kind)
{
	return (anchor_resolve(base, call, path, kind));
}

/*
 * The tree
 */
static struct pf_anchor *
node_anchor(struct pf_rb_node *n)
{
	return (n != NULL ? container_of(n, struct pf_anchor, node) : NULL);
}

/* Compare the name of len bytes at s with the name of a. */
static int
name_cmp(const char *s, size_t len, const struct pf_anchor *a)
{
	int	d = strncmp(s, a->name, len);

	return (d != 0 ? d : a->name[len] != '\0' ? -1 : 0);
}

static struct pf_anchor *
child_find(const struct pf_anchor *parent, const char *s, size_t len)
{
	struct pf_rb_node	*n = pf_rb_top(&parent->children);
	int			 d;

	while (n != NULL) {
		d = name_cmp(s, len, node_anchor(n));
		if (d == 0)
			return (node_anchor(n));
		n = d < 0 ? pf_rb_left(n) : pf_rb_right(n);
	}
	return (NULL);
}

static void
child_insert(struct pf_anchor *parent, struct pf_anchor *a)
{
	struct pf_rb_node	*n, *above = NULL;
	bool			 left = false;

	for (n = pf_rb_top(&parent->children); n != NULL;
	    n = left ? pf_rb_left(n) : pf_rb_right(n)) {
		above = n;
		left = strcmp(a->name, node_anchor(n)->name) < 0;
	}
	pf_rb_insert(&parent->children, &a->node, above,
	    above == NULL ? pf_rb_link_top(&parent->children) :
	    left ? pf_rb_link_left(above) : pf_rb_link_right(above));
}

static struct pf_anchor *
child_first(struct pf_anchor *parent)
{
	return (node_anchor(pf_rb_first(&parent->children)));
}

/* The next anchor in a walk over the whole tree, in which an anchor comes
 * before its children, and these come before its next sibling. */
static struct pf_anchor *
anchor_next(struct pf_anchor *a)
{
	struct pf_anchor	*n = child_first(a);

	while (n == NULL && a->parent != NULL) {
		n = node_anchor(pf_rb_next(&a->node));
		a = a->parent;
	}
	return (n);
}

static void
tree_changed(struct pf_anchors *as)
{
	as->changed = true;
	as->shown = NULL;
}

/* Give a the lowest slot that is free, and return it; UINT32_MAX: no memory. */
static uint32_t
slot_take(struct pf *pf, struct pf_anchor *a)
{
	struct pf_anchors	*as = &pf->anchors;
	struct pf_anchor	**grown;
	uint32_t		 room;

	while (as->free < as->nslots && as->by_slot[as->free] != NULL)
		as->free++;
	if (as->free == as->room) {
		room = as->room != 0 ? as->room * 2 : 16;
		grown = pf_alloc(pf, room * sizeof(*grown));
		if (grown == NULL)
			return (UINT32_MAX);
		if (as->nslots != 0)
			memcpy(grown, as->by_slot, as->nslots * sizeof(*grown));
		pf_free(as->by_slot);
		as->by_slot = grown;
		as->room = room;
	}
	if (as->free == as->nslots)
		as->nslots++;
	as->by_slot[as->free] = a;
	return (as->free++);
}

static void
slot_release(struct pf_anchors *as, uint32_t slot)
{
	as->by_slot[slot] = NULL;
	if (slot < as->free)
		as->free = slot;
	while (as->nslots > 0 && as->by_slot[as->nslots - 1] == NULL)
		as->nslots--;
	if (as->free > as->nslots)
		as->free = as->nslots;
}

/* Make a child of parent, named by the first len bytes of s, with one
 * reference, which is for the caller. */
static int
anchor_create(struct pf *pf, struct pf_anchor *parent, const char *s,
    size_t len, struct pf_anchor **out)
{
	struct pf_anchor	*a;
	size_t			 above = strlen(parent->path);
	char			*path;

	a = pf_alloc(pf, sizeof(*a) + above + 1 + len + 1);
	if (a == NULL)
		return (ENOMEM);
	path = (char *)(a + 1);
	memcpy(path, parent->path, above);
	if (above > 0)
		path[above++] = '/';
	memcpy(path + above, s, len);
	a->path = path;
	a->name = path + above;
	a->slot = slot_take(pf, a);
	if (a->slot == UINT32_MAX) {
		pf_free(a);
		return (ENOMEM);
	}
	pf_rb_init(&a->children);
	a->parent = parent;
	a->refs = 1;
	a->fresh = true;
	parent->refs++;
	child_insert(parent, a);
	pf->anchors.n++;
	tree_changed(&pf->anchors);
	*out = a;
	return (0);
}

void
pf_anchor_ref(struct pf_anchor *a)
{
	a->refs++;
}

void
pf_anchor_put(struct pf *pf, struct pf_anchor *a)
{
	struct pf_anchors	*as = &pf->anchors;
	struct pf_anchor	*parent;

	if (a != NULL)
		pf_mutex_assert(&pf->ctl);
	for (; a != NULL && --a->refs == 0; a = parent) {
		parent = a->parent;
		pf_rb_erase(&parent->children, &a->node);
		slot_release(as, a->slot);
		as->n--;
		tree_changed(as);
		pf_free(a);
	}
}

int
pf_anchor_get(struct pf *pf, const char *path, uint32_t limit,
    struct pf_anchor **out)
{
	struct pf_anchor	*a = &pf->anchors.main, *child;
	size_t			 len;
	int			 error;

	pf_mutex_assert(&pf->ctl);
	pf_anchor_ref(a);
	for (; path[0] != '\0'; path += path[len] == '/' ? len + 1 : len) {
		len = anchor_part_len(path);
		child = child_find(a, path, len);
		if (child != NULL) {
			pf_anchor_ref(child);
		} else {
			error = pf->anchors.n < limit &&
			    pf->anchors.n < ANCHORS_MAX ?
			    anchor_create(pf, a, path, len, &child) : ENOSPC;
			if (error != 0) {
				pf_anchor_put(pf, a);
				return (error);
			}
		}
		pf_anchor_put(pf, a);		/* the child holds it */
		a = child;
	}
	*out = a;
	return (0);
}

struct pf_anchor *
pf_anchor_find(struct pf *pf, const char *path)
{
	struct pf_anchor	*a = &pf->anchors.main;
	size_t			 len;

	pf_mutex_assert(&pf->ctl);
	for (; a != NULL && path[0] != '\0';
	    path += path[len] == '/' ? len + 1 : len) {
		len = anchor_part_len(path);
		a = child_find(a, path, len);
	}
	return (a != NULL && !a->fresh ? a : NULL);
}

/* The first that is not fresh, of a and the siblings after a. */
static struct pf_anchor *
shown_from(struct pf_anchor *a)
{
	while (a != NULL && a->fresh)
		a = node_anchor(pf_rb_next(&a->node));
	return (a);
}

uint32_t
pf_anchor_children(struct pf_anchor *parent)
{
	struct pf_anchor	*a;
	uint32_t		 n = 0;

	for (a = shown_from(child_first(parent)); a != NULL;
	    a = shown_from(node_anchor(pf_rb_next(&a->node))))
		n++;
	return (n);
}

/* Programs ask for one child after the other: the search goes on at the last
 * answer. */
struct pf_anchor *
pf_anchor_child(struct pf *pf, struct pf_anchor *parent, uint32_t nr)
{
	struct pf_anchors	*as = &pf->anchors;
	struct pf_anchor	*a;
	uint32_t		 i = 0;

	pf_mutex_assert(&pf->ctl);
	a = shown_from(child_first(parent));
	if (as->shown != NULL && as->shown->parent == parent &&
	    as->shown_nr <= nr) {
		a = as->shown;
		i = as->shown_nr;
	}
	for (; a != NULL && i < nr; i++)
		a = shown_from(node_anchor(pf_rb_next(&a->node)));
	as->shown = a;
	as->shown_nr = nr;
	return (a);
}

void
pf_anchor_commit(struct pf *pf)
{
	struct pf_anchor	*a;

	pf_mutex_assert(&pf->ctl);
	if (!pf->anchors.changed)
		return;
	pf->anchors.changed = false;
	pf->anchors.shown = NULL;
	for (a = anchor_next(&pf->anchors.main); a != NULL; a = anchor_next(a))
		a->fresh = false;
}

/*
 * The index
 */
static void
index_link(struct pf *pf, struct pf_anchor_index *ix)
{
	struct pf_anchor	*a, *p;
	uint32_t		 i = 0, *link;

	ix->child = PF_ANCHOR_NONE;
	for (i = 0; i < ix->n; i++)
		ix->slot[i].child = ix->slot[i].next = PF_ANCHOR_NONE;
	pf->anchors.main.last = NULL;
	for (a = anchor_next(&pf->anchors.main), i = 0; a != NULL;
	    a = anchor_next(a), i++) {
		p = a->parent;
		link = p->last != NULL ? &ix->slot[p->last->slot].next :
		    p->parent != NULL ? &ix->slot[p->slot].child : &ix->child;
		*link = a->slot;
		p->last = a;
		a->last = NULL;
		pf_yield_at(i);
	}
}

int
pf_anchor_index(struct pf *pf, const struct pf_anchor_index *old,
    struct pf_anchor_index **out)
{
	struct pf_anchor_index	*ix;
	uint32_t		 n, kept;

	pf_mutex_assert(&pf->ctl);
	n = pf->anchors.changed || old == NULL ? pf->anchors.nslots : old->n;
	*out = NULL;
	if (n == 0)
		return (0);
	ix = pf_alloc(pf, sizeof(*ix) + n * sizeof(ix->slot[0]));
	if (ix == NULL)
		return (ENOMEM);
	if (old != NULL) {
		kept = old->n < n ? old->n : n;
		ix->child = old->child;
		memcpy(ix->slot, old->slot, kept * sizeof(ix->slot[0]));
	}
	ix->n = n;
	if (pf->anchors.changed || old == NULL)
		index_link(pf, ix);
	*out = ix;
	return (0);
}

struct pf_rules *
pf_anchor_rules(const struct pf_conf *conf, const struct pf_anchor *a,
    uint32_t ruleset)
{
	if (a->parent == NULL)
		return (conf->rules[ruleset]);
	return (conf->anchors != NULL && a->slot < conf->anchors->n ?
	    conf->anchors->slot[a->slot].rules[ruleset] : NULL);
}

void
pf_anchor_init(struct pf *pf)
{
	struct pf_anchors	*as = &pf->anchors;

	pf_rb_init(&as->main.children);
	as->main.path = as->main.name = "";
	as->main.slot = PF_ANCHOR_NONE;
	as->main.refs = 1;
}

void
pf_anchor_fini(struct pf *pf)
{
	pf_free(pf->anchors.by_slot);
}
