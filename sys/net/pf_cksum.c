// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_cksum.c: the Internet checksum, for packets that pf makes
 *
 * What it owns.  Nothing: pure functions.
 * Locking.  None.
 * Place.  First floor.
 *
 * A sum adds 16-bit words as they lie in memory: the checksum is independent of
 * the byte order of the machine (RFC 1071, 2).
 */
#include "pf_host.h"
#include "pf_cksum.h"

uint32_t
pf_cksum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t	*p = data;
	uint64_t	 s = sum;
	uint16_t	 word;

	for (; len >= 2; len -= 2, p += 2) {
		memcpy(&word, p, 2);
		s += word;
	}
	if (len != 0) {
		word = 0;
		memcpy(&word, p, 1);
		s += word;
	}
	while (s >> 32)
		s = (s & 0xffffffff) + (s >> 32);
	return (s);
}

uint32_t
pf_cksum_pseudo(const struct pf_addr *src, const struct pf_addr *dst,
    uint8_t af, uint8_t proto, uint32_t len)
{
	size_t		size = af == AF_INET ? 4 : 16;
	uint32_t	sum;
	uint32_t	tail[2] = { htonl(len), htonl(proto) };

	sum = pf_cksum_add(0, src, size);
	sum = pf_cksum_add(sum, dst, size);
	/* the halves of IPv4's 16-bit length and of IPv6's 32-bit one add up
	 * alike */
	return (pf_cksum_add(sum, tail, sizeof(tail)));
}

uint16_t
pf_cksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (~sum & 0xffff);
}

/* RFC 1624, equation 3: the complement of the sum, less what was, plus what
 * is. */
void
pf_cksum_change(void *cksum, const void *from, const void *to, size_t len)
{
	const uint8_t	*p = from;
	uint32_t	 sum;
	uint16_t	 word;
	size_t		 i;

	memcpy(&word, cksum, sizeof(word));
	sum = (uint16_t)~word;
	for (i = 0; i < len; i += 2) {
		memcpy(&word, p + i, 2);
		sum += (uint16_t)~word;
	}
	word = pf_cksum_fold(pf_cksum_add(sum, to, len));
	memcpy(cksum, &word, sizeof(word));
}
