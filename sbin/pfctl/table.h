/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * table.h: what the files of pfctl that work on tables share.
 *
 * Owns nothing.  No locking.  Private to table*.c; what others call is in ctl.h.
 */
#ifndef _PFCTL_TABLE_H_
#define _PFCTL_TABLE_H_

#include "ctl.h"

struct pfctl_table;			/* pfctl.h */

/* What a request asks for: which limit it came to is told from this. */
struct table_need {
	uint64_t	 entries, tables;
	const uint32_t	*limit;		/* by PF_LIMIT_*, 0: ask pf; or NULL: ask */
};

/* table_dev.c */
/* Clear io and fill in a name: 0, or -1 with a message. */
int	 table_init(struct pfioc_table *io, const char *anchor, const char *name);
/* The addresses of a definition as requests have them, to be freed: 0, or -1 with a
 * message. */
int	 table_array(const struct pfctl_table *, struct pfr_addr **, size_t *n);
/* A request for a table failed with errno e: a message, and -1.  need may be NULL. */
int	 table_error(struct pf_dev *, const struct pfr_table *, int e,
	    const struct table_need *need);
/* A request that must not fail: 0, or -1 with a message. */
int	 table_do(struct pf_dev *, unsigned long cmd, struct pfioc_table *io);
/*
 * All entries that the request cmd gives for io, whose name and flags are set: *(void **)to
 * is an array of *n of them, to be freed: 0, or -1 with a message.
 */
int	 table_fetch(struct pf_dev *, unsigned long cmd, struct pfioc_table *io,
	    size_t esize, void *to, size_t *n);

#endif /* _PFCTL_TABLE_H_ */
