/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_util.h: what belongs to no noun
 *
 * What it owns.  Nothing.
 * Locking.  None.
 * Place.  First floor.
 */
#ifndef _NET_PF_UTIL_H_
#define _NET_PF_UTIL_H_

#include "pf_host.h"

static inline bool
pf_all_zero(const void *mem, size_t len)
{
	const uint8_t	*p = mem;

	while (len > 0)
		if (p[--len] != 0)
			return (false);
	return (true);
}

/* At step i of a loop over rules, of which there may be very many: control context. */
static inline void
pf_yield_at(uint32_t i)
{
	if (i % 256 == 255)
		pf_yield();
}

#endif /* _NET_PF_UTIL_H_ */
