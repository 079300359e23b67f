/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pfctl.h: what reading a pf.conf yields, and how rules become text.
 *
 * This is the boundary between the two halves of pfctl: the language (lex.c,
 * parse.y, tree.c, system.c, expand.c, check.c, host.c, queue.c, optimize.c,
 * later.c, osfp.c, print*.c), which never asks a kernel, and the part that talks to a pf
 * (ctl.h).
 * The language half is the library libpfctl.a, without main() and
 * without variables of its own.
 *
 * Life: the caller clears a struct pfctl with pfctl_init(), fills the
 * upper members, calls pfctl_parse(), uses the lower members, and ends with
 * pfctl_free(), which frees everything below the line.  Nothing is shared
 * between two such structs.  No locking: one thread uses one struct.  Nothing here
 * ends the process, but for want of memory: see pfctl_parse().
 */
#ifndef _PFCTL_PFCTL_H_
#define _PFCTL_PFCTL_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pfvar.h"

#ifndef PFCTL_PF_OS
#define PFCTL_PF_OS	"/etc/pf.os"	/* unless `set fingerprints' says else */
#endif

/* struct pfctl.what: kinds of statements that are wanted; others are
 * checked and forgotten.  The values are those of LOAD_* in ctl.h. */
#define PFCTL_LOAD_OPTION	0x01
#define PFCTL_LOAD_FILTER	0x02	/* scrub and filter rules */
#define PFCTL_LOAD_NAT		0x04
#define PFCTL_LOAD_ALTQ		0x08
#define PFCTL_LOAD_TABLE	0x10
#define PFCTL_LOAD_ALL		0x1f

/* A few lists in one rule multiply to more rules than any machine holds: struct
 * pfctl.rules_max unless the caller says otherwise.  Some 1 KB of memory each. */
#define PFCTL_RULES_MAX		1000000u

enum {	PFCTL_OPT_FILE,			/* as the file has it, or basic */
	PFCTL_OPT_NONE, PFCTL_OPT_BASIC, PFCTL_OPT_PROFILE };

struct names;				/* host.c */
struct osfp_db;				/* osfp.c */
struct parser;				/* parser.h */

/* Where a word of a file stands; line 0: nowhere.  Names of files live with struct pfctl. */
struct pfctl_place {
	const char	*file;
	uint32_t	 line;
};

/* A word of the language that pf does not know how to obey: loading is refused. */
struct pfctl_later {
	const char		*word;		/* a literal */
	struct pfctl_place	 at;		/* the first */
};

/* Addresses of one pool of a rule. */
struct pfctl_pool {
	struct pf_pooladdr	*addr;
	uint32_t		 n;
};

/*
 * A rule as DIOCADDRULE wants it.  rule.nr is its number in its ruleset.
 */
struct pfctl_rule {
	struct pf_rule		 rule;
	struct pfctl_pool	 pool[PF_POOL_MAX];
	const char		*anchor_call;	/* "": not an anchor */
	uint32_t		 block;		/* index of the inline anchor + 1; 0: none */
	uint32_t		 line;
	const char		*file;		/* lives with struct pfctl */
};

struct pfctl_ruleset {
	struct pfctl_rule	**rule;
	uint32_t		 n, room;
};

/*
 * Rulesets of one anchor.  struct pfctl.anchor[0] is the one that the file is for
 * (-a, or the main ruleset); others follow for inline anchors and `load anchor',
 * a parent before its children.
 */
struct pfctl_anchor {
	char			*path;		/* complete, "" for the main one */
	struct pfctl_ruleset	 rs[PF_RULESET_MAX];
	uint32_t		 next_unnamed;	/* last part of the next unnamed one */
	bool			 inl;		/* in braces in its parent */
	bool			 loaded;	/* by load anchor */
};

/* One address of a table: 8 bytes for IPv4, 20 for IPv6. */
struct pfctl_addr4 {
	uint32_t	addr;			/* network order */
	uint8_t		net, neg, pad[2];
};
struct pfctl_addr6 {
	uint8_t		addr[16];
	uint8_t		net, neg, pad[2];
};

struct pfctl_table {
	char			 name[PF_TABLE_NAME_SIZE];
	char			*anchor;	/* path */
	uint32_t		 flags;		/* PFR_TFLAG_PERSIST, CONST, COUNTERS */
	bool			 defined;	/* contents given, even if empty: replace */
	bool			 optimizer;	/* made by optimize.c */
	struct pfctl_addr4	*a4;
	struct pfctl_addr6	*a6;
	size_t			 n4, room4, n6, room6;
	uint32_t		 line;
};

/* Private: index.c. */
struct pfctl_index {
	struct pfctl_index_item *item;
	struct pfctl_index_bucket *bucket;
	uint32_t	 room, n;
};

/* What `set' said.  `given' members say which were named, `at' members where. */
struct pfctl_options {
	uint32_t	timeout[PFTM_MAX];	/* seconds, complete: defaults too */
	bool		timeout_given[PFTM_MAX];
	uint32_t	limit[PF_LIMIT_MAX];	/* complete */
	bool		limit_given[PF_LIMIT_MAX];
	char		ifname[PF_IFNAMSIZ];	/* loginterface; "" none */
	char		(*skip)[PF_IFNAMSIZ];	/* set skip on */
	struct pfctl_place *skip_at;		/* of each */
	size_t		nskip;
	uint32_t	debug;			/* PF_DEBUG_* */
	uint32_t	hostid;			/* network order */
	bool		ifname_given, debug_given, hostid_given;
	bool		reassemble_given;
	uint8_t		reassemble;		/* PFCTL_REASS_* */
	bool		keepcounters;
	int		optimize;		/* PFCTL_OPT_* in force */
	char		*fingerprints;		/* the file named, or NULL */
	struct pfctl_place at;			/* the first that is for pf as a whole */
	struct pfctl_place ifname_at, optimize_at;
};
#define PFCTL_REASS_ON		0x01
#define PFCTL_REASS_NODF	0x02

struct pfctl {
	/* filled by the caller after pfctl_init() */
	FILE		*out;		/* for verbose > 0; stdout */
	FILE		*err;		/* stderr */
	const char	*anchor;	/* -a, "" */
	char		*const *defs;	/* -D "macro=value" */
	size_t		 ndefs;
	int		 what;		/* PFCTL_LOAD_* */
	int		 optimize;	/* PFCTL_OPT_*, -o */
	int		 verbose;	/* print what is read: 0, 1, 2 (with numbers) */
	bool		 debug;		/* -g */
	bool		 osfp_given;	/* see osfp */
	bool		 trusted_only;	/* refuse files others can write to */
	uint32_t	 rules_max;	/* more rules, with the addresses of their pools, */
					/* than this are refused */

	/* the result */
	int		 errors;	/* messages written */
	struct pfctl_anchor *anchors;
	uint32_t	 nanchors;
	uint32_t	 nexpanded;	/* combinations tried, with the addresses of */
					/* their pools: at most rules_max */
	struct pfctl_options set;
	struct pfctl_table **tables;
	size_t		 ntables;
	struct pf_altq	*altq;		/* classic and modern queues, parents first */
	size_t		 naltq;
	bool		 altq_given;	/* the file speaks of queues */
	/* The names of systems.  The caller may have set it to what a pf has: a file is read
	 * if it is NULL and a rule names a system, or if the file of rules says which; this
	 * one does not if osfp_given. */
	struct osfp_db	*osfp;
	bool		 osfp_of_file;	/* it has been read from a file */
	struct pfctl_later *later;	/* what the file has that cannot be loaded */
	size_t		 nlater;
	struct names	*names;		/* services, protocols, interfaces: cached */

	struct parser	*parser;	/* private, while parsing */
	char		**files;	/* private: names, for struct pfctl_place */
	size_t		 nfiles;
	bool		 osfp_used;	/* private: a rule has a number of osfp */
	struct pfctl_index anchor_index; /* private: by path */
	struct pfctl_index table_index;	/* private: by name */
	struct pfctl_index altq_index;	/* private: by qname */
	uint64_t	*altq_promised;	/* private: of each queue to its children */
	size_t		 altq_room;	/* private: of both arrays */
	uint32_t	 altq_qid;	/* private: the highest given */
};

void	 pfctl_init(struct pfctl *);
/*
 * Read file ("-": standard input) and what it includes and loads, check, expand and
 * optimize it, and print it to out as verbose says: 0, or -1 when errors were written
 * to err as `file:line: message'.  Want of memory ends the process by err(3),
 * nothing having been changed.
 */
int	 pfctl_parse(struct pfctl *, const char *file);
/* The same from memory; name is for messages. */
int	 pfctl_parse_buf(struct pfctl *, const char *buf, size_t len,
	    const char *name);
void	 pfctl_free(struct pfctl *);

/*
 * Rules as text.  All they need is in the arguments: the same call prints a rule of
 * the file and one that the kernel gave (with its pools and the anchor it calls).
 */
#define PFCTL_PRINT_NR		0x01	/* @number before it */
#define PFCTL_PRINT_DEBUG	0x02	/* table sizes, addresses of interfaces */
#define PFCTL_PRINT_NUMERIC	0x04	/* ports as numbers */

struct pfctl_printer {
	FILE		*out;
	struct names	*names;		/* pfctl_names_new() or struct pfctl's */
	const struct osfp_db *osfp;	/* NULL: numbers for os */
	int		 flags;		/* PFCTL_PRINT_* */
};

/* No newline; a caller who shows the contents of an anchor adds " {". */
void	 pfctl_print_rule(const struct pfctl_printer *, const struct pf_rule *,
	    const struct pfctl_pool pool[PF_POOL_MAX], const char *anchor_call);
/* A word of the rule, which belongs in that ruleset, that stands for a feature which does not
 * exist yet; NULL: there is none that this program knows of. */
const char *pfctl_later_word(const struct pfctl_rule *, uint32_t ruleset);
/* One address as rules, tables and states show it; af may be 0 for what has none. */
void	 pfctl_print_addr(const struct pfctl_printer *,
	    const struct pf_addr_wrap *, uint8_t af);
/* One altq definition with newline; level: depth below the interface. */
void	 pfctl_print_altq(FILE *, const struct pf_altq *);
void	 pfctl_print_queue(FILE *, const struct pf_altq *, unsigned int level,
	    const char *const *children, size_t nchildren, bool print_if);

/* Whether an interface has this name, or one of this driver's. */
bool	 pfctl_iface_is(const char *name, const char *real);
struct names *pfctl_names_new(void);	/* NULL: no memory */
void	 pfctl_names_free(struct names *);

/*
 * Addresses for tables from the command line or a file of one per line (comments
 * with #): added to t; -1 when some could not be understood, with a message.
 */
int	 pfctl_table_add(struct pfctl *, struct pfctl_table *, const char *word);
int	 pfctl_table_file(struct pfctl *, struct pfctl_table *, const char *file);
void	 pfctl_table_clear(struct pfctl_table *);
/* Entries first .. first + n - 1 (IPv4 ones first) as the ioctls have them; how many. */
size_t	 pfctl_table_get(const struct pfctl_table *, size_t first,
	    struct pfr_addr *, size_t n);

/* The path of the anchor that a rule of the anchor with path `base' calls as `name',
 * into path.  *wild: it ends in a star, and all below are called.  false: no anchor
 * is called so. */
bool	 pfctl_anchor_path(char path[PF_ANCHOR_PATH_SIZE], const char *base,
	    const char *name, bool *wild);

/* pf.os */
/* A file, or what can be read from a stream and is called name in messages: NULL: a
 * message was written to errs. */
struct osfp_db *osfp_read(const char *file, FILE *errs);
struct osfp_db *osfp_parse(FILE *, const char *name, FILE *errs);
void	 osfp_free(struct osfp_db *);
size_t	 osfp_count(const struct osfp_db *);
const struct pf_osfp_ioctl *osfp_entry(const struct osfp_db *, size_t);
/* The first entry with the class of entry i (parts 1), class and version (2), or all (3). */
size_t	 osfp_first(const struct osfp_db *, size_t i, int parts);
/* The number of a rule for "class version subtype" words; 0: no such. */
uint32_t osfp_number(const struct osfp_db *, const char *name);
/* Its name into buf; false: not in this db, buf then has a number. */
bool	 osfp_name(const struct osfp_db *, uint32_t, char *buf, size_t len);
/* Add one entry that a kernel gave: 0 or -1. */
struct osfp_db *osfp_new(void);
int	 osfp_add(struct osfp_db *, const struct pf_osfp_ioctl *);

#endif /* _PFCTL_PFCTL_H_ */
