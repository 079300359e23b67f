// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_packet.c: from the bytes of a packet to a struct pf_pdesc (first floor)
 *
 * Reads, never writes; owns nothing.  The network header of either family is read
 * first, by a function of its own; from the transport header on there is one
 * path.  Nothing is taken from the packet that has not been found to lie within
 * both the packet and the length that its header claims.
 *
 * Families of ICMP types that share a state ("queries") are echo, timestamp,
 * information and mask, and ICMPv6 echo.  All other types that are not errors, such as
 * neighbour discovery, have a state by type with id 0.
 */
#include "pf_priv.h"
#include "pf_wire.h"

#define MAX_EXTENSIONS	16	/* IPv6 headers before the transport's */
#define IP6_ROUTING_0	0	/* RFC 5095: never to be forwarded */

static uint32_t
min32(uint32_t a, uint32_t b)
{
	return (a < b ? a : b);
}

/* A packet too long for its length field (GSO) says 0 there. */
static uint32_t
claimed_len(const struct pf_pdesc *pd, uint32_t field, uint32_t add)
{
	if (field == 0 && pf_pkt_segs(pd->pkt) > 1)
		return (pf_pkt_len(pd->pkt));
	return (field + add);
}

static int
parse_ip4(struct pf_pdesc *pd, uint32_t at, bool quoted)
{
	struct pf_ip4		 buf;
	const struct pf_ip4	*ip;
	uint32_t		 hlen, off;

	ip = pf_pkt_pull(pd->pkt, at, sizeof(*ip), &buf);
	if (ip == NULL)
		return (PFRES_SHORT);
	hlen = (ip->vhl & 0x0f) * 4;
	if (ip->vhl >> 4 != 4 || hlen < sizeof(*ip))
		return (PFRES_SHORT);
	pd->len = quoted ? ntohs(ip->len) : claimed_len(pd, ntohs(ip->len), 0);
	if (pd->len < hlen || (!quoted && pd->len > pf_pkt_len(pd->pkt)))
		return (PFRES_SHORT);
	memset(&pd->src, 0, sizeof(pd->src));
	memset(&pd->dst, 0, sizeof(pd->dst));
	memcpy(&pd->src, ip->src, sizeof(ip->src));
	memcpy(&pd->dst, ip->dst, sizeof(ip->dst));
	pd->tos = ip->tos;
	pd->ttl = ip->ttl;
	pd->proto = ip->proto;
	pd->off = at + hlen;
	pd->p_len = pd->len - hlen;
	if (hlen > sizeof(*ip))
		pd->flags |= PF_PD_OPTS;

	off = ntohs(ip->off);
	if (off & (PF_IP_MF | PF_IP_OFFMASK)) {
		pd->flags |= PF_PD_FRAGMENT;
		if (off & PF_IP_OFFMASK)
			pd->flags |= PF_PD_NOTFIRST;
		if (off & PF_IP_DF)
			return (PFRES_FRAG);
		if ((off & PF_IP_MF) && (pd->p_len == 0 || pd->p_len & 7))
			return (PFRES_FRAG);
		if ((off & PF_IP_OFFMASK) * 8 + pd->p_len > PF_IP_MAXLEN - hlen)
			return (PFRES_FRAG);
	}
	return (PFRES_MATCH);
}

/* A fragment header at pd->off.  *proto: what the fragment carries. */
static int
parse_ip6_frag(struct pf_pdesc *pd, uint8_t *proto)
{
	struct pf_ip6_frag		 buf;
	const struct pf_ip6_frag	*fh;
	uint32_t			 off, len;

	if (pd->flags & PF_PD_FRAGMENT || pd->p_len < sizeof(*fh))
		return (PFRES_FRAG);
	fh = pf_pkt_pull(pd->pkt, pd->off, sizeof(*fh), &buf);
	if (fh == NULL)
		return (PFRES_SHORT);
	off = ntohs(fh->off);
	len = pd->p_len - sizeof(*fh);
	*proto = fh->next;
	pd->off += sizeof(*fh);
	pd->p_len = len;
	if ((off & (PF_IP6F_OFFMASK | PF_IP6F_MORE)) == 0)
		return (PFRES_MATCH);	/* all of it: RFC 6946 */
	pd->flags |= PF_PD_FRAGMENT;
	if (off & PF_IP6F_OFFMASK)
		pd->flags |= PF_PD_NOTFIRST;
	if ((off & PF_IP6F_MORE) && (len == 0 || len & 7))
		return (PFRES_FRAG);
	if ((off & PF_IP6F_OFFMASK) + len > PF_IP_MAXLEN)
		return (PFRES_FRAG);
	return (PFRES_MATCH);
}

/* The headers between IPv6 and the transport. */
static int
parse_ip6_ext(struct pf_pdesc *pd, uint8_t proto)
{
	struct pf_ip6_ext	 buf;
	const struct pf_ip6_ext	*ext;
	uint32_t		 size;
	unsigned int		 n;
	int			 reason;

	for (n = 0; n < MAX_EXTENSIONS; n++) {
		switch (proto) {
		case IPPROTO_FRAGMENT:
			reason = parse_ip6_frag(pd, &proto);
			if (reason != PFRES_MATCH)
				return (reason);
			if (pd->flags & PF_PD_NOTFIRST) {
				pd->proto = proto;
				return (PFRES_MATCH);
			}
			continue;
		case IPPROTO_HOPOPTS:
			if (n != 0)
				return (PFRES_IPOPTIONS);
			/* FALLTHROUGH */
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			pd->flags |= PF_PD_OPTS;
			break;
		case IPPROTO_AH:
			break;
		default:
			pd->proto = proto;
			return (PFRES_MATCH);
		}
		ext = pf_pkt_pull(pd->pkt, pd->off, sizeof(*ext), &buf);
		if (ext == NULL || pd->p_len < sizeof(*ext))
			return (PFRES_SHORT);
		if (proto == IPPROTO_ROUTING && ext->type == IP6_ROUTING_0)
			return (PFRES_IPOPTIONS);
		size = proto == IPPROTO_AH ? (ext->len + 2) * 4 :
		    (ext->len + 1) * 8;
		if (size > pd->p_len)
			return (PFRES_SHORT);
		proto = ext->next;
		pd->off += size;
		pd->p_len -= size;
	}
	return (PFRES_NORM);
}

static int
parse_ip6(struct pf_pdesc *pd, uint32_t at, bool quoted)
{
	struct pf_ip6		 buf;
	const struct pf_ip6	*ip;

	ip = pf_pkt_pull(pd->pkt, at, sizeof(*ip), &buf);
	if (ip == NULL || ip->vtf[0] >> 4 != 6)
		return (PFRES_SHORT);
	pd->len = quoted ? ntohs(ip->plen) + sizeof(*ip) :
	    claimed_len(pd, ntohs(ip->plen), sizeof(*ip));
	if (!quoted && pd->len > pf_pkt_len(pd->pkt))
		return (PFRES_SHORT);
	memcpy(&pd->src, ip->src, sizeof(ip->src));
	memcpy(&pd->dst, ip->dst, sizeof(ip->dst));
	pd->tos = (ip->vtf[0] << 4 | ip->vtf[1] >> 4) & 0xff;
	pd->ttl = ip->hlim;
	pd->off = at + sizeof(*ip);
	pd->p_len = pd->len - sizeof(*ip);
	return (parse_ip6_ext(pd, ip->next));
}

static int
parse_tcp(struct pf_pdesc *pd, uint32_t have)
{
	struct pf_tcp		 buf;
	const struct pf_tcp	*th;

	/* of a quoted packet, ports and sequence number are enough */
	th = pf_pkt_pull(pd->pkt, pd->off, have, &buf);
	if (th == NULL)
		return (PFRES_SHORT);
	pd->sport = th->sport;
	pd->dport = th->dport;
	pd->tcp.seq = pf_get32(th->seq);
	if (have < sizeof(*th))
		return (PFRES_MATCH);
	pd->tcp.ack = pf_get32(th->ack);
	pd->tcp.win = ntohs(th->win);
	pd->tcp.flags = th->flags;
	pd->tcp.doff = (th->off >> 4) * 4;
	if (pd->tcp.doff < sizeof(*th) || pd->tcp.doff > pd->p_len)
		return (PFRES_SHORT);
	pd->p_len -= pd->tcp.doff;
	return (PFRES_MATCH);
}

static int
parse_udp(struct pf_pdesc *pd, bool quoted)
{
	struct pf_udp		 buf;
	const struct pf_udp	*uh;
	uint32_t		 len;

	uh = pf_pkt_pull(pd->pkt, pd->off, sizeof(*uh), &buf);
	if (uh == NULL)
		return (PFRES_SHORT);
	pd->sport = uh->sport;
	pd->dport = uh->dport;
	len = ntohs(uh->len);
	if (!quoted && uh->dport == 0)
		return (PFRES_SHORT);
	if (!quoted && (pd->flags & PF_PD_FRAGMENT) == 0 &&
	    pf_pkt_segs(pd->pkt) == 1 &&
	    (len > pd->p_len || len < sizeof(*uh)))
		return (PFRES_SHORT);
	pd->p_len -= min32(pd->p_len, sizeof(*uh));
	return (PFRES_MATCH);
}

/* Pairs of ICMP types, and errors.  Everything else is neither. */
static const struct icmp_kind {
	uint8_t	af, type, request;
	uint8_t	flags;			/* PF_PD_* */
} icmp_kinds[] = {
	{ AF_INET, PF_ICMP_ECHO, PF_ICMP_ECHO, PF_PD_ICMPQUERY },
	{ AF_INET, PF_ICMP_ECHOREPLY, PF_ICMP_ECHO, PF_PD_ICMPQUERY | PF_PD_ICMPREPLY },
	{ AF_INET, PF_ICMP_TSTAMP, PF_ICMP_TSTAMP, PF_PD_ICMPQUERY },
	{ AF_INET, PF_ICMP_TSTAMPREPLY, PF_ICMP_TSTAMP, PF_PD_ICMPQUERY | PF_PD_ICMPREPLY },
	{ AF_INET, PF_ICMP_IREQ, PF_ICMP_IREQ, PF_PD_ICMPQUERY },
	{ AF_INET, PF_ICMP_IREQREPLY, PF_ICMP_IREQ, PF_PD_ICMPQUERY | PF_PD_ICMPREPLY },
	{ AF_INET, PF_ICMP_MASKREQ, PF_ICMP_MASKREQ, PF_PD_ICMPQUERY },
	{ AF_INET, PF_ICMP_MASKREPLY, PF_ICMP_MASKREQ, PF_PD_ICMPQUERY | PF_PD_ICMPREPLY },
	{ AF_INET, PF_ICMP_UNREACH, 0, PF_PD_ICMPERR },
	{ AF_INET, PF_ICMP_QUENCH, 0, PF_PD_ICMPERR },
	{ AF_INET, PF_ICMP_REDIRECT, 0, PF_PD_ICMPERR },
	{ AF_INET, PF_ICMP_TIMXCEED, 0, PF_PD_ICMPERR },
	{ AF_INET, PF_ICMP_PARAMPROB, 0, PF_PD_ICMPERR },
	{ AF_INET6, PF_ICMP6_ECHO, PF_ICMP6_ECHO, PF_PD_ICMPQUERY },
	{ AF_INET6, PF_ICMP6_ECHOREPLY, PF_ICMP6_ECHO, PF_PD_ICMPQUERY | PF_PD_ICMPREPLY },
	{ AF_INET6, PF_ICMP6_UNREACH, 0, PF_PD_ICMPERR },
	{ AF_INET6, PF_ICMP6_TOOBIG, 0, PF_PD_ICMPERR },
	{ AF_INET6, PF_ICMP6_TIMXCEED, 0, PF_PD_ICMPERR },
	{ AF_INET6, PF_ICMP6_PARAMPROB, 0, PF_PD_ICMPERR },
};

static int
parse_icmp(struct pf_pdesc *pd)
{
	struct pf_icmp		 buf;
	const struct pf_icmp	*ih;
	unsigned int		 i;

	ih = pf_pkt_pull(pd->pkt, pd->off, sizeof(*ih), &buf);
	if (ih == NULL)
		return (PFRES_SHORT);
	pd->icmp_type = ih->type;
	pd->icmp_code = ih->code;
	pd->icmp_id = 0;
	pd->icmp_vtype = htons(ih->type);
	for (i = 0; i < sizeof(icmp_kinds) / sizeof(icmp_kinds[0]); i++) {
		if (icmp_kinds[i].type != ih->type || icmp_kinds[i].af != pd->af)
			continue;
		pd->flags |= icmp_kinds[i].flags;
		if (icmp_kinds[i].flags & PF_PD_ICMPQUERY) {
			pd->icmp_id = ih->id;
			pd->icmp_vtype = htons(icmp_kinds[i].request);
		}
		break;
	}
	if ((pd->flags & PF_PD_ICMPERR) == 0)
		pd->flags |= PF_PD_ICMPQUERY;
	pd->p_len -= min32(pd->p_len, sizeof(*ih));
	return (PFRES_MATCH);
}

/* How much of its header each transport must have within the packet. */
static uint32_t
transport_min(const struct pf_pdesc *pd)
{
	switch (pd->proto) {
	case IPPROTO_TCP:
		return (sizeof(struct pf_tcp));
	case IPPROTO_UDP:
		return (sizeof(struct pf_udp));
	case IPPROTO_ICMP:
		return (pd->af == AF_INET ? sizeof(struct pf_icmp) : 0);
	case IPPROTO_ICMPV6:
		return (pd->af == AF_INET6 ? sizeof(struct pf_icmp) : 0);
	}
	return (0);
}

static int
parse(struct pf_pdesc *pd, uint32_t at, bool quoted)
{
	uint32_t	need;
	int		reason;

	pd->flags = 0;
	pd->sport = pd->dport = 0;
	reason = pd->af == AF_INET ? parse_ip4(pd, at, quoted) :
	    parse_ip6(pd, at, quoted);
	if (reason != PFRES_MATCH || pd->flags & PF_PD_NOTFIRST)
		return (reason);
	need = transport_min(pd);
	if (need == 0)
		return (PFRES_MATCH);
	if (quoted)
		need = min32(need, 8);
	if (pd->p_len < need)
		return (PFRES_SHORT);
	if (pd->proto == IPPROTO_TCP)
		return (parse_tcp(pd, need));
	if (pd->proto == IPPROTO_UDP)
		return (parse_udp(pd, quoted));
	return (parse_icmp(pd));
}

int
pf_packet_parse(struct pf_pdesc *pd)
{
	return (parse(pd, 0, false));
}

int
pf_packet_parse_quoted(const struct pf_pdesc *pd, uint32_t off,
    struct pf_pdesc *quoted)
{
	*quoted = *pd;
	return (parse(quoted, off, true));
}

/*
 * The value of a TCP option of that length at *val; false: not there.  The header has
 * at most 60 bytes, which pf_packet_parse() has found to be in the packet's length.
 */
static bool
tcp_option(const struct pf_pdesc *pd, uint8_t kind, uint8_t size, uint16_t *val)
{
	uint8_t		 buf[60];
	const uint8_t	*p;
	unsigned int	 i, len, end = pd->tcp.doff;

	if (end <= sizeof(struct pf_tcp) || end > sizeof(buf))
		return (false);
	p = pf_pkt_pull(pd->pkt, pd->off, end, buf);
	if (p == NULL)
		return (false);
	for (i = sizeof(struct pf_tcp); i < end; i += len) {
		if (p[i] == PF_TCPOPT_EOL)
			return (false);
		if (p[i] == PF_TCPOPT_NOP) {
			len = 1;
			continue;
		}
		if (i + 1 >= end)
			return (false);
		len = p[i + 1];
		if (len < 2 || len > end - i)
			return (false);
		if (p[i] == kind && len == size) {
			*val = size == 4 ? p[i + 2] << 8 | p[i + 3] : p[i + 2];
			return (true);
		}
	}
	return (false);
}

uint8_t
pf_packet_wscale(const struct pf_pdesc *pd)
{
	uint16_t	v;

	if (!tcp_option(pd, PF_TCPOPT_WSCALE, 3, &v))
		return (0);
	return ((v > 14 ? 14 : v) | PF_WSCALE_FLAG);	/* RFC 7323, 2.3 */
}

uint16_t
pf_packet_mss(const struct pf_pdesc *pd)
{
	uint16_t	v;

	return (tcp_option(pd, PF_TCPOPT_MSS, 4, &v) ? v : 0);
}
