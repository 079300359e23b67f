// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tables.c: what pfctl -T, -s Tables and -F Tables ask for, and say of the answers; the
 * Makefile compares the text with tables.ok.
 *
 * A device here is a function that writes down each request and gives a fixed answer.
 * What a real pf makes of the requests is tested elsewhere, with a real pf.
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "pfctl.h"
#include "table.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

struct kernel {
	unsigned long	 fails;		/* this request .. */
	int		 error;		/* .. with this errno */
	bool		 absent;	/* the table has to be made */
	uint32_t	 gone;		/* addresses that a replace deletes */
};

static const char *const requests[] = {
	[60] = "clear tables", "add tables", "delete tables", "get tables",
	"get tstats", "clear tstats", "clear addrs", "add addrs", "delete addrs",
	"set addrs", "get addrs", "get astats", "clear astats", "test addrs",
	"set tflags", [77] = "define",
};

static void
set_addr(struct pfr_addr *a, const char *text, uint8_t net, uint8_t fback)
{
	memset(a, 0, sizeof(*a));
	a->pfra_af = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(a->pfra_af, text, &a->pfra_addr) != 1)
		abort();
	a->pfra_net = net;
	a->pfra_fback = fback;
}

/* Four entries of any kind: tables, addresses, or statistics that begin with one. */
static void
fill(unsigned long cmd, char *to, uint32_t room, uint32_t *size)
{
	static const struct {
		const char *anchor, *name;
		uint32_t flags;
	} tables[] = {
		{ "", "used", PFR_TFLAG_ACTIVE | PFR_TFLAG_REFERENCED |
		    PFR_TFLAG_COUNTERS },
		{ "a/b", "deep", PFR_TFLAG_ACTIVE | PFR_TFLAG_PERSIST },
		{ "ab", "other", PFR_TFLAG_ACTIVE | PFR_TFLAG_CONST },
		{ "a", "named", PFR_TFLAG_REFERENCED | PFR_TFLAG_REFDANCHOR },
	};
	static const struct {
		const char *text;
		uint8_t net, not, fback;
	} addrs[] = {
		{ "2001:db8::", 32, 0, PFR_FB_NONE },
		{ "192.0.2.1", 32, 1, PFR_FB_NOCOUNT },
		{ "10.0.0.0", 16, 0, PFR_FB_NONE },
		{ "10.0.0.0", 8, 0, PFR_FB_NONE },
	};
	struct pfr_astats as;
	struct pfr_tstats ts;
	uint32_t i;

	*size = 4;
	for (i = 0; room >= 4 && i < 4; i++) {
		memset(&as, 0, sizeof(as));
		memset(&ts, 0, sizeof(ts));
		set_addr(&as.pfras_a, addrs[i].text, addrs[i].net,
		    cmd == DIOCRGETASTATS ? addrs[i].fback : PFR_FB_NONE);
		as.pfras_a.pfra_not = addrs[i].not;
		as.pfras_tzero = i < 2 ? 4000000000 : 1700000000;
		as.pfras_packets[PFR_DIR_OUT][PFR_OP_PASS] = UINT64_MAX;
		strcpy(ts.pfrts_t.pfrt_anchor, tables[i].anchor);
		strcpy(ts.pfrts_t.pfrt_name, tables[i].name);
		ts.pfrts_t.pfrt_flags = tables[i].flags;
		ts.pfrts_cnt = i;
		ts.pfrts_tzero = 1700000000;
		ts.pfrts_match = 7;
		ts.pfrts_refcnt[PFR_REFCNT_RULE] = 3;
		ts.pfrts_bytes[PFR_DIR_IN][PFR_OP_XPASS] = 42;
		switch (cmd) {
		case DIOCRGETASTATS:
			memcpy(to + i * sizeof(as), &as, sizeof(as));
			break;
		case DIOCRGETADDRS:
			memcpy(to + i * sizeof(as.pfras_a), &as.pfras_a,
			    sizeof(as.pfras_a));
			break;
		case DIOCRGETTSTATS:
			memcpy(to + i * sizeof(ts), &ts, sizeof(ts));
			break;
		default:
			memcpy(to + i * sizeof(ts.pfrts_t), &ts.pfrts_t,
			    sizeof(ts.pfrts_t));
		}
	}
}

/* Of the addresses that were given, every second has something happen to it. */
static void
mark(struct pfioc_table *io, uint8_t fback, uint32_t *count)
{
	struct pfr_addr *a = (void *)(uintptr_t)io->buffer;
	uint32_t i;

	for (i = 0; i < io->size; i += 2) {
		if (io->flags & PFR_FLAG_REPLACE)
			set_addr(&a[i], "10.0.0.0", 8, fback);
		else if (fback == PFR_FB_MATCH ||
		    (io->flags & PFR_FLAG_FEEDBACK))
			a[i].pfra_fback = fback;
		++*count;
	}
}

static void
replace(const struct kernel *k, struct pfioc_table *io)
{
	struct pfr_addr *a = (void *)(uintptr_t)io->buffer;
	uint32_t i;

	if ((io->flags & PFR_FLAG_FEEDBACK) && io->size2 < io->size + k->gone) {
		io->size2 = io->size + k->gone;
		return;				/* nothing is done */
	}
	mark(io, PFR_FB_ADDED, &io->nadd);
	io->ndel = k->gone;
	if (!(io->flags & PFR_FLAG_FEEDBACK))
		return;
	for (i = 0; i < k->gone; i++)
		set_addr(&a[io->size + i], "172.16.0.0", 12, PFR_FB_DELETED);
	io->size2 = io->size + k->gone;
}

static int
kernel_ioctl(struct pf_dev *dev, unsigned long cmd, void *arg)
{
	struct kernel *k = dev->priv;
	struct pfioc_table *io = arg;

	if (cmd == DIOCGETLIMIT) {
		((struct pfioc_limit *)arg)->limit =
		    ((struct pfioc_limit *)arg)->index == PF_LIMIT_TABLES ?
		    1000 : 200000;
		return (0);
	}
	printf("[%s <%s> of \"%s\", %u, flags %#x]\n", requests[_IOC_NR(cmd)],
	    io->table.pfrt_name, io->table.pfrt_anchor, io->size, io->flags);
	if (cmd == k->fails)
		return (k->error);
	io->nadd = io->ndel = io->nchange = 0;
	switch (cmd) {
	case DIOCRADDTABLES:
		io->nadd = k->absent;
		break;
	case DIOCRADDADDRS:
		mark(io, PFR_FB_ADDED, &io->nadd);
		break;
	case DIOCRDELADDRS:
		mark(io, PFR_FB_DELETED, &io->ndel);
		break;
	case DIOCRTSTADDRS:
		mark(io, PFR_FB_MATCH, &io->nadd);
		break;
	case DIOCRCLRASTATS:
		mark(io, PFR_FB_CLEARED, &io->nadd);
		break;
	case DIOCRSETADDRS:
		replace(k, io);
		break;
	case DIOCRCLRTSTATS:
		io->nadd = 1;
		break;
	case DIOCRDELTABLES:
		io->ndel = io->size;
		break;
	case DIOCRCLRADDRS:
	case DIOCRCLRTABLES:
		io->ndel = 4;
		break;
	default:
		fill(cmd, (void *)(uintptr_t)io->buffer, io->size, &io->size);
	}
	return (0);
}

static void
start(struct pf_dev *dev, struct kernel *k, struct ctl_show *sh, int verbose)
{
	memset(k, 0, sizeof(*k));
	memset(dev, 0, sizeof(*dev));
	memset(sh, 0, sizeof(*sh));
	dev->ioctl = kernel_ioctl;
	dev->priv = k;
	dev->fd = -1;
	sh->out = stdout;
	sh->ifname = sh->anchor = "";
	sh->verbose = verbose;
}

/* One command with its arguments in one string, behind blanks. */
static void
command(struct pf_dev *dev, struct ctl_show *sh, bool noaction,
    const char *line)
{
	char *words = strdup(line), *arg[16], *word;
	struct ctl_table in;
	const char *misuse;

	memset(&in, 0, sizeof(in));
	in.command = table_command(strtok(words, " "));
	while ((word = strtok(NULL, " ")) != NULL)
		arg[in.narg++] = word;
	in.name = "t";
	in.arg = arg;
	in.noaction = noaction;
	printf("# -T %s%s%s\n", line, sh->verbose > 1 ? ", -vv" :
	    sh->verbose > 0 ? ", -v" : "", noaction ? ", -n" : "");
	if ((misuse = table_command_misuse(&in)) != NULL)
		printf("%s\n", misuse);
	else
		printf("= %d\n", table_command_run(dev, sh, &in));
	free(words);
}

static void
test_commands(void)
{
	static const char *const lines[] = {
		"kill", "flush", "add 10.0.0.1 !10.1/16 ::1",
		"delete 10.0.0.1 10.0.0.2", "replace 10.0.0.1 10.0.0.2",
		"show", "test 10.0.0.1 11.0.0.1", "test 10.0.0.1",
		"test 10.0.0.0/8", "test !10.0.0.1", "zero", "zero 10.0.0.1",
		"expire 3600", "expire x", "expire", "expire 4294967296",
		"kill 10.0.0.1", "show 10.0.0.1", "load", "add 10.0.0.1/33",
		"add invalid$host",
	};
	struct ctl_show sh;
	struct pf_dev dev;
	struct kernel k;
	size_t i;
	int verbose;

	for (verbose = 0; verbose <= 2; verbose++)
		for (i = 0; i < NITEMS(lines); i++) {
			start(&dev, &k, &sh, verbose);
			k.gone = 2;
			command(&dev, &sh, false, lines[i]);
		}
	start(&dev, &k, &sh, 0);
	k.absent = true;
	command(&dev, &sh, false, "add 10.0.0.1");
	command(&dev, &sh, true, "add 10.0.0.1");
	k.absent = false;
	command(&dev, &sh, true, "add 10.0.0.1");
	command(&dev, &sh, true, "replace");
	sh.quiet = true;
	sh.verbose = 1;
	sh.anchor = "a/b";
	command(&dev, &sh, true, "delete 10.0.0.1 10.0.0.2");
	start(&dev, &k, &sh, 1);
	k.gone = 70;			/* more than there is room for at first */
	sh.out = fopen("/dev/null", "w");
	command(&dev, &sh, false, "replace 10.0.0.1");
	fclose(sh.out);
}

static void
test_errors(void)
{
	static const struct {
		unsigned long	 cmd;
		int		 error;
		const char	*line;
	} rows[] = {
		{ DIOCRADDADDRS, ESRCH, "add 10.0.0.1" },
		{ DIOCRGETADDRS, ENOENT, "show" },
		{ DIOCRADDADDRS, EPERM, "add 10.0.0.1" },
		{ DIOCRADDTABLES, EPERM, "add 10.0.0.1" },
		{ DIOCRADDTABLES, ENOSPC, "add 10.0.0.1" },
		{ DIOCRADDADDRS, ENOSPC, "add 10.0.0.1" },
		{ DIOCRADDADDRS, ENOMEM, "add 10.0.0.1" },
		{ DIOCRCLRADDRS, EINVAL, "flush" },
		{ DIOCRDELTABLES, ENOTTY, "kill" },
	};
	const struct table_need needs[] = {
		{ .entries = 1000000, .tables = 1 },
		{ .entries = 10, .tables = 1001 },
		{ .entries = 200001, .tables = 1,
		    .limit = (uint32_t[PF_LIMIT_MAX]){
		    [PF_LIMIT_TABLE_ENTRIES] = 200000 } },
		{ .entries = 500001, .tables = 1,
		    .limit = (uint32_t[PF_LIMIT_MAX]){
		    [PF_LIMIT_TABLE_ENTRIES] = PF_LIMIT_VAL_MAX } },
		{ .entries = 5, .tables = 1, .limit = (uint32_t[PF_LIMIT_MAX]){
		    [PF_LIMIT_TABLES] = 4 } },
	};
	const struct pfr_table t = { .pfrt_name = "bad" };
	struct ctl_show sh;
	struct pf_dev dev;
	struct kernel k;
	size_t i;

	for (i = 0; i < NITEMS(rows); i++) {
		start(&dev, &k, &sh, 0);
		k.fails = rows[i].cmd;
		k.error = rows[i].error;
		sh.anchor = i % 2 != 0 ? "a/b" : "";
		command(&dev, &sh, false, rows[i].line);
	}
	start(&dev, &k, &sh, 0);
	for (i = 0; i < NITEMS(needs); i++)
		table_error(&dev, &t, ENOSPC, &needs[i]);
}

static void
test_all(void)
{
	struct ctl_show sh;
	struct pf_dev dev;
	struct kernel k;

	start(&dev, &k, &sh, 0);
	for (; sh.verbose <= 2; sh.verbose++) {
		printf("# -s Tables, verbose %d\n", sh.verbose);
		show_tables(&dev, &sh);
	}
	printf("# -a 'a/*' -g -v -s Tables\n");
	sh.verbose = 1;
	sh.debug = sh.recurse = true;
	sh.anchor = "a";
	show_tables(&dev, &sh);
	printf("# -a 'a/*' -F Tables\n");
	flush_tables(&dev, &sh);
	printf("# -a a -F Tables\n");
	sh.recurse = false;
	flush_tables(&dev, &sh);
	printf("# there is no such anchor\n");
	k.error = ENOENT;
	k.fails = DIOCRCLRTABLES;
	flush_tables(&dev, &sh);
	k.fails = DIOCRGETTABLES;
	show_tables(&dev, &sh);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	setvbuf(stdout, NULL, _IONBF, 0);
	if (dup2(STDOUT_FILENO, STDERR_FILENO) == -1)
		return (1);
	test_commands();
	test_errors();
	test_all();
	return (0);
}
