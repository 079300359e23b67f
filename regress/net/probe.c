// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * probe NAMESPACE tcp|udp HOST PORT/SECONDS...: one line there and back to the echo
 * server at each of these ports, all at once, and says in a word each what came of it in
 * that time; see lib.sh.  HOST is an address, NAMESPACE the file of a network namespace.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

enum step { CONNECTING, WAITING, DONE };

struct probe {
	int		 fd;
	enum step	 step;
	int64_t		 patience, until;	/* milliseconds */
	const char	*word;
	char		 text[80];
};

static const struct {
	int		 error;
	const char	*word;
} errors[] = {
	{ ECONNREFUSED, "refused" }, { ECONNRESET, "reset" },
	{ EHOSTUNREACH, "unreachable" }, { ENETUNREACH, "unreachable" },
	{ EACCES, "unreachable" }, { ENOPROTOOPT, "unreachable" },
	{ ETIMEDOUT, "timeout" },
};

static void
ended(struct probe *p, int error)
{
	size_t i;

	p->step = DONE;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error) {
			p->word = errors[i].word;
			return;
		}
	snprintf(p->text, sizeof(p->text), "?:%s", strerror(error));
	p->word = p->text;
}

static void
say(struct probe *p)
{
	p->step = WAITING;
	p->until = now() + p->patience;
	/* a filter that drops here may answer, too: that is the word */
	if (send(p->fd, "hello\n", 6, MSG_NOSIGNAL) == -1 && errno != EPERM)
		ended(p, errno);
}

static void
begin(struct probe *p, int type, const char *host, const char *arg)
{
	uint16_t port;
	char *end;
	int e;

	port = (uint16_t)strtoul(arg, &end, 10);
	if (*end != '/')
		errx(2, "%s: not PORT/SECONDS", arg);
	p->patience = strtoll(end + 1, NULL, 10) * 1000;
	p->step = CONNECTING;
	p->until = now() + p->patience;
	p->fd = dial(type | SOCK_NONBLOCK, host, port, NULL, &e);
	if (e == 0)
		say(p);
	else if (e != EINPROGRESS)
		ended(p, e);
}

static void
happened(struct probe *p)
{
	socklen_t len = sizeof(int);
	char c;
	int e = 0;
	ssize_t n;

	if (p->step == CONNECTING) {
		if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &e, &len) == -1)
			err(2, "SO_ERROR");
		if (e != 0)
			ended(p, e);
		else
			say(p);
		return;
	}
	n = recv(p->fd, &c, 1, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		ended(p, errno);
		return;
	}
	p->step = DONE;
	p->word = n == 1 && c == 'h' ? "open" : "mute";
}

static void
too_late(struct probe *p, int type)
{
	p->word = p->step == WAITING && type == SOCK_STREAM ? "mute" : "timeout";
	p->step = DONE;
}

/* Until all are done. */
static void
wait_for(struct probe *p, unsigned int n, int type)
{
	struct pollfd fds[64];
	int64_t first, t;
	unsigned int i, left;

	for (;;) {
		first = INT64_MAX;
		left = 0;
		for (i = 0, t = now(); i < n; i++) {
			if (p[i].step != DONE && p[i].until <= t)
				too_late(&p[i], type);
			fds[i].fd = p[i].step == DONE ? -1 : p[i].fd;
			fds[i].events = p[i].step == CONNECTING ? POLLOUT : POLLIN;
			fds[i].revents = 0;
			if (p[i].step == DONE)
				continue;
			left++;
			first = p[i].until < first ? p[i].until : first;
		}
		if (left == 0)
			return;
		if (poll(fds, n, (int)(first - t)) == -1 && errno != EINTR)
			err(2, "poll");
		for (i = 0; i < n; i++)
			if (fds[i].revents != 0 && p[i].step != DONE)
				happened(&p[i]);
	}
}

int
main(int argc, char **argv)
{
	static struct probe p[64];
	unsigned int i, n = (unsigned int)argc - 4;
	int type;

	if (argc < 5 || n > sizeof(p) / sizeof(p[0]))
		errx(2, "usage: probe namespace tcp|udp host port/seconds ...");
	enter(argv[1]);
	type = strcmp(argv[2], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
	for (i = 0; i < n; i++)
		begin(&p[i], type, argv[3], argv[i + 4]);
	wait_for(p, n, type);
	for (i = 0; i < n; i++)
		puts(p[i].word);
	return (0);
}
