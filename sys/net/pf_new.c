// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_new.c: a packet that belongs to no state
 *
 * What it owns.  The way of such a packet: it is translated if a rule says so, the rules
 * decide, and if it is the first of a connection it makes a state, which the table owns
 * from then on.  The packet goes only if that succeeds.
 * Locking.  The RCU read side of the packet.
 * Place.  Fourth floor, beside pf.c, whose pf_test() calls it.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_actions.h"
#include "pf_choose.h"
#include "pf_conf.h"
#include "pf_divert.h"
#include "pf_if.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_match.h"
#include "pf_modulate.h"
#include "pf_nat.h"
#include "pf_norm.h"
#include "pf_osfp.h"
#include "pf_packet.h"
#include "pf_path.h"
#include "pf_pflog.h"
#include "pf_reply.h"
#include "pf_rewrite.h"
#include "pf_route.h"
#include "pf_rule.h"
#include "pf_srcnode.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_synproxy.h"
#include "pf_tag.h"
#include "pf_tcpnorm.h"
#include "pf_track.h"

/* What comes after is asked about the packet as kr translates it; the packet is rewritten
 * once it has a state. */
static int
translate_by(struct pf_path *p, struct pf_krule *kr)
{
	int	why;

	if (!p->translated)
		p->other.key = p->lookup.key;
	why = pf_nat_translate(&p->pd, kr, &p->chosen, &p->other.key);
	if (why != PF_GO)
		return (why);
	pf_rewrite_pdesc(&p->pd, &p->other.key);
	p->pd.flags &= ~PF_PD_OWNER;
	p->acts.translates = kr;
	p->translated = memcmp(&p->other.key, &p->lookup.key,
	    sizeof(p->lookup.key)) != 0;
	return (PF_GO);
}

/* An ICMP error goes with the state that it is about, and what stays on the
 * link has nothing to translate. */
static bool
is_translated(const struct pf_path *p)
{
	return ((p->pd.flags & (PF_PD_ICMPERR | PF_PD_LINK)) == 0);
}

/* A reply of ICMP belongs to the state of its request, and makes none. */
static bool
makes_state(const struct pf_path *p)
{
	return (PF_PATH_HAS_KEY(p) && (p->pd.flags & PF_PD_ICMPREPLY) == 0);
}

/* A rule translates the packet.  What makes no state cannot be translated, and
 * must not go on as it is. */
static int
translate(struct pf_path *p, struct pf_krule *kr)
{
	if (makes_state(p))
		return (translate_by(p, kr));
	return (p->pd.flags & PF_PD_NOTFIRST ? PFRES_FRAG : PFRES_BADSTATE);
}

/* The classic rulesets. */
static int
ask_translation(struct pf_path *p)
{
	int	why;

	if (!is_translated(p))
		return (PF_GO);
	why = pf_nat_rule(p->conf, &p->pd, &p->nat);
	if (why != PF_GO || p->nat == NULL)
		return (why);
	p->log = p->nat->act.log;
	return (translate(p, p->nat));
}

/* The state and its packets count at this rule too, unless it is the state's own. */
static void
counts_at(struct pf_state_more *more, struct pf_krule *kr,
    const struct pf_krule *own)
{
	if (kr == NULL || kr == own)
		return;
	pf_krule_ref(kr);
	pf_atomic_inc(&kr->states_cur);
	more->rule[more->n++] = kr;
}

/*
 * What the state of a rule is bound to.  group-bound: to the group that the rule
 * names, or else to that of the driver, so that it moves between the interfaces
 * of the group; an interface without group is alone.
 */
static struct pf_kif *
bound_to(const struct pf_path *p, const struct pf_krule *kr)
{
	struct pf_kif	*kif = p->pd.kif;

	if (unlikely(kr->act.rt == PF_REPLYTO ||
	    (kr->act.rt == PF_ROUTETO && p->pd.dir == PF_OUT)))
		return (NULL);		/* its packets leave by another interface */
	if ((p->pd.flags & PF_PD_LINK) != 0 ||
	    (kr->act.rule_flag & PFRULE_IFBOUND) != 0)
		return (kif);
	if (likely((kr->act.rule_flag & PFRULE_GRBOUND) == 0))
		return (NULL);
	if (kr->kif != NULL && kr->kif != kif && pf_kif_matches(kif, kr->kif))
		return (kr->kif);
	return (kif->driver != NULL ? kif->driver : kif);
}

/* Who sees one direction alone can compare nothing. */
static bool
compares_segments(const struct pf_path *p, const struct pf_krule *own)
{
	return (p->acts.norm.flags & PFSTATE_SCRUB_TCP &&
	    p->pd.proto == IPPROTO_TCP &&
	    (own->act.rule_flag & PFRULE_STATESLOPPY) == 0);
}

/* What the state has beyond its connection, if it is anything. */
static int
set_more(struct pf_path *p, struct pf_state *s, const struct pf_krule *own)
{
	struct pf_state_more	*more;
	unsigned int		 i;

	if (likely(!p->translated && p->anchor == NULL && p->nat == NULL &&
	    p->acts.n == 0 && p->pd.new_tag == NULL && !pf_norm_any(&p->acts.norm) &&
	    own->rate == NULL && own->act.rt == PF_NOPFROUTE &&
	    own->act.divert_type == PF_DIVERT_NONE && p->rtable == PF_RTABLE_NONE &&
	    p->source == NULL &&
	    p->chosen.n == 0 && (p->bound == NULL || p->bound == p->pd.kif)))
		return (PF_GO);
	more = pf_alloc_atomic(p->pd.pf, sizeof(*more) +
	    (2 + p->acts.n) * sizeof(more->rule[0]) +
	    p->chosen.n * sizeof(more->hold[0]));
	if (more == NULL)
		return (PFRES_MEMORY);
	if (compares_segments(p, own)) {
		more->tcpnorm = pf_tcpnorm_new(&p->pd);
		if (more->tcpnorm == NULL) {
			pf_free(more);
			return (PFRES_MEMORY);
		}
	}
	more->nat_rule = p->nat != own ? p->nat : NULL;
	more->anchor = p->anchor;
	more->group = p->bound != p->pd.kif ? p->bound : NULL;
	more->source = p->source;
	more->norm = p->acts.norm;
	more->hop.rt = PF_NOPFROUTE;
	if (own->pool[PF_POOL_ROUTE] != NULL)
		more->hop = p->hop;
	more->rtable = p->rtable;
	pf_divert_init(&p->pd, own, &more->divert);
	if (p->pd.new_tag != NULL) {
		pf_tag_ref(p->pd.new_tag);
		more->tag = p->pd.new_tag;
	}
	counts_at(more, p->nat, own);
	counts_at(more, p->anchor, own);
	for (i = 0; i < p->acts.n; i++)
		counts_at(more, p->acts.rule[i], own);
	more->hold = (struct pf_hold *)&more->rule[2 + p->acts.n];
	more->nholds = p->chosen.n;
	memcpy(more->hold, p->chosen.hold, p->chosen.n * sizeof(more->hold[0]));
	p->chosen.n = 0;
	s->more = more;
	return (PF_GO);
}

/* Into the table, with the keys of both sides, bound to what its rule says. */
static int
insert(struct pf_path *p, struct pf_state *s)
{
	struct pf	*pf = p->pd.pf;
	bool		 in = p->pd.dir == PF_IN;

	if (p->bound != NULL)
		p->lookup.key.ifid = p->other.key.ifid = p->bound->id;
	if (!p->translated)
		return (pf_state_insert(pf, s, &p->lookup, NULL));
	p->other.dir = 0;
	pf_state_lookup_init(pf, &p->other);
	return (pf_state_insert(pf, s, in ? &p->lookup : &p->other,
	    in ? &p->other : &p->lookup));
}

/* The rule that decides, or one of `match', says allow-opts. */
static bool
allows_opts(const struct pf_path *p, const struct pf_krule *kr)
{
	return (p->acts.opts || (kr != NULL && kr->act.allow_opts));
}

/* What the state has from its rule and its first packet. */
static void
fill_in(struct pf_path *p, struct pf_state *s, struct pf_krule *kr)
{
	s->rule = kr;
	s->kif = p->pd.kif;
	s->direction = p->pd.dir;
	s->log = kr->act.log | p->acts.log | p->log;
	if (s->more != NULL && s->more->n != 0)
		s->log |= PF_STATE_COUNTS;
	if (s->more != NULL && (s->more->tag != NULL || pf_norm_any(&s->more->norm) ||
	    s->more->hop.rt != PF_NOPFROUTE || kr->rate != NULL ||
	    s->more->divert.type != PF_DIVERT_NONE ||
	    s->more->rtable != PF_RTABLE_NONE ||
	    s->more->source != NULL || s->more->nholds != 0))
		s->log |= PF_STATE_ACTS;
	s->creation = s->expire = pf_uptime(p->pd.pf);
	if (allows_opts(p, kr))
		s->flags |= PFSTATE_ALLOWOPTS;
	if (kr->act.rule_flag & PFRULE_STATESLOPPY)
		s->flags |= PFSTATE_SLOPPY;
	if (kr->act.rule_flag & PFRULE_NOSYNC)
		s->flags |= PFSTATE_NOSYNC;
	s->flags |= p->acts.norm.flags;
	if (p->pd.proto == IPPROTO_TCP) {
		pf_tcp_init(s, &p->pd);
		if (unlikely(kr->act.keep_state == PF_STATE_MODULATE))
			pf_modulate_init(s, &p->pd);
		if (unlikely(kr->act.keep_state == PF_STATE_SYNPROXY))
			pf_synproxy_init(s, &p->pd);
	} else
		pf_track_init(s, &p->pd);
}

/* One more state of the packet's source, if the rule counts them: of the address that the packet
 * came with. */
static int
enter_source(struct pf_path *p, struct pf_krule *kr)
{
	const struct pf_state_key	*key = &p->lookup.key;
	int				 why;

	p->source = NULL;
	if (likely((kr->act.rule_flag & PFRULE_SRCTRACK) == 0))
		return (PF_GO);
	p->source = pf_srcnode_enter(p->pd.pf, kr, key->af,
	    &key->addr[p->pd.dir == PF_IN ? PF_SK_WIRE : PF_SK_STACK], &why);
	return (p->source != NULL ? PF_GO : why);
}

/* A state for the packet, not in the table yet and not counted at the rule. */
static int
make_state(struct pf_path *p, struct pf_krule *kr, struct pf_state **made)
{
	struct pf	*pf = p->pd.pf;
	struct pf_state	*s;
	int		 why;

	s = pf_state_alloc(pf, p->pd.dir, &why);
	if (s == NULL)
		return (why);
	p->bound = bound_to(p, kr);
	why = enter_source(p, kr);
	if (why == PF_GO) {
		s->rule = kr;
		why = set_more(p, s, kr);
		if (why != PF_GO && p->source != NULL)
			pf_srcnode_withdraw(pf, p->source, kr);
	}
	if (why != PF_GO) {
		pf_state_discard(pf, s);
		return (why);
	}
	fill_in(p, s, kr);
	pf_krule_ref(kr);
	if (insert(p, s) != 0) {
		pf_krule_put(pf, kr);
		pf_state_discard(pf, s);
		return (PFRES_STATEINS);
	}
	*made = s;
	return (PF_GO);
}

/* Answer if the rule says so.  The answer goes to who has sent the packet as it was. */
static void
answer(struct pf_path *p, const struct pf_krule *kr)
{
	if (p->translated)
		pf_rewrite_pdesc(&p->pd, &p->lookup.key);
	pf_reply_blocked(&p->pd, kr);
}

/* The state was made by its rule, and by those that it counts at as well. */
static void
count_creation(const struct pf_state *s, struct pf_krule *kr)
{
	uint32_t	i;

	pf_pcpu_add_packet(&kr->ctr, PF_RC_STATES, 1);
	if (likely((s->log & PF_STATE_COUNTS) == 0))
		return;
	for (i = 0; i < s->more->n; i++)
		pf_pcpu_add_packet(&s->more->rule[i]->ctr, PF_RC_STATES, 1);
}

/* A new state by the rule that passed the packet, and the packet as it is to go on. */
static int
create_state(struct pf_path *p, struct pf_krule *kr)
{
	uint32_t	max = kr->act.max_states;
	int		why;

	if (likely(max == 0))
		pf_atomic_inc(&kr->states_cur);
	else if (!pf_atomic_inc_below(&kr->states_cur, max)) {
		pf_count(p->pd.pf, PF_CTR_LIMIT + LCNT_STATES);
		answer(p, kr);
		return (PFRES_MAXSTATES);
	}
	why = make_state(p, kr, &p->state);
	if (why != PF_GO) {
		pf_atomic_dec(&kr->states_cur);
		answer(p, kr);
		return (why);
	}
	count_creation(p->state, kr);
	if (unlikely(p->state->log & PF_STATE_PROXY)) {
		if (p->translated)		/* its sender gets an answer */
			pf_rewrite_pdesc(&p->pd, &p->lookup.key);
		return (pf_synproxy(p->pd.pf, p->state, &p->pd, true));
	}
	if (pf_modulates(p->state))
		why = pf_modulate(p->state, &p->pd);
	if (why == PF_GO && unlikely(p->state->more != NULL) &&
	    p->state->more->tcpnorm != NULL)
		why = pf_tcpnorm_pass(p->state, &p->pd);
	if (why != PF_GO)
		return (why);
	return (p->translated ? pf_rewrite(&p->pd, &p->other.key) : PF_GO);
}

/* The last rule that says which routing table decides.  Going out is too late. */
static void
says_table(struct pf_path *p, const struct pf_krule *kr)
{
	if (unlikely(kr->act.rtableid != PF_RTABLE_NONE) && p->pd.dir == PF_IN)
		p->rtable = kr->act.rtableid;
}

/* What a rule of `match' says is done when it is met: the rules behind it see that. */
static int
act(struct pf_path *p, struct pf_krule *kr)
{
	if (!pf_actions_match(&p->acts, kr))
		return (PFRES_MEMORY);
	says_table(p, kr);
	if (kr->act.pool_used == 0 || !is_translated(p))
		return (PF_GO);
	return (translate(p, kr));
}

/* A rule has matched that logs, or another one has said that all behind it are logged.  The
 * rule that decides is logged when it is known what becomes of the packet (pf.c). */
static pf_noinline void
log_match(struct pf_path *p, struct pf_match *m, struct pf_krule *kr)
{
	const struct pf_krule	*to = p->acts.tells;
	int			 why = kr->act.action == PF_DROP ? PF_BLOCKED : PF_GO;

	if (kr->act.action == PF_MATCH && kr->act.log != 0)
		to = kr;
	if (to != NULL)
		pf_pflog(&p->pd, kr, pf_match_outer(m), why, to);
	if (kr->act.action == PF_MATCH && (kr->act.log & PF_LOG_MATCHES) != 0) {
		p->acts.tells = kr;
		pf_match_every(m);
	}
}

/* The filter rules, unless the translation says that the packet passes anyway. */
static pf_noinline int
ask_rules(struct pf_path *p)
{
	struct pf_match	 m pf_uninit;
	struct pf_krule	*kr;
	int		 why;

	if (p->nat != NULL && p->nat->act.natpass)
		return (PF_GO);
	pf_match_begin(&m, p->conf, PF_RULESET_FILTER, &p->pd);
	while (unlikely((kr = pf_match_next(&m)) != NULL)) {
		why = kr->act.action == PF_MATCH ? act(p, kr) : PF_GO;
		if (unlikely(p->acts.log != 0))
			log_match(p, &m, kr);
		if (why != PF_GO) {
			pf_match_stop(&m);
			return (why);
		}
	}
	if (m.why != PF_GO)
		return (m.why);
	p->rule = m.rule;
	p->anchor = m.anchor;
	if (m.rule != NULL)
		p->log |= m.rule->act.log;
	pf_count(p->pd.pf, PF_CTR_REASON + PFRES_MATCH);
	return (PF_GO);
}

/* The rule says where the packet goes, or those that answer it. */
static int
route(struct pf_path *p, struct pf_krule *kr)
{
	int	why = pf_hop_pick(&p->pd, kr, &p->chosen, &p->hop);

	if (why == PF_GO && pf_hop_applies(&p->hop, &p->pd, true))
		p->pd.flags |= PF_PD_HOP;
	return (why);
}

/* dup-to of a rule that blocks: its copy is all that goes on. */
static void
copy_blocked(struct pf_path *p, struct pf_krule *kr)
{
	if (route(p, kr) == PF_GO && (p->pd.flags & PF_PD_HOP) != 0)
		(void)pf_hop_take(&p->pd, &p->hop);
	p->pd.flags &= ~PF_PD_HOP;
}

/* The rule says that a program of this host gets the packet: that takes a state. */
static int
divert(struct pf_path *p)
{
	if (!pf_divert_applies(&p->pd))
		return (PF_GO);
	if (!makes_state(p))
		return (PFRES_FRAG);
	p->pd.flags |= PF_PD_DIVERT;
	return (PF_GO);
}

/* Without a rule that matches the packet passes.  A translation needs a state. */
static int
decided(struct pf_path *p)
{
	struct pf_krule	*kr = p->rule;
	int		 why;

	/* two CPUs may have matched a rule with `once': the second packet is dropped */
	if (kr != NULL && unlikely(kr->act.rule_flag & PFRULE_ONCE) &&
	    pf_atomic_inc(&kr->used) != 1)
		return (PF_BLOCKED);
	if (kr != NULL && kr->act.action == PF_DROP) {
		if (unlikely(kr->act.rt == PF_DUPTO))
			copy_blocked(p, kr);
		answer(p, kr);
		return (PF_BLOCKED);
	}
	if (kr != NULL) {
		if (unlikely(kr->norms))
			pf_norm_add(&p->acts.norm, &kr->act);
		says_table(p, kr);
	}
	why = pf_path_options(p, allows_opts(p, kr));
	if (why == PF_GO && kr != NULL && kr->act.pool_used != 0 &&
	    kr->act.pool_used != 1U << PF_POOL_ROUTE && is_translated(p)) {
		why = translate(p, kr);
		if (why != PF_GO)
			answer(p, kr);
	}
	if (why == PF_GO && kr != NULL && unlikely(kr->pool[PF_POOL_ROUTE] != NULL))
		why = route(p, kr);
	if (unlikely(p->rtable != PF_RTABLE_NONE) && pf_rtable_applies(&p->pd, true))
		p->pd.flags |= PF_PD_RTABLE;
	if (why == PF_GO && kr != NULL && unlikely(kr->act.divert_type == PF_DIVERT_TO))
		why = divert(p);
	if (why != PF_GO || !makes_state(p))
		return (why);
	if (p->translated && kr == NULL)
		kr = p->acts.translates;
	if (!p->translated && (kr == NULL || kr->act.keep_state == 0))
		return (PF_GO);
	return (create_state(p, kr));
}

int
pf_path_new(struct pf_path *p)
{
	int	why;

	p->pd.tag = pf_pkt_tag(p->pd.pkt);
	p->pd.new_tag = NULL;
	p->pd.osfp = p->conf->osfp;
	p->pd.os = PF_OSFP_UNASKED;
	p->rtable = PF_RTABLE_NONE;
	p->chosen.n = 0;
	p->acts.norm.flags = p->scrubbed.flags;
	why = ask_translation(p);
	if (why == PF_GO)
		why = ask_rules(p);
	if (why == PF_GO)
		why = decided(p);
	if (why == PF_GO && unlikely(p->pd.new_tag != NULL))
		pf_pkt_set_tag(p->pd.pkt, p->pd.tag);
	if (why == PF_GO && unlikely(pf_norm_any(&p->acts.norm)))
		why = pf_norm_apply(&p->pd, &p->acts.norm);
	if (unlikely(p->chosen.n != 0))		/* no state has come of it */
		pf_choose_back(&p->pd, &p->chosen, 0, false);
	return (why);
}
