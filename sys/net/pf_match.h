/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_match.h: the match loop, for every kind of ruleset
 *
 * What it owns.  Nothing; a pf_match is its caller's, on the stack.
 * Locking.  None: in the RCU read side of a packet.
 * Place.  Third floor.
 *
 * Walks from the first rule; a rule that matches becomes the result; quick ends the
 * walk, and so does any match in a translation ruleset.  A rule that calls an anchor
 * never is the result: the walk goes on in the anchor and comes back, but for `quick'
 * on that rule and a match inside.  An anchor is not entered again from within itself,
 * nor beyond PF_ANCHOR_DEPTH of them inside one another; that is counted.
 * Evaluations are counted.  The result stays valid in the RCU read side.
 */
#ifndef _NET_PF_MATCH_H_
#define _NET_PF_MATCH_H_

#include "pf_host.h"

struct pf_conf;
struct pf_krule;
struct pf_pdesc;
struct pf_rules;

struct pf_match {
	struct pf_krule	*rule;			/* that decides; NULL: none */
	struct pf_krule	*anchor;		/* of the main ruleset, that led to it; NULL: */
						/* it is in the main ruleset itself */
	const struct pf_rules *ruleset;		/* where it stands; ->anchor has the name */
};
void	 pf_match_rules(const struct pf_conf *, uint32_t ruleset, const struct pf_pdesc *,
	    struct pf_match *);

#endif /* _NET_PF_MATCH_H_ */
