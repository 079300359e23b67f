// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * keep.c: keep state and its options.
 *
 * One row per option that is a number; the others have a case each.  Used for rules
 * and, through keep_default(), for `set state-defaults'.  No locking.
 */
#include <stddef.h>
#include <string.h>

#include "rule.h"

#define CONNRATE_MAX		1000000000	/* what the filter can count */
#define CONNRATE_SECONDS	86400

static const struct number_option {
	const char	*name;
	size_t		 offset;		/* in struct pf_rule */
	uint32_t	 flags;			/* that it implies */
	int64_t		 low;
} number_options[] = {
	[K_MAX - K_MAX] = { "max", offsetof(struct pf_rule, max_states), 0, 1 },
	[K_MAXSRCSTATES - K_MAX] = { "max-src-states",
	    offsetof(struct pf_rule, max_src_states), PFRULE_SRCTRACK, 1 },
	[K_MAXSRCCONN - K_MAX] = { "max-src-conn",
	    offsetof(struct pf_rule, max_src_conn),
	    PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 1 },
	[K_MAXSRCNODES - K_MAX] = { "max-src-nodes",
	    offsetof(struct pf_rule, max_src_nodes),
	    PFRULE_SRCTRACK | PFRULE_RULESRCTRACK, 1 },
};

/* What has been given so far, and how often that may be. */
struct keep {
	uint64_t	 seen;			/* bits by kind - K_MAX */
	bool		 timeout[PFTM_MAX];
	int64_t		 srctrack;		/* as K_SRCTRACK has it; -1: not given */
};

static bool
keep_number(struct parser *p, struct pf_rule *r, const struct node *o)
{
	const struct number_option *row = &number_options[o->kind - K_MAX];
	uint32_t value;
	int64_t v;

	if (!word_number(o->s, 0, UINT32_MAX, &v)) {
		pf_error(p, 0, "illegal %s value %s", row->name, o->s);
		return (false);
	}
	if (v < row->low) {
		pf_error(p, 0, "'%s' must be > 0", row->name);
		return (false);
	}
	value = (uint32_t)v;
	memcpy((char *)r + row->offset, &value, sizeof(value));
	r->rule_flag |= row->flags;
	return (true);
}

static bool
keep_connrate(struct parser *p, struct pf_rule *r, const struct node *o)
{
	int64_t limit, seconds;

	if (!word_number(o->s, 0, UINT32_MAX, &limit) ||
	    !word_number(o->t, 0, UINT32_MAX, &seconds)) {
		pf_error(p, 0, "illegal max-src-conn-rate value %s/%s", o->s,
		    o->t);
		return (false);
	}
	if (limit == 0 || seconds == 0) {
		pf_error(p, 0, "'max-src-conn-rate' values must be > 0");
		return (false);
	}
	if (limit > CONNRATE_MAX || seconds > CONNRATE_SECONDS) {
		pf_error(p, 0, "illegal max-src-conn-rate value %s/%s%s", o->s,
		    o->t, pf_hint(p, ": at most 1000000000 connections, in at "
		    "most 86400 seconds"));
		return (false);
	}
	r->max_src_conn_rate.limit = (uint32_t)limit;
	r->max_src_conn_rate.seconds = (uint32_t)seconds;
	r->rule_flag |= PFRULE_SRCTRACK | PFRULE_RULESRCTRACK;
	return (true);
}

static bool
keep_timeout(struct parser *p, struct pf_rule *r, const struct node *o,
    struct keep *k)
{
	int i = timeout_index(o->s);
	int64_t v;

	if (i == -1) {
		pf_error(p, 0, "unknown timeout %s", o->s);
		return (false);
	}
	if (i == PFTM_FRAG || i == PFTM_INTERVAL) {
		pf_error(p, 0, "'%s' cannot be set per rule", o->s);
		return (false);
	}
	if (k->timeout[i]) {
		pf_error(p, 0, "state timeout %s multiple definitions", o->s);
		return (false);
	}
	if (!word_number(o->t, 0, PFTM_VAL_MAX, &v)) {
		pf_error(p, 0, "illegal timeout value %s", o->t);
		return (false);
	}
	if (v == 0) {
		pf_error(p, 0, "timeout %s of a rule must be > 0%s", o->s,
		    pf_hint(p, ": for that of set timeout, leave it out"));
		return (false);
	}
	k->timeout[i] = true;
	r->timeout[i] = (uint32_t)v;
	return (true);
}

static bool
keep_other(struct parser *p, struct pf_rule *r, const struct node *o,
    struct keep *k)
{
	switch (o->kind) {
	case K_NOSYNC:
		r->rule_flag |= PFRULE_NOSYNC;
		return (true);
	case K_SLOPPY:
		r->rule_flag |= PFRULE_STATESLOPPY;
		return (true);
	case K_PFLOW:
		r->rule_flag |= PFRULE_PFLOW;
		return (true);
	case K_SCOPE:
		r->rule_flag &= ~(uint32_t)(PFRULE_IFBOUND | PFRULE_GRBOUND);
		r->rule_flag |= (uint32_t)o->n[0];
		return (true);
	case K_SRCTRACK:
		k->srctrack = o->n[0];
		return (true);
	case K_OVERLOAD:
		if (strlen(o->s) >= PF_TABLE_NAME_SIZE) {
			pf_error(p, 0, "table name '%s' too long, max %d chars",
			    o->s, PF_TABLE_NAME_SIZE - 1);
			return (false);
		}
		strcpy(r->overload_tblname, o->s);
		r->flush = (uint8_t)o->n[0];
		return (true);
	default:
		return (false);
	}
}

static const char *
multiple(const struct node *o)
{
	switch (o->kind) {
	case K_MAX:
		return ("state option 'max' multiple definitions");
	case K_MAXSRCSTATES:
		return ("state option 'max-src-states' multiple definitions");
	case K_MAXSRCCONN:
		return ("state option 'max-src-conn' multiple definitions");
	case K_MAXSRCNODES:
		return ("state option 'max-src-nodes' multiple definitions");
	case K_MAXSRCCONNRATE:
		return ("state option 'max-src-conn-rate' multiple definitions");
	case K_NOSYNC:
		return ("state option 'sync' multiple definitions");
	case K_SLOPPY:
		return ("state sloppy option: multiple definitions");
	case K_PFLOW:
		return ("state pflow option: multiple definitions");
	case K_SCOPE:
		return ("state locking option: multiple definitions");
	case K_SRCTRACK:
		return ("state option 'source-track' multiple definitions");
	case K_OVERLOAD:
		return ("multiple 'overload' table definitions");
	default:
		return (NULL);
	}
}

/* source-track and the limits of a source: what goes together. */
static bool
keep_tracking(struct parser *p, struct pf_rule *r, const struct keep *k)
{
	const char *wrong = NULL;

	if (k->srctrack == PFRULE_SRCTRACK) {
		if (r->max_src_nodes > 0)
			wrong = "max-src-nodes";
		else if (r->max_src_conn > 0)
			wrong = "max-src-conn";
		else if (r->max_src_conn_rate.seconds > 0)
			wrong = "max-src-conn-rate";
	}
	if (wrong != NULL) {
		pf_error(p, 0, "'%s' is incompatible with 'source-track "
		    "global'", wrong);
		return (false);
	}
	/* without a scope it has the one that the limits need */
	if (k->srctrack != -1)
		r->rule_flag |= PFRULE_SRCTRACK | (uint32_t)k->srctrack;
	/* a source is remembered for as long as its rate is measured */
	if (r->timeout[PFTM_SRC_NODE] < r->max_src_conn_rate.seconds)
		r->timeout[PFTM_SRC_NODE] = r->max_src_conn_rate.seconds;
	return (true);
}

static bool
keep_options(struct parser *p, struct pf_rule *r, struct list options)
{
	const struct node *o;
	struct keep k = { 0, { false }, -1 };
	bool ok, max = false;

	for (o = options.first; o != NULL; o = o->next) {
		if (multiple(o) != NULL && k.seen >> (o->kind - K_MAX) & 1) {
			pf_error(p, 0, "%s", multiple(o));
			return (false);
		}
		k.seen |= 1ull << (o->kind - K_MAX);
		if (o->kind >= K_MAX && o->kind <= K_MAXSRCNODES)
			ok = keep_number(p, r, o);
		else if (o->kind == K_MAXSRCCONNRATE)
			ok = keep_connrate(p, r, o);
		else if (o->kind == K_TIMEOUT)
			ok = keep_timeout(p, r, o, &k);
		else
			ok = keep_other(p, r, o, &k);
		if (!ok)
			return (false);
		max = max || o->kind == K_MAX;
	}
	if (!(k.seen >> (K_SCOPE - K_MAX) & 1))
		r->rule_flag |= p->state_policy;
	/* a limit scales the timeouts when it comes near, unless told when; by tens, so that
	 * a limit of a few ends no connection early */
	if (max && r->max_states > 0 && !k.timeout[PFTM_ADAPTIVE_START] &&
	    !k.timeout[PFTM_ADAPTIVE_END]) {
		r->timeout[PFTM_ADAPTIVE_START] = r->max_states / 10 * 6;
		r->timeout[PFTM_ADAPTIVE_END] = r->max_states / 10 * 12;
	}
	return (keep_tracking(p, r, &k));
}

bool
keep_default(struct parser *p, struct spec *sp)
{
	sp->tmpl.rule.keep_state = PF_STATE_NORMAL;
	return (keep_options(p, &sp->tmpl.rule, p->defaults));
}

bool
part_keep(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;

	r->keep_state = (uint8_t)n->n[0];
	if (n->n[0] == 0)
		return (true);
	return (keep_options(p, r, n->a.first != NULL ? n->a : p->defaults));
}
