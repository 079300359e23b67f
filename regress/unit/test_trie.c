// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_trie.c: the trie of tables against a plain list, over a million look-ups.
 *
 * The list has every prefix of the trie, and is searched from one end to the
 * other.  Prefixes come in three kinds: anywhere, nested in each other around a
 * few addresses, and one beside the other.  Edits add and remove some of them,
 * and are cancelled now and then, or fail for want of memory at every step.
 * In the end one thread looks up while another one edits.
 */
#include "unit.h"
#include "pf_trie.h"

#include <pthread.h>

#define LIST_MAX	4096

struct item {
	struct pf_trie_key key;
	unsigned int	 bits;
	uint32_t	 mark;
};
struct list {
	uint8_t		 af;
	struct item	 item[LIST_MAX];
	uint32_t	 n;
};

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(((seed >> 32) * n) >> 32));
}

static struct pf *
pf_of(void **state)
{
	return (((struct unit_node *)*state)->n->pf);
}

/*
 * Prefixes
 */
static void
cut(struct pf_trie_key *k, unsigned int bits)
{
	unsigned int i, left;

	for (i = 0; i < 4; i++) {
		left = bits > i * 32 ? bits - i * 32 : 0;
		if (left < 32)
			k->w[i] &= left == 0 ? 0 : ~(uint32_t)0 << (32 - left);
	}
}

static bool
within(const struct item *it, const struct pf_trie_key *k)
{
	struct pf_trie_key c = *k;

	cut(&c, it->bits);
	return (memcmp(&c, &it->key, sizeof(c)) == 0);
}

static unsigned int
width(uint8_t af)
{
	return (af == AF_INET ? 32 : 128);
}

/* An address of a kind: 0 anywhere, 1 around a few, 2 one beside the other. */
static struct pf_trie_key
some_key(uint8_t af, unsigned int kind)
{
	struct pf_trie_key k = { { 0 } };
	unsigned int i, words = width(af) / 32;

	for (i = 0; i < words; i++)
		k.w[i] = rnd(UINT32_MAX);
	if (kind == 1) {
		for (i = 0; i < words; i++)
			k.w[i] = 0x0a0b0c0d;
		k.w[rnd(words)] ^= 1U << rnd(32);
		k.w[rnd(words)] ^= rnd(4) << rnd(31);
	} else if (kind == 2) {
		for (i = 0; i < words; i++)
			k.w[i] = 0xc0a80000;
		k.w[words - 1] += rnd(2000);
	}
	return (k);
}

static struct item
some_item(uint8_t af, unsigned int kind)
{
	struct item it;

	it.key = some_key(af, kind);
	it.bits = kind == 2 || rnd(4) == 0 ? width(af) : rnd(width(af) + 1);
	cut(&it.key, it.bits);
	it.mark = PF_TRIE_MARK(rnd(2), rnd(100000));
	return (it);
}

/*
 * The list
 */
static struct item *
list_find(const struct list *l, const struct item *it)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if (l->item[i].bits == it->bits && memcmp(&l->item[i].key,
		    &it->key, sizeof(it->key)) == 0)
			return ((struct item *)(uintptr_t)&l->item[i]);
	return (NULL);
}

static const struct item *
list_match(const struct list *l, const struct pf_trie_key *k)
{
	const struct item *best = NULL;
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if ((best == NULL || l->item[i].bits > best->bits) &&
		    within(&l->item[i], k))
			best = &l->item[i];
	return (best);
}

static int
item_cmp(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (a->key.w[i] != b->key.w[i])
			return (a->key.w[i] < b->key.w[i] ? -1 : 1);
	return (a->bits < b->bits ? -1 : a->bits > b->bits);
}

static void
assert_same_item(const struct pf_trie_walk *w, const struct item *it)
{
	assert_memory_equal(&w->key, &it->key, sizeof(it->key));
	assert_int_equal(w->bits, it->bits);
	assert_int_equal(*pf_trie_mark(w->entry), it->mark);
}

/* The trie has what the list has, in order, from the start and from anywhere. */
static void
assert_same(struct list *l, const struct pf_trie_node *top)
{
	struct pf_trie_walk w;
	struct pf_trie_key from = some_key(l->af, rnd(3));
	uint32_t i;

	qsort(l->item, l->n, sizeof(l->item[0]), item_cmp);
	assert_int_equal(pf_trie_size(top), l->n);
	pf_trie_walk(&w, top, NULL);
	for (i = 0; i < l->n; i++) {
		assert_true(pf_trie_next(&w));
		assert_same_item(&w, &l->item[i]);
	}
	assert_false(pf_trie_next(&w));

	pf_trie_walk(&w, top, &from);
	for (i = 0; i < l->n; i++) {
		if (memcmp(&l->item[i].key, &from, sizeof(from)) != 0 &&
		    item_cmp(&l->item[i], &(struct item){ .key = from }) < 0)
			continue;
		assert_true(pf_trie_next(&w));
		assert_same_item(&w, &l->item[i]);
	}
	assert_false(pf_trie_next(&w));
}

static void
assert_matches(const struct list *l, const struct pf_trie_node *top, uint32_t n)
{
	struct pf_trie_entry e;
	struct pf_trie_key k;
	const struct item *it;
	struct item near;

	while (n-- > 0) {
		k = some_key(l->af, rnd(3));
		if (l->n != 0 && rnd(2) == 0) {
			/* an address of a prefix, or one beside it */
			it = &l->item[rnd(l->n)];
			k = it->key;
			if (rnd(2) == 0)
				k.w[l->af == AF_INET ? 0 : rnd(4)] ^=
				    1U << rnd(32);
		}
		it = list_match(l, &k);
		e = pf_trie_match(top, &k);
		assert_int_equal(it == NULL, e.node == NULL);
		assert_int_equal(pf_trie_has(top, &k),
		    it != NULL && (it->mark & PF_TRIE_NOT) == 0);
		if (it == NULL)
			continue;
		assert_int_equal(*pf_trie_mark(e), it->mark);
		e = pf_trie_find(top, &it->key, it->bits);
		assert_non_null(e.node);
		assert_int_equal(*pf_trie_mark(e), it->mark);
		near = *it;
		near.bits -= near.bits > 0;
		cut(&near.key, near.bits);
		e = pf_trie_find(top, &near.key, near.bits);
		assert_int_equal(e.node != NULL, list_find(l, &near) != NULL);
	}
}

/*
 * Edits
 */
/* Some changes, to the list as well.  0, ENOMEM. */
static int
change(struct pf_trie_edit *e, struct list *l, uint32_t n, unsigned int adds)
{
	struct item it, *found;
	int error = 0;

	while (n-- > 0 && error == 0) {
		it = some_item(l->af, rnd(3));
		if (l->n != 0 && rnd(10) >= adds)
			it = l->item[rnd(l->n)];
		found = list_find(l, &it);
		if (found != NULL) {
			error = pf_trie_remove(e, &it.key, it.bits);
			*found = l->item[--l->n];
		} else if (l->n < LIST_MAX) {
			error = pf_trie_add(e, &it.key, it.bits, it.mark);
			l->item[l->n++] = it;
		}
	}
	return (error);
}

static struct pf_trie_node *
commit(struct pf_trie_edit *e)
{
	pf_trie_edit_settle(e);
	pf_trie_edit_free(e);
	return (e->top);
}

static struct list *
list_new(uint8_t af)
{
	struct list *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->af = af;
	return (l);
}

/* Tables that grow, change and shrink: a million look-ups in all. */
static void
test_lookups(void **state)
{
	struct pf *pf = pf_of(state);
	struct pf_trie_node *top;
	struct pf_trie_edit e;
	struct list *l, *copy = list_new(AF_INET);
	uint32_t round, step, looked = 0;

	seed = 1;
	for (round = 0; looked < 1000000; round++) {
		l = list_new(round % 2 == 0 ? AF_INET : AF_INET6);
		top = NULL;
		for (step = 0; step < 8; step++) {
			*copy = *l;
			pf_trie_edit_begin(pf, &e, top, l->af, round % 4 >= 2);
			assert_int_equal(change(&e, l, rnd(700),
			    step < 4 ? 9 : 2), 0);
			assert_same(l, e.top);
			/* the readers' trie is as it was */
			assert_same(copy, top);
			if (rnd(4) == 0) {
				pf_trie_edit_cancel(&e);
				*l = *copy;
			} else
				top = commit(&e);
			assert_matches(l, top, 2500);
			looked += 2500;
		}
		pf_trie_free(top);
		free(l);
	}
	free(copy);
}

/* All that is in a table goes one by one: the trie is empty then. */
static void
test_empty(void **state)
{
	struct pf_trie_edit e;
	struct list *l = list_new(AF_INET6);
	uint32_t i;

	seed = 2;
	pf_trie_edit_begin(pf_of(state), &e, NULL, l->af, true);
	assert_int_equal(change(&e, l, 3000, 10), 0);
	assert_true(l->n > 1000);
	while (l->n > 0) {
		i = rnd(l->n);
		assert_int_equal(pf_trie_remove(&e, &l->item[i].key,
		    l->item[i].bits), 0);
		l->item[i] = l->item[--l->n];
		if (l->n % 500 == 0)
			assert_same(l, e.top);
	}
	assert_null(e.top);
	pf_trie_edit_cancel(&e);
	free(l);
}

/* pf_trie_at() numbers every entry once. */
static void
test_at(void **state)
{
	struct pf_trie_edit e;
	struct pf_trie_walk w;
	struct list *l = list_new(AF_INET);
	struct item it, *found;
	uint32_t i, n;

	seed = 3;
	pf_trie_edit_begin(pf_of(state), &e, NULL, l->af, false);
	assert_int_equal(change(&e, l, 3000, 10), 0);
	n = l->n;
	for (i = 0; i < n; i++) {
		pf_trie_at(&w, e.top, i);
		it.key = w.key;
		it.bits = w.bits;
		found = list_find(l, &it);
		assert_non_null(found);
		assert_int_equal(found->mark, *pf_trie_mark(w.entry));
		*found = l->item[--l->n];
	}
	assert_int_equal(l->n, 0);
	pf_trie_edit_cancel(&e);
	free(l);
}

/* Memory fails at every step of an edit: the trie is as it was, and nothing is
 * left behind (which the teardown sees). */
static void
test_no_memory(void **state)
{
	struct pf *pf = pf_of(state);
	struct pf_trie_node *top = NULL;
	struct pf_trie_edit e;
	struct list *l = list_new(AF_INET), *copy = list_new(AF_INET);
	unsigned long n;
	int error;

	seed = 4;
	pf_trie_edit_begin(pf, &e, top, l->af, true);
	assert_int_equal(change(&e, l, 600, 8), 0);
	top = commit(&e);
	*copy = *l;
	for (n = 1;; n++) {
		seed = 5;
		pf_trie_edit_begin(pf, &e, top, l->af, true);
		sim_fail_alloc(n);
		error = change(&e, l, 200, 6);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		/* a bucket that cannot be merged stays split */
		assert_true(error == 0 || error == ENOMEM);
		pf_trie_edit_cancel(&e);
		assert_same(copy, top);
		*l = *copy;
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_true(n > 100);
	top = commit(&e);
	assert_same(l, top);
	pf_trie_free(top);
	free(l);
	free(copy);
}

/* A trie that replaces another takes over the counters of what stays. */
static void
test_inherit(void **state)
{
	struct pf *pf = pf_of(state);
	struct pf_trie_key k = { { 0 } };
	struct pf_trie_node *top, *old;
	struct pf_trie_entry entry;
	struct pf_trie_edit e;
	uint32_t i;

	pf_trie_edit_begin(pf, &e, NULL, AF_INET, true);
	for (i = 0; i < 1000; i++) {
		k.w[0] = i * 65536;
		assert_int_equal(pf_trie_add(&e, &k, 32, PF_TRIE_MARK(0, i)),
		    0);
		pf_atomic64_set(&pf_trie_count(pf_trie_find(e.top, &k,
		    32))->v[0], i);
	}
	old = commit(&e);
	pf_trie_edit_begin(pf, &e, NULL, AF_INET, true);
	for (i = 0; i < 2000; i += 2) {
		k.w[0] = i * 65536;
		assert_int_equal(pf_trie_add(&e, &k, 32,
		    PF_TRIE_MARK(1, 5000)), 0);
	}
	top = commit(&e);
	pf_trie_inherit(top, old);
	pf_trie_free(old);
	assert_int_equal(pf_trie_size(top), 1000);
	for (i = 0; i < 2000; i += 2) {
		k.w[0] = i * 65536;
		entry = pf_trie_find(top, &k, 32);
		assert_int_equal(*pf_trie_mark(entry),
		    PF_TRIE_MARK(1, i < 1000 ? i : 5000));
		assert_int_equal(pf_atomic64_read(&pf_trie_count(entry)->v[0]),
		    i < 1000 ? i : 0);
	}
	pf_trie_free(top);
}

/*
 * Two threads: this one edits, the other looks up a million addresses meanwhile.
 * FIXED addresses of 10.0.0.0/8 are always in the trie, whatever comes and goes around
 * them, and nothing of 11.0.0.0/8 ever is.  A grace period is over when the other
 * thread has gone on to its next look-up but one.
 */
#define FIXED		1000
#define LOOKUPS		1000000

static struct pf_trie_node *common;
static struct item fixed[FIXED];
static unsigned long turn;		/* look-ups that are done */
static unsigned long wrong;

static void *
look_up(void *arg)
{
	uint64_t here = 7;		/* the seed is the other thread's */
	struct pf_trie_entry e;
	struct pf_trie_node *top;
	struct pf_trie_key k = { { 0 } };
	const struct item *it;
	uint32_t n;

	(void)arg;
	while (turn < LOOKUPS) {
		here = here * 6364136223846793005ULL + 1442695040888963407ULL;
		n = (uint32_t)(here >> 33);
		it = &fixed[n % FIXED];
		top = __atomic_load_n(&common, __ATOMIC_ACQUIRE);
		if (n & 1U << 20) {
			e = pf_trie_match(top, &it->key);
			wrong += e.node == NULL ||
			    *pf_trie_mark(e) != it->mark ||
			    pf_trie_bits(e) != 32;
		} else {
			k.w[0] = 0x0b000000 | (n & 0xffffff);
			wrong += pf_trie_match(top, &k).node != NULL;
		}
		__atomic_store_n(&turn, turn + 1, __ATOMIC_RELEASE);
	}
	return (NULL);
}

static void
grace(void)
{
	unsigned long now, from = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);

	do
		now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
	while (now < from + 2 && now < LOOKUPS);
}

/* Whether the prefix is one of the addresses that stay. */
static bool
stays(const struct item *it)
{
	return (it->bits == 32 && (it->key.w[0] & 0xffffff) % 0x101 == 0);
}

static void
test_two_threads(void **state)
{
	struct pf_trie_edit e;
	unsigned long edits;
	pthread_t other;
	struct item it;
	uint32_t i;

	seed = 6;
	pf_trie_edit_begin(pf_of(state), &e, NULL, AF_INET, false);
	for (i = 0; i < FIXED; i++) {
		memset(&fixed[i], 0, sizeof(fixed[i]));
		fixed[i].key.w[0] = 0x0a000000 + i * 0x101;
		fixed[i].bits = 32;
		fixed[i].mark = PF_TRIE_MARK(i % 3 == 0, i);
		assert_int_equal(pf_trie_add(&e, &fixed[i].key, 32,
		    fixed[i].mark), 0);
	}
	common = commit(&e);
	assert_int_equal(pthread_create(&other, NULL, look_up, NULL), 0);
	for (edits = 0; edits < 300 ||
	    __atomic_load_n(&turn, __ATOMIC_ACQUIRE) < LOOKUPS; edits++) {
		pf_trie_edit_begin(pf_of(state), &e, common, AF_INET, false);
		for (i = 0; i < 50; i++) {
			it = some_item(AF_INET, 0);
			it.bits = 9 + rnd(24);
			it.key.w[0] = 0x0a000000 | rnd(FIXED * 0x101);
			cut(&it.key, it.bits);
			if (stays(&it))
				continue;
			assert_int_equal(pf_trie_find(e.top, &it.key,
			    it.bits).node == NULL ?
			    pf_trie_add(&e, &it.key, it.bits, it.mark) :
			    pf_trie_remove(&e, &it.key, it.bits), 0);
		}
		pf_trie_edit_settle(&e);
		__atomic_store_n(&common, e.top, __ATOMIC_RELEASE);
		grace();
		pf_trie_edit_free(&e);
	}
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(wrong, 0);
	pf_trie_free(common);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, unit_setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lookups),
		TEST(test_empty),
		TEST(test_at),
		TEST(test_no_memory),
		TEST(test_inherit),
		TEST(test_two_threads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
