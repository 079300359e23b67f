/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pflogd.h: the two processes of pflogd, and what they tell each other
 *
 * The parent is root, and touches nothing that comes from a packet or stands in a file: it
 * opens the device and the file, renames the latter, and hands their descriptors to the
 * child.  The child, which nobody else is and which can open nothing, reads records, looks
 * through files and writes them.
 */
#ifndef _PFLOGD_H_
#define _PFLOGD_H_

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

#ifndef NITEMS
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#define WHY_SIZE	512

struct config {
	const char	*file;			/* -f */
	const char	*ifname;		/* -i */
	const char	*pidfile;		/* -p, or NULL */
	unsigned int	 delay;			/* -d, seconds */
	unsigned int	 snaplen;		/* -s */
	bool		 foreground;		/* -D */
	bool		 check;			/* -x */
	struct bpf_program program;		/* of the expression */
	int		 ready;			/* who has started us waits here, or -1 */
};

/*
 * Messages (message.c)
 *
 * They go through a SOCK_SEQPACKET socketpair, each whole.
 */
enum message_type {
	/* of the child */
	MESSAGE_READY,				/* the first file and device are in use */
	MESSAGE_WANT_FILE,			/* it has none now */
	MESSAGE_WANT_DEVICE,
	MESSAGE_BAD_FILE,			/* text: why; it is to be put aside */
	MESSAGE_SAY,				/* text; value: a level of syslog */
	/* of the parent */
	MESSAGE_FILE,				/* with the descriptor */
	MESSAGE_DEVICE,
	MESSAGE_REOPEN,				/* end the file and want another one */
	MESSAGE_FLUSH,
	MESSAGE_STATISTICS,
	MESSAGE_END,
	MESSAGE_MAX
};

struct message {
	uint32_t	type;
	uint32_t	value;
	char		text[WHY_SIZE];
};

/* fd: goes with it, or -1.  False: errno says why; EAGAIN if it would wait and may not. */
bool	message_send(int s, enum message_type, uint32_t value, const char *text, int fd,
	    bool wait);
/*
 * 1: there is one, with a descriptor or -1 in *fd; 0: the other side has gone; -1: there is
 * none now.  What is no message ends as one of the type MESSAGE_MAX.
 */
int	message_receive(int s, struct message *, int *fd);

/*
 * Messages for people go to standard error until log_detach(), and to syslog from log_open()
 * on (message.c).
 */
void	log_open(void);
void	log_detach(void);
void	say(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The device (device.c): its index; 0: there is none, or it is down; -1: it is no pflog. */
int	device_find(const char *name);
/* A socket that has the filter, for good, and gets the device's records; or -1, and errno. */
int	device_open(int index, const struct bpf_program *);

/* What the child gives up (sandbox.c). */
struct sandbox {
	uid_t		 uid;
	gid_t		 gid;
	const char	*root;			/* an empty directory */
};
/* Whom the child is to be, and where; false: it was said why not. */
bool	sandbox_choose(struct sandbox *);
/* Keep what the parent needs. */
bool	sandbox_parent(void);
/* sb: NULL without a privilege to give up.  False: it was said why not. */
bool	sandbox_enter(const struct sandbox *);
/*
 * From here on only what is on a short list can be asked of the kernel; control: our end of the
 * socketpair, or -1: standard output and error may be written to.  False: errno says why.
 */
bool	sandbox_lock(int control);

int	parent_run(struct config *);
int	child_run(const struct config *, const struct sandbox *, int control)
	    __attribute__((noreturn));
/* The log file, opened and locked; *made: it was not there.  -1: it is said in why. */
int	parent_open(const char *file, bool *made, char *why);

#endif /* _PFLOGD_H_ */
