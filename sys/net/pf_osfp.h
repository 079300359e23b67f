/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_osfp.h: fingerprints of operating systems
 *
 * What it owns.  The lists of fingerprints.
 * Life.  A transaction makes a list, which never changes.  The configuration points to it, and
 * the transaction that replaces the list frees it.
 * Locking.  Making and freeing need pf->ctl.  Packets read the list in an RCU read side.
 * pf_instance.h explains the marks of members.
 * Place.  Second floor.
 *
 * An entry of the list is a line of pf.os(5): it describes the SYN of a system, and names the
 * system by a number of three parts (pfvar.h).  A packet is of the system of the first entry
 * that describes it, and of those of all entries that describe the very same packets.
 */
#ifndef _NET_PF_OSFP_H_
#define _NET_PF_OSFP_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_pdesc;

/* Places of an entry in chains: numbers of entries, or PF_OSFP_NONE. */
struct pf_osfp_link {
	uint32_t	 chain;		/* [i] the next of the bucket, which is */
					/* further down the list */
	uint32_t	 same;		/* [i] another that describes the same */
};

struct pf_osfp {
	uint32_t	 n;		/* [i] entries, at least one */
	uint32_t	 mask;		/* [i] buckets - 1, a power of two */
	struct pf_osfp_ioctl *entry;	/* [i] owned; in their order */
	struct pf_osfp_link *link;	/* [i] owned; of each entry */
	uint32_t	*bucket;	/* [i] owned; the first entry of each */
};

/* In place of the number of an entry. */
#define PF_OSFP_NONE	UINT32_MAX	/* no entry describes the packet */
#define PF_OSFP_UNASKED	(UINT32_MAX - 1) /* nobody has looked yet */

/* Whether an entry that a program brings is sound. */
bool	 pf_osfp_entry_ok(const struct pf_osfp_ioctl *);
/* Make a list of copies of n sound entries, 1 to PF_OSFP_ENTRIES_MAX.  NULL: no memory. */
struct pf_osfp *pf_osfp_create(struct pf *, const struct pf_osfp_ioctl *,
	    uint32_t n);
void	 pf_osfp_free(struct pf_osfp *);	/* NULL is fine */

/*
 * The entry that describes the packet, which is TCP and no fragment but the first; or
 * PF_OSFP_NONE, as for a packet that does not begin a connection.  list NULL: an empty one.
 * Packet context.
 */
uint32_t pf_osfp_find(const struct pf_osfp *list, const struct pf_pdesc *);
/* Whether what pf_osfp_find() has found is the system that a rule names. */
bool	 pf_osfp_is(const struct pf_osfp *list, uint32_t found, uint32_t os);

#endif /* _NET_PF_OSFP_H_ */
