// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_route.c: what the core asks of the route tables
 *
 * The kernel's own look-up answers, with its policy rules: for the mark of the packet
 * that is asked about, and in the VRF of its device if that is in one.  A route that
 * says that there is none (unreachable, blackhole, prohibit) is none.
 *
 * Owns nothing.  Locking: packet context, which is an RCU read side.
 */
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>

#include "pf_linux.h"
#include "pfvar.h"

static bool
dev_is(const struct net_device *dev, int ifindex)
{
	return (dev != NULL && dev->ifindex == ifindex);
}

static bool
route_leads4(struct net *net, const struct sk_buff *skb, __be32 to, int ifindex)
{
	struct flowi4		 fl = {
		.daddr = to,
		.flowi4_iif = LOOPBACK_IFINDEX,
		.flowi4_mark = skb->mark,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
		.flowi4_l3mdev = l3mdev_master_ifindex_rcu(skb->dev),
	};
	struct fib_result	 res;
	struct net_device	*dev;

	if (fib_lookup(net, &fl, &res, FIB_LOOKUP_IGNORE_LINKSTATE) != 0)
		return (false);
	if (ifindex == 0)
		return (true);
	if (res.type != RTN_UNICAST)		/* this host's own */
		return (net->loopback_dev->ifindex == ifindex);
	dev = dev_get_by_index_rcu(net, ifindex);
	return (dev != NULL && fib_info_nh_uses_dev(res.fi, dev));
}

#if IS_ENABLED(CONFIG_IPV6)
/* The next hops of a route are routes of their own, or a nexthop object. */
static bool
hops_use6(const struct fib6_info *rt, int ifindex)
{
	const struct fib6_info	*s;
	unsigned int		 i;

	if (rt->nh != NULL) {
		for (i = 0; i < nexthop_num_path(rt->nh); i++)
			if (dev_is(nexthop_fib_nhc(rt->nh, (int)i)->nhc_dev,
			    ifindex))
				return (true);
		return (false);
	}
	if (dev_is(rt->fib6_nh->fib_nh_dev, ifindex))
		return (true);
	list_for_each_entry_rcu(s, &rt->fib6_siblings, fib6_siblings)
		if (dev_is(s->fib6_nh->fib_nh_dev, ifindex))
			return (true);
	return (false);
}

static bool
route_leads6(struct net *net, const struct sk_buff *skb,
    const struct in6_addr *to, int ifindex)
{
	struct flowi6		 fl = {
		.daddr = *to,
		.flowi6_iif = LOOPBACK_IFINDEX,
		.flowi6_mark = skb->mark,
		.flowi6_l3mdev = l3mdev_master_ifindex_rcu(skb->dev),
	};
	const struct fib6_info	*from;
	struct rt6_info		*rt;
	bool			 leads;

	/* the same address may be on every link */
	if ((ipv6_addr_type(to) & IPV6_ADDR_LINKLOCAL) != 0)
		fl.flowi6_oif = skb->dev->ifindex;
	rt = (struct rt6_info *)ip6_route_lookup(net, &fl, skb, 0);
	leads = rt->dst.error == 0;
	if (leads && ifindex != 0) {
		from = rcu_dereference(rt->from);
		leads = (rt->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST)) != 0 ?
		    net->loopback_dev->ifindex == ifindex :
		    from != NULL && hops_use6(from, ifindex);
	}
	ip6_rt_put(rt);
	return (leads);
}
#else
static bool
route_leads6(struct net *net, const struct sk_buff *skb,
    const struct in6_addr *to, int ifindex)
{
	return (false);
}
#endif

bool
pf_route_leads(struct pf *pf, const struct pf_pkt *skb, uint8_t af,
    const struct pf_addr *addr, int ifindex)
{
	struct pf_netns	*ns = pf_hostdata(pf);

	if (af == AF_INET)
		return (route_leads4(ns->net, skb, addr->v4, ifindex));
	return (route_leads6(ns->net, skb,
	    (const struct in6_addr *)addr->addr8, ifindex));
}
