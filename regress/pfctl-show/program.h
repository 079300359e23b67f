/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * program.h: a program that has an instance in the process open.
 *
 * Included once by each test, which is one file and one thread.
 */
#ifndef _PROGRAM_H_
#define _PROGRAM_H_

#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "ctl.h"

struct program {
	struct pf_dev		 dev;
	struct sim_node		*node;
	struct pf_client	*client;
};

static int
program_ioctl(struct pf_dev *dev, unsigned long cmd, void *arg)
{
	struct program *p = dev->priv;

	return (sim_ioctl(p->node, p->client, cmd, arg));
}

static void
program_start(struct program *p, struct sim_node *n, uint32_t pid)
{
	memset(p, 0, sizeof(*p));
	p->node = n;
	p->client = pf_client_open(n->pf, pid, 0);
	if (p->client == NULL)
		abort();
	p->dev.ioctl = program_ioctl;
	p->dev.priv = p;
	p->dev.fd = -1;
}

static void
program_end(struct program *p)
{
	pf_client_close(p->client);
}

#endif /* _PROGRAM_H_ */
