// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_egress.c: which devices the default routes of a namespace lead out of
 *
 * Owns ns->egress: a copy of the next hops' devices of each default route, by family
 * and table.  The kernel tells all of its routes when the notifier is registered, and
 * from then on whenever another route becomes the best one of its prefix; here all but
 * those of length 0 are passed over.  Unicast routes count, of any table but `local',
 * and their next hops on any device but loopback ones.
 *
 * Whether a device is up is not looked at here.  The kernel deletes a route when its
 * device goes down, but of a route with several next hops it only marks one as dead,
 * not always with an event.  So a device that is down is no egress (pf_event.c), and
 * FIB_EVENT_NH_DEL and FIB_EVENT_NH_ADD tell nothing new.
 *
 * What is here can be wrong, and is then made again from the start (pf_egress_replay()):
 * when there was no memory; when there were too many routes and one has gone; and when a
 * nexthop object has changed, of which no notifier of routes tells.
 *
 * Life: from the making of the instance to its end (pf_event.c).
 *
 * Locking: the kernel calls in atomic context, with the lock of a route table
 * held.  pf_egress.lock is taken there and guards the list; inside it comes the lock of
 * pf_event.c.  Registering takes RTNL in kernels before 6.13.
 */
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/fib_notifier.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/nexthop.h>

#include "pf_linux.h"

#define ROUTES_MAX	1024
#define HOPS_MAX	4096		/* of all routes */

struct default_route {
	struct list_head	 entry;
	uint32_t		 table;
	uint8_t			 family;
	bool			 object;	/* its hops are a nexthop object */
	unsigned int		 n;
	int			 ifindex[];	/* of each hop; one may stand here twice */
};

struct pf_egress {
	struct pf_netns		*ns;
	struct notifier_block	 nb;
	bool			 registered;	/* the work of pf_event.c alone, or its end */
	spinlock_t		 lock;		/* guards what follows */
	struct list_head	 routes;
	unsigned int		 nroutes, nhops, nobjects;
	bool			 full;		/* a route found no room */
};

static struct default_route *
route_find(const struct pf_egress *eg, uint8_t family, uint32_t table)
{
	struct default_route	*r;

	list_for_each_entry(r, &eg->routes, entry)
		if (r->table == table && r->family == family)
			return (r);
	return (NULL);
}

static void
route_link(struct pf_egress *eg, struct default_route *r)
{
	list_add_tail(&r->entry, &eg->routes);
	eg->nroutes++;
	eg->nhops += r->n;
	eg->nobjects += r->object;
}

static void
route_remove(struct pf_egress *eg, struct default_route *r)
{
	list_del(&r->entry);
	eg->nroutes--;
	eg->nhops -= r->n;
	eg->nobjects -= r->object;
	pf_free(r);
}

/* Without room: what is known is not all, which is no reason to stop. */
static void
route_full(struct pf_egress *eg)
{
	if (!eg->full)
		pf_log(eg->ns->pf, "too many default routes: "
		    "some of their interfaces are not in group egress");
	eg->full = true;
}

/* A route with room for n hops, or NULL. */
static struct default_route *
route_new(struct pf_egress *eg, uint8_t family, uint32_t table, unsigned int n)
{
	struct default_route	*r;

	if (n > HOPS_MAX) {
		route_full(eg);
		return (NULL);
	}
	r = pf_alloc_atomic(eg->ns->pf, struct_size(r, ifindex, n));
	if (r == NULL) {
		pf_event_replay(eg->ns);
		return (NULL);
	}
	r->family = family;
	r->table = table;
	return (r);
}

static bool
route_same(const struct default_route *a, const struct default_route *b)
{
	return (a->n == b->n && a->object == b->object &&
	    memcmp(a->ifindex, b->ifindex, a->n * sizeof(a->ifindex[0])) == 0);
}

/* The default route of a table is now r, which is taken over; NULL or one without hops:
 * none. */
static void
route_set(struct pf_egress *eg, uint8_t family, uint32_t table,
    struct default_route *r)
{
	struct default_route	*old = route_find(eg, family, table);

	if (r != NULL && (r->n == 0 || (old != NULL && route_same(old, r)))) {
		if (r->n != 0)
			old = NULL;		/* stays */
		pf_free(r);
		r = NULL;
	}
	if (old == NULL && r == NULL)
		return;
	if (old != NULL) {
		route_remove(eg, old);
		if (eg->full)
			pf_event_replay(eg->ns);
	}
	if (r != NULL) {
		if (eg->nroutes < ROUTES_MAX && eg->nhops + r->n <= HOPS_MAX)
			route_link(eg, r);
		else {
			route_full(eg);
			pf_free(r);
		}
	}
	pf_event_all(eg->ns);
}

static void
hop_add(struct default_route *r, const struct fib_nh_common *nhc)
{
	const struct net_device	*dev;

	dev = nhc == NULL ? NULL : READ_ONCE(nhc->nhc_dev);
	if (dev != NULL && (dev->flags & IFF_LOOPBACK) == 0)
		r->ifindex[r->n++] = dev->ifindex;
}

/* One hop less by this device. */
static void
hop_remove(struct pf_egress *eg, struct default_route *r,
    const struct fib6_info *rt)
{
	const struct net_device	*dev = READ_ONCE(rt->fib6_nh->fib_nh_dev);
	unsigned int		 i;

	for (i = 0; i < r->n; i++)
		if (dev != NULL && r->ifindex[i] == dev->ifindex)
			break;
	if (i == r->n)
		return;
	r->n--;
	memmove(&r->ifindex[i], &r->ifindex[i + 1],
	    (r->n - i) * sizeof(r->ifindex[0]));
	eg->nhops--;
	pf_event_all(eg->ns);
}

/*
 * IPv4.  An event is about the best route of its prefix; REPLACE says which it is
 * now, DEL that there is none left.
 */
static void
event4(struct pf_egress *eg, unsigned long event,
    const struct fib_entry_notifier_info *info)
{
	struct default_route	*r = NULL;
	unsigned int		 i, n;

	if (info->dst_len != 0 || info->tb_id == RT_TABLE_LOCAL)
		return;
	if (event != FIB_EVENT_ENTRY_DEL && info->type == RTN_UNICAST) {
		n = fib_info_num_path(info->fi);
		r = route_new(eg, AF_INET, info->tb_id, n);
		if (r != NULL) {
			r->object = info->fi->nh != NULL;
			for (i = 0; i < n; i++)
				hop_add(r, fib_info_nhc(info->fi, (int)i));
		}
	}
	route_set(eg, AF_INET, info->tb_id, r);
}

/*
 * IPv6.  The hops of a route are routes of their own, siblings.  REPLACE and APPEND
 * tell one that has all the others, old and new, as siblings.  DEL tells one that goes,
 * with nsiblings of its siblings.
 */
static struct default_route *
route6(struct pf_egress *eg, const struct fib6_info *rt)
{
	struct default_route	*r;
	const struct fib6_info	*s;
	unsigned int		 i, n;

	n = rt->nh != NULL ? nexthop_num_path(rt->nh) :
	    READ_ONCE(rt->fib6_nsiblings) + 1;
	r = route_new(eg, AF_INET6, rt->fib6_table->tb6_id, n);
	if (r == NULL)
		return (NULL);
	r->object = rt->nh != NULL;
	if (r->object) {
		for (i = 0; i < n; i++)
			hop_add(r, nexthop_fib_nhc(rt->nh, (int)i));
		return (r);
	}
	hop_add(r, &rt->fib6_nh->nh_common);
	i = 1;
	list_for_each_entry_rcu(s, &rt->fib6_siblings, fib6_siblings) {
		if (i++ >= n)
			break;
		hop_add(r, &s->fib6_nh->nh_common);
	}
	return (r);
}

static void
delete6(struct pf_egress *eg, const struct fib6_entry_notifier_info *info)
{
	const struct fib6_info	*rt = info->rt, *s;
	uint32_t		 table = rt->fib6_table->tb6_id;
	struct default_route	*r = route_find(eg, AF_INET6, table);
	unsigned int		 n = info->nsiblings;

	if (r == NULL)
		return;
	if (rt->nh == NULL) {
		hop_remove(eg, r, rt);
		list_for_each_entry_rcu(s, &rt->fib6_siblings, fib6_siblings) {
			if (n-- == 0)
				break;
			hop_remove(eg, r, s);
		}
	}
	if (r->n == 0 || rt->nh != NULL)
		route_set(eg, AF_INET6, table, NULL);
}

static void
event6(struct pf_egress *eg, unsigned long event,
    const struct fib6_entry_notifier_info *info)
{
	const struct fib6_info	*rt = info->rt;
	uint32_t		 table = rt->fib6_table->tb6_id;

	if (rt->fib6_dst.plen != 0 || rt->fib6_src.plen != 0 ||
	    table == RT_TABLE_LOCAL)
		return;
	if (event == FIB_EVENT_ENTRY_DEL)
		delete6(eg, info);
	else
		route_set(eg, AF_INET6, table,
		    rt->fib6_type == RTN_UNICAST ? route6(eg, rt) : NULL);
}

static int
egress_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct pf_egress		*eg = container_of(nb, struct pf_egress, nb);
	const struct fib_notifier_info	*info = ptr;

	switch (event) {
	case FIB_EVENT_ENTRY_REPLACE:
	case FIB_EVENT_ENTRY_APPEND:
	case FIB_EVENT_ENTRY_ADD:
	case FIB_EVENT_ENTRY_DEL:
		break;
	default:
		return (NOTIFY_DONE);
	}
	if (info->family == AF_INET) {
		spin_lock_bh(&eg->lock);
		event4(eg, event, container_of(info,
		    struct fib_entry_notifier_info, info));
		spin_unlock_bh(&eg->lock);
	} else if (info->family == AF_INET6) {
		spin_lock_bh(&eg->lock);
		event6(eg, event, container_of(info,
		    struct fib6_entry_notifier_info, info));
		spin_unlock_bh(&eg->lock);
	}
	return (NOTIFY_DONE);
}

/* Nothing is known; the kernel calls this when it is about to tell all once more. */
static void
egress_clear(struct notifier_block *nb)
{
	struct pf_egress	*eg = container_of(nb, struct pf_egress, nb);
	struct default_route	*r, *next;

	spin_lock_bh(&eg->lock);
	list_for_each_entry_safe(r, next, &eg->routes, entry)
		route_remove(eg, r);
	eg->full = false;
	spin_unlock_bh(&eg->lock);
}

static void
egress_unregister(struct pf_egress *eg)
{
	if (eg->registered)
		unregister_fib_notifier(eg->ns->net, &eg->nb);
	eg->registered = false;
	egress_clear(&eg->nb);
}

int
pf_egress_init(struct pf_netns *ns)
{
	struct pf_egress	*eg;

	eg = kzalloc(sizeof(*eg), GFP_KERNEL_ACCOUNT);
	if (eg == NULL)
		return (-ENOMEM);
	eg->ns = ns;
	eg->nb.notifier_call = egress_event;
	spin_lock_init(&eg->lock);
	INIT_LIST_HEAD(&eg->routes);
	ns->egress = eg;
	return (0);
}

void
pf_egress_fini(struct pf_netns *ns)
{
	egress_unregister(ns->egress);
	kfree(ns->egress);
	ns->egress = NULL;
}

/* The kernel gives up (EBUSY) when routes change all the time that it tells them. */
int
pf_egress_replay(struct pf_netns *ns)
{
	struct pf_egress	*eg = ns->egress;
	int			 err;

	egress_unregister(eg);
	err = register_fib_notifier(ns->net, &eg->nb, egress_clear, NULL);
	eg->registered = err == 0;
	return (err);
}

bool
pf_egress_objects(struct pf_netns *ns)
{
	return (READ_ONCE(ns->egress->nobjects) != 0);
}

bool
pf_egress_has(struct pf_netns *ns, int ifindex)
{
	struct pf_egress		*eg = ns->egress;
	const struct default_route	*r;
	unsigned int			 i;
	bool				 found = false;

	spin_lock_bh(&eg->lock);
	list_for_each_entry(r, &eg->routes, entry) {
		for (i = 0; i < r->n && !found; i++)
			found = r->ifindex[i] == ifindex;
		if (found)
			break;
	}
	spin_unlock_bh(&eg->lock);
	return (found);
}
