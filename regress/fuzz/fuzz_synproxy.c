// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_synproxy.c: the two ends of proxied connections, who say what they like.
 *
 * An input is a byte for the rules, and a list of segments, eight bytes each: who sends and how,
 * flags, by how much its number and its ACK are off, window (16 bits), options, bytes of
 * data.  What goes on must be sound, a server must not hear of a client that has not shown
 * itself, and in the end nothing is kept.
 */
#include "fuzz.h"
#include "pf_instance.h"
#include "pf_wire.h"

#define B_SERVER	0x01	/* who sends */
#define B_WAIT		0x02	/* seconds pass first */
#define B_CUT		0x04	/* the packet is in pieces */
#define B_WILD		0x08	/* the number and the ACK are far off */
#define B_FRAG		0x10	/* the first of several fragments */
#define PORTS		3
#define CISN		0x7ffffff0u
#define SISN		0xfffffff0u

static struct sim *sim;
static struct sim_node *node;
static unsigned long sent[2], passed[2], shown;
static struct {
	uint32_t told, diff;
	bool	 has, acked;
}		 conn[PORTS];

static void
stats(void)
{
	if (getenv("FUZZ_STATS") != NULL)
		printf("stats: client=%lu/%lu server=%lu/%lu syns=%lu\n", passed[0],
		    sent[0], passed[1], sent[1], shown);
}

static void
load(bool out, bool v6)
{
	static const int seconds[][2] = {
		{ PFTM_TCP_ESTABLISHED, 20 }, { PFTM_TCP_CLOSING, 20 },
		{ PFTM_TCP_FIN_WAIT, 20 }, { PFTM_TCP_CLOSED, 20 },
		{ PFTM_TCP_FIRST_PACKET, 20 }, { PFTM_TCP_OPENING, 20 },
	};
	struct pf_client *cl = pf_client_open(node->pf, 1, 0);
	struct pfioc_trans_e e = { .type = PF_RULESET_FILTER };
	struct pfioc_trans t = { .size = 1, .esize = sizeof(e),
		.array = (uint64_t)(uintptr_t)&e };
	static struct pfioc_rule pr;

	must(cl != NULL, "a client");
	for (size_t i = 0; i < NITEMS(seconds); i++) {
		struct pfioc_tm tm = { seconds[i][0], seconds[i][1] };

		must(sim_ioctl(node, cl, DIOCSETTIMEOUT, &tm) == 0, "a timeout");
	}
	must(sim_ioctl(node, cl, DIOCXBEGIN, &t) == 0, "a transaction");
	memset(&pr, 0, sizeof(pr));
	pr.ticket = e.ticket;
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule.action = PF_DROP;
	pr.rule.rtableid = -1;
	must(sim_ioctl(node, cl, DIOCADDRULE, &pr) == 0, "a rule");
	pr.rule.action = PF_PASS;
	pr.rule.direction = out ? PF_OUT : PF_IN;
	pr.rule.af = v6 ? AF_INET6 : AF_INET;
	pr.rule.proto = IPPROTO_TCP;
	pr.rule.flags = PF_TH_SYN;
	pr.rule.flagset = PF_TH_SYN | PF_TH_ACK;
	pr.rule.keep_state = PF_STATE_SYNPROXY;
	must(sim_ioctl(node, cl, DIOCADDRULE, &pr) == 0, "a rule");
	must(sim_ioctl(node, cl, DIOCXCOMMIT, &t) == 0, "a commit");
	pf_client_close(cl);
}

static uint32_t
states(void)
{
	struct pf_client *cl = pf_client_open(node->pf, 1, 0);
	struct pf_status st;

	must(cl != NULL, "a client");
	memset(&st, 0, sizeof(st));
	must(sim_ioctl(node, cl, DIOCGETSTATUS, &st) == 0, "a status");
	pf_client_close(cl);
	return ((uint32_t)st.states);
}

/* Number or ACK: a little off, or far. */
static uint32_t
off_by(uint8_t b, bool wild)
{
	return (wild ? (uint32_t)b << 24 | b : (uint32_t)(int32_t)(int8_t)b / 8);
}

/* What pf has said to the client is what that believes. */
static void
look_at_answers(void)
{
	struct sim_info i;
	struct pf_pkt *p;

	while ((p = sim_pktq_take(&node->sent)) != NULL) {
		must(sim_pkt_info(p, &i), "a sound answer");
		if ((i.flags & (PF_TH_SYN | PF_TH_ACK)) == (PF_TH_SYN | PF_TH_ACK)) {
			conn[i.dport % PORTS].told = i.seq;
			conn[i.dport % PORTS].has = true;
		}
		sim_pkt_free(p);
	}
	sim_pktq_flush(&node->out);
	sim_pktq_flush(&node->local);
}

static void
one(struct input *in, bool out, bool v6)
{
	uint8_t how = in8(in), flags = in8(in), s = in8(in), a = in8(in);
	uint16_t win = in16(in);
	uint8_t opt = in8(in), len = in8(in), c = (how >> 5) % PORTS;
	bool server = (how & B_SERVER) != 0, wild = (how & B_WILD) != 0;
	const char *cl = v6 ? "2001:db8:1::2" : "10.1.0.2";
	const char *sv = v6 ? "2001:db8:2::2" : "10.2.0.2";
	struct sim_spec sp = {
		.src = server ? sv : cl, .dst = server ? cl : sv,
		.sport = server ? 80 : 999 + c, .dport = server ? 999 + c : 80,
		.proto = IPPROTO_TCP, .flags = flags, .win = win, .paylen = len,
		.seq = (server ? SISN : CISN) + off_by(s, wild),
		.ack = (server ? CISN + conn[c].diff : conn[c].told) + 1 + off_by(a, wild),
		.mss = opt & 1 ? 1400 : 0, .wscale = (opt >> 1) & 15,
		.more_frags = (how & B_FRAG) != 0,
	};
	struct sim_info i;
	struct pf_pkt *p;
	int verdict;

	if ((how & B_WAIT) != 0)
		sim_seconds(sim, 1 + s % 8);
	if (sp.more_frags)
		sp.paylen = sp.paylen & ~7U;
	p = sim_pkt_build(&sp);
	if ((how & B_CUT) != 0)
		sim_pkt_split(p, (uint32_t[]){ 7, 30, 45, 70 }, 4);
	verdict = sim_test(node, out == server ? PF_IN : PF_OUT, 1, p);
	sent[server]++;
	if (!server && conn[c].has && (flags & PF_TH_ACK) != 0 &&
	    sp.ack == conn[c].told + 1)
		conn[c].acked = true;
	if (verdict == PF_PASS) {
		passed[server]++;
		must(sim_pkt_info(p, &i) || sp.more_frags, "what goes on is sound");
		must(conn[c].has && conn[c].acked, "who has shown itself");
		if (!server && i.flags == PF_TH_SYN) {
			shown++;
			must(i.len - i.off <= 32, "a SYN without data");
			conn[c].diff = i.seq - CISN;
		}
	}
	if (verdict != PF_TAKEN)
		sim_pkt_free(p);
	look_at_answers();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t way = in8(&in);
	bool out = (way & 1) != 0, v6 = (way & 2) != 0;

	if (sim == NULL) {
		sim = sim_new(1);
		node = fuzz_node(sim);
		fuzz_load(node);
		atexit(stats);
	}
	load(out, v6);
	memset(conn, 0, sizeof(conn));
	while (in.n >= 8)
		one(&in, out, v6);
	sim_seconds(sim, 45);
	must(sim_mem_live(SIM_MEM_PKT) == 0, "no packet is kept");
	must(states() == 0, "no state is kept");
	return (0);
}

#ifdef SEEDS
int
main(int argc, char **argv)
{
	static const uint8_t play[][8] = {
		{ 0, 0x02, 0, 0, 1, 8, 9, 0 }, { 0, 0x10, 8, 0, 1, 8, 0, 0 },
		{ 1, 0x12, 0, 0, 1, 8, 9, 0 }, { 0, 0x10, 8, 0, 1, 8, 0, 5 },
		{ 1, 0x10, 8, 8, 1, 8, 0, 5 }, { 1, 0x12, 0, 0, 1, 8, 9, 0 },
		{ 0, 0x11, 8, 0, 1, 8, 0, 0 }, { 1, 0x14, 8, 8, 0, 0, 0, 0 },
	};
	uint8_t s[1 + sizeof(play)];

	must(argc == 2, "one argument: a directory");
	for (unsigned int way = 0; way < 4; way++) {
		s[0] = (uint8_t)way;
		memcpy(s + 1, play, sizeof(play));
		seed_write(argv[1], (char[]){ (char)('a' + way), '\0' }, s, sizeof(s));
	}
	return (0);
}
#endif
