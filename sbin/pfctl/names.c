// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * names.c: names of protocols, services, users and interfaces, and their numbers.
 *
 * struct names caches what the system's data bases say: they are read once, when
 * first asked for, and looked up by hash.  pfctl_names_new() makes one,
 * pfctl_names_free() ends it.  No locking.  Stands on system.c
 * and index.c.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "system.h"

struct service {
	struct service	*next_name;	/* in by_name */
	struct service	*next_port;	/* in by_port */
	uint16_t	 port;		/* host order */
	uint16_t	 proto;
	bool		 alias;
	char		 name[];
};

#define SERVICE_BUCKETS	1024		/* a power of two */

struct names {
	struct service	*by_name[SERVICE_BUCKETS];
	struct service	*by_port[SERVICE_BUCKETS];
	bool		 services_read;
	char		*proto[256];
	bool		 protos_read;
	struct if_addr	*ifaddr;
	size_t		 nifaddr;
	bool		 ifaddrs_read;
};

/* Those that rules name most, and those that Linux calls otherwise than pf. */
static const struct {
	const char	*name;
	uint8_t		 proto;
} protos[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "tcp", 6 }, { "udp", 17 },
	{ "ipv6", 41 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 },
	{ "ipv6-icmp", 58 }, { "icmp6", 58 }, { "ospf", 89 }, { "carp", 112 },
	{ "sctp", 132 }, { "pfsync", 240 },
};

struct names *
pfctl_names_new(void)
{
	return (calloc(1, sizeof(struct names)));
}

void
pfctl_names_free(struct names *nm)
{
	struct service *s;
	size_t i;

	if (nm == NULL)
		return;
	for (i = 0; i < SERVICE_BUCKETS; i++)
		while ((s = nm->by_name[i]) != NULL) {
			nm->by_name[i] = s->next_name;
			free(s);
		}
	for (i = 0; i < NITEMS(nm->proto); i++)
		free(nm->proto[i]);
	free(nm->ifaddr);
	free(nm);
}

/*
 * Protocols
 */

static void
proto_row(void *arg, const char *name, int proto)
{
	struct names *nm = arg;

	if (proto > 0 && proto < 256 && nm->proto[proto] == NULL)
		nm->proto[proto] = xstrdup(name);
}

static void
protos_read(struct names *nm)
{
	size_t i;

	if (nm->protos_read)
		return;
	nm->protos_read = true;
	for (i = 0; i < NITEMS(protos); i++)
		proto_row(nm, protos[i].name, protos[i].proto);
	sys_protos(proto_row, nm);
}

int
name_proto(struct names *nm, const char *name)
{
	size_t i;
	int proto;

	(void)nm;
	for (i = 0; i < NITEMS(protos); i++)
		if (strcasecmp(protos[i].name, name) == 0)
			return (protos[i].proto);
	proto = sys_proto(name);
	return (proto < 256 ? proto : -1);
}

const char *
proto_name(struct names *nm, int proto)
{
	if (proto <= 0 || proto > 255)
		return (NULL);
	protos_read(nm);
	return (nm->proto[proto]);
}

/*
 * Services
 */

static size_t
name_bucket(const char *s)
{
	return (hash_name(s) & (SERVICE_BUCKETS - 1));
}

static void
service_row(void *arg, const char *name, int port, int proto, bool alias)
{
	struct names *nm = arg;
	size_t len = strlen(name) + 1;
	struct service *s = xmalloc(sizeof(*s) + len), **at;

	memcpy(s->name, name, len);
	s->port = (uint16_t)port;
	s->proto = (uint16_t)proto;
	s->alias = alias;
	/* behind those that are there: the first in the data base is the one meant */
	s->next_name = s->next_port = NULL;
	for (at = &nm->by_name[name_bucket(name)]; *at != NULL;
	    at = &(*at)->next_name)
		;
	*at = s;
	for (at = &nm->by_port[port & (SERVICE_BUCKETS - 1)]; *at != NULL;
	    at = &(*at)->next_port)
		;
	*at = s;
}

static void
services_read(struct names *nm)
{
	if (nm->services_read)
		return;
	nm->services_read = true;
	sys_services(service_row, nm);
}

int
name_service(struct names *nm, const char *name)
{
	const struct service *s;
	int found = -1;

	services_read(nm);
	for (s = nm->by_name[name_bucket(name)]; s != NULL; s = s->next_name) {
		if (strcmp(s->name, name) != 0)
			continue;
		if (s->proto == IPPROTO_TCP)
			return (s->port);
		if (found == -1)
			found = s->port;
	}
	return (found);
}

const char *
service_name(struct names *nm, int port, int proto)
{
	const struct service *s;

	services_read(nm);
	for (s = nm->by_port[port & (SERVICE_BUCKETS - 1)]; s != NULL;
	    s = s->next_port)
		if (s->port == port && s->proto == proto && !s->alias)
			return (s->name);
	return (NULL);
}

/*
 * Users and groups
 */

bool
name_user(const char *name, uint32_t *id)
{
	if (strcmp(name, "unknown") == 0) {
		*id = UINT32_MAX;
		return (true);
	}
	return (sys_user(name, id));
}

bool
name_group(const char *name, uint32_t *id)
{
	if (strcmp(name, "unknown") == 0) {
		*id = UINT32_MAX;
		return (true);
	}
	return (sys_group(name, id));
}

/*
 * Interfaces
 */

/* Interface by interface, IPv4 first, what is good for one link only last. */
static int
ifaddr_cmp(const void *va, const void *vb)
{
	const struct if_addr *a = va, *b = vb;

	if (a->index != b->index)
		return (a->index < b->index ? -1 : 1);
	if (a->af != b->af)
		return (a->af == AF_INET ? -1 : 1);
	if (a->linklocal != b->linklocal)
		return (a->linklocal ? 1 : -1);
	return (a->place < b->place ? -1 : 1);
}

size_t
names_ifaddrs(struct names *nm, const struct if_addr **list)
{
	if (!nm->ifaddrs_read) {
		nm->ifaddrs_read = true;
		nm->nifaddr = sys_ifaddrs(&nm->ifaddr);
		if (nm->nifaddr > 0)
			qsort(nm->ifaddr, nm->nifaddr, sizeof(*nm->ifaddr),
			    ifaddr_cmp);
	}
	*list = nm->ifaddr;
	return (nm->nifaddr);
}

bool
names_iface_exists(struct names *nm, const char *name)
{
	(void)nm;
	return (sys_iface_exists(name));
}

/* A name without a number at its end stands for all interfaces of that driver. */
static bool
driver_name(const char *name)
{
	size_t len = strlen(name);

	return (len > 0 && !isdigit((unsigned char)name[len - 1]));
}

bool
iface_matches(const char *name, const struct if_addr *ia)
{
	return ((ia->egress && strcmp(name, "egress") == 0) ||
	    pfctl_iface_is(name, ia->ifname));
}

bool
pfctl_iface_is(const char *name, const char *real)
{
	size_t len = strlen(name);

	if (strcmp(name, real) == 0)
		return (true);
	return (driver_name(name) && strncmp(name, real, len) == 0 &&
	    real[len] != '\0' &&
	    real[len + strspn(real + len, "0123456789")] == '\0');
}

bool
word_number(const char *s, int64_t low, int64_t high, int64_t *n)
{
	char *end;
	long long v;

	if (s[0] == '\0')
		return (false);
	errno = 0;
	v = strtoll(s, &end, 0);
	/* 010 is ten here */
	if (s[0] == '0' && s[1] >= '0' && s[1] <= '9') {
		errno = 0;
		v = strtoll(s, &end, 10);
	}
	*n = v;
	return (errno == 0 && *end == '\0' && v >= low && v <= high);
}
