/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_anchor.h: the tree of anchors, and the index of their rulesets
 *
 * What it owns.  The pf_anchors: one lives while it is referenced.  An index is part of a
 * configuration (pf_conf.h), made and freed with it.
 * Locking.  All with ctl held.  Marks of members are explained in pf_instance.h.
 * Place.  Second floor.
 */
#ifndef _NET_PF_ANCHOR_H_
#define _NET_PF_ANCHOR_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_call_kind;
struct pf_conf;
struct pf_rules;

#define PF_ANCHOR_NONE	UINT32_MAX	/* no slot; the main ruleset */

struct pf_anchor {
	struct pf_rb_node node;			/* [c] of the parent's children, by name */
	struct pf_rb_root children;		/* [c] */
	struct pf_anchor *parent;		/* [i] referenced; NULL: the main ruleset */
	uint32_t	 refs;			/* [c] */
	uint32_t	 slot;			/* [i] in an index */
	bool		 fresh;			/* [c] the open transaction has made it */
	struct pf_anchor *last;			/* [c] of use to pf_anchor_index() */
	const char	*path;			/* [i] "a/b/c"; "": the main ruleset */
	const char	*name;			/* [i] its last part */
};

struct pf_anchors {
	struct pf_anchor main;			/* [c] */
	struct pf_anchor **by_slot;		/* [c] nslots of room */
	uint32_t	 nslots, room;		/* [c] */
	uint32_t	 free;			/* [c] none below is free */
	uint32_t	 n;			/* [c] anchors */
	bool		 changed;		/* [c] since the last index */
	struct pf_anchor *shown;		/* [c] the answer of pf_anchor_child() .. */
	uint32_t	 shown_nr;		/* [c] .. to this; NULL: forgotten */
};

/* Part of a configuration. */
struct pf_anchor_slot {
	struct pf_rules	*rules[PF_RULESET_MAX];	/* [i] NULL: empty */
	uint32_t	 child;			/* [i] slot of the first one below .. */
	uint32_t	 next;			/* [i] .. and of the one after this */
};
struct pf_anchor_index {
	uint32_t	 n;			/* [i] */
	uint32_t	 child;			/* [i] the first below the main ruleset */
	struct pf_anchor_slot slot[];		/* [i] */
};

/* Whether it names an anchor, "" the main ruleset: parts that may be one, not too many, no
 * slash too much.  path is PF_ANCHOR_PATH_SIZE bytes, as is that of pf_anchor_resolve(). */
bool	 pf_anchor_path_ok(const char *path);
/*
 * The path of the anchor that a rule of anchor `base' calls as `call', and the kind
 * of that call.  0, EINVAL.
 */
int	 pf_anchor_resolve(const char *base, const char *call, char *path,
	    struct pf_call_kind *);
/* The anchor of a sound path, made if need be, with a reference for the caller.  ENOMEM,
 * ENOSPC: there would be more than limit. */
int	 pf_anchor_get(struct pf *, const char *path, uint32_t limit, struct pf_anchor **);
void	 pf_anchor_ref(struct pf_anchor *);
void	 pf_anchor_put(struct pf *, struct pf_anchor *);	/* NULL is fine */
/* The anchor of a sound path; no reference taken.  NULL: there is none in force. */
struct pf_anchor *pf_anchor_find(struct pf *, const char *path);
/* Anchors right below: how many, and which in alphabetical order; NULL: nr is too large. */
uint32_t pf_anchor_children(struct pf_anchor *);
struct pf_anchor *pf_anchor_child(struct pf *, struct pf_anchor *, uint32_t nr);
/* An index of all anchors that there are, with the rules of the old one (NULL: none); NULL
 * if there are no anchors.  ENOMEM. */
int	 pf_anchor_index(struct pf *, const struct pf_anchor_index *old,
	    struct pf_anchor_index **);
/*
 * A commit has put the new index in force: the anchors that its transaction has made
 * are no longer fresh.
 */
void	 pf_anchor_commit(struct pf *);
/* The rules in force of an anchor in force, or of the main ruleset; NULL: none. */
struct pf_rules *pf_anchor_rules(const struct pf_conf *, const struct pf_anchor *,
	    uint32_t ruleset);
void	 pf_anchor_init(struct pf *);
void	 pf_anchor_fini(struct pf *);

#endif /* _NET_PF_ANCHOR_H_ */
