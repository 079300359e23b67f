#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Addresses in parentheses follow their interface, IPv4 and IPv6, without a
# reload: in rules, with every modifier, and as what connections are translated
# to.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
wire fw ext1 server eth1 4
echo_server server tcp/80
echo_server fw tcp/3128
# what is not translated does not come back
ip -n server route del default
ip -n server -6 route del default
# told NAME: how many addresses rules are told to follow; what pfctl says is true
# of all that ip did before
told() {
	local re="\\($1:([0-9]+|\\*)\\)" text n

	fw pfctl -vvsr > "$W/told"
	text=$(< "$W/told")
	[[ $text =~ $re ]] || return 0
	n=${BASH_REMATCH[1]}
	echo "${n/\*/0}"
}
# known ADDRESS...: the server knows where these are
known() {
	local a
	for a in "$@"; do
		ip -n server neigh replace "$a" lladdr 02:00:00:00:02:01 \
		    dev eth0 nud permanent
	done
}

for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 f=$F4 g=$G4 bits=24 full=32 net=10.0.1.0/24 \
	    new=10.0.2.7 alias=10.0.2.8 ||
	    { c=$C6 s=$S6 f=$F6 g=$G6 bits=64 full=128 net=fd00:1::/64
	      new=fd00:2::7 alias=fd00:2::8; }
	ext() { # COMMANDS of ip address
		local line
		for line in "$@"; do
			ip -n fw addr $line dev ext0 $( [ $v = 4 ] ||
			    [[ $line != add* ]] || echo nodad) || die "addr $line"
		done
		fw pfctl -q -si > /dev/null
	}
	known $new $alias
	rules <<END
nat on ext0 from $net to any -> (ext0)
block
pass in on int0 from $net to ! (int0)
pass out on ext0 from (ext0)
END
	flush
	reach open client tcp $s 80
	like "translated to $g" " $c.* .*$g|$g.*$c" "$(states)"
	# the address changes, and so does what connections get
	ext "del $g/$bits" "add $new/$bits"
	flush
	reach open client tcp $s 80
	like "translated to $new" "$new.*$c" "$(states)"
	unlike "not to $g" "$g[.:[]" "$(states | sed 's/ (/(/')"
	# none is left: refused, and counted
	ext "del $new/$bits"
	ip -n fw route add $s/$full dev ext0
	ip -n fw neigh replace $s lladdr 02:00:00:00:02:02 dev ext0 nud permanent
	before=$(info translate)
	reach timeout client tcp $s 80
	within 'refused' $((before + 1)) $((before + 99)) "$(info translate)"
	ext "add $g/$bits"
	ip -n fw route del $s/$full dev ext0
	reach open client tcp $s 80
	# two: one after the other; a deprecated one only if there is no other
	ext "add $alias/$bits"
	flush
	rules <<END
nat on ext0 from $net to any -> (ext0)
pass
END
	reach open client tcp $s 80 80 80 80
	is "$g is used" 2 "$(states | grep -c "^all tcp.*$g.*$c\|^all tcp.*$c.*$g")"
	is "$alias is used" 2 "$(states | grep -c "^all tcp.*$alias.*$c\|^all tcp.*$c.*$alias")"
	# the first one alone
	rules <<END
nat on ext0 from $net to any -> (ext0:0)
block return
pass in on int0 proto tcp to (ext0:0) port 3128
pass on { int0, ext0 } proto tcp to (ext0:network) port 80
END
	flush
	first=$(ip -n fw -o -$v addr show dev ext0 scope global |
	    sed -n '1s/.* inet6* \([^ /]*\).*/\1/p')
	[ "$first" = $g ] && second=$alias || second=$g
	answers open client tcp "$first" 3128
	answers refused client tcp "$second" 3128
	reach open client tcp $s 80 80
	is 'the second one is not used' 0 "$(states | grep -c "$second.*$c\|$c.*$second")"
	answers refused client tcp $f 3128
	# binat with an address that moves
	rules <<END
binat on ext0 from $c to any -> (ext0:0)
pass
END
	flush
	reach open client tcp $s 80
	like "binat to $first" "$first.*$c|$c.*$first" "$(states)"
	ext "del $second/$bits" "del $first/$bits" "add $new/$bits"
	flush
	reach open client tcp $s 80
	like "binat to $new" "$new.*$c|$c.*$new" "$(states)"
	ext "del $new/$bits" "add $g/$bits"
done

# the other end of a link, broadcasts, and a prefix of one's own
ip -n fw addr add 10.9.0.1 peer 10.9.0.2/32 dev int0
ip -n client addr add 10.9.0.2 peer 10.9.0.1/32 dev eth0
ip -n client neigh replace 10.9.0.1 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
ip -n fw neigh replace 10.9.0.2 lladdr 02:00:00:00:01:02 dev int0 nud permanent
ip -n fw addr add 10.7.0.1/24 broadcast 10.7.0.255 dev int0
ip -n client addr add 10.7.0.2/24 broadcast 10.7.0.255 dev eth0
ip -n client neigh replace 10.7.0.254 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
rules <<END
nat on ext0 inet from 10.0.1.0/24 to any -> (ext0)
block return
pass in on int0 proto tcp from (int0:peer) to (int0) port 3128
pass in on int0 proto icmp to (int0:broadcast)
pass in on int0 proto tcp to (ext0)/28 port 80
pass out on ext0 proto tcp to (ext0)/28 port 80
END
flush
answers open client tcp 10.9.0.1 3128
answers refused client tcp $F4 3128
answers open client tcp $S4 80
no_answer client 10.7.0.255 -b > /dev/null
no_answer client 10.7.0.254 > /dev/null
is 'one went to the broadcast address' 1 "$(rule_counter ':broadcast' Packets)"
is 'the modifiers are told back' 1 "$(fw pfctl -sr | grep -c 'from (int0:peer) to (int0)')"
ip -n fw addr del 10.9.0.1 peer 10.9.0.2/32 dev int0
ip -n fw addr del 10.7.0.1/24 dev int0

# a tun with a peer; who sends from the peer's address comes by another interface, as
# there is no program behind the tun
modprobe -q tun
ip -n fw tuntap add dev tun0 mode tun || die 'no tun'
ip -n fw link set tun0 up
ip -n fw addr add 10.8.0.1 peer 10.8.0.2/32 dev tun0
ip -n fw addr add fd00:8::1 peer fd00:8::2 dev tun0 nodad
ip -n client addr add 10.8.0.2/32 dev lo
ip -n client addr add fd00:8::2/128 dev lo nodad
rules <<END
block
pass in on int0 from (tun0:peer) to (int0) no state
END
refuse 'from another address' no_answer client $F4
refuse 'from the peer' no_answer client $F4 -I 10.8.0.2
refuse 'from the peer, IPv6' no_answer client $F6 -I fd00:8::2
is 'these two' 2 "$(rule_counter 'tun0:peer' Packets)"
ip -n fw link del tun0
is 'no peer any more' 0 "$(told tun0:peer)"

# an interface that is not there yet, goes, and comes with another address
rules <<END
nat on ext0 from 10.0.1.0/24 to any -> (ext0)
block return
pass in on int0
pass out on ext0 from (ext0)
pass in on new0 proto tcp to (new0) port 3128
END
is 'no address yet' 0 "$(told new0)"
wire fw new0 client eth1 5
answers open client tcp 10.0.5.1 3128
answers open client tcp fd00:5::1 3128
ip -n fw link del ext0
is 'no address any more' 0 "$(told ext0)"
wire fw ext0 server eth0 6
ip -n client route add 10.0.6.0/24 via $F4
flush
answers open client tcp 10.0.6.2 80
like 'translated to the new one' '10\.0\.6\.1.*10\.0\.1\.2' "$(states)"
# by another name it is another interface
ip -n fw link set new0 down
ip -n fw link set new0 name old0
ip -n fw link set old0 up
is 'renamed' 0 "$(told new0)"
ip -n fw link set old0 down
ip -n fw link set old0 name new0
ip -n fw link set new0 up
within 'renamed back' 1 9 "$(told new0)"

# IPv6: not before it is known to be ours; not for new connections when it is old
fw bash -c 'cd /proc/sys/net/ipv6/conf/ext1 && echo 1 > accept_dad && echo 600 > dad_transmits'
rules <<END
pass in on ext1 inet6 to (ext1)
END
n=$(told ext1)
ip -n fw addr add fd00:4::9/64 dev ext1
like 'duplicates are looked for' tentative "$(ip -n fw addr show dev ext1)"
is 'tentative' "$n" "$(told ext1)"
ip -n fw addr del fd00:4::9/64 dev ext1
fw bash -c 'echo 1 > /proc/sys/net/ipv6/conf/ext1/dad_transmits'
ip -n fw addr add fd00:4::9/64 dev ext1
until_true eval "[ \"\$(told ext1)\" = $((n + 1)) ]" || fail 'never known'
is 'known' $((n + 1)) "$(told ext1)"
routes server 4
ip -n fw route add fd00:99::/64 via fd00:4::2
ip -n server addr add fd00:99::1/128 dev lo nodad
rules <<END
nat on ext1 inet6 from fd00:1::/64 to any -> (ext1)
pass
END
ip -n fw addr change fd00:4::9/64 dev ext1 preferred_lft 0
flush
ip -n server neigh replace fd00:4::9 lladdr 02:00:00:00:04:01 dev eth1 nud permanent
reach open client tcp fd00:99::1 80 80
is 'what is deprecated is not used' 0 "$(states | grep -c 'fd00:4::9')"
ip -n fw addr del fd00:4::1/64 dev ext1
ip -n fw route replace fd00:99::/64 via fd00:4::2
flush
reach open client tcp fd00:99::1 80
like 'but if it is all there is' 'fd00:4::9' "$(states)"

# the carrier is lost: a pool of two interfaces uses the other one
ip -n fw addr add 10.0.4.1/24 dev ext1 2>/dev/null
ip -n server neigh replace 10.0.4.1 lladdr 02:00:00:00:04:01 dev eth1 nud permanent
rules <<END
nat on ext0 inet from 10.0.1.0/24 to any -> (ext)
pass
END
flush
reach open client tcp 10.0.6.2 80 80
is 'both' 1 "$(states | grep -c '10\.0\.4\.1:.*10\.0\.1\.2\|10\.0\.1\.2.*10\.0\.4\.1:')"
ip -n server link set eth1 down
flush
until_true eval "ip -n fw link show dev ext1 | grep -q NO-CARRIER" || fail 'a carrier'
fw pfctl -q -si > /dev/null
reach open client tcp 10.0.6.2 80 80
is 'no longer' 0 "$(states | grep -c '10\.0\.4\.1:')"

# a flood of changes while packets flow
rules <<END
pass
block in on int0 from (int0)
END
n=$(told int0)
[ "$VM_KERNEL" = 6.1 ] && changes=1500 || changes=300
for ((i = 0; i < changes; i++)); do
	echo "addr add 10.200.$((i / 250)).$((i % 250 + 1))/32 dev int0"
	echo "addr add 10.201.$((i / 250)).$((i % 250 + 1))/32 dev int0"
	echo "addr del 10.200.$((i / 250)).$((i % 250 + 1))/32 dev int0"
done > "$W/flood"
ping_on client $F4
began=$EPOCHREALTIME
expect 'a flood' ip -n fw -batch "$W/flood"
note "$((3 * changes)) changes in $(((${EPOCHREALTIME/./} - ${began/./}) / 1000)) ms"
is 'what stayed' $((n + changes)) "$(told int0)"
ping_off 'under a flood'
sed -n 's/add \(10.201\)/del \1/p' "$W/flood" > "$W/ebb"
expect 'an ebb' ip -n fw -batch "$W/ebb"
is 'all gone' "$n" "$(told int0)"
