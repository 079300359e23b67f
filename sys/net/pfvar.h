/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pfvar.h: the interface between pf and its user programs, and nothing else
 *
 * What it owns.  The definitions of all that is read from and written to
 * /dev/pf.
 * Locking.  None.
 * Place.  Below the first floor; programs include it too.
 *
 * Every member has a fixed width, and every hole between members is a named
 * pad, so a structure has the same layout in 32-bit and 64-bit programs.  A
 * user address is a uint64_t.  Addresses and ports are in network byte order.
 * All other numbers are in host byte order, unless a comment says otherwise.
 * Pads and spare bytes must be zero: the kernel refuses other requests.
 *
 * The names are those of pf(4).  The kernel keeps rules and states in
 * structures of its own (pf_rule.h, pf_state.h), and converts these member by
 * member.
 */
#ifndef _NET_PFVAR_H_
#define _NET_PFVAR_H_

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/ioctl.h>
#else
#include <stdint.h>
#include <sys/ioctl.h>
#endif

#define PF_IFNAMSIZ		16	/* with the NUL, as IFNAMSIZ */
#define PF_TABLE_NAME_SIZE	32
#define PF_TAG_NAME_SIZE	64
#define PF_RULE_LABEL_SIZE	64
#define PF_RULE_LABELS		5	/* of a rule */
#define PF_QNAME_SIZE		64
#define PF_ANCHOR_NAME_SIZE	64
#define PF_ANCHOR_PATH_SIZE	1024
#define PF_ANCHOR_DEPTH		64	/* names in a path, at most, and */
					/* anchors inside each other */
#define PF_WALK_MAX		1000000	/* rules that a packet is compared */
					/* with, once they are in anchors */
#define PF_OSFP_LEN		32
#define PF_MD5_DIGEST_LENGTH	16
#define PF_OPTIMIZER_TABLE_PFX	"__automatic_"

enum {	PF_INOUT, PF_IN, PF_OUT };			/* direction */

enum {							/* action, verdict */
	PF_PASS, PF_DROP, PF_SCRUB, PF_NOSCRUB, PF_NAT, PF_NONAT,
	PF_BINAT, PF_NOBINAT, PF_RDR, PF_NORDR, PF_SYNPROXY_DROP,
	PF_DEFER, PF_MATCH, PF_ACTION_MAX
};

enum {							/* rulesets */
	PF_RULESET_SCRUB, PF_RULESET_FILTER, PF_RULESET_NAT,
	PF_RULESET_BINAT, PF_RULESET_RDR, PF_RULESET_MAX
};

enum {							/* port, uid, gid */
							/* tests */
	PF_OP_NONE, PF_OP_IRG, PF_OP_EQ, PF_OP_NE, PF_OP_LT, PF_OP_LE,
	PF_OP_GT, PF_OP_GE, PF_OP_XRG, PF_OP_RRG, PF_OP_MAX
};

enum {	PF_DEBUG_NONE, PF_DEBUG_URGENT, PF_DEBUG_MISC, PF_DEBUG_NOISY };
enum {	PF_NOPFROUTE, PF_FASTROUTE, PF_ROUTETO, PF_DUPTO, PF_REPLYTO };

enum {							/* skip steps */
	PF_SKIP_IFP, PF_SKIP_DIR, PF_SKIP_AF, PF_SKIP_PROTO,
	PF_SKIP_SRC_ADDR, PF_SKIP_SRC_PORT, PF_SKIP_DST_ADDR,
	PF_SKIP_DST_PORT, PF_SKIP_COUNT
};

enum {							/* timeouts, seconds */
	PFTM_TCP_FIRST_PACKET, PFTM_TCP_OPENING, PFTM_TCP_ESTABLISHED,
	PFTM_TCP_CLOSING, PFTM_TCP_FIN_WAIT, PFTM_TCP_CLOSED,
	PFTM_UDP_FIRST_PACKET, PFTM_UDP_SINGLE, PFTM_UDP_MULTIPLE,
	PFTM_ICMP_FIRST_PACKET, PFTM_ICMP_ERROR_REPLY,
	PFTM_OTHER_FIRST_PACKET, PFTM_OTHER_SINGLE, PFTM_OTHER_MULTIPLE,
	PFTM_FRAG, PFTM_INTERVAL, PFTM_ADAPTIVE_START, PFTM_ADAPTIVE_END,
	PFTM_SRC_NODE, PFTM_TS_DIFF,
	PFTM_MAX,
	PFTM_PURGE = PFTM_MAX,		/* states only: expire at once */
	PFTM_UNTIL_PACKET		/* states only: inherit */
};
#define PFTM_VAL_MAX	0x3fffffff		/* largest timeout, seconds */

enum {							/* limits, entries */
	PF_LIMIT_STATES, PF_LIMIT_SRC_NODES, PF_LIMIT_FRAGS,
	PF_LIMIT_TABLES, PF_LIMIT_TABLE_ENTRIES, PF_LIMIT_ANCHORS,
	PF_LIMIT_MAX
};
#define PFSTATE_HIWAT		100000		/* defaults of the limits */
#define PFSNODE_HIWAT		10000
#define PFFRAG_FRENT_HIWAT	5000
#define PFR_KTABLE_HIWAT	1000
#define PFR_KENTRY_HIWAT	200000
#define PF_ANCHOR_HIWAT		512
#define PF_LIMIT_VAL_MAX	0x0fffffff	/* no limit may exceed this */

#define PF_POOL_TYPEMASK	0x0f
#define PF_POOL_STICKYADDR	0x20
enum {							/* pool types */
	PF_POOL_NONE, PF_POOL_BITMASK, PF_POOL_RANDOM, PF_POOL_SRCHASH,
	PF_POOL_ROUNDROBIN, PF_POOL_LEASTSTATES, PF_POOL_TYPE_MAX
};
enum {	PF_POOL_RDR, PF_POOL_NAT, PF_POOL_ROUTE, PF_POOL_MAX };	/* a rule's */
								/* pools */

enum {							/* pf_addr_wrap.type */
	PF_ADDR_ADDRMASK, PF_ADDR_NOROUTE, PF_ADDR_DYNIFTL, PF_ADDR_TABLE,
	PF_ADDR_URPFFAILED, PF_ADDR_RANGE, PF_ADDR_NONE, PF_ADDR_TYPE_MAX
};
#define PFI_AFLAG_NETWORK	0x01
#define PFI_AFLAG_BROADCAST	0x02
#define PFI_AFLAG_PEER		0x04
#define PFI_AFLAG_MODEMASK	0x07
#define PFI_AFLAG_NOALIAS	0x08

enum {							/* reasons */
	PFRES_MATCH, PFRES_BADOFF, PFRES_FRAG, PFRES_SHORT, PFRES_NORM,
	PFRES_MEMORY, PFRES_TS, PFRES_CONGEST, PFRES_IPOPTIONS,
	PFRES_PROTCKSUM, PFRES_BADSTATE, PFRES_STATEINS, PFRES_MAXSTATES,
	PFRES_SRCLIMIT, PFRES_SYNPROXY, PFRES_TRANSLATE, PFRES_NOROUTE,
	PFRES_MAX
};
#define PFRES_NAMES {							\
	"match", "bad-offset", "fragment", "short", "normalize",	\
	"memory", "bad-timestamp", "congestion", "ip-option",		\
	"proto-cksum", "state-mismatch", "state-insert", "state-limit",	\
	"src-limit", "synproxy", "translate", "no-route",		\
}

enum {							/* limit counters */
	LCNT_STATES, LCNT_SRCSTATES, LCNT_SRCNODES, LCNT_SRCCONN,
	LCNT_SRCCONNRATE, LCNT_OVERLOAD_TABLE, LCNT_OVERLOAD_FLUSH,
	LCNT_ANCHORS,
	LCNT_MAX
};
#define LCNT_NAMES {							\
	"max states per rule", "max-src-states", "max-src-nodes",	\
	"max-src-conn", "max-src-conn-rate", "overload table insertion", \
	"overload flush states", "anchors too deep",			\
}

enum {	FCNT_STATE_SEARCH, FCNT_STATE_INSERT, FCNT_STATE_REMOVALS, FCNT_MAX };
enum {	SCNT_SRC_NODE_SEARCH, SCNT_SRC_NODE_INSERT, SCNT_SRC_NODE_REMOVALS,
	SCNT_MAX };
#define FCNT_NAMES { "searches", "inserts", "removals" }

/* An address, network byte order.  IPv4 uses v4 and leaves the rest zero. */
struct pf_addr {
	union {
		uint32_t	v4;
		uint8_t		v6[16];
		uint8_t		addr8[16];
		uint16_t	addr16[8];
		uint32_t	addr32[4];
		uint64_t	addr64[2];
	};
};

/* What a rule says of an address.  type selects the member of v. */
struct pf_addr_wrap {
	union {
		struct {
			struct pf_addr	addr;
			struct pf_addr	mask;	/* RANGE: the last address */
		}		a;			/* ADDRMASK, RANGE */
		char		ifname[PF_IFNAMSIZ];	/* DYNIFTL */
		char		tblname[PF_TABLE_NAME_SIZE]; /* TABLE */
	}		v;
	int32_t		cnt;		/* out: addresses in table or */
					/* interface, -1 none */
	uint8_t		type;		/* PF_ADDR_* */
	uint8_t		iflags;		/* PFI_AFLAG_*, DYNIFTL only */
	uint8_t		net;		/* DYNIFTL: prefix length given by */
					/* the user */
	uint8_t		pad;
};

struct pf_rule_addr {
	struct pf_addr_wrap	addr;
	uint16_t		port[2];	/* network order */
	uint8_t			neg;		/* 0 or 1 */
	uint8_t			port_op;	/* PF_OP_* */
	uint8_t			pad[2];
};

/* A pool without its addresses: those follow by DIOCADDADDR. */
struct pf_pool {
	uint32_t	key[4];		/* source-hash key, an opaque 16 */
					/* bytes */
	uint16_t	proxy_port[2];	/* host order; 0, 0: keep the port */
	uint8_t		port_op;	/* PF_OP_NONE, PF_OP_EQ, PF_OP_RRG */
	uint8_t		opts;		/* PF_POOL_* type and flags */
	uint8_t		pad[2];
};

struct pf_pooladdr {
	struct pf_addr_wrap	addr;
	char			ifname[PF_IFNAMSIZ];
	uint16_t		weight;		/* 0: 1 */
	uint8_t			pad[6];
};

struct pf_rule_id {			/* user or group test */
	uint32_t	id[2];
	uint8_t		op;		/* PF_OP_* */
	uint8_t		pad[3];
};

struct pf_threshold {			/* limit events in seconds */
	uint32_t	limit;		/* 0: none */
	uint32_t	seconds;
};

/* rule_flag */
#define PFRULE_DROP		0x00000000
#define PFRULE_RETURNRST	0x00000001	/* TCP: RST */
#define PFRULE_FRAGMENT		0x00000002
#define PFRULE_RETURNICMP	0x00000004
#define PFRULE_RETURN		0x00000008	/* RST or ICMP by protocol */
#define PFRULE_NOSYNC		0x00000010
#define PFRULE_SRCTRACK		0x00000020
#define PFRULE_RULESRCTRACK	0x00000040
#define PFRULE_ONCE		0x00000080
#define PFRULE_IFBOUND		0x00000100
#define PFRULE_GRBOUND		0x00000200
#define PFRULE_STATESLOPPY	0x00000400
#define PFRULE_PFLOW		0x00000800
#define PFRULE_NODF		0x00001000	/* scrub */
#define PFRULE_RANDOMID		0x00002000
#define PFRULE_REASSEMBLE_TCP	0x00004000
#define PFRULE_FRAGCROP		0x00008000
#define PFRULE_FRAGDROP		0x00010000
#define PFRULE_SET_TOS		0x00020000
#define PFRULE_NOFRAGMENT	0x00040000	/* classic scrub without reassembly */
#define PFRULE_DSCP		0x00080000	/* tos was written as a DSCP name */
#define PFRULE_SETQUEUE		0x00100000	/* queue was given by `set' */
#define PFRULE_FLAGMASK		0x001fffff

#define PF_STATE_NORMAL		1		/* keep_state */
#define PF_STATE_MODULATE	2
#define PF_STATE_SYNPROXY	3

#define PF_LOG			0x01		/* log */
#define PF_LOG_ALL		0x02
#define PF_LOG_SOCKET_LOOKUP	0x04
#define PF_LOG_MATCHES		0x08
#define PF_LOG_MASK		0x0f

#define PF_FLUSH		0x01		/* flush */
#define PF_FLUSH_GLOBAL		0x02

#define PF_RTABLE_NONE		(-1)		/* rtableid */
#define PF_DIVERT_NONE		0		/* divert_type */
#define PF_DIVERT_TO		1
#define PF_DIVERT_REPLY		2
#define PF_DIVERT_PACKET	3

#define PF_PRIO_ZERO		0xff		/* set_prio, prio: 0 asked for */
#define PF_PRIO_NOTSET		0x00
#define PF_PRIO_MAX		7

#define PF_TH_ALL		0xff		/* flagset of TCP flags tests */

struct pf_rule {
	struct pf_rule_addr	src;
	struct pf_rule_addr	dst;
	struct pf_pool		pool[PF_POOL_MAX];	/* by PF_POOL_RDR .. */

	char		ifname[PF_IFNAMSIZ];		/* "": any */
	char		rcv_ifname[PF_IFNAMSIZ];	/* received-on */
	char		logif[PF_IFNAMSIZ];		/* "": pflog0 */
	char		label[PF_RULE_LABEL_SIZE];
	char		qname[PF_QNAME_SIZE];
	char		pqname[PF_QNAME_SIZE];
	char		tagname[PF_TAG_NAME_SIZE];
	char		match_tagname[PF_TAG_NAME_SIZE];
	char		overload_tblname[PF_TABLE_NAME_SIZE];

	/* out only: counters and place; must be zero in DIOCADDRULE */
	uint64_t	evaluations;
	uint64_t	packets[2];		/* [0] in, [1] out */
	uint64_t	bytes[2];
	uint64_t	states_tot;
	uint32_t	states_cur;
	uint32_t	src_nodes;
	uint32_t	nr;			/* number in its ruleset */
	uint32_t	skip[PF_SKIP_COUNT];	/* rule number to go on with */
	uint32_t	expired;		/* a `once' rule that has */
						/* matched */
	uint32_t	qid, pqid;

	uint32_t	rule_flag;		/* PFRULE_* */
	uint32_t	timeout[PFTM_MAX];	/* 0: the default's */
	uint32_t	max_states;		/* 0: no limit, in all five */
	uint32_t	max_src_nodes;
	uint32_t	max_src_states;
	uint32_t	max_src_conn;
	struct pf_threshold max_src_conn_rate;
	struct pf_threshold pktrate;
	uint32_t	prob;			/* matches if random32 <= */
						/* prob; 0: always */
	uint32_t	os_fingerprint;		/* PF_OSFP_ANY: 0 */
	int32_t		rtableid;		/* PF_RTABLE_NONE: unchanged */
	uint32_t	cuid;			/* out: who loaded it */
	uint32_t	cpid;
	uint32_t	ridentifier;
	struct pf_rule_id uid;
	struct pf_rule_id gid;
	uint32_t	pad0;
	struct pf_addr	divert_addr;
	uint16_t	divert_port;		/* network order */
	uint16_t	return_icmp;		/* type << 8 | code */
	uint16_t	return_icmp6;
	uint16_t	max_mss;
	uint8_t		return_ttl;		/* of return-rst; 0: default */
	uint8_t		action;			/* PF_PASS .. */
	uint8_t		direction;
	uint8_t		log;			/* PF_LOG* */
	uint8_t		quick;
	uint8_t		ifnot;
	uint8_t		rcvifnot;
	uint8_t		match_tag_not;
	uint8_t		natpass;
	uint8_t		keep_state;		/* 0 or PF_STATE_* */
	uint8_t		af;			/* 0, AF_INET, AF_INET6 */
	uint8_t		proto;			/* 0: any */
	uint8_t		type;			/* ICMP type + 1; 0: any */
	uint8_t		code;			/* ICMP code + 1; 0: any */
	uint8_t		flags;			/* TCP flags that are set .. */
	uint8_t		flagset;		/* .. out of these; 0: any */
	uint8_t		min_ttl;
	uint8_t		allow_opts;
	uint8_t		rt;			/* PF_ROUTETO .. */
	uint8_t		tos;			/* match; 0: any */
	uint8_t		set_tos;		/* if PFRULE_SET_TOS */
	uint8_t		set_prio[2];
	uint8_t		prio;
	uint8_t		flush;			/* PF_FLUSH*, of overload */
	uint8_t		naf;			/* af-to */
	uint8_t		divert_type;		/* PF_DIVERT_* */
	uint8_t		pool_used;		/* bit per PF_POOL_*: nat-to */
						/* .. given */
	uint8_t		anchor_wildcard;	/* out */
	uint8_t		anchor_relative;	/* out */
	uint8_t		pad[2];
	/* those after the first; the kernel's copy ends here without them */
	char		more_label[PF_RULE_LABELS - 1][PF_RULE_LABEL_SIZE];
};

/*
 * DIOCADDRULE, DIOCGETRULES, DIOCGETRULE, DIOCCHANGERULE.
 * ADDRULE: ticket of the transaction; the rule is appended.
 * GETRULES: returns nr (how many) and a ticket for GETRULE of that ruleset.
 */
enum {	PF_CHANGE_NONE, PF_CHANGE_ADD_HEAD, PF_CHANGE_ADD_TAIL,
	PF_CHANGE_ADD_BEFORE, PF_CHANGE_ADD_AFTER, PF_CHANGE_REMOVE,
	PF_CHANGE_GET_TICKET };
enum {	PF_GET_NONE, PF_GET_CLR_CNTR };

struct pfioc_rule {
	uint32_t	action;			/* PF_CHANGE_*, PF_GET_* */
	uint32_t	ticket;
	uint32_t	nr;
	uint32_t	ruleset;		/* PF_RULESET_* */
	char		anchor[PF_ANCHOR_PATH_SIZE];	  /* the rule stands */
							  /* here */
	char		anchor_call[PF_ANCHOR_PATH_SIZE]; /* and calls this */
							  /* one */
	struct pf_rule	rule;
};

/* DIOCADDADDR, DIOCGETADDRS, DIOCGETADDR: addresses of a rule's pool.
 * ADDADDR adds to pool `which' of the rule that the next ADDRULE brings. */
struct pfioc_pooladdr {
	uint32_t	ticket;
	uint32_t	nr;		/* GETADDRS: out; GETADDR: which one */
	uint32_t	r_num;		/* rule number, GETADDR(S) */
	uint32_t	ruleset;
	uint32_t	which;		/* PF_POOL_RDR .. */
	uint32_t	pad;
	char		anchor[PF_ANCHOR_PATH_SIZE];
	struct pf_pooladdr addr;
};

struct pfioc_ruleset {			/* DIOCGETRULESETS, DIOCGETRULESET */
	uint32_t	nr;
	char		path[PF_ANCHOR_PATH_SIZE];
	char		name[PF_ANCHOR_NAME_SIZE];
	uint32_t	pad;
};

/*
 * A transaction.  XBEGIN opens one on this descriptor and fills the tickets;
 * all that follows with these tickets is kept aside; XCOMMIT puts all of it in
 * force at one moment, XROLLBACK or closing the descriptor drops it.
 * One transaction at a time per instance: XBEGIN fails with EBUSY while another
 * descriptor holds one.  While a transaction with an element of type
 * PF_TRANS_OPTIONS is open, the option calls of the same descriptor
 * (SETTIMEOUT, SETLIMIT, SETSTATUSIF, SETDEBUG, SETHOSTID, SETIFFLAG,
 * CLRIFFLAG, KEEPCOUNTERS, SETSYNCOOKIES..) are part of it, and so are OSFPFLUSH
 * and OSFPADD.
 */
enum {	PF_TRANS_RULESET_FIRST = 0,	/* .. PF_RULESET_MAX - 1: that */
					/* ruleset */
	PF_TRANS_ALTQ = PF_RULESET_MAX, PF_TRANS_TABLE, PF_TRANS_OPTIONS,
	PF_TRANS_MAX };
#define PF_TRANS_ELEMENTS	65536	/* at most */

struct pfioc_trans_e {
	uint32_t	type;		/* PF_TRANS_* */
	uint32_t	ticket;		/* out */
	char		anchor[PF_ANCHOR_PATH_SIZE];
};

struct pfioc_trans {
	uint32_t	size;		/* number of elements */
	uint32_t	esize;		/* sizeof(struct pfioc_trans_e) */
	uint64_t	array;		/* user address of the elements */
};

/* Statistics and settings of an instance. */
struct pf_status {
	uint64_t	counters[PFRES_MAX];
	uint64_t	lcounters[LCNT_MAX];
	uint64_t	fcounters[FCNT_MAX];
	uint64_t	scounters[SCNT_MAX];
	uint64_t	pcounters[2][2][2];	/* loginterface: [v4, v6][in, */
						/* out][pass, block] */
	uint64_t	bcounters[2][2];	/* [v4, v6][in, out], bytes */
	uint64_t	stateid;
	int64_t		since;			/* enabled or disabled, s */
						/* since the epoch */
	uint32_t	states;
	uint32_t	src_nodes;
	uint32_t	running;		/* 1: enabled */
	uint32_t	debug;			/* PF_DEBUG_* */
	uint32_t	hostid;			/* network order, as printed */
	uint32_t	fragments;
	char		ifname[PF_IFNAMSIZ];	/* loginterface */
	uint8_t		pf_chksum[PF_MD5_DIGEST_LENGTH]; /* of the main */
							 /* ruleset */
};

struct pfioc_tm    { int32_t timeout; int32_t seconds; };	/* out: old value */
struct pfioc_limit { int32_t index; uint32_t limit; };		/* out: old value */
struct pfioc_u32   { uint32_t value; uint32_t pad; };		/* DEBUG, HOSTID */
struct pfioc_if    { char ifname[PF_IFNAMSIZ]; };

/* A state, as shown and as sent (-S, pfsync). */
enum {	PF_TCPS_CLOSED, PF_TCPS_LISTEN, PF_TCPS_SYN_SENT, PF_TCPS_SYN_RECEIVED,
	PF_TCPS_ESTABLISHED, PF_TCPS_CLOSE_WAIT, PF_TCPS_FIN_WAIT_1,
	PF_TCPS_CLOSING, PF_TCPS_LAST_ACK, PF_TCPS_FIN_WAIT_2,
	PF_TCPS_TIME_WAIT, PF_TCPS_PROXY_SRC, PF_TCPS_PROXY_DST, PF_TCPS_MAX };
enum {	PFUDPS_NO_TRAFFIC, PFUDPS_SINGLE, PFUDPS_MULTIPLE, PFUDPS_MAX };
enum {	PFOTHERS_NO_TRAFFIC, PFOTHERS_SINGLE, PFOTHERS_MULTIPLE, PFOTHERS_MAX };

#define PFSTATE_ALLOWOPTS	0x0001		/* state_flags */
#define PFSTATE_SLOPPY		0x0002
#define PFSTATE_PFLOW		0x0004
#define PFSTATE_NOSYNC		0x0008
#define PFSTATE_ACK		0x0010
#define PFSTATE_NODF		0x0020
#define PFSTATE_SETTOS		0x0040
#define PFSTATE_RANDOMID	0x0080
#define PFSTATE_SCRUB_TCP	0x0100
#define PFSTATE_SETPRIO		0x0200

#define PF_SK_WIRE		0		/* as seen on the wire */
#define PF_SK_STACK		1		/* as seen by the stack */
#define PF_WSCALE_FLAG		0x80
#define PF_WSCALE_MASK		0x0f

struct pfsync_state_key {
	struct pf_addr	addr[2];
	uint16_t	port[2];		/* network order */
	uint8_t		af;
	uint8_t		proto;
	uint8_t		pad[2];
};

struct pfsync_state_peer {
	uint32_t	seqlo;		/* max sequence number sent */
	uint32_t	seqhi;		/* max the other end acknowledged + */
					/* win */
	uint32_t	seqdiff;	/* modulation */
	uint16_t	max_win;	/* largest window, unscaled */
	uint16_t	mss;
	uint8_t		state;		/* PF_TCPS_* or PFUDPS_* .. */
	uint8_t		wscale;		/* PF_WSCALE_* */
	uint8_t		pad[6];
};

struct pfsync_state {
	uint64_t	id;			/* with creatorid: unique */
	uint64_t	packets[2];		/* [0] with the state's */
						/* direction */
	uint64_t	bytes[2];
	struct pfsync_state_key key[2];		/* PF_SK_WIRE, PF_SK_STACK */
	struct pfsync_state_peer src;
	struct pfsync_state_peer dst;
	struct pf_addr	rt_addr;
	char		ifname[PF_IFNAMSIZ];	/* "all": floating */
	char		orig_ifname[PF_IFNAMSIZ]; /* where it was created */
	char		rt_ifname[PF_IFNAMSIZ];
	uint32_t	creatorid;		/* hostid of who made it, */
						/* network order */
	uint32_t	creation;		/* age, seconds */
	uint32_t	expire;			/* seconds to go */
	uint32_t	rule;			/* numbers; -1: none */
	uint32_t	anchor;
	uint32_t	nat_rule;
	uint16_t	state_flags;
	uint8_t		direction;
	uint8_t		log;
	uint8_t		timeout;
	uint8_t		sync_flags;
	uint8_t		rt;
	uint8_t		pad[1];
};

struct pfioc_state { struct pfsync_state state; };
struct pfioc_states {
	uint64_t	len;		/* bytes: in room, out needed or used */
	uint64_t	buf;		/* user address; len 0: only ask */
};

/*
 * DIOCNATLOOK: by what addresses a translated connection is known on the other
 * side.  saddr and daddr are those of a packet that has come in (direction
 * PF_IN) as it was on the wire, or PF_OUT as the receiving program has it: then
 * rdaddr and rdport are where the connection was meant to go before it was
 * redirected.
 */
struct pfioc_natlook {
	struct pf_addr	saddr, daddr;
	struct pf_addr	rsaddr, rdaddr;	/* out */
	uint16_t	sport, dport;	/* network order; ICMP: sport is the */
					/* id */
	uint16_t	rsport, rdport;	/* out */
	uint8_t		af;
	uint8_t		proto;
	uint8_t		direction;
	uint8_t		pad[5];
};

/* DIOCKILLSTATES, DIOCCLRSTATES.  A member left zero does not restrict. */
struct pfioc_state_kill {
	uint64_t	id;		/* with creatorid */
	struct pf_rule_addr src;	/* ADDRMASK only; port with port_op */
	struct pf_rule_addr dst;
	char		ifname[PF_IFNAMSIZ];
	char		label[PF_RULE_LABEL_SIZE];
	uint32_t	creatorid;	/* network order */
	uint32_t	killed;		/* out */
	uint8_t		af;
	uint8_t		proto;
	uint8_t		by;		/* PF_KILL_* */
	uint8_t		direction;	/* of the state: PF_IN, PF_OUT; 0: any */
	uint8_t		pad[4];
};
enum {	PF_KILL_HOSTS,			/* src and dst: of the first packet as it came */
	PF_KILL_NAT,			/* .. as it went on, of a state that translates */
	PF_KILL_GATEWAY,		/* src: where route-to, reply-to or dup-to sends */
	PF_KILL_MAX };

/*
 * A source of connections, as shown (-S).  A rule with source-track counts the
 * states of each source address in such a node.
 */
struct pf_src_node {
	uint64_t	packets[2];	/* [0] from the source, [1] to it */
	uint64_t	bytes[2];
	struct pf_addr	addr;		/* the source */
	struct pf_addr	raddr;		/* that a pool has chosen for it, if */
					/* type says so */
	uint32_t	rule;		/* number; -1: none in force, or all */
	uint32_t	creation;	/* age, seconds */
	uint32_t	expire;		/* seconds to go, without states */
	uint32_t	states;
	uint32_t	conn;		/* TCP connections that are open */
	uint32_t	conn_rate;	/* connections, in thousandths, .. */
	uint32_t	conn_seconds;	/* .. in so many seconds; 0: not */
					/* counted */
	uint8_t		af;
	uint8_t		type;		/* 0, or 1 + PF_POOL_* that has chosen */
					/* raddr */
	uint8_t		pad[2];
};

struct pfioc_src_nodes {		/* as struct pfioc_states */
	uint64_t	len;
	uint64_t	buf;
};

/* DIOCKILLSRCNODES: nodes with this address, and with this raddr.  A member left
 * zero does not restrict. */
struct pfioc_src_node_kill {
	struct pf_rule_addr src;	/* ADDRMASK only, without ports */
	struct pf_rule_addr dst;
	uint32_t	killed;		/* out */
	uint8_t		af;
	uint8_t		pad[3];
};

/* Interfaces and groups, as pf knows them (DIOCIGETIFACES). */
#define PFI_IFLAG_SKIP		0x0100
#define PFI_IFLAG_LINKGROUP	0x1000		/* the name stands for a link group */
struct pfi_kif {
	char		name[PF_IFNAMSIZ];
	uint64_t	packets[2][2][2];	/* [v4, v6][in, out][pass, */
						/* block] */
	uint64_t	bytes[2][2][2];
	int64_t		tzero;			/* cleared, s since the epoch */
	uint32_t	flags;			/* PFI_IFLAG_* */
	uint32_t	rules;
	uint32_t	states;
	uint32_t	is_group;
	uint32_t	present;		/* a device of that name */
						/* exists */
	uint32_t	pad;
};
struct pfioc_iface {
	char		name[PF_IFNAMSIZ];	/* "": all */
	uint64_t	buffer;			/* user address */
	uint32_t	size;			/* entries: in room, out */
						/* there are; SETIFFLAG of */
						/* LINKGROUP: its number */
	uint32_t	esize;			/* sizeof(struct pfi_kif) */
	uint32_t	flags;			/* SET/CLRIFFLAG: PFI_IFLAG_* */
	uint32_t	pad;
};

/* Tables. */
#define PFR_TFLAG_PERSIST	0x01
#define PFR_TFLAG_CONST		0x02
#define PFR_TFLAG_ACTIVE	0x04	/* out: can be used by rules */
#define PFR_TFLAG_INACTIVE	0x08	/* out: being loaded */
#define PFR_TFLAG_REFERENCED	0x10	/* out: by a rule */
#define PFR_TFLAG_REFDANCHOR	0x20	/* out: by a rule of an anchor below */
#define PFR_TFLAG_COUNTERS	0x40	/* packets and bytes per address */
#define PFR_TFLAG_USRMASK	0x43	/* those a user may set */

/* pfioc_table.flags */
#define PFR_FLAG_ATOMIC		0x01	/* accepted; every change is atomic */
#define PFR_FLAG_DUMMY		0x02	/* say what would happen, change nothing */
#define PFR_FLAG_FEEDBACK	0x04	/* fill pfra_fback */
#define PFR_FLAG_CLSTATS	0x08	/* clear what is read */
#define PFR_FLAG_ADDRSTOO	0x10	/* counters of the addresses too */
#define PFR_FLAG_REPLACE	0x20
#define PFR_FLAG_ALLRSETS	0x40	/* of all anchors */

enum {							/* pfra_fback */
	PFR_FB_NONE, PFR_FB_MATCH, PFR_FB_ADDED, PFR_FB_DELETED, PFR_FB_CHANGED,
	PFR_FB_CLEARED, PFR_FB_DUPLICATE, PFR_FB_NOTMATCH, PFR_FB_CONFLICT,
	PFR_FB_NOCOUNT, PFR_FB_MAX
};
enum {	PFR_DIR_IN, PFR_DIR_OUT, PFR_DIR_MAX };
enum {	PFR_OP_BLOCK, PFR_OP_PASS, PFR_OP_ADDR_MAX, PFR_OP_TABLE_MAX = 3 };
#define PFR_OP_XPASS		PFR_OP_ADDR_MAX	/* matched no address */

struct pfr_table {
	char		pfrt_anchor[PF_ANCHOR_PATH_SIZE];
	char		pfrt_name[PF_TABLE_NAME_SIZE];
	uint32_t	pfrt_flags;		/* PFR_TFLAG_* */
	uint8_t		pfrt_fback;
	uint8_t		pad[3];
};

struct pfr_addr {
	struct pf_addr	pfra_addr;
	uint8_t		pfra_af;
	uint8_t		pfra_net;		/* prefix length */
	uint8_t		pfra_not;		/* 0 or 1 */
	uint8_t		pfra_fback;		/* out: PFR_FB_* */
	uint8_t		pad[4];
};

struct pfr_astats {
	struct pfr_addr	pfras_a;
	uint64_t	pfras_packets[PFR_DIR_MAX][PFR_OP_ADDR_MAX];
	uint64_t	pfras_bytes[PFR_DIR_MAX][PFR_OP_ADDR_MAX];
	int64_t		pfras_tzero;		/* cleared, s since the epoch */
};

enum {	PFR_REFCNT_RULE, PFR_REFCNT_ANCHOR, PFR_REFCNT_MAX };
struct pfr_tstats {
	struct pfr_table pfrts_t;
	uint64_t	pfrts_packets[PFR_DIR_MAX][PFR_OP_TABLE_MAX];
	uint64_t	pfrts_bytes[PFR_DIR_MAX][PFR_OP_TABLE_MAX];
	uint64_t	pfrts_match;
	uint64_t	pfrts_nomatch;
	int64_t		pfrts_tzero;
	uint32_t	pfrts_cnt;		/* addresses */
	uint32_t	pfrts_refcnt[PFR_REFCNT_MAX];
	uint32_t	pad;
};

/* RCLRTABLES .. RINADEFINE.  buffer: of pfr_table, pfr_addr, pfr_tstats or
 * pfr_astats, as the request has it; esize is the size of one. */
struct pfioc_table {
	struct pfr_table table;
	uint64_t	buffer;		/* user address */
	uint32_t	esize;
	uint32_t	size;		/* entries: in given or room, out */
					/* there are */
	uint32_t	size2;		/* RSETADDRS: room for deleted ones */
	uint32_t	nadd;		/* out */
	uint32_t	ndel;
	uint32_t	nchange;
	uint32_t	flags;		/* PFR_FLAG_* */
	uint32_t	ticket;		/* RINADEFINE */
	uint32_t	setflag;	/* RSETTFLAGS */
	uint32_t	clrflag;
};

/* Queues.  Rates are bits per second, times milliseconds. */
enum {	ALTQT_NONE = 0, ALTQT_CBQ = 1, ALTQT_HFSC = 8, ALTQT_PRIQ = 11 };

#define PFALTQ_RED		0x0001		/* pf_altq.flags */
#define PFALTQ_ECN		0x0002
#define PFALTQ_RIO		0x0004
#define PFALTQ_CLEARDSCP	0x0008
#define PFALTQ_BORROW		0x0010		/* cbq */
#define PFALTQ_WRR		0x0020
#define PFALTQ_EFFICIENT	0x0040
#define PFALTQ_ROOT		0x0080
#define PFALTQ_DEFAULT		0x0100
#define PFALTQ_REALTIME		0x0200		/* hfsc: this curve is given */
#define PFALTQ_LINKSHARE	0x0400
#define PFALTQ_UPPERLIMIT	0x0800
#define PFALTQ_MODERN		0x1000		/* by `queue .. parent ..' */
#define PFALTQ_FLAGMASK		0x1fff

#define PF_PRIQ_MAXPRI		15
#define PF_CBQ_MAXPRI		7
#define PF_HFSC_MAXPRI		15

struct pf_service_curve {		/* m1 for the first d, then m2 */
	uint64_t	m1;
	uint64_t	m2;
	uint32_t	d;
	uint32_t	pad;
};

/* qname "": the interface itself, with its scheduler. */
struct pf_altq {
	char		ifname[PF_IFNAMSIZ];
	char		qname[PF_QNAME_SIZE];
	char		parent[PF_QNAME_SIZE];
	uint64_t	ifbandwidth;
	uint64_t	bandwidth;	/* absolute */
	struct pf_service_curve realtime;
	struct pf_service_curve linkshare;
	struct pf_service_curve upperlimit;
	uint32_t	qid;		/* not 0, the same for a name */
					/* everywhere */
	uint32_t	parent_qid;
	uint32_t	qlimit;		/* packets; 0: default */
	uint32_t	tbrsize;	/* bytes; 0: default */
	uint32_t	flags;		/* PFALTQ_* */
	uint8_t		scheduler;	/* ALTQT_* */
	uint8_t		priority;
	uint8_t		pad[2];
};

struct pfioc_altq {			/* ADDALTQ, GETALTQS, GETALTQ */
	uint32_t	action;
	uint32_t	ticket;
	uint32_t	nr;
	uint32_t	pad;
	struct pf_altq	altq;
};

/* Fingerprints of operating systems (pf.os). */
#define PF_OSFP_ANY		0u		/* pf_rule.os_fingerprint */
#define PF_OSFP_UNKNOWN		0xffffffffu	/* no fingerprint matches */
#define PF_OSFP_NOMATCH		0xfffffffeu	/* the rule can not match */
#define PF_OSFP_ENTRIES_MAX	32768		/* OSFPADD */

/* A number has three parts; 0 in version or subtype stands for any. */
#define PF_OSFP_CLASS(n)	((n) >> 24 & 0xff)
#define PF_OSFP_VERSION(n)	((n) >> 12 & 0xfff)
#define PF_OSFP_SUBTYPE(n)	((n) & 0xfff)
#define PF_OSFP_NUMBER(c, v, s)						\
	((uint32_t)(c) << 24 | (uint32_t)(v) << 12 | (uint32_t)(s))

#define PF_OSFP_WSIZE_MOD	0x0001		/* wsize: multiple of a number */
#define PF_OSFP_WSIZE_DC	0x0002		/* any */
#define PF_OSFP_WSIZE_MSS	0x0004		/* multiple of the MSS */
#define PF_OSFP_WSIZE_MTU	0x0008		/* multiple of the MTU */
#define PF_OSFP_DF		0x0010
#define PF_OSFP_TS0		0x0020		/* time stamp zero */
#define PF_OSFP_INET6		0x0040
#define PF_OSFP_MSS_MOD		0x0100
#define PF_OSFP_MSS_DC		0x0200
#define PF_OSFP_WSCALE_MOD	0x0400
#define PF_OSFP_WSCALE_DC	0x0800
#define PF_OSFP_PSIZE_MOD	0x1000		/* .. of the size of the packet */
#define PF_OSFP_PSIZE_DC	0x2000

enum {	PF_OSFP_TCPOPT_NOP = 1, PF_OSFP_TCPOPT_MSS, PF_OSFP_TCPOPT_WSCALE,
	PF_OSFP_TCPOPT_SACK, PF_OSFP_TCPOPT_TS };
#define PF_OSFP_TCPOPT_BITS	3		/* in tcpopts, the first option highest */
#define PF_OSFP_MAX_OPTS	16

struct pf_osfp_ioctl {			/* OSFPADD, OSFPGET */
	uint64_t	tcpopts;
	uint32_t	os;			/* the number */
	uint32_t	getnum;			/* OSFPGET: which */
	uint16_t	wsize;
	uint16_t	psize;
	uint16_t	mss;
	uint16_t	flags;			/* PF_OSFP_* */
	uint8_t		optcnt;
	uint8_t		wscale;
	uint8_t		ttl;
	uint8_t		pad;
	char		class_nm[PF_OSFP_LEN];
	char		version_nm[PF_OSFP_LEN];
	char		subtype_nm[PF_OSFP_LEN];
	uint8_t		pad2[4];
};

#define PF_REASS_ENABLED	0x01		/* DIOCSETREASS */
#define PF_REASS_NODF		0x02

#define DIOCSTART	_IO  ('D', 1)
#define DIOCSTOP	_IO  ('D', 2)
#define DIOCADDRULE	_IOWR('D', 4, struct pfioc_rule)
#define DIOCGETRULES	_IOWR('D', 6, struct pfioc_rule)
#define DIOCGETRULE	_IOWR('D', 7, struct pfioc_rule)
#define DIOCCLRSTATES	_IOWR('D', 18, struct pfioc_state_kill)
#define DIOCGETSTATE	_IOWR('D', 19, struct pfioc_state)
#define DIOCSETSTATUSIF _IOWR('D', 20, struct pfioc_if)
#define DIOCGETSTATUS	_IOR ('D', 21, struct pf_status)
#define DIOCCLRSTATUS	_IO  ('D', 22)
#define DIOCNATLOOK	_IOWR('D', 23, struct pfioc_natlook)
#define DIOCSETDEBUG	_IOWR('D', 24, struct pfioc_u32)
#define DIOCGETSTATES	_IOWR('D', 25, struct pfioc_states)
#define DIOCCHANGERULE	_IOWR('D', 26, struct pfioc_rule)
#define DIOCSETTIMEOUT	_IOWR('D', 29, struct pfioc_tm)
#define DIOCGETTIMEOUT	_IOWR('D', 30, struct pfioc_tm)
#define DIOCCLRRULECTRS _IO  ('D', 38)
#define DIOCGETLIMIT	_IOWR('D', 39, struct pfioc_limit)
#define DIOCSETLIMIT	_IOWR('D', 40, struct pfioc_limit)
#define DIOCKILLSTATES	_IOWR('D', 41, struct pfioc_state_kill)
#define DIOCSTARTALTQ	_IO  ('D', 42)
#define DIOCSTOPALTQ	_IO  ('D', 43)
#define DIOCADDALTQ	_IOWR('D', 45, struct pfioc_altq)
#define DIOCGETALTQS	_IOWR('D', 47, struct pfioc_altq)
#define DIOCGETALTQ	_IOWR('D', 48, struct pfioc_altq)
#define DIOCBEGINADDRS	_IOWR('D', 51, struct pfioc_pooladdr)
#define DIOCADDADDR	_IOWR('D', 52, struct pfioc_pooladdr)
#define DIOCGETADDRS	_IOWR('D', 53, struct pfioc_pooladdr)
#define DIOCGETADDR	_IOWR('D', 54, struct pfioc_pooladdr)
#define DIOCGETRULESETS _IOWR('D', 58, struct pfioc_ruleset)
#define DIOCGETRULESET	_IOWR('D', 59, struct pfioc_ruleset)
#define DIOCRCLRTABLES	_IOWR('D', 60, struct pfioc_table)
#define DIOCRADDTABLES	_IOWR('D', 61, struct pfioc_table)
#define DIOCRDELTABLES	_IOWR('D', 62, struct pfioc_table)
#define DIOCRGETTABLES	_IOWR('D', 63, struct pfioc_table)
#define DIOCRGETTSTATS	_IOWR('D', 64, struct pfioc_table)
#define DIOCRCLRTSTATS	_IOWR('D', 65, struct pfioc_table)
#define DIOCRCLRADDRS	_IOWR('D', 66, struct pfioc_table)
#define DIOCRADDADDRS	_IOWR('D', 67, struct pfioc_table)
#define DIOCRDELADDRS	_IOWR('D', 68, struct pfioc_table)
#define DIOCRSETADDRS	_IOWR('D', 69, struct pfioc_table)
#define DIOCRGETADDRS	_IOWR('D', 70, struct pfioc_table)
#define DIOCRGETASTATS	_IOWR('D', 71, struct pfioc_table)
#define DIOCRCLRASTATS	_IOWR('D', 72, struct pfioc_table)
#define DIOCRTSTADDRS	_IOWR('D', 73, struct pfioc_table)
#define DIOCRSETTFLAGS	_IOWR('D', 74, struct pfioc_table)
#define DIOCRINADEFINE	_IOWR('D', 77, struct pfioc_table)
#define DIOCOSFPFLUSH	_IO  ('D', 78)
#define DIOCOSFPADD	_IOWR('D', 79, struct pf_osfp_ioctl)
#define DIOCOSFPGET	_IOWR('D', 80, struct pf_osfp_ioctl)
#define DIOCXBEGIN	_IOWR('D', 81, struct pfioc_trans)
#define DIOCXCOMMIT	_IOWR('D', 82, struct pfioc_trans)
#define DIOCXROLLBACK	_IOWR('D', 83, struct pfioc_trans)
#define DIOCGETSRCNODES	_IOWR('D', 84, struct pfioc_src_nodes)
#define DIOCCLRSRCNODES	_IO  ('D', 85)
#define DIOCSETHOSTID	_IOWR('D', 86, struct pfioc_u32)
#define DIOCIGETIFACES	_IOWR('D', 87, struct pfioc_iface)
#define DIOCSETIFFLAG	_IOWR('D', 89, struct pfioc_iface)
#define DIOCCLRIFFLAG	_IOWR('D', 90, struct pfioc_iface)
#define DIOCKILLSRCNODES _IOWR('D', 91, struct pfioc_src_node_kill)
#define DIOCSETREASS	_IOWR('D', 92, struct pfioc_u32)
#define DIOCKEEPCOUNTERS _IOWR('D', 93, struct pfioc_u32)	/* 0, 1 */

#endif /* _NET_PFVAR_H_ */
