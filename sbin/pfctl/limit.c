// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * limit.c: the limits that a load comes to, for its messages.
 *
 * Owns nothing.  No locking.
 */
#include <string.h>

#include "ctl.h"

int
limit_in_force(struct pf_dev *dev, int limit, uint32_t said, uint64_t *value)
{
	struct pfioc_limit pl;

	memset(&pl, 0, sizeof(pl));
	pl.index = limit;
	if (said != 0)
		*value = said;
	else if (PF_DO(dev, DIOCGETLIMIT, &pl) == -1)
		return (-1);
	else
		*value = pl.limit;
	return (0);
}

/* A round number that is not less than n: 1, 2 or 5 and zeros. */
static uint64_t
round_up(uint64_t n)
{
	static const unsigned int step[] = { 1, 2, 5 };
	uint64_t ten = 1;
	int i;

	for (;; ten *= 10)
		for (i = 0; i < 3; i++)
			if (step[i] * ten >= n)
				return (step[i] * ten);
}

uint64_t
limit_for_more(uint64_t now, uint64_t want)
{
	uint64_t more;

	if (now >= PF_LIMIT_VAL_MAX)
		return (0);
	more = round_up(want > now ? want : now + 1);
	return (more < PF_LIMIT_VAL_MAX ? more : PF_LIMIT_VAL_MAX);
}
