#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# What a blocked sender hears: nothing, a RST, or an ICMP error with its code;
# forwarded in and out, and from the firewall itself; both families.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53 tcp/8001 udp/8001 tcp/8002 udp/8002 tcp/8003 \
    udp/8004 tcp/8004 udp/8005 tcp/8005 tcp/8006 udp/8006
rules <<'END'
pass
block drop in on int0 proto { tcp udp } to port 8001 label "drop"
block return in on int0 proto { tcp udp } to port 8002
block return-rst in on int0 proto tcp to port 8003
block return-icmp in on int0 proto { tcp udp } to port 8004
block return-icmp(host-prohib, admin-unr) in on int0 proto { tcp udp } to port 8005
block return out on ext0 proto { tcp udp } to port 8006
END
background client tcpdump -nlp -i eth0 icmp or icmp6
dump=$bg dumped=$bg_said
until_true 20 grep -q listening "$dumped" || die "tcpdump does not start"
for host in $S4 $S6; do
	answers 'open timeout refused refused refused unreachable refused' \
	    client tcp "$host" 80 8001 8002 8003 8004 8005 8006
	answers 'open timeout refused refused unreachable refused' \
	    client udp "$host" 53 8001 8002 8004 8005 8006
	answers 'open open refused' fw tcp "$host" 80 8001 8006
	answers 'open open refused' fw udp "$host" 53 8001 8006
done
until_true 5 grep -q 'prohibited' "$dumped"
end "$dump"
said=$(cat "$dumped")
like 'ICMP code' "IP 10.0.*unreachable - admin prohibited" "$said"
like 'ICMP port' "IP 10.0.*10.0.2.2 udp port 8004 unreachable" "$said"
like 'ICMP port for TCP' "IP 10.0.*10.0.2.2 tcp port 8004 unreachable" "$said"
like 'ICMPv6 code' "IP6 .*unreachable prohibited|IP6 .*admin" "$said"
like 'ICMPv6 port' "IP6 .*udp port 8004" "$said"
unlike 'nothing about dropped ones' 8001 "$said"
within 'dropped: counted' 3 8 "$(rule_counter 'inet proto tcp.*label "drop"|proto tcp.*label "drop"' Packets)"

# the policy of those that do not say
rules <<'END'
set block-policy return
block in on int0 proto { tcp udp }
END
for host in $S4 $S6; do
	reach refused client tcp "$host" 80
	reach refused client udp "$host" 53
done
rules <<'END'
set block-policy drop
block
pass out
END
reach timeout client tcp $S4 80 8001
reach timeout client udp $S6 53
refuse "ping" pings client $S4
refuse "ping6" pings client $S6
expect "the firewall's own" pings fw $S4
expect "the firewall's own, IPv6" pings fw $S6
