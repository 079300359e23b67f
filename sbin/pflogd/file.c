// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * file.c: the log file: looked through, and written record by record
 *
 * Nothing in a file is believed: every length is compared with what there is before it is
 * used.  When there is no room for all that is to be written, the file is cut behind the last
 * record that is whole, and the others stay in the buffer.
 *
 * Owns the buffer of a writer, and its descriptor.  One process, one thread; after
 * file_init() it needs no memory and only calls on the descriptor (sandbox.c).
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "filter.h"
#include "if_pflog.h"

_Static_assert(sizeof(struct file_header) == 24, "as in files");
_Static_assert(sizeof(struct file_record) == 16, "as in files");

/*
 * Looking through a file
 */

struct reader {
	int	 fd;
	off_t	 at;			/* of buf in the file */
	size_t	 have;
	uint8_t	 buf[16384];
};

/* len bytes of the file from `at' on: their number, less at its end; or -1. */
static ssize_t
peek(struct reader *r, off_t at, void *to, size_t len)
{
	ssize_t	n;

	if (at < r->at || at + (off_t)len > r->at + (off_t)r->have) {
		r->at = at;
		r->have = 0;
		while (r->have < sizeof(r->buf)) {
			n = pread(r->fd, r->buf + r->have, sizeof(r->buf) - r->have,
			    at + (off_t)r->have);
			if (n == -1 && errno == EINTR)
				continue;
			if (n == -1)
				return (-1);
			if (n == 0)
				break;
			r->have += (size_t)n;
		}
	}
	n = r->at + (off_t)r->have - at;
	if (n < 0)
		n = 0;
	if ((size_t)n > len)
		n = (ssize_t)len;
	memcpy(to, r->buf + (at - r->at), (size_t)n);
	return (n);
}

/* What is wrong with a header, or NULL. */
static const char *
header_fault(const struct file_header *h)
{
	if (h->magic == __builtin_bswap32(FILE_MAGIC))
		return ("it is in the byte order of another machine");
	if (h->magic != FILE_MAGIC)
		return ("it is not a pcap file with times in microseconds");
	if (h->major != 2 || h->minor != 4)
		return ("its version is not 2.4");
	if (h->linktype != FILTER_LINKTYPE)
		return ("its link type is not that of pflog, 117");
	if (h->snaplen < PFLOG_HDRLEN || h->snaplen > FILE_SNAPLEN_MAX)
		return ("its snaplen is not between 64 and 65535");
	return (NULL);
}

static const char *
record_fault(const struct file_record *r, uint32_t snaplen)
{
	if (r->caplen > snaplen)
		return ("is longer than the file's snaplen");
	if (r->caplen > r->len)
		return ("has more bytes than its packet");
	if (r->caplen < PFLOG_HDRLEN)
		return ("is shorter than a header of pflog");
	if (r->usec >= 1000000)
		return ("has no time of day");
	return (NULL);
}

static enum file_verdict
unread(char *why, size_t len)
{
	snprintf(why, len, "cannot read: %s", strerror(errno));
	return (FILE_UNREAD);
}

static enum file_verdict
check_records(struct reader *in, off_t size, struct file_state *st, char *why, size_t len)
{
	struct file_record	 r;
	const char		*fault;
	ssize_t			 n;

	while (st->size < size) {
		n = peek(in, st->size, &r, sizeof(r));
		if (n == -1)
			return (unread(why, len));
		fault = NULL;
		if ((size_t)n == sizeof(r)) {
			fault = record_fault(&r, st->snaplen);
			if (fault == NULL &&
			    size - st->size >= (off_t)(sizeof(r) + r.caplen)) {
				st->size += (off_t)(sizeof(r) + r.caplen);
				st->records++;
				continue;
			}
		}
		if (fault != NULL)
			snprintf(why, len, "record %" PRIu64 ", at byte %jd, %s",
			    st->records + 1, (intmax_t)st->size, fault);
		else
			snprintf(why, len, "it ends in the midst of record %" PRIu64
			    ", which begins at byte %jd", st->records + 1,
			    (intmax_t)st->size);
		return (FILE_BAD);
	}
	return (FILE_WHOLE);
}

enum file_verdict
file_check(int fd, struct file_state *st, char *why, size_t len)
{
	static struct reader	 in;
	struct file_header	 h;
	const char		*fault;
	struct stat		 sb;
	ssize_t			 n;

	memset(st, 0, sizeof(*st));
	why[0] = '\0';
	if (fstat(fd, &sb) == -1)
		return (unread(why, len));
	if (!S_ISREG(sb.st_mode)) {
		snprintf(why, len, "it is not a regular file");
		return (FILE_UNREAD);
	}
	if (sb.st_size == 0)
		return (FILE_EMPTY);
	in.fd = fd;
	in.at = 0;
	in.have = 0;
	n = peek(&in, 0, &h, sizeof(h));
	if (n == -1)
		return (unread(why, len));
	if ((size_t)n < sizeof(h)) {
		snprintf(why, len, "it ends in the midst of its header");
		return (FILE_BAD);
	}
	fault = header_fault(&h);
	if (fault != NULL) {
		snprintf(why, len, "%s", fault);
		return (FILE_BAD);
	}
	st->snaplen = h.snaplen;
	st->size = sizeof(h);
	return (check_records(&in, sb.st_size, st, why, len));
}

/*
 * Writing one
 */

bool
file_init(struct file_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->fd = -1;
	w->snaplen = FILE_SNAPLEN_MAX;
	w->buf = malloc(FILE_BUFFER);
	return (w->buf != NULL);
}

/* What waits in the buffer is cut to the file's snaplen. */
static void
trim(struct file_writer *w)
{
	struct file_record	r;
	size_t			from = 0, to = 0, size;

	while (from < w->used) {
		memcpy(&r, w->buf + from, sizeof(r));
		size = sizeof(r) + r.caplen;
		if (r.caplen > w->snaplen)
			r.caplen = w->snaplen;
		memmove(w->buf + to + sizeof(r), w->buf + from + sizeof(r), r.caplen);
		memcpy(w->buf + to, &r, sizeof(r));
		from += size;
		to += sizeof(r) + r.caplen;
	}
	w->used = to;
}

void
file_take(struct file_writer *w, int fd, const struct file_state *st, uint32_t snaplen)
{
	w->fd = fd;
	w->end = st->size;
	w->snaplen = st->size == 0 ? snaplen : st->snaplen;
	w->error = 0;
	trim(w);
}

void
file_drop(struct file_writer *w)
{
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	w->end = 0;
}

/* The record that begins there in the buffer, where there is one. */
static size_t
record_size(const struct file_writer *w, size_t at)
{
	struct file_record	r;

	memcpy(&r, w->buf + at, sizeof(r));
	return (sizeof(r) + r.caplen);
}

/* Of the first n bytes of the buffer, those of whole records; and the number of these. */
static size_t
whole(const struct file_writer *w, size_t n, uint64_t *records)
{
	size_t	at = 0, size;

	*records = 0;
	while (at < n) {
		size = record_size(w, at);
		if (size > n - at)
			break;
		at += size;
		(*records)++;
	}
	return (at);
}

/* How many bytes were written there; less than len: w->error says why. */
static size_t
put(struct file_writer *w, const void *data, size_t len)
{
	const uint8_t	*p = data;
	size_t		 done = 0;
	ssize_t		 n;

	while (done < len) {
		n = pwrite(w->fd, p + done, len - done, w->end + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->error = n == 0 ? ENOSPC : errno;
			break;
		}
		done += (size_t)n;
	}
	return (done);
}

/* The file ends behind its last whole record again. */
static enum file_flushed
cut(struct file_writer *w)
{
	int	error;

	do
		error = ftruncate(w->fd, w->end) == -1 ? errno : 0;
	while (error == EINTR);
	if (error == 0)
		return (FILE_FULL);
	w->error = error;
	return (FILE_CHANGED);
}

static enum file_flushed
put_header(struct file_writer *w)
{
	struct file_header	h;

	memset(&h, 0, sizeof(h));
	h.magic = FILE_MAGIC;
	h.major = 2;
	h.minor = 4;
	h.snaplen = w->snaplen;
	h.linktype = FILTER_LINKTYPE;
	if (put(w, &h, sizeof(h)) != sizeof(h))
		return (cut(w));
	w->end = sizeof(h);
	return (FILE_DONE);
}

/*
 * Is it as we left it, and has a name?  Who cuts it to nothing after copying it, say, has
 * changed it.
 */
static bool
as_left(struct file_writer *w)
{
	struct stat	sb;

	if (fstat(w->fd, &sb) == -1)
		w->error = errno;
	else if (sb.st_nlink == 0)
		w->error = ENOENT;
	else if (sb.st_size != w->end)
		w->error = ESTALE;
	else
		return (true);
	return (false);
}

enum file_flushed
file_flush(struct file_writer *w)
{
	enum file_flushed	how = FILE_DONE;
	uint64_t		records;
	size_t			n, done;

	if (w->fd == -1)
		return (w->used == 0 ? FILE_DONE : FILE_FULL);
	w->error = 0;
	if (!as_left(w))
		return (FILE_CHANGED);
	if (w->end == 0) {
		how = put_header(w);
		if (how != FILE_DONE)
			return (how);
	}
	if (w->used == 0)
		return (FILE_DONE);
	n = put(w, w->buf, w->used);
	done = whole(w, n, &records);
	w->end += (off_t)done;
	w->written += records;
	if (n > done || n < w->used)
		how = cut(w);
	w->used -= done;
	memmove(w->buf, w->buf + done, w->used);
	return (how);
}

/*
 * While there is no room, nothing is flushed for it: the caller tries again after a while,
 * and a disk that is full is not asked for each packet.
 */
enum file_flushed
file_add(struct file_writer *w, const struct timeval *tv, const void *data,
    uint32_t caplen, uint32_t len)
{
	enum file_flushed	how = FILE_DONE;
	struct file_record	r;

	if (caplen > w->snaplen)
		caplen = w->snaplen;
	if (caplen < PFLOG_HDRLEN || caplen > len) {
		w->lost++;
		return (how);
	}
	if (FILE_BUFFER - w->used < sizeof(r) + caplen) {
		if (w->error == 0)
			how = file_flush(w);
		if (FILE_BUFFER - w->used < sizeof(r) + caplen) {
			w->lost++;
			return (how);
		}
	}
	r.sec = (uint32_t)tv->tv_sec;
	r.usec = (uint32_t)tv->tv_usec;
	r.caplen = caplen;
	r.len = len;
	memcpy(w->buf + w->used, &r, sizeof(r));
	memcpy(w->buf + w->used + sizeof(r), data, caplen);
	w->used += sizeof(r) + caplen;
	return (how);
}

uint64_t
file_forget(struct file_writer *w)
{
	uint64_t	records;

	whole(w, w->used, &records);
	w->lost += records;
	w->used = 0;
	return (records);
}
