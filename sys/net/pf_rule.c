// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rule.c: one rule in the kernel
 *
 * What it owns.  The pf_krules; and pf_rule_fields[], which is the list of
 * pf_fields.h as data, and from which the digest and the differences of rules
 * are worked out.
 * Life.  A krule is made from the rule that a user loads.  The krule's ruleset
 * and states hold references to it; it is freed with the last reference.
 * Locking.  A krule is made with pf->ctl held.  Packets change only its
 * counters.
 * Place.  Second floor.  pf_rule_check.c says which rules are sound.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_fields.h"
#include "pf_anchor.h"
#include "pf_entry.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_norm.h"
#include "pf_pool.h"
#include "pf_rate.h"
#include "pf_rule.h"
#include "pf_table.h"
#include "pf_tag.h"
#include "pf_util.h"

#define SIZE(m, word, kind, max, skip, use, class)			\
	+ sizeof(((struct pf_rule *)0)->m)
static_assert(0 PF_RULE_FIELDS(SIZE) == sizeof(struct pf_rule),
    "every member has a row, and no byte lies between them");

#define ROW(m, word, kind, max, skip, use, class)			\
	{ #m, offsetof(struct pf_rule, m),				\
	  sizeof(((struct pf_rule *)0)->m),				\
	  PF_SKIP_ ## skip, PF_RF_ ## kind, PF_RU_ ## use, max },
const struct pf_rule_field pf_rule_fields[] = {
	PF_RULE_FIELDS(ROW)
};
const unsigned int pf_rule_nfields =
    sizeof(pf_rule_fields) / sizeof(pf_rule_fields[0]);

static void
pools_free(struct pf *pf, struct pf_krule *kr)
{
	unsigned int	which;

	for (which = 0; which < PF_POOL_MAX; which++)
		pf_pool_free(pf, kr->pool[which]);
}

static int
pools_create(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r,
    const char *path, const struct pf_pool_list *lists)
{
	unsigned int	which;
	int		error = 0;

	for (which = 0; which < PF_POOL_MAX && error == 0; which++)
		if (lists[which].n != 0)
			error = pf_pool_create(pf, r, which, path,
			    &lists[which], &kr->pool[which]);
	if (error != 0)
		pools_free(pf, kr);
	return (error);
}

static void
hosts_put(struct pf_krule *kr)
{
	unsigned int	i;

	for (i = 0; i < 2; i++) {
		pf_table_put(kr->table[i]);
		pf_dyn_put(kr->dyn[i]);
	}
	pf_table_put(kr->overload);
}

/* Get the tables and interfaces of `from' and `to', and the table of overload. */
static int
hosts_get(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r,
    const char *path)
{
	const struct pf_addr_wrap	*a;
	unsigned int			 i;
	bool				 got = true;

	for (i = 0; i < 2 && got; i++) {
		a = i == 0 ? &r->src.addr : &r->dst.addr;
		if (a->type == PF_ADDR_TABLE) {
			kr->table[i] = pf_table_get(pf, path, a->v.tblname);
			kr->has_tables = got = kr->table[i] != NULL;
		} else if (a->type == PF_ADDR_DYNIFTL) {
			kr->dyn[i] = pf_dyn_get(pf, a->v.ifname, a->iflags,
			    a->net);
			got = kr->dyn[i] != NULL;
		}
	}
	if (got && r->overload_tblname[0] != '\0') {
		kr->overload = pf_table_get(pf, path, r->overload_tblname);
		got = kr->overload != NULL;
	}
	if (!got)
		hosts_put(kr);
	return (got ? 0 : ENOMEM);
}

/* The table that packets are compared with; NULL: a prefix. */
static struct pf_table *
host_table(const struct pf_krule *kr, unsigned int i)
{
	return (kr->dyn[i] != NULL ? kr->dyn[i]->table : kr->table[i]);
}

static int
rate_create(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r)
{
	if (r->pktrate.limit == 0)
		return (0);
	kr->rate = pf_alloc(pf, sizeof(*kr->rate));
	if (kr->rate == NULL)
		return (ENOMEM);
	pf_rate_init(kr->rate, &r->pktrate);
	return (0);
}

/* Get the interfaces of `on' and `received-on'. */
static int
kifs_get(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r)
{
	if (r->ifname[0] != '\0')
		kr->kif = pf_kif_get(pf, r->ifname);
	if (r->rcv_ifname[0] != '\0')
		kr->rcv_kif = pf_kif_get(pf, r->rcv_ifname);
	kr->rcv_not = r->rcvifnot;
	if ((r->ifname[0] == '\0' || kr->kif != NULL) &&
	    (r->rcv_ifname[0] == '\0' || kr->rcv_kif != NULL))
		return (0);
	pf_kif_put(pf, kr->kif);
	pf_kif_put(pf, kr->rcv_kif);
	return (ENOMEM);
}

static void
origin_free(struct pf *pf, struct pf_krule *kr)
{
	if (kr->origin == NULL)
		return;
	pf_kif_put(pf, kr->origin->log_kif);
	pf_free(kr->origin);
}

/* The rule is in the anchor of this path, "" for none, and logs to a device, if to any. */
static int
origin_create(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r,
    const char *path)
{
	struct pf_rule_origin	*o = pf_alloc(pf, sizeof(*o));
	const char		*last = path;
	size_t			 i;

	kr->origin = o;
	if (o == NULL)
		return (ENOMEM);
	for (i = 0; path[i] != '\0'; i++)
		if (path[i] == '/')
			last = &path[i + 1];
	for (i = 0; i < sizeof(o->ruleset) - 1 && last[i] != '\0'; i++)
		o->ruleset[i] = last[i];
	if (r->log == 0)
		return (0);
	o->log_kif = pf_kif_get(pf, r->logif[0] != '\0' ? r->logif : "pflog0");
	return (o->log_kif != NULL ? 0 : ENOMEM);
}

static void
tags_put(struct pf *pf, struct pf_krule *kr)
{
	pf_tag_put(pf, kr->tag);
	pf_tag_put(pf, kr->tagged);
}

/* Get the tags of `tag' and `tagged'. */
static int
tags_get(struct pf *pf, struct pf_krule *kr, const struct pf_rule *r)
{
	int	error = 0;

	kr->tagged_not = r->match_tag_not;
	if (r->tagname[0] != '\0')
		error = pf_tag_get(pf, r->tagname, &kr->tag);
	if (error == 0 && r->match_tagname[0] != '\0')
		error = pf_tag_get(pf, r->match_tagname, &kr->tagged);
	if (error != 0)
		tags_put(pf, kr);
	return (error);
}

/* Count the rule, or no longer, among those of its interface and tables. */
static void
count_user(struct pf_krule *kr, uint32_t n)
{
	unsigned int	i;

	if (kr->kif != NULL)
		pf_kif_count_rules(kr->kif, n);
	if (kr->rcv_kif != NULL)
		pf_kif_count_rules(kr->rcv_kif, n);
	for (i = 0; i < 2; i++)
		if (kr->table[i] != NULL)
			kr->table[i]->rules += n;
	if (kr->overload != NULL) {
		kr->overload->rules += n;
		kr->overload->overloads += n;
	}
	for (i = 0; i < PF_POOL_MAX; i++)
		pf_pool_count_user(kr->pool[i], n);
}

/* Whether it sets anything in the headers of its packets. */
static bool
changes_headers(const struct pf_krule *kr)
{
	struct pf_norm	n;

	pf_norm_init(&n);
	pf_norm_add(&n, &kr->act);
	return (pf_norm_any(&n));
}

/* Whether it redirects to IPv4 addresses that are the loopback device's. */
static bool
redirects_to_loopback(const struct pf_krule *kr)
{
	return (kr->pool[PF_POOL_RDR] != NULL && kr->act.action != PF_NAT &&
	    kr->act.action != PF_BINAT &&
	    pf_pool_has_loopback(kr->pool[PF_POOL_RDR], kr->said->af));
}

/* Copy the members of use ASK and ACT, each to the member of the same name. */
static void
keep_members(struct pf_krule *kr, const struct pf_rule *r)
{
#define KEEP(where, m)	memcpy(&kr->where.m, &r->m, sizeof(kr->where.m));
#define KEEP_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, KEEP(ask, m))				\
	PF_RULE_ONLY_ACT(use, KEEP(act, m))
	PF_RULE_FIELDS(KEEP_ROW)
}

/* Which of the criteria of use ASK the rule has: a bit for each PF_ASK_*. */
static uint32_t
asked(const struct pf_rule *r)
{
	uint32_t	ask = 0;

#define SAYS(m)								\
	if (!pf_all_zero((const uint8_t *)&r->m, sizeof(r->m)))		\
		ask |= 1U << PF_ASK_ ## m;
#define HAS(bit, name)							\
	if (r->rule_flag & PFRULE_ ## bit)				\
		ask |= 1U << PF_ASK_ ## name;
#define ASK_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, SAYS(m))
#define ASK_BIT(bit, name, word, use)					\
	PF_RULE_ONLY_ASK(use, HAS(bit, name))
	PF_RULE_FIELDS(ASK_ROW)
	PF_RULE_BITS(ASK_BIT)
	return (ask);
}

/* Whether sources are remembered for the rule. */
static bool
needs_sources(const struct pf_rule *r)
{
	unsigned int	i;
	bool		needs = (r->rule_flag & PFRULE_SRCTRACK) != 0;

	for (i = 0; i < PF_POOL_MAX; i++)
		needs |= (r->pool[i].opts & PF_POOL_STICKYADDR) != 0;
	return (needs);
}

int
pf_krule_create(struct pf *pf, const struct pf_rule *r, uint32_t ruleset,
    const char *path, const char *call, const struct pf_pool_list *lists,
    struct pf_krule **out)
{
	struct pf_krule	*kr;
	int		 error;

	pf_mutex_assert(&pf->ctl);
	error = pf_rule_check(r, ruleset, call[0] != '\0', lists);
	if (error == 0 && needs_sources(r))
		error = pf_sources_need(pf);
	if (error != 0)
		return (error);
	kr = pf_alloc(pf, sizeof(*kr));
	if (kr == NULL)
		return (ENOMEM);
	error = ENOMEM;
	kr->said_size = pf_all_zero((const uint8_t *)r->more_label,
	    sizeof(r->more_label)) ? offsetof(struct pf_rule, more_label) :
	    sizeof(*r);
	kr->said = pf_alloc(pf, kr->said_size);
	if (kr->said == NULL)
		goto fail;
	if (origin_create(pf, kr, r, path) != 0 ||
	    pf_pcpu_init(&kr->ctr, PF_RC_MAX) != 0)
		goto fail;
	error = pools_create(pf, kr, r, path, lists);
	if (error != 0)
		goto fail_ctr;
	error = hosts_get(pf, kr, r, path);
	if (error != 0)
		goto fail_pools;
	error = tags_get(pf, kr, r);
	if (error != 0)
		goto fail_hosts;
	error = rate_create(pf, kr, r);
	if (error != 0)
		goto fail_tags;
	error = kifs_get(pf, kr, r);
	if (error != 0)
		goto fail_rate;
	count_user(kr, 1);
	pf_ref_set(&kr->refs, 1);
	pf_atomic_set(&kr->states_cur, 0);
	pf_atomic_set(&kr->src_nodes, 0);
	pf_atomic_set(&kr->used, 0);
	memcpy(kr->said, r, kr->said_size);
	keep_members(kr, r);
	kr->first_port = ntohs(r->dst.port[0]);
	if (r->action == PF_BINAT)
		kr->inner = r->src.addr.v.a.addr;
	kr->norms = changes_headers(kr);
	kr->to_loopback = redirects_to_loopback(kr);
	pf->to_loopback += kr->to_loopback;
	*out = kr;
	return (0);

fail_rate:
	pf_free(kr->rate);
fail_tags:
	tags_put(pf, kr);
fail_hosts:
	hosts_put(kr);
fail_pools:
	pools_free(pf, kr);
fail_ctr:
	pf_pcpu_fini(&kr->ctr);
fail:
	origin_free(pf, kr);
	pf_free(kr->said);
	pf_free(kr);
	return (error);
}

bool
pf_krule_has_label(const struct pf_krule *kr, const char *label)
{
	const struct pf_rule	*r = kr->said;
	unsigned int		 i;

	if (strcmp(r->label, label) == 0)
		return (true);
	for (i = 0; i < PF_RULE_LABELS - 1 &&
	    kr->said_size == sizeof(*r); i++)
		if (strcmp(r->more_label[i], label) == 0)
			return (true);
	return (false);
}

void
pf_krule_ref(struct pf_krule *kr)
{
	pf_ref_get(&kr->refs);
}

void
pf_krule_put(struct pf *pf, struct pf_krule *kr)
{
	if (!pf_ref_put(&kr->refs))
		return;
	pf_kif_put(pf, kr->kif);
	pf_kif_put(pf, kr->rcv_kif);
	tags_put(pf, kr);
	hosts_put(kr);
	pools_free(pf, kr);
	pf_free(kr->rate);
	pf_free(kr->anchor_call);
	origin_free(pf, kr);
	pf_free(kr->said);
	pf_pcpu_fini(&kr->ctr);
	pf_free(kr);
}

void
pf_krule_leave(struct pf *pf, struct pf_krule *kr)
{
	count_user(kr, UINT32_MAX);		/* one less */
	pf->to_loopback -= kr->to_loopback;
	pf_anchor_put(pf, kr->anchor);
	kr->anchor = NULL;			/* states may keep the rule */
	pf_krule_put(pf, kr);
}

/* Fill in what the source is compared with. */
static void
entry_src(struct pf_match_ent *e, const struct pf_addr_wrap *a,
    struct pf_table *t)
{
	e->src_type = a->type;
	e->src = a->v.a.addr;
	e->smask = a->v.a.mask;
	if (a->type != PF_ADDR_ADDRMASK)
		e->flags |= PF_MF_SRCSET;
	if (t != NULL)
		e->src_table = t;
}

static void
entry_dst(struct pf_match_ent *e, const struct pf_addr_wrap *a,
    struct pf_table *t)
{
	e->dst_type = a->type;
	e->dst = a->v.a.addr;
	e->dmask = a->v.a.mask;
	if (a->type != PF_ADDR_ADDRMASK)
		e->flags |= PF_MF_DSTSET;
	if (t != NULL)
		e->dst_table = t;
}

/* Whether the rule decides about all packets of its direction. */
static bool
takes_all(const struct pf_match_ent *e)
{
	return (e->flags == PF_MF_QUICK && e->kif == NULL && e->af == 0 &&
	    e->proto == 0 && e->ask == 0 && e->tcp_flagset == 0 &&
	    e->sport_op == PF_OP_NONE && e->dport_op == PF_OP_NONE &&
	    pf_all_zero(&e->smask, sizeof(e->smask)) &&
	    pf_all_zero(&e->dmask, sizeof(e->dmask)));
}

void
pf_krule_entry(struct pf_krule *kr, struct pf_match_ent *e)
{
	const struct pf_rule	*r = kr->said;

	e->kif = kr->kif;
	e->rule = kr;
	e->flags = (r->ifnot ? PF_MF_IFNOT : 0) |
	    (r->src.neg ? PF_MF_SRCNOT : 0) | (r->dst.neg ? PF_MF_DSTNOT : 0) |
	    (r->quick ? PF_MF_QUICK : 0) | (kr->tag != NULL ? PF_MF_TAGS : 0);
	if (kr->anchor != NULL) {
		e->flags |= PF_MF_ANCHOR |
		    (kr->call_kind.wildcard ? PF_MF_WILD : 0);
		e->anchor = kr->anchor->slot;
	} else if (r->action == PF_MATCH)
		e->flags |= PF_MF_ACTS;
	else if ((r->action >= PF_NAT && r->action <= PF_NORDR) ||
	    r->action == PF_SCRUB || r->action == PF_NOSCRUB)
		e->flags |= PF_MF_QUICK;
	e->dir = r->direction;
	e->af = r->af;
	e->proto = r->proto;
	e->action = r->action;
	e->ask = asked(r) | (kr->rate != NULL ? 1U << PF_ASK_rate : 0);
	e->tcp_flags = r->flags;
	e->tcp_flagset = r->flagset;
	e->sport_op = r->src.port_op;
	e->dport_op = r->dst.port_op;
	memcpy(e->sport, r->src.port, sizeof(e->sport));
	memcpy(e->dport, r->dst.port, sizeof(e->dport));
	entry_src(e, &r->src.addr, host_table(kr, 0));
	entry_dst(e, &r->dst.addr, host_table(kr, 1));
	if (takes_all(e))
		e->flags |= PF_MF_ALL;
}

/* A rule with `no', and one that calls an anchor, have no pool and are the same
 * for packets of either direction. */
void
pf_krule_entry_binat_in(struct pf_krule *kr, struct pf_match_ent *e)
{
	const struct pf_rule	*r = kr->said;
	const struct pf_kpool_addr *outer;

	pf_krule_entry(kr, e);
	if (kr->pool[PF_POOL_RDR] == NULL)
		return;
	outer = &kr->pool[PF_POOL_RDR]->addr[0];
	e->flags &= ~(PF_MF_SRCNOT | PF_MF_DSTNOT | PF_MF_SRCSET | PF_MF_DSTSET |
	    PF_MF_ALL);
	e->flags |= r->dst.neg ? PF_MF_SRCNOT : 0;
	entry_src(e, &r->dst.addr, host_table(kr, 1));
	e->sport_op = r->dst.port_op;
	memcpy(e->sport, r->dst.port, sizeof(e->sport));
	entry_dst(e, &outer->user.addr,
	    outer->dyn != NULL ? outer->dyn->table : NULL);
	e->dport_op = r->src.port_op;
	memcpy(e->dport, r->src.port, sizeof(e->dport));
}

/*
 * What counter i has counted since it was last cleared.  Packets go on counting
 * while a sum is taken, so that a sum of differences may come out a little
 * below 0.
 */
static uint64_t
since_clear(const struct pf_krule *kr, unsigned int i, uint64_t sum)
{
	int64_t	v = (int64_t)(sum - kr->base[i]);

	return (v > 0 ? v : 0);
}

/* How many addresses there are to match. */
static void
tell_host(const struct pf_krule *kr, unsigned int i, struct pf_addr_wrap *a)
{
	if (kr->table[i] != NULL)
		a->cnt = pf_table_told(kr->table[i]);
	else if (kr->dyn[i] != NULL)
		a->cnt = pf_dyn_told(kr->dyn[i], kr->said->af);
}

void
pf_krule_export(const struct pf_krule *kr, uint64_t evals, struct pf_rule *r)
{
	uint64_t	v[PF_RC_MAX];
	unsigned int	i;

	for (i = 0; i < PF_RC_MAX; i++)
		v[i] = since_clear(kr, i, i == PF_RC_EVAL ? evals :
		    pf_pcpu_sum(&kr->ctr, i));
	memset(r, 0, sizeof(*r));
	memcpy(r, kr->said, kr->said_size);
	r->evaluations = v[PF_RC_EVAL];
	r->packets[0] = v[PF_RC_PACKETS_IN];
	r->packets[1] = v[PF_RC_PACKETS_OUT];
	r->bytes[0] = v[PF_RC_BYTES_IN];
	r->bytes[1] = v[PF_RC_BYTES_OUT];
	r->states_cur = pf_atomic_read(&kr->states_cur);
	r->src_nodes = pf_atomic_read(&kr->src_nodes);
	r->states_tot = v[PF_RC_STATES];
	r->expired = pf_atomic_read(&kr->used) != 0;
	r->nr = kr->nr;
	r->cuid = kr->origin->cuid;
	r->cpid = kr->origin->cpid;
	tell_host(kr, 0, &r->src.addr);
	tell_host(kr, 1, &r->dst.addr);
	r->anchor_wildcard = kr->call_kind.wildcard;
	r->anchor_relative = kr->call_kind.relative;
}

/*
 * The counters themselves are not set to zero.  If they were, while packets
 * count, one half of a difference could be lost, and the evaluations of all
 * later rules would stay wrong.
 */
void
pf_krule_clear(struct pf_krule *kr, uint64_t evals)
{
	unsigned int	i;

	for (i = 0; i < PF_RC_EVAL; i++)
		kr->base[i] = pf_pcpu_sum(&kr->ctr, i);
	kr->base[PF_RC_EVAL] = (int64_t)evals > 0 ? evals : 0;
}

void
pf_krule_carry(struct pf_krule *kr, const struct pf_krule *old, uint64_t evals)
{
	unsigned int	i;

	for (i = 0; i < PF_RC_MAX; i++)
		kr->base[i] -= since_clear(old, i, i == PF_RC_EVAL ? evals :
		    pf_pcpu_sum(&old->ctr, i));
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

/* Add two words to the digest, by two SipHashes with fixed keys: equal rules
 * have equal digests on all machines. */
static void
digest_words(uint64_t h[2], uint64_t a, uint64_t b)
{
	static const struct pf_siphash_key keys[2] = {
		{ { 1, 2 } }, { { 3, 4 } }
	};
	uint64_t	first;

	first = pf_siphash4(h[0], h[1], a, b, &keys[0]);
	h[1] = pf_siphash4(h[0], h[1], a, b, &keys[1]);
	h[0] = first;
}

/*
 * Add the bytes of a member to the digest, without the zero bytes at the end.
 * The digest also gets the member's row and length, so that no two rules give
 * the same words.
 */
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
		digest_words(h,
		    (uint64_t)row << 32 | (uint64_t)len << 16 | off, w);
	}
}

void
pf_krule_digest(const struct pf_krule *kr, uint64_t h[2])
{
	const struct pf_kpool	*kp;
	uint32_t		 i, k;

	for (i = 0; i < pf_rule_nfields &&
	    pf_rule_fields[i].off < kr->said_size; i++)
		digest_bytes(h, i, (const uint8_t *)kr->said +
		    pf_rule_fields[i].off, pf_rule_fields[i].size);
	for (i = 0; i < PF_POOL_MAX; i++) {
		kp = kr->pool[i];
		for (k = 0; kp != NULL && k < kp->n; k++) {
			digest_words(h, UINT64_MAX, 1 + i);
			digest_bytes(h, pf_rule_nfields, &kp->addr[k].user,
			    sizeof(kp->addr[k].user));
		}
	}
	if (kr->anchor_call != NULL) {
		digest_words(h, UINT64_MAX, 1 + PF_POOL_MAX);
		digest_bytes(h, pf_rule_nfields + 1, kr->anchor_call,
		    strlen(kr->anchor_call));
	}
	digest_words(h, UINT64_MAX, 0);		/* the end of the rule */
}
