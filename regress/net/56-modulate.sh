#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# modulate state with real programs, IPv4 and IPv6: the numbers differ on the two sides of
# the firewall; files come through whole, with large segments, with small ones of which some
# are lost and selective acknowledgements tell which, and with a path that is narrower than
# its ends know; refusals are believed; nat and rdr go with it; a connection that is under way
# is taken up as it is.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
head -c 1200000 /dev/urandom > "$W/data"
port=9000

# transfer WHAT FROM TO ADDRESS [HOST PORT]: the file, as carry does it
transfer() {
	port=$((port + 1))
	carry "$1" "$W/data" "$2" "$3" "$4" $port "${@:5}"
}
# netstat NS NAME: a counter of TcpExt
netstat() {
	in_ns "$1" cat /proc/net/netstat | N=$2 awk '$1 == "TcpExt:" && !n { n = split($0, name); next }
		$1 == "TcpExt:" { split($0, v); for (i = 2; i <= n; i++)
		    if (name[i] == ENVIRON["N"]) print v[i] }'
}
# watch NS: SYNs there, in $W/seen.NS
watch() {
	background "$1" tcpdump -lnpS -i eth0 'tcp[13] & 2 != 0 or (ip6[6] = 6 and ip6[53] & 2 != 0)'
	until_true grep -q listening "$bg_said" || die 'tcpdump does not start'
	eval "watch_$1=\$bg seen_$1=\$bg_said"
}
# number NS FLAGS seq|ack: of the first such segment that was seen there
number() {
	local file=seen_$1

	until_true grep -q "Flags \\[$2\\]" "${!file}" || die "no [$2] was seen at the $1"
	sed -n "s/.*Flags \\[$2\\].* $3 \\([0-9]*\\),.*/\\1/p" "${!file}" | head -n 1
}
plus() { echo $((($1 + $2) & 0xffffffff)); }
differ() { # WHAT A B
	if [ -n "$2" ] && [ -n "$3" ] && [ "$2" != "$3" ]; then ok "$1"; else
		fail "$1: '$2' and '$3'"
	fi
}

for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 g=$G4 net=10.0.1.0/24 ||
	    { c=$C6 s=$S6 g=$G6 net=fd00:1::/64; }
	rules <<'END'
pass modulate state
END
	flush
	watch client
	watch server
	hold t client tcp $s 80
	alive 'a connection' t
	syn=$(number client S seq) syn_there=$(number server S seq)
	answer=$(number client S. seq) answer_there=$(number server S. seq)
	differ 'the first numbers of the client' "$syn" "$syn_there"
	differ 'the first numbers of the server' "$answer" "$answer_there"
	is 'the server acknowledges what it sees' "$(plus "$syn_there" 1)" \
	    "$(number server S. ack)"
	is 'the client gets its own number' "$(plus "$syn" 1)" "$(number client S. ack)"
	# two states, on the way in and on the way out: their differences add up
	diffs=$(fw pfctl -vss | awk '
		/^all tcp/ { back = / <- / ? 1 : 0 }
		/\(\+/ {
			for (i = 0; match($0, /\(\+[0-9]+/); i++) {
				d[i] = substr($0, RSTART + 2, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)
			}
			a += d[back]; b += d[1 - back]; n++
		}
		END { printf "%d %.0f %.0f", n, a, b }')
	read -r n a b <<< "$diffs"
	is 'states tell their differences' 2 "$n"
	is 'so far for the client' "$syn_there" "$(plus "$syn" "$a")"
	is 'so far for the server' "$answer" "$(plus "$answer_there" "$b")"
	drop t
	end "$watch_client" "$watch_server"

	reach refused client tcp $s 81
	transfer 'large segments' client server $s
	transfer 'large segments, back' server client $c
	ip -n fw link set ext0 mtu 1300
	transfer 'a narrow path' client server $s
	ip -n fw link set ext0 mtu 1500
	ip -n client route flush cache
	ip -n client -6 route flush cache
	for n in client server; do
		in_ns $n ethtool -K eth0 tso off gso off tx off > /dev/null 2>&1
	done
	transfer 'plain segments' client server $s
	fw tc qdisc add dev ext0 root netem loss 2% || fail 'netem'
	before=$(netstat client TCPSackRecovery)
	transfer 'losses' client server $s
	within 'selective acknowledgements told of losses' $((before + 1)) \
	    999999 "$(netstat client TCPSackRecovery)"
	fw tc qdisc replace dev int0 root netem loss 2%
	before=$(netstat server TCPSackRecovery)
	transfer 'losses both ways' server client $c
	within 'so they did back' $((before + 1)) 999999 "$(netstat server TCPSackRecovery)"
	fw tc qdisc del dev ext0 root
	fw tc qdisc del dev int0 root
	for n in client server; do
		in_ns $n ethtool -K eth0 tso on gso on tx on > /dev/null 2>&1
	done

	# with a translation
	ip -n server route del default
	ip -n server -6 route del default
	rules <<END
nat on ext0 from $net to any -> $g
rdr on ext0 proto tcp from any to $g port 9 -> $c port $((port + 2))
pass modulate state
END
	flush
	transfer 'nat' client server $s
	transfer 'rdr' server client $c $g 9
	reach refused client tcp $s 81
	routes server 2

	# taken up in its midst
	rules <<'END'
pass flags any
END
	flush
	hold t client tcp $s 80
	alive 'before' t
	rules <<'END'
pass flags any modulate state
END
	flush
	alive 'taken up' t
	unlike 'with its own numbers' '\]\(\+' "$(fw pfctl -vss)"
	drop t
	flush
done
