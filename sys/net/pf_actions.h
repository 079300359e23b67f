/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_actions.h: what the rules that match a packet say, added up
 *
 * What it owns.  Nothing: a pf_actions is part of a struct pf_path.  A rule of
 * `match' is added when the walk over the rules comes to it.
 * Locking.  None: it is used in the RCU read side of a packet, in which the
 * rules that it points to stay valid.
 * Place.  Third floor.
 */
#ifndef _NET_PF_ACTIONS_H_
#define _NET_PF_ACTIONS_H_

#include "pf_host.h"
#include "pf_norm.h"

struct pf_krule;

#define PF_ACTIONS_RULES	64

struct pf_actions {
	struct pf_krule	*translates;	/* last rule that translated, or NULL */
	struct pf_krule	*tells;		/* `log (matches)': the rules behind it are */
					/* logged where it says; or NULL */
	uint8_t		 log;		/* PF_LOG_* of all rules */
	bool		 opts;		/* one allows options */
	uint8_t		 n;
	struct pf_norm	 norm;		/* what they set in headers */
	struct pf_krule	*rule[PF_ACTIONS_RULES]; /* n rules of `match' */
};

static inline void
pf_actions_init(struct pf_actions *a)
{
	a->translates = NULL;
	a->tells = NULL;
	a->log = 0;
	a->opts = false;
	a->n = 0;
	pf_norm_init(&a->norm);
}
/* Add a rule of `match'.  false: there are PF_ACTIONS_RULES already. */
bool	 pf_actions_match(struct pf_actions *, struct pf_krule *);

#endif /* _NET_PF_ACTIONS_H_ */
