// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_table.c: tables as programs make, change and list them.
 */
#include "tables.h"

/*
 * Commands
 */
static const struct {
	const char	*text;
	unsigned long	 cmd;
	const char	*feedback;	/* a letter for each address */
	uint32_t	 nadd, ndel, nchange;
	const char	*then;
} commands[] = {
	{ "10.0.0.0/8 !10.1.0.0/16 10.1.0.1 10.0.0.0/8 ::/0", DIOCRADDADDRS,
	  "AAADA", 4, 0, 0, "10.0.0.0/8 !10.1.0.0/16 10.1.0.1 ::/0" },
	{ "!10.0.0.0/8 10.1.0.1 0.0.0.0/0", DIOCRADDADDRS, "C.A", 1, 0, 0,
	  "0.0.0.0/0 10.0.0.0/8 !10.1.0.0/16 10.1.0.1 ::/0" },
	{ "10.1.0.0/16 10.1.0.1 10.1.0.1 10.9.9.9", DIOCRDELADDRS, "CXD.", 0,
	  1, 0, "0.0.0.0/0 10.0.0.0/8 !10.1.0.0/16 ::/0" },
	{ "0.0.0.0/0 !::/0 1.1.1.1 1.1.1.1", DIOCRSETADDRS, ".HAD", 1, 2, 1,
	  "0.0.0.0/0 1.1.1.1 !::/0" },
	{ "1.1.1.1 !1.1.1.1 9.9.9.9 ::/0", DIOCRCLRASTATS, "ZC.C", 1, 0, 0,
	  "0.0.0.0/0 1.1.1.1 !::/0" },
	{ "1.1.1.1 2.2.2.2 ::1", DIOCRTSTADDRS, "MMN", 2, 0, 0,
	  "0.0.0.0/0 1.1.1.1 !::/0" },
	{ "", DIOCRCLRADDRS, "", 0, 3, 0, "" },
	{ "", DIOCRSETADDRS, "", 0, 0, 0, "" },
	{ "::1 ::2", DIOCRDELADDRS, "..", 0, 0, 0, "" },
};

static const char letter[PFR_FB_MAX] = {
	[PFR_FB_NONE] = '.', [PFR_FB_MATCH] = 'M', [PFR_FB_ADDED] = 'A',
	[PFR_FB_DELETED] = 'X', [PFR_FB_CHANGED] = 'H', [PFR_FB_CLEARED] = 'Z',
	[PFR_FB_DUPLICATE] = 'D', [PFR_FB_NOTMATCH] = 'N',
	[PFR_FB_CONFLICT] = 'C', [PFR_FB_NOCOUNT] = 'O',
};

static void
test_commands(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	const char *before = "";
	char got[ADDRS_MAX];
	uint32_t i, k, dummy, flags;

	tables_make(f, "t", PFR_TFLAG_COUNTERS);
	for (i = 0; i < NITEMS(commands); before = commands[i++].then)
		for (dummy = 0; dummy < 2; dummy++) {
			flags = dummy == 0 ? PFR_FLAG_DUMMY : 0;
			if (commands[i].feedback[0] != '\0' &&
			    commands[i].cmd != DIOCRTSTADDRS)
				flags |= PFR_FLAG_FEEDBACK;
			assert_int_equal(tables_request(f, commands[i].cmd, "t",
			    commands[i].text, flags, &io, a), 0);
			for (k = 0; commands[i].feedback[k] != '\0'; k++)
				got[k] = letter[a[k].pfra_fback];
			got[k] = '\0';
			assert_string_equal(got, commands[i].feedback);
			assert_int_equal(io.nadd, commands[i].nadd);
			assert_int_equal(io.ndel, commands[i].ndel);
			assert_int_equal(io.nchange, commands[i].nchange);
			tables_has(f, "t", dummy == 0 ? before : commands[i].then);
		}
}

/* What is refused, and changes nothing. */
static void
test_refused(void **state)
{
	static const unsigned long cmds[] = { DIOCRADDADDRS, DIOCRDELADDRS,
	    DIOCRSETADDRS, DIOCRTSTADDRS, DIOCRCLRASTATS };
	struct fix *f = *state;
	struct pfr_addr good, a;
	struct pfioc_table io;
	unsigned int i, bad;
	int error;

	tables_make(f, "t", 0);
	tables_addr(&good, "10.0.0.0/31");
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "10.0.0.0/8", 0, &io,
	    &a), 0);
	for (i = 0; i < NITEMS(cmds); i++)
		for (bad = 0; bad < 12; bad++) {
			a = good;
			memset(&io, 0, sizeof(io));
			tables_name(&io.table, bad == 11 ? "u" : "t", 0);
			io.buffer = (uintptr_t)&a;
			io.esize = sizeof(a);
			io.size = 1;
			a.pfra_net = bad == 0 ? 33 : bad == 1 ? 30 : 31;
			a.pfra_addr.addr8[3] |= bad == 2 || bad == 1;
			a.pfra_addr.addr8[7] = bad == 3;
			a.pfra_af = bad == 4 ? 0 : AF_INET;
			a.pfra_not = bad == 5 ? 2 : 0;
			a.pfra_fback = bad == 6;
			a.pad[2] = bad == 7;
			io.flags = bad == 8 ? 0x80 : 0;
			if (bad == 9)
				io.esize--;
			if (bad == 10)
				io.size = UINT32_MAX;
			error = sim_ioctl(f->n, f->cl, cmds[i], &io);
			assert_int_equal(error, bad == 9 ? ENODEV :
			    bad == 10 ? ENOSPC : bad == 11 ? ESRCH : EINVAL);
			tables_has(f, "t", "10.0.0.0/8");
		}
	/* a const table; a buffer that cannot be read, or written to */
	memset(&io, 0, sizeof(io));
	assert_int_equal(tables_on(f, DIOCRADDTABLES, "c", PFR_TFLAG_PERSIST |
	    PFR_TFLAG_CONST, 0, &io), 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "c", "1.1.1.1", 0, &io, &a),
	    EPERM);
	assert_int_equal(tables_request(f, DIOCRCLRADDRS, "c", "", 0, &io, &a), EPERM);
	memset(&io, 0, sizeof(io));
	tables_name(&io.table, "t", 0);
	io.size = 1;
	io.esize = sizeof(a);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRADDADDRS, &io), EFAULT);
	io.buffer = (uintptr_t)&letter;		/* read only */
	tables_has(f, "t", "10.0.0.0/8");
}

/* Memory fails at every step of a command: the table is as it was. */
static void
test_no_memory(void **state)
{
	static const struct {
		unsigned long	 cmd;
		const char	*text, *then;
	} c[] = {
		{ DIOCRADDADDRS, "1.1.1.1 2.2.2.2 ::1", "1.1.1.1 2.2.2.2 "
		  "9.0.0.0/8 !9.1.0.0/16 ::1 ::9" },
		{ DIOCRDELADDRS, "1.1.1.1 ::9", "2.2.2.2 9.0.0.0/8 "
		  "!9.1.0.0/16 ::1" },
		{ DIOCRSETADDRS, "2.2.2.2 3.3.3.3", "2.2.2.2 3.3.3.3" },
		{ DIOCRCLRADDRS, "", "" },
	};
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	const char *before = "9.0.0.0/8 !9.1.0.0/16 ::9";
	unsigned long n, done;
	unsigned int i;
	int error;

	tables_make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", before, 0, &io, a), 0);
	for (i = 0; i < NITEMS(c); before = c[i++].then)
		for (n = 1;; n++) {
			sim_fail_alloc(n);
			error = tables_request(f, c[i].cmd, "t", c[i].text, 0, &io, a);
			done = sim_fail_done();
			sim_fail_alloc(0);
			if (done == 0)
				break;
			if (error == 0)
				fail_msg("command %u, allocation %lu", i, n);
			tables_has(f, "t", before);
		}
	tables_has(f, "t", "");
}

/* The same for a transaction that defines tables, and for flags. */
static void
test_commit_without_memory(void **state)
{
	struct fix *f = *state;
	struct pfioc_table io;
	struct pfr_addr a[ADDRS_MAX];
	unsigned long n;
	int error;

	tables_make(f, "t", 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2", 0,
	    &io, a), 0);
	for (n = 1;; n++) {
		tables_begin(f, "");
		assert_int_equal(tables_define(f, "t", PFR_TFLAG_COUNTERS |
		    PFR_TFLAG_PERSIST, NULL), 0);
		assert_int_equal(tables_define(f, "new", PFR_TFLAG_PERSIST, "::1"), 0);
		sim_fail_alloc(n);
		error = tables_commit(f);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		tables_are(f, "t:pa");
		tables_has(f, "t", "1.1.1.1 2.2.2.2");
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t),
		    0);
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_true(n > 4);
	tables_are(f, "new:pa t:paC");
	tables_has(f, "t", "1.1.1.1 2.2.2.2");
	for (n = 1;; n++) {
		memset(&io, 0, sizeof(io));
		io.clrflag = PFR_TFLAG_COUNTERS;
		sim_fail_alloc(n);
		error = tables_on(f, DIOCRSETTFLAGS, "t", 0, 0, &io);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		tables_are(f, "new:pa t:paC");
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_int_equal(io.nchange, 1);
	tables_are(f, "new:pa t:pa");
	tables_has(f, "t", "1.1.1.1 2.2.2.2");
}

/* And for making a table, and for defining one. */
static void
test_make_without_memory(void **state)
{
	struct fix *f = *state;
	struct pfioc_table io;
	unsigned long n, done;
	int error, define_it;

	for (define_it = 0; define_it < 2; define_it++)
		for (n = 1;; n++) {
			tables_begin(f, "");
			memset(&io, 0, sizeof(io));
			sim_fail_alloc(n);
			error = define_it ? tables_define(f, "t", 0, "1.1.1.1 ::1") :
			    tables_on(f, DIOCRADDTABLES, "a/b",
			    PFR_TFLAG_PERSIST, 0, &io);
			done = sim_fail_done();
			sim_fail_alloc(0);
			assert_int_equal(sim_ioctl(f->n, f->cl,
			    DIOCXROLLBACK, &f->t), 0);
			if (done == 0)
				break;
			assert_int_equal(error, ENOMEM);
			tables_are(f, define_it ? "a/b:pa" : "");
		}
	assert_int_equal(error, 0);
	tables_are(f, "a/b:pa");
}

/* Replacing tells what went, or how much room that takes. */
static void
test_replace_told(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	char text[256] = "";

	tables_make(f, "t", 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2 ::1",
	    0, &io, a), 0);
	memset(&io, 0, sizeof(io));
	tables_name(&io.table, "t", 0);
	io.size = tables_parse("2.2.2.2", a);
	io.size2 = 2;
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.flags = PFR_FLAG_FEEDBACK;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRSETADDRS, &io), 0);
	assert_int_equal(io.size2, 3);
	assert_int_equal(io.ndel, 0);
	tables_has(f, "t", "1.1.1.1 2.2.2.2 ::1");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRSETADDRS, &io), 0);
	assert_int_equal(io.size2, 3);
	assert_int_equal(io.ndel, 2);
	assert_int_equal(a[1].pfra_fback, PFR_FB_DELETED);
	tables_print(text, sizeof(text), &a[1]);
	tables_print(text, sizeof(text), &a[2]);
	assert_string_equal(text, "1.1.1.1 ::1");
	tables_has(f, "t", "2.2.2.2");
}

/*
 * Limits
 */
static void
test_limits(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	assert_int_equal(unit_limit(f->n, PF_LIMIT_TABLES, 2), 0);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_TABLE_ENTRIES, 3), 0);
	tables_make(f, "t", 0);
	tables_make(f, "u", 0);
	memset(&io, 0, sizeof(io));
	assert_int_equal(tables_on(f, DIOCRADDTABLES, "v", PFR_TFLAG_PERSIST, 0,
	    &io), ENOSPC);
	tables_are(f, "t:pa u:pa");
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2", 0,
	    &io, a), 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "u", "1.1.1.1 2.2.2.2", 0,
	    &io, a), ENOSPC);
	tables_has(f, "u", "");
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "u", "1.1.1.1", 0, &io, a),
	    0);
	assert_int_equal(tables_request(f, DIOCRSETADDRS, "u", "1.1.1.1 2.2.2.2", 0,
	    &io, a), ENOSPC);
	assert_int_equal(tables_request(f, DIOCRSETADDRS, "u", "5.5.5.5", 0, &io, a),
	    0);
	tables_has(f, "u", "5.5.5.5");
	tables_begin(f, "");
	assert_int_equal(tables_define(f, "t", PFR_TFLAG_PERSIST, "1.1.1.1 2.2.2.2 "
	    "3.3.3.3 4.4.4.4"), ENOSPC);
	assert_int_equal(tables_define(f, "t", PFR_TFLAG_PERSIST, "1.1.1.1 2.2.2.2 "
	    "3.3.3.3"), 0);
	assert_int_equal(tables_commit(f), ENOSPC);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	tables_has(f, "t", "1.1.1.1 2.2.2.2");
}

/* What is cleared was read first: an answer that cannot be given clears nothing.  A
 * dry run says what would be, and comes to limits. */
static void
test_clear_and_dummy(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfr_tstats ts;
	struct pfr_astats as;
	struct pfioc_table io;

	tables_make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	tables_block(f, "<t>", false);
	assert_false(tables_pass(f, "10.0.0.1", "5.5.5.5", PF_IN));
	for (int bad = 1; bad >= 0; bad--) {
		memset(&io, 0, sizeof(io));
		tables_name(&io.table, "t", 0);
		io.size = 1;
		io.esize = sizeof(as);
		io.flags = PFR_FLAG_CLSTATS;
		io.buffer = bad ? 0 : (uintptr_t)&as;
		assert_int_equal(sim_ioctl_as(f->n, f->cl, DIOCRGETASTATS, &io,
		    false), EACCES);
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETASTATS, &io),
		    bad ? EFAULT : 0);
		io.esize = sizeof(ts);
		io.buffer = bad ? 0 : (uintptr_t)&ts;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETTSTATS, &io),
		    bad ? EFAULT : 0);
	}
	assert_int_equal(as.pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 1);
	assert_int_equal(as.pfras_a.pfra_fback, PFR_FB_CLEARED);
	assert_int_equal(ts.pfrts_match, 1);
	tables_stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 0);

	memset(&io, 0, sizeof(io));
	io.setflag = PFR_TFLAG_CONST;
	assert_int_equal(tables_on(f, DIOCRSETTFLAGS, "t", 0, PFR_FLAG_DUMMY,
	    &io), 0);
	assert_int_equal(io.nchange, 1);
	tables_are(f, "t:parC");
	assert_int_equal(unit_limit(f->n, PF_LIMIT_TABLE_ENTRIES, 2), 0);
	assert_int_equal(tables_request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2",
	    PFR_FLAG_DUMMY, &io, a), ENOSPC);
}

/* Addresses are told in order, and none is lost, in whatever order they came. */
static void
test_order(void **state)
{
	static const char want[] = "::/24 ::1 ::5 2000::1 fe80::/16 fe80::/24 "
	    "fe80::1";
	struct fix *f = *state;

	tables_begin(f, "");
	assert_int_equal(tables_define(f, "t", PFR_TFLAG_PERSIST, "fe80::1 2000::1 "
	    "::1 fe80::/16 ::/24 ::5 fe80::/24"), 0);
	assert_int_equal(tables_commit(f), 0);
	tables_has(f, "t", want);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, tables_setup, tables_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_commands),
		TEST(test_refused),
		TEST(test_no_memory),
		TEST(test_commit_without_memory),
		TEST(test_make_without_memory),
		TEST(test_replace_told),
		TEST(test_limits),
		TEST(test_clear_and_dummy),
		TEST(test_order),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
