// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_packet.c: packets through pf_test(), states kept from one to the next.
 *
 * An input is a list of packets: a byte of flags, a length (16 bits), the bytes.
 * The machine lives on from one input to the next, without its states.
 */
#include "fuzz.h"

#define P_OUT		0x01
#define P_IF2		0x02
#define P_CKSUM		0x04	/* the device has verified the checksums */
#define P_CUT		0x08	/* in pieces, at offsets from the input */
#define P_GSO		0x10
#define P_WAIT		0x20	/* first let seconds pass, by the next byte */
#define P_LENGTHS	0x40	/* make the IP lengths right */
#define P_FORWARD	0x80	/* the whole way: in, route, out */

static struct sim *sim;
static struct sim_node *node;
static struct pf_client *client;
static unsigned long passed, dropped, states, answers;

static void
stats(void)
{
	if (getenv("FUZZ_STATS") != NULL)
		printf("stats: passed=%lu dropped=%lu states=%lu answers=%lu\n",
		    passed, dropped, states, answers);
}

static void
fix_lengths(uint8_t *b, uint32_t n)
{
	uint32_t sum;

	if (n >= 20 && b[0] >> 4 == 4) {
		b[2] = (uint8_t)(n >> 8);
		b[3] = (uint8_t)n;
		b[10] = b[11] = 0;
		if ((b[0] & 15U) * 4 <= n) {
			sum = sim_sum_fold(sim_sum(0, b, (b[0] & 15U) * 4));
			b[10] = (uint8_t)(sum >> 8);
			b[11] = (uint8_t)sum;
		}
	} else if (n >= 40) {
		b[4] = (uint8_t)((n - 40) >> 8);
		b[5] = (uint8_t)(n - 40);
	}
}

static void
one_packet(struct input *in)
{
	static uint8_t bytes[65536];
	uint8_t flags = in8(in);
	uint32_t cuts[4], len;
	struct pf_pkt *p;
	int dir, verdict;

	if ((flags & P_WAIT) != 0)
		sim_seconds(sim, in8(in) % 128);
	if ((flags & P_CUT) != 0) {
		cuts[0] = in8(in);
		for (int i = 1; i < 4; i++)
			cuts[i] = cuts[i - 1] + 1 + in8(in) % 64;
	}
	len = in16(in);
	if (len > in->n)
		len = (uint32_t)in->n;
	in_bytes(in, bytes, len);
	if ((flags & P_LENGTHS) != 0)
		fix_lengths(bytes, len);
	p = sim_pkt_raw(bytes, len);
	p->cksum_known = (flags & P_CKSUM) != 0;
	if ((flags & P_GSO) != 0)
		p->segs = 1 + len / 100;
	if ((flags & P_CUT) != 0)
		sim_pkt_split(p, cuts, 4);
	if ((flags & P_FORWARD) != 0) {
		sim_input(node, (flags & P_IF2) != 0 ? 2 : 1, p);
		return;
	}
	dir = (flags & P_OUT) != 0 ? PF_OUT : PF_IN;
	verdict = sim_test_free(node, dir, (flags & P_IF2) != 0 ? 2 : 1, p);
	if (verdict == PF_PASS)
		passed++;
	else
		dropped++;
}

/* What waits for the rest of its datagram goes at the next purge. */
static void
forget_fragments(void)
{
	struct pfioc_tm tm = { PFTM_FRAG, 0 };

	must(sim_ioctl(node, client, DIOCSETTIMEOUT, &tm) == 0, "a timeout");
	sim_seconds(sim, 1);
	must(sim_ioctl(node, client, DIOCSETTIMEOUT, &tm) == 0, "a timeout");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pfioc_state_kill kill;
	struct pf_status st;

	if (sim == NULL) {
		sim = sim_new(1);
		node = fuzz_node(sim);
		fuzz_load(node);
		client = pf_client_open(node->pf, 1, 0);
		must(client != NULL, "a client");
		atexit(stats);
	}
	sim->rng = 1;
	while (in.n > 3)
		one_packet(&in);

	forget_fragments();
	must(sim_ioctl(node, client, DIOCGETSTATUS, &st) == 0, "DIOCGETSTATUS");
	states += st.states;
	answers += node->sent.n;
	memset(&kill, 0, sizeof(kill));
	must(sim_ioctl(node, client, DIOCCLRSTATES, &kill) == 0,
	    "DIOCCLRSTATES");
	must(sim_ioctl(node, client, DIOCGETSTATUS, &st) == 0 && st.states == 0,
	    "no states left");
	/* but for the places that the one CPU sets aside, see pf_statemem.c */
	must(sim_mem_live(SIM_MEM_CACHE) <= 2, "no state's memory left");
	must(sim_mem_live(SIM_MEM_PKT) == 0, "no packet of pf's left");
	sim_pktq_flush(&node->sent);
	sim_pktq_flush(&node->local);
	sim_pktq_flush(&node->out);
	return (0);
}

#ifdef SEEDS
struct seed {
	uint8_t		 b[8192];
	size_t		 n;
};

static void
add(struct seed *s, uint8_t flags, const struct sim_spec *sp)
{
	struct pf_pkt *p = sim_pkt_build(sp);

	must(s->n + 3 + p->len <= sizeof(s->b), "a seed's length");
	s->b[s->n++] = flags;
	s->b[s->n++] = (uint8_t)p->len;
	s->b[s->n++] = (uint8_t)(p->len >> 8);
	sim_pkt_bytes(p, s->b + s->n, p->len);
	s->n += p->len;
	sim_pkt_free(p);
}

static void
seed_tcp(struct seed *s, const char *a, const char *b)
{
	struct sim_spec t[] = {
		{ .src = a, .dst = b, .proto = IPPROTO_TCP, .sport = 1024,
		  .dport = 80, .flags = 2, .seq = 100, .mss = 1460, .wscale = 8 },
		{ .src = b, .dst = a, .proto = IPPROTO_TCP, .sport = 80,
		  .dport = 1024, .flags = 0x12, .seq = 900, .ack = 101,
		  .mss = 1460, .wscale = 8 },
		{ .src = a, .dst = b, .proto = IPPROTO_TCP, .sport = 1024,
		  .dport = 80, .flags = 0x10, .seq = 101, .ack = 901,
		  .paylen = 10 },
		{ .src = b, .dst = a, .proto = IPPROTO_TCP, .sport = 80,
		  .dport = 1024, .flags = 0x11, .seq = 901, .ack = 111 },
		{ .src = a, .dst = b, .proto = IPPROTO_TCP, .sport = 1024,
		  .dport = 80, .flags = 0x11, .seq = 111, .ack = 902 },
	};

	for (unsigned int i = 0; i < NITEMS(t); i++)
		add(s, (i == 1 || i == 3 ? P_OUT : 0) | P_LENGTHS | P_CKSUM,
		    &t[i]);
	add(s, 0, &(struct sim_spec){ .src = a, .dst = b, .proto = IPPROTO_TCP,
	    .sport = 1, .dport = 22, .flags = 2 });
}

static void
seed_rest(struct seed *s, const char *a, const char *b, bool v6)
{
	struct sim_spec u = { .src = a, .dst = b, .proto = IPPROTO_UDP,
	    .sport = 53, .dport = 1024, .paylen = 20 };
	struct sim_spec e = { .src = a, .dst = b,
	    .proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
	    .icmp_type = v6 ? 128 : 8, .icmp_id = 5, .paylen = 8 };
	struct sim_spec err = { .src = b, .dst = a, .proto = e.proto,
	    .icmp_type = v6 ? 1 : 3, .icmp_code = 1 };
	struct pf_pkt *q = sim_pkt_build(&u);

	add(s, P_CKSUM, &u);
	err.quote = q;
	add(s, P_OUT | P_CKSUM, &err);
	sim_pkt_free(q);
	add(s, P_LENGTHS, &e);
	q = sim_pkt_build(&e);
	err.quote = q;
	add(s, P_OUT | P_CKSUM, &err);
	sim_pkt_free(q);
	u.dport = 5500;
	add(s, 0, &u);
	u.more_frags = true;
	add(s, P_FORWARD | P_CKSUM, &u);
	u.frag_off = 48;
	add(s, 0, &u);
	u.frag_off = 0;
	u.more_frags = false;
	u.opts = v6 ? (const uint8_t *)"\x11\0\5\2\0\0\1\0" :
	    (const uint8_t *)"\x94\4\0\0";
	u.optlen = v6 ? 8 : 4;
	u.opt_proto = 0;
	add(s, P_CKSUM, &u);
	add(s, P_CKSUM | P_GSO, &(struct sim_spec){ .src = a, .dst = b,
	    .proto = IPPROTO_GRE, .paylen = 300 });
}

int
main(int argc, char **argv)
{
	static struct seed s;

	must(argc == 2, "one argument: a directory");
	for (int v6 = 0; v6 < 2; v6++) {
		const char *a = v6 ? "2001:db8:1::2" : "10.1.0.2";
		const char *b = v6 ? "2001:db8:2::2" : "10.2.0.2";

		s.n = 0;
		seed_tcp(&s, a, b);
		seed_write(argv[1], v6 ? "tcp6" : "tcp4", s.b, s.n);
		s.n = 0;
		seed_rest(&s, a, b, v6);
		seed_write(argv[1], v6 ? "rest6" : "rest4", s.b, s.n);
	}
	return (0);
}
#endif
