#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# A flood of SYNs with the addresses of others against a service behind synproxy state: the
# server sees none of them, the states keep to their limit, and of 200 clients that come
# meanwhile 95 of 100 connect and transfer.  Adaptive timeouts make room.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# Not on newest, for which the others stand.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
limit=10000 clients=200 syns=100000
# The debug kernel gets a quarter of them: it takes no more than 900 a second.
[ "$VM_KERNEL" != debug ] || syns=25000

rules <<RULES
set limit states $limit
set timeout { tcp.first 4, tcp.opening 10, interval 1, adaptive.start 2000, adaptive.end 12000 }
block
pass in on int0 proto tcp to port 80 synproxy state
pass out on ext0 proto tcp to port 80
RULES
background server tcpdump -lnp -i eth0 "src net 198.18.0.0/15"
until_true grep -q listening "$bg_said" || die 'tcpdump does not start'
seen=$bg_said
background fw bash -c 'while sleep 2; do pfctl -si | sed -n "s/^ *current entries *\([0-9]*\).*/\\1/p"; done'
counted=$bg_said

# The flood lasts until the clients are served and enough SYNs have come.
background client "$NET/synflood" /run/netns/client $S4 80 2000000000 4000
flood=$bg
asked() { rule_counter 'synproxy state' Evaluations; }
# Between two looks it waits: pfctl takes time that the flood and the clients need.
arrived() { nap 2; kill -0 "$flood" && [ "$(asked)" -ge "$1" ]; }
until_true arrived 15000 || die "only $(asked) SYNs have come"
served=$("$NET/crowd" /run/netns/client $S4 80 $clients 50 20000 2> "$W/said")
within 'clients that were served' $((clients * 95 / 100)) $clients "$served"
note "$served served; $(asked) SYNs; $(sort -n "$counted" | tail -n 1) states at most"
sort "$W/said" | uniq -c | head
until_true arrived $syns || fail "only $(asked) SYNs have come"
expect 'the flood goes on' kill -0 "$flood"
end "$flood"
within 'states keep to the limit' $((limit / 10)) $limit "$(sort -n "$counted" | tail -n 1)"
is 'the server has seen none' '' "$(grep 198.18 "$seen")"
nobody() { ! states | grep -q 198.18; }
until_true nobody || fail "$(states | grep -c 198.18) states of nobody are left"
reach open client tcp $S4 80
