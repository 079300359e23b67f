/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_fields.h: the members of a rule, each named once
 *
 * What it owns.  Three lists.  Everything that must know all members of struct pf_rule is
 * made from them: in the kernel the check of a rule, the members that a krule keeps, the
 * criteria that the match loop compares, the skip steps and the digest; in pfctl the
 * classes of the optimizer, and the word that an error message has.  It has no code.
 * Locking.  None.
 * Place.  Below the first floor.
 *
 * How to read it.  A list calls the macro F, which its user gives it, once for each entry.
 *
 * PF_RULE_FIELDS(F): F(member, word, kind, max, skip, use, class)
 *	member	of struct pf_rule, in their order, so that the list covers all its bytes
 *	word	how pf.conf says it
 *	kind	which values it may have:
 *		ANY	every one
 *		MAX	a number up to max
 *		STR	a string, NUL-terminated, zeros behind
 *		TABLE	a routing table; PF_RTABLE_NONE says nothing
 *	skip	the skip step, PF_SKIP_*, that it belongs to; COUNT: none
 *	use	what it is in the kernel:
 *		ENTRY	a criterion in the match entry: pf_krule_entry() puts it there, and
 *			match_one() asks for it
 *		ASK	a criterion that few rules have: pf_match.c has a match_<member>(),
 *			asked of a rule if the member is not zero
 *		ACT	says what the rule does: struct pf_rule_act
 *		TOLD	is told back to the user; what comes of it otherwise has a place of its
 *			own (pools: pf_pool.c)
 *		OUT	the kernel fills it in; zero in a new rule
 *		LATER	a feature that does not exist yet: says nothing in a new rule
 *	class	of the optimizer (sbin/pfctl/optimize.c):
 *		ALONE	a rule that has it may not be moved or joined
 *		SAME	rules that are moved or joined have it in common
 *		LIKE	it may differ between rules that change places
 *		ADDRESS	part of an address, which may be put into a table
 *		IGNORED	the user does not say it
 *
 * PF_RULE_BITS(F): F(bit, name, word, use) for each PFRULE_<bit> of rule_flag
 *	use	ASK (pf_match.c has a match_<name>()), ACT, TOLD or LATER
 *
 * PF_RULE_VALUES_LATER(F): F(member, value, word) for each value of a member that
 *	otherwise exists, which is a feature that does not exist yet
 *
 * A member without a row does not compile (pf_rule.c); a row in the wrong place is found by
 * regress/unit/test_rule.c.  What else a new criterion takes stands in regress/plant/edits.
 */
#ifndef _NET_PF_FIELDS_H_
#define _NET_PF_FIELDS_H_

#define PF_RULE_HOST(F, h, word, A, P)						\
	F(h.addr.v,	word,		ANY, 0,	A,	ENTRY,	ADDRESS)	\
	F(h.addr.cnt,	word,		ANY, 0,	COUNT,	OUT,	ADDRESS)	\
	F(h.addr.type,	word,		MAX, PF_ADDR_TYPE_MAX - 1,		\
						A,	ENTRY,	ADDRESS)	\
	F(h.addr.iflags, word,		ANY, 0,	A,	ENTRY,	ADDRESS)	\
	F(h.addr.net,	word,		ANY, 0,	A,	ENTRY,	ADDRESS)	\
	F(h.addr.pad,	word,		ANY, 0,	COUNT,	OUT,	ADDRESS)	\
	F(h.port,	"port",		ANY, 0,	P,	ENTRY,	LIKE)		\
	F(h.neg,	"!",		MAX, 1,	A,	ENTRY,	LIKE)		\
	F(h.port_op,	"port",		MAX, PF_OP_MAX - 1,			\
						P,	ENTRY,	LIKE)		\
	F(h.pad,	word,		ANY, 0,	COUNT,	OUT,	IGNORED)

#define PF_RULE_FIELDS(F)							\
	PF_RULE_HOST(F, src, "from", SRC_ADDR, SRC_PORT)			\
	PF_RULE_HOST(F, dst, "to", DST_ADDR, DST_PORT)				\
	F(pool,		"->",		ANY, 0,	COUNT,	TOLD,	SAME)		\
	F(ifname,	"on",		STR, 0,	IFP,	ENTRY,	LIKE)		\
	F(rcv_ifname,	"received-on",	STR, 0,	COUNT,	ASK,	LIKE)		\
	F(logif,	"log",		STR, 0,	COUNT,	TOLD,	SAME)		\
	F(label,	"label",	STR, 0,	COUNT,	TOLD,	ALONE)		\
	F(qname,	"queue",	STR, 0,	COUNT,	LATER,	SAME)		\
	F(pqname,	"queue",	STR, 0,	COUNT,	LATER,	SAME)		\
	F(tagname,	"tag",		STR, 0,	COUNT,	TOLD,	SAME)		\
	F(match_tagname, "tagged",	STR, 0,	COUNT,	ASK,	LIKE)		\
	F(overload_tblname, "overload",	STR, 0,	COUNT,	TOLD,	SAME)		\
	F(evaluations,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(packets,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(bytes,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(states_tot,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(states_cur,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(src_nodes,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(nr,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(skip,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(expired,	"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(qid,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(pqid,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(rule_flag,	"",		MAX, PFRULE_FLAGMASK,			\
						COUNT,	ACT,	SAME)		\
	F(timeout,	"keep state",	ANY, 0,	COUNT,	ACT,	LIKE)		\
	F(max_states,	"max",		ANY, 0,	COUNT,	ACT,	ALONE)		\
	F(max_src_nodes, "max-src-nodes", ANY, 0, COUNT, ACT,	ALONE)		\
	F(max_src_states, "max-src-states", ANY, 0, COUNT, ACT, ALONE)	\
	F(max_src_conn,	"max-src-conn",	ANY, 0,	COUNT,	ACT,	ALONE)		\
	F(max_src_conn_rate, "max-src-conn-rate", ANY, 0, COUNT, ACT, ALONE)	\
	F(pktrate,	"max-pkt-rate",	ANY, 0,	COUNT,	TOLD,	ALONE)		\
	F(prob,		"probability",	ANY, 0,	COUNT,	ASK,	ALONE)		\
	F(os_fingerprint, "os",		ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(rtableid,	"rtable",	TABLE, 0, COUNT, ACT,	SAME)		\
	F(cuid,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(cpid,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(ridentifier,	"ridentifier",	ANY, 0,	COUNT,	TOLD,	ALONE)		\
	F(uid,		"user",		ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(gid,		"group",	ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(pad0,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(divert_addr,	"divert-to",	ANY, 0,	COUNT,	TOLD,	SAME)		\
	F(divert_port,	"divert-to",	ANY, 0,	COUNT,	TOLD,	SAME)		\
	F(return_icmp,	"return-icmp",	ANY, 0,	COUNT,	ACT,	LIKE)		\
	F(return_icmp6,	"return-icmp6",	ANY, 0,	COUNT,	ACT,	LIKE)		\
	F(max_mss,	"max-mss",	ANY, 0,	COUNT,	ACT,	SAME)		\
	F(return_ttl,	"ttl",		ANY, 0,	COUNT,	ACT,	SAME)		\
	F(action,	"",		MAX, PF_ACTION_MAX - 1,			\
						COUNT,	ACT,	SAME)		\
	F(direction,	"in or out",	MAX, PF_OUT,				\
						DIR,	ENTRY,	LIKE)		\
	F(log,		"log",		MAX, PF_LOG_MASK,			\
						COUNT,	ACT,	SAME)		\
	F(quick,	"quick",	MAX, 1,	COUNT,	ENTRY,	SAME)		\
	F(ifnot,	"!",		MAX, 1,	IFP,	ENTRY,	LIKE)		\
	F(rcvifnot,	"received-on",	MAX, 1,	COUNT,	TOLD,	LIKE)		\
	F(match_tag_not, "tagged",	MAX, 1,	COUNT,	TOLD,	LIKE)		\
	F(natpass,	"pass",		MAX, 1,	COUNT,	ACT,	SAME)		\
	F(keep_state,	"keep state",	MAX, PF_STATE_SYNPROXY,			\
						COUNT,	ACT,	SAME)		\
	F(af,		"inet or inet6", ANY, 0, AF,	ENTRY,	LIKE)		\
	F(proto,	"proto",	ANY, 0,	PROTO,	ENTRY,	LIKE)		\
	F(type,		"icmp-type",	ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(code,		"code",		ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(flags,	"flags",	ANY, 0,	COUNT,	ENTRY,	LIKE)		\
	F(flagset,	"flags",	ANY, 0,	COUNT,	ENTRY,	LIKE)		\
	F(min_ttl,	"min-ttl",	ANY, 0,	COUNT,	ACT,	SAME)		\
	F(allow_opts,	"allow-opts",	MAX, 1,	COUNT,	ACT,	SAME)		\
	F(rt,		"route-to, reply-to or dup-to",				\
					MAX, PF_REPLYTO,			\
						COUNT,	ACT,	SAME)		\
	F(tos,		"tos",		ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(set_tos,	"set tos",	ANY, 0,	COUNT,	ACT,	SAME)		\
	F(set_prio,	"set prio",	ANY, 0,	COUNT,	ACT,	SAME)		\
	F(prio,		"prio",		ANY, 0,	COUNT,	ASK,	LIKE)		\
	F(flush,	"flush",	MAX, PF_FLUSH | PF_FLUSH_GLOBAL,	\
						COUNT,	ACT,	SAME)		\
	F(naf,		"af-to",	ANY, 0,	COUNT,	LATER,	SAME)		\
	F(divert_type,	"divert-to or divert-reply",				\
					MAX, PF_DIVERT_PACKET,			\
						COUNT,	ACT,	SAME)		\
	F(pool_used,	"nat-to, rdr-to or route-to",				\
					MAX, (1U << PF_POOL_MAX) - 1,		\
						COUNT,	ACT,	SAME)		\
	F(anchor_wildcard, "",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(anchor_relative, "",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(pad,		"",		ANY, 0,	COUNT,	OUT,	IGNORED)	\
	F(more_label[0], "label",	STR, 0,	COUNT,	TOLD,	ALONE)		\
	F(more_label[1], "label",	STR, 0,	COUNT,	TOLD,	ALONE)		\
	F(more_label[2], "label",	STR, 0,	COUNT,	TOLD,	ALONE)		\
	F(more_label[3], "label",	STR, 0,	COUNT,	TOLD,	ALONE)

#define PF_RULE_BITS(F)								\
	F(RETURNRST,	return_rst,	"return-rst",		ACT)		\
	F(FRAGMENT,	fragment,	"fragment",		ASK)		\
	F(RETURNICMP,	return_icmp,	"return-icmp",		ACT)		\
	F(RETURN,	return,		"return",		ACT)		\
	F(NOSYNC,	no_sync,	"no-sync",		ACT)		\
	F(SRCTRACK,	source_track,	"source-track",		ACT)		\
	F(RULESRCTRACK,	source_track_rule, "source-track rule",	ACT)		\
	F(ONCE,		once,		"once",			ASK)		\
	F(IFBOUND,	if_bound,	"if-bound",		ACT)		\
	F(GRBOUND,	group_bound,	"group-bound",		ACT)		\
	F(STATESLOPPY,	sloppy,		"sloppy",		ACT)		\
	F(PFLOW,	pflow,		"pflow",		LATER)		\
	F(NODF,		no_df,		"no-df",		ACT)		\
	F(RANDOMID,	random_id,	"random-id",		ACT)		\
	F(REASSEMBLE_TCP, reassemble_tcp, "reassemble tcp",	ACT)		\
	F(FRAGCROP,	fragment_crop,	"fragment crop",	ACT)		\
	F(FRAGDROP,	fragment_drop,	"fragment drop-ovl",	ACT)		\
	F(SET_TOS,	set_tos,	"set tos",		ACT)		\
	F(NOFRAGMENT,	no_reassemble,	"no reassemble",	ACT)		\
	F(DSCP,		dscp,		"tos",			TOLD)		\
	F(SETQUEUE,	set_queue,	"set queue",		LATER)

#define PF_RULE_VALUES_LATER(F)							\
	F(divert_type,	PF_DIVERT_PACKET,	"divert-packet")

/*
 * PF_RULE_ONLY_ASK(use, code) is the code where use is ASK, and nothing elsewhere; so are
 * those for ACT and LATER.  A user's F calls it to take only such entries.
 */
#define PF_RULE_ONLY_ASK(use, ...)	PF_RULE_ASK_ ## use(__VA_ARGS__)
#define PF_RULE_ASK_ENTRY(...)
#define PF_RULE_ASK_ASK(...)		__VA_ARGS__
#define PF_RULE_ASK_ACT(...)
#define PF_RULE_ASK_TOLD(...)
#define PF_RULE_ASK_OUT(...)
#define PF_RULE_ASK_LATER(...)

#define PF_RULE_ONLY_ACT(use, ...)	PF_RULE_ACT_ ## use(__VA_ARGS__)
#define PF_RULE_ACT_ENTRY(...)
#define PF_RULE_ACT_ASK(...)
#define PF_RULE_ACT_ACT(...)		__VA_ARGS__
#define PF_RULE_ACT_TOLD(...)
#define PF_RULE_ACT_OUT(...)
#define PF_RULE_ACT_LATER(...)

#define PF_RULE_ONLY_LATER(use, ...)	PF_RULE_LATER_ ## use(__VA_ARGS__)
#define PF_RULE_LATER_ENTRY(...)
#define PF_RULE_LATER_ASK(...)
#define PF_RULE_LATER_ACT(...)
#define PF_RULE_LATER_TOLD(...)
#define PF_RULE_LATER_OUT(...)
#define PF_RULE_LATER_LATER(...)	__VA_ARGS__

#endif /* _NET_PF_FIELDS_H_ */
