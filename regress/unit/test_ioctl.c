// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_ioctl.c: requests as nobody should make them, and what lists and kills
 * states and interfaces.
 *
 * What every bad request must leave alone is taken before and after (unit_snap).
 */
#include "unit.h"

#include "pf_conf.h"

#define W	true

/* All that there is, and whether it wants a writable descriptor. */
static const struct {
	const char	*name;
	unsigned long	 cmd;
	bool		 write;
} commands[] = {
	{ "START", DIOCSTART, W }, { "STOP", DIOCSTOP, W },
	{ "ADDRULE", DIOCADDRULE, W }, { "GETRULES", DIOCGETRULES, !W },
	{ "GETRULE", DIOCGETRULE, !W }, { "CLRSTATES", DIOCCLRSTATES, W },
	{ "GETSTATE", DIOCGETSTATE, !W }, { "SETSTATUSIF", DIOCSETSTATUSIF, W },
	{ "GETSTATUS", DIOCGETSTATUS, !W }, { "CLRSTATUS", DIOCCLRSTATUS, W },
	{ "SETDEBUG", DIOCSETDEBUG, W }, { "GETSTATES", DIOCGETSTATES, !W },
	{ "SETTIMEOUT", DIOCSETTIMEOUT, W }, { "GETTIMEOUT", DIOCGETTIMEOUT, !W },
	{ "CLRRULECTRS", DIOCCLRRULECTRS, W }, { "GETLIMIT", DIOCGETLIMIT, !W },
	{ "SETLIMIT", DIOCSETLIMIT, W }, { "KILLSTATES", DIOCKILLSTATES, W },
	{ "GETADDRS", DIOCGETADDRS, !W }, { "GETRULESETS", DIOCGETRULESETS, !W },
	{ "GETRULESET", DIOCGETRULESET, !W }, { "XBEGIN", DIOCXBEGIN, W },
	{ "XCOMMIT", DIOCXCOMMIT, W }, { "XROLLBACK", DIOCXROLLBACK, W },
	{ "SETHOSTID", DIOCSETHOSTID, W }, { "IGETIFACES", DIOCIGETIFACES, !W },
	{ "SETIFFLAG", DIOCSETIFFLAG, W }, { "CLRIFFLAG", DIOCCLRIFFLAG, W },
	{ "SETREASS", DIOCSETREASS, W },
	{ "KEEPCOUNTERS", DIOCKEEPCOUNTERS, W },
	{ "GETSRCNODES", DIOCGETSRCNODES, !W }, { "CLRSRCNODES", DIOCCLRSRCNODES, W },
	{ "KILLSRCNODES", DIOCKILLSRCNODES, W },
	{ "OSFPFLUSH", DIOCOSFPFLUSH, W }, { "OSFPADD", DIOCOSFPADD, W },
	{ "OSFPGET", DIOCOSFPGET, !W },
};

struct fix {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*cl;
	struct unit_snap	 before;
};

static uint8_t arg[PF_IOCTL_ARG_MAX];

static bool
packet(struct fix *f, uint8_t proto, const char *src, uint16_t sport,
    const char *dst, uint16_t dport)
{
	struct sim_spec sp = { .src = src, .dst = dst, .proto = proto,
	    .sport = sport, .dport = dport, .paylen = 10 };

	if (proto == IPPROTO_TCP)
		sp.flags = 0x02;
	return (sim_test_free(f->n, PF_IN, 1, sim_pkt_build(&sp)) == PF_PASS);
}

static int
setup(void **state)
{
	static struct fix f;
	struct pf_rule r[2];

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(8);
	f.n = sim_node_new(f.sim, "n");
	assert_int_equal(sim_if_add(f.n, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(f.n, 2, "eth1"), 0);
	r[0] = unit_rule(PF_PASS);
	r[1] = unit_rule(PF_PASS);
	r[1].proto = IPPROTO_UDP;
	r[1].flags = r[1].flagset = 0;
	strcpy(r[1].label, "udp");
	strcpy(r[1].more_label[0], "datagrams");
	strcpy(r[1].more_label[3], "fifth");
	assert_int_equal(unit_load(f.n, r, 2), 0);
	assert_int_equal(unit_enable(f.n), 0);
	assert_true(packet(&f, IPPROTO_TCP, "10.0.0.1", 1000, "10.9.0.1", 22));
	assert_true(packet(&f, IPPROTO_UDP, "10.0.0.1", 1000, "10.9.0.1", 53));
	assert_true(packet(&f, IPPROTO_UDP, "10.0.1.2", 2000, "10.9.0.2", 53));
	assert_true(packet(&f, IPPROTO_UDP, "2001:db8::1", 3000, "2001:db8::2", 53));
	f.cl = pf_client_open(f.n->pf, 7, 0);
	assert_non_null(f.cl);
	unit_snap(f.n, &f.before);
	assert_int_equal(f.before.nstates, 4);
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

static void
unchanged(struct fix *f, const char *what)
{
	struct unit_snap now;

	unit_snap(f->n, &now);
	if (memcmp(&now, &f->before, sizeof(now)) != 0)
		fail_msg("%s: something has changed", what);
}

/* Numbers that no row has, and rows with another size or direction. */
static void
test_unknown(void **state)
{
	struct fix *f = *state;
	unsigned long cmd;
	unsigned int nr, i;

	for (nr = 0; nr < 256; nr++) {
		cmd = _IO('D', nr);
		for (i = 0; i < NITEMS(commands) && commands[i].cmd != cmd; i++)
			;
		if (i == NITEMS(commands))
			assert_int_equal(sim_ioctl(f->n, f->cl, cmd, NULL),
			    ENOTTY);
	}
	for (i = 0; i < NITEMS(commands); i++) {
		unsigned int size = _IOC_SIZE(commands[i].cmd);
		unsigned int n = _IOC_NR(commands[i].cmd);

		memset(arg, 0, sizeof(arg));
		assert_int_equal(sim_ioctl(f->n, f->cl,
		    _IOC(_IOC_READ | _IOC_WRITE, 'D', n, size + 1), arg), ENOTTY);
		assert_int_equal(sim_ioctl(f->n, f->cl,
		    _IOC(_IOC_READ | _IOC_WRITE, 'E', n, size), arg), ENOTTY);
		if (size != 0) {
			assert_int_equal(sim_ioctl(f->n, f->cl, _IOC(_IOC_READ |
			    _IOC_WRITE, 'D', n, size - 1), arg), ENOTTY);
			assert_int_equal(sim_ioctl(f->n, f->cl,
			    _IOC(_IOC_NONE, 'D', n, 0), NULL), ENOTTY);
			assert_int_equal(pf_ioctl(f->cl,
			    (uint32_t)commands[i].cmd, NULL, true), EFAULT);
		}
		assert_true(size <= PF_IOCTL_ARG_MAX);
	}
	assert_int_equal(sim_ioctl(f->n, f->cl, 0, NULL), ENOTTY);
	assert_int_equal(pf_ioctl(f->cl, UINT32_MAX, arg, true), ENOTTY);
	unchanged(f, "unknown commands");
}

static void
test_read_only(void **state)
{
	struct fix *f = *state;
	int error;

	for (unsigned int i = 0; i < NITEMS(commands); i++) {
		memset(arg, 0, sizeof(arg));
		error = sim_ioctl_as(f->n, f->cl, commands[i].cmd, arg, false);
		if ((error == EACCES) != commands[i].write)
			fail_msg("%s: errno %d", commands[i].name, error);
	}
	unchanged(f, "a descriptor for reading");
}

/* All bits set: nothing of the kind is a sound request, but to clear counters, and to ask for
 * sources where there is none. */
static void
test_all_ones(void **state)
{
	struct fix *f = *state;

	for (unsigned int i = 0; i < NITEMS(commands); i++) {
		unsigned long cmd = commands[i].cmd;
		int error;

		if (_IOC_SIZE(cmd) == 0 || cmd == DIOCGETSTATUS ||
		    cmd == DIOCGETSRCNODES)
			continue;
		memset(arg, 0xff, sizeof(arg));
		error = sim_ioctl(f->n, f->cl, cmd, arg);
		if (error == 0 || error == ENOTTY)
			fail_msg("%s: errno %d", commands[i].name, error);
		unchanged(f, commands[i].name);
	}
}

/*
 * Single values.  `size' bytes of `value' at off in an argument that is otherwise zero;
 * two of them.
 */
#define V(type, m, v)	{ offsetof(struct type, m),			\
	sizeof(((struct type *)0)->m) > 8 ? 1 : sizeof(((struct type *)0)->m), v }
static const struct {
	unsigned long	cmd;
	const char	*what;
	struct {
		size_t	off, size;
		int64_t	value;
	}		set[3];
	int		error;
} values[] = {
	{ DIOCSETTIMEOUT, "no such timeout", { V(pfioc_tm, timeout, PFTM_MAX) }, EINVAL },
	{ DIOCSETTIMEOUT, "timeout below 0", { V(pfioc_tm, timeout, -1) }, EINVAL },
	{ DIOCSETTIMEOUT, "seconds below 0", { V(pfioc_tm, seconds, -1) }, EINVAL },
	{ DIOCSETTIMEOUT, "seconds", { V(pfioc_tm, seconds, PFTM_VAL_MAX + 1) }, EINVAL },
	{ DIOCGETTIMEOUT, "no such timeout", { V(pfioc_tm, timeout, PFTM_MAX) }, EINVAL },
	{ DIOCGETTIMEOUT, "timeout below 0", { V(pfioc_tm, timeout, -1) }, EINVAL },
	{ DIOCSETLIMIT, "no such limit", { V(pfioc_limit, index, PF_LIMIT_MAX) }, EINVAL },
	{ DIOCSETLIMIT, "index below 0", { V(pfioc_limit, index, -1) }, EINVAL },
	{ DIOCSETLIMIT, "limit", { V(pfioc_limit, limit, PF_LIMIT_VAL_MAX + 1) }, EINVAL },
	{ DIOCGETLIMIT, "no such limit", { V(pfioc_limit, index, PF_LIMIT_MAX) }, EINVAL },
	{ DIOCGETLIMIT, "index below 0", { V(pfioc_limit, index, -1) }, EINVAL },
	{ DIOCSETDEBUG, "level", { V(pfioc_u32, value, PF_DEBUG_NOISY + 1) }, EINVAL },
	{ DIOCSETDEBUG, "pad", { V(pfioc_u32, pad, 1) }, EINVAL },
	{ DIOCSETREASS, "no-df alone", { V(pfioc_u32, value, 2) }, EINVAL },
	{ DIOCSETREASS, "value", { V(pfioc_u32, value, 4) }, EINVAL },
	{ DIOCSETREASS, "pad", { V(pfioc_u32, pad, 1) }, EINVAL },
	{ DIOCKEEPCOUNTERS, "value", { V(pfioc_u32, value, 2) }, EINVAL },
	{ DIOCKEEPCOUNTERS, "pad", { V(pfioc_u32, pad, 1) }, EINVAL },
	{ DIOCKILLSTATES, "by", { V(pfioc_state_kill, by, PF_KILL_MAX) }, EINVAL },
	{ DIOCKILLSTATES, "direction", { V(pfioc_state_kill, direction, PF_OUT + 1) },
	  EINVAL },
	{ DIOCSETHOSTID, "pad", { V(pfioc_u32, pad, 1) }, EINVAL },
	{ DIOCADDRULE, "no transaction", { { 0, 0, 0 } }, EBUSY },
	{ DIOCADDRULE, "ruleset", { V(pfioc_rule, ruleset, PF_RULESET_MAX) }, EINVAL },
	{ DIOCADDRULE, "anchor", { V(pfioc_rule, anchor[0], '*') }, EINVAL },
	{ DIOCADDRULE, "call", { V(pfioc_rule, anchor_call[0], 'a') }, EBUSY },
	{ DIOCGETRULES, "ruleset", { V(pfioc_rule, ruleset, PF_RULESET_MAX) }, EINVAL },
	{ DIOCGETRULES, "anchor", { V(pfioc_rule, anchor[0], 'a') }, ENOENT },
	{ DIOCGETRULE, "ruleset", { V(pfioc_rule, ruleset, UINT32_MAX) }, EINVAL },
	{ DIOCGETRULE, "action", { V(pfioc_rule, action, PF_GET_CLR_CNTR + 1) }, EINVAL },
	{ DIOCGETRULE, "not asked before", { V(pfioc_rule, ruleset, 1) }, EBUSY },
	{ DIOCGETSTATE, "no such state", { V(pfioc_state, state.id, 1) }, ENOENT },
	{ DIOCGETRULESETS, "no such anchor", { V(pfioc_ruleset, path[0], 'a') }, ENOENT },
	{ DIOCGETRULESET, "no such anchor", { V(pfioc_ruleset, path[0], 'a') }, ENOENT },
	{ DIOCGETRULESET, "past the last", { { 0, 0, 0 } }, EBUSY },
	{ DIOCGETADDRS, "ruleset", { V(pfioc_pooladdr, ruleset, PF_RULESET_MAX) }, EINVAL },
	{ DIOCGETADDRS, "pool", { V(pfioc_pooladdr, which, PF_POOL_MAX) }, EINVAL },
	{ DIOCGETADDRS, "ticket", { V(pfioc_pooladdr, ruleset, 1),
	    V(pfioc_pooladdr, ticket, 77) }, EBUSY },
	{ DIOCKILLSTATES, "family", { V(pfioc_state_kill, af, 1) }, EINVAL },
	{ DIOCKILLSTATES, "pad", { V(pfioc_state_kill, pad, 1) }, EINVAL },
	{ DIOCKILLSTATES, "type", { V(pfioc_state_kill, src.addr.type,
	    PF_ADDR_TABLE) }, EINVAL },
	{ DIOCKILLSTATES, "operator", { V(pfioc_state_kill, dst.port_op,
	    PF_OP_MAX) }, EINVAL },
	{ DIOCKILLSTATES, "negation", { V(pfioc_state_kill, dst.neg, 2) }, EINVAL },
	{ DIOCKILLSTATES, "address pad", { V(pfioc_state_kill, src.pad, 1) }, EINVAL },
	{ DIOCKILLSTATES, "wrap pad", { V(pfioc_state_kill, src.addr.pad, 1) }, EINVAL },
	{ DIOCKILLSTATES, "count", { V(pfioc_state_kill, src.addr.cnt, 1) }, EINVAL },
	{ DIOCKILLSTATES, "port without operator", { V(pfioc_state_kill,
	    src.port[1], 1) }, EINVAL },
	{ DIOCKILLSTATES, "address without family", { V(pfioc_state_kill,
	    src.addr.v.a.addr.addr8[0], 1) }, EINVAL },
	{ DIOCKILLSTATES, "mask without family", { V(pfioc_state_kill,
	    dst.addr.v.a.mask.addr8[0], 1) }, EINVAL },
	{ DIOCKILLSTATES, "IPv4 with a tail", { V(pfioc_state_kill, af, AF_INET),
	    V(pfioc_state_kill, dst.addr.v.a.addr.addr8[4], 1) }, EINVAL },
	{ DIOCCLRSTATES, "family", { V(pfioc_state_kill, af, 1) }, EINVAL },
	{ DIOCIGETIFACES, "size of an entry", { V(pfioc_iface, esize, 1) }, ENODEV },
	{ DIOCIGETIFACES, "pad", { V(pfioc_iface, esize, sizeof(struct pfi_kif)),
	    V(pfioc_iface, pad, 1) }, EINVAL },
	{ DIOCIGETIFACES, "address", { V(pfioc_iface, esize, sizeof(struct pfi_kif)),
	    V(pfioc_iface, size, 1), V(pfioc_iface, buffer, -8) }, EFAULT },
	{ DIOCSETIFFLAG, "no name", { V(pfioc_iface, flags, PFI_IFLAG_SKIP) }, EINVAL },
	{ DIOCSETIFFLAG, "flag", { V(pfioc_iface, flags, 1),
	    V(pfioc_iface, name[0], 'e') }, EINVAL },
	{ DIOCSETIFFLAG, "pad", { V(pfioc_iface, flags, PFI_IFLAG_SKIP),
	    V(pfioc_iface, name[0], 'e'), V(pfioc_iface, pad, 1) }, EINVAL },
	{ DIOCSETIFFLAG, "no link group", { V(pfioc_iface, flags, PFI_IFLAG_LINKGROUP),
	    V(pfioc_iface, name[0], 'e') }, EINVAL },
	{ DIOCCLRIFFLAG, "no flag", { { 0, 0, 0 } }, EINVAL },
	{ DIOCGETSTATES, "address", { V(pfioc_states, len, 4096),
	    V(pfioc_states, buf, 8) }, EFAULT },
	{ DIOCGETSRCNODES, "sources", { V(pfioc_src_nodes, buf, 8) }, 0 },
	{ DIOCKILLSRCNODES, "family", { V(pfioc_src_node_kill, af, 1) }, EINVAL },
	{ DIOCKILLSRCNODES, "pad", { V(pfioc_src_node_kill, pad[0], 1) }, EINVAL },
	{ DIOCXBEGIN, "size of an element", { V(pfioc_trans, size, 1) }, ENODEV },
	{ DIOCXBEGIN, "none", { V(pfioc_trans, esize,
	    sizeof(struct pfioc_trans_e)) }, EINVAL },
	{ DIOCXBEGIN, "too many", { V(pfioc_trans, esize, sizeof(struct pfioc_trans_e)),
	    V(pfioc_trans, size, PF_TRANS_ELEMENTS + 1) }, EINVAL },
	{ DIOCXBEGIN, "address", { V(pfioc_trans, esize, sizeof(struct pfioc_trans_e)),
	    V(pfioc_trans, size, PF_TRANS_ELEMENTS) }, EFAULT },
	{ DIOCXCOMMIT, "nothing begun", { V(pfioc_trans, esize,
	    sizeof(struct pfioc_trans_e)), V(pfioc_trans, size, 1) }, EBUSY },
	{ DIOCXROLLBACK, "nothing begun", { V(pfioc_trans, esize,
	    sizeof(struct pfioc_trans_e)), V(pfioc_trans, size, 1) }, EBUSY },
	{ DIOCXROLLBACK, "size of an element", { V(pfioc_trans, size, 1) }, ENODEV },
};

static void
test_values(void **state)
{
	struct fix *f = *state;
	int error;

	for (unsigned int i = 0; i < NITEMS(values); i++) {
		memset(arg, 0, sizeof(arg));
		for (unsigned int k = 0; k < 3; k++)
			memcpy(arg + values[i].set[k].off,
			    &values[i].set[k].value, values[i].set[k].size);
		error = sim_ioctl(f->n, f->cl, values[i].cmd, arg);
		if (error != values[i].error)
			fail_msg("request %lu: %s: errno %d, not %d",
			    (unsigned long)_IOC_NR(values[i].cmd), values[i].what,
			    error, values[i].error);
		unchanged(f, values[i].what);
	}
}

/* A string that fills its room, the rest of the argument being sound. */
static void
test_strings(void **state)
{
	static const struct {
		unsigned long	cmd;
		size_t		off, size;
	} strings[] = {
#define STR(cmd, type, m) { cmd, offsetof(struct type, m), sizeof(((struct type *)0)->m) }
		STR(DIOCADDRULE, pfioc_rule, anchor),
		STR(DIOCADDRULE, pfioc_rule, anchor_call),
		STR(DIOCGETRULES, pfioc_rule, anchor),
		STR(DIOCGETRULE, pfioc_rule, anchor),
		STR(DIOCGETADDRS, pfioc_pooladdr, anchor),
		STR(DIOCGETRULESETS, pfioc_ruleset, path),
		STR(DIOCGETRULESET, pfioc_ruleset, path),
		STR(DIOCSETSTATUSIF, pfioc_if, ifname),
		STR(DIOCKILLSTATES, pfioc_state_kill, ifname),
		STR(DIOCKILLSTATES, pfioc_state_kill, label),
		STR(DIOCCLRSTATES, pfioc_state_kill, ifname),
		STR(DIOCIGETIFACES, pfioc_iface, name),
		STR(DIOCSETIFFLAG, pfioc_iface, name),
		STR(DIOCCLRIFFLAG, pfioc_iface, name),
	};
	struct fix *f = *state;
	struct pfioc_iface *io = (struct pfioc_iface *)arg;

	for (unsigned int i = 0; i < NITEMS(strings); i++) {
		memset(arg, 0, sizeof(arg));
		if (strings[i].cmd == DIOCIGETIFACES)
			io->esize = sizeof(struct pfi_kif);
		if (strings[i].cmd == DIOCSETIFFLAG ||
		    strings[i].cmd == DIOCCLRIFFLAG)
			io->flags = PFI_IFLAG_SKIP;
		memset(arg + strings[i].off, 'e', strings[i].size);
		if (sim_ioctl(f->n, f->cl, strings[i].cmd, arg) != EINVAL)
			fail_msg("string %u", i);
		unchanged(f, "a string without an end");
	}
}

/* Random arguments: whatever they say, no harm; and what fails leaves all alone. */
static void
test_garbage(void **state)
{
	static uint8_t user[8192];
	struct fix *f = *state;
	unsigned int refused = 0;

	assert_int_equal(sim_user_region(f->n, user, sizeof(user)), 0);
	for (unsigned int round = 0; round < 40; round++)
		for (unsigned int i = 0; i < NITEMS(commands); i++) {
			size_t size = _IOC_SIZE(commands[i].cmd);

			if (size == 0)
				continue;
			memset(arg, 0, sizeof(arg));
			for (size_t k = 0; k < size; k++)
				if (round % 2 == 0 || sim_random(f->sim) % 16 == 0)
					arg[k] = (uint8_t)sim_random(f->sim);
			sim_user_clear(f->n);
			assert_int_equal(sim_user_region(f->n, user,
			    sizeof(user)), 0);
			if (sim_ioctl(f->n, f->cl, commands[i].cmd, arg) == 0) {
				sim_user_clear(f->n);
				unit_snap(f->n, &f->before);
				continue;
			}
			sim_user_clear(f->n);
			refused++;
			unchanged(f, commands[i].name);
		}
	assert_true(refused > 40 * NITEMS(commands) / 3);
}

static void
test_list_interfaces(void **state)
{
	struct fix *f = *state;
	struct pfioc_iface io;
	struct pfi_kif k[3];

	memset(&io, 0, sizeof(io));
	io.esize = sizeof(k[0]);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 3);		/* eth0, eth1, and eth */
	/* No more than there is room for. */
	memset(k, 0xee, sizeof(k));
	io.size = 1;
	io.buffer = (uint64_t)(uintptr_t)k;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 3);
	assert_int_equal(((uint8_t *)&k[1])[0], 0xee);
	assert_true(strncmp(k[0].name, "eth", 3) == 0);
	/* One by name, with what is known of it. */
	io.size = 3;
	strcpy(io.name, "eth0");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 1);
	assert_string_equal(k[0].name, "eth0");
	assert_int_equal(k[0].states, 4);
	assert_int_equal(k[0].present, 1);
	assert_int_equal(k[0].packets[0][0][0], 3);
	assert_int_equal(k[0].packets[1][0][0], 1);
	strcpy(io.name, "eth7");
	io.size = 3;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 0);
	/* A name that an option speaks of is listed while it does. */
	memset(&io, 0, sizeof(io));
	strcpy(io.name, "eth7");
	io.flags = PFI_IFLAG_SKIP;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETIFFLAG, &io), 0);
	io.esize = sizeof(k[0]);
	io.size = 1;
	io.buffer = (uint64_t)(uintptr_t)k;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 1);
	assert_int_equal(k[0].present, 0);
	assert_int_equal(k[0].flags, PFI_IFLAG_SKIP);
	memset(io.name, 0, sizeof(io.name));	/* of all */
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCCLRIFFLAG, &io), 0);
	sim_seconds(f->sim, 2);
	strcpy(io.name, "eth7");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCIGETIFACES, &io), 0);
	assert_int_equal(io.size, 0);
}

static void
test_list_states(void **state)
{
	struct fix *f = *state;
	struct pfsync_state s[5];
	struct pfioc_state one;
	struct pfioc_states ps = { 0, 0 };

	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATES, &ps), 0);
	assert_int_equal(ps.len, 4 * sizeof(s[0]));
	/* Room for two and a half. */
	memset(s, 0xee, sizeof(s));
	ps.len = 2 * sizeof(s[0]) + 9;
	ps.buf = (uint64_t)(uintptr_t)s;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATES, &ps), 0);
	assert_int_equal(ps.len, 2 * sizeof(s[0]));
	assert_int_equal(((uint8_t *)&s[2])[0], 0xee);
	ps.len = 1;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATES, &ps), 0);
	assert_int_equal(ps.len, 0);
	ps.len = UINT64_MAX;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATES, &ps), 0);
	assert_int_equal(ps.len, 4 * sizeof(s[0]));
	for (int i = 0; i < 4; i++) {
		assert_memory_equal(&s[i].key[0], &s[i].key[1], sizeof(s[i].key[0]));
		assert_string_equal(s[i].ifname, "all");
		assert_string_equal(s[i].orig_ifname, "eth0");
		assert_int_equal(s[i].direction, PF_IN);
		assert_int_equal(s[i].packets[0], 1);
		assert_int_equal(s[i].anchor, UINT32_MAX);
		memset(&one, 0, sizeof(one));
		one.state.id = s[i].id;
		one.state.creatorid = s[i].creatorid;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATE, &one), 0);
		assert_memory_equal(&one.state, &s[i], sizeof(s[i]));
		assert_int_equal(s[i].rule, s[i].key[0].proto == IPPROTO_UDP);
		if (s[i].key[0].proto == IPPROTO_UDP)
			assert_int_equal(s[i].expire, 60);
		one.state.creatorid++;
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATE, &one),
		    ENOENT);
	}
	sim_seconds(f->sim, 5);
	ps.len = sizeof(s);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETSTATES, &ps), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(s[i].creation, 5);
		if (s[i].key[0].proto == IPPROTO_UDP)
			assert_int_equal(s[i].expire, 55);
	}
}

/* How many of the four states a request takes: see setup(). */
static void
test_kill(void **state)
{
	static const struct {
		const char	*what, *src, *dst;
		uint8_t		 af, proto, op, neg;
		uint16_t	 sport, dport;
		const char	*ifname, *label;
		uint8_t		 by, direction;
		uint32_t	 killed;
	} kills[] = {
		{ .what = "all", .killed = 4 },
		{ .what = "IPv6", .af = AF_INET6, .killed = 1 },
		{ .what = "UDP", .proto = IPPROTO_UDP, .killed = 3 },
		{ .what = "source", .af = AF_INET, .src = "10.0.0.1", .killed = 2 },
		{ .what = "source, UDP", .af = AF_INET, .proto = IPPROTO_UDP,
		    .src = "10.0.0.1", .killed = 1 },
		{ .what = "network", .af = AF_INET, .src = "10.0.0.0/16", .killed = 3 },
		{ .what = "! source", .af = AF_INET, .src = "10.0.0.1", .neg = 1,
		    .killed = 1 },
		{ .what = "destination", .af = AF_INET, .dst = "10.9.0.1", .killed = 2 },
		{ .what = "both", .af = AF_INET, .src = "10.0.0.1",
		    .dst = "10.9.0.2", .killed = 0 },
		{ .what = "the other way", .af = AF_INET, .src = "10.9.0.1", .killed = 0 },
		{ .what = "IPv6 source", .af = AF_INET6, .src = "2001:db8::/64",
		    .killed = 1 },
		{ .what = "port", .op = PF_OP_EQ, .dport = 53, .killed = 3 },
		{ .what = "other port", .op = PF_OP_NE, .dport = 53, .killed = 1 },
		{ .what = "source port", .op = PF_OP_GE, .sport = 2000, .killed = 2 },
		{ .what = "interface", .ifname = "eth0", .killed = 4 },
		{ .what = "other interface", .ifname = "eth1", .killed = 0 },
		{ .what = "label", .label = "udp", .killed = 3 },
		{ .what = "second label", .label = "datagrams", .killed = 3 },
		{ .what = "fifth label", .label = "fifth", .killed = 3 },
		{ .what = "other label", .label = "ud", .killed = 0 },
		{ .what = "made going in", .direction = PF_IN, .killed = 4 },
		{ .what = "made going out", .direction = PF_OUT, .killed = 0 },
		{ .what = "translated", .by = PF_KILL_NAT, .killed = 0 },
		{ .what = "routed", .by = PF_KILL_GATEWAY, .killed = 0 },
	};
	struct pfioc_state_kill k;
	struct pfsync_state *left;

	for (unsigned int i = 0; i < NITEMS(kills); i++) {
		struct fix *f = *state;

		memset(&k, 0, sizeof(k));
		unit_addr(&k.src, kills[i].src);
		unit_addr(&k.dst, kills[i].dst);
		k.af = kills[i].af;
		k.proto = kills[i].proto;
		k.by = kills[i].by;
		k.direction = kills[i].direction;
		k.src.neg = kills[i].neg;
		k.src.port_op = kills[i].sport != 0 ? kills[i].op : PF_OP_NONE;
		k.src.port[0] = htons(kills[i].sport);
		k.dst.port_op = kills[i].dport != 0 ? kills[i].op : PF_OP_NONE;
		k.dst.port[0] = htons(kills[i].dport);
		if (kills[i].ifname != NULL)
			strcpy(k.ifname, kills[i].ifname);
		if (kills[i].label != NULL)
			strcpy(k.label, kills[i].label);
		assert_int_equal(sim_ioctl(f->n, f->cl, DIOCKILLSTATES, &k), 0);
		if (k.killed != kills[i].killed)
			fail_msg("%s: %u killed, not %u", kills[i].what,
			    k.killed, kills[i].killed);
		assert_int_equal(unit_states(f->n, &left), 4 - k.killed);
		free(left);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void
test_kill_by_id(void **state)
{
	struct fix *f = *state;
	struct pfioc_state_kill k;
	struct pfsync_state *s, *left;

	assert_int_equal(unit_states(f->n, &s), 4);
	memset(&k, 0, sizeof(k));
	k.id = s[0].id;
	k.creatorid = s[0].creatorid + 1;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCKILLSTATES, &k), 0);
	assert_int_equal(k.killed, 0);
	k.creatorid = s[0].creatorid;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCKILLSTATES, &k), 0);
	assert_int_equal(k.killed, 1);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCKILLSTATES, &k), 0);
	assert_int_equal(k.killed, 0);
	k.id = s[1].id;				/* ours is meant */
	k.creatorid = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCKILLSTATES, &k), 0);
	assert_int_equal(k.killed, 1);
	assert_int_equal(unit_states(f->n, &left), 2);
	free(left);

	/* CLRSTATES looks at the interface only. */
	memset(&k, 0, sizeof(k));
	strcpy(k.ifname, "eth1");
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCCLRSTATES, &k), 0);
	assert_int_equal(k.killed, 0);
	strcpy(k.ifname, "eth0");
	k.proto = IPPROTO_GRE;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCCLRSTATES, &k), 0);
	assert_int_equal(k.killed, 2);
	free(s);
}

static void
test_get_rule(void **state)
{
	struct fix *f = *state;
	struct pfioc_rule *pr = (struct pfioc_rule *)arg;
	struct pf_rule r = unit_rule(PF_PASS);
	uint32_t ticket;

	memset(arg, 0, sizeof(arg));
	pr->ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULES, pr), 0);
	assert_int_equal(pr->nr, 2);
	ticket = pr->ticket;
	pr->nr = 2;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), EBUSY);
	pr->nr = UINT32_MAX;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), EBUSY);
	pr->nr = 1;
	pr->ticket = ticket + 1;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), EBUSY);
	pr->ticket = ticket;
	pr->ruleset = PF_RULESET_NAT;		/* a ticket of another */
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), EBUSY);
	pr->ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), 0);
	assert_string_equal(pr->rule.label, "udp");
	assert_int_equal(pr->rule.nr, 1);
	/* Clearing wants a descriptor for writing. */
	pr->action = PF_GET_CLR_CNTR;
	assert_int_equal(sim_ioctl_as(f->n, f->cl, DIOCGETRULE, pr, false), EACCES);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), 0);
	assert_int_equal(pr->rule.packets[0], 3);
	assert_int_equal(pr->rule.states_tot, 3);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), 0);
	assert_int_equal(pr->rule.packets[0], 0);
	assert_int_equal(pr->rule.bytes[0], 0);
	assert_int_equal(pr->rule.evaluations, 0);
	assert_int_equal(pr->rule.states_tot, 0);
	assert_int_equal(pr->rule.states_cur, 3);
	/* The ruleset was replaced meanwhile. */
	assert_int_equal(unit_load(f->n, &r, 1), 0);
	pr->nr = 0;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETRULE, pr), EBUSY);
}

static void
test_status(void **state)
{
	struct fix *f = *state;
	struct pfioc_if pi = { "eth0" };
	struct pf_status st;

	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETSTATUSIF, &pi), 0);
	unit_status(f->n, &st);
	assert_string_equal(st.ifname, "eth0");
	assert_int_equal(st.pcounters[0][0][0], 3);
	assert_int_equal(st.pcounters[1][0][0], 1);
	assert_true(st.bcounters[0][0] > 0);
	assert_int_equal(st.counters[PFRES_MATCH], 4);
	sim_seconds(f->sim, 3);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCCLRSTATUS, NULL), 0);
	unit_status(f->n, &st);
	assert_int_equal(st.counters[PFRES_MATCH], 0);
	assert_int_equal(st.fcounters[FCNT_STATE_INSERT], 0);
	assert_int_equal(st.pcounters[0][0][0], 0);
	assert_int_equal(st.bcounters[0][0], 0);
	assert_int_equal(st.states, 4);
	assert_int_equal(st.since, f->before.status.since + 3);
	memset(&pi, 0, sizeof(pi));
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETSTATUSIF, &pi), 0);
	unit_status(f->n, &st);
	assert_string_equal(st.ifname, "");
}

/* The host has the last word about limits of an instance that is not its own. */
static void
test_ceilings(void **state)
{
	struct fix *f = *state;
	struct pfioc_limit pl = { .index = PF_LIMIT_STATES, .limit = 5001 };
	struct sim_node *n;

	f->sim->ceiling[PF_LIMIT_STATES] = 5000;
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 90000), 0);	/* less than now */
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 90001), EPERM);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 90000), 0);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 10), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETLIMIT, &pl), EPERM);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETLIMIT, &pl), 0);
	assert_int_equal(pl.limit, 10);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 5000), 0);
	assert_int_equal(unit_limit(f->n, PF_LIMIT_ANCHORS, 20000), 0);
	f->sim->may_exceed = true;
	assert_int_equal(unit_limit(f->n, PF_LIMIT_STATES, 5001), 0);
	f->sim->may_exceed = false;
	/* the limits that an instance begins with */
	n = sim_node_new(f->sim, "another");
	assert_non_null(n);
	assert_int_equal(n->pf->conf->limit[PF_LIMIT_STATES], 5000);
	assert_int_equal(n->pf->conf->limit[PF_LIMIT_ANCHORS], PF_ANCHOR_HIWAT);
}

/* In a transaction, too. */
static void
test_ceilings_in_transaction(void **state)
{
	struct fix *f = *state;
	struct pfioc_trans_e e = { .type = PF_TRANS_OPTIONS };
	struct pfioc_trans t = { .size = 1, .esize = sizeof(e),
	    .array = (uint64_t)(uintptr_t)&e };
	struct pfioc_limit pl = { .index = PF_LIMIT_STATES, .limit = 200000 };

	f->sim->ceiling[PF_LIMIT_STATES] = 150000;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXBEGIN, &t), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETLIMIT, &pl), EPERM);
	pl.limit = 150000;
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCSETLIMIT, &pl), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCXCOMMIT, &t), 0);
	assert_int_equal(sim_ioctl(f->n, f->cl, DIOCGETLIMIT, &pl), 0);
	assert_int_equal(pl.limit, 150000);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_unknown), T(test_read_only), T(test_all_ones),
		T(test_values), T(test_strings), T(test_garbage),
		T(test_list_interfaces), T(test_list_states),
		T(test_kill), T(test_kill_by_id), T(test_get_rule),
		T(test_status), T(test_ceilings), T(test_ceilings_in_transaction),
	};

	return (cmocka_run_group_tests_name("ioctl", tests, NULL, NULL));
}
