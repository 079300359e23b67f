/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans.h: transactions and the parts that they consist of, for the files of the
 * control floor.
 *
 * A transaction belongs to the client that began it.  It holds what is to come and
 * changes nothing before its commit.
 */
#ifndef _NET_PF_TRANS_H_
#define _NET_PF_TRANS_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_conf;

/*
 * The parts, in the order in which a commit goes through them.  A new one is a row here,
 * and a file of its own that defines pf_part_NAME: pf_trans_NAME.c.
 */
#define PF_TRANS_PARTS(ROW)						\
	ROW(RULES, rules)						\
	ROW(OPTIONS, options)						\
	ROW(SKIPS, skips)

#define PF_PART_NUMBER(NAME, name)	PF_PART_##NAME,
enum {	PF_TRANS_PARTS(PF_PART_NUMBER) PF_PARTS };

/*
 * What a transaction has in one anchor, or in the main ruleset: the elements that the
 * program has named, and what each part keeps of them.
 */
struct pf_trans_place {
	struct pf_rb_node node;			/* [c] by path */
	uint32_t	 has;			/* [c] bit per PF_TRANS_*: its elements */
	uint32_t	 seen;			/* [c] of use to pf_trans_check() */
	char		*path;			/* [i] "": the main ruleset; behind this */
	void		*part[PF_PARTS];	/* [i] place_size bytes each; behind this */
};

struct pf_trans {
	uint32_t	 ticket;		/* [i] not 0 */
	uint32_t	 n;			/* [c] elements */
	uint32_t	 has;			/* [c] bit per PF_TRANS_*, of all places */
	struct pf_rb_root places;		/* [c] owned */
	struct pf_conf	*conf;			/* [c] owned; NULL but during a commit */
	void		*part[PF_PARTS];	/* [i] size bytes each; behind this */
};

/*
 * A part: what a transaction does about one kind of thing.
 *
 * What it gathers it keeps in the transaction, in room that is all zero at first.  Its
 * functions are called for every transaction, whether or not that has elements of
 * the part's types, with ctl held; NULL: nothing to do.
 *
 *	begin	The transaction begins, with nothing in it.
 *	prepare	Makes all that the commit needs.  It may sleep and fail: errno, and then it
 *		has undone what it did.  It changes nothing that is in force.
 *	undo	Another part has failed to prepare.  Gives up what was prepared; what
 *		was gathered stays as it was, for the commit may be tried again.
 *	swap_in	Cannot fail.  Puts what was prepared into t->conf, which is a copy of the
 *		configuration in force and comes into force by one store behind the
 *		last part's swap_in; keeps what was replaced.  What does not belong
 *		to the configuration comes into force at once.
 *	finish	Cannot fail.  Nobody uses any longer what was replaced: frees it, and
 *		whatever else is left.
 *	abort	Instead of all that: gives up what was gathered.
 */
struct pf_trans_part {
	uint32_t	 types;			/* bit per PF_TRANS_*: elements that are its */
	bool		 in_anchors;		/* they may be in an anchor */
	size_t		 size, place_size;	/* room in a transaction, in each place */
	void		(*begin)(struct pf *, struct pf_trans *);
	int		(*prepare)(struct pf *, struct pf_trans *);
	void		(*undo)(struct pf *, struct pf_trans *);
	void		(*swap_in)(struct pf *, struct pf_trans *);
	void		(*finish)(struct pf *, struct pf_trans *);
	void		(*abort)(struct pf *, struct pf_trans *);
};

#define PF_PART_DECLARED(NAME, name)	extern const struct pf_trans_part pf_part_##name;
PF_TRANS_PARTS(PF_PART_DECLARED)

/*
 * pf_trans.c: the transaction, whatever its parts
 *
 * All here and below with ctl held; 0 or errno, and nothing has changed on error.
 */
/* Whether there may be such an element: PF_TRANS_*, and a path from a program, of
 * PF_ANCHOR_PATH_SIZE bytes.  EINVAL; EOPNOTSUPP: no part is for it. */
int	 pf_trans_element_ok(uint32_t type, const char *path);

/* From here on elements and paths are sound. */
struct pf_trans *pf_trans_begin(struct pf *);		/* with nothing in it; NULL: ENOMEM */
/* One more element; EINVAL: it is there already. */
int	 pf_trans_element(struct pf *, struct pf_trans *, uint32_t type, const char *path);
/* Ask for each of n elements whether it is in it, from number 0 on; then whether these
 * are all of them.  EINVAL: no. */
int	 pf_trans_check(struct pf_trans *, uint32_t i, uint32_t type, const char *path);
int	 pf_trans_check_all(const struct pf_trans *, uint32_t n);
void	 pf_trans_abort(struct pf *, struct pf_trans *);
int	 pf_trans_commit(struct pf *, struct pf_trans *);	/* frees it on success */
/* Whether there is a transaction, with an element of that type somewhere in it. */
bool	 pf_trans_has(const struct pf_trans *, uint32_t type);

/* For parts: the place of that path, or NULL; the first and the next, by path. */
struct pf_trans_place *pf_trans_place(struct pf_trans *, const char *path);
struct pf_trans_place *pf_trans_place_first(struct pf_trans *);
struct pf_trans_place *pf_trans_place_next(struct pf_trans_place *);
/* The array with room for one more than n things of that size: itself, or a larger copy that
 * takes its place.  NULL: no memory, and it is as it was. */
void	*pf_trans_room(struct pf *, void *array, uint32_t n, uint32_t *room, size_t size);

/*
 * pf_trans_rules.c: rules, and the anchors that they make
 */
/* A rule that stands in anchor `path' and calls another ("": it does not).  EBUSY: the
 * transaction does not have that ruleset; ENOSPC: too many anchors. */
int	 pf_trans_add_rule(struct pf *, struct pf_trans *, uint32_t ruleset,
	    const char *path, const char *call, const struct pf_rule *, uint32_t uid,
	    uint32_t pid);
/* An address for a pool of the next rule; E2BIG, ENOMEM.  And: forget them. */
int	 pf_trans_add_addr(struct pf *, struct pf_trans *, uint32_t which,
	    const struct pf_pooladdr *);
void	 pf_trans_no_addrs(struct pf_trans *);

/*
 * pf_trans_options.c: options
 *
 * What a transaction does not name is left as it is at its commit.
 */
void	 pf_trans_set_option(struct pf_trans *, unsigned int opt, uint32_t value,
	    uint32_t *old);
int	 pf_trans_set_logif(struct pf *, struct pf_trans *, const char *name); /* "": none */
/* The limit PF_LIMIT_* as the transaction sets it, or the one in force. */
uint32_t pf_trans_limit(struct pf *, const struct pf_trans *, unsigned int limit);

/*
 * pf_trans_skips.c: `set skip' of interfaces; part of the options for a program
 */
/* Set or clear it of one interface; name "": clear it of all.  E2BIG, ENOMEM. */
int	 pf_trans_skip(struct pf *, struct pf_trans *, const char *name, bool skip);

#endif /* _NET_PF_TRANS_H_ */
