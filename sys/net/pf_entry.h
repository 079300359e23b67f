/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_entry.h: a rule as the match loop reads it
 *
 * What it owns.  The definition of struct pf_match_ent.  A compiled ruleset
 * (pf_ruleset.h) has an array of match entries, one for each rule.
 * Life.  pf_krule_entry() fills in an entry, which never changes afterwards.
 * Locking.  None: the match loop reads entries in the RCU read side of a
 * packet.
 * Place.  Second floor, between the rules that make the entries and the match
 * loop that reads them.
 */
#ifndef _NET_PF_ENTRY_H_
#define _NET_PF_ENTRY_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_fields.h"

struct pf_kif;
struct pf_krule;
struct pf_table;

/* Numbers of the criteria of use ASK: members of struct pf_rule, and bits of
 * rule_flag. */
#define PF_RULE_ROW(m, word, kind, max, skip, use, class)		\
	PF_RULE_ONLY_ASK(use, PF_ASK_ ## m,)
#define PF_RULE_BIT(bit, name, word, use)				\
	PF_RULE_ONLY_ASK(use, PF_ASK_ ## name,)
enum {
	PF_RULE_FIELDS(PF_RULE_ROW)
	PF_RULE_BITS(PF_RULE_BIT)
	PF_ASK_rate,			/* asked last: it counts what has matched */
	PF_ASK_MAX
};
#undef PF_RULE_ROW
#undef PF_RULE_BIT
static_assert(PF_ASK_MAX <= 32, "each has a bit of pf_match_ent.ask");

/*
 * What the match loop reads of a rule, packed into 128 bytes, which are two
 * cache lines.  With PF_MF_SRCSET or PF_MF_DSTSET the entry has no address with
 * a mask, but what src_type or dst_type, PF_ADDR_*, says: a table, or the first and
 * the last address of a range, or nothing.
 */
#define PF_MF_IFNOT	0x0001
#define PF_MF_SRCNOT	0x0002
#define PF_MF_DSTNOT	0x0004
#define PF_MF_SRCSET	0x0008
#define PF_MF_DSTSET	0x0010
#define PF_MF_QUICK	0x0040
#define PF_MF_ANCHOR	0x0100		/* calls an anchor, or .. */
#define PF_MF_WILD	0x0200		/* .. the anchor's children */
#define PF_MF_ACTS	0x0400		/* `match': acts at once, decides */
					/* nothing */
#define PF_MF_TAGS	0x0800		/* gives the packet a tag */
#define PF_MF_ALL	0x1000		/* `quick', and asks for nothing but a */
					/* direction */
struct pf_match_ent {
	uint16_t	skip[PF_SKIP_COUNT];	/* skip steps, in rules */
	struct pf_kif	*kif;			/* NULL: any */
	struct pf_krule	*rule;
	uint16_t	flags;			/* PF_MF_* */
	uint8_t		dir, af, proto;		/* 0: any */
	uint8_t		sport_op, dport_op;
	uint8_t		action;
	uint16_t	sport[2], dport[2];	/* network order */
	uint32_t	anchor;			/* PF_MF_ANCHOR: its slot; */
						/* PF_ANCHOR_NONE: main */
	uint32_t	ask;			/* criteria: a bit for each */
						/* PF_ASK_* */
	uint8_t		tcp_flags;		/* TCP flags that must be set */
						/* .. */
	uint8_t		tcp_flagset;		/* .. among these flags */
	uint8_t		src_type, dst_type;
	uint8_t		spare[4];
	union {
		struct pf_addr	 src;
		struct pf_table	*src_table;
	};
	struct pf_addr	smask;
	union {
		struct pf_addr	 dst;
		struct pf_table	*dst_table;
	};
	struct pf_addr	dmask;
};
static_assert(sizeof(struct pf_match_ent) == 128, "two cache lines");

#endif /* _NET_PF_ENTRY_H_ */
