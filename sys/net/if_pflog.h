/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * if_pflog.h: a record of a packet, as programs read it from pflog devices and files
 *
 * A record is a struct pfloghdr, and then the packet from its IP header on.  In capture files
 * it is link type 117 (DLT_PFLOG); pflog(4) says what it tells.
 */
#ifndef _NET_IF_PFLOG_H_
#define _NET_IF_PFLOG_H_

#include "pfvar.h"

#define PFLOG_RULESET_SIZE	16
#define PFLOG_AF_INET		2
#define PFLOG_AF_INET6		24	/* what readers know: not Linux's 10 */
#define PFLOG_REAL_HDRLEN	61	/* of the header, without pad: in length */
#define PFLOG_HDRLEN		64	/* of the header, with it: where the packet begins */
#define PFLOG_NONE		UINT32_MAX /* no such rule, user, or process */

struct pfloghdr {
	uint8_t		length;		/* PFLOG_REAL_HDRLEN */
	uint8_t		af;		/* PFLOG_AF_* */
	uint8_t		action;		/* PF_DROP, or that of the rule */
	uint8_t		reason;		/* PFRES_* */
	char		ifname[PF_IFNAMSIZ];
	/* the last part of the name of the anchor whose rule it was; "": of none */
	char		ruleset[PFLOG_RULESET_SIZE];
	uint32_t	rulenr;		/* network order: of the main ruleset */
	uint32_t	subrulenr;	/* network order: in the anchor; PFLOG_NONE: none */
	uint32_t	uid;		/* whose packet it is, if the rule asks; host order */
	uint32_t	pid;		/* PFLOG_NONE */
	uint32_t	rule_uid;	/* who has loaded the rule; host order */
	uint32_t	rule_pid;
	uint8_t		dir;		/* PF_IN, PF_OUT */
	uint8_t		pad[3];
};

#endif /* _NET_IF_PFLOG_H_ */
