// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_sandbox.c: calls that end a process in the sandbox, the filter that none can take off,
 * and messages that are none
 *
 * In a network namespace of its own, with its loopback device.
 */
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "pflogd.h"
#include "records.h"

static int	control[2], other[2];

/* What a process does in the sandbox; it then ends with status 7. */
static void bad_receive(void) { (void)!recv(control[1], NULL, 0, 0); }
static void
good_send(void)
{
	message_send(control[1], MESSAGE_SAY, 0, "text", -1, true);
}
static void bad_send(void) { message_send(other[1], MESSAGE_SAY, 0, "text", -1, true); }
static void bad_open(void) { (void)!open("/dev/null", O_RDONLY); }
static void bad_socket(void) { (void)!socket(AF_INET, SOCK_DGRAM, 0); }
static void bad_write(void) { (void)!write(2, "x", 1); }
static void bad_kill(void) { kill(getppid(), 0); }
static void
bad_option(void)
{
	int		one;
	socklen_t	len = sizeof(one);

	getsockopt(control[1], SOL_SOCKET, SO_TYPE, &one, &len);
}
static void
good_option(void)
{
	struct tpacket_stats	st;
	socklen_t		len = sizeof(st);

	getsockopt(control[1], SOL_PACKET, PACKET_STATISTICS, &st, &len);
}
static void
good_receive(void)
{
	struct message	m;
	int		fd;

	message_receive(control[1], &m, &fd);
}

static int
end_of(void (*what)(void))
{
	int	status;
	pid_t	pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (!sandbox_enter(NULL) || !sandbox_lock(control[1]))
			_exit(1);
		what();
		syscall(SYS_exit_group, 7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
}

static void
calls(void **state)
{
	void	(*const good[])(void) = { good_send, good_option, good_receive };
	void	(*const bad[])(void) = { bad_receive, bad_send, bad_open, bad_socket, bad_write,
		    bad_kill, bad_option };
	size_t	i;

	(void)state;
	for (i = 0; i < NITEMS(good); i++)
		assert_int_equal(end_of(good[i]), 7);
	for (i = 0; i < NITEMS(bad); i++)
		assert_int_equal(end_of(bad[i]), -SIGSYS);
}

static void
filter_locked(void **state)
{
	struct sock_filter	all = BPF_STMT(BPF_RET | BPF_K, 65535);
	struct sock_fprog	fprog = { 1, &all };
	struct bpf_program	f;
	char			why[512];
	int			s, off = 0;

	(void)state;
	assert_true(filter_compile("ip6", 160, &f, why, sizeof(why)));
	s = device_open((int)if_nametoindex("lo"), &f);
	assert_int_not_equal(s, -1);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &off, sizeof(off)), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)), -1);
	close(s);
	assert_int_equal(device_open(77, &f), -1);
	pcap_freecode(&f);
}

static void
devices(void **state)
{
	(void)state;
	assert_int_equal(device_find("lo"), -1);
	assert_int_equal(device_find("pflog77"), 0);
}

static void
messages(void **state)
{
	struct message	m = { .type = MESSAGE_MAX + 1 };
	int		fd, i;

	(void)state;
	while (message_receive(control[0], &m, &fd) == 1)	/* of the above */
		assert_string_equal(m.text, "text");
	assert_int_equal(message_receive(control[0], &m, &fd), -1);
	assert_true(message_send(control[1], MESSAGE_FILE, 5, "a\tb\n\200", 0, true));
	assert_int_equal(message_receive(control[0], &m, &fd), 1);
	assert_int_equal(m.type, MESSAGE_FILE);
	assert_int_equal(m.value, 5);
	assert_string_equal(m.text, "a?b??");
	assert_int_not_equal(fd, -1);
	close(fd);
	/* too short, too long, of no type */
	for (i = 1; i < 2000; i += i < 20 ? 1 : 400) {
		char	bytes[2000];

		memset(bytes, 0xee, sizeof(bytes));
		assert_int_equal(send(control[1], bytes, (size_t)i, 0), i);
		assert_int_equal(message_receive(control[0], &m, &fd), 1);
		assert_int_equal(m.type, MESSAGE_MAX);
		assert_int_equal(fd, -1);
		assert_true(strlen(m.text) < sizeof(m.text));
	}
	close(control[1]);
	assert_int_equal(message_receive(control[0], &m, &fd), 0);
}

static int
setup(void **state)
{
	(void)state;
	return (unshare(CLONE_NEWNET) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, other) != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls), cmocka_unit_test(filter_locked),
		cmocka_unit_test(devices), cmocka_unit_test(messages),
	};

	return (cmocka_run_group_tests(tests, setup, NULL));
}
