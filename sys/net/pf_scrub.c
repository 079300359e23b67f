// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_scrub.c: packets made unambiguous before they meet states and rules
 *
 * What it owns.  Nothing: pf_frag.c has the fragments, pf_norm.c the headers.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_frag.h"
#include "pf_match.h"
#include "pf_norm.h"
#include "pf_osfp.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_scrub.h"

/* Find the rule for the packet as it is now. */
static int
ask(struct pf_pdesc *pd, const struct pf_conf *conf, struct pf_scrubbed *sc)
{
	struct pf_match	m pf_uninit;
	int		why;

	pd->tag = pf_pkt_tag(pd->pkt);
	pd->osfp = conf->osfp;
	pd->os = PF_OSFP_UNASKED;
	why = pf_match_rules(&m, conf, PF_RULESET_SCRUB, pd);
	sc->rule = m.rule;
	sc->anchor = m.anchor;
	return (why);
}

static bool
normalizes(const struct pf_scrubbed *sc)
{
	return (sc->rule != NULL && sc->rule->act.action == PF_SCRUB);
}

/* A fragment becomes whole, or what its rule says.  A datagram that has become whole has
 * ports, and perhaps another rule. */
static int
fragment(struct pf_pdesc *pd, const struct pf_conf *conf,
    struct pf_scrubbed *sc)
{
	uint32_t		 flags = sc->rule->act.rule_flag;
	enum pf_frag_mode	 mode = flags & PFRULE_FRAGCROP ? PF_FRAG_CROP :
				    flags & PFRULE_FRAGDROP ? PF_FRAG_DROP :
				    PF_FRAG_WHOLE;
	int			 why;

	if (flags & PFRULE_NOFRAGMENT)
		return (PF_GO);
	why = pf_frag(pd, mode, (flags & PFRULE_NODF) != 0);
	if (why == PF_GO && (pd->flags & PF_PD_FRAGMENT) == 0)
		why = ask(pd, conf, sc);
	return (why);
}

static int
by_rules(struct pf_pdesc *pd, const struct pf_conf *conf,
    struct pf_scrubbed *sc)
{
	struct pf_norm	norm;
	int		why;

	why = ask(pd, conf, sc);
	if (why == PF_GO && normalizes(sc) && pd->flags & PF_PD_FRAGMENT)
		why = fragment(pd, conf, sc);
	if (why != PF_GO || !normalizes(sc))
		return (why);
	if (sc->rule->norms) {
		pf_norm_init(&norm);
		pf_norm_add(&norm, &sc->rule->act);
		if (pd->proto == IPPROTO_TCP)
			sc->flags = norm.flags & PFSTATE_SCRUB_TCP;
		why = pf_norm_apply(pd, &norm);
	}
	if (why == PF_GO && pd->proto == IPPROTO_TCP &&
	    (pd->flags & PF_PD_NOTFIRST) == 0)
		why = pf_norm_tcp(pd);
	return (why);
}

int
pf_scrub(struct pf_pdesc *pd, const struct pf_conf *conf,
    struct pf_scrubbed *sc)
{
	if (conf->scrubs != 0)
		return (by_rules(pd, conf, sc));
	if ((conf->reassemble & PF_REASS_ENABLED) == 0)
		return (PF_GO);
	return (pf_frag(pd, PF_FRAG_WHOLE,
	    (conf->reassemble & PF_REASS_NODF) != 0));
}
