// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * osfp.c: pf.os, the fingerprints of operating systems.
 *
 * A line is window:ttl:df:size:options:class:version:subtype:description.  A
 * version or subtype a-b stands for all from a to b, an entry each.  The
 * number of an entry has a part for class, version and subtype (pfvar.h), counted
 * as they come; 0 stands for any.  A struct osfp_db is made by osfp_read() or
 * osfp_new() and dies in osfp_free().  No locking.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "system.h"

#define FIELDS		9
#define LINE_LEN	512
#define EXPAND_MAX	100		/* of each range of a line */
#define PREFIX_MAX	20		/* characters before the number of a range */
#define ERRORS_MAX	20

struct osfp_db {
	struct pf_osfp_ioctl	*entry;
	size_t			 n, room;
	/* entries by class; class and version; class, version and subtype: by their
	 * names joined, and by that part of the number */
	struct pfctl_index	 by_name[3], by_number[3];
	/* the highest numbers given: of a class, of a version in a class, and of a
	 * subtype in a version, which the version's first entry keeps */
	uint32_t		 classes;
	uint16_t		 versions[256];
	uint16_t		*subtypes;
};

/* The part of a number that 1, 2 or 3 names stand for. */
static const uint32_t masks[] = { 0, 0xff000000, 0xfffff000, 0xffffffff };

/* Where messages go, and about what. */
struct source {
	FILE		*err;
	const char	*file;
	unsigned int	 line, errors;
};

struct osfp_db *
osfp_new(void)
{
	return (calloc(1, sizeof(struct osfp_db)));
}

void
osfp_free(struct osfp_db *db)
{
	int i;

	if (db == NULL)
		return;
	for (i = 0; i < 3; i++) {
		index_free(&db->by_name[i]);
		index_free(&db->by_number[i]);
	}
	free(db->subtypes);
	free(db->entry);
	free(db);
}

size_t
osfp_count(const struct osfp_db *db)
{
	return (db->n);
}

const struct pf_osfp_ioctl *
osfp_entry(const struct osfp_db *db, size_t i)
{
	return (i < db->n ? &db->entry[i] : NULL);
}

/* "class", "class version" or "class version subtype"; how many words: parts. */
static void
join_names(const struct pf_osfp_ioctl *e, int parts, char *buf, size_t len)
{
	const bool version = parts > 1 && e->version_nm[0] != '\0';
	const bool subtype = parts > 2 && e->subtype_nm[0] != '\0';

	snprintf(buf, len, "%s%s%s%s%s", e->class_nm, version ? " " : "",
	    version ? e->version_nm : "", subtype ? " " : "",
	    subtype ? e->subtype_nm : "");
}

static uint32_t
hash_number(uint32_t number)
{
	return (number * 2654435761u >> 7);
}

/* The first entry with the same part of its number, or NULL. */
static const struct pf_osfp_ioctl *
entry_of_number(const struct osfp_db *db, uint32_t number, int parts)
{
	const struct pfctl_index *ix = &db->by_number[parts - 1];
	uint32_t i;

	number &= masks[parts];
	for (i = index_first(ix, hash_number(number)); i != INDEX_NONE;
	    i = index_next(ix, i))
		if ((db->entry[i].os & masks[parts]) == number)
			return (&db->entry[i]);
	return (NULL);
}

size_t
osfp_first(const struct osfp_db *db, size_t i, int parts)
{
	return ((size_t)(entry_of_number(db, db->entry[i].os, parts) - db->entry));
}

/* Entry i is complete: make it known. */
static void
index_entry(struct osfp_db *db, size_t i)
{
	const struct pf_osfp_ioctl *e = &db->entry[i], *first;
	const uint32_t class = PF_OSFP_CLASS(e->os);
	char buf[PF_OSFP_LEN * 3 + 3];
	int parts;

	for (parts = 1; parts <= 3; parts++) {
		join_names(e, parts, buf, sizeof(buf));
		index_add(&db->by_name[parts - 1], hash_name(buf));
		index_add(&db->by_number[parts - 1],
		    hash_number(e->os & masks[parts]));
	}
	if (class > db->classes)
		db->classes = class;
	if (PF_OSFP_VERSION(e->os) > db->versions[class])
		db->versions[class] = (uint16_t)PF_OSFP_VERSION(e->os);
	db->subtypes[i] = 0;
	first = entry_of_number(db, e->os, 2);
	if (PF_OSFP_SUBTYPE(e->os) > db->subtypes[first - db->entry])
		db->subtypes[first - db->entry] =
		    (uint16_t)PF_OSFP_SUBTYPE(e->os);
}

int
osfp_add(struct osfp_db *db, const struct pf_osfp_ioctl *e)
{
	struct pf_osfp_ioctl *grown;
	uint16_t *subtypes;
	size_t room;

	if (db->n == db->room) {
		room = db->room > 0 ? db->room * 2 : 128;
		subtypes = reallocarray(db->subtypes, room, sizeof(*subtypes));
		if (subtypes == NULL)
			return (-1);
		db->subtypes = subtypes;
		grown = reallocarray(db->entry, room, sizeof(*grown));
		if (grown == NULL)
			return (-1);
		db->entry = grown;
		db->room = room;
	}
	db->entry[db->n] = *e;
	/* the kernel's text is not trusted to end */
	db->entry[db->n].class_nm[PF_OSFP_LEN - 1] = '\0';
	db->entry[db->n].version_nm[PF_OSFP_LEN - 1] = '\0';
	db->entry[db->n].subtype_nm[PF_OSFP_LEN - 1] = '\0';
	index_entry(db, db->n++);
	return (0);
}

/*
 * Numbers and names
 */

/* The first entry with e's class, or class and version, or all three; or NULL. */
static const struct pf_osfp_ioctl *
entry_of_names(const struct osfp_db *db, const struct pf_osfp_ioctl *e, int parts)
{
	const struct pfctl_index *ix = &db->by_name[parts - 1];
	const struct pf_osfp_ioctl *o;
	char buf[PF_OSFP_LEN * 3 + 3];
	uint32_t i;

	join_names(e, parts, buf, sizeof(buf));
	for (i = index_first(ix, hash_name(buf)); i != INDEX_NONE;
	    i = index_next(ix, i)) {
		o = &db->entry[i];
		if (strcmp(o->class_nm, e->class_nm) == 0 && (parts < 2 ||
		    strcmp(o->version_nm, e->version_nm) == 0) && (parts < 3 ||
		    strcmp(o->subtype_nm, e->subtype_nm) == 0))
			return (o);
	}
	return (NULL);
}

/* The number of e's names: that of an entry with the same, or the next. */
static uint32_t
number_of(const struct osfp_db *db, const struct pf_osfp_ioctl *e)
{
	const struct pf_osfp_ioctl *o;
	uint32_t class, version = 0, subtype = 0;

	if ((o = entry_of_names(db, e, 3)) != NULL)
		return (o->os);
	o = entry_of_names(db, e, 1);
	class = o != NULL ? PF_OSFP_CLASS(o->os) : db->classes + 1;
	if (class > 0xfe)
		return (0);
	o = entry_of_names(db, e, 2);
	if (o != NULL)
		version = PF_OSFP_VERSION(o->os);
	else if (e->version_nm[0] != '\0')
		version = db->versions[class] + 1u;
	if (e->subtype_nm[0] != '\0' && o != NULL)
		subtype = db->subtypes[entry_of_number(db, o->os, 2) -
		    db->entry] + 1u;
	else if (e->subtype_nm[0] != '\0')
		subtype = 1;
	if (version > 0xfff || subtype > 0xfff)
		return (0);
	return (PF_OSFP_NUMBER(class, version, subtype));
}

uint32_t
osfp_number(const struct osfp_db *db, const char *name)
{
	char buf[PF_OSFP_LEN * 3 + 3];
	const struct pfctl_index *ix;
	uint32_t i;
	int parts;

	if (strcasecmp(name, "unknown") == 0)
		return (PF_OSFP_UNKNOWN);
	for (parts = 1; parts <= 3; parts++) {
		ix = &db->by_name[parts - 1];
		for (i = index_first(ix, hash_name(name)); i != INDEX_NONE;
		    i = index_next(ix, i)) {
			join_names(&db->entry[i], parts, buf, sizeof(buf));
			if (strcmp(buf, name) == 0)
				return (db->entry[i].os & masks[parts]);
		}
	}
	return (0);
}

bool
osfp_name(const struct osfp_db *db, uint32_t number, char *buf, size_t len)
{
	const int parts = PF_OSFP_SUBTYPE(number) != 0 ? 3 :
	    PF_OSFP_VERSION(number) != 0 ? 2 : 1;
	const struct pf_osfp_ioctl *e = entry_of_number(db, number, parts);

	if (e != NULL) {
		join_names(e, parts, buf, len);
		return (true);
	}
	snprintf(buf, len, "0x%08x", number);
	return (false);
}

/*
 * Fields of a line
 */

static bool __attribute__((format(printf, 2, 3)))
complain(struct source *src, const char *fmt, ...)
{
	va_list ap;

	src->errors++;
	fprintf(src->err, "%s:%u: ", src->file, src->line);
	va_start(ap, fmt);
	vfprintf(src->err, fmt, ap);
	va_end(ap);
	fputc('\n', src->err);
	return (false);
}

static bool
parse_u16(const char *s, unsigned long max, uint16_t *v)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)*s))
		return (false);
	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno != 0 || *end != '\0' || n > max)
		return (false);
	*v = (uint16_t)n;
	return (true);
}

/* A number, * for any, %n for a multiple of n. */
static bool
parse_metric(const char *s, uint16_t mod, uint16_t any, uint16_t *v,
    uint16_t *flags)
{
	if (strcmp(s, "*") == 0) {
		*flags |= any;
		return (true);
	}
	if (*s == '%') {
		*flags |= mod;
		return (parse_u16(s + 1, 65535, v) && *v > 0);
	}
	return (parse_u16(s, 65535, v));
}

static bool
parse_window(struct source *src, const char *s, struct pf_osfp_ioctl *e)
{
	bool ok;

	if (*s == 'S' || *s == 'T') {
		e->flags |= *s == 'S' ? PF_OSFP_WSIZE_MSS : PF_OSFP_WSIZE_MTU;
		ok = parse_u16(s + 1, 65535, &e->wsize) && e->wsize > 0;
	} else
		ok = parse_metric(s, PF_OSFP_WSIZE_MOD, PF_OSFP_WSIZE_DC,
		    &e->wsize, &e->flags);
	return (ok || complain(src, "invalid window size \"%s\"", s));
}

static bool
parse_option(struct source *src, const char *s, struct pf_osfp_ioctl *e)
{
	uint16_t v = 0;
	uint64_t code;
	bool ok = true;

	switch (*s) {
	case 'N':
		code = PF_OSFP_TCPOPT_NOP;
		ok = s[1] == '\0';
		break;
	case 'S':
		code = PF_OSFP_TCPOPT_SACK;
		ok = s[1] == '\0';
		break;
	case 'T':
		code = PF_OSFP_TCPOPT_TS;
		ok = s[1] == '\0' || strcmp(s + 1, "0") == 0;
		if (s[1] == '0')
			e->flags |= PF_OSFP_TS0;
		break;
	case 'M':
		code = PF_OSFP_TCPOPT_MSS;
		ok = parse_metric(s + 1, PF_OSFP_MSS_MOD, PF_OSFP_MSS_DC,
		    &e->mss, &e->flags);
		break;
	case 'W':
		code = PF_OSFP_TCPOPT_WSCALE;
		ok = parse_metric(s + 1, PF_OSFP_WSCALE_MOD,
		    PF_OSFP_WSCALE_DC, &v, &e->flags) && v <= 255;
		e->wscale = (uint8_t)v;
		break;
	default:
		return (complain(src, "unknown option \"%s\": there are M W S "
		    "T N", s));
	}
	if (!ok)
		return (complain(src, "invalid option \"%s\"", s));
	if (e->optcnt == PF_OSFP_MAX_OPTS)
		return (complain(src, "more than %d options",
		    PF_OSFP_MAX_OPTS));
	e->tcpopts = e->tcpopts << PF_OSFP_TCPOPT_BITS | code;
	e->optcnt++;
	return (true);
}

static bool
parse_options(struct source *src, char *s, struct pf_osfp_ioctl *e)
{
	char *word, *save = NULL;

	if (strcmp(s, ".") == 0)
		return (true);
	for (word = strtok_r(s, ", \t", &save); word != NULL;
	    word = strtok_r(NULL, ", \t", &save))
		if (!parse_option(src, word, e))
			return (false);
	return (e->optcnt > 0 ||
	    complain(src, "no options: a . stands for none"));
}

static bool
parse_numbers(struct source *src, char *field[FIELDS], struct pf_osfp_ioctl *e)
{
	uint16_t v;

	if (!parse_window(src, field[0], e))
		return (false);
	if (!parse_u16(field[1], 255, &v) || v == 0)
		return (complain(src, "invalid TTL \"%s\"", field[1]));
	e->ttl = (uint8_t)v;
	if (!parse_u16(field[2], 1, &v))
		return (complain(src, "df is 0 or 1, not \"%s\"", field[2]));
	if (v == 1)
		e->flags |= PF_OSFP_DF;
	if (!parse_metric(field[3], PF_OSFP_PSIZE_MOD, PF_OSFP_PSIZE_DC,
	    &e->psize, &e->flags))
		return (complain(src, "invalid packet size \"%s\"", field[3]));
	return (parse_options(src, field[4], e));
}

static bool
copy_name(struct source *src, char to[PF_OSFP_LEN], const char *from,
    const char *what)
{
	if (strlen(from) >= PF_OSFP_LEN)
		return (complain(src, "%s \"%s\" has more than %d characters",
		    what, from, PF_OSFP_LEN - 1));
	memset(to, 0, PF_OSFP_LEN);
	strcpy(to, from);
	return (true);
}

/*
 * Ranges
 */

struct range {				/* prefix low, prefix low+1 .. */
	char		 prefix[PF_OSFP_LEN];
	unsigned long	 major, majors;	/* x.low .. y.high: majors > 0 */
	unsigned long	 low, high;
};

/* Split text before the number it ends with; false: it ends with none. */
static bool
split_number(const char *s, size_t len, size_t *at, unsigned long *n)
{
	size_t i = len;

	while (i > 0 && isdigit((unsigned char)s[i - 1]))
		i--;
	if (i == len || len - i > 6)
		return (false);
	*at = i;
	*n = strtoul(s + i, NULL, 10);
	return (true);
}

/* 4.6-4.9, 2-3, .18-21, 3.0-4.0: true, else the text is a plain name. */
static bool
parse_range(const char *s, struct range *r)
{
	const char *dash = strchr(s, '-'), *right;
	size_t left, at, after;
	unsigned long low, high, m1, m2;

	memset(r, 0, sizeof(*r));
	if (dash == NULL)
		return (false);
	left = (size_t)(dash - s);
	right = dash + 1;
	if (!split_number(s, left, &at, &low) ||
	    !split_number(right, strlen(right), &after, &high))
		return (false);
	if (at > PREFIX_MAX)
		return (false);
	memcpy(r->prefix, s, at);
	r->low = low;
	r->high = high;
	if (after == 0 || (after == at && memcmp(s, right, at) == 0))
		return (low <= high && high - low < EXPAND_MAX);
	/* 3.0-4.0: one major number after the other, ten minor ones each */
	if (at < 2 || after < 2 || at > 7 || after > 7 ||
	    s[at - 1] != '.' || right[after - 1] != '.' ||
	    strspn(s, "0123456789") != at - 1 ||
	    strspn(right, "0123456789") != after - 1)
		return (false);
	m1 = strtoul(s, NULL, 10);
	m2 = strtoul(right, NULL, 10);
	if (m1 >= m2 || m2 - m1 > EXPAND_MAX / 10 || low > 9 || high > 9)
		return (false);
	r->prefix[0] = '\0';
	r->low = m1 * 10 + low;
	r->high = m2 * 10 + high;
	r->majors = 10;
	return (true);
}

static void
range_name(const struct range *r, unsigned long n, char to[PF_OSFP_LEN])
{
	memset(to, 0, PF_OSFP_LEN);
	if (r->majors > 0)
		snprintf(to, PF_OSFP_LEN, "%lu.%lu", n / 10, n % 10);
	else
		snprintf(to, PF_OSFP_LEN, "%.*s%lu", PREFIX_MAX, r->prefix,
		    n);
}

static bool
add_named(struct source *src, struct osfp_db *db, struct pf_osfp_ioctl *e)
{
	if (db->n == PF_OSFP_ENTRIES_MAX)
		return (complain(src, "more than %d fingerprints",
		    PF_OSFP_ENTRIES_MAX));
	if ((e->os = number_of(db, e)) == 0)
		return (complain(src, "too many classes or versions"));
	if (osfp_add(db, e) == -1)
		return (complain(src, "out of memory"));
	return (true);
}

static bool
add_subtypes(struct source *src, struct osfp_db *db, struct pf_osfp_ioctl *e,
    const char *subtype)
{
	struct range r;
	unsigned long n;

	if (!parse_range(subtype, &r))
		return (copy_name(src, e->subtype_nm, subtype, "subtype") &&
		    add_named(src, db, e));
	for (n = r.low; n <= r.high; n++) {
		range_name(&r, n, e->subtype_nm);
		if (!add_named(src, db, e))
			return (false);
	}
	return (true);
}

static bool
add_versions(struct source *src, struct osfp_db *db, struct pf_osfp_ioctl *e,
    const char *version, const char *subtype)
{
	struct range r;
	unsigned long n;

	if (!parse_range(version, &r))
		return (copy_name(src, e->version_nm, version, "version") &&
		    add_subtypes(src, db, e, subtype));
	for (n = r.low; n <= r.high; n++) {
		range_name(&r, n, e->version_nm);
		if (!add_subtypes(src, db, e, subtype))
			return (false);
	}
	return (true);
}

/*
 * Lines
 */

/* Cut at colons, blanks around the pieces off; how many there are. */
static int
split_fields(char *line, char *field[FIELDS])
{
	char *end;
	int n = 0;

	for (;;) {
		field[n] = line + strspn(line, " \t");
		/* the description may hold colons */
		end = n == FIELDS - 1 ? NULL : strchr(field[n], ':');
		line = end != NULL ? end : field[n] + strlen(field[n]);
		while (line > field[n] && isspace((unsigned char)line[-1]))
			line--;
		*line = '\0';
		n++;
		if (end == NULL)
			return (n);
		line = end + 1;
	}
}

static bool
parse_line(struct source *src, struct osfp_db *db, char *line)
{
	struct pf_osfp_ioctl e;
	char *field[FIELDS];
	int n;

	if ((n = split_fields(line, field)) != FIELDS)
		return (complain(src, "%d fields, not %d: window:ttl:df:size:"
		    "options:class:version:subtype:description", n, FIELDS));
	memset(&e, 0, sizeof(e));
	if (!parse_numbers(src, field, &e))
		return (false);
	/* marks of p0f that mean nothing here */
	field[5] += strspn(field[5], "@*-");
	if (field[5][0] == '\0')
		return (complain(src, "no class"));
	return (copy_name(src, e.class_nm, field[5], "class") &&
	    add_versions(src, db, &e, field[6], field[7]));
}

static void
read_lines(struct source *src, struct osfp_db *db, FILE *f)
{
	char line[LINE_LEN], *s;
	size_t len;

	while (src->errors < ERRORS_MAX && fgets(line, sizeof(line), f) != NULL) {
		src->line++;
		len = strlen(line);
		if (len == sizeof(line) - 1 && line[len - 1] != '\n') {
			complain(src, "more than %zu characters in a line",
			    sizeof(line) - 2);
			break;
		}
		s = line + strspn(line, " \t\r\n");
		s[strcspn(s, "#")] = '\0';
		if (*s != '\0')
			parse_line(src, db, s);
	}
	if (ferror(f))
		complain(src, "cannot be read: %s", strerror(errno));
}

struct osfp_db *
osfp_parse(FILE *f, const char *name, FILE *err)
{
	struct source src = { err, name, 0, 0 };
	struct osfp_db *db = osfp_new();

	if (db == NULL) {
		fprintf(err, "%s: out of memory\n", name);
		return (NULL);
	}
	read_lines(&src, db, f);
	if (src.errors > 0) {
		osfp_free(db);
		return (NULL);
	}
	return (db);
}

struct osfp_db *
osfp_read(const char *file, FILE *err)
{
	int fd = sys_open(file);
	FILE *f = fd != -1 ? fdopen(fd, "r") : NULL;
	struct osfp_db *db;

	if (f == NULL) {
		fprintf(err, "%s: %s\n", file, strerror(errno));
		if (fd != -1)
			close(fd);
		return (NULL);
	}
	db = osfp_parse(f, file, err);
	fclose(f);
	return (db);
}
