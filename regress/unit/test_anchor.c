// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_anchor.c: anchors: which rule decides, in what order they are walked through, how
 * they come and go, and that many of them change together or not at all.
 */
#include "unit.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

#include <arpa/inet.h>

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*a, *b;		/* two programs */
};

/* A rule, and where it stands.  Packets are UDP to a port. */
struct line {
	const char	*in;		/* anchor */
	const char	*call;		/* or NULL: a rule with a label */
	const char	*label;
	uint16_t	 port;		/* 0: any */
	bool		 quick;
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(17);
	f.n = sim_node_new(f.sim, "n");
	assert_int_equal(sim_if_add(f.n, 1, "eth0"), 0);
	f.a = pf_client_open(f.n->pf, 100, 1);
	f.b = pf_client_open(f.n->pf, 200, 2);
	assert_non_null(f.a);
	assert_non_null(f.b);
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	unit_reset();
	pf_client_close(f->a);
	pf_client_close(f->b);
	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

static struct pf_rule
rule_of(const struct line *l)
{
	struct pf_rule r = unit_rule(PF_PASS);

	r.keep_state = 0;
	r.flags = r.flagset = 0;
	r.proto = IPPROTO_UDP;
	r.quick = l->quick;
	if (l->port != 0) {
		r.dst.port_op = PF_OP_EQ;
		r.dst.port[0] = r.dst.port[1] = htons(l->port);
	}
	if (l->label != NULL)
		snprintf(r.label, sizeof(r.label), "%s", l->label);
	return (r);
}

/*
 * Transactions
 */
struct trans {
	struct pfioc_trans	 io;
	struct pfioc_trans_e	*e;
};

static void
trans_element(struct trans *t, uint32_t type, const char *anchor)
{
	for (uint32_t i = 0; i < t->io.size; i++)
		if (t->e[i].type == type && strcmp(t->e[i].anchor, anchor) == 0)
			return;
	t->e = reallocarray(t->e, t->io.size + 1, sizeof(*t->e));
	assert_non_null(t->e);
	memset(&t->e[t->io.size], 0, sizeof(*t->e));
	t->e[t->io.size].type = type;
	snprintf(t->e[t->io.size].anchor, sizeof(t->e->anchor), "%s", anchor);
	t->io.size++;
	t->io.esize = sizeof(*t->e);
	t->io.array = (uint64_t)(uintptr_t)t->e;
}

static int
begin(struct fix *f, struct trans *t)
{
	return (sim_ioctl(f->n, f->a, DIOCXBEGIN, &t->io));
}

static int
commit(struct fix *f, struct trans *t)
{
	return (sim_ioctl(f->n, f->a, DIOCXCOMMIT, &t->io));
}

/* Whatever became of it. */
static void
end(struct fix *f, struct trans *t)
{
	sim_ioctl(f->n, f->a, DIOCXROLLBACK, &t->io);
	free(t->e);
	memset(t, 0, sizeof(*t));
}

static int
add(struct fix *f, struct trans *t, const struct line *l)
{
	static struct pfioc_rule pr;

	memset(&pr, 0, sizeof(pr));
	pr.ticket = t->e[0].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	snprintf(pr.anchor, sizeof(pr.anchor), "%s", l->in);
	if (l->call != NULL)
		snprintf(pr.anchor_call, sizeof(pr.anchor_call), "%s", l->call);
	pr.rule = rule_of(l);
	return (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr));
}

/* Filter rulesets of these lines, of the main ruleset at least, and of `also' (NULL behind the
 * last): 0 or errno. */
static int
load(struct fix *f, const struct line *l, unsigned int n, const char *const *also)
{
	struct trans t = { { 0, 0, 0 }, NULL };
	unsigned int i;
	int error;

	trans_element(&t, PF_RULESET_FILTER, "");
	for (i = 0; i < n; i++)
		trans_element(&t, PF_RULESET_FILTER, l[i].in);
	for (; also != NULL && *also != NULL; also++)
		trans_element(&t, PF_RULESET_FILTER, *also);
	error = begin(f, &t);
	for (i = 0; i < n && error == 0; i++)
		error = add(f, &t, &l[i]);
	if (error == 0)
		error = commit(f, &t);
	end(f, &t);
	return (error);
}

/* Empty what there is, wherever. */
static void
clear_below(struct fix *f, struct trans *t, const char *path)
{
	struct pfioc_ruleset io;
	char sub[PF_ANCHOR_PATH_SIZE + PF_ANCHOR_NAME_SIZE + 1];
	uint32_t i, n;

	trans_element(t, PF_RULESET_FILTER, path);
	memset(&io, 0, sizeof(io));
	strcpy(io.path, path);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), 0);
	for (i = 0, n = io.nr; i < n; i++) {
		io.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESET, &io), 0);
		snprintf(sub, sizeof(sub), "%s%s%s", path, path[0] ? "/" : "",
		    io.name);
		clear_below(f, t, sub);
	}
}

static void
clear(struct fix *f)
{
	struct trans t = { { 0, 0, 0 }, NULL };

	clear_below(f, &t, "");
	assert_int_equal(begin(f, &t), 0);
	assert_int_equal(commit(f, &t), 0);
	end(f, &t);
}

/* All anchors and rules as text, with tickets if so. */
static void
tree(struct fix *f, const char *path, char *text, size_t size, bool tickets)
{
	static struct pfioc_rule pr;
	struct pfioc_ruleset io;
	char sub[PF_ANCHOR_PATH_SIZE + PF_ANCHOR_NAME_SIZE + 1];
	size_t len = strlen(text);
	uint32_t i, n;

	memset(&pr, 0, sizeof(pr));
	strcpy(pr.anchor, path);
	pr.ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULES, &pr), 0);
	len += (size_t)snprintf(text + len, size - len, "%s:", path);
	if (tickets)
		len += (size_t)snprintf(text + len, size - len, "#%u:", pr.ticket);
	for (i = 0, n = pr.nr; i < n; i++) {
		pr.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULE, &pr), 0);
		len += (size_t)snprintf(text + len, size - len, " %s",
		    pr.anchor_call[0] ? pr.anchor_call : pr.rule.label);
	}
	len += (size_t)snprintf(text + len, size - len, "\n");
	assert_true(len < size);
	memset(&io, 0, sizeof(io));
	strcpy(io.path, path);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), 0);
	for (i = 0, n = io.nr; i < n; i++) {
		io.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESET, &io), 0);
		snprintf(sub, sizeof(sub), "%s%s%s", path, path[0] ? "/" : "",
		    io.name);
		tree(f, sub, text, size, tickets);
	}
}

static void
is_tree(struct fix *f, const char *want)
{
	char text[8192] = "";

	tree(f, "", text, sizeof(text), false);
	if (strcmp(text, want) != 0)
		fail_msg("there is\n%swhich should be\n%s", text, want);
}

static void
packet(struct fix *f, struct pf_pdesc *pd, uint16_t port)
{
	memset(pd, 0, sizeof(*pd));
	pd->pf = f->n->pf;
	pd->dir = PF_IN;
	pd->af = AF_INET;
	pd->proto = IPPROTO_UDP;
	pd->dport = htons(port);
	pd->kif = pf_kif_find_index(f->n->pf, 1);
}

/* "label anchor-rule path", with - for what there is not. */
static void
decide(struct fix *f, uint16_t port, char text[256])
{
	struct pf_pdesc pd;
	struct pf_match m;
	char nr[12] = "-";

	sim_packet_enter();
	packet(f, &pd, port);
	pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), PF_RULESET_FILTER, &pd);
	if (m.anchor != NULL)
		snprintf(nr, sizeof(nr), "%u", m.anchor->nr);
	snprintf(text, 256, "%s %s %s", m.rule != NULL ? m.rule->said->label : "-", nr,
	    m.rule != NULL && m.ruleset->anchor != NULL ?
	    m.ruleset->anchor->path : "-");
	sim_packet_leave();
}

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
	struct fix *f = *state;
	char got[256];

	for (unsigned int i = 0; i < NITEMS(cases); i++) {
		unsigned int n = 0;
		int error;

		while (n < LINES && cases[i].l[n].in != NULL)
			n++;
		error = load(f, cases[i].l, n, NULL);
		if (error != 0)
			fail_msg("%s: error %d", cases[i].what, error);
		decide(f, 53, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, not %s", cases[i].what, got,
			    cases[i].want);
		clear(f);
		is_tree(f, ":\n");
	}
}

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
	struct fix *f = *state;
	struct line l = { "", "", NULL, 0, 0 };
	char name[PF_ANCHOR_NAME_SIZE + 1], deep[2 * PF_ANCHOR_DEPTH + 3] = "x";

	for (unsigned int i = 0; i < NITEMS(paths); i++) {
		struct trans t = { { 0, 0, 0 }, NULL };

		trans_element(&t, PF_RULESET_FILTER, paths[i]);
		if (begin(f, &t) != EINVAL)
			fail_msg("anchor \"%s\"", paths[i]);
		end(f, &t);
	}
	for (unsigned int i = 0; i < NITEMS(calls); i++) {
		l.in = calls[i].in;
		l.call = calls[i].call;
		if (load(f, &l, 1, NULL) != EINVAL)
			fail_msg("call of \"%s\" in \"%s\"", l.call, l.in);
	}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	l.in = "";
	l.call = name;
	assert_int_equal(load(f, &l, 1, NULL), EINVAL);
	for (int i = 1; i <= PF_ANCHOR_DEPTH; i++)
		strcat(deep, "/x");
	l.call = deep;
	assert_int_equal(load(f, &l, 1, NULL), EINVAL);
	is_tree(f, ":\n");
	/* one less of either is fine */
	l.call = name + 1;
	assert_int_equal(load(f, &l, 1, NULL), 0);
	l.call = deep + 2;
	assert_int_equal(load(f, &l, 1, NULL), 0);
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
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	static struct pfioc_rule pr;
	struct line l = { "", "a", NULL, 0, 0 };

	for (uint32_t i = 0; i < PF_RULESET_MAX; i++)
		trans_element(&t, i, "");
	assert_int_equal(begin(f, &t), 0);
	for (unsigned int i = 0; i < NITEMS(kinds); i++) {
		memset(&pr, 0, sizeof(pr));
		pr.ticket = t.e[0].ticket;
		pr.ruleset = kinds[i].ruleset;
		pr.rule = rule_of(&l);
		pr.rule.action = kinds[i].action;
		strcpy(pr.anchor_call, "a");
		if (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr) != kinds[i].error)
			fail_msg("action %d in %u", kinds[i].action,
			    kinds[i].ruleset);
	}
	for (unsigned int i = 0; i < NITEMS(members); i++) {
		pr.ruleset = PF_RULESET_FILTER;
		pr.rule = rule_of(&l);
		((uint8_t *)&pr.rule)[members[i].off] = 1;
		if (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr) != EINVAL)
			fail_msg("%s", members[i].what);
	}
	/* a ruleset that is not part of it */
	l.in = "a";
	assert_int_equal(add(f, &t, &l), EBUSY);
	end(f, &t);
	is_tree(f, ":\n");
}

/* A chain as deep as can be, one deeper, and one that branches at every step. */
static void
test_depth(void **state)
{
	struct fix *f = *state;
	struct line l[2 * PF_ANCHOR_DEPTH + 4];
	char name[PF_ANCHOR_DEPTH + 2][12], call[PF_ANCHOR_DEPTH + 2][12];
	struct pf_status st;
	char got[256];

	for (unsigned int i = 0; i < NITEMS(name); i++) {
		snprintf(name[i], sizeof(name[i]), "a%u", i);
		snprintf(call[i], sizeof(call[i]), "/a%u", i);
	}
	for (unsigned int deep = PF_ANCHOR_DEPTH; deep <= PF_ANCHOR_DEPTH + 1;
	    deep++) {
		unsigned int n = 0;

		l[n++] = (struct line){ "", call[1], NULL, 0, 0 };
		for (unsigned int i = 1; i < deep; i++)
			l[n++] = (struct line){ name[i], call[i + 1], NULL, 0, 0 };
		l[n++] = (struct line){ name[deep], NULL, "deep", 0, 0 };
		assert_int_equal(load(f, l, n, NULL), 0);
		decide(f, 53, got);
		unit_status(f->n, &st);
		if (deep == PF_ANCHOR_DEPTH) {
			assert_string_equal(got, "deep 0 a64");
			assert_int_equal(st.lcounters[LCNT_ANCHORS], 0);
		} else {
			assert_string_equal(got, "- - -");
			assert_int_equal(st.lcounters[LCNT_ANCHORS], 1);
		}
		clear(f);
	}
	/* 2^40 ways: it ends, and says that it did not see them all */
	unsigned int n = 0;
	l[n++] = (struct line){ "", call[1], NULL, 0, 0 };
	for (unsigned int i = 1; i < 40; i++) {
		l[n++] = (struct line){ name[i], call[i + 1], NULL, 0, 0 };
		l[n++] = (struct line){ name[i], call[i + 1], NULL, 0, 0 };
	}
	l[n++] = (struct line){ name[40], NULL, "many", 0, 0 };
	assert_int_equal(load(f, l, n, NULL), 0);
	decide(f, 53, got);
	assert_string_equal(got, "many 0 a40");
	unit_status(f->n, &st);
	assert_true(st.lcounters[LCNT_ANCHORS] > 1);
}

/* When there is an anchor, and when not. */
static void
test_life(void **state)
{
	static const struct line both[] = { { "", "n/*", 0, 0, 0 },
		{ "n/a", "b/c", 0, 0, 0 }, { "x/y", NULL, "y", 0, 0 } };
	static const struct line less[] = { { "n/a", NULL, "a", 0, 0 } };
	static const char *const x[] = { "x/y", "not/there", NULL };
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_ruleset io;

	assert_int_equal(load(f, both, NITEMS(both), NULL), 0);
	is_tree(f, ": n/*\nn:\nn/a: b/c\nn/a/b:\nn/a/b/c:\nx:\nx/y: y\n");
	/* the caller goes, and what nobody else needs with it */
	assert_int_equal(load(f, less, NITEMS(less), x), 0);
	is_tree(f, ":\nn:\nn/a: a\n");

	/* what a transaction brings is not there before its end */
	trans_element(&t, PF_RULESET_FILTER, "new/one");
	trans_element(&t, PF_RULESET_FILTER, "n/a");
	assert_int_equal(begin(f, &t), 0);
	assert_int_equal(add(f, &t, &(struct line){ "new/one", "/n/b", 0, 0, 0 }), 0);
	is_tree(f, ":\nn:\nn/a: a\n");
	memset(&io, 0, sizeof(io));
	strcpy(io.path, "new");
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), ENOENT);
	end(f, &t);
	is_tree(f, ":\nn:\nn/a: a\n");
	assert_int_equal(f->n->pf->anchors.n, 2);
	clear(f);
	assert_int_equal(f->n->pf->anchors.n, 0);
	clear(f);			/* now the index goes too */
	sim_packet_enter();
	assert_null(pf_rcu_deref(f->n->pf->conf)->anchors);
	sim_packet_leave();
}

/* Which elements make a transaction. */
static void
test_elements(void **state)
{
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_trans_e *e;

	trans_element(&t, PF_RULESET_FILTER, "a");
	trans_element(&t, PF_RULESET_FILTER, "b");
	trans_element(&t, PF_RULESET_NAT, "a");
	e = t.e;
	strcpy(e[1].anchor, "a");			/* twice */
	assert_int_equal(begin(f, &t), EINVAL);
	strcpy(e[1].anchor, "b");
	assert_int_equal(begin(f, &t), 0);
	strcpy(e[1].anchor, "c");			/* another one */
	assert_int_equal(commit(f, &t), EINVAL);
	strcpy(e[1].anchor, "a");			/* instead of b */
	assert_int_equal(commit(f, &t), EINVAL);
	strcpy(e[1].anchor, "b");
	t.io.size = 2;					/* not all */
	assert_int_equal(commit(f, &t), EINVAL);
	t.io.size = 3;
	assert_int_equal(commit(f, &t), 0);
	t.io.size = PF_TRANS_ELEMENTS + 1;
	assert_int_equal(begin(f, &t), EINVAL);
	end(f, &t);
}

static void
test_limit(void **state)
{
	static const struct line four[] = { { "a/b", NULL, "b", 0, 0 },
		{ "a/c", NULL, "c", 0, 0 }, { "d", NULL, "d", 0, 0 } };
	static const struct line other[] = { { "", "e", 0, 0, 0 } };
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	struct pfioc_limit pl = { PF_LIMIT_ANCHORS, 4 };

	assert_int_equal(unit_limit(f->n, PF_LIMIT_ANCHORS, 3), 0);
	assert_int_equal(load(f, four, NITEMS(four), NULL), ENOSPC);
	is_tree(f, ":\n");
	assert_int_equal(f->n->pf->anchors.n, 0);

	/* a transaction that raises the limit has the use of it */
	trans_element(&t, PF_TRANS_OPTIONS, "");
	for (unsigned int i = 0; i < NITEMS(four); i++)
		trans_element(&t, PF_RULESET_FILTER, four[i].in);
	assert_int_equal(begin(f, &t), 0);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCSETLIMIT, &pl), 0);
	for (unsigned int i = 0; i < NITEMS(four); i++)
		assert_int_equal(add(f, &t, &four[i]), 0);
	assert_int_equal(commit(f, &t), 0);
	end(f, &t);
	is_tree(f, ":\na:\na/b: b\na/c: c\nd: d\n");
	assert_int_equal(load(f, other, NITEMS(other), NULL), ENOSPC);
	/* below what there is: that stays, and can be replaced */
	assert_int_equal(unit_limit(f->n, PF_LIMIT_ANCHORS, 1), 0);
	assert_int_equal(load(f, four, NITEMS(four), NULL), 0);
	is_tree(f, ":\na:\na/b: b\na/c: c\nd: d\n");
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
	struct fix *f = *state;
	char before[4096], after[4096], got[256];
	unsigned int failures = 0;
	bool done = false;

	for (unsigned long i = 1; !done; i++) {
		clear(f);
		assert_int_equal(load(f, old, NITEMS(old), NULL), 0);
		before[0] = '\0';
		tree(f, "", before, sizeof(before), true);
		sim_fail_alloc(i);
		done = load(f, new, NITEMS(new), gone) == 0 &&
		    sim_fail_done() == 0;
		if (sim_fail_done() != 0)
			failures++;
		sim_fail_alloc(0);
		after[0] = '\0';
		tree(f, "", after, sizeof(after), true);
		decide(f, 53, got);
		if (strcmp(before, after) == 0) {
			assert_false(done);
			assert_string_equal(got, "b 0 n/b");
		} else {
			is_tree(f, ": o n/* p/q/r\nn:\nn/a: s\nn/a/s: s\n"
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
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	struct pfsync_state *s;
	static struct pfioc_rule pr;
	struct pf_rule r;
	struct pf_pkt *p;

	assert_int_equal(unit_enable(f->n), 0);
	trans_element(&t, PF_RULESET_FILTER, "");
	trans_element(&t, PF_RULESET_FILTER, "a");
	assert_int_equal(begin(f, &t), 0);
	assert_int_equal(add(f, &t, &l[0]), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = t.e[0].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	strcpy(pr.anchor, "a");
	pr.rule = unit_rule(PF_PASS);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, &pr), 0);
	assert_int_equal(commit(f, &t), 0);
	end(f, &t);
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
			assert_int_equal(load(f, NULL, 0, a), 0);
		}
	}
	is_tree(f, ":\n");
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
	struct fix *f = *state;
	struct trans t = { { 0, 0, 0 }, NULL };
	static struct pfioc_rule pr;
	struct line l = { "", "a", NULL, 0, 0 };
	struct pf_pdesc pd;
	struct pf_match m;

	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++) {
		trans_element(&t, k, "");
		trans_element(&t, k, "a");
	}
	assert_int_equal(begin(f, &t), 0);
	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++)
		for (int i = 0; i < 3; i++) {
			memset(&pr, 0, sizeof(pr));
			pr.ticket = t.e[0].ticket;
			pr.ruleset = k;
			pr.rule = rule_of(&l);
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
	assert_int_equal(commit(f, &t), 0);
	end(f, &t);
	sim_packet_enter();
	for (uint32_t k = PF_RULESET_NAT; k <= PF_RULESET_RDR; k++) {
		packet(f, &pd, 53);
		pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), k, &pd);
		assert_non_null(m.rule);
		assert_int_equal(m.rule->nr, 0);	/* the first one */
		assert_non_null(m.anchor);
		assert_string_equal(m.ruleset->anchor->path, "a");
		packet(f, &pd, 54);
		pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), k, &pd);
		assert_null(m.rule);
	}
	sim_packet_leave();
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
same_counters(struct fix *f, const struct plain *p)
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
	struct fix *f = *state;
	static struct plain p;
	unsigned long inside = 0, none = 0;
	char got[256], want[256], nr[12];

	for (int set = 0; set < 1500; set++) {
		plain_make(&p);
		assert_int_equal(load(f, p.l, p.n, NULL), 0);
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
			decide(f, port, got);
			if (strcmp(got, want) != 0)
				fail_msg("set %d, port %u: %s, not %s", set, port,
				    got, want);
		}
		same_counters(f, &p);
		clear(f);
	}
	assert_true(inside > 500);
	assert_true(none > 20);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_decides), TEST(test_bad_names), TEST(test_bad_calls),
		TEST(test_depth), TEST(test_life), TEST(test_elements),
		TEST(test_limit), TEST(test_atomic), TEST(test_states),
		TEST(test_translation), TEST(test_random),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
