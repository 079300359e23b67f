// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_owner.c: whose a packet is
 *
 * What goes out has its socket.  For what comes in the kernel's tables are asked: for the
 * connection, or else for who listens, where the destination is this host.  A connection
 * that its program has not accepted yet belongs to who listens.
 *
 * Owns nothing.  Locking: packet context, which is an RCU read side; a connection that
 * is found is referenced while it is looked at.
 */
#include <linux/cred.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/udp.h>

#include "pf_linux.h"
#include "pfvar.h"

/* The devices of a look-up: in a VRF, its device and then the packet's own. */
struct devices {
	int	dif, sdif;
};

static struct devices
devices_of(const struct net_device *dev)
{
	int	master = l3mdev_master_ifindex_rcu(dev);

	return (master != 0 ? (struct devices){ master, dev->ifindex } :
	    (struct devices){ dev->ifindex, 0 });
}

/* Who listens for the packet, not referenced. */
static struct sock *
listens4(struct net *net, const struct net_device *dev, const struct pf_flow *f)
{
	struct devices	d = devices_of(dev);

	return (__inet_lookup_listener(net, PF_HASHINFO(net) NULL, 0, f->src->v4,
	    f->sport, f->dst->v4, ntohs(f->dport), d.dif, d.sdif));
}

/*
 * The socket that waits for the packet.  *counted: the caller must drop a reference to
 * it.  A connection that is closed (TIME_WAIT) is nobody's any more: the packet is for
 * who listens, as it may begin another one.
 */
static struct sock *
waits4(struct net *net, const struct net_device *dev, uint8_t proto,
    const struct pf_flow *f, bool *counted)
{
	struct devices	 d = devices_of(dev);
	struct sock	*sk;

	if (inet_addr_type_dev_table(net, dev, f->dst->v4) == RTN_UNICAST)
		return (NULL);			/* on its way to another host */
	if (proto == IPPROTO_UDP)
		return (__udp4_lib_lookup(net, f->src->v4, f->sport,
		    f->dst->v4, f->dport, d.dif, d.sdif, PF_UDP_TABLE(net)
		    NULL));
	*counted = true;
	sk = __inet_lookup_established(net, PF_HASHINFO(net) f->src->v4,
	    f->sport, f->dst->v4, ntohs(f->dport), d.dif, d.sdif);
	if (sk != NULL && sk->sk_state != TCP_TIME_WAIT)
		return (sk);
	if (sk != NULL)
		sock_gen_put(sk);
	*counted = false;
	return (listens4(net, dev, f));
}

#if IS_ENABLED(CONFIG_IPV6)
static struct sock *
listens6(struct net *net, const struct net_device *dev, const struct pf_flow *f)
{
	struct devices	d = devices_of(dev);

	return (inet6_lookup_listener(net, PF_HASHINFO(net) NULL, 0,
	    (const struct in6_addr *)f->src->addr8, f->sport,
	    (const struct in6_addr *)f->dst->addr8, ntohs(f->dport), d.dif,
	    d.sdif));
}

static struct sock *
waits6(struct net *net, const struct net_device *dev, uint8_t proto,
    const struct pf_flow *f, bool *counted)
{
	const struct in6_addr	*src = (const struct in6_addr *)f->src->addr8;
	const struct in6_addr	*dst = (const struct in6_addr *)f->dst->addr8;
	struct devices		 d = devices_of(dev);
	struct sock		*sk;

	if (!ipv6_addr_is_multicast(dst) && !ipv6_chk_addr(net, dst, NULL, 0))
		return (NULL);
	if (proto == IPPROTO_UDP)
		return (__udp6_lib_lookup(net, src, f->sport, dst, f->dport,
		    d.dif, d.sdif, PF_UDP_TABLE(net) NULL));
	*counted = true;
	sk = __inet6_lookup_established(net, PF_HASHINFO(net) src, f->sport, dst,
	    ntohs(f->dport), d.dif, d.sdif);
	if (sk != NULL && sk->sk_state != TCP_TIME_WAIT)
		return (sk);
	if (sk != NULL)
		sock_gen_put(sk);
	*counted = false;
	return (listens6(net, dev, f));
}
#else
static struct sock *
listens6(struct net *net, const struct net_device *dev, const struct pf_flow *f)
{
	return (NULL);
}

static struct sock *
waits6(struct net *net, const struct net_device *dev, uint8_t proto,
    const struct pf_flow *f, bool *counted)
{
	return (NULL);
}
#endif

/* Who made the socket; false: it is nobody's any more. */
static bool
owner_of(struct net *net, struct sock *sk, uint32_t *uid, uint32_t *gid)
{
	bool	has;

	sk = sk_to_full_sk(sk);			/* a handshake: who listens */
	if (sk == NULL || !sk_fullsock(sk))
		return (false);
	read_lock_bh(&sk->sk_callback_lock);
	has = sk->sk_socket != NULL;
	if (has) {
		*uid = from_kuid_munged(net->user_ns,
		    SOCK_INODE(sk->sk_socket)->i_uid);
		*gid = from_kgid_munged(net->user_ns,
		    SOCK_INODE(sk->sk_socket)->i_gid);
	}
	read_unlock_bh(&sk->sk_callback_lock);
	return (has);
}

/* Whether it is a connection that waits to be accepted. */
static bool
is_queued(const struct sock *sk)
{
	return (sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP &&
	    READ_ONCE(sk->sk_socket) == NULL && !sock_flag(sk, SOCK_DEAD));
}

/* The owner of who listens for the connection of the packet. */
static bool
owner_of_listener(struct net *net, const struct net_device *dev, int dir,
    uint8_t af, const struct pf_flow *f, uint32_t *uid, uint32_t *gid)
{
	const struct pf_flow	 to = {
		.src = dir == PF_IN ? f->src : f->dst,
		.dst = dir == PF_IN ? f->dst : f->src,
		.sport = dir == PF_IN ? f->sport : f->dport,
		.dport = dir == PF_IN ? f->dport : f->sport,
	};
	struct sock		*sk;

	sk = af == AF_INET ? listens4(net, dev, &to) : listens6(net, dev, &to);
	return (sk != NULL && owner_of(net, sk, uid, gid));
}

bool
pf_pkt_owner(struct pf *pf, const struct pf_pkt *skb, int dir, uint8_t af,
    uint8_t proto, const struct pf_flow *f, uint32_t *uid, uint32_t *gid)
{
	struct pf_netns	*ns = pf_hostdata(pf);
	struct sock	*sk;
	bool		 counted = false, has;

	if (dir == PF_OUT)
		sk = skb->sk != NULL && net_eq(sock_net(skb->sk), ns->net) ?
		    skb->sk : NULL;
	else if (af == AF_INET)
		sk = waits4(ns->net, skb->dev, proto, f, &counted);
	else
		sk = waits6(ns->net, skb->dev, proto, f, &counted);
	if (sk == NULL)
		return (false);
	has = owner_of(ns->net, sk, uid, gid);
	if (!has && is_queued(sk))
		has = owner_of_listener(ns->net, skb->dev, dir, af, f, uid, gid);
	if (counted)
		sock_gen_put(sk);
	return (has);
}
