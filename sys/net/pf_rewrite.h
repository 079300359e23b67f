/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rewrite.h: change addresses and ports of a packet
 *
 * What it owns.  Nothing.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * `to' is the new key of the packet: pf_state_key_of() would make this key from
 * the packet as it is afterwards.  The packet's description is changed too.
 * Functions that return int return PF_GO, or PFRES_MEMORY; then nothing has
 * changed.
 */
#ifndef _NET_PF_REWRITE_H_
#define _NET_PF_REWRITE_H_

#include "pf_host.h"

struct pf_pdesc;
struct pf_state_key;

int	 pf_rewrite(struct pf_pdesc *, const struct pf_state_key *to);
/* Change only the description, not the packet. */
void	 pf_rewrite_pdesc(struct pf_pdesc *, const struct pf_state_key *to);
/*
 * Change an ICMP error and the packet that it quotes, whose IP header is at
 * offset `at'.  to: the new key of the quoted packet, in the quoted packet's
 * own direction.
 */
int	 pf_rewrite_error(struct pf_pdesc *, const struct pf_pdesc *quoted,
	    uint32_t at, const struct pf_state_key *to);

#endif /* _NET_PF_REWRITE_H_ */
