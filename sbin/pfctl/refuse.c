// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * refuse.c: what a file says that pf does not do yet.
 *
 * The language is read and printed whole, but a word that is loaded is obeyed: what cannot
 * be is refused here, with its place, before the kernel hears of the file.  What a single
 * rule has that the kernel does not know, the kernel refuses (load.c).  Owns nothing.  No
 * locking.  Stands on the language half (pfctl.h).
 */
#include "ctl.h"
#include "pfctl.h"

static int
refuse(const struct pfctl_place *at, const char *what, const char *word)
{
	fprintf(stderr, "%s:%u: %s%s is not supported yet: nothing is "
	    "loaded\n", at->file, at->line, what, word);
	return (-1);
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

	if (!options && o->at.line != 0)
		fprintf(stderr, "%s:%u: warning: set: options are not loaded "
		    "into an anchor\n", o->at.file, o->at.line);
}

int
refuse_unsupported(const struct pfctl *pf, bool options)
{
	int rv = 0;
	size_t i;

	for (i = 0; i < pf->nlater; i++)
		rv = refuse(&pf->later[i].at, "", pf->later[i].word);
	if (refuse_profile(pf) == -1)
		rv = -1;
	if (rv == 0)
		warn_unheeded(pf, options);
	return (rv);
}
