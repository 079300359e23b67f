// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rule.c: one rule, from what a user says to what the kernel holds (second floor)
 *
 * pf_rule_fields[] has a row for every member of struct pf_rule, so that together they cover
 * it byte by byte.  The rows drive what can be said of a member alone: its range, whether this
 * kernel part knows the feature, which skip step it belongs to; and the digest.
 * What members mean to each other is checked by the functions below the table.
 *
 * Owns the pf_krules: made here, referenced by their ruleset and by states, freed
 * with the last reference.  Never changed but for atomic and per-CPU counters.
 */
#include "pf_priv.h"

/* Kinds of members */
enum {
	PF_RF_ANY,		/* every value is valid */
	PF_RF_MAX,		/* a number up to max */
	PF_RF_STR,		/* a string, NUL-terminated, zeros behind */
	PF_RF_ZERO,		/* counters and pads: zero */
	PF_RF_LATER,		/* zero, or a feature that is not there yet */
	PF_RF_NORTABLE		/* -1, or a feature that is not there yet */
};

#define ROW(member, kind, max, skip)					\
	{ #member, offsetof(struct pf_rule, member),			\
	  sizeof(((struct pf_rule *)0)->member), skip, kind, max }
#define ANY(m)		ROW(m, PF_RF_ANY, 0, PF_SKIP_COUNT)
#define UPTO(m, max)	ROW(m, PF_RF_MAX, max, PF_SKIP_COUNT)
#define STR(m)		ROW(m, PF_RF_STR, 0, PF_SKIP_COUNT)
#define ZERO(m)		ROW(m, PF_RF_ZERO, 0, PF_SKIP_COUNT)
#define LATER(m)	ROW(m, PF_RF_LATER, 0, PF_SKIP_COUNT)
#define HOST(h, skipaddr, skipport)					\
	ROW(h.addr.v, PF_RF_ANY, 0, skipaddr),				\
	ZERO(h.addr.cnt),						\
	ROW(h.addr.type, PF_RF_MAX, PF_ADDR_TYPE_MAX - 1, skipaddr),	\
	ROW(h.addr.iflags, PF_RF_LATER, 0, skipaddr),			\
	ROW(h.addr.net, PF_RF_LATER, 0, skipaddr),			\
	ZERO(h.addr.pad),						\
	ROW(h.port, PF_RF_ANY, 0, skipport),				\
	ROW(h.neg, PF_RF_MAX, 1, skipaddr),				\
	ROW(h.port_op, PF_RF_MAX, PF_OP_MAX - 1, skipport),		\
	ZERO(h.pad)

const struct pf_rule_field pf_rule_fields[] = {
	HOST(src, PF_SKIP_SRC_ADDR, PF_SKIP_SRC_PORT),
	HOST(dst, PF_SKIP_DST_ADDR, PF_SKIP_DST_PORT),
	ANY(pool),
	ROW(ifname, PF_RF_STR, 0, PF_SKIP_IFP),
	LATER(rcv_ifname),
	STR(logif),
	STR(label),
	LATER(qname),
	LATER(pqname),
	LATER(tagname),
	LATER(match_tagname),
	LATER(overload_tblname),
	ZERO(evaluations),
	ZERO(packets),
	ZERO(bytes),
	ZERO(states_tot),
	ZERO(states_cur),
	ZERO(src_nodes),
	ZERO(nr),
	ZERO(skip),
	ZERO(expired),
	ZERO(qid),
	ZERO(pqid),
	UPTO(rule_flag, PFRULE_FLAGMASK),
	ANY(timeout),
	ANY(max_states),
	LATER(max_src_nodes),
	LATER(max_src_states),
	LATER(max_src_conn),
	LATER(max_src_conn_rate),
	LATER(pktrate),
	ANY(prob),
	LATER(os_fingerprint),
	ROW(rtableid, PF_RF_NORTABLE, 0, PF_SKIP_COUNT),
	ZERO(cuid),
	ZERO(cpid),
	ANY(ridentifier),
	LATER(uid),
	LATER(gid),
	ZERO(pad0),
	LATER(divert_addr),
	LATER(divert_port),
	ANY(return_icmp),
	ANY(return_icmp6),
	LATER(max_mss),
	ANY(return_ttl),
	UPTO(action, PF_ACTION_MAX - 1),
	ROW(direction, PF_RF_MAX, PF_OUT, PF_SKIP_DIR),
	UPTO(log, PF_LOG_MASK),
	UPTO(quick, 1),
	ROW(ifnot, PF_RF_MAX, 1, PF_SKIP_IFP),
	LATER(rcvifnot),
	LATER(match_tag_not),
	UPTO(natpass, 1),
	UPTO(keep_state, PF_STATE_SYNPROXY),
	ROW(af, PF_RF_ANY, 0, PF_SKIP_AF),
	ROW(proto, PF_RF_ANY, 0, PF_SKIP_PROTO),
	ANY(type),
	ANY(code),
	ANY(flags),
	ANY(flagset),
	LATER(min_ttl),
	UPTO(allow_opts, 1),
	LATER(rt),
	ANY(tos),
	LATER(set_tos),
	LATER(set_prio),
	LATER(prio),
	LATER(flush),
	LATER(naf),
	LATER(divert_type),
	UPTO(pool_used, (1U << PF_POOL_MAX) - 1),
	ZERO(anchor_wildcard),
	ZERO(anchor_relative),
	ZERO(pad),
};
const unsigned int pf_rule_nfields =
    sizeof(pf_rule_fields) / sizeof(pf_rule_fields[0]);

#define FLAGS_RETURN	(PFRULE_RETURN | PFRULE_RETURNRST | PFRULE_RETURNICMP)
#define FLAGS_STATE	(PFRULE_NOSYNC | PFRULE_IFBOUND | PFRULE_STATESLOPPY)
#define FLAGS_KNOWN	(FLAGS_RETURN | FLAGS_STATE | PFRULE_FRAGMENT | PFRULE_DSCP)

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

	switch (f->kind) {
	case PF_RF_MAX:
		return (field_value(p, f->size) > f->max ? EINVAL : 0);
	case PF_RF_STR:
		len = strnlen((const char *)p, f->size);
		return (len == f->size || !pf_all_zero(p + len, f->size - len) ?
		    EINVAL : 0);
	case PF_RF_ZERO:
		return (pf_all_zero(p, f->size) ? 0 : EINVAL);
	case PF_RF_LATER:
		return (pf_all_zero(p, f->size) ? 0 : EOPNOTSUPP);
	case PF_RF_NORTABLE:
		return (field_value(p, f->size) == UINT32_MAX ? 0 : EOPNOTSUPP);
	}
	return (0);
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

static int
check_host(const struct pf_rule_addr *h, uint8_t af, uint8_t proto)
{
	size_t	used = af == AF_INET ? 4 : af == AF_INET6 ? 16 : 0;

	if (h->addr.type == PF_ADDR_NONE)
		return (EINVAL);
	if (h->addr.type != PF_ADDR_DYNIFTL &&
	    (h->addr.iflags != 0 || h->addr.net != 0))
		return (EINVAL);
	if (h->addr.type != PF_ADDR_ADDRMASK)
		return (EOPNOTSUPP);
	/* what lies behind the family's size is zero; without a family, all is */
	if (!pf_all_zero(h->addr.v.a.addr.addr8 + used, 16 - used) ||
	    !pf_all_zero(h->addr.v.a.mask.addr8 + used, 16 - used))
		return (EINVAL);
	return (check_port(h, proto));
}

/* What only a rule that makes states can say. */
static bool
has_state_options(const struct pf_rule *r)
{
	return ((r->rule_flag & FLAGS_STATE) != 0 || r->max_states != 0 ||
	    !pf_all_zero((const uint8_t *)r->timeout, sizeof(r->timeout)));
}

/* What the rules of a translation ruleset do, and how they say that nothing is done. */
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
	    (r->natpass && r->action != translations[ruleset].does))
		return (EINVAL);
	return (0);
}

/* A rule that calls an anchor says when, and nothing of what to do. */
static int
check_call(const struct pf_rule *r, uint32_t ruleset)
{
	uint8_t	action = ruleset == PF_RULESET_SCRUB ? PF_SCRUB :
	    ruleset == PF_RULESET_FILTER ? PF_PASS : translations[ruleset].does;

	if (r->action != action || r->keep_state != 0 || has_state_options(r) ||
	    r->pool_used != 0 || r->natpass || r->allow_opts || r->log != 0 ||
	    r->return_icmp != 0 || r->return_icmp6 != 0 || r->return_ttl != 0 ||
	    (r->rule_flag & ~PFRULE_FRAGMENT) != 0)
		return (EINVAL);
	return (0);
}

static int
check_action(const struct pf_rule *r, uint32_t ruleset)
{
	uint32_t	ret = r->rule_flag & FLAGS_RETURN;

	if (is_translation(ruleset))
		return (check_translation(r, ruleset));
	if (ruleset != PF_RULESET_FILTER || r->action == PF_MATCH)
		return (EOPNOTSUPP);
	if ((r->action != PF_PASS && r->action != PF_DROP) || r->natpass)
		return (EINVAL);
	if (r->rule_flag & ~FLAGS_KNOWN || r->keep_state > PF_STATE_NORMAL)
		return (EOPNOTSUPP);
	if (r->action == PF_PASS && (ret != 0 || r->return_icmp != 0 ||
	    r->return_icmp6 != 0))
		return (EINVAL);
	if ((ret & (ret - 1)) != 0)		/* more than one of them */
		return (EINVAL);
	if (r->action == PF_DROP && (r->keep_state != 0 || r->pool_used != 0))
		return (EINVAL);
	if (r->keep_state == 0 && (has_state_options(r) || r->pool_used != 0))
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
has_pool(const struct pf_rule *r, uint32_t ruleset, bool calls, unsigned int which)
{
	if (calls)
		return (false);
	if (is_translation(ruleset))
		return (which == PF_POOL_RDR &&
		    r->action == translations[ruleset].does);
	return ((r->pool_used & 1U << which) != 0);
}

/* A binat rule maps one prefix to another of the same size. */
static int
check_binat(const struct pf_rule *r, const struct pf_pool_list *l)
{
	if (l->n != 1 || r->src.addr.type != PF_ADDR_ADDRMASK || r->src.neg ||
	    memcmp(&r->src.addr.v.a.mask, &l->addr[0].addr.v.a.mask,
	    sizeof(struct pf_addr)) != 0)
		return (EINVAL);
	return (0);
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
		if (which == PF_POOL_ROUTE)
			return (EOPNOTSUPP);
		error = pf_pool_check(&r->pool[which], lists[which].addr,
		    lists[which].n, r->af);
		if (error != 0)
			return (error);
	}
	return (r->action == PF_BINAT && !calls ? check_binat(r, &lists[PF_POOL_RDR]) : 0);
}

static int
check_rule(const struct pf_rule *r, uint32_t ruleset, bool calls,
    const struct pf_pool_list *lists)
{
	unsigned int	i;
	int		error, later = 0;
	uint8_t		ports;

	/* what is wrong goes before what is only unknown */
	for (i = 0; i < pf_rule_nfields; i++) {
		error = check_field(&pf_rule_fields[i], r);
		if (error == EOPNOTSUPP)
			later = error;
		else if (error != 0)
			return (error);
	}
	if (r->af != 0 && r->af != AF_INET && r->af != AF_INET6)
		return (EINVAL);
	/* nat without a protocol may name ports of those that have them */
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
	if (r->ifnot && r->ifname[0] == '\0')
		return (EINVAL);
	for (i = 0; i < PFTM_MAX; i++)
		if (r->timeout[i] > PFTM_VAL_MAX)
			return (EINVAL);
	return (later);
}

static void
pools_free(struct pf_krule *kr)
{
	unsigned int	which;

	for (which = 0; which < PF_POOL_MAX; which++)
		pf_pool_free(kr->pool[which]);
}

static int
pools_create(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r,
    const struct pf_pool_list *lists)
{
	unsigned int	which;
	int		error = 0;

	for (which = 0; which < PF_POOL_MAX && error == 0; which++)
		if (lists[which].n != 0)
			error = pf_pool_create(pf, &r->pool[which],
			    lists[which].addr, lists[which].n, r->af,
			    &kr->pool[which]);
	if (error != 0)
		pools_free(kr);
	return (error);
}

int
pf_krule_create(struct pf *pf, const struct pf_rule *r, uint32_t ruleset,
    const char *call, const struct pf_pool_list *lists, struct pf_krule **out)
{
	struct pf_krule	*kr;
	int		 error;

	pf_mutex_assert(&pf->ctl);
	error = check_rule(r, ruleset, call[0] != '\0', lists);
	if (error != 0)
		return (error);
	kr = pf_alloc(pf, sizeof(*kr));
	if (kr == NULL)
		return (ENOMEM);
	if (pf_pcpu_init(&kr->ctr, PF_RC_MAX) != 0)
		goto fail;
	if (pools_create(pf, kr, r, lists) != 0)
		goto fail_ctr;
	if (r->ifname[0] != '\0') {
		kr->kif = pf_kif_get(pf, r->ifname);
		if (kr->kif == NULL)
			goto fail_pools;
		kr->kif->rules++;
	}
	pf_ref_set(&kr->refs, 1);
	pf_atomic_set(&kr->states_cur, 0);
	pf_atomic_set(&kr->states_tot, 0);
	kr->r = *r;
	*out = kr;
	return (0);

fail_pools:
	pools_free(kr);
fail_ctr:
	pf_pcpu_fini(&kr->ctr);
fail:
	pf_free(kr);
	return (ENOMEM);
}

void
pf_krule_get(struct pf_krule *kr)
{
	pf_ref_get(&kr->refs);
}

void
pf_krule_put(struct pf *pf, struct pf_krule *kr)
{
	if (!pf_ref_put(&kr->refs))
		return;
	pf_kif_put(pf, kr->kif);
	pools_free(kr);
	pf_free(kr->call);
	pf_pcpu_fini(&kr->ctr);
	pf_free(kr);
}

/* What counter i counted since it was last cleared.  Sums are taken while packets count:
 * one that stands for differences may seem a little below 0. */
static uint64_t
since_clear(const struct pf_krule *kr, unsigned int i, uint64_t sum)
{
	int64_t	v = (int64_t)(sum - kr->base[i]);

	return (v > 0 ? v : 0);
}

void
pf_krule_export(const struct pf_krule *kr, uint64_t evals, struct pf_rule *r)
{
	uint64_t	v[PF_RC_MAX];
	unsigned int	i;

	for (i = 0; i < PF_RC_MAX; i++)
		v[i] = since_clear(kr, i, i == PF_RC_EVAL ? evals :
		    pf_pcpu_sum(&kr->ctr, i));
	*r = kr->r;
	r->evaluations = v[PF_RC_EVAL];
	r->packets[0] = v[PF_RC_PACKETS_IN];
	r->packets[1] = v[PF_RC_PACKETS_OUT];
	r->bytes[0] = v[PF_RC_BYTES_IN];
	r->bytes[1] = v[PF_RC_BYTES_OUT];
	r->states_cur = pf_atomic_read(&kr->states_cur);
	r->states_tot = pf_atomic_read(&kr->states_tot);
	r->nr = kr->nr;
	r->cuid = kr->cuid;
	r->cpid = kr->cpid;
	r->anchor_wildcard = kr->how.wildcard;
	r->anchor_relative = kr->how.relative;
}

/*
 * The counters themselves go on: zeroing one while packets add to it could lose one half of
 * a difference, and the evaluations of all later rules would be wrong for good.
 */
void
pf_krule_clear(struct pf_krule *kr, uint64_t evals)
{
	unsigned int	i;

	for (i = 0; i < PF_RC_EVAL; i++)
		kr->base[i] = pf_pcpu_sum(&kr->ctr, i);
	kr->base[PF_RC_EVAL] = (int64_t)evals > 0 ? evals : 0;
	pf_atomic_set(&kr->states_tot, 0);
}

uint32_t
pf_rule_differ(const struct pf_rule *a, const struct pf_rule *b)
{
	const struct pf_rule_field	*f;
	uint32_t			 differ = 0;
	unsigned int			 i;

	for (i = 0; i < pf_rule_nfields; i++) {
		f = &pf_rule_fields[i];
		if (f->skip != PF_SKIP_COUNT &&
		    (differ & 1U << f->skip) == 0 &&
		    memcmp((const uint8_t *)a + f->off,
		    (const uint8_t *)b + f->off, f->size) != 0)
			differ |= 1U << f->skip;
	}
	return (differ);
}

/* SipHash as a chain of two; the keys are fixed, so that equal rules give equal digests
 * on any machine. */
static void
digest_words(uint64_t h[2], uint64_t a, uint64_t b)
{
	static const struct pf_siphash_key keys[2] = { { { 1, 2 } }, { { 3, 4 } } };
	uint64_t	first;

	first = pf_siphash4(h[0], h[1], a, b, &keys[0]);
	h[1] = pf_siphash4(h[0], h[1], a, b, &keys[1]);
	h[0] = first;
}

/* The last byte that says something is the last that counts; row and length go first, so
 * no two rules read alike. */
static void
digest_bytes(uint64_t h[2], uint32_t row, const void *bytes, size_t len)
{
	const uint8_t	*p = bytes;
	uint64_t	 w;
	size_t		 off, n;

	while (len > 0 && p[len - 1] == 0)
		len--;
	for (off = 0; off < len; off += n) {
		n = len - off < sizeof(w) ? len - off : sizeof(w);
		w = 0;
		memcpy(&w, p + off, n);
		digest_words(h, (uint64_t)row << 32 | (uint64_t)len << 16 | off, w);
	}
}

void
pf_krule_digest(const struct pf_krule *kr, uint64_t h[2])
{
	const struct pf_kpool	*kp;
	uint32_t		 i, k;

	for (i = 0; i < pf_rule_nfields; i++)
		digest_bytes(h, i, (const uint8_t *)&kr->r +
		    pf_rule_fields[i].off, pf_rule_fields[i].size);
	for (i = 0; i < PF_POOL_MAX; i++) {
		kp = kr->pool[i];
		for (k = 0; kp != NULL && k < kp->n; k++) {
			digest_words(h, UINT64_MAX, 1 + i);
			digest_bytes(h, pf_rule_nfields, &kp->addr[k].user,
			    sizeof(kp->addr[k].user));
		}
	}
	if (kr->call != NULL) {
		digest_words(h, UINT64_MAX, 1 + PF_POOL_MAX);
		digest_bytes(h, pf_rule_nfields + 1, kr->call, strlen(kr->call));
	}
	digest_words(h, UINT64_MAX, 0);		/* the end of the rule */
}
