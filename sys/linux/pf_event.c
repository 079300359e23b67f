// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_event.c: what the network tells of its devices
 *
 * Owns ns->event: a netlink socket of the namespace that hears of devices and
 * addresses, and the work that tells the core.  A message only says which
 * device to look at; the core is told what that device is like when the work looks.
 * So no message is relied on for what it says, nor for being the kernel's, and when some
 * were lost (or none was heard yet, or default routes changed: pf_egress.c) all
 * devices are looked at.
 *
 * It is netlink and no notifier, since no notifier tells of the end of duplicate address
 * detection, of an address that becomes deprecated, or of another link group.
 * Of a new group of a device that is down nothing tells; pf_event_look() finds it.
 *
 * Life: made with the instance, before its devices come, and ended after they are let
 * go.  The socket holds no reference to the namespace.  It is connected to the kernel, so that
 * nobody can send to it alone: what calls event_ready() holds the lock of
 * netlink's tables, for which sock_release() waits.
 *
 * Bounds: the socket's buffer; EVENT_BATCH messages, then the core is told of each
 * device once; one device's addresses, or one number for each device.  A namespace can
 * change faster than it is looked at; messages are lost then.
 *
 * Locking: the work is alone with what it uses.  It takes the core's control mutex,
 * idev->lock, and in pf_egress_replay() perhaps RTNL, one at a time.  pf_event.lock guards
 * stopping: nothing is queued after it is set.  pf_event_flush() waits for the work, so
 * its caller holds none of these.
 */
#include <linux/inetdevice.h>
#include <linux/jhash.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "pf_linux.h"

#define EVENT_BATCH	1024
#define EVENT_BUFFER	8192		/* a message that is longer is not read */
#define EVENT_QUEUE	(256 * 1024)	/* the socket's; never EVENT_BATCH messages */
#define EVENT_IFA_KEEP	64U		/* room that is kept for the next time */

/* A group as a bit of an address. */
#define GROUP(g)	(1U << ((g) - 1))
#define EVENT_GROUPS	(GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR) | \
	GROUP(RTNLGRP_IPV6_IFADDR) | GROUP(RTNLGRP_NEXTHOP))
static_assert(RTNLGRP_NEXTHOP <= 32);

struct pf_event {
	struct pf_netns		*ns;
	struct socket		*sock;
	struct delayed_work	 work;
	spinlock_t		 lock;
	bool			 stopping;
	unsigned long		 flags;		/* bits, atomic: */
#define EVENT_ALL	0			/* look at all devices */
#define EVENT_REPLAY	1			/* ask for all routes again */
	unsigned int		 silent;	/* sum of silent_groups() */
	/* the work's: */
	unsigned long		 replayed;	/* jiffies */
	struct pf_ifaddr	*ifa;
	uint32_t		 room, nifa;
	unsigned int		 n;		/* devices to look at */
	int			 ifindex[EVENT_BATCH];
	uint8_t			 buf[EVENT_BUFFER] __aligned(NLMSG_ALIGNTO);
};

/* Have the work done by then, if not before.  Any context but hard interrupts. */
static void
event_queue(struct pf_event *ev, unsigned long delay)
{
	spin_lock_bh(&ev->lock);
	if (ev->stopping)
		;
	else if (delay == 0)
		mod_delayed_work(system_unbound_wq, &ev->work, 0);
	else
		queue_delayed_work(system_unbound_wq, &ev->work, delay);
	spin_unlock_bh(&ev->lock);
}

void
pf_event_all(struct pf_netns *ns)
{
	set_bit(EVENT_ALL, &ns->event->flags);
	event_queue(ns->event, 0);
}

void
pf_event_replay(struct pf_netns *ns)
{
	set_bit(EVENT_REPLAY, &ns->event->flags);
	event_queue(ns->event, 0);
}

void
pf_event_flush(struct pf_netns *ns)
{
	flush_delayed_work(&ns->event->work);
}

/*
 * The socket
 */

/* It has something to read, or an error to tell: messages were lost. */
static void
event_ready(struct sock *sk)
{
	struct pf_event	*ev;

	read_lock_bh(&sk->sk_callback_lock);
	ev = sk->sk_user_data;
	if (ev != NULL)
		event_queue(ev, 0);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void
socket_listen(struct pf_event *ev, bool on)
{
	struct sock	*sk = ev->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	if (on) {
		sk->sk_data_ready = event_ready;
		sk->sk_error_report = event_ready;
	}
	sk->sk_user_data = on ? ev : NULL;
	write_unlock_bh(&sk->sk_callback_lock);
}

static int
socket_open(struct pf_event *ev)
{
	struct sockaddr_nl	 groups = { .nl_family = AF_NETLINK,
	    .nl_groups = EVENT_GROUPS };
	struct sockaddr_nl	 kernel = { .nl_family = AF_NETLINK };
	int			 err;

	err = sock_create_kern(ev->ns->net, AF_NETLINK, SOCK_RAW,
	    NETLINK_ROUTE, &ev->sock);
	if (err != 0)
		return (err);
	ev->sock->sk->sk_rcvbuf = EVENT_QUEUE;
	err = kernel_bind(ev->sock, (struct pf_sockaddr *)&groups,
	    sizeof(groups));
	if (err == 0)
		err = kernel_connect(ev->sock, (struct pf_sockaddr *)&kernel,
		    sizeof(kernel), 0);
	if (err == 0)
		socket_listen(ev, true);
	else
		sock_release(ev->sock);
	return (err);
}

static void
event_note(struct pf_event *ev, int ifindex)
{
	if (ev->n > 0 && ev->ifindex[ev->n - 1] == ifindex)
		return;
	if (ev->n == EVENT_BATCH)
		set_bit(EVENT_ALL, &ev->flags);
	else
		ev->ifindex[ev->n++] = ifindex;
}

/* Note which devices the messages in the buffer are about. */
static void
event_read(struct pf_event *ev, int len)
{
	const struct nlmsghdr	*h;
	size_t			 size;

	for (h = (const void *)ev->buf; nlmsg_ok(h, len);
	    h = nlmsg_next(h, &len)) {
		size = (size_t)nlmsg_len(h);
		switch (h->nlmsg_type) {
		case RTM_NEWLINK:
		case RTM_DELLINK:
			if (size >= sizeof(struct ifinfomsg))
				event_note(ev, ((const struct ifinfomsg *)
				    nlmsg_data(h))->ifi_index);
			break;
		case RTM_NEWADDR:
		case RTM_DELADDR:
			if (size >= sizeof(struct ifaddrmsg))
				event_note(ev, (int)((const struct ifaddrmsg *)
				    nlmsg_data(h))->ifa_index);
			continue;
		}
		/* a hop may also leave a nexthop object because its device is down */
		if (pf_egress_objects(ev->ns))
			set_bit(EVENT_REPLAY, &ev->flags);
	}
}

/* Read what the socket has, but not for ever. */
static void
event_drain(struct pf_event *ev)
{
	unsigned int	i;
	int		len;

	ev->n = 0;
	for (i = 0; i < EVENT_BATCH; i++) {
		struct msghdr	msg = { };
		struct kvec	vec = { .iov_base = ev->buf,
		    .iov_len = sizeof(ev->buf) };

		len = kernel_recvmsg(ev->sock, &msg, &vec, 1, sizeof(ev->buf),
		    MSG_DONTWAIT);
		if (len == -EAGAIN)
			return;
		if (len < 0 || (msg.msg_flags & MSG_TRUNC) != 0)
			set_bit(EVENT_ALL, &ev->flags);
		else
			event_read(ev, len);
		cond_resched();
	}
	event_queue(ev, 0);
}

/*
 * What a device is like.  Addresses are counted beyond the room that there is for them.
 */
static struct pf_ifaddr *
ifa_next(struct pf_event *ev, uint8_t af, uint32_t bits, uint32_t flags)
{
	struct pf_ifaddr	*ifa;

	if (ev->nifa == PF_IFADDR_MAX || ev->nifa++ >= ev->room)
		return (NULL);
	ifa = &ev->ifa[ev->nifa - 1];
	memset(ifa, 0, sizeof(*ifa));
	ifa->af = af;
	ifa->bits = (uint8_t)bits;
	if ((flags & IFA_F_DEPRECATED) != 0)
		ifa->flags |= PF_IFA_DEPRECATED;
	return (ifa);
}

static void
collect4(struct pf_event *ev, const struct net_device *dev)
{
	const struct in_device	*in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr	*in;
	struct pf_ifaddr	*ifa;

	if (in_dev == NULL)
		return;
	in_dev_for_each_ifa_rcu(in, in_dev) {
		ifa = ifa_next(ev, AF_INET, in->ifa_prefixlen,
		    READ_ONCE(in->ifa_flags));
		if (ifa == NULL)
			continue;
		memcpy(ifa->addr, &in->ifa_local, sizeof(in->ifa_local));
		if (in->ifa_address != in->ifa_local)
			memcpy(ifa->peer, &in->ifa_address,
			    sizeof(in->ifa_address));
		memcpy(ifa->broadcast, &in->ifa_broadcast,
		    sizeof(in->ifa_broadcast));
	}
}

/*
 * Whether an address may be used.  A device that goes down loses its addresses, or if
 * they are kept they become tentative, shortly after it is told that it is down.
 */
static bool
usable6(const struct net_device *dev, uint32_t flags)
{
	if ((flags & IFA_F_DADFAILED) != 0)
		return (false);
	if (!netif_running(dev) && (flags & IFA_F_NODAD) == 0)
		return (false);
	return ((flags & IFA_F_TENTATIVE) == 0 ||
	    (flags & IFA_F_OPTIMISTIC) != 0);
}

static void
collect6(struct pf_event *ev, const struct net_device *dev)
{
	struct inet6_dev		*idev = __in6_dev_get(dev);
	const struct inet6_ifaddr	*in;
	struct pf_ifaddr		*ifa;
	uint32_t			 flags;

	if (idev == NULL)
		return;
	read_lock_bh(&idev->lock);
	list_for_each_entry(in, &idev->addr_list, if_list) {
		flags = READ_ONCE(in->flags);
		if (!usable6(dev, flags))
			continue;
		ifa = ifa_next(ev, AF_INET6, in->prefix_len, flags);
		if (ifa == NULL)
			continue;
		memcpy(ifa->addr, &in->addr, sizeof(in->addr));
		memcpy(ifa->peer, &in->peer_addr, sizeof(in->peer_addr));
		if ((flags & IFA_F_TEMPORARY) != 0)
			ifa->flags |= PF_IFA_TEMPORARY;
	}
	read_unlock_bh(&idev->lock);
}

static uint32_t
device_flags(struct pf_event *ev, const struct net_device *dev)
{
	uint32_t	flags = 0;

	if ((READ_ONCE(dev->flags) & IFF_LOOPBACK) != 0)
		flags |= PF_IF_LOOPBACK;
	if (netif_running(dev) && pf_egress_has(ev->ns, dev->ifindex))
		flags |= PF_IF_EGRESS;
	if (!netif_running(dev) || !netif_carrier_ok(dev))
		flags |= PF_IF_NOCARRIER;
	return (flags);
}

/* Room for n addresses; what was there is void. */
static int
ifa_room(struct pf_event *ev, uint32_t n)
{
	pf_free(ev->ifa);
	ev->room = 0;
	ev->ifa = n == 0 ? NULL :
	    pf_alloc(ev->ns->pf, n * sizeof(struct pf_ifaddr));
	if (ev->ifa == NULL && n != 0)
		return (ENOMEM);
	ev->room = n;
	return (0);
}

/* Tell the core what a device is like now.  0, ENOMEM. */
static int
event_tell(struct pf_event *ev, int ifindex)
{
	const struct net_device	*dev;
	uint32_t		 flags, group;

	for (;;) {
		rcu_read_lock();
		dev = dev_get_by_index_rcu(ev->ns->net, ifindex);
		if (dev == NULL) {
			rcu_read_unlock();
			return (0);
		}
		ev->nifa = 0;
		flags = device_flags(ev, dev);
		group = READ_ONCE(dev->group);
		collect4(ev, dev);
		collect6(ev, dev);
		rcu_read_unlock();
		if (ev->nifa <= ev->room)
			break;
		if (ifa_room(ev, max(ev->nifa, EVENT_IFA_KEEP)) != 0)
			return (ENOMEM);
	}
	if (pf_if_update(ev->ns->pf, ifindex, flags, group, ev->ifa,
	    ev->nifa) == ENOMEM)
		return (ENOMEM);
	return (0);
}

static int
compare_ints(const void *a, const void *b)
{
	int	x = *(const int *)a, y = *(const int *)b;

	return (x < y ? -1 : x > y);
}

/* Tell of each device in the list, once. */
static int
event_tell_some(struct pf_event *ev, int *list, unsigned int n)
{
	unsigned int	i;
	int		err = 0;

	sort(list, n, sizeof(list[0]), compare_ints, NULL);
	for (i = 0; i < n; i++) {
		if (i > 0 && list[i] == list[i - 1])
			continue;
		if (event_tell(ev, list[i]) != 0)
			err = ENOMEM;
		cond_resched();
	}
	return (err);
}

/* List the devices of the namespace as far as there is room; returns how many there
 * are. */
static unsigned int
list_devices(struct net *net, int *list, unsigned int room)
{
	const struct net_device	*dev;
	unsigned int		 n = 0;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		if (n < room)
			list[n] = dev->ifindex;
		n++;
	}
	rcu_read_unlock();
	return (n);
}

static int
event_tell_all(struct pf_event *ev)
{
	unsigned int	 n, room = EVENT_BATCH;
	int		*list = ev->ifindex, err;

	while ((n = list_devices(ev->ns->net, list, room)) > room) {
		if (list != ev->ifindex)
			pf_free(list);
		room = n + n / 8;
		list = pf_alloc(ev->ns->pf, room * sizeof(list[0]));
		if (list == NULL)
			return (ENOMEM);
	}
	err = event_tell_some(ev, list, n);
	if (list != ev->ifindex)
		pf_free(list);
	return (err);
}

/* Not more often than once a second, since there may be a million routes. */
static void
event_routes(struct pf_event *ev)
{
	if (!test_bit(EVENT_REPLAY, &ev->flags))
		return;
	if (time_before(jiffies, ev->replayed + HZ)) {
		event_queue(ev, HZ);
		return;
	}
	clear_bit(EVENT_REPLAY, &ev->flags);
	if (pf_egress_replay(ev->ns) != 0) {
		set_bit(EVENT_REPLAY, &ev->flags);
		event_queue(ev, HZ);
	}
	ev->replayed = jiffies;
	set_bit(EVENT_ALL, &ev->flags);
}

static void
event_work(struct work_struct *work)
{
	struct pf_event		*ev = container_of(to_delayed_work(work),
	    struct pf_event, work);
	struct mem_cgroup	*old = set_active_memcg(ev->ns->memcg);
	int			 err;

	event_drain(ev);
	event_routes(ev);
	if (test_and_clear_bit(EVENT_ALL, &ev->flags))
		err = event_tell_all(ev);
	else
		err = event_tell_some(ev, ev->ifindex, ev->n);
	pf_if_settle(ev->ns->pf);
	if (ev->room > EVENT_IFA_KEEP)
		(void)ifa_room(ev, 0);
	if (err != 0) {
		set_bit(EVENT_ALL, &ev->flags);
		event_queue(ev, HZ);
	}
	set_active_memcg(old);
}

/* Something that changes when a device that is down gets another group. */
static unsigned int
silent_groups(struct net *net)
{
	const struct net_device	*dev;
	unsigned int		 sum = 0, group;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		group = READ_ONCE(dev->group);
		if (group != 0 && !netif_running(dev))
			sum += jhash_2words((u32)dev->ifindex, group, 0);
	}
	rcu_read_unlock();
	return (sum);
}

void
pf_event_look(struct pf_netns *ns)
{
	unsigned int	sum = silent_groups(ns->net);

	if (xchg(&ns->event->silent, sum) != sum)
		pf_event_all(ns);
}

int
pf_event_start(struct pf_netns *ns)
{
	struct pf_event	*ev;
	int		 err;

	ev = kvzalloc(sizeof(*ev), GFP_KERNEL_ACCOUNT);
	if (ev == NULL)
		return (-ENOMEM);
	ev->ns = ns;
	spin_lock_init(&ev->lock);
	INIT_DELAYED_WORK(&ev->work, event_work);
	ev->replayed = jiffies - HZ;
	ns->event = ev;
	err = pf_egress_init(ns);
	if (err != 0)
		goto fail;
	err = socket_open(ev);
	if (err != 0)
		goto fail_egress;
	pf_event_replay(ns);
	return (0);

fail_egress:
	pf_egress_fini(ns);
fail:
	ns->event = NULL;
	kvfree(ev);
	return (err);
}

void
pf_event_stop(struct pf_netns *ns)
{
	struct pf_event	*ev = ns->event;

	socket_listen(ev, false);
	spin_lock_bh(&ev->lock);
	ev->stopping = true;
	spin_unlock_bh(&ev->lock);
	cancel_delayed_work_sync(&ev->work);
	pf_egress_fini(ns);
	sock_release(ev->sock);
	ns->event = NULL;
	pf_free(ev->ifa);
	kvfree(ev);
}
