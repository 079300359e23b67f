/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_scrub.h: packets made unambiguous before they meet states and rules
 *
 * What it owns.  Nothing.
 * Locking.  The RCU read side of a packet.
 * Place.  Third floor.
 *
 * The first rule of the scrub ruleset that matches a packet says what is done with it: whether
 * fragments are put together, and what is set in headers.  A packet that no such rule matches,
 * or one with `no scrub', stays as it is.  Without any scrub rule the option `set reassemble'
 * says what is done with fragments.
 */
#ifndef _NET_PF_SCRUB_H_
#define _NET_PF_SCRUB_H_

#include "pf_host.h"
#include "pf_conf.h"
#include "pf_packet.h"

struct pf_krule;

/* What has been done with a packet. */
struct pf_scrubbed {
	struct pf_krule	*rule;		/* that says so; NULL: none */
	struct pf_krule	*anchor;	/* of the main ruleset, that led to it, or NULL */
	uint16_t	 flags;		/* PFSTATE_SCRUB_TCP, for the state to be made */
};

static inline void
pf_scrub_init(struct pf_scrubbed *sc)
{
	sc->rule = sc->anchor = NULL;
	sc->flags = 0;
}

/* Whether there is anything to do with the packet: for most there is not. */
static inline bool
pf_scrubs(const struct pf_conf *conf, const struct pf_pdesc *pd)
{
	return (unlikely((pd->flags & PF_PD_FRAGMENT) != 0 ||
	    (conf->scrubs & 1U << pd->dir) != 0));
}

/*
 * Do it.  The packet's description is that of what it is then.  PF_GO; PF_HELD: the packet is
 * a fragment that is kept (pf_frag.h); or the reason why it must be dropped.
 */
int	 pf_scrub(struct pf_pdesc *, const struct pf_conf *,
	    struct pf_scrubbed *);

#endif /* _NET_PF_SCRUB_H_ */
