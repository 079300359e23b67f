// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * crowd NAMESPACE HOST PORT N AT-ONCE OCTETS: N connections of TCP to an echo server, so many
 * at once, each of which sends OCTETS octets and gets them back.  Says how many did, whole;
 * of the others, what they died of.  The status is 0 if that could be tried.  NAMESPACE is the
 * file of a network namespace.
 *
 * A connection that gets no further for two minutes has died of that.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

#define MANY	256
#define PATIENCE 120000		/* milliseconds */

struct client {
	size_t	sent, got;
};

static struct pollfd fds[MANY];
static struct client clients[MANY];
static size_t octets;

/* What all of them send: the octet at an offset, so that none can be taken for another. */
static uint8_t
octet(size_t at)
{
	return ((uint8_t)(at * 7 + at / 251));
}

static void
begin(unsigned int i, const char *host, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, host, port);
	unsigned int patience = PATIENCE;

	fds[i].fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fds[i].fd == -1 || setsockopt(fds[i].fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
	    &patience, sizeof(patience)) == -1)
		err(2, "socket");
	if (connect(fds[i].fd, (struct sockaddr *)&ss, len) == -1 && errno != EINPROGRESS)
		err(2, "%s", host);
	fds[i].events = POLLOUT | POLLIN;
	clients[i] = (struct client){ 0, 0 };
}

static int
send_some(int fd, struct client *c)
{
	uint8_t data[4096];
	size_t n = octets - c->sent < sizeof(data) ? octets - c->sent : sizeof(data);
	ssize_t done;

	for (size_t i = 0; i < n; i++)
		data[i] = octet(c->sent + i);
	done = send(fd, data, n, MSG_NOSIGNAL);
	if (done == -1)
		return (errno == EAGAIN || errno == EINPROGRESS ? 0 : errno);
	c->sent += (size_t)done;
	return (0);
}

static int
receive_some(int fd, struct client *c)
{
	uint8_t data[4096];
	ssize_t n = recv(fd, data, sizeof(data), 0);

	if (n == -1)
		return (errno == EAGAIN ? 0 : errno);
	if (n == 0)
		return (EPIPE);
	for (ssize_t i = 0; i < n; i++)
		if (data[i] != octet(c->got + (size_t)i))
			return (EBADMSG);
	c->got += (size_t)n;
	return (c->got > octets ? EBADMSG : 0);
}

/* It can be gone on with: 0, or what it has died of. */
static int
go_on(struct pollfd *p, struct client *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if ((p->revents & POLLERR) != 0) {
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		return (error != 0 ? error : ECONNRESET);
	}
	if ((p->revents & POLLOUT) != 0 && c->sent < octets)
		error = send_some(p->fd, c);
	if (error == 0 && (p->revents & (POLLIN | POLLHUP)) != 0)
		error = receive_some(p->fd, c);
	if (c->sent == octets)
		p->events = POLLIN;
	return (error);
}

int
main(int argc, char **argv)
{
	unsigned int i, at_once, left, served = 0;
	uint16_t port;
	int error;

	if (argc != 7)
		errx(2, "usage: crowd NAMESPACE HOST PORT N AT-ONCE OCTETS");
	enter(argv[1]);
	port = (uint16_t)atoi(argv[3]);
	left = (unsigned int)atoi(argv[4]);
	at_once = (unsigned int)atoi(argv[5]);
	octets = (size_t)atol(argv[6]);
	if (at_once < 1 || at_once > MANY || octets < 1)
		errx(2, "at most %u at once, at least an octet", MANY);
	for (i = 0; i < at_once; i++) {
		fds[i].fd = -1;
		if (left > 0) {
			begin(i, argv[2], port);
			left--;
		}
	}
	for (bool any = true; any;) {
		if (poll(fds, at_once, -1) == -1)
			err(2, "poll");
		any = false;
		for (i = 0; i < at_once; i++) {
			error = 0;
			if (fds[i].fd != -1 && fds[i].revents != 0)
				error = go_on(&fds[i], &clients[i]);
			if (error != 0)
				warnx("after %zu and %zu octets: %s", clients[i].sent,
				    clients[i].got, strerror(error));
			else if (fds[i].fd != -1 && clients[i].got == octets)
				served++;
			if (error != 0 || clients[i].got == octets) {
				close(fds[i].fd);
				fds[i].fd = -1;
				clients[i].got = 0;
				if (left > 0) {
					begin(i, argv[2], port);
					left--;
				}
			}
			any = any || fds[i].fd != -1;
		}
	}
	printf("%u\n", served);
	return (0);
}
