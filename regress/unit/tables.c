// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tables.c: what the tests of tables share: tables as texts; see tables.h.
 */
#include "tables.h"

#include <arpa/inet.h>

int
tables_setup(void **state)
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

int
tables_teardown(void **state)
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
void
tables_addr(struct pfr_addr *a, const char *word)
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

uint32_t
tables_parse(const char *text, struct pfr_addr *a)
{
	char buf[1024], *word, *p = buf;
	uint32_t n = 0;

	assert_true(strlen(text) < sizeof(buf));
	strcpy(buf, text);
	while ((word = strsep(&p, " ")) != NULL)
		if (word[0] != '\0')
			tables_addr(&a[n++], word);
	return (n);
}

void
tables_name(struct pfr_table *t, const char *name, uint32_t flags)
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
int
tables_request(struct fix *f, unsigned long cmd, const char *name, const char *text,
    uint32_t flags, struct pfioc_table *io, struct pfr_addr *a)
{
	memset(io, 0, sizeof(*io));
	tables_name(&io->table, name, 0);
	io->size = tables_parse(text, a);
	io->buffer = (uintptr_t)a;
	io->esize = sizeof(*a);
	io->flags = flags;
	return (sim_ioctl(f->n, f->cl, cmd, io));
}

/* The same for one whole table. */
int
tables_on(struct fix *f, unsigned long cmd, const char *name, uint32_t tflags,
    uint32_t flags, struct pfioc_table *io)
{
	struct pfr_table t;

	tables_name(&t, name, tflags);
	io->buffer = (uintptr_t)&t;
	io->size = 1;
	io->esize = sizeof(t);
	io->flags = flags;
	return (sim_ioctl(f->n, f->cl, cmd, io));
}

void
tables_make(struct fix *f, const char *name, uint32_t tflags)
{
	struct pfioc_table io = { .nadd = 0 };

	assert_int_equal(tables_on(f, DIOCRADDTABLES, name,
	    PFR_TFLAG_PERSIST | tflags, 0, &io), 0);
}

void
tables_print(char *text, size_t size, const struct pfr_addr *a)
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
void
tables_has(struct fix *f, const char *name, const char *want)
{
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;
	char text[1024] = "";
	uint32_t i;

	memset(&io, 0, sizeof(io));
	tables_name(&io.table, name, 0);
	io.size = ADDRS_MAX;
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCRGETADDRS, &io), 0);
	assert_true(io.size <= ADDRS_MAX);
	for (i = 0; i < io.size; i++)
		tables_print(text, sizeof(text), &a[i]);
	assert_string_equal(text, want);
}

/* "name:flags ..." of all tables. */
void
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

void
tables_stats(struct fix *f, struct pfr_tstats *ts)
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
void
tables_begin(struct fix *f, const char *anchor)
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

int
tables_commit(struct fix *f)
{
	return (sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t));
}

/* text NULL: a definition without addresses. */
int
tables_define(struct fix *f, const char *name, uint32_t tflags, const char *text)
{
	struct pfr_addr a[ADDRS_MAX];
	struct pfioc_table io;

	memset(&io, 0, sizeof(io));
	tables_name(&io.table, name, tflags);
	io.size = tables_parse(text != NULL ? text : "", a);
	io.buffer = (uintptr_t)a;
	io.esize = sizeof(*a);
	io.flags = text != NULL ? PFR_FLAG_ADDRSTOO : 0;
	io.ticket = f->e[0].ticket;
	return (sim_ioctl(f->n, f->cl, DIOCRINADEFINE, &io));
}

int
tables_rule(struct fix *f, int action, const char *from, bool neg)
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
void
tables_block(struct fix *f, const char *table, bool neg)
{
	tables_begin(f, "");
	assert_int_equal(tables_rule(f, PF_DROP, table, neg), 0);
	assert_int_equal(tables_commit(f), 0);
}

bool
tables_pass(struct fix *f, const char *src, const char *dst, int dir)
{
	struct sim_spec s = { .src = src, .dst = dst, .proto = IPPROTO_UDP,
	    .sport = 1, .dport = 2, .ttl = 60, .paylen = 10 };
	struct pf_pkt *p = sim_pkt_build(&s);
	int verdict = sim_test(f->n, dir, 1, p);

	sim_pkt_free(p);
	return (verdict == PF_PASS);
}
