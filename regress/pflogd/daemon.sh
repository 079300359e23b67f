#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# daemon.sh: the whole of pflogd, where a veth device stands for pflog0.  Run in a network and
# a mount namespace of its own (run).  A line for each check, and `the end' at the end.
# What must come is waited for; nothing depends on how long that takes.
set -u
cd "$(dirname "$(readlink -f "$0")")" || exit 1
pflogd=$PWD/../../sbin/pflogd/pflogd-veth
inject=$PWD/obj/inject
W=$(mktemp -d)
mount -t tmpfs none /run && mkdir "$W/d" || exit 1
log=$W/d/log daemon=
trap '[ -z "$daemon" ] || kill -9 $daemon; umount "$W/small" 2>/dev/null; rm -rf "$W"' EXIT

ok() { echo "ok   daemon: $*"; }
bad() { echo "FAIL daemon: $*"; [ ! -s "$W/said" ] || sed 's/^/  | /' "$W/said"; }
is() { # WHAT WANT GOT
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: want '$2', got '$3'"; fi
}
holds() { # WHAT COMMAND...
	if "${@:2}" > /dev/null 2>&1; then ok "$1"; else bad "$1"; fi
}
waits() { # WHAT COMMAND...: until it succeeds
	local n=0

	until "${@:2}" > /dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 600 ] || { bad "$1"; return; }
		sleep 0.05
	done
	ok "$1"
}
device() {
	ip link add pflog0 type veth peer name other
	sysctl -qw net.ipv6.conf.pflog0.disable_ipv6=1 net.ipv6.conf.other.disable_ipv6=1
	ip link set other up
	ip link set pflog0 up
}
# begin [OPTION...]: in the foreground, what it says in $W/said
begin() {
	rm -f "$W/pid"
	"$pflogd" -D -f "$log" -p "$W/pid" "$@" > "$W/said" 2>&1 &
	daemon=$!
	waits "it begins${*:+: $*}" test -s "$W/pid"
	waits 'it has the device' has_device
}
child() { pgrep -P "$daemon"; }
has_device() { [ "$(ls -l "/proc/$(child)/fd" | grep -c ' -> socket:')" = 2 ]; }
said() { grep -qE "$1" "$W/said"; }
finish() { # the file is closed then
	kill "$daemon"
	wait "$daemon"
	is 'it ends' 0 $?
	daemon=
}
# numbers FILE...: of the records in them
numbers() {
	local f

	for f; do
		tcpdump -nr "$f" 2>/dev/null | sed -n 's/.* \(192.0.2\|2001:db8:\)[^ ]*\.\([0-9]*\) > .*/\2/p'
	done
}
count() { numbers "$1" | wc -l; }
has() { [ "$(count "$log")" = "$1" ]; }
checks() { "$pflogd" -x -f "$1"; }
# flushed N: it has so many records when it was asked to flush
flushed() { kill -ALRM "$daemon"; has "$1"; }
refused() { # WHAT TEXT ARGUMENT...: one line, status 1
	"$pflogd" "${@:3}" > "$W/said" 2>&1
	is "$1: status" 1 $?
	is "$1: one line" 1 "$(wc -l < "$W/said")"
	holds "$1: it says why" said "$2"
}
device

# --- what cannot be -----------------------------------------------------------------
refused 'an expression' 'the expression "foo bar": .*syntax error' -D -f "$log" foo bar
refused 'no pflog device' 'lo is not a pflog device' -D -f "$log" -i lo
refused 'a short delay' 'from 5 to 3600: 4' -d 4
refused 'no delay' 'from 5 to 3600: 60s' -d 60s
refused 'a long snaplen' 'from 64 to 65535: 65536' -s 65536
refused 'no directory' 'cannot open /nowhere/log: No such file' -D -f /nowhere/log
refused 'no directory, in the background' 'cannot open /nowhere/log' -f /nowhere/log
refused 'no file' 'cannot open /dev: Is a directory' -D -f /dev
refused 'a device' '/dev/null is not a regular file' -D -f /dev/null
ln -s "$W/d/x" "$W/link"
refused 'a link' 'it is a symbolic link' -D -f "$W/link"
refused 'nothing to look through' 'No such file' -x -f "$W/none"
"$pflogd" -z > "$W/said" 2>&1
is 'an option that there is not: status' 1 $?
is 'none of them has made a file' '' "$(ls "$W/d")"

# --- who it is --------------------------------------------------------------------------
begin
status=/proc/$(child)/status
is 'the child is not root' 4 "$(awk '/^[UG]id:/ { for (i = 2; i < 6; i++) n += $i > 0 }
    END { print n / 2 }' "$status")"
is 'it is in no group' 0 "$(awk '/^Groups:/ { print NF - 1 }' "$status")"
is 'it has no capability' 0000000000000000 "$(awk '/^CapPrm:/ { print $2 }' "$status")"
is 'and gains none' 1 "$(awk '/^NoNewPrivs:/ { print $2 }' "$status")"
is 'its calls are restricted' 2 "$(awk '/^Seccomp:/ { print $2 }' "$status")"
root=$(readlink "/proc/$(child)/root")
like='^/var/empty$|^/run/pflogd$'
holds 'it is in an empty directory' test -z "$(ls -A "$root")"
is 'which is one of two' 1 "$([[ $root =~ $like ]] && echo 1)"
is 'descriptors' 6 "$(ls "/proc/$(child)/fd" | wc -l)"
is 'the parent keeps two capabilities' 0000000000002002 \
    "$(awk '/^CapPrm:/ { print $2 }' "/proc/$daemon/status")"
is 'the file is for root alone' 600 "$(stat -c %a "$log")"
refused 'another one on the same file' 'another program writes to' -D -f "$log"

# --- records -------------------------------------------------------------------------------
"$inject" pflog0 1001 100
waits 'a flush writes what has come' flushed 100
is 'all, in order' "$(seq 1001 1100)" "$(numbers "$log")"
is 'as tcpdump says it' 'rule 3/0(match): block in on eth0: 192.0.2.1.1002 > 192.0.2.2.4000: UDP, length 0' \
    "$(tcpdump -ner "$log" 2>/dev/null | sed -n '2s/^[^ ]* //p')"
"$inject" pflog0 1101 10 1000
waits 'long ones' flushed 110
is 'are cut, and their length is known' 10 "$(tcpdump -nvr "$log" 2>/dev/null | wc -l > /dev/null
    od -An -v -tu4 -w4 "$log" | awk '{ w[NR] = $1 } END { at = 7; while (at <= NR) { n += w[at + 2] == 160 && \
    w[at + 3] == 1000; at += 4 + w[at + 2] / 4 }; print n }')"
kill -USR1 "$daemon"
waits 'statistics' said '110 records received, 0 dropped by the kernel, 110 written, 0 could not'
holds 'the file is whole' checks "$log"

# --- rotation ----------------------------------------------------------------------------------
for i in 1 2 3 4; do
	"$inject" pflog0 $((2000 * i)) 2000 &
	mv "$log" "$W/d/old.$i"
	kill -HUP "$daemon"
	waits "a new file, $i" test -s "$log"
	wait $!
done
finish
holds 'statistics' said ' 0 could not be written'
for i in 1 2 3 4; do holds "whole, $i" checks "$W/d/old.$i"; done
numbers "$W"/d/old.? "$log" | tail -n +111 > "$W/numbers"
read -r _ received _ _ dropped _ <<< "$(tail -n 1 "$W/said")"
is 'what has come is in one file, in order' "$((received - 110))" "$(sort -nu "$W/numbers" | wc -l)"
holds 'in order' sort -nc "$W/numbers"
is 'and the kernel has dropped the rest' 8110 $((received + dropped))
rm -f "$W"/d/*

# --- files that are there ---------------------------------------------------------------------------
begin
"$inject" pflog0 1 10
waits 'ten' flushed 10
finish
begin
"$inject" pflog0 11 10
waits 'it is continued' flushed 20
finish
cp "$log" "$W/good"
truncate -s -1 "$log"
refused 'a torn one' 'it ends in the midst of record 20, .* \(19 records before' -x -f "$log"
begin
holds 'it is not continued' said 'is not continued, and is now .*/log.bad.[0-9a-f]{8}: it ends in the midst'
is 'it is put aside' $(($(stat -c %s "$W/good") - 1)) "$(stat -c %s "$W"/d/log.bad.*)"
"$inject" pflog0 21 2
waits 'there is a new one' flushed 2
finish
rm "$W"/d/*
echo 'a text, and no log file at all' > "$log"
begin
holds 'neither is a text' said 'is not continued.*it is not a pcap file'
is 'and not changed' 'a text, and no log file at all' "$(cat "$W"/d/log.bad.*)"
finish
rm "$W"/d/*
cp "$W/good" "$log"
begin -s 120
holds 'neither is one with a longer snaplen' said 'its snaplen is 160, and ours is 120'
"$inject" pflog0 1 2 500
waits 'records are shorter' flushed 2
finish
rm "$W"/d/*.bad.*
begin -s 200
holds 'one with a shorter snaplen is' said 'records are cut to 120 bytes'
"$inject" pflog0 3 2 500
waits 'its snaplen counts' flushed 4
is 'its size' $((24 + 4 * 136)) "$(stat -c %s "$log")"
rm "$log"
kill -HUP "$daemon"
"$inject" pflog0 5 1 500
waits 'and not for the next one' flushed 1
is 'its size' $((24 + 216)) "$(stat -c %s "$log")"
cp "$log" "$W/copy"
: > "$log"
"$inject" pflog0 6 2 500
waits 'who cuts the file' flushed 2
holds 'is not in the way' checks "$log"
holds 'and told' said 'somebody else has changed its size'
finish

# --- a disk that is full ----------------------------------------------------------------------------
mkdir "$W/small"
mount -t tmpfs -o size=64k none "$W/small"
log=$W/small/log
begin
"$inject" pflog0 1 1000
kill -ALRM "$daemon"
waits 'it says that the disk is full' said 'cannot write to .*: No space left on device'
holds 'the file is whole' checks "$log"
n=$(count "$log")
is 'with what there was room for' 1 "$([ "$n" -gt 300 ] && [ "$n" -lt 700 ] && echo 1)"
mount -o remount,size=10m "$W/small"
waits 'all is written when there is room' has 1000
waits 'which it says' said 'there is room again; 0 records were lost'
is 'in order' "$(seq 1000)" "$(numbers "$log")"
finish
log=$W/d/log

# --- the device goes ----------------------------------------------------------------------------------
begin
"$inject" pflog0 1 5
waits 'five' flushed 5
ip link del pflog0
waits 'it says that the device is gone' said 'pflog0 is not there, or is down: waiting'
device
waits 'and that it is back' said 'pflog0 is there'
waits 'it has it' has_device
"$inject" pflog0 6 5
waits 'it goes on' flushed 10
ip link set pflog0 down
ip link set pflog0 up
waits 'and after it was down' test "$(grep -c 'pflog0 is there' "$W/said")" -ge 1
waits 'it has it' has_device
is 'the same file' "$(seq 10)" "$(numbers "$log")"
finish
holds 'each was said once' test "$(grep -c 'waiting for it' "$W/said")" -le 2
ip link del pflog0
rm -f "$log" "$W/pid"
"$pflogd" -D -f "$log" -p "$W/pid" > "$W/said" 2>&1 &
daemon=$!
waits 'it begins without a device' test -s "$W/pid"
device
waits 'and finds it later' has_device
finish

# --- expressions ------------------------------------------------------------------------------------------
rm -f "$log"
begin ip6 and udp
"$inject" pflog0 1 10
waits 'IPv6 alone' flushed 5
is 'are the odd ones' '1 3 5 7 9' "$(numbers "$log" | xargs)"
finish
rm -f "$log"
begin host 192.0.2.1 and not port 4
"$inject" pflog0 1 10
waits 'IPv4 alone' flushed 4
is 'and one is not wanted' '2 6 8 10' "$(numbers "$log" | xargs)"

# --- ends ------------------------------------------------------------------------------------------------
kill -SYS "$(child)"
wait "$daemon"
is 'when the child is killed, so is it' 1 $?
daemon=
holds 'and says so' said 'ended by signal 31 .*it has asked the kernel for what it may not'
is 'its number is gone' '' "$(ls "$W/pid" 2>/dev/null)"
rm -f "$log"
(cd "$W/d" && "$pflogd" -f log -p pid) > "$W/said" 2>&1
is 'in the background' 0 $?
is 'without a word' '' "$(cat "$W/said")"
daemon=$(cat "$W/d/pid")
waits 'it has the device' has_device
"$inject" pflog0 1 3
waits 'it writes' flushed 3
killed=$(child)
kill -9 "$daemon"
waits 'without its parent the child ends' eval "! kill -0 $killed"
daemon=
holds 'and the file is whole' checks "$log"
echo 'the end'
