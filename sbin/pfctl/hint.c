// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * hint.c: what to write instead of a word that cannot stand where it does.
 *
 * A table of words that other programs use, and a few places.  Owns nothing.
 */
#include <string.h>

#include "parser.h"
#include "parse.h"

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
	{ "state",	"use keep state" },
	{ "interface",	"use on interface" },
	{ "via",	"use on interface" },
};

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

const char *
syntax_hint(struct parser *p)
{
	const bool first = p->token_before == '\n' || p->token_before == 0;
	size_t i;

	if (p->last_text != NULL)
		for (i = 0; i < NITEMS(words); i++)
			if (strcmp(words[i].word, p->last_text) == 0)
				return (words[i].hint);
	if (first && p->last_token == STRING)
		return ("a line begins with pass, block, match, set, table, "
		    "anchor, nat, rdr, binat, scrub, antispoof, altq or queue, "
		    "or is name = value");
	if (first)
		return (NULL);
	if (early_part(p->last_token))
		return ("the order is: pass or block, in or out, log, quick, "
		    "on interface, inet or inet6, proto, from and to with "
		    "ports, or all, and then options");
	if (p->last_token == '\n' && p->token_before == '\\')
		return ("nothing may follow the backslash, not even a blank");
	return (NULL);
}
