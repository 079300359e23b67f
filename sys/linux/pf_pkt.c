// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pkt.c: packets that pf makes; writing to those that come, and their checksums
 *
 * A packet made here belongs to the core from pf_pkt_new() to pf_pkt_send(),
 * which gives it to the kernel's output path.  While it is there, up to
 * the hook at POST_ROUTING, a per-CPU pointer tells which packet is pf's own; see
 * pf_hook.c for what happens to it behind a loopback device.
 *
 * Locking: packet context, so a CPU has its pointer to itself; output may
 * nest (a tunnel), and the pointer is put back.
 */
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/percpu.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "pf_linux.h"
#include "pfvar.h"

DEFINE_PER_CPU(const struct sk_buff *, pf_pkt_own);

struct pf_pkt *
pf_pkt_new(struct pf *pf, uint32_t len, void **data)
{
	struct sk_buff	*skb;

	if (len == 0 || len > IP_MAX_MTU)
		return (NULL);
	skb = alloc_skb(LL_MAX_HEADER + len, GFP_ATOMIC | __GFP_NOWARN);
	if (skb == NULL)
		return (NULL);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	skb->ip_summed = CHECKSUM_NONE;
	*data = skb_put_zero(skb, len);
	return (skb);
}

/*
 * Routes: as if the packet were sent here, but its source may be anybody's.  In a VRF
 * the answer stays there.  *local: it comes back to this host.
 */
static int
pkt_route4(struct net *net, struct sk_buff *skb, const struct sk_buff *cause,
    bool *local)
{
	const struct iphdr	*iph = ip_hdr(skb);
	struct flowi4		 fl = {
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.flowi4_oif = l3mdev_master_ifindex(cause->dev),
		.flowi4_mark = skb->mark,
		.flowi4_proto = iph->protocol,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable		*rt;

	if (ipv4_is_zeronet(iph->daddr))	/* would be taken for this host */
		return (-EINVAL);
	pf_flowi4_set_tos(&fl, iph);
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return (PTR_ERR(rt));
	skb_dst_set(skb, &rt->dst);
	if ((rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) != 0)
		return (-EACCES);
	*local = (rt->rt_flags & RTCF_LOCAL) != 0;
	skb->protocol = htons(ETH_P_IP);
	return (0);
}

#if IS_ENABLED(CONFIG_IPV6)
/* A link-local destination has a meaning on the device of the cause only. */
static int
pkt_route6(struct net *net, struct sk_buff *skb, const struct sk_buff *cause,
    bool *local)
{
	const struct ipv6hdr	*ip6h = ipv6_hdr(skb);
	struct flowi6		 fl = {
		.saddr = ip6h->saddr,
		.daddr = ip6h->daddr,
		.flowi6_mark = skb->mark,
		.flowlabel = ip6_flowinfo(ip6h),
		.flowi6_proto = ip6h->nexthdr,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
	};
	struct dst_entry	*dst;

	if (ipv6_addr_any(&ip6h->daddr))	/* would be taken for this host */
		return (-EINVAL);
	if (ipv6_addr_is_multicast(&ip6h->daddr))
		return (-EACCES);
	if ((ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL) != 0)
		fl.flowi6_oif = cause->dev->ifindex;
	else
		fl.flowi6_oif = l3mdev_master_ifindex(cause->dev);
	dst = ip6_route_output(net, NULL, &fl);
	if (dst->error != 0) {
		skb_dst_set(skb, dst);
		return (dst->error);
	}
	dst = xfrm_lookup(net, dst, flowi6_to_flowi(&fl), NULL, 0);
	if (IS_ERR(dst))
		return (PTR_ERR(dst));
	skb_dst_set(skb, dst);
	*local = (container_of(dst, struct rt6_info, dst)->rt6i_flags &
	    RTF_LOCAL) != 0;
	skb->protocol = htons(ETH_P_IPV6);
	return (0);
}

int
pf_output6(struct net *net, struct sk_buff *skb)
{
	return (ip6_local_out(net, NULL, skb));
}
#else
static int
pkt_route6(struct net *net, struct sk_buff *skb, const struct sk_buff *cause,
    bool *local)
{
	return (-EAFNOSUPPORT);
}

int
pf_output6(struct net *net, struct sk_buff *skb)
{
	kfree_skb(skb);
	return (-EAFNOSUPPORT);
}
#endif

/* The route that it is given. */
static int
pkt_route_way(struct pf *pf, struct sk_buff *skb, uint8_t af,
    const struct pf_way *way)
{
	struct dst_entry	*dst;

	dst = pf_way_dst(pf, skb, af, way);
	if (dst == NULL)
		return (-EHOSTUNREACH);
	skb_dst_set(skb, dst);
	skb->protocol = af == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	return (0);
}

int
pf_pkt_send(struct pf *pf, struct pf_pkt *skb, const struct pf_pkt *cause,
    uint8_t af, const struct pf_way *way, bool shown)
{
	struct pf_netns		*ns = pf_hostdata(pf);
	const struct sk_buff	*outer, *own;
	unsigned int		 size = af == AF_INET ? sizeof(struct iphdr) :
				    sizeof(struct ipv6hdr);
	bool			 local = false;
	int			 err;

	skb->mark = cause->mark & ~pf_mark_own;
	skb->dev = cause->dev;			/* for the rules of routing */
	skb_set_transport_header(skb, size);
	if (skb->len < size)
		err = -EINVAL;
	else if (way != NULL && (way->gw != NULL ||
	    !pf_rtable_stays(ns->net, skb, af)))
		err = pkt_route_way(pf, skb, af, way);
	else if (af == AF_INET)
		err = pkt_route4(ns->net, skb, cause, &local);
	else
		err = pkt_route6(ns->net, skb, cause, &local);
	if (err != 0) {
		kfree_skb(skb);
		return (-err);
	}
	skb->dev = NULL;
	if (local)
		skb->mark |= pf_mark_own;

	outer = this_cpu_read(pf_pkt_own);
	own = shown && !local ? NULL : skb;
	this_cpu_write(pf_pkt_own, own);
	if (af == AF_INET)
		err = ip_local_out(ns->net, NULL, skb);
	else
		err = pf_output6(ns->net, skb);
	this_cpu_write(pf_pkt_own, outer);
	return (err < 0 ? -err : 0);
}

void
pf_pkt_free(struct pf_pkt *skb)
{
	kfree_skb(skb);
}

void *
pf_pkt_write(struct pf_pkt *skb, uint32_t off, uint32_t len)
{
	unsigned int	start = skb_network_offset(skb) + off;

	if (skb_ensure_writable(skb, start + len) != 0)
		return (NULL);
	return (skb->data + start);
}

static bool
header_writable(struct pf_pkt *skb, uint8_t af)
{
	size_t	size = af == AF_INET ? sizeof(struct iphdr) :
	    sizeof(struct ipv6hdr);

	return (skb_ensure_writable(skb, skb_network_offset(skb) + size) == 0);
}

/* IPv6 has no checksum of its own, but a device may have summed its header too, of which a
 * word at `at' has changed. */
static void
header6_changed(struct pf_pkt *skb, __be32 from, const void *at)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_add(csum_sub(skb->csum, (__force __wsum)from),
		    *(const __force __wsum *)at);
}

uint8_t
pf_pkt_prio(const struct pf_pkt *skb)
{
	return (skb->priority <= PF_PRIO_MAX ? (uint8_t)skb->priority : 0);
}

/*
 * Forwarding gives an IPv4 packet the priority of its type of service.  Until `out' the one that
 * a rule has given it stands in the upper four bits of tc_index, too, which only traffic
 * control at the end of the way reads; the bit of the mark that is pf's own tells `out' of
 * it, which asks for that bit anyway.
 */
#define PRIO_KEPT	0x8000
#define PRIO_SHIFT	12
#define PRIO_BITS	0xf000

void
pf_pkt_set_prio(struct pf_pkt *skb, int dir, uint8_t prio)
{
	skb->priority = prio;
#ifdef CONFIG_NET_SCHED
	if (dir != PF_IN || pf_mark_own == 0)
		return;
	skb->mark |= pf_mark_own;
	skb->tc_index = (skb->tc_index & ~PRIO_BITS) | PRIO_KEPT |
	    (uint16_t)prio << PRIO_SHIFT;
#endif
}

bool
pf_pkt_keep_prio(struct sk_buff *skb)
{
	if ((skb->mark & pf_mark_own) == 0)
		return (false);
	skb->mark &= ~pf_mark_own;
#ifdef CONFIG_NET_SCHED
	if ((skb->tc_index & PRIO_KEPT) != 0) {
		skb->priority = (skb->tc_index & PRIO_BITS & ~PRIO_KEPT) >> PRIO_SHIFT;
		skb->tc_index &= ~PRIO_BITS;
		return (true);
	}
#endif
	return (false);
}

bool
pf_pkt_set_tos(struct pf_pkt *skb, uint8_t af, uint8_t tos)
{
	__be32	old;

	if (!header_writable(skb, af))
		return (false);
	if (af == AF_INET) {
		ipv4_change_dsfield(ip_hdr(skb), 0, tos);
		return (true);
	}
	old = *(__be32 *)ipv6_hdr(skb);
	ipv6_change_dsfield(ipv6_hdr(skb), 0, tos);
	header6_changed(skb, old, ipv6_hdr(skb));
	return (true);
}

bool
pf_pkt_set_ttl(struct pf_pkt *skb, uint8_t af, uint8_t ttl)
{
	struct iphdr	*ip;
	__be32		*word, old;

	if (!header_writable(skb, af))
		return (false);
	if (af == AF_INET) {
		ip = ip_hdr(skb);
		csum_replace2(&ip->check, htons(ip->ttl << 8), htons(ttl << 8));
		ip->ttl = ttl;
		return (true);
	}
	word = (__be32 *)ipv6_hdr(skb) + 1;	/* length, next header, hop limit */
	old = *word;
	ipv6_hdr(skb)->hop_limit = ttl;
	header6_changed(skb, old, word);
	return (true);
}

void
pf_pkt_cksum_change(struct pf_pkt *skb, void *at, const void *from,
    const void *to, unsigned int len, unsigned int flags)
{
	__sum16	*sum = at;
	bool	 pseudo = (flags & PF_CKSUM_PSEUDO) != 0;

	if ((flags & PF_CKSUM_UDP) != 0 && *sum == 0 &&
	    skb->ip_summed != CHECKSUM_PARTIAL)
		return;
	switch (len) {
	case 2:
		inet_proto_csum_replace2(sum, skb, *(const __be16 *)from,
		    *(const __be16 *)to, pseudo);
		break;
	case 4:
		inet_proto_csum_replace4(sum, skb, *(const __be32 *)from,
		    *(const __be32 *)to, pseudo);
		break;
	case 16:
		inet_proto_csum_replace16(sum, skb, from, to, pseudo);
		break;
	default:
		WARN_ON_ONCE(1);
	}
	if ((flags & PF_CKSUM_UDP) != 0 && *sum == 0)
		*sum = CSUM_MANGLED_0;
}

/*
 * The sum over len bytes at start.  The kernel's own check of IPv4 knows only a
 * transport that is right behind the IP header, and none knows a datagram that
 * ends before its packet does (RFC 9868).
 */
static bool
pkt_sum_ok(const struct sk_buff *skb, uint8_t af, uint8_t proto,
    unsigned int start, unsigned int len)
{
	__wsum	sum = skb_checksum(skb, start, len, 0);

	if (proto == IPPROTO_ICMP)
		return (csum_fold(sum) == 0);
	if (af == AF_INET)
		return (csum_tcpudp_magic(ip_hdr(skb)->saddr,
		    ip_hdr(skb)->daddr, len, proto, sum) == 0);
	return (csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr,
	    len, proto, sum) == 0);
}

/*
 * The kernel's check may note its result in the packet, which saves the
 * receiver the same work; nothing that is on the wire changes.
 */
bool
pf_pkt_cksum_ok(const struct pf_pkt *p, uint8_t af, uint8_t proto, uint32_t off)
{
	struct sk_buff		*skb = (struct sk_buff *)p;
	const struct udphdr	*uh;
	struct udphdr		 buf;
	unsigned int		 start = skb_network_offset(skb) + off;
	unsigned int		 len = skb->len - start;

	if (skb->ip_summed == CHECKSUM_PARTIAL ||
	    skb->ip_summed == CHECKSUM_UNNECESSARY)
		return (true);
	if (proto == IPPROTO_UDP) {
		uh = skb_header_pointer(skb, start, sizeof(buf), &buf);
		if (uh == NULL)
			return (false);
		if (uh->check == 0)		/* the sender made none */
			return (true);
		if (ntohs(uh->len) >= sizeof(buf) && ntohs(uh->len) < len)
			return (pkt_sum_ok(skb, af, proto, start,
			    ntohs(uh->len)));
	}
	if (af == AF_INET6)
		return (nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, start,
		    proto) == 0);
	if (off != ip_hdrlen(skb))
		return (pkt_sum_ok(skb, af, proto, start, len));
	return (nf_ip_checksum(skb, NF_INET_PRE_ROUTING, start,
	    proto == IPPROTO_TCP || proto == IPPROTO_UDP ? proto : 0) == 0);
}
