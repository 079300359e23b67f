// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * refuse.c: what a file says that pf does not do yet.
 *
 * The language is read and printed whole, but a word that is loaded is obeyed: what cannot
 * be is refused here, with its place, before the kernel hears of the file.  What a single
 * rule has that the kernel does not know, the kernel refuses (load.c).  Owns nothing.  No
 * locking.  Stands on dev.c and on the language half (pfctl.h).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"

/* Names of the interfaces that are there, in order. */
struct ifaces {
	struct pf_dev	*dev;
	struct pfi_kif	*kif;
	size_t		 n;
	bool		 read;
};

static int
refuse(const struct pfctl_place *at, const char *what, const char *word)
{
	fprintf(stderr, "%s:%u: %s%s is not supported yet: nothing is "
	    "loaded\n", at->file, at->line, what, word);
	return (-1);
}

static int
kif_cmp(const void *va, const void *vb)
{
	const struct pfi_kif *a = va, *b = vb;

	return (strncmp(a->name, b->name, sizeof(a->name)));
}

static int
ifaces_read(struct ifaces *is)
{
	size_t i, n;

	if (pf_dev_ifaces(is->dev, "", &is->kif, &n) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		if (is->kif[i].present)
			is->kif[is->n++] = is->kif[i];
	if (is->n > 0)
		qsort(is->kif, is->n, sizeof(*is->kif), kif_cmp);
	is->read = true;
	return (0);
}

/*
 * Whether name, which no interface has, is that of a group: egress, or what several are
 * called before their numbers.  1, 0; -1: a message was written.
 */
static int
is_group(struct ifaces *is, const char *name)
{
	const size_t len = strlen(name);
	size_t low = 0, high, middle;
	const char *rest;
	bool driver = false;

	if (!is->read && ifaces_read(is) == -1)
		return (-1);
	for (high = is->n; low < high;) {
		middle = low + (high - low) / 2;
		if (strcmp(is->kif[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* a name stands before all that it begins */
	for (; low < is->n && strncmp(is->kif[low].name, name, len) == 0; low++) {
		rest = is->kif[low].name + len;
		if (rest[0] == '\0')
			return (0);
		if (!isdigit((unsigned char)name[len - 1]) &&
		    rest[strspn(rest, "0123456789")] == '\0')
			driver = true;
	}
	return (driver || strcmp(name, "egress") == 0);
}

static int
refuse_group(struct ifaces *is, const struct pfctl_place *at, const char *what,
    const char *name)
{
	const int group = name[0] != '\0' ? is_group(is, name) : 0;

	if (group == 1)
		fprintf(stderr, "%s:%u: %s %s: a group of interfaces is not "
		    "supported yet: nothing is loaded\n", at->file, at->line,
		    what, name);
	return (group == 0 ? 0 : -1);
}

static int
refuse_rule_groups(struct ifaces *is, const struct pfctl_ruleset *rs)
{
	const char *name, *before = "";
	struct pfctl_place at;
	uint32_t i;

	for (i = 0; i < rs->n; i++) {
		name = rs->rule[i]->rule.ifname;
		if (strcmp(name, before) == 0)
			continue;
		before = name;
		at.file = rs->rule[i]->file;
		at.line = rs->rule[i]->line;
		if (refuse_group(is, &at, "on", name) == -1)
			return (-1);
	}
	return (0);
}

static int
refuse_groups(struct ifaces *is, const struct pfctl *pf, bool options)
{
	const struct pfctl_options *o = &pf->set;
	uint32_t i, t;
	size_t k;

	for (k = 0; options && k < o->nskip; k++)
		if (refuse_group(is, &o->skip_at[k], "set skip on",
		    o->skip[k]) == -1)
			return (-1);
	if (options && o->ifname_given && refuse_group(is, &o->ifname_at,
	    "set loginterface", o->ifname) == -1)
		return (-1);
	for (i = 0; i < pf->nanchors; i++)
		for (t = 0; t < PF_RULESET_MAX; t++)
			if (refuse_rule_groups(is, &pf->anchors[i].rs[t]) == -1)
				return (-1);
	return (0);
}

static int
refuse_profile(const struct pfctl *pf)
{
	if (pf->set.optimize != PFCTL_OPT_PROFILE)
		return (0);
	if (pf->optimize == PFCTL_OPT_FILE)
		return (refuse(&pf->set.optimize_at, "set ruleset-optimization ",
		    "profile"));
	fprintf(stderr, "-o profile is not supported yet: nothing is loaded\n");
	return (-1);
}

/* What is taken and not obeyed, for once. */
static void
warn_unheeded(const struct pfctl *pf, bool options)
{
	const struct pfctl_options *o = &pf->set;

	if (pf->log_at.line != 0 &&
	    (pf->what & (PFCTL_LOAD_FILTER | PFCTL_LOAD_NAT)) != 0)
		fprintf(stderr, "%s:%u: warning: log: nothing is logged yet\n",
		    pf->log_at.file, pf->log_at.line);
	if (!options && o->at.line != 0)
		fprintf(stderr, "%s:%u: warning: set: options are not loaded "
		    "into an anchor\n", o->at.file, o->at.line);
}

int
refuse_unsupported(struct pf_dev *dev, const struct pfctl *pf, bool options)
{
	struct ifaces is = { .dev = dev };
	int rv = 0;
	size_t i;

	for (i = 0; i < pf->nlater; i++)
		rv = refuse(&pf->later[i].at, "", pf->later[i].word);
	if (refuse_profile(pf) == -1)
		rv = -1;
	if (rv == 0) {
		rv = refuse_groups(&is, pf, options);
		free(is.kif);
	}
	if (rv == 0)
		warn_unheeded(pf, options);
	return (rv);
}
