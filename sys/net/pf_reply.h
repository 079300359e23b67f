/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_reply.h: answers to packets
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
struct pf_segment;
struct pf_tcp_info;
struct pf_way;

/* Answer a blocked packet as the rule says: with a RST, with ICMP unreachable,
 * or not at all.  pf_reply.c says which packets are never answered. */
void	 pf_reply_blocked(const struct pf_pdesc *, const struct pf_krule *);
/* Answer a packet in the name of its destination, where nobody waits for it: TCP with a RST,
 * all else with ICMP port unreachable. */
void	 pf_reply_closed(const struct pf_pdesc *);
/* Answer a TCP segment in its receiver's name with a challenge ACK (RFC 5961,
 * 3.2 and 4.2) that has seq, ack and win of `as', as the sender knows them.
 * Without memory there is no answer. */
void	 pf_reply_challenge(const struct pf_pdesc *,
	    const struct pf_tcp_info *as);
/* Answer a TCP segment, in its receiver's name, with this one, the way that it is given (NULL:
 * by the routes); shown: pf_pkt_send().  A segment with SYN is no answer to what must have none,
 * the others are for who is known.  Without memory there is none either. */
void	 pf_reply_segment(const struct pf_pdesc *, const struct pf_segment *,
	    const struct pf_way *, bool shown);

#endif /* _NET_PF_REPLY_H_ */
