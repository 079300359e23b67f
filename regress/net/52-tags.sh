#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Tags with real programs, IPv4 and IPv6: what one rule says of a packet that comes in,
# another asks for when it goes out, also when it is translated and when it stays on this
# machine.  The other bits of a packet's mark are left alone.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81 udp/53 udp/54
echo_server fw tcp/3128 tcp/3129

# A policy by ports and addresses, and the same in two halves: what a packet is, and what
# may leave.  Both give the same answers.
plain='block return
pass in on int0
pass out on ext0 proto tcp to port 80
pass out on ext0 proto udp to port 53
pass out on ext0 inet proto icmp
pass out on ext0 inet6 proto icmp6'
split='block return
pass in on int0 tag "the rest"
pass in on int0 proto tcp to port { 80 81 } tag WEB
pass in on int0 proto tcp to port 81 tag OTHER keep state
pass in on int0 proto udp to port 53 tag DNS
match in on int0 inet proto icmp tag PING
match in on int0 inet6 proto icmp6 tag PING
pass out on ext0 tagged WEB
pass out on ext0 tagged DNS
pass out on ext0 tagged PING
block return out on ext0 tagged OTHER'
for policy in "$plain" "$split"; do
	rules <<< "$policy"
	flush
	for s in $S4 $S6; do
		answers 'open refused' client tcp $s 80 81
		answers 'open refused' client udp $s 53 54
		expect "ping $s" pings client $s
	done
done
is 'packets of a connection do not ask again' "$(rule_counter 'out .* tagged WEB' States)" 2
within 'and count at the rule' 4 99 "$(rule_counter 'out .* tagged WEB' Packets)"

# translated on its way in, and on its way out
ip -n server route del default
ip -n server -6 route del default
rules <<END
match in on int0 proto tcp to port 82 tag FORMER rdr-to { $S4 } port 80
match in on int0 inet6 proto tcp to port 82 tag FORMER rdr-to $S6 port 80
block return
pass in on int0
pass out on ext0 inet proto tcp tagged FORMER nat-to $G4
pass out on ext0 inet6 proto tcp to port 80 tagged FORMER nat-to $G6
END
flush
for s in $S4 $S6; do
	answers 'refused open' client tcp $s 80 82
done
rules <<END
rdr on int0 inet proto tcp from any to any port 82 tag OLD -> $S4 port 80
nat on ext0 inet proto tcp from any to any tagged OLD -> $G4
block return
pass in on int0
pass out on ext0 tagged OLD
END
answers 'refused open' client tcp $S4 80 82
ip -n server route add default via $G4
ip -n server -6 route add default via $G6

# to a program of this machine; and from one to another, round by the loopback device
rules <<END
pass
match in on int0 proto tcp to port 3129 tag NO
block return in quick tagged NO
match out on lo0 proto tcp to port 3128 tag HERE
match out on lo proto tcp to port 3128 tag HERE
block return in on lo tagged HERE
END
flush
answers 'open refused' client tcp $F4 3128 3129
answers 'refused open' fw tcp 127.0.0.1 3128 3129
answers 'refused open' fw tcp ::1 3128 3129

# another's bits of the mark pass through pf, with a tag and without; they come before
# routing, and pf's are not in their way
nft_count() { # a rule's packets
	fw nft list chain inet t after | sed -n "s/.*$1.* packets \\([0-9]*\\).*/\\1/p"
}
for tag in '' 'tag X'; do
	rules <<END
block return
pass in $tag
pass out ${tag:+tagged X}
END
	flush
	fw nft -f - <<END || die 'no nft'
table inet t {
	chain before {
		type filter hook prerouting priority -150
		iifname int0 meta mark set meta mark or 0x15
	}
	chain after {
		type filter hook postrouting priority 200
		meta mark & 0x7fff == 0x15 counter
		meta mark & 0xffff8000 != 0 counter
	}
}
END
	expect "ping $S4 ($tag)" pings client $S4
	expect "ping $S6 ($tag)" pings client $S6
	is "the mark of another ($tag)" 2 "$(nft_count ==)"
	is "and pf's own ($tag)" $((${#tag} > 0 ? 2 : 0)) "$(nft_count !=)"
	fw nft delete table inet t
done
