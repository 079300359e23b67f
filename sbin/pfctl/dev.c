// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * dev.c: /dev/pf, opened, asked and closed; and what its errors mean.
 *
 * A struct pf_dev is filled by pf_dev_open() and emptied by pf_dev_close(); who drives
 * another pf fills in its own ioctl function and calls neither.  No locking: one
 * thread uses one device.  Lowest part of the half that talks to a pf;
 * uses pfvar.h only.
 */
#include <sys/ioctl.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "pf_abi.h"

/* How long a load waits for another program's to end. */
#define BUSY_MS		5000

/* Attempts at an array that grows while it is being asked for. */
#define GROW_TRIES	8

static int
dev_ioctl(struct pf_dev *dev, unsigned long cmd, void *arg)
{
	int rv;

	do {
		rv = ioctl(dev->fd, cmd, arg);
	} while (rv == -1 && errno == EINTR);
	return (rv == -1 ? errno : 0);
}

const char *
pf_dev_strerror(int e)
{
	switch (e) {
	case EPERM:
		return ("Operation not permitted: run it as root of this "
		    "network namespace");
	case ENOTTY:
		return ("this pf module does not have the request: are module "
		    "and pfctl of the same release?");
	case ENODEV:
		return ("this pf module has other structures: module and "
		    "pfctl must be of the same release");
	case EBUSY:
		return ("Device busy: another program is loading rules");
	case EOPNOTSUPP:
		return ("this pf module does not have the feature yet");
	default:
		return (strerror(e));
	}
}

int
pf_dev_open(struct pf_dev *dev, const char *path, bool readonly)
{
	dev->ioctl = dev_ioctl;
	dev->priv = NULL;
	dev->path = path;
	dev->busy_ms = BUSY_MS;
	dev->fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (dev->fd != -1)
		return (0);

	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		if (strcmp(path, PF_DEVICE) != 0) {
			warn("%s", path);
			break;
		}
		warnx("%s: %s: the pf module is not loaded: \"modprobe pf\" "
		    "loads it", path, strerror(errno));
		break;
	case EACCES:
	case EPERM:
		warnx("%s: %s: run it as root", path, strerror(errno));
		break;
	default:
		warn("%s", path);
	}
	return (-1);
}

void
pf_dev_close(struct pf_dev *dev)
{
	if (dev->fd != -1)
		close(dev->fd);
	dev->fd = -1;
}

int
pf_dev_do(struct pf_dev *dev, unsigned long cmd, const char *name, void *arg)
{
	int e;

	e = dev->ioctl(dev, cmd, arg);
	if (e == 0)
		return (0);
	warnx("%s: %s", name, pf_dev_strerror(e));
	return (-1);
}

_Static_assert(sizeof(struct pfioc_src_nodes) == sizeof(struct pfioc_states) &&
    offsetof(struct pfioc_src_nodes, len) == offsetof(struct pfioc_states, len) &&
    offsetof(struct pfioc_src_nodes, buf) == offsetof(struct pfioc_states, buf),
    "one request is like the other");

/* A list of all there are of something, `size' bytes each: *n of them, to be freed. */
static int
dev_list(struct pf_dev *dev, unsigned long cmd, const char *name, size_t size,
    const char *what, void **list, size_t *n)
{
	struct pfioc_states ps;
	void *buf = NULL, *p;
	uint64_t room;
	int try;

	*list = NULL;
	*n = 0;
	memset(&ps, 0, sizeof(ps));
	if (pf_dev_do(dev, cmd, name, &ps) == -1)
		return (-1);

	for (try = 0; try < GROW_TRIES; try++) {
		room = ps.len / size;
		if (room == 0)
			break;
		room += room / 8 + 16;
		if (room > SIZE_MAX / size ||
		    (p = realloc(buf, room * size)) == NULL) {
			warnx("no memory for %llu %s",
			    (unsigned long long)room, what);
			goto fail;
		}
		buf = p;
		ps.len = room * size;
		ps.buf = (uintptr_t)buf;
		if (pf_dev_do(dev, cmd, name, &ps) == -1)
			goto fail;
		if (ps.len < room * size) {
			*list = buf;
			*n = ps.len / size;
			return (0);
		}
		/* filled to the brim: there may be more */
		memset(&ps, 0, sizeof(ps));
		if (pf_dev_do(dev, cmd, name, &ps) == -1)
			goto fail;
		if (ps.len < room * size)
			ps.len = room * size;
	}
	free(buf);
	if (try == GROW_TRIES) {
		warnx("the table of %s grows faster than it can be read", what);
		return (-1);
	}
	return (0);
fail:
	free(buf);
	return (-1);
}

int
pf_dev_states(struct pf_dev *dev, struct pfsync_state **sp, size_t *n)
{
	void *list;
	int rv;

	rv = dev_list(dev, DIOCGETSTATES, "DIOCGETSTATES", sizeof(**sp),
	    "states", &list, n);
	*sp = list;
	return (rv);
}

int
pf_dev_sources(struct pf_dev *dev, struct pf_src_node **sp, size_t *n)
{
	void *list;
	int rv;

	rv = dev_list(dev, DIOCGETSRCNODES, "DIOCGETSRCNODES", sizeof(**sp),
	    "sources", &list, n);
	*sp = list;
	return (rv);
}

int
pf_dev_ifaces(struct pf_dev *dev, const char *name, struct pfi_kif **kp,
    size_t *n)
{
	struct pfioc_iface io;
	struct pfi_kif *buf = NULL, *p;
	uint32_t room;
	int try;

	*kp = NULL;
	*n = 0;
	memset(&io, 0, sizeof(io));
	io.esize = sizeof(*buf);
	if (strlen(name) >= sizeof(io.name)) {
		warnx("%s: name of an interface is too long", name);
		return (-1);
	}
	strcpy(io.name, name);
	if (PF_DO(dev, DIOCIGETIFACES, &io) == -1)
		return (-1);

	for (try = 0; try < GROW_TRIES && io.size > 0; try++) {
		room = io.size + 8;
		p = reallocarray(buf, room, sizeof(*buf));
		if (p == NULL) {
			warnx("no memory for %u interfaces", room);
			goto fail;
		}
		buf = p;
		io.size = room;
		io.buffer = (uintptr_t)buf;
		if (PF_DO(dev, DIOCIGETIFACES, &io) == -1)
			goto fail;
		if (io.size <= room) {
			*kp = buf;
			*n = io.size;
			return (0);
		}
	}
	free(buf);
	if (try == GROW_TRIES) {
		warnx("the list of interfaces grows faster than it can be read");
		return (-1);
	}
	return (0);
fail:
	free(buf);
	return (-1);
}

int
pf_dev_anchors(struct pf_dev *dev, const char *path,
    char (**names)[PF_ANCHOR_NAME_SIZE], uint32_t *n)
{
	struct pfioc_ruleset pr;
	uint32_t i;
	int e;

	*names = NULL;
	*n = 0;
	memset(&pr, 0, sizeof(pr));
	strcpy(pr.path, path);
	if ((e = dev->ioctl(dev, DIOCGETRULESETS, &pr)) != 0)
		return (e);
	if (pr.nr == 0)
		return (0);
	if ((*names = calloc(pr.nr, sizeof(**names))) == NULL)
		return (ENOMEM);
	*n = pr.nr;
	for (i = 0; i < *n; i++) {
		pr.nr = i;
		memset(pr.name, 0, sizeof(pr.name));
		if ((e = dev->ioctl(dev, DIOCGETRULESET, &pr)) != 0) {
			if (e == EBUSY || e == EINVAL || e == ENOENT)
				break;		/* fewer than there were */
			free(*names);
			*names = NULL;
			return (e);
		}
		memcpy((*names)[i], pr.name, sizeof(pr.name));
		(*names)[i][sizeof(pr.name) - 1] = '\0';
	}
	*n = i;
	return (0);
}
