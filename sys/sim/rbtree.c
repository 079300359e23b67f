// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * rbtree.c: red-black trees for the process host.
 *
 * Nodes belong to the caller and are linked in place.  The holder of the tree's
 * lock changes it; a reader without the lock follows left and right only.
 * Rotations and replacements write the links in such an order that a
 * path downwards never turns into a circle: what sinks gives up its link to
 * what rises before that one points to it.
 *
 * The rules: the top is black; a red node has no red child; every way down from
 * a node to a missing child meets the same number of black nodes.
 */
#include "sim.h"

#define RED	((uintptr_t)0)
#define BLACK	((uintptr_t)1)

enum { LEFT, RIGHT };

static struct pf_rb_node *
parent_of(const struct pf_rb_node *n)
{
	return ((struct pf_rb_node *)(n->up & ~BLACK));
}

/* A missing child counts as black. */
static bool
is_red(const struct pf_rb_node *n)
{
	return (n != NULL && (n->up & BLACK) == RED);
}

static void
set_parent(struct pf_rb_node *n, struct pf_rb_node *parent)
{
	n->up = (uintptr_t)parent | (n->up & BLACK);
}

static void
set_colour(struct pf_rb_node *n, uintptr_t colour)
{
	n->up = (n->up & ~BLACK) | colour;
}

static struct pf_rb_node **
child(struct pf_rb_node *n, int side)
{
	return (side == LEFT ? &n->left : &n->right);
}

static void
store(struct pf_rb_node **link, struct pf_rb_node *n)
{
	__atomic_store_n(link, n, __ATOMIC_RELEASE);
}

/* The link that points down to n. */
static struct pf_rb_node **
link_to(struct pf_rb_root *root, struct pf_rb_node *n)
{
	struct pf_rb_node *p = parent_of(n);

	if (p == NULL)
		return (&root->top);
	return (p->left == n ? &p->left : &p->right);
}

/* n sinks to `side', its other child rises into its place. */
static void
rotate(struct pf_rb_root *root, struct pf_rb_node *n, int side)
{
	struct pf_rb_node **link = link_to(root, n);
	struct pf_rb_node *riser = *child(n, !side);
	struct pf_rb_node *middle = *child(riser, side);

	store(child(n, !side), middle);
	if (middle != NULL)
		set_parent(middle, n);
	store(child(riser, side), n);
	set_parent(riser, parent_of(n));
	set_parent(n, riser);
	store(link, riser);
}

void
pf_rb_insert(struct pf_rb_root *root, struct pf_rb_node *n,
    struct pf_rb_node *parent, struct pf_rb_node **link)
{
	struct pf_rb_node *grand, *uncle;
	int side;

	if (*link != NULL)
		SIM_PANIC("tree link %p is taken", (void *)link);
	n->left = n->right = NULL;
	n->up = (uintptr_t)parent | RED;
	store(link, n);

	/* Only one thing can be wrong: n and its parent are both red. */
	while ((parent = parent_of(n)) != NULL && is_red(parent)) {
		grand = parent_of(parent);	/* exists: the top is black */
		side = grand->left == parent ? LEFT : RIGHT;
		uncle = *child(grand, !side);
		if (is_red(uncle)) {
			set_colour(parent, BLACK);
			set_colour(uncle, BLACK);
			set_colour(grand, RED);
			n = grand;
			continue;
		}
		if (*child(parent, !side) == n) {
			rotate(root, parent, side);
			parent = n;
		}
		set_colour(parent, BLACK);
		set_colour(grand, RED);
		rotate(root, grand, !side);
		break;
	}
	set_colour(root->top, BLACK);
}

/*
 * Ways through the place on `side' of parent (whose node n may be missing) meet
 * one black node too few.
 */
static void
mend(struct pf_rb_root *root, struct pf_rb_node *n, struct pf_rb_node *parent,
    int side)
{
	struct pf_rb_node *sib;

	while (parent != NULL && !is_red(n)) {
		sib = *child(parent, !side);	/* exists: its side is not short */
		if (is_red(sib)) {
			set_colour(sib, BLACK);
			set_colour(parent, RED);
			rotate(root, parent, side);
			sib = *child(parent, !side);
		}
		if (!is_red(sib->left) && !is_red(sib->right)) {
			/* Make the sibling's side as short and go up. */
			set_colour(sib, RED);
			n = parent;
			parent = parent_of(n);
			if (parent != NULL)
				side = parent->left == n ? LEFT : RIGHT;
			continue;
		}
		if (!is_red(*child(sib, !side))) {
			set_colour(*child(sib, side), BLACK);
			set_colour(sib, RED);
			rotate(root, sib, !side);
			sib = *child(parent, !side);
		}
		set_colour(sib, parent->up & BLACK);
		set_colour(parent, BLACK);
		set_colour(*child(sib, !side), BLACK);
		rotate(root, parent, side);
		return;
	}
	if (n != NULL)
		set_colour(n, BLACK);
}

/* Take out n, which has at most one child. */
static void
unlink_node(struct pf_rb_root *root, struct pf_rb_node *n)
{
	struct pf_rb_node *parent = parent_of(n);
	struct pf_rb_node *only = n->left != NULL ? n->left : n->right;
	struct pf_rb_node **link = link_to(root, n);
	int side = parent != NULL && parent->right == n ? RIGHT : LEFT;

	if (only != NULL)
		set_parent(only, parent);
	store(link, only);
	if (!is_red(n))
		mend(root, only, parent, side);
}

void
pf_rb_erase(struct pf_rb_root *root, struct pf_rb_node *n)
{
	struct pf_rb_node *heir;

	if (*link_to(root, n) != n)
		SIM_PANIC("node %p is not in this tree", (void *)n);
	if (n->left == NULL || n->right == NULL) {
		unlink_node(root, n);
		return;
	}

	/* Two children: the next in order leaves its place and takes n's. */
	for (heir = n->right; heir->left != NULL; heir = heir->left)
		;
	unlink_node(root, heir);
	heir->up = n->up;
	store(&heir->left, n->left);
	if (n->left != NULL)
		set_parent(n->left, heir);
	store(&heir->right, n->right);
	if (n->right != NULL)
		set_parent(n->right, heir);
	store(link_to(root, n), heir);
}

struct pf_rb_node *
pf_rb_first(const struct pf_rb_root *root)
{
	struct pf_rb_node *n = root->top;

	while (n != NULL && n->left != NULL)
		n = n->left;
	return (n);
}

struct pf_rb_node *
pf_rb_next(const struct pf_rb_node *n)
{
	struct pf_rb_node *p;

	if (n->right != NULL) {
		for (p = n->right; p->left != NULL; p = p->left)
			;
		return (p);
	}
	while ((p = parent_of(n)) != NULL && p->right == n)
		n = p;
	return (p);
}
