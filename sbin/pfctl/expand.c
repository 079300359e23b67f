// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * expand.c: from the lists of a rule to the rules that they stand for.
 *
 * The axes of a struct spec are counted through like the wheels of an odometer,
 * the last axis fastest.  A combination whose address families or interfaces
 * cannot go together is left out silently; one that check.c complains about is left out
 * with a message; if none is left, that is an error.  No locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "rule.h"

/* One combination. */
struct combo {
	const struct item *item[AX_MAX];	/* NULL: free */
	const struct host *src, *dst;
};

/*
 * $macros in labels and tags
 */

struct text {
	char	*buf;
	size_t	 size, len;		/* len may pass size: it is too long then */
};

static void
text_add(struct text *t, const char *s, size_t len)
{
	if (t->len + len < t->size)
		memcpy(t->buf + t->len, s, len);
	t->len += len;
}

static void
text_addr(struct text *t, const struct pf_rule_addr *ra, uint8_t af)
{
	const struct pf_addr_wrap *a = &ra->addr;
	char buf[INET6_ADDRSTRLEN + 8];
	uint8_t net;

	text_add(t, "! ", ra->neg ? 2 : 0);
	switch (a->type) {
	case PF_ADDR_DYNIFTL:
		text_add(t, "(", 1);
		text_add(t, a->v.ifname, strlen(a->v.ifname));
		text_add(t, ")", 1);
		break;
	case PF_ADDR_TABLE:
		text_add(t, "<", 1);
		text_add(t, a->v.tblname, strlen(a->v.tblname));
		text_add(t, ">", 1);
		break;
	case PF_ADDR_NOROUTE:
		text_add(t, "no-route", 8);
		break;
	case PF_ADDR_URPFFAILED:
		text_add(t, "urpf-failed", 11);
		break;
	case PF_ADDR_ADDRMASK:
	case PF_ADDR_RANGE:
		net = addr_prefix(&a->v.a.mask, af);
		if (af == 0 || (a->type == PF_ADDR_ADDRMASK && net == 0)) {
			text_add(t, "any", 3);
			break;
		}
		if (inet_ntop(af, a->v.a.addr.v6, buf, sizeof(buf)) == NULL)
			break;
		text_add(t, buf, strlen(buf));
		if (a->type == PF_ADDR_RANGE) {
			if (inet_ntop(af, a->v.a.mask.v6, buf,
			    sizeof(buf)) == NULL)
				break;
			text_add(t, "-", 1);
		} else if (net < (af == AF_INET ? 32 : 128))
			snprintf(buf, sizeof(buf), "/%u", net);
		else
			break;
		text_add(t, buf, strlen(buf));
		break;
	default:
		break;
	}
}

static void
text_port(struct text *t, const struct pf_rule_addr *ra)
{
	static const char *const form[PF_OP_MAX] = {
		[PF_OP_IRG] = "%u><%u", [PF_OP_EQ] = "%u", [PF_OP_NE] = "!=%u",
		[PF_OP_LT] = "<%u", [PF_OP_LE] = "<=%u", [PF_OP_GT] = ">%u",
		[PF_OP_GE] = ">=%u", [PF_OP_XRG] = "%u<>%u",
		[PF_OP_RRG] = "%u:%u",
	};
	char buf[16];
	unsigned int a = ntohs(ra->port[0]), b = ntohs(ra->port[1]);

	if (ra->port_op == PF_OP_NONE || form[ra->port_op] == NULL)
		return;
	snprintf(buf, sizeof(buf), form[ra->port_op], a, b);
	text_add(t, buf, strlen(buf));
}

static void
text_proto(struct text *t, struct names *nm, const struct pf_rule *r)
{
	const char *name = r->proto == 0 ? "ip" : proto_name(nm, r->proto);
	char buf[8];

	if (name == NULL) {
		snprintf(buf, sizeof(buf), "%u", r->proto);
		name = buf;
	}
	text_add(t, name, strlen(name));
}

/* from into to, macros replaced but for $nr; false: too long. */
static bool
expand_text(struct parser *p, const struct pf_rule *r, const char *from,
    char *to, size_t size)
{
	static const char *const words[] = { "$if", "$srcaddr", "$dstaddr",
	    "$srcport", "$dstport", "$proto" };
	struct text t = { to, size, 0 };
	size_t i;

	while (*from != '\0') {
		for (i = 0; *from == '$' && i < NITEMS(words); i++)
			if (strncmp(from, words[i], strlen(words[i])) == 0)
				break;
		if (*from != '$' || i == NITEMS(words)) {
			text_add(&t, from++, 1);
			continue;
		}
		from += strlen(words[i]);
		if (i == 0 && r->ifname[0] == '\0')
			text_add(&t, "any", 3);
		else if (i == 0) {
			text_add(&t, "! ", r->ifnot ? 2 : 0);
			text_add(&t, r->ifname, strlen(r->ifname));
		} else if (i == 1)
			text_addr(&t, &r->src, r->af);
		else if (i == 2)
			text_addr(&t, &r->dst, r->af);
		else if (i == 3)
			text_port(&t, &r->src);
		else if (i == 4)
			text_port(&t, &r->dst);
		else
			text_proto(&t, p->pf->names, r);
	}
	if (t.len >= size)
		return (false);
	to[t.len] = '\0';
	return (true);
}

static char *
rule_label(struct pf_rule *r, unsigned int i)
{
	return (i == 0 ? r->label : r->more_label[i - 1]);
}

/*
 * A macro that stands for nothing may leave a backslash at the end, where it would
 * take the quote behind it for a character: no ruleset can say such a name.
 */
static bool
sayable(struct parser *p, const char *s, const char *what)
{
	const size_t len = strlen(s);

	if (len == 0 || s[len - 1] != '\\')
		return (true);
	pf_error(p, 0, "%s ends in a backslash", what);
	return (false);
}

/* Labels and tags of a rule that is otherwise complete. */
static bool
expand_names(struct parser *p, const struct spec *sp, struct pf_rule *r)
{
	unsigned int i;

	for (i = 0; i < sp->nlabel; i++) {
		if (!expand_text(p, r, sp->label[i], rule_label(r, i),
		    PF_RULE_LABEL_SIZE)) {
			pf_error(p, 0, "rule label too long (max %d chars)",
			    PF_RULE_LABEL_SIZE - 1);
			return (false);
		}
		if (!sayable(p, rule_label(r, i), "label"))
			return (false);
	}
	if ((sp->tag != NULL && !expand_text(p, r, sp->tag, r->tagname,
	    sizeof(r->tagname))) || (sp->match_tag != NULL &&
	    !expand_text(p, r, sp->match_tag, r->match_tagname,
	    sizeof(r->match_tagname)))) {
		pf_error(p, 0, "tag too long, max %d chars",
		    PF_TAG_NAME_SIZE - 1);
		return (false);
	}
	/* a macro may stand for nothing */
	return (!(sp->tag != NULL && pf_nameless(p, r->tagname, "tag")) &&
	    !(sp->match_tag != NULL &&
	    pf_nameless(p, r->match_tagname, "tag")) &&
	    sayable(p, r->tagname, "tag") &&
	    sayable(p, r->match_tagname, "tag"));
}

/* $nr is known at last: how often in how many characters it stands does not matter. */
static void
expand_number(char label[PF_RULE_LABEL_SIZE], uint32_t number)
{
	char old[PF_RULE_LABEL_SIZE], nr[12], *at;
	struct text t = { label, PF_RULE_LABEL_SIZE, 0 };
	const char *from = old;

	if (strstr(label, "$nr") == NULL)
		return;
	memcpy(old, label, sizeof(old));
	memset(label, 0, PF_RULE_LABEL_SIZE);
	snprintf(nr, sizeof(nr), "%u", number);
	while ((at = strstr(from, "$nr")) != NULL) {
		text_add(&t, from, (size_t)(at - from));
		text_add(&t, nr, strlen(nr));
		from = at + 3;
	}
	text_add(&t, from, strlen(from));
	label[t.len < PF_RULE_LABEL_SIZE ? t.len : PF_RULE_LABEL_SIZE - 1] =
	    '\0';
}

void
rules_finish(struct pfctl *pf)
{
	struct pfctl_ruleset *rs;
	struct pf_rule *r;
	uint32_t i, j, k;
	int t;

	for (i = 0; i < pf->nanchors; i++)
		for (t = 0; t < PF_RULESET_MAX; t++) {
			rs = &pf->anchors[i].rs[t];
			for (j = 0; j < rs->n; j++) {
				r = &rs->rule[j]->rule;
				r->nr = j;
				for (k = 0; k < PF_RULE_LABELS; k++)
					expand_number(rule_label(r, k), j);
			}
		}
}

/*
 * Combinations
 */

static void
put_host(struct pf_rule_addr *to, const struct host *h, const struct item *port)
{
	if (h != NULL) {
		to->addr = h->addr;
		to->neg = h->neg;
	}
	if (port != NULL) {
		to->port_op = port->op;
		to->port[0] = htons((uint16_t)port->n[0]);
		to->port[1] = htons((uint16_t)port->n[1]);
	}
}

static bool
af_differ(uint8_t a, uint8_t b)
{
	return (a != 0 && b != 0 && a != b);
}

/* Whether the addresses and the interface can go together; sets af. */
static bool
can_match(const struct combo *c, struct pf_rule *r)
{
	const uint8_t saf = c->src != NULL ? c->src->af : 0;
	const uint8_t daf = c->dst != NULL ? c->dst->af : 0;
	const char *const sscope = c->src != NULL ? c->src->scope : "";
	const char *const dscope = c->dst != NULL ? c->dst->scope : "";
	const char *scope = sscope[0] != '\0' ? sscope : dscope;

	if (af_differ(r->af, saf) || af_differ(r->af, daf) ||
	    af_differ(saf, daf))
		return (false);
	if (r->af == 0)
		r->af = saf != 0 ? saf : daf;
	/* an address of one link matches on that link only */
	if (sscope[0] != '\0' && dscope[0] != '\0' &&
	    strcmp(sscope, dscope) != 0)
		return (false);
	if (scope[0] != '\0') {
		if (r->ifname[0] == '\0')
			strcpy(r->ifname, scope);
		else if (strcmp(r->ifname, scope) != 0)
			return (false);
	}
	return (true);
}

/* An address of an interface takes a prefix that its family has. */
static void
put_prefix(struct pf_addr_wrap *a, uint8_t *af)
{
	if (a->type != PF_ADDR_DYNIFTL || a->net <= 32)
		return;
	if (*af == 0)
		*af = AF_INET6;
	if (*af == AF_INET)
		a->net = 0;
}

/* The rule of a combination: false: it cannot match. */
static bool
make(struct parser *p, const struct spec *sp, const struct combo *c,
    struct pfctl_rule *to)
{
	struct pf_rule *r = &to->rule;
	const struct item *it;

	*to = sp->tmpl;
	to->line = p->line;
	to->file = pf_place(p).file;
	if ((it = c->item[AX_IF]) != NULL) {
		strcpy(r->ifname, it->s);
		r->ifnot = it->neg;
	}
	if (!can_match(c, r))
		return (false);
	if ((it = c->item[AX_PROTO]) != NULL)
		r->proto = (uint8_t)it->n[0];
	put_host(&r->src, c->src, c->item[AX_SPORT]);
	put_host(&r->dst, c->dst, c->item[AX_DPORT]);
	put_prefix(&r->src.addr, &r->af);
	put_prefix(&r->dst.addr, &r->af);
	if ((it = c->item[AX_OS]) != NULL) {
		if (r->proto != 0 && r->proto != IPPROTO_TCP)
			return (false);		/* it has no fingerprints */
		r->os_fingerprint = it->n[0];
	}
	if ((it = c->item[AX_UID]) != NULL)
		r->uid = (struct pf_rule_id){ { it->n[0], it->n[1] }, it->op,
		    { 0, 0, 0 } };
	if ((it = c->item[AX_GID]) != NULL)
		r->gid = (struct pf_rule_id){ { it->n[0], it->n[1] }, it->op,
		    { 0, 0, 0 } };
	if (sp->default_flags && (r->proto == 0 || r->proto == IPPROTO_TCP)) {
		r->flags = 0x02;		/* S */
		r->flagset = 0x02 | 0x10;	/* SA */
	} else if (r->proto != 0 && r->proto != IPPROTO_TCP)
		r->flags = r->flagset = 0;
	/* modulate and synproxy are for TCP, and mean keep elsewhere */
	if (r->keep_state > PF_STATE_NORMAL && r->proto != 0 &&
	    r->proto != IPPROTO_TCP)
		r->keep_state = PF_STATE_NORMAL;
	if ((it = c->item[AX_ICMP]) != NULL) {
		r->type = (uint8_t)it->n[0];
		r->code = (uint8_t)it->n[1];
	}
	return (true);
}

static void
copy_pools(const struct spec *sp, struct pfctl_rule *to)
{
	int i, which;

	for (i = 0; i < PF_POOL_MAX; i++) {
		if (sp->target[i].node == NULL)
			continue;
		/* a classic rule has its only pool in the first place */
		which = sp->ruleset == PF_RULESET_FILTER ? i : PF_POOL_RDR;
		target_store(&sp->target[i], &to->pool[which],
		    &to->rule.pool[which]);
	}
}

/* rdr .. port a:b -> .. port c:* */
static void
spread_ports(const struct spec *sp, struct pf_rule *r)
{
	struct pf_pool *pool = &r->pool[PF_POOL_RDR];
	unsigned int low = ntohs(r->dst.port[0]), high = ntohs(r->dst.port[1]);

	if (!sp->target[PF_POOL_RDR].any_ports)
		return;
	if (r->dst.port_op != PF_OP_RRG || high <= low) {
		pool->port_op = PF_OP_EQ;
		pool->proxy_port[1] = 0;
		return;
	}
	high = pool->proxy_port[0] + (high - low);
	pool->proxy_port[1] = (uint16_t)(high > 65535 ? 65535 : high);
}

static bool
wanted(const struct pfctl *pf, int ruleset)
{
	switch (ruleset) {
	case PF_RULESET_SCRUB:
	case PF_RULESET_FILTER:
		return ((pf->what & PFCTL_LOAD_FILTER) != 0);
	default:
		return ((pf->what & PFCTL_LOAD_NAT) != 0);
	}
}

/* Messages for all that is wrong with a rule, in pf's order; how many. */
static int
check(struct parser *p, const struct spec *sp, const struct combo *c,
    const struct pf_rule *r)
{
	const struct item *icmp = c->item[AX_ICMP];
	int wrong = 0;

	wrong += !check_mask(p, &r->src.addr, r->af);
	wrong += !check_mask(p, &r->dst.addr, r->af);
	if (icmp != NULL && r->proto != 0 && r->proto !=
	    (icmp->af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		pf_error(p, 0, "icmp-type mismatch");
		wrong++;
	}
	if (sp->ruleset == PF_RULESET_FILTER)
		wrong += check_filter(p, r);
	else
		wrong += check_translation(p, r, &sp->target[PF_POOL_RDR].pool);
	return (wrong);
}

static void
make_and_append(struct parser *p, struct spec *sp, const struct combo *c)
{
	struct pfctl_rule r, *added;
	bool anchor = sp->tmpl.anchor_call[0] != '\0';

	if (!make(p, sp, c, &r))
		return;
	if (check(p, sp, c, &r.rule) > 0) {
		pf_skipping(p);
		return;
	}
	if (!expand_names(p, sp, &r.rule))
		return;
	sp->made++;
	if (!wanted(p->pf, sp->ruleset))
		return;
	added = ruleset_append(&anchor_here(p)->rs[sp->ruleset], &r);
	copy_pools(sp, added);
	spread_ports(sp, &added->rule);
	if (anchor)
		added->anchor_call = xstrdup(sp->tmpl.anchor_call);
}

/* The next combination: false after the last. */
static bool
advance(const struct spec *sp, struct combo *c)
{
	int ax;

	for (ax = AX_MAX - 1; ax >= 0; ax--) {
		if (ax == AX_SRC || ax == AX_DST) {
			const struct host **h = ax == AX_SRC ? &c->src : &c->dst;

			if (*h != NULL && (*h)->next != NULL) {
				*h = (*h)->next;
				return (true);
			}
			*h = sp->axis[ax].host;
			continue;
		}
		if (c->item[ax] != NULL && c->item[ax]->next != NULL) {
			c->item[ax] = c->item[ax]->next;
			return (true);
		}
		c->item[ax] = sp->axis[ax].item;
	}
	return (false);
}

/* How many combinations there are, each with the addresses of its pools; the sum
 * stops where it is too many anyway. */
static uint64_t
count_combinations(const struct spec *sp)
{
	const struct item *it;
	const struct host *h;
	uint64_t n = 1, each = 1, len;
	int i;

	for (i = 0; i < PF_POOL_MAX; i++)
		for (h = sp->target[i].hosts; h != NULL; h = h->next)
			each++;
	for (i = 0; i < AX_MAX && n <= UINT32_MAX; i++) {
		len = 0;
		if (i == AX_SRC || i == AX_DST)
			for (h = sp->axis[i].host; h != NULL; h = h->next)
				len++;
		else
			for (it = sp->axis[i].item; it != NULL; it = it->next)
				len++;
		n *= len > 0 ? len : 1;
	}
	return (n <= UINT32_MAX ? n * each : n);
}

/* Whether there is room for all of them; if not, a message is out. */
static bool
admit(struct parser *p, const struct spec *sp)
{
	uint64_t n = count_combinations(sp);
	struct pfctl *pf = p->pf;

	if (n <= pf->rules_max)
		n *= p->scope[p->nscope - 1].times;
	if (n <= pf->rules_max - pf->nexpanded) {
		pf->nexpanded += (uint32_t)n;
		return (true);
	}
	if (n > pf->rules_max)
		pf_error(p, 0, "the lists of this rule multiply to more than "
		    "%u rules%s", pf->rules_max, pf_hint(p, ": use a table "
		    "for the addresses"));
	else
		pf_error(p, 0, "more than %u rules%s", pf->rules_max,
		    pf_hint(p, ": use tables for the addresses"));
	return (false);
}

void
expand(struct parser *p, struct spec *sp)
{
	struct combo c;
	int ax;

	if (!admit(p, sp))
		return;
	memset(&c, 0, sizeof(c));
	for (ax = 0; ax < AX_MAX; ax++)
		if (ax != AX_SRC && ax != AX_DST)
			c.item[ax] = sp->axis[ax].item;
	c.src = sp->axis[AX_SRC].host;
	c.dst = sp->axis[AX_DST].host;
	do {
		make_and_append(p, sp, &c);
	} while (advance(sp, &c));
	if (sp->made == 0)
		pf_error(p, 0, "rule expands to no valid combination");
}
