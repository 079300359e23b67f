// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_rule.c: what a rule may say: the table of its members, bad values of each of them,
 * members that contradict each other, and what the table drives besides: skip
 * steps and digest.
 *
 * Rules go through DIOCADDRULE in an open transaction, so that a refusal is seen as a
 * program would see it.
 */
#include "unit.h"
#include "pf_rule.h"

#define SETS	6

struct set {				/* write value to a member */
	size_t		off, size;
	int64_t		value;
};
#define S(m, v)	{ offsetof(struct pf_rule, m), sizeof(((struct pf_rule *)0)->m), v }

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
	struct pfioc_trans_e	 e;
	struct pfioc_trans	 t;
};

static int
setup(void **state)
{
	static struct fix f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(5);
	f.n = sim_node_new(f.sim, "n");
	f.cl = pf_client_open(f.n->pf, 1, 0);
	f.e.type = PF_RULESET_FILTER;
	f.t.size = 1;
	f.t.esize = sizeof(f.e);
	f.t.array = (uint64_t)(uintptr_t)&f.e;
	if (sim_ioctl(f.n, f.cl, DIOCXBEGIN, &f.t) != 0)
		return (-1);
	*state = &f;
	return (0);
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	pf_client_close(f->cl);
	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

static int
add_to(struct fix *f, const struct pf_rule *r, uint32_t ruleset)
{
	struct pfioc_rule *pr = calloc(1, sizeof(*pr));
	int error;

	assert_non_null(pr);
	pr->ticket = f->e.ticket;
	pr->ruleset = ruleset;
	pr->rule = *r;
	error = sim_ioctl(f->n, f->cl, DIOCADDRULE, pr);
	free(pr);
	return (error);
}

static int
add(struct fix *f, const struct pf_rule *r)
{
	return (add_to(f, r, PF_RULESET_FILTER));
}

static void
write_member(struct pf_rule *r, const struct set *s)
{
	memcpy((uint8_t *)r + s->off, &s->value, s->size);	/* little endian */
}

/* A rule that says nothing: block. */
static struct pf_rule
plain(void)
{
	return (unit_rule(PF_DROP));
}

/* The rows stand in the order of the members and leave no byte out. */
static void
test_rows(void **state)
{
	size_t at = 0;

	(void)state;
	for (unsigned int i = 0; i < pf_rule_nfields; i++) {
		const struct pf_rule_field *fd = &pf_rule_fields[i];

		if (fd->off != at)
			fail_msg("%s: at %u, the row before ends at %zu",
			    fd->name, fd->off, at);
		assert_true(fd->size > 0);
		assert_true(fd->skip <= PF_SKIP_COUNT);
		at += fd->size;
	}
	assert_int_equal(at, sizeof(struct pf_rule));
}

/*
 * One bad value for every member that has one; test_bad_values() says what is asked of a
 * member without.  Values of members wider than 8 bytes go to their first bytes.
 */
#define B(m, v, e)	{ #m, { offsetof(struct pf_rule, m),		\
	sizeof(((struct pf_rule *)0)->m) > 8 ? 1 :			\
	sizeof(((struct pf_rule *)0)->m), v }, e }
static const struct bad {
	const char	*name;
	struct set	 set;
	int		 error;
} bad[] = {
	B(src.addr.v, 1, EINVAL),		/* an address without a family */
	B(src.addr.v.a.mask, 1, EINVAL),
	B(src.addr.cnt, 1, EINVAL),
	B(src.addr.type, PF_ADDR_TYPE_MAX, EINVAL),
	B(src.addr.type, 255, EINVAL),
	B(src.addr.type, PF_ADDR_NONE, EINVAL),
	B(src.addr.type, PF_ADDR_DYNIFTL, EINVAL),	/* the same */
	B(src.addr.type, PF_ADDR_TABLE, EINVAL),	/* without a name */
	B(src.addr.type, PF_ADDR_RANGE, EINVAL),	/* without a family */
	B(dst.addr.type, PF_ADDR_URPFFAILED, EINVAL),
	B(src.addr.iflags, 1, EINVAL),
	B(src.addr.net, 1, EINVAL),
	B(src.addr.pad, 1, EINVAL),
	B(src.port, 1, EINVAL),			/* a port without an operator */
	B(src.port[1], 1, EINVAL),
	B(src.neg, 2, EINVAL),
	B(src.port_op, PF_OP_MAX, EINVAL),
	B(src.port_op, PF_OP_EQ, EINVAL),	/* without TCP or UDP */
	B(src.pad, 1, EINVAL),
	B(src.pad[1], 1, EINVAL),
	B(dst.addr.v, 1, EINVAL),
	B(dst.addr.cnt, -1, EINVAL),
	B(dst.addr.iflags, 1, EINVAL),
	B(dst.addr.net, 1, EINVAL),
	B(dst.addr.type, PF_ADDR_TABLE, EINVAL),
	B(dst.addr.type, PF_ADDR_TYPE_MAX, EINVAL),
	B(dst.addr.iflags, 1, EINVAL),
	B(dst.addr.net, 24, EINVAL),
	B(dst.addr.pad, 1, EINVAL),
	B(dst.port, 1, EINVAL),
	B(dst.neg, 255, EINVAL),
	B(dst.port_op, 255, EINVAL),
	B(dst.pad, 1, EINVAL),
	B(pool, 1, EINVAL),			/* of no pool */
	B(pool[2].pad[1], 1, EINVAL),
	B(qname, 'q', EOPNOTSUPP),
	B(pqname, 'q', EOPNOTSUPP),
	B(overload_tblname, 't', EINVAL),	/* without a limit */
	B(evaluations, 1, EINVAL),
	B(packets, 1, EINVAL),
	B(packets[1], 1, EINVAL),
	B(bytes, 1, EINVAL),
	B(bytes[1], 1, EINVAL),
	B(states_tot, 1, EINVAL),
	B(states_cur, 1, EINVAL),
	B(src_nodes, 1, EINVAL),
	B(nr, 1, EINVAL),
	B(skip, 1, EINVAL),
	B(skip[PF_SKIP_COUNT - 1], 1, EINVAL),
	B(expired, 1, EINVAL),
	B(qid, 1, EINVAL),
	B(pqid, 1, EINVAL),
	B(rule_flag, 0x80000000, EINVAL),
	B(rule_flag, PFRULE_FLAGMASK + 1, EINVAL),
	B(rule_flag, PFRULE_SRCTRACK, EINVAL),	/* without keep state */
	B(rule_flag, PFRULE_RULESRCTRACK, EINVAL),
	B(rule_flag, PFRULE_GRBOUND, EINVAL),	/* without keep state */
	B(rule_flag, PFRULE_PFLOW, EOPNOTSUPP),
	B(rule_flag, PFRULE_FRAGCROP, EINVAL),	/* not a scrub rule */
	B(rule_flag, PFRULE_NOFRAGMENT, EINVAL),
	B(rule_flag, PFRULE_RETURN | PFRULE_RETURNRST, EINVAL),
	B(rule_flag, PFRULE_IFBOUND, EINVAL),	/* without keep state */
	B(rule_flag, PFRULE_STATESLOPPY, EINVAL),
	B(rule_flag, PFRULE_NOSYNC, EINVAL),
	B(timeout, 1, EINVAL),
	B(max_states, 1, EINVAL),
	B(max_src_nodes, 1, EINVAL),		/* without source-track */
	B(max_src_states, 1, EINVAL),
	B(max_src_conn, 1, EINVAL),
	B(max_src_conn_rate, 1, EINVAL),
	B(max_src_conn_rate.seconds, 1, EINVAL),
	B(pktrate, 1, EINVAL),			/* in no time */
	B(pktrate.seconds, 1, EINVAL),
	B(os_fingerprint, 1, EINVAL),		/* without a class */
	B(os_fingerprint, 0xffffff, EINVAL),
	B(rtableid, INT32_MIN, EINVAL),
	B(rtableid, -2, EINVAL),
	B(cuid, 1, EINVAL),
	B(cpid, 1, EINVAL),
	B(uid, 1, EINVAL),			/* a user without an operator */
	B(uid.id[1], 1, EINVAL),
	B(uid.op, PF_OP_MAX, EINVAL),
	B(uid.pad, 1, EINVAL),
	B(gid, 1, EINVAL),
	B(gid.pad[2], 1, EINVAL),
	B(pad0, 1, EINVAL),
	B(divert_addr, 1, EINVAL),		/* without divert-to */
	B(divert_port, 1, EINVAL),
	B(return_icmp, 0x0303 + 0x100, EINVAL),	/* not `unreachable' */
	B(return_icmp, 3, EINVAL),
	B(return_icmp6, 0x0304, EINVAL),
	B(return_ttl, 1, EINVAL),
	B(action, PF_ACTION_MAX, EINVAL),
	B(action, PF_SCRUB, EINVAL),
	B(action, PF_NAT, EINVAL),
	B(action, PF_SYNPROXY_DROP, EINVAL),
	B(action, 255, EINVAL),
	B(direction, PF_OUT + 1, EINVAL),
	B(log, PF_LOG_MASK + 1, EINVAL),
	B(quick, 2, EINVAL),
	B(ifnot, 1, EINVAL),			/* of no interface */
	B(ifnot, 2, EINVAL),
	B(rcvifnot, 1, EINVAL),			/* without a name */
	B(rcvifnot, 2, EINVAL),
	B(match_tag_not, 1, EINVAL),		/* of no tag */
	B(natpass, 1, EINVAL),			/* not a filter rule's */
	B(keep_state, PF_STATE_SYNPROXY + 1, EINVAL),
	B(keep_state, PF_STATE_MODULATE, EINVAL),
	B(keep_state, PF_STATE_SYNPROXY, EINVAL),
	B(keep_state, PF_STATE_NORMAL, EINVAL),	/* of a block rule */
	B(af, 1, EINVAL),
	B(af, 255, EINVAL),
	B(type, 9, EINVAL),			/* without ICMP */
	B(code, 1, EINVAL),
	B(flags, 1, EINVAL),			/* not in flagset */
	B(allow_opts, 2, EINVAL),
	B(rt, PF_ROUTETO, EINVAL), B(rt, PF_REPLYTO + 1, EINVAL),
	B(set_tos, 1, EINVAL),			/* without the flag */
	B(set_prio, 1, EINVAL),			/* one without the other */
	B(set_prio[1], PF_PRIO_ZERO, EINVAL),
	B(set_prio, PF_PRIO_MAX + 1, EINVAL),
	B(prio, PF_PRIO_MAX + 1, EINVAL),
	B(prio, PF_PRIO_ZERO - 1, EINVAL),
	B(flush, 1, EINVAL),			/* without overload */
	B(flush, 4, EINVAL),
	B(naf, AF_INET, EOPNOTSUPP),
	B(divert_type, PF_DIVERT_TO, EINVAL),	/* to no port */
	B(divert_type, PF_DIVERT_REPLY, EINVAL), /* without a direction */
	B(divert_type, PF_DIVERT_PACKET, EINVAL),
	B(divert_type, PF_DIVERT_PACKET + 1, EINVAL),
	B(pool_used, 1, EINVAL),		/* with no address */
	B(pool_used, 8, EINVAL),
	B(anchor_wildcard, 1, EINVAL),
	B(anchor_relative, 1, EINVAL),
	B(pad, 1, EINVAL),
	B(pad[sizeof(((struct pf_rule *)0)->pad) - 1], 255, EINVAL),
};

/* What a rule that says all ones in this member, and nothing else, is answered. */
static int
add_ones(struct fix *f, const struct pf_rule_field *fd)
{
	struct pf_rule r = plain();

	memset((uint8_t *)&r + fd->off, 0xff, fd->size);
	return (add(f, &r));
}

static void
test_bad_values(void **state)
{
	struct fix *f = *state;
	unsigned int i, k;
	struct pf_rule r;
	int error;

	r = plain();
	assert_int_equal(add(f, &r), 0);
	for (i = 0; i < NITEMS(bad); i++) {
		r = plain();
		write_member(&r, &bad[i].set);
		error = add(f, &r);
		if (error != bad[i].error)
			fail_msg("%s = %lld: errno %d, not %d", bad[i].name,
			    (long long)bad[i].set.value, error, bad[i].error);
	}
	/* A member that is not there takes any value or not this one, as its row says. */
	for (i = 0; i < pf_rule_nfields; i++) {
		const struct pf_rule_field *fd = &pf_rule_fields[i];
		bool seen = false;

		for (k = 0; k < NITEMS(bad) && !seen; k++)
			seen = bad[k].set.off >= fd->off &&
			    bad[k].set.off < (size_t)fd->off + fd->size;
		if (seen)
			continue;
		error = add_ones(f, fd);
		if (error != (fd->use == PF_RU_OUT ? EINVAL :
		    fd->use == PF_RU_LATER ? EOPNOTSUPP :
		    fd->kind == PF_RF_MAX || fd->kind == PF_RF_STR ? EINVAL : 0))
			fail_msg("%s: errno %d for all ones, and no bad value is "
			    "told", fd->name, error);
	}
}

static void
test_strings(void **state)
{
	static const struct {
		const char	*name;
		size_t		 off, size;
	} strings[] = {
		{ "ifname", offsetof(struct pf_rule, ifname), PF_IFNAMSIZ },
		{ "logif", offsetof(struct pf_rule, logif), PF_IFNAMSIZ },
		{ "rcv_ifname", offsetof(struct pf_rule, rcv_ifname), PF_IFNAMSIZ },
		{ "tagname", offsetof(struct pf_rule, tagname), PF_TAG_NAME_SIZE },
		{ "match_tagname", offsetof(struct pf_rule, match_tagname),
		    PF_TAG_NAME_SIZE },
		{ "label", offsetof(struct pf_rule, label), PF_RULE_LABEL_SIZE },
		{ "last label", offsetof(struct pf_rule, more_label[3]),
		    PF_RULE_LABEL_SIZE },
	};
	struct fix *f = *state;
	struct pf_rule r;
	char *s;

	for (unsigned int i = 0; i < NITEMS(strings); i++) {
		r = plain();
		s = (char *)&r + strings[i].off;
		memset(s, 'a', strings[i].size);
		assert_int_equal(add(f, &r), EINVAL);	/* no end */
		s[strings[i].size - 1] = '\0';
		assert_int_equal(add(f, &r), 0);	/* as long as can be */
		s[3] = '\0';
		assert_int_equal(add(f, &r), EINVAL);	/* more behind the end */
		memset(s + 3, 0, strings[i].size - 3);
		assert_int_equal(add(f, &r), 0);
		s[strings[i].size - 1] = 'x';
		assert_int_equal(add(f, &r), EINVAL);
	}
}

/* Members that go together, or do not. */
#define TCP	S(proto, IPPROTO_TCP)
#define PASS	S(action, PF_PASS)
#define KEEP	PASS, S(keep_state, PF_STATE_NORMAL)
static const struct {
	const char	*what;
	struct set	 set[SETS];
	int		 error;
} together[] = {
	{ "port of TCP", { TCP, S(src.port_op, PF_OP_EQ), S(src.port[0], 80) }, 0 },
	{ "port of UDP", { S(proto, IPPROTO_UDP), S(dst.port_op, PF_OP_GT),
	    S(dst.port[0], 80) }, 0 },
	{ "port of ICMP", { S(proto, IPPROTO_ICMP), S(dst.port_op, PF_OP_EQ),
	    S(dst.port[0], 80) }, EINVAL },
	{ "port 0", { TCP, S(src.port_op, PF_OP_EQ) }, 0 },
	{ "range", { TCP, S(src.port_op, PF_OP_RRG), S(src.port[0], 1),
	    S(src.port[1], 2) }, 0 },
	{ "the port twice", { TCP, S(src.port_op, PF_OP_EQ), S(src.port[0], 80),
	    S(src.port[1], 80) }, 0 },
	{ "two ports, one operand", { TCP, S(src.port_op, PF_OP_NE),
	    S(src.port[0], 80), S(src.port[1], 81) }, EINVAL },
	{ "IPv4 address", { S(af, AF_INET), S(src.addr.v.a.addr.v4, 7),
	    S(src.addr.v.a.mask.v4, 0xffffffff) }, 0 },
	{ "IPv4 address with a tail", { S(af, AF_INET),
	    S(src.addr.v.a.addr.addr8[4], 1) }, EINVAL },
	{ "IPv4 mask with a tail", { S(af, AF_INET),
	    S(dst.addr.v.a.mask.addr8[15], 1) }, EINVAL },
	{ "IPv6 address", { S(af, AF_INET6), S(dst.addr.v.a.addr.addr8[15], 1),
	    S(dst.addr.v.a.mask.addr8[15], 1) }, 0 },
	{ "ICMP type", { S(proto, IPPROTO_ICMP), S(type, 9), S(code, 1) }, 0 },
	{ "ICMP type of IPv4", { S(proto, IPPROTO_ICMP), S(af, AF_INET),
	    S(type, 9) }, 0 },
	{ "ICMP type of IPv6", { S(proto, IPPROTO_ICMP), S(af, AF_INET6),
	    S(type, 9) }, EINVAL },
	{ "ICMPv6 type", { S(proto, IPPROTO_ICMPV6), S(type, 129) }, 0 },
	{ "ICMPv6 type of IPv4", { S(proto, IPPROTO_ICMPV6), S(af, AF_INET),
	    S(type, 129) }, EINVAL },
	{ "code without type", { S(proto, IPPROTO_ICMP), S(code, 1) }, EINVAL },
	{ "flags of TCP", { TCP, S(flags, 2), S(flagset, 0x12) }, 0 },
	{ "flags of any protocol", { S(flags, 2), S(flagset, 0x12) }, 0 },
	{ "flags of UDP", { S(proto, IPPROTO_UDP), S(flags, 2),
	    S(flagset, 0x12) }, EINVAL },
	{ "flags out of the set", { TCP, S(flags, 3), S(flagset, 0x12) }, EINVAL },
	{ "both priorities", { S(set_prio[0], 7), S(set_prio[1], PF_PRIO_ZERO) }, 0 },
	{ "priority 0", { S(prio, PF_PRIO_ZERO) }, 0 },
	{ "! interface", { S(ifname[0], 'e'), S(ifnot, 1) }, 0 },
	{ "return on block", { S(rule_flag, PFRULE_RETURN),
	    S(return_icmp, 0x0303), S(return_icmp6, 0x0104) }, 0 },
	{ "return-rst with ttl", { TCP, S(rule_flag, PFRULE_RETURNRST),
	    S(return_ttl, 5) }, 0 },
	{ "codes with drop", { S(return_icmp, 0x0303), S(return_icmp6, 0x0104) }, 0 },
	{ "return on pass", { PASS, S(rule_flag, PFRULE_RETURN) }, 0 },
	{ "return on pass, with ttl", { PASS, S(rule_flag, PFRULE_RETURN),
	  S(return_ttl, 3) }, EINVAL },
	{ "return-rst on pass", { PASS, S(rule_flag, PFRULE_RETURNRST) }, EINVAL },
	{ "return-icmp on pass", { PASS, S(rule_flag, PFRULE_RETURNICMP) }, EINVAL },
	{ "code on pass", { PASS, S(return_icmp, 0x0303) }, EINVAL },
	{ "code6 on pass", { PASS, S(return_icmp6, 0x0104) }, EINVAL },
	{ "keep state", { KEEP }, 0 },
	{ "no state", { PASS }, 0 },
	{ "match", { S(action, PF_MATCH) }, 0 },
	{ "match, keep state", { S(action, PF_MATCH), S(keep_state, PF_STATE_NORMAL) },
	    EINVAL },
	{ "match, return", { S(action, PF_MATCH), S(rule_flag, PFRULE_RETURN) }, EINVAL },
	{ "match, allow-opts", { S(action, PF_MATCH), S(allow_opts, 1) }, 0 },
	{ "modulate state", { PASS, S(keep_state, PF_STATE_MODULATE) }, 0 },
	{ "modulate state, sloppy", { PASS, S(keep_state, PF_STATE_MODULATE),
	    S(rule_flag, PFRULE_STATESLOPPY) }, EINVAL },
	{ "synproxy state", { PASS, S(keep_state, PF_STATE_SYNPROXY) }, 0 },
	{ "synproxy state, sloppy", { PASS, S(keep_state, PF_STATE_SYNPROXY),
	    S(rule_flag, PFRULE_STATESLOPPY) }, EINVAL },
	{ "state options", { KEEP, S(rule_flag, PFRULE_IFBOUND | PFRULE_NOSYNC |
	    PFRULE_STATESLOPPY), S(max_states, 1), S(timeout[0], 9) }, 0 },
	{ "no state, max", { PASS, S(max_states, 1) }, EINVAL },
	{ "no state, timeout", { PASS, S(timeout[PFTM_MAX - 1], 1) }, EINVAL },
	{ "no state, if-bound", { PASS, S(rule_flag, PFRULE_IFBOUND) }, EINVAL },
	{ "group-bound", { KEEP, S(rule_flag, PFRULE_GRBOUND) }, 0 },
	{ "bound twice", { KEEP, S(rule_flag, PFRULE_GRBOUND | PFRULE_IFBOUND) },
	    EINVAL },
	{ "largest timeout", { KEEP, S(timeout[1], PFTM_VAL_MAX) }, 0 },
	{ "larger timeout", { KEEP, S(timeout[1], PFTM_VAL_MAX + 1) }, EINVAL },
	{ "timeout below 0", { KEEP, S(timeout[1], -1) }, EINVAL },
	{ "fragment", { S(rule_flag, PFRULE_FRAGMENT) }, 0 },
	{ "tos, probability, log", { S(tos, 0x10), S(prob, 99),
	    S(log, PF_LOG | PF_LOG_ALL) }, 0 },
	/* What is wrong counts more than what is not there yet. */
	{ "wrong and unknown", { S(naf, 1), S(af, 1) }, EINVAL },
	{ "unknown and wrong", { S(nr, 1), S(naf, 1) }, EINVAL },
};

static void
test_together(void **state)
{
	struct fix *f = *state;
	struct pf_rule r;
	int error;

	for (unsigned int i = 0; i < NITEMS(together); i++) {
		r = plain();
		for (unsigned int k = 0; k < SETS; k++)
			if (together[i].set[k].size != 0)
				write_member(&r, &together[i].set[k]);
		error = add(f, &r);
		if (error != together[i].error)
			fail_msg("%s: errno %d, not %d", together[i].what,
			    error, together[i].error);
	}
}

/* Other rulesets are there, and take none of these rules. */
static void
test_other_rulesets(void **state)
{
	struct fix *f = *state;
	struct pfioc_trans_e e[PF_RULESET_MAX];
	struct pf_rule r = plain();

	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXROLLBACK, &f->t), 0);
	memset(e, 0, sizeof(e));
	for (uint32_t i = 0; i < PF_RULESET_MAX; i++)
		e[i].type = i;
	f->t.size = PF_RULESET_MAX;
	f->t.array = (uint64_t)(uintptr_t)e;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &f->t), 0);
	f->e.ticket = e[0].ticket;
	for (uint32_t i = 0; i < PF_RULESET_MAX; i++)
		assert_int_equal(add_to(f, &r, i),
		    i == PF_RULESET_FILTER ? 0 : EINVAL);
	assert_int_equal(add_to(f, &r, PF_RULESET_MAX), EINVAL);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &f->t), 0);
}

/* Any byte that changes changes the digest; equal rules have equal ones. */
static void
test_digest(void **state)
{
	static struct pf_krule r, other;
	struct pf_rule said, changed;
	uint64_t h[2] = { 0, 0 }, g[2], two[2];

	(void)state;
	said = unit_rule(PF_PASS);
	strcpy(said.label, "a label");
	said.src.addr.v.a.addr.v4 = 7;
	r.said = &said;
	other.said = &changed;
	r.said_size = other.said_size = sizeof(said);
	pf_krule_digest(&r, h);
	for (size_t i = 0; i < sizeof(said); i++)
		for (unsigned int bit = 0; bit < 8; bit += 7) {
			memcpy(&changed, &said, sizeof(said));
			((uint8_t *)&changed)[i] ^= (uint8_t)(1 << bit);
			g[0] = g[1] = 0;
			pf_krule_digest(&other, g);
			if (g[0] == h[0] || g[1] == h[1])
				fail_msg("byte %zu does not count", i);
		}
	memcpy(&changed, &said, sizeof(said));
	g[0] = g[1] = 0;
	pf_krule_digest(&other, g);
	assert_memory_equal(g, h, sizeof(g));
	/* The order of rules counts, and what came before. */
	changed = plain();
	memcpy(two, h, sizeof(two));
	pf_krule_digest(&other, two);
	g[0] = g[1] = 0;
	pf_krule_digest(&other, g);
	pf_krule_digest(&r, g);
	assert_memory_not_equal(two, g, sizeof(g));
}

/* A member that belongs to a skip step makes a difference there, and nowhere else. */
static void
test_differ(void **state)
{
	struct pf_rule a = unit_rule(PF_PASS), b;
	uint32_t differ, seen = 0;

	(void)state;
	assert_int_equal(pf_rule_differ(&a, &a), 0);
	for (unsigned int i = 0; i < pf_rule_nfields; i++) {
		const struct pf_rule_field *fd = &pf_rule_fields[i];

		for (unsigned int at = 0; at < fd->size; at++) {
			memcpy(&b, &a, sizeof(b));
			((uint8_t *)&b)[fd->off + at] ^= 0x40;
			differ = pf_rule_differ(&a, &b);
			seen |= differ;
			if (differ != (fd->skip == PF_SKIP_COUNT ? 0 :
			    1U << fd->skip))
				fail_msg("%s: differs in %#x", fd->name, differ);
		}
	}
	assert_int_equal(seen, (1U << PF_SKIP_COUNT) - 1);
	b = a;
	b.af = AF_INET;
	b.dst.neg = 1;
	assert_int_equal(pf_rule_differ(&a, &b),
	    1U << PF_SKIP_AF | 1U << PF_SKIP_DST_ADDR);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		T(test_bad_values),
		T(test_strings),
		T(test_together),
		T(test_other_rulesets),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_differ),
	};

	return (cmocka_run_group_tests_name("rule", tests, NULL, NULL));
}
