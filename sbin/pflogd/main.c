// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * main.c: the command line of pflogd
 *
 * Owns the configuration, which lives until exit.  One thread.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "file.h"
#include "if_pflog.h"
#include "pflogd.h"

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "usage: pflogd [-Dx] [-d delay] [-f file] [-i interface] "
	    "[-p pidfile] [-s snaplen]\n\t[expression]\n");
	exit(1);
}

/* The number of an option, or the end. */
static unsigned int
number(const char *what, const char *s, unsigned int low, unsigned int high)
{
	unsigned long	 n;
	char		*end;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || n < low || n > high) {
		fprintf(stderr, "pflogd: %s must be a number from %u to %u: %s\n", what, low,
		    high, s);
		exit(1);
	}
	return ((unsigned int)n);
}

/* The words that are left, with blanks between them. */
static char *
words(char **argv)
{
	size_t	 len = 1;
	char	*text;
	int	 i;

	for (i = 0; argv[i] != NULL; i++)
		len += strlen(argv[i]) + 1;
	text = calloc(1, len);
	for (i = 0; text != NULL && argv[i] != NULL; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, argv[i]);
	}
	return (text);
}

/* As seen from the root, to which a daemon goes. */
static const char *
absolute(const char *path)
{
	char	*dir, *all;

	if (path == NULL || path[0] == '/')
		return (path);
	dir = getcwd(NULL, 0);
	if (dir == NULL || asprintf(&all, "%s/%s", dir, path) == -1)
		return (path);
	free(dir);
	return (all);
}

static void
options(int argc, char **argv, struct config *cfg)
{
	int	ch;

	while ((ch = getopt(argc, argv, "+Dd:f:i:p:s:x")) != -1)
		switch (ch) {
		case 'D':
			cfg->foreground = true;
			break;
		case 'd':
			cfg->delay = number("the delay", optarg, 5, 3600);
			break;
		case 'f':
			cfg->file = optarg;
			break;
		case 'i':
			cfg->ifname = optarg;
			break;
		case 'p':
			cfg->pidfile = optarg;
			break;
		case 's':
			cfg->snaplen = number("the snaplen", optarg, PFLOG_HDRLEN,
			    FILE_SNAPLEN_MAX);
			break;
		case 'x':
			cfg->check = true;
			break;
		default:
			usage();
		}
	if (strlen(cfg->ifname) >= IFNAMSIZ || cfg->ifname[0] == '\0') {
		fprintf(stderr, "pflogd: no device has such a name: %s\n", cfg->ifname);
		exit(1);
	}
}

/*
 * -x: the file is read by who can do nothing else but write what it has found.
 */
static int
check(const struct config *cfg)
{
	struct file_state	st;
	enum file_verdict	verdict;
	struct sandbox		sb;
	char			why[WHY_SIZE], text[1024];
	int			fd = open(cfg->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC), n;
	bool			root = geteuid() == 0, ok;

	if (fd == -1) {
		fprintf(stderr, "pflogd: cannot open %s: %s\n", cfg->file, strerror(errno));
		return (1);
	}
	if (root && !sandbox_choose(&sb))
		return (1);
	if (!sandbox_enter(root ? &sb : NULL))
		return (1);
	if (!sandbox_lock(-1)) {
		fprintf(stderr, "pflogd: cannot restrict the calls of a process: seccomp: %s\n",
		    strerror(errno));
		return (1);
	}
	verdict = file_check(fd, &st, why, sizeof(why));
	ok = verdict == FILE_WHOLE || verdict == FILE_EMPTY;
	if (ok)
		n = snprintf(text, sizeof(text), "%.400s: %" PRIu64 " records, %jd bytes, "
		    "snaplen %" PRIu32 "\n", cfg->file, st.records, (intmax_t)st.size,
		    st.snaplen);
	else
		n = snprintf(text, sizeof(text), "pflogd: %.400s: %s (%" PRIu64 " records "
		    "before that)\n", cfg->file, why, st.records);
	(void)!write(ok ? STDOUT_FILENO : STDERR_FILENO, text, (size_t)n);
	return (ok ? 0 : 1);
}

/* Who has started us waits until all is well, and has our status if it is not. */
static void
daemonize(struct config *cfg)
{
	int	p[2], status;
	char	c;
	pid_t	pid;

	if (pipe2(p, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		fprintf(stderr, "pflogd: cannot go to the background: %s\n", strerror(errno));
		exit(1);
	}
	if (pid != 0) {
		close(p[1]);
		if (read(p[0], &c, 1) == 1)
			_exit(0);
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		    WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
	}
	close(p[0]);
	cfg->ready = p[1];
	setsid();
	if (chdir("/") == -1)
		exit(1);
}

int
main(int argc, char **argv)
{
	static struct config	 cfg = {
		.file = "/var/log/pflog", .ifname = "pflog0", .delay = 60, .snaplen = 160,
		.ready = -1,
	};
	char			 why[WHY_SIZE], *expression;

	options(argc, argv, &cfg);
	if (cfg.check) {
		if (argc != optind)
			usage();
		return (check(&cfg));
	}
	expression = words(argv + optind);
	if (expression == NULL || !filter_compile(expression, (int)cfg.snaplen, &cfg.program,
	    why, sizeof(why))) {
		fprintf(stderr, "pflogd: %s\n", expression == NULL ? "no memory" : why);
		return (1);
	}
	free(expression);
	if (geteuid() != 0) {
		fprintf(stderr, "pflogd: only root can do that\n");
		return (1);
	}
	if (device_find(cfg.ifname) == -1) {
		fprintf(stderr, "pflogd: %s is not a pflog device\n", cfg.ifname);
		return (1);
	}
	umask(077);
	if (!cfg.foreground && cfg.pidfile == NULL)
		cfg.pidfile = "/run/pflogd.pid";
	cfg.file = absolute(cfg.file);
	cfg.pidfile = absolute(cfg.pidfile);
	if (!cfg.foreground)
		daemonize(&cfg);
	log_open();
	return (parent_run(&cfg));
}
