// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_lock.c: locks, sequence counts and RCU of the process host, and the
 * contexts that they make.
 *
 * Owns the list of held locks, the depth of the RCU read side, the depth of
 * packet context and the queue of RCU call-backs: all of the process, since one
 * thread stands for all CPUs.  A call-back waits here from pf_rcu_call() until
 * there is no read side and no spin lock; a mutex does not keep it, as in a
 * kernel.
 *
 * Locking: none, one thread.  Place: the bottom of sys/sim.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define LOCK_FREE	SIM_LOCK_FREE
#define LOCK_HELD	0x51a7beefU
#define LOCK_DEAD	0x51a7deadU

enum { KIND_SPIN, KIND_MUTEX };
#define HELD_MAX	32

static struct held {
	const void	*lock;
	const char	*func;
	int		 line;
	int		 kind;
} held[HELD_MAX];
static int nheld, nspin;

static int rcu_depth, packet_depth;
static bool rcu_lazy, rcu_running;
static struct pf_rcu_head *rcu_first, **rcu_last = &rcu_first;
static unsigned long rcu_pending, rcu_syncs;

void (*sim_panic_hook)(const char *msg);

void
sim_panic(const char *func, int line, const char *fmt, ...)
{
	char msg[512];
	int n;
	va_list ap;

	n = snprintf(msg, sizeof(msg), "%s:%d: ", func, line);
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < sizeof(msg))
		vsnprintf(msg + n, sizeof(msg) - (size_t)n, fmt, ap);
	va_end(ap);
	if (sim_panic_hook != NULL)
		sim_panic_hook(msg);	/* a test may jump away */
	fprintf(stderr, "sim: %s\n", msg);
	abort();
}

static struct held *
held_find(const void *lock)
{
	for (int i = nheld - 1; i >= 0; i--)
		if (held[i].lock == lock)
			return (&held[i]);
	return (NULL);
}

static void
lock_take(uint32_t *word, int kind, const char *func, int line)
{
	const struct held *h;

	if (*word == LOCK_HELD) {
		h = held_find(word);
		sim_panic(func, line, "lock %p is held already, by %s:%d",
		    (void *)word, h != NULL ? h->func : "?",
		    h != NULL ? h->line : 0);
	}
	if (*word != LOCK_FREE)
		sim_panic(func, line, "lock %p is not initialized (%#x)",
		    (void *)word, *word);
	if (nheld == HELD_MAX)
		sim_panic(func, line, "more than %d locks held", HELD_MAX);
	*word = LOCK_HELD;
	held[nheld++] = (struct held){ word, func, line, kind };
	if (kind == KIND_SPIN)
		nspin++;
}

static void
lock_drop(uint32_t *word, int kind, const char *func, int line)
{
	struct held *h = held_find(word);

	if (*word != LOCK_HELD || h == NULL || h->kind != kind)
		sim_panic(func, line, "lock %p is not held", (void *)word);
	*word = LOCK_FREE;
	nheld--;
	memmove(h, h + 1, (size_t)(&held[nheld] - h) * sizeof(*h));
	if (kind == KIND_SPIN)
		nspin--;
}

static void
lock_assert(const uint32_t *word, const char *func, int line)
{
	if (*word != LOCK_HELD || held_find(word) == NULL)
		sim_panic(func, line, "lock %p must be held", (const void *)word);
}

/* Freed memory may hold no held lock. */
void
sim_lock_check_free(const void *mem, size_t size)
{
	const char *p = mem;

	for (int i = 0; i < nheld; i++)
		if ((const char *)held[i].lock >= p &&
		    (const char *)held[i].lock < p + size)
			SIM_PANIC("memory %p freed with a lock held by %s:%d",
			    mem, held[i].func, held[i].line);
}

/* What must be so between two calls from outside. */
void
sim_lock_check_idle(const char *what)
{
	if (nheld != 0)
		SIM_PANIC("%s: %s:%d left a lock held", what, held[0].func,
		    held[0].line);
	if (rcu_depth != packet_depth)
		SIM_PANIC("%s: an RCU read side was left open", what);
}

void
sim_might_sleep(const char *func, int line)
{
	if (nspin != 0)
		sim_panic(func, line, "may sleep with a spin lock held (%s:%d)",
		    held[nheld - 1].func, held[nheld - 1].line);
	if (packet_depth != 0)
		sim_panic(func, line, "may sleep in packet context");
	if (rcu_depth != 0)
		sim_panic(func, line, "may sleep in an RCU read side");
	if (rcu_running)
		sim_panic(func, line, "may sleep in an RCU call-back");
}

/* What waits for a program holds no lock, nor a mutex. */
void
sim_lock_assert_none(const char *func, int line)
{
	if (nheld != 0)
		sim_panic(func, line, "user memory with a lock held (%s:%d)",
		    held[nheld - 1].func, held[nheld - 1].line);
}

void
sim_spin_lock(struct pf_spinlock *l, const char *func, int line)
{
	lock_take(&l->word, KIND_SPIN, func, line);
}

void
sim_spin_assert(const struct pf_spinlock *l, const char *func, int line)
{
	lock_assert(&l->word, func, line);
}

void
sim_mutex_lock(struct pf_mutex *m, const char *func, int line)
{
	sim_might_sleep(func, line);
	lock_take(&m->word, KIND_MUTEX, func, line);
}

void
sim_mutex_unlock(struct pf_mutex *m, const char *func, int line)
{
	lock_drop(&m->word, KIND_MUTEX, func, line);
}

void
sim_mutex_destroy(struct pf_mutex *m, const char *func, int line)
{
	if (m->word != LOCK_FREE)
		sim_panic(func, line, "mutex %p destroyed while %s", (void *)m,
		    m->word == LOCK_HELD ? "held" : "not initialized");
	m->word = LOCK_DEAD;
}

void
sim_mutex_assert(const struct pf_mutex *m, const char *func, int line)
{
	lock_assert(&m->word, func, line);
}

void
sim_seq_write_begin(struct pf_seq *s, const char *func, int line)
{
	if (nspin == 0)
		sim_panic(func, line, "sequence write without a spin lock");
	if ((s->seq & 1) != 0)
		sim_panic(func, line, "sequence %p is being written", (void *)s);
	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_SEQ_CST);
}

void
sim_seq_write_end(struct pf_seq *s, const char *func, int line)
{
	if (nspin == 0)
		sim_panic(func, line, "sequence write without a spin lock");
	if ((s->seq & 1) == 0)
		sim_panic(func, line, "sequence %p is not being written",
		    (void *)s);
	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_SEQ_CST);
}

/*
 * Run the call-backs, if a kernel could.  A call-back may queue another: it is run
 * in the same loop, never inside the first.
 */
static void
rcu_run(void)
{
	struct pf_rcu_head *h;

	if (rcu_depth != 0 || nspin != 0 || rcu_running)
		return;
	rcu_running = true;
	while ((h = rcu_first) != NULL) {
		rcu_first = h->next;
		if (rcu_first == NULL)
			rcu_last = &rcu_first;
		rcu_pending--;
		h->next = NULL;
		h->fn(h);
		if (nspin != 0 || rcu_depth != 0)
			SIM_PANIC("an RCU call-back left a lock or read side");
	}
	rcu_running = false;
}

void
sim_spin_unlock(struct pf_spinlock *l, const char *func, int line)
{
	lock_drop(&l->word, KIND_SPIN, func, line);
	if (!rcu_lazy && rcu_first != NULL)
		rcu_run();
}

void
sim_rcu_lock(const char *func, int line)
{
	if (rcu_depth == 1000)
		sim_panic(func, line, "RCU read side nested 1000 deep");
	rcu_depth++;
}

void
sim_rcu_unlock(const char *func, int line)
{
	if (rcu_depth <= packet_depth)
		sim_panic(func, line, "RCU read side not entered");
	rcu_depth--;
	if (!rcu_lazy && rcu_first != NULL)
		rcu_run();
}

void
sim_rcu_call(struct pf_rcu_head *h, void (*fn)(struct pf_rcu_head *),
    const char *func, int line)
{
	const struct pf_rcu_head *p = rcu_first;

	/* A look at the oldest is enough to find what is given away twice. */
	for (int i = 0; sim_strict && p != NULL && i < 64; i++, p = p->next)
		if (p == h)
			sim_panic(func, line, "RCU head queued twice");
	h->next = NULL;
	h->fn = fn;
	*rcu_last = h;
	rcu_last = &h->next;
	rcu_pending++;
	if (!rcu_lazy)
		rcu_run();
}

/* Waits for readers, not for call-backs: in lazy mode they stay. */
void
sim_rcu_sync(const char *func, int line)
{
	sim_might_sleep(func, line);
	rcu_syncs++;
	if (!rcu_lazy)
		rcu_run();
}

void
sim_rcu_barrier(const char *func, int line)
{
	sim_might_sleep(func, line);
	rcu_run();
}

void
sim_rcu_assert_read(const char *func, int line)
{
	if (rcu_depth == 0)
		sim_panic(func, line, "RCU pointer read outside of a read side");
}

/*
 * The holder of the lock that guards writing: at least some lock, or an instance
 * that nobody else can see (sim_exclusive).
 */
void
sim_rcu_assert_locked(const char *func, int line)
{
	if (nheld == 0 && !sim_exclusive)
		sim_panic(func, line, "RCU pointer read without its lock");
}

bool sim_exclusive;
void (*sim_yield_hook)(void);

void
pf_yield(void)
{
	static bool inside;

	sim_might_sleep(__func__, __LINE__);
	if (sim_yield_hook == NULL || inside)
		return;
	inside = true;
	sim_yield_hook();
	inside = false;
}

void
sim_rcu_lazy(bool on)
{
	rcu_lazy = on;
	if (!on)
		rcu_run();
}

unsigned long
sim_rcu_pending(void)
{
	return (rcu_pending);
}

unsigned long
sim_rcu_syncs(void)
{
	return (rcu_syncs);
}

void
sim_rcu_quiesce(void)
{
	if (rcu_depth != 0)
		SIM_PANIC("quiescent point in an RCU read side");
	rcu_run();
}

void
sim_packet_enter(void)
{
	if (rcu_running)
		SIM_PANIC("packet in an RCU call-back");
	packet_depth++;
	rcu_depth++;
}

void
sim_packet_leave(void)
{
	if (packet_depth == 0)
		SIM_PANIC("not in packet context");
	if (nspin != 0)
		SIM_PANIC("packet context left with a spin lock held (%s:%d)",
		    held[nheld - 1].func, held[nheld - 1].line);
	if (rcu_depth != packet_depth)
		SIM_PANIC("packet context left in an RCU read side");
	packet_depth--;
	rcu_depth--;
	if (!rcu_lazy && rcu_first != NULL)
		rcu_run();
}

bool
sim_in_packet(void)
{
	return (packet_depth != 0);
}

/* After a test jumped out of a panic. */
void
sim_lock_reset(void)
{
	while (nheld > 0)
		*(uint32_t *)(uintptr_t)held[--nheld].lock = LOCK_FREE;
	nspin = rcu_depth = packet_depth = 0;
	rcu_running = false;
}
