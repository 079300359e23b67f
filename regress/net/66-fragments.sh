#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Fragments that are put together: rules see the ports of all of a datagram, which
# leaves in pieces again; what overlaps, contradicts itself or is never complete
# does not come through; and nothing waits for what is kept.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"

frags4() { client python3 -I -S "$NET/frags.py" $C4 $S4 7 53 "$@"; }
frags6() { client python3 -I -S "$NET/frags.py" $C6 $S6 7 53 "$@"; }
came() { grep -q "whole $1 " "$server_said"; }
kept() { fw pfctl -vsi | awk '/^Fragments/ { getline; print $3 }'; }
# counted NAME NUMBER: the reason's counter has grown to that
counted() { until_true eval "[ \$(info $1) -ge $2 ]"; }

net_up
background server python3 -I -S "$NET/locald.py" "$W/ready" udp/::/53/w udp/::/54/w
server_said=$bg_said
until_true test -e "$W/ready" || die "no server: $(< "$bg_said")"
background server python3 -I -S "$NET/frags.py" sizes "$W/sizes"
sizes_said=$bg_said
until_true test -e "$W/sizes" || die "no listener: $(< "$bg_said")"
rules <<'END'
block
pass inet proto icmp icmp-type echoreq
pass inet6 proto icmp6 icmp6-type echoreq
pass proto udp to port 53 label "dns"
END
expect 'large ping' pings client $S4 -s 60000
expect 'large ping6' pings client $S6 -s 60000
expect 'ping in two pieces' pings client $S4 -s 1480
expect 'ping6 in two pieces' pings client $S6 -s 1480
is 'states: of datagrams, not of fragments' 8 "$(state_count)"
is 'nothing is kept' 0 "$(kept)"
is 'nothing was dropped' 0 "$(info fragment)"

# the ports of all of it, whatever the order
frags4 1800 id=1 0-600 600-1200 1200-1800
expect 'three pieces' until_true came 1
frags4 1800 id=2 1200-1800 600-1200 0-600
expect 'backwards' until_true came 2
frags6 1800 id=3 1200-1800 0-600 600-1200
expect 'backwards, IPv6' until_true came 3
is 'states of the rule: of the ports, in and out' 4 "$(rule_counter dns Creations)"
client python3 -I -S "$NET/frags.py" $C4 $S4 7 54 1800 id=4 0-600 600-1800
frags4 1800 id=5 0-600 600-1800
expect 'one behind it' until_true came 5
refuse 'another port' came 4

# IPv4: what came first stays
n=$(info fragment)
frags4 1800 id=10 600-1800 0-608~
expect 'the first one counts' until_true came 10
frags4 1800 id=11 0-600 0-600 592-1208 1200-1800
expect 'twice, and overlapping' until_true came 11
counted fragment $((n + 1)) && ok 'the second was dropped'
n=$(info proto-cksum)
frags4 1800 id=12 0-608~ 600-1800
counted proto-cksum $((n + 1)) && ok 'the first one counts, if it is false'
refuse 'and no receiver sees it' came 12
n=$(info fragment)
frags4 1800 id=13 0-600d 600-1800d
counted fragment $((n + 2)) && ok 'fragments that must not be any'

# IPv6: an overlap ends it
n=$(info fragment)
frags6 1800 id=20 0-608 600-1800 608-1800
counted fragment $((n + 2)) && ok 'dropped, and what came behind it'
frags6 1800 id=21 0-600 0-600 600-1800
expect 'the same twice is no overlap' until_true came 21
refuse 'no part of it' came 20

# they leave no larger than they came
: > "$W/before"
frags6 3008 id=30 0-1296 1296-2592 2592-3008
expect 'three large pieces' until_true came 30
until_true eval "[ \$(tail -n 3 $sizes_said | grep -c .) -eq 3 ]"
is 'sizes' '1344 1344 464' "$(tail -n 3 "$sizes_said" | tr '\n' ' ' | sed 's/ $//')"

# no-df
rules <<'END'
set reassemble yes no-df
block
pass proto udp to port 53
END
frags4 1800 id=40 0-600d 600-1800d
expect 'fragments that must not be any, allowed' until_true came 40

# by an outgoing rule alone
rules <<'END'
set skip on int0
block
pass out proto udp to port 53
END
frags4 1800 id=50 0-600 600-1800
expect 'put together on the way out' until_true came 50
frags6 1800 id=51 0-600 600-1800
expect 'and IPv6' until_true came 51

# along a route of pf's
rules <<'END'
block
pass in on int0 inet proto udp to port 53 route-to (ext0 10.0.2.2)
pass in on int0 inet6 proto udp to port 53 route-to (ext0 fd00:2::2)
pass out
END
frags4 3008 id=60 0-1296 1296-2592 2592-3008
expect 'route-to' until_true came 60
frags6 3008 id=61 0-1296 1296-2592 2592-3008
expect 'route-to, IPv6' until_true came 61

# nothing waits for what is kept: neither a device nor a namespace
frags4 1800 id=70 0-600 1200-1800
frags6 1800 id=71 0-600 1200-1800
until_true eval "[ \$(kept) -ge 4 ]" && ok 'kept'
expect 'the device goes' ip -n fw link del int0
within 'they are still kept' 4 9 "$(kept)"
