/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * system.h: what the language half asks the machine that it runs on.
 *
 * Files, data bases of names, interfaces and chance: nothing else in libpfctl.a
 * makes a call that depends on where it runs.  system.c answers for the machine; a
 * program that links its own definitions before the library, as the fuzzers do,
 * reads rules in a world that it made up.
 *
 * Owns nothing; each answer is the caller's.  No locking: getservent(3) and its kin
 * have one cursor per process.  Lowest floor of the language half, beside tree.c.
 */
#ifndef _PFCTL_SYSTEM_H_
#define _PFCTL_SYSTEM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct if_addr;				/* parser.h */

/* A descriptor to read path from ("-": standard input), or -1 and errno. */
int	 sys_open(const char *path);

/* Call found for each address of a host's name: af, 4 or 16 bytes in network order. */
void	 sys_addresses(const char *name,
	    void (*found)(void *arg, uint8_t af, const void *addr), void *arg);

/* The number of a protocol, or -1; and each that there is. */
int	 sys_proto(const char *name);
void	 sys_protos(void (*row)(void *arg, const char *name, int proto), void *arg);
/* Each service of TCP and UDP, in the order of the data base; port in host order. */
void	 sys_services(void (*row)(void *arg, const char *name, int port, int proto,
	    bool alias), void *arg);
bool	 sys_user(const char *name, uint32_t *id);
bool	 sys_group(const char *name, uint32_t *id);

/* All addresses of all interfaces into an array of malloc(); how many.  place and
 * index are set. */
size_t	 sys_ifaddrs(struct if_addr **);
bool	 sys_iface_exists(const char *name);
int	 sys_iface_mtu(const char *name);		/* 1500 if nobody knows */
uint64_t sys_iface_speed(const char *name);		/* bits a second, 0 */

/* Fill buf by chance. */
bool	 sys_random(void *buf, size_t len);

#endif /* _PFCTL_SYSTEM_H_ */
