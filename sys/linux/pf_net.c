// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_net.c: an instance for each network namespace that wants one
 *
 * Owns every struct pf_netns.  The first open of /dev/pf in a namespace makes it:
 * a namespace that never uses pf has a pointer and a mutex.  It stays,
 * enabled or not, when the descriptor is closed.  It ends with the
 * namespace (which open descriptors keep alive, so there is none then) or with the
 * module, in the reverse order of its making:
 *	hooks off, and no packet inside; devices let go; purge stopped; nothing more
 *	told of devices (pf_event.c); instance destroyed, its states with it.
 *
 * The devices come by a notifier of that namespace alone.  Registering
 * it tells of those that exist already, and a move between namespaces is an
 * UNREGISTER here and a REGISTER there.  What a device is like, pf_event.c tells.
 *
 * Locking: pf_pernet.lock, for making an instance; RTNL, by the kernel, for events of
 * devices.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/memcontrol.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/netns/generic.h>

#include "pf_linux.h"
#include "pfvar.h"

/* What every namespace has. */
struct pf_pernet {
	struct mutex	 lock;
	struct pf_netns	*ns;		/* NULL: pf was never used here */
};

static unsigned int	pf_pernet_id __read_mostly;

/*
 * Devices.  A device that there is no memory for is not admitted: pf would drop all
 * its packets.
 */
static int
netns_device(struct notifier_block *nb, unsigned long event, void *info)
{
	struct pf_netns		*ns = container_of(nb, struct pf_netns, devices);
	const struct net_device	*dev = netdev_notifier_info_to_dev(info);
	int			 err = 0;

	switch (event) {
	case NETDEV_REGISTER:
		err = pf_if_attach(ns->pf, dev->ifindex, dev->name);
		break;
	case NETDEV_UNREGISTER:
		pf_if_detach(ns->pf, dev->ifindex);
		break;
	case NETDEV_CHANGENAME:
		err = pf_if_rename(ns->pf, dev->ifindex, dev->name);
		break;
	default:
		return (NOTIFY_DONE);
	}
	if (err != 0)
		pf_log(ns->pf, "interface %s: error %d", dev->name, err);
	return (notifier_from_errno(-err));
}

/*
 * The purge, once a second, or as soon as can be after pf_host_kick().
 */
static void
netns_purge(struct work_struct *work)
{
	struct pf_netns	*ns = container_of(to_delayed_work(work),
	    struct pf_netns, purge);
	struct mem_cgroup	*old;

	clear_bit(PF_NETNS_KICKED, &ns->flags);
	old = set_active_memcg(ns->memcg);
	pf_purge(ns->pf);
	pf_event_look(ns);
	set_active_memcg(old);
	queue_delayed_work(system_unbound_wq, &ns->purge,
	    round_jiffies_relative(HZ));
}

void
pf_host_kick(struct pf *pf)
{
	struct pf_netns	*ns = pf_hostdata(pf);

	if (!test_bit(PF_NETNS_KICKED, &ns->flags) &&
	    !test_and_set_bit(PF_NETNS_KICKED, &ns->flags))
		mod_delayed_work(system_unbound_wq, &ns->purge, 0);
}

void
pf_yield(void)
{
	cond_resched();
}

void
pf_log(struct pf *pf, const char *fmt, ...)
{
	struct pf_netns		*ns = pf_hostdata(pf);
	struct va_format	 vaf;
	va_list			 ap;

	if (!__ratelimit(&ns->log_limit))
		return;
	va_start(ap, fmt);
	vaf.fmt = fmt;
	vaf.va = &ap;
	printk(KERN_NOTICE "pf: net %u: %pV\n", ns->net->ns.inum, &vaf);
	va_end(ap);
}

/*
 * Ceilings of limits
 *
 * A network namespace that belongs to the first user namespace is the host
 * administrator's, who sets what limits he likes.  In any other one its own root may set
 * them up to these.
 */
static unsigned int	ns_limit[PF_LIMIT_MAX] = {
	[PF_LIMIT_STATES] = PFSTATE_HIWAT,
	[PF_LIMIT_SRC_NODES] = PFSNODE_HIWAT,
	[PF_LIMIT_FRAGS] = PFFRAG_FRENT_HIWAT,
	[PF_LIMIT_TABLES] = PFR_KTABLE_HIWAT,
	[PF_LIMIT_TABLE_ENTRIES] = PFR_KENTRY_HIWAT,
	[PF_LIMIT_ANCHORS] = PF_ANCHOR_HIWAT,
};
#define NS_LIMIT(name, which, what)						\
	module_param_named(ns_limit_##name, ns_limit[which], uint, 0644);	\
	MODULE_PARM_DESC(ns_limit_##name, "most " what				\
	    " that root of another user namespace may set as a limit")
NS_LIMIT(states, PF_LIMIT_STATES, "states");
NS_LIMIT(src_nodes, PF_LIMIT_SRC_NODES, "source nodes");
NS_LIMIT(frags, PF_LIMIT_FRAGS, "fragments");
NS_LIMIT(tables, PF_LIMIT_TABLES, "tables");
NS_LIMIT(table_entries, PF_LIMIT_TABLE_ENTRIES, "table entries");
NS_LIMIT(anchors, PF_LIMIT_ANCHORS, "anchors");

uint32_t
pf_host_ceiling(struct pf *pf, unsigned int limit)
{
	const struct pf_netns	*ns = pf_hostdata(pf);

	if (ns->net->user_ns == &init_user_ns)
		return (UINT32_MAX);
	return (READ_ONCE(ns_limit[limit]));
}

bool
pf_host_may_exceed(struct pf *pf)
{
	return (capable(CAP_NET_ADMIN));
}

/*
 * Making and ending an instance
 */

/* The control group that pays for an instance (pf_mem.c), with a reference; NULL: nobody,
 * as in the root group, where nothing is charged. */
static struct mem_cgroup *
netns_memcg(const struct net *net)
{
	struct mem_cgroup	*memcg;

	if (net == &init_net)
		return (NULL);
	memcg = get_mem_cgroup_from_mm(current->mm);
	if (memcg != NULL && parent_mem_cgroup(memcg) == NULL) {
		mem_cgroup_put(memcg);
		memcg = NULL;
	}
	return (memcg);
}

static struct pf_netns *
netns_create(struct net *net)
{
	struct pf_netns	*ns;
	int		 err = -ENOMEM;

	ns = kzalloc(sizeof(*ns), GFP_KERNEL_ACCOUNT);
	if (ns == NULL)
		return (ERR_PTR(err));
	err = pf_logdev_make(net);
	if (err != 0)
		goto fail_ns;
	err = -ENOMEM;
	ns->net = net;
	ns->memcg = netns_memcg(net);
	ratelimit_state_init(&ns->log_limit, DEFAULT_RATELIMIT_INTERVAL,
	    DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(&ns->log_limit, RATELIMIT_MSG_ON_RELEASE);
	INIT_DELAYED_WORK(&ns->purge, netns_purge);
	pf_hook_init(ns);
	ns->pf = pf_create(ns);
	if (ns->pf == NULL)
		goto fail;
	err = pf_event_start(ns);
	if (err != 0)
		goto fail_pf;
	ns->devices.notifier_call = netns_device;
	err = register_netdevice_notifier_net(net, &ns->devices);
	if (err != 0)
		goto fail_event;
	pf_event_all(ns);
	queue_delayed_work(system_unbound_wq, &ns->purge, HZ);
	return (ns);

fail_event:
	cancel_delayed_work_sync(&ns->purge);	/* a device that went asked for it */
	pf_event_stop(ns);
fail_pf:
	pf_destroy(ns->pf);
fail:
	mem_cgroup_put(ns->memcg);
fail_ns:
	kfree(ns);
	return (ERR_PTR(err));
}

static void
netns_destroy(struct pf_netns *ns)
{
	pf_host_disable(ns->pf);
	/* a device that goes asks for a purge, and the purge for events */
	unregister_netdevice_notifier_net(ns->net, &ns->devices);
	cancel_delayed_work_sync(&ns->purge);
	pf_event_stop(ns);
	pf_destroy(ns->pf);
	ratelimit_state_exit(&ns->log_limit);
	mem_cgroup_put(ns->memcg);
	kfree(ns);
}

struct pf_netns *
pf_net_get(struct net *net)
{
	struct pf_pernet	*pn = net_generic(net, pf_pernet_id);
	struct pf_netns		*ns;

	mutex_lock(&pn->lock);
	ns = pn->ns;
	if (ns == NULL) {
		ns = netns_create(net);
		if (!IS_ERR(ns))
			pn->ns = ns;
	}
	mutex_unlock(&pn->lock);
	return (ns);
}

static int __net_init
pernet_init(struct net *net)
{
	struct pf_pernet	*pn = net_generic(net, pf_pernet_id);

	mutex_init(&pn->lock);
	return (0);
}

static void __net_exit
pernet_exit(struct net *net)
{
	struct pf_pernet	*pn = net_generic(net, pf_pernet_id);

	if (pn->ns != NULL)
		netns_destroy(pn->ns);
	pn->ns = NULL;
	mutex_destroy(&pn->lock);
}

static struct pernet_operations pernet_ops = {
	.init = pernet_init,
	.exit = pernet_exit,
	.id = &pf_pernet_id,
	.size = sizeof(struct pf_pernet),
};

int
pf_net_init(void)
{
	return (register_pernet_subsys(&pernet_ops));
}

void
pf_net_fini(void)
{
	unregister_pernet_subsys(&pernet_ops);
}
