// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * print.c: rules as text that can be read back.
 *
 * A rule is a row of parts in the fixed order of parts.h; each function
 * prints one part, with a blank before it, or nothing.  All comes from
 * struct pf_rule, its pools and the name of the anchor it calls: what the kernel gives
 * is printed as what the parser made.  Owns nothing; no locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

/*
 * Parts of a rule, in their order
 */

static void
print_anchor_name(const struct ctx *c)
{
	static const char *const kinds[PF_ACTION_MAX] = {
		[PF_SCRUB] = "scrub-anchor", [PF_NAT] = "nat-anchor",
		[PF_BINAT] = "binat-anchor", [PF_RDR] = "rdr-anchor",
		[PF_PASS] = "anchor",
	};
	const char *last = strrchr(c->call, '/');
	const char *kind = c->r->action < PF_ACTION_MAX ?
	    kinds[c->r->action] : NULL;

	fputs(kind != NULL ? kind : "anchor", c->f);
	if ((last != NULL ? last[1] : c->call[0]) != '_')
		fprintf(c->f, " \"%s\"", c->call);
}

static void
print_icmp_code(FILE *f, uint16_t icmp, uint8_t af)
{
	const char *name = icmp_code_name(icmp >> 8, icmp & 0xff, af);

	if (name != NULL)
		fputs(name, f);
	else
		fprintf(f, "%u", icmp & 0xff);
}

static void
print_block(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	FILE *f = c->f;

	if (r->rule_flag & PFRULE_RETURN)
		fputs(" return", f);
	else if (r->rule_flag & PFRULE_RETURNRST) {
		fputs(" return-rst", f);
		if (r->return_ttl != 0)
			fprintf(f, "(ttl %u)", r->return_ttl);
	} else if (r->rule_flag & PFRULE_RETURNICMP) {
		fputs(r->af == AF_INET6 ? " return-icmp6(" : " return-icmp(", f);
		if (r->af != AF_INET6)
			print_icmp_code(f, r->return_icmp, AF_INET);
		if (r->af == 0)
			fputs(", ", f);
		if (r->af != AF_INET)
			print_icmp_code(f, r->return_icmp6, AF_INET6);
		fputc(')', f);
	} else
		fputs(" drop", f);
}

static void
print_action(const struct ctx *c)
{
	static const char *const words[PF_ACTION_MAX] = {
		[PF_PASS] = "pass", [PF_DROP] = "block", [PF_SCRUB] = "scrub",
		[PF_NOSCRUB] = "no scrub", [PF_NAT] = "nat",
		[PF_NONAT] = "no nat", [PF_BINAT] = "binat",
		[PF_NOBINAT] = "no binat", [PF_RDR] = "rdr",
		[PF_NORDR] = "no rdr", [PF_MATCH] = "match",
	};
	const struct pf_rule *r = c->r;

	if (c->anchor)
		print_anchor_name(c);
	else if (r->action < PF_ACTION_MAX && words[r->action] != NULL)
		fputs(words[r->action], c->f);
	else
		fprintf(c->f, "action(%u)", r->action);
	if (r->action == PF_DROP)
		print_block(c);
	if (r->natpass)
		fputs(" pass", c->f);
}

static void
print_direction(const struct ctx *c)
{
	if (c->r->direction == PF_IN)
		fputs(" in", c->f);
	else if (c->r->direction == PF_OUT)
		fputs(" out", c->f);
}

static void
print_log(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	const char *sep = " (";

	if (!(r->log & PF_LOG_MASK))
		return;
	fputs(" log", c->f);
	if (!(r->log & ~PF_LOG) && r->logif[0] == '\0')
		return;
	if (r->log & PF_LOG_ALL) {
		fprintf(c->f, "%sall", sep);
		sep = ", ";
	}
	if (r->log & PF_LOG_MATCHES) {
		fprintf(c->f, "%smatches", sep);
		sep = ", ";
	}
	if (r->log & PF_LOG_SOCKET_LOOKUP) {
		fprintf(c->f, "%suser", sep);
		sep = ", ";
	}
	if (r->logif[0] != '\0')
		fprintf(c->f, "%sto %.*s", sep, PF_IFNAMSIZ, r->logif);
	fputc(')', c->f);
}

static void
print_quick(const struct ctx *c)
{
	if (c->r->quick)
		fputs(" quick", c->f);
}

static void
print_on(const struct ctx *c)
{
	const struct pf_rule *r = c->r;

	if (r->ifname[0] != '\0') {
		fputs(r->ifnot ? " on ! " : " on ", c->f);
		if (strcmp(r->ifname, "any") == 0)
			fputs("any", c->f);
		else
			word_print(c->f, r->ifname, PF_IFNAMSIZ);
	}
}

static const char *
route_word(const struct pf_rule *r)
{
	switch (r->rt) {
	case PF_ROUTETO:
		return (" route-to");
	case PF_REPLYTO:
		return (" reply-to");
	case PF_DUPTO:
		return (" dup-to");
	default:
		return (NULL);
	}
}

/* Gateways with an interface are told before the addresses, others at the end. */
static bool
route_with_if(const struct ctx *c)
{
	const struct pfctl_pool *p = &c->pool[PF_POOL_ROUTE];
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (p->addr[i].ifname[0] == '\0')
			return (false);
	return (p->n > 0);
}

static void
print_route(const struct ctx *c)
{
	if (c->r->rt == PF_FASTROUTE)
		fputs(" fastroute", c->f);
	else if (route_word(c->r) != NULL && route_with_if(c)) {
		fprintf(c->f, "%s ", route_word(c->r));
		print_pool(c, PF_POOL_ROUTE, false);
	}
}

static void
print_route_late(const struct ctx *c)
{
	if (route_word(c->r) != NULL && !route_with_if(c)) {
		fprintf(c->f, "%s ", route_word(c->r));
		print_pool(c, PF_POOL_ROUTE, false);
	}
}

static void
print_af(const struct ctx *c)
{
	if (c->r->af == AF_INET)
		fputs(" inet", c->f);
	else if (c->r->af == AF_INET6)
		fputs(" inet6", c->f);
}

static void
print_proto(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	const char *name;

	if (r->proto == 0)
		return;
	name = c->pr->names != NULL ? proto_name(c->pr->names, r->proto) : NULL;
	if (name != NULL)
		fprintf(c->f, " proto %s", name);
	else
		fprintf(c->f, " proto %u", r->proto);
}

static bool
side_any(const struct pf_rule_addr *ra)
{
	static const struct pf_addr zero;

	return (ra->addr.type == PF_ADDR_ADDRMASK && !ra->neg &&
	    ra->port_op == PF_OP_NONE &&
	    memcmp(&ra->addr.v.a.addr, &zero, sizeof(zero)) == 0 &&
	    memcmp(&ra->addr.v.a.mask, &zero, sizeof(zero)) == 0);
}

static void
print_side(const struct ctx *c, const char *word, const struct pf_rule_addr *ra)
{
	fprintf(c->f, " %s %s", word, ra->neg ? "! " : "");
	pfctl_print_addr(c->pr, &ra->addr, c->r->af);
	print_port(c, ra);
}

static void
print_fromto(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	char name[PF_OSFP_LEN * 3];

	if (side_any(&r->src) && side_any(&r->dst) && r->os_fingerprint == 0) {
		fputs(" all", c->f);
		return;
	}
	print_side(c, "from", &r->src);
	if (r->os_fingerprint == PF_OSFP_UNKNOWN)
		fputs(" os \"unknown\"", c->f);
	else if (r->os_fingerprint != 0) {
		if (c->pr->osfp != NULL &&
		    osfp_name(c->pr->osfp, r->os_fingerprint, name,
		    sizeof(name)))
			fprintf(c->f, " os \"%s\"", name);
		else
			fprintf(c->f, " os 0x%08x", r->os_fingerprint);
	}
	print_side(c, "to", &r->dst);
}

static void
print_received(const struct ctx *c)
{
	const struct pf_rule *r = c->r;

	if (r->rcv_ifname[0] != '\0')
		fprintf(c->f, " %sreceived-on %.*s", r->rcvifnot ? "! " : "",
		    PF_IFNAMSIZ, r->rcv_ifname);
}

static void
print_user(const struct ctx *c)
{
	print_id(c->f, "user", &c->r->uid);
}

static void
print_group(const struct ctx *c)
{
	print_id(c->f, "group", &c->r->gid);
}

static void
print_flag_letters(FILE *f, uint8_t flags)
{
	static const char letters[] = "FSRPAUEW";
	int i;

	for (i = 0; letters[i] != '\0'; i++)
		if (flags & (1 << i))
			fputc(letters[i], f);
}

static void
print_flags(const struct ctx *c)
{
	const struct pf_rule *r = c->r;

	if (r->flags != 0 || r->flagset != 0) {
		fputs(" flags ", c->f);
		print_flag_letters(c->f, r->flags);
		fputc('/', c->f);
		print_flag_letters(c->f, r->flagset);
	} else if (r->action == PF_PASS && !c->anchor && r->keep_state != 0 &&
	    (r->proto == 0 || r->proto == IPPROTO_TCP) &&
	    !(r->rule_flag & PFRULE_FRAGMENT))
		fputs(" flags any", c->f);
}

static void
print_icmp(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	const uint8_t af = r->af == AF_INET6 ? AF_INET6 : AF_INET;
	const char *name;

	if (r->type == 0)
		return;
	fputs(af == AF_INET6 ? " icmp6-type " : " icmp-type ", c->f);
	if ((name = icmp_type_name(r->type - 1, af)) != NULL)
		fputs(name, c->f);
	else
		fprintf(c->f, "%u", r->type - 1);
	if (r->code == 0)
		return;
	if ((name = icmp_code_name(r->type - 1, r->code - 1, af)) != NULL)
		fprintf(c->f, " code %s", name);
	else
		fprintf(c->f, " code %u", r->code - 1);
}

static void
print_tos(const struct ctx *c)
{
	if (c->r->tos != 0)
		fprintf(c->f, " tos 0x%02x", c->r->tos);
}

static void
print_prio(const struct ctx *c)
{
	if (c->r->prio != PF_PRIO_NOTSET)
		fprintf(c->f, " prio %u", c->r->prio == PF_PRIO_ZERO ? 0 :
		    c->r->prio);
}

static void
print_probability(const struct ctx *c)
{
	char buf[24];
	size_t i;

	if (c->r->prob == 0)
		return;
	snprintf(buf, sizeof(buf), "%f", c->r->prob * 100.0 / 4294967296.0);
	for (i = strlen(buf) - 1; i > 0 && buf[i] == '0'; i--)
		buf[i] = '\0';
	if (buf[i] == '.')
		buf[i] = '\0';
	fprintf(c->f, " probability %s%%", buf);
}

/* One option among those in parentheses after keep state. */
static void __attribute__((format(printf, 3, 4)))
option(const struct ctx *c, bool *open, const char *fmt, ...)
{
	va_list ap;

	fputs(*open ? ", " : " (", c->f);
	*open = true;
	va_start(ap, fmt);
	vfprintf(c->f, fmt, ap);
	va_end(ap);
}

static void
print_source_options(const struct ctx *c, bool *open)
{
	const struct pf_rule *r = c->r;

	if (r->rule_flag & PFRULE_SRCTRACK)
		option(c, open, "source-track %s",
		    r->rule_flag & PFRULE_RULESRCTRACK ? "rule" : "global");
	if (r->max_src_states != 0)
		option(c, open, "max-src-states %u", r->max_src_states);
	if (r->max_src_conn != 0)
		option(c, open, "max-src-conn %u", r->max_src_conn);
	if (r->max_src_conn_rate.limit != 0)
		option(c, open, "max-src-conn-rate %u/%u",
		    r->max_src_conn_rate.limit, r->max_src_conn_rate.seconds);
	if (r->max_src_nodes != 0)
		option(c, open, "max-src-nodes %u", r->max_src_nodes);
	if (r->overload_tblname[0] != '\0') {
		option(c, open, "overload <%.*s>", PF_TABLE_NAME_SIZE,
		    r->overload_tblname);
		if (r->flush & PF_FLUSH)
			fputs(" flush", c->f);
		if (r->flush & PF_FLUSH_GLOBAL)
			fputs(" global", c->f);
	}
}

static void
print_state_options(const struct ctx *c)
{
	static const struct {
		uint32_t	 flag;
		const char	*word;
	} words[] = {
		{ PFRULE_IFBOUND,	"if-bound" },
		{ PFRULE_GRBOUND,	"group-bound" },
		{ PFRULE_STATESLOPPY,	"sloppy" },
		{ PFRULE_PFLOW,		"pflow" },
	};
	const struct pf_rule *r = c->r;
	bool open = false;
	size_t i;
	int t;

	if (c->anchor)
		return;
	if (r->max_states != 0)
		option(c, &open, "max %u", r->max_states);
	if (r->rule_flag & PFRULE_NOSYNC)
		option(c, &open, "no-sync");
	print_source_options(c, &open);
	for (i = 0; i < NITEMS(words); i++)
		if (r->rule_flag & words[i].flag)
			option(c, &open, "%s", words[i].word);
	for (t = 0; t < PFTM_MAX; t++)
		if (r->timeout[t] != 0)
			option(c, &open, "%s %u", timeout_word(t),
			    r->timeout[t]);
	if (open)
		fputc(')', c->f);
}

static void
print_keep(const struct ctx *c)
{
	static const char *const words[] = { NULL, " keep state",
	    " modulate state", " synproxy state" };
	const struct pf_rule *r = c->r;

	if (r->keep_state == 0) {
		if (r->action == PF_PASS && !c->anchor)
			fputs(" no state", c->f);
	} else if (r->keep_state < NITEMS(words))
		fputs(words[r->keep_state], c->f);
	print_state_options(c);
}

static void
print_once(const struct ctx *c)
{
	if (c->r->rule_flag & PFRULE_ONCE)
		fputs(" once", c->f);
}

static void
print_pktrate(const struct ctx *c)
{
	if (c->r->pktrate.limit != 0)
		fprintf(c->f, " max-pkt-rate %u/%u", c->r->pktrate.limit,
		    c->r->pktrate.seconds);
}

static void
print_fragment(const struct ctx *c)
{
	if (c->r->rule_flag & PFRULE_FRAGMENT)
		fputs(" fragment", c->f);
}

static bool
scrub_rule(const struct pf_rule *r)
{
	return (r->action == PF_SCRUB || r->action == PF_NOSCRUB);
}

/* How a classic scrub rule normalizes. */
static void
print_scrub_rule(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	FILE *f = c->f;

	if (!scrub_rule(r) || c->anchor)
		return;
	if (r->rule_flag & PFRULE_NODF)
		fputs(" no-df", f);
	if (r->rule_flag & PFRULE_RANDOMID)
		fputs(" random-id", f);
	if (r->min_ttl != 0)
		fprintf(f, " min-ttl %u", r->min_ttl);
	if (r->max_mss != 0)
		fprintf(f, " max-mss %u", r->max_mss);
	if (r->rule_flag & PFRULE_SET_TOS)
		fprintf(f, " set-tos 0x%02x", r->set_tos);
	if (r->action != PF_SCRUB)
		return;
	if (r->rule_flag & PFRULE_REASSEMBLE_TCP)
		fputs(" reassemble tcp", f);
	if (r->rule_flag & PFRULE_FRAGDROP)
		fputs(" fragment drop-ovl", f);
	else if (r->rule_flag & PFRULE_FRAGCROP)
		fputs(" fragment crop", f);
	else if (r->rule_flag & PFRULE_NOFRAGMENT)
		fputs(" fragment no reassemble", f);
	else
		fputs(" fragment reassemble", f);
}

/* The same as an option of a filter rule. */
static void
print_scrub_option(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	const char *sep = "";
	FILE *f = c->f;

	if (scrub_rule(r) || (!(r->rule_flag & (PFRULE_NODF | PFRULE_RANDOMID |
	    PFRULE_REASSEMBLE_TCP)) && r->min_ttl == 0 && r->max_mss == 0))
		return;
	fputs(" scrub (", f);
	if (r->rule_flag & PFRULE_NODF) {
		fputs("no-df", f);
		sep = " ";
	}
	if (r->rule_flag & PFRULE_RANDOMID) {
		fprintf(f, "%srandom-id", sep);
		sep = " ";
	}
	if (r->min_ttl != 0) {
		fprintf(f, "%smin-ttl %u", sep, r->min_ttl);
		sep = " ";
	}
	if (r->rule_flag & PFRULE_REASSEMBLE_TCP) {
		fprintf(f, "%sreassemble tcp", sep);
		sep = " ";
	}
	if (r->max_mss != 0)
		fprintf(f, "%smax-mss %u", sep, r->max_mss);
	fputc(')', f);
}

static void
print_scrub(const struct ctx *c)
{
	print_scrub_rule(c);
	print_scrub_option(c);
}

static void
print_allowopts(const struct ctx *c)
{
	if (c->r->allow_opts)
		fputs(" allow-opts", c->f);
}

static void
print_label(const struct ctx *c)
{
	const char *label = c->r->label;
	unsigned int i;

	for (i = 0; label[0] != '\0'; label = c->r->more_label[i++]) {
		fputs(" label ", c->f);
		quoted_print(c->f, label, PF_RULE_LABEL_SIZE);
		if (i == PF_RULE_LABELS - 1)
			break;
	}
}

static void
print_ridentifier(const struct ctx *c)
{
	if (c->r->ridentifier != 0)
		fprintf(c->f, " ridentifier %u", c->r->ridentifier);
}

static unsigned int
prio_number(uint8_t prio)
{
	return (prio == PF_PRIO_ZERO ? 0 : prio);
}

static void
print_queue_name(const struct ctx *c, const char *before)
{
	const struct pf_rule *r = c->r;

	if (r->qname[0] == '\0')
		return;
	fprintf(c->f, r->pqname[0] != '\0' ? "%squeue(" : "%squeue ", before);
	word_print(c->f, r->qname, PF_QNAME_SIZE);
	if (r->pqname[0] == '\0')
		return;
	fputs(", ", c->f);
	word_print(c->f, r->pqname, PF_QNAME_SIZE);
	fputc(')', c->f);
}

static void
print_queue(const struct ctx *c)
{
	if (!(c->r->rule_flag & PFRULE_SETQUEUE))
		print_queue_name(c, " ");
}

/* What is said in the parentheses after `set'. */
static void
print_set(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	const bool queue = (r->rule_flag & PFRULE_SETQUEUE) != 0;
	const bool tos = !scrub_rule(r) && (r->rule_flag & PFRULE_SET_TOS);
	const char *sep = " ";

	if (!queue && !tos && r->set_prio[0] == PF_PRIO_NOTSET)
		return;
	fputs(" set (", c->f);
	if (r->set_prio[0] != PF_PRIO_NOTSET) {
		if (r->set_prio[0] == r->set_prio[1])
			fprintf(c->f, "%sprio %u", sep,
			    prio_number(r->set_prio[0]));
		else
			fprintf(c->f, "%sprio(%u, %u)", sep,
			    prio_number(r->set_prio[0]),
			    prio_number(r->set_prio[1]));
		sep = ", ";
	}
	if (queue) {
		print_queue_name(c, sep);
		sep = ", ";
	}
	if (tos)
		fprintf(c->f, "%stos 0x%02x", sep, r->set_tos);
	fputs(" )", c->f);
}

static void
print_tag(const struct ctx *c)
{
	if (c->r->tagname[0] != '\0') {
		fputs(" tag ", c->f);
		word_print(c->f, c->r->tagname, PF_TAG_NAME_SIZE);
	}
}

static void
print_tagged(const struct ctx *c)
{
	const struct pf_rule *r = c->r;

	if (r->match_tagname[0] != '\0') {
		fputs(r->match_tag_not ? " ! tagged " : " tagged ", c->f);
		word_print(c->f, r->match_tagname, PF_TAG_NAME_SIZE);
	}
}

static void
print_rtable(const struct ctx *c)
{
	if (c->r->rtableid != -1)
		fprintf(c->f, " rtable %d", c->r->rtableid);
}

static void
print_divert(const struct ctx *c)
{
	const struct pf_rule *r = c->r;
	char buf[INET6_ADDRSTRLEN];

	if (r->divert_type == PF_DIVERT_REPLY)
		fputs(" divert-reply", c->f);
	if (r->divert_type == PF_DIVERT_TO &&
	    inet_ntop(r->af, &r->divert_addr, buf, sizeof(buf)) != NULL)
		fprintf(c->f, " divert-to %s port %u", buf,
		    ntohs(r->divert_port));
}

static bool
is_translation(const struct pf_rule *r)
{
	return (r->action == PF_NAT || r->action == PF_RDR ||
	    r->action == PF_BINAT);
}

static void
print_redir(const struct ctx *c)
{
	if (c->anchor || !is_translation(c->r))
		return;
	fputs(" -> ", c->f);
	print_pool(c, PF_POOL_RDR, c->r->action == PF_NAT);
}

/* Whether the rule translates by this pool, of those that nat-to and rdr-to fill. */
static bool
translates_by(const struct ctx *c, unsigned int which)
{
	return (!c->anchor && !is_translation(c->r) &&
	    (c->r->pool_used & 1u << which) != 0);
}

static void
print_natto(const struct ctx *c)
{
	if (!translates_by(c, PF_POOL_NAT))
		return;
	fputs(" nat-to ", c->f);
	print_pool(c, PF_POOL_NAT, true);
}

static void
print_rdrto(const struct ctx *c)
{
	if (!translates_by(c, PF_POOL_RDR))
		return;
	fputs(" rdr-to ", c->f);
	print_pool(c, PF_POOL_RDR, false);
}

static void
print_nothing(const struct ctx *c)
{
	(void)c;
}

#define PART_PRINT(kind, again, take, print, name)	print_ ## print,
static void	(*const parts[])(const struct ctx *) = {
	RULE_PARTS(PART_PRINT)
};

void
pfctl_print_rule(const struct pfctl_printer *pr, const struct pf_rule *r,
    const struct pfctl_pool pool[PF_POOL_MAX], const char *anchor_call)
{
	const struct ctx c = { pr, pr->out, r, pool, anchor_call,
	    anchor_call[0] != '\0' };
	size_t i;

	if (pr->flags & PFCTL_PRINT_NR)
		fprintf(pr->out, "@%u ", r->nr);
	print_action(&c);
	for (i = 0; i < NITEMS(parts); i++)
		parts[i](&c);
	if (!c.anchor && !is_translation(r))
		print_route_late(&c);
}

/*
 * The rules of a file, with those of anchors inside their braces: where an anchor
 * is called first.  Braces of one name add to one anchor, which may even call
 * itself; later calls name it only.
 */

#define TABLE_BATCH	64

static void
print_table(const struct pfctl_printer *pr, const struct pfctl_table *t)
{
	struct pfr_addr batch[TABLE_BATCH];
	struct pf_addr_wrap a;
	size_t at, i, n;

	fprintf(pr->out, "table <%s> const { ", t->name);
	memset(&a, 0, sizeof(a));
	a.type = PF_ADDR_ADDRMASK;
	for (at = 0; (n = pfctl_table_get(t, at, batch, TABLE_BATCH)) > 0;
	    at += n)
		for (i = 0; i < n; i++) {
			a.v.a.addr = batch[i].pfra_addr;
			addr_mask(&a.v.a.mask, batch[i].pfra_net);
			pfctl_print_addr(pr, &a, batch[i].pfra_af);
			fputc(' ', pr->out);
		}
	fputs("}\n", pr->out);
}

/*
 * The tables that the optimizer has made.  Those of anchors in braces, too, stand
 * in front of all rules, as no table may be defined in braces; their rules find
 * them there.
 */
static void
print_made_tables(struct pfctl *pf, const struct pfctl_printer *pr)
{
	size_t i;

	for (i = 0; i < pf->ntables; i++)
		if (pf->tables[i]->optimizer)
			print_table(pr, pf->tables[i]);
}

static void
print_ruleset(struct pfctl *pf, const struct pfctl_printer *pr,
    uint32_t anchor, int type, int depth, bool *shown)
{
	const struct pfctl_ruleset *rs = &pf->anchors[anchor].rs[type];
	const struct pfctl_rule *r;
	uint32_t i;

	for (i = 0; i < rs->n; i++) {
		r = rs->rule[i];
		fprintf(pr->out, "%*s", depth * 2, "");
		pfctl_print_rule(pr, &r->rule, r->pool, r->anchor_call);
		if (r->block == 0 || shown[r->block - 1]) {
			fputc('\n', pr->out);
			continue;
		}
		/* one without a name is written where it is called */
		shown[r->block - 1] = r->anchor_call[0] != '_';
		fputs(" {\n", pr->out);
		print_ruleset(pf, pr, r->block - 1, type, depth + 1, shown);
		fprintf(pr->out, "%*s}\n", depth * 2, "");
	}
}

void
rules_print(struct pfctl *pf)
{
	static const int order[] = { PF_RULESET_SCRUB, PF_RULESET_NAT,
	    PF_RULESET_RDR, PF_RULESET_BINAT, PF_RULESET_FILTER };
	const struct pfctl_printer pr = { pf->out, pf->names, pf->osfp,
	    pf->verbose > 1 ? PFCTL_PRINT_NR : 0 };
	bool *shown = xcalloc(pf->nanchors, sizeof(*shown));
	uint32_t i;
	size_t t;

	print_made_tables(pf, &pr);
	shown[0] = true;
	for (t = 0; t < NITEMS(order); t++)
		print_ruleset(pf, &pr, 0, order[t], 0, shown);
	for (i = 1; i < pf->nanchors && pf->verbose > 1; i++) {
		if (!pf->anchors[i].loaded)
			continue;
		fprintf(pf->out, "# anchor %s\n", pf->anchors[i].path);
		for (t = 0; t < NITEMS(order); t++)
			print_ruleset(pf, &pr, i, order[t], 0, shown);
	}
	free(shown);
}
