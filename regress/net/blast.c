// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * blast NAMESPACE HOST N SOURCE:PORT ...: N datagrams of UDP to HOST, from each source to its
 * port in turn, as fast as they go.  All addresses are IPv4, and the sources anybody's.
 * NAMESPACE is the file of a network namespace.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <stdio.h>

#include "dial.h"

struct datagram {
	struct iphdr	ip;		/* the kernel sets length, id and checksum */
	struct udphdr	udp;		/* IPv4 needs no checksum */
};

static struct datagram
datagram(char *source, struct in_addr to)
{
	struct datagram d = { .ip = { .version = 4, .ihl = 5, .ttl = 64,
	    .protocol = IPPROTO_UDP, .daddr = to.s_addr } };
	char *port = strchr(source, ':');

	if (port == NULL)
		errx(2, "%s: no port", source);
	*port++ = '\0';
	if (inet_pton(AF_INET, source, &d.ip.saddr) != 1)
		errx(2, "%s: not an address", source);
	d.udp.source = htons(9999);
	d.udp.dest = htons((uint16_t)atoi(port));
	d.udp.len = htons(sizeof(d.udp));
	return (d);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct datagram d[8];
	int fd, n = argc - 4;
	long i, times;

	if (n < 1 || n > 8 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "usage: blast NAMESPACE HOST N SOURCE:PORT ...");
	times = atol(argv[3]);
	for (i = 0; i < n; i++)
		d[i] = datagram(argv[4 + i], to.sin_addr);
	enter(argv[1]);
	if ((fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) == -1)
		err(2, "socket");
	for (i = 0; i < times; i++)
		if (sendto(fd, &d[i % n], sizeof(d[0]), 0, (struct sockaddr *)&to,
		    sizeof(to)) == -1)
			err(2, "sendto");
	return (0);
}
