// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * ip: what scenarios ask most of ip(8), with its words: the plain forms of `link', `addr',
 * `neigh', `route' and `netns add' and `del'.  All else is handed to the system's own.
 * A line of a batch may begin with `-n NAMESPACE', and there are two more commands:
 *
 *	netns inode NAME	says what `readlink /proc/self/ns/net' would say in it
 *	sysctl NAME VALUE	below /proc/sys/net
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>

#include "dial.h"

#define SYSTEM	"/sbin/ip"
#define SPACES	"/run/netns/"

/* One message to the kernel, as it is made. */
struct request {
	struct nlmsghdr	h;
	char		room[1000];
};

static int	here = -1;	/* the namespace that we began in */
static int	sock = -1;	/* asks the one that we are in, */
static char	there[200];	/* whose name is this, if it is not where we began */

/* --- namespaces ------------------------------------------------------------------ */

static void
path_of(char path[static 200], const char *name)
{
	if ((size_t)snprintf(path, 200, SPACES "%s", name) >= 200)
		errx(1, "%s: too long", name);
}

/* The file of one, open. */
static int
space_fd(const char *name)
{
	char path[200];
	int fd;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(1, "Cannot open network namespace \"%s\"", name);
	return (fd);
}

static void
go(int fd)
{
	if (setns(fd, CLONE_NEWNET) == -1)
		err(1, "setns");
	if (sock != -1)
		close(sock);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (sock == -1)
		err(1, "netlink");
}

/* To a namespace: NULL, the one that we began in. */
static void
go_to(const char *name)
{
	int fd;

	if (name == NULL) {
		if (sock == -1 || there[0] != '\0')
			go(here);
		there[0] = '\0';
		return;
	}
	if (strcmp(name, there) == 0)
		return;
	fd = space_fd(name);
	go(fd);
	close(fd);
	snprintf(there, sizeof(there), "%s", name);
}

static bool
said(bool good, const char *what)
{
	if (!good)
		warn("%s", what);
	return (good);
}

static bool
space_add(const char *path)
{
	int fd;
	bool good;

	mkdir(SPACES, 0755);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (!said(fd != -1, path))
		return (false);
	close(fd);
	good = said(unshare(CLONE_NEWNET) == 0, "unshare") &&
	    said(mount("/proc/self/ns/net", path, "none", MS_BIND, NULL) == 0, path);
	if (!good)
		unlink(path);
	go(here);
	return (good);
}

/* --- messages -------------------------------------------------------------------- */

static void *
append(struct request *r, size_t size)
{
	char *at = (char *)r + NLMSG_ALIGN(r->h.nlmsg_len);

	if (NLMSG_ALIGN(r->h.nlmsg_len) + NLMSG_ALIGN(size) > sizeof(*r))
		errx(1, "a message is too long");
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + (uint32_t)NLMSG_ALIGN(size);
	return (at);
}

static struct rtattr *
put(struct request *r, int type, const void *data, size_t size)
{
	struct rtattr *a = append(r, RTA_LENGTH(size));

	a->rta_type = (unsigned short)type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size > 0)
		memcpy(RTA_DATA(a), data, size);
	return (a);
}

static void
put32(struct request *r, int type, uint32_t value)
{
	put(r, type, &value, sizeof(value));
}

/* What was appended since is in it. */
static void
close_nest(struct request *r, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)r + r->h.nlmsg_len - (char *)a);
}

static void *
begin(struct request *r, int type, int flags, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_len = NLMSG_HDRLEN;
	r->h.nlmsg_type = (uint16_t)type;
	r->h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return (append(r, size));
}

/* Asks the kernel, and says what it has against it. */
static bool
ask(struct request *r)
{
	struct {
		struct nlmsghdr	 h;
		struct nlmsgerr	 e;
		char		 more[2000];
	} answer;

	if (send(sock, r, r->h.nlmsg_len, 0) == -1 ||
	    recv(sock, &answer, sizeof(answer), 0) == -1)
		err(1, "netlink");
	if (answer.h.nlmsg_type != NLMSG_ERROR)
		errx(1, "netlink: an answer of type %d", answer.h.nlmsg_type);
	if (answer.e.error == 0)
		return (true);
	fprintf(stderr, "RTNETLINK answers: %s\n", strerror(-answer.e.error));
	return (false);
}

/* --- words: each of these is false if it is not one that we know --------------------- */

struct prefix {
	unsigned char	family, bits, size;
	char		a[16];
};

static bool
number(const char *s, uint32_t *n)
{
	char *end;

	*n = (uint32_t)strtoul(s, &end, 10);
	return (*s >= '0' && *s <= '9' && *end == '\0');
}

/* ADDRESS[/BITS] */
static bool
prefix(const char *s, struct prefix *p)
{
	char text[64];
	char *slash;
	uint32_t bits;

	if ((size_t)snprintf(text, sizeof(text), "%s", s) >= sizeof(text))
		return (false);
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	p->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	p->size = p->family == AF_INET6 ? 16 : 4;
	bits = p->size * 8u;
	if (slash != NULL && (!number(slash, &bits) || bits > p->size * 8u))
		return (false);
	p->bits = (unsigned char)bits;
	return (inet_pton(p->family, text, p->a) == 1);
}

static bool
mac(const char *s, unsigned char a[static 6])
{
	char more;

	return (sscanf(s, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &a[0], &a[1], &a[2], &a[3],
	    &a[4], &a[5], &more) == 6);
}

/* False as well if there is none, which the system's ip may say. */
static bool
interface(const char *s, int *index)
{
	struct ifreq r = { .ifr_ifindex = 0 };

	if (strlen(s) >= sizeof(r.ifr_name))
		return (false);
	strcpy(r.ifr_name, s);
	if (ioctl(sock, SIOCGIFINDEX, &r) == -1)
		return (false);
	*index = r.ifr_ifindex;
	return (true);
}

static bool
equal(const char *a, const char *b)
{
	return (a != NULL && strcmp(a, b) == 0);
}

/* --- commands: false if it is none that we know; *good: what became of it ------------ */

static bool
link_set(char **w, bool *good)
{
	struct request r;
	struct ifinfomsg *i = begin(&r, RTM_NEWLINK, 0, sizeof(*i));
	uint32_t mtu;

	if (equal(*w, "dev"))
		w++;
	if (*w == NULL || !interface(*w++, &i->ifi_index) || *w == NULL)
		return (false);
	for (; *w != NULL; w++) {
		if (equal(*w, "up")) {
			i->ifi_change |= IFF_UP;
			i->ifi_flags |= IFF_UP;
		} else if (equal(*w, "down")) {
			i->ifi_change |= IFF_UP;
			i->ifi_flags &= ~(unsigned int)IFF_UP;
		} else if (equal(*w, "mtu") && w[1] != NULL && number(w[1], &mtu)) {
			put32(&r, IFLA_MTU, mtu);
			w++;
		} else if (equal(*w, "name") && w[1] != NULL && strlen(w[1]) < IFNAMSIZ) {
			put(&r, IFLA_IFNAME, w[1], strlen(w[1]) + 1);
			w++;
		} else
			return (false);
	}
	*good = ask(&r);
	return (true);
}

/* One end of a pair of veth: NAME [netns NAMESPACE] [address MAC] */
static bool
veth_end(struct request *r, char ***w, int *fd)
{
	unsigned char m[6];

	if (**w == NULL || strlen(**w) >= IFNAMSIZ)
		return (false);
	put(r, IFLA_IFNAME, **w, strlen(**w) + 1);
	for (++*w; **w != NULL && (*w)[1] != NULL; *w += 2) {
		if (equal(**w, "netns") && *fd == -1) {
			*fd = space_fd((*w)[1]);
			put32(r, IFLA_NET_NS_FD, (uint32_t)*fd);
		} else if (equal(**w, "address") && mac((*w)[1], m))
			put(r, IFLA_ADDRESS, m, sizeof(m));
		else
			break;
	}
	return (true);
}

/* .. type veth peer name .. */
static bool
link_add(char **w, bool *good)
{
	struct request r;
	struct rtattr *info, *data, *peer;
	int fd = -1, other = -1;
	bool known;

	begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	known = veth_end(&r, &w, &fd) && equal(w[0], "type") && equal(w[1], "veth") &&
	    equal(w[2], "peer") && equal(w[3], "name");
	if (known) {
		w += 4;
		info = put(&r, IFLA_LINKINFO, NULL, 0);
		put(&r, IFLA_INFO_KIND, "veth", 4);
		data = put(&r, IFLA_INFO_DATA, NULL, 0);
		peer = put(&r, VETH_INFO_PEER, NULL, 0);
		append(&r, sizeof(struct ifinfomsg));
		known = veth_end(&r, &w, &other) && *w == NULL;
		close_nest(&r, peer);
		close_nest(&r, data);
		close_nest(&r, info);
	}
	if (known)
		*good = ask(&r);
	if (fd != -1)
		close(fd);
	if (other != -1)
		close(other);
	return (known);
}

static bool
link_del(char **w, bool *good)
{
	struct request r;
	struct ifinfomsg *i = begin(&r, RTM_DELLINK, 0, sizeof(*i));

	if (w[0] == NULL || w[1] != NULL || !interface(w[0], &i->ifi_index))
		return (false);
	*good = ask(&r);
	return (true);
}

/* ADDRESS/BITS dev INTERFACE [nodad] */
static bool
addr(int type, int flags, char **w, bool *good)
{
	struct request r;
	struct ifaddrmsg *i = begin(&r, type, flags, sizeof(*i));
	struct prefix p;
	int index;

	if (w[0] == NULL || strchr(w[0], '/') == NULL || !prefix(w[0], &p) ||
	    strncmp(w[0], "127.", 4) == 0 || !equal(w[1], "dev") || w[2] == NULL ||
	    !interface(w[2], &index) ||
	    (w[3] != NULL && (!equal(w[3], "nodad") || w[4] != NULL)))
		return (false);
	i->ifa_family = p.family;
	i->ifa_prefixlen = p.bits;
	i->ifa_index = (uint32_t)index;
	put(&r, IFA_LOCAL, p.a, p.size);
	put(&r, IFA_ADDRESS, p.a, p.size);
	if (w[3] != NULL)
		put32(&r, IFA_FLAGS, IFA_F_NODAD);
	*good = ask(&r);
	return (true);
}

/* ADDRESS lladdr MAC dev INTERFACE nud permanent; to delete: ADDRESS dev INTERFACE */
static bool
neigh(int type, int flags, char **w, bool *good)
{
	struct request r;
	struct ndmsg *n = begin(&r, type, flags, sizeof(*n));
	struct prefix p;
	unsigned char m[6];

	if (w[0] == NULL || strchr(w[0], '/') != NULL || !prefix(w[0], &p))
		return (false);
	n->ndm_family = p.family;
	put(&r, NDA_DST, p.a, p.size);
	w++;
	if (type == RTM_NEWNEIGH) {
		if (!equal(w[0], "lladdr") || w[1] == NULL || !mac(w[1], m))
			return (false);
		put(&r, NDA_LLADDR, m, sizeof(m));
		n->ndm_state = NUD_PERMANENT;
		w += 2;
	}
	if (!equal(w[0], "dev") || w[1] == NULL || !interface(w[1], &n->ndm_ifindex))
		return (false);
	w += 2;
	if (type == RTM_NEWNEIGH && equal(w[0], "nud") && equal(w[1], "permanent"))
		w += 2;
	else if (type == RTM_NEWNEIGH)
		return (false);
	if (*w != NULL)
		return (false);
	*good = ask(&r);
	return (true);
}

/* [unreachable|blackhole] default|NETWORK [via ADDRESS] [dev INTERFACE] [src ADDRESS] */
static bool
route(int family, int type, int flags, char **w, bool *good)
{
	struct request r;
	struct rtmsg *t = begin(&r, type, flags, sizeof(*t));
	struct prefix p, to = { .family = 0 };
	bool via = false;
	int index;

	t->rtm_type = type == RTM_NEWROUTE ? RTN_UNICAST : RTN_UNSPEC;
	if (equal(*w, "unreachable") || equal(*w, "blackhole"))
		t->rtm_type = **w++ == 'u' ? RTN_UNREACHABLE : RTN_BLACKHOLE;
	if (*w == NULL || (!equal(*w, "default") && !prefix(*w, &to)))
		return (false);
	if (to.family != 0) {
		family = to.family;
		put(&r, RTA_DST, to.a, to.size);
		t->rtm_dst_len = to.bits;
	}
	for (w++; *w != NULL; w += 2) {
		if (w[1] == NULL)
			return (false);
		if (equal(*w, "dev") && interface(w[1], &index)) {
			put32(&r, RTA_OIF, (uint32_t)index);
			continue;
		}
		if ((!equal(*w, "via") && !equal(*w, "src")) || strchr(w[1], '/') != NULL ||
		    !prefix(w[1], &p) || (family != AF_UNSPEC && p.family != family))
			return (false);
		family = p.family;
		put(&r, **w == 'v' ? RTA_GATEWAY : RTA_PREFSRC, p.a, p.size);
		via = via || **w == 'v';
	}
	t->rtm_family = (unsigned char)(family == AF_UNSPEC ? AF_INET : family);
	t->rtm_table = RT_TABLE_MAIN;
	t->rtm_scope = RT_SCOPE_NOWHERE;
	if (type == RTM_NEWROUTE) {
		t->rtm_protocol = RTPROT_BOOT;
		t->rtm_scope = !via && t->rtm_type == RTN_UNICAST ? RT_SCOPE_LINK :
		    RT_SCOPE_UNIVERSE;
	}
	*good = ask(&r);
	return (true);
}

static bool
netns(char **w, bool *good)
{
	char path[200];
	struct stat st;

	if (w[0] == NULL || w[1] == NULL || w[2] != NULL)
		return (false);
	path_of(path, w[1]);
	if (equal(w[0], "add"))
		*good = space_add(path);
	else if (equal(w[0], "del"))
		*good = said(umount2(path, MNT_DETACH) == 0 && unlink(path) == 0, path);
	else if (equal(w[0], "inode")) {
		*good = said(stat(path, &st) == 0, path);
		if (*good)
			printf("net:[%ju]\n", (uintmax_t)st.st_ino);
	} else
		return (false);
	return (true);
}

static bool
sysctl(char **w, bool *good)
{
	char path[200];
	int fd;

	if (w[0] == NULL || w[1] == NULL || w[2] != NULL)
		return (false);
	snprintf(path, sizeof(path), "/proc/sys/net/%s", w[0]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	*good = said(fd != -1 && write(fd, w[1], strlen(w[1])) > 0, path);
	if (fd != -1)
		close(fd);
	return (true);
}

static const struct {
	const char	*object, *verb;
	int		 type, flags;
} commands[] = {
	{ "addr", "add", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL },
	{ "addr", "replace", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE },
	{ "addr", "del", RTM_DELADDR, 0 },
	{ "neigh", "replace", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE },
	{ "neigh", "del", RTM_DELNEIGH, 0 },
	{ "route", "add", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL },
	{ "route", "replace", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
	{ "route", "del", RTM_DELROUTE, 0 },
};

static bool
command(int family, char **w, bool *good)
{
	size_t i;

	if (w[0] == NULL || w[1] == NULL)
		return (false);
	if (equal(w[0], "netns"))
		return (netns(w + 1, good));
	if (equal(w[0], "sysctl"))
		return (sysctl(w + 1, good));
	if (equal(w[0], "link") && family == AF_UNSPEC) {
		if (equal(w[1], "set"))
			return (link_set(w + 2, good));
		if (equal(w[1], "add"))
			return (link_add(w + 2, good));
		return (equal(w[1], "del") && link_del(w + 2, good));
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!equal(w[0], commands[i].object) || !equal(w[1], commands[i].verb))
			continue;
		switch (w[0][0]) {
		case 'a':
			return (addr(commands[i].type, commands[i].flags, w + 2, good));
		case 'n':
			return (neigh(commands[i].type, commands[i].flags, w + 2, good));
		default:
			return (route(family, commands[i].type, commands[i].flags, w + 2,
			    good));
		}
	}
	return (false);
}

/* --- lines ------------------------------------------------------------------------- */

/* The system's own, from where we began. */
static bool
hand_over(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		go(here);
		execv(SYSTEM, argv);
		err(127, SYSTEM);
	}
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return (status == 0);
}

/* The words from argv[1] on, in the namespace (NULL: the one that we began in) if none is
 * named.  False if they are none that we know. */
static bool
line(const char *space, char **argv, bool *good)
{
	int family = AF_UNSPEC;
	char **w = argv + 1;

	for (; *w != NULL && **w == '-'; w++) {
		if (equal(*w, "-n") && w[1] != NULL)
			space = *++w;
		else if (equal(*w, "-4"))
			family = AF_INET;
		else if (equal(*w, "-6"))
			family = AF_INET6;
		else
			return (false);
	}
	go_to(space);
	return (command(family, w, good));
}

/* Until one line fails, as with ip(8). */
static int
batch(char *space, FILE *f)
{
	static char option[] = "-n", name[] = "ip";
	char text[1000], *argv[64];
	unsigned int n, at = 0;
	bool good;

	while (fgets(text, sizeof(text), f) != NULL) {
		at++;
		n = 0;
		argv[n++] = name;
		if (space != NULL) {
			argv[n++] = option;
			argv[n++] = space;
		}
		for (char *s = strtok(text, " \t\n"); s != NULL && n < 63;
		    s = strtok(NULL, " \t\n"))
			argv[n++] = s;
		argv[n] = NULL;
		if (n == (space != NULL ? 3 : 1))
			continue;
		if (!line(NULL, argv, &good))
			good = hand_over(argv);
		if (!good) {
			fprintf(stderr, "Command failed: line %u\n", at);
			return (1);
		}
	}
	return (0);
}

int
main(int argc, char **argv)
{
	bool good;
	FILE *f;
	int at = 1;

	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (here == -1)
		err(1, "/proc/self/ns/net");
	if (argc > 3 && equal(argv[1], "-n"))
		at = 3;
	if (at + 2 == argc && equal(argv[at], "-batch")) {
		f = equal(argv[at + 1], "-") ? stdin : fopen(argv[at + 1], "re");
		if (f == NULL)
			err(1, "%s", argv[at + 1]);
		return (batch(at == 3 ? argv[2] : NULL, f));
	}
	if (line(NULL, argv, &good))
		return (good ? 0 : 2);
	go(here);
	execv(SYSTEM, argv);
	err(127, SYSTEM);
}
