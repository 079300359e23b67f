/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_instance.h: the instance, one for each network namespace or simulated node
 *
 * What it owns.  struct pf, which holds, or points to, everything that an
 * instance has.  It contains the stores by value; this is the only header that
 * includes all of them.
 * Life.  An instance lives from pf_create() to pf_destroy() (pf.c).
 *
 * Locking.  Here and in all structures of the core each member says what guards
 * it:
 *	[i]	set at creation, then only read
 *	[c]	pf->ctl, the control mutex
 *	[rcu c]	read in an RCU read side, replaced under pf->ctl
 *	[b]	the lock of the bucket's stripe; [rcu b] read without that lock
 *	[s]	the state's own lock
 *	[a]	atomic or a single word (READ_ONCE, WRITE_ONCE)
 *	[p]	per-CPU
 * Lock order: ctl, then a stripe of the keys, a stripe of the ids, a state.  A bucket of
 * sources, and the locks of overloads and of fragments, are taken with none of them but ctl.
 *
 * User memory is never copied with pf->ctl held.  A page of it may be served by
 * a program, which may take as long as it likes, while device events wait for
 * pf->ctl and hold up the network configuration of the whole host.  The hosts
 * check that no lock is held (pf_copyin(), pf_copyout()).
 *
 * Names of functions.  In all stores get returns an object with a reference for
 * the caller, and may make the object; ref takes one more reference; put drops
 * a reference.  find returns an object without a reference, or NULL.
 *
 * Place.  Second floor, with the stores: a store finds the other stores and the
 * control mutex through the instance.  The instance has only pointers to what
 * is on the floors above.
 */
#ifndef _NET_PF_INSTANCE_H_
#define _NET_PF_INSTANCE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_fragtab.h"
#include "pf_if.h"
#include "pf_overload.h"
#include "pf_srcnode.h"
#include "pf_statetab.h"
#include "pf_table.h"
#include "pf_tag.h"

struct pf_conf;
struct pf_trans;

enum {					/* pf->ctr */
	PF_CTR_REASON = 0,
	PF_CTR_LIMIT = PF_CTR_REASON + PFRES_MAX,
	PF_CTR_STATE = PF_CTR_LIMIT + LCNT_MAX,
	PF_CTR_SOURCE = PF_CTR_STATE + FCNT_MAX,
	PF_CTR_MAX = PF_CTR_SOURCE + SCNT_MAX
};

struct pf {
	struct pf_conf	*conf;		/* [rcu c] never NULL */
	struct pf_pcpu	 ctr;		/* [p] PF_CTR_* */
	struct pf_statetab st;		/* first is what every packet reads */
	struct pf_iftab	 ifs;
	struct pf_anchors anchors;
	struct pf_tables tables;
	struct pf_tags	 tags;
	struct pf_sources sources;
	struct pf_overloads overloads;
	struct pf_frags	 frags;
	struct pf_mutex	 ctl;
	struct pf_trans	*trans;		/* [c] the open one, owned by its */
					/* client or by the request that */
					/* begins it; or NULL */
	uint32_t	 to_loopback;	/* [c] rules that redirect to 127.0.0.0/8, */
					/* loaded or about to be */
	uint32_t	 tickets;	/* [c] the last ticket given out */
	bool		 running;	/* [c] */
	int64_t		 since;		/* [c] time of last start or stop */
	void		*host;		/* [i] data of the host */
};

static inline void
pf_count(struct pf *pf, int ctr)
{
	pf_pcpu_add(&pf->ctr, ctr, 1);
}

#endif /* _NET_PF_INSTANCE_H_ */
