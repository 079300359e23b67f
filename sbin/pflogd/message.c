// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * message.c: what the two processes of pflogd tell each other; and people
 *
 * Nothing in a message is believed: its length and type are looked at, its text ends with a
 * NUL, and a descriptor that none asked for is closed.
 *
 * Owns where messages for people go.  Each process has one thread.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pflogd.h"

#define TEXT_AT	offsetof(struct message, text)

bool
message_send(int s, enum message_type type, uint32_t value, const char *text, int fd, bool wait)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct message	 m = { .type = type, .value = value };
	struct iovec	 iov = { &m, TEXT_AT };
	struct msghdr	 h = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*c;
	ssize_t		 n;

	if (text != NULL) {
		snprintf(m.text, sizeof(m.text), "%s", text);
		iov.iov_len += strlen(m.text);
	}
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		h.msg_control = control.buf;
		h.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(s, &h, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	while (n == -1 && errno == EINTR);
	return (n != -1);
}

/* The descriptor of a message, or -1; of several, all are closed. */
static int
descriptor(struct msghdr *h)
{
	struct cmsghdr	*c;
	int		 fd = -1, one;
	size_t		 i, n, all = 0;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++, all++) {
			memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof(one));
			if (all == 0)
				fd = one;
			else
				close(one);
		}
	}
	if (all > 1) {
		close(fd);
		fd = -1;
	}
	return (fd);
}

int
message_receive(int s, struct message *m, int *fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec	iov = { m, sizeof(*m) - 1 };
	struct msghdr	h = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	ssize_t		n;
	char		*p;

	*fd = -1;
	do
		n = recvmsg(s, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0);
	*fd = descriptor(&h);
	if (n == 0)
		return (0);
	if ((size_t)n < TEXT_AT || m->type > MESSAGE_MAX)
		m->type = MESSAGE_MAX;
	((char *)m)[(size_t)n < TEXT_AT ? TEXT_AT : (size_t)n] = '\0';
	for (p = m->text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return (1);
}

/*
 * For people
 */

static struct {
	bool	to_stderr, to_syslog;
} where = { .to_stderr = true };

void
log_open(void)
{
	openlog("pflogd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	where.to_syslog = true;
}

/* Who has started us has gone. */
void
log_detach(void)
{
	where.to_stderr = false;
}

void
say(int level, const char *format, ...)
{
	char	text[WHY_SIZE + 256];
	va_list	ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (where.to_stderr)
		dprintf(STDERR_FILENO, "pflogd: %s\n", text);
	if (where.to_syslog)
		syslog(level & LOG_PRIMASK, "%s", text);
}
