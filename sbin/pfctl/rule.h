/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * rule.h: a rule between the tree and the kernel's form.
 *
 * rule.c collects the parts of a statement into a struct spec: what does not
 * vary goes into the template, lists are resolved and kept as axes.  expand.c then
 * makes one rule for every combination that can match at all, and check.c says
 * what is wrong with it.  Everything here lies in the arena of the statement.
 * Private to the language half.
 */
#ifndef _PFCTL_RULE_H_
#define _PFCTL_RULE_H_

#include "parser.h"

/* An element of an axis other than addresses. */
struct item {
	struct item	*next;
	const char	*s;		/* interface, name of an os */
	uint32_t	 n[2];		/* port (host order), user, number */
	uint8_t		 op;		/* PF_OP_* */
	uint8_t		 neg;
	uint8_t		 af;		/* ICMP: of which family */
};

/* Outermost first: rules come in this order. */
enum axis {
	AX_IF, AX_PROTO, AX_ICMP, AX_SRC, AX_SPORT, AX_OS, AX_DST, AX_DPORT,
	AX_UID, AX_GID, AX_MAX
};

struct target {				/* a pool, not yet of one family */
	const struct node *node;	/* NULL: none */
	struct host	*hosts;
	struct pf_pool	 pool;
	bool		 typed;		/* a pool type was named */
	bool		 static_port;
	bool		 any_ports;	/* port n:* */
};

struct spec {
	struct pfctl_rule tmpl;
	int		 ruleset;	/* PF_RULESET_* */
	union {
		struct item	*item;	/* NULL: this axis is free */
		struct host	*host;
	}		 axis[AX_MAX];
	struct target	 target[PF_POOL_MAX];
	const struct node *parts[P_MAX];	/* those that were given */
	const char	*label[PF_RULE_LABELS];	/* with $macros in them, .. */
	unsigned int	 nlabel;
	const char	*tag, *match_tag;	/* .. these too */
	bool		 default_flags;	/* S/SA where the protocol has them */
	bool		 os_given;
	uint32_t	 made;		/* rules that came of it */
};

/* rule.c */
bool	 collect(struct parser *, struct spec *, struct list parts);
/* keep.c */
bool	 part_keep(struct parser *, struct spec *, const struct node *);
/* What `pass' without a word about state means. */
bool	 keep_default(struct parser *, struct spec *);
/* pool.c */
bool	 target_resolve(struct parser *, struct spec *, int which,
	    const struct node *);
bool	 target_route(struct parser *, struct spec *, const struct node *);
/* Leave the hosts of *af, or of the first one's family if that is 0. */
void	 hosts_keep_af(struct host **, uint8_t *af);
/* The family all of a list have, into *af if that is 0. */
void	 hosts_decide_af(const struct host *, uint8_t *af);
bool	 target_check(struct parser *, struct spec *, int which);
/* nat: ports of its own unless it is told which. */
void	 target_nat_ports(struct target *);
void	 target_store(const struct target *, struct pfctl_pool *,
	    struct pf_pool *);
/* expand.c */
void	 expand(struct parser *, struct spec *);
/* check.c: messages for what is wrong; how many */
int	 check_filter(struct parser *, const struct pf_rule *);
int	 check_translation(struct parser *, const struct pf_rule *,
	    const struct pf_pool *);
/* The prefix of an IPv4 address is one; the parser takes up to 128. */
bool	 check_mask(struct parser *, const struct pf_addr_wrap *, uint8_t af);

/* conf.c's last acts: numbers in labels; text */
void	 rules_finish(struct pfctl *);
void	 rules_print(struct pfctl *);

#endif /* _PFCTL_RULE_H_ */
