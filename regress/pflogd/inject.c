// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * inject.c: inject DEVICE FIRST COUNT [LENGTH]: sends records through a device that stands for a
 * pflog device, IPv4 and IPv6 by turns, each with its number as source port, LENGTH bytes
 * each if they are shorter.
 */
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <err.h>
#include <stdlib.h>

#include "records.h"

int
main(int argc, char **argv)
{
	struct sockaddr_ll	sll = { .sll_family = AF_PACKET };
	struct packet		p = { .proto = 17, .src = 1, .dst = 2, .action = PF_DROP,
				    .dport = 4000, .ifname = "eth0" };
	uint8_t			buf[RECORD_MAX];
	int			i, count, s = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc < 4)
		errx(1, "usage: inject DEVICE FIRST COUNT [LENGTH]");
	sll.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (s == -1 || bind(s, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		err(1, "%s", argv[1]);
	count = atoi(argv[3]);
	p.len = argc > 4 ? (size_t)atoi(argv[4]) : 0;
	for (i = 0; i < count; i++) {
		p.sport = (uint16_t)(atoi(argv[2]) + i);
		p.v6 = p.sport % 2 == 1;
		if (send(s, buf, record_make(&p, buf), 0) == -1)
			err(1, "send");
	}
	return (0);
}
