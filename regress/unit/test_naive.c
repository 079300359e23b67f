// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_naive.c: random rulesets and packets, judged by pf_test() and by a reader of the
 * rules that does what the manual says, one rule after the other, and nothing clever.
 *
 * Compared are the verdict, the addresses, the tag and the type of service of what passes,
 * and, for each ruleset, the packets and bytes of every rule: which rule decided, what led
 * to it, and what else has matched, all show there.  The states of a packet are gone when
 * the next one comes.  PF_SEED and PF_PACKETS in the environment choose the seed and how
 * many packets there are; both are printed.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "tables.h"
#include "pf_statetab.h"

#define RULES		24		/* in a ruleset, at most */
#define SETS		6
#define TAGS		3

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((uint32_t)(seed >> 33) % n);
}
#define ONE_OF(a)	((a)[rnd(NITEMS(a))])

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
};

struct packet {
	int		 dir, in_by;	/* 1 eth0, 2 eth1, 3 wg0; in_by 0: made here */
	int		 at;
	uint8_t		 af, proto, flags, type, code, tos;
	struct pf_addr	 src, dst;
	uint16_t	 sport, dport;
	bool		 first, later;	/* of a fragmented datagram */
	bool		 opts;
	unsigned int	 tag;		/* 0: none */
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
	    (r->tos != 0 && r->tos != p->tos))
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
	bool		 moved, sets_tos;
	uint8_t		 tos;
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
settle(struct verdict *v, const struct pf_rule *r)
{
	if ((r->rule_flag & PFRULE_SET_TOS) != 0) {
		v->sets_tos = true;
		v->tos = r->set_tos;
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

static void
count(struct rule *rule, const struct packet *p)
{
	if (rule == NULL)
		return;
	rule->packets[p->dir == PF_OUT]++;
	rule->bytes[p->dir == PF_OUT] += p->len;
}

/* Whether the packet passes, which *p is then as it goes on. */
static bool
judge(struct packet *p)
{
	struct packet was = *p;
	struct verdict v;
	struct set *translation = &sets[p->dir == PF_IN ? 4 : 5];
	const struct pf_rule *r;
	bool any = false, passes, state;
	uint32_t i;

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
	if (passes && p->opts && (r == NULL || !r->allow_opts))
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
	if (passes && v.sets_tos)
		p->tos = (uint8_t)((v.tos & ~3) | (p->tos & 3));
	return (passes);
}

/* --- at random -------------------------------------------------------------------- */

static void
random_end(struct pf_rule_addr *ra, uint8_t af, bool ports, bool source)
{
	static const uint8_t lengths[2][3] = { { 32, 24, 8 }, { 128, 64, 32 } };
	static const uint8_t ops[] = { PF_OP_EQ, PF_OP_EQ, PF_OP_EQ, PF_OP_NE,
	    PF_OP_LT, PF_OP_LE, PF_OP_GT, PF_OP_GE, PF_OP_IRG, PF_OP_XRG, PF_OP_RRG };
	uint16_t a, b;

	ra->neg = rnd(4) == 0;
	switch (rnd(9)) {
	case 0: case 1: case 2:
		ra->neg = 0;
		break;
	case 3:
		ra->addr.type = PF_ADDR_TABLE;
		strcpy(ra->addr.v.tblname, "t");
		break;
	case 4:
		ra->addr.type = source && rnd(2) != 0 ? PF_ADDR_URPFFAILED :
		    PF_ADDR_NOROUTE;
		break;
	case 5:
		ra->addr.type = PF_ADDR_DYNIFTL;
		strcpy(ra->addr.v.ifname, rnd(3) != 0 ? "eth0" : "wg0");
		ra->addr.net = af == AF_INET ? 32 : 128;
		if (af == 0)
			*ra = (struct pf_rule_addr){ .neg = 0 };
		break;
	case 6:
		if (af == 0) {
			ra->neg = 0;
			break;
		}
		ra->addr.type = PF_ADDR_RANGE;
		host(&ra->addr.v.a.addr, af, rnd(2));
		host(&ra->addr.v.a.mask, af, 1 + rnd(3));
		break;
	default:
		if (af == 0) {
			ra->neg = 0;
			break;
		}
		host(&ra->addr.v.a.addr, af, rnd(4));
		b = lengths[af == AF_INET6][rnd(3)];
		for (unsigned int i = 0; i < 128; i++)
			if (i < b)
				ra->addr.v.a.mask.addr8[i / 8] |=
				    (uint8_t)(0x80 >> i % 8);
			else
				ra->addr.v.a.addr.addr8[i / 8] &=
				    (uint8_t)~(0x80 >> i % 8);
	}
	if (ports && rnd(3) == 0) {
		ra->port_op = ONE_OF(ops);
		a = (uint16_t)(1 + rnd(6));
		b = (uint16_t)(a + rnd(4));
		ra->port[0] = htons(a);
		ra->port[1] = htons(ra->port_op == PF_OP_XRG || ra->port_op == PF_OP_RRG ||
		    ra->port_op == PF_OP_IRG ? b : a);
	}
}

static void
random_id(struct pf_rule_id *id, uint32_t mine)
{
	static const uint8_t ops[] = { PF_OP_EQ, PF_OP_NE, PF_OP_LT, PF_OP_GE,
	    PF_OP_RRG, PF_OP_XRG };

	id->op = ONE_OF(ops);
	id->id[0] = mine - 1 + rnd(3);
	if (id->op >= PF_OP_XRG)
		id->id[1] = id->id[0] + rnd(2);
	else if (id->op <= PF_OP_NE && rnd(3) == 0)
		id->id[0] = UINT32_MAX;
}

/* What any kind of rule may ask. */
static void
random_criteria(struct pf_rule *r)
{
	static const uint8_t protos[] = { 0, 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
	    IPPROTO_GRE };
	static const uint8_t afs[] = { 0, AF_INET, AF_INET, AF_INET6 };
	static const uint8_t dirs[] = { 0, 0, PF_IN, PF_OUT };
	static const char *const where[] = { "eth0", "eth1", "wg0", "eth" };
	bool ports;

	r->direction = ONE_OF(dirs);
	r->proto = ONE_OF(protos);
	r->af = r->proto == IPPROTO_ICMP ? AF_INET : ONE_OF(afs);
	ports = r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP;
	if (rnd(3) == 0) {
		strcpy(r->ifname, ONE_OF(where));
		r->ifnot = rnd(3) == 0;
	}
	if (rnd(8) == 0) {
		strcpy(r->rcv_ifname, ONE_OF(where));
		r->rcvifnot = rnd(3) == 0;
	}
	random_end(&r->src, r->af, ports, true);
	random_end(&r->dst, r->af, ports, false);
	if (r->proto == IPPROTO_ICMP && rnd(2) != 0) {
		r->type = (uint8_t)(1 + (rnd(2) != 0 ? 8 : 13));
		r->code = (uint8_t)rnd(3);
	}
	if (rnd(6) == 0)
		r->tos = 0x10;
	if (rnd(5) == 0) {
		strcpy(r->match_tagname, tags[1 + rnd(TAGS)]);
		r->match_tag_not = rnd(3) == 0;
	}
	if (rnd(4) == 0)
		strcpy(r->tagname, tags[1 + rnd(TAGS)]);
	if (rnd(6) == 0)
		random_id(&r->uid, 1000);
	if (rnd(10) == 0)
		random_id(&r->gid, 100);
}

static void
random_filter(struct rule *rule, const struct set *s)
{
	static const int actions[] = { PF_PASS, PF_PASS, PF_PASS, PF_DROP, PF_DROP,
	    PF_MATCH, PF_MATCH };
	static const char *const calls[] = { "a", "b", "a/*", "a/c" };
	struct pf_rule *r = &rule->r;
	bool calling = s->path[0] == '\0' ? rnd(6) == 0 :
	    strcmp(s->path, "a") == 0 && rnd(6) == 0;

	*r = unit_rule(calling ? PF_PASS : ONE_OF(actions));
	r->flags = r->flagset = r->keep_state = 0;
	r->quick = rnd(9) == 0;
	random_criteria(r);
	if (r->proto == IPPROTO_TCP && rnd(3) == 0) {
		r->flagset = TH_SYN | TH_ACK;
		r->flags = TH_SYN;
	}
	if (rnd(12) == 0)
		r->rule_flag |= PFRULE_FRAGMENT;
	if (calling) {
		rule->call = s->path[0] == '\0' ? ONE_OF(calls) : "c";
		return;
	}
	if (r->action == PF_PASS) {
		r->keep_state = rnd(2) != 0;
		r->allow_opts = rnd(2) != 0;
	}
	if (rnd(6) == 0) {
		r->rule_flag |= PFRULE_SET_TOS;
		r->set_tos = (uint8_t)(rnd(3) * 0x10);
	}
	if (rnd(5) == 0 && r->af != 0 && (r->action == PF_MATCH ||
	    r->keep_state != 0)) {
		r->direction = (uint8_t)(rnd(2) != 0 ? PF_IN : PF_OUT);
		r->pool_used = (uint8_t)(1U << (r->direction == PF_IN ?
		    PF_POOL_RDR : PF_POOL_NAT));
		host(&rule->to, r->af, rnd(4));
	}
}

static void
random_translation(struct rule *rule, const struct set *s)
{
	static const int actions[PF_RULESET_MAX][3] = {
		[PF_RULESET_NAT] = { PF_NAT, PF_NAT, PF_NONAT },
		[PF_RULESET_RDR] = { PF_RDR, PF_RDR, PF_NORDR },
	};
	struct pf_rule *r = &rule->r;

	do {
		*r = unit_rule(actions[s->kind][rnd(3)]);
		random_criteria(r);
	} while (r->af == 0);
	r->direction = 0;
	if (has_pool(r)) {
		r->natpass = rnd(4) == 0;
		host(&rule->to, r->af, rnd(4));
	}
}

static void
random_packet(struct packet *p)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP,
	    IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE };
	static const uint8_t flags[] = { TH_SYN, TH_ACK, TH_SYN | TH_ACK };
	static const uint8_t toses[] = { 0, 0x10, 0x01, 0x12 };

	memset(p, 0, sizeof(*p));
	p->dir = rnd(2) != 0 ? PF_IN : PF_OUT;
	p->at = 1 + (int)rnd(3);
	p->in_by = p->dir == PF_IN ? p->at : (int)rnd(4);
	p->proto = ONE_OF(protos);
	p->af = rnd(3) != 0 || p->proto == IPPROTO_ICMP ? AF_INET : AF_INET6;
	host(&p->src, p->af, rnd(4));
	do {
		host(&p->dst, p->af, rnd(4));
	} while (memcmp(&p->src, &p->dst, sizeof(p->src)) == 0);
	p->tos = ONE_OF(toses);
	p->tag = rnd(3) == 0 ? 1 + rnd(TAGS) : 0;
	if (p->proto == IPPROTO_UDP && rnd(4) == 0) {
		p->later = rnd(2) != 0;
		p->first = !p->later;
	}
	if ((p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) && !p->later) {
		p->sport = (uint16_t)(1 + rnd(11));
		p->dport = (uint16_t)(1 + rnd(11));
		p->flags = p->proto == IPPROTO_TCP ? ONE_OF(flags) : 0;
	}
	if (p->proto == IPPROTO_ICMP) {
		p->type = rnd(2) != 0 ? 8 : 13;
		p->code = 0;
	}
	p->opts = p->af == AF_INET && rnd(12) == 0;
}

/* --- the filter ------------------------------------------------------------------- */

static int
load_rule(struct fix *f, struct pfioc_trans_e *e, const struct set *s,
    const struct rule *rule)
{
	static struct pfioc_rule pr;
	struct pfioc_pooladdr pp;
	int error;

	memset(&pr, 0, sizeof(pr));
	if (has_pool(&rule->r)) {
		memset(&pp, 0, sizeof(pp));
		error = sim_ioctl(f->n, f->cl, DIOCBEGINADDRS, &pp);
		if (error != 0)
			return (error);
		pp.ticket = e->ticket;
		pp.ruleset = s->kind;
		pp.which = (rule->r.pool_used & 1U << PF_POOL_NAT) != 0 ?
		    PF_POOL_NAT : PF_POOL_RDR;
		strcpy(pp.anchor, s->path);
		pp.addr.addr.v.a.addr = rule->to;
		memset(&pp.addr.addr.v.a.mask, 0xff, rule->r.af == AF_INET ? 4 : 16);
		error = sim_ioctl(f->n, f->cl, DIOCADDADDR, &pp);
		if (error != 0)
			return (error);
	}
	pr.ticket = e->ticket;
	pr.ruleset = s->kind;
	strcpy(pr.anchor, s->path);
	if (rule->call != NULL)
		strcpy(pr.anchor_call, rule->call);
	pr.rule = rule->r;
	return (sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr));
}

static void
load_sets(struct fix *f)
{
	struct pfioc_trans_e e[SETS];
	struct pfioc_trans t = { SETS, sizeof(e[0]), (uintptr_t)e };
	unsigned int i;
	uint32_t k;
	int error;

	memset(e, 0, sizeof(e));
	for (i = 0; i < SETS; i++) {
		e[i].type = sets[i].kind;
		strcpy(e[i].anchor, sets[i].path);
	}
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &t), 0);
	for (i = 0; i < SETS; i++)
		for (k = 0; k < sets[i].n; k++) {
			error = load_rule(f, &e[i], &sets[i], &sets[i].rule[k]);
			if (error != 0)
				fail_msg("set %u, rule %u: errno %d", i, k, error);
		}
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &t), 0);
}

static void
random_sets(struct fix *f)
{
	for (unsigned int i = 0; i < SETS; i++) {
		struct set *s = &sets[i];

		memset(s->rule, 0, sizeof(s->rule));
		s->n = i == 0 ? 1 + rnd(RULES) : rnd(6);
		for (uint32_t k = 0; k < s->n; k++) {
			if (s->kind == PF_RULESET_FILTER)
				random_filter(&s->rule[k], s);
			else
				random_translation(&s->rule[k], s);
			/* like the one before it, for the skip steps */
			if (k > 0 && rnd(3) == 0 && s->rule[k].r.rcv_ifname[0] == '\0') {
				memcpy(s->rule[k].r.ifname, s->rule[k - 1].r.ifname,
				    PF_IFNAMSIZ);
				s->rule[k].r.ifnot = s->rule[k - 1].r.ifnot;
			}
		}
	}
	load_sets(f);
}

static uint16_t
tag_number(struct fix *f, unsigned int tag)
{
	struct pf_tag *t;
	uint16_t nr;

	if (tag == 0)
		return (0);
	pf_mutex_lock(&f->n->pf->ctl);
	assert_int_equal(pf_tag_get(f->n->pf, tags[tag], &t), 0);
	nr = t->nr;
	pf_tag_put(f->n->pf, t);
	pf_mutex_unlock(&f->n->pf->ctl);
	return (nr);
}

static struct pf_pkt *
build(struct fix *f, const struct packet *p)
{
	static const uint8_t router_alert[] = { 0x94, 4, 0, 0 };
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	struct sim_spec s = { .src = src, .dst = dst, .proto = p->proto,
	    .sport = p->sport, .dport = p->dport, .flags = p->flags, .tos = p->tos,
	    .icmp_type = p->type, .icmp_code = p->code, .icmp_id = 7, .paylen = 16,
	    .frag_off = p->later ? 64 : 0, .more_frags = p->first,
	    .opts = router_alert, .optlen = p->opts ? sizeof(router_alert) : 0 };
	struct pf_pkt *pkt;

	inet_ntop(p->af, &p->src, src, sizeof(src));
	inet_ntop(p->af, &p->dst, dst, sizeof(dst));
	pkt = sim_pkt_build(&s);
	pkt->ifindex = p->in_by;
	pf_pkt_set_tag(pkt, tag_number(f, p->tag));
	return (pkt);
}

/* What went on is what the reader says. */
static const char *
differs(struct fix *f, const struct pf_pkt *pkt, const struct packet *want)
{
	struct sim_info i;
	struct pf_addr a;

	if (pf_pkt_tag(pkt) != tag_number(f, want->tag))
		return ("tag");
	if (!sim_pkt_info(pkt, &i) && !want->first && !want->later)
		return (i.wrong);
	memset(&a, 0, sizeof(a));
	inet_pton(want->af, i.src, &a);
	if (memcmp(&a, &want->src, sizeof(a)) != 0)
		return ("source");
	memset(&a, 0, sizeof(a));
	inet_pton(want->af, i.dst, &a);
	if (memcmp(&a, &want->dst, sizeof(a)) != 0)
		return ("destination");
	return (i.tos != want->tos ? "type of service" : NULL);
}

static void
compare_counters(struct fix *f, unsigned int number)
{
	static struct pfioc_rule pr;

	for (unsigned int i = 0; i < SETS; i++) {
		if (sets[i].n == 0)
			continue;		/* perhaps there is no such anchor */
		memset(&pr, 0, sizeof(pr));
		pr.ruleset = sets[i].kind;
		strcpy(pr.anchor, sets[i].path);
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULES, &pr), 0);
		assert_int_equal(pr.nr, sets[i].n);
		for (uint32_t k = 0; k < sets[i].n; k++) {
			const struct rule *rule = &sets[i].rule[k];

			pr.nr = k;
			assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, &pr), 0);
			if (memcmp(rule->packets, pr.rule.packets,
			    sizeof(rule->packets)) != 0 || memcmp(rule->bytes,
			    pr.rule.bytes, sizeof(rule->bytes)) != 0)
				fail_msg("ruleset %u: set %u, rule %u: %llu in and %llu "
				    "out, not %llu and %llu", number, i, k,
				    (unsigned long long)pr.rule.packets[0],
				    (unsigned long long)pr.rule.packets[1],
				    (unsigned long long)rule->packets[0],
				    (unsigned long long)rule->packets[1]);
		}
	}
}

static bool
forget(struct pf_state *s, void *pf)
{
	pf_state_remove(pf, s);
	return (true);
}

static unsigned long
from_environment(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return (s != NULL ? strtoul(s, NULL, 0) : otherwise);
}

static void
prepare(struct fix *f)
{
	static const char *const routes[] = { "10.0.0.0/24", "2001:db8:0::/48",
	    "10.0.128.1/32", "2001:db8:2::1/128" };
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	assert_int_equal(sim_if_rename(f->n, 1, names[1]), 0);
	assert_int_equal(sim_if_rename(f->n, 2, names[2]), 0);
	assert_int_equal(sim_if_add(f->n, 3, names[3]), 0);
	assert_int_equal(sim_if_addr(f->n, 1, "10.0.0.1/32"), 0);
	assert_int_equal(sim_if_addr(f->n, 1, "2001:db8::1/128"), 0);
	for (unsigned int i = 0; i < NITEMS(routes); i++)
		assert_int_equal(sim_route(f->n, routes[i], i < 2 ? 1 : 2), 0);
	f->n->sockets = true;
	f->n->uid = 1000;
	f->n->gid = 100;
	tables_make(f, "t", 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", table4, 0, &io, a), 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", table6, 0, &io, a), 0);
}

static void
test_against_reader(void **state)
{
	struct fix *f = *state;
	unsigned long packets = from_environment("PF_PACKETS", 30000), n;
	unsigned long passed = 0, moved = 0;
	unsigned int number = 0;

	seed = from_environment("PF_SEED", 18);
	printf("seed %llu, %lu packets\n", (unsigned long long)seed, packets);
	prepare(f);
	assert_int_equal(unit_reassemble(f->n, 0), 0);
	for (n = 0; n < packets; n++) {
		struct packet p, was;
		struct pf_pkt *pkt;
		const char *what = NULL;
		bool want, got;

		if (n % 100 == 0) {
			if (n != 0)
				compare_counters(f, number++);
			random_sets(f);
		}
		random_packet(&p);
		pkt = build(f, &p);
		p.len = pf_pkt_len(pkt);
		was = p;
		want = judge(&p);
		got = sim_test(f->n, p.dir, p.at, pkt) == PF_PASS;
		if (want && got)
			what = differs(f, pkt, &p);
		if (want != got || what != NULL)
			fail_msg("ruleset %u, packet %lu: %s", number, n,
			    what != NULL ? what : got ? "passes" : "does not pass");
		sim_pkt_free(pkt);
		passed += want;
		moved += want && memcmp(&p.src, &was.src, 2 * sizeof(p.src)) != 0;
		if (pf_atomic_read(&f->n->pf->st.n) != 0) {
			pf_mutex_lock(&f->n->pf->ctl);
			pf_state_walk(f->n->pf, forget, f->n->pf);
			pf_mutex_unlock(&f->n->pf->ctl);
		}
	}
	compare_counters(f, number);
	assert_true(passed > packets / 4 && passed < packets);
	assert_true(moved > packets / 50);
	f->n->sockets = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_against_reader, tables_setup,
		    tables_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
