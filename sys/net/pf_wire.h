/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_wire.h: headers as they are on the wire
 *
 * What it owns.  Nothing: definitions.
 * Locking.  None.
 * Place.  First floor.
 *
 * All members are in network byte order.  The structures are packed, because
 * headers may be at any address, for instance behind a link layer header of odd
 * length.  The masks below take out fields smaller than a byte.  32-bit members
 * are arrays of bytes, which pf_get32() reads.
 */
#ifndef _NET_PF_WIRE_H_
#define _NET_PF_WIRE_H_

#include "pf_host.h"

#define PF_WIRE	__attribute__((packed))

#define PF_ECN	0x03			/* of the type of service: RFC 3168 */
#define PF_TOS_LOWDELAY	0x10		/* the same: RFC 1349 */
struct pf_ip4 {				/* RFC 791, 3.1 */
	uint8_t		vhl;		/* version << 4 | header length in */
					/* words */
	uint8_t		tos;
	uint16_t	len;
	uint16_t	id;
	uint16_t	off;		/* PF_IP_* */
	uint8_t		ttl;
	uint8_t		proto;
	uint16_t	sum;
	uint8_t		src[4];
	uint8_t		dst[4];
} PF_WIRE;
static_assert(sizeof(struct pf_ip4) == 20, "IPv4 header");
#define PF_IP_DF	0x4000
#define PF_IP_MF	0x2000
#define PF_IP_OFFMASK	0x1fff		/* in units of 8 bytes */
#define PF_IP_MAXLEN	65535
#define PF_IP_VERSION(vhl)	((vhl) >> 4)
#define PF_IP_HLEN(vhl)		(((vhl) & 0x0fU) * 4)	/* bytes */
#define PF_IP_MAXHLEN		60
#define PF_IPOPT_EOL		0	/* RFC 791, 3.1 */
#define PF_IPOPT_NOP		1
#define PF_IPOPT_LSRR		131	/* source routes */
#define PF_IPOPT_SSRR		137
#define PF_IPOPT_ALERT		148	/* RFC 2113 */
#define PF_IPOPT_ALERT_LEN	4

struct pf_ip6 {				/* RFC 8200, 3 */
	uint8_t		vtf[4];		/* version, class, flow */
	uint16_t	plen;		/* behind this header */
	uint8_t		next;
	uint8_t		hlim;
	uint8_t		src[16];
	uint8_t		dst[16];
} PF_WIRE;
static_assert(sizeof(struct pf_ip6) == 40, "IPv6 header");
#define PF_IP6_CLASS(vtf)	(((vtf)[0] << 4 | (vtf)[1] >> 4) & 0xff)

struct pf_ip6_ext {			/* RFC 8200, 4: hop-by-hop, routing, */
					/* destination */
	uint8_t		next;
	uint8_t		len;		/* of PF_IP6_EXTLEN, AH: PF_IP6_AHLEN */
	uint8_t		type;		/* routing: type */
	uint8_t		arg;
	uint8_t		data[4];
} PF_WIRE;
static_assert(sizeof(struct pf_ip6_ext) == 8, "IPv6 extension header");
#define PF_IP6_EXTLEN(len)	(((len) + 1U) * 8)
#define PF_IP6_AHLEN(len)	(((len) + 2U) * 4)	/* RFC 4302, 2.2 */
#define PF_IP6_ROUTING_0	0	/* RFC 5095: never to be forwarded */
#define PF_IP6OPT_PAD1		0x00	/* RFC 8200, 4.2 */
#define PF_IP6OPT_PADN		0x01
#define PF_IP6OPT_ALERT		0x05	/* RFC 2711 */
#define PF_IP6OPT_ALERT_LEN	2
#define PF_IP6OPT_HOME		0xc9	/* RFC 6275, 6.3 */
#define PF_IP6OPT_JUMBO		0xc2	/* RFC 2675 */
#define PF_IP6OPT_JUMBO_LEN	4

struct pf_ip6_frag {			/* RFC 8200, 4.5 */
	uint8_t		next;
	uint8_t		rsvd;
	uint16_t	off;		/* bytes, PF_IP6F_* in the low bits */
	uint8_t		id[4];
} PF_WIRE;
static_assert(sizeof(struct pf_ip6_frag) == 8, "IPv6 fragment header");
#define PF_IP6F_OFFMASK	0xfff8
#define PF_IP6F_MORE	0x0001

struct pf_tcp {				/* RFC 9293, 3.1 */
	uint16_t	sport, dport;
	uint8_t		seq[4];
	uint8_t		ack[4];
	uint8_t		off;		/* header length in words << 4 */
	uint8_t		flags;		/* PF_TH_* */
	uint16_t	win;
	uint16_t	sum;
	uint16_t	urp;
} PF_WIRE;
static_assert(sizeof(struct pf_tcp) == 20, "TCP header");
#define PF_TCP_HLEN(off)	(((off) >> 4) * 4U)	/* bytes */
#define PF_TCP_MAXHLEN		60
#define PF_TCP_RESERVED		0x0e	/* of off */
#define PF_TH_FIN	0x01
#define PF_TH_SYN	0x02
#define PF_TH_RST	0x04
#define PF_TH_PUSH	0x08
#define PF_TH_ACK	0x10
#define PF_TH_URG	0x20
#define PF_TH_ECE	0x40
#define PF_TH_CWR	0x80
#define PF_TCPOPT_EOL		0	/* RFC 9293, 3.2 */
#define PF_TCPOPT_NOP		1
#define PF_TCPOPT_MSS		2
#define PF_TCPOPT_MSS_LEN	4	/* kind and length included */
#define PF_TCPOPT_WSCALE	3	/* RFC 7323, 2.2 */
#define PF_TCPOPT_WSCALE_LEN	3
#define PF_TCPOPT_SACKOK	4	/* RFC 2018 */
#define PF_TCPOPT_SACKOK_LEN	2
#define PF_TCPOPT_SACK		5
#define PF_TCPOPT_TS		8	/* RFC 7323, 3.2 */
#define PF_TCPOPT_TS_LEN	10
#define PF_TCP_MAXWSCALE	14	/* RFC 7323, 2.3 */

struct pf_udp {				/* RFC 768 */
	uint16_t	sport, dport;
	uint16_t	len, sum;
} PF_WIRE;
static_assert(sizeof(struct pf_udp) == 8, "UDP header");

struct pf_icmp {			/* RFC 792, RFC 4443 */
	uint8_t		type, code;
	uint16_t	sum;
	uint16_t	id, seq;	/* queries; errors: unused, MTU, */
					/* pointer */
} PF_WIRE;
static_assert(sizeof(struct pf_icmp) == 8, "ICMP header");

/* Types and the codes that pf speaks of.  RFC 792 unless noted. */
#define PF_ICMP_ECHOREPLY	0
#define PF_ICMP_UNREACH		3
#define PF_ICMP_UNREACH_NET	0
#define PF_ICMP_UNREACH_HOST	1
#define PF_ICMP_UNREACH_PROTO	2
#define PF_ICMP_UNREACH_PORT	3
#define PF_ICMP_UNREACH_NEEDFRAG 4
#define PF_ICMP_QUENCH		4	/* RFC 6633: no longer sent */
#define PF_ICMP_REDIRECT	5
#define PF_ICMP_ECHO		8
#define PF_ICMP_ROUTERADVERT	9	/* RFC 1256 */
#define PF_ICMP_ROUTERSOLICIT	10
#define PF_ICMP_TIMXCEED	11
#define PF_ICMP_PARAMPROB	12
#define PF_ICMP_TSTAMP		13
#define PF_ICMP_TSTAMPREPLY	14
#define PF_ICMP_IREQ		15
#define PF_ICMP_IREQREPLY	16
#define PF_ICMP_MASKREQ		17	/* RFC 950 */
#define PF_ICMP_MASKREPLY	18
#define PF_ICMP_EXTECHO		42	/* RFC 8335 */
#define PF_ICMP_EXTECHOREPLY	43

#define PF_ICMP6_UNREACH	1	/* RFC 4443 */
#define PF_ICMP6_UNREACH_ADMIN	1
#define PF_ICMP6_UNREACH_ADDR	3
#define PF_ICMP6_UNREACH_PORT	4
#define PF_ICMP6_TOOBIG		2
#define PF_ICMP6_TIMXCEED	3
#define PF_ICMP6_PARAMPROB	4
#define PF_ICMP6_INFO		128	/* types from here on are no errors */
#define PF_ICMP6_ECHO		128
#define PF_ICMP6_ECHOREPLY	129
#define PF_ICMP6_MLDQUERY	130	/* RFC 2710 */
#define PF_ICMP6_MLDREPORT	131
#define PF_ICMP6_MLDDONE	132
#define PF_ICMP6_ROUTERSOLICIT	133	/* RFC 4861 */
#define PF_ICMP6_ROUTERADVERT	134
#define PF_ICMP6_NEIGHSOLICIT	135
#define PF_ICMP6_NEIGHADVERT	136
#define PF_ICMP6_REDIRECT	137
#define PF_ICMP6_NODEQUERY	139	/* RFC 4620 */
#define PF_ICMP6_NODEREPLY	140
#define PF_ICMP6_INVSOLICIT	141	/* RFC 3122 */
#define PF_ICMP6_INVADVERT	142
#define PF_ICMP6_MLD2REPORT	143	/* RFC 3810 */
#define PF_ICMP6_PREFIXSOLICIT	146	/* RFC 6275 */
#define PF_ICMP6_PREFIXADVERT	147
#define PF_ICMP6_EXTECHO	160	/* RFC 8335 */
#define PF_ICMP6_EXTECHOREPLY	161

/* Neighbour solicitation and advertisement: RFC 4861, 4.3 and 4.4 */
struct pf_icmp6_nd {
	uint8_t		type, code;
	uint16_t	sum;
	uint8_t		flags;
	uint8_t		reserved[3];
	uint8_t		target[16];
} PF_WIRE;
static_assert(sizeof(struct pf_icmp6_nd) == 24, "neighbour discovery");
#define PF_ICMP6_SOLICITED	0x40	/* an advertisement's flag */

struct pf_igmp {			/* RFC 2236, RFC 3376 */
	uint8_t		type, arg;
	uint16_t	sum;
	uint8_t		group[4];
} PF_WIRE;
static_assert(sizeof(struct pf_igmp) == 8, "IGMP header");
#define PF_IGMP_QUERY		0x11
#define PF_IGMP_REPORT1		0x12	/* RFC 1112 */
#define PF_IGMP_REPORT2		0x16
#define PF_IGMP_LEAVE		0x17
#define PF_IGMP_REPORT3		0x22

#define PF_GROUP_NODES		1	/* 224.0.0.1, ff02::1: RFC 4291, 2.7.1 */
#define PF_GROUP_ROUTERS	2

static inline uint32_t
pf_get32(const uint8_t p[4])		/* host order */
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

static inline void
pf_put32(uint8_t p[4], uint32_t v)	/* from host order */
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

#endif /* _NET_PF_WIRE_H_ */
