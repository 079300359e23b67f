// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * badioctl.c: requests to /dev/pf that no honest program makes.
 *
 * Every request here must be refused with the errno that is said, and none may
 * change what is in force; the caller (36-ioctl.sh) compares the ruleset, timeouts
 * and limits before and after, and the debug kernels watch memory.  Run as root in
 * the namespace with pf.  Says what went wrong; exit status 1 if anything did.
 *
 *	badioctl		the named cases, then each byte of a rule wrong
 *	badioctl random N	N random requests, the same ones in every run
 *	badioctl race SECONDS	transactions and readers at the same time
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pfvar.h"

static int failed, passed;

static int
open_pf(int mode)
{
	int fd;

	fd = open("/dev/pf", mode);
	if (fd == -1) {
		perror("/dev/pf");
		exit(2);
	}
	return (fd);
}

/* The request fails with that errno, or succeeds if it is 0. */
static void
want(const char *what, int error, int fd, unsigned long cmd, void *arg)
{
	int got;

	got = ioctl(fd, cmd, arg) == -1 ? errno : 0;
	if (got == error) {
		passed++;
		return;
	}
	failed++;
	printf("%s: got %s (%d), want %s (%d)\n", what,
	    got ? strerror(got) : "success", got,
	    error ? strerror(error) : "success", error);
}

static void
rule_default(struct pfioc_rule *io, uint32_t ticket)
{
	memset(io, 0, sizeof(*io));
	io->ticket = ticket;
	io->ruleset = PF_RULESET_FILTER;
	io->rule.action = PF_PASS;
	io->rule.rtableid = -1;
}

/* A transaction of the filter rules and the options; its ticket. */
static uint32_t
begin(int fd, struct pfioc_trans *io, struct pfioc_trans_e e[2])
{
	memset(e, 0, 2 * sizeof(*e));
	e[0].type = PF_RULESET_FILTER;
	e[1].type = PF_TRANS_OPTIONS;
	*io = (struct pfioc_trans){ .size = 2, .esize = sizeof(*e),
	    .array = (uintptr_t)e };
	want("begin", 0, fd, DIOCXBEGIN, io);
	return (e[0].ticket);
}

static void
unknown_commands(int fd)
{
	static const struct {
		const char *name;
		unsigned long cmd;
	} known[] = {
		{ "ADDRULE", DIOCADDRULE }, { "GETRULE", DIOCGETRULE },
		{ "GETSTATUS", DIOCGETSTATUS }, { "GETSTATES", DIOCGETSTATES },
		{ "SETTIMEOUT", DIOCSETTIMEOUT }, { "SETLIMIT", DIOCSETLIMIT },
		{ "KILLSTATES", DIOCKILLSTATES }, { "XBEGIN", DIOCXBEGIN },
		{ "XCOMMIT", DIOCXCOMMIT }, { "IGETIFACES", DIOCIGETIFACES },
		{ "SETIFFLAG", DIOCSETIFFLAG }, { "START", DIOCSTART },
		{ "STOP", DIOCSTOP }, { "CLRSTATES", DIOCCLRSTATES },
		{ "GETSRCNODES", DIOCGETSRCNODES },
	};
	static char big[1 << 14];
	unsigned long cmd;
	unsigned int i, size;

	want("no such command", ENOTTY, fd, _IO('D', 200), NULL);
	want("command 0", ENOTTY, fd, 0, NULL);
	want("all ones", ENOTTY, fd, 0xffffffffUL, big);
	want("another letter", ENOTTY, fd, _IO('E', 1), NULL);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		cmd = known[i].cmd;
		size = _IOC_SIZE(cmd);
		want(known[i].name, ENOTTY, fd, _IOC(_IOC_READ | _IOC_WRITE, 'D',
		    _IOC_NR(cmd), size + 1), big);
		if (size > 0)
			want(known[i].name, ENOTTY, fd, _IOC(_IOC_DIR(cmd), 'D',
			    _IOC_NR(cmd), size - 1), big);
		if (size > 0)
			want(known[i].name, ENOTTY, fd,
			    _IOC(_IOC_NONE, 'D', _IOC_NR(cmd), 0), NULL);
		want(known[i].name, ENOTTY, fd, _IOC(_IOC_READ | _IOC_WRITE, 'D',
		    _IOC_NR(cmd), (1 << 14) - 1), big);
		if (size > 0) {
			want(known[i].name, EFAULT, fd, cmd, NULL);
			want(known[i].name, EFAULT, fd, cmd, (void *)-4096L);
		}
	}
}

/* An argument that ends where memory does. */
static void
half_mapped(int fd)
{
	long page = sysconf(_SC_PAGESIZE);
	char *p;

	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || munmap(p + page, page) == -1) {
		perror("mmap");
		exit(2);
	}
	want("half a rule", EFAULT, fd, DIOCADDRULE, p + page - 100);
	want("half a status", EFAULT, fd, DIOCGETSTATUS, p + page - 8);
	want("half a timeout", EFAULT, fd, DIOCSETTIMEOUT, p + page - 4);
	if (mprotect(p, page, PROT_READ) == -1)
		exit(2);
	want("status that cannot be written", EFAULT, fd, DIOCGETSTATUS, p);
	munmap(p, page);
}

static void
transactions(int fd)
{
	struct pfioc_trans_e e[2], f[2];
	struct pfioc_trans io, other;
	struct pfioc_rule rule;
	struct pfioc_tm tm;
	uint32_t ticket;
	int fd2, fd3;

	fd2 = open_pf(O_RDWR);
	memset(e, 0, sizeof(e));
#define TRANS(n, size_, addr) (&(struct pfioc_trans){ .size = (n),	\
	    .esize = (size_), .array = (uintptr_t)(addr) })
	want("no elements", EINVAL, fd, DIOCXBEGIN, TRANS(0, sizeof(*e), e));
	want("too many", EINVAL, fd, DIOCXBEGIN,
	    TRANS(PF_TRANS_ELEMENTS + 1, sizeof(*e), e));
	want("far too many", EINVAL, fd, DIOCXBEGIN, TRANS(~0U, sizeof(*e), e));
	want("element size", ENODEV, fd, DIOCXBEGIN, TRANS(1, 8, e));
	want("element address", EFAULT, fd, DIOCXBEGIN, TRANS(1, sizeof(*e), 8));
	want("elements beyond memory", EFAULT, fd, DIOCXBEGIN,
	    TRANS(2, sizeof(*e), UINT64_MAX - sizeof(*e)));
	e[0].type = PF_TRANS_MAX;
	want("element type", EINVAL, fd, DIOCXBEGIN, TRANS(1, sizeof(*e), e));
	e[0].type = e[1].type = PF_RULESET_FILTER;
	want("the same twice", EINVAL, fd, DIOCXBEGIN, TRANS(2, sizeof(*e), e));
	memset(e[0].anchor, 'a', sizeof(e[0].anchor));
	want("anchor without an end", EINVAL, fd, DIOCXBEGIN,
	    TRANS(1, sizeof(*e), e));
	memset(e, 0, sizeof(e));
	want("commit of nothing", EBUSY, fd, DIOCXCOMMIT,
	    TRANS(1, sizeof(*e), e));
	want("roll back nothing", EBUSY, fd, DIOCXROLLBACK,
	    TRANS(1, sizeof(*e), e));
	rule_default(&rule, 0);
	want("a rule for no transaction", EBUSY, fd, DIOCADDRULE, &rule);

	ticket = begin(fd, &io, e);
	memcpy(f, e, sizeof(f));
	other = io;
	want("begin twice", EBUSY, fd, DIOCXBEGIN, &other);
	other.array = (uintptr_t)f;
	want("begin elsewhere", EBUSY, fd2, DIOCXBEGIN, &other);
	want("commit elsewhere", EBUSY, fd2, DIOCXCOMMIT, &other);
	want("roll back elsewhere", EBUSY, fd2, DIOCXROLLBACK, &other);
	rule_default(&rule, ticket);
	want("a rule from elsewhere", EBUSY, fd2, DIOCADDRULE, &rule);
	rule.ticket++;
	want("another ticket", EBUSY, fd, DIOCADDRULE, &rule);
	rule_default(&rule, ticket);
	rule.ruleset = PF_RULESET_MAX;
	want("no such ruleset", EINVAL, fd, DIOCADDRULE, &rule);
	rule.ruleset = PF_RULESET_NAT;
	want("a ruleset not begun", EBUSY, fd, DIOCADDRULE, &rule);
	f[0].ticket++;
	want("commit with another ticket", EBUSY, fd, DIOCXCOMMIT, &other);
	f[0] = e[0];
	other.size = 1;
	want("commit of a part", EINVAL, fd, DIOCXCOMMIT, &other);
	want("commit at a bad address", EFAULT, fd, DIOCXCOMMIT,
	    TRANS(2, sizeof(*e), 8));
	/* an option in the transaction is not seen before the commit */
	tm = (struct pfioc_tm){ PFTM_UDP_SINGLE, 4711 };
	want("a timeout", 0, fd, DIOCSETTIMEOUT, &tm);
	tm = (struct pfioc_tm){ PFTM_UDP_SINGLE, 0 };
	want("read it", 0, fd2, DIOCGETTIMEOUT, &tm);
	if (tm.seconds == 4711) {
		printf("a timeout of an open transaction is in force\n");
		failed++;
	}
	want("roll back", 0, fd, DIOCXROLLBACK, &io);

	/* closing rolls back; somebody else can begin */
	fd3 = open_pf(O_RDWR);
	ticket = begin(fd3, &io, e);
	rule_default(&rule, ticket);
	want("a rule", 0, fd3, DIOCADDRULE, &rule);
	close(fd3);
	begin(fd2, &io, e);
	close(fd2);
}

static void
values(int fd)
{
	struct pfioc_state_kill kill;
	struct pfioc_states states;
	struct pfioc_iface ifc;
	struct pfioc_state state;
	struct pfioc_rule rule;
	struct pfi_kif kif[4];
	struct pfioc_if ifname;
	int i;

	static const int32_t bad[] = { -1, INT32_MIN, INT32_MAX, PFTM_MAX };

	for (i = 0; i < 4; i++) {
		want("timeout", EINVAL, fd, DIOCSETTIMEOUT,
		    &(struct pfioc_tm){ bad[i], 5 });
		want("timeout", EINVAL, fd, DIOCGETTIMEOUT,
		    &(struct pfioc_tm){ bad[i], 5 });
		want("limit", EINVAL, fd, DIOCSETLIMIT,
		    &(struct pfioc_limit){ bad[i], 5 });
		want("limit", EINVAL, fd, DIOCGETLIMIT,
		    &(struct pfioc_limit){ bad[i], 5 });
	}
	want("seconds", EINVAL, fd, DIOCSETTIMEOUT, &(struct pfioc_tm){ 1, -1 });
	want("seconds", EINVAL, fd, DIOCSETTIMEOUT,
	    &(struct pfioc_tm){ 1, PFTM_VAL_MAX + 1 });
	want("limit", EINVAL, fd, DIOCSETLIMIT,
	    &(struct pfioc_limit){ 0, PF_LIMIT_VAL_MAX + 1 });
	want("debug", EINVAL, fd, DIOCSETDEBUG, &(struct pfioc_u32){ 4, 0 });
	want("pad", EINVAL, fd, DIOCSETDEBUG, &(struct pfioc_u32){ 1, 1 });
	want("pad", EINVAL, fd, DIOCSETHOSTID, &(struct pfioc_u32){ 1, 1 });
	memset(&ifname, 'x', sizeof(ifname));
	want("name without an end", EINVAL, fd, DIOCSETSTATUSIF, &ifname);

	memset(&ifc, 0, sizeof(ifc));
	want("entry size", ENODEV, fd, DIOCIGETIFACES, &ifc);
	ifc.esize = sizeof(struct pfi_kif);
	ifc.size = 4;
	ifc.buffer = 8;
	want("buffer", EFAULT, fd, DIOCIGETIFACES, &ifc);
	ifc.buffer = (uintptr_t)kif;
	memset(ifc.name, 'x', sizeof(ifc.name));
	want("name without an end", EINVAL, fd, DIOCIGETIFACES, &ifc);
	ifc.flags = PFI_IFLAG_SKIP;
	want("name without an end", EINVAL, fd, DIOCSETIFFLAG, &ifc);
	ifc.name[0] = '\0';
	want("no name", EINVAL, fd, DIOCSETIFFLAG, &ifc);
	strcpy(ifc.name, "int0");
	ifc.flags = 1;
	want("no such flag", EINVAL, fd, DIOCSETIFFLAG, &ifc);

	memset(&states, 0, sizeof(states));
	states.len = 1 << 20;
	states.buf = 8;
	want("buffer", EFAULT, fd, DIOCGETSTATES, &states);
	memset(&state, 0xff, sizeof(state));
	want("no such state", ENOENT, fd, DIOCGETSTATE, &state);
	memset(&kill, 0, sizeof(kill));
	kill.af = 77;
	want("family", EINVAL, fd, DIOCKILLSTATES, &kill);
	want("family", EINVAL, fd, DIOCCLRSTATES, &kill);
	memset(&kill, 0, sizeof(kill));
	kill.src.addr.type = PF_ADDR_TYPE_MAX;
	want("address type", EINVAL, fd, DIOCKILLSTATES, &kill);
	memset(&kill, 0, sizeof(kill));
	kill.src.port_op = PF_OP_MAX;
	want("port operator", EINVAL, fd, DIOCKILLSTATES, &kill);
	memset(&kill, 0, sizeof(kill));
	memset(kill.label, 'x', sizeof(kill.label));
	want("label without an end", EINVAL, fd, DIOCKILLSTATES, &kill);
	memset(&kill, 0, sizeof(kill));
	memset(kill.ifname, 'x', sizeof(kill.ifname));
	want("name without an end", EINVAL, fd, DIOCCLRSTATES, &kill);

	memset(&rule, 0, sizeof(rule));
	rule.ruleset = PF_RULESET_MAX;
	want("no such ruleset", EINVAL, fd, DIOCGETRULES, &rule);
	rule.ruleset = PF_RULESET_FILTER;
	want("rules", 0, fd, DIOCGETRULES, &rule);
	rule.ticket++;
	want("another ticket", EBUSY, fd, DIOCGETRULE, &rule);
	rule.ticket--;
	rule.nr = UINT32_MAX;
	want("no such rule", EBUSY, fd, DIOCGETRULE, &rule);
	rule.nr = 0;
	rule.action = PF_CHANGE_REMOVE;
	want("no such action", EINVAL, fd, DIOCGETRULE, &rule);
	memset(rule.anchor, 'x', sizeof(rule.anchor));
	want("anchor without an end", EINVAL, fd, DIOCGETRULES, &rule);
}

static void
read_only(void)
{
	struct pfioc_trans_e e[1] = { 0 };
	struct pfioc_state_kill kill = { 0 };
	struct pf_status status;
	int fd;

	fd = open_pf(O_RDONLY);
	want("status", 0, fd, DIOCGETSTATUS, &status);
	want("stop", EACCES, fd, DIOCSTOP, NULL);
	want("start", EACCES, fd, DIOCSTART, NULL);
	want("begin", EACCES, fd, DIOCXBEGIN, TRANS(1, sizeof(*e), e));
	want("kill", EACCES, fd, DIOCKILLSTATES, &kill);
	want("clear", EACCES, fd, DIOCCLRSTATES, &kill);
	want("timeout", EACCES, fd, DIOCSETTIMEOUT, &(struct pfioc_tm){ 1, 1 });
	want("zero", EACCES, fd, DIOCCLRRULECTRS, NULL);
	close(fd);
}

/* A good rule with one byte changed: taken or refused, never anything else. */
static void
rule_bytes(int fd)
{
	static const uint8_t put[] = { 0x01, 0x7f, 0x80, 0xff };
	struct pfioc_trans_e e[2];
	struct pfioc_trans io;
	struct pfioc_rule rule;
	unsigned int i, k, taken = 0, refused = 0;
	uint32_t ticket;
	int error;

	ticket = begin(fd, &io, e);
	for (i = 0; i < sizeof(rule.rule); i++)
		for (k = 0; k < sizeof(put); k++) {
			rule_default(&rule, ticket);
			strcpy(rule.rule.ifname, "eth0");
			strcpy(rule.rule.label, "l");
			rule.rule.af = AF_INET;
			rule.rule.proto = IPPROTO_TCP;
			rule.rule.keep_state = PF_STATE_NORMAL;
			((uint8_t *)&rule.rule)[i] ^= put[k];
			error = ioctl(fd, DIOCADDRULE, &rule) == -1 ? errno : 0;
			if (error == 0)
				taken++;
			else if (error == EINVAL || error == EOPNOTSUPP)
				refused++;
			else {
				printf("byte %u of a rule ^ %#x: %s\n", i,
				    put[k], strerror(error));
				failed++;
			}
		}
	if (taken < 100 || refused < 100) {
		printf("%u rules taken, %u refused\n", taken, refused);
		failed++;
	}
	want("roll back", 0, fd, DIOCXROLLBACK, &io);
	passed++;
}

static uint64_t
next(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (x);
}

/*
 * Random arguments for all commands but those that rightly change things (START,
 * STOP, CLR.., COMMIT).  SET.. run within a transaction that is rolled back.
 */
static void
random_requests(unsigned int n)
{
	static const unsigned long cmds[] = {
		DIOCADDRULE, DIOCGETRULES, DIOCGETRULE, DIOCGETSTATE,
		DIOCGETSTATUS, DIOCGETSTATES, DIOCGETTIMEOUT, DIOCSETTIMEOUT,
		DIOCGETLIMIT, DIOCSETLIMIT, DIOCSETDEBUG, DIOCSETHOSTID,
		DIOCSETSTATUSIF, DIOCIGETIFACES, DIOCSETIFFLAG, DIOCCLRIFFLAG,
		DIOCGETADDRS, DIOCGETADDR, DIOCADDADDR, DIOCBEGINADDRS,
		DIOCGETRULESETS, DIOCGETRULESET, DIOCXBEGIN, DIOCCHANGERULE,
	};
	static uint8_t arg[1 << 14];
	struct pfioc_trans_e e[2];
	struct pfioc_trans io;
	unsigned int i, k, size, bytes;
	unsigned long cmd;
	uint32_t ticket;
	int fd;

	fd = open_pf(O_RDWR);
	ticket = begin(fd, &io, e);
	for (i = 0; i < n; i++) {
		cmd = cmds[next() % (sizeof(cmds) / sizeof(cmds[0]))];
		size = _IOC_SIZE(cmd);
		memset(arg, 0, sizeof(arg));
		if (cmd == DIOCADDRULE)
			rule_default((struct pfioc_rule *)arg, ticket);
		/* few bytes, so that some requests get past the first checks */
		bytes = next() % 4 == 0 ? size : next() % 6;
		for (k = 0; k < bytes; k++)
			arg[next() % size] = next();
		if (cmd == DIOCADDRULE)
			memcpy(arg + offsetof(struct pfioc_rule, ticket),
			    &ticket, sizeof(ticket));
		if (ioctl(fd, cmd, arg) == -1 && errno == ENOMEM)
			continue;
	}
	want("roll back", 0, fd, DIOCXROLLBACK, &io);
	close(fd);
}

static void
reader(void)
{
	struct pf_status status;
	struct pfioc_rule rule;
	uint32_t nr, i;
	int fd;

	fd = open_pf(O_RDONLY);
	for (;;) {
		memset(&rule, 0, sizeof(rule));
		rule.ruleset = PF_RULESET_FILTER;
		if (ioctl(fd, DIOCGETRULES, &rule) == -1)
			_exit(1);
		nr = rule.nr;
		for (i = 0; i < nr; i++) {
			rule.nr = i;
			/* EBUSY: replaced meanwhile */
			if (ioctl(fd, DIOCGETRULE, &rule) == -1) {
				if (errno != EBUSY)
					_exit(1);
				break;
			}
			/* all rules of a ruleset are of one age */
			if (rule.rule.ridentifier != 0 &&
			    rule.rule.ridentifier != nr)
				_exit(3);
		}
		if (ioctl(fd, DIOCGETSTATUS, &status) == -1)
			_exit(1);
	}
}

/* Rulesets of 1 to 8 rules, each of which says how many there are. */
static void
writer(void)
{
	struct pfioc_trans_e e = { .type = PF_RULESET_FILTER };
	struct pfioc_trans io = { 1, sizeof(e), (uintptr_t)&e };
	struct pfioc_rule rule;
	uint32_t i, n;
	int fd;

	for (;;) {
		fd = open_pf(O_RDWR);
		n = 1 + next() % 8;
		while (ioctl(fd, DIOCXBEGIN, &io) == -1)
			if (errno != EBUSY)
				_exit(1);
		for (i = 0; i < n; i++) {
			rule_default(&rule, e.ticket);
			rule.rule.ridentifier = n;
			if (ioctl(fd, DIOCADDRULE, &rule) == -1)
				_exit(1);
		}
		if (next() % 3 && ioctl(fd, DIOCXCOMMIT, &io) == -1)
			_exit(1);
		close(fd);
	}
}

static void
race(unsigned int seconds)
{
	pid_t pid[4];
	int i, status;

	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == -1) {
			perror("fork");
			exit(2);
		}
		if (pid[i] == 0) {
			/* different turns for different writers */
			for (status = 0; status < i; status++)
				(void)next();
			if (i < 2)
				writer();
			reader();
		}
	}
	sleep(seconds);
	for (i = 0; i < 4; i++) {
		kill(pid[i], SIGKILL);
		if (waitpid(pid[i], &status, 0) == pid[i] &&
		    WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			passed++;
			continue;
		}
		printf("%s: status %#x\n", i < 2 ? "writer" : "reader", status);
		failed++;
	}
}

int
main(int argc, char *argv[])
{
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && strcmp(argv[1], "random") == 0)
		random_requests(atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "race") == 0)
		race(atoi(argv[2]));
	else {
		fd = open_pf(O_RDWR);
		unknown_commands(fd);
		half_mapped(fd);
		transactions(fd);
		values(fd);
		read_only();
		rule_bytes(fd);
		close(fd);
	}
	printf("%d as wanted, %d not\n", passed, failed);
	return (failed > 0);
}
