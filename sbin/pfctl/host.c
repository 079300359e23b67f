// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * host.c: what a rule calls an address, and the addresses that it means.
 *
 * A word is tried as an address, then as an interface (name[:modifier]), then as
 * a host name.  Results are lists of struct host in the arena of the statement.
 * Names are resolved when the file is read; (name) is left to the kernel.
 * No locking.  Stands on names.c.
 */
#include <sys/socket.h>
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "rule.h"
#include "system.h"

struct hosts {				/* a list that grows at its end */
	struct host	*first;
	struct host	**end;
};

static struct host *
hosts_add(struct parser *p, struct hosts *hs, uint8_t type, uint8_t af)
{
	struct host *h = arena_alloc(&p->arena, sizeof(*h));

	memset(h, 0, sizeof(*h));
	h->addr.type = type;
	h->af = af;
	*hs->end = h;
	hs->end = &h->next;
	return (h);
}

void
addr_mask(struct pf_addr *m, uint8_t net)
{
	memset(m, 0, sizeof(*m));
	memset(m->v6, 0xff, net / 8);
	if (net % 8 != 0)
		m->v6[net / 8] = (uint8_t)(0xff << (8 - net % 8));
}

void
addr_apply(struct pf_addr *a, const struct pf_addr *mask)
{
	a->addr64[0] &= mask->addr64[0];
	a->addr64[1] &= mask->addr64[1];
}

uint8_t
addr_prefix(const struct pf_addr *mask, uint8_t af)
{
	uint8_t net = 0, max = af == AF_INET ? 32 : 128;

	while (net < max && (mask->v6[net / 8] & (0x80 >> net % 8)) != 0)
		net++;
	return (net);
}

/* IPv4 with one to four parts, as 10, 172.16 or 10.0.0.1: how many; 0: it is none. */
static int
parse_v4(const char *s, struct pf_addr *a)
{
	uint32_t part;
	int n = 0, digits;

	memset(a, 0, sizeof(*a));
	for (;;) {
		for (part = 0, digits = 0; *s >= '0' && *s <= '9' && digits < 4;
		    s++, digits++)
			part = part * 10 + (uint32_t)(*s - '0');
		if (digits == 0 || digits > 3 || part > 255)
			return (0);
		a->v6[n++] = (uint8_t)part;
		if (*s == '\0')
			return (n);
		if (*s++ != '.' || n == 4)
			return (0);
	}
}

int
addr_parse(const char *s, struct pf_addr *a, uint8_t *net)
{
	int parts;

	if ((parts = parse_v4(s, a)) > 0) {
		*net = (uint8_t)(parts * 8);
		return (4);
	}
	memset(a, 0, sizeof(*a));
	if (strchr(s, ':') != NULL && inet_pton(AF_INET6, s, a->v6) == 1) {
		*net = 128;
		return (6);
	}
	return (0);
}

/* An address in text into h: true. */
static bool
host_add_addr(struct parser *p, struct hosts *hs, const char *s, int prefix)
{
	struct pf_addr a;
	struct host *h;
	uint8_t net;
	int v = addr_parse(s, &a, &net);

	if (v == 0)
		return (false);
	/* 10.1 alone is not a host, 10.1/16 is a network; a prefix that IPv4
	 * does not have is left to masks_ok() */
	if (v == 4 && net < 32 && (prefix == -1 || prefix > 32))
		return (false);
	h = hosts_add(p, hs, PF_ADDR_ADDRMASK, v == 4 ? AF_INET : AF_INET6);
	h->addr.v.a.addr = a;
	addr_mask(&h->addr.v.a.mask, prefix == -1 ? (v == 4 ? 32 : 128) :
	    (uint8_t)prefix);
	return (true);
}

/* fe80::1%eth0 */
static bool
host_add_scoped(struct parser *p, struct hosts *hs, const char *s, int prefix)
{
	const char *percent = strchr(s, '%');
	struct host *h;

	if (percent == NULL || strlen(percent + 1) >= PF_IFNAMSIZ ||
	    percent[1] == '\0')
		return (false);
	s = arena_strndup(&p->arena, s, (size_t)(percent - s));
	if (strchr(s, ':') == NULL || !host_add_addr(p, hs, s, prefix))
		return (false);
	for (h = hs->first; h->next != NULL; h = h->next)
		;
	strcpy(h->scope, percent + 1);
	return (true);
}

/*
 * Interfaces
 */

static const struct {
	const char	*word;
	uint8_t		 flag;
} modifiers[] = {
	{ "network",	PFI_AFLAG_NETWORK },
	{ "broadcast",	PFI_AFLAG_BROADCAST },
	{ "peer",	PFI_AFLAG_PEER },
	{ "0",		PFI_AFLAG_NOALIAS },
};

/*
 * Split name:modifier.. : name in the arena; NULL with *bad the modifier that is none,
 * or NULL if the name cannot be one.
 */
static const char *
split_ifspec(struct parser *p, const char *s, uint8_t *flags, const char **bad)
{
	const char *colon = strchr(s, ':'), *word;
	size_t i, len;

	*flags = 0;
	*bad = NULL;
	if (colon == NULL)
		return (s[0] != '\0' && strlen(s) < PF_IFNAMSIZ ? s : NULL);
	if (colon == s || (size_t)(colon - s) >= PF_IFNAMSIZ)
		return (NULL);
	for (word = colon; *word == ':'; word += len) {
		len = strcspn(++word, ":");
		for (i = 0; i < NITEMS(modifiers); i++)
			if (strlen(modifiers[i].word) == len &&
			    strncmp(word, modifiers[i].word, len) == 0)
				break;
		if (i == NITEMS(modifiers) || (*flags & modifiers[i].flag) ||
		    (modifiers[i].flag != PFI_AFLAG_NOALIAS &&
		    (*flags & PFI_AFLAG_MODEMASK))) {
			*bad = word;
			return (NULL);
		}
		*flags |= modifiers[i].flag;
	}
	return (arena_strndup(&p->arena, s, (size_t)(colon - s)));
}

/* One address of an interface as the modifiers want it; false: there is none so. */
static bool
host_add_ifaddr(struct parser *p, struct hosts *hs, const struct if_addr *ia,
    uint8_t flags, int prefix)
{
	uint8_t net = ia->af == AF_INET ? 32 : 128;
	const struct pf_addr *a = &ia->addr;
	struct host *h;

	if (flags & PFI_AFLAG_BROADCAST) {
		if (!ia->has_broadcast)
			return (false);
		a = &ia->broadcast;
	} else if (flags & PFI_AFLAG_PEER) {
		if (!ia->has_peer)
			return (false);
		a = &ia->peer;
	} else if (flags & PFI_AFLAG_NETWORK)
		net = ia->net;
	if (prefix != -1 && prefix <= (ia->af == AF_INET ? 32 : 128))
		net = (uint8_t)prefix;
	h = hosts_add(p, hs, PF_ADDR_ADDRMASK, ia->af);
	h->addr.v.a.addr = *a;
	addr_mask(&h->addr.v.a.mask, net);
	if (ia->linklocal && !(flags & PFI_AFLAG_NETWORK))
		strcpy(h->scope, ia->ifname);
	return (true);
}

/* All addresses of an interface, a driver name, egress or self; how many. */
static int
host_add_iface(struct parser *p, struct hosts *hs, const char *name,
    uint8_t flags, int prefix)
{
	const struct if_addr *ia;
	size_t i, n = names_ifaddrs(p->pf->names, &ia);
	bool self = strcmp(name, "self") == 0;
	int found = 0, have4 = 0, have6 = 0, *have;

	for (i = 0; i < n; i++) {
		if (!self && !iface_matches(name, &ia[i]))
			continue;
		have = ia[i].af == AF_INET ? &have4 : &have6;
		if (flags & PFI_AFLAG_NOALIAS) {
			/* the first address that is not link-local */
			if (*have > 0 || ia[i].linklocal)
				continue;
		}
		if ((flags & PFI_AFLAG_NETWORK) && ia[i].linklocal)
			continue;
		if (host_add_ifaddr(p, hs, &ia[i], flags, prefix)) {
			(*have)++;
			found++;
		}
	}
	return (found);
}

/* A name of a machine that is being looked up. */
struct lookup {
	struct parser	*p;
	struct hosts	*hs;
	int		 prefix, have4, have6;
	bool		 first_only;
};

static void
lookup_found(void *arg, uint8_t af, const void *addr)
{
	struct lookup *l = arg;
	const int max = af == AF_INET ? 32 : 128;
	int *have = af == AF_INET ? &l->have4 : &l->have6;
	struct host *h;

	if ((l->first_only && *have > 0) || l->prefix > max)
		return;
	h = hosts_add(l->p, l->hs, PF_ADDR_ADDRMASK, af);
	memcpy(h->addr.v.a.addr.v6, addr, af == AF_INET ? 4 : 16);
	addr_mask(&h->addr.v.a.mask,
	    (uint8_t)(l->prefix != -1 ? l->prefix : max));
	(*have)++;
}

/* Names of machines: all their addresses, or those of one family. */
static int
host_add_name(struct parser *p, struct hosts *hs, const char *s, int prefix)
{
	struct lookup l = { p, hs, prefix, 0, 0, false };
	const char *name = s;
	size_t len = strlen(s);

	/* name:0 is the first address of each family */
	if (len > 2 && strcmp(s + len - 2, ":0") == 0) {
		name = arena_strndup(&p->arena, s, len - 2);
		l.first_only = true;
	}
	if (strchr(name, ':') != NULL || strspn(name, "0123456789./") ==
	    strlen(name))
		return (0);
	sys_addresses(name, lookup_found, &l);
	return (l.have4 + l.have6);
}

/*
 * Nodes
 */

static bool
no_address(struct parser *p, const char *s)
{
	pf_note(p, "no IP address found for %s", s);
	return (false);
}

/* Prefix length of a node: -1 none; false after a message. */
static bool
node_prefix(struct parser *p, const struct node *n, int *prefix)
{
	int64_t v;

	*prefix = -1;
	if (n->t == NULL)
		return (true);
	if (!word_number(n->t, 0, 128, &v)) {
		pf_note(p, "invalid netmask '/%s'", n->t);
		return (false);
	}
	*prefix = (int)v;
	return (true);
}

/* a-b in one word, or a - b */
static bool
add_range(struct parser *p, struct hosts *hs, const char *from, const char *to)
{
	struct pf_addr a, b;
	uint8_t net;
	int v = addr_parse(from, &a, &net), w = addr_parse(to, &b, &net);
	struct host *h;

	if (v == 0)
		return (no_address(p, from));
	if (w == 0)
		return (no_address(p, to));
	if (v != w) {
		pf_note(p, "range %s - %s mixes address families", from, to);
		return (false);
	}
	h = hosts_add(p, hs, PF_ADDR_RANGE, v == 4 ? AF_INET : AF_INET6);
	if (memcmp(&a, &b, sizeof(a)) > 0) {
		pf_note(p, "range %s - %s ends before it begins", from, to);
		return (false);
	}
	h->addr.v.a.addr = a;
	h->addr.v.a.mask = b;
	return (true);
}

static bool
add_word(struct parser *p, struct hosts *hs, const struct node *n)
{
	const char *name, *bad, *dash;
	uint8_t flags, net;
	struct pf_addr a;
	int prefix;

	if (!node_prefix(p, n, &prefix))
		return (false);
	if (host_add_addr(p, hs, n->s, prefix) ||
	    host_add_scoped(p, hs, n->s, prefix))
		return (true);
	if (prefix > 32 && parse_v4(n->s, &a) > 0) {
		pf_error(p, 0, "netmask %d invalid for IPv4 address", prefix);
		return (false);
	}
	if ((dash = strchr(n->s, '-')) != NULL && prefix == -1) {
		name = arena_strndup(&p->arena, n->s, (size_t)(dash - n->s));
		if (addr_parse(name, &a, &net) != 0 &&
		    addr_parse(dash + 1, &a, &net) != 0)
			return (add_range(p, hs, name, dash + 1));
	}
	name = split_ifspec(p, n->s, &flags, &bad);
	if (name != NULL && strspn(name, "0123456789.") != strlen(name) &&
	    host_add_iface(p, hs, name, flags, prefix) > 0)
		return (true);
	if (host_add_name(p, hs, n->s, prefix) > 0)
		return (true);
	return (no_address(p, n->s));
}

static bool
add_dynamic(struct parser *p, struct hosts *hs, const struct node *n)
{
	const char *name, *bad;
	struct host *h;
	uint8_t flags;
	int prefix;

	if (!node_prefix(p, n, &prefix))
		return (false);
	if ((name = split_ifspec(p, n->s, &flags, &bad)) == NULL) {
		pf_note(p, "(%s): %s", n->s, bad != NULL ?
		    "the modifiers are :network :broadcast :peer :0" :
		    "not a name of an interface");
		return (false);
	}
	h = hosts_add(p, hs, PF_ADDR_DYNIFTL, 0);
	strcpy(h->addr.v.ifname, name);
	h->addr.iflags = flags;
	if (prefix != -1)
		h->addr.net = (uint8_t)prefix;
	return (true);
}

static bool
add_table(struct parser *p, struct hosts *hs, const struct node *n)
{
	struct host *h;

	if (strlen(n->s) >= PF_TABLE_NAME_SIZE) {
		pf_note(p, "table name '%s' too long, max %d chars", n->s,
		    PF_TABLE_NAME_SIZE - 1);
		return (false);
	}
	h = hosts_add(p, hs, PF_ADDR_TABLE, 0);
	strcpy(h->addr.v.tblname, n->s);
	return (true);
}

static bool
add_node(struct parser *p, struct hosts *hs, const struct node *n)
{
	switch (n->kind) {
	case N_HOST:
		return (add_word(p, hs, n));
	case N_RANGE:
		return (add_range(p, hs, n->s, n->t));
	case N_DYN:
		return (add_dynamic(p, hs, n));
	case N_TABLE:
		return (add_table(p, hs, n));
	case N_ANY:
		hosts_add(p, hs, PF_ADDR_ADDRMASK, 0);
		return (true);
	case N_NOROUTE:
		hosts_add(p, hs, PF_ADDR_NOROUTE, 0);
		return (true);
	case N_URPF:
		hosts_add(p, hs, PF_ADDR_URPFFAILED, 0);
		return (true);
	default:
		return (false);
	}
}

/* (10.1.2.3) is an address, or was meant to be one. */
static bool
is_address(const char *s)
{
	struct pf_addr a;
	uint8_t net;

	return (addr_parse(s, &a, &net) != 0 ||
	    strspn(s, "0123456789.") == strlen(s));
}

bool
host_resolve(struct parser *p, const struct node *n, struct host **list)
{
	struct hosts hs = { NULL, NULL };
	struct host *h;

	hs.end = &hs.first;
	if (n->kind == N_DYN && is_address(n->s)) {
		pf_error(p, 0, "invalid interface name '%s'%s", n->s, pf_hint(p,
		    ": parentheses are for interfaces, leave them out"));
		return (false);
	}
	if (!add_node(p, &hs, n)) {
		/* the note before it has said all to whom typed the word */
		if (p->file < 0)
			p->pf->errors++;
		else
			pf_error(p, 0, "could not parse host specification");
		return (false);
	}
	for (h = hs.first; h != NULL; h = h->next) {
		h->neg = n->neg != 0;
		/* a mask leaves no bits of the host */
		if (h->addr.type == PF_ADDR_ADDRMASK)
			addr_apply(&h->addr.v.a.addr, &h->addr.v.a.mask);
	}
	*list = hs.first;
	return (true);
}

bool
hosts_resolve(struct parser *p, struct list nodes, struct host **list)
{
	struct host **end = list;
	struct node *n;

	*list = NULL;
	for (n = nodes.first; n != NULL; n = n->next) {
		if (!host_resolve(p, n, end))
			return (false);
		while (*end != NULL)
			end = &(*end)->next;
	}
	return (true);
}
