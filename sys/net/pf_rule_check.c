// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rule_check.c: which rules are sound
 *
 * What it owns.  Nothing: it reads a rule that a user loads, and says whether
 * the rule is sound.  The checks of single members come from the list of
 * pf_fields.h; the functions below check how members fit together.
 * Locking.  None of its own.
 * Place.  Second floor, below pf_rule.c, which makes the krule of a sound rule.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_fields.h"
#include "pf_ifaddr.h"
#include "pf_pool.h"
#include "pf_rate.h"
#include "pf_rule.h"
#include "pf_table.h"
#include "pf_util.h"

#define FLAGS_RETURN	(PFRULE_RETURN | PFRULE_RETURNRST | PFRULE_RETURNICMP)
#define FLAGS_BOUND	(PFRULE_IFBOUND | PFRULE_GRBOUND)
#define FLAGS_TRACK	(PFRULE_SRCTRACK | PFRULE_RULESRCTRACK)
#define FLAGS_FRAGMENT	(PFRULE_FRAGCROP | PFRULE_FRAGDROP | PFRULE_NOFRAGMENT)
#define FLAGS_SCRUB	(FLAGS_FRAGMENT | PFRULE_NODF | PFRULE_RANDOMID | \
			    PFRULE_REASSEMBLE_TCP | PFRULE_SET_TOS)
#define FLAGS_STATE	(PFRULE_NOSYNC | FLAGS_BOUND | PFRULE_STATESLOPPY | FLAGS_TRACK)

/* The bits of rule_flag that stand for features which do not exist yet. */
#define LATER_BIT(bit, name, word, use)					\
	PF_RULE_ONLY_LATER(use, | PFRULE_ ## bit)
#define FLAGS_LATER	(0 PF_RULE_BITS(LATER_BIT))

static uint32_t
field_value(const uint8_t *p, size_t size)
{
	uint32_t	v32;
	uint16_t	v16;

	switch (size) {
	case 1:
		return (*p);
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return (v16);
	default:
		memcpy(&v32, p, sizeof(v32));
		return (v32);
	}
}

static int
check_field(const struct pf_rule_field *f, const struct pf_rule *r)
{
	const uint8_t	*p = (const uint8_t *)r + f->off;
	size_t		 len;

	if (f->use == PF_RU_OUT)
		return (pf_all_zero(p, f->size) ? 0 : EINVAL);
	if (f->use == PF_RU_LATER)
		return (pf_all_zero(p, f->size) ? 0 : EOPNOTSUPP);
	switch (f->kind) {
	case PF_RF_TABLE:
		return ((int32_t)field_value(p, f->size) < PF_RTABLE_NONE ?
		    EINVAL : 0);
	case PF_RF_MAX:
		return (field_value(p, f->size) > f->max ? EINVAL : 0);
	case PF_RF_STR:
		len = strnlen((const char *)p, f->size);
		return (len == f->size || !pf_all_zero(p + len, f->size - len) ?
		    EINVAL : 0);
	}
	return (0);
}

/* Whether a member has a value that stands for a feature which does not exist
 * yet. */
static bool
has_later_value(const struct pf_rule *r)
{
#define VALUE(m, value, word)	if (r->m == (value)) return (true);
	PF_RULE_VALUES_LATER(VALUE)
	return ((r->rule_flag & FLAGS_LATER) != 0);
}

static bool
id_ok(const struct pf_rule_id *want)
{
	if (want->op >= PF_OP_MAX || !pf_all_zero(want->pad, sizeof(want->pad)))
		return (false);
	switch (want->op) {
	case PF_OP_NONE:
		return (want->id[0] == 0 && want->id[1] == 0);
	case PF_OP_IRG:
	case PF_OP_XRG:
	case PF_OP_RRG:
		return (true);
	}
	return (want->id[1] == 0 || want->id[1] == want->id[0]);
}

/* Not said, or one of those that there are. */
static bool
prio_ok(uint8_t prio)
{
	return (prio == PF_PRIO_ZERO || prio <= PF_PRIO_MAX);
}

/* `set prio' says both priorities, or none. */
static bool
prios_ok(const struct pf_rule *r)
{
	return (prio_ok(r->prio) && prio_ok(r->set_prio[0]) && prio_ok(r->set_prio[1]) &&
	    (r->set_prio[0] == PF_PRIO_NOTSET) == (r->set_prio[1] == PF_PRIO_NOTSET));
}

/* Only TCP has fingerprints.  Of a system's number at least the class is there. */
static bool
os_ok(const struct pf_rule *r)
{
	return (r->os_fingerprint == PF_OSFP_ANY ||
	    (PF_OSFP_CLASS(r->os_fingerprint) != 0 &&
	    (r->proto == 0 || r->proto == IPPROTO_TCP)));
}

static int
check_port(const struct pf_rule_addr *h, uint8_t proto)
{
	switch (h->port_op) {
	case PF_OP_NONE:
		return (h->port[0] != 0 || h->port[1] != 0 ? EINVAL : 0);
	case PF_OP_IRG:
	case PF_OP_XRG:
	case PF_OP_RRG:
		break;
	default:				/* with one number */
		if (h->port[1] != 0 && h->port[1] != h->port[0])
			return (EINVAL);
	}
	return (proto != IPPROTO_TCP && proto != IPPROTO_UDP ? EINVAL : 0);
}

/* What lies behind the family's size is zero; without a family, all is. */
static bool
addr_ok(const struct pf_addr_wrap *a, uint8_t af)
{
	size_t	used = af == AF_INET ? 4 : af == AF_INET6 ? 16 : 0;

	if (!pf_all_zero(a->v.a.addr.addr8 + used, 16 - used) ||
	    !pf_all_zero(a->v.a.mask.addr8 + used, 16 - used))
		return (false);
	return (a->type != PF_ADDR_RANGE || (used != 0 &&
	    pf_addr_cmp(&a->v.a.addr, &a->v.a.mask, af) <= 0));
}

static int
check_host(const struct pf_rule_addr *h, uint8_t af, uint8_t proto)
{
	const struct pf_addr_wrap	*a = &h->addr;
	bool				 sound = false;

	if (a->type != PF_ADDR_DYNIFTL && (a->iflags != 0 || a->net != 0))
		return (EINVAL);
	switch (a->type) {
	case PF_ADDR_ADDRMASK:
	case PF_ADDR_RANGE:
		sound = addr_ok(a, af);
		break;
	case PF_ADDR_DYNIFTL:
		sound = pf_dyn_ok(a);
		break;
	case PF_ADDR_TABLE:
		sound = pf_table_name_ok(a->v.tblname);
		break;
	case PF_ADDR_NOROUTE:
	case PF_ADDR_URPFFAILED:
		sound = pf_all_zero((const uint8_t *)&a->v, sizeof(a->v));
		break;
	}
	return (sound ? check_port(h, proto) : EINVAL);
}

/* Whether the rule has an option that only a rule that makes states may
 * have. */
static bool
has_state_options(const struct pf_rule *r)
{
	return ((r->rule_flag & FLAGS_STATE) != 0 || r->max_states != 0 ||
	    !pf_all_zero((const uint8_t *)r->timeout, sizeof(r->timeout)));
}

/* The limits of a source need source-track, most of them that of the rule; overload needs a
 * limit of connections. */
static bool
sources_ok(const struct pf_rule *r)
{
	uint32_t	track = r->rule_flag & FLAGS_TRACK;

	if (r->overload_tblname[0] != '\0' ? r->max_src_conn == 0 &&
	    r->max_src_conn_rate.limit == 0 : r->flush != 0)
		return (false);
	if (r->flush == PF_FLUSH_GLOBAL)	/* not both bits */
		return (false);
	if (track == PFRULE_RULESRCTRACK ||
	    !pf_rate_ok(&r->max_src_conn_rate))
		return (false);
	if (r->max_src_nodes != 0 || r->max_src_conn != 0 ||
	    r->max_src_conn_rate.limit != 0)
		return (track == FLAGS_TRACK);
	return (r->max_src_states == 0 || track != 0);
}

static bool
has_divert(const struct pf_rule *r)
{
	return (r->divert_type != PF_DIVERT_NONE || r->divert_port != 0 ||
	    !pf_all_zero(r->divert_addr.addr8, sizeof(r->divert_addr)));
}

/* The two actions of rules in a translation ruleset: translate, and do not
 * translate. */
static const struct {
	uint8_t	does, says_no;
} translations[PF_RULESET_MAX] = {
	[PF_RULESET_NAT] = { PF_NAT, PF_NONAT },
	[PF_RULESET_BINAT] = { PF_BINAT, PF_NOBINAT },
	[PF_RULESET_RDR] = { PF_RDR, PF_NORDR },
};

static bool
is_translation(uint32_t ruleset)
{
	return (translations[ruleset].does != 0);
}

static int
check_translation(const struct pf_rule *r, uint32_t ruleset)
{
	if (r->action != translations[ruleset].does &&
	    r->action != translations[ruleset].says_no)
		return (EINVAL);
	if (r->keep_state != 0 || has_state_options(r) || r->pool_used != 0 ||
	    r->rule_flag != 0 || r->flagset != 0 || r->allow_opts != 0 ||
	    r->rt != PF_NOPFROUTE || has_divert(r) ||
	    r->max_mss != 0 || r->min_ttl != 0 || r->set_prio[0] != PF_PRIO_NOTSET ||
	    (r->natpass && r->action != translations[ruleset].does))
		return (EINVAL);
	return (r->rtableid != PF_RTABLE_NONE ? EOPNOTSUPP : 0);
}

/* A rule of the scrub ruleset says how packets are normalized, or that they are not.  One
 * of the three ways to treat fragments at most. */
static int
check_scrub(const struct pf_rule *r)
{
	uint32_t	frag = r->rule_flag & FLAGS_FRAGMENT;

	if (r->action != PF_SCRUB && r->action != PF_NOSCRUB)
		return (EINVAL);
	if (r->keep_state != 0 || has_state_options(r) || r->pool_used != 0 ||
	    r->rt != PF_NOPFROUTE || has_divert(r) || r->natpass ||
	    r->allow_opts || r->quick || r->tagname[0] != '\0' ||
	    r->return_icmp != 0 || r->return_icmp6 != 0 || r->return_ttl != 0 ||
	    r->set_prio[0] != PF_PRIO_NOTSET ||
	    (r->rule_flag & ~(FLAGS_SCRUB | PFRULE_DSCP)) != 0 ||
	    (frag & (frag - 1)) != 0)
		return (EINVAL);
	if (r->rtableid != PF_RTABLE_NONE)
		return (EOPNOTSUPP);
	return (r->action == PF_NOSCRUB && (r->rule_flag != 0 ||
	    r->min_ttl != 0 || r->max_mss != 0) ? EINVAL : 0);
}

/* A rule that calls an anchor has criteria, and nothing that says what to
 * do. */
static int
check_call(const struct pf_rule *r, uint32_t ruleset)
{
	uint8_t	action = ruleset == PF_RULESET_SCRUB ? PF_SCRUB :
	    ruleset == PF_RULESET_FILTER ? PF_PASS : translations[ruleset].does;

	if (r->action != action || r->keep_state != 0 || has_state_options(r) ||
	    r->pool_used != 0 || r->rt != PF_NOPFROUTE || has_divert(r) ||
	    r->natpass ||
	    r->allow_opts || r->log != 0 ||
	    r->return_icmp != 0 || r->return_icmp6 != 0 || r->return_ttl != 0 ||
	    r->max_mss != 0 || r->min_ttl != 0 || r->set_prio[0] != PF_PRIO_NOTSET ||
	    (r->rule_flag & ~PFRULE_FRAGMENT) != 0)
		return (EINVAL);
	return (r->rtableid != PF_RTABLE_NONE ? EOPNOTSUPP : 0);
}

/* A rule of `match' decides nothing: words about a decision contradict it. */
static int
check_match(const struct pf_rule *r)
{
	if (r->keep_state != 0 || has_state_options(r) || r->natpass ||
	    r->return_icmp != 0 || r->return_icmp6 != 0 ||
	    r->return_ttl != 0 ||
	    (r->rule_flag & (FLAGS_RETURN | PFRULE_ONCE)) != 0)
		return (EINVAL);
	return (0);
}

/* route-to, reply-to and dup-to have a pool, and say which packets they mean. */
static int
check_route(const struct pf_rule *r)
{
	bool	pool = (r->pool_used & 1U << PF_POOL_ROUTE) != 0;

	if (pool != (r->rt > PF_FASTROUTE) ||
	    (pool && r->direction != PF_IN && r->direction != PF_OUT))
		return (EINVAL);
	if (r->rt == PF_NOPFROUTE || r->action == PF_DROP)
		return (0);
	/* replies are known by their state */
	return (r->action != PF_PASS ||
	    (r->rt == PF_REPLYTO && r->keep_state == 0) ? EOPNOTSUPP : 0);
}

/*
 * divert-to is for connections that come in, which must have ports, to a program at an address
 * of their family; divert-reply for those that go out.
 */
static int
check_divert(const struct pf_rule *r)
{
	const uint8_t	*a = r->divert_addr.addr8;
	bool		 to = r->divert_type == PF_DIVERT_TO;
	size_t		 used = !to ? 0 : r->af == AF_INET ? 4 : 16;

	if ((to ? r->divert_port == 0 : r->divert_port != 0) ||
	    !pf_all_zero(a + used, sizeof(r->divert_addr) - used))
		return (EINVAL);
	if (r->divert_type == PF_DIVERT_NONE)
		return (0);
	if (to ? r->direction != PF_IN || r->af == 0 ||
	    (r->proto != IPPROTO_TCP && r->proto != IPPROTO_UDP) :
	    r->direction != PF_OUT)
		return (EINVAL);
	/* what is diverted is known by its state, and goes nowhere else */
	return (r->action != PF_PASS || r->keep_state == 0 || r->pool_used != 0 ||
	    r->rt != PF_NOPFROUTE ? EOPNOTSUPP : 0);
}

static int
check_action(const struct pf_rule *r, uint32_t ruleset)
{
	uint32_t	ret = r->rule_flag & FLAGS_RETURN;
	int		error;

	if (is_translation(ruleset))
		return (check_translation(r, ruleset));
	if (ruleset == PF_RULESET_SCRUB)
		return (check_scrub(r));
	if ((r->rule_flag & FLAGS_FRAGMENT) != 0)
		return (EINVAL);
	error = check_route(r);
	if (error == 0)
		error = check_divert(r);
	if (error != 0)
		return (error);
	if (r->action == PF_MATCH)
		return (check_match(r));
	if ((r->action != PF_PASS && r->action != PF_DROP) || r->natpass)
		return (EINVAL);
	/* of a rule that passes `return' is about what it can make no state for */
	if (r->action == PF_PASS && ((ret & ~PFRULE_RETURN) != 0 ||
	    r->return_icmp != 0 || r->return_icmp6 != 0 || r->return_ttl != 0))
		return (EINVAL);
	if ((ret & (ret - 1)) != 0)		/* more than one of them */
		return (EINVAL);
	if (r->action == PF_DROP && r->keep_state != 0)
		return (EINVAL);
	if (r->keep_state == 0 && (has_state_options(r) ||
	    (r->pool_used & ~(1U << PF_POOL_ROUTE)) != 0))
		return (EINVAL);
	if (r->keep_state > PF_STATE_NORMAL &&
	    (r->rule_flag & PFRULE_STATESLOPPY) != 0)
		return (EINVAL);
	if ((r->return_icmp != 0 && r->return_icmp >> 8 != 3) ||
	    (r->return_icmp6 != 0 && r->return_icmp6 >> 8 != 1))
		return (EINVAL);	/* destination unreachable */
	if (ret == 0 && r->return_ttl != 0)
		return (EINVAL);
	return (0);
}

/* Whether the rule has this pool. */
static bool
has_pool(const struct pf_rule *r, uint32_t ruleset, bool calls,
    unsigned int which)
{
	if (calls)
		return (false);
	if (is_translation(ruleset))
		return (which == PF_POOL_RDR &&
		    r->action == translations[ruleset].does);
	return ((r->pool_used & 1U << which) != 0);
}

/* A binat rule maps one prefix to another of the same size, or one address to
 * the first one of an interface. */
static int
check_binat(const struct pf_rule *r, const struct pf_pool_list *l)
{
	const struct pf_addr_wrap	*outer = &l->addr[0].addr;
	struct pf_addr			 mask;

	if (l->n != 1 || r->src.addr.type != PF_ADDR_ADDRMASK || r->src.neg)
		return (EINVAL);
	if (outer->type == PF_ADDR_ADDRMASK)
		mask = outer->v.a.mask;
	else if (outer->type == PF_ADDR_DYNIFTL && outer->net == 0 &&
	    (outer->iflags & PFI_AFLAG_NETWORK) == 0 &&
	    (outer->iflags & PFI_AFLAG_NOALIAS) != 0)
		pf_prefix_mask(&mask, r->af == AF_INET ? 32 : 128);
	else
		return (EINVAL);
	return (memcmp(&r->src.addr.v.a.mask, &mask, sizeof(mask)) != 0 ?
	    EINVAL : 0);
}

static int
check_pools(const struct pf_rule *r, uint32_t ruleset, bool calls,
    const struct pf_pool_list *lists)
{
	unsigned int	which;
	int		error;

	for (which = 0; which < PF_POOL_MAX; which++) {
		if (!has_pool(r, ruleset, calls, which)) {
			if (lists[which].n != 0 || !pf_all_zero(
			    (const uint8_t *)&r->pool[which],
			    sizeof(r->pool[which])))
				return (EINVAL);
			continue;
		}
		error = pf_pool_check(&r->pool[which], lists[which].addr,
		    lists[which].n, r->af, which == PF_POOL_ROUTE);
		if (error != 0)
			return (error);
	}
	return (r->action == PF_BINAT && !calls ?
	    check_binat(r, &lists[PF_POOL_RDR]) : 0);
}

int
pf_rule_check(const struct pf_rule *r, uint32_t ruleset, bool calls,
    const struct pf_pool_list *lists)
{
	unsigned int	i;
	int		error, later = 0;
	uint8_t		ports;

	/* EINVAL goes before EOPNOTSUPP */
	for (i = 0; i < pf_rule_nfields; i++) {
		error = check_field(&pf_rule_fields[i], r);
		if (error == EOPNOTSUPP)
			later = error;
		else if (error != 0)
			return (error);
	}
	if (r->af != 0 && r->af != AF_INET && r->af != AF_INET6)
		return (EINVAL);
	/* a nat rule without protocol may give ports, for the protocols that
	 * have some */
	ports = ruleset == PF_RULESET_NAT && r->proto == 0 ? IPPROTO_TCP :
	    r->proto;
	error = calls ? check_call(r, ruleset) : check_action(r, ruleset);
	if (error != 0 ||
	    (error = check_host(&r->src, r->af, ports)) != 0 ||
	    (error = check_host(&r->dst, r->af, ports)) != 0 ||
	    (error = check_pools(r, ruleset, calls, lists)) != 0)
		return (error);
	if (r->type != 0 &&
	    !(r->proto == IPPROTO_ICMP && r->af != AF_INET6) &&
	    !(r->proto == IPPROTO_ICMPV6 && r->af != AF_INET))
		return (EINVAL);
	if (r->code != 0 && r->type == 0)
		return (EINVAL);
	if (r->flags & ~r->flagset ||
	    (r->flagset != 0 && r->proto != 0 && r->proto != IPPROTO_TCP))
		return (EINVAL);
	if ((r->ifnot && r->ifname[0] == '\0') ||
	    (r->rcvifnot && r->rcv_ifname[0] == '\0') ||
	    (r->match_tag_not && r->match_tagname[0] == '\0') ||
	    r->dst.addr.type == PF_ADDR_URPFFAILED ||
	    !id_ok(&r->uid) || !id_ok(&r->gid) || !os_ok(r) ||
	    !pf_rate_ok(&r->pktrate) || !sources_ok(r) || !prios_ok(r) ||
	    (r->set_tos != 0 && (r->rule_flag & PFRULE_SET_TOS) == 0) ||
	    (r->rule_flag & FLAGS_BOUND) == FLAGS_BOUND)
		return (EINVAL);
	for (i = 0; i < PFTM_MAX; i++)
		if (r->timeout[i] > PFTM_VAL_MAX)
			return (EINVAL);
	return (has_later_value(r) ? EOPNOTSUPP : later);
}
