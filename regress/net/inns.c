// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * inns FILE COMMAND [ARGUMENT ...]: runs the command in the network namespace of that
 * file; see lib.sh.
 *
 * Linked statically: under emulation a dynamic linker takes longer than all the rest.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int fd;

	if (argc < 3)
		errx(127, "usage: inns file command [argument ...]");
	if ((fd = open(argv[1], O_RDONLY | O_CLOEXEC)) == -1 ||
	    setns(fd, CLONE_NEWNET) == -1)
		err(126, "%s", argv[1]);
	execvp(argv[2], argv + 2);
	err(errno == ENOENT ? 127 : 126, "%s", argv[2]);
}
