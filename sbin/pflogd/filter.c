// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * filter.c: expressions of pcap-filter(7) for records of pflog devices
 *
 * libpcap compiles them.  Where an expression asks for IPv6, the program that it makes
 * compares the record's address family with the number that this system has for it, 10;
 * but records have the one that is in files everywhere, 24 (PFLOG_AF_INET6):
 *
 *	ldb [1]				the family
 *	jeq #0xa, is, is not		IPv6?
 *
 * The load need not stand right before the comparison, and a comparison with 10 may be of
 * something else, a port or a protocol.  So we follow what the program's registers hold:
 * jumps lead forward, so each instruction's predecessors are known before it is looked at.
 *
 * Owns nothing; no state, one call after another.
 */
#include <sys/socket.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "if_pflog.h"

#define PROGRAM_MAX	4096		/* instructions that the kernel takes */
#define FAMILY_AT	offsetof(struct pfloghdr, af)

/* What a register may hold when an instruction is come to: either bit, or both. */
#define HAS_FAMILY	1
#define HAS_OTHER	2

struct holds {
	uint8_t	a, x, mem[BPF_MEMWORDS];	/* 0: the instruction is never come to */
};

static void
merge(struct holds *to, const struct holds *from)
{
	unsigned int	i;

	to->a |= from->a;
	to->x |= from->x;
	for (i = 0; i < BPF_MEMWORDS; i++)
		to->mem[i] |= from->mem[i];
}

/* What the registers hold after an instruction that is no jump; false: a wrong one. */
static bool
follow(const struct bpf_insn *in, struct holds *h)
{
	bool	memory = BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX ||
	    ((BPF_CLASS(in->code) == BPF_LD || BPF_CLASS(in->code) == BPF_LDX) &&
	    BPF_MODE(in->code) == BPF_MEM);

	if (memory && in->k >= BPF_MEMWORDS)
		return (false);
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		if (memory)
			h->a = h->mem[in->k];
		else if (in->code == (BPF_LD | BPF_B | BPF_ABS) && in->k == FAMILY_AT)
			h->a = HAS_FAMILY;
		else
			h->a = HAS_OTHER;
		return (true);
	case BPF_LDX:
		h->x = memory ? h->mem[in->k] : HAS_OTHER;
		return (true);
	case BPF_ST:
		h->mem[in->k] = h->a;
		return (true);
	case BPF_STX:
		h->mem[in->k] = h->x;
		return (true);
	case BPF_ALU:
		h->a = HAS_OTHER;
		return (true);
	case BPF_MISC:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			h->x = h->a;
		else
			h->a = h->x;
		return (true);
	}
	return (false);
}

/* Where a jump leads to, as offsets of the instruction behind it. */
static void
targets(const struct bpf_insn *in, uint32_t to[2])
{
	if (BPF_OP(in->code) == BPF_JA) {
		to[0] = to[1] = in->k;
		return;
	}
	to[0] = in->jt;
	to[1] = in->jf;
}

/*
 * One pass over the program: the comparisons that are to be changed are marked; -1 if a jump
 * leads out of it or backwards, or if it compares what is the family on one way only.
 */
static int
mark(const struct bpf_insn *in, unsigned int n, struct holds *at, bool *marked)
{
	struct holds	h;
	uint32_t	to[2];
	unsigned int	i, j;
	int		count = 0;

	for (i = 0; i < n; i++) {
		h = at[i];
		if (h.a == 0 || BPF_CLASS(in[i].code) == BPF_RET)
			continue;
		if (BPF_CLASS(in[i].code) != BPF_JMP) {
			if (!follow(&in[i], &h) || i + 1 == n)
				return (-1);
			merge(&at[i + 1], &h);
			continue;
		}
		if (in[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && in[i].k == AF_INET6 &&
		    (h.a & HAS_FAMILY) != 0) {
			if (h.a != HAS_FAMILY)
				return (-1);
			marked[i] = true;
			count++;
		}
		targets(&in[i], to);
		for (j = 0; j < 2; j++) {
			if (to[j] >= n - i - 1)
				return (-1);
			merge(&at[i + 1 + to[j]], &h);
		}
	}
	return (count);
}

int
filter_fix_family(struct bpf_insn *in, unsigned int n)
{
	struct holds	*at;
	bool		*marked;
	unsigned int	 i;
	int		 count = -1;

	if (n == 0 || n > PROGRAM_MAX)
		return (-1);
	at = calloc(n, sizeof(*at));
	marked = calloc(n, sizeof(*marked));
	if (at != NULL && marked != NULL) {
		memset(&at[0], HAS_OTHER, sizeof(at[0]));
		count = mark(in, n, at, marked);
		for (i = 0; count > 0 && i < n; i++)
			if (marked[i])
				in[i].k = PFLOG_AF_INET6;
	}
	free(at);
	free(marked);
	return (count);
}

bool
filter_compile(const char *expression, int snaplen, struct bpf_program *program,
    char *why, size_t len)
{
	pcap_t	*dead = pcap_open_dead(FILTER_LINKTYPE, snaplen);
	bool	 ok = false;

	if (dead == NULL) {
		snprintf(why, len, "there is no memory for the expression");
		return (false);
	}
	if (pcap_compile(dead, program, expression, 1, PCAP_NETMASK_UNKNOWN) == -1)
		snprintf(why, len, "the expression \"%.200s\": %s", expression,
		    pcap_geterr(dead));
	else if (filter_fix_family(program->bf_insns, program->bf_len) == -1) {
		snprintf(why, len, "the expression \"%.200s\": the kernel cannot run "
		    "what libpcap makes of it", expression);
		pcap_freecode(program);
	} else
		ok = true;
	pcap_close(dead);
	return (ok);
}
