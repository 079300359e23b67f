// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * state.c: the state table as text, and states killed by what they are.
 *
 * Owns the names of protocols that were asked for, and nothing else beyond a call.
 * No locking.  Stands on dev.c.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pfctl.h"

static const char *const tcp_states[] = {
	[PF_TCPS_CLOSED] = "CLOSED",
	[PF_TCPS_LISTEN] = "LISTEN",
	[PF_TCPS_SYN_SENT] = "SYN_SENT",
	[PF_TCPS_SYN_RECEIVED] = "SYN_RCVD",
	[PF_TCPS_ESTABLISHED] = "ESTABLISHED",
	[PF_TCPS_CLOSE_WAIT] = "CLOSE_WAIT",
	[PF_TCPS_FIN_WAIT_1] = "FIN_WAIT_1",
	[PF_TCPS_CLOSING] = "CLOSING",
	[PF_TCPS_LAST_ACK] = "LAST_ACK",
	[PF_TCPS_FIN_WAIT_2] = "FIN_WAIT_2",
	[PF_TCPS_TIME_WAIT] = "TIME_WAIT",
};

static const char *const udp_states[] = {
	[PFUDPS_NO_TRAFFIC] = "NO_TRAFFIC",
	[PFUDPS_SINGLE] = "SINGLE",
	[PFUDPS_MULTIPLE] = "MULTIPLE",
};

static const char *const other_states[] = {
	[PFOTHERS_NO_TRAFFIC] = "NO_TRAFFIC",
	[PFOTHERS_SINGLE] = "SINGLE",
	[PFOTHERS_MULTIPLE] = "MULTIPLE",
};

/* What -v says of state_flags. */
static const struct {
	uint16_t	 flag;
	const char	*name;
} state_flags[] = {
	{ PFSTATE_ALLOWOPTS,	"allow-opts" },
	{ PFSTATE_SLOPPY,	"sloppy" },
	{ PFSTATE_PFLOW,	"pflow" },
	{ PFSTATE_NOSYNC,	"no-sync" },
	{ PFSTATE_NODF,		"no-df" },
	{ PFSTATE_RANDOMID,	"random-id" },
	{ PFSTATE_SCRUB_TCP,	"reassemble-tcp" },
};

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

bool
addr_name(const struct pf_addr *a, uint8_t af, char *name, size_t size)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	if (af == AF_INET) {
		sin.sin_addr.s_addr = a->v4;
		return (getnameinfo((struct sockaddr *)&sin, sizeof(sin), name,
		    size, NULL, 0, NI_NAMEREQD) == 0);
	}
	memcpy(&sin6.sin6_addr, a->v6, 16);
	return (getnameinfo((struct sockaddr *)&sin6, sizeof(sin6), name, size,
	    NULL, 0, NI_NAMEREQD) == 0);
}

void
print_addr_text(struct ctl_show *sh, const struct pf_addr *a, uint8_t af)
{
	char text[INET6_ADDRSTRLEN], name[NI_MAXHOST];

	if (sh->resolve && addr_name(a, af, name, sizeof(name))) {
		fputs(name, sh->out);
		return;
	}
	if (inet_ntop(af, a, text, sizeof(text)) == NULL)
		strcpy(text, "?");
	fputs(text, sh->out);
}

/* address:port, or address[port] for IPv6; port in network order, 0: none */
static void
print_end(struct ctl_show *sh, const struct pf_addr *a, uint16_t port,
    uint8_t af)
{
	print_addr_text(sh, a, af);
	if (port != 0)
		fprintf(sh->out, af == AF_INET6 ? "[%u]" : ":%u", ntohs(port));
}

static const char *
name_in(const char *const *names, size_t n, uint8_t v)
{
	return (v < n ? names[v] : NULL);
}

static void
print_levels(FILE *f, uint8_t proto, uint8_t left, uint8_t right)
{
	const char *l = NULL, *r = NULL;

	switch (proto) {
	case IPPROTO_TCP:
		if (left == PF_TCPS_PROXY_SRC || right == PF_TCPS_PROXY_SRC) {
			fprintf(f, "   PROXY:SRC\n");
			return;
		}
		if (left == PF_TCPS_PROXY_DST || right == PF_TCPS_PROXY_DST) {
			fprintf(f, "   PROXY:DST\n");
			return;
		}
		l = name_in(tcp_states, NITEMS(tcp_states), left);
		r = name_in(tcp_states, NITEMS(tcp_states), right);
		if (l == NULL || r == NULL) {
			fprintf(f, "   <BAD STATE LEVELS %u:%u>\n", left,
			    right);
			return;
		}
		break;
	case IPPROTO_UDP:
		l = name_in(udp_states, NITEMS(udp_states), left);
		r = name_in(udp_states, NITEMS(udp_states), right);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		break;
	default:
		l = name_in(other_states, NITEMS(other_states), left);
		r = name_in(other_states, NITEMS(other_states), right);
	}
	if (l != NULL && r != NULL)
		fprintf(f, "   %s:%s\n", l, r);
	else
		fprintf(f, "   %u:%u\n", left, right);
}

static void
print_window(FILE *f, const struct pfsync_state_peer *p, bool scaled)
{
	fprintf(f, "[%u + %u]", p->seqlo, p->seqhi - p->seqlo);
	if (p->seqdiff != 0)
		fprintf(f, "(+%u)", p->seqdiff);
	if (scaled)
		fprintf(f, " wscale %u", p->wscale & PF_WSCALE_MASK);
}

void
print_hms(FILE *f, const char *what, uint32_t s)
{
	fprintf(f, "%s%.2u:%.2u:%.2u", what, s / 3600, s / 60 % 60, s % 60);
}

static void
print_state_verbose(struct ctl_show *sh, const struct pfsync_state *s,
    const struct pfsync_state_peer *left, const struct pfsync_state_peer *right,
    uint8_t proto)
{
	FILE *f = sh->out;
	bool scaled;
	size_t i;

	if (proto == IPPROTO_TCP) {
		scaled = left->wscale != 0 && right->wscale != 0;
		fprintf(f, "   ");
		print_window(f, left, scaled);
		fprintf(f, "  ");
		print_window(f, right, scaled);
		fprintf(f, "\n");
	}
	print_hms(f, "   age ", s->creation);
	print_hms(f, ", expires in ", s->expire);
	fprintf(f, ", %" PRIu64 ":%" PRIu64 " pkts, %" PRIu64 ":%" PRIu64
	    " bytes", s->packets[0], s->packets[1], s->bytes[0], s->bytes[1]);
	if (s->anchor != UINT32_MAX)
		fprintf(f, ", anchor %u", s->anchor);
	if (s->rule != UINT32_MAX)
		fprintf(f, ", rule %u", s->rule);
	for (i = 0; i < NITEMS(state_flags); i++)
		if (s->state_flags & state_flags[i].flag)
			fprintf(f, ", %s", state_flags[i].name);
	fprintf(f, "\n");
	if (sh->verbose < 2)
		return;

	fprintf(f, "   id: %016" PRIx64 " creatorid: %08x", s->id,
	    ntohl(s->creatorid));
	if (s->rt != PF_NOPFROUTE) {
		fprintf(f, " gateway: ");
		print_addr_text(sh, &s->rt_addr, s->key[PF_SK_STACK].af);
		if (s->rt_ifname[0] != '\0')
			fprintf(f, "@%.*s", PF_IFNAMSIZ, s->rt_ifname);
	}
	fprintf(f, "\n");
	if (s->orig_ifname[0] != '\0')
		fprintf(f, "   origif: %.*s\n", PF_IFNAMSIZ, s->orig_ifname);
}

/* What the data base calls a protocol, or NULL.  It reads a file each time that it is
 * asked, and there are many states of few protocols: it is asked once for each. */
static const char *
proto_name(uint8_t proto)
{
	static bool asked[UINT8_MAX + 1];
	static char *names[UINT8_MAX + 1];
	const struct protoent *pe;

	if (!asked[proto]) {
		asked[proto] = true;
		if ((pe = getprotobynumber(proto)) != NULL &&
		    (names[proto] = strdup(pe->p_name)) == NULL)
			err(1, NULL);
	}
	return (names[proto]);
}

/*
 * The inner end stands left, the outer one right, and the arrow shows who began.
 * An end that was translated is followed by what it was before, in brackets.
 */
void
print_state(struct ctl_show *sh, const struct pfsync_state *s)
{
	struct pfsync_state_key shown, other;
	const struct pfsync_state_peer *left, *right;
	const char *name;
	FILE *f = sh->out;
	uint8_t proto;
	int i;

	if (s->direction == PF_OUT) {
		shown = s->key[PF_SK_WIRE];
		other = s->key[PF_SK_STACK];
		left = &s->src;
		right = &s->dst;
	} else {
		shown = s->key[PF_SK_STACK];
		other = s->key[PF_SK_WIRE];
		left = &s->dst;
		right = &s->src;
	}
	proto = shown.proto;

	fprintf(f, "%.*s ", PF_IFNAMSIZ, s->ifname);
	if ((name = proto_name(proto)) != NULL)
		fprintf(f, "%s ", name);
	else
		fprintf(f, "%u ", proto);
	for (i = 1; i >= 0; i--) {
		print_end(sh, &shown.addr[i], shown.port[i], shown.af);
		if (shown.af != other.af ||
		    memcmp(&shown.addr[i], &other.addr[i],
		    sizeof(shown.addr[i])) != 0 ||
		    shown.port[i] != other.port[i]) {
			fprintf(f, " (");
			print_end(sh, &other.addr[i], other.port[i],
			    other.af);
			fprintf(f, ")");
		}
		if (i == 1)
			fprintf(f, s->direction == PF_OUT ? " -> " : " <- ");
	}
	fprintf(f, "    ");
	print_levels(f, proto, left->state, right->state);
	if (sh->verbose > 0)
		print_state_verbose(sh, s, left, right, proto);
}

int
show_states(struct pf_dev *dev, struct ctl_show *sh)
{
	char made_on[PF_IFNAMSIZ + 1] = "";
	struct pfsync_state *s;
	size_t i, n;

	if (pf_dev_states(dev, &s, &n) == -1)
		return (-1);
	for (i = 0; i < n; i++) {
		memcpy(made_on, s[i].orig_ifname, PF_IFNAMSIZ);
		if (sh->ifname[0] != '\0' &&
		    strncmp(s[i].ifname, sh->ifname, PF_IFNAMSIZ) != 0 &&
		    !pfctl_iface_is(sh->ifname, made_on))
			continue;
		if (sh->all)
			show_title(sh, "STATES:");
		print_state(sh, &s[i]);
	}
	free(s);
	return (0);
}

int
flush_states(struct pf_dev *dev, const char *ifname, bool quiet)
{
	struct pfioc_state_kill psk;

	memset(&psk, 0, sizeof(psk));
	if (strlen(ifname) >= sizeof(psk.ifname)) {
		warnx("%s: name of an interface is too long", ifname);
		return (-1);
	}
	strcpy(psk.ifname, ifname);
	if (PF_DO(dev, DIOCCLRSTATES, &psk) == -1)
		return (-1);
	if (!quiet)
		fprintf(stderr, "%u states cleared\n", psk.killed);
	return (0);
}

static void
prefix_mask(struct pf_addr *mask, unsigned int bits)
{
	unsigned int i;

	memset(mask, 0, sizeof(*mask));
	for (i = 0; i < bits; i++)
		mask->addr8[i / 8] |= 0x80 >> i % 8;
}

static bool
kill_addr_known(const struct kill_addr *v, size_t n, const struct kill_addr *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (memcmp(&v[i], a, sizeof(*a)) == 0)
			return (true);
	return (false);
}

struct kill_addr *
kill_resolve(const char *arg, size_t *n)
{
	struct addrinfo hints, *res, *ai;
	struct kill_addr *v, a;
	char *host, *slash, *end;
	unsigned long bits = 0;
	size_t count = 0;
	int e;

	if ((host = strdup(arg)) == NULL) {
		warn(NULL);
		return (NULL);
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;		/* each address once */
	if ((slash = strchr(host, '/')) != NULL) {
		*slash = '\0';
		hints.ai_flags = AI_NUMERICHOST;
		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' ||
		    bits > 128) {
			warnx("%s: the prefix is not a number of bits", arg);
			free(host);
			return (NULL);
		}
	}
	if ((e = getaddrinfo(host, NULL, &hints, &res)) != 0) {
		warnx("%s: %s", host, gai_strerror(e));
		free(host);
		return (NULL);
	}
	for (ai = res; ai != NULL; ai = ai->ai_next)
		count++;
	v = calloc(count, sizeof(*v));
	if (v == NULL) {
		warn(NULL);
		goto out;
	}
	*n = 0;
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		memset(&a, 0, sizeof(a));
		a.af = ai->ai_family;
		if (a.af == AF_INET)
			a.addr.v4 = ((struct sockaddr_in *)
			    ai->ai_addr)->sin_addr.s_addr;
		else if (a.af == AF_INET6)
			memcpy(a.addr.v6, &((struct sockaddr_in6 *)
			    ai->ai_addr)->sin6_addr, 16);
		else
			continue;
		e = a.af == AF_INET ? 32 : 128;
		if (slash == NULL)
			prefix_mask(&a.mask, e);
		else if (bits <= (unsigned long)e)
			prefix_mask(&a.mask, bits);
		else {
			warnx("%s: an IPv4 prefix has at most 32 bits", arg);
			free(v);
			v = NULL;
			break;
		}
		a.addr.addr64[0] &= a.mask.addr64[0];
		a.addr.addr64[1] &= a.mask.addr64[1];
		if (!kill_addr_known(v, *n, &a))
			v[(*n)++] = a;
	}
out:
	freeaddrinfo(res);
	free(host);
	return (v);
}

void
kill_set_addr(struct pf_rule_addr *ra, const struct kill_addr *a)
{
	ra->addr.type = PF_ADDR_ADDRMASK;
	ra->addr.v.a.addr = a->addr;
	ra->addr.v.a.mask = a->mask;
}

/* -k src [-k dst] */
static int
kill_by_host(struct pf_dev *dev, struct pfioc_state_kill *psk,
    char *const arg[], int narg, bool quiet)
{
	struct kill_addr *src, *dst = NULL;
	size_t i, j, nsrc = 0, ndst = 0, sources = 0, dests = 0;
	unsigned long killed = 0;
	int rv = -1;

	if ((src = kill_resolve(arg[0], &nsrc)) == NULL)
		return (-1);
	if (narg > 1 && (dst = kill_resolve(arg[1], &ndst)) == NULL)
		goto out;

	for (i = 0; i < nsrc; i++) {
		psk->af = src[i].af;
		kill_set_addr(&psk->src, &src[i]);
		sources++;
		if (narg == 1) {
			if (PF_DO(dev, DIOCKILLSTATES, psk) == -1)
				goto out;
			killed += psk->killed;
			psk->killed = 0;
			continue;
		}
		for (j = 0; j < ndst; j++) {
			if (dst[j].af != src[i].af)
				continue;
			kill_set_addr(&psk->dst, &dst[j]);
			dests++;
			if (PF_DO(dev, DIOCKILLSTATES, psk) == -1)
				goto out;
			killed += psk->killed;
			psk->killed = 0;
		}
	}
	if (narg > 1 && dests == 0) {
		warnx("%s and %s are of different address families", arg[0],
		    arg[1]);
		goto out;
	}
	if (!quiet)
		fprintf(stderr, "killed %lu states from %zu sources and %zu "
		    "destinations\n", killed, sources, dests);
	rv = 0;
out:
	free(dst);
	free(src);
	return (rv);
}

/* "id" or "id/creatorid", both hexadecimal as -ss -vv prints them; *creator: network
 * order */
static int
parse_state_id(const char *arg, uint64_t *id, uint32_t *creator)
{
	unsigned long long v;
	unsigned long c = 0;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 16);
	if (end == arg || arg[0] == '-' || errno != 0 || v == 0)
		return (-1);
	if (*end == '/') {
		arg = end + 1;
		c = strtoul(arg, &end, 16);
		if (end == arg || arg[0] == '-' || errno != 0 ||
		    c > UINT32_MAX)
			return (-1);
	}
	if (*end != '\0')
		return (-1);
	*id = v;
	*creator = htonl(c);
	return (0);
}

/* "192.0.2.1:80", "2001:db8::1[80]", or without a port; false: neither. */
static bool
parse_end(char *text, struct pf_rule_addr *end, uint8_t *af)
{
	struct kill_addr a;
	char *port, *stop;
	unsigned long n = 0;
	bool bracket;

	memset(&a, 0, sizeof(a));
	port = strchr(text, '[');
	bracket = port != NULL;
	if (port == NULL && (port = strrchr(text, ':')) != strchr(text, ':'))
		port = NULL;			/* an IPv6 address alone */
	if (port != NULL) {
		*port++ = '\0';
		errno = 0;
		n = strtoul(port, &stop, 10);
		if (stop == port || errno != 0 || n > UINT16_MAX ||
		    strcmp(stop, bracket ? "]" : "") != 0 || *port == '-')
			return (false);
	}
	*af = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(*af, text, &a.addr) != 1)
		return (false);
	prefix_mask(&a.mask, *af == AF_INET ? 32 : 128);
	kill_set_addr(end, &a);
	if (port != NULL) {
		end->port_op = PF_OP_EQ;
		end->port[0] = htons((uint16_t)n);
	}
	return (true);
}

/* A state as "pfctl -ss" shows it: "tcp 192.0.2.1:80 <- 198.51.100.7:1024". */
static bool
parse_key(const char *arg, struct pfioc_state_kill *psk)
{
	char proto[32], left[64], way[3], right[64], more;
	const struct protoent *pe;
	uint8_t laf, raf;
	unsigned long n;
	char *stop;

	if (sscanf(arg, "%31s %63s %2s %63s %c", proto, left, way, right, &more) != 4 ||
	    (strcmp(way, "<-") != 0 && strcmp(way, "->") != 0))
		return (false);
	psk->direction = way[0] == '<' ? PF_IN : PF_OUT;
	if (!parse_end(left, way[0] == '<' ? &psk->dst : &psk->src, &laf) ||
	    !parse_end(right, way[0] == '<' ? &psk->src : &psk->dst, &raf) ||
	    laf != raf)
		return (false);
	psk->af = laf;
	pe = getprotobyname(proto);
	n = pe != NULL ? (unsigned long)pe->p_proto : strtoul(proto, &stop, 10);
	if (pe == NULL && (*stop != '\0' || proto[0] == '-'))
		return (false);
	psk->proto = (uint8_t)n;
	return (n > 0 && n <= UINT8_MAX);
}

/* -k key, -k gateway, -k nat: 0; -1: with a message; 1: it is done. */
static int
kill_by_word(struct pf_dev *dev, struct pfioc_state_kill *psk,
    char *const arg[], int narg, bool quiet)
{
	if (narg < 2) {
		warnx("-k %s: say which: use a second -k", arg[0]);
		return (-1);
	}
	if (strcmp(arg[0], "key") == 0) {
		if (parse_key(arg[1], psk))
			return (0);
		warnx("-k key: %s: not \"protocol address:port <- address:port\" "
		    "as \"pfctl -ss\" shows it", arg[1]);
		return (-1);
	}
	psk->by = arg[0][0] == 'g' ? PF_KILL_GATEWAY : PF_KILL_NAT;
	return (kill_by_host(dev, psk, arg + 1, psk->by == PF_KILL_NAT ?
	    narg - 1 : 1, quiet) == 0 ? 1 : -1);
}

int
kill_states(struct pf_dev *dev, const char *ifname, char *const arg[],
    int narg, bool quiet)
{
	struct pfioc_state_kill psk;
	int done;

	memset(&psk, 0, sizeof(psk));
	if (strlen(ifname) >= sizeof(psk.ifname)) {
		warnx("%s: name of an interface is too long", ifname);
		return (-1);
	}
	strcpy(psk.ifname, ifname);

	if (strcmp(arg[0], "id") == 0) {
		if (narg < 2) {
			warnx("-k id: no id given: use a second -k");
			return (-1);
		}
		if (parse_state_id(arg[1], &psk.id, &psk.creatorid) == -1) {
			warnx("-k id: %s: not an id[/creatorid] as \"pfctl "
			    "-vvss\" shows it", arg[1]);
			return (-1);
		}
	} else if (strcmp(arg[0], "label") == 0) {
		if (narg < 2) {
			warnx("-k label: no label given: use a second -k");
			return (-1);
		}
		if (arg[1][0] == '\0' || strlen(arg[1]) >= sizeof(psk.label)) {
			warnx("-k label: a label has 1 to %zu characters",
			    sizeof(psk.label) - 1);
			return (-1);
		}
		strcpy(psk.label, arg[1]);
	} else if (strcmp(arg[0], "key") == 0 ||
	    strcmp(arg[0], "gateway") == 0 || strcmp(arg[0], "nat") == 0) {
		done = kill_by_word(dev, &psk, arg, narg, quiet);
		if (done != 0)
			return (done == 1 ? 0 : -1);
	} else
		return (kill_by_host(dev, &psk, arg, narg, quiet));

	if (PF_DO(dev, DIOCKILLSTATES, &psk) == -1)
		return (-1);
	if (!quiet)
		fprintf(stderr, "killed %u states\n", psk.killed);
	return (0);
}
