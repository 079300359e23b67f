// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rewrite.c: change addresses and ports of a packet
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * Each address and port of the packet is compared with the new one, and
 * replaced if it differs.  Every checksum that covers a change is corrected:
 * that of the IPv4 header, that of the transport (its pseudo header has the
 * addresses), and the checksum of an ICMP error, which covers the quoted
 * packet.  The packet is made writable once, before the first change: either
 * all changes are made, or none.
 *
 * An ICMP error quotes a packet of the connection.  The source of the quoted
 * packet and the destination of the error are the same host; so when the one is
 * replaced, the other is replaced too.  The same holds for the quoted
 * destination and the error's source.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_addr.h"
#include "pf_cksum.h"
#include "pf_packet.h"
#include "pf_rewrite.h"
#include "pf_state.h"

/* A header chain within a packet: the packet's own or the quoted one. */
struct chain {
	struct pf_pkt	*pkt;
	uint8_t		*ip;		/* the IP header */
	uint8_t		*th;		/* the transport header, or NULL */
	uint8_t		*sum;		/* the transport's checksum, or NULL */
	uint8_t		*outer;		/* the checksum of the error that */
					/* quotes this, or NULL */
	uint8_t		 af;
	uint8_t		 sum_flags;	/* PF_CKSUM_* of sum, without PSEUDO */
	bool		 pseudo;	/* sum covers the addresses */
};

/* Replace len bytes at p by `to'; is_addr: they are an address. */
static void
put(const struct chain *c, uint8_t *p, const void *to, unsigned int len,
    bool is_addr)
{
	uint8_t		 from[16], old_sum[2];
	unsigned int	 flags = c->sum_flags | (is_addr ? PF_CKSUM_PSEUDO : 0);

	memcpy(from, p, len);
	if (memcmp(from, to, len) == 0)
		return;
	memcpy(p, to, len);
	if (c->sum != NULL && (!is_addr || c->pseudo)) {
		memcpy(old_sum, c->sum, sizeof(old_sum));
		if (c->outer == NULL)
			pf_pkt_cksum_change(c->pkt, c->sum, from, to, len,
			    flags);
		else if ((c->sum_flags & PF_CKSUM_UDP) == 0 ||
		    old_sum[0] != 0 || old_sum[1] != 0)
			pf_cksum_change(c->sum, from, to, len);
		if (c->outer != NULL)
			pf_pkt_cksum_change(c->pkt, c->outer, old_sum, c->sum,
			    sizeof(old_sum), 0);
	}
	if (c->outer != NULL)
		pf_pkt_cksum_change(c->pkt, c->outer, from, to, len, 0);
}

static void
put_addr(const struct chain *c, bool dst, const struct pf_addr *to)
{
	uint8_t	*p, *sum, from[4], old_sum[2];

	if (c->af == AF_INET6) {
		put(c, c->ip + (dst ? offsetof(struct pf_ip6, dst) :
		    offsetof(struct pf_ip6, src)), to, 16, true);
		return;
	}
	p = c->ip + (dst ? offsetof(struct pf_ip4, dst) :
	    offsetof(struct pf_ip4, src));
	sum = c->ip + offsetof(struct pf_ip4, sum);
	memcpy(from, p, sizeof(from));
	memcpy(old_sum, sum, sizeof(old_sum));
	put(c, p, to, sizeof(from), true);
	pf_cksum_change(sum, from, to, sizeof(from));
	if (c->outer != NULL)
		pf_pkt_cksum_change(c->pkt, c->outer, old_sum, sum,
		    sizeof(old_sum), 0);
}

static void
put_port(const struct chain *c, const struct pf_pdesc *pd, bool dst,
    uint16_t to)
{
	if (c->th == NULL)
		return;
	if (pd->proto == IPPROTO_TCP || pd->proto == IPPROTO_UDP)
		put(c, c->th + (dst ? offsetof(struct pf_tcp, dport) :
		    offsetof(struct pf_tcp, sport)), &to, 2, false);
	else if ((pd->flags & PF_PD_ICMPID) != 0 &&
	    dst == ((pd->flags & PF_PD_ICMPREPLY) != 0))
		put(c, c->th + offsetof(struct pf_icmp, id), &to, 2, false);
}

/* Set the members of a chain that concern the transport.  have: the bytes of
 * the transport header that are in the packet. */
static void
chain_transport(struct chain *c, const struct pf_pdesc *pd, uint8_t *th,
    uint32_t have)
{
	uint32_t	at;

	c->th = th;
	c->pseudo = true;
	switch (pd->proto) {
	case IPPROTO_TCP:
		at = offsetof(struct pf_tcp, sum);
		break;
	case IPPROTO_UDP:
		at = offsetof(struct pf_udp, sum);
		c->sum_flags = PF_CKSUM_UDP;
		break;
	case IPPROTO_ICMP:
		c->pseudo = false;
		/* FALLTHROUGH */
	case IPPROTO_ICMPV6:
		at = offsetof(struct pf_icmp, sum);
		break;
	default:
		c->th = NULL;
		return;
	}
	if (have >= at + 2)
		c->sum = th + at;
}

/* A packet that has got a new destination is to reach that, if it is a loopback address. */
static int
to_loopback(struct pf_pdesc *pd)
{
	const struct pf_flow	f = { &pd->src, &pd->dst, pd->sport, pd->dport };

	if (likely(pd->dir == PF_OUT || !pf_addr_is_loopback(&pd->dst, pd->af)))
		return (PF_GO);
	return (pf_pkt_loopback(pd->pf, pd->pkt, pd->af, pd->proto, &f,
	    pf_pd_opens(pd)) ? PF_GO : PFRES_NOROUTE);
}

int
pf_rewrite(struct pf_pdesc *pd, const struct pf_state_key *to)
{
	unsigned int	src = pd->dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK;
	uint32_t	size = pf_transport_size(pd->proto);
	struct chain	c = { .pkt = pd->pkt, .af = pd->af };
	uint8_t		*p;

	p = pf_pkt_write(pd->pkt, 0, pd->off + size);
	if (p == NULL)
		return (PFRES_MEMORY);
	c.ip = p;
	chain_transport(&c, pd, p + pd->off, size);
	put_addr(&c, false, &to->addr[src]);
	put_addr(&c, true, &to->addr[!src]);
	put_port(&c, pd, false, to->port[src]);
	put_port(&c, pd, true, to->port[!src]);
	pf_rewrite_pdesc(pd, to);
	return (to_loopback(pd));
}

void
pf_rewrite_pdesc(struct pf_pdesc *pd, const struct pf_state_key *to)
{
	unsigned int	src = pd->dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK;

	pd->src = to->addr[src];
	pd->dst = to->addr[!src];
	if (pd->flags & PF_PD_ICMPQUERY) {
		if (pd->flags & PF_PD_ICMPID)
			pd->icmp_id = to->port[pd->flags & PF_PD_ICMPREPLY ?
			    !src : src];
	} else {
		pd->sport = to->port[src];
		pd->dport = to->port[!src];
	}
}

/* quoted->dir is the direction of the quoted packet, which is opposite to the
 * error's. */
int
pf_rewrite_error(struct pf_pdesc *pd, const struct pf_pdesc *quoted,
    uint32_t quoted_at, const struct pf_state_key *to)
{
	unsigned int	src = quoted->dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK;
	uint32_t	size = pf_transport_size(quoted->proto), have;
	struct chain	c = { .pkt = pd->pkt, .af = pd->af };
	struct chain	q = { .pkt = pd->pkt, .af = pd->af };
	bool		src_moves = !pf_addr_eq(&quoted->src, &to->addr[src]);
	bool		dst_moves = !pf_addr_eq(&quoted->dst, &to->addr[!src]);
	uint8_t		*p;

	/* a quoted TCP header may end after 8 bytes */
	have = pd->len - quoted->off;
	if (have > size)
		have = size;
	p = pf_pkt_write(pd->pkt, 0, quoted->off + have);
	if (p == NULL)
		return (PFRES_MEMORY);
	c.ip = p;
	chain_transport(&c, pd, p + pd->off, sizeof(struct pf_icmp));
	q.ip = p + quoted_at;
	q.outer = c.sum;
	chain_transport(&q, quoted, p + quoted->off, have);
	put_addr(&q, false, &to->addr[src]);
	put_addr(&q, true, &to->addr[!src]);
	put_port(&q, quoted, false, to->port[src]);
	put_port(&q, quoted, true, to->port[!src]);
	if (src_moves) {
		put_addr(&c, true, &to->addr[src]);
		pd->dst = to->addr[src];
	}
	if (dst_moves) {
		put_addr(&c, false, &to->addr[!src]);
		pd->src = to->addr[!src];
	}
	return (src_moves ? to_loopback(pd) : PF_GO);
}
