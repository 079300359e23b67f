/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_anchor.h: the tree of anchors, and the index of their rulesets
 *
 * What it owns.  The tree of pf_anchors.
 * Life.  An anchor lives as long as it is referenced.  An index is part of the
 * configuration (pf_conf.h); the transaction that replaces an index frees the
 * old one.
 * Locking.  All functions need pf->ctl.  pf_instance.h explains the marks of
 * members.
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
	struct pf_rb_node node;		/* [c] in parent->children, by name */
	struct pf_rb_root children;	/* [c] */
	struct pf_anchor *parent;	/* [i] referenced; NULL: this is the */
					/* main ruleset */
	uint32_t	 refs;		/* [c] */
	uint32_t	 slot;		/* [i] its number in an index */
	/* [c] made by the open transaction, not committed yet */
	bool		 fresh;
	struct pf_anchor *last;		/* [c] scratch of pf_anchor_index() */
	const char	*path;		/* [i] "a/b/c"; "": the main ruleset */
	const char	*name;		/* [i] the last part of the path */
};

struct pf_anchors {
	struct pf_anchor main;		/* [c] */
	/* [c] owned: nslots in use, room for `room'; NULL: slot is free */
	struct pf_anchor **by_slot;
	uint32_t	 nslots, room;	/* [c] */
	uint32_t	 free;		/* [c] no slot below this is free */
	uint32_t	 n;		/* [c] anchors */
	bool		 changed;	/* [c] anchors were made or freed */
					/* since the last index */
	struct pf_anchor *shown;	/* [c] pf_anchor_child()'s last */
					/* answer */
	uint32_t	 shown_nr;	/* [c] the nr that it was asked for */
};

/* What packets see of an anchor: its rulesets, and the way to its children. */
struct pf_anchor_slot {
	struct pf_rules	*rules[PF_RULESET_MAX];	/* [i] NULL: empty */
	uint32_t	 child;			/* [i] the first child's slot */
	uint32_t	 next;			/* [i] next sibling's slot */
};
/* The index: all slots, and the first child of the main ruleset. */
struct pf_anchor_index {
	uint32_t	 n;		/* [i] slots */
	uint32_t	 child;		/* [i] slot of the first child */
	struct pf_anchor_slot slot[];	/* [i] */
};

/* anchor_path_ok() and anchor_resolve() of pf_anchor_path.h. */
bool	 pf_anchor_path_ok(const char *path);
int	 pf_anchor_resolve(const char *base, const char *call, char *path,
	    struct pf_call_kind *);
/*
 * The anchor of a sound path, with a reference for the caller; the anchor and
 * those above it are made if they do not exist.  ENOMEM; ENOSPC: there would be
 * more than `limit'.
 */
int	 pf_anchor_get(struct pf *, const char *path, uint32_t limit,
	    struct pf_anchor **);
void	 pf_anchor_ref(struct pf_anchor *);
/* Drop a reference; NULL is fine. */
void	 pf_anchor_put(struct pf *, struct pf_anchor *);
/* The anchor of a sound path, without a reference.  NULL: no such anchor, or a
 * fresh one. */
struct pf_anchor *pf_anchor_find(struct pf *, const char *path);
/* The number of an anchor's children that are not fresh, and the child number
 * nr of these in alphabetical order; NULL: nr is too large. */
uint32_t pf_anchor_children(struct pf_anchor *);
struct pf_anchor *pf_anchor_child(struct pf *, struct pf_anchor *, uint32_t nr);
/*
 * Make an index of all anchors that exist, with the rulesets of the old index
 * (NULL: there is no old one).  The result is NULL if there are no anchors.
 * ENOMEM.
 */
int	 pf_anchor_index(struct pf *, const struct pf_anchor_index *old,
	    struct pf_anchor_index **);
/*
 * A commit has put the new index in force: the anchors that its transaction has
 * made are no longer fresh.
 */
void	 pf_anchor_commit(struct pf *);
/* The ruleset in force of an anchor or of the main ruleset; NULL: none. */
struct pf_rules *pf_anchor_rules(const struct pf_conf *,
	    const struct pf_anchor *, uint32_t ruleset);
void	 pf_anchor_init(struct pf *);
void	 pf_anchor_fini(struct pf *);

#endif /* _NET_PF_ANCHOR_H_ */
