// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl_state.c: requests about states
 *
 * What it owns.  Nothing.
 * Locking.  The handlers run with pf->ctl held, except pf_ioctl_getstates(),
 * which takes it for each piece of the list.
 * Place.  Fifth floor.
 *
 * A program gets a state as a struct pfsync_state, which is filled in member by
 * member.  A list of states may be long, so it is copied out in pieces.  The
 * walk gathers a piece in kernel memory with pf->ctl held, lets go of it, and
 * copies the piece out.  Meanwhile states come and go, and the table may grow.
 * A state that is there all the time is listed once; one that comes or goes
 * while the list is made may be in the list or not.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_addr.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_rule.h"
#include "pf_state.h"
#include "pf_statetab.h"
#include "pf_synproxy.h"
#include "pf_util.h"

#define PIECE		(2 * PF_WALK_BATCH)	/* states in a piece, at first */
#define PLACES		1024			/* buckets looked at for one */

static void
export_peer(const struct pf_peer *p, struct pfsync_state_peer *out)
{
	out->seqlo = p->seqlo;
	out->seqhi = p->seqhi;
	out->seqdiff = p->seqdiff;
	out->max_win = p->max_win;
	out->mss = p->mss;
	out->state = p->state;
	out->wscale = p->wscale & ~PF_WSCALE_NONE;
}

/* The number of a rule that is in force, else UINT32_MAX. */
static uint32_t
number_of(const struct pf_krule *kr)
{
	return (kr != NULL && !READ_ONCE(kr->retired) ? kr->nr : UINT32_MAX);
}

static void
export_hop(const struct pf_hop *hop, struct pfsync_state *out)
{
	out->rt = hop->rt;
	out->rt_addr = hop->gw;
	if (hop->kif != NULL)
		memcpy(out->rt_ifname, hop->kif->name, sizeof(out->rt_ifname));
}

static void
export_state(struct pf *pf, const struct pf_conf *conf, struct pf_state *s,
    struct pfsync_state *out)
{
	struct pf_state_key	key;
	uint32_t		now = pf_uptime(pf), expires;
	unsigned int		i;

	memset(out, 0, sizeof(*out));
	out->id = s->id;
	out->creatorid = s->creatorid;
	for (i = 0; i < 2; i++) {
		pf_state_counted(s, i, &out->packets[i], &out->bytes[i]);
		pf_state_key_get(s, i, &key);
		memcpy(out->key[i].addr, key.addr, sizeof(key.addr));
		memcpy(out->key[i].port, key.port, sizeof(key.port));
		out->key[i].af = key.af;
		out->key[i].proto = key.proto;
	}
	pf_spin_lock(&s->lock);
	export_peer(&s->src, &out->src);
	export_peer(&s->dst, &out->dst);
	pf_spin_unlock(&s->lock);
	memcpy(out->orig_ifname, s->kif->name, sizeof(out->orig_ifname));
	if (pf_state_group(s) != NULL)
		memcpy(out->ifname, s->more->group->name, sizeof(out->ifname));
	else if (key.ifid != 0)
		memcpy(out->ifname, s->kif->name, sizeof(out->ifname));
	else
		memcpy(out->ifname, "all", sizeof("all"));
	out->creation = now - s->creation;
	expires = pf_state_expires(pf, conf, s);
	out->expire = expires > now ? expires - now : 0;
	out->rule = number_of(s->rule);
	out->anchor = s->more != NULL ? number_of(s->more->anchor) : UINT32_MAX;
	out->nat_rule = s->more != NULL ? number_of(s->more->nat_rule) :
	    UINT32_MAX;
	out->state_flags = s->flags;
	out->direction = s->direction;
	out->log = s->log & PF_LOG_MASK;
	if (s->more != NULL && s->more->hop.rt != PF_NOPFROUTE)
		export_hop(&s->more->hop, out);
	out->timeout = READ_ONCE(s->timeout);
}

int
pf_ioctl_getstate(struct pf_client *cl, void *arg)
{
	struct pfioc_state	*io = arg;
	struct pf		*pf = cl->pf;
	struct pf_state		*s;

	pf_rcu_read_lock();
	s = pf_state_find_id(pf, io->state.id, io->state.creatorid);
	if (s != NULL)
		export_state(pf, pf_rcu_deref(pf->conf), s, &io->state);
	pf_rcu_read_unlock();
	return (s != NULL ? 0 : ENOENT);
}

/*
 * A list of states in pieces.  A piece holds the states of whole buckets, so
 * that the walk can go on at the next bucket after pf->ctl has been let go.  A
 * bucket with more states than fit in an empty piece makes the piece larger.
 */
struct list {
	struct pf		*pf;
	struct pfsync_state	*piece;
	uint32_t		 n, size;	/* in the piece; room in it */
	uint64_t		 done, room;	/* states copied out, wanted */
						/* at most */
	uint64_t		 ubuf;
	uint32_t		 place;		/* of the walk */
};

static bool
list_wants_more(const struct list *l)
{
	return (l->done + l->n < l->room);
}

static bool
list_one(struct pf_state *s, void *arg)
{
	struct list	*l = arg;

	if (l->n == l->size || !list_wants_more(l))
		return (false);
	export_state(l->pf, pf_rcu_deref(l->pf->conf), s, &l->piece[l->n++]);
	return (true);
}

/* Fill the piece, with the states of at most PLACES buckets.  n is 0 then, too,
 * if the next bucket does not fit. */
static void
list_fill(struct list *l, bool *fits)
{
	uint32_t	i, before;

	*fits = true;
	pf_mutex_lock(&l->pf->ctl);
	for (i = 0; i < PLACES && l->place < PF_STATE_PLACES &&
	    list_wants_more(l); i++) {
		before = l->n;
		if (pf_state_walk_at(l->pf, &l->place, list_one, l))
			continue;
		if (!list_wants_more(l))
			break;			/* no matter what is left */
		l->n = before;
		*fits = before != 0;
		break;
	}
	pf_mutex_unlock(&l->pf->ctl);
}

static int
list_enlarge(struct list *l)
{
	pf_free(l->piece);
	l->size = l->size != 0 ? l->size * 2 : PIECE;
	l->piece = pf_alloc(l->pf, l->size * sizeof(*l->piece));
	return (l->piece != NULL ? 0 : ENOMEM);
}

static int
list_flush(struct list *l)
{
	int	error;

	if (l->n == 0)
		return (0);
	error = pf_copyout(l->pf, l->piece, l->ubuf +
	    l->done * sizeof(*l->piece), l->n * sizeof(*l->piece));
	l->done += l->n;
	l->n = 0;
	return (error);
}

int
pf_ioctl_getstates(struct pf_client *cl, void *arg)
{
	struct pfioc_states	*io = arg;
	struct list		 l = { .pf = cl->pf, .ubuf = io->buf };
	bool			 fits = false;
	int			 error = 0;

	if (io->len == 0) {
		io->len = (uint64_t)pf_atomic_read(&cl->pf->st.n) *
		    sizeof(struct pfsync_state);
		return (0);
	}
	l.room = io->len / sizeof(struct pfsync_state);
	while (error == 0 && l.place < PF_STATE_PLACES && list_wants_more(&l)) {
		if (!fits && (error = list_enlarge(&l)) != 0)
			break;
		list_fill(&l, &fits);
		error = list_flush(&l);
		pf_yield();
	}
	pf_free(l.piece);
	if (error == 0)
		io->len = l.done * sizeof(struct pfsync_state);
	return (error);
}

/*
 * Removal
 */
struct kill {
	struct pf			*pf;
	const struct pfioc_state_kill	*k;
	const struct pf_kif		*kif;	/* of k->ifname; NULL: any */
	uint32_t			 killed;
};

static bool
host_matches(const struct pf_rule_addr *h, const struct pf_addr *addr,
    uint16_t port)
{
	return (pf_addr_masked_eq(addr, &h->addr.v.a.addr,
	    &h->addr.v.a.mask) != h->neg &&
	    pf_match_port(h->port_op, h->port[0], h->port[1], port));
}

/* Whether the state was made on the interface, or in the group, or is bound to
 * the group. */
static bool
is_of_kif(const struct pf_state *s, const struct pf_kif *kif)
{
	return (s->kif == kif || pf_state_group(s) == kif ||
	    pf_kif_is_in(s->kif, kif));
}

/* Whether the ends of the state are those that are meant. */
static bool
ends_match(const struct pfioc_state_kill *k, const struct pf_state *s,
    const struct pf_state_key *key, unsigned int src)
{
	const struct pf_state_more	*more = s->more;

	if (k->by == PF_KILL_GATEWAY)
		return (more != NULL && more->hop.rt != PF_NOPFROUTE &&
		    host_matches(&k->src, &more->hop.gw, 0));
	return ((k->by != PF_KILL_NAT || pf_state_translates(s)) &&
	    host_matches(&k->src, &key->addr[src], key->port[src]) &&
	    host_matches(&k->dst, &key->addr[!src], key->port[!src]));
}

static bool
kill_matches(const struct kill *kill, const struct pf_state *s)
{
	const struct pfioc_state_kill	*k = kill->k;
	/* who sent the first packet: the outer end for a state made going in */
	unsigned int		src = s->direction == PF_IN ?
				    PF_SK_WIRE : PF_SK_STACK;
	struct pf_state_key	key;

	pf_state_key_get(s, k->by == PF_KILL_NAT ? !src : src, &key);
	return ((k->af == 0 || k->af == key.af) &&
	    (k->proto == 0 || k->proto == key.proto) &&
	    (k->direction == 0 || k->direction == s->direction) &&
	    (k->ifname[0] == '\0' || is_of_kif(s, kill->kif)) &&
	    (k->label[0] == '\0' || pf_krule_has_label(s->rule, k->label)) &&
	    ends_match(k, s, &key, src));
}

static bool
kill_one(struct pf_state *s, void *arg)
{
	struct kill	*kill = arg;

	if (kill_matches(kill, s) && pf_state_remove(kill->pf, s))
		kill->killed++;
	return (true);
}

int
pf_ioctl_kill_host(const struct pf_rule_addr *h, uint8_t af)
{
	size_t	used = af == AF_INET ? 4 : af == AF_INET6 ? 16 : 0;

	if (h->addr.type != PF_ADDR_ADDRMASK || h->addr.iflags != 0 ||
	    h->addr.net != 0 || h->addr.pad != 0 || h->addr.cnt != 0 ||
	    !pf_all_zero(h->pad, sizeof(h->pad)) || h->neg > 1 ||
	    h->port_op >= PF_OP_MAX)
		return (EINVAL);
	if (h->port_op == PF_OP_NONE && (h->port[0] != 0 || h->port[1] != 0))
		return (EINVAL);
	/* an address without its family would match of both */
	return (pf_all_zero(h->addr.v.a.addr.addr8 + used, 16 - used) &&
	    pf_all_zero(h->addr.v.a.mask.addr8 + used, 16 - used) ? 0 : EINVAL);
}

static int
check_kill(const struct pfioc_state_kill *k)
{
	if ((k->af != 0 && k->af != AF_INET && k->af != AF_INET6) ||
	    pf_ioctl_kill_host(&k->src, k->af) != 0 ||
	    pf_ioctl_kill_host(&k->dst, k->af) != 0 ||
	    !pf_string_ok(k->ifname, sizeof(k->ifname)) ||
	    !pf_string_ok(k->label, sizeof(k->label)) ||
	    k->by >= PF_KILL_MAX || k->direction > PF_OUT ||
	    !pf_all_zero(k->pad, sizeof(k->pad)))
		return (EINVAL);
	return (0);
}

static int
kill_walk(struct pf_client *cl, struct pfioc_state_kill *k)
{
	struct kill	kill = { .pf = cl->pf, .k = k };
	struct pf_kif	*kif = NULL;

	if (k->ifname[0] != '\0') {
		kif = pf_kif_get(cl->pf, k->ifname);
		if (kif == NULL)
			return (ENOMEM);
	}
	kill.kif = kif;
	pf_state_walk(cl->pf, kill_one, &kill);
	pf_kif_put(cl->pf, kif);
	k->killed = kill.killed;
	return (0);
}

int
pf_ioctl_clrstates(struct pf_client *cl, void *arg)
{
	struct pfioc_state_kill	*k = arg, only;
	int			 error;

	if ((error = check_kill(k)) != 0)
		return (error);
	memset(&only, 0, sizeof(only));
	memcpy(only.ifname, k->ifname, sizeof(only.ifname));
	error = kill_walk(cl, &only);
	k->killed = only.killed;
	return (error);
}

int
pf_ioctl_killstates(struct pf_client *cl, void *arg)
{
	struct pfioc_state_kill	*k = arg;
	struct pf		*pf = cl->pf;
	struct pf_state		*s;
	uint32_t		 creatorid;
	int			 error;

	if ((error = check_kill(k)) != 0)
		return (error);
	if (k->id == 0)
		return (kill_walk(cl, k));
	creatorid = k->creatorid != 0 ? k->creatorid :
	    pf_rcu_deref_locked(pf->conf)->hostid;
	pf_rcu_read_lock();
	s = pf_state_find_id(pf, k->id, creatorid);
	k->killed = s != NULL && pf_state_remove(pf, s);
	pf_rcu_read_unlock();
	return (0);
}
