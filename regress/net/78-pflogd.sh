#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# pflogd on the device of pf: what rules log is in its file, IPv4 and IPv6, as stock tcpdump
# reads it; who reads and writes it; rotation while packets come; expressions; a device that
# goes and comes back.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
# (pflogd does not run where its child could not be restricted)
[ -e /proc/sys/kernel/seccomp ] || { ok 'this kernel has no seccomp'; exit; }
net_up
echo_server server udp/53 udp/54
log=$W/log

rules <<'XX1'
block log
pass in log on int0 proto udp to port 53 no state
pass out on ext0 no state
pass in on ext0 no state
pass out on int0 no state
XX1

# begin [OPTION...]: what it says is in $said
begin() {
	background fw pflogd -D -f "$log" -p "$W/pid" "$@"
	said=$bg_said daemon=$bg
	until_true test -s "$W/pid" || die "pflogd does not begin: $(< "$said")"
	# (inns becomes the program)
	until_true has_device || die "it has no device: $(< "$said")"
	child=$(child)
}
child() { ps -o pid= --ppid "$daemon" | tr -d ' '; }
has_device() { [ "$(ls -l "/proc/$(child)/fd" | grep -c ' -> socket:')" = 2 ]; }
finish_it() {
	end "$daemon"
	rm -f "$W/pid"
}
text() { tcpdump -ner "$1" 2>/dev/null; }
# flushed REGEX N: so many lines of the file match when it was asked to flush
flushed() {
	kill -ALRM "$daemon"
	[ "$(text "$log" | grep -cE "$1")" = "$2" ]
}
logged() { # WHAT REGEX N
	if until_true flushed "$2" "$3"; then ok "$1"; else
		fail "$1"
		note "$(text "$log")"
	fi
}

# --- records --------------------------------------------------------------------------
begin
answers 'open' client udp $S4 53
answers 'open' client udp $S6 53
answers 'timeout' client udp $S4 54
logged 'what was passed' "rule 1/0\(match\): pass in on int0: $C4\.[0-9]+ > $S4\.53:" 1
logged 'IPv6' "rule 1/0\(match\): pass in on int0: $C6\.[0-9]+ > $S6\.53:" 1
logged 'what was blocked' "rule 0/0\(match\): block in on int0: $C4\.[0-9]+ > $S4\.54:" 1
expect 'the file is whole' pflogd -x -f "$log"
kill -USR1 "$daemon"
expect 'statistics' until_true grep -q \
    '[0-9] records received, 0 dropped by the kernel, .* 0 could not be written' "$said"

# --- who it is ------------------------------------------------------------------------
status=$(< "/proc/$child/status")
like 'the child is nobody' '^Uid:.65534.65534.65534.65534' "$status"
like 'no group' '^Groups:[[:space:]]*$' "$status"
like 'no capability' '^CapPrm:.0000000000000000' "$status"
like 'none to gain' '^NoNewPrivs:.1' "$status"
like 'its calls are restricted' '^Seccomp:.2' "$status"
like 'an empty directory' '^(/var/empty|/run/pflogd)$' "$(readlink "/proc/$child/root")"
like 'the parent keeps two capabilities' '^CapPrm:.0000000000002002' \
    "$(< "/proc/$daemon/status")"

# --- rotation, while packets come ---------------------------------------------------------
background client sh -c "for i in \$(seq 1 60); do \"$NET/probe\" /run/netns/client udp $S4 \
    53/$patience 53/$patience > /dev/null || exit 1; done; echo sent all"
sender=$bg sender_said=$bg_said
for i in 1 2 3; do
	mv "$log" "$log.$i"
	kill -HUP "$daemon"
	until_true test -s "$log" || die "no new file: $(< "$said")"
done
until_true grep -q 'sent all' "$sender_said" || die "nothing more is sent: $(< "$sender_said")"
wait "$sender"
all() {
	kill -ALRM "$daemon"
	[ "$(for f in "$log"*; do text "$f"; done | grep -cE "pass in on int0: $C4\.")" = 121 ]
}
if until_true all; then ok 'each packet is in one file'; else
	fail 'each packet is in one file'
	for f in "$log"*; do note "$f: $(text "$f" | wc -l)"; done
fi
for f in "$log"*; do expect "whole: ${f##*/}" pflogd -x -f "$f"; done

# --- the device goes and comes back -------------------------------------------------------
n=$(text "$log" | grep -c 'pass in on int0')
fw ip link del pflog0
expect 'that is said' until_true grep -q 'pflog0 is not there.*waiting' "$said"
answers 'open' client udp $S4 53
fw ip link add pflog0 type pflog
fw ip link set pflog0 up
expect 'and when it is back' until_true grep -q 'pflog0 is there' "$said"
until_true has_device || die 'it has no device again'
# (rules name the device, and find the new one)
answers 'open' client udp $S6 53
logged 'it goes on, in the same file' 'pass in on int0' $((n + 1))
finish_it
rm -f "$log"*

# --- expressions -----------------------------------------------------------------------------
begin -s 140 ip6 and udp port 53
answers 'open' client udp $S4 53
answers 'open' client udp $S6 53
logged 'IPv6 alone' 'pass in on int0' 1
like 'is it' "$C6.*$S6\.53" "$(text "$log")"
finish_it
refuse 'what is no expression' fw pflogd -D -f "$log" ip5
refuse 'what is no pflog device' fw pflogd -D -f "$log" -i int0
like 'is told' 'int0 is not a pflog device' "$(< "$W/said")"
