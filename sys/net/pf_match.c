// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_match.c: the match loop, for every kind of ruleset (third floor)
 *
 * Reads an immutable ruleset, in the RCU read side of a packet; owns nothing.
 *
 * A test that fails names the criterion that failed; the rule's skip step for it
 * leads past all following rules that would fail for the same reason.
 *
 * Evaluations are counted by difference: a run of rules looked at one after the other adds 1
 * to the counter of its first rule and takes 1 from that of the rule behind
 * its last one.  The evaluations of a rule are then the sum of the counters up
 * to it, and a run costs two additions however long it is.
 */
#include "pf_priv.h"

#define MATCHED		PF_SKIP_COUNT		/* results of match_one() beside skip steps */
#define FAILED_MORE	(PF_SKIP_COUNT + 1)

/* Criteria that few rules have, or that fail for reasons no skip step knows. */
static bool
match_more(const struct pf_match_ent *e, const struct pf_pdesc *pd)
{
	const struct pf_rule	*r = &e->rule->r;
	bool			 headless = (pd->flags & PF_PD_NOTFIRST) != 0;
	uint32_t		 rnd;

	if (r->rule_flag & PFRULE_FRAGMENT &&
	    (pd->flags & PF_PD_FRAGMENT) == 0)
		return (false);
	if (r->flagset != 0 && pd->proto == IPPROTO_TCP &&
	    (headless || (pd->tcp.flags & r->flagset) != r->flags))
		return (false);
	if (r->type != 0 && (headless || r->type != pd->icmp_type + 1))
		return (false);
	if (r->code != 0 && (headless || r->code != pd->icmp_code + 1))
		return (false);
	if (r->tos != 0 && r->tos != pd->tos)
		return (false);
	if (r->prob != 0) {
		pf_random(pd->pf, &rnd, sizeof(rnd));
		if (rnd > r->prob)
			return (false);
	}
	return (true);
}

/* A later fragment has no ports, and so matches no rule that asks for one. */
static inline bool
match_port(uint8_t op, const uint16_t rule[2], uint16_t port, uint8_t flags)
{
	if (op == PF_OP_NONE)
		return (true);
	if (flags & PF_PD_NOTFIRST)
		return (false);
	if (op == PF_OP_EQ)
		return (port == rule[0]);
	return (pf_match_port(op, rule[0], rule[1], port));
}

static inline unsigned int
match_one(const struct pf_match_ent *e, const struct pf_pdesc *pd)
{
	if (e->kif != NULL && (e->kif == pd->kif) == !!(e->flags & PF_MF_IFNOT))
		return (PF_SKIP_IFP);
	if (e->dir != PF_INOUT && e->dir != pd->dir)
		return (PF_SKIP_DIR);
	if (e->af != 0 && e->af != pd->af)
		return (PF_SKIP_AF);
	if (e->proto != 0 && e->proto != pd->proto)
		return (PF_SKIP_PROTO);
	if (pf_addr_masked_eq(&pd->src, &e->src, &e->smask) ==
	    !!(e->flags & PF_MF_SRCNOT))
		return (PF_SKIP_SRC_ADDR);
	if (!match_port(e->sport_op, e->sport, pd->sport, pd->flags))
		return (PF_SKIP_SRC_PORT);
	if (pf_addr_masked_eq(&pd->dst, &e->dst, &e->dmask) ==
	    !!(e->flags & PF_MF_DSTNOT))
		return (PF_SKIP_DST_ADDR);
	if (!match_port(e->dport_op, e->dport, pd->dport, pd->flags))
		return (PF_SKIP_DST_PORT);
	if (unlikely(e->flags & PF_MF_MORE) && !match_more(e, pd))
		return (FAILED_MORE);
	return (MATCHED);
}

/* The rules from first up to, not including, next have been looked at. */
static inline void
count_run(const struct pf_match_ent *first, const struct pf_match_ent *next,
    const struct pf_match_ent *end)
{
	pf_pcpu_add_packet(&first->rule->ctr, PF_RC_EVAL, 1);
	if (next < end)
		pf_pcpu_add_packet(&next->rule->ctr, PF_RC_EVAL, -1);
}

static inline struct pf_krule *
match(const struct pf_match_ent *e, uint32_t n, const struct pf_pdesc *pd)
{
	const struct pf_match_ent	*end = e + n, *run = e;
	struct pf_krule			*found = NULL;
	unsigned int			 what, step;

	while (e < end) {
		what = match_one(e, pd);
		step = what < PF_SKIP_COUNT ? e->skip[what] : 1;
		if (what == MATCHED) {
			found = e->rule;
			if (e->flags & PF_MF_QUICK) {
				e++;
				break;
			}
		}
		if (unlikely(step != 1)) {
			count_run(run, e + 1, end);
			run = e + step;
		}
		e += step;
	}
	if (run < e && run < end)
		count_run(run, e, end);
	return (found);
}

struct pf_krule *
pf_match_rules(const struct pf_rules *rules, const struct pf_pdesc *pd)
{
	return (match(rules->ent, rules->n, pd));
}

struct pf_krule *
pf_match_translation(const struct pf_rules *rules, const struct pf_pdesc *pd)
{
	return (match(pd->dir == PF_IN && rules->ent_in != NULL ? rules->ent_in :
	    rules->ent, rules->n, pd));
}
