/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * unit.h: what the unit tests share: cmocka, the process host, the core's
 * internals, and short cuts to load rules (unit.c).
 *
 * A test that fails leaves its objects; the process ends soon after.
 * Locking: none.
 */
#ifndef _UNIT_H_
#define _UNIT_H_

#include "sim.h"
#include "pf_instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * Run stmt, which must end in sim_panic() with `text' in its message.
 * Locks and contexts are reset after it.
 */
extern jmp_buf unit_panic_env;
extern char unit_panic_msg[512];
void	 unit_panic_hook(const char *msg) __attribute__((noreturn));
#define assert_panic(text, stmt) do {					\
	sim_panic_hook = unit_panic_hook;				\
	if (setjmp(unit_panic_env) == 0) {				\
		stmt;							\
		sim_panic_hook = NULL;					\
		fail_msg("no panic: %s", #stmt);			\
	}								\
	sim_panic_hook = NULL;						\
	sim_lock_reset();						\
	if (strstr(unit_panic_msg, text) == NULL)			\
		fail_msg("panic \"%s\" lacks \"%s\"", unit_panic_msg, text); \
} while (0)

/* What a test that failed half-way may have left behind: for the next one's start. */
void	 unit_reset(void);

/*
 * A node with pf enabled and the interfaces eth0 and eth1, whose indices are 1 and 2:
 * for cmocka's setup and teardown, which asserts that nothing is left of it.
 */
struct unit_node {
	struct sim	*sim;
	struct sim_node	*n;
};
int	 unit_setup(void **state);
int	 unit_teardown(void **state);

/*
 * Rules
 *
 * unit_rule() is a rule as pfctl would send for "pass": flags S/SA keep state.
 * unit_load() puts n rules in force in one transaction; 0 or errno.
 */
struct pf_rule unit_rule(int action);
int	 unit_load(struct sim_node *, const struct pf_rule *, uint32_t n);
/* Add a rule to a transaction, PF_RULESET_*, with a pool of one address if one is given. */
void	 unit_add_rule(struct sim_node *, struct pf_client *, uint32_t ticket,
	    uint32_t ruleset, const struct pf_rule *, const char *pool);
int	 unit_enable(struct sim_node *);
int	 unit_disable(struct sim_node *);
int	 unit_timeout(struct sim_node *, int which, uint32_t seconds);
int	 unit_limit(struct sim_node *, int which, uint32_t n);
int	 unit_reassemble(struct sim_node *, uint32_t how);	/* PF_REASS_*; 0: no */
void	 unit_status(struct sim_node *, struct pf_status *);
/* Rule nr of the filter ruleset, with its counters. */
void	 unit_get_rule(struct sim_node *, uint32_t nr, struct pf_rule *);
/* All states; the caller frees *states.  Returns how many. */
uint32_t unit_states(struct sim_node *, struct pfsync_state **states);
/* Addresses of a rule: "10.0.0.0/8", "<table>", NULL for any. */
void	 unit_addr(struct pf_rule_addr *, const char *prefix);

/*
 * All that a failed request must have left alone: options, rules, interfaces, states and
 * whether pf is on, as programs see it; no counters of packets.  unit_snap() allocates
 * outside of the failing allocator's view: call it with no failure planned.
 */
struct unit_snap {
	struct pf_status status;
	int32_t		 timeout[PFTM_MAX];
	uint32_t	 limit[PF_LIMIT_MAX];
	uint32_t	 nrules, nifs, nstates;
	uint64_t	 rules, ifs, states;	/* digests */
};
void	 unit_snap(struct sim_node *, struct unit_snap *);

#endif /* _UNIT_H_ */
