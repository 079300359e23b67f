// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_conf.c: any text as a pf.conf, through all of the language: parsed, expanded,
 * checked, optimized at each level, printed.
 *
 * The machine that the text is read on is made up here (system.h): seven interfaces,
 * a few names, and files by the first letter of their last part, so that an
 * input means the same everywhere.  Each reading has a struct pfctl and two texts
 * of its own, freed at its end.  What is asserted: what is refused says why and was
 * counted; what is accepted is said without an error; what is printed of it is accepted again
 * and printed the same.  Locking: none, one thread.
 */
#include <sys/mman.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "fuzz.h"
#include "parser.h"
#include "system.h"

#define RULES_MAX	3000		/* of one input: more take too long */
#define INPUT_MAX	65536

/*
 * The machine
 */

static const struct {
	char		 letter;
	const char	*text;
} files[] = {
	{ 'i', "pass in on eth0 inet proto tcp to port 22\n" },
	{ 'm', "ext_if = \"eth0\"\nint_if = eth1\n" },
	{ 'a', "block all\nanchor \"x\" {\n\tpass quick\n}\n" },
	{ 'q', "altq on eth1 priq bandwidth 1Mb queue { a b c d e f g h i j k l m n "
	    "o p q }\n"
	    "queue a priq(default)\nqueue b\nqueue c\nqueue d\nqueue e\n"
	    "queue f\nqueue g\nqueue h\nqueue i\nqueue j\nqueue k\n"
	    "queue l\nqueue m\nqueue n\nqueue o\nqueue p\nqueue q\n" },
	{ 'l', "load anchor loop from \"/l\"\n" },
	{ 't', "192.0.2.1 !192.0.2.0/24 # 10/8\n2001:db8::/32, host\n10.1.2.3\n" },
	{ 'p', "16384:64:1:60:M*,N,W0:OpenBSD:3.0-3.4::OpenBSD 3\n"
	    "S4:64:1:60:M*,S,T,N,W0:Linux:2.4:ts:Linux\n"
	    "%8192:128:0:52:M1460,N,N,S:Windows:XP:SP1:Windows\n" },
	{ 'e', "" },
};

int
sys_open(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t i, len;
	int fd;

	name = name != NULL ? name + 1 : path;
	for (i = 0; i < NITEMS(files) && files[i].letter != *name; i++)
		;
	if (i == NITEMS(files)) {
		errno = ENOENT;
		return (-1);
	}
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(fd != -1, "memfd_create");
	len = strlen(files[i].text);
	must(write(fd, files[i].text, len) == (ssize_t)len, "a file");
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	return (fd);
}

void
sys_addresses(const char *name,
    void (*found)(void *arg, uint8_t af, const void *addr), void *arg)
{
	static const uint8_t v4[4] = { 198, 51, 100, 1 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, 9 };

	if (strchr(name, '.') == NULL && strcmp(name, "host") != 0)
		return;
	found(arg, AF_INET, v4);
	if (name[0] == 'h')
		found(arg, AF_INET6, v6);
	if (name[0] == 'm')
		found(arg, AF_INET, v4);
}

int
sys_proto(const char *name)
{
	return (strcmp(name, "ipencap") == 0 ? 4 : -1);
}

void
sys_protos(void (*row)(void *arg, const char *name, int proto), void *arg)
{
	row(arg, "ipencap", 4);
}

void
sys_services(void (*row)(void *arg, const char *name, int port, int proto,
    bool alias), void *arg)
{
	row(arg, "ssh", 22, IPPROTO_TCP, false);
	row(arg, "domain", 53, IPPROTO_TCP, false);
	row(arg, "domain", 53, IPPROTO_UDP, false);
	row(arg, "http", 80, IPPROTO_TCP, false);
	row(arg, "www", 80, IPPROTO_TCP, true);
	row(arg, "ntp", 123, IPPROTO_UDP, false);
	row(arg, "https", 443, IPPROTO_TCP, false);
	row(arg, "smtp", 25, IPPROTO_TCP, false);
	row(arg, "auth", 113, IPPROTO_TCP, false);
}

bool
sys_user(const char *name, uint32_t *id)
{
	*id = (uint32_t)strlen(name);
	return (name[0] == 'r' || name[0] == '_');
}

bool
sys_group(const char *name, uint32_t *id)
{
	*id = (uint32_t)strlen(name);
	return (name[0] == 'w' || name[0] == '_');
}

size_t
sys_ifaddrs(struct if_addr **list)
{
	static const struct {
		const char	*name, *addr, *other;	/* broadcast, peer */
		uint8_t		 index, net;
	} rows[] = {
		{ "lo0", "127.0.0.1", NULL, 1, 8 },
		{ "lo0", "::1", NULL, 1, 128 },
		{ "eth0", "192.0.2.1", "192.0.2.255", 2, 24 },
		{ "eth0", "192.0.2.9", "192.0.2.255", 2, 24 },
		{ "eth0", "2001:db8::1", NULL, 2, 64 },
		{ "eth0", "fe80::1", NULL, 2, 64 },
		{ "eth1", "10.0.0.1", "10.255.255.255", 3, 8 },
		{ "ppp0", "203.0.113.1", "203.0.113.2", 4, 32 },
		{ "em0", "198.51.100.1", "198.51.100.255", 5, 24 },
		{ "em1", "172.16.0.1", "172.31.255.255", 6, 12 },
		{ "vtnet0", "100.64.0.1", "100.127.255.255", 7, 10 },
	};
	struct if_addr *ia = calloc(NITEMS(rows), sizeof(*ia));
	struct pf_addr other;
	uint8_t net;
	size_t i;

	must(ia != NULL, "memory");
	for (i = 0; i < NITEMS(rows); i++) {
		strcpy(ia[i].ifname, rows[i].name);
		ia[i].index = rows[i].index;
		ia[i].place = i;
		ia[i].af = addr_parse(rows[i].addr, &ia[i].addr, &net) == 4 ?
		    AF_INET : AF_INET6;
		ia[i].net = rows[i].net;
		ia[i].loopback = rows[i].index == 1;
		ia[i].pointopoint = rows[i].index == 4;
		ia[i].linklocal = ia[i].addr.v6[0] == 0xfe;
		if (rows[i].other == NULL)
			continue;
		addr_parse(rows[i].other, &other, &net);
		ia[i].has_peer = ia[i].pointopoint;
		ia[i].has_broadcast = !ia[i].pointopoint;
		ia[i].peer = ia[i].broadcast = other;
	}
	*list = ia;
	return (NITEMS(rows));
}

bool
sys_iface_exists(const char *name)
{
	return (strcmp(name, "lo0") == 0 || strncmp(name, "eth", 3) == 0);
}

int
sys_iface_mtu(const char *name)
{
	return (strcmp(name, "lo0") == 0 ? 65536 : 1500);
}

uint64_t
sys_iface_speed(const char *name)
{
	return (strcmp(name, "eth0") == 0 ? 1000000000 : 0);
}

bool
sys_random(void *buf, size_t len)
{
	memset(buf, 0x5a, len);
	return (true);
}

/*
 * One reading
 */

struct reading {
	char		*out, *err;	/* of malloc() */
	size_t		 outlen, errlen;
	bool		 ok;
	unsigned long	 rules, tables, queues, anchors;
};

static void
read_conf(struct reading *r, const char *text, size_t len, int level, int verbose)
{
	struct pfctl pf;
	uint32_t i;
	int t;

	memset(r, 0, sizeof(*r));
	pfctl_init(&pf);
	pf.out = open_memstream(&r->out, &r->outlen);
	pf.err = open_memstream(&r->err, &r->errlen);
	must(pf.out != NULL && pf.err != NULL, "streams");
	pf.optimize = level;
	pf.set.optimize = level;
	pf.verbose = verbose;
	pf.rules_max = RULES_MAX;
	r->ok = pfctl_parse_buf(&pf, text, len, "fuzz") == 0;
	fclose(pf.out);
	fclose(pf.err);
	must(r->ok == (pf.errors == 0), "refused if and only if an error counts");
	must(r->ok || r->errlen > 0, "what is refused is told why");
	for (i = 0; i < pf.nanchors; i++)
		for (t = 0; t < PF_RULESET_MAX; t++)
			r->rules += pf.anchors[i].rs[t].n;
	r->tables = pf.ntables;
	r->queues = pf.naltq;
	r->anchors = pf.nanchors - 1;
	pfctl_free(&pf);
}

static void
reading_free(struct reading *r)
{
	free(r->out);
	free(r->err);
}

/* The sums over all inputs, shown at the end if FUZZ_STATS is set. */
static struct reading total;
static unsigned long accepted, refused;

static void
show_stats(void)
{
	fprintf(stderr, "stats: accepted=%lu refused=%lu rules=%lu tables=%lu "
	    "queues=%lu anchors=%lu\n", accepted, refused, total.rules,
	    total.tables, total.queues, total.anchors);
}

static void
count(const struct reading *r)
{
	static bool ready;

	if (!ready && getenv("FUZZ_STATS") != NULL)
		atexit(show_stats);
	ready = true;
	if (!r->ok)
		refused++;
	else
		accepted++;
	total.rules += r->rules;
	total.tables += r->tables;
	total.queues += r->queues;
	total.anchors += r->anchors;
}

/*
 * What was printed of an input means the same again.  Not so by design, as the classic
 * program has it: queues are printed before scrub rules, which must come first.
 */
static void
round_trip(const struct reading *r)
{
	struct reading again;

	if (r->queues > 0 && strstr(r->out, "scrub ") != NULL)
		return;
	read_conf(&again, r->out, r->outlen, PFCTL_OPT_NONE, 1);
	if (!again.ok || again.outlen != r->outlen ||
	    memcmp(again.out, r->out, r->outlen) != 0) {
		fprintf(stderr, "--- first\n%s--- second\n%s--- messages\n%s",
		    r->out, again.out, again.err);
		must(false, "what is printed is read as the same");
	}
	reading_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int levels[] = { PFCTL_OPT_BASIC, PFCTL_OPT_PROFILE };
	struct reading r, again;
	size_t i;

	if (size > INPUT_MAX)
		return (0);
	read_conf(&r, (const char *)data, size, PFCTL_OPT_NONE, 1);
	count(&r);
	if (r.ok)
		round_trip(&r);
	for (i = 0; r.ok && i < NITEMS(levels); i++) {
		read_conf(&again, (const char *)data, size, levels[i], 2);
		must(again.ok, "a level of optimization makes no difference to "
		    "what is accepted");
		must(again.rules <= r.rules, "no more rules by optimization");
		reading_free(&again);
	}
	reading_free(&r);
	return (0);
}

#ifdef SEEDS
/* Something of everything, for a tree that is alone. */
static const char every[] =
    "ext = \"eth0\"\n"
    "table <t> persist file \"/t\"\n"
    "table <u> const { 10/8 !10.1/16 host self }\n"
    "set skip on lo0\nset timeout { tcp.first 10, interval 5 }\n"
    "set limit states 1000\nset optimization aggressive\n"
    "set state-defaults sloppy\n"
    "altq on $ext hfsc bandwidth 100Mb queue { a, b }\n"
    "queue a bandwidth 30% hfsc(default realtime 1Mb)\n"
    "queue b bandwidth 10% qlimit 10 priority 2 hfsc(red ecn)\n"
    "queue m on eth1 bandwidth 100M\nqueue n parent m bandwidth 1M default\n"
    "nat on $ext from 10/8 to any -> (eth0) static-port\n"
    "rdr pass on $ext proto tcp to port 80 -> { 10.1.2.3, 10.1.2.4 } port 8080 "
    "round-robin sticky-address\n"
    "binat on eth0 from 10.1.1.1 to any -> 192.0.2.77\n"
    "antispoof quick for { eth0 eth1 }\n"
    "anchor \"x/*\" in on eth1\n"
    "anchor {\n\tpass proto { tcp udp } to port { 22 53:60 >1024 }\n}\n"
    "load anchor y from \"/a\"\n"
    "block return in log (all, to pflog1) on ! eth1 from { <t> (eth0:network)/24 "
    "no-route } os \"OpenBSD\" label \"$nr:$srcaddr\" tag X\n"
    "pass out quick inet6 proto icmp6 icmp6-type { echoreq code 0 }\n"
    "pass in route-to (eth1 10.0.0.2) from 2.2.2.2 - 3.3.3.3 user root "
    "group > 10 keep state (max 10, source-track rule, max-src-nodes 3, "
    "max-src-conn-rate 3/5, overload <u> flush global, tcp.first 3)\n"
    "match out on eth0 nat-to eth0 set (prio 3, queue(a, b), tos 0x10)\n"
    "pass in proto tcp to 192.0.2.1 port 80 rdr-to 10.0.0.1 port 81 probability 20%\n";

/* The rulesets whose text or fate is known, of this tree and, if they are there, of
 * ../shared; each as it is. */
int
main(int argc, char **argv)
{
	static const char *const patterns[] = {
		"../pfctl/*.in", "../../etc/pf.conf*",
		"../../../shared/corpus/*/*.conf",
		"../../../shared/conformance/openbsd-4/*.in",
	};
	char name[64];
	char buf[INPUT_MAX];
	glob_t g;
	size_t i, k, n;
	FILE *f;

	must(argc == 2, "a directory");
	seed_write(argv[1], "every", every, strlen(every));
	for (i = 0; i < NITEMS(patterns); i++) {
		if (glob(patterns[i], 0, NULL, &g) != 0)
			continue;
		for (k = 0; k < g.gl_pathc; k++) {
			if ((f = fopen(g.gl_pathv[k], "r")) == NULL)
				continue;
			n = fread(buf, 1, sizeof(buf), f);
			fclose(f);
			snprintf(name, sizeof(name), "%zu-%zu", i, k);
			if (n < sizeof(buf))
				seed_write(argv[1], name, buf, n);
		}
		globfree(&g);
	}
	return (0);
}
#endif
