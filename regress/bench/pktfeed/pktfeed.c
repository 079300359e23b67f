// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pktfeed: a source of packets for measuring the forwarding path.  It plays
 * the network card: every packet is a new buffer that nobody else holds, given
 * to the receive path of a device, and the time until the stack is done with
 * it is taken.  Only ever loaded in a benchmark guest.
 *
 * Control: the module parameters, all in /sys/module/pktfeed/parameters.  Those
 * that describe the packets keep their values; a number written to "send" sends
 * so many packets, from the first flow on or in random order, before the write
 * returns; "last" then holds what it cost.  The device is looked up by name in
 * the network namespace of the writer.
 *
 * Flows: flow number f is client CLIENT_NET + f / PORTS, port CLIENT_PORT +
 * f % PORTS, against one server; with "spread", each client address has a server
 * of its own, so that one translated address has ports enough for all flows.
 * "reply" turns the packet round.
 *
 * Answers: where source addresses are translated, only what leaves a device
 * tells where a server would send its reply.  With "answer", each packet for the
 * server's port that leaves a device is answered with a packet that comes in by
 * this device, and "answered" then holds how many there were and the source
 * address that they all had.  A SYN is answered with the SYN and ACK of a server that
 * begins with SERVER_SEQ; "synack" then holds the number of the last one that left for a
 * client, which a filter may have changed on its way.  Such a run is slower, and not for
 * measuring.
 *
 * Cost: a run is cut into up to CHUNKS equal parts, timed one by one.  Other
 * load on the machine can only lengthen a part, so the tenth percentile is the
 * figure to quote; the mean is what a growing table needs.
 *
 * Locking: the kernel holds the module's parameter lock while a parameter is
 * read or written, so runs never overlap and nothing here needs a lock.
 */
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/sort.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#define CLIENT_NET	0x0a000002U	/* 10.0.0.2 */
#define CLIENT_PORT	2048
#define PORTS		1000		/* flows from one client address */
#define SERVER		0xc6120001U	/* 198.18.0.1 */
#define SERVER_PORT	9
#define SERVER_SEQ	5000		/* a TCP server's first number */
#define MAX_FLOWS	(16U << 20)	/* stays inside 10.0.0.0/8 */
#define TCP_SYN		0x02
#define CHUNKS		200
#define BURST		64		/* packets a softirq would handle */

/* A frame of the least legal size (without its FCS).  SYNs have no payload. */
struct frame {
	struct ethhdr	eth;
	struct iphdr	ip;
	union {
		struct udphdr	udp;
		struct tcphdr	tcp;
	};
	u8		payload[6];
} __packed;

static char *dev;
module_param(dev, charp, 0600);
MODULE_PARM_DESC(dev, "device that seems to receive the packets");
static unsigned int flows = 1;
module_param(flows, uint, 0600);
MODULE_PARM_DESC(flows, "number of flows");
static unsigned int first;
module_param(first, uint, 0600);
MODULE_PARM_DESC(first, "flow to begin with");
static bool shuffle;
module_param(shuffle, bool, 0600);
MODULE_PARM_DESC(shuffle, "take flows at random, not in turn");
static bool reply;
module_param(reply, bool, 0600);
MODULE_PARM_DESC(reply, "packets go from the server to the client");
static bool spread;
module_param(spread, bool, 0600);
MODULE_PARM_DESC(spread, "each client address has a server of its own");
static bool answer;
module_param(answer, bool, 0600);
MODULE_PARM_DESC(answer, "the server answers every UDP packet and SYN that gets to it");
static bool sink;
module_param(sink, bool, 0600);
MODULE_PARM_DESC(sink, "free the packets: what making them costs");
static unsigned int tcp;
module_param(tcp, uint, 0600);
MODULE_PARM_DESC(tcp, "0: UDP; else TCP with this flags byte");
static unsigned int seq;
module_param(seq, uint, 0600);
MODULE_PARM_DESC(seq, "TCP sequence number");
static unsigned int ack;
module_param(ack, uint, 0600);
MODULE_PARM_DESC(ack, "TCP acknowledgement number");

/* The result: packets sent, and picoseconds a packet. */
static struct {
	u64	sent, p10, median, mean;
} result;
static u64 chunk_ps[CHUNKS];

/*
 * What "answer" saw: the packets that were answered, the source address of the
 * first, and whether another had a different one.  The answers are on their way
 * into the stack.
 */
static struct {
	u64			sent;
	__be32			source;
	bool			mixed;
	u32			synack;		/* number of the last SYN and ACK that left */
	struct sk_buff_head	queue;
} answers;

/* Makes the frame that all packets of a run are copies of; returns its length. */
static unsigned int
fill_template(struct frame *t, const struct net_device *ndev)
{
	unsigned int len = sizeof(*t);

	if (tcp & TCP_SYN)
		len -= sizeof(t->payload);
	memset(t, 0, sizeof(*t));
	ether_addr_copy(t->eth.h_dest, ndev->dev_addr);
	t->eth.h_source[0] = 0x02;
	t->eth.h_source[5] = 0x99;
	t->eth.h_proto = htons(ETH_P_IP);

	t->ip.version = 4;
	t->ip.ihl = sizeof(t->ip) / 4;
	t->ip.tot_len = htons(len - sizeof(t->eth));
	t->ip.frag_off = htons(IP_DF);
	t->ip.ttl = 64;

	/* both protocols begin with the ports; UDP sends no checksum, and the
	 * card of this source vouches for TCP's */
	if (reply)
		t->udp.source = htons(SERVER_PORT);
	else
		t->udp.dest = htons(SERVER_PORT);
	if (tcp) {
		t->ip.protocol = IPPROTO_TCP;
		t->tcp.doff = sizeof(t->tcp) / 4;
		t->tcp.seq = htonl(seq);
		t->tcp.ack_seq = htonl(ack);
		t->tcp.window = htons(32768);
		/* the byte behind doff */
		((u8 *)&t->tcp)[13] = tcp;
	} else {
		t->ip.protocol = IPPROTO_UDP;
		t->udp.len = htons(len - sizeof(t->eth) - sizeof(t->ip));
	}
	return len;
}

/*
 * One packet of flow f.  len is the template's length, sum the checksum of its
 * IP header, not folded, with both addresses still 0.  NULL: out of memory.
 */
static struct sk_buff *
new_packet(struct net_device *ndev, const struct frame *t, unsigned int len,
    __wsum sum, u32 f)
{
	__be32 client = htonl(CLIENT_NET + f / PORTS);
	__be32 server = htonl(SERVER + (spread ? f / PORTS : 0));
	__be16 port = htons(CLIENT_PORT + f % PORTS);
	struct sk_buff *skb;
	struct frame *p;

	skb = netdev_alloc_skb_ip_align(ndev, len);
	if (skb == NULL)
		return NULL;
	p = skb_put(skb, len);
	memcpy(p, t, len);
	if (reply) {
		p->ip.saddr = server;
		p->ip.daddr = client;
		p->udp.dest = port;
	} else {
		p->ip.saddr = client;
		p->ip.daddr = server;
		p->udp.source = port;
	}
	sum = csum_add(sum, (__force __wsum)client);
	p->ip.check = csum_fold(csum_add(sum, (__force __wsum)server));
	skb->protocol = eth_type_trans(skb, ndev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* Sees what leaves and comes in by any device, and answers what is for a server. */
static int
answer_packet(struct sk_buff *skb, struct net_device *ndev,
    struct packet_type *pt, struct net_device *orig)
{
	unsigned int len = min_t(unsigned int, skb->len, sizeof(struct frame));
	struct sk_buff *reply_skb;
	struct frame *p, f = { };

	if (skb->pkt_type != PACKET_OUTGOING ||
	    skb->protocol != htons(ETH_P_IP) ||
	    len < offsetof(struct frame, udp) + sizeof(f.udp) ||
	    skb_copy_bits(skb, 0, &f, len) != 0)
		goto done;
	if (f.ip.protocol == IPPROTO_TCP) {
		if (len < offsetof(struct frame, tcp) + sizeof(f.tcp) || !f.tcp.syn)
			goto done;
		if (f.tcp.source == htons(SERVER_PORT))
			answers.synack = ntohl(f.tcp.seq);
	}
	if (f.udp.dest != htons(SERVER_PORT))
		goto done;
	reply_skb = netdev_alloc_skb_ip_align(ndev, len);
	if (reply_skb == NULL)
		goto done;
	p = skb_put(reply_skb, len);
	memcpy(p, &f, len);
	if (f.ip.protocol == IPPROTO_TCP) {
		p->tcp.ack = 1;
		p->tcp.ack_seq = htonl(ntohl(f.tcp.seq) + 1);
		p->tcp.seq = htonl(SERVER_SEQ);
	}
	ether_addr_copy(p->eth.h_dest, ndev->dev_addr);
	ether_addr_copy(p->eth.h_source, f.eth.h_dest);
	/* the checksum does not depend on the order of the addresses */
	p->ip.saddr = f.ip.daddr;
	p->ip.daddr = f.ip.saddr;
	p->udp.source = f.udp.dest;
	p->udp.dest = f.udp.source;
	reply_skb->protocol = eth_type_trans(reply_skb, ndev);
	reply_skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (answers.sent++ == 0)
		answers.source = f.ip.saddr;
	else if (answers.source != f.ip.saddr)
		answers.mixed = true;
	skb_queue_tail(&answers.queue, reply_skb);
done:
	kfree_skb(skb);
	return 0;
}

static struct packet_type tap = {
	.type = htons(ETH_P_ALL),
	.func = answer_packet,
};

/* Sends n packets from flow *next on.  Returns how many there was memory for. */
static u64
feed(struct net_device *ndev, const struct frame *t, unsigned int len, u64 n,
    u32 *next, struct rnd_state *rnd)
{
	__wsum sum = csum_partial(&t->ip, sizeof(t->ip), 0);
	struct sk_buff *skb;
	u64 done = 0;
	u32 f, i;

	while (done < n) {
		local_bh_disable();
		for (i = 0; i < BURST && done < n; i++, done++) {
			if (shuffle) {
				f = ((u64)prandom_u32_state(rnd) * flows) >> 32;
			} else {
				f = *next;
				*next = f + 1 == flows ? 0 : f + 1;
			}
			skb = new_packet(ndev, t, len, sum, f);
			if (skb == NULL) {
				local_bh_enable();
				return done;
			}
			if (sink)
				consume_skb(skb);
			else
				netif_receive_skb(skb);
		}
		while ((skb = skb_dequeue(&answers.queue)) != NULL)
			netif_receive_skb(skb);
		local_bh_enable();
		cond_resched();
	}
	return done;
}

static int
by_size(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x == y ? 0 : x < y ? -1 : 1;
}

static int
run(struct net_device *ndev, u64 count)
{
	u64 part = max_t(u64, DIV_ROUND_UP(count, CHUNKS), 1), n, got, t, ns = 0;
	u32 next = first % flows;
	struct rnd_state rnd;
	struct frame tmpl;
	int nchunk = 0, error = 0;
	unsigned int len;

	len = fill_template(&tmpl, ndev);
	prandom_seed_state(&rnd, 20260101);
	memset(&result, 0, sizeof(result));

	while (result.sent < count && error == 0) {
		n = min(part, count - result.sent);
		t = ktime_get_ns();
		got = feed(ndev, &tmpl, len, n, &next, &rnd);
		t = ktime_get_ns() - t;
		if (got != n)
			error = -ENOMEM;
		else if (signal_pending(current))
			error = -EINTR;
		else
			chunk_ps[nchunk++] = div64_u64(t * 1000, n);
		result.sent += got;
		ns += t;
	}
	if (nchunk == 0)
		return error ? error : -EINVAL;
	sort(chunk_ps, nchunk, sizeof(chunk_ps[0]), by_size, NULL);
	result.p10 = chunk_ps[nchunk / 10];
	result.median = chunk_ps[nchunk / 2];
	result.mean = div64_u64(ns * 1000, result.sent);
	return error;
}

static int
send_set(const char *val, const struct kernel_param *kp)
{
	struct net_device *ndev;
	u64 count;
	int error;

	error = kstrtou64(val, 0, &count);
	if (error)
		return error;
	if (count == 0 || flows == 0 || flows > MAX_FLOWS || tcp > 255 ||
	    dev == NULL)
		return -EINVAL;
	ndev = dev_get_by_name(current->nsproxy->net_ns, dev);
	if (ndev == NULL)
		return -ENODEV;
	if (answer) {
		answers.sent = 0;
		answers.mixed = false;
		dev_add_pack(&tap);
	}
	error = run(ndev, count);
	if (answer) {
		dev_remove_pack(&tap);
		skb_queue_purge(&answers.queue);
	}
	dev_put(ndev);
	return error;
}

static int
last_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%llu %llu %llu %llu\n", result.sent,
	    result.p10, result.median, result.mean);
}

static int
answered_get(char *buf, const struct kernel_param *kp)
{
	if (answers.sent == 0 || answers.mixed)
		return scnprintf(buf, PAGE_SIZE, "%llu mixed\n", answers.sent);
	return scnprintf(buf, PAGE_SIZE, "%llu %pI4\n", answers.sent,
	    &answers.source);
}

static const struct kernel_param_ops send_ops = { .set = send_set };
module_param_cb(send, &send_ops, NULL, 0200);
MODULE_PARM_DESC(send, "write a number: send so many packets now");
static const struct kernel_param_ops last_ops = { .get = last_get };
module_param_cb(last, &last_ops, NULL, 0400);
MODULE_PARM_DESC(last, "packets sent; ps a packet: tenth percentile, median, mean");
static int
synack_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%u\n", answers.synack);
}

static const struct kernel_param_ops synack_ops = { .get = synack_get };
module_param_cb(synack, &synack_ops, NULL, 0400);

static const struct kernel_param_ops answered_ops = { .get = answered_get };
module_param_cb(answered, &answered_ops, NULL, 0400);
MODULE_PARM_DESC(answered, "packets answered in the last run with answer, and their source");

static int __init
pktfeed_init(void)
{
	skb_queue_head_init(&answers.queue);
	return 0;
}

static void __exit
pktfeed_exit(void)
{
}

module_init(pktfeed_init);
module_exit(pktfeed_exit);
MODULE_DESCRIPTION("packet source for measuring the forwarding path");
MODULE_LICENSE("Dual BSD/GPL");
