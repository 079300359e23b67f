// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_part.c: two more parts of transactions: this file and two rows, which the Makefile
 * adds to a copy of pf_trans.h before and behind the others.  What of a part is called
 * when, that it may have elements, and that nothing has changed when one cannot prepare.
 */
#include "unit.h"
#include "pf_trans.h"
#include "pf_util.h"

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
};

/*
 * The first part notes its calls, and checks that it has its room and nobody else's.
 */
#define MARK	0x5a
static char calls[64];
static int prepare_error, last_error;	/* of the first part, and of the last */
static bool in_force;

struct room {
	uint8_t	byte[13];		/* an odd size: others stay aligned */
};

static void
note(const struct pf_trans *t, const char *what)
{
	const struct room *r = t->part[PF_PART_TEST];

	for (unsigned int i = 0; i < sizeof(r->byte); i++)
		assert_int_equal(r->byte[i], MARK);
	assert_true(strlen(calls) + strlen(what) < sizeof(calls));
	strcat(calls, what);
}

static void
test_begin(struct pf *pf, struct pf_trans *t)
{
	struct room *r = t->part[PF_PART_TEST];

	pf_mutex_assert(&pf->ctl);
	assert_true(pf_all_zero(r, sizeof(*r)));
	assert_null(pf_trans_place_first(t));
	memset(r, MARK, sizeof(*r));
	note(t, "begin ");
}

static int
test_prepare(struct pf *pf, struct pf_trans *t)
{
	assert_ptr_not_equal(t->conf, pf_rcu_deref_locked(pf->conf));
	for (struct pf_trans_place *p = pf_trans_place_first(t); p != NULL;
	    p = pf_trans_place_next(p))
		memset(p->part[PF_PART_TEST], MARK, sizeof(struct room));
	note(t, "prepare ");
	return (prepare_error);
}

static void
test_undo(struct pf *pf, struct pf_trans *t)
{
	(void)pf;
	note(t, "undo ");
}

/* The configuration is not in force yet. */
static void
test_swap(struct pf *pf, struct pf_trans *t)
{
	const struct room *r;

	for (struct pf_trans_place *p = pf_trans_place_first(t); p != NULL;
	    p = pf_trans_place_next(p)) {
		r = p->part[PF_PART_TEST];
		for (unsigned int i = 0; i < sizeof(r->byte); i++)
			assert_int_equal(r->byte[i], MARK);
	}
	assert_non_null(t->conf);
	assert_ptr_not_equal(t->conf, pf_rcu_deref_locked(pf->conf));
	in_force = true;
	note(t, "swap ");
}

static void
test_finish(struct pf *pf, struct pf_trans *t)
{
	(void)pf;
	assert_null(t->conf);
	note(t, "finish ");
}

static void
test_abort(struct pf *pf, struct pf_trans *t)
{
	(void)pf;
	note(t, "abort ");
}

const struct pf_trans_part pf_part_test = {
	.types = 1U << PF_TRANS_ALTQ,
	.in_anchors = true,
	.size = sizeof(struct room),
	.place_size = sizeof(struct room),
	.begin = test_begin,
	.prepare = test_prepare,
	.undo = test_undo,
	.swap_in = test_swap,
	.finish = test_finish,
	.abort = test_abort,
};

/*
 * The last part: all others have prepared when it cannot.
 */
static int
last_prepare(struct pf *pf, struct pf_trans *t)
{
	(void)pf;
	(void)t;
	return (last_error);
}

const struct pf_trans_part pf_part_last = {
	.prepare = last_prepare,
};

static void
called(const char *want)
{
	assert_string_equal(calls, want);
	calls[0] = '\0';
}

/*
 * Transactions
 */
static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(19);
	f.n = sim_node_new(f.sim, "n");
	f.cl = pf_client_open(f.n->pf, 100, 1);
	assert_non_null(f.cl);
	calls[0] = '\0';
	prepare_error = last_error = 0;
	in_force = false;
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	unit_reset();
	pf_client_close(f->cl);
	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

static struct pfioc_trans_e elements[4];
static struct pfioc_trans trans;

/* The part's elements of the main ruleset and of anchor a, filter rules of a, options. */
static int
begin(struct fix *f)
{
	memset(elements, 0, sizeof(elements));
	elements[0].type = elements[1].type = PF_TRANS_ALTQ;
	strcpy(elements[1].anchor, "a");
	elements[2].type = PF_RULESET_FILTER;
	strcpy(elements[2].anchor, "a");
	elements[3].type = PF_TRANS_OPTIONS;
	trans.size = NITEMS(elements);
	trans.esize = sizeof(elements[0]);
	trans.array = (uint64_t)(uintptr_t)elements;
	return (sim_ioctl(f->n, f->cl, DIOCXBEGIN, &trans));
}

/* A rule, an option, an interface: something of all parts. */
static void
fill(struct fix *f)
{
	static struct pfioc_rule pr;
	struct pfioc_u32 debug = { PF_DEBUG_NOISY, 0 };
	struct pfioc_iface io;

	memset(&pr, 0, sizeof(pr));
	pr.ticket = elements[2].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	strcpy(pr.anchor, "a");
	pr.rule = unit_rule(PF_PASS);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETDEBUG, &debug), 0);
	memset(&io, 0, sizeof(io));
	strcpy(io.name, "eth0");
	io.flags = PFI_IFLAG_SKIP;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETIFFLAG, &io), 0);
}

static void
same(struct fix *f, const struct unit_snap *before)
{
	struct unit_snap now;

	unit_snap(f->n, &now);
	assert_memory_equal(&now, before, sizeof(now));
}

static void
all_in_force(struct fix *f)
{
	struct unit_snap now;

	unit_snap(f->n, &now);
	assert_int_equal(now.status.debug, PF_DEBUG_NOISY);
	assert_true(in_force);
	pf_mutex_lock(&f->n->pf->ctl);
	assert_non_null(pf_anchor_find(f->n->pf, "a"));
	assert_true(pf_kif_find(f->n->pf, "eth0")->skip);
	pf_mutex_unlock(&f->n->pf->ctl);
}

static void
test_ends(void **state)
{
	struct fix *f = *state;
	struct unit_snap before;

	unit_snap(f->n, &before);
	assert_int_equal(begin(f), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &trans), 0);
	called("begin abort ");
	assert_int_equal(begin(f), 0);
	fill(f);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &trans), 0);
	pf_purge(f->n->pf);			/* the name of the interface */
	called("begin abort ");
	same(f, &before);
	assert_int_equal(begin(f), 0);
	fill(f);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), 0);
	called("begin prepare swap finish ");
	all_in_force(f);
	/* It is called for transactions that are not about it. */
	assert_int_equal(unit_load(f->n, NULL, 0), 0);
	called("begin prepare swap finish ");
}

/* What a part cannot prepare changes nothing, and may be tried again. */
static void
test_cannot(void **state)
{
	struct fix *f = *state;
	struct unit_snap before;
	unsigned long held;

	assert_int_equal(begin(f), 0);
	fill(f);
	calls[0] = '\0';
	unit_snap(f->n, &before);
	held = sim_mem_live_all();
	prepare_error = ENOSPC;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), ENOSPC);
		called("prepare ");
		same(f, &before);
		assert_int_equal(sim_mem_live_all(), held);
	}
	prepare_error = 0;
	last_error = E2BIG;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), E2BIG);
		called("prepare undo ");
		same(f, &before);
		assert_int_equal(sim_mem_live_all(), held);
	}
	assert_false(in_force);
	last_error = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), 0);
	called("prepare swap finish ");
	all_in_force(f);
}

/* .. or given up. */
static void
test_cannot_and_ends(void **state)
{
	struct fix *f = *state;
	struct unit_snap before;

	unit_snap(f->n, &before);
	assert_int_equal(begin(f), 0);
	fill(f);
	last_error = E2BIG;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), E2BIG);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &trans), 0);
	called("begin prepare undo abort ");
	pf_purge(f->n->pf);
	same(f, &before);
}

/* Memory fails at every request of a commit: what the first part prepared is undone. */
static void
test_others_cannot(void **state)
{
	struct fix *f = *state;
	struct unit_snap before;
	unsigned long held, n;
	unsigned int undone = 0;
	int error;

	assert_int_equal(begin(f), 0);
	fill(f);
	unit_snap(f->n, &before);
	held = sim_mem_live_all();
	for (n = 1;; n++) {
		calls[0] = '\0';
		sim_fail_alloc(n);
		error = sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		undone += strcmp(calls, "prepare undo ") == 0;
		assert_false(in_force);
		same(f, &before);
		assert_int_equal(sim_mem_live_all(), held);
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_true(undone > 2);
	called("prepare swap finish ");
	all_in_force(f);
}

/* Elements with and without anchors, twice, and of types that are nobody's. */
static void
test_elements(void **state)
{
	static const struct {
		uint32_t	 type;
		const char	*anchor;
		int		 error;
	} cases[] = {
		{ PF_TRANS_ALTQ, "", 0 }, { PF_TRANS_ALTQ, "a/b", 0 },
		{ PF_TRANS_ALTQ, "a//b", EINVAL }, { PF_TRANS_MAX, "", EINVAL },
		{ UINT32_MAX, "", EINVAL }, { PF_TRANS_OPTIONS, "", 0 },
		{ PF_TRANS_OPTIONS, "a", EINVAL }, { PF_RULESET_SCRUB, "", 0 },
		{ PF_RULESET_RDR, "a", 0 },
	};
	struct fix *f = *state;

	for (unsigned int i = 0; i < NITEMS(cases); i++) {
		calls[0] = '\0';
		memset(elements, 0, sizeof(elements));
		elements[0].type = cases[i].type;
		strcpy(elements[0].anchor, cases[i].anchor);
		elements[1] = elements[0];
		trans.size = 1;
		trans.esize = sizeof(elements[0]);
		trans.array = (uint64_t)(uintptr_t)elements;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &trans),
		    cases[i].error);
		if (cases[i].error != 0)
			continue;
		elements[1].ticket = elements[0].ticket;
		trans.size = 2;			/* named twice */
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), EINVAL);
		trans.size = 1;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &trans), 0);
		trans.size = 2;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &trans), EINVAL);
	}
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ends), T(test_cannot), T(test_cannot_and_ends),
		T(test_others_cannot), T(test_elements),
	};

	return (cmocka_run_group_tests_name("part", tests, NULL, NULL));
}
