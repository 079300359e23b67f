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
	sim_pktq_init(&n->logged);

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
	sim_pktq_flush(&n->logged);
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

struct sim_if *
sim_if_find(struct sim_node *n, int ifindex)
{
	for (int i = 0; i < SIM_IFS; i++)
		if (ifindex != 0 && n->ifs[i].ifindex == ifindex)
			return (&n->ifs[i]);
	return (NULL);
}

/* Tell the core what the interface is now; 0 or ENOMEM. */
static int
if_tell(struct sim_node *n, const struct sim_if *ifp)
{
	struct pf_ifaddr a[SIM_IFADDRS];
	uint32_t flags = 0;
	int error;

	if (sim_is_loopback(ifp))
		flags |= PF_IF_LOOPBACK;
	if (ifp->nocarrier)
		flags |= PF_IF_NOCARRIER;
	for (unsigned int i = 0; i < n->nroutes; i++)
		if (n->routes[i].ifindex == ifp->ifindex &&
		    n->routes[i].table == 0 &&
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
sim_route_table(struct sim_node *n, uint32_t table, const char *prefix,
    int ifindex)
{
	struct sim_route *r = &n->routes[n->nroutes];

	if (n->nroutes == SIM_ROUTES)
		return (ENOSPC);
	if (sim_if_find(n, ifindex) == NULL)
		return (ENXIO);
	if (!prefix_parse(prefix, &r->af, &r->addr, &r->plen))
		return (EINVAL);
	r->ifindex = ifindex;
	r->table = table;
	n->nroutes++;
	return (table == 0 && r->plen == 0 ?
	    if_tell(n, sim_if_find(n, ifindex)) : 0);
}

int
sim_route(struct sim_node *n, const char *prefix, int ifindex)
{
	return (sim_route_table(n, 0, prefix, ifindex));
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
    uint8_t af, const struct pf_way *way, bool shown)
{
	struct sim_node *n = pf_hostdata(pf);
	struct sim_info info;
	struct pf_addr dst;
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

	sim_pkt_dst(p, &af2, &dst);
	if (sim_is_local(n, af, &dst)) {
		sim_pktq_add(&n->local, p);
		return (0);
	}
	if (shown)
		sim_lock_check_idle("pf_pkt_send");
	return (sim_send_made(n, p, way, shown));
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

int
pf_host_loopback(struct pf *pf, bool wanted)
{
	struct sim_node *n = pf_hostdata(pf);

	sim_might_sleep(__func__, __LINE__);
	if (wanted && !n->loopback && sim_fail_now())
		return (ENOMEM);
	n->loopback = wanted;
	return (0);
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
