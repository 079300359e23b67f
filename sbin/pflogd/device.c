// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * device.c: the pflog device that records come from
 *
 * A packet socket that is bound to it gets them.  libpcap opens no such device as what it is,
 * so that the socket is made here.  The socket has its filter before it is bound, so that
 * nothing else ever comes, and the filter is locked: who has the socket later cannot take it off.
 *
 * Owns nothing.  One thread.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pflogd.h"

/* What the kernel says such a device is; tests, which have no pf, take another kind. */
#ifndef DEVICE_KIND
#define DEVICE_KIND	"pflog"
#endif

/* Bytes that wait for us; the kernel takes less if net.core.rmem_max is less. */
#define DEVICE_QUEUE	(4 * 1024 * 1024)

/* The attribute among len bytes of them; NULL: it is not there. */
static const struct rtattr *
attribute(const struct rtattr *a, int len, unsigned short type)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return (a);
	return (NULL);
}

/* Is an answer of n bytes about a pflog device?  Its flags are left. */
static bool
is_pflog(const void *answer, size_t n, unsigned int *flags)
{
	const struct nlmsghdr	*nh = answer;
	const struct ifinfomsg	*ifi;
	const struct rtattr	*a;

	if (n > INT32_MAX || !NLMSG_OK(nh, (int)n) || nh->nlmsg_type != RTM_NEWLINK ||
	    nh->nlmsg_len < NLMSG_LENGTH(sizeof(*ifi)))
		return (false);
	ifi = NLMSG_DATA(nh);
	*flags = ifi->ifi_flags;
	a = attribute(IFLA_RTA(ifi), (int)IFLA_PAYLOAD(nh), IFLA_LINKINFO);
	if (a == NULL)
		return (false);
	a = attribute(RTA_DATA(a), (int)RTA_PAYLOAD(a), IFLA_INFO_KIND);
	return (a != NULL && RTA_PAYLOAD(a) >= strlen(DEVICE_KIND) &&
	    strncmp(RTA_DATA(a), DEVICE_KIND, RTA_PAYLOAD(a)) == 0);
}

/* Ask the kernel about the link of that index: the length of its answer, or -1. */
static ssize_t
ask(int index, void *answer, size_t len)
{
	struct {
		struct nlmsghdr		nh;
		struct ifinfomsg	ifi;
	} q;
	ssize_t	n = -1;
	int	s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (s == -1)
		return (-1);
	memset(&q, 0, sizeof(q));
	q.nh.nlmsg_len = sizeof(q);
	q.nh.nlmsg_type = RTM_GETLINK;
	q.nh.nlmsg_flags = NLM_F_REQUEST;
	q.ifi.ifi_family = AF_UNSPEC;
	q.ifi.ifi_index = index;
	if (send(s, &q, sizeof(q), 0) == sizeof(q))
		do
			n = recv(s, answer, len, 0);
		while (n == -1 && errno == EINTR);
	close(s);
	return (n);
}

int
device_find(const char *name)
{
	static union {
		struct nlmsghdr	nh;
		char		buf[32768];
	} answer;
	unsigned int	index = if_nametoindex(name), flags = 0;
	ssize_t		n;

	if (index == 0)
		return (0);
	n = ask((int)index, &answer, sizeof(answer));
	/* (it may have gone meanwhile) */
	if (n < (ssize_t)sizeof(struct nlmsghdr) || answer.nh.nlmsg_type == NLMSG_ERROR)
		return (0);
	if (!is_pflog(&answer, (size_t)n, &flags))
		return (-1);
	return ((flags & IFF_UP) != 0 ? (int)index : 0);
}

/* All that a socket is to be before the first record comes. */
static bool
set_up(int s, int index, const struct bpf_program *program)
{
	struct sock_fprog	fprog;
	struct sockaddr_ll	sll;
	int			on = 1, queue = DEVICE_QUEUE;

	/* (libpcap's instructions are the kernel's) */
	_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "same");
	fprog.len = (unsigned short)program->bf_len;
	fprog.filter = (void *)program->bf_insns;
	if (setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) == -1 ||
	    setsockopt(s, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue)) == -1)
		return (false);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ETH_P_ALL);
	sll.sll_ifindex = index;
	return (bind(s, (struct sockaddr *)&sll, sizeof(sll)) == 0);
}

int
device_open(int index, const struct bpf_program *program)
{
	int	s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (s == -1)
		return (-1);
	if (!set_up(s, index, program)) {
		error = errno;
		close(s);
		errno = error;
		return (-1);
	}
	return (s);
}
