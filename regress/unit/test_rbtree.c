// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_rbtree.c: the process host's red-black trees against a plain array, over
 * millions of random insertions and removals.
 *
 * The model is a bit for every key.  The tree's rules (order, parents, colours,
 * equal black depth) are checked in full while the tree is small, and now and
 * then while it is large.
 */
#include "unit.h"

#define KEYS	4096

struct item {
	struct pf_rb_node node;
	uint32_t	 key;
	bool		 in;
};

static struct item items[KEYS];
static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}

static struct item *
item_of(struct pf_rb_node *n)
{
	return (container_of(n, struct item, node));
}

static void
tree_insert(struct pf_rb_root *root, struct item *it)
{
	struct pf_rb_node **link = pf_rb_link_top(root), *p, *parent = NULL;

	for (p = pf_rb_top(root); p != NULL; p = *link) {
		parent = p;
		assert_int_not_equal(item_of(p)->key, it->key);
		link = it->key < item_of(p)->key ? pf_rb_link_left(p) :
		    pf_rb_link_right(p);
	}
	pf_rb_insert(root, &it->node, parent, link);
	it->in = true;
}

static struct item *
tree_find(struct pf_rb_root *root, uint32_t key)
{
	struct pf_rb_node *p = pf_rb_top(root);

	while (p != NULL && item_of(p)->key != key)
		p = key < item_of(p)->key ? pf_rb_left(p) : pf_rb_right(p);
	return (p != NULL ? item_of(p) : NULL);
}

/* Black nodes on the way down, the same on all ways; counts nodes. */
static unsigned int
check_sub(const struct pf_rb_node *n, const struct pf_rb_node *up, bool up_red,
    int64_t lo, int64_t hi, unsigned int *count)
{
	const struct item *it = (const struct item *)n;
	bool red;
	unsigned int l, r;

	if (n == NULL)
		return (1);
	red = (n->up & 1) == 0;
	assert_ptr_equal((void *)(n->up & ~(uintptr_t)1), up);
	assert_false(red && up_red);
	assert_true(it->in);
	assert_true(it->key > lo && it->key < hi);
	++*count;
	l = check_sub(n->left, n, red, lo, it->key, count);
	r = check_sub(n->right, n, red, it->key, hi, count);
	assert_int_equal(l, r);
	return (l + !red);
}

static void
check(const struct pf_rb_root *root, unsigned int expected)
{
	unsigned int count = 0;

	if (root->top != NULL)
		assert_int_equal(root->top->up, 1);	/* black, no parent */
	check_sub(root->top, NULL, false, -1, KEYS, &count);
	assert_int_equal(count, expected);
}

static void
check_order(const struct pf_rb_root *root, uint32_t keys)
{
	struct pf_rb_node *n = pf_rb_first(root);

	for (uint32_t k = 0; k < keys; k++)
		if (items[k].in) {
			assert_non_null(n);
			assert_int_equal(item_of(n)->key, k);
			n = pf_rb_next(n);
		}
	assert_null(n);
}

static void
random_ops(uint32_t keys, unsigned int ops, unsigned int check_every)
{
	struct pf_rb_root root;
	unsigned int n = 0, bias = 5;

	pf_rb_init(&root);
	assert_true(pf_rb_empty(&root));
	for (uint32_t k = 0; k < keys; k++)
		items[k] = (struct item){ .key = k };
	for (unsigned int i = 0; i < ops; i++) {
		struct item *it = &items[rnd(keys)];

		if (i % 20000 == 0)
			bias = 1 + rnd(9);	/* grow and shrink in turns */
		assert_ptr_equal(tree_find(&root, it->key),
		    it->in ? it : NULL);
		if (!it->in && rnd(10) < bias) {
			tree_insert(&root, it);
			n++;
		} else if (it->in && rnd(10) >= bias) {
			pf_rb_erase(&root, &it->node);
			memset(&it->node, 0xee, sizeof(it->node));
			it->in = false;
			n--;
		}
		if (i % check_every == 0) {
			check(&root, n);
			check_order(&root, keys);
		}
	}
	for (uint32_t k = 0; k < keys; k++)
		if (items[k].in) {
			pf_rb_erase(&root, &items[k].node);
			items[k].in = false;
			check(&root, --n);
		}
	assert_true(pf_rb_empty(&root));
}

static void
test_small(void **state)
{
	(void)state;
	seed = 1;
	for (uint32_t keys = 1; keys <= 24; keys++)
		random_ops(keys, 20000, 1);
}

static void
test_large(void **state)
{
	(void)state;
	seed = 2;
	random_ops(KEYS, 3000000, 10007);
}

static void
test_orders(void **state)
{
	struct pf_rb_root root;

	(void)state;
	for (int order = 0; order < 3; order++) {
		pf_rb_init(&root);
		for (uint32_t i = 0; i < 1000; i++) {
			uint32_t k = order == 0 ? i : order == 1 ? 999 - i :
			    i * 617 % 1000;

			items[k] = (struct item){ .key = k };
			tree_insert(&root, &items[k]);
			check(&root, i + 1);
		}
		for (uint32_t i = 0; i < 1000; i++) {
			pf_rb_erase(&root, &items[i].node);
			items[i].in = false;
			check(&root, 999 - i);
		}
	}
}

static void
test_misuse(void **state)
{
	struct pf_rb_root root, other;

	(void)state;
	pf_rb_init(&root);
	pf_rb_init(&other);
	items[0] = (struct item){ .key = 0 };
	items[1] = (struct item){ .key = 1 };
	tree_insert(&root, &items[0]);
	assert_panic("taken", pf_rb_insert(&root, &items[1].node, NULL,
	    pf_rb_link_top(&root)));
	assert_panic("not in this tree", pf_rb_erase(&other, &items[0].node));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
