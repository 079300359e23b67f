// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * unit.c: short cuts of the unit tests; unit.h has the contracts.  All go
 * through pf_ioctl(), as a program would.
 *
 * Owns the place to jump to from an expected panic.  Locking: none.
 */
#include <arpa/inet.h>

#include "unit.h"

jmp_buf unit_panic_env;
char unit_panic_msg[512];

void
unit_panic_hook(const char *msg)
{
	snprintf(unit_panic_msg, sizeof(unit_panic_msg), "%s", msg);
	longjmp(unit_panic_env, 1);
}

void
unit_reset(void)
{
	sim_panic_hook = NULL;
	sim_yield_hook = NULL;
	sim_exclusive = false;
	sim_fail_alloc(0);
	sim_lock_reset();
	sim_rcu_lazy(false);
}

static int
one_ioctl(struct sim_node *n, unsigned long cmd, void *arg)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	int error;

	if (cl == NULL)
		return (ENOMEM);
	error = sim_ioctl(n, cl, cmd, arg);
	pf_client_close(cl);
	sim_lock_check_idle("pf_client_close");
	return (error);
}

int
unit_setup(void **state)
{
	static struct unit_node u;

	unit_reset();
	u.sim = sim_new(3);
	u.n = sim_node_new(u.sim, "n");
	assert_non_null(u.n);
	assert_int_equal(sim_if_add(u.n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(u.n, 2, "eth1"), 0);
	assert_int_equal(unit_enable(u.n), 0);
	*state = &u;
	return (0);
}

int
unit_teardown(void **state)
{
	struct unit_node *u = *state;

	unit_reset();
	sim_free(u->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

struct pf_rule
unit_rule(int action)
{
	struct pf_rule r;

	memset(&r, 0, sizeof(r));
	r.action = (uint8_t)action;
	r.rtableid = -1;
	if (action == PF_PASS) {
		r.keep_state = PF_STATE_NORMAL;
		r.flags = 0x02;
		r.flagset = 0x12;
	}
	return (r);
}

void
unit_addr(struct pf_rule_addr *ra, const char *prefix)
{
	struct pf_addr_wrap *w = &ra->addr;
	char buf[64], *slash;
	unsigned int plen;
	int max;

	memset(w, 0, sizeof(*w));
	if (prefix == NULL)
		return;
	if (prefix[0] == '<') {
		w->type = PF_ADDR_TABLE;
		snprintf(w->v.tblname, sizeof(w->v.tblname), "%.*s",
		    (int)strcspn(prefix + 1, ">"), prefix + 1);
		return;
	}
	snprintf(buf, sizeof(buf), "%s", prefix);
	slash = strchr(buf, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, buf, &w->v.a.addr) == 1)
		max = 32;
	else if (inet_pton(AF_INET6, buf, &w->v.a.addr) == 1)
		max = 128;
	else
		fail_msg("address %s", prefix);
	plen = slash != NULL ? (unsigned int)atoi(slash) : (unsigned int)max;
	for (unsigned int i = 0; i < plen; i++)
		w->v.a.mask.addr8[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static int
load_all(struct sim_node *n, struct pf_client *cl, const struct pf_rule *rules,
    uint32_t nrules)
{
	struct pfioc_trans_e e;
	struct pfioc_trans t;
	struct pfioc_rule *pr;
	int error;

	memset(&e, 0, sizeof(e));
	e.type = PF_RULESET_FILTER;
	memset(&t, 0, sizeof(t));
	t.size = 1;
	t.esize = sizeof(e);
	t.array = (uint64_t)(uintptr_t)&e;
	error = sim_ioctl(n, cl, DIOCXBEGIN, &t);
	if (error != 0)
		return (error);
	pr = calloc(1, sizeof(*pr));
	assert_non_null(pr);
	for (uint32_t i = 0; i < nrules && error == 0; i++) {
		memset(pr, 0, sizeof(*pr));
		pr->ticket = e.ticket;
		pr->ruleset = PF_RULESET_FILTER;
		pr->rule = rules[i];
		error = sim_ioctl(n, cl, DIOCADDRULE, pr);
	}
	free(pr);
	if (error == 0)
		error = sim_ioctl(n, cl, DIOCXCOMMIT, &t);
	return (error);
}

int
unit_load(struct sim_node *n, const struct pf_rule *rules, uint32_t nrules)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	int error;

	if (cl == NULL)
		return (ENOMEM);
	error = load_all(n, cl, rules, nrules);
	pf_client_close(cl);		/* drops what was not committed */
	sim_lock_check_idle("pf_client_close");
	return (error);
}

int
unit_enable(struct sim_node *n)
{
	return (one_ioctl(n, DIOCSTART, NULL));
}

int
unit_disable(struct sim_node *n)
{
	return (one_ioctl(n, DIOCSTOP, NULL));
}

int
unit_timeout(struct sim_node *n, int which, uint32_t seconds)
{
	struct pfioc_tm tm = { which, (int32_t)seconds };

	return (one_ioctl(n, DIOCSETTIMEOUT, &tm));
}

int
unit_reassemble(struct sim_node *n, uint32_t how)
{
	struct pfioc_u32 v = { how, 0 };

	return (one_ioctl(n, DIOCSETREASS, &v));
}

int
unit_limit(struct sim_node *n, int which, uint32_t limit)
{
	struct pfioc_limit l = { which, limit };

	return (one_ioctl(n, DIOCSETLIMIT, &l));
}

void
unit_status(struct sim_node *n, struct pf_status *st)
{
	assert_int_equal(one_ioctl(n, DIOCGETSTATUS, st), 0);
}

void
unit_get_rule(struct sim_node *n, uint32_t nr, struct pf_rule *r)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));

	assert_non_null(cl);
	assert_non_null(pr);
	pr->ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(n, cl, DIOCGETRULES, pr), 0);
	assert_true(nr < pr->nr);
	pr->nr = nr;
	pr->action = PF_GET_NONE;
	assert_int_equal(sim_ioctl(n, cl, DIOCGETRULE, pr), 0);
	*r = pr->rule;
	free(pr);
	pf_client_close(cl);
}

uint32_t
unit_states(struct sim_node *n, struct pfsync_state **states)
{
	struct pfioc_states ps = { 0, 0 };
	uint64_t len;

	assert_int_equal(one_ioctl(n, DIOCGETSTATES, &ps), 0);
	len = ps.len;
	*states = calloc(1, len + sizeof(**states));
	assert_non_null(*states);
	ps.buf = (uint64_t)(uintptr_t)*states;
	ps.len = len + sizeof(**states);
	assert_int_equal(one_ioctl(n, DIOCGETSTATES, &ps), 0);
	assert_true(ps.len <= len);
	assert_int_equal(ps.len % sizeof(**states), 0);
	return ((uint32_t)(ps.len / sizeof(**states)));
}

/* A digest that does not care for order. */
static uint64_t
digest(const void *mem, size_t len)
{
	static const struct pf_siphash_key key = { { 5, 6 } };

	return (sim_siphash(mem, len, &key));
}

static void
snap_ifs(struct sim_node *n, struct unit_snap *s)
{
	struct pfioc_iface io;
	struct pfi_kif *k;

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(*k);
	assert_int_equal(one_ioctl(n, DIOCIGETIFACES, &io), 0);
	s->nifs = io.size;
	k = calloc(io.size + 1, sizeof(*k));
	assert_non_null(k);
	io.buffer = (uint64_t)(uintptr_t)k;
	assert_int_equal(one_ioctl(n, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, s->nifs);
	for (uint32_t i = 0; i < io.size; i++)
		s->ifs += digest(&k[i], sizeof(k[i]));
	free(k);
}

static void
snap_rules(struct sim_node *n, struct unit_snap *s)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));

	assert_non_null(cl);
	assert_non_null(pr);
	for (uint32_t rs = 0; rs < PF_RULESET_MAX; rs++) {
		memset(pr, 0, sizeof(*pr));
		pr->ruleset = rs;
		assert_int_equal(sim_ioctl(n, cl, DIOCGETRULES, pr), 0);
		s->rules += pr->ticket;
		s->nrules += pr->nr;
		for (uint32_t i = 0, nr = pr->nr; i < nr; i++) {
			pr->nr = i;
			assert_int_equal(sim_ioctl(n, cl, DIOCGETRULE, pr), 0);
			s->rules += digest(&pr->rule, sizeof(pr->rule)) +
			    rs * i;
		}
	}
	free(pr);
	pf_client_close(cl);
}

void
unit_snap(struct sim_node *n, struct unit_snap *s)
{
	struct pfsync_state *states;

	memset(s, 0, sizeof(*s));
	unit_status(n, &s->status);
	for (int i = 0; i < PFTM_MAX; i++) {
		struct pfioc_tm tm = { i, 0 };

		assert_int_equal(one_ioctl(n, DIOCGETTIMEOUT, &tm), 0);
		s->timeout[i] = tm.seconds;
	}
	for (int i = 0; i < PF_LIMIT_MAX; i++) {
		struct pfioc_limit l = { i, 0 };

		assert_int_equal(one_ioctl(n, DIOCGETLIMIT, &l), 0);
		s->limit[i] = l.limit;
	}
	snap_rules(n, s);
	snap_ifs(n, s);
	s->nstates = unit_states(n, &states);
	for (uint32_t i = 0; i < s->nstates; i++)
		s->states += digest(&states[i], sizeof(states[i]));
	free(states);
}

void
unit_add_rule(struct sim_node *n, struct pf_client *cl, uint32_t ticket,
    uint32_t ruleset, const struct pf_rule *r, const char *pool)
{
	struct pfioc_pooladdr pp;
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	struct pf_rule_addr a;

	assert_non_null(pr);
	memset(&pp, 0, sizeof(pp));
	assert_int_equal(sim_ioctl(n, cl, DIOCBEGINADDRS, &pp), 0);
	if (pool != NULL) {
		memset(&pp, 0, sizeof(pp));
		pp.ticket = ticket;
		pp.ruleset = ruleset;
		pp.which = PF_POOL_RDR;
		unit_addr(&a, pool);
		pp.addr.addr = a.addr;
		assert_int_equal(sim_ioctl(n, cl, DIOCADDADDR, &pp), 0);
	}
	pr->ticket = ticket;
	pr->ruleset = ruleset;
	pr->rule = *r;
	assert_int_equal(sim_ioctl(n, cl, DIOCADDRULE, pr), 0);
	free(pr);
}
