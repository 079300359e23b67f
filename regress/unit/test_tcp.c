// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_tcp.c: TCP connections as their states see them.
 *
 * A case is a table of segments.  Their numbers count from what the sender, and for
 * acknowledgements the receiver, began with; each case runs with several such beginnings, so that
 * the numbers wrap around in all places.  The first segment makes the state, the others are
 * judged by it.  A segment that is refused must leave the state as it was, and so must one
 * that passes only for the ends to find out about each other (ASIS).
 */
#include "unit.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_track.h"
#include "pf_wire.h"

#define S	PF_TH_SYN
#define A	PF_TH_ACK
#define F	(PF_TH_FIN | PF_TH_ACK)
#define RST	PF_TH_RST
#define SA	(PF_TH_SYN | PF_TH_ACK)
#define RA	(PF_TH_RST | PF_TH_ACK)

enum { CLI, SRV };			/* who sends; CLI has sent the first segment */
enum { PASS, BAD, CHAL, ASIS };		/* what becomes of it; CHAL: BAD, and challenged */
enum { CLOSED = PF_TCPS_CLOSED, SYNS = PF_TCPS_SYN_SENT,
	EST = PF_TCPS_ESTABLISHED, CLG = PF_TCPS_CLOSING,
	FW2 = PF_TCPS_FIN_WAIT_2, TW = PF_TCPS_TIME_WAIT };
enum { T_FIRST = PFTM_TCP_FIRST_PACKET, T_OPEN = PFTM_TCP_OPENING,
	T_EST = PFTM_TCP_ESTABLISHED, T_CLG = PFTM_TCP_CLOSING,
	T_FIN = PFTM_TCP_FIN_WAIT, T_CLOSED = PFTM_TCP_CLOSED };

struct seg {
	uint8_t		who, flags;
	uint32_t	seq, ack;	/* from the ends' first numbers */
	uint32_t	len;		/* of data */
	uint16_t	win;		/* as on the wire; NO_WIN: 0 */
	uint8_t		wscale;		/* scale + 1 of the option */
	uint8_t		verdict;
	uint8_t		src, dst;	/* states after it; both 0: not looked at */
	uint8_t		timeout;
	uint32_t	cseq, cack;	/* of the challenge, as seq and ack of its sender */
	uint16_t	cwin;
};
#define NO_WIN	1			/* stands for a window of 0 */
#define END	{ .who = 9 }

struct tcase {
	const char	*name;
	uint16_t	 flags;		/* PFSTATE_* */
	struct seg	 seg[22];
};

/* A handshake without and with scales; windows of 1000, or 1000 * 16 and 1000 * 4. */
#define HANDSHAKE							\
	{ CLI, S, 0, 0, .win = 1000 },					\
	{ SRV, SA, 0, 1, .win = 1000 },					\
	{ CLI, A, 1, 1, .win = 1000 }
#define SCALED								\
	{ CLI, S, 0, 0, .win = 8000, .wscale = 5 },			\
	{ SRV, SA, 0, 1, .win = 4000, .wscale = 3 },			\
	{ CLI, A, 1, 1, .win = 1000 },					\
	{ SRV, A, 1, 1, .win = 1000 }

static const struct tcase cases[] = {
{ "from SYN to the end", 0, {
	{ CLI, S, 0, 0, .src = SYNS, .dst = CLOSED, .timeout = T_FIRST },
	{ SRV, SA, 0, 1, .src = EST, .dst = SYNS, .timeout = T_OPEN },
	{ CLI, A, 1, 1, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, A, 1, 1, 100, .src = EST, .dst = EST, .timeout = T_EST },
	{ SRV, A, 1, 101, 2000, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, F, 101, 2001, .src = CLG, .dst = EST, .timeout = T_CLG },
	{ SRV, A, 2001, 102, 50, .src = FW2, .dst = EST, .timeout = T_CLG },
	{ SRV, F, 2051, 102, .src = FW2, .dst = CLG, .timeout = T_FIN },
	{ CLI, A, 102, 2052, .src = FW2, .dst = FW2, .timeout = T_CLOSED },
	/* the last two again */
	{ SRV, F, 2051, 102, .src = FW2, .dst = FW2, .timeout = T_CLOSED },
	{ CLI, A, 102, 2052, .src = FW2, .dst = FW2, .timeout = T_CLOSED },
	END } },
{ "the SYN again", 0, {
	{ CLI, S, 0, 0, .win = 1000 },
	{ CLI, S, 0, 0, .win = 1000, .src = SYNS, .timeout = T_OPEN },
	{ CLI, S, 0, 0, .win = 1000, .src = SYNS, .timeout = T_OPEN },
	{ SRV, SA, 0, 1, .win = 1000, .src = EST, .dst = SYNS },
	{ SRV, SA, 0, 1, .win = 1000, .src = EST, .dst = SYNS },
	{ CLI, S, 0, 0, .win = 1000, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, .win = 1000, .src = EST, .dst = EST },
	{ SRV, A, 1, 1, 1000, .src = EST, .dst = EST },
	{ SRV, A, 1001, 1, 1, .verdict = BAD },
	END } },
{ "the SYN+ACK is overtaken, and then tells the scale", 0, {
	{ CLI, S, 0, 0, .win = 8000, .wscale = 5 },
	{ SRV, A, 1, 1, .win = 1000, .dst = SYNS, .src = EST },
	{ SRV, SA, 0, 1, .win = 4000, .wscale = 3 },
	{ CLI, A, 1, 1, .win = 1000, .src = EST, .dst = EST },
	{ CLI, A, 1, 1, 4000, .win = 1000 },
	{ SRV, A, 1, 4001u - (1u << 20), .verdict = BAD },
	{ SRV, A, 1, 4001, .win = 1000 },
	{ CLI, A, 4001, 1, 4000, .win = 1000 },
	{ CLI, A, 8001, 1, 1000, .win = 1000, .verdict = BAD },
	END } },
{ "the SYN+ACK is overtaken, and there is no scale", 0, {
	{ CLI, S, 0, 0, .win = 8000, .wscale = 5 },
	{ SRV, A, 1, 1, .win = 1000, .dst = SYNS, .src = EST },
	{ SRV, SA, 0, 1, .win = 4000 },
	{ CLI, A, 1, 1, .win = 8000, .src = EST, .dst = EST },
	{ CLI, A, 1, 1, 4000, .win = 8000 },
	{ SRV, A, 1, 4001u - (1u << 18), .verdict = BAD },
	{ SRV, A, 1, 4001, .win = 4000 },
	{ SRV, A, 1, 4001, 8000, .win = 4000 },
	{ SRV, A, 8001, 4001, 1, .win = 4000, .verdict = BAD },
	{ CLI, A, 4001, 8001, 4000, .win = 8000 },
	{ CLI, A, 8001, 8001, 1, .win = 8000, .verdict = BAD },
	END } },
{ "both open", 0, {
	{ CLI, S, 0, 0 },
	{ SRV, S, 0, 0, .src = SYNS, .dst = SYNS, .timeout = T_OPEN },
	{ CLI, SA, 0, 1, .src = SYNS, .dst = EST, .timeout = T_OPEN },
	{ SRV, SA, 0, 1, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, A, 1, 1, 10, .src = EST, .dst = EST },
	END } },
{ "both close", 0, {
	HANDSHAKE,
	{ CLI, F, 1, 1, .src = CLG, .dst = EST, .timeout = T_CLG },
	{ SRV, F, 1, 1, .src = CLG, .dst = CLG, .timeout = T_FIN },
	{ CLI, A, 2, 2, .src = CLG, .dst = FW2, .timeout = T_FIN },
	{ SRV, A, 2, 2, .src = FW2, .dst = FW2, .timeout = T_CLOSED },
	END } },
{ "an ACK of less than the FIN", 0, {
	HANDSHAKE,
	{ CLI, F, 1, 1, 500, .src = CLG, .dst = EST },
	{ SRV, A, 1, 1, .src = CLG, .dst = EST },
	{ SRV, A, 1, 501, .src = CLG, .dst = EST, .timeout = T_CLG },
	{ SRV, A, 1, 502, .src = FW2, .dst = EST, .timeout = T_CLG },
	END } },
{ "half closed, one end goes on", 0, {
	HANDSHAKE,
	{ CLI, F, 1, 1, .src = CLG, .dst = EST },
	{ SRV, A, 1, 2, 900, .src = FW2, .dst = EST, .timeout = T_CLG },
	{ CLI, A, 2, 901, .win = 1000, .src = FW2, .dst = EST },
	{ SRV, A, 901, 2, 900, .src = FW2, .dst = EST },
	{ SRV, A, 1801, 2, 200000, .verdict = BAD },
	END } },

{ "refused", 0, {
	{ CLI, S, 0, 0 },
	{ SRV, RA, 0, 1, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
{ "refused, and the SYN had data", 0, {
	{ CLI, S, 0, 0, 300 },
	{ SRV, RA, 0, 1, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
{ "who refuses must know the SYN", 0, {
	{ CLI, S, 0, 0 },
	{ SRV, RST, 0, 0, .verdict = BAD },
	{ SRV, RST, 12345, 0, .verdict = BAD },
	{ SRV, RA, 0, 100000, .verdict = BAD },
	{ SRV, RA, 0, 2, .verdict = BAD },
	{ SRV, RA, 0, 0xfffffff0, .verdict = BAD },
	{ SRV, SA, 0, 1, .src = EST, .dst = SYNS },
	END } },
{ "a RST must hit the mark", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 100, .win = 1000 },
	/* in the window: who sent it is asked for the number (RFC 5961, 3.2) */
	{ CLI, RST, 500, 0, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ CLI, RST, 99, 0, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ CLI, RA, 103, 1, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ SRV, RST, 3, 0, .verdict = CHAL, .cseq = 101, .cack = 1, .cwin = 1000 },
	{ SRV, RA, 3, 101, .verdict = CHAL, .cseq = 101, .cack = 1, .cwin = 1000 },
	{ CLI, RST, 1002, 0, .verdict = BAD },
	{ CLI, RST, 0x80000000, 0, .verdict = BAD },
	{ SRV, RA, 1002, 101, .verdict = BAD },
	{ SRV, RA, 0, 0x50000000, .verdict = BAD },
	{ CLI, A, 101, 1, .win = 1000, .src = EST, .dst = EST },
	{ CLI, RST, 101, 0, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
{ "a RST one short", 0, {
	HANDSHAKE, { SRV, RST, 0, 0, .src = TW, .dst = TW }, END } },
{ "a RST one more", 0, {
	HANDSHAKE, { SRV, RA, 2, 1, .src = TW, .dst = TW }, END } },

{ "a window is used to the last byte", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ CLI, A, 1001, 1, 1, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 501, .win = 1000 },
	{ CLI, A, 1001, 1, 500, .win = 1000 },
	{ CLI, A, 1501, 1, 1, .win = 1000, .verdict = BAD },
	{ CLI, A, 501, 1, 1000, .win = 1000 },	/* all again */
	{ CLI, A, 1501 - 2003, 1, 100, .win = 1000, .verdict = BAD },	/* too old */
	{ CLI, A, 501, 1, 100, .win = 1000 },
	END } },
{ "a FIN behind a full window", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ CLI, F, 1001, 1, .win = 1000, .src = CLG, .dst = EST },
	{ CLI, A, 1002, 1, .win = 1000, .src = CLG, .dst = EST },
	{ CLI, F, 1, 1, 1000, .win = 1000 },		/* all again */
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ CLI, A, 1002, 1, 1, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 1001, .win = NO_WIN, .src = CLG, .dst = EST },
	{ CLI, F, 1001, 1, .win = 1000, .src = CLG, .dst = EST },
	{ SRV, A, 1, 1002, .win = NO_WIN, .src = FW2, .dst = EST },
	END } },
{ "a FIN with the last data of the window, and one too many", 0, {
	HANDSHAKE,
	{ CLI, F, 1, 1, 1001, .win = 1000, .verdict = BAD },
	{ CLI, F, 1002, 1, .win = 1000, .verdict = BAD },
	{ CLI, F, 1, 1, 1000, .win = 1000, .src = CLG, .dst = EST },
	END } },
{ "a FIN after a window that has closed", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ SRV, A, 1, 1001, .win = NO_WIN },
	{ CLI, A, 1001, 1, 1, .win = 1000 },
	{ CLI, F, 1002, 1, .win = 1000, .src = CLG, .dst = EST },
	END } },
{ "a window that shrinks", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 500, .win = 1000 },
	{ SRV, A, 1, 101, .win = 100 },
	{ CLI, A, 501, 1, 500, .win = 1000 },	/* sent before that came */
	{ CLI, A, 101, 1, 100, .win = 1000 },
	{ CLI, A, 1001, 1, 1, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 1001, .win = NO_WIN },
	{ CLI, A, 1, 1, 1000, .win = 1000 },	/* nothing of that came */
	{ CLI, A, 1001, 1, 1, .win = 1000 },
	END } },
{ "urgent data is data", 0, {
	HANDSHAKE,
	{ CLI, A | PF_TH_URG, 1, 1, 1000, .win = 1000 },
	{ CLI, A | PF_TH_URG, 1001, 1, 1, .win = 1000, .verdict = BAD },
	END } },
{ "a window that closes and opens", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ SRV, A, 1, 1001, .win = NO_WIN },
	{ CLI, A, 1001, 1, 1, .win = 1000 },	/* a probe */
	{ CLI, A, 1001, 1, 2, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 1001, .win = NO_WIN },
	{ SRV, A, 1, 1001, .win = 3000 },
	{ CLI, A, 1001, 1, 3000, .win = 1000 },
	END } },
{ "keepalives", 0, {
	HANDSHAKE,
	{ SRV, A, 1, 1, 700, .win = 1000 },
	{ CLI, A, 1, 701, .win = 1000 },
	{ CLI, A, 0, 701, .win = 1000, .src = EST, .dst = EST },
	{ CLI, A, 0, 701, 1, .win = 1000, .src = EST, .dst = EST },
	{ SRV, A, 700, 1, .win = 1000, .src = EST, .dst = EST },
	{ SRV, A, 700, 1, 1, .win = 1000, .src = EST, .dst = EST },
	END } },
{ "a keepalive to an end that has no room", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	{ SRV, A, 1, 1001, .win = NO_WIN },
	{ CLI, A, 1000, 1, .win = 1000 },
	{ CLI, A, 1000, 1, 1, .win = 1000 },
	END } },

/* RFC 5961, 4: the client has restarted, and takes the same port */
{ "a SYN in an established connection", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1, 100, .win = 1000 },
	{ SRV, A, 1, 101, 50, .win = 1000 },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 51, .cack = 101, .cwin = 1000 },
	{ CLI, S, 200, 0, .verdict = CHAL, .cseq = 51, .cack = 101, .cwin = 1000 },
	{ CLI, S, 0, 0, .verdict = CHAL, .cseq = 51, .cack = 101, .cwin = 1000 },
	{ SRV, S, 0x70000000, 0, .verdict = CHAL, .cseq = 101, .cack = 1, .cwin = 1000 },
	{ CLI, RST, 101, 0, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
{ "the challenge acknowledges only what the other end has", 0, {
	SCALED,
	{ CLI, A, 1, 1, 600, .win = 1000 },
	{ SRV, A, 1, 601, .win = 900 },
	{ CLI, A, 601, 1, 1400, .win = 1000 },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 1, .cack = 601, .cwin = 900 },
	/* that RST is the one that the server believes */
	{ CLI, RST, 601, 0, .src = TW, .dst = TW, .timeout = T_CLOSED },
	{ SRV, A, 1, 601, .win = 900, .src = TW, .dst = TW },
	{ CLI, RST, 601, 0, .src = TW, .dst = TW },
	END } },
{ "a SYN while the connection closes", 0, {
	HANDSHAKE,
	{ CLI, F, 1, 1 },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ SRV, A, 1, 2, .src = FW2, .dst = EST },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 1, .cack = 2, .cwin = 0xffff },
	{ SRV, F, 1, 2, .src = FW2, .dst = CLG },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 2, .cack = 2, .cwin = 0xffff },
	END } },
{ "a SYN+ACK in an established connection", 0, {
	HANDSHAKE,
	{ SRV, SA, 0, 1, .win = 1000, .src = EST, .dst = EST },	/* once more */
	{ SRV, SA, 1, 1, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ SRV, SA, 0x70000000, 1, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ CLI, SA, 500, 1, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	END } },
{ "another SYN before the handshake is done", 0, {
	{ CLI, S, 0, 0, .win = 1000 },
	{ SRV, SA, 0, 1, .win = 1000 },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 1, .cack = 1, .cwin = 1000 },
	{ CLI, RST, 1, 0, .src = TW, .dst = TW },
	END } },
{ "a SYN in a connection picked up, of which one end is known", 0, {
	{ CLI, A, 5000, 7000, .win = 500 },
	{ CLI, S, 0x70000000, 0, .verdict = CHAL, .cseq = 6999, .cack = 5000,
	  .cwin = 0xffff },
	END } },

#include "tcp_restarts.h"
{ "an ACK of what was never sent", 0, {
	HANDSHAKE,
	{ CLI, A, 1, 1 + 67035, .verdict = PASS },	/* seen on another path */
	{ CLI, A, 1, 2 + 67035, .verdict = BAD },
	{ CLI, A, 1, 0x40000000, .verdict = BAD },
	END } },
{ "an ACK of long ago", 0, {
	HANDSHAKE,
	{ SRV, A, 1, 1, 1000, .win = 1000 },
	{ CLI, A, 1, 1001, .win = 1000 },
	{ CLI, A, 1, 1, .win = 1000 },
	{ CLI, A, 1, 1001 - 67035, .win = 1000 },
	{ CLI, A, 1, 1000 - 67035, .win = 1000, .verdict = BAD },
	END } },
{ "a gap may be filled later", 0, {
	HANDSHAKE,
	{ SRV, A, 501, 1, 500, .win = 1000 },
	{ CLI, A, 1, 1, .win = 1000 },
	{ SRV, A, 1, 1, 500, .win = 1000 },
	{ CLI, A, 1, 1001, .win = 1000, .src = EST, .dst = EST },
	END } },

{ "scaled windows", 0, {
	SCALED,
	{ SRV, A, 1, 1, 16000, .win = 1000 },
	{ SRV, A, 16001, 1, 1, .win = 1000, .verdict = BAD },
	{ CLI, A, 1, 1, 4000, .win = 1000 },
	{ CLI, A, 4001, 1, 1, .win = 1000, .verdict = BAD },
	{ CLI, A, 4001, 16001, .win = 2000 },
	{ SRV, A, 16001, 4001, 32000, .win = 1000 },
	{ SRV, A, 48001, 4001, 1, .win = 1000, .verdict = BAD },
	END } },
{ "the windows of SYNs are not scaled", 0, {
	{ CLI, S, 0, 0, .win = 1000, .wscale = 15 },
	{ SRV, SA, 0, 1, .win = 1000, .wscale = 15 },
	{ SRV, A, 1, 1, 1000, .win = 1 },
	{ SRV, A, 1001, 1, 100000, .win = 1, .verdict = BAD },
	{ CLI, A, 1, 1, 1000, .win = 1 },
	{ CLI, A, 1001, 1, 100000, .win = 1, .verdict = BAD },
	END } },
{ "what a SYN's window was does not widen the scaled one", 0, {
	{ CLI, S, 0, 0, .win = 65535, .wscale = 15 },
	{ SRV, SA, 0, 1, .win = 65535, .wscale = 15 },
	{ SRV, SA, 0, 1, .win = 65535, .wscale = 15 },
	{ CLI, S, 0, 0, .win = 65535, .wscale = 15 },
	{ CLI, A, 1, 1, .win = 4 },
	{ SRV, A, 1, 1, .win = 4 },
	{ SRV, A, 1, 1, 65536, .win = 4 },
	{ CLI, A, 1, 65537, .win = 4 },
	/* back by less than two windows of what was ever offered, and by more */
	{ SRV, A, 1, 1, 100, .win = 4 },
	{ SRV, A, 65537, 1, 65536, .win = 4 },
	{ SRV, A, 1, 1, 100, .win = 4 },
	{ SRV, A, (uint32_t)-2, 1, 100, .win = 4, .verdict = BAD },
	END } },
{ "only the client can scale", 0, {
	{ CLI, S, 0, 0, .win = 1000, .wscale = 8 },
	{ SRV, SA, 0, 1, .win = 1000 },
	{ CLI, A, 1, 1, .win = 1000 },
	{ SRV, A, 1, 1, 1000, .win = 1000 },
	{ SRV, A, 1001, 1, 1, .win = 1000, .verdict = BAD },
	{ CLI, A, 1, 1, 1001, .win = 1000, .verdict = BAD },
	END } },
{ "only the server would scale", 0, {
	{ CLI, S, 0, 0, .win = 1000 },
	{ SRV, SA, 0, 1, .win = 1000, .wscale = 8 },
	{ CLI, A, 1, 1, .win = 1000 },
	{ SRV, A, 1, 1, 1001, .win = 1000, .verdict = BAD },
	{ CLI, A, 1, 1, 1001, .win = 1000, .verdict = BAD },
	{ CLI, A, 1, 1, 1000, .win = 1000 },
	END } },
{ "joined segments", 0, {
	{ CLI, S, 0, 0, .win = 64240, .wscale = 8 },
	{ SRV, SA, 0, 1, .win = 65160, .wscale = 8 },
	{ CLI, A, 1, 1, .win = 4096 },
	{ SRV, A, 1, 1, .win = 4096 },
	{ SRV, A, 1, 1, 185000, .win = 4096 },
	{ SRV, A, 185001, 1, 185000, .win = 4096 },
	{ CLI, A, 1, 370001, .win = 4096 },
	{ SRV, A, 370001, 1, 524288, .win = 4096 },
	{ SRV, A, 894289, 1, 1, .win = 4096, .verdict = BAD },
	END } },

{ "the SYN has data", 0, {
	{ CLI, S, 0, 0, 500 },
	{ CLI, S, 0, 0, .src = SYNS, .dst = CLOSED },	/* again, without */
	{ SRV, SA, 0, 1, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, 500, .src = EST, .dst = EST },
	END } },
{ "a stranger's SYN+ACK changes nothing", 0, {
	{ CLI, S, 0, 0, .win = 1000 },
	{ SRV, SA, 77777, 1000000, .verdict = ASIS },
	{ SRV, A, 99999, 0x80000001, 5, .verdict = ASIS },
	{ SRV, SA, 77777, 2, .verdict = ASIS },
	{ SRV, SA, 77777, 0, .verdict = ASIS },
	{ SRV, SA, 0, 1, .win = 1000, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, .win = 1000, .src = EST, .dst = EST },
	{ SRV, A, 1, 1, 1000, .src = EST, .dst = EST },
	END } },
{ "the server's answer takes another way at first", 0, {
	{ CLI, S, 0, 0, .win = 1000 },
	{ CLI, A, 1, 1, 20, .win = 1000, .src = SYNS, .dst = CLOSED,
	  .timeout = T_OPEN },
	{ SRV, A, 1, 21, 30, .win = 1000, .src = EST, .dst = SYNS },
	{ CLI, A, 21, 31, .win = 1000, .src = EST, .dst = EST },
	END } },
{ "so its scale is not known", 0, {
	{ CLI, S, 0, 0, .win = 1000, .wscale = 3 },
	{ SRV, A, 1, 1, .win = 100, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, 100 << 14, .win = 250, .src = EST, .dst = EST },
	{ CLI, A, 1 + (100 << 14), 1, 1, .win = 250, .verdict = BAD },
	{ SRV, A, 1, 1, 1000, .win = 100 },
	{ SRV, A, 1001, 1, 1, .win = 100, .verdict = BAD },
	END } },

{ "picked up midway", 0, {
	{ CLI, A, 5000, 7000, .win = 500, .src = SYNS, .dst = CLOSED,
	  .timeout = T_FIRST },
	{ SRV, A, 7000, 5000, 400, .win = 600, .src = EST, .dst = SYNS,
	  .timeout = T_OPEN },
	{ CLI, A, 5000, 7400, .win = 500, .src = EST, .dst = EST,
	  .timeout = T_EST },
	/* who knows their scales: up to 14 bits */
	{ SRV, A, 7400, 5000, 500 << 14, .win = 600 },
	{ SRV, A, 7400 + (500 << 14), 5000, 1, .win = 600, .verdict = BAD },
	{ SRV, A, 7400, 5000, 500, .win = 600 },
	{ CLI, A, 0x70000000, 7400, .win = 500 },
	{ CLI, A, 0x70000000, 7400, 10, .win = 500, .verdict = BAD },
	{ CLI, RST, 0x70000000, 0, .verdict = BAD },
	{ CLI, RST, 5000, 0, .src = TW, .dst = TW },
	END } },
{ "picked up, and the other end knows nothing of it", 0, {
	{ CLI, A, 5000, 7000, 10 },
	{ SRV, RST, 9000, 0, .verdict = CHAL, .cseq = 5010, .cack = 7000, .cwin = 65535 },
	{ SRV, RST, 7000, 0, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
{ "two of one end make no connection", 0, {
	{ CLI, A, 5000, 7000, 10 },
	{ CLI, A, 5010, 7000, 10, .src = SYNS, .dst = CLOSED,
	  .timeout = T_OPEN },
	END } },
{ "picked up at the SYN+ACK", 0, {
	{ CLI, SA, 0, 1, .win = 1000, .wscale = 5 },
	{ SRV, A, 1, 1, .win = 60000, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, 500000, .win = 1000, .src = EST, .dst = EST },
	{ SRV, A, 1, 500001, 16000, .win = 60000 },
	{ SRV, A, 16001, 500001, 1, .win = 60000, .verdict = BAD },
	END } },
{ "picked up at a SYN+ACK without scale", 0, {
	{ CLI, SA, 0, 1, .win = 1000 },
	{ SRV, A, 1, 1, .win = 1000, .src = EST, .dst = SYNS },
	{ CLI, A, 1, 1, 70000, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 1, 1001, .win = 1000, .verdict = BAD },
	{ SRV, A, 1, 1, 1000, .win = 1000, .src = EST, .dst = SYNS },
	END } },
{ "picked up at a FIN without ACK", 0, {
	{ CLI, PF_TH_FIN, 100, 0 },
	{ SRV, A, 55, 101, 10, .src = EST, .dst = SYNS },
	END } },

{ "sloppy: any number", PFSTATE_SLOPPY, {
	{ CLI, S, 0, 0, .src = SYNS, .dst = CLOSED, .timeout = T_FIRST },
	{ SRV, SA, 0, 1, .src = EST, .dst = SYNS, .timeout = T_OPEN },
	{ CLI, A, 1, 1, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, A, 0x30000000, 0x90000000, 5, .src = EST, .dst = EST },
	{ SRV, A, 0x50000000, 5, 5, .src = EST, .dst = EST },
	{ CLI, F, 1, 1, .src = CLG, .dst = EST, .timeout = T_CLG },
	{ SRV, F, 1, 2, .src = FW2, .dst = CLG, .timeout = T_FIN },
	{ CLI, A, 2, 2, .src = FW2, .dst = FW2, .timeout = T_CLOSED },
	END } },
{ "sloppy: one direction", PFSTATE_SLOPPY, {
	{ CLI, S, 0, 0, .src = SYNS, .dst = CLOSED },
	{ CLI, S, 0, 0, .src = SYNS, .dst = CLOSED, .timeout = T_OPEN },
	{ CLI, A, 1, 1, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, A, 1, 1, 900, .src = EST, .dst = EST, .timeout = T_EST },
	{ CLI, F, 901, 500, .src = CLG, .dst = FW2, .timeout = T_FIN },
	{ CLI, A, 902, 501, .src = CLG, .dst = FW2, .timeout = T_FIN },
	END } },
{ "sloppy: a RST", PFSTATE_SLOPPY, {
	{ CLI, A, 5, 5 },
	{ SRV, RST, 99999, 0, .src = TW, .dst = TW, .timeout = T_CLOSED },
	END } },
};

static const uint32_t begins[][2] = {
	{ 1000, 5000 }, { 0xffffffff, 0xffffffff }, { 0, 0 },
	{ 0xfffffe00, 0x7fffff00 }, { 0x7ffffff0, 0xfffff000 },
	{ 0x80000000, 1 }, { 0xc0000000, 0xfffe0000 },
};

/* What is added to the ends' numbers on their way (modulate state). */
static const uint32_t diffs[][2] = {
	{ 0, 0 }, { 0x12345678, 0xfedcba98 }, { 0xffffffff, 1 },
};

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
	struct pf_state	 s;
	struct pf_pdesc	 pd;
	struct pf_pkt	*pkt;
	uint32_t	 diff[2];	/* what the state modulates by */
};

static void
setup(struct fix *fx)
{
	unit_reset();
	memset(fx, 0, sizeof(*fx));
	fx->sim = sim_new(3);
	fx->n = sim_node_new(fx->sim, "n");
	assert_non_null(fx->n);
	pf_spin_init(&fx->s.lock);
}

static void
teardown(struct fix *fx)
{
	sim_pkt_free(fx->pkt);
	sim_free(fx->sim);
}

/* The description of a segment, of any length: only the header is built. */
static void
describe(struct fix *fx, const struct seg *g, const uint32_t *isn)
{
	struct sim_spec sp = {
		.src = g->who == CLI ? "10.0.0.1" : "10.0.0.2",
		.dst = g->who == CLI ? "10.0.0.2" : "10.0.0.1",
		.proto = IPPROTO_TCP, .sport = 1, .dport = 2,
		.flags = g->flags, .win = g->win, .wscale = g->wscale,
		.seq = isn[g->who] + g->seq,
		.ack = (g->flags & A) != 0 ? isn[!g->who] + fx->diff[!g->who] +
		    g->ack : 0,
	};

	sim_pkt_free(fx->pkt);
	fx->pkt = sim_pkt_build(&sp);
	memset(&fx->pd, 0, sizeof(fx->pd));
	fx->pd.pf = fx->n->pf;
	fx->pd.pkt = fx->pkt;
	fx->pd.af = AF_INET;
	fx->pd.dir = g->who == CLI ? PF_IN : PF_OUT;
	/* (what no host sends is refused before; here nothing may depend on that) */
	if (pf_packet_parse(&fx->pd) != PFRES_MATCH)
		assert_int_equal(fx->pd.tcp.flags, g->flags);
	fx->pd.p_len = g->len;
	if (g->win == NO_WIN)
		fx->pd.tcp.win = 0;
}

static int
track(struct fix *fx, bool forward)
{
	int reason;

	sim_packet_enter();
	reason = pf_tcp_track(fx->n->pf, &fx->s, &fx->pd, forward);
	sim_packet_leave();
	sim_lock_check_idle("pf_tcp_track");
	return (reason);
}

/* The challenge, or none. */
static void
check_challenge(struct fix *fx, const char *name, const struct seg *g,
    const uint32_t *isn)
{
	struct pf_pkt *p = sim_pktq_take(&fx->n->sent);
	struct sim_info in;

	if ((p != NULL) != (g->verdict == CHAL) || fx->n->sent.n != 0)
		fail_msg("%s: %u %#x: challenge", name, g->seq, g->flags);
	if (p == NULL)
		return;
	assert_true(sim_pkt_info(p, &in));
	if (in.flags != A || in.seq != isn[!g->who] + fx->diff[!g->who] +
	    g->cseq || in.ack != isn[g->who] + g->cack || in.win != g->cwin)
		fail_msg("%s: challenge of %u %#x: seq %u ack %u win %u", name,
		    g->seq, g->flags, in.seq - isn[!g->who],
		    in.ack - isn[g->who], in.win);
	assert_string_equal(in.dst, g->who == CLI ? "10.0.0.1" : "10.0.0.2");
	assert_string_equal(in.src, g->who == CLI ? "10.0.0.2" : "10.0.0.1");
	assert_int_equal(in.sport, 2);
	assert_int_equal(in.dport, 1);
	sim_pkt_free(p);
}

/* But for what is remembered of the challenge, and of the segment to be refused. */
static bool
same_state(struct pf_state before, const struct pf_state *now, bool passed)
{
	before.challenged = now->challenged;
	if (passed) {
		before.refused = now->refused;
		before.expire = now->expire;
		before.timeout = now->timeout;
		if (before.dst.state == CLOSED && before.dst.seqhi == 0) {
			before.dst.win = now->dst.win;
			before.dst.seqlo = now->dst.seqlo;
		}
	}
	return (memcmp(&before, now, sizeof(before)) == 0);
}

/* The first segment, and what modulates those that follow: not a connection that is
 * picked up in its midst. */
static void
begin(struct fix *fx, const uint32_t *diff)
{
	pf_tcp_init(&fx->s, &fx->pd);
	if ((fx->pd.tcp.flags & SA) != S || (fx->s.flags & PFSTATE_SLOPPY) != 0)
		return;
	memcpy(fx->diff, diff, sizeof(fx->diff));
	fx->s.src.seqdiff = diff[CLI];
	fx->s.dst.seqdiff = diff[SRV];
}

static void
run(const struct tcase *c, const uint32_t *isn, const uint32_t *diff)
{
	struct pf_state before;
	struct fix fx;
	int reason;

	setup(&fx);
	fx.s.flags = c->flags;
	for (unsigned int i = 0; c->seg[i].who <= SRV; i++) {
		const struct seg *g = &c->seg[i];

		describe(&fx, g, isn);
		sim_advance(fx.sim, SIM_SECOND);
		if (i == 0) {
			begin(&fx, diff);
			reason = PFRES_MATCH;
		} else {
			before = fx.s;
			reason = track(&fx, g->who == CLI);
			if (g->verdict != PASS && !same_state(before, &fx.s,
			    g->verdict == ASIS))
				fail_msg("%s, %u: the state changed", c->name,
				    i);
			check_challenge(&fx, c->name, g, isn);
			if (reason == PFRES_MATCH && g->verdict == PASS &&
			    fx.s.expire != pf_uptime(fx.n->pf))
				fail_msg("%s, %u: no sign of life", c->name, i);
		}
		if ((reason != PFRES_MATCH) !=
		    (g->verdict == BAD || g->verdict == CHAL))
			fail_msg("%s, segment %u (from %#x, %#x): reason %d",
			    c->name, i, isn[0], isn[1], reason);
		if ((g->src != 0 || g->dst != 0) &&
		    (fx.s.src.state != g->src || fx.s.dst.state != g->dst))
			fail_msg("%s, segment %u: states %u:%u", c->name, i,
			    fx.s.src.state, fx.s.dst.state);
		if (g->timeout != 0 && fx.s.timeout != g->timeout)
			fail_msg("%s, segment %u: timeout %u", c->name, i,
			    fx.s.timeout);
	}
	teardown(&fx);
}

static void
connections(void **arg)
{
	(void)arg;
	for (size_t i = 0; i < NITEMS(cases); i++)
		for (size_t k = 0; k < NITEMS(begins); k++)
			for (size_t d = 0; d < NITEMS(diffs); d++)
				run(&cases[i], begins[k], diffs[d]);
}

/* A state marked for removal is not brought back by a packet. */
static void
purged(void **arg)
{
	static const struct seg segs[] = { HANDSHAKE };
	struct fix fx;

	(void)arg;
	setup(&fx);
	describe(&fx, &segs[0], begins[0]);
	pf_tcp_init(&fx.s, &fx.pd);
	fx.s.timeout = PFTM_PURGE;
	describe(&fx, &segs[1], begins[0]);
	track(&fx, false);
	assert_int_equal(fx.s.timeout, PFTM_PURGE);
	teardown(&fx);
}

static const struct {
	uint8_t	src, dst, flags;
	bool	reuse;
} reuses[] = {
	{ FW2, FW2, S, true },
	{ TW, TW, S, true },
	{ FW2, TW, S | PF_TH_ECE | PF_TH_CWR, true },
	{ FW2, FW2, SA, false },
	{ FW2, FW2, A, false },
	{ TW, TW, S | RST, false },
	{ TW, TW, RST, false },
	{ CLG, FW2, S, false },
	{ FW2, CLG, S, false },
	{ EST, EST, S, false },
	{ SYNS, CLOSED, S, false },
	{ PF_TCPS_PROXY_DST, PF_TCPS_PROXY_DST, S, false },
	{ PF_TCPS_PROXY_SRC, FW2, S, false },
};

static void
reuse(void **arg)
{
	struct fix fx;

	(void)arg;
	setup(&fx);
	for (size_t i = 0; i < NITEMS(reuses); i++) {
		struct seg g = { CLI, reuses[i].flags, 0, 0 };

		describe(&fx, &g, begins[0]);
		fx.s.src.state = reuses[i].src;
		fx.s.dst.state = reuses[i].dst;
		if (pf_tcp_reuse(&fx.s, &fx.pd) != reuses[i].reuse)
			fail_msg("row %zu", i);
	}
	teardown(&fx);
}

/* Quoted numbers after a scaled handshake, 100 bytes from the client and 200 back. */
static const struct {
	uint8_t		who;
	uint32_t	seq;
	bool		ok;
} quotes[] = {
	{ CLI, 101, true },
	{ CLI, 1, true },
	{ CLI, 0, true },
	{ CLI, 100 + 4000, true },
	{ CLI, 102 + 4000, false },
	{ CLI, 100 - 4000, true },
	{ CLI, 99 - 4000, false },
	{ CLI, 0x80000000, false },
	{ SRV, 201, true },
	{ SRV, 0, true },
	{ SRV, 200 + 16000, true },
	{ SRV, 202 + 16000, false },
	{ SRV, 200 - 16000, true },
	{ SRV, 199 - 16000, false },
};

static void
quoted_with(const uint32_t *diff)
{
	static const struct seg segs[] = {
		SCALED,
		{ CLI, A, 1, 1, 100, .win = 1000 },
		{ SRV, A, 1, 101, 200, .win = 1000 },
		{ CLI, A, 101, 201, .win = 1000 },
	};
	struct seg g = { CLI, S, 0, 0 };
	struct fix fx;
	bool ok;

	for (size_t k = 0; k < NITEMS(begins); k++) {
		setup(&fx);
		for (size_t i = 0; i < NITEMS(segs); i++) {
			describe(&fx, &segs[i], begins[k]);
			if (i == 0)
				begin(&fx, diff);
			else
				assert_int_equal(track(&fx,
				    segs[i].who == CLI), PFRES_MATCH);
		}
		for (size_t i = 0; i < NITEMS(quotes); i++) {
			fx.pd.tcp.seq = begins[k][quotes[i].who] +
			    diff[quotes[i].who] + quotes[i].seq;
			ok = pf_tcp_quoted_ok(&fx.s, &fx.pd,
			    quotes[i].who == CLI);
			if (ok != quotes[i].ok)
				fail_msg("row %zu", i);
		}
		fx.s.flags = PFSTATE_SLOPPY;
		assert_true(pf_tcp_quoted_ok(&fx.s, &fx.pd, true));
		teardown(&fx);

		/* nobody can quote who has not spoken */
		setup(&fx);
		describe(&fx, &g, begins[k]);
		pf_tcp_init(&fx.s, &fx.pd);
		assert_true(pf_tcp_quoted_ok(&fx.s, &fx.pd, true));
		assert_false(pf_tcp_quoted_ok(&fx.s, &fx.pd, false));
		teardown(&fx);
	}
}

static void
quoted(void **arg)
{
	(void)arg;
	for (size_t d = 0; d < NITEMS(diffs); d++)
		quoted_with(diffs[d]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections),
		cmocka_unit_test(purged),
		cmocka_unit_test(reuse),
		cmocka_unit_test(quoted),
	};

	return (cmocka_run_group_tests_name("tcp", tests, NULL, NULL));
}
