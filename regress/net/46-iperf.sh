#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# iperf3 through the firewall: many TCP streams, both directions, UDP, IPv6, on
# all processors at once, while rules are loaded again and again.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
rules <<'END'
block
pass in on int0 proto { tcp udp } to port 5201
pass out on ext0 proto { tcp udp } to port 5201
END
# run WHAT KEY STREAMS OPTION...: a transfer, of which what the receiver got is
# told as KEY; with a server of its own, for one that has just served may be busy
run() {
	local said

	background server iperf3 -s -1
	until_true listening server 5201 || die 'iperf3 does not start'
	expect "$1" client iperf3 -J -t 3 -P "$3" "${@:4}"
	said=$(tr -d ' \t\n' < "$W/said")
	said=${said#*\"end\":\{}
	said=${said#*\"$2\":}
	said=${said%%\}*}
	like "$1: bytes came" '"bytes":[1-9]' "$said"
	# (one that came out of order may make the lost ones less than none)
	[ "$2" = sum_received ] || expect "$1: packets came" \
	    [ "$(number lost_packets "$said")" -lt "$(number packets "$said")" ]
	wait "$bg"
}
number() { sed -n "s/.*\"$1\":\(-*[0-9]*\).*/\1/p" <<< "$2"; }
run 'TCP, 16 streams' sum_received 16 -c $S4
is 'states' 34 "$(states | grep -c tcp)"
is 'no packet out of its window' 0 "$(info state-mismatch)"
(while sleep 0.3; do fw pfctl -q -f "$W/pf.conf" || echo failed >> "$W/loads"; done) &
loads=$!
run 'TCP6, 8 streams, backwards' sum_received 8 -c $S6 -R
run 'UDP' sum 2 -u -b 2M -c $S4
run 'UDP6' sum 2 -u -b 2M -c $S6 -R
end "$loads"
is 'all loads went well' '' "$(cat "$W/loads" 2>/dev/null)"
is 'no packet out of its window' 0 "$(info state-mismatch)"
