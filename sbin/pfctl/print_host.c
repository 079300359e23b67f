// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * print_host.c: addresses, ports, users and pools of a rule as text.
 *
 * Beneath print.c, which says when.  Owns nothing; no locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <inttypes.h>
#include <string.h>

#include "print.h"

#define NAT_LOW		50001
#define NAT_HIGH	65535

/*
 * Addresses
 */

static void
print_prefix(FILE *f, uint8_t net, uint8_t af)
{
	if (net < (af == AF_INET ? 32 : 128))
		fprintf(f, "/%u", net);
}

static void
print_ip(FILE *f, const struct pf_addr *a, uint8_t af)
{
	char buf[INET6_ADDRSTRLEN];

	if (inet_ntop(af == AF_INET ? AF_INET : AF_INET6, a->v6, buf,
	    sizeof(buf)) == NULL)
		strcpy(buf, "?");
	fputs(buf, f);
}

static void
print_dynamic(FILE *f, const struct pf_addr_wrap *a, bool debug)
{
	fprintf(f, "(%.*s", PF_IFNAMSIZ, a->v.ifname);
	switch (a->iflags & PFI_AFLAG_MODEMASK) {
	case PFI_AFLAG_NETWORK:
		fputs(":network", f);
		break;
	case PFI_AFLAG_BROADCAST:
		fputs(":broadcast", f);
		break;
	case PFI_AFLAG_PEER:
		fputs(":peer", f);
		break;
	}
	if (a->iflags & PFI_AFLAG_NOALIAS)
		fputs(":0", f);
	if (debug && a->cnt <= 0)
		fputs(":*", f);
	else if (debug)
		fprintf(f, ":%" PRId32, a->cnt);
	fputc(')', f);
	if (a->net != 0)
		fprintf(f, "/%u", a->net);
}

void
pfctl_print_addr(const struct pfctl_printer *pr, const struct pf_addr_wrap *a,
    uint8_t af)
{
	static const struct pf_addr zero;
	const bool debug = (pr->flags & PFCTL_PRINT_DEBUG) != 0;
	FILE *f = pr->out;

	switch (a->type) {
	case PF_ADDR_DYNIFTL:
		print_dynamic(f, a, debug);
		break;
	case PF_ADDR_TABLE:
		fprintf(f, "<%.*s", PF_TABLE_NAME_SIZE, a->v.tblname);
		if (debug && a->cnt < 0)
			fputs(":*", f);
		else if (debug)
			fprintf(f, ":%" PRId32, a->cnt);
		fputc('>', f);
		break;
	case PF_ADDR_NOROUTE:
		fputs("no-route", f);
		break;
	case PF_ADDR_URPFFAILED:
		fputs("urpf-failed", f);
		break;
	case PF_ADDR_RANGE:
		print_ip(f, &a->v.a.addr, af);
		fputs(" - ", f);
		print_ip(f, &a->v.a.mask, af);
		break;
	case PF_ADDR_ADDRMASK:
		if (memcmp(&a->v.a.addr, &zero, sizeof(zero)) == 0 &&
		    memcmp(&a->v.a.mask, &zero, sizeof(zero)) == 0) {
			fputs("any", f);
			break;
		}
		print_ip(f, &a->v.a.addr, af);
		print_prefix(f, addr_prefix(&a->v.a.mask, af), af);
		break;
	default:
		fputc('?', f);
		break;
	}
}

/*
 * Operators
 */

static void
print_op(FILE *f, uint8_t op, const char *a, const char *b)
{
	switch (op) {
	case PF_OP_IRG:
		fprintf(f, " %s >< %s", a, b);
		break;
	case PF_OP_XRG:
		fprintf(f, " %s <> %s", a, b);
		break;
	case PF_OP_RRG:
		fprintf(f, " %s:%s", a, b);
		break;
	case PF_OP_EQ:
		fprintf(f, " = %s", a);
		break;
	case PF_OP_NE:
		fprintf(f, " != %s", a);
		break;
	case PF_OP_LT:
		fprintf(f, " < %s", a);
		break;
	case PF_OP_LE:
		fprintf(f, " <= %s", a);
		break;
	case PF_OP_GT:
		fprintf(f, " > %s", a);
		break;
	case PF_OP_GE:
		fprintf(f, " >= %s", a);
		break;
	}
}

void
print_port(const struct ctx *c, const struct pf_rule_addr *ra)
{
	char a[8], b[8];
	const char *name = NULL;
	uint16_t port = ntohs(ra->port[0]);

	if (ra->port_op == PF_OP_NONE)
		return;
	snprintf(a, sizeof(a), "%u", port);
	snprintf(b, sizeof(b), "%u", ntohs(ra->port[1]));
	if ((ra->port_op == PF_OP_EQ || ra->port_op == PF_OP_NE) &&
	    c->pr->names != NULL && !(c->pr->flags & PFCTL_PRINT_NUMERIC))
		name = service_name(c->pr->names, port,
		    c->r->proto == IPPROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP);
	fputs(" port", c->f);
	print_op(c->f, ra->port_op, name != NULL ? name : a, b);
}

void
print_id(FILE *f, const char *what, const struct pf_rule_id *id)
{
	char a[12], b[12];

	if (id->op == PF_OP_NONE)
		return;
	snprintf(a, sizeof(a), "%" PRIu32, id->id[0]);
	snprintf(b, sizeof(b), "%" PRIu32, id->id[1]);
	fprintf(f, " %s", what);
	print_op(f, id->op, id->id[0] == UINT32_MAX ? "unknown" : a, b);
}

/*
 * Pools
 */

static void
print_pool_addr(const struct ctx *c, const struct pf_pooladdr *a)
{
	const bool bare = a->addr.type == PF_ADDR_NONE;
	const bool pair = a->ifname[0] != '\0' && !bare;
	/* how many there are is told of what a rule matches only */
	const struct pfctl_printer pr = { .out = c->pr->out,
	    .names = c->pr->names, .osfp = c->pr->osfp,
	    .flags = c->pr->flags & ~PFCTL_PRINT_DEBUG };

	if (pair)
		fprintf(c->f, "(%.*s ", PF_IFNAMSIZ, a->ifname);
	else if (bare)
		fprintf(c->f, "%.*s", PF_IFNAMSIZ, a->ifname);
	if (!bare)
		pfctl_print_addr(&pr, &a->addr, c->r->af);
	if (pair)
		fputc(')', c->f);
	if (a->weight > 1)
		fprintf(c->f, " weight %u", a->weight);
}

static void
print_pool_ports(FILE *f, const struct pf_pool *pool, bool nat)
{
	const unsigned int low = pool->proxy_port[0];
	const unsigned int high = pool->proxy_port[1];

	if (nat && low == NAT_LOW && high == NAT_HIGH)
		return;
	if (low == 0 && high == 0)
		return;
	if (pool->port_op == PF_OP_RRG || (high != 0 && high != low))
		fprintf(f, " port %u:%u", low, high);
	else
		fprintf(f, " port %u", low);
}

void
print_pool(const struct ctx *c, int which, bool nat)
{
	const struct pf_pool *pool = &c->r->pool[which];
	const struct pfctl_pool *p = &c->pool[which];
	FILE *f = c->f;
	uint32_t i;

	if (p->n != 1)
		fputs("{ ", f);
	for (i = 0; i < p->n; i++) {
		if (i > 0)
			fputs(", ", f);
		print_pool_addr(c, &p->addr[i]);
	}
	if (p->n != 1)
		fputs(" }", f);
	if (which != PF_POOL_ROUTE)
		print_pool_ports(f, pool, nat);
	switch (pool->opts & PF_POOL_TYPEMASK) {
	case PF_POOL_BITMASK:
		fputs(" bitmask", f);
		break;
	case PF_POOL_RANDOM:
		fputs(" random", f);
		break;
	case PF_POOL_SRCHASH:
		fprintf(f, " source-hash 0x%08x%08x%08x%08x", pool->key[0],
		    pool->key[1], pool->key[2], pool->key[3]);
		break;
	case PF_POOL_ROUNDROBIN:
		fputs(" round-robin", f);
		break;
	case PF_POOL_LEASTSTATES:
		fputs(" least-states", f);
		break;
	}
	if (pool->opts & PF_POOL_STICKYADDR)
		fputs(" sticky-address", f);
	if (nat && pool->proxy_port[0] == 0 && pool->proxy_port[1] == 0)
		fputs(" static-port", f);
}
