/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_linux.h: what the files of the Linux host share
 *
 * A struct pf_netns is the host's side of one instance (its "hostdata"): made by
 * the first open of /dev/pf in a network namespace (pf_net.c), it lives until
 * the namespace ends or the module goes.
 *
 * Lock order: pf_pernet.lock, the kernel's RTNL, the core's control mutex.  So
 * nothing that the core calls with its mutex held may take RTNL.  The work of
 * pf_event.c takes RTNL and the core's mutex one after the other, and whoever waits
 * for it (pf_event_flush(), pf_event_stop()) holds neither; pf_pernet.lock is not
 * taken by it.  Spin locks: a lock of the kernel's (a route table's, a socket's callback
 * lock), pf_egress.lock, pf_event.lock.
 */
#ifndef _LINUX_PF_LINUX_H_
#define _LINUX_PF_LINUX_H_

#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "pf_host.h"

#define PF_NHOOKS	4		/* in and out, IPv4 and IPv6 */
#define PF_NLOCALHOOKS	2		/* pf_local.c */
#define PF_PRI_IN	(-500)		/* before NF_IP_PRI_RAW_BEFORE_DEFRAG, -450 */
#define PF_PRI_OUT	(INT_MAX - 1)

struct pf_netns {
	struct net		*net;		/* outlives this */
	struct pf		*pf;
	struct nf_hook_ops	 hooks[PF_NHOOKS]; /* priv: this */
	bool			 enabled;	/* hooks registered; pf's control mutex */
	struct nf_hook_ops	 local_hooks[PF_NLOCALHOOKS]; /* these three: pf's .. */
	bool			 local_wanted;	/* .. control mutex; rules redirect to .. */
	bool			 local_on;	/* .. 127.0.0.0/8; pf_local.c does something */
	struct notifier_block	 devices;
	struct pf_event		*event;		/* pf_event.c */
	struct pf_egress	*egress;	/* pf_egress.c */
	struct delayed_work	 purge;
	unsigned long		 flags;		/* bits, atomic: */
#define PF_NETNS_KICKED	0			/* the next purge is due at once */
	struct ratelimit_state	 log_limit;
	struct mem_cgroup	*memcg;		/* referenced; pays for what packets and */
						/* the purge ask for; NULL: nobody does */
};

/* pf_main.c: the lowest bit of mark_mask, 0: none.  Set at load time.  The others are
 * pf_mark_tag (pf_host_md.h). */
extern uint32_t pf_mark_own;

/* pf_mem.c.  Module init and exit; init: 0 or -ENOMEM. */
int	 pf_mem_init(void);
void	 pf_mem_fini(void);

/* pf_hook.c.  Prepare ns->hooks. */
void	 pf_hook_init(struct pf_netns *);

/* pf_local.c.  pf has been, or is about to be, enabled or disabled.  0 or ENOMEM, when
 * enabled only.  Control. */
int	 pf_local_update(struct pf_netns *, bool enabled);

/*
 * pf_pkt.c.  The packet that pf_pkt_send() of this CPU is at work on, or NULL;
 * softirqs off.
 */
DECLARE_PER_CPU(const struct sk_buff *, pf_pkt_own);
/*
 * Clear the bit pf_mark_own of the packet's mark.  true: the bit was set because the packet has
 * been given a priority on its way in; it has that again, whatever has happened to it since.
 */
bool	 pf_pkt_keep_prio(struct sk_buff *);
/* As ip6_local_out(); the packet is gone.  Not 0: it was not sent. */
int	 pf_output6(struct net *, struct sk_buff *);

/*
 * pf_way.c.  Forward a packet that came in along the route that pf_pkt_route() has given
 * it; the packet is gone.  Softirqs off.
 * The route of a way for a packet, referenced; NULL: there is none.  Packet context.
 */
void	 pf_way_forward(struct net *, struct sk_buff *, uint8_t af);
struct pf_way;
struct dst_entry *pf_way_dst(struct pf *, const struct sk_buff *, uint8_t af,
	    const struct pf_way *);

/*
 * pf_rtable.c, for pf_way.c.  dst: the route that the table has for a packet which came in,
 * referenced; NULL: none.  stays: whether it is for this host, or for a group.
 */
struct dst_entry *pf_rtable_dst(struct net *, const struct sk_buff *, uint8_t af,
	    uint32_t id);
bool	 pf_rtable_stays(struct net *, const struct sk_buff *, uint8_t af);

/*
 * pf_net.c.  Module init and exit.  pf_net_get(): the instance of a namespace that the
 * caller keeps alive, made if need be; ERR_PTR(-ENOMEM).  May sleep.
 */
int	 pf_net_init(void);
void	 pf_net_fini(void);
struct pf_netns *pf_net_get(struct net *);

/*
 * pf_logdev.c.  Module init and exit.  make: pflog0 of a namespace, if there is none; 0,
 * -ENOMEM, or what the device is refused with.  May sleep; takes RTNL.
 */
int	 pf_logdev_init(void);
void	 pf_logdev_fini(void);
int	 pf_logdev_make(struct net *);

/*
 * pf_event.c.  start: when the devices are attached; 0 or -ENOMEM or what a socket fails
 * with.  look: queues the work if something has changed that is not told of.  flush:
 * returns when the core knows all that has been changed before the call, default routes
 * by nexthop objects excepted.  These may sleep.  all, replay: tell the core of all
 * devices; ask for all routes again; any context but hard interrupts.
 */
int	 pf_event_start(struct pf_netns *);
void	 pf_event_stop(struct pf_netns *);
void	 pf_event_look(struct pf_netns *);
void	 pf_event_flush(struct pf_netns *);
void	 pf_event_all(struct pf_netns *);
void	 pf_event_replay(struct pf_netns *);

/*
 * pf_egress.c, for pf_event.c.  replay: forgets all and has it told again; 0 or a
 * negative errno, then it is to be called again.  has: whether a default route leads out
 * of the device.  objects: whether one does so by a nexthop object.
 */
int	 pf_egress_init(struct pf_netns *);
void	 pf_egress_fini(struct pf_netns *);
int	 pf_egress_replay(struct pf_netns *);
bool	 pf_egress_has(struct pf_netns *, int ifindex);
bool	 pf_egress_objects(struct pf_netns *);

/* pf_dev.c.  Module init and exit: /dev/pf. */
int	 pf_dev_init(void);
void	 pf_dev_fini(void);

#endif /* _LINUX_PF_LINUX_H_ */
