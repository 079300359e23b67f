// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_frag.c: fragments of a few datagrams, in all modes.
 *
 * An input is a list of fragments, six bytes each: flags, which datagram, from (16 bits, in
 * eights of bytes), length (16 bits, with the byte that they are filled with).  What goes on must
 * be sound and its bytes from fragments of the same datagram; in the end nothing is kept.
 */
#include "fuzz.h"
#include "pf_frag.h"
#include "pf_instance.h"
#include "pf_packet.h"

#define F_V6		0x01
#define F_MORE		0x02
#define F_DF		0x04
#define F_NODF		0x08
#define F_EXT		0x10
#define F_WAIT		0x20	/* a second passes first */
#define F_CUT		0x40	/* the packet is in pieces */
#define DATAGRAMS	3

static struct sim *sim;
static struct sim_node *node;
static unsigned long kept, whole, passed, dropped;

static void
stats(void)
{
	if (getenv("FUZZ_STATS") != NULL)
		printf("stats: kept=%lu whole=%lu passed=%lu dropped=%lu\n",
		    kept, whole, passed, dropped);
}

/* The bytes of the fragment; the payload's upper two bits name the datagram. */
static struct pf_pkt *
build(uint8_t flags, uint8_t which, uint32_t from, uint32_t len, uint8_t fill)
{
	static uint8_t b[4096 + 100];
	uint32_t h;

	memset(b, 0, 100);
	if ((flags & F_V6) != 0) {
		h = 40;
		b[0] = 0x60;
		b[6] = flags & F_EXT ? 60 : 44;
		b[15] = 1;
		b[31] = 2;
		if ((flags & F_EXT) != 0) {
			b[h] = 44;
			b[h + 2] = 1;
			b[h + 3] = 4;
			h += 8;
		}
		b[h] = 47;
		b[h + 2] = (uint8_t)(from >> 8);
		b[h + 3] = (uint8_t)(from | (flags & F_MORE ? 1 : 0));
		b[h + 7] = which;
		h += 8;
		b[4] = (uint8_t)((h - 40 + len) >> 8);
		b[5] = (uint8_t)(h - 40 + len);
	} else {
		h = flags & F_EXT ? 24 : 20;
		b[0] = (uint8_t)(0x40 | h / 4);
		b[2] = (uint8_t)((h + len) >> 8);
		b[3] = (uint8_t)(h + len);
		b[5] = which;
		b[6] = (uint8_t)(from >> 11 | (flags & F_MORE ? 0x20 : 0) |
		    (flags & F_DF ? 0x40 : 0));
		b[7] = (uint8_t)(from >> 3);
		b[9] = 47;
		b[15] = 1;
		b[19] = 2;
		if ((flags & F_EXT) != 0)
			memset(b + 20, 1, 4);
	}
	memset(b + h, which << 6 | (fill & 0x3f), len);
	return (sim_pkt_raw(b, h + len));
}

static void
check(const struct pf_pdesc *pd, uint8_t which, bool all)
{
	static uint8_t b[65535 + 40];
	uint32_t h = all || pd->af == AF_INET6 ? pd->off : pd->frag.at;

	must(pd->len == pd->pkt->len, "a length");
	must(!all || (pd->flags & PF_PD_FRAGMENT) == 0, "whole");
	must(all || (pd->flags & PF_PD_FRAGMENT) != 0, "a fragment");
	sim_pkt_bytes(pd->pkt, b, sizeof(b));
	for (; h < pd->len; h++)
		must(b[h] >> 6 == which, "bytes of one datagram");
}

static void
one(struct input *in)
{
	uint8_t flags = in8(in), what = in8(in), which = what % DATAGRAMS;
	uint32_t from = in16(in) * 8U & 0xfff8, n = in16(in), len = 1 + (n & 0x7ff);
	enum pf_frag_mode mode = what / DATAGRAMS % 3;
	struct pf_pdesc pd;
	struct pf_pkt *p;
	int why;

	if ((flags & F_WAIT) != 0)
		sim_seconds(sim, 1);
	if ((flags & F_MORE) != 0)
		len = (len + 7) & ~7U;
	if ((flags & F_MORE) == 0 && from == 0)
		return;
	memset(&pd, 0, sizeof(pd));
	p = build(flags, which, from, len, (uint8_t)(n >> 11));
	if ((flags & F_CUT) != 0)
		sim_pkt_split(p, (uint32_t[]){ 7, 30, 45, len }, 4);
	pd.pf = node->pf;
	pd.pkt = p;
	pd.dir = PF_IN;
	pd.af = flags & F_V6 ? AF_INET6 : AF_INET;
	sim_packet_enter();
	why = pf_packet_parse(&pd);
	if (why == PF_GO)
		why = pf_frag(&pd, mode, (flags & F_NODF) != 0);
	sim_packet_leave();
	if (why == PF_GO)
		check(&pd, which, mode == PF_FRAG_WHOLE || pd.af == AF_INET6);
	if (why == PF_HELD)
		kept++;
	else if (why != PF_GO)
		dropped++;
	else if (mode == PF_FRAG_WHOLE || pd.af == AF_INET6)
		whole++;
	else
		passed++;
	if (why != PF_HELD)
		sim_pkt_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pfioc_limit few = { PF_LIMIT_FRAGS, 40 };
	struct pfioc_tm frag = { PFTM_FRAG, 3 };
	struct pf_client *cl;

	if (sim == NULL) {
		sim = sim_new(1);
		node = fuzz_node(sim);
		cl = pf_client_open(node->pf, 1, 0);
		must(cl != NULL, "a client");
		must(sim_ioctl(node, cl, DIOCSETLIMIT, &few) == 0, "a limit");
		must(sim_ioctl(node, cl, DIOCSETTIMEOUT, &frag) == 0, "a timeout");
		pf_client_close(cl);
		atexit(stats);
	}
	while (in.n >= 6)
		one(&in);
	sim_seconds(sim, 3);
	must(pf_atomic_read(&node->pf->frags.n) == 0, "nothing is kept");
	must(sim_mem_live(SIM_MEM_PKT) == 0, "no packet is kept");
	return (0);
}

#ifdef SEEDS
int
main(int argc, char **argv)
{
	static uint8_t s[6 * 9];

	must(argc == 2, "one argument: a directory");
	for (unsigned int way = 0; way < 8; way++) {
		for (unsigned int i = 0; i < 8; i++) {
			uint8_t *b = s + 6 * i;
			unsigned int at = way & 4 ? 7 - i : i;

			b[0] = (uint8_t)((way & 1 ? F_V6 : 0) | (at < 7 ? F_MORE : 0));
			b[1] = (uint8_t)(way & 2 ? DATAGRAMS * (i % 3) : 0);
			b[2] = (uint8_t)(at * 2);
			b[3] = 0;
			b[4] = way & 2 ? 23 : 15;
			b[5] = (uint8_t)(i << 3);
		}
		memmove(s + 6 * 3, s + 6 * 2, 6 * 6);	/* one comes twice */
		seed_write(argv[1], (char[]){ (char)('a' + way), '\0' }, s, sizeof(s));
	}
	return (0);
}
#endif
