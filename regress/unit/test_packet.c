// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_packet.c: what pf_packet_parse() makes of packets.
 *
 * A case is a packet to build, bytes to write over it, and what must be found.
 * Each runs in one piece, cut in two at every place, with bytes of padding behind it,
 * and shortened to every length.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_addr.h"
#include "pf_packet.h"
#include "pf_wire.h"

#define A4	.src = "10.0.0.1", .dst = "10.0.0.2"
#define A6	.src = "2001:db8::1", .dst = "2001:db8::2"
#define TCP4	A4, .proto = IPPROTO_TCP, .sport = 1024, .dport = 80, .flags = PF_TH_ACK
#define TCP6	A6, .proto = IPPROTO_TCP, .sport = 1024, .dport = 80, .flags = PF_TH_ACK
#define UDP4	A4, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53
#define UDP6	A6, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53
#define ICMP4(t) A4, .proto = IPPROTO_ICMP, .icmp_type = (t), .icmp_id = 77
#define ICMP6(t) A6, .proto = IPPROTO_ICMPV6, .icmp_type = (t), .icmp_id = 77
#define OPTS(proto, bytes) .opt_proto = (proto),			\
	.opts = (const uint8_t *)(bytes), .optlen = sizeof(bytes) - 1

/* Headers of IPv6; the first byte says what follows. */
#define TO_TCP		"\x06"
#define TO_UDP		"\x11"
#define TO_DST		"\x3c"
#define TO_ROUTING	"\x2b"
#define TO_AH		"\x33"
#define TO_FRAG		"\x2c"
#define TO_HOP		"\x00"
#define PADDING		"\x00\x01\x04\x00\x00\x00\x00"
#define HOP_ALERT	"\x00\x05\x02\x00\x00\x01\x00"
#define HOP_JUMBO	"\x00\xc2\x04\x00\x01\x11\x70"
#define ROUTING0	"\x00\x00\x00\x00\x00\x00\x00"
#define ROUTING4	"\x00\x04\x00\x00\x00\x00\x00"
#define AH_HEADER	"\x02\x00\x00\x00\x00\x01\x01\x00\x00\x00\x01\x02\x03\x04\x05"
#define ATOMIC		"\x00\x00\x00\x00\x00\x00\x01"
#define FIRST_FRAG	"\x00\x00\x01\x00\x00\x00\x01"
#define PAD8		PADDING TO_DST
#define DST8		TO_DST PADDING
#define DST4X		DST8 DST8 DST8 DST8

#define MAXPATCH	4
struct pcase {
	const char	*name;
	struct sim_spec	 spec;
	struct {
		uint16_t off;
		uint16_t len;		/* 0: end of list */
		uint8_t	 bytes[4];
	}		 patch[MAXPATCH];
	uint8_t		 reason;	/* PFRES_* */
	uint16_t	 flags;		/* PF_PD_*, PF_PD_CKSUM apart */
	uint8_t		 proto;
	uint16_t	 off;		/* of the transport */
	uint32_t	 p_len;
	uint16_t	 min;		/* a packet of less is too short; 0: off */
	uint16_t	 id, vtype;	/* ICMP, host order */
};
#define N	PF_PD_ONEWAY
#define L	(PF_PD_ICMPQUERY | PF_PD_LINK | PF_PD_ENDS)
#define Q	(PF_PD_ICMPQUERY | PF_PD_ICMPID)
#define R	(PF_PD_ICMPQUERY | PF_PD_ICMPREPLY | PF_PD_ICMPID)
#define E	PF_PD_ICMPERR
#define F1	PF_PD_FRAGMENT
#define F2	(PF_PD_FRAGMENT | PF_PD_NOTFIRST)
#define O	PF_PD_OPTS

static const struct pcase sound[] = {
	{ "TCP", { TCP4, .paylen = 10 }, .proto = 6, .off = 20, .p_len = 10,
	  .min = 40 },
	{ "TCP6", { TCP6, .paylen = 10 }, .proto = 6, .off = 40, .p_len = 10,
	  .min = 60 },
	{ "TCP with options", { TCP4, .mss = 1460, .wscale = 8, .paylen = 3 },
	  .proto = 6, .off = 20, .p_len = 3, .min = 48 },
	{ "TCP to port 0", { A4, .proto = 6, .flags = PF_TH_ACK }, .proto = 6, .off = 20, .min = 40 },
	{ "UDP", { UDP4, .paylen = 4 }, .proto = 17, .off = 20, .p_len = 4,
	  .min = 32 },
	{ "UDP6", { UDP6, .paylen = 4 }, .proto = 17, .off = 40, .p_len = 4,
	  .min = 52 },
	{ "UDP from port 0", { A4, .proto = 17, .dport = 9 }, .proto = 17,
	  .off = 20, .min = 28 },
	{ "UDP in a longer IP", { UDP4, .paylen = 4 }, { { 24, 2, { 0, 10 } } },
	  .proto = 17, .off = 20, .p_len = 4, .min = 30 },
	{ "GRE", { A4, .proto = IPPROTO_GRE, .paylen = 12 }, .proto = 47,
	  .off = 20, .p_len = 12, .min = 20 },
	{ "GRE6", { A6, .proto = IPPROTO_GRE, .paylen = 12 }, .proto = 47,
	  .off = 40, .p_len = 12, .min = 40 },
	{ "no next header", { A6, .proto = 59 }, .proto = 59, .off = 40,
	  .min = 40 },
	{ "IPv4 options", { UDP4, .opts = (const uint8_t *)"\x94\x04\0\0",
	  .optlen = 4 }, .flags = O, .proto = 17, .off = 24, .min = 32 },
	{ "40 bytes of options", { TCP4, .opts = (const uint8_t *)
	  "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
	  "\1\1\1\1", .optlen = 40 }, .flags = O, .proto = 6, .off = 60,
	  .min = 80 },
	{ "don't fragment", { UDP4, .df = true }, .proto = 17, .off = 20,
	  .min = 28 },

	{ "echo", { ICMP4(8) }, .flags = Q, .proto = 1, .off = 20, .min = 28,
	  .id = 77, .vtype = 8 },
	{ "echo reply", { ICMP4(0) }, .flags = R, .proto = 1, .off = 20,
	  .min = 28, .id = 77, .vtype = 8 },
	{ "timestamp", { ICMP4(13), .paylen = 12 }, .flags = Q, .proto = 1,
	  .off = 20, .p_len = 12, .min = 28, .id = 77, .vtype = 13 },
	{ "timestamp reply", { ICMP4(14), .paylen = 12 }, .flags = R, .proto = 1,
	  .off = 20, .p_len = 12, .min = 28, .id = 77, .vtype = 13 },
	{ "information", { ICMP4(15) }, .flags = Q, .proto = 1, .off = 20,
	  .min = 28, .id = 77, .vtype = 15 },
	{ "information reply", { ICMP4(16) }, .flags = R, .proto = 1, .off = 20,
	  .min = 28, .id = 77, .vtype = 15 },
	{ "mask", { ICMP4(17) }, .flags = Q, .proto = 1, .off = 20, .min = 28,
	  .id = 77, .vtype = 17 },
	{ "mask reply", { ICMP4(18) }, .flags = R, .proto = 1, .off = 20,
	  .min = 28, .id = 77, .vtype = 17 },
	{ "router solicitation", { ICMP4(10) }, .flags = L, .proto = 1,
	  .off = 20, .min = 28, .vtype = 10 },
	{ "router advertisement", { ICMP4(9) }, .flags = L | PF_PD_ICMPREPLY,
	  .proto = 1, .off = 20, .min = 28, .vtype = 10 },
	{ "traceroute", { ICMP4(30) }, .flags = N, .proto = 1,
	  .off = 20, .min = 28, .vtype = 30 },
	{ "extended echo", { ICMP4(42) }, .flags = Q, .proto = 1,
	  .off = 20, .min = 28, .id = 77, .vtype = 42 },
	{ "extended echo reply", { ICMP4(43) }, .flags = R, .proto = 1,
	  .off = 20, .min = 28, .id = 77, .vtype = 42 },
	{ "unreachable", { ICMP4(3) }, .flags = E, .proto = 1, .off = 20,
	  .min = 28, .vtype = 3 },
	{ "source quench", { ICMP4(4) }, .flags = E, .proto = 1, .off = 20,
	  .min = 28, .vtype = 4 },
	{ "redirect", { ICMP4(5) }, .flags = E, .proto = 1, .off = 20,
	  .min = 28, .vtype = 5 },
	{ "time exceeded", { ICMP4(11) }, .flags = E, .proto = 1, .off = 20,
	  .min = 28, .vtype = 11 },
	{ "parameter problem", { ICMP4(12) }, .flags = E, .proto = 1, .off = 20,
	  .min = 28, .vtype = 12 },
	{ "echo6", { ICMP6(128) }, .flags = Q, .proto = 58, .off = 40,
	  .min = 48, .id = 77, .vtype = 128 },
	{ "echo6 reply", { ICMP6(129) }, .flags = R, .proto = 58, .off = 40,
	  .min = 48, .id = 77, .vtype = 128 },
	{ "unreachable6", { ICMP6(1) }, .flags = E, .proto = 58, .off = 40,
	  .min = 48, .vtype = 1 },
	{ "too big", { ICMP6(2) }, .flags = E, .proto = 58, .off = 40,
	  .min = 48, .vtype = 2 },
	{ "time exceeded6", { ICMP6(3) }, .flags = E, .proto = 58, .off = 40,
	  .min = 48, .vtype = 3 },
	{ "parameter problem6", { ICMP6(4) }, .flags = E, .proto = 58,
	  .off = 40, .min = 48, .vtype = 4 },
	{ "an error that nobody knows", { ICMP6(8) }, .flags = E, .proto = 58,
	  .off = 40, .min = 48, .vtype = 8 },
	{ "router renumbering", { ICMP6(138) }, .flags = N, .proto = 58,
	  .off = 40, .min = 48, .vtype = 138 },
	{ "node information", { ICMP6(139), .paylen = 8 },
	  .flags = PF_PD_ICMPQUERY, .proto = 58, .off = 40, .p_len = 8,
	  .min = 48, .vtype = 139 },
	{ "node information, reply", { ICMP6(140), .paylen = 8 },
	  .flags = PF_PD_ICMPQUERY | PF_PD_ICMPREPLY, .proto = 58, .off = 40,
	  .p_len = 8, .min = 48, .vtype = 139 },
	{ "mobile prefix", { ICMP6(146) }, .flags = Q, .proto = 58, .off = 40,
	  .min = 48, .id = 77, .vtype = 146 },
	{ "extended echo6 reply", { ICMP6(161) }, .flags = R, .proto = 58,
	  .off = 40, .min = 48, .id = 77, .vtype = 160 },

	{ "hop-by-hop", { UDP6, OPTS(0, TO_UDP HOP_ALERT) }, .flags = O,
	  .proto = 17, .off = 48, .min = 56 },
	{ "destination options", { TCP6, OPTS(60, TO_TCP PADDING) }, .flags = O,
	  .proto = 6, .off = 48, .min = 68 },
	{ "routing type 4", { TCP6, OPTS(43, TO_TCP ROUTING4) }, .flags = O,
	  .proto = 6, .off = 48, .min = 68 },
	{ "authentication", { TCP6, OPTS(51, TO_TCP AH_HEADER) }, .proto = 6,
	  .off = 56, .min = 76 },
	{ "all of them", { UDP6, OPTS(0, TO_ROUTING HOP_ALERT TO_AH ROUTING4
	  TO_DST AH_HEADER TO_UDP PADDING) }, .flags = O, .proto = 17,
	  .off = 80, .min = 88 },
	{ "16 headers less one", { UDP6, OPTS(60, DST4X DST4X DST4X DST8 DST8
	  TO_UDP PADDING) }, .flags = O, .proto = 17, .off = 160, .min = 168 },
	{ "an atomic fragment", { UDP6, OPTS(44, TO_UDP ATOMIC) }, .proto = 17,
	  .off = 48, .min = 56 },

	{ "a first fragment", { UDP4, .more_frags = true, .paylen = 16 },
	  .flags = F1, .proto = 17, .off = 20, .p_len = 16, .min = 28 },
	{ "a first fragment that may not be one", { UDP4, .df = true,
	  .more_frags = true, .paylen = 16 }, .flags = F1, .proto = 17,
	  .off = 20, .p_len = 16, .min = 28 },
	{ "a later fragment", { UDP4, .more_frags = true, .frag_off = 8,
	  .paylen = 16 }, .flags = F2, .proto = 17, .off = 20, .p_len = 16 },
	{ "a last fragment", { TCP4, .frag_off = 24, .paylen = 5 }, .flags = F2,
	  .proto = 6, .off = 20, .p_len = 5 },
	{ "the last possible byte", { UDP4, .frag_off = 65512, .paylen = 3 },
	  .flags = F2, .proto = 17, .off = 20, .p_len = 3 },
	{ "a first fragment6", { UDP6, .more_frags = true, .paylen = 16 },
	  .flags = F1, .proto = 17, .off = 48, .p_len = 16, .min = 56 },
	{ "a later fragment6", { UDP6, .more_frags = true, .frag_off = 8,
	  .paylen = 16 }, .flags = F2, .proto = 17, .off = 48, .p_len = 16 },
	{ "a last fragment6", { TCP6, .frag_off = 24, .paylen = 5 },
	  .flags = F2, .proto = 6, .off = 48, .p_len = 5 },
	{ "the last possible byte6", { UDP6, .frag_off = 65528, .paylen = 7 },
	  .flags = F2, .proto = 17, .off = 48, .p_len = 7 },
	{ "a later fragment of ICMP has no type", { ICMP4(8), .frag_off = 8,
	  .paylen = 8 }, .flags = F2, .proto = 1, .off = 20, .p_len = 8 },
};

static const struct pcase broken[] = {
	{ "IPv4 version 5", { UDP4 }, { { 0, 1, { 0x55 } } }, PFRES_SHORT },
	{ "IPv6 version 7", { UDP6 }, { { 0, 1, { 0x70 } } }, PFRES_SHORT },
	{ "header of 16", { UDP4 }, { { 0, 1, { 0x44 } } }, PFRES_SHORT },
	{ "header longer than the packet", { A4, .proto = 47 },
	  { { 0, 1, { 0x46 } } }, PFRES_SHORT },
	{ "length less than the header", { UDP4 }, { { 2, 2, { 0, 19 } } },
	  PFRES_SHORT },
	{ "length 0", { UDP4 }, { { 2, 2, { 0, 0 } } }, PFRES_SHORT },
	{ "length one too many", { UDP4 }, { { 2, 2, { 0, 29 } } }, PFRES_SHORT },
	{ "IPv6 length one too many", { UDP6 }, { { 4, 2, { 0, 9 } } },
	  PFRES_SHORT },
	{ "IPv6 length 0", { UDP6 }, { { 4, 2, { 0, 0 } } }, PFRES_SHORT },
	{ "TCP header of 16", { TCP4 }, { { 32, 1, { 0x40 } } }, PFRES_SHORT },
	{ "TCP header of 24 in 20", { TCP4 }, { { 32, 1, { 0x60 } } },
	  PFRES_SHORT },
	{ "TCP header of 60 in 59", { TCP6, .paylen = 39 },
	  { { 52, 1, { 0xf0 } } }, PFRES_SHORT },
	{ "UDP to port 0", { A4, .proto = 17, .sport = 9 }, .reason = PFRES_SHORT },
	{ "UDP to port 0, 6", { A6, .proto = 17, .sport = 9 },
	  .reason = PFRES_SHORT },
	{ "UDP length 7", { UDP4 }, { { 24, 2, { 0, 7 } } }, PFRES_SHORT },
	{ "UDP length 9 in 8", { UDP4 }, { { 24, 2, { 0, 9 } } }, PFRES_SHORT },
	{ "UDP6 length 0", { UDP6 }, { { 44, 2, { 0, 0 } } }, PFRES_SHORT },
	{ "ICMP in IPv6", { A6, .proto = 1, .icmp_type = 8 },
	  .reason = PFRES_NORM },
	{ "ICMPv6 in IPv4", { A4, .proto = 58, .icmp_type = 128 },
	  .reason = PFRES_NORM },

	{ "routing type 0", { TCP6, OPTS(43, TO_TCP ROUTING0) },
	  .reason = PFRES_IPOPTIONS },
	{ "routing type 0 behind others", { TCP6, OPTS(0, TO_DST HOP_ALERT
	  TO_ROUTING PADDING TO_TCP ROUTING0) }, .reason = PFRES_IPOPTIONS },
	{ "hop-by-hop not first", { UDP6, OPTS(60, TO_HOP PADDING TO_UDP
	  HOP_ALERT) }, .reason = PFRES_IPOPTIONS },
	{ "two hop-by-hop", { UDP6, OPTS(0, TO_HOP HOP_ALERT TO_UDP HOP_ALERT) },
	  .reason = PFRES_IPOPTIONS },
	{ "hop-by-hop, option too long", { UDP6, OPTS(0, TO_UDP HOP_ALERT) },
	  { { 43, 1, { 5 } } }, PFRES_IPOPTIONS },
	{ "hop-by-hop, option without length", { UDP6, OPTS(0, TO_UDP
	  "\0\1\3\0\0\0\x05") }, .reason = PFRES_IPOPTIONS },
	{ "extension longer than the packet", { UDP6, OPTS(60, TO_UDP PADDING) },
	  { { 41, 1, { 2 } } }, PFRES_SHORT },
	{ "longest extension", { UDP6, OPTS(60, TO_UDP PADDING) },
	  { { 41, 1, { 255 } } }, PFRES_SHORT },
	{ "authentication longer than the packet", { UDP6, OPTS(51, TO_UDP
	  PADDING) }, { { 41, 1, { 255 } } }, PFRES_SHORT },
	{ "half an extension", { A6, .proto = 60, .paylen = 7 },
	  .reason = PFRES_SHORT },
	{ "half a fragment header", { A6, .proto = 44, .paylen = 7 },
	  .reason = PFRES_SHORT },
	{ "17 headers", { UDP6, OPTS(60, DST4X DST4X DST4X DST4X TO_UDP PADDING) },
	  .reason = PFRES_NORM },
	{ "jumbo option", { UDP6, OPTS(0, TO_UDP HOP_JUMBO) },
	  .reason = PFRES_NORM },
	{ "jumbo payload", { UDP6, OPTS(0, TO_UDP HOP_JUMBO) },
	  { { 4, 2, { 0, 0 } } }, PFRES_NORM },

	{ "fragment of 9 bytes, and more", { A4, .proto = 47, .more_frags = true,
	  .frag_off = 8, .paylen = 9 }, .reason = PFRES_FRAG },
	{ "fragment of no bytes", { UDP4, .frag_off = 8 }, .reason = PFRES_FRAG },
	{ "fragment of no bytes, and more", { A4, .proto = 47,
	  .more_frags = true }, .reason = PFRES_FRAG },
	{ "fragment past the end", { UDP4, .frag_off = 65512, .paylen = 4 },
	  .reason = PFRES_FRAG },
	{ "fragment6 of 9 bytes, and more", { A6, .proto = 47,
	  .more_frags = true, .frag_off = 8, .paylen = 9 },
	  .reason = PFRES_FRAG },
	{ "fragment6 of no bytes", { UDP6, .frag_off = 8 }, .reason = PFRES_FRAG },
	{ "fragment6 past the end", { UDP6, .frag_off = 65528, .paylen = 8 },
	  .reason = PFRES_FRAG },
	{ "two fragment headers", { A6, .proto = 17, .frag_off = 8, .paylen = 8,
	  OPTS(44, TO_FRAG FIRST_FRAG) }, .reason = PFRES_FRAG },
	{ "a first fragment without its TCP header", { A4, .proto = 6,
	  .more_frags = true }, { { 2, 2, { 0, 36 } } }, PFRES_SHORT },
	{ "a fragment inside the TCP header", { TCP4, .frag_off = 8,
	  .more_frags = true, .paylen = 24 }, .reason = PFRES_FRAG },
	{ "a fragment inside the TCP header, 6", { TCP6, .frag_off = 16,
	  .paylen = 24 }, .reason = PFRES_FRAG },
};

static struct pf_pkt *
build(const struct pcase *c)
{
	struct pf_pkt *p = sim_pkt_build(&c->spec);

	for (int i = 0; i < MAXPATCH && c->patch[i].len != 0; i++)
		sim_pkt_write(p, c->patch[i].off, c->patch[i].bytes,
		    c->patch[i].len);
	return (p);
}

static int
parse(struct pf_pkt *p, struct pf_pdesc *pd)
{
	memset(pd, 0xa5, sizeof(*pd));		/* what is not set shows */
	pd->pkt = p;
	pd->af = p->af;
	pd->dir = PF_IN;
	return (pf_packet_parse(pd));
}

static void
expect(const char *name, const char *how, uint32_t at, uint32_t got,
    uint32_t wanted, const char *what)
{
	if (got != wanted)
		fail_msg("%s, %s %u: %s %u, not %u", name, how, at, what, got,
		    wanted);
}

static void
check(const struct pcase *c, struct pf_pkt *p, const char *how, uint32_t at)
{
	const struct sim_spec *sp = &c->spec;
	struct pf_addr src, dst;
	struct pf_pdesc pd;
	bool ports = (c->proto == 6 || c->proto == 17) &&
	    (c->flags & PF_PD_NOTFIRST) == 0;
	bool icmp = c->proto == 1 || c->proto == 58;
	bool sum = (ports || icmp) && (c->flags & PF_PD_FRAGMENT) == 0;

	expect(c->name, how, at, (uint32_t)parse(p, &pd), c->reason, "reason");
	if (c->reason != PFRES_MATCH)
		return;
	memset(&src, 0, sizeof(src));
	memset(&dst, 0, sizeof(dst));
	inet_pton(p->af, sp->src, &src);
	inet_pton(p->af, sp->dst, &dst);
	if (!pf_addr_eq(&pd.src, &src) || !pf_addr_eq(&pd.dst, &dst))
		fail_msg("%s: addresses", c->name);
#define EXPECT(got, wanted) \
	expect(c->name, how, at, (uint32_t)(got), (uint32_t)(wanted), #got)
	EXPECT(pd.flags & ~PF_PD_CKSUM, c->flags);
	EXPECT((pd.flags & PF_PD_CKSUM) != 0, sum);
	EXPECT(pd.proto, c->proto);
	EXPECT(pd.off, c->off);
	EXPECT(pd.p_len, c->p_len);
	EXPECT(pd.ttl, sp->ttl != 0 ? sp->ttl : 64);
	EXPECT(pd.tos, sp->tos);
	EXPECT(pd.sport, ports ? htons(sp->sport) : 0);
	EXPECT(pd.dport, ports ? htons(sp->dport) : 0);
	icmp = icmp && (c->flags & PF_PD_NOTFIRST) == 0;
	EXPECT(pd.icmp_type, icmp ? sp->icmp_type : 0);
	EXPECT(pd.icmp_id, htons(c->id));
	EXPECT(pd.icmp_vtype, htons(c->vtype));
	if (c->proto == 6 && ports) {
		EXPECT(pd.tcp.seq, sp->seq);
		EXPECT(pd.tcp.ack, sp->ack);
		EXPECT(pd.tcp.win, sp->win != 0 ? sp->win : 65535);
	}
	EXPECT(pd.tcp.flags, c->proto == 6 && ports ? sp->flags : 0);
#undef EXPECT
}

/* Whole, padded, and in two pieces, cut everywhere. */
static void
check_all_ways(const struct pcase *c)
{
	uint8_t buf[1024];
	struct pf_pkt *p = build(c), *q;
	uint32_t len, cut;

	len = sim_pkt_bytes(p, buf, sizeof(buf));
	check(c, p, "whole", len);
	for (cut = 1; cut < len; cut++) {
		q = sim_pkt_copy(p);
		sim_pkt_split(q, &cut, 1);
		check(c, q, "cut at", cut);
		sim_pkt_free(q);
	}
	sim_pkt_free(p);
	if (c->reason != PFRES_MATCH)
		return;
	memset(buf + len, 0xff, 46);
	p = sim_pkt_raw(buf, len + 46);
	check(c, p, "padded by", 46);
	sim_pkt_free(p);
}

static void
sound_packets(void **arg)
{
	struct pcase c;

	(void)arg;
	for (size_t i = 0; i < NITEMS(sound); i++) {
		c = sound[i];
		check_all_ways(&c);
		c.spec.ttl = 1;
		c.spec.tos = 0xb9;
		c.spec.seq = 0xfedcba98;
		c.spec.ack = 0x89abcdef;
		c.spec.win = 0x1234;
		c.spec.flags = 0xff & ~PF_TH_SYN;
		check_all_ways(&c);
	}
}

static void
broken_packets(void **arg)
{
	(void)arg;
	for (size_t i = 0; i < NITEMS(broken); i++)
		check_all_ways(&broken[i]);
}

static void
set_len(uint8_t *b, uint8_t af, uint32_t len)
{
	uint32_t v = af == AF_INET ? len : len - 40, at = af == AF_INET ? 2 : 4;

	b[at] = (uint8_t)(v >> 8);
	b[at + 1] = (uint8_t)v;
}

/*
 * Bytes are missing: always too short.  The header knows: too short until the
 * transport's header is there.  A fragment's rules on lengths are not for here.
 */
static void
truncated(void **arg)
{
	struct pf_pdesc pd;
	struct pf_pkt *p;
	uint8_t buf[1024];
	uint32_t len, n;
	uint8_t af;
	int reason;

	(void)arg;
	for (size_t i = 0; i < NITEMS(sound); i++) {
		const struct pcase *c = &sound[i];

		p = build(c);
		af = p->af;
		len = sim_pkt_bytes(p, buf, sizeof(buf));
		sim_pkt_free(p);
		for (n = 0; n < len; n++) {
			p = sim_pkt_raw(buf, n);
			p->af = af;
			reason = parse(p, &pd);
			sim_pkt_free(p);
			expect(c->name, "only", n, (uint32_t)reason,
			    PFRES_SHORT, "reason");
		}
		if ((c->flags & PF_PD_FRAGMENT) != 0)
			continue;
		for (n = af == AF_INET ? 20 : 40; n < len; n++) {
			set_len(buf, af, n);
			p = sim_pkt_raw(buf, n);
			reason = parse(p, &pd);
			sim_pkt_free(p);
			if (n == 40 && c->spec.optlen != 0 &&
			    c->spec.opt_proto == 0 && af == AF_INET6)
				continue;	/* no room for options: jumbo */
			if (n < c->min)
				expect(c->name, "says", n, (uint32_t)reason,
				    PFRES_SHORT, "reason");
			else if (c->proto != 17)
				expect(c->name, "says", n, (uint32_t)reason,
				    PFRES_MATCH, "reason");
		}
	}
}

/* Segments that the host has joined: lengths may be 0, and UDP's own is one segment's. */
static void
joined_segments(void **arg)
{
	static uint8_t buf[200000];
	struct sim_spec sp = { TCP4, .paylen = 100 };
	struct sim_spec sp6 = { TCP6, .paylen = 100 };
	struct sim_spec own = { TCP6, .paylen = 100, OPTS(0, TO_TCP HOP_JUMBO) };
	struct sim_spec udp = { UDP4, .paylen = 3000, .segs = 3 };
	const struct {
		struct sim_spec	*sp;
		uint32_t	 hlen;
	} rows[] = { { &sp, 40 }, { &sp6, 60 }, { &own, 68 } };
	struct pf_pdesc pd;
	struct pf_pkt *p;
	uint32_t len;

	(void)arg;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		p = sim_pkt_build(rows[i].sp);
		sim_pkt_bytes(p, buf, sizeof(buf));
		set_len(buf, p->af, p->af == AF_INET ? 0 : 40);
		sim_pkt_free(p);
		for (len = 10000; len <= sizeof(buf); len += 63000) {
			p = sim_pkt_raw(buf, len);
			p->segs = len / 1400;
			assert_int_equal(parse(p, &pd), PFRES_MATCH);
			assert_int_equal(pd.len, len);
			assert_int_equal(pd.p_len, len - rows[i].hlen);
			assert_int_equal(pd.flags, PF_PD_CKSUM);
			p->segs = 1;		/* anybody else */
			assert_int_equal(parse(p, &pd), i == 2 ? PFRES_NORM :
			    PFRES_SHORT);
			sim_pkt_free(p);
		}
	}
	p = sim_pkt_build(&udp);
	sim_pkt_write(p, 24, "\x03\xf0", 2);
	assert_int_equal(parse(p, &pd), PFRES_MATCH);
	assert_int_equal(pd.p_len, 3000);
	sim_pkt_write(p, 24, "\xff\xff", 2);
	assert_int_equal(parse(p, &pd), PFRES_MATCH);
	sim_pkt_free(p);
}

/* The options that pf asks for, found in every order and in all that is broken. */
static const struct {
	const char	*opts;
	uint8_t		 len;		/* a multiple of 4 */
	uint8_t		 wscale;	/* with PF_WSCALE_FLAG */
	uint16_t	 mss;
} options[] = {
	{ "", 0, 0, 0 },
	{ "\2\4\5\xb4", 4, 0, 1460 },
	{ "\3\3\7\1", 4, 0x87, 0 },
	{ "\1\3\3\0", 4, 0x80, 0 },
	{ "\3\3\x0e\0", 4, 0x8e, 0 },
	{ "\3\3\x0f\0", 4, 0x8e, 0 },		/* RFC 7323: 14 then */
	{ "\3\3\xff\0", 4, 0x8e, 0 },
	{ "\2\4\5\xb4\4\2\x08\x0a\1\1\1\1\2\2\2\2\1\3\3\x08", 20, 0x88, 1460 },
	{ "\1\1\1\3\3\4\2\4\1\2\0\0", 12, 0x84, 0x102 },
	{ "\0\3\3\7", 4, 0, 0 },		/* behind the end */
	{ "\3\2\7\1", 4, 0, 0 },		/* lengths that are wrong .. */
	{ "\3\4\7\1\3\3\5\0", 8, 0x85, 0 },
	{ "\3\0\3\3\5\1\1\1", 8, 0, 0 },
	{ "\3\1\3\3\5\1\1\1", 8, 0, 0 },
	{ "\x08\x0a\1\1\3\3\5\1", 8, 0, 0 },	/* .. or lead outside */
	{ "\x08\xff\1\1\3\3\5\1", 8, 0, 0 },
	{ "\1\1\1\3", 4, 0, 0 },
	{ "\1\1\3\3", 4, 0, 0 },
	{ "\1\1\2\4", 4, 0, 0 },
	{ "\2\3\5\xb4", 4, 0, 0 },
	{ "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
	  "\1\1\3\3\x09", 40, 0x89, 0 },
};

/* Of the six classic flags, those that a stack sends together. */
static void
tcp_flags(void **arg)
{
	static const char *const sent[] = { "S", "SA", "SAP", "SAU", "SAPU", "R", "RA", "RAP",
		"RAU", "RAPU", "RAF", "RAFP", "RAFU", "RAFPU", "A", "AP", "AU", "APU", "AF",
		"AFP", "AFU", "AFPU" };
	static const char letters[] = "FSRPAU";

	(void)arg;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct sim_spec sp = { TCP4 };
		struct pf_pdesc pd;
		struct pf_pkt *p;
		bool sane = false;

		for (size_t i = 0; i < NITEMS(sent); i++) {
			unsigned int f = 0;

			for (const char *c = sent[i]; *c != '\0'; c++)
				f |= 1U << (strchr(letters, *c) - letters);
			sane |= f == (flags & 0x3f);	/* ECN's two go with all */
		}
		sp.flags = (uint8_t)flags;
		p = sim_pkt_build(&sp);
		assert_int_equal(parse(p, &pd), sane ? PFRES_MATCH : PFRES_NORM);
		sim_pkt_free(p);
	}
}

static void
tcp_options(void **arg)
{
	struct sim_spec sp = { TCP4 };
	struct pf_pdesc pd;
	struct pf_pkt *p, *q;
	uint32_t cut;

	(void)arg;
	for (size_t i = 0; i < NITEMS(options); i++) {
		uint8_t doff = (uint8_t)((20 + options[i].len) << 2);

		sp.payload = options[i].opts;
		sp.paylen = options[i].len;
		p = sim_pkt_build(&sp);
		sim_pkt_write(p, 32, &doff, 1);
		for (cut = 0; cut < p->len; cut++) {
			q = sim_pkt_copy(p);
			if (cut != 0)
				sim_pkt_split(q, &cut, 1);
			assert_int_equal(parse(q, &pd), PFRES_MATCH);
			assert_int_equal(pd.p_len, 0);
			if (pf_packet_wscale(&pd) != options[i].wscale)
				fail_msg("row %zu: scale %#x", i,
				    pf_packet_wscale(&pd));
			if (pf_packet_mss(&pd) != options[i].mss)
				fail_msg("row %zu: mss %u", i,
				    pf_packet_mss(&pd));
			sim_pkt_free(q);
		}
		sim_pkt_free(p);
	}
}

/* Rubbish: whatever is said of it lies within the packet. */
static void
rubbish(void **arg)
{
	uint64_t seed = 99;
	uint8_t buf[300];
	struct pf_pdesc pd;
	struct pf_pkt *p;
	uint32_t len;
	unsigned int matched = 0;

	(void)arg;
	for (int i = 0; i < 60000; i++) {
		const struct pcase *c = &sound[(size_t)i % NITEMS(sound)];

		p = build(c);
		len = sim_pkt_bytes(p, buf, sizeof(buf));
		for (int k = 0; k < 1 + i % 3; k++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			buf[(seed >> 40) % (len < 60 ? len : 60)] =
			    (uint8_t)(seed >> 33);
		}
		buf[0] = (uint8_t)((p->af == AF_INET ? 0x40 : 0x60) |
		    (buf[0] & 0xf));
		sim_pkt_free(p);
		p = sim_pkt_raw(buf, len);
		if (parse(p, &pd) == PFRES_MATCH) {
			matched++;
			assert_true(pd.len <= len);
			assert_true(pd.off <= pd.len);
			assert_true(pd.p_len <= pd.len - pd.off);
			pf_packet_mss(&pd);
		}
		sim_pkt_free(p);
	}
	assert_in_range(matched, 10000, 59000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_packets),
		cmocka_unit_test(broken_packets),
		cmocka_unit_test(truncated),
		cmocka_unit_test(joined_segments),
		cmocka_unit_test(tcp_options),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(rubbish),
	};

	return (cmocka_run_group_tests_name("packet", tests, NULL, NULL));
}
