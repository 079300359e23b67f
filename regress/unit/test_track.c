// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_track.c: states of UDP, ICMP queries and other protocols, packet by packet,
 * and that a packet which brings nothing new takes no lock.
 */
#include "unit.h"
#include "pf_packet.h"
#include "pf_state.h"
#include "pf_track.h"

enum { FWD, REV, END };
enum { NO = PFUDPS_NO_TRAFFIC, ONE = PFUDPS_SINGLE, MORE = PFUDPS_MULTIPLE };

struct step {
	uint8_t	dir;
	uint8_t	timeout, src, dst;	/* after it */
	bool	quiet;			/* takes no lock */
};

#define FLOW(n, f, s, m) { n, {						\
	{ FWD, f, ONE, NO },						\
	{ FWD, s, ONE, NO },						\
	{ FWD, s, ONE, NO, true },					\
	{ FWD, s, ONE, NO, true },					\
	{ REV, s, MORE, ONE },						\
	{ REV, s, MORE, ONE, true },					\
	{ FWD, m, MORE, MORE },						\
	{ FWD, m, MORE, MORE, true },					\
	{ REV, m, MORE, MORE, true },					\
	{ END } } },							\
	{ n, {								\
	{ FWD, f, ONE, NO },						\
	{ REV, s, MORE, ONE },						\
	{ REV, s, MORE, ONE, true },					\
	{ FWD, m, MORE, MORE },						\
	{ FWD, m, MORE, MORE, true },					\
	{ END } } }
#define QUERY(n) { n, {							\
	{ FWD, PFTM_ICMP_FIRST_PACKET, NO, NO },			\
	{ FWD, PFTM_ICMP_FIRST_PACKET, NO, NO, true },			\
	{ REV, PFTM_ICMP_ERROR_REPLY, NO, NO },				\
	{ FWD, PFTM_ICMP_ERROR_REPLY, NO, NO, true },			\
	{ REV, PFTM_ICMP_ERROR_REPLY, NO, NO, true },			\
	{ END } } }

static const struct tcase {
	uint8_t		proto;
	struct step	steps[12];
} cases[] = {
	FLOW(IPPROTO_UDP, PFTM_UDP_FIRST_PACKET, PFTM_UDP_SINGLE,
	    PFTM_UDP_MULTIPLE),
	FLOW(IPPROTO_GRE, PFTM_OTHER_FIRST_PACKET, PFTM_OTHER_SINGLE,
	    PFTM_OTHER_MULTIPLE),
	FLOW(IPPROTO_ESP, PFTM_OTHER_FIRST_PACKET, PFTM_OTHER_SINGLE,
	    PFTM_OTHER_MULTIPLE),
	QUERY(IPPROTO_ICMP), QUERY(IPPROTO_ICMPV6),
};

struct fix {
	struct sim	*sim;
	struct sim_node	*n;
	struct pf_state	 s;
};

static void
setup(struct fix *fx, uint8_t proto)
{
	struct pf_pdesc pd = { .proto = proto };

	unit_reset();
	memset(fx, 0, sizeof(*fx));
	fx->sim = sim_new(3);
	fx->n = sim_node_new(fx->sim, "n");
	assert_non_null(fx->n);
	pf_spin_init(&fx->s.lock);
	fx->s.link.tag[1] = (uint64_t)proto << 56;
	pf_track_init(&fx->s, &pd);
}

/* quiet: the lock is held meanwhile; to take it a second time is a panic */
static void
packet(struct fix *fx, uint8_t dir, bool quiet)
{
	sim_packet_enter();
	if (quiet)
		pf_spin_lock(&fx->s.lock);
	pf_track(fx->n->pf, &fx->s, dir == FWD);
	if (quiet)
		pf_spin_unlock(&fx->s.lock);
	sim_packet_leave();
}

static void
flows(void **arg)
{
	struct fix fx;

	(void)arg;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		setup(&fx, cases[i].proto);
		for (int k = 0; cases[i].steps[k].dir != END; k++) {
			const struct step *st = &cases[i].steps[k];

			sim_advance(fx.sim, SIM_SECOND);
			if (k > 0)
				packet(&fx, st->dir, st->quiet);
			if (fx.s.timeout != st->timeout ||
			    fx.s.src.state != st->src ||
			    fx.s.dst.state != st->dst)
				fail_msg("protocol %u, case %zu, step %d: "
				    "timeout %u, states %u:%u", cases[i].proto,
				    i, k, fx.s.timeout, fx.s.src.state,
				    fx.s.dst.state);
			if (k > 0)
				assert_int_equal(fx.s.expire,
				    pf_uptime(fx.n->pf));
		}
		sim_free(fx.sim);
	}
}

/* A state marked for removal stays so. */
static void
purged(void **arg)
{
	struct fix fx;

	(void)arg;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		setup(&fx, cases[i].proto);
		fx.s.timeout = PFTM_PURGE;
		for (int k = 0; k < 4; k++)
			packet(&fx, k & 1 ? FWD : REV, false);
		assert_int_equal(fx.s.timeout, PFTM_PURGE);
		sim_free(fx.sim);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows),
		cmocka_unit_test(purged),
	};

	return (cmocka_run_group_tests_name("track", tests, NULL, NULL));
}
