/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_fragtab.h: what is known of datagrams that come in fragments
 *
 * What it owns.  The datagrams (struct pf_gram) that are not complete, the pieces of
 * each, and the packets in which the pieces came.
 * Life.  A datagram is made by its first fragment to come.  It ends when it is
 * complete, when `set timeout frag' has gone by since then, or when it is the oldest and
 * the table is full; and with the instance.
 * Locking.  pf_frags.lock guards all; no other lock is taken with it held, and memory of
 * packets is freed after it has been released.  Packet context, and the purge.
 * Place.  Second floor; pf_frag.c says what becomes of a fragment.
 *
 * Bounds.  Each piece counts as one against `set limit frags', and so does a datagram that
 * is remembered without any.  When the table is full the oldest datagram of which
 * fragments are kept gives way, and the fragments that are lost are counted as `memory'.
 * So those who send fragments of datagrams that never become complete, at however low a
 * rate, cannot keep others from being put together: a true datagram has all of its
 * fragments within moments, and would have to be overtaken by as many others as
 * the limit allows.  (A fragment that fills several gaps may exceed it by the others.)  The
 * same holds for a datagram that is dropped: those who send overlaps must not fill the table,
 * and what still comes of a forgotten one is never complete.  What says which bytes have gone
 * on (crop, drop-ovl) never gives way: if nothing else is left, the new fragment is refused.
 * A datagram has PF_GRAM_PIECES pieces at most, so that each fragment costs a bounded search.
 */
#ifndef _NET_PF_FRAGTAB_H_
#define _NET_PF_FRAGTAB_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;

/* 64 kilobytes in fragments of 276 bytes; with larger MTUs there are fewer. */
#define PF_GRAM_PIECES	256

/* A range of a datagram's payload. */
struct pf_piece {
	struct pf_part	 part;		/* its bytes and the next piece's; pkt NULL: */
					/* they have gone on */
	uint32_t	 from, to;	/* in bytes, the last not included */
	bool		 owns;		/* part.pkt is freed with it */
};

struct pf_gram_key {			/* no byte is left unset: it is compared whole */
	struct pf_addr	 src, dst;
	uint32_t	 id;		/* as in the packet */
	uint8_t		 af;
	uint8_t		 proto;		/* IPv4; of IPv6, fragments may differ in it */
	uint8_t		 dir;		/* what is shortened coming in comes again going */
					/* out */
	uint8_t		 kept;		/* packets are kept, not only shortened */
};
static_assert(sizeof(struct pf_gram_key) == 40, "no padding");

struct pf_gram {
	struct pf_rb_node node;
	struct pf_gram	*older, *newer;	/* of the same list of ages */
	struct pf_gram_key key;
	struct pf_piece	*first, *last;	/* in order, none over another */
	uint32_t	 n;		/* pieces */
	uint32_t	 have;		/* bytes in them */
	uint32_t	 total;		/* bytes of the payload; 0: not known yet */
	uint32_t	 born;		/* uptime */
	uint32_t	 most;		/* the largest packet of it */
	uint32_t	 hdr, link;	/* of the first fragment: see pf_frag_info */
	uint8_t		 next;
	uint8_t		 ecn;		/* a bit for each value of PF_ECN that was seen */
	bool		 dead;		/* all of it is dropped */
};

struct pf_gram_age {
	struct pf_gram	*oldest, *newest;
};

struct pf_frags {
	struct pf_spinlock lock;
	struct pf_rb_root root;
	struct pf_gram_age age[2];	/* [1]: of those that are put together, and may give way */
	struct pf_atomic n;		/* pieces, and datagrams without any */
};

void	 pf_frags_init(struct pf *);
void	 pf_frags_fini(struct pf *);
/* Forget what is too old.  Control. */
void	 pf_frags_purge(struct pf *, uint32_t timeout);

/* With the lock held. */
struct pf_gram *pf_gram_find(struct pf *, const struct pf_gram_key *);
struct pf_gram *pf_gram_new(struct pf *, const struct pf_gram_key *); /* or NULL */
/* Add a copy of that piece behind `prev' (NULL: in front).  false: no memory. */
bool	 pf_gram_add(struct pf *, struct pf_gram *, struct pf_piece *prev,
	    const struct pf_piece *);
/* The datagram is dead from now on.  Returns its pieces, for pf_pieces_free(). */
struct pf_piece *pf_gram_kill(struct pf *, struct pf_gram *);
/* Take a datagram out of the table; pf_gram_free() is still to be called. */
void	 pf_gram_remove(struct pf *, struct pf_gram *);
/* Make room for one more piece.  false: there is none.  *gone: chained by `newer', to be
 * freed. */
bool	 pf_frags_room(struct pf *, uint32_t limit, struct pf_gram **gone);

/* Without the lock. */
void	 pf_pieces_free(struct pf_piece *);
void	 pf_grams_free(struct pf_gram *);	/* a chain by `newer' */

#endif /* _NET_PF_FRAGTAB_H_ */
