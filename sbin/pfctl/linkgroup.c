// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * linkgroup.c: names of link groups.
 *
 * A device of Linux is in one link group (ip link set eth0 group 5), which has a number and
 * for people a name, that files of iproute2 give it.  The filter knows devices and their
 * numbers; of the names that a file of rules has for interfaces it is told here which are
 * those of link groups.  Owns nothing.  No locking.  Stands on dev.c and the language half.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"

/* What comes first counts; the group that all devices are in at first, 0, has no name. */
static const char *const files[] = {
	"/etc/iproute2/group", "/etc/iproute2/group.d/*.conf",
	"/usr/share/iproute2/group", "/usr/share/iproute2/group.d/*.conf",
};

struct link_group {
	char		 name[PF_IFNAMSIZ];
	uint32_t	 number;
	bool		 used;
};
struct link_groups {
	struct link_group *group;
	size_t		 n, room;
};

static struct link_group *
find(struct link_groups *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strncmp(l->group[i].name, name, PF_IFNAMSIZ) == 0)
			return (&l->group[i]);
	return (NULL);
}

static int
add(struct link_groups *l, const char *name, uint32_t number)
{
	struct link_group *grown;

	if (number == 0 || strlen(name) >= PF_IFNAMSIZ || find(l, name) != NULL)
		return (0);
	if (l->n == l->room) {
		l->room = l->room != 0 ? l->room * 2 : 16;
		grown = realloc(l->group, l->room * sizeof(*grown));
		if (grown == NULL)
			return (-1);
		l->group = grown;
	}
	memset(&l->group[l->n], 0, sizeof(l->group[0]));
	strcpy(l->group[l->n].name, name);
	l->group[l->n++].number = number;
	return (0);
}

/* Lines of a number and a name; # begins a comment. */
static int
read_file(struct link_groups *l, const char *path)
{
	char line[256], name[64], *end;
	unsigned long number;
	FILE *f = fopen(path, "re");
	int rv = 0;

	if (f == NULL)
		return (0);
	while (rv == 0 && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		errno = 0;
		number = strtoul(line, &end, 0);
		if (end != line && errno == 0 && number <= UINT32_MAX &&
		    sscanf(end, " %63s", name) == 1)
			rv = add(l, name, (uint32_t)number);
	}
	fclose(f);
	return (rv);
}

static int
read_files(struct link_groups *l)
{
	glob_t g;
	size_t i, k;
	int rv = 0;

	for (i = 0; i < sizeof(files) / sizeof(files[0]) && rv == 0; i++) {
		if (glob(files[i], 0, NULL, &g) != 0)
			continue;
		for (k = 0; k < g.gl_pathc && rv == 0; k++)
			rv = read_file(l, g.gl_pathv[k]);
		globfree(&g);
	}
	return (rv);
}

static void
use(struct link_groups *l, const char *name)
{
	struct link_group *g = find(l, name);

	if (g != NULL)
		g->used = true;
}

static void
use_addr(struct link_groups *l, const struct pf_addr_wrap *a)
{
	if (a->type == PF_ADDR_DYNIFTL)
		use(l, a->v.ifname);
}

static void
use_rules(struct link_groups *l, const struct pfctl_ruleset *rs)
{
	const struct pfctl_rule *r;
	uint32_t i, k, which;

	for (i = 0; i < rs->n; i++) {
		r = rs->rule[i];
		use(l, r->rule.ifname);
		use(l, r->rule.rcv_ifname);
		use_addr(l, &r->rule.src.addr);
		use_addr(l, &r->rule.dst.addr);
		for (which = 0; which < PF_POOL_MAX; which++)
			for (k = 0; k < r->pool[which].n; k++)
				use_addr(l, &r->pool[which].addr[k].addr);
	}
}

static void
use_all(struct link_groups *l, const struct pfctl *pf, bool options)
{
	uint32_t i, t;
	size_t k;

	for (k = 0; options && k < pf->set.nskip; k++)
		use(l, pf->set.skip[k]);
	if (options)
		use(l, pf->set.ifname);
	for (i = 0; i < pf->nanchors; i++)
		for (t = 0; t < PF_RULESET_MAX; t++)
			use_rules(l, &pf->anchors[i].rs[t]);
}

static int
tell(struct pf_dev *dev, unsigned long cmd, const char *name, uint32_t number)
{
	struct pfioc_iface io;
	int e;

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(struct pfi_kif);
	io.flags = PFI_IFLAG_LINKGROUP;
	io.size = number;
	strcpy(io.name, name);
	if ((e = dev->ioctl(dev, cmd, &io)) == 0)
		return (0);
	fprintf(stderr, "pfctl: link group %s: %s\n", name, pf_dev_strerror(e));
	return (-1);
}

int
load_linkgroups(struct pf_dev *dev, const struct pfctl *pf, bool options, bool merge)
{
	struct link_groups l = { NULL, 0, 0 };
	int rv = -1;
	size_t i;

	if (read_files(&l) == -1) {
		perror("pfctl");
		goto out;
	}
	use_all(&l, pf, options);
	/* names that were those of link groups and are so no longer */
	if (options && !merge && tell(dev, DIOCCLRIFFLAG, "", 0) == -1)
		goto out;
	for (i = 0; i < l.n; i++)
		if (l.group[i].used && tell(dev, DIOCSETIFFLAG, l.group[i].name,
		    l.group[i].number) == -1)
			goto out;
	rv = 0;
out:
	free(l.group);
	return (rv);
}
