// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_way.c: packets that go where a rule says, not where the routes lead
 *
 * A way is a route of the kernel's own, looked up for the gateway in place of the
 * destination, which the kernel offers for such uses (FLOWI_FLAG_KNOWN_NH); or the one that a
 * routing table has for the destination (pf_rtable.c).
 *
 * A packet that comes in is forwarded from here, as the kernel does it: one hop less, too
 * large is answered by ICMP, FORWARD and POST_ROUTING are asked, and so pf again.  The hooks
 * of PRE_ROUTING behind pf's do not see it, so connection tracking does not either: it is
 * marked as untracked, that a filter behind it does not take it for an invalid one.
 * A packet that goes out gets the other route, by which the kernel sends it after the hook.
 *
 * Owns nothing.  Locking: packet context, which is an RCU read side.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "pf_linux.h"
#include "pfvar.h"

/* The route of a way, referenced; NULL: there is none. */
static struct dst_entry *
way_dst4(struct net *net, const struct sk_buff *skb, const struct pf_way *w)
{
	const struct iphdr	*iph = ip_hdr(skb);
	struct flowi4		 fl = {
		.daddr = w->gw->v4 != 0 ? w->gw->v4 : iph->daddr,
		.flowi4_oif = w->ifindex,
		.flowi4_mark = skb->mark,
		.flowi4_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable		*rt;

	if (fl.daddr == 0)			/* would be taken for this host */
		return (NULL);
	pf_flowi4_set_tos(&fl, iph);
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return (NULL);
	if ((rt->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST)) != 0) {
		ip_rt_put(rt);
		return (NULL);
	}
	return (&rt->dst);
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *
way_dst6(struct net *net, const struct sk_buff *skb, const struct pf_way *w)
{
	const struct ipv6hdr	*ip6h = ipv6_hdr(skb);
	const struct in6_addr	*gw = (const struct in6_addr *)w->gw->addr8;
	struct flowi6		 fl = {
		.daddr = ipv6_addr_any(gw) ? ip6h->daddr : *gw,
		.flowi6_oif = w->ifindex,
		.flowi6_mark = skb->mark,
		.flowlabel = ip6_flowinfo(ip6h),
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct dst_entry	*dst;

	if (ipv6_addr_any(&fl.daddr) || ipv6_addr_is_multicast(&fl.daddr))
		return (NULL);
	dst = ip6_route_output(net, NULL, &fl);
	if (dst->error != 0 || (container_of(dst, struct rt6_info, dst)->rt6i_flags &
	    (RTF_LOCAL | RTF_ANYCAST)) != 0) {
		dst_release(dst);
		return (NULL);
	}
	return (dst);
}
#else
static struct dst_entry *
way_dst6(struct net *net, const struct sk_buff *skb, const struct pf_way *w)
{
	return (NULL);
}
#endif

struct dst_entry *
pf_way_dst(struct pf *pf, const struct sk_buff *skb, uint8_t af,
    const struct pf_way *w)
{
	struct pf_netns	*ns = pf_hostdata(pf);

	if (w->gw == NULL)
		return (pf_rtable_dst(ns->net, skb, af, w->table));
	return (af == AF_INET ? way_dst4(ns->net, skb, w) :
	    way_dst6(ns->net, skb, w));
}

bool
pf_pkt_route(struct pf *pf, struct pf_pkt *skb, int dir, uint8_t af,
    const struct pf_way *w, bool *moved)
{
	struct pf_netns		*ns = pf_hostdata(pf);
	struct dst_entry	*dst;

	*moved = false;
	if (w->gw == NULL && pf_rtable_stays(ns->net, skb, af))
		return (true);
	dst = pf_way_dst(pf, skb, af, w);
	if (dst == NULL)
		return (false);
	*moved = dir == PF_IN || dst->dev != skb_dst(skb)->dev;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	if (dir == PF_OUT)
		skb->dev = dst->dev;
	return (true);
}

/* One hop less, of a packet that is the caller's to write to. */
static void
way_hop(struct sk_buff *skb, uint8_t af)
{
	if (af == AF_INET)
		ip_decrease_ttl(ip_hdr(skb));
	else
		ipv6_hdr(skb)->hop_limit--;
}

static uint8_t
way_hops(const struct sk_buff *skb, uint8_t af)
{
	return (af == AF_INET ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit);
}

void
pf_pkt_dup(struct pf *pf, const struct pf_pkt *orig, int dir, uint8_t af,
    const struct pf_way *w)
{
	struct pf_netns		*ns = pf_hostdata(pf);
	const struct sk_buff	*outer;
	struct dst_entry	*dst;
	struct sk_buff		*skb;

	if (dir == PF_IN && way_hops(orig, af) <= 1)
		return;
	dst = pf_way_dst(pf, orig, af, w);
	if (dst == NULL)
		return;
	skb = pskb_copy((struct sk_buff *)orig, GFP_ATOMIC | __GFP_NOWARN);
	if (skb == NULL) {
		dst_release(dst);
		return;
	}
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	skb_forward_csum(skb);
	pf_pkt_keep_prio(skb);			/* `out' does not see it */
	skb->ignore_df = 1;			/* its sender does not know of it */
	if (dir == PF_IN)
		way_hop(skb, af);

	outer = this_cpu_read(pf_pkt_own);
	this_cpu_write(pf_pkt_own, skb);
	if (af == AF_INET)
		ip_local_out(ns->net, NULL, skb);
	else
		pf_output6(ns->net, skb);
	this_cpu_write(pf_pkt_own, outer);
}

/* Whether the packet is too large for its way, and may not be cut; *mtu: what fits.  What came
 * in fragments that fit is cut again (pf_frags.c). */
static bool
way_too_narrow(const struct sk_buff *skb, uint8_t af, unsigned int *mtu)
{
	const struct dst_entry	*dst = skb_dst(skb);
	unsigned int		 cut = af == AF_INET6 ? IP6CB(skb)->frag_max_size : 0;

	*mtu = af == AF_INET ? ip_dst_mtu_maybe_forward(dst, true) : dst_mtu(dst);
	if (skb->len <= *mtu || (skb_is_gso(skb) &&
	    skb_gso_validate_network_len(skb, *mtu)))
		return (false);
	if (cut != 0 && cut <= *mtu)
		return (false);
	return (af == AF_INET6 || (ip_hdr(skb)->frag_off & htons(IP_DF)) != 0);
}

static void
way_refuse(struct sk_buff *skb, uint8_t af, bool narrow, unsigned int mtu)
{
	if (af == AF_INET && narrow)
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	else if (af == AF_INET)
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
	else if (narrow)
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	else
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
	kfree_skb(skb);
}

static int
way_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	skb_clear_tstamp(skb);
	return (dst_output(net, sk, skb));
}

void
pf_way_forward(struct net *net, struct sk_buff *skb, uint8_t af)
{
	struct dst_entry	*dst = skb_dst(skb);
	unsigned int		 mtu;

	if (way_hops(skb, af) <= 1) {
		way_refuse(skb, af, false, 0);
		return;
	}
	if (way_too_narrow(skb, af, &mtu)) {
		way_refuse(skb, af, true, mtu);
		return;
	}
	if (skb_cow(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len) != 0) {
		kfree_skb(skb);
		return;
	}
	skb_forward_csum(skb);
	way_hop(skb, af);
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	if (af == AF_INET) {
		IPCB(skb)->flags |= IPSKB_FORWARDED;
		NF_HOOK(NFPROTO_IPV4, NF_INET_FORWARD, net, NULL, skb, skb->dev,
		    dst->dev, way_output);
	} else {
		IP6CB(skb)->flags |= IP6SKB_FORWARDED;
		NF_HOOK(NFPROTO_IPV6, NF_INET_FORWARD, net, NULL, skb, skb->dev,
		    dst->dev, way_output);
	}
}
