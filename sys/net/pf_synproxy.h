/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_synproxy.h: TCP connections whose client has to show itself before the
 * server hears of it (synproxy state)
 *
 * What it owns.  Nothing: what there is lies in the peers of a state.
 * Locking.  Packet context; pf_synproxy() takes the lock of the state.
 * Place.  Third floor.
 */
#ifndef _NET_PF_SYNPROXY_H_
#define _NET_PF_SYNPROXY_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_state.h"

struct pf;
struct pf_pdesc;

#define PF_STATE_PROXY		0x20	/* of state->log: it is a proxied one */
#define PF_WSCALE_NONE		0x40	/* of a peer's wscale, with the flag: scale 0, and */
					/* the end does not know of scales */
#define PF_SYNPROXY_WSCALE	7	/* what clients take for the server's scale */

/* Make the new state a proxied one, if its first packet is a SYN: PF_STATE_PROXY.  It has been
 * filled in. */
void	 pf_synproxy_init(struct pf_state *, const struct pf_pdesc *);
/*
 * What becomes of a segment of a proxied state, in place of pf_tcp_track() and pf_modulate().
 * PF_GO: it goes on, perhaps as another segment; else the reason to drop it.  It has been
 * answered if need be.
 */
int	 pf_synproxy(struct pf *, struct pf_state *, struct pf_pdesc *,
	    bool forward);

/*
 * The window that an end offers, as it says it, in the units of the other end; forward: it is
 * the end that the state begins with.
 */
static inline uint16_t
pf_synproxy_window(const struct pf_state *s, bool forward, uint16_t win)
{
	uint8_t		scale = forward ? s->src.wscale : s->dst.wscale;
	uint32_t	bytes = (uint32_t)win << (scale & PF_WSCALE_MASK);

	if (likely((s->log & PF_STATE_PROXY) == 0) || (scale & PF_WSCALE_FLAG) == 0)
		return (win);
	if (!forward)
		bytes >>= PF_SYNPROXY_WSCALE;
	else if ((s->dst.wscale & PF_WSCALE_NONE) == 0)
		return (win);
	return (bytes < UINT16_MAX ? bytes : UINT16_MAX);
}

#endif /* _NET_PF_SYNPROXY_H_ */
