// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * killed NAMESPACE TABLE TIMES: replaces the addresses of a table by one of two lists in
 * turn, TIMES times, by a child that is killed at a moment of chance.  After each the
 * table must have the one list or the other, whole.  Says how often it had which; the
 * status is 0 if it never had a mix.  10.0.1.51 is in both lists.
 *
 * NAMESPACE is the file of a network namespace, where pf is loaded and the table exists.
 */
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pfvar.h"

#define N	500

static struct pfr_addr lists[2][N], got[2 * N];

/* List k, in the order in which the kernel tells of it. */
static void
fill(struct pfr_addr *a, unsigned int k)
{
	unsigned int i;

	for (i = 0; i < N; i++) {
		memset(&a[i], 0, sizeof(a[i]));
		a[i].pfra_af = AF_INET;
		a[i].pfra_net = 32;
		a[i].pfra_addr.v4 = htonl(0x0a000133 + (i > 0) *
		    (0x01000000 + k * 0x100000 + i * 37));
	}
}

static int
request(int fd, unsigned long cmd, const char *table, struct pfr_addr *a,
    uint32_t n, uint32_t *size)
{
	struct pfioc_table io;

	memset(&io, 0, sizeof(io));
	snprintf(io.table.pfrt_name, sizeof(io.table.pfrt_name), "%s", table);
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.size = n;
	if (ioctl(fd, cmd, &io) == -1)
		return (-1);
	*size = io.size;
	return (0);
}

/* Which list the table has; -1: neither. */
static int
which(int fd, const char *table)
{
	uint32_t n;
	int k;

	if (request(fd, DIOCRGETADDRS, table, got, 2 * N, &n) == -1)
		err(2, "DIOCRGETADDRS");
	for (k = 0; k < 2; k++)
		if (n == N && memcmp(got, lists[k], sizeof(lists[k])) == 0)
			return (k);
	return (-1);
}

static void
nap(long most)
{
	struct timespec ts = { 0, random() % most };

	nanosleep(&ts, NULL);
}

int
main(int argc, char **argv)
{
	unsigned int times, i, had[2] = { 0, 0 };
	struct timespec t0, t1;
	uint32_t n;
	pid_t pid;
	long span;
	int fd, ns, k;

	if (argc != 4)
		errx(2, "usage: killed NAMESPACE TABLE TIMES");
	times = (unsigned int)atoi(argv[3]);
	if ((ns = open(argv[1], O_RDONLY)) == -1 || setns(ns, CLONE_NEWNET) == -1)
		err(2, "%s", argv[1]);
	if ((fd = open("/dev/pf", O_RDWR)) == -1)
		err(2, "/dev/pf");
	fill(lists[0], 0);
	fill(lists[1], 1);
	/* how long it takes whole: so long at most is waited */
	clock_gettime(CLOCK_MONOTONIC, &t0);
	if (request(fd, DIOCRSETADDRS, argv[2], lists[0], N, &n) == -1)
		err(2, "DIOCRSETADDRS");
	clock_gettime(CLOCK_MONOTONIC, &t1);
	span = (t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec;
	span = span < 100000 ? 100000 : span > 500000000 ? 500000000 : span;
	for (i = 0; i < times; i++) {
		if ((k = which(fd, argv[2])) == -1)
			errx(1, "a mix after %u times", i);
		had[k]++;
		if ((pid = fork()) == -1)
			err(2, "fork");
		if (pid == 0) {
			request(fd, DIOCRSETADDRS, argv[2], lists[!k], N, &n);
			_exit(0);
		}
		nap(span * 2);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	printf("%u times: %u, %u\n", times, had[0], had[1]);
	return (0);
}
