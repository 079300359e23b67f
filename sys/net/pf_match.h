/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_match.h: the match loop, for every kind of ruleset
 *
 * What it owns.  Nothing: the caller has the pf_match of a walk on its stack.
 * Life.  A pf_match is good for one walk.  What the walk finds stays valid
 * until the caller leaves its RCU read side.
 * Locking.  None: a walk runs in the RCU read side of a packet.
 * Place.  Third floor.
 *
 * A walk begins at the first rule of the main ruleset.  Each rule that matches
 * becomes the result, in place of the one before.  A match of a rule with
 * `quick' ends the walk, and so does any match in a translation ruleset.
 *
 * A rule that calls an anchor is never the result.  The walk goes on in the
 * ruleset of the anchor and then comes back to the rule behind the calling one;
 * it ends there instead if the calling rule has `quick' and a rule of the
 * anchor has matched.  The walk does not enter an anchor that it is already
 * inside of.
 *
 * A walk has limits: it cannot be inside of more than PF_ANCHOR_DEPTH anchors,
 * and it looks at about PF_WALK_MAX rules, since anchors can call each other so
 * often that one packet would keep a processor for seconds.  A walk that comes
 * to a limit fails.  That is counted as LCNT_ANCHORS, and the packet must be
 * dropped: the rules that the walk has not seen may block it.  The rules of the
 * main ruleset alone can be any number.
 *
 * A rule that acts at once (`match') is not the result either: the walk stops
 * behind it, and goes on when the caller asks for the next rule.
 *
 * A rule with `tag' gives the packet's description its tag as soon as it matches, also
 * a rule that another one overrules later.
 *
 * The walk counts the evaluations of every rule.
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
	const struct pf_match_ent *run;		/* rules from here to e have */
						/* been evaluated, but not */
						/* counted yet */
	const struct pf_match_ent *acts;	/* the `match' rule at which */
						/* the scan stopped, or any if `every'; .. */
						/* .. or NULL */
	struct pf_krule	*found;			/* last match of this scan */
	bool		 every;			/* the scan stops at all rules that match */
	uint64_t	 looked;		/* rules evaluated by all scans */
						/* of the walk, and anchors */
						/* passed by */
};

/* A ruleset that the walk has left for an anchor, and will come back to. */
struct pf_match_frame {
	uint32_t	 slot;		/* the anchor of this ruleset */
	uint32_t	 at;		/* number of the calling rule */
	uint32_t	 run;		/* pf_match_cursor.run, as number */
	/* the anchor to enter after the present one; PF_ANCHOR_NONE: none is
	 * left */
	uint32_t	 next;
};

/* A walk, and what it has found so far.  About 1,200 bytes. */
struct pf_match {
	struct pf_krule	*rule;		/* the rule that decides, or NULL */
	/* the rule of the main ruleset that led to the anchor of `rule'; NULL:
	 * `rule' is in the main one */
	struct pf_krule	*anchor;
	const struct pf_rules *ruleset;	/* the ruleset that `rule' is in */
	int		 why;		/* PFRES_*: the walk has failed; or */
					/* PF_GO */

	/* private */
	const struct pf_conf *conf;
	struct pf_pdesc	*pd;
	/* the rule of the main ruleset whose anchor the walk is in */
	struct pf_krule	*outer;
	struct pf_match_cursor c;
	uint32_t	 kind;		/* PF_RULESET_* */
	uint32_t	 slot;		/* the anchor that the walk is in */
	uint32_t	 depth;		/* frames in use */
	uint64_t	 inside;	/* bit i: a rule has matched since */
					/* frame i was made */
	struct pf_match_frame stack[PF_ANCHOR_DEPTH];
};

/* Begin a walk over the rules of one kind, PF_RULESET_*.  The walk only borrows
 * the configuration and the packet's description, of which it changes the tag. */
void	 pf_match_begin(struct pf_match *m, const struct pf_conf *,
	    uint32_t kind, struct pf_pdesc *);
/*
 * Walk on to the next rule that matches and acts at once (`match'), and return
 * that rule.  The caller does what the rule says and updates the packet's
 * description, which the rules behind it are compared with.  NULL: the walk has
 * ended, and m->rule decides; or it has failed, which m->why says.
 */
struct pf_krule *pf_match_next(struct pf_match *m);
/* From now on pf_match_next() returns every rule that matches, but those that call anchors;
 * which one decides does not change. */
void	 pf_match_every(struct pf_match *m);
/* The rule of the main ruleset that led to the one that pf_match_next() has returned; NULL: it is
 * in the main ruleset itself. */
struct pf_krule *pf_match_outer(const struct pf_match *m);
/* End a walk early, after pf_match_next() has returned a rule. */
void	 pf_match_stop(struct pf_match *m);
/* The whole walk at once, for a caller that ignores rules that act at once.
 * Returns m->why. */
int	 pf_match_rules(struct pf_match *m, const struct pf_conf *,
	    uint32_t kind, struct pf_pdesc *);

#endif /* _NET_PF_MATCH_H_ */
