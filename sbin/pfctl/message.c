// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * message.c: what a person is told, and where it stands in the file.
 *
 * Owns the names of files, of which struct pfctl has one copy each, and the list of what
 * is sound but cannot be loaded.  Counts errors; writes to struct pfctl.err.
 * No locking.  Below the files that know what statements mean; on index.c and tree.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parser.h"

bool
pf_terse(const struct parser *p)
{
	return (p->depth > 0 && strcmp(p->frame[0].name, "stdin") == 0);
}

#define TEXT_MAX	1024	/* of a message; what is longer is cut off */

/* The rules that a list makes have the same error, most often: one message will do. */
static bool
told_before(struct parser *p, uint32_t line, const char *text)
{
	uint32_t told;

	if (pf_terse(p))
		return (false);
	told = (hash_name(text) ^ (line != 0 ? line : p->line) * 0x9e3779b1u) | 1;
	if (told == p->told)
		return (true);
	p->told = told;
	return (false);
}

/* Where a word comes from that is not in the line that uses it. */
static void
macro_message(struct parser *p, const char *text)
{
	const struct macro *m;
	FILE *f = p->pf->err;

	if (p->file < 0 || pf_terse(p) || (m = macro_told(p, text)) == NULL)
		return;
	if (m->at.line == 0)
		fprintf(f, " (macro %s, defined by -D)", m->name);
	else if (strcmp(m->at.file, p->frame[p->file].name) == 0)
		fprintf(f, " (macro %s, defined in line %u)", m->name,
		    m->at.line);
	else
		fprintf(f, " (macro %s, defined in %s:%u)", m->name, m->at.file,
		    m->at.line);
}

static void
message(struct parser *p, uint32_t line, const char *kind, const char *text)
{
	FILE *f = p->pf->err;

	if (p->file >= 0)
		fprintf(f, "%s:%u: ", p->frame[p->file].name,
		    line != 0 ? line : p->line);
	fprintf(f, "%s%s", kind, text);
	macro_message(p, text);
	fputc('\n', f);
}

void
pf_error(struct parser *p, uint32_t line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	p->pf->errors++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!told_before(p, line, text))
		message(p, line, "", text);
}

void
pf_skipping(struct parser *p)
{
	if (!pf_terse(p))
		return;
	pf_error(p, 0, "skipping rule due to errors");
	p->pf->errors--;
}

void
pf_warn(struct parser *p, uint32_t line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message(p, line, "warning: ", text);
}

void
pf_note(struct parser *p, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->file >= 0 && !pf_terse(p))
		message(p, 0, "", text);
	else
		fprintf(p->pf->err, "%s\n", text);
}

void
pf_not_yet(struct parser *p, const char *keyword)
{
	pf_error(p, 0, "%s is not supported yet", keyword);
}

bool
pf_nameless(struct parser *p, const char *s, const char *what)
{
	if (s == NULL || s[0] != '\0')
		return (false);
	pf_error(p, 0, "%s is empty", what);
	return (true);
}

/* The one copy of the name of the file that is read. */
static const char *
file_name(struct parser *p)
{
	const char *name = p->frame[p->file].name;
	struct pfctl *pf = p->pf;
	size_t i;

	for (i = pf->nfiles; i > 0; i--)
		if (strcmp(pf->files[i - 1], name) == 0)
			return (pf->files[i - 1]);
	pf->files = xreallocarray(pf->files, pf->nfiles + 1,
	    sizeof(*pf->files));
	return (pf->files[pf->nfiles++] = xstrdup(name));
}

struct pfctl_place
pf_place(struct parser *p)
{
	return ((struct pfctl_place){ file_name(p), p->line });
}

void
pf_later(struct parser *p, int kind, const char *word)
{
	struct pfctl *pf = p->pf;
	size_t i;

	if (!(pf->what & kind))
		return;
	for (i = 0; i < pf->nlater; i++)
		if (strcmp(pf->later[i].word, word) == 0)
			return;
	pf->later = xreallocarray(pf->later, pf->nlater + 1,
	    sizeof(*pf->later));
	pf->later[pf->nlater].word = word;
	pf->later[pf->nlater++].at = pf_place(p);
}

const char *
pf_hint(const struct parser *p, const char *hint)
{
	return (pf_terse(p) ? "" : hint);
}
