/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_pool.h: pools: the addresses that a rule translates or routes to
 *
 * What it owns.  The pf_kpools, and the definition of the list of addresses
 * from which a pool is made.
 * Life.  A pool is made with its rule and freed with it.
 * Locking.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 */
#ifndef _NET_PF_POOL_H_
#define _NET_PF_POOL_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_dyn;
struct pf_kif;
struct pf_pool_list;
struct pf_table;

struct pf_kpool_addr {
	struct pf_pooladdr user;	/* [i] as loaded */
	struct pf_table	*table;		/* [i] referenced; or .. */
	struct pf_dyn	*dyn;		/* [i] .. this; both NULL: a prefix, or */
					/* no address but an interface */
	struct pf_kif	*kif;		/* [i] referenced: of a route; NULL: none */
	uint64_t	 size;		/* [i] addresses in the prefix, at */
					/* most 2^32 */
	uint64_t	 end;		/* [i] the first place behind it, if the */
					/* pool does not change */
	uint32_t	 weight;	/* [i] at least 1 */
};

/* Where round-robin is in a pool with tables. */
struct pf_pool_cursor {
	uint32_t	 part;		/* number of the prefix or table .. */
	uint32_t	 turns;		/* .. how often that address comes again */
	bool		 begun;		/* .. of which an address was chosen */
	struct pf_addr	 addr;		/* .. last, this one */
};

#define PF_POOL_COUNTS	4096		/* of least-states, at most */
struct pf_kpool {
	struct pf_pool	 p;		/* [i] as loaded */
	struct pf_siphash_key key;	/* [i] for source-hash */
	struct pf_atomic rr_next;	/* round-robin: the next place; of a */
					/* pool with tables instead: */
	struct pf_spinlock lock;	/* .. guards what follows: */
	struct pf_pool_cursor rr;
	bool		 has_tables;	/* [i] */
	bool		 changes;	/* [i] tables, or addresses of */
					/* interfaces */
	bool		 sticky;	/* [i] sticky-address */
	bool		 least;		/* [i] least-states */
	bool		 one_each;	/* [i] .. has a count for each place */
	uint32_t	 ncount;	/* [i] .. how many */
	struct pf_atomic *count;	/* [i] owned: .. of states */
	uint64_t	 size;		/* [i] places; 0 if it changes */
	uint32_t	 n;		/* [i] */
	struct pf_kpool_addr addr[];	/* [i] n of them */
};

/* Whether a pool of n addresses is sound; routes: it may name interfaces.  0 or
 * EINVAL. */
int	 pf_pool_check(const struct pf_pool *, const struct pf_pooladdr *,
	    uint32_t n, uint8_t af, bool routes);
/* Make pool `which' of a rule that has been checked; ENOMEM.  path: the anchor
 * of the rule.  Lock: ctl. */
int	 pf_pool_create(struct pf *, const struct pf_rule *,
	    unsigned int which, const char *path, const struct pf_pool_list *,
	    struct pf_kpool **);
/* Any context; NULL is fine. */
void	 pf_pool_free(struct pf *, struct pf_kpool *);
/* Add n, modulo 2^32, to the number of rules that refer to the tables of the
 * pool; NULL is fine.  Lock: ctl. */
void	 pf_pool_count_user(struct pf_kpool *, uint32_t n);
/* Whether it has addresses of 127.0.0.0/8, or the interface lo; tables are not looked at. */
bool	 pf_pool_has_loopback(const struct pf_kpool *, uint8_t af);
/* What a program is told of an address: as loaded, and the size of a table.
 * Lock: ctl. */
void	 pf_pool_export(const struct pf_kpool_addr *, struct pf_pooladdr *);
/* The first address of the pool, and the mask of its prefix; both as good as
 * constant in the RCU read side.  False: there is none.  Packet context. */
bool	 pf_pool_first(const struct pf_kpool *, uint8_t af,
	    const struct pf_addr **addr, const struct pf_addr **mask);

/* An address that was chosen from a pool. */
struct pf_choice {
	struct pf_addr	 addr;		/* all zero: an interface alone */
	uint32_t	 part;		/* of addr[] */
	struct pf_atomic *count;	/* that its states count; NULL: none */
};
/*
 * pf_pool_pick.c.  Choose an address of the pool for a connection from src.  False: its
 * tables are empty, or its interfaces have no address.  Packet context.
 */
bool	 pf_pool_pick(struct pf *, struct pf_kpool *, uint8_t af,
	    const struct pf_addr *src, struct pf_choice *);
/* Whether what was chosen from the pool is still in it.  Packet context. */
bool	 pf_pool_has(const struct pf_kpool *, uint8_t af,
	    const struct pf_choice *);

/* Addresses that a program has loaded for a pool of the rule that it will load
 * next. */
struct pf_pool_list {
	struct pf_pooladdr *addr;		/* [c] */
	uint32_t	 n, room;		/* [c] */
};

#endif /* _NET_PF_POOL_H_ */
