// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * synflood NAMESPACE HOST PORT N RATE: N SYNs of TCP over IPv4 to that port, each from another
 * address of 198.18.0.0/15 (RFC 2544, C.2.2) until these begin again, and at most RATE a
 * second; 0: as fast as they go.  NAMESPACE is the file of a network namespace.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <stdio.h>

#include "dial.h"

#define FIRST	0xc6120000u		/* 198.18.0.0 */
#define ADDRS	0x20000u

struct segment {
	struct iphdr	ip;		/* the kernel sets length and checksum */
	struct tcphdr	tcp;
};

/* RFC 9293, 3.1: over the addresses, the protocol, the length and the header. */
static uint16_t
checksum(const struct segment *s)
{
	struct {
		uint32_t	src, dst;
		uint16_t	proto, len;
		struct tcphdr	tcp;
	} all = { s->ip.saddr, s->ip.daddr, htons(IPPROTO_TCP),
	    htons(sizeof(s->tcp)), s->tcp };
	uint16_t words[sizeof(all) / 2];
	uint32_t sum = 0;

	memcpy(words, &all, sizeof(all));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)~(sum + (sum >> 16)));
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct segment s;
	int64_t begun;
	long i, n, rate;
	int fd;

	if (argc != 6 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "usage: synflood NAMESPACE HOST PORT N RATE");
	n = atol(argv[4]);
	rate = atol(argv[5]);
	enter(argv[1]);
	if ((fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) == -1)
		err(2, "socket");
	memset(&s, 0, sizeof(s));
	s.ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
	    .daddr = to.sin_addr.s_addr };
	s.tcp.dest = htons((uint16_t)atoi(argv[3]));
	s.tcp.doff = sizeof(s.tcp) / 4;
	s.tcp.syn = 1;
	s.tcp.window = htons(1024);
	begun = now();
	for (i = 0; i < n; i++) {
		while (rate > 0 && i >= (now() - begun) * rate / 1000 + 1)
			usleep(1000);
		s.ip.id = htons((uint16_t)i);
		s.ip.saddr = htonl(FIRST + (uint32_t)i % ADDRS);
		s.tcp.source = htons((uint16_t)(1024 + i % 60000));
		s.tcp.seq = htonl((uint32_t)i * 64000);
		s.tcp.check = 0;
		s.tcp.check = checksum(&s);
		if (sendto(fd, &s, sizeof(s), 0, (struct sockaddr *)&to, sizeof(to)) == -1 &&
		    errno != ENOBUFS)
			err(2, "sendto");
	}
	return (0);
}
