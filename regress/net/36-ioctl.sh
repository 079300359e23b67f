#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Requests that no honest program makes are refused one and all, and nothing in
# force changes; readers and writers at the same time see whole rulesets.  A request
# whose memory takes its time holds up nobody.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
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

# A program serves the memory of its own request, and takes its time: the request
# hangs, and nothing else does, neither pf nor the configuration of the network.
others() { # REQUEST
	fw pfctl -si && fw pfctl -sr && fw pfctl -ss && fw pfctl -sI &&
	    ip -n fw link add "slow$1" type veth peer name "wols$1" &&
	    ip -n fw link set "slow$1" name "s$1" &&
	    ip -n fw link del "s$1" && echo all done
}
for request in states ifaces begin commit; do
	mkfifo "$W/$request"
	background fw "$NET/slowpage" $request "$W/$request"
	slow=$bg slow_said=$bg_said
	until_true grep -q hanging "$slow_said" || {
		wait "$slow"
		[ $? = 3 ] && note 'this kernel has no userfaultfd' && break
		die "$request: $(< "$slow_said")"
	}
	others $request > "$W/others" 2>&1 &
	expect "others while $request hangs" until_true grep 'all done' "$W/others"
	echo go > "$W/$request"
	expect "$request goes on" wait "$slow"
	like "$request ends well" "^$request: 0" "$(< "$slow_said")"
	wait
done
is 'all is as it was' "$before" "$(in_force)"
