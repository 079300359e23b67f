// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * load.c: a pf.conf into a pf, all of it or nothing.
 *
 * The file is read and checked to its end before the kernel hears of it; then everything
 * goes into one transaction.  What fails rolls it back.  A struct
 * pfctl lives for the time of one load_rules().  No locking.  Stands on
 * trans.c, on table_load.c and on the language half (pfctl.h).
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"
#include "progress.h"

_Static_assert(LOAD_OPTION == PFCTL_LOAD_OPTION &&
    LOAD_FILTER == PFCTL_LOAD_FILTER && LOAD_NAT == PFCTL_LOAD_NAT &&
    LOAD_ALTQ == PFCTL_LOAD_ALTQ && LOAD_TABLE == PFCTL_LOAD_TABLE &&
    LOAD_ALL == PFCTL_LOAD_ALL, "both halves mean the same");

int
load_define(struct ctl_load *l, char *def)
{
	char **p;

	p = reallocarray(l->defs, l->ndefs + 2, sizeof(*p));
	if (p == NULL) {
		warn(NULL);
		return (-1);
	}
	l->defs = p;
	l->defs[l->ndefs++] = def;
	l->defs[l->ndefs] = NULL;
	return (0);
}

/*
 * Options.  Unless merging, all that the file does not name are set to their defaults;
 * only the host id stays what it is.
 */

/* An option that failed: e is its errno. */
static int
option_error(const char *option, const char *name, int e)
{
	warnx("set %s%s%s: %s", option, name[0] ? " " : "", name,
	    pf_dev_strerror(e));
	return (-1);
}

static int
load_timeouts(struct pf_dev *dev, const struct pfctl_options *o, bool merge)
{
	struct pfioc_tm pt;
	bool scaled;
	int e, i;

	/* the adaptive values follow the limit unless they were named */
	scaled = o->limit_given[PF_LIMIT_STATES] &&
	    !o->timeout_given[PFTM_ADAPTIVE_START] &&
	    !o->timeout_given[PFTM_ADAPTIVE_END];
	for (i = 0; i < PFTM_MAX; i++) {
		if (merge && !o->timeout_given[i] && !(scaled &&
		    (i == PFTM_ADAPTIVE_START || i == PFTM_ADAPTIVE_END)))
			continue;
		memset(&pt, 0, sizeof(pt));
		pt.timeout = i;
		pt.seconds = o->timeout[i];
		if ((e = dev->ioctl(dev, DIOCSETTIMEOUT, &pt)) != 0)
			return (option_error("timeout", timeout_name(i), e));
	}
	return (0);
}

static int
load_limits(struct pf_dev *dev, const struct pfctl_options *o, bool merge)
{
	struct pfioc_limit pl;
	int e, i;

	for (i = 0; i < PF_LIMIT_MAX; i++) {
		if (merge && !o->limit_given[i])
			continue;
		memset(&pl, 0, sizeof(pl));
		pl.index = i;
		pl.limit = o->limit[i];
		e = dev->ioctl(dev, DIOCSETLIMIT, &pl);
		if (e == EPERM && !o->limit_given[i])
			continue;	/* less than the default is all it may */
		if (e == EPERM) {
			warnx("set limit %s %u: the host allows less here "
			    "(ns_limit_* in pf(4))", limit_name(i), o->limit[i]);
			return (-1);
		}
		if (e != 0)
			return (option_error("limit", limit_name(i), e));
	}
	return (0);
}

static int
load_skips(struct pf_dev *dev, const struct pfctl_options *o, bool merge)
{
	struct pfioc_iface io;
	size_t i;
	int e;

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(struct pfi_kif);
	io.flags = PFI_IFLAG_SKIP;
	if (!merge && (e = dev->ioctl(dev, DIOCCLRIFFLAG, &io)) != 0)
		return (option_error("skip", "", e));
	for (i = 0; i < o->nskip; i++) {
		memset(&io, 0, sizeof(io));
		io.esize = sizeof(struct pfi_kif);
		io.flags = PFI_IFLAG_SKIP;
		memcpy(io.name, o->skip[i], sizeof(io.name));
		if ((e = dev->ioctl(dev, DIOCSETIFFLAG, &io)) != 0)
			return (option_error("skip on", o->skip[i], e));
	}
	return (0);
}

static int
load_options(struct pf_dev *dev, const struct pfctl_options *o, bool merge)
{
	struct pfioc_if pi;
	struct pfioc_u32 v = { 0, 0 };
	int e;

	if (load_limits(dev, o, merge) == -1 ||
	    load_timeouts(dev, o, merge) == -1)
		return (-1);
	if (!merge || o->ifname_given) {
		memset(&pi, 0, sizeof(pi));
		memcpy(pi.ifname, o->ifname, sizeof(pi.ifname));
		if ((e = dev->ioctl(dev, DIOCSETSTATUSIF, &pi)) != 0)
			return (option_error("loginterface", o->ifname, e));
	}
	if (!merge || o->debug_given) {
		v.value = o->debug;
		if ((e = dev->ioctl(dev, DIOCSETDEBUG, &v)) != 0)
			return (option_error("debug", "", e));
	}
	if (!merge || o->reassemble_given) {
		v.value = ((o->reassemble & PFCTL_REASS_ON) != 0 ?
		    PF_REASS_ENABLED : 0) |
		    ((o->reassemble & PFCTL_REASS_NODF) != 0 ?
		    PF_REASS_NODF : 0);
		e = dev->ioctl(dev, DIOCSETREASS, &v);
		/* a pf without reassembly does not do it, unless told to */
		if (e != 0 && (e != ENOTTY || (v.value != 0 &&
		    o->reassemble_given)))
			return (option_error("reassemble", "", e));
	}
	if (!merge || o->keepcounters) {
		v.value = o->keepcounters;
		e = dev->ioctl(dev, DIOCKEEPCOUNTERS, &v);
		/* a pf that keeps none has nothing to be set back */
		if (e != 0 && (e != ENOTTY || v.value != 0))
			return (option_error("keepcounters", "", e));
	}
	if (o->hostid_given) {
		v.value = o->hostid;
		if ((e = dev->ioctl(dev, DIOCSETHOSTID, &v)) != 0)
			return (option_error("hostid", "", e));
	}
	return (load_skips(dev, o, merge));
}

/* The fingerprints are an option: those of a file, if it has been read already, the default ones
 * unless merging. */
static int
load_osfp(struct pf_dev *dev, const struct pfctl *pf, bool merge)
{
	if (pf->osfp_of_file)
		return (osfp_load(dev, pf->osfp));
	return (merge ? 0 : osfp_load_default(dev));
}

/* Rules that are loaded without their own fingerprints mean those that pf has. */
static int
names_of_systems(struct pf_dev *dev, const struct ctl_load *in, bool options,
    struct pfctl *pf)
{
	if (in->noaction || (options && !in->merge) ||
	    (in->what & (LOAD_FILTER | LOAD_NAT)) == 0)
		return (0);
	if ((pf->osfp = osfp_fetch(dev)) == NULL)
		return (-1);
	pf->osfp_given = !options;
	if (options && osfp_count(pf->osfp) == 0) {
		osfp_free(pf->osfp);
		pf->osfp = NULL;
	}
	return (0);
}

/*
 * Rules
 */

struct rule_loader {
	struct pf_dev		*dev;
	const struct trans	*trans;
	const struct pfctl	*pf;
	const char		*file;		/* of the rule */
	struct progress		*progress;
	uint32_t		 limit[PF_LIMIT_MAX]; /* that the file sets, or 0 */
	struct pfioc_rule	 pr;
	struct pfioc_pooladdr	 pp;
};

static int
anchors_error(const struct rule_loader *l, const struct pfctl_rule *r)
{
	uint64_t now, more;

	if (limit_in_force(l->dev, PF_LIMIT_ANCHORS, l->limit[PF_LIMIT_ANCHORS],
	    &now) == -1)
		return (-1);
	more = limit_for_more(now, 0);
	fprintf(stderr, "%s:%u: more than %llu anchors", l->file, r->line,
	    (unsigned long long)now);
	if (more != 0)
		fprintf(stderr, "; `set limit anchors %llu' in pf.conf allows more",
		    (unsigned long long)more);
	fprintf(stderr, "\n\t");
	return (0);
}

static int
rule_error(const struct rule_loader *l, const struct pfctl_rule *r,
    uint32_t ruleset, const char *what, int e)
{
	const struct pfctl_printer p = { .out = stderr, .names = l->pf->names,
	    .osfp = l->pf->osfp };
	const char *word;

	progress_end(l->progress);
	/* a module without pools does not even know how to take their addresses */
	if (e == EOPNOTSUPP || e == ENOTTY) {
		word = pfctl_later_word(r, ruleset);
		fprintf(stderr, "%s:%u: %s not supported yet by the pf "
		    "module: nothing is loaded\n\t", l->file, r->line,
		    word != NULL ? word : "rule");
	}
	else if (e == ENOSPC) {
		if (anchors_error(l, r) == -1)
			return (-1);
	}
	else if (e == EOVERFLOW)
		fprintf(stderr, "%s:%u: too many tags: mark_mask of the pf module "
		    "has no room for another\n\t", l->file, r->line);
	else
		fprintf(stderr, "%s:%u: %s: %s\n\t", l->file, r->line, what,
		    pf_dev_strerror(e));
	pfctl_print_rule(&p, &r->rule, r->pool, r->anchor_call);
	fprintf(stderr, "\n");
	return (-1);
}

static int
load_rule(struct rule_loader *l, const char *anchor, uint32_t ruleset,
    uint32_t ticket, const struct pfctl_rule *r)
{
	const struct pfctl_pool *pool;
	uint32_t i, which;
	bool begun = false;
	int e;

	for (which = 0; which < PF_POOL_MAX; which++) {
		pool = &r->pool[which];
		for (i = 0; i < pool->n; i++) {
			memset(&l->pp, 0, sizeof(l->pp));
			if (!begun && (e = l->dev->ioctl(l->dev,
			    DIOCBEGINADDRS, &l->pp)) != 0)
				return (rule_error(l, r, ruleset, "pool", e));
			begun = true;
			memset(&l->pp, 0, sizeof(l->pp));
			l->pp.ticket = ticket;
			l->pp.ruleset = ruleset;
			l->pp.which = which;
			l->pp.addr = pool->addr[i];
			strcpy(l->pp.anchor, anchor);
			e = l->dev->ioctl(l->dev, DIOCADDADDR, &l->pp);
			if (e != 0)
				return (rule_error(l, r, ruleset, "pool", e));
		}
	}
	memset(&l->pr, 0, sizeof(l->pr));
	l->pr.ticket = ticket;
	l->pr.ruleset = ruleset;
	strcpy(l->pr.anchor, anchor);
	if (r->anchor_call != NULL) {
		if (strlen(r->anchor_call) >= sizeof(l->pr.anchor_call))
			return (rule_error(l, r, ruleset, "anchor", ENAMETOOLONG));
		strcpy(l->pr.anchor_call, r->anchor_call);
	}
	l->pr.rule = r->rule;
	l->pr.rule.nr = 0;			/* the kernel counts */
	if ((e = l->dev->ioctl(l->dev, DIOCADDRULE, &l->pr)) != 0)
		return (rule_error(l, r, ruleset, "rule", e));
	return (0);
}

static int
load_anchor(struct rule_loader *l, const struct pfctl_anchor *a, int what)
{
	const struct pfctl_ruleset *rs;
	uint32_t i, n, ticket;

	for (i = 0; i < PF_RULESET_MAX; i++) {
		if (!(what & ruleset_what(i)))
			continue;
		rs = &a->rs[i];
		ticket = trans_ticket(l->trans, i, a->path);
		for (n = 0; n < rs->n; n++) {
			l->file = rs->rule[n]->file;
			if (load_rule(l, a->path, i, ticket, rs->rule[n]) == -1)
				return (-1);
			l->progress->rules++;
		}
	}
	return (0);
}

static uint64_t
count_rules(const struct pfctl *pf, int what)
{
	uint64_t n = 0;
	uint32_t i, k;

	for (i = 0; i < pf->nanchors; i++)
		for (k = 0; k < PF_RULESET_MAX; k++)
			if (what & ruleset_what(k))
				n += pf->anchors[i].rs[k].n;
	return (n);
}

/* Everything into a transaction that is open: 0, -1. */
static int
load_all(struct rule_loader *l, const struct ctl_load *in, bool options)
{
	const struct pfctl_options *o = &l->pf->set;
	uint32_t i;

	if (load_linkgroups(l->dev, l->pf, options, in->merge) == -1 ||
	    (options && (load_options(l->dev, o, in->merge) == -1 ||
	    load_osfp(l->dev, l->pf, in->merge) == -1)))
		return (-1);
	for (i = 0; i < PF_LIMIT_MAX; i++)
		l->limit[i] = options && (!in->merge || o->limit_given[i]) ?
		    o->limit[i] : 0;
	if (load_tables(l->dev, l->trans, l->pf, l->limit, l->progress) == -1)
		return (-1);
	for (i = 0; i < l->pf->nanchors; i++)
		if (load_anchor(l, &l->pf->anchors[i], in->what) == -1)
			return (-1);
	return (0);
}

static int
load_parsed(struct pf_dev *dev, const struct ctl_load *in,
    const struct pfctl *pf, bool options, struct progress *progress)
{
	struct rule_loader *l = NULL;
	struct trans t;
	uint32_t i;
	int rv = -1;

	if (refuse_unsupported(pf, options) == -1)
		return (-1);

	trans_init(&t, dev);
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		warn(NULL);
		goto out;
	}
	l->dev = dev;
	l->trans = &t;
	l->pf = pf;
	l->progress = progress;

	for (i = 0; i < pf->nanchors; i++)
		if (trans_add_rulesets(&t, pf->anchors[i].path, in->what) == -1 ||
		    trans_add_below(&t, pf->anchors[i].path, in->what, false) == -1)
			goto out;
	if (trans_add_tables(&t, pf, in->what) == -1 ||
	    (options && trans_add(&t, PF_TRANS_OPTIONS, "") == -1))
		goto out;
	if (t.n == 0) {
		rv = 0;			/* nothing was asked for */
		goto out;
	}
	if (trans_begin(&t) == -1)
		goto out;
	if (!in->quiet)
		progress_show(progress, count_rules(pf, in->what),
		    tables_size(pf));
	if (load_all(l, in, options) == -1)
		goto out;
	progress->committing = true;
	rv = trans_commit(&t);
out:
	trans_free(&t);
	progress_end(progress);
	free(l);
	return (rv);
}

int
load_rules(struct pf_dev *dev, struct ctl_load *in)
{
	/* options belong to the filter as a whole, not to an anchor */
	const bool options = (in->what & LOAD_OPTION) != 0 &&
	    in->anchor[0] == '\0';
	struct progress progress;
	struct pfctl pf;
	int rv = -1;

	progress_init(&progress);
	pfctl_init(&pf);
	pf.out = stdout;
	pf.err = stderr;
	pf.anchor = in->anchor;
	pf.defs = in->defs;
	pf.ndefs = in->ndefs;
	pf.what = in->what;
	pf.optimize = in->optimize;
	pf.verbose = in->verbose;
	pf.debug = in->debug;

	if (names_of_systems(dev, in, options, &pf) == -1) {
		pfctl_free(&pf);
		return (-1);
	}
	if (pfctl_parse(&pf, in->file) == -1) {
		if (!in->noaction)
			warnx("Syntax error in config file: pf rules not "
			    "loaded");
	} else if (fflush(stdout) == EOF)
		warn("stdout");
	else if (in->noaction)
		rv = 0;
	else
		rv = load_parsed(dev, in, &pf, options, &progress);
	pfctl_free(&pf);
	return (rv);
}
