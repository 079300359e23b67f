// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans_options.c: the options of a transaction
 *
 * What it owns.  The values of the options that a transaction has set.  The
 * commit changes these options, and leaves all others as they are.  The handler
 * of the request has checked numbers and values.
 * Locking.  All functions here run in control context with pf->ctl held.
 * Place.  Fifth floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_trans.h"

struct trans_options {
	uint32_t	 value[PF_OPT_MAX];	/* [c] at first as in force */
						/* when it began */
	uint32_t	 touched;		/* [c] options set: a bit for */
						/* each PF_OPT_* */
	bool		 touched_logif;		/* [c] logif has been set */
	struct pf_kif	*logif;			/* [c] referenced; NULL: none */
};

static struct trans_options *
options_of(const struct pf_trans *t)
{
	return (t->part[PF_PART_OPTIONS]);
}

void
pf_trans_set_option(struct pf_trans *t, unsigned int opt, uint32_t value,
    uint32_t *old)
{
	struct trans_options	*o = options_of(t);

	static_assert(PF_OPT_MAX <= 32, "a bit for each");
	*old = o->value[opt];
	o->value[opt] = value;
	o->touched |= 1U << opt;
}

int
pf_trans_set_logif(struct pf *pf, struct pf_trans *t, const char *name)
{
	struct trans_options	*o = options_of(t);
	struct pf_kif		*kif = NULL;

	if (name[0] != '\0') {
		kif = pf_kif_get(pf, name);
		if (kif == NULL)
			return (ENOMEM);
	}
	pf_kif_put(pf, o->logif);
	o->logif = kif;
	o->touched_logif = true;
	return (0);
}

uint32_t
pf_trans_option(struct pf *pf, const struct pf_trans *t, unsigned int opt)
{
	const struct trans_options	*o = options_of(t);

	if ((o->touched & 1U << opt) != 0)
		return (o->value[opt]);
	return (pf_conf_option(pf_rcu_deref_locked(pf->conf), opt));
}

/*
 * The part
 */
static void
options_begin(struct pf *pf, struct pf_trans *t)
{
	const struct pf_conf	*now = pf_rcu_deref_locked(pf->conf);
	unsigned int		 opt;

	for (opt = 0; opt < PF_OPT_MAX; opt++)
		options_of(t)->value[opt] = pf_conf_option(now, opt);
}

static void
options_swap_in(struct pf *pf, struct pf_trans *t)
{
	struct trans_options	*o = options_of(t);
	unsigned int		 opt;

	for (opt = 0; opt < PF_OPT_MAX; opt++)
		if ((o->touched & 1U << opt) != 0)
			pf_conf_write_option(t->conf, opt, o->value[opt]);
	if (o->touched_logif)
		pf_conf_write_logif(pf, t->conf, o->logif);
	o->logif = NULL;
}

static void
options_abort(struct pf *pf, struct pf_trans *t)
{
	pf_kif_put(pf, options_of(t)->logif);
}

const struct pf_trans_part pf_part_options = {
	.types = 1U << PF_TRANS_OPTIONS,
	.size = sizeof(struct trans_options),
	.begin = options_begin,
	.swap_in = options_swap_in,
	.abort = options_abort,
};
