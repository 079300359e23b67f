// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * optimize.c: fewer rules with the same meaning, in an order that is quick to walk.
 *
 * Filter rules are cut into blocks, runs in which order makes no difference to the
 * verdict: all rules of a block do the same, they only match different things.
 * Within a block, rules that another one covers are removed; six or more that
 * differ in one address become one rule with a table; and rules with
 * values in common are put side by side, for the skip steps.
 * What a member of struct pf_rule means for this is said by pf_fields.h.
 * Every step costs about n log n.  No locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "pf_fields.h"
#include "rule.h"

#define TABLE_THRESHOLD	6	/* rules that are worth a table */
#define REORDER_MAX	1024	/* rules of a block that are put in order */
#define SHAPES_MAX	64	/* kinds of rules in a block that are told apart */

enum field_kind {
	ALONE,		/* a rule that has it is a block of its own */
	SAME,		/* all rules of a block have the same */
	LIKE,		/* may differ, but in rules that become one */
	ADDRESS,	/* may be put into a table */
	IGNORED,	/* not for the user to say */
};

#define FIELD(member, word, kind, max, step, use, class)		\
	{ offsetof(struct pf_rule, member),				\
	    sizeof(((struct pf_rule *)NULL)->member),			\
	    PF_SKIP_ ## step, class },

static const struct {
	uint16_t	 offset, size;
	uint8_t		 step;		/* PF_SKIP_*, PF_SKIP_COUNT: none */
	uint8_t		 kind;		/* enum field_kind */
} fields[] = {
	PF_RULE_FIELDS(FIELD)
};

/* How general a rule is: rules of one shape cover others alike. */
struct shape {
	uint8_t		any_if, any_dir, any_af, any_proto, any_sport,
			any_dport, any_flags;
	int16_t		src, dst;	/* prefix length, -1: no plain network */
};

struct optimizer {
	struct pfctl	*pf;
	const char	*path;		/* of the anchor */
	struct pfctl_rule **rule;	/* what is left of the ruleset */
	uint32_t	 n;
	uint32_t	 ntables;
};

static uint64_t
hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 14695981039346656037ull;

	while (len-- > 0)
		h = (h ^ *p++) * 1099511628211ull;
	return (h ^ h >> 29);
}

/* Of a rule's text; its number does not count. */
static uint32_t
hash_rule(const struct pf_rule *r)
{
	const char *p = (const char *)r;
	uint64_t h = 0x9e3779b97f4a7c15ull, word;
	size_t i;

	_Static_assert(sizeof(*r) % sizeof(word) == 0, "whole words");
	for (i = 0; i < sizeof(*r); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	return ((uint32_t)h);
}

/*
 * Blocks
 */

static bool
is_alone(const struct pfctl_rule *r)
{
	static const char zero[sizeof(struct pf_rule)];
	size_t i;

	if (r->anchor_call[0] != '\0' || (r->rule.rule_flag & PFRULE_ONCE) ||
	    r->rule.action == PF_MATCH || r->pool[PF_POOL_ROUTE].n != 0)
		return (true);
	for (i = 0; i < NITEMS(fields); i++)
		if (fields[i].kind == ALONE && memcmp((const char *)&r->rule +
		    fields[i].offset, zero, fields[i].size) != 0)
			return (true);
	return (false);
}

/* What all rules of a block have in common. */
static void
common_part(const struct pf_rule *r, struct pf_rule *to)
{
	size_t i;

	*to = *r;
	for (i = 0; i < NITEMS(fields); i++)
		if (fields[i].kind != SAME)
			memset((char *)to + fields[i].offset, 0,
			    fields[i].size);
}

static bool
same_pools(const struct pfctl_rule *a, const struct pfctl_rule *b)
{
	int i;

	for (i = 0; i < PF_POOL_MAX; i++)
		if (a->pool[i].n != b->pool[i].n || (a->pool[i].n > 0 &&
		    memcmp(a->pool[i].addr, b->pool[i].addr,
		    a->pool[i].n * sizeof(*a->pool[i].addr)) != 0))
			return (false);
	return (true);
}

/* How many rules from `first' on are one block. */
static uint32_t
block_length(struct pfctl_rule *const *rule, uint32_t n)
{
	struct pf_rule a, b;
	uint32_t i;

	if (is_alone(rule[0]))
		return (1);
	common_part(&rule[0]->rule, &a);
	for (i = 1; i < n && !is_alone(rule[i]); i++) {
		common_part(&rule[i]->rule, &b);
		if (memcmp(&a, &b, sizeof(a)) != 0 ||
		    !same_pools(rule[0], rule[i]))
			break;
	}
	return (i);
}

/*
 * Rules that others cover
 */

static int16_t
plain_prefix(const struct pf_rule_addr *ra, uint8_t af)
{
	static const struct pf_addr zero;

	if (ra->addr.type != PF_ADDR_ADDRMASK || ra->neg)
		return (-1);
	if (memcmp(&ra->addr.v.a.mask, &zero, sizeof(zero)) == 0)
		return (0);
	return (addr_prefix(&ra->addr.v.a.mask, af));
}

static void
shape_of(const struct pf_rule *r, struct shape *s)
{
	memset(s, 0, sizeof(*s));
	s->any_if = r->ifname[0] == '\0' && !r->ifnot;
	s->any_dir = r->direction == PF_INOUT;
	s->any_af = r->af == 0;
	s->any_proto = r->proto == 0;
	s->any_sport = r->src.port_op == PF_OP_NONE;
	s->any_dport = r->dst.port_op == PF_OP_NONE;
	s->any_flags = r->flags == 0 && r->flagset == 0;
	s->src = plain_prefix(&r->src, r->af);
	s->dst = plain_prefix(&r->dst, r->af);
}

static void
widen_addr(struct pf_rule_addr *ra, uint8_t af, int16_t to)
{
	int16_t have = plain_prefix(ra, af);

	if (to == 0)		/* any covers whatever there is */
		memset(&ra->addr, 0, sizeof(ra->addr));
	if (to == 0)
		ra->neg = 0;
	if (to <= 0 || have < to)
		return;
	addr_mask(&ra->addr.v.a.mask, (uint8_t)to);
	addr_apply(&ra->addr.v.a.addr, &ra->addr.v.a.mask);
}

/* The rule of shape s that covers r, if there is any: it has this text. */
static void
widen(const struct pf_rule *r, const struct shape *s, struct pf_rule *to)
{
	*to = *r;
	to->nr = 0;
	widen_addr(&to->src, r->af, s->src);
	widen_addr(&to->dst, r->af, s->dst);
	if (s->any_if) {
		memset(to->ifname, 0, sizeof(to->ifname));
		to->ifnot = 0;
	}
	if (s->any_dir)
		to->direction = PF_INOUT;
	if (s->any_af)
		to->af = 0;
	if (s->any_proto)
		to->proto = 0;
	if (s->any_sport)
		to->src.port_op = PF_OP_NONE;
	if (s->any_sport)
		memset(to->src.port, 0, sizeof(to->src.port));
	if (s->any_dport)
		to->dst.port_op = PF_OP_NONE;
	if (s->any_dport)
		memset(to->dst.port, 0, sizeof(to->dst.port));
	if (s->any_flags)
		to->flags = to->flagset = 0;
}

/* Rules by their text: open addressing, a power of two. */
struct table {
	struct {
		uint32_t index;		/* of a rule + 1; 0: free */
		uint32_t hash;
	}		*slot;
	uint32_t	 mask;
};

static void
table_init(struct table *t, uint32_t n)
{
	uint32_t size = 16;

	while (size < n * 2)
		size *= 2;
	t->slot = xcalloc(size, sizeof(*t->slot));
	t->mask = size - 1;
}

/* The rule with the same text as key, whose nr is 0, as an index; or n. */
static uint32_t
table_lookup(const struct table *t, struct pfctl_rule *const *rule,
    const struct pf_rule *key, uint32_t n)
{
	const uint32_t hash = hash_rule(key);
	struct pf_rule have;
	uint32_t i;

	for (i = hash & t->mask; t->slot[i].index != 0; i = (i + 1) & t->mask) {
		if (t->slot[i].hash != hash)
			continue;
		have = rule[t->slot[i].index - 1]->rule;
		have.nr = 0;
		if (memcmp(&have, key, sizeof(have)) == 0)
			return (t->slot[i].index - 1);
	}
	return (n);
}

static void
table_insert(struct table *t, const struct pf_rule *key, uint32_t index)
{
	const uint32_t hash = hash_rule(key);
	uint32_t i = hash & t->mask;

	while (t->slot[i].index != 0)
		i = (i + 1) & t->mask;
	t->slot[i].index = index + 1;
	t->slot[i].hash = hash;
}

/* Distinct shapes of a block; 0: too many to be worth it. */
static uint32_t
collect_shapes(struct pfctl_rule *const *rule, uint32_t n,
    struct shape shapes[SHAPES_MAX])
{
	struct shape s;
	uint32_t i, j, count = 0;

	for (i = 0; i < n; i++) {
		shape_of(&rule[i]->rule, &s);
		for (j = 0; j < count; j++)
			if (memcmp(&shapes[j], &s, sizeof(s)) == 0)
				break;
		if (j < count)
			continue;
		if (count == SHAPES_MAX)
			break;
		shapes[count++] = s;
	}
	return (count);
}

static bool
wider_prefix(int16_t have, int16_t than)
{
	return (have == 0 || have == than || (have > 0 && have < than));
}

/* Whether rules of shape s may cover those of another shape, t. */
static bool
wider(const struct shape *s, const struct shape *t)
{
	return (memcmp(s, t, sizeof(*s)) != 0 &&
	    s->any_if >= t->any_if && s->any_dir >= t->any_dir &&
	    s->any_af >= t->any_af && s->any_proto >= t->any_proto &&
	    s->any_sport >= t->any_sport && s->any_dport >= t->any_dport &&
	    s->any_flags >= t->any_flags &&
	    wider_prefix(s->src, t->src) && wider_prefix(s->dst, t->dst));
}

/* Whether a rule other than i covers rule i and is to stay. */
static bool
is_covered(struct pfctl_rule *const *rule, uint32_t n, uint32_t i,
    const struct table *t, const struct shape *shapes, uint32_t nshapes)
{
	struct shape own;
	struct pf_rule key;
	uint32_t k, other;

	shape_of(&rule[i]->rule, &own);
	for (k = 0; k < nshapes; k++) {
		if (!wider(&shapes[k], &own))
			continue;
		widen(&rule[i]->rule, &shapes[k], &key);
		other = table_lookup(t, rule, &key, n);
		if (other < n && other != i)
			return (true);
	}
	return (false);
}

static uint32_t
remove_covered(struct pfctl_rule **rule, uint32_t n)
{
	struct shape shapes[SHAPES_MAX];
	struct pf_rule key;
	struct table t;
	uint32_t i, kept = 0, nshapes;
	bool *gone;

	if (n < 2)
		return (n);
	nshapes = collect_shapes(rule, n, shapes);
	gone = xcalloc(n, sizeof(*gone));
	table_init(&t, n);
	for (i = 0; i < n; i++) {
		key = rule[i]->rule;
		key.nr = 0;
		if (table_lookup(&t, rule, &key, n) == n)
			table_insert(&t, &key, i);
		else
			gone[i] = true;		/* the same again */
	}
	for (i = 0; i < n; i++)
		if (!gone[i])
			gone[i] = is_covered(rule, n, i, &t, shapes, nshapes);
	for (i = 0; i < n; i++)
		if (gone[i])
			rule_free(rule[i]);
		else
			rule[kept++] = rule[i];
	free(gone);
	free(t.slot);
	return (kept);
}

/*
 * Addresses into tables
 */

static struct pf_rule_addr *
side_of(struct pf_rule *r, bool src)
{
	return (src ? &r->src : &r->dst);
}

static bool
can_combine(struct pf_rule *r, bool src)
{
	const struct pf_rule_addr *ra = side_of(r, src);

	return (ra->addr.type == PF_ADDR_ADDRMASK && !ra->neg && r->af != 0 &&
	    plain_prefix(ra, r->af) > 0);
}

static bool
table_named(const struct pfctl *pf, const char *name)
{
	uint32_t i;

	for (i = index_first(&pf->table_index, hash_name(name));
	    i != INDEX_NONE; i = index_next(&pf->table_index, i))
		if (strcmp(pf->tables[i]->name, name) == 0)
			return (true);
	return (false);
}

/* A table with a name that does not change while the ruleset does not, and that
 * the file has not taken. */
static struct pfctl_table *
make_table(struct optimizer *o, uint32_t line)
{
	char name[PF_TABLE_NAME_SIZE];
	struct pfctl_table *t;

	do
		snprintf(name, sizeof(name), "%s%x_%u", PF_OPTIMIZER_TABLE_PFX,
		    (uint32_t)hash_bytes(o->path, strlen(o->path)),
		    o->ntables++);
	while (table_named(o->pf, name));
	t = table_new(o->pf, o->path, name);
	t->flags = PFR_TFLAG_CONST;
	t->defined = true;
	t->optimizer = true;
	t->line = line;
	return (t);
}

static void
use_table(struct pf_rule_addr *ra, const struct pfctl_table *t)
{
	memset(&ra->addr, 0, sizeof(ra->addr));
	ra->addr.type = PF_ADDR_TABLE;
	strcpy(ra->addr.v.tblname, t->name);
}

/*
 * Rules with one text but for an address, by hash: chains of equals, in order.
 * next[i] is the rule after i in its chain, or n; count at its first.
 */
struct chains {
	uint32_t	*next, *last, *count;
};

/* The text of r without its number and the address of one side. */
static void
text_but_addr(const struct pf_rule *r, bool src, struct pf_rule *key)
{
	*key = *r;
	key->nr = 0;
	memset(&side_of(key, src)->addr, 0, sizeof(struct pf_addr_wrap));
}

/* The first rule of the chain that key belongs to: n, and it is in slot *at then. */
static uint32_t
chain_find(const struct table *t, struct pfctl_rule *const *rule, bool src,
    const struct pf_rule *key, uint32_t n, uint32_t *at)
{
	const uint32_t hash = hash_rule(key);
	struct pf_rule have;

	for (*at = hash & t->mask; t->slot[*at].index != 0;
	    *at = (*at + 1) & t->mask) {
		if (t->slot[*at].hash != hash)
			continue;
		text_but_addr(&rule[t->slot[*at].index - 1]->rule, src, &have);
		if (memcmp(&have, key, sizeof(have)) == 0)
			return (t->slot[*at].index - 1);
	}
	t->slot[*at].hash = hash;
	return (n);
}

static void
chain_rules(struct pfctl_rule **rule, uint32_t n, bool src, struct chains *c)
{
	struct pf_rule key;
	struct table t;
	uint32_t i, at, first;

	table_init(&t, n);
	for (i = 0; i < n; i++) {
		c->next[i] = n;
		c->last[i] = i;
		c->count[i] = 0;
		if (!can_combine(&rule[i]->rule, src))
			continue;
		text_but_addr(&rule[i]->rule, src, &key);
		first = chain_find(&t, rule, src, &key, n, &at);
		if (first == n) {
			t.slot[at].index = i + 1;
			c->count[i] = 1;
			continue;
		}
		c->next[c->last[first]] = i;
		c->last[first] = i;
		c->count[first]++;
	}
	free(t.slot);
}

static uint32_t
combine_side(struct optimizer *o, struct pfctl_rule **rule, uint32_t n, bool src)
{
	struct chains c = { xcalloc(n, 4), xcalloc(n, 4), xcalloc(n, 4) };
	struct pfctl_table *t;
	struct pf_rule_addr *ra;
	uint32_t i, j, next, kept = 0;

	chain_rules(rule, n, src, &c);
	for (i = 0; i < n; i++) {
		if (rule[i] == NULL || c.count[i] < TABLE_THRESHOLD)
			continue;
		t = make_table(o, rule[i]->line);
		for (j = i; j != n; j = c.next[j]) {
			ra = side_of(&rule[j]->rule, src);
			table_add_addr(t, rule[j]->rule.af, &ra->addr.v.a.addr,
			    addr_prefix(&ra->addr.v.a.mask, rule[j]->rule.af),
			    false);
		}
		use_table(side_of(&rule[i]->rule, src), t);
		for (j = c.next[i]; j != n; j = next) {
			next = c.next[j];
			rule_free(rule[j]);
			rule[j] = NULL;
		}
	}
	for (i = 0; i < n; i++)
		if (rule[i] != NULL)
			rule[kept++] = rule[i];
	free(c.next);
	free(c.last);
	free(c.count);
	return (kept);
}

/*
 * Order
 */

/* What a skip step looks at in a rule: rules are alike to it when these bytes are. */
struct stepkey {
	char		 bytes[128];
};
#define STEP_BYTES(member, word, kind, max, step, use, class)		\
	+ (PF_SKIP_ ## step != PF_SKIP_COUNT ?				\
	    sizeof(((struct pf_rule *)NULL)->member) : 0)
_Static_assert(0 PF_RULE_FIELDS(STEP_BYTES) <= sizeof(struct stepkey),
    "even all of them together fit");

static void
step_key(const struct pf_rule *r, int step, struct stepkey *k)
{
	size_t i, n = 0;

	memset(k, 0, sizeof(*k));
	for (i = 0; i < NITEMS(fields); i++)
		if (fields[i].step == step) {
			memcpy(k->bytes + n, (const char *)r + fields[i].offset,
			    fields[i].size);
			n += fields[i].size;
		}
}

/*
 * Rules of one block by what the steps look at.  group[step][i] names the group of
 * rule i: its first rule in the order of the file.
 */
struct order {
	struct pfctl_rule **rule;	/* as they were */
	uint16_t	*group[PF_SKIP_COUNT];
	uint32_t	 n;
	uint16_t	*sorted;	/* the result: indices into rule */
	uint16_t	*rest;
};

_Static_assert(REORDER_MAX <= UINT16_MAX, "indices of a block fit");

static void
find_groups(struct order *o, uint32_t n, int step)
{
	struct stepkey *key = xcalloc(n, sizeof(*key));
	uint32_t i, at, size = 16;
	uint16_t *slot;

	while (size < n * 2)
		size *= 2;
	slot = xcalloc(size, sizeof(*slot));
	for (i = 0; i < n; i++) {
		step_key(&o->rule[i]->rule, step, &key[i]);
		at = (uint32_t)hash_bytes(&key[i], sizeof(*key)) & (size - 1);
		while (slot[at] != 0 && memcmp(&key[slot[at] - 1], &key[i],
		    sizeof(*key)) != 0)
			at = (at + 1) & (size - 1);
		if (slot[at] == 0)
			slot[at] = (uint16_t)(i + 1);
		o->group[step][i] = (uint16_t)(slot[at] - 1);
	}
	free(slot);
	free(key);
}

/*
 * The groups of those rules that have no place yet, of each step: the largest first, and of
 * those that are as large the one that has been so for longer.  A group moves forward
 * as rules come in, and back as rules leave.
 */
struct ranks {
	uint16_t	*name[PF_SKIP_COUNT];
	uint16_t	*count[PF_SKIP_COUNT];	/* by name, as rank */
	uint16_t	*rank[PF_SKIP_COUNT];
	uint16_t	 groups[PF_SKIP_COUNT];
	uint16_t	*words;			/* owned: all of them */
};

static void
ranks_swap(struct ranks *r, int step, uint16_t front)
{
	uint16_t *name = r->name[step], gone = name[front];

	name[front] = name[front + 1];
	name[front + 1] = gone;
	r->rank[step][name[front]] = front;
	r->rank[step][gone] = front + 1;
}

static void
ranks_add(struct ranks *r, int step, uint16_t group)
{
	const uint16_t *count = r->count[step];
	uint16_t at;

	if (r->count[step][group]++ == 0) {
		at = r->groups[step]++;
		r->name[step][at] = group;
		r->rank[step][group] = at;
	}
	for (at = r->rank[step][group]; at > 0 &&
	    count[r->name[step][at - 1]] < count[group]; at--)
		ranks_swap(r, step, at - 1);
}

static void
ranks_drop(struct ranks *r, int step, uint16_t group)
{
	const uint16_t *count = r->count[step];
	uint16_t at;

	r->count[step][group]--;
	for (at = r->rank[step][group]; at + 1 < r->groups[step] &&
	    count[r->name[step][at + 1]] > count[group]; at++)
		ranks_swap(r, step, at);
}

static void
ranks_init(struct ranks *r, const struct order *o, const uint16_t *sorted, uint32_t n)
{
	uint32_t i;
	int k;

	r->words = xcalloc(3 * PF_SKIP_COUNT * (size_t)o->n, sizeof(*r->words));
	for (k = 0; k < PF_SKIP_COUNT; k++) {
		r->name[k] = r->words + (3 * k) * (size_t)o->n;
		r->count[k] = r->words + (3 * k + 1) * (size_t)o->n;
		r->rank[k] = r->words + (3 * k + 2) * (size_t)o->n;
		r->groups[k] = 0;
		for (i = 0; i < n; i++)
			ranks_add(r, k, o->group[k][sorted[i]]);
	}
}

/*
 * The group that most of n rules are in; all of them are no group.  False: each rule is alone.
 */
static bool
largest_group(const struct ranks *r, uint32_t n, int *step, uint16_t *group)
{
	uint32_t best = 1, here;
	int k;

	for (k = 0; k < PF_SKIP_COUNT; k++) {
		here = r->count[k][r->name[k][0]];
		if (here == n || here <= best)
			continue;
		best = here;
		*step = k;
		*group = r->name[k][0];
	}
	return (best > 1);
}

/* The largest group first, in an order of its own, then the next .. */
static void
reorder_part(struct order *o, uint16_t *sorted, uint32_t n)
{
	uint32_t i, front, rest;
	uint16_t group;
	struct ranks r;
	int step, k;

	ranks_init(&r, o, sorted, n);
	while (n > 2 && largest_group(&r, n, &step, &group)) {
		for (i = front = rest = 0; i < n; i++)
			if (o->group[step][sorted[i]] == group)
				sorted[front++] = sorted[i];
			else
				o->rest[rest++] = sorted[i];
		memcpy(sorted + front, o->rest, rest * sizeof(*sorted));
		for (i = 0; i < front; i++)
			for (k = 0; k < PF_SKIP_COUNT; k++)
				ranks_drop(&r, k, o->group[k][sorted[i]]);
		reorder_part(o, sorted, front);
		sorted += front;
		n -= front;
	}
	free(r.words);
}

static void
reorder(struct pfctl_rule **rule, uint32_t n)
{
	uint16_t *words = xcalloc((PF_SKIP_COUNT + 2) * (size_t)n,
	    sizeof(*words));
	struct pfctl_rule **copy = xcalloc(n, sizeof(*copy));
	struct order o;
	uint32_t i;
	int step;

	memcpy(copy, rule, n * sizeof(*copy));
	o.rule = copy;
	o.n = n;
	for (step = 0; step < PF_SKIP_COUNT; step++) {
		o.group[step] = words + (size_t)step * n;
		find_groups(&o, n, step);
	}
	o.sorted = words + PF_SKIP_COUNT * (size_t)n;
	o.rest = o.sorted + n;
	for (i = 0; i < n; i++)
		o.sorted[i] = (uint16_t)i;
	reorder_part(&o, o.sorted, n);
	for (i = 0; i < n; i++)
		rule[i] = copy[o.sorted[i]];
	free(words);
	free(copy);
}

/*
 * A ruleset
 */

static void
optimize_ruleset(struct optimizer *o, struct pfctl_ruleset *rs)
{
	struct pfctl_rule **rule = rs->rule;
	uint32_t i, kept = 0, len, left;

	for (i = 0; i < rs->n; i += len) {
		len = block_length(rule + i, rs->n - i);
		left = len;
		if (len > 1) {
			left = remove_covered(rule + i, left);
			if (left >= TABLE_THRESHOLD)
				left = combine_side(o, rule + i, left, true);
			if (left >= TABLE_THRESHOLD)
				left = combine_side(o, rule + i, left, false);
			if (left > 2 && left <= REORDER_MAX)
				reorder(rule + i, left);
		}
		memmove(rule + kept, rule + i, left * sizeof(*rule));
		kept += left;
	}
	rs->n = kept;
}

void
optimize(struct parser *p, int level)
{
	struct optimizer o;
	uint32_t i;

	if (level == PFCTL_OPT_NONE)
		return;
	for (i = 0; i < p->pf->nanchors; i++) {
		memset(&o, 0, sizeof(o));
		o.pf = p->pf;
		o.path = p->pf->anchors[i].path;
		optimize_ruleset(&o,
		    &p->pf->anchors[i].rs[PF_RULESET_FILTER]);
	}
}
