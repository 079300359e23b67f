// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_path.c: the way of a packet through a machine of the simulation: routes, pf on the way
 * in and out, delivery and forwarding.
 *
 * Owns nothing; a node (sim_node.c) has the routes.
 *
 * Locking: none, one thread.  Place: the top of sys/sim, with sim_node.c.
 */
#include <stdlib.h>

#include "sim_priv.h"

static bool
prefix_covers(const struct sim_route *r, const struct pf_addr *a)
{
	unsigned int whole = r->plen / 8, bits = r->plen % 8;

	if (memcmp(r->addr.addr8, a->addr8, whole) != 0)
		return (false);
	return (bits == 0 ||
	    ((r->addr.addr8[whole] ^ a->addr8[whole]) >> (8 - bits)) == 0);
}

bool
sim_is_loopback(const struct sim_if *ifp)
{
	return (strncmp(ifp->name, "lo", 2) == 0 &&
	    ifp->name[2 + strspn(ifp->name + 2, "0123456789")] == '\0');
}

/* Where a packet goes: its family and destination; false: no IP header. */
bool
sim_pkt_dst(const struct pf_pkt *p, uint8_t *af, struct pf_addr *dst)
{
	uint8_t h[40];

	memset(dst, 0, sizeof(*dst));
	memset(h, 0, sizeof(h));
	sim_pkt_bytes(p, h, sizeof(h));
	if (p->len >= 20 && h[0] >> 4 == 4) {
		*af = AF_INET;
		memcpy(dst, h + 16, 4);
		return (true);
	}
	if (p->len >= 40 && h[0] >> 4 == 6) {
		*af = AF_INET6;
		memcpy(dst, h + 24, 16);
		return (true);
	}
	return (false);
}

bool
sim_is_local(const struct sim_node *n, uint8_t af, const struct pf_addr *a)
{
	if (af == AF_INET ? (a->addr8[0] >> 4 == 14 || a->v4 == 0xffffffff) :
	    a->addr8[0] == 0xff)
		return (true);		/* multicast, broadcast */
	for (int i = 0; i < SIM_IFS; i++) {
		const struct sim_if *ifp = &n->ifs[i];

		for (unsigned int j = 0; ifp->ifindex != 0 && j < ifp->naddr;
		    j++)
			if (ifp->af[j] == af &&
			    memcmp(&ifp->addr[j], a, sizeof(*a)) == 0)
				return (true);
	}
	return (false);
}

static struct sim_if *
lookup(struct sim_node *n, uint32_t table, uint8_t af, const struct pf_addr *dst)
{
	const struct sim_route *best = NULL;

	for (unsigned int i = 0; i < n->nroutes; i++) {
		const struct sim_route *r = &n->routes[i];

		if (r->table == table && r->af == af && prefix_covers(r, dst) &&
		    (best == NULL || r->plen > best->plen))
			best = r;
	}
	return (best != NULL ? sim_if_find(n, best->ifindex) : NULL);
}

struct sim_if *
sim_route_lookup(struct sim_node *n, uint8_t af, const struct pf_addr *dst)
{
	return (lookup(n, 0, af, dst));
}

bool
pf_route_leads(struct pf *pf, const struct pf_pkt *p, uint8_t af,
    const struct pf_addr *a, int ifindex)
{
	struct sim_node *n = pf_hostdata(pf);
	const struct sim_if *ifp;

	(void)p;
	if (sim_is_local(n, af, a)) {
		ifp = sim_if_find(n, ifindex);
		return (ifindex == 0 || (ifp != NULL && sim_is_loopback(ifp)));
	}
	ifp = sim_route_lookup(n, af, a);
	return (ifp != NULL && (ifindex == 0 || ifp->ifindex == ifindex));
}

void
sim_transmit(struct sim_node *n, struct sim_if *ifp, struct pf_pkt *p)
{
	ifp->tx++;
	if (ifp->peer != NULL)
		sim_wire_send(n, ifp, p);
	else
		sim_pktq_add(&n->out, p);
}

/* The interface of a way, NULL: none; *to: whom it leads to. */
static struct sim_if *
way_if(struct sim_node *n, const struct pf_pkt *p, const struct pf_way *w,
    struct pf_addr *to)
{
	static const struct pf_addr none;
	struct sim_if *ifp;
	uint8_t af;

	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (!sim_pkt_dst(p, &af, to))
		return (NULL);
	if (w->gw == NULL)
		return (lookup(n, w->table, af, to));
	if (memcmp(w->gw, &none, sizeof(none)) != 0)
		*to = *w->gw;
	ifp = w->ifindex != 0 ? sim_if_find(n, w->ifindex) :
	    sim_route_lookup(n, af, to);
	return (sim_is_local(n, af, to) ? NULL : ifp);
}

bool
pf_pkt_route(struct pf *pf, struct pf_pkt *p, int dir, uint8_t af,
    const struct pf_way *w, bool *moved)
{
	struct sim_node *n = pf_hostdata(pf);
	struct pf_addr to;
	struct sim_if *ifp = way_if(n, p, w, &to);

	(void)af;
	if (w->gw == NULL && dir != PF_IN)
		SIM_PANIC("a table for what goes out");
	*moved = false;
	if (w->gw == NULL && sim_pkt_dst(p, &af, &to) && sim_is_local(n, af, &to))
		return (true);
	if (ifp == NULL)
		return (false);
	*moved = dir == PF_IN || p->outif != ifp->ifindex;
	p->way = ifp->ifindex;
	memcpy(p->gw, &to, sizeof(p->gw));
	return (true);
}

void
pf_pkt_dup(struct pf *pf, const struct pf_pkt *p, int dir, uint8_t af,
    const struct pf_way *w)
{
	struct pf_addr to;
	struct sim_if *ifp = way_if(pf_hostdata(pf), p, w, &to);
	struct pf_pkt *copy;

	(void)dir, (void)af;
	if (ifp == NULL)
		return;
	copy = sim_pkt_copy(p);
	copy->own = true;
	copy->way = ifp->ifindex;
	memcpy(copy->gw, &to, sizeof(copy->gw));
	sim_transmit(pf_hostdata(pf), ifp, copy);
}

bool
pf_pkt_owner(struct pf *pf, const struct pf_pkt *p, int dir, uint8_t af,
    uint8_t proto, const struct pf_flow *f, uint32_t *uid, uint32_t *gid)
{
	const struct sim_node *n = pf_hostdata(pf);

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		SIM_PANIC("protocol %u has no sockets", proto);
	if (!n->sockets || (dir == PF_OUT ? p->ifindex != 0 :
	    !sim_is_local(n, af, f->dst)))
		return (false);
	*uid = n->uid;
	*gid = n->gid;
	return (true);
}

bool
pf_pkt_loopback(struct pf *pf, struct pf_pkt *p, uint8_t af, uint8_t proto,
    const struct pf_flow *f, bool opens)
{
	struct sim_node *n = pf_hostdata(pf);

	(void)p, (void)proto, (void)opens;
	if (f->dst->addr8[0] != (af == AF_INET ? 127 : 0))
		SIM_PANIC("not a loopback address");
	n->loopbacks++;
	return (true);
}

enum pf_diverted
pf_pkt_divert(struct pf *pf, struct pf_pkt *p, uint8_t af, uint8_t proto,
    const struct pf_flow *f, const struct pf_addr *to, uint16_t port,
    bool opens)
{
	const struct sim_node *n = pf_hostdata(pf);

	(void)af, (void)f, (void)opens;
	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (to != NULL && proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		SIM_PANIC("protocol %u has no sockets", proto);
	if (n->martian)
		return (PF_DIVERT_NOWAY);
	if (to != NULL && n->listens != 0 && ntohs(port) != n->listens)
		return (PF_DIVERT_NOBODY);
	p->here = true;
	p->port = to != NULL ? ntohs(port) : 0;
	if (to != NULL)
		memcpy(p->gw, to, sizeof(p->gw));
	return (PF_DIVERTED);
}

#define WAYS_MAX	4		/* interfaces that a packet is sent on from */

/* As the core is asked, which a test may stand in for. */
static int
ask(struct sim_node *n, int dir, int ifindex, struct pf_pkt **p)
{
	return (n->test != NULL ? n->test(n, dir, ifindex, p) :
	    pf_test(n->pf, dir, (*p)->af, ifindex, p));
}

int
sim_test(struct sim_node *n, int dir, int ifindex, struct pf_pkt *p)
{
	struct pf_pkt *is = p;
	int verdict, left = WAYS_MAX;

	p->outif = ifindex;
	if (dir == PF_IN) {
		p->way = 0;
		p->here = false;
	}
	if (!n->enabled || p->own)
		return (PF_PASS);
	if (dir == PF_IN)
		p->ifindex = ifindex;
	do {
		sim_packet_enter();
		verdict = ask(n, dir, p->outif, &is);
		sim_packet_leave();
		sim_lock_check_idle("pf_test");
		if (verdict != PF_ROUTED || dir == PF_IN)
			break;
		p->outif = p->way;
	} while (--left > 0);
	if (verdict == PF_ROUTED)
		verdict = left > 0 ? PF_PASS : PF_DROP;
	if (verdict != PF_PASS && verdict != PF_DROP && verdict != PF_TAKEN)
		SIM_PANIC("pf_test() returned %d", verdict);
	if (is != p) {
		if (verdict != PF_PASS)
			SIM_PANIC("pf_test() replaced a packet that does not pass");
		sim_pkt_become(p, is);
	}
	if (verdict == PF_DROP)
		n->dropped[dir]++;
	return (verdict);
}

/* Whether the packet goes on; it is gone otherwise. */
static bool
passes(struct sim_node *n, int dir, int ifindex, struct pf_pkt *p)
{
	int verdict = sim_test(n, dir, ifindex, p);

	if (verdict == PF_DROP)
		sim_pkt_free(p);
	return (verdict == PF_PASS);
}

int
sim_test_free(struct sim_node *n, int dir, int ifindex, struct pf_pkt *p)
{
	int verdict = sim_test(n, dir, ifindex, p);

	if (verdict != PF_TAKEN)
		sim_pkt_free(p);
	return (verdict);
}

/* From the router's place on: route, ask pf, send. */
static void
send_out(struct sim_node *n, struct pf_pkt *p, uint8_t af,
    const struct pf_addr *dst)
{
	struct sim_if *ifp = sim_route_lookup(n, af, dst);

	if (p->way != 0)
		ifp = sim_if_find(n, p->way);
	if (ifp == NULL) {
		n->unroutable++;
		sim_pkt_free(p);
	} else if (passes(n, PF_OUT, ifp->ifindex, p))
		sim_transmit(n, p->way != 0 ? sim_if_find(n, p->way) : ifp, p);
}

/* One hop less; false: none left.  IPv4's header checksum follows. */
static bool
decrement_ttl(struct pf_pkt *p, uint8_t af)
{
	uint8_t h[60], hlen;
	uint16_t sum;

	memset(h, 0, sizeof(h));
	sim_pkt_bytes(p, h, sizeof(h));
	if (af == AF_INET6) {
		if (h[7] <= 1)
			return (false);
		h[7]--;
		sim_pkt_write(p, 7, h + 7, 1);
		return (true);
	}
	hlen = (uint8_t)((h[0] & 15) * 4);
	if (h[8] <= 1 || hlen < 20 || hlen > p->len)
		return (false);
	h[8]--;
	h[10] = h[11] = 0;
	sum = sim_sum_fold(sim_sum(0, h, hlen));
	h[10] = (uint8_t)(sum >> 8);
	h[11] = (uint8_t)sum;
	sim_pkt_write(p, 8, h + 8, 4);
	return (true);
}

void
sim_input(struct sim_node *n, int ifindex, struct pf_pkt *p)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);
	struct pf_addr dst;
	uint8_t af;

	p->ifindex = ifindex;
	p->own = false;
	if (ifp != NULL)
		ifp->rx++;
	if (!passes(n, PF_IN, ifindex, p))
		return;
	if (!sim_pkt_dst(p, &af, &dst)) {
		n->unroutable++;
		sim_pkt_free(p);
		return;
	}
	if (p->here || (p->way == 0 && sim_is_local(n, af, &dst)))
		sim_pktq_add(&n->local, p);
	else if (!n->forwarding || !decrement_ttl(p, af)) {
		n->unroutable++;
		sim_pkt_free(p);
	} else
		send_out(n, p, af, &dst);
}

void
sim_output(struct sim_node *n, struct pf_pkt *p)
{
	struct pf_addr dst;
	uint8_t af;

	p->ifindex = p->way = 0;
	if (!sim_pkt_dst(p, &af, &dst)) {
		n->unroutable++;
		sim_pkt_free(p);
		return;
	}
	send_out(n, p, af, &dst);
}

int
sim_send_made(struct sim_node *n, struct pf_pkt *p, const struct pf_way *way,
    bool shown)
{
	struct sim_if *ifp = NULL;
	struct pf_addr dst;
	uint8_t af;

	if (way != NULL)
		ifp = way_if(n, p, way, &dst);
	else if (sim_pkt_dst(p, &af, &dst))
		ifp = sim_route_lookup(n, af, &dst);
	if (ifp == NULL) {
		n->unroutable++;
		sim_pkt_free(p);
		return (EHOSTUNREACH);
	}
	p->own = !shown;
	p->ifindex = 0;
	p->way = ifp->ifindex;
	memcpy(p->gw, &dst, sizeof(p->gw));
	if (passes(n, PF_OUT, ifp->ifindex, p))
		sim_transmit(n, sim_if_find(n, p->way), p);
	return (0);
}

bool
pf_host_listens(struct pf *pf, int ifindex)
{
	struct sim_node		*n = pf_hostdata(pf);
	const struct sim_if	*ifp = sim_if_find(n, ifindex);

	return (n->listens_log && ifp != NULL &&
	    strncmp(ifp->name, "pflog", 5) == 0);
}

void
pf_pkt_log(struct pf *pf, const struct pf_pkt *p, int ifindex, const void *hdr,
    size_t len)
{
	struct sim_node	*n = pf_hostdata(pf);
	struct pf_pkt	*record;
	uint8_t		*data = malloc(len + p->len);

	if (data == NULL)
		SIM_PANIC("out of memory");
	memcpy(data, hdr, len);
	sim_pkt_bytes(p, data + len, p->len);
	record = sim_pkt_raw(data, len + p->len);
	record->ifindex = ifindex;
	free(data);
	sim_pktq_add(&n->logged, record);
}
