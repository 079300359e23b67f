// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * parent.c: the process that opens things, and hears signals
 *
 * It looks at no packet and reads no file.  What the child asks for it gives when it can: a
 * device that is not there is looked for each second.  A file is put aside only when the
 * child has just been given it, and once, so that a child that has gone wrong cannot fill a
 * directory.
 *
 * Owns the child, and the file with our number.  One thread.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pflogd.h"

#define RETRY	1000			/* ms */

struct parent {
	struct config	*cfg;
	int		 control, signals;
	pid_t		 child;
	unsigned int	 pending;	/* bits 1 << MESSAGE_x, to be sent */
	bool		 want_file, want_device;
	bool		 said_file, said_device;	/* that there is none */
	bool		 ready, ending, failed;
	/* the file that the child has */
	bool		 given, made;
	dev_t		 dev;
	ino_t		 ino;
};

/*
 * The file
 */

int
parent_open(const char *file, bool *made, char *why)
{
	const int	flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	struct stat	sb;
	int		fd;

	*made = false;
	fd = open(file, flags);
	if (fd == -1 && errno == ENOENT) {
		fd = open(file, flags | O_CREAT | O_EXCL, 0600);
		*made = fd != -1;
	}
	if (fd == -1 || fstat(fd, &sb) == -1) {
		snprintf(why, WHY_SIZE, "cannot open %.200s: %s", file,
		    errno == ELOOP ? "it is a symbolic link" : strerror(errno));
		goto no;
	}
	if (!S_ISREG(sb.st_mode)) {
		snprintf(why, WHY_SIZE, "%.200s is not a regular file", file);
		goto no;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return (fd);
	snprintf(why, WHY_SIZE, errno == EWOULDBLOCK ?
	    "another program writes to %.200s" : "cannot lock %.200s", file);
no:
	if (fd != -1)
		close(fd);
	return (-1);
}

/* Without the file there is no beginning; later it is tried again. */
static void
no_file(struct parent *p, const char *why)
{
	if (!p->said_file)
		say(LOG_ERR, "%s", why);
	p->said_file = true;
	if (!p->ready)
		p->failed = true;
}

static void
give_file(struct parent *p)
{
	char		why[WHY_SIZE];
	struct stat	sb;
	int		fd = parent_open(p->cfg->file, &p->made, why);

	if (fd == -1) {
		no_file(p, why);
		return;
	}
	if (fstat(fd, &sb) == 0 && message_send(p->control, MESSAGE_FILE, 0, NULL, fd, false)) {
		p->want_file = p->said_file = false;
		p->given = true;
		p->dev = sb.st_dev;
		p->ino = sb.st_ino;
	}
	close(fd);
}

/* The file that the child was given goes out of the way, under a name that none has. */
static void
put_aside(struct parent *p, const char *why)
{
	char		name[4096];
	struct stat	sb;
	uint32_t	r;
	int		i;

	p->want_file = true;
	if (!p->given || p->made) {
		say(LOG_ERR, "the child refuses a file that is new: %s", why);
		p->failed = true;
		return;
	}
	p->given = false;
	if (lstat(p->cfg->file, &sb) == -1 || sb.st_dev != p->dev || sb.st_ino != p->ino)
		return;
	for (i = 0; i < 100; i++) {
		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			break;
		if (snprintf(name, sizeof(name), "%s.bad.%08" PRIx32, p->cfg->file, r) >=
		    (int)sizeof(name))
			break;
		if (renameat2(AT_FDCWD, p->cfg->file, AT_FDCWD, name, RENAME_NOREPLACE) == 0) {
			say(LOG_WARNING, "%.200s is not continued, and is now %.250s: %s",
			    p->cfg->file, name, why);
			return;
		}
		if (errno != EEXIST)
			break;
	}
	say(LOG_ERR, "cannot put %.200s aside (%s): %s", p->cfg->file, strerror(errno), why);
	p->failed = true;
}

/*
 * The device
 */

static void
give_device(struct parent *p)
{
	const char	*name = p->cfg->ifname;
	int		 index = device_find(name), fd = -1, error = 0;

	if (index > 0) {
		fd = device_open(index, &p->cfg->program);
		error = errno;
	}
	if (fd == -1) {
		if (!p->said_device && index == 0)
			say(LOG_WARNING, "%s is not there, or is down: waiting for it", name);
		else if (!p->said_device && index == -1)
			say(LOG_ERR, "%s is not a pflog device: waiting for one", name);
		else if (!p->said_device)
			say(LOG_ERR, "cannot open %s: %s", name, strerror(error));
		p->said_device = true;
		return;
	}
	if (message_send(p->control, MESSAGE_DEVICE, 0, NULL, fd, false)) {
		if (p->said_device)
			say(LOG_NOTICE, "%s is there", name);
		p->want_device = p->said_device = false;
	}
	close(fd);
}

/*
 * Signals and messages
 */

static void
take_signals(struct parent *p)
{
	static const struct {
		int			signal;
		enum message_type	message;
	} means[] = {
		{ SIGHUP, MESSAGE_REOPEN },
		{ SIGALRM, MESSAGE_FLUSH },
		{ SIGUSR1, MESSAGE_STATISTICS },
		{ SIGTERM, MESSAGE_END },
		{ SIGINT, MESSAGE_END },
	};
	struct signalfd_siginfo	si;
	unsigned int		i;

	while (read(p->signals, &si, sizeof(si)) == sizeof(si))
		for (i = 0; i < NITEMS(means); i++)
			if (means[i].signal == (int)si.ssi_signo)
				p->pending |= 1U << means[i].message;
}

static bool
catch_signals(struct parent *p)
{
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* (a file that is too long for a limit is one that there is no room for) */
	signal(SIGXFSZ, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return (false);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return (p->signals != -1);
}

static void
write_pidfile(const struct config *cfg)
{
	FILE	*f;

	if (cfg->pidfile == NULL)
		return;
	f = fopen(cfg->pidfile, "we");
	if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0)
		say(LOG_WARNING, "cannot write %s: %s", cfg->pidfile, strerror(errno));
	if (f != NULL)
		fclose(f);
}

/* All that it needs is there: who has started us may go on. */
static void
ready(struct parent *p)
{
	int	null;

	if (p->ready)
		return;
	p->ready = true;
	write_pidfile(p->cfg);
	if (p->cfg->foreground)
		return;
	log_detach();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (p->cfg->ready != -1) {
		(void)!write(p->cfg->ready, "", 1);
		close(p->cfg->ready);
	}
}

/* False: the child has gone. */
static bool
take_messages(struct parent *p)
{
	struct message	m;
	int		fd, n;

	while ((n = message_receive(p->control, &m, &fd)) == 1) {
		if (fd != -1)
			close(fd);
		switch (m.type) {
		case MESSAGE_READY:
			ready(p);
			break;
		case MESSAGE_WANT_FILE:
			p->want_file = true;
			break;
		case MESSAGE_WANT_DEVICE:
			p->want_device = true;
			break;
		case MESSAGE_BAD_FILE:
			put_aside(p, m.text);
			break;
		case MESSAGE_SAY:
			say((int)(m.value & LOG_PRIMASK), "%s", m.text);
			break;
		default:
			say(LOG_ERR, "the child has sent what is no message");
			p->failed = true;
			break;
		}
	}
	return (n != 0);
}

/* What signals have asked for, and what the child wants; what cannot be sent stays. */
static void
serve(struct parent *p)
{
	unsigned int	i;

	for (i = 0; i < MESSAGE_MAX; i++)
		if ((p->pending & 1U << i) != 0 &&
		    message_send(p->control, i, 0, NULL, -1, false)) {
			p->pending &= ~(1U << i);
			p->ending = p->ending || i == MESSAGE_END;
		}
	if (p->want_file && !p->failed)
		give_file(p);
	if (p->want_device && !p->failed)
		give_device(p);
}

/* How the child has ended: our status. */
static int
child_end(struct parent *p)
{
	int	status;

	while (waitpid(p->child, &status, 0) == -1)
		if (errno != EINTR)
			return (1);
	if (WIFSIGNALED(status)) {
		say(LOG_ERR, "the process that writes was ended by signal %d (%s)%s",
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    WTERMSIG(status) == SIGSYS ?
		    ": it has asked the kernel for what it may not" : "");
		return (1);
	}
	if (!p->ending && !p->failed)
		say(LOG_ERR, "the process that writes has ended, status %d",
		    WEXITSTATUS(status));
	return (p->ending && !p->failed ? WEXITSTATUS(status) : 1);
}

static void
loop(struct parent *p)
{
	struct pollfd	fds[2] = { { .fd = p->control }, { .fd = p->signals,
			    .events = POLLIN } };
	bool		there = true;

	while (there && !p->failed) {
		fds[0].events = POLLIN;
		if (p->pending != 0)
			fds[0].events |= POLLOUT;
		if (poll(fds, 2, p->want_file || p->want_device ? RETRY : -1) == -1 &&
		    errno != EINTR)
			return;
		take_signals(p);
		there = take_messages(p);
		if (there)
			serve(p);
	}
}

int
parent_run(struct config *cfg)
{
	static struct parent	p;
	struct sandbox		sb;
	int			s[2], status;

	p.cfg = cfg;
	if (!sandbox_choose(&sb))
		return (1);
	if (!catch_signals(&p) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == -1 ||
	    (p.child = fork()) == -1) {
		say(LOG_ERR, "cannot begin: %s", strerror(errno));
		return (1);
	}
	if (p.child == 0) {
		close(s[0]);
		child_run(cfg, &sb, s[1]);
	}
	close(s[1]);
	p.control = s[0];
	if (sandbox_parent())
		loop(&p);
	close(p.control);
	status = child_end(&p);
	if (cfg->pidfile != NULL && p.ready)
		unlink(cfg->pidfile);
	return (status);
}
