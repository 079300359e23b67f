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

/* Answer a blocked packet as the rule says: with a RST, with ICMP unreachable,
 * or not at all.  pf_reply.c says which packets are never answered. */
void	 pf_reply_blocked(const struct pf_pdesc *, const struct pf_krule *);

#endif /* _NET_PF_REPLY_H_ */
