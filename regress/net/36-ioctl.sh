#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Requests that no honest program makes are refused one and all, and nothing in
# force changes; readers and writers at the same time see whole rulesets.
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
rules <<'END'
set skip on lo
set timeout udp.single 55
block in proto tcp to port 99 label "a"
pass label "b"
END
in_force() {
	local what
	for what in rules timeouts memory Interfaces; do fw pfctl -s $what; done
	fw pfctl -vsi | grep -E '^(Status|Hostid|Checksum)' | sed 's/for .* days [0-9:]*//'
}
expect 'ping, so that there are states to ask for' pings client $S4
before=$(in_force)
expect 'named cases' fw "$NET/badioctl"
is 'nothing changed' "$before" "$(in_force)"
expect 'random requests' fw "$NET/badioctl" random 4000
is 'nothing changed' "$before" "$(in_force)"
expect 'ping' pings client $S4
expect 'at the same time' fw "$NET/badioctl" race 3
expect 'a load after that' fw pfctl -f "$W/pf.conf"
is 'all is as it was' "$before" "$(in_force)"
