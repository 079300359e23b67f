/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_cksum.h: the Internet checksum (RFC 1071), for packets that pf makes
 *
 * What it owns.  Nothing: pure functions.
 * Locking.  None.
 * Place.  First floor.
 *
 * pf_cksum_add() adds len bytes to a sum.  When a sum is made in several calls,
 * len must be even in all calls but the last.  pf_cksum_pseudo() is the sum of
 * a pseudo header.  pf_cksum_fold() turns a sum into the checksum to be stored.
 */
#ifndef _NET_PF_CKSUM_H_
#define _NET_PF_CKSUM_H_

#include "pf_host.h"

struct pf_addr;

uint32_t pf_cksum_add(uint32_t sum, const void *data, size_t len);
uint32_t pf_cksum_pseudo(const struct pf_addr *src, const struct pf_addr *dst,
	    uint8_t af, uint8_t proto, uint32_t len);
uint16_t pf_cksum_fold(uint32_t sum);
/* Correct the checksum at *cksum, which need not be aligned, for a change of
 * len bytes, an even number, from `from' to `to'. */
void	 pf_cksum_change(void *cksum, const void *from, const void *to,
	    size_t len);

#endif /* _NET_PF_CKSUM_H_ */
