// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * hold tcp|udp HOST PORT FIFO LOG: keeps one connection to an echo server.  For
 * every line from FIFO, a number of seconds, it sends a line and waits so long for the
 * answer; LOG gets a line for each: alive or dead.  See lib.sh.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

/* The line comes back, whole, before that time. */
static bool
echoes(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[2];
	ssize_t n, got = 0;

	if (send(fd, "x\n", 2, MSG_NOSIGNAL) == -1)
		return (false);
	while (got < 2) {
		int64_t left = until - now();

		if (left < 0 || poll(&p, 1, (int)left) != 1)
			return (false);
		n = recv(fd, buf + got, sizeof(buf) - (size_t)got, MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			return (false);
		if (n > 0)
			got += n;
	}
	return (memcmp(buf, "x\n", 2) == 0);
}

int
main(int argc, char **argv)
{
	char line[32];
	FILE *fifo, *log;
	int error, fd;

	if (argc != 6)
		errx(2, "usage: hold tcp|udp host port fifo log");
	/* for writing, too: between two writers it is not at its end */
	fifo = fopen(argv[4], "r+e");
	log = fopen(argv[5], "ae");
	if (fifo == NULL || log == NULL)
		err(2, "%s", argv[4]);
	fd = dial(strcmp(argv[1], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, argv[2],
	    (uint16_t)strtoul(argv[3], NULL, 10), NULL, &error);
	while (fgets(line, sizeof(line), fifo) != NULL) {
		bool alive = error == 0 && echoes(fd, now() + strtoll(line, NULL, 10) * 1000);

		fprintf(log, "%s\n", alive ? "alive" : "dead");
		fflush(log);
	}
	return (0);
}
