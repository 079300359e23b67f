#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Neighbour discovery is ICMPv6 and needs a rule; ARP does not.
. "$(dirname "$0")/lib.sh"
net_up
forget() {
	ip -n client neigh del fd00:1::1 dev eth0
	ip -n client neigh del 10.0.1.1 dev eth0
	ip -n fw neigh del fd00:1::2 dev int0
	ip -n fw neigh del 10.0.1.2 dev int0
}
rules <<'END'
block
pass inet
END
forget
expect 'ARP' pings client $F4
refuse 'blocked' no_answer client $F6
rules <<'END'
block
pass inet
pass inet6 proto icmp6 icmp6-type { neighbrsol neighbradv echoreq }
END
expect 'passed' until_true pings client $F6
like 'found' '02:00:00:00:01:01' "$(ip -n client neigh show fd00:1::1)"
expect 'and beyond' pings client $S6
