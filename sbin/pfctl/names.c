// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * names.c: names of protocols, services, users and interfaces, and their numbers.
 *
 * struct names caches what the system's data bases say: they are read once, when
 * first asked for, and looked up by hash.  pfctl_names_new() makes one,
 * pfctl_names_free() ends it.  No locking; getservent(3) and getprotoent(3) are
 * used, which have one cursor per process.  Stands on libc only.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"

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
protos_read(struct names *nm)
{
	struct protoent *pe;
	size_t i;

	if (nm->protos_read)
		return;
	nm->protos_read = true;
	for (i = 0; i < NITEMS(protos); i++)
		if (nm->proto[protos[i].proto] == NULL)
			nm->proto[protos[i].proto] = xstrdup(protos[i].name);
	setprotoent(1);
	while ((pe = getprotoent()) != NULL)
		if (pe->p_proto > 0 && pe->p_proto < 256 &&
		    nm->proto[pe->p_proto] == NULL)
			nm->proto[pe->p_proto] = xstrdup(pe->p_name);
	endprotoent();
}

int
name_proto(struct names *nm, const char *name)
{
	struct protoent *pe;
	size_t i;

	(void)nm;
	for (i = 0; i < NITEMS(protos); i++)
		if (strcasecmp(protos[i].name, name) == 0)
			return (protos[i].proto);
	pe = getprotobyname(name);
	return (pe != NULL && pe->p_proto < 256 ? pe->p_proto : -1);
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
	uint32_t h = 2166136261u;

	while (*s != '\0')
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return (h & (SERVICE_BUCKETS - 1));
}

static void
service_add(struct names *nm, const char *name, int port, int proto, bool alias)
{
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
	struct servent *se;
	char **alias;
	int proto;

	if (nm->services_read)
		return;
	nm->services_read = true;
	setservent(1);
	while ((se = getservent()) != NULL) {
		if (strcmp(se->s_proto, "tcp") == 0)
			proto = IPPROTO_TCP;
		else if (strcmp(se->s_proto, "udp") == 0)
			proto = IPPROTO_UDP;
		else
			continue;
		service_add(nm, se->s_name, ntohs((uint16_t)se->s_port), proto,
		    false);
		for (alias = se->s_aliases; *alias != NULL; alias++)
			service_add(nm, *alias, ntohs((uint16_t)se->s_port),
			    proto, true);
	}
	endservent();
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
	const struct passwd *pw;

	if (strcmp(name, "unknown") == 0) {
		*id = UINT32_MAX;
		return (true);
	}
	if ((pw = getpwnam(name)) == NULL)
		return (false);
	*id = pw->pw_uid;
	return (true);
}

bool
name_group(const char *name, uint32_t *id)
{
	const struct group *gr;

	if (strcmp(name, "unknown") == 0) {
		*id = UINT32_MAX;
		return (true);
	}
	if ((gr = getgrnam(name)) == NULL)
		return (false);
	*id = gr->gr_gid;
	return (true);
}

/*
 * Interfaces
 */

static void
sockaddr_addr(const struct sockaddr *sa, struct pf_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET)
		memcpy(&a->v4, &((const struct sockaddr_in *)(const void *)
		    sa)->sin_addr, 4);
	else
		memcpy(a->v6, &((const struct sockaddr_in6 *)(const void *)
		    sa)->sin6_addr, 16);
}

static void
ifaddr_fill(struct if_addr *to, const struct ifaddrs *ifa)
{
	struct pf_addr mask;

	memset(to, 0, sizeof(*to));
	strncpy(to->ifname, ifa->ifa_name, sizeof(to->ifname) - 1);
	to->af = (uint8_t)ifa->ifa_addr->sa_family;
	to->loopback = (ifa->ifa_flags & IFF_LOOPBACK) != 0;
	to->pointopoint = (ifa->ifa_flags & IFF_POINTOPOINT) != 0;
	sockaddr_addr(ifa->ifa_addr, &to->addr);
	to->net = to->af == AF_INET ? 32 : 128;
	if (ifa->ifa_netmask != NULL) {
		sockaddr_addr(ifa->ifa_netmask, &mask);
		to->net = addr_prefix(&mask, to->af);
	}
	to->linklocal = to->af == AF_INET6 && to->addr.v6[0] == 0xfe &&
	    (to->addr.v6[1] & 0xc0) == 0x80;
	if ((ifa->ifa_flags & IFF_BROADCAST) && ifa->ifa_broadaddr != NULL &&
	    to->af == AF_INET) {
		sockaddr_addr(ifa->ifa_broadaddr, &to->broadcast);
		to->has_broadcast = true;
	}
	if (to->pointopoint && ifa->ifa_dstaddr != NULL &&
	    ifa->ifa_dstaddr->sa_family == to->af) {
		sockaddr_addr(ifa->ifa_dstaddr, &to->peer);
		to->has_peer = true;
	}
}

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
	struct ifaddrs *all, *ifa;
	size_t n = 0;

	if (!nm->ifaddrs_read) {
		nm->ifaddrs_read = true;
		if (getifaddrs(&all) == 0) {
			for (ifa = all; ifa != NULL; ifa = ifa->ifa_next)
				n++;
			nm->ifaddr = xcalloc(n > 0 ? n : 1, sizeof(*nm->ifaddr));
			for (ifa = all; ifa != NULL; ifa = ifa->ifa_next)
				if (ifa->ifa_addr != NULL &&
				    (ifa->ifa_addr->sa_family == AF_INET ||
				    ifa->ifa_addr->sa_family == AF_INET6))
					ifaddr_fill(&nm->ifaddr[nm->nifaddr++],
					    ifa);
			freeifaddrs(all);
			for (n = 0; n < nm->nifaddr; n++) {
				nm->ifaddr[n].place = n;
				nm->ifaddr[n].index =
				    if_nametoindex(nm->ifaddr[n].ifname);
			}
			qsort(nm->ifaddr, nm->nifaddr, sizeof(*nm->ifaddr),
			    ifaddr_cmp);
		}
	}
	*list = nm->ifaddr;
	return (nm->nifaddr);
}

bool
names_iface_exists(struct names *nm, const char *name)
{
	(void)nm;
	return (if_nametoindex(name) != 0);
}

/* A name without a number at its end stands for all interfaces of that driver. */
static bool
driver_name(const char *name)
{
	size_t len = strlen(name);

	return (len > 0 && !isdigit((unsigned char)name[len - 1]));
}

bool
iface_matches(struct names *nm, const char *name, const char *real)
{
	size_t len = strlen(name);

	(void)nm;
	if (strcmp(name, real) == 0)
		return (true);
	return (driver_name(name) && strncmp(name, real, len) == 0 &&
	    real[len] != '\0' &&
	    real[len + strspn(real + len, "0123456789")] == '\0');
}

int
iface_mtu(const char *name)
{
	struct ifreq ifr;
	int fd, mtu = 1500;

	if (strlen(name) >= sizeof(ifr.ifr_name) ||
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (mtu);
	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCGIFMTU, &ifr) == 0 && ifr.ifr_mtu > 0)
		mtu = ifr.ifr_mtu;
	close(fd);
	return (mtu);
}
