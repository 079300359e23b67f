// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * echo1 NAMESPACE HOST [OPTION ...]: what scenarios ask most of ping(8), with its options and
 * in its words: echo requests of ICMP, and what comes of them.  The status is 0 if an answer
 * came, whole.  HOST is an address, NAMESPACE the file of a network namespace.  With an
 * option that is not among these it is ping that does it:
 *
 *	-c N	so many, -i SECONDS apart (1)
 *	-W S	the last is waited for so long
 *	-s N	octets of data (56)
 *	-t N	hop limit
 *	-Q N	type of service
 *	-I A	from that address
 *	-M X	do: not to be cut up; dont: to be cut up by whoever must
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include "dial.h"

#define MANY	100	/* -c */
#define LARGE	65536

static struct {
	const char	*host, *from;
	int64_t		 patience, apart;	/* milliseconds */
	int		 count, size, hops, tos, cut;
} asked = { .patience = 10000, .apart = 1000, .count = 1, .size = 56, .hops = -1, .tos = -1,
    .cut = -1 };

static struct sockaddr_storage	to;
static uint16_t			id;
static int			sent, answered, errors;
static bool			over[MANY + 1];	/* nothing more is waited for */

/* Answer, request and the header before them, of either family. */
struct echo {
	uint8_t		type, code;
	uint16_t	sum, id, seq;
};

static bool
six(void)
{
	return (to.ss_family == AF_INET6);
}

/* --- options ----------------------------------------------------------------------- */

static bool
whole(const char *s, int high, int *n)
{
	char *end;
	long v = strtol(s, &end, 10);

	*n = (int)v;
	return (*s >= '0' && *s <= '9' && *end == '\0' && v <= high);
}

/* False: not one that we know. */
static bool
option(const char *o, const char *v)
{
	struct in6_addr a;
	int n;

	if (o[0] != '-' || o[1] == '\0' || o[2] != '\0' || v == NULL)
		return (false);
	switch (o[1]) {
	case 'c':
		return (whole(v, MANY, &asked.count));
	case 'i':
		asked.apart = (int64_t)(strtod(v, NULL) * 1000);
		return (true);
	case 'W':
		asked.patience = (int64_t)(strtod(v, NULL) * 1000);
		return (true);
	case 's':
		return (whole(v, 65000, &asked.size));
	case 't':
		return (whole(v, 255, &asked.hops));
	case 'Q':
		return (whole(v, 255, &asked.tos));
	case 'I':
		asked.from = v;
		return (inet_pton(AF_INET, v, &a) == 1 || inet_pton(AF_INET6, v, &a) == 1);
	case 'M':
		n = strcmp(v, "do");
		asked.cut = n == 0 ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
		return (n == 0 || strcmp(v, "dont") == 0);
	default:
		return (false);
	}
}

/* --- the socket -------------------------------------------------------------------- */

static void
set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) == -1)
		err(2, "socket option %d", name);
}

static int
open_socket(void)
{
	struct icmp_filter four = { .data = ~(1u << ICMP_ECHOREPLY) };
	uint32_t only[8];
	struct sockaddr_storage mine;
	int fd;

	fd = socket(to.ss_family, SOCK_RAW | SOCK_CLOEXEC,
	    six() ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd == -1)
		err(2, "socket");
	memset(only, 0xff, sizeof(only));
	only[ICMPV6_ECHO_REPLY / 32] &= ~(1u << ICMPV6_ECHO_REPLY % 32);
	if ((six() ? setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, only, sizeof(only)) :
	    setsockopt(fd, SOL_RAW, ICMP_FILTER, &four, sizeof(four))) == -1)
		err(2, "filter");
	set(fd, SOL_SOCKET, SO_RCVBUF, 1 << 20);
	set(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	set(fd, six() ? IPPROTO_IPV6 : IPPROTO_IP, six() ? IPV6_RECVERR : IP_RECVERR, 1);
	if (asked.hops != -1)
		set(fd, six() ? IPPROTO_IPV6 : IPPROTO_IP,
		    six() ? IPV6_UNICAST_HOPS : IP_TTL, asked.hops);
	if (asked.tos != -1)
		set(fd, six() ? IPPROTO_IPV6 : IPPROTO_IP, six() ? IPV6_TCLASS : IP_TOS,
		    asked.tos);
	if (asked.cut != -1)
		set(fd, six() ? IPPROTO_IPV6 : IPPROTO_IP,
		    six() ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, asked.cut);
	if (asked.from != NULL) {
		socklen_t n = address(&mine, asked.from, 0);

		if (bind(fd, (struct sockaddr *)&mine, n) == -1)
			err(2, "%s", asked.from);
	}
	return (fd);
}

/* --- packets ----------------------------------------------------------------------- */

static char
data(size_t i)
{
	return ((char)(i * 7 + i / 256));
}

static uint16_t
checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (htons((uint16_t)~sum));
}

/* Its number, if it is one of ours that is waited for; 0. */
static int
ours(const struct echo *e, uint8_t type)
{
	int seq = ntohs(e->seq);

	if (e->type != type || e->id != id || seq < 1 || seq > sent || over[seq])
		return (0);
	return (seq);
}

static void
read_answer(int fd)
{
	static uint8_t packet[LARGE + 64];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &len);
	size_t head = n > 0 && !six() ? (packet[0] & 15u) * 4u : 0, i;
	char text[INET6_ADDRSTRLEN];
	struct echo e;
	int seq;

	if (n < 0 || (size_t)n < head + sizeof(e))
		return;
	memcpy(&e, packet + head, sizeof(e));
	seq = ours(&e, six() ? ICMPV6_ECHO_REPLY : ICMP_ECHOREPLY);
	if (seq == 0)
		return;
	n -= (ssize_t)head;
	for (i = sizeof(e); i < (size_t)n && packet[head + i] == (uint8_t)data(i); i++)
		;
	over[seq] = true;
	if ((size_t)n != sizeof(e) + (size_t)asked.size || i != (size_t)n) {
		errors++;
		printf("icmp_seq=%d: %zd octets, the data differ at %zu\n", seq, n, i);
		return;
	}
	answered++;
	inet_ntop(from.ss_family, six() ? (void *)&((struct sockaddr_in6 *)&from)->sin6_addr :
	    (void *)&((struct sockaddr_in *)&from)->sin_addr, text, sizeof(text));
	printf("%zd bytes from %s: icmp_seq=%d\n", n, text, seq);
}

/* --- errors ------------------------------------------------------------------------ */

static const char *
words(const struct sock_extended_err *e)
{
	static char text[80];

	if (!six() && e->ee_type == ICMP_TIME_EXCEEDED)
		return ("Time to live exceeded");
	if (six() && e->ee_type == ICMPV6_TIME_EXCEED)
		return ("Time exceeded: Hop limit");
	if (!six() && e->ee_type == ICMP_DEST_UNREACH && e->ee_code == ICMP_FRAG_NEEDED)
		snprintf(text, sizeof(text), "Frag needed and DF set (mtu = %u)", e->ee_info);
	else if (six() && e->ee_type == ICMPV6_PKT_TOOBIG)
		snprintf(text, sizeof(text), "Packet too big: mtu=%u", e->ee_info);
	else
		snprintf(text, sizeof(text), "Error of type %u, code %u: %s", e->ee_type,
		    e->ee_code, strerror((int)e->ee_errno));
	return (text);
}

static void
tell(const struct sock_extended_err *e, int seq)
{
	const struct sockaddr_storage *ss = (const void *)SO_EE_OFFENDER(e);
	char text[INET6_ADDRSTRLEN] = "?";

	if (e->ee_origin == SO_EE_ORIGIN_LOCAL) {
		if (e->ee_errno == EMSGSIZE)
			printf("ping: local error: message too long, mtu=%u\n", e->ee_info);
		else
			printf("ping: local error: %s\n", strerror((int)e->ee_errno));
		return;
	}
	if (ss->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)ss)->sin_addr, text,
		    sizeof(text));
	else if (ss->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)ss)->sin6_addr, text,
		    sizeof(text));
	printf("From %s icmp_seq=%d %s\n", text, seq, words(e));
}

/* False: there was none. */
static bool
read_error(int fd)
{
	union {
		struct cmsghdr	align;
		char		room[512];
	} control;
	struct echo echo = { .type = 0 };
	struct iovec iov = { .iov_base = &echo, .iov_len = sizeof(echo) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n == -1)
		return (false);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		const struct sock_extended_err *e = (const void *)CMSG_DATA(c);
		int seq = 0;

		if (c->cmsg_level != (six() ? IPPROTO_IPV6 : IPPROTO_IP) ||
		    c->cmsg_type != (six() ? IPV6_RECVERR : IP_RECVERR))
			continue;
		if (e->ee_origin == SO_EE_ORIGIN_LOCAL)
			seq = sent;
		else if ((size_t)n >= sizeof(echo))
			seq = ours(&echo, six() ? ICMPV6_ECHO_REQUEST : ICMP_ECHO);
		if (seq == 0)
			continue;
		over[seq] = true;
		errors++;
		tell(e, seq);
	}
	return (true);
}

static void
send_one(int fd)
{
	static uint8_t packet[LARGE];
	struct echo e = { .type = six() ? ICMPV6_ECHO_REQUEST : ICMP_ECHO, .id = id };
	size_t n = sizeof(e) + (size_t)asked.size;
	int error = 0, i;

	e.seq = htons((uint16_t)++sent);
	memcpy(packet, &e, sizeof(e));
	for (size_t at = sizeof(e); at < n; at++)
		packet[at] = (uint8_t)data(at);
	if (!six()) {
		e.sum = checksum(packet, n);
		memcpy(packet, &e, sizeof(e));
	}
	for (i = 0; i < 2; i++) {
		if (sendto(fd, packet, n, 0, (struct sockaddr *)&to,
		    six() ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) != -1)
			return;
		/* (the error of one before it is told so, too, and this was not sent then) */
		error = errno;
		if (error == EMSGSIZE || !read_error(fd))
			break;
	}
	printf("ping: sendmsg: %s\n", strerror(error));
	if (error != EMSGSIZE) {	/* of which the queue of errors tells more */
		over[sent] = true;
		errors++;
	}
}

/* Until then, or until as many as were asked for have come to something. */
static void
wait_until(int fd, int64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;

	while (answered + errors < asked.count && (left = end - now()) >= 0) {
		if (poll(&p, 1, (int)left) == -1 && errno != EINTR)
			err(2, "poll");
		if ((p.revents & POLLERR) != 0 && !read_error(fd)) {
			int e;
			socklen_t len = sizeof(e);

			/* an error that is not in the queue */
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
		}
		if ((p.revents & POLLIN) != 0)
			read_answer(fd);
	}
}

int
main(int argc, char **argv)
{
	char *ping[32] = { "ping", "-n" };
	bool known = true;
	int fd, i;

	if (argc < 3 || argc > 28)
		errx(2, "usage: echo1 namespace host [option ...]");
	enter(argv[1]);
	asked.host = argv[2];
	for (i = 3; i < argc && known; i += 2)
		known = option(argv[i], argv[i + 1]);
	if (!known) {
		for (i = 3; i < argc; i++)
			ping[i - 1] = argv[i];
		ping[argc - 1] = argv[2];
		execvp(ping[0], ping);
		err(127, "%s", ping[0]);
	}
	address(&to, asked.host, 0);
	id = htons((uint16_t)getpid());
	fd = open_socket();
	while (sent < asked.count) {
		send_one(fd);
		wait_until(fd, now() + (sent < asked.count ? asked.apart : asked.patience));
	}
	printf("%d packets transmitted, %d received\n", sent, answered);
	return (answered > 0 ? 0 : 1);
}
