#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# States of TCP, UDP and ping as pfctl shows them, both families; and states
# removed by host, label, id and all at once: what they carried is cut.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53
rules <<'END'
block
pass in on int0 proto tcp to port 80 label "web"
pass in on int0 proto udp to port 53 label "dns"
pass in on int0 inet proto icmp icmp-type echoreq
pass in on int0 inet6 proto icmp6 icmp6-type echoreq
pass out on ext0
END
is 'none' '' "$(states)"
hold t4 client tcp $S4 80
hold t6 client tcp $S6 80
hold u4 client udp $S4 53
hold u6 client udp $S6 53
for c in t4 t6 u4 u6; do alive "$c" $c; done
expect 'ping' pings client $S4
expect 'ping6' pings client $S6
text=$(states)
like 'tcp in' '^all tcp 10\.0\.2\.2:80 <- 10\.0\.1\.2:[0-9]+ +ESTABLISHED:ESTABLISHED$' "$text"
like 'tcp out' '^all tcp 10\.0\.1\.2:[0-9]+ -> 10\.0\.2\.2:80 +ESTABLISHED:ESTABLISHED$' "$text"
like 'tcp6 in' '^all tcp fd00:2::2\[80\] <- fd00:1::2\[[0-9]+\] +ESTABLISHED:ESTABLISHED$' "$text"
like 'tcp6 out' '^all tcp fd00:1::2\[[0-9]+\] -> fd00:2::2\[80\] +ESTABLISHED:ESTABLISHED$' "$text"
like 'udp in' '^all udp 10\.0\.2\.2:53 <- 10\.0\.1\.2:[0-9]+ +(SINGLE:SINGLE|MULTIPLE:MULTIPLE|SINGLE:MULTIPLE|MULTIPLE:SINGLE)$' "$text"
like 'udp6 out' '^all udp fd00:1::2\[[0-9]+\] -> fd00:2::2\[53\] ' "$text"
like 'icmp in' '^all icmp 10\.0\.2\.2:8 <- 10\.0\.1\.2:[0-9]+ +0:0$' "$text"
like 'icmp out' '^all icmp 10\.0\.1\.2:[0-9]+ -> 10\.0\.2\.2:8 +0:0$' "$text"
like 'icmp6 in' '^all ipv6-icmp fd00:2::2\[128\] <- fd00:1::2\[[0-9]+\] +0:0$' "$text"
is 'how many' 12 "$(state_count)"
is 'as many in the statistics' 12 "$(info entries)"
is 'inserts' 12 "$(info inserts)"
long=$(fw pfctl -vss)
like 'windows' '^   \[[0-9]+ \+ [0-9]+\] wscale [0-9]+  \[[0-9]+ \+ [0-9]+\] wscale [0-9]+$' "$long"
like 'age and counters' '^   age [0-9:]+, expires in 2[0-9]:[0-9]+:[0-9]+, [0-9]+:[0-9]+ pkts, [0-9]+:[0-9]+ bytes, rule [0-9]+$' "$long"

# by label, by both ends, by id, and all
for c in t4 t6 u4 u6; do alive "$c" $c; done
expect 'kill by label' fw pfctl -k label -k web
dead 't4 cut' t4
dead 't6 cut' t6
alive 'u4 not' u4
expect 'kill by hosts' fw pfctl -k 10.0.1.2 -k 10.0.2.2
like 'said' '^killed [0-9]+ states' "$(< "$W/said")"
unlike 'no IPv4 state' '10\.0\.' "$(states)"
like 'u6 is still there' 'udp fd00:1::2' "$(states)"
id=$(fw pfctl -vvss | awk '/^all / { hit = /udp/ } hit && $1 == "id:" { print $2; exit }')
n=$(state_count)
expect 'kill by id' fw pfctl -k id -k "$id"
is 'one less' $((n - 1)) "$(state_count)"
drop t4; drop t6; drop u4; drop u6
hold t4 client tcp $S4 80
alive 't4 anew' t4
expect 'flush' fw pfctl -F states
is 'none' '' "$(states)"
dead 't4 cut' t4
reach open client tcp $S6 80
