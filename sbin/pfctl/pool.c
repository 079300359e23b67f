// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pool.c: where rules translate and route to.
 *
 * A target is resolved with its options, then reduced to one address family, then
 * checked, and copied into every rule that the statement makes.
 * Keys of source-hash are hashed here (libmd).  No locking.
 */
#include <sys/types.h>

#include <md5.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "system.h"

#define NAT_LOW		50001		/* ports that nat takes */
#define NAT_HIGH	65535

static void
key_words(struct pf_pool *pool, const uint8_t bytes[16])
{
	int i;

	for (i = 0; i < 4; i++)
		pool->key[i] = (uint32_t)bytes[i * 4] << 24 |
		    (uint32_t)bytes[i * 4 + 1] << 16 |
		    (uint32_t)bytes[i * 4 + 2] << 8 | bytes[i * 4 + 3];
}

/* 0x and 32 hexadecimal digits are a key, another word is hashed to one. */
static bool
parse_key(struct parser *p, struct pf_pool *pool, const char *s)
{
	char digits[9];
	uint8_t bytes[16];
	MD5_CTX ctx;
	int i;

	if (s == NULL) {
		if (!sys_random(bytes, sizeof(bytes))) {
			pf_error(p, 0, "no random key to be had");
			return (false);
		}
		key_words(pool, bytes);
		return (true);
	}
	if (strncmp(s, "0x", 2) != 0) {
		MD5Init(&ctx);
		MD5Update(&ctx, (const uint8_t *)s, strlen(s));
		MD5Final(bytes, &ctx);
		key_words(pool, bytes);
		return (true);
	}
	if (strlen(s) != 34) {
		pf_error(p, 0, "hex key must be 128 bits (32 hex digits) long");
		return (false);
	}
	if (strspn(s + 2, "0123456789abcdefABCDEF") != 32) {
		pf_error(p, 0, "invalid hex key %s", s);
		return (false);
	}
	digits[8] = '\0';
	for (i = 0; i < 4; i++) {
		memcpy(digits, s + 2 + i * 8, 8);
		pool->key[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	return (true);
}

static bool
parse_type(struct parser *p, struct target *t, const struct node *o)
{
	static const uint8_t types[] = {
		[O_BITMASK - O_BITMASK] = PF_POOL_BITMASK,
		[O_RANDOM - O_BITMASK] = PF_POOL_RANDOM,
		[O_SRCHASH - O_BITMASK] = PF_POOL_SRCHASH,
		[O_ROUNDROBIN - O_BITMASK] = PF_POOL_ROUNDROBIN,
		[O_LEASTSTATES - O_BITMASK] = PF_POOL_LEASTSTATES,
	};

	switch (o->kind) {
	case O_STATICPORT:
		if (t->static_port) {
			pf_error(p, 0, "static-port cannot be redefined");
			return (false);
		}
		t->static_port = true;
		return (true);
	case O_STICKY:
		if (t->pool.opts & PF_POOL_STICKYADDR) {
			pf_error(p, 0, "sticky-address cannot be redefined");
			return (false);
		}
		t->pool.opts |= PF_POOL_STICKYADDR;
		return (true);
	default:
		if (t->typed) {
			pf_error(p, 0, "pool type cannot be redefined");
			return (false);
		}
		t->typed = true;
		t->pool.opts |= types[o->kind - O_BITMASK];
		return (o->kind != O_SRCHASH || parse_key(p, &t->pool, o->s));
	}
}

/* port n, n:m or n:* */
static bool
parse_range(struct parser *p, struct target *t, const char *s)
{
	const char *colon = strchr(s, ':'), *word;
	int64_t v[2] = { 0, 0 };
	int i, found;

	for (i = 0; i < (colon != NULL ? 2 : 1); i++) {
		word = i == 1 ? colon + 1 : colon == NULL ? s :
		    arena_strndup(&p->arena, s, (size_t)(colon - s));
		if (i == 1 && strcmp(word, "*") == 0) {
			t->any_ports = true;
			break;
		}
		if (word_number(word, 0, 65535, &v[i]))
			continue;
		if (strspn(word, "0123456789") == strlen(word)) {
			pf_error(p, 0, "illegal port value %s", word);
			return (false);
		}
		if ((found = name_service(p->pf->names, word)) == -1) {
			pf_error(p, 0, "unknown port %s%s", word, pf_hint(p,
			    word[0] >= '0' && word[0] <= '9' ?
			    ": a range is written 80:90" : ""));
			return (false);
		}
		v[i] = found;
	}
	if (v[0] == 0 || (colon != NULL && !t->any_ports && v[1] == 0)) {
		pf_error(p, 0, "port 0 is none that can be translated to%s",
		    pf_hint(p, ": to keep the port, leave port out of rdr, or "
		    "say static-port"));
		return (false);
	}
	t->pool.proxy_port[0] = (uint16_t)v[0];
	t->pool.proxy_port[1] = (uint16_t)v[1];
	t->pool.port_op = colon != NULL && !t->any_ports && v[0] != v[1] ?
	    PF_OP_RRG : PF_OP_EQ;
	if (t->pool.port_op == PF_OP_EQ)
		t->pool.proxy_port[1] = 0;
	if (t->any_ports)
		t->pool.port_op = PF_OP_RRG;
	return (true);
}

/* The hosts of a pool, with their weights and interfaces. */
static bool
pool_hosts(struct parser *p, struct list nodes, bool route, struct host **list)
{
	struct host **end = list, *h;
	const struct node *n, *host;
	const char *at;
	struct node plain;
	int64_t weight;

	for (n = nodes.first; n != NULL; n = n->next) {
		host = n;
		weight = 0;
		if (n->kind == N_WEIGHT) {
			if (!word_number(n->s, 1, UINT16_MAX, &weight)) {
				pf_error(p, 0, "invalid weight %s: it is 1 to "
				    "65535", n->s);
				return (false);
			}
			host = n->a.first;
		}
		plain = *host;
		at = NULL;
		if (host->kind == N_GATEWAY) {
			at = host->s;
			plain = *host->a.first;
		} else if (host->kind == N_HOST && route &&
		    strchr(host->s, '@') != NULL) {
			at = strchr(host->s, '@') + 1;
			plain.s = arena_strndup(&p->arena, host->s,
			    (size_t)(at - 1 - host->s));
		}
		if (at != NULL && (strlen(at) >= PF_IFNAMSIZ || at[0] == '\0')) {
			pf_error(p, 0, "interface name %s is too long, max %d "
			    "chars", at, PF_IFNAMSIZ - 1);
			return (false);
		}
		if (plain.kind == N_NOROUTE || plain.kind == N_URPF ||
		    plain.kind == N_ANY || plain.kind == N_RANGE) {
			pf_error(p, 0, "a pool holds addresses, networks, "
			    "interfaces and tables only");
			return (false);
		}
		if (!host_resolve(p, &plain, end))
			return (false);
		for (h = *end; h != NULL; h = h->next) {
			h->weight = (uint16_t)weight;
			if (at != NULL)
				strcpy(h->ifname, at);
			end = &h->next;
		}
	}
	return (true);
}

static bool
target_options(struct parser *p, struct target *t, const struct node *n)
{
	const struct node *o;

	for (o = n->b.first; o != NULL; o = o->next)
		if (!parse_type(p, t, o))
			return (false);
	return (true);
}

bool
target_resolve(struct parser *p, struct spec *sp, int which,
    const struct node *n)
{
	struct target *t = &sp->target[which];

	t->node = n;
	if (!pool_hosts(p, n->a, false, &t->hosts) || !target_options(p, t, n))
		return (false);
	if (n->s != NULL && !parse_range(p, t, n->s))
		return (false);
	if (t->static_port && n->s != NULL) {
		pf_error(p, 0, "the 'static-port' option can't be used when "
		    "specifying a port range");
		return (false);
	}
	sp->tmpl.rule.pool_used |= (uint8_t)(1u << which);
	return (true);
}

/* In `route-to x' without parentheses x may be an interface: then its address is any. */
static bool
is_interface(struct parser *p, const struct node *n)
{
	struct pf_addr a;
	uint8_t net;

	if (n->kind != N_HOST || n->t != NULL || strpbrk(n->s, ":.@%") != NULL)
		return (false);
	if (addr_parse(n->s, &a, &net) != 0 || strlen(n->s) >= PF_IFNAMSIZ)
		return (false);
	(void)p;
	return (true);
}

bool
target_route(struct parser *p, struct spec *sp, const struct node *n)
{
	struct target *t = &sp->target[PF_POOL_ROUTE];
	struct host **end = &t->hosts, *h;
	struct node *i, one;

	sp->tmpl.rule.rt = (uint8_t)n->n[0];
	if (n->n[0] == PF_FASTROUTE)
		return (true);
	t->node = n;
	for (i = n->a.first; i != NULL; i = i->next) {
		if (is_interface(p, i)) {
			h = arena_alloc(&p->arena, sizeof(*h));
			memset(h, 0, sizeof(*h));
			h->addr.type = PF_ADDR_NONE;
			strcpy(h->ifname, i->s);
			*end = h;
			end = &h->next;
			continue;
		}
		one = *i;
		one.next = NULL;
		if (!pool_hosts(p, list_of(&one), true, end))
			return (false);
		while (*end != NULL)
			end = &(*end)->next;
	}
	if (!target_options(p, t, n))
		return (false);
	if (t->static_port) {
		pf_error(p, 0, "static-port is for nat, not for routes");
		return (false);
	}
	sp->tmpl.rule.pool_used |= 1u << PF_POOL_ROUTE;
	return (true);
}

void
hosts_decide_af(const struct host *h, uint8_t *af)
{
	uint8_t all;

	if (*af != 0 || h == NULL)
		return;
	for (all = h->af; h != NULL; h = h->next)
		if (h->af != all)
			return;
	*af = all;
}

void
hosts_keep_af(struct host **list, uint8_t *af)
{
	struct host *h;

	while ((h = *list) != NULL) {
		if (*af != 0 && h->af != 0 && h->af != *af) {
			*list = h->next;
			continue;
		}
		if (*af == 0)
			*af = h->af;
		list = &h->next;
	}
}

/* (if) may have several addresses, but for (if0:0). */
static bool
many_addresses(const struct pf_addr_wrap *a)
{
	size_t len;

	if (a->type != PF_ADDR_DYNIFTL)
		return (false);
	len = strlen(a->v.ifname);
	return (!(a->iflags & PFI_AFLAG_NOALIAS) || a->v.ifname[len - 1] < '0' ||
	    a->v.ifname[len - 1] > '9');
}

/*
 * Who asks for a pool.  Of the types that the classic forms have, only round-robin
 * and least-states go with several addresses; nat-to and rdr-to take them with every
 * type but bitmask, which keeps the host's bits and so has one network.
 */
struct pool_form {
	bool		 modern;
	const char	*support, *several;	/* for messages */
};
static const struct pool_form form_redirect = { false,
    "only supported in round-robin redirection pools",
    "only round-robin valid for multiple redirection addresses" };
static const struct pool_form form_route = { false,
    "only supported in round-robin route pools",
    "r.route.opts must be PF_POOL_ROUNDROBIN" };
static const struct pool_form form_modern = { true,
    "not supported by pool type",
    "bitmask takes one network: use round-robin, random, source-hash or "
    "least-states for several addresses" };

static bool
takes_several(const struct target *t, const struct pool_form *form)
{
	const unsigned int type = t->pool.opts & PF_POOL_TYPEMASK;

	if (form->modern)
		return (type != PF_POOL_BITMASK);
	return (type == PF_POOL_ROUNDROBIN || type == PF_POOL_LEASTSTATES);
}

/* The type of a pool that names none, and whether it goes with the addresses. */
bool
target_check(struct parser *p, struct spec *sp, int which)
{
	struct target *t = &sp->target[which];
	const struct pool_form *form = which == PF_POOL_ROUTE ? &form_route :
	    sp->ruleset == PF_RULESET_FILTER ? &form_modern : &form_redirect;
	const struct host *h;

	if (!t->typed && (t->hosts->next != NULL ||
	    t->hosts->addr.type == PF_ADDR_TABLE ||
	    many_addresses(&t->hosts->addr)))
		t->pool.opts |= PF_POOL_ROUNDROBIN;
	if (takes_several(t, form))
		return (true);
	for (h = t->hosts; h != NULL; h = h->next) {
		if (h->addr.type == PF_ADDR_TABLE) {
			pf_error(p, 0, "tables are %s", form->support);
			return (false);
		}
		if (many_addresses(&h->addr)) {
			pf_error(p, 0, "interface (%s) is %s",
			    h->addr.v.ifname, form->support);
			return (false);
		}
	}
	if (t->hosts->next != NULL) {
		pf_error(p, 0, "%s", form->several);
		return (false);
	}
	return (true);
}

/* A copy for one rule; of malloc(). */
void
target_store(const struct target *t, struct pfctl_pool *to, struct pf_pool *pool)
{
	const struct host *h;
	struct pf_pooladdr *a;

	*pool = t->pool;
	to->n = 0;
	for (h = t->hosts; h != NULL; h = h->next)
		to->n++;
	to->addr = xcalloc(to->n > 0 ? to->n : 1, sizeof(*to->addr));
	for (a = to->addr, h = t->hosts; h != NULL; h = h->next, a++) {
		a->addr = h->addr;
		a->weight = h->weight;
		memcpy(a->ifname, h->ifname, sizeof(a->ifname));
	}
}


void
target_nat_ports(struct target *t)
{
	if (t->node->s != NULL || t->static_port)
		return;
	t->pool.proxy_port[0] = NAT_LOW;
	t->pool.proxy_port[1] = NAT_HIGH;
	t->pool.port_op = PF_OP_RRG;
}
