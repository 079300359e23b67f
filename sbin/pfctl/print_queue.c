// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * print_queue.c: queues as text.
 *
 * The queue_print functions show a statement as it was written, shares as shares; the
 * pfctl_print ones show what a kernel holds, absolute rates only.  Owns
 * nothing; no locking.
 */
#include <inttypes.h>
#include <string.h>

#include "parser.h"
#include "queue.h"

static void
print_bits(FILE *f, uint64_t bits, bool modern)
{
	static const char *const units[] = { "", "K", "M", "G" };
	double v = (double)bits;
	size_t i;

	for (i = 0; v >= 1000 && i + 1 < NITEMS(units); i++)
		v /= 1000;
	if ((uint64_t)(v * 100 + 0.5) % 100 != 0)
		fprintf(f, "%.2f", v);
	else
		fprintf(f, "%.0f", v);
	fprintf(f, "%s%s", units[i], modern ? "" : "b");
}

static void
print_rate(FILE *f, const struct rate *r, bool modern)
{
	if (r->bits == 0 && r->given)
		fprintf(f, "%" PRIu32 "%%", r->percent);
	else
		print_bits(f, r->bits, modern);
}

static void
print_curve(FILE *f, const char *name, const struct curve *c)
{
	if (c->d == 0 && !c->m1.given) {
		fprintf(f, "%s ", name);
		print_rate(f, &c->m2, false);
	} else {
		fprintf(f, "%s(", name);
		print_rate(f, &c->m1, false);
		fprintf(f, " %" PRIu32 " ", c->d);
		print_rate(f, &c->m2, false);
		fputc(')', f);
	}
	fputc(' ', f);
}

static const char *
sched_name(uint8_t scheduler)
{
	switch (scheduler) {
	case ALTQT_CBQ:
		return ("cbq");
	case ALTQT_PRIQ:
		return ("priq");
	case ALTQT_HFSC:
		return ("hfsc");
	default:
		return ("?");
	}
}

/* Scheduler and options in parentheses: false: there are none. */
static bool
print_flags(FILE *f, uint8_t scheduler, uint32_t flags, const struct curve *curve)
{
	static const struct {
		uint32_t	 flag;
		const char	*word;
	} words[] = {
		{ PFALTQ_RED,		"red" },
		{ PFALTQ_ECN,		"ecn" },
		{ PFALTQ_RIO,		"rio" },
		{ PFALTQ_CLEARDSCP,	"cleardscp" },
		{ PFALTQ_BORROW,	"borrow" },
		{ PFALTQ_WRR,		"wrr" },
		{ PFALTQ_EFFICIENT,	"efficient" },
		{ PFALTQ_ROOT,		"root" },
		{ PFALTQ_DEFAULT,	"default" },
	};
	size_t i;

	if (!(flags & ~(uint32_t)PFALTQ_MODERN))
		return (false);
	fprintf(f, "%s( ", sched_name(scheduler));
	for (i = 0; i < NITEMS(words); i++)
		if (flags & words[i].flag)
			fprintf(f, "%s ", words[i].word);
	if (flags & PFALTQ_REALTIME)
		print_curve(f, "realtime", &curve[0]);
	if (flags & PFALTQ_LINKSHARE)
		print_curve(f, "linkshare", &curve[1]);
	if (flags & PFALTQ_UPPERLIMIT)
		print_curve(f, "upperlimit", &curve[2]);
	fputs(") ", f);
	return (true);
}

static void
print_children(FILE *f, struct list children)
{
	const struct node *c;

	fputs("{", f);
	for (c = children.first; c != NULL; c = c->next)
		fprintf(f, " %s", c->s);
	fputs(" }", f);
}

void
queue_print_altq(FILE *f, const struct pf_altq *a, const struct queue_opts *o,
    struct list children)
{
	fprintf(f, "altq on %.*s ", PF_IFNAMSIZ, a->ifname);
	if (!print_flags(f, a->scheduler, a->flags, o->curve))
		fprintf(f, "%s ", sched_name(a->scheduler));
	fputs("bandwidth ", f);
	if (o->bandwidth.given)
		print_rate(f, &o->bandwidth, false);
	else
		print_bits(f, a->bandwidth, false);
	if (a->qlimit != QUEUE_LIMIT)
		fprintf(f, " qlimit %" PRIu32, a->qlimit);
	fprintf(f, " tbrsize %" PRIu32 " queue", a->tbrsize);
	if (children.first != NULL) {
		fputc(' ', f);
		print_children(f, children);
	}
	fputc('\n', f);
}

void
queue_print(FILE *f, const struct pf_altq *a, const struct queue_opts *o,
    struct list children)
{
	const struct node *i;

	fprintf(f, "queue %.*s ", PF_QNAME_SIZE, a->qname);
	if (o->on != NULL) {
		fputs("on ", f);
		if (o->on->a.first->next != NULL)
			fputs("{ ", f);
		for (i = o->on->a.first; i != NULL; i = i->next)
			fprintf(f, "%s ", i->s);
		if (o->on->a.first->next != NULL)
			fputs("} ", f);
	}
	if (a->scheduler != ALTQT_PRIQ && a->scheduler != ALTQT_NONE &&
	    o->bandwidth.given && o->bandwidth.percent != 100) {
		fputs("bandwidth ", f);
		print_rate(f, &o->bandwidth, false);
		fputc(' ', f);
	}
	if (a->priority != QUEUE_PRIORITY)
		fprintf(f, "priority %u ", a->priority);
	if (a->qlimit != QUEUE_LIMIT && a->scheduler != ALTQT_NONE)
		fprintf(f, "qlimit %" PRIu32 " ", a->qlimit);
	print_flags(f, a->scheduler, a->flags, o->curve);
	if (children.first != NULL && a->qname[0] != '\0')
		print_children(f, children);
	fputc('\n', f);
}

static void
print_modern_rate(FILE *f, const char *word, const struct rate *rate,
    const struct curve *c)
{
	fprintf(f, " %s ", word);
	print_rate(f, rate, true);
	if (c->m1.given) {
		fputs(" burst ", f);
		print_rate(f, &c->m1, true);
		fprintf(f, " for %" PRIu32 "ms", c->d);
	}
}

void
queue_print_modern(FILE *f, const struct node *n, const struct queue_opts *o)
{
	const struct node *i;

	fprintf(f, "queue %s", n->s);
	if (o->parent != NULL)
		fprintf(f, " parent %s", o->parent);
	if (o->on != NULL) {
		fputs(o->on->a.first->next != NULL ? " on {" : " on", f);
		for (i = o->on->a.first; i != NULL; i = i->next)
			fprintf(f, " %s", i->s);
		if (o->on->a.first->next != NULL)
			fputs(" }", f);
	}
	print_modern_rate(f, "bandwidth", &o->bandwidth, &o->curve[1]);
	if (o->flags & PFALTQ_REALTIME)
		print_modern_rate(f, "min", &o->curve[0].m2, &o->curve[0]);
	if (o->flags & PFALTQ_UPPERLIMIT)
		print_modern_rate(f, "max", &o->curve[2].m2, &o->curve[2]);
	if (o->flags & PFALTQ_DEFAULT)
		fputs(" default", f);
	if (o->qlimit_given)
		fprintf(f, " qlimit %" PRIu32, o->qlimit);
	fputc('\n', f);
}

/*
 * What a kernel holds
 */

static void
absolute_curve(struct curve *c, const struct pf_service_curve *sc)
{
	memset(c, 0, sizeof(*c));
	c->m1.bits = sc->m1;
	c->m1.given = sc->d != 0;
	c->m2.bits = sc->m2;
	c->d = sc->d;
}

void
pfctl_print_altq(FILE *f, const struct pf_altq *a)
{
	struct queue_opts o;
	const struct list none = { NULL, NULL };

	if (a->qname[0] != '\0') {
		pfctl_print_queue(f, a, 0, NULL, 0, true);
		return;
	}
	memset(&o, 0, sizeof(o));
	queue_print_altq(f, a, &o, none);
}

void
pfctl_print_queue(FILE *f, const struct pf_altq *a, unsigned int level,
    const char *const *children, size_t nchildren, bool print_if)
{
	struct curve curve[3];
	size_t i;

	absolute_curve(&curve[0], &a->realtime);
	absolute_curve(&curve[1], &a->linkshare);
	absolute_curve(&curve[2], &a->upperlimit);
	fprintf(f, "queue %*s%.*s ", (int)level, "", PF_QNAME_SIZE, a->qname);
	if (print_if)
		fprintf(f, "on %.*s ", PF_IFNAMSIZ, a->ifname);
	if (a->scheduler != ALTQT_PRIQ) {
		fputs("bandwidth ", f);
		print_bits(f, a->bandwidth, false);
		fputc(' ', f);
	}
	if (a->priority != QUEUE_PRIORITY)
		fprintf(f, "priority %u ", a->priority);
	if (a->qlimit != QUEUE_LIMIT)
		fprintf(f, "qlimit %" PRIu32 " ", a->qlimit);
	print_flags(f, a->scheduler, a->flags, curve);
	for (i = 0; i < nchildren; i++)
		fprintf(f, "%s%s", i == 0 ? "{" : ", ", children[i]);
	fputs(nchildren > 0 ? "}\n" : "\n", f);
}
