// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf.c: the path of a packet (fourth floor), and the life of an instance
 *
 * pf_test() is the table of contents.  What a packet meets on its way is in a
 * struct pf_path on the stack; nothing outlives the call but what the state
 * table and the counters took.  It all happens in one RCU read side and with one
 * configuration, so a packet sees a ruleset whole or not at all.
 *
 * An instance is made disabled and empty.  pf_purge() is its heartbeat.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_match.h"
#include "pf_nat.h"
#include "pf_packet.h"
#include "pf_reply.h"
#include "pf_rewrite.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_track.h"

const struct pf_cache_desc pf_caches[PF_CACHE_MAX] = {
	[PF_CACHE_STATE] = { "pf_state", PF_STATE_OBJECT, 128 },
};

struct pf_path {
	struct pf_pdesc		 pd;
	const struct pf_conf	*conf;
	struct pf_state		*state;		/* that it belongs to, or made */
	struct pf_krule		*rule;		/* that decided; NULL: implicit pass */
	struct pf_krule		*anchor;	/* of the main ruleset, that led to it; or NULL */
	struct pf_krule		*nat;		/* that translates it; NULL: none, or `rule' */
	int			 reason;	/* PFRES_*, why it is dropped */
	bool			 translated;	/* a new connection, which is to have the key .. */
	struct pf_state_seek	 other;		/* .. on the other side, like pd now */
	struct pf_state_seek	 seek;		/* its key as it came, if PATH_HAS_KEY() */
};

/* Later fragments have no ports, and errors speak of another packet's connection. */
#define PATH_HAS_KEY(p)	(((p)->pd.flags & (PF_PD_NOTFIRST | PF_PD_ICMPERR)) == 0)

/*
 * What the packet is.  Its state's bucket is asked for early.  A wrong checksum is
 * found here, on the way in: the receiver would not believe such a packet, so no state
 * may either.
 */
static int
path_parse(struct pf_path *p, struct pf *pf)
{
	struct pf_pdesc	*pd = &p->pd;
	int		 reason;

	reason = pf_packet_parse(pd);
	if (reason != PFRES_MATCH)
		return (reason);
	if (PATH_HAS_KEY(p)) {
		pf_state_key_of(pd, &p->seek.key);
		p->seek.dir = pd->dir;
		pf_state_seek(pf, &p->seek);
	}
	if (pd->dir != PF_IN || (pd->flags & PF_PD_CKSUM) == 0)
		return (PFRES_MATCH);
	return (pf_pkt_cksum_ok(pd->pkt, pd->af, pd->proto, pd->off) ?
	    PFRES_MATCH : PFRES_PROTCKSUM);
}

/* Packets with IP options or their like go only where the state's rule, or the rule, says so. */
static int
path_options(struct pf_path *p)
{
	if (likely((p->pd.flags & PF_PD_OPTS) == 0))
		return (PF_PASS);
	if (p->state != NULL ? (p->state->flags & PFSTATE_ALLOWOPTS) != 0 :
	    p->rule != NULL && p->rule->act.allow_opts)
		return (PF_PASS);
	p->reason = PFRES_IPOPTIONS;
	return (PF_DROP);
}

/* The side of a translated state to which a packet of this direction goes. */
static unsigned int
path_far_side(const struct pf_path *p)
{
	return (p->pd.dir == PF_IN ? PF_SK_STACK : PF_SK_WIRE);
}

/* An error about a connection that has a state goes with it. */
static int
path_icmp_error(struct pf_path *p, struct pf *pf)
{
	struct pf_pdesc		quoted pf_uninit;
	struct pf_state_key	to;

	p->state = pf_icmp_error_state(pf, &p->pd, &quoted, &p->reason);
	if (p->reason != PFRES_MATCH)
		return (PF_DROP);
	if (p->state == NULL)
		return (PF_PASS);
	if (path_options(p) != PF_PASS)
		return (PF_DROP);
	if (pf_state_translates(p->state)) {
		pf_state_key_get(p->state, path_far_side(p), &to);
		p->reason = pf_rewrite_error(&p->pd, &quoted,
		    PF_ICMP_QUOTED_AT(&p->pd), &to);
	}
	return (p->reason == PFRES_MATCH ? PF_PASS : PF_DROP);
}

/*
 * The state of the packet, if there is one, and whether the packet fits in.
 * A state that has ended makes room for the connection that this packet begins.
 */
static int
path_state(struct pf_path *p, struct pf *pf)
{
	struct pf_state_key	 to;
	struct pf_state		*s;
	bool			 forward;

	if (p->pd.flags & PF_PD_NOTFIRST)
		return (PF_PASS);
	if (p->pd.flags & PF_PD_ICMPERR)
		return (path_icmp_error(p, pf));
	s = pf_state_find(pf, &p->seek, p->pd.kif);
	if (s == NULL)
		return (PF_PASS);
	if (READ_ONCE(s->timeout) == PFTM_PURGE ||
	    (p->pd.proto == IPPROTO_TCP && pf_tcp_reuse(s, &p->pd))) {
		pf_state_remove(pf, s);
		return (PF_PASS);
	}
	p->state = s;
	if (path_options(p) != PF_PASS)
		return (PF_DROP);
	forward = s->direction == p->pd.dir;
	if (p->pd.proto == IPPROTO_TCP)
		p->reason = pf_tcp_track(pf, s, &p->pd, forward);
	else
		pf_track(pf, s, forward);
	if (pf_state_translates(s) && p->reason == PFRES_MATCH) {
		pf_state_key_get(s, path_far_side(p), &to);
		p->reason = pf_rewrite(&p->pd, &to);
	}
	return (p->reason == PFRES_MATCH ? PF_PASS : PF_DROP);
}

/* What comes after is asked about the packet as kr translates it; the packet is rewritten
 * once it has a state. */
static int
path_translate_by(struct pf_path *p, const struct pf_krule *kr)
{
	if (!p->translated)
		p->other.key = p->seek.key;
	p->reason = pf_nat_translate(&p->pd, kr, &p->other.key);
	if (p->reason != PFRES_MATCH)
		return (PF_DROP);
	pf_rewrite_pdesc(&p->pd, &p->other.key);
	p->translated = memcmp(&p->other.key, &p->seek.key,
	    sizeof(p->seek.key)) != 0;
	return (PF_PASS);
}

/* A later fragment cannot be translated, and must not go out as it is. */
static int
path_translate(struct pf_path *p)
{
	if (p->pd.flags & PF_PD_ICMPERR)
		return (PF_PASS);
	p->nat = pf_nat_rule(p->conf, &p->pd);
	if (p->nat == NULL)
		return (PF_PASS);
	if (!PATH_HAS_KEY(p)) {
		p->reason = PFRES_FRAG;
		return (PF_DROP);
	}
	return (path_translate_by(p, p->nat));
}

/* The keys of a new state, bound to the interface if its rule says so. */
static int
path_set_keys(struct pf_path *p, struct pf *pf, struct pf_state *s, bool bound)
{
	bool	in = p->pd.dir == PF_IN;

	if (bound)
		p->seek.key.ifid = p->other.key.ifid = p->pd.kif->id;
	if (!p->translated) {
		pf_state_key_set(s, &p->seek, NULL);
		return (PFRES_MATCH);
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
	return (PFRES_MATCH);
}

/* A new state by the rule that passed the packet.  The packet goes only if this succeeds. */
static int
path_create(struct pf_path *p, struct pf *pf, struct pf_krule *kr)
{
	struct pf_state	*s;
	uint32_t	 max = kr->act.max_states;

	if (!pf_atomic_inc_below(&kr->states_cur, max != 0 ? max : UINT32_MAX)) {
		pf_count(pf, PF_CTR_LIMIT + LCNT_STATES);
		p->reason = PFRES_MAXSTATES;
		return (PF_DROP);
	}
	s = pf_state_alloc(pf, p->pd.dir, &p->reason);
	if (s == NULL) {
		pf_atomic_dec(&kr->states_cur);
		return (PF_DROP);
	}
	p->reason = path_set_keys(p, pf, s, kr->act.rule_flag & PFRULE_IFBOUND);
	if (p->reason != PFRES_MATCH) {
		pf_atomic_dec(&kr->states_cur);
		pf_state_discard(pf, s);
		return (PF_DROP);
	}
	s->rule = kr;
	s->kif = p->pd.kif;
	s->direction = p->pd.dir;
	s->log = kr->act.log;
	s->creation = s->expire = pf_uptime(pf);
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
	pf_krule_get(kr);
	pf_kif_ref(s->kif);
	if (pf_state_insert(pf, s) != 0) {
		pf_kif_put(pf, s->kif);
		pf_krule_put(pf, kr);
		pf_atomic_dec(&kr->states_cur);
		pf_state_discard(pf, s);
		p->reason = PFRES_STATEINS;
		return (PF_DROP);
	}
	pf_atomic_inc(&kr->states_tot);
	p->state = s;
	if (p->translated)
		p->reason = pf_rewrite(&p->pd, &p->other.key);
	return (p->reason == PFRES_MATCH ? PF_PASS : PF_DROP);
}

static int
path_block(struct pf_path *p)
{
	/* the answer goes to who has sent the packet as it was */
	if (p->translated)
		pf_rewrite_pdesc(&p->pd, &p->seek.key);
	pf_reply_blocked(&p->pd, p->rule);
	return (PF_DROP);
}

/* Ask the rules; without a match the packet passes.  A translation needs a state. */
static int
path_rules(struct pf_path *p, struct pf *pf)
{
	struct pf_match	 m;
	struct pf_krule	*kr;

	if (path_translate(p) != PF_PASS)
		return (PF_DROP);
	if (p->nat == NULL || !p->nat->act.natpass) {
		pf_match_rules(p->conf, PF_RULESET_FILTER, &p->pd, &m);
		p->rule = m.rule;
		p->anchor = m.anchor;
		pf_count(pf, PF_CTR_REASON + PFRES_MATCH);
	}
	kr = p->rule;
	if (kr != NULL && kr->act.action == PF_DROP)
		return (path_block(p));
	if (path_options(p) != PF_PASS)
		return (PF_DROP);
	if (!PATH_HAS_KEY(p))
		return (PF_PASS);
	if (kr != NULL && kr->act.pool_used != 0 &&
	    path_translate_by(p, kr) != PF_PASS)
		return (PF_DROP);
	if (p->translated && kr == NULL)
		kr = p->nat;
	if (!p->translated && (kr == NULL || kr->act.keep_state == 0))
		return (PF_PASS);
	return (path_create(p, pf, kr));
}

static void
path_count_rule(struct pf_krule *kr, unsigned int out, uint64_t n, uint64_t len)
{
	pf_pcpu_add_packet(&kr->ctr, PF_RC_PACKETS_IN + out, n);
	pf_pcpu_add_packet(&kr->ctr, PF_RC_BYTES_IN + out, len);
}

/*
 * Count the packet at its interface, rule and state.  A state's counters are
 * plain words: two CPUs with packets of one connection in one direction
 * may lose a count to each other, and none waits.
 */
static void
path_count(struct pf_path *p, struct pf *pf, int verdict)
{
	struct pf_pdesc	*pd = &p->pd;
	struct pf_state	*s = p->state;
	struct pf_krule	*kr = s != NULL ? s->rule : p->rule;
	uint64_t	 n = pf_pd_packets(pd);
	unsigned int	 v6 = pd->af == AF_INET6, out = pd->dir == PF_OUT;

	pf_pcpu_add_packet(&pd->kif->ctr, PF_KIF_PACKETS(v6, out, verdict != PF_PASS), n);
	pf_pcpu_add_packet(&pd->kif->ctr, PF_KIF_BYTES(v6, out, verdict != PF_PASS),
	    pd->len);
	if (p->reason != PFRES_MATCH)
		pf_count(pf, PF_CTR_REASON + p->reason);
	if (kr != NULL)
		path_count_rule(kr, out, n, pd->len);
	if (unlikely(p->anchor != NULL))
		path_count_rule(p->anchor, out, n, pd->len);
	if (s != NULL && pf_state_translates(s) && s->ext->nat_rule != NULL &&
	    s->ext->nat_rule != kr)
		path_count_rule(s->ext->nat_rule, out, n, pd->len);
	if (s != NULL && verdict == PF_PASS)
		pf_state_count(s, s->direction != pd->dir, n, pd->len);
}

int
pf_test(struct pf *pf, int dir, uint8_t af, int ifindex, struct pf_pkt **pkt)
{
	struct pf_path	p pf_uninit;
	int		verdict = PF_DROP;

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
	p.translated = false;
	p.reason = PFRES_MATCH;
	p.pd.kif = pf_kif_by_index(pf, ifindex);
	if (unlikely(p.pd.kif == NULL)) {	/* no memory when it came */
		pf_count(pf, PF_CTR_REASON + PFRES_MEMORY);
		return (PF_DROP);
	}
	if (READ_ONCE(p.pd.kif->skip))
		return (PF_PASS);

	p.reason = path_parse(&p, pf);
	if (p.reason == PFRES_MATCH)
		verdict = path_state(&p, pf);
	if (verdict == PF_PASS && p.state == NULL)
		verdict = path_rules(&p, pf);
	path_count(&p, pf, verdict);
	return (verdict);
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
	pf_state_grow(pf);
	pf_state_purge(pf, conf->timeout[PFTM_INTERVAL]);
	pf_if_purge(pf);
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
	if (pf_pcpu_init(&pf->ctr, PF_CTR_MAX) != 0)
		goto fail;
	if (pf_ruleset_init(pf) != 0)
		goto fail_ctr;
	if (pf_state_init(pf) != 0)
		goto fail_ruleset;
	return (pf);

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
	pf_state_fini(pf);
	pf_ruleset_fini(pf);
	pf_rcu_barrier();
	pf_if_fini(pf);
	pf_rcu_barrier();
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
