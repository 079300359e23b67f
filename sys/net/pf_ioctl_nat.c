// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_nat.c: requests about pools and translated connections
 *
 * What it owns.  Nothing.  A program loads the addresses of a rule's pools
 * before the rule; the transaction gathers these addresses.
 * Locking.  All handlers run with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_ioctl.h"
#include "pf_pool.h"
#include "pf_rule.h"
#include "pf_ruleset.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_trans.h"
#include "pf_util.h"

static int
check_place(const struct pfioc_pooladdr *io)
{
	if (io->ruleset >= PF_RULESET_MAX || io->which >= PF_POOL_MAX ||
	    io->pad != 0 || !pf_anchor_path_ok(io->anchor))
		return (EINVAL);
	return (0);
}

int
pf_ioctl_beginaddrs(struct pf_client *cl, void *arg)
{
	struct pfioc_pooladdr	*io = arg;

	if (cl->trans == NULL)
		return (EBUSY);
	pf_trans_no_addrs(cl->trans);
	io->ticket = cl->trans->ticket;
	return (0);
}

int
pf_ioctl_addaddr(struct pf_client *cl, void *arg)
{
	struct pfioc_pooladdr	*io = arg;
	int			 error;

	if ((error = check_place(io)) != 0)
		return (error);
	if (!pf_string_ok(io->addr.ifname, sizeof(io->addr.ifname)))
		return (EINVAL);
	if (cl->trans == NULL || io->ticket != cl->trans->ticket)
		return (EBUSY);
	return (pf_trans_add_addr(cl->pf, cl->trans, io->which, &io->addr));
}

/* Find the pool of a rule in force that io names; *kp NULL: the rule has no
 * such pool. */
static int
find_pool(struct pf_client *cl, const struct pfioc_pooladdr *io,
    const struct pf_kpool **kp)
{
	const struct pf_rules	*rs;
	int			 error;

	if ((error = check_place(io)) != 0 ||
	    (error = pf_ioctl_rules(cl, io->anchor, io->ruleset, &rs)) != 0)
		return (error);
	if (rs == NULL || io->ticket != rs->ticket || io->r_num >= rs->n)
		return (EBUSY);
	*kp = rs->rule[io->r_num]->pool[io->which];
	return (0);
}

int
pf_ioctl_getaddrs(struct pf_client *cl, void *arg)
{
	struct pfioc_pooladdr	*io = arg;
	const struct pf_kpool	*kp;
	int			 error;

	if ((error = find_pool(cl, io, &kp)) != 0)
		return (error);
	io->nr = kp != NULL ? kp->n : 0;
	return (0);
}

int
pf_ioctl_getaddr(struct pf_client *cl, void *arg)
{
	struct pfioc_pooladdr	*io = arg;
	const struct pf_kpool	*kp;
	int			 error;

	if ((error = find_pool(cl, io, &kp)) != 0)
		return (error);
	if (kp == NULL || io->nr >= kp->n)
		return (EBUSY);
	pf_pool_export(&kp->addr[io->nr], &io->addr);
	return (0);
}

static int
check_natlook(const struct pfioc_natlook *io)
{
	size_t	used = io->af == AF_INET ? 4 : 16;

	if ((io->af != AF_INET && io->af != AF_INET6) ||
	    (io->direction != PF_IN && io->direction != PF_OUT) ||
	    !pf_all_zero(io->pad, sizeof(io->pad)) ||
	    !pf_all_zero(io->saddr.addr8 + used, 16 - used) ||
	    !pf_all_zero(io->daddr.addr8 + used, 16 - used))
		return (EINVAL);
	return (0);
}

/* With PF_OUT the program gives source and destination as the packets that come
 * back have them. */
int
pf_ioctl_natlook(struct pf_client *cl, void *arg)
{
	struct pfioc_natlook	*io = arg;
	struct pf_state_key	 key;
	unsigned int		 src = PF_SK_WIRE, other;
	int			 error;
	bool			 found;

	if ((error = check_natlook(io)) != 0)
		return (error);
	other = io->direction == PF_IN ? PF_SK_STACK : PF_SK_WIRE;
	memset(&key, 0, sizeof(key));
	key.addr[src] = io->saddr;
	key.addr[!src] = io->daddr;
	key.port[src] = io->sport;
	key.port[!src] = io->dport;
	key.af = io->af;
	key.proto = io->proto;
	found = pf_state_find_key(cl->pf, io->direction, other, &key);
	if (!found)
		return (ENOENT);
	io->rsaddr = key.addr[src];
	io->rdaddr = key.addr[!src];
	io->rsport = key.port[src];
	io->rdport = key.port[!src];
	return (0);
}
