// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_osfpload.c: lists of fingerprints as programs load them, alone and with rules; and what
 * the rules of such a list match.
 */
#include "syns.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_rule.h"

static struct pf_client *
begin(struct unit_node *u, bool options, uint32_t *ticket)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_FILTER }, { .type = PF_TRANS_OPTIONS },
	};
	struct pfioc_trans t = { .size = options ? 2 : 1, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };
	struct pf_client *cl = pf_client_open(u->n->pf, 1, 0);

	assert_non_null(cl);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCXBEGIN, &t), 0);
	*ticket = e[0].ticket;
	return (cl);
}

static int
end(struct unit_node *u, struct pf_client *cl, uint32_t ticket, bool options, bool commit)
{
	struct pfioc_trans_e e[2] = {
		{ .type = PF_RULESET_FILTER, .ticket = ticket },
		{ .type = PF_TRANS_OPTIONS, .ticket = ticket },
	};
	struct pfioc_trans t = { .size = options ? 2 : 1, .esize = sizeof(e[0]),
		.array = (uint64_t)(uintptr_t)e };

	return (sim_ioctl(u->n, cl, commit ? DIOCXCOMMIT : DIOCXROLLBACK, &t));
}

static int
add_rule(struct unit_node *u, struct pf_client *cl, uint32_t ticket, const struct pf_rule *r)
{
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	int error;

	assert_non_null(pr);
	pr->ticket = ticket;
	pr->ruleset = PF_RULESET_FILTER;
	pr->rule = *r;
	error = sim_ioctl(u->n, cl, DIOCADDRULE, pr);
	free(pr);
	return (error);
}

static int
load(struct unit_node *u, const struct pf_osfp_ioctl *e, uint32_t n, const struct pf_rule *r,
    uint32_t rules)
{
	struct pf_osfp_ioctl arg;
	uint32_t ticket;
	struct pf_client *cl = begin(u, true, &ticket);
	int error = sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL);

	for (uint32_t i = 0; i < n && error == 0; i++) {
		arg = e[i];
		error = sim_ioctl(u->n, cl, DIOCOSFPADD, &arg);
	}
	for (uint32_t i = 0; i < rules && error == 0; i++)
		error = add_rule(u, cl, ticket, &r[i]);
	if (error == 0)
		error = end(u, cl, ticket, true, true);
	pf_client_close(cl);
	return (error);
}

/* How many entries are in force, each as it was loaded. */
static uint32_t
in_force(struct unit_node *u, const struct pf_osfp_ioctl *e)
{
	struct pf_client *cl = pf_client_open(u->n->pf, 1, 0);
	struct pf_osfp_ioctl got;
	uint32_t n = 0;
	int error;

	assert_non_null(cl);
	for (;; n++) {
		memset(&got, 0xff, sizeof(got));
		got.getnum = n;
		error = sim_ioctl(u->n, cl, DIOCOSFPGET, &got);
		if (error != 0)
			break;
		assert_int_equal(got.getnum, n);
		got.getnum = 0;
		assert_memory_equal(&got, &e[n], sizeof(got));
	}
	assert_int_equal(error, ENOENT);
	memset(&got, 0, sizeof(got));
	got.getnum = UINT32_MAX;
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPGET, &got), ENOENT);
	pf_client_close(cl);
	return (n);
}

static void
test_requests(void **state)
{
	struct unit_node *u = *state;
	const struct pf_osfp_ioctl *e = osfp_entry(db, 0);
	struct pf_osfp_ioctl arg;
	struct pf_client *cl;
	uint32_t ticket;

	assert_int_equal(in_force(u, e), 0);
	assert_int_equal(load(u, e, lines, NULL, 0), 0);
	assert_int_equal(in_force(u, e), lines);

	/* without the options in a transaction nothing is added */
	cl = begin(u, false, &ticket);
	arg = e[0];
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), EBUSY);
	assert_int_equal(end(u, cl, ticket, false, false), 0);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), EBUSY);
	pf_client_close(cl);
	assert_int_equal(in_force(u, e), lines);

	/* a transaction that does not touch them, one that ends, and one that is closed */
	cl = begin(u, true, &ticket);
	assert_int_equal(end(u, cl, ticket, true, true), 0);
	pf_client_close(cl);
	assert_int_equal(in_force(u, e), lines);
	for (int closed = 0; closed < 2; closed++) {
		cl = begin(u, true, &ticket);
		assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL), 0);
		assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), 0);
		if (!closed)
			assert_int_equal(end(u, cl, ticket, true, false), 0);
		pf_client_close(cl);
		assert_int_equal(in_force(u, e), lines);
	}

	/* what has been added is forgotten by a flush; without one a list is new all the same */
	cl = begin(u, true, &ticket);
	for (uint32_t i = 5; i < 50; i++) {
		arg = e[i];
		assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), 0);
	}
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL), 0);
	for (uint32_t i = 0; i < 3; i++) {
		arg = e[i];
		assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), 0);
	}
	assert_int_equal(in_force(u, e), lines);
	assert_int_equal(end(u, cl, ticket, true, true), 0);
	pf_client_close(cl);
	assert_int_equal(in_force(u, e), 3);
	cl = begin(u, true, &ticket);
	arg = e[0];
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), 0);
	assert_int_equal(end(u, cl, ticket, true, true), 0);
	pf_client_close(cl);
	assert_int_equal(in_force(u, e), 1);

	/* at once */
	cl = pf_client_open(u->n->pf, 1, 0);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL), 0);
	assert_int_equal(in_force(u, e), 0);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL), 0);
	pf_client_close(cl);
}

static void
test_most(void **state)
{
	struct unit_node *u = *state;
	struct pf_osfp_ioctl e = entry(PF_OSFP_NUMBER(1, 0, 0)), arg;
	uint32_t ticket;
	struct pf_client *cl = begin(u, true, &ticket);

	for (uint32_t i = 0; i < PF_OSFP_ENTRIES_MAX; i++) {
		arg = e;
		assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), 0);
	}
	arg = e;
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &arg), ENOSPC);
	assert_int_equal(end(u, cl, ticket, true, true), 0);
	pf_client_close(cl);
}

#define BAD(m, v)	{ #m, offsetof(struct pf_osfp_ioctl, m),		\
			    sizeof(((struct pf_osfp_ioctl *)0)->m) > 8 ? 1 :	\
			    sizeof(((struct pf_osfp_ioctl *)0)->m), v }
static void
test_bad_entries(void **state)
{
	static const struct {
		const char	*name;
		size_t		 off, size;
		uint64_t	 value;
	} bad[] = {
		BAD(tcpopts, 0), BAD(tcpopts, 1ULL << 63), BAD(tcpopts, 6), BAD(tcpopts, 7),
		BAD(optcnt, 17), BAD(optcnt, 255), BAD(optcnt, 4), BAD(optcnt, 6),
		BAD(os, 0), BAD(os, 0xffffff), BAD(os, PF_OSFP_UNKNOWN),
		BAD(os, PF_OSFP_NOMATCH), BAD(os, 0xff000000), BAD(os, 0x01001000),
		BAD(os, 0x01000001),		/* names that are not there */
		BAD(getnum, 1), BAD(ttl, 0), BAD(pad, 1), BAD(pad2, 1), BAD(pad2[3], 1),
		BAD(flags, PF_OSFP_INET6), BAD(flags, 0x8000), BAD(flags, 0x4000),
		BAD(flags, 0x80),
		BAD(flags, PF_OSFP_WSIZE_MSS | PF_OSFP_WSIZE_MTU),
		BAD(flags, PF_OSFP_WSIZE_MOD | PF_OSFP_WSIZE_DC),
		BAD(flags, PF_OSFP_MSS_MOD | PF_OSFP_MSS_DC),
		BAD(flags, PF_OSFP_WSCALE_MOD | PF_OSFP_WSCALE_DC),
		BAD(flags, PF_OSFP_PSIZE_MOD | PF_OSFP_PSIZE_DC),
		BAD(flags, PF_OSFP_MSS_MOD),	/* of 0 */
		BAD(wsize, 0),			/* times the segment */
		BAD(class_nm, 0), BAD(class_nm[31], 'x'), BAD(class_nm[2], 'x'),
		BAD(version_nm, 'x'), BAD(version_nm[31], 'x'), BAD(subtype_nm, 'x'),
		BAD(subtype_nm[4], 'x'),
	};
	struct unit_node *u = *state;
	struct pf_osfp_ioctl e;
	uint32_t ticket;
	struct pf_client *cl = begin(u, true, &ticket);

	e = entry(PF_OSFP_NUMBER(1, 0, 0));
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &e), 0);
	for (unsigned int i = 0; i < NITEMS(bad); i++) {
		e = entry(PF_OSFP_NUMBER(1, 0, 0));
		memcpy((uint8_t *)&e + bad[i].off, &bad[i].value, bad[i].size);
		if (sim_ioctl(u->n, cl, DIOCOSFPADD, &e) != EINVAL)
			fail_msg("%s = %#llx is taken", bad[i].name,
			    (unsigned long long)bad[i].value);
	}
	e = entry(PF_OSFP_NUMBER(1, 1, 1));
	memset(e.class_nm, 'x', sizeof(e.class_nm));
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPADD, &e), EINVAL);
	assert_int_equal(end(u, cl, ticket, true, true), 0);
	pf_client_close(cl);
	e = entry(PF_OSFP_NUMBER(1, 0, 0));
	assert_int_equal(in_force(u, &e), 1);
}

/* Each allocation in turn fails: all of the old list, or all of the new one. */
static void
test_memory(void **state)
{
	struct unit_node *u = *state;
	const struct pf_osfp_ioctl *e = osfp_entry(db, 0);
	struct pf_rule r = unit_rule(PF_PASS);
	unsigned long failed = 0;
	int error = ENOMEM;

	r.proto = IPPROTO_TCP;
	r.os_fingerprint = PF_OSFP_NUMBER(1, 0, 0);
	assert_int_equal(load(u, e, 7, NULL, 0), 0);
	for (unsigned long i = 1; error != 0; i++) {
		struct pf_osfp_ioctl arg;
		uint32_t ticket;
		struct pf_client *cl = begin(u, true, &ticket);

		sim_fail_alloc(i);
		error = 0;
		for (uint32_t k = 0; k < 20 && error == 0; k++) {
			arg = e[k];
			error = sim_ioctl(u->n, cl, DIOCOSFPADD, &arg);
		}
		if (error == 0)
			error = add_rule(u, cl, ticket, &r);
		if (error == 0)
			error = end(u, cl, ticket, true, true);
		failed += sim_fail_done();
		sim_fail_alloc(0);
		pf_client_close(cl);
		if (error != 0) {
			assert_int_equal(error, ENOMEM);
			assert_int_equal(in_force(u, e), 7);
		}
	}
	assert_true(failed > 5);
	assert_int_equal(in_force(u, e), 20);
	/* a flush at once */
	sim_fail_alloc(1);
	struct pf_client *cl = pf_client_open(u->n->pf, 1, 0);
	if (cl == NULL) {
		sim_fail_alloc(0);
		cl = pf_client_open(u->n->pf, 1, 0);
	}
	sim_fail_alloc(1);
	assert_int_equal(sim_ioctl(u->n, cl, DIOCOSFPFLUSH, NULL), ENOMEM);
	sim_fail_alloc(0);
	pf_client_close(cl);
	assert_int_equal(in_force(u, e), 20);
}

/*
 * Rules
 */
static int
verdict(struct unit_node *u, const struct syn *s)
{
	struct pf_pkt *p = make(s);
	/* its checksum has not been worked out: nobody asks going out */
	int v = sim_test(u->n, PF_OUT, 1, p);

	if (v != PF_TAKEN)
		sim_pkt_free(p);
	return (v);
}

static void
test_rules(void **state)
{
	struct unit_node *u = *state;
	struct pf_osfp_ioctl e[2] = { entry(PF_OSFP_NUMBER(1, 2, 0)),
	    entry(PF_OSFP_NUMBER(3, 0, 0)) };
	struct pf_rule r[2] = { unit_rule(PF_DROP), unit_rule(PF_PASS) };
	struct syn s = syn_of(&e[0], 0), other, none = s, late = s;
	static const struct {
		uint32_t	os;
		bool		first, second, none, late;
	} rows[] = {
		{ PF_OSFP_NUMBER(1, 2, 0), true, false, false, false },
		{ PF_OSFP_NUMBER(1, 0, 0), true, false, false, false },
		{ PF_OSFP_NUMBER(1, 3, 0), false, false, false, false },
		{ PF_OSFP_NUMBER(3, 0, 0), false, true, false, false },
		{ PF_OSFP_UNKNOWN, false, false, true, true },
		{ PF_OSFP_NOMATCH, false, false, false, false },
		{ PF_OSFP_ANY, true, true, true, true },
	};

	e[1].wsize = 5;
	other = syn_of(&e[1], 0);
	none.win++;
	late.flags = PF_TH_ACK;
	r[0].keep_state = r[0].flags = r[0].flagset = 0;
	r[1].keep_state = r[1].flags = r[1].flagset = 0;
	for (unsigned int i = 0; i < NITEMS(rows); i++)
		for (int tcp = 0; tcp < 2; tcp++) {
			r[1].os_fingerprint = rows[i].os;
			r[1].proto = tcp ? IPPROTO_TCP : 0;
			assert_int_equal(load(u, e, 2, r, 2), 0);
			assert_int_equal(verdict(u, &s) == PF_PASS, rows[i].first);
			assert_int_equal(verdict(u, &other) == PF_PASS, rows[i].second);
			assert_int_equal(verdict(u, &none) == PF_PASS, rows[i].none);
			assert_int_equal(verdict(u, &late) == PF_PASS, rows[i].late);
		}
	/* what has no fingerprint matches no rule that asks */
	r[1].proto = 0;
	r[1].os_fingerprint = PF_OSFP_UNKNOWN;
	assert_int_equal(load(u, NULL, 0, r, 2), 0);
	assert_int_equal(verdict(u, &s), PF_PASS);	/* without a list all are unknown */
	{
		struct sim_spec udp = { .src = "10.0.0.1", .dst = "10.0.0.2",
		    .proto = IPPROTO_UDP, .sport = 1, .dport = 2 };
		struct pf_pkt *p = sim_pkt_build(&udp);

		assert_int_equal(sim_test(u->n, PF_OUT, 1, p), PF_DROP);
		sim_pkt_free(p);
	}
	r[1].proto = IPPROTO_UDP;
	assert_int_equal(load(u, NULL, 0, r, 2), EINVAL);
}

/* It is looked up when the first rule asks, and not again. */
static void
test_once(void **state)
{
	struct unit_node *u = *state;
	struct pf_osfp_ioctl e[2] = { entry(PF_OSFP_NUMBER(1, 0, 0)),
	    entry(PF_OSFP_NUMBER(2, 0, 0)) };
	struct pf_rule r[3] = { unit_rule(PF_DROP), unit_rule(PF_PASS), unit_rule(PF_DROP) };
	const struct pf_conf *conf;
	struct pf_match m;
	struct pf_pdesc pd;
	struct pf_pkt *p;
	struct syn s = syn_of(&e[0], 0);

	e[1].wsize = 5;
	for (int asks = 0; asks < 2; asks++) {
		for (int i = 0; i < 3; i++) {
			r[i].proto = IPPROTO_TCP;
			r[i].keep_state = r[i].flags = r[i].flagset = 0;
			r[i].os_fingerprint = asks ? PF_OSFP_NUMBER(1 + i, 0, 0) : 0;
		}
		assert_int_equal(load(u, e, 2, r, 3), 0);
		p = make(&s);
		memset(&pd, 0, sizeof(pd));
		pd.pf = u->n->pf;
		pd.pkt = p;
		pd.af = AF_INET;
		pd.dir = PF_OUT;
		sim_packet_enter();
		conf = pf_rcu_deref(u->n->pf->conf);
		pd.kif = pf_kif_find_index(u->n->pf, 1);
		assert_int_equal(pf_packet_parse(&pd), PF_GO);
		pd.osfp = conf->osfp;
		pd.os = PF_OSFP_UNASKED;
		assert_int_equal(pf_match_rules(&m, conf, PF_RULESET_FILTER, &pd), 0);
		assert_non_null(m.rule);
		assert_int_equal(m.rule->nr, asks ? 0 : 2);
		assert_int_equal(pd.os, asks ? 0 : PF_OSFP_UNASKED);
		pd.os = 1;			/* if it were looked up it would be 0 */
		assert_int_equal(pf_match_rules(&m, conf, PF_RULESET_FILTER, &pd), 0);
		assert_int_equal(m.rule->nr, asks ? 1 : 2);
		sim_packet_leave();
		sim_pkt_free(p);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, unit_setup, unit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_requests), T(test_most), T(test_bad_entries), T(test_memory),
		T(test_rules), T(test_once),
	};

	return (cmocka_run_group_tests(tests, read_file, free_file));
}
