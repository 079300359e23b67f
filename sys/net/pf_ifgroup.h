/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ifgroup.h: groups of interfaces
 *
 * What it owns.  The lists of the groups that devices are in.  A group is a
 * pf_kif, too: a name (pf_ifgroup.c says of what).
 * Life.  Who changes a device, or the rules that name groups, says so
 * (pf_kif_changed(), pf_kif_count_rules()); pf_if_bring() makes the lists, and
 * the addresses that rules follow (pf_ifaddr.h), anew.
 * Locking.  pf_instance.h explains the marks of members.
 * Place.  Second floor, beside the interfaces (pf_if.h).
 */
#ifndef _NET_PF_IFGROUP_H_
#define _NET_PF_IFGROUP_H_

#include "pf_host.h"
#include "pf_if.h"

/* The PF_GROUP_* of a name; PF_GROUP_NAMES: it has no meaning of its own. */
uint8_t	 pf_group_kind(const char *name);
/* Whether the name may stand for several devices. */
bool	 pf_kif_is_group(const struct pf_kif *);
/* Whether a group is one that devices are to list: rules name it, or states
 * are bound to it. */
static inline bool
pf_kif_names_group(const struct pf_kif *kif)
{
	return (kif->rules != 0 || pf_atomic_read(&kif->states) != 0);
}
/* Whether a device is in a group.  Lock: ctl. */
bool	 pf_kif_is_in(const struct pf_kif *dev, const struct pf_kif *group);
/* The device that follows `dev', NULL: the first one, in the group, which may
 * be a device alone.  NULL: there is no more.  Lock: ctl. */
struct pf_kif *pf_kif_member(struct pf *, const struct pf_kif *group,
	    struct pf_kif *dev);
/* Whether a packet of `kif' is one of the name that a rule has.  Packet
 * context. */
static inline bool
pf_kif_matches(const struct pf_kif *kif, const struct pf_kif *name)
{
	const struct pf_kif_groups	*g;
	uint32_t			 i;

	if (kif == name)
		return (true);
	g = pf_rcu_deref(kif->groups);
	if (likely(g == NULL))
		return (false);
	for (i = 0; i < g->n; i++)
		if (g->kif[i] == name)
			return (true);
	return (false);
}
/* Have the name stand for the link group of that number, 0: for none.  What
 * depends on it is to be worked out again.  Lock: ctl. */
void	 pf_kif_set_number(struct pf *, struct pf_kif *, uint32_t number);
/* No name stands for a link group any more; keep all numbers; restore what was
 * kept.  Lock: ctl. */
void	 pf_kif_clear_numbers(struct pf *);
void	 pf_kif_keep_numbers(struct pf *);
void	 pf_kif_restore_numbers(struct pf *);
/* Give a kif that gets a device its driver: ENOMEM.  Lock: ctl. */
int	 pf_kif_set_driver(struct pf *, struct pf_kif *);
/* The device is about to change, or has changed: what depends on it is to be
 * worked out again by pf_if_bring().  Lock: ctl. */
void	 pf_kif_changed(struct pf *, struct pf_kif *);
/* Work out the groups of a device: false: no memory, they are as they were, and
 * pf_if_bring() tries again.  Lock: ctl. */
bool	 pf_kif_regroup(struct pf *, struct pf_kif *);
/* Add n, modulo 2^32, to the number of rules.  Lock: ctl. */
void	 pf_kif_count_rules(struct pf_kif *, uint32_t n);
/* Bring groups and addresses in force that depend on changes.  ENOMEM: some are
 * not, and pf_purge() will try again.  May wait for a grace period.  Lock: ctl. */
int	 pf_if_bring(struct pf *);

/* Set or clear `skip_set' of one kif, or clear it of all kifs; afterwards
 * pf_kif_apply_skip() tells the packets.  Lock: ctl. */
void	 pf_kif_skip(struct pf *, struct pf_kif *, bool);
void	 pf_kif_clear_skip(struct pf *);
void	 pf_kif_apply_skip(struct pf *);
/* A counter of a kif; of a group: the sum of its devices.  Lock: ctl. */
uint64_t pf_kif_sum(struct pf *, const struct pf_kif *, unsigned int ctr);

#endif /* _NET_PF_IFGROUP_H_ */
