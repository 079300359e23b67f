/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans.h: transactions, and the parts that a transaction consists of
 *
 * What it owns.  The transactions, and what these have gathered.
 * Life.  A transaction belongs to the client that began it.  It gathers rules
 * and options, and changes nothing that is in force until its commit.
 * Locking.  All functions need pf->ctl, except where it is said that they need
 * no lock: these work on a transaction that only the present request knows.
 * pf_instance.h explains the marks of members.
 * Place.  Fifth floor: only the files of the control floor use it.
 */
#ifndef _NET_PF_TRANS_H_
#define _NET_PF_TRANS_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"

struct pf;
struct pf_conf;
struct pf_kif;
struct pf_table_edit;

/*
 * The parts, in the order in which a commit goes through them.  A new part
 * takes a row here, and a file pf_trans_NAME.c that defines pf_part_NAME.
 */
#define PF_TRANS_PARTS(ROW)						\
	ROW(SKIPS, skips)						\
	ROW(RULES, rules)						\
	ROW(OPTIONS, options)						\
	ROW(OSFP, osfp)							\
	ROW(TABLES, tables)

#define PF_PART_NUMBER(NAME, name)	PF_PART_##NAME,
enum {	PF_TRANS_PARTS(PF_PART_NUMBER) PF_PARTS };

/*
 * What a transaction has gathered for one anchor, or for the main ruleset: the
 * elements that the program has named, and the data of each part.
 */
struct pf_trans_place {
	struct pf_rb_node node;			/* [c] by path */
	uint32_t	 has;			/* [c] elements: a bit for */
						/* each PF_TRANS_* */
	char		*path;			/* [i] "": the main ruleset */
	void		*part[PF_PARTS];	/* [i] data of the parts, */
						/* place_size bytes each */
};

struct pf_trans {
	uint32_t	 ticket;		/* [i] not 0; 0: only a list */
	uint32_t	 n;			/* [c] elements */
	uint32_t	 has;			/* [c] the bits of all places */
	struct pf_rb_root places;		/* [c] owned */
	/* [c] owned; the next configuration, during a commit; else NULL */
	struct pf_conf	*conf;
	void		*part[PF_PARTS];	/* [i] data of the parts, */
						/* size bytes each */
};

/*
 * A part: what a transaction does for one kind of thing, such as rules.
 *
 * A part keeps what it gathers in its data in the transaction and in the
 * places, which are all zero at first.  The functions of a part are called for
 * every transaction, even if the transaction has no elements of the part's
 * types, with pf->ctl held.  NULL: the part has nothing to do.
 *
 *	begin	The transaction begins, and is empty.
 *	prepare	Make everything that the commit needs.  This function may
 *		sleep.  It changes nothing that is in force.  It returns 0 or
 *		errno; if it fails, then it has undone what it did.
 *	undo	Another part has failed to prepare.  Free what was prepared;
 *		what was gathered stays, because the program may try the commit
 *		again.
 *	swap_in	Put what was prepared into t->conf, and keep what this replaces.
 *		t->conf is a copy of the configuration in force, and is itself
 *		put in force by one store after the swap_in of all parts.  What
 *		is not in the configuration comes into force at once.  This
 *		function cannot fail.
 *	finish	Nobody uses any longer what was replaced.  Free that, and all
 *		other data of the part.  This function cannot fail.
 *	abort	The transaction ends without a commit.  Free what was gathered.
 */
struct pf_trans_part {
	uint32_t	 types;			/* types of its elements: a */
						/* bit for each PF_TRANS_* */
	bool		 in_anchors;		/* its elements may be in */
						/* anchors */
	size_t		 size, place_size;	/* data in a transaction, in */
						/* each place */
	void		(*begin)(struct pf *, struct pf_trans *);
	int		(*prepare)(struct pf *, struct pf_trans *);
	void		(*undo)(struct pf *, struct pf_trans *);
	void		(*swap_in)(struct pf *, struct pf_trans *);
	void		(*finish)(struct pf *, struct pf_trans *);
	void		(*abort)(struct pf *, struct pf_trans *);
};

#define PF_PART_DECLARED(NAME, name)					\
	extern const struct pf_trans_part pf_part_##name;
PF_TRANS_PARTS(PF_PART_DECLARED)

/*
 * pf_trans.c: the transaction, without its parts
 *
 * Functions here and below that return int return 0 or errno; on error nothing
 * has changed.
 */
/*
 * Whether an element is sound: type is PF_TRANS_*, and path has
 * PF_ANCHOR_PATH_SIZE bytes.  EINVAL; EOPNOTSUPP: no part has elements of that
 * type.
 */
int	 pf_trans_element_ok(uint32_t type, const char *path);

/* For all functions below elements and paths have been checked. */
/* Make an empty transaction; NULL: no memory. */
struct pf_trans *pf_trans_begin(struct pf *);
/*
 * Make a transaction that only serves as a list of elements: it has no ticket
 * and never begins.  NULL: no memory.  The list is the caller's, who frees it
 * with pf_trans_list_free(); NULL is fine.  No lock.
 */
struct pf_trans *pf_trans_list(struct pf *);
void	 pf_trans_list_free(struct pf_trans *);
/* Add an element; EINVAL: the transaction has that element already.  No lock,
 * as long as no other request can find the transaction. */
int	 pf_trans_element(struct pf *, struct pf_trans *, uint32_t type,
	    const char *path);
/* Whether a list has just the elements of the transaction, in any order. */
bool	 pf_trans_same(struct pf_trans *, struct pf_trans *list);
void	 pf_trans_abort(struct pf *, struct pf_trans *);
/* Commit a transaction; frees it on success. */
int	 pf_trans_commit(struct pf *, struct pf_trans *);
/* Whether a transaction has an element of that type, in any place; NULL: no. */
bool	 pf_trans_has(const struct pf_trans *, uint32_t type);

/* For parts: the place of a path, or NULL; the first place, and the next one,
 * by path. */
struct pf_trans_place *pf_trans_place(struct pf_trans *, const char *path);
struct pf_trans_place *pf_trans_place_first(struct pf_trans *);
struct pf_trans_place *pf_trans_place_next(struct pf_trans_place *);
/*
 * Make room in an array of n things of that size for one more.  Returns the
 * array itself, or a larger copy, and has then freed the array.  NULL: no
 * memory, nothing has changed.
 */
void	*pf_trans_room(struct pf *, void *array, uint32_t n, uint32_t *room,
	    size_t size);

/*
 * pf_trans_rules.c: rules, and the anchors that rules make
 */
/*
 * Add a rule to the ruleset of anchor `path'.  call: the anchor that the rule
 * calls, or "".  EBUSY: the transaction does not have that ruleset; ENOSPC: too
 * many anchors.
 */
int	 pf_trans_add_rule(struct pf *, struct pf_trans *, uint32_t ruleset,
	    const char *path, const char *call, const struct pf_rule *,
	    uint32_t uid, uint32_t pid);
/* Add an address to a pool of the next rule (E2BIG, ENOMEM), or forget all of
 * these. */
int	 pf_trans_add_addr(struct pf *, struct pf_trans *, uint32_t which,
	    const struct pf_pooladdr *);
void	 pf_trans_no_addrs(struct pf_trans *);

/*
 * pf_trans_options.c: options
 *
 * The commit leaves an option as it is unless the transaction has set it.
 */
void	 pf_trans_set_option(struct pf_trans *, unsigned int opt,
	    uint32_t value, uint32_t *old);
/* name "": no interface. */
int	 pf_trans_set_logif(struct pf *, struct pf_trans *, const char *name);
/* An option PF_OPT_*, or the limit PF_LIMIT_*: what the transaction has set, else
 * what is in force. */
uint32_t pf_trans_option(struct pf *, const struct pf_trans *,
	    unsigned int opt);
static inline uint32_t
pf_trans_limit(struct pf *pf, const struct pf_trans *t, unsigned int limit)
{
	return (pf_trans_option(pf, t, PF_OPT_LIMIT + limit));
}

/*
 * pf_trans_skips.c: flags of interfaces, which a program sets with the options
 */
/* Set or clear PFI_IFLAG_SKIP or LINKGROUP (number: of the group) of one name;
 * name "": clear it of all.  E2BIG, ENOMEM. */
int	 pf_trans_ifflag(struct pf *, struct pf_trans *, const char *name,
	    uint32_t flag, uint32_t number, bool on);
/* The same at once; kif NULL: of all.  pf_if_bring() and pf_kif_apply_skip() are
 * left to do. */
void	 pf_trans_set_ifflag(struct pf *, struct pf_kif *, uint32_t flag,
	    uint32_t number, bool on);

/*
 * pf_trans_osfp.c: fingerprints of operating systems
 */
/* Forget what has been added so far; without more, the list will be empty. */
void	 pf_trans_osfp_flush(struct pf_trans *);
/* Add an entry, which is sound.  ENOSPC: PF_OSFP_ENTRIES_MAX; ENOMEM. */
int	 pf_trans_osfp_add(struct pf *, struct pf_trans *,
	    const struct pf_osfp_ioctl *);

/*
 * pf_trans_tables.c: tables
 */
/*
 * Define a table of anchor `path'.  flags: of PFR_TFLAG_USRMASK.  e: an edit with
 * the addresses of the table, which becomes the transaction's on success; NULL:
 * the table keeps those that it has.  EBUSY: the transaction does not have the
 * tables of that place; ENOSPC: a limit.
 */
int	 pf_trans_define_table(struct pf *, struct pf_trans *, const char *path,
	    const char *name, uint32_t flags, const struct pf_table_edit *e);

#endif /* _NET_PF_TRANS_H_ */
