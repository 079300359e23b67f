/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * naive.h: rules and packets of test_naive.c, and a reader of the rules that does what the manual
 * says, one rule after the other, and nothing clever.
 *
 * Owns the rulesets.  Locking: none.
 */
#ifndef _NAIVE_H_
#define _NAIVE_H_

#include <arpa/inet.h>

#include "unit.h"

#define RULES		24		/* in a ruleset, at most */
#define SETS		7
#define TAGS		3

/* --- what both know ------------------------------------------------------------- */

struct rule {
	struct pf_rule	 r;
	const char	*call;		/* NULL: none */
	struct pf_addr	 to;		/* of the pool, if there is one */
	uint64_t	 packets[2], bytes[2];
};
struct set {
	const char	*path;
	uint32_t	 kind;
	struct rule	 rule[RULES];
	uint32_t	 n;
};
static struct set sets[SETS] = {
	{ .path = "", .kind = PF_RULESET_FILTER },
	{ .path = "a", .kind = PF_RULESET_FILTER },
	{ .path = "a/c", .kind = PF_RULESET_FILTER },
	{ .path = "b", .kind = PF_RULESET_FILTER },
	{ .path = "", .kind = PF_RULESET_RDR },
	{ .path = "", .kind = PF_RULESET_NAT },
	{ .path = "", .kind = PF_RULESET_SCRUB },
};

struct packet {
	int		 dir, in_by;	/* 1 eth0, 2 eth1, 3 wg0; in_by 0: made here */
	int		 at;
	uint8_t		 af, proto, flags, type, code, tos, ttl;
	uint16_t	 mss;		/* of a SYN; 0: none is offered */
	uint16_t	 id;		/* of IPv4 */
	bool		 df, new_id;	/* new_id: it may be any */
	struct pf_addr	 src, dst;
	uint16_t	 sport, dport;
	bool		 first, later;	/* of a fragmented datagram */
	bool		 opts;
	unsigned int	 tag;		/* 0: none */
	unsigned int	 prio;
	uint32_t	 len;
};

static const char *const names[] = { "", "eth0", "eth1", "wg0" };
static const char tags[TAGS + 1][4] = { "", "t1", "t2", "t3" };
static const char table4[] = "10.0.0.0/24 !10.0.0.2 10.0.128.2";
static const char table6[] = "2001:db8:0::/48 !2001:db8::1 2001:db8:2::2";

/* One of the four hosts of a family; that of number 0 is this machine. */
static void
host(struct pf_addr *a, uint8_t af, uint32_t i)
{
	memset(a, 0, sizeof(*a));
	if (af == AF_INET)
		a->v4 = htonl(0x0a000000 + (i & 2) * 0x4000 + (i & 1) + 1);
	else {
		a->addr32[0] = htonl(0x20010db8);
		a->addr32[1] = htonl((i & 2) << 16);
		a->addr32[3] = htonl((i & 1) + 1);
	}
}

static bool
is_host(const struct pf_addr *a, uint8_t af, uint32_t i)
{
	struct pf_addr h;

	host(&h, af, i);
	return (memcmp(&h, a, sizeof(h)) == 0);
}

/* --- the reader ----------------------------------------------------------------- */

static bool
number_fits(uint8_t op, uint32_t a, uint32_t b, uint32_t n)
{
	switch (op) {
	case PF_OP_EQ:
		return (n == a);
	case PF_OP_NE:
		return (n != a);
	case PF_OP_LT:
		return (n < a);
	case PF_OP_LE:
		return (n <= a);
	case PF_OP_GT:
		return (n > a);
	case PF_OP_GE:
		return (n >= a);
	case PF_OP_IRG:
		return (n > a && n < b);
	case PF_OP_XRG:
		return (n < a || n > b);
	case PF_OP_RRG:
		return (n >= a && n <= b);
	}
	return (true);
}

static bool
port_fits(const struct pf_rule_addr *ra, const struct packet *p, uint16_t port)
{
	return (ra->port_op == PF_OP_NONE || (!p->later && number_fits(ra->port_op,
	    ntohs(ra->port[0]), ntohs(ra->port[1]), port)));
}

/* Hosts 0 and 1 lie behind eth0, host 2 behind eth1, and host 3 is nowhere. */
static bool
route_fits(const struct packet *p, const struct pf_addr *a, bool back)
{
	if (is_host(a, p->af, 3))
		return (true);			/* no route, whichever way */
	if (!back)
		return (false);
	if (is_host(a, p->af, 0))
		return (true);			/* itself: by lo alone */
	return (p->at != (is_host(a, p->af, 2) ? 2 : 1));
}

static bool
host_fits(const struct pf_rule_addr *ra, const struct packet *p,
    const struct pf_addr *a)
{
	const struct pf_addr_wrap *w = &ra->addr;
	bool fits = true;
	int i;

	switch (w->type) {
	case PF_ADDR_ADDRMASK:
		for (i = 0; i < 16; i++)
			fits = fits && ((a->addr8[i] ^ w->v.a.addr.addr8[i]) &
			    w->v.a.mask.addr8[i]) == 0;
		break;
	case PF_ADDR_RANGE:
		i = p->af == AF_INET ? 4 : 16;
		fits = memcmp(a, &w->v.a.addr, (size_t)i) >= 0 &&
		    memcmp(a, &w->v.a.mask, (size_t)i) <= 0;
		break;
	case PF_ADDR_TABLE:			/* as table4 and table6 say */
		fits = p->af == AF_INET ? is_host(a, AF_INET, 0) ||
		    is_host(a, AF_INET, 3) : is_host(a, AF_INET6, 1) ||
		    is_host(a, AF_INET6, 3);
		break;
	case PF_ADDR_DYNIFTL:
		fits = strcmp(w->v.ifname, "eth0") == 0 && is_host(a, p->af, 0);
		break;
	default:
		fits = route_fits(p, a, w->type == PF_ADDR_URPFFAILED);
	}
	return (fits != (ra->neg != 0));
}

/* An interface is named by itself, or by the group of its driver. */
static bool
interface_fits(const char *name, int which)
{
	return (which != 0 && (strcmp(name, names[which]) == 0 ||
	    (strlen(name) + 1 == strlen(names[which]) &&
	    strncmp(name, names[which], strlen(name)) == 0)));
}

static bool
owner_fits(const struct pf_rule_id *id, const struct packet *p, uint32_t mine)
{
	bool here = p->dir == PF_OUT ? p->in_by == 0 : is_host(&p->dst, p->af, 0);

	if (id->op == PF_OP_NONE || (p->proto != IPPROTO_TCP &&
	    p->proto != IPPROTO_UDP))
		return (true);
	if (p->later)
		return (false);
	if (here)
		return (number_fits(id->op, id->id[0], id->id[1], mine));
	return ((id->op == PF_OP_EQ && id->id[0] == UINT32_MAX) ||
	    (id->op == PF_OP_NE && id->id[0] != UINT32_MAX));
}

static bool
rule_fits(const struct pf_rule *r, const struct packet *p)
{
	if (r->ifname[0] != '\0' &&
	    interface_fits(r->ifname, p->at) == (r->ifnot != 0))
		return (false);
	if (r->rcv_ifname[0] != '\0' &&
	    interface_fits(r->rcv_ifname, p->dir == PF_IN ? p->at : p->in_by) ==
	    (r->rcvifnot != 0))
		return (false);
	if ((r->direction != 0 && r->direction != p->dir) ||
	    (r->af != 0 && r->af != p->af) ||
	    (r->proto != 0 && r->proto != p->proto) ||
	    (r->tos != 0 && r->tos != p->tos) ||
	    (r->prio != 0 && r->prio % 255 != p->prio))
		return (false);
	if (!host_fits(&r->src, p, &p->src) || !host_fits(&r->dst, p, &p->dst) ||
	    !port_fits(&r->src, p, p->sport) || !port_fits(&r->dst, p, p->dport))
		return (false);
	if (r->flagset != 0 && p->proto == IPPROTO_TCP &&
	    (p->flags & r->flagset) != r->flags)
		return (false);
	if (r->type != 0 && r->type != p->type + 1)
		return (false);
	if (r->code != 0 && r->code != p->code + 1)
		return (false);
	if ((r->rule_flag & PFRULE_FRAGMENT) != 0 && !p->first && !p->later)
		return (false);
	if (r->match_tagname[0] != '\0' &&
	    (strcmp(tags[p->tag], r->match_tagname) == 0) == (r->match_tag_not != 0))
		return (false);
	return (owner_fits(&r->uid, p, 1000) && owner_fits(&r->gid, p, 100));
}

/* What is found out about a packet. */
struct verdict {
	bool		 dropped;	/* no rule's doing: it counts nowhere */
	struct rule	*decides, *led, *nat, *translates;
	struct rule	*met[64];	/* `match' rules */
	unsigned int	 nmet;
	bool		 moved, sets_tos, sets_prio, no_df, random_id, allows_opts;
	uint8_t		 tos, min_ttl;
	unsigned int	 prio[2];
	uint16_t	 max_mss;
};

static void
set_tag(struct packet *p, const struct pf_rule *r)
{
	for (unsigned int i = 1; i <= TAGS; i++)
		if (strcmp(r->tagname, tags[i]) == 0)
			p->tag = i;
}

static bool
has_pool(const struct pf_rule *r)
{
	return (r->pool_used != 0 || r->action == PF_NAT || r->action == PF_RDR);
}

/* The packet gets an address of the rule; a fragment without ports cannot. */
static void
move(struct packet *p, struct verdict *v, struct rule *rule)
{
	bool source = rule->r.action == PF_NAT ||
	    (rule->r.pool_used & 1U << PF_POOL_NAT) != 0;
	struct pf_addr *a = source ? &p->src : &p->dst;

	if (p->later) {
		v->dropped = true;
		return;
	}
	v->translates = rule;
	*a = rule->to;
}

static void
count(struct rule *rule, const struct packet *p)
{
	if (rule == NULL)
		return;
	rule->packets[p->dir == PF_OUT]++;
	rule->bytes[p->dir == PF_OUT] += p->len;
}

static void
settle(struct verdict *v, const struct pf_rule *r)
{
	if ((r->rule_flag & PFRULE_SET_TOS) != 0) {
		v->sets_tos = true;
		v->tos = r->set_tos;
	}
	if (r->set_prio[0] != 0) {
		v->sets_prio = true;
		v->prio[0] = r->set_prio[0] % 255;
		v->prio[1] = r->set_prio[1] % 255;
	}
	v->no_df = v->no_df || (r->rule_flag & PFRULE_NODF) != 0;
	v->random_id = v->random_id || (r->rule_flag & PFRULE_RANDOMID) != 0;
	v->allows_opts = v->allows_opts || r->allow_opts;
	if (r->min_ttl != 0)
		v->min_ttl = r->min_ttl;
	if (r->max_mss != 0)
		v->max_mss = r->max_mss;
}

/* Headers as the rules say. */
static void
change(struct packet *p, const struct verdict *v)
{
	if (v->sets_prio)			/* test_naive.c has no empty segments */
		p->prio = v->prio[(p->tos & 0x10) != 0];
	if (v->sets_tos)
		p->tos = (uint8_t)((v->tos & ~3) | (p->tos & 3));
	if (p->ttl < v->min_ttl)
		p->ttl = v->min_ttl;
	if (v->max_mss != 0 && p->mss > v->max_mss)
		p->mss = v->max_mss;
	if (p->af != AF_INET)
		return;
	if (v->no_df)
		p->df = false;
	if (v->random_id && !p->first && !p->later)
		p->new_id = true;
}

/* The first rule of the scrub ruleset that matches. */
static void
scrub(struct packet *p)
{
	struct set *s = &sets[6];
	struct verdict v;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!rule_fits(&s->rule[i].r, p))
			continue;
		memset(&v, 0, sizeof(v));
		settle(&v, &s->rule[i].r);
		count(&s->rule[i], p);
		change(p, &v);
		return;
	}
}

/* Read a ruleset.  Returns whether no other is to be read; *any: a rule matched. */
static bool
read_set(struct set *s, struct packet *p, struct verdict *v, struct rule *led,
    bool *any)
{
	for (uint32_t i = 0; i < s->n && !v->dropped; i++) {
		struct rule *rule = &s->rule[i];
		const struct pf_rule *r = &rule->r;
		bool inside = false, stop = false;

		if (!rule_fits(r, p))
			continue;
		set_tag(p, r);
		if (rule->call != NULL) {
			/* by path: from inside "a", "c" is "a/c"; "a/" and a star: a/c */
			const char *path = strchr(rule->call, 'c') != NULL ||
			    strchr(rule->call, '*') != NULL ? "a/c" : rule->call;

			for (unsigned int k = 1; k < 4; k++)
				if (strcmp(sets[k].path, path) == 0)
					stop = read_set(&sets[k], p, v,
					    led != NULL ? led : rule, &inside);
			*any = *any || inside;
			if (stop || v->dropped || (inside && r->quick))
				return (true);
			continue;
		}
		if (r->action == PF_MATCH) {
			v->met[v->nmet++] = rule;
			settle(v, r);
			if (has_pool(r))
				move(p, v, rule);
		} else {
			*any = true;
			v->decides = rule;
			v->led = led;
		}
		if (r->quick)
			return (true);
	}
	return (v->dropped);
}

/* Whether the packet passes, which *p is then as it goes on. */
static bool
judge(struct packet *p)
{
	struct packet was;
	struct verdict v;
	struct set *translation = &sets[p->dir == PF_IN ? 4 : 5];
	const struct pf_rule *r;
	bool any = false, passes, state;
	uint32_t i;

	scrub(p);
	was = *p;
	memset(&v, 0, sizeof(v));
	for (i = 0; i < translation->n; i++)
		if (rule_fits(&translation->rule[i].r, p)) {
			set_tag(p, &translation->rule[i].r);
			if (!has_pool(&translation->rule[i].r))
				break;		/* no translation */
			v.nat = &translation->rule[i];
			move(p, &v, v.nat);
			break;
		}
	if (!v.dropped && (v.nat == NULL || !v.nat->r.natpass))
		read_set(&sets[0], p, &v, NULL, &any);
	if (v.dropped)
		return (false);
	r = v.decides != NULL ? &v.decides->r : NULL;
	passes = r == NULL || r->action == PF_PASS;
	if (passes && p->opts && !v.allows_opts && (r == NULL || !r->allow_opts))
		return (false);
	if (passes && r != NULL) {
		settle(&v, r);
		if (has_pool(r))
			move(p, &v, v.decides);
		if (v.dropped)
			return (false);
	}
	v.moved = memcmp(&was.src, &p->src, sizeof(was.src)) != 0 ||
	    memcmp(&was.dst, &p->dst, sizeof(was.dst)) != 0;
	state = passes && !p->later && (v.moved || (r != NULL && r->keep_state != 0));
	if (v.decides == NULL && state)
		v.decides = v.translates;
	count(v.decides, &was);
	if (v.led != v.decides)
		count(v.led, &was);
	for (i = 0; i < v.nmet; i++)
		if (v.met[i] != v.decides)
			count(v.met[i], &was);
	if (state && v.nat != v.decides)
		count(v.nat, &was);
	if (passes)
		change(p, &v);
	return (passes);
}

#endif /* _NAIVE_H_ */
