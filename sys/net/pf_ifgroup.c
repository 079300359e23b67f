// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ifgroup.c: groups of interfaces
 *
 * What it owns.  The lists of the groups that devices are in (pf_kif.groups).
 * Life.  A group is a name.  `any' stands for all devices but loopback, `self'
 * for all devices, `egress' for those that a default route leads out of.
 * Another name stands for its device while there is one, and otherwise for all
 * devices whose names are this name and a number (veth: veth0, veth1), and for
 * those of the link group, a number, that a program has said it stands for.
 *	A device's list has only the groups that rules name, so that packets look
 * through none if no rule has a group.  What changes a list - a rule comes or
 * goes, a device comes, goes, or changes - leaves a mark, and pf_if_bring()
 * makes the lists anew.
 * Locking.  Packets read a list in an RCU read side.  Everything else happens
 * with pf->ctl held.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_util.h"

uint8_t
pf_group_kind(const char *name)
{
	static const char	*const names[PF_GROUP_NAMES] = {
		[PF_GROUP_ANY] = "any",
		[PF_GROUP_SELF] = "self",
		[PF_GROUP_EGRESS] = "egress",
	};
	uint8_t			 i;

	for (i = 0; i < PF_GROUP_NAMES; i++)
		if (strcmp(name, names[i]) == 0)
			break;
	return (i);
}

int
pf_kif_set_driver(struct pf *pf, struct pf_kif *kif)
{
	char	name[PF_IFNAMSIZ];
	size_t	len = strlen(kif->name);

	while (len > 0 && kif->name[len - 1] >= '0' &&
	    kif->name[len - 1] <= '9')
		len--;
	if (kif->driver != NULL || len == 0 || kif->name[len] == '\0')
		return (0);
	memset(name, 0, sizeof(name));
	memcpy(name, kif->name, len);
	kif->driver = pf_kif_get(pf, name);
	if (kif->driver == NULL)
		return (ENOMEM);
	kif->driver->drives++;
	return (0);
}

bool
pf_kif_is_group(const struct pf_kif *kif)
{
	return (kif->kind != PF_GROUP_NAMES ||
	    (kif->ifindex == 0 && (kif->drives != 0 || kif->number != 0)));
}

bool
pf_kif_is_in(const struct pf_kif *dev, const struct pf_kif *group)
{
	if (dev->ifindex == 0)
		return (false);
	if (dev == group)
		return (true);
	switch (group->kind) {
	case PF_GROUP_ANY:
		return ((dev->flags & PF_IF_LOOPBACK) == 0);
	case PF_GROUP_SELF:
		return (true);
	case PF_GROUP_EGRESS:
		return ((dev->flags & PF_IF_EGRESS) != 0);
	}
	return (group->ifindex == 0 && (dev->driver == group ||
	    (group->number != 0 && group->number == dev->link_group)));
}

struct pf_kif *
pf_kif_member(struct pf *pf, const struct pf_kif *group, struct pf_kif *dev)
{
	struct pf_kif	*kif = NULL;
	unsigned int	 i = 0;

	if (!pf_kif_is_group(group))
		return (dev == NULL && group->ifindex != 0 ?
		    pf_kif_find(pf, group->name) : NULL);
	if (dev != NULL) {
		kif = pf_rcu_deref_locked(dev->next_index);
		i = (unsigned int)dev->ifindex % PF_KIF_HASH + 1;
	}
	for (;;) {
		for (; kif != NULL; kif = pf_rcu_deref_locked(kif->next_index))
			if (pf_kif_is_in(kif, group))
				return (kif);
		if (i == PF_KIF_HASH)
			return (NULL);
		kif = pf_rcu_deref_locked(pf->ifs.by_index[i++]);
	}
}

/* The groups that a device is in, one at each call: NULL at the end. */
struct group_walk {
	const struct pf_kif *dev;
	unsigned int	 i;		/* those with a name of their own, then the */
					/* driver */
	struct pf_kif	*numbered;	/* then these */
};

static void
group_walk(struct pf *pf, struct group_walk *w, const struct pf_kif *dev)
{
	w->dev = dev;
	w->i = 0;
	w->numbered = dev->link_group != 0 ? pf->ifs.numbered : NULL;
}

static struct pf_kif *
group_next(struct pf *pf, struct group_walk *w)
{
	struct pf_kif	*group;

	while (w->i <= PF_GROUP_NAMES) {
		group = w->i < PF_GROUP_NAMES ? pf->ifs.named[w->i] :
		    w->dev->driver;
		w->i++;
		if (group != NULL && pf_kif_is_in(w->dev, group))
			return (group);
	}
	while ((group = w->numbered) != NULL) {
		w->numbered = group->next_numbered;
		if (group->kind == PF_GROUP_NAMES &&
		    group != w->dev->driver && pf_kif_is_in(w->dev, group))
			return (group);
	}
	return (NULL);
}

void
pf_kif_changed(struct pf *pf, struct pf_kif *dev)
{
	struct group_walk	 w;
	struct pf_kif		*group;

	pf_mutex_assert(&pf->ctl);
	dev->changed = true;
	pf->ifs.unsettled = true;
	pf_dyns_changed(dev);
	group_walk(pf, &w, dev);
	while ((group = group_next(pf, &w)) != NULL)
		pf_dyns_changed(group);
	/* a group becomes a device, or back */
	if (dev->drives != 0 || dev->number != 0)
		pf->ifs.all_changed = true;
}

void
pf_kif_set_number(struct pf *pf, struct pf_kif *kif, uint32_t number)
{
	pf_mutex_assert(&pf->ctl);
	if (kif->number == number)
		return;
	if (!kif->numbered) {
		kif->numbered = true;
		kif->next_numbered = pf->ifs.numbered;
		pf->ifs.numbered = kif;
	}
	kif->number = number;
	pf_dyns_changed(kif);
	pf->ifs.unsettled = pf->ifs.all_changed = true;
}

void
pf_kif_clear_numbers(struct pf *pf)
{
	struct pf_kif	*kif;

	for (kif = pf->ifs.numbered; kif != NULL; kif = kif->next_numbered)
		pf_kif_set_number(pf, kif, 0);
}

void
pf_kif_keep_numbers(struct pf *pf)
{
	struct pf_kif	*kif;

	for (kif = pf->ifs.numbered; kif != NULL; kif = kif->next_numbered)
		kif->old_number = kif->number;
}

void
pf_kif_restore_numbers(struct pf *pf)
{
	struct pf_kif	*kif;

	for (kif = pf->ifs.numbered; kif != NULL; kif = kif->next_numbered)
		pf_kif_set_number(pf, kif, kif->old_number);
}

void
pf_kif_count_rules(struct pf_kif *kif, uint32_t n)
{
	bool	named = kif->rules != 0;

	kif->rules += n;
	if (named != (kif->rules != 0) && pf_kif_is_group(kif))
		kif->pf->ifs.unsettled = kif->pf->ifs.all_changed = true;
}

static void
apply_skip(struct pf *pf, struct pf_kif *kif)
{
	struct group_walk	 w;
	struct pf_kif		*group;
	bool			 skip = kif->skip_set;

	group_walk(pf, &w, kif);
	while ((group = group_next(pf, &w)) != NULL)
		skip |= group->skip_set;
	WRITE_ONCE(kif->skip, skip);
}

static void
kif_groups_free(struct pf_rcu_head *head)
{
	pf_free(container_of(head, struct pf_kif_groups, rcu));
}

bool
pf_kif_regroup(struct pf *pf, struct pf_kif *dev)
{
	struct pf_kif_groups	*old = pf_rcu_deref_locked(dev->groups);
	struct pf_kif_groups	*groups = NULL;
	struct pf_kif		*group;
	struct group_walk	 w;
	uint32_t		 i, n = 0;

	apply_skip(pf, dev);
	group_walk(pf, &w, dev);
	while ((group = group_next(pf, &w)) != NULL)
		n += pf_kif_names_group(group);
	if (n != 0) {
		groups = pf_alloc(pf, sizeof(*groups) +
		    n * sizeof(groups->kif[0]));
		if (groups == NULL)
			return (false);
	}
	group_walk(pf, &w, dev);
	while (n != 0 && (group = group_next(pf, &w)) != NULL)
		if (groups->n < n && pf_kif_names_group(group)) {
			groups->kif[groups->n++] = group;
			group->listed++;
		}
	pf_rcu_assign(dev->groups, groups);
	for (i = 0; old != NULL && i < old->n; i++)
		old->kif[i]->listed--;
	if (old != NULL)
		pf_rcu_call(&old->rcu, kif_groups_free);
	dev->changed = false;
	return (true);
}

/* The lists of all devices that are to be worked out again. */
static bool
regroup_changed(struct pf *pf)
{
	struct pf_kif	*kif = NULL;
	uint32_t	 i = 0;
	bool		 done = true;

	while ((kif = pf_kif_next(pf, kif)) != NULL) {
		if (kif->changed || pf->ifs.all_changed)
			done &= pf_kif_regroup(pf, kif);
		pf_yield_at(i++);
	}
	if (done)
		pf->ifs.all_changed = false;
	return (done);
}

int
pf_if_bring(struct pf *pf)
{
	bool	done;

	pf_mutex_assert(&pf->ctl);
	if (!pf->ifs.unsettled)
		return (0);
	done = regroup_changed(pf);
	done &= pf_dyns_bring(pf);
	pf->ifs.unsettled = !done;
	return (done ? 0 : ENOMEM);
}

void
pf_if_settle(struct pf *pf)
{
	pf_mutex_lock(&pf->ctl);
	pf_if_bring(pf);
	pf_mutex_unlock(&pf->ctl);
}

/* A kif with `skip_set' holds a reference to itself. */
void
pf_kif_skip(struct pf *pf, struct pf_kif *kif, bool skip)
{
	if (skip && !kif->skip_set)
		pf_kif_ref(kif);
	else if (!skip && kif->skip_set)
		pf_kif_put(pf, kif);
	kif->skip_set = skip;
}

void
pf_kif_clear_skip(struct pf *pf)
{
	struct pf_kif	*kif = NULL;
	uint32_t	 i = 0;

	while ((kif = pf_kif_next(pf, kif)) != NULL) {
		pf_kif_skip(pf, kif, false);
		pf_yield_at(i++);
	}
}

void
pf_kif_apply_skip(struct pf *pf)
{
	struct pf_kif	*kif = NULL;
	uint32_t	 i = 0;

	while ((kif = pf_kif_next(pf, kif)) != NULL) {
		apply_skip(pf, kif);
		pf_yield_at(i++);
	}
}

uint64_t
pf_kif_sum(struct pf *pf, const struct pf_kif *kif, unsigned int ctr)
{
	struct pf_kif	*dev = NULL;
	uint64_t	 sum = 0;

	if (!pf_kif_is_group(kif))
		return (pf_pcpu_sum(&kif->ctr, ctr));
	while ((dev = pf_kif_member(pf, kif, dev)) != NULL)
		sum += pf_pcpu_sum(&dev->ctr, ctr);
	return (sum);
}
