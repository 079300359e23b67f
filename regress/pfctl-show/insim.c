// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * insim.c: the half of pfctl that talks to a pf, on an instance in this process.
 *
 * Two programs (struct pf_dev with a client each) share one node of sys/sim.  Rules come
 * by a transaction, packets make states, and what pfctl shows and kills is
 * looked at as text and as counts.
 */
#include <arpa/inet.h>

#include "insim.h"

static struct pfioc_rule *
pass_rule(uint32_t ticket)
{
	struct pfioc_rule *pr;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		abort();
	pr->ticket = ticket;
	pr->ruleset = PF_RULESET_FILTER;
	pr->rule.action = PF_PASS;
	pr->rule.keep_state = PF_STATE_NORMAL;
	pr->rule.flags = 0x02;
	pr->rule.flagset = 0x12;
	pr->rule.rtableid = -1;
	strcpy(pr->rule.label, "all");
	return (pr);
}

static uint32_t
count_rules(struct pf_dev *dev)
{
	struct pfioc_rule *pr;
	uint32_t n;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		abort();
	pr->ruleset = PF_RULESET_FILTER;
	CHECK(PF_DO(dev, DIOCGETRULES, pr) == 0);
	n = pr->nr;
	free(pr);
	return (n);
}

static void
begin(struct trans *t, struct pf_dev *dev)
{
	trans_init(t, dev);
	CHECK(trans_add_rulesets(t, "", LOAD_FILTER | LOAD_NAT) == 0);
	CHECK(trans_add(t, PF_TRANS_OPTIONS, "") == 0);
}

static void
test_transactions(struct program *a, struct program *b)
{
	struct pfioc_limit pl = { PF_LIMIT_STATES, 1234 };
	struct pfioc_rule *pr;
	struct trans ta, tb;
	char text[4096];

	begin(&ta, &a->dev);
	begin(&tb, &b->dev);
	CHECK(trans_begin(&ta) == 0);
	CHECK(trans_begin(&tb) == -1 && !tb.open);	/* busy */
	pr = pass_rule(trans_ticket(&ta, PF_RULESET_FILTER, ""));
	CHECK(PF_DO(&a->dev, DIOCADDRULE, pr) == 0);
	CHECK(PF_DO(&a->dev, DIOCSETLIMIT, &pl) == 0);
	CHECK(count_rules(&a->dev) == 0);		/* not yet */
	CHECK(text_of(show_limits, &b->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "states        hard limit   100000\n"));
	CHECK(trans_commit(&ta) == 0);
	CHECK(count_rules(&b->dev) == 1);
	CHECK(text_of(show_limits, &b->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "states        hard limit     1234\n"));
	trans_free(&ta);

	CHECK(trans_begin(&tb) == 0);			/* and dropped */
	trans_free(&tb);
	CHECK(count_rules(&a->dev) == 1);

	begin(&ta, &a->dev);
	CHECK(trans_begin(&ta) == 0);
	pr->ticket = 0;					/* refused */
	CHECK(a->dev.ioctl(&a->dev, DIOCADDRULE, pr) == EBUSY);
	trans_free(&ta);
	CHECK(count_rules(&a->dev) == 1);
	free(pr);
}

/* A packet goes in by the first interface. */
static void
send_packet(struct sim_node *n, const char *src, const char *dst, uint8_t proto,
    uint16_t sport, uint16_t dport)
{
	struct sim_spec spec = { .src = src, .dst = dst, .proto = proto,
	    .sport = sport, .dport = dport };

	if (proto == IPPROTO_TCP)
		spec.flags = 0x02;
	if (proto == IPPROTO_ICMP) {
		spec.icmp_type = 8;
		spec.icmp_id = sport;
	}
	CHECK(sim_test_free(n, PF_IN, 1, sim_pkt_build(&spec)) == PF_PASS);
}

static void
make_states(struct sim_node *n)
{
	send_packet(n, "10.0.0.2", "10.0.0.1", IPPROTO_TCP, 5555, 22);
	send_packet(n, "10.0.0.3", "10.0.0.1", IPPROTO_UDP, 5555, 53);
	send_packet(n, "10.0.0.3", "10.0.0.1", IPPROTO_ICMP, 77, 0);
	send_packet(n, "2001:db8::2", "2001:db8::1", IPPROTO_TCP, 4000, 80);
}

/* How many states that removed; -1: pfctl takes it for no key. */
static int
killed_by_key(struct program *a, const char *key)
{
	char *arg[2] = { "key", NULL }, text[128];
	struct pfsync_state *s;
	size_t before, after;

	snprintf(text, sizeof(text), "%s", key);
	arg[1] = text;
	CHECK(pf_dev_states(&a->dev, &s, &before) == 0);
	free(s);
	if (kill_states(&a->dev, "", arg, 2, true) != 0)
		return (-1);
	CHECK(pf_dev_states(&a->dev, &s, &after) == 0);
	free(s);
	return ((int)(before - after));
}

static const char *const no_key[] = {
	"", "tcp", "tcp 10.0.0.1:22", "tcp 10.0.0.1:22 <- 10.0.0.2:5555 x",
	"tcp 10.0.0.1:22 = 10.0.0.2:5555", "tcp 10.0.0.1:65536 <- 10.0.0.2:1",
	"tcp 10.0.0.1:-1 <- 10.0.0.2:1", "tcp 10.0.0.1: <- 10.0.0.2:1",
	"tcp 10.0.0.1:22 <- 2001:db8::1[22]", "no-proto 10.0.0.1:22 <- 10.0.0.2:1",
	"0 10.0.0.1:22 <- 10.0.0.2:1", "256 10.0.0.1:22 <- 10.0.0.2:1",
	"tcp 2001:db8::1[80 <- 2001:db8::2[4000]", "tcp 10.0.0.1:22] <- 10.0.0.2:1", "tcp 10.0.0.300:1 <- 10.0.0.2:1",
};

static void
test_states(struct sim_node *n, struct program *a)
{
	char *host[2] = { "10.0.0.3", "10.0.0.1" };
	char *net6[2] = { "::/0", "2001:db8::1" };
	char *label[2] = { "label", "all" };
	char *id[2] = { "id", NULL }, idtext[64];
	struct pfsync_state *s;
	struct pf_status st;
	char text[8192], line[64];
	size_t count;

	make_states(n);
	CHECK(text_of(show_states, &a->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "all tcp 10.0.0.1:22 <- 10.0.0.2:5555       CLOSED:SYN_SENT\n"));
	CHECK(has(text, "all udp 10.0.0.1:53 <- 10.0.0.3:5555       NO_TRAFFIC:SINGLE\n"));
	CHECK(has(text, "all icmp 10.0.0.1:8 <- 10.0.0.3:77       0:0\n"));
	CHECK(has(text, "all tcp 2001:db8::1[80] <- 2001:db8::2[4000]       CLOSED:SYN_SENT\n"));
	CHECK(text_of(show_states, &a->dev, 2, "", text, sizeof(text)) == 0);
	CHECK(has(text, "   age 00:00:00, expires in 00:02:00, 1:0 pkts, "));
	CHECK(has(text, " bytes, rule 0\n"));
	CHECK(has(text, "   origif: ext\n"));
	/* the creator is the host id, as -s info shows it */
	CHECK(PF_DO(&a->dev, DIOCGETSTATUS, &st) == 0);
	snprintf(line, sizeof(line), " creatorid: %08x\n", ntohl(st.hostid));
	CHECK(has(text, line));
	CHECK(text_of(show_status, &a->dev, 1, "", text, sizeof(text)) == 0);
	snprintf(line, sizeof(line), "Hostid:   0x%08x\n", ntohl(st.hostid));
	CHECK(has(text, line));
	CHECK(text_of(show_states, &a->dev, 0, "ext", text, sizeof(text)) == 0 &&
	    text[0] != '\0');
	CHECK(text_of(show_states, &a->dev, 0, "int", text, sizeof(text)) == 0 &&
	    text[0] == '\0');

	CHECK(text_of(show_status, &a->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "  current entries                        4 "));
	CHECK(has(text, "  inserts                                4 "));

	CHECK(kill_states(&a->dev, "", host, 2, true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 2);
	free(s);
	CHECK(kill_states(&a->dev, "", net6, 2, true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 1);
	snprintf(idtext, sizeof(idtext), "%016llx/%08x",
	    (unsigned long long)s->id, ntohl(s->creatorid));
	free(s);
	id[1] = idtext;
	CHECK(kill_states(&a->dev, "", id, 2, true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 0);

	make_states(n);
	CHECK(kill_states(&a->dev, "int", label, 2, true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 4);
	free(s);
	CHECK(kill_states(&a->dev, "", label, 2, true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 0);

	make_states(n);
	CHECK(killed_by_key(a, "tcp 10.0.0.1:22 <- 10.0.0.2:5555") == 1);
	CHECK(killed_by_key(a, "tcp 10.0.0.1:22 <- 10.0.0.2:5555") == 0);
	CHECK(killed_by_key(a, "udp 10.0.0.3:5555 -> 10.0.0.1:53") == 0);
	CHECK(killed_by_key(a, "17 10.0.0.1:53 <- 10.0.0.3:5555") == 1);
	CHECK(killed_by_key(a, "tcp 2001:db8::1[80] <- 2001:db8::2[4000]") == 1);
	CHECK(killed_by_key(a, "icmp 10.0.0.1:8 <- 10.0.0.3:77") == 1);
	for (size_t i = 0; i < sizeof(no_key) / sizeof(no_key[0]); i++)
		CHECK(killed_by_key(a, no_key[i]) == -1);

	make_states(n);
	CHECK(flush_states(&a->dev, "int", true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 4);
	free(s);
	CHECK(flush_states(&a->dev, "", true) == 0);
	CHECK(pf_dev_states(&a->dev, &s, &count) == 0 && count == 0);
}

static void
test_options(struct program *a)
{
	struct pfioc_tm pt = { PFTM_TS_DIFF, 7 };
	struct pfioc_iface io;
	char text[8192];

	CHECK(PF_DO(&a->dev, DIOCSETTIMEOUT, &pt) == 0);
	CHECK(text_of(show_timeouts, &a->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "tcp.first                   120s\n"));
	CHECK(has(text, "tcp.tsdiff                    7s\n"));
	CHECK(has(text, "adaptive.start            60000 states\n"));

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(struct pfi_kif);
	io.flags = PFI_IFLAG_SKIP;
	strcpy(io.name, "notyet");
	CHECK(PF_DO(&a->dev, DIOCSETIFFLAG, &io) == 0);
	CHECK(text_of(show_ifaces, &a->dev, 1, "", text, sizeof(text)) == 0);
	CHECK(has(text, "ext\nint\nnotyet (skip) (absent)\n"));
	CHECK(text_of(show_ifaces, &a->dev, 2, "ext", text, sizeof(text)) == 0);
	CHECK(has(text, "\tIn4/Pass:    [ Packets: "));
	CHECK(!strstr(text, "int\n"));
}

int
main(void)
{
	struct program a, b;
	struct sim_node *n;
	struct sim *sim;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* messages of what is refused are not looked at */
	if (freopen("/dev/null", "w", stderr) == NULL)
		return (1);
	sim = sim_new(1);
	if ((n = sim_node_new(sim, "fw")) == NULL)
		abort();
	CHECK(sim_if_add(n, 1, "ext") == 0 && sim_if_add(n, 2, "int") == 0);
	program_start(&a, n, 100);
	program_start(&b, n, 101);
	CHECK(PF_DO(&a.dev, DIOCSTART, NULL) == 0);
	CHECK(a.dev.ioctl(&a.dev, DIOCSTART, NULL) == EEXIST);

	test_transactions(&a, &b);
	test_states(n, &a);
	test_options(&a);
	CHECK(clear_rulesets(&a.dev, "", LOAD_FILTER | LOAD_NAT, false) == 0);
	CHECK(count_rules(&b.dev) == 0);

	program_end(&a);
	program_end(&b);
	sim_free(sim);
	printf("insim: %d checks, %d failed\n", checks, failures);
	return (failures != 0);
}
