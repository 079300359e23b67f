// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz.c: what the fuzzers share; fuzz.h has the contracts.
 */
#include <arpa/inet.h>

#include "fuzz.h"

uint8_t
in8(struct input *in)
{
	if (in->n == 0)
		return (0);
	in->n--;
	return (*in->p++);
}

uint16_t
in16(struct input *in)
{
	uint16_t lo = in8(in);

	return ((uint16_t)(lo | in8(in) << 8));
}

void
in_bytes(struct input *in, void *buf, size_t len)
{
	size_t n = len < in->n ? len : in->n;

	memset(buf, 0, len);
	if (n != 0)
		memcpy(buf, in->p, n);
	in->p += n;
	in->n -= n;
}

void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz: not so: %s\n", what);
	abort();
}

struct sim_node *
fuzz_node(struct sim *sim)
{
	struct sim_node *n = sim_node_new(sim, "n");

	must(n != NULL, "a node");
	must(sim_if_add(n, 1, "eth0") == 0, "eth0");
	must(sim_if_add(n, 2, "eth1") == 0, "eth1");
	must(sim_if_addr(n, 1, "10.1.0.1/24") == 0, "10.1.0.1");
	must(sim_if_addr(n, 2, "10.2.0.1/24") == 0, "10.2.0.1");
	must(sim_if_addr(n, 1, "2001:db8:1::1/64") == 0, "2001:db8:1::1");
	must(sim_if_addr(n, 2, "2001:db8:2::1/64") == 0, "2001:db8:2::1");
	return (n);
}

static struct pf_rule
rule(uint8_t action, uint8_t dir, uint8_t proto)
{
	struct pf_rule r;

	memset(&r, 0, sizeof(r));
	r.action = action;
	r.direction = dir;
	r.proto = proto;
	r.rtableid = -1;
	if (action == PF_PASS) {
		r.keep_state = PF_STATE_NORMAL;
		if (proto == 0 || proto == IPPROTO_TCP) {
			r.flags = 0x02;
			r.flagset = 0x12;
		}
	}
	return (r);
}

void
fuzz_load(struct sim_node *n)
{
	struct pf_client *cl = pf_client_open(n->pf, 1, 0);
	struct pfioc_trans_e e;
	struct pfioc_trans t = { 1, sizeof(e), (uint64_t)(uintptr_t)&e };
	static struct pfioc_rule pr;
	struct pf_rule rules[10];
	unsigned int k = 0;

	must(cl != NULL, "a client");
	rules[k] = rule(PF_DROP, PF_INOUT, 0);
	rules[k].rule_flag = PFRULE_RETURN;
	rules[k].return_icmp = 3 << 8 | 3;
	rules[k++].return_icmp6 = 1 << 8 | 4;
	rules[k++] = rule(PF_PASS, PF_IN, IPPROTO_TCP);
	rules[k++] = rule(PF_PASS, PF_INOUT, IPPROTO_UDP);
	rules[k++] = rule(PF_PASS, PF_INOUT, IPPROTO_ICMP);
	rules[k++] = rule(PF_PASS, PF_INOUT, IPPROTO_ICMPV6);
	rules[k] = rule(PF_PASS, PF_IN, IPPROTO_GRE);
	rules[k++].allow_opts = 1;
	rules[k] = rule(PF_DROP, PF_IN, IPPROTO_UDP);
	rules[k].dst.port_op = PF_OP_IRG;
	rules[k].dst.port[0] = htons(5000);
	rules[k++].dst.port[1] = htons(6000);
	rules[k] = rule(PF_DROP, PF_IN, IPPROTO_TCP);
	rules[k].dst.port_op = PF_OP_EQ;
	rules[k].dst.port[0] = rules[k].dst.port[1] = htons(22);
	rules[k++].rule_flag = PFRULE_RETURNRST;

	memset(&e, 0, sizeof(e));
	e.type = PF_RULESET_FILTER;
	must(sim_ioctl(n, cl, DIOCXBEGIN, &t) == 0, "DIOCXBEGIN");
	for (unsigned int i = 0; i < k; i++) {
		memset(&pr, 0, sizeof(pr));
		pr.ticket = e.ticket;
		pr.ruleset = PF_RULESET_FILTER;
		pr.rule = rules[i];
		must(sim_ioctl(n, cl, DIOCADDRULE, &pr) == 0, "DIOCADDRULE");
	}
	must(sim_ioctl(n, cl, DIOCXCOMMIT, &t) == 0, "DIOCXCOMMIT");
	must(sim_ioctl(n, cl, DIOCSTART, NULL) == 0, "DIOCSTART");
	pf_client_close(cl);
}

void
seed_write(const char *dir, const char *name, const void *data, size_t len)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	must(f != NULL && fwrite(data, 1, len, f) == len, path);
	fclose(f);
}
