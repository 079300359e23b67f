// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * check.c: what is wrong with a rule that is one combination of its lists.
 *
 * Each function writes a message per fault and counts them.  What can be said before the
 * lists are expanded is checked in rule.c, keep.c and define.c.  No locking.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "rule.h"

static bool
has_ports(uint8_t proto)
{
	return (proto == IPPROTO_TCP || proto == IPPROTO_UDP);
}

static bool
is_icmp(uint8_t proto)
{
	return (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6);
}

/* True if the rule has the fault: then its message is due. */
static bool
port_without_proto(const struct pf_rule *r)
{
	return (!has_ports(r->proto) && (r->src.port_op != PF_OP_NONE ||
	    r->dst.port_op != PF_OP_NONE));
}

static bool
type_without_icmp(const struct pf_rule *r)
{
	return (!is_icmp(r->proto) && (r->type != 0 || r->code != 0));
}

static bool
type_without_af(const struct pf_rule *r)
{
	return (r->af == 0 && (r->type != 0 || r->code != 0));
}

static bool
overload_without_limit(const struct pf_rule *r)
{
	return (r->overload_tblname[0] != '\0' && r->max_src_conn == 0 &&
	    r->max_src_conn_rate.seconds == 0);
}

static bool
opts_without_pass(const struct pf_rule *r)
{
	return (r->allow_opts && r->action != PF_PASS &&
	    r->action != PF_MATCH);
}

static bool
fragment_with_more(const struct pf_rule *r)
{
	return ((r->rule_flag & PFRULE_FRAGMENT) != 0 &&
	    (r->src.port_op != PF_OP_NONE || r->dst.port_op != PF_OP_NONE ||
	    r->flagset != 0 || r->type != 0 || r->code != 0));
}

static bool
rst_without_tcp(const struct pf_rule *r)
{
	return ((r->rule_flag & PFRULE_RETURNRST) != 0 &&
	    r->proto != IPPROTO_TCP);
}

static bool
nodes_without_tracking(const struct pf_rule *r)
{
	return (r->max_src_nodes > 0 &&
	    !(r->rule_flag & PFRULE_RULESRCTRACK));
}

static bool
state_on_block(const struct pf_rule *r)
{
	return (r->action == PF_DROP && r->keep_state);
}

static bool
state_on_match(const struct pf_rule *r)
{
	return (r->action == PF_MATCH && r->keep_state);
}

static bool
sloppy_and_more(const struct pf_rule *r)
{
	return ((r->rule_flag & PFRULE_STATESLOPPY) != 0 &&
	    r->keep_state > PF_STATE_NORMAL);
}

/* ICMP is another protocol in each family. */
static bool
icmp_in_inet6(const struct pf_rule *r)
{
	return (r->proto == IPPROTO_ICMP && r->af == AF_INET6);
}

static bool
icmp6_in_inet(const struct pf_rule *r)
{
	return (r->proto == IPPROTO_ICMPV6 && r->af == AF_INET);
}

static bool
translates(const struct pf_rule *r)
{
	return ((r->pool_used & (1u << PF_POOL_NAT | 1u << PF_POOL_RDR)) != 0);
}

static bool
translation_without_state(const struct pf_rule *r)
{
	return (translates(r) && r->action != PF_MATCH && !r->keep_state);
}

static bool
translation_without_direction(const struct pf_rule *r)
{
	return (translates(r) && r->direction == PF_INOUT);
}

static bool
diverts(const struct pf_rule *r)
{
	return (r->divert_type != PF_DIVERT_NONE);
}

static bool
divert_without_pass(const struct pf_rule *r)
{
	return (diverts(r) && r->action != PF_PASS);
}

static bool
divert_without_state(const struct pf_rule *r)
{
	return (diverts(r) && r->action == PF_PASS && !r->keep_state);
}

static bool
divert_and_more(const struct pf_rule *r)
{
	return (diverts(r) && (r->pool_used != 0 || r->rt != PF_NOPFROUTE));
}

static bool
divert_to_not_in(const struct pf_rule *r)
{
	return (r->divert_type == PF_DIVERT_TO && r->direction != PF_IN);
}

static bool
divert_to_without_ports(const struct pf_rule *r)
{
	return (r->divert_type == PF_DIVERT_TO && !has_ports(r->proto));
}

static bool
divert_reply_not_out(const struct pf_rule *r)
{
	return (r->divert_type == PF_DIVERT_REPLY && r->direction != PF_OUT);
}

static const struct {
	bool		(*wrong)(const struct pf_rule *);
	const char	*message;
	const char	*hint;			/* for a person */
} filter_rows[] = {
	{ port_without_proto,	"port only applies to tcp/udp",
	    ": add proto tcp, proto udp or proto { tcp udp }" },
	{ type_without_icmp,	"icmp-type/code only applies to icmp",
	    ": add proto icmp, or proto icmp6 with icmp6-type" },
	{ type_without_af,	"must indicate address family with "
				"icmp-type/code", ": add inet or inet6" },
	{ overload_without_limit, "'overload' requires 'max-src-conn' or "
				"'max-src-conn-rate'", "" },
	{ icmp_in_inet6,	"proto icmp doesn't match address family inet6",
	    ": use proto icmp6" },
	{ icmp6_in_inet,	"proto icmp6 doesn't match address family inet",
	    ": use proto icmp" },
	{ opts_without_pass,	"allow-opts can only be specified for pass "
				"rules", "" },
	{ fragment_with_more,	"fragments can be filtered only on IP header "
				"fields", ": leave out ports, flags and types" },
	{ rst_without_tcp,	"return-rst can only be applied to TCP rules",
	    ": add proto tcp, or use return" },
	{ nodes_without_tracking, "max-src-nodes requires 'source-track "
				"rule'", "" },
	{ state_on_block,	"keep state on block rules doesn't make "
				"sense", ": leave it out" },
	{ state_on_match,	"keep state is great, but only for pass "
				"rules: match keeps none", "" },
	{ sloppy_and_more,	"sloppy state matching cannot be used with "
				"synproxy state or modulate state",
	    ": use keep state" },
	{ translation_without_state, "nat-to and rdr-to require keep state",
	    ": leave no state out" },
	{ translation_without_direction, "nat-to and rdr-to require a direction",
	    ": add in or out" },
	{ divert_without_pass,	"divert-to and divert-reply are for pass rules", "" },
	{ divert_without_state,	"divert-to and divert-reply require keep state",
	    ": leave no state out" },
	{ divert_and_more,	"divert-to and divert-reply cannot be used with "
				"nat-to, rdr-to or route-to", "" },
	{ divert_to_not_in,	"divert-to is for what comes in", ": add in" },
	{ divert_to_without_ports, "divert-to only applies to tcp/udp",
	    ": add proto tcp, proto udp or proto { tcp udp }" },
	{ divert_reply_not_out,	"divert-reply is for connections that go out",
	    ": add out" },
};

int
check_filter(struct parser *p, const struct pf_rule *r)
{
	size_t i;
	int wrong = 0;

	for (i = 0; i < NITEMS(filter_rows); i++)
		if (filter_rows[i].wrong(r)) {
			pf_error(p, 0, "%s%s", filter_rows[i].message,
			    pf_hint(p, filter_rows[i].hint));
			wrong++;
		}
	return (wrong);
}

int
check_translation(struct parser *p, const struct pf_rule *r,
    const struct pf_pool *pool)
{
	int wrong = 0;

	/* nat may ask for ports of any protocol that has them */
	if (r->action == PF_RDR && !has_ports(r->proto)) {
		if (r->src.port_op != PF_OP_NONE) {
			pf_error(p, 0, "src port only applies to tcp/udp%s",
			    pf_hint(p, filter_rows[0].hint));
			wrong++;
		}
		if (r->dst.port_op != PF_OP_NONE) {
			pf_error(p, 0, "dst port only applies to tcp/udp%s",
			    pf_hint(p, filter_rows[0].hint));
			wrong++;
		}
		if (pool->proxy_port[0] != 0) {
			pf_error(p, 0, "rpool port only applies to tcp/udp%s",
			    pf_hint(p, filter_rows[0].hint));
			wrong++;
		}
	}
	if (r->action == PF_RDR && r->dst.port_op != PF_OP_NONE &&
	    r->dst.port_op != PF_OP_EQ && r->dst.port_op != PF_OP_RRG) {
		pf_error(p, 0, "invalid port operator for rdr destination "
		    "port");
		wrong++;
	}
	return (wrong);
}

bool
check_mask(struct parser *p, const struct pf_addr_wrap *a, uint8_t af)
{
	uint8_t net;

	if (a->type != PF_ADDR_ADDRMASK || af != AF_INET ||
	    (net = addr_prefix(&a->v.a.mask, AF_INET6)) <= 32)
		return (true);
	pf_error(p, 0, "netmask %u invalid for IPv4 address", net);
	return (false);
}
