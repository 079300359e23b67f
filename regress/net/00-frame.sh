#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The frame itself, before pf is enabled: traffic flows, and a probe tells open,
# closed, unreachable and silent ports apart.  If this fails nothing else counts.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53
for host in $S4 $S6; do
	expect "ping $host" pings client "$host"
	reach open client tcp "$host" 80
	reach open client udp "$host" 53
	reach refused client tcp "$host" 81
	reach refused client udp "$host" 54
	reach open fw tcp "$host" 80
done
ip -n server route add blackhole 10.0.1.2/32
ip -n server route add blackhole fd00:1::2/128
refuse "ping without a way back" pings client $S4
for host in $S4 $S6; do
	reach timeout client tcp "$host" 80
	reach timeout client udp "$host" 53
done
ip -n fw route add unreachable 10.0.9.0/24
ip -n fw route add unreachable fd00:9::/64
reach unreachable client tcp 10.0.9.1 80
reach unreachable client tcp fd00:9::1 80
