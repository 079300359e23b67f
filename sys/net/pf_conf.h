/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_conf.h: the configuration: all that is in force at one moment, and the
 * options in it
 *
 * What it owns.  The pf_confs.
 * Life.  A configuration is made, then published, and freed when another
 * configuration has been published in its place.  It never changes while it is
 * in force.
 * Locking.  All functions need pf->ctl.  Packets read the configuration in an
 * RCU read side.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 */
#ifndef _NET_PF_CONF_H_
#define _NET_PF_CONF_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;
struct pf_anchor_index;
struct pf_kif;
struct pf_osfp;
struct pf_rules;

/* Numbers of the options that are one word: the members of pf_conf from timeout
 * on. */
#define PF_OPT_TIMEOUT	0			/* + PFTM_* */
#define PF_OPT_LIMIT	(PF_OPT_TIMEOUT + PFTM_MAX) /* + PF_LIMIT_* */
#define PF_OPT_DEBUG	(PF_OPT_LIMIT + PF_LIMIT_MAX)
#define PF_OPT_HOSTID	(PF_OPT_DEBUG + 1)
#define PF_OPT_KEEP	(PF_OPT_HOSTID + 1)
#define PF_OPT_REASS	(PF_OPT_KEEP + 1)
#define PF_OPT_MAX	(PF_OPT_REASS + 1)

/*
 * All rulesets and options together are one pointer in the instance: a packet
 * reads it once, so it never sees half of a commit.
 */
struct pf_conf {
	struct pf_rules	*rules[PF_RULESET_MAX];	/* [i] main ruleset; never */
						/* NULL */
	/* [i] NULL: none; freed by the transaction that replaces it */
	struct pf_anchor_index *anchors;
	struct pf_osfp	*osfp;			/* [i] the same: fingerprints */
	uint32_t	 timeout[PFTM_MAX];	/* [i] seconds; adaptive: */
						/* states */
	uint32_t	 limit[PF_LIMIT_MAX];	/* [i] */
	uint32_t	 debug;			/* [i] */
	uint32_t	 hostid;		/* [i] network order */
	uint32_t	 keep_counters;		/* [i] a reload keeps those of equal */
						/* rules: 0, 1 */
	uint32_t	 reassemble;		/* [i] PF_REASS_* */
	unsigned int	 scrubs;		/* [i] bits 1 << PF_IN and 1 << */
						/* PF_OUT: which packets scrub */
						/* rules are for, as */
						/* pf_conf_publish() finds */
	struct pf_kif	*logif;			/* [i] set loginterface; */
						/* NULL: none */
	uint8_t		 chksum[PF_MD5_DIGEST_LENGTH]; /* [i] of the main */
						       /* ruleset */
	struct pf_rcu_head rcu;
};

/* Make a configuration with default options and without rulesets, which the
 * caller adds.  NULL: no memory. */
struct pf_conf *pf_conf_create(struct pf *);
/* Make a copy, to be changed and published.  Both configurations point to the
 * same rulesets.  NULL: no memory. */
struct pf_conf *pf_conf_copy(struct pf *, const struct pf_conf *);
/* Free a configuration, but not its rulesets, index and fingerprints. */
void	 pf_conf_free(struct pf *, struct pf_conf *);
/*
 * Read or write an option, PF_OPT_*, or write the interface of `set
 * loginterface', of which the configuration takes over the reference (NULL:
 * none).  A configuration may be written to only before it is published.
 */
uint32_t pf_conf_option(const struct pf_conf *, unsigned int opt);
void	 pf_conf_write_option(struct pf_conf *, unsigned int opt,
	    uint32_t value);
void	 pf_conf_write_logif(struct pf *, struct pf_conf *, struct pf_kif *);
/* Work out the checksum of the main ruleset, over the rules of all kinds. */
void	 pf_conf_digest(struct pf_conf *);
/* Put a configuration in force, wait until no packet uses its predecessor any
 * longer, and free that. */
void	 pf_conf_publish(struct pf *, struct pf_conf *);

/* Change an option in force.  ENOMEM: nothing has changed. */
int	 pf_conf_set_option(struct pf *, unsigned int opt, uint32_t value,
	    uint32_t *old);
int	 pf_conf_set_logif(struct pf *, const char *name);	/* "": none */
/* Forget the fingerprints in force.  ENOMEM: nothing has changed. */
int	 pf_conf_clear_osfp(struct pf *);

#endif /* _NET_PF_CONF_H_ */
