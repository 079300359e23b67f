/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_addr.h: addresses, ports and numbers compared
 *
 * What it owns.  Nothing: pure functions.
 * Locking.  None.
 * Place.  First floor.
 *
 * IPv4 addresses have their last 12 bytes zero, so that comparisons may always
 * take all 16 and both families share one path.
 */
#ifndef _NET_PF_ADDR_H_
#define _NET_PF_ADDR_H_

#include "pf_host.h"
#include "pfvar.h"

static inline bool
pf_addr_eq(const struct pf_addr *a, const struct pf_addr *b)
{
	return (((a->addr64[0] ^ b->addr64[0]) |
	    (a->addr64[1] ^ b->addr64[1])) == 0);
}

/* Whether a and b agree in the bits of mask. */
static inline bool
pf_addr_masked_eq(const struct pf_addr *a, const struct pf_addr *b,
    const struct pf_addr *mask)
{
	return ((((a->addr64[0] ^ b->addr64[0]) & mask->addr64[0]) |
	    ((a->addr64[1] ^ b->addr64[1]) & mask->addr64[1])) == 0);
}

/* Order of addresses as numbers: <0, 0, >0. */
int	 pf_addr_cmp(const struct pf_addr *, const struct pf_addr *, uint8_t af);
/* Whether the mask is one of leading ones (its length at *bits), zero past af's size. */
bool	 pf_mask_prefix(const struct pf_addr *mask, uint8_t af, unsigned int *bits);
/* Whether p (network order) satisfies op with a1, a2 (network order). */
bool	 pf_match_port(uint8_t op, uint16_t a1, uint16_t a2, uint16_t p);
/* The same for numbers in host order (uid, gid). */
bool	 pf_match_num(uint8_t op, uint32_t a1, uint32_t a2, uint32_t n);

#endif /* _NET_PF_ADDR_H_ */
