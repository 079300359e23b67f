/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tables.h: what the tests of tables share (tables.c).
 *
 * A list of addresses is a text: "10.0.0.0/8 !10.1.0.0/16 2001:db8::1".  A table is
 * "name", or "anchor/name".  What asserts says so; the rest returns 0 or errno.
 */
#ifndef _TABLES_H_
#define _TABLES_H_

#include "unit.h"
#include "pf_table.h"

#define ADDRS_MAX	64

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
	struct pfioc_trans	 t;
	struct pfioc_trans_e	 e[4];
};

/* A node with the interfaces int and ext, whose indices are 1 and 2, and a client. */
int	 tables_setup(void **state);
int	 tables_teardown(void **state);

void	 tables_addr(struct pfr_addr *, const char *word);
/* How many addresses the text has. */
uint32_t tables_parse(const char *text, struct pfr_addr *);
void	 tables_name(struct pfr_table *, const char *name, uint32_t flags);
/* Append an address to a text. */
void	 tables_print(char *text, size_t size, const struct pfr_addr *);

/* A request about addresses; *io, and what was answered in a[ADDRS_MAX], are for the
 * caller. */
int	 tables_request(struct fix *, unsigned long cmd, const char *name,
	    const char *text, uint32_t flags, struct pfioc_table *io,
	    struct pfr_addr *a);
/* The same for one whole table. */
int	 tables_on(struct fix *, unsigned long cmd, const char *name,
	    uint32_t tflags, uint32_t flags, struct pfioc_table *io);
/* Make a table that is persist; asserts. */
void	 tables_make(struct fix *, const char *name, uint32_t tflags);
/* Assert: the table has these addresses, in this order; these are all tables,
 * "name:flags ...". */
void	 tables_has(struct fix *, const char *name, const char *want);
void	 tables_are(struct fix *, const char *want);
/* The counters of the only table; asserts. */
void	 tables_stats(struct fix *, struct pfr_tstats *);

/* A transaction of filter and rdr rules, tables and options of an anchor; begin
 * asserts.  text NULL: a definition without addresses. */
void	 tables_begin(struct fix *, const char *anchor);
int	 tables_commit(struct fix *);
int	 tables_define(struct fix *, const char *name, uint32_t tflags,
	    const char *text);
int	 tables_rule(struct fix *, int action, const char *from, bool neg);
/* Load "block quick from TABLE" into the main ruleset; asserts. */
void	 tables_block(struct fix *, const char *table, bool neg);
/* Whether a packet passes int. */
bool	 tables_pass(struct fix *, const char *src, const char *dst, int dir);

#endif /* _TABLES_H_ */
