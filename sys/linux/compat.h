/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * compat.h: where kernel versions differ, from 6.1 on
 *
 * The only file that looks at LINUX_VERSION_CODE.  Each piece says which kernel
 * wants it.  Owns nothing.  Floor: below the whole host.
 */
#ifndef _LINUX_PF_COMPAT_H_
#define _LINUX_PF_COMPAT_H_

#include <linux/in_route.h>
#include <linux/ip.h>
#include <linux/limits.h>
#include <linux/netdevice.h>
#include <linux/version.h>
#include <net/flow.h>
#include <net/inet_dscp.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)	/* once in skbuff.h */
#include <net/gso.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "pf needs Linux 6.1 or newer"
#endif

/* The limits by their C11 names, which no kernel has. */
#ifndef UINT8_MAX
#define UINT8_MAX	U8_MAX
#endif
#ifndef UINT16_MAX
#define UINT16_MAX	U16_MAX
#endif
#ifndef UINT32_MAX
#define UINT32_MAX	U32_MAX
#endif
#ifndef UINT64_MAX
#define UINT64_MAX	U64_MAX
#endif
#ifndef INT32_MAX
#define INT32_MAX	S32_MAX
#endif
#ifndef INT64_MAX
#define INT64_MAX	S64_MAX
#endif

/*
 * The type of service of an IPv4 route look-up: a DSCP since 6.18, flowi4_dscp; before
 * it the bits of the header's TOS byte that routing may look at, flowi4_tos.
 */
static inline void
pf_flowi4_set_tos(struct flowi4 *fl, const struct iphdr *iph)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	fl->flowi4_dscp = inet_dsfield_to_dscp(iph->tos);
#else
	fl->flowi4_tos = RT_TOS(iph->tos);
#endif
}

/* The type of service of ip_route_input_noref(): a DSCP since 6.13 (7.3 has it, 6.12 not). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define PF_INPUT_TOS(iph)	inet_dsfield_to_dscp((iph)->tos)
#else
#define PF_INPUT_TOS(iph)	inet_dscp_to_dsfield(inet_dsfield_to_dscp((iph)->tos))
#endif

/* What kernel_bind() and kernel_connect() call an address of whatever length, since 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define pf_sockaddr	sockaddr_unsized
#else
#define pf_sockaddr	sockaddr
#endif

/* The table of TCP sockets is no argument of a look-up any more, since 6.18. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define PF_HASHINFO(net)
#else
#define PF_HASHINFO(net)	(net)->ipv4.tcp_death_row.hashinfo,
#endif

/*
 * The table of UDP sockets as an argument of a look-up: one for all namespaces in 6.1, each
 * namespace's own since 6.2, and no argument any more where UDP-Lite is gone (it is in
 * 7.3; that this began with 7.1 has not been tried).
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define PF_UDP_TABLE(net)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define PF_UDP_TABLE(net)	(net)->ipv4.udp_table,
#else
#define PF_UDP_TABLE(net)	&udp_table,
#endif

/* A device that sends without a lock: a feature, until 6.12. */
static inline void
pf_dev_set_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

#endif /* _LINUX_PF_COMPAT_H_ */
