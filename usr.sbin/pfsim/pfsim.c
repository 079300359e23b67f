// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pfsim.c: what a pf.conf would do with the packets of a capture file.
 *
 * The same core that filters in the kernel runs in this process, on a machine of
 * sys/sim with one or two interfaces.  Rules are loaded by pfctl's own
 * load_rules(), over an ioctl function that calls pf_ioctl().  The clock follows the
 * time stamps of the file, so that states expire as they would have.  Nothing of the
 * real machine is asked or changed, and no privilege is needed.
 *
 * A verdict is explained by what moved: which rule's packet counter, which reason,
 * how many states.  Everything lives from main() to its end.  No locking.
 */
#include <arpa/inet.h>

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "sim.h"
#include "ctl.h"
#include "pfctl.h"
#include "view.h"

#define NLOCAL		32
#define NGIVEN		32

struct prefix {				/* -l, -a */
	uint8_t		 af, plen;
	struct pf_addr	 addr;
};

struct pfsim {
	struct pf_dev	 dev;
	struct sim	*sim;
	struct sim_node	*node;
	struct pf_client *client;
	struct names	*names;
	struct osfp_db	*osfp;		/* of the instance */
	struct prefix	 local[NLOCAL];
	unsigned int	 nlocal;
	const char	*given[NGIVEN];	/* -a */
	unsigned int	 ngiven;
	const char	*ifname, *outif;
	int		 dir;		/* of what is not from a local address */
	int		 verbose;
	unsigned int	 shown;		/* -s: bits by row of shows[] */
	bool		 quiet;		/* dropped packets only */
	struct sim_pcap	*out;		/* -w */
	struct sim_pcap	*log;		/* -L */
	struct views	 views;
	uint64_t	 start;		/* time stamp of the first packet */
	unsigned long	 number, passed, dropped, answers;
};

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "usage: pfsim [-qv] [-a interface=address/length|default] "
	    "[-D macro=value]\n\t     [-d in|out] [-i interface] "
	    "[-L file] [-l address[/length]] [-o interface]\n\t     "
	    "[-s modifier] [-w file] -f file [-r file]\n");
	exit(2);
}

static int
sim_dev_ioctl(struct pf_dev *dev, unsigned long cmd, void *arg)
{
	struct pfsim *ps = dev->priv;

	return (sim_ioctl(ps->node, ps->client, cmd, arg));
}

/* "address" or "address/length" into x; else what of it is wrong. */
static const char *
prefix_read(struct prefix *x, const char *text)
{
	char addr[INET6_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	unsigned long n, max;

	memset(x, 0, sizeof(*x));
	if (len >= sizeof(addr))
		return ("not an address");
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(AF_INET, addr, &x->addr) == 1)
		x->af = AF_INET;
	else if (inet_pton(AF_INET6, addr, &x->addr) == 1)
		x->af = AF_INET6;
	else
		return ("not an address");
	max = n = x->af == AF_INET ? 32 : 128;
	if (slash++ != NULL) {
		n = strtoul(slash, &end, 10);
		if (*slash < '0' || *slash > '9' || *end != '\0' || n > max)
			return ("not a prefix length");
	}
	x->plen = (uint8_t)n;
	return (NULL);
}

static void
local_add(struct pfsim *ps, const char *text)
{
	const char *wrong;

	if (ps->nlocal == NLOCAL)
		errx(1, "more than %d addresses given by -l", NLOCAL);
	wrong = prefix_read(&ps->local[ps->nlocal++], text);
	if (wrong != NULL)
		errx(1, "-l %s: %s", text, wrong);
}

static void
given_add(struct pfsim *ps, const char *text)
{
	if (ps->ngiven == NGIVEN)
		errx(1, "more than %d addresses given by -a", NGIVEN);
	ps->given[ps->ngiven++] = text;
}

/* The number of the interface that `text' begins with, and an equals sign. */
static int
given_ifindex(const struct pfsim *ps, const char *text)
{
	const char *const name[] = { ps->ifname, ps->outif };
	const char *eq = strchr(text, '=');
	size_t len;

	if (eq == NULL || eq == text)
		errx(1, "-a %s: it takes interface=address/length or "
		    "interface=default", text);
	len = (size_t)(eq - text);
	for (int i = 0; i < 2; i++)
		if (name[i] != NULL && strlen(name[i]) == len &&
		    memcmp(name[i], text, len) == 0)
			return (i + 1);
	errx(1, "-a %s: %.*s is not the interface of -i%s", text, (int)len, text,
	    ps->outif != NULL ? " or -o" : "");
}

/* Do what an -a says. */
static void
give(struct pfsim *ps, const char *text)
{
	int ifindex = given_ifindex(ps, text);
	const struct sim_if *ifp = sim_if_find(ps->node, ifindex);
	const char *what = strchr(text, '=') + 1, *wrong;
	struct prefix x;
	int error;

	if (strcmp(what, "default") == 0)
		error = sim_route(ps->node, "0.0.0.0/0", ifindex);
	else {
		if ((wrong = prefix_read(&x, what)) != NULL)
			errx(1, "-a %s: %s", text, wrong);
		if (strchr(what, '/') == NULL || x.plen == 0)
			errx(1, "-a %s: the address needs its length, as in "
			    "192.0.2.1/24", text);
		for (unsigned int i = 0; i < ifp->naddr; i++)
			if (ifp->af[i] == x.af && memcmp(&ifp->addr[i],
			    &x.addr, sizeof(x.addr)) == 0)
				errx(1, "-a %s: the interface has this "
				    "address already", text);
		if (ifp->naddr == SIM_IFADDRS)
			errx(1, "-a %s: an interface has at most %d addresses",
			    text, SIM_IFADDRS);
		error = sim_if_addr(ps->node, ifindex, what);
	}
	if (error != 0)
		errx(1, "-a %s: %s", text, strerror(error));
}

static bool
is_local(const struct pfsim *ps, const struct sim_info *in)
{
	uint8_t a[16] = { 0 }, diff;

	if (in->af == 0 || inet_pton(in->af, in->src, a) != 1)
		return (false);
	for (unsigned int i = 0; i < ps->nlocal; i++) {
		const struct prefix *l = &ps->local[i];
		unsigned int whole = l->plen / 8, bits = l->plen % 8;

		if (l->af != in->af || memcmp(l->addr.addr8, a, whole) != 0)
			continue;
		diff = bits != 0 ? (uint8_t)(l->addr.addr8[whole] ^ a[whole]) : 0;
		if (bits == 0 || diff >> (8 - bits) == 0)
			return (true);
	}
	return (false);
}

static void
print_packet(const struct sim_info *in, uint32_t len)
{
	static const char letters[] = "FSRPAUEW";
	char flags[9];
	int n = 0;

	if (in->af == 0) {
		printf("%u bytes, no IP header", len);
		return;
	}
	switch (in->proto) {
	case IPPROTO_TCP:
		for (int i = 0; i < 8; i++)
			if ((in->flags & 1 << i) != 0)
				flags[n++] = letters[i];
		flags[n] = '\0';
		printf("tcp %s %u -> %s %u %s", in->src, in->sport, in->dst,
		    in->dport, n != 0 ? flags : "-");
		break;
	case IPPROTO_UDP:
		printf("udp %s %u -> %s %u", in->src, in->sport, in->dst,
		    in->dport);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		printf("%s %s -> %s type %u code %u",
		    in->proto == IPPROTO_ICMP ? "icmp" : "icmp6", in->src,
		    in->dst, in->icmp_type, in->icmp_code);
		break;
	default:
		printf("proto %u %s -> %s", in->proto, in->src, in->dst);
	}
	printf(" len %u", len);
	if (!in->ok && in->wrong != NULL)
		printf(" (%s)", in->wrong);
}

static void
print_rule(struct pfsim *ps, const char *what, const struct view_rule *r)
{
	struct pfctl_printer pp = { .out = stdout, .names = ps->names,
	    .osfp = ps->osfp };

	printf("%s @%u", what, r->rule->rule.nr);
	if (r->in->anchor[0] != '\0')
		printf(" of anchor \"%s\"", r->in->anchor);
	printf(" ");
	pfctl_print_rule(&pp, &r->rule->rule, r->rule->pool,
	    r->rule->anchor_call);
}

static void
explain(struct pfsim *ps, int verdict)
{
	const struct pf_status *a = &ps->views.before, *b = &ps->views.after;
	struct view_rule filter = views_filter(&ps->views);
	struct view_rule translates = views_translation(&ps->views);
	const char *reason = views_reason(&ps->views);
	bool asked = a->counters[PFRES_MATCH] != b->counters[PFRES_MATCH];
	bool found = !asked &&
	    b->fcounters[FCNT_STATE_INSERT] == a->fcounters[FCNT_STATE_INSERT];

	printf("\t%s", verdict == PF_PASS ? "pass" : "BLOCK");
	if (reason != NULL)
		printf(", %s", reason);
	if (!b->running)
		printf(": pf is disabled");
	else if (filter.rule != NULL)
		print_rule(ps, found ? ": state of rule" : ": rule", &filter);
	else if (asked && reason == NULL)
		printf(": no rule matches");
	else if (reason == NULL && translates.rule == NULL)
		printf(": not looked at (set skip, or a state of a rule that "
		    "is gone)");
	if (translates.rule != NULL)
		print_rule(ps, filter.rule != NULL || asked ?
		    ", translated by" : found ? ": state of" : ": translated by",
		    &translates);
	if (b->fcounters[FCNT_STATE_INSERT] != a->fcounters[FCNT_STATE_INSERT])
		printf(" [new state, %u in all]", b->states);
	printf("\n");
}

/* The way that a rule has given a packet: its interface and gateway. */
static void
print_way(struct pfsim *ps, const struct pf_pkt *p, const char *what)
{
	const struct sim_if *ifp = sim_if_find(ps->node, p->way);
	char gw[INET6_ADDRSTRLEN];

	inet_ntop(p->af, p->gw, gw, sizeof(gw));
	printf("\t%s %s, by %s\n", what, gw, ifp != NULL ? ifp->name : "?");
}

/* It is diverted to a program of this host. */
static void
print_here(const struct pf_pkt *p)
{
	char at[INET6_ADDRSTRLEN];

	inet_ntop(p->af, p->gw, at, sizeof(at));
	if (p->port != 0)
		printf("\tis for who listens at %s port %u\n", at, p->port);
	else
		printf("\tis for this host\n");
}

static void
copies(struct pfsim *ps, bool show)
{
	struct pf_pkt *p;

	while ((p = sim_pktq_take(&ps->node->out)) != NULL) {
		if (show && p->way != 0)
			print_way(ps, p, "a copy goes to");
		sim_pkt_free(p);
	}
}

static void
answers(struct pfsim *ps, uint64_t when, bool show)
{
	struct sim_info in;
	struct pf_pkt *p;

	while ((p = sim_pktq_take(&ps->node->sent)) != NULL) {
		ps->answers++;
		sim_pkt_info(p, &in);
		if (show) {
			printf("\tpf answers: ");
			print_packet(&in, p->len);
			printf("\n");
		}
		if (ps->out != NULL && sim_pcap_write(ps->out, p, when) != 0)
			errx(1, "the output file cannot be written");
		sim_pkt_free(p);
	}
}

/* What rules have logged. */
static void
records(struct pfsim *ps, uint64_t when)
{
	struct pf_pkt *p;

	while ((p = sim_pktq_take(&ps->node->logged)) != NULL) {
		if (ps->log != NULL && sim_pcap_write(ps->log, p, when) != 0)
			errx(1, "the file of what is logged cannot be written");
		sim_pkt_free(p);
	}
}

/* One packet at one interface: the verdict.  PF_TAKEN: pf keeps the packet. */
static int
judge(struct pfsim *ps, struct pf_pkt *p, int dir, int ifindex, uint64_t when)
{
	struct sim_info in, out;
	uint32_t len = p->len;
	bool show;
	int verdict;

	sim_pkt_info(p, &in);
	views_before(&ps->views);
	verdict = sim_test(ps->node, dir, ifindex, p);
	views_after(&ps->views);
	show = !ps->quiet || verdict != PF_PASS;
	if (show) {
		printf("%lu %.6f %s %s: ", ps->number,
		    (double)(when - ps->start) / 1e6,
		    dir == PF_IN ? "in" : "out",
		    ifindex == 1 ? ps->ifname : ps->outif);
		print_packet(&in, len);
		printf("\n");
	}
	if (show && verdict == PF_TAKEN)
		printf("\theld: the rest of its datagram is missing\n");
	else if (show) {
		sim_pkt_info(p, &out);
		explain(ps, verdict);
		if (strcmp(in.src, out.src) != 0 || in.sport != out.sport ||
		    strcmp(in.dst, out.dst) != 0 || in.dport != out.dport ||
		    in.icmp_id != out.icmp_id) {
			printf("\tbecomes: ");
			print_packet(&out, p->len);
			printf("\n");
		}
		if (verdict == PF_PASS && p->way != 0)
			print_way(ps, p, "goes to");
		if (verdict == PF_PASS && p->here)
			print_here(p);
	}
	copies(ps, show);
	answers(ps, when, show);
	return (verdict);
}

static void
packet(struct pfsim *ps, struct pf_pkt *p, uint64_t when)
{
	struct sim_info in;
	bool local;
	int dir, end, verdict;

	ps->number++;
	if (ps->number == 1)
		ps->start = when;
	/* Files may step back in time; the clock does not. */
	if (when - ps->start > ps->sim->now - SIM_START &&
	    when >= ps->start)
		sim_advance(ps->sim, when - ps->start -
		    (ps->sim->now - SIM_START));
	if (when < ps->start)
		when = ps->start;
	sim_pkt_info(p, &in);
	local = is_local(ps, &in);
	dir = local ? PF_IN + PF_OUT - ps->dir : ps->dir;
	if (ps->outif == NULL)
		verdict = judge(ps, p, dir, 1, when);
	else {
		/* A router: what is from -l comes from behind, by -o. */
		end = local ? 2 : 1;
		verdict = judge(ps, p, PF_IN, end, when);
		if (verdict == PF_PASS)
			verdict = judge(ps, p, PF_OUT, 3 - end, when);
	}
	records(ps, when);
	if (verdict == PF_TAKEN)
		return;
	if (verdict == PF_PASS) {
		ps->passed++;
		if (ps->out != NULL && sim_pcap_write(ps->out, p, when) != 0)
			errx(1, "the output file cannot be written");
	} else
		ps->dropped++;
	sim_pkt_free(p);
}

static int
run_file(struct pfsim *ps, const char *path)
{
	char msg[256];
	struct sim_pcap *f = sim_pcap_open(path, msg, sizeof(msg));
	struct pf_pkt *p;
	uint64_t when;
	int r;

	if (f == NULL) {
		warnx("%s", msg);
		return (-1);
	}
	while ((r = sim_pcap_next(f, &p, &when)) == 1)
		packet(ps, p, when);
	if (r == -1)
		warnx("%s: damaged after packet %lu", path, ps->number);
	if (sim_pcap_skipped(f) != 0)
		warnx("%s: %lu frames are not IP", path, sim_pcap_skipped(f));
	sim_pcap_close(f);
	return (r);
}

static void
machine(struct pfsim *ps, bool log)
{
	/* Randomness need not be good here, only the same every time. */
	ps->sim = sim_new(1);
	ps->node = sim_node_new(ps->sim, "pfsim");
	if (ps->node == NULL)
		err(1, NULL);
	ps->node->log_stderr = true;
	if (sim_if_add(ps->node, 1, ps->ifname) != 0)
		errx(1, "%s: not an interface name", ps->ifname);
	if (ps->outif != NULL && sim_if_add(ps->node, 2, ps->outif) != 0)
		errx(1, "%s: not another interface name", ps->outif);
	if (log && sim_if_add(ps->node, 3, "pflog0") != 0)
		errx(1, "pflog0 is no name of an interface with -L");
	ps->node->listens_log = log;
	for (unsigned int i = 0; i < ps->ngiven; i++)
		give(ps, ps->given[i]);
	ps->client = pf_client_open(ps->node->pf, (uint32_t)getpid(),
	    (uint32_t)getuid());
	ps->names = pfctl_names_new();
	if (ps->client == NULL || ps->names == NULL)
		err(1, NULL);
	ps->dev.ioctl = sim_dev_ioctl;
	ps->dev.priv = ps;
	ps->dev.fd = -1;
	ps->dev.path = "pfsim";
}

/* As pfctl -s info; the time is that of the capture file. */
static int
show_info(struct pf_dev *dev, struct ctl_show *cs)
{
	const struct pfsim *ps = dev->priv;
	struct pf_status st;

	if (PF_DO(dev, DIOCGETSTATUS, &st) == -1)
		return (-1);
	print_status(cs, &st, ps->sim->epoch +
	    (int64_t)(ps->sim->now / SIM_SECOND));
	return (0);
}

/* As pfctl -s has them. */
static const struct {
	const char	*name;
	int		(*show)(struct pf_dev *, struct ctl_show *);
} shows[] = {
	{ "info",	show_info },
	{ "labels",	show_labels },
	{ "memory",	show_limits },
	{ "nat",	show_nat },
	{ "osfp",	show_osfp },
	{ "rules",	show_rules },
	{ "Sources",	show_sources },
	{ "states",	show_states },
	{ "timeouts",	show_timeouts },
	{ "Interfaces",	show_ifaces },
};
#define NSHOWS	(sizeof(shows) / sizeof(shows[0]))

static void
show_add(struct pfsim *ps, const char *modifier)
{
	for (size_t i = 0; i < NSHOWS; i++)
		if (modifier[0] != '\0' && strncmp(shows[i].name, modifier,
		    strlen(modifier)) == 0) {
			ps->shown |= 1U << i;
			return;
		}
	usage();
}

static void
show(struct pfsim *ps)
{
	struct ctl_show cs = { .out = stdout, .verbose = ps->verbose - 1,
	    .ifname = "", .anchor = "", .names = ps->names,
	    .osfp = ps->osfp };

	printf("%lu packets: %lu passed, %lu blocked", ps->number, ps->passed,
	    ps->dropped);
	if (ps->answers != 0)
		printf(", %lu answered", ps->answers);
	printf("\n");
	if (ps->verbose == 0)
		cs.verbose = 0;
	for (size_t i = 0; i < NSHOWS; i++)
		if ((ps->shown & 1U << i) != 0)
			shows[i].show(&ps->dev, &cs);
	if (ps->verbose == 0)
		return;
	printf("\nRULES:\n");
	cs.verbose = 1;
	show_rules(&ps->dev, &cs);
	cs.verbose = ps->verbose - 1;
	printf("\nSTATES:\n");
	show_states(&ps->dev, &cs);
}

/* A file to write to, if it is wanted. */
static struct sim_pcap *
create(const char *path, int dlt)
{
	char msg[256];
	struct sim_pcap *f;

	if (path == NULL)
		return (NULL);
	f = sim_pcap_create(path, dlt, msg, sizeof(msg));
	if (f == NULL)
		errx(1, "%s: %s", path, msg);
	return (f);
}

int
main(int argc, char **argv)
{
	static struct pfsim ps = { .ifname = "eth0", .dir = PF_IN };
	struct ctl_load load = { .anchor = "", .what = LOAD_ALL,
	    .optimize = PFCTL_OPT_FILE };
	const char *pcap = NULL, *outfile = NULL, *logfile = NULL;
	int ch, r = 0;

	while ((ch = getopt(argc, argv, "a:D:d:f:i:L:l:o:qr:s:vw:")) != -1) {
		switch (ch) {
		case 'a':
			given_add(&ps, optarg);
			break;
		case 'D':
			if (load_define(&load, optarg) == -1)
				exit(1);
			break;
		case 'd':
			if (strcmp(optarg, "in") == 0)
				ps.dir = PF_IN;
			else if (strcmp(optarg, "out") == 0)
				ps.dir = PF_OUT;
			else
				usage();
			break;
		case 'f':
			load.file = optarg;
			break;
		case 'i':
			ps.ifname = optarg;
			break;
		case 'L':
			logfile = optarg;
			break;
		case 'l':
			local_add(&ps, optarg);
			break;
		case 'o':
			ps.outif = optarg;
			break;
		case 'q':
			ps.quiet = true;
			break;
		case 'r':
			pcap = optarg;
			break;
		case 's':
			show_add(&ps, optarg);
			break;
		case 'v':
			ps.verbose++;
			break;
		case 'w':
			outfile = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || load.file == NULL)
		usage();

	machine(&ps, logfile != NULL);
	if (load_rules(&ps.dev, &load) == -1)
		exit(1);
	if (PF_DO(&ps.dev, DIOCSTART, NULL) == -1)
		exit(1);
	if ((ps.osfp = osfp_fetch(&ps.dev)) == NULL)
		exit(1);
	views_open(&ps.views, &ps.dev);
	ps.out = create(outfile, DLT_RAW);
	ps.log = create(logfile, DLT_PFLOG);
	if (pcap != NULL)
		r = run_file(&ps, pcap);
	show(&ps);

	sim_pcap_close(ps.out);
	sim_pcap_close(ps.log);
	pf_client_close(ps.client);
	sim_free(ps.sim);
	pfctl_names_free(ps.names);
	osfp_free(ps.osfp);
	views_close(&ps.views);
	free(load.defs);
	return (r == 0 ? 0 : 1);
}
