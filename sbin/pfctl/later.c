// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * later.c: the word of a rule that the filter does not know yet.
 *
 * The kernel refuses such a rule and does not say why; this file looks into the same
 * list of a rule's members as the kernel does (pf_fields.h), and names the word.
 * Owns nothing.  No locking.  Part of the language half.
 */
#include <stddef.h>
#include <string.h>

#include "pf_fields.h"
#include "pfctl.h"

static bool
all_zero(const void *mem, size_t len)
{
	const unsigned char *p = mem;

	while (len > 0)
		if (p[--len] != 0)
			return (false);
	return (true);
}

/* What a member has said if it says nothing. */
#define SAID_ANY(r, m)		(!all_zero(&(r)->m, sizeof((r)->m)))
#define SAID_STR(r, m)		SAID_ANY(r, m)
#define SAID_TABLE(r, m)	((r)->m != PF_RTABLE_NONE)

static const char *
later_member(const struct pf_rule *r)
{
#define MEMBER(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_LATER(use, if (SAID_ ## kind(r, m)) return (word);)
#define BIT(bit, name, word, use)					\
	PF_RULE_ONLY_LATER(use, if (r->rule_flag & PFRULE_ ## bit) return (word);)
#define VALUE(m, value, word)						\
	if (r->m == (value))						\
		return (word);
	PF_RULE_VALUES_LATER(VALUE)
	PF_RULE_BITS(BIT)
	PF_RULE_FIELDS(MEMBER)
	return (NULL);
}

const char *
pfctl_later_word(const struct pfctl_rule *r, uint32_t ruleset)
{
	/* it is for rules of the filter */
	if (r->rule.rtableid != PF_RTABLE_NONE &&
	    (ruleset != PF_RULESET_FILTER || r->anchor_call != NULL))
		return ("rtable");
	return (later_member(&r->rule));
}
