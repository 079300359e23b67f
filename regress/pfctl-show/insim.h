/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * insim.h: what the tests of pfctl on an instance in the process share: checks, a
 * program that has the instance open, and what it shows as text.
 *
 * Included once by each test, which is one file and one thread.
 */
#ifndef _INSIM_H_
#define _INSIM_H_

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pfctl.h"
#include "program.h"

static int	checks, failures;

#define CHECK(cond)	check((cond), #cond, __func__, __LINE__)

static void
check(bool ok, const char *what, const char *func, int line)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("%s:%d: not so: %s\n", func, line, what);
}

/* What a show function prints, in buf; -1 if it failed. */
static int
text_of(int (*show)(struct pf_dev *, struct ctl_show *), struct pf_dev *dev,
    int verbose, const char *ifname, char *buf, size_t size)
{
	struct ctl_show sh;
	int rv;

	memset(&sh, 0, sizeof(sh));
	memset(buf, 0, size);
	if ((sh.out = fmemopen(buf, size, "w")) == NULL)
		abort();
	sh.verbose = verbose;
	sh.ifname = ifname;
	sh.anchor = "";
	rv = show(dev, &sh);
	fclose(sh.out);
	osfp_free(sh.osfp);
	return (rv);
}

static bool
has(const char *text, const char *line)
{
	if (strstr(text, line) != NULL)
		return (true);
	printf("no \"%s\" in:\n%s", line, text);
	return (false);
}

#endif /* _INSIM_H_ */
