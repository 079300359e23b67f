/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_addr.h: comparisons of addresses, ports and numbers
 *
 * What it owns.  Nothing: pure functions.
 * Locking.  None.
 * Place.  First floor.
 *
 * The last 12 bytes of an IPv4 address are zero, so that a comparison may
 * always compare 16 bytes, and needs no case for each family.
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

/* Whether it is of the loopback network (IPv4), or ::1. */
static inline bool
pf_addr_is_loopback(const struct pf_addr *a, uint8_t af)
{
	return (af == AF_INET ? a->addr8[0] == 127 : a->addr64[0] == 0 &&
	    a->addr32[2] == 0 && a->addr32[3] == htonl(1));
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
int	 pf_addr_cmp(const struct pf_addr *, const struct pf_addr *,
	    uint8_t af);
/* Whether the mask has only leading ones (*bits: how many), and is zero behind
 * the size of an address of family af. */
bool	 pf_mask_prefix(const struct pf_addr *mask, uint8_t af,
	    unsigned int *bits);
/* The mask of a prefix, for either family. */
void	 pf_prefix_mask(struct pf_addr *mask, unsigned int bits);
/* How many addresses a prefix has; 2^32 for more. */
static inline uint64_t
pf_prefix_size(unsigned int bits, uint8_t af)
{
	unsigned int	host = (af == AF_INET ? 32 : 128) - bits;

	return (1ULL << (host < 32 ? host : 32));
}
/* Whether p (network order) satisfies op with a1, a2 (network order). */
bool	 pf_match_port(uint8_t op, uint16_t a1, uint16_t a2, uint16_t p);
/* The same for numbers in host order (uid, gid). */
bool	 pf_match_num(uint8_t op, uint32_t a1, uint32_t a2, uint32_t n);

#endif /* _NET_PF_ADDR_H_ */
