#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Groups of interfaces: one rule for the interfaces of a driver, for those that a
# default route leads out of, for all; and states that are bound to an interface,
# to a group, or to none.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
wire fw int1 client eth1 3
wire fw ext1 server eth1 4
echo_server server tcp/80
echo_server fw tcp/3128

# two interfaces, one rule, and a third that comes later
rules <<END
block return
pass in on int proto tcp to port 3128
END
answers open client tcp $F4 3128
answers open client tcp fd00:3::1 3128
is 'one rule, two interfaces' 2 "$(rule_counter 'on int ' Creations)"
answers refused server tcp $G4 3128
wire fw int7 client eth2 5
answers open client tcp 10.0.5.1 3128
ip -n fw link del int7
wire fw int7 client eth2 5
answers open client tcp fd00:5::1 3128
ip -n fw link set int7 down
ip -n fw link set int7 name lan
ip -n fw link set lan up
ip -n fw neigh replace 10.0.5.2 lladdr 02:00:00:00:05:02 dev lan nud permanent
ip -n fw addr replace fd00:5::1/64 dev lan nodad
answers refused client tcp 10.0.5.1 3128
ip -n fw link del lan
rules <<END
block return on ! int
pass on int
END
answers open client tcp $F4 3128
answers refused server tcp $G4 3128
rules <<END
block return
pass on any
END
answers open client tcp $F4 3128
answers refused fw tcp 127.0.0.1 3128
# its counters are those of its interfaces; skip of a group is skip of each
rules <<END
set skip on int
set loginterface ext
block return
END
answers open client tcp $F4 3128
answers refused server tcp $G4 3128
list=$(fw pfctl -sI -v)
like 'the group is skipped' '^int \(skip\)$' "$list"
like 'and its interfaces' '^int1 \(skip\)$' "$list"
like 'the others are not' '^ext1$' "$list"
like 'loginterface' 'for ext ' "$(fw pfctl -si)"
wire fw int7 client eth2 5
answers open client tcp 10.0.5.1 3128
ip -n fw link del int7
rules <<END
block return
END
answers refused client tcp $F4 3128

# a link group has a number, and a name in iproute2's file
echo '77 uplinks # of this scenario' >> /etc/iproute2/group
ip -n fw link set ext0 group 77
rules <<END
block return
pass on uplinks
pass out on ! uplinks from (uplinks)
END
answers open server tcp $G4 3128
answers refused client tcp $F4 3128
ip -n fw link set int0 group uplinks
answers open client tcp $F4 3128
answers open client tcp $F6 3128
like 'it is listed' '^uplinks$' "$(fw pfctl -sI)"
ip -n fw link set ext0 group default
answers refused server tcp $G4 3128
ip -n fw link set int0 group default
# what is no name of a group any more is none after the next load
ip -n fw link set int0 group 77
sed -i '/uplinks/d' /etc/iproute2/group
answers open client tcp $F4 3128
rules <<END
block return
pass on uplinks
END
answers refused client tcp $F4 3128
ip -n fw link set int0 group default

# egress: where the default routes lead
for v in 4 6; do
	[ $v = 4 ] && far=192.0.2.9 bits=32 net=10.0.1.0/24 via=10.0.2.2 other=10.0.4.2 \
	    one=10.0.2.1 two=10.0.4.1 ||
	    { far=2001:db8::9 bits=128 net=fd00:1::/64 via=fd00:2::2 other=fd00:4::2
	      one=fd00:2::1 two=fd00:4::1; }
	ip -n server -$v addr add $far/$bits dev lo $( [ $v = 4 ] || echo nodad)
	rules <<END
nat on egress from $net to any -> (egress:0)
block return
pass in on int0
pass in on int0 inet${v#4} to (egress:0) label told
pass out on egress
END
	flush
	ip -n fw -$v route add default via $via
	fw pfctl -q -si > /dev/null
	answers open client tcp $far 80
	like "by ext0" "$one" "$(states)"
	ip -n fw -$v route replace default via $other
	fw pfctl -q -si > /dev/null
	flush
	answers open client tcp $far 80
	like "by ext1" "$two" "$(states)"
	# two at a time
	if ip -n fw -$v route replace default nexthop via $via nexthop via $other; then
		is 'both are egress' 2 "$(fw pfctl -vvsr |
		    sed -n 's/.*(egress:0:\([0-9]*\)).*/\1/p' | head -n 1)"
	else
		note 'the kernel has no routes with several hops'
	fi
	ip -n fw -$v route del default
	fw pfctl -q -si > /dev/null
	ip -n fw -$v route add $far/$bits via $via
	flush
	answers refused client tcp $far 80
	ip -n fw -$v route del $far/$bits via $via
done

# a reply moves to another interface
move() { # add or del
	ip -n fw route "$1" $C4/32 via 10.0.3.2 dev int1
	ip -n fw -6 route "$1" $C6/128 via fd00:3::2 dev int1
}
for row in 'floating all alive' 'if-bound int0 dead' 'group-bound int alive'; do
	read -r policy scope outcome <<< "$row"
	rules <<END
set state-policy $policy
block
pass in on int0 proto tcp
pass out on ext0 proto tcp
END
	flush
	hold four client tcp $S4 80
	hold six client tcp $S6 80
	alive "$policy" four
	alive "$policy" six
	like "$policy: the scope" "^$scope tcp 10\\.0\\.2\\.2:80 <- " "$(states)"
	is "$policy: those of a group" 2 "$(fw pfctl -ss -i int | grep -c .)"
	move add
	"$outcome" "$policy, moved" four
	"$outcome" "$policy, moved, IPv6" six
	move del
	drop four
	drop six
done
# to another group
ip -n fw link set int1 down
ip -n fw link set int1 name oth1
ip -n fw link set oth1 up
ip -n fw addr replace fd00:3::1/64 dev oth1 nodad
ip -n fw neigh replace 10.0.3.2 lladdr 02:00:00:00:03:02 dev oth1 nud permanent
hold four client tcp $S4 80
alive 'group-bound' four
ip -n fw route add $C4/32 via 10.0.3.2 dev oth1
dead 'group-bound, in another group' four
ip -n fw route del $C4/32 via 10.0.3.2 dev oth1
drop four
# bound to the group that its rule names
rules <<END
set state-policy group-bound
block
pass in on any proto tcp
pass out on ext0 proto tcp
END
flush
hold four client tcp $S4 80
alive 'bound to any' four
like 'bound to any' '^any tcp ' "$(states)"
ip -n fw route add $C4/32 via 10.0.3.2 dev oth1
alive 'any, moved' four
ip -n fw route del $C4/32 via 10.0.3.2 dev oth1
is 'states of a group go by its name' 0 "$(fw pfctl -q -i any -F states; state_count)"
rules <<END
pass
END
answers open client tcp $S4 80
is 'another group has none of them' 2 "$(fw pfctl -q -i egress -F states; state_count)"
ip -n fw route add default via 10.0.2.2
is 'and then it has one' 1 "$(fw pfctl -q -i egress -F states; state_count)"
ip -n fw route del default

# which interface a packet came in by, on its way out; none if it was made here
for row in 'received-on int0:open refused' 'received-on int:open refused' \
    '! received-on int:refused open' 'received-on ext0:refused refused'; do
	rules <<END
block return
pass in on int
pass out on ext0 ${row%:*}
END
	flush
	read -r forwarded made <<< "${row#*:}"
	answers "$forwarded" client tcp $S4 80
	answers "$forwarded" client tcp $S6 80
	answers "$made" fw tcp $S4 80
done

# antispoof
ip -n client route add 10.0.3.1 dev eth1 2>/dev/null
rules <<END
antispoof quick for (int0)
pass
END
expect 'from its own address' pings client 10.0.3.1 -I 10.0.3.2
refuse 'from one of another link' no_answer client 10.0.3.1 -I $C4
is 'the spoofed one is blocked' 1 "$(rule_counter 'on ! int0 from .int0:network' Packets)"
