#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# 100 MB in one connection (25 on the debug kernel), with losses and disorder, arrive whole: through modulate state
# and reassemble tcp, and through synproxy state and reassemble tcp; IPv4 and IPv6.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# Not on newest, for which the others stand.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
bytes=100000000
# The debug kernel carries a quarter, as it is several times slower.
[ "$VM_KERNEL" != debug ] || bytes=25000000
head -c $bytes /dev/urandom > "$W/data"
ip netns exec fw tc qdisc add dev ext0 root netem delay 2ms 1ms loss 1% reorder 10% 25% ||
    die 'no netem'
ip netns exec fw tc qdisc add dev int0 root netem delay 2ms 1ms loss 1% || die 'no netem'

rules <<'RULES'
scrub all reassemble tcp no-df random-id
pass modulate state
RULES
carry 'modulate, to the server' "$W/data" client server $S4 9
flush
carry 'modulate, from it, IPv6' "$W/data" server client $C6 10

rules <<'RULES'
scrub all reassemble tcp no-df random-id
pass modulate state
pass in on int0 proto tcp synproxy state
pass in on ext0 proto tcp synproxy state
RULES
flush
carry 'synproxy, to the server, IPv6' "$W/data" client server $S6 11
flush
carry 'synproxy, from it' "$W/data" server client $C4 12

for i in ext0 int0; do
	dropped=$(fw tc -s qdisc show dev $i | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p')
	within "$i: $dropped were lost on the way" 20 1000000 "$dropped"
done
