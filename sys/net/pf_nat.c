// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_nat.c: what a new connection is translated to (third floor)
 *
 * The classic rulesets are asked before the filter rules: binat first, then rdr for a
 * packet that comes in and nat for one that goes out; the first rule that matches
 * decides, and one that says `no' decides for nothing.
 *
 * A translated source gets a port by which no other connection with the same
 * destination goes: tried are ports of the rule's range in a row, from one chosen by
 * chance, at most PORT_TRIES of them for each address.  If all of them are taken the
 * connection is refused.
 *
 * Everything is worked out on the key of the connection; the packet is
 * rewritten later (pf_rewrite.c), when a state holds the key.  Owns nothing.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_choose.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_nat.h"
#include "pf_packet.h"
#include "pf_pool.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_state.h"
#include "pf_statetab.h"

#define PORT_TRIES	256
#define ADDR_TRIES	4		/* addresses of a pool tried for one connection */

/* The first rule of that kind that matches; most rulesets have none to walk. */
static int
first_match(const struct pf_conf *conf, uint32_t kind, struct pf_pdesc *pd,
    struct pf_krule **kr)
{
	struct pf_match	m pf_uninit;
	int		why;

	*kr = NULL;
	if (conf->rules[kind]->n == 0)
		return (PF_GO);
	why = pf_match_rules(&m, conf, kind, pd);
	*kr = m.rule;
	return (why);
}

int
pf_nat_rule(const struct pf_conf *conf, struct pf_pdesc *pd,
    struct pf_krule **kr)
{
	int	why;

	why = first_match(conf, PF_RULESET_BINAT, pd, kr);
	if (why == PF_GO && *kr == NULL)
		why = first_match(conf, pd->dir == PF_IN ? PF_RULESET_RDR :
		    PF_RULESET_NAT, pd, kr);
	if (*kr != NULL && (*kr)->pool[PF_POOL_RDR] == NULL)
		*kr = NULL;			/* it says `no' */
	return (why);
}

/* Ends of the key by their part in the packet. */
static unsigned int
source_of(const struct pf_pdesc *pd)
{
	return (pd->dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK);
}

/* Whether a key is free for the packets that answer. */
static bool
is_free(const struct pf_pdesc *pd, const struct pf_state_key *key)
{
	return (!pf_state_exists(pd->pf, key, pd->dir == PF_IN ? PF_OUT : PF_IN));
}

/* A number from low to high, host order, for the end `i' of the key. */
static bool
find_port(const struct pf_pdesc *pd, struct pf_state_key *key, unsigned int i,
    uint32_t low, uint32_t high)
{
	uint32_t	span = high - low + 1, at, k;

	pf_random(pd->pf, &at, sizeof(at));
	for (k = 0; k < span && k < PORT_TRIES; k++) {
		key->port[i] = htons((uint16_t)(low + (at % span + k) % span));
		if (is_free(pd, key))
			return (true);
	}
	return (false);
}

static bool
source_port(const struct pf_pdesc *pd, const struct pf_pool *p,
    struct pf_state_key *key, unsigned int i)
{
	uint32_t	low = p->proxy_port[0], high = p->proxy_port[1];

	if (pd->flags & PF_PD_ICMPID) {
		if (pd->flags & PF_PD_ICMPREPLY)	/* the id is the other end's */
			return (is_free(pd, key));
		low = 1;
		high = UINT16_MAX;
	} else if (pd->proto != IPPROTO_TCP && pd->proto != IPPROTO_UDP)
		return (is_free(pd, key));
	if (p->port_op == PF_OP_NONE)			/* static-port */
		return (is_free(pd, key));
	return (find_port(pd, key, i, low, high > low ? high : low));
}

static int
translate_source(const struct pf_pdesc *pd, struct pf_krule *kr,
    unsigned int which, struct pf_chosen *chosen, struct pf_state_key *key)
{
	struct pf_kpool		*kp = kr->pool[which];
	unsigned int		 i = source_of(pd), k;
	uint32_t		 n = chosen->n;
	uint16_t		 port = key->port[i];
	struct pf_choice	 c pf_uninit;
	int			 why;

	for (k = 0; k < ADDR_TRIES; k++) {
		why = pf_choose(pd, kr, which, chosen, &c);
		if (why != PF_GO)
			return (why);
		key->addr[i] = c.addr;
		key->port[i] = port;
		if (source_port(pd, &kp->p, key, i))
			return (PF_GO);
		if (kp->size == 1)
			break;
		pf_choose_back(pd, chosen, n, true);
	}
	return (PFRES_TRANSLATE);
}

/* The first port of the range that the rule redirects from is kr->first_port. */
static int
translate_destination(const struct pf_pdesc *pd, struct pf_krule *kr,
    struct pf_chosen *chosen, struct pf_state_key *key)
{
	unsigned int		 i = !source_of(pd);
	const struct pf_pool	*p = &kr->pool[PF_POOL_RDR]->p;
	struct pf_choice	 c pf_uninit;
	uint32_t		 port;
	int			 why;

	why = pf_choose(pd, kr, PF_POOL_RDR, chosen, &c);
	if (why != PF_GO)
		return (why);
	key->addr[i] = c.addr;
	if (pd->proto != IPPROTO_TCP && pd->proto != IPPROTO_UDP)
		return (PF_GO);
	port = ntohs(key->port[i]);
	if (p->port_op == PF_OP_RRG && p->proxy_port[1] > p->proxy_port[0])
		port = p->proxy_port[0] + (port - kr->first_port) %
		    (p->proxy_port[1] - p->proxy_port[0] + 1U);
	else if (p->proxy_port[0] != 0)
		port = p->proxy_port[0];
	key->port[i] = htons((uint16_t)port);
	return (PF_GO);
}

/* base with the bits of host that mask leaves open. */
static void
keep_host(struct pf_addr *host, const struct pf_addr *base,
    const struct pf_addr *mask, uint8_t af)
{
	unsigned int	i;

	for (i = 0; i < 2; i++)
		host->addr64[i] = (base->addr64[i] & mask->addr64[i]) |
		    (host->addr64[i] & ~mask->addr64[i]);
	if (af == AF_INET)
		memset(host->addr8 + 4, 0, 12);
}

static int
translate_both(const struct pf_pdesc *pd, const struct pf_krule *kr,
    struct pf_state_key *key)
{
	const struct pf_addr	*outer, *mask;

	if (!pf_pool_first(kr->pool[PF_POOL_RDR], pd->af, &outer, &mask))
		return (PFRES_TRANSLATE);
	keep_host(&key->addr[PF_SK_STACK], pd->dir == PF_IN ? &kr->inner :
	    outer, mask, pd->af);
	if (pd->dir == PF_IN)
		return (PF_GO);
	return (is_free(pd, key) ? PF_GO : PFRES_TRANSLATE);
}

int
pf_nat_translate(const struct pf_pdesc *pd, struct pf_krule *kr,
    struct pf_chosen *chosen, struct pf_state_key *key)
{
	int	why = PF_GO;

	switch (kr->act.action) {
	case PF_BINAT:
		return (translate_both(pd, kr, key));
	case PF_NAT:
		return (translate_source(pd, kr, PF_POOL_RDR, chosen, key));
	case PF_RDR:
		return (translate_destination(pd, kr, chosen, key));
	}
	if (kr->act.pool_used & 1U << PF_POOL_RDR)
		why = translate_destination(pd, kr, chosen, key);
	if (why != PF_GO)
		return (why);
	if ((kr->act.pool_used & 1U << PF_POOL_NAT) == 0)
		return (PF_GO);
	return (translate_source(pd, kr, PF_POOL_NAT, chosen, key));
}
