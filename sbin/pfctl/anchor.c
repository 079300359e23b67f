// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * anchor.c: anchors by path, and the rules of their rulesets.
 *
 * Owns anchors and rules of struct pfctl, from anchor_add() and ruleset_append() to
 * anchors_free() and rule_free().  No locking.  Below the files that know what
 * statements mean; on index.c and tree.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#define PF_NO_HOST
#include "pf_anchor_path.h"

bool
pfctl_anchor_path(char buf[PF_ANCHOR_PATH_SIZE], const char *base,
    const char *name, bool *wild)
{
	struct pf_call_kind kind;

	if (anchor_resolve(base, name, buf, &kind) != 0)
		return (false);
	*wild = kind.wildcard != 0;
	return (true);
}

uint32_t
anchor_add(struct pfctl *pf, const char *path)
{
	const uint32_t hash = hash_name(path);
	struct pfctl_anchor *a;
	uint32_t i;

	for (i = index_first(&pf->anchor_index, hash); i != INDEX_NONE;
	    i = index_next(&pf->anchor_index, i))
		if (strcmp(pf->anchors[i].path, path) == 0)
			return (i);
	if ((pf->nanchors & (pf->nanchors - 1)) == 0)
		pf->anchors = xreallocarray(pf->anchors,
		    pf->nanchors > 0 ? pf->nanchors * 2 : 1,
		    sizeof(*pf->anchors));
	a = &pf->anchors[pf->nanchors];
	memset(a, 0, sizeof(*a));
	a->path = xstrdup(path);
	index_add(&pf->anchor_index, hash);
	return (pf->nanchors++);
}

struct pfctl_anchor *
anchor_here(struct parser *p)
{
	return (&p->pf->anchors[p->scope[p->nscope - 1].anchor]);
}

struct pfctl_rule *
ruleset_append(struct pfctl_ruleset *rs, const struct pfctl_rule *r)
{
	struct pfctl_rule *copy = xmalloc(sizeof(*copy));

	*copy = *r;
	if (rs->n == rs->room) {
		rs->room = rs->room > 0 ? rs->room * 2 : 8;
		rs->rule = xreallocarray(rs->rule, rs->room,
		    sizeof(*rs->rule));
	}
	copy->rule.nr = rs->n;
	rs->rule[rs->n++] = copy;
	return (copy);
}

void
rule_free(struct pfctl_rule *r)
{
	int i;

	for (i = 0; i < PF_POOL_MAX; i++)
		free(r->pool[i].addr);
	if (r->anchor_call[0] != '\0')
		free((char *)(uintptr_t)r->anchor_call);
	free(r);
}

void
anchors_free(struct pfctl *pf)
{
	struct pfctl_ruleset *rs;
	uint32_t i, j;
	int t;

	for (i = 0; i < pf->nanchors; i++) {
		for (t = 0; t < PF_RULESET_MAX; t++) {
			rs = &pf->anchors[i].rs[t];
			for (j = 0; j < rs->n; j++)
				rule_free(rs->rule[j]);
			free(rs->rule);
		}
		free(pf->anchors[i].path);
	}
	free(pf->anchors);
	index_free(&pf->anchor_index);
}
