// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_if.c: interfaces, known by name
 *
 * What it owns.  The pf_kifs, and what the host tells of devices.
 * Life.  A kif is made when a rule, an option or a device first uses its name.
 * The kif stays while a device has that name (ifindex is not 0) and while the
 * kif is referenced; then pf_if_purge() frees it after a grace period.  So a
 * rule may name an interface that does not exist yet.  A device that goes away
 * and comes back finds its rules and its `skip' again, and its counters unless
 * the kif has been freed meanwhile.
 * Work.  Device events come while the kernel holds up all other configuration
 * of the network, so what they do takes no longer with many interfaces than
 * with few: chains are short, a free id is found in a bit map, and no grace
 * period is waited for when a device goes.
 * Locking.  Packets find a kif by ifindex in an RCU read side, and may take a
 * reference there.  A packet may do so a while after the device has gone; the
 * purge waits for these packets before it decides which kifs are unused, and a
 * device that comes waits if the kif has just lost another one.  Everything
 * else happens with pf->ctl held.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_if.h"
#include "pf_ifaddr.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_util.h"

#define ID_WORDS	(PF_KIF_IDS / 64)

/* The hash is keyed, or whoever names the devices could put them all in one
 * chain.  The name has an end, or fills its room. */
static unsigned int
name_hash(struct pf *pf, const char *name)
{
	uint64_t	word[2] = { 0, 0 };

	static_assert(sizeof(word) == PF_IFNAMSIZ, "a name is two words");
	memcpy(word, name, strnlen(name, PF_IFNAMSIZ));
	return (pf_siphash2(word[0], word[1], &pf->st.secret) % PF_KIF_HASH);
}

static unsigned int
index_hash(int ifindex)
{
	return ((unsigned int)ifindex % PF_KIF_HASH);
}

struct pf_kif *
pf_kif_find(struct pf *pf, const char *name)
{
	struct pf_kif	*kif;

	for (kif = pf_rcu_deref_locked(pf->ifs.by_name[name_hash(pf, name)]);
	    kif != NULL; kif = pf_rcu_deref_locked(kif->next_name))
		if (strcmp(kif->name, name) == 0)
			return (kif);
	return (NULL);
}

struct pf_kif *
pf_kif_next(struct pf *pf, struct pf_kif *kif)
{
	struct pf_kif	*next = NULL;
	unsigned int	 i = 0;

	if (kif != NULL) {
		next = pf_rcu_deref_locked(kif->next_name);
		i = name_hash(pf, kif->name) + 1;
	}
	while (next == NULL && i < PF_KIF_HASH)
		next = pf_rcu_deref_locked(pf->ifs.by_name[i++]);
	return (next);
}

struct pf_kif *
pf_kif_find_index(struct pf *pf, int ifindex)
{
	struct pf_kif	*kif;

	for (kif = pf_rcu_deref(pf->ifs.by_index[index_hash(ifindex)]);
	    kif != NULL; kif = pf_rcu_deref(kif->next_index))
		if (READ_ONCE(kif->ifindex) == ifindex)
			return (kif);
	return (NULL);
}

/*
 * An id that no other kif has: the next free one after the last that was given
 * out, so that an id is not used again soon.  There are twice as many ids as
 * kifs, so one is free.  At most all words are looked at once, and the first
 * one again.
 */
static uint16_t
new_id(struct pf *pf)
{
	uint32_t	from = pf->ifs.last_id + 1U, i = from / 64 % ID_WORDS;
	uint64_t	free = ~pf->ifs.ids[i] & ~0ULL << from % 64;

	static_assert(PF_KIF_IDS >= 2 * PF_KIF_MAX, "one is free");
	while (free == 0) {
		i = (i + 1) % ID_WORDS;
		free = ~pf->ifs.ids[i];
	}
	for (i *= 64; (free & 1) == 0; free >>= 1)
		i++;
	pf->ifs.ids[i / 64] |= 1ULL << i % 64;
	pf->ifs.last_id = (uint16_t)i;
	return (pf->ifs.last_id);
}

static void
free_id(struct pf *pf, uint16_t id)
{
	pf->ifs.ids[id / 64] &= ~(1ULL << id % 64);
}

struct pf_kif *
pf_kif_get(struct pf *pf, const char *name)
{
	struct pf_kif	*kif, **head;
	size_t		 len = strnlen(name, PF_IFNAMSIZ);

	pf_mutex_assert(&pf->ctl);
	if (len == 0 || len == PF_IFNAMSIZ)
		return (NULL);
	kif = pf_kif_find(pf, name);
	if (kif != NULL) {
		pf_kif_ref(kif);
		return (kif);
	}
	if (pf->ifs.n >= PF_KIF_MAX)
		return (NULL);
	kif = pf_alloc(pf, sizeof(*kif));
	if (kif == NULL)
		return (NULL);
	if (pf_pcpu_init(&kif->ctr, PF_KIF_NCTR) != 0) {
		pf_free(kif);
		return (NULL);
	}
	kif->pf = pf;
	memcpy(kif->name, name, len);
	kif->kind = pf_group_kind(kif->name);
	if (kif->kind != PF_GROUP_NAMES)
		pf->ifs.named[kif->kind] = kif;
	kif->id = new_id(pf);
	kif->tzero = pf_wallclock(pf);
	pf_atomic_set(&kif->refs, 1);
	pf_atomic_set(&kif->states, 0);
	head = &pf->ifs.by_name[name_hash(pf, name)];
	pf_rcu_assign(kif->next_name, pf_rcu_deref_locked(*head));
	pf_rcu_assign(*head, kif);
	pf->ifs.n++;
	return (kif);
}

void
pf_kif_put(struct pf *pf, struct pf_kif *kif)
{
	(void)pf;
	if (kif != NULL)
		pf_atomic_dec(&kif->refs);
}

static void
kif_free(struct pf_rcu_head *head)
{
	struct pf_kif	*kif = container_of(head, struct pf_kif, rcu);

	pf_pcpu_fini(&kif->ctr);
	pf_free(kif->groups);
	pf_free(kif->addr);
	pf_free(kif);
}

/* Take kif out of the chain of its ifindex. */
static void
index_remove(struct pf *pf, struct pf_kif *kif)
{
	struct pf_kif	**p, *k;

	p = &pf->ifs.by_index[index_hash(kif->ifindex)];
	while ((k = pf_rcu_deref_locked(*p)) != NULL && k != kif)
		p = &k->next_index;
	if (k != NULL)
		pf_rcu_assign(*p, pf_rcu_deref_locked(kif->next_index));
	WRITE_ONCE(kif->ifindex, 0);
	kif->gone = true;
}

/* A kif whose device has just gone may still lead a packet along its old chain,
 * so it goes into the new one when these packets are done. */
static void
index_insert(struct pf *pf, struct pf_kif *kif, int ifindex)
{
	struct pf_kif	**head = &pf->ifs.by_index[index_hash(ifindex)];

	if (kif->gone) {
		pf_rcu_sync();
		kif->gone = false;
	}
	WRITE_ONCE(kif->ifindex, ifindex);
	pf_rcu_assign(kif->next_index, pf_rcu_deref_locked(*head));
	pf_rcu_assign(*head, kif);
}

/* The kif that the device has now; NULL: none.  Lock: ctl. */
static struct pf_kif *
kif_of_device(struct pf *pf, int ifindex)
{
	struct pf_kif	*kif;

	for (kif = pf_rcu_deref_locked(pf->ifs.by_index[index_hash(ifindex)]);
	    kif != NULL; kif = pf_rcu_deref_locked(kif->next_index))
		if (kif->ifindex == ifindex)
			break;
	return (kif);
}

/* A device gets this kif.  Its groups are worked out at once: none of its packets
 * may slip past a rule that names one of them. */
static void
device_came(struct pf *pf, struct pf_kif *kif, int ifindex)
{
	pf_kif_changed(pf, kif);
	index_insert(pf, kif, ifindex);
	pf_kif_changed(pf, kif);
	pf_kif_regroup(pf, kif);
}

static void
device_went(struct pf *pf, struct pf_kif *kif)
{
	pf_kif_changed(pf, kif);
	index_remove(pf, kif);
	pf_free(kif->addr);
	kif->addr = NULL;
	kif->naddr = 0;
	pf_host_kick(pf);
}

/* What is taken for true of a device before the host has told: it is neither in
 * `any' nor in `egress'. */
#define UNTOLD	(PF_IF_LOOPBACK | PF_IF_NOCARRIER)

int
pf_if_attach(struct pf *pf, int ifindex, const char *name)
{
	struct pf_kif	*kif;
	int		 error = 0;

	if (ifindex <= 0)
		return (EINVAL);
	pf_mutex_lock(&pf->ctl);
	kif = pf_kif_get(pf, name);
	if (kif == NULL || pf_kif_set_driver(pf, kif) != 0)
		error = ENOMEM;
	else if (kif->ifindex != 0 || kif_of_device(pf, ifindex) != NULL)
		error = EEXIST;
	else {
		kif->flags = UNTOLD;
		kif->link_group = 0;
		device_came(pf, kif, ifindex);
	}
	pf_kif_put(pf, kif);		/* its device keeps it */
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

void
pf_if_detach(struct pf *pf, int ifindex)
{
	struct pf_kif	*kif;

	pf_mutex_lock(&pf->ctl);
	kif = kif_of_device(pf, ifindex);
	if (kif != NULL)
		device_went(pf, kif);
	pf_mutex_unlock(&pf->ctl);
}

/* What the host has told of the device is true of it by its new name too. */
static void
device_moves(struct pf_kif *old, struct pf_kif *kif)
{
	kif->flags = old != NULL ? old->flags : UNTOLD;
	kif->link_group = old != NULL ? old->link_group : 0;
	if (old == NULL)
		return;
	kif->addr = old->addr;
	kif->naddr = old->naddr;
	old->addr = NULL;
	old->naddr = 0;
}

/* The kif of the new name is inserted before the old one is removed, so that
 * packets find a kif of the device at any time. */
int
pf_if_rename(struct pf *pf, int ifindex, const char *name)
{
	struct pf_kif	*old, *kif;
	int		 error = 0;

	if (ifindex <= 0)
		return (EINVAL);
	pf_mutex_lock(&pf->ctl);
	old = kif_of_device(pf, ifindex);
	kif = pf_kif_get(pf, name);
	if (kif == NULL || pf_kif_set_driver(pf, kif) != 0)
		error = ENOMEM;
	else if (kif == old)
		old = NULL;
	else if (kif->ifindex != 0)
		error = EEXIST;
	else {
		device_moves(old, kif);
		device_came(pf, kif, ifindex);
	}
	if (old != NULL)
		device_went(pf, old);
	pf_kif_put(pf, kif);
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

/* Whether the device is already known to be so. */
static bool
is_told(const struct pf_kif *kif, uint32_t flags, uint32_t link_group,
    const struct pf_ifaddr *addr, uint32_t n)
{
	return (kif->flags == flags && kif->link_group == link_group &&
	    kif->naddr == n && (n == 0 ||
	    memcmp(kif->addr, addr, n * sizeof(*addr)) == 0));
}

int
pf_if_update(struct pf *pf, int ifindex, uint32_t flags, uint32_t link_group,
    const struct pf_ifaddr *addr, uint32_t n)
{
	struct pf_ifaddr	*copy = NULL;
	struct pf_kif		*kif;
	int			 error = 0;

	if (n > PF_IFADDR_MAX)
		n = PF_IFADDR_MAX;
	pf_mutex_lock(&pf->ctl);
	kif = kif_of_device(pf, ifindex);
	if (kif == NULL)
		error = ENXIO;
	if (error != 0 || is_told(kif, flags, link_group, addr, n))
		goto out;
	if (n != 0) {
		copy = pf_alloc(pf, n * sizeof(*copy));
		if (copy == NULL) {
			error = ENOMEM;
			goto out;
		}
		memcpy(copy, addr, n * sizeof(*copy));
	}
	pf_kif_changed(pf, kif);
	pf_free(kif->addr);
	kif->addr = copy;
	kif->naddr = n;
	kif->flags = flags;
	kif->link_group = link_group;
	pf_kif_changed(pf, kif);
out:
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

/* The kif is freed: it is nobody's group, and has no driver. */
static void
leave_groups(struct pf *pf, struct pf_kif *kif)
{
	struct pf_kif	**p = &pf->ifs.numbered;

	if (kif->kind != PF_GROUP_NAMES)
		pf->ifs.named[kif->kind] = NULL;
	if (kif->numbered) {
		while (*p != kif)
			p = &(*p)->next_numbered;
		*p = kif->next_numbered;
	}
	if (kif->driver != NULL) {
		kif->driver->drives--;
		pf_kif_put(pf, kif->driver);
	}
}

static bool
is_referenced(const struct pf_kif *kif)
{
	return (pf_atomic_read(&kif->refs) != 0 ||
	    pf_atomic_read(&kif->states) != 0);
}

static bool
is_unused(const struct pf_kif *kif)
{
	return (kif->ifindex == 0 && kif->listed == 0 && !is_referenced(kif));
}

/* Whether there is anything for the purge to do. */
static bool
purge_wanted(struct pf *pf)
{
	struct pf_kif	*kif = NULL;
	uint32_t	 i = 0;

	while ((kif = pf_kif_next(pf, kif)) != NULL) {
		if (kif->gone || is_unused(kif) || (kif->listed != 0 &&
		    !pf_kif_names_group(kif)))
			return (true);
		pf_yield_at(i++);
	}
	return (false);
}

/* Free the kifs that are not used.  Of those that devices still list as a group,
 * see to it that they are not. */
static void
free_unused(struct pf *pf)
{
	struct pf_kif	**p, *kif;
	unsigned int	 i;

	for (i = 0; i < PF_KIF_HASH; i++) {
		pf_yield_at(i);
		p = &pf->ifs.by_name[i];
		while ((kif = pf_rcu_deref_locked(*p)) != NULL) {
			kif->gone = false;
			if (kif->listed != 0 && !pf_kif_names_group(kif))
				pf->ifs.unsettled = pf->ifs.all_changed = true;
			if (!is_unused(kif)) {
				p = &kif->next_name;
				continue;
			}
			pf_rcu_assign(*p, pf_rcu_deref_locked(kif->next_name));
			pf->ifs.n--;
			free_id(pf, kif->id);
			leave_groups(pf, kif);
			pf_rcu_call(&kif->rcu, kif_free);
		}
	}
}

/* A packet that found a kif before its device went may still take a reference.
 * One grace period, for all kifs, ends that.  Drivers may be unused when the
 * kifs are gone that had them. */
void
pf_if_purge(struct pf *pf)
{
	pf_mutex_assert(&pf->ctl);
	if (!purge_wanted(pf))
		return;
	pf_rcu_sync();
	free_unused(pf);
	free_unused(pf);
}

static void
kif_export_one(struct pf *pf, const struct pf_kif *kif, struct pfi_kif *out)
{
	unsigned int	v6, dir, block;

	memset(out, 0, sizeof(*out));
	memcpy(out->name, kif->name, sizeof(out->name));
	for (v6 = 0; v6 < 2; v6++)
		for (dir = 0; dir < 2; dir++)
			for (block = 0; block < 2; block++) {
				out->packets[v6][dir][block] = pf_kif_sum(pf,
				    kif, PF_KIF_PACKETS(v6, dir, block));
				out->bytes[v6][dir][block] = pf_kif_sum(pf,
				    kif, PF_KIF_BYTES(v6, dir, block));
			}
	out->tzero = kif->tzero;
	out->flags = kif->skip ? PFI_IFLAG_SKIP : 0;
	out->is_group = pf_kif_is_group(kif);
	out->rules = kif->rules;
	out->states = pf_atomic_read(&kif->states);
	out->present = kif->ifindex != 0 ||
	    pf_kif_member(pf, kif, NULL) != NULL;
}

void
pf_kif_zero(struct pf *pf, struct pf_kif *kif)
{
	struct pf_kif	*dev = NULL;

	while ((dev = pf_kif_member(pf, kif, dev)) != NULL) {
		pf_pcpu_zero(&dev->ctr, PF_KIF_NCTR);
		dev->tzero = pf_wallclock(pf);
	}
	pf_pcpu_zero(&kif->ctr, PF_KIF_NCTR);
	kif->tzero = pf_wallclock(pf);
}

uint32_t
pf_kif_export(struct pf *pf, const char *name, struct pfi_kif *out,
    uint32_t room)
{
	struct pf_kif	*kif = NULL;
	uint32_t	 found = 0;

	pf_mutex_assert(&pf->ctl);
	while ((kif = pf_kif_next(pf, kif)) != NULL) {
		if (name[0] != '\0' && strcmp(kif->name, name) != 0)
			continue;
		if (is_unused(kif))
			continue;		/* to be purged */
		if (found < room)
			kif_export_one(pf, kif, &out[found]);
		pf_yield_at(found++);
	}
	return (found);
}

int
pf_if_init(struct pf *pf)
{
	pf->ifs.by_name = pf_alloc(pf, PF_KIF_HASH * sizeof(struct pf_kif *));
	pf->ifs.by_index = pf_alloc(pf, PF_KIF_HASH * sizeof(struct pf_kif *));
	pf->ifs.ids = pf_alloc(pf, ID_WORDS * sizeof(uint64_t));
	if (pf->ifs.by_name == NULL || pf->ifs.by_index == NULL ||
	    pf->ifs.ids == NULL) {
		pf_if_fini(pf);
		return (ENOMEM);
	}
	pf->ifs.ids[0] = 1;		/* 0 is no id */
	return (0);
}

void
pf_if_fini(struct pf *pf)
{
	struct pf_kif	*kif;
	unsigned int	 i;

	if (pf->ifs.dyns != NULL)
		pf_dyns_purge(pf);
	for (i = 0; pf->ifs.by_name != NULL && i < PF_KIF_HASH; i++)
		while ((kif = pf_rcu_deref_locked(pf->ifs.by_name[i])) !=
		    NULL) {
			pf_rcu_assign(pf->ifs.by_name[i],
			    pf_rcu_deref_locked(kif->next_name));
			kif_free(&kif->rcu);
		}
	pf_free(pf->ifs.by_name);
	pf_free(pf->ifs.by_index);
	pf_free(pf->ifs.ids);
	memset(&pf->ifs, 0, sizeof(pf->ifs));
}
