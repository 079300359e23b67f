// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_frags.c: packets that pf keeps, and one made of many
 *
 * A fragment that is kept holds no device, route, socket or connection, so that none of
 * these waits for it.  The datagram is copied into pages of its own: it has no list of
 * fragments behind it, which would tie the memory of all of them, and no checksum that a
 * device has seen only a part of.  It stays the packet that came last, with the device,
 * route and mark of that, and what the kernel has noted about the headers (the control
 * block, the place of the transport) is that of the first fragment, whose headers it has.
 *
 * As with the kernel's own reassembly for connection tracking, IPv6 remembers the size that the
 * fragments had, and leaves cut to that or is refused by ICMPv6 as one of them would have
 * been.  IPv4 is cut to the MTU of the way out.
 *
 * Owns nothing.  Locking: packet context; of pf_pkt_hold(), perhaps a spin lock of the core.
 */
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "pf_linux.h"

#define FRAGS_LINEAR	256U		/* bytes that are not in pages: the headers */

void
pf_pkt_hold(struct pf_pkt *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb->dev = NULL;
}

/* Copy the bytes of a part to offset `at' of the packet, which has room for them. */
static int
copy_part(struct sk_buff *to, unsigned int at, const struct pf_part *part)
{
	struct sk_buff	*from = part->pkt;
	unsigned int	 off, n;
	uint8_t		 buf[256];
	int		 err = 0;

	/* a checksum that is still to be made */
	if (from->ip_summed == CHECKSUM_PARTIAL)
		err = skb_checksum_help(from);
	for (off = 0; err == 0 && off < part->len; off += n) {
		n = min_t(unsigned int, part->len - off, sizeof(buf));
		err = skb_copy_bits(from, skb_network_offset(from) +
		    (int)(part->off + off), buf, (int)n);
		if (err == 0)
			err = skb_store_bits(to, (int)(at + off), buf, (int)n);
	}
	return (err);
}

/* A packet of len bytes with the same room in front as skb's network header has, and the same
 * link layer header; or NULL. */
static struct sk_buff *
new_like(const struct sk_buff *skb, unsigned int len)
{
	unsigned int	 front = (unsigned int)(skb_network_header(skb) - skb->head);
	unsigned int	 linear = min(len, FRAGS_LINEAR);
	struct sk_buff	*new;
	int		 err;

	new = alloc_skb_with_frags(front + linear, len - linear, 0, &err,
	    GFP_ATOMIC | __GFP_NOWARN);
	if (new == NULL)
		return (NULL);
	skb_reserve(new, (int)front);
	skb_put(new, linear);
	new->data_len = len - linear;
	new->len += new->data_len;
	if (skb_mac_header_was_set(skb) && skb->mac_header <= front)
		memcpy(new->head + skb->mac_header, skb->head + skb->mac_header,
		    front - skb->mac_header);
	return (new);
}

/* What is known of the packet skb and of the first part, for the new one. */
static void
set_meta(struct sk_buff *new, const struct sk_buff *skb, uint8_t af,
    const struct sk_buff *first, unsigned int most)
{
	int	iif = af == AF_INET ? IPCB(skb)->iif : IP6CB(skb)->iif;
	int	transport = skb_transport_offset(first) - skb_network_offset(first);

	skb_copy_header(new, skb);
	skb_gso_reset(new);
	memcpy(new->cb, first->cb, sizeof(new->cb));
	skb_set_transport_header(new, transport);
	new->ip_summed = CHECKSUM_NONE;
	new->csum = 0;
	new->csum_valid = 0;
	if (af == AF_INET)
		IPCB(new)->iif = iif;
	else
		IP6CB(new)->iif = iif;
	if (most == 0)
		return;
	new->ignore_df = 1;
	if (af == AF_INET) {
		IPCB(new)->frag_max_size = 0;
	} else {
		IP6CB(new)->frag_max_size = (u16)min(most, 65535U);
		IP6CB(new)->flags |= IP6SKB_FRAGMENTED;
	}
}

bool
pf_pkt_join(struct pf_pkt *skb, uint8_t af, const struct pf_part *first,
    uint32_t most)
{
	const struct pf_part	*part;
	struct sk_buff		*new;
	unsigned int		 len = 0, at = 0;
	int			 err = 0;

	for (part = first; part != NULL; part = part->next)
		len += part->len;
	new = new_like(skb, len);
	if (new == NULL)
		return (false);
	for (part = first; part != NULL && err == 0; part = part->next) {
		err = copy_part(new, at, part);
		at += part->len;
	}
	if (err != 0) {
		kfree_skb(new);
		return (false);
	}
	set_meta(new, skb, af, first->pkt, most);
	skb_morph(skb, new);
	consume_skb(new);
	return (true);
}
