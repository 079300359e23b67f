// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf.c: the path of a packet, and the life of an instance
 *
 * What it owns.  The order of the steps: pf_test() is the table of contents.  What a packet
 * meets on its way is in a struct pf_path on the stack (pf_path.h).  And struct pf: an
 * instance is made disabled and empty; pf_purge() is its heartbeat.
 * Locking.  A packet: one RCU read side, one configuration.  Control: pf->ctl.
 * Place.  Fourth floor; pf_new.c has the way of a packet that belongs to no state.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_actions.h"
#include "pf_conf.h"
#include "pf_divert.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_modulate.h"
#include "pf_norm.h"
#include "pf_overload.h"
#include "pf_packet.h"
#include "pf_path.h"
#include "pf_pflog.h"
#include "pf_rate.h"
#include "pf_reply.h"
#include "pf_rewrite.h"
#include "pf_route.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_scrub.h"
#include "pf_srcnode.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_synproxy.h"
#include "pf_table.h"
#include "pf_tag.h"
#include "pf_tcpnorm.h"
#include "pf_track.h"

const struct pf_cache_desc pf_caches[PF_CACHE_MAX] = {
	[PF_CACHE_STATE] = { "pf_state", PF_STATE_OBJECT, 128 },
};

/*
 * What the packet is.  Its state's bucket is asked for early.  A wrong checksum is
 * found here, on the way in: the receiver would not believe such a packet, so no state
 * may either.
 */
static int
path_parse(struct pf_path *p)
{
	struct pf_pdesc	*pd = &p->pd;
	int		 why;

	why = pf_packet_parse(pd);
	if (pf_scrubs(p->conf, pd) && why == PF_GO) {
		why = pf_scrub(pd, p->conf, &p->scrubbed);
		if (why != PF_GO && why != PF_HELD && p->scrubbed.rule != NULL)
			p->log = p->scrubbed.rule->act.log;
	}
	if (why != PF_GO)
		return (why);
	if (PF_PATH_HAS_KEY(p)) {
		pf_state_key_of(pd, &p->lookup.key);
		p->lookup.dir = pd->dir;
		pf_state_lookup_init(pd->pf, &p->lookup);
	}
	if (pd->dir != PF_IN || (pd->flags & PF_PD_CKSUM) == 0)
		return (PF_GO);
	return (pf_pkt_cksum_ok(pd->pkt, pd->af, pd->proto, pd->off) ?
	    PF_GO : PFRES_PROTCKSUM);
}

/* The side of a translated state to which a packet of this direction goes. */
static unsigned int
path_far_side(const struct pf_path *p)
{
	return (p->pd.dir == PF_IN ? PF_SK_STACK : PF_SK_WIRE);
}

static int
path_state_options(const struct pf_path *p)
{
	return (pf_path_options(p, (p->state->flags & PFSTATE_ALLOWOPTS) != 0));
}

/* Both ends of the TCP connection have seen the other's answer. */
static bool
is_connected(const struct pf_state *s)
{
	uint8_t	src = READ_ONCE(s->src.state), dst = READ_ONCE(s->dst.state);

	return (src >= PF_TCPS_ESTABLISHED && src < PF_TCPS_TIME_WAIT &&
	    dst >= PF_TCPS_ESTABLISHED && dst < PF_TCPS_TIME_WAIT);
}

/* The packet may have completed the handshake of a state that counts at a source: one that
 * has too many connections loses this one. */
static int
path_connect(struct pf_path *p)
{
	struct pf_state	*s = p->state;

	if (!is_connected(s) || !pf_srcnode_connect(p->pd.pf, s))
		return (PF_GO);
	pf_overload_add(p->pd.pf, s);
	pf_state_remove(p->pd.pf, s);
	return (PFRES_SRCLIMIT);
}

/* Which way the state sends the packet, if its rules say so. */
static void
path_way(struct pf_path *p)
{
	const struct pf_state_more	*more = p->state->more;
	bool				 forward = p->state->direction == p->pd.dir;

	if (more->hop.rt != PF_NOPFROUTE &&
	    pf_hop_applies(&more->hop, &p->pd, forward)) {
		p->hop = more->hop;
		p->pd.flags |= PF_PD_HOP;
	}
	if (more->rtable != PF_RTABLE_NONE && pf_rtable_applies(&p->pd, forward)) {
		p->rtable = more->rtable;
		p->pd.flags |= PF_PD_RTABLE;
	}
	if (more->divert.type != PF_DIVERT_NONE && pf_divert_applies(&p->pd))
		p->pd.flags |= PF_PD_DIVERT;
}

/* What the rules of few states do with each packet. */
static pf_noinline int
path_each(struct pf_path *p)
{
	const struct pf_state_more	*more = p->state->more;
	bool				 tcp = p->pd.proto == IPPROTO_TCP;
	int				 why = PF_GO;

	if (more->source != NULL && tcp && READ_ONCE(more->connected) == 0)
		why = path_connect(p);
	if (why == PF_GO && more->tcpnorm != NULL && tcp)
		why = pf_tcpnorm_pass(p->state, &p->pd);
	if (why != PF_GO)
		return (why);
	if (more->tag != NULL)
		pf_pkt_set_tag(p->pd.pkt, more->tag->nr);
	path_way(p);
	return (pf_norm_any(&more->norm) ? pf_norm_apply(&p->pd, &more->norm) :
	    PF_GO);
}

/* What the rules of few states ask of each packet.  No more may come in the state's direction
 * than max-pkt-rate lets through. */
static pf_noinline int
path_asked(const struct pf_path *p)
{
	const struct pf_state	*s = p->state;

	if (s->rule->rate != NULL && s->direction == p->pd.dir &&
	    pf_rate_exceeded(s->rule->rate, pf_pd_packets(&p->pd),
	    pf_uptime(p->pd.pf)))
		return (PF_BLOCKED);
	return (s->more->tcpnorm != NULL ? pf_tcpnorm_check(s, &p->pd) : PF_GO);
}

/* An error about a connection that has a state goes with it. */
static int
path_icmp_error(struct pf_path *p)
{
	struct pf_pdesc		quoted pf_uninit;
	struct pf_state_key	to;
	int			why;

	p->state = pf_icmp_error_state(p->pd.pf, &p->pd, &quoted, &why);
	if (why != PF_GO || p->state == NULL)
		return (why);
	p->log = p->state->log & PF_LOG_ALL;
	why = path_state_options(p);
	if (why == PF_GO && unlikely(p->state->log & PF_STATE_ACTS))
		why = path_each(p);
	if (why == PF_GO && pf_modulates(p->state))
		why = pf_modulate_error(p->state, &p->pd, &quoted);
	if (why != PF_GO || !pf_state_translates(p->state))
		return (why);
	pf_state_key_get(p->state, path_far_side(p), &to);
	return (pf_rewrite_error(&p->pd, &quoted, PF_ICMP_QUOTED_AT(&p->pd), &to));
}

/* Whether the segment fits into its connection. */
static inline int
path_tcp(struct pf_path *p, struct pf_state *s, bool forward)
{
	int	why;

	if (unlikely(s->log & PF_STATE_PROXY))
		return (pf_synproxy(p->pd.pf, s, &p->pd, forward));
	why = pf_tcp_track(p->pd.pf, s, &p->pd, forward);
	return (why == PF_GO && pf_modulates(s) ? pf_modulate(s, &p->pd) : why);
}

/*
 * The state of the packet, if there is one, and whether the packet fits in.
 * A state that has ended makes room for the connection that this packet begins.
 */
static int
path_state(struct pf_path *p)
{
	struct pf		*pf = p->pd.pf;
	struct pf_state_key	 to;
	struct pf_state		*s;
	bool			 forward;
	int			 why;

	if (unlikely(!PF_PATH_HAS_KEY(p)))
		return (p->pd.flags & PF_PD_ICMPERR ? path_icmp_error(p) :
		    PF_GO);
	s = pf_state_find(pf, &p->lookup, p->pd.kif);
	if (s == NULL)
		return (PF_GO);
	if (READ_ONCE(s->timeout) == PFTM_PURGE ||
	    (p->pd.proto == IPPROTO_TCP && pf_tcp_reuse(s, &p->pd))) {
		pf_state_remove(pf, s);
		return (PF_GO);
	}
	p->state = s;
	p->log = s->log & PF_LOG_ALL;
	why = path_state_options(p);
	if (why == PF_GO && unlikely(s->log & PF_STATE_ACTS))
		why = path_asked(p);
	if (why != PF_GO)
		return (why);
	forward = s->direction == p->pd.dir;
	if (p->pd.proto == IPPROTO_TCP)
		why = path_tcp(p, s, forward);
	else
		pf_track(pf, s, forward);
	if (why == PF_GO && unlikely(s->log & PF_STATE_ACTS))
		why = path_each(p);
	if (why != PF_GO || !pf_state_translates(s))
		return (why);
	pf_state_key_get(s, path_far_side(p), &to);
	return (pf_rewrite(&p->pd, &to));
}

/*
 * The packet is for a program of this host.  If there is none it is answered as where nobody
 * listens, and nothing is left of its connection.  What has been translated is not answered:
 * it is not the packet any more that its sender knows.
 */
static int
path_divert(struct pf_path *p)
{
	struct pf_state	*s = p->state;
	bool		 closed;
	int		 why = pf_divert_take(&p->pd, &s->more->divert, &closed);

	if (!closed)
		return (why);
	if (!pf_state_translates(s))
		pf_reply_closed(&p->pd);
	pf_state_remove(p->pd.pf, s);
	return (why);
}

/* Where the packet goes, if a rule says that.  A way that route-to says needs no table. */
static pf_noinline int
path_leads(struct pf_path *p)
{
	int	why = PF_GO;

	if ((p->pd.flags & PF_PD_DIVERT) != 0)
		return (path_divert(p));
	if ((p->pd.flags & PF_PD_HOP) != 0)
		why = pf_hop_take(&p->pd, &p->hop);
	if (why == PF_GO && (p->pd.flags & (PF_PD_RTABLE | PF_PD_MOVED)) == PF_PD_RTABLE)
		why = pf_rtable_take(&p->pd, p->rtable);
	return (why);
}

/*
 * Count the packet at the tables of a rule.  The addresses are those that the rule was
 * asked about: of the packet, or of the first packet of its state.
 */
static pf_noinline void
count_tables(const struct pf_path *p, const struct pf_krule *kr, bool passed)
{
	const struct pf_pdesc		*pd = &p->pd;
	const struct pf_addr		*addr[2] = { &pd->src, &pd->dst };
	const struct pf_rule_addr	*host[2] = { &kr->said->src,
					    &kr->said->dst };
	struct pf_state_key		 key;
	uint32_t			 since = UINT32_MAX;
	unsigned int			 i, source;

	if (p->state != NULL) {
		source = p->state->direction == PF_IN ? PF_SK_WIRE :
		    PF_SK_STACK;
		pf_state_key_get(p->state, !source, &key);
		addr[0] = &key.addr[source];
		addr[1] = &key.addr[!source];
		since = p->state->creation;
	}
	for (i = 0; i < 2; i++)
		if (kr->table[i] != NULL)
			pf_table_count(kr->table[i], pd->af, addr[i],
			    host[i]->neg, since, pd->dir == PF_OUT,
			    passed ? PFR_OP_PASS : PFR_OP_BLOCK,
			    pf_pd_packets(pd), pd->len);
}

static inline void
count_rule(const struct pf_path *p, struct pf_krule *kr, bool passed)
{
	unsigned int	out = p->pd.dir == PF_OUT;

	if (kr == NULL)
		return;
	pf_pcpu_add_packet(&kr->ctr, PF_RC_PACKETS_IN + out,
	    pf_pd_packets(&p->pd));
	pf_pcpu_add_packet(&kr->ctr, PF_RC_BYTES_IN + out, p->pd.len);
	if (unlikely(kr->has_tables))
		count_tables(p, kr, passed);
}

static void
count_rules(const struct pf_path *p, struct pf_krule *const *rule, uint32_t n,
    bool passed)
{
	uint32_t	i;

	for (i = 0; i < n; i++)
		count_rule(p, rule[i], passed);
}

/* At what is remembered of who has sent the first packet. */
static void
count_sources(const struct pf_state *s, bool back, uint64_t n, uint64_t len)
{
	const struct pf_state_more	*more = s->more;
	uint32_t			 i, holds = READ_ONCE(more->nholds);

	if (more->source != NULL)
		pf_srcnode_count(more->source, back, n, len);
	for (i = 0; i < holds; i++)
		if (more->hold[i].node != NULL)
			pf_srcnode_count(more->hold[i].node, back, n, len);
}

/*
 * Count the packet at its interface; and at its rules and its state, unless something
 * other than a rule has refused it.  A state's counters are plain words: two CPUs
 * with packets of one connection in one direction may lose a count to each other, and
 * none waits.
 */
static void
path_count(struct pf_path *p, int why)
{
	struct pf_pdesc	*pd = &p->pd;
	struct pf_state	*s = p->state;
	uint64_t	 n = pf_pd_packets(pd);
	unsigned int	 v6 = pd->af == AF_INET6, out = pd->dir == PF_OUT;

	pf_pcpu_add_packet(&pd->kif->ctr, PF_KIF_PACKETS(v6, out, why != PF_GO), n);
	pf_pcpu_add_packet(&pd->kif->ctr, PF_KIF_BYTES(v6, out, why != PF_GO),
	    pd->len);
	if (unlikely(p->scrubbed.rule != NULL)) {
		count_rule(p, p->scrubbed.rule, why == PF_GO);
		count_rule(p, p->scrubbed.anchor, why == PF_GO);
	}
	if (unlikely(why != PF_GO) && why != PF_BLOCKED) {
		pf_count(pd->pf, PF_CTR_REASON + why);
		return;			/* no rule has passed or blocked it */
	}
	if (s == NULL) {
		count_rule(p, p->rule, why == PF_GO);
		count_rule(p, p->anchor, why == PF_GO);
		count_rules(p, p->acts.rule, p->acts.n, why == PF_GO);
		return;
	}
	count_rule(p, s->rule, why == PF_GO);
	if (unlikely(s->log & PF_STATE_COUNTS))
		count_rules(p, s->more->rule, s->more->n, why == PF_GO);
	if (why != PF_GO)
		return;
	pf_state_count(s, s->direction != pd->dir, n, pd->len);
	if (unlikely(s->log & PF_STATE_ACTS))
		count_sources(s, s->direction != pd->dir, n, pd->len);
}

/* Tell who listens of a packet that belongs to a state: for all rules that log every packet. */
static void
log_state(struct pf_path *p, int why)
{
	const struct pf_state		*s = p->state;
	const struct pf_state_more	*more = s->more;
	const struct pf_krule		*kr = s->rule;
	uint32_t			 i, n = more != NULL ? more->n : 0;

	if (kr->act.log & PF_LOG_ALL)
		pf_pflog(&p->pd, kr, more != NULL ? more->anchor : NULL, why, kr);
	for (i = 0; i < n; i++)
		if (more->rule[i]->act.log & PF_LOG_ALL)
			pf_pflog(&p->pd, more->rule[i], NULL, why, more->rule[i]);
}

/* And of one for which rules were asked: for the rules of translation and filter that decided
 * about it, or that of scrub which has refused it.  (With `log (matches)' the filter's is told
 * already, if it logs to the same device.) */
static pf_noinline void
path_log(struct pf_path *p, int why)
{
	const struct pf_krule	*kr = p->rule, *nat = p->nat, *told = p->acts.tells;

	if (kr == NULL && nat == NULL && p->state != NULL) {
		log_state(p, why);
		return;
	}
	if (kr == NULL && nat == NULL)
		kr = p->scrubbed.rule;
	if (nat != NULL && nat->act.log != 0)
		pf_pflog(&p->pd, nat, NULL, why, nat);
	if (kr != NULL && kr->act.log != 0 && (told == NULL ||
	    told->origin->log_kif != kr->origin->log_kif ||
	    (why != PF_GO && why != PF_BLOCKED)))
		pf_pflog(&p->pd, kr, p->anchor, why, kr);
}

int
pf_test(struct pf *pf, int dir, uint8_t af, int ifindex, struct pf_pkt **pkt)
{
	struct pf_path	p pf_uninit;
	int		why;

	p.pd.pf = pf;
	p.pd.pkt = *pkt;
	p.pd.dir = dir;
	p.pd.af = af;
	p.pd.flags = 0;
	p.pd.len = pf_pkt_len(*pkt);
	p.conf = pf_rcu_deref(pf->conf);
	p.state = NULL;
	p.rule = p.anchor = NULL;
	p.nat = NULL;
	pf_actions_init(&p.acts);
	pf_scrub_init(&p.scrubbed);
	p.log = 0;
	p.translated = false;
	p.pd.kif = pf_kif_find_index(pf, ifindex);
	if (unlikely(p.pd.kif == NULL)) {	/* no memory when it came */
		pf_count(pf, PF_CTR_REASON + PFRES_MEMORY);
		return (PF_DROP);
	}
	if (READ_ONCE(p.pd.kif->skip))
		return (PF_PASS);

	why = path_parse(&p);
	if (likely(why == PF_GO))
		why = path_state(&p);
	else if (why == PF_HELD)		/* counted when it is complete */
		return (PF_TAKEN);
	if (why == PF_GO && p.state == NULL)
		why = pf_path_new(&p);
	if (unlikely(p.pd.flags & (PF_PD_HOP | PF_PD_RTABLE | PF_PD_DIVERT)) && why == PF_GO)
		why = path_leads(&p);
	path_count(&p, why);
	if (unlikely(p.log != 0))
		path_log(&p, why);
	return (why != PF_GO ? PF_DROP :
	    unlikely(p.pd.flags & PF_PD_MOVED) ? PF_ROUTED : PF_PASS);
}

/*
 * The instance
 */
void
pf_purge(struct pf *pf)
{
	const struct pf_conf	*conf;

	pf_mutex_lock(&pf->ctl);
	conf = pf_rcu_deref_locked(pf->conf);
	pf_overloads_settle(pf);
	pf_state_grow(pf);
	pf_state_purge(pf, conf->timeout[PFTM_INTERVAL]);
	pf_sources_purge(pf, conf->timeout[PFTM_INTERVAL]);
	pf_dyns_purge(pf);
	pf_if_bring(pf);
	pf_if_purge(pf);
	pf_tables_settle(pf);
	pf_tags_purge(pf);
	pf_frags_purge(pf, conf->timeout[PFTM_FRAG]);
	pf_mutex_unlock(&pf->ctl);
}

struct pf *
pf_create(void *hostdata)
{
	struct pf	*pf;

	pf = pf_alloc(NULL, sizeof(*pf));
	if (pf == NULL)
		return (NULL);
	pf->host = hostdata;
	pf->since = pf_wallclock(pf);
	pf_mutex_init(&pf->ctl);
	pf_tables_init(pf);
	pf_tags_init(pf);
	pf_overloads_init(pf);
	pf_frags_init(pf);
	if (pf_pcpu_init(&pf->ctr, PF_CTR_MAX) != 0)
		goto fail;
	if (pf_ruleset_init(pf) != 0)
		goto fail_ctr;
	if (pf_state_init(pf) != 0)
		goto fail_ruleset;
	if (pf_if_init(pf) != 0)
		goto fail_state;
	return (pf);

fail_state:
	pf_mutex_lock(&pf->ctl);
	pf_state_fini(pf);
	pf_mutex_unlock(&pf->ctl);
fail_ruleset:
	pf_ruleset_fini(pf);
fail_ctr:
	pf_pcpu_fini(&pf->ctr);
fail:
	pf_mutex_destroy(&pf->ctl);
	pf_free(pf);
	return (NULL);
}

void
pf_destroy(struct pf *pf)
{
	pf_mutex_lock(&pf->ctl);
	pf_frags_fini(pf);
	pf_state_fini(pf);
	pf_sources_fini(pf);
	pf_overloads_fini(pf);
	pf_ruleset_fini(pf);
	pf_rcu_barrier();
	pf_tables_fini(pf);
	pf_if_fini(pf);
	pf_rcu_barrier();
	pf_tags_fini(pf);
	pf_mutex_unlock(&pf->ctl);
	pf_pcpu_fini(&pf->ctr);
	pf_mutex_destroy(&pf->ctl);
	pf_free(pf);
}

void *
pf_hostdata(const struct pf *pf)
{
	return (pf->host);
}
