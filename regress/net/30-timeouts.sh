#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# States expire by their timeouts, the default's and a rule's: not before them, and
# some time.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server udp/53 udp/54 tcp/80
gone() { ! states | grep -q "$1"; }
rules <<END
set timeout { udp.first 8, udp.single 8, udp.multiple 8, interval 1 }
set timeout { tcp.closed 1, tcp.finwait 1, tcp.closing 1 }
block
pass in on int0 proto udp to port 53
pass in on int0 proto udp to port 54 keep state (udp.first 36000, udp.single 36000, udp.multiple 36000)
pass in on int0 proto tcp
pass out on ext0 proto udp
pass out on ext0 proto tcp
END
like "shown" "^udp.first +8s$" "$(fw pfctl -st)"
hold t client tcp $S4 80
alive 'tcp' t
reach open client udp $S4 54
begin=$SECONDS
reach open client udp $S6 53
reach open client udp $S4 53
there=$(states)
[ $((SECONDS - begin)) -ge 6 ] || {	# only then they must be there
	like 'there' 'udp 10\.0\.2\.2:53 <-' "$there"
	like 'there, IPv6' 'udp fd00:2::2\[53\] <-' "$there"
}
expect 'IPv4 goes' until_true gone 'udp 10\.0\.2\.2:53 '
expect 'IPv6 goes' until_true gone 'udp fd00:2::2\[53\] '
within 'not at once' 7 99999 $((SECONDS - begin))
like 'the rule has its own' 'udp 10\.0\.2\.2:54 <-' "$(states)"
like 'tcp stays' 'tcp 10\.0\.2\.2:80 <-.*ESTABLISHED:ESTABLISHED' "$(states)"
alive 'tcp' t
drop t
expect 'tcp closed goes' until_true gone 'tcp 10'
within 'removals' 6 9999 "$(info removals)"
