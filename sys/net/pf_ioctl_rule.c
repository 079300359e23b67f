// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_rule.c: requests about transactions, rules and anchors
 *
 * What it owns.  The evaluations that a client keeps (pf_client.evals).
 * Locking.  All handlers run with pf->ctl held.
 * Place.  Fifth floor, above pf_trans.c, which does the work of the requests
 * about transactions.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_trans.h"
#include "pf_util.h"

int
pf_ioctl_rules(struct pf_client *cl, const char *path, uint32_t ruleset,
    const struct pf_rules **rs)
{
	struct pf_anchor	*a;

	if (ruleset >= PF_RULESET_MAX || !pf_anchor_path_ok(path))
		return (EINVAL);
	a = pf_anchor_find(cl->pf, path);
	if (a == NULL)
		return (ENOENT);
	*rs = pf_anchor_rules(pf_rcu_deref_locked(cl->pf->conf), a, ruleset);
	return (0);
}

/*
 * Transactions
 */
static int
check_trans(const struct pfioc_trans *io)
{
	if (io->esize != sizeof(struct pfioc_trans_e))
		return (ENODEV);
	if (io->size == 0 || io->size > PF_TRANS_ELEMENTS)
		return (EINVAL);
	return (0);
}

static uint64_t
element_addr(const struct pfioc_trans *io, uint32_t i)
{
	return (io->array + (uint64_t)i * sizeof(struct pfioc_trans_e));
}

/* Copy element i in from a program, and check it. */
static int
get_element(struct pf_client *cl, const struct pfioc_trans *io, uint32_t i,
    struct pfioc_trans_e *e)
{
	int	error;

	error = pf_copyin(cl->pf, element_addr(io, i), e, sizeof(*e));
	if (error != 0)
		return (error);
	return (pf_trans_element_ok(e->type, e->anchor));
}

int
pf_ioctl_xbegin(struct pf_client *cl, void *arg)
{
	struct pfioc_trans	*io = arg;
	struct pfioc_trans_e	*e;
	struct pf_trans		*t;
	uint32_t		 i;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	if (cl->pf->trans != NULL)
		return (EBUSY);
	e = pf_alloc(cl->pf, sizeof(*e));
	t = pf_trans_begin(cl->pf);
	error = e == NULL || t == NULL ? ENOMEM : 0;
	for (i = 0; error == 0 && i < io->size; i++) {
		pf_yield_at(i);
		error = get_element(cl, io, i, e);
		if (error == 0)
			error = pf_trans_element(cl->pf, t, e->type, e->anchor);
	}
	/* not earlier: a program gets tickets only of a transaction that
	 * begins */
	for (i = 0; error == 0 && i < io->size; i++) {
		pf_yield_at(i);
		error = pf_copyout(cl->pf, &t->ticket, element_addr(io, i) +
		    offsetof(struct pfioc_trans_e, ticket), sizeof(t->ticket));
	}
	if (error == 0)
		cl->pf->trans = cl->trans = t;
	else if (t != NULL)
		pf_trans_abort(cl->pf, t);
	pf_free(e);
	return (error);
}

/* Whether the client has a transaction, which has been begun with just these
 * elements. */
static int
check_elements(struct pf_client *cl, const struct pfioc_trans *io)
{
	struct pfioc_trans_e	*e;
	uint32_t		 i;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	if (cl->trans == NULL)
		return (EBUSY);
	e = pf_alloc(cl->pf, sizeof(*e));
	if (e == NULL)
		return (ENOMEM);
	for (i = 0; error == 0 && i < io->size; i++) {
		pf_yield_at(i);
		error = get_element(cl, io, i, e);
		if (error == 0 && e->ticket != cl->trans->ticket)
			error = EBUSY;
		if (error == 0)
			error = pf_trans_check(cl->trans, i, e->type,
			    e->anchor);
	}
	pf_free(e);
	return (error == 0 ? pf_trans_check_all(cl->trans, io->size) : error);
}

int
pf_ioctl_xcommit(struct pf_client *cl, void *arg)
{
	int	error;

	if ((error = check_elements(cl, arg)) != 0)
		return (error);
	error = pf_trans_commit(cl->pf, cl->trans);
	if (error == 0)
		cl->pf->trans = cl->trans = NULL;
	return (error);
}

int
pf_ioctl_xrollback(struct pf_client *cl, void *arg)
{
	int	error;

	if ((error = check_elements(cl, arg)) != 0)
		return (error);
	pf_trans_abort(cl->pf, cl->trans);
	cl->pf->trans = cl->trans = NULL;
	return (0);
}

/*
 * Rules
 */
int
pf_ioctl_addrule(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;

	if (io->ruleset >= PF_RULESET_MAX || !pf_anchor_path_ok(io->anchor) ||
	    !pf_string_ok(io->anchor_call, sizeof(io->anchor_call)))
		return (EINVAL);
	if (cl->trans == NULL || io->ticket != cl->trans->ticket)
		return (EBUSY);
	return (pf_trans_add_rule(cl->pf, cl->trans, io->ruleset, io->anchor,
	    io->anchor_call, &io->rule, cl->uid, cl->pid));
}

/*
 * The counters of evaluations are differences (pf_match.c).  Their sums are
 * worked out once for all rules when a program begins to read the rules, and
 * not again for each rule.
 */
static int
sum_evaluations(struct pf_client *cl, const struct pf_rules *rs)
{
	uint64_t	*evals, sum = 0;
	uint32_t	 i;

	if (rs == NULL)
		return (0);
	evals = pf_alloc(cl->pf, (rs->n > 0 ? rs->n : 1) * sizeof(*evals));
	if (evals == NULL)
		return (ENOMEM);
	for (i = 0; i < rs->n; i++) {
		sum += pf_pcpu_sum(&rs->rule[i]->ctr, PF_RC_EVAL);
		evals[i] = sum;
		pf_yield_at(i);
	}
	pf_free(cl->evals);
	cl->evals = evals;
	cl->evals_ticket = rs->ticket;
	cl->evals_of = rs;
	return (0);
}

int
pf_ioctl_getrules(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;
	const struct pf_rules	*rs;
	int			 error;

	error = pf_ioctl_rules(cl, io->anchor, io->ruleset, &rs);
	if (error != 0 || (error = sum_evaluations(cl, rs)) != 0)
		return (error);
	io->nr = rs != NULL ? rs->n : 0;
	io->ticket = rs != NULL ? rs->ticket : 0;
	return (0);
}

int
pf_ioctl_getrule(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;
	const struct pf_rules	*rs;
	const struct pf_krule	*kr;
	unsigned int		 k;
	int			 error;

	if (io->action != PF_GET_NONE && io->action != PF_GET_CLR_CNTR)
		return (EINVAL);
	if (io->action == PF_GET_CLR_CNTR && !cl->writable)
		return (EACCES);
	if ((error = pf_ioctl_rules(cl, io->anchor, io->ruleset, &rs)) != 0)
		return (error);
	if (rs == NULL || io->ticket != rs->ticket || cl->evals_of != rs ||
	    cl->evals_ticket != rs->ticket || io->nr >= rs->n)
		return (EBUSY);
	kr = rs->rule[io->nr];
	pf_krule_export(kr, cl->evals[io->nr], &io->rule);
	for (k = 0; k < PF_SKIP_COUNT; k++)
		io->rule.skip[k] = pf_rules_skip(rs, io->nr, k);
	memset(io->anchor_call, 0, sizeof(io->anchor_call));
	if (kr->anchor_call != NULL)
		memcpy(io->anchor_call, kr->anchor_call,
		    strlen(kr->anchor_call));
	if (io->action == PF_GET_CLR_CNTR)
		pf_krule_clear(rs->rule[io->nr], cl->evals[io->nr]);
	return (0);
}

static void
clear_counters(const struct pf_rules *rs)
{
	uint64_t	evals = 0;
	uint32_t	k;

	for (k = 0; rs != NULL && k < rs->n; k++) {
		evals += pf_pcpu_sum(&rs->rule[k]->ctr, PF_RC_EVAL);
		pf_krule_clear(rs->rule[k], evals);
		pf_yield_at(k);
	}
}

/* Clear the counters of all rules, in the main ruleset and in all anchors. */
int
pf_ioctl_clrrulectrs(struct pf_client *cl, void *arg)
{
	const struct pf_conf	*conf = pf_rcu_deref_locked(cl->pf->conf);
	unsigned int		 i;
	uint32_t		 k;

	(void)arg;
	for (i = 0; i < PF_RULESET_MAX; i++) {
		clear_counters(conf->rules[i]);
		for (k = 0; conf->anchors != NULL && k < conf->anchors->n; k++)
			clear_counters(conf->anchors->slot[k].rules[i]);
	}
	return (0);
}

/*
 * Anchors
 */
static int
find_anchor(struct pf_client *cl, const char *path, struct pf_anchor **a)
{
	if (!pf_anchor_path_ok(path))
		return (EINVAL);
	*a = pf_anchor_find(cl->pf, path);
	return (*a != NULL ? 0 : ENOENT);
}

int
pf_ioctl_getrulesets(struct pf_client *cl, void *arg)
{
	struct pfioc_ruleset	*io = arg;
	struct pf_anchor	*a;
	int			 error;

	if ((error = find_anchor(cl, io->path, &a)) != 0)
		return (error);
	io->nr = pf_anchor_children(a);
	return (0);
}

int
pf_ioctl_getruleset(struct pf_client *cl, void *arg)
{
	struct pfioc_ruleset	*io = arg;
	struct pf_anchor	*a;
	int			 error;

	if ((error = find_anchor(cl, io->path, &a)) != 0)
		return (error);
	a = pf_anchor_child(cl->pf, a, io->nr);
	if (a == NULL)
		return (EBUSY);			/* nr is past the last */
	memset(io->name, 0, sizeof(io->name));
	memcpy(io->name, a->name, strlen(a->name));
	return (0);
}
