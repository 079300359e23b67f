// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * source.c: the sources of connections as text, and sources forgotten.
 *
 * Owns nothing beyond a call.  No locking.  Stands on dev.c and state.c.
 */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"

#define THOUSANDTHS	1000			/* of a connection */

/* What has chosen the address that a source has. */
static const char *const chosen[] = {
	[1 + PF_POOL_RDR] = "rdr-to",
	[1 + PF_POOL_NAT] = "nat-to",
	[1 + PF_POOL_ROUTE] = "route-to",
};

static void
print_source_verbose(struct ctl_show *sh, const struct pf_src_node *n)
{
	FILE *f = sh->out;

	print_hms(f, "   age ", n->creation);
	if (n->states == 0)
		print_hms(f, ", expires in ", n->expire);
	fprintf(f, ", %" PRIu64 " pkts, %" PRIu64 " bytes",
	    n->packets[0] + n->packets[1], n->bytes[0] + n->bytes[1]);
	if (n->rule != UINT32_MAX)
		fprintf(f, ", rule %u", n->rule);
	fprintf(f, "\n");
}

void
print_source(struct ctl_show *sh, const struct pf_src_node *n)
{
	print_addr_text(sh, &n->addr, n->af);
	if (n->type > 0 && n->type <= PF_POOL_MAX) {
		fprintf(sh->out, " %s ", chosen[n->type]);
		print_addr_text(sh, &n->raddr, n->af);
	}
	fprintf(sh->out, " ( states %u, connections %u, rate %u.%u/%us )\n",
	    n->states, n->conn, n->conn_rate / THOUSANDTHS,
	    n->conn_rate % THOUSANDTHS / (THOUSANDTHS / 10), n->conn_seconds);
	if (sh->verbose > 0)
		print_source_verbose(sh, n);
}

/* By address, then by rule: the kernel has no order. */
static int
source_cmp(const void *va, const void *vb)
{
	const struct pf_src_node *a = va, *b = vb;
	int d = (int)a->af - (int)b->af;

	if (d == 0)
		d = memcmp(&a->addr, &b->addr, sizeof(a->addr));
	if (d == 0)
		d = (a->rule > b->rule) - (a->rule < b->rule);
	return (d);
}

int
show_sources(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pf_src_node *v;
	size_t i, n;

	if (pf_dev_sources(dev, &v, &n) == -1)
		return (-1);
	if (n > 0)
		qsort(v, n, sizeof(*v), source_cmp);
	for (i = 0; i < n; i++) {
		if (sh->all)
			show_title(sh, "SOURCE TRACKING NODES:");
		print_source(sh, &v[i]);
	}
	free(v);
	return (0);
}

int
flush_sources(struct pf_dev *dev, bool quiet)
{
	if (PF_DO(dev, DIOCCLRSRCNODES, NULL) == -1)
		return (-1);
	if (!quiet)
		fprintf(stderr, "source tracking entries cleared\n");
	return (0);
}

/* -K source [-K address] */
int
kill_sources(struct pf_dev *dev, char *const arg[], int narg, bool quiet)
{
	struct pfioc_src_node_kill k;
	struct kill_addr *src, *dst = NULL;
	size_t i, j, nsrc = 0, ndst = 1, pairs = 0;
	unsigned long killed = 0;
	int rv = -1;

	if ((src = kill_resolve(arg[0], &nsrc)) == NULL)
		return (-1);
	if (narg > 1 && (dst = kill_resolve(arg[1], &ndst)) == NULL)
		goto out;
	for (i = 0; i < nsrc; i++)
		for (j = 0; j < ndst; j++) {
			if (dst != NULL && dst[j].af != src[i].af)
				continue;
			memset(&k, 0, sizeof(k));
			k.af = src[i].af;
			kill_set_addr(&k.src, &src[i]);
			if (dst != NULL)
				kill_set_addr(&k.dst, &dst[j]);
			pairs++;
			if (PF_DO(dev, DIOCKILLSRCNODES, &k) == -1)
				goto out;
			killed += k.killed;
		}
	if (pairs == 0) {
		warnx("%s and %s are of different address families", arg[0],
		    arg[1]);
		goto out;
	}
	if (!quiet)
		fprintf(stderr, "killed %lu src nodes from %zu sources and "
		    "%zu destinations\n", killed, nsrc, narg > 1 ? ndst : 0);
	rv = 0;
out:
	free(dst);
	free(src);
	return (rv);
}
