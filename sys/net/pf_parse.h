/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_parse.h: what the files that read packets share
 *
 * What it owns.  struct parse, which is on the stack of pf_packet_parse().
 * Life.  One call.
 * Locking.  None.
 * Place.  First floor: only pf_packet.c and pf_packet_icmp.c use it.
 */
#ifndef _NET_PF_PARSE_H_
#define _NET_PF_PARSE_H_

#include "pf_host.h"
#include "pf_packet.h"

/* The packet that is being read. */
struct parse {
	struct pf_pdesc	*pd;
	uint32_t	 at;		/* where the IP header is */
	uint32_t	 end;		/* nothing is read from here on */
	bool		 quoted;	/* in an ICMP error; may be cut short */
	bool		 whole;		/* length field 0: host's length */
					/* counts */
	bool		 alert;		/* the only option is router alert */
	bool		 group;		/* IGMP or MLD, which must have that */
	bool		 rerouted;	/* the checksum covers an address that */
					/* the IP header does not have (yet) */
};

/* len bytes at off, or NULL: they do not belong to the packet.  buf has room
 * for them, in case they lie in pieces. */
static inline const void *
pull(const struct parse *ps, uint32_t off, uint32_t len, void *buf)
{
	if (off > ps->end || len > ps->end - off)
		return (NULL);
	return (pf_pkt_pull(ps->pd->pkt, off, len, buf));
}

/* pf_packet_icmp.c: the transport header at pd->off.  PF_GO or PFRES_*. */
int	 parse_icmp(struct parse *);
int	 parse_igmp(struct parse *);

#endif /* _NET_PF_PARSE_H_ */
