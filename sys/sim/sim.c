// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sim.c: the world of a simulation: its clock, randomness and wires.
 *
 * A struct sim lives from sim_new() to sim_free(), which destroys its nodes too.
 * What is under way on a wire is an event: a packet, its time of arrival and
 * where it arrives.  Events are kept in order of time, and of age within one
 * microsecond.  Only sim_advance() and sim_settle() move the clock.
 *
 * Locking: none, one thread.  Place: beside sim_node.c, which it calls to
 * deliver and to purge.
 */
#include <stdlib.h>

#include "sim_priv.h"

struct sim_event {
	struct sim_event *next;
	uint64_t	 when;
	struct sim_node	*node;
	int		 ifindex;
	struct pf_pkt	*pkt;
};

struct sim *
sim_new(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (sim == NULL)
		SIM_PANIC("out of memory");
	sim->now = SIM_START;
	sim->epoch = 1700000000;
	sim->rng = seed;
	return (sim);
}

void
sim_free(struct sim *sim)
{
	if (sim == NULL)
		return;
	while (sim->nodes != NULL)
		sim_node_free(sim->nodes);
	free(sim);
}

/* SplitMix64: every seed, 0 too, gives a full-length sequence. */
uint64_t
sim_random(struct sim *sim)
{
	uint64_t z = sim->rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31);
}

static bool
one_of_a_million(struct sim *sim, uint32_t chances)
{
	return (chances != 0 && sim_random(sim) % 1000000 < chances);
}

static void
event_add(struct sim *sim, const struct sim_wire *w, struct sim_node *node,
    int ifindex, struct pf_pkt *pkt)
{
	struct sim_event *ev = calloc(1, sizeof(*ev)), **at;

	if (ev == NULL)
		SIM_PANIC("out of memory");
	ev->when = sim->now + w->delay;
	if (w->jitter != 0)
		ev->when += sim_random(sim) % ((uint64_t)w->jitter + 1);
	ev->node = node;
	ev->ifindex = ifindex;
	ev->pkt = pkt;
	for (at = &sim->events; *at != NULL && (*at)->when <= ev->when;
	    at = &(*at)->next)
		;
	ev->next = *at;
	*at = ev;
}

void
sim_wire_send(struct sim_node *from, struct sim_if *ifp, struct pf_pkt *pkt)
{
	struct sim *sim = from->sim;

	pkt->own = false;		/* marks do not leave the machine */
	pkt->tag = 0;
	pkt->prio = 0;
	if (one_of_a_million(sim, ifp->wire.loss)) {
		from->lost++;
		sim_pkt_free(pkt);
		return;
	}
	if (one_of_a_million(sim, ifp->wire.dup))
		event_add(sim, &ifp->wire, ifp->peer, ifp->peer_if,
		    sim_pkt_copy(pkt));
	event_add(sim, &ifp->wire, ifp->peer, ifp->peer_if, pkt);
}

/* A node or interface goes away: ifindex 0 is all of the node's. */
void
sim_wire_forget(struct sim *sim, const struct sim_node *node, int ifindex)
{
	struct sim_event **at = &sim->events, *ev;

	while ((ev = *at) != NULL) {
		if (ev->node != node ||
		    (ifindex != 0 && ev->ifindex != ifindex)) {
			at = &ev->next;
			continue;
		}
		*at = ev->next;
		sim_pkt_free(ev->pkt);
		free(ev);
	}
}

static void
event_run(struct sim *sim)
{
	struct sim_event *ev = sim->events;

	sim->events = ev->next;
	sim_input(ev->node, ev->ifindex, ev->pkt);
	free(ev);
}

static void
purge_all(struct sim *sim, bool kicked_only)
{
	for (struct sim_node *n = sim->nodes; n != NULL; n = n->next) {
		if (kicked_only && !n->kicked)
			continue;
		n->kicked = false;
		pf_purge(n->pf);
		sim_lock_check_idle("pf_purge");
	}
}

/* Go to a time at which no event is due before, purging at every full second. */
static void
clock_to(struct sim *sim, uint64_t when)
{
	uint64_t tick;

	purge_all(sim, true);
	while ((tick = (sim->now / SIM_SECOND + 1) * SIM_SECOND) <= when) {
		sim->now = tick;
		purge_all(sim, false);
	}
	sim->now = when;
}

void
sim_advance(struct sim *sim, uint64_t usec)
{
	uint64_t until = sim->now + usec;

	while (sim->events != NULL && sim->events->when <= until) {
		clock_to(sim, sim->events->when);
		event_run(sim);
	}
	clock_to(sim, until);
}

void
sim_seconds(struct sim *sim, uint32_t n)
{
	sim_advance(sim, n * SIM_SECOND);
}

unsigned int
sim_settle(struct sim *sim, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max && sim->events != NULL; n++) {
		clock_to(sim, sim->events->when);
		event_run(sim);
	}
	return (n);
}
