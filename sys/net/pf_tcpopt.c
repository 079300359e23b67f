// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpopt.c: change the TCP header of a packet, or write one
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  First floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_cksum.h"
#include "pf_packet.h"
#include "pf_tcpopt.h"
#include "pf_wire.h"

#define SUM_AT		offsetof(struct pf_tcp, sum)
#define URP_AT		offsetof(struct pf_tcp, urp)

static_assert(SUM_AT % 4 == 0 && URP_AT == SUM_AT + 2, "they are one word");

uint8_t *
pf_tcp_write(struct pf_pdesc *pd, uint8_t old[PF_TCP_MAXHLEN], int *why)
{
	uint8_t	*th;

	*why = PFRES_SHORT;
	if (pd->tcp.doff > PF_TCP_MAXHLEN)
		return (NULL);
	*why = PFRES_MEMORY;
	th = pf_pkt_write(pd->pkt, pd->off, pd->tcp.doff);
	if (th != NULL)
		memcpy(old, th, pd->tcp.doff);
	return (th);
}

/* Numbers may lie at odd places among the options; whole words of the header do not. */
void
pf_tcp_correct(struct pf_pdesc *pd, uint8_t *th, const uint8_t *old)
{
	uint32_t	from, to;
	unsigned int	i;

	for (i = 0; i < pd->tcp.doff; i += sizeof(from)) {
		if (i == SUM_AT)
			continue;
		memcpy(&from, old + i, sizeof(from));
		memcpy(&to, th + i, sizeof(to));
		if (from != to)
			pf_pkt_cksum_change(pd->pkt, th + SUM_AT, &from, &to,
			    sizeof(from), 0);
	}
	if (memcmp(old + URP_AT, th + URP_AT, sizeof(uint16_t)) != 0)
		pf_pkt_cksum_change(pd->pkt, th + SUM_AT, old + URP_AT,
		    th + URP_AT, sizeof(uint16_t), 0);
}

void
pf_segment_put(uint8_t *p, const struct pf_segment *g, uint8_t af,
    const struct pf_addr *src, const struct pf_addr *dst, uint16_t sport,
    uint16_t dport)
{
	uint32_t	len = pf_segment_len(g), sum;
	struct pf_tcp	th;

	memset(&th, 0, sizeof(th));
	th.sport = sport;
	th.dport = dport;
	pf_put32(th.seq, g->seq);
	pf_put32(th.ack, g->ack);
	th.off = len / 4 << 4;
	th.flags = g->flags;
	th.win = htons(g->win);
	memcpy(p, &th, sizeof(th));
	memcpy(p + sizeof(th), g->opt, g->optlen);
	sum = pf_cksum_pseudo(src, dst, af, IPPROTO_TCP, len);
	th.sum = pf_cksum_fold(pf_cksum_add(sum, p, len));
	memcpy(p, &th, sizeof(th));
}

/* The packet ends where its IP header says. */
static bool
set_length(struct pf_pdesc *pd, uint32_t len)
{
	struct pf_ip4	*ip4;
	struct pf_ip6	*ip6;
	uint16_t	 now;

	if (pd->af == AF_INET) {
		ip4 = pf_pkt_write(pd->pkt, 0, sizeof(*ip4));
		if (ip4 == NULL)
			return (false);
		now = htons(len);
		pf_cksum_change(&ip4->sum, &ip4->len, &now, sizeof(now));
		ip4->len = now;
	} else {
		ip6 = pf_pkt_write(pd->pkt, 0, sizeof(*ip6));
		if (ip6 == NULL)
			return (false);
		ip6->plen = htons(len - sizeof(*ip6));
	}
	pd->len = len;
	return (true);
}

/* The headers in front of the segment stay. */
int
pf_segment_become(struct pf_pdesc *pd, const struct pf_segment *g)
{
	struct pf_part	 part[2];
	struct pf_pkt	*pkt;
	void		*data;
	bool		 joined;

	if ((pd->flags & PF_PD_CKSUM) == 0 || pf_pkt_segs(pd->pkt) != 1)
		return (PFRES_NORM);
	pkt = pf_pkt_new(pd->pf, pf_segment_len(g), &data);
	if (pkt == NULL)
		return (PFRES_MEMORY);
	pf_segment_put(data, g, pd->af, &pd->src, &pd->dst, pd->sport, pd->dport);
	part[0] = (struct pf_part){ &part[1], pd->pkt, 0, pd->off };
	part[1] = (struct pf_part){ NULL, pkt, 0, pf_segment_len(g) };
	joined = pf_pkt_join(pd->pkt, pd->af, part, 0);
	pf_pkt_free(pkt);
	if (!joined || !set_length(pd, pd->off + pf_segment_len(g)))
		return (PFRES_MEMORY);
	pd->tcp = (struct pf_tcp_info){
		.seq = g->seq, .ack = g->ack, .win = g->win, .flags = g->flags,
		.doff = (uint8_t)pf_segment_len(g)
	};
	pd->p_len = 0;
	return (PF_GO);
}
