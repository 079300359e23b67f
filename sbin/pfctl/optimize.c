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
 * The table `fields' says of each member of struct pf_rule what it means for this.
 * Every step costs about n log n.  No locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
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

#define FIELD(member, kind)						\
	{ offsetof(struct pf_rule, member),				\
	    sizeof(((struct pf_rule *)NULL)->member), kind }

static const struct {
	size_t		 offset, size;
	enum field_kind	 kind;
} fields[] = {
	FIELD(label,		ALONE),
	FIELD(prob,		ALONE),
	FIELD(max_states,	ALONE),
	FIELD(max_src_nodes,	ALONE),
	FIELD(max_src_states,	ALONE),
	FIELD(max_src_conn,	ALONE),
	FIELD(max_src_conn_rate, ALONE),
	FIELD(pktrate,		ALONE),
	FIELD(ridentifier,	ALONE),
	FIELD(af,		LIKE),
	FIELD(ifnot,		LIKE),
	FIELD(ifname,		LIKE),
	FIELD(rcvifnot,		LIKE),
	FIELD(rcv_ifname,	LIKE),
	FIELD(match_tag_not,	LIKE),
	FIELD(match_tagname,	LIKE),
	FIELD(os_fingerprint,	LIKE),
	FIELD(timeout,		LIKE),
	FIELD(return_icmp,	LIKE),
	FIELD(return_icmp6,	LIKE),
	FIELD(uid,		LIKE),
	FIELD(gid,		LIKE),
	FIELD(direction,	LIKE),
	FIELD(proto,		LIKE),
	FIELD(type,		LIKE),
	FIELD(code,		LIKE),
	FIELD(flags,		LIKE),
	FIELD(flagset,		LIKE),
	FIELD(tos,		LIKE),
	FIELD(prio,		LIKE),
	FIELD(src.port,		LIKE),
	FIELD(src.port_op,	LIKE),
	FIELD(src.neg,		LIKE),
	FIELD(dst.port,		LIKE),
	FIELD(dst.port_op,	LIKE),
	FIELD(dst.neg,		LIKE),
	FIELD(src.addr,		ADDRESS),
	FIELD(dst.addr,		ADDRESS),
	FIELD(nr,		IGNORED),
	/* whatever is not listed is SAME */
};

/* How general a rule is: rules of one shape cover others alike. */
struct shape {
	uint8_t		any_if, any_dir, any_af, any_proto, any_sport,
			any_dport, any_type, any_code;
	int16_t		src, dst;	/* prefix length, -1: no plain network */
};

struct slot {				/* of a hash table by contents */
	const struct pf_rule *rule;
	uint32_t	 first, count;
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

/*
 * Blocks
 */

static bool
is_alone(const struct pfctl_rule *r)
{
	static const char zero[sizeof(struct pf_rule)];
	size_t i;

	if (r->anchor_call[0] != '\0' || (r->rule.rule_flag & PFRULE_ONCE) ||
	    r->rule.action == PF_MATCH)
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
		memset((char *)to + fields[i].offset, 0, fields[i].size);
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
	s->any_type = r->type == 0;
	s->any_code = r->code == 0;
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
	if (s->any_type)
		to->type = 0;
	if (s->any_code)
		to->code = 0;
}

struct table {				/* open addressing, a power of two */
	uint32_t	*slot;		/* index of a rule + 1 */
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

/* The rule with the same text, the first of several, as an index; or n. */
static uint32_t
table_lookup(const struct table *t, struct pfctl_rule *const *rule,
    const struct pf_rule *key, uint32_t n)
{
	struct pf_rule have;
	uint32_t i = (uint32_t)hash_bytes(key, sizeof(*key)) & t->mask;

	for (; t->slot[i] != 0; i = (i + 1) & t->mask) {
		have = rule[t->slot[i] - 1]->rule;
		have.nr = 0;
		if (memcmp(&have, key, sizeof(have)) == 0)
			return (t->slot[i] - 1);
	}
	return (n);
}

static void
table_insert(struct table *t, const struct pf_rule *key, uint32_t index)
{
	uint32_t i = (uint32_t)hash_bytes(key, sizeof(*key)) & t->mask;

	while (t->slot[i] != 0)
		i = (i + 1) & t->mask;
	t->slot[i] = index + 1;
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

/* Whether a rule other than i covers rule i and is to stay. */
static bool
is_covered(struct pfctl_rule *const *rule, uint32_t n, uint32_t i,
    const struct table *t, const struct shape *shapes, uint32_t nshapes)
{
	struct pf_rule key;
	uint32_t k, other;

	for (k = 0; k < nshapes; k++) {
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

/* A name that does not change while the contents do not. */
static void
make_table(struct optimizer *o, struct pfctl_rule *first, bool src,
    struct pfctl_table *t)
{
	struct pf_rule *r = &first->rule;
	struct pf_rule_addr *ra = side_of(r, src);

	t->flags = PFR_TFLAG_CONST;
	t->defined = true;
	t->optimizer = true;
	t->line = first->line;
	snprintf(t->name, sizeof(t->name), "%s%x_%u", PF_OPTIMIZER_TABLE_PFX,
	    (uint32_t)hash_bytes(o->path, strlen(o->path)), o->ntables++);
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

static void
chain_rules(struct pfctl_rule **rule, uint32_t n, bool src, struct chains *c)
{
	struct pf_rule *key = xcalloc(n, sizeof(*key));
	uint32_t i, at, size = 16, *slot;

	while (size < n * 2)
		size *= 2;
	slot = xcalloc(size, sizeof(*slot));
	for (i = 0; i < n; i++) {
		c->next[i] = n;
		c->last[i] = i;
		c->count[i] = 0;
		if (!can_combine(&rule[i]->rule, src))
			continue;
		key[i] = rule[i]->rule;
		key[i].nr = 0;
		memset(&side_of(&key[i], src)->addr, 0,
		    sizeof(struct pf_addr_wrap));
		at = (uint32_t)hash_bytes(&key[i], sizeof(key[i])) & (size - 1);
		while (slot[at] != 0 && memcmp(&key[slot[at] - 1], &key[i],
		    sizeof(key[i])) != 0)
			at = (at + 1) & (size - 1);
		if (slot[at] == 0) {
			slot[at] = i + 1;
			c->count[i] = 1;
			continue;
		}
		at = slot[at] - 1;
		c->next[c->last[at]] = i;
		c->last[at] = i;
		c->count[at]++;
	}
	free(slot);
	free(key);
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
		t = table_new(o->pf, o->path, "");
		for (j = i; j != n; j = c.next[j]) {
			ra = side_of(&rule[j]->rule, src);
			table_add_addr(t, rule[j]->rule.af, &ra->addr.v.a.addr,
			    addr_prefix(&ra->addr.v.a.mask, rule[j]->rule.af),
			    false);
		}
		make_table(o, rule[i], src, t);
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

static int
compare_addr(const struct pf_rule_addr *a, const struct pf_rule_addr *b)
{
	if (a->neg != b->neg)
		return (1);
	return (memcmp(&a->addr, &b->addr, sizeof(a->addr)));
}

static int
compare_port(const struct pf_rule_addr *a, const struct pf_rule_addr *b)
{
	return (a->port_op != b->port_op ||
	    memcmp(a->port, b->port, sizeof(a->port)) != 0);
}

/* Whether two rules differ in what a skip step looks at. */
static bool
differ(const struct pf_rule *a, const struct pf_rule *b, int step)
{
	switch (step) {
	case PF_SKIP_IFP:
		return (a->ifnot != b->ifnot ||
		    memcmp(a->ifname, b->ifname, sizeof(a->ifname)) != 0);
	case PF_SKIP_DIR:
		return (a->direction != b->direction);
	case PF_SKIP_AF:
		return (a->af != b->af);
	case PF_SKIP_PROTO:
		return (a->proto != b->proto);
	case PF_SKIP_SRC_ADDR:
		return (compare_addr(&a->src, &b->src) != 0);
	case PF_SKIP_SRC_PORT:
		return (compare_port(&a->src, &b->src) != 0);
	case PF_SKIP_DST_ADDR:
		return (compare_addr(&a->dst, &b->dst) != 0);
	case PF_SKIP_DST_PORT:
		return (compare_port(&a->dst, &b->dst) != 0);
	default:
		return (false);
	}
}

/* How many rules have the value of the group that most have; its first in *at. */
static uint32_t
largest_group(struct pfctl_rule *const *rule, uint32_t n, int step,
    uint32_t *at)
{
	uint32_t i, j, count, best = 0;
	bool *seen = xcalloc(n, sizeof(*seen));

	*at = 0;
	for (i = 0; i < n && n - i > best; i++) {
		if (seen[i])
			continue;
		for (j = i, count = 0; j < n; j++)
			if (!seen[j] && !differ(&rule[i]->rule,
			    &rule[j]->rule, step)) {
				seen[j] = true;
				count++;
			}
		if (count > best) {
			best = count;
			*at = i;
		}
	}
	free(seen);
	return (best);
}

/* Those that are like the first of the group to the front, in order: how many. */
static uint32_t
gather(struct pfctl_rule **rule, uint32_t n, uint32_t at, int step)
{
	struct pfctl_rule **rest = xcalloc(n, sizeof(*rest));
	const struct pf_rule like = rule[at]->rule;
	uint32_t i, nrest = 0, front = 0;

	for (i = 0; i < n; i++)
		if (differ(&like, &rule[i]->rule, step))
			rest[nrest++] = rule[i];
		else
			rule[front++] = rule[i];
	memcpy(rule + front, rest, nrest * sizeof(*rest));
	free(rest);
	return (front);
}

static void
reorder(struct pfctl_rule **rule, uint32_t n)
{
	uint32_t best, count, at, best_at, front;
	int step, best_step;

	while (n > 2) {
		best = 1;
		best_step = -1;
		best_at = 0;
		for (step = 0; step < PF_SKIP_COUNT; step++) {
			count = largest_group(rule, n, step, &at);
			if (count == n || count <= best)
				continue;
			best = count;
			best_step = step;
			best_at = at;
		}
		if (best_step == -1)
			return;
		front = gather(rule, n, best_at, best_step);
		reorder(rule, front);
		rule += front;
		n -= front;
	}
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
			if (left <= REORDER_MAX)
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
