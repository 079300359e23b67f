// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * preload.c: pflog devices for programs that read packets by libpcap
 *
 * libpcap 1.10 does not know what a pflog device carries.  This library is loaded before it
 * (LD_PRELOAD, by the wrapper tcpdump.sh) and tells it: for the device the type that has
 * no link layer known to libpcap, so that it takes the bytes as they are, and for the
 * program the link type of records, DLT_PFLOG.  Filters and files are made as for that link type.
 * All else goes its way unchanged.
 *
 * Owns one handle of libpcap without a device, made by the first pcap_activate() of a pflog
 * device and kept for good: a program has one such device.
 * Locking: none, as libpcap's handles are of one thread each.
 */
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <pcap/pcap.h>

#include "filter.h"

static bool	 asked_pflog;		/* the device that libpcap has last asked about is one */
static pcap_t	*live, *dead;

/* The function of that name behind this library. */
#define REAL(f)		((__typeof__(&f))dlsym(RTLD_NEXT, #f))

int
ioctl(int fd, unsigned long request, ...)
{
	struct ifreq	*ifr;
	va_list		 ap;
	void		*arg;
	int		 r;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	r = REAL(ioctl)(fd, request, arg);
	if (r != 0 || request != SIOCGIFHWADDR)
		return (r);
	ifr = arg;
	asked_pflog = ifr->ifr_hwaddr.sa_family == ARPHRD_VOID &&
	    strncmp(ifr->ifr_name, "pflog", 5) == 0;
	if (asked_pflog)
		ifr->ifr_hwaddr.sa_family = ARPHRD_NONE;
	return (r);
}

int
pcap_activate(pcap_t *p)
{
	int	r;

	asked_pflog = false;
	r = REAL(pcap_activate)(p);
	if (r >= 0 && asked_pflog) {
		live = p;
		if (dead == NULL)
			dead = pcap_open_dead(DLT_PFLOG, pcap_snapshot(p));
	}
	return (r);
}

/* The handle that knows the link type. */
static pcap_t *
known(pcap_t *p)
{
	return (p == live && dead != NULL ? dead : p);
}

int
pcap_datalink(pcap_t *p)
{
	return (REAL(pcap_datalink)(known(p)));
}

int
pcap_compile(pcap_t *p, struct bpf_program *prog, const char *text, int optimize,
    bpf_u_int32 mask)
{
	int	r = REAL(pcap_compile)(known(p), prog, text, optimize, mask);

	if (known(p) == p)
		return (r);
	if (r == 0)
		(void)filter_fix_family(prog->bf_insns, prog->bf_len);
	else		/* the error is asked of the live one */
		(void)REAL(pcap_compile)(p, prog, text, optimize, mask);
	return (r);
}

pcap_dumper_t *
pcap_dump_open(pcap_t *p, const char *path)
{
	return (REAL(pcap_dump_open)(known(p), path));
}

pcap_dumper_t *
pcap_dump_open_append(pcap_t *p, const char *path)
{
	return (REAL(pcap_dump_open_append)(known(p), path));
}
