// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_walk.c: the walk through anchors: which rule decides, in what order they are walked
 * through, and what ends at a limit.
 */
#include "lines.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

#include <arpa/inet.h>

/*
 * Which rule decides
 */
#define LINES	12
static const struct {
	const char	*what;
	struct line	 l[LINES];
	const char	*want;			/* to port 53 */
} cases[] = {
	{ "no anchor", { { "", NULL, "m", 0, 0 } }, "m - -" },
	{ "the last match, inside", { { "", NULL, "m", 0, 0 }, { "", "a", 0, 0, 0 },
	    { "a", NULL, "a", 53, 0 } }, "a 1 a" },
	{ "the last match, behind", { { "", "a", 0, 0, 0 }, { "", NULL, "m", 0, 0 },
	    { "a", NULL, "a", 53, 0 } }, "m - -" },
	{ "no match inside", { { "", NULL, "m", 0, 0 }, { "", "a", 0, 0, 0 },
	    { "a", NULL, "a", 54, 0 } }, "m - -" },
	{ "an anchor that is not for this packet", { { "", "a", 0, 54, 0 },
	    { "a", NULL, "a", 0, 0 } }, "- - -" },
	{ "an empty one", { { "", NULL, "m", 0, 0 }, { "", "a", 0, 0, 1 } }, "m - -" },
	{ "quick inside", { { "", "a", 0, 0, 0 }, { "", NULL, "m", 0, 0 },
	    { "a", NULL, "a", 53, 1 }, { "a", NULL, "a2", 0, 0 } }, "a 0 a" },
	{ "quick on the anchor, a match", { { "", "a", 0, 0, 1 },
	    { "", NULL, "m", 0, 0 }, { "a", NULL, "a", 53, 0 },
	    { "a", NULL, "a2", 0, 0 } }, "a2 0 a" },
	{ "quick on the anchor, none", { { "", "a", 0, 0, 1 },
	    { "", NULL, "m", 0, 0 }, { "a", NULL, "a", 54, 0 } }, "m - -" },
	{ "a match before, quick on the anchor, none", { { "", NULL, "m", 0, 0 },
	    { "", "a", 0, 0, 1 }, { "", NULL, "m2", 0, 0 },
	    { "a", NULL, "a", 54, 0 } }, "m2 - -" },
	{ "two in one another", { { "", "a", 0, 0, 0 }, { "a", "b", 0, 0, 0 },
	    { "a/b", NULL, "b", 0, 0 } }, "b 0 a/b" },
	{ "behind the inner one", { { "", "a", 0, 0, 0 }, { "a", "b", 0, 0, 0 },
	    { "a", NULL, "a", 0, 0 }, { "a/b", NULL, "b", 0, 0 } }, "a 0 a" },
	{ "quick on the inner one ends all", { { "", "a", 0, 0, 0 },
	    { "", NULL, "m", 0, 0 }, { "a", "b", 0, 0, 1 },
	    { "a", NULL, "a", 0, 0 }, { "a/b", NULL, "b", 0, 0 } }, "b 0 a/b" },
	{ "quick on the outer one, a match in the inner", { { "", "a", 0, 0, 1 },
	    { "", NULL, "m", 0, 0 }, { "a", "b", 0, 0, 0 },
	    { "a/b", NULL, "b", 0, 0 } }, "b 0 a/b" },
	{ "absolute", { { "", "a", 0, 0, 0 }, { "a", "/b", 0, 0, 0 },
	    { "b", NULL, "b", 0, 0 }, { "a/b", NULL, "no", 0, 0 } }, "b 0 b" },
	{ "dots", { { "", "a/b", 0, 0, 0 }, { "a/b", "../c", 0, 0, 0 },
	    { "a/c", NULL, "c", 0, 0 } }, "c 0 a/c" },
	{ "dots to the top", { { "", "a/b", 0, 0, 0 }, { "a/b", "../../c", 0, 0, 0 },
	    { "c", NULL, "c", 0, 0 } }, "c 0 c" },
	{ "all below, in order", { { "", "n/*", 0, 0, 0 }, { "n/b", NULL, "b", 0, 0 },
	    { "n/c", NULL, "c", 54, 0 }, { "n/a", NULL, "a", 0, 0 },
	    { "n/b/z", NULL, "no", 0, 0 }, { "n", NULL, "no", 0, 0 },
	    { "o", NULL, "no", 0, 0 } }, "b 0 n/b" },
	{ "order is by name, not by time", { { "", "n/*", 0, 0, 0 },
	    { "n/b10", NULL, "b10", 0, 0 }, { "n/b1", NULL, "b1", 0, 0 },
	    { "n/B2", NULL, "B2", 0, 0 }, { "n/b", NULL, "b", 0, 0 } },
	    "b10 0 n/b10" },
	{ "quick in one of them", { { "", "n/*", 0, 0, 0 }, { "", NULL, "m", 0, 0 },
	    { "n/a", NULL, "a", 54, 1 }, { "n/b", NULL, "b", 53, 1 },
	    { "n/c", NULL, "c", 0, 0 } }, "b 0 n/b" },
	{ "quick on all of them", { { "", "n/*", 0, 0, 1 }, { "", NULL, "m", 0, 0 },
	    { "n/a", NULL, "a", 0, 0 }, { "n/b", NULL, "b", 54, 0 } }, "a 0 n/a" },
	{ "all below the top", { { "", "*", 0, 0, 0 }, { "x", NULL, "x", 0, 0 },
	    { "y", NULL, "y", 0, 0 }, { "y/z", NULL, "no", 0, 0 } }, "y 0 y" },
	{ "all below where it stands", { { "", "a", 0, 0, 0 }, { "a", "*", 0, 0, 0 },
	    { "a/x", NULL, "x", 0, 0 }, { "b", NULL, "no", 0, 0 } }, "x 0 a/x" },
	{ "called twice", { { "", "a", 0, 0, 0 }, { "", NULL, "m", 0, 0 },
	    { "", "a", 0, 0, 0 }, { "a", NULL, "a", 0, 0 } }, "a 2 a" },
	{ "called twice, quick the second time", { { "", "a", 0, 0, 0 },
	    { "", "a", 0, 0, 1 }, { "", NULL, "m", 0, 0 },
	    { "a", NULL, "a", 0, 0 } }, "a 1 a" },
	{ "one that calls itself", { { "", "a", 0, 0, 0 }, { "a", NULL, "a", 0, 0 },
	    { "a", "/a", 0, 0, 1 }, { "a", NULL, "a2", 0, 0 } }, "a2 0 a" },
	{ "two that call each other", { { "", "a", 0, 0, 0 }, { "a", "/b", 0, 0, 0 },
	    { "a", "/b", 0, 0, 0 }, { "b", "/a", 0, 0, 0 }, { "b", "/a", 0, 0, 0 },
	    { "b", NULL, "b", 0, 0 } }, "b 0 b" },
	{ "one that calls all beside it", { { "", "n/*", 0, 0, 0 },
	    { "n/a", "/n/*", 0, 0, 0 }, { "n/a", NULL, "a", 0, 0 },
	    { "n/b", "../*", 0, 0, 0 }, { "n/b", NULL, "b", 0, 0 } }, "b 0 n/b" },
	{ "without a name", { { "", "_1", 0, 0, 0 }, { "_1", "_1", 0, 0, 0 },
	    { "_1/_1", NULL, "x", 0, 0 } }, "x 0 _1/_1" },
};

static void
test_decides(void **state)
{
	struct lines *f = *state;
	char got[256];

	for (unsigned int i = 0; i < NITEMS(cases); i++) {
		unsigned int n = 0;
		int error;

		while (n < LINES && cases[i].l[n].in != NULL)
			n++;
		error = lines_load(f, cases[i].l, n, NULL);
		if (error != 0)
			fail_msg("%s: error %d", cases[i].what, error);
		lines_decide(f, 53, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, not %s", cases[i].what, got,
			    cases[i].want);
		lines_clear(f);
		lines_are(f, ":\n");
	}
}

/*
 * Limits
 */
static char	name[PF_ANCHOR_DEPTH + 2][12], call[PF_ANCHOR_DEPTH + 2][12];

static void
name_anchors(void)
{
	for (unsigned int i = 0; i < NITEMS(name); i++) {
		snprintf(name[i], sizeof(name[i]), "a%u", i);
		snprintf(call[i], sizeof(call[i]), "/a%u", i);
	}
}

/* Send a packet: whether it passes. */
static bool
passes(struct lines *f, uint16_t port)
{
	struct sim_spec spec = { .proto = IPPROTO_UDP, .src = "10.0.0.1",
		.dst = "10.0.0.2", .sport = 1000, .dport = port };

	return (sim_test_free(f->n, PF_IN, 1, sim_pkt_build(&spec)) == PF_PASS);
}

/*
 * What the walk comes to: a rule or a limit.  If it is a limit, the packet is dropped
 * and counted, and no rule is said to have decided.
 */
static void
comes_to(struct lines *f, const char *what, const char *want)
{
	bool failed = strcmp(want, "failed") == 0;
	struct pf_status before, after;
	char got[256];

	lines_decide(f, 53, got);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", what, got, want);
	assert_int_equal(unit_enable(f->n), 0);
	unit_status(f->n, &before);
	if (passes(f, 53) == failed)
		fail_msg("%s: the packet has %spassed", what, failed ? "" : "not ");
	unit_status(f->n, &after);
	assert_int_equal(after.lcounters[LCNT_ANCHORS] - before.lcounters[LCNT_ANCHORS],
	    failed);
	assert_int_equal(after.counters[PFRES_MEMORY] - before.counters[PFRES_MEMORY],
	    failed);
	assert_int_equal(unit_disable(f->n), 0);
}

/* A chain of anchors as deep as can be, and one deeper, with a rule at its end. */
static void
test_depth(void **state)
{
	struct lines *f = *state;
	struct line l[PF_ANCHOR_DEPTH + 4];

	name_anchors();
	for (unsigned int quick = 0; quick < 2; quick++)
		for (unsigned int deep = PF_ANCHOR_DEPTH; deep <= PF_ANCHOR_DEPTH + 1; deep++) {
			unsigned int n = 0;

			l[n++] = (struct line){ "", NULL, "main", 0, 0 };
			l[n++] = (struct line){ "", call[1], NULL, 0, quick };
			for (unsigned int i = 1; i < deep; i++)
				l[n++] = (struct line){ name[i], call[i + 1], NULL, 0, quick };
			l[n++] = (struct line){ name[deep], NULL, "deep", 0, 0 };
			assert_int_equal(lines_load(f, l, n, NULL), 0);
			comes_to(f, "deep", deep == PF_ANCHOR_DEPTH ? "deep 1 a64" : "failed");
			lines_clear(f);
		}
}

/* Anchors that call the next one `calls' times, the last with that many rules. */
static void
tree_of(struct lines *f, unsigned int levels, unsigned int calls, uint16_t port)
{
	struct line *l = calloc(1 + levels * calls, sizeof(*l));
	unsigned int n = 0;

	assert_non_null(l);
	l[n++] = (struct line){ "", NULL, "main", 0, 0 };
	for (unsigned int i = 0; i < levels; i++)
		for (unsigned int k = 0; k < calls; k++)
			l[n++] = i + 1 == levels ?
			    (struct line){ name[i], NULL, "many", port, 0 } :
			    (struct line){ i == 0 ? "" : name[i], call[i + 1], NULL, 0, 0 };
	assert_int_equal(lines_load(f, l, n, NULL), 0);
	free(l);
}

/* Rules that are looked at, however they come together.  Rules that skip steps pass by
 * are not. */
static void
test_budget(void **state)
{
	static const struct {
		const char	*what;
		unsigned int	 levels, calls;
		uint16_t	 port;		/* of the rules at the end */
		const char	*want;
	} trees[] = {
		{ "100 times 100 times 98", 3, 98, 53, "many 98 a2" },
		{ "101 times 101 times 101", 3, 101, 53, "failed" },
		{ "the same, all skipped", 3, 101, 54, "main - -" },
		{ "1100 times 1100", 2, 1100, 53, "failed" },
		{ "2^40", 41, 2, 53, "failed" },
		{ "2^40, skipped", 41, 2, 54, "failed" },
	};
	struct lines *f = *state;

	name_anchors();
	for (unsigned int i = 0; i < NITEMS(trees); i++) {
		tree_of(f, trees[i].levels, trees[i].calls, trees[i].port);
		comes_to(f, trees[i].what, trees[i].want);
		lines_clear(f);
	}
}

/* The counters of evaluations are right after a walk that has failed. */
static void
test_limit_counts(void **state)
{
	struct lines *f = *state;
	struct pf_rule r;
	struct line l[PF_ANCHOR_DEPTH + 4];
	unsigned int n = 0;

	name_anchors();
	l[n++] = (struct line){ "", NULL, "before", 0, 0 };
	l[n++] = (struct line){ "", call[1], NULL, 0, 0 };
	l[n++] = (struct line){ "", NULL, "behind", 0, 0 };
	for (unsigned int i = 1; i <= PF_ANCHOR_DEPTH; i++)
		l[n++] = (struct line){ name[i], call[i + 1], NULL, 0, 0 };
	l[n++] = (struct line){ name[PF_ANCHOR_DEPTH + 1], NULL, "deep", 0, 0 };
	assert_int_equal(lines_load(f, l, n, NULL), 0);
	comes_to(f, "counts", "failed");
	for (unsigned int i = 0; i < 3; i++) {
		unit_get_rule(f->n, i, &r);
		assert_int_equal(r.evaluations, i < 2 ? 2 : 0);
	}
}

/* Translation rules have the same limits: an address must not go out as it is. */
static void
test_limit_translation(void **state)
{
	struct lines *f = *state;
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_rule io;

	name_anchors();
	lines_element(&t, PF_TRANS_RULESET_FIRST + PF_RULESET_RDR, "");
	for (unsigned int i = 1; i <= PF_ANCHOR_DEPTH + 1; i++)
		lines_element(&t, PF_TRANS_RULESET_FIRST + PF_RULESET_RDR, name[i]);
	assert_int_equal(lines_begin(f, &t), 0);
	for (unsigned int i = 0; i <= PF_ANCHOR_DEPTH + 1; i++) {
		memset(&io, 0, sizeof(io));
		io.ruleset = PF_RULESET_RDR;
		io.ticket = t.e[0].ticket;
		strcpy(io.anchor, i == 0 ? "" : name[i]);
		if (i <= PF_ANCHOR_DEPTH)
			strcpy(io.anchor_call, call[i + 1]);
		io.rule = lines_rule(&(struct line){ io.anchor, NULL, NULL, 0, 0 });
		io.rule.action = i <= PF_ANCHOR_DEPTH ? PF_RDR : PF_NORDR;
		assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, &io), 0);
	}
	assert_int_equal(lines_commit(f, &t), 0);
	lines_end(f, &t);
	assert_int_equal(unit_enable(f->n), 0);
	assert_false(passes(f, 53));
}

/*
 * Random trees, against the plainest evaluator
 */
#define ANCHORS	7		/* names of each level */
#define RULES	60
#define PORTS	4

struct plain {
	struct line	 l[RULES];
	char		 label[RULES][16], in[RULES][32], call[RULES][32];
	char		 target[RULES][32];	/* path that it calls, without the star */
	bool		 wild[RULES];
	unsigned int	 n;
	unsigned long	 asked[RULES];
	/* of a walk */
	const char	*within[RULES];
	unsigned int	 depth;
	int		 found, outer;		/* lines */
	bool		 end;
};

static uint32_t	seed = 4711;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return ((seed >> 16) % n);
}

/* An anchor by number: 0 .. 2 "a", 3 .. 5 "a/b" .. */
static void
path_of(unsigned int i, char path[32])
{
	if (i < 3)
		snprintf(path, 32, "%c", 'a' + i);
	else if (i < 9)
		snprintf(path, 32, "%c/%c", 'a' + (i - 3) / 2, 'x' + i % 2);
	else
		snprintf(path, 32, "%c/%c/k", 'a' + (i - 9) % 3, 'x' + i % 2);
}

static void
plain_make(struct plain *p)
{
	char from[32];
	unsigned int port[16] = { 0 }, where;

	memset(p, 0, sizeof(*p));
	p->n = 5 + rnd(RULES - 5);
	for (unsigned int i = 0; i < p->n; i++) {
		where = rnd(3) == 0 ? 15 : rnd(12);
		if (where < 15)
			path_of(where, p->in[i]);
		snprintf(p->label[i], sizeof(p->label[i]), "r%u", i);
		/* neighbours differ, so that no rule is skipped unseen */
		port[where] = (port[where] + 1 + rnd(PORTS - 1)) % PORTS;
		p->l[i] = (struct line){ p->in[i], NULL, p->label[i],
		    (uint16_t)(port[where] == 0 ? 0 : 50 + port[where]),
		    rnd(12) == 0 };
		if (rnd(3) != 0)
			continue;
		path_of(rnd(12), from);
		p->wild[i] = rnd(3) == 0;
		if (p->wild[i] && rnd(4) == 0)
			from[0] = '\0';
		snprintf(p->target[i], 32, "%s", from);
		snprintf(p->call[i], 32, "/%.20s%s", from, !p->wild[i] ? "" :
		    from[0] != '\0' ? "/*" : "*");
		p->l[i].call = p->call[i];
	}
}

static void	plain_eval(struct plain *, const char *, uint16_t);

/* The children of path that have rules, in order of names: the next one after `last'. */
static const char *
plain_child(const struct plain *p, const char *path, const char *last)
{
	const char *best = NULL, *s;
	size_t len = strlen(path);

	for (unsigned int i = 0; i < p->n; i++) {
		s = p->in[i];
		if (s[0] == '\0' || (len > 0 && (strncmp(s, path, len) != 0 ||
		    s[len] != '/')) ||
		    strchr(s + len + (len > 0), '/') != NULL)
			continue;
		if ((last == NULL || strcmp(s, last) > 0) &&
		    (best == NULL || strcmp(s, best) < 0))
			best = s;
	}
	return (best);
}

static bool
plain_within(const struct plain *p, const char *path)
{
	for (unsigned int i = 0; i < p->depth; i++)
		if (strcmp(p->within[i], path) == 0)
			return (true);
	return (false);
}

static void
plain_call(struct plain *p, unsigned int i, uint16_t port)
{
	int before = p->found;
	const char *child;
	bool outermost = p->depth == 1;
	int outer = p->outer;

	p->found = -1;
	if (outermost)
		p->outer = (int)i;
	if (!p->wild[i]) {
		if (!plain_within(p, p->target[i]))
			plain_eval(p, p->target[i], port);
	} else {
		for (child = plain_child(p, p->target[i], NULL);
		    child != NULL && !p->end;
		    child = plain_child(p, p->target[i], child))
			if (!plain_within(p, child))
				plain_eval(p, child, port);
	}
	if (p->found == -1) {
		p->found = before;
		p->outer = outer;
	} else if (p->l[i].quick)
		p->end = true;
}

static void
plain_eval(struct plain *p, const char *path, uint16_t port)
{
	p->within[p->depth++] = path;
	for (unsigned int i = 0; i < p->n && !p->end; i++) {
		if (strcmp(p->in[i], path) != 0)
			continue;
		p->asked[i]++;
		if (p->l[i].port != 0 && p->l[i].port != port)
			continue;
		if (p->l[i].call != NULL) {
			plain_call(p, i, port);
			continue;
		}
		p->found = (int)i;
		if (p->depth == 1)
			p->outer = -1;
		p->end = p->l[i].quick;
	}
	p->depth--;
}

static void
same_counters(struct lines *f, const struct plain *p)
{
	static struct pfioc_rule pr;

	for (unsigned int i = 0; i < p->n; i++) {
		uint32_t nr = 0;

		for (unsigned int k = 0; k < i; k++)
			nr += strcmp(p->in[k], p->in[i]) == 0;
		memset(&pr, 0, sizeof(pr));
		pr.ruleset = PF_RULESET_FILTER;
		strcpy(pr.anchor, p->in[i]);
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULES, &pr), 0);
		pr.nr = nr;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULE, &pr), 0);
		if (pr.rule.evaluations != p->asked[i])
			fail_msg("rule %u of \"%s\" asked %lu times, not %lu", nr,
			    p->in[i], (unsigned long)pr.rule.evaluations,
			    p->asked[i]);
	}
}

static void
test_random(void **state)
{
	struct lines *f = *state;
	static struct plain p;
	unsigned long inside = 0, none = 0;
	char got[256], want[256], nr[12];

	for (int set = 0; set < 1500; set++) {
		plain_make(&p);
		assert_int_equal(lines_load(f, p.l, p.n, NULL), 0);
		for (uint16_t port = 50; port < 50 + PORTS; port++) {
			p.found = p.outer = -1;
			p.end = false;
			plain_eval(&p, "", port);
			snprintf(nr, sizeof(nr), "-");
			if (p.found >= 0 && p.outer >= 0) {
				unsigned int at = 0;

				for (int k = 0; k < p.outer; k++)
					at += p.in[k][0] == '\0';
				snprintf(nr, sizeof(nr), "%u", at);
				inside++;
			}
			none += p.found < 0;
			snprintf(want, sizeof(want), "%s %s %s",
			    p.found < 0 ? "-" : p.label[p.found], nr,
			    p.found < 0 || p.in[p.found][0] == '\0' ? "-" :
			    p.in[p.found]);
			lines_decide(f, port, got);
			if (strcmp(got, want) != 0)
				fail_msg("set %d, port %u: %s, not %s", set, port,
				    got, want);
		}
		same_counters(f, &p);
		lines_clear(f);
	}
	assert_true(inside > 500);
	assert_true(none > 20);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lines_setup, lines_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_decides),
		TEST(test_depth),
		TEST(test_budget),
		TEST(test_limit_counts),
		TEST(test_limit_translation),
		TEST(test_random),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
