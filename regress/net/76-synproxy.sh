#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# synproxy state with real programs, IPv4 and IPv6: files come through whole, to a server
# behind the firewall and to the firewall itself, by rules of both directions, with nat, rdr and
# route-to; a server that refuses does so; of SYNs with the addresses of others the server
# sees none, the states keep to their limit, and clients connect meanwhile.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
echo_server fw tcp/80
head -c 700000 /dev/urandom > "$W/data"
port=9000

# transfer WHAT FROM TO ADDRESS [HOST PORT]: the file, as carry does it
transfer() {
	port=$((port + 1))
	carry "$1" "$W/data" "$2" "$3" "$4" $port "${@:5}"
}

for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 g=$G4 f=$F4 net=10.0.1.0/24 inet=inet ||
	    { c=$C6 s=$S6 g=$G6 f=$F6 net=fd00:1::/64 inet=inet6; }
	rules <<'RULES'
pass in on int0 proto tcp synproxy state
pass out
pass in on ext0
RULES
	flush
	reach open client tcp $s 80
	reach reset client tcp $s 81
	reach open client tcp $f 80
	transfer 'in, forwarded' client server $s
	transfer 'in, to the firewall' client fw $f
	hold t client tcp $s 80
	alive 'a connection' t
	like 'it has two states' 'ESTABLISHED:ESTABLISHED' "$(states)"
	drop t

	rules <<'RULES'
pass in
pass out proto tcp synproxy state
RULES
	flush
	reach open client tcp $s 80
	reach reset client tcp $s 81
	reach open fw tcp $s 80
	transfer 'out, forwarded' client server $s

	rules <<'RULES'
pass proto tcp synproxy state
pass proto { udp, icmp, icmp6 }
RULES
	flush
	reach open client tcp $s 80
	transfer 'both, forwarded' client server $s
	transfer 'both, back' server client $c

	# with translations: the server has no way back to the client
	ip -n server route del default
	ip -n server -6 route del default
	rules <<RULES
nat on ext0 from $net to any -> $g
rdr on ext0 proto tcp from any to $g port 9 -> $c port $((port + 2))
rdr on int0 proto tcp from any to any port 82 -> $f port 80
pass proto tcp synproxy state
pass proto { udp, icmp, icmp6 }
RULES
	flush
	transfer 'nat' client server $s
	transfer 'rdr' server client $c $g 9
	reach open client tcp $s 82
	rules <<RULES
nat on ext0 from $net to any -> $g
pass
pass in on int0 route-to (ext0 $s) $inet proto tcp synproxy state
RULES
	flush
	transfer 'route-to' client server $s
	routes server 2
done

# SYNs of nobody
rules <<'RULES'
set limit states 5000
pass
pass in on int0 proto tcp to port 80 synproxy state (max 1000)
pass in on int0 proto tcp to port 81 synproxy state
RULES
flush
background server tcpdump -lnp -i eth0 "tcp[13] & 2 != 0 and src net 198.18.0.0/15"
until_true grep -q listening "$bg_said" || die 'tcpdump does not start'
seen=$bg_said
before=$(info synproxy)
n=2000
expect 'SYNs' "$NET/synflood" /run/netns/client $S4 80 $n 0
arrived() { [ "$(info synproxy)" -ge $((before + 1000)) ]; }
until_true arrived || fail "only $(info synproxy) of them were answered"
within 'states keep to the limit' 1000 1001 "$(state_count)"
transfer 'meanwhile' client server $S4
is 'the server has seen none' '' "$(grep 198.18 "$seen")"
flush
