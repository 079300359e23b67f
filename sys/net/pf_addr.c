// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_addr.c: comparisons of addresses, ports and numbers
 *
 * What it owns.  Nothing: pure functions.
 * Locking.  None.
 * Place.  First floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"

int
pf_addr_cmp(const struct pf_addr *a, const struct pf_addr *b, uint8_t af)
{
	return (memcmp(a, b, af == AF_INET ? 4 : 16));
}

bool
pf_mask_prefix(const struct pf_addr *mask, uint8_t af, unsigned int *bits)
{
	unsigned int	size = af == AF_INET ? 4 : 16, i, n = 0;
	uint8_t		byte;

	while (n < size * 8 && (mask->addr8[n / 8] & (0x80 >> n % 8)) != 0)
		n++;
	for (i = n / 8; i < sizeof(*mask); i++) {
		byte = mask->addr8[i];
		if (i == n / 8)
			byte &= 0xff >> n % 8;
		if (byte != 0)
			return (false);
	}
	*bits = n;
	return (true);
}

void
pf_prefix_mask(struct pf_addr *mask, unsigned int bits)
{
	memset(mask, 0, sizeof(*mask));
	memset(mask, 0xff, bits / 8);
	if (bits % 8 != 0)
		mask->addr8[bits / 8] = (uint8_t)(0xff00 >> bits % 8);
}

bool
pf_match_num(uint8_t op, uint32_t a1, uint32_t a2, uint32_t n)
{
	switch (op) {
	case PF_OP_NONE:
		return (true);
	case PF_OP_IRG:			/* a1 >< a2 */
		return (n > a1 && n < a2);
	case PF_OP_XRG:			/* a1 <> a2 */
		return (n < a1 || n > a2);
	case PF_OP_RRG:			/* a1:a2 */
		return (n >= a1 && n <= a2);
	case PF_OP_EQ:
		return (n == a1);
	case PF_OP_NE:
		return (n != a1);
	case PF_OP_LT:
		return (n < a1);
	case PF_OP_LE:
		return (n <= a1);
	case PF_OP_GT:
		return (n > a1);
	case PF_OP_GE:
		return (n >= a1);
	}
	return (false);
}

bool
pf_match_port(uint8_t op, uint16_t a1, uint16_t a2, uint16_t p)
{
	return (pf_match_num(op, ntohs(a1), ntohs(a2), ntohs(p)));
}
