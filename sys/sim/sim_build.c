// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_build.c: packets from a description, and a description from a packet.
 *
 * Owns nothing; what is built belongs to the caller.  Both ways compute checksums
 * with sim_sum(), never with the core's code, so that each can catch the other.
 *
 * Locking: none, one thread.  Place: above sim_pkt.c.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include <stdlib.h>

#include "sim.h"

#define PKT_MAX		(65535 + 40)

struct out {				/* where a packet grows */
	uint8_t		*b;
	uint32_t	 n;
};

static void
put(struct out *o, const void *p, uint32_t len)
{
	if (len > PKT_MAX - o->n)
		SIM_PANIC("packet longer than %d", PKT_MAX);
	if (p != NULL)
		memcpy(o->b + o->n, p, len);
	else if (len != 0)
		memset(o->b + o->n, 0, len);
	o->n += len;
}

static void
put8(struct out *o, uint8_t v)
{
	put(o, &v, 1);
}

static void
put16(struct out *o, uint16_t v)
{
	v = htons(v);
	put(o, &v, 2);
}

static void
put32(struct out *o, uint32_t v)
{
	v = htonl(v);
	put(o, &v, 4);
}

static void
set16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t
get16(const uint8_t *p)
{
	return ((uint16_t)(p[0] << 8 | p[1]));
}

static uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)get16(p) << 16 | get16(p + 2));
}

static void
put_tcp(struct out *o, const struct sim_spec *sp)
{
	uint8_t opt[40], n = 0;

	if (sp->mss != 0) {
		opt[n++] = TCPOPT_MAXSEG;
		opt[n++] = TCPOLEN_MAXSEG;
		set16(opt + n, sp->mss);
		n += 2;
	}
	if (sp->wscale != 0) {
		opt[n++] = TCPOPT_NOP;
		opt[n++] = TCPOPT_WINDOW;
		opt[n++] = TCPOLEN_WINDOW;
		opt[n++] = sp->wscale - 1;
	}
	if (sp->tcp_optlen % 4 != 0 || n + sp->tcp_optlen > sizeof(opt))
		SIM_PANIC("%u bytes of TCP options", n + sp->tcp_optlen);
	if (sp->tcp_optlen != 0)
		memcpy(opt + n, sp->tcp_opts, sp->tcp_optlen);
	n += sp->tcp_optlen;
	put16(o, sp->sport);
	put16(o, sp->dport);
	put32(o, sp->seq);
	put32(o, sp->ack);
	put8(o, (uint8_t)((5 + n / 4) << 4));
	put8(o, sp->flags);
	put16(o, sp->win != 0 ? sp->win : 65535);
	put32(o, 0);			/* checksum, urgent pointer */
	put(o, opt, n);
}

/* The transport header and payload; returns where the checksum stands, 0: nowhere. */
static uint32_t
put_transport(struct out *o, const struct sim_spec *sp, uint8_t *quoted)
{
	uint32_t start = o->n, qlen;

	switch (sp->proto) {
	case IPPROTO_TCP:
		put_tcp(o, sp);
		put(o, sp->payload, sp->paylen);
		return (start + 16);
	case IPPROTO_UDP:
		put16(o, sp->sport);
		put16(o, sp->dport);
		put16(o, (uint16_t)(8 + sp->paylen));
		put16(o, 0);
		put(o, sp->payload, sp->paylen);
		return (start + 6);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put8(o, sp->icmp_type);
		put8(o, sp->icmp_code);
		put16(o, 0);
		put16(o, sp->icmp_id);
		put16(o, sp->icmp_seq);
		if (sp->quote != NULL) {
			qlen = sp->quote_len;
			if (qlen == 0)
				qlen = sp->quote->af == AF_INET ? 48 : 68;
			if (qlen > sp->quote->len)
				qlen = sp->quote->len;
			sim_pkt_bytes(sp->quote, quoted, qlen);
			put(o, quoted, qlen);
		} else
			put(o, sp->payload, sp->paylen);
		return (start + 2);
	default:
		put(o, sp->payload, sp->paylen);
		return (0);
	}
}

static uint32_t
sum_pseudo(const uint8_t *pkt, uint8_t af, uint8_t proto, uint32_t len)
{
	uint32_t sum;

	if (af == AF_INET)
		sum = sim_sum(0, pkt + 12, 8);
	else
		sum = sim_sum(0, pkt + 8, 32);
	return (sum + proto + (len >> 16) + (len & 0xffff));
}

static uint8_t
put_ip(struct out *o, const struct sim_spec *sp)
{
	struct in_addr a4[2];
	struct in6_addr a6[2];
	uint8_t ttl = sp->ttl != 0 ? sp->ttl : 64;

	if (inet_pton(AF_INET, sp->src, &a4[0]) == 1 &&
	    inet_pton(AF_INET, sp->dst, &a4[1]) == 1) {
		put8(o, (uint8_t)(0x40 | (5 + sp->optlen / 4)));
		put8(o, sp->tos);
		put16(o, 0);
		put16(o, sp->ip_id);
		put16(o, (uint16_t)((sp->frag_off / 8) |
		    (sp->more_frags ? IP_MF : 0) | (sp->df ? IP_DF : 0)));
		put8(o, ttl);
		put8(o, sp->proto);
		put16(o, 0);
		put(o, &a4[0], 4);
		put(o, &a4[1], 4);
		put(o, sp->opts, sp->optlen);
		return (AF_INET);
	}
	if (inet_pton(AF_INET6, sp->src, &a6[0]) != 1 ||
	    inet_pton(AF_INET6, sp->dst, &a6[1]) != 1)
		SIM_PANIC("addresses %s, %s", sp->src, sp->dst);
	put32(o, 6U << 28 | (uint32_t)sp->tos << 20);
	put16(o, 0);
	put8(o, sp->optlen != 0 ? sp->opt_proto :
	    sp->frag_off != 0 || sp->more_frags ? IPPROTO_FRAGMENT : sp->proto);
	put8(o, ttl);
	put(o, &a6[0], 16);
	put(o, &a6[1], 16);
	put(o, sp->opts, sp->optlen);	/* the caller chains next headers */
	if (sp->frag_off != 0 || sp->more_frags) {
		put8(o, sp->proto);
		put8(o, 0);
		put16(o, (uint16_t)(sp->frag_off | (sp->more_frags ? 1 : 0)));
		put32(o, sp->ip_id);
	}
	return (AF_INET6);
}

struct pf_pkt *
sim_pkt_build(const struct sim_spec *sp)
{
	struct out o = { malloc(PKT_MAX), 0 };
	uint8_t *quoted = malloc(PKT_MAX);
	uint32_t hlen, where, sum, ncuts;
	struct pf_pkt *p;
	uint8_t af;

	if (o.b == NULL || quoted == NULL)
		SIM_PANIC("out of memory");
	af = put_ip(&o, sp);
	hlen = o.n;
	where = 0;
	if (sp->frag_off == 0)
		where = put_transport(&o, sp, quoted);
	else				/* a later fragment: payload only */
		put(&o, sp->payload, sp->paylen);

	if (where != 0 && !sp->no_cksum) {
		sum = sim_sum(sp->proto == IPPROTO_ICMP ? 0 :
		    sum_pseudo(o.b, af, sp->proto, o.n - hlen),
		    o.b + hlen, o.n - hlen);
		set16(o.b + where, sim_sum_fold(sum));
		if (sp->proto == IPPROTO_UDP && get16(o.b + where) == 0)
			set16(o.b + where, 0xffff);
		if (sp->bad_cksum)
			o.b[where] ^= 0x55;
	}
	if (af == AF_INET) {
		set16(o.b + 2, (uint16_t)o.n);
		set16(o.b + 10, sim_sum_fold(sim_sum(0, o.b, 20U + sp->optlen)));
	} else
		set16(o.b + 4, (uint16_t)(o.n - 40));

	p = sim_pkt_raw(o.b, o.n);
	p->segs = sp->segs != 0 ? sp->segs : 1;
	for (ncuts = 0; ncuts < 4 && sp->cuts[ncuts] != 0; ncuts++)
		;
	if (ncuts != 0)
		sim_pkt_split(p, sp->cuts, ncuts);
	free(o.b);
	free(quoted);
	return (p);
}

static bool
wrong(struct sim_info *in, const char *what)
{
	in->wrong = what;
	return (false);
}

/* The IP header: lengths, addresses, and for IPv6 the headers that follow. */
static bool
info_ip(const uint8_t *b, uint32_t n, struct sim_info *in)
{
	uint32_t hlen;

	if (n >= 20 && b[0] >> 4 == 4) {
		in->af = AF_INET;
		hlen = (b[0] & 15U) * 4;
		in->len = get16(b + 2);
		if (hlen < 20 || in->len < hlen || in->len > n)
			return (wrong(in, "IPv4 lengths"));
		if (sim_sum_fold(sim_sum(0, b, hlen)) != 0)
			return (wrong(in, "IPv4 header checksum"));
		in->tos = b[1];
		in->ttl = b[8];
		in->proto = b[9];
		in->off = hlen;
		inet_ntop(AF_INET, b + 12, in->src, sizeof(in->src));
		inet_ntop(AF_INET, b + 16, in->dst, sizeof(in->dst));
		return ((get16(b + 6) & 0x1fff) == 0 ||
		    wrong(in, "later fragment"));
	}
	if (n < 40 || b[0] >> 4 != 6)
		return (wrong(in, "no IP header"));
	in->af = AF_INET6;
	in->len = 40U + get16(b + 4);
	if (in->len > n)
		return (wrong(in, "IPv6 length"));
	in->tos = (uint8_t)(get16(b) >> 4);
	in->ttl = b[7];
	in->proto = b[6];
	in->off = 40;
	inet_ntop(AF_INET6, b + 8, in->src, sizeof(in->src));
	inet_ntop(AF_INET6, b + 24, in->dst, sizeof(in->dst));
	while (in->proto == IPPROTO_HOPOPTS || in->proto == IPPROTO_DSTOPTS ||
	    in->proto == IPPROTO_ROUTING || in->proto == IPPROTO_FRAGMENT) {
		if (in->off + 8 > in->len)
			return (wrong(in, "IPv6 extension header"));
		if (in->proto == IPPROTO_FRAGMENT) {
			if ((get16(b + in->off + 2) & 0xfff8) != 0)
				return (wrong(in, "later fragment"));
			in->proto = b[in->off];
			in->off += 8;
		} else {
			in->proto = b[in->off];
			in->off += (b[in->off + 1] + 1U) * 8;
		}
		if (in->off > in->len)
			return (wrong(in, "IPv6 extension header"));
	}
	return (true);
}

static bool
info_transport(const uint8_t *b, struct sim_info *in)
{
	const uint8_t *t = b + in->off;
	uint32_t n = in->len - in->off;
	uint32_t pseudo = sum_pseudo(b, in->af, in->proto, n);

	switch (in->proto) {
	case IPPROTO_TCP:
		if (n < 20 || (t[12] >> 4) < 5 || (t[12] >> 4) * 4U > n)
			return (wrong(in, "TCP header"));
		in->sport = get16(t);
		in->dport = get16(t + 2);
		in->seq = get32(t + 4);
		in->ack = get32(t + 8);
		in->flags = t[13];
		in->win = get16(t + 14);
		return (sim_sum_fold(sim_sum(pseudo, t, n)) == 0 ||
		    wrong(in, "TCP checksum"));
	case IPPROTO_UDP:
		if (n < 8 || get16(t + 4) < 8 || get16(t + 4) > n)
			return (wrong(in, "UDP header"));
		in->sport = get16(t);
		in->dport = get16(t + 2);
		if (get16(t + 6) == 0)
			return (in->af == AF_INET || wrong(in, "UDP checksum"));
		return (sim_sum_fold(sim_sum(pseudo, t, n)) == 0 ||
		    wrong(in, "UDP checksum"));
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (n < 8)
			return (wrong(in, "ICMP header"));
		in->icmp_type = t[0];
		in->icmp_code = t[1];
		in->icmp_id = get16(t + 4);
		in->icmp_seq = get16(t + 6);
		if (in->proto == IPPROTO_ICMP)
			pseudo = 0;
		return (sim_sum_fold(sim_sum(pseudo, t, n)) == 0 ||
		    wrong(in, "ICMP checksum"));
	default:
		return (true);
	}
}

bool
sim_pkt_info(const struct pf_pkt *p, struct sim_info *in)
{
	uint8_t *b = malloc(p->len != 0 ? p->len : 1);

	if (b == NULL)
		SIM_PANIC("out of memory");
	memset(in, 0, sizeof(*in));
	sim_pkt_bytes(p, b, p->len);
	in->ok = info_ip(b, p->len, in) && info_transport(b, in);
	free(b);
	return (in->ok);
}

/*
 * The host's verdict on a received packet's transport checksum.  The length is
 * that of the IP header, since a frame may be padded.
 */
bool
pf_pkt_cksum_ok(const struct pf_pkt *p, uint8_t af, uint8_t proto, uint32_t off)
{
	const uint8_t *b;
	uint8_t *flat = NULL;
	uint32_t len, sum;
	bool ok = false;

	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (p->cksum_known || p->segs > 1)
		return (true);
	if (p->len < (af == AF_INET ? 20U : 40U))
		return (false);
	b = p->piece[0].data;
	if (p->npieces > 1) {
		if ((b = flat = malloc(p->len)) == NULL)
			SIM_PANIC("out of memory");
		sim_pkt_bytes(p, flat, p->len);
	}
	len = af == AF_INET ? get16(b + 2) : 40U + get16(b + 4);
	if (len <= p->len && off <= len) {
		/* of a datagram the length is its own: RFC 9868 */
		if (proto == IPPROTO_UDP && len - off >= 8 &&
		    get16(b + off + 4) >= 8 && get16(b + off + 4) < len - off)
			len = off + get16(b + off + 4);
		if (proto == IPPROTO_UDP && len - off >= 8 &&
		    get16(b + off + 6) == 0)
			ok = true;	/* the sender gave none */
		else {
			sum = proto == IPPROTO_ICMP ? 0 :
			    sum_pseudo(b, af, proto, len - off);
			ok = sim_sum_fold(sim_sum(sum, b + off,
			    len - off)) == 0;
		}
	}
	free(flat);
	return (ok);
}
