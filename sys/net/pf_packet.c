// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_packet.c: make a struct pf_pdesc from the bytes of a packet
 *
 * What it owns.  Nothing: it reads packets, and never writes to them.
 * Locking.  None.
 * Place.  First floor.
 *
 * There is a function for the network header of each family, and one path for
 * both from the transport header on.  A byte is read only if it lies within the
 * packet and within the length that the network header gives; bytes that a link
 * layer has put behind that length are never read.
 *
 * A fragment other than the first has only addresses and a protocol.  A first
 * fragment must have the whole transport header, and no other fragment may
 * begin inside that header (RFC 1858, RFC 3128): such fragments are made to
 * deceive packet filters.
 *
 * Both families walk along the headers up to the transport's: rules about ports
 * see through an authentication header.  Options and extension headers need
 * `allow-opts' (PF_PD_OPTS), but for the router alert of the messages that must
 * have it.
 *
 * With a source route ahead, or with a home address (RFC 6275), the transport's
 * checksum covers an address that is not in the IP header: it is not verified.
 *
 * A packet from the host's segmentation offload may be longer than its length
 * field can say.  The field is then 0, and the host's length counts.  Jumbo
 * payloads (RFC 2675) of other packets are refused.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_packet.h"
#include "pf_parse.h"
#include "pf_tcpopt.h"

#define MAX_EXTENSIONS	16	/* IPv6 headers before the transport's */
#define MAX_OPTIONS	32	/* in a hop-by-hop header, padding counted */

/*
 * Take the packet's length from its header: hlen bytes and those that `field'
 * counts.  A quoted packet is as long as it says, however little of it is
 * there.
 */
static pf_inline int
set_length(struct parse *ps, bool quoted, uint32_t field, uint32_t hlen)
{
	struct pf_pdesc	*pd = ps->pd;

	ps->whole = field == 0 && (quoted || pf_pkt_segs(pd->pkt) > 1);
	pd->len = ps->whole ? ps->end - ps->at : field + hlen;
	if (!quoted && pd->len > ps->end)
		return (PFRES_SHORT);
	if (pd->len < ps->end - ps->at)
		ps->end = ps->at + pd->len;
	return (PF_GO);
}

/*
 * A fragment: all of pd->frag is set but its place in the packet, pd->p_len bytes
 * at pd->off.  The payload that it is of has `before' more bytes in front.  Of a
 * quoted one only the offset is of interest.
 */
static int
set_fragment(struct parse *ps, uint32_t before)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_frag_info	*fi = &pd->frag;

	fi->at = pd->off;
	fi->len = pd->p_len;
	pd->flags |= PF_PD_FRAGMENT;
	if (fi->from != 0)
		pd->flags |= PF_PD_NOTFIRST;
	if (ps->quoted)
		return (PF_GO);
	if (fi->len == 0 || (fi->more && fi->len % 8 != 0))
		return (PFRES_FRAG);
	if (fi->from + fi->len + before > PF_IP_MAXLEN)
		return (PFRES_FRAG);
	if (fi->from != 0 && fi->from < pf_transport_size(fi->next))
		return (PFRES_FRAG);
	return (PF_GO);
}

static int
set_fragment4(struct parse *ps, const struct pf_ip4 *ip, uint32_t hlen)
{
	struct pf_frag_info	*fi = &ps->pd->frag;
	uint32_t		 off = ntohs(ip->off);

	fi->id = ip->id;
	fi->from = (off & PF_IP_OFFMASK) * 8;
	fi->hdr = hlen;
	fi->link = 0;
	fi->next = ip->proto;
	fi->more = (off & PF_IP_MF) != 0;
	fi->df = (off & PF_IP_DF) != 0;
	return (set_fragment(ps, hlen));
}

/* IPv4 options: RFC 791, 3.1. */
static void
parse_ip4_options(struct parse *ps, uint32_t hlen)
{
	uint8_t		 buf[PF_IP_MAXHLEN];
	const uint8_t	*p;
	uint32_t	 i, len;
	unsigned int	 alerts = 0, others = 0;

	ps->pd->flags |= PF_PD_OPTS;
	p = pull(ps, ps->at, hlen, buf);
	if (p == NULL)
		return;
	for (i = sizeof(struct pf_ip4); i < hlen && p[i] != PF_IPOPT_EOL;
	    i += len) {
		len = 1;
		if (p[i] == PF_IPOPT_NOP)
			continue;
		if (hlen - i < 2 || p[i + 1] < 2 || p[i + 1] > hlen - i)
			return;
		len = p[i + 1];
		if (p[i] == PF_IPOPT_ALERT && len == PF_IPOPT_ALERT_LEN)
			alerts++;
		else
			others++;
		/* the third byte points behind the last address: arrived */
		if ((p[i] == PF_IPOPT_LSRR || p[i] == PF_IPOPT_SSRR) &&
		    len >= 3 && p[i + 2] <= len)
			ps->rerouted = true;
	}
	ps->alert = alerts == 1 && others == 0;
}

static int	parse_chain(struct parse *, uint8_t proto);

static pf_inline int
parse_ip4(struct parse *ps, bool quoted)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_ip4		 buf pf_uninit;
	const struct pf_ip4	*ip;
	uint32_t		 hlen, off;
	int			 why;

	ip = pull(ps, ps->at, sizeof(*ip), &buf);
	if (ip == NULL)
		return (PFRES_SHORT);
	hlen = PF_IP_HLEN(ip->vhl);
	if (PF_IP_VERSION(ip->vhl) != 4 || hlen < sizeof(*ip))
		return (PFRES_SHORT);
	if (set_length(ps, quoted, ntohs(ip->len), 0) != PF_GO || pd->len < hlen)
		return (PFRES_SHORT);
	memset(&pd->src, 0, sizeof(pd->src));
	memset(&pd->dst, 0, sizeof(pd->dst));
	memcpy(&pd->src, ip->src, sizeof(ip->src));
	memcpy(&pd->dst, ip->dst, sizeof(ip->dst));
	pd->tos = ip->tos;
	pd->ttl = ip->ttl;
	pd->proto = ip->proto;
	pd->off = ps->at + hlen;
	pd->p_len = pd->len - hlen;
	off = ntohs(ip->off);
	if (unlikely(hlen > sizeof(*ip)))
		parse_ip4_options(ps, hlen);
	if (unlikely((off & (PF_IP_MF | PF_IP_OFFMASK)) != 0)) {
		why = set_fragment4(ps, ip, hlen);
		if (why != PF_GO || pd->flags & PF_PD_NOTFIRST)
			return (why);
	}
	return (unlikely(pd->proto == IPPROTO_AH) ?
	    parse_chain(ps, pd->proto) : PF_GO);
}

/* A fragment header at pd->off, which the byte at `link' announces.  *proto: what the
 * fragment carries. */
static int
parse_ip6_frag(struct parse *ps, uint32_t link, uint8_t *proto)
{
	struct pf_pdesc			*pd = ps->pd;
	struct pf_frag_info		*fi = &pd->frag;
	struct pf_ip6_frag		 buf;
	const struct pf_ip6_frag	*fh;
	uint32_t			 off;

	if (pd->flags & PF_PD_FRAGMENT)
		return (PFRES_FRAG);
	fh = pull(ps, pd->off, sizeof(*fh), &buf);
	if (fh == NULL)
		return (PFRES_SHORT);
	off = ntohs(fh->off);
	*proto = fh->next;
	memcpy(&fi->id, fh->id, sizeof(fi->id));
	fi->from = off & PF_IP6F_OFFMASK;
	fi->hdr = pd->off;
	fi->link = link;
	fi->next = fh->next;
	fi->more = (off & PF_IP6F_MORE) != 0;
	fi->df = false;
	pd->off += sizeof(*fh);
	pd->p_len -= sizeof(*fh);
	if ((off & (PF_IP6F_OFFMASK | PF_IP6F_MORE)) == 0)
		return (PF_GO);	/* all of it: RFC 6946 */
	return (set_fragment(ps, fi->hdr - ps->at - sizeof(struct pf_ip6)));
}

/* What the options of a header are; padding is none. */
struct options {
	unsigned int	alerts, jumbos, others;
};

/*
 * The options of a hop-by-hop header or of one for the destination, `size'
 * bytes at pd->off.
 */
static int
parse_options(struct parse *ps, uint32_t size, struct options *o)
{
	const uint8_t	*p;
	uint8_t		 buf[2];
	uint32_t	 off = ps->pd->off + 2, end = ps->pd->off + size;
	unsigned int	 n;

	memset(o, 0, sizeof(*o));
	for (n = 0; off < end; n++) {
		p = pull(ps, off, 1, buf);
		if (p == NULL || n == MAX_OPTIONS)
			return (PFRES_IPOPTIONS);
		off++;
		if (p[0] == PF_IP6OPT_PAD1)
			continue;
		p = pull(ps, off - 1, 2, buf);
		if (p == NULL || p[1] + 1U > end - off)
			return (PFRES_IPOPTIONS);
		off += p[1] + 1U;
		if (p[0] == PF_IP6OPT_JUMBO && p[1] == PF_IP6OPT_JUMBO_LEN)
			o->jumbos++;
		else if (p[0] == PF_IP6OPT_ALERT && p[1] == PF_IP6OPT_ALERT_LEN)
			o->alerts++;
		else if (p[0] != PF_IP6OPT_PADN)
			o->others++;
		if (p[0] == PF_IP6OPT_JUMBO && (o->jumbos == 0 || !ps->whole))
			return (PFRES_NORM);
		if (p[0] == PF_IP6OPT_HOME)
			ps->rerouted = true;
	}
	return (PF_GO);
}

/* A hop-by-hop header of `size' bytes.  *host: it is of the host's own
 * segmentation, and on no wire. */
static int
parse_hop(struct parse *ps, uint32_t size, bool *host)
{
	struct options	o;
	int		why;

	why = parse_options(ps, size, &o);
	*host = o.jumbos != 0 && o.others == 0 && o.alerts == 0;
	ps->alert = o.alerts == 1 && o.others == 0;
	return (why);
}

/* What else a header of the chain says; `type' is the first byte behind its
 * length, and `arg' the second. */
static int
parse_ext(struct parse *ps, uint8_t proto, uint32_t size, uint8_t type,
    uint8_t arg, bool *host)
{
	struct options	o;

	switch (proto) {
	case IPPROTO_ROUTING:
		if (type == PF_IP6_ROUTING_0)
			return (PFRES_IPOPTIONS);
		if (arg != 0)			/* stops ahead */
			ps->rerouted = true;
		break;
	case IPPROTO_HOPOPTS:
		return (ps->quoted ? PF_GO : parse_hop(ps, size, host));
	case IPPROTO_DSTOPTS:
		return (ps->quoted ? PF_GO : parse_options(ps, size, &o));
	}
	return (PF_GO);
}

/* One header of options, routing or authentication: go behind it. */
static int
parse_skip(struct parse *ps, uint8_t *proto, bool first)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_ip6_ext	 buf;
	const struct pf_ip6_ext	*ext;
	uint32_t		 size;
	uint8_t			 next;
	bool			 host = false;
	int			 why;

	ext = pull(ps, pd->off, sizeof(*ext), &buf);
	if (ext == NULL)
		return (PFRES_SHORT);
	next = ext->next;
	size = *proto == IPPROTO_AH ? PF_IP6_AHLEN(ext->len) :
	    PF_IP6_EXTLEN(ext->len);
	if (size > pd->p_len)
		return (PFRES_SHORT);
	if (*proto == IPPROTO_HOPOPTS && !first)
		return (PFRES_IPOPTIONS);
	if (*proto != IPPROTO_AH)		/* the alert stands alone */
		ps->alert = false;
	why = parse_ext(ps, *proto, size, ext->type, ext->arg, &host);
	if (why != PF_GO)
		return (why);
	if (*proto != IPPROTO_AH && !host)
		pd->flags |= PF_PD_OPTS;
	*proto = next;
	pd->off += size;
	pd->p_len -= size;
	return (PF_GO);
}

/* Whether a packet of that family has such a header before the transport's. */
static bool
is_in_chain(uint8_t af, uint8_t proto)
{
	switch (proto) {
	case IPPROTO_AH:
		return (true);
	case IPPROTO_FRAGMENT:
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (af == AF_INET6);
	}
	return (false);
}

/* The headers between IP and the transport. */
static int
parse_chain(struct parse *ps, uint8_t proto)
{
	struct pf_pdesc	*pd = ps->pd;
	uint32_t	 at, link = ps->at + offsetof(struct pf_ip6, next);
	unsigned int	 n;
	int		 why;

	for (n = 0; is_in_chain(pd->af, proto); n++) {
		if (n == MAX_EXTENSIONS)
			return (PFRES_NORM);
		at = pd->off;
		why = proto == IPPROTO_FRAGMENT ?
		    parse_ip6_frag(ps, link, &proto) :
		    parse_skip(ps, &proto, n == 0);
		link = at + offsetof(struct pf_ip6_ext, next);
		if (why != PF_GO)
			return (why);
		if (pd->flags & PF_PD_NOTFIRST)
			break;
	}
	pd->proto = proto;
	return (PF_GO);
}

static pf_inline int
parse_ip6(struct parse *ps, bool quoted)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_ip6		 buf pf_uninit;
	const struct pf_ip6	*ip;

	ip = pull(ps, ps->at, sizeof(*ip), &buf);
	if (ip == NULL || PF_IP_VERSION(ip->vtf[0]) != 6)
		return (PFRES_SHORT);
	if (set_length(ps, quoted, ntohs(ip->plen), sizeof(*ip)) != PF_GO)
		return (PFRES_SHORT);
	memcpy(&pd->src, ip->src, sizeof(ip->src));
	memcpy(&pd->dst, ip->dst, sizeof(ip->dst));
	pd->tos = PF_IP6_CLASS(ip->vtf);
	pd->ttl = ip->hlim;
	pd->off = ps->at + sizeof(*ip);
	pd->p_len = pd->len - sizeof(*ip);
	/* options outside of the length: only a jumbo payload would explain
	 * it */
	if (unlikely(pd->p_len == 0) && ip->next == IPPROTO_HOPOPTS)
		return (PFRES_NORM);
	return (parse_chain(ps, ip->next));
}

/* Whether a stack sends such flags: a SYN begins a connection and does not end it, and all else
 * but a RST acknowledges something. */
static pf_inline bool
flags_sane(uint8_t flags)
{
	if (flags & PF_TH_SYN ? flags & (PF_TH_RST | PF_TH_FIN) :
	    !(flags & (PF_TH_ACK | PF_TH_RST)))
		return (false);
	return (flags & PF_TH_ACK ||
	    !(flags & (PF_TH_FIN | PF_TH_PUSH | PF_TH_URG)));
}

static pf_inline int
parse_tcp(struct parse *ps, uint32_t have)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_tcp		 buf pf_uninit;
	const struct pf_tcp	*th;

	/* of a quoted packet, ports and sequence number are enough */
	th = pull(ps, pd->off, have, &buf);
	if (th == NULL)
		return (PFRES_SHORT);
	pd->sport = th->sport;
	pd->dport = th->dport;
	pd->tcp.seq = pf_get32(th->seq);
	if (have < sizeof(*th))
		return (PF_GO);
	pd->tcp.ack = pf_get32(th->ack);
	pd->tcp.win = ntohs(th->win);
	pd->tcp.flags = th->flags;
	pd->tcp.doff = PF_TCP_HLEN(th->off);
	if (pd->tcp.doff < sizeof(*th) || pd->tcp.doff > pd->p_len)
		return (PFRES_SHORT);
	if (unlikely(!flags_sane(th->flags)) && !ps->quoted)
		return (PFRES_NORM);
	pd->p_len -= pd->tcp.doff;
	return (PF_GO);
}

/*
 * A datagram to port 0 is refused, and one whose own length does not fit; of a
 * fragment or of joined segments that length says nothing.
 */
static pf_inline int
parse_udp(struct parse *ps, bool quoted)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_udp		 buf pf_uninit;
	const struct pf_udp	*uh;
	uint32_t		 len;

	uh = pull(ps, pd->off, sizeof(*uh), &buf);
	if (uh == NULL)
		return (PFRES_SHORT);
	pd->sport = uh->sport;
	pd->dport = uh->dport;
	if (quoted)
		return (PF_GO);
	len = ntohs(uh->len);
	if (uh->dport == 0)
		return (PFRES_SHORT);
	if ((pd->flags & PF_PD_FRAGMENT) == 0 && pf_pkt_segs(pd->pkt) == 1 &&
	    (len > pd->p_len || len < sizeof(*uh)))
		return (PFRES_SHORT);
	pd->p_len -= sizeof(*uh);
	return (PF_GO);
}

/* For a packet, and for a quoted one, which needs a copy of its own: there is
 * more to do for the first if that is not asked again and again. */
static pf_inline int
parse(struct parse *ps, bool quoted)
{
	struct pf_pdesc	*pd = ps->pd;
	uint32_t	 need;
	int		 why;

	pd->flags = 0;
	pd->sport = pd->dport = 0;
	pd->icmp_type = pd->icmp_code = 0;
	pd->icmp_id = pd->icmp_vtype = 0;
	memset(&pd->tcp, 0, sizeof(pd->tcp));
	why = pd->af == AF_INET ? parse_ip4(ps, quoted) : parse_ip6(ps, quoted);
	if (unlikely(why != PF_GO || pd->flags & PF_PD_NOTFIRST))
		return (why);
	need = pf_transport_size(pd->proto);
	if (quoted && need > 8)
		need = 8;
	if (pd->p_len < need)
		return (PFRES_SHORT);
	if (need != 0 && (pd->flags & PF_PD_FRAGMENT) == 0 && !ps->rerouted)
		pd->flags |= PF_PD_CKSUM;
	switch (pd->proto) {
	case IPPROTO_TCP:
		return (parse_tcp(ps, need));
	case IPPROTO_UDP:
		return (parse_udp(ps, quoted));
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		why = parse_icmp(ps);
		break;
	case IPPROTO_IGMP:
		why = parse_igmp(ps);
		break;
	}
	if (ps->alert && ps->group)
		pd->flags &= ~PF_PD_OPTS;
	return (why);
}

int
pf_packet_parse(struct pf_pdesc *pd)
{
	struct parse	ps = { .pd = pd, .end = pf_pkt_len(pd->pkt) };

	return (parse(&ps, false));
}

int
pf_packet_parse_quoted(const struct pf_pdesc *pd, uint32_t off,
    struct pf_pdesc *quoted)
{
	struct parse	ps = {
		.pd = quoted, .at = off, .quoted = true,
		.end = pd->len < PF_IP_MAXLEN ? pd->len : PF_IP_MAXLEN
	};

	*quoted = *pd;
	return (parse(&ps, true));
}

/*
 * The value of a TCP option with `size' bytes in all, 2 to 4, at *val (2: it has none, and
 * 0 is returned); false: there is none.  pf_packet_parse() has found the header to be within the
 * packet's length.
 */
static bool
tcp_option(const struct pf_pdesc *pd, uint8_t kind, uint8_t size, uint16_t *val)
{
	uint8_t		 buf[PF_TCP_MAXHLEN];
	const uint8_t	*p;
	unsigned int	 end = pd->tcp.doff;
	struct pf_tcpopt o = PF_TCPOPT_BEGIN;

	if (end <= sizeof(struct pf_tcp) || end > sizeof(buf))
		return (false);
	p = pf_pkt_pull(pd->pkt, pd->off, end, buf);
	if (p == NULL)
		return (false);
	while (pf_tcpopt_next(p, end, &o))
		if (p[o.at] == kind && o.len == size) {
			*val = size == 4 ? p[o.at + 2] << 8 | p[o.at + 3] :
			    size == 3 ? p[o.at + 2] : 0;
			return (true);
		}
	return (false);
}

uint8_t
pf_packet_wscale(const struct pf_pdesc *pd)
{
	uint16_t	v;

	if (!tcp_option(pd, PF_TCPOPT_WSCALE, PF_TCPOPT_WSCALE_LEN, &v))
		return (0);
	if (v > PF_TCP_MAXWSCALE)
		v = PF_TCP_MAXWSCALE;
	return (v | PF_WSCALE_FLAG);
}

uint16_t
pf_packet_mss(const struct pf_pdesc *pd)
{
	uint16_t	v;

	return (tcp_option(pd, PF_TCPOPT_MSS, PF_TCPOPT_MSS_LEN, &v) ? v : 0);
}

bool
pf_packet_sackok(const struct pf_pdesc *pd)
{
	uint16_t	v;

	return (tcp_option(pd, PF_TCPOPT_SACKOK, PF_TCPOPT_SACKOK_LEN, &v));
}

void
pf_packet_owner(struct pf_pdesc *pd)
{
	struct pf_flow	f = { &pd->src, &pd->dst, pd->sport, pd->dport };

	if (pd->flags & PF_PD_OWNER)
		return;
	if (!pf_pkt_owner(pd->pf, pd->pkt, pd->dir, pd->af, pd->proto, &f,
	    &pd->uid, &pd->gid))
		pd->uid = pd->gid = UINT32_MAX;
	pd->flags |= PF_PD_OWNER;
}
