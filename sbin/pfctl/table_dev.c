// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * table_dev.c: requests about tables, and what it means when they fail.
 *
 * Owns nothing: arrays that are fetched belong to the caller.  No locking.  Stands on
 * dev.c; shared by table.c, table_show.c and table_load.c.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"
#include "table.h"

/* Attempts at an array that grows while it is being asked for. */
#define GROW_TRIES	8

int
table_init(struct pfioc_table *io, const char *anchor, const char *name)
{
	memset(io, 0, sizeof(*io));
	if (strlen(name) >= sizeof(io->table.pfrt_name)) {
		warnx("table <%s>: the name of a table has at most %zu "
		    "characters", name, sizeof(io->table.pfrt_name) - 1);
		return (-1);
	}
	if (strlen(anchor) >= sizeof(io->table.pfrt_anchor)) {
		warnx("%s: name of an anchor is too long", anchor);
		return (-1);
	}
	strcpy(io->table.pfrt_name, name);
	strcpy(io->table.pfrt_anchor, anchor);
	return (0);
}

int
table_array(const struct pfctl_table *t, struct pfr_addr **to, size_t *n)
{
	*to = NULL;
	*n = t->n4 + t->n6;
	if (*n == 0)
		return (0);
	if (*n > UINT32_MAX ||
	    (*to = reallocarray(NULL, *n, sizeof(**to))) == NULL) {
		warnx("no memory for %zu addresses", *n);
		return (-1);
	}
	pfctl_table_get(t, 0, *to, *n);
	return (0);
}

/*
 * Limits
 */

static void
print_limit(const struct pfr_table *t, int limit, uint64_t now, uint64_t want)
{
	uint64_t more = limit_for_more(now, want);

	if (more == 0)
		warnx("table <%s>: more than %llu %s, and no limit may be "
		    "higher", t->pfrt_name, (unsigned long long)now,
		    limit == PF_LIMIT_TABLES ? "tables" :
		    "addresses in all tables");
	else
		warnx("table <%s>: more than %llu %s; `set limit %s %llu' in "
		    "pf.conf allows more", t->pfrt_name,
		    (unsigned long long)now, limit == PF_LIMIT_TABLES ?
		    "tables" : "addresses in all tables", limit_name(limit),
		    (unsigned long long)more);
}

/* The limit that a request came to, for both look the same to it. */
static void
limit_error(struct pf_dev *dev, const struct pfr_table *t,
    const struct table_need *need)
{
	struct pfioc_table io;
	uint64_t limit[PF_LIMIT_MAX], have = 0;
	int i;

	for (i = PF_LIMIT_TABLES; i <= PF_LIMIT_TABLE_ENTRIES; i++)
		if (limit_in_force(dev, i, need->limit != NULL ? need->limit[i] : 0,
		    &limit[i]) == -1)
			return;
	memset(&io, 0, sizeof(io));
	io.esize = sizeof(struct pfr_table);
	io.flags = PFR_FLAG_ALLRSETS;
	if (dev->ioctl(dev, DIOCRGETTABLES, &io) == 0)
		have = io.size;
	if (need->entries == 0 || need->tables > limit[PF_LIMIT_TABLES] ||
	    (need->entries <= limit[PF_LIMIT_TABLE_ENTRIES] &&
	    have + need->tables > limit[PF_LIMIT_TABLES]))
		print_limit(t, PF_LIMIT_TABLES, limit[PF_LIMIT_TABLES],
		    have + need->tables);
	else
		print_limit(t, PF_LIMIT_TABLE_ENTRIES,
		    limit[PF_LIMIT_TABLE_ENTRIES], need->entries);
}

/*
 * Requests
 */

int
table_error(struct pf_dev *dev, const struct pfr_table *t, int e,
    const struct table_need *need)
{
	static const struct table_need nothing;

	if (e == ESRCH || e == ENOENT)
		warnx("Table does not exist.");
	else if (e == ENOSPC)
		limit_error(dev, t, need != NULL ? need : &nothing);
	else
		warnx("table <%s>%s%s: %s", t->pfrt_name,
		    t->pfrt_anchor[0] != '\0' ? " of anchor " : "",
		    t->pfrt_anchor, e == EPERM ?
		    "Operation not permitted: the table is const, or you are "
		    "not root of this network namespace" : pf_dev_strerror(e));
	return (-1);
}

int
table_do(struct pf_dev *dev, unsigned long cmd, struct pfioc_table *io)
{
	const struct table_need need = { .entries = io->size };
	int e;

	if ((e = dev->ioctl(dev, cmd, io)) == 0)
		return (0);
	return (table_error(dev, &io->table, e, &need));
}

int
table_fetch(struct pf_dev *dev, unsigned long cmd, struct pfioc_table *io,
    size_t esize, void *to, size_t *n)
{
	const uint32_t flags = io->flags;
	uint32_t room = 0;
	void *buf = NULL, *p;
	int e, try;

	for (try = 0; try < GROW_TRIES; try++) {
		io->flags = flags;
		io->esize = esize;
		io->size = room;
		io->buffer = (uintptr_t)buf;
		if ((e = dev->ioctl(dev, cmd, io)) != 0) {
			free(buf);
			if (io->table.pfrt_name[0] != '\0')
				return (table_error(dev, &io->table, e, NULL));
			warnx("tables: %s", e == ENOENT || e == ESRCH ?
			    "Anchor does not exist." : pf_dev_strerror(e));
			return (-1);
		}
		if (io->size <= room) {
			memcpy(to, &buf, sizeof(buf));
			*n = io->size;
			return (0);
		}
		/* a little more than there are, for what comes meanwhile */
		room = io->size + io->size / 64 + 1;
		if ((p = reallocarray(buf, room, esize)) == NULL) {
			warnx("no memory for %u entries", room);
			free(buf);
			return (-1);
		}
		buf = p;
	}
	free(buf);
	warnx("table <%s> grows faster than it can be read",
	    io->table.pfrt_name);
	return (-1);
}
