#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# route-to, reply-to and dup-to, IPv4 and IPv6: a firewall with a second way to the server.
#
#	client ---- int0 fw ext0 ------------------ eth0 server
#	                 up0 ---- eth0 isp eth1 ---- eth1
#
# What takes the second way is seen by the rules of its interface.  Too large packets, those
# that have no hop left, and large ones that are cut up; with translation; two ways by turns.
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
ip -n server route add 10.0.3.0/24 via 10.0.4.1 src $S4
ip -n server -6 route add fd00:3::/64 via fd00:4::1 src $S6
W4=10.0.3.2 W6=fd00:3::2
echo_server server tcp/80
by_first() { rule_counter 'out quick on ext0' Packets; }
by_second() { rule_counter 'out quick on up0' Packets; }
by_each() { # in $one and $two
	rules_now
	counter_of 'out quick on ext0' Packets
	one=$counter
	counter_of 'out quick on up0' Packets
	two=$counter
}

# ways WHAT FIRST SECOND: how many packets have gone out by each since note_ways
note_ways() { by_each; first=$one second=$two; }
ways() {
	by_each
	is "$1" "first $2, second $3" "first $((one - first)), second $((two - second))"
	first=$one second=$two
}

# (what the hosts tell their groups, at a time of their own, counts at neither)
out='pass out quick inet6 to ff00::/8 no state
pass out quick on ext0
pass out quick on up0
pass'

# --- route-to, coming in -----------------------------------------------------------
rules fw <<END
$out
pass in on int0 inet route-to (up0 $W4)
pass in on int0 inet6 route-to (up0 $W6)
END
note_ways
for v in 4 6; do
	[ $v = 4 ] && s=$S4 w=$W4 || s=$S6 w=$W6
	expect "ping $s" pings client $s
	# its answer, by the first way, belongs to the state of the second
	ways "$v: by the second way" 0 2
	like "$v: the state tells" "gateway: $w@up0" "$(fw pfctl -ss -vv)"
	reach open client tcp $s 80
	is "$v: nothing by the first" 0 $(($(by_first) - first))
	note_ways
	refuse "$v: no hop left" no_answer client $s -t 1
	like "$v: told so" 'ime.*exceeded' "$(< "$W/said")"
	ways "$v: it went nowhere" 0 0
done

# a narrow second way
ip -n fw link set up0 mtu 1280
ip -n isp link set eth0 mtu 1280
flush
refuse '4: too large, may not be cut' no_answer client $S4 -M 'do' -s 1400
like 'told the size' 'mtu ?= ?1280' "$(< "$W/said")"
refuse '6: too large' no_answer client $S6 -M 'do' -s 1400
like 'told the size' 'mtu ?= ?1280' "$(< "$W/said")"
ip -n client route flush cache
ip -n client -6 route flush cache
expect '4: too large, is cut up' pings client $S4 -M dont -s 1400
head -c 1000000 /dev/urandom > "$W/file"
http_server server "$W" 8080
for s in $S4 "[$S6]"; do
	expect "a large file from $s" client curl -sS -o "$W/got" "http://$s:8080/file"
	expect 'it is whole' cmp "$W/file" "$W/got"
done
for s in $S4 $S6; do carry "a large file to $s" "$W/file" client server $s 9; done
ip -n fw link set up0 mtu 1500
ip -n isp link set eth0 mtu 1500

# a way that is gone
before=$(info no-route)
ip -n fw link set up0 down
refuse 'the interface is down' no_answer client $S4
is 'counted' $((before + 1)) "$(info no-route)"
ip -n fw link set up0 up
ip -n fw -6 addr replace fd00:3::1/64 dev up0 nodad
ip -n fw neigh replace $W4 lladdr 02:00:00:00:03:02 dev up0 nud permanent
ip -n fw neigh replace $W6 lladdr 02:00:00:00:03:02 dev up0 nud permanent
expect 'it is up again' pings client $S4
expect 'IPv6 as well' pings client $S6

# --- with translation, as with two providers -----------------------------------------
rules fw <<END
nat on up0 from { 10.0.1.0/24 fd00:1::/64 } to any -> (up0)
$out
pass in on int0 inet route-to (up0 $W4)
pass in on int0 inet6 route-to (up0 $W6)
END
flush
for s in $S4 $S6; do
	reach open client tcp $s 80
	expect "ping $s, translated" pings client $s
done
# what is translated, by the address that it has outside; what takes a way, by its gateway
expect 'none of the server' fw pfctl -k nat -k $S4
like 'none' 'killed 0 states' "$(< "$W/said")"
expect 'those of the firewall' fw pfctl -k nat -k 10.0.3.1
like 'a connection and a ping' 'killed 2 states' "$(< "$W/said")"
expect 'the same, coming in' fw pfctl -k gateway -k $W4
like 'both' 'killed 2 states' "$(< "$W/said")"
key=$(fw pfctl -ss | sed -n 's/^all tcp \(.*\[80\] <- [^ ]*\) .*/\1/p')
expect 'one by its key' fw pfctl -k key -k "tcp $key"
like 'it' 'killed 1 states' "$(< "$W/said")"
refuse 'no key' fw pfctl -k key -k "tcp $S4:80"

# --- route-to, going out ---------------------------------------------------------------
rules fw <<END
pass out on ext0 inet route-to (up0 $W4)
pass out on ext0 inet6 route-to (up0 $W6)
pass out quick on up0
pass in
END
for v in 4 6; do
	[ $v = 4 ] && s=$S4 || s=$S6
	flush
	expect "ping $s" pings client $s
	expect "the firewall's own ping" pings fw $s
	is "$v: both were moved" 2 "$(fw pfctl -ss -vv | grep -c 'gateway: .*@up0')"
	reach open client tcp $s 80
	reach open fw tcp $s 80
done
rules fw <<END
pass out on ext0 inet route-to (up0 $W4) no state
block out quick on up0
pass in
END
flush
refuse 'refused at the second interface' no_answer client $S4
is 'where it was asked about' 1 "$(by_second)"

# --- reply-to --------------------------------------------------------------------------
# the server comes by the second way, and the firewall's routes lead by the first
ip -n server route add 10.0.1.0/24 via 10.0.4.1 src $S4
ip -n server -6 route add fd00:1::/64 via fd00:4::1 src $S6
rules fw <<END
$out
pass in on up0 inet reply-to (up0 $W4)
pass in on up0 inet6 reply-to (up0 $W6)
END
flush
echo_server client tcp/81
echo_server fw tcp/82
note_ways
for v in 4 6; do
	[ $v = 4 ] && c=$C4 f=10.0.3.1 || c=$C6 f=fd00:3::1
	expect "$v: the server pings the client" pings server $c
	expect "$v: and the firewall" pings server $f
	reach open server tcp $c 81
	reach open server tcp $f 82
	is "$v: no answer by the first way" 0 $(($(by_first) - first))
done
ip -n server route del 10.0.1.0/24
ip -n server -6 route del fd00:1::/64

# --- dup-to ----------------------------------------------------------------------------
copies() {
	ip -n isp -s link show eth0 | awk '/RX:/ { getline; print $2 }'
}
rules fw <<END
block out quick on up0
pass out quick on ext0
pass in
pass in on int0 inet dup-to (up0 $W4)
pass in on int0 inet6 dup-to (up0 $W6)
END
for s in $S4 $S6; do
	flush
	before=$(copies)
	expect "ping $s" pings client $s
	expect 'a copy comes' until_true eval "[ \$(copies) -gt $before ]"
done

# --- two ways by turns -------------------------------------------------------------------
rules fw <<END
$out
pass in on int0 inet route-to { (up0 $W4), (ext0 $S4) } round-robin
pass in on int0 inet6 route-to { (up0 $W6), (ext0 $S6) } round-robin
END
for v in 4 6; do
	[ $v = 4 ] && s=$S4 || s=$S6
	flush
	ports=$(printf '80 %.0s' {1..40})
	reach open client tcp $s $ports
	states=$(fw pfctl -ss -vv)
	is "$v: connections by the one" 20 "$(grep -c 'gateway: .*@up0' <<< "$states")"
	is "$v: and by the other" 20 "$(grep -c 'gateway: .*@ext0' <<< "$states")"
done
