/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_host.h: all that the core asks of the system it runs in, and all that
 * the system may ask of the core.
 *
 * There are two hosts: sys/linux (the kernel module) and sys/sim (a process
 * with a virtual clock).  Each has a header pf_host_md.h, found on the include
 * path, that defines the types and static inlines of the first part below, and
 * objects that define the plain functions of the second.  The core includes
 * no other header of a system.
 *
 * Contexts.  "Packet" context is pf_test(): inside an RCU read side, softirqs
 * off, no sleeping.  "Control" context is an ioctl, a device event, the purge
 * or creation and destruction: it may sleep, and holds no RCU read side.
 */
#ifndef _NET_PF_HOST_H_
#define _NET_PF_HOST_H_

/*
 * 1. From pf_host_md.h
 *
 * Types and C library words: uint8_t .. uint64_t, int32_t, bool, size_t, NULL,
 * errno values (positive, EINVAL), AF_INET, AF_INET6, IPPROTO_*, offsetof,
 * memcpy memmove memset memcmp strlen strcmp strncmp strnlen, htons htonl ntohs ntohl,
 * likely unlikely, container_of, READ_ONCE WRITE_ONCE, static_assert.
 *
 * pf_popcount64(v)		how many bits of v are set
 * pf_prefetch(addr)		a hint; addr need not be valid
 * pf_uninit			an attribute: this variable is not cleared first
 * pf_noinline			an attribute: this function is never inlined
 * pf_inline			in place of inline: this one always is
 *
 * Locks.  struct pf_spinlock {pf_spin_init pf_spin_lock pf_spin_unlock}: any
 * context; keeps softirqs off while held.  All locks that one call of
 * pf_spin_init() makes are of one class, of which only one may be held at a
 * time; a second one is taken by pf_spin_lock_second(l), always in the same
 * order of the two.  struct pf_mutex {pf_mutex_init pf_mutex_lock
 * pf_mutex_unlock pf_mutex_destroy}: control only.  pf_mutex_assert(m),
 * pf_spin_assert(l): the caller holds it; the hosts that can check do check.
 * struct pf_seq {pf_seq_init, pf_seq_begin(s) returns a cookie, pf_seq_retry(s,
 * cookie), pf_seq_write_begin(s), pf_seq_write_end(s)}: a sequence count;
 * writers are serialized by a spin lock of the owner.  pf_seq_begin() returns
 * at once, with an odd cookie while a writer is at work: such a cookie always
 * makes pf_seq_retry() true.
 *
 * RCU.  pf_rcu_read_lock() pf_rcu_read_unlock(); pf_rcu_deref(p) in a read
 * side; pf_rcu_deref_locked(p) by the holder of the lock that guards writing;
 * pf_rcu_assign(p, v) publishes.  struct pf_rcu_head with pf_rcu_call(head,
 * fn): fn(head) runs after all present readers are gone, in a context that may
 * not sleep.  pf_rcu_sync() waits for them (control).  pf_rcu_barrier() waits
 * for all pending calls (control).
 *
 * pf_packet_begin() pf_packet_end(): control context does as packet context may
 * between them: softirqs off, an RCU read side.
 *
 * Atomics.  struct pf_atomic (32 bits): pf_atomic_set pf_atomic_read
 * pf_atomic_inc (returns the new value) pf_atomic_dec; pf_atomic_inc_below(a,
 * limit): adds one and returns true unless the value is limit or more (exact
 * under contention); pf_atomic_dec_test(a): true when the value became 0.
 * struct pf_atomic64 (64 bits): pf_atomic64_set pf_atomic64_read
 * pf_atomic64_add(a, delta).
 * struct pf_ref: pf_ref_set(r, n) pf_ref_get(r); pf_ref_put(r): true at 0.
 *
 * Per-CPU counters.  struct pf_pcpu, an array of uint64_t on every CPU:
 * pf_pcpu_init(c, n) 0 or ENOMEM (control), pf_pcpu_fini(c) (any context but
 * hard interrupts; c may be all zero), pf_pcpu_add(c, i, delta) in the same,
 * pf_pcpu_add_packet(c, i, delta) in packet context, where it costs least,
 * pf_pcpu_sum(c, i), pf_pcpu_zero(c, n).  delta is signed; sums wrap.
 * pf_pcpu_words(c): in packet context, this CPU's array, to keep notes in:
 * until the packet is done nobody else comes to it.  pf_pcpu_words_of(c, cpu),
 * cpu below pf_ncpus(): another's, when no packet comes any more; NULL: there
 * is no such CPU.
 *
 * Red-black trees.  struct pf_rb_node (24 bytes), struct pf_rb_root;
 * pf_rb_init(root), pf_rb_empty(root), pf_rb_top(root), pf_rb_left(n),
 * pf_rb_right(n) (these three may be used in a read side without the lock: a
 * walk ends always but may miss nodes), pf_rb_insert(root, node, parent, link)
 * where link is pf_rb_link_left(parent), pf_rb_link_right(parent) or
 * pf_rb_link_top(root); pf_rb_erase(root, node); pf_rb_first(root),
 * pf_rb_next(node), with the lock.
 *
 * Hash.  struct pf_siphash_key (16 random bytes); pf_siphash2(a, b, key),
 * pf_siphash4(a, b, c, d, key): SipHash of that many 64-bit words.
 * pf_hsiphash2(a, b, key): 32 bits, faster, and good enough to choose a bucket.
 *
 * Clock.  pf_uptime(pf): whole seconds of a monotonic clock, never 0.
 *
 * Packets.  struct pf_pkt is the host's; offsets count from the first byte of
 * the network header.
 * pf_pkt_len(p)	bytes from the network header on; may exceed any MTU
 *			(GSO)
 * pf_pkt_segs(p)	packets on the wire that p stands for, 1 or more
 * pf_pkt_bcast(p)	p came in as a link layer broadcast or multicast
 * pf_pkt_received(p)	ifindex of the device that p came in by; 0: it was made
 *			here
 * pf_pkt_tag(p)	the number of p's tag, 0: none; it stays with p until p
 *			leaves this host, from `in' to `out' and through a
 *			loopback device
 * pf_pkt_set_tag(p, nr) give p a tag, up to pf_host_tags()
 * pf_pkt_pull(p, off, len, buf)
 *			a pointer to len bytes at off, for reading: into the
 *			packet, or to buf after copying; NULL if the packet is
 *			shorter.  len is at most 128, off + len at most
 *			65,535 + 40.  The pointer is valid until the packet is
 *			next written to.
 */
#include <pf_host_md.h>

struct pf;
struct pf_addr;
struct pf_pkt;
struct pf_rcu_head;

/* 2. Plain functions of the host */

/*
 * Memory.  pf_alloc() zeroes and may sleep; pf_alloc_atomic() zeroes and may be
 * called in any context; both return NULL when there is none.  Sizes
 * up to 1 GiB work for pf_alloc().  pf_free(NULL) is fine; any context.
 * The host may charge the memory to whoever the instance belongs to.
 * pf is NULL for the first allocation of pf_create().
 */
void	*pf_alloc(struct pf *, size_t size);
void	*pf_alloc_atomic(struct pf *, size_t size);
void	 pf_free(void *);

/*
 * Object caches, one of each kind for all instances; names, sizes and
 * alignments are pf_caches[] (pf.c).  Objects are not zeroed.  Any context.
 */
enum pf_cache { PF_CACHE_STATE, PF_CACHE_MAX };
struct pf_cache_desc {
	const char	*name;
	size_t		 size, align;
};
extern const struct pf_cache_desc pf_caches[PF_CACHE_MAX];
void	*pf_cache_alloc(struct pf *, enum pf_cache);
void	 pf_cache_free(enum pf_cache, void *);

/* Cryptographic randomness; wall clock, seconds since the epoch.  Any
 * context. */
void	 pf_random(struct pf *, void *buf, size_t len);
int64_t	 pf_wallclock(struct pf *);

/* User memory: 0 or EFAULT.  Control, with no lock held: the page may be served
 * by a program, which may take any time.  The hosts that can check do check.
 * uaddr + len may not wrap: checked here. */
int	 pf_copyin(struct pf *, uint64_t uaddr, void *dst, size_t len);
int	 pf_copyout(struct pf *, const void *src, uint64_t uaddr, size_t len);

/*
 * Packets that pf makes.  pf_pkt_new() returns a packet of len bytes (network
 * header on) and its writable bytes at *data, or NULL.  pf_pkt_send() takes it
 * over: routes it by its addresses (ignoring whether the source is local), or sends it
 * the way that it is given (below; not NULL), and sends it.  cause is the packet that
 * it answers (interface, route table, mark), never NULL; it is not consumed.
 * shown: pf is asked about it as about what is forwarded, where it leaves this host, and so
 * pf_test() may be called within pf_test(): no lock may be held.  Otherwise, and if it is
 * for this host, pf passes it unseen.  All checksums are already right.  Packet context.
 */
struct pf_way;
struct pf_pkt *pf_pkt_new(struct pf *, uint32_t len, void **data);
int	 pf_pkt_send(struct pf *, struct pf_pkt *, const struct pf_pkt *cause,
	    uint8_t af, const struct pf_way *, bool shown);

/*
 * Whether the transport checksum of a received packet holds.  off: where the
 * TCP, UDP, ICMP or ICMPv6 header begins.  Counts as right what the device
 * has verified or what has not been computed yet (local).  Packet context.
 */
bool	 pf_pkt_cksum_ok(const struct pf_pkt *, uint8_t af, uint8_t proto,
	    uint32_t off);

/*
 * Whether the host has a route to the address, for packets like this one; ifindex not
 * 0: and the route leads out of that device (or one of its next hops does; to an
 * address of the host itself: out of the loopback device).  Packet context.
 */
bool	 pf_route_leads(struct pf *, const struct pf_pkt *, uint8_t af,
	    const struct pf_addr *, int ifindex);

/*
 * A way out of this host: a device and a gateway, whatever the routes say of the packet's
 * destination.  Packet context.
 * Or, if gw is NULL, the way that a routing table of the host has for a packet that has come in.
 * pf_pkt_route(): the packet is to take it.  *moved: pf_test() must return PF_ROUTED, since
 * the packet came in, or is to leave by another device than it was about to.  A packet
 * that is for this host, or a group, is not moved by a table.  false: there
 * is no such way, and nothing has changed: the device is down, the gateway is an address of
 * this host, or no route leads to it.
 * pf_pkt_dup(): a copy of the packet takes it.  The copy is not filtered, and may be lost.
 */
struct pf_way {
	const struct pf_addr *gw;	/* all zero: the packet's destination; NULL: see table */
	int		 ifindex;	/* 0: of the device that leads there */
	uint32_t	 table;		/* if gw is NULL; 0: the host's usual one */
};
bool	 pf_pkt_route(struct pf *, struct pf_pkt *, int dir, uint8_t af,
	    const struct pf_way *, bool *moved);
void	 pf_pkt_dup(struct pf *, const struct pf_pkt *, int dir, uint8_t af,
	    const struct pf_way *);

/*
 * Whose socket of this host a TCP or UDP packet is from (PF_OUT), or for (PF_IN): user
 * and group as programs of the network namespace know them.  false: nobody's, as of
 * what is forwarded.  Packet context.
 */
struct pf_flow {
	const struct pf_addr *src, *dst;
	uint16_t	 sport, dport;	/* network order */
};
bool	 pf_pkt_owner(struct pf *, const struct pf_pkt *, int dir, uint8_t af,
	    uint8_t proto, const struct pf_flow *, uint32_t *uid,
	    uint32_t *gid);

/*
 * Connections from other hosts to this one's loopback addresses.  pf_host_loopback(): whether
 * rules redirect to 127.0.0.0/8; while it is so and pf is enabled, the host takes such
 * packets and sends the answers, and drops what uses such an address on a wire.  ENOMEM,
 * if wanted only: nothing has changed.  Control.
 * pf_pkt_loopback(): the packet has come in and its destination has been replaced by a loopback
 * address: this host takes it.  If it belongs to no connection, a program that listens on all
 * addresses gets it before one that listens there.  opens: it may begin a connection.  The
 * flow is looked at for TCP and UDP.  false: there is no way.  Packet context.
 */
int	 pf_host_loopback(struct pf *, bool wanted);
bool	 pf_pkt_loopback(struct pf *, struct pf_pkt *, uint8_t af, uint8_t proto,
	    const struct pf_flow *, bool opens);

/*
 * Connections that programs of this host have under addresses of others.  pf_pkt_divert(): the
 * packet has come in, and this host takes it, whatever its destination is.  to not NULL: if it
 * belongs to no connection, a program that listens there, at this port, gets it, as it is;
 * the packet is whole, and TCP or UDP, and the program may answer in the name of the
 * destination (or that is an address of this host).  opens: it may begin a connection.
 * Packet context.
 */
enum pf_diverted {
	PF_DIVERTED,
	PF_DIVERT_NOBODY,		/* no such program */
	PF_DIVERT_NOWAY			/* a source that none may have who sends by that device */
};
enum pf_diverted pf_pkt_divert(struct pf *, struct pf_pkt *, uint8_t af,
	    uint8_t proto, const struct pf_flow *, const struct pf_addr *to,
	    uint16_t port, bool opens);

/*
 * Records of packets.  pf_host_listens(): ifindex is a pflog device, and somebody gets what
 * it is told.  pf_pkt_log(): tell it of a copy of the packet, with len bytes at hdr in front.
 * A record that cannot be made is counted at the device as one that was not sent.  Packet
 * context.
 */
bool	 pf_host_listens(struct pf *, int ifindex);
void	 pf_pkt_log(struct pf *, const struct pf_pkt *, int ifindex, const void *hdr,
	    size_t len);

/*
 * Writing to a packet.  pf_pkt_write(): len bytes at off (both as for
 * pf_pkt_pull()), now the packet's own, or NULL without memory; what
 * pf_pkt_pull() has returned is void then.  pf_pkt_cksum_change(): in what the
 * transport checksum at *sum covers, len bytes (2, 4 or 16) were `from' and are
 * `to'; what the host keeps about the checksum follows.  Packet context.
 */
#define PF_CKSUM_PSEUDO	0x01	/* they stand in the pseudo header */
#define PF_CKSUM_UDP	0x02	/* a sum of 0 means that there is none (RFC */
				/* 768) */
void	*pf_pkt_write(struct pf_pkt *, uint32_t off, uint32_t len);
/* Give the packet this type of service, or traffic class (8 bits); this time to live, or hop
 * limit.  false: no memory.  Packet context; as for pf_pkt_write(). */
bool	 pf_pkt_set_tos(struct pf_pkt *, uint8_t af, uint8_t tos);
bool	 pf_pkt_set_ttl(struct pf_pkt *, uint8_t af, uint8_t ttl);
/*
 * The priority of a packet in this host, 0 to 7; what has none, or one beyond them, has 0.
 * Once set it stays with the packet until that leaves the host, from `in' to `out' too.  dir: as
 * of pf_test().  Packet context.
 */
uint8_t	 pf_pkt_prio(const struct pf_pkt *);
void	 pf_pkt_set_prio(struct pf_pkt *, int dir, uint8_t prio);
void	 pf_pkt_cksum_change(struct pf_pkt *, void *sum, const void *from,
	    const void *to, unsigned int len, unsigned int flags);

/*
 * Packets that pf keeps and makes one of, in packet context.  pf_pkt_hold(): pf_test() is
 * going to return PF_TAKEN for this packet.  The host takes from it what belongs to a device, a
 * socket or a route, since it may stay for long.  It can still be read and freed.  A spin
 * lock may be held.
 * pf_pkt_join(): the packet gets these bytes, of itself and of others, in place of its
 * own; otherwise it stays what it is.  The first part begins with a network header,
 * which is still to be made right, as far as to what follows it.  most, not 0: the bytes
 * have come in packets of which none was larger, and the host may cut what it
 * makes of them when it sends it on, IPv6 into packets that are no larger.  false: no
 * memory; nothing has changed.
 */
struct pf_part {
	struct pf_part	*next;		/* NULL: the last */
	struct pf_pkt	*pkt;
	uint32_t	 off, len;	/* they must be there */
};
void	 pf_pkt_hold(struct pf_pkt *);
bool	 pf_pkt_join(struct pf_pkt *, uint8_t af, const struct pf_part *,
	    uint32_t most);

/* Free a packet that pf has taken (see pf_test()), or made and not sent.  Any
 * context. */
void	 pf_pkt_free(struct pf_pkt *);

/*
 * pf_host_enable(): begin to hand packets to pf_test(), from the present
 * network namespace only.  pf_host_disable(): no call is running when it
 * returns.  Control.
 */
int	 pf_host_enable(struct pf *);		/* 0, ENOMEM */
void	 pf_host_disable(struct pf *);

/*
 * Ceilings of limits, for instances whose administrator is not the host's.
 * pf_host_ceiling(): the most that limit PF_LIMIT_* of the instance may be
 * raised to by such an administrator; UINT32_MAX: anything.  It may change.
 * pf_host_may_exceed(): whether the present process may set a limit of the
 * instance above the ceiling.  Control.
 */
uint32_t pf_host_ceiling(struct pf *, unsigned int limit);
bool	 pf_host_may_exceed(struct pf *);

/* How many tags a packet of the instance can tell apart: numbers from 1 on.
 * Never changes. */
uint32_t pf_host_tags(struct pf *);

/* Let others run, in a long loop of control context; no lock but pf->ctl is
 * held. */
void	 pf_yield(void);
/* Have pf_purge() called soon instead of at the next second.  Any context. */
void	 pf_host_kick(struct pf *);

/* A message for the system log.  Any context; the host limits the rate. */
void	 pf_log(struct pf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * 3. What the host calls
 *
 * pf_create() makes an instance: no rules, disabled; NULL without memory.  The
 * host then calls pf_if_attach() for every device.  pf_destroy() wants it
 * disabled, with no open client and no other call in progress.  Control.
 */
struct pf *pf_create(void *hostdata);
void	 pf_destroy(struct pf *);
void	*pf_hostdata(const struct pf *);

/*
 * The verdict on one packet.  dir: PF_IN, PF_OUT; af: of the network header at
 * offset 0; ifindex: the device it came in by or is about to leave by.  Packet
 * context.
 *	PF_PASS		*pkt goes on.  If *pkt is another packet than the caller
 *			brought, then the caller owns both packets: it gives the
 *			packet that it brought the contents of *pkt, and frees
 *			*pkt.
 *	PF_ROUTED	As PF_PASS, and it takes the way that it was given (above).
 *			PF_IN: it is forwarded there, and asked about going out.
 *			PF_OUT: it is asked about again, for the device that it leaves
 *			by now.
 *	PF_DROP		The caller frees what it brought; *pkt is that.
 *	PF_TAKEN	The packet belongs to pf: the caller does not use it
 *			again.
 */
enum { PF_ROUTED = 254, PF_TAKEN = 255 };	/* no actions of a rule (pfvar.h) */
int	 pf_test(struct pf *, int dir, uint8_t af, int ifindex,
	    struct pf_pkt **pkt);

/* Devices come, go and change their name.  Control, one at a time.  attach: 0,
 * ENOMEM, EEXIST. */
int	 pf_if_attach(struct pf *, int ifindex, const char *name);
void	 pf_if_detach(struct pf *, int ifindex);
int	 pf_if_rename(struct pf *, int ifindex, const char *name);

/*
 * What a device is and which addresses it has, told after pf_if_attach() and
 * whenever it changes.  pf_if_update(): the whole device as it is now; the
 * addresses in the kernel's own order, those that may not be used yet
 * (tentative) left out, only the first PF_IFADDR_MAX if there are more.  They
 * are copied.  0; ENXIO: no such device; ENOMEM: nothing has changed, and the
 * host tells it again.  pf_if_settle() brings into force what all calls before
 * it have told, and may wait for a grace period; pf_purge() does so too.
 * Control.
 */
struct pf_ifaddr {
	uint8_t		 addr[16];	/* as in struct pf_addr (pfvar.h); .. */
	uint8_t		 peer[16];	/* .. of a point-to-point link, and .. */
	uint8_t		 broadcast[16];	/* .. of IPv4; all zero: none */
	uint8_t		 af;
	uint8_t		 bits;		/* prefix length of its network */
	uint8_t		 flags;		/* PF_IFA_* */
	uint8_t		 pad[5];
};
#define PF_IFA_DEPRECATED	0x01	/* not for new connections (RFC 4862) */
#define PF_IFA_TEMPORARY	0x02	/* of privacy extensions (RFC 8981) */
#define PF_IFADDR_MAX	65536
#define PF_IF_LOOPBACK	0x01		/* the flags of a device */
#define PF_IF_EGRESS	0x02		/* a default route leads out of it */
#define PF_IF_NOCARRIER	0x04		/* it is down, or has no link */
int	 pf_if_update(struct pf *, int ifindex, uint32_t flags,
	    uint32_t link_group, const struct pf_ifaddr *, uint32_t n);
void	 pf_if_settle(struct pf *);

/* Once a second.  Removes what has expired.  Control. */
void	 pf_purge(struct pf *);

/*
 * A client is an open descriptor of /dev/pf.  pf_client_close() drops its
 * transaction.  pf_ioctl(): cmd as in pfvar.h; arg: an object of the command's
 * size (_IOC_SIZE) already copied in, copied out by the host when 0 is returned
 * and the command answers in it: pf_ioctl_answers(), false for one that does
 * not exist.  writable: the descriptor may change things.  Returns 0 or a
 * positive errno; on error nothing has changed.  Control.
 */
struct pf_client;
struct pf_client *pf_client_open(struct pf *, uint32_t pid, uint32_t uid);
void	 pf_client_close(struct pf_client *);
int	 pf_ioctl(struct pf_client *, uint32_t cmd, void *arg, bool writable);
bool	 pf_ioctl_answers(uint32_t cmd);
#define PF_IOCTL_ARG_MAX	4096	/* no command's argument is larger */

#endif /* _NET_PF_HOST_H_ */
