// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_match.c: the match loop, for every kind of ruleset
 *
 * What it owns.  Nothing: it reads rulesets, which never change.
 * Locking.  None: a walk runs in the RCU read side of a packet.
 * Place.  Third floor.
 *
 * scan() is the inner loop.  It runs over the rules of one ruleset until it
 * comes to the ruleset's end, to a match with `quick', to a rule that calls an
 * anchor, or to a rule that acts at once.  A ruleset without the last two kinds
 * of rules needs one scan.  pf_match_next() continues after each scan.  It
 * enters an anchor and comes back, with a stack of the rulesets that it has
 * left; or it returns to the caller a rule that acts at once, and continues
 * with the next call.
 *
 * match_one() compares a packet with a rule, and returns the criterion that
 * failed.  The rule's skip step for this criterion leads past all following
 * rules that would fail for the same reason.
 *
 * Evaluations are counted as differences.  A run of rules that were evaluated
 * one after the other adds 1 to the counter of the run's first rule, and
 * subtracts 1 from the counter of the rule behind the run's last one.  The
 * evaluations of a rule are the sum of the counters of all rules up to and
 * including it.  So a run costs two additions, however long it is.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_fields.h"
#include "pf_addr.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_entry.h"
#include "pf_if.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_match.h"
#include "pf_osfp.h"
#include "pf_packet.h"
#include "pf_rate.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_table.h"
#include "pf_tag.h"

/* What match_one() returns beside PF_SKIP_*. */
#define MATCHED		PF_SKIP_COUNT
#define FAILED_OTHER	(PF_SKIP_COUNT + 1)	/* a criterion without skip */
						/* step */

/*
 * Criteria that few rules have.  pf_fields.h has the name of each criterion,
 * and match_NAME() says whether the packet satisfies it.  A fragment other than
 * the first has no transport header, and so never satisfies a criterion about
 * that header.
 */
static inline bool
match_fragment(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	(void)kr;
	return ((pd->flags & PF_PD_FRAGMENT) != 0);
}

/* It has not decided yet. */
static inline bool
match_once(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	(void)pd;
	return (pf_atomic_read(&kr->used) == 0);
}

static inline bool
match_rate(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	return (!pf_rate_exceeded(kr->rate, pf_pd_packets(pd),
	    pf_uptime(pd->pf)));
}

static inline bool
match_type(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	return ((pd->flags & PF_PD_NOTFIRST) == 0 &&
	    kr->ask.type == pd->icmp_type + 1);
}

static inline bool
match_code(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	return ((pd->flags & PF_PD_NOTFIRST) == 0 &&
	    kr->ask.code == pd->icmp_code + 1);
}

static inline bool
match_tos(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	return (kr->ask.tos == pd->tos);
}

static inline bool
match_prio(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	uint8_t	want = kr->ask.prio == PF_PRIO_ZERO ? 0 : kr->ask.prio;

	return (want == pf_pkt_prio(pd->pkt));
}

/* A packet that was made here was received by no interface. */
static inline bool
match_rcv_ifname(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	const struct pf_kif	*kif = pd->kif;

	if (pd->dir == PF_OUT)
		kif = pf_kif_find_index(pd->pf, pf_pkt_received(pd->pkt));
	return ((kif != NULL && pf_kif_matches(kif, kr->rcv_kif)) !=
	    kr->rcv_not);
}

static inline bool
match_match_tagname(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	return ((pd->tag == kr->tagged->nr) != kr->tagged_not);
}

/* A packet without a socket here has no number to compare: only = and != may match it.
 * Packets of protocols other than TCP and UDP always match. */
static bool
match_id(const struct pf_rule_id *want, struct pf_pdesc *pd,
    const uint32_t *id)
{
	if (pd->proto != IPPROTO_TCP && pd->proto != IPPROTO_UDP)
		return (true);
	if (pd->flags & PF_PD_NOTFIRST)
		return (false);
	pf_packet_owner(pd);
	if (*id == UINT32_MAX && want->op != PF_OP_EQ && want->op != PF_OP_NE)
		return (false);
	return (pf_match_num(want->op, want->id[0], want->id[1], *id));
}

static inline bool
match_uid(const struct pf_krule *kr, struct pf_pdesc *pd)
{
	return (match_id(&kr->ask.uid, pd, &pd->uid));
}

static inline bool
match_gid(const struct pf_krule *kr, struct pf_pdesc *pd)
{
	return (match_id(&kr->ask.gid, pd, &pd->gid));
}

/* What describes the packet is looked up once.  A packet that begins no connection is of no
 * known system. */
static bool
match_os_fingerprint(const struct pf_krule *kr, struct pf_pdesc *pd)
{
	if (pd->proto != IPPROTO_TCP || (pd->flags & PF_PD_NOTFIRST) != 0)
		return (false);
	if (pd->os == PF_OSFP_UNASKED)
		pd->os = pf_osfp_find(pd->osfp, pd);
	return (pf_osfp_is(pd->osfp, pd->os, kr->ask.os_fingerprint));
}

static inline bool
match_prob(const struct pf_krule *kr, const struct pf_pdesc *pd)
{
	uint32_t	rnd;

	pf_random(pd->pf, &rnd, sizeof(rnd));
	return (rnd <= kr->ask.prob);
}

/* Whether the packet satisfies all of these criteria that the rule has. */
static bool
match_asked(const struct pf_match_ent *e, struct pf_pdesc *pd)
{
#define MATCH(name)							\
	if (e->ask & 1U << PF_ASK_ ## name &&				\
	    !match_ ## name(e->rule, pd))				\
		return (false);
#define MATCH_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, MATCH(m))
#define MATCH_BIT(bit, name, word, use)					\
	PF_RULE_ONLY_ASK(use, MATCH(name))
	PF_RULE_BITS(MATCH_BIT)
	PF_RULE_FIELDS(MATCH_ROW)
	MATCH(rate)
	return (true);
}

static inline bool
match_tcp_flags(const struct pf_match_ent *e, const struct pf_pdesc *pd)
{
	return (e->tcp_flagset == 0 || pd->proto != IPPROTO_TCP ||
	    ((pd->flags & PF_PD_NOTFIRST) == 0 &&
	    (pd->tcp.flags & e->tcp_flagset) == e->tcp_flags));
}

/* A fragment other than the first has no ports: a rule with a port never
 * matches it. */
static inline bool
match_port(uint8_t op, const uint16_t rule[2], uint16_t port, uint16_t flags)
{
	if (op == PF_OP_NONE)
		return (true);
	if (flags & PF_PD_NOTFIRST)
		return (false);
	if (op == PF_OP_EQ)
		return (port == rule[0]);
	return (pf_match_port(op, rule[0], rule[1], port));
}

/* Whether the address is one of those that a host of this type, PF_ADDR_*, stands for; of
 * table, first and last only what the type needs is valid. */
static bool
match_set(const struct pf_pdesc *pd, const struct pf_addr *a, uint8_t type,
    struct pf_table *table, const struct pf_addr *first,
    const struct pf_addr *last)
{
	switch (type) {
	case PF_ADDR_RANGE:
		return (pf_addr_cmp(a, first, pd->af) >= 0 &&
		    pf_addr_cmp(a, last, pd->af) <= 0);
	case PF_ADDR_NOROUTE:
		return (!pf_route_leads(pd->pf, pd->pkt, pd->af, a, 0));
	case PF_ADDR_URPFFAILED:
		return (!pf_route_leads(pd->pf, pd->pkt, pd->af, a,
		    READ_ONCE(pd->kif->ifindex)));
	default:
		return (pf_table_match(table, pd->af, a));
	}
}

/* Most rules have an address with a mask, without `!': one test tells. */
static inline bool
match_source(const struct pf_match_ent *e, const struct pf_pdesc *pd)
{
	bool	same;

	if (likely((e->flags & (PF_MF_SRCNOT | PF_MF_SRCSET)) == 0))
		return (pf_addr_masked_eq(&pd->src, &e->src, &e->smask));
	same = e->flags & PF_MF_SRCSET ? match_set(pd, &pd->src, e->src_type,
	    e->src_table, &e->src, &e->smask) :
	    pf_addr_masked_eq(&pd->src, &e->src, &e->smask);
	return (same != !!(e->flags & PF_MF_SRCNOT));
}

static inline bool
match_destination(const struct pf_match_ent *e, const struct pf_pdesc *pd)
{
	bool	same;

	if (likely((e->flags & (PF_MF_DSTNOT | PF_MF_DSTSET)) == 0))
		return (pf_addr_masked_eq(&pd->dst, &e->dst, &e->dmask));
	same = e->flags & PF_MF_DSTSET ? match_set(pd, &pd->dst, e->dst_type,
	    e->dst_table, &e->dst, &e->dmask) :
	    pf_addr_masked_eq(&pd->dst, &e->dst, &e->dmask);
	return (same != !!(e->flags & PF_MF_DSTNOT));
}

static inline unsigned int
match_one(const struct pf_match_ent *e, struct pf_pdesc *pd)
{
	if (e->kif != NULL &&
	    pf_kif_matches(pd->kif, e->kif) == !!(e->flags & PF_MF_IFNOT))
		return (PF_SKIP_IFP);
	if (e->dir != PF_INOUT && e->dir != pd->dir)
		return (PF_SKIP_DIR);
	if (e->af != 0 && e->af != pd->af)
		return (PF_SKIP_AF);
	if (e->proto != 0 && e->proto != pd->proto)
		return (PF_SKIP_PROTO);
	if (!match_source(e, pd))
		return (PF_SKIP_SRC_ADDR);
	if (!match_port(e->sport_op, e->sport, pd->sport, pd->flags))
		return (PF_SKIP_SRC_PORT);
	if (!match_destination(e, pd))
		return (PF_SKIP_DST_ADDR);
	if (!match_port(e->dport_op, e->dport, pd->dport, pd->flags))
		return (PF_SKIP_DST_PORT);
	if (!match_tcp_flags(e, pd) ||
	    (unlikely(e->ask != 0) && !match_asked(e, pd)))
		return (FAILED_OTHER);
	return (MATCHED);
}

/* Count an evaluation of each rule from `first' up to, but not including,
 * `next'. */
static inline void
count_run(const struct pf_match_ent *first, const struct pf_match_ent *next,
    const struct pf_match_ent *end)
{
	pf_pcpu_add_packet(&first->rule->ctr, PF_RC_EVAL, 1);
	if (next < end)
		pf_pcpu_add_packet(&next->rule->ctr, PF_RC_EVAL, -1);
}

/* The rules behind see the new tag. */
static inline void
tag_packet(struct pf_pdesc *pd, const struct pf_krule *kr)
{
	pd->new_tag = kr->tag;
	pd->tag = kr->tag->nr;
}

/*
 * Why a scan() ended: at the end of the ruleset, behind a match with `quick',
 * at the rule c->e, which calls an anchor, or behind the rule c->acts, which
 * acts at once.
 */
enum { END, QUICK, ANCHOR, ACTS };

static inline unsigned int
scan(struct pf_match_cursor *c, struct pf_pdesc *pd)
{
	const struct pf_match_ent	*e = c->e, *run = c->run, *end = c->end;
	struct pf_krule			*found = NULL;
	unsigned int			 what, step, why = END;

	while (e < end) {
		what = match_one(e, pd);
		step = what < PF_SKIP_COUNT ? e->skip[what] : 1;
		if (what == MATCHED) {
			if (unlikely(e->flags & PF_MF_TAGS))
				tag_packet(pd, e->rule);
			if (unlikely(e->flags & PF_MF_ANCHOR)) {
				why = ANCHOR;
				break;
			}
			if (unlikely(e->flags & PF_MF_ACTS)) {
				c->acts = e++;
				why = ACTS;
				break;
			}
			found = e->rule;
			if (unlikely(c->every)) {
				c->acts = e++;
				why = ACTS;
				break;
			}
			if (e->flags & PF_MF_QUICK) {
				why = QUICK;
				e++;
				break;
			}
		}
		if (unlikely(step != 1)) {
			count_run(run, e + 1, end);
			c->looked += e + 1 - run;
			run = e + step;
		}
		e += step;
	}
	c->found = found;
	if (unlikely(why >= ANCHOR)) {
		c->e = e;
		c->run = run;
	} else if (run < e && run < end) {
		count_run(run, e, end);
		c->looked += e - run;
	}
	return (why);
}

static inline const struct pf_match_ent *
entries(const struct pf_rules *rs, const struct pf_pdesc *pd)
{
	return (pd->dir == PF_IN && rs->ent_in != NULL ? rs->ent_in : rs->ent);
}

/*
 * Anchors
 */
static_assert(PF_ANCHOR_DEPTH <= 64, "a bit of `inside' for each");

static const struct pf_rules *
walk_rules(const struct pf_match *w, uint32_t slot)
{
	return (slot == PF_ANCHOR_NONE ? w->conf->rules[w->kind] :
	    w->conf->anchors->slot[slot].rules[w->kind]);
}

/* Whether the walk is inside this anchor already. */
static bool
walk_within(const struct pf_match *w, uint32_t slot)
{
	uint32_t	i;

	if (slot == w->slot)
		return (true);
	for (i = 0; i < w->depth; i++)
		if (slot == w->stack[i].slot)
			return (true);
	return (false);
}

/*
 * The first anchor that has rules to look at: of `slot' and the siblings after
 * it if the call is wild, otherwise of `slot' alone.  PF_ANCHOR_NONE: none has.
 */
static uint32_t
walk_next(struct pf_match *w, uint32_t slot, bool wild)
{
	const struct pf_anchor_index	*ix = w->conf->anchors;

	for (; slot != PF_ANCHOR_NONE; slot = wild ? ix->slot[slot].next :
	    PF_ANCHOR_NONE) {
		if (w->c.looked++ >= PF_WALK_MAX)
			return (PF_ANCHOR_NONE);	/* walk_on() fails */
		if (ix->slot[slot].rules[w->kind] != NULL &&
		    !walk_within(w, slot))
			break;
	}
	return (slot);
}

static void
walk_into(struct pf_match *w, struct pf_match_cursor *c, uint32_t slot)
{
	const struct pf_rules	*rs = walk_rules(w, slot);

	w->slot = slot;
	c->e = c->run = entries(rs, w->pd);
	c->end = c->e + rs->n;
}

/* Enter the anchor that the rule at c->e calls.  false: nothing to enter. */
static bool
walk_enter(struct pf_match *w, struct pf_match_cursor *c)
{
	const struct pf_anchor_index	*ix = w->conf->anchors;
	const struct pf_match_ent	*first;
	struct pf_match_frame		*f;
	uint32_t			 slot = c->e->anchor;
	bool				 wild = (c->e->flags & PF_MF_WILD) != 0;

	if (wild)
		slot = slot == PF_ANCHOR_NONE ? ix->child :
		    ix->slot[slot].child;
	slot = walk_next(w, slot, wild);
	if (slot == PF_ANCHOR_NONE)
		return (false);
	if (w->depth == PF_ANCHOR_DEPTH) {
		w->why = PFRES_MEMORY;
		return (false);
	}
	if (w->depth == 0)
		w->outer = c->e->rule;
	first = entries(walk_rules(w, w->slot), w->pd);
	w->inside &= ~(1ULL << w->depth);
	f = &w->stack[w->depth++];
	f->slot = w->slot;
	f->at = c->e - first;
	f->run = c->run - first;
	f->next = wild ? ix->slot[slot].next : PF_ANCHOR_NONE;
	walk_into(w, c, slot);
	return (true);
}

/* Go back to the innermost ruleset on the stack, to the rule that called. */
static void
walk_back(struct pf_match *w, struct pf_match_cursor *c)
{
	const struct pf_match_frame	*f = &w->stack[--w->depth];

	walk_into(w, c, f->slot);
	c->run += f->run;
	c->e += f->at;
}

/* The walk is over: count the evaluations of the rulesets on the stack. */
static void
walk_end(struct pf_match *w, struct pf_match_cursor *c)
{
	while (w->depth > 0) {
		walk_back(w, c);
		count_run(c->run, c->e + 1, c->end);
	}
}

/* The ruleset of an anchor has come to its end: enter the next sibling, or else
 * go back to the calling ruleset.  false: the walk is over. */
static bool
walk_leave(struct pf_match *w, struct pf_match_cursor *c)
{
	struct pf_match_frame	*f;
	uint32_t		 slot;

	f = &w->stack[w->depth - 1];
	w->slot = f->slot;			/* a sibling may call a */
						/* sibling */
	slot = walk_next(w, f->next, true);
	if (slot != PF_ANCHOR_NONE) {
		f->next = w->conf->anchors->slot[slot].next;
		walk_into(w, c, slot);
		return (true);
	}
	walk_back(w, c);
	if (w->inside & 1ULL << w->depth) {
		if (w->depth > 0)
			w->inside |= 1ULL << (w->depth - 1);
		if (c->e->flags & PF_MF_QUICK) {
			c->e++;
			return (false);
		}
	}
	c->e++;
	return (true);
}

static void
walk_found(struct pf_match *w, struct pf_krule *found)
{
	w->rule = found;
	w->ruleset = walk_rules(w, w->slot);
	w->anchor = NULL;
	if (w->depth > 0) {
		w->anchor = w->outer;
		w->inside |= 1ULL << (w->depth - 1);
	}
}

/* A limit is reached.  Nothing that the walk has found decides. */
static bool
walk_fail(struct pf_match *w)
{
	pf_count(w->pd->pf, PF_CTR_LIMIT + LCNT_ANCHORS);
	pf_match_stop(w);
	w->why = PFRES_MEMORY;
	w->rule = w->anchor = NULL;
	return (false);
}

/* Continue after a scan that ended with END, ANCHOR or QUICK.  false: the walk
 * is over. */
static pf_noinline bool
walk_on(struct pf_match *w, unsigned int why)
{
	struct pf_match_cursor	*c = &w->c;
	bool			 over = false;

	if (why == QUICK || (why == END && w->depth == 0)) {
		walk_end(w, c);
		return (false);
	}
	if (why == END)
		over = !walk_leave(w, c);
	else if (!walk_enter(w, c))
		c->e++;
	if (w->why != PF_GO || c->looked > PF_WALK_MAX)
		return (walk_fail(w));
	if (over)
		pf_match_stop(w);
	return (!over);
}

void
pf_match_begin(struct pf_match *m, const struct pf_conf *conf, uint32_t kind,
    struct pf_pdesc *pd)
{
	m->conf = conf;
	m->pd = pd;
	m->kind = kind;
	m->slot = PF_ANCHOR_NONE;
	m->depth = 0;
	m->inside = 0;
	m->rule = m->anchor = NULL;
	m->why = PF_GO;
	m->ruleset = conf->rules[kind];
	m->c.acts = NULL;
	m->c.every = false;
	m->c.looked = 0;
	m->c.e = m->c.run = entries(m->ruleset, pd);
	m->c.end = m->c.e + m->ruleset->n;
}

void
pf_match_stop(struct pf_match *m)
{
	if (m->c.run < m->c.e)
		count_run(m->c.run, m->c.e, m->c.end);
	walk_end(m, &m->c);
}

struct pf_krule *
pf_match_next(struct pf_match *m)
{
	struct pf_match_cursor	*c = &m->c;
	unsigned int		 why;

	if (unlikely(c->acts != NULL) && c->acts->flags & PF_MF_QUICK) {
		pf_match_stop(m);
		return (NULL);
	}
	c->acts = NULL;
	do {
		why = scan(c, m->pd);
		if (c->found != NULL)
			walk_found(m, c->found);
		if (unlikely(why == ACTS))
			return (c->acts->rule);
	} while (unlikely(why == ANCHOR || m->depth > 0) && walk_on(m, why));
	return (NULL);
}

void
pf_match_every(struct pf_match *m)
{
	m->c.every = true;
}

struct pf_krule *
pf_match_outer(const struct pf_match *m)
{
	return (m->depth > 0 ? m->outer : NULL);
}

/* Whether the first rule decides, whatever the packet is. */
static inline bool
first_takes(const struct pf_rules *rs, const struct pf_pdesc *pd)
{
	const struct pf_match_ent	*e = rs->ent;

	return (rs->n > 0 && (e->flags & PF_MF_ALL) != 0 &&
	    (e->dir == PF_INOUT || e->dir == pd->dir));
}

int
pf_match_rules(struct pf_match *m, const struct pf_conf *conf, uint32_t kind,
    struct pf_pdesc *pd)
{
	const struct pf_rules	*rs = conf->rules[kind];

	if (first_takes(rs, pd)) {
		m->rule = rs->ent->rule;
		m->anchor = NULL;
		m->ruleset = rs;
		m->why = PF_GO;
		count_run(rs->ent, rs->ent + 1, rs->ent + rs->n);
		return (PF_GO);
	}
	pf_match_begin(m, conf, kind, pd);
	while (pf_match_next(m) != NULL)
		continue;
	return (m->why);
}
