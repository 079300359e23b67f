// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * conf.c: a configuration from its first line to its result.
 *
 * pfctl_parse() makes a struct parser, runs the grammar, which calls pf_statement()
 * for each statement in the order of the file, then closes what is open: queues,
 * options, anchors loaded from files, the optimizer, numbers, and the text if it
 * is wanted.  No locking.  Top of the language half.
 */
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "parse.h"
#include "rule.h"

#define LOAD_DEPTH	8	/* load anchor in files that are loaded .. */

/* Order of statements, for `set require-order yes'. */
enum {	RANK_NONE, RANK_OPTION, RANK_SCRUB, RANK_QUEUE, RANK_NAT, RANK_FILTER };

/*
 * Statements
 */

static void
define_macro(struct parser *p, struct node *n)
{
	const char *s;

	for (s = n->s; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || *s == '_')) {
			pf_error(p, 0, "macro name \"%s\" holds '%c': use "
			    "letters, digits and _", n->s, *s);
			return;
		}
	if (p->pf->verbose > 0) {
		fprintf(p->pf->out, "%s = ", n->s);
		quoted_print(p->pf->out, n->t, TOKEN_MAX);
		fputc('\n', p->pf->out);
	}
	if (macro_set(p, n->s, n->t, false) == -1)
		pf_error(p, 0, "macro %s: more than %d characters", n->s,
		    TOKEN_MAX);
}

static void
include_file(struct parser *p, struct node *n)
{
	lex_open(p, n->s);
}

static void
close_scope(struct parser *p, struct node *n)
{
	(void)n;
	if (p->nscope > 1)
		p->nscope--;
	else if (p->pf->errors == 0 || !pf_terse(p))
		pf_error(p, 0, "} without an anchor that is open");
}

static void
load_from(struct parser *p, struct node *n)
{
	char path[PF_ANCHOR_PATH_SIZE];
	struct load_anchor *la;
	bool wild;
	int used;

	if (n->s[strspn(n->s, "/")] == '\0') {
		pf_error(p, 0, "anchor name \"%s\" names no anchor", n->s);
		return;
	}
	if (!pfctl_anchor_path(path, anchor_here(p)->path, n->s, &wild) ||
	    wild) {
		pf_error(p, 0, "anchor name \"%s\" names no anchor", n->s);
		return;
	}
	if (p->pf->verbose > 0)
		fprintf(p->pf->out, "load anchor \"%s\" from \"%s\"\n", n->s,
		    n->t);
	if ((p->nload & (p->nload - 1)) == 0)
		p->load = xreallocarray(p->load, p->nload > 0 ? p->nload * 2 : 1,
		    sizeof(*p->load));
	la = &p->load[p->nload++];
	la->path = xstrdup(path);
	la->file = xstrdup(n->t);
	la->line = p->line;
	la->from = xmalloc(strlen(p->frame[p->file].name) + 16);
	used = sprintf(la->from, "%s:%u", p->frame[p->file].name, p->line);
	(void)used;
}

static int
rule_rank(const struct node *n)
{
	switch (n->n[0]) {
	case PF_SCRUB:
	case PF_NOSCRUB:
		return (RANK_SCRUB);
	case PF_NAT:
	case PF_RDR:
	case PF_BINAT:
		return (RANK_NAT);
	default:
		return (RANK_FILTER);
	}
}

static int
anchor_rank(const struct node *n)
{
	switch (n->n[0]) {
	case PF_RULESET_SCRUB:
		return (RANK_SCRUB);
	case PF_RULESET_NAT:
	case PF_RULESET_RDR:
	case PF_RULESET_BINAT:
		return (RANK_NAT);
	case PF_RULESET_FILTER:
		return (RANK_FILTER);
	default:
		return (RANK_NONE);
	}
}

static const struct {
	uint16_t	 kind;
	uint8_t		 rank;
	bool		 braces;		/* may stand in an inline anchor */
	void		(*define)(struct parser *, struct node *);
	const char	*name;
} statements[] = {
	{ ST_MACRO,	RANK_NONE,	true,	define_macro,	"macro" },
	{ ST_INCLUDE,	RANK_NONE,	true,	include_file,	"include" },
	{ ST_OPTION,	RANK_OPTION,	false,	set_option,	"set" },
	{ ST_TABLE,	RANK_NONE,	false,	define_table,	"table" },
	{ ST_RULE,	RANK_FILTER,	true,	define_rule,	"rule" },
	{ ST_ANCHOR,	RANK_FILTER,	true,	define_anchor,	"anchor" },
	{ ST_CLOSE,	RANK_NONE,	true,	close_scope,	"}" },
	{ ST_LOAD,	RANK_NONE,	false,	load_from,	"load anchor" },
	{ ST_ALTQ,	RANK_QUEUE,	false,	define_altq,	"altq" },
	{ ST_QUEUE,	RANK_QUEUE,	false,	define_queue,	"queue" },
	{ ST_ANTISPOOF,	RANK_FILTER,	true,	define_antispoof, "antispoof" },
};

static bool
take_statement(struct parser *p, struct node *n)
{
	const int before = p->pf->errors;
	size_t i = (size_t)(n->kind - ST_MACRO);
	int rank;
	bool braces;

	if (n->kind < ST_MACRO || i >= NITEMS(statements))
		return (false);
	rank = statements[i].rank;
	braces = statements[i].braces;
	if (n->kind == ST_RULE)
		rank = rule_rank(n);
	else if (n->kind == ST_ANCHOR)
		rank = anchor_rank(n);
	if (n->kind == ST_RULE || n->kind == ST_ANCHOR)
		braces = rank == RANK_FILTER;
	if (p->nscope > 1 && !braces) {
		pf_error(p, 0, "only filter rules and anchors stand in braces: "
		    "put this %s before the anchor of line %u",
		    statements[i].name, p->scope[p->nscope - 1].line);
		return (false);
	}
	if (n->kind == ST_OPTION && n->n[0] == SET_REQUIRE_ORDER)
		rank = RANK_NONE;
	if (rank != RANK_NONE) {
		if (p->require_order && p->rank > rank) {
			pf_error(p, 0, "Rules must be in order: options, "
			    "normalization, queueing, translation, filtering%s",
			    pf_hint(p, "; or say set require-order no"));
			return (false);
		}
		p->rank = rank;
	}
	statements[i].define(p, n);
	return (p->pf->errors == before);
}

bool
pf_statement(struct parser *p, struct node *n)
{
	const unsigned int nused = p->nused;
	bool ok;

	seen_reset(p);
	p->nused = nused;		/* messages name the macros */
	ok = take_statement(p, n);
	p->nused = 0;
	return (ok);
}

/*
 * From beginning to end
 */

void
pfctl_init(struct pfctl *pf)
{
	memset(pf, 0, sizeof(*pf));
	pf->out = stdout;
	pf->err = stderr;
	pf->anchor = "";
	pf->what = PFCTL_LOAD_ALL;
	pf->rules_max = PFCTL_RULES_MAX;
	options_init(&pf->set);
}

static void
define_macros(struct parser *p)
{
	const char *eq;
	char *name;
	size_t i;

	for (i = 0; i < p->pf->ndefs; i++) {
		if ((eq = strchr(p->pf->defs[i], '=')) == NULL)
			continue;
		name = arena_strndup(&p->arena, p->pf->defs[i],
		    (size_t)(eq - p->pf->defs[i]));
		if (macro_set(p, name, eq + 1, true) == -1) {
			pf_note(p, "-D %s: more than %d characters", name,
			    TOKEN_MAX);
			p->pf->errors++;
		}
	}
}

static void	load_anchors(struct pfctl *, struct load_anchor *, size_t, int);

/* Read one text, that of frame 0, into the rulesets of anchor `path'. */
static void
parse_frame(struct parser *p, const char *path, int depth)
{
	struct pfctl *pf = p->pf;

	p->scope[0].anchor = anchor_add(pf, path);
	p->scope[0].times = 1;
	p->nscope = 1;
	/* a person may write in any order that has a meaning */
	p->require_order = pf_terse(p);
	pf->parser = p;
	define_macros(p);
	if (yyparse(p) != 0 && pf->errors == 0)
		pf->errors++;
	if (p->nscope > 1 && pf->errors == 0)
		pf_error(p, 0, "no } to the anchor that opens in line %u",
		    p->scope[p->nscope - 1].line);
	queues_finish(p);
	if (depth == 0)
		options_finish(p);
	arena_reset(&p->arena);
}

static void
parser_end(struct parser *p)
{
	size_t i;

	for (i = 0; i < p->nload; i++) {
		free(p->load[i].path);
		free(p->load[i].file);
		free(p->load[i].from);
	}
	free(p->load);
	queues_free(p);
	lex_end(p);
	arena_free(&p->arena);
	arena_free(&p->keep);
	free(p);
}

static struct parser *
parser_new(struct pfctl *pf)
{
	struct parser *p = xcalloc(1, sizeof(*p));

	p->pf = pf;
	lex_init(p);
	return (p);
}

static void
load_one(struct pfctl *pf, const struct load_anchor *la, int depth)
{
	struct parser *p = parser_new(pf);
	int verbose = pf->verbose;

	if (verbose > 0)
		fprintf(pf->err, "\nLoading anchor %s from %s\n", la->path,
		    la->file);
	pf->verbose = 0;
	if (lex_open(p, la->file) == 0) {
		parse_frame(p, la->path, depth);
		pf->anchors[p->scope[0].anchor].loaded = true;
		if (pf->errors == 0)
			load_anchors(pf, p->load, p->nload, depth);
	} else {
		fprintf(pf->err, "%s: load anchor: cannot be read\n", la->from);
		pf->errors++;
	}
	pf->verbose = verbose;
	pf->parser = NULL;
	parser_end(p);
}

static void
load_anchors(struct pfctl *pf, struct load_anchor *la, size_t n, int depth)
{
	size_t i;

	if (n > 0 && depth == LOAD_DEPTH) {
		fprintf(pf->err, "%s: load anchor: more than %d files load one "
		    "another\n", la->from, LOAD_DEPTH);
		pf->errors++;
		return;
	}
	for (i = 0; i < n; i++)
		load_one(pf, &la[i], depth + 1);
}

static int
parse_all(struct pfctl *pf, struct parser *p)
{
	parse_frame(p, pf->anchor, 0);
	if (pf->errors == 0)
		load_anchors(pf, p->load, p->nload, 0);
	macros_unused(p);
	pf->parser = NULL;
	if (pf->errors == 0) {
		optimize(p, pf->set.optimize);
		rules_finish(pf);
		cost_warn(pf);
		if (pf->verbose > 0)
			rules_print(pf);
	}
	parser_end(p);
	fflush(pf->out);
	return (pf->errors > 0 ? -1 : 0);
}

int
pfctl_parse(struct pfctl *pf, const char *file)
{
	struct parser *p;

	if (pf->names == NULL && (pf->names = pfctl_names_new()) == NULL)
		return (-1);
	p = parser_new(pf);
	if (lex_open(p, file) == -1) {
		parser_end(p);
		return (-1);
	}
	return (parse_all(pf, p));
}

int
pfctl_parse_buf(struct pfctl *pf, const char *buf, size_t len,
    const char *name)
{
	struct parser *p;

	if (pf->names == NULL && (pf->names = pfctl_names_new()) == NULL)
		return (-1);
	p = parser_new(pf);
	if (lex_text(p, buf, len, name) == -1) {
		parser_end(p);
		return (-1);
	}
	return (parse_all(pf, p));
}

void
pfctl_free(struct pfctl *pf)
{
	size_t i;

	anchors_free(pf);
	tables_free(pf);
	free(pf->altq);
	free(pf->altq_promised);
	index_free(&pf->altq_index);
	free(pf->set.skip);
	free(pf->set.skip_at);
	free(pf->set.fingerprints);
	osfp_free(pf->osfp);
	for (i = 0; i < pf->nfiles; i++)
		free(pf->files[i]);
	free(pf->files);
	free(pf->later);
	pfctl_names_free(pf->names);
	memset(pf, 0, sizeof(*pf));
}
