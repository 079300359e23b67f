// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_frag.c: fragments, against a map of bytes.
 *
 * A fragment is a range of blocks of eight bytes; the last block of a datagram has three.
 * Every byte says which fragment it is from.  The model knows for each byte of a datagram
 * who has brought it first, and says from that what is kept, dropped or goes on, and what the
 * bytes of the result are.  Packets are of a protocol without a header, so
 * that every range is allowed, and are built here byte by byte.
 */
#include "unit.h"
#include "pf_frag.h"
#include "pf_packet.h"

#define BLOCK	8
#define TAIL	3			/* bytes of a datagram's last block */
#define BLOCKS	12			/* at most */
#define SIZE	(BLOCKS * BLOCK)

struct fr {
	bool		v6, more, df, ext;
	uint8_t		proto;		/* 0: 47 */
	uint8_t		ecn;
	uint8_t		fill;
	uint8_t		dst;		/* last byte of the destination */
	uint32_t	id;
	uint32_t	from, len;
};

static void
put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static struct pf_pkt *
build(const struct fr *x)
{
	static uint8_t b[65536 + 100];
	uint8_t proto = x->proto != 0 ? x->proto : 47;
	uint32_t h;

	memset(b, 0, 100);
	if (x->v6) {
		h = 40;
		b[0] = 0x60;
		b[1] = (uint8_t)(x->ecn << 4);
		b[6] = x->ext ? 60 : 44;
		b[7] = 64;
		b[8] = b[24] = 0x20;
		b[9] = b[25] = 0x01;
		b[23] = 1;
		b[39] = (uint8_t)(2 + x->dst);
		if (x->ext) {
			b[h] = 44;
			b[h + 2] = 1;
			b[h + 3] = 4;
			h += 8;
		}
		b[h] = proto;
		put16(b + h + 2, x->from | x->more);
		b[h + 6] = (uint8_t)(x->id >> 8);
		b[h + 7] = (uint8_t)x->id;
		h += 8;
		put16(b + 4, h - 40 + x->len);
	} else {
		h = x->ext ? 24 : 20;
		b[0] = (uint8_t)(0x40 | h / 4);
		b[1] = x->ecn;
		put16(b + 2, h + x->len);
		put16(b + 4, x->id);
		put16(b + 6, x->from / 8 | (x->more ? 0x2000U : 0) |
		    (x->df ? 0x4000U : 0));
		b[8] = 64;
		b[9] = proto;
		b[12] = b[16] = 10;
		b[15] = 1;
		b[19] = (uint8_t)(2 + x->dst);
		if (x->ext)
			memset(b + 20, 1, 4);
		put16(b + 10, sim_sum_fold(sim_sum(0, b, h)));
	}
	memset(b + h, x->fill, x->len);
	return (sim_pkt_raw(b, h + x->len));
}

/* What pf_frag() says of it; *p: what goes on, or NULL. */
static int
push(struct sim_node *n, enum pf_frag_mode mode, bool no_df, const struct fr *x,
    struct pf_pkt **p)
{
	struct pf_pdesc pd;
	int why;

	memset(&pd, 0, sizeof(pd));
	*p = build(x);
	pd.pf = n->pf;
	pd.pkt = *p;
	pd.dir = PF_IN;
	pd.af = x->v6 ? AF_INET6 : AF_INET;
	pd.len = (*p)->len;
	sim_packet_enter();
	why = pf_packet_parse(&pd);
	if (why == PF_GO) {
		assert_true((pd.flags & PF_PD_FRAGMENT) != 0);
		why = pf_frag(&pd, mode, no_df);
	}
	sim_packet_leave();
	sim_lock_check_idle("pf_frag");
	if (why != PF_GO && why != PF_HELD)
		sim_pkt_free(*p);
	if (why != PF_GO)
		*p = NULL;
	return (why);
}

/* The model. */
struct model {
	bool		 v6;
	enum pf_frag_mode mode;
	int		 by[SIZE];	/* fill of who has brought it; -1: nobody */
	int		 end;		/* -1: not known */
	bool		 dead;
	struct { int from, to; } got[64];
	int		 ngot;
	/* the result */
	int		 from, to;	/* of what goes on */
	bool		 more;
};

static void
model_reset(struct model *m)
{
	for (int i = 0; i < SIZE; i++)
		m->by[i] = -1;
	m->end = -1;
	m->dead = false;
	m->ngot = 0;
}

static int
model(struct model *m, const struct fr *x)
{
	int from = (int)x->from, to = from + (int)x->len, old = 0, high = 0, i;
	bool odd, strict = m->v6 || m->mode == PF_FRAG_DROP;

	if (m->dead)
		return (PFRES_FRAG);
	for (i = 0; i < SIZE; i++)
		if (m->by[i] != -1)
			high = i + 1;
	for (i = from; i < to; i++)
		old += m->by[i] != -1;
	odd = (m->end != -1 && (x->more ? to >= m->end : to != m->end)) ||
	    (!x->more && high > to);
	if (m->v6 && !odd)
		for (i = 0; i < m->ngot; i++)
			if (m->got[i].from == from && m->got[i].to == to)
				return (PFRES_FRAG);
	if (strict && (odd || old != 0)) {
		m->dead = true;
		return (PFRES_FRAG);
	}
	if (odd || old == to - from)
		return (PFRES_FRAG);
	m->got[m->ngot].from = from;
	m->got[m->ngot++].to = to;
	m->more = x->more;
	if (m->mode != PF_FRAG_WHOLE) {
		while (m->by[from] != -1)
			from++;
		for (i = from; i < to && m->by[i] == -1; i++)
			;
		m->more = x->more || i < to;
		to = i;
	}
	for (i = from; i < to; i++)
		if (m->by[i] == -1)
			m->by[i] = x->fill;
	if (!m->more)
		m->end = to;
	m->from = from;
	m->to = to;
	for (i = 0; m->end != -1 && i < m->end && m->by[i] != -1; i++)
		;
	if (i == m->end) {			/* complete, and forgotten */
		if (m->mode == PF_FRAG_WHOLE) {
			m->from = 0;
			m->to = m->end;
			m->more = false;
		}
		m->end = -2;
		return (PF_GO);
	}
	return (m->mode == PF_FRAG_WHOLE ? PF_HELD : PF_GO);
}

/* The bytes of what goes on. */
static void
check_packet(struct pf_pkt *p, const struct model *m)
{
	uint8_t b[SIZE + 60], want[SIZE];
	uint32_t h = m->v6 ? 40 : 20, len = (uint32_t)(m->to - m->from);

	assert_int_equal(p->len, h + len);
	sim_pkt_bytes(p, b, sizeof(b));
	for (int i = m->from; i < m->to; i++)
		want[i - m->from] = (uint8_t)m->by[i];
	assert_memory_equal(b + h, want, len);
	if (m->v6) {
		assert_int_equal(b[6], 47);
		assert_int_equal(b[4] << 8 | b[5], len);
		return;
	}
	assert_int_equal(b[2] << 8 | b[3], h + len);
	assert_int_equal(b[6] << 8 | b[7], (uint32_t)m->from / 8 |
	    (m->more ? 0x2000 : 0));
	assert_int_equal(sim_sum_fold(sim_sum(0, b, 20)), 0);
}

/* Fragments of one datagram, one after the other. */
static void
run(struct sim_node *n, struct model *m, const struct fr *x, unsigned int nx)
{
	static uint32_t id;
	struct pf_pkt *p;

	id++;
	model_reset(m);
	for (unsigned int i = 0; i < nx; i++) {
		struct fr f = x[i];
		int want, why;

		f.v6 = m->v6;
		f.id = id;
		f.fill = (uint8_t)(i + 1);
		want = model(m, &f);
		why = push(n, m->mode, false, &f, &p);
		if (why != want)
			fail_msg("fragment %u, %u+%u%s: %d, not %d", i, f.from,
			    f.len, f.more ? "+" : "", why, want);
		if (p != NULL) {
			check_packet(p, m);
			sim_pkt_free(p);
		}
		if (m->end == -2)
			model_reset(m);
	}
}

static void
forget(struct sim_node *n)
{
	struct pf_status st;

	sim_seconds(n->sim, 31);
	unit_status(n, &st);
	assert_int_equal(st.fragments, 0);
	assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
}

static const struct { bool v6; enum pf_frag_mode mode; } ways[] = {
	{ false, PF_FRAG_WHOLE }, { false, PF_FRAG_CROP }, { false, PF_FRAG_DROP },
	{ true, PF_FRAG_WHOLE },
};

static struct fr
range(uint32_t from, uint32_t to, bool more)
{
	return ((struct fr){ .from = from * BLOCK, .more = more,
	    .len = (to - from) * BLOCK - (more ? 0 : BLOCK - TAIL) });
}

/* All sequences of three fragments of up to four blocks; those of one that is the whole
 * datagram by itself left out. */
static void
test_shapes(void **state)
{
	struct unit_node *u = *state;
	struct fr all[32];
	unsigned int n = 0;
	struct model m;

	for (uint32_t from = 0; from < 4; from++)
		for (uint32_t to = from + 1; to <= 4; to++) {
			all[n++] = range(from, to, true);
			if (from != 0)
				all[n++] = range(from, to, false);
		}
	assert_int_equal(n, 16);
	for (unsigned int w = 0; w < NITEMS(ways); w++) {
		m.v6 = ways[w].v6;
		m.mode = ways[w].mode;
		for (unsigned int i = 0; i < n * n * n; i++) {
			struct fr x[4] = { all[i % n], all[i / n % n],
			    all[i / n / n], all[i % n] };

			run(u->n, &m, x, 4);
			if (i % 1000 == 999)
				forget(u->n);
		}
		forget(u->n);
	}
}

/* Five fragments in every order. */
static void
test_orders(void **state)
{
	struct unit_node *u = *state;
	struct model m;

	for (unsigned int w = 0; w < NITEMS(ways); w++) {
		m.v6 = ways[w].v6;
		m.mode = ways[w].mode;
		for (unsigned int i = 0; i < 120; i++) {
			uint32_t at[6] = { 0, 2, 3, 6, 7, 12 }, left[5] = { 0, 1, 2, 3, 4 };
			struct fr x[5];
			unsigned int k = i;

			for (unsigned int j = 0; j < 5; j++) {
				unsigned int pick = k % (5 - j), r = left[pick];

				k /= 5 - j;
				memmove(left + pick, left + pick + 1,
				    (4 - pick) * sizeof(left[0]));
				x[j] = range(at[r], at[r + 1], r < 4);
			}
			run(u->n, &m, x, 5);
			assert_int_equal(m.end, -1);	/* it became complete */
		}
		assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
	}
}

/* Longer sequences, by chance. */
static void
test_chance(void **state)
{
	struct unit_node *u = *state;
	struct model m;

	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int w = i % NITEMS(ways), n = 4 + i / 4 % 13;
		struct fr x[16];

		m.v6 = ways[w].v6;
		m.mode = ways[w].mode;
		for (unsigned int j = 0; j < n; j++) {
			uint32_t from = sim_random(u->sim) % BLOCKS;
			uint32_t len = 1 + sim_random(u->sim) % 3;
			uint32_t to = from + len < BLOCKS ? from + len : BLOCKS;

			x[j] = range(from, to, from == 0 || to < BLOCKS ||
			    sim_random(u->sim) % 8 == 0);
		}
		run(u->n, &m, x, n);
		if (i % 200 == 199)
			forget(u->n);
	}
}

/* Of datagrams that differ in one thing, each is put together alone. */
static void
test_keys(void **state)
{
	struct unit_node *u = *state;
	struct fr x[2] = { range(0, 1, true), range(1, 2, false) };
	struct pf_pkt *p;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		for (unsigned int i = 0; i < 4; i++) {
			for (unsigned int k = 0; k < 2; k++) {
				x[k].v6 = v6;
				x[k].id = i == 1 ? 8 : 7;
				x[k].dst = i == 2;
				x[k].proto = i == 3 ? 99 : 47;
			}
			if (v6 && i == 3)	/* no part of the key */
				continue;
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PF_HELD);
		}
		for (unsigned int i = 0; i < 4; i++) {
			if (v6 && i == 3)
				continue;
			x[1].id = i == 1 ? 8 : 7;
			x[1].dst = i == 2;
			x[1].proto = i == 3 ? 99 : 47;
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[1], &p), PF_GO);
			sim_pkt_free(p);
		}
	}
	assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
}

/* What is in the headers: options, IPv6 headers in front, don't fragment (no-df), marks of
 * congestion. */
static void
test_headers(void **state)
{
	struct unit_node *u = *state;
	static const struct { uint8_t ecn[2]; int want; uint8_t is; } ecn[] = {
		{ { 0, 0 }, PF_GO, 0 }, { { 2, 3 }, PF_GO, 3 }, { { 3, 1 }, PF_GO, 3 },
		{ { 0, 3 }, PFRES_FRAG, 0 }, { { 2, 2 }, PF_GO, 2 },
	};
	struct fr x[2] = { range(0, 1, true), range(1, 2, false) };
	uint8_t b[100];
	struct pf_pkt *p;

	for (unsigned int i = 0; i < NITEMS(ecn) * 4; i++) {
		for (unsigned int k = 0; k < 2; k++) {
			x[k].v6 = i & 1;
			x[k].ext = (i & 2) != 0;
			x[k].ecn = ecn[i / 4].ecn[k];
			x[k].id = i;
		}
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[i & 1], &p), PF_HELD);
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[!(i & 1)], &p),
		    ecn[i / 4].want);
		if (p == NULL)
			continue;
		sim_pkt_bytes(p, b, sizeof(b));
		assert_int_equal(p->len, (i & 1 ? 40 : 20) + BLOCK + TAIL +
		    (i & 2 ? (i & 1 ? 8 : 4) : 0));
		if (i & 1)
			assert_int_equal(b[i & 2 ? 40 : 6], 47);
		assert_int_equal(i & 1 ? b[1] >> 4 & 3 : b[1], ecn[i / 4].is);
		sim_pkt_free(p);
	}
	for (unsigned int mode = 0; mode < 3; mode++) {
		struct fr df = range(0, 1, true);

		df.df = true;
		df.id = 1000 + mode;
		assert_int_equal(push(u->n, mode, false, &df, &p), PFRES_FRAG);
		assert_int_equal(push(u->n, mode, true, &df, &p),
		    mode == PF_FRAG_WHOLE ? PF_HELD : PF_GO);
		if (p != NULL) {
			sim_pkt_bytes(p, b, sizeof(b));
			assert_int_equal(b[6], 0x20);
			assert_int_equal(sim_sum_fold(sim_sum(0, b, 20)), 0);
			sim_pkt_free(p);
		}
	}
	forget(u->n);
}

/* The largest datagram; and one whose first fragment has the longer header. */
static void
test_largest(void **state)
{
	struct unit_node *u = *state;
	struct pf_pkt *p;

	for (unsigned int i = 0; i < 4; i++) {
		bool v6 = i & 1, ext = i & 2;
		uint32_t total = v6 ? 65535 : 65515, at = 0;
		int why = PF_HELD;

		while (at < total) {
			struct fr x = { .v6 = v6, .id = i, .from = at,
			    .len = total - at < 1000 ? total - at : 1000,
			    .more = total - at > 1000, .ext = ext && at == 0 };

			assert_int_equal(why, PF_HELD);
			why = push(u->n, PF_FRAG_WHOLE, false, &x, &p);
			at += x.len;
		}
		assert_int_equal(why, ext ? PFRES_FRAG : PF_GO);
		if (p == NULL)
			continue;
		assert_int_equal(p->len, v6 ? 65575 : 65535);
		assert_int_equal(p->most, v6 ? 1048 : 1020);
		sim_pkt_free(p);
	}
	assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
}

/* As many pieces as a datagram may have, backwards; with one more it is dropped. */
static void
test_pieces(void **state)
{
	struct unit_node *u = *state;
	struct pf_status st;
	struct pf_pkt *p;

	for (unsigned int n = 256; n <= 257; n++) {
		int why = PF_HELD;

		for (unsigned int i = n; i-- > 0;) {
			struct fr x = { .id = n, .from = i * 8, .len = 8, .more = i < n - 1 };

			assert_int_equal(why, PF_HELD);
			why = push(u->n, PF_FRAG_WHOLE, false, &x, &p);
		}
		assert_int_equal(why, n == 256 ? PF_GO : PFRES_FRAG);
		sim_pkt_free(p);
	}
	unit_status(u->n, &st);
	assert_int_equal(st.fragments, 1);	/* that it is dropped */
	forget(u->n);
}

/* A flood of first fragments does not keep a datagram from being complete. */
static void
test_flood(void **state)
{
	struct unit_node *u = *state;
	struct fr flood = range(0, 1, true), x[2] = { range(0, 1, true), range(1, 2, false) };
	struct pf_status st;
	struct pf_pkt *p;

	assert_int_equal(unit_limit(u->n, PF_LIMIT_FRAGS, 100), 0);
	for (unsigned int i = 0; i < 5000; i++) {
		flood.id = i;
		flood.dst = 1;
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &flood, &p), PF_HELD);
		unit_status(u->n, &st);
		assert_in_range(st.fragments, i < 100 ? i + 1 : 99, 100);
		if (i % 50 == 10) {
			x[0].id = x[1].id = i;
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[1], &p), PF_HELD);
		} else if (i % 50 == 40) {
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PF_GO);
			sim_pkt_free(p);
		}
	}
	unit_status(u->n, &st);
	assert_true(st.counters[PFRES_MEMORY] >= 4900);
	forget(u->n);
	/* nor does a flood of overlaps, of which each datagram is dropped from then on */
	for (unsigned int i = 0; i < 500; i++) {
		struct fr over[2] = { range(0, 2, true), range(1, 3, true) };

		over[0].v6 = over[1].v6 = true;
		over[0].id = over[1].id = i;
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &over[0], &p), PF_HELD);
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &over[1], &p), PFRES_FRAG);
		unit_status(u->n, &st);
		assert_in_range(st.fragments, 1, 100);
		if (i % 50 == 10) {
			x[0].id = x[1].id = i;
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[1], &p), PF_HELD);
			assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PF_GO);
			sim_pkt_free(p);
		}
	}
	forget(u->n);
	/* what says which bytes have gone on does not give way */
	for (unsigned int i = 0; i < 110; i++) {
		flood.id = i;
		assert_int_equal(push(u->n, PF_FRAG_CROP, false, &flood, &p),
		    i < 100 ? PF_GO : PFRES_MEMORY);
		sim_pkt_free(p);
	}
	assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &flood, &p), PFRES_MEMORY);
	assert_int_equal(unit_limit(u->n, PF_LIMIT_FRAGS, 0), 0);
	assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &flood, &p), PFRES_MEMORY);
	forget(u->n);
}

/* A datagram that has become too old begins anew; and how long one is dropped. */
static void
test_timeout(void **state)
{
	struct unit_node *u = *state;
	struct fr x[2] = { range(0, 2, true), range(1, 3, true) };
	struct pf_status st;
	struct pf_pkt *p;

	assert_int_equal(unit_timeout(u->n, PFTM_FRAG, 5), 0);
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		x[0].v6 = x[1].v6 = v6;
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PF_HELD);
		sim_seconds(u->sim, 4);
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[1], &p),
		    v6 ? PFRES_FRAG : PF_HELD);
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PFRES_FRAG);
		sim_seconds(u->sim, 1);
		assert_int_equal(push(u->n, PF_FRAG_WHOLE, false, &x[0], &p), PF_HELD);
		sim_seconds(u->sim, 5);
	}
	unit_status(u->n, &st);
	assert_int_equal(st.fragments, 0);
}

/* No memory at any step: nothing is left behind, and the datagram comes through later. */
static void
test_memory(void **state)
{
	struct unit_node *u = *state;
	struct fr x[3] = { range(1, 2, true), range(2, 3, false), range(0, 2, true) };
	unsigned long failed = 1;
	struct pf_pkt *p;

	for (unsigned int v6 = 0; v6 < 2; v6++)
		for (unsigned long n = 1; failed != 0; n++) {
			bool whole = false;

			sim_fail_alloc(n);
			for (unsigned int i = 0; i < 3; i++) {
				struct fr f = x[i];
				int why;

				f.v6 = v6;
				f.id = n;
				if (v6 && i == 2)
					f.len = BLOCK;
				why = push(u->n, PF_FRAG_WHOLE, false, &f, &p);
				assert_true(why == PF_HELD || why == PF_GO ||
				    why == PFRES_MEMORY);
				whole = p != NULL;
				sim_pkt_free(p);
			}
			failed = sim_fail_done();
			sim_fail_alloc(0);
			assert_true(whole || failed != 0);
			forget(u->n);
		}
	for (unsigned long n = 1; n < 5; n++) {
		struct fr f = range(1, 3, true);

		f.df = true;
		sim_fail_alloc(n);
		push(u->n, PF_FRAG_CROP, true, &f, &p);
		sim_pkt_free(p);
		f = range(0, 3, true);
		push(u->n, PF_FRAG_CROP, true, &f, &p);
		sim_pkt_free(p);
		sim_fail_alloc(0);
		forget(u->n);
	}
}

/* Through pf_test(): ports are seen, and the options decide. */
static void
test_path(void **state)
{
	struct unit_node *u = *state;
	struct pf_rule r[2] = { unit_rule(PF_DROP), unit_rule(PF_PASS) };
	static uint8_t load[200];
	struct sim_info in;
	struct pf_status st;

	r[1].proto = IPPROTO_UDP;
	r[1].flags = r[1].flagset = 0;
	r[1].dst.port_op = PF_OP_EQ;
	r[1].dst.port[0] = htons(53);
	assert_int_equal(unit_load(u->n, r, 2), 0);
	for (unsigned int i = 0; i < 8; i++) {
		bool v6 = i & 1, reass = i & 2, df = !v6 && (i & 4) != 0;
		struct sim_spec s = { .src = v6 ? "2001:db8::1" : "10.0.0.1",
		    .dst = v6 ? "2001:db8::2" : "10.0.0.2", .proto = IPPROTO_UDP,
		    .sport = (uint16_t)(1000 + i), .dport = 53, .payload = load,
		    .paylen = sizeof(load) };
		struct pf_pkt *p = sim_pkt_build(&s), *a, *b;
		uint8_t whole[300];
		uint32_t h = v6 ? 40 : 20, len = p->len - h;

		assert_int_equal(unit_reassemble(u->n, reass ?
		    PF_REASS_ENABLED | (df ? PF_REASS_NODF : 0) : 0), 0);
		sim_pkt_bytes(p, whole, sizeof(whole));
		sim_pkt_free(p);
		s.proto = 47;			/* bytes as they are .. */
		s.ip_id = (uint16_t)i;
		s.df = df;
		s.more_frags = true;
		s.payload = whole + h;
		s.paylen = 104;
		a = sim_pkt_build(&s);
		s.more_frags = false;
		s.frag_off = 104;
		s.payload = whole + h + 104;
		s.paylen = len - 104;
		b = sim_pkt_build(&s);
		/* .. of what they are of */
		sim_pkt_write(a, v6 ? 40 : 9, "\x11", 1);
		sim_pkt_write(b, v6 ? 40 : 9, "\x11", 1);
		assert_int_equal(sim_test_free(u->n, PF_IN, 1, b), reass ? PF_TAKEN : PF_DROP);
		assert_int_equal(sim_test(u->n, PF_IN, 1, a), PF_PASS);
		if (reass)
			assert_true(sim_pkt_info(a, &in) && in.dport == 53);
		sim_pkt_free(a);
		unit_status(u->n, &st);
		assert_int_equal(st.states, i + 1);
		assert_int_equal(st.fragments, 0);
	}
	assert_int_equal(sim_mem_live(SIM_MEM_PKT), 0);
	/* what is held when the instance ends is freed: the teardown sees that */
	assert_int_equal(unit_reassemble(u->n, PF_REASS_ENABLED), 0);
	assert_int_equal(sim_test_free(u->n, PF_IN, 1, build(&(struct fr){ .len = 8,
	    .more = true })), PF_TAKEN);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_shapes), TEST(test_orders), TEST(test_chance), TEST(test_keys),
		TEST(test_headers), TEST(test_largest), TEST(test_pieces), TEST(test_flood),
		TEST(test_timeout), TEST(test_memory), TEST(test_path),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
