/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * ctl.h: the half of pfctl that talks to a pf: device, show, states, tables, load.
 *
 * The other half (pfctl.h) reads pf.conf and writes rules as text; it never
 * asks a kernel.  Here every request goes through one function pointer, so that
 * the same code drives /dev/pf, or an instance that lives in the same process.
 *
 * Life: a struct pf_dev belongs to its user, who opens and closes it; nothing here
 * keeps a pointer to one.  Not thread safe.  No function here ends
 * the process: they write what is wrong to standard error, in the manner of
 * warn(3), and return -1.
 */
#ifndef _PFCTL_CTL_H_
#define _PFCTL_CTL_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pfvar.h"

#define PF_DEVICE	"/dev/pf"

struct names;				/* pfctl.h */
struct osfp_db;
struct pfctl;

struct pf_dev {
	/* Carries out cmd (pfvar.h): 0, or a positive errno. */
	int	 (*ioctl)(struct pf_dev *, unsigned long cmd, void *arg);
	void	*priv;			/* of an ioctl function that needs it */
	int	 fd;			/* -1: none */
	const char *path;
	unsigned int busy_ms;		/* how long to wait for others' loads */
};

/* How to show things, and what. */
struct ctl_show {
	FILE	*out;
	int	 verbose;		/* 0, 1 (-v), 2 (-vv) */
	bool	 debug;			/* -g */
	bool	 all;			/* -s all: with titles */
	bool	 resolve;		/* -r: names for addresses */
	bool	 quiet;			/* -q */
	bool	 clear;			/* -z: set counters to 0 as they are read */
	const char *title;		/* the last heading written, or NULL */
	const char *ifname;		/* -i, or "" */
	const char *anchor;		/* -a without its wildcard, or "" */
	bool	 recurse;		/* -a name/[*] */
	struct names *names;		/* of services, for rules */
	struct osfp_db *osfp;		/* osfp_shown(); to be freed */
};

/* dev.c */
int	 pf_dev_open(struct pf_dev *, const char *path, bool readonly);
void	 pf_dev_close(struct pf_dev *);
/* A request that must not fail: 0, or -1 with a message that begins with the
 * name of the request. */
int	 pf_dev_do(struct pf_dev *, unsigned long cmd, const char *name, void *arg);
#define PF_DO(dev, cmd, arg)	pf_dev_do((dev), (cmd), #cmd, (arg))
/* What errno e of a request means, and what to do about it. */
const char *pf_dev_strerror(int e);
/* All states (iface "": of every interface); *n of them, to be freed. */
int	 pf_dev_states(struct pf_dev *, struct pfsync_state **, size_t *n);
/* The same of sources. */
int	 pf_dev_sources(struct pf_dev *, struct pf_src_node **, size_t *n);
/* All interfaces named so ("": all); *n of them, to be freed. */
int	 pf_dev_ifaces(struct pf_dev *, const char *name, struct pfi_kif **,
	    size_t *n);
/* What the anchors right below `path' are called: *n names, to be freed: 0, or an errno;
 * names change while they are asked for, and those are what there was at some time. */
int	 pf_dev_anchors(struct pf_dev *, const char *path,
	    char (**names)[PF_ANCHOR_NAME_SIZE], uint32_t *n);

/* show.c: each prints one thing: 0, or -1 */
void	 show_title(struct ctl_show *, const char *);
int	 show_status(struct pf_dev *, struct ctl_show *);
int	 show_timeouts(struct pf_dev *, struct ctl_show *);
int	 show_limits(struct pf_dev *, struct ctl_show *);
int	 show_ifaces(struct pf_dev *, struct ctl_show *);
void	 print_status(struct ctl_show *, const struct pf_status *, int64_t now);
void	 print_iface(struct ctl_show *, const struct pfi_kif *);
/* Names of PFTM_* and PF_LIMIT_*, as in `set timeout', `set limit'. */
const char *timeout_name(int);
const char *limit_name(int);
/* limit.c, for messages: the PF_LIMIT_* that is in force: what the file has said, if that is
 * not 0, or the kernel's.  0, or -1 after a message. */
int	 limit_in_force(struct pf_dev *, int limit, uint32_t said, uint64_t *value);
/* A round number above the limit that has room for so many, or 0: none may be higher. */
uint64_t limit_for_more(uint64_t now, uint64_t want);
const char *debug_name(unsigned int level);	/* as `set debug' has it, or NULL */
/* Rows of the counters of interfaces and tables. */
void	 print_cleared(FILE *, int64_t since);
void	 print_traffic(FILE *, const char *row, uint64_t packets, uint64_t bytes);

/* show_rules.c */
int	 show_rules(struct pf_dev *, struct ctl_show *);
int	 show_nat(struct pf_dev *, struct ctl_show *);
int	 show_labels(struct pf_dev *, struct ctl_show *);
int	 show_anchors(struct pf_dev *, struct ctl_show *);

/* state.c */
int	 show_states(struct pf_dev *, struct ctl_show *);
void	 print_state(struct ctl_show *, const struct pfsync_state *);
/* What the name service calls an address: false: nothing. */
bool	 addr_name(const struct pf_addr *, uint8_t af, char *name, size_t size);
int	 flush_states(struct pf_dev *, const char *ifname, bool quiet);
int	 kill_states(struct pf_dev *, const char *ifname, char *const arg[],
	    int narg, bool quiet);

/* A host name, address or network as -k and -K take it. */
struct kill_addr {
	struct pf_addr	addr, mask;
	uint8_t		af;
};
/* "host", "address", "address/bits" to *n addresses of each once, to be freed; NULL: a message
 * has been written. */
struct kill_addr *kill_resolve(const char *arg, size_t *n);
void	 kill_set_addr(struct pf_rule_addr *, const struct kill_addr *);
void	 print_addr_text(struct ctl_show *, const struct pf_addr *, uint8_t af);
void	 print_hms(FILE *, const char *what, uint32_t seconds);

/* source.c */
int	 show_sources(struct pf_dev *, struct ctl_show *);
void	 print_source(struct ctl_show *, const struct pf_src_node *);
int	 flush_sources(struct pf_dev *, bool quiet);
int	 kill_sources(struct pf_dev *, char *const arg[], int narg, bool quiet);

/* table_show.c */
int	 show_tables(struct pf_dev *, struct ctl_show *);
int	 show_table_addrs(struct pf_dev *, struct ctl_show *, const char *name);
void	 print_table(struct ctl_show *, const struct pfr_table *);
void	 print_table_stats(struct ctl_show *, const struct pfr_tstats *);
void	 print_table_addr(struct ctl_show *, const struct pfr_addr *,
	    const struct pfr_addr *found);
void	 print_table_addr_stats(struct ctl_show *, const struct pfr_astats *);
/* Whether it is a table of this anchor or of one below it. */
bool	 table_below(const struct pfr_table *, const char *anchor);

/* table.c */
/* -T, and what belongs to it.  What it points to stays the caller's. */
struct ctl_table {
	const struct table_command *command;	/* table_command(); NULL: none */
	const char	*name;		/* -t, or NULL */
	const char	*file;		/* -f, or NULL */
	char		*const *arg;	/* behind the options */
	int		 narg;
	bool		 noaction;	/* -n: say what would happen */
};

/* A command by the beginning of its name; NULL: there is none. */
const struct table_command *table_command(const char *name);
/* -T load: the tables of the file of -f are loaded, nothing else. */
bool	 table_command_loads(const struct table_command *);
bool	 table_command_writes(const struct table_command *);
/* What does not go with the command, as a sentence; NULL: all is well. */
const char *table_command_misuse(const struct ctl_table *);
/* 0; 2: `test' found that not all match; -1 with a message. */
int	 table_command_run(struct pf_dev *, struct ctl_show *,
	    const struct ctl_table *);
/* Delete the tables of an anchor, and of those below if sh->recurse: 0, -1. */
int	 flush_tables(struct pf_dev *, struct ctl_show *);

/* Kinds of statements of a file. */
#define LOAD_OPTION	0x01
#define LOAD_FILTER	0x02		/* scrub and filter rules */
#define LOAD_NAT	0x04		/* nat, rdr and binat rules */
#define LOAD_ALTQ	0x08
#define LOAD_TABLE	0x10
#define LOAD_ALL	0x1f

/* trans.c */
struct trans {
	struct pf_dev		*dev;
	struct pfioc_trans_e	*e;
	uint32_t		 n, room;
	uint32_t		*bucket;	/* room of them: the last element + 1 .. */
	uint32_t		*chain;		/* .. and that before it, + 1; 0: none */
	bool			 open;		/* begun and not ended */
};

void	 trans_init(struct trans *, struct pf_dev *);
/* One more ruleset, or PF_TRANS_OPTIONS; once is enough: 0, or -1 with a message. */
int	 trans_add(struct trans *, uint32_t type, const char *anchor);
/* Open it, waiting some seconds if another program has one: 0, -1. */
int	 trans_begin(struct trans *);
uint32_t trans_ticket(const struct trans *, uint32_t type, const char *anchor);
/* The rulesets of an anchor that hold `what', LOAD_FILTER and LOAD_NAT: 0, -1. */
int	 trans_add_rulesets(struct trans *, const char *anchor, int what);
/* The same of the anchors below that have no name of their own, and of what is in them: they
 * are part of the anchor's rules.  all: of everything below. */
int	 trans_add_below(struct trans *, const char *anchor, int what, bool all);
int	 ruleset_what(uint32_t ruleset);	/* LOAD_FILTER or LOAD_NAT */
int	 trans_commit(struct trans *);		/* 0, -1: it is still open */
void	 trans_free(struct trans *);		/* rolls back if it is open */

/* Replace these rulesets of an anchor, and of all below it if recurse, by empty ones, in
 * a transaction: 0, -1. */
int	 clear_rulesets(struct pf_dev *, const char *anchor, int what, bool recurse);

/* refuse.c */
/*
 * Say of each word of the file that pf could not obey that it is not supported yet, and
 * warn of those that it takes without obeying them all: 0, or -1 when nothing may be loaded.
 * options: those of the file are to be loaded too.
 */
int	 refuse_unsupported(const struct pfctl *, bool options);

/* linkgroup.c: tell which names of interfaces in the file are those of link groups, and if
 * all options are loaded, that no others are: 0, -1 with a message. */
int	 load_linkgroups(struct pf_dev *, const struct pfctl *, bool options, bool merge);

/* table_load.c */
struct progress;			/* progress.h */
/* The tables of each anchor of the file, or at least those that its rules need. */
int	 trans_add_tables(struct trans *, const struct pfctl *, int what);
uint64_t tables_size(const struct pfctl *);	/* addresses in all of them */
/* All of them into an open transaction: 0, or -1 with a message.  limit: what the
 * transaction sets; 0: nothing. */
int	 load_tables(struct pf_dev *, const struct trans *, const struct pfctl *,
	    const uint32_t limit[PF_LIMIT_MAX], struct progress *);

/* osfp_dev.c */
/* The fingerprints that pf has, to be freed with osfp_free(); NULL: a message has been written. */
struct osfp_db *osfp_fetch(struct pf_dev *);
/* The same, fetched once for what is shown. */
const struct osfp_db *osfp_shown(struct pf_dev *, struct ctl_show *);
/* Into an open transaction, in place of those that pf has: this list (NULL: none), or the
 * default file if there is one: 0, or -1 with a message. */
int	 osfp_load(struct pf_dev *, const struct osfp_db *);
int	 osfp_load_default(struct pf_dev *);
int	 show_osfp(struct pf_dev *, struct ctl_show *);

/* load.c */
/*
 * What to load and how.  All members but one are set by the caller, and what they point to
 * stays the caller's; defs grows by load_define(), and load_rules() uses it.
 */
struct ctl_load {
	const char	*file;		/* "-": standard input */
	const char	*anchor;	/* "": the main ruleset */
	int		 what;		/* LOAD_* */
	int		 optimize;	/* PFCTL_OPT_* (pfctl.h) */
	int		 verbose;
	bool		 noaction;	/* -n: read and print only */
	bool		 merge;		/* -m: keep options that are not named */
	bool		 quiet, debug;
	char		**defs;		/* "macro=value", NULL behind the last */
	size_t		 ndefs;
};

int	 load_define(struct ctl_load *, char *def);
/*
 * Read the file, and put it in force in one transaction: 0; -1: a message has been
 * written and what was in force still is.
 */
int	 load_rules(struct pf_dev *, struct ctl_load *);

#endif /* _PFCTL_CTL_H_ */
