/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tcpnorm.h: TCP connections whose segments are compared with each other (reassemble tcp)
 *
 * What it owns.  The pf_tcpnorm, what is remembered of a connection for it.
 * Life.  Made with the state and freed with it; only states of rules that ask for it have
 * one.
 * Locking.  Its own lock.
 * Place.  Third floor.
 */
#ifndef _NET_PF_TCPNORM_H_
#define _NET_PF_TCPNORM_H_

#include "pf_host.h"

struct pf_pdesc;
struct pf_state;
struct pf_tcpnorm;

/* For a state that the packet makes.  NULL: no memory.  pf_free() frees it. */
struct pf_tcpnorm *pf_tcpnorm_new(const struct pf_pdesc *);
/*
 * Whether a segment of the state may be what it says, by its timestamps (RFC 7323).  Nothing
 * changes.  PF_GO, or the reason why it must be dropped.
 */
int	 pf_tcpnorm_check(const struct pf_state *, const struct pf_pdesc *);
/*
 * Remember a segment that the state has accepted, and change it to what the other end is to
 * see.  PF_GO, or the reason why it must be dropped.
 */
int	 pf_tcpnorm_pass(struct pf_state *, struct pf_pdesc *);

#endif /* _NET_PF_TCPNORM_H_ */
