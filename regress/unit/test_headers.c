// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_headers.c: what stands between IP and the transport, and sums that are not the
 * simplest: rules see through authentication headers in both families, and a checksum is
 * judged by what it covers.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_wire.h"

/* A packet as bytes, so that headers can be put between. */
struct raw {
	uint8_t		b[512];
	uint32_t	len, head;	/* all of it; the IP header */
};

/* pass, and behind it block proto tcp to port 22 */
static void
load(struct unit_node *f, bool allow_opts)
{
	struct pf_rule r[2] = { unit_rule(PF_PASS), unit_rule(PF_DROP) };

	r[0].allow_opts = allow_opts;
	r[0].flags = r[0].flagset = 0;
	r[1].keep_state = r[1].flags = r[1].flagset = 0;
	r[1].proto = IPPROTO_TCP;
	r[1].dst.port_op = PF_OP_EQ;
	r[1].dst.port[0] = htons(22);
	assert_int_equal(unit_load(f->n, r, 2), 0);
}

static void
set_lengths(struct raw *r, bool v6)
{
	uint32_t n = v6 ? r->len - 40 : r->len, at = v6 ? 4 : 2;

	r->b[at] = (uint8_t)(n >> 8);
	r->b[at + 1] = (uint8_t)n;
}

static struct raw
bytes_of(const struct sim_spec *sp)
{
	struct pf_pkt *p = sim_pkt_build(sp);
	struct raw r;

	memset(&r, 0, sizeof(r));
	r.len = sim_pkt_bytes(p, r.b, sizeof(r.b));
	r.head = p->af == AF_INET6 ? 40 : 20U + sp->optlen;
	sim_pkt_free(p);
	return (r);
}

/* Put a header of n bytes and that number behind the IP header; its first byte says what
 * follows it. */
static void
insert(struct raw *r, bool v6, uint8_t proto, const void *header, uint32_t n)
{
	memmove(r->b + r->head + n, r->b + r->head, r->len - r->head);
	memcpy(r->b + r->head, header, n);
	r->b[r->head] = r->b[v6 ? 6 : 9];
	r->b[v6 ? 6 : 9] = proto;
	r->len += n;
	set_lengths(r, v6);
}

static int
verdict(struct unit_node *f, const struct raw *r)
{
	struct pf_status a, b;
	int v, reason = PFRES_MATCH;

	unit_status(f->n, &a);
	v = sim_test_free(f->n, PF_IN, 1, sim_pkt_raw(r->b, r->len));
	unit_status(f->n, &b);
	for (int i = PFRES_MATCH + 1; i < PFRES_MAX; i++)
		if (a.counters[i] != b.counters[i])
			reason = i;
	return (v == PF_PASS ? -1 : reason);
}

#define AH	"\0\2\0\0\0\0\1\1\0\0\0\1\2\3\4\5"	/* 16 bytes */
#define AH24	"\0\4\0\0\0\0\1\1\0\0\0\1\2\3\4\5\6\7\10\11\12\13\14\15"

static struct sim_spec
segment(bool v6, uint8_t proto, uint16_t port)
{
	return ((struct sim_spec){ .src = v6 ? "2001:db8::1" : "10.0.0.1",
	    .dst = v6 ? "2001:db8::2" : "10.0.0.2", .proto = proto, .sport = 1000,
	    .dport = port, .flags = PF_TH_SYN, .paylen = 8 });
}

static void
test_authentication(void **state)
{
	static const struct {
		const char	*what;
		uint8_t		 proto;
		uint16_t	 port;
		unsigned int	 headers;
		int		 flip;		/* a byte of the transport, -1: none */
		int		 want;
	} cases[] = {
		{ "passed", IPPROTO_TCP, 80, 1, -1, -1 },
		{ "blocked", IPPROTO_TCP, 22, 1, -1, PFRES_MATCH },
		{ "passed, two", IPPROTO_TCP, 81, 2, -1, -1 },
		{ "blocked, two", IPPROTO_TCP, 22, 2, -1, PFRES_MATCH },
		{ "UDP", IPPROTO_UDP, 22, 1, -1, -1 },
		{ "wrong sum", IPPROTO_TCP, 82, 1, 16, PFRES_PROTCKSUM },
		{ "wrong sum, UDP", IPPROTO_UDP, 82, 1, 6, PFRES_PROTCKSUM },
		{ "16 of them", IPPROTO_TCP, 83, 16, -1, -1 },
		{ "17 of them", IPPROTO_TCP, 84, 17, -1, PFRES_NORM },
	};
	struct unit_node *f = *state;

	load(f, false);
	for (unsigned int v6 = 0; v6 < 2; v6++)
		for (unsigned int i = 0; i < NITEMS(cases); i++) {
			struct sim_spec sp = segment(v6, cases[i].proto, cases[i].port);
			struct raw r = bytes_of(&sp);
			int got;

			if (cases[i].flip >= 0)
				r.b[r.head + (unsigned int)cases[i].flip] ^= 0x10;
			for (unsigned int k = 0; k < cases[i].headers; k++)
				insert(&r, v6, IPPROTO_AH, k == 1 ? AH24 : AH, k == 1 ? 24 : 16);
			got = verdict(f, &r);
			if (got != cases[i].want)
				fail_msg("v6 %u, %s: %d, not %d", v6, cases[i].what, got,
				    cases[i].want);
		}
	/* headers of IPv6 are transports of their own in IPv4, which nothing hides in */
	struct sim_spec sp = segment(false, IPPROTO_TCP, 80);
	struct raw r = bytes_of(&sp);
	insert(&r, false, IPPROTO_DSTOPTS, "\0\0\1\4\0\0\0\0", 8);
	assert_int_equal(verdict(f, &r), -1);
}

/* A header that is cut short, or longer than the packet. */
static void
test_short(void **state)
{
	struct unit_node *f = *state;

	load(f, false);
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct sim_spec sp = segment(v6, IPPROTO_TCP, 80);
		struct raw r = bytes_of(&sp), cut;

		insert(&r, v6, IPPROTO_AH, AH, 16);
		for (cut = r; cut.len > r.head; cut.len--) {
			set_lengths(&cut, v6);
			if (cut.len < r.head + 16 + 20)
				assert_int_equal(verdict(f, &cut), PFRES_SHORT);
		}
		r.b[r.head + 1] = 255;
		assert_int_equal(verdict(f, &r), PFRES_SHORT);
	}
}

/* UDP: no checksum, and a datagram that ends before its packet (RFC 9868). */
static void
test_udp(void **state)
{
	struct unit_node *f = *state;

	load(f, false);
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct sim_spec sp = segment(v6, IPPROTO_UDP, 53);
		struct raw r = bytes_of(&sp);

		assert_int_equal(verdict(f, &r), -1);
		r.b[r.head + 6] ^= 1;
		assert_int_equal(verdict(f, &r), PFRES_PROTCKSUM);
		r.b[r.head + 6] = r.b[r.head + 7] = 0;
		assert_int_equal(verdict(f, &r), -1);

		r = bytes_of(&sp);
		memcpy(r.b + r.len, "options!\x01", 9);
		r.len += 9;
		set_lengths(&r, v6);
		assert_int_equal(verdict(f, &r), -1);
		r.b[r.head + 9] ^= 1;		/* of the data */
		assert_int_equal(verdict(f, &r), PFRES_PROTCKSUM);
		r.b[r.head + 9] ^= 1;
		r.b[r.len - 9] ^= 1;		/* of the options: not covered */
		assert_int_equal(verdict(f, &r), -1);
	}
}

/*
 * A source route that has stops ahead, or a home address: the sum covers an address that
 * the IP header does not have, so nobody on the way can tell.
 */
static void
test_rerouted(void **state)
{
	static const struct {
		const char	*what;
		bool		 v6;
		uint8_t		 proto;		/* of the header; 0: IPv4 options */
		const char	*header;
		uint32_t	 n;
		bool		 verified;
	} cases[] = {
		{ "SRH with stops", true, IPPROTO_ROUTING, "\0\2\4\1\0\0\0\0"
		    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 24, false },
		{ "SRH at its end", true, IPPROTO_ROUTING, "\0\2\4\0\0\0\0\0"
		    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 24, true },
		{ "mobile", true, IPPROTO_ROUTING, "\0\2\2\1\0\0\0\0"
		    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 24, false },
		{ "home address", true, IPPROTO_DSTOPTS, "\0\2\1\2\0\0\xc9\x10"
		    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 24, false },
		{ "padding", true, IPPROTO_DSTOPTS, "\0\0\1\4\0\0\0\0", 8, true },
		{ "loose", false, 0, "\x83\7\4\12\0\0\11\0", 8, false },
		{ "strict", false, 0, "\x89\7\4\12\0\0\11\0", 8, false },
		{ "loose, at its end", false, 0, "\x83\7\10\12\0\0\11\0", 8, true },
		{ "recorded", false, 0, "\7\7\4\12\0\0\11\0", 8, true },
	};
	struct unit_node *f = *state;
	int got;

	for (unsigned int i = 0; i < NITEMS(cases); i++)
		for (unsigned int wrong = 0; wrong < 2; wrong++) {
			struct sim_spec sp = segment(cases[i].v6, IPPROTO_UDP, 53);
			struct raw r;

			sp.sport += (uint16_t)(2 * i + wrong);	/* no state yet */
			if (cases[i].proto == 0) {
				sp.opts = (const uint8_t *)cases[i].header;
				sp.optlen = (uint8_t)cases[i].n;
			}
			r = bytes_of(&sp);
			r.b[r.head + 6] ^= (uint8_t)wrong;
			if (cases[i].proto != 0)
				insert(&r, true, cases[i].proto, cases[i].header,
				    cases[i].n);
			load(f, false);
			got = verdict(f, &r);
			if (got != (wrong && cases[i].verified ? PFRES_PROTCKSUM :
			    PFRES_IPOPTIONS))
				fail_msg("%s, %u: %d", cases[i].what, wrong, got);
			load(f, true);
			got = verdict(f, &r);
			if (got != (wrong && cases[i].verified ? PFRES_PROTCKSUM : -1))
				fail_msg("%s, %u, allowed: %d", cases[i].what, wrong, got);
		}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_authentication), TEST(test_short), TEST(test_udp),
		TEST(test_rerouted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
