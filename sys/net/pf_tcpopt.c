// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpopt.c: change the TCP header of a packet
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  First floor.
 */
#include "pf_host.h"
#include "pfvar.h"
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
