// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_anchor.c: anchors: their names, how they come and go, and that many of them change
 * together or not at all.
 */
#include "lines.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

#include <arpa/inet.h>

/* Paths and calls that are refused, and what is left of the anchors then: none. */
static void
test_bad_names(void **state)
{
	static const char *const paths[] = { "/a", "a/", "a//b", ".", "..", "a/..",
		"a/*", "*", "a*", "a/\n", "a\x7f" };
	static const struct {
		const char	*in, *call;
	} calls[] = { { "", ".." }, { "", "/" }, { "", "../a" }, { "a", ".." },
		{ "a", "../.." }, { "a", "../../b" }, { "", "a/./b" },
		{ "", "*/a" }, { "", "a/**" }, { "", "a*" }, { "", "/a/.." },
		{ "", "\t" } };
	struct lines *f = *state;
	struct line l = { "", "", NULL, 0, 0 };
	char name[PF_ANCHOR_NAME_SIZE + 1], deep[2 * PF_ANCHOR_DEPTH + 3] = "x";

	for (unsigned int i = 0; i < NITEMS(paths); i++) {
		struct lines_trans t = { { 0, 0, 0 }, NULL };

		lines_element(&t, PF_RULESET_FILTER, paths[i]);
		if (lines_begin(f, &t) != EINVAL)
			fail_msg("anchor \"%s\"", paths[i]);
		lines_end(f, &t);
	}
	for (unsigned int i = 0; i < NITEMS(calls); i++) {
		l.in = calls[i].in;
		l.call = calls[i].call;
		if (lines_load(f, &l, 1, NULL) != EINVAL)
			fail_msg("call of \"%s\" in \"%s\"", l.call, l.in);
	}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	l.in = "";
	l.call = name;
	assert_int_equal(lines_load(f, &l, 1, NULL), EINVAL);
	for (int i = 1; i <= PF_ANCHOR_DEPTH; i++)
		strcat(deep, "/x");
	l.call = deep;
	assert_int_equal(lines_load(f, &l, 1, NULL), EINVAL);
	lines_are(f, ":\n");
	/* one less of either is fine */
	l.call = name + 1;
	assert_int_equal(lines_load(f, &l, 1, NULL), 0);
	l.call = deep + 2;
	assert_int_equal(lines_load(f, &l, 1, NULL), 0);
	assert_int_equal(f->n->pf->anchors.n, PF_ANCHOR_DEPTH);
}

/* What a rule that calls an anchor cannot say. */
static void
test_bad_calls(void **state)
{
	static const struct {
		uint32_t	ruleset;
		uint8_t		action;
		int		error;
	} kinds[] = {
		{ PF_RULESET_FILTER, PF_DROP, EINVAL },
		{ PF_RULESET_FILTER, PF_MATCH, EINVAL },
		{ PF_RULESET_FILTER, PF_PASS, 0 }, { PF_RULESET_NAT, PF_NAT, 0 },
		{ PF_RULESET_NAT, PF_NONAT, EINVAL }, { PF_RULESET_RDR, PF_RDR, 0 },
		{ PF_RULESET_RDR, PF_NAT, EINVAL },
		{ PF_RULESET_BINAT, PF_BINAT, 0 },
		{ PF_RULESET_SCRUB, PF_SCRUB, 0 },
	};
	static const struct {
		const char	*what;
		size_t		 off;
	} members[] = {
#define M(m) { #m, offsetof(struct pf_rule, m) }
		M(keep_state), M(log), M(natpass), M(allow_opts), M(max_states),
		M(pool_used), M(return_icmp), M(rule_flag), M(return_ttl),
	};
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	static struct pfioc_rule pr;
	struct line l = { "", "a", NULL, 0, 0 };

	for (uint32_t i = 0; i < PF_RULESET_MAX; i++)
		lines_element(&t, i, "");
	assert_int_equal(lines_begin(f, &t), 0);
	for (unsigned int i = 0; i < NITEMS(kinds); i++) {
		memset(&pr, 0, sizeof(pr));
		pr.ticket = t.e[0].ticket;
		pr.ruleset = kinds[i].ruleset;
		pr.rule = lines_rule(&l);
		pr.rule.action = kinds[i].action;
		strcpy(pr.anchor_call, "a");
		if (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr) != kinds[i].error)
			fail_msg("action %d in %u", kinds[i].action,
			    kinds[i].ruleset);
	}
	for (unsigned int i = 0; i < NITEMS(members); i++) {
		pr.ruleset = PF_RULESET_FILTER;
		pr.rule = lines_rule(&l);
		((uint8_t *)&pr.rule)[members[i].off] = 1;
		if (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr) != EINVAL)
			fail_msg("%s", members[i].what);
	}
	/* a ruleset that is not part of it */
	l.in = "a";
	assert_int_equal(lines_add(f, &t, &l), EBUSY);
	lines_end(f, &t);
	lines_are(f, ":\n");
}

/* When there is an anchor, and when not. */
static void
test_life(void **state)
{
	static const struct line both[] = { { "", "n/*", 0, 0, 0 },
		{ "n/a", "b/c", 0, 0, 0 }, { "x/y", NULL, "y", 0, 0 } };
	static const struct line less[] = { { "n/a", NULL, "a", 0, 0 } };
	static const char *const x[] = { "x/y", "not/there", NULL };
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_ruleset io;

	assert_int_equal(lines_load(f, both, NITEMS(both), NULL), 0);
	lines_are(f, ": n/*\nn:\nn/a: b/c\nn/a/b:\nn/a/b/c:\nx:\nx/y: y\n");
	/* the caller goes, and what nobody else needs with it */
	assert_int_equal(lines_load(f, less, NITEMS(less), x), 0);
	lines_are(f, ":\nn:\nn/a: a\n");

	/* what a transaction brings is not there before its end */
	lines_element(&t, PF_RULESET_FILTER, "new/one");
	lines_element(&t, PF_RULESET_FILTER, "n/a");
	assert_int_equal(lines_begin(f, &t), 0);
	assert_int_equal(lines_add(f, &t, &(struct line){ "new/one", "/n/b", 0, 0, 0 }), 0);
	lines_are(f, ":\nn:\nn/a: a\n");
	memset(&io, 0, sizeof(io));
	strcpy(io.path, "new");
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), ENOENT);
	lines_end(f, &t);
	lines_are(f, ":\nn:\nn/a: a\n");
	assert_int_equal(f->n->pf->anchors.n, 2);
	lines_clear(f);
	assert_int_equal(f->n->pf->anchors.n, 0);
	lines_clear(f);			/* now the index goes too */
	sim_packet_enter();
	assert_null(pf_rcu_deref(f->n->pf->conf)->anchors);
	sim_packet_leave();
}

/* Which elements make a transaction. */
static void
test_elements(void **state)
{
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_trans_e *e;

	lines_element(&t, PF_RULESET_FILTER, "a");
	lines_element(&t, PF_RULESET_FILTER, "b");
	lines_element(&t, PF_RULESET_NAT, "a");
	e = t.e;
	strcpy(e[1].anchor, "a");			/* twice */
	assert_int_equal(lines_begin(f, &t), EINVAL);
	strcpy(e[1].anchor, "b");
	assert_int_equal(lines_begin(f, &t), 0);
	strcpy(e[1].anchor, "c");			/* another one */
	assert_int_equal(lines_commit(f, &t), EINVAL);
	strcpy(e[1].anchor, "a");			/* instead of b */
	assert_int_equal(lines_commit(f, &t), EINVAL);
	strcpy(e[1].anchor, "b");
	t.io.size = 2;					/* not all */
	assert_int_equal(lines_commit(f, &t), EINVAL);
	t.io.size = 3;
	assert_int_equal(lines_commit(f, &t), 0);
	t.io.size = PF_TRANS_ELEMENTS + 1;
	assert_int_equal(lines_begin(f, &t), EINVAL);
	lines_end(f, &t);
}

static void
test_limit(void **state)
{
	static const struct line four[] = { { "a/b", NULL, "b", 0, 0 },
		{ "a/c", NULL, "c", 0, 0 }, { "d", NULL, "d", 0, 0 } };
	static const struct line other[] = { { "", "e", 0, 0, 0 } };
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_limit pl = { PF_LIMIT_ANCHORS, 4 };

	assert_int_equal(unit_limit(f->n, PF_LIMIT_ANCHORS, 3), 0);
	assert_int_equal(lines_load(f, four, NITEMS(four), NULL), ENOSPC);
	lines_are(f, ":\n");
	assert_int_equal(f->n->pf->anchors.n, 0);

	/* a transaction that raises the limit has the use of it */
	lines_element(&t, PF_TRANS_OPTIONS, "");
	for (unsigned int i = 0; i < NITEMS(four); i++)
		lines_element(&t, PF_RULESET_FILTER, four[i].in);
	assert_int_equal(lines_begin(f, &t), 0);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCSETLIMIT, &pl), 0);
	for (unsigned int i = 0; i < NITEMS(four); i++)
		assert_int_equal(lines_add(f, &t, &four[i]), 0);
	assert_int_equal(lines_commit(f, &t), 0);
	lines_end(f, &t);
	lines_are(f, ":\na:\na/b: b\na/c: c\nd: d\n");
	assert_int_equal(lines_load(f, other, NITEMS(other), NULL), ENOSPC);
	/* below what there is: that stays, and can be replaced */
	assert_int_equal(unit_limit(f->n, PF_LIMIT_ANCHORS, 1), 0);
	assert_int_equal(lines_load(f, four, NITEMS(four), NULL), 0);
	lines_are(f, ":\na:\na/b: b\na/c: c\nd: d\n");
}

/* Memory that fails at any moment: all of it or nothing. */
static void
test_atomic(void **state)
{
	static const struct line old[] = { { "", "n/*", 0, 0, 0 },
		{ "n/a", NULL, "a", 0, 0 }, { "n/b", NULL, "b", 0, 0 },
		{ "o", NULL, "o", 0, 0 } };
	static const struct line new[] = { { "", "o", 0, 0, 0 }, { "", "n/*", 0, 0, 0 },
		{ "", "p/q/r", 0, 0, 0 }, { "n/a", "s", 0, 0, 0 },
		{ "n/a/s", NULL, "s", 0, 0 }, { "n/c", NULL, "c", 0, 0 },
		{ "p/q/r", NULL, "r", 0, 0 }, { "p/q/r", NULL, "r2", 0, 0 } };
	static const char *const gone[] = { "n/b", "o", NULL };
	struct lines *f = *state;
	char before[4096], after[4096], got[256];
	unsigned int failures = 0;
	bool done = false;

	for (unsigned long i = 1; !done; i++) {
		lines_clear(f);
		assert_int_equal(lines_load(f, old, NITEMS(old), NULL), 0);
		before[0] = '\0';
		lines_tree(f, "", before, sizeof(before), true);
		sim_fail_alloc(i);
		done = lines_load(f, new, NITEMS(new), gone) == 0 &&
		    sim_fail_done() == 0;
		if (sim_fail_done() != 0)
			failures++;
		sim_fail_alloc(0);
		after[0] = '\0';
		lines_tree(f, "", after, sizeof(after), true);
		lines_decide(f, 53, got);
		if (strcmp(before, after) == 0) {
			assert_false(done);
			assert_string_equal(got, "b 0 n/b");
		} else {
			lines_are(f, ": o n/* p/q/r\nn:\nn/a: s\nn/a/s: s\n"
			    "n/c: c\no:\np:\np/q:\np/q/r: r r2\n");
			assert_string_equal(got, "r2 2 p/q/r");
		}
		assert_true(i < 10000);
	}
	assert_true(failures > 50);
}

/* A state outlives the anchor of its rule; counters of the rule that led there count too. */
static void
test_states(void **state)
{
	static const struct line l[] = { { "", "a", 0, 0, 0 } };
	static const char *const a[] = { "a", NULL };
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	struct pfsync_state *s;
	static struct pfioc_rule pr;
	struct pf_rule r;
	struct pf_pkt *p;

	assert_int_equal(unit_enable(f->n), 0);
	lines_element(&t, PF_RULESET_FILTER, "");
	lines_element(&t, PF_RULESET_FILTER, "a");
	assert_int_equal(lines_begin(f, &t), 0);
	assert_int_equal(lines_add(f, &t, &l[0]), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = t.e[0].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	strcpy(pr.anchor, "a");
	pr.rule = unit_rule(PF_PASS);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, &pr), 0);
	assert_int_equal(lines_commit(f, &t), 0);
	lines_end(f, &t);
	for (int i = 0; i < 6; i++) {
		p = sim_pkt_build(&(struct sim_spec){ .src = "10.0.0.1",
		    .dst = "10.0.0.2", .proto = IPPROTO_UDP, .sport = 7,
		    .dport = 53 });
		assert_int_equal(sim_test_free(f->n, PF_IN, 1, p), PF_PASS);
		if (i == 4) {
			unit_get_rule(f->n, 0, &r);
			assert_int_equal(r.packets[0], 5);
			assert_int_equal(r.evaluations, 1);
			assert_int_equal(sim_ioctl(f->n, f->a, DIOCGETRULES,
			    &pr), 0);
			pr.nr = 0;
			assert_int_equal(sim_ioctl(f->n, f->a, DIOCGETRULE,
			    &pr), 0);
			assert_int_equal(pr.rule.packets[0], 5);
			assert_int_equal(unit_states(f->n, &s), 1);
			assert_int_equal(s->anchor, 0);
			assert_int_equal(s->rule, 0);
			free(s);
			assert_int_equal(lines_load(f, NULL, 0, a), 0);
		}
	}
	lines_are(f, ":\n");
	assert_int_equal(unit_states(f->n, &s), 1);
	assert_int_equal(s->packets[0], 6);
	assert_int_equal(s->anchor, UINT32_MAX);	/* no longer in force */
	assert_int_equal(s->rule, UINT32_MAX);
	free(s);
	assert_int_equal(unit_disable(f->n), 0);
}

/* Translation walks through anchors of its own kind. */
static void
test_translation(void **state)
{
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	static struct pfioc_rule pr;
	struct line l = { "", "a", NULL, 0, 0 };
	struct pf_pdesc pd;
	struct pf_match m;

	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++) {
		lines_element(&t, k, "");
		lines_element(&t, k, "a");
	}
	assert_int_equal(lines_begin(f, &t), 0);
	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++)
		for (int i = 0; i < 3; i++) {
			memset(&pr, 0, sizeof(pr));
			pr.ticket = t.e[0].ticket;
			pr.ruleset = k;
			pr.rule = lines_rule(&l);
			pr.rule.action = k == PF_RULESET_NAT ? PF_NAT :
			    k == PF_RULESET_RDR ? PF_RDR : PF_BINAT;
			if (i == 0)
				strcpy(pr.anchor_call, "a");
			else {
				strcpy(pr.anchor, "a");
				pr.rule.action++;	/* no nat .. */
				pr.rule.dst.port_op = PF_OP_EQ;
				pr.rule.dst.port[0] = htons(53);
			}
			assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, &pr),
			    0);
		}
	assert_int_equal(lines_commit(f, &t), 0);
	lines_end(f, &t);
	sim_packet_enter();
	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++) {
		lines_packet(f, &pd, 53);
		pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), k, &pd);
		assert_non_null(m.rule);
		assert_int_equal(m.rule->nr, 0);	/* the first one */
		assert_non_null(m.anchor);
		assert_string_equal(m.ruleset->anchor->path, "a");
		lines_packet(f, &pd, 54);
		pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), k, &pd);
		assert_null(m.rule);
	}
	sim_packet_leave();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lines_setup, lines_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bad_names),
		TEST(test_bad_calls),
		TEST(test_life),
		TEST(test_elements),
		TEST(test_limit),
		TEST(test_atomic),
		TEST(test_states),
		TEST(test_translation),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
