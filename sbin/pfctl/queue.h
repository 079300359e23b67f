/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * queue.h: what a queue statement says, between queue.c and print_queue.c.
 *
 * Structs live for the time of one statement.  Private to the language half.
 */
#ifndef _PFCTL_QUEUE_H_
#define _PFCTL_QUEUE_H_

#include "parser.h"

#define QUEUE_PRIORITY	1		/* by default */
#define QUEUE_LIMIT	50

struct rate {				/* bits per second, or a share */
	uint64_t	bits;
	uint32_t	percent;
	bool		given;
};

struct curve {				/* m1 for d milliseconds, then m2 */
	struct rate	m1, m2;
	uint32_t	d;
};

struct queue_opts {
	const struct node *on;		/* P_ON, or NULL */
	const char	*parent;	/* modern */
	struct rate	 bandwidth;
	struct curve	 curve[3];	/* realtime, linkshare, upperlimit */
	uint32_t	 priority, qlimit, tbrsize, flags;
	uint8_t		 scheduler;
	bool		 modern, priority_given, qlimit_given;
};

/* print_queue.c: one line each, as it was written */
void	 queue_print_altq(FILE *, const struct pf_altq *,
	    const struct queue_opts *, struct list children);
void	 queue_print(FILE *, const struct pf_altq *, const struct queue_opts *,
	    struct list children);
void	 queue_print_modern(FILE *, const struct node *,
	    const struct queue_opts *);

#endif /* _PFCTL_QUEUE_H_ */
