/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_rule.h: a rule
 *
 * What it owns.  The pf_krules.  A struct pf_rule (pfvar.h) is a rule as a user
 * loads it; a struct pf_krule is what the kernel makes of that rule.
 * Life.  pf_krule_create() checks a rule and makes its krule.  Afterwards a
 * krule never changes, except for its counters and for the members marked [a]
 * or [c].  The krule's ruleset holds one reference to the krule, and so does
 * every state that the rule has made: a state keeps the timeouts and the label
 * of its rule when the rule is retired.
 * Locking.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 *
 * pf_fields.h says for each member of struct pf_rule what use the kernel makes
 * of it.  The criteria that few rules have (ASK) and the members that say what
 * a rule does (ACT) are copied, under the same names, into two structures that
 * are defined here.  The krule also keeps the whole struct pf_rule, for
 * requests of programs.
 */
#ifndef _NET_PF_RULE_H_
#define _NET_PF_RULE_H_

#include "pf_host.h"
#include "pfvar.h"
#include "if_pflog.h"
#include "pf_anchor_path.h"
#include "pf_fields.h"

struct pf;
struct pf_anchor;
struct pf_dyn;
struct pf_kif;
struct pf_kpool;
struct pf_match_ent;
struct pf_pool_list;
struct pf_rate;
struct pf_table;
struct pf_tag;

#define PF_RULE_MEMBER(m)	__typeof__(((struct pf_rule *)0)->m) m;

#define PF_RULE_ROW(m, word, kind, max, skip, use, class)		\
	PF_RULE_ONLY_ASK(use, PF_RULE_MEMBER(m))
struct pf_rule_ask {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW
#define PF_RULE_ROW(m, word, kind, max, skip, use, class)		\
	PF_RULE_ONLY_ACT(use, PF_RULE_MEMBER(m))
struct pf_rule_act {
	PF_RULE_FIELDS(PF_RULE_ROW)
};
#undef PF_RULE_ROW

enum {	PF_RC_PACKETS_IN, PF_RC_PACKETS_OUT, PF_RC_BYTES_IN, PF_RC_BYTES_OUT,
	PF_RC_STATES,			/* states that it made */
	PF_RC_EVAL,			/* differences: see pf_match.c */
	PF_RC_MAX };

/* Where the rule comes from, and where its records go. */
struct pf_rule_origin {
	char		 ruleset[PFLOG_RULESET_SIZE]; /* [i] last part of its anchor's name; */
					/* "": it is in none */
	uint32_t	 cuid, cpid;	/* [i] user and process that loaded it */
	struct pf_kif	*log_kif;	/* [i] referenced: `log'; NULL: it has none */
};

struct pf_krule {
	struct pf_pcpu	 ctr;		/* [p] PF_RC_* */
	struct pf_ref	 refs;
	struct pf_atomic states_cur;	/* states that exist now */
	struct pf_atomic src_nodes;	/* sources that it has now */
	int32_t		 retired;	/* [a] its ruleset is no longer in */
					/* force */
	struct pf_kif	*kif;		/* [i] referenced; NULL: any */
	struct pf_kif	*rcv_kif;	/* [i] the same: received-on */
	uint32_t	 nr;		/* [i] its number in the ruleset */
	uint16_t	 first_port;	/* [i] the first port that it */
					/* redirects, host order */
	bool		 has_tables;	/* [i] table[] has one */
	bool		 rcv_not;	/* [i] ! received-on */
	bool		 tagged_not;	/* [i] ! tagged */
	bool		 to_loopback;	/* [i] it redirects to 127.0.0.0/8 */
	bool		 norms;		/* [i] it sets something in headers */
	struct pf_addr	 inner;		/* [i] binat: the inside network, as */
					/* large as the pool's */
	struct pf_rule_act act;		/* [i] what the rule does */
	struct pf_rule_ask ask;		/* [i] criteria that few rules have */
	struct pf_kpool	*pool[PF_POOL_MAX]; /* [i] owned; NULL: none */
	struct pf_table	*table[2];	/* [i] referenced: of `from', `to'; */
					/* NULL: none */
	struct pf_dyn	*dyn[2];	/* [i] the same: (interface) */
	struct pf_table	*overload;	/* [i] the same: of overload */
	struct pf_tag	*tag;		/* [i] the same: that it gives to */
					/* packets */
	struct pf_tag	*tagged;	/* [i] the same: that it asks for */
	struct pf_rate	*rate;		/* [i] owned: max-pkt-rate; NULL: none */
	uint64_t	 base[PF_RC_MAX]; /* [c] counters when last cleared */
	struct pf_rule_origin *origin;	/* [i] owned */
	char		*anchor_call;	/* [i] owned: the anchor that it */
					/* calls, as the user wrote it; */
					/* NULL: it calls none */
	struct pf_anchor *anchor;	/* [c] the anchor that it calls, */
					/* referenced while its ruleset */
					/* exists; NULL: none */
	struct pf_call_kind call_kind;	/* [i] of anchor_call */
	uint16_t	 said_size;	/* [i] bytes at said: more_label is */
					/* there only if there is one */
	struct pf_atomic used;		/* times that it has decided, if `once' */
	struct pf_rule	*said;		/* [i] owned: the rule as loaded, OUT */
					/* members zero */
};
static_assert(sizeof(struct pf_krule) <= 512, "an allocation class");

/*
 * The rows of PF_RULE_FIELDS, as data: for the check, the digest and the skip
 * steps.
 */
enum { PF_RF_ANY, PF_RF_MAX, PF_RF_STR, PF_RF_TABLE };	/* kinds */
/* uses */
enum { PF_RU_ENTRY, PF_RU_ASK, PF_RU_ACT, PF_RU_TOLD, PF_RU_OUT, PF_RU_LATER };
struct pf_rule_field {
	const char	*name;
	uint16_t	 off, size;	/* in struct pf_rule */
	uint8_t		 skip;		/* PF_SKIP_* it belongs to, or */
					/* PF_SKIP_COUNT */
	uint8_t		 kind;		/* PF_RF_* */
	uint8_t		 use;		/* PF_RU_* */
	uint32_t	 max;		/* largest value, PF_RF_MAX */
};
extern const struct pf_rule_field pf_rule_fields[];
extern const unsigned int pf_rule_nfields;

/*
 * Whether a rule and its PF_POOL_MAX lists of addresses are sound in a ruleset
 * of that kind; calls: the rule calls an anchor.  0; EINVAL: a member is out of
 * range, should be zero, or contradicts another; EOPNOTSUPP: a feature that
 * does not exist yet.
 */
int	 pf_rule_check(const struct pf_rule *, uint32_t ruleset, bool calls,
	    const struct pf_pool_list *);
/*
 * Check a rule and make its krule.  Errors as of pf_rule_check(), of
 * pf_tag_get(), and ENOMEM.
 * path: the anchor of its ruleset; call: the anchor that the rule calls, "" for
 * none; the caller sets anchor, anchor_call and call_kind of the krule.  Lock:
 * ctl.
 */
int	 pf_krule_create(struct pf *, const struct pf_rule *, uint32_t ruleset,
	    const char *path, const char *call, const struct pf_pool_list *, struct pf_krule **);
/* Whether that is one of its labels. */
bool	 pf_krule_has_label(const struct pf_krule *, const char *label);
/* Take a reference: the caller must have found the krule in the present RCU
 * read side, or hold a reference. */
void	 pf_krule_ref(struct pf_krule *);
void	 pf_krule_put(struct pf *, struct pf_krule *);	/* any context */
/* Drop the reference of the rule's ruleset: the rule no longer counts among
 * those of its interface and tables.  Lock: ctl. */
void	 pf_krule_leave(struct pf *, struct pf_krule *);
/*
 * Fill in the rule as a program gets it, with counters and number, but without
 * skip.  evals: the sum of PF_RC_EVAL over the ruleset, up to and including
 * this rule.  Lock: ctl.
 */
void	 pf_krule_export(const struct pf_krule *, uint64_t evals,
	    struct pf_rule *r);
/* From now on the rule's counters count from 0.  evals: as above.  Lock:
 * ctl. */
void	 pf_krule_clear(struct pf_krule *, uint64_t evals);
/* Add what an old rule, which counts no more, has counted to an equal new one.  evals: as
 * above, of the old one.  Lock: ctl. */
void	 pf_krule_carry(struct pf_krule *, const struct pf_krule *old,
	    uint64_t evals);
/* The criteria in which two rules differ: a bit for each PF_SKIP_*. */
uint32_t pf_rule_differ(const struct pf_rule *, const struct pf_rule *);
/* Fill in what the match loop reads of the rule, except for the skip steps.
 * The krule's anchor must be set. */
void	 pf_krule_entry(struct pf_krule *, struct pf_match_ent *);
/*
 * The same for incoming packets and a binat rule: the rule's `to' is compared
 * with the source of the packet, and the address that the rule translates to
 * with its destination.
 */
void	 pf_krule_entry_binat_in(struct pf_krule *, struct pf_match_ent *);
/* Add a rule and its pools to the digest h. */
void	 pf_krule_digest(const struct pf_krule *, uint64_t h[2]);

#endif /* _NET_PF_RULE_H_ */
