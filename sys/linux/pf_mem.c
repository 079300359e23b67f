// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_mem.c: memory, per-CPU counters, randomness, wall clock, user memory
 *
 * Owns the object caches, from module init to exit; their objects belong to the
 * core, which has freed all, RCU callbacks included, before pf_mem_fini().
 * No locking of its own.
 *
 * Who pays.  What a process asks for (rules, tables, lists) is charged to the control
 * group of that process.  What packets ask for (states) comes up in whatever process or
 * interrupt is at hand, so it is charged to the group of the process that first opened
 * /dev/pf in the namespace, and so are the tables that the purge enlarges.  These
 * allocations may not go beyond the group's limit, as atomic ones otherwise may:
 * the packet finds no memory then.  The first network namespace is
 * the exception: nobody pays for its states, which pf's limits bound; the
 * machine's own filter must not depend on the group of whoever started it.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "pf_linux.h"

/* In any context, and charged.  GFP_ATOMIC would go beyond a group's limit. */
#define GFP_CHARGED	(GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT)

static struct kmem_cache	*pf_cache[PF_CACHE_MAX];

int
pf_mem_init(void)
{
	unsigned int	i;

	for (i = 0; i < PF_CACHE_MAX; i++) {
		pf_cache[i] = kmem_cache_create(pf_caches[i].name,
		    pf_caches[i].size, pf_caches[i].align, 0, NULL);
		if (pf_cache[i] == NULL) {
			pf_mem_fini();
			return (-ENOMEM);
		}
	}
	return (0);
}

void
pf_mem_fini(void)
{
	unsigned int	i;

	for (i = PF_CACHE_MAX; i-- > 0;) {
		kmem_cache_destroy(pf_cache[i]);
		pf_cache[i] = NULL;
	}
}

void *
pf_cache_alloc(struct pf *pf, enum pf_cache which)
{
	const struct pf_netns	*ns = pf_hostdata(pf);
	struct mem_cgroup	*old;
	void			*obj;

	if (likely(ns->memcg == NULL))
		return (kmem_cache_alloc(pf_cache[which],
		    GFP_ATOMIC | __GFP_NOWARN));
	old = set_active_memcg(ns->memcg);
	obj = kmem_cache_alloc(pf_cache[which], GFP_CHARGED);
	set_active_memcg(old);
	return (obj);
}

void
pf_cache_free(enum pf_cache which, void *obj)
{
	kmem_cache_free(pf_cache[which], obj);
}

void *
pf_alloc(struct pf *pf, size_t size)
{
	return (kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN));
}

void *
pf_alloc_atomic(struct pf *pf, size_t size)
{
	const struct pf_netns	*ns = pf_hostdata(pf);
	struct mem_cgroup	*old;
	void			*p;

	if (likely(ns->memcg == NULL))
		return (kzalloc(size, GFP_ATOMIC | __GFP_NOWARN));
	old = set_active_memcg(ns->memcg);
	p = kzalloc(size, GFP_CHARGED);
	set_active_memcg(old);
	return (p);
}

/*
 * vfree() sleeps in a context that looks as if it might, and an RCU read side or a
 * preempted look does; with softirqs off it leaves the work to others.
 */
void
pf_free(void *p)
{
	if (!is_vmalloc_addr(p)) {
		kfree(p);
		return;
	}
	local_bh_disable();
	vfree(p);
	local_bh_enable();
}

/*
 * Per-CPU counters.  A small array is kept within as few cache lines as it fits in.
 */
int
pf_pcpu_init(struct pf_pcpu *c, unsigned int n)
{
	size_t	size = array_size(n, sizeof(uint64_t)), align;

	align = size >= SMP_CACHE_BYTES ? SMP_CACHE_BYTES :
	    roundup_pow_of_two(max(size, sizeof(uint64_t)));
	c->v = size > PCPU_MIN_UNIT_SIZE ? NULL :
	    __alloc_percpu_gfp(size, align, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return (c->v == NULL ? ENOMEM : 0);
}

void
pf_pcpu_fini(struct pf_pcpu *c)
{
	free_percpu(c->v);
	c->v = NULL;
}

uint64_t
pf_pcpu_sum(const struct pf_pcpu *c, unsigned int i)
{
	uint64_t	sum = 0;
	int		cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&c->v[i], cpu));
	return (sum);
}

/* What another CPU adds at the same moment may survive. */
void
pf_pcpu_zero(struct pf_pcpu *c, unsigned int n)
{
	unsigned int	i;
	int		cpu;

	for_each_possible_cpu(cpu)
		for (i = 0; i < n; i++)
			WRITE_ONCE(*per_cpu_ptr(&c->v[i], cpu), 0);
}

void
pf_random(struct pf *pf, void *buf, size_t len)
{
	u32	v;

	/* short ones are cheap */
	if (len == sizeof(u16)) {
		v = get_random_u32();
		memcpy(buf, &v, len);
	} else
		get_random_bytes(buf, len);
}

int64_t
pf_wallclock(struct pf *pf)
{
	return (ktime_get_real_seconds());
}

/*
 * A user address as a pointer; false: the range cannot be one.  Whoever is about to
 * copy holds no lock at all: the page may be served by a program (userfaultfd, FUSE),
 * and what waits for the lock, such as device events under RTNL, would wait for it.
 */
static bool
user_range(uint64_t uaddr, size_t len, void __user **p)
{
	lockdep_assert_none_held_once();
	if (uaddr + len < uaddr || uaddr + len > ULONG_MAX || len > INT_MAX)
		return (false);
	*p = (void __user *)(uintptr_t)uaddr;
	return (true);
}

int
pf_copyin(struct pf *pf, uint64_t uaddr, void *dst, size_t len)
{
	void __user	*p;

	if (!user_range(uaddr, len, &p) || copy_from_user(dst, p, len) != 0)
		return (EFAULT);
	return (0);
}

int
pf_copyout(struct pf *pf, const void *src, uint64_t uaddr, size_t len)
{
	void __user	*p;

	if (!user_range(uaddr, len, &p) || copy_to_user(p, src, len) != 0)
		return (EFAULT);
	return (0);
}
