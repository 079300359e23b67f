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

/* The rules that a list makes have the same error, most often: one message will do. */
static bool
told_before(struct parser *p, uint32_t line, const char *fmt, va_list ap)
{
	char text[256];
	uint32_t told;

	if (pf_terse(p))
		return (false);
	vsnprintf(text, sizeof(text), fmt, ap);
	told = (hash_name(text) ^ (line != 0 ? line : p->line) * 0x9e3779b1u) | 1;
	if (told == p->told)
		return (true);
	p->told = told;
	return (false);
}

static void
vmessage(struct parser *p, uint32_t line, const char *kind, const char *fmt,
    va_list ap)
{
	FILE *f = p->pf->err;

	if (p->file >= 0)
		fprintf(f, "%s:%u: ", p->frame[p->file].name,
		    line != 0 ? line : p->line);
	fputs(kind, f);
	vfprintf(f, fmt, ap);
	fputc('\n', f);
}

void
pf_error(struct parser *p, uint32_t line, const char *fmt, ...)
{
	va_list ap;
	bool told;

	p->pf->errors++;
	va_start(ap, fmt);
	told = told_before(p, line, fmt, ap);
	va_end(ap);
	if (told)
		return;
	va_start(ap, fmt);
	vmessage(p, line, "", fmt, ap);
	va_end(ap);
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
	va_list ap;

	va_start(ap, fmt);
	vmessage(p, line, "warning: ", fmt, ap);
	va_end(ap);
}

void
pf_note(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (p->file >= 0 && !pf_terse(p))
		fprintf(p->pf->err, "%s:%u: ", p->frame[p->file].name, p->line);
	va_start(ap, fmt);
	vfprintf(p->pf->err, fmt, ap);
	va_end(ap);
	fputc('\n', p->pf->err);
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
