// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_if.c: interfaces, known by name
 *
 * What it owns.  The pf_kifs.
 * Life.  A kif is made when a rule, an option or a device first uses its name.
 * The kif stays while a device has that name (ifindex is not 0) and while the
 * kif is referenced; then pf_if_purge() frees it after a grace period.  So a
 * rule may name an interface that does not exist yet.  A device that goes away
 * and comes back finds its rules and its `skip' again, and its counters unless
 * the kif has been freed meanwhile.
 * Locking.  Packets find a kif by ifindex in an RCU read side, and may take a
 * reference there; pf_if_detach() waits for these packets before it lets the
 * kif become unused.  Everything else happens with pf->ctl held.
 * Place.  Second floor.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_if.h"
#include "pf_instance.h"
#include "pf_util.h"

#define KIF_MAX		32768	/* kifs at one time */

static unsigned int
name_hash(const char *name)
{
	uint32_t	h = 5381;

	while (*name != '\0')
		h = h * 33 + (uint8_t)*name++;
	return ((h ^ h >> 16) % PF_KIF_HASH);
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

	for (kif = pf_rcu_deref_locked(pf->ifs.by_name[name_hash(name)]);
	    kif != NULL; kif = pf_rcu_deref_locked(kif->next_name))
		if (strcmp(kif->name, name) == 0)
			return (kif);
	return (NULL);
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

static bool
id_taken(struct pf *pf, uint16_t id)
{
	struct pf_kif	*kif;
	unsigned int	 i;

	for (i = 0; i < PF_KIF_HASH; i++)
		for (kif = pf_rcu_deref_locked(pf->ifs.by_name[i]); kif != NULL;
		    kif = pf_rcu_deref_locked(kif->next_name))
			if (kif->id == id)
				return (true);
	return (false);
}

/* An id that no other kif has.  There are twice as many ids as kifs. */
static uint16_t
new_id(struct pf *pf)
{
	do {
		pf->ifs.last_id++;
	} while ((uint16_t)pf->ifs.last_id == 0 ||
	    (pf->ifs.last_id > UINT16_MAX &&
	    id_taken(pf, (uint16_t)pf->ifs.last_id)));
	return ((uint16_t)pf->ifs.last_id);
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
	if (pf->ifs.n >= KIF_MAX)
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
	kif->id = new_id(pf);
	kif->tzero = pf_wallclock(pf);
	pf_atomic_set(&kif->refs, 1);
	pf_atomic_set(&kif->states, 0);
	head = &pf->ifs.by_name[name_hash(name)];
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
}

static void
index_insert(struct pf *pf, struct pf_kif *kif, int ifindex)
{
	struct pf_kif	**head = &pf->ifs.by_index[index_hash(ifindex)];

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

int
pf_if_attach(struct pf *pf, int ifindex, const char *name)
{
	struct pf_kif	*kif;
	int		 error = 0;

	if (ifindex <= 0)
		return (EINVAL);
	pf_mutex_lock(&pf->ctl);
	kif = pf_kif_get(pf, name);
	if (kif == NULL)
		error = ENOMEM;
	else if (kif->ifindex != 0 || kif_of_device(pf, ifindex) != NULL)
		error = EEXIST;
	else
		index_insert(pf, kif, ifindex);
	pf_kif_put(pf, kif);		/* its device keeps it */
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

/* The device of kif goes away; on return no packet finds kif by it. */
static void
kif_absent(struct pf *pf, struct pf_kif *kif)
{
	pf_kif_ref(kif);
	index_remove(pf, kif);
	pf_rcu_sync();			/* packets that still see it as */
					/* present */
	pf_kif_put(pf, kif);
}

void
pf_if_detach(struct pf *pf, int ifindex)
{
	struct pf_kif	*kif;

	pf_mutex_lock(&pf->ctl);
	kif = kif_of_device(pf, ifindex);
	if (kif != NULL)
		kif_absent(pf, kif);
	pf_mutex_unlock(&pf->ctl);
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
	if (kif == NULL)
		error = ENOMEM;
	else if (kif == old)
		old = NULL;
	else if (kif->ifindex != 0)
		error = EEXIST;
	else
		index_insert(pf, kif, ifindex);
	if (old != NULL)
		kif_absent(pf, old);
	pf_kif_put(pf, kif);
	pf_mutex_unlock(&pf->ctl);
	return (error);
}

static bool
is_referenced(const struct pf_kif *kif)
{
	return (pf_atomic_read(&kif->refs) != 0 ||
	    pf_atomic_read(&kif->states) != 0);
}

void
pf_if_purge(struct pf *pf)
{
	struct pf_kif	**p, *kif;
	unsigned int	 i;

	pf_mutex_assert(&pf->ctl);
	for (i = 0; i < PF_KIF_HASH; i++) {
		p = &pf->ifs.by_name[i];
		while ((kif = pf_rcu_deref_locked(*p)) != NULL) {
			if (kif->ifindex != 0 || is_referenced(kif)) {
				p = &kif->next_name;
				continue;
			}
			pf_rcu_assign(*p, pf_rcu_deref_locked(kif->next_name));
			pf->ifs.n--;
			pf_rcu_call(&kif->rcu, kif_free);
		}
	}
}

/* A kif with `skip' set holds a reference to itself. */
void
pf_kif_skip(struct pf *pf, struct pf_kif *kif, bool skip)
{
	if (skip && !kif->skip)
		pf_kif_ref(kif);
	else if (!skip && kif->skip)
		pf_kif_put(pf, kif);
	WRITE_ONCE(kif->skip, skip);
}

void
pf_kif_clear_skip(struct pf *pf)
{
	struct pf_kif	*kif;
	unsigned int	 i;

	for (i = 0; i < PF_KIF_HASH; i++)
		for (kif = pf_rcu_deref_locked(pf->ifs.by_name[i]); kif != NULL;
		    kif = pf_rcu_deref_locked(kif->next_name))
			if (kif->skip) {
				WRITE_ONCE(kif->skip, false);
				pf_kif_put(pf, kif);
			}
}

static void
kif_export_one(const struct pf_kif *kif, struct pfi_kif *out)
{
	unsigned int	v6, dir, block;

	memset(out, 0, sizeof(*out));
	memcpy(out->name, kif->name, sizeof(out->name));
	for (v6 = 0; v6 < 2; v6++)
		for (dir = 0; dir < 2; dir++)
			for (block = 0; block < 2; block++) {
				out->packets[v6][dir][block] = pf_pcpu_sum(
				    &kif->ctr, PF_KIF_PACKETS(v6, dir, block));
				out->bytes[v6][dir][block] = pf_pcpu_sum(
				    &kif->ctr, PF_KIF_BYTES(v6, dir, block));
			}
	out->tzero = kif->tzero;
	out->flags = kif->skip ? PFI_IFLAG_SKIP : 0;
	out->rules = kif->rules;
	out->states = pf_atomic_read(&kif->states);
	out->present = kif->ifindex != 0;
}

void
pf_kif_zero(struct pf *pf, struct pf_kif *kif)
{
	pf_pcpu_zero(&kif->ctr, PF_KIF_NCTR);
	kif->tzero = pf_wallclock(pf);
}

uint32_t
pf_kif_export(struct pf *pf, const char *name, struct pfi_kif *out,
    uint32_t room)
{
	struct pf_kif	*kif;
	uint32_t	 found = 0;
	unsigned int	 i;

	pf_mutex_assert(&pf->ctl);
	for (i = 0; i < PF_KIF_HASH; i++)
		for (kif = pf_rcu_deref_locked(pf->ifs.by_name[i]); kif != NULL;
		    kif = pf_rcu_deref_locked(kif->next_name)) {
			if (name[0] != '\0' && strcmp(kif->name, name) != 0)
				continue;
			if (kif->ifindex == 0 && !is_referenced(kif))
				continue;	/* to be purged */
			if (found < room)
				kif_export_one(kif, &out[found]);
			pf_yield_at(found++);
		}
	return (found);
}

void
pf_if_fini(struct pf *pf)
{
	struct pf_kif	*kif;
	unsigned int	 i;

	for (i = 0; i < PF_KIF_HASH; i++)
		while ((kif = pf_rcu_deref_locked(pf->ifs.by_name[i])) !=
		    NULL) {
			pf_rcu_assign(pf->ifs.by_name[i],
			    pf_rcu_deref_locked(kif->next_name));
			kif_free(&kif->rcu);
		}
	memset(&pf->ifs, 0, sizeof(pf->ifs));
}
