/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ruleset.h: the part of pf_priv.h about what is in force and how it changes: the
 * anchors, the rulesets, the configuration, the transactions.
 *
 * Included by pf_priv.h, where it says what the marks of the members mean.
 */
#ifndef _NET_PF_RULESET_H_
#define _NET_PF_RULESET_H_

struct pf_conf;
struct pf_rules;
struct pf_trans;

/*
 * pf_anchor.c: the tree of anchors, and the index of their rulesets
 *
 * All with ctl held.
 */
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
/* What a rule of anchor `base' calls by `call': 0, EINVAL. */
int	 pf_anchor_resolve(const char *base, const char *call, char *path,
	    struct pf_anchor_call *);
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
/* That index is now in force. */
void	 pf_anchor_settle(struct pf *);
/* The rules in force of an anchor in force, or of the main ruleset; NULL: none. */
struct pf_rules *pf_anchor_rules(const struct pf_conf *, const struct pf_anchor *,
	    uint32_t ruleset);
void	 pf_anchor_init(struct pf *);
void	 pf_anchor_fini(struct pf *);

/*
 * pf_ruleset.c: rulesets and the configuration
 *
 * A pf_rules is a compiled ruleset: immutable, freed after a grace period.
 * All rulesets and options together are a pf_conf, one pointer in
 * the instance: a packet reads it once, so it never sees half of a commit.
 */
struct pf_rules {
	uint32_t	 n;
	uint32_t	 ticket;
	struct pf_krule	**rule;			/* [i] n of them */
	struct pf_match_ent *ent;		/* [i] n of them */
	struct pf_match_ent *ent_in;		/* [i] binat: as packets that come in see them */
	struct pf_anchor *anchor;		/* [i] where it stands, referenced; NULL: main */
};

/* Options of one word, by number: the members of pf_conf from timeout on, in order. */
#define PF_OPT_TIMEOUT	0			/* + PFTM_* */
#define PF_OPT_LIMIT	(PF_OPT_TIMEOUT + PFTM_MAX) /* + PF_LIMIT_* */
#define PF_OPT_DEBUG	(PF_OPT_LIMIT + PF_LIMIT_MAX)
#define PF_OPT_HOSTID	(PF_OPT_DEBUG + 1)
#define PF_OPT_MAX	(PF_OPT_HOSTID + 1)
#define PF_OPT_LOGIF	PF_OPT_MAX		/* more than a word */

struct pf_conf {
	struct pf_rules	*rules[PF_RULESET_MAX];	/* [i] main ruleset; never NULL */
	struct pf_anchor_index *anchors;	/* [i] NULL: none; owned by who replaces it */
	uint32_t	 timeout[PFTM_MAX];	/* [i] seconds; adaptive: states */
	uint32_t	 limit[PF_LIMIT_MAX];	/* [i] */
	uint32_t	 debug;			/* [i] */
	uint32_t	 hostid;		/* [i] network order */
	struct pf_kif	*logif;			/* [i] set loginterface; NULL: none */
	uint8_t		 chksum[PF_MD5_DIGEST_LENGTH]; /* [i] of the main ruleset */
	struct pf_rcu_head rcu;
};

/* A ruleset of n rules that stands in an anchor, NULL: in the main ruleset.  It takes over the
 * array and its references; NULL: no memory, and they are still the caller's. */
struct pf_rules *pf_rules_compile(struct pf *, struct pf_anchor *, struct pf_krule **,
	    uint32_t n, uint32_t ticket, bool binat);
/* Free what pf_rules_compile() made, and leave the rules to the caller.  NULL is fine here
 * and below. */
void	 pf_rules_strip(struct pf *, struct pf_rules *);
void	 pf_rules_free(struct pf *, struct pf_rules *);		/* all of it */
void	 pf_rules_put(struct pf *, struct pf_krule **, uint32_t n);	/* an array of rules */

/* A copy, to be changed and published; it has the rulesets in common.  NULL: no memory. */
struct pf_conf *pf_conf_copy(struct pf *, const struct pf_conf *);
void	 pf_conf_free(struct pf *, struct pf_conf *);		/* not the rulesets */
/* Give it rulesets, index and all options but those touched (bit per PF_OPT_*) that are in
 * force. */
void	 pf_conf_merge(struct pf *, struct pf_conf *, uint32_t touched);
/* Work out the checksum of the main ruleset. */
void	 pf_conf_digest(struct pf_conf *);
/* Put it in force; its predecessor is freed, and nobody uses it any longer. */
void	 pf_conf_publish(struct pf *, struct pf_conf *);

/*
 * Change an option: at once, or with the commit of the transaction if that has
 * options in it (t may be NULL).  What a transaction does not name is left as it
 * is at its commit.  ENOMEM.
 */
int	 pf_conf_set(struct pf *, struct pf_trans *, unsigned int opt, uint32_t value,
	    uint32_t *old);
int	 pf_conf_set_logif(struct pf *, struct pf_trans *, const char *name); /* "": none */
/* The number of the rule where rule nr's skip step for PF_SKIP_* leads. */
uint32_t pf_rules_skip(const struct pf_rules *, uint32_t nr, unsigned int);

int	 pf_ruleset_init(struct pf *);		/* ENOMEM; empty rulesets, default options */
void	 pf_ruleset_fini(struct pf *);

/*
 * pf_trans.c: transactions
 *
 * A transaction belongs to the client that began it.  It holds what is to come and
 * changes nothing before its commit.
 */
struct pf_trans_rules {
	struct pf_krule	**rule;			/* [c] gathered, referenced */
	uint32_t	 n, room;		/* [c] */
	struct pf_rules	*compiled;		/* [c] instead, once compiled */
};
/* What it has of one anchor, or of the main ruleset. */
struct pf_trans_anchor {
	struct pf_rb_node node;			/* [c] by path */
	struct pf_trans_rules rs[PF_RULESET_MAX];
	uint32_t	 has;			/* [c] bit per ruleset */
	uint32_t	 seen;			/* [c] of use to pf_trans_check() */
	struct pf_anchor *anchor;		/* [c] referenced; NULL: main, or no rules yet */
	char		 path[];		/* [i] */
};
struct pf_trans_skip {
	struct pf_kif	*kif;			/* referenced; NULL: all */
	bool		 skip;
};
struct pf_trans {
	uint32_t	 ticket;		/* [i] not 0 */
	uint32_t	 n;			/* [c] elements */
	struct pf_rb_root anchors;		/* [c] owned */
	struct pf_conf	*conf;			/* [c] options to come; NULL: not in it */
	uint32_t	 touched;		/* [c] bit per PF_OPT_*: of conf, what counts */
	bool		 seen_options;		/* [c] of use to pf_trans_check() */
	struct pf_pool_list gathered[PF_POOL_MAX]; /* [c] for the next rule */
	struct pf_trans_skip *skips;		/* [c] in order */
	uint32_t	 nskips, skips_room;	/* [c] */
};

/* All with ctl held; 0 or errno, and nothing has changed on error.  Paths are sound. */
struct pf_trans *pf_trans_begin(struct pf *);		/* with nothing in it; NULL: ENOMEM */
/* One more element, PF_TRANS_*; EINVAL: it is there already. */
int	 pf_trans_element(struct pf *, struct pf_trans *, uint32_t type, const char *path);
/* Ask for each of n elements whether it is in it, from number 0 on; then whether these
 * are all of them.  EINVAL: no. */
int	 pf_trans_check(struct pf_trans *, uint32_t i, uint32_t type, const char *path);
int	 pf_trans_check_all(const struct pf_trans *, uint32_t n);
void	 pf_trans_abort(struct pf *, struct pf_trans *);
int	 pf_trans_commit(struct pf *, struct pf_trans *);	/* frees it on success */
/* A rule that stands in anchor `path' and calls another ("": it does not).  EBUSY: the
 * transaction does not have that ruleset; ENOSPC: too many anchors. */
int	 pf_trans_add_rule(struct pf *, struct pf_trans *, uint32_t ruleset,
	    const char *path, const char *call, const struct pf_rule *, uint32_t uid,
	    uint32_t pid);
/* An address for a pool of the next rule; E2BIG, ENOMEM.  And: forget them. */
int	 pf_trans_add_addr(struct pf *, struct pf_trans *, uint32_t which,
	    const struct pf_pooladdr *);
void	 pf_trans_no_addrs(struct pf_trans *);
int	 pf_trans_skip(struct pf *, struct pf_trans *, const char *name, bool skip);

#endif /* _NET_PF_RULESET_H_ */
