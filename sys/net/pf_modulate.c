// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_modulate.c: TCP connections whose ends see other sequence numbers of each
 * other (modulate state)
 *
 * What it owns.  Nothing: the differences are in the peers of a state, and do
 * not change once the state is made.
 * Locking.  None: packet context.
 * Place.  Third floor.
 *
 * Who can guess the sequence numbers of a connection can forge its segments,
 * and there are hosts whose numbers can be guessed.  Each end of the connection
 * has a random difference.  It is added to all numbers of that end on the way
 * to the other end, and subtracted from what the other end says about them: in
 * acknowledgements, and in the blocks of selective ones (RFC 2018).  So a first
 * number is as random as the difference is.  pf_tcp.c keeps the numbers as
 * their own end counts them, and judges a segment before it is translated here.
 *
 * Both differences are chosen at the SYN that makes the state.  A connection
 * that is picked up in its midst has none: its ends know each other's numbers.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_cksum.h"
#include "pf_modulate.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_tcp.h"
#include "pf_tcpopt.h"

#define SUM_AT		offsetof(struct pf_tcp, sum)
#define BLOCK		8	/* bytes of a block of SACK: two numbers */

static uint32_t
not_zero(uint32_t diff)
{
	return (diff != 0 ? diff : 1);
}

void
pf_modulate_init(struct pf_state *s, const struct pf_pdesc *pd)
{
	uint32_t	diff[2];

	if ((pd->tcp.flags & (PF_TH_SYN | PF_TH_ACK)) != PF_TH_SYN ||
	    (s->flags & PFSTATE_SLOPPY) != 0)
		return;
	pf_random(pd->pf, diff, sizeof(diff));
	s->src.seqdiff = not_zero(diff[0]);
	s->dst.seqdiff = not_zero(diff[1]);
}

static void
add(uint8_t *number, uint32_t diff)
{
	pf_put32(number, pf_get32(number) + diff);
}

/* Add diff to the numbers of an option; it has len bytes. */
static void
add_to_blocks(uint8_t *opt, unsigned int len, uint32_t diff)
{
	unsigned int	i;

	if ((len - 2) % BLOCK != 0)
		return;
	for (i = 2; i < len; i += 4)
		add(opt + i, diff);
}

/* Add diff to what the options of a header of doff bytes acknowledge. */
static void
add_to_options(uint8_t *th, unsigned int doff, uint32_t diff)
{
	struct pf_tcpopt	o = PF_TCPOPT_BEGIN;

	while (pf_tcpopt_next(th, doff, &o))
		if (th[o.at] == PF_TCPOPT_SACK)
			add_to_blocks(th + o.at, o.len, diff);
}

int
pf_modulate(const struct pf_state *s, struct pf_pdesc *pd)
{
	bool			 forward = s->direction == pd->dir;
	const struct pf_peer	*src = forward ? &s->src : &s->dst;
	const struct pf_peer	*dst = forward ? &s->dst : &s->src;
	uint8_t			 old[PF_TCP_MAXHLEN], *th;
	int			 why;

	th = pf_tcp_write(pd, old, &why);
	if (th == NULL)
		return (why);
	add(th + offsetof(struct pf_tcp, seq), src->seqdiff);
	if (pf_tcp_has_ack(&pd->tcp, dst))
		add(th + offsetof(struct pf_tcp, ack), -dst->seqdiff);
	add_to_options(th, pd->tcp.doff, -dst->seqdiff);
	pf_tcp_correct(pd, th, old);
	pd->tcp.seq = pf_get32(th + offsetof(struct pf_tcp, seq));
	pd->tcp.ack = pf_get32(th + offsetof(struct pf_tcp, ack));
	return (PF_GO);
}

/* Add diff to a number of the quoted header at th, of which `have' bytes are
 * there.  outer: the checksum of the error. */
static void
add_quoted(struct pf_pkt *pkt, uint8_t *th, unsigned int have,
    unsigned int at, uint32_t diff, uint8_t *outer)
{
	uint32_t	from, to;
	uint16_t	old_sum, sum;

	memcpy(&from, th + at, sizeof(from));
	add(th + at, diff);
	memcpy(&to, th + at, sizeof(to));
	pf_pkt_cksum_change(pkt, outer, &from, &to, sizeof(from), 0);
	if (have < SUM_AT + sizeof(sum))
		return;
	memcpy(&old_sum, th + SUM_AT, sizeof(old_sum));
	pf_cksum_change(th + SUM_AT, &from, &to, sizeof(from));
	memcpy(&sum, th + SUM_AT, sizeof(sum));
	pf_pkt_cksum_change(pkt, outer, &old_sum, &sum, sizeof(sum), 0);
}

/*
 * The quoted segment is as it was after pf.  Its sender only looks at the
 * number, which is always there; the acknowledgement follows if it is known to
 * be one.
 */
int
pf_modulate_error(const struct pf_state *s, struct pf_pdesc *pd,
    const struct pf_pdesc *quoted)
{
	bool			 forward = s->direction == quoted->dir;
	const struct pf_peer	*src = forward ? &s->src : &s->dst;
	const struct pf_peer	*dst = forward ? &s->dst : &s->src;
	uint32_t		 have = pd->len - quoted->off;
	uint8_t			*p, *th, *outer;

	if (have > sizeof(struct pf_tcp))
		have = sizeof(struct pf_tcp);
	p = pf_pkt_write(pd->pkt, pd->off, quoted->off + have - pd->off);
	if (p == NULL)
		return (PFRES_MEMORY);
	outer = p + offsetof(struct pf_icmp, sum);
	th = p + (quoted->off - pd->off);
	add_quoted(pd->pkt, th, have, offsetof(struct pf_tcp, seq),
	    -src->seqdiff, outer);
	if (have == sizeof(struct pf_tcp) &&
	    (th[offsetof(struct pf_tcp, flags)] & PF_TH_ACK) != 0)
		add_quoted(pd->pkt, th, have, offsetof(struct pf_tcp, ack),
		    dst->seqdiff, outer);
	return (PF_GO);
}
