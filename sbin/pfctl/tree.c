// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * tree.c: memory of the language half, and the nodes of the tree.
 *
 * An arena hands out pieces of large chunks; they are given back all at once
 * by arena_reset(), which keeps the chunks for the next statement, or by arena_free().
 * Lists know their last element, so that appending costs the same at any length.
 * No locking.  Lowest floor of the language half.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

#define CHUNK_SIZE	16384
#define SPARE_MAX	(1024 * 1024)	/* a larger chunk is not kept */

struct chunk {
	struct chunk	*next;
	size_t		 size, used;
	_Alignas(max_align_t) char data[];
};

void *
xmalloc(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		err(1, NULL);
	return (p);
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		err(1, NULL);
	return (p);
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (p == NULL)
		err(1, NULL);
	return (p);
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		err(1, NULL);
	return (p);
}

static struct chunk *
chunk_get(struct arena *a, size_t size)
{
	struct chunk *c = a->spare;

	if (c != NULL && c->size >= size) {
		a->spare = c->next;
	} else {
		if (size < CHUNK_SIZE)
			size = CHUNK_SIZE;
		c = xmalloc(sizeof(*c) + size);
		c->size = size;
	}
	c->used = 0;
	c->next = a->chunks;
	a->chunks = c;
	return (c);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	void *p;

	size = (size + _Alignof(max_align_t) - 1) &
	    ~(_Alignof(max_align_t) - 1);
	if (c == NULL || c->size - c->used < size)
		c = chunk_get(a, size);
	p = c->data + c->used;
	c->used += size;
	return (p);
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return (p);
}

void
arena_reset(struct arena *a)
{
	struct chunk *c;

	while ((c = a->chunks) != NULL) {
		a->chunks = c->next;
		if (c->size > SPARE_MAX) {
			free(c);
			continue;
		}
		c->next = a->spare;
		a->spare = c;
	}
}

void
arena_free(struct arena *a)
{
	struct chunk *c;

	arena_reset(a);
	while ((c = a->spare) != NULL) {
		a->spare = c->next;
		free(c);
	}
}

struct node *
node_new(struct parser *p, enum node_kind kind, const char *s, const char *t)
{
	struct node *n = arena_alloc(&p->arena, sizeof(*n));

	memset(n, 0, sizeof(*n));
	n->kind = kind;
	n->line = p->line;
	n->s = s;
	n->t = t;
	n->n[0] = -1;
	return (n);
}

struct node *
node_num(struct parser *p, enum node_kind kind, int64_t num)
{
	struct node *n = node_new(p, kind, NULL, NULL);

	n->n[0] = num;
	return (n);
}

struct node *
node_list(struct parser *p, enum node_kind kind, struct list l)
{
	struct node *n = node_new(p, kind, NULL, NULL);

	n->a = l;
	return (n);
}

static struct list
list_copy(struct arena *a, struct list l)
{
	struct list copy = { NULL, NULL };
	const struct node *n;

	for (n = l.first; n != NULL; n = n->next)
		copy = list_add(copy, node_copy(a, n));
	return (copy);
}

struct node *
node_copy(struct arena *a, const struct node *n)
{
	struct node *c = arena_alloc(a, sizeof(*c));

	*c = *n;
	c->next = NULL;
	if (n->s != NULL)
		c->s = arena_strndup(a, n->s, strlen(n->s));
	if (n->t != NULL)
		c->t = arena_strndup(a, n->t, strlen(n->t));
	c->a = list_copy(a, n->a);
	c->b = list_copy(a, n->b);
	return (c);
}

struct list
list_of(struct node *n)
{
	struct list l = { n, n };

	return (l);
}

struct list
list_add(struct list l, struct node *n)
{
	return (list_join(l, list_of(n)));
}

struct list
list_join(struct list l, struct list m)
{
	if (m.first == NULL)
		return (l);
	if (l.first == NULL)
		return (m);
	l.last->next = m.first;
	l.last = m.last;
	return (l);
}

const char *
words_join(struct parser *p, struct list l)
{
	const struct node *n;
	size_t len = 0, part;
	char *text, *to;

	for (n = l.first; n != NULL; n = n->next)
		len += strlen(n->s) + 1;
	to = text = arena_alloc(&p->arena, len + 1);
	for (n = l.first; n != NULL; n = n->next) {
		part = strlen(n->s);
		memcpy(to, n->s, part);
		to += part;
		if (n->next != NULL)
			*to++ = ' ';
	}
	*to = '\0';
	return (text);
}
