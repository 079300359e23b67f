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
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_match.h"
#include "pf_nat.h"
#include "pf_packet.h"
#include "pf_path.h"
#include "pf_reply.h"
#include "pf_rewrite.h"
#include "pf_rule.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_track.h"

/* What comes after is asked about the packet as kr translates it; the packet is rewritten
 * once it has a state. */
static int
translate_by(struct pf_path *p, const struct pf_krule *kr)
{
	int	why;

	if (!p->translated)
		p->other.key = p->seek.key;
	why = pf_nat_translate(&p->pd, kr, &p->other.key);
	if (why != PF_GO)
		return (why);
	pf_rewrite_pdesc(&p->pd, &p->other.key);
	p->translated = memcmp(&p->other.key, &p->seek.key,
	    sizeof(p->seek.key)) != 0;
	return (PF_GO);
}

/* The classic rulesets.  A later fragment cannot be translated, and must not go out as it is. */
static int
translate(struct pf_path *p)
{
	if (p->pd.flags & PF_PD_ICMPERR)
		return (PF_GO);
	p->nat = pf_nat_rule(p->conf, &p->pd);
	if (p->nat == NULL)
		return (PF_GO);
	return (PF_PATH_HAS_KEY(p) ? translate_by(p, p->nat) : PFRES_FRAG);
}

/* The keys of a new state, bound to the interface if its rule says so. */
static int
set_keys(struct pf_path *p, struct pf_state *s, bool bound)
{
	struct pf	*pf = p->pd.pf;
	bool		 in = p->pd.dir == PF_IN;

	if (bound)
		p->seek.key.ifid = p->other.key.ifid = p->pd.kif->id;
	if (!p->translated) {
		pf_state_key_set(s, &p->seek, NULL);
		return (PF_GO);
	}
	s->ext = pf_alloc_atomic(pf, sizeof(*s->ext));
	if (s->ext == NULL)
		return (PFRES_MEMORY);
	if (p->nat != NULL) {
		pf_krule_get(p->nat);
		s->ext->nat_rule = p->nat;
	}
	p->other.dir = 0;
	pf_state_seek(pf, &p->other);
	pf_state_key_set(s, in ? &p->seek : &p->other,
	    in ? &p->other : &p->seek);
	return (PF_GO);
}

/* What the state has from its rule and its first packet. */
static void
fill_in(struct pf_path *p, struct pf_state *s, struct pf_krule *kr)
{
	s->rule = kr;
	s->kif = p->pd.kif;
	s->direction = p->pd.dir;
	s->log = kr->act.log;
	s->creation = s->expire = pf_uptime(p->pd.pf);
	if (kr->act.allow_opts)
		s->flags |= PFSTATE_ALLOWOPTS;
	if (kr->act.rule_flag & PFRULE_STATESLOPPY)
		s->flags |= PFSTATE_SLOPPY;
	if (kr->act.rule_flag & PFRULE_NOSYNC)
		s->flags |= PFSTATE_NOSYNC;
	if (p->pd.proto == IPPROTO_TCP)
		pf_tcp_init(s, &p->pd);
	else
		pf_track_init(s, &p->pd);
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
	why = set_keys(p, s, kr->act.rule_flag & PFRULE_IFBOUND);
	if (why != PF_GO) {
		pf_state_discard(pf, s);
		return (why);
	}
	fill_in(p, s, kr);
	pf_krule_get(kr);
	pf_kif_ref(s->kif);
	if (pf_state_insert(pf, s) != 0) {
		pf_kif_put(pf, s->kif);
		pf_krule_put(pf, kr);
		pf_state_discard(pf, s);
		return (PFRES_STATEINS);
	}
	*made = s;
	return (PF_GO);
}

/* A new state by the rule that passed the packet, and the packet as it is to go on. */
static int
create_state(struct pf_path *p, struct pf_krule *kr)
{
	uint32_t	max = kr->act.max_states;
	int		why;

	if (!pf_atomic_inc_below(&kr->states_cur, max != 0 ? max : UINT32_MAX)) {
		pf_count(p->pd.pf, PF_CTR_LIMIT + LCNT_STATES);
		return (PFRES_MAXSTATES);
	}
	why = make_state(p, kr, &p->state);
	if (why != PF_GO) {
		pf_atomic_dec(&kr->states_cur);
		return (why);
	}
	pf_atomic_inc(&kr->states_tot);
	return (p->translated ? pf_rewrite(&p->pd, &p->other.key) : PF_GO);
}

static int
block(struct pf_path *p)
{
	/* the answer goes to who has sent the packet as it was */
	if (p->translated)
		pf_rewrite_pdesc(&p->pd, &p->seek.key);
	pf_reply_blocked(&p->pd, p->rule);
	return (PF_BLOCKED);
}

/* The filter rules, unless the translation says that the packet passes anyway. */
static void
ask_rules(struct pf_path *p)
{
	struct pf_match	m pf_uninit;

	if (p->nat != NULL && p->nat->act.natpass)
		return;
	pf_match_rules(&m, p->conf, PF_RULESET_FILTER, &p->pd);
	p->rule = m.rule;
	p->anchor = m.anchor;
	pf_count(p->pd.pf, PF_CTR_REASON + PFRES_MATCH);
}

/* Without a rule that matches the packet passes.  A translation needs a state. */
int
pf_path_new(struct pf_path *p)
{
	struct pf_krule	*kr;
	int		 why;

	why = translate(p);
	if (why != PF_GO)
		return (why);
	ask_rules(p);
	kr = p->rule;
	if (kr != NULL && kr->act.action == PF_DROP)
		return (block(p));
	why = pf_path_options(p, kr != NULL && kr->act.allow_opts);
	if (why != PF_GO || !PF_PATH_HAS_KEY(p))
		return (why);
	if (kr != NULL && kr->act.pool_used != 0 &&
	    (why = translate_by(p, kr)) != PF_GO)
		return (why);
	if (p->translated && kr == NULL)
		kr = p->nat;
	if (!p->translated && (kr == NULL || kr->act.keep_state == 0))
		return (PF_GO);
	return (create_state(p, kr));
}
