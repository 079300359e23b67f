// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * define.c: statements that make rules: pass, block, match, scrub, nat, rdr, binat,
 * anchor, antispoof.
 *
 * Each kind collects its parts (rule.c), supplies what was left unsaid, checks what
 * needs the whole statement, and has it expanded.  No locking.
 */
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define TTL_MAX_RST	255

static void
spec_init(struct spec *sp, int ruleset, uint8_t action)
{
	memset(sp, 0, sizeof(*sp));
	sp->ruleset = ruleset;
	sp->tmpl.rule.action = action;
	sp->tmpl.rule.rtableid = -1;
	sp->tmpl.anchor_call = "";
}

/* One family for source, destination and pool: false after a message. */
static bool
settle_target(struct parser *p, struct spec *sp, int which, const char *missing)
{
	struct target *t = &sp->target[which];
	uint8_t *af = &sp->tmpl.rule.af;
	const struct host *h;

	if (t->node == NULL)
		return (true);
	hosts_keep_af(&t->hosts, af);
	if (t->hosts == NULL) {
		pf_error(p, 0, "%s", missing);
		return (false);
	}
	for (h = t->hosts; h != NULL; h = h->next)
		if (!check_mask(p, &h->addr, *af))
			return (false);
	return (target_check(p, sp, which));
}

static void
decide_af(struct spec *sp)
{
	hosts_decide_af(sp->axis[AX_SRC].host, &sp->tmpl.rule.af);
	hosts_decide_af(sp->axis[AX_DST].host, &sp->tmpl.rule.af);
}

/*
 * block
 */

static bool
parse_code(struct parser *p, const char *s, uint8_t af, uint16_t *icmp)
{
	const int type = af == AF_INET ? 3 : 1;
	int64_t v;
	int code;

	if (word_number(s, 0, 255, &v))
		code = (int)v;
	else if (strspn(s, "0123456789") == strlen(s)) {
		pf_error(p, 0, "illegal icmp code %s", s);
		return (false);
	} else if ((code = name_icmp_code(type, s, af)) == -1) {
		pf_error(p, 0, "unknown icmp code %s", s);
		return (false);
	}
	*icmp = (uint16_t)(type << 8 | code);
	return (true);
}

static bool
block_return(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;
	int64_t v;

	if (r->action == PF_PASS)
		r->rule_flag |= p->fail_policy;
	if (r->action != PF_DROP)
		return (true);
	r->rule_flag |= n->n[1] == -1 ? p->block_policy : (uint32_t)n->n[1];
	r->return_icmp = 3 << 8 | 3;		/* port unreachable */
	r->return_icmp6 = 1 << 8 | 4;
	if (r->rule_flag & PFRULE_RETURNRST && n->s != NULL) {
		if (!word_number(n->s, 0, TTL_MAX_RST, &v)) {
			pf_error(p, 0, "illegal ttl value %s", n->s);
			return (false);
		}
		r->return_ttl = (uint8_t)v;
	}
	if (!(r->rule_flag & PFRULE_RETURNICMP) || n->s == NULL)
		return (true);
	if (n->op == AF_INET6) {
		if (n->t == NULL)
			return (parse_code(p, n->s, AF_INET6, &r->return_icmp6));
		pf_error(p, 0, "return-icmp6 takes one code%s", pf_hint(p,
		    ": return-icmp (code, code6) takes two"));
		return (false);
	}
	return (parse_code(p, n->s, AF_INET, &r->return_icmp) &&
	    (n->t == NULL || parse_code(p, n->t, AF_INET6, &r->return_icmp6)));
}

/*
 * pass, block, match
 */

/* Flags and os are for TCP: one protocol of the list must be that. */
static bool
tcp_allowed(struct parser *p, const struct spec *sp)
{
	const bool flags = sp->parts[P_FLAGS] != NULL &&
	    sp->tmpl.rule.flagset != 0;
	const struct item *it = sp->axis[AX_PROTO].item;

	if ((!flags && !sp->os_given) || it == NULL)
		return (true);
	for (; it != NULL; it = it->next)
		if (it->n[0] == IPPROTO_TCP)
			return (true);
	if (flags)
		pf_error(p, 0, "flags only apply to tcp");
	if (sp->os_given)
		pf_error(p, 0, "OS fingerprinting only apply to tcp");
	return (false);
}

static bool
filter_defaults(struct parser *p, struct spec *sp)
{
	struct pf_rule *r = &sp->tmpl.rule;

	if (!tcp_allowed(p, sp))
		return (false);
	if (r->rtableid != PF_RTABLE_NONE && r->direction == PF_OUT)
		pf_warn(p, 0, "rtable has no effect on rules with out: what goes "
		    "out has been routed already");
	if (r->action == PF_DROP && (r->rt == PF_ROUTETO || r->rt == PF_REPLYTO))
		pf_warn(p, 0, "%s: what this rule blocks goes nowhere",
		    r->rt == PF_ROUTETO ? "route-to" : "reply-to");
	if (r->action != PF_PASS)
		return (true);
	if (sp->parts[P_KEEP] == NULL && !keep_default(p, sp))
		return (false);
	sp->default_flags = r->keep_state != 0 && sp->parts[P_FLAGS] == NULL &&
	    !(r->rule_flag & PFRULE_FRAGMENT);
	return (true);
}

/*
 * Translation among filter rules
 */

static bool
settle_filter_targets(struct parser *p, struct spec *sp)
{
	struct pf_rule *r = &sp->tmpl.rule;

	decide_af(sp);
	if (r->rt != 0 && r->direction == PF_INOUT) {
		pf_error(p, 0, "direction must be explicit with rules that "
		    "specify routing%s", pf_hint(p, ": add in or out"));
		return (false);
	}
	if (!settle_target(p, sp, PF_POOL_ROUTE, "no routing address with "
	    "matching address family found."))
		return (false);
	if (!settle_target(p, sp, PF_POOL_NAT, "no translation address with "
	    "matching address family found.") ||
	    !settle_target(p, sp, PF_POOL_RDR, "no translation address with "
	    "matching address family found."))
		return (false);
	if (r->action == PF_DROP && (sp->target[PF_POOL_NAT].node != NULL ||
	    sp->target[PF_POOL_RDR].node != NULL)) {
		pf_error(p, 0, "nat-to, rdr-to and binat-to are for pass and "
		    "match, not for block");
		return (false);
	}
	if (sp->target[PF_POOL_RDR].static_port) {
		pf_error(p, 0, "the 'static-port' option is only valid with "
		    "nat rules");
		return (false);
	}
	if (sp->target[PF_POOL_NAT].node != NULL)
		target_nat_ports(&sp->target[PF_POOL_NAT]);
	return (true);
}

static void
define_filter(struct parser *p, struct node *n)
{
	struct spec sp;

	spec_init(&sp, PF_RULESET_FILTER, (uint8_t)n->n[0]);
	if (!collect(p, &sp, n->a) || !block_return(p, &sp, n) ||
	    !filter_defaults(p, &sp) || !settle_filter_targets(p, &sp))
		return;
	expand(p, &sp);
}

/*
 * binat-to is nat-to on the way out and rdr-to on the way in.
 */

static struct list
without(struct parser *p, struct list parts, int kind)
{
	struct list rest = { NULL, NULL };
	const struct node *n;

	for (n = parts.first; n != NULL; n = n->next)
		if (n->kind != kind)
			rest = list_add(rest, node_copy(&p->arena, n));
	return (rest);
}

static const struct node *
part_of(struct list parts, int kind)
{
	const struct node *n;

	for (n = parts.first; n != NULL; n = n->next)
		if (n->kind == kind)
			return (n);
	return (NULL);
}

static bool
single(const struct node *side)
{
	return (side != NULL && side->a.first != NULL &&
	    side->a.first->next == NULL && !side->a.first->neg &&
	    (side->a.first->kind == N_HOST || side->a.first->kind == N_DYN));
}

/* Hosts as they stand, or those that the pool holds. */
static struct node *
side_of(struct parser *p, int kind, const struct node *hosts)
{
	struct node *side = node_new(p, kind, NULL, NULL), *h;

	for (h = hosts->a.first; h != NULL; h = h->next)
		side->a = list_add(side->a, node_copy(&p->arena, h));
	return (side);
}

static void
define_binatto(struct parser *p, struct node *n, const struct node *to)
{
	const struct node *from = part_of(n->a, P_FROM);
	const struct node *dst = part_of(n->a, P_TO);
	struct node out = *n, in = *n, *target, *part;

	if (part_of(n->a, P_DIR) != NULL) {
		pf_error(p, 0, "binat-to cannot be used with in or out");
		return;
	}
	if (!single(from) || !single(to) || from->b.first != NULL ||
	    to->s != NULL) {
		pf_error(p, 0, "binat-to wants one address or network after "
		    "from, and one of the same size: from 10.0.0.1 binat-to "
		    "192.0.2.1");
		return;
	}
	target = side_of(p, P_NATTO, to);
	target->b = list_of(node_new(p, O_BITMASK, NULL, NULL));
	target->b = list_add(target->b, node_new(p, O_STATICPORT, NULL, NULL));
	out.a = list_join(list_of(node_num(p, P_DIR, PF_OUT)),
	    list_add(without(p, n->a, P_BINATTO), target));
	define_filter(p, &out);

	target = side_of(p, P_RDRTO, from);
	target->b = list_of(node_new(p, O_BITMASK, NULL, NULL));
	part = side_of(p, P_TO, to);
	in.a = list_join(list_of(node_num(p, P_DIR, PF_IN)),
	    list_join(without(p, n->a, P_BINATTO), list_of(target)));
	in.a = without(p, in.a, P_FROM);
	in.a = list_add(without(p, in.a, P_TO), part);
	if (dst != NULL && dst->a.first != NULL)
		in.a = list_add(in.a, side_of(p, P_FROM, dst));
	define_filter(p, &in);
}

/*
 * scrub
 */

static bool
scrub_ok(struct parser *p, const struct pf_rule *r)
{
	if (r->rule_flag & PFRULE_REASSEMBLE_TCP && r->direction != PF_INOUT) {
		pf_error(p, 0, "reassemble tcp rules can not specify direction");
		return (false);
	}
	if (r->rule_flag & (PFRULE_FRAGCROP | PFRULE_FRAGDROP) &&
	    r->af == AF_INET6) {
		pf_error(p, 0, "fragment crop and drop-ovl only apply to inet%s",
		    pf_hint(p, ": fragments of IPv6 are reassembled whole"));
		return (false);
	}
	return (true);
}

static void
define_scrub(struct parser *p, struct node *n)
{
	struct spec sp;

	spec_init(&sp, PF_RULESET_SCRUB, (uint8_t)n->n[0]);
	if (!collect(p, &sp, n->a) || !scrub_ok(p, &sp.tmpl.rule))
		return;
	expand(p, &sp);
}

/*
 * nat, rdr, binat
 */

/* What `no' and its absence ask for: false after a message. */
static bool
check_no(struct parser *p, const struct node *n, struct spec *sp)
{
	const bool redir = sp->target[PF_POOL_RDR].node != NULL;

	if (n->neg && sp->tmpl.rule.natpass) {
		pf_error(p, 0, "\"pass\" not valid with \"no\"");
		return (false);
	}
	if (n->neg && redir) {
		pf_error(p, 0, "translation rule with 'no' does not need '->'");
		return (false);
	}
	if (!n->neg && !redir) {
		pf_error(p, 0, "translation rule requires '-> address'");
		return (false);
	}
	return (true);
}

static void
define_nat(struct parser *p, struct node *n)
{
	const bool nat = n->n[0] == PF_NAT;
	struct target *t;
	struct spec sp;

	spec_init(&sp, nat ? PF_RULESET_NAT : PF_RULESET_RDR, (uint8_t)(nat ?
	    (n->neg ? PF_NONAT : PF_NAT) : (n->neg ? PF_NORDR : PF_RDR)));
	t = &sp.target[PF_POOL_RDR];
	if (!collect(p, &sp, n->a) || !check_no(p, n, &sp))
		return;
	sp.tmpl.rule.pool_used = 0;
	if (!tcp_allowed(p, &sp))
		return;
	decide_af(&sp);
	if (!settle_target(p, &sp, PF_POOL_RDR, "no translation address with "
	    "matching address family found."))
		return;
	if (t->static_port && !nat) {
		pf_error(p, 0, "the 'static-port' option is only valid with "
		    "nat rules");
		return;
	}
	if (nat && t->node != NULL)
		target_nat_ports(t);
	expand(p, &sp);
}

static bool
binat_af(struct parser *p, struct spec *sp)
{
	const struct host *src = sp->axis[AX_SRC].host;
	const struct host *dst = sp->axis[AX_DST].host;
	uint8_t *af = &sp->tmpl.rule.af;

	hosts_decide_af(src, af);
	hosts_decide_af(dst, af);
	hosts_decide_af(sp->target[PF_POOL_RDR].hosts, af);
	if (*af == 0) {
		pf_error(p, 0, "address family (inet/inet6) undefined");
		return (false);
	}
	hosts_keep_af(&sp->axis[AX_SRC].host, af);
	if (sp->axis[AX_SRC].host == NULL) {
		pf_error(p, 0, "binat ip versions must match");
		return (false);
	}
	if (sp->axis[AX_SRC].host->next != NULL) {
		pf_error(p, 0, "multiple binat ip addresses");
		return (false);
	}
	if (!check_mask(p, &sp->axis[AX_SRC].host->addr, *af))
		return (false);
	if (dst == NULL)
		return (true);
	hosts_keep_af(&sp->axis[AX_DST].host, af);
	if (sp->axis[AX_DST].host == NULL) {
		pf_error(p, 0, "binat ip versions must match");
		return (false);
	}
	if (sp->axis[AX_DST].host->next != NULL) {
		pf_error(p, 0, "multiple binat ip addresses");
		return (false);
	}
	return (true);
}

static bool
binat_no_table(struct parser *p, const struct host *h, const char *which)
{
	if (h == NULL || h->addr.type != PF_ADDR_TABLE)
		return (true);
	pf_error(p, 0, "invalid use of table <%s> as the %s address of a binat "
	    "rule", h->addr.v.tblname, which);
	return (false);
}

static bool
binat_no_alias(struct parser *p, const struct host *h, const char *which)
{
	if (h->addr.type != PF_ADDR_DYNIFTL ||
	    h->addr.iflags & PFI_AFLAG_NOALIAS)
		return (true);
	pf_error(p, 0, "invalid use of interface (%s) as the %s address of a "
	    "binat rule", h->addr.v.ifname, which);
	return (false);
}

/* Both networks of a binat are of one size. */
static bool
binat_redirect(struct parser *p, struct spec *sp)
{
	struct target *t = &sp->target[PF_POOL_RDR];
	const struct host *src = sp->axis[AX_SRC].host;
	uint8_t *af = &sp->tmpl.rule.af;

	if (t->node->s != NULL || t->node->b.first != NULL ||
	    t->node->a.first->next != NULL) {
		pf_error(p, 0, "syntax error%s", pf_hint(p, ": a binat leads "
		    "to one address, without port and options"));
		return (false);
	}
	hosts_keep_af(&t->hosts, af);
	if (t->hosts == NULL) {
		pf_error(p, 0, "no translation address with matching address "
		    "family found.");
		return (false);
	}
	if (t->hosts->next != NULL) {
		pf_error(p, 0, "binat rule must redirect to a single address");
		return (false);
	}
	if (!check_mask(p, &t->hosts->addr, *af) ||
	    !binat_no_alias(p, t->hosts, "redirect"))
		return (false);
	if (src != NULL && src->addr.type == PF_ADDR_ADDRMASK &&
	    t->hosts->addr.type == PF_ADDR_ADDRMASK &&
	    memcmp(&src->addr.v.a.mask, &t->hosts->addr.v.a.mask,
	    sizeof(struct pf_addr)) != 0) {
		pf_error(p, 0, "'binat' source mask and redirect mask must be "
		    "the same");
		return (false);
	}
	return (true);
}

static void
define_binat(struct parser *p, struct node *n)
{
	struct spec sp;

	spec_init(&sp, PF_RULESET_BINAT, n->neg ? PF_NOBINAT : PF_BINAT);
	if (!collect(p, &sp, n->a))
		return;
	if (n->neg && sp.tmpl.rule.natpass) {
		pf_error(p, 0, "\"pass\" not valid with \"no\"");
		return;
	}
	if (n->neg && sp.target[PF_POOL_RDR].node != NULL) {
		pf_error(p, 0, "'no binat' rule cannot have a redirect");
		return;
	}
	if (!n->neg && sp.target[PF_POOL_RDR].node == NULL) {
		pf_error(p, 0, "'binat' rule requires a redirect address");
		return;
	}
	sp.tmpl.rule.pool_used = 0;
	if (sp.axis[AX_PROTO].item != NULL &&
	    sp.axis[AX_PROTO].item->next != NULL) {
		pf_error(p, 0, "syntax error%s", pf_hint(p,
		    ": a binat takes one protocol"));
		return;
	}
	if (!binat_no_table(p, sp.axis[AX_SRC].host, "source") ||
	    !binat_no_table(p, sp.target[PF_POOL_RDR].hosts, "redirect") ||
	    !binat_af(p, &sp) ||
	    !binat_no_alias(p, sp.axis[AX_SRC].host, "source"))
		return;
	if (!n->neg && !binat_redirect(p, &sp))
		return;
	expand(p, &sp);
}

void
define_rule(struct parser *p, struct node *n)
{
	const struct node *to;

	switch (n->n[0]) {
	case PF_SCRUB:
	case PF_NOSCRUB:
		define_scrub(p, n);
		break;
	case PF_NAT:
	case PF_RDR:
		define_nat(p, n);
		break;
	case PF_BINAT:
		define_binat(p, n);
		break;
	default:
		if ((to = part_of(n->a, P_BINATTO)) != NULL)
			define_binatto(p, n, to);
		else
			define_filter(p, n);
	}
}

/*
 * Anchors
 */

static const uint8_t anchor_actions[PF_RULESET_MAX] = {
	[PF_RULESET_SCRUB] = PF_SCRUB, [PF_RULESET_FILTER] = PF_PASS,
	[PF_RULESET_NAT] = PF_NAT, [PF_RULESET_BINAT] = PF_BINAT,
	[PF_RULESET_RDR] = PF_RDR,
};

/* The anchor that a brace opens, named or not: its path and the way to call it. */
static bool
open_anchor(struct parser *p, struct node *n, const char *name,
    uint32_t *index)
{
	char path[PF_ANCHOR_PATH_SIZE];
	bool wild;

	if (p->nscope == (int)NITEMS(p->scope)) {
		pf_error(p, 0, "anchors are nested more than %d deep",
		    PF_ANCHOR_DEPTH);
		return (false);
	}
	if (strchr(name, '*') != NULL) {
		pf_error(p, 0, "anchor \"%s\" stands for several: give the "
		    "braces a name of their own, or none", name);
		return (false);
	}
	if (!pfctl_anchor_path(path, anchor_here(p)->path, name, &wild)) {
		pf_error(p, 0, "anchor name \"%s\" is too long", name);
		return (false);
	}
	*index = anchor_add(p->pf, path);
	p->pf->anchors[*index].inl = true;
	(void)n;
	return (true);
}

static bool
anchor_name_ok(struct parser *p, const struct node *n)
{
	char path[PF_ANCHOR_PATH_SIZE];
	const char *part, *star;
	size_t len;
	bool wild;

	if (n->s == NULL) {
		if (n->n[1] == 1 && n->n[0] == PF_RULESET_FILTER)
			return (true);
		pf_error(p, 0, "anchors without explicit rules must specify a "
		    "name");
		return (false);
	}
	if (n->s[strspn(n->s, "/")] == '\0') {
		pf_error(p, 0, "anchor name \"%s\" names no anchor", n->s);
		return (false);
	}
	if (n->s[0] == '_' || strstr(n->s, "/_") != NULL) {
		pf_error(p, 0, "anchor names beginning with '_' are reserved "
		    "for internal use");
		return (false);
	}
	if (strlen(n->s) >= PF_ANCHOR_PATH_SIZE - 1) {
		pf_error(p, 0, "anchor name \"%.40s..\" is too long", n->s);
		return (false);
	}
	for (part = n->s; *part != '\0'; part += len + (part[len] == '/'))
		if ((len = strcspn(part, "/")) >= PF_ANCHOR_NAME_SIZE) {
			pf_error(p, 0, "anchor name \"%.40s..\" is too long, "
			    "max %d chars", part, PF_ANCHOR_NAME_SIZE - 1);
			return (false);
		}
	star = strchr(n->s, '*');
	if (star != NULL && (star[1] != '\0' || (star != n->s &&
	    star[-1] != '/'))) {
		pf_error(p, 0, "anchor \"%s\": * stands alone or after the "
		    "last slash", n->s);
		return (false);
	}
	if (!pfctl_anchor_path(path, anchor_here(p)->path, n->s, &wild)) {
		pf_error(p, 0, strstr(n->s, "..") != NULL ?
		    "anchor name \"%s\" leads out of the main ruleset" :
		    "anchor name \"%s\" names no anchor", n->s);
		return (false);
	}
	return (true);
}

/* A rdr-anchor is called by one destination port at most. */
static bool
rdr_anchor_ok(struct parser *p, const struct spec *sp)
{
	const struct item *port = sp->axis[AX_DPORT].item;

	if (sp->axis[AX_SPORT].item != NULL) {
		pf_error(p, 0, "source port parameter not supported in "
		    "rdr-anchor");
		return (false);
	}
	if (port != NULL && port->next != NULL) {
		pf_error(p, 0, "destination port list expansion not supported "
		    "in rdr-anchor");
		return (false);
	}
	if (port != NULL && port->op != PF_OP_EQ) {
		pf_error(p, 0, "destination port operators not supported in "
		    "rdr-anchor");
		return (false);
	}
	return (true);
}

/* What cannot be said of a call. */
static bool
anchor_parts_ok(struct parser *p, const struct node *n, const struct spec *sp)
{
	static const struct {
		int		 kind;
		const char	*name;
	} refused[] = {
		{ P_LOG, "log" },
		{ P_NATTO, "nat-to" }, { P_RDRTO, "rdr-to" },
		{ P_BINATTO, "binat-to" }, { P_ROUTE, "route-to" },
		{ P_DIVERT, "divert-to and divert-reply" },
		{ P_QUEUE, "queue" }, { P_SCRUB, "scrub" },
		{ P_ONCE, "once" }, { P_SETPRIO, "set prio" },
		{ P_SETTOS, "set tos" }, { P_ALLOWOPTS, "allow-opts" },
	};
	size_t i;

	if (sp->parts[P_KEEP] != NULL) {
		pf_error(p, 0, "cannot specify state handling on anchors%s",
		    pf_hint(p, ": say it in the rules of the anchor"));
		return (false);
	}
	for (i = 0; i < NITEMS(refused); i++)
		if (sp->parts[refused[i].kind] != NULL) {
			pf_error(p, 0, "%s cannot be specified with anchors%s",
			    refused[i].name, pf_hint(p,
			    ": say it in the rules of the anchor"));
			return (false);
		}
	if (n->n[0] == PF_RULESET_RDR)
		return (rdr_anchor_ok(p, sp));
	if (n->n[0] != PF_RULESET_BINAT)
		return (true);
	if (sp->axis[AX_PROTO].item != NULL &&
	    sp->axis[AX_PROTO].item->next != NULL) {
		pf_error(p, 0, "proto list expansion not supported in "
		    "binat-anchor");
		return (false);
	}
	if (sp->axis[AX_SRC].host != NULL || sp->axis[AX_DST].host != NULL ||
	    sp->axis[AX_SPORT].item != NULL || sp->axis[AX_DPORT].item != NULL) {
		pf_error(p, 0, "fromto parameter not supported in "
		    "binat-anchor");
		return (false);
	}
	return (true);
}

void
define_anchor(struct parser *p, struct node *n)
{
	const bool opens = n->n[1] == 1;
	char made_up[16];
	const char *name = n->s;
	struct spec sp;
	uint32_t index = 0;
	uint64_t times = 1;

	if (n->n[0] == PF_RULESET_MAX) {
		pf_warn(p, 0, "dummynet-anchor is ignored: queues are made "
		    "with altq and queue");
		pf_later(p, PFCTL_LOAD_FILTER, "dummynet-anchor");
		return;
	}
	spec_init(&sp, (int)n->n[0], anchor_actions[n->n[0]]);
	if (opens) {
		if (name == NULL) {
			snprintf(made_up, sizeof(made_up), "_%u",
			    ++anchor_here(p)->next_unnamed);
			name = made_up;
		}
		if (n->n[0] != PF_RULESET_FILTER) {
			pf_error(p, 0, "only filter anchors can have braces");
			return;
		}
	}
	if (!anchor_name_ok(p, n) || (opens &&
	    !open_anchor(p, n, name, &index)))
		return;
	if (opens)
		sp.tmpl.block = index + 1;
	sp.tmpl.anchor_call = name;
	if (collect(p, &sp, n->a) && anchor_parts_ok(p, n, &sp) &&
	    tcp_allowed(p, &sp)) {
		decide_af(&sp);
		expand(p, &sp);
	}
	/* the brace is open whatever was wrong before it */
	if (opens) {
		/* one without a name is there as often as lists say */
		if (name == made_up && sp.made > 0)
			times = (uint64_t)p->scope[p->nscope - 1].times * sp.made;
		p->scope[p->nscope].times = times > UINT32_MAX ? UINT32_MAX :
		    (uint32_t)times;
		p->scope[p->nscope].anchor = index;
		p->scope[p->nscope++].line = p->line;
	}
}

/*
 * antispoof: nobody else has the networks and the addresses of an interface.
 */

static void
antispoof_rule(struct parser *p, const struct node *n, const char *ifname,
    bool ifnot, struct host *hosts)
{
	struct spec sp;
	struct item it;

	if (hosts == NULL)
		return;
	spec_init(&sp, PF_RULESET_FILTER, PF_DROP);
	memset(&it, 0, sizeof(it));
	it.s = ifname;
	it.neg = ifnot;
	if (!collect(p, &sp, n->a))
		return;
	sp.tmpl.rule.direction = PF_IN;
	sp.tmpl.rule.rule_flag |= p->block_policy;
	sp.tmpl.rule.return_icmp = 3 << 8 | 3;
	sp.tmpl.rule.return_icmp6 = 1 << 8 | 4;
	if (ifname != NULL)
		sp.axis[AX_IF].item = &it;
	if (sp.tmpl.rule.af != 0) {
		uint8_t af = sp.tmpl.rule.af;

		hosts_keep_af(&hosts, &af);
	}
	if (hosts == NULL)
		return;
	sp.axis[AX_SRC].host = hosts;
	expand(p, &sp);
}

/* Networks, or addresses, of interface `name' as the data base has them now. */
static struct host *
interface_hosts(struct parser *p, const char *name, bool network)
{
	const struct if_addr *ia;
	struct host *first = NULL, **end = &first, *h;
	size_t i, n = names_ifaddrs(p->pf->names, &ia);

	for (i = 0; i < n; i++) {
		if (!iface_matches(name, &ia[i]) ||
		    ia[i].linklocal)
			continue;
		if (!network && ia[i].loopback)
			continue;
		h = arena_alloc(&p->arena, sizeof(*h));
		memset(h, 0, sizeof(*h));
		h->addr.type = PF_ADDR_ADDRMASK;
		h->af = ia[i].af;
		h->addr.v.a.addr = ia[i].addr;
		addr_mask(&h->addr.v.a.mask, network ? ia[i].net :
		    h->af == AF_INET ? 32 : 128);
		addr_apply(&h->addr.v.a.addr, &h->addr.v.a.mask);
		*end = h;
		end = &h->next;
	}
	return (first);
}

static struct host *
dynamic_host(struct parser *p, const char *name, uint8_t flags)
{
	struct host *h = arena_alloc(&p->arena, sizeof(*h));

	memset(h, 0, sizeof(*h));
	h->addr.type = PF_ADDR_DYNIFTL;
	snprintf(h->addr.v.ifname, sizeof(h->addr.v.ifname), "%s", name);
	h->addr.iflags = flags;
	return (h);
}

static struct list
copy_list(struct parser *p, struct list l)
{
	return (without(p, l, -1));
}

void
define_antispoof(struct parser *p, struct node *n)
{
	const struct node *i;
	struct node one;
	struct host *addrs;
	size_t len;
	bool loopback;

	for (i = n->b.first; i != NULL; i = i->next) {
		one = *n;
		one.a = copy_list(p, n->a);
		if (i->s == NULL || i->neg) {
			pf_error(p, 0, "antispoof for takes names of "
			    "interfaces");
			return;
		}
		if (pf_nameless(p, i->s, "interface name"))
			return;
		if ((len = strlen(i->s)) >= PF_IFNAMSIZ) {
			pf_error(p, 0, "interface name %s is too long, max %d "
			    "chars", i->s, PF_IFNAMSIZ - 1);
			return;
		}
		loopback = len >= 2 && strncmp(i->s, "lo", 2) == 0 &&
		    i->s[2 + strspn(i->s + 2, "0123456789")] == '\0';
		addrs = i->kind == N_DYN ?
		    dynamic_host(p, i->s, PFI_AFLAG_NETWORK) :
		    interface_hosts(p, i->s, true);
		if (addrs == NULL)
			pf_warn(p, 0, "antispoof for %s makes no rule: %s%s",
			    i->s, names_iface_exists(p->pf->names, i->s) ?
			    "it has no address" : "there is no such interface",
			    pf_hint(p, "; in parentheses, its "
			    "addresses are looked up when packets come"));
		antispoof_rule(p, &one, i->s, true, addrs);
		if (loopback)
			continue;
		/* nor do they come in from it */
		one.a = copy_list(p, n->a);
		addrs = i->kind == N_DYN ? dynamic_host(p, i->s, 0) :
		    interface_hosts(p, i->s, false);
		antispoof_rule(p, &one, NULL, false, addrs);
	}
}
