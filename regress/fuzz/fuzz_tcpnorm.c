// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_tcpnorm.c: segments of TCP connections through rules with `scrub (reassemble tcp)' and
 * `modulate state'.
 *
 * An input is a byte that chooses the rules and then a list of segments: a byte of how, a byte of
 * TCP flags, three bytes of numbers, a byte of where the options come from, and those if the
 * input has some.  Numbers and timestamps are near to what each end has seen last, so that a
 * connection comes about; some are not.  What passes must be sound, as long as it was, with
 * checksums that are right; in the end nothing is left of the connections.
 */
#include <arpa/inet.h>

#include "fuzz.h"
#include "pf_instance.h"
#include "pf_wire.h"

#define R_MODULATE	0x01		/* the rules */
#define R_TCPNORM	0x02
#define R_SCRUB		0x04		/* a scrub rule in place of the option */
#define R_V6		0x08

#define H_BACK		0x01		/* how: from the server */
#define H_CUT		0x02		/* in pieces */
#define H_WAIT		0x04		/* time passes first */
#define H_STAMP		0x08		/* with a timestamp that may be right */
#define H_OPTIONS	0x10		/* options as in the input */
#define H_WILD		0x20		/* numbers as in the input */
#define H_DATA		0x40
#define H_OTHER		0x80		/* of the other connection */

struct seen {				/* as the receiver has it */
	uint32_t	seq, val;
};

static struct sim *sim;
static struct sim_node *node;
static struct pf_client *client;
static struct seen last[2][2];		/* by connection and end: what the other one got */
static uint32_t next[2][2], stamp[2][2];	/* as the end itself counts */
static unsigned long passed, dropped, states, stamped, old;

static void
stats(void)
{
	if (getenv("FUZZ_STATS") != NULL)
		printf("stats: passed=%lu dropped=%lu states=%lu stamped=%lu old=%lu\n",
		    passed, dropped, states, stamped, old);
}

static void
add_rule(uint32_t ticket, uint32_t ruleset, const struct pf_rule *r)
{
	static struct pfioc_rule pr;

	memset(&pr, 0, sizeof(pr));
	pr.ticket = ticket;
	pr.ruleset = ruleset;
	pr.rule = *r;
	must(sim_ioctl(node, client, DIOCADDRULE, &pr) == 0, "DIOCADDRULE");
}

static void
load(uint8_t how)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_SCRUB }, { .type = PF_RULESET_FILTER },
	};
	struct pfioc_trans t = { 2, sizeof(e[0]), (uint64_t)(uintptr_t)e };
	struct pf_rule r;

	must(sim_ioctl(node, client, DIOCXBEGIN, &t) == 0, "DIOCXBEGIN");
	memset(&r, 0, sizeof(r));
	r.rtableid = -1;
	r.rule_flag = how & R_TCPNORM ? PFRULE_REASSEMBLE_TCP : 0;
	if ((how & R_SCRUB) != 0) {
		r.action = PF_SCRUB;
		add_rule(e[0].ticket, PF_RULESET_SCRUB, &r);
		r.rule_flag = 0;
	}
	r.action = PF_PASS;
	r.flags = PF_TH_SYN;
	r.flagset = PF_TH_SYN | PF_TH_ACK;
	r.keep_state = how & R_MODULATE ? PF_STATE_MODULATE : PF_STATE_NORMAL;
	add_rule(e[1].ticket, PF_RULESET_FILTER, &r);
	must(sim_ioctl(node, client, DIOCXCOMMIT, &t) == 0, "DIOCXCOMMIT");
}

static uint64_t
counter(int which)
{
	struct pf_status st;

	must(sim_ioctl(node, client, DIOCGETSTATUS, &st) == 0, "DIOCGETSTATUS");
	return (st.counters[which]);
}

/* Of a long time only the last second is played. */
static void
sleeps(uint64_t usec)
{
	if (usec > SIM_SECOND) {
		sim->now += usec - SIM_SECOND;
		usec = SIM_SECOND;
	}
	sim_advance(sim, usec);
}

/* Where the first well-formed timestamp option of a TCP header is, 0: nowhere. */
static unsigned int
stamp_at(const uint8_t *th)
{
	unsigned int n = (th[12] >> 4) * 4U, i = 20;

	while (i < n && th[i] != 0) {
		if (th[i] == 1) {
			i++;
			continue;
		}
		if (n - i < 2 || th[i + 1] < 2 || th[i + 1] > n - i)
			return (0);
		if (th[i] == 8 && th[i + 1] == 10)
			return (i);
		i += th[i + 1];
	}
	return (0);
}

/* What has passed is what the receiver has now. */
static void
look(const struct pf_pkt *p, uint32_t len, unsigned int c, int who)
{
	static uint8_t b[4096];
	struct sim_info in;
	unsigned int at;

	must(p->len == len, "the length is what it was");
	if (!sim_pkt_info(p, &in))
		must(0, in.wrong);
	must(in.len == len, "the length in the header");
	sim_pkt_bytes(p, b, sizeof(b));
	at = stamp_at(b + in.off);
	last[c][who].seq = in.seq + (len - in.off - (b[in.off + 12] >> 4) * 4U) +
	    !!(in.flags & PF_TH_SYN) + !!(in.flags & PF_TH_FIN);
	if (at != 0) {
		last[c][who].val = pf_get32(b + in.off + at + 2);
		stamped++;
	}
}

static void
one(struct input *in, uint8_t rules)
{
	uint8_t how = in8(in), flags = in8(in), a = in8(in), b = in8(in), d = in8(in);
	uint8_t opt[40], n = in8(in);
	unsigned int c = how & H_OTHER ? 1 : 0;
	int who = how & H_BACK ? 1 : 0;
	const char *cli = rules & R_V6 ? "2001:db8:1::2" : "10.1.0.2";
	const char *srv = rules & R_V6 ? "2001:db8:2::2" : "10.2.0.2";
	struct sim_spec s = {
		.src = who ? srv : cli, .dst = who ? cli : srv,
		.sport = (uint16_t)(who ? 80 : 1000 + c), .dport = (uint16_t)(who ? 1000 + c : 80),
		.proto = IPPROTO_TCP, .flags = flags, .win = (uint16_t)(d << 8 | 0xff),
		.seq = next[c][who] + (uint32_t)(int8_t)(how & H_WILD ? a : 0),
		.ack = last[c][!who].seq + (uint32_t)(int8_t)(how & H_WILD ? b : 0),
		.paylen = how & H_DATA ? 1U + d : 0, .ttl = (uint8_t)(1 + d),
		.tcp_opts = opt,
	};
	struct pf_pkt *p;
	uint64_t was;
	uint32_t len;

	if ((how & H_WAIT) != 0)
		sleeps((uint64_t)(a + 1) << (d & 31));
	if ((how & H_WILD) != 0 && (n & 0x40) != 0)
		s.seq += (uint32_t)b << 24;
	if ((how & H_STAMP) != 0) {
		stamp[c][who] += (uint32_t)(int8_t)(n & 0x80 ? a << (b & 15) : a & 0x7f);
		memset(opt, PF_TCPOPT_NOP, 12);
		opt[n & 1] = PF_TCPOPT_TS;
		opt[(n & 1) + 1] = PF_TCPOPT_TS_LEN;
		pf_put32(opt + (n & 1) + 2, stamp[c][who]);
		pf_put32(opt + (n & 1) + 6, flags & PF_TH_ACK ?
		    last[c][!who].val + (n & 0x20 ? d : 0U) : 0);
		s.tcp_optlen = 12;
	}
	if ((how & H_OPTIONS) != 0) {
		in_bytes(in, opt + s.tcp_optlen, (n & 28U) > 27 ? 28 : n & 28U);
		s.tcp_optlen += n & 28U;
	}
	p = sim_pkt_build(&s);
	len = p->len;
	if ((how & H_CUT) != 0)
		sim_pkt_split(p, (uint32_t[]){ 1U + (a & 31), 33U + (b & 15), 49, 50U + (d & 31) }, 4);
	was = counter(PFRES_TS);
	if (sim_test(node, (how & H_BACK) == 0 ? PF_IN : PF_OUT, 1, p) == PF_PASS) {
		passed++;
		look(p, len, c, who);
		next[c][who] = s.seq + s.paylen + !!(flags & PF_TH_SYN) + !!(flags & PF_TH_FIN);
	} else {
		dropped++;
		old += counter(PFRES_TS) - was;
	}
	sim_pkt_free(p);
	sim_pktq_flush(&node->sent);
}

/* A new one now and then: no machine runs for a hundred years, after which its seconds wrap. */
static void
machine(void)
{
	static unsigned long inputs;

	if (inputs++ % 100 != 0)
		return;
	if (inputs == 1)
		atexit(stats);
	else {
		pf_client_close(client);
		sim_free(sim);
	}
	sim = sim_new(inputs);
	node = fuzz_node(sim);
	client = pf_client_open(node->pf, 1, 0);
	must(client != NULL, "a client");
	must(sim_ioctl(node, client, DIOCSTART, NULL) == 0, "DIOCSTART");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	static unsigned long before;
	uint8_t rules;
	struct pf_status st;

	machine();
	rules = in8(&in);
	load(rules);
	sim_rcu_quiesce();
	before = sim_mem_live(SIM_MEM_ALLOC);
	for (unsigned int c = 0; c < 2; c++)
		for (int who = 0; who < 2; who++) {
			next[c][who] = in.n != 0 ? (uint32_t)in.p[in.n - 1] << 24 : 0;
			stamp[c][who] = next[c][who] - 100;
			last[c][who] = (struct seen){ 0, 0 };
		}
	while (in.n >= 6)
		one(&in, rules);
	must(sim_ioctl(node, client, DIOCGETSTATUS, &st) == 0, "DIOCGETSTATUS");
	states += st.states;
	sleeps(2 * 86400 * SIM_SECOND);	/* longer than any state lives */
	for (int i = 0; i < 30 && st.states != 0; i++) {
		sim_seconds(sim, 1);
		must(sim_ioctl(node, client, DIOCGETSTATUS, &st) == 0, "DIOCGETSTATUS");
	}
	must(st.states == 0, "no state is left");
	sim_rcu_quiesce();
	must(sim_mem_live(SIM_MEM_ALLOC) == before, "no memory is kept");
	/* places beside states that are no more: pf_statemem.c */
	must(sim_mem_live(SIM_MEM_CACHE) <= 2, "no state's memory is kept");
	must(sim_mem_live(SIM_MEM_PKT) == 0, "no packet is kept");
	return (0);
}

#ifdef SEEDS
#define S	PF_TH_SYN
#define A	PF_TH_ACK
#define F	PF_TH_FIN
int
main(int argc, char **argv)
{
	static const uint8_t talk[][6] = {
		{ H_STAMP, S, 1, 0, 9, 0 },
		{ H_STAMP | H_BACK, S | A, 5, 0, 9, 0 },
		{ H_STAMP, A, 1, 0, 9, 1 },
		{ H_STAMP | H_DATA | H_CUT, A, 1, 0, 60, 0 },
		{ H_STAMP | H_BACK, A, 1, 0, 30, 1 },
		{ H_STAMP | H_WAIT | H_DATA | H_BACK, A, 9, 0, 9, 0 },
		{ H_STAMP | H_DATA, A, 0x90, 1, 9, 0x80 },		/* older */
		{ H_STAMP | H_DATA, A, 9, 0, 9, 0x20 },			/* not sent */
		{ H_DATA, A, 9, 0, 9, 0 },				/* without */
		{ H_STAMP | H_BACK, A | F, 9, 0, 9, 0 },
		{ H_STAMP, A | F, 9, 0, 9, 0 },
		{ H_STAMP | H_BACK, A, 9, 0, 9, 0 },
	};
	uint8_t s[2 + sizeof(talk)];

	must(argc == 2, "one argument: a directory");
	for (unsigned int way = 0; way < 32; way++) {
		s[0] = (uint8_t)(way & 15);
		memcpy(s + 1, talk, sizeof(talk));
		s[1 + sizeof(talk)] = way & 16 ? 0xff : 3;
		seed_write(argv[1], (char[]){ 't', (char)('a' + way / 26),
		    (char)('a' + way % 26), '\0' }, s, sizeof(s));
	}
	return (0);
}
#endif
