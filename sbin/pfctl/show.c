// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * show.c: status, timeouts, limits and interfaces as pf users know them.
 *
 * Owns nothing beyond a call.  No locking.  Stands on dev.c; rules
 * are shown by show_rules.c, states by state.c.
 */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "ctl.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* In the order of -s timeouts. */
static const struct {
	int		 timeout;
	const char	*name;
} timeouts[] = {
	{ PFTM_TCP_FIRST_PACKET,	"tcp.first" },
	{ PFTM_TCP_OPENING,		"tcp.opening" },
	{ PFTM_TCP_ESTABLISHED,		"tcp.established" },
	{ PFTM_TCP_CLOSING,		"tcp.closing" },
	{ PFTM_TCP_FIN_WAIT,		"tcp.finwait" },
	{ PFTM_TCP_CLOSED,		"tcp.closed" },
	{ PFTM_TS_DIFF,			"tcp.tsdiff" },
	{ PFTM_UDP_FIRST_PACKET,	"udp.first" },
	{ PFTM_UDP_SINGLE,		"udp.single" },
	{ PFTM_UDP_MULTIPLE,		"udp.multiple" },
	{ PFTM_ICMP_FIRST_PACKET,	"icmp.first" },
	{ PFTM_ICMP_ERROR_REPLY,	"icmp.error" },
	{ PFTM_OTHER_FIRST_PACKET,	"other.first" },
	{ PFTM_OTHER_SINGLE,		"other.single" },
	{ PFTM_OTHER_MULTIPLE,		"other.multiple" },
	{ PFTM_FRAG,			"frag" },
	{ PFTM_INTERVAL,		"interval" },
	{ PFTM_ADAPTIVE_START,		"adaptive.start" },
	{ PFTM_ADAPTIVE_END,		"adaptive.end" },
	{ PFTM_SRC_NODE,		"src.track" },
};
_Static_assert(NITEMS(timeouts) == PFTM_MAX, "every timeout has a name");

static const char *const limits[PF_LIMIT_MAX] = {
	[PF_LIMIT_STATES] = "states",
	[PF_LIMIT_SRC_NODES] = "src-nodes",
	[PF_LIMIT_FRAGS] = "frags",
	[PF_LIMIT_TABLES] = "tables",
	[PF_LIMIT_TABLE_ENTRIES] = "table-entries",
	[PF_LIMIT_ANCHORS] = "anchors",
};

static const struct {
	const char	*set;		/* set debug .. */
	const char	*shown;		/* -s info */
} debugs[] = {
	[PF_DEBUG_NONE] = { "none", "None" },
	[PF_DEBUG_URGENT] = { "urgent", "Urgent" },
	[PF_DEBUG_MISC] = { "misc", "Misc" },
	[PF_DEBUG_NOISY] = { "loud", "Loud" },
};

static const char *const reasons[PFRES_MAX] = PFRES_NAMES;
static const char *const lcounters[LCNT_MAX] = LCNT_NAMES;
static const char *const fcounters[FCNT_MAX] = FCNT_NAMES;

const char *
timeout_name(int tm)
{
	size_t i;

	for (i = 0; i < NITEMS(timeouts); i++)
		if (timeouts[i].timeout == tm)
			return (timeouts[i].name);
	return ("?");
}

const char *
limit_name(int limit)
{
	return (limit >= 0 && limit < PF_LIMIT_MAX ? limits[limit] : "?");
}

const char *
debug_name(unsigned int level)
{
	return (level < NITEMS(debugs) ? debugs[level].set : NULL);
}

/* The heading of a part of -s all, once, with an empty line before all but the first. */
void
show_title(struct ctl_show *sh, const char *title)
{
	if (sh->title == title)
		return;
	fprintf(sh->out, "%s%s\n", sh->title != NULL ? "\n" : "", title);
	sh->title = title;
}

/*
 * -s info
 */

/* A counter and how often it has moved a second in `secs' seconds. */
static void
print_rate(FILE *f, const char *name, uint64_t n, int64_t secs)
{
	fprintf(f, "  %-25s %14" PRIu64 " ", name, n);
	if (secs > 0)
		fprintf(f, "%14.1f/s\n", (double)n / (double)secs);
	else
		fprintf(f, "%14s\n", "");
}

static void
print_pair(FILE *f, int indent, const char *name, uint64_t v4, uint64_t v6)
{
	fprintf(f, "%*s%-*s %14" PRIu64 " %16" PRIu64 "\n", indent, "",
	    27 - indent, name, v4, v6);
}

static void
print_status_if(FILE *f, const struct pf_status *s)
{
	static const char *const verdict[2] = { "Passed", "Blocked" };
	static const char *const way[2] = { "In", "Out" };
	int d, v;

	fprintf(f, "Interface Stats for %-16.*s %5s %16s\n", PF_IFNAMSIZ,
	    s->ifname, "IPv4", "IPv6");
	print_pair(f, 2, "Bytes In", s->bcounters[0][0], s->bcounters[1][0]);
	print_pair(f, 2, "Bytes Out", s->bcounters[0][1], s->bcounters[1][1]);
	for (d = 0; d < 2; d++) {
		fprintf(f, "  Packets %s\n", way[d]);
		for (v = 0; v < 2; v++)
			print_pair(f, 4, verdict[v], s->pcounters[0][d][v],
			    s->pcounters[1][d][v]);
	}
	fprintf(f, "\n");
}

/* now: seconds since the epoch */
void
print_status(struct ctl_show *sh, const struct pf_status *s, int64_t now)
{
	static const char *const scounters[SCNT_MAX] = FCNT_NAMES;
	FILE *f = sh->out;
	char line[64], dbg[32];
	int64_t secs = 0;
	int i, len;

	if (s->since > 0 && now > s->since)
		secs = now - s->since;
	len = snprintf(line, sizeof(line), "Status: %s",
	    s->running ? "Enabled" : "Disabled");
	if (s->since > 0)
		snprintf(line + len, sizeof(line) - len,
		    " for %" PRId64 " days %.2d:%.2d:%.2d", secs / 86400,
		    (int)(secs / 3600 % 24), (int)(secs / 60 % 60),
		    (int)(secs % 60));
	snprintf(dbg, sizeof(dbg), "Debug: %s",
	    s->debug < NITEMS(debugs) ? debugs[s->debug].shown : "?");
	fprintf(f, "%-44s %15s\n\n", line, dbg);

	if (sh->verbose > 0) {
		fprintf(f, "Hostid:   0x%08x\n", ntohl(s->hostid));
		fprintf(f, "Checksum: 0x");
		for (i = 0; i < PF_MD5_DIGEST_LENGTH; i++)
			fprintf(f, "%02x", s->pf_chksum[i]);
		fprintf(f, "\n\n");
	}
	if (s->ifname[0] != '\0')
		print_status_if(f, s);

	fprintf(f, "%-27s %14s %16s\n", "State Table", "Total", "Rate");
	fprintf(f, "  %-25s %14u %14s\n", "current entries", s->states, "");
	for (i = 0; i < FCNT_MAX; i++)
		print_rate(f, fcounters[i], s->fcounters[i], secs);
	if (sh->verbose > 0) {
		fprintf(f, "Source Tracking Table\n");
		fprintf(f, "  %-25s %14u %14s\n", "current entries",
		    s->src_nodes, "");
		for (i = 0; i < SCNT_MAX; i++)
			print_rate(f, scounters[i], s->scounters[i], secs);
		fprintf(f, "Fragments\n");
		fprintf(f, "  %-25s %14u %14s\n", "current entries",
		    s->fragments, "");
	}
	fprintf(f, "Counters\n");
	for (i = 0; i < PFRES_MAX; i++)
		print_rate(f, reasons[i], s->counters[i], secs);
	if (sh->verbose > 0) {
		fprintf(f, "Limit Counters\n");
		for (i = 0; i < LCNT_MAX; i++)
			print_rate(f, lcounters[i], s->lcounters[i], secs);
	}
}

int
show_status(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pf_status s;

	memset(&s, 0, sizeof(s));
	if (PF_DO(dev, DIOCGETSTATUS, &s) == -1)
		return (-1);
	if (sh->all)
		show_title(sh, "INFO:");
	print_status(sh, &s, time(NULL));
	return (0);
}

/*
 * -s timeouts, -s memory
 */

int
show_timeouts(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pfioc_tm pt;
	const char *unit;
	size_t i;

	if (sh->all)
		show_title(sh, "TIMEOUTS:");
	for (i = 0; i < NITEMS(timeouts); i++) {
		memset(&pt, 0, sizeof(pt));
		pt.timeout = timeouts[i].timeout;
		if (PF_DO(dev, DIOCGETTIMEOUT, &pt) == -1)
			return (-1);
		unit = timeouts[i].timeout == PFTM_ADAPTIVE_START ||
		    timeouts[i].timeout == PFTM_ADAPTIVE_END ? " states" : "s";
		fprintf(sh->out, "%-20s %10d%s\n", timeouts[i].name,
		    pt.seconds, unit);
	}
	return (0);
}

int
show_limits(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pfioc_limit pl;
	int i;

	if (sh->all)
		show_title(sh, "LIMITS:");
	for (i = 0; i < PF_LIMIT_MAX; i++) {
		memset(&pl, 0, sizeof(pl));
		pl.index = i;
		if (PF_DO(dev, DIOCGETLIMIT, &pl) == -1)
			return (-1);
		fprintf(sh->out, "%-13s ", limits[i]);
		if (pl.limit == UINT32_MAX)
			fprintf(sh->out, "unlimited\n");
		else
			fprintf(sh->out, "hard limit %8u\n", pl.limit);
	}
	return (0);
}

/*
 * Counters of interfaces and tables
 */

/* When they were cleared, in seconds since the epoch. */
void
print_cleared(FILE *f, int64_t since)
{
	const time_t t = since;
	char when[64];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm) == 0)
		strcpy(when, "?");
	fprintf(f, "\tCleared:     %s\n", when);
}

void
print_traffic(FILE *f, const char *row, uint64_t packets, uint64_t bytes)
{
	fprintf(f, "\t%-12s [ Packets: %-18" PRIu64 " Bytes: %-18" PRIu64
	    " ]\n", row, packets, bytes);
}

/*
 * -s Interfaces
 */

void
print_iface(struct ctl_show *sh, const struct pfi_kif *k)
{
	static const char *const rows[2][2][2] = {
		{ { "In4/Pass:", "In4/Block:" }, { "Out4/Pass:", "Out4/Block:" } },
		{ { "In6/Pass:", "In6/Block:" }, { "Out6/Pass:", "Out6/Block:" } },
	};
	FILE *f = sh->out;
	int af, d, v;

	fprintf(f, "%.*s", PF_IFNAMSIZ, k->name);
	if (sh->verbose > 0) {
		if (k->flags & PFI_IFLAG_SKIP)
			fprintf(f, " (skip)");
		if (!k->present && !k->is_group)
			fprintf(f, " (absent)");
	}
	fprintf(f, "\n");
	if (sh->verbose < 2)
		return;

	print_cleared(f, k->tzero);
	fprintf(f, "\tReferences:  [ States:  %-18u Rules: %-18u ]\n",
	    k->states, k->rules);
	for (af = 0; af < 2; af++)
		for (d = 0; d < 2; d++)
			for (v = 0; v < 2; v++)
				print_traffic(f, rows[af][d][v],
				    k->packets[af][d][v], k->bytes[af][d][v]);
}

static int
iface_cmp(const void *a, const void *b)
{
	const struct pfi_kif *ka = a, *kb = b;

	return (strncmp(ka->name, kb->name, PF_IFNAMSIZ));
}

int
show_ifaces(struct pf_dev *dev, struct ctl_show *sh)
{
	struct pfi_kif *k;
	size_t i, n;

	if (pf_dev_ifaces(dev, sh->ifname, &k, &n) == -1)
		return (-1);
	if (n > 0)
		qsort(k, n, sizeof(*k), iface_cmp);
	for (i = 0; i < n; i++)
		print_iface(sh, &k[i]);
	free(k);
	return (0);
}
