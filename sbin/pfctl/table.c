// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * table.c: pfctl -t name -T command, which works on one table.
 *
 * A struct job lives for the time of one command, with the addresses that it was given.
 * No locking.  Stands on table_dev.c and table_show.c, and on tabledef.c for what
 * addresses look like.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/socket.h>

#include "ctl.h"
#include "pfctl.h"
#include "table.h"

struct job {
	struct pf_dev		*dev;
	struct ctl_show		*sh;
	const struct ctl_table	*in;
	struct pfioc_table	 io;		/* with the name of the table */
	struct pfr_addr		*addr;		/* those given, or NULL */
	size_t			 naddr;
};

/* What an argument of a command is. */
enum args { NONE, ADDRESSES, SECONDS };

struct table_command {
	const char	*word;
	int		(*run)(struct job *);
	enum args	 args;
	bool		 writes;
};

/* What was done, on standard error. */
static void __attribute__((format(printf, 2, 3)))
say(const struct job *j, const char *fmt, ...)
{
	va_list ap;

	if (j->sh->quiet)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s.\n", j->in->noaction ? " (dummy)" : "");
}

/* Ask for what is wanted of j->addr; sets what the kernel did in j->io. */
static int
ask(struct job *j, unsigned long cmd, uint32_t flags)
{
	struct pfr_table t = j->io.table;

	memset(&j->io, 0, sizeof(j->io));
	j->io.table = t;
	j->io.buffer = (uintptr_t)j->addr;
	j->io.size = j->naddr;
	j->io.esize = sizeof(*j->addr);
	j->io.flags = flags;
	if (j->in->noaction)
		j->io.flags |= PFR_FLAG_DUMMY;
	return (table_do(j->dev, cmd, &j->io));
}

static uint32_t
feedback(const struct job *j)
{
	return (j->sh->verbose > 0 ? PFR_FLAG_FEEDBACK : 0);
}

/* -v: those that something happened to; -vv: all. */
static void
print_feedback(struct job *j, const struct pfr_addr *a, size_t n)
{
	size_t i;

	for (i = 0; j->sh->verbose > 0 && i < n; i++)
		if (j->sh->verbose > 1 || a[i].pfra_fback != PFR_FB_NONE)
			print_table_addr(j->sh, &a[i], NULL);
}

/*
 * What was given
 */

static int
read_addresses(struct job *j)
{
	struct pfctl_table t;
	struct pfctl pf;
	int i, rv = 0;

	pfctl_init(&pf);
	memset(&t, 0, sizeof(t));
	for (i = 0; i < j->in->narg && rv == 0; i++)
		rv = pfctl_table_add(&pf, &t, j->in->arg[i]);
	if (rv == 0 && j->in->file != NULL)
		rv = pfctl_table_file(&pf, &t, j->in->file);
	if (rv == 0)
		rv = table_array(&t, &j->addr, &j->naddr);
	pfctl_table_clear(&t);
	pfctl_free(&pf);
	return (rv);
}

static int
parse_seconds(const char *arg, int64_t *secs)
{
	char *end;

	errno = 0;
	*secs = strtoll(arg, &end, 10);
	if (arg[0] >= '0' && arg[0] <= '9' && *end == '\0' && errno == 0 &&
	    *secs <= UINT32_MAX)
		return (0);
	warnx("-T expire %s: a number of seconds is needed, 0 to %u", arg,
	    UINT32_MAX);
	return (-1);
}

/*
 * Commands
 */

static int
run_kill(struct job *j)
{
	struct pfr_table t = j->io.table;

	j->io.buffer = (uintptr_t)&t;
	j->io.size = 1;
	j->io.esize = sizeof(t);
	j->io.flags = j->in->noaction ? PFR_FLAG_DUMMY : 0;
	if (table_do(j->dev, DIOCRDELTABLES, &j->io) == -1)
		return (-1);
	say(j, "%u table deleted", j->io.ndel);
	return (0);
}

static int
run_flush(struct job *j)
{
	if (ask(j, DIOCRCLRADDRS, 0) == -1)
		return (-1);
	say(j, "%u addresses deleted", j->io.ndel);
	return (0);
}

/* Make the table if there is none: 1: with -n, it would be made, and has nothing to
 * show; 0; -1 with a message. */
static int
create(struct job *j)
{
	static const struct table_need need = { .tables = 1 };
	struct pfr_table t = j->io.table;
	struct pfioc_table io;
	int e;

	t.pfrt_flags = PFR_TFLAG_PERSIST;
	memset(&io, 0, sizeof(io));
	io.buffer = (uintptr_t)&t;
	io.size = 1;
	io.esize = sizeof(t);
	io.flags = j->in->noaction ? PFR_FLAG_DUMMY : 0;
	e = j->dev->ioctl(j->dev, DIOCRADDTABLES, &io);
	/* a const table that is there: what is asked of it will say so */
	if (e != 0 && e != EPERM)
		return (table_error(j->dev, &t, e, &need));
	if (e != 0 || io.nadd == 0)
		return (0);
	say(j, "%u table created", io.nadd);
	return (j->in->noaction ? 1 : 0);
}

static int
run_add(struct job *j)
{
	int rv;

	if ((rv = create(j)) != 0)
		return (rv == 1 ? 0 : -1);
	if (ask(j, DIOCRADDADDRS, feedback(j)) == -1)
		return (-1);
	say(j, "%u/%zu addresses added", j->io.nadd, j->naddr);
	print_feedback(j, j->addr, j->naddr);
	return (0);
}

static int
run_delete(struct job *j)
{
	if (ask(j, DIOCRDELADDRS, feedback(j)) == -1)
		return (-1);
	say(j, "%u/%zu addresses deleted", j->io.ndel, j->naddr);
	print_feedback(j, j->addr, j->naddr);
	return (0);
}

/*
 * Replace and hear of each address that went, too: those stand behind those given.
 * size2 is the room for all of them; what does not fit is not done, and size2 then says
 * how much room there should have been.
 */
static int
replace_told(struct job *j)
{
	const struct pfr_table t = j->io.table;
	struct pfr_addr *buf = NULL, *p;
	size_t room = j->naddr + 64;
	int rv = -1;

	for (;;) {
		/* more by the given ones, should the kernel count without them */
		p = reallocarray(buf, j->naddr + room, sizeof(*buf));
		if (p == NULL || room > UINT32_MAX) {
			warnx("no memory for %zu addresses", room);
			break;
		}
		buf = p;
		if (j->naddr > 0)
			memcpy(buf, j->addr, j->naddr * sizeof(*buf));
		memset(&j->io, 0, sizeof(j->io));
		j->io.table = t;
		j->io.buffer = (uintptr_t)buf;
		j->io.size = j->naddr;
		j->io.esize = sizeof(*buf);
		j->io.size2 = room;
		j->io.flags = PFR_FLAG_FEEDBACK |
		    (j->in->noaction ? PFR_FLAG_DUMMY : 0);
		if (table_do(j->dev, DIOCRSETADDRS, &j->io) == -1)
			break;
		if (j->io.size2 <= room) {
			free(j->addr);
			j->addr = buf;
			return (0);
		}
		room = j->naddr + j->io.size2 + j->io.size2 / 64;
	}
	free(buf);
	return (rv);
}

static int
run_replace(struct job *j)
{
	const size_t given = j->naddr;
	int rv;

	if ((rv = create(j)) != 0)
		return (rv == 1 ? 0 : -1);
	rv = j->sh->verbose > 0 ? replace_told(j) : ask(j, DIOCRSETADDRS, 0);
	if (rv == -1)
		return (-1);
	if (j->io.nadd > 0)
		say(j, "%u addresses added", j->io.nadd);
	if (j->io.ndel > 0)
		say(j, "%u addresses deleted", j->io.ndel);
	if (j->io.nchange > 0)
		say(j, "%u addresses changed", j->io.nchange);
	if (j->io.nadd == 0 && j->io.ndel == 0 && j->io.nchange == 0)
		say(j, "no changes");
	print_feedback(j, j->addr, given + (j->sh->verbose > 0 ? j->io.ndel : 0));
	return (0);
}

static int
run_expire(struct job *j)
{
	const int64_t now = time(NULL);
	struct pfr_astats *as;
	int64_t secs;
	size_t i, n;

	if (parse_seconds(j->in->arg[0], &secs) == -1 ||
	    table_fetch(j->dev, DIOCRGETASTATS, &j->io, sizeof(*as), &as,
	    &n) == -1)
		return (-1);
	if (n > 0 && (j->addr = calloc(n, sizeof(*j->addr))) == NULL) {
		warnx("no memory for %zu addresses", n);
		free(as);
		return (-1);
	}
	for (i = 0; i < n; i++) {
		if (as[i].pfras_tzero == 0 || now - as[i].pfras_tzero <= secs)
			continue;
		j->addr[j->naddr] = as[i].pfras_a;
		j->addr[j->naddr++].pfra_fback = PFR_FB_NONE;
	}
	free(as);
	if (ask(j, DIOCRDELADDRS, feedback(j)) == -1)
		return (-1);
	say(j, "%u/%zu addresses expired", j->io.ndel, j->naddr);
	print_feedback(j, j->addr, j->naddr);
	return (0);
}

static int
run_show(struct job *j)
{
	return (show_table_addrs(j->dev, j->sh, j->in->name));
}

static int
run_test(struct job *j)
{
	struct pfr_addr *asked = NULL, *a;
	size_t i;

	for (i = 0; i < j->naddr; i++) {
		a = &j->addr[i];
		if (a->pfra_not || a->pfra_net !=
		    (a->pfra_af == AF_INET6 ? 128 : 32)) {
			warnx("-T test: single addresses can be tested, not "
			    "networks, and without \"!\"");
			return (-1);
		}
	}
	if (j->sh->verbose > 1 && j->naddr > 0) {
		if ((asked = calloc(j->naddr, sizeof(*asked))) == NULL) {
			warn(NULL);
			return (-1);
		}
		memcpy(asked, j->addr, j->naddr * sizeof(*asked));
	}
	/* at -vv, by what they match */
	if (ask(j, DIOCRTSTADDRS, j->sh->verbose > 1 ? PFR_FLAG_REPLACE : 0) ==
	    -1) {
		free(asked);
		return (-1);
	}
	say(j, "%u/%zu addresses match", j->io.nadd, j->naddr);
	for (i = 0; j->sh->verbose > 0 && i < j->naddr; i++)
		if (asked != NULL)
			print_table_addr(j->sh, &asked[i], &j->addr[i]);
		else if (j->addr[i].pfra_fback == PFR_FB_MATCH)
			print_table_addr(j->sh, &j->addr[i], NULL);
	free(asked);
	return (j->io.nadd < j->naddr ? 2 : 0);
}

static int
run_zero(struct job *j)
{
	struct pfr_table t = j->io.table;

	if (j->in->narg > 0 || j->in->file != NULL) {
		if (ask(j, DIOCRCLRASTATS, feedback(j)) == -1)
			return (-1);
		say(j, "%u/%zu addresses cleared", j->io.nadd, j->naddr);
		print_feedback(j, j->addr, j->naddr);
		return (0);
	}
	j->io.buffer = (uintptr_t)&t;
	j->io.size = 1;
	j->io.esize = sizeof(t);
	j->io.flags = PFR_FLAG_ADDRSTOO |
	    (j->in->noaction ? PFR_FLAG_DUMMY : 0);
	if (table_do(j->dev, DIOCRCLRTSTATS, &j->io) == -1)
		return (-1);
	say(j, "%u table/stats cleared", j->io.nadd);
	return (0);
}

static const struct table_command commands[] = {
	{ "kill",	run_kill,	NONE,		true },
	{ "flush",	run_flush,	NONE,		true },
	{ "add",	run_add,	ADDRESSES,	true },
	{ "delete",	run_delete,	ADDRESSES,	true },
	{ "load",	NULL,		NONE,		true },
	{ "replace",	run_replace,	ADDRESSES,	true },
	{ "show",	run_show,	NONE,		false },
	{ "test",	run_test,	ADDRESSES,	false },
	{ "zero",	run_zero,	ADDRESSES,	true },
	{ "expire",	run_expire,	SECONDS,	true },
};

const struct table_command *
table_command(const char *name)
{
	size_t i;

	for (i = 0; name[0] != '\0' &&
	    i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strncmp(commands[i].word, name, strlen(name)) == 0)
			return (&commands[i]);
	return (NULL);
}

bool
table_command_loads(const struct table_command *c)
{
	return (c->run == NULL);
}

bool
table_command_writes(const struct table_command *c)
{
	return (c->writes);
}

const char *
table_command_misuse(const struct ctl_table *in)
{
	const struct table_command *c = in->command;

	if (c == NULL)
		return ("-t names a table for -T: what to do with it is "
		    "missing, as in -t name -T show");
	if (table_command_loads(c)) {
		if (in->name != NULL)
			return ("-T load loads all tables of a file: -t does "
			    "not go with it");
		if (in->file == NULL)
			return ("-T load needs a file: -f /etc/pf.conf");
	} else if (in->name == NULL)
		return ("-T needs the name of a table: -t name");
	else if (in->name[0] == '\0')
		return ("-t: the name of a table is empty");
	if (c->args == SECONDS && in->narg != 1)
		return ("-T expire takes one number, of seconds");
	if (c->args == NONE && in->narg > 0)
		return ("this command of -T takes no addresses");
	if (c->args != ADDRESSES && !table_command_loads(c) && in->file != NULL)
		return ("this command of -T takes no file of addresses");
	return (NULL);
}

int
table_command_run(struct pf_dev *dev, struct ctl_show *sh,
    const struct ctl_table *in)
{
	struct job j = { .dev = dev, .sh = sh, .in = in };
	int rv;

	rv = table_init(&j.io, sh->anchor, in->name);
	if (rv == 0 && in->command->args == ADDRESSES)
		rv = read_addresses(&j);
	if (rv == 0)
		rv = in->command->run(&j);
	free(j.addr);
	if (rv != -1 && fflush(sh->out) == EOF) {
		warn("stdout");
		rv = -1;
	}
	return (rv);
}

/*
 * -F Tables
 */

/* All tables of the anchor and of those below, in one request. */
static int
delete_below(struct pf_dev *dev, const char *anchor, uint32_t *ndel)
{
	struct pfr_table *t;
	struct pfioc_table io;
	size_t i, n, kept = 0;
	int rv = 0;

	if (table_init(&io, "", "") == -1)
		return (-1);
	io.flags = PFR_FLAG_ALLRSETS;
	if (table_fetch(dev, DIOCRGETTABLES, &io, sizeof(*t), &t, &n) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		if ((t[i].pfrt_flags & PFR_TFLAG_ACTIVE) &&
		    table_below(&t[i], anchor)) {
			t[kept] = t[i];
			t[kept++].pfrt_flags = 0;
		}
	memset(&io, 0, sizeof(io));
	io.buffer = (uintptr_t)t;
	io.size = kept;
	io.esize = sizeof(*t);
	if (kept > 0)
		rv = PF_DO(dev, DIOCRDELTABLES, &io);
	*ndel = io.ndel;
	free(t);
	return (rv);
}

int
flush_tables(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pfioc_table io;
	uint32_t ndel;
	int e;

	if (sh->recurse) {
		if (delete_below(dev, sh->anchor, &ndel) == -1)
			return (-1);
	} else {
		if (table_init(&io, sh->anchor, "") == -1)
			return (-1);
		e = dev->ioctl(dev, DIOCRCLRTABLES, &io);
		/* an anchor that is not there has no tables */
		if (e != 0 && e != ENOENT && e != ESRCH) {
			warnx("DIOCRCLRTABLES: %s", pf_dev_strerror(e));
			return (-1);
		}
		ndel = e == 0 ? io.ndel : 0;
	}
	if (!sh->quiet)
		fprintf(stderr, "%u tables deleted.\n", ndel);
	return (0);
}
