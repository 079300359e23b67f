#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# A peer's test suite for pfctl, if it is there: what it loads into the kernel, and what
# is shown of it (../shared/conformance/run; what needs no kernel runs regress/conformance).
# Only on 6.1.
# It takes long.
. "$(dirname "$0")/lib.sh"
suite=$VM_TREE/../shared/conformance/run
net_up
expect 'nothing is loaded' fw pfctl -q -F all
if [ ! -x "$suite" ]; then
	echo '../shared/conformance is not present: its suite is not run'
	exit
fi
# (with the system's own programs, but for those that it calls all the time)
mkdir "$W/bin"
for p in cat cmp cp cut grep sed sort timeout; do ln -s "$(type -P $p)" "$W/bin"; done
# with the users and groups that it takes for granted
{ grep -v '^bin:' /etc/passwd; echo 'bin:*:3:7::/:/usr/sbin/nologin'; } > "$W/passwd"
{ grep -vE '^(bin|wheel|sshd):' /etc/group; printf 'bin:*:7:\nwheel:*:0:\nsshd:*:27:\n'; } > "$W/group"

# judge CLASS [NAME ...]: those named need what is not supported yet
judge() {
	local before=$failed

	unshare -m --propagation private bash -c 'mount --bind "$0/passwd" /etc/passwd &&
	    mount --bind "$0/group" /etc/group && PATH=$0/bin:${PATH#*:} exec "$@"' "$W" \
	    "$suite" -v -k "$1" "$VM_TREE/sbin/pfctl/pfctl-static" > "$W/said" 2>&1
	is "conformance, $1: these fail" "${*:2}" "$(sed -n "s/^$1: .*; failed: //p" "$W/said")"
	like 'the others pass' '^conformance: [1-9][0-9]* passed' "$(tail -n 1 "$W/said")"
	tail -n 1 "$W/said"
	[ "$failed" -eq "$before" ] || cut -c 1-120 "$W/said"
}
judge pfr
# queues
judge pfload pf33 pf35 pf43
judge pfoptimize
