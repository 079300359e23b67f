// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * lex.c: files and macros into tokens.
 *
 * Input is a stack of frames: a file, files it includes, and on top of
 * them perhaps the text of one macro.  A frame holds a whole text; it is pushed by
 * lex_open() or by a `$name', and popped by the scanner at its end.  Words run on
 * from a macro into what follows it, so that $if:network is one word.
 * Macros live until lex_end().  Texts of words lie in the arena of the statement.
 * No locking.  Stands on tree.c.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "parse.h"
#include "system.h"

#define FILE_MAX	(1u << 30)	/* bytes of pf.conf that are accepted */
/* what words of a macro are made of, as far as messages repeat them */
#define MACRO_WORD	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"	\
			"0123456789.:_-%@"

struct keyword {
	const char	*word;
	int		 token;
};

/* The tokens of the grammar that have a word, in order of strcmp(), for bsearch(). */
static const struct keyword keywords[] = {
#include "keywords.h"
};

static int
keyword_cmp(const void *key, const void *row)
{
	return (strcmp(key, ((const struct keyword *)row)->word));
}

static int
keyword_token(const char *word)
{
	const struct keyword *k;

	k = bsearch(word, keywords, NITEMS(keywords), sizeof(keywords[0]),
	    keyword_cmp);
	return (k != NULL ? k->token : STRING);
}

const char *
keyword_name(size_t i)
{
	return (i < NITEMS(keywords) ? keywords[i].word : NULL);
}

/*
 * Macros: chained hash, so that any number of them costs the same per look-up.
 */

static void
macros_grow(struct parser *p)
{
	size_t i, room = p->macro_buckets > 0 ? p->macro_buckets * 2 : 64;
	struct macro **to = xcalloc(room, sizeof(*to)), *m;

	for (i = 0; i < p->macro_buckets; i++)
		while ((m = p->macros[i]) != NULL) {
			p->macros[i] = m->next;
			m->next = to[m->hash & (room - 1)];
			to[m->hash & (room - 1)] = m;
		}
	free(p->macros);
	p->macros = to;
	p->macro_buckets = room;
}

static struct macro *
macro_find(struct parser *p, const char *name, uint32_t hash)
{
	struct macro *m;

	if (p->macro_buckets == 0)
		return (NULL);
	for (m = p->macros[hash & (p->macro_buckets - 1)]; m != NULL;
	    m = m->next)
		if (m->hash == hash && strcmp(m->name, name) == 0)
			return (m);
	return (NULL);
}

static struct pfctl_place
macro_place(struct parser *p, bool fixed)
{
	return (fixed ? (struct pfctl_place){ NULL, 0 } : pf_place(p));
}

int
macro_set(struct parser *p, const char *name, const char *value, bool fixed)
{
	uint32_t hash = hash_name(name);
	struct macro *m;
	size_t len = strlen(name) + 1;

	if (strlen(value) > TOKEN_MAX)
		return (-1);
	if ((m = macro_find(p, name, hash)) != NULL) {
		if (m->fixed && !fixed)
			return (0);
		free(m->value);
		m->value = xstrdup(value);
		m->at = macro_place(p, fixed);
		return (0);
	}
	if (p->nmacros >= p->macro_buckets)
		macros_grow(p);
	m = xcalloc(1, sizeof(*m) + len);
	m->hash = hash;
	m->fixed = fixed;
	m->at = macro_place(p, fixed);
	*p->last_macro = m;
	p->last_macro = &m->later;
	m->value = xstrdup(value);
	memcpy(m->name, name, len);
	m->next = p->macros[hash & (p->macro_buckets - 1)];
	p->macros[hash & (p->macro_buckets - 1)] = m;
	p->nmacros++;
	return (0);
}

/* Whether a word of the macro's text stands in the message as a word. */
static bool
tells_of(const char *message, const char *value)
{
	const char *at;
	size_t len;

	for (; *value != '\0'; value += len) {
		value += strcspn(value, MACRO_WORD);
		if ((len = strspn(value, MACRO_WORD)) < 2)
			continue;
		for (at = message; (at = strchr(at, *value)) != NULL; at++)
			if (strncmp(at, value, len) == 0 && (at == message ||
			    strchr(MACRO_WORD, at[-1]) == NULL) &&
			    strspn(at + len, MACRO_WORD) == 0)
				return (true);
	}
	return (false);
}

const struct macro *
macro_told(struct parser *p, const char *message)
{
	unsigned int i;

	if (strncmp(message, "syntax error", 12) == 0)
		return (p->token_macro);
	for (i = 0; i < p->nused; i++)
		if (tells_of(message, p->used[i]->value))
			return (p->used[i]);
	return (NULL);
}

void
macros_unused(struct parser *p)
{
	const struct macro *m;

	for (m = p->first_macro; m != NULL && p->pf->verbose > 1; m = m->later) {
		if (m->used)
			continue;
		if (m->at.line != 0 && strcmp(m->at.file, "stdin") != 0)
			fprintf(p->pf->err, "%s:%u: ", m->at.file, m->at.line);
		fprintf(p->pf->err, "warning: macro '%s' not used\n", m->name);
	}
}

/*
 * Frames
 */

static int
frame_push(struct parser *p, char *text, size_t len, const char *name,
    bool owned)
{
	struct frame *f;

	if (p->depth == (int)NITEMS(p->frame) ||
	    (name != NULL && p->file + 1 == INCLUDE_DEPTH)) {
		pf_error(p, 0, "more than %d files include one another",
		    INCLUDE_DEPTH);
		if (owned)
			free(text);
		return (-1);
	}
	f = &p->frame[p->depth++];
	memset(f, 0, sizeof(*f));
	f->text = text;
	f->p = text;
	f->end = text + len;
	f->owned = owned;
	f->line = 1;
	if (name != NULL) {
		f->name = xstrdup(name);
		p->file = p->depth - 1;
		p->bol = true;
	}
	return (0);
}

static void
frame_pop(struct parser *p)
{
	struct frame *f = &p->frame[--p->depth];

	if (f->owned)
		free(f->text);
	free(f->name);
	memset(f, 0, sizeof(*f));
	if (p->depth <= p->file)
		p->file = p->depth - 1;
}

char *
read_all(int fd, size_t *len)
{
	size_t room = 0, n = 0;
	ssize_t got;
	char *text = NULL;

	do {
		if (n + 65536 > room) {
			room = room > 0 ? room * 2 : 131072;
			text = xreallocarray(text, room, 1);
		}
		got = read(fd, text + n, room - n - 1);
		if (got > 0)
			n += (size_t)got;
		if (n > FILE_MAX) {
			errno = EFBIG;
			got = -1;
			break;
		}
	} while (got > 0 || (got == -1 && errno == EINTR));
	if (got == -1) {
		free(text);
		return (NULL);
	}
	text[n] = '\0';
	*len = n;
	return (text);
}

/* A file that somebody else could have written must not make rules. */
static bool
file_trusted(struct parser *p, int fd, const char *file)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return (false);
	if (st.st_uid != 0 && st.st_uid != getuid()) {
		pf_error(p, 0, "%s: must be owned by root or you, not by "
		    "uid %u", file, (unsigned int)st.st_uid);
		return (false);
	}
	if (st.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) {
		pf_error(p, 0, "%s: others may use it: chmod 600 it", file);
		return (false);
	}
	return (true);
}

int
lex_open(struct parser *p, const char *file)
{
	bool included = p->depth > 0;
	size_t len = 0;
	char *text;
	const char *name = strcmp(file, "-") == 0 ? "stdin" : file;
	int fd;

	if ((fd = sys_open(file)) == -1) {
		if (included)
			pf_error(p, 0, "failed to include file %s: %s", name,
			    strerror(errno));
		else
			pf_note(p, "%s: %s", name, strerror(errno));
		return (-1);
	}
	if (included && p->pf->trusted_only && name == file &&
	    !file_trusted(p, fd, file)) {
		close(fd);
		return (-1);
	}
	text = read_all(fd, &len);
	if (text == NULL)
		pf_note(p, "%s: %s", name, strerror(errno));
	close(fd);
	if (text == NULL)
		return (-1);
	return (frame_push(p, text, len, name, true));
}

int
lex_text(struct parser *p, const char *buf, size_t len, const char *name)
{
	char *text = xmalloc(len + 1);

	memcpy(text, buf, len);
	text[len] = '\0';
	return (frame_push(p, text, len, name, true));
}

void
lex_init(struct parser *p)
{
	p->file = -1;
	p->last_macro = &p->first_macro;
	p->word = xmalloc(TOKEN_MAX + 2);
}

void
lex_end(struct parser *p)
{
	struct macro *m;
	size_t i;

	while (p->depth > 0)
		frame_pop(p);
	for (i = 0; i < p->macro_buckets; i++)
		while ((m = p->macros[i]) != NULL) {
			p->macros[i] = m->next;
			free(m->value);
			free(m);
		}
	free(p->macros);
	free(p->word);
}

/*
 * Characters.  peek() shows the next one; EOF stands for the end of a file, which
 * lex_token() sees to.  A backslash before a newline joins lines, before
 * anything else it vanishes.
 */

static int
peek(struct parser *p)
{
	struct frame *f = &p->frame[p->depth - 1];

	for (;;) {
		if (f->p == f->end) {
			if (p->depth - 1 == p->file)
				return (EOF);
			frame_pop(p);
			f = &p->frame[p->depth - 1];
			continue;
		}
		if (*f->p != '\\')
			return ((unsigned char)*f->p);
		if (f->p + 1 == f->end)
			return ('\\');
		if (f->p[1] == '\r' && f->p + 2 != f->end && f->p[2] == '\n')
			f->p++;
		f->p++;
		if (*f->p != '\n')
			return ((unsigned char)*f->p);
		f->p++;
		f->line++;
	}
}

/* Take the character that peek() has shown. */
static void
take(struct parser *p)
{
	struct frame *f = &p->frame[p->depth - 1];

	if (f->p == f->end)
		return;
	if (*f->p++ == '\n')
		f->line++;
}

static void
skip_line(struct parser *p)
{
	int c;

	while (p->depth - 1 > p->file)
		frame_pop(p);
	while ((c = peek(p)) != '\n' && c != EOF)
		take(p);
}

static int
lex_fail(struct parser *p)
{
	p->lex_error = true;
	skip_line(p);
	return (ERROR);
}

static bool
word_char(int c)
{
	if (c == EOF || c > 127)
		return (false);
	return (isalnum(c) || (ispunct(c) && strchr("(){}<>!=#,/\"'", c) == NULL));
}

/* Rest of a string in quotes; newlines in it are blanks. */
static int
lex_quoted(struct parser *p, int quote, const char **text)
{
	struct frame *f = &p->frame[p->depth - 1];
	uint32_t line = f->line;
	size_t len = 0;
	int c;

	for (;;) {
		if (f->p == f->end) {
			p->line = line;
			pf_error(p, line, "no closing %c to this string", quote);
			return (lex_fail(p));
		}
		c = (unsigned char)*f->p++;
		if (c == quote)
			break;
		if (c == '\\' && f->p != f->end) {
			if (*f->p == '\r' && f->p + 1 != f->end &&
			    f->p[1] == '\n')
				f->p++;
			if (*f->p == '\n') {
				f->p++;
				f->line++;
				continue;
			}
			if (*f->p == quote || *f->p == ' ' || *f->p == '\t')
				c = (unsigned char)*f->p++;
		} else if (c == '\n') {
			f->line++;
			if (f->p == f->end || len == 0 ||
			    !word_char((unsigned char)*f->p) ||
			    !word_char((unsigned char)p->word[len - 1]))
				continue;
			c = ' ';
		} else if (c == '\r' && f->p != f->end && *f->p == '\n') {
			continue;
		}
		if (c == '\0') {
			pf_error(p, 0, "a NUL character in a string");
			return (lex_fail(p));
		}
		p->word[len++] = (char)c;
		if (len > TOKEN_MAX) {
			pf_error(p, 0, "string too long");
			return (lex_fail(p));
		}
	}
	p->last_text = *text = arena_strndup(&p->arena, p->word, len);
	return (STRING);
}

/* A word, and whether it is a number or a keyword. */
static int
lex_word(struct parser *p, const char **text)
{
	bool digits = true;
	size_t len = 0;
	int c, token;

	while (word_char(c = peek(p))) {
		digits = digits && isdigit(c);
		p->word[len++] = (char)c;
		take(p);
		if (len > TOKEN_MAX) {
			pf_error(p, 0, "string too long");
			return (lex_fail(p));
		}
	}
	p->word[len] = '\0';
	/* a digit before > or < belongs to a name, as in <404> */
	if (digits)
		token = NUMBER;
	else
		token = keyword_token(p->word);
	p->last_text = arena_strndup(&p->arena, p->word, len);
	*text = p->last_text;
	return (token);
}

/* $name: its text goes on top of the stack. */
static int
lex_macro(struct parser *p)
{
	const char *value;
	struct macro *m;
	size_t len = 0;
	int c;

	while ((c = peek(p)) != EOF && c < 128 && (isalnum(c) || c == '_')) {
		p->word[len++] = (char)c;
		take(p);
		if (len > TOKEN_MAX) {
			pf_error(p, 0, "string too long");
			return (lex_fail(p));
		}
	}
	p->word[len] = '\0';
	if (len == 0 && !pf_terse(p)) {
		pf_error(p, 0, "the name of a macro must follow $");
		return (lex_fail(p));
	}
	if ((m = macro_find(p, p->word, hash_name(p->word))) == NULL) {
		pf_error(p, 0, "macro '%s' not defined%s", p->word, pf_hint(p,
		    ": it must stand above, as in name = \"value\""));
		return (lex_fail(p));
	}
	m->used = true;
	value = m->value;
	if (p->nused < MACROS_SEEN)
		p->used[p->nused++] = m;
	if (value[strspn(value, " \t")] == '\0')
		snprintf(p->seen.empty_macro, sizeof(p->seen.empty_macro), "%s",
		    p->word);
	/* a copy: the macro may be set anew while this is read */
	if (frame_push(p, xstrdup(value), strlen(value), NULL, true) == -1)
		return (lex_fail(p));
	p->frame[p->depth - 1].macro = m;
	return (0);
}

/* Two-character operators, and all other single characters. */
static int
lex_operator(struct parser *p, int c, int *op)
{
	int next = peek(p);

	*op = PF_OP_NONE;
	switch (c) {
	case '!':
		if (next != '=')
			return (c);
		*op = PF_OP_NE;
		break;
	case '=':
		return (c);
	case '<':
		if (next == '>') {
			take(p);
			*op = PF_OP_XRG;
			return (PORTBINARY);
		}
		if (next != '=')
			return (c);
		*op = PF_OP_LE;
		break;
	case '>':
		if (p->token_before == '<' || (next != '<' && next != '='))
			return (c);
		take(p);
		*op = next == '<' ? PF_OP_IRG : PF_OP_GE;
		return (next == '<' ? PORTBINARY : PORTUNARY);
	case '-':
		if (next != '>')
			return (c);
		take(p);
		return (ARROW);
	default:
		return (c);
	}
	take(p);
	return (PORTUNARY);
}

/* The end of a file: a newline if there was none, and on with the one that includes it. */
static int
lex_eof(struct parser *p)
{
	p->line = p->frame[p->file].line;
	if (!p->bol) {
		p->bol = true;
		return ('\n');
	}
	if (p->file == 0)
		return (0);
	frame_pop(p);
	p->bol = true;
	return (-1);
}

static int
lex_token(struct parser *p, const char **text, int *op)
{
	struct frame *f;
	int c, token;

	for (;;) {
		c = peek(p);
		if (c == EOF) {
			if ((token = lex_eof(p)) == -1)
				continue;
			return (token);
		}
		f = &p->frame[p->file];
		p->line = f->line;
		p->token_macro = p->frame[p->depth - 1].macro;
		if (c == '#') {
			skip_line(p);
			continue;
		}
		if (c == '$' && p->depth - 1 == p->file) {
			take(p);
			p->bol = false;
			if ((token = lex_macro(p)) != 0)
				return (token);
			continue;
		}
		if (isalnum(c) || c == ':' || c == '_')
			return (lex_word(p, text));
		take(p);
		if (c == ' ' || c == '\t' || c == '\r')
			continue;
		if (c == '"' || c == '\'')
			return (lex_quoted(p, c, text));
		if (c == '\n' || c == '{' || c == '}')
			return (c);
		return (lex_operator(p, c, op));
	}
}

void
seen_reset(struct parser *p)
{
	memset(&p->seen, 0, sizeof(p->seen));
	p->lex_error = false;
	p->nused = 0;
}

/* Note the token that goes by; before is the one before it. */
static void
see(struct parser *p, int token, int before)
{
	struct seen *s = &p->seen;

	if (s->tokens == 0) {
		s->first = token;
		snprintf(s->first_word, sizeof(s->first_word), "%s",
		    p->last_text != NULL ? p->last_text : "");
	} else if (before > 255 && before != STRING && before != NUMBER &&
	    before != ANY)
		s->key = before;
	s->tokens++;
	if (token == FROM || token == TO)
		s->from_to = true;
	if (token == '{' && s->braces++ == 0)
		s->brace_line = p->line;
	if (token == '}' && s->braces > 0)
		s->braces--;
}

int
yylex(YYSTYPE *val, struct parser *p)
{
	const char *text = NULL;
	int op = 0, token;

	p->text_before = p->last_text;
	p->last_text = NULL;
	p->seen.empty_macro[0] = '\0';
	token = lex_token(p, &text, &op);
	if (token == '\n')
		p->bol = true;
	else if (token != 0)
		p->bol = false;
	if (token == PORTUNARY || token == PORTBINARY)
		val->i = op;
	else
		val->str = text;
	p->token_before = p->last_token;
	p->last_token = token;
	see(p, token, p->token_before);
	return (token);
}

/*
 * And back: names as they would be read.
 */

void
quoted_print(FILE *f, const char *s, size_t max)
{
	const size_t len = strnlen(s, max);
	const int quote = memchr(s, '"', len) != NULL &&
	    memchr(s, '\'', len) == NULL ? '\'' : '"';
	size_t i;

	fputc(quote, f);
	for (i = 0; i < len; i++) {
		/* a backslash before a blank would vanish */
		if (s[i] == quote || (i > 0 && s[i - 1] == '\\' &&
		    (s[i] == ' ' || s[i] == '\t')))
			fputc('\\', f);
		fputc(s[i], f);
	}
	fputc(quote, f);
}

/* What `word' in the grammar takes. */
static bool
is_name(int token)
{
	static const int names[] = { STRING, BURST, DEFAULT, DELAY, ETHER,
	    FLOWS, MATCHES, MINIMUM, ONCE, PARENT, PFLOW, PRIO, QUANTUM,
	    RDOMAIN, RIDENTIFIER, SYNCOOKIES, WEIGHT };
	size_t i;

	for (i = 0; i < NITEMS(names); i++)
		if (names[i] == token)
			return (true);
	return (false);
}

void
word_print(FILE *f, const char *s, size_t max)
{
	const size_t len = strnlen(s, max);
	char word[64];
	size_t i, digits;

	for (i = 0; i < len && word_char((unsigned char)s[i]) && s[i] != '\\';
	    i++)
		;
	for (digits = 0; digits < len && isdigit((unsigned char)s[digits]);
	    digits++)
		;
	/* a number is no name */
	if (i == len && digits < len && (isalnum((unsigned char)s[0]) ||
	    s[0] == ':' || s[0] == '_')) {
		/* no keyword is as long as this */
		snprintf(word, sizeof(word), "%.*s", (int)len, s);
		if (len >= sizeof(word) || is_name(keyword_token(word))) {
			fprintf(f, "%.*s", (int)len, s);
			return;
		}
	}
	quoted_print(f, s, max);
}

/* The last token as a message shows it. */
const char *
token_text(struct parser *p)
{
	int t = p->last_token;

	if (t == '\n' || t == 0)
		return ("the end of the line");
	if (p->last_text != NULL) {
		snprintf(p->token_name, sizeof(p->token_name), "\"%.24s%s\"",
		    p->last_text, strlen(p->last_text) > 24 ? ".." : "");
		return (p->token_name);
	}
	switch (t) {
	case ARROW:
		return ("\"->\"");
	case PORTUNARY:
	case PORTBINARY:
		return ("an operator");
	default:
		if (t > ' ' && t < 127)
			snprintf(p->token_name, sizeof(p->token_name), "\"%c\"",
			    t);
		else
			snprintf(p->token_name, sizeof(p->token_name),
			    "a character that has no meaning here (code %d)", t);
		return (p->token_name);
	}
}
