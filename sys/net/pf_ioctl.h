/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl.h: clients, and the handlers of requests
 *
 * What it owns.  The pf_clients.  A client is an open descriptor of /dev/pf.
 * Life.  A client lives from pf_client_open() to pf_client_close().
 * Locking.  pf->ctl, which pf_ioctl() holds while it calls a handler, or which
 * the handler takes.  While it is not held, another thread of the program may
 * make another request by the same client.
 * pf_instance.h explains the marks of members.
 * Place.  Fifth floor: only the files of the control floor use it.
 */
#ifndef _NET_PF_IOCTL_H_
#define _NET_PF_IOCTL_H_

#include "pf_host.h"

struct pf;
struct pf_rule_addr;
struct pf_rules;
struct pf_trans;
struct pfioc_table;

struct pf_client {
	struct pf	*pf;		/* [i] */
	uint32_t	 pid, uid;	/* [i] process and user that opened */
					/* it */
	bool		 writable;	/* [c] the present request may write */
	struct pf_trans	*trans;		/* [c] owned; NULL: none */
	uint64_t	*evals;		/* [c] owned: evaluations of each */
					/* rule of evals_of */
	uint32_t	 evals_ticket;	/* [c] ticket of evals_of */
	const struct pf_rules *evals_of; /* [c] may have been freed: only */
					 /* compared */
};

/* The handlers.  arg is the argument of the request, of the right size but
 * otherwise not checked.  0 or errno; on error nothing has changed.  Lock: ctl,
 * but see `copies' in pf_ioctl.c. */
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

int	 pf_ioctl_getsrcnodes(struct pf_client *, void *arg);
int	 pf_ioctl_clrsrcnodes(struct pf_client *, void *arg);
int	 pf_ioctl_killsrcnodes(struct pf_client *, void *arg);

int	 pf_ioctl_osfpflush(struct pf_client *, void *arg);
int	 pf_ioctl_osfpadd(struct pf_client *, void *arg);
int	 pf_ioctl_osfpget(struct pf_client *, void *arg);

int	 pf_ioctl_raddaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_rdeladdrs(struct pf_client *, void *arg);
int	 pf_ioctl_rsetaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_rclraddrs(struct pf_client *, void *arg);
int	 pf_ioctl_rgetaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_rgetastats(struct pf_client *, void *arg);
int	 pf_ioctl_rclrastats(struct pf_client *, void *arg);
int	 pf_ioctl_rtstaddrs(struct pf_client *, void *arg);
int	 pf_ioctl_rinadefine(struct pf_client *, void *arg);
int	 pf_ioctl_raddtables(struct pf_client *, void *arg);
int	 pf_ioctl_rdeltables(struct pf_client *, void *arg);
int	 pf_ioctl_rclrtables(struct pf_client *, void *arg);
int	 pf_ioctl_rgettables(struct pf_client *, void *arg);
int	 pf_ioctl_rgettstats(struct pf_client *, void *arg);
int	 pf_ioctl_rclrtstats(struct pf_client *, void *arg);
int	 pf_ioctl_rsettflags(struct pf_client *, void *arg);

/* Whether an address by which states or sources are killed is sound; else EINVAL. */
int	 pf_ioctl_kill_host(const struct pf_rule_addr *, uint8_t af);

/*
 * Find the ruleset in force of a path and of a kind, PF_RULESET_*, which come
 * from a program and are checked.  *rs NULL: the anchor has no rules of that
 * kind.  EINVAL; ENOENT: there is no such anchor.
 */
int	 pf_ioctl_rules(struct pf_client *, const char *path, uint32_t ruleset,
	    const struct pf_rules **);

/* Whether a request about tables has only these flags, besides
 * PFR_FLAG_ATOMIC, a sound anchor, and elements of that size (0: none). */
int	 pf_ioctl_table_args(const struct pfioc_table *, uint32_t flags,
	    size_t esize);
/* Memory for `room' elements of that size, with the io->size (not more than room)
 * of the program copied in; at *out, which is a pointer, the caller's.
 * ENOMEM, EFAULT. */
int	 pf_ioctl_array_in(struct pf *, const struct pfioc_table *io,
	    uint32_t room, size_t each, void *out);

/* Whether a string from a program ends within its room. */
static inline bool
pf_string_ok(const char *s, size_t room)
{
	return (strnlen(s, room) < room);
}

#endif /* _NET_PF_IOCTL_H_ */
