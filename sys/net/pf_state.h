/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_state.h: a state
 *
 * What it owns.  The form of a pf_state, of its key and its peers, and what can be asked of
 * one alone.  A state lives from pf_state_alloc() (pf_statetab.h) until a grace period after
 * its removal.
 * Locking.  Marks of members are explained in pf_instance.h.
 * Place.  Second floor.
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
 * The first is the state's own, the other lies in its struct pf_state_more.
 */
#ifndef _NET_PF_STATE_H_
#define _NET_PF_STATE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_norm.h"

struct pf_kif;
struct pf_krule;
struct pf_pdesc;
struct pf_tcpnorm;

struct pf_state_key {
	struct pf_addr	 addr[2];
	uint16_t	 port[2];		/* network order */
	uint16_t	 ifid;			/* 0: floating */
	uint8_t		 af;
	uint8_t		 proto;
};

/* A key on its way to the table, with what the table makes of it. */
struct pf_state_lookup {
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
	uint32_t	 seqdiff;		/* [i, but pf_synproxy.c] added to its numbers */
	uint16_t	 max_win;		/* largest window seen, before scaling */
	uint16_t	 mss;
	uint8_t		 state;			/* PF_TCPS_*, PFUDPS_*, PFOTHERS_* */
	uint8_t		 wscale;		/* PF_WSCALE_* */
	uint16_t	 win;			/* of seqhi, before scaling */
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
	uint8_t		 settled;		/* [s] PF_SETTLED_*, read as [a]; pf_tcp.h */
	uint8_t		 log;			/* [i] PF_LOG_*, PF_STATE_COUNTS, _ACTS, _PROXY */
	uint32_t	 pending[2];		/* [a] [0] in state's direction */

	PF_STATE_NEIGHBOUR(gap0)
	struct pf_peer	 src, dst;		/* src: who sent the first packet */
	struct pf_spinlock lock;		/* peers, timeout, settled */
	uint16_t	 flags;			/* [i] PFSTATE_* */
	uint8_t		 linked;		/* [b] in the tables */
	uint8_t		 challenged;		/* [s] TCP: low byte of the uptime of */
						/* the last challenge ACK */
	struct pf_kif	*kif;			/* [i] where it was made; referenced */
	struct pf_state_more *more;		/* [i] owned; NULL for most */

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
	uint32_t	 refused;		/* [s] TCP: of the RST that refuses a SYN; or 0 */
	struct pf_atomic inuse;			/* of an object's first state: see pf_statemem.c */
};

/* Where route-to, reply-to or dup-to sends packets (pf_route.h). */
struct pf_hop {
	struct pf_kif	*kif;			/* out of it; NULL: of any; the rule has it */
	struct pf_addr	 gw;			/* all zero: to their destination */
	uint8_t		 rt;			/* PF_ROUTETO, ..; PF_NOPFROUTE: none */
};

/* The program of this host that gets what comes in (pf_divert.h). */
struct pf_divert {
	struct pf_addr	 addr;			/* where it listens, for PF_DIVERT_TO */
	uint16_t	 port;			/* network order */
	uint8_t		 type;			/* PF_DIVERT_* */
};

/*
 * What the choice from a pool holds as long as the state lives: the node of its source
 * (sticky-address), and the count of the address (least-states).  NULL: none.
 */
struct pf_hold {
	struct pf_srcnode *node;
	struct pf_atomic *count;
};

/* What few states need beyond their connection.  Made before the state is inserted. */
struct pf_state_more {
	struct pf_state_link link;		/* must be first; of the key on the stack's side, */
						/* if it translates */
	struct pf_state	*state;			/* [i] */
	struct pf_addr	 addr[2];		/* [i] of that key */
	struct pf_krule	*nat_rule;		/* [i] classic, that translates; NULL: none */
	struct pf_krule	*anchor;		/* [i] of the main ruleset, led to rule; or NULL */
	struct pf_tag	*tag;			/* [i] of its packets, referenced; NULL: none */
	struct pf_norm	 norm;			/* [i] set in the headers of its packets */
	struct pf_tcpnorm *tcpnorm;		/* [i] owned: reassemble tcp; NULL: none */
	uint8_t		 connected;		/* of the source's connections: 0 not yet, */
						/* 1 it is one, 2 no longer.  Lock: its bucket */
	struct pf_srcnode *source;		/* [i] that it counts at; NULL: none */
	struct pf_kif	*group;			/* [i] that the state is bound to, counted */
						/* there as the state's kif is; NULL: none */
	struct pf_hop	 hop;			/* [i] */
	struct pf_divert divert;		/* [i] */
	int32_t		 rtable;		/* [i] of what comes in forward; PF_RTABLE_NONE */
	struct pf_hold	*hold;			/* [i] nholds, behind rule[]; given up by who */
	uint32_t	 nholds;		/* removes the state, which makes it 0 */
	uint32_t	 n;			/* [i] */
	struct pf_krule	*rule[];		/* [i] n, referenced: where it and its */
						/* packets count, beside its rule; these two too */
};
#define PF_STATE_COUNTS		0x80		/* of state->log: more->rule has some */
#define PF_STATE_ACTS		0x40		/* of state->log: packets get a tag, a tos, a */
						/* priority or a way, have a rate or a source */

#define PF_SETTLED_FORWARD	0x01		/* packets of this direction change no peer .. */
#define PF_SETTLED_BACK		0x02		/* .. and no timeout */
#ifndef PF_HOST_DEBUG_LOCKS
static_assert(sizeof(struct pf_state) - 3 * 64 <= 256, "a state fits its budget");
static_assert(offsetof(struct pf_state, src) == 128 && offsetof(struct pf_state, addr) ==
    256 && offsetof(struct pf_state, id_node) == 384, "a line, and one of the other's");
#endif

/* The key of the packet, its ifid 0. */
void	 pf_state_key_of(const struct pf_pdesc *, struct pf_state_key *);
/* The key of a state at PF_SK_WIRE or PF_SK_STACK. */
void	 pf_state_key_get(const struct pf_state *, unsigned int side, struct pf_state_key *);
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
/* The group that it is bound to; NULL: none. */
static inline struct pf_kif *
pf_state_group(const struct pf_state *s)
{
	return (unlikely(s->more != NULL) ? s->more->group : NULL);
}
/* The source that it counts at; NULL: none. */
static inline struct pf_srcnode *
pf_state_source(const struct pf_state *s)
{
	return (unlikely(s->more != NULL) ? s->more->source : NULL);
}
/* Whether it is bound to an interface or a group. */
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

#endif /* _NET_PF_STATE_H_ */
