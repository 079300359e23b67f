// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_actions.c: what the rules that match a packet say, added up
 *
 * What it owns.  Nothing.
 * Locking.  None: it is used in the RCU read side of a packet.
 * Place.  Third floor.  pf_new.c walks over the rules, and does what the rules
 * say.
 */
#include "pf_host.h"
#include "pf_actions.h"
#include "pf_rule.h"

bool
pf_actions_match(struct pf_actions *a, struct pf_krule *kr)
{
	if (a->n == PF_ACTIONS_RULES)
		return (false);
	a->rule[a->n++] = kr;
	a->log |= kr->act.log;
	a->opts = a->opts || kr->act.allow_opts;
	pf_norm_add(&a->norm, &kr->act);
	return (true);
}
