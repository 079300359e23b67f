// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * system.c: the answers of this machine to what the language asks; system.h has the
 * contracts.  Owns nothing, keeps nothing.  No locking.
 */
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>

#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "system.h"

int
sys_open(const char *path)
{
	if (strcmp(path, "-") == 0)
		return (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
	return (open(path, O_RDONLY | O_CLOEXEC));
}

/*
 * Names
 */

void
sys_addresses(const char *name,
    void (*found)(void *arg, uint8_t af, const void *addr), void *arg)
{
	const struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	struct addrinfo hints, *all, *ai;
	const void *addr;

	/* whatever /etc/hosts says (RFC 6761, section 6.3) */
	if (strcasecmp(name, "localhost") == 0) {
		found(arg, AF_INET, &loopback);
		found(arg, AF_INET6, &in6addr_loopback);
		return;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(name, NULL, &hints, &all) != 0)
		return;
	for (ai = all; ai != NULL; ai = ai->ai_next) {
		if (ai->ai_family == AF_INET)
			addr = &((struct sockaddr_in *)(void *)
			    ai->ai_addr)->sin_addr;
		else if (ai->ai_family == AF_INET6)
			addr = &((struct sockaddr_in6 *)(void *)
			    ai->ai_addr)->sin6_addr;
		else
			continue;
		found(arg, (uint8_t)ai->ai_family, addr);
	}
	freeaddrinfo(all);
}

int
sys_proto(const char *name)
{
	const struct protoent *pe = getprotobyname(name);

	return (pe != NULL ? pe->p_proto : -1);
}

void
sys_protos(void (*row)(void *arg, const char *name, int proto), void *arg)
{
	const struct protoent *pe;

	setprotoent(1);
	while ((pe = getprotoent()) != NULL)
		row(arg, pe->p_name, pe->p_proto);
	endprotoent();
}

void
sys_services(void (*row)(void *arg, const char *name, int port, int proto,
    bool alias), void *arg)
{
	const struct servent *se;
	char **alias;
	int proto, port;

	setservent(1);
	while ((se = getservent()) != NULL) {
		if (strcmp(se->s_proto, "tcp") == 0)
			proto = IPPROTO_TCP;
		else if (strcmp(se->s_proto, "udp") == 0)
			proto = IPPROTO_UDP;
		else
			continue;
		port = ntohs((uint16_t)se->s_port);
		row(arg, se->s_name, port, proto, false);
		for (alias = se->s_aliases; *alias != NULL; alias++)
			row(arg, *alias, port, proto, true);
	}
	endservent();
}

bool
sys_user(const char *name, uint32_t *id)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL)
		return (false);
	*id = pw->pw_uid;
	return (true);
}

bool
sys_group(const char *name, uint32_t *id)
{
	const struct group *gr = getgrnam(name);

	if (gr == NULL)
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
	to->index = if_nametoindex(to->ifname);
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

/* Mark the addresses of an interface that a default route leads out of. */
static void
mark_egress(struct if_addr *ia, size_t n, const char *ifname)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ia[i].ifname, ifname) == 0)
			ia[i].egress = true;
}

/* The kernel's routes of one family, a line each; words by their place in it. */
static void
egress_read(struct if_addr *ia, size_t n, const char *file, int ifname,
    int flags, int prefix, const char *none)
{
	char line[256], *word[16], *save, *s;
	FILE *f = fopen(file, "re");
	int i;

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		i = 0;
		for (s = strtok_r(line, " \t\n", &save); s != NULL &&
		    i < (int)(sizeof(word) / sizeof(word[0]));
		    s = strtok_r(NULL, " \t\n", &save))
			word[i++] = s;
		if (i > ifname && i > flags && i > prefix &&
		    strcmp(word[prefix], none) == 0 &&
		    (strtoul(word[flags], NULL, 16) &
		    (RTF_UP | RTF_REJECT)) == RTF_UP)
			mark_egress(ia, n, word[ifname]);
	}
	fclose(f);
}

size_t
sys_ifaddrs(struct if_addr **list)
{
	struct ifaddrs *all, *ifa;
	size_t n = 0;

	*list = NULL;
	if (getifaddrs(&all) != 0)
		return (0);
	for (ifa = all; ifa != NULL; ifa = ifa->ifa_next)
		n++;
	*list = xcalloc(n > 0 ? n : 1, sizeof(**list));
	n = 0;
	for (ifa = all; ifa != NULL; ifa = ifa->ifa_next) {
		if (ifa->ifa_addr == NULL ||
		    (ifa->ifa_addr->sa_family != AF_INET &&
		    ifa->ifa_addr->sa_family != AF_INET6))
			continue;
		ifaddr_fill(&(*list)[n], ifa);
		(*list)[n].place = n;
		n++;
	}
	freeifaddrs(all);
	egress_read(*list, n, "/proc/net/route", 0, 3, 7, "00000000");
	egress_read(*list, n, "/proc/net/ipv6_route", 9, 8, 1, "00");
	return (n);
}

bool
sys_iface_exists(const char *name)
{
	return (if_nametoindex(name) != 0);
}

int
sys_iface_mtu(const char *name)
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

uint64_t
sys_iface_speed(const char *name)
{
	char path[64 + PF_IFNAMSIZ];
	long mbit = 0;
	FILE *f;

	if (strchr(name, '/') != NULL || strlen(name) >= PF_IFNAMSIZ)
		return (0);
	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", name);
	if ((f = fopen(path, "re")) == NULL)
		return (0);
	if (fscanf(f, "%ld", &mbit) != 1 || mbit < 0)
		mbit = 0;
	fclose(f);
	return ((uint64_t)mbit * 1000000);
}

bool
sys_random(void *buf, size_t len)
{
	return (getrandom(buf, len, 0) == (ssize_t)len);
}
