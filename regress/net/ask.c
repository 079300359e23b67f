// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * ask NAMESPACE SECONDS tcp|udp HOST PORT: sends a line and says what was answered; or the name
 * of the error; or timeout, when nothing came in that time.  The environment may name the
 * address that it is sent from (dial.h).
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

static int
failed(int error)
{
	puts(error == EAGAIN || error == EINPROGRESS ? "timeout" : strerrorname_np(error));
	return (0);
}

int
main(int argc, char **argv)
{
	struct timeval patience = { .tv_sec = 0 };
	char text[2048];
	ssize_t n;
	int error, fd;

	if (argc != 6)
		errx(2, "usage: ask namespace seconds tcp|udp host port");
	enter(argv[1]);
	patience.tv_sec = strtol(argv[2], NULL, 10);
	fd = dial(strcmp(argv[3], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, argv[4],
	    (uint16_t)strtoul(argv[5], NULL, 10), &patience, &error);
	if (error != 0)
		return (failed(error));
	if (send(fd, "hello\n", 6, MSG_NOSIGNAL) == -1 ||
	    (n = recv(fd, text, sizeof(text) - 1, 0)) == -1)
		return (failed(errno));
	text[n] = '\0';
	puts(strtok(text, "\r\n") != NULL ? text : "");
	return (0);
}
