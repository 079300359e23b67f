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
 * pf_cksum_add() adds len bytes to a running sum; pieces but the last must be of
 * even length.  pf_cksum_fold() gives the value to store.
 */
#ifndef _NET_PF_CKSUM_H_
#define _NET_PF_CKSUM_H_

#include "pf_host.h"

struct pf_addr;

uint32_t pf_cksum_add(uint32_t sum, const void *data, size_t len);
uint32_t pf_cksum_pseudo(const struct pf_addr *src, const struct pf_addr *dst,
	    uint8_t af, uint8_t proto, uint32_t len);
uint16_t pf_cksum_fold(uint32_t sum);
/* The checksum at *cksum (any address) covers len bytes, an even number, that were `from' and
 * are `to'. */
void	 pf_cksum_change(void *cksum, const void *from, const void *to, size_t len);

#endif /* _NET_PF_CKSUM_H_ */
