/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * dial.h: what the small programs share: enter a network namespace, begin a connection, and
 * ask for the time.
 *
 * The environment may name the address that it comes from, FROM.  An error of the caller ends
 * the process with status 2.
 */
#ifndef _DIAL_H_
#define _DIAL_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds of a clock that nobody sets. */
static inline int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static inline void
enter(const char *namespace)
{
	int fd = open(namespace, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || setns(fd, CLONE_NEWNET) == -1)
		err(2, "%s", namespace);
}

/* Its size. */
static inline socklen_t
address(struct sockaddr_storage *ss, const char *host, uint16_t port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, host, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		return (sizeof(*sin));
	}
	if (inet_pton(AF_INET6, host, &sin6->sin6_addr) != 1)
		errx(2, "%s: not an address", host);
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	return (sizeof(*sin6));
}

/* A socket that is being connected, or has failed to be, with that error (0: none).
 * Patience (NULL: without end) is what a blocking one has for each step. */
static inline int
dial(int type, const char *host, uint16_t port, const struct timeval *patience, int *error)
{
	const char *from = getenv("FROM");
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	len = address(&ss, host, port);
	fd = socket(ss.ss_family, type, 0);
	if (fd == -1)
		err(2, "socket");
	if (patience != NULL &&
	    (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, patience, sizeof(*patience)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, patience, sizeof(*patience)) == -1))
		err(2, "patience");
	if (from != NULL) {
		struct sockaddr_storage mine;
		socklen_t n = address(&mine, from, 0);

		if (bind(fd, (struct sockaddr *)&mine, n) == -1)
			err(2, "%s", from);
	}
	*error = connect(fd, (struct sockaddr *)&ss, len) == -1 ? errno : 0;
	return (fd);
}

#endif /* _DIAL_H_ */
