// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_ifaddr.c: addresses that follow an interface, and groups of interfaces: every
 * modifier against a list written by hand, and a long row of random events against a
 * plain model.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_table.h"

#define TEXT	2048

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
	struct pf	*pf;
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	f.sim = sim_new(5);
	f.n = sim_node_new(f.sim, "fw");
	assert_non_null(f.n);
	f.pf = f.n->pf;
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	sim_free(f->sim);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), 0);
	return (0);
}

/*
 * Texts.  An address of a device is ADDRESS/LENGTH and letters: d deprecated, t temporary;
 * bADDRESS and pADDRESS behind it are its broadcast address and its peer.
 */
static void
parse_addr(const char *text, uint8_t *addr, uint8_t *af)
{
	memset(addr, 0, 16);
	*af = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(*af, text, addr), 1);
}

static void
add_ifaddr(struct pf_ifaddr *a, uint32_t *n, const char *word)
{
	char addr[64];
	uint8_t af;
	int bits, end;

	if (word[0] == 'b' || word[0] == 'p') {
		parse_addr(word + 1, word[0] == 'b' ? a[*n - 1].broadcast :
		    a[*n - 1].peer, &af);
		return;
	}
	assert_int_equal(sscanf(word, "%63[^/]/%d%n", addr, &bits, &end), 2);
	memset(&a[*n], 0, sizeof(a[*n]));
	parse_addr(addr, a[*n].addr, &a[*n].af);
	a[*n].bits = (uint8_t)bits;
	a[*n].flags = (strchr(word + end, 'd') != NULL ? PF_IFA_DEPRECATED : 0) |
	    (strchr(word + end, 't') != NULL ? PF_IFA_TEMPORARY : 0);
	++*n;
}

static int
tell_group(struct fix *f, int ifindex, uint32_t flags, uint32_t group, const char *text)
{
	struct pf_ifaddr a[32];
	char copy[TEXT], *word, *rest = copy;
	uint32_t n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			add_ifaddr(a, &n, word);
	return (pf_if_update(f->pf, ifindex, flags, group, a, n));
}

static int
tell(struct fix *f, int ifindex, uint32_t flags, const char *text)
{
	return (tell_group(f, ifindex, flags, 0, text));
}

/* "eth0:network:0/24": what a rule says in parentheses. */
static void
parse_spec(const char *spec, char name[PF_IFNAMSIZ], uint8_t *iflags, uint8_t *net)
{
	const char *slash = strchr(spec, '/');

	memset(name, 0, PF_IFNAMSIZ);
	memcpy(name, spec, strcspn(spec, ":/"));
	*iflags = (strstr(spec, ":network") != NULL ? PFI_AFLAG_NETWORK : 0) |
	    (strstr(spec, ":broadcast") != NULL ? PFI_AFLAG_BROADCAST : 0) |
	    (strstr(spec, ":peer") != NULL ? PFI_AFLAG_PEER : 0) |
	    (strstr(spec, ":0") != NULL ? PFI_AFLAG_NOALIAS : 0);
	*net = slash != NULL ? (uint8_t)atoi(slash + 1) : 0;
}

static struct pf_dyn *
get(struct fix *f, const char *spec)
{
	char name[PF_IFNAMSIZ];
	struct pf_dyn *d;
	uint8_t iflags, net;

	parse_spec(spec, name, &iflags, &net);
	pf_mutex_lock(&f->pf->ctl);
	d = pf_dyn_get(f->pf, name, iflags, net);
	pf_mutex_unlock(&f->pf->ctl);
	return (d);
}

static void
print_prefix(char *text, const void *addr, uint8_t af, unsigned int bits)
{
	char a[INET6_ADDRSTRLEN];

	inet_ntop(af, addr, a, sizeof(a));
	snprintf(text + strlen(text), TEXT - strlen(text), "%s%s",
	    text[0] != '\0' ? " " : "", a);
	if (bits != (af == AF_INET ? 32U : 128U))
		snprintf(text + strlen(text), TEXT - strlen(text), "/%u", bits);
}

/* What packets are compared with, in order of the addresses. */
static void
print_table(struct fix *f, struct pf_dyn *d, char *text)
{
	struct pf_table_walk walk;
	struct pfr_addr a;

	text[0] = '\0';
	pf_mutex_lock(&f->pf->ctl);
	pf_table_walk(&walk, d->table);
	while (pf_table_walk_next(&walk)) {
		pf_table_walk_addr(&walk, &a);
		assert_false(a.pfra_not);
		print_prefix(text, &a.pfra_addr, a.pfra_af, a.pfra_net);
	}
	pf_mutex_unlock(&f->pf->ctl);
}

/* What pools choose from, in their order, as they are asked. */
static void
print_pool(struct pf_dyn *d, char *text)
{
	static const uint8_t family[2] = { AF_INET, AF_INET6 };
	const struct pf_dyn_prefix *p;
	uint64_t at, place, size;
	unsigned int bits, i;

	text[0] = '\0';
	pf_rcu_read_lock();
	for (i = 0; i < 2; i++) {
		size = pf_dyn_size(d, family[i]);
		for (at = 0; at < size; at += p->size) {
			place = at;
			p = pf_dyn_at(d, family[i], &place);
			assert_non_null(p);
			assert_int_equal(place, 0);
			for (bits = 0; bits < 128 && p->mask.addr8[bits / 8] &
			    0x80 >> bits % 8; bits++)
				continue;
			print_prefix(text, &p->addr, family[i], bits);
		}
		if (size != 0) {		/* and then again from the first */
			place = size;
			assert_non_null(pf_dyn_at(d, family[i], &place));
			assert_int_equal(place, 0);
		}
	}
	pf_rcu_read_unlock();
}

static void
is_so(struct fix *f, const char *spec, const char *table, const char *pool)
{
	char seen[TEXT];
	struct pf_dyn *d = get(f, spec);

	assert_non_null(d);
	print_table(f, d, seen);
	if (strcmp(seen, table) != 0)
		fail_msg("(%s) is \"%s\", not \"%s\"", spec, seen, table);
	print_pool(d, seen);
	if (strcmp(seen, pool) != 0)
		fail_msg("-> (%s) is \"%s\", not \"%s\"", spec, seen, pool);
	pf_dyn_put(d);
}

/*
 * Modifiers
 */
static const struct {
	int		 ifindex;
	const char	*name;
	uint32_t	 flags;
	const char	*addrs;
} devices[] = {
	{ 1, "eth0", 0, "192.0.2.1/24 b192.0.2.255 192.0.2.129/25 b192.0.2.255 "
	    "198.51.100.7/32 2001:db8:1::2/64t 2001:db8:1::1/64 "
	    "2001:db8:2::1/64d fe80::1/64" },
	{ 2, "eth1", PF_IF_EGRESS, "10.0.0.1/8 b10.255.255.255 fe80::2/64" },
	{ 3, "lo", PF_IF_LOOPBACK, "127.0.0.1/8 ::1/128" },
	{ 4, "tun0", PF_IF_EGRESS | PF_IF_NOCARRIER,
	    "10.9.0.1/32 p10.9.0.2 2001:db8:9::1/128 p2001:db8:9::2" },
	{ 5, "tun1", 0, "" },
};

static const struct {
	const char	*spec, *table, *pool;
} modifiers[] = {
	{ "eth0", "192.0.2.1 192.0.2.129 198.51.100.7 2001:db8:1::1 2001:db8:1::2 "
	    "2001:db8:2::1 fe80::1",
	    "192.0.2.1 192.0.2.129 198.51.100.7 2001:db8:1::1" },
	{ "eth0:0", "192.0.2.1 2001:db8:1::2", "192.0.2.1 2001:db8:1::2" },
	{ "eth0:network", "192.0.2.0/24 192.0.2.128/25 198.51.100.7 "
	    "2001:db8:1::/64 2001:db8:2::/64",
	    "192.0.2.0/24 192.0.2.128/25 198.51.100.7 2001:db8:1::/64" },
	{ "eth0:network:0", "192.0.2.0/24 2001:db8:1::/64",
	    "192.0.2.0/24 2001:db8:1::/64" },
	{ "eth0:broadcast", "192.0.2.255", "192.0.2.255" },
	{ "eth0:peer", "", "" },
	{ "eth0/16", "192.0.0.0/16 198.51.0.0/16 2001::/16 fe80::/16",
	    "192.0.0.0/16 198.51.0.0/16 2001::/16" },
	{ "eth0/64", "192.0.2.1 192.0.2.129 198.51.100.7 2001:db8:1::/64 "
	    "2001:db8:2::/64 fe80::/64",
	    "192.0.2.1 192.0.2.129 198.51.100.7 2001:db8:1::/64" },
	{ "eth0:network/28", "192.0.2.0/28 192.0.2.128/28 198.51.100.0/28 "
	    "2001:db0::/28", "192.0.2.0/28 192.0.2.128/28 198.51.100.0/28 "
	    "2001:db0::/28" },
	{ "tun0", "10.9.0.1 2001:db8:9::1", "10.9.0.1 2001:db8:9::1" },
	{ "tun0:peer", "10.9.0.2 2001:db8:9::2", "10.9.0.2 2001:db8:9::2" },
	{ "tun0:peer:0", "10.9.0.2 2001:db8:9::2", "10.9.0.2 2001:db8:9::2" },
	{ "tun1", "", "" },
	{ "tun", "10.9.0.1 2001:db8:9::1", "10.9.0.1 2001:db8:9::1" },
	{ "lo", "127.0.0.1 ::1", "127.0.0.1 ::1" },
	{ "egress", "10.0.0.1 10.9.0.1 2001:db8:9::1 fe80::2",
	    "10.0.0.1 2001:db8:9::1" },
	{ "egress:0", "10.0.0.1 10.9.0.1 2001:db8:9::1", "10.0.0.1 2001:db8:9::1" },
	{ "egress:network", "10.0.0.0/8 10.9.0.1 2001:db8:9::1",
	    "10.0.0.0/8 2001:db8:9::1" },
	{ "eth:broadcast", "10.255.255.255 192.0.2.255",
	    "192.0.2.255 10.255.255.255" },
	{ "any:0", "10.0.0.1 10.9.0.1 192.0.2.1 2001:db8:1::2 2001:db8:9::1",
	    "192.0.2.1 10.0.0.1 2001:db8:1::2" },
	{ "self:network", "10.0.0.0/8 10.9.0.1 127.0.0.0/8 192.0.2.0/24 "
	    "192.0.2.128/25 198.51.100.7 ::1 2001:db8:1::/64 2001:db8:2::/64 "
	    "2001:db8:9::1", "192.0.2.0/24 192.0.2.128/25 198.51.100.7 10.0.0.0/8 "
	    "127.0.0.0/8 2001:db8:1::/64 ::1" },
	{ "eth7", "", "" },
	{ "e", "", "" },
};

static void
attach_devices(struct fix *f)
{
	size_t i;

	for (i = 0; i < NITEMS(devices); i++) {
		assert_int_equal(pf_if_attach(f->pf, devices[i].ifindex,
		    devices[i].name), 0);
		assert_int_equal(tell(f, devices[i].ifindex, devices[i].flags,
		    devices[i].addrs), 0);
	}
	pf_if_settle(f->pf);
}

static void
test_modifiers(void **state)
{
	struct fix *f = *state;
	size_t i, round;

	/* the device before its rule, and the rule before its device */
	for (round = 0; round < 2; round++) {
		attach_devices(f);
		for (i = 0; i < NITEMS(modifiers); i++)
			is_so(f, modifiers[i].spec, modifiers[i].table,
			    modifiers[i].pool);
		for (i = 0; i < NITEMS(devices); i++)
			pf_if_detach(f->pf, devices[i].ifindex);
		pf_if_settle(f->pf);
		for (i = 0; i < NITEMS(modifiers); i++)
			is_so(f, modifiers[i].spec, "", "");
	}
}

/* What an address is told of changes, one thing after the other. */
static void
test_changes(void **state)
{
	struct fix *f = *state;

	attach_devices(f);
	is_so(f, "eth0:0", "192.0.2.1 2001:db8:1::2", "192.0.2.1 2001:db8:1::2");
	assert_int_equal(tell(f, 1, 0, "192.0.2.129/25 192.0.2.1/24"), 0);
	pf_if_settle(f->pf);
	is_so(f, "eth0:0", "192.0.2.129", "192.0.2.129");
	/* its last address that lasts is deprecated, and then there is another */
	assert_int_equal(tell(f, 1, 0, "2001:db8::1/64d fe80::1/64"), 0);
	pf_if_settle(f->pf);
	is_so(f, "eth0", "2001:db8::1 fe80::1", "2001:db8::1");
	assert_int_equal(tell(f, 1, 0, "2001:db8::1/64d 2001:db8::2/64t"), 0);
	pf_if_settle(f->pf);
	is_so(f, "eth0", "2001:db8::1 2001:db8::2", "2001:db8::2");
	/* a name with a number is that of one device; without one, of a group, until
	 * there is a device of that name */
	assert_int_equal(pf_if_attach(f->pf, 9, "eth"), 0);
	assert_int_equal(tell(f, 9, 0, "10.7.7.7/8"), 0);
	pf_if_settle(f->pf);
	is_so(f, "eth", "10.7.7.7", "10.7.7.7");
	assert_int_equal(pf_if_rename(f->pf, 9, "eth2"), 0);
	pf_if_settle(f->pf);
	is_so(f, "eth:0", "10.0.0.1 10.7.7.7 2001:db8::1",
	    "10.0.0.1 10.7.7.7 2001:db8::1");
	is_so(f, "eth2", "10.7.7.7", "10.7.7.7");
	/* the purge settles, too */
	pf_if_detach(f->pf, 9);
	pf_purge(f->pf);
	is_so(f, "eth2", "", "");
	is_so(f, "eth:0", "10.0.0.1 2001:db8::1", "10.0.0.1 2001:db8::1");
	/* too many: the first ones */
	assert_int_equal(tell(f, 77, 0, ""), ENXIO);
}

/* Say which link group a name stands for, 0: none; in a transaction, or at once. */
static int
name_group(struct fix *f, struct pf_client *cl, const char *name, uint32_t number)
{
	struct pfioc_iface io;

	memset(&io, 0, sizeof(io));
	io.flags = PFI_IFLAG_LINKGROUP;
	io.size = number;
	strcpy(io.name, name);
	return (sim_ioctl(f->n, cl, number != 0 ? DIOCSETIFFLAG : DIOCCLRIFFLAG,
	    &io));
}

static void
test_link_groups(void **state)
{
	struct fix *f = *state;
	struct pfioc_trans_e e = { .type = PF_TRANS_OPTIONS };
	struct pfioc_trans t = { .size = 1, .esize = sizeof(e),
	    .array = (uint64_t)(uintptr_t)&e };
	struct pf_client *cl = pf_client_open(f->pf, 1, 0);
	struct pf_dyn *lan = get(f, "lan:0"), *wan = get(f, "wan:0");
	unsigned long n;
	int error;

	attach_devices(f);
	assert_int_equal(tell_group(f, 1, 0, 5, "192.0.2.1/24"), 0);
	assert_int_equal(tell_group(f, 2, 0, 5, "192.0.2.2/24"), 0);
	assert_int_equal(tell_group(f, 3, 0, 7, "192.0.2.3/24"), 0);
	pf_if_settle(f->pf);
	is_so(f, "lan:0", "", "");
	assert_int_equal(name_group(f, cl, "lan", 5), 0);
	is_so(f, "lan:0", "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2");
	/* a transaction: clear all, then name another; nothing before the commit */
	assert_int_equal(sim_ioctl(f->n, cl, DIOCXBEGIN, &t), 0);
	assert_int_equal(name_group(f, cl, "", 0), 0);
	assert_int_equal(name_group(f, cl, "wan", 5), 0);
	is_so(f, "lan:0", "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2");
	is_so(f, "wan:0", "", "");
	/* a commit that fails leaves all as it was, when there is memory again */
	for (n = 1; ; n++) {
		sim_fail_alloc(n);
		error = sim_ioctl(f->n, cl, DIOCXCOMMIT, &t);
		sim_fail_alloc(0);
		if (error == 0)
			break;
		assert_int_equal(error, ENOMEM);
		pf_purge(f->pf);
		is_so(f, "lan:0", "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2");
		is_so(f, "wan:0", "", "");
	}
	assert_true(n > 3);
	is_so(f, "lan:0", "", "");
	is_so(f, "wan:0", "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2");
	/* a device moves to another group, and a name that is a device's is not another's */
	assert_int_equal(tell_group(f, 1, 0, 7, "192.0.2.1/24"), 0);
	pf_if_settle(f->pf);
	is_so(f, "wan:0", "192.0.2.2", "192.0.2.2");
	assert_int_equal(pf_if_attach(f->pf, 9, "wan"), 0);
	pf_if_settle(f->pf);
	is_so(f, "wan:0", "", "");
	pf_if_detach(f->pf, 9);
	pf_if_settle(f->pf);
	is_so(f, "wan:0", "192.0.2.2", "192.0.2.2");
	assert_int_equal(name_group(f, cl, "wan", 0), 0);
	is_so(f, "wan:0", "", "");
	pf_client_close(cl);
	pf_dyn_put(lan);
	pf_dyn_put(wan);
}

/*
 * Events
 */
enum { NAMES = 12, ADDRS = 6, SPECS = 24 };
static const char *const names[NAMES] = { "veth0", "veth1", "veth12", "veth", "ppp0",
	"ppp1", "lo", "br-1", "egress", "0", "wan", "x0y" };
static const char *const groups[] = { "veth", "ppp", "any", "self", "egress", "lo",
	"br-", "x", "wan", "veth1" };
static const char *const mods[] = { "", ":0", ":network", ":network:0", ":broadcast",
	":peer", "/20", "/70" };

struct model_dev {
	bool		 there;
	uint32_t	 flags;
	uint32_t	 n;
	struct pf_ifaddr a[ADDRS];
};
static struct model_dev model[NAMES];		/* by name; ifindex + 100 * life */
static int indices[NAMES];
static char specs[SPECS][64];
static struct pf_dyn *dyns[SPECS];

/* Whether the device is of that name, or in the group of it. */
static bool
model_in(unsigned int dev, const char *group)
{
	size_t len = strlen(group), k;

	if (!model[dev].there)
		return (false);
	if (strcmp(names[dev], group) == 0 || strcmp(group, "self") == 0)
		return (true);
	if (strcmp(group, "any") == 0)
		return ((model[dev].flags & PF_IF_LOOPBACK) == 0);
	if (strcmp(group, "egress") == 0)
		return ((model[dev].flags & PF_IF_EGRESS) != 0);
	for (k = 0; k < NAMES; k++)
		if (model[k].there && strcmp(names[k], group) == 0)
			return (false);
	if (strncmp(names[dev], group, len) != 0 || names[dev][len] == '\0' ||
	    (len > 0 && group[len - 1] >= '0' && group[len - 1] <= '9'))
		return (false);
	return (names[dev][len + strspn(names[dev] + len, "0123456789")] == '\0');
}

struct line {
	uint8_t	af, addr[16], bits;
};

static int
line_cmp(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;

	return (a->af != b->af ? (a->af == AF_INET ? -1 : 1) :
	    memcmp(a->addr, b->addr, 16) != 0 ? memcmp(a->addr, b->addr, 16) :
	    a->bits - b->bits);
}

/* What the table of a spec should be. */
static void
model_table(const char *spec, char *text)
{
	static const uint8_t none[16];
	struct line all[NAMES * ADDRS];
	char name[PF_IFNAMSIZ];
	unsigned int dev, i, n = 0, k, most;
	uint8_t iflags, net;
	bool had[2];

	parse_spec(spec, name, &iflags, &net);
	for (dev = 0; dev < NAMES; dev++) {
		had[0] = had[1] = false;
		for (i = 0; model_in(dev, name) && i < model[dev].n; i++) {
			const struct pf_ifaddr *a = &model[dev].a[i];
			const uint8_t *from = a->addr;
			bool v6 = a->af == AF_INET6;
			bool local = v6 && a->addr[0] == 0xfe;

			if (iflags & PFI_AFLAG_BROADCAST)
				from = a->broadcast;
			if (iflags & PFI_AFLAG_PEER)
				from = a->peer;
			if ((from != a->addr && memcmp(from, none, 16) == 0) ||
			    (local && iflags & (PFI_AFLAG_NETWORK | PFI_AFLAG_NOALIAS)) ||
			    (iflags & PFI_AFLAG_NOALIAS && had[v6]))
				continue;
			had[v6] = true;
			most = v6 ? 128 : 32;
			all[n].af = a->af;
			all[n].bits = (uint8_t)(net != 0 && net <= most ? net :
			    iflags & PFI_AFLAG_NETWORK ? a->bits : most);
			memset(all[n].addr, 0, 16);
			for (k = 0; k < all[n].bits; k++)
				all[n].addr[k / 8] |= from[k / 8] & 0x80 >> k % 8;
			n++;
		}
	}
	qsort(all, n, sizeof(all[0]), line_cmp);
	text[0] = '\0';
	for (i = 0; i < n; i++)
		if (i == 0 || line_cmp(&all[i - 1], &all[i]) != 0)
			print_prefix(text, all[i].addr, all[i].af, all[i].bits);
}

static void
random_addrs(struct sim *sim, struct model_dev *m)
{
	struct pf_ifaddr *a;
	uint64_t r;

	m->n = (uint32_t)(sim_random(sim) % (ADDRS + 1));
	memset(m->a, 0, sizeof(m->a));
	for (a = m->a; a < m->a + m->n; a++) {
		r = sim_random(sim);
		a->af = r & 1 ? AF_INET6 : AF_INET;
		a->addr[0] = a->af == AF_INET ? 10 : r & 2 ? 0xfe : 0x20;
		a->addr[1] = a->addr[0] == 0xfe ? 0x80 : 1;
		a->addr[a->af == AF_INET ? 2 : 5] = r >> 8 & 3;
		a->addr[a->af == AF_INET ? 3 : 15] = r >> 16 & 7;
		a->bits = (uint8_t)(16 + (r >> 24) % (a->af == AF_INET ? 17 : 113));
		a->flags = r >> 32 & 3;
		if (r >> 40 & 1)
			memcpy(a->peer, (uint8_t[]){ 172, 16, r >> 48 & 3, 1 }, 4);
		if (a->af == AF_INET && r >> 41 & 1)
			memcpy(a->broadcast, (uint8_t[]){ 10, 1, r >> 50 & 3, 255 }, 4);
	}
}

/* One event, of the core and of the model.  With too little memory nothing changes, or
 * it is done later. */
static void
random_event(struct fix *f)
{
	static int next_index = 1;
	uint64_t r = sim_random(f->sim);
	unsigned int dev = r % NAMES, to = (r >> 8) % NAMES;
	struct model_dev *m = &model[dev];
	struct model_dev was = *m;
	int error;

	switch (m->there ? 1 + (r >> 16) % 8 : 0) {
	case 0:
		error = pf_if_attach(f->pf, next_index, names[dev]);
		assert_true(error == 0 || error == ENOMEM);
		if (error == 0) {
			memset(m, 0, sizeof(*m));
			m->there = true;
			m->flags = PF_IF_LOOPBACK | PF_IF_NOCARRIER;
			indices[dev] = next_index++;
		}
		break;
	case 1:
		pf_if_detach(f->pf, indices[dev]);
		m->there = false;
		break;
	case 2:
		error = pf_if_rename(f->pf, indices[dev], names[to]);
		/* a device whose new name pf cannot take is none that it knows */
		if (error != 0) {
			assert_true(error == ENOMEM || (error == EEXIST &&
			    model[to].there && to != dev));
			m->there = false;
		} else if (to != dev) {
			model[to] = *m;
			indices[to] = indices[dev];
			m->there = false;
		}
		break;
	default:
		if (r >> 20 & 1)
			m->flags = r >> 24 & 7;
		else
			random_addrs(f->sim, m);
		error = pf_if_update(f->pf, indices[dev], m->flags, 0, m->a, m->n);
		assert_true(error == 0 || error == ENOMEM);
		if (error != 0)
			*m = was;
	}
}

static void
compare(struct fix *f, unsigned int i)
{
	char seen[TEXT], want[TEXT];
	unsigned int dev, k;
	struct pf_kif *kif, *group;

	print_table(f, dyns[i], seen);
	model_table(specs[i], want);
	if (strcmp(seen, want) != 0)
		fail_msg("(%s) is \"%s\", not \"%s\"", specs[i], seen, want);
	for (dev = 0; dev < NAMES; dev++) {
		if (!model[dev].there)
			continue;
		pf_mutex_lock(&f->pf->ctl);
		kif = pf_kif_find(f->pf, names[dev]);
		group = pf_kif_find(f->pf, groups[i % NITEMS(groups)]);
		pf_mutex_unlock(&f->pf->ctl);
		k = i % NITEMS(groups);
		pf_rcu_read_lock();
		if (pf_kif_matches(kif, group) != model_in(dev, groups[k]))
			fail_msg("%s in %s is not as it should be", names[dev],
			    groups[k]);
		pf_rcu_read_unlock();
	}
}

static void
test_events(void **state)
{
	enum { EVENTS = 100000 };
	struct fix *f = *state;
	struct pf_kif *named[NITEMS(groups)];
	unsigned int i;
	bool short_of;

	memset(model, 0, sizeof(model));
	for (i = 0; i < SPECS; i++) {
		snprintf(specs[i], sizeof(specs[i]), "%s%s",
		    groups[i % NITEMS(groups)], mods[sim_random(f->sim) % NITEMS(mods)]);
		dyns[i] = get(f, specs[i]);
		assert_non_null(dyns[i]);
	}
	pf_mutex_lock(&f->pf->ctl);
	for (i = 0; i < NITEMS(groups); i++) {
		named[i] = pf_kif_get(f->pf, groups[i]);
		pf_kif_count_rules(named[i], 1);
	}
	pf_mutex_unlock(&f->pf->ctl);
	for (i = 0; i < EVENTS; i++) {
		short_of = sim_random(f->sim) % 16 == 0;
		if (short_of)
			sim_fail_from(1 + sim_random(f->sim) % 8);
		random_event(f);
		if (i % 3 == 0)
			random_event(f);	/* two at one time */
		pf_if_settle(f->pf);
		sim_fail_from(0);
		if (short_of || i % 64 == 0)
			pf_purge(f->pf);	/* tries again, and frees */
		compare(f, (unsigned int)(sim_random(f->sim) % SPECS));
	}
	for (i = 0; i < SPECS; i++)
		pf_dyn_put(dyns[i]);
	pf_mutex_lock(&f->pf->ctl);
	for (i = 0; i < NITEMS(groups); i++) {
		pf_kif_count_rules(named[i], UINT32_MAX);
		pf_kif_put(f->pf, named[i]);
	}
	pf_mutex_unlock(&f->pf->ctl);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_modifiers), T(test_changes), T(test_link_groups), T(test_events),
	};

	return (cmocka_run_group_tests_name("ifaddr", tests, NULL, NULL));
}
