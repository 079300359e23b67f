// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * rule.c: the parts of a rule, one after the other, into a struct spec.
 *
 * The list of parts (parts.h) says of each whether it may come twice, and names
 * the function that takes it.  A function says what is wrong and
 * returns false; the rule is then given up.  No locking.  Stands on host.c, pool.c.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define PROB_ONE	4294967296.0	/* probability 1 */

static struct item *
item_new(struct parser *p)
{
	struct item *it = arena_alloc(&p->arena, sizeof(*it));

	memset(it, 0, sizeof(*it));
	return (it);
}

static bool
copy_name(struct parser *p, char *to, size_t size, const char *from,
    const char *what)
{
	size_t len = strlen(from);

	if (pf_nameless(p, from, what))
		return (false);
	if (len >= size) {
		pf_error(p, 0, "%s too long, max %zu chars", what, size - 1);
		return (false);
	}
	memcpy(to, from, len + 1);
	return (true);
}

static bool
part_dir(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	sp->tmpl.rule.direction = (uint8_t)n->n[0];
	return (true);
}

static bool
part_quick(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)n;
	if (sp->ruleset == PF_RULESET_SCRUB) {
		pf_error(p, 0, "scrub rules do not support 'quick'");
		return (false);
	}
	sp->tmpl.rule.quick = 1;
	return (true);
}

static bool
part_natpass(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	(void)n;
	sp->tmpl.rule.natpass = 1;
	return (true);
}

static bool
part_log(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;
	const struct node *o;

	r->log |= PF_LOG;
	for (o = n->a.first; o != NULL; o = o->next) {
		if (strcmp(o->s, "all") == 0)
			r->log |= PF_LOG_ALL;
		else if (strcmp(o->s, "user") == 0)
			r->log |= PF_LOG_SOCKET_LOOKUP;
		else if (strcmp(o->s, "matches") == 0)
			r->log |= PF_LOG_MATCHES;
		else if (strncmp(o->t, "pflog", 5) != 0 || o->t[5] == '\0' ||
		    o->t[5 + strspn(o->t + 5, "0123456789")] != '\0') {
			pf_error(p, 0, "should log to a pflog interface, not "
			    "%s", o->t);
			return (false);
		} else if (!copy_name(p, r->logif, sizeof(r->logif), o->t,
		    "interface name"))
			return (false);
	}
	/* pflog0 is where it goes anyway */
	if (strcmp(r->logif, "pflog0") == 0)
		memset(r->logif, 0, sizeof(r->logif));
	return (true);
}

static bool
part_on(struct parser *p, struct spec *sp, const struct node *n)
{
	struct item **end = &sp->axis[AX_IF].item, *it;
	const struct node *i;

	for (i = n->a.first; i != NULL; i = i->next) {
		if (pf_nameless(p, i->s, "interface name"))
			return (false);
		if (i->s != NULL && strlen(i->s) >= PF_IFNAMSIZ) {
			pf_error(p, 0, "interface name %s is too long, max %d "
			    "chars", i->s, PF_IFNAMSIZ - 1);
			return (false);
		}
		it = item_new(p);
		it->s = i->s != NULL ? i->s : "any";
		it->neg = i->neg;
		*end = it;
		end = &it->next;
	}
	return (true);
}

static bool
part_received(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;
	const struct node *i = n->a.first;

	r->rcvifnot = n->neg ^ i->neg;
	return (copy_name(p, r->rcv_ifname, sizeof(r->rcv_ifname),
	    i->s != NULL ? i->s : "any", "interface name"));
}

static bool
part_af(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	sp->tmpl.rule.af = (uint8_t)n->n[0];
	return (true);
}

static bool
part_proto(struct parser *p, struct spec *sp, const struct node *n)
{
	struct item **end = &sp->axis[AX_PROTO].item, *it;
	const struct node *i;
	int64_t v;
	int proto;

	for (i = n->a.first; i != NULL; i = i->next) {
		if (word_number(i->s, 0, 255, &v))
			proto = (int)v;
		else if (strspn(i->s, "0123456789") == strlen(i->s)) {
			pf_error(p, 0, "protocol outside range: %s", i->s);
			return (false);
		} else if ((proto = name_proto(p->pf->names, i->s)) == -1) {
			pf_error(p, 0, "unknown protocol %s", i->s);
			return (false);
		}
		if (proto == 0) {	/* which the kernel takes for any */
			pf_error(p, 0, "protocol %s is none that packets "
			    "carry%s", i->s, pf_hint(p, ": for every protocol, "
			    "leave proto out"));
			return (false);
		}
		it = item_new(p);
		it->n[0] = (uint32_t)proto;
		*end = it;
		end = &it->next;
	}
	return (true);
}

/* A port or its name, up to the character `end'. */
static bool
parse_port(struct parser *p, const char *s, size_t len, uint32_t *port)
{
	const char *word = arena_strndup(&p->arena, s, len);
	int64_t v;
	int found;

	if (word_number(word, 0, 65535, &v)) {
		*port = (uint32_t)v;
		return (true);
	}
	if (len > 0 && strspn(word, "0123456789") == len) {
		pf_error(p, 0, "illegal port value %s", word);
		return (false);
	}
	if ((found = name_service(p->pf->names, word)) == -1) {
		pf_error(p, 0, "unknown port %s%s", word, pf_hint(p,
		    word[0] >= '0' && word[0] <= '9' ?
		    ": a range is written 80:90" : ""));
		return (false);
	}
	*port = (uint32_t)found;
	return (true);
}

static bool
parse_ports(struct parser *p, struct list ports, struct item **end)
{
	const struct node *i;
	const char *colon;
	struct item *it;

	for (i = ports.first; i != NULL; i = i->next) {
		it = item_new(p);
		it->op = i->op;
		*end = it;
		end = &it->next;
		if (i->t != NULL) {
			if (!parse_port(p, i->s, strlen(i->s), &it->n[0]) ||
			    !parse_port(p, i->t, strlen(i->t), &it->n[1]))
				return (false);
			continue;
		}
		colon = strchr(i->s, ':');
		if (colon == NULL) {
			if (!parse_port(p, i->s, strlen(i->s), &it->n[0]))
				return (false);
			continue;
		}
		if (i->op != PF_OP_EQ) {
			pf_error(p, 0, "':' cannot be used with another port "
			    "operator");
			return (false);
		}
		it->op = PF_OP_RRG;
		if (!parse_port(p, i->s, (size_t)(colon - i->s), &it->n[0]))
			return (false);
		if (strcmp(colon, ":*") == 0)
			it->n[1] = 65535;
		else if (!parse_port(p, colon + 1, strlen(colon + 1),
		    &it->n[1]))
			return (false);
	}
	return (true);
}

/* Source or destination; `any' alone leaves its axis free. */
static bool
part_side(struct parser *p, struct spec *sp, const struct node *n, enum axis ax)
{
	const struct node *only = n->a.first;

	if (only != NULL && (only->next != NULL || only->kind != N_ANY) &&
	    !hosts_resolve(p, n->a, &sp->axis[ax].host))
		return (false);
	return (parse_ports(p, n->b, &sp->axis[ax + 1].item));
}

static bool
part_from(struct parser *p, struct spec *sp, const struct node *n)
{
	return (part_side(p, sp, n, AX_SRC));
}

static bool
part_to(struct parser *p, struct spec *sp, const struct node *n)
{
	const struct host *h;

	/* AX_DPORT follows AX_DST as AX_SPORT follows AX_SRC */
	if (!part_side(p, sp, n, AX_DST))
		return (false);
	for (h = sp->axis[AX_DST].host; h != NULL; h = h->next)
		if (h->addr.type == PF_ADDR_URPFFAILED) {
			pf_error(p, 0, "\"urpf-failed\" is not permitted in a "
			    "destination address");
			return (false);
		}
	return (true);
}

static bool
part_os(struct parser *p, struct spec *sp, const struct node *n)
{
	struct item **end = &sp->axis[AX_OS].item, *it;
	struct pfctl *pf = p->pf;
	const struct node *i;

	if (!p->osfp_tried && pf->osfp == NULL) {
		p->osfp_tried = true;
		pf->osfp = osfp_read(PFCTL_PF_OS, pf->err);
		pf->osfp_of_file = pf->osfp != NULL;
	}
	pf->osfp_used = true;
	for (i = n->a.first; i != NULL; i = i->next) {
		it = item_new(p);
		it->s = i->s;
		it->n[0] = pf->osfp == NULL ? 0 : osfp_number(pf->osfp, i->s);
		if (pf->osfp == NULL && pf->set.fingerprints != NULL)
			return (false);		/* that has been said */
		if (pf->osfp == NULL) {
			pf_error(p, 0, "os \"%s\": no fingerprints: is %s "
			    "there?", i->s, PFCTL_PF_OS);
			return (false);
		}
		if (pf->osfp_given && osfp_count(pf->osfp) == 0) {
			pf_error(p, 0, "os \"%s\": pf has no fingerprints: "
			    "they are loaded with all of the main rules", i->s);
			return (false);
		}
		if (it->n[0] == 0) {
			pf_error(p, 0, "unknown OS fingerprint %s", i->s);
			return (false);
		}
		*end = it;
		end = &it->next;
	}
	sp->os_given = true;
	return (true);
}

static bool
part_ids(struct parser *p, struct spec *sp, const struct node *n, enum axis ax)
{
	bool (*const find)(const char *, uint32_t *) =
	    ax == AX_UID ? name_user : name_group;
	const char *const what = ax == AX_UID ? "user" : "group";
	struct item *first = NULL, **end = &first, *it;
	const struct node *i;
	const char *word;
	int64_t v;
	int k;

	for (i = n->a.first; i != NULL; i = i->next) {
		it = item_new(p);
		it->op = i->op;
		*end = it;
		end = &it->next;
		for (k = 0; k < 2; k++) {
			if ((word = k == 0 ? i->s : i->t) == NULL)
				continue;
			if (word_number(word, 0, (int64_t)UINT32_MAX - 1, &v))
				it->n[k] = (uint32_t)v;
			else if (!find(word, &it->n[k])) {
				pf_error(p, 0, "unknown %s %s", what, word);
				return (false);
			} else if (it->n[k] == UINT32_MAX &&
			    it->op != PF_OP_EQ && it->op != PF_OP_NE) {
				pf_error(p, 0, "%s unknown requires operator "
				    "= or !=", what);
				return (false);
			}
		}
	}
	/* a second `user' goes before the first */
	*end = sp->axis[ax].item;
	sp->axis[ax].item = first;
	return (true);
}

static bool
part_user(struct parser *p, struct spec *sp, const struct node *n)
{
	return (part_ids(p, sp, n, AX_UID));
}

static bool
part_group(struct parser *p, struct spec *sp, const struct node *n)
{
	return (part_ids(p, sp, n, AX_GID));
}

static bool
parse_flags(struct parser *p, const char *s, uint8_t *flags)
{
	static const char letters[] = "FSRPAUEW";
	const char *at;

	for (*flags = 0; *s != '\0'; s++) {
		if ((at = strchr(letters, *s)) == NULL) {
			pf_error(p, 0, "unknown flag %c%s", *s, pf_hint(p,
			    ": they are F S R P A U E W"));
			return (false);
		}
		*flags |= (uint8_t)(1 << (at - letters));
	}
	return (true);
}

static bool
part_flags(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;

	if (n->t == NULL)
		return (true);		/* any */
	if (!parse_flags(p, n->s, &r->flags) ||
	    !parse_flags(p, n->t, &r->flagset))
		return (false);
	if (r->flags & ~r->flagset) {
		pf_error(p, 0, "flags always false");
		return (false);
	}
	return (true);
}

static bool
part_icmptype(struct parser *p, struct spec *sp, const struct node *n)
{
	const uint8_t af = (uint8_t)n->n[0];
	const char *const what = af == AF_INET ? "icmp" : "icmp6";
	struct item **end = &sp->axis[AX_ICMP].item, *it;
	const struct node *i;
	int64_t v;
	int num;

	for (i = n->a.first; i != NULL; i = i->next) {
		it = item_new(p);
		it->af = af;
		*end = it;
		end = &it->next;
		if (word_number(i->s, 0, 255, &v))
			num = (int)v;
		else if (strspn(i->s, "0123456789") == strlen(i->s)) {
			pf_error(p, 0, "illegal icmp-type %s", i->s);
			return (false);
		} else if ((num = name_icmp_type(i->s, af)) == -1) {
			pf_error(p, 0, "unknown %s-type %s", what, i->s);
			return (false);
		}
		it->n[0] = (uint32_t)num + 1;
		if (i->t == NULL)
			continue;
		if (word_number(i->t, 0, 255, &v))
			num = (int)v;
		else if (strspn(i->t, "0123456789") == strlen(i->t)) {
			pf_error(p, 0, "illegal icmp-code %s", i->t);
			return (false);
		} else if ((num = name_icmp_code((int)it->n[0] - 1, i->t,
		    af)) == -1) {
			pf_error(p, 0, "unknown %s-code %s", what, i->t);
			return (false);
		}
		it->n[1] = (uint32_t)num + 1;
	}
	return (true);
}

static bool
parse_tos(struct parser *p, const char *s, uint8_t *tos)
{
	int64_t v;
	int named = name_tos(s);

	if (named != -1)
		*tos = (uint8_t)named;
	else if (word_number(s, 0, 255, &v))
		*tos = (uint8_t)v;
	else {
		pf_error(p, 0, "illegal tos value %s", s);
		return (false);
	}
	return (true);
}

static bool
part_tos(struct parser *p, struct spec *sp, const struct node *n)
{
	if (!parse_tos(p, n->s, &sp->tmpl.rule.tos))
		return (false);
	if (sp->tmpl.rule.tos == 0) {
		pf_error(p, 0, "illegal tos value %s", n->s);
		return (false);
	}
	return (true);
}

static bool
part_fragment(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	(void)n;
	sp->tmpl.rule.rule_flag |= PFRULE_FRAGMENT;
	return (true);
}

static bool
part_allowopts(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	(void)n;
	sp->tmpl.rule.allow_opts = 1;
	return (true);
}

/* Labels and tags may hold $macros: their length counts when those are known. */
static bool
part_label(struct parser *p, struct spec *sp, const struct node *n)
{
	if (strchr(n->s, '$') == NULL && strlen(n->s) >= PF_RULE_LABEL_SIZE) {
		pf_error(p, 0, "rule label too long (max %d chars)",
		    PF_RULE_LABEL_SIZE - 1);
		return (false);
	}
	if (sp->nlabel == PF_RULE_LABELS) {
		pf_error(p, 0, "label can only be used %d times",
		    PF_RULE_LABELS);
		return (false);
	}
	sp->label[sp->nlabel++] = n->s;
	return (true);
}

static bool
part_tag(struct parser *p, struct spec *sp, const struct node *n)
{
	if (pf_nameless(p, n->s, "tag"))
		return (false);
	if (strchr(n->s, '$') == NULL && strlen(n->s) >= PF_TAG_NAME_SIZE) {
		pf_error(p, 0, "tag too long, max %d chars",
		    PF_TAG_NAME_SIZE - 1);
		return (false);
	}
	sp->tag = n->s;
	return (true);
}

static bool
part_tagged(struct parser *p, struct spec *sp, const struct node *n)
{
	if (pf_nameless(p, n->s, "tag"))
		return (false);
	if (strchr(n->s, '$') == NULL && strlen(n->s) >= PF_TAG_NAME_SIZE) {
		pf_error(p, 0, "tag too long, max %d chars",
		    PF_TAG_NAME_SIZE - 1);
		return (false);
	}
	sp->match_tag = n->s;
	sp->tmpl.rule.match_tag_not = n->neg;
	return (true);
}

static bool
part_queue(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;

	if (n->neg)
		r->rule_flag |= PFRULE_SETQUEUE;
	return (copy_name(p, r->qname, sizeof(r->qname), n->s,
	    "queue name") && (n->t == NULL ||
	    copy_name(p, r->pqname, sizeof(r->pqname), n->t, "queue name")));
}

static bool
part_probability(struct parser *p, struct spec *sp, const struct node *n)
{
	char *end;
	double v = strtod(n->s, &end);

	if (end != n->s && strcmp(end, "%") == 0) {
		v /= 100.0;
		end++;
	}
	if (end == n->s || *end != '\0' || !(v > 0.0 && v <= 1.0)) {
		pf_error(p, 0, "invalid probability: %s%s", n->s, pf_hint(p,
		    ": use 50% or 0.5"));
		return (false);
	}
	v = v * PROB_ONE + 0.5;
	sp->tmpl.rule.prob = v >= PROB_ONE ? UINT32_MAX :
	    v < 1.0 ? 1 : (uint32_t)v;
	return (true);
}

static bool
part_rtable(struct parser *p, struct spec *sp, const struct node *n)
{
	int64_t v;

	if (!word_number(n->s, 0, INT32_MAX, &v)) {
		pf_error(p, 0, "invalid rtable id %s", n->s);
		return (false);
	}
	sp->tmpl.rule.rtableid = (int32_t)v;
	return (true);
}

static bool
part_once(struct parser *p, struct spec *sp, const struct node *n)
{
	(void)p;
	(void)n;
	sp->tmpl.rule.rule_flag |= PFRULE_ONCE;
	return (true);
}

static bool
part_pktrate(struct parser *p, struct spec *sp, const struct node *n)
{
	int64_t limit, seconds;

	if (!word_number(n->s, 1, UINT32_MAX, &limit) ||
	    !word_number(n->t, 1, UINT32_MAX, &seconds)) {
		pf_error(p, 0, "invalid max-pkt-rate %s/%s%s", n->s, n->t,
		    pf_hint(p, ": packets / seconds, both above 0"));
		return (false);
	}
	sp->tmpl.rule.pktrate.limit = (uint32_t)limit;
	sp->tmpl.rule.pktrate.seconds = (uint32_t)seconds;
	return (true);
}

static bool
parse_prio(struct parser *p, const char *s, uint8_t *prio)
{
	int64_t v;

	if (!word_number(s, 0, 7, &v)) {
		pf_error(p, 0, "invalid prio %s: it is 0 to 7", s);
		return (false);
	}
	*prio = v == 0 ? PF_PRIO_ZERO : (uint8_t)v;
	return (true);
}

static bool
part_prio(struct parser *p, struct spec *sp, const struct node *n)
{
	return (parse_prio(p, n->s, &sp->tmpl.rule.prio));
}

static bool
part_setprio(struct parser *p, struct spec *sp, const struct node *n)
{
	uint8_t *prio = sp->tmpl.rule.set_prio;

	return (parse_prio(p, n->s, &prio[0]) &&
	    parse_prio(p, n->t != NULL ? n->t : n->s, &prio[1]));
}

static bool
part_settos(struct parser *p, struct spec *sp, const struct node *n)
{
	sp->tmpl.rule.rule_flag |= PFRULE_SET_TOS;
	return (parse_tos(p, n->s, &sp->tmpl.rule.set_tos));
}

static bool
part_ridentifier(struct parser *p, struct spec *sp, const struct node *n)
{
	int64_t v;

	if (!word_number(n->s, 1, UINT32_MAX, &v)) {
		pf_error(p, 0, "invalid ridentifier %s", n->s);
		return (false);
	}
	sp->tmpl.rule.ridentifier = (uint32_t)v;
	return (true);
}

static bool
part_route(struct parser *p, struct spec *sp, const struct node *n)
{
	return (target_route(p, sp, n));
}

/* The one address that is meant: the first of the rule's family. */
static const struct host *
divert_host(struct parser *p, const struct spec *sp, const struct node *n)
{
	const uint8_t af = sp->tmpl.rule.af;
	struct host *h;

	if (n->kind != N_HOST) {
		pf_error(p, 0, "divert-to needs an address, as in divert-to "
		    "127.0.0.1 port 8080");
		return (NULL);
	}
	if (!host_resolve(p, n, &h))
		return (NULL);
	if (af == 0) {
		pf_error(p, 0, "divert-to requires an address family%s",
		    pf_hint(p, ": add inet or inet6"));
		return (NULL);
	}
	while (h != NULL && h->af != af)
		h = h->next;
	if (h == NULL) {
		pf_error(p, 0, "divert-to: %s is no address of %s", n->s,
		    af == AF_INET ? "inet" : "inet6");
		return (NULL);
	}
	if (h->neg || h->addr.type != PF_ADDR_ADDRMASK || addr_prefix(
	    &h->addr.v.a.mask, AF_INET6) != (af == AF_INET ? 32 : 128)) {
		pf_error(p, 0, "divert-to: %s is not one address", n->s);
		return (NULL);
	}
	return (h);
}

static bool
part_divert(struct parser *p, struct spec *sp, const struct node *n)
{
	struct pf_rule *r = &sp->tmpl.rule;
	const struct host *h;
	uint32_t port;

	r->divert_type = (uint8_t)n->n[0];
	if (r->divert_type == PF_DIVERT_REPLY)
		return (true);
	h = divert_host(p, sp, n->a.first);
	if (h == NULL || !parse_port(p, n->s, strlen(n->s), &port))
		return (false);
	if (port == 0) {
		pf_error(p, 0, "invalid divert port: %s", n->s);
		return (false);
	}
	r->divert_addr = h->addr.v.a.addr;
	r->divert_port = htons((uint16_t)port);
	return (true);
}

static bool
part_natto(struct parser *p, struct spec *sp, const struct node *n)
{
	return (target_resolve(p, sp, PF_POOL_NAT, n));
}

static bool
part_rdrto(struct parser *p, struct spec *sp, const struct node *n)
{
	return (target_resolve(p, sp, PF_POOL_RDR, n));
}

/*
 * Normalization
 */

static bool
scrub_number(struct parser *p, const struct node *n, const char *what,
    int64_t max, int64_t *v)
{
	if (word_number(n->s, 1, max, v))
		return (true);
	pf_error(p, 0, "illegal %s value %s", what, n->s);
	return (false);
}

static const char *const scrub_words[] = {
	[S_NODF - S_NODF] = "no-df", [S_RANDOMID - S_NODF] = "random-id",
	[S_REASSTCP - S_NODF] = "reassemble tcp",
	[S_MINTTL - S_NODF] = "min-ttl", [S_MAXMSS - S_NODF] = "max-mss",
	[S_SETTOS - S_NODF] = "set-tos", [S_FRAG - S_NODF] = "fragcache",
};

static bool
scrub_one(struct parser *p, struct pf_rule *r, const struct node *n,
    uint32_t *seen)
{
	const char *const word = scrub_words[n->kind - S_NODF];
	const uint32_t bit = 1u << (n->kind - S_NODF);
	int64_t v = 0;

	if (*seen & bit) {
		pf_error(p, 0, "%s cannot be respecified", word);
		return (false);
	}
	*seen |= bit;
	switch (n->kind) {
	case S_NODF:
		r->rule_flag |= PFRULE_NODF;
		break;
	case S_RANDOMID:
		r->rule_flag |= PFRULE_RANDOMID;
		break;
	case S_REASSTCP:
		if (strcmp(n->s, "tcp") != 0) {
			pf_error(p, 0, "reassemble %s: only tcp can be", n->s);
			return (false);
		}
		r->rule_flag |= PFRULE_REASSEMBLE_TCP;
		break;
	case S_MINTTL:
		if (!scrub_number(p, n, word, 255, &v))
			return (false);
		r->min_ttl = (uint8_t)v;
		break;
	case S_MAXMSS:
		if (!scrub_number(p, n, word, 65535, &v))
			return (false);
		r->max_mss = (uint16_t)v;
		break;
	case S_SETTOS:
		r->rule_flag |= PFRULE_SET_TOS;
		return (parse_tos(p, n->s, &r->set_tos));
	case S_FRAG:
		r->rule_flag |= (uint32_t)n->n[0];
		break;
	}
	return (true);
}

static bool
part_scrub(struct parser *p, struct spec *sp, const struct node *n)
{
	const struct node *o;
	uint32_t seen = 0;

	for (o = n->a.first; o != NULL; o = o->next)
		if (!scrub_one(p, &sp->tmpl.rule, o, &seen))
			return (false);
	return (true);
}

#define PART_ROW(kind, again, take, print, name)			\
	[kind] = { part_ ## take, name, again },
static const struct {
	bool		(*take)(struct parser *, struct spec *,
			    const struct node *);
	const char	*name;
	bool		 again;
} part_rows[P_MAX] = {
	RULE_PARTS(PART_ROW)
};

bool
collect(struct parser *p, struct spec *sp, struct list parts)
{
	struct list scrubs = { NULL, NULL }, others = { NULL, NULL };
	struct node *n, *next;

	for (n = parts.first; n != NULL; n = next) {
		next = n->next;
		n->next = NULL;
		if (n->kind >= S_NODF && n->kind <= S_FRAG) {
			scrubs = list_add(scrubs, n);
			continue;
		}
		others = list_add(others, n);
		if (sp->parts[n->kind] != NULL && !part_rows[n->kind].again) {
			pf_error(p, 0, "%s cannot be redefined",
			    part_rows[n->kind].name);
			return (false);
		}
		sp->parts[n->kind] = n;
	}
	/* a second pass, so that order among the parts makes no difference */
	for (n = others.first; n != NULL; n = n->next)
		if (!part_rows[n->kind].take(p, sp, n))
			return (false);
	return (scrubs.first == NULL ||
	    part_scrub(p, sp, node_list(p, P_SCRUB, scrubs)));
}
