/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * filter.h: expressions of pcap-filter(7) for records of pflog devices
 *
 * It stands alone (libpcap, if_pflog.h), for other programs that read such devices.
 */
#ifndef _PFLOGD_FILTER_H_
#define _PFLOGD_FILTER_H_

#include <stdbool.h>
#include <stddef.h>

#include <pcap/pcap.h>

#define FILTER_LINKTYPE		117	/* DLT_PFLOG, and of files */

/*
 * Compile the expression for records of which snaplen bytes are wanted.  False with a
 * sentence in why if it cannot be used; else the caller frees the program (pcap_freecode).
 */
bool	filter_compile(const char *expression, int snaplen, struct bpf_program *,
	    char *why, size_t len);

/*
 * Have a program that libpcap has compiled for DLT_PFLOG know IPv6 as records say it.
 * Returns how many comparisons were changed, or -1: it is no program that this can be said
 * of, and is not changed.
 */
int	filter_fix_family(struct bpf_insn *, unsigned int n);

#endif /* _PFLOGD_FILTER_H_ */
