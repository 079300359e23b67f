// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pfctl.c: the command line.
 *
 * Options are collected into a struct cmd; then the steps that they ask for are
 * taken in one fixed order, the order of the table below, and the first that fails ends
 * the program with status 1, or 2 if it is a test of addresses that came out false.  One
 * process, one thread; all that is made here lives until exit.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "pfctl.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

struct show_word;
struct flush_word;

struct cmd {
	struct pf_dev	 dev;
	struct ctl_show	 show;
	struct ctl_load	 load;
	struct ctl_table table;			/* -t, -T */
	const char	*device;
	const char	*debug;			/* -x */
	const char	*ifname;		/* -i, or "" */
	char		 anchor[PF_ANCHOR_PATH_SIZE];	/* -a, or "" */
	char		*kill[2];		/* -k */
	int		 nkill;
	char		*forget[2];		/* -K */
	int		 nforget;
	const struct show_word *shown;		/* -s */
	const struct flush_word *flushed;	/* -F */
	bool		 anchor_given, disable, enable, noaction, quiet, clear;
	bool		 needs_write;
};

/*
 * -s
 */

static int	 show_all(struct pf_dev *, struct ctl_show *);

static const struct show_word {
	const char	*word;
	int		(*show)(struct pf_dev *, struct ctl_show *);
} show_words[] = {
	{ "nat",	show_nat },
	{ "queue",	NULL },
	{ "rules",	show_rules },
	{ "Anchors",	show_anchors },
	{ "Sources",	show_sources },
	{ "states",	show_states },
	{ "info",	show_status },
	{ "Interfaces",	show_ifaces },
	{ "labels",	show_labels },
	{ "timeouts",	show_timeouts },
	{ "memory",	show_limits },
	{ "Tables",	show_tables },
	{ "osfp",	show_osfp },
	{ "all",	show_all },
};

static int
show_all(struct pf_dev *dev, struct ctl_show *sh)
{
	static int (*const parts[])(struct pf_dev *, struct ctl_show *) = {
		show_nat, show_rules, show_states, show_sources, show_status,
		show_labels, show_timeouts, show_limits, show_tables,
		show_osfp,
	};
	size_t i;

	sh->all = true;
	for (i = 0; i < NITEMS(parts); i++)
		if (parts[i](dev, sh) == -1)
			return (-1);
	return (0);
}

/*
 * -F
 */

static int
flush_nat(struct cmd *c)
{
	if (clear_rulesets(&c->dev, c->anchor, LOAD_NAT, c->show.recurse) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "nat cleared\n");
	return (0);
}

static int
flush_rules(struct cmd *c)
{
	if (clear_rulesets(&c->dev, c->anchor, LOAD_FILTER, c->show.recurse) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "rules cleared\n");
	return (0);
}

static int
flush_state_table(struct cmd *c)
{
	return (flush_states(&c->dev, c->ifname, c->quiet));
}

static int
flush_source_nodes(struct cmd *c)
{
	return (flush_sources(&c->dev, c->quiet));
}

static int
flush_info(struct cmd *c)
{
	if (PF_DO(&c->dev, DIOCCLRSTATUS, NULL) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "pf: statistics cleared\n");
	return (0);
}

static int
flush_ifaces(struct cmd *c)
{
	struct pfioc_iface io;

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(struct pfi_kif);
	io.flags = PFI_IFLAG_SKIP;
	if (PF_DO(&c->dev, DIOCCLRIFFLAG, &io) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "pf: interface flags reset\n");
	return (0);
}

static int
flush_all_tables(struct cmd *c)
{
	return (flush_tables(&c->dev, &c->show));
}

static int
flush_osfp(struct cmd *c)
{
	if (PF_DO(&c->dev, DIOCOSFPFLUSH, NULL) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "pf: fingerprints cleared\n");
	return (0);
}

static int
flush_all(struct cmd *c)
{
	/* tables that rules use stay until these are gone */
	if (flush_rules(c) == -1 || flush_nat(c) == -1 ||
	    flush_all_tables(c) == -1)
		return (-1);
	if (c->anchor[0] != '\0')
		return (0);
	if (flush_state_table(c) == -1 || flush_source_nodes(c) == -1 ||
	    flush_info(c) == -1 ||
	    flush_ifaces(c) == -1 || flush_osfp(c) == -1)
		return (-1);
	return (0);
}

static const struct flush_word {
	const char	*word;
	int		(*flush)(struct cmd *);
} flush_words[] = {
	{ "nat",	flush_nat },
	{ "queue",	NULL },
	{ "rules",	flush_rules },
	{ "Sources",	flush_source_nodes },
	{ "states",	flush_state_table },
	{ "info",	flush_info },
	{ "Tables",	flush_all_tables },
	{ "osfp",	flush_osfp },
	{ "all",	flush_all },
};

/*
 * The steps, each a function that does nothing if it is not asked for.
 */

static int
do_disable(struct cmd *c)
{
	int e;

	if (!c->disable)
		return (0);
	if ((e = c->dev.ioctl(&c->dev, DIOCSTOP, NULL)) != 0) {
		warnx("%s", e == ENOENT ? "pf not enabled" :
		    pf_dev_strerror(e));
		return (-1);
	}
	if (!c->quiet)
		fprintf(stderr, "pf disabled\n");
	return (0);
}

static int
do_enable(struct cmd *c)
{
	int e;

	if (!c->enable)
		return (0);
	if ((e = c->dev.ioctl(&c->dev, DIOCSTART, NULL)) != 0) {
		warnx("%s", e == EEXIST ? "pf already enabled" :
		    pf_dev_strerror(e));
		return (-1);
	}
	if (!c->quiet)
		fprintf(stderr, "pf enabled\n");
	return (0);
}

static int
do_show(struct cmd *c)
{
	if (c->shown == NULL)
		return (0);
	c->show.clear = c->clear;
	if ((c->show.names = pfctl_names_new()) == NULL) {
		warn(NULL);
		return (-1);
	}
	if (c->shown->show(&c->dev, &c->show) == -1)
		return (-1);
	if (fflush(stdout) == EOF) {
		warn("stdout");
		return (-1);
	}
	return (0);
}

static int
do_clear_counters(struct cmd *c)
{
	if (!c->clear || c->shown != NULL)
		return (0);
	if (PF_DO(&c->dev, DIOCCLRRULECTRS, NULL) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "pf: rule counters cleared\n");
	return (0);
}

static int
do_flush(struct cmd *c)
{
	return (c->flushed != NULL ? c->flushed->flush(c) : 0);
}

static int
do_kill(struct cmd *c)
{
	if (c->nkill == 0)
		return (0);
	return (kill_states(&c->dev, c->ifname, c->kill, c->nkill, c->quiet));
}

static int
do_forget(struct cmd *c)
{
	if (c->nforget == 0)
		return (0);
	return (kill_sources(&c->dev, c->forget, c->nforget, c->quiet));
}

static int
do_table(struct cmd *c)
{
	if (c->table.command == NULL || table_command_loads(c->table.command))
		return (0);
	return (table_command_run(&c->dev, &c->show, &c->table));
}

static int
do_load(struct cmd *c)
{
	/* -f names addresses then */
	if (c->load.file == NULL || (c->table.command != NULL &&
	    !table_command_loads(c->table.command)))
		return (0);
	return (load_rules(&c->dev, &c->load));
}

static int
do_debug(struct cmd *c)
{
	struct pfioc_u32 v = { 0, 0 };

	if (c->debug == NULL)
		return (0);
	while (strcmp(debug_name(v.value), c->debug) != 0)
		v.value++;
	if (PF_DO(&c->dev, DIOCSETDEBUG, &v) == -1)
		return (-1);
	if (!c->quiet)
		fprintf(stderr, "debug level set to '%s'\n", c->debug);
	return (0);
}

static int	(*const steps[])(struct cmd *) = {
	do_disable, do_show, do_clear_counters, do_flush, do_kill, do_forget,
	do_table, do_load, do_enable, do_debug,
};

/*
 * The command line
 */

static void
print_usage(FILE *f)
{
	fprintf(f, "usage: pfctl [-AdeghmNnOqRrvz] [-a anchor] "
	    "[-D macro=value] [-F modifier]\n"
	    "\t[-f file] [-i interface] [-K host | network]\n"
	    "\t[-k host | network | label | id] [-o level] [-p device]\n"
	    "\t[-s modifier] [-t table -T command [address ...]] [-x level]\n");
}

static void __attribute__((noreturn))
usage(void)
{
	print_usage(stderr);
	exit(1);
}

static void __attribute__((noreturn))
not_yet(const char *flag, const char *word)
{
	errx(1, "%s%s%s is not supported yet", flag, word[0] ? " " : "", word);
}

/* The first row that begins, as it says in its first member, with what was given; NULL. */
static const void *
lookup(const char *given, const void *table, size_t rowsize, size_t n)
{
	const char *row = table, *word;
	size_t i;

	if (given[0] == '\0')
		return (NULL);
	for (i = 0; i < n; i++, row += rowsize) {
		memcpy(&word, row, sizeof(word));
		if (strncmp(word, given, strlen(given)) == 0)
			return (row);
	}
	return (NULL);
}

/* "none", or as much of a level as is needed to know it */
static const char *
parse_debug(const char *given)
{
	const char *name;
	unsigned int i;

	for (i = 0; given[0] != '\0' && (name = debug_name(i)) != NULL; i++)
		if (strncmp(name, given, strlen(given)) == 0)
			return (name);
	warnx("-x %s: the levels are none, urgent, misc and loud", given);
	usage();
}

static void
parse_anchor(struct cmd *c, const char *given)
{
	size_t len = strlen(given);

	while (*given == '/') {
		given++;
		len--;
	}
	if (len >= sizeof(c->anchor))
		errx(1, "-a: the name of an anchor has at most %zu characters",
		    sizeof(c->anchor) - 1);
	memcpy(c->anchor, given, len + 1);
	if (len > 0 && c->anchor[len - 1] == '*') {
		if (len > 1 && c->anchor[len - 2] != '/')
			errx(1, "-a %s: a star stands alone or after a slash",
			    given);
		c->anchor[--len] = '\0';
		c->show.recurse = true;
	}
	while (len > 0 && c->anchor[len - 1] == '/')
		c->anchor[--len] = '\0';
	c->anchor_given = true;
}

static void
parse_define(struct cmd *c, char *arg)
{
	char *eq = strchr(arg, '=');

	if (eq == NULL || eq == arg)
		errx(1, "-D %s: use -D macro=value", arg);
	if (load_define(&c->load, arg) == -1)
		exit(1);
}

static void
parse_optimize(struct cmd *c, const char *arg)
{
	static const struct {
		const char	*word;
		int		 level;
	} levels[] = {
		{ "none",	PFCTL_OPT_NONE },
		{ "basic",	PFCTL_OPT_BASIC },
		{ "profile",	PFCTL_OPT_PROFILE },
	};
	size_t i;

	for (i = 0; arg[0] != '\0' && i < NITEMS(levels); i++)
		if (strncmp(levels[i].word, arg, strlen(arg)) == 0) {
			c->load.optimize = levels[i].level;
			return;
		}
	warnx("-o %s: the levels are none, basic and profile", arg);
	usage();
}

static void
parse_show(struct cmd *c, const char *arg)
{
	c->shown = lookup(arg, show_words, sizeof(show_words[0]),
	    NITEMS(show_words));
	if (c->shown == NULL) {
		warnx("Unknown show modifier '%s'", arg);
		usage();
	}
	if (c->shown->show == NULL)
		not_yet("-s", c->shown->word);
}

static void
parse_flush(struct cmd *c, const char *arg)
{
	c->flushed = lookup(arg, flush_words, sizeof(flush_words[0]),
	    NITEMS(flush_words));
	if (c->flushed == NULL) {
		warnx("Unknown flush modifier '%s'", arg);
		usage();
	}
	if (c->flushed->flush == NULL)
		not_yet("-F", c->flushed->word);
	c->needs_write = true;
}

static void
parse_table_command(struct cmd *c, const char *arg)
{
	c->table.command = table_command(arg);
	if (c->table.command == NULL) {
		warnx("-T %s: the commands are kill, flush, add, delete, "
		    "expire, replace, show, test, zero and load", arg);
		usage();
	}
	if (table_command_writes(c->table.command))
		c->needs_write = true;
}

/* Options that only turn something on. */
static bool
parse_switch(struct cmd *c, int opt)
{
	switch (opt) {
	case 'A':
		c->load.what |= LOAD_ALTQ;
		break;
	case 'd':
		c->disable = c->needs_write = true;
		break;
	case 'e':
		c->enable = c->needs_write = true;
		break;
	case 'g':
		c->show.debug = true;
		break;
	case 'm':
		c->load.merge = true;
		break;
	case 'N':
		c->load.what |= LOAD_NAT;
		break;
	case 'n':
		c->noaction = true;
		break;
	case 'O':
		c->load.what |= LOAD_OPTION;
		break;
	case 'q':
		c->quiet = true;
		break;
	case 'R':
		c->load.what |= LOAD_FILTER;
		break;
	case 'r':
		c->show.resolve = true;
		break;
	case 'v':
		if (c->show.verbose < 2)
			c->show.verbose++;
		break;
	case 'z':
		c->clear = c->needs_write = true;
		break;
	default:
		return (false);
	}
	return (true);
}

static void
parse_option(struct cmd *c, int opt, char *arg)
{
	switch (opt) {
	case 'a':
		parse_anchor(c, arg);
		break;
	case 'D':
		parse_define(c, arg);
		break;
	case 'F':
		parse_flush(c, arg);
		break;
	case 'f':
		c->load.file = arg;
		c->needs_write = true;
		break;
	case 'h':
		print_usage(stdout);
		exit(0);
	case 'i':
		if (arg[0] == '\0')
			errx(1, "-i: the name of an interface is empty");
		c->ifname = arg;
		break;
	case 'K':
		if (c->nforget == 2) {
			warnx("-K can be given twice");
			usage();
		}
		c->forget[c->nforget++] = arg;
		c->needs_write = true;
		break;
	case 'k':
		if (c->nkill == 2) {
			warnx("-k can be given twice");
			usage();
		}
		c->kill[c->nkill++] = arg;
		c->needs_write = true;
		break;
	case 'o':
		parse_optimize(c, arg);
		break;
	case 'p':
		c->device = arg;
		break;
	case 's':
		parse_show(c, arg);
		break;
	case 'T':
		parse_table_command(c, arg);
		break;
	case 't':
		c->table.name = arg;
		break;
	case 'x':
		c->debug = parse_debug(arg);
		c->needs_write = true;
		break;
	default:
		if (!parse_switch(c, opt))
			usage();
	}
}

/* What stands behind the options: addresses, for -T. */
static void
settle_table(struct cmd *c, char *const *arg, int narg)
{
	struct ctl_table *t = &c->table;
	const char *misuse;

	if (t->command == NULL && narg > 0) {
		warnx("unknown command line argument: %s ...", arg[0]);
		usage();
	}
	if (t->command == NULL && t->name == NULL)
		return;
	t->file = c->load.file;
	t->arg = arg;
	t->narg = narg;
	t->noaction = c->noaction;
	if ((misuse = table_command_misuse(t)) != NULL) {
		warnx("%s", misuse);
		usage();
	}
	if (table_command_loads(t->command))
		c->load.what |= LOAD_TABLE;
	else if (c->show.recurse)
		errx(1, "-a: -T works on the table of one anchor, not of all "
		    "below it");
}

/* What options mean to each other, once all are known. */
static void
settle(struct cmd *c)
{
	if (c->load.what == 0)
		c->load.what = LOAD_ALL;
	c->load.anchor = c->anchor;
	c->load.noaction = c->noaction;
	c->load.quiet = c->quiet;
	c->load.verbose = c->show.verbose;
	c->load.debug = c->show.debug;
	c->show.out = stdout;
	c->show.ifname = c->ifname;
	c->show.anchor = c->anchor;
	c->show.quiet = c->quiet;
	if (strlen(c->ifname) >= PF_IFNAMSIZ)
		errx(1, "-i %s: the name of an interface has at most %d "
		    "characters", c->ifname, PF_IFNAMSIZ - 1);
	if ((c->anchor[0] == '_' || strstr(c->anchor, "/_") != NULL) &&
	    (c->load.file != NULL || c->flushed != NULL ||
	    (c->table.command != NULL &&
	    table_command_writes(c->table.command))))
		errx(1, "anchor names beginning with '_' cannot be modified "
		    "from the command line");
	if (c->noaction) {
		/* only the file is read; nothing else happens */
		c->disable = c->enable = c->clear = false;
		c->shown = NULL;
		c->flushed = NULL;
		c->debug = NULL;
		c->nkill = c->nforget = 0;
	}
}

int
main(int argc, char *argv[])
{
	struct cmd c;
	int opt, rv = 0;
	size_t i;

	if (argc < 2)
		usage();
	memset(&c, 0, sizeof(c));
	c.dev.fd = -1;
	c.device = PF_DEVICE;
	c.ifname = "";
	c.load.optimize = PFCTL_OPT_FILE;
	while ((opt = getopt(argc, argv,
	    "Aa:D:deF:f:ghi:K:k:mNnOo:p:qRrs:T:t:vx:z")) != -1)
		parse_option(&c, opt, optarg);
	settle_table(&c, argv + optind, argc - optind);
	settle(&c);

	/* the kernel can tell what would happen to a table */
	if (!c.noaction || (c.table.command != NULL &&
	    !table_command_loads(c.table.command)))
		rv = pf_dev_open(&c.dev, c.device, !c.needs_write);
	for (i = 0; i < NITEMS(steps) && rv == 0; i++)
		rv = steps[i](&c);
	pf_dev_close(&c.dev);
	osfp_free(c.show.osfp);
	if (c.show.names != NULL)
		pfctl_names_free(c.show.names);
	free(c.load.defs);
	return (rv == -1 ? 1 : rv);
}
