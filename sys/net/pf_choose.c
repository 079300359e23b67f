// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_choose.c: what is chosen from pools for a new connection
 *
 * Owns nothing; see pf_choose.h.  With sticky-address the source has a node that remembers
 * what was chosen for it.  If that is no longer in the pool, another address is chosen and
 * remembered.  Of two packets at a time the first one decides.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_choose.h"
#include "pf_packet.h"
#include "pf_pool.h"
#include "pf_rule.h"
#include "pf_srcnode.h"

/* The choice that the source has, or gets now.  NULL: *why. */
static struct pf_srcnode *
stick(const struct pf_pdesc *pd, const struct pf_stuck *k, struct pf_choice *c,
    int *why)
{
	struct pf_kpool		*kp = k->rule->pool[k->which];
	struct pf_srcnode	*n = pf_srcnode_recall(pd->pf, k, c);
	struct pf_choice	 old;

	if (n != NULL && pf_pool_has(kp, pd->af, c))
		return (n);
	old = *c;
	if (!pf_pool_pick(pd->pf, kp, pd->af, &pd->src, c)) {
		if (n != NULL)
			pf_srcnode_forget(pd->pf, n, false);
		return (NULL);
	}
	if (n == NULL)
		return (pf_srcnode_remember(pd->pf, k, c, why));
	pf_srcnode_rechoose(pd->pf, n, &old, c);
	return (n);
}

int
pf_choose(const struct pf_pdesc *pd, struct pf_krule *kr, unsigned int which,
    struct pf_chosen *chosen, struct pf_choice *c)
{
	struct pf_kpool	*kp = kr->pool[which];
	struct pf_stuck	 k = { kr, &pd->src, which, pd->af };
	struct pf_hold	 hold = { NULL, NULL };
	int		 why;

	why = which == PF_POOL_ROUTE ? PFRES_NOROUTE : PFRES_TRANSLATE;
	if (likely(!kp->sticky && !kp->least))
		return (pf_pool_pick(pd->pf, kp, pd->af, &pd->src, c) ?
		    PF_GO : why);
	if (chosen->n == PF_CHOSEN_MAX)
		return (PFRES_SRCLIMIT);
	if (kp->sticky) {
		hold.node = stick(pd, &k, c, &why);
		if (hold.node == NULL)
			return (why);
	} else if (!pf_pool_pick(pd->pf, kp, pd->af, &pd->src, c))
		return (why);
	hold.count = c->count;
	if (hold.count != NULL)
		pf_atomic_inc(hold.count);
	chosen->hold[chosen->n++] = hold;
	return (PF_GO);
}

void
pf_choose_back(const struct pf_pdesc *pd, struct pf_chosen *chosen, uint32_t n,
    bool again)
{
	while (chosen->n > n)
		pf_hold_release(pd->pf, &chosen->hold[--chosen->n], again);
}
