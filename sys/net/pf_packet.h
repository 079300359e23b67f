/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_packet.h: from bytes to a description
 *
 * What it owns.  The form of a pf_pdesc, which lives on the stack for the time of one
 * pf_test().  All lengths in it have been checked against the packet.
 * Locking.  None.
 * Place.  First floor: the instance and the interface are pointers here, never followed.
 */
#ifndef _NET_PF_PACKET_H_
#define _NET_PF_PACKET_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_kif;

/*
 * How a step on the packet's way says how it goes on.  All of them return PF_GO, or the reason
 * why the packet goes no further: a PFRES_* other than PFRES_MATCH, under which it is
 * counted, or PF_BLOCKED.
 */
enum {
	PF_GO = 0,
	PF_BLOCKED = PFRES_MAX		/* a rule says so, and counts it */
};

#define PF_PD_FRAGMENT	0x01	/* a fragment, first or later */
#define PF_PD_NOTFIRST	0x02	/* a later one: no transport header */
#define PF_PD_OPTS	0x04	/* IP options, hop-by-hop, routing, dst options */
#define PF_PD_ICMPERR	0x08	/* quotes a packet */
#define PF_PD_ICMPQUERY	0x10	/* a request or reply: has a state */
#define PF_PD_ICMPREPLY	0x20	/* .. and it is the reply of that pair */
#define PF_PD_CKSUM	0x40	/* whole, with a transport checksum over all of it */
#define PF_PD_ICMPID	0x80	/* .. of a type that has one in the packet */

struct pf_tcp_info {
	uint32_t	seq, ack;	/* host order */
	uint16_t	win;		/* host order, unscaled */
	uint8_t		flags;		/* PF_TH_* of pf_wire.h */
	uint8_t		doff;		/* header length, bytes, options and all */
};

struct pf_pdesc {
	struct pf	*pf;
	struct pf_pkt	*pkt;
	struct pf_kif	*kif;		/* the packet's device */
	struct pf_addr	 src, dst;
	uint16_t	 sport, dport;	/* network order; 0 if none */
	uint8_t		 dir;		/* PF_IN, PF_OUT */
	uint8_t		 af;
	uint8_t		 proto;		/* transport, after extension headers */
	uint8_t		 flags;		/* PF_PD_* */
	uint32_t	 off;		/* of the transport header */
	uint32_t	 len;		/* of the packet, by its IP header */
	uint32_t	 p_len;		/* of the transport payload (TCP: of data) */
	uint8_t		 tos, ttl;
	uint8_t		 icmp_type, icmp_code;
	uint16_t	 icmp_id;	/* network order, queries */
	uint16_t	 icmp_vtype;	/* the request type that names the pair */
	struct pf_tcp_info tcp;
};

/*
 * Fill pd from the packet: pf, pkt, kif, dir and af are set by the caller.
 * PF_GO when the packet is sound.
 */
int	 pf_packet_parse(struct pf_pdesc *pd);
/*
 * The same for the packet quoted at `off' in an ICMP error of length pd->len:
 * only the first 8 bytes of transport are there, the checksum is not looked at.
 */
int	 pf_packet_parse_quoted(const struct pf_pdesc *pd, uint32_t off,
	    struct pf_pdesc *quoted);
/* How much of its header each transport must have within a packet; 0: pf does not look. */
static inline uint32_t
pf_transport_size(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return (20);
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return (8);
	}
	return (0);
}
/* TCP options: the window scale (with PF_WSCALE_FLAG; 0: no such option), MSS (0: none). */
uint8_t	 pf_packet_wscale(const struct pf_pdesc *pd);
uint16_t pf_packet_mss(const struct pf_pdesc *pd);
/* Segments on the wire, for counting. */
static inline uint64_t
pf_pd_packets(const struct pf_pdesc *pd)
{
	return (pf_pkt_segs(pd->pkt));
}

#endif /* _NET_PF_PACKET_H_ */
