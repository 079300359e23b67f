// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_local.c: connections from outside to programs that listen on the loopback address, or
 * have addresses of others
 *
 * The kernel takes no packet with an address of 127.0.0.0/8 from another device than the
 * loopback, and sends none there.  What a rule has redirected to such an address it must
 * take, and send the answers.  So while such a rule is in force the namespace's sysctl
 * net.ipv4.conf.all.route_localnet is on, and two more hooks stand in for what it allows: they
 * drop what comes in with such an address before pf has seen it, and what would leave
 * with one after that.  A device whose own route_localnet is on is left alone, and
 * nothing at all is done if the administrator has set the one of all devices himself.
 * IPv6 needs no sysctl, but a route for the packet.
 *
 * A program that listens on all addresses is preferred to one that listens on the loopback
 * address alone, which is there for the clients of this host.
 *
 * What is diverted is not changed: it gets a route by which this host takes it, and, unless
 * it belongs to a connection that the kernel knows, the socket that it is for.
 *
 * Owns the hooks and the sysctl, while they are set: struct pf_netns, local_*.  Locking: those
 * are under pf's control mutex.  The rest is packet context, an RCU read side.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "pf_linux.h"
#include "pfvar.h"

/*
 * The sysctl
 */

/* Whether the device may have packets of 127.0.0.0/8 anyway. */
static bool
may_have(const struct net_device *dev)
{
	struct in_device	*in = __in_dev_get_rcu(dev);

	return ((dev->flags & IFF_LOOPBACK) != 0 || netif_is_l3_master(dev) ||
	    (in != NULL && IN_DEV_CONF_GET(in, ROUTE_LOCALNET)));
}

static unsigned int
local_guard(const struct sk_buff *skb, const struct net_device *dev)
{
	const struct iphdr	*iph = ip_hdr(skb);

	if (likely(!ipv4_is_loopback(iph->saddr) && !ipv4_is_loopback(iph->daddr)))
		return (NF_ACCEPT);
	return (may_have(dev) ? NF_ACCEPT : NF_DROP);
}

static unsigned int
local_guard_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (local_guard(skb, state->in));
}

static unsigned int
local_guard_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (local_guard(skb, skb->dev));
}

static const struct nf_hook_ops local_hooks[PF_NLOCALHOOKS] = {
	{ .hook = local_guard_in, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_PRE_ROUTING, .priority = PF_PRI_IN - 1 },
	{ .hook = local_guard_out, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_POST_ROUTING, .priority = PF_PRI_OUT + 1 },
};

/* The hooks are there whenever the sysctl is on. */
static int
local_on(struct pf_netns *ns)
{
	int	err;

	if (IPV4_DEVCONF_ALL(ns->net, ROUTE_LOCALNET) != 0)
		return (0);
	memcpy(ns->local_hooks, local_hooks, sizeof(ns->local_hooks));
	err = nf_register_net_hooks(ns->net, ns->local_hooks, PF_NLOCALHOOKS);
	if (err != 0)
		return (-err);
	IPV4_DEVCONF_ALL(ns->net, ROUTE_LOCALNET) = 1;
	ns->local_on = true;
	return (0);
}

static void
local_off(struct pf_netns *ns)
{
	IPV4_DEVCONF_ALL(ns->net, ROUTE_LOCALNET) = 0;
	rt_genid_bump_ipv4(ns->net);		/* the routes that it allowed */
	nf_unregister_net_hooks(ns->net, ns->local_hooks, PF_NLOCALHOOKS);
	ns->local_on = false;
}

int
pf_local_update(struct pf_netns *ns, bool enabled)
{
	bool	on = enabled && ns->local_wanted;

	if (on && !ns->local_on)
		return (local_on(ns));
	if (!on && ns->local_on)
		local_off(ns);
	return (0);
}

int
pf_host_loopback(struct pf *pf, bool wanted)
{
	struct pf_netns	*ns = pf_hostdata(pf);
	bool		 before = ns->local_wanted;
	int		 err;

	ns->local_wanted = wanted;
	err = pf_local_update(ns, ns->enabled);
	if (err != 0)
		ns->local_wanted = before;
	return (err);
}

/*
 * Sockets
 */

/* A look-up: the packet's flow, on its device; in a VRF, on that and the packet's own. */
struct look {
	struct net	*net;
	const struct pf_flow *f;
	int		 dif, sdif;
};

static struct look
look_of(struct net *net, const struct net_device *dev, const struct pf_flow *f)
{
	int	master = l3mdev_master_ifindex_rcu(dev);

	return ((struct look){ net, f, master != 0 ? master : dev->ifindex,
	    master != 0 ? dev->ifindex : 0 });
}

/* The connection that a TCP packet belongs to, referenced; it may be in TIME_WAIT. */
static struct sock *
connection4(const struct look *l)
{
	return (__inet_lookup_established(l->net, PF_HASHINFO(l->net)
	    l->f->src->v4, l->f->sport, l->f->dst->v4, ntohs(l->f->dport),
	    l->dif, l->sdif));
}

/* Who listens at that address, not referenced. */
static struct sock *
listener4(const struct look *l, uint8_t proto, __be32 at)
{
	if (proto == IPPROTO_UDP)
		return (__udp4_lib_lookup(l->net, l->f->src->v4, l->f->sport, at,
		    l->f->dport, l->dif, l->sdif, PF_UDP_TABLE(l->net) NULL));
	return (__inet_lookup_listener(l->net, PF_HASHINFO(l->net) NULL, 0,
	    l->f->src->v4, l->f->sport, at, ntohs(l->f->dport), l->dif,
	    l->sdif));
}

#if IS_ENABLED(CONFIG_IPV6)
static const struct in6_addr *
in6(const struct pf_addr *a)
{
	return ((const struct in6_addr *)a->addr8);
}

static struct sock *
connection6(const struct look *l)
{
	return (__inet6_lookup_established(l->net, PF_HASHINFO(l->net)
	    in6(l->f->src), l->f->sport, in6(l->f->dst), ntohs(l->f->dport),
	    l->dif, l->sdif));
}

static struct sock *
listener6(const struct look *l, uint8_t proto, const struct in6_addr *at)
{
	if (proto == IPPROTO_UDP)
		return (__udp6_lib_lookup(l->net, in6(l->f->src), l->f->sport, at,
		    l->f->dport, l->dif, l->sdif, PF_UDP_TABLE(l->net) NULL));
	return (inet6_lookup_listener(l->net, PF_HASHINFO(l->net) NULL, 0,
	    in6(l->f->src), l->f->sport, at, ntohs(l->f->dport), l->dif,
	    l->sdif));
}

/* A route by which the kernel takes the packet for its own, wherever it goes. */
static bool
route_local6(struct net *net, struct sk_buff *skb)
{
	struct flowi6		 fl = {
		.daddr = IN6ADDR_LOOPBACK_INIT,
		.saddr = IN6ADDR_LOOPBACK_INIT,
		.flowi6_iif = net->loopback_dev->ifindex,
	};
	struct dst_entry	*dst;

	dst = ip6_route_input_lookup(net, net->loopback_dev, &fl, skb,
	    RT6_LOOKUP_F_IFACE);
	if (dst->error != 0) {
		dst_release(dst);
		return (false);
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	return (true);
}
#else
static struct sock *
connection6(const struct look *l)
{
	return (NULL);
}

static struct sock *
listener6(const struct look *l, uint8_t proto, const struct in6_addr *at)
{
	return (NULL);
}

static bool
route_local6(struct net *net, struct sk_buff *skb)
{
	return (false);
}
#endif

static struct sock *
listener(const struct look *l, uint8_t af, uint8_t proto, const struct pf_addr *at)
{
	return (af == AF_INET ? listener4(l, proto, at->v4) :
	    listener6(l, proto, (const struct in6_addr *)at->addr8));
}

/* The connection that the packet belongs to, referenced.  Of UDP: a connected socket. */
static struct sock *
connection(const struct look *l, uint8_t af, uint8_t proto)
{
	struct sock	*sk;

	if (proto == IPPROTO_TCP)
		return (af == AF_INET ? connection4(l) : connection6(l));
	sk = listener(l, af, proto, l->f->dst);
	if (sk == NULL || sk->sk_state != TCP_ESTABLISHED ||
	    !refcount_inc_not_zero(&sk->sk_refcnt))
		return (NULL);
	return (sk);
}

/* The packet is that socket's, whose reference it takes over. */
static void
assign(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_edemux;
}

/* The first packet of a connection comes to who listens on all addresses. */
static void
prefer_any(struct pf_netns *ns, struct sk_buff *skb, uint8_t af, uint8_t proto,
    const struct pf_flow *f, bool opens)
{
	static const struct pf_addr	 any;
	struct look			 l = look_of(ns->net, skb->dev, f);
	struct sock			*sk, *old = connection(&l, af, proto);

	if (old != NULL && !(opens && old->sk_state == TCP_TIME_WAIT)) {
		sock_gen_put(old);		/* the kernel finds it again */
		return;
	}
	sk = listener(&l, af, proto, &any);
	if (sk != NULL && refcount_inc_not_zero(&sk->sk_refcnt)) {
		assign(skb, sk);
		if (old != NULL) {
			inet_twsk_deschedule_put(inet_twsk(old));
			return;
		}
	}
	if (old != NULL)
		sock_gen_put(old);
}

/* Whether the packet is whole, and its transport header the first that follows. */
static bool
is_plain(const struct sk_buff *skb, uint8_t af, uint8_t proto)
{
	return (af == AF_INET ? !ip_is_fragment(ip_hdr(skb)) :
	    ipv6_hdr(skb)->nexthdr == proto);
}

/*
 * Diverted packets
 */

/*
 * A route by which the kernel takes the packet for its own: that to an address of the device
 * that it came by.  So the source is looked at as that of any packet (rp_filter, martians).
 */
static bool
route_local4(struct sk_buff *skb)
{
	const struct iphdr	*iph = ip_hdr(skb);
	__be32			 own = inet_select_addr(skb->dev, 0, RT_SCOPE_LINK);

	if (own == 0 || ip_route_input_noref(skb, own, iph->saddr,
	    PF_INPUT_TOS(iph), skb->dev) != 0)
		return (false);
	if ((skb_rtable(skb)->rt_flags & RTCF_LOCAL) != 0)
		return (true);
	skb_dst_drop(skb);
	return (false);
}

static bool
is_own(const struct look *l, const struct net_device *dev, uint8_t af)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (af == AF_INET6)
		return (ipv6_chk_addr(l->net, in6(l->f->dst), NULL, 0));
#endif
	return (inet_addr_type_dev_table(l->net, dev, l->f->dst->v4) == RTN_LOCAL);
}

/*
 * Who listens there for the packet, referenced; NULL: nobody.  A connection of TCP needs
 * answers: who may not give them in the name of others (IP_TRANSPARENT) does not count.
 */
static struct sock *
diverts_to(const struct look *l, const struct net_device *dev, uint8_t af,
    uint8_t proto, const struct pf_addr *to, uint16_t port)
{
	struct pf_flow	 f = *l->f;
	struct look	 at = *l;
	struct sock	*sk;

	f.dport = port;
	at.f = &f;
	sk = listener(&at, af, proto, to);
	if (sk == NULL || (proto == IPPROTO_TCP && !inet_sk_transparent(sk) &&
	    !is_own(l, dev, af)) || !refcount_inc_not_zero(&sk->sk_refcnt))
		return (NULL);
	return (sk);
}

enum pf_diverted
pf_pkt_divert(struct pf *pf, struct pf_pkt *skb, uint8_t af, uint8_t proto,
    const struct pf_flow *f, const struct pf_addr *to, uint16_t port, bool opens)
{
	struct pf_netns	*ns = pf_hostdata(pf);
	struct look	 l = look_of(ns->net, skb->dev, f);
	struct sock	*sk, *old;

	/* what comes by a loopback device has its route */
	if (!skb_valid_dst(skb) && !(af == AF_INET ? route_local4(skb) :
	    route_local6(ns->net, skb)))
		return (PF_DIVERT_NOWAY);
	if (to == NULL)
		return (PF_DIVERTED);
	old = connection(&l, af, proto);
	if (old != NULL && !(opens && old->sk_state == TCP_TIME_WAIT)) {
		sock_gen_put(old);		/* the kernel finds it again */
		return (PF_DIVERTED);
	}
	sk = diverts_to(&l, skb->dev, af, proto, to, port);
	if (sk != NULL)
		assign(skb, sk);
	if (old != NULL && sk != NULL)
		inet_twsk_deschedule_put(inet_twsk(old));
	else if (old != NULL)
		sock_gen_put(old);
	return (sk != NULL ? PF_DIVERTED : PF_DIVERT_NOBODY);
}

/*
 * Loopback addresses
 */

bool
pf_pkt_loopback(struct pf *pf, struct pf_pkt *skb, uint8_t af, uint8_t proto,
    const struct pf_flow *f, bool opens)
{
	struct pf_netns	*ns = pf_hostdata(pf);

	if ((skb->dev->flags & IFF_LOOPBACK) != 0)
		return (true);
	if (af == AF_INET6 && !route_local6(ns->net, skb))
		return (false);
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP) &&
	    is_plain(skb, af, proto))
		prefer_any(ns, skb, af, proto, f, opens);
	return (true);
}
