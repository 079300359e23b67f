/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * parts.h: the parts of a rule, each named once.
 *
 * RULE_PARTS(F) calls F(kind, again, take, print, name) for each part, in the order in which
 * a rule is printed.
 *	kind	of the node that the grammar makes of it; the comment says which members
 *		of struct node it uses
 *	again	whether it may come twice in a rule
 *	take	part_<take>() puts it into a struct spec (rule.c, keep.c)
 *	print	print_<print>() writes it (print.c); nothing: another part's does
 *	name	in messages
 * A part without its function does not compile.  Private to the language half.
 */
#ifndef _PFCTL_PARTS_H_
#define _PFCTL_PARTS_H_

#define RULE_PARTS(F)							\
	F(P_NATPASS,	false,	natpass,	nothing, "pass")	\
	/* n[0] PF_IN, PF_OUT */					\
	F(P_DIR,	false,	dir,		direction, "in or out")	\
	/* a: N_WORD; t: interface on N_WORD "to" */			\
	F(P_LOG,	false,	log,		log,	"log")		\
	F(P_QUICK,	false,	quick,		quick,	"quick")	\
	/* a: N_IF */							\
	F(P_ON,		false,	on,		on,	"on")		\
	/* n[0] PF_ROUTETO ..; a hosts, b pool options */		\
	F(P_ROUTE,	false,	route,		route,			\
					"route-to, reply-to or dup-to")	\
	/* n[0] */							\
	F(P_AF,		false,	af,		af,	"address family") \
	/* a */								\
	F(P_PROTO,	false,	proto,		proto,	"proto")	\
	/* a hosts, b ports */						\
	F(P_FROM,	false,	from,		fromto,	"from")		\
	/* a */								\
	F(P_SRC_OS,	false,	os,		nothing, "os")		\
	/* a hosts, b ports */						\
	F(P_TO,		false,	to,		nothing, "to")		\
	/* s, neg */							\
	F(P_RECEIVED,	false,	received,	received, "received-on") \
	/* a */								\
	F(P_USER,	true,	user,		user,	"user")		\
	F(P_GROUP,	true,	group,		group,	"group")	\
	/* s, t; both NULL: any */					\
	F(P_FLAGS,	false,	flags,		flags,	"flags")	\
	/* n[0] protocol, a */						\
	F(P_ICMPTYPE,	false,	icmptype,	icmp,	"icmp-type")	\
	/* s */								\
	F(P_TOS,	false,	tos,		tos,	"tos")		\
	F(P_PRIO,	false,	prio,		prio,	"prio")		\
	/* n[0] 0 no, PF_STATE_*; a: state options */			\
	F(P_KEEP,	false,	keep,		keep,	"modulate or keep") \
	/* s */								\
	F(P_PROBABILITY, false,	probability,	probability, "probability") \
	F(P_ONCE,	false,	once,		once,	"once")		\
	/* s / t */							\
	F(P_PKTRATE,	false,	pktrate,	pktrate, "max-pkt-rate") \
	F(P_FRAGMENT,	false,	fragment,	fragment, "fragment")	\
	/* a: S_* */							\
	F(P_SCRUB,	false,	scrub,		scrub,	"scrub")	\
	F(P_ALLOWOPTS,	false,	allowopts,	allowopts, "allow-opts") \
	/* s */								\
	F(P_LABEL,	true,	label,		label,	"label")	\
	F(P_RIDENT,	false,	ridentifier,	ridentifier, "ridentifier") \
	/* s, t or NULL; neg: by `set' */				\
	F(P_QUEUE,	false,	queue,		queue,	"queue")	\
	/* s, t or NULL */						\
	F(P_SETPRIO,	false,	setprio,	set,	"set prio")	\
	/* s */								\
	F(P_SETTOS,	false,	settos,		nothing, "set tos")	\
	F(P_TAG,	false,	tag,		tag,	"tag")		\
	/* s, neg */							\
	F(P_TAGGED,	false,	tagged,		tagged,	"tagged")	\
	/* s */								\
	F(P_RTABLE,	false,	rtable,		rtable,	"rtable")	\
	/* n[0] PF_DIVERT_TO, REPLY; a host, s port */			\
	F(P_DIVERT,	false,	divert,		divert,			\
					"divert-to or divert-reply")	\
	/* a hosts, s port, b pool options, in all four */		\
	F(P_REDIR,	false,	rdrto,		redir,	"->")		\
	F(P_NATTO,	false,	natto,		natto,	"nat-to")	\
	F(P_RDRTO,	false,	rdrto,		rdrto,	"rdr-to")	\
	F(P_BINATTO,	false,	rdrto,		nothing, "binat-to")

#endif /* _PFCTL_PARTS_H_ */
