// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_osfp.c: fingerprints of operating systems
 *
 * What it owns.  The lists (struct pf_osfp).
 * Life.  See pf_osfp.h.
 * Locking.  Making and freeing need pf->ctl.  Packets need their RCU read side.
 * Place.  Second floor.
 *
 * A flood of SYNs may ask for each packet, so the entries are in a hash table.  The key is what
 * an entry says exactly: the options and their order, whether the packet may be split, whether
 * the timestamp is zero, and the window, if the entry says a number for that.  A packet is
 * looked up twice: with its window, and with none.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_osfp.h"
#include "pf_packet.h"
#include "pf_tcpopt.h"
#include "pf_util.h"
#include "pf_wire.h"

#define HOPS_MAX	40		/* routers between two hosts, at most */
/* Segments of an Ethernet, from which a system may have worked out its window although a
 * router has put a smaller size into the packet since. */
#define MSS_USUAL	1460
#define MSS_USUAL6	1440
#define MTU_USUAL	1500

#define FLAGS_KEY	(PF_OSFP_DF | PF_OSFP_TS0)
#define FLAGS_WINDOW	(PF_OSFP_WSIZE_MOD | PF_OSFP_WSIZE_DC | \
			    PF_OSFP_WSIZE_MSS | PF_OSFP_WSIZE_MTU)
#define FLAGS_MSS	(PF_OSFP_MSS_MOD | PF_OSFP_MSS_DC)
#define FLAGS_WSCALE	(PF_OSFP_WSCALE_MOD | PF_OSFP_WSCALE_DC)
#define FLAGS_SIZE	(PF_OSFP_PSIZE_MOD | PF_OSFP_PSIZE_DC)
#define FLAGS_ALL	(FLAGS_KEY | FLAGS_WINDOW | FLAGS_MSS | FLAGS_WSCALE | FLAGS_SIZE)

#define ANY_WINDOW	0x10000		/* in the place of a window */
#define OPTION_MASK	((1U << PF_OSFP_TCPOPT_BITS) - 1)

/* What a packet shows.  IPv6 counts as if its header were that of IPv4, and as not to be
 * split. */
struct seen {
	uint64_t	tcpopts;	/* as in struct pf_osfp_ioctl */
	uint32_t	size;
	uint16_t	flags;		/* of FLAGS_KEY */
	uint16_t	win, mss;
	uint8_t		optcnt, wscale, ttl;
	bool		v6;
};

/*
 * Entries
 */
static bool
one_at_most(uint16_t flags)
{
	return ((flags & (flags - 1)) == 0);
}

static bool
name_ok(const char name[PF_OSFP_LEN], bool wanted)
{
	size_t	len = strnlen(name, PF_OSFP_LEN);

	return (len < PF_OSFP_LEN && (len != 0) == wanted &&
	    pf_all_zero(name + len, PF_OSFP_LEN - len));
}

static bool
options_ok(uint64_t tcpopts, unsigned int n)
{
	static_assert(PF_OSFP_MAX_OPTS * PF_OSFP_TCPOPT_BITS < 64, "they fit");
	if (n > PF_OSFP_MAX_OPTS)
		return (false);
	for (; n > 0; n--) {
		if ((tcpopts & OPTION_MASK) < PF_OSFP_TCPOPT_NOP ||
		    (tcpopts & OPTION_MASK) > PF_OSFP_TCPOPT_TS)
			return (false);
		tcpopts >>= PF_OSFP_TCPOPT_BITS;
	}
	return (tcpopts == 0);
}

/* No number is a multiple of 0. */
static bool
multiples_ok(const struct pf_osfp_ioctl *e)
{
	return (((e->flags & (FLAGS_WINDOW & ~PF_OSFP_WSIZE_DC)) == 0 ||
	    e->wsize != 0) &&
	    ((e->flags & PF_OSFP_MSS_MOD) == 0 || e->mss != 0) &&
	    ((e->flags & PF_OSFP_WSCALE_MOD) == 0 || e->wscale != 0) &&
	    ((e->flags & PF_OSFP_PSIZE_MOD) == 0 || e->psize != 0));
}

/* The highest class is that of PF_OSFP_UNKNOWN and PF_OSFP_NOMATCH, which no entry has. */
bool
pf_osfp_entry_ok(const struct pf_osfp_ioctl *e)
{
	uint32_t	class = PF_OSFP_CLASS(e->os);

	return (class != 0 && class != PF_OSFP_CLASS(PF_OSFP_UNKNOWN) &&
	    e->getnum == 0 && e->pad == 0 && e->ttl != 0 &&
	    pf_all_zero(e->pad2, sizeof(e->pad2)) &&
	    (e->flags & ~FLAGS_ALL) == 0 && one_at_most(e->flags & FLAGS_WINDOW) &&
	    one_at_most(e->flags & FLAGS_MSS) &&
	    one_at_most(e->flags & FLAGS_WSCALE) &&
	    one_at_most(e->flags & FLAGS_SIZE) && multiples_ok(e) &&
	    options_ok(e->tcpopts, e->optcnt) && name_ok(e->class_nm, true) &&
	    name_ok(e->version_nm, PF_OSFP_VERSION(e->os) != 0) &&
	    name_ok(e->subtype_nm, PF_OSFP_SUBTYPE(e->os) != 0));
}

/* Whether two entries describe the same packets. */
static bool
is_same(const struct pf_osfp_ioctl *a, const struct pf_osfp_ioctl *b)
{
	return (a->tcpopts == b->tcpopts && a->optcnt == b->optcnt &&
	    a->flags == b->flags && a->ttl == b->ttl && a->wsize == b->wsize &&
	    a->psize == b->psize && a->mss == b->mss && a->wscale == b->wscale);
}

/*
 * The list
 */
static uint32_t
key_of(uint64_t tcpopts, uint8_t optcnt, uint16_t flags, uint32_t win)
{
	uint64_t	k;

	k = tcpopts ^ (uint64_t)(flags & FLAGS_KEY) << 48 ^ (uint64_t)optcnt << 56;
	k = (k ^ k >> 29) * 0x9e3779b97f4a7c15ULL;
	k = (k ^ (k >> 32) ^ win) * 0x9e3779b97f4a7c15ULL;
	return ((uint32_t)(k >> 32));
}

static uint32_t
entry_key(const struct pf_osfp_ioctl *e)
{
	return (key_of(e->tcpopts, e->optcnt, e->flags,
	    (e->flags & FLAGS_WINDOW) != 0 ? ANY_WINDOW : e->wsize));
}

/* Entry i goes to the end of its bucket, or to those that describe the same. */
static void
list_link(struct pf_osfp *l, uint32_t i)
{
	uint32_t	*at = &l->bucket[entry_key(&l->entry[i]) & l->mask];

	l->link[i].chain = l->link[i].same = PF_OSFP_NONE;
	for (; *at != PF_OSFP_NONE; at = &l->link[*at].chain)
		if (is_same(&l->entry[*at], &l->entry[i])) {
			l->link[i].same = l->link[*at].same;
			l->link[*at].same = i;
			return;
		}
	*at = i;
}

struct pf_osfp *
pf_osfp_create(struct pf *pf, const struct pf_osfp_ioctl *entry, uint32_t n)
{
	struct pf_osfp	*l;
	uint32_t	 i, buckets = 16;

	while (buckets < n)
		buckets *= 2;
	l = pf_alloc(pf, sizeof(*l));
	if (l == NULL)
		return (NULL);
	l->entry = pf_alloc(pf, n * sizeof(*l->entry));
	l->link = pf_alloc(pf, n * sizeof(*l->link));
	l->bucket = pf_alloc(pf, buckets * sizeof(*l->bucket));
	if (l->entry == NULL || l->link == NULL || l->bucket == NULL) {
		pf_osfp_free(l);
		return (NULL);
	}
	l->n = n;
	l->mask = buckets - 1;
	memcpy(l->entry, entry, n * sizeof(*l->entry));
	memset(l->bucket, 0xff, buckets * sizeof(*l->bucket));
	for (i = 0; i < n; i++) {
		list_link(l, i);
		pf_yield_at(i);
	}
	return (l);
}

void
pf_osfp_free(struct pf_osfp *l)
{
	if (l == NULL)
		return;
	pf_free(l->entry);
	pf_free(l->link);
	pf_free(l->bucket);
	pf_free(l);
}

/*
 * Packets
 */
static bool
add_option(struct seen *s, uint64_t code)
{
	if (s->optcnt == PF_OSFP_MAX_OPTS)
		return (false);
	s->tcpopts = s->tcpopts << PF_OSFP_TCPOPT_BITS | code;
	s->optcnt++;
	return (true);
}

/* An option of len bytes at p.  false: one that no entry can name. */
static bool
look_option(struct seen *s, const uint8_t *p, unsigned int len)
{
	if (p[0] == PF_TCPOPT_MSS && len == PF_TCPOPT_MSS_LEN) {
		s->mss = p[2] << 8 | p[3];
		return (add_option(s, PF_OSFP_TCPOPT_MSS));
	}
	if (p[0] == PF_TCPOPT_WSCALE && len == PF_TCPOPT_WSCALE_LEN) {
		s->wscale = p[2];
		return (add_option(s, PF_OSFP_TCPOPT_WSCALE));
	}
	if (p[0] == PF_TCPOPT_SACKOK && len == 2)
		return (add_option(s, PF_OSFP_TCPOPT_SACK));
	if (p[0] != PF_TCPOPT_TS || len != PF_TCPOPT_TS_LEN)
		return (false);
	if (pf_all_zero(p + 2, 4))
		s->flags |= PF_OSFP_TS0;
	return (add_option(s, PF_OSFP_TCPOPT_TS));
}

/* The options up to their end, with the padding between them.  false: no entry can describe
 * them. */
static bool
look_options(struct seen *s, const uint8_t *th, unsigned int doff)
{
	struct pf_tcpopt	o = PF_TCPOPT_BEGIN;
	unsigned int		at;
	bool			more;

	do {
		at = o.at + o.len;
		more = pf_tcpopt_next(th, doff, &o);
		for (; at < o.at; at++)
			if (!add_option(s, PF_OSFP_TCPOPT_NOP))
				return (false);
		if (more && !look_option(s, th + o.at, o.len))
			return (false);
	} while (more);
	return (o.at >= doff || th[o.at] == PF_TCPOPT_EOL);
}

static bool
look(struct seen *s, const struct pf_pdesc *pd)
{
	uint8_t			 buf[PF_TCP_MAXHLEN];
	const struct pf_ip4	*ip;
	const uint8_t		*th;

	memset(s, 0, sizeof(*s));
	s->ttl = pd->ttl;
	s->win = pd->tcp.win;
	s->v6 = pd->af == AF_INET6;
	if (s->v6) {
		s->size = pd->len - pd->off + sizeof(*ip);
		s->flags = PF_OSFP_DF;
	} else {
		ip = pf_pkt_pull(pd->pkt, 0, sizeof(*ip), buf);
		if (ip == NULL)
			return (false);
		s->size = pd->len;
		if ((ip->off & htons(PF_IP_DF)) != 0)
			s->flags = PF_OSFP_DF;
	}
	if (pd->tcp.doff < sizeof(struct pf_tcp) || pd->tcp.doff > sizeof(buf))
		return (false);
	th = pf_pkt_pull(pd->pkt, pd->off, pd->tcp.doff, buf);
	return (th != NULL && look_options(s, th, pd->tcp.doff));
}

/* Whether a number of the packet is what an entry says: any, a multiple, or just that. */
static bool
number_fits(uint32_t is, uint32_t said, bool any, bool multiple)
{
	return (any || (multiple ? is % said == 0 : is == said));
}

static bool
window_fits(const struct pf_osfp_ioctl *e, const struct seen *s)
{
	uint32_t	win = s->win, n = e->wsize;

	if ((e->flags & PF_OSFP_WSIZE_MSS) != 0)
		return (s->mss != 0 && (win == n * s->mss ||
		    win == n * (s->v6 ? MSS_USUAL6 : MSS_USUAL)));
	if ((e->flags & PF_OSFP_WSIZE_MTU) != 0)
		return (s->mss != 0 && (win == n * (s->mss + (s->v6 ? 60U : 40U)) ||
		    win == n * MTU_USUAL));
	return (number_fits(win, n, (e->flags & PF_OSFP_WSIZE_DC) != 0,
	    (e->flags & PF_OSFP_WSIZE_MOD) != 0));
}

static bool
describes(const struct pf_osfp_ioctl *e, const struct seen *s)
{
	return (e->tcpopts == s->tcpopts && e->optcnt == s->optcnt &&
	    ((e->flags ^ s->flags) & FLAGS_KEY) == 0 &&
	    s->ttl <= e->ttl && e->ttl - s->ttl <= HOPS_MAX &&
	    number_fits(s->size, e->psize, (e->flags & PF_OSFP_PSIZE_DC) != 0,
	    (e->flags & PF_OSFP_PSIZE_MOD) != 0) &&
	    number_fits(s->mss, e->mss, (e->flags & PF_OSFP_MSS_DC) != 0,
	    (e->flags & PF_OSFP_MSS_MOD) != 0) &&
	    number_fits(s->wscale, e->wscale, (e->flags & PF_OSFP_WSCALE_DC) != 0,
	    (e->flags & PF_OSFP_WSCALE_MOD) != 0) && window_fits(e, s));
}

/* The first of the entries that say this of the window. */
static uint32_t
find_with(const struct pf_osfp *l, const struct seen *s, uint32_t win)
{
	uint32_t	i;

	i = l->bucket[key_of(s->tcpopts, s->optcnt, s->flags, win) & l->mask];
	while (i != PF_OSFP_NONE && !describes(&l->entry[i], s))
		i = l->link[i].chain;
	return (i);
}

uint32_t
pf_osfp_find(const struct pf_osfp *l, const struct pf_pdesc *pd)
{
	struct seen	s;
	uint32_t	said, open;

	if (l == NULL || !pf_pd_opens(pd) || !look(&s, pd))
		return (PF_OSFP_NONE);
	said = find_with(l, &s, s.win);
	open = find_with(l, &s, ANY_WINDOW);
	return (said < open ? said : open);
}

/* Whether a system is one of those that a rule names. */
static bool
is_of(uint32_t is, uint32_t named)
{
	return (PF_OSFP_CLASS(is) == PF_OSFP_CLASS(named) &&
	    (PF_OSFP_VERSION(named) == 0 ||
	    PF_OSFP_VERSION(is) == PF_OSFP_VERSION(named)) &&
	    (PF_OSFP_SUBTYPE(named) == 0 ||
	    PF_OSFP_SUBTYPE(is) == PF_OSFP_SUBTYPE(named)));
}

bool
pf_osfp_is(const struct pf_osfp *l, uint32_t found, uint32_t os)
{
	uint32_t	i;

	if (os == PF_OSFP_UNKNOWN)
		return (found == PF_OSFP_NONE);
	for (i = found; i != PF_OSFP_NONE; i = l->link[i].same)
		if (is_of(l->entry[i].os, os))
			return (true);
	return (false);
}
