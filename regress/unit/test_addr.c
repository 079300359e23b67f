// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_addr.c: the pure functions on addresses, masks, ports and checksums.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_addr.h"
#include "pf_cksum.h"

static struct pf_addr
addr(const char *text, uint8_t *af)
{
	struct pf_addr a;

	memset(&a, 0, sizeof(a));
	*af = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(*af, text, &a) != 1)
		fail_msg("address %s", text);
	return (a);
}

/* Operators: what a1 and a2 mean, tried at and around the bounds. */
static const struct {
	uint8_t		 op;
	uint32_t	 a1, a2, n;
	bool		 is;
} ops[] = {
	{ PF_OP_NONE, 5, 6, 0, true },
	{ PF_OP_NONE, 0, 0, 65535, true },
	{ PF_OP_IRG, 10, 20, 10, false },	/* 10 >< 20 */
	{ PF_OP_IRG, 10, 20, 11, true },
	{ PF_OP_IRG, 10, 20, 19, true },
	{ PF_OP_IRG, 10, 20, 20, false },
	{ PF_OP_IRG, 10, 11, 10, false },
	{ PF_OP_IRG, 10, 11, 11, false },
	{ PF_OP_XRG, 10, 20, 9, true },		/* 10 <> 20 */
	{ PF_OP_XRG, 10, 20, 10, false },
	{ PF_OP_XRG, 10, 20, 20, false },
	{ PF_OP_XRG, 10, 20, 21, true },
	{ PF_OP_XRG, 0, 65535, 0, false },
	{ PF_OP_RRG, 10, 20, 9, false },	/* 10:20 */
	{ PF_OP_RRG, 10, 20, 10, true },
	{ PF_OP_RRG, 10, 20, 20, true },
	{ PF_OP_RRG, 10, 20, 21, false },
	{ PF_OP_RRG, 0, 65535, 0, true },
	{ PF_OP_RRG, 0, 65535, 65535, true },
	{ PF_OP_RRG, 20, 10, 15, false },
	{ PF_OP_EQ, 80, 0, 80, true },
	{ PF_OP_EQ, 80, 81, 81, false },
	{ PF_OP_NE, 80, 0, 80, false },
	{ PF_OP_NE, 80, 0, 81, true },
	{ PF_OP_LT, 256, 0, 255, true },	/* orders differ if bytes are swapped */
	{ PF_OP_LT, 256, 0, 256, false },
	{ PF_OP_LT, 0, 0, 0, false },
	{ PF_OP_LE, 256, 0, 256, true },
	{ PF_OP_LE, 256, 0, 257, false },
	{ PF_OP_GT, 256, 0, 256, false },
	{ PF_OP_GT, 256, 0, 511, true },
	{ PF_OP_GT, 65535, 0, 65535, false },
	{ PF_OP_GE, 256, 0, 256, true },
	{ PF_OP_GE, 256, 0, 255, false },
	{ PF_OP_MAX, 0, 65535, 1, false },	/* no such operator: no match */
};

static void
operators(void **arg)
{
	(void)arg;
	for (size_t i = 0; i < NITEMS(ops); i++) {
		if (pf_match_num(ops[i].op, ops[i].a1, ops[i].a2, ops[i].n) !=
		    ops[i].is)
			fail_msg("row %zu: number", i);
		if (pf_match_port(ops[i].op, htons((uint16_t)ops[i].a1),
		    htons((uint16_t)ops[i].a2), htons((uint16_t)ops[i].n)) !=
		    ops[i].is)
			fail_msg("row %zu: port", i);
	}
	/* users and groups need all 32 bits */
	assert_true(pf_match_num(PF_OP_GT, 65535, 0, 0xfffffffe));
	assert_false(pf_match_num(PF_OP_EQ, 0x10001, 0, 1));
}

static const struct {
	const char	*mask;
	int		 bits;		/* -1: no prefix */
} masks[] = {
	{ "0.0.0.0", 0 }, { "128.0.0.0", 1 }, { "255.0.0.0", 8 },
	{ "255.255.128.0", 17 }, { "255.255.255.254", 31 },
	{ "255.255.255.255", 32 },
	{ "0.0.0.1", -1 }, { "255.0.255.0", -1 }, { "127.255.255.255", -1 },
	{ "255.255.253.0", -1 },
	{ "::", 0 }, { "8000::", 1 }, { "ffff:ffff::", 32 },
	{ "ffff:ffff:ffff:ffff::", 64 }, { "ffff:ffff:ffff:ffff:8000::", 65 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 127 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128 },
	{ "::1", -1 }, { "ffff::1", -1 }, { "ffff:ffff:ffff:ffff:7fff::", -1 },
	{ "7fff::", -1 },
};

static void
mask_lengths(void **arg)
{
	struct pf_addr m;
	unsigned int bits;
	uint8_t af;

	(void)arg;
	for (size_t i = 0; i < NITEMS(masks); i++) {
		m = addr(masks[i].mask, &af);
		bits = 999;
		if (pf_mask_prefix(&m, af, &bits) != (masks[i].bits >= 0))
			fail_msg("%s: is it a prefix?", masks[i].mask);
		if (masks[i].bits >= 0 && bits != (unsigned int)masks[i].bits)
			fail_msg("%s: %u bits", masks[i].mask, bits);
	}
	/* Bits behind an IPv4 mask are no mask. */
	for (int i = 4; i < 16; i++) {
		m = addr("255.255.255.255", &af);
		m.addr8[i] = 1;
		assert_false(pf_mask_prefix(&m, af, &bits));
		m = addr("255.0.0.0", &af);
		m.addr8[i] = 0x80;
		assert_false(pf_mask_prefix(&m, af, &bits));
	}
}

/* In ascending order. */
static const char *const sorted[2][7] = {
	{ "0.0.0.0", "0.0.0.1", "1.0.0.0", "10.0.0.255", "10.0.1.0",
	  "127.255.255.255", "255.0.0.0" },
	{ "::", "::1", "::ffff:0", "1::", "2001:db8::ff", "2001:db8::1:0",
	  "fe80::1" },
};

static void
order(void **arg)
{
	struct pf_addr a, b;
	uint8_t af;
	int c;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++)
		for (int i = 0; i < 7; i++)
			for (int j = 0; j < 7; j++) {
				a = addr(sorted[v6][i], &af);
				b = addr(sorted[v6][j], &af);
				c = pf_addr_cmp(&a, &b, af);
				if ((c < 0) != (i < j) || (c == 0) != (i == j))
					fail_msg("%s, %s: %d", sorted[v6][i],
					    sorted[v6][j], c);
				assert_int_equal(pf_addr_eq(&a, &b), i == j);
			}
}

static const struct {
	const char	*a, *b, *mask;
	bool		 eq;
} masked[] = {
	{ "10.0.0.1", "10.0.0.2", "255.255.255.0", true },
	{ "10.0.0.1", "10.0.1.1", "255.255.255.0", false },
	{ "10.0.0.1", "192.168.0.1", "0.0.0.0", true },
	{ "10.0.0.1", "11.0.0.1", "255.255.255.255", false },
	{ "10.0.0.1", "10.9.0.1", "255.0.255.255", true },
	{ "2001:db8::1", "2001:db8::2", "ffff:ffff:ffff:ffff::", true },
	{ "2001:db8::1", "2001:db9::1", "ffff:ffff:ffff:ffff::", false },
	{ "2001:db8::1", "2001:db8::2", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  false },
	{ "2001:db8:0:1::1", "2001:db8:0:2::1", "ffff:ffff:ffff::", true },
};

static void
masked_equality(void **arg)
{
	struct pf_addr a, b, m;
	uint8_t af;

	(void)arg;
	for (size_t i = 0; i < NITEMS(masked); i++) {
		a = addr(masked[i].a, &af);
		b = addr(masked[i].b, &af);
		m = addr(masked[i].mask, &af);
		if (pf_addr_masked_eq(&a, &b, &m) != masked[i].eq)
			fail_msg("row %zu", i);
	}
}

/* The sum as it stands in a packet: the bytes in memory are what counts. */
static const struct {
	const char	*bytes;
	uint8_t		 len;
	uint8_t		 sum[2];
} vectors[] = {
	{ "", 0, { 0xff, 0xff } },
	{ "\x00\x00", 2, { 0xff, 0xff } },
	{ "\xff\xff", 2, { 0x00, 0x00 } },
	{ "\x01", 1, { 0xfe, 0xff } },
	/* RFC 1071, 3 */
	{ "\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8, { 0x22, 0x0d } },
	/* an IPv4 header */
	{ "\x45\x00\x00\x73\x00\x00\x40\x00\x40\x11\x00\x00"
	  "\xc0\xa8\x00\x01\xc0\xa8\x00\xc7", 20, { 0xb8, 0x61 } },
	/* the same with its sum */
	{ "\x45\x00\x00\x73\x00\x00\x40\x00\x40\x11\xb8\x61"
	  "\xc0\xa8\x00\x01\xc0\xa8\x00\xc7", 20, { 0x00, 0x00 } },
};

static void
cksum_vectors(void **arg)
{
	uint16_t sum;

	(void)arg;
	for (size_t i = 0; i < NITEMS(vectors); i++) {
		sum = pf_cksum_fold(pf_cksum_add(0, vectors[i].bytes,
		    vectors[i].len));
		if (memcmp(&sum, vectors[i].sum, 2) != 0)
			fail_msg("row %zu: %04x", i, ntohs(sum));
	}
}

/* Against the host's own arithmetic, whole and in pieces. */
static void
cksum_pieces(void **arg)
{
	static uint8_t data[70000];
	uint64_t seed = 1;
	uint32_t sum;
	size_t len, cut;

	(void)arg;
	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		data[i] = i < 35000 ? (uint8_t)(seed >> 56) : 0xff;
	}
	for (int i = 0; i < 2000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		len = (size_t)(seed >> 33) % (i < 100 ? sizeof(data) : 200);
		cut = len == 0 ? 0 : (size_t)(seed >> 13) % len & ~(size_t)1;
		sum = pf_cksum_add(0, data + (i & 1), cut);
		sum = pf_cksum_add(sum, data + (i & 1) + cut, len - cut);
		assert_int_equal(ntohs(pf_cksum_fold(sum)),
		    sim_sum_fold(sim_sum(0, data + (i & 1), len)));
	}
	/* carries at the very end of the range */
	assert_int_equal(pf_cksum_fold(0xffffffff), 0);
	assert_int_equal(pf_cksum_fold(0xfffeffff),
	    pf_cksum_fold(0xfffe + 0xffff));
	assert_int_equal(pf_cksum_add(0xffffffff, "\x01\x00", 2),
	    htons(0x0100));
}

/* A packet that the host has summed up must come out as right. */
static void
cksum_pseudo(void **arg)
{
	static const char *const ends[2][2] = {
		{ "192.0.2.1", "198.51.100.7" },
		{ "2001:db8::1", "fe80::abcd:1" },
	};
	struct sim_spec sp = { .proto = IPPROTO_UDP, .sport = 7, .dport = 9 };
	struct pf_addr src, dst;
	struct pf_pkt *p;
	uint8_t buf[2000], af;
	uint32_t hlen, len;

	(void)arg;
	for (int v6 = 0; v6 < 2; v6++) {
		sp.src = ends[v6][0];
		sp.dst = ends[v6][1];
		src = addr(sp.src, &af);
		dst = addr(sp.dst, &af);
		hlen = v6 ? 40 : 20;
		for (sp.paylen = 0; sp.paylen < 1500; sp.paylen += 499) {
			p = sim_pkt_build(&sp);
			len = sim_pkt_bytes(p, buf, sizeof(buf)) - hlen;
			assert_int_equal(pf_cksum_fold(pf_cksum_add(
			    pf_cksum_pseudo(&src, &dst, af, IPPROTO_UDP, len),
			    buf + hlen, len)), 0);
			sim_pkt_free(p);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators),
		cmocka_unit_test(mask_lengths),
		cmocka_unit_test(order),
		cmocka_unit_test(masked_equality),
		cmocka_unit_test(cksum_vectors),
		cmocka_unit_test(cksum_pieces),
		cmocka_unit_test(cksum_pseudo),
	};

	return (cmocka_run_group_tests_name("addr", tests, NULL, NULL));
}
