// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_node.c: a machine of the simulation, and the plain functions of the host.
 *
 * A node owns an instance of pf from sim_node_new() to sim_node_free() and is its
 * host data; it owns its interfaces, addresses, routes and captured packets.  It
 * does what a kernel does around pf: looks up routes, delivers, forwards.
 *
 * Locking: none, one thread.  Place: the top of sys/sim, with sim.c.
 */
#include <arpa/inet.h>
#include <sys/uio.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim_priv.h"

uint32_t sim_tags = UINT16_MAX;

/* Of the address sanitizer, when linked with it. */
void	*__asan_region_is_poisoned(void *, size_t) __attribute__((weak));

struct sim_node *
sim_node_new(struct sim *sim, const char *name)
{
	struct sim_node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		SIM_PANIC("out of memory");
	n->sim = sim;
	n->forwarding = true;
	snprintf(n->name, sizeof(n->name), "%s", name);
	sim_pktq_init(&n->sent);
	sim_pktq_init(&n->local);
	sim_pktq_init(&n->out);

	sim_exclusive = true;
	n->pf = pf_create(n);
	sim_exclusive = false;
	sim_lock_check_idle("pf_create");
	if (n->pf == NULL) {
		free(n);
		return (NULL);
	}
	if (pf_hostdata(n->pf) != n)
		SIM_PANIC("pf_hostdata() is not what pf_create() was given");
	n->next = sim->nodes;
	sim->nodes = n;
	return (n);
}

static void
node_stop(struct sim_node *n)
{
	struct pf_client *cl;

	if (!n->enabled)
		return;
	cl = pf_client_open(n->pf, 1, 0);
	if (cl == NULL || sim_ioctl(n, cl, DIOCSTOP, NULL) != 0)
		SIM_PANIC("node %s cannot be stopped", n->name);
	pf_client_close(cl);
}

void
sim_node_free(struct sim_node *n)
{
	struct sim_node **at, *other;

	if (n == NULL)
		return;
	sim_fail_alloc(0);
	node_stop(n);
	for (int i = 0; i < SIM_IFS; i++)
		if (n->ifs[i].ifindex != 0)
			sim_if_del(n, n->ifs[i].ifindex);
	sim_wire_forget(n->sim, n, 0);
	for (other = n->sim->nodes; other != NULL; other = other->next)
		for (int i = 0; i < SIM_IFS; i++)
			if (other->ifs[i].peer == n)
				other->ifs[i].peer = NULL;

	sim_exclusive = true;
	pf_destroy(n->pf);
	sim_exclusive = false;
	sim_lock_check_idle("pf_destroy");
	pf_rcu_barrier();
	sim_pktq_flush(&n->sent);
	sim_pktq_flush(&n->local);
	sim_pktq_flush(&n->out);
	for (at = &n->sim->nodes; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	free(n);
}

/* "address" or "address/length"; false: not one of these. */
static bool
prefix_parse(const char *text, uint8_t *af, struct pf_addr *a, uint8_t *plen)
{
	char buf[INET6_ADDRSTRLEN + 4], *slash, *end;
	unsigned long n, max;

	memset(a, 0, sizeof(*a));
	if (snprintf(buf, sizeof(buf), "%s", text) >= (int)sizeof(buf))
		return (false);
	slash = strchr(buf, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, buf, a) == 1)
		*af = AF_INET;
	else if (inet_pton(AF_INET6, buf, a) == 1)
		*af = AF_INET6;
	else
		return (false);
	max = *af == AF_INET ? 32 : 128;
	n = max;
	if (slash != NULL) {
		n = strtoul(slash, &end, 10);
		if (*slash == '\0' || *end != '\0' || n > max)
			return (false);
	}
	*plen = (uint8_t)n;
	return (true);
}

static bool
prefix_covers(const struct sim_route *r, const struct pf_addr *a)
{
	unsigned int whole = r->plen / 8, bits = r->plen % 8;

	if (memcmp(r->addr.addr8, a->addr8, whole) != 0)
		return (false);
	return (bits == 0 ||
	    ((r->addr.addr8[whole] ^ a->addr8[whole]) >> (8 - bits)) == 0);
}

struct sim_if *
sim_if_find(struct sim_node *n, int ifindex)
{
	for (int i = 0; i < SIM_IFS; i++)
		if (ifindex != 0 && n->ifs[i].ifindex == ifindex)
			return (&n->ifs[i]);
	return (NULL);
}

static bool
is_loopback(const struct sim_if *ifp)
{
	return (strncmp(ifp->name, "lo", 2) == 0 &&
	    ifp->name[2 + strspn(ifp->name + 2, "0123456789")] == '\0');
}

/* Tell the core what the interface is now; 0 or ENOMEM. */
static int
if_tell(struct sim_node *n, const struct sim_if *ifp)
{
	struct pf_ifaddr a[SIM_IFADDRS];
	uint32_t flags = 0;
	int error;

	if (is_loopback(ifp))
		flags |= PF_IF_LOOPBACK;
	if (ifp->nocarrier)
		flags |= PF_IF_NOCARRIER;
	for (unsigned int i = 0; i < n->nroutes; i++)
		if (n->routes[i].ifindex == ifp->ifindex &&
		    n->routes[i].plen == 0)
			flags |= PF_IF_EGRESS;
	memset(a, 0, sizeof(a));
	for (unsigned int i = 0; i < ifp->naddr; i++) {
		memcpy(a[i].addr, &ifp->addr[i], sizeof(a[i].addr));
		a[i].af = ifp->af[i];
		a[i].bits = ifp->plen[i];
	}
	error = pf_if_update(n->pf, ifp->ifindex, flags, 0, a, ifp->naddr);
	sim_lock_check_idle("pf_if_update");
	pf_if_settle(n->pf);
	sim_lock_check_idle("pf_if_settle");
	return (error);
}

int
sim_if_add(struct sim_node *n, int ifindex, const char *name)
{
	struct sim_if *ifp = NULL;
	int error;

	if (ifindex <= 0)
		return (EINVAL);
	if (sim_if_find(n, ifindex) != NULL)
		return (EEXIST);
	for (int i = 0; i < SIM_IFS && ifp == NULL; i++)
		if (n->ifs[i].ifindex == 0)
			ifp = &n->ifs[i];
	if (ifp == NULL)
		return (ENOSPC);
	error = pf_if_attach(n->pf, ifindex, name);
	sim_lock_check_idle("pf_if_attach");
	if (error != 0)
		return (error);
	memset(ifp, 0, sizeof(*ifp));
	ifp->ifindex = ifindex;
	snprintf(ifp->name, sizeof(ifp->name), "%s", name);
	error = if_tell(n, ifp);
	if (error != 0) {
		pf_if_detach(n->pf, ifindex);
		memset(ifp, 0, sizeof(*ifp));
	}
	return (error);
}

int
sim_if_del(struct sim_node *n, int ifindex)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);
	unsigned int kept = 0;

	if (ifp == NULL)
		return (ENXIO);
	pf_if_detach(n->pf, ifindex);
	sim_lock_check_idle("pf_if_detach");
	sim_wire_forget(n->sim, n, ifindex);
	for (unsigned int i = 0; i < n->nroutes; i++)
		if (n->routes[i].ifindex != ifindex)
			n->routes[kept++] = n->routes[i];
	n->nroutes = kept;
	if (ifp->peer != NULL)
		sim_if_find(ifp->peer, ifp->peer_if)->peer = NULL;
	memset(ifp, 0, sizeof(*ifp));
	pf_if_settle(n->pf);
	return (0);
}

int
sim_if_rename(struct sim_node *n, int ifindex, const char *name)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);
	int error;

	if (ifp == NULL)
		return (ENXIO);
	error = pf_if_rename(n->pf, ifindex, name);
	sim_lock_check_idle("pf_if_rename");
	if (error == 0) {
		snprintf(ifp->name, sizeof(ifp->name), "%s", name);
		error = if_tell(n, ifp);
	}
	return (error);
}

int
sim_route(struct sim_node *n, const char *prefix, int ifindex)
{
	struct sim_route *r = &n->routes[n->nroutes];

	if (n->nroutes == SIM_ROUTES)
		return (ENOSPC);
	if (sim_if_find(n, ifindex) == NULL)
		return (ENXIO);
	if (!prefix_parse(prefix, &r->af, &r->addr, &r->plen))
		return (EINVAL);
	r->ifindex = ifindex;
	n->nroutes++;
	return (r->plen == 0 ? if_tell(n, sim_if_find(n, ifindex)) : 0);
}

int
sim_if_addr(struct sim_node *n, int ifindex, const char *prefix)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);
	int error;

	if (ifp == NULL)
		return (ENXIO);
	if (ifp->naddr == SIM_IFADDRS)
		return (ENOSPC);
	error = sim_route(n, prefix, ifindex);
	if (error != 0)
		return (error);
	prefix_parse(prefix, &ifp->af[ifp->naddr], &ifp->addr[ifp->naddr],
	    &ifp->plen[ifp->naddr]);
	ifp->naddr++;
	return (if_tell(n, ifp));
}

/* Its route stays. */
int
sim_if_addr_del(struct sim_node *n, int ifindex, const char *prefix)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);
	struct pf_addr addr;
	uint8_t af, plen;
	unsigned int i, k = 0;

	if (ifp == NULL)
		return (ENXIO);
	if (!prefix_parse(prefix, &af, &addr, &plen))
		return (EINVAL);
	for (i = 0; i < ifp->naddr; i++) {
		if (ifp->af[i] == af &&
		    memcmp(&ifp->addr[i], &addr, sizeof(addr)) == 0)
			continue;
		ifp->af[k] = ifp->af[i];
		ifp->plen[k] = ifp->plen[i];
		ifp->addr[k++] = ifp->addr[i];
	}
	if (k == ifp->naddr)
		return (ENOENT);
	ifp->naddr = k;
	return (if_tell(n, ifp));
}

int
sim_if_carrier(struct sim_node *n, int ifindex, bool carrier)
{
	struct sim_if *ifp = sim_if_find(n, ifindex);

	if (ifp == NULL)
		return (ENXIO);
	ifp->nocarrier = !carrier;
	return (if_tell(n, ifp));
}

int
sim_connect(struct sim_node *a, int aif, struct sim_node *b, int bif,
    const struct sim_wire *wire)
{
	struct sim_if *ia = sim_if_find(a, aif), *ib = sim_if_find(b, bif);

	if (ia == NULL || ib == NULL)
		return (ENXIO);
	if (ia->peer != NULL || ib->peer != NULL)
		return (EBUSY);
	ia->peer = b;
	ia->peer_if = bif;
	ib->peer = a;
	ib->peer_if = aif;
	ia->wire = ib->wire = wire != NULL ? *wire : (struct sim_wire){ 0 };
	return (0);
}

/* Where a packet goes: its family and destination; false: no IP header. */
static bool
pkt_dst(const struct pf_pkt *p, uint8_t *af, struct pf_addr *dst)
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

static bool
is_local(const struct sim_node *n, uint8_t af, const struct pf_addr *a)
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
route_lookup(struct sim_node *n, uint8_t af, const struct pf_addr *dst)
{
	const struct sim_route *best = NULL;

	for (unsigned int i = 0; i < n->nroutes; i++) {
		const struct sim_route *r = &n->routes[i];

		if (r->af == af && prefix_covers(r, dst) &&
		    (best == NULL || r->plen > best->plen))
			best = r;
	}
	return (best != NULL ? sim_if_find(n, best->ifindex) : NULL);
}

bool
pf_route_leads(struct pf *pf, const struct pf_pkt *p, uint8_t af,
    const struct pf_addr *a, int ifindex)
{
	struct sim_node *n = pf_hostdata(pf);
	const struct sim_if *ifp;

	(void)p;
	if (is_local(n, af, a)) {
		ifp = sim_if_find(n, ifindex);
		return (ifindex == 0 || (ifp != NULL && is_loopback(ifp)));
	}
	ifp = route_lookup(n, af, a);
	return (ifp != NULL && (ifindex == 0 || ifp->ifindex == ifindex));
}

bool
pf_pkt_owner(struct pf *pf, const struct pf_pkt *p, int dir, uint8_t af,
    uint8_t proto, const struct pf_flow *f, uint32_t *uid, uint32_t *gid)
{
	const struct sim_node *n = pf_hostdata(pf);

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		SIM_PANIC("protocol %u has no sockets", proto);
	if (!n->sockets || (dir == PF_OUT ? p->ifindex != 0 :
	    !is_local(n, af, f->dst)))
		return (false);
	*uid = n->uid;
	*gid = n->gid;
	return (true);
}

static void
transmit(struct sim_node *n, struct sim_if *ifp, struct pf_pkt *p)
{
	ifp->tx++;
	if (ifp->peer != NULL)
		sim_wire_send(n, ifp, p);
	else
		sim_pktq_add(&n->out, p);
}

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
	int verdict;

	if (!n->enabled || p->own)
		return (PF_PASS);
	if (dir == PF_IN)
		p->ifindex = ifindex;
	sim_packet_enter();
	verdict = ask(n, dir, ifindex, &is);
	sim_packet_leave();
	sim_lock_check_idle("pf_test");
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
	struct sim_if *ifp = route_lookup(n, af, dst);

	if (ifp == NULL) {
		n->unroutable++;
		sim_pkt_free(p);
	} else if (passes(n, PF_OUT, ifp->ifindex, p))
		transmit(n, ifp, p);
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
	if (!pkt_dst(p, &af, &dst)) {
		n->unroutable++;
		sim_pkt_free(p);
		return;
	}
	if (is_local(n, af, &dst))
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

	p->ifindex = 0;
	if (!pkt_dst(p, &af, &dst)) {
		n->unroutable++;
		sim_pkt_free(p);
		return;
	}
	send_out(n, p, af, &dst);
}

int
sim_ioctl_as(struct sim_node *n, struct pf_client *cl, unsigned long cmd,
    void *arg, bool writable)
{
	size_t size = _IOC_SIZE(cmd);
	void *copy = NULL;
	int error;

	(void)n;
	if (size > PF_IOCTL_ARG_MAX)
		return (ENOTTY);
	if (size != 0) {
		if (arg == NULL)
			return (EFAULT);
		if ((copy = calloc(1, size)) == NULL)
			return (ENOMEM);
		if ((_IOC_DIR(cmd) & _IOC_WRITE) != 0)
			memcpy(copy, arg, size);
	}
	sim_might_sleep(__func__, __LINE__);
	error = pf_ioctl(cl, (uint32_t)cmd, copy, writable);
	sim_lock_check_idle("pf_ioctl");
	if (copy != NULL && (_IOC_DIR(cmd) & _IOC_WRITE) != 0 &&
	    !pf_ioctl_answers((uint32_t)cmd) && memcmp(copy, arg, size) != 0)
		SIM_PANIC("pf_ioctl(%#lx) answers and does not say so", cmd);
	if (error < 0 || error > 4095)
		SIM_PANIC("pf_ioctl(%#lx) returned %d", cmd, error);
	if (error == 0 && pf_ioctl_answers((uint32_t)cmd))
		memcpy(arg, copy, size);
	free(copy);
	return (error);
}

int
sim_ioctl(struct sim_node *n, struct pf_client *cl, unsigned long cmd,
    void *arg)
{
	return (sim_ioctl_as(n, cl, cmd, arg, true));
}

int
sim_user_region(struct sim_node *n, void *base, size_t len)
{
	if (n->nuser == sizeof(n->user) / sizeof(n->user[0]))
		return (ENOSPC);
	n->user[n->nuser].base = (uint64_t)(uintptr_t)base;
	n->user[n->nuser++].len = len;
	return (0);
}

void
sim_user_clear(struct sim_node *n)
{
	n->nuser = 0;
}

void (*sim_copy_hook)(void);

/*
 * The kernel copies, and says so if an address is not mapped as needed.  A mapped
 * address that the sanitizer holds to be no object is a bug of core or test.
 */
static int
user_copy(struct sim_node *n, uint64_t uaddr, void *buf, size_t len, bool out)
{
	struct iovec user = { (void *)(uintptr_t)uaddr, len };
	struct iovec own = { buf, len };
	bool found = n->nuser == 0;
	static bool inside;
	ssize_t r;

	sim_might_sleep(__func__, __LINE__);
	sim_lock_assert_none(__func__, __LINE__);
	if (sim_copy_hook != NULL && !inside) {
		inside = true;
		sim_copy_hook();
		inside = false;
	}
	if (uaddr + len < uaddr)
		return (EFAULT);
	if (len == 0)
		return (0);
	for (unsigned int i = 0; i < n->nuser && !found; i++)
		found = uaddr >= n->user[i].base &&
		    uaddr - n->user[i].base <= n->user[i].len &&
		    len <= n->user[i].len - (uaddr - n->user[i].base);
	if (!found)
		return (EFAULT);
	if (out)
		r = process_vm_writev(getpid(), &own, 1, &user, 1, 0);
	else
		r = process_vm_readv(getpid(), &own, 1, &user, 1, 0);
	if (r != (ssize_t)len)
		return (EFAULT);
	if (__asan_region_is_poisoned != NULL &&
	    __asan_region_is_poisoned(user.iov_base, len) != NULL)
		SIM_PANIC("user buffer %p is shorter than %zu", user.iov_base,
		    len);
	return (0);
}

int
pf_copyin(struct pf *pf, uint64_t uaddr, void *dst, size_t len)
{
	return (user_copy(pf_hostdata(pf), uaddr, dst, len, false));
}

int
pf_copyout(struct pf *pf, const void *src, uint64_t uaddr, size_t len)
{
	return (user_copy(pf_hostdata(pf), uaddr, (void *)(uintptr_t)src, len,
	    true));
}

struct pf_pkt *
pf_pkt_new(struct pf *pf, uint32_t len, void **data)
{
	struct pf_pkt *p;

	(void)pf;
	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (len > 65535 + 40 || sim_fail_now())
		return (NULL);
	p = sim_pkt_raw(NULL, 0);
	sim_pkt_grow(p, len);
	p->own = true;
	sim_mem_note(SIM_MEM_PKT, 1);
	*data = p->piece[0].data;
	return (p);
}

int
pf_pkt_send(struct pf *pf, struct pf_pkt *p, const struct pf_pkt *cause,
    uint8_t af)
{
	struct sim_node *n = pf_hostdata(pf);
	struct sim_info info;
	struct pf_addr dst;
	struct sim_if *ifp;
	uint8_t af2;

	if (!sim_in_packet())
		SIM_PANIC("not in packet context");
	if (cause == NULL)
		SIM_PANIC("a packet without a cause");
	if (!p->own)
		SIM_PANIC("not from pf_pkt_new()");
	sim_mem_note(SIM_MEM_PKT, -1);
	p->af = af;
	if (!sim_pkt_info(p, &info) || info.af != af || info.len != p->len)
		SIM_PANIC("pf sends a bad packet: %s",
		    info.wrong != NULL ? info.wrong : "family or length");
	sim_pktq_add(&n->sent, sim_pkt_copy(p));

	pkt_dst(p, &af2, &dst);
	if (is_local(n, af, &dst)) {
		sim_pktq_add(&n->local, p);
		return (0);
	}
	ifp = route_lookup(n, af, &dst);
	if (ifp == NULL) {
		n->unroutable++;
		sim_pkt_free(p);
		return (EHOSTUNREACH);
	}
	transmit(n, ifp, p);
	return (0);
}

void
pf_random(struct pf *pf, void *buf, size_t len)
{
	struct sim_node *n = pf_hostdata(pf);
	uint8_t *b = buf;
	uint64_t w;
	size_t k;

	for (; len > 0; len -= k, b += k) {
		w = sim_random(n->sim);
		k = len < sizeof(w) ? len : sizeof(w);
		memcpy(b, &w, k);
	}
}

uint32_t
pf_uptime(const struct pf *pf)
{
	const struct sim_node *n = pf_hostdata(pf);

	return ((uint32_t)(n->sim->now / SIM_SECOND));
}

int64_t
pf_wallclock(struct pf *pf)
{
	const struct sim_node *n = pf_hostdata(pf);

	return (n->sim->epoch + (int64_t)(n->sim->now / SIM_SECOND));
}

uint32_t
pf_host_tags(struct pf *pf)
{
	(void)pf;
	return (sim_tags);
}

uint32_t
pf_host_ceiling(struct pf *pf, unsigned int limit)
{
	const struct sim_node *n = pf_hostdata(pf);
	uint32_t most = n->sim->ceiling[limit];

	return (most != 0 ? most : UINT32_MAX);
}

bool
pf_host_may_exceed(struct pf *pf)
{
	const struct sim_node *n = pf_hostdata(pf);

	return (n->sim->may_exceed);
}

int
pf_host_enable(struct pf *pf)
{
	struct sim_node *n = pf_hostdata(pf);

	sim_might_sleep(__func__, __LINE__);
	if (n->enabled)
		SIM_PANIC("enabled twice");
	if (sim_fail_now())
		return (ENOMEM);
	n->enabled = true;
	return (0);
}

void
pf_host_disable(struct pf *pf)
{
	struct sim_node *n = pf_hostdata(pf);

	sim_might_sleep(__func__, __LINE__);
	if (!n->enabled)
		SIM_PANIC("disabled, but not enabled");
	n->enabled = false;
}

void
pf_host_kick(struct pf *pf)
{
	struct sim_node *n = pf_hostdata(pf);

	n->kicked = true;
}

void
pf_log(struct pf *pf, const char *fmt, ...)
{
	struct sim_node *n = pf_hostdata(pf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->lastlog, sizeof(n->lastlog), fmt, ap);
	va_end(ap);
	n->logs++;
	if (n->log_stderr)
		fprintf(stderr, "%s: %s\n", n->name, n->lastlog);
}
