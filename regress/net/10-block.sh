#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# What a blocked sender hears: nothing, a RST, or an ICMP error with its code;
# forwarded in and out, and from the firewall itself; both families.
# It touches what differs between kernels (run -i).
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
# watch NAME FILTER: a program that ends when such a packet comes to the client
watch() {
	background client tcpdump -lnp -c 1 -i eth0 "$2"
	eval "watch_$1=$bg"
	until_true grep -q listening "$bg_said" || die "tcpdump does not start"
}
seen() { local pid=watch_$1; ! kill -0 "${!pid}" 2>/dev/null; }
# type, code, and behind the header of what it is about the port
watch code 'icmp[0] = 3 and icmp[1] = 10 and icmp[30:2] = 8005'
watch udp 'icmp[0] = 3 and icmp[1] = 3 and icmp[17] = 17 and icmp[30:2] = 8004'
watch tcp 'icmp[0] = 3 and icmp[1] = 3 and icmp[17] = 6 and icmp[30:2] = 8004'
watch code6 'icmp6 and ip6[40] = 1 and ip6[41] = 1 and ip6[90:2] = 8005'
watch udp6 'icmp6 and ip6[40] = 1 and ip6[41] = 4 and ip6[54] = 17 and ip6[90:2] = 8004'
watch dropped 'src host not 10.0.1.2 and src host not fd00:1::2 and
    (icmp[30:2] = 8001 or ip6[90:2] = 8001 or tcp src port 8001 or udp src port 8001)'
for host in $S4 $S6; do
	answers 'open timeout refused refused refused unreachable refused' \
	    client tcp "$host" 80 8001 8002 8003 8004 8005 8006
	answers 'open timeout refused refused unreachable refused' \
	    client udp "$host" 53 8001 8002 8004 8005 8006
	answers 'open open refused' fw tcp "$host" 80 8001 8006
	answers 'open open refused' fw udp "$host" 53 8001 8006
done
expect 'ICMP code' until_true seen code
expect 'ICMP port' until_true seen udp
expect 'ICMP port for TCP' until_true seen tcp
expect 'ICMPv6 code' until_true seen code6
expect 'ICMPv6 port' until_true seen udp6
refuse 'nothing about dropped ones' seen dropped
# one of each family, and what TCP tried again
within 'dropped: counted' 2 99 "$(rule_counter 'inet proto tcp.*label "drop"|proto tcp.*label "drop"' Packets)"

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
refuse "ping" no_answer client $S4
refuse "ping6" no_answer client $S6
expect "the firewall's own" pings fw $S4
expect "the firewall's own, IPv6" pings fw $S6
