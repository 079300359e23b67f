// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * lines.c: short cuts to load rules into anchors, and to see which one decides.
 */
#include "lines.h"
#include "pf_conf.h"
#include "pf_match.h"
#include "pf_packet.h"
#include "pf_rule.h"
#include "pf_ruleset.h"

int
lines_setup(void **state)
{
	static struct lines f;

	unit_reset();
	memset(&f, 0, sizeof(f));
	f.sim = sim_new(17);
	f.n = sim_node_new(f.sim, "n");
	assert_int_equal(sim_if_add(f.n, 1, "eth0"), 0);
	f.a = pf_client_open(f.n->pf, 100, 1);
	f.b = pf_client_open(f.n->pf, 200, 2);
	assert_non_null(f.a);
	assert_non_null(f.b);
	*state = &f;
	return (0);
}

int
lines_teardown(void **state)
{
	struct lines *f = *state;

	unit_reset();
	pf_client_close(f->a);
	pf_client_close(f->b);
	sim_free(f->sim);
	return (sim_mem_live_all() == 0 ? 0 : -1);
}

struct pf_rule
lines_rule(const struct line *l)
{
	struct pf_rule r = unit_rule(PF_PASS);

	r.keep_state = 0;
	r.flags = r.flagset = 0;
	r.proto = IPPROTO_UDP;
	r.quick = l->quick;
	if (l->port != 0) {
		r.dst.port_op = PF_OP_EQ;
		r.dst.port[0] = r.dst.port[1] = htons(l->port);
	}
	if (l->label != NULL)
		snprintf(r.label, sizeof(r.label), "%s", l->label);
	return (r);
}

void
lines_element(struct lines_trans *t, uint32_t type, const char *anchor)
{
	for (uint32_t i = 0; i < t->io.size; i++)
		if (t->e[i].type == type && strcmp(t->e[i].anchor, anchor) == 0)
			return;
	t->e = reallocarray(t->e, t->io.size + 1, sizeof(*t->e));
	assert_non_null(t->e);
	memset(&t->e[t->io.size], 0, sizeof(*t->e));
	t->e[t->io.size].type = type;
	snprintf(t->e[t->io.size].anchor, sizeof(t->e->anchor), "%s", anchor);
	t->io.size++;
	t->io.esize = sizeof(*t->e);
	t->io.array = (uint64_t)(uintptr_t)t->e;
}

int
lines_begin(struct lines *f, struct lines_trans *t)
{
	return (sim_ioctl(f->n, f->a, DIOCXBEGIN, &t->io));
}

int
lines_commit(struct lines *f, struct lines_trans *t)
{
	return (sim_ioctl(f->n, f->a, DIOCXCOMMIT, &t->io));
}

void
lines_end(struct lines *f, struct lines_trans *t)
{
	sim_ioctl(f->n, f->a, DIOCXROLLBACK, &t->io);
	free(t->e);
	memset(t, 0, sizeof(*t));
}

int
lines_add(struct lines *f, struct lines_trans *t, const struct line *l)
{
	static struct pfioc_rule pr;

	memset(&pr, 0, sizeof(pr));
	pr.ticket = t->e[0].ticket;
	pr.ruleset = PF_RULESET_FILTER;
	snprintf(pr.anchor, sizeof(pr.anchor), "%s", l->in);
	if (l->call != NULL)
		snprintf(pr.anchor_call, sizeof(pr.anchor_call), "%s", l->call);
	pr.rule = lines_rule(l);
	return (sim_ioctl(f->n, f->a, DIOCADDRULE, &pr));
}

int
lines_load(struct lines *f, const struct line *l, unsigned int n, const char *const *also)
{
	struct lines_trans t = { { 0, 0, 0 }, NULL };
	unsigned int i;
	int error;

	lines_element(&t, PF_RULESET_FILTER, "");
	for (i = 0; i < n; i++)
		lines_element(&t, PF_RULESET_FILTER, l[i].in);
	for (; also != NULL && *also != NULL; also++)
		lines_element(&t, PF_RULESET_FILTER, *also);
	error = lines_begin(f, &t);
	for (i = 0; i < n && error == 0; i++)
		error = lines_add(f, &t, &l[i]);
	if (error == 0)
		error = lines_commit(f, &t);
	lines_end(f, &t);
	return (error);
}

static void
clear_below(struct lines *f, struct lines_trans *t, const char *path)
{
	struct pfioc_ruleset io;
	char sub[PF_ANCHOR_PATH_SIZE + PF_ANCHOR_NAME_SIZE + 1];
	uint32_t i, n;

	lines_element(t, PF_RULESET_FILTER, path);
	memset(&io, 0, sizeof(io));
	strcpy(io.path, path);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), 0);
	for (i = 0, n = io.nr; i < n; i++) {
		io.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESET, &io), 0);
		snprintf(sub, sizeof(sub), "%s%s%s", path, path[0] ? "/" : "",
		    io.name);
		clear_below(f, t, sub);
	}
}

void
lines_clear(struct lines *f)
{
	struct lines_trans t = { { 0, 0, 0 }, NULL };

	clear_below(f, &t, "");
	assert_int_equal(lines_begin(f, &t), 0);
	assert_int_equal(lines_commit(f, &t), 0);
	lines_end(f, &t);
}

void
lines_tree(struct lines *f, const char *path, char *text, size_t size, bool tickets)
{
	static struct pfioc_rule pr;
	struct pfioc_ruleset io;
	char sub[PF_ANCHOR_PATH_SIZE + PF_ANCHOR_NAME_SIZE + 1];
	size_t len = strlen(text);
	uint32_t i, n;

	memset(&pr, 0, sizeof(pr));
	strcpy(pr.anchor, path);
	pr.ruleset = PF_RULESET_FILTER;
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULES, &pr), 0);
	len += (size_t)snprintf(text + len, size - len, "%s:", path);
	if (tickets)
		len += (size_t)snprintf(text + len, size - len, "#%u:", pr.ticket);
	for (i = 0, n = pr.nr; i < n; i++) {
		pr.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULE, &pr), 0);
		len += (size_t)snprintf(text + len, size - len, " %s",
		    pr.anchor_call[0] ? pr.anchor_call : pr.rule.label);
	}
	len += (size_t)snprintf(text + len, size - len, "\n");
	assert_true(len < size);
	memset(&io, 0, sizeof(io));
	strcpy(io.path, path);
	assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESETS, &io), 0);
	for (i = 0, n = io.nr; i < n; i++) {
		io.nr = i;
		assert_int_equal(sim_ioctl(f->n, f->b, DIOCGETRULESET, &io), 0);
		snprintf(sub, sizeof(sub), "%s%s%s", path, path[0] ? "/" : "",
		    io.name);
		lines_tree(f, sub, text, size, tickets);
	}
}

void
lines_are(struct lines *f, const char *want)
{
	char text[8192] = "";

	lines_tree(f, "", text, sizeof(text), false);
	if (strcmp(text, want) != 0)
		fail_msg("there is\n%swhich should be\n%s", text, want);
}

void
lines_packet(struct lines *f, struct pf_pdesc *pd, uint16_t port)
{
	memset(pd, 0, sizeof(*pd));
	pd->pf = f->n->pf;
	pd->dir = PF_IN;
	pd->af = AF_INET;
	pd->proto = IPPROTO_UDP;
	pd->dport = htons(port);
	pd->kif = pf_kif_find_index(f->n->pf, 1);
}

void
lines_decide(struct lines *f, uint16_t port, char text[256])
{
	struct pf_pdesc pd;
	struct pf_match m;
	char nr[12] = "-";

	sim_packet_enter();
	lines_packet(f, &pd, port);
	if (pf_match_rules(&m, pf_rcu_deref(f->n->pf->conf), PF_RULESET_FILTER,
	    &pd) != PF_GO) {
		assert_null(m.rule);
		assert_null(m.anchor);
		strcpy(text, "failed");
		sim_packet_leave();
		return;
	}
	if (m.anchor != NULL)
		snprintf(nr, sizeof(nr), "%u", m.anchor->nr);
	snprintf(text, 256, "%s %s %s", m.rule != NULL ? m.rule->said->label : "-", nr,
	    m.rule != NULL && m.ruleset->anchor != NULL ?
	    m.ruleset->anchor->path : "-");
	sim_packet_leave();
}
