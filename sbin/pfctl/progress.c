// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * progress.c: one line on a terminal that says how far a load is; see progress.h.
 *
 * A thread writes it, for a single request may take longer than a person likes to wait,
 * and a signal could end such a request before its time.  The line ends where it began,
 * so that a message writes over it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

#define PATIENCE	2	/* seconds without a word */

void
progress_init(struct progress *p)
{
	memset(p, 0, sizeof(*p));
	clock_gettime(CLOCK_REALTIME, &p->began);
}

static void
draw(struct progress *p)
{
	const unsigned long long rules = p->rules, addresses = p->addresses;
	char line[160];
	int len;

	if (p->committing)
		len = snprintf(line, sizeof(line), "\rputting it in force "
		    "...\033[K\r");
	else if (p->addresses_all > 0)
		len = snprintf(line, sizeof(line), "\rloading: %llu of %llu "
		    "addresses, %llu of %llu rules\033[K\r", addresses,
		    p->addresses_all, rules, p->rules_all);
	else
		len = snprintf(line, sizeof(line), "\rloading: %llu of %llu "
		    "rules\033[K\r", rules, p->rules_all);
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) == -1)
		return;			/* nobody can be told */
}

static void *
watch(void *arg)
{
	struct progress *p = arg;
	struct timespec until = p->began;
	bool drawn = false;

	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&p->lock);
	while (!p->ended) {
		if (pthread_cond_timedwait(&p->wake, &p->lock, &until) == 0 ||
		    p->ended)
			continue;
		draw(p);
		drawn = true;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
	}
	pthread_mutex_unlock(&p->lock);
	if (drawn && write(STDERR_FILENO, "\r\033[K", 4) == -1)
		return (NULL);
	return (NULL);
}

void
progress_show(struct progress *p, uint64_t rules, uint64_t addresses)
{
	if (!isatty(STDERR_FILENO))
		return;
	p->rules_all = rules;
	p->addresses_all = addresses;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	/* without a thread it is done in silence */
	p->running = pthread_create(&p->thread, NULL, watch, p) == 0;
}

void
progress_end(struct progress *p)
{
	if (!p->running)
		return;
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->running = false;
}
