/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_priv.h: what the core's files share, and nobody else sees.
 *
 * Everything hangs off a struct pf, the instance: one for each network namespace
 * or simulated node.  Each member says what guards it:
 *	[i]	set at creation, then only read
 *	[c]	pf->ctl, the control mutex
 *	[rcu c]	read in an RCU read side, replaced under pf->ctl
 *	[b]	the lock of the bucket's stripe; [rcu b] read without it
 *	[s]	the state's own lock
 *	[a]	atomic or a single word (READ_ONCE, WRITE_ONCE)
 *	[p]	per-CPU
 * Lock order: ctl, then a stripe of the keys, a stripe of the ids, a state.
 *
 * The files stand on floors, and one uses only the floors below it and its own
 * (FLOORS says which stands where; `make lint' checks the objects):
 *	1 addresses, checksums, packets: what needs no instance
 *	2 the stores: rules, rulesets, anchors, options, interfaces, states
 *	3 what is done with a packet: matched, tracked, translated, answered
 *	4 the path of a packet; creation and destruction
 *	5 control: requests of programs, transactions
 */
#ifndef _NET_PF_PRIV_H_
#define _NET_PF_PRIV_H_

#include "pf_host.h"
#include "pfvar.h"

static inline bool
pf_all_zero(const void *mem, size_t len)
{
	const uint8_t	*p = mem;

	while (len > 0)
		if (p[--len] != 0)
			return (false);
	return (true);
}

/* At step i of a loop over rules, of which there may be very many: control context. */
static inline void
pf_yield_at(uint32_t i)
{
	if (i % 256 == 255)
		pf_yield();
}

/*
 * pf_addr.c: addresses
 *
 * IPv4 addresses have their last 12 bytes zero, so that comparisons may always
 * take all 16 and both families share one path.
 */
static inline bool
pf_addr_eq(const struct pf_addr *a, const struct pf_addr *b)
{
	return (((a->addr64[0] ^ b->addr64[0]) |
	    (a->addr64[1] ^ b->addr64[1])) == 0);
}

/* Whether a and b agree in the bits of mask. */
static inline bool
pf_addr_masked_eq(const struct pf_addr *a, const struct pf_addr *b,
    const struct pf_addr *mask)
{
	return ((((a->addr64[0] ^ b->addr64[0]) & mask->addr64[0]) |
	    ((a->addr64[1] ^ b->addr64[1]) & mask->addr64[1])) == 0);
}

/* Order of addresses as numbers: <0, 0, >0. */
int	 pf_addr_cmp(const struct pf_addr *, const struct pf_addr *, uint8_t af);
/* Whether the mask is one of leading ones (its length at *bits), zero past af's size. */
bool	 pf_mask_prefix(const struct pf_addr *mask, uint8_t af, unsigned int *bits);
/* Whether p (network order) satisfies op with a1, a2 (network order). */
bool	 pf_match_port(uint8_t op, uint16_t a1, uint16_t a2, uint16_t p);
/* The same for numbers in host order (uid, gid). */
bool	 pf_match_num(uint8_t op, uint32_t a1, uint32_t a2, uint32_t n);

/*
 * pf_cksum.c: the Internet checksum (RFC 1071), for packets that pf makes
 *
 * pf_cksum_add() adds len bytes to a running sum; pieces but the last must be of
 * even length.  pf_cksum_fold() gives the value to store.
 */
uint32_t pf_cksum_add(uint32_t sum, const void *data, size_t len);
uint32_t pf_cksum_pseudo(const struct pf_addr *src, const struct pf_addr *dst,
	    uint8_t af, uint8_t proto, uint32_t len);
uint16_t pf_cksum_fold(uint32_t sum);
/* The checksum at *cksum (any address) covers len bytes, an even number, that were `from' and
 * are `to'. */
void	 pf_cksum_change(void *cksum, const void *from, const void *to, size_t len);

/*
 * pf_packet.c: from bytes to a description
 *
 * A pf_pdesc lives on the stack for the time of one pf_test().  All lengths in
 * it have been checked against the packet.
 */
#define PF_PD_FRAGMENT	0x01	/* a fragment, first or later */
#define PF_PD_NOTFIRST	0x02	/* a later one: no transport header */
#define PF_PD_OPTS	0x04	/* IP options, hop-by-hop, routing, dst options */
#define PF_PD_ICMPERR	0x08	/* quotes a packet */
#define PF_PD_ICMPQUERY	0x10	/* a request or reply: has a state */
#define PF_PD_ICMPREPLY	0x20	/* .. and it is the reply of that pair */
#define PF_PD_CKSUM	0x40	/* whole, with a transport checksum over all of it */
#define PF_PD_ICMPID	0x80	/* .. of a type that has one in the packet */

struct pf_tcp_info {
	uint32_t	seq, ack;	/* host order */
	uint16_t	win;		/* host order, unscaled */
	uint8_t		flags;		/* PF_TH_* of pf_wire.h */
	uint8_t		doff;		/* header length, bytes, options and all */
};

struct pf_pdesc {
	struct pf	*pf;
	struct pf_pkt	*pkt;
	struct pf_kif	*kif;		/* the packet's device */
	struct pf_addr	 src, dst;
	uint16_t	 sport, dport;	/* network order; 0 if none */
	uint8_t		 dir;		/* PF_IN, PF_OUT */
	uint8_t		 af;
	uint8_t		 proto;		/* transport, after extension headers */
	uint8_t		 flags;		/* PF_PD_* */
	uint32_t	 off;		/* of the transport header */
	uint32_t	 len;		/* of the packet, by its IP header */
	uint32_t	 p_len;		/* of the transport payload (TCP: of data) */
	uint8_t		 tos, ttl;
	uint8_t		 icmp_type, icmp_code;
	uint16_t	 icmp_id;	/* network order, queries */
	uint16_t	 icmp_vtype;	/* the request type that names the pair */
	struct pf_tcp_info tcp;
};

/*
 * Fill pd from the packet: pf, pkt, kif, dir and af are set by the caller.
 * Returns PFRES_MATCH (0) when sound, else the reason to drop it.
 */
int	 pf_packet_parse(struct pf_pdesc *pd);
/*
 * The same for the packet quoted at `off' in an ICMP error of length pd->len:
 * only the first 8 bytes of transport are there, the checksum is not looked at.
 */
int	 pf_packet_parse_quoted(const struct pf_pdesc *pd, uint32_t off,
	    struct pf_pdesc *quoted);
/* How much of its header each transport must have within a packet; 0: pf does not look. */
static inline uint32_t
pf_transport_size(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return (20);
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return (8);
	}
	return (0);
}
/* TCP options: the window scale (with PF_WSCALE_FLAG; 0: no such option), MSS (0: none). */
uint8_t	 pf_packet_wscale(const struct pf_pdesc *pd);
uint16_t pf_packet_mss(const struct pf_pdesc *pd);
/* Segments on the wire, for counting. */
static inline uint64_t
pf_pd_packets(const struct pf_pdesc *pd)
{
	return (pf_pkt_segs(pd->pkt));
}

/*
 * pf_if.c: interfaces by name
 *
 * A pf_kif is a name that a rule, an option, a state or a device has spoken of; the device
 * may be absent.  Made by pf_kif_get(), it lives while it is referenced or
 * present; freed after an RCU grace period.
 */
struct pf_kif {
	struct pf	*pf;			/* [i] */
	struct pf_kif	*next_index;		/* [rcu c] chain by ifindex */
	struct pf_pcpu	 ctr;			/* [p] PF_KIF_PACKETS(..) .. */
	int		 ifindex;		/* [a] 0: no such device now */
	uint16_t	 id;			/* [i] small, not 0, unique: for state keys */
	bool		 skip;			/* [a] set skip on */
	char		 name[PF_IFNAMSIZ];	/* [i] */
	struct pf_kif	*next_name;		/* [rcu c] chain by name */
	struct pf_atomic refs;			/* rules, states, options */
	struct pf_atomic states;		/* of them, states */
	uint32_t	 rules;			/* [c] of them, rules */
	int64_t		 tzero;			/* [c] */
	struct pf_rcu_head rcu;
};
/* Indices of kif->ctr: v6, out, block: 0 or 1 */
#define PF_KIF_PACKETS(v6, out, block)	((v6) * 4 + (out) * 2 + (block))
#define PF_KIF_BYTES(v6, out, block)	(8 + (v6) * 4 + (out) * 2 + (block))
#define PF_KIF_NCTR	16
#define PF_KIF_HASH	64		/* chains, a power of two */

struct pf_iftab {
	struct pf_kif	*by_name[PF_KIF_HASH];	/* [rcu c] */
	struct pf_kif	*by_index[PF_KIF_HASH];	/* [rcu c] */
	uint32_t	 n;			/* [c] kifs */
	uint32_t	 last_id;		/* [c] given */
};

/* The kif of a name, made if need be, with a reference; NULL: no memory or a
 * bad name.  Lock: ctl. */
struct pf_kif *pf_kif_get(struct pf *, const char *name);
/* The kif of a name or NULL; no reference taken.  Lock: ctl. */
struct pf_kif *pf_kif_find(struct pf *, const char *name);
/* Packet context, hot: NULL if pf has not heard of the device. */
struct pf_kif *pf_kif_by_index(struct pf *, int ifindex);
/* One more reference, by who sees it in an RCU read side as a present device's, or holds one. */
static inline void
pf_kif_ref(struct pf_kif *kif)
{
	pf_atomic_inc(&kif->refs);
}
/* Drop a reference.  Any context: what is no longer used is freed by the next pf_if_purge(). */
void	 pf_kif_put(struct pf *, struct pf_kif *);
void	 pf_if_purge(struct pf *);		/* lock: ctl */
/* Copy names and counters: at most *n entries, out how many there are.  Lock: ctl. */
int	 pf_kif_export(struct pf *, const char *name, uint64_t ubuf, uint32_t *n);
void	 pf_kif_zero(struct pf *, struct pf_kif *);	/* its counters; lock: ctl */
/* Set or clear `skip' of one, or clear it of all.  Lock: ctl. */
void	 pf_kif_skip(struct pf *, struct pf_kif *, bool);
void	 pf_kif_clear_skip(struct pf *);
void	 pf_if_fini(struct pf *);

/*
 * pf_pool.c: what a rule translates to
 */
struct pf_kpool_addr {
	struct pf_pooladdr user;		/* [i] as loaded */
	uint64_t	 size;			/* [i] addresses that it stands for, at most 2^32 */
};
struct pf_kpool {
	struct pf_pool	 p;			/* [i] as loaded */
	struct pf_siphash_key key;		/* [i] of source-hash */
	struct pf_atomic turn;			/* of round-robin */
	uint64_t	 size;			/* [i] sum of sizes */
	uint32_t	 n;			/* [i] */
	struct pf_kpool_addr addr[];		/* [i] n of them */
};

/* 0, EINVAL, EOPNOTSUPP. */
int	 pf_pool_check(const struct pf_pool *, const struct pf_pooladdr *, uint32_t n,
	    uint8_t af);
/* Of what has been checked; ENOMEM.  Lock: ctl. */
int	 pf_pool_create(struct pf *, const struct pf_pool *, const struct pf_pooladdr *,
	    uint32_t n, uint8_t af, struct pf_kpool **);
void	 pf_pool_free(struct pf_kpool *);	/* any context; NULL is fine */
/* An address for a connection from src.  Packet context. */
void	 pf_pool_pick(struct pf *, struct pf_kpool *, uint8_t af,
	    const struct pf_addr *src, struct pf_addr *);

/* Addresses that a program has told of, before the rule that they belong to. */
struct pf_pool_list {
	struct pf_pooladdr *addr;		/* [c] */
	uint32_t	 n, room;		/* [c] */
};

/*
 * pf_rule.c, pf_rule_check.c: a rule
 *
 * struct pf_rule (pfvar.h) is what a user says; pf_krule is what the kernel makes of it.
 * A krule is validated and made by pf_krule_create() and never changes but for its
 * counters.  One reference belongs to its ruleset, one to every state that it
 * made, so that states of a vanished rule keep their timeouts and label.
 *
 * pf_fields.h says of each member of struct pf_rule what it is in the kernel.  Those that
 * few rules ask for (ASK) and those that say what a rule does (ACT) have their places, by
 * the same names, in two structures here.  What the user said is kept whole beside that,
 * for control context.
 */
#include "pf_fields.h"

#define PF_RULE_MEMBER(m)	__typeof__(((struct pf_rule *)0)->m) m;

#define PF_RULE_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, PF_RULE_MEMBER(m))
struct pf_rule_ask {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW
#define PF_RULE_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ACT(use, PF_RULE_MEMBER(m))
struct pf_rule_act {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW

/* The criteria of struct pf_rule_ask, and the bits of rule_flag that are one, by number. */
#define PF_RULE_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, PF_ASK_ ## m,)
#define PF_RULE_BIT(bit, name, word, use)					\
	PF_RULE_ONLY_ASK(use, PF_ASK_ ## name,)
enum {
	PF_RULE_FIELDS(PF_RULE_ROW)
	PF_RULE_BITS(PF_RULE_BIT)
	PF_ASK_MAX
};
#undef PF_RULE_ROW
#undef PF_RULE_BIT
static_assert(PF_ASK_MAX <= 32, "each has a bit of pf_match_ent.ask");

enum {	PF_RC_PACKETS_IN, PF_RC_PACKETS_OUT, PF_RC_BYTES_IN, PF_RC_BYTES_OUT,
	PF_RC_EVAL,			/* difference sums: see pf_match.c */
	PF_RC_MAX };

/* How a rule calls an anchor: by `/a/b', or from where it stands. */
struct pf_anchor_call {
	uint8_t		 wildcard;	/* all that are right below it */
	uint8_t		 relative;	/* 0: from the top; else 1 and the times of `..' */
};

struct pf_krule {
	struct pf_pcpu	 ctr;		/* [p] PF_RC_* */
	struct pf_ref	 refs;
	struct pf_atomic states_cur;	/* states now */
	struct pf_atomic states_tot;	/* states ever, wraps */
	struct pf_kif	*kif;		/* [i] referenced; NULL: any */
	uint32_t	 nr;		/* [i] */
	uint16_t	 first_port;	/* [i] of those that it redirects, host order */
	struct pf_addr	 inner;		/* [i] binat: the network inside; as large as the pool's */
	struct pf_rule_act act;		/* [i] what it does */
	struct pf_rule_ask ask;		/* [i] what few rules ask for */
	struct pf_kpool	*pool[PF_POOL_MAX]; /* [i] owned; NULL: none */
	int32_t		 gone;		/* [a] its ruleset is no longer in force */
	uint64_t	 base[PF_RC_MAX]; /* [c] what counters were when cleared */
	uint32_t	 cuid, cpid;	/* [i] who loaded it */
	char		*call;		/* [i] owned: the anchor as the user calls it; NULL .. */
	struct pf_anchor *anchor;	/* [c] .. none; referenced while the ruleset is there */
	struct pf_anchor_call how;	/* [i] */
	struct pf_rule	*said;		/* [i] owned: as loaded, out members zero */
};
static_assert(sizeof(struct pf_krule) <= 512, "an allocation class");

/*
 * What the match loop reads of a rule, packed: 128 bytes, two cache lines.
 * Addresses with PF_MF_SLOWSRC / SLOWDST (ranges, tables ..) are looked at in the krule.
 */
#define PF_MF_IFNOT	0x0001
#define PF_MF_SRCNOT	0x0002
#define PF_MF_DSTNOT	0x0004
#define PF_MF_SLOWSRC	0x0008
#define PF_MF_SLOWDST	0x0010
#define PF_MF_QUICK	0x0040
#define PF_MF_ANCHOR	0x0100		/* go on in the anchor, or .. */
#define PF_MF_WILD	0x0200		/* .. in its children */
struct pf_match_ent {
	uint16_t	skip[PF_SKIP_COUNT];	/* how many rules on, at most 65535 */
	struct pf_kif	*kif;			/* NULL: any */
	struct pf_krule	*rule;
	uint16_t	flags;			/* PF_MF_* */
	uint8_t		dir, af, proto;		/* 0: any */
	uint8_t		sport_op, dport_op;
	uint8_t		action;
	uint16_t	sport[2], dport[2];	/* network order */
	uint32_t	anchor;			/* slot, of PF_MF_ANCHOR; PF_ANCHOR_NONE: main */
	uint32_t	ask;			/* bit per PF_ASK_*: those that the rule has */
	uint8_t		tcp_flags;		/* TCP: these are to be set .. */
	uint8_t		tcp_flagset;		/* .. of these */
	uint8_t		spare[6];
	struct pf_addr	src, smask, dst, dmask;
};
static_assert(sizeof(struct pf_match_ent) == 128, "two cache lines");

/*
 * The rows of PF_RULE_FIELDS, as data: for the check, the digest and the skip steps.
 */
enum { PF_RF_ANY, PF_RF_MAX, PF_RF_STR, PF_RF_TABLE };	/* kinds */
enum { PF_RU_ENTRY, PF_RU_ASK, PF_RU_ACT, PF_RU_TOLD, PF_RU_OUT, PF_RU_LATER }; /* uses */
struct pf_rule_field {
	const char	*name;
	uint16_t	 off, size;	/* in struct pf_rule */
	uint8_t		 skip;		/* PF_SKIP_* it belongs to, or PF_SKIP_COUNT */
	uint8_t		 kind;		/* PF_RF_* */
	uint8_t		 use;		/* PF_RU_* */
	uint32_t	 max;		/* largest value, PF_RF_MAX */
};
extern const struct pf_rule_field pf_rule_fields[];
extern const unsigned int pf_rule_nfields;

/* Whether a rule and its PF_POOL_MAX lists of addresses may stand in a ruleset; calls: it
 * calls an anchor.  0; EINVAL: a member out of range or not zero, or one that contradicts
 * another; EOPNOTSUPP: a feature that does not exist yet. */
int	 pf_rule_check(const struct pf_rule *, uint32_t ruleset, bool calls,
	    const struct pf_pool_list *);
/* Check a rule, and make of it what the kernel holds.  As pf_rule_check(), and ENOMEM.  call:
 * the anchor that it calls, "" for none; who creates it sees to the anchor.  Lock: ctl. */
int	 pf_krule_create(struct pf *, const struct pf_rule *, uint32_t ruleset,
	    const char *call, const struct pf_pool_list *, struct pf_krule **);
/* By who sees it in an RCU read side, or holds a reference. */
void	 pf_krule_get(struct pf_krule *);
void	 pf_krule_put(struct pf *, struct pf_krule *);	/* any context */
/* The rule for the user, with its counters and number; not skip.  evals: the sum of
 * PF_RC_EVAL of its ruleset up to it.  Lock: ctl. */
void	 pf_krule_export(const struct pf_krule *, uint64_t evals, struct pf_rule *r);
/* From now on its counters count from 0.  evals as above.  Lock: ctl. */
void	 pf_krule_clear(struct pf_krule *, uint64_t evals);
/* The criteria in which two rules differ: a bit for each PF_SKIP_*. */
uint32_t pf_rule_differ(const struct pf_rule *, const struct pf_rule *);
/* What the match loop reads of it, but for the skip steps; its anchor is known. */
void	 pf_krule_entry(struct pf_krule *, struct pf_match_ent *);
/* The same of a binat rule as packets see it that come in: what they are from it has in `to',
 * and they are to what it translates to. */
void	 pf_krule_entry_binat_in(struct pf_krule *, struct pf_match_ent *);
/* Carry the digest h on over what the rule and its pools say. */
void	 pf_krule_digest(const struct pf_krule *, uint64_t h[2]);

#include "pf_conf.h"		/* the configuration */
#include "pf_ruleset.h"		/* anchors, rulesets */

/*
 * pf_state.c, pf_statemem.c, pf_statetab.c: the state table
 *
 * A state is 256 bytes in four cache lines, ordered by who reads them: the first is
 * all that an established packet touches, but for TCP's windows, which are the
 * second; the third has what is compared of IPv6 and what is counted, the fourth serves
 * creation, removal and control.
 *
 * Two states lie in one object, line by line in turn, so that the first lines of the two
 * states of a forwarded connection are neighbours: a processor fetches lines in
 * such pairs, and the cache then holds nothing of a connection but what its packets touch.
 *
 * Key: addr[0], port[0] are the outer end ("wire"), addr[1], port[1] the inner one
 * ("stack"): a packet going in puts its source at 0, one going out its destination, so
 * the packets of both directions on an interface find the same state, and the state
 * that a forwarded packet has made going in is not the one that it makes going out.
 * ICMP queries have the id as the port of the end that asks, and the request's
 * type as that of the other.
 *
 * What lies in the tree is the key's tag, 16 bytes: ports, protocol and family, and
 * of the addresses both if they are IPv4, else a keyed hash: then equal tags are
 * not yet equal keys, and the addresses are looked at as well.
 *
 * The bucket is chosen by a hash that does not care for direction: both states
 * of a forwarded connection lie in one bucket, and one cache miss
 * serves both.
 *
 * A state that translates has two keys: packets that come in are found by the one
 * that they have on the wire, those that go out by the one that the stack gives them.
 * The first is the state's own, the other lies in its struct pf_state_ext.
 */
struct pf_state_key {
	struct pf_addr	 addr[2];
	uint16_t	 port[2];		/* network order */
	uint16_t	 ifid;			/* 0: floating */
	uint8_t		 af;
	uint8_t		 proto;
};

/* A key on its way to the table, with what the table makes of it. */
struct pf_state_seek {
	struct pf_state_key key;
	uint8_t		 dir;			/* who asks: a packet's PF_IN, PF_OUT; 0: any */
	uint64_t	 tag[2];
	uint64_t	 hash;
};

/* What lies in the tree: a state, or the second key of one (a bit of the tag). */
#define PF_TAG_IN	(1ULL << 54)		/* of tag[1]: only for what comes in */
struct pf_state_link {
	struct pf_rb_node node;			/* [rcu b] must be first */
	uint64_t	 tag[2];		/* [i] */
};

struct pf_peer {				/* [s], all host order */
	uint32_t	 seqlo;			/* highest sequence number sent, plus one */
	uint32_t	 seqhi;			/* highest it may send: the other's ack + win */
	uint32_t	 seqdiff;		/* added to this end's numbers (modulate) */
	uint16_t	 max_win;		/* largest window seen, before scaling */
	uint16_t	 mss;
	uint8_t		 state;			/* PF_TCPS_*, PFUDPS_*, PFOTHERS_* */
	uint8_t		 wscale;		/* PF_WSCALE_* */
	uint8_t		 pad[2];
};

/*
 * Packets are counted in one word for each direction, in the line that is at hand
 * anyway, and carried over to the state's totals when that is full.
 */
#define PF_PENDING_PACKETS	0x3ffU		/* of the word: packets .. */
#define PF_PENDING_SHIFT	10		/* .. and bytes above them */

#ifndef PF_HOST_DEBUG_LOCKS			/* locks have their true size */
#define PF_STATES_BESIDE	2		/* states in an object */
#define PF_STATE_OBJECT		512
#define PF_STATE_NEIGHBOUR(n)	uint8_t n[64];	/* a line of the other one */
#else
#define PF_STATES_BESIDE	1
#define PF_STATE_OBJECT		sizeof(struct pf_state)
#define PF_STATE_NEIGHBOUR(n)
#endif

struct pf_state {
	struct pf_state_link link;		/* must be first */
	struct pf_krule	*rule;			/* [i] referenced */
	uint32_t	 expire;		/* [a] uptime of the last packet */
	uint8_t		 timeout;		/* [s] PFTM_*; read as [a] */
	uint8_t		 direction;		/* [i] PF_IN, PF_OUT */
	uint8_t		 settled;		/* [s] PF_SETTLED_*; read as [a] */
	uint8_t		 log;			/* [i] */
	uint32_t	 pending[2];		/* [a] [0] in state's direction */

	PF_STATE_NEIGHBOUR(gap0)
	struct pf_peer	 src, dst;		/* src: who sent the first packet */
	struct pf_spinlock lock;		/* peers, timeout, settled */
	uint16_t	 flags;			/* [i] PFSTATE_* */
	uint8_t		 linked;		/* [b] in the tables */
	uint8_t		 pad;
	struct pf_kif	*kif;			/* [i] where it was made; referenced */
	struct pf_state_ext *ext;		/* [i] owned; NULL for most */

	PF_STATE_NEIGHBOUR(gap1)
	struct pf_addr	 addr[2];		/* [i] of the key */
	uint64_t	 packets[2];		/* [a] without what is pending */
	uint64_t	 bytes[2];		/* [a] */

	PF_STATE_NEIGHBOUR(gap2)
	struct pf_rb_node id_node;		/* lock of the id's stripe */
	uint64_t	 id;			/* [i] */
	uint32_t	 creatorid;		/* [i] network order */
	uint32_t	 creation;		/* [i] uptime */
	struct pf_rcu_head rcu;
	uint32_t	 spare;
	struct pf_atomic inuse;			/* of an object's first state: see pf_statemem.c */
};

/* What few states need.  Made before the state is inserted, freed with it. */
struct pf_state_ext {
	struct pf_state_link link;		/* must be first; of the key on the stack's side */
	struct pf_state	*state;			/* [i] */
	struct pf_addr	 addr[2];		/* [i] of that key */
	struct pf_krule	*nat_rule;		/* [i] referenced; NULL: the state's rule */
};

#define PF_SETTLED_FORWARD	0x01		/* packets of this direction change no peer .. */
#define PF_SETTLED_BACK		0x02		/* .. and no timeout */
#ifndef PF_HOST_DEBUG_LOCKS
static_assert(sizeof(struct pf_state) - 3 * 64 <= 256, "a state fits its budget");
static_assert(offsetof(struct pf_state, src) == 128 && offsetof(struct pf_state, addr) ==
    256 && offsetof(struct pf_state, id_node) == 384, "a line, and one of the other's");
#endif

/*
 * A bucket is the root of a small tree.  `second' is a node below the root: of two
 * states the other one.  It is never followed, only asked for together
 * with the root, which would tell of it one cache miss later.
 */
struct pf_bucket {
	struct pf_rb_root root;			/* [rcu b] */
	const struct pf_rb_node *second;	/* [rcu b] may be NULL */
};

/*
 * An array of buckets.  While it is being replaced by a
 * larger one (`next'), its buckets are emptied one by one; moved[i] says that what
 * belongs there is now found, and put, in `next'.
 */
struct pf_buckets {
	uint64_t	 mask;			/* [i] number - 1 */
	struct pf_bucket *b;
	uint8_t		*moved;			/* [rcu c] one each, [b]; NULL but .. */
	struct pf_buckets *next;		/* [rcu c] .. while growing */
};

#define PF_STRIPES	1024
struct pf_stripe {
	struct pf_spinlock lock;		/* of the buckets that are i % PF_STRIPES */
	struct pf_seq	 seq;			/* [b] odd while one of them changes */
};

#define PF_STATE_NOTES	9	/* words of st.note */

#define PF_STATE_BUCKETS_MIN	(1U << 14)
#define PF_STATE_BUCKETS_MAX	(1U << 24)

struct pf_statetab {
	struct pf_buckets *keys;		/* [rcu c] by connection */
	struct pf_siphash_key secret;		/* [i] */
	struct pf_pcpu	 note;			/* [p] the last key hashed: pf_state_seek() */
	struct pf_atomic nbound;		/* states bound to an interface */
	struct pf_atomic n;			/* states, at most the limit */
	struct pf_stripe *key_stripes;		/* [i] */
	struct pf_buckets *ids;			/* [rcu c] by id and creatorid */
	struct pf_stripe *id_stripes;		/* [i] */
	uint64_t	 id_base;		/* [i] the first state's id */
	uint64_t	 purge_pos;		/* [c] bucket to go on with */
	struct pf_atomic next_id;
};

int	 pf_state_init(struct pf *);			/* ENOMEM */
void	 pf_state_fini(struct pf *);			/* removes all */
/* Enlarge the table if it has become crowded; without memory it stays as it is.  Lock: ctl. */
void	 pf_state_grow(struct pf *);
/* The key of the packet, its ifid 0. */
void	 pf_state_key_of(const struct pf_pdesc *, struct pf_state_key *);
/* Fill in what belongs to seek->key and seek->dir, and ask the memory for its bucket: the later the
 * look-up, the less it waits.  Packet context. */
void	 pf_state_seek(struct pf *, struct pf_state_seek *);
/* The state that is sought, floating or bound to the interface; counts a search.
 * NULL: none.  RCU read side: the state stays readable in it, though it may be
 * unlinked at any time. */
struct pf_state *pf_state_find(struct pf *, const struct pf_state_seek *,
	    const struct pf_kif *);
/* Whether packets of direction dir and with this key have a state.  Packet context. */
bool	 pf_state_taken(struct pf *, const struct pf_state_key *, uint8_t dir);
/* Ask by the key of packets of direction dir for the key at `side'; false: no state.  Control
 * context. */
bool	 pf_state_lookup(struct pf *, uint8_t dir, unsigned int side, struct pf_state_key *);
/* The key of a state at PF_SK_WIRE or PF_SK_STACK. */
void	 pf_state_key_get(const struct pf_state *, unsigned int side, struct pf_state_key *);
/* Set the keys of a state that is not in the table yet.  stack: NULL if both are the same,
 * else s->ext is there. */
void	 pf_state_key_set(struct pf_state *, const struct pf_state_seek *wire,
	    const struct pf_state_seek *stack);
/* Whether packets are translated on their way. */
static inline bool
pf_state_translates(const struct pf_state *s)
{
	return (unlikely((s->link.tag[1] & PF_TAG_IN) != 0));
}
static inline uint8_t
pf_state_proto(const struct pf_state *s)
{
	return (s->link.tag[1] >> 56);
}
static inline bool
pf_state_bound(const struct pf_state *s)
{
	return ((s->link.tag[1] >> 32 & UINT16_MAX) != 0);
}
/* Count n packets of len bytes that go in (back: against) the state's direction. */
void	 pf_state_count_slow(struct pf_state *, bool back, uint64_t n, uint64_t len);
static inline void
pf_state_count(struct pf_state *s, bool back, uint64_t n, uint64_t len)
{
	uint32_t	old = READ_ONCE(s->pending[back]);

	if (likely((old & PF_PENDING_PACKETS) + n <= PF_PENDING_PACKETS &&
	    (old >> PF_PENDING_SHIFT) + len <= UINT32_MAX >> PF_PENDING_SHIFT))
		WRITE_ONCE(s->pending[back],
		    old + (uint32_t)n + ((uint32_t)len << PF_PENDING_SHIFT));
	else
		pf_state_count_slow(s, back, n, len);
}
/* What has been counted. */
void	 pf_state_counted(const struct pf_state *, bool back, uint64_t *packets,
	    uint64_t *bytes);
struct pf_state *pf_state_find_id(struct pf *, uint64_t id, uint32_t creatorid);
/* A state, all zero, for a packet of direction dir, counted against the limit; NULL with
 * *reason = PFRES_MEMORY, PFRES_MAXSTATES.  Packet context. */
struct pf_state *pf_state_alloc(struct pf *, uint8_t dir, int *reason);
/* Give back one that was never inserted. */
void	 pf_state_discard(struct pf *, struct pf_state *);
/* Insert; the table owns it then, with its references to rule and kif, which must
 * be held.  Sets id if 0.  EEXIST: its key or id is taken.  Packet context. */
int	 pf_state_insert(struct pf *, struct pf_state *);
/* Unlink and free after a grace period; false: somebody else did.  Any context. */
bool	 pf_state_remove(struct pf *, struct pf_state *);
/* Uptime at which it expires by rule, options and adaptive scaling. */
uint32_t pf_state_expires(struct pf *, const struct pf_conf *, const struct pf_state *);
/* Call fn for every state, in an RCU read side that is left now and then; stop when it
 * returns false.  States made meanwhile may be missed. Lock: ctl. */
void	 pf_state_walk(struct pf *, bool (*fn)(struct pf_state *, void *), void *);
/* The same, calling pause after every PF_WALK_BATCH states or fewer, outside of the
 * read side: it may sleep, and false ends the walk. */
#define PF_WALK_BATCH	64
void	 pf_state_walk_piecewise(struct pf *, bool (*fn)(struct pf_state *, void *),
	    bool (*pause)(void *), void *);
/* Remove what has expired in a part of the table that covers it all in `interval'
 * seconds.  Lock: ctl. */
void	 pf_state_purge(struct pf *, uint32_t interval);

/*
 * pf_match.c: the match loop, for every kind of ruleset
 *
 * Walks from the first rule; a rule that matches becomes the result; quick ends the
 * walk, and so does any match in a translation ruleset.  A rule that calls an anchor
 * never is the result: the walk goes on in the anchor and comes back, but for `quick'
 * on that rule and a match inside.  An anchor is not entered again from within itself,
 * nor beyond PF_ANCHOR_DEPTH of them inside one another; that is counted.
 * Evaluations are counted.  The result stays valid in the RCU read side.
 */
struct pf_match {
	struct pf_krule	*rule;			/* that decides; NULL: none */
	struct pf_krule	*anchor;		/* of the main ruleset, that led to it; NULL: */
						/* it is in the main ruleset itself */
	const struct pf_rules *ruleset;		/* where it stands; ->anchor has the name */
};
void	 pf_match_rules(const struct pf_conf *, uint32_t ruleset, const struct pf_pdesc *,
	    struct pf_match *);

/*
 * pf_nat.c: what a new connection is translated to
 */
/* The classic rule that translates the packet, NULL for none. */
struct pf_krule *pf_nat_rule(const struct pf_conf *, const struct pf_pdesc *);
/* Make of the packet's key what the rule translates it to.  PFRES_MATCH, or PFRES_STATEINS:
 * nothing is free. */
int	 pf_nat_translate(const struct pf_pdesc *, const struct pf_krule *,
	    struct pf_state_key *);

/*
 * pf_rewrite.c: a packet is given other addresses and ports
 *
 * to: the key that it is to have, as pf_state_key_of() would make it of the packet
 * then.  pd follows.  PFRES_MATCH, or PFRES_MEMORY and nothing has changed.
 */
int	 pf_rewrite(struct pf_pdesc *, const struct pf_state_key *to);
/* Only what pd says of the packet. */
void	 pf_rewrite_pdesc(struct pf_pdesc *, const struct pf_state_key *to);
/* An ICMP error and the packet that it quotes, whose IP header is at `at'.  to: the key
 * of the quoted packet, by its own direction. */
int	 pf_rewrite_error(struct pf_pdesc *, const struct pf_pdesc *quoted, uint32_t at,
	    const struct pf_state_key *to);

/*
 * pf_tcp.c, pf_icmp.c, pf_track.c: what a packet does to its state
 *
 * All: packet context, RCU read side; s as found; forward: pd goes in the direction of
 * the state's first packet.  They return PFRES_MATCH when the packet fits, else
 * the reason to drop.  They take s->lock where they need it.
 */
void	 pf_tcp_init(struct pf_state *, const struct pf_pdesc *);	/* a new state */
/* Whether the packet begins a connection anew on a state that has ended. */
bool	 pf_tcp_reuse(struct pf_state *, const struct pf_pdesc *);
int	 pf_tcp_track(struct pf *, struct pf_state *, const struct pf_pdesc *, bool forward);
/* Whether the sequence number that an ICMP error quotes was in s's window; lock taken. */
bool	 pf_tcp_quoted_ok(struct pf_state *, const struct pf_pdesc *quoted, bool forward);
/* UDP, ICMP queries, other protocols. */
void	 pf_track_init(struct pf_state *, const struct pf_pdesc *);
void	 pf_track(struct pf *, struct pf_state *, bool forward);
/* The state that an ICMP error speaks of, with the quoted packet, turned round; *reason is
 * set when the error is to be dropped, NULL with PFRES_MATCH: none. */
struct pf_state *pf_icmp_error_state(struct pf *, const struct pf_pdesc *,
	    struct pf_pdesc *quoted, int *reason);
/* Where the packet begins that an error quotes. */
#define PF_ICMP_QUOTED_AT(pd)	((pd)->off + 8)

/*
 * pf_reply.c: answers to blocked packets
 */
/* As the rule says: RST, ICMP unreachable, nothing.  Never answers an ICMP error, a later
 * fragment, broadcast, multicast, or a RST with a RST. */
void	 pf_reply_blocked(const struct pf_pdesc *, const struct pf_krule *);

/*
 * pf.c: the path
 */
enum {					/* pf->ctr */
	PF_CTR_REASON = 0,
	PF_CTR_LIMIT = PF_CTR_REASON + PFRES_MAX,
	PF_CTR_STATE = PF_CTR_LIMIT + LCNT_MAX,
	PF_CTR_MAX = PF_CTR_STATE + FCNT_MAX
};

struct pf {
	struct pf_conf	*conf;			/* [rcu c] never NULL */
	struct pf_pcpu	 ctr;			/* [p] PF_CTR_* */
	struct pf_statetab st;			/* what every packet reads comes first */
	struct pf_iftab	 ifs;
	struct pf_anchors anchors;
	struct pf_mutex	 ctl;
	struct pf_trans	*trans;			/* [c] the open transaction, its client's */
	uint32_t	 tickets;		/* [c] last one given */
	bool		 running;		/* [c] */
	int64_t		 since;			/* [c] wall clock, enabled or disabled */
	void		*host;			/* [i] the host's own */
};

static inline void
pf_count(struct pf *pf, int ctr)
{
	pf_pcpu_add(&pf->ctr, ctr, 1);
}

#endif /* _NET_PF_PRIV_H_ */
