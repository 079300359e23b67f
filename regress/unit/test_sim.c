// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_sim.c: the process host itself.  What it promises to tests is tested first:
 * that each of its checks fires, that packets come out as they went in, that wires
 * and clock do what they say.
 */
#include <sys/mman.h>

#include <netinet/tcp.h>
#include <unistd.h>

#include "unit.h"

static void
test_spin(void **state)
{
	struct pf_spinlock a, b, none = { 0 };

	(void)state;
	pf_spin_init(&a);
	pf_spin_init(&b);
	pf_spin_lock(&a);
	pf_spin_lock(&b);
	pf_spin_assert(&a);
	pf_spin_assert(&b);
	pf_spin_unlock(&a);
	assert_panic("must be held", pf_spin_assert(&a));
	pf_spin_init(&b);
	assert_panic("held already, by test_spin", pf_spin_lock(&a);
	    pf_spin_lock(&a));
	assert_panic("not held", pf_spin_unlock(&a));
	assert_panic("not initialized", pf_spin_lock(&none));
	assert_panic("left a lock held", pf_spin_lock(&a);
	    sim_lock_check_idle("x"));
}

static void
test_mutex(void **state)
{
	struct pf_mutex m;
	struct pf_spinlock l;

	(void)state;
	pf_mutex_init(&m);
	pf_spin_init(&l);
	assert_panic("must be held", pf_mutex_assert(&m));
	pf_mutex_lock(&m);
	pf_mutex_assert(&m);
	pf_mutex_unlock(&m);
	assert_panic("held already", pf_mutex_lock(&m); pf_mutex_lock(&m));
	assert_panic("not held", pf_mutex_unlock(&m));
	assert_panic("may sleep", pf_spin_lock(&l); pf_mutex_lock(&m));
	assert_panic("may sleep in packet", sim_packet_enter(); pf_mutex_lock(&m));
	assert_panic("may sleep in an RCU", pf_rcu_read_lock(); pf_mutex_lock(&m));
	assert_panic("while held", pf_mutex_lock(&m); pf_mutex_destroy(&m));
	pf_mutex_destroy(&m);
	assert_panic("not initialized", pf_mutex_lock(&m));
}

static void
test_sleeping_alloc(void **state)
{
	struct pf_spinlock l;
	struct pf_pcpu c;
	void *p;

	(void)state;
	pf_spin_init(&l);
	assert_panic("pf_alloc", pf_spin_lock(&l); pf_alloc(NULL, 1));
	assert_panic("pf_alloc", pf_rcu_read_lock(); pf_alloc(NULL, 1));
	assert_panic("pf_alloc", sim_packet_enter(); pf_alloc(NULL, 1));
	assert_panic("pf_pcpu_init", sim_packet_enter(); pf_pcpu_init(&c, 1));
	sim_packet_enter();
	pf_spin_lock(&l);
	p = pf_alloc_atomic(NULL, 64);
	pf_spin_unlock(&l);
	sim_packet_leave();
	assert_non_null(p);
	for (int i = 0; i < 64; i++)
		assert_int_equal(((uint8_t *)p)[i], 0);
	pf_free(p);
	pf_free(NULL);

	struct { char pad[40]; struct pf_spinlock lock; } *obj;

	obj = pf_alloc(NULL, sizeof(*obj));
	pf_spin_init(&obj->lock);
	assert_panic("freed with a lock held", pf_spin_lock(&obj->lock);
	    pf_free(obj));
	sim_mem_note(SIM_MEM_ALLOC, 1);	/* pf_free() had counted it off */
	pf_free(obj);
}

static void
test_seq(void **state)
{
	struct pf_spinlock l;
	struct pf_seq s;
	uint32_t c;

	(void)state;
	pf_spin_init(&l);
	pf_seq_init(&s);
	c = pf_seq_begin(&s);
	assert_false(pf_seq_retry(&s, c));
	pf_spin_lock(&l);
	pf_seq_write_begin(&s);
	assert_true(pf_seq_retry(&s, c));
	c = pf_seq_begin(&s);
	assert_int_equal(c & 1, 1);
	assert_true(pf_seq_retry(&s, c));
	pf_seq_write_end(&s);
	assert_true(pf_seq_retry(&s, c));
	pf_spin_unlock(&l);
	c = pf_seq_begin(&s);
	assert_false(pf_seq_retry(&s, c));
	assert_panic("without a spin lock", pf_seq_write_begin(&s));
	assert_panic("not being written", pf_spin_lock(&l); pf_seq_write_end(&s));
	assert_panic("is being written", pf_spin_lock(&l);
	    pf_seq_write_begin(&s); pf_seq_write_begin(&s));
}

struct thing {
	struct pf_rcu_head rcu;
	int		*freed;
	struct thing	*other;
};

static void
thing_free(struct pf_rcu_head *h)
{
	struct thing *t = container_of(h, struct thing, rcu);

	++*t->freed;
	if (t->other != NULL)
		pf_rcu_call(&t->other->rcu, thing_free);
	pf_free(t);
}

static struct thing *
thing_new(int *freed)
{
	struct thing *t = pf_alloc_atomic(NULL, sizeof(*t));

	assert_non_null(t);
	t->freed = freed;
	return (t);
}

static void
thing_sleeps(struct pf_rcu_head *h)
{
	(void)h;
	pf_alloc(NULL, 1);
}

static void
test_rcu(void **state)
{
	struct thing *t, *global = NULL, bad;
	struct pf_spinlock l;
	int freed = 0;

	(void)state;
	pf_spin_init(&l);
	assert_panic("outside of a read side", (void)pf_rcu_deref(global));
	assert_panic("without its lock", (void)pf_rcu_deref_locked(global));
	assert_panic("not entered", pf_rcu_read_unlock());

	t = thing_new(&freed);
	pf_rcu_assign(global, t);
	pf_rcu_read_lock();
	pf_rcu_read_lock();
	assert_ptr_equal(pf_rcu_deref(global), t);
	pf_rcu_call(&t->rcu, thing_free);
	pf_rcu_read_unlock();
	assert_int_equal(freed, 0);	/* the outer read side is still there */
	assert_int_equal(sim_rcu_pending(), 1);
	assert_ptr_equal(pf_rcu_deref(global), t);
	pf_rcu_read_unlock();
	assert_int_equal(freed, 1);

	/* A spin lock keeps call-backs away as well; they may queue others. */
	t = thing_new(&freed);
	t->other = thing_new(&freed);
	pf_spin_lock(&l);
	pf_rcu_call(&t->rcu, thing_free);
	assert_int_equal(freed, 1);
	pf_spin_unlock(&l);
	assert_int_equal(freed, 3);

	sim_rcu_lazy(true);
	t = thing_new(&freed);
	pf_rcu_call(&t->rcu, thing_free);
	pf_rcu_sync();
	assert_int_equal(freed, 3);	/* sync does not wait for calls */
	pf_rcu_barrier();
	assert_int_equal(freed, 4);
	t = thing_new(&freed);
	pf_rcu_call(&t->rcu, thing_free);
	sim_rcu_quiesce();
	assert_int_equal(freed, 5);
	sim_rcu_lazy(false);

	assert_panic("may sleep in an RCU read side", pf_rcu_read_lock();
	    pf_rcu_sync());
	assert_panic("RCU call-back", pf_rcu_call(&bad.rcu, thing_sleeps));
	assert_panic("left in an RCU", sim_packet_enter(); pf_rcu_read_lock();
	    sim_packet_leave());
	assert_int_equal(sim_rcu_pending(), 0);
}

static void
test_atomics(void **state)
{
	struct pf_atomic a;
	struct pf_ref r;

	(void)state;
	pf_atomic_set(&a, 1);
	assert_int_equal(pf_atomic_inc(&a), 2);
	assert_false(pf_atomic_inc_below(&a, 2));
	assert_true(pf_atomic_inc_below(&a, 3));
	assert_int_equal(pf_atomic_read(&a), 3);
	pf_atomic_dec(&a);
	assert_false(pf_atomic_dec_test(&a));
	assert_true(pf_atomic_dec_test(&a));
	pf_ref_set(&r, 1);
	pf_ref_get(&r);
	assert_false(pf_ref_put(&r));
	assert_true(pf_ref_put(&r));
	assert_panic("below 0", pf_ref_put(&r));
	pf_ref_set(&r, 0);
	assert_panic("from 0", pf_ref_get(&r));
}

static void
test_memory(void **state)
{
	unsigned long live = sim_mem_live_all(), calls = sim_mem_calls();
	struct pf_pcpu c = { 0 };
	void *p, *q;

	(void)state;
	p = pf_alloc(NULL, 100);
	q = pf_cache_alloc(NULL, PF_CACHE_STATE);
	assert_int_equal((uintptr_t)q % 64, 0);
	assert_int_equal(pf_pcpu_init(&c, 3), 0);
	assert_int_equal(sim_mem_live_all(), live + 3);
	assert_int_equal(sim_mem_calls(), calls + 3);
	pf_pcpu_add(&c, 2, 5);
	pf_pcpu_add(&c, 2, -7);
	assert_true(pf_pcpu_sum(&c, 2) == (uint64_t)-2);
	pf_pcpu_zero(&c, 3);
	assert_true(pf_pcpu_sum(&c, 2) == 0);
	assert_panic("counter 3 of 3", pf_pcpu_add(&c, 3, 1));
	pf_pcpu_fini(&c);
	pf_pcpu_fini(&c);
	pf_cache_free(PF_CACHE_STATE, q);
	pf_free(p);
	assert_int_equal(sim_mem_live_all(), live);

	sim_fail_alloc(2);
	p = pf_alloc(NULL, 1);
	assert_non_null(p);
	assert_null(pf_cache_alloc(NULL, PF_CACHE_STATE));
	q = pf_alloc_atomic(NULL, 1);
	assert_non_null(q);
	assert_int_equal(sim_fail_done(), 1);
	sim_fail_from(2);
	pf_free(p);
	p = pf_alloc(NULL, 1);
	assert_non_null(p);
	assert_int_equal(pf_pcpu_init(&c, 1), ENOMEM);
	assert_null(pf_alloc(NULL, 1));
	assert_int_equal(sim_fail_done(), 2);
	sim_fail_alloc(0);
	pf_free(p);
	pf_free(q);
	assert_null(pf_alloc(NULL, ((size_t)1 << 30) + 1));
	assert_panic("more freed", pf_cache_free(PF_CACHE_STATE, &c));
	assert_int_equal(sim_mem_live_all(), live);
}

/*
 * The vectors of the SipHash paper's reference code: key 00 01 .. 0f, message
 * 00 01 .. of the given length.
 */
static void
test_siphash(void **state)
{
	static const struct { size_t len; uint64_t hash; } known[] = {
		{ 0, 0x726fdb47dd0e0e31ULL },
		{ 1, 0x74f839c593dc67fdULL },
		{ 8, 0x93f5f5799a932462ULL },
		{ 15, 0xa129ca6149be45e5ULL },
		{ 16, 0x3f2acc7f57c29bdbULL },
		{ 31, 0x32d892fad841c342ULL },
		{ 32, 0x7127512f72f27cceULL },
		{ 63, 0x958a324ceb064572ULL },
	};
	uint8_t k[16], m[64];
	struct pf_siphash_key key;
	uint64_t w[4];

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		m[i] = (uint8_t)i;
		if (i < 16)
			k[i] = (uint8_t)i;
	}
	memcpy(&key, k, 16);
	for (unsigned int i = 0; i < NITEMS(known); i++)
		assert_true(sim_siphash(m, known[i].len, &key) == known[i].hash);
	memcpy(w, m, 32);
	assert_true(pf_siphash2(w[0], w[1], &key) == sim_siphash(m, 16, &key));
	assert_true(pf_siphash4(w[0], w[1], w[2], w[3], &key) ==
	    sim_siphash(m, 32, &key));
}

static const struct sim_spec specs[] = {
	{ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_TCP,
	  .sport = 1024, .dport = 80, .flags = TH_SYN, .seq = 7, .mss = 1460,
	  .wscale = 8 },
	{ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_UDP,
	  .sport = 53, .dport = 5353, .payload = "hello", .paylen = 5 },
	{ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_ICMP,
	  .icmp_type = 8, .icmp_id = 77, .icmp_seq = 3, .paylen = 56 },
	{ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_UDP,
	  .sport = 1, .dport = 2, .opts = (const uint8_t *)"\x94\x04\0\0",
	  .optlen = 4, .ttl = 1, .tos = 0x10 },
	{ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = IPPROTO_TCP,
	  .sport = 1024, .dport = 80, .flags = TH_SYN | TH_ACK, .seq = 7,
	  .ack = 9, .win = 1000, .paylen = 3 },
	{ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = IPPROTO_UDP,
	  .sport = 53, .dport = 5353, .paylen = 100, .more_frags = true },
	{ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = IPPROTO_ICMPV6,
	  .icmp_type = 128, .icmp_id = 77, .icmp_seq = 3 },
	{ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = IPPROTO_UDP,
	  .sport = 5, .dport = 6, .opts = (const uint8_t *)"\x11\0\1\4\0\0\0\0",
	  .optlen = 8, .opt_proto = IPPROTO_DSTOPTS },
};

static void
test_build(void **state)
{
	struct sim_info in;
	struct pf_pkt *p;

	(void)state;
	for (unsigned int i = 0; i < NITEMS(specs); i++) {
		const struct sim_spec *sp = &specs[i];
		struct sim_spec bad = *sp;

		p = sim_pkt_build(sp);
		if (!sim_pkt_info(p, &in))
			fail_msg("packet %u: %s", i, in.wrong);
		assert_string_equal(in.src, sp->src);
		assert_string_equal(in.dst, sp->dst);
		assert_int_equal(in.proto, sp->proto);
		assert_int_equal(in.len, p->len);
		assert_int_equal(in.ttl, sp->ttl != 0 ? sp->ttl : 64);
		assert_int_equal(in.tos, sp->tos);
		assert_int_equal(in.sport, sp->sport);
		assert_int_equal(in.dport, sp->dport);
		assert_int_equal(in.flags, sp->flags);
		assert_int_equal(in.seq, sp->seq);
		assert_int_equal(in.ack, sp->ack);
		assert_int_equal(in.icmp_type, sp->icmp_type);
		assert_int_equal(in.icmp_id, sp->icmp_id);
		sim_packet_enter();
		assert_true(pf_pkt_cksum_ok(p, in.af, in.proto, in.off));
		sim_packet_leave();
		sim_pkt_free(p);

		bad.bad_cksum = true;
		p = sim_pkt_build(&bad);
		assert_false(sim_pkt_info(p, &in));
		sim_packet_enter();
		assert_false(pf_pkt_cksum_ok(p, in.af, in.proto, in.off));
		p->cksum_known = true;
		assert_true(pf_pkt_cksum_ok(p, in.af, in.proto, in.off));
		sim_packet_leave();
		sim_pkt_free(p);
	}
}

/* A TCP packet byte by byte, its checksums worked out by another program. */
static void
test_build_bytes(void **state)
{
	static const uint8_t want[] = {
		0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06,
		0x14, 0x96, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,
		0x04, 0xd2, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00,
		0x00, 0x00, 0x60, 0x02, 0xff, 0xff, 0x7b, 0x1a, 0x00, 0x00,
		0x02, 0x04, 0x05, 0xb4,
	};
	struct pf_pkt *p = sim_pkt_build(&(struct sim_spec){
		.src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_TCP,
		.sport = 1234, .dport = 80, .flags = TH_SYN, .seq = 1000,
		.mss = 1460, .ip_id = 0x1234, .df = true });
	uint8_t got[64];

	(void)state;
	assert_int_equal(sim_pkt_bytes(p, got, sizeof(got)), sizeof(want));
	assert_memory_equal(got, want, sizeof(want));
	sim_pkt_free(p);
}

static void
test_pull(void **state)
{
	uint8_t bytes[300], buf[128];
	const uint8_t *got;
	struct pf_pkt *p;
	bool strict = sim_strict;

	(void)state;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (int round = 0; round < 4; round++) {
		sim_strict = round % 2 != 0;
		p = sim_pkt_raw(bytes, sizeof(bytes));
		if (round >= 2)
			sim_pkt_split(p, (uint32_t[]){ 1, 20, 21, 77, 200, 400 }, 6);
		assert_int_equal(p->npieces, round >= 2 ? 6 : 1);
		for (uint32_t off = 0; off <= sizeof(bytes); off++)
			for (uint32_t len = 0; len <= 128; len += 9) {
				memset(buf, 0, sizeof(buf));
				got = pf_pkt_pull(p, off, len, buf);
				if (off + len > sizeof(bytes)) {
					assert_null(got);
					continue;
				}
				assert_non_null(got);
				assert_memory_equal(got, bytes + off, len);
				if (got != buf)
					assert_int_equal((uintptr_t)got % 4,
					    off % 4);
			}
		assert_null(pf_pkt_pull(p, 65000, 128, buf));
		assert_panic("pull of 129", pf_pkt_pull(p, 0, 129, buf));
		assert_panic("pull of 1 bytes at 65575",
		    pf_pkt_pull(p, 65575, 1, buf));
		sim_pkt_free(p);
	}
	sim_strict = strict;

	p = sim_pkt_raw(bytes, 0);
	assert_null(pf_pkt_pull(p, 0, 1, buf));
	assert_int_equal(pf_pkt_len(p), 0);
	assert_int_equal(pf_pkt_segs(p), 1);
	sim_pkt_split(p, (uint32_t[]){ 10 }, 1);
	assert_int_equal(p->npieces, 1);
	sim_pkt_free(p);

	p = sim_pkt_raw(bytes, 100);
	sim_pkt_split(p, (uint32_t[]){ 10, 50 }, 2);
	sim_pkt_write(p, 8, "abcdef", 6);
	sim_pkt_bytes(p, buf, 100);
	assert_memory_equal(buf + 8, "abcdef", 6);
	assert_memory_equal(buf, bytes, 8);
	assert_memory_equal(buf + 14, bytes + 14, 86);
	sim_pkt_free(p);
}

static void
test_pcap(void **state)
{
	char path[] = "/tmp/test_sim.XXXXXX", err[256];
	struct sim_pcap *f;
	struct pf_pkt *p, *q;
	uint64_t when;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	f = sim_pcap_create(path, 12 /* DLT_RAW */, err, sizeof(err));
	assert_non_null(f);
	for (unsigned int i = 0; i < NITEMS(specs); i++) {
		p = sim_pkt_build(&specs[i]);
		assert_int_equal(sim_pcap_write(f, p, 1000001ULL * (i + 1)), 0);
		sim_pkt_free(p);
	}
	sim_pcap_close(f);

	f = sim_pcap_open(path, err, sizeof(err));
	assert_non_null(f);
	for (unsigned int i = 0; i < NITEMS(specs); i++) {
		uint8_t a[256], b[256];

		assert_int_equal(sim_pcap_next(f, &q, &when), 1);
		assert_true(when == 1000001ULL * (i + 1));
		p = sim_pkt_build(&specs[i]);
		assert_int_equal(sim_pkt_bytes(p, a, sizeof(a)),
		    sim_pkt_bytes(q, b, sizeof(b)));
		assert_memory_equal(a, b, p->len);
		assert_int_equal(p->af, q->af);
		sim_pkt_free(p);
		sim_pkt_free(q);
	}
	assert_int_equal(sim_pcap_next(f, &q, &when), 0);
	sim_pcap_close(f);
	unlink(path);
	assert_null(sim_pcap_open(path, err, sizeof(err)));
	assert_true(err[0] != '\0');
}

/* Nodes: a router between two hosts, with nothing enabled. */
struct net {
	struct sim	*sim;
	struct sim_node	*a, *r, *b;
};

static void
net_new(struct net *n, const struct sim_wire *w)
{
	n->sim = sim_new(42);
	n->a = sim_node_new(n->sim, "a");
	n->r = sim_node_new(n->sim, "r");
	n->b = sim_node_new(n->sim, "b");
	assert_non_null(n->b);
	assert_int_equal(sim_if_add(n->a, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(n->b, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(n->r, 1, "eth0"), 0);
	assert_int_equal(sim_if_add(n->r, 2, "eth1"), 0);
	assert_int_equal(sim_if_addr(n->a, 1, "10.1.0.2/24"), 0);
	assert_int_equal(sim_if_addr(n->r, 1, "10.1.0.1/24"), 0);
	assert_int_equal(sim_if_addr(n->r, 2, "2001:db8::1/64"), 0);
	assert_int_equal(sim_if_addr(n->r, 2, "10.2.0.1/24"), 0);
	assert_int_equal(sim_if_addr(n->b, 1, "10.2.0.2/24"), 0);
	assert_int_equal(sim_route(n->a, "0.0.0.0/0", 1), 0);
	assert_int_equal(sim_route(n->b, "0.0.0.0/0", 1), 0);
	assert_int_equal(sim_connect(n->a, 1, n->r, 1, w), 0);
	assert_int_equal(sim_connect(n->r, 2, n->b, 1, w), 0);
}

static void
test_wires(void **state)
{
	struct sim_wire w = { .delay = 1000 };
	struct sim_info in;
	struct net n;
	struct pf_pkt *p;

	(void)state;
	net_new(&n, &w);
	sim_output(n.a, sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.2.0.2", .proto = IPPROTO_UDP, .sport = 1, .dport = 2 }));
	sim_advance(n.sim, 1999);
	assert_int_equal(n.b->local.n, 0);
	sim_advance(n.sim, 1);
	assert_int_equal(n.b->local.n, 1);
	p = sim_pktq_take(&n.b->local);
	assert_true(sim_pkt_info(p, &in));
	assert_int_equal(in.ttl, 63);		/* one router */
	sim_pkt_free(p);

	/* The last hop's packet dies; another goes nowhere; one is for r. */
	sim_output(n.a, sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.2.0.2", .proto = IPPROTO_UDP, .ttl = 1 }));
	sim_output(n.a, sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.9.0.2", .proto = IPPROTO_UDP }));
	sim_output(n.a, sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.2.0.1", .proto = IPPROTO_UDP }));
	assert_int_equal(sim_settle(n.sim, 10), 3);
	assert_int_equal(n.b->local.n, 0);
	assert_int_equal(n.r->unroutable, 2);
	assert_int_equal(n.r->local.n, 1);
	sim_free(n.sim);
}

static void
test_lossy_wires(void **state)
{
	struct sim_wire w = { .delay = 10, .jitter = 1000, .loss = 100000,
	    .dup = 50000 };
	unsigned int arrived = 0, disorder = 0;
	uint16_t last = 0;
	struct sim_info in;
	struct net n;
	struct pf_pkt *p;

	(void)state;
	net_new(&n, &w);
	for (uint16_t i = 1; i <= 10000; i++) {
		sim_output(n.a, sim_pkt_build(&(struct sim_spec){
		    .src = "10.1.0.2", .dst = "10.1.0.1", .proto = IPPROTO_UDP,
		    .sport = i, .dport = 9 }));
		sim_advance(n.sim, 100);
		while ((p = sim_pktq_take(&n.r->local)) != NULL) {
			assert_true(sim_pkt_info(p, &in));
			if (in.sport < last)
				disorder++;
			last = in.sport;
			arrived++;
			sim_pkt_free(p);
		}
	}
	assert_in_range(n.a->lost, 850, 1150);	/* a tenth */
	assert_in_range(arrived, 10000 * 9 / 10 * 103 / 100,
	    10000 * 9 / 10 * 107 / 100);
	assert_true(disorder > 1000);
	sim_free(n.sim);
}

/* Who goes away takes along what is under way to him. */
static void
test_node_life(void **state)
{
	unsigned long live = sim_mem_live_all();
	struct sim_wire w = { .delay = 5000 };
	struct net n;

	(void)state;
	net_new(&n, &w);
	for (int i = 0; i < 3; i++)
		sim_output(n.a, sim_pkt_build(&(struct sim_spec){
		    .src = "10.1.0.2", .dst = "10.2.0.2",
		    .proto = IPPROTO_UDP }));
	assert_int_equal(sim_if_add(n.r, 2, "eth9"), EEXIST);
	assert_int_equal(sim_if_rename(n.r, 2, "wan"), 0);
	assert_int_equal(sim_if_rename(n.r, 7, "wan"), ENXIO);
	sim_advance(n.sim, 6000);
	assert_int_equal(sim_if_del(n.b, 1), 0);
	assert_int_equal(sim_settle(n.sim, 10), 0);
	sim_node_free(n.r);
	sim_output(n.a, sim_pkt_build(&(struct sim_spec){ .src = "10.1.0.2",
	    .dst = "10.2.0.2", .proto = IPPROTO_UDP }));
	assert_int_equal(n.a->out.n, 1);	/* its wire is cut */
	sim_free(n.sim);
	assert_int_equal(sim_mem_live_all(), live);
}

/* Stands in for pf: keeps the first packet, lets it go on as the second, frees the third. */
static struct {
	struct pf_pkt	*kept;
	unsigned int	 calls;
} taker;

static int
take(struct sim_node *n, int dir, int ifindex, struct pf_pkt **p)
{
	(void)n;
	(void)ifindex;
	if (dir != PF_IN)
		return (PF_PASS);
	switch (++taker.calls) {
	case 1:
		taker.kept = *p;
		return (PF_TAKEN);
	case 2:
		*p = taker.kept;
		return (PF_PASS);
	case 3:
		pf_pkt_free(*p);
		return (PF_TAKEN);
	}
	return (PF_DROP);
}

/* What pf takes goes no further, what it puts in a packet's place does; nothing is lost. */
static void
test_taken(void **state)
{
	struct sim_wire w = { .delay = 10 };
	struct sim_info in;
	struct net n;
	struct pf_pkt *p;

	(void)state;
	memset(&taker, 0, sizeof(taker));
	net_new(&n, &w);
	n.r->enabled = true;
	n.r->test = take;
	for (uint16_t i = 1; i <= 4; i++) {
		sim_output(n.a, sim_pkt_build(&(struct sim_spec){
		    .src = "10.1.0.2", .dst = "10.2.0.2",
		    .proto = IPPROTO_UDP, .sport = i, .dport = 9 }));
		sim_settle(n.sim, 100);
		assert_int_equal(n.b->local.n, i >= 2);
	}
	assert_int_equal(taker.calls, 4);
	assert_int_equal(n.r->dropped[PF_IN], 1);
	p = sim_pktq_take(&n.b->local);
	assert_true(sim_pkt_info(p, &in));
	assert_int_equal(in.sport, 1);		/* the first, as the second */
	sim_pkt_free(p);
	assert_int_equal(sim_test_free(n.r, PF_OUT, 1, sim_pkt_build(
	    &(struct sim_spec){ .src = "10.1.0.2", .dst = "10.2.0.2",
	    .proto = IPPROTO_UDP })), PF_PASS);
	taker.calls = 2;
	assert_int_equal(sim_test_free(n.r, PF_IN, 1, sim_pkt_build(
	    &(struct sim_spec){ .src = "10.1.0.2", .dst = "10.2.0.2",
	    .proto = IPPROTO_UDP })), PF_TAKEN);
	n.r->enabled = false;			/* pf itself was never started */
	sim_free(n.sim);
}

static void
test_clock_and_chance(void **state)
{
	struct sim *s = sim_new(1), *t = sim_new(1), *u = sim_new(2);
	struct sim_node *n = sim_node_new(s, "n");
	uint64_t a[4], b[4];

	(void)state;
	assert_non_null(n);
	assert_int_equal(pf_uptime(n->pf), 1000);
	sim_advance(s, SIM_SECOND - 1);
	assert_int_equal(pf_uptime(n->pf), 1000);
	sim_advance(s, 1);
	assert_int_equal(pf_uptime(n->pf), 1001);
	assert_true(pf_wallclock(n->pf) == s->epoch + 1001);
	sim_seconds(s, 3600);
	assert_int_equal(pf_uptime(n->pf), 4601);

	s->rng = t->rng;
	for (int i = 0; i < 100; i++)
		assert_true(sim_random(s) == sim_random(t));
	assert_true(sim_random(s) != sim_random(u));
	pf_random(n->pf, a, sizeof(a));
	pf_random(n->pf, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	sim_free(s);
	sim_free(t);
	sim_free(u);
}

static void
test_user_memory(void **state)
{
	struct sim *s = sim_new(1);
	struct sim_node *n = sim_node_new(s, "n");
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t at = (uint64_t)(uintptr_t)pages;
	char buf[16] = "0123456789abcde";

	(void)state;
	assert_non_null(n);
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	assert_int_equal(pf_copyout(n->pf, buf, at + 4080, 16), 0);
	assert_memory_equal(pages + 4080, buf, 16);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(pf_copyin(n->pf, at + 4080, buf, 16), 0);
	assert_string_equal(buf, "0123456789abcde");
	assert_int_equal(pf_copyout(n->pf, buf, at + 4081, 16), EFAULT);
	assert_int_equal(pf_copyin(n->pf, at + 4081, buf, 16), EFAULT);
	assert_int_equal(pf_copyin(n->pf, 0, buf, 1), EFAULT);
	assert_int_equal(pf_copyin(n->pf, UINT64_MAX - 4, buf, 16), EFAULT);
	assert_int_equal(pf_copyin(n->pf, 0, buf, 0), 0);
	assert_int_equal(mprotect(pages, 4096, PROT_READ), 0);
	assert_int_equal(pf_copyout(n->pf, buf, at, 16), EFAULT);
	assert_int_equal(pf_copyin(n->pf, at, buf, 16), 0);
	munmap(pages, 8192);

	assert_int_equal(sim_user_region(n, buf, 8), 0);
	at = (uint64_t)(uintptr_t)buf;
	assert_int_equal(pf_copyin(n->pf, at, &(char[8]){ 0 }, 8), 0);
	assert_int_equal(pf_copyin(n->pf, at + 1, &(char[8]){ 0 }, 8), EFAULT);
	assert_int_equal(pf_copyin(n->pf, at + 8, &(char[8]){ 0 }, 1), EFAULT);
	sim_user_clear(n);
	assert_panic("may sleep", sim_packet_enter();
	    pf_copyin(n->pf, at, &(char[8]){ 0 }, 8));
	sim_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_mutex),
		cmocka_unit_test(test_sleeping_alloc),
		cmocka_unit_test(test_seq),
		cmocka_unit_test(test_rcu),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_bytes),
		cmocka_unit_test(test_pull),
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_wires),
		cmocka_unit_test(test_lossy_wires),
		cmocka_unit_test(test_node_life),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_clock_and_chance),
		cmocka_unit_test(test_user_memory),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
