/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_reply.h: answers to blocked packets
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Third floor.
 */
#ifndef _NET_PF_REPLY_H_
#define _NET_PF_REPLY_H_

#include "pf_host.h"

struct pf_krule;
struct pf_pdesc;

/* As the rule says: RST, ICMP unreachable, nothing.  Never answers an ICMP error, a later
 * fragment, broadcast, multicast, or a RST with a RST. */
void	 pf_reply_blocked(const struct pf_pdesc *, const struct pf_krule *);

#endif /* _NET_PF_REPLY_H_ */
