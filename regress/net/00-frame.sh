#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The frame itself, before pf is enabled: traffic flows, and a probe tells open,
# closed, unreachable and silent ports apart.  If this fails nothing else counts.
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53
for host in $S4 $S6; do
	expect "ping $host" pings client "$host"
	answers 'open refused' client tcp "$host" 80 81
	answers 'open refused' client udp "$host" 53 54
done
reach open fw tcp $S4 80
ip -n fw route add unreachable 10.0.9.0/24
ip -n fw route add unreachable fd00:9::/64
reach unreachable client tcp 10.0.9.1 80
reach unreachable client tcp fd00:9::1 80
ip -n server route add blackhole 10.0.1.2/32
ip -n server route add blackhole fd00:1::2/128
refuse "ping without a way back" no_answer client $S4
reach timeout client tcp $S4 80 81
reach timeout client udp $S6 53
