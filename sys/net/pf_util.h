/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_util.h: small functions that belong to no other file
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

/* Step i of a long loop in control context: let others run now and then. */
static inline void
pf_yield_at(uint32_t i)
{
	if (i % 256 == 255)
		pf_yield();
}

#endif /* _NET_PF_UTIL_H_ */
