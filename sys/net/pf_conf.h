/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_conf.h: the configuration: all that is in force at one moment, and the options in it
 *
 * What it owns.  The pf_confs.  One is made, published, and freed when another has been
 * published in its place; it never changes while it is in force.
 * Locking.  All with ctl held; packets read it in an RCU read side.  Marks of members are
 * explained in pf_instance.h.
 * Place.  Second floor.
 */
#ifndef _NET_PF_CONF_H_
#define _NET_PF_CONF_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_anchor_index;
struct pf_kif;
struct pf_rules;

/* Options of one word, by number: the members of pf_conf from timeout on, in order. */
#define PF_OPT_TIMEOUT	0			/* + PFTM_* */
#define PF_OPT_LIMIT	(PF_OPT_TIMEOUT + PFTM_MAX) /* + PF_LIMIT_* */
#define PF_OPT_DEBUG	(PF_OPT_LIMIT + PF_LIMIT_MAX)
#define PF_OPT_HOSTID	(PF_OPT_DEBUG + 1)
#define PF_OPT_MAX	(PF_OPT_HOSTID + 1)

/*
 * All rulesets and options together are one pointer in the instance: a packet reads it
 * once, so it never sees half of a commit.
 */
struct pf_conf {
	struct pf_rules	*rules[PF_RULESET_MAX];	/* [i] main ruleset; never NULL */
	struct pf_anchor_index *anchors;	/* [i] NULL: none; owned by who replaces it */
	uint32_t	 timeout[PFTM_MAX];	/* [i] seconds; adaptive: states */
	uint32_t	 limit[PF_LIMIT_MAX];	/* [i] */
	uint32_t	 debug;			/* [i] */
	uint32_t	 hostid;		/* [i] network order */
	struct pf_kif	*logif;			/* [i] set loginterface; NULL: none */
	uint8_t		 chksum[PF_MD5_DIGEST_LENGTH]; /* [i] of the main ruleset */
	struct pf_rcu_head rcu;
};

/* With the default options and no rulesets, to be given some; NULL: no memory. */
struct pf_conf *pf_conf_create(struct pf *);
/* A copy, to be changed and published; it has the rulesets in common.  NULL: no memory. */
struct pf_conf *pf_conf_copy(struct pf *, const struct pf_conf *);
void	 pf_conf_free(struct pf *, struct pf_conf *);		/* not the rulesets */
/* Read and write an option, PF_OPT_*, of a configuration; write only before it is
 * published.  The second: its interface; takes over the reference, NULL: none. */
uint32_t pf_conf_option(const struct pf_conf *, unsigned int opt);
void	 pf_conf_write_option(struct pf_conf *, unsigned int opt, uint32_t value);
void	 pf_conf_write_logif(struct pf *, struct pf_conf *, struct pf_kif *);
/* Work out the checksum of the main ruleset. */
void	 pf_conf_digest(struct pf_conf *);
/* Put it in force; its predecessor is freed, and nobody uses it any longer. */
void	 pf_conf_publish(struct pf *, struct pf_conf *);

/* Change an option in force; ENOMEM, and nothing has changed. */
int	 pf_conf_set_option(struct pf *, unsigned int opt, uint32_t value, uint32_t *old);
int	 pf_conf_set_logif(struct pf *, const char *name);	/* "": none */

#endif /* _NET_PF_CONF_H_ */
