// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * device.c: how pfctl takes what a kernel may answer: busy, grown, refused.
 *
 * A device here is a function that plays one such kernel and notes what it was asked.
 * What a real pf does with the requests is tested elsewhere, with a real pf.
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static int	checks, failures;

/* An allocation that is far too large shall fail as it does outside of tests. */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return ("allocator_may_return_null=1");
}

#define CHECK(cond)	check((cond), #cond, __func__, __LINE__)

static void
check(bool ok, const char *what, const char *func, int line)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("%s:%d: not so: %s\n", func, line, what);
}

struct kernel {
	/* states and interfaces: how many at first, how many more at each request;
	 * brim: states always fill all the room */
	uint64_t	n, grow;
	bool		brim;
	/* transactions */
	int		busy;			/* refuse so many XBEGINs */
	int		commit_error;
	int		begins, commits, rollbacks;
	/* the last kill, and how many there were */
	struct pfioc_state_kill psk;
	struct pfioc_src_node_kill psnk;
	int		kills;
};

static int
kernel_states(struct kernel *k, struct pfioc_states *ps)
{
	struct pfsync_state *s = (void *)(uintptr_t)ps->buf;
	uint64_t i, room = ps->len / sizeof(*s);

	for (i = 0; i < room && (i < k->n || k->brim); i++) {
		memset(&s[i], 0, sizeof(s[i]));
		s[i].id = i + 1;
	}
	ps->len = (room != 0 ? i : k->n) * sizeof(*s);
	k->n += k->grow;
	return (0);
}

static int
kernel_sources(struct kernel *k, struct pfioc_src_nodes *io)
{
	struct pf_src_node *v = (void *)(uintptr_t)io->buf;
	uint64_t i, room = io->len / sizeof(*v);

	for (i = 0; i < room && (i < k->n || k->brim); i++) {
		memset(&v[i], 0, sizeof(v[i]));
		v[i].states = (uint32_t)i + 1;
	}
	io->len = (room != 0 ? i : k->n) * sizeof(*v);
	k->n += k->grow;
	return (0);
}

static int
kernel_ifaces(struct kernel *k, struct pfioc_iface *io)
{
	struct pfi_kif *p = (void *)(uintptr_t)io->buffer;
	uint64_t i;

	if (io->esize != sizeof(*p))
		return (EINVAL);
	for (i = 0; i < io->size && i < k->n; i++)
		memset(&p[i], 0, sizeof(p[i]));
	io->size = k->n;
	k->n += k->grow;
	return (0);
}

static int
kernel_ioctl(struct pf_dev *dev, unsigned long cmd, void *arg)
{
	struct kernel *k = dev->priv;
	struct pfioc_trans_e *e;
	struct pfioc_trans *io = arg;
	uint32_t i;

	switch (cmd) {
	case DIOCGETSTATES:
		return (kernel_states(k, arg));
	case DIOCGETSRCNODES:
		return (kernel_sources(k, arg));
	case DIOCKILLSRCNODES:
		memcpy(&k->psnk, arg, sizeof(k->psnk));
		((struct pfioc_src_node_kill *)arg)->killed = 2;
		k->kills++;
		return (0);
	case DIOCIGETIFACES:
		return (kernel_ifaces(k, arg));
	case DIOCGETRULESETS:			/* no anchors */
		((struct pfioc_ruleset *)arg)->nr = 0;
		return (0);
	case DIOCXBEGIN:
		k->begins++;
		if (k->busy-- > 0)
			return (EBUSY);
		e = (void *)(uintptr_t)io->array;
		for (i = 0; i < io->size; i++)
			e[i].ticket = 100 + i;
		return (0);
	case DIOCXCOMMIT:
		k->commits++;
		return (k->commit_error);
	case DIOCXROLLBACK:
		k->rollbacks++;
		return (0);
	case DIOCKILLSTATES:
	case DIOCCLRSTATES:
		memcpy(&k->psk, arg, sizeof(k->psk));
		((struct pfioc_state_kill *)arg)->killed = 2;
		k->kills++;
		return (0);
	default:
		return (ENOTTY);
	}
}

static void
boot(struct pf_dev *dev, struct kernel *k)
{
	memset(k, 0, sizeof(*k));
	memset(dev, 0, sizeof(*dev));
	dev->ioctl = kernel_ioctl;
	dev->priv = k;
	dev->fd = -1;
}

static void
test_grow(void)
{
	struct pf_dev dev;
	struct kernel k;
	struct pfsync_state *s;
	struct pf_src_node *src;
	struct pfi_kif *kif;
	size_t n;

	boot(&dev, &k);
	CHECK(pf_dev_states(&dev, &s, &n) == 0 && n == 0 && s == NULL);
	CHECK(pf_dev_ifaces(&dev, "", &kif, &n) == 0 && n == 0);

	k.n = 1000;
	k.grow = 100;			/* just fits in what was asked for */
	CHECK(pf_dev_states(&dev, &s, &n) == 0);
	CHECK(n == 1100 && s[0].id == 1 && s[n - 1].id == n);
	free(s);

	k.n = 10;
	k.grow = 20;			/* takes some turns */
	CHECK(pf_dev_states(&dev, &s, &n) == 0);
	CHECK(n > 10 && s[n - 1].id == n);
	free(s);

	k.n = 1000;
	k.grow = 141;			/* fills what was asked for */
	CHECK(pf_dev_states(&dev, &s, &n) == 0);
	CHECK(n > 1141 && s[n - 1].id == n);
	free(s);

	k.n = 10;
	k.brim = true;			/* never to be caught */
	CHECK(pf_dev_states(&dev, &s, &n) == -1 && s == NULL && n == 0);
	k.brim = false;

	k.n = 1000;
	k.grow = 141;
	CHECK(pf_dev_sources(&dev, &src, &n) == 0);
	CHECK(n > 1141 && src[n - 1].states == n);
	free(src);

	k.n = 5;
	k.grow = 1;
	CHECK(pf_dev_ifaces(&dev, "eth0", &kif, &n) == 0 && n == 6);
	free(kif);
	k.grow = 100;
	CHECK(pf_dev_ifaces(&dev, "", &kif, &n) == -1 && kif == NULL);
	CHECK(pf_dev_ifaces(&dev, "a-name-of-16-char", &kif, &n) == -1);

	k.n = UINT64_MAX / sizeof(*s) / 2;	/* more than there is memory */
	k.grow = 0;
	CHECK(pf_dev_states(&dev, &s, &n) == -1 && s == NULL);
}

static void
test_trans(void)
{
	struct pf_dev dev;
	struct kernel k;
	struct trans t;
	char name[PF_ANCHOR_PATH_SIZE + 1];
	int i;

	boot(&dev, &k);
	trans_init(&t, &dev);
	CHECK(trans_add(&t, PF_RULESET_FILTER, "") == 0);
	CHECK(trans_add(&t, PF_RULESET_NAT, "") == 0);
	CHECK(trans_add(&t, PF_RULESET_FILTER, "") == 0 && t.n == 2);
	CHECK(trans_begin(&t) == 0);
	CHECK(trans_ticket(&t, PF_RULESET_FILTER, "") == 100);
	CHECK(trans_ticket(&t, PF_RULESET_NAT, "") == 101);
	CHECK(trans_ticket(&t, PF_RULESET_NAT, "x") == 0);
	CHECK(trans_commit(&t) == 0);
	trans_free(&t);
	CHECK(k.begins == 1 && k.commits == 1 && k.rollbacks == 0);

	boot(&dev, &k);			/* begun, never committed */
	trans_init(&t, &dev);
	CHECK(trans_add(&t, PF_TRANS_OPTIONS, "") == 0);
	CHECK(trans_begin(&t) == 0);
	trans_free(&t);
	trans_free(&t);
	CHECK(k.commits == 0 && k.rollbacks == 1);

	boot(&dev, &k);			/* commit fails */
	k.commit_error = ENOMEM;
	CHECK(clear_rulesets(&dev, "a/b", LOAD_FILTER | LOAD_NAT, false) == -1);
	CHECK(k.begins == 1 && k.commits == 1 && k.rollbacks == 1);

	boot(&dev, &k);			/* busy for a while */
	k.busy = 2;
	dev.busy_ms = 1000;
	CHECK(clear_rulesets(&dev, "", LOAD_FILTER, false) == 0);
	CHECK(k.begins == 3 && k.commits == 1 && k.rollbacks == 0);

	boot(&dev, &k);			/* busy for longer than we wait */
	k.busy = 1000;
	dev.busy_ms = 200;
	CHECK(clear_rulesets(&dev, "", LOAD_FILTER, false) == -1);
	CHECK(k.begins == 3 && k.commits == 0 && k.rollbacks == 0);

	trans_init(&t, &dev);
	for (i = 0; i < PF_TRANS_ELEMENTS; i++) {
		snprintf(name, sizeof(name), "anchor%d", i);
		if (trans_add(&t, PF_RULESET_FILTER, name) == -1)
			break;
	}
	CHECK(i == PF_TRANS_ELEMENTS);
	CHECK(trans_add(&t, PF_RULESET_FILTER, "one more") == -1);
	trans_free(&t);
	trans_init(&t, &dev);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK(trans_add(&t, PF_RULESET_FILTER, name) == -1 && t.n == 0);
	trans_free(&t);
}

static int
kill_words(struct pf_dev *dev, const char *a, const char *b)
{
	char *arg[2] = { (char *)a, (char *)b };

	return (kill_states(dev, "", arg, b != NULL ? 2 : 1, true));
}

static int
kill_source_words(struct pf_dev *dev, const char *a, const char *b)
{
	char *arg[2] = { (char *)a, (char *)b };

	return (kill_sources(dev, arg, b != NULL ? 2 : 1, true));
}

static void
test_kill_sources(void)
{
	struct pf_dev dev;
	struct kernel k;
	struct pf_addr zero;

	memset(&zero, 0, sizeof(zero));
	boot(&dev, &k);
	CHECK(kill_source_words(&dev, "10.0.0.1/33", NULL) == -1);
	CHECK(kill_source_words(&dev, "", NULL) == -1);
	CHECK(kill_source_words(&dev, "label", "x") == -1);
	CHECK(kill_source_words(&dev, "10.0.0.1", "::1") == -1);
	CHECK(k.kills == 0);
	CHECK(kill_source_words(&dev, "10.1.2.3/8", NULL) == 0 && k.kills == 1);
	CHECK(k.psnk.af == AF_INET);
	CHECK(k.psnk.src.addr.v.a.addr.v4 == htonl(0x0a000000));
	CHECK(k.psnk.src.addr.v.a.mask.v4 == htonl(0xff000000));
	CHECK(memcmp(&k.psnk.dst.addr.v.a.mask, &zero, sizeof(zero)) == 0);
	CHECK(kill_source_words(&dev, "::/0", "2001:db8::1") == 0 && k.kills == 2);
	CHECK(k.psnk.af == AF_INET6);
	CHECK(memcmp(&k.psnk.src.addr.v.a.mask, &zero, sizeof(zero)) == 0);
	CHECK(k.psnk.dst.addr.v.a.addr.addr8[15] == 1);
}

static void
test_kill(void)
{
	static const char *const bad[][2] = {
		{ "id", NULL }, { "id", "" }, { "id", "xyz" }, { "id", "0" },
		{ "id", "12345678901234567" }, { "id", "1/" }, { "id", "1/x" },
		{ "id", "1/100000000" }, { "id", "-1" }, { "id", "1 " },
		{ "label", NULL }, { "label", "" }, { "label",
		"0123456789012345678901234567890123456789012345678901234567890123" },
		{ "key", "x" }, { "10.0.0.1/33", NULL }, { "10.0.0.1/", NULL },
		{ "10.0.0.1/-1", NULL }, { "::1/129", NULL },
		{ "10.0.0.1", "::1" }, { "10.0.0.1/8/8", NULL }, { "", NULL },
	};
	struct pf_dev dev;
	struct kernel k;
	struct pf_addr zero;
	char *one[1] = { "10.0.0.1" };
	size_t i;

	memset(&zero, 0, sizeof(zero));
	boot(&dev, &k);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (kill_words(&dev, bad[i][0], bad[i][1]) != -1)
			printf("accepted: -k %s\n", bad[i][0]), failures++;
	CHECK(k.kills == 0);

	CHECK(kill_words(&dev, "10.1.2.3/8", NULL) == 0 && k.kills == 1);
	CHECK(k.psk.af == AF_INET);
	CHECK(k.psk.src.addr.v.a.addr.v4 == htonl(0x0a000000));
	CHECK(k.psk.src.addr.v.a.mask.v4 == htonl(0xff000000));
	CHECK(k.psk.src.addr.v.a.mask.addr32[1] == 0);
	CHECK(k.psk.src.addr.type == PF_ADDR_ADDRMASK);
	CHECK(memcmp(&k.psk.dst.addr.v.a.mask, &zero, sizeof(zero)) == 0);

	CHECK(kill_words(&dev, "::/0", "2001:db8::1") == 0 && k.kills == 2);
	CHECK(k.psk.af == AF_INET6);
	CHECK(memcmp(&k.psk.src.addr.v.a.mask, &zero, sizeof(zero)) == 0);
	CHECK(k.psk.dst.addr.v.a.addr.addr8[15] == 1);
	CHECK(k.psk.dst.addr.v.a.mask.addr64[1] == UINT64_MAX);

	CHECK(kill_words(&dev, "label", "web") == 0 && k.kills == 3);
	CHECK(strcmp(k.psk.label, "web") == 0 && k.psk.af == 0);

	CHECK(kill_words(&dev, "id", "00000001deadbeef/cafe") == 0);
	CHECK(k.psk.id == 0x1deadbeef && k.psk.creatorid == htonl(0xcafe));
	CHECK(kill_words(&dev, "id", "0xffffffffffffffff") == 0);
	CHECK(k.psk.id == UINT64_MAX && k.psk.creatorid == 0);

	CHECK(kill_states(&dev, "eth0", one, 1, true) == 0);
	CHECK(strcmp(k.psk.ifname, "eth0") == 0);
	CHECK(kill_states(&dev, "a-name-of-16-char", one, 1, true) == -1);
	CHECK(flush_states(&dev, "eth1", true) == 0);
	CHECK(strcmp(k.psk.ifname, "eth1") == 0 && k.psk.af == 0);
	CHECK(k.kills == 7);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* messages of what is refused are not looked at */
	if (freopen("/dev/null", "w", stderr) == NULL)
		return (1);
	test_grow();
	test_trans();
	test_kill();
	test_kill_sources();
	printf("device: %d checks, %d failed\n", checks, failures);
	return (failures != 0);
}
