// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * table_load.c: the tables of a file into a transaction.
 *
 * A table goes in one request with all of its addresses, which are copied for it into an
 * array that lives as long as the request.  No locking.  Part of load.c's work; stands
 * on table_dev.c and trans.c.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"
#include "progress.h"
#include "table.h"

int
trans_add_tables(struct trans *t, const struct pfctl *pf, int what)
{
	size_t i;

	if (what & LOAD_TABLE)
		for (i = 0; i < pf->nanchors; i++)
			if (trans_add(t, PF_TRANS_TABLE,
			    pf->anchors[i].path) == -1)
				return (-1);
	/* rules bring tables of the optimizer, even by themselves */
	for (i = 0; i < pf->ntables; i++)
		if (trans_add(t, PF_TRANS_TABLE, pf->tables[i]->anchor) == -1)
			return (-1);
	return (0);
}

uint64_t
tables_size(const struct pfctl *pf)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < pf->ntables; i++)
		n += pf->tables[i]->n4 + pf->tables[i]->n6;
	return (n);
}

static int
load_table(struct pf_dev *dev, const struct trans *t,
    const struct pfctl_table *def, const struct table_need *need,
    struct progress *progress)
{
	struct pfr_addr *addr = NULL;
	struct pfioc_table io;
	size_t n = 0;
	int e;

	if (table_init(&io, def->anchor, def->name) == -1 ||
	    table_array(def, &addr, &n) == -1)
		return (-1);
	io.table.pfrt_flags = def->flags;
	io.ticket = trans_ticket(t, PF_TRANS_TABLE, def->anchor);
	io.buffer = (uintptr_t)addr;
	io.size = n;
	io.esize = sizeof(*addr);
	/* without contents, a table that is there keeps its addresses */
	io.flags = def->defined ? PFR_FLAG_ADDRSTOO : 0;
	e = dev->ioctl(dev, DIOCRINADEFINE, &io);
	free(addr);
	progress->addresses += n;
	if (e == 0)
		return (0);
	progress_end(progress);
	return (table_error(dev, &io.table, e, need));
}

int
load_tables(struct pf_dev *dev, const struct trans *t, const struct pfctl *pf,
    const uint32_t limit[PF_LIMIT_MAX], struct progress *progress)
{
	const struct table_need need = { .entries = tables_size(pf),
	    .tables = pf->ntables, .limit = limit };
	size_t i;

	for (i = 0; i < pf->ntables; i++)
		if (load_table(dev, t, pf->tables[i], &need, progress) == -1)
			return (-1);
	return (0);
}
