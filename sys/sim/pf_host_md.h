/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_host_md.h: part 1 of pf_host.h for the process host.
 *
 * Owns nothing.  A simulation runs in one thread, so nothing here waits; the
 * words of locking exist to be checked.  Every breach (a lock taken twice,
 * released by nobody, not initialized; sleeping with a spin lock or in a
 * packet; a protected pointer read outside of a read side) prints who and where,
 * and aborts.  Types have the sizes that they have in the kernel without debugging.
 *
 * Locking: none.  Floor: below the whole core; sim.h stands on it.
 */
#ifndef _SIM_PF_HOST_MD_H_
#define _SIM_PF_HOST_MD_H_

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pf;
struct pf_pkt;

#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif
#define container_of(p, type, member)					\
	((type *)(void *)((char *)(p) - offsetof(type, member)))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Whoever forgets to write such a variable is found by the sanitizers and valgrind. */
#define pf_uninit
#define pf_noinline	__attribute__((__noinline__))
#define pf_inline	inline __attribute__((__always_inline__))

static inline void
pf_prefetch(const void *addr)
{
	__builtin_prefetch(addr);
}

/* Sums of two, four and eight bits side by side; then all eight bytes. */
static inline unsigned int
pf_popcount64(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555;
	v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return ((unsigned int)(v * 0x0101010101010101 >> 56));
}

/* Print the message and abort. */
void	 sim_panic(const char *func, int line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4), noreturn, cold));
#define SIM_PANIC(...)	sim_panic(__func__, __LINE__, __VA_ARGS__)

/*
 * Locks.  The word tells "never initialized" (0, so that zeroed memory is not
 * taken for a lock), free and held; who holds what is on a list in sim_lock.c.
 */
struct pf_spinlock {
	uint32_t	word;
};
struct pf_mutex {
	uint32_t	word;
};

void	 sim_spin_lock(struct pf_spinlock *, const char *func, int line);
void	 sim_spin_unlock(struct pf_spinlock *, const char *func, int line);
void	 sim_spin_assert(const struct pf_spinlock *, const char *func, int line);
void	 sim_mutex_lock(struct pf_mutex *, const char *func, int line);
void	 sim_mutex_unlock(struct pf_mutex *, const char *func, int line);
void	 sim_mutex_destroy(struct pf_mutex *, const char *func, int line);
void	 sim_mutex_assert(const struct pf_mutex *, const char *func, int line);

#define SIM_LOCK_FREE	0x51a7c0deU

static inline void
pf_spin_init(struct pf_spinlock *l)
{
	l->word = SIM_LOCK_FREE;
}

static inline void
pf_mutex_init(struct pf_mutex *m)
{
	m->word = SIM_LOCK_FREE;
}

#define pf_spin_lock(l)		sim_spin_lock(l, __func__, __LINE__)
#define pf_spin_lock_second(l)	sim_spin_lock(l, __func__, __LINE__)
#define pf_spin_unlock(l)	sim_spin_unlock(l, __func__, __LINE__)
#define pf_spin_assert(l)	sim_spin_assert(l, __func__, __LINE__)
#define pf_mutex_lock(m)	sim_mutex_lock(m, __func__, __LINE__)
#define pf_mutex_unlock(m)	sim_mutex_unlock(m, __func__, __LINE__)
#define pf_mutex_destroy(m)	sim_mutex_destroy(m, __func__, __LINE__)
#define pf_mutex_assert(m)	sim_mutex_assert(m, __func__, __LINE__)

/* Sequence counts.  A writer holds some spin lock, and does not nest. */
struct pf_seq {
	uint32_t	seq;
};

static inline void
pf_seq_init(struct pf_seq *s)
{
	s->seq = 0;
}

static inline uint32_t
pf_seq_begin(const struct pf_seq *s)
{
	return (__atomic_load_n(&s->seq, __ATOMIC_ACQUIRE));
}

static inline bool
pf_seq_retry(const struct pf_seq *s, uint32_t cookie)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ((cookie & 1) != 0 || READ_ONCE(s->seq) != cookie);
}

void	 sim_seq_write_begin(struct pf_seq *, const char *func, int line);
void	 sim_seq_write_end(struct pf_seq *, const char *func, int line);
#define pf_seq_write_begin(s)	sim_seq_write_begin(s, __func__, __LINE__)
#define pf_seq_write_end(s)	sim_seq_write_end(s, __func__, __LINE__)

/*
 * RCU.  Call-backs run as early as a kernel could run them, so that whoever uses
 * an object that he gave away meets freed memory: when the last read side
 * is left and no spin lock is held.  sim_rcu_lazy() (sim.h) keeps them back.
 */
struct pf_rcu_head {
	struct pf_rcu_head *next;
	void		(*fn)(struct pf_rcu_head *);
};

void	 sim_rcu_lock(const char *func, int line);
void	 sim_rcu_unlock(const char *func, int line);
void	 sim_rcu_call(struct pf_rcu_head *, void (*)(struct pf_rcu_head *),
	    const char *func, int line);
void	 sim_rcu_sync(const char *func, int line);
void	 sim_rcu_barrier(const char *func, int line);
void	 sim_rcu_assert_read(const char *func, int line);
void	 sim_rcu_assert_locked(const char *func, int line);

#define pf_rcu_read_lock()	sim_rcu_lock(__func__, __LINE__)
#define pf_rcu_read_unlock()	sim_rcu_unlock(__func__, __LINE__)
void	 sim_packet_enter(void);
void	 sim_packet_leave(void);
#define pf_packet_begin()	sim_packet_enter()
#define pf_packet_end()		sim_packet_leave()
#define pf_rcu_call(h, fn)	sim_rcu_call(h, fn, __func__, __LINE__)
#define pf_rcu_sync()		sim_rcu_sync(__func__, __LINE__)
#define pf_rcu_barrier()	sim_rcu_barrier(__func__, __LINE__)
#define pf_rcu_deref(p) __extension__({					\
	sim_rcu_assert_read(__func__, __LINE__);			\
	__atomic_load_n(&(p), __ATOMIC_ACQUIRE);			\
})
#define pf_rcu_deref_locked(p) __extension__({				\
	sim_rcu_assert_locked(__func__, __LINE__);			\
	(p);								\
})
#define pf_rcu_assign(p, v)	__atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/* Atomics and references. */
struct pf_atomic {
	uint32_t	v;
};

static inline void
pf_atomic_set(struct pf_atomic *a, uint32_t v)
{
	__atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}

static inline uint32_t
pf_atomic_read(const struct pf_atomic *a)
{
	return (__atomic_load_n(&a->v, __ATOMIC_RELAXED));
}

static inline uint32_t
pf_atomic_inc(struct pf_atomic *a)
{
	return (__atomic_add_fetch(&a->v, 1, __ATOMIC_RELAXED));
}

static inline void
pf_atomic_dec(struct pf_atomic *a)
{
	__atomic_fetch_sub(&a->v, 1, __ATOMIC_RELAXED);
}

static inline bool
pf_atomic_dec_test(struct pf_atomic *a)
{
	return (__atomic_fetch_sub(&a->v, 1, __ATOMIC_ACQ_REL) == 1);
}

static inline bool
pf_atomic_inc_below(struct pf_atomic *a, uint32_t limit)
{
	uint32_t v = pf_atomic_read(a);

	do {
		if (v >= limit)
			return (false);
	} while (!__atomic_compare_exchange_n(&a->v, &v, v + 1, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return (true);
}

struct pf_atomic64 {
	uint64_t	v;
};

static inline void
pf_atomic64_set(struct pf_atomic64 *a, uint64_t v)
{
	__atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}

static inline uint64_t
pf_atomic64_read(const struct pf_atomic64 *a)
{
	return (__atomic_load_n(&a->v, __ATOMIC_RELAXED));
}

static inline void
pf_atomic64_add(struct pf_atomic64 *a, uint64_t v)
{
	__atomic_fetch_add(&a->v, v, __ATOMIC_RELAXED);
}

struct pf_ref {
	uint32_t	v;
};

static inline void
pf_ref_set(struct pf_ref *r, uint32_t n)
{
	r->v = n;
}

/* A reference is only taken from a holder: none can be had from 0. */
static inline void
pf_ref_get(struct pf_ref *r)
{
	if (__atomic_fetch_add(&r->v, 1, __ATOMIC_RELAXED) == 0)
		SIM_PANIC("reference %p taken from 0", (void *)r);
}

static inline bool
pf_ref_put(struct pf_ref *r)
{
	uint32_t old = __atomic_fetch_sub(&r->v, 1, __ATOMIC_ACQ_REL);

	if (old == 0)
		SIM_PANIC("reference %p below 0", (void *)r);
	return (old == 1);
}

/* Per-CPU counters: the process has one CPU. */
struct pf_pcpu {
	uint64_t	*v;
	uint32_t	 n;
};

int	 pf_pcpu_init(struct pf_pcpu *, unsigned int n);
void	 pf_pcpu_fini(struct pf_pcpu *);
void	 pf_pcpu_zero(struct pf_pcpu *, unsigned int n);

static inline void
pf_pcpu_add(struct pf_pcpu *c, unsigned int i, int64_t delta)
{
	if (unlikely(i >= c->n))
		SIM_PANIC("counter %u of %u", i, c->n);
	c->v[i] += (uint64_t)delta;
}

static inline void
pf_pcpu_add_packet(struct pf_pcpu *c, unsigned int i, int64_t delta)
{
	pf_pcpu_add(c, i, delta);
}

static inline uint64_t *
pf_pcpu_words(const struct pf_pcpu *c)
{
	return (c->v);
}

static inline unsigned int
pf_ncpus(void)
{
	return (1);
}

static inline uint64_t *
pf_pcpu_words_of(const struct pf_pcpu *c, unsigned int cpu)
{
	return (cpu == 0 ? c->v : NULL);
}

static inline uint64_t
pf_pcpu_sum(const struct pf_pcpu *c, unsigned int i)
{
	if (unlikely(i >= c->n))
		SIM_PANIC("counter %u of %u", i, c->n);
	return (c->v[i]);
}

/*
 * Red-black trees (rbtree.c).  up holds the parent and, in its lowest bit, the
 * colour.  All stores to left and right are single words, and a changed tree
 * has no cycle at any moment, so a reader without the lock comes to an end.
 */
struct pf_rb_node {
	uintptr_t	 up;
	struct pf_rb_node *left, *right;
};
struct pf_rb_root {
	struct pf_rb_node *top;
};

static inline void
pf_rb_init(struct pf_rb_root *root)
{
	root->top = NULL;
}

static inline bool
pf_rb_empty(const struct pf_rb_root *root)
{
	return (READ_ONCE(root->top) == NULL);
}

static inline struct pf_rb_node *
pf_rb_top(const struct pf_rb_root *root)
{
	return (__atomic_load_n(&root->top, __ATOMIC_ACQUIRE));
}

static inline struct pf_rb_node *
pf_rb_left(const struct pf_rb_node *n)
{
	return (__atomic_load_n(&n->left, __ATOMIC_ACQUIRE));
}

static inline struct pf_rb_node *
pf_rb_right(const struct pf_rb_node *n)
{
	return (__atomic_load_n(&n->right, __ATOMIC_ACQUIRE));
}

static inline struct pf_rb_node **
pf_rb_link_left(struct pf_rb_node *parent)
{
	return (&parent->left);
}

static inline struct pf_rb_node **
pf_rb_link_right(struct pf_rb_node *parent)
{
	return (&parent->right);
}

static inline struct pf_rb_node **
pf_rb_link_top(struct pf_rb_root *root)
{
	return (&root->top);
}

void	 pf_rb_insert(struct pf_rb_root *, struct pf_rb_node *node,
	    struct pf_rb_node *parent, struct pf_rb_node **link);
void	 pf_rb_erase(struct pf_rb_root *, struct pf_rb_node *);
struct pf_rb_node *pf_rb_first(const struct pf_rb_root *);
struct pf_rb_node *pf_rb_next(const struct pf_rb_node *);

/* Hash (siphash.c). */
struct pf_siphash_key {
	uint64_t	key[2];
};

uint64_t pf_siphash2(uint64_t, uint64_t, const struct pf_siphash_key *);
uint64_t pf_siphash4(uint64_t, uint64_t, uint64_t, uint64_t,
	    const struct pf_siphash_key *);

static inline uint32_t
pf_hsiphash2(uint64_t a, uint64_t b, const struct pf_siphash_key *key)
{
	return ((uint32_t)pf_siphash2(a, b, key));
}


/* Clock: the simulation's, in whole seconds. */
uint32_t pf_uptime(const struct pf *);

/*
 * Packets.  The bytes lie in one or more pieces; pf_pkt_pull() copies when a range
 * is in more than one.  With sim_strict (sim.h) what it returns is
 * followed by poisoned memory, so that a read past len is found.
 */
struct sim_piece {
	uint8_t		*data;
	uint32_t	 off;		/* of data[0] in the packet */
	uint32_t	 len;
	void		*mem;		/* what to free */
};
#define SIM_PIECES	8		/* at most in a packet */

struct pf_pkt {
	uint32_t	 len;
	uint32_t	 segs;
	uint32_t	 npieces;
	int		 ifindex;	/* came in by, 0: made here */
	uint16_t	 tag;		/* 0: none */
	uint8_t		 prio;		/* in this node */
	uint8_t		 af;
	bool		 own;		/* made by pf: not filtered here */
	bool		 held;		/* pf has taken it */
	uint32_t	 most;		/* came in packets no larger; 0: in one */
	bool		 cksum_known;	/* as if verified by the device */
	bool		 bcast;		/* to everybody, says the link layer */
	int		 outif;		/* is about to leave by */
	bool		 here;		/* for this node, whatever its destination .. */
	uint16_t	 port;		/* .. and who listens here, 0: as addressed */
	int		 way;		/* goes out of this interface .. */
	uint8_t		 gw[16];	/* .. to this gateway; 0: as routed */
	struct sim_piece piece[SIM_PIECES];
	struct sim_scratch *scratch;	/* copies handed out, strict */
	struct pf_pkt	*next;		/* on a queue of sim_pkt.c */
};

const void *sim_pkt_pull(const struct pf_pkt *, uint32_t off, uint32_t len,
	    void *buf);
extern bool sim_strict;

static inline uint32_t
pf_pkt_len(const struct pf_pkt *p)
{
	return (p->len);
}

static inline uint32_t
pf_pkt_segs(const struct pf_pkt *p)
{
	return (p->segs);
}

static inline bool
pf_pkt_bcast(const struct pf_pkt *p)
{
	return (p->bcast);
}

static inline int
pf_pkt_received(const struct pf_pkt *p)
{
	return (p->ifindex);
}

static inline uint16_t
pf_pkt_tag(const struct pf_pkt *p)
{
	return (p->tag);
}

static inline void
pf_pkt_set_tag(struct pf_pkt *p, uint16_t nr)
{
	p->tag = nr;
}

static inline const void *
pf_pkt_pull(const struct pf_pkt *p, uint32_t off, uint32_t len, void *buf)
{
	const struct sim_piece *first = &p->piece[0];

	if (likely(!sim_strict && len <= 128 && off < first->len &&
	    len <= first->len - off))
		return (first->data + off);
	return (sim_pkt_pull(p, off, len, buf));
}

#endif /* _SIM_PF_HOST_MD_H_ */
