// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * show_rules.c: rules in force, their counters and labels, and the anchors.
 *
 * A struct fetched lives for the time of one call.  No locking.  Stands on
 * fetch.c and dev.c, and on print.c for the text of a rule.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "fetch.h"

static void
print_skips(FILE *f, const struct pf_rule *r, uint32_t n)
{
	static const char *const names[PF_SKIP_COUNT] = {
		[PF_SKIP_IFP] = "i", [PF_SKIP_DIR] = "d", [PF_SKIP_AF] = "f",
		[PF_SKIP_PROTO] = "p", [PF_SKIP_SRC_ADDR] = "sa",
		[PF_SKIP_SRC_PORT] = "sp", [PF_SKIP_DST_ADDR] = "da",
		[PF_SKIP_DST_PORT] = "dp",
	};
	int i;

	fprintf(f, "  [ Skip steps: ");
	for (i = 0; i < PF_SKIP_COUNT; i++) {
		if (r->skip[i] >= n)
			fprintf(f, "%s=end ", names[i]);
		else if (r->skip[i] != r->nr + 1)
			fprintf(f, "%s=%u ", names[i], r->skip[i]);
	}
	fprintf(f, "]\n");
}

static void
print_counters(struct ctl_show *sh, const struct pf_rule *r, uint32_t n)
{
	FILE *f = sh->out;

	if (sh->debug) {
		print_skips(f, r, n);
		fprintf(f, "  [ queue: qname=%s qid=%u pqname=%s pqid=%u ]\n",
		    r->qname, r->qid, r->pqname, r->pqid);
	}
	if (sh->verbose == 0)
		return;
	fprintf(f, "  [ Evaluations: %-8" PRIu64 "  Packets: %-8" PRIu64
	    "  Bytes: %-10" PRIu64 "  States: %-6u]\n", r->evaluations,
	    r->packets[0] + r->packets[1], r->bytes[0] + r->bytes[1],
	    r->states_cur);
	if (!sh->debug)
		fprintf(f, "  [ Inserted: uid %u pid %u State Creations: %-6"
		    PRIu64 "]\n", r->cuid, r->cpid, r->states_tot);
}

/* Whether the last name of the call was made up by pfctl, for braces. */
static bool
call_unnamed(const char *call)
{
	const char *slash = strrchr(call, '/');

	return ((slash != NULL ? slash[1] : call[0]) == '_');
}

static void
indent(struct ctl_show *sh, int depth)
{
	if (sh->verbose == 0)
		fprintf(sh->out, "%*s", depth * 2, "");
}

/* What the anchors right below `path' are called: 0, or -1 with a message. */
static int
fetch_anchors(struct pf_dev *dev, const char *path,
    char (**names)[PF_ANCHOR_NAME_SIZE], uint32_t *n)
{
	int e = pf_dev_anchors(dev, path, names, n);

	if (e == 0)
		return (0);
	if (path[0] != '\0' && (e == EINVAL || e == ENOENT))
		warnx("Anchor '%s' not found.", path);
	else
		warnx("DIOCGETRULESETS: %s", pf_dev_strerror(e));
	return (-1);
}

/* The anchors that are being shown, one inside the other: one that calls itself is not
 * shown inside itself. */
struct chain {
	const char		*path;
	const struct chain	*outer;
	int			 depth;
};

static bool
chain_has(const struct chain *c, const char *path)
{
	for (; c != NULL; c = c->outer)
		if (strcmp(c->path, path) == 0)
			return (true);
	return (false);
}

typedef int walk_fn(struct pf_dev *, struct ctl_show *, const char *, uint32_t,
	    int, const struct chain *);

/* Call fn for every anchor below path, each in braces of its own. */
static int
walk_children(struct pf_dev *dev, struct ctl_show *sh, const char *path,
    uint32_t ruleset, int depth, bool braces, const struct chain *outer,
    walk_fn *fn)
{
	char (*names)[PF_ANCHOR_NAME_SIZE], sub[PF_ANCHOR_PATH_SIZE];
	uint32_t i, n;
	int len, rv = 0;

	if (fetch_anchors(dev, path, &names, &n) == -1)
		return (-1);
	for (i = 0; i < n && rv == 0; i++) {
		len = snprintf(sub, sizeof(sub), "%s%s%s", path,
		    path[0] != '\0' ? "/" : "", names[i]);
		if (len < 0 || (size_t)len >= sizeof(sub) ||
		    chain_has(outer, sub))
			continue;
		if (braces) {
			indent(sh, depth);
			fprintf(sh->out, "anchor \"%s\" all {\n", names[i]);
		}
		rv = fn(dev, sh, sub, ruleset, depth + 1, outer);
		if (braces) {
			indent(sh, depth);
			fprintf(sh->out, "}\n");
		}
	}
	free(names);
	return (rv);
}

static int
show_ruleset(struct pf_dev *dev, struct ctl_show *sh, const char *anchor,
    uint32_t ruleset, int depth, const struct chain *outer)
{
	const struct chain here = { anchor, outer,
	    outer != NULL ? outer->depth + 1 : 0 };
	struct pfctl_printer p = { .out = sh->out, .names = sh->names };
	struct fetched fr;
	struct fetched_rule *r;
	char path[PF_ANCHOR_PATH_SIZE];
	bool braces, wild;
	uint32_t i;
	int rv = 0;

	if (here.depth > PF_ANCHOR_DEPTH)
		return (0);
	if (sh->verbose > 1)
		p.flags = PFCTL_PRINT_NR | PFCTL_PRINT_DEBUG;
	if (fetch_rules(dev, anchor, ruleset, sh->clear, &fr) == -1)
		return (-1);
	for (i = 0; i < fr.n && rv == 0; i++) {
		r = &fr.rule[i];
		if (sh->all)
			show_title(sh, ruleset == PF_RULESET_FILTER ||
			    ruleset == PF_RULESET_SCRUB ? "FILTER RULES:" :
			    "TRANSLATION RULES:");
		braces = r->anchor_call[0] != '\0' &&
		    (sh->recurse || depth > 0 ||
		    call_unnamed(r->anchor_call)) &&
		    pfctl_anchor_path(path, anchor, r->anchor_call, &wild) &&
		    (wild || !chain_has(&here, path));
		indent(sh, depth);
		if (r->rule.os_fingerprint != PF_OSFP_ANY)
			p.osfp = osfp_shown(dev, sh);
		pfctl_print_rule(&p, &r->rule, r->pool, r->anchor_call);
		if (r->rule.expired)
			fprintf(sh->out, " # expired");
		fprintf(sh->out, braces ? " {\n" : "\n");
		print_counters(sh, &r->rule, fr.n);
		if (!braces)
			continue;
		rv = wild ? walk_children(dev, sh, path, ruleset, depth + 1,
		    true, &here, show_ruleset) :
		    show_ruleset(dev, sh, path, ruleset, depth + 1, &here);
		indent(sh, depth);
		fprintf(sh->out, "}\n");
	}
	fetched_free(&fr);
	return (rv);
}

int
show_rules(struct pf_dev *dev, struct ctl_show *sh)
{
	if (show_ruleset(dev, sh, sh->anchor, PF_RULESET_SCRUB, 0, NULL) == -1)
		return (-1);
	return (show_ruleset(dev, sh, sh->anchor, PF_RULESET_FILTER, 0, NULL));
}

int
show_nat(struct pf_dev *dev, struct ctl_show *sh)
{
	static const uint32_t order[] = { PF_RULESET_NAT, PF_RULESET_RDR,
	    PF_RULESET_BINAT };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (show_ruleset(dev, sh, sh->anchor, order[i], 0, NULL) == -1)
			return (-1);
	return (0);
}

static void
show_label(FILE *out, const char *label)
{
	if (label[0] != '\0')
		fprintf(out, "%.*s ", PF_RULE_LABEL_SIZE, label);
}

static int
show_ruleset_labels(struct pf_dev *dev, struct ctl_show *sh,
    const char *anchor, uint32_t ruleset, int depth, const struct chain *outer)
{
	const struct chain here = { anchor, outer,
	    outer != NULL ? outer->depth + 1 : 0 };
	struct fetched fr;
	const struct pf_rule *r;
	const char *call;
	char path[PF_ANCHOR_PATH_SIZE];
	bool wild;
	uint32_t i, k;
	int rv = 0;

	if (here.depth > PF_ANCHOR_DEPTH)
		return (0);
	if (fetch_rules(dev, anchor, ruleset, sh->clear, &fr) == -1)
		return (-1);
	for (i = 0; i < fr.n && rv == 0; i++) {
		r = &fr.rule[i].rule;
		if (r->label[0] != '\0') {
			if (sh->all)
				show_title(sh, "LABEL COUNTERS:");
			show_label(sh->out, r->label);
			for (k = 0; k < PF_RULE_LABELS - 1; k++)
				show_label(sh->out, r->more_label[k]);
			fprintf(sh->out, "%" PRIu64 " %" PRIu64 " %" PRIu64
			    " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			    " %" PRIu64 "\n", r->evaluations, r->packets[0] + r->packets[1],
			    r->bytes[0] + r->bytes[1], r->packets[0],
			    r->bytes[0], r->packets[1], r->bytes[1],
			    r->states_tot);
		}
		call = fr.rule[i].anchor_call;
		if (call[0] == '\0' || !(sh->recurse || call_unnamed(call)) ||
		    !pfctl_anchor_path(path, anchor, call, &wild) ||
		    (!wild && chain_has(&here, path)))
			continue;
		rv = wild ? walk_children(dev, sh, path, ruleset, depth, false,
		    &here, show_ruleset_labels) :
		    show_ruleset_labels(dev, sh, path, ruleset, depth, &here);
	}
	fetched_free(&fr);
	return (rv);
}

int
show_labels(struct pf_dev *dev, struct ctl_show *sh)
{
	return (show_ruleset_labels(dev, sh, sh->anchor, PF_RULESET_FILTER, 0,
	    NULL));
}

static int
show_anchors_below(struct pf_dev *dev, struct ctl_show *sh, const char *path,
    int depth)
{
	char (*names)[PF_ANCHOR_NAME_SIZE], sub[PF_ANCHOR_PATH_SIZE];
	uint32_t i, n;
	int len, rv = 0;

	if (depth > PF_ANCHOR_DEPTH)
		return (0);
	if (fetch_anchors(dev, path, &names, &n) == -1)
		return (-1);
	for (i = 0; i < n && rv == 0; i++) {
		if (names[i][0] == '_' && sh->verbose == 0)
			continue;
		len = snprintf(sub, sizeof(sub), "%s%s%s", path,
		    path[0] != '\0' ? "/" : "", names[i]);
		if (len < 0 || (size_t)len >= sizeof(sub))
			continue;
		fprintf(sh->out, "  %s\n", sub);
		if (sh->verbose > 0)
			rv = show_anchors_below(dev, sh, sub, depth + 1);
	}
	free(names);
	return (rv);
}

int
show_anchors(struct pf_dev *dev, struct ctl_show *sh)
{
	return (show_anchors_below(dev, sh, sh->anchor, 0));
}
