/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * view.h: what an instance says of itself, before and after a packet (view.c).
 *
 * Life: from views_open(), after the rules are loaded, to views_close(); the rules must
 * stay as they are.  Not thread safe.
 */
#ifndef _PFSIM_VIEW_H_
#define _PFSIM_VIEW_H_

#include <stdio.h>

#include "fetch.h"

/* One ruleset, and the packets that each of its rules has counted. */
struct view_ruleset {
	char		 anchor[PF_ANCHOR_PATH_SIZE];
	uint32_t	 ruleset;		/* PF_RULESET_* */
	struct fetched	 rules;
	uint64_t	*before, *after;
};

struct views {
	struct pf_dev	*dev;
	struct view_ruleset *rs;
	size_t		 n;
	struct pf_status before, after;
	bool		 asked;			/* `after' is of the last packet */
};

/* Each ends the process with a message when the instance does not answer. */
void	 views_open(struct views *, struct pf_dev *);
void	 views_before(struct views *);
void	 views_after(struct views *);
void	 views_close(struct views *);

/* A rule that has counted a packet, and where it stands. */
struct view_rule {
	const struct view_ruleset *in;
	const struct fetched_rule *rule;
};
/* The filter rule, the innermost if it is in an anchor, and the rule that translates; rule
 * NULL: none has. */
struct view_rule views_filter(const struct views *);
struct view_rule views_translation(const struct views *);
/* The name of the reason that was counted, or NULL. */
const char *views_reason(const struct views *);

#endif /* _PFSIM_VIEW_H_ */
