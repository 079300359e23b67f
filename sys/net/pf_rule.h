/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rule.h: a rule
 *
 * What it owns.  struct pf_rule (pfvar.h) is what a user says; pf_krule is what the kernel
 * makes of it.  A krule is validated and made by pf_krule_create() and never changes but for
 * its counters.  One reference belongs to its ruleset, one to every state that it
 * made, so that states of a vanished rule keep their timeouts and label.
 * Locking.  Marks of members are explained in pf_instance.h.
 * Place.  Second floor.
 *
 * pf_fields.h says of each member of struct pf_rule what it is in the kernel.  Those that
 * few rules ask for (ASK) and those that say what a rule does (ACT) have their places, by
 * the same names, in two structures here.  What the user said is kept whole beside that,
 * for control context.
 */
#ifndef _NET_PF_RULE_H_
#define _NET_PF_RULE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "pf_fields.h"

struct pf;
struct pf_anchor;
struct pf_kif;
struct pf_kpool;
struct pf_match_ent;
struct pf_pool_list;

#define PF_RULE_MEMBER(m)	__typeof__(((struct pf_rule *)0)->m) m;

#define PF_RULE_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ASK(use, PF_RULE_MEMBER(m))
struct pf_rule_ask {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW
#define PF_RULE_ROW(m, word, kind, max, skip, use, class)			\
	PF_RULE_ONLY_ACT(use, PF_RULE_MEMBER(m))
struct pf_rule_act {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW

enum {	PF_RC_PACKETS_IN, PF_RC_PACKETS_OUT, PF_RC_BYTES_IN, PF_RC_BYTES_OUT,
	PF_RC_EVAL,			/* difference sums: see pf_match.c */
	PF_RC_MAX };

/*
 * The way in which a rule calls an anchor: by an absolute path such as `/a/b', or by
 * a path relative to the anchor that the rule stands in.
 */
struct pf_call_kind {
	uint8_t		 wildcard;	/* path ends in `*': all anchors */
					/* directly below it are called */
	uint8_t		 relative;	/* 0: absolute path; otherwise 1 */
					/* and the number of `..' in it */
};

struct pf_krule {
	struct pf_pcpu	 ctr;		/* [p] PF_RC_* */
	struct pf_ref	 refs;
	struct pf_atomic states_cur;	/* states now */
	struct pf_atomic states_tot;	/* states ever, wraps */
	struct pf_kif	*kif;		/* [i] referenced; NULL: any */
	uint32_t	 nr;		/* [i] */
	uint16_t	 first_port;	/* [i] of those that it redirects, host order */
	struct pf_addr	 inner;		/* [i] binat: the network inside; as large as the pool's */
	struct pf_rule_act act;		/* [i] what it does */
	struct pf_rule_ask ask;		/* [i] what few rules ask for */
	struct pf_kpool	*pool[PF_POOL_MAX]; /* [i] owned; NULL: none */
	int32_t		 retired;	/* [a] its ruleset is no longer in force */
	uint64_t	 base[PF_RC_MAX]; /* [c] what counters were when cleared */
	uint32_t	 cuid, cpid;	/* [i] who loaded it */
	char		*anchor_call;	/* [i] owned: the anchor that it */
					/* calls, as the user wrote it; */
					/* NULL: it calls none */
	struct pf_anchor *anchor;	/* [c] the anchor that it calls, */
					/* referenced while its ruleset */
					/* exists; NULL: none */
	struct pf_call_kind call_kind;	/* [i] of anchor_call */
	struct pf_rule	*said;		/* [i] owned: as loaded, out members zero */
};
static_assert(sizeof(struct pf_krule) <= 512, "an allocation class");

/*
 * The rows of PF_RULE_FIELDS, as data: for the check, the digest and the skip steps.
 */
enum { PF_RF_ANY, PF_RF_MAX, PF_RF_STR, PF_RF_TABLE };	/* kinds */
enum { PF_RU_ENTRY, PF_RU_ASK, PF_RU_ACT, PF_RU_TOLD, PF_RU_OUT, PF_RU_LATER }; /* uses */
struct pf_rule_field {
	const char	*name;
	uint16_t	 off, size;	/* in struct pf_rule */
	uint8_t		 skip;		/* PF_SKIP_* it belongs to, or PF_SKIP_COUNT */
	uint8_t		 kind;		/* PF_RF_* */
	uint8_t		 use;		/* PF_RU_* */
	uint32_t	 max;		/* largest value, PF_RF_MAX */
};
extern const struct pf_rule_field pf_rule_fields[];
extern const unsigned int pf_rule_nfields;

/* Whether a rule and its PF_POOL_MAX lists of addresses may stand in a ruleset; calls: it
 * calls an anchor.  0; EINVAL: a member out of range or not zero, or one that contradicts
 * another; EOPNOTSUPP: a feature that does not exist yet. */
int	 pf_rule_check(const struct pf_rule *, uint32_t ruleset, bool calls,
	    const struct pf_pool_list *);
/* Check a rule, and make of it what the kernel holds.  As pf_rule_check(), and ENOMEM.  call:
 * the anchor that it calls, "" for none; who creates it sees to the anchor.  Lock: ctl. */
int	 pf_krule_create(struct pf *, const struct pf_rule *, uint32_t ruleset,
	    const char *call, const struct pf_pool_list *, struct pf_krule **);
/* By who sees it in an RCU read side, or holds a reference. */
void	 pf_krule_get(struct pf_krule *);
void	 pf_krule_put(struct pf *, struct pf_krule *);	/* any context */
/* The rule for the user, with its counters and number; not skip.  evals: the sum of
 * PF_RC_EVAL of its ruleset up to it.  Lock: ctl. */
void	 pf_krule_export(const struct pf_krule *, uint64_t evals, struct pf_rule *r);
/* From now on its counters count from 0.  evals as above.  Lock: ctl. */
void	 pf_krule_clear(struct pf_krule *, uint64_t evals);
/* The criteria in which two rules differ: a bit for each PF_SKIP_*. */
uint32_t pf_rule_differ(const struct pf_rule *, const struct pf_rule *);
/* What the match loop reads of it, but for the skip steps; its anchor is known. */
void	 pf_krule_entry(struct pf_krule *, struct pf_match_ent *);
/* The same of a binat rule as packets see it that come in: what they are from it has in `to',
 * and they are to what it translates to. */
void	 pf_krule_entry_binat_in(struct pf_krule *, struct pf_match_ent *);
/* Carry the digest h on over what the rule and its pools say. */
void	 pf_krule_digest(const struct pf_krule *, uint64_t h[2]);

#endif /* _NET_PF_RULE_H_ */
