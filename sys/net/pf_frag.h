/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_frag.h: what becomes of a fragment
 *
 * What it owns.  Nothing; pf_fragtab.h has the datagrams.
 * Locking.  pf_frags.lock.  Packet context.
 * Place.  Third floor.
 */
#ifndef _NET_PF_FRAG_H_
#define _NET_PF_FRAG_H_

#include "pf_host.h"

struct pf_pdesc;

enum pf_frag_mode {
	PF_FRAG_WHOLE,		/* keep it until all of its datagram is here */
	PF_FRAG_CROP,		/* let it go on without what has gone on before */
	PF_FRAG_DROP		/* if some of it has gone on before, drop it, and all */
				/* that is to come of its datagram */
};

/*
 * A packet that pf_packet_parse() has found to be a fragment (PF_PD_FRAGMENT).  IPv6 is
 * always PF_FRAG_WHOLE.  no_df: a fragment of IPv4 that says that it should not be one
 * is not dropped for this, and what goes on does not say so.
 *	PF_GO		The packet goes on; it may have become the whole datagram, or
 *			shorter, and pd describes what it is now.
 *	PF_HELD		It belongs to the table now: the caller does not use it again.
 *	PFRES_*		It is to be dropped.
 */
int	 pf_frag(struct pf_pdesc *pd, enum pf_frag_mode mode, bool no_df);

#endif /* _NET_PF_FRAG_H_ */
