// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_tablerule.c: tables as rules ask them, as packets count at them, and as pools choose
 * from them.
 */
#include "tables.h"

/*
 * Rules
 */
static void
test_rules(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	tables_block(f, "<t>", false);
	tables_are(f, "t:r");
	/* a table that nobody has defined matches nothing */
	assert_true(tables_pass(f, "10.0.0.1", "10.0.0.2", PF_IN));
	tables_make(f, "t", 0);
	tables_are(f, "t:par");
	assert_true(tables_pass(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t",
	    "10.0.0.0/8 !10.1.0.0/16 10.1.1.1 2001:db8::/32", 0, &io, a), 0);
	assert_false(tables_pass(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_true(tables_pass(f, "10.1.0.1", "10.0.0.2", PF_IN));
	assert_false(tables_pass(f, "10.1.1.1", "10.0.0.2", PF_IN));
	assert_true(tables_pass(f, "11.1.1.1", "10.0.0.2", PF_IN));
	assert_false(tables_pass(f, "2001:db8::1", "::2", PF_IN));
	assert_true(tables_pass(f, "2001:db9::1", "::2", PF_IN));
	tables_block(f, "<t>", true);
	assert_true(tables_pass(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_false(tables_pass(f, "10.1.0.1", "10.0.0.2", PF_IN));
	tables_block(f, "<u>", true);		/* not in a table that is not */
	assert_false(tables_pass(f, "10.0.0.1", "10.0.0.2", PF_IN));
	tables_are(f, "t:pa u:r");
	tables_begin(f, "");
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "t:pa");
}

/* Definitions: what is in the file, what is not, and all or nothing. */
static void
test_transaction(void **state)
{
	struct fix *f = *state;

	tables_begin(f, "");
	assert_int_equal(tables_define(f, "kept", PFR_TFLAG_PERSIST, "1.1.1.1"), 0);
	assert_int_equal(tables_define(f, "used", 0, "2.2.2.2 3.3.3.3"), 0);
	assert_int_equal(tables_define(f, "idle", 0, "4.4.4.4"), 0);
	assert_int_equal(tables_rule(f, PF_DROP, "<used>", false), 0);
	/* nothing is in force yet */
	assert_true(tables_pass(f, "2.2.2.2", "10.0.0.2", PF_IN));
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "kept:pa used:ar");
	assert_false(tables_pass(f, "2.2.2.2", "10.0.0.2", PF_IN));
	assert_int_equal(f->n->pf->tables.entries, 3);

	tables_begin(f, "");
	assert_int_equal(tables_define(f, "kept", 0, "7.7.7.7"), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	tables_has(f, "kept", "1.1.1.1");

	/* without addresses: as they are; with none: none */
	tables_begin(f, "");
	assert_int_equal(tables_define(f, "kept", PFR_TFLAG_PERSIST |
	    PFR_TFLAG_CONST, NULL), 0);
	assert_int_equal(tables_define(f, "used", 0, ""), 0);
	assert_int_equal(tables_rule(f, PF_DROP, "<used>", false), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "kept:pca used:ar");
	tables_has(f, "kept", "1.1.1.1");
	tables_has(f, "used", "");

	/* no rule is left, and the file does not name the tables */
	tables_begin(f, "");
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "kept:pca");
	assert_int_equal(f->n->pf->tables.entries, 1);
	/* no element for that place */
	tables_begin(f, "");
	assert_int_equal(tables_define(f, "a/x", 0, ""), EBUSY);
	f->e[0].ticket++;
	assert_int_equal(tables_define(f, "x", 0, ""), EBUSY);
	f->e[0].ticket--;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
}

/* A table of an anchor hides that of the main ruleset while it is there. */
static void
test_anchor(void **state)
{
	struct fix *f = *state;
	struct pfioc_table io = { .nadd = 0 };
	struct pfioc_rule pr;

	tables_begin(f, "");
	assert_int_equal(tables_define(f, "t", 0, "1.1.1.1"), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	pr.rule.action = PF_PASS;
	pr.rule.rtableid = -1;
	pr.ruleset = PF_RULESET_FILTER;
	strcpy(pr.anchor_call, "a");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "");		/* nobody refers to it */

	tables_begin(f, "a");
	assert_int_equal(tables_rule(f, PF_DROP, "<t>", false), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "t:d a/t:r");
	tables_begin(f, "");
	assert_int_equal(tables_define(f, "t", 0, "1.1.1.1"), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE,
	    (pr.ticket = f->e[0].ticket, &pr)), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "t:ad a/t:r");
	assert_false(tables_pass(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_true(tables_pass(f, "2.2.2.2", "10.0.0.2", PF_IN));

	tables_begin(f, "a");
	assert_int_equal(tables_define(f, "a/t", 0, "2.2.2.2"), 0);
	assert_int_equal(tables_rule(f, PF_DROP, "<t>", false), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_are(f, "t:ad a/t:ar");
	assert_true(tables_pass(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_false(tables_pass(f, "2.2.2.2", "10.0.0.2", PF_IN));

	assert_int_equal(tables_on(f, DIOCRDELTABLES, "a/t", 0, 0, &io), 0);
	assert_int_equal(io.ndel, 1);
	assert_false(tables_pass(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_true(tables_pass(f, "2.2.2.2", "10.0.0.2", PF_IN));
	io.flags = PFR_FLAG_ALLRSETS;
	io.esize = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRCLRTABLES, &io), 0);
	assert_int_equal(io.ndel, 1);
	tables_are(f, "t:d a/t:r");
}

/*
 * Counters
 */
static void
test_counters(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfr_tstats ts;
	struct pfr_astats as[2];
	struct pfioc_table io;

	tables_make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "10.0.0.0/8 1.1.1.1",
	    0, &io, a), 0);
	tables_block(f, "<t>", false);
	assert_false(tables_pass(f, "10.0.0.1", "5.5.5.5", PF_IN));
	assert_false(tables_pass(f, "10.0.0.2", "5.5.5.5", PF_OUT));
	assert_true(tables_pass(f, "11.0.0.2", "5.5.5.5", PF_OUT));
	tables_stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 2);
	assert_int_equal(ts.pfrts_nomatch, 1);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_BLOCK], 1);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_OUT][PFR_OP_BLOCK], 1);
	assert_int_equal(ts.pfrts_bytes[PFR_DIR_OUT][PFR_OP_BLOCK], 38);
	assert_int_equal(ts.pfrts_cnt, 2);
	assert_int_equal(ts.pfrts_refcnt[PFR_REFCNT_RULE], 1);

	memset(&io, 0, sizeof(io));
	tables_name(&io.table, "t", 0);
	io.size = 2;
	io.buffer = (uintptr_t)as;
	io.esize = sizeof(as[0]);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETASTATS, &io), 0);
	assert_int_equal(as[0].pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 0);
	assert_int_equal(as[1].pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 1);
	assert_int_equal(as[1].pfras_bytes[PFR_DIR_IN][PFR_OP_BLOCK], 38);
	assert_int_equal(as[1].pfras_packets[PFR_DIR_OUT][PFR_OP_BLOCK], 1);

	memset(&io, 0, sizeof(io));
	assert_int_equal(tables_on(f, DIOCRCLRTSTATS, "t", 0, PFR_FLAG_ADDRSTOO,
	    &io), 0);
	assert_int_equal(io.nadd, 1);
	tables_stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 0);
	memset(&io, 0, sizeof(io));
	tables_name(&io.table, "t", 0);
	io.size = 2;
	io.buffer = (uintptr_t)as;
	io.esize = sizeof(as[0]);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETASTATS, &io), 0);
	assert_int_equal(as[1].pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 0);
}

/* A state goes on when its address has left the table, and is counted as such. */
static void
test_xpass(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfr_tstats ts;
	struct pfioc_table io;
	struct pf_rule r = unit_rule(PF_PASS);

	tables_make(f, "t", 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	r.quick = 1;
	r.flags = r.flagset = 0;
	unit_addr(&r.src, "<t>");
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_true(tables_pass(f, "10.0.0.1", "5.5.5.5", PF_IN));
	assert_true(tables_pass(f, "10.0.0.1", "5.5.5.5", PF_IN));
	tables_stats(f, &ts);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_PASS], 2);
	assert_int_equal(ts.pfrts_match, 1);
	assert_int_equal(tables_request(f, DIOCRDELADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	assert_true(tables_pass(f, "10.0.0.1", "5.5.5.5", PF_IN));
	tables_stats(f, &ts);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_PASS], 2);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_XPASS], 1);
}

/*
 * Pools
 */
static void
rdr_to(struct fix *f, const char *first, const char *second, uint8_t type)
{
	const char *word[2] = { first, second };
	struct pfioc_pooladdr pp;
	struct pfioc_rule pr;
	struct pf_rule_addr ra;
	unsigned int i;

	tables_begin(f, "");
	for (i = 0; i < 2 && word[i] != NULL; i++) {
		memset(&pp, 0, sizeof(pp));
		pp.ticket = f->e[0].ticket;
		pp.ruleset = PF_RULESET_RDR;
		unit_addr(&ra, word[i]);
		pp.addr.addr = ra.addr;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDADDR, &pp), 0);
	}
	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	pr.ruleset = PF_RULESET_RDR;
	pr.rule.action = PF_RDR;
	pr.rule.rtableid = -1;
	pr.rule.af = AF_INET;
	pr.rule.pool[PF_POOL_RDR].opts = type;
	pr.rule.pool[PF_POOL_RDR].key[0] = 1;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr), 0);
	assert_int_equal(tables_commit(f), 0);
}

/* Where a new connection from a client goes: how often to each 10.0.0.x, of n; and how
 * many do not pass. */
static uint32_t
spread(struct fix *f, uint32_t n, uint32_t count[256])
{
	struct sim_spec s = { .dst = "192.0.2.1", .proto = IPPROTO_UDP,
	    .dport = 53, .ttl = 60, .paylen = 10 };
	struct sim_info info;
	struct pf_pkt *p;
	uint32_t i, lost = 0;
	static uint16_t port = 1000;	/* no state of an earlier call */
	char src[32];
	unsigned int host;

	memset(count, 0, 256 * sizeof(count[0]));
	for (i = 0; i < n; i++) {
		snprintf(src, sizeof(src), "172.16.%u.%u", i / 250, i % 250);
		s.src = src;
		s.sport = port;
		p = sim_pkt_build(&s);
		if (sim_test(f->n, PF_IN, 1, p) != PF_PASS) {
			lost++;
		} else {
			assert_true(sim_pkt_info(p, &info));
			assert_int_equal(sscanf(info.dst, "10.0.0.%u", &host),
			    1);
			count[host]++;
		}
		sim_pkt_free(p);
	}
	port++;
	return (lost);
}

static void
test_pools(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	uint32_t count[256], again[256], i;

	tables_make(f, "t", 0);
	rdr_to(f, "<t>", NULL, PF_POOL_ROUNDROBIN);
	assert_int_equal(spread(f, 10, count), 10);	/* it is empty */
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t",
	    "10.0.0.0/30 !10.0.0.1 10.0.0.9 ::/0", 0, &io, a), 0);
	assert_int_equal(spread(f, 400, count), 0);
	for (i = 0; i < 256; i++)
		assert_int_equal(count[i], i == 0 || i == 2 || i == 3 ||
		    i == 9 ? 100 : 0);
	rdr_to(f, "<t>", "10.0.0.64/31", PF_POOL_ROUNDROBIN);
	assert_int_equal(spread(f, 600, count), 0);
	assert_int_equal(count[0] + count[2] + count[3] + count[9], 400);
	assert_int_equal(count[64], 100);
	assert_int_equal(count[65], 100);
	/* random, and by the source: about even, over single addresses */
	assert_int_equal(tables_request(f, DIOCRSETADDRS, "t",
	    "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4", 0, &io, a), 0);
	rdr_to(f, "<t>", NULL, PF_POOL_RANDOM);
	assert_int_equal(spread(f, 1000, count), 0);
	for (i = 1; i <= 4; i++)
		assert_in_range(count[i], 150, 350);
	rdr_to(f, "<t>", NULL, PF_POOL_SRCHASH);
	assert_int_equal(spread(f, 1000, count), 0);
	for (i = 1; i <= 4; i++)
		assert_in_range(count[i], 150, 350);
	assert_int_equal(spread(f, 1000, again), 0);
	assert_memory_equal(count, again, sizeof(count));
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, tables_setup, tables_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rules),
		TEST(test_transaction),
		TEST(test_anchor),
		TEST(test_counters),
		TEST(test_xpass),
		TEST(test_pools),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
