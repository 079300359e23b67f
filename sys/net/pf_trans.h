/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans.h: transactions (pf_trans.c), for the files of the control floor.
 *
 * A transaction belongs to the client that began it.  It holds what is to come and
 * changes nothing before its commit.
 */
#ifndef _NET_PF_TRANS_H_
#define _NET_PF_TRANS_H_

#include "pf_priv.h"

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
	bool		 touched_logif;		/* [c] .. and its logif */
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
/* Whether there is one, with options in it: then they wait for its commit.  What it does not
 * name is left as it is at its commit. */
bool	 pf_trans_has_options(const struct pf_trans *);
void	 pf_trans_set_option(struct pf_trans *, unsigned int opt, uint32_t value,
	    uint32_t *old);
int	 pf_trans_set_logif(struct pf *, struct pf_trans *, const char *name); /* "": none */

#endif /* _NET_PF_TRANS_H_ */
