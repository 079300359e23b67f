// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_path.c: packets through pf_test(), end to end: from the ioctl that loads a
 * rule to the packet that pf answers with.
 *
 * A case is a table of steps.  Hosts and protocols are symbols in it, so that every
 * case runs over IPv4 and over IPv6, each with packets in one piece, and again with
 * packets cut up and with memory that is freed late.  After each step the verdict, the number of states and what pf sent must be as the row says.
 */
#include <netinet/tcp.h>

#include "unit.h"

enum { NOBODY, A, B, C, R, NET_A, HOST_MAX };
static const char *const addresses[2][HOST_MAX] = {
	{ NULL, "10.1.0.2", "10.2.0.2", "10.3.0.2", "10.1.0.1", "10.1.0.0/24" },
	{ NULL, "2001:db8:1::2", "2001:db8:2::2", "2001:db8:3::2",
	  "2001:db8:1::1", "2001:db8:1::/64" },
};

enum { K_TCP, K_UDP, K_ECHO, K_ECHOREPLY, K_UNREACH, K_OTHER, K_FRAG1, K_FRAG2,
	K_ANY };
enum { IN, OUT, WAIT, LOAD, ENABLE, DISABLE, LIMIT, SKIP };
enum { SENT_NONE, SENT_RST, SENT_UNREACH, SENT_CHALLENGE };

/* The system's headers of ICMP define our members' names away. */
#define ICMP_ECHOREPLY		0
#define ICMP_DEST_UNREACH	3
#define ICMP_HOST_UNREACH	1
#define ICMP_PORT_UNREACH	3
#define ICMP_ECHO		8
#define ICMP6_DST_UNREACH	1
#define ICMP6_DST_UNREACH_ADDR	3
#define ICMP6_DST_UNREACH_NOPORT 4
#define ICMP6_ECHO_REQUEST	128
#define ICMP6_ECHO_REPLY	129

#define S	TH_SYN
#define SA	(TH_SYN | TH_ACK)
#define AK	TH_ACK
#define FA	(TH_FIN | TH_ACK)
#define RS	TH_RST
#define RA	(TH_RST | TH_ACK)

#define TCP(s, d, f)	K_TCP, .sport = (s), .dport = (d), .flags = (f)
#define UDP(s, d)	K_UDP, .sport = (s), .dport = (d)
#define ECHO_ID(i)	K_ECHO, .sport = (i)
#define ECHOREPLY_ID(i)	K_ECHOREPLY, .sport = (i)
#define UNREACH(step)	K_UNREACH, .quote = (step)
#define DROP		.verdict = PF_DROP

struct rule {
	uint8_t		 action;	/* PF_PASS, PF_DROP; PF_ACTION_MAX ends */
	uint8_t		 dir;		/* 0: both */
	uint8_t		 on;		/* interface, 0: any */
	uint8_t		 from, to;
	uint8_t		 proto;		/* K_* + 1, 0: any */
	uint16_t	 dport;
	bool		 quick, stateless, anyflags, opts, ifbound;
	uint32_t	 rule_flag;
	uint32_t	 max;
	uint32_t	 udp_first;	/* timeout */
};
#define END		{ .action = PF_ACTION_MAX }
#define PASS_ALL	{ .action = PF_PASS }
#define BLOCK_ALL	{ .action = PF_DROP }

struct step {
	uint8_t		 op;
	uint8_t		 on;		/* interface */
	uint8_t		 from, to;
	uint8_t		 kind;
	uint16_t	 sport, dport;
	uint8_t		 flags;
	uint8_t		 quote;		/* number of the step it answers */
	uint8_t		 verdict;
	uint8_t		 sent;
	uint8_t		 reason;	/* PFRES_*, counted once; 0: do not look */
	bool		 bad_cksum, opts;
	uint32_t	 seq, ack;
	uint32_t	 cseq, cack;	/* of SENT_CHALLENGE */
	uint32_t	 paylen;
	uint32_t	 n;		/* seconds, limit */
	const struct rule *rules;
	unsigned int	 states;	/* after the step */
};

struct tcase {
	const char	*name;
	struct rule	 rules[6];
	struct step	 steps[24];
};
#define STEPS_END	{ .op = 0xff }

static const struct rule block_all[] = { BLOCK_ALL, END };
static const struct rule pass_all[] = { PASS_ALL, END };

static const struct tcase cases[] = {
{ "no rules: all pass, no state", { END }, {
	{ IN, 1, A, B, TCP(1024, 80, S) },
	{ OUT, 2, A, B, TCP(1024, 80, S) },
	{ IN, 1, A, B, UDP(1, 2) },
	STEPS_END } },
{ "block all", { BLOCK_ALL, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), DROP },
	{ OUT, 1, A, B, TCP(1024, 80, S), DROP },
	{ IN, 2, A, B, UDP(1, 2), DROP },
	{ IN, 1, A, B, ECHO_ID(7), DROP },
	{ IN, 1, A, B, K_OTHER, DROP },
	STEPS_END } },
{ "the last match wins", { BLOCK_ALL, { PF_PASS, .proto = K_UDP + 1 },
    { PF_DROP, .proto = K_UDP + 1, .dport = 53 }, END }, {
	{ IN, 1, A, B, UDP(1024, 123), .states = 1 },
	{ IN, 1, A, B, UDP(1024, 53), DROP, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 123, S), DROP, .states = 1 },
	STEPS_END } },
{ "quick ends it", { { PF_PASS, .proto = K_UDP + 1, .dport = 53, .quick = true },
    BLOCK_ALL, END }, {
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ IN, 1, A, B, UDP(1024, 54), DROP, .states = 1 },
	STEPS_END } },
{ "direction, interface and addresses", { BLOCK_ALL,
    { PF_PASS, PF_IN, 1, .from = NET_A, .stateless = true, .anyflags = true },
    { PF_PASS, PF_OUT, 2, .to = B, .stateless = true, .anyflags = true }, END }, {
	{ IN, 1, A, B, UDP(1, 2) },
	{ IN, 1, R, B, UDP(1, 2) },
	{ IN, 1, C, B, UDP(1, 2), DROP },
	{ IN, 2, A, B, UDP(1, 2), DROP },
	{ OUT, 1, A, B, UDP(1, 2), DROP },
	{ OUT, 2, C, B, UDP(1, 2) },
	{ OUT, 2, B, C, UDP(1, 2), DROP },
	STEPS_END } },
{ "state out, replies in", { BLOCK_ALL, { PF_PASS, PF_OUT }, END }, {
	{ IN, 1, A, R, UDP(53, 1024), DROP },
	{ OUT, 1, R, A, UDP(1024, 53), .states = 1 },
	{ IN, 1, A, R, UDP(53, 1024), .states = 1 },
	{ IN, 1, A, R, UDP(53, 1025), DROP, .states = 1 },
	{ IN, 1, B, R, UDP(53, 1024), DROP, .states = 1 },
	{ IN, 1, A, R, UDP(1024, 53), DROP, .states = 1 },
	{ OUT, 1, R, A, UDP(1024, 53), .states = 1 },
	STEPS_END } },
{ "flags S/SA: no state from the middle", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, AK), DROP },
	{ IN, 1, A, B, TCP(1024, 80, SA), DROP },
	{ IN, 1, A, B, TCP(1024, 80, S), .states = 1 },
	STEPS_END } },
{ "a TCP connection from SYN to TIME_WAIT", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .paylen = 500,
	  .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, AK), .seq = 5001, .ack = 1501, .paylen = 900,
	  .states = 1 },
	{ WAIT, .n = 3600, .states = 1 },	/* established: a day */
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1501, .ack = 5901, .states = 1 },
	/* Far outside of the window; without data the number says nothing. */
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 900001501, .ack = 5901,
	  .paylen = 10, DROP,
	  .reason = PFRES_BADSTATE, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, AK), .seq = 5901, .ack = 900001501, DROP,
	  .reason = PFRES_BADSTATE, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, FA), .seq = 1501, .ack = 5901, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, FA), .seq = 5901, .ack = 1502, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1502, .ack = 5902, .states = 1 },
	{ WAIT, .n = 85, .states = 1 },		/* closed: 90 */
	{ WAIT, .n = 20, .states = 0 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1502, .ack = 5902, DROP },
	STEPS_END } },
{ "a RST ends a connection", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, RA), .seq = 0, .ack = 1001, .states = 1 },
	{ WAIT, .n = 101, .states = 0 },
	STEPS_END } },
{ "a RST must be exact, and ends what a day was given", { BLOCK_ALL,
    { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, RS), .seq = 5060, DROP,
	  .sent = SENT_CHALLENGE, .cseq = 1001, .cack = 5001,
	  .reason = PFRES_BADSTATE, .states = 1 },
	{ WAIT, .n = 200, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, RS), .seq = 5001, .states = 1 },
	{ WAIT, .n = 85, .states = 1 },
	{ WAIT, .n = 16, .states = 0 },
	STEPS_END } },
{ "a new connection on the ports of one that has ended", { BLOCK_ALL,
    { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, FA), .seq = 1001, .ack = 5001, .states = 1 },
	/* Not ended yet: a SYN does not fit. */
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, DROP,
	  .sent = SENT_CHALLENGE, .cseq = 5001, .cack = 1001,
	  .reason = PFRES_BADSTATE, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, FA), .seq = 5001, .ack = 1002, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1002, .ack = 5002, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 700000000, .ack = 90000001,
	  .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 90000001, .ack = 700000001,
	  .states = 1 },
	{ WAIT, .n = 3600, .states = 1 },
	STEPS_END } },
{ "a client that has restarted, through two states", { BLOCK_ALL, { PF_PASS }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 2, A, B, TCP(1024, 80, S), .seq = 1000, .states = 2 },
	{ IN, 2, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 2 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 2 },
	{ OUT, 2, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 2 },
	{ WAIT, .n = 3600, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, DROP,
	  .sent = SENT_CHALLENGE, .cseq = 5001, .cack = 1001, .states = 2 },
	/* one in a second */
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, DROP, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, RS), .seq = 1500, DROP, .states = 2 },
	{ WAIT, .n = 1, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, DROP,
	  .sent = SENT_CHALLENGE, .cseq = 5001, .cack = 1001, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, RS), .seq = 1001, .states = 2 },
	{ OUT, 2, A, B, TCP(1024, 80, RS), .seq = 1001, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 90000000, .states = 2 },
	{ OUT, 2, A, B, TCP(1024, 80, S), .seq = 90000000, .states = 2 },
	{ IN, 2, B, A, TCP(80, 1024, SA), .seq = 7000, .ack = 90000001, .states = 2 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 7000, .ack = 90000001, .states = 2 },
	STEPS_END } },
{ "a server that knows more than the firewall", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, AK), .seq = 70000000, .ack = 80000000,
	  .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, RS), .seq = 80000001, DROP,
	  .reason = PFRES_BADSTATE, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, RS), .seq = 80000000, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 1 },
	{ WAIT, .n = 3600, .states = 1 },
	STEPS_END } },
{ "a SYN that nobody answers", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ WAIT, .n = 119, .states = 1 },
	{ WAIT, .n = 12, .states = 0 },
	STEPS_END } },
{ "UDP timeouts", { PASS_ALL, END }, {
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ WAIT, .n = 59, .states = 1 },
	{ WAIT, .n = 11, .states = 0 },
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },	/* single */
	{ WAIT, .n = 29, .states = 1 },
	{ WAIT, .n = 11, .states = 0 },
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ OUT, 1, B, A, UDP(53, 1024), .states = 1 },
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },	/* multiple */
	{ WAIT, .n = 59, .states = 1 },
	{ OUT, 1, B, A, UDP(53, 1024), .states = 1 },
	{ WAIT, .n = 59, .states = 1 },
	{ WAIT, .n = 11, .states = 0 },
	STEPS_END } },
{ "a rule's own timeout", { { PF_PASS, .udp_first = 5 }, END }, {
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ WAIT, .n = 4, .states = 1 },
	{ WAIT, .n = 11, .states = 0 },
	STEPS_END } },
{ "ICMP queries", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ OUT, 1, B, A, ECHOREPLY_ID(7), DROP },
	{ IN, 1, A, B, ECHO_ID(7), .states = 1 },
	{ OUT, 1, B, A, ECHOREPLY_ID(7), .states = 1 },
	{ OUT, 1, B, A, ECHOREPLY_ID(8), DROP, .states = 1 },
	{ OUT, 1, B, A, ECHO_ID(7), DROP, .states = 1 },
	{ OUT, 1, C, A, ECHOREPLY_ID(7), DROP, .states = 1 },
	{ IN, 1, A, B, ECHO_ID(8), .states = 2 },
	{ WAIT, .n = 35, .states = 0 },
	STEPS_END } },
{ "a query's reply makes no state", { { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, ECHO_ID(7), .states = 1 },
	{ OUT, 1, B, A, ECHOREPLY_ID(7), .states = 1 },
	STEPS_END } },
{ "other protocols", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ OUT, 1, B, A, K_OTHER, .paylen = 100, DROP },
	{ IN, 1, A, B, K_OTHER, .paylen = 100, .states = 1 },
	{ OUT, 1, B, A, K_OTHER, .paylen = 100, .states = 1 },
	{ OUT, 1, C, A, K_OTHER, .paylen = 100, DROP, .states = 1 },
	{ WAIT, .n = 75, .states = 0 },
	STEPS_END } },
{ "ICMP errors belong to a connection", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ OUT, 1, R, A, UNREACH(0), .states = 1 },
	{ OUT, 1, B, A, UNREACH(0), .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 2 },
	{ OUT, 1, R, A, UNREACH(3), .states = 2 },
	/* One for what never was. */
	{ IN, 1, C, B, UDP(9, 9), .states = 3 },
	{ WAIT, .n = 71, .states = 1 },
	{ OUT, 1, R, C, UNREACH(5), DROP, .states = 1 },
	STEPS_END } },
{ "an ICMP error quotes what was sent", { BLOCK_ALL, { PF_PASS, PF_IN }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 1 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 700001001, .ack = 5001,
	  .paylen = 10, DROP,
	  .states = 1 },
	{ OUT, 1, R, A, UNREACH(2), .states = 1 },
	{ OUT, 1, R, A, UNREACH(3), DROP, .reason = PFRES_BADSTATE, .states = 1 },
	STEPS_END } },
{ "forwarded: two states", { BLOCK_ALL, { PF_PASS }, END }, {
	{ IN, 1, A, B, TCP(1024, 80, S), .seq = 1000, .states = 1 },
	{ OUT, 2, A, B, TCP(1024, 80, S), .seq = 1000, .states = 2 },
	{ LOAD, .rules = block_all, .states = 2 },
	{ IN, 2, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 2 },
	{ OUT, 1, B, A, TCP(80, 1024, SA), .seq = 5000, .ack = 1001, .states = 2 },
	{ IN, 1, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 2 },
	{ OUT, 2, A, B, TCP(1024, 80, AK), .seq = 1001, .ack = 5001, .states = 2 },
	STEPS_END } },
{ "floating and bound states", { BLOCK_ALL,
    { PF_PASS, PF_IN, .proto = K_UDP + 1 },
    { PF_PASS, PF_IN, .proto = K_TCP + 1, .ifbound = true }, END }, {
	{ IN, 1, A, B, UDP(1024, 53), .states = 1 },
	{ OUT, 2, B, A, UDP(53, 1024), .states = 1 },	/* floats */
	{ IN, 1, A, B, TCP(1024, 53, S), .seq = 1, .states = 2 },
	{ OUT, 2, B, A, TCP(53, 1024, SA), .seq = 1, .ack = 2, DROP, .states = 2 },
	{ OUT, 1, B, A, TCP(53, 1024, SA), .seq = 1, .ack = 2, .states = 2 },
	STEPS_END } },
{ "max states of a rule", { BLOCK_ALL, { PF_PASS, .max = 2 }, END }, {
	{ IN, 1, A, B, UDP(1, 53), .states = 1 },
	{ IN, 1, A, B, UDP(2, 53), .states = 2 },
	{ IN, 1, A, B, UDP(3, 53), DROP, .reason = PFRES_MAXSTATES, .states = 2 },
	{ IN, 1, A, B, UDP(2, 53), .states = 2 },
	{ WAIT, .n = 75, .states = 0 },
	{ IN, 1, A, B, UDP(3, 53), .states = 1 },
	STEPS_END } },
{ "limit of states", { PASS_ALL, END }, {
	{ IN, 1, A, B, UDP(1, 53), .states = 1 },
	{ IN, 1, A, B, UDP(2, 53), .states = 2 },
	{ LIMIT, .n = 3, .states = 2 },
	{ IN, 1, A, B, UDP(3, 53), .states = 3 },
	{ IN, 1, A, B, UDP(4, 53), DROP, .reason = PFRES_MAXSTATES, .states = 3 },
	{ OUT, 1, B, A, UDP(53, 1), .states = 3 },
	{ LIMIT, .n = 1, .states = 3 },
	{ OUT, 1, B, A, UDP(53, 2), .states = 3 },
	{ IN, 1, A, B, UDP(5, 53), DROP, .reason = PFRES_MAXSTATES, .states = 3 },
	STEPS_END } },
{ "reload: states stay, the rest is judged anew", { PASS_ALL, END }, {
	{ IN, 1, A, B, UDP(1, 53), .states = 1 },
	{ LOAD, .rules = block_all, .states = 1 },
	{ IN, 1, A, B, UDP(1, 53), .states = 1 },
	{ OUT, 1, B, A, UDP(53, 1), .states = 1 },
	{ IN, 1, A, B, UDP(2, 53), DROP, .states = 1 },
	{ LOAD, .rules = pass_all, .states = 1 },
	{ IN, 1, A, B, UDP(2, 53), .states = 2 },
	STEPS_END } },
{ "disabled: nothing is looked at", { BLOCK_ALL, END }, {
	{ IN, 1, A, B, UDP(1, 53), DROP },
	{ DISABLE },
	{ IN, 1, A, B, UDP(1, 53) },
	{ ENABLE },
	{ IN, 1, A, B, UDP(1, 53), DROP },
	STEPS_END } },
{ "set skip on", { BLOCK_ALL, END }, {
	{ SKIP, 2, .n = 1 },
	{ IN, 2, A, B, UDP(1, 53) },
	{ IN, 1, A, B, UDP(1, 53), DROP },
	{ SKIP, 2, .n = 0 },
	{ IN, 2, A, B, UDP(1, 53), DROP },
	STEPS_END } },
{ "fragments go by address", { BLOCK_ALL, { PF_PASS, .from = A }, END }, {
	{ IN, 1, A, B, K_FRAG2 },
	{ IN, 1, C, B, K_FRAG2, DROP },
	{ IN, 1, A, B, K_FRAG1, .sport = 1, .dport = 2, .states = 1 },
	{ IN, 1, A, B, K_FRAG2, .states = 1 },
	STEPS_END } },
{ "a later fragment has no ports", { BLOCK_ALL,
    { PF_PASS, .proto = K_UDP + 1, .dport = 2 }, END }, {
	{ IN, 1, A, B, K_FRAG1, .sport = 1, .dport = 2, .states = 1 },
	{ IN, 1, A, B, K_FRAG2, DROP, .states = 1 },
	STEPS_END } },
{ "options need a rule that allows them", { PASS_ALL, END }, {
	{ IN, 1, A, B, UDP(1, 53), .opts = true, DROP,
	  .reason = PFRES_IPOPTIONS },
	{ IN, 1, A, B, UDP(1, 53), .states = 1 },
	{ IN, 1, A, B, UDP(1, 53), .opts = true, DROP,
	  .reason = PFRES_IPOPTIONS, .states = 1 },
	STEPS_END } },
{ "allow-opts", { { PF_PASS, .opts = true }, END }, {
	{ IN, 1, A, B, UDP(1, 53), .opts = true, .states = 1 },
	{ OUT, 1, B, A, UDP(53, 1), .opts = true, .states = 1 },
	STEPS_END } },
{ "wrong checksums", { PASS_ALL, END }, {
	{ IN, 1, A, B, TCP(1, 53, S), .bad_cksum = true, DROP,
	  .reason = PFRES_PROTCKSUM },
	{ IN, 1, A, B, UDP(1, 53), .bad_cksum = true, DROP,
	  .reason = PFRES_PROTCKSUM },
	{ IN, 1, A, B, ECHO_ID(1), .bad_cksum = true, DROP,
	  .reason = PFRES_PROTCKSUM },
	/* What leaves may have none yet. */
	{ OUT, 1, A, B, UDP(1, 53), .bad_cksum = true, .states = 1 },
	STEPS_END } },
{ "wrong checksums get no answer", { { PF_DROP,
    .rule_flag = PFRULE_RETURN }, END }, {
	{ IN, 1, A, B, TCP(1, 53, S), .bad_cksum = true, DROP },
	{ IN, 1, A, B, TCP(1, 53, S), DROP, .sent = SENT_RST },
	STEPS_END } },
{ "return: a RST or an error", { { PF_DROP, PF_IN,
    .rule_flag = PFRULE_RETURN }, END }, {
	{ IN, 1, A, R, TCP(1024, 80, S), .seq = 1000, DROP, .sent = SENT_RST },
	{ IN, 1, A, R, TCP(1024, 80, AK), .seq = 1000, .ack = 77, DROP,
	  .sent = SENT_RST },
	{ IN, 1, A, R, UDP(1024, 80), DROP, .sent = SENT_UNREACH },
	/* No answer to an answer, nor to a later fragment. */
	{ IN, 1, A, R, TCP(1024, 80, RS), .seq = 1000, DROP },
	{ IN, 1, A, R, K_FRAG2, DROP },
	{ IN, 1, A, R, UNREACH(2), DROP },
	STEPS_END } },
{ "return-rst for TCP alone", { { PF_DROP, PF_IN,
    .rule_flag = PFRULE_RETURNRST }, END }, {
	{ IN, 1, A, R, TCP(1024, 80, S), .seq = 1000, DROP, .sent = SENT_RST },
	{ IN, 1, A, R, UDP(1024, 80), DROP },
	STEPS_END } },
{ "drop says nothing", { BLOCK_ALL, END }, {
	{ IN, 1, A, R, TCP(1024, 80, S), .seq = 1000, DROP },
	{ IN, 1, A, R, UDP(1024, 80), DROP },
	STEPS_END } },
};

struct run {
	const struct tcase *tc;
	bool		 v6, cut;
	char		 name[128];
	struct sim	*sim;
	struct sim_node	*n;
	unsigned int	 step;
};

#define CHECK(r, ok, ...) do {						\
	if (!(ok)) {							\
		print_error("%s, step %u: ", (r)->name, (r)->step);	\
		fail_msg(__VA_ARGS__);					\
	}								\
} while (0)

static uint8_t
proto_of(const struct run *r, uint8_t kind)
{
	switch (kind) {
	case K_TCP:
		return (IPPROTO_TCP);
	case K_UDP:
	case K_FRAG1:
	case K_FRAG2:
		return (IPPROTO_UDP);
	case K_OTHER:
		return (IPPROTO_GRE);
	default:
		return (r->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	}
}

static void
load(struct run *r, const struct rule *rules)
{
	struct pf_rule pr[8];
	uint32_t n = 0;

	for (; rules->action != PF_ACTION_MAX; rules++, n++) {
		struct pf_rule *p = &pr[n];

		*p = unit_rule(rules->action);
		p->direction = rules->dir;
		if (rules->on != 0)
			snprintf(p->ifname, sizeof(p->ifname), "eth%d",
			    rules->on - 1);
		unit_addr(&p->src, addresses[r->v6][rules->from]);
		unit_addr(&p->dst, addresses[r->v6][rules->to]);
		if (rules->from != NOBODY || rules->to != NOBODY)
			p->af = r->v6 ? AF_INET6 : AF_INET;
		if (rules->proto != 0)
			p->proto = proto_of(r, rules->proto - 1);
		if (p->proto != 0 && p->proto != IPPROTO_TCP)
			p->flags = p->flagset = 0;
		if (rules->dport != 0) {
			p->dst.port_op = PF_OP_EQ;
			p->dst.port[0] = p->dst.port[1] = htons(rules->dport);
		}
		p->quick = rules->quick;
		p->rule_flag = rules->rule_flag;
		if (rules->ifbound)
			p->rule_flag |= PFRULE_IFBOUND;
		if (rules->stateless)
			p->keep_state = 0;
		if (rules->anyflags)
			p->flags = p->flagset = 0;
		p->allow_opts = rules->opts;
		p->max_states = rules->max;
		p->timeout[PFTM_UDP_FIRST_PACKET] = rules->udp_first;
		if ((p->rule_flag & (PFRULE_RETURN | PFRULE_RETURNICMP)) != 0) {
			p->return_icmp = ICMP_DEST_UNREACH << 8 |
			    ICMP_PORT_UNREACH;
			p->return_icmp6 = ICMP6_DST_UNREACH << 8 |
			    ICMP6_DST_UNREACH_NOPORT;
		}
	}
	CHECK(r, unit_load(r->n, pr, n) == 0, "the rules are not accepted");
}

static struct pf_pkt *
build(const struct run *r, const struct step *st)
{
	struct sim_spec sp = {
		.src = addresses[r->v6][st->from],
		.dst = addresses[r->v6][st->to],
		.proto = proto_of(r, st->kind),
		.sport = st->sport, .dport = st->dport, .flags = st->flags,
		.seq = st->seq, .ack = st->ack, .paylen = st->paylen,
		.bad_cksum = st->bad_cksum,
	};
	struct pf_pkt *p, *quote = NULL;

	switch (st->kind) {
	case K_ECHO:
		sp.icmp_type = r->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
		sp.icmp_id = st->sport;
		break;
	case K_ECHOREPLY:
		sp.icmp_type = r->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
		sp.icmp_id = st->sport;
		break;
	case K_UNREACH:
		sp.icmp_type = r->v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
		sp.icmp_code = r->v6 ? ICMP6_DST_UNREACH_ADDR :
		    ICMP_HOST_UNREACH;
		sp.quote = quote = build(r, &r->tc->steps[st->quote]);
		break;
	case K_FRAG1:
		sp.paylen = 56;
		sp.more_frags = true;
		break;
	case K_FRAG2:
		sp.paylen = 56;
		sp.frag_off = 64;
		break;
	default:
		break;
	}
	if (st->opts) {
		/* A router alert; an IPv6 hop-by-hop header with one. */
		sp.opts = r->v6 ? (const uint8_t *)"\x11\0\5\2\0\0\1\0" :
		    (const uint8_t *)"\x94\4\0\0";
		sp.optlen = r->v6 ? 8 : 4;
		sp.opt_proto = IPPROTO_HOPOPTS;
	}
	p = sim_pkt_build(&sp);
	sim_pkt_free(quote);
	if (r->cut)
		sim_pkt_split(p, (uint32_t[]){ 3, 14, 23, 31, 45, 67, 71 }, 7);
	return (p);
}

static void
check_sent(struct run *r, const struct step *st)
{
	struct pf_pkt *p = sim_pktq_take(&r->n->sent);
	struct sim_info in;

	if (st->sent == SENT_NONE) {
		CHECK(r, p == NULL, "pf sent a packet");
		return;
	}
	CHECK(r, p != NULL, "pf sent no answer");
	CHECK(r, r->n->sent.n == 0, "pf sent more than one");
	CHECK(r, sim_pkt_info(p, &in), "bad answer: %s", in.wrong);
	CHECK(r, strcmp(in.dst, addresses[r->v6][st->from]) == 0,
	    "answer to %s", in.dst);
	if (st->sent == SENT_RST) {
		CHECK(r, in.proto == IPPROTO_TCP && (in.flags & RS) != 0,
		    "not a RST");
		CHECK(r, strcmp(in.src, addresses[r->v6][st->to]) == 0,
		    "answer from %s", in.src);
		CHECK(r, in.sport == st->dport && in.dport == st->sport,
		    "ports %u, %u", in.sport, in.dport);
		if ((st->flags & TH_ACK) != 0)
			CHECK(r, in.seq == st->ack, "seq %u", in.seq);
		else
			CHECK(r, in.ack == st->seq + st->paylen +
			    ((st->flags & TH_SYN) != 0) &&
			    (in.flags & TH_ACK) != 0, "ack %u", in.ack);
	} else if (st->sent == SENT_CHALLENGE) {
		CHECK(r, in.proto == IPPROTO_TCP && in.flags == AK,
		    "not a challenge");
		CHECK(r, strcmp(in.src, addresses[r->v6][st->to]) == 0 &&
		    in.sport == st->dport && in.dport == st->sport,
		    "challenge from %s, %u to %u", in.src, in.sport, in.dport);
		CHECK(r, in.seq == st->cseq && in.ack == st->cack,
		    "challenge of seq %u, ack %u", in.seq, in.ack);
	} else {
		CHECK(r, in.proto == proto_of(r, K_UNREACH) &&
		    in.icmp_type == (r->v6 ? ICMP6_DST_UNREACH :
		    ICMP_DEST_UNREACH) && in.icmp_code == (r->v6 ?
		    ICMP6_DST_UNREACH_NOPORT : ICMP_PORT_UNREACH),
		    "ICMP %u.%u", in.icmp_type, in.icmp_code);
	}
	sim_pkt_free(p);
}

static void
step_packet(struct run *r, const struct step *st)
{
	struct pf_pkt *p = build(r, st);
	struct pf_status before, after;
	int verdict;

	unit_status(r->n, &before);
	verdict = sim_test_free(r->n, st->op == IN ? PF_IN : PF_OUT, st->on, p);
	unit_status(r->n, &after);
	CHECK(r, verdict == st->verdict, "verdict %d, not %d", verdict,
	    st->verdict);
	if (st->reason != 0)
		CHECK(r, after.counters[st->reason] ==
		    before.counters[st->reason] + 1, "reason %u not counted",
		    st->reason);
	check_sent(r, st);
}

static void
set_skip(struct run *r, const struct step *st)
{
	struct pf_client *cl = pf_client_open(r->n->pf, 1, 0);
	struct pfioc_iface io;

	assert_non_null(cl);
	memset(&io, 0, sizeof(io));
	snprintf(io.name, sizeof(io.name), "eth%d", st->on - 1);
	io.flags = PFI_IFLAG_SKIP;
	io.esize = sizeof(struct pfi_kif);
	CHECK(r, sim_ioctl(r->n, cl, st->n != 0 ? DIOCSETIFFLAG :
	    DIOCCLRIFFLAG, &io) == 0, "set skip");
	pf_client_close(cl);
}

static void
step_run(struct run *r, const struct step *st)
{
	struct pf_status status;

	switch (st->op) {
	case IN:
	case OUT:
		step_packet(r, st);
		break;
	case WAIT:
		sim_seconds(r->sim, st->n);
		break;
	case LOAD:
		load(r, st->rules);
		break;
	case ENABLE:
		CHECK(r, unit_enable(r->n) == 0, "enable");
		break;
	case DISABLE:
		CHECK(r, unit_disable(r->n) == 0, "disable");
		break;
	case LIMIT:
		CHECK(r, unit_limit(r->n, PF_LIMIT_STATES, st->n) == 0,
		    "limit");
		break;
	case SKIP:
		set_skip(r, st);
		break;
	}
	unit_status(r->n, &status);
	CHECK(r, status.states == st->states, "%u states, not %u",
	    status.states, st->states);
}

static void
setup(struct run *r)
{
	unit_reset();
	r->sim = sim_new(11);
	r->n = sim_node_new(r->sim, "n");
	assert_non_null(r->n);
	assert_int_equal(sim_if_add(r->n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(r->n, 2, "eth1"), 0);
	r->step = 0;
}

static void
test_case(void **state)
{
	struct run *r = *state;
	unsigned long live = sim_mem_live_all();

	setup(r);
	sim_rcu_lazy(r->cut);
	load(r, r->tc->rules);
	assert_int_equal(unit_enable(r->n), 0);
	assert_int_equal(unit_reassemble(r->n, 0), 0);
	for (; r->tc->steps[r->step].op != 0xff; r->step++)
		step_run(r, &r->tc->steps[r->step]);
	sim_free(r->sim);
	sim_rcu_lazy(false);
	CHECK(r, sim_mem_live_all() == live, "%lu objects left",
	    sim_mem_live_all() - live);
}

int
main(void)
{
	static struct run runs[NITEMS(cases) * 4];
	struct CMUnitTest tests[NITEMS(runs)];

	memset(tests, 0, sizeof(tests));
	for (unsigned int i = 0; i < NITEMS(runs); i++) {
		struct run *r = &runs[i];

		r->tc = &cases[i / 4];
		r->v6 = i % 2 != 0;
		r->cut = i / 2 % 2 != 0;
		snprintf(r->name, sizeof(r->name), "%s, IPv%d%s", r->tc->name,
		    r->v6 ? 6 : 4, r->cut ? ", cut" : "");
		tests[i].name = r->name;
		tests[i].test_func = test_case;
		tests[i].initial_state = r;
	}
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
