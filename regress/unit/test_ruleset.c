// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_ruleset.c: transactions, options inside and outside of them, memory that fails
 * at every request, counters of evaluations, very long rulesets.
 */
#include "unit.h"
#include "pf_conf.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*a, *b;		/* two programs */
};

/* A transaction as a program holds it. */
struct trans {
	struct pfioc_trans	 io;
	struct pfioc_trans_e	 e[2];
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(13);
	f.n = sim_node_new(f.sim, "n");
	assert_int_equal(sim_if_add(f.n, 1, "eth0"), 0);
	f.a = pf_client_open(f.n->pf, 100, 1);
	f.b = pf_client_open(f.n->pf, 200, 2);
	assert_non_null(f.a);
	assert_non_null(f.b);
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	unit_reset();
	if (f->a != NULL)
		pf_client_close(f->a);
	if (f->b != NULL)
		pf_client_close(f->b);
	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

/* Filter rules, and options if so. */
static void
prepare(struct trans *t, bool options)
{
	memset(t, 0, sizeof(*t));
	t->e[0].type = PF_RULESET_FILTER;
	t->e[1].type = PF_TRANS_OPTIONS;
	t->io.size = options ? 2 : 1;
	t->io.esize = sizeof(t->e[0]);
	t->io.array = (uint64_t)(uintptr_t)t->e;
}

static int
begin(struct fix *f, struct pf_client *cl, struct trans *t, bool options)
{
	prepare(t, options);
	return (sim_ioctl(f->n, cl, DIOCXBEGIN, &t->io));
}

/* Options alone: the rules stay. */
static int
begin_options(struct fix *f, struct pf_client *cl, struct trans *t)
{
	prepare(t, true);
	t->io.size = 1;
	t->io.array = (uint64_t)(uintptr_t)&t->e[1];
	return (sim_ioctl(f->n, cl, DIOCXBEGIN, &t->io));
}

static int
add(struct fix *f, struct pf_client *cl, uint32_t ticket, const struct pf_rule *r)
{
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	int error;

	assert_non_null(pr);
	pr->ticket = ticket;
	pr->ruleset = PF_RULESET_FILTER;
	pr->rule = *r;
	error = sim_ioctl(f->n, cl, DIOCADDRULE, pr);
	free(pr);
	return (error);
}

static int
commit(struct fix *f, struct pf_client *cl, struct trans *t)
{
	return (sim_ioctl(f->n, cl, DIOCXCOMMIT, &t->io));
}

static int
set_timeout(struct fix *f, struct pf_client *cl, int which, int32_t seconds)
{
	struct pfioc_tm tm = { which, seconds };

	return (sim_ioctl(f->n, cl, DIOCSETTIMEOUT, &tm));
}

static int32_t
get_timeout(struct fix *f, int which)
{
	struct pfioc_tm tm = { which, 0 };

	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETTIMEOUT, &tm), 0);
	return (tm.seconds);
}

static int
set_debug(struct fix *f, struct pf_client *cl, uint32_t level)
{
	struct pfioc_u32 v = { level, 0 };

	return (sim_ioctl(f->n, cl, DIOCSETDEBUG, &v));
}

static int
set_logif(struct fix *f, struct pf_client *cl, const char *name)
{
	struct pfioc_if pi;

	memset(&pi, 0, sizeof(pi));
	strcpy(pi.ifname, name);
	return (sim_ioctl(f->n, cl, DIOCSETSTATUSIF, &pi));
}

static int
set_skip(struct fix *f, struct pf_client *cl, const char *name, bool on)
{
	struct pfioc_iface io;

	memset(&io, 0, sizeof(io));
	strcpy(io.name, name);
	io.flags = PFI_IFLAG_SKIP;
	return (sim_ioctl(f->n, cl, on ? DIOCSETIFFLAG : DIOCCLRIFFLAG, &io));
}

static struct pf_pkt *
udp(const char *src, uint16_t dport)
{
	return (sim_pkt_build(&(struct sim_spec){ .src = src,
	    .dst = "10.9.9.9", .proto = IPPROTO_UDP, .sport = 7,
	    .dport = dport }));
}

static bool
passes(struct fix *f, const char *src, uint16_t dport)
{
	return (sim_test_free(f->n, PF_IN, 1, udp(src, dport)) == PF_PASS);
}

static void
same(struct fix *f, const struct unit_snap *before, const char *what)
{
	struct unit_snap now;

	unit_snap(f->n, &now);
	if (memcmp(&now, before, sizeof(now)) != 0)
		fail_msg("%s: something has changed", what);
}

/* One at a time, and only by who began it; what ends it otherwise. */
static void
test_one_transaction(void **state)
{
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_DROP);
	struct unit_snap before;
	struct trans ta, tb, other;

	unit_snap(f->n, &before);
	assert_int_equal(begin(f, f->a, &ta, true), 0);
	assert_int_not_equal(ta.e[0].ticket, 0);
	assert_int_equal(begin(f, f->b, &tb, true), EBUSY);
	assert_int_equal(begin(f, f->a, &tb, true), EBUSY);
	other = ta;
	other.io.array = (uint64_t)(uintptr_t)other.e;
	assert_int_equal(add(f, f->b, ta.e[0].ticket, &r), EBUSY);
	assert_int_equal(commit(f, f->b, &ta), EBUSY);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCXROLLBACK, &ta.io), EBUSY);

	/* Wrong tickets, elements missing or of another kind: it stays open. */
	assert_int_equal(add(f, f->a, ta.e[0].ticket + 1, &r), EBUSY);
	assert_int_equal(add(f, f->a, ta.e[0].ticket, &r), 0);
	other.e[1].ticket++;
	assert_int_equal(commit(f, f->a, &other), EBUSY);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXROLLBACK, &other.io), EBUSY);
	other.e[1] = ta.e[1];
	other.io.size = 1;
	assert_int_equal(commit(f, f->a, &other), EINVAL);
	other.io.size = 2;
	other.e[1].type = PF_RULESET_NAT;
	assert_int_equal(commit(f, f->a, &other), EINVAL);
	other.e[1].type = PF_TRANS_MAX;
	assert_int_equal(commit(f, f->a, &other), EINVAL);
	other.e[1].type = PF_TRANS_OPTIONS;
	memset(other.e[1].anchor, 'a', sizeof(other.e[1].anchor));
	assert_int_equal(commit(f, f->a, &other), EINVAL);
	same(f, &before, "an open transaction");

	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXROLLBACK, &ta.io), 0);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXROLLBACK, &ta.io), EBUSY);
	assert_int_equal(commit(f, f->a, &ta), EBUSY);
	assert_int_equal(begin(f, f->b, &tb, false), 0);
	assert_int_not_equal(tb.e[0].ticket, ta.e[0].ticket);
	assert_int_equal(add(f, f->b, tb.e[0].ticket, &r), 0);
	/* Who dies rolls back. */
	pf_client_close(f->b);
	f->b = NULL;
	same(f, &before, "a client that has gone");
	assert_int_equal(begin(f, f->a, &ta, false), 0);
	assert_int_equal(commit(f, f->a, &ta), 0);
}

static void
test_bad_elements(void **state)
{
	struct fix *f = *state;
	struct unit_snap before;
	struct trans t;

	unit_snap(f->n, &before);
	prepare(&t, true);
	t.e[1].type = PF_RULESET_FILTER;		/* twice */
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EINVAL);
	t.e[1].type = PF_TRANS_MAX;
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EINVAL);
	t.e[1].type = PF_TRANS_ALTQ;
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EOPNOTSUPP);
	t.e[1].type = PF_TRANS_OPTIONS;
	t.e[1].anchor[0] = 'a';
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EINVAL);
	memset(t.e[1].anchor, 'a', sizeof(t.e[1].anchor));
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EINVAL);
	/* The second element is out of reach. */
	prepare(&t, true);
	assert_int_equal(sim_user_region(f->n, &t.e[0], sizeof(t.e[0])), 0);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXBEGIN, &t.io), EFAULT);
	sim_user_clear(f->n);
	same(f, &before, "bad elements");
	assert_int_equal(begin(f, f->a, &t, true), 0);
}

/* Options of a transaction wait for its commit, and it takes along what it has said only. */
static void
test_options(void **state)
{
	struct fix *f = *state;
	struct pfioc_limit pl = { PF_LIMIT_STATES, 500 };
	struct unit_snap before, after;
	struct trans t;

	assert_int_equal(set_logif(f, f->b, "eth0"), 0);
	unit_snap(f->n, &before);
	assert_int_equal(begin(f, f->a, &t, true), 0);
	assert_int_equal(set_timeout(f, f->a, PFTM_UDP_SINGLE, 7), 0);
	assert_int_equal(set_timeout(f, f->a, PFTM_FRAG, 8), 0);
	assert_int_equal(set_debug(f, f->a, PF_DEBUG_NOISY), 0);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCSETLIMIT, &pl), 0);
	assert_int_equal(pl.limit, PFSTATE_HIWAT);
	assert_int_equal(set_skip(f, f->a, "eth0", true), 0);
	same(f, &before, "options of an open transaction");

	/* Meanwhile the other one sets some at once. */
	assert_int_equal(set_timeout(f, f->b, PFTM_FRAG, 9), 0);
	assert_int_equal(set_timeout(f, f->b, PFTM_TCP_OPENING, 11), 0);
	assert_int_equal(set_logif(f, f->b, "eth5"), 0);
	assert_int_equal(get_timeout(f, PFTM_FRAG), 9);
	assert_int_equal(commit(f, f->a, &t), 0);
	unit_snap(f->n, &after);
	assert_int_equal(after.timeout[PFTM_UDP_SINGLE], 7);
	assert_int_equal(after.timeout[PFTM_FRAG], 8);
	assert_int_equal(after.timeout[PFTM_TCP_OPENING], 11);
	assert_int_equal(after.timeout[PFTM_UDP_MULTIPLE],
	    before.timeout[PFTM_UDP_MULTIPLE]);
	assert_int_equal(after.status.debug, PF_DEBUG_NOISY);
	assert_int_equal(after.limit[PF_LIMIT_STATES], 500);
	assert_int_equal(after.limit[PF_LIMIT_FRAGS], before.limit[PF_LIMIT_FRAGS]);
	assert_int_equal(after.status.hostid, before.status.hostid);
	assert_string_equal(after.status.ifname, "eth5");

	/* A transaction that has said of the interface what the other says too. */
	assert_int_equal(begin(f, f->a, &t, true), 0);
	assert_int_equal(set_logif(f, f->a, ""), 0);
	assert_int_equal(set_logif(f, f->b, "eth6"), 0);
	assert_int_equal(commit(f, f->a, &t), 0);
	unit_snap(f->n, &after);
	assert_string_equal(after.status.ifname, "");

	/* Without an element for them, options do not wait. */
	assert_int_equal(begin(f, f->a, &t, false), 0);
	assert_int_equal(set_timeout(f, f->a, PFTM_UDP_SINGLE, 70), 0);
	assert_int_equal(get_timeout(f, PFTM_UDP_SINGLE), 70);
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXROLLBACK, &t.io), 0);
	assert_int_equal(get_timeout(f, PFTM_UDP_SINGLE), 70);
	/* The names that are spoken of no longer go. */
	assert_int_equal(set_skip(f, f->a, "", false), 0);
	sim_seconds(f->sim, 2);
	sim_rcu_quiesce();
	assert_int_equal(f->n->pf->ifs.n, 2);	/* eth0 and eth */
}

/* `set skip' in its order, and packets under it. */
static void
test_skip(void **state)
{
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_DROP);
	struct trans t;

	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_enable(f->n), 0);
	assert_false(passes(f, "10.0.0.1", 53));
	assert_int_equal(begin_options(f, f->a, &t), 0);
	assert_int_equal(set_skip(f, f->a, "eth0", true), 0);
	assert_false(passes(f, "10.0.0.1", 53));
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCXROLLBACK, &t.io), 0);
	assert_false(passes(f, "10.0.0.1", 53));
	assert_int_equal(begin_options(f, f->a, &t), 0);
	assert_int_equal(set_skip(f, f->a, "eth0", true), 0);
	assert_int_equal(commit(f, f->a, &t), 0);
	assert_true(passes(f, "10.0.0.1", 53));
	/* Clear all, then set one; and the other way round. */
	assert_int_equal(begin_options(f, f->a, &t), 0);
	assert_int_equal(set_skip(f, f->a, "", false), 0);
	assert_int_equal(set_skip(f, f->a, "eth0", true), 0);
	assert_int_equal(commit(f, f->a, &t), 0);
	assert_true(passes(f, "10.0.0.1", 53));
	assert_int_equal(begin_options(f, f->a, &t), 0);
	assert_int_equal(set_skip(f, f->a, "eth0", true), 0);
	assert_int_equal(set_skip(f, f->a, "", false), 0);
	assert_int_equal(commit(f, f->a, &t), 0);
	assert_false(passes(f, "10.0.0.1", 53));
	/* However often it was set, cleared once it is forgotten. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(set_skip(f, f->a, "eth7", true), 0);
	pf_purge(f->n->pf);
	assert_int_equal(f->n->pf->ifs.n, 3);
	for (int i = 0; i < 2; i++)
		assert_int_equal(set_skip(f, f->a, "eth7", false), 0);
	pf_purge(f->n->pf);
	assert_int_equal(f->n->pf->ifs.n, 2);	/* eth0 and eth */
}

/*
 * Requests with every allocation failing in turn.  Each is made in a world of its own, after
 * those that it depends on, until it succeeds.
 */
enum request { R_TIMEOUT, R_LIMIT, R_DEBUG, R_HOSTID, R_LOGIF, R_SKIP, R_UNSKIP,
	R_BEGIN, R_GETRULES, R_GETSTATES, R_IFACES, R_OPEN,
	R_T_RULE, R_T_TIMEOUT, R_T_LOGIF, R_T_SKIP, R_T_ROLLBACK, R_T_COMMIT, R_MAX };

static int
request(struct fix *f, enum request what, struct trans *t)
{
	struct pf_rule r = unit_rule(PF_PASS);
	struct pfioc_limit pl = { PF_LIMIT_STATES, 7 };
	struct pfsync_state states[2];
	struct pfioc_states ps = { sizeof(states), (uint64_t)(uintptr_t)states };
	struct pfioc_u32 v = { 99, 0 };
	struct pfioc_rule *pr;
	struct pfioc_iface io;
	struct pf_client *cl;
	int error;

	switch (what) {
	case R_TIMEOUT:
	case R_T_TIMEOUT:
		return (set_timeout(f, f->a, PFTM_FRAG, 99));
	case R_LIMIT:
		return (sim_ioctl(f->n, f->a, DIOCSETLIMIT, &pl));
	case R_DEBUG:
		return (set_debug(f, f->a, PF_DEBUG_NOISY));
	case R_HOSTID:
		return (sim_ioctl(f->n, f->a, DIOCSETHOSTID, &v));
	case R_LOGIF:
	case R_T_LOGIF:
		return (set_logif(f, f->a, "new0"));
	case R_SKIP:
	case R_T_SKIP:
		return (set_skip(f, f->a, "new1", true));
	case R_UNSKIP:
		return (set_skip(f, f->a, "new2", false));
	case R_BEGIN:
		return (begin(f, f->a, t, true));
	case R_GETRULES:
		pr = calloc(1, sizeof(*pr));
		pr->ruleset = PF_RULESET_FILTER;
		error = sim_ioctl(f->n, f->a, DIOCGETRULES, pr);
		free(pr);
		return (error);
	case R_GETSTATES:
		return (sim_ioctl(f->n, f->a, DIOCGETSTATES, &ps));
	case R_IFACES:
		memset(&io, 0, sizeof(io));
		io.esize = sizeof(struct pfi_kif);
		return (sim_ioctl(f->n, f->a, DIOCIGETIFACES, &io));
	case R_OPEN:
		cl = pf_client_open(f->n->pf, 1, 0);
		if (cl != NULL)
			pf_client_close(cl);
		return (cl != NULL ? 0 : ENOMEM);
	case R_T_RULE:
		strcpy(r.ifname, "new3");
		return (add(f, f->a, t->e[0].ticket, &r));
	case R_T_ROLLBACK:
		return (sim_ioctl(f->n, f->a, DIOCXROLLBACK, &t->io));
	case R_T_COMMIT:
		return (commit(f, f->a, t));
	case R_MAX:
		break;
	}
	return (-1);
}

static void
one_failing(void **state, enum request what)
{
	static const bool allocates[R_MAX] = { [R_TIMEOUT] = true,
	    [R_LIMIT] = true, [R_DEBUG] = true, [R_HOSTID] = true, [R_LOGIF] = true,
	    [R_SKIP] = true, [R_UNSKIP] = true, [R_BEGIN] = true,
	    [R_GETRULES] = true, [R_GETSTATES] = true, [R_OPEN] = true,
	    [R_T_RULE] = true, [R_T_LOGIF] = true, [R_T_SKIP] = true,
	    [R_T_COMMIT] = true, [R_T_ROLLBACK] = true };
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_PASS);
	struct unit_snap before;
	struct trans t;
	unsigned long n, held;
	int error;

	r.flags = r.flagset = 0;
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_enable(f->n), 0);
	assert_true(passes(f, "10.0.0.1", 53));
	if (what >= R_T_RULE) {
		assert_int_equal(begin(f, f->a, &t, true), 0);
		if (what > R_T_RULE) {
			strcpy(r.ifname, "eth8");
			assert_int_equal(add(f, f->a, t.e[0].ticket, &r), 0);
			assert_int_equal(set_logif(f, f->a, "eth8"), 0);
		}
	}
	unit_snap(f->n, &before);
	held = sim_mem_live_all();
	for (n = 1;; n++) {
		assert_true(n < 100);
		sim_fail_alloc(n);
		error = request(f, what, &t);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		if (error != ENOMEM)
			fail_msg("request %u: errno %d, not ENOMEM", what, error);
		pf_purge(f->n->pf);		/* names that nobody wants go */
		sim_rcu_quiesce();
		/* A rule may keep the room that was made for it. */
		if (sim_mem_live_all() > held + (what == R_T_RULE ||
		    what == R_T_SKIP))
			fail_msg("request %u: %lu objects more", what,
			    sim_mem_live_all() - held);
		same(f, &before, "memory that failed");
	}
	sim_fail_alloc(0);
	if (error != 0)
		fail_msg("request %u: errno %d with memory", what, error);
	if ((n > 1) != allocates[what])
		fail_msg("request %u: %lu allocations", what, n - 1);
}

static void
test_failing_requests(void **state)
{
	for (unsigned int what = 0; what < R_MAX; what++) {
		one_failing(state, what);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

/* What evaluations should be: the walk by the skip steps that the rules themselves show. */
#define NRULES	60

static int
first_failure(const struct pf_rule *r, uint32_t src, uint16_t dport)
{
	if (r->direction == PF_OUT)
		return (PF_SKIP_DIR);
	if (r->af == AF_INET6)
		return (PF_SKIP_AF);
	if (r->proto != 0 && r->proto != IPPROTO_UDP)
		return (PF_SKIP_PROTO);
	if (((r->src.addr.v.a.addr.v4 ^ src) & r->src.addr.v.a.mask.v4) != 0)
		return (PF_SKIP_SRC_ADDR);
	if (r->dst.port_op == PF_OP_EQ && r->dst.port[0] != htons(dport))
		return (PF_SKIP_DST_PORT);
	return (PF_SKIP_COUNT);
}

static void
walk(struct fix *f, const struct pf_rule *r, uint64_t *evals, unsigned int host,
    uint16_t dport)
{
	char src[32];
	uint32_t i = 0;

	snprintf(src, sizeof(src), "10.0.0.%u", host);
	passes(f, src, dport);
	while (i < NRULES) {
		int why = first_failure(&r[i], htonl(0x0a000000 + host), dport);

		evals[i]++;
		if (why == PF_SKIP_COUNT && r[i].quick)
			break;
		i = why < PF_SKIP_COUNT ? r[i].skip[why] : i + 1;
	}
}

static void
check_evals(struct fix *f, const uint64_t *evals)
{
	struct pf_rule r;

	for (uint32_t i = 0; i < NRULES; i++) {
		unit_get_rule(f->n, i, &r);
		if (r.evaluations != evals[i])
			fail_msg("rule %u: %llu evaluations, not %llu", i,
			    (unsigned long long)r.evaluations,
			    (unsigned long long)evals[i]);
	}
}

static void
test_evaluations(void **state)
{
	static struct pf_rule r[NRULES];
	struct fix *f = *state;
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	uint64_t evals[NRULES] = { 0 };
	struct pf_krule *kr;

	for (uint32_t i = 0; i < NRULES; i++) {
		r[i] = unit_rule(PF_DROP);
		r[i].direction = (uint8_t)(sim_random(f->sim) % 3);
		r[i].quick = sim_random(f->sim) % 16 == 0;
		if (sim_random(f->sim) % 2 == 0) {
			r[i].proto = i % 8 < 4 ? IPPROTO_TCP : IPPROTO_UDP;
			r[i].dst.port_op = PF_OP_EQ;
			r[i].dst.port[0] = htons((uint16_t)(1 + sim_random(f->sim) % 3));
		}
		if (sim_random(f->sim) % 2 == 0) {
			char a[32];

			r[i].af = AF_INET;
			snprintf(a, sizeof(a), "10.0.0.%u",
			    (unsigned int)(sim_random(f->sim) % 3));
			unit_addr(&r[i].src, a);
		} else if (sim_random(f->sim) % 4 == 0)
			r[i].af = AF_INET6;
	}
	r[NRULES - 1] = r[NRULES - 2];
	assert_int_equal(unit_load(f->n, r, NRULES), 0);
	assert_int_equal(unit_enable(f->n), 0);
	for (uint32_t i = 0; i < NRULES; i++)
		unit_get_rule(f->n, i, &r[i]);
	for (int p = 0; p < 500; p++)
		walk(f, r, evals, (unsigned int)(sim_random(f->sim) % 4),
		    (uint16_t)(1 + sim_random(f->sim) % 4));
	check_evals(f, evals);

	/* Clear some of them; the others stay, and all count on. */
	assert_non_null(pr);
	pr->ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCGETRULES, pr), 0);
	pr->action = PF_GET_CLR_CNTR;
	for (pr->nr = 3; pr->nr < NRULES; pr->nr += 7) {
		uint32_t nr = pr->nr;

		assert_int_equal(sim_ioctl(f->n, f->a, DIOCGETRULE, pr), 0);
		assert_int_equal(pr->rule.evaluations, evals[nr]);
		evals[nr] = 0;
		pr->nr = nr;
	}
	check_evals(f, evals);
	for (int p = 0; p < 100; p++)
		walk(f, r, evals, p % 4, 1 + p % 3);
	check_evals(f, evals);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCCLRRULECTRS, NULL), 0);
	memset(evals, 0, sizeof(evals));
	check_evals(f, evals);
	for (int p = 0; p < 100; p++)
		walk(f, r, evals, p % 4, 1 + p % 3);
	check_evals(f, evals);

	/* Read between the two halves of a difference: nothing is below 0. */
	sim_ioctl(f->n, f->b, DIOCCLRRULECTRS, NULL);
	sim_packet_enter();
	kr = pf_rcu_deref(f->n->pf->conf)->rules[PF_RULESET_FILTER]->rule[5];
	sim_packet_leave();
	pf_pcpu_add(&kr->ctr, PF_RC_EVAL, -1);
	unit_get_rule(f->n, 5, &r[5]);
	assert_int_equal(r[5].evaluations, 0);
	sim_ioctl(f->n, f->b, DIOCCLRRULECTRS, NULL);
	pf_pcpu_add(&kr->ctr, PF_RC_EVAL, 1);
	memset(evals, 0, sizeof(evals));
	unit_get_rule(f->n, 5, &r[5]);
	assert_true(r[5].evaluations <= 1);
	free(pr);
}

/* More rules than a skip step can leap over, and packets while they are being loaded. */
#define LONG_RULES	70000
static struct fix *hook_fix;
static unsigned int hook_calls, hook_drops;

static void
packet_meanwhile(void)
{
	struct pf_pkt *p = udp("10.0.0.1", 53);

	hook_calls++;
	sim_packet_enter();
	hook_drops += pf_test(hook_fix->n->pf, PF_IN, AF_INET, 1, &p) == PF_DROP;
	sim_packet_leave();
	sim_pkt_free(p);
}

static void
test_long(void **state)
{
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_DROP), got;
	struct trans t;
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));

	assert_non_null(pr);
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_enable(f->n), 0);
	assert_int_equal(begin(f, f->a, &t, false), 0);
	pr->ticket = t.e[0].ticket;
	pr->ruleset = PF_RULESET_FILTER;
	pr->rule = r;
	pr->rule.proto = IPPROTO_TCP;
	for (uint32_t i = 0; i < LONG_RULES - 1; i++)
		assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, pr), 0);
	pr->rule = unit_rule(PF_PASS);
	pr->rule.keep_state = 0;
	pr->rule.quick = 1;
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCADDRULE, pr), 0);
	free(pr);
	/* While it is made ready, the old rules are in force, and others can run. */
	hook_fix = f;
	hook_calls = hook_drops = 0;
	sim_yield_hook = packet_meanwhile;
	assert_int_equal(commit(f, f->a, &t), 0);
	sim_yield_hook = NULL;
	assert_true(hook_calls > 2 * (LONG_RULES / 256));
	assert_int_equal(hook_drops, hook_calls);
	assert_true(passes(f, "10.0.0.1", 53));
	unit_get_rule(f->n, 0, &got);
	assert_int_equal(got.evaluations, 1);
	assert_int_equal(got.skip[PF_SKIP_PROTO], UINT16_MAX);
	unit_get_rule(f->n, LONG_RULES - 2, &got);
	assert_int_equal(got.skip[PF_SKIP_PROTO], LONG_RULES - 1);
	assert_int_equal(got.skip[PF_SKIP_DIR], LONG_RULES);
	assert_int_equal(got.evaluations, 0);
	unit_get_rule(f->n, UINT16_MAX, &got);
	assert_int_equal(got.evaluations, 1);
	unit_get_rule(f->n, LONG_RULES - 1, &got);
	assert_int_equal(got.evaluations, 1);
	assert_int_equal(got.packets[0], 1);
	assert_int_equal(got.cuid, 1);
	assert_int_equal(got.cpid, 100);
}

/* A state keeps the rule that made it, when that is no longer in force. */
static void
test_gone(void **state)
{
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_PASS);
	struct pfioc_state_kill k;
	struct pfsync_state *s;
	unsigned long held;

	r.flags = r.flagset = 0;
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	held = sim_mem_live_all();
	strcpy(r.label, "old");
	r.timeout[PFTM_UDP_FIRST_PACKET] = 777;
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_enable(f->n), 0);
	assert_true(passes(f, "10.0.0.1", 53));
	assert_int_equal(unit_states(f->n, &s), 1);
	assert_int_equal(s[0].rule, 0);
	assert_int_equal(s[0].expire, 777);
	free(s);
	memset(r.label, 0, sizeof(r.label));
	memset(r.timeout, 0, sizeof(r.timeout));
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_states(f->n, &s), 1);
	assert_int_equal(s[0].rule, UINT32_MAX);
	assert_int_equal(s[0].expire, 777);
	free(s);
	memset(&k, 0, sizeof(k));
	strcpy(k.label, "old");
	assert_int_equal(sim_ioctl(f->n, f->a, DIOCKILLSTATES, &k), 0);
	assert_int_equal(k.killed, 1);
	sim_rcu_quiesce();
	assert_int_equal(sim_mem_live_all(), held + 1);	/* places set aside */
}

/* Equal rules, equal checksum; on another machine, too. */
static void
test_checksum(void **state)
{
	struct fix *f = *state;
	struct sim_node *other = sim_node_new(f->sim, "other");
	struct pf_rule r[2] = { unit_rule(PF_DROP), unit_rule(PF_PASS) }, swapped[2];
	struct pf_status empty, a, b;

	assert_non_null(other);
	unit_status(f->n, &empty);
	assert_int_equal(unit_load(f->n, r, 2), 0);
	unit_status(f->n, &a);
	assert_memory_not_equal(a.pf_chksum, empty.pf_chksum, sizeof(a.pf_chksum));
	assert_int_equal(unit_load(other, r, 2), 0);
	unit_status(other, &b);
	assert_memory_equal(a.pf_chksum, b.pf_chksum, sizeof(a.pf_chksum));
	swapped[0] = r[1];
	swapped[1] = r[0];
	assert_int_equal(unit_load(other, swapped, 2), 0);
	unit_status(other, &b);
	assert_memory_not_equal(a.pf_chksum, b.pf_chksum, sizeof(a.pf_chksum));
	assert_int_equal(unit_load(other, r, 1), 0);
	unit_status(other, &b);
	assert_memory_not_equal(a.pf_chksum, b.pf_chksum, sizeof(a.pf_chksum));
	assert_int_equal(unit_load(f->n, NULL, 0), 0);
	unit_status(f->n, &b);
	assert_memory_equal(b.pf_chksum, empty.pf_chksum, sizeof(b.pf_chksum));
}

/* A device that changes its name is known all the time. */
static void
test_rename(void **state)
{
	struct fix *f = *state;
	struct pf_rule r = unit_rule(PF_DROP);
	struct pf *pf = f->n->pf;

	strcpy(r.ifname, "lan");
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_int_equal(unit_enable(f->n), 0);
	assert_true(passes(f, "10.0.0.1", 53));
	assert_int_equal(pf_if_rename(pf, 1, "lan"), 0);
	assert_false(passes(f, "10.0.0.1", 53));
	assert_int_equal(pf_if_rename(pf, 1, "lan"), 0);	/* as before */
	assert_false(passes(f, "10.0.0.1", 53));
	assert_int_equal(pf_if_attach(pf, 2, "wan"), 0);
	assert_int_equal(pf_if_rename(pf, 1, "wan"), EEXIST);
	assert_int_equal(pf_if_rename(pf, 1, "eth0"), 0);	/* anew */
	assert_true(passes(f, "10.0.0.1", 53));
	assert_int_equal(pf_if_attach(pf, 1, "eth7"), EEXIST);
	assert_int_equal(pf_if_attach(pf, 0, "eth7"), EINVAL);
	assert_int_not_equal(pf_if_rename(pf, 1, "a name too long for one"), 0);
	assert_int_equal(pf_if_rename(pf, 1, "eth0"), 0);
	pf_if_detach(pf, 2);
	pf_if_detach(pf, 2);
	sim_seconds(f->sim, 1);
	sim_rcu_quiesce();
	assert_int_equal(pf->ifs.n, 3);	/* eth0, eth, and lan of the rule */
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_transaction), T(test_bad_elements), T(test_options),
		T(test_skip), T(test_failing_requests), T(test_evaluations),
		T(test_long), T(test_gone), T(test_checksum), T(test_rename),
	};

	return (cmocka_run_group_tests_name("ruleset", tests, NULL, NULL));
}
