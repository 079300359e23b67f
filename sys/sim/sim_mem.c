// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_mem.c: memory of the process host, failing on demand.
 *
 * Owns the counts of live objects and the plan of failures, both of the process.
 * Objects themselves are the C library's, so a sanitizer sees every one.
 *
 * Locking: none, one thread.  Place: above sim_lock.c.
 */
#include <malloc.h>
#include <stdlib.h>

#include "sim.h"

static unsigned long live[SIM_MEM_MAX], calls;
static unsigned long fail_in, fail_done;
static bool fail_on;

#if defined(__SANITIZE_ADDRESS__)
bool sim_strict = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
bool sim_strict = true;
#else
bool sim_strict;
#endif
#else
bool sim_strict;
#endif

void
sim_fail_alloc(unsigned long n)
{
	fail_in = n;
	fail_on = false;
	fail_done = 0;
}

void
sim_fail_from(unsigned long n)
{
	fail_in = n;
	fail_on = n != 0;
	fail_done = 0;
}

unsigned long
sim_fail_done(void)
{
	return (fail_done);
}

bool
sim_fail_now(void)
{
	calls++;
	if (fail_in == 0 || --fail_in > 0)
		return (false);
	if (fail_on)
		fail_in = 1;
	fail_done++;
	return (true);
}

unsigned long
sim_mem_live(enum sim_mem kind)
{
	return (live[kind]);
}

unsigned long
sim_mem_live_all(void)
{
	unsigned long n = 0;

	for (int i = 0; i < SIM_MEM_MAX; i++)
		n += live[i];
	return (n);
}

unsigned long
sim_mem_calls(void)
{
	return (calls);
}

void *
sim_mem_get(enum sim_mem kind, size_t size)
{
	void *p;

	if (sim_fail_now() || size > (size_t)1 << 30)
		return (NULL);
	p = calloc(1, size != 0 ? size : 1);
	if (p != NULL)
		live[kind]++;
	return (p);
}

void
sim_mem_put(enum sim_mem kind, void *p)
{
	if (p == NULL)
		return;
	if (live[kind] == 0)
		SIM_PANIC("%p: more freed than allocated, kind %d", p, (int)kind);
	live[kind]--;
	sim_lock_check_free(p, malloc_usable_size(p));
	free(p);
}

void
sim_mem_note(enum sim_mem kind, int delta)
{
	live[kind] += (unsigned long)delta;
}

void *
pf_alloc(struct pf *pf, size_t size)
{
	(void)pf;
	sim_might_sleep(__func__, __LINE__);
	return (sim_mem_get(SIM_MEM_ALLOC, size));
}

void *
pf_alloc_atomic(struct pf *pf, size_t size)
{
	(void)pf;
	return (sim_mem_get(SIM_MEM_ALLOC, size));
}

void
pf_free(void *p)
{
	sim_mem_put(SIM_MEM_ALLOC, p);
}

void *
pf_cache_alloc(struct pf *pf, enum pf_cache kind)
{
	size_t size;
	void *p;

	(void)pf;
	if ((unsigned int)kind >= PF_CACHE_MAX)
		SIM_PANIC("cache %d of %d", (int)kind, PF_CACHE_MAX);
	size = pf_caches[kind].size;
	if (sim_fail_now() || posix_memalign(&p, pf_caches[kind].align, size) != 0)
		return (NULL);
	live[SIM_MEM_CACHE]++;
	if (sim_strict)
		memset(p, 0xa5, size);
	return (p);
}

void
pf_cache_free(enum pf_cache kind, void *p)
{
	if ((unsigned int)kind >= PF_CACHE_MAX)
		SIM_PANIC("cache %d of %d", (int)kind, PF_CACHE_MAX);
	if (p == NULL)
		SIM_PANIC("NULL freed to cache %s", pf_caches[kind].name);
	sim_mem_put(SIM_MEM_CACHE, p);
}

int
pf_pcpu_init(struct pf_pcpu *c, unsigned int n)
{
	sim_might_sleep(__func__, __LINE__);
	c->v = sim_mem_get(SIM_MEM_PCPU, n * sizeof(*c->v));
	c->n = c->v != NULL ? n : 0;
	return (c->v != NULL ? 0 : ENOMEM);
}

void
pf_pcpu_fini(struct pf_pcpu *c)
{
	sim_mem_put(SIM_MEM_PCPU, c->v);
	c->v = NULL;
	c->n = 0;
}

void
pf_pcpu_zero(struct pf_pcpu *c, unsigned int n)
{
	if (n > c->n)
		SIM_PANIC("%u counters of %u", n, c->n);
	if (n != 0)
		memset(c->v, 0, n * sizeof(*c->v));
}
