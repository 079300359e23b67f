// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_file.c: log files: what is whole, what is torn, and what is left of them on a full disk
 *
 * A limit on the size of files stands for a disk that is full: it can be set to each byte.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "filter.h"
#include "records.h"

#define RECORDS	3
#define SNAPLEN	160

static struct {
	char			 path[64];
	int			 fd;
	struct file_writer	 w;
	struct file_state	 st;
	char			 why[512];
	uint8_t			 whole[4096];	/* a file of RECORDS records */
	size_t			 len;
	size_t			 end[RECORDS + 1]; /* of the header, and of each record */
} t;

static const struct timeval tv = { 1700000000, 999999 };

static void
fresh_file(const void *data, size_t len)
{
	if (t.fd != -1)
		close(t.fd);
	unlink(t.path);
	t.fd = open(t.path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_int_not_equal(t.fd, -1);
	assert_int_equal(pwrite(t.fd, data, len, 0), (ssize_t)len);
}

static enum file_verdict
verdict(void)
{
	return (file_check(t.fd, &t.st, t.why, sizeof(t.why)));
}

static void
add(unsigned int i)
{
	struct packet	p = { .v6 = i % 2 == 1, .proto = 17, .src = 1, .dst = 2,
			    .sport = (uint16_t)i, .dport = 53, .ifname = "eth0",
			    .len = i % 3 == 2 ? 1000 : 0 };
	uint8_t		buf[RECORD_MAX];
	size_t		n = record_make(&p, buf);

	file_add(&t.w, &tv, buf, n < SNAPLEN ? (uint32_t)n : SNAPLEN, (uint32_t)n);
}

static void
limit(size_t n)
{
	struct rlimit	r = { n, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static int
setup(void **state)
{
	uint8_t	head[16];
	size_t	i, at = 24;
	uint32_t caplen;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	memset(&t, 0, sizeof(t));
	t.fd = -1;
	snprintf(t.path, sizeof(t.path), "/tmp/pflogd-test.%d", (int)getpid());
	fresh_file("", 0);
	if (!file_init(&t.w) || verdict() != FILE_EMPTY)
		return (-1);
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	for (i = 0; i < RECORDS; i++)
		add((unsigned int)i);
	if (file_flush(&t.w) != FILE_DONE)
		return (-1);
	t.len = (size_t)pread(t.fd, t.whole, sizeof(t.whole), 0);
	t.end[0] = at;
	for (i = 0; i < RECORDS; i++) {
		memcpy(head, t.whole + at, sizeof(head));
		memcpy(&caplen, head + 8, sizeof(caplen));
		at += 16 + caplen;
		t.end[i + 1] = at;
	}
	file_drop(&t.w);
	return (at == t.len ? 0 : -1);
}

static int
teardown(void **state)
{
	struct rlimit	r = { RLIM_INFINITY, RLIM_INFINITY };

	(void)state;
	setrlimit(RLIMIT_FSIZE, &r);
	file_drop(&t.w);
	free(t.w.buf);
	close(t.fd);
	unlink(t.path);
	return (0);
}

/* Of a file of len bytes, how many records are whole; *ends: it ends with one. */
static uint64_t
records_in(size_t len, bool *ends)
{
	uint64_t	n = 0;
	size_t		i;

	*ends = len == t.end[0];
	for (i = 1; i <= RECORDS; i++)
		if (len >= t.end[i]) {
			n = i;
			*ends = len == t.end[i];
		}
	return (n);
}

static void
written(void **state)
{
	char		 errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char	*data;
	pcap_t		*p;
	int		 n;

	(void)state;
	assert_int_equal(verdict(), FILE_WHOLE);
	assert_int_equal(t.st.records, RECORDS);
	assert_int_equal(t.st.snaplen, SNAPLEN);
	assert_int_equal(t.w.written, RECORDS);
	/* libpcap reads it */
	p = pcap_open_offline(t.path, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), FILTER_LINKTYPE);
	assert_int_equal(pcap_snapshot(p), SNAPLEN);
	for (n = 0; pcap_next_ex(p, &h, &data) == 1; n++) {
		assert_int_equal(h->ts.tv_sec, tv.tv_sec);
		assert_int_equal(h->ts.tv_usec, tv.tv_usec);
		assert_int_equal(h->len, n == 2 ? 1000 : n == 1 ? 112 : 92);
		assert_int_equal(h->caplen, n == 2 ? SNAPLEN : h->len);
	}
	assert_int_equal(n, RECORDS);
	pcap_close(p);
}

static void
torn(void **state)
{
	uint64_t	records;
	size_t		n;
	bool		ends;

	(void)state;
	for (n = 0; n <= t.len; n++) {
		fresh_file(t.whole, n);
		records = records_in(n, &ends);
		assert_int_equal(verdict(), n == 0 ? FILE_EMPTY : ends ? FILE_WHOLE : FILE_BAD);
		assert_int_equal(t.st.records, records);
		assert_int_equal(t.why[0] != '\0', n != 0 && !ends);
	}
}

static void
wrong_headers(void **state)
{
	static const struct {
		size_t		at;
		uint32_t	value;
		const char	*why;
	} wrong[] = {
		{ 0, 0xd4c3b2a1, "byte order" }, { 0, 0xa1b23c4d, "not a pcap file" },
		{ 0, 0, "not a pcap file" }, { 4, 0x00050002, "version" },
		{ 4, 0x00040003, "version" }, { 16, 0, "snaplen" }, { 16, 63, "snaplen" },
		{ 16, 65536, "snaplen" }, { 16, UINT32_MAX, "snaplen" },
		{ 20, 1, "link type" }, { 20, 0x01000075, "link type" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < NITEMS(wrong); i++) {
		fresh_file(t.whole, t.len);
		assert_int_equal(pwrite(t.fd, &wrong[i].value, 4, (off_t)wrong[i].at), 4);
		assert_int_equal(verdict(), FILE_BAD);
		assert_non_null(strstr(t.why, wrong[i].why));
		assert_int_equal(t.st.records, 0);
	}
	assert_int_equal(ftruncate(t.fd, 0), 0);
	assert_int_equal(verdict(), FILE_EMPTY);
	close(t.fd);
	t.fd = open("/dev/null", O_RDWR);
	assert_int_equal(verdict(), FILE_UNREAD);
	close(t.fd);
	t.fd = open(t.path, O_WRONLY);
	assert_int_equal(pwrite(t.fd, t.whole, t.len, 0), (ssize_t)t.len);
	assert_int_equal(verdict(), FILE_UNREAD);
	assert_non_null(strstr(t.why, "cannot read"));
}

static void
wrong_records(void **state)
{
	static const struct {
		size_t		at;
		uint32_t	value;
		const char	*why;
	} wrong[] = {
		{ 4, 1000000, "no time of day" }, { 4, UINT32_MAX, "no time of day" },
		{ 8, SNAPLEN + 1, "snaplen" }, { 8, 0x7fffffff, "snaplen" },
		{ 8, UINT32_MAX, "snaplen" }, { 8, UINT32_MAX - 15, "snaplen" },
		{ 8, 0, "shorter" }, { 8, 63, "shorter" }, { 12, 1, "more bytes" },
	};
	static const uint8_t zero[64];
	size_t	i, n;

	(void)state;
	for (n = 0; n < RECORDS; n++)
		for (i = 0; i < NITEMS(wrong); i++) {
			fresh_file(t.whole, t.len);
			assert_int_equal(pwrite(t.fd, &wrong[i].value, 4,
			    (off_t)(t.end[n] + wrong[i].at)), 4);
			assert_int_equal(verdict(), FILE_BAD);
			assert_non_null(strstr(t.why, wrong[i].why));
			assert_int_equal(t.st.records, n);
		}
	/* what a file system may leave after a crash */
	fresh_file(t.whole, t.len);
	assert_int_equal(pwrite(t.fd, zero, sizeof(zero), (off_t)t.len), sizeof(zero));
	assert_int_equal(verdict(), FILE_BAD);
	assert_int_equal(t.st.records, RECORDS);
}

static void
appended(void **state)
{
	unsigned int	i;

	(void)state;
	for (i = 1; i <= 5; i++) {
		assert_int_equal(verdict(), FILE_WHOLE);
		assert_int_equal(t.st.records, RECORDS * i);
		file_take(&t.w, dup(t.fd), &t.st, 1000);
		add(0);
		add(1);
		add(2);
		assert_int_equal(file_flush(&t.w), FILE_DONE);
		assert_int_equal(file_flush(&t.w), FILE_DONE);
		file_drop(&t.w);
	}
	/* the snaplen is the file's */
	assert_int_equal(verdict(), FILE_WHOLE);
	assert_int_equal(t.st.snaplen, SNAPLEN);
}

/* There is room for so many bytes; then for all. */
static void
full(void **state)
{
	uint8_t		now[sizeof(t.whole)];
	uint64_t	records;
	size_t		n, i;
	bool		ends;

	(void)state;
	for (n = 0; n <= t.len; n++) {
		fresh_file("", 0);
		assert_int_equal(verdict(), FILE_EMPTY);
		file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
		t.w.written = t.w.lost = 0;
		for (i = 0; i < RECORDS; i++)
			add((unsigned int)i);
		limit(n);
		assert_int_equal(file_flush(&t.w), n == t.len ? FILE_DONE : FILE_FULL);
		assert_true(n == t.len || t.w.error == EFBIG);
		records = records_in(n, &ends);
		assert_int_equal(verdict(), n < t.end[0] ? FILE_EMPTY : FILE_WHOLE);
		assert_int_equal(t.st.records, records);
		assert_int_equal(t.w.written, records);
		limit(sizeof(t.whole));
		assert_int_equal(file_flush(&t.w), FILE_DONE);
		assert_int_equal(t.w.written, RECORDS);
		assert_int_equal(t.w.lost, 0);
		assert_int_equal(pread(t.fd, now, sizeof(now), 0), (ssize_t)t.len);
		assert_memory_equal(now, t.whole, t.len);
		file_drop(&t.w);
	}
}

static void
full_for_long(void **state)
{
	uint64_t	waiting;
	unsigned int	i;

	(void)state;
	fresh_file("", 0);
	verdict();
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	t.w.written = 0;
	limit(0);
	for (i = 0; i < 5000; i++)
		add(i);
	assert_int_not_equal(t.w.lost, 0);
	waiting = 5000 - t.w.lost;
	assert_true(waiting > 1000);
	limit(10 * FILE_BUFFER);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
	assert_int_equal(t.w.written, waiting);
	for (i = 0; i < 5000; i++)
		add(i);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
	assert_int_equal(t.w.written, waiting + 5000);
	assert_int_equal(verdict(), FILE_WHOLE);
	assert_int_equal(t.st.records, waiting + 5000);
	limit(0);
	add(1);
	add(2);
	waiting = t.w.lost;
	assert_int_equal(file_flush(&t.w), FILE_FULL);
	assert_int_equal(file_forget(&t.w), 2);
	assert_int_equal(t.w.lost, waiting + 2);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
}

/* Records that have waited for a file are cut to its snaplen. */
static void
smaller_snaplen(void **state)
{
	uint32_t	snaplen;
	unsigned int	i;

	(void)state;
	for (snaplen = PFLOG_HDRLEN; snaplen <= SNAPLEN; snaplen++) {
		for (i = 0; i < 7; i++)
			add(i);
		fresh_file(t.whole, t.end[0]);
		assert_int_equal(pwrite(t.fd, &snaplen, 4, 16), 4);
		assert_int_equal(verdict(), FILE_WHOLE);
		file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
		add(2);
		assert_int_equal(file_flush(&t.w), FILE_DONE);
		assert_int_equal(verdict(), FILE_WHOLE);
		assert_int_equal(t.st.records, 8);
		file_drop(&t.w);
	}
}

static void
changed(void **state)
{
	(void)state;
	verdict();
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	assert_int_equal(ftruncate(t.fd, 0), 0);
	add(1);
	assert_int_equal(file_flush(&t.w), FILE_CHANGED);
	file_drop(&t.w);
	assert_int_equal(verdict(), FILE_EMPTY);
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
	assert_int_equal(verdict(), FILE_WHOLE);
	assert_int_equal(t.st.records, 1);
	unlink(t.path);
	add(2);
	assert_int_equal(file_flush(&t.w), FILE_CHANGED);
	file_drop(&t.w);
	fresh_file("", 0);
	verdict();
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
	assert_int_equal(verdict(), FILE_WHOLE);
	assert_int_equal(t.st.records, 1);
}

/* What is no record is none in the file. */
static void
no_record(void **state)
{
	uint8_t	buf[RECORD_MAX];

	(void)state;
	memset(buf, 0, sizeof(buf));
	verdict();
	file_take(&t.w, dup(t.fd), &t.st, SNAPLEN);
	file_add(&t.w, &tv, buf, PFLOG_HDRLEN - 1, 1000);
	file_add(&t.w, &tv, buf, 100, 99);
	file_add(&t.w, &tv, buf, 0, 0);
	assert_int_equal(t.w.lost, 3);
	assert_int_equal(file_flush(&t.w), FILE_DONE);
	verdict();
	assert_int_equal(t.st.records, RECORDS);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(written), TEST(torn), TEST(wrong_headers), TEST(wrong_records),
		TEST(appended), TEST(full), TEST(full_for_long), TEST(smaller_snaplen),
		TEST(changed), TEST(no_record),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
