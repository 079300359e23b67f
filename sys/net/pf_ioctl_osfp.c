// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_osfp.c: requests about fingerprints of operating systems
 *
 * What it owns.  Nothing.
 * Locking.  The handlers run with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_osfp.h"
#include "pf_trans.h"

int
pf_ioctl_osfpflush(struct pf_client *cl, void *arg)
{
	(void)arg;
	if (!pf_trans_has(cl->trans, PF_TRANS_OPTIONS))
		return (pf_conf_clear_osfp(cl->pf));
	pf_trans_osfp_flush(cl->trans);
	return (0);
}

/* A list comes into force as a whole, with the rules that use its numbers. */
int
pf_ioctl_osfpadd(struct pf_client *cl, void *arg)
{
	const struct pf_osfp_ioctl	*e = arg;

	if (!pf_osfp_entry_ok(e))
		return (EINVAL);
	if (!pf_trans_has(cl->trans, PF_TRANS_OPTIONS))
		return (EBUSY);
	return (pf_trans_osfp_add(cl->pf, cl->trans, e));
}

int
pf_ioctl_osfpget(struct pf_client *cl, void *arg)
{
	const struct pf_osfp	*l = pf_rcu_deref_locked(cl->pf->conf)->osfp;
	struct pf_osfp_ioctl	*e = arg;
	uint32_t		 nr = e->getnum;

	if (l == NULL || nr >= l->n)
		return (ENOENT);
	*e = l->entry[nr];
	e->getnum = nr;
	return (0);
}
