// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_rule.c: requests about transactions, rules and anchors
 *
 * What it owns.  The evaluations that a client keeps (pf_client.evals).
 * Locking.  All handlers run with pf->ctl held, except those of transactions'
 * beginning and end, which copy elements from the program and take pf->ctl when
 * no copying is left to do.
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

/* Copy the elements in, and add them to t.  All must have that ticket; 0: they
 * have none yet. */
static int
get_elements(struct pf_client *cl, const struct pfioc_trans *io,
    struct pf_trans *t, uint32_t ticket)
{
	struct pfioc_trans_e	*e;
	uint32_t		 i;
	int			 error = 0;

	e = pf_alloc(cl->pf, sizeof(*e));
	if (e == NULL)
		return (ENOMEM);
	for (i = 0; error == 0 && i < io->size; i++) {
		pf_yield_at(i);
		error = get_element(cl, io, i, e);
		if (error == 0 && ticket != 0 && e->ticket != ticket)
			error = EBUSY;
		if (error == 0)
			error = pf_trans_element(cl->pf, t, e->type, e->anchor);
	}
	pf_free(e);
	return (error);
}

static int
put_tickets(struct pf_client *cl, const struct pfioc_trans *io, uint32_t ticket)
{
	uint32_t	i;
	int		error = 0;

	for (i = 0; error == 0 && i < io->size; i++) {
		pf_yield_at(i);
		error = pf_copyout(cl->pf, &ticket, element_addr(io, i) +
		    offsetof(struct pfioc_trans_e, ticket), sizeof(ticket));
	}
	return (error);
}

/*
 * The new transaction is at once the instance's, so that no other can begin.
 * It becomes the client's when the program has all its tickets: until then no
 * other request finds it, and it may still fail to begin.
 */
int
pf_ioctl_xbegin(struct pf_client *cl, void *arg)
{
	struct pfioc_trans	*io = arg;
	struct pf		*pf = cl->pf;
	struct pf_trans		*t;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	pf_mutex_lock(&pf->ctl);
	t = NULL;
	if (pf->trans != NULL)
		error = EBUSY;
	else if ((pf->trans = t = pf_trans_begin(pf)) == NULL)
		error = ENOMEM;
	pf_mutex_unlock(&pf->ctl);
	if (t == NULL)
		return (error);

	error = get_elements(cl, io, t, 0);
	if (error == 0)
		error = put_tickets(cl, io, t->ticket);

	pf_mutex_lock(&pf->ctl);
	if (error == 0)
		cl->trans = t;
	else {
		pf->trans = NULL;
		pf_trans_abort(pf, t);
	}
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

/* The ticket of the client's transaction; 0: it has none. */
static uint32_t
client_ticket(struct pf_client *cl)
{
	uint32_t	ticket;

	pf_mutex_lock(&cl->pf->ctl);
	ticket = cl->trans != NULL ? cl->trans->ticket : 0;
	pf_mutex_unlock(&cl->pf->ctl);
	return (ticket);
}

/*
 * End the client's transaction by `end', if it has one that was begun with just
 * the elements that the program names.  Another thread of the program may have
 * ended it, and may have begun another, while the elements were copied in: the
 * ticket tells.
 */
static int
end_trans(struct pf_client *cl, const struct pfioc_trans *io,
    int (*end)(struct pf *, struct pf_trans *))
{
	struct pf		*pf = cl->pf;
	struct pf_trans		*list;
	uint32_t		 ticket;
	int			 error;

	if ((error = check_trans(io)) != 0)
		return (error);
	ticket = client_ticket(cl);
	if (ticket == 0)
		return (EBUSY);
	list = pf_trans_list(pf);
	if (list == NULL)
		return (ENOMEM);
	error = get_elements(cl, io, list, ticket);
	if (error == 0) {
		pf_mutex_lock(&pf->ctl);
		if (cl->trans == NULL || cl->trans->ticket != ticket)
			error = EBUSY;
		else if (!pf_trans_same(cl->trans, list))
			error = EINVAL;
		else if ((error = end(pf, cl->trans)) == 0)
			pf->trans = cl->trans = NULL;
		pf_mutex_unlock(&pf->ctl);
	}
	pf_trans_list_free(list);
	return (error);
}

int
pf_ioctl_xcommit(struct pf_client *cl, void *arg)
{
	return (end_trans(cl, arg, pf_trans_commit));
}

static int
trans_rollback(struct pf *pf, struct pf_trans *t)
{
	pf_trans_abort(pf, t);
	return (0);
}

int
pf_ioctl_xrollback(struct pf_client *cl, void *arg)
{
	return (end_trans(cl, arg, trans_rollback));
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
