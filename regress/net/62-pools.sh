#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Pools, IPv4 and IPv6: who of a thousand connections gets which address, by turns, at
# random, by its source, by weight, by states; of lists, networks and tables; and who gets the
# same one again.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
ready=$W/tally
background server "$NET/tally" serve "$ready" 99
until_true test -e "$ready" || die "no server: $(< "$bg_said")"

# the server has the addresses 16 to 19, the client 3 to 5, and 32 to 35 are the firewall's
more server ext0 2 16 17 18 19
more client int0 1 3 4 5
for i in 32 33 34 35; do
	for v in 10.0.2.$i fd00:2::$i; do
		laid+="-n server neigh replace $v lladdr 02:00:00:00:02:01 dev eth0 nud permanent"
		laid+=$'\n'
	done
done
lay 'no neighbours'

# a thousand connections; the debug kernel, which is slow, tells a fair choice from another by
# fewer.  far: six standard deviations of those that go one way in four.
many=1000 far=82
[ "$VM_KERNEL" != debug ] || many=200 far=37
quarter=$((many / 4))

# ask WORD N [SOURCE]: N new connections to $v; what the server saw is in $said, each address
# by the last of its numbers: "16:250 17:250 .."
from=20000
ask() {
	[ $((from + $2)) -lt 30000 ] || { from=20000; flush; }
	"$NET/tally" ask /run/netns/client "$v" 99 "$2" "$from" "$patience" "$1" \
	    ${3:+"$3"} > "$W/tallied"
	said=$(< "$W/tallied")
	from=$((from + $2))
}
of() { # NUMBER: how often it was seen
	local i
	for i in $said; do
		[ "${i%%:*}" != "$1" ] || { echo "${i#*:}"; return; }
	done
	echo 0
}
forget() { flush; fw pfctl -q -F Sources; }

for v in 10.0.2.200 fd00:2::200; do
	case $v in
	*.*)	n=4 af=inet c=10.0.1. s=10.0.2. net=10.0.2.16/30 out=10.0.2.32/30 ;;
	*)	n=6 af=inet6 c=fd00:1:: s=fd00:2:: net=fd00:2::18/127 \
		    out=fd00:2::30/125 ;;
	esac

	# --- by turns: a list, a table, a network ------------------------------------------
	rules <<END
rdr on int0 proto udp from any to $v -> { ${s}16 ${s}17 ${s}18 ${s}19 }
pass
END
	ask dst $many
	is "$n: a list by turns" "16:$quarter 17:$quarter 18:$quarter 19:$quarter" "$said"
	rules <<END
table <servers> persist { ${s}16 ${s}17 ${s}18 ${s}19 }
pass
pass in on int0 $af proto udp to $v rdr-to <servers>
END
	ask dst $many
	is "$n: a table by turns" "16:$quarter 17:$quarter 18:$quarter 19:$quarter" "$said"
	rules <<END
pass
pass in on int0 $af proto udp to $v rdr-to { ${s}16 weight 3, ${s}17 }
END
	ask dst $many
	is "$n: by weight" "16:$((3 * quarter)) 17:$quarter" "$said"

	# --- at random ----------------------------------------------------------------------
	rules <<END
table <servers> persist { ${s}16 ${s}17 ${s}18 ${s}19 }
pass
pass in on int0 $af proto udp to $v rdr-to <servers> random
END
	ask dst $many
	for i in 16 17 18 19; do
		within "$n: at random, $i" $((quarter - far)) $((quarter + far)) "$(of $i)"
	done
	rules <<END
pass
pass in on int0 $af proto udp to $v rdr-to { ${s}16 weight 3, ${s}17 } random
END
	ask dst $many
	within "$n: at random, by weight" $((3 * quarter - far)) $((3 * quarter + far)) "$(of 16)"
	is "$n: and the others" $many $(($(of 16) + $(of 17)))

	# --- by the source ---------------------------------------------------------------------
	for key in '' one 0x0123456789abcdef0123456789abcdef; do
		rules <<END
rdr on int0 proto udp from any to $v -> $net source-hash $key
pass
END
		first=
		for i in 2 3 4 5; do
			ask dst 20 $c$i
			like "$n: $i by its source" '^[0-9]+:20$' "$said"
			first="$first $said"
		done
		[ -n "$key" ] || continue
		rules <<END
rdr on int0 proto udp from any to $v -> $net source-hash $key
pass
END
		again=
		for i in 2 3 4 5; do ask dst 20 $c$i; again="$again $said"; done
		is "$n: the same with the same key" "$first" "$again"
	done

	# --- nat: a list, and the host's bits ---------------------------------------------------
	rules <<END
nat on ext0 from ${c}2 to any -> { ${s}32 ${s}33 ${s}34 ${s}35 }
rdr on int0 proto udp from any to $v -> ${s}16
pass
END
	ask src $many ${c}2
	is "$n: nat by turns" "32:$quarter 33:$quarter 34:$quarter 35:$quarter" "$said"
	rules <<END
match out on ext0 $af from ${c}3 nat-to $out bitmask
rdr on int0 proto udp from any to $v -> ${s}16
pass
END
	ask src 20 ${c}3
	[ $n = 4 ] && is "$n: the host's bits" 35:20 "$said" ||
	    is "$n: the host's bits" 33:20 "$said"

	# --- least-states ----------------------------------------------------------------------
	forget
	rules <<END
pass
pass in on int0 $af proto udp to $v rdr-to { ${s}16, ${s}17 weight 2, ${s}18 } least-states
END
	ask dst 100
	is "$n: by states" '16:25 17:50 18:25' "$said"

	# --- sticky-address ---------------------------------------------------------------------
	forget
	rules <<END
set timeout src.track 36000
table <servers> persist { ${s}16 ${s}17 ${s}18 ${s}19 }
rdr on int0 proto udp from any to $v -> <servers> round-robin sticky-address
pass
END
	first=
	for i in 2 3 4 5; do ask dst 20 $c$i; first="$first $said"; done
	is "$n: each its own" ' 16:20 17:20 18:20 19:20' "$first"
	flush
	again=
	for i in 2 3 4 5; do ask dst 20 $c$i; again="$again $said"; done
	is "$n: the same without a state" "$first" "$again"
	flush
	like "$n: remembered" "^${c}4 rdr-to ${s}18 \( states 0, " "$(fw pfctl -sS)"
	fw pfctl -q -t servers -T delete ${s}18
	ask dst 20 ${c}4
	is "$n: another one, that of another turn" 0 "$(of 18)"
	like "$n: and only one" '^[0-9]+:20$' "$said"
	ask dst 20 ${c}3
	is "$n: who has one that is left" 17:20 "$said"
	# the limit of sources
	before=$(info src-limit)
	forget
	rules <<END
set limit src-nodes 1
set timeout src.track 0
rdr on int0 proto udp from any to $v -> { ${s}16 ${s}17 } round-robin sticky-address
pass
END
	patience=$brief ask dst 1 ${c}2
	was=$said
	patience=$brief ask dst 1 ${c}3
	is "$n: no room" lost:1 "$said"
	is "$n: counted" $((before + 1)) "$(info src-limit)"
	ask dst 10 ${c}2
	is "$n: who has one" "${was%:1}:10" "$said"
	flush
	is "$n: src.track 0: gone with its states" '' "$(fw pfctl -sS)"
	ask dst 1 ${c}3
	unlike "$n: room again" lost "$said"
	forget
	# routes
	rules <<END
set limit src-nodes 10000
rdr on int0 proto udp from any to $v -> ${s}16
pass
pass in on int0 $af proto udp route-to { (ext0 ${s}18) (ext0 ${s}19) } round-robin sticky-address
END
	ask dst 10 ${c}2
	is "$n: it arrives" 16:10 "$said"
	is "$n: by one way" 1 "$(fw pfctl -vvss | grep -o 'gateway: .*' | sort -u |
	    grep -c .)"
	like "$n: remembered" "^${c}2 route-to ${s}1[89] \( states 10, " "$(fw pfctl -sS)"
	forget
done
