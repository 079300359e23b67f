/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl.h: what the files of the control floor share: the client and the handlers.
 *
 * A pf_client is an open descriptor.  It is used by one call at a time, and everything in
 * it is guarded by pf->ctl, which the dispatcher holds around a handler.
 */
#ifndef _NET_PF_IOCTL_H_
#define _NET_PF_IOCTL_H_

#include "pf_host.h"

struct pf;
struct pf_rules;
struct pf_trans;

struct pf_client {
	struct pf	*pf;		/* [i] */
	uint32_t	 pid, uid;	/* [i] who opened it */
	bool		 writable;	/* [c] the present call's descriptor */
	struct pf_trans	*trans;		/* [c] its transaction; NULL: none */
	uint64_t	*evals;		/* [c] evaluations by rule, of .. */
	uint32_t	 evals_ticket;	/* .. the ruleset that has this ticket and .. */
	const struct pf_rules *evals_of; /* .. this address, which may be gone */
};

/* All: arg is the command's object, checked for size only.  0 or errno; on error
 * nothing has changed. */
int	 pf_ioctl_xbegin(struct pf_client *, void *arg);
int	 pf_ioctl_xcommit(struct pf_client *, void *arg);
int	 pf_ioctl_xrollback(struct pf_client *, void *arg);
int	 pf_ioctl_addrule(struct pf_client *, void *arg);
int	 pf_ioctl_getrules(struct pf_client *, void *arg);
int	 pf_ioctl_getrule(struct pf_client *, void *arg);
int	 pf_ioctl_clrrulectrs(struct pf_client *, void *arg);
int	 pf_ioctl_getrulesets(struct pf_client *, void *arg);
int	 pf_ioctl_getruleset(struct pf_client *, void *arg);

int	 pf_ioctl_beginaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_addaddr(struct pf_client *, void *arg);
int	 pf_ioctl_getaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_getaddr(struct pf_client *, void *arg);
int	 pf_ioctl_natlook(struct pf_client *, void *arg);

int	 pf_ioctl_getstate(struct pf_client *, void *arg);
int	 pf_ioctl_getstates(struct pf_client *, void *arg);
int	 pf_ioctl_clrstates(struct pf_client *, void *arg);
int	 pf_ioctl_killstates(struct pf_client *, void *arg);

/* The ruleset in force that a path and a number name, both as a program has them, not NULL
 * unless it is an anchor's and empty; EINVAL, ENOENT: no such anchor. */
int	 pf_ioctl_rules(struct pf_client *, const char *path, uint32_t ruleset,
	    const struct pf_rules **);

/* Whether a user's string ends within its room. */
static inline bool
pf_string_ok(const char *s, size_t room)
{
	return (strnlen(s, room) < room);
}

#endif /* _NET_PF_IOCTL_H_ */
