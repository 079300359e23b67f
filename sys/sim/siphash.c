// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * siphash.c: SipHash-2-4 (Aumasson and Bernstein, 2012) for the process host.
 *
 * Owns nothing, takes no lock.  The general form over bytes is there because the
 * published test vectors are of that form; the core's calls hash words as they lie
 * in memory on a little-endian machine, as the kernel's siphash does.
 */
#include "sim.h"

struct sip {
	uint64_t	a, b, c, d;
};

static uint64_t
rotate(uint64_t x, unsigned int n)
{
	return (x << n | x >> (64 - n));
}

static void
sip_rounds(struct sip *s, unsigned int n)
{
	while (n-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static struct sip
sip_start(const struct pf_siphash_key *k)
{
	/* The constants spell "somepseudorandomlygeneratedbytes". */
	return ((struct sip){
		k->key[0] ^ 0x736f6d6570736575ULL,
		k->key[1] ^ 0x646f72616e646f6dULL,
		k->key[0] ^ 0x6c7967656e657261ULL,
		k->key[1] ^ 0x7465646279746573ULL,
	});
}

static void
sip_word(struct sip *s, uint64_t w)
{
	s->d ^= w;
	sip_rounds(s, 2);
	s->a ^= w;
}

/* tail: the bytes that do not fill a word; the length's low byte goes on top. */
static uint64_t
sip_end(struct sip *s, uint64_t tail, size_t len)
{
	sip_word(s, tail | (uint64_t)len << 56);
	s->c ^= 0xff;
	sip_rounds(s, 4);
	return (s->a ^ s->b ^ s->c ^ s->d);
}

static uint64_t
get_le(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	while (n-- > 0)
		w = w << 8 | p[n];
	return (w);
}

uint64_t
sim_siphash(const void *data, size_t len, const struct pf_siphash_key *key)
{
	const uint8_t *p = data;
	struct sip s = sip_start(key);
	size_t left;

	for (left = len; left >= 8; left -= 8, p += 8)
		sip_word(&s, get_le(p, 8));
	return (sip_end(&s, get_le(p, left), len));
}

uint64_t
pf_siphash2(uint64_t a, uint64_t b, const struct pf_siphash_key *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, a);
	sip_word(&s, b);
	return (sip_end(&s, 0, 16));
}

uint64_t
pf_siphash4(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
    const struct pf_siphash_key *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, c);
	sip_word(&s, d);
	return (sip_end(&s, 0, 32));
}
