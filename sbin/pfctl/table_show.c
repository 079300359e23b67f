// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * table_show.c: tables and their addresses as text.
 *
 * Arrays live for the time of one call.  No locking.  Stands on table_dev.c and on show.c.
 */
#include <arpa/inet.h>
#include <netdb.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "table.h"

static const char *const traffic_rows[PFR_DIR_MAX][PFR_OP_TABLE_MAX] = {
	{ "In/Block:", "In/Pass:", "In/XPass:" },
	{ "Out/Block:", "Out/Pass:", "Out/XPass:" },
};

/*
 * Tables
 */

void
print_table(struct ctl_show *sh, const struct pfr_table *t)
{
	static const struct {
		uint32_t	flag;
		char		letter;
	} columns[] = {
		{ PFR_TFLAG_CONST,	'c' },
		{ PFR_TFLAG_PERSIST,	'p' },
		{ PFR_TFLAG_ACTIVE,	'a' },
		{ PFR_TFLAG_INACTIVE,	'i' },
		{ PFR_TFLAG_REFERENCED,	'r' },
		{ PFR_TFLAG_REFDANCHOR,	'h' },
	};
	FILE *f = sh->out;
	size_t i;

	if (sh->verbose == 0) {
		fprintf(f, "%.*s\n", PF_TABLE_NAME_SIZE, t->pfrt_name);
		return;
	}
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fputc(t->pfrt_flags & columns[i].flag ? columns[i].letter : '-',
		    f);
	if (t->pfrt_flags & PFR_TFLAG_COUNTERS)
		fputc('C', f);
	fprintf(f, "\t%.*s", PF_TABLE_NAME_SIZE, t->pfrt_name);
	if (t->pfrt_anchor[0] != '\0')
		fprintf(f, "\t%.*s", PF_ANCHOR_PATH_SIZE, t->pfrt_anchor);
	fputc('\n', f);
}

void
print_table_stats(struct ctl_show *sh, const struct pfr_tstats *ts)
{
	FILE *f = sh->out;
	int d, op;

	print_table(sh, &ts->pfrts_t);
	fprintf(f, "\tAddresses:   %u\n", ts->pfrts_cnt);
	print_cleared(f, ts->pfrts_tzero);
	fprintf(f, "\tReferences:  [ Anchors: %-18u Rules: %-18u ]\n",
	    ts->pfrts_refcnt[PFR_REFCNT_ANCHOR],
	    ts->pfrts_refcnt[PFR_REFCNT_RULE]);
	fprintf(f, "\tEvaluations: [ NoMatch: %-18" PRIu64 " Match: %-18" PRIu64
	    " ]\n", ts->pfrts_nomatch, ts->pfrts_match);
	for (d = 0; d < PFR_DIR_MAX; d++)
		for (op = 0; op < PFR_OP_TABLE_MAX; op++)
			print_traffic(f, traffic_rows[d][op],
			    ts->pfrts_packets[d][op], ts->pfrts_bytes[d][op]);
}

static int
table_cmp(const void *va, const void *vb)
{
	const struct pfr_table *a = va, *b = vb;
	int c = strncmp(a->pfrt_anchor, b->pfrt_anchor,
	    sizeof(a->pfrt_anchor));

	return (c != 0 ? c : strncmp(a->pfrt_name, b->pfrt_name,
	    sizeof(a->pfrt_name)));
}

bool
table_below(const struct pfr_table *t, const char *anchor)
{
	const size_t len = strlen(anchor);

	return (len == 0 || (strncmp(t->pfrt_anchor, anchor, len) == 0 &&
	    (t->pfrt_anchor[len] == '\0' || t->pfrt_anchor[len] == '/')));
}

int
show_tables(struct pf_dev *dev, struct ctl_show *sh)
{
	const bool stats = sh->verbose > 1;
	const size_t esize = stats ? sizeof(struct pfr_tstats) :
	    sizeof(struct pfr_table);
	const struct pfr_table *t;
	struct pfioc_table io;
	char *all;
	size_t i, n;

	/* a table is the first member of its statistics */
	if (table_init(&io, sh->recurse ? "" : sh->anchor, "") == -1)
		return (-1);
	io.flags = sh->recurse ? PFR_FLAG_ALLRSETS : 0;
	if (table_fetch(dev, stats ? DIOCRGETTSTATS : DIOCRGETTABLES, &io,
	    esize, &all, &n) == -1)
		return (-1);
	if (n > 0)
		qsort(all, n, esize, table_cmp);
	for (i = 0; i < n; i++) {
		t = (const void *)(all + i * esize);
		if ((sh->recurse && !table_below(t, sh->anchor)) ||
		    (!sh->debug && !(t->pfrt_flags & PFR_TFLAG_ACTIVE)))
			continue;
		if (sh->all)
			show_title(sh, "TABLES:");
		if (stats)
			print_table_stats(sh, (const void *)t);
		else
			print_table(sh, t);
	}
	free(all);
	return (0);
}

/*
 * Addresses
 */

static void
print_entry(FILE *f, const struct pfr_addr *a)
{
	const unsigned int whole = a->pfra_af == AF_INET6 ? 128 : 32;
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(a->pfra_af, &a->pfra_addr, text, sizeof(text)) == NULL)
		strcpy(text, "?");
	fprintf(f, "%c%s", a->pfra_not ? '!' : ' ', text);
	if (a->pfra_net < whole)
		fprintf(f, "/%u", a->pfra_net);
}

/* found: what a test of the address has found, or NULL for others. */
void
print_table_addr(struct ctl_show *sh, const struct pfr_addr *a,
    const struct pfr_addr *found)
{
	static const char letter[PFR_FB_MAX] = {
		[PFR_FB_NONE] = ' ', [PFR_FB_MATCH] = 'M',
		[PFR_FB_ADDED] = 'A', [PFR_FB_DELETED] = 'D',
		[PFR_FB_CHANGED] = 'C', [PFR_FB_CLEARED] = 'Z',
		[PFR_FB_DUPLICATE] = 'X', [PFR_FB_NOTMATCH] = ' ',
		[PFR_FB_CONFLICT] = 'Y', [PFR_FB_NOCOUNT] = ' ',
	};
	const uint8_t fb = found != NULL ? found->pfra_fback : a->pfra_fback;
	char name[NI_MAXHOST];
	FILE *f = sh->out;

	fprintf(f, "%c ", fb < PFR_FB_MAX ? letter[fb] : '?');
	print_entry(f, a);
	if (found != NULL && fb == PFR_FB_NONE)
		fprintf(f, "\t nomatch");
	else if (found != NULL) {
		fputc('\t', f);
		print_entry(f, found);
	}
	if (sh->resolve && a->pfra_net == (a->pfra_af == AF_INET6 ? 128 : 32) &&
	    addr_name(&a->pfra_addr, a->pfra_af, name, sizeof(name)))
		fprintf(f, "\t(%s)", name);
	fputc('\n', f);
}

void
print_table_addr_stats(struct ctl_show *sh, const struct pfr_astats *as)
{
	int d, op;

	print_table_addr(sh, &as->pfras_a, NULL);
	print_cleared(sh->out, as->pfras_tzero);
	if (as->pfras_a.pfra_fback == PFR_FB_NOCOUNT)
		return;
	for (d = 0; d < PFR_DIR_MAX; d++)
		for (op = 0; op < PFR_OP_ADDR_MAX; op++)
			print_traffic(sh->out, traffic_rows[d][op],
			    as->pfras_packets[d][op], as->pfras_bytes[d][op]);
}

/* In the order of the addresses, IPv4 first, a network before what is in it. */
static int
addr_cmp(const void *va, const void *vb)
{
	const struct pfr_addr *a = va, *b = vb;
	int c;

	if (a->pfra_af != b->pfra_af)
		return (a->pfra_af == AF_INET ? -1 : 1);
	c = memcmp(&a->pfra_addr, &b->pfra_addr,
	    a->pfra_af == AF_INET ? 4 : sizeof(a->pfra_addr));
	return (c != 0 ? c : a->pfra_net - b->pfra_net);
}

int
show_table_addrs(struct pf_dev *dev, struct ctl_show *sh, const char *name)
{
	const bool stats = sh->verbose > 0;
	const size_t esize = stats ? sizeof(struct pfr_astats) :
	    sizeof(struct pfr_addr);
	struct pfioc_table io;
	char *all;
	size_t i, n;

	/* an address is the first member of its statistics */
	if (table_init(&io, sh->anchor, name) == -1 ||
	    table_fetch(dev, stats ? DIOCRGETASTATS : DIOCRGETADDRS, &io,
	    esize, &all, &n) == -1)
		return (-1);
	if (n > 0)
		qsort(all, n, esize, addr_cmp);
	for (i = 0; i < n; i++)
		if (stats)
			print_table_addr_stats(sh, (const void *)(all + i * esize));
		else
			print_table_addr(sh, (const void *)(all + i * esize),
			    NULL);
	free(all);
	return (0);
}
