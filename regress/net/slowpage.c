// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * slowpage.c: a request to /dev/pf whose user memory takes its time
 *
 *	slowpage REQUEST FILE
 *
 * Makes a request, states, ifaces, begin or commit, with memory that this program
 * itself serves (userfaultfd(2)).  The first page that the kernel touches is not
 * served until a line can be read from FILE (a fifo): until then the request hangs in
 * the kernel.  Says "hanging" then, and at the end how the request ended, "REQUEST: 0"
 * or an errno.  Exit status 3: this kernel has no userfaultfd.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pfvar.h"

#define AREA	(1 << 20)

static int pf, uffd;
static long page;
static char *area;		/* nothing in it yet */
static char *content;		/* what will be in it */

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static void
need(int r, const char *what)
{
	if (r == -1)
		die(what);
}

static char *
map(void)
{
	char *p = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return (p);
}

static void
serve(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd == -1 && errno == ENOSYS)
		exit(3);
	need(uffd, "userfaultfd");
	need(ioctl(uffd, UFFDIO_API, &api), "UFFDIO_API");
	memset(&reg, 0, sizeof(reg));
	reg.range.start = (uintptr_t)area;
	reg.range.len = AREA;
	reg.mode = UFFDIO_REGISTER_MODE_MISSING;
	need(ioctl(uffd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER");
}

/* The request, made by a thread of its own. */
static unsigned long cmd;
static void *arg;
static int result;

static void *
request(void *unused)
{
	(void)unused;
	result = ioctl(pf, cmd, arg) == -1 ? errno : 0;
	return (NULL);
}

/* Serve pages, the first one when we are told to. */
static void *
server(void *file)
{
	struct uffdio_copy copy;
	struct uffd_msg msg;
	char line[16];
	int fd;

	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		if (file != NULL) {
			puts("hanging");
			need(fd = open(file, O_RDONLY), file);
			need((int)read(fd, line, sizeof(line)), file);
			close(fd);
			file = NULL;
		}
		memset(&copy, 0, sizeof(copy));
		copy.dst = msg.arg.pagefault.address & ~((uint64_t)page - 1);
		copy.src = (uintptr_t)content + (copy.dst - (uintptr_t)area);
		copy.len = (uint64_t)page;
		if (ioctl(uffd, UFFDIO_COPY, &copy) == -1 && errno != EEXIST)
			die("UFFDIO_COPY");
	}
	die("read userfaultfd");
	return (NULL);
}

static struct pfioc_trans trans;

/* A transaction of filter rules in one anchor; the commit has begun it before. */
static void
prepare_trans(int commit)
{
	struct pfioc_trans_e *e = (struct pfioc_trans_e *)content;

	e->type = PF_RULESET_FILTER;
	strcpy(e->anchor, "slowpage");
	trans.size = 1;
	trans.esize = sizeof(*e);
	trans.array = (uintptr_t)content;
	if (commit)
		need(ioctl(pf, DIOCXBEGIN, &trans), "DIOCXBEGIN");
	trans.array = (uintptr_t)area;
	cmd = commit ? DIOCXCOMMIT : DIOCXBEGIN;
	arg = &trans;
}

static void
prepare(const char *what)
{
	static struct pfioc_states states;
	static struct pfioc_iface ifaces;

	if (strcmp(what, "states") == 0) {
		states.len = AREA;
		states.buf = (uintptr_t)area;
		cmd = DIOCGETSTATES;
		arg = &states;
	} else if (strcmp(what, "ifaces") == 0) {
		ifaces.esize = sizeof(struct pfi_kif);
		ifaces.size = AREA / sizeof(struct pfi_kif);
		ifaces.buffer = (uintptr_t)area;
		cmd = DIOCIGETIFACES;
		arg = &ifaces;
	} else
		prepare_trans(strcmp(what, "commit") == 0);
}

int
main(int argc, char *argv[])
{
	pthread_t a, b;

	if (argc != 3) {
		fprintf(stderr, "usage: slowpage REQUEST FILE\n");
		return (2);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	page = sysconf(_SC_PAGESIZE);
	pf = open("/dev/pf", O_RDWR);
	need(pf, "/dev/pf");
	area = map();
	content = map();
	serve();
	prepare(argv[1]);
	if (pthread_create(&a, NULL, server, argv[2]) != 0 ||
	    pthread_create(&b, NULL, request, NULL) != 0 ||
	    pthread_join(b, NULL) != 0)
		die("pthread");
	printf("%s: %d\n", argv[1], result);
	return (result != 0);
}
