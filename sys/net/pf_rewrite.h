/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rewrite.h: a packet is given other addresses and ports
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * to: the key that it is to have, as pf_state_key_of() would make it of the packet
 * then.  pd follows.  PF_GO, or PFRES_MEMORY and nothing has changed.
 */
#ifndef _NET_PF_REWRITE_H_
#define _NET_PF_REWRITE_H_

#include "pf_host.h"

struct pf_pdesc;
struct pf_state_key;

int	 pf_rewrite(struct pf_pdesc *, const struct pf_state_key *to);
/* Only what pd says of the packet. */
void	 pf_rewrite_pdesc(struct pf_pdesc *, const struct pf_state_key *to);
/* An ICMP error and the packet that it quotes, whose IP header is at `at'.  to: the key
 * of the quoted packet, by its own direction. */
int	 pf_rewrite_error(struct pf_pdesc *, const struct pf_pdesc *quoted, uint32_t at,
	    const struct pf_state_key *to);

#endif /* _NET_PF_REWRITE_H_ */
