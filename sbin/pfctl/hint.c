// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * hint.c: what to write instead of a word that cannot stand where it does.
 *
 * Tables: words that other programs use, places where a form is often missed, and
 * the form of each statement for all else.  What goes by is noted in struct
 * parser.seen by the lexer; a text that has to be made lives there too, until the
 * next one.  Owns nothing else.  No locking.  Stands on lex.c.
 */
#include <string.h>

#include "parser.h"
#include "parse.h"

/* Classes of tokens in a row of near[]; no token has such a number. */
enum {	ALL_TOKENS = 0, A_RULE = -1, A_WORD = -2, A_LIST = -3, A_HEAD = -4,
	AN_ANSWER = -5, A_STATE_OPTION = -6, A_KEEP = -7, A_PLACE = -8,
	A_NAMED = -9 };

static const struct {
	int	class;
	int	token;
} classes[] = {
	{ A_RULE, PASS }, { A_RULE, BLOCK }, { A_RULE, MATCH },
	{ A_RULE, ANCHOR },
	{ A_WORD, STRING }, { A_WORD, NUMBER }, { A_WORD, '>' },
	{ A_WORD, ')' },
	{ A_LIST, ON }, { A_LIST, PROTO }, { A_LIST, FROM }, { A_LIST, TO },
	{ A_LIST, PORT }, { A_LIST, USER }, { A_LIST, GROUP },
	{ A_LIST, ICMPTYPE }, { A_LIST, ICMP6TYPE }, { A_LIST, OS },
	{ A_LIST, FOR }, { A_LIST, ARROW }, { A_LIST, NATTO },
	{ A_LIST, RDRTO },
	{ A_HEAD, PASS }, { A_HEAD, BLOCK }, { A_HEAD, MATCH },
	{ A_HEAD, DROP }, { A_HEAD, RETURN }, { A_HEAD, IN }, { A_HEAD, OUT },
	{ A_HEAD, LOG }, { A_HEAD, QUICK }, { A_HEAD, INET },
	{ A_HEAD, INET6 }, { A_HEAD, NAT }, { A_HEAD, RDR },
	{ A_HEAD, BINAT }, { A_HEAD, SCRUB },
	{ AN_ANSWER, DROP }, { AN_ANSWER, RETURN }, { AN_ANSWER, RETURNRST },
	{ AN_ANSWER, RETURNICMP }, { AN_ANSWER, RETURNICMP6 },
	{ A_STATE_OPTION, MAXIMUM }, { A_STATE_OPTION, MAXSRCCONN },
	{ A_STATE_OPTION, MAXSRCCONNRATE }, { A_STATE_OPTION, MAXSRCNODES },
	{ A_STATE_OPTION, MAXSRCSTATES }, { A_STATE_OPTION, OVERLOAD },
	{ A_STATE_OPTION, SLOPPY }, { A_STATE_OPTION, NOSYNC },
	{ A_STATE_OPTION, SOURCETRACK }, { A_STATE_OPTION, IFBOUND },
	{ A_STATE_OPTION, FLOATING },
	{ A_KEEP, KEEP }, { A_KEEP, MODULATE }, { A_KEEP, SYNPROXY },
	{ A_PLACE, ARROW }, { A_PLACE, NATTO }, { A_PLACE, RDRTO },
	{ A_PLACE, BINATTO },
	{ A_NAMED, TAG }, { A_NAMED, TAGGED }, { A_NAMED, LABEL },
	{ A_NAMED, QUEUE }, { A_NAMED, LOGINTERFACE }, { A_NAMED, DEBUG },
	{ A_NAMED, OPTIMIZATION }, { A_NAMED, RULESETOPT },
	{ A_NAMED, PARENT },
};

/*
 * The first token of the statement, the last keyword before this token, the token
 * before this one, this one.  The first row that fits is the answer.
 */
static const struct {
	int		 first, key, before, token;
	const char	*hint;
} near[] = {
	{ NAT, 0, 0, NATTO,
	    "a nat rule ends in -> address; nat-to is for pass and match" },
	{ RDR, 0, 0, RDRTO,
	    "a rdr rule ends in -> address; rdr-to is for pass and match" },
	{ BINAT, 0, 0, BINATTO,
	    "a binat rule ends in -> address; binat-to is for pass and match" },
	{ A_RULE, 0, 0, ARROW,
	    "-> is for nat, rdr and binat: use nat-to or rdr-to here" },
	{ 0, 0, A_KEEP, 0,
	    "use keep state, modulate state or synproxy state" },
	{ 0, 0, A_NAMED, '\n', "a name must follow" },
	{ 0, 0, A_PLACE, '\n', "an address must follow" },
	{ 0, ARROW, 0, QUICK, "use rdr pass in place of quick" },
	{ SET, 0, 0, '=', "use no =, as in set limit states 1000" },
	{ SET, 0, SKIP, 0, "use set skip on interface" },
	{ SET, 0, BLOCKPOLICY, 0, "block-policy is drop or return" },
	{ SET, 0, FAILPOLICY, 0, "fail-policy is drop or return" },
	{ SET, 0, STATEPOLICY, 0,
	    "state-policy is if-bound, group-bound or floating" },
	{ SET, 0, SET, 0,
	    "these can be set: block-policy, debug, fail-policy, "
	    "fingerprints, hostid, keepcounters, limit, loginterface, "
	    "optimization, reassemble, require-order, ruleset-optimization, "
	    "skip, state-defaults, state-policy, timeout" },
	{ SET, TIMEOUT, 0, 0,
	    "use set timeout name seconds, or { name seconds .. }" },
	{ SET, LIMIT, 0, 0, "use set limit name number, or { name number .. }" },
	{ TABLE, 0, TABLE, STRING,
	    "the name of a table stands in < >, as in table <name>" },
	{ 0, 0, OVERLOAD, STRING,
	    "the name of a table stands in < >, as in overload <name>" },
	{ 0, FLAGS, 0, 0, "use flags S/SA or flags any" },
	{ ANTISPOOF, 0, ANTISPOOF, 0, "use antispoof for interface" },
	{ ANTISPOOF, 0, QUICK, 0, "use antispoof quick for interface" },
	{ ANTISPOOF, 0, LOG, 0, "use antispoof log for interface" },
	{ SCRUB, 0, 0, '(',
	    "the options of a scrub rule stand without ( )" },
	{ A_RULE, 0, SCRUB, 0,
	    "the options stand in ( ), as in scrub (no-df max-mss 1440)" },
	{ 0, 0, '/', STRING, "a mask is a number of bits, as in /24" },
	{ 0, PROTO, 0, '!',
	    "a protocol cannot be negated: write a rule for it, with quick, "
	    "before this one" },
	{ 0, PORT, 0, '!', "use !=, as in port != 80" },
	{ 0, 0, 0, A_STATE_OPTION,
	    "the options of a state stand in ( ), as in keep state (max 100)" },
	{ PASS, 0, 0, AN_ANSWER, "only block returns anything" },
	{ BLOCK, 0, 0, AN_ANSWER,
	    "it follows block itself, as in block return in" },
	{ 0, FROM, 0, ALL, "use from and to, or all, but not both" },
	{ 0, TO, 0, ALL, "use from and to, or all, but not both" },
	{ 0, PORT, 0, ALL, "use from and to, or all, but not both" },
	{ 0, PORT, 0, PORT, "put ports into one list, as in port { 22 80 }" },
	{ 0, OS, 0, PORT, "port comes before os" },
	{ 0, A_LIST, A_WORD, STRING,
	    "a list stands in { }, as in { a b }" },
	{ 0, A_LIST, A_WORD, NUMBER,
	    "a list stands in { }, as in { a b }" },
	{ 0, A_LIST, A_WORD, '<', "a list stands in { }, as in { <a> <b> }" },
	{ 0, 0, A_WORD, ',', "a list stands in { }, as in { a, b }" },
	{ 0, A_HEAD, 0, A_WORD,
	    "an interface stands after on, a protocol after proto, an address "
	    "after from or to" },
	{ 0, A_HEAD, 0, '<', "a table stands after from or to" },
	{ 0, A_HEAD, 0, '{',
	    "a list stands after on, proto, from, to or port" },
};

static const struct {
	const char	*word;
	const char	*hint;
} words[] = {
	{ "accept",	"use pass" },
	{ "allow",	"use pass" },
	{ "permit",	"use pass" },
	{ "deny",	"use block" },
	{ "reject",	"use block return" },
	{ "DROP",	"use block drop" },
	{ "ACCEPT",	"use pass" },
	{ "masquerade",	"use nat on interface from network -> (interface), or "
			"pass .. nat-to (interface)" },
	{ "dport",	"use to address port number" },
	{ "sport",	"use from address port number" },
	{ "src",	"use from" },
	{ "dst",	"use to" },
	{ "eq",		"use =, as in port = 80" },
	{ "ne",		"use !=, as in port != 80" },
	{ "lt",		"use <" },
	{ "gt",		"use >" },
	{ "and",	"put a comma or a blank between the items of a list" },
	{ "or",		"put a comma or a blank between the items of a list" },
	{ "keep-state",	"use keep state" },
	{ "keepstate",	"use keep state" },
	{ "no-state",	"use no state" },
	{ "modulate-state", "use modulate state" },
	{ "synproxy-state", "use synproxy state" },
	{ "established", "a state lets the answers pass: use keep state" },
	{ "state",	"use keep state" },
	{ "interface",	"use on interface" },
	{ "via",	"use on interface" },
	{ "flush",	"it is an argument of pfctl: pfctl -F" },
};

/* What each kind of statement looks like. */
#define RULE_FORM	"a rule is: pass, block or match, in or out, log, quick, " \
			"on interface, inet or inet6, proto, from and to with " \
			"ports, or all, and then options"
static const struct {
	int		 first;
	const char	*form;
} forms[] = {
	{ PASS,		RULE_FORM },
	{ BLOCK,	RULE_FORM },
	{ MATCH,	RULE_FORM },
	{ NAT,		"use nat on interface from address to address -> address" },
	{ RDR,		"use rdr on interface proto tcp from address to address "
			"port number -> address port number" },
	{ BINAT,	"use binat on interface from address to address -> "
			"address" },
	{ SCRUB,	"use scrub in or out, on interface, from and to, or all, "
			"and then options" },
	{ TABLE,	"use table <name> persist { address .. } or file \"path\"" },
	{ ANTISPOOF,	"use antispoof quick for interface" },
	{ ANCHOR,	"use anchor \"name\" and what a rule has, or anchor "
			"\"name\" { rules }" },
	{ NATANCHOR,	"use nat-anchor \"name\" and on, proto, from and to" },
	{ RDRANCHOR,	"use rdr-anchor \"name\" and on, proto, from and to" },
	{ BINATANCHOR,	"use binat-anchor \"name\"" },
	{ SCRUBANCHOR,	"use scrub-anchor \"name\"" },
	{ LOAD,		"use load anchor \"name\" from \"path\"" },
	{ INCLUDE,	"use include \"path\"" },
	{ ALTQ,		"use altq on interface scheduler bandwidth rate queue "
			"{ name .. }" },
	{ QUEUE,	"use queue name bandwidth rate and options" },
	{ SET,		"use set option value" },
	{ NO,		"no is for nat, rdr, binat and scrub" },
	{ STRING,	"use name = \"value\" for a macro" },
};

static bool
fits(int want, int token)
{
	size_t i;

	if (want >= 0)
		return (want == ALL_TOKENS || want == token);
	for (i = 0; i < NITEMS(classes); i++)
		if (classes[i].class == want && classes[i].token == token)
			return (true);
	return (false);
}

/* Parts of a rule that come too late. */
static bool
early_part(int token)
{
	static const int parts[] = { IN, OUT, LOG, QUICK, ON, INET, INET6,
	    PROTO, FROM, TO, ALL, OS, PORT };
	size_t i;

	for (i = 0; i < NITEMS(parts); i++)
		if (parts[i] == token)
			return (true);
	return (false);
}

/* One letter wrong, missing, too many, or two exchanged. */
static bool
one_slip(const char *a, const char *b)
{
	size_t n = 0, la = strlen(a), lb = strlen(b);

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	if (la == lb + 1)
		return (strcmp(a + n + 1, b + n) == 0);
	if (lb == la + 1)
		return (strcmp(a + n, b + n + 1) == 0);
	if (la != lb || n == la)
		return (false);
	return (strcmp(a + n + 1, b + n + 1) == 0 || (n + 1 < la &&
	    a[n] == b[n + 1] && a[n + 1] == b[n] &&
	    strcmp(a + n + 2, b + n + 2) == 0));
}

/* A keyword that a word may stand for, one of its length first; or NULL. */
static const char *
near_keyword(const char *word)
{
	const char *k;
	size_t i, len = strlen(word);
	int other;

	for (other = 0; len >= 4 && other < 2; other++)
		for (i = 0; (k = keyword_name(i)) != NULL; i++)
			if ((strlen(k) == len) == (other == 0) &&
			    one_slip(word, k))
				return (k);
	return (NULL);
}

/* What to write for a word of another program, or NULL. */
static const char *
other_word(const char *word)
{
	size_t i;

	for (i = 0; i < NITEMS(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return (words[i].hint);
	return (NULL);
}

static const char *
word_hint(struct parser *p)
{
	const char *word = p->last_text, *k;

	if (word == NULL)
		return (NULL);
	/* the words of settings are others */
	if (p->seen.first != SET && (k = other_word(word)) != NULL)
		return (k);
	if (p->last_token != STRING || (k = near_keyword(word)) == NULL)
		return (NULL);
	snprintf(p->seen.hint, sizeof(p->seen.hint), "did you mean %s?", k);
	return (p->seen.hint);
}

/* A list that goes on into what cannot be in one. */
static const char *
brace_hint(struct parser *p)
{
	if (p->seen.braces == 0 || (p->last_token != 0 &&
	    p->token_before != '\n') || p->line == p->seen.brace_line)
		return (NULL);
	snprintf(p->seen.hint, sizeof(p->seen.hint),
	    "no } to the list that opens in line %u", p->seen.brace_line);
	return (p->seen.hint);
}

/* A line that begins as none does. */
static const char *
first_hint(struct parser *p)
{
	const char *k;

	if (p->seen.first != STRING) {
		if (p->last_token == '\n' || p->last_token == 0)
			return (NULL);
		return ("a line cannot begin so; one that goes on ends in a "
		    "backslash with nothing behind it, not even a blank");
	}
	if ((k = other_word(p->seen.first_word)) != NULL)
		return (k);
	if ((k = near_keyword(p->seen.first_word)) != NULL) {
		snprintf(p->seen.hint, sizeof(p->seen.hint),
		    "did you mean %s, not %s?", k, p->seen.first_word);
		return (p->seen.hint);
	}
	return ("a line begins with pass, block, match, set, table, anchor, nat, "
	    "rdr, binat, scrub, antispoof, altq or queue, or is name = value");
}

const char *
absent_word(struct parser *p)
{
	/* of FreeBSD 15 and OpenBSD 7 */
	static const char *const absent[] = { "allow-related", "bridge-to",
	    "defer", "dnpipe", "dnqueue", "endpoint-independent", "limiter",
	    "map-e-portset", "max-pkt-size", "prefer-ipv6-nexthop", "route" };
	size_t i;

	if (p->seen.first == ETHER && p->seen.tokens == 2)
		return ("ether");
	for (i = 0; i < NITEMS(absent) && p->seen.tokens > 1; i++) {
		if (p->last_token == STRING &&
		    strcmp(p->last_text, absent[i]) == 0)
			return (absent[i]);
		if (p->token_before == STRING &&
		    strcmp(p->text_before, absent[i]) == 0)
			return (absent[i]);
	}
	return (NULL);
}

const char *
syntax_hint(struct parser *p)
{
	const struct seen *s = &p->seen;
	const char *hint;
	size_t i;

	if (s->empty_macro[0] != '\0') {
		snprintf(p->seen.hint, sizeof(p->seen.hint),
		    "macro %s is empty", s->empty_macro);
		return (p->seen.hint);
	}
	if ((hint = brace_hint(p)) != NULL)
		return (hint);
	if (s->tokens == 1 && (hint = word_hint(p)) != NULL)
		return (hint);
	if (s->tokens == 1 || (s->first == STRING && s->tokens == 2))
		return (first_hint(p));
	if ((hint = word_hint(p)) != NULL)
		return (hint);
	for (i = 0; i < NITEMS(near); i++)
		if (fits(near[i].first, s->first) && fits(near[i].key, s->key) &&
		    fits(near[i].before, p->token_before) &&
		    fits(near[i].token, p->last_token))
			return (near[i].hint);
	if (p->last_token == PORT && !s->from_to)
		return ("port goes with from or to, as in to port 80");
	if (early_part(p->last_token) && fits(A_RULE, s->first))
		return (RULE_FORM);
	return (NULL);
}

const char *
syntax_form(struct parser *p)
{
	size_t i;

	for (i = 0; i < NITEMS(forms); i++)
		if (forms[i].first == p->seen.first)
			return (forms[i].form);
	return ("see pf.conf(5)");
}
