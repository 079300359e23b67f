#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# iperf3 through the firewall: many TCP streams, both directions, UDP, IPv6, on
# all processors at once, while rules are loaded again and again.
. "$(dirname "$0")/lib.sh"
net_up
background server iperf3 -s
until_true 20 listening server 5201 || die 'iperf3 does not start'
rules <<'END'
block
pass in on int0 proto { tcp udp } to port 5201
pass out on ext0 proto { tcp udp } to port 5201
END
run() { # WHAT STREAMS OPTION...
	expect "$1" client timeout $((60 * slow)) iperf3 -f k -t 3 -P "$2" "${@:3}"
	like "$1: bytes came" '(SUM|\[ +5\]).*[1-9][0-9.]* [KM]?(Bytes|bits/sec).*receiver' "$(cat "$W/said")"
}
run 'TCP, 16 streams' 16 -c $S4
is 'states' 34 "$(states | grep -c tcp)"
is 'no packet out of its window' 0 "$(info state-mismatch)"
(while sleep 0.3; do fw pfctl -q -f "$W/pf.conf" || echo failed >> "$W/loads"; done) &
loads=$!
run 'TCP6, 8 streams, backwards' 8 -c $S6 -R
run 'UDP' 2 -u -b 2M -c $S4
run 'UDP6' 2 -u -b 2M -c $S6 -R
end "$loads"
is 'all loads went well' '' "$(cat "$W/loads" 2>/dev/null)"
is 'no packet out of its window' 0 "$(info state-mismatch)"
