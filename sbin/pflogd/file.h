/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * file.h: the log file: looked through, and written record by record
 *
 * A log file is a pcap file (link type 117, microseconds, this machine's byte order) whose
 * records each begin with a whole struct pfloghdr.
 */
#ifndef _PFLOGD_FILE_H_
#define _PFLOGD_FILE_H_

#include <sys/time.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_MAGIC		0xa1b2c3d4u
#define FILE_SNAPLEN_MAX	65535
#define FILE_BUFFER		(256 * 1024)

/* As they are in the file. */
struct file_header {
	uint32_t	magic;
	uint16_t	major, minor;		/* 2, 4 */
	int32_t		zone;
	uint32_t	sigfigs, snaplen, linktype;
};

struct file_record {
	uint32_t	sec, usec;
	uint32_t	caplen;			/* bytes that follow */
	uint32_t	len;			/* bytes that there were */
};

struct file_state {
	uint64_t	records;
	off_t		size;
	uint32_t	snaplen;
};

enum file_verdict {
	FILE_WHOLE,
	FILE_EMPTY,
	FILE_BAD,				/* why says what is wrong with it */
	FILE_UNREAD				/* why says why it cannot be read */
};

/*
 * Look through all of a file, which is only read.  What was found before the fault
 * is in the state whatever the verdict.
 */
enum file_verdict file_check(int fd, struct file_state *, char *why, size_t len);

/*
 * What is to be written, and where to.  Records wait in the buffer; the file ends at `end'
 * with a whole record whenever a call has returned.
 */
struct file_writer {
	int		 fd;			/* -1: there is none now */
	off_t		 end;
	uint32_t	 snaplen;		/* of the file */
	uint8_t		*buf;			/* FILE_BUFFER bytes */
	size_t		 used;
	uint64_t	 written, lost;		/* records */
	int		 error;			/* of the last flush, or 0 */
};

enum file_flushed {
	FILE_DONE,				/* nothing is left in the buffer */
	FILE_FULL,				/* some is: error says why; try again */
	FILE_CHANGED				/* somebody else has changed the file, or it */
						/* cannot be cut: it is to be opened again */
};

/* False: there is no memory. */
bool	file_init(struct file_writer *);
/*
 * From now on write to this descriptor, behind what is there (state: of file_check()).  An
 * empty file gets its header, with this snaplen, with the next flush.
 */
void	file_take(struct file_writer *, int fd, const struct file_state *, uint32_t snaplen);
/* No file from now on; the caller has flushed.  Closes it. */
void	file_drop(struct file_writer *);
/*
 * A record of caplen bytes out of len; it is cut to the file's snaplen.  When it finds no room
 * in the buffer that is flushed, and what is returned is how that went.
 */
enum file_flushed file_add(struct file_writer *, const struct timeval *,
	    const void *, uint32_t caplen, uint32_t len);
enum file_flushed file_flush(struct file_writer *);
/* What is in the buffer is given up and counted as lost; returns how many. */
uint64_t file_forget(struct file_writer *);

#endif /* _PFLOGD_FILE_H_ */
