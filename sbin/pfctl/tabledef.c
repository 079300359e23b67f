// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tabledef.c: tables of a pf.conf, and their addresses.
 *
 * A table owns two arrays, for IPv4 and IPv6, that grow by doubling: a million
 * addresses take 8 MB or 20 MB.  Order and duplicates are left to whom they
 * are given.  Tables belong to struct pfctl and die in tables_free().  No locking.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "rule.h"
#include "system.h"

#define FILE_ERRORS	20	/* messages about one file; then it is given up */

struct pfctl_table *
table_find(struct pfctl *pf, const char *anchor, const char *name)
{
	uint32_t i;

	for (i = index_first(&pf->table_index, hash_name(name));
	    i != INDEX_NONE; i = index_next(&pf->table_index, i))
		if (strcmp(pf->tables[i]->name, name) == 0 &&
		    strcmp(pf->tables[i]->anchor, anchor) == 0)
			return (pf->tables[i]);
	return (NULL);
}

struct pfctl_table *
table_new(struct pfctl *pf, const char *anchor, const char *name)
{
	struct pfctl_table *t = xcalloc(1, sizeof(*t));

	snprintf(t->name, sizeof(t->name), "%s", name);
	t->anchor = xstrdup(anchor);
	if ((pf->ntables & (pf->ntables - 1)) == 0)
		pf->tables = xreallocarray(pf->tables, pf->ntables > 0 ?
		    pf->ntables * 2 : 1, sizeof(*pf->tables));
	index_add(&pf->table_index, hash_name(t->name));
	pf->tables[pf->ntables++] = t;
	return (t);
}

void
pfctl_table_clear(struct pfctl_table *t)
{
	free(t->a4);
	free(t->a6);
	t->a4 = NULL;
	t->a6 = NULL;
	t->n4 = t->n6 = t->room4 = t->room6 = 0;
}

void
tables_free(struct pfctl *pf)
{
	size_t i;

	for (i = 0; i < pf->ntables; i++) {
		pfctl_table_clear(pf->tables[i]);
		free(pf->tables[i]->anchor);
		free(pf->tables[i]);
	}
	free(pf->tables);
	index_free(&pf->table_index);
}

void
table_add_addr(struct pfctl_table *t, uint8_t af, const struct pf_addr *a,
    uint8_t net, bool neg)
{
	struct pfctl_addr4 *a4;
	struct pfctl_addr6 *a6;
	struct pf_addr mask, masked = *a;

	/* bits of a host in a network say nothing */
	addr_mask(&mask, net);
	addr_apply(&masked, &mask);
	if (af == AF_INET) {
		if (t->n4 == t->room4) {
			t->room4 = t->room4 > 0 ? t->room4 * 2 : 16;
			t->a4 = xreallocarray(t->a4, t->room4, sizeof(*t->a4));
		}
		a4 = &t->a4[t->n4++];
		memset(a4, 0, sizeof(*a4));
		a4->addr = masked.v4;
		a4->net = net;
		a4->neg = neg;
		return;
	}
	if (t->n6 == t->room6) {
		t->room6 = t->room6 > 0 ? t->room6 * 2 : 16;
		t->a6 = xreallocarray(t->a6, t->room6, sizeof(*t->a6));
	}
	a6 = &t->a6[t->n6++];
	memset(a6, 0, sizeof(*a6));
	memcpy(a6->addr, masked.v6, sizeof(a6->addr));
	a6->net = net;
	a6->neg = neg;
}

size_t
pfctl_table_get(const struct pfctl_table *t, size_t first,
    struct pfr_addr *to, size_t n)
{
	const struct pfctl_addr4 *a4;
	const struct pfctl_addr6 *a6;
	size_t done;

	for (done = 0; done < n && first < t->n4 + t->n6; done++, first++) {
		memset(&to[done], 0, sizeof(to[done]));
		if (first < t->n4) {
			a4 = &t->a4[first];
			to[done].pfra_addr.v4 = a4->addr;
			to[done].pfra_af = AF_INET;
			to[done].pfra_net = a4->net;
			to[done].pfra_not = a4->neg;
		} else {
			a6 = &t->a6[first - t->n4];
			memcpy(to[done].pfra_addr.v6, a6->addr, 16);
			to[done].pfra_af = AF_INET6;
			to[done].pfra_net = a6->net;
			to[done].pfra_not = a6->neg;
		}
	}
	return (done);
}

/* The hosts of one node into t; false after a message. */
static bool
add_hosts(struct parser *p, struct pfctl_table *t, const struct node *n,
    bool print)
{
	const struct pfctl_printer pr = { p->pf->out, p->pf->names, NULL, 0 };
	struct host *h;

	switch (n->kind) {
	case N_TABLE:
		pf_error(p, 0, "tables cannot contain tables%s",
		    pf_hint(p, ": list the addresses, or name both tables in "
		    "the rule, { <a>, <b> }"));
		return (false);
	case N_DYN:
		pf_error(p, 0, "dynamic addresses are not permitted inside "
		    "tables%s", pf_hint(p, ": leave the parentheses out"));
		return (false);
	case N_NOROUTE:
		pf_error(p, 0, "\"no-route\" is not permitted inside tables");
		return (false);
	case N_URPF:
		pf_error(p, 0, "\"urpf-failed\" is not permitted inside "
		    "tables");
		return (false);
	case N_ANY:
		pf_error(p, 0, "\"any\" is not permitted inside tables%s",
		    pf_hint(p, ": use 0.0.0.0/0 and ::/0"));
		return (false);
	case N_RANGE:
		pf_error(p, 0, "address ranges are not permitted inside tables");
		return (false);
	default:
		break;
	}
	if (!host_resolve(p, n, &h))
		return (false);
	for (; h != NULL; h = h->next) {
		if (!check_mask(p, &h->addr, h->af))
			return (false);
		if (h->addr.type != PF_ADDR_ADDRMASK) {
			pf_error(p, 0,
			    "address ranges are not permitted inside tables");
			return (false);
		}
		if (t != NULL)
			table_add_addr(t, h->af, &h->addr.v.a.addr,
			    addr_prefix(&h->addr.v.a.mask, h->af), h->neg);
		if (print) {
			fprintf(pr.out, h->neg ? "!" : "");
			if (addr_prefix(&h->addr.v.a.mask, h->af) == 0)
				fprintf(pr.out, h->af == AF_INET ?
				    "0.0.0.0/0" : "::/0");
			else
				pfctl_print_addr(&pr, &h->addr, h->af);
			fputc(' ', pr.out);
		}
	}
	return (true);
}

/*
 * Files: words between blanks, # to the end of the line, ! for not.
 */

/* The usual word, an IPv4 address or network, without further ado. */
static bool
add_quickly(struct pfctl_table *t, const char *s, size_t len, bool neg)
{
	struct pf_addr a;
	uint32_t part, prefix = 32;
	int n, digits;
	const char *end = s + len;

	memset(&a, 0, sizeof(a));
	for (n = 0;; n++) {
		for (part = 0, digits = 0; s < end && *s >= '0' && *s <= '9' &&
		    digits < 4; s++, digits++)
			part = part * 10 + (uint32_t)(*s - '0');
		if (digits == 0 || digits > 3 || part > 255)
			return (false);
		a.v6[n] = (uint8_t)part;
		if (n == 3)
			break;
		if (s == end || *s++ != '.')
			return (false);
	}
	if (s < end) {
		if (*s++ != '/' || s == end || end - s > 2)
			return (false);
		for (prefix = 0; s < end && *s >= '0' && *s <= '9'; s++)
			prefix = prefix * 10 + (uint32_t)(*s - '0');
		if (s != end || prefix > 32)
			return (false);
	}
	table_add_addr(t, AF_INET, &a, (uint8_t)prefix, neg);
	return (true);
}

/* And an IPv6 one. */
static bool
add_quickly6(struct pfctl_table *t, const char *s, size_t len, bool neg)
{
	char buf[INET6_ADDRSTRLEN + 4], *slash;
	struct pf_addr a;
	int64_t prefix = 128;

	if (len >= sizeof(buf))
		return (false);
	memcpy(buf, s, len);
	buf[len] = '\0';
	if ((slash = strchr(buf, '/')) != NULL) {
		*slash++ = '\0';
		if (!word_number(slash, 0, 128, &prefix))
			return (false);
	}
	memset(&a, 0, sizeof(a));
	if (inet_pton(AF_INET6, buf, a.v6) != 1)
		return (false);
	table_add_addr(t, AF_INET6, &a, (uint8_t)prefix, neg);
	return (true);
}

/* A word of a file or of the command line, as it would stand in braces. */
static bool
add_text(struct parser *p, struct pfctl_table *t, const char *s, size_t len,
    bool neg)
{
	struct node *n;
	char *word, *slash;

	while (len > 0 && *s == '!') {
		neg = !neg;
		s++;
		len--;
	}
	if (add_quickly(t, s, len, neg) || add_quickly6(t, s, len, neg))
		return (true);
	word = arena_strndup(&p->arena, s, len);
	n = node_new(p, N_HOST, word, NULL);
	n->neg = neg;
	if ((slash = strrchr(word, '/')) != NULL) {
		*slash = '\0';
		n->t = slash + 1;
	}
	return (add_hosts(p, t, n, false));
}

static void
add_file(struct parser *p, struct pfctl_table *t, const char *text, size_t len)
{
	const char *s = text, *end = text + len, *word;
	int before = p->pf->errors;
	bool neg = false;

	if ((word = memchr(text, '\0', len)) != NULL) {
		for (; s < word; s++)
			if (*s == '\n')
				p->line++;
		pf_error(p, 0, "a NUL byte: addresses are read from text only");
		return;
	}
	while (s < end && p->pf->errors < before + FILE_ERRORS) {
		if (*s == '\n')
			p->line++;
		if (*s == ' ' || (*s >= '\t' && *s <= '\r') || *s == ',') {
			s++;
		} else if (*s == '#' || *s == ';') {
			if ((s = memchr(s, '\n', (size_t)(end - s))) == NULL)
				break;
		} else if (*s == '!') {
			neg = !neg;
			s++;
		} else {
			for (word = s; s < end && !(*s >= '\t' &&
			    *s <= '\r') && *s != ' ' && *s != '#' &&
			    *s != ';' && *s != ','; s++)
				;
			add_text(p, t, word, (size_t)(s - word), neg);
			neg = false;
		}
	}
}

/* The text as messages name it: file, in place of the one that is being parsed. */
static void
add_named_file(struct parser *p, struct pfctl_table *t, const char *file,
    const char *text, size_t len)
{
	struct frame *f = &p->frame[p->file >= 0 ? p->file : 0], save = *f;
	uint32_t line = p->line;
	int old = p->file;

	f->name = (char *)(uintptr_t)file;
	p->line = 1;
	if (p->file < 0)
		p->file = 0;
	add_file(p, t, text, len);
	p->file = old;
	p->line = line;
	*f = save;
}

/* Add a file's addresses: 0; -1 with errno: it cannot be read. */
static int
load_file(struct parser *p, struct pfctl_table *t, const char *file)
{
	struct stat st;
	size_t len = 0;
	char *text = NULL;
	int fd, saved;
	bool mapped = false;

	if ((fd = sys_open(file)) == -1)
		return (-1);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    lseek(fd, 0, SEEK_CUR) == 0) {
		len = (size_t)st.st_size;
		text = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		mapped = text != MAP_FAILED;
	}
	if (!mapped)
		text = read_all(fd, &len);
	saved = errno;
	close(fd);
	errno = saved;
	if (text == NULL)
		return (-1);
	add_named_file(p, t, strcmp(file, "-") == 0 ? "stdin" : file, text,
	    len);
	if (mapped)
		munmap(text, len);
	else
		free(text);
	return (0);
}

/*
 * table <name> ...
 */

static bool
table_flags(struct parser *p, const struct node *n, uint32_t *flags)
{
	static const struct {
		const char	*word;
		uint32_t	 flag;
	} words[] = {
		{ "persist",	PFR_TFLAG_PERSIST },
		{ "const",	PFR_TFLAG_CONST },
		{ "counters",	PFR_TFLAG_COUNTERS },
	};
	const struct node *o;
	size_t i;

	*flags = 0;
	for (o = n->a.first; o != NULL; o = o->next) {
		if (o->kind != T_FLAG)
			continue;
		for (i = 0; i < NITEMS(words); i++)
			if (strcmp(words[i].word, o->s) == 0)
				break;
		if (i == NITEMS(words)) {
			pf_error(p, 0, "invalid table option '%s'%s", o->s,
			    pf_hint(p, ": use persist, const, counters, "
			    "file \"name\" or { addresses }"));
			return (false);
		}
		*flags |= words[i].flag;
	}
	return (true);
}

static bool
table_contents(struct parser *p, struct node *n, struct pfctl_table *t)
{
	const struct node *o, *h;
	int before = p->pf->errors;

	for (o = n->a.first; o != NULL; o = o->next) {
		if (o->kind == T_FILE) {
			if (load_file(p, t, o->s) == -1)
				pf_error(p, 0, "cannot load \"%s\": %s", o->s,
				    strerror(errno));
		}
		if (o->kind != T_HOSTS)
			continue;
		for (h = o->a.first; h != NULL; h = h->next)
			if (!add_hosts(p, t, h, false))
				return (false);
	}
	return (p->pf->errors == before);
}

/* As it was written, with names resolved. */
static void
table_print(struct parser *p, struct node *n, uint32_t flags)
{
	const struct node *o, *h;
	FILE *f = p->pf->out;
	bool open = false;

	fprintf(f, "table <%s>", n->s);
	if (flags & PFR_TFLAG_PERSIST)
		fprintf(f, " persist");
	if (flags & PFR_TFLAG_CONST)
		fprintf(f, " const");
	if (flags & PFR_TFLAG_COUNTERS)
		fprintf(f, " counters");
	for (o = n->a.first; o != NULL; o = o->next) {
		if (o->kind == T_FILE) {
			fprintf(f, "%s file \"%s\"", open ? "}" : "", o->s);
			open = false;
		}
		if (o->kind != T_HOSTS)
			continue;
		if (!open)
			fprintf(f, " { ");
		open = true;
		for (h = o->a.first; h != NULL; h = h->next)
			add_hosts(p, NULL, h, true);
	}
	fprintf(f, open ? "}\n" : "\n");
}

void
define_table(struct parser *p, struct node *n)
{
	struct pfctl_table *t, fresh;
	const struct node *o;
	uint32_t flags;

	if (strlen(n->s) >= PF_TABLE_NAME_SIZE) {
		pf_error(p, 0, "table name too long, max %d chars",
		    PF_TABLE_NAME_SIZE - 1);
		return;
	}
	memset(&fresh, 0, sizeof(fresh));
	if (!table_flags(p, n, &flags) || !table_contents(p, n, &fresh)) {
		pfctl_table_clear(&fresh);
		return;
	}
	if (!(p->pf->what & PFCTL_LOAD_TABLE)) {
		pfctl_table_clear(&fresh);
		return;
	}
	if (p->pf->verbose > 0)
		table_print(p, n, flags);
	t = table_find(p->pf, anchor_here(p)->path, n->s);
	if (t == NULL)
		t = table_new(p->pf, anchor_here(p)->path, n->s);
	pfctl_table_clear(t);
	t->a4 = fresh.a4;
	t->a6 = fresh.a6;
	t->n4 = fresh.n4;
	t->n6 = fresh.n6;
	t->room4 = fresh.room4;
	t->room6 = fresh.room6;
	t->flags = flags;
	t->line = p->line;
	t->defined = false;
	for (o = n->a.first; o != NULL; o = o->next)
		t->defined = t->defined || o->kind != T_FLAG;
}

/*
 * For the command line: a parser that only resolves hosts.
 */

static struct parser *
bare_parser(struct pfctl *pf)
{
	struct parser *p;

	if (pf->names == NULL && (pf->names = pfctl_names_new()) == NULL)
		return (NULL);
	p = xcalloc(1, sizeof(*p));
	p->pf = pf;
	p->file = -1;
	return (p);
}

static int
bare_end(struct parser *p, int before)
{
	int rv = p->pf->errors == before ? 0 : -1;

	arena_free(&p->arena);
	free(p);
	return (rv);
}

int
pfctl_table_add(struct pfctl *pf, struct pfctl_table *t, const char *word)
{
	struct parser *p = bare_parser(pf);
	int before = pf->errors;

	if (p == NULL)
		return (-1);
	add_text(p, t, word, strlen(word), false);
	return (bare_end(p, before));
}

int
pfctl_table_file(struct pfctl *pf, struct pfctl_table *t, const char *file)
{
	struct parser *p = bare_parser(pf);
	int before = pf->errors;

	if (p == NULL)
		return (-1);
	if (load_file(p, t, file) == -1) {
		pf_note(p, "cannot load \"%s\": %s", file, strerror(errno));
		pf->errors++;
	}
	return (bare_end(p, before));
}
