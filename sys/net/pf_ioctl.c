// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_ioctl.c: clients, the dispatch of requests, and the short requests
 *
 * What it owns.  The pf_clients.
 * Locking.  pf_ioctl() takes pf->ctl, and the handlers run with pf->ctl held,
 * except those of a row that `copies'.
 * Place.  Fifth floor.
 *
 * Every request has a row in commands[]: its number, the size of its argument,
 * whether it changes anything, whether it answers, and its handler.  pf_ioctl()
 * finds the row, checks that the descriptor may do this, takes pf->ctl and
 * calls the handler, which checks the values in the argument.
 *
 * A few requests copy from or to memory of the program besides the argument,
 * which must not happen with pf->ctl held (pf_instance.h).  Their handlers take
 * pf->ctl themselves, between copying in and copying out.
 */
#include "pf_host.h"
#include "pfvar.h"
#include "pf_abi.h"
#include "pf_conf.h"
#include "pf_if.h"
#include "pf_ifgroup.h"
#include "pf_instance.h"
#include "pf_ioctl.h"
#include "pf_overload.h"
#include "pf_statetab.h"
#include "pf_trans.h"

static int
ioctl_start(struct pf_client *cl, void *arg)
{
	struct pf	*pf = cl->pf;
	int		 error;

	(void)arg;
	if (pf->running)
		return (EEXIST);
	error = pf_host_enable(pf);
	if (error != 0)
		return (error);
	pf->running = true;
	pf->since = pf_wallclock(pf);
	return (0);
}

static int
ioctl_stop(struct pf_client *cl, void *arg)
{
	struct pf	*pf = cl->pf;

	(void)arg;
	if (!pf->running)
		return (ENOENT);
	pf_host_disable(pf);
	pf->running = false;
	pf->since = pf_wallclock(pf);
	return (0);
}

static void
status_logif(struct pf *pf, struct pf_status *st, const struct pf_kif *kif)
{
	unsigned int	v6, dir, block;

	memcpy(st->ifname, kif->name, sizeof(st->ifname));
	for (v6 = 0; v6 < 2; v6++)
		for (dir = 0; dir < 2; dir++)
			for (block = 0; block < 2; block++) {
				st->pcounters[v6][dir][block] = pf_kif_sum(pf,
				    kif, PF_KIF_PACKETS(v6, dir, block));
				st->bcounters[v6][dir] += pf_kif_sum(pf, kif,
				    PF_KIF_BYTES(v6, dir, block));
			}
}

static int
ioctl_getstatus(struct pf_client *cl, void *arg)
{
	struct pf		*pf = cl->pf;
	const struct pf_conf	*conf = pf_rcu_deref_locked(pf->conf);
	struct pf_status	*st = arg;
	unsigned int		 i;

	memset(st, 0, sizeof(*st));
	for (i = 0; i < PFRES_MAX; i++)
		st->counters[i] = pf_pcpu_sum(&pf->ctr, PF_CTR_REASON + i);
	for (i = 0; i < LCNT_MAX; i++)
		st->lcounters[i] = pf_pcpu_sum(&pf->ctr, PF_CTR_LIMIT + i);
	for (i = 0; i < FCNT_MAX; i++)
		st->fcounters[i] = pf_pcpu_sum(&pf->ctr, PF_CTR_STATE + i);
	for (i = 0; i < SCNT_MAX; i++)
		st->scounters[i] = pf_pcpu_sum(&pf->ctr, PF_CTR_SOURCE + i);
	st->src_nodes = pf_atomic_read(&pf->sources.n);
	st->fragments = pf_atomic_read(&pf->frags.n);
	st->stateid = pf_state_next_id(pf);
	st->since = pf->since;
	st->states = pf_atomic_read(&pf->st.n);
	st->running = pf->running;
	st->debug = conf->debug;
	st->hostid = conf->hostid;
	if (conf->logif != NULL)
		status_logif(pf, st, conf->logif);
	memcpy(st->pf_chksum, conf->chksum, sizeof(st->pf_chksum));
	return (0);
}

static int
ioctl_clrstatus(struct pf_client *cl, void *arg)
{
	struct pf		*pf = cl->pf;
	const struct pf_conf	*conf = pf_rcu_deref_locked(pf->conf);

	(void)arg;
	pf_pcpu_zero(&pf->ctr, PF_CTR_MAX);
	if (conf->logif != NULL)
		pf_kif_zero(pf, conf->logif);
	pf->since = pf_wallclock(pf);
	return (0);
}

/* Set an option: by the client's transaction if that has options among its
 * elements, else at once. */
static int
set_option(struct pf_client *cl, unsigned int opt, uint32_t value,
    uint32_t *old)
{
	if (!pf_trans_has(cl->trans, PF_TRANS_OPTIONS))
		return (pf_conf_set_option(cl->pf, opt, value, old));
	pf_trans_set_option(cl->trans, opt, value, old);
	return (0);
}

static int
ioctl_setstatusif(struct pf_client *cl, void *arg)
{
	struct pfioc_if	*pi = arg;

	if (!pf_string_ok(pi->ifname, sizeof(pi->ifname)))
		return (EINVAL);
	if (pf_trans_has(cl->trans, PF_TRANS_OPTIONS))
		return (pf_trans_set_logif(cl->pf, cl->trans, pi->ifname));
	return (pf_conf_set_logif(cl->pf, pi->ifname));
}

static int
ioctl_setdebug(struct pf_client *cl, void *arg)
{
	struct pfioc_u32	*v = arg;

	if (v->value > PF_DEBUG_NOISY || v->pad != 0)
		return (EINVAL);
	return (set_option(cl, PF_OPT_DEBUG, v->value, &v->value));
}

static int
ioctl_keepcounters(struct pf_client *cl, void *arg)
{
	struct pfioc_u32	*v = arg;

	if (v->value > 1 || v->pad != 0)
		return (EINVAL);
	return (set_option(cl, PF_OPT_KEEP, v->value, &v->value));
}

static int
ioctl_setreass(struct pf_client *cl, void *arg)
{
	struct pfioc_u32	*v = arg;

	if (v->pad != 0 || (v->value != 0 && v->value != PF_REASS_ENABLED &&
	    v->value != (PF_REASS_ENABLED | PF_REASS_NODF)))
		return (EINVAL);
	return (set_option(cl, PF_OPT_REASS, v->value, &v->value));
}

static int
ioctl_sethostid(struct pf_client *cl, void *arg)
{
	struct pfioc_u32	*v = arg;

	if (v->pad != 0)
		return (EINVAL);
	while (v->value == 0)		/* 0: choose one */
		pf_random(cl->pf, &v->value, sizeof(v->value));
	return (set_option(cl, PF_OPT_HOSTID, v->value, &v->value));
}

static int
ioctl_settimeout(struct pf_client *cl, void *arg)
{
	struct pfioc_tm	*tm = arg;
	uint32_t	 old;
	int		 error;

	if (tm->timeout < 0 || tm->timeout >= PFTM_MAX || tm->seconds < 0 ||
	    tm->seconds > PFTM_VAL_MAX)
		return (EINVAL);
	if (tm->timeout == PFTM_INTERVAL && tm->seconds == 0)
		tm->seconds = 1;
	error = set_option(cl, PF_OPT_TIMEOUT + tm->timeout, tm->seconds, &old);
	if (error == 0)
		tm->seconds = old;
	return (error);
}

static int
ioctl_gettimeout(struct pf_client *cl, void *arg)
{
	struct pfioc_tm	*tm = arg;

	if (tm->timeout < 0 || tm->timeout >= PFTM_MAX)
		return (EINVAL);
	tm->seconds = pf_rcu_deref_locked(cl->pf->conf)->timeout[tm->timeout];
	return (0);
}

/* Whether the present process may set a limit to that.  One that is above the
 * host's ceiling already may be kept or lowered. */
static bool
limit_permitted(struct pf *pf, unsigned int limit, uint32_t value)
{
	return (value <= pf_rcu_deref_locked(pf->conf)->limit[limit] ||
	    value <= pf_host_ceiling(pf, limit) || pf_host_may_exceed(pf));
}

/* A limit may be lower than the number of objects that exist: these stay, and
 * no more are made. */
static int
ioctl_setlimit(struct pf_client *cl, void *arg)
{
	struct pfioc_limit	*pl = arg;

	if (pl->index < 0 || pl->index >= PF_LIMIT_MAX ||
	    pl->limit > PF_LIMIT_VAL_MAX)
		return (EINVAL);
	if (!limit_permitted(cl->pf, (unsigned int)pl->index, pl->limit))
		return (EPERM);
	return (set_option(cl, PF_OPT_LIMIT + pl->index, pl->limit,
	    &pl->limit));
}

static int
ioctl_getlimit(struct pf_client *cl, void *arg)
{
	struct pfioc_limit	*pl = arg;

	if (pl->index < 0 || pl->index >= PF_LIMIT_MAX)
		return (EINVAL);
	pl->limit = pf_rcu_deref_locked(cl->pf->conf)->limit[pl->index];
	return (0);
}

/*
 * All entries are written to memory of our own first.  So much of it is needed
 * as there are interfaces, which is known for sure only when they have been
 * written; another try has more room, and there is a most of them.
 */
static int
ioctl_igetifaces(struct pf_client *cl, void *arg)
{
	struct pfioc_iface	*io = arg;
	struct pf		*pf = cl->pf;
	struct pfi_kif		*kifs = NULL;
	uint32_t		 room = 0, found;
	int			 error = 0;

	if (io->esize != sizeof(struct pfi_kif))
		return (ENODEV);
	if (!pf_string_ok(io->name, sizeof(io->name)) || io->pad != 0)
		return (EINVAL);
	for (;;) {
		pf_mutex_lock(&pf->ctl);
		found = pf_kif_export(pf, io->name, kifs, room);
		pf_mutex_unlock(&pf->ctl);
		if (found <= room || io->size <= room)
			break;
		pf_free(kifs);
		room = found + 64 < io->size ? found + 64 : io->size;
		kifs = pf_alloc(pf, room * sizeof(*kifs));
		if (kifs == NULL)
			return (ENOMEM);
	}
	if (room > found)
		room = found;
	if (room > 0)
		error = pf_copyout(pf, kifs, io->buffer, room * sizeof(*kifs));
	pf_free(kifs);
	if (error == 0)
		io->size = found;
	return (error);
}

/* Set or clear a flag of one name, or clear it of all. */
static int
change_ifflag(struct pf_client *cl, struct pfioc_iface *io, bool set)
{
	struct pf_kif	*kif = NULL;
	bool		 number = set && io->flags == PFI_IFLAG_LINKGROUP;

	if (!pf_string_ok(io->name, sizeof(io->name)) || io->pad != 0 ||
	    (io->flags != PFI_IFLAG_SKIP && io->flags != PFI_IFLAG_LINKGROUP) ||
	    (set && io->name[0] == '\0') || (number && io->size == 0))
		return (EINVAL);
	if (pf_trans_has(cl->trans, PF_TRANS_OPTIONS))
		return (pf_trans_ifflag(cl->pf, cl->trans, io->name, io->flags,
		    io->size, set));
	if (io->name[0] != '\0') {
		kif = pf_kif_get(cl->pf, io->name);
		if (kif == NULL)
			return (ENOMEM);
	}
	pf_trans_set_ifflag(cl->pf, kif, io->flags, io->size, set);
	pf_kif_put(cl->pf, kif);
	pf_kif_apply_skip(cl->pf);
	pf_if_bring(cl->pf);		/* without memory: soon */
	return (0);
}

static int
ioctl_setifflag(struct pf_client *cl, void *arg)
{
	return (change_ifflag(cl, arg, true));
}

static int
ioctl_clrifflag(struct pf_client *cl, void *arg)
{
	return (change_ifflag(cl, arg, false));
}

/*
 * The table
 */
static const struct command {
	uint32_t	cmd;
	uint32_t	size;		/* of the argument */
	bool		write;		/* wants a writable descriptor */
	bool		answers;	/* in its argument */
	bool		copies;		/* takes pf->ctl itself */
	int		(*fn)(struct pf_client *, void *);
} commands[] = {
	{ DIOCSTART, 0, true, false, false, ioctl_start },
	{ DIOCSTOP, 0, true, false, false, ioctl_stop },
	{ DIOCADDRULE, sizeof(struct pfioc_rule), true, false, false,
	    pf_ioctl_addrule },
	{ DIOCGETRULES, sizeof(struct pfioc_rule), false, true, false,
	    pf_ioctl_getrules },
	{ DIOCGETRULE, sizeof(struct pfioc_rule), false, true, false,
	    pf_ioctl_getrule },
	{ DIOCCLRSTATES, sizeof(struct pfioc_state_kill), true, true, false,
	    pf_ioctl_clrstates },
	{ DIOCGETSTATE, sizeof(struct pfioc_state), false, true, false,
	    pf_ioctl_getstate },
	{ DIOCSETSTATUSIF, sizeof(struct pfioc_if), true, false, false,
	    ioctl_setstatusif },
	{ DIOCGETSTATUS, sizeof(struct pf_status), false, true, false,
	    ioctl_getstatus },
	{ DIOCCLRSTATUS, 0, true, false, false, ioctl_clrstatus },
	{ DIOCSETDEBUG, sizeof(struct pfioc_u32), true, true, false, ioctl_setdebug },
	{ DIOCGETSTATES, sizeof(struct pfioc_states), false, true, true,
	    pf_ioctl_getstates },
	{ DIOCSETTIMEOUT, sizeof(struct pfioc_tm), true, true, false,
	    ioctl_settimeout },
	{ DIOCGETTIMEOUT, sizeof(struct pfioc_tm), false, true, false,
	    ioctl_gettimeout },
	{ DIOCCLRRULECTRS, 0, true, false, false, pf_ioctl_clrrulectrs },
	{ DIOCGETLIMIT, sizeof(struct pfioc_limit), false, true, false,
	    ioctl_getlimit },
	{ DIOCSETLIMIT, sizeof(struct pfioc_limit), true, true, false,
	    ioctl_setlimit },
	{ DIOCKILLSTATES, sizeof(struct pfioc_state_kill), true, true, false,
	    pf_ioctl_killstates },
	{ DIOCNATLOOK, sizeof(struct pfioc_natlook), false, true, false,
	    pf_ioctl_natlook },
	{ DIOCBEGINADDRS, sizeof(struct pfioc_pooladdr), true, true, false,
	    pf_ioctl_beginaddrs },
	{ DIOCADDADDR, sizeof(struct pfioc_pooladdr), true, false, false,
	    pf_ioctl_addaddr },
	{ DIOCGETADDRS, sizeof(struct pfioc_pooladdr), false, true, false,
	    pf_ioctl_getaddrs },
	{ DIOCGETADDR, sizeof(struct pfioc_pooladdr), false, true, false,
	    pf_ioctl_getaddr },
	{ DIOCGETRULESETS, sizeof(struct pfioc_ruleset), false, true, false,
	    pf_ioctl_getrulesets },
	{ DIOCGETRULESET, sizeof(struct pfioc_ruleset), false, true, false,
	    pf_ioctl_getruleset },
	{ DIOCXBEGIN, sizeof(struct pfioc_trans), true, false, true,
	    pf_ioctl_xbegin },
	{ DIOCXCOMMIT, sizeof(struct pfioc_trans), true, false, true,
	    pf_ioctl_xcommit },
	{ DIOCXROLLBACK, sizeof(struct pfioc_trans), true, false, true,
	    pf_ioctl_xrollback },
	{ DIOCRCLRTABLES, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rclrtables },
	{ DIOCRADDTABLES, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_raddtables },
	{ DIOCRDELTABLES, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rdeltables },
	{ DIOCRGETTABLES, sizeof(struct pfioc_table), false, true, true,
	    pf_ioctl_rgettables },
	{ DIOCRGETTSTATS, sizeof(struct pfioc_table), false, true, true,
	    pf_ioctl_rgettstats },
	{ DIOCRCLRTSTATS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rclrtstats },
	{ DIOCRCLRADDRS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rclraddrs },
	{ DIOCRADDADDRS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_raddaddrs },
	{ DIOCRDELADDRS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rdeladdrs },
	{ DIOCRSETADDRS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rsetaddrs },
	{ DIOCRGETADDRS, sizeof(struct pfioc_table), false, true, true,
	    pf_ioctl_rgetaddrs },
	{ DIOCRGETASTATS, sizeof(struct pfioc_table), false, true, true,
	    pf_ioctl_rgetastats },
	{ DIOCRCLRASTATS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rclrastats },
	{ DIOCRTSTADDRS, sizeof(struct pfioc_table), false, true, true,
	    pf_ioctl_rtstaddrs },
	{ DIOCRSETTFLAGS, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rsettflags },
	{ DIOCRINADEFINE, sizeof(struct pfioc_table), true, true, true,
	    pf_ioctl_rinadefine },
	{ DIOCOSFPFLUSH, 0, true, false, false, pf_ioctl_osfpflush },
	{ DIOCOSFPADD, sizeof(struct pf_osfp_ioctl), true, false, false,
	    pf_ioctl_osfpadd },
	{ DIOCOSFPGET, sizeof(struct pf_osfp_ioctl), false, true, false,
	    pf_ioctl_osfpget },
	{ DIOCGETSRCNODES, sizeof(struct pfioc_src_nodes), false, true, true,
	    pf_ioctl_getsrcnodes },
	{ DIOCCLRSRCNODES, 0, true, false, false, pf_ioctl_clrsrcnodes },
	{ DIOCKILLSRCNODES, sizeof(struct pfioc_src_node_kill), true, true,
	    false, pf_ioctl_killsrcnodes },
	{ DIOCSETHOSTID, sizeof(struct pfioc_u32), true, true, false,
	    ioctl_sethostid },
	{ DIOCIGETIFACES, sizeof(struct pfioc_iface), false, true, true,
	    ioctl_igetifaces },
	{ DIOCSETIFFLAG, sizeof(struct pfioc_iface), true, false, false,
	    ioctl_setifflag },
	{ DIOCCLRIFFLAG, sizeof(struct pfioc_iface), true, false, false,
	    ioctl_clrifflag },
	{ DIOCSETREASS, sizeof(struct pfioc_u32), true, true, false,
	    ioctl_setreass },
	{ DIOCKEEPCOUNTERS, sizeof(struct pfioc_u32), true, true, false,
	    ioctl_keepcounters },
};
static_assert(sizeof(struct pfioc_rule) <= PF_IOCTL_ARG_MAX, "the largest");

static const struct command *
command_find(uint32_t cmd)
{
	unsigned int	i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].cmd == cmd)
			return (&commands[i]);
	return (NULL);
}

bool
pf_ioctl_answers(uint32_t cmd)
{
	const struct command	*c = command_find(cmd);

	return (c != NULL && c->answers);
}

int
pf_ioctl(struct pf_client *cl, uint32_t cmd, void *arg, bool writable)
{
	const struct command	*c = command_find(cmd);
	int			 error;

	if (c == NULL)
		return (ENOTTY);
	if (c->write && !writable)
		return (EACCES);
	if (c->size != 0 && arg == NULL)
		return (EFAULT);
	pf_mutex_lock(&cl->pf->ctl);
	pf_overloads_settle(cl->pf);	/* programs see what packets see */
	cl->writable = writable;
	if (c->copies) {
		pf_mutex_unlock(&cl->pf->ctl);
		return (c->fn(cl, arg));
	}
	error = c->fn(cl, arg);
	pf_mutex_unlock(&cl->pf->ctl);
	return (error);
}

struct pf_client *
pf_client_open(struct pf *pf, uint32_t pid, uint32_t uid)
{
	struct pf_client	*cl;

	cl = pf_alloc(pf, sizeof(*cl));
	if (cl == NULL)
		return (NULL);
	cl->pf = pf;
	cl->pid = pid;
	cl->uid = uid;
	return (cl);
}

void
pf_client_close(struct pf_client *cl)
{
	struct pf	*pf = cl->pf;

	pf_mutex_lock(&pf->ctl);
	if (cl->trans != NULL) {
		pf_trans_abort(pf, cl->trans);
		pf->trans = NULL;
	}
	pf_mutex_unlock(&pf->ctl);
	pf_free(cl->evals);
	pf_free(cl);
}
