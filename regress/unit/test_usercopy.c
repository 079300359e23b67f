// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_usercopy.c: what others do while a request copies user memory
 *
 * A page of user memory may be served by a program, which may take any time.  So
 * pf->ctl is not held while it is copied, and all that pf->ctl guards may change.
 * sim_copy_hook stands for those others here.
 */
#include "unit.h"

#include "pf_if.h"
#include "pf_statetab.h"

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl, *other;
	unsigned int		 calls;		/* of the hook */
	uint32_t		 made;		/* states, by flow() */
};
static struct fix f;

#define NELEM	300
static struct pfioc_trans_e elem[NELEM];

static void
flow(uint32_t i)
{
	struct sim_spec sp = { .src = "10.0.0.1", .dst = "10.9.0.1",
	    .proto = IPPROTO_UDP, .sport = (uint16_t)(1024 + i % 50000),
	    .dport = (uint16_t)(1 + i / 50000), .paylen = 10 };

	assert_int_equal(sim_test_free(f.n, PF_IN, 1, sim_pkt_build(&sp)),
	    PF_PASS);
}

static void
flows(uint32_t to)
{
	while (f.made < to)
		flow(f.made++);
}

static int
setup(void **state)
{
	struct pf_rule r = unit_rule(PF_PASS);

	(void)state;
	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(9);
	f.n = sim_node_new(f.sim, "n");
	assert_int_equal(sim_if_add(f.n, 1, "eth0"), 0);
	r.flags = r.flagset = 0;
	assert_int_equal(unit_load(f.n, &r, 1), 0);
	assert_int_equal(unit_limit(f.n, PF_LIMIT_STATES, 1000000), 0);
	/* or the many states make each other expire */
	assert_int_equal(unit_timeout(f.n, PFTM_ADAPTIVE_START, 0), 0);
	assert_int_equal(unit_timeout(f.n, PFTM_ADAPTIVE_END, 0), 0);
	assert_int_equal(unit_timeout(f.n, PFTM_UDP_FIRST_PACKET, 86400), 0);
	assert_int_equal(unit_enable(f.n), 0);
	f.cl = pf_client_open(f.n->pf, 7, 0);
	f.other = pf_client_open(f.n->pf, 8, 0);
	assert_true(f.cl != NULL && f.other != NULL);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	sim_copy_hook = NULL;
	pf_client_close(f.cl);
	pf_client_close(f.other);
	sim_free(f.sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

/* The hosts' assertion: no lock is held when user memory is copied. */
static void
test_asserted(void **state)
{
	char buf[8], user[8] = "";

	(void)state;
	pf_mutex_lock(&f.n->pf->ctl);
	assert_panic("user memory with a lock held", pf_copyin(f.n->pf,
	    (uint64_t)(uintptr_t)user, buf, sizeof(buf)));
	pf_mutex_lock(&f.n->pf->ctl);
	assert_panic("user memory with a lock held", pf_copyout(f.n->pf, buf,
	    (uint64_t)(uintptr_t)user, sizeof(buf)));
}

/*
 * Lists of states
 */
static void
hook_growing(void)
{
	/* past two states for each bucket, twice: the table grows in steps of four */
	if (f.made < 150000)
		flows(f.made + 1500);
	if (++f.calls % 10 == 0)
		pf_purge(f.n->pf);
}

/* Each state with a number below n is listed once, and those above at most once. */
static uint32_t
list_check(uint32_t n, uint32_t room)
{
	struct pfsync_state *s = calloc(room, sizeof(*s));
	struct pfioc_states ps = { room * sizeof(*s), (uint64_t)(uintptr_t)s };
	uint8_t *seen = calloc(1000000, 1);
	uint32_t i, nr, got;

	assert_true(s != NULL && seen != NULL);
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCGETSTATES, &ps), 0);
	got = (uint32_t)(ps.len / sizeof(*s));
	for (i = 0; i < got; i++) {
		nr = (uint32_t)(ntohs(s[i].key[0].port[1]) - 1) * 50000 +
		    ntohs(s[i].key[0].port[0]) - 1024;
		assert_true(nr < f.made);
		assert_int_equal(seen[nr]++, 0);
	}
	for (i = 0; i < n; i++)
		if (!seen[i])
			fail_msg("state %u of %u is not listed", i, n);
	free(seen);
	free(s);
	return (got);
}

static void
test_states_while_growing(void **state)
{
	uint64_t size;

	(void)state;
	flows(20000);
	size = f.n->pf->st.keys->mask + 1;
	sim_copy_hook = hook_growing;
	assert_true(list_check(20000, 200000) >= 20000);
	sim_copy_hook = NULL;
	assert_true(f.calls > 20);
	assert_true(f.n->pf->st.keys->mask + 1 >= size * 16);
	assert_int_equal(list_check(f.made, f.made + 1), f.made);
	/* room for some of them, which is no multiple of a piece */
	assert_int_equal(list_check(0, 1001), 1001);
}

static void
hook_removing(void)
{
	struct pfioc_state_kill k;

	memset(&k, 0, sizeof(k));
	k.src.port_op = PF_OP_EQ;
	k.src.port[0] = htons((uint16_t)(1024 + f.calls++));
	assert_int_equal(sim_ioctl(f.n, f.other, DIOCKILLSTATES, &k), 0);
}

static void
test_states_while_going(void **state)
{
	struct pfsync_state *s;

	(void)state;
	flows(2000);
	sim_copy_hook = hook_removing;
	assert_in_range(list_check(0, 2000), 1900, 2000);
	sim_copy_hook = NULL;
	assert_true(f.calls > 10);
	assert_int_equal(unit_states(f.n, &s), 2000 - f.calls);
	free(s);
}

/* One bucket with many more states than a piece has room for: one connection on
 * many interfaces. */
static void
test_crowded_bucket(void **state)
{
	enum { NIF = 700 };
	struct sim_spec sp = { .src = "10.0.0.1", .dst = "10.9.0.1",
	    .proto = IPPROTO_UDP, .sport = 1000, .dport = 53, .paylen = 10 };
	struct pf_rule r = unit_rule(PF_PASS);
	struct pfsync_state *s;
	char name[PF_IFNAMSIZ];
	uint8_t seen[NIF] = { 0 };
	struct pf_pkt *p;
	int i, error;

	(void)state;
	r.flags = r.flagset = 0;
	r.rule_flag |= PFRULE_IFBOUND;
	assert_int_equal(unit_load(f.n, &r, 1), 0);
	for (i = 0; i < NIF; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		assert_int_equal(pf_if_attach(f.n->pf, 1000 + i, name), 0);
		p = sim_pkt_build(&sp);
		assert_int_equal(sim_test_free(f.n, PF_IN, 1000 + i, p), PF_PASS);
	}
	flows(300);
	assert_int_equal(unit_states(f.n, &s), NIF + 300);
	for (i = 0; i < NIF + 300; i++)
		if (strncmp(s[i].ifname, "many", 4) == 0)
			assert_int_equal(seen[atoi(s[i].ifname + 4)]++, 0);
	for (i = 0; i < NIF; i++)
		assert_int_equal(seen[i], 1);
	free(s);
	/* no memory for the larger piece: nothing is answered */
	for (i = 1; i <= 4; i++) {
		struct pfioc_states ps;

		s = calloc(NIF + 300, sizeof(*s));
		ps.len = (NIF + 300) * sizeof(*s);
		ps.buf = (uint64_t)(uintptr_t)s;
		sim_fail_alloc((unsigned long)i);
		error = sim_ioctl(f.n, f.cl, DIOCGETSTATES, &ps);
		assert_int_equal(error, sim_fail_done() != 0 ? ENOMEM : 0);
		sim_fail_alloc(0);
		free(s);
	}
}

/*
 * Interfaces
 */
static void
hook_devices(void)
{
	char name[PF_IFNAMSIZ];

	/* what the notifier does under RTNL */
	snprintf(name, sizeof(name), "new%u", f.calls);
	assert_int_equal(pf_if_attach(f.n->pf, 5000 + (int)f.calls, name), 0);
	assert_int_equal(pf_if_rename(f.n->pf, 5000 + (int)f.calls, "renamed"), 0);
	pf_if_detach(f.n->pf, 5000 + (int)f.calls);
	f.calls++;
}

static void
test_interfaces(void **state)
{
	static struct pfi_kif k[200];
	struct pfioc_iface io = { .esize = sizeof(k[0]), .size = 200,
	    .buffer = (uint64_t)(uintptr_t)k };
	char name[PF_IFNAMSIZ];

	(void)state;
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "tap%d", i);
		assert_int_equal(pf_if_attach(f.n->pf, 100 + i, name), 0);
	}
	sim_copy_hook = hook_devices;
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCIGETIFACES, &io), 0);
	assert_true(f.calls > 0);
	assert_int_equal(io.size, 153);		/* eth and tap are groups */
	assert_true(k[152].name[0] != '\0' && k[153].name[0] == '\0');
	pf_purge(f.n->pf);			/* groups of what has gone */
	io.size = 10;				/* less room than there are */
	memset(k, 0, sizeof(k));
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 153);
	assert_true(k[9].name[0] != '\0' && k[10].name[0] == '\0');
	io.size = 200;
	sim_fail_alloc(1);
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCIGETIFACES, &io), ENOMEM);
	assert_int_equal(io.size, 200);
}

/*
 * Transactions
 */
static struct pfioc_trans
trans(uint32_t n)
{
	struct pfioc_trans io = { .size = n, .esize = sizeof(elem[0]),
	    .array = (uint64_t)(uintptr_t)elem };

	for (uint32_t i = 0; i < n; i++) {
		elem[i].type = PF_RULESET_FILTER;
		snprintf(elem[i].anchor, sizeof(elem[i].anchor), "a%u", i);
	}
	return (io);
}

static int
other_begin(struct pf_client *cl)
{
	static struct pfioc_trans_e e;
	struct pfioc_trans io = { .size = 1, .esize = sizeof(e),
	    .array = (uint64_t)(uintptr_t)&e };

	memset(&e, 0, sizeof(e));
	e.type = PF_TRANS_OPTIONS;
	return (sim_ioctl(f.n, cl, DIOCXBEGIN, &io));
}

static int
rollback(struct pf_client *cl, uint32_t n)
{
	struct pfioc_trans io = { .size = n, .esize = sizeof(elem[0]),
	    .array = (uint64_t)(uintptr_t)elem };

	return (sim_ioctl(f.n, cl, DIOCXROLLBACK, &io));
}

/* A transaction that is about to begin: nobody can use it, and none else begin. */
static void
hook_begin(void)
{
	struct pfioc_rule pr = { .ticket = elem[0].ticket };

	f.calls++;
	assert_int_equal(other_begin(f.other), EBUSY);
	assert_int_equal(other_begin(f.cl), EBUSY);
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCADDRULE, &pr), EBUSY);
	assert_int_equal(rollback(f.cl, NELEM), EBUSY);
}

static void
hook_unmap(void)
{
	if (++f.calls == NELEM + 20)		/* while tickets are handed out */
		assert_int_equal(sim_user_region(f.n, &f, 1), 0);
}

static void
test_begin(void **state)
{
	struct pfioc_trans io = trans(NELEM);

	(void)state;
	sim_copy_hook = hook_unmap;
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCXBEGIN, &io), EFAULT);
	sim_copy_hook = NULL;
	sim_user_clear(f.n);
	assert_true(elem[0].ticket != 0 && elem[NELEM - 1].ticket == 0);
	assert_int_equal(rollback(f.cl, NELEM), EBUSY);

	f.calls = 0;
	sim_copy_hook = hook_begin;
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCXBEGIN, &io), 0);
	sim_copy_hook = NULL;
	assert_int_equal(f.calls, 2 * NELEM);
	elem[7].ticket++;
	assert_int_equal(rollback(f.cl, NELEM), EBUSY);
	elem[7].ticket--;
	assert_int_equal(rollback(f.cl, NELEM - 1), EINVAL);
	assert_int_equal(rollback(f.other, NELEM), EBUSY);
	assert_int_equal(rollback(f.cl, NELEM), 0);
	memset(elem, 0, sizeof(elem));
}

/* Another thread of the program ends the transaction, and may begin another. */
static bool hook_again;
static struct pfioc_trans_e was[NELEM];

static void
hook_end(void)
{
	if (++f.calls != NELEM / 2)
		return;
	memcpy(was, elem, sizeof(was));
	assert_int_equal(rollback(f.cl, NELEM), 0);
	if (hook_again)
		assert_int_equal(other_begin(f.cl), 0);
}

static void
test_end(void **state)
{
	static const unsigned long ends[] = { DIOCXCOMMIT, DIOCXROLLBACK };
	struct pfioc_trans io = trans(NELEM);

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		hook_again = i >= 2;
		assert_int_equal(sim_ioctl(f.n, f.cl, DIOCXBEGIN, &io), 0);
		f.calls = 0;
		sim_copy_hook = hook_end;
		assert_int_equal(sim_ioctl(f.n, f.cl, ends[i % 2], &io), EBUSY);
		sim_copy_hook = NULL;
		/* what has begun meanwhile is still there */
		assert_int_equal(other_begin(f.other), hook_again ? EBUSY : 0);
		pf_client_close(f.other);
		pf_client_close(f.cl);
		f.cl = pf_client_open(f.n->pf, 7, 0);
		f.other = pf_client_open(f.n->pf, 8, 0);
	}
	/* an element twice, one that is not of it, another order */
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCXBEGIN, &io), 0);
	memcpy(was, elem, sizeof(was));
	elem[5] = elem[6];
	assert_int_equal(rollback(f.cl, NELEM), EINVAL);
	strcpy(elem[5].anchor, "b5");
	assert_int_equal(rollback(f.cl, NELEM), EINVAL);
	elem[5] = was[6];
	elem[6] = was[5];
	assert_int_equal(sim_ioctl(f.n, f.cl, DIOCXCOMMIT, &io), 0);
	memset(elem, 0, sizeof(elem));
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_asserted), T(test_states_while_growing),
		T(test_states_while_going), T(test_crowded_bucket),
		T(test_interfaces), T(test_begin), T(test_end),
	};

	return (cmocka_run_group_tests_name("usercopy", tests, NULL, NULL));
}
