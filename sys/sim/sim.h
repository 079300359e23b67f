/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim.h: pf in a process, for tests, fuzzers and pfsim.
 *
 * A struct sim is a small world: a clock that moves only when told, seeded
 * randomness, nodes and the wires between them.  A struct sim_node is a machine
 * with an instance of pf, interfaces, addresses and routes.  Nodes belong to their
 * world and wires to their nodes; sim_free() destroys all.  A packet belongs to
 * who holds the pointer; each function says when it takes it over.
 *
 * What a kernel gets wrong quietly is loud here: see pf_host_md.h for locks, and
 * below for memory.  These checks are per process, because one thread plays all.
 *
 * Locking: none, one thread.  Place: above sys/net, below tests and programs.
 */
#ifndef _SIM_H_
#define _SIM_H_

#include "pf_host.h"
#include "pfvar.h"

/*
 * Checks
 *
 * sim_panic_hook, if set, is called with the message before the abort; a test may
 * longjmp out of it and then calls sim_lock_reset().
 * sim_strict: packets handed to the core byte-exact, call-backs checked, caches
 * filled with rubbish.  On when built with a sanitizer.
 * sim_exclusive: nobody else can see the instance (creation, destruction).
 * sim_yield_hook, if set, is what others do when the core lets them run in the
 * middle of a long loop (pf_yield).
 * sim_copy_hook, if set, is what others do while user memory is copied: the page may be
 * served by a program.  It runs before the copying.
 */
extern void (*sim_panic_hook)(const char *msg);
extern bool sim_exclusive;
extern void (*sim_yield_hook)(void);
extern void (*sim_copy_hook)(void);
extern uint32_t sim_tags;		/* pf_host_tags(); 65,535 */
void	 sim_lock_reset(void);
void	 sim_lock_check_free(const void *mem, size_t size);
void	 sim_lock_check_idle(const char *what);
void	 sim_might_sleep(const char *func, int line);
void	 sim_lock_assert_none(const char *func, int line);

/* Packet context, for tests that call below pf_test().  They nest. */
void	 sim_packet_enter(void);
void	 sim_packet_leave(void);
bool	 sim_in_packet(void);

/*
 * RCU call-backs run at the first possible moment, or, when lazy, only in
 * pf_rcu_barrier() and sim_rcu_quiesce(), as on a busy machine.
 */
void	 sim_rcu_lazy(bool);
void	 sim_rcu_quiesce(void);
unsigned long sim_rcu_pending(void);
unsigned long sim_rcu_syncs(void);	/* grace periods ever waited for */

/*
 * Memory
 *
 * sim_fail_alloc(n): the n-th allocation from now fails, once; sim_fail_from(n):
 * that one and all later ones.  0: no failure.  sim_fail_done(): how many have failed
 * since the last of these calls.  Everything that can fail in a kernel counts:
 * pf_alloc, caches, counters, packets, pf_host_enable().
 */
enum sim_mem { SIM_MEM_ALLOC, SIM_MEM_CACHE, SIM_MEM_PCPU, SIM_MEM_PKT,
	SIM_MEM_MAX };
void	 sim_fail_alloc(unsigned long n);
void	 sim_fail_from(unsigned long n);
unsigned long sim_fail_done(void);
bool	 sim_fail_now(void);		/* one more allocation: shall it fail? */
unsigned long sim_mem_live(enum sim_mem);	/* objects not yet freed */
unsigned long sim_mem_live_all(void);
unsigned long sim_mem_calls(void);	/* allocations ever tried */
void	*sim_mem_get(enum sim_mem, size_t);	/* zeroed, may fail as above */
void	 sim_mem_put(enum sim_mem, void *);
void	 sim_mem_note(enum sim_mem, int delta);	/* allocated elsewhere */

uint64_t sim_siphash(const void *, size_t, const struct pf_siphash_key *);

/*
 * Packets (sim_pkt.c, sim_build.c)
 *
 * These allocate outside of the failing allocator and never return NULL but
 * where said.
 */
struct pf_pkt *sim_pkt_raw(const void *bytes, uint32_t len);
struct pf_pkt *sim_pkt_copy(const struct pf_pkt *);
void	 sim_pkt_free(struct pf_pkt *);		/* NULL is fine */
/* Give p the contents of `by', which is gone then. */
void	 sim_pkt_become(struct pf_pkt *p, struct pf_pkt *by);
/* Cut into pieces at these offsets (ascending; those out of range are ignored). */
void	 sim_pkt_split(struct pf_pkt *, const uint32_t *cuts, unsigned int n);
/* Copy out at most size bytes; returns the packet's length. */
uint32_t sim_pkt_bytes(const struct pf_pkt *, void *buf, uint32_t size);
/* Write over len bytes at off, which must be there.  Checksums are the caller's. */
void	 sim_pkt_write(struct pf_pkt *, uint32_t off, const void *, uint32_t len);

/* Checksums of the host, independent of the core's.  Not folded: start with 0. */
uint32_t sim_sum(uint32_t sum, const void *, size_t);
uint16_t sim_sum_fold(uint32_t sum);

/*
 * What to build, or what was found in a packet.  Numbers are in host byte order.
 * Zero members get sensible values: ttl 64, window 65,535.  src and dst are texts
 * and choose the family.
 */
struct sim_spec {
	const char	*src, *dst;
	uint8_t		 proto;		/* IPPROTO_* */
	uint16_t	 sport, dport;
	uint8_t		 flags;		/* TCP */
	uint32_t	 seq, ack;
	uint16_t	 win;
	uint16_t	 mss;		/* 0: no such option */
	uint8_t		 wscale;	/* scale + 1; 0: no such option */
	const uint8_t	*tcp_opts;	/* further ones, behind these, .. */
	uint8_t		 tcp_optlen;	/* .. a multiple of 4 */
	uint8_t		 icmp_type, icmp_code;
	uint16_t	 icmp_id, icmp_seq;	/* the second word of an error */
	const struct pf_pkt *quote;	/* an error's payload, not consumed .. */
	uint32_t	 quote_len;	/* .. so much of it; 0: 28 bytes more than IP */
	const void	*payload;	/* NULL: zeros */
	uint32_t	 paylen;
	uint8_t		 ttl, tos;
	uint16_t	 ip_id;
	uint32_t	 frag_off;	/* bytes, a multiple of 8 */
	bool		 more_frags;
	bool		 df;
	const uint8_t	*opts;		/* IPv4 options; IPv6 headers after the */
	uint8_t		 optlen;	/* first, a multiple of 4; 8 */
	uint8_t		 opt_proto;	/* IPv6: protocol of the first of opts */
	bool		 bad_cksum;	/* of the transport */
	bool		 no_cksum;	/* UDP without */
	uint32_t	 segs;		/* 0: 1 */
	uint32_t	 cuts[4];	/* for sim_pkt_split(); 0 ends */
};
struct pf_pkt *sim_pkt_build(const struct sim_spec *);

/* What a packet says; ok: well-formed, with right checksums. */
struct sim_info {
	bool		 ok;
	const char	*wrong;		/* if not ok: what */
	uint8_t		 af, proto;
	char		 src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	uint8_t		 ttl, tos;
	uint32_t	 len;
	uint32_t	 off;		/* of the transport header */
	uint16_t	 sport, dport;
	uint8_t		 flags;
	uint32_t	 seq, ack;
	uint16_t	 win;
	uint8_t		 icmp_type, icmp_code;
	uint16_t	 icmp_id, icmp_seq;
};
bool	 sim_pkt_info(const struct pf_pkt *, struct sim_info *);	/* = ok */

/* Queues of packets, first in first out. */
struct sim_pktq {
	struct pf_pkt	*first, **last;
	unsigned int	 n;
};
void	 sim_pktq_init(struct sim_pktq *);
void	 sim_pktq_add(struct sim_pktq *, struct pf_pkt *);	/* takes it over */
struct pf_pkt *sim_pktq_take(struct sim_pktq *);		/* NULL: empty */
void	 sim_pktq_flush(struct sim_pktq *);

/*
 * Capture files (sim_pcap.c)
 *
 * The link header is removed; frames that are not IP are skipped and counted.
 */
struct sim_pcap;
struct sim_pcap *sim_pcap_open(const char *path, char *err, size_t errsize);
/* 1: *pkt is a packet and *usec its time; 0: end of file; -1: damaged file. */
int	 sim_pcap_next(struct sim_pcap *, struct pf_pkt **pkt, uint64_t *usec);
unsigned long sim_pcap_skipped(const struct sim_pcap *);
void	 sim_pcap_close(struct sim_pcap *);
/* dlt: DLT_* of libpcap. */
struct sim_pcap *sim_pcap_create(const char *path, int dlt, char *err, size_t errsize);
int	 sim_pcap_write(struct sim_pcap *, const struct pf_pkt *, uint64_t usec);

/* The world (sim.c) */
struct sim_event;
struct sim {
	uint64_t	 now;		/* microseconds; starts at SIM_START */
	int64_t		 epoch;		/* wall clock at now == 0 */
	uint64_t	 rng;
	struct sim_node	*nodes;
	struct sim_event *events;	/* by time, then by age */
	uint32_t	 ceiling[PF_LIMIT_MAX];	/* of its nodes' limits; 0: none */
	bool		 may_exceed;	/* ioctls come from who may set more */
};
#define SIM_SECOND	1000000ULL
#define SIM_START	(1000 * SIM_SECOND)

struct sim *sim_new(uint64_t seed);
void	 sim_free(struct sim *);
uint64_t sim_random(struct sim *);
/* Move the clock: deliver what is on the wires, purge every second and when pf asks. */
void	 sim_advance(struct sim *, uint64_t usec);
void	 sim_seconds(struct sim *, uint32_t);
/* Deliver all that is on the wires, moving the clock as far as needed; at most
 * `max' packets.  Returns how many. */
unsigned int sim_settle(struct sim *, unsigned int max);

/* A node (sim_node.c) */
#define SIM_IFS		16
#define SIM_IFADDRS	4
#define SIM_ROUTES	32
#define SIM_CAPTURE	256	/* packets kept in each queue below */

struct sim_wire {			/* how one direction of a wire behaves */
	uint32_t	 delay;		/* microseconds */
	uint32_t	 jitter;	/* up to so much more: reorders */
	uint32_t	 loss;		/* of a million packets */
	uint32_t	 dup;		/* of a million packets */
};

struct sim_if {
	int		 ifindex;	/* 0: free */
	char		 name[PF_IFNAMSIZ];
	struct pf_addr	 addr[SIM_IFADDRS];
	uint8_t		 af[SIM_IFADDRS], plen[SIM_IFADDRS];
	unsigned int	 naddr;
	bool		 nocarrier;
	struct sim_node	*peer;		/* other end of the wire, or NULL */
	int		 peer_if;
	struct sim_wire	 wire;		/* towards the peer */
	uint64_t	 rx, tx;	/* packets */
};

struct sim_route {
	uint8_t		 af, plen;
	int		 ifindex;
	uint32_t	 table;		/* 0: the usual one */
	struct pf_addr	 addr;
};

struct sim_node {
	struct sim	*sim;
	struct sim_node	*next;
	char		 name[16];
	struct pf	*pf;
	bool		 enabled;	/* pf_test() is asked */
	bool		 forwarding;
	bool		 loopback;	/* rules redirect to 127.0.0.0/8 */
	uint64_t	 loopbacks;	/* packets that were redirected there or to ::1 */
	bool		 kicked;	/* pf wants a purge soon */
	struct sim_if	 ifs[SIM_IFS];
	struct sim_route routes[SIM_ROUTES];
	unsigned int	 nroutes;
	struct sim_pktq	 sent;		/* copies of what pf sent by itself */
	struct sim_pktq	 local;		/* delivered to this node */
	struct sim_pktq	 out;		/* left by an interface with no wire */
	struct sim_pktq	 logged;	/* records, if listens_log */
	bool		 listens_log;	/* somebody listens on all interfaces pflogN */
	uint64_t	 dropped[3];	/* by pf, by direction */
	uint64_t	 unroutable, lost;
	unsigned int	 logs;		/* pf_log() calls */
	char		 lastlog[256];
	bool		 log_stderr;
	bool		 sockets;	/* every port is that of a program of .. */
	uint32_t	 uid, gid;	/* .. this user and group */
	uint16_t	 listens;	/* the only port to which packets can be diverted; .. */
	bool		 martian;	/* .. 0: any; no source is one for such packets */
	struct {			/* sim_user_region() */
		uint64_t base, len;
	}		 user[8];
	unsigned int	 nuser;
	/* a test's own instead of pf_test(); NULL */
	int		(*test)(struct sim_node *, int dir, int ifindex,
			    struct pf_pkt **);
};

/* NULL: pf_create() had no memory.  Forwarding is on. */
struct sim_node *sim_node_new(struct sim *, const char *name);
void	 sim_node_free(struct sim_node *);

/*
 * All of these tell the core what has changed.  lo and a number is a loopback
 * device; one with a route of length 0 has a default route.
 * 0 or errno.  Texts are "10.0.0.1/24", "2001:db8::/32". */
int	 sim_if_add(struct sim_node *, int ifindex, const char *name);
int	 sim_if_del(struct sim_node *, int ifindex);
int	 sim_if_rename(struct sim_node *, int ifindex, const char *name);
int	 sim_if_addr(struct sim_node *, int ifindex, const char *prefix); /* and its route */
int	 sim_if_addr_del(struct sim_node *, int ifindex, const char *prefix);
int	 sim_if_carrier(struct sim_node *, int ifindex, bool);
int	 sim_route(struct sim_node *, const char *prefix, int ifindex);
/* In a table of its own, which a rule may name. */
int	 sim_route_table(struct sim_node *, uint32_t table, const char *prefix,
	    int ifindex);
struct sim_if *sim_if_find(struct sim_node *, int ifindex);
/* A wire, the same both ways. */
int	 sim_connect(struct sim_node *, int ifindex, struct sim_node *, int,
	    const struct sim_wire *);

/*
 * The verdict alone: pf_test() in packet context if enabled, else PF_PASS.
 * sim_test() leaves the packet unless that is PF_TAKEN, sim_test_free() takes it over.
 */
int	 sim_test(struct sim_node *, int dir, int ifindex, struct pf_pkt *);
int	 sim_test_free(struct sim_node *, int dir, int ifindex, struct pf_pkt *);
/* A packet arrives: in, then delivery or forwarding (out, wire).  Takes it over. */
void	 sim_input(struct sim_node *, int ifindex, struct pf_pkt *);
/* A packet from the node itself.  Takes it over. */
void	 sim_output(struct sim_node *, struct pf_pkt *);

/*
 * ioctl(2) in the process, with the copying that the kernel does: arg has the
 * command's size.  0 or a positive errno.  cl may be opened read-only by `writable'
 * of sim_ioctl_as().  User addresses are checked by asking the kernel whether
 * they are mapped; after sim_user_region() only those regions are valid.
 */
int	 sim_ioctl(struct sim_node *, struct pf_client *, unsigned long cmd, void *arg);
int	 sim_ioctl_as(struct sim_node *, struct pf_client *, unsigned long cmd,
	    void *arg, bool writable);
int	 sim_user_region(struct sim_node *, void *base, size_t len);
void	 sim_user_clear(struct sim_node *);

#endif /* _SIM_H_ */
