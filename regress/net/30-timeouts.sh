#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# States expire by their timeouts: the default's and a rule's.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server udp/53 udp/54 tcp/80
gone() { ! states | grep -q "$1"; }
rules <<END
set timeout { udp.first $((8 * slow)), udp.single $((8 * slow)), udp.multiple $((8 * slow)), interval 1 }
set timeout { tcp.closed 1, tcp.finwait 1, tcp.closing 1 }
block
pass in on int0 proto udp to port 53
pass in on int0 proto udp to port 54 keep state (udp.first 60, udp.single 60, udp.multiple 60)
pass in on int0 proto tcp
pass out on ext0 proto udp
pass out on ext0 proto tcp
END
like "shown" "^udp.first +$((8 * slow))s$" "$(fw pfctl -st)"
hold t client tcp $S4 80
is 'tcp' alive "$(still t)"
reach open client udp $S4 54
begin=$SECONDS
reach open client udp $S6 53
reach open client udp $S4 53
there=$(states)
[ $((SECONDS - begin)) -ge $((8 * slow)) ] || {	# the machine was not too slow
	like 'there' 'udp 10\.0\.2\.2:53 <-' "$there"
	like 'there, IPv6' 'udp fd00:2::2\[53\] <-' "$there"
}
expect 'IPv4 goes' until_true 16 gone 'udp 10\.0\.2\.2:53 '
expect 'IPv6 goes' until_true 16 gone 'udp fd00:2::2\[53\] '
within 'not at once' $((7 * slow)) 99 $((SECONDS - begin))
like 'the rule has its own' 'udp 10\.0\.2\.2:54 <-' "$(states)"
like 'tcp stays' 'tcp 10\.0\.2\.2:80 <-.*ESTABLISHED:ESTABLISHED' "$(states)"
is 'tcp' alive "$(still t)"
drop t
expect 'tcp closed goes' until_true 10 gone 'tcp 10'
within 'removals' 6 99 "$(info removals)"
