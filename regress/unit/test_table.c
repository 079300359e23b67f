// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_table.c: tables as programs make and change them, as rules ask them, and as
 * pools choose from them.
 *
 * A list of addresses is a text: "10.0.0.0/8 !10.1.0.0/16 2001:db8::1".
 */
#include "unit.h"
#include "pf_table.h"

#include <arpa/inet.h>

#define ADDRS_MAX	64

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
	struct pfioc_trans	 t;
	struct pfioc_trans_e	 e[4];
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(5);
	f.n = sim_node_new(f.sim, "fw");
	assert_non_null(f.n);
	assert_int_equal(sim_if_add(f.n, 1, "int"), 0);
	assert_int_equal(sim_if_add(f.n, 2, "ext"), 0);
	f.cl = pf_client_open(f.n->pf, 1, 0);
	assert_non_null(f.cl);
	assert_int_equal(unit_enable(f.n), 0);
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	unit_reset();
	pf_client_close(f->cl);
	sim_free(f->sim);
	sim_rcu_quiesce();
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

/*
 * Requests
 */
static void
addr(struct pfr_addr *a, const char *word)
{
	struct pf_rule_addr ra;
	unsigned int i;

	memset(a, 0, sizeof(*a));
	a->pfra_not = word[0] == '!';
	word += a->pfra_not;
	unit_addr(&ra, word);
	a->pfra_addr = ra.addr.v.a.addr;
	a->pfra_af = strchr(word, ':') != NULL ? AF_INET6 : AF_INET;
	for (i = 0; i < 16; i++)
		a->pfra_net += (uint8_t)__builtin_popcount(
		    ra.addr.v.a.mask.addr8[i]);
}

static uint32_t
parse(const char *text, struct pfr_addr *a)
{
	char buf[1024], *word, *p = buf;
	uint32_t n = 0;

	assert_true(strlen(text) < sizeof(buf));
	strcpy(buf, text);
	while ((word = strsep(&p, " ")) != NULL)
		if (word[0] != '\0')
			addr(&a[n++], word);
	return (n);
}

static void
table_name(struct pfr_table *t, const char *name, uint32_t flags)
{
	const char *slash = strrchr(name, '/');

	memset(t, 0, sizeof(*t));
	if (slash != NULL)
		memcpy(t->pfrt_anchor, name, (size_t)(slash - name));
	strcpy(t->pfrt_name, slash != NULL ? slash + 1 : name);
	t->pfrt_flags = flags;
}

/* A request about addresses; name: "table" or "anchor/table".  io and what was
 * answered in *a are for the caller. */
static int
request(struct fix *f, unsigned long cmd, const char *name, const char *text,
    uint32_t flags, struct pfioc_table *io, struct pfr_addr *a)
{
	memset(io, 0, sizeof(*io));
	table_name(&io->table, name, 0);
	io->size = parse(text, a);
	io->buffer = (uintptr_t)a;
	io->esize = sizeof(*a);
	io->flags = flags;
	return (sim_ioctl(f->n, f->cl, cmd, io));
}

/* The same for one whole table. */
static int
on_table(struct fix *f, unsigned long cmd, const char *name, uint32_t tflags,
    uint32_t flags, struct pfioc_table *io)
{
	struct pfr_table t;

	table_name(&t, name, tflags);
	io->buffer = (uintptr_t)&t;
	io->size = 1;
	io->esize = sizeof(t);
	io->flags = flags;
	return (sim_ioctl(f->n, f->cl, cmd, io));
}

static void
make(struct fix *f, const char *name, uint32_t tflags)
{
	struct pfioc_table io = { .nadd = 0 };

	assert_int_equal(on_table(f, DIOCRADDTABLES, name,
	    PFR_TFLAG_PERSIST | tflags, 0, &io), 0);
}

static void
print(char *text, size_t size, const struct pfr_addr *a)
{
	char buf[INET6_ADDRSTRLEN];
	size_t len = strlen(text);

	inet_ntop(a->pfra_af, &a->pfra_addr, buf, sizeof(buf));
	len += (size_t)snprintf(text + len, size - len, "%s%s%s",
	    len > 0 ? " " : "", a->pfra_not ? "!" : "", buf);
	if (a->pfra_net != (a->pfra_af == AF_INET ? 32 : 128))
		snprintf(text + len, size - len, "/%d", a->pfra_net);
}

/* The table has these addresses, in this order. */
static void
has(struct fix *f, const char *name, const char *want)
{
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	char text[1024] = "";
	uint32_t i;

	memset(&io, 0, sizeof(io));
	table_name(&io.table, name, 0);
	io.size = ADDRS_MAX;
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETADDRS, &io), 0);
	assert_true(io.size <= ADDRS_MAX);
	for (i = 0; i < io.size; i++)
		print(text, sizeof(text), &a[i]);
	assert_string_equal(text, want);
}

/* "name:flags ..." of all tables. */
static void
tables_are(struct fix *f, const char *want)
{
	static const char letters[] = "pcaird C";
	struct pfr_table t[16];
	struct pfioc_table io;
	char text[512] = "";
	uint32_t i, bit;
	size_t len = 0;

	memset(&io, 0, sizeof(io));
	io.size = NITEMS(t);
	io.buffer = (uintptr_t)t;
	io.esize = sizeof(t[0]);
	io.flags = PFR_FLAG_ALLRSETS;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETTABLES, &io), 0);
	assert_true(io.size <= NITEMS(t));
	for (i = 0; i < io.size; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s%s%s:", i > 0 ? " " : "", t[i].pfrt_anchor,
		    t[i].pfrt_anchor[0] != '\0' ? "/" : "", t[i].pfrt_name);
		for (bit = 0; bit < 7; bit++)
			if (t[i].pfrt_flags & 1U << bit)
				text[len++] = letters[bit == 6 ? 7 : bit];
		text[len] = '\0';
	}
	assert_string_equal(text, want);
}

static void
stats(struct fix *f, struct pfr_tstats *ts)
{
	struct pfioc_table io;

	memset(&io, 0, sizeof(io));
	io.size = 1;
	io.buffer = (uintptr_t)ts;
	io.esize = sizeof(*ts);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETTSTATS, &io), 0);
	assert_int_equal(io.size, 1);
}

/*
 * Transactions
 */
static void
begin(struct fix *f, const char *anchor)
{
	static const uint32_t types[] = { PF_RULESET_FILTER, PF_RULESET_RDR,
	    PF_TRANS_TABLE, PF_TRANS_OPTIONS };
	unsigned int i;

	memset(&f->t, 0, sizeof(f->t));
	memset(f->e, 0, sizeof(f->e));
	for (i = 0; i < NITEMS(types); i++) {
		f->e[i].type = types[i];
		if (types[i] != PF_TRANS_OPTIONS)
			strcpy(f->e[i].anchor, anchor);
	}
	f->t.size = NITEMS(types);
	f->t.esize = sizeof(f->e[0]);
	f->t.array = (uintptr_t)f->e;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &f->t), 0);
}

static int
commit(struct fix *f)
{
	return (sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t));
}

/* text NULL: a definition without addresses. */
static int
define(struct fix *f, const char *name, uint32_t tflags, const char *text)
{
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	memset(&io, 0, sizeof(io));
	table_name(&io.table, name, tflags);
	io.size = parse(text != NULL ? text : "", a);
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.flags = text != NULL ? PFR_FLAG_ADDRSTOO : 0;
	io.ticket = f->e[0].ticket;
	return (sim_ioctl(f->n, f->cl, DIOCRINADEFINE, &io));
}

static int
add_rule(struct fix *f, int action, const char *from, bool neg)
{
	struct pfioc_rule pr;

	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	strcpy(pr.anchor, f->e[0].anchor);
	pr.ruleset = PF_RULESET_FILTER;
	pr.rule = unit_rule(action);
	pr.rule.keep_state = 0;
	pr.rule.flagset = pr.rule.flags = 0;
	pr.rule.quick = 1;
	unit_addr(&pr.rule.src, from);
	pr.rule.src.neg = neg;
	return (sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr));
}

/* "block quick from TABLE", in the main ruleset. */
static void
block_from(struct fix *f, const char *table, bool neg)
{
	begin(f, "");
	assert_int_equal(add_rule(f, PF_DROP, table, neg), 0);
	assert_int_equal(commit(f), 0);
}

static bool
passes(struct fix *f, const char *src, const char *dst, int dir)
{
	struct sim_spec s = { .src = src, .dst = dst, .proto = IPPROTO_UDP,
	    .sport = 1, .dport = 2, .ttl = 60, .paylen = 10 };
	struct pf_pkt *p = sim_pkt_build(&s);
	int verdict = sim_test(f->n, dir, 1, p);

	sim_pkt_free(p);
	return (verdict == PF_PASS);
}

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

	make(f, "t", PFR_TFLAG_COUNTERS);
	for (i = 0; i < NITEMS(commands); before = commands[i++].then)
		for (dummy = 0; dummy < 2; dummy++) {
			flags = dummy == 0 ? PFR_FLAG_DUMMY : 0;
			if (commands[i].feedback[0] != '\0' &&
			    commands[i].cmd != DIOCRTSTADDRS)
				flags |= PFR_FLAG_FEEDBACK;
			assert_int_equal(request(f, commands[i].cmd, "t",
			    commands[i].text, flags, &io, a), 0);
			for (k = 0; commands[i].feedback[k] != '\0'; k++)
				got[k] = letter[a[k].pfra_fback];
			got[k] = '\0';
			assert_string_equal(got, commands[i].feedback);
			assert_int_equal(io.nadd, commands[i].nadd);
			assert_int_equal(io.ndel, commands[i].ndel);
			assert_int_equal(io.nchange, commands[i].nchange);
			has(f, "t", dummy == 0 ? before : commands[i].then);
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

	make(f, "t", 0);
	addr(&good, "10.0.0.0/31");
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "10.0.0.0/8", 0, &io,
	    &a), 0);
	for (i = 0; i < NITEMS(cmds); i++)
		for (bad = 0; bad < 12; bad++) {
			a = good;
			memset(&io, 0, sizeof(io));
			table_name(&io.table, bad == 11 ? "u" : "t", 0);
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
			has(f, "t", "10.0.0.0/8");
		}
	/* a const table; a buffer that cannot be read, or written to */
	memset(&io, 0, sizeof(io));
	assert_int_equal(on_table(f, DIOCRADDTABLES, "c", PFR_TFLAG_PERSIST |
	    PFR_TFLAG_CONST, 0, &io), 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "c", "1.1.1.1", 0, &io, &a),
	    EPERM);
	assert_int_equal(request(f, DIOCRCLRADDRS, "c", "", 0, &io, &a), EPERM);
	memset(&io, 0, sizeof(io));
	table_name(&io.table, "t", 0);
	io.size = 1;
	io.esize = sizeof(a);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRADDADDRS, &io), EFAULT);
	io.buffer = (uintptr_t)&letter;		/* read only */
	has(f, "t", "10.0.0.0/8");
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

	make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", before, 0, &io, a), 0);
	for (i = 0; i < NITEMS(c); before = c[i++].then)
		for (n = 1;; n++) {
			sim_fail_alloc(n);
			error = request(f, c[i].cmd, "t", c[i].text, 0, &io, a);
			done = sim_fail_done();
			sim_fail_alloc(0);
			if (done == 0)
				break;
			if (error == 0)
				fail_msg("command %u, allocation %lu", i, n);
			has(f, "t", before);
		}
	has(f, "t", "");
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

	make(f, "t", 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2", 0,
	    &io, a), 0);
	for (n = 1;; n++) {
		begin(f, "");
		assert_int_equal(define(f, "t", PFR_TFLAG_COUNTERS |
		    PFR_TFLAG_PERSIST, NULL), 0);
		assert_int_equal(define(f, "new", PFR_TFLAG_PERSIST, "::1"), 0);
		sim_fail_alloc(n);
		error = commit(f);
		if (sim_fail_done() == 0)
			break;
		sim_fail_alloc(0);
		assert_int_equal(error, ENOMEM);
		tables_are(f, "t:pa");
		has(f, "t", "1.1.1.1 2.2.2.2");
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t),
		    0);
	}
	sim_fail_alloc(0);
	assert_int_equal(error, 0);
	assert_true(n > 4);
	tables_are(f, "new:pa t:paC");
	has(f, "t", "1.1.1.1 2.2.2.2");
	for (n = 1;; n++) {
		memset(&io, 0, sizeof(io));
		io.clrflag = PFR_TFLAG_COUNTERS;
		sim_fail_alloc(n);
		error = on_table(f, DIOCRSETTFLAGS, "t", 0, 0, &io);
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
	has(f, "t", "1.1.1.1 2.2.2.2");
}

/* Replacing tells what went, or how much room that takes. */
static void
test_replace_told(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	char text[256] = "";

	make(f, "t", 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2 ::1",
	    0, &io, a), 0);
	memset(&io, 0, sizeof(io));
	table_name(&io.table, "t", 0);
	io.size = parse("2.2.2.2", a);
	io.size2 = 2;
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.flags = PFR_FLAG_FEEDBACK;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRSETADDRS, &io), 0);
	assert_int_equal(io.size2, 3);
	assert_int_equal(io.ndel, 0);
	has(f, "t", "1.1.1.1 2.2.2.2 ::1");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRSETADDRS, &io), 0);
	assert_int_equal(io.size2, 3);
	assert_int_equal(io.ndel, 2);
	assert_int_equal(a[1].pfra_fback, PFR_FB_DELETED);
	print(text, sizeof(text), &a[1]);
	print(text, sizeof(text), &a[2]);
	assert_string_equal(text, "1.1.1.1 ::1");
	has(f, "t", "2.2.2.2");
}

/*
 * Rules
 */
static void
test_rules(void **state)
{
	struct fix *f = *state;
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	block_from(f, "<t>", false);
	tables_are(f, "t:r");
	/* a table that nobody has defined matches nothing */
	assert_true(passes(f, "10.0.0.1", "10.0.0.2", PF_IN));
	make(f, "t", 0);
	tables_are(f, "t:par");
	assert_true(passes(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_int_equal(request(f, DIOCRADDADDRS, "t",
	    "10.0.0.0/8 !10.1.0.0/16 10.1.1.1 2001:db8::/32", 0, &io, a), 0);
	assert_false(passes(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_true(passes(f, "10.1.0.1", "10.0.0.2", PF_IN));
	assert_false(passes(f, "10.1.1.1", "10.0.0.2", PF_IN));
	assert_true(passes(f, "11.1.1.1", "10.0.0.2", PF_IN));
	assert_false(passes(f, "2001:db8::1", "::2", PF_IN));
	assert_true(passes(f, "2001:db9::1", "::2", PF_IN));
	block_from(f, "<t>", true);
	assert_true(passes(f, "10.0.0.1", "10.0.0.2", PF_IN));
	assert_false(passes(f, "10.1.0.1", "10.0.0.2", PF_IN));
	block_from(f, "<u>", true);		/* not in a table that is not */
	assert_false(passes(f, "10.0.0.1", "10.0.0.2", PF_IN));
	tables_are(f, "t:pa u:r");
	begin(f, "");
	assert_int_equal(commit(f), 0);
	tables_are(f, "t:pa");
}

/* Definitions: what is in the file, what is not, and all or nothing. */
static void
test_transaction(void **state)
{
	struct fix *f = *state;

	begin(f, "");
	assert_int_equal(define(f, "kept", PFR_TFLAG_PERSIST, "1.1.1.1"), 0);
	assert_int_equal(define(f, "used", 0, "2.2.2.2 3.3.3.3"), 0);
	assert_int_equal(define(f, "idle", 0, "4.4.4.4"), 0);
	assert_int_equal(add_rule(f, PF_DROP, "<used>", false), 0);
	/* nothing is in force yet */
	assert_true(passes(f, "2.2.2.2", "10.0.0.2", PF_IN));
	assert_int_equal(commit(f), 0);
	tables_are(f, "kept:pa used:ar");
	assert_false(passes(f, "2.2.2.2", "10.0.0.2", PF_IN));
	assert_int_equal(f->n->pf->tables.entries, 3);

	begin(f, "");
	assert_int_equal(define(f, "kept", 0, "7.7.7.7"), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	has(f, "kept", "1.1.1.1");

	/* without addresses: as they are; with none: none */
	begin(f, "");
	assert_int_equal(define(f, "kept", PFR_TFLAG_PERSIST |
	    PFR_TFLAG_CONST, NULL), 0);
	assert_int_equal(define(f, "used", 0, ""), 0);
	assert_int_equal(add_rule(f, PF_DROP, "<used>", false), 0);
	assert_int_equal(commit(f), 0);
	tables_are(f, "kept:pca used:ar");
	has(f, "kept", "1.1.1.1");
	has(f, "used", "");

	/* no rule is left, and the file does not name the tables */
	begin(f, "");
	assert_int_equal(commit(f), 0);
	tables_are(f, "kept:pca");
	assert_int_equal(f->n->pf->tables.entries, 1);
	/* no element for that place */
	begin(f, "");
	assert_int_equal(define(f, "a/x", 0, ""), EBUSY);
	f->e[0].ticket++;
	assert_int_equal(define(f, "x", 0, ""), EBUSY);
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

	begin(f, "");
	assert_int_equal(define(f, "t", 0, "1.1.1.1"), 0);
	memset(&pr, 0, sizeof(pr));
	pr.ticket = f->e[0].ticket;
	pr.rule.action = PF_PASS;
	pr.rule.rtableid = -1;
	pr.ruleset = PF_RULESET_FILTER;
	strcpy(pr.anchor_call, "a");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE, &pr), 0);
	assert_int_equal(commit(f), 0);
	tables_are(f, "");		/* nobody refers to it */

	begin(f, "a");
	assert_int_equal(add_rule(f, PF_DROP, "<t>", false), 0);
	assert_int_equal(commit(f), 0);
	tables_are(f, "t:d a/t:r");
	begin(f, "");
	assert_int_equal(define(f, "t", 0, "1.1.1.1"), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCADDRULE,
	    (pr.ticket = f->e[0].ticket, &pr)), 0);
	assert_int_equal(commit(f), 0);
	tables_are(f, "t:ad a/t:r");
	assert_false(passes(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_true(passes(f, "2.2.2.2", "10.0.0.2", PF_IN));

	begin(f, "a");
	assert_int_equal(define(f, "a/t", 0, "2.2.2.2"), 0);
	assert_int_equal(add_rule(f, PF_DROP, "<t>", false), 0);
	assert_int_equal(commit(f), 0);
	tables_are(f, "t:ad a/t:ar");
	assert_true(passes(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_false(passes(f, "2.2.2.2", "10.0.0.2", PF_IN));

	assert_int_equal(on_table(f, DIOCRDELTABLES, "a/t", 0, 0, &io), 0);
	assert_int_equal(io.ndel, 1);
	assert_false(passes(f, "1.1.1.1", "10.0.0.2", PF_IN));
	assert_true(passes(f, "2.2.2.2", "10.0.0.2", PF_IN));
	io.flags = PFR_FLAG_ALLRSETS;
	io.esize = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRCLRTABLES, &io), 0);
	assert_int_equal(io.ndel, 1);
	tables_are(f, "t:d a/t:r");
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

	make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	block_from(f, "<t>", false);
	assert_false(passes(f, "10.0.0.1", "5.5.5.5", PF_IN));
	for (int bad = 1; bad >= 0; bad--) {
		memset(&io, 0, sizeof(io));
		table_name(&io.table, "t", 0);
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
	stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 0);

	memset(&io, 0, sizeof(io));
	io.setflag = PFR_TFLAG_CONST;
	assert_int_equal(on_table(f, DIOCRSETTFLAGS, "t", 0, PFR_FLAG_DUMMY,
	    &io), 0);
	assert_int_equal(io.nchange, 1);
	tables_are(f, "t:parC");
	assert_int_equal(unit_limit(f->n, PF_LIMIT_TABLE_ENTRIES, 2), 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2",
	    PFR_FLAG_DUMMY, &io, a), ENOSPC);
}

/* Addresses are told in order, and none is lost, in whatever order they came. */
static void
test_order(void **state)
{
	static const char want[] = "::/24 ::1 ::5 2000::1 fe80::/16 fe80::/24 "
	    "fe80::1";
	struct fix *f = *state;

	begin(f, "");
	assert_int_equal(define(f, "t", PFR_TFLAG_PERSIST, "fe80::1 2000::1 "
	    "::1 fe80::/16 ::/24 ::5 fe80::/24"), 0);
	assert_int_equal(commit(f), 0);
	has(f, "t", want);
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
	make(f, "t", 0);
	make(f, "u", 0);
	memset(&io, 0, sizeof(io));
	assert_int_equal(on_table(f, DIOCRADDTABLES, "v", PFR_TFLAG_PERSIST, 0,
	    &io), ENOSPC);
	tables_are(f, "t:pa u:pa");
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "1.1.1.1 2.2.2.2", 0,
	    &io, a), 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "u", "1.1.1.1 2.2.2.2", 0,
	    &io, a), ENOSPC);
	has(f, "u", "");
	assert_int_equal(request(f, DIOCRADDADDRS, "u", "1.1.1.1", 0, &io, a),
	    0);
	assert_int_equal(request(f, DIOCRSETADDRS, "u", "1.1.1.1 2.2.2.2", 0,
	    &io, a), ENOSPC);
	assert_int_equal(request(f, DIOCRSETADDRS, "u", "5.5.5.5", 0, &io, a),
	    0);
	has(f, "u", "5.5.5.5");
	begin(f, "");
	assert_int_equal(define(f, "t", PFR_TFLAG_PERSIST, "1.1.1.1 2.2.2.2 "
	    "3.3.3.3 4.4.4.4"), ENOSPC);
	assert_int_equal(define(f, "t", PFR_TFLAG_PERSIST, "1.1.1.1 2.2.2.2 "
	    "3.3.3.3"), 0);
	assert_int_equal(commit(f), ENOSPC);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	has(f, "t", "1.1.1.1 2.2.2.2");
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

	make(f, "t", PFR_TFLAG_COUNTERS);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "10.0.0.0/8 1.1.1.1",
	    0, &io, a), 0);
	block_from(f, "<t>", false);
	assert_false(passes(f, "10.0.0.1", "5.5.5.5", PF_IN));
	assert_false(passes(f, "10.0.0.2", "5.5.5.5", PF_OUT));
	assert_true(passes(f, "11.0.0.2", "5.5.5.5", PF_OUT));
	stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 2);
	assert_int_equal(ts.pfrts_nomatch, 1);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_BLOCK], 1);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_OUT][PFR_OP_BLOCK], 1);
	assert_int_equal(ts.pfrts_bytes[PFR_DIR_OUT][PFR_OP_BLOCK], 38);
	assert_int_equal(ts.pfrts_cnt, 2);
	assert_int_equal(ts.pfrts_refcnt[PFR_REFCNT_RULE], 1);

	memset(&io, 0, sizeof(io));
	table_name(&io.table, "t", 0);
	io.size = 2;
	io.buffer = (uintptr_t)as;
	io.esize = sizeof(as[0]);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETASTATS, &io), 0);
	assert_int_equal(as[0].pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 0);
	assert_int_equal(as[1].pfras_packets[PFR_DIR_IN][PFR_OP_BLOCK], 1);
	assert_int_equal(as[1].pfras_bytes[PFR_DIR_IN][PFR_OP_BLOCK], 38);
	assert_int_equal(as[1].pfras_packets[PFR_DIR_OUT][PFR_OP_BLOCK], 1);

	memset(&io, 0, sizeof(io));
	assert_int_equal(on_table(f, DIOCRCLRTSTATS, "t", 0, PFR_FLAG_ADDRSTOO,
	    &io), 0);
	assert_int_equal(io.nadd, 1);
	stats(f, &ts);
	assert_int_equal(ts.pfrts_match, 0);
	memset(&io, 0, sizeof(io));
	table_name(&io.table, "t", 0);
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

	make(f, "t", 0);
	assert_int_equal(request(f, DIOCRADDADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	r.quick = 1;
	r.flags = r.flagset = 0;
	unit_addr(&r.src, "<t>");
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	assert_true(passes(f, "10.0.0.1", "5.5.5.5", PF_IN));
	assert_true(passes(f, "10.0.0.1", "5.5.5.5", PF_IN));
	stats(f, &ts);
	assert_int_equal(ts.pfrts_packets[PFR_DIR_IN][PFR_OP_PASS], 2);
	assert_int_equal(ts.pfrts_match, 1);
	assert_int_equal(request(f, DIOCRDELADDRS, "t", "10.0.0.1", 0, &io, a),
	    0);
	assert_true(passes(f, "10.0.0.1", "5.5.5.5", PF_IN));
	stats(f, &ts);
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

	begin(f, "");
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
	assert_int_equal(commit(f), 0);
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

	make(f, "t", 0);
	rdr_to(f, "<t>", NULL, PF_POOL_ROUNDROBIN);
	assert_int_equal(spread(f, 10, count), 10);	/* it is empty */
	assert_int_equal(request(f, DIOCRADDADDRS, "t",
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
	assert_int_equal(request(f, DIOCRSETADDRS, "t",
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
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_commands),
		TEST(test_refused),
		TEST(test_no_memory),
		TEST(test_commit_without_memory),
		TEST(test_replace_told),
		TEST(test_rules),
		TEST(test_transaction),
		TEST(test_anchor),
		TEST(test_clear_and_dummy),
		TEST(test_order),
		TEST(test_limits),
		TEST(test_counters),
		TEST(test_xpass),
		TEST(test_pools),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
