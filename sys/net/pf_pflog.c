// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pflog.c: records of packets, for who listens on a pflog device
 *
 * What it owns.  Nothing beyond pf_pflog.h.
 * Locking.  The RCU read side of the packet.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "if_pflog.h"
#include "pf_if.h"
#include "pf_packet.h"
#include "pf_pflog.h"
#include "pf_rule.h"

static_assert(sizeof(struct pfloghdr) == PFLOG_HDRLEN, "as programs read it");

/* Whose the packet is, if the rule asks that and the packet can be somebody's. */
static uint32_t
owner_of(struct pf_pdesc *pd, const struct pf_krule *to)
{
	if ((to->act.log & PF_LOG_SOCKET_LOOKUP) == 0 ||
	    (pd->proto != IPPROTO_TCP && pd->proto != IPPROTO_UDP) ||
	    (pd->flags & PF_PD_NOTFIRST) != 0)
		return (PFLOG_NONE);
	pf_packet_owner(pd);
	return (pd->uid);
}

void
pf_pflog(struct pf_pdesc *pd, const struct pf_krule *rule,
    const struct pf_krule *outer, int why, const struct pf_krule *to)
{
	int		 ifindex = READ_ONCE(to->origin->log_kif->ifindex);
	bool		 passed = why == PF_GO;
	struct pfloghdr	 h;

	if (ifindex == 0 || !pf_host_listens(pd->pf, ifindex))
		return;
	memset(&h, 0, sizeof(h));
	h.length = PFLOG_REAL_HDRLEN;
	h.af = pd->af == AF_INET ? PFLOG_AF_INET : PFLOG_AF_INET6;
	h.action = passed ? rule->act.action :
	    why == PFRES_SYNPROXY ? PF_SYNPROXY_DROP : PF_DROP;
	h.reason = passed || why == PF_BLOCKED ? PFRES_MATCH : why;
	memcpy(h.ifname, pd->kif->name, sizeof(h.ifname));
	memcpy(h.ruleset, rule->origin->ruleset, sizeof(h.ruleset));
	h.rulenr = htonl(outer != NULL ? outer->nr : rule->nr);
	h.subrulenr = outer != NULL ? htonl(rule->nr) : PFLOG_NONE;
	h.uid = owner_of(pd, to);
	h.pid = PFLOG_NONE;
	h.rule_uid = rule->origin->cuid;
	h.rule_pid = rule->origin->cpid;
	h.dir = pd->dir;
	pf_pkt_log(pd->pf, pd->pkt, ifindex, &h, sizeof(h));
}
