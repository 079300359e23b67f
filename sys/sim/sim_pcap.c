// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim_pcap.c: packets from and to capture files, by libpcap.
 *
 * A struct sim_pcap is an open file, for reading or for writing, from its open
 * or create call to sim_pcap_close().  Files of packets are DLT_RAW, files of
 * records (if_pflog.h) DLT_PFLOG.
 *
 * Locking: none, one thread.  Place: above sim_pkt.c.
 */
#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

struct sim_pcap {
	pcap_t		*pc;
	pcap_dumper_t	*dump;		/* writing */
	int		 dlt;
	unsigned long	 skipped;
};

struct sim_pcap *
sim_pcap_open(const char *path, char *err, size_t errsize)
{
	char ebuf[PCAP_ERRBUF_SIZE];
	struct sim_pcap *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		snprintf(err, errsize, "out of memory");
		return (NULL);
	}
	f->pc = pcap_open_offline(path, ebuf);
	if (f->pc == NULL) {
		snprintf(err, errsize, "%s", ebuf);
		free(f);
		return (NULL);
	}
	f->dlt = pcap_datalink(f->pc);
	return (f);
}

/* Bytes of link header before the IP packet; -1: no IP here. */
static int
link_header(int dlt, const uint8_t *b, uint32_t n)
{
	uint32_t off;
	uint16_t type;

	switch (dlt) {
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return (0);
	case DLT_NULL:
	case DLT_LOOP:
		return (n >= 4 ? 4 : -1);
	case DLT_EN10MB:
		off = 12;
		break;
	case DLT_LINUX_SLL:
		off = 14;
		break;
	case DLT_LINUX_SLL2:
		return (n >= 20 && ((b[0] == 0x08 && b[1] == 0) ||
		    (b[0] == 0x86 && b[1] == 0xdd)) ? 20 : -1);
	case DLT_PFLOG:
		return (n >= 1 && n >= ((b[0] + 3U) & ~3U) ?
		    (int)((b[0] + 3U) & ~3U) : -1);
	default:
		return (-1);
	}
	for (;;) {			/* VLAN tags */
		if (n < off + 2)
			return (-1);
		type = (uint16_t)(b[off] << 8 | b[off + 1]);
		off += 2;
		if (type == 0x0800 || type == 0x86dd)
			return ((int)off);
		if (type != 0x8100 && type != 0x88a8)
			return (-1);
		off += 2;
	}
}

int
sim_pcap_next(struct sim_pcap *f, struct pf_pkt **pkt, uint64_t *usec)
{
	struct pcap_pkthdr *h;
	const uint8_t *b;
	uint32_t n;
	int off, r;

	for (;;) {
		r = pcap_next_ex(f->pc, &h, &b);
		if (r == PCAP_ERROR_BREAK)
			return (0);
		if (r != 1)
			return (-1);
		off = link_header(f->dlt, b, h->caplen);
		if (off < 0 || (uint32_t)off >= h->caplen ||
		    (b[off] >> 4 != 4 && b[off] >> 4 != 6)) {
			f->skipped++;
			continue;
		}
		n = h->caplen - (uint32_t)off;
		*pkt = sim_pkt_raw(b + off, n);
		/* Of a frame cut short the checksum cannot be known. */
		(*pkt)->cksum_known = h->caplen < h->len;
		*usec = (uint64_t)h->ts.tv_sec * SIM_SECOND +
		    (uint64_t)h->ts.tv_usec;
		return (1);
	}
}

unsigned long
sim_pcap_skipped(const struct sim_pcap *f)
{
	return (f->skipped);
}

struct sim_pcap *
sim_pcap_create(const char *path, int dlt, char *err, size_t errsize)
{
	struct sim_pcap *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		snprintf(err, errsize, "out of memory");
		return (NULL);
	}
	f->pc = pcap_open_dead(dlt, 64 + 65535 + 40);
	if (f->pc == NULL) {
		snprintf(err, errsize, "out of memory");
		free(f);
		return (NULL);
	}
	f->dump = pcap_dump_open(f->pc, path);
	if (f->dump == NULL) {
		snprintf(err, errsize, "%s", pcap_geterr(f->pc));
		pcap_close(f->pc);
		free(f);
		return (NULL);
	}
	return (f);
}

int
sim_pcap_write(struct sim_pcap *f, const struct pf_pkt *p, uint64_t usec)
{
	struct pcap_pkthdr h;
	uint8_t *b = malloc(p->len != 0 ? p->len : 1);

	if (b == NULL)
		return (ENOMEM);
	memset(&h, 0, sizeof(h));
	h.ts.tv_sec = (time_t)(usec / SIM_SECOND);
	h.ts.tv_usec = (suseconds_t)(usec % SIM_SECOND);
	h.caplen = h.len = p->len;
	sim_pkt_bytes(p, b, p->len);
	pcap_dump((u_char *)f->dump, &h, b);
	free(b);
	return (ferror(pcap_dump_file(f->dump)) ? EIO : 0);
}

void
sim_pcap_close(struct sim_pcap *f)
{
	if (f == NULL)
		return;
	if (f->dump != NULL)
		pcap_dump_close(f->dump);
	pcap_close(f->pc);
	free(f);
}
