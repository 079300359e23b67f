// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * sandbox.c: what the two processes of pflogd give up
 *
 * The child becomes a user that owns nothing, in an empty directory, can never gain a
 * privilege again, and may ask the kernel only for what is on a short list; another call is
 * its end.  The parent keeps two capabilities: packet sockets, and files in directories of
 * other users.
 *
 * Owns nothing.  One thread.
 */
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pflogd.h"

static const char *const roots[] = { "/var/empty", "/run/pflogd" };

/* Nobody but root can write there, and nothing is in it. */
static bool
usable(const char *path)
{
	struct dirent	*e;
	struct stat	 sb;
	DIR		*d;
	bool		 empty = true;

	if (lstat(path, &sb) == -1 || !S_ISDIR(sb.st_mode) || sb.st_uid != 0 ||
	    (sb.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return (false);
	d = opendir(path);
	if (d == NULL)
		return (false);
	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return (empty);
}

bool
sandbox_choose(struct sandbox *sb)
{
	const struct passwd	*pw = getpwnam("_pflogd");

	if (pw == NULL)
		pw = getpwnam("nobody");
	if (pw == NULL || pw->pw_uid == 0 || pw->pw_gid == 0) {
		say(LOG_ERR, "there is neither a user _pflogd nor a user nobody");
		return (false);
	}
	sb->uid = pw->pw_uid;
	sb->gid = pw->pw_gid;
	sb->root = roots[0];
	if (usable(sb->root))
		return (true);
	sb->root = roots[1];
	if (mkdir(sb->root, 0755) == -1 && errno != EEXIST) {
		say(LOG_ERR, "cannot make %s: %s", sb->root, strerror(errno));
		return (false);
	}
	if (usable(sb->root))
		return (true);
	say(LOG_ERR, "neither %s nor %s is an empty directory in which only root can write",
	    roots[0], roots[1]);
	return (false);
}

bool
sandbox_parent(void)
{
	static const unsigned int	 kept[] = { CAP_NET_RAW, CAP_DAC_OVERRIDE };
	struct __user_cap_header_struct	 h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2], had[2];
	uint32_t			 mask[2] = { 0, 0 };
	unsigned int			 i;

	for (i = 0; i < NITEMS(kept); i++)
		mask[kept[i] / 32] |= 1U << kept[i] % 32;
	if (syscall(SYS_capget, &h, had) == -1)
		goto no;
	memset(d, 0, sizeof(d));
	for (i = 0; i < 2; i++)
		d[i].effective = d[i].permitted = had[i].permitted & mask[i];
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || syscall(SYS_capset, &h, d) == -1)
		goto no;
	return (true);
no:
	say(LOG_ERR, "cannot give up privileges: %s", strerror(errno));
	return (false);
}

bool
sandbox_enter(const struct sandbox *sb)
{
	static const struct rlimit	none = { 0, 0 };

	if (sb != NULL && (chroot(sb->root) == -1 || chdir("/") == -1 ||
	    setgroups(0, NULL) == -1 || setresgid(sb->gid, sb->gid, sb->gid) == -1 ||
	    setresuid(sb->uid, sb->uid, sb->uid) == -1)) {
		say(LOG_ERR, "cannot become another user in %s: %s", sb->root,
		    strerror(errno));
		return (false);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1 || setrlimit(RLIMIT_CORE, &none) == -1) {
		say(LOG_ERR, "cannot give up privileges: %s", strerror(errno));
		return (false);
	}
	return (true);
}

/*
 * By name, as not every machine has all: which of them the C library calls for one function
 * differs from one to the other.
 */
static const char *const allowed[] = {
	"poll", "ppoll", "ppoll_time64", "recvmsg", "pread64", "pwrite64", "ftruncate",
	"ftruncate64", "fstat", "fstat64", "newfstatat", "fstatat64", "statx", "close",
	"clock_gettime", "clock_gettime64", "restart_syscall", "rt_sigreturn", "exit_group",
};

bool
sandbox_lock(int control)
{
	scmp_filter_ctx	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	unsigned int	i;
	int		nr, error = ctx == NULL ? -ENOMEM : 0;

	for (i = 0; error == 0 && i < NITEMS(allowed); i++) {
		nr = seccomp_syscall_resolve_name(allowed[i]);
		if (nr >= 0)
			error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	/* it tells its parent things, and sends no records */
	if (error == 0 && control != -1)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)control));
	else if (error == 0)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		    SCMP_A0(SCMP_CMP_LE, STDERR_FILENO));
	if (error == 0)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
		    SCMP_A1(SCMP_CMP_EQ, SOL_PACKET),
		    SCMP_A2(SCMP_CMP_EQ, PACKET_STATISTICS));
	if (error == 0)
		error = seccomp_load(ctx);
	seccomp_release(ctx);
	errno = -error;
	return (error == 0);
}
