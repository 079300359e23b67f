/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_actions.h: what the rules that match a packet say, added up
 *
 * What it owns.  Nothing; a pf_actions is part of a struct pf_path.  A rule of `match' adds
 * what it says when it is met; the rule that decides adds its own at the end.
 * Locking.  None: in the RCU read side of a packet, in which its rules stay valid.
 * Place.  Third floor.
 */
#ifndef _NET_PF_ACTIONS_H_
#define _NET_PF_ACTIONS_H_

#include "pf_host.h"

struct pf_krule;

#define PF_ACTIONS_RULES	64

struct pf_actions {
	struct pf_krule	*translates;		/* the last that did; NULL: none */
	uint8_t		 log;			/* PF_LOG_* of all */
	uint8_t		 n;
	struct pf_krule	*rule[PF_ACTIONS_RULES]; /* n: those of `match' */
};

static inline void
pf_actions_init(struct pf_actions *a)
{
	a->translates = NULL;
	a->log = 0;
	a->n = 0;
}
/* One more rule of `match'.  false: there have been too many of them. */
bool	 pf_actions_match(struct pf_actions *, struct pf_krule *);

#endif /* _NET_PF_ACTIONS_H_ */
