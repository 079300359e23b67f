// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * queue.c: altq and queue statements, classic and modern.
 *
 * struct queue_state knows the interfaces that have a scheduler, and for each
 * queue that was promised as somebody's child whether it has come.  What is
 * complete goes to struct pfctl.altq, parents before children, numbers
 * (qid) by name.  The state lives as long as the parser; the array belongs to struct
 * pfctl.  No locking.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "queue.h"
#include "rule.h"
#include "system.h"

/* An interface with a scheduler. */
struct qif {
	char		 ifname[PF_IFNAMSIZ];
	uint8_t		 scheduler;
	bool		 modern;
	uint64_t	 bandwidth;
	unsigned int	 defaults;	/* default queues on it */
	uint32_t	 line;
};

/* A queue that a parent has named; parent "": the interface itself. */
struct promise {
	char		 name[PF_QNAME_SIZE];
	char		 parent[PF_QNAME_SIZE];
	char		 ifname[PF_IFNAMSIZ];
};

struct queue_state {
	struct qif	*qif;
	size_t		 nqif;
	struct promise	*promise;
	size_t		 npromise, promise_room;
	struct pfctl_index promise_index; /* by name */
};

static struct queue_state *
state_get(struct parser *p)
{
	if (p->queues == NULL)
		p->queues = xcalloc(1, sizeof(*p->queues));
	return (p->queues);
}

void
queues_free(struct parser *p)
{
	if (p->queues == NULL)
		return;
	free(p->queues->qif);
	free(p->queues->promise);
	index_free(&p->queues->promise_index);
	free(p->queues);
	p->queues = NULL;
}

static struct qif *
qif_find(struct queue_state *st, const char *ifname)
{
	size_t i;

	for (i = 0; i < st->nqif; i++)
		if (strcmp(st->qif[i].ifname, ifname) == 0)
			return (&st->qif[i]);
	return (NULL);
}

static struct pf_altq *
altq_find(struct pfctl *pf, const char *qname, const char *ifname)
{
	uint32_t i;

	for (i = index_first(&pf->altq_index, hash_name(qname));
	    i != INDEX_NONE; i = index_next(&pf->altq_index, i))
		if (strcmp(pf->altq[i].qname, qname) == 0 && (ifname == NULL ||
		    strcmp(pf->altq[i].ifname, ifname) == 0))
			return (&pf->altq[i]);
	return (NULL);
}

static void
altq_append(struct parser *p, const struct pf_altq *a)
{
	struct pfctl *pf = p->pf;
	const struct pf_altq *parent;

	if (pf->naltq == pf->altq_room) {
		pf->altq_room = pf->naltq > 0 ? pf->naltq * 2 : 16;
		pf->altq = xreallocarray(pf->altq, pf->altq_room, sizeof(*a));
		pf->altq_promised = xreallocarray(pf->altq_promised,
		    pf->altq_room, sizeof(*pf->altq_promised));
	}
	if (a->parent[0] != '\0' &&
	    (parent = altq_find(pf, a->parent, a->ifname)) != NULL)
		pf->altq_promised[parent - pf->altq] += a->bandwidth;
	index_add(&pf->altq_index, hash_name(a->qname));
	if (a->qid > pf->altq_qid)
		pf->altq_qid = a->qid;
	pf->altq_promised[pf->naltq] = 0;
	pf->altq[pf->naltq++] = *a;
}

/* The number of a name: the same on every interface. */
static uint32_t
qid_of(struct parser *p, const char *qname)
{
	const struct pf_altq *a = altq_find(p->pf, qname, NULL);

	return (a != NULL ? a->qid : p->pf->altq_qid + 1);
}

/*
 * Rates
 */

static bool
parse_rate(struct parser *p, const char *s, struct rate *rate)
{
	static const struct {
		const char	*unit;
		double		 factor;
	} units[] = {
		{ "", 1 }, { "b", 1 }, { "Kb", 1e3 }, { "Mb", 1e6 },
		{ "Gb", 1e9 }, { "K", 1e3 }, { "M", 1e6 }, { "G", 1e9 },
	};
	char *end;
	double v;
	size_t i;

	memset(rate, 0, sizeof(*rate));
	v = strtod(s, &end);
	if (end != s && strcmp(end, "%") == 0 && v >= 0 && v <= 100) {
		rate->percent = (uint32_t)v;
		rate->given = true;
		return (true);
	}
	for (i = 0; end != s && i < NITEMS(units); i++)
		if (strcmp(units[i].unit, end) == 0 && v >= 0 &&
		    v * units[i].factor < 1e15) {
			rate->bits = (uint64_t)(v * units[i].factor + 0.5);
			rate->given = true;
			return (true);
		}
	pf_error(p, 0, "invalid bandwidth %s%s", s, pf_hint(p,
	    ": use 10Mb, 512Kb, 9600b or 30%"));
	return (false);
}

static uint64_t
rate_of(const struct rate *rate, uint64_t whole)
{
	return (rate->bits != 0 || !rate->given ? rate->bits :
	    whole / 100 * rate->percent + whole % 100 * rate->percent / 100);
}

/*
 * Options
 */

static bool
parse_flag(struct parser *p, const char *word, struct queue_opts *o)
{
	static const struct {
		const char	*word;
		uint32_t	 flag;		/* sets also what it needs */
	} flags[] = {
		{ "red",	PFALTQ_RED },
		{ "ecn",	PFALTQ_RED | PFALTQ_ECN },
		{ "rio",	PFALTQ_RIO },
		{ "cleardscp",	PFALTQ_CLEARDSCP },
		{ "default",	PFALTQ_DEFAULT },
		{ "borrow",	PFALTQ_BORROW },
	};
	const char *const sched = o->scheduler == ALTQT_CBQ ? "cbq" :
	    o->scheduler == ALTQT_PRIQ ? "priq" : "hfsc";
	size_t i;

	for (i = 0; i < NITEMS(flags); i++)
		if (strcmp(flags[i].word, word) == 0 &&
		    (flags[i].flag != PFALTQ_BORROW ||
		    o->scheduler == ALTQT_CBQ)) {
			o->flags |= flags[i].flag;
			return (true);
		}
	pf_error(p, 0, "unknown %s flag \"%s\"%s", sched, word, pf_hint(p,
	    ": there are default, red, ecn, rio, and borrow for cbq"));
	return (false);
}

static bool
parse_curve(struct parser *p, const struct node *n, struct queue_opts *o)
{
	static const char *const names[] = { "realtime", "linkshare",
	    "upperlimit" };
	const int which = n->n[0] == PFALTQ_REALTIME ? 0 :
	    n->n[0] == PFALTQ_LINKSHARE ? 1 : 2;
	struct curve *c = &o->curve[which];
	int64_t d;

	if (o->scheduler != ALTQT_HFSC) {
		pf_error(p, 0, "%s is for hfsc only", names[which]);
		return (false);
	}
	if (o->flags & (uint32_t)n->n[0]) {
		pf_error(p, 0, "%s already specified", names[which]);
		return (false);
	}
	o->flags |= (uint32_t)n->n[0];
	if (n->a.first == NULL)
		return (parse_rate(p, n->s, &c->m2));
	if (!word_number(n->t, 0, INT_MAX, &d)) {
		pf_error(p, 0, "invalid time %s: milliseconds are wanted",
		    n->t);
		return (false);
	}
	c->d = (uint32_t)d;
	return (parse_rate(p, n->s, &c->m1) &&
	    parse_rate(p, n->a.first->s, &c->m2));
}

static bool
parse_sched(struct parser *p, const struct node *n, struct queue_opts *o)
{
	const struct node *f;

	o->scheduler = (uint8_t)n->n[0];
	for (f = n->a.first; f != NULL; f = f->next)
		if (f->kind == Q_CURVE ? !parse_curve(p, f, o) :
		    !parse_flag(p, f->s, o))
			return (false);
	return (true);
}

static bool
parse_number(struct parser *p, const struct node *n, const char *what,
    int64_t max, uint32_t *to)
{
	int64_t v;

	if (!word_number(n->s, 0, max, &v)) {
		pf_error(p, 0, "%s out of range: %s, max %lld", what, n->s,
		    (long long)max);
		return (false);
	}
	*to = (uint32_t)v;
	return (true);
}

/* burst 20M for 1000ms, of the rate before it */
static bool
parse_burst(struct parser *p, const struct node *n, struct curve *c)
{
	char *end;
	unsigned long ms = strtoul(n->t, &end, 10);

	if (c == NULL) {
		pf_error(p, 0, "burst stands after a bandwidth, min or max");
		return (false);
	}
	if (end == n->t || strcmp(end, "ms") != 0 || ms > INT_MAX) {
		pf_error(p, 0, "invalid time %s: use for 1000ms", n->t);
		return (false);
	}
	c->d = (uint32_t)ms;
	return (parse_rate(p, n->s, &c->m1));
}

static bool
parse_option(struct parser *p, const struct node *n, struct queue_opts *o,
    struct curve **last)
{
	switch (n->kind) {
	case P_ON:
		o->on = n;
		return (true);
	case Q_BANDWIDTH:
		*last = &o->curve[1];
		return (parse_rate(p, n->s, &o->bandwidth));
	case Q_MIN:
		o->modern = true;
		o->flags |= PFALTQ_REALTIME;
		*last = &o->curve[0];
		return (parse_rate(p, n->s, &o->curve[0].m2));
	case Q_MAX:
		o->modern = true;
		o->flags |= PFALTQ_UPPERLIMIT;
		*last = &o->curve[2];
		return (parse_rate(p, n->s, &o->curve[2].m2));
	case Q_BURST:
		o->modern = true;
		return (parse_burst(p, n, *last));
	case Q_PRIORITY:
		o->priority_given = true;
		return (parse_number(p, n, "priority", 255, &o->priority));
	case Q_QLIMIT:
		o->qlimit_given = true;
		return (parse_number(p, n, "qlimit", 65535, &o->qlimit));
	case Q_TBRSIZE:
		return (parse_number(p, n, "tbrsize", 65535, &o->tbrsize));
	case Q_PARENT:
		o->modern = true;
		o->parent = n->s;
		return (true);
	case Q_DEFAULT:
		o->modern = true;
		o->flags |= PFALTQ_DEFAULT;
		return (true);
	case Q_SCHED:
		return (parse_sched(p, n, o));
	default:
		return (false);
	}
}

static bool
parse_options(struct parser *p, const struct node *stmt, struct queue_opts *o)
{
	static const struct {
		int		 kind;
		const char	*name;
	} once[] = {
		{ Q_BANDWIDTH, "bandwidth" }, { Q_PRIORITY, "priority" },
		{ Q_QLIMIT, "qlimit" }, { Q_TBRSIZE, "tbrsize" },
		{ Q_SCHED, "scheduler" }, { Q_PARENT, "parent" },
		{ Q_MIN, "min" }, { Q_MAX, "max" },
	};
	struct curve *last = NULL;
	const struct node *n;
	uint32_t seen = 0;
	size_t i;

	memset(o, 0, sizeof(*o));
	o->priority = QUEUE_PRIORITY;
	o->qlimit = QUEUE_LIMIT;
	for (n = stmt->a.first; n != NULL; n = n->next) {
		for (i = 0; i < NITEMS(once); i++) {
			if (once[i].kind != n->kind)
				continue;
			if (seen & 1u << i) {
				pf_error(p, 0, "%s cannot be respecified",
				    once[i].name);
				return (false);
			}
			seen |= 1u << i;
		}
		if (!parse_option(p, n, o, &last))
			return (false);
	}
	return (true);
}

/*
 * altq
 */

/* Bytes that may be sent at once, by how fast the interface is. */
static uint32_t
tbrsize(const char *ifname, uint64_t bandwidth)
{
	static const struct {
		uint64_t	 upto;
		uint32_t	 packets;
	} sizes[] = {
		{ 1000000, 1 }, { 10000000, 4 }, { 200000000, 8 },
		{ 2500000000, 24 }, { UINT64_MAX, 128 },
	};
	uint64_t size;
	size_t i;

	for (i = 0; bandwidth > sizes[i].upto; i++)
		;
	size = (uint64_t)sizes[i].packets * (uint64_t)sys_iface_mtu(ifname);
	return (size > 65535 ? 65535 : (uint32_t)size);
}

static void
promise_add(struct parser *p, const char *name, const char *parent,
    const char *ifname)
{
	struct queue_state *st = state_get(p);
	struct promise *q;

	if (st->npromise == st->promise_room) {
		st->promise_room = st->npromise > 0 ? st->npromise * 2 : 16;
		st->promise = xreallocarray(st->promise, st->promise_room,
		    sizeof(*st->promise));
	}
	index_add(&st->promise_index, hash_name(name));
	q = &st->promise[st->npromise++];
	memset(q, 0, sizeof(*q));
	snprintf(q->name, sizeof(q->name), "%s", name);
	snprintf(q->parent, sizeof(q->parent), "%s", parent);
	snprintf(q->ifname, sizeof(q->ifname), "%s", ifname);
}

static bool
children_ok(struct parser *p, const struct node *stmt)
{
	const struct node *c;

	for (c = stmt->b.first; c != NULL; c = c->next)
		if (strlen(c->s) >= PF_QNAME_SIZE) {
			pf_error(p, 0, "queue name too long (max %d chars)",
			    PF_QNAME_SIZE - 1);
			return (false);
		}
	return (true);
}

/* The queue that holds all others of an interface. */
static void
append_root(struct parser *p, const struct pf_altq *iface)
{
	struct pf_altq root = *iface;

	if (iface->scheduler == ALTQT_PRIQ)
		return;
	snprintf(root.qname, sizeof(root.qname), "root_%.*s", PF_IFNAMSIZ,
	    iface->ifname);
	root.flags = PFALTQ_ROOT |
	    (iface->scheduler == ALTQT_CBQ ? PFALTQ_WRR : 0);
	root.priority = 0;
	root.qid = qid_of(p, root.qname);
	altq_append(p, &root);
}

/* The size of a bucket that is not given comes from the interface. */
static void
no_mtu(struct parser *p, const char *ifname)
{
	if (!pf_terse(p)) {
		pf_error(p, 0, "altq on %s: there is no such interface, so its "
		    "MTU is not known: use tbrsize", ifname);
		return;
	}
	pf_note(p, "pfctl: SIOCGIFMTU: No such device");
	p->pf->errors++;
}

static bool
altq_on(struct parser *p, const struct node *stmt, const struct queue_opts *o,
    const char *ifname)
{
	struct queue_state *st = state_get(p);
	const struct node *c;
	struct pf_altq a;
	struct qif *q;

	if (strlen(ifname) >= PF_IFNAMSIZ) {
		pf_error(p, 0, "interface name %s is too long, max %d chars",
		    ifname, PF_IFNAMSIZ - 1);
		return (false);
	}
	if (qif_find(st, ifname) != NULL) {
		pf_error(p, 0, "altq on %s: it has queues already", ifname);
		return (false);
	}
	memset(&a, 0, sizeof(a));
	strcpy(a.ifname, ifname);
	a.scheduler = o->scheduler;
	a.flags = o->flags;
	a.qlimit = o->qlimit;
	a.bandwidth = o->bandwidth.given && o->bandwidth.bits != 0 ?
	    o->bandwidth.bits : sys_iface_speed(ifname);
	if (o->bandwidth.given && o->bandwidth.bits == 0)
		a.bandwidth = rate_of(&o->bandwidth, a.bandwidth);
	if (a.bandwidth == 0) {
		pf_error(p, 0, "could not determine interface bandwidth for "
		    "%s; specify an absolute bandwidth", ifname);
		return (false);
	}
	a.ifbandwidth = a.bandwidth;
	if (o->tbrsize == 0 && !names_iface_exists(p->pf->names, ifname))
		no_mtu(p, ifname);	/* its queues are looked at all the same */
	a.tbrsize = o->tbrsize != 0 ? o->tbrsize : tbrsize(ifname, a.bandwidth);
	st->qif = xreallocarray(st->qif, st->nqif + 1, sizeof(*st->qif));
	q = &st->qif[st->nqif++];
	memset(q, 0, sizeof(*q));
	strcpy(q->ifname, ifname);
	q->scheduler = a.scheduler;
	q->bandwidth = a.bandwidth;
	q->line = p->line;
	if (p->pf->verbose > 0)
		queue_print_altq(p->pf->out, &a, o, stmt->b);
	altq_append(p, &a);
	append_root(p, &a);
	for (c = stmt->b.first; c != NULL; c = c->next)
		promise_add(p, c->s, "", ifname);
	return (true);
}

void
define_altq(struct parser *p, struct node *n)
{
	struct queue_opts o;
	const struct node *i;

	if (!parse_options(p, n, &o) || !children_ok(p, n))
		return;
	if (o.scheduler == ALTQT_NONE) {
		pf_error(p, 0, "no scheduler specified!%s", pf_hint(p,
		    " Use cbq, priq or hfsc"));
		return;
	}
	if (o.modern) {
		pf_error(p, 0, "altq takes no parent, min, max, burst and "
		    "default");
		return;
	}
	if (!(p->pf->what & PFCTL_LOAD_ALTQ))
		return;
	p->pf->altq_given = true;
	pf_later(p, PFCTL_LOAD_ALTQ, "altq");
	for (i = o.on->a.first; i != NULL; i = i->next) {
		if (i->s == NULL || i->neg) {
			pf_error(p, 0, "altq on takes names of interfaces");
			return;
		}
		if (!altq_on(p, n, &o, i->s))
			return;
	}
}

/*
 * queue, classic
 */

static bool
on_includes(const struct node *on, const char *ifname)
{
	const struct node *i;

	if (on == NULL)
		return (true);
	for (i = on->a.first; i != NULL; i = i->next)
		if (i->s != NULL && strcmp(i->s, ifname) == 0)
			return (true);
	return (false);
}

static void
fill_curves(struct pf_altq *a, const struct queue_opts *o)
{
	struct pf_service_curve *const to[] = { &a->realtime, &a->linkshare,
	    &a->upperlimit };
	int i;

	for (i = 0; i < 3; i++) {
		to[i]->m1 = rate_of(&o->curve[i].m1, a->ifbandwidth);
		to[i]->m2 = rate_of(&o->curve[i].m2, a->ifbandwidth);
		to[i]->d = o->curve[i].d;
	}
}

static unsigned int
max_priority(uint8_t scheduler)
{
	return (scheduler == ALTQT_CBQ ? PF_CBQ_MAXPRI :
	    scheduler == ALTQT_PRIQ ? PF_PRIQ_MAXPRI : PF_HFSC_MAXPRI);
}

/* What is wrong with a queue among its kin: false after a message. */
static bool
eval_queue(struct parser *p, struct pf_altq *a, const struct queue_opts *o,
    const struct pf_altq *parent)
{
	const uint64_t whole = parent != NULL ? parent->bandwidth :
	    a->ifbandwidth;

	if (a->scheduler != ALTQT_PRIQ) {
		a->bandwidth = o->bandwidth.given ?
		    rate_of(&o->bandwidth, whole) : whole;
		if (a->bandwidth > a->ifbandwidth) {
			pf_note(p, "pfctl: bandwidth for %s higher than "
			    "interface", a->qname);
			return (false);
		}
		if (parent != NULL && a->bandwidth > parent->bandwidth) {
			pf_note(p, "pfctl: bandwidth for %s higher than "
			    "parent", a->qname);
			return (false);
		}
		if (parent != NULL && o->bandwidth.given &&
		    a->scheduler == ALTQT_CBQ && !(a->flags & PFALTQ_BORROW) &&
		    p->pf->altq_promised[parent - p->pf->altq] +
		    a->bandwidth > parent->bandwidth + 100) {
			pf_note(p, "pfctl: the sum of the child bandwidth "
			    "higher than parent \"%s\"", parent->qname);
			return (false);
		}
	}
	if (o->priority > max_priority(a->scheduler)) {
		pf_note(p, "pfctl: priority out of range: max %u",
		    max_priority(a->scheduler));
		return (false);
	}
	a->priority = (uint8_t)o->priority;
	fill_curves(a, o);
	return (true);
}

static bool
own_child(const struct node *stmt)
{
	const struct node *c;

	for (c = stmt->b.first; c != NULL; c = c->next)
		if (strcmp(c->s, stmt->s) == 0)
			return (true);
	return (false);
}

/* Keep a queue's promise on one interface. */
static bool
queue_on(struct parser *p, const struct node *stmt, struct queue_opts *o,
    const struct promise *pr, struct pf_altq *a)
{
	struct queue_state *st = state_get(p);
	struct qif *q = qif_find(st, pr->ifname);
	const struct pf_altq *parent;
	const struct node *c;
	char ifname[PF_IFNAMSIZ], root[PF_QNAME_SIZE];

	memset(a, 0, sizeof(*a));
	if (o->scheduler != ALTQT_NONE && o->scheduler != q->scheduler) {
		pf_error(p, 0, "%s: the scheduler of %s is another one",
		    stmt->s, q->ifname);
		return (false);
	}
	memcpy(ifname, pr->ifname, sizeof(ifname));
	strcpy(a->ifname, ifname);
	a->scheduler = q->scheduler;
	a->ifbandwidth = q->bandwidth;
	a->flags = o->flags;
	a->qlimit = o->qlimit;
	strcpy(a->qname, stmt->s);
	snprintf(root, sizeof(root), "root_%s", ifname);
	if (a->scheduler != ALTQT_PRIQ)
		strcpy(a->parent, pr->parent[0] != '\0' ? pr->parent : root);
	parent = a->parent[0] != '\0' ?
	    altq_find(p->pf, a->parent, ifname) : NULL;
	if (altq_find(p->pf, stmt->s, ifname) != NULL) {
		pf_note(p, "queue %s already exists on interface %s", stmt->s,
		    ifname);
		return (false);
	}
	if (!eval_queue(p, a, o, parent))
		return (false);
	a->qid = qid_of(p, a->qname);
	a->parent_qid = parent != NULL ? parent->qid : 0;
	if (a->flags & PFALTQ_DEFAULT)
		q->defaults++;
	altq_append(p, a);
	for (c = stmt->b.first; c != NULL; c = c->next)
		promise_add(p, c->s, stmt->s, ifname);
	return (true);
}

static void
classic_queue(struct parser *p, struct node *n, struct queue_opts *o)
{
	struct queue_state *st = state_get(p);
	const size_t npromise = st->npromise;
	struct pf_altq a;
	struct promise pr;
	bool found = false, ok = true;
	uint32_t i;

	for (i = index_first(&st->promise_index, hash_name(n->s));
	    i < npromise && ok; i = index_next(&st->promise_index, i)) {
		pr = st->promise[i];
		if (strcmp(pr.name, n->s) != 0 ||
		    !on_includes(o->on, pr.ifname))
			continue;
		found = true;
		ok = queue_on(p, n, o, &pr, &a);
	}
	if (!found) {
		pf_error(p, 0, "queue %s has no parent%s", n->s, pf_hint(p,
		    ": name it in an altq or queue statement before, or with "
		    "the word parent"));
		ok = false;
	} else if (ok && own_child(n)) {
		pf_error(p, 0, "queue cannot have itself as child");
		ok = false;
	}
	if (!ok)
		pf_error(p, 0, "errors in queue definition");
	if (!found || p->pf->verbose == 0)
		return;
	/* what came last is shown, as the classic program has it: of a queue that is
	 * in error that is another one, such as root_IF */
	if (p->pf->naltq > 0)
		a = p->pf->altq[p->pf->naltq - 1];
	queue_print(p->pf->out, &a, o, n->b);
}

/*
 * queue, modern
 */

static bool
modern_on(struct parser *p, struct node *n, const struct queue_opts *o,
    const char *ifname, const struct pf_altq *parent)
{
	struct queue_state *st = state_get(p);
	struct qif *q = qif_find(st, ifname);
	struct pf_altq a;

	memset(&a, 0, sizeof(a));
	strcpy(a.ifname, ifname);
	strcpy(a.qname, n->s);
	a.scheduler = ALTQT_HFSC;
	a.flags = o->flags | PFALTQ_MODERN | PFALTQ_LINKSHARE;
	a.qlimit = o->qlimit_given ? o->qlimit : 0;
	if (altq_find(p->pf, n->s, ifname) != NULL) {
		pf_error(p, 0, "queue %s already exists on interface %s", n->s,
		    ifname);
		return (false);
	}
	if (parent == NULL) {
		if (q != NULL) {
			pf_error(p, 0, "queue %s on %s: the interface has "
			    "queues: name a parent among them", n->s, ifname);
			return (false);
		}
		st->qif = xreallocarray(st->qif, st->nqif + 1,
		    sizeof(*st->qif));
		q = &st->qif[st->nqif++];
		memset(q, 0, sizeof(*q));
		strcpy(q->ifname, ifname);
		q->scheduler = ALTQT_HFSC;
		q->modern = true;
		q->line = p->line;
		q->bandwidth = o->bandwidth.bits;
		a.flags |= PFALTQ_ROOT;
	} else {
		strcpy(a.parent, parent->qname);
		a.parent_qid = parent->qid;
	}
	a.ifbandwidth = q->bandwidth;
	a.bandwidth = rate_of(&o->bandwidth,
	    parent != NULL ? parent->bandwidth : 0);
	if (a.flags & PFALTQ_DEFAULT)
		q->defaults++;
	fill_curves(&a, o);
	a.linkshare.m2 = a.bandwidth;
	a.qid = qid_of(p, a.qname);
	altq_append(p, &a);
	return (true);
}

static bool
modern_root(struct parser *p, struct node *n, const struct queue_opts *o)
{
	const struct node *i;

	if (o->on == NULL) {
		pf_error(p, 0, "queue %s has neither interface nor parent",
		    n->s);
		return (false);
	}
	if (o->bandwidth.bits == 0) {
		pf_error(p, 0, "queue %s: a root queue needs a bandwidth in "
		    "bits", n->s);
		return (false);
	}
	for (i = o->on->a.first; i != NULL; i = i->next) {
		if (i->s == NULL || i->neg || strlen(i->s) >= PF_IFNAMSIZ) {
			pf_error(p, 0, "queue on takes names of interfaces");
			return (false);
		}
		if (!modern_on(p, n, o, i->s, NULL))
			return (false);
	}
	return (true);
}

static bool
modern_child(struct parser *p, struct node *n, const struct queue_opts *o)
{
	const size_t naltq = p->pf->naltq;
	struct pf_altq parent;
	bool found = false;
	uint32_t i;

	for (i = index_first(&p->pf->altq_index, hash_name(o->parent));
	    i < naltq; i = index_next(&p->pf->altq_index, i)) {
		parent = p->pf->altq[i];
		if (strcmp(parent.qname, o->parent) != 0 ||
		    !(parent.flags & PFALTQ_MODERN) ||
		    !on_includes(o->on, parent.ifname))
			continue;
		found = true;
		if (!modern_on(p, n, o, parent.ifname, &parent))
			return (false);
	}
	if (!found)
		pf_error(p, 0, "queue %s: there is no queue %s to be its "
		    "parent", n->s, o->parent);
	return (found);
}

static void
modern_queue(struct parser *p, struct node *n, const struct queue_opts *o)
{
	if (!o->bandwidth.given) {
		pf_error(p, 0, "queue %s: bandwidth must be specified", n->s);
		return;
	}
	if (n->b.first != NULL || o->scheduler != ALTQT_NONE ||
	    o->priority_given || o->tbrsize != 0) {
		pf_error(p, 0, "queue %s: scheduler, priority, tbrsize and "
		    "children go with altq only", n->s);
		return;
	}
	if (!(o->parent != NULL ? modern_child(p, n, o) : modern_root(p, n, o)))
		return;
	if (p->pf->verbose > 0)
		queue_print_modern(p->pf->out, n, o);
}

static bool
is_promised(const struct queue_state *st, const char *name)
{
	uint32_t i;

	for (i = index_first(&st->promise_index, hash_name(name));
	    i != INDEX_NONE; i = index_next(&st->promise_index, i))
		if (strcmp(st->promise[i].name, name) == 0)
			return (true);
	return (false);
}

void
define_queue(struct parser *p, struct node *n)
{
	struct queue_opts o;
	struct queue_state *st = state_get(p);

	if (strlen(n->s) >= PF_QNAME_SIZE) {
		pf_error(p, 0, "queue name too long (max %d chars)",
		    PF_QNAME_SIZE - 1);
		return;
	}
	if (!parse_options(p, n, &o) || !children_ok(p, n))
		return;
	if (!(p->pf->what & PFCTL_LOAD_ALTQ))
		return;
	p->pf->altq_given = true;
	pf_later(p, PFCTL_LOAD_ALTQ, "queue");
	if (o.modern || (o.on != NULL && !is_promised(st, n->s)))
		modern_queue(p, n, &o);
	else
		classic_queue(p, n, &o);
}

void
queues_finish(struct parser *p)
{
	struct queue_state *st = p->queues;
	size_t i;

	if (st == NULL || p->pf->errors > 0)
		return;
	for (i = 0; i < st->nqif; i++)
		if (st->qif[i].defaults != 1)
			pf_error(p, st->qif[i].line, "should have one default "
			    "queue on %s, not %u", st->qif[i].ifname,
			    st->qif[i].defaults);
}
