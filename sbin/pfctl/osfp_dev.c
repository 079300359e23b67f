// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * osfp_dev.c: fingerprints of operating systems that a pf has.
 *
 * A pf has one list for all rules, and rules name systems by numbers of that list.  Owns
 * nothing beyond a call; the list that rules are shown with is made when it is needed, and is
 * the struct ctl_show's.  No locking.  Stands on dev.c and the language half.
 */
#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "pfctl.h"

struct osfp_db *
osfp_fetch(struct pf_dev *dev)
{
	struct osfp_db *db = osfp_new();
	struct pf_osfp_ioctl e;
	uint32_t i;
	int error = 0;

	for (i = 0; db != NULL && error == 0; i++) {
		memset(&e, 0, sizeof(e));
		e.getnum = i;
		error = dev->ioctl(dev, DIOCOSFPGET, &e);
		if (error == 0 && osfp_add(db, &e) == -1) {
			osfp_free(db);
			db = NULL;
		}
	}
	if (db == NULL) {
		warn(NULL);
		return (NULL);
	}
	/* a module without fingerprints has none */
	if (error == ENOENT || error == ENOTTY)
		return (db);
	warnx("DIOCOSFPGET: %s", pf_dev_strerror(error));
	osfp_free(db);
	return (NULL);
}

int
osfp_load(struct pf_dev *dev, const struct osfp_db *db)
{
	struct pf_osfp_ioctl e;
	size_t i, n = db != NULL ? osfp_count(db) : 0;
	int error;

	error = dev->ioctl(dev, DIOCOSFPFLUSH, NULL);
	if (error == ENOTTY && n == 0)
		return (0);
	for (i = 0; error == 0 && i < n; i++) {
		e = *osfp_entry(db, i);
		e.getnum = 0;
		error = dev->ioctl(dev, DIOCOSFPADD, &e);
	}
	if (error == 0)
		return (0);
	warnx("fingerprints: %s", pf_dev_strerror(error));
	return (-1);
}

int
osfp_load_default(struct pf_dev *dev)
{
	struct osfp_db *db = NULL;
	int rv;

	if (access(PFCTL_PF_OS, F_OK) == 0 &&
	    (db = osfp_read(PFCTL_PF_OS, stderr)) == NULL)
		warnx("%s: no fingerprints are loaded", PFCTL_PF_OS);
	rv = osfp_load(dev, db);
	osfp_free(db);
	return (rv);
}

const struct osfp_db *
osfp_shown(struct pf_dev *dev, struct ctl_show *sh)
{
	if (sh->osfp == NULL)
		sh->osfp = osfp_fetch(dev);
	return (sh->osfp);
}

/*
 * -s osfp
 */

/* A line of pf.os, as far as it describes packets. */
static void
print_metric(FILE *f, const char *word, unsigned int n, bool any, bool multiple)
{
	fputs(word, f);
	if (any)
		fputc('*', f);
	else
		fprintf(f, "%s%u", multiple ? "%" : "", n);
}

static void
print_option(FILE *f, const struct pf_osfp_ioctl *e, unsigned int code)
{
	switch (code) {
	case PF_OSFP_TCPOPT_NOP:
		fputc('N', f);
		break;
	case PF_OSFP_TCPOPT_SACK:
		fputc('S', f);
		break;
	case PF_OSFP_TCPOPT_TS:
		fputs((e->flags & PF_OSFP_TS0) != 0 ? "T0" : "T", f);
		break;
	case PF_OSFP_TCPOPT_MSS:
		print_metric(f, "M", e->mss, (e->flags & PF_OSFP_MSS_DC) != 0,
		    (e->flags & PF_OSFP_MSS_MOD) != 0);
		break;
	case PF_OSFP_TCPOPT_WSCALE:
		print_metric(f, "W", e->wscale,
		    (e->flags & PF_OSFP_WSCALE_DC) != 0,
		    (e->flags & PF_OSFP_WSCALE_MOD) != 0);
		break;
	default:
		fputc('?', f);
	}
}

static void
print_described(FILE *f, const struct pf_osfp_ioctl *e)
{
	unsigned int i, n = e->optcnt;

	if (n > PF_OSFP_MAX_OPTS)
		n = PF_OSFP_MAX_OPTS;
	print_metric(f, (e->flags & PF_OSFP_WSIZE_MSS) != 0 ? "S" :
	    (e->flags & PF_OSFP_WSIZE_MTU) != 0 ? "T" : "", e->wsize,
	    (e->flags & PF_OSFP_WSIZE_DC) != 0,
	    (e->flags & PF_OSFP_WSIZE_MOD) != 0);
	fprintf(f, ":%u:%d:", e->ttl, (e->flags & PF_OSFP_DF) != 0);
	print_metric(f, "", e->psize, (e->flags & PF_OSFP_PSIZE_DC) != 0,
	    (e->flags & PF_OSFP_PSIZE_MOD) != 0);
	fputs(n == 0 ? ":." : ":", f);
	for (i = 0; i < n; i++) {
		if (i > 0)
			fputc(',', f);
		print_option(f, e, e->tcpopts >>
		    (n - 1 - i) * PF_OSFP_TCPOPT_BITS &
		    ((1u << PF_OSFP_TCPOPT_BITS) - 1));
	}
}

/* The systems that rules can name, each once; a class, and a version of it, stand alone first. */
static void
print_systems(FILE *f, const struct osfp_db *db)
{
	const struct pf_osfp_ioctl *e;
	size_t i;
	int parts;

	fprintf(f, "%-15s %-15s %s\n", "Class", "Version", "Subtype");
	for (i = 0; i < osfp_count(db); i++) {
		e = osfp_entry(db, i);
		for (parts = 1; parts <= 3; parts++) {
			if (osfp_first(db, i, parts) != i)
				continue;
			/* nothing new is said */
			if ((parts == 2 && e->version_nm[0] == '\0') ||
			    (parts == 3 && e->subtype_nm[0] == '\0'))
				continue;
			if (parts == 1)
				fprintf(f, "%s\n", e->class_nm);
			else if (parts == 2)
				fprintf(f, "%-15s %s\n", e->class_nm,
				    e->version_nm);
			else
				fprintf(f, "%-15s %-15s %s\n", e->class_nm,
				    e->version_nm, e->subtype_nm);
		}
	}
}

int
show_osfp(struct pf_dev *dev, struct ctl_show *sh)
{
	const struct osfp_db *db = osfp_shown(dev, sh);
	const struct pf_osfp_ioctl *e;
	size_t i;

	if (db == NULL)
		return (-1);
	if (sh->all) {
		show_title(sh, "OS FINGERPRINTS:");
		fprintf(sh->out, "%zu fingerprints loaded\n", osfp_count(db));
		return (0);
	}
	if (sh->verbose == 0) {
		print_systems(sh->out, db);
		return (0);
	}
	for (i = 0; i < osfp_count(db); i++) {
		e = osfp_entry(db, i);
		print_described(sh->out, e);
		fprintf(sh->out, ":%s:%s:%s:\n", e->class_nm, e->version_nm,
		    e->subtype_nm);
	}
	return (0);
}
