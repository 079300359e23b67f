// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_osfp.c: fingerprints of operating systems: a SYN made from every line of etc/pf.os, and
 * ones that are wrong in one field; packets that nothing describes; and the names of a line.
 */
#include "syns.h"

/* The entry of the list that describes it. */
static uint32_t
find(const struct pf_osfp *l, const struct syn *s)
{
	struct pf_pkt *p = make(s);
	struct pf_pdesc pd;
	uint32_t found;

	memset(&pd, 0xa5, sizeof(pd));
	pd.pkt = p;
	pd.af = p->af;
	pd.dir = PF_IN;
	sim_packet_enter();
	assert_int_equal(pf_packet_parse(&pd), PF_GO);
	found = pf_osfp_find(l, &pd);
	sim_packet_leave();
	sim_pkt_free(p);
	return (found);
}

#define VARIANTS	84

static struct pf_osfp *
list_of(const struct pf_osfp_ioctl *first, uint32_t n)
{
	struct pf_osfp *l = pf_osfp_create(NULL, first, n);

	assert_non_null(l);
	return (l);
}

static bool
same(const struct pf_osfp_ioctl *a, const struct pf_osfp_ioctl *b)
{
	return (a->tcpopts == b->tcpopts && a->optcnt == b->optcnt && a->ttl == b->ttl &&
	    a->flags == b->flags && a->wsize == b->wsize && a->psize == b->psize &&
	    a->mss == b->mss && a->wscale == b->wscale);
}

/* Whether a number said by b is always one that is said by a. */
static bool
number_covers(unsigned int a, bool any, bool multiple, unsigned int b, bool bany,
    bool bmultiple)
{
	if (any)
		return (true);
	if (bany)
		return (false);
	return (multiple ? b % a == 0 : !bmultiple && a == b);
}

/* Whether all packets that b describes from a host nearby are described by a. */
static bool
covers(const struct pf_osfp_ioctl *a, const struct pf_osfp_ioctl *b)
{
	const uint16_t key = PF_OSFP_DF | PF_OSFP_TS0;
	const uint16_t by = PF_OSFP_WSIZE_MSS | PF_OSFP_WSIZE_MTU;
	bool window;

#define COVERS(m, X)	number_covers(a->m, a->flags & PF_OSFP_ ## X ## _DC,	\
	a->flags & PF_OSFP_ ## X ## _MOD, b->m, b->flags & PF_OSFP_ ## X ## _DC,	\
	b->flags & PF_OSFP_ ## X ## _MOD)
	if ((a->flags & PF_OSFP_WSIZE_DC) != 0)
		window = true;
	else if ((a->flags & PF_OSFP_WSIZE_MSS) != 0 && (b->flags & (by |
	    PF_OSFP_WSIZE_DC | PF_OSFP_WSIZE_MOD)) == 0)
		/* a number that is as many usual segments */
		window = b->wsize == a->wsize * 1460;
	else if (((a->flags | b->flags) & by) != 0)
		window = (a->flags & by) == (b->flags & by) && a->wsize == b->wsize;
	else
		window = COVERS(wsize, WSIZE);
	return (window && a->tcpopts == b->tcpopts && a->optcnt == b->optcnt &&
	    ((a->flags ^ b->flags) & key) == 0 && a->ttl == b->ttl &&
	    COVERS(psize, PSIZE) && COVERS(mss, MSS) && COVERS(wscale, WSCALE));
#undef COVERS
}

/* A SYN made from a line is of the system of that line first, unless an earlier line describes
 * all that it does. */
static void
test_own_line(void **state)
{
	struct pf_osfp *l = list_of(osfp_entry(db, 0), lines), *one;
	uint32_t covered = 0, i, found = 0;

	(void)state;
	assert_true(lines > 300);
	for (i = 0; i < lines; i++) {
		const struct pf_osfp_ioctl *e = osfp_entry(db, i);
		bool own = false;

		assert_true(pf_osfp_entry_ok(e));
		one = list_of(e, 1);
		for (unsigned int which = 0; which < VARIANTS && !own; which++) {
			struct syn s = syn_of(e, which);

			if (find(one, &s) != 0)
				fail_msg("%s %s %s (%u): not described by its own line",
				    e->class_nm, e->version_nm, e->subtype_nm, i);
			found = find(l, &s);
			assert_true(found <= i);
			own = same(osfp_entry(db, found), e);
			if (own && !pf_osfp_is(l, found, e->os))
				fail_msg("%s %s %s: found, and not named", e->class_nm,
				    e->version_nm, e->subtype_nm);
		}
		pf_osfp_free(one);
		if (own)
			continue;
		if (!covers(osfp_entry(db, found), e))
			fail_msg("%s %s %s (%u): %s %s %s (%u) comes first, and does not "
			    "describe all that it does", e->class_nm, e->version_nm,
			    e->subtype_nm, i, osfp_entry(db, found)->class_nm,
			    osfp_entry(db, found)->version_nm,
			    osfp_entry(db, found)->subtype_nm, found);
		covered++;
	}
	assert_true(covered < lines / 10);
	pf_osfp_free(l);
}

/* A change of a field that this line does not allow. */
enum wrong { W_WINDOW, W_TTL_MORE, W_TTL_LESS, W_DF, W_SIZE, W_MSS, W_WSCALE, W_TS, W_ORDER,
	W_MORE, W_UNKNOWN, W_ACK, W_MAX };

/* Make it wrong; false: the line allows any, or has no such field. */
static bool
spoil(const struct pf_osfp_ioctl *e, struct syn *s, enum wrong how)
{
	static uint8_t raw[40];
	uint64_t turned = 0;

	switch (how) {
	case W_WINDOW:
		s->win++;
		return ((e->flags & PF_OSFP_WSIZE_DC) == 0 &&
		    !((e->flags & PF_OSFP_WSIZE_MOD) != 0 && s->win % e->wsize == 0));
	case W_TTL_MORE:
		s->ttl = (uint8_t)(e->ttl + 1);
		return (e->ttl < 255);
	case W_TTL_LESS:
		s->ttl = (uint8_t)(e->ttl - 41);
		return (e->ttl > 41);
	case W_DF:
		s->df = !s->df;
		return (true);
	case W_SIZE:
		s->size = e->psize + 1;
		return ((e->flags & (PF_OSFP_PSIZE_DC | PF_OSFP_PSIZE_MOD)) == 0);
	case W_MSS:
		s->mss++;			/* the window is that for the other */
		return (e->mss != 0 || (e->flags & (PF_OSFP_WSIZE_MSS |
		    PF_OSFP_WSIZE_MTU)) != 0);
	case W_WSCALE:
		s->wscale++;
		for (unsigned int i = 0; i < e->optcnt; i++)
			if (code_at(e->tcpopts, e->optcnt, i) == PF_OSFP_TCPOPT_WSCALE)
				return ((e->flags & PF_OSFP_WSCALE_DC) == 0);
		return (false);
	case W_TS:
		s->ts0 = !s->ts0;
		for (unsigned int i = 0; i < e->optcnt; i++)
			if (code_at(e->tcpopts, e->optcnt, i) == PF_OSFP_TCPOPT_TS)
				return (true);
		return (false);
	case W_ORDER:
		for (unsigned int i = e->optcnt; i > 0; i--)
			turned = turned << PF_OSFP_TCPOPT_BITS |
			    code_at(e->tcpopts, e->optcnt, i - 1);
		s->tcpopts = turned;
		return (turned != e->tcpopts);
	case W_MORE:				/* one more, in the place of padding */
		s->tcpopts = s->tcpopts << PF_OSFP_TCPOPT_BITS | PF_OSFP_TCPOPT_NOP;
		s->optcnt++;
		return (e->optcnt < PF_OSFP_MAX_OPTS);
	case W_UNKNOWN:				/* an option that has no letter */
		s->rawlen = write_options(s, raw);
		if (s->rawlen + 2 > sizeof(raw))
			return (false);
		raw[s->rawlen++] = 200;
		raw[s->rawlen++] = 2;
		s->raw = raw;
		return (true);
	case W_ACK:
		s->flags |= PF_TH_ACK;
		return (true);
	default:
		fail();
		return (false);
	}
}

static void
test_wrong(void **state)
{
	unsigned int tried[W_MAX] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < lines; i++) {
		const struct pf_osfp_ioctl *e = osfp_entry(db, i);
		struct pf_osfp *one = list_of(e, 1);

		for (int how = 0; how < W_MAX; how++) {
			struct syn s = syn_of(e, 6);	/* no usual size of segments */

			if (find(one, &s) != 0)
				fail_msg("%s %s %s (%u): not described", e->class_nm,
				    e->version_nm, e->subtype_nm, i);
			if (!spoil(e, &s, how))
				continue;
			if (find(one, &s) != PF_OSFP_NONE)
				fail_msg("%s %s %s (%u): described, though wrong (%d)",
				    e->class_nm, e->version_nm, e->subtype_nm, i, how);
			tried[how]++;
		}
		pf_osfp_free(one);
	}
	for (int how = 0; how < W_MAX; how++)
		assert_true(tried[how] > (how == W_ORDER || how == W_WSCALE ||
		    how == W_TS || how == W_TTL_LESS || how == W_TTL_MORE ||
		    how == W_MSS ? 20 : 200));
}

/* By IPv6 a system shows the same, but for the bit that IPv6 does not have. */
static void
test_inet6(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < lines; i++) {
		const struct pf_osfp_ioctl *e = osfp_entry(db, i);
		struct pf_osfp *one = list_of(e, 1);
		struct syn s = syn_of(e, 3);
		bool df = s.df;

		s.v6 = true;
		if (e->flags & PF_OSFP_WSIZE_MTU)
			s.win = (uint16_t)(e->wsize * (s.mss + 60));
		assert_int_equal(find(one, &s), df ? 0 : PF_OSFP_NONE);
		s.size = e->psize + 1;
		assert_int_equal(find(one, &s), PF_OSFP_NONE);
		pf_osfp_free(one);
	}
}

/* The window may be that of the usual segments, and options may be broken. */
static void
test_packets(void **state)
{
	static const struct {
		uint8_t		b[40], n;
	} broken[] = {
		{ { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3 }, 19 },
		{ { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 1, 7 }, 20 },
		{ { 2, 3, 5, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7, 0 }, 20 },
		{ { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 40, 7 }, 20 },
		{ { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 20 },
		{ { 0 }, 20 },
	};
	struct pf_osfp_ioctl e = entry(PF_OSFP_NUMBER(1, 0, 0));
	struct pf_osfp *one = list_of(&e, 1);
	struct syn s = syn_of(&e, 0), t;

	(void)state;
	for (unsigned int i = 0; i < NITEMS(broken); i++) {
		t = s;
		t.raw = broken[i].b;
		t.rawlen = broken[i].n;
		assert_int_equal(find(one, &t), PF_OSFP_NONE);
	}
	t = s;
	t.mss = 1412;				/* by a router on the way */
	assert_int_equal(t.win, 4 * 1460);
	assert_int_equal(find(one, &t), 0);
	t.v6 = true;
	assert_int_equal(find(one, &t), PF_OSFP_NONE);
	t.win = 4 * 1440;
	assert_int_equal(find(one, &t), 0);
	t.mss = 0;
	assert_int_equal(find(one, &t), PF_OSFP_NONE);
	t = s;
	t.flags = PF_TH_SYN | PF_TH_ECE | PF_TH_CWR;	/* it asks for ECN */
	assert_int_equal(find(one, &t), 0);
	t.flags = PF_TH_SYN | PF_TH_ACK | PF_TH_ECE;
	assert_int_equal(find(one, &t), PF_OSFP_NONE);
	t.flags = PF_TH_ACK;
	assert_int_equal(find(one, &t), PF_OSFP_NONE);
	assert_int_equal(find(NULL, &s), PF_OSFP_NONE);
	pf_osfp_free(one);
}

/* Which names a packet goes by: of all lines that describe the same, and of no later one. */
static void
test_names(void **state)
{
	struct pf_osfp_ioctl e[5];
	struct pf_osfp *l;
	struct syn s;
	uint32_t found;

	(void)state;
	e[0] = entry(PF_OSFP_NUMBER(1, 0, 0));
	e[0].wsize = 5;
	e[1] = entry(PF_OSFP_NUMBER(2, 3, 4));
	e[2] = entry(PF_OSFP_NUMBER(5, 0, 0));
	e[2].flags = PF_OSFP_DF | PF_OSFP_WSIZE_DC | PF_OSFP_MSS_DC;
	e[2].wsize = 0;
	e[3] = entry(PF_OSFP_NUMBER(6, 7, 0));	/* as 1 */
	e[4] = entry(PF_OSFP_NUMBER(8, 0, 0));
	e[4].flags = PF_OSFP_DF | PF_OSFP_MSS_DC;	/* behind one that has any window */
	e[4].wsize = 100;
	l = list_of(e, 5);
	s = syn_of(&e[1], 0);
	found = find(l, &s);
	assert_int_equal(found, 1);
	assert_true(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 3, 4)));
	assert_true(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 3, 0)));
	assert_true(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 0, 4)));
	assert_true(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 0, 0)));
	assert_true(pf_osfp_is(l, found, PF_OSFP_NUMBER(6, 7, 0)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 3, 5)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(2, 4, 4)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(6, 7, 1)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(5, 0, 0)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(1, 0, 0)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_UNKNOWN));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NOMATCH));
	s.win = 100;
	assert_int_equal(find(l, &s), 2);
	s.ttl = 65;
	found = find(l, &s);
	assert_true(pf_osfp_is(l, found, PF_OSFP_UNKNOWN));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NUMBER(5, 0, 0)));
	assert_false(pf_osfp_is(l, found, PF_OSFP_NOMATCH));
	pf_osfp_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_line), cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_inet6), cmocka_unit_test(test_packets),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, read_file, free_file));
}
