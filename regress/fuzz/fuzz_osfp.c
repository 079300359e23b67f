// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_osfp.c: any text as a pf.os: read, and looked up by name and by number.
 *
 * What is asserted: what is refused says why; the name of each entry's number is the
 * entry's own, and leads back to a number that has it; every option is
 * in its place.  Each reading is freed at its end.  Locking: none, one thread.
 */
#include <glob.h>

#include "fuzz.h"
#include "parser.h"

#define INPUT_MAX	65536

static unsigned long accepted, refused, entries;

static void
show_stats(void)
{
	fprintf(stderr, "stats: accepted=%lu refused=%lu entries=%lu\n",
	    accepted, refused, entries);
}

static void
check_entry(const struct osfp_db *db, const struct pf_osfp_ioctl *e)
{
	char name[PF_OSFP_LEN * 3 + 3], again[PF_OSFP_LEN * 3 + 3];
	uint32_t number;

	must(e->class_nm[0] != '\0', "a class");
	must((PF_OSFP_VERSION(e->os) != 0) == (e->version_nm[0] != '\0'),
	    "a version has a number");
	must((PF_OSFP_SUBTYPE(e->os) != 0) == (e->subtype_nm[0] != '\0'),
	    "a subtype has a number");
	must(e->ttl > 0 && e->optcnt <= PF_OSFP_MAX_OPTS, "limits");
	must(e->tcpopts >> e->optcnt * PF_OSFP_TCPOPT_BITS == 0,
	    "no more options than counted");
	must(osfp_name(db, e->os, name, sizeof(name)), "a number has a name");
	must(strncmp(name, e->class_nm, strlen(e->class_nm)) == 0,
	    "a name begins with its class");
	number = osfp_number(db, name);
	must(number != 0, "a name has a number");
	/* one name may be cut into words in several ways */
	must(number == PF_OSFP_UNKNOWN ||
	    (osfp_name(db, number, again, sizeof(again)) &&
	    strcmp(name, again) == 0), "a name leads back to itself");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct osfp_db *db;
	char *messages = NULL;
	size_t len, i, step;
	FILE *in, *err;

	if (size == 0 || size > INPUT_MAX)
		return (0);
	if (accepted + refused == 0 && getenv("FUZZ_STATS") != NULL)
		atexit(show_stats);
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	err = open_memstream(&messages, &len);
	must(in != NULL && err != NULL, "streams");
	db = osfp_parse(in, "fuzz", err);
	fclose(in);
	fclose(err);
	must(db != NULL || len > 0, "what is refused is told why");
	must(db == NULL || len == 0, "what is accepted is so without a message");
	free(messages);
	if (db == NULL) {
		refused++;
		return (0);
	}
	accepted++;
	entries += osfp_count(db);
	step = osfp_count(db) / 1000 + 1;
	for (i = 0; i < osfp_count(db); i += step)
		check_entry(db, osfp_entry(db, i));
	must(osfp_entry(db, osfp_count(db)) == NULL, "no entry after the last");
	osfp_free(db);
	return (0);
}

#ifdef SEEDS
/* The tree's pf.os, and that of ../shared if it is there, whole and in pieces, and lines
 * with every form of each field. */
static const char forms[] =
    "# every form\n"
    "16384:64:1:60:M*,N,W0,N,N,T:BSD:1.0:a-b:text:with colons\n"
    "*:255:0:*:.:@Any:::nothing\n"
    "S4:128:1:48:M1460,N,N,S:-Win:2000:SP1-4:ranges\n"
    "T22:64:0:%8:M%512,W%2,T0:*Unix:3.0-4.1:x:majors\n"
    "%8192:32:1:0:S,E:None::.18-21:wrong option\n";

static void
pieces(const char *dir, const char *path, unsigned int file)
{
	char line[512], buf[8192], name[32];
	unsigned int n = 0;
	size_t len = 0;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (len + strlen(line) > 2048) {
			snprintf(name, sizeof(name), "%u-%u", file, n++);
			seed_write(dir, name, buf, len);
			len = 0;
		}
		memcpy(buf + len, line, strlen(line));
		len += strlen(line);
	}
	fclose(f);
	snprintf(name, sizeof(name), "%u-%u", file, n);
	seed_write(dir, name, buf, len);
}

int
main(int argc, char **argv)
{
	static const char *const paths[] = { "../../etc/pf.os",
	    "../../../shared/data/pf.os.openbsd" };
	const char *line = forms, *end;
	char name[16];
	size_t i;

	must(argc == 2, "a directory");
	for (i = 0; i < NITEMS(paths); i++)
		pieces(argv[1], paths[i], (unsigned int)i);
	for (i = 0; (end = strchr(line, '\n')) != NULL; line = end + 1, i++) {
		snprintf(name, sizeof(name), "form-%zu", i);
		seed_write(argv[1], name, line, (size_t)(end - line) + 1);
	}
	return (0);
}
#endif
