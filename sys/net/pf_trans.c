// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_trans.c: transactions, without their parts
 *
 * What it owns.  The transactions (struct pf_trans), and in each the list of
 * elements that the program has named.  A part (struct pf_trans_part) has a
 * file of its own, which says what is gathered for elements of its types, and
 * how this comes into force.
 * Life.  An instance has at most one transaction.  A transaction lives until
 * its commit, until it is rolled back, or until the client that began it closes
 * its descriptor.
 * Locking.  All functions here run in control context with pf->ctl held, except
 * those that pf_trans.h says need no lock.
 * Place.  Fifth floor.
 *
 * A commit first calls prepare of all parts, which may fail.  Then it
 * publishes, by one store, a configuration with everything that was prepared.
 * From there on it cannot fail.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_anchor.h"
#include "pf_conf.h"
#include "pf_instance.h"
#include "pf_trans.h"
#include "pf_util.h"

#define PART_ROW(NAME, name)	[PF_PART_##NAME] = &pf_part_##name,
static const struct pf_trans_part *const parts[PF_PARTS] = {
	PF_TRANS_PARTS(PART_ROW)
};

/* The part whose elements have that type; NULL: none. */
static const struct pf_trans_part *
part_of(uint32_t type)
{
	unsigned int	i;

	for (i = 0; i < PF_PARTS; i++)
		if ((parts[i]->types & 1U << type) != 0)
			return (parts[i]);
	return (NULL);
}

/*
 * The data of the parts lie behind the first `at' bytes of obj, which is a
 * transaction or a place.  Set part[] to point to them, and return the offset
 * at which they end.  obj NULL: only return the offset.
 */
static size_t
parts_room(void *obj, size_t at, bool place, void *part[PF_PARTS])
{
	unsigned int	i;

	for (i = 0; i < PF_PARTS; i++) {
		at = (at + 7) & ~(size_t)7;
		if (obj != NULL)
			part[i] = (uint8_t *)obj + at;
		at += place ? parts[i]->place_size : parts[i]->size;
	}
	return (at);
}

/*
 * Places
 */
static struct pf_trans_place *
node_place(struct pf_rb_node *n)
{
	return (n != NULL ?
	    container_of(n, struct pf_trans_place, node) : NULL);
}

struct pf_trans_place *
pf_trans_place_first(struct pf_trans *t)
{
	return (node_place(pf_rb_first(&t->places)));
}

struct pf_trans_place *
pf_trans_place_next(struct pf_trans_place *p)
{
	return (node_place(pf_rb_next(&p->node)));
}

struct pf_trans_place *
pf_trans_place(struct pf_trans *t, const char *path)
{
	struct pf_rb_node	*n = pf_rb_top(&t->places);
	int			 d;

	while (n != NULL) {
		d = strcmp(path, node_place(n)->path);
		if (d == 0)
			return (node_place(n));
		n = d < 0 ? pf_rb_left(n) : pf_rb_right(n);
	}
	return (NULL);
}

static struct pf_trans_place *
place_create(struct pf *pf, struct pf_trans *t, const char *path)
{
	struct pf_rb_node	*n, *above = NULL;
	struct pf_trans_place	*p;
	size_t			 at, len = strlen(path);
	bool			 left = false;

	at = parts_room(NULL, sizeof(*p), true, NULL);
	p = pf_alloc(pf, at + len + 1);
	if (p == NULL)
		return (NULL);
	parts_room(p, sizeof(*p), true, p->part);
	p->path = (char *)p + at;
	memcpy(p->path, path, len);
	for (n = pf_rb_top(&t->places); n != NULL;
	    n = left ? pf_rb_left(n) : pf_rb_right(n)) {
		above = n;
		left = strcmp(path, node_place(n)->path) < 0;
	}
	pf_rb_insert(&t->places, &p->node, above,
	    above == NULL ? pf_rb_link_top(&t->places) :
	    left ? pf_rb_link_left(above) : pf_rb_link_right(above));
	return (p);
}

/*
 * Beginning and end
 */
struct pf_trans *
pf_trans_list(struct pf *pf)
{
	struct pf_trans	*t;

	t = pf_alloc(pf, parts_room(NULL, sizeof(*t), false, NULL));
	if (t == NULL)
		return (NULL);
	parts_room(t, sizeof(*t), false, t->part);
	pf_rb_init(&t->places);
	return (t);
}

struct pf_trans *
pf_trans_begin(struct pf *pf)
{
	struct pf_trans	*t;
	unsigned int	 i;

	pf_mutex_assert(&pf->ctl);
	t = pf_trans_list(pf);
	if (t == NULL)
		return (NULL);
	if (++pf->tickets == 0)
		pf->tickets = 1;
	t->ticket = pf->tickets;
	for (i = 0; i < PF_PARTS; i++)
		if (parts[i]->begin != NULL)
			parts[i]->begin(pf, t);
	return (t);
}

/* The parts have freed their data, or have had none. */
void
pf_trans_list_free(struct pf_trans *t)
{
	struct pf_trans_place	*p;
	uint32_t		 i = 0;

	if (t == NULL)
		return;
	while ((p = pf_trans_place_first(t)) != NULL) {
		pf_rb_erase(&t->places, &p->node);
		pf_free(p);
		pf_yield_at(i++);
	}
	pf_free(t);
}

void
pf_trans_abort(struct pf *pf, struct pf_trans *t)
{
	unsigned int	i;

	pf_mutex_assert(&pf->ctl);
	for (i = 0; i < PF_PARTS; i++)
		if (parts[i]->abort != NULL)
			parts[i]->abort(pf, t);
	pf_trans_list_free(t);
	if (pf->to_loopback == 0)
		pf_host_loopback(pf, false);
}

/* The part of a commit that may fail. */
static int
trans_prepare(struct pf *pf, struct pf_trans *t)
{
	unsigned int	i;
	int		error = 0;

	t->conf = pf_conf_copy(pf, pf_rcu_deref_locked(pf->conf));
	if (t->conf == NULL)
		return (ENOMEM);
	for (i = 0; i < PF_PARTS; i++) {
		if (parts[i]->prepare != NULL)
			error = parts[i]->prepare(pf, t);
		if (error != 0)
			break;
	}
	if (error == 0)
		return (0);
	while (i-- > 0)
		if (parts[i]->undo != NULL)
			parts[i]->undo(pf, t);
	pf_conf_free(pf, t->conf);
	t->conf = NULL;
	return (error);
}

int
pf_trans_commit(struct pf *pf, struct pf_trans *t)
{
	unsigned int	i;
	int		error;

	pf_mutex_assert(&pf->ctl);
	if (pf->to_loopback != 0)
		error = pf_host_loopback(pf, true);
	else
		error = 0;
	if (error == 0)
		error = trans_prepare(pf, t);
	if (error != 0)
		return (error);
	for (i = 0; i < PF_PARTS; i++)
		if (parts[i]->swap_in != NULL)
			parts[i]->swap_in(pf, t);
	pf_conf_publish(pf, t->conf);		/* and wait for a grace */
						/* period */
	t->conf = NULL;
	for (i = 0; i < PF_PARTS; i++)
		if (parts[i]->finish != NULL)
			parts[i]->finish(pf, t);
	pf_trans_list_free(t);
	if (pf->to_loopback == 0)
		pf_host_loopback(pf, false);
	return (0);
}

/*
 * Elements
 */
int
pf_trans_element_ok(uint32_t type, const char *path)
{
	const struct pf_trans_part	*part;

	static_assert(PF_TRANS_MAX <= 32, "a bit for each");
	if (type >= PF_TRANS_MAX || !pf_anchor_path_ok(path))
		return (EINVAL);
	part = part_of(type);
	if (part == NULL)
		return (EOPNOTSUPP);
	return (path[0] != '\0' && !part->in_anchors ? EINVAL : 0);
}

int
pf_trans_element(struct pf *pf, struct pf_trans *t, uint32_t type,
    const char *path)
{
	struct pf_trans_place	*p = pf_trans_place(t, path);

	if (p == NULL)
		p = place_create(pf, t, path);
	if (p == NULL)
		return (ENOMEM);
	if ((p->has & 1U << type) != 0)
		return (EINVAL);
	p->has |= 1U << type;
	t->has |= 1U << type;
	t->n++;
	return (0);
}

bool
pf_trans_has(const struct pf_trans *t, uint32_t type)
{
	return (t != NULL && (t->has & 1U << type) != 0);
}

/* Places are in order of their paths, so that equal lists have equal places at
 * each step. */
bool
pf_trans_same(struct pf_trans *t, struct pf_trans *list)
{
	struct pf_trans_place	*p, *q;
	uint32_t		 i = 0;

	if (t->n != list->n)
		return (false);
	p = pf_trans_place_first(t);
	q = pf_trans_place_first(list);
	while (p != NULL && q != NULL) {
		if (p->has != q->has || strcmp(p->path, q->path) != 0)
			return (false);
		p = pf_trans_place_next(p);
		q = pf_trans_place_next(q);
		pf_yield_at(i++);
	}
	return (p == q);
}

/*
 * For parts
 */
void *
pf_trans_room(struct pf *pf, void *array, uint32_t n, uint32_t *room,
    size_t size)
{
	uint32_t	 more = *room != 0 ? *room * 2 : 8;
	void		*grown;

	if (n < *room)
		return (array);
	grown = pf_alloc(pf, more * size);
	if (grown == NULL)
		return (NULL);
	if (n != 0)
		memcpy(grown, array, n * size);
	pf_free(array);
	*room = more;
	return (grown);
}
