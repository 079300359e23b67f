/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * print.h: what the files that print a rule share: print.c, the rule and its parts;
 * print_host.c, addresses, ports and pools.  Nobody else includes it.
 */
#ifndef _PFCTL_PRINT_H_
#define _PFCTL_PRINT_H_

#include "parser.h"
#include "rule.h"

/* The rule that is being printed.  Lives on the stack of pfctl_print_rule(). */
struct ctx {
	const struct pfctl_printer	*pr;
	FILE				*f;
	const struct pf_rule		*r;
	const struct pfctl_pool		*pool;
	const char			*call;		/* anchor, "" */
	bool				 anchor;
};

/* print_host.c; each with a blank before it */
void	 print_port(const struct ctx *, const struct pf_rule_addr *);
void	 print_id(FILE *, const char *what, const struct pf_rule_id *);
/* The addresses of pool PF_POOL_*, its ports if nat or it has some, and its options. */
void	 print_pool(const struct ctx *, int which, bool nat);

#endif /* _PFCTL_PRINT_H_ */
