// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tally serve READY-FILE PORT: answers each datagram of UDP, IPv4 and IPv6, with the
 * address that it came from and the one that it was sent to, which the answer leaves from.
 * Makes READY-FILE once the port is open.
 *
 * tally ask NAMESPACE HOST PORT N FROM-PORT SECONDS WORD [SOURCE]: N datagrams, each from a
 * port of its own, the first from FROM-PORT; says how often the server saw which address,
 * each by the last of its numbers, in the order of these numbers ("16:250 17:250"): "src"
 * theirs, "dst" its own; "lost" what was not answered in that time.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

#define BATCH	50

static const char *
plain(const struct in6_addr *a, char text[static INET6_ADDRSTRLEN])
{
	inet_ntop(AF_INET6, a, text, INET6_ADDRSTRLEN);
	return (IN6_IS_ADDR_V4MAPPED(a) ? text + strlen("::ffff:") : text);
}

/* --- the server -------------------------------------------------------------------- */

static void
answer(int fd)
{
	char data[100], theirs[INET6_ADDRSTRLEN], mine[INET6_ADDRSTRLEN];
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 peer;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &iov,
	    .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct in6_pktinfo info;

	if (recvmsg(fd, &m, 0) == -1)
		return;		/* somebody is gone */
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
		errx(1, "no address that it was sent to");
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	iov.iov_len = (size_t)snprintf(data, sizeof(data), "%s %s",
	    plain(&peer.sin6_addr, theirs), plain(&info.ipi6_addr, mine));
	sendmsg(fd, &m, 0);
}

static void
serve(const char *ready, const char *port)
{
	struct sockaddr_storage any;
	socklen_t len = address(&any, "::", (uint16_t)strtoul(port, NULL, 10));
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), on = 1, size = 1 << 20;

	if (fd == -1 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == -1 ||
	    bind(fd, (struct sockaddr *)&any, len) == -1)
		err(1, "port %s", port);
	if (open(ready, O_WRONLY | O_CREAT, 0644) == -1)
		err(1, "%s", ready);
	for (;;)
		answer(fd);
}

/* --- who asks ---------------------------------------------------------------------- */

static struct {
	struct sockaddr_storage	to, from;
	socklen_t		len;
	int			patience;	/* milliseconds */
	bool			dst;
} asked;

static struct count {
	char	name[INET6_ADDRSTRLEN];
	int	n;
} counts[1000];

static void
count(const char *name, int n)
{
	struct count *c;

	for (c = counts; c->n != 0 && strcmp(c->name, name) != 0; c++)
		if (c == counts + sizeof(counts) / sizeof(counts[0]) - 1)
			errx(2, "too many addresses");
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->n += n;
}

/* An answer, and whether it was one. */
static bool
hear(int fd)
{
	char text[200], *mine, *last;
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n == -1)
		return (false);
	text[n] = '\0';
	mine = strchr(text, ' ');
	if (mine == NULL)
		errx(2, "an answer without two addresses: %s", text);
	*mine++ = '\0';
	last = asked.dst ? mine : text;
	mine = strrchr(last, strchr(last, ':') != NULL ? ':' : '.');
	count(mine != NULL ? mine + 1 : last, 1);
	return (true);
}

static void
batch(unsigned int port, int n)
{
	struct pollfd p[BATCH];
	int i, left = n;

	for (i = 0; i < n; i++) {
		/* (where the port lies is the same for both families) */
		((struct sockaddr_in *)&asked.from)->sin_port =
		    htons((uint16_t)(port + (unsigned int)i));
		p[i].fd = socket(asked.to.ss_family, SOCK_DGRAM, 0);
		p[i].events = POLLIN;
		if (p[i].fd == -1 ||
		    bind(p[i].fd, (struct sockaddr *)&asked.from, asked.len) == -1 ||
		    connect(p[i].fd, (struct sockaddr *)&asked.to, asked.len) == -1)
			err(2, "port %u", port + (unsigned int)i);
		/* the filter may refuse it here: nothing comes then */
		send(p[i].fd, "who", 3, 0);
	}
	while (left > 0 && poll(p, (nfds_t)n, asked.patience) > 0)
		for (i = 0; i < n; i++)
			if (p[i].fd != -1 && p[i].revents != 0 && hear(p[i].fd)) {
				close(p[i].fd);
				p[i].fd = -1;
				left--;
			}
	for (i = 0; i < n; i++)
		if (p[i].fd != -1)
			close(p[i].fd);
	if (left > 0)
		count("lost", left);
}

static int
by_number(const void *a, const void *b)
{
	const struct count *x = a, *y = b;
	unsigned long m = strtoul(x->name, NULL, 16), n = strtoul(y->name, NULL, 16);

	return (m != n ? (m > n) - (m < n) : strcmp(x->name, y->name));
}

int
main(int argc, char **argv)
{
	const char *space = "";
	int all, at, n;

	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], argv[3]);
	if (argc < 9 || argc > 10 || strcmp(argv[1], "ask") != 0)
		errx(2, "usage: tally ask namespace host port n from-port seconds word [source]");
	enter(argv[2]);
	asked.len = address(&asked.to, argv[3], (uint16_t)strtoul(argv[4], NULL, 10));
	address(&asked.from, argc > 9 ? argv[9] :
	    asked.to.ss_family == AF_INET ? "0.0.0.0" : "::", 0);
	asked.patience = (int)strtol(argv[7], NULL, 10) * 1000;
	asked.dst = strcmp(argv[8], "dst") == 0;
	all = (int)strtol(argv[5], NULL, 10);
	for (at = 0; at < all; at += n) {
		n = all - at < BATCH ? all - at : BATCH;
		batch((unsigned int)strtoul(argv[6], NULL, 10) + (unsigned int)at, n);
	}
	for (n = 0; counts[n].n != 0; n++)
		;
	qsort(counts, (size_t)n, sizeof(counts[0]), by_number);
	for (at = 0; at < n; at++, space = " ")
		printf("%s%s:%d", space, counts[at].name, counts[at].n);
	putchar('\n');
	return (0);
}
