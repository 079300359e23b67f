// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_reply.c: answers to packets
 *
 * What it owns.  The answer, until the host takes it over to send it.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * An answer is a whole packet with right checksums.  Its source is the
 * destination of the blocked packet, and its destination is the source of the
 * blocked packet.  A RST must be so; an ICMP error is so because the core does
 * not know the addresses of interfaces.  The answer looks as if the destination
 * itself had refused.
 *
 * There is no answer where one could do harm (RFC 1122 3.2.2, RFC 4443 2.4):
 * when the source or the destination is not a unicast address; when either is a
 * loopback address and the packet is on another interface; when the link layer
 * sent the packet as a broadcast; and to an ICMP error, a fragment other than
 * the first, and a packet with a wrong checksum.  A RST is never sent to answer
 * a RST (RFC 9293 3.5.2) or a segment whose checksum cannot be verified, such as
 * a fragment.  Of ICMP messages only requests are answered.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_cksum.h"
#include "pf_if.h"
#include "pf_packet.h"
#include "pf_reply.h"
#include "pf_rule.h"
#include "pf_tcpopt.h"

#define REPLY_TTL	64
#define ICMP4_MAX	576	/* RFC 1812, 4.3.2.3 */
#define ICMP6_MAX	1280	/* RFC 4443, 2.4 (c) */
#define ICMP4_DEFAULT	(PF_ICMP_UNREACH << 8 | PF_ICMP_UNREACH_PORT)
#define ICMP6_DEFAULT	(PF_ICMP6_UNREACH << 8 | PF_ICMP6_UNREACH_PORT)

enum scope { SCOPE_NONE, SCOPE_LOOPBACK, SCOPE_UNICAST };

/* What kind of address it is; SCOPE_NONE is never answered, and never a
 * source. */
static enum scope
addr_scope(const struct pf_addr *a, uint8_t af)
{
	uint8_t	top = a->addr8[0];

	if (af == AF_INET) {		/* not 0/8; 224/3 has broadcast too */
		if (top == 0 || top >= 224)
			return (SCOPE_NONE);
		return (top == 127 ? SCOPE_LOOPBACK : SCOPE_UNICAST);
	}
	if (top == 0xff)
		return (SCOPE_NONE);
	if (a->addr64[0] != 0)
		return (SCOPE_UNICAST);
	/* ::1; all else in ::/64 is unspecified or an IPv4 address in
	 * disguise */
	if (a->addr32[2] == 0 && a->addr32[3] == htonl(1))
		return (SCOPE_LOOPBACK);
	return (SCOPE_NONE);
}

/* Loopback interfaces are called lo on Linux, and lo0 on BSD. */
static bool
kif_loopback(const struct pf_kif *kif)
{
	const char	*n = kif->name;

	return (n[0] == 'l' && n[1] == 'o' &&
	    (n[2] == '\0' || (n[2] >= '0' && n[2] <= '9')));
}

/* Whether the packet may be answered at all. */
static bool
answerable(const struct pf_pdesc *pd)
{
	enum scope	src = addr_scope(&pd->src, pd->af);
	enum scope	dst = addr_scope(&pd->dst, pd->af);

	if (pd->flags & (PF_PD_NOTFIRST | PF_PD_ICMPERR) ||
	    src == SCOPE_NONE || dst == SCOPE_NONE)
		return (false);
	if ((src == SCOPE_LOOPBACK || dst == SCOPE_LOOPBACK) &&
	    !kif_loopback(pd->kif))
		return (false);
	if (pd->dir == PF_IN)		/* its checksum is right */
		return (!pf_pkt_bcast(pd->pkt));
	return ((pd->flags & PF_PD_CKSUM) == 0 ||
	    pf_pkt_cksum_ok(pd->pkt, pd->af, pd->proto, pd->off));
}

/* Write the network header of an answer, which has len more bytes, to p; return
 * its size. */
static uint32_t
put_ip(uint8_t *p, const struct pf_pdesc *pd, uint8_t proto, uint32_t len,
    uint8_t ttl)
{
	struct pf_ip4	ip4;
	struct pf_ip6	ip6;

	if (pd->af == AF_INET) {
		memset(&ip4, 0, sizeof(ip4));
		ip4.vhl = 0x45;
		ip4.len = htons(sizeof(ip4) + len);
		ip4.off = htons(PF_IP_DF);
		ip4.ttl = ttl;
		ip4.proto = proto;
		memcpy(ip4.src, &pd->dst, sizeof(ip4.src));
		memcpy(ip4.dst, &pd->src, sizeof(ip4.dst));
		ip4.sum = pf_cksum_fold(pf_cksum_add(0, &ip4, sizeof(ip4)));
		memcpy(p, &ip4, sizeof(ip4));
		return (sizeof(ip4));
	}
	memset(&ip6, 0, sizeof(ip6));
	ip6.vtf[0] = 0x60;
	ip6.plen = htons(len);
	ip6.next = proto;
	ip6.hlim = ttl;
	memcpy(ip6.src, &pd->dst, sizeof(ip6.src));
	memcpy(ip6.dst, &pd->src, sizeof(ip6.dst));
	memcpy(p, &ip6, sizeof(ip6));
	return (sizeof(ip6));
}

static uint32_t
ip_size(const struct pf_pdesc *pd)
{
	return (pd->af == AF_INET ?
	    sizeof(struct pf_ip4) : sizeof(struct pf_ip6));
}

/* Send a segment in the name of the packet's destination; as for pf_reply_segment(). */
static void
send_tcp(const struct pf_pdesc *pd, const struct pf_segment *g, uint8_t ttl,
    const struct pf_way *way, bool shown)
{
	struct pf_pkt	*pkt;
	void		*data;
	uint8_t		*p;

	pkt = pf_pkt_new(pd->pf, ip_size(pd) + pf_segment_len(g), &data);
	if (pkt == NULL)
		return;
	p = data;
	p += put_ip(p, pd, IPPROTO_TCP, pf_segment_len(g),
	    ttl != 0 ? ttl : REPLY_TTL);
	pf_segment_put(p, g, pd->af, &pd->dst, &pd->src, pd->dport, pd->sport);
	pf_pkt_send(pd->pf, pkt, pd->pkt, pd->af, way, shown);
}

/*
 * RFC 9293, 3.5.2: the RST has the sequence number that the sender expects; if
 * the segment does not say which one, the RST acknowledges the whole segment.
 */
static void
send_rst(const struct pf_pdesc *pd, uint8_t ttl)
{
	struct pf_segment	g = { .flags = PF_TH_RST };

	if (pd->tcp.flags & PF_TH_RST || (pd->flags & PF_PD_CKSUM) == 0)
		return;
	if (pd->tcp.flags & PF_TH_ACK) {
		g.seq = pd->tcp.ack;
	} else {
		g.flags = PF_TH_RST | PF_TH_ACK;
		g.ack = pd->tcp.seq + pd->p_len +
		    !!(pd->tcp.flags & PF_TH_SYN) +
		    !!(pd->tcp.flags & PF_TH_FIN);
	}
	send_tcp(pd, &g, ttl, NULL, false);
}

void
pf_reply_challenge(const struct pf_pdesc *pd, const struct pf_tcp_info *as)
{
	struct pf_segment	g = {
		.seq = as->seq, .ack = as->ack, .win = as->win,
		.flags = PF_TH_ACK
	};

	if (answerable(pd) && (pd->flags & PF_PD_FRAGMENT) == 0)
		send_tcp(pd, &g, 0, NULL, false);
}

void
pf_reply_segment(const struct pf_pdesc *pd, const struct pf_segment *g,
    const struct pf_way *way, bool shown)
{
	if ((g->flags & PF_TH_SYN) == 0 || answerable(pd))
		send_tcp(pd, g, 0, way, shown);
}

/* Copy the first len bytes of the packet, which are there: pieces, as a pull is
 * bounded. */
static void
copy_packet(const struct pf_pdesc *pd, uint8_t *to, uint32_t len)
{
	uint8_t		 buf[128];
	const void	*p;
	uint32_t	 off, n;

	for (off = 0; off < len; off += n) {
		n = len - off < sizeof(buf) ? len - off : sizeof(buf);
		p = pf_pkt_pull(pd->pkt, off, n, buf);
		if (p != NULL)
			memcpy(to + off, p, n);
		else
			memset(to + off, 0, n);
	}
}

/* typecode: type << 8 | code of a destination unreachable message. */
static void
send_icmp(const struct pf_pdesc *pd, uint16_t typecode)
{
	uint8_t		 proto = pd->af == AF_INET ?
			    IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint32_t	 max = pd->af == AF_INET ? ICMP4_MAX : ICMP6_MAX;
	uint32_t	 head = ip_size(pd) + sizeof(struct pf_icmp), quote;
	uint32_t	 sum = 0;
	struct pf_icmp	 ih = {
		.type = typecode >> 8, .code = typecode & 0xff
	};
	struct pf_pkt	*pkt;
	void		*data;
	uint8_t		*p;

	quote = pd->len < max - head ? pd->len : max - head;
	pkt = pf_pkt_new(pd->pf, head + quote, &data);
	if (pkt == NULL)
		return;
	p = data;
	p += put_ip(p, pd, proto, sizeof(ih) + quote, REPLY_TTL);
	copy_packet(pd, p + sizeof(ih), quote);
	if (pd->af == AF_INET6)
		sum = pf_cksum_pseudo(&pd->dst, &pd->src, AF_INET6, proto,
		    sizeof(ih) + quote);
	memcpy(p, &ih, sizeof(ih));
	ih.sum = pf_cksum_fold(pf_cksum_add(sum, p, sizeof(ih) + quote));
	memcpy(p, &ih, sizeof(ih));
	pf_pkt_send(pd->pf, pkt, pd->pkt, pd->af, NULL, false);
}

void
pf_reply_closed(const struct pf_pdesc *pd)
{
	if (!answerable(pd))
		return;
	if (pd->proto == IPPROTO_TCP)
		send_rst(pd, 0);
	else
		send_icmp(pd, pd->af == AF_INET ? ICMP4_DEFAULT : ICMP6_DEFAULT);
}

static bool
is_icmp(const struct pf_pdesc *pd)
{
	return (pd->proto == IPPROTO_ICMP || pd->proto == IPPROTO_ICMPV6);
}

/* A request of ICMP is answered if it can come from beyond the link. */
static bool
is_request(const struct pf_pdesc *pd)
{
	return ((pd->flags & (PF_PD_ICMPQUERY | PF_PD_ICMPREPLY |
	    PF_PD_LINK)) == PF_PD_ICMPQUERY);
}

void
pf_reply_blocked(const struct pf_pdesc *pd, const struct pf_krule *kr)
{
	uint32_t	flags = kr->act.rule_flag;
	uint16_t	typecode;

	if ((flags &
	    (PFRULE_RETURN | PFRULE_RETURNRST | PFRULE_RETURNICMP)) == 0)
		return;
	if (!answerable(pd))
		return;
	if (pd->proto == IPPROTO_TCP &&
	    flags & (PFRULE_RETURN | PFRULE_RETURNRST)) {
		send_rst(pd, kr->act.return_ttl);
		return;
	}
	if ((flags & (PFRULE_RETURN | PFRULE_RETURNICMP)) == 0 ||
	    (is_icmp(pd) && !is_request(pd)))
		return;
	typecode = pd->af == AF_INET ?
	    kr->act.return_icmp : kr->act.return_icmp6;
	if (typecode == 0)
		typecode = pd->af == AF_INET ? ICMP4_DEFAULT : ICMP6_DEFAULT;
	send_icmp(pd, typecode);
}
