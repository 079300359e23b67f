/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * progress.h: how far a long load is, for a person who waits at a terminal.
 *
 * Life: progress_init() when the work begins, progress_show() once the sums are known,
 * progress_end() before anything else is written and at the end; it may come twice.
 * Locking: the counts are atomic, for a thread that belongs to the struct reads them between
 * progress_show() and progress_end(); all else is the caller's.
 */
#ifndef _PFCTL_PROGRESS_H_
#define _PFCTL_PROGRESS_H_

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	/* counted by the caller */
	atomic_ullong	 rules, addresses;
	atomic_bool	 committing;		/* all is there; it is put in force */
	/* private */
	unsigned long long rules_all, addresses_all;
	struct timespec	 began;
	pthread_mutex_t	 lock;			/* of ended */
	pthread_cond_t	 wake;
	pthread_t	 thread;
	bool		 running, ended;
};

void	 progress_init(struct progress *);
void	 progress_show(struct progress *, uint64_t rules, uint64_t addresses);
void	 progress_end(struct progress *);

#endif /* _PFCTL_PROGRESS_H_ */
