/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_table.h: tables: named lists of addresses that rules ask
 *
 * What it owns.  The pf_tables, by anchor and name.
 * Life.  pf_table_get() makes a table, which is empty and not active, as the
 * table of a rule is that nobody has defined.  A program defines it: then it is
 * active, until the program deletes it, or until no rule refers to it any
 * longer and it is not `persist'.  The table of overload is active as long as
 * a rule names it so.  A table is freed when it is neither active
 * nor referenced.
 * Locking.  Look-ups and counting: packet context, no lock.  Everything else
 * needs pf->ctl.  pf_instance.h explains the marks of members.
 * Place.  Second floor, above the tries (pf_trie.h) that have the addresses.
 *
 * A table of an anchor hides that of the main ruleset which has the same name,
 * while it is active: a rule of the anchor asks the table of the anchor, which
 * leads to the other one if it is not active itself.
 */
#ifndef _NET_PF_TABLE_H_
#define _NET_PF_TABLE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_trie.h"

struct pf;

/* Indices of table->ctr; out: 0 or 1, op: PFR_OP_* */
#define PF_TC_PACKETS(out, op)	((out) * PFR_OP_TABLE_MAX + (op))
#define PF_TC_BYTES(out, op)						\
	(PF_TC_PACKETS(PFR_DIR_MAX, 0) + PF_TC_PACKETS(out, op))
#define PF_TC_MATCH		PF_TC_BYTES(PFR_DIR_MAX, 0)
#define PF_TC_NOMATCH		(PF_TC_MATCH + 1)
#define PF_TC_MAX		(PF_TC_NOMATCH + 1)

struct pf_table {
	struct pf_table	*live;		/* [a] the table to ask: this one, or */
					/* that of the main ruleset */
	struct pf_trie_node *top[2];	/* [rcu c] owned: IPv4, IPv6 */
	struct pf_atomic waiting;	/* addresses that packets add: pf_overload.h */
	struct pf_pcpu	 ctr;		/* [p] PF_TC_* */
	uint32_t	 flags;		/* [a] PFR_TFLAG_* */
	uint32_t	 changed;	/* [a] pf_uptime() when its addresses */
					/* were last changed */
	struct pf_atomic refs;		/* of rules, tables of anchors, and */
					/* who changes it */
	uint32_t	 rules;		/* [c] rules among the refs */
	uint32_t	 overloads;	/* [c] rules that add addresses to it */
	struct pf	*pf;		/* [i] */
	uint32_t	 below;		/* [c] tables of anchors that lead */
					/* here and have rules */
	struct pf_table	*main;		/* [i] referenced: the table of that */
					/* name in the main ruleset; NULL: */
					/* this is one */
	struct pf_rb_node node;		/* [c] by anchor, then name */
	struct pf_trie_node *old[2];	/* [c] scratch of pf_tables_settle() */
	int64_t		 tzero;		/* [c] when its counters were zeroed */
	char		 name[PF_TABLE_NAME_SIZE];	/* [i] */
	char		 anchor[];	/* [i] path; "": the main ruleset */
};

struct pf_tables {
	struct pf_rb_root root;		/* [c] */
	uint32_t	 n;		/* [c] tables */
	uint32_t	 entries;	/* [c] addresses in all tables */
};

/*
 * For packets
 */
/* Whether the address is in the table.  Counts the look-up. */
bool	 pf_table_match(struct pf_table *, uint8_t af, const struct pf_addr *);
/*
 * Count n packets of len bytes that a rule has passed or blocked (op, PFR_OP_*).
 * The rule refers to the table, with `!' if neg, and has matched that address
 * at the second `since'.  The table counts packets whose address it would not
 * match any longer separately, and the address counts if the table says so.
 */
void	 pf_table_count(struct pf_table *, uint8_t af, const struct pf_addr *,
	    bool neg, uint32_t since, bool out, unsigned int op, uint64_t n,
	    uint64_t len);

/*
 * Addresses for pools (pf_table_pool.c).  False: the table has none of that
 * family.
 */
/* The address of the table that comes after *addr as a number; after the last
 * one comes the first. */
bool	 pf_table_after(struct pf_table *, uint8_t af, struct pf_addr *addr);
/* Whether the address is in the table; not counted as a look-up. */
bool	 pf_table_has(const struct pf_table *, uint8_t af,
	    const struct pf_addr *);
/* How many entries of that family it has. */
uint32_t pf_table_entries(const struct pf_table *, uint8_t af);
/* Choose an entry by `place', any number, and by `more' an address in it. */
bool	 pf_table_at(struct pf_table *, uint8_t af, uint64_t place,
	    const uint64_t more[2], struct pf_addr *addr);

/*
 * Tables
 */
/* The table of that anchor and name, made if it does not exist, with a reference
 * for the caller.  NULL: no memory. */
struct pf_table *pf_table_get(struct pf *, const char *anchor,
	    const char *name);
/* Drop a reference; NULL is fine.  Any context: pf_tables_settle() frees the
 * table later. */
void	 pf_table_put(struct pf_table *);
/* The table of that anchor and name, without a reference; NULL: none. */
struct pf_table *pf_table_find(struct pf *, const char *anchor,
	    const char *name);
/* All tables, by anchor and name. */
struct pf_table *pf_table_first(struct pf *);
struct pf_table *pf_table_next(struct pf_table *);
/* How many addresses it has. */
uint32_t pf_table_size(const struct pf_table *);
/* What a rule that refers to the table is told of it: how many addresses there
 * are to match, or -1: no such table is active. */
int32_t	 pf_table_told(const struct pf_table *);
/* Set the flags of PFR_TFLAG_USRMASK and PFR_TFLAG_ACTIVE. */
void	 pf_table_set_flags(struct pf_table *, uint32_t flags);
/* Zero the counters of the table, and of all its addresses if addrs. */
void	 pf_table_zero(struct pf *, struct pf_table *, bool addrs);
/* Zero the counters of all addresses, and of one. */
void	 pf_table_zero_entries(struct pf *, struct pf_table *);
void	 pf_table_zero_entry(struct pf *, struct pf_trie_entry);
/*
 * After rules, tables or flags have come or gone: work out which tables are
 * referenced and active, empty those that are no longer active, and free those
 * that nobody needs.  May wait for a grace period.
 */
void	 pf_tables_settle(struct pf *);
void	 pf_tables_init(struct pf *);
/* Free all tables: no rule is left. */
void	 pf_tables_fini(struct pf *);

/*
 * Changes of a table's addresses (pf_table_edit.c)
 *
 * An edit begins as a copy of the table's addresses, or with none.  Its changes
 * are seen by nobody until pf_table_edit_apply(), which cannot fail; after a
 * grace period pf_table_edit_free() frees what the edit has replaced.
 */
struct pf_table_edit {
	struct pf_trie_edit trie[2];	/* IPv4, IPv6 */
	bool		 anew;		/* it began with no address */
	struct pf_trie_node *whole[2];	/* after it was applied: the tries */
					/* that it has replaced */
};

/* t NULL: begin with no address, and with counters if counted; no lock. */
void	 pf_table_edit_begin(struct pf *, struct pf_table_edit *,
	    struct pf_table *, bool counted);
/* Whether an address, or a name, from a program is sound. */
bool	 pf_table_addr_ok(const struct pfr_addr *);
bool	 pf_table_name_ok(const char name[PF_TABLE_NAME_SIZE]);
/* The entry of just this prefix, in the edit and in the table. */
struct pf_trie_entry pf_table_edit_find(const struct pf_table_edit *,
	    const struct pfr_addr *);
struct pf_trie_entry pf_table_entry(const struct pf_table *,
	    const struct pfr_addr *);
/* Add an address that the edit does not have, remove one that it has: 0 or
 * ENOMEM, and then only cancelling is left. */
int	 pf_table_edit_add(struct pf_table_edit *, const struct pfr_addr *);
int	 pf_table_edit_remove(struct pf_table_edit *, const struct pfr_addr *);
/* Add all addresses of the table, with the second since when they count.
 * ENOMEM. */
int	 pf_table_edit_copy(struct pf_table_edit *, const struct pf_table *);
uint32_t pf_table_edit_size(const struct pf_table_edit *);
void	 pf_table_edit_cancel(struct pf_table_edit *);
void	 pf_table_edit_apply(struct pf *, struct pf_table *,
	    struct pf_table_edit *);
void	 pf_table_edit_free(struct pf_table_edit *);

/* A walk over all addresses of a table, IPv4 first. */
struct pf_table_walk {
	struct pf_trie_walk trie;
	const struct pf_table *t;
	uint8_t		 af;
};
void	 pf_table_walk(struct pf_table_walk *, const struct pf_table *);
/* Go to the next address; false: there is none. */
bool	 pf_table_walk_next(struct pf_table_walk *);
/* The present address, with pfra_fback PFR_FB_NONE. */
void	 pf_table_walk_addr(const struct pf_table_walk *, struct pfr_addr *);

#endif /* _NET_PF_TABLE_H_ */
