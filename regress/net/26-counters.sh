#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Counters of rules, labels, interfaces and the whole, to the packet and byte;
# zeroing them.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server udp/53
rules <<'END'
set loginterface int0
block in proto udp to port 99 label "nobody"
pass in on int0 inet proto udp to port 53 label "dns"
pass in on int0 inet6 proto udp to port 53 label "dns6"
pass in on int0 inet proto icmp label "ping-$if-$proto"
pass out on ext0 label "out"
END
reach open client udp $S4 53
reach open client udp $S6 53
reach timeout client udp $S4 99
expect 'ping' pings client $S4 -c 3 -i 0.2
labels=$(fw pfctl -sl)
# label evaluations packets bytes packets-in bytes-in packets-out bytes-out states
like 'dns' '^dns [0-9]+ 2 68 1 34 1 34 1$' "$labels"
like 'dns6' '^dns6 [0-9]+ 2 108 1 54 1 54 1$' "$labels"
like 'nobody' '^nobody [0-9]+ 1 34 1 34 0 0 0$' "$labels"
like 'macros' '^ping-int0-icmp [0-9]+ 6 504 3 252 3 252 1$' "$labels"
like 'out' '^out [0-9]+ 1[0-9] .* 3$' "$labels"
is 'packets of the rule' 2 "$(rule_counter '"dns"' Packets)"
is 'bytes' 68 "$(rule_counter '"dns"' Bytes)"
is 'states' 1 "$(rule_counter '"dns"' States)"
is 'made' 1 "$(rule_counter '"dns"' Creations)"
flush
is 'states after a flush' 0 "$(rule_counter '"dns"' States)"
is 'made after a flush' 1 "$(rule_counter '"dns"' Creations)"
said=$(fw pfctl -si)
like 'enabled' '^Status: Enabled for [0-9]+ days [0-9]' "$said"
like 'loginterface' '^Interface Stats for int0 +IPv4 +IPv6$' "$said"
like 'its packets in' '^ +Passed +4 +[1-9]' "$said"
like 'blocked' '^ +Blocked +1 +[0-9]' "$said"
expect 'zero' fw pfctl -z
is 'zeroed' 0 "$(rule_counter '"dns"' Packets)"
expect 'flush info' fw pfctl -F info
is 'inserts zeroed' 0 "$(info inserts)"
like 'interface' '^int0' "$(fw pfctl -sI)"
like 'timeouts' '^tcp.established +86400s$' "$(fw pfctl -st)"
like 'limits' '^states +hard limit +100000$' "$(fw pfctl -sm)"
