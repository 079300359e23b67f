/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_match.h: the match loop, for every kind of ruleset
 *
 * What it owns.  Nothing; a pf_match is its caller's, on the stack, for one walk.
 * Locking.  None: in the RCU read side of a packet.
 * Place.  Third floor.
 *
 * Walks from the first rule; a rule that matches becomes the result; quick ends the
 * walk, and so does any match in a translation ruleset.  A rule that calls an anchor
 * never is the result: the walk goes on in the anchor and comes back, but for `quick'
 * on that rule and a match inside.  An anchor is not entered again from within itself,
 * nor beyond PF_ANCHOR_DEPTH of them inside one another; that is counted.
 * A rule that acts at once (`match') is no result either: the walk stops there and goes
 * on when the caller asks.
 * Evaluations are counted.  The result stays valid in the RCU read side.
 */
#ifndef _NET_PF_MATCH_H_
#define _NET_PF_MATCH_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf_conf;
struct pf_krule;
struct pf_match_ent;
struct pf_pdesc;
struct pf_rules;

/* A place in a ruleset. */
struct pf_match_cursor {
	const struct pf_match_ent *e, *end;
	const struct pf_match_ent *run;		/* evaluated from here on, and not counted yet */
	const struct pf_match_ent *acts;	/* where a scan has stopped for a rule that acts */
	struct pf_krule	*found;			/* the last that matched, of one scan */
};

/* A ruleset that waits: for the anchors that its rule number `at' calls. */
struct pf_match_frame {
	uint32_t	 slot;			/* whose ruleset it is */
	uint32_t	 at, run;		/* rules */
	uint32_t	 next;			/* anchor to go on with, then siblings; */
						/* PF_ANCHOR_NONE */
};

/* A walk, and what it has found so far.  Some 1,200 bytes. */
struct pf_match {
	struct pf_krule	*rule;			/* that decides; NULL: none */
	struct pf_krule	*anchor;		/* of the main ruleset, that led to it; NULL: */
						/* it is in the main ruleset itself */
	const struct pf_rules *ruleset;		/* where it stands; ->anchor has the name */

	/* private */
	const struct pf_conf *conf;
	const struct pf_pdesc *pd;
	struct pf_krule	*outer;			/* of the main ruleset, that we are in */
	struct pf_match_cursor c;
	uint32_t	 kind;			/* PF_RULESET_* */
	uint32_t	 slot;			/* of what is being looked at */
	uint32_t	 visits;		/* anchors asked */
	uint32_t	 depth;			/* frames */
	uint64_t	 inside;		/* bit i: a match since frame i waits */
	struct pf_match_frame stack[PF_ANCHOR_DEPTH];
};

/* Begin a walk over rules of a kind, PF_RULESET_*.  What m points to stays the caller's. */
void	 pf_match_begin(struct pf_match *m, const struct pf_conf *, uint32_t kind,
	    const struct pf_pdesc *);
/*
 * The next rule that matches and acts at once (`match'): the caller does what it says, also
 * to *pd, and the rules behind it see that.  NULL: there is none, the walk has ended and
 * m->rule decides.
 */
struct pf_krule *pf_match_next(struct pf_match *m);
/* No more of them are wanted: after pf_match_next() has returned one. */
void	 pf_match_stop(struct pf_match *m);
/* The whole walk, by who does nothing about rules that act at once. */
void	 pf_match_rules(struct pf_match *m, const struct pf_conf *, uint32_t kind,
	    const struct pf_pdesc *);

#endif /* _NET_PF_MATCH_H_ */
