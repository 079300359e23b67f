// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * load.c: what `pfctl -f' does, on an instance of pf in this process.
 *
 *	load [FILE [-D macro=value ...] ...]
 *
 * Each file has an instance of its own, with the interfaces of this machine, and is loaded
 * twice, the second time in place of itself.  Of one that is refused at least the tables
 * are loaded, as by `pfctl -T load'.  A line "begin FILE" is written, then what pfctl says,
 * then "end FILE 0", or -1 if the file was not loaded.  Owns the worlds that it makes.  One
 * thread.
 */
#include <err.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "pfctl.h"

static void
attach(struct sim_node *n, int ifindex, const char *name)
{
	if (pf_if_attach(n->pf, ifindex, name) != 0)
		errx(1, "interface %s", name);
}

/*
 * A node of the world keeps fewer interfaces than rulesets ask for; pf takes any number.
 * "lo" is a group elsewhere, and the name of an interface on every Linux.
 */
static void
attach_ifaces(struct sim_node *n)
{
	struct if_nameindex *all, *i;
	bool lo = false;
	int last = 0;

	if ((all = if_nameindex()) == NULL)
		err(1, "if_nameindex");
	for (i = all; i->if_index != 0; i++) {
		attach(n, (int)i->if_index, i->if_name);
		lo |= strcmp(i->if_name, "lo") == 0;
		if ((int)i->if_index > last)
			last = (int)i->if_index;
	}
	if_freenameindex(all);
	if (!lo)
		attach(n, last + 1, "lo");
}

/* Twice, or its tables alone if it cannot be: 0, -1. */
static int
load_file(struct ctl_load *l)
{
	struct sim *world = sim_new(1);
	struct sim_node *fw = sim_node_new(world, "fw");
	struct program p;
	int rv;

	if (fw == NULL)
		errx(1, "no instance");
	program_start(&p, fw, (uint32_t)getpid());
	attach_ifaces(fw);
	if ((rv = load_rules(&p.dev, l)) == 0)
		rv = load_rules(&p.dev, l);
	else {
		l->what = LOAD_TABLE;
		load_rules(&p.dev, l);
	}
	program_end(&p);
	sim_free(world);
	return (rv);
}

int
main(int argc, char *argv[])
{
	struct ctl_load l;
	int i, rv;

	/* messages stand between the lines that say what they are about */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc;) {
		memset(&l, 0, sizeof(l));
		l.file = argv[i++];
		l.anchor = "";
		l.what = LOAD_ALL;
		l.optimize = PFCTL_OPT_FILE;
		l.quiet = true;
		while (i + 1 < argc && strcmp(argv[i], "-D") == 0) {
			if (load_define(&l, argv[i + 1]) == -1)
				return (1);
			i += 2;
		}
		printf("begin %s\n", l.file);
		rv = load_file(&l);
		printf("end %s %d\n", l.file, rv);
		free(l.defs);
	}
	return (0);
}
