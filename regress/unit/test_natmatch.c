// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_natmatch.c: translation by rules of the filter: of `pass', and of one or more of `match'.
 */
#include "nat_fix.h"

/* nat-to and rdr-to on pass rules. */
static void
on_rules(struct fix *f)
{
	struct pf_rule r = unit_rule(PF_PASS);
	struct sim_spec s;
	struct sim_info i;

	r.af = w->af;
	r.direction = PF_OUT;
	strcpy(r.ifname, "ext");
	r.pool_used = 1U << PF_POOL_NAT;
	assert_int_equal(add(f, FILTER, &r, 0, NULL), EINVAL);
	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	r.direction = PF_IN;
	r.pool_used = 1U << PF_POOL_RDR;
	r.keep_state = 0;
	assert_int_equal(add(f, FILTER, &r, PF_POOL_RDR, list(w->client, NULL)),
	    EINVAL);				/* there is no translation without state */
	r.keep_state = PF_STATE_NORMAL;
	assert_int_equal(add(f, FILTER, &r, PF_POOL_RDR, list(w->client, NULL)), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 1024, w->server, 80);	/* no range: its own port */
	s = spec(IPPROTO_UDP, w->server, 80, w->public, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 80, w->client, 1024);
	s = spec(IPPROTO_UDP, w->server, 81, w->public2, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 81, w->client, 1024);
}

static void
packets_of(struct fix *f, uint32_t nr, uint64_t in, uint64_t out)
{
	struct pf_rule r;

	unit_get_rule(f->n, nr, &r);
	assert_int_equal(r.packets[0], in);
	assert_int_equal(r.packets[1], out);
}

/* match .. nat-to */
static struct pf_rule
match_rule(void)
{
	struct pf_rule r = translation(PF_MATCH, w->inner_net, NULL, 0, 0);

	r.direction = PF_OUT;
	r.pool_used = 1U << PF_POOL_NAT;
	return (r);
}

/* A rule of `match' translates at once: the rules behind it see the new address. */
static void
matches(struct fix *f)
{
	struct pf_rule r = match_rule(), block = unit_rule(PF_DROP);
	struct pf_status st;
	struct pfsync_state *list_of;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	block.af = w->af;
	unit_addr(&block.src, w->inner_net);
	block.quick = 1;
	assert_int_equal(add(f, FILTER, &block, 0, NULL), 0);
	block.quick = 0;
	unit_addr(&block.src, NULL);
	block.rule_flag = PFRULE_RETURN;
	assert_int_equal(add(f, FILTER, &block, 0, NULL), 0);
	r = unit_rule(PF_PASS);
	r.af = w->af;
	r.proto = IPPROTO_UDP;
	r.flags = r.flagset = 0;
	r.dst.port_op = PF_OP_EQ;
	r.dst.port[0] = htons(80);
	unit_addr(&r.src, w->public);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_ends(i, w->public, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	s = spec(IPPROTO_UDP, w->server, 80, w->public, 1024);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_PASS);
	assert_ends(i, w->server, 80, w->client, 1024);
	packets_of(f, 0, 1, 2);
	packets_of(f, 1, 0, 0);
	packets_of(f, 2, 0, 0);
	packets_of(f, 3, 1, 2);
	assert_int_equal(unit_states(f->n, &list_of), 1);
	assert_int_equal(list_of->rule, 3);
	assert_int_equal(list_of->nat_rule, UINT32_MAX);
	free(list_of);

	/* who is blocked is answered as he sent it, and the rule counts his packet too */
	s = spec(IPPROTO_TCP, w->client, 1025, w->server, 81);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	assert_int_equal(f->n->sent.n, 1);
	assert_true(sim_pkt_info(f->n->sent.first, &i));
	assert_ends(i, w->server, 81, w->client, 1025);
	packets_of(f, 0, 1, 3);
	packets_of(f, 2, 0, 1);

	/* a later fragment cannot be translated */
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	s.paylen = 64;
	s.frag_off = 800;
	assert_int_equal(sim_test_free(f->n, PF_OUT, 2, sim_pkt_build(&s)), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_FRAG], 1);
}

/* Of `match' alone nothing is decided: the packet passes, by a state if it is translated.
 * `quick' ends the walk there, too. */
static void
only_matches(struct fix *f)
{
	struct pf_rule r = match_rule();
	struct pfsync_state *list_of;
	struct sim_spec s;
	struct sim_info i;

	assert_int_equal(add(f, FILTER, &r, PF_POOL_NAT, list(w->public, NULL)), 0);
	memset(r.pool, 0, sizeof(r.pool));
	r.pool_used = 0;
	r.quick = 1;
	unit_addr(&r.src, NULL);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_DROP);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	for (int k = 0; k < 3; k++) {
		assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
		assert_ends(i, w->public, 1024, w->server, 80);
	}
	assert_int_equal(unit_states(f->n, &list_of), 1);
	assert_int_equal(list_of->rule, 0);
	free(list_of);
	packets_of(f, 0, 0, 3);
	packets_of(f, 1, 0, 3);
	for (int nr = 0; nr < 3; nr++) {
		unit_get_rule(f->n, (uint32_t)nr, &r);
		assert_int_equal(r.evaluations, nr < 2);
	}
	/* without a translation there is no need of a state */
	s = spec(IPPROTO_UDP, w->server, 1024, w->client, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	assert_int_equal(unit_states(f->n, &list_of), 1);
	free(list_of);
	packets_of(f, 1, 0, 4);
	/* in: the last rule alone */
	s = spec(IPPROTO_UDP, w->server, 1024, w->client, 80);
	assert_int_equal(pass(f, PF_IN, 2, &s, &i), PF_DROP);
}

/* A packet may meet so many of them and no more: it is dropped before one goes unheard. */
static void
too_many_matches(struct fix *f)
{
	struct pf_rule r = unit_rule(PF_MATCH);
	struct pf_status st;
	struct sim_spec s;
	struct sim_info i;

	r.keep_state = 0;
	r.flags = r.flagset = 0;
	for (int k = 0; k < 64; k++)
		assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r.proto = IPPROTO_UDP;
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	r = unit_rule(PF_PASS);
	assert_int_equal(add(f, FILTER, &r, 0, NULL), 0);
	commit(f);
	s = spec(IPPROTO_TCP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_PASS);
	packets_of(f, 63, 0, 1);
	s = spec(IPPROTO_UDP, w->client, 1024, w->server, 80);
	assert_int_equal(pass(f, PF_OUT, 2, &s, &i), PF_DROP);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_MEMORY], 1);
}

static const struct nat_case cases[] = {
	{ "nat-to, rdr-to", on_rules },
	{ "match, nat-to", matches },
	{ "match alone", only_matches },
	{ "too many rules of match", too_many_matches },
};

int
main(void)
{
	return (nat_main(cases, NITEMS(cases)));
}
