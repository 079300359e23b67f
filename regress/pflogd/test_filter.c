// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_filter.c: expressions, compiled and run, against what they mean
 *
 * Expressions are made up from terms whose meaning is a function here.  Each is also compiled
 * by libpcap alone and run on the record as libpcap takes it to be, with this system's number
 * for IPv6.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "filter.h"
#include "records.h"

#define EXPRESSIONS	4000
#define PACKETS		60

static bool is_ip(const struct packet *p) { return (!p->v6); }
static bool is_ip6(const struct packet *p) { return (p->v6); }
static bool v4_host(const struct packet *p) { return (!p->v6 && (p->src == 1 || p->dst == 1)); }
static bool v6_host(const struct packet *p) { return (p->v6 && (p->src == 1 || p->dst == 1)); }
static bool v6_src(const struct packet *p) { return (p->v6 && p->src == 10); }
static bool v6_net(const struct packet *p) { return (p->v6); }
static bool is_tcp(const struct packet *p) { return (p->proto == 6); }
static bool is_udp(const struct packet *p) { return (p->proto == 17); }
static bool v4_proto(const struct packet *p) { return (!p->v6 && p->proto == 10); }
static bool v6_proto(const struct packet *p) { return (p->v6 && p->proto == 10); }
static bool has_ports(const struct packet *p) { return (is_tcp(p) || is_udp(p)); }
static bool src_port(const struct packet *p) { return (has_ports(p) && p->sport == 10); }
static bool dst_port(const struct packet *p) { return (has_ports(p) && p->dport == 24); }
static bool tcp_port(const struct packet *p)
{
	return (is_tcp(p) && (p->sport == 10 || p->dport == 10));
}
static bool on_eth0(const struct packet *p) { return (strcmp(p->ifname, "eth0") == 0); }
static bool is_block(const struct packet *p) { return (p->action == PF_DROP); }
static bool is_long(const struct packet *p)
{
	return ((p->len > 0 ? p->len : p->v6 ? 112 : 92) >= 110);
}

static const struct term {
	const char	*text;
	bool		(*is)(const struct packet *);
} terms[] = {
	{ "ip", is_ip }, { "ip6", is_ip6 }, { "host 192.0.2.1", v4_host },
	{ "host 2001:db8::1", v6_host }, { "src host 2001:db8::a", v6_src },
	{ "net 2001:db8::/32", v6_net }, { "tcp", is_tcp }, { "udp", is_udp },
	{ "ip proto 10", v4_proto }, { "ip6 proto 10", v6_proto },
	{ "src port 10", src_port }, { "dst port 24", dst_port }, { "tcp port 10", tcp_port },
	{ "on eth0", on_eth0 }, { "action block", is_block }, { "greater 110", is_long },
};

/* An expression as a tree in an array: operators have two children, or one. */
struct node {
	char		op;			/* 't'erm, '&', '|', '!' */
	unsigned int	term, left, right;
};

static struct node	nodes[64];
static unsigned int	nnodes;

static unsigned int
make(unsigned int depth, char *text, size_t len)
{
	char		left[1024], right[1024];
	unsigned int	i = nnodes++, r = (unsigned int)rand() % 10;

	if (depth == 0 || r < 3) {
		nodes[i].op = 't';
		nodes[i].term = (unsigned int)rand() % NITEMS(terms);
		snprintf(text, len, "%s", terms[nodes[i].term].text);
		return (i);
	}
	nodes[i].op = r < 4 ? '!' : r < 7 ? '&' : '|';
	nodes[i].left = make(depth - 1, left, sizeof(left));
	if (nodes[i].op == '!') {
		snprintf(text, len, "not (%.1000s)", left);
		return (i);
	}
	nodes[i].right = make(depth - 1, right, sizeof(right));
	snprintf(text, len, "(%.480s) %s (%.480s)", left, nodes[i].op == '&' ? "and" : "or",
	    right);
	return (i);
}

static bool
means(unsigned int i, const struct packet *p)
{
	const struct node	*n = &nodes[i];

	switch (n->op) {
	case 't':
		return (terms[n->term].is(p));
	case '!':
		return (!means(n->left, p));
	case '&':
		return (means(n->left, p) && means(n->right, p));
	}
	return (means(n->left, p) || means(n->right, p));
}

static uint16_t
some_port(void)
{
	static const uint16_t	ports[] = { 10, 24, 53, 2 };

	return (ports[(unsigned int)rand() % NITEMS(ports)]);
}

static struct packet
some_packet(void)
{
	static const uint8_t	protos[] = { 6, 17, 10, 24 }, hosts[] = { 1, 2, 10, 24 };
	struct packet		p;

	memset(&p, 0, sizeof(p));
	p.v6 = rand() % 2 == 0;
	p.proto = protos[rand() % 4];
	p.src = hosts[rand() % 4];
	p.dst = hosts[rand() % 4];
	p.sport = some_port();
	p.dport = some_port();
	p.action = rand() % 2 == 0 ? PF_PASS : PF_DROP;
	p.ifname = rand() % 2 == 0 ? "eth0" : "eth10";
	p.len = rand() % 2 == 0 ? 0 : 200;
	return (p);
}

static bool
run(const struct bpf_program *program, struct packet p, uint8_t af)
{
	uint8_t			buf[RECORD_MAX];
	struct pcap_pkthdr	h;

	p.af = af;
	memset(&h, 0, sizeof(h));
	h.caplen = h.len = (uint32_t)record_make(&p, buf);
	return (pcap_offline_filter(program, &h, buf) != 0);
}

static void
try(const char *text, unsigned int tree, unsigned int *matched)
{
	struct bpf_program	ours, theirs;
	struct packet		p;
	char			why[512];
	pcap_t			*dead = pcap_open_dead(FILTER_LINKTYPE, 160);
	bool			ok, want;
	unsigned int		i;

	assert_non_null(dead);
	ok = filter_compile(text, 160, &ours, why, sizeof(why));
	if (!ok && strstr(why, "rejects all packets") == NULL)
		fail_msg("%s", why);
	if (ok)
		assert_int_equal(pcap_compile(dead, &theirs, text, 1, PCAP_NETMASK_UNKNOWN), 0);
	for (i = 0; i < PACKETS; i++) {
		p = some_packet();
		want = means(tree, &p);
		*matched += want;
		if (!ok && want)
			fail_msg("%s: %s", text, why);
		if (!ok)
			continue;
		if (run(&ours, p, 0) != want)
			fail_msg("%s: not %d", text, want);
		if (run(&theirs, p, p.v6 ? AF_INET6 : AF_INET) != want)
			fail_msg("%s: libpcap means something else", text);
	}
	if (ok) {
		pcap_freecode(&ours);
		pcap_freecode(&theirs);
	}
	pcap_close(dead);
}

static void
made_up(void **state)
{
	char		text[1024];
	unsigned int	i, tree, matched = 0;

	(void)state;
	srand(1);
	for (i = 0; i < EXPRESSIONS; i++) {
		nnodes = 0;
		tree = make((unsigned int)rand() % 4, text, sizeof(text));
		try(text, tree, &matched);
	}
	/* neither all nor none */
	assert_true(matched > EXPRESSIONS * PACKETS / 10);
	assert_true(matched < EXPRESSIONS * PACKETS * 9 / 10);
}

static void
single(void **state)
{
	unsigned int	i, matched;

	(void)state;
	srand(2);
	for (i = 0; i < NITEMS(terms); i++) {
		nodes[0].op = 't';
		nodes[0].term = i;
		matched = 0;
		try(terms[i].text, 0, &matched);
		assert_int_not_equal(matched, 0);
	}
}

static void
everything(void **state)
{
	struct bpf_program	f;
	char			why[512];

	(void)state;
	assert_true(filter_compile("", 160, &f, why, sizeof(why)));
	assert_true(run(&f, some_packet(), 0));
	assert_int_equal(f.bf_insns[f.bf_len - 1].k, 160);
	pcap_freecode(&f);
}

static void
errors(void **state)
{
	static const char *const wrong[] = { "foo bar", "ip6 and", "port", "host 1.2.3.4.5",
	    "ip6 protochain 6" };
	struct bpf_program	f;
	char			why[512];
	size_t			i;

	(void)state;
	for (i = 0; i < NITEMS(wrong); i++) {
		memset(why, 0, sizeof(why));
		assert_false(filter_compile(wrong[i], 160, &f, why, sizeof(why)));
		assert_non_null(strstr(why, wrong[i]));
		assert_null(strchr(why, '\n'));
	}
}

/* Programs that libpcap does not make, or not today. */
static void
by_hand(void **state)
{
#define FAMILY	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1)
#define IS(k, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define YES	BPF_STMT(BPF_RET | BPF_K, 1)
	struct bpf_insn through_memory[] = { FAMILY, BPF_STMT(BPF_ST, 3),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 104), IS(10, 0, 0), BPF_STMT(BPF_LD | BPF_MEM, 3),
	    IS(10, 0, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_IMM, 10),
	    IS(10, 0, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), IS(10, 0, 0), IS(2, 0, 0), YES };
	struct bpf_insn either[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2), IS(1, 1, 0), FAMILY,
	    IS(10, 0, 0), YES };
	struct bpf_insn either_other[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2), IS(1, 1, 0),
	    FAMILY, IS(11, 0, 0), YES };
	struct bpf_insn never[] = { BPF_STMT(BPF_JMP | BPF_JA, 1), FAMILY, YES };
	struct bpf_insn back[] = { FAMILY, BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX - 1), YES };
	struct bpf_insn out[] = { FAMILY, IS(10, 0, 1), YES };
	struct bpf_insn no_end[] = { FAMILY };
	struct bpf_insn no_memory[] = { BPF_STMT(BPF_ST, 16), YES };
	struct bpf_insn no_memory2[] = { BPF_STMT(BPF_LDX | BPF_MEM, UINT32_MAX), YES };

	(void)state;
	assert_int_equal(filter_fix_family(through_memory, NITEMS(through_memory)), 2);
	assert_int_equal(through_memory[3].k, 10);
	assert_int_equal(through_memory[5].k, 24);
	assert_int_equal(through_memory[8].k, 10);
	assert_int_equal(through_memory[10].k, 24);
	assert_int_equal(through_memory[11].k, 2);
	assert_int_equal(filter_fix_family(either, NITEMS(either)), -1);
	assert_int_equal(either[3].k, 10);
	assert_int_equal(filter_fix_family(either_other, NITEMS(either_other)), 0);
	assert_int_equal(filter_fix_family(never, NITEMS(never)), 0);
	assert_int_equal(filter_fix_family(back, NITEMS(back)), -1);
	assert_int_equal(filter_fix_family(out, NITEMS(out)), -1);
	assert_int_equal(out[1].k, 10);
	assert_int_equal(filter_fix_family(no_end, 1), -1);
	assert_int_equal(filter_fix_family(no_end, 0), -1);
	assert_int_equal(filter_fix_family(no_memory, 2), -1);
	assert_int_equal(filter_fix_family(no_memory2, 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up), cmocka_unit_test(single),
		cmocka_unit_test(everything), cmocka_unit_test(errors),
		cmocka_unit_test(by_hand),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
