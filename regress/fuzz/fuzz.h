/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz.h: what the fuzzers share: reading the input, a machine to try it on.
 *
 * Owns nothing.  Locking: none, one thread.
 */
#ifndef _FUZZ_H_
#define _FUZZ_H_

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* The input is read from the front; past its end all is zero. */
struct input {
	const uint8_t	*p;
	size_t		 n;
};
uint8_t	 in8(struct input *);
uint16_t in16(struct input *);		/* little-endian */
/* Up to len bytes, the rest zero. */
void	 in_bytes(struct input *, void *, size_t len);

/* Abort with a message if not ok. */
void	 must(int ok, const char *what);

/* A machine "n" with eth0 (1) and eth1 (2), addresses and routes. */
struct sim_node *fuzz_node(struct sim *);
/* A ruleset that has something for every packet; and pf enabled. */
void	 fuzz_load(struct sim_node *);

/* Seeds: write one to dir/name. */
void	 seed_write(const char *dir, const char *name, const void *, size_t);

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif /* _FUZZ_H_ */
