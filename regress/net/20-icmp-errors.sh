#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# ICMP errors pass by the state of what they are about, from the firewall itself
# and from routers behind it: time exceeded, port unreachable, fragmentation
# needed (a large transfer over a path with a small MTU); others do not.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
space far
router server
wire server eth1 far eth0 3
routes far 3
ip -n fw route add 10.0.3.0/24 via 10.0.2.2
ip -n fw route add fd00:3::/64 via fd00:2::2
echo_server far udp/53 tcp/80
rules <<'END'
block
pass in on int0
pass out on ext0
END
expect 'ping' pings client 10.0.3.2
expect 'ping6' pings client fd00:3::2
refuse 'hop 1' pings client 10.0.3.2 -t 1
like 'hop 1 says' 'From 10\.0\.1\.1.*Time to live exceeded' "$(< "$W/said")"
refuse 'hop 2' pings client 10.0.3.2 -t 2
like 'hop 2 says' 'From 10\.0\.2\.2.*Time to live exceeded' "$(< "$W/said")"
refuse 'hop 1, IPv6' pings client fd00:3::2 -t 1
like 'hop 1 says, IPv6' 'From fd00:1::1.*Time exceeded: Hop limit' "$(< "$W/said")"
refuse 'hop 2, IPv6' pings client fd00:3::2 -t 2
like 'hop 2 says, IPv6' 'From fd00:2::2.*Time exceeded: Hop limit' "$(< "$W/said")"
answers 'open refused' client udp 10.0.3.2 53 54
answers 'open refused' client udp fd00:3::2 53 54

# path MTU: far answers with an MSS for 1500, the link to it takes 1300
ip -n server link set eth1 mtu 1300
head -c 400000 /dev/urandom > "$W/data"
for host in 10.0.3.2 fd00:3::2; do
	carry "to $host" "$W/data" client far "$host" 9
	like 'the client learned of it' 'mtu 1300' "$(ip -n client route get "$host")"
done
is 'no packet out of its window' 0 "$(info state-mismatch)"

# an error about nothing we know: UDP without state has no claim to it
rules <<'END'
block label "blocked"
pass in on int0 no state
pass out on ext0 no state
END
flush
reach timeout client udp 10.0.3.2 54
reach timeout client udp fd00:3::2 54
within 'blocked' 2 30 "$(rule_counter '"blocked"' Packets)"
