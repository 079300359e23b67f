// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_norm.c: set in the headers of packets what rules say (scrub, set tos), and their priority
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_cksum.h"
#include "pf_norm.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_tcpopt.h"

/* A priority as a rule has it. */
static uint8_t
prio_of(uint8_t said)
{
	return (said == PF_PRIO_ZERO ? 0 : said);
}

void
pf_norm_add(struct pf_norm *n, const struct pf_rule_act *act)
{
	if (act->rule_flag & PFRULE_NODF)
		n->flags |= PFSTATE_NODF;
	if (act->rule_flag & PFRULE_RANDOMID)
		n->flags |= PFSTATE_RANDOMID;
	if (act->rule_flag & PFRULE_REASSEMBLE_TCP)
		n->flags |= PFSTATE_SCRUB_TCP;
	if (act->rule_flag & PFRULE_SET_TOS) {
		n->flags |= PFSTATE_SETTOS;
		n->tos = act->set_tos;
	}
	if (act->set_prio[0] != PF_PRIO_NOTSET) {
		n->flags |= PFSTATE_SETPRIO;
		n->prio[0] = prio_of(act->set_prio[0]);
		n->prio[1] = prio_of(act->set_prio[1]);
	}
	if (act->min_ttl != 0)
		n->min_ttl = act->min_ttl;
	if (act->max_mss != 0)
		n->max_mss = act->max_mss;
}

/* Somebody waits for the packet. */
static bool
is_urgent(const struct pf_pdesc *pd)
{
	return ((pd->tos & PF_TOS_LOWDELAY) != 0 ||
	    (pd->proto == IPPROTO_TCP && (pd->flags & PF_PD_NOTFIRST) == 0 &&
	    (pd->tcp.flags & PF_TH_ACK) != 0 && pd->p_len == 0));
}

static int
set_tos(struct pf_pdesc *pd, uint8_t tos)
{
	tos = (tos & ~PF_ECN) | (pd->tos & PF_ECN);
	if (tos == pd->tos)
		return (PF_GO);
	if (!pf_pkt_set_tos(pd->pkt, pd->af, tos))
		return (PFRES_MEMORY);
	pd->tos = tos;
	return (PF_GO);
}

static int
set_ttl(struct pf_pdesc *pd, uint8_t ttl)
{
	if (!pf_pkt_set_ttl(pd->pkt, pd->af, ttl))
		return (PFRES_MEMORY);
	pd->ttl = ttl;
	return (PF_GO);
}

/* The word of the IPv4 header that has the identification and the flags. */
static int
set_id(struct pf_pdesc *pd, uint16_t flags)
{
	struct pf_ip4		 buf pf_uninit, *h;
	const struct pf_ip4	*ip;
	uint16_t		 word[2];

	ip = pf_pkt_pull(pd->pkt, 0, sizeof(*ip), &buf);
	if (ip == NULL)
		return (PFRES_SHORT);
	word[0] = ip->id;
	word[1] = ip->off;
	if (flags & PFSTATE_NODF)
		word[1] &= ~htons(PF_IP_DF);
	if (flags & PFSTATE_RANDOMID && (pd->flags & PF_PD_FRAGMENT) == 0)
		pf_random(pd->pf, &word[0], sizeof(word[0]));
	if (word[0] == ip->id && word[1] == ip->off)
		return (PF_GO);
	h = pf_pkt_write(pd->pkt, 0, sizeof(*h));
	if (h == NULL)
		return (PFRES_MEMORY);
	pf_cksum_change(&h->sum, &h->id, word, sizeof(word));
	h->id = word[0];
	h->off = word[1];
	return (PF_GO);
}

static_assert(offsetof(struct pf_ip4, off) == offsetof(struct pf_ip4, id) + 2,
    "they are one word");

/* No larger segments than that: only a SYN speaks of their size (RFC 9293, 3.7.1). */
static int
limit_mss(struct pf_pdesc *pd, uint16_t max)
{
	struct pf_tcpopt	o = PF_TCPOPT_BEGIN;
	uint8_t			old[PF_TCP_MAXHLEN], *th, *mss;
	int			why;

	if ((pd->tcp.flags & PF_TH_SYN) == 0 || pf_packet_mss(pd) <= max)
		return (PF_GO);
	th = pf_tcp_write(pd, old, &why);
	if (th == NULL)
		return (why);
	while (pf_tcpopt_next(th, pd->tcp.doff, &o)) {
		mss = th + o.at + 2;
		if (th[o.at] != PF_TCPOPT_MSS || o.len != PF_TCPOPT_MSS_LEN ||
		    (mss[0] << 8 | mss[1]) <= max)
			continue;
		mss[0] = max >> 8;
		mss[1] = (uint8_t)max;
	}
	pf_tcp_correct(pd, th, old);
	return (PF_GO);
}

int
pf_norm_apply(struct pf_pdesc *pd, const struct pf_norm *n)
{
	int	why = PF_GO;

	if (n->flags & PFSTATE_SETPRIO)		/* before its tos is another one */
		pf_pkt_set_prio(pd->pkt, pd->dir, n->prio[is_urgent(pd)]);
	if (n->flags & PFSTATE_SETTOS)
		why = set_tos(pd, n->tos);
	if (why == PF_GO && pd->ttl < n->min_ttl)
		why = set_ttl(pd, n->min_ttl);
	if (why == PF_GO && pd->af == AF_INET &&
	    n->flags & (PFSTATE_NODF | PFSTATE_RANDOMID))
		why = set_id(pd, n->flags);
	if (why == PF_GO && n->max_mss != 0 && pd->proto == IPPROTO_TCP &&
	    (pd->flags & PF_PD_NOTFIRST) == 0)
		why = limit_mss(pd, n->max_mss);
	return (why);
}

int
pf_norm_tcp(struct pf_pdesc *pd)
{
	struct pf_tcp		 buf pf_uninit;
	const struct pf_tcp	*th;
	uint8_t			 old[PF_TCP_MAXHLEN], *h;
	int			 why;

	th = pf_pkt_pull(pd->pkt, pd->off, sizeof(*th), &buf);
	if (th == NULL)
		return (PFRES_SHORT);
	if (likely((th->off & PF_TCP_RESERVED) == 0 &&
	    (th->urp == 0 || pd->tcp.flags & PF_TH_URG)))
		return (PF_GO);
	h = pf_tcp_write(pd, old, &why);
	if (h == NULL)
		return (why);
	h[offsetof(struct pf_tcp, off)] &= ~PF_TCP_RESERVED;
	if ((pd->tcp.flags & PF_TH_URG) == 0)
		memset(h + offsetof(struct pf_tcp, urp), 0, sizeof(th->urp));
	pf_tcp_correct(pd, h, old);
	return (PF_GO);
}
