// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rtable.c: the way that a routing table, which a rule names, has for a packet
 *
 * That table alone is asked: what the policy rules of the host say does not count, and a
 * packet for which it has no route, or one that refuses (unreachable, blackhole, prohibit,
 * throw), has none.  What this host would take itself stays, as the kernel asks its
 * local table before all others.  Table 0 is the main one, as it is for the kernel.
 *
 * The kernel keeps IPv4's tables in a hash by their number, which it does not let modules
 * look into by a function, and picks one of several next hops where modules cannot
 * reach: the first that is alive is taken here.
 *
 * Owns nothing.  Locking: packet context, which is an RCU read side.
 */
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "pf_linux.h"
#include "pfvar.h"

/* NULL: there is none, since it has never had a route. */
static struct fib_table *
table4(struct net *net, uint32_t id)
{
	struct hlist_head	*head;
	struct fib_table	*tb;

	if (id == RT_TABLE_UNSPEC)
		id = RT_TABLE_MAIN;
	head = &net->ipv4.fib_table_hash[id & (FIB_TABLE_HASHSZ - 1)];
	hlist_for_each_entry_rcu(tb, head, tb_hlist)
		if (tb->tb_id == id)
			return (tb);
	return (NULL);
}

/* A route of the kernel's own by that next hop, referenced; NULL: no memory, or what it
 * takes more than a device and a neighbour (encapsulation). */
static struct dst_entry *
dst4(const struct fib_result *res)
{
	const struct fib_nh_common	*hop = res->nhc;
	struct rtable			*rt;

	if (hop == NULL || hop->nhc_dev == NULL || hop->nhc_lwtstate != NULL)
		return (NULL);
	rt = rt_dst_alloc(hop->nhc_dev, 0, RTN_UNICAST, true);
	if (rt == NULL)
		return (NULL);
	ip_dst_init_metrics(&rt->dst, res->fi->fib_metrics);
	rt->rt_gw_family = hop->nhc_gw_family;
	rt->rt_uses_gateway = hop->nhc_gw_family != 0;
	if (hop->nhc_gw_family == AF_INET)
		rt->rt_gw4 = hop->nhc_gw.ipv4;
	else if (hop->nhc_gw_family == AF_INET6)
		rt->rt_gw6 = hop->nhc_gw.ipv6;
	return (&rt->dst);
}

static struct dst_entry *
rtable_dst4(struct net *net, const struct sk_buff *skb, uint32_t id)
{
	const struct iphdr	*iph = ip_hdr(skb);
	struct flowi4		 fl = {
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.flowi4_iif = skb->dev->ifindex,
		.flowi4_mark = skb->mark,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
	};
	struct fib_result	 res = { 0 };
	struct fib_table	*tb = table4(net, id);

	pf_flowi4_set_tos(&fl, iph);
	if (tb == NULL || fib_table_lookup(tb, &fl, &res, FIB_LOOKUP_NOREF) != 0 ||
	    res.type != RTN_UNICAST)
		return (NULL);
	return (dst4(&res));
}

/* Whether this host takes the packet, or a group of which it may be a part. */
static bool
stays4(struct net *net, const struct sk_buff *skb)
{
	__be32	to = ip_hdr(skb)->daddr;

	if (ipv4_is_multicast(to) || ipv4_is_lbcast(to) || ipv4_is_zeronet(to) ||
	    ipv4_is_loopback(to))
		return (true);
	switch (inet_addr_type_dev_table(net, skb->dev, to)) {
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_ANYCAST:
		return (true);
	}
	return (false);
}

#if IS_ENABLED(CONFIG_IPV6)
static void
flow6(struct flowi6 *fl, const struct sk_buff *skb)
{
	const struct ipv6hdr	*ip6h = ipv6_hdr(skb);

	*fl = (struct flowi6){
		.saddr = ip6h->saddr,
		.daddr = ip6h->daddr,
		.flowi6_iif = skb->dev->ifindex,
		.flowi6_mark = skb->mark,
		.flowlabel = ip6_flowinfo(ip6h),
		.flowi6_proto = ip6h->nexthdr,
	};
}

static bool
is_here6(const struct dst_entry *dst)
{
	return ((container_of(dst, struct rt6_info, dst)->rt6i_flags &
	    (RTF_LOCAL | RTF_ANYCAST)) != 0);
}

static struct dst_entry *
rtable_dst6(struct net *net, const struct sk_buff *skb, uint32_t id)
{
	struct fib6_table	*tb;
	struct rt6_info		*rt;
	struct flowi6		 fl;

	tb = fib6_get_table(net, id == RT_TABLE_UNSPEC ? RT6_TABLE_MAIN : id);
	if (tb == NULL)
		return (NULL);
	flow6(&fl, skb);
	rt = ip6_pol_route(net, tb, 0, &fl, skb, RT6_LOOKUP_F_HAS_SADDR);
	if (rt->dst.error != 0 || is_here6(&rt->dst)) {
		ip6_rt_put(rt);
		return (NULL);
	}
	return (&rt->dst);
}

/* As the kernel itself would route it. */
static bool
stays6(struct net *net, const struct sk_buff *skb)
{
	const struct in6_addr	*to = &ipv6_hdr(skb)->daddr;
	struct dst_entry	*dst;
	struct flowi6		 fl;
	bool			 here;

	if (ipv6_addr_is_multicast(to) || ipv6_addr_any(to) ||
	    ipv6_addr_loopback(to) ||
	    (ipv6_addr_type(to) & IPV6_ADDR_LINKLOCAL) != 0)
		return (true);
	flow6(&fl, skb);
	dst = ip6_route_input_lookup(net, skb->dev, &fl, skb,
	    RT6_LOOKUP_F_HAS_SADDR);
	here = dst->error == 0 && is_here6(dst);
	dst_release(dst);
	return (here);
}
#else
static struct dst_entry *
rtable_dst6(struct net *net, const struct sk_buff *skb, uint32_t id)
{
	return (NULL);
}

static bool
stays6(struct net *net, const struct sk_buff *skb)
{
	return (true);
}
#endif

struct dst_entry *
pf_rtable_dst(struct net *net, const struct sk_buff *skb, uint8_t af, uint32_t id)
{
	return (af == AF_INET ? rtable_dst4(net, skb, id) :
	    rtable_dst6(net, skb, id));
}

bool
pf_rtable_stays(struct net *net, const struct sk_buff *skb, uint8_t af)
{
	return (af == AF_INET ? stays4(net, skb) : stays6(net, skb));
}
