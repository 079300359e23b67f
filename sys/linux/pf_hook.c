// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_hook.c: where packets come from
 *
 * Four netfilter hooks for each enabled instance, in its own network namespace
 * only: `in' before everything else that looks at a packet (defragmentation and
 * connection tracking too), `out' after all that may change one.  They
 * belong to the struct pf_netns; registered by pf_host_enable() and gone, with no
 * packet inside, when pf_host_disable() returns.
 *
 * A forwarded packet is seen twice, once each way; one from a local program out,
 * one to a local program in, one between local programs both.  On a
 * device that belongs to a VRF, the kernel itself runs the hooks
 * twice, for the device and for the VRF.  A packet larger than the MTU is
 * seen whole: fragments are made, and segments cut, behind `out'.
 *
 * A packet that pf built itself is not shown to pf again, unless it is to be seen where it
 * goes out, as what is forwarded is (pf_pkt_send()).  On its way out the CPU knows
 * it (pf_pkt_own).  If it is for this very host, it comes round by a loopback
 * device and in again, later and perhaps on another CPU: then a bit of its mark tells,
 * together with the route that it still carries, which nothing from outside
 * does.  Programs may set marks too, so `out' clears that bit on all that is not pf's own.
 * On a packet that a rule has given a priority as it came in, the same bit tells `out' so
 * (pf_pkt_set_prio()).
 *
 * A dropped packet is freed by netfilter; a local program that sent it gets
 * EPERM.
 *
 * Locking: RCU read side by netfilter; softirqs are turned off here if they are
 * not (packets of local programs), which keeps per-CPU data to ourselves.
 */
#include <linux/bottom_half.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/preempt.h>
#include <net/dst_metadata.h>

#include "pf_linux.h"
#include "pfvar.h"

/* Whether the packet is one of pf's own. */
static __always_inline bool
hook_own(struct sk_buff *skb, int dir)
{
	if (dir == PF_OUT) {
		if (unlikely(this_cpu_read(pf_pkt_own) == skb))
			return (true);
		if (unlikely((skb->mark & pf_mark_own) != 0))
			pf_pkt_keep_prio(skb);
	} else if (unlikely((skb->mark & pf_mark_own) != 0))
		return (!pf_pkt_keep_prio(skb) && skb_valid_dst(skb));
	return (false);
}

/* What pf hands back instead of skb goes on as skb, which netfilter holds. */
static noinline void
hook_replace(struct sk_buff *skb, struct sk_buff *by)
{
	skb_morph(skb, by);
	consume_skb(by);
}

#define PF_WAYS_MAX	4	/* devices that a packet is sent on from, one to the next */

/*
 * A rule has routed the packet.  One that comes in is forwarded; one that goes out by another
 * device now is asked about there.
 */
static noinline int
hook_routed(const struct pf_netns *ns, struct sk_buff *skb, int dir, uint8_t af)
{
	struct pf_pkt	*pkt;
	int		 verdict = PF_ROUTED, i;

	if (dir == PF_IN) {
		pf_way_forward(ns->net, skb, af);
		return (PF_TAKEN);
	}
	for (i = 0; i < PF_WAYS_MAX && verdict == PF_ROUTED; i++) {
		pkt = skb;
		verdict = pf_test(ns->pf, dir, af, skb->dev->ifindex, &pkt);
		if (pkt != skb && (verdict == PF_PASS || verdict == PF_ROUTED))
			hook_replace(skb, pkt);
	}
	return (verdict == PF_ROUTED ? PF_DROP : verdict);
}

static __always_inline unsigned int
hook(void *priv, struct sk_buff *skb, const struct net_device *dev, int dir,
    uint8_t af)
{
	const struct pf_netns	*ns = priv;
	struct pf_pkt		*pkt = skb;
	bool			 bh = !in_softirq();
	int			 verdict;

	if (bh)
		local_bh_disable();
	if (hook_own(skb, dir))
		verdict = PF_PASS;
	else
		verdict = pf_test(ns->pf, dir, af, dev->ifindex, &pkt);
	if (unlikely(pkt != skb) && (verdict == PF_PASS || verdict == PF_ROUTED))
		hook_replace(skb, pkt);
	if (unlikely(verdict == PF_ROUTED))
		verdict = hook_routed(ns, skb, dir, af);
	if (bh)
		local_bh_enable();
	if (likely(verdict == PF_PASS))
		return (NF_ACCEPT);
	return (verdict == PF_TAKEN ? NF_STOLEN : NF_DROP);
}

static unsigned int
hook_in4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (hook(priv, skb, state->in, PF_IN, AF_INET));
}

static unsigned int
hook_in6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (hook(priv, skb, state->in, PF_IN, AF_INET6));
}

static unsigned int
hook_out4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (hook(priv, skb, state->out, PF_OUT, AF_INET));
}

static unsigned int
hook_out6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (hook(priv, skb, state->out, PF_OUT, AF_INET6));
}

static const struct nf_hook_ops hook_ops[PF_NHOOKS] = {
	{ .hook = hook_in4, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_PRE_ROUTING, .priority = PF_PRI_IN },
	{ .hook = hook_out4, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_POST_ROUTING, .priority = PF_PRI_OUT },
	{ .hook = hook_in6, .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_PRE_ROUTING, .priority = PF_PRI_IN },
	{ .hook = hook_out6, .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_POST_ROUTING, .priority = PF_PRI_OUT },
};

void
pf_hook_init(struct pf_netns *ns)
{
	unsigned int	i;

	for (i = 0; i < PF_NHOOKS; i++) {
		ns->hooks[i] = hook_ops[i];
		ns->hooks[i].priv = ns;
	}
}

int
pf_host_enable(struct pf *pf)
{
	struct pf_netns	*ns = pf_hostdata(pf);
	int		 err;

	if (ns->enabled)
		return (0);
	err = pf_local_update(ns, true);
	if (err != 0)
		return (err);
	err = nf_register_net_hooks(ns->net, ns->hooks, PF_NHOOKS);
	if (err != 0) {
		pf_local_update(ns, false);
		return (-err);
	}
	ns->enabled = true;
	return (0);
}

void
pf_host_disable(struct pf *pf)
{
	struct pf_netns	*ns = pf_hostdata(pf);

	if (!ns->enabled)
		return;
	pf_local_update(ns, false);
	nf_unregister_net_hooks(ns->net, ns->hooks, PF_NHOOKS);
	synchronize_net();
	ns->enabled = false;
}
