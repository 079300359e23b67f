// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_tag.c: tags: which one a packet has when the rules are done, who carries it on, and
 * the numbers that stand for them.
 */
#include "unit.h"
#include "pf_tag.h"

#define RULES_MAX	6

/* A rule: its words stand as they would in pf.conf. */
struct line {
	int		 action;	/* PF_PASS ..; the first without words ends */
	bool		 quick;
	const char	*tag, *tagged;	/* "!a": not; NULL: neither */
};

static struct pf_rule
rule_of(const struct line *l)
{
	struct pf_rule r = unit_rule(l->action);
	const char *tagged = l->tagged;

	r.quick = l->quick;
	if (l->action == PF_MATCH || l->action == PF_DROP)
		r.keep_state = 0;
	if (l->tag != NULL)
		strcpy(r.tagname, l->tag);
	if (tagged != NULL) {
		r.match_tag_not = tagged[0] == '!';
		strcpy(r.match_tagname, tagged + r.match_tag_not);
	}
	return (r);
}

static int
load_lines(struct sim_node *n, const struct line *l, unsigned int count)
{
	struct pf_rule r[RULES_MAX];

	assert_true(count <= RULES_MAX);
	for (unsigned int i = 0; i < count; i++)
		r[i] = rule_of(&l[i]);
	return (unit_load(n, r, count));
}

/* The tag of that name; NULL: there is none. */
static struct pf_tag *
find(struct sim_node *n, const char *name)
{
	struct pf_rb_node *node = pf_rb_first(&n->pf->tags.by_name);
	struct pf_tag *tag;

	for (; node != NULL; node = pf_rb_next(node)) {
		tag = container_of(node, struct pf_tag, node);
		if (strcmp(tag->name, name) == 0)
			return (tag);
	}
	return (NULL);
}

static uint16_t
number(struct sim_node *n, const char *name)
{
	struct pf_tag *tag = find(n, name);

	return (tag != NULL ? tag->nr : 0);
}

/* A datagram between port and 53 comes (back: answers) with that tag; returns whether it
 * passes, and its tag afterwards. */
static bool
packet(struct sim_node *n, int dir, uint16_t port, bool back, uint16_t *tag)
{
	struct sim_spec there = { .src = "10.0.0.1", .dst = "10.0.0.2",
	    .proto = IPPROTO_UDP, .sport = port, .dport = 53 };
	struct sim_spec answer = { .src = "10.0.0.2", .dst = "10.0.0.1",
	    .proto = IPPROTO_UDP, .sport = 53, .dport = port };
	struct pf_pkt *p = sim_pkt_build(back ? &answer : &there);
	bool passes;

	pf_pkt_set_tag(p, *tag);
	passes = sim_test(n, dir, 1, p) == PF_PASS;
	*tag = pf_pkt_tag(p);
	sim_pkt_free(p);
	return (passes);
}

static void
test_rules(void **state)
{
	static const struct {
		struct line	 rule[RULES_MAX];
		unsigned int	 n;
		const char	*before, *after;	/* after: NULL: blocked */
	} t[] = {
		/* none */
		{ { { PF_PASS, false, NULL, NULL } }, 1, "", "" },
		{ { { PF_PASS, false, "a", NULL } }, 1, "", "a" },
		{ { { PF_PASS, false, NULL, NULL } }, 1, "a", "a" },
		/* the last tag stays, whichever rule decides */
		{ { { PF_PASS, false, "a", NULL }, { PF_PASS, false, NULL, NULL } },
		  2, "", "a" },
		{ { { PF_DROP, false, "a", NULL }, { PF_PASS, false, NULL, NULL } },
		  2, "", "a" },
		{ { { PF_PASS, false, "a", NULL }, { PF_PASS, false, "b", NULL } },
		  2, "", "b" },
		{ { { PF_PASS, true, "a", NULL }, { PF_PASS, false, "b", NULL } },
		  2, "", "a" },
		{ { { PF_MATCH, false, "a", NULL }, { PF_PASS, false, NULL, NULL } },
		  2, "", "a" },
		/* no rule decides */
		{ { { PF_MATCH, false, "a", NULL } }, 1, "", "a" },
		{ { { PF_MATCH, true, "a", NULL }, { PF_DROP, false, NULL, NULL } },
		  2, "", "a" },
		/* what comes behind sees it */
		{ { { PF_MATCH, false, "a", NULL }, { PF_DROP, false, NULL, "a" } },
		  2, "", NULL },
		{ { { PF_MATCH, false, "a", NULL }, { PF_DROP, false, NULL, "!a" } },
		  2, "", "a" },
		{ { { PF_DROP, false, NULL, "a" }, { PF_MATCH, false, "a", NULL } },
		  2, "", "a" },
		{ { { PF_PASS, false, "a", NULL }, { PF_PASS, false, "b", "a" },
		    { PF_DROP, false, NULL, "a" }, { PF_PASS, false, "c", "b" } },
		  4, "", "c" },
		/* a rule that asks for the tag that it gives */
		{ { { PF_DROP, false, NULL, NULL }, { PF_PASS, false, "a", "!a" } },
		  2, "", "a" },
		{ { { PF_DROP, false, NULL, NULL }, { PF_PASS, false, "a", "!a" } },
		  2, "a", NULL },
		/* from before */
		{ { { PF_DROP, false, NULL, "a" } }, 1, "a", NULL },
		{ { { PF_DROP, false, NULL, "a" } }, 1, "b", "b" },
		{ { { PF_DROP, false, NULL, "!a" } }, 1, "b", NULL },
		{ { { PF_DROP, false, NULL, "!a" } }, 1, "", NULL },
	};
	struct unit_node *u = *state;
	struct pf_tag *a, *b, *c;
	uint16_t tag;

	pf_mutex_lock(&u->n->pf->ctl);
	assert_int_equal(pf_tag_get(u->n->pf, "a", &a), 0);
	assert_int_equal(pf_tag_get(u->n->pf, "b", &b), 0);
	assert_int_equal(pf_tag_get(u->n->pf, "c", &c), 0);
	pf_mutex_unlock(&u->n->pf->ctl);
	for (unsigned int i = 0; i < NITEMS(t); i++)
		for (int dir = PF_IN; dir <= PF_OUT; dir++) {
			assert_int_equal(load_lines(u->n, t[i].rule, t[i].n), 0);
			tag = number(u->n, t[i].before);
			if (packet(u->n, dir, (uint16_t)(1000 + 10 * i +
			    (unsigned int)dir), false, &tag) !=
			    (t[i].after != NULL))
				fail_msg("row %u, direction %d: verdict", i, dir);
			if (t[i].after != NULL)
				assert_int_equal(tag, number(u->n, t[i].after));
		}
	pf_tag_put(u->n->pf, a);
	pf_tag_put(u->n->pf, b);
	pf_tag_put(u->n->pf, c);
}

/* Every packet of a connection has the tag of its state, also when the rules are gone. */
static void
test_states(void **state)
{
	static const struct line by_match[] = {
		{ PF_MATCH, false, "x", NULL }, { PF_PASS, false, NULL, NULL },
	}, other = { PF_DROP, false, NULL, "y" };
	struct unit_node *u = *state;
	uint16_t x, y, tag;

	assert_int_equal(load_lines(u->n, by_match, 2), 0);
	x = number(u->n, "x");
	assert_int_not_equal(x, 0);
	tag = 0;
	assert_true(packet(u->n, PF_IN, 1000, false, &tag));
	assert_int_equal(tag, x);
	assert_int_equal(load_lines(u->n, &other, 1), 0);
	sim_seconds(u->sim, 2);
	y = number(u->n, "y");
	assert_int_not_equal(y, 0);
	assert_int_not_equal(y, x);
	for (int i = 0; i < 2; i++) {
		tag = y;
		assert_true(packet(u->n, PF_OUT, 1000, true, &tag));
		assert_int_equal(tag, x);
		tag = 0;
		assert_true(packet(u->n, PF_IN, 1000, false, &tag));
		assert_int_equal(tag, x);
	}
	assert_int_equal(u->n->pf->tags.n, 2);
	sim_seconds(u->sim, 3600);		/* the state has expired */
	assert_int_equal(u->n->pf->tags.n, 1);
	assert_null(find(u->n, "x"));

	/* a packet's own tag is no tag of the state */
	assert_int_equal(load_lines(u->n, &other, 0), 0);
	assert_int_equal(load_lines(u->n, &by_match[1], 1), 0);
	tag = x;
	assert_true(packet(u->n, PF_IN, 1001, false, &tag));
	assert_int_equal(tag, x);
	tag = 0;
	assert_true(packet(u->n, PF_IN, 1001, false, &tag));
	assert_int_equal(tag, 0);
}

/* A name keeps its number from ruleset to ruleset, and no other gets it meanwhile. */
static void
test_reload(void **state)
{
	static const struct line first[] = {
		{ PF_PASS, false, "a", NULL }, { PF_PASS, false, "b", NULL },
	}, second[] = {
		{ PF_PASS, false, "c", NULL }, { PF_PASS, false, NULL, "b" },
	};
	struct unit_node *u = *state;
	uint16_t a, b;

	assert_int_equal(load_lines(u->n, first, 2), 0);
	a = number(u->n, "a");
	b = number(u->n, "b");
	assert_true(a != 0 && b != 0 && a != b);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(load_lines(u->n, second, 2), 0);
		sim_seconds(u->sim, 2);
		assert_null(find(u->n, "a"));
		assert_int_equal(number(u->n, "b"), b);
		assert_int_not_equal(number(u->n, "c"), a);
		assert_int_equal(load_lines(u->n, first, 2), 0);
		sim_seconds(u->sim, 2);
		assert_int_equal(number(u->n, "b"), b);
		assert_int_not_equal(number(u->n, "a"), a);
		a = number(u->n, "a");
	}
	assert_int_equal(load_lines(u->n, first, 0), 0);
	sim_seconds(u->sim, 2);
	assert_int_equal(u->n->pf->tags.n, 0);
}

/* As many as packets have numbers for; each memory failure leaves what was. */
static void
test_limits(void **state)
{
	static const struct line four[] = {
		{ PF_PASS, false, "a", "b" }, { PF_PASS, false, "c", "d" },
	};
	struct unit_node *u = *state;
	struct pf *pf = u->n->pf;
	struct pf_tag **t = calloc(PF_TAGS_MAX, sizeof(struct pf_tag *)), *one;
	char name[16];

	assert_non_null(t);
	sim_tags = 3;
	assert_int_equal(load_lines(u->n, four, 2), EOVERFLOW);
	sim_seconds(u->sim, 2);
	assert_int_equal(pf->tags.n, 0);
	sim_tags = 4;
	assert_int_equal(load_lines(u->n, four, 2), 0);
	assert_int_equal(load_lines(u->n, four, 2), 0);	/* no number twice */
	sim_tags = 0;
	assert_int_equal(load_lines(u->n, four, 0), 0);
	sim_seconds(u->sim, 2);
	assert_int_equal(load_lines(u->n, four, 1), EOVERFLOW);
	sim_tags = UINT32_MAX;

	pf_mutex_lock(&pf->ctl);
	for (unsigned int i = 0; i < PF_TAGS_MAX; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		assert_int_equal(pf_tag_get(pf, name, &t[i]), 0);
		assert_true(t[i]->nr != 0);
	}
	assert_int_equal(pf_tag_get(pf, "one more", &one), EOVERFLOW);
	assert_int_equal(pf_tag_get(pf, "t777", &one), 0);
	assert_ptr_equal(one, t[777]);
	pf_tag_put(pf, one);
	pf_tag_put(pf, t[777]);
	pf_tags_purge(pf);
	assert_int_equal(pf_tag_get(pf, "one more", &t[777]), 0);
	assert_int_equal(pf_tag_get(pf, "", &one), EINVAL);
	for (unsigned int i = 0; i < PF_TAGS_MAX; i++)
		pf_tag_put(pf, t[i]);
	pf_tags_purge(pf);
	assert_int_equal(pf->tags.n, 0);
	pf_mutex_unlock(&pf->ctl);
	free(t);
	sim_tags = UINT16_MAX;
}

static void
test_memory(void **state)
{
	static const struct line l[] = { { PF_PASS, false, "a", "b" } };
	struct unit_node *u = *state;
	uint16_t tag = 0;
	unsigned long n;
	int error;

	for (n = 1; ; n++) {
		sim_fail_alloc(n);
		error = load_lines(u->n, l, 1);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		sim_seconds(u->sim, 2);
		assert_int_equal(u->n->pf->tags.n, 0);
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_true(n > 5);

	/* a state that cannot keep the tag is not made, and the packet does not go on */
	assert_int_equal(load_lines(u->n, l, 0), 0);
	assert_int_equal(load_lines(u->n, &(const struct line){ PF_PASS, false,
	    "a", NULL }, 1), 0);
	sim_fail_from(1);
	assert_false(packet(u->n, PF_IN, 1000, false, &tag));
	sim_fail_alloc(0);
	assert_true(packet(u->n, PF_IN, 1000, false, &tag));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_states, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_reload, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_limits, unit_setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_memory, unit_setup, unit_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
