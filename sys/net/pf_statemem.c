// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_statemem.c: the memory of states (second floor)
 *
 * Owns the objects in which two states lie side by side (struct pf_state), from the
 * cache and back to it.  The first state of an object counts in `inuse' how many of its two
 * places are given away or set aside; with the last of them the object goes.
 *
 * A packet that is forwarded makes a state when it comes in and another when it goes
 * out, on one CPU, one after the other.  So each CPU sets aside:
 *	PARTNER	the place beside the last state that a packet made coming in: for the
 *		state that it will make going out, or, if it stayed here, for the next
 *		that comes in
 *	SPARE	a place beside anything, for states that packets make going out alone
 * A place that is freed becomes the spare of the CPU where that happens, if it has none; else it
 * waits for the one beside it.
 *
 * Locking: packet context, or the RCU call-back, which runs with softirqs off too: a
 * CPU has its notes to itself.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_bucket.h"
#include "pf_instance.h"
#include "pf_state.h"
#include "pf_statetab.h"

#define LINE	64

#if PF_STATES_BESIDE == 2
static struct pf_state *
place_at(uint64_t note)
{
	return ((struct pf_state *)(uintptr_t)note);
}

/* The first of the two states in the object of s: objects are aligned to two lines. */
static struct pf_state *
first_of(struct pf_state *s)
{
	return ((struct pf_state *)((uintptr_t)s & ~(uintptr_t)LINE));
}

static void
place_release(struct pf_state *s)
{
	struct pf_state	*first = first_of(s);

	if (pf_atomic_dec_test(&first->inuse))
		pf_cache_free(PF_CACHE_STATE, first);
}

static struct pf_state *
place_get(struct pf *pf, uint8_t dir)
{
	uint64_t	*note = pf_pcpu_words(&pf->st.note), *from, *to;
	struct pf_state	*s;

	from = &note[PF_NOTE_PARTNER];
	if (*from == 0 && dir != PF_IN)
		from = &note[PF_NOTE_SPARE];
	if (*from != 0) {
		s = place_at(*from);
		*from = 0;
		return (s);
	}
	s = pf_cache_alloc(pf, PF_CACHE_STATE);
	if (s == NULL)
		return (NULL);
	pf_atomic_set(&s->inuse, 2);
	to = &note[dir == PF_IN ? PF_NOTE_PARTNER : PF_NOTE_SPARE];
	*to = (uintptr_t)s + LINE;
	return (s);
}

static void
place_put(struct pf *pf, struct pf_state *s)
{
	uint64_t	*note = pf_pcpu_words(&pf->st.note);

	if (note[PF_NOTE_SPARE] == 0)
		note[PF_NOTE_SPARE] = (uintptr_t)s;
	else
		place_release(s);
}

void
pf_state_mem_fini(struct pf *pf)
{
	unsigned int	cpu, i;
	uint64_t	*note;

	for (cpu = 0; cpu < pf_ncpus(); cpu++) {
		note = pf_pcpu_words_of(&pf->st.note, cpu);
		for (i = PF_NOTE_PARTNER; note != NULL && i <= PF_NOTE_SPARE; i++) {
			if (note[i] != 0)
				place_release(place_at(note[i]));
			note[i] = 0;
		}
	}
}
#else						/* each for itself, where locks are large */
static struct pf_state *
place_get(struct pf *pf, uint8_t dir)
{
	(void)dir;
	return (pf_cache_alloc(pf, PF_CACHE_STATE));
}

static void
place_put(struct pf *pf, struct pf_state *s)
{
	(void)pf;
	pf_cache_free(PF_CACHE_STATE, s);
}

void
pf_state_mem_fini(struct pf *pf)
{
	(void)pf;
}
#endif

/* Its own lines, and nothing of its neighbour; inuse is not its own. */
static void
place_clear(struct pf_state *s)
{
#if PF_STATES_BESIDE == 2
	uint8_t		*p = (uint8_t *)s;
	unsigned int	 i;

	for (i = 0; i < 3; i++, p += 2 * LINE)
		memset(p, 0, LINE);
	memset(p, 0, offsetof(struct pf_state, inuse) -
	    offsetof(struct pf_state, id_node));
#else
	memset(s, 0, sizeof(*s));
#endif
}

struct pf_state *
pf_state_mem_get(struct pf *pf, uint8_t dir)
{
	struct pf_state	*s = place_get(pf, dir);

	if (s != NULL)
		place_clear(s);
	return (s);
}

void
pf_state_mem_put(struct pf *pf, struct pf_state *s)
{
	place_put(pf, s);
}
