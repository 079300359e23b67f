/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_host_md.h: part 1 of pf_host.h for the Linux kernel
 *
 * Owns nothing: thin inlines over the kernel's own services.  Where a structure of
 * the kernel serves as it is (sk_buff, rb_node, callback_head), pf's name is made
 * another name for it, so that no pointer has to be converted.
 *
 * Locking: as the kernel documents the services.  Floor: below the whole core.
 */
#ifndef _LINUX_PF_HOST_MD_H_
#define _LINUX_PF_HOST_MD_H_

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/prefetch.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "compat.h"

/* The core asserts sizes of what contains locks; here they are not the true ones. */
#if defined(CONFIG_DEBUG_SPINLOCK) || defined(CONFIG_DEBUG_LOCK_ALLOC) ||	\
    defined(CONFIG_PREEMPT_RT)
#define PF_HOST_DEBUG_LOCKS
#endif

/* A variable that is written before it is read: not to be cleared by the compiler. */
#define pf_uninit	__attribute__((__uninitialized__))
#define pf_noinline	noinline
#define pf_inline	__always_inline

static inline void
pf_prefetch(const void *addr)
{
	prefetch(addr);
}

static inline unsigned int
pf_popcount64(uint64_t v)
{
	return (hweight64(v));
}

/*
 * Locks.  All are taken with softirqs off, since packets come in these.
 * The initializers are macros so that lockdep has one class for each caller.
 */
struct pf_spinlock {
	spinlock_t	l;
};
struct pf_mutex {
	struct mutex	m;
};

#define pf_spin_init(s)		spin_lock_init(&(s)->l)
#define pf_spin_assert(s)	lockdep_assert_held(&(s)->l)

static inline void
pf_spin_lock(struct pf_spinlock *s)
{
	spin_lock_bh(&s->l);
}

static inline void
pf_spin_lock_second(struct pf_spinlock *s)
{
	local_bh_disable();
	spin_lock_nested(&s->l, SINGLE_DEPTH_NESTING);
}

static inline void
pf_spin_unlock(struct pf_spinlock *s)
{
	spin_unlock_bh(&s->l);
}

#define pf_mutex_init(x)	mutex_init(&(x)->m)
#define pf_mutex_lock(x)	mutex_lock(&(x)->m)
#define pf_mutex_unlock(x)	mutex_unlock(&(x)->m)
#define pf_mutex_destroy(x)	mutex_destroy(&(x)->m)
#define pf_mutex_assert(x)	lockdep_assert_held(&(x)->m)

/*
 * Sequence counts: the kernel's, by its raw calls.  The reader must not wait
 * for a writer, and one writer may be at work in two places at once.
 */
struct pf_seq {
	seqcount_t	s;
};

#define pf_seq_init(x)	seqcount_init(&(x)->s)

static inline uint32_t
pf_seq_begin(const struct pf_seq *x)
{
	return (raw_read_seqcount(&x->s));
}

static inline bool
pf_seq_retry(const struct pf_seq *x, uint32_t cookie)
{
	return ((cookie & 1) != 0 || read_seqcount_retry(&x->s, cookie));
}

static inline void
pf_seq_write_begin(struct pf_seq *x)
{
	raw_write_seqcount_begin(&x->s);
}

static inline void
pf_seq_write_end(struct pf_seq *x)
{
	raw_write_seqcount_end(&x->s);
}

/*
 * RCU.  The core's pointers carry no address space, so they get one here for
 * sparse.  Which lock guards a pointer is not told: with lockdep, that
 * the writer holds any lock at all is what can be checked.
 */
#define pf_rcu_head		callback_head
#define PF_RCU_PTR(p)		(*(typeof(*(p)) __rcu **)&(p))

#define pf_rcu_deref(p)		rcu_dereference(PF_RCU_PTR(p))
#define pf_rcu_deref_locked(p)						\
	rcu_dereference_protected(PF_RCU_PTR(p), lockdep_depth(current) > 0)
#define pf_rcu_assign(p, v)	rcu_assign_pointer(PF_RCU_PTR(p), v)

static inline void
pf_rcu_read_lock(void)
{
	rcu_read_lock();
}

static inline void
pf_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

static inline void
pf_packet_begin(void)
{
	local_bh_disable();
	rcu_read_lock();
}

static inline void
pf_packet_end(void)
{
	rcu_read_unlock();
	local_bh_enable();
}

#define pf_rcu_call(head, fn)	call_rcu(head, fn)
#define pf_rcu_sync()		synchronize_rcu()
#define pf_rcu_barrier()	rcu_barrier()

/* Atomics and references. */
struct pf_atomic {
	atomic_t	a;
};

static inline void
pf_atomic_set(struct pf_atomic *x, uint32_t v)
{
	atomic_set(&x->a, (int)v);
}

static inline uint32_t
pf_atomic_read(const struct pf_atomic *x)
{
	return ((uint32_t)atomic_read(&x->a));
}

static inline uint32_t
pf_atomic_inc(struct pf_atomic *x)
{
	return ((uint32_t)atomic_inc_return(&x->a));
}

static inline void
pf_atomic_dec(struct pf_atomic *x)
{
	atomic_dec(&x->a);
}

static inline bool
pf_atomic_dec_test(struct pf_atomic *x)
{
	return (atomic_dec_and_test(&x->a));
}

static inline bool
pf_atomic_inc_below(struct pf_atomic *x, uint32_t limit)
{
	int	v = atomic_read(&x->a);

	do {
		if ((uint32_t)v >= limit)
			return (false);
	} while (!atomic_try_cmpxchg(&x->a, &v, (int)((uint32_t)v + 1)));
	return (true);
}

struct pf_atomic64 {
	atomic64_t	a;
};

static inline void
pf_atomic64_set(struct pf_atomic64 *x, uint64_t v)
{
	atomic64_set(&x->a, (int64_t)v);
}

static inline uint64_t
pf_atomic64_read(const struct pf_atomic64 *x)
{
	return ((uint64_t)atomic64_read(&x->a));
}

static inline void
pf_atomic64_add(struct pf_atomic64 *x, uint64_t v)
{
	atomic64_add((int64_t)v, &x->a);
}

struct pf_ref {
	refcount_t	r;
};

static inline void
pf_ref_set(struct pf_ref *x, uint32_t n)
{
	refcount_set(&x->r, (int)n);
}

static inline void
pf_ref_get(struct pf_ref *x)
{
	refcount_inc(&x->r);
}

static inline bool
pf_ref_put(struct pf_ref *x)
{
	return (refcount_dec_and_test(&x->r));
}

/* Per-CPU counters. */
struct pf_pcpu {
	uint64_t __percpu *v;
};

int	 pf_pcpu_init(struct pf_pcpu *, unsigned int n);
void	 pf_pcpu_fini(struct pf_pcpu *);
uint64_t pf_pcpu_sum(const struct pf_pcpu *, unsigned int i);
void	 pf_pcpu_zero(struct pf_pcpu *, unsigned int n);

static inline void
pf_pcpu_add(struct pf_pcpu *c, unsigned int i, int64_t delta)
{
	this_cpu_add(c->v[i], (uint64_t)delta);
}

/* Softirqs are off, and nobody counts in an interrupt. */
static inline void
pf_pcpu_add_packet(struct pf_pcpu *c, unsigned int i, int64_t delta)
{
	__this_cpu_add(c->v[i], (uint64_t)delta);
}

/* Softirqs are off, so this stays the CPU and no other packet comes in between. */
static inline uint64_t *
pf_pcpu_words(const struct pf_pcpu *c)
{
	return (this_cpu_ptr(c->v));
}

static inline unsigned int
pf_ncpus(void)
{
	return (nr_cpu_ids);
}

static inline uint64_t *
pf_pcpu_words_of(const struct pf_pcpu *c, unsigned int cpu)
{
	return (cpu_possible(cpu) && c->v != NULL ? per_cpu_ptr(c->v, cpu) : NULL);
}

/* Red-black trees. */
#define pf_rb_node	rb_node
#define pf_rb_root	rb_root
static_assert(sizeof(struct rb_node) <= 24);

static inline void
pf_rb_init(struct pf_rb_root *root)
{
	*root = RB_ROOT;
}

static inline bool
pf_rb_empty(const struct pf_rb_root *root)
{
	return (RB_EMPTY_ROOT(root));
}

/* The links change by single stores (linux/rbtree.c); what is behind them is read. */
static inline struct pf_rb_node *
pf_rb_top(const struct pf_rb_root *root)
{
	return (READ_ONCE(root->rb_node));
}

static inline struct pf_rb_node *
pf_rb_left(const struct pf_rb_node *n)
{
	return (READ_ONCE(n->rb_left));
}

static inline struct pf_rb_node *
pf_rb_right(const struct pf_rb_node *n)
{
	return (READ_ONCE(n->rb_right));
}

static inline struct pf_rb_node **
pf_rb_link_top(struct pf_rb_root *root)
{
	return (&root->rb_node);
}

static inline struct pf_rb_node **
pf_rb_link_left(struct pf_rb_node *parent)
{
	return (&parent->rb_left);
}

static inline struct pf_rb_node **
pf_rb_link_right(struct pf_rb_node *parent)
{
	return (&parent->rb_right);
}

static inline void
pf_rb_insert(struct pf_rb_root *root, struct pf_rb_node *n,
    struct pf_rb_node *parent, struct pf_rb_node **link)
{
	rb_link_node_rcu(n, parent, link);
	rb_insert_color(n, root);
}

static inline void
pf_rb_erase(struct pf_rb_root *root, struct pf_rb_node *n)
{
	rb_erase(n, root);
}

static inline struct pf_rb_node *
pf_rb_first(const struct pf_rb_root *root)
{
	return (rb_first(root));
}

static inline struct pf_rb_node *
pf_rb_next(const struct pf_rb_node *n)
{
	return (rb_next(n));
}

/* Hash.  The key is the kernel's, by another name, as its type has none. */
struct pf_siphash_key {
	uint64_t	key[2];
};
static_assert(sizeof(struct pf_siphash_key) == sizeof(siphash_key_t));

static inline uint32_t
pf_hsiphash2(uint64_t a, uint64_t b, const struct pf_siphash_key *key)
{
	return (hsiphash_4u32((u32)a, a >> 32, (u32)b, b >> 32,
	    (const hsiphash_key_t *)key));
}

static inline uint64_t
pf_siphash2(uint64_t a, uint64_t b, const struct pf_siphash_key *key)
{
	return (siphash_2u64(a, b, (const siphash_key_t *)key));
}

static inline uint64_t
pf_siphash4(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
    const struct pf_siphash_key *key)
{
	return (siphash_4u64(a, b, c, d, (const siphash_key_t *)key));
}

/* Clock: seconds since boot, and one. */
struct pf;

static inline uint32_t
pf_uptime(const struct pf *pf)
{
	return ((uint32_t)div_u64(get_jiffies_64() - INITIAL_JIFFIES, HZ) + 1);
}

/*
 * Packets.  struct pf_pkt is the sk_buff.  In both hooks its data begin at the
 * network header; the offset is not taken for granted all the same.
 */
#define pf_pkt	sk_buff

static inline uint32_t
pf_pkt_len(const struct pf_pkt *p)
{
	return (p->len - skb_network_offset(p));
}

static inline uint32_t
pf_pkt_segs(const struct pf_pkt *p)
{
	if (likely(!skb_is_gso(p)))
		return (1);
	if (likely(skb_shinfo(p)->gso_segs != 0))
		return (skb_shinfo(p)->gso_segs);
	/* from a device that need not be trusted: not yet computed */
	return (DIV_ROUND_UP(p->len, (unsigned int)skb_shinfo(p)->gso_size));
}

static inline bool
pf_pkt_bcast(const struct pf_pkt *p)
{
	return (p->pkt_type == PACKET_BROADCAST ||
	    p->pkt_type == PACKET_MULTICAST);
}

static inline int
pf_pkt_received(const struct pf_pkt *p)
{
	return (p->skb_iif);
}

/* pf_main.c: the bits of a mark that hold the number of the tag, and where they begin. */
extern uint32_t pf_mark_tag;
extern unsigned int pf_mark_shift;

static inline uint16_t
pf_pkt_tag(const struct pf_pkt *p)
{
	return ((uint16_t)((p->mark & pf_mark_tag) >> pf_mark_shift));
}

static inline void
pf_pkt_set_tag(struct pf_pkt *p, uint16_t nr)
{
	p->mark = (p->mark & ~pf_mark_tag) |
	    ((uint32_t)nr << pf_mark_shift & pf_mark_tag);
}

static inline const void *
pf_pkt_pull(const struct pf_pkt *p, uint32_t off, uint32_t len, void *buf)
{
	return (skb_header_pointer(p, skb_network_offset(p) + (int)off,
	    (int)len, buf));
}

#endif /* _LINUX_PF_HOST_MD_H_ */
