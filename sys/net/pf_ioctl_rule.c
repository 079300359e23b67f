// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_rule.c: requests about transactions and rules (fifth floor)
 *
 * The handlers translate between what a program says and pf_ruleset.c, which does the
 * work.  Owns the cache of evaluation sums of a client.  All run under pf->ctl.
 */
#include "pf_ioctl.h"

/* Rulesets that stand in an anchor are not there yet. */
static int
check_path(const char *path)
{
	if (!pf_string_ok(path, PF_ANCHOR_PATH_SIZE))
		return (EINVAL);
	return (path[0] != '\0' ? EOPNOTSUPP : 0);
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

int
pf_ioctl_xbegin(struct pf_client *cl, void *arg)
{
	struct pfioc_trans	*io = arg;
	struct pfioc_trans_e	*e;
	struct pf_trans		*t = NULL;
	uint32_t		*types, i, k;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	if (cl->pf->trans != NULL)
		return (EBUSY);
	e = pf_alloc(cl->pf, sizeof(*e));
	types = pf_alloc(cl->pf, io->size * sizeof(*types));
	error = e == NULL || types == NULL ? ENOMEM : 0;
	for (i = 0; error == 0 && i < io->size; i++) {
		error = pf_copyin(cl->pf, element_addr(io, i), e, sizeof(*e));
		if (error == 0)
			error = check_path(e->anchor);
		if (error == 0 && e->type >= PF_TRANS_MAX)
			error = EINVAL;
		if (error == 0 && (e->type == PF_TRANS_ALTQ ||
		    e->type == PF_TRANS_TABLE))
			error = EOPNOTSUPP;
		for (k = 0; error == 0 && k < i; k++)
			if (types[k] == e->type)
				error = EINVAL;		/* twice */
		if (error == 0)
			types[i] = e->type;
	}
	if (error == 0) {
		t = pf_trans_begin(cl->pf, types, io->size);
		if (t == NULL)
			error = ENOMEM;
	}
	for (i = 0; error == 0 && i < io->size; i++) {
		error = pf_copyin(cl->pf, element_addr(io, i), e, sizeof(*e));
		e->ticket = t->ticket;
		if (error == 0)
			error = pf_copyout(cl->pf, e, element_addr(io, i),
			    sizeof(*e));
	}
	if (error == 0)
		cl->pf->trans = cl->trans = t;
	else if (t != NULL)
		pf_trans_abort(cl->pf, t);
	pf_free(types);
	pf_free(e);
	return (error);
}

/* The transaction must be this client's, and the elements those that it was begun with. */
static int
check_elements(struct pf_client *cl, const struct pfioc_trans *io)
{
	struct pfioc_trans_e	*e;
	uint32_t		 i, has = 0;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	if (cl->trans == NULL)
		return (EBUSY);
	e = pf_alloc(cl->pf, sizeof(*e));
	if (e == NULL)
		return (ENOMEM);
	for (i = 0; error == 0 && i < io->size; i++) {
		error = pf_copyin(cl->pf, element_addr(io, i), e, sizeof(*e));
		if (error == 0 && e->type >= PF_TRANS_MAX)
			error = EINVAL;
		if (error == 0)
			error = check_path(e->anchor);
		if (error == 0 && e->ticket != cl->trans->ticket)
			error = EBUSY;
		if (error == 0)
			has |= 1U << e->type;
	}
	pf_free(e);
	if (error == 0 && has != cl->trans->has)
		error = EINVAL;
	return (error);
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
static int
check_rule_args(const struct pfioc_rule *io)
{
	int	error;

	if (io->ruleset >= PF_RULESET_MAX)
		return (EINVAL);
	if ((error = check_path(io->anchor)) != 0)
		return (error);
	return (0);
}

int
pf_ioctl_addrule(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;
	int			 error;

	if ((error = check_rule_args(io)) != 0 ||
	    (error = check_path(io->anchor_call)) != 0)
		return (error);
	if (cl->trans == NULL || io->ticket != cl->trans->ticket ||
	    (cl->trans->has & 1U << io->ruleset) == 0)
		return (EBUSY);
	return (pf_trans_add_rule(cl->pf, cl->trans, io->ruleset, &io->rule,
	    cl->uid, cl->pid));
}

/*
 * Evaluations are kept as differences (pf_match.c): the sums are made once for all
 * rules when a program begins to read them, not anew for each rule.
 */
static int
sum_evaluations(struct pf_client *cl, const struct pf_rules *rs, uint32_t ruleset)
{
	uint64_t	*evals, sum = 0;
	uint32_t	 i;

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
	cl->evals_n = rs->n;
	cl->evals_ticket = rs->ticket;
	cl->evals_ruleset = ruleset;
	return (0);
}

int
pf_ioctl_getrules(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;
	const struct pf_rules	*rs;
	int			 error;

	if ((error = check_rule_args(io)) != 0)
		return (error);
	rs = pf_rcu_deref_locked(cl->pf->conf)->rules[io->ruleset];
	if ((error = sum_evaluations(cl, rs, io->ruleset)) != 0)
		return (error);
	io->nr = rs->n;
	io->ticket = rs->ticket;
	return (0);
}

int
pf_ioctl_getrule(struct pf_client *cl, void *arg)
{
	struct pfioc_rule	*io = arg;
	const struct pf_rules	*rs;
	unsigned int		 k;
	int			 error;

	if ((error = check_rule_args(io)) != 0)
		return (error);
	if (io->action != PF_GET_NONE && io->action != PF_GET_CLR_CNTR)
		return (EINVAL);
	if (io->action == PF_GET_CLR_CNTR && !cl->writable)
		return (EACCES);
	rs = pf_rcu_deref_locked(cl->pf->conf)->rules[io->ruleset];
	if (io->ticket != rs->ticket || cl->evals == NULL ||
	    cl->evals_ticket != rs->ticket || cl->evals_ruleset != io->ruleset)
		return (EBUSY);
	if (io->nr >= rs->n || io->nr >= cl->evals_n)
		return (EBUSY);
	pf_krule_export(rs->rule[io->nr], cl->evals[io->nr], &io->rule);
	for (k = 0; k < PF_SKIP_COUNT; k++)
		io->rule.skip[k] = pf_rules_skip(rs, io->nr, k);
	memset(io->anchor_call, 0, sizeof(io->anchor_call));
	if (io->action == PF_GET_CLR_CNTR)
		pf_krule_clear(rs->rule[io->nr], cl->evals[io->nr]);
	return (0);
}

int
pf_ioctl_clrrulectrs(struct pf_client *cl, void *arg)
{
	const struct pf_rules	*rs;
	uint64_t		 evals;
	unsigned int		 i;
	uint32_t		 k;

	(void)arg;
	for (i = 0; i < PF_RULESET_MAX; i++) {
		rs = pf_rcu_deref_locked(cl->pf->conf)->rules[i];
		for (k = 0, evals = 0; k < rs->n; k++) {
			evals += pf_pcpu_sum(&rs->rule[k]->ctr, PF_RC_EVAL);
			pf_krule_clear(rs->rule[k], evals);
			pf_yield_at(k);
		}
	}
	return (0);
}

/* The main ruleset has no anchors below it yet. */
int
pf_ioctl_getrulesets(struct pf_client *cl, void *arg)
{
	struct pfioc_ruleset	*io = arg;

	(void)cl;
	if (!pf_string_ok(io->path, sizeof(io->path)))
		return (EINVAL);
	if (io->path[0] != '\0')
		return (ENOENT);
	io->nr = 0;
	return (0);
}

int
pf_ioctl_getruleset(struct pf_client *cl, void *arg)
{
	struct pfioc_ruleset	*io = arg;

	(void)cl;
	if (!pf_string_ok(io->path, sizeof(io->path)))
		return (EINVAL);
	return (io->path[0] != '\0' ? ENOENT : EBUSY);	/* nr is past the last */
}
