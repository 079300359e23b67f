// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * option.c: the settings of a pf.conf.
 *
 * Each `set' changes struct pfctl_options, or what the parser itself goes by
 * (block-policy, state-policy, state-defaults, require-order).  Values are
 * complete from the start: options_init() has the defaults.  No locking.
 */
#include <arpa/inet.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "rule.h"

static const struct {
	const char	*name;
	uint32_t	 value;			/* default, seconds */
} timeouts[PFTM_MAX] = {
	[PFTM_TCP_FIRST_PACKET]	  = { "tcp.first",	120 },
	[PFTM_TCP_OPENING]	  = { "tcp.opening",	30 },
	[PFTM_TCP_ESTABLISHED]	  = { "tcp.established", 86400 },
	[PFTM_TCP_CLOSING]	  = { "tcp.closing",	900 },
	[PFTM_TCP_FIN_WAIT]	  = { "tcp.finwait",	45 },
	[PFTM_TCP_CLOSED]	  = { "tcp.closed",	90 },
	[PFTM_UDP_FIRST_PACKET]	  = { "udp.first",	60 },
	[PFTM_UDP_SINGLE]	  = { "udp.single",	30 },
	[PFTM_UDP_MULTIPLE]	  = { "udp.multiple",	60 },
	[PFTM_ICMP_FIRST_PACKET]  = { "icmp.first",	20 },
	[PFTM_ICMP_ERROR_REPLY]	  = { "icmp.error",	10 },
	[PFTM_OTHER_FIRST_PACKET] = { "other.first",	60 },
	[PFTM_OTHER_SINGLE]	  = { "other.single",	30 },
	[PFTM_OTHER_MULTIPLE]	  = { "other.multiple",	60 },
	[PFTM_FRAG]		  = { "frag",		30 },
	[PFTM_INTERVAL]		  = { "interval",	10 },
	[PFTM_ADAPTIVE_START]	  = { "adaptive.start",	0 },
	[PFTM_ADAPTIVE_END]	  = { "adaptive.end",	0 },
	[PFTM_SRC_NODE]		  = { "src.track",	0 },
	[PFTM_TS_DIFF]		  = { "tcp.tsdiff",	30 },
};

static const struct {
	const char	*name;
	uint32_t	 value;
} limits[PF_LIMIT_MAX] = {
	[PF_LIMIT_STATES]	 = { "states",		PFSTATE_HIWAT },
	[PF_LIMIT_SRC_NODES]	 = { "src-nodes",	PFSNODE_HIWAT },
	[PF_LIMIT_FRAGS]	 = { "frags",		PFFRAG_FRENT_HIWAT },
	[PF_LIMIT_TABLES]	 = { "tables",		PFR_KTABLE_HIWAT },
	[PF_LIMIT_TABLE_ENTRIES] = { "table-entries",	PFR_KENTRY_HIWAT },
	[PF_LIMIT_ANCHORS]	 = { "anchors",		PF_ANCHOR_HIWAT },
};

/* The profiles of `set optimization', seconds; others are as by default. */
static const struct {
	const char	*name;
	uint32_t	 first, opening, established, closing, finwait, closed,
			 tsdiff;
} profiles[] = {
	{ "normal",	  120,	30,  86400,  900,  45,	90,  30 },
	{ "default",	  120,	30,  86400,  900,  45,	90,  30 },
	{ "satellite",	  180,	35,  86400,  905,  50,	95,  60 },
	{ "high-latency", 180,	35,  86400,  905,  50,	95,  60 },
	{ "conservative", 3600,	900, 432000, 3600, 600,	180, 60 },
	{ "aggressive",	  30,	5,   18000,  60,   30,	30,  10 },
};

static const struct {
	const char	*name;
	uint32_t	 level;
} debug_levels[] = {
	{ "none",	PF_DEBUG_NONE },
	{ "urgent",	PF_DEBUG_URGENT },
	{ "misc",	PF_DEBUG_MISC },
	{ "loud",	PF_DEBUG_NOISY },
	/* as syslog has them */
	{ "emerg",	PF_DEBUG_NONE },
	{ "alert",	PF_DEBUG_NONE },
	{ "crit",	PF_DEBUG_URGENT },
	{ "err",	PF_DEBUG_URGENT },
	{ "warning",	PF_DEBUG_MISC },
	{ "notice",	PF_DEBUG_MISC },
	{ "info",	PF_DEBUG_NOISY },
	{ "debug",	PF_DEBUG_NOISY },
};

int
timeout_index(const char *name)
{
	int i;

	for (i = 0; i < PFTM_MAX; i++)
		if (strcmp(timeouts[i].name, name) == 0)
			return (i);
	return (-1);
}

const char *
timeout_word(int i)
{
	return (timeouts[i].name);
}

void
options_init(struct pfctl_options *o)
{
	int i;

	for (i = 0; i < PFTM_MAX; i++)
		o->timeout[i] = timeouts[i].value;
	for (i = 0; i < PF_LIMIT_MAX; i++)
		o->limit[i] = limits[i].value;
	o->debug = PF_DEBUG_URGENT;
	o->reassemble = PFCTL_REASS_ON;
	o->optimize = PFCTL_OPT_FILE;
}

/* What follows from what the whole file has said. */
void
options_finish(struct parser *p)
{
	struct pfctl_options *o = &p->pf->set;

	if (!o->timeout_given[PFTM_ADAPTIVE_START] &&
	    !o->timeout_given[PFTM_ADAPTIVE_END]) {
		o->timeout[PFTM_ADAPTIVE_START] =
		    o->limit[PF_LIMIT_STATES] / 10 * 6;
		o->timeout[PFTM_ADAPTIVE_END] =
		    o->limit[PF_LIMIT_STATES] / 10 * 12;
	}
	if (p->pf->optimize != PFCTL_OPT_FILE)
		o->optimize = p->pf->optimize;
	else if (o->optimize == PFCTL_OPT_FILE)
		o->optimize = PFCTL_OPT_BASIC;
}

static bool
wanted(struct parser *p)
{
	return ((p->pf->what & PFCTL_LOAD_OPTION) != 0);
}

static bool
printed(struct parser *p)
{
	return (p->pf->verbose > 0);
}

static void
set_timeout(struct parser *p, struct node *n)
{
	struct pfctl_options *o = &p->pf->set;
	int64_t v;
	int i;

	if (strncmp(n->s, "sctp.", 5) == 0) {
		pf_not_yet(p, n->s);
		return;
	}
	if ((i = timeout_index(n->s)) == -1) {
		pf_error(p, 0, "unknown timeout %s%s", n->s, pf_hint(p,
		    ": they are tcp.first .opening .established .closing "
		    ".finwait .closed .tsdiff, udp.first .single .multiple, "
		    "icmp.first .error, other.first .single .multiple, frag, "
		    "interval, src.track, adaptive.start .end"));
		return;
	}
	if (!word_number(n->t, 0, PFTM_VAL_MAX, &v)) {
		pf_error(p, 0, "illegal timeout value %s%s", n->t,
		    pf_hint(p, ": seconds are wanted"));
		return;
	}
	if (!wanted(p))
		return;
	o->timeout[i] = (uint32_t)v;
	o->timeout_given[i] = true;
	if (printed(p))
		fprintf(p->pf->out, "set timeout %s %u\n", n->s, (uint32_t)v);
}

static void
set_limit(struct parser *p, struct node *n)
{
	struct pfctl_options *o = &p->pf->set;
	int64_t v;
	int i;

	for (i = 0; i < PF_LIMIT_MAX; i++)
		if (strcmp(limits[i].name, n->s) == 0)
			break;
	if (i == PF_LIMIT_MAX) {
		pf_error(p, 0, "unable to set limit %s %s%s", n->s, n->t,
		    pf_hint(p, ": there are states, src-nodes, frags, tables, "
		    "table-entries and anchors"));
		return;
	}
	if (!word_number(n->t, 0, PF_LIMIT_VAL_MAX, &v)) {
		pf_error(p, 0, "illegal limit value %s%s", n->t,
		    pf_hint(p, ": a number of entries is wanted"));
		return;
	}
	o->limit[i] = (uint32_t)v;
	o->limit_given[i] = true;
	if (printed(p))
		fprintf(p->pf->out, "set limit %s %u\n", n->s, (uint32_t)v);
}

static void
set_optimization(struct parser *p, struct node *n)
{
	struct pfctl_options *o = &p->pf->set;
	const int index[] = { PFTM_TCP_FIRST_PACKET, PFTM_TCP_OPENING,
	    PFTM_TCP_ESTABLISHED, PFTM_TCP_CLOSING, PFTM_TCP_FIN_WAIT,
	    PFTM_TCP_CLOSED, PFTM_TS_DIFF };
	size_t i, j;

	for (i = 0; i < NITEMS(profiles); i++)
		if (strcmp(profiles[i].name, n->s) == 0)
			break;
	if (i == NITEMS(profiles)) {
		pf_error(p, 0, "unknown optimization %s%s", n->s, pf_hint(p,
		    ": use normal, high-latency, satellite, aggressive or "
		    "conservative"));
		return;
	}
	if (!wanted(p))
		return;
	const uint32_t value[] = { profiles[i].first, profiles[i].opening,
	    profiles[i].established, profiles[i].closing, profiles[i].finwait,
	    profiles[i].closed, profiles[i].tsdiff };
	for (j = 0; j < NITEMS(index); j++) {
		o->timeout[index[j]] = value[j];
		o->timeout_given[index[j]] = true;
	}
	if (printed(p))
		fprintf(p->pf->out, "set optimization %s\n", n->s);
}

static void
set_ruleset_opt(struct parser *p, struct node *n)
{
	static const struct {
		const char	*name;
		int		 level;
	} levels[] = {
		{ "none",	PFCTL_OPT_NONE },
		{ "basic",	PFCTL_OPT_BASIC },
		{ "profile",	PFCTL_OPT_PROFILE },
	};
	size_t i;

	p->pf->set.optimize_at = pf_place(p);
	for (i = 0; i < NITEMS(levels); i++)
		if (strcmp(levels[i].name, n->s) == 0) {
			p->pf->set.optimize = levels[i].level;
			return;
		}
	if (strcmp(n->s, "full") == 0) {
		pf_warn(p, 0, "ruleset-optimization full is called profile");
		p->pf->set.optimize = PFCTL_OPT_PROFILE;
		return;
	}
	pf_error(p, 0, "unknown ruleset-optimization %s%s", n->s,
	    pf_hint(p, ": use none, basic or profile"));
}

static void
set_loginterface(struct parser *p, struct node *n)
{
	struct pfctl_options *o = &p->pf->set;
	bool none = strcmp(n->s, "none") == 0;

	if (strlen(n->s) >= sizeof(o->ifname)) {
		pf_error(p, 0, "interface name %s is too long, max %zu chars",
		    n->s, sizeof(o->ifname) - 1);
		return;
	}
	if (!wanted(p))
		return;
	memset(o->ifname, 0, sizeof(o->ifname));
	if (!none)
		strcpy(o->ifname, n->s);
	o->ifname_given = true;
	o->ifname_at = pf_place(p);
	if (printed(p))
		fprintf(p->pf->out, "set loginterface %s\n", n->s);
}

static void
set_hostid(struct parser *p, struct node *n)
{
	int64_t v;

	if (!word_number(n->s, 0, UINT32_MAX, &v)) {
		pf_error(p, 0, "illegal hostid %s%s", n->s,
		    pf_hint(p, ": use a number of 32 bits, as 0x12345678"));
		return;
	}
	if (v == 0) {
		pf_error(p, 0, "hostid must be non-zero");
		return;
	}
	if (!wanted(p))
		return;
	p->pf->set.hostid = htonl((uint32_t)v);
	p->pf->set.hostid_given = true;
	if (printed(p))
		fprintf(p->pf->out, "set hostid 0x%08x\n", (uint32_t)v);
}

static void
set_block_policy(struct parser *p, struct node *n)
{
	p->block_policy = n->s[0] == 'd' ? PFRULE_DROP : PFRULE_RETURN;
	if (printed(p))
		fprintf(p->pf->out, "set block-policy %s\n", n->s);
}

/* "yes" or "no": 1, 0; -1: neither, with a message. */
static int
parse_yes(struct parser *p, const char *option, const char *word)
{
	if (strcmp(word, "yes") == 0)
		return (1);
	if (strcmp(word, "no") == 0)
		return (0);
	pf_error(p, 0, "set %s %s: use yes or no", option, word);
	return (-1);
}

static void
set_fail_policy(struct parser *p, struct node *n)
{
	p->fail_policy = n->s[0] == 'd' ? PFRULE_DROP : PFRULE_RETURN;
	if (printed(p))
		fprintf(p->pf->out, "set fail-policy %s\n", n->s);
}

static void
set_require_order(struct parser *p, struct node *n)
{
	int yes = parse_yes(p, "require-order", n->s);

	if (yes == -1)
		return;
	p->require_order = yes == 1;
	if (printed(p))
		fprintf(p->pf->out, "set require-order %s\n", n->s);
}

static void
set_fingerprints(struct parser *p, struct node *n)
{
	struct pfctl *pf = p->pf;

	if (printed(p))
		fprintf(pf->out, "set fingerprints \"%s\"\n", n->s);
	/* it is read even if no options are wanted: rules are checked all the same */
	if (pf->osfp_given)
		return;
	if (pf->osfp_used) {
		pf_error(p, 0, "set fingerprints comes before all rules with os");
		return;
	}
	osfp_free(pf->osfp);
	free(pf->set.fingerprints);
	pf->set.fingerprints = xstrdup(n->s);
	p->osfp_tried = true;
	pf->osfp_of_file = true;
	if ((pf->osfp = osfp_read(n->s, pf->err)) == NULL)
		pf_error(p, 0, "error loading fingerprints %s", n->s);
}

static void
set_state_policy(struct parser *p, struct node *n)
{
	p->state_policy = n->s[0] == 'i' ? PFRULE_IFBOUND :
	    n->s[0] == 'g' ? PFRULE_GRBOUND : 0;
	if (printed(p))
		fprintf(p->pf->out, "set state-policy %s\n", n->s);
}

static void
set_debug(struct parser *p, struct node *n)
{
	size_t i;

	for (i = 0; i < NITEMS(debug_levels); i++)
		if (strcmp(debug_levels[i].name, n->s) == 0)
			break;
	if (i == NITEMS(debug_levels)) {
		pf_error(p, 0, "unknown debug level \"%s\"%s", n->s, pf_hint(p,
		    ": use none, urgent, misc or loud"));
		return;
	}
	if (!wanted(p))
		return;
	p->pf->set.debug = debug_levels[i].level;
	p->pf->set.debug_given = true;
	if (printed(p))
		fprintf(p->pf->out, "set debug %s\n", n->s);
}

static void
set_skip(struct parser *p, struct node *n)
{
	struct pfctl_options *o = &p->pf->set;
	const struct node *i;

	for (i = n->a.first; i != NULL; i = i->next) {
		if (i->s == NULL || i->neg) {
			pf_error(p, 0, "set skip on takes names of interfaces "
			    "and groups, not %s", i->neg ? "!" : "any");
			return;
		}
		if (pf_nameless(p, i->s, "interface name"))
			return;
		if (strlen(i->s) >= PF_IFNAMSIZ) {
			pf_error(p, 0, "interface name %s is too long, max %d "
			    "chars", i->s, PF_IFNAMSIZ - 1);
			return;
		}
		if (!wanted(p))
			continue;
		o->skip = xreallocarray(o->skip, o->nskip + 1,
		    sizeof(*o->skip));
		o->skip_at = xreallocarray(o->skip_at, o->nskip + 1,
		    sizeof(*o->skip_at));
		o->skip_at[o->nskip] = pf_place(p);
		memset(o->skip[o->nskip], 0, PF_IFNAMSIZ);
		strcpy(o->skip[o->nskip++], i->s);
	}
	if (!printed(p) || !wanted(p))
		return;
	fprintf(p->pf->out, "set skip on {");
	for (i = n->a.first; i != NULL; i = i->next)
		fprintf(p->pf->out, " %s", i->s);
	fprintf(p->pf->out, " }\n");
}

static void
set_state_defaults(struct parser *p, struct node *n)
{
	const struct node *o;

	if (p->defaults_given) {
		pf_error(p, 0, "cannot redefine state-defaults");
		return;
	}
	p->defaults_given = true;
	for (o = n->a.first; o != NULL; o = o->next)
		p->defaults = list_add(p->defaults, node_copy(&p->keep, o));
}

static void
set_reassemble(struct parser *p, struct node *n)
{
	int yes = parse_yes(p, "reassemble", n->s);

	if (yes == -1)
		return;
	if (yes == 0 && n->t != NULL) {
		pf_error(p, 0, "set reassemble no takes no no-df");
		return;
	}
	if (!wanted(p))
		return;
	p->pf->set.reassemble = (yes ? PFCTL_REASS_ON : 0) |
	    (n->t != NULL ? PFCTL_REASS_NODF : 0);
	p->pf->set.reassemble_given = true;
	if (printed(p))
		fprintf(p->pf->out, "set reassemble %s %s\n", n->s,
		    n->t != NULL ? n->t : "");
}

static void
set_keepcounters(struct parser *p, struct node *n)
{
	(void)n;
	p->pf->set.keepcounters = true;
	if (printed(p))
		fprintf(p->pf->out, "set keepcounters\n");
}

static void	(*const setters[])(struct parser *, struct node *) = {
	[SET_TIMEOUT]		= set_timeout,
	[SET_LIMIT]		= set_limit,
	[SET_OPTIMIZATION]	= set_optimization,
	[SET_RULESET_OPT]	= set_ruleset_opt,
	[SET_LOGINTERFACE]	= set_loginterface,
	[SET_HOSTID]		= set_hostid,
	[SET_BLOCK_POLICY]	= set_block_policy,
	[SET_REQUIRE_ORDER]	= set_require_order,
	[SET_FINGERPRINTS]	= set_fingerprints,
	[SET_STATE_POLICY]	= set_state_policy,
	[SET_DEBUG]		= set_debug,
	[SET_SKIP]		= set_skip,
	[SET_STATE_DEFAULTS]	= set_state_defaults,
	[SET_REASSEMBLE]	= set_reassemble,
	[SET_FAIL_POLICY]	= set_fail_policy,
	[SET_KEEPCOUNTERS]	= set_keepcounters,
};

/* Those that the parser itself goes by. */
static bool
is_for_rules(int64_t option)
{
	return (option == SET_RULESET_OPT || option == SET_BLOCK_POLICY ||
	    option == SET_REQUIRE_ORDER || option == SET_STATE_POLICY ||
	    option == SET_STATE_DEFAULTS);
}

void
set_option(struct parser *p, struct node *n)
{
	if (p->pf->set.at.line == 0 && wanted(p) && !is_for_rules(n->n[0]))
		p->pf->set.at = pf_place(p);
	setters[n->n[0]](p, n);
}
