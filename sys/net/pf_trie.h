/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trie.h: the store of a table's addresses
 *
 * What it owns.  The pf_trie_nodes and the pf_trie_counts of tries.  A trie has
 * prefixes of one address family, and finds the longest one that an address is
 * in.
 * Life.  A trie is a pointer to its top node; NULL is the empty trie.  A node
 * that readers may have found never changes, except for the marks of its
 * entries.  To change a trie is an edit, which copies every node that it would
 * write to, once, and so makes another trie that has all other nodes in common
 * with the first.  The owner publishes the new top by one store, waits for a
 * grace period, and has the nodes freed that only the old trie had.  So a
 * reader sees all changes of an edit or none, and an edit that fails for want of
 * memory has changed nothing.
 * Locking.  Look-ups run in an RCU read side, or with the owner's lock.  Edits
 * of one trie need the owner's lock.
 * Place.  Second floor, below the tables (pf_table.h).
 */
#ifndef _NET_PF_TRIE_H_
#define _NET_PF_TRIE_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_trie_node;

#define PF_TRIE_LEVELS	16		/* bytes of the longest address */

/* An address as words in host order, the first word first; IPv4 has one. */
struct pf_trie_key {
	uint32_t	w[4];
};

/* Packets and bytes of one entry. */
#define PF_TRIE_PACKETS(dir, op)	((dir) * PFR_OP_ADDR_MAX + (op))
#define PF_TRIE_BYTES(dir, op)						\
	(PF_TRIE_PACKETS(PFR_DIR_MAX, 0) + PF_TRIE_PACKETS(dir, op))
#define PF_TRIE_COUNTERS	(2 * PFR_DIR_MAX * PFR_OP_ADDR_MAX)
struct pf_trie_count {
	struct pf_trie_count *next;	/* [c] those that an edit drops */
	bool		 fresh;		/* [c] made by the present edit */
	struct pf_atomic64 v[PF_TRIE_COUNTERS];
};

/*
 * The mark of an entry: PF_TRIE_NOT for an address with `!', and the second of
 * pf_uptime() since when the entry counts, shifted by one.
 */
#define PF_TRIE_NOT		1U
#define PF_TRIE_MARK(neg, since) ((uint32_t)(since) << 1 | ((neg) ? 1U : 0U))
#define PF_TRIE_SINCE(mark)	((mark) >> 1)

/* An entry: number i of a node.  node NULL: none. */
struct pf_trie_entry {
	const struct pf_trie_node *node;
	uint32_t	 i;
};

uint32_t *pf_trie_mark(struct pf_trie_entry);
struct pf_trie_count *pf_trie_count(struct pf_trie_entry);	/* or NULL */

unsigned int pf_trie_bits(struct pf_trie_entry);	/* of its prefix */

/* An address as a key, and back; the order of keys: <0, 0, >0. */
int	 pf_trie_key_cmp(const struct pf_trie_key *,
	    const struct pf_trie_key *);
void	 pf_trie_key(struct pf_trie_key *, const struct pf_addr *, uint8_t af);
void	 pf_trie_addr(struct pf_addr *, const struct pf_trie_key *, uint8_t af);

/* The longest prefix that has the address; the prefix itself, behind whose
 * length `bits' its key is zero. */
struct pf_trie_entry pf_trie_match(const struct pf_trie_node *top,
	    const struct pf_trie_key *);
/* Whether the address is in a trie of which that entry, or none, is the longest
 * prefix: an entry without `!'.  pf_trie_has() is the same of pf_trie_match(),
 * and faster. */
bool	 pf_trie_says(struct pf_trie_entry);
bool	 pf_trie_has(const struct pf_trie_node *top,
	    const struct pf_trie_key *);
struct pf_trie_entry pf_trie_find(const struct pf_trie_node *top,
	    const struct pf_trie_key *, unsigned int bits);

/*
 * A walk over the entries in order of their addresses, shorter prefixes first.
 * pf_trie_next() is false at the end; else entry, key and bits are those of
 * the next entry.  The nodes must stay: the walker is in an RCU read side, or
 * has the owner's lock.
 */
struct pf_trie_walk {
	struct pf_trie_entry entry;
	struct pf_trie_key key;
	unsigned int	 bits;
	/* private */
	struct pf_trie_key from;
	bool		 seek;		/* not beyond `from' yet */
	uint32_t	 n;
	struct {
		const struct pf_trie_node *node;
		uint32_t pos;
	} stack[PF_TRIE_LEVELS];
};
/* From the first entry, or from the first one whose address is not below
 * `from'. */
void	 pf_trie_walk(struct pf_trie_walk *, const struct pf_trie_node *top,
	    const struct pf_trie_key *from);
bool	 pf_trie_next(struct pf_trie_walk *);
/* How many entries the trie has, and number i of them, in no order that a user
 * should know: w->entry, key and bits. */
uint32_t pf_trie_size(const struct pf_trie_node *top);
void	 pf_trie_at(struct pf_trie_walk *w, const struct pf_trie_node *top,
	    uint32_t i);

/*
 * Edits (pf_trie_edit.c)
 *
 * pf_trie_edit_begin(), then changes, then either pf_trie_edit_cancel(), or
 * pf_trie_edit_settle(), publishing of edit->top, a grace period, and
 * pf_trie_edit_free().  When a change has returned ENOMEM only cancelling is
 * left.  Control context.  The owner's lock is needed, except to cancel, to
 * free, and where the trie is one that no reader and nobody else can find.
 */
struct pf_trie_edit {
	struct pf	*pf;
	struct pf_trie_node *top;	/* the trie with the changes so far */
	struct pf_trie_node *old;	/* nodes in force that are copied */
	struct pf_trie_count *dropped;	/* counters of entries that are gone */
	uint8_t		 words;
	bool		 counted;	/* entries have counters: all or none */
};

/* counted: of an empty trie; another one is as it is. */
void	 pf_trie_edit_begin(struct pf *, struct pf_trie_edit *,
	    struct pf_trie_node *top, uint8_t af, bool counted);
/* Add an entry which the trie does not have.  ENOMEM. */
int	 pf_trie_add(struct pf_trie_edit *, const struct pf_trie_key *,
	    unsigned int bits, uint32_t mark);
/* Remove an entry which the trie has.  ENOMEM. */
int	 pf_trie_remove(struct pf_trie_edit *, const struct pf_trie_key *,
	    unsigned int bits);
void	 pf_trie_edit_cancel(struct pf_trie_edit *);
void	 pf_trie_edit_settle(struct pf_trie_edit *);
void	 pf_trie_edit_free(struct pf_trie_edit *);
/*
 * Another trie is about to replace `old': its entries that `old' has too take
 * over the time since when they count, and the counters if both tries have
 * some.  Packets may be counting in `old' meanwhile.  Lock: that of the owner of
 * `old'.
 */
void	 pf_trie_inherit(struct pf_trie_node *top, struct pf_trie_node *old);
/* Free a trie that no reader can find, with its counters; NULL is fine. */
void	 pf_trie_free(struct pf_trie_node *top);

#endif /* _NET_PF_TRIE_H_ */
