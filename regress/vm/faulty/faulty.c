// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * A module with the faults that the debug kernels must find, so that a test
 * can tell that they do.  Loading it with what=NAME commits that fault at once,
 * on memory and locks of its own; it owns nothing afterwards but what it leaks
 * on purpose.  Used by regress/vm/test alone.
 */
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *what = "";
module_param(what, charp, 0);

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);
static int __rcu *guarded;

/* Memory that nobody points to any more. */
static void
leak(void)
{
	int i;

	for (i = 0; i < 10; i++)
		memset(kmalloc(512, GFP_KERNEL), i, 512);
}

static void
use_after_free(void)
{
	volatile char *p = kmalloc(64, GFP_KERNEL);

	if (p == NULL)
		return;
	kfree((void *)p);
	p[7] = 1;
}

static void
overflow(void)
{
	volatile char *p = kmalloc(60, GFP_KERNEL);
	volatile int n = 60;

	if (p == NULL)
		return;
	p[n] = 1;
	kfree((void *)p);
}

/* Two locks in both orders. */
static void
inversion(void)
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);
	spin_lock(&lock_b);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	spin_unlock(&lock_b);
}

static void
unguarded(void)
{
	(void)rcu_dereference(guarded);
}

static void
bug(void)
{
	BUG();
}

static const struct {
	const char	*name;
	void		(*fault)(void);
} faults[] = {
	{ "bug",		bug },
	{ "leak",		leak },
	{ "use_after_free",	use_after_free },
	{ "overflow",		overflow },
	{ "inversion",		inversion },
	{ "unguarded",		unguarded },
};

static int __init
faulty_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(faults[i].name, what) == 0) {
			faults[i].fault();
			return 0;
		}
	}
	return strcmp(what, "") == 0 ? 0 : -EINVAL;
}

static void __exit
faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("faults for the test of the test machine");
MODULE_LICENSE("Dual BSD/GPL");
