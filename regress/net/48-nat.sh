#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Translation with real programs, IPv4 and IPv6: clients behind nat reach a server
# that has no way back to them, the server reaches one of them by rdr, the firewall's own
# programs are redirected to, binat works both ways, errors find who they are for, and
# ports that run out refuse new connections only.
# It touches what differs between kernels (run -i).
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53 tcp/81
echo_server client tcp/8080 udp/8053
echo_server fw tcp/3128
# what is not translated does not come back
ip -n server route del default
ip -n server -6 route del default
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 g=$G4 net=10.0.1.0/24 extra=10.0.2.77 ||
	    { c=$C6 s=$S6 g=$G6 net=fd00:1::/64 extra=fd00:2::77; }
	rules <<END
pass
END
	reach timeout client udp $s 53
	rules <<END
nat on ext0 from $net to any -> $g
rdr on ext0 proto tcp from any to $g port 80 -> $c port 8080
rdr on ext0 proto udp from any to $g port 53 -> $c port 8053
block
pass in on int0 from $net
pass out on ext0 from $g
pass in on ext0 to $c
pass out on int0 to $c
END
	flush
	answers 'open open' client tcp $s 80 81
	reach open client udp $s 53
	expect "ping $s" pings client $s
	answers 'open timeout' server tcp $g 80 82
	reach open server udp $g 53
	# the firewall itself, by its own address
	reach open fw tcp $s 80
	like 'a state shows both' "$(sed 's/[.:]/[.:]/g; s/\//./g' <<< "$g").*\\(.*$c" "$(states)" ||
	    states
	# a large transfer, whole
	head -c 1000000 /dev/urandom > "$W/data"
	rules <<END
rdr on ext0 proto tcp from any to $g port 9 -> $c port 8081
pass
END
	before=$(info state-mismatch)
	carry "to $g" "$W/data" server client "$c" 8081 "$g" 9
	# (not of the whole scenario: a SYN that is sent again may have two RSTs
	# come back, and a client that is cut off may say so more than once)
	is 'no packet out of its window' "$before" "$(info state-mismatch)"
	# to a program on the firewall, wherever the client wanted to go
	rules <<END
rdr on int0 proto tcp from any to any port 82 -> $( [ $v = 4 ] && echo $F4 || echo $F6 ) port 3128
pass
END
	reach open client tcp $s 82
	# binat: another address, all ports, both ways
	ip -n server neigh replace $extra lladdr 02:00:00:00:02:01 dev eth0 \
	    nud permanent
	rules <<END
binat on ext0 from $c to any -> $extra
pass
END
	flush
	reach open client udp $s 53
	answers 'open refused' server tcp $extra 8080 8082
	# a port for two: the third waits
	rules <<END
nat on ext0 from $net to any -> $g port 61000:61001
pass
END
	flush
	before=$(info translate)
	hold one client tcp $s 80
	hold two client tcp $s 80
	alive 'first' one
	alive 'second' two
	reach timeout client tcp $s 80
	reach open client tcp $s 81
	alive 'first lives' one
	within 'counted' $((before + 1)) $((before + 99)) "$(info translate)"
	drop one
	drop two
	# nobody listens: the error comes back to who asked
	rules <<END
nat on ext0 from $net to any -> $g
block in on ext0
pass out on ext0
END
	flush
	reach refused client udp $s 54
done
