#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# rtable, IPv4 and IPv6: a firewall with a second way to the server, of which only a routing
# table knows that no policy rule of the host leads to.
#
#	client ---- int0 fw ext0 ------------------ eth0 server
#	                 up0 ---- eth0 isp eth1 ---- eth1
#
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
space isp
router isp
wire fw up0 isp eth0 3
wire isp eth1 server eth1 4
ip -n isp route add $S4 via 10.0.4.2
ip -n isp -6 route add $S6 via fd00:4::2
ip -n isp route add 10.0.1.0/24 via 10.0.3.1
ip -n isp -6 route add fd00:1::/64 via fd00:3::1
ip -n fw route add default via 10.0.3.2 table 100
ip -n fw -6 route add default via fd00:3::2 table 100
echo_server server tcp/80
echo_server fw tcp/81
by_first() { rule_counter 'out quick on ext0' Packets; }
by_second() { rule_counter 'out quick on up0' Packets; }

# ways WHAT FIRST SECOND: how many packets have gone out by each since note_ways
note_ways() { first=$(by_first) second=$(by_second); }
ways() {
	is "$1" "first $2, second $3" \
	    "first $(($(by_first) - first)), second $(($(by_second) - second))"
	note_ways
}

# (what the hosts tell their groups, at a time of their own, counts at neither)
out='pass quick inet6 to ff00::/8 no state
pass out quick on ext0
pass out quick on up0
pass'

# --- a table with a way --------------------------------------------------------------
rules fw <<END
$out
pass in on int0 rtable 100
END
note_ways
for v in 4 6; do
	[ $v = 4 ] && s=$S4 f=$F4 || s=$S6 f=$F6
	expect "$v: ping $s" pings client $s
	# its answer, by the first way, belongs to the state of the second
	ways "$v: by the second way" 0 2
	reach open client tcp $s 80
	is "$v: nothing by the first" 0 $(($(by_first) - first))
	note_ways
	reach open client tcp $f 81
	expect "$v: the firewall itself" pings client $f
	ways "$v: is not routed" 0 0
	refuse "$v: no hop left" no_answer client $s -t 1
	like "$v: told so" 'ime.*exceeded' "$(cat "$W/said")"
	note_ways
	expect "$v: what the firewall sends goes as ever" pings fw $s
	ways "$v: by the first" 2 0
done

# the table's own largest packet
ip -n fw route replace default via 10.0.3.2 table 100 mtu 1280
ip -n fw -6 route replace default via fd00:3::2 table 100 mtu 1280
flush
for s in $S4 $S6; do
	refuse "$s: too large" no_answer client $s -M 'do' -s 1400
	like 'told the size' 'mtu ?= ?1280' "$(cat "$W/said")"
done
ip -n client route flush cache
ip -n client -6 route flush cache

# --- none ------------------------------------------------------------------------------
# unrouted WHAT ADDRESS: the packet is dropped and counted
unrouted() {
	local before
	flush
	before=$(info no-route)
	refuse "$1" no_answer client "$2"
	is "$1: counted" $((before + 1)) "$(info no-route)"
}
ip -n fw route replace unreachable default table 100
ip -n fw -6 route del default table 100
ip -n fw -6 route add unreachable default table 100
unrouted '4: a route that says there is none' $S4
unrouted '6: a route that says there is none' $S6
rules fw <<END
$out
pass in on int0 rtable 4711
END
unrouted '4: no table' $S4
unrouted '6: no table' $S6

# --- the last that says so; the main table; answers -----------------------------------
ip -n fw route replace default via 10.0.3.2 table 100
ip -n fw -6 route del unreachable default table 100
ip -n fw -6 route add default via fd00:3::2 table 100
rules fw <<END
pass out quick on ext0
pass out quick on up0
match in on int0 rtable 100
match in on int0 proto tcp rtable 0
pass
END
flush
note_ways
for v in 4 6; do
	[ $v = 4 ] && s=$S4 || s=$S6
	expect "$v: ping $s" pings client $s
	ways "$v: by the table" 0 2
	reach open client tcp $s 80
	is "$v: TCP by the main one" 0 $(($(by_second) - second))
	note_ways
done
