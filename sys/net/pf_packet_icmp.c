// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_packet_icmp.c: what ICMP, ICMPv6 and IGMP messages are
 *
 * What it owns.  Nothing: it reads packets.
 * Locking.  None.
 * Place.  First floor, beside pf_packet.c, which has the headers before.
 *
 * kinds4[] and kinds6[] have the role of each type of message:
 *
 *	A request makes a state, and its reply belongs to that state.  Both have
 *	the same key: the end that asks, the end that is asked, the type of the
 *	request, and the identifier if the message has one.  A reply that no
 *	state expects is judged by the rules, and makes no state.
 *	An error belongs to the state of the packet that it quotes.
 *	Everything else is an announcement.  It is judged by the rules, and has
 *	no state.
 *
 * Neighbour and router discovery ask by multicast, so the addresses of a reply
 * are not those of the request.  The end that is asked is then the neighbour
 * that the message is about, its target; or for routers, which may also answer
 * to all nodes, a pair of groups stands for both ends.
 *
 * Messages that stay on the link are dropped if they may have come from
 * elsewhere (RFC 4861 6.1 and 7.1; RFC 2236; RFC 3376 4; RFC 2710; RFC 3810
 * 5.1.14, 5.2.13 and 7): a hop limit other than the one that they are sent
 * with, a source that is not of the link, a message that is too short, a
 * missing router alert.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_packet.h"
#include "pf_parse.h"

#define ND_HOPS		255		/* RFC 4861: no router has been passed */
#define GROUP_HOPS	1		/* no router passes it on */

/* How the two ends of a request and its reply are found. */
enum ends {
	BY_ADDRESS,		/* they are the source and the destination */
	BY_ID,			/* the same, and there is an identifier */
	BY_TARGET,		/* the message has the address that is asked */
	ALL_NODES,		/* asked are all nodes of the link */
	ANY_ROUTER		/* any node of the link asks any router */
};

#define ASK		PF_PD_ICMPQUERY
#define ANSWER		(PF_PD_ICMPQUERY | PF_PD_ICMPREPLY)
#define LINK_ASK	(ASK | PF_PD_LINK)
#define LINK_ANSWER	(ANSWER | PF_PD_LINK)
#define LINK_TELL	(PF_PD_ONEWAY | PF_PD_LINK)
#define ERR		PF_PD_ICMPERR

struct kind {
	uint8_t		type;
	uint8_t		request;	/* type of the request that it is or */
					/* answers */
	uint8_t		ends;
	uint16_t	flags;		/* PF_PD_* */
	uint8_t		hops;		/* hop limit that it has; 0: any */
	uint8_t		size;		/* of the whole message at least */
};

static const struct kind kinds4[] = {
{ PF_ICMP_ECHO, PF_ICMP_ECHO, BY_ID, ASK, 0, 8 },
{ PF_ICMP_ECHOREPLY, PF_ICMP_ECHO, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP_UNREACH, PF_ICMP_UNREACH, BY_ADDRESS, ERR, 0, 8 },
{ PF_ICMP_QUENCH, PF_ICMP_QUENCH, BY_ADDRESS, ERR, 0, 8 },
{ PF_ICMP_REDIRECT, PF_ICMP_REDIRECT, BY_ADDRESS, ERR, 0, 8 },
{ PF_ICMP_TIMXCEED, PF_ICMP_TIMXCEED, BY_ADDRESS, ERR, 0, 8 },
{ PF_ICMP_PARAMPROB, PF_ICMP_PARAMPROB, BY_ADDRESS, ERR, 0, 8 },
{ PF_ICMP_ROUTERSOLICIT, PF_ICMP_ROUTERSOLICIT, ANY_ROUTER, LINK_ASK, 0, 8 },
{ PF_ICMP_ROUTERADVERT, PF_ICMP_ROUTERSOLICIT, ANY_ROUTER, LINK_ANSWER, 0, 8 },
{ PF_ICMP_TSTAMP, PF_ICMP_TSTAMP, BY_ID, ASK, 0, 8 },
{ PF_ICMP_TSTAMPREPLY, PF_ICMP_TSTAMP, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP_IREQ, PF_ICMP_IREQ, BY_ID, ASK, 0, 8 },
{ PF_ICMP_IREQREPLY, PF_ICMP_IREQ, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP_MASKREQ, PF_ICMP_MASKREQ, BY_ID, ASK, 0, 8 },
{ PF_ICMP_MASKREPLY, PF_ICMP_MASKREQ, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP_EXTECHO, PF_ICMP_EXTECHO, BY_ID, ASK, 0, 8 },
{ PF_ICMP_EXTECHOREPLY, PF_ICMP_EXTECHO, BY_ID, ANSWER, 0, 8 },
};

static const struct kind kinds6[] = {
{ PF_ICMP6_ECHO, PF_ICMP6_ECHO, BY_ID, ASK, 0, 8 },
{ PF_ICMP6_ECHOREPLY, PF_ICMP6_ECHO, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP6_MLDQUERY, PF_ICMP6_MLDQUERY, BY_ADDRESS, LINK_TELL, GROUP_HOPS, 24 },
{ PF_ICMP6_MLDREPORT, PF_ICMP6_MLDREPORT, BY_ADDRESS, LINK_TELL, GROUP_HOPS, 24 },
{ PF_ICMP6_MLDDONE, PF_ICMP6_MLDDONE, BY_ADDRESS, LINK_TELL, GROUP_HOPS, 24 },
{ PF_ICMP6_MLD2REPORT, PF_ICMP6_MLD2REPORT, BY_ADDRESS, LINK_TELL, GROUP_HOPS, 8 },
{ PF_ICMP6_ROUTERSOLICIT, PF_ICMP6_ROUTERSOLICIT, ANY_ROUTER, LINK_ASK, ND_HOPS, 8 },
{ PF_ICMP6_ROUTERADVERT, PF_ICMP6_ROUTERSOLICIT, ANY_ROUTER, LINK_ANSWER, ND_HOPS, 16 },
{ PF_ICMP6_NEIGHSOLICIT, PF_ICMP6_NEIGHSOLICIT, BY_TARGET, LINK_ASK, ND_HOPS, 24 },
{ PF_ICMP6_NEIGHADVERT, PF_ICMP6_NEIGHSOLICIT, BY_TARGET, LINK_ANSWER, ND_HOPS, 24 },
{ PF_ICMP6_REDIRECT, PF_ICMP6_REDIRECT, BY_ADDRESS, LINK_TELL, ND_HOPS, 40 },
{ PF_ICMP6_NODEQUERY, PF_ICMP6_NODEQUERY, BY_ADDRESS, ASK, 0, 16 },
{ PF_ICMP6_NODEREPLY, PF_ICMP6_NODEQUERY, BY_ADDRESS, ANSWER, 0, 16 },
{ PF_ICMP6_INVSOLICIT, PF_ICMP6_INVSOLICIT, ALL_NODES, LINK_ASK, ND_HOPS, 8 },
{ PF_ICMP6_INVADVERT, PF_ICMP6_INVSOLICIT, ALL_NODES, LINK_ANSWER, ND_HOPS, 8 },
{ PF_ICMP6_PREFIXSOLICIT, PF_ICMP6_PREFIXSOLICIT, BY_ID, ASK, 0, 8 },
{ PF_ICMP6_PREFIXADVERT, PF_ICMP6_PREFIXSOLICIT, BY_ID, ANSWER, 0, 8 },
{ PF_ICMP6_EXTECHO, PF_ICMP6_EXTECHO, BY_ID, ASK, 0, 8 },
{ PF_ICMP6_EXTECHOREPLY, PF_ICMP6_EXTECHO, BY_ID, ANSWER, 0, 8 },
};

/* All other types.  A half of those of ICMPv6 are errors (RFC 4443, 2.1). */
static const struct kind other_error = { 0, 0, BY_ADDRESS, ERR, 0, 8 };
static const struct kind other = { 0, 0, BY_ADDRESS, PF_PD_ONEWAY, 0, 8 };

static const struct kind *
kind_of(uint8_t af, uint8_t type)
{
	const struct kind	*k = af == AF_INET ? kinds4 : kinds6;
	unsigned int		 i, n = af == AF_INET ?
	    sizeof(kinds4) / sizeof(kinds4[0]) :
	    sizeof(kinds6) / sizeof(kinds6[0]);

	for (i = 0; i < n; i++)
		if (k[i].type == type)
			return (&k[i]);
	return (af == AF_INET6 && type < PF_ICMP6_INFO ? &other_error : &other);
}

/*
 * Addresses
 */
static bool
is_link_local(const struct pf_addr *a)
{
	return (a->addr8[0] == 0xfe && (a->addr8[1] & 0xc0) == 0x80);
}

static bool
is_unspecified(const struct pf_addr *a)
{
	return (a->addr64[0] == 0 && a->addr64[1] == 0);
}

static void
set_group(struct pf_addr *a, uint8_t af, uint8_t group)
{
	memset(a, 0, sizeof(*a));
	if (af == AF_INET) {
		a->addr8[0] = 224;
		a->addr8[3] = group;
	} else {
		a->addr8[0] = 0xff;
		a->addr8[1] = 0x02;
		a->addr8[15] = group;
	}
}

/*
 * Ends
 *
 * The target of a neighbour's message (RFC 4861, 4.3 and 4.4), or NULL.  An
 * advertisement that was not solicited is an announcement.
 */
static int
set_target(struct parse *ps, const struct kind *k)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_icmp6_nd	 buf;
	const struct pf_icmp6_nd *nd;
	bool			 reply = (k->flags & PF_PD_ICMPREPLY) != 0;

	nd = pull(ps, pd->off, sizeof(buf), &buf);
	if (nd == NULL)
		return (PFRES_SHORT);
	if (nd->target[0] == 0xff)
		return (PFRES_NORM);
	if (reply && (nd->flags & PF_ICMP6_SOLICITED) == 0) {
		pd->flags &= ~(PF_PD_ICMPQUERY | PF_PD_ICMPREPLY);
		pd->flags |= PF_PD_ONEWAY;
		return (PF_GO);
	}
	pd->flags |= PF_PD_ENDS;
	pd->asks = reply ? pd->dst : pd->src;
	memcpy(&pd->asked, nd->target, sizeof(nd->target));
	return (PF_GO);
}

static int
set_ends(struct parse *ps, const struct kind *k, const struct pf_icmp *ih)
{
	struct pf_pdesc	*pd = ps->pd;

	switch (k->ends) {
	case BY_ID:
		pd->flags |= PF_PD_ICMPID;
		pd->icmp_id = ih->id;
		break;
	case BY_TARGET:
		return (set_target(ps, k));
	case ALL_NODES:
		pd->flags |= PF_PD_ENDS;
		pd->asks = k->flags & PF_PD_ICMPREPLY ? pd->dst : pd->src;
		set_group(&pd->asked, pd->af, PF_GROUP_NODES);
		break;
	case ANY_ROUTER:
		pd->flags |= PF_PD_ENDS;
		set_group(&pd->asks, pd->af, PF_GROUP_NODES);
		set_group(&pd->asked, pd->af, PF_GROUP_ROUTERS);
		break;
	}
	return (PF_GO);
}

/*
 * Messages that stay on the link.  Those that have all the marks of one are
 * taken for one: whoever is on the link can send them.
 */
static bool
from_link(const struct parse *ps, const struct kind *k)
{
	const struct pf_pdesc	*pd = ps->pd;

	if (k->hops != 0 && pd->ttl != k->hops)
		return (false);
	if (k->hops == ND_HOPS && pd->icmp_code != 0)
		return (false);
	switch (pd->af == AF_INET6 ? k->type : 0) {
	case PF_ICMP6_ROUTERADVERT:
	case PF_ICMP6_REDIRECT:
		return (is_link_local(&pd->src));
	case PF_ICMP6_MLDQUERY:
		return (ps->alert && is_link_local(&pd->src));
	case PF_ICMP6_MLDREPORT:
	case PF_ICMP6_MLDDONE:
	case PF_ICMP6_MLD2REPORT:
		return (ps->alert && (is_link_local(&pd->src) ||
		    is_unspecified(&pd->src)));
	}
	return (true);
}

int
parse_icmp(struct parse *ps)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_icmp		 buf;
	const struct pf_icmp	*ih;
	const struct kind	*k;

	if ((pd->af == AF_INET) != (pd->proto == IPPROTO_ICMP))
		return (PFRES_NORM);	/* the other family's */
	ih = pull(ps, pd->off, sizeof(*ih), &buf);
	if (ih == NULL)
		return (PFRES_SHORT);
	k = kind_of(pd->af, ih->type);
	pd->icmp_type = ih->type;
	pd->icmp_code = ih->code;
	pd->icmp_vtype = htons(k->request != 0 ? k->request : ih->type);
	pd->flags |= k->flags;
	if (ps->quoted)
		return (k->ends == BY_ID ? set_ends(ps, k, ih) : PF_GO);
	if (pd->flags & PF_PD_LINK) {
		if (pd->flags & PF_PD_FRAGMENT)
			return (PFRES_FRAG);	/* RFC 6980 */
		if (pd->p_len < k->size)
			return (PFRES_SHORT);
		if (!from_link(ps, k))
			return (PFRES_NORM);
		ps->group = k->hops == GROUP_HOPS;
	}
	pd->p_len -= sizeof(*ih);
	return (set_ends(ps, k, ih));
}

/*
 * The messages about groups: all of them are sent with a TTL of 1, those of
 * versions 2 and 3 with router alert.  Other protocols of routers have types of
 * IGMP, too.
 */
int
parse_igmp(struct parse *ps)
{
	struct pf_pdesc		*pd = ps->pd;
	struct pf_igmp		 buf;
	const struct pf_igmp	*ih;

	if (ps->quoted || pd->af != AF_INET)
		return (PF_GO);
	ih = pull(ps, pd->off, sizeof(*ih), &buf);
	if (ih == NULL || pd->p_len < sizeof(*ih))
		return (PFRES_SHORT);
	switch (ih->type) {
	case PF_IGMP_QUERY:
	case PF_IGMP_REPORT1:
	case PF_IGMP_REPORT2:
	case PF_IGMP_LEAVE:
	case PF_IGMP_REPORT3:
		if (pd->ttl != GROUP_HOPS)
			return (PFRES_NORM);
		pd->flags |= PF_PD_LINK;
		ps->group = (pd->flags & PF_PD_FRAGMENT) == 0;
	}
	return (PF_GO);
}
