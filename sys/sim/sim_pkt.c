// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_pkt.c: packets of the process host.
 *
 * A packet owns its pieces, each an allocation of exactly its length, so that
 * a sanitizer sees a step beyond.  Addresses are 4 modulo 16, as a network header
 * is aligned in a kernel, no better.  In strict mode every pull within
 * one piece returns a copy of exact length that lives until the packet is written
 * or freed.
 *
 * Locking: none, one thread.  Place: above sim_mem.c.
 */
#include <stdlib.h>

#include "sim_priv.h"

struct sim_scratch {
	struct sim_scratch *next;
	uint8_t		*mem;
};

#define ALIGN_SKEW	4

static void *
xmalloc(size_t size)
{
	void *p = malloc(size != 0 ? size : 1);

	if (p == NULL)
		SIM_PANIC("out of memory");
	return (p);
}

static void
piece_new(struct sim_piece *pc, uint32_t off, uint32_t len)
{
	uint32_t skew = (ALIGN_SKEW + off) & 15;

	pc->mem = xmalloc((size_t)skew + len);
	pc->data = (uint8_t *)pc->mem + skew;
	pc->off = off;
	pc->len = len;
}

static void
scratch_free(struct pf_pkt *p)
{
	struct sim_scratch *s;

	while ((s = p->scratch) != NULL) {
		p->scratch = s->next;
		free(s->mem);
		free(s);
	}
}

static struct pf_pkt *
pkt_alloc(uint32_t len)
{
	struct pf_pkt *p = xmalloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->len = len;
	p->segs = 1;
	p->npieces = 1;
	piece_new(&p->piece[0], 0, len);
	return (p);
}

struct pf_pkt *
sim_pkt_raw(const void *bytes, uint32_t len)
{
	struct pf_pkt *p = pkt_alloc(len);

	if (len != 0)
		memcpy(p->piece[0].data, bytes, len);
	p->af = AF_INET;
	if (len != 0 && p->piece[0].data[0] >> 4 == 6)
		p->af = AF_INET6;
	return (p);
}

/* Give an empty packet its bytes, in one piece; they say nothing yet. */
void
sim_pkt_grow(struct pf_pkt *p, uint32_t len)
{
	if (p->len != 0 || p->npieces != 1)
		SIM_PANIC("packet is not empty");
	free(p->piece[0].mem);
	piece_new(&p->piece[0], 0, len);
	memset(p->piece[0].data, 0xa5, len);
	p->len = len;
}

uint32_t
sim_pkt_bytes(const struct pf_pkt *p, void *buf, uint32_t size)
{
	uint32_t n;

	for (uint32_t i = 0; i < p->npieces; i++) {
		const struct sim_piece *pc = &p->piece[i];

		if (pc->off >= size)
			break;
		n = size - pc->off < pc->len ? size - pc->off : pc->len;
		if (n != 0)
			memcpy((uint8_t *)buf + pc->off, pc->data, n);
	}
	return (p->len);
}

void
sim_pkt_write(struct pf_pkt *p, uint32_t off, const void *src, uint32_t len)
{
	uint32_t n;

	if (off > p->len || len > p->len - off)
		SIM_PANIC("%u bytes at %u of %u", len, off, p->len);
	scratch_free(p);
	for (uint32_t i = 0; i < p->npieces && len > 0; i++) {
		struct sim_piece *pc = &p->piece[i];

		if (off >= pc->off + pc->len)
			continue;
		n = pc->off + pc->len - off;
		n = n < len ? n : len;
		memcpy(pc->data + (off - pc->off), src, n);
		src = (const uint8_t *)src + n;
		off += n;
		len -= n;
	}
}

/*
 * Contract in pf_host.h.  A packet that is written to is made of one piece first:
 * its bytes move, so that a pointer from before is caught by the sanitizer.
 */
void *
pf_pkt_write(struct pf_pkt *p, uint32_t off, uint32_t len)
{
	struct sim_piece one;
	uint32_t i;

	if (off > p->len || len > p->len - off)
		SIM_PANIC("%u bytes at %u of %u", len, off, p->len);
	if (sim_fail_now())
		return (NULL);
	scratch_free(p);
	piece_new(&one, 0, p->len);
	sim_pkt_bytes(p, one.data, p->len);
	for (i = 0; i < p->npieces; i++)
		free(p->piece[i].mem);
	p->npieces = 1;
	p->piece[0] = one;
	return (one.data + off);
}

/* The checksum of the IPv4 header at h, which pf_pkt_write() has given: all of it is there. */
static void
sum_header(uint8_t *h)
{
	uint16_t sum;

	h[10] = h[11] = 0;
	sum = sim_sum_fold(sim_sum(0, h, (h[0] & 15U) * 4));
	h[10] = (uint8_t)(sum >> 8);
	h[11] = (uint8_t)sum;
}

uint8_t
pf_pkt_prio(const struct pf_pkt *p)
{
	return (p->prio);
}

void
pf_pkt_set_prio(struct pf_pkt *p, int dir, uint8_t prio)
{
	(void)dir;
	p->prio = prio;
}

bool
pf_pkt_set_tos(struct pf_pkt *p, uint8_t af, uint8_t tos)
{
	uint8_t *h = pf_pkt_write(p, 0, af == AF_INET ? 20 : 40);

	if (h == NULL)
		return (false);
	if (af == AF_INET6) {
		h[0] = (uint8_t)(0x60 | tos >> 4);
		h[1] = (uint8_t)(tos << 4 | (h[1] & 0x0f));
		return (true);
	}
	h[1] = tos;
	sum_header(h);
	return (true);
}

bool
pf_pkt_set_ttl(struct pf_pkt *p, uint8_t af, uint8_t ttl)
{
	uint8_t *h = pf_pkt_write(p, 0, af == AF_INET ? 20 : 40);

	if (h == NULL)
		return (false);
	h[af == AF_INET ? 8 : 7] = ttl;
	if (af == AF_INET)
		sum_header(h);
	return (true);
}

void
pf_pkt_cksum_change(struct pf_pkt *p, void *at, const void *from,
    const void *to, unsigned int len, unsigned int flags)
{
	uint16_t sum, word;
	uint32_t n;

	memcpy(&sum, at, sizeof(sum));
	if ((flags & PF_CKSUM_UDP) != 0 && sum == 0)
		return;
	n = (uint16_t)~sum;
	for (unsigned int i = 0; i < len; i += 2) {
		memcpy(&word, (const uint8_t *)from + i, 2);
		n += (uint16_t)~word;
		memcpy(&word, (const uint8_t *)to + i, 2);
		n += word;
	}
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	sum = (uint16_t)~n;
	if ((flags & PF_CKSUM_UDP) != 0 && sum == 0)
		sum = 0xffff;
	memcpy(at, &sum, sizeof(sum));
	(void)p;
}

struct pf_pkt *
sim_pkt_copy(const struct pf_pkt *p)
{
	struct pf_pkt *q = xmalloc(sizeof(*q));

	*q = *p;
	q->next = NULL;
	q->scratch = NULL;
	for (uint32_t i = 0; i < p->npieces; i++) {
		piece_new(&q->piece[i], p->piece[i].off, p->piece[i].len);
		memcpy(q->piece[i].data, p->piece[i].data, p->piece[i].len);
	}
	return (q);
}

static void
pieces_free(struct pf_pkt *p)
{
	for (uint32_t i = 0; i < p->npieces; i++)
		free(p->piece[i].mem);
	p->npieces = 0;
}

void
sim_pkt_free(struct pf_pkt *p)
{
	if (p == NULL)
		return;
	scratch_free(p);
	pieces_free(p);
	free(p);
}

void
sim_pkt_become(struct pf_pkt *p, struct pf_pkt *by)
{
	struct pf_pkt *next = p->next;

	scratch_free(p);
	scratch_free(by);
	pieces_free(p);
	*p = *by;
	p->next = next;
	p->scratch = NULL;
	free(by);
}

void
pf_pkt_free(struct pf_pkt *p)
{
	if (p->held || p->own)
		sim_mem_note(SIM_MEM_PKT, -1);
	sim_pkt_free(p);
}

void
pf_pkt_hold(struct pf_pkt *p)
{
	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (p->held || p->own)
		SIM_PANIC("a packet is held twice, or pf's own");
	p->held = true;
	sim_mem_note(SIM_MEM_PKT, 1);
}

bool
pf_pkt_join(struct pf_pkt *p, uint8_t af, const struct pf_part *first,
    uint32_t most)
{
	const struct pf_part *part;
	struct sim_piece one;
	uint8_t *flat, *to;
	uint32_t len = 0;

	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (p->held || p->af != af)
		SIM_PANIC("a packet that is not here");
	for (part = first; part != NULL; part = part->next)
		len += part->len;
	if (len > 65535 + 40)
		SIM_PANIC("joined to %u bytes", len);
	if (sim_fail_now())
		return (false);
	piece_new(&one, 0, len);
	to = one.data;
	for (part = first; part != NULL; part = part->next) {
		if (part->off > part->pkt->len ||
		    part->len > part->pkt->len - part->off)
			SIM_PANIC("%u bytes at %u of %u", part->len, part->off,
			    part->pkt->len);
		flat = xmalloc(part->pkt->len);
		sim_pkt_bytes(part->pkt, flat, part->pkt->len);
		memcpy(to, flat + part->off, part->len);
		free(flat);
		to += part->len;
	}
	scratch_free(p);
	pieces_free(p);
	p->npieces = 1;
	p->piece[0] = one;
	p->len = len;
	p->segs = 1;
	p->cksum_known = false;
	p->most = most;
	return (true);
}

void
sim_pkt_split(struct pf_pkt *p, const uint32_t *cuts, unsigned int n)
{
	struct sim_piece *pc;
	uint32_t from = 0, to;
	uint8_t *flat = xmalloc(p->len);

	sim_pkt_bytes(p, flat, p->len);
	scratch_free(p);
	pieces_free(p);
	for (unsigned int i = 0; i <= n; i++) {
		to = i < n && p->npieces < SIM_PIECES - 1 ? cuts[i] : p->len;
		if (to > p->len)
			to = p->len;
		if (to <= from && (to < p->len || p->npieces > 0))
			continue;
		pc = &p->piece[p->npieces++];
		piece_new(pc, from, to - from);
		if (pc->len != 0)
			memcpy(pc->data, flat + from, pc->len);
		from = to;
	}
	free(flat);
}

static const void *
strict_copy(const struct pf_pkt *cp, const uint8_t *data, uint32_t len)
{
	/* The list of copies is no part of what the packet says. */
	struct pf_pkt *p = (struct pf_pkt *)(uintptr_t)cp;
	struct sim_scratch *s = xmalloc(sizeof(*s));
	uint32_t skew = (uint32_t)((uintptr_t)data & 15);

	s->mem = xmalloc((size_t)skew + len);
	memcpy(s->mem + skew, data, len);
	s->next = p->scratch;
	p->scratch = s;
	return (s->mem + skew);
}

const void *
sim_pkt_pull(const struct pf_pkt *p, uint32_t off, uint32_t len, void *buf)
{
	uint32_t done = 0, n;

	if (len > 128)
		SIM_PANIC("pull of %u bytes", len);
	if (off > 65535 + 40 || off + len > 65535 + 40)
		SIM_PANIC("pull of %u bytes at %u", len, off);
	if (off > p->len || len > p->len - off)
		return (NULL);
	for (uint32_t i = 0; i < p->npieces; i++) {
		const struct sim_piece *pc = &p->piece[i];

		if (off + done >= pc->off + pc->len)
			continue;
		n = pc->off + pc->len - (off + done);
		if (done == 0 && n >= len) {
			if (sim_strict)
				return (strict_copy(p,
				    pc->data + (off - pc->off), len));
			return (pc->data + (off - pc->off));
		}
		n = n < len - done ? n : len - done;
		memcpy((uint8_t *)buf + done, pc->data + (off + done - pc->off),
		    n);
		done += n;
		if (done == len)
			break;
	}
	return (buf);
}

void
sim_pktq_init(struct sim_pktq *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

void
sim_pktq_add(struct sim_pktq *q, struct pf_pkt *p)
{
	p->next = NULL;
	*q->last = p;
	q->last = &p->next;
	if (++q->n > SIM_CAPTURE)
		sim_pkt_free(sim_pktq_take(q));
}

struct pf_pkt *
sim_pktq_take(struct sim_pktq *q)
{
	struct pf_pkt *p = q->first;

	if (p == NULL)
		return (NULL);
	q->first = p->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->n--;
	p->next = NULL;
	return (p);
}

void
sim_pktq_flush(struct sim_pktq *q)
{
	struct pf_pkt *p;

	while ((p = sim_pktq_take(q)) != NULL)
		sim_pkt_free(p);
}

uint32_t
sim_sum(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t s = sum;

	for (; len >= 2; len -= 2, p += 2)
		s += (uint32_t)p[0] << 8 | p[1];
	if (len != 0)
		s += (uint32_t)p[0] << 8;
	while (s >> 32 != 0)
		s = (s & 0xffffffff) + (s >> 32);
	return ((uint32_t)s);
}

uint16_t
sim_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)~sum);
}
