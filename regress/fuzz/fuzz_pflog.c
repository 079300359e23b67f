// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * fuzz_pflog.c: any bytes as a log file of pflogd: looked through, and continued
 *
 * What is asserted: a verdict has its reason; what was found before a fault is whole by
 * itself; a file that is whole is as libpcap reads it, record by record, and is whole, with
 * one record more, when it was continued.  The first byte of the input says whether the rest
 * stands behind a good header.  Locking: none, one thread.
 */
#include <unistd.h>

#include "file.h"
#include "filter.h"
#include "fuzz.h"
#include "if_pflog.h"

#define INPUT_MAX	65536
#define SNAPLEN		160

static unsigned long whole, bad, records;

static void
show_stats(void)
{
	fprintf(stderr, "stats: whole=%lu bad=%lu records=%lu\n", whole, bad, records);
}

static struct file_header
good_header(void)
{
	struct file_header h = { .magic = FILE_MAGIC, .major = 2, .minor = 4,
		.snaplen = SNAPLEN, .linktype = FILTER_LINKTYPE };

	return (h);
}

/* Does libpcap find the same records in it? */
static void
compare(int fd, const struct file_state *st)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	uint64_t n = 0;
	FILE *f = fdopen(dup(fd), "r");
	pcap_t *p;

	must(f != NULL, "a stream");
	rewind(f);
	p = pcap_fopen_offline(f, errbuf);
	must(p != NULL, "libpcap opens what is whole");
	must((uint32_t)pcap_snapshot(p) == st->snaplen, "its snaplen");
	while (pcap_next_ex(p, &h, &data) == 1) {
		must(h->caplen >= PFLOG_HDRLEN && h->caplen <= st->snaplen &&
		    h->caplen <= h->len, "the lengths of a record");
		n++;
	}
	must(n == st->records, "as many records as libpcap finds");
	pcap_close(p);
}

static void
go_on(int fd, const struct file_state *st)
{
	static struct file_writer w;
	static const struct timeval tv = { 1, 2 };
	struct file_state after;
	uint8_t buf[PFLOG_HDRLEN + 8] = { 0 };
	char why[512];

	if (w.buf == NULL)
		must(file_init(&w), "a writer");
	file_take(&w, dup(fd), st, SNAPLEN);
	must(file_add(&w, &tv, buf, sizeof(buf), sizeof(buf)) == FILE_DONE, "a record");
	must(file_flush(&w) == FILE_DONE, "it is written");
	file_drop(&w);
	must(file_check(fd, &after, why, sizeof(why)) == FILE_WHOLE, "it is whole then");
	must(after.records == st->records + 1, "with one record more");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_header h = good_header();
	struct file_state st, before;
	enum file_verdict v;
	char why[512], again[512], path[] = "/tmp/fuzz_pflog.XXXXXX";
	int fd;

	if (size == 0 || size > INPUT_MAX)
		return (0);
	if (whole + bad == 0 && getenv("FUZZ_STATS") != NULL)
		atexit(show_stats);
	fd = mkstemp(path);
	must(fd != -1, "a file");
	if ((data[0] & 1) != 0)
		must(write(fd, &h, sizeof(h)) == sizeof(h), "a header");
	must(write(fd, data + 1, size - 1) == (ssize_t)size - 1, "the rest");
	v = file_check(fd, &st, why, sizeof(why));
	must(v != FILE_UNREAD, "it can be read");
	must((v == FILE_BAD) == (why[0] != '\0'), "what is bad is told why");
	records += st.records;
	if (v == FILE_BAD) {
		bad++;
		must(ftruncate(fd, st.size) == 0, "it is cut");
		before = st;
		v = file_check(fd, &st, again, sizeof(again));
		must(v == (before.size == 0 ? FILE_EMPTY : FILE_WHOLE),
		    "what was before the fault is whole");
		must(st.records == before.records && st.size == before.size,
		    "and the same");
	} else
		whole++;
	if (v == FILE_WHOLE)
		compare(fd, &st);
	go_on(fd, &st);
	unlink(path);
	close(fd);
	return (0);
}

#ifdef SEEDS
/* Files of one to four records, and each with one field that is wrong. */
static size_t
make(uint8_t *out, bool header, unsigned int n)
{
	struct file_header h = good_header();
	struct file_record r = { 1700000000, 999999, 0, 0 };
	size_t at = 1;

	memset(out, 0, 2048);
	out[0] = header;
	if (!header) {
		memcpy(out + at, &h, sizeof(h));
		at += sizeof(h);
	}
	for (unsigned int i = 0; i < n; i++) {
		r.caplen = PFLOG_HDRLEN + i * 32;
		r.len = r.caplen + i % 2 * 1000;
		memcpy(out + at, &r, sizeof(r));
		out[at + sizeof(r)] = PFLOG_REAL_HDRLEN;
		at += sizeof(r) + r.caplen;
	}
	return (at);
}

int
main(int argc, char **argv)
{
	static const uint32_t values[] = { 0, 63, 1000000, UINT32_MAX };
	uint8_t buf[2048];
	char name[32];
	size_t len;

	must(argc == 2, "a directory");
	for (unsigned int n = 0; n <= 4; n++) {
		for (int header = 0; header < 2; header++) {
			len = make(buf, header != 0, n);
			snprintf(name, sizeof(name), "whole-%u-%d", n, header);
			seed_write(argv[1], name, buf, len);
			snprintf(name, sizeof(name), "torn-%u-%d", n, header);
			seed_write(argv[1], name, buf, len - 1);
		}
		for (unsigned int field = 0; field < 10; field++)
			for (unsigned int v = 0; v < NITEMS(values); v++) {
				len = make(buf, false, n);
				memcpy(buf + 1 + field * 4, &values[v], 4);
				snprintf(name, sizeof(name), "field-%u-%u-%u", n, field, v);
				seed_write(argv[1], name, buf, len);
			}
	}
	return (0);
}
#endif
