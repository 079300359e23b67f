// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_frag.c: what becomes of a fragment
 *
 * What it owns.  Nothing.
 * Locking.  pf_frags.lock, while a fragment is compared with those before it.  The packet
 * is changed afterwards, when the datagram is out of the table and nobody else's.
 * Place.  Third floor.
 *
 * No two receivers agree on what overlapping fragments mean, so nothing ambiguous may go
 * on.  Of IPv4, what came first stays, and a later fragment fills only the gaps.  Of IPv6, an
 * overlap ends the datagram, and all that is still to come of it (RFC 5722); a fragment
 * that has come twice is dropped alone (RFC 8200, 4.5).  A fragment that contradicts the
 * datagram's length is treated as an overlap is, but of IPv4 it is dropped alone.
 *
 * A datagram that is put together has the headers of its first fragment.  If routers have
 * marked some of its fragments for congestion, it is marked; a mark beside fragments
 * whose sender does not know of marks ends it (RFC 3168, 5.3).
 *
 * pf_packet_parse() has dropped fragments without bytes, those that end beyond 65,535,
 * those that begin within the transport header, and first ones without all of that header.
 * It has also found IPv6 packets that are one fragment by themselves: these are no
 * fragments here and are never mixed with any (RFC 6946).
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_wire.h"
#include "pf_cksum.h"
#include "pf_conf.h"
#include "pf_frag.h"
#include "pf_fragtab.h"
#include "pf_instance.h"
#include "pf_packet.h"

/* A fragment while it is looked at. */
struct frag {
	struct pf_pdesc		*pd;
	const struct pf_frag_info *fi;
	enum pf_frag_mode	 mode;
	uint32_t		 from, to;	/* its range; what is left of it */
	bool			 more;
	struct pf_gram		*gram;		/* complete, and ours; or NULL */
	struct pf_gram		*gone;		/* to be freed */
	struct pf_piece		*pieces;	/* to be freed */
};

static struct pf_piece *
piece_after(const struct pf_gram *g, const struct pf_piece *prev)
{
	return (prev != NULL ? (struct pf_piece *)prev->part.next : g->first);
}

/* Whether it disagrees with what is known of the datagram's length. */
static bool
contradicts(const struct pf_gram *g, const struct frag *fr)
{
	if (g->total != 0)
		return (fr->more ? fr->to >= g->total : fr->to != g->total);
	return (!fr->more && g->last != NULL && g->last->to > fr->to);
}

/* The last piece that begins before byte `at', or NULL.  Fragments mostly come in order. */
static struct pf_piece *
piece_before(const struct pf_gram *g, uint32_t at)
{
	struct pf_piece	*pc, *prev = NULL;

	if (g->last != NULL && g->last->from < at)
		return (g->last);
	for (pc = g->first; pc != NULL && pc->from < at; pc = piece_after(g, pc))
		prev = pc;
	return (prev);
}

/* The first piece that has some of the fragment's bytes, or NULL. */
static const struct pf_piece *
overlapped(const struct pf_gram *g, const struct frag *fr)
{
	const struct pf_piece	*prev = piece_before(g, fr->from), *next;

	if (prev != NULL && prev->to > fr->from)
		return (prev);
	next = piece_after(g, prev);
	return (next != NULL && next->from < fr->to ? next : NULL);
}

/*
 * The first gap at or behind *from that the fragment fills, from *from to *to; *prev: the
 * piece before it.  false: there is none.
 */
static bool
find_gap(const struct pf_gram *g, const struct frag *fr, struct pf_piece **prev,
    uint32_t *from, uint32_t *to)
{
	struct pf_piece	*next;

	for (;;) {
		if (*prev != NULL && (*prev)->to > *from)
			*from = (*prev)->to;
		if (*from >= fr->to)
			return (false);
		next = piece_after(g, *prev);
		if (next == NULL || next->from > *from)
			break;
		*prev = next;
	}
	*to = next != NULL && next->from < fr->to ? next->from : fr->to;
	return (true);
}

/* The whole datagram is dropped, and what is still to come of it. */
static int
kill(struct frag *fr, struct pf_gram *g)
{
	fr->pieces = pf_gram_kill(fr->pd->pf, g);
	return (PFRES_FRAG);
}

/* Note what is known of the datagram from a fragment that stays. */
static void
note(struct pf_gram *g, const struct frag *fr)
{
	const struct pf_frag_info	*fi = fr->fi;

	if (!fr->more)
		g->total = fr->to;
	if (fi->from == 0) {
		g->hdr = fi->hdr;
		g->link = fi->link;
		g->next = fi->next;
	}
	if (g->most < fr->pd->len)
		g->most = fr->pd->len;
	g->ecn |= 1U << (fr->pd->tos & PF_ECN);
}

static bool
is_complete(const struct pf_gram *g)
{
	return (g->total != 0 && g->have == g->total);
}

/*
 * Keep the packet: its bytes fill the gaps that they fall into.  If there is no memory for
 * the second or a later gap, it stays open, and the datagram is never complete.
 */
static int
keep(struct frag *fr, struct pf_gram *g)
{
	struct pf_piece	*prev = piece_before(g, fr->from);
	struct pf_piece	 pc = { .owns = true };
	uint32_t	 at = fr->from, end;

	while (find_gap(g, fr, &prev, &at, &end)) {
		if (g->n == PF_GRAM_PIECES) {
			if (pc.owns)
				return (kill(fr, g));
			break;
		}
		pc.from = at;
		pc.to = end;
		pc.part.pkt = fr->pd->pkt;
		pc.part.off = fr->fi->at + (at - fr->fi->from);
		pc.part.len = end - at;
		if (!pf_gram_add(fr->pd->pf, g, prev, &pc)) {
			if (pc.owns)
				return (PFRES_MEMORY);
			break;
		}
		pc.owns = false;
		at = end;
	}
	if (pc.owns)
		return (PFRES_FRAG);		/* nothing of it is new */
	note(g, fr);
	if (!is_complete(g)) {
		pf_pkt_hold(fr->pd->pkt);
		return (PF_HELD);
	}
	pf_gram_remove(fr->pd->pf, g);
	fr->gram = g;
	return (PF_GO);
}

/* An overlap or a contradiction, of a datagram that is put together. */
static int
whole(struct frag *fr, struct pf_gram *g)
{
	const struct pf_piece	*over;

	if (contradicts(g, fr))
		return (g->key.af == AF_INET6 ? kill(fr, g) : PFRES_FRAG);
	over = g->key.af == AF_INET6 ? overlapped(g, fr) : NULL;
	if (over != NULL && over->from == fr->from && over->to == fr->to)
		return (PFRES_FRAG);
	if (over != NULL)
		return (kill(fr, g));
	return (keep(fr, g));
}

/* Remember that a range has gone on, in as few pieces as can be. */
static int
remember(struct frag *fr, struct pf_gram *g, struct pf_piece *prev)
{
	const struct pf_piece	what = { .from = fr->from, .to = fr->to };

	if (prev != NULL && prev->to == fr->from) {
		prev->to = fr->to;
		g->have += fr->to - fr->from;
		return (PF_GO);
	}
	if (g->n == PF_GRAM_PIECES)
		return (kill(fr, g));
	return (pf_gram_add(fr->pd->pf, g, prev, &what) ? PF_GO : PFRES_MEMORY);
}

/*
 * The fragment goes on at once, without what has gone on before: it is cut to its first gap.
 * A datagram that has gone on completely is forgotten.
 */
static int
shorten(struct frag *fr, struct pf_gram *g)
{
	struct pf_piece	*prev;
	uint32_t	 end = fr->to;
	int		 why;

	if (fr->mode == PF_FRAG_DROP && (contradicts(g, fr) ||
	    overlapped(g, fr) != NULL))
		return (kill(fr, g));
	if (contradicts(g, fr))
		return (PFRES_FRAG);
	prev = piece_before(g, fr->from);
	if (!find_gap(g, fr, &prev, &fr->from, &end))
		return (PFRES_FRAG);
	if (end < fr->to)
		fr->more = true;
	fr->to = end;
	why = remember(fr, g, prev);
	if (why != PF_GO)
		return (why);
	note(g, fr);
	if (is_complete(g)) {
		pf_gram_remove(fr->pd->pf, g);
		g->newer = fr->gone;
		fr->gone = g;
	}
	return (PF_GO);
}

/* Compare the fragment with what is known of its datagram. */
static int
look(struct frag *fr)
{
	struct pf_pdesc		*pd = fr->pd;
	struct pf		*pf = pd->pf;
	const struct pf_conf	*conf = pf_rcu_deref(pf->conf);
	const struct pf_gram_key key = {
		.src = pd->src, .dst = pd->dst, .id = fr->fi->id, .af = pd->af,
		.proto = pd->af == AF_INET ? fr->fi->next : 0, .dir = pd->dir,
		.kept = fr->mode == PF_FRAG_WHOLE
	};
	struct pf_gram		*g;
	bool			 made = false;
	int			 why;

	g = pf_gram_find(pf, &key);
	if (g != NULL && g->dead)
		return (PFRES_FRAG);
	if (!pf_frags_room(pf, conf->limit[PF_LIMIT_FRAGS], &fr->gone))
		return (PFRES_MEMORY);
	if (fr->gone != NULL)			/* it may have been that one */
		g = pf_gram_find(pf, &key);
	if (g == NULL) {
		g = pf_gram_new(pf, &key);
		made = true;
	}
	if (g == NULL)
		return (PFRES_MEMORY);
	why = fr->mode == PF_FRAG_WHOLE ? whole(fr, g) : shorten(fr, g);
	if (made && why == PFRES_MEMORY) {
		pf_gram_remove(pf, g);
		g->newer = fr->gone;
		fr->gone = g;
	}
	return (why);
}

/* The packet's IPv4 header, for a payload of len bytes; off: as in the header. */
static int
set_header4(struct pf_pkt *pkt, uint32_t hlen, uint32_t len, uint32_t off)
{
	struct pf_ip4	*ip = pf_pkt_write(pkt, 0, hlen);

	if (ip == NULL)
		return (PFRES_MEMORY);
	ip->len = htons((uint16_t)(hlen + len));
	ip->off = htons((uint16_t)off);
	ip->sum = 0;
	ip->sum = pf_cksum_fold(pf_cksum_add(0, ip, hlen));
	return (PF_GO);
}

static int
set_header6(struct pf_pkt *pkt, const struct pf_gram *g)
{
	struct pf_ip6	*ip;
	uint8_t		*link = pf_pkt_write(pkt, g->link, 1);

	if (link == NULL)
		return (PFRES_MEMORY);
	*link = g->next;
	ip = pf_pkt_write(pkt, 0, sizeof(*ip));
	if (ip == NULL)
		return (PFRES_MEMORY);
	ip->plen = htons((uint16_t)(g->hdr - sizeof(*ip) + g->total));
	return (PF_GO);
}

/* Marks of congestion: see above.  pd describes the whole datagram. */
static int
set_ecn(struct pf_pdesc *pd, const struct pf_gram *g)
{
	if ((g->ecn & 1U << PF_ECN) == 0)
		return (PF_GO);
	if ((g->ecn & 1U) != 0)
		return (PFRES_FRAG);
	if ((pd->tos & PF_ECN) == PF_ECN)
		return (PF_GO);
	pd->tos |= PF_ECN;
	return (pf_pkt_set_tos(pd->pkt, pd->af, pd->tos) ? PF_GO : PFRES_MEMORY);
}

/* All is here: the packet becomes the whole datagram. */
static int
put_together(struct frag *fr)
{
	struct pf_pdesc		*pd = fr->pd;
	struct pf_gram		*g = fr->gram;
	struct pf_piece		*pc;
	struct pf_part		 hdr = { &g->first->part, g->first->part.pkt, 0, g->hdr };
	uint32_t		 before = pd->af == AF_INET6 ? sizeof(struct pf_ip6) : 0;
	int			 why = PF_GO;

	if (g->hdr - before + g->total > PF_IP_MAXLEN)
		why = PFRES_FRAG;
	else if (!pf_pkt_join(pd->pkt, pd->af, &hdr, g->most))
		why = PFRES_MEMORY;
	for (pc = g->first; pc != NULL; pc = piece_after(g, pc))
		if (pc->part.pkt == pd->pkt)
			pc->owns = false;
	if (why == PF_GO)
		why = pd->af == AF_INET ? set_header4(pd->pkt, g->hdr, g->total, 0) :
		    set_header6(pd->pkt, g);
	if (why == PF_GO)
		why = pf_packet_parse(pd);
	return (why == PF_GO ? set_ecn(pd, g) : why);
}

/* What is left of a fragment that goes on, which may be all of it. */
static int
cut(struct frag *fr)
{
	struct pf_pdesc			*pd = fr->pd;
	const struct pf_frag_info	*fi = fr->fi;
	struct pf_part			 load = { NULL, pd->pkt,
					    fi->at + (fr->from - fi->from),
					    fr->to - fr->from };
	struct pf_part			 hdr = { &load, pd->pkt, 0, fi->hdr };
	bool				 whole = load.len == fi->len;
	int				 why;

	if (whole && !fi->df)
		return (PF_GO);
	if (!whole && !pf_pkt_join(pd->pkt, pd->af, &hdr, 0))
		return (PFRES_MEMORY);
	why = set_header4(pd->pkt, fi->hdr, load.len, fr->from / 8 |
	    (fr->more ? PF_IP_MF : 0));
	return (why == PF_GO ? pf_packet_parse(pd) : why);
}

int
pf_frag(struct pf_pdesc *pd, enum pf_frag_mode mode, bool no_df)
{
	const struct pf_frag_info	fi = pd->frag;
	struct frag			fr = {
		.pd = pd, .fi = &fi, .from = fi.from, .to = fi.from + fi.len,
		.more = fi.more,
		.mode = pd->af == AF_INET6 ? PF_FRAG_WHOLE : mode
	};
	struct pf_frags			*f = &pd->pf->frags;
	int				 why;

	if (fi.df && !no_df)
		return (PFRES_FRAG);
	pf_spin_lock(&f->lock);
	why = look(&fr);
	pf_spin_unlock(&f->lock);
	/* if it is held, it may be gone already */
	if (why == PF_GO)
		why = fr.gram != NULL ? put_together(&fr) : cut(&fr);
	if (fr.gram != NULL)
		pf_grams_free(fr.gram);
	pf_pieces_free(fr.pieces);
	pf_grams_free(fr.gone);
	return (why);
}
