/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_packet.h: the description of a packet
 *
 * What it owns.  The definition of struct pf_pdesc.  All lengths in a pf_pdesc
 * have been checked against the packet.
 * Life.  A pf_pdesc is on the stack of pf_test(), and lives for one call.
 * Locking.  None.
 * Place.  First floor: these files do not follow the pointers to the instance
 * and to the interface.
 */
#ifndef _NET_PF_PACKET_H_
#define _NET_PF_PACKET_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"

struct pf;
struct pf_kif;
struct pf_osfp;
struct pf_tag;

/*
 * What a step on a packet's way returns.  PF_GO: the packet goes on.  Otherwise
 * the packet goes no further, and the value is the reason: PF_BLOCKED, or a
 * PFRES_* other than PFRES_MATCH, under which the packet is counted.
 */
enum {
	PF_GO = 0,
	PF_BLOCKED = PFRES_MAX,		/* a rule says so, and counts it */
	PF_HELD				/* pf keeps it, until the rest of its */
					/* datagram has come */
};

#define PF_PD_FRAGMENT	0x001	/* a fragment, first or later */
#define PF_PD_NOTFIRST	0x002	/* not the first: no transport header */
#define PF_PD_OPTS	0x004	/* IP options, hop-by-hop, routing, dst */
				/* options */
#define PF_PD_ICMPERR	0x008	/* ICMP error: quotes a packet */
#define PF_PD_ICMPQUERY	0x010	/* ICMP request or reply */
#define PF_PD_ICMPREPLY	0x020	/* PF_PD_ICMPQUERY: it is the reply, and */
				/* makes no state */
#define PF_PD_CKSUM	0x040	/* has a transport checksum that can be */
				/* verified */
#define PF_PD_ICMPID	0x080	/* PF_PD_ICMPQUERY: its header has an id */
#define PF_PD_ENDS	0x100	/* PF_PD_ICMPQUERY: `asks' and `asked' are */
				/* its ends, and not its addresses */
#define PF_PD_ONEWAY	0x200	/* ICMP, neither query nor error: has no state */
#define PF_PD_LINK	0x400	/* never leaves its link: is not translated */
#define PF_PD_HOP	0x1000	/* takes a hop: the path has it */
#define PF_PD_MOVED	0x2000	/* goes another way: PF_ROUTED */
#define PF_PD_RTABLE	0x8000	/* is routed by the routing table of the path */
#define PF_PD_DIVERT	0x4000	/* is for a program here: its state has pf_divert */
#define PF_PD_OWNER	0x800	/* uid and gid have been looked up */
#define PF_PD_ALIEN	0x10000	/* passes with a TCP state, but may be of another */
				/* connection */

/* Where a fragment belongs, if PF_PD_FRAGMENT; it is not changed afterwards. */
struct pf_frag_info {
	uint32_t	id;		/* as in the packet */
	uint32_t	from, len;	/* its bytes of the datagram's payload */
	uint32_t	at;		/* where these are in the packet */
	uint32_t	hdr;		/* length of the headers in front of */
					/* the fragment header; IPv4: of all */
	uint32_t	link;		/* IPv6: offset of the byte that */
					/* announces the fragment header */
	uint8_t		next;		/* what the payload begins with */
	bool		more;		/* it is not the last */
	bool		df;		/* IPv4: should not be one */
};

struct pf_tcp_info {
	uint32_t	seq, ack;	/* host order */
	uint16_t	win;		/* host order, unscaled */
	uint8_t		flags;		/* PF_TH_* of pf_wire.h */
	uint8_t		doff;		/* header length in bytes, with */
					/* options */
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
	uint8_t		 tos, ttl;
	uint32_t	 flags;		/* PF_PD_* */
	uint32_t	 off;		/* of the transport header */
	uint32_t	 len;		/* of the packet, by its IP header */
	uint32_t	 p_len;		/* of the transport payload (TCP: of */
					/* data) */
	uint8_t		 icmp_type, icmp_code;
	uint16_t	 icmp_id;	/* network order, queries */
	uint16_t	 icmp_vtype;	/* the type of the request, for both */
					/* of a pair */
	struct pf_tcp_info tcp;
	struct pf_frag_info frag;
	struct pf_addr	 asks, asked;	/* if PF_PD_ENDS */
	/* while rules are asked: */
	uint16_t	 tag;		/* number of its tag, 0: none */
	struct pf_tag	*new_tag;	/* that a rule has given it; or NULL */
	uint32_t	 uid, gid;	/* if PF_PD_OWNER: whose socket it is; */
					/* UINT32_MAX: nobody's of this host */
	const struct pf_osfp *osfp;	/* the fingerprints; NULL: there are none */
	uint32_t	 os;		/* the entry of these that describes it: */
					/* pf_osfp.h */
};

/*
 * Fill in pd from the packet; the caller has set pf, pkt, kif, dir and af.
 * PF_GO: the packet is sound.
 */
int	 pf_packet_parse(struct pf_pdesc *pd);
/*
 * The same for the packet that an ICMP error quotes at `off'.  pd is the
 * description of the error.  Only the first 8 bytes of the transport header
 * need to be there, and the checksum is not verified.
 */
int	 pf_packet_parse_quoted(const struct pf_pdesc *pd, uint32_t off,
	    struct pf_pdesc *quoted);
/* The bytes of a transport header that a packet must have; 0: pf does not read
 * them. */
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
/* TCP options: the window scale (with PF_WSCALE_FLAG; 0: no such option), MSS
 * (0: none). */
uint8_t	 pf_packet_wscale(const struct pf_pdesc *pd);
uint16_t pf_packet_mss(const struct pf_pdesc *pd);
/* Whether a SYN permits selective acknowledgements. */
bool	 pf_packet_sackok(const struct pf_pdesc *pd);
/* Look up, once, whose it is: uid and gid.  It is TCP or UDP, and its ports are known.  Packet
 * context. */
void	 pf_packet_owner(struct pf_pdesc *pd);
/* Whether it may begin a connection of TCP. */
static inline bool
pf_pd_opens(const struct pf_pdesc *pd)
{
	return (pd->proto == IPPROTO_TCP && (pd->tcp.flags &
	    (PF_TH_SYN | PF_TH_ACK)) == PF_TH_SYN);
}
/* The number of packets on the wire that the packet stands for, for
 * counters. */
static inline uint64_t
pf_pd_packets(const struct pf_pdesc *pd)
{
	return (pf_pkt_segs(pd->pkt));
}

#endif /* _NET_PF_PACKET_H_ */
