// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_source.c: requests about sources of connections
 *
 * What it owns.  Nothing.
 * Locking.  The handlers run with pf->ctl held, except pf_ioctl_getsrcnodes(), which needs no
 * lock but that of a bucket, while the bucket is read.
 * Place.  Fifth floor.
 *
 * A list of nodes is gathered in pieces in kernel memory, and copied out piece by piece.  A
 * node that is there all the time is listed once.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_srcnode.h"
#include "pf_util.h"

#define PIECE	128			/* nodes in a piece, at first */

struct list {
	struct pf		*pf;
	struct pf_src_node	*piece;
	uint32_t		 size;		/* room in it */
	uint32_t		 bucket;	/* to go on with */
	uint64_t		 done, room;	/* nodes copied out, wanted at most */
	uint64_t		 ubuf;
};

/* Twice as large a piece. */
static int
list_enlarge(struct list *l)
{
	pf_free(l->piece);
	l->size = l->size != 0 ? l->size * 2 : PIECE;
	l->piece = pf_alloc(l->pf, l->size * sizeof(*l->piece));
	return (l->piece != NULL ? 0 : ENOMEM);
}

/* A piece, as much of it as is wanted. */
static int
list_step(struct list *l)
{
	uint32_t	n;
	int		error;

	n = pf_srcnodes_read(l->pf, &l->bucket, l->piece, l->size);
	if (n == 0)
		return (l->bucket < PF_SOURCE_BUCKETS ? list_enlarge(l) : 0);
	if (n > l->room - l->done)
		n = (uint32_t)(l->room - l->done);
	error = pf_copyout(l->pf, l->piece, l->ubuf +
	    l->done * sizeof(*l->piece), n * sizeof(*l->piece));
	l->done += n;
	pf_yield();
	return (error);
}

int
pf_ioctl_getsrcnodes(struct pf_client *cl, void *arg)
{
	struct pfioc_src_nodes	*io = arg;
	struct list		 l = { .pf = cl->pf, .ubuf = io->buf };
	int			 error;

	if (io->len == 0) {
		io->len = (uint64_t)pf_atomic_read(&cl->pf->sources.n) *
		    sizeof(struct pf_src_node);
		return (0);
	}
	l.room = io->len / sizeof(struct pf_src_node);
	error = list_enlarge(&l);
	while (error == 0 && l.bucket < PF_SOURCE_BUCKETS && l.done < l.room)
		error = list_step(&l);
	pf_free(l.piece);
	if (error == 0)
		io->len = l.done * sizeof(struct pf_src_node);
	return (error);
}

int
pf_ioctl_clrsrcnodes(struct pf_client *cl, void *arg)
{
	(void)arg;
	pf_srcnodes_kill(cl->pf, NULL);
	return (0);
}

int
pf_ioctl_killsrcnodes(struct pf_client *cl, void *arg)
{
	struct pfioc_src_node_kill	*k = arg;
	int				 error;

	if ((k->af != 0 && k->af != AF_INET && k->af != AF_INET6) ||
	    k->src.port_op != PF_OP_NONE || k->dst.port_op != PF_OP_NONE ||
	    !pf_all_zero(k->pad, sizeof(k->pad)))
		return (EINVAL);
	error = pf_ioctl_kill_host(&k->src, k->af);
	if (error == 0)
		error = pf_ioctl_kill_host(&k->dst, k->af);
	if (error == 0)
		k->killed = pf_srcnodes_kill(cl->pf, k);
	return (error);
}
