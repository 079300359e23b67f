// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * child.c: the process that reads records and writes them
 *
 * It asks its parent for a file and for a device, and again when it has lost one.  What the
 * file has to have is put there when the buffer is full, after the delay, and when a signal
 * asks for it; without a file, records wait in the buffer.
 *
 * Owns the descriptors that it is given.  One thread, in its sandbox (sandbox.c) from the
 * first record on.
 */
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "pflogd.h"

#define CONTROL		3		/* our end of the socketpair */
#define AT_A_TIME	256		/* records before we look at messages again */
#define AT_THE_END	100000		/* and at most when all that have come are wanted */
#define RETRY		1000		/* ms, while there is no room */
#define NEVER		INT64_MAX

struct child {
	const struct config	*cfg;
	struct file_writer	 w;
	int			 device;	/* -1: there is none now */
	int64_t			 flush_at;	/* ms; the clock is monotonic */
	int64_t			 want_at;	/* when to ask for a file, or NEVER */
	uint64_t		 received, dropped;
	uint64_t		 lost_before;	/* when there was no room any more */
	bool			 full, ready, end;
};

static int64_t
now(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static void __attribute__((format(printf, 2, 3)))
tell(int level, const char *format, ...)
{
	char	text[WHY_SIZE];
	va_list	ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	message_send(CONTROL, MESSAGE_SAY, (uint32_t)level, text, -1, true);
}

static void
ask(enum message_type what, const char *text)
{
	message_send(CONTROL, what, 0, text, -1, true);
}

/*
 * The file
 */

/* What a flush has come to. */
static void
flushed(struct child *c, enum file_flushed how)
{
	c->flush_at = now() + (how == FILE_FULL ? RETRY : (int64_t)c->cfg->delay * 1000);
	if (how == FILE_DONE && c->full && c->w.fd != -1) {
		c->full = false;
		tell(LOG_NOTICE, "there is room again; %" PRIu64 " records were lost",
		    c->w.lost - c->lost_before);
	}
	if (how == FILE_FULL && c->w.fd != -1 && !c->full) {
		c->full = true;
		c->lost_before = c->w.lost;
		tell(LOG_ERR, "cannot write to %.200s: %s; what comes waits, as long as "
		    "there is memory for it", c->cfg->file, strerror(c->w.error));
	}
	if (how != FILE_CHANGED || c->w.fd == -1)
		return;
	tell(LOG_WARNING, "%.200s is opened again: %s", c->cfg->file,
	    c->w.error == ESTALE ? "somebody else has changed its size" :
	    c->w.error == ENOENT ? "it was removed" : strerror(c->w.error));
	/* (what cannot be cut would be put aside and made anew all the time) */
	c->want_at = now() + (c->w.error == ESTALE || c->w.error == ENOENT ? 0 :
	    (int64_t)c->cfg->delay * 1000);
	file_drop(&c->w);
}

static void
flush(struct child *c)
{
	flushed(c, file_flush(&c->w));
}

/* A file has come: it is taken if it can be continued. */
static void
take_file(struct child *c, int fd)
{
	struct file_state	st;
	enum file_verdict	verdict;
	char			why[WHY_SIZE];

	if (c->w.fd != -1 || fd == -1) {
		if (fd != -1)
			close(fd);
		return;
	}
	verdict = file_check(fd, &st, why, sizeof(why));
	if (verdict == FILE_WHOLE && st.snaplen > c->cfg->snaplen) {
		snprintf(why, sizeof(why), "its snaplen is %" PRIu32 ", and ours is %u",
		    st.snaplen, c->cfg->snaplen);
		verdict = FILE_BAD;
	}
	if (verdict == FILE_BAD || verdict == FILE_UNREAD) {
		close(fd);
		ask(MESSAGE_BAD_FILE, why);
		return;
	}
	if (verdict == FILE_WHOLE && st.snaplen < c->cfg->snaplen)
		tell(LOG_NOTICE, "records are cut to %" PRIu32 " bytes, the snaplen of "
		    "%.200s", st.snaplen, c->cfg->file);
	file_take(&c->w, fd, &st, c->cfg->snaplen);
	flush(c);
	if (!c->ready)
		ask(MESSAGE_READY, NULL);
	c->ready = true;
}

static void
reopen(struct child *c)
{
	flush(c);
	file_drop(&c->w);
	c->want_at = now();
}

/*
 * The device
 */

/* The kernel forgets what it has told. */
static void
count_dropped(struct child *c)
{
	struct tpacket_stats	st;
	socklen_t		len = sizeof(st);

	if (c->device != -1 && getsockopt(c->device, SOL_PACKET, PACKET_STATISTICS, &st,
	    &len) == 0)
		c->dropped += st.tp_drops;
}

static void
drop_device(struct child *c)
{
	count_dropped(c);
	if (c->device != -1)
		close(c->device);
	c->device = -1;
}

/* When a record came, and how long it was before it was cut. */
static void
particulars(struct msghdr *h, struct timeval *tv, uint32_t *len)
{
	struct tpacket_auxdata	 aux;
	struct cmsghdr		*m;
	struct timespec		 ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	for (m = CMSG_FIRSTHDR(h); m != NULL; m = CMSG_NXTHDR(h, m)) {
		if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SO_TIMESTAMP &&
		    m->cmsg_len >= CMSG_LEN(sizeof(*tv)))
			memcpy(tv, CMSG_DATA(m), sizeof(*tv));
		if (m->cmsg_level == SOL_PACKET && m->cmsg_type == PACKET_AUXDATA &&
		    m->cmsg_len >= CMSG_LEN(sizeof(aux))) {
			memcpy(&aux, CMSG_DATA(m), sizeof(aux));
			if (aux.tp_len > *len)
				*len = aux.tp_len;
		}
	}
}

/* One record; false: there is none now. */
static bool
take_record(struct child *c)
{
	static uint8_t	buf[FILE_SNAPLEN_MAX];
	union {
		struct cmsghdr	align;
		char		buf[256];
	} control;
	struct iovec	iov = { buf, sizeof(buf) };
	struct msghdr	h = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	enum file_flushed how;
	struct timeval	tv;
	uint32_t	caplen, len;
	ssize_t		n;

	n = recvmsg(c->device, &h, MSG_DONTWAIT | MSG_TRUNC);
	if (n == -1) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return (false);
		if (errno == EINTR)
			return (true);
		if (errno != ENETDOWN)
			tell(LOG_ERR, "cannot read from %.100s: %s", c->cfg->ifname,
			    strerror(errno));
		drop_device(c);
		ask(MESSAGE_WANT_DEVICE, NULL);
		return (false);
	}
	c->received++;
	len = caplen = (uint32_t)n;
	if (caplen > sizeof(buf))
		caplen = sizeof(buf);
	particulars(&h, &tv, &len);
	how = file_add(&c->w, &tv, buf, caplen, len);
	if (how != FILE_DONE)
		flushed(c, how);
	return (true);
}

static void
take_records(struct child *c, unsigned int most)
{
	while (c->device != -1 && most-- > 0 && take_record(c))
		;
}

/*
 * Messages
 */

static void
statistics(struct child *c)
{
	count_dropped(c);
	tell(LOG_NOTICE, "%" PRIu64 " records received, %" PRIu64 " dropped by the kernel, %"
	    PRIu64 " written, %" PRIu64 " could not be written", c->received, c->dropped,
	    c->w.written, c->w.lost);
}

/* What its parent tells it; descriptors are for two kinds of messages only. */
static void
handle(struct child *c, const struct message *m, int fd)
{
	switch (m->type) {
	case MESSAGE_FILE:
		take_file(c, fd);
		return;
	case MESSAGE_DEVICE:
		drop_device(c);
		c->device = fd;
		return;
	case MESSAGE_REOPEN:
		if (c->w.fd != -1)
			reopen(c);
		break;
	case MESSAGE_FLUSH:
		take_records(c, AT_THE_END);
		flush(c);
		break;
	case MESSAGE_STATISTICS:
		statistics(c);
		break;
	case MESSAGE_END:
		c->end = true;
		break;
	default:
		break;
	}
	if (fd != -1)
		close(fd);
}

static void
take_messages(struct child *c)
{
	struct message	m;
	int		fd, n;

	while ((n = message_receive(CONTROL, &m, &fd)) == 1)
		handle(c, &m, fd);
	if (n == 0)
		c->end = true;
}

static void
loop(struct child *c)
{
	struct pollfd	p[2] = { { .fd = CONTROL, .events = POLLIN },
			    { .events = POLLIN } };
	int64_t		t, next;

	while (!c->end) {
		next = c->want_at < c->flush_at ? c->want_at : c->flush_at;
		t = next - now();
		p[1].fd = c->device;
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, t < 0 ? 0 : t > INT32_MAX ? INT32_MAX : (int)t) == -1 &&
		    errno != EINTR)
			break;
		if (p[1].revents != 0)
			take_records(c, AT_A_TIME);
		if (p[0].revents != 0)
			take_messages(c);
		if (now() >= c->want_at) {
			c->want_at = NEVER;
			ask(MESSAGE_WANT_FILE, NULL);
		}
		if (now() >= c->flush_at)
			flush(c);
	}
	take_records(c, AT_THE_END);
	flush(c);
	if (file_forget(&c->w) > 0)
		tell(LOG_ERR, "some records are lost, as they could not be written");
	statistics(c);
}

/* No descriptor but the one to our parent. */
static bool
close_others(int control, int null)
{
	int	fd;

	if (control != CONTROL && dup2(control, CONTROL) == -1)
		return (false);
	for (fd = 0; fd < CONTROL; fd++)
		if (dup2(null, fd) == -1)
			return (false);
	return (close_range(CONTROL + 1, ~0U, 0) == 0);
}

int
child_run(const struct config *cfg, const struct sandbox *sb, int control)
{
	static struct child	c;
	int			null = open("/dev/null", O_RDWR | O_CLOEXEC);

	c.cfg = cfg;
	c.device = -1;
	c.want_at = NEVER;
	c.flush_at = now() + (int64_t)cfg->delay * 1000;
	if (null == -1 || !file_init(&c.w)) {
		say(LOG_ERR, "cannot begin: %s", strerror(errno));
		_exit(1);
	}
	if (!sandbox_enter(sb))
		_exit(1);
	/* (what fails from here on can be said to the parent alone) */
	if (!close_others(control, null)) {
		message_send(control, MESSAGE_SAY, LOG_ERR, "cannot close descriptors", -1, true);
		_exit(1);
	}
	if (!sandbox_lock(CONTROL)) {
		tell(LOG_ERR, "cannot restrict the calls of a process: seccomp: %s",
		    strerror(errno));
		_exit(1);
	}
	ask(MESSAGE_WANT_FILE, NULL);
	ask(MESSAGE_WANT_DEVICE, NULL);
	loop(&c);
	_exit(0);
}
