// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * echod READY-FILE PROTO/PORT...: echoes what comes by TCP and datagrams of UDP on
 * these ports, for IPv4 and IPv6.  Makes READY-FILE once all ports are open.
 * A UDP answer leaves from the address that was asked.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

#define MANY	2000

enum kind { LISTENER, DATAGRAMS, CONNECTION };

static struct pollfd	fds[MANY];
static enum kind	kinds[MANY];
static nfds_t		n;
static char		data[65536];

static void
add(int fd, enum kind kind)
{
	if (n == MANY)
		errx(1, "too many connections");
	fds[n].fd = fd;
	fds[n].events = POLLIN;
	kinds[n++] = kind;
}

/* PROTO/PORT */
static void
open_port(const char *arg)
{
	bool tcp = strncmp(arg, "tcp/", 4) == 0;
	struct sockaddr_storage any;
	socklen_t len;
	int fd, on = 1;

	if (!tcp && strncmp(arg, "udp/", 4) != 0)
		errx(2, "%s: not PROTO/PORT", arg);
	len = address(&any, "::", (uint16_t)strtoul(arg + 4, NULL, 10));
	fd = socket(AF_INET6, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (!tcp && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == -1) ||
	    bind(fd, (struct sockaddr *)&any, len) == -1 || (tcp && listen(fd, 64) == -1))
		err(1, "%s", arg);
	add(fd, tcp ? LISTENER : DATAGRAMS);
}

/* False: the socket has nothing more to say. */
static bool
echo_datagram(int fd)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 peer;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &iov,
	    .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(fd, &m, 0);

	if (size != -1) {
		iov.iov_len = (size_t)size;
		m.msg_flags = 0;
		sendmsg(fd, &m, 0);
	}
	return (true);
}

static bool
echo_stream(int fd)
{
	ssize_t size = recv(fd, data, sizeof(data), 0), at, done;

	for (at = 0; at < size; at += done) {
		done = send(fd, data + at, (size_t)(size - at), MSG_NOSIGNAL);
		if (done == -1)
			return (false);
	}
	return (size > 0);
}

static bool
happened(int fd, enum kind kind)
{
	int peer;

	switch (kind) {
	case LISTENER:
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (peer != -1)
			add(peer, CONNECTION);
		return (true);
	case DATAGRAMS:
		return (echo_datagram(fd));
	default:
		return (echo_stream(fd));
	}
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		errx(2, "usage: echod ready-file proto/port ...");
	for (i = 2; i < argc; i++)
		open_port(argv[i]);
	if (open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0644) == -1)
		err(1, "%s", argv[1]);
	while (poll(fds, n, -1) != -1 || errno == EINTR)
		/* from the last: another takes the place of one that has gone */
		for (i = (int)n - 1; i >= 0; i--)
			if (fds[i].revents != 0 && !happened(fds[i].fd, kinds[i])) {
				close(fds[i].fd);
				n--;
				fds[i] = fds[n];
				kinds[i] = kinds[n];
			}
	err(1, "poll");
}
