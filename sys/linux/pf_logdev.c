// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_logdev.c: the pflog devices
 *
 * A pflog device is where packets are read that rules log: a record (if_pflog.h) is sent
 * through it, and whoever has a packet socket on it gets a copy; then it is gone.  pflog0 is
 * made when the module comes, and in every other namespace with its instance.  Others are
 * made and deleted by `ip link', and all of them go with the module.
 *
 * Owns the link kind `pflog'.  Its devices belong to the kernel, which counts what was sent.
 * A record that there was no memory for is counted as dropped (tx).
 * Locking: records come in packet context; RTNL for the coming and going of devices.
 */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/rtnetlink.h>

#include "pf_linux.h"
#include "if_pflog.h"

static struct rtnl_link_ops	pflog_ops;

static int
pflog_init(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return (dev->tstats != NULL ? 0 : -ENOMEM);
}

static void
pflog_uninit(struct net_device *dev)
{
	free_percpu(dev->tstats);
}

/* Whoever listens has his copy. */
static netdev_tx_t
pflog_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_sw_netstats_tx_add(dev, 1, skb->len);
	consume_skb(skb);
	return (NETDEV_TX_OK);
}

/* Nobody but pf can say what a record says. */
static int
pflog_create(struct sk_buff *skb, struct net_device *dev, unsigned short type,
    const void *daddr, const void *saddr, unsigned int len)
{
	return (-EOPNOTSUPP);
}

static const struct net_device_ops pflog_netdev_ops = {
	.ndo_init = pflog_init,
	.ndo_uninit = pflog_uninit,
	.ndo_start_xmit = pflog_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
};

/* (that there are some tells packet sockets that a packet has a header) */
static const struct header_ops pflog_header_ops = {
	.create = pflog_create,
};

static void
pflog_setup(struct net_device *dev)
{
	dev->type = ARPHRD_VOID;
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->netdev_ops = &pflog_netdev_ops;
	dev->header_ops = &pflog_header_ops;
	dev->hard_header_len = PFLOG_HDRLEN;
	dev->mtu = PFLOG_HDRLEN + 65535;
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA;
	dev->needs_free_netdev = true;
	pf_dev_set_lltx(dev);
}

static struct rtnl_link_ops pflog_ops = {
	.kind = "pflog",
	.setup = pflog_setup,
};

int
pf_logdev_make(struct net *net)
{
	struct net_device	*dev;
	int			 err = 0;

	rtnl_lock();
	if (__dev_get_by_name(net, "pflog0") != NULL)
		goto out;
	err = -ENOMEM;
	dev = alloc_netdev(0, "pflog0", NET_NAME_PREDICTABLE, pflog_setup);
	if (dev == NULL)
		goto out;
	dev_net_set(dev, net);
	dev->rtnl_link_ops = &pflog_ops;
	err = register_netdevice(dev);
	if (err != 0)
		free_netdev(dev);
	else
		err = dev_open(dev, NULL);
out:
	rtnl_unlock();
	return (err);
}

int
pf_logdev_init(void)
{
	int	err = rtnl_link_register(&pflog_ops);

	if (err != 0)
		return (err);
	err = pf_logdev_make(&init_net);
	if (err != 0)
		rtnl_link_unregister(&pflog_ops);
	return (err);
}

void
pf_logdev_fini(void)
{
	rtnl_link_unregister(&pflog_ops);
}

/*
 * Records
 */

/* The pflog device, up; or NULL. */
static struct net_device *
pflog_find(struct pf *pf, int ifindex)
{
	struct pf_netns		*ns = pf_hostdata(pf);
	struct net_device	*dev = dev_get_by_index_rcu(ns->net, ifindex);

	return (dev != NULL && dev->netdev_ops == &pflog_netdev_ops &&
	    (dev->flags & IFF_UP) != 0 ? dev : NULL);
}

bool
pf_host_listens(struct pf *pf, int ifindex)
{
	struct net_device	*dev = pflog_find(pf, ifindex);

	return (dev != NULL && dev_nit_active(dev));
}

/* The packet's bytes are shared, its header is the copy's own; nothing else of it is left. */
void
pf_pkt_log(struct pf *pf, const struct pf_pkt *p, int ifindex, const void *hdr,
    size_t len)
{
	struct net_device	*dev = pflog_find(pf, ifindex);
	struct sk_buff		*skb = (struct sk_buff *)p, *copy;

	if (dev == NULL)
		return;
	copy = __pskb_copy(skb, len, GFP_ATOMIC | __GFP_NOWARN);
	if (copy == NULL) {
		dev_core_stats_tx_dropped_inc(dev);
		return;
	}
	skb_dst_drop(copy);
	skb_ext_reset(copy);
	nf_reset_ct(copy);
	nf_reset_trace(copy);
	skb_orphan(copy);
	skb_gso_reset(copy);
	copy->ip_summed = CHECKSUM_NONE;
	copy->mark = copy->priority = 0;
	copy->dev = dev;
	__vlan_hwaccel_clear_tag(copy);
	memcpy(skb_push(copy, len), hdr, len);
	skb_reset_mac_header(copy);
	dev_queue_xmit(copy);
}
