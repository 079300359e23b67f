#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Criteria that ask the kernel about a packet, IPv4 and IPv6: no-route and urpf-failed of
# its route tables, user and group of its sockets.  Rules that end: max-pkt-rate and once.
# And set tos; set prio, and the criterion prio, by what traffic control counts.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53
passes() { rule_counter "$1" Packets; }

# --- routes ----------------------------------------------------------------------
# addresses of the client that the firewall has no route to, until it gets one
other4=10.9.0.9 other6=fd00:9::9
ip -n client addr add $other4/32 dev eth0
ip -n client -6 addr add $other6/128 dev eth0 nodad
rules <<END
block return
pass quick inet6 to ff00::/8 no state
pass in on int0 from no-route label lost
pass in on int0 from ! no-route label found
pass out on ext0 from 10.0.0.0 - 10.0.255.255
pass out on ext0 from fd00:1:: - fd00:1::ffff
pass out on ext0 from { $other4 $other6 }
END
for v in 4 6; do
	[ $v = 4 ] && o=$other4 s=$S4 c=$C4 net=10.9.0.0/24 || o=$other6 s=$S6 c=$C6 net=fd00:9::/64
	before=$(passes 'from no-route')
	refuse "no way back to $o" no_answer client $s -I $o
	is 'no-route has seen it' $((before + 1)) "$(passes 'from no-route')"
	expect "ping $s from a range" pings client $s
	# a route that says that there is none
	ip -n fw -$v route add unreachable $net
	refuse "none back to $o" no_answer client $s -I $o
	is 'no-route has seen it, too' $((before + 2)) "$(passes 'from no-route')"
	ip -n fw -$v route del unreachable $net
	ip -n fw -$v route add $net via $c
	flush
	expect "a way back to $o" pings client $s -I $o
	is 'no-route has not seen it' $((before + 2)) "$(passes 'from no-route')"
done

# the way back is not the way that it came; any of several hops is right
rules <<END
block return in quick from urpf-failed label wrong
pass
END
flush
for v in 4 6; do
	[ $v = 4 ] && o=$other4 s=$S4 c=$C4 f=$F4 net=10.9.0.0/24 ||
	    { o=$other6 s=$S6 c=$C6 f=$F6 net=fd00:9::/64; }
	expect 'the way that it came' pings client $s -I $o
	ip -n fw -$v route replace $net via $s
	flush
	before=$(passes urpf-failed)
	refuse 'another way' no_answer client $s -I $o
	is 'urpf-failed has seen it' $((before + 1)) "$(passes urpf-failed)"
	expect 'others pass' pings client $s
	# the firewall's own address comes by the loopback device alone
	expect 'itself' pings fw $f
	ip -n fw -$v route del $net
	ip -n fw -$v route add $net nexthop via $s dev ext0 nexthop via $c dev int0
	flush
	before=$(passes urpf-failed)
	# its answer may go the other way: it is passed that counts
	no_answer client $s -I $o > "$W/said" 2>&1
	is 'one of two ways' "$before" "$(passes urpf-failed)"
	ip -n fw -$v route del $net
done

# --- sockets ---------------------------------------------------------------------
# nobody (65534) serves 3128, root 3129; the firewall's programs of both go out
chmod 755 "$W"
mkdir -m 777 "$W/n"
background fw setpriv --reuid 65534 --regid 65534 --clear-groups \
    "$NET/echod" "$W/n/ready" tcp/3128 udp/3128
until_true test -e "$W/n/ready" || die "echo server of nobody: $(< "$bg_said")"
echo_server fw tcp/3129 udp/3129
rules <<END
block return
pass in on int0 proto { tcp udp } user 65534
pass in on int0 proto { tcp udp } to port { 80 53 } user unknown
pass out on ext0
pass out on int0 proto tcp group 65534
END
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 f=$F4 || { c=$C6 s=$S6 f=$F6; }
	answers 'open refused' client tcp $f 3128 3129
	answers 'open refused' client udp $f 3128 3129
	# forwarded: nobody's, whoever listens on that port here
	answers 'open refused' client tcp $s 80 3128
	answers open client udp $s 53
	expect "the group may ask" in_ns fw setpriv --reuid 65534 --regid 65534 \
	    --clear-groups nc -z -w "$patience" $s 80
done
echo_server client tcp/8080
expect 'a program of the group' in_ns fw setpriv --reuid 0 --regid 65534 --clear-groups \
    nc -z -w "$patience" $C4 8080
refuse 'one of another' in_ns fw nc -z -w "$patience" $C4 8080
# an established connection is its owner's, also when the rules ask anew
rules <<END
pass in on int0 proto tcp to port { 3128 3130 } user 65534 flags any no state
pass out on int0 proto tcp from port { 3128 3130 } user 65534 flags any no state
block return in on int0 proto tcp user != 65534
END
hold mine client tcp $F4 3128
alive 'without a state' mine
drop mine
answers refused client tcp $F4 3129
# .. and of who listens until the program has accepted it: what is sent meanwhile gets there
cat > "$W/late.py" <<'END'
import os, socket, sys, time
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("::", 3130))
s.listen()
open(sys.argv[1] + "/listens", "w").close()
while not os.path.exists(sys.argv[1] + "/accept"):
    time.sleep(0.1)
for _ in range(2):
    c = s.accept()[0]
    c.sendall(b"heard " + c.makefile("rb").readline())
    c.close()
END
background fw setpriv --reuid 65534 --regid 65534 --clear-groups \
    python3 -I -S "$W/late.py" "$W/n"
until_true test -e "$W/n/listens" || die "the late server: $(< "$bg_said")"
early=()
for f in $F4 $F6; do
	background client sh -c "echo early | nc -w $patience $f 3130"
	early+=("$bg_said")
done
acked() { # the client's data have come to the server's side, which has not accepted
	[ "$(in_ns fw ss -Htan '( sport = :3130 )' |
	    awk '$1 != "LISTEN" && $2 >= 6' | grep -c .)" -eq 2 ]
}
expect 'data that wait to be accepted' until_true acked
touch "$W/n/accept"
for said in "${early[@]}"; do
	until_true test -s "$said"
	is 'they are heard' 'heard early' "$(< "$said")"
done

# --- rules that end ----------------------------------------------------------------
rules <<END
block return
pass out
pass in on int0 inet proto icmp max-pkt-rate 4/80000
pass in on int0 inet6 proto icmp6 max-pkt-rate 4/80000
pass in on int0 proto tcp to port 80 once
END
flush
for s in $S4 $S6; do
	no_answer client "$s" -c 9 -i 0.2 > "$W/said" 2>&1
	like "four of nine pings of $s" '^9 packets transmitted, 4 received' "$(< "$W/said")"
done
answers open client tcp $S4 80
answers refused client tcp $S4 80
like 'what is used up is shown so' 'once.*# expired' "$(fw pfctl -sr)"

# --- set tos -------------------------------------------------------------------------
rules <<END
pass
match out on ext0 set tos 0x20
END
flush
in_ns server nft -f - <<END || die 'no nft'
table inet t {
	chain in {
		type filter hook input priority 0
		ip dscp 8 counter
		ip6 dscp 8 counter
	}
}
END
answers open client udp $S4 53
answers open client udp $S6 53
expect "ping $S4" pings client $S4 -Q 1
expect "ping $S6" pings client $S6
like 'IPv4' 'ip dscp .* packets 2 ' "$(in_ns server nft list table inet t)"
like 'IPv6' 'ip6 dscp .* packets 2 ' "$(in_ns server nft list table inet t)"

# --- set prio ------------------------------------------------------------------------
# a queue for each priority, which counts
with_queues() {
	fw tc qdisc add dev "$1" root handle 1: prio bands 8 \
	    priomap 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 > "$W/said" 2>&1
}
sent() { # packets that have left by a device with this priority
	fw tc -s class show dev "$1" classid 1:$(($2 + 1)) |
	    sed -n 's/.*Sent [0-9]* bytes \([0-9]*\) pkt.*/\1/p'
}
if with_queues ext0 && with_queues int0; then
	# without a rule it is that of the type of service; a rule says another one, also to
	# the rules on the way out, and for what answers
	rules <<END
pass
END
	flush
	expect "ping $S4, lowdelay" pings client $S4 -Q 0x10
	within 'forwarding gives a priority' 1 99 "$(sent ext0 6)"
	rules <<END
pass
match in on int0 inet proto icmp set prio 4
match in on int0 proto udp set prio 5
match in on int0 proto tcp set prio (1, 7)
match out on ext0 inet6 proto icmp6 icmp6-type echoreq set prio 3
pass out on ext0 proto udp prio 5 label five
block out on ext0 inet proto icmp prio 6
END
	flush
	before=$(sent ext0 6)
	expect "ping $S4, lowdelay" pings client $S4 -Q 0x10
	is 'not that of the type of service' "$before" "$(sent ext0 6)"
	within 'but that of the rule' 1 9 "$(sent ext0 4)"
	expect "ping $S6" pings client $S6
	within 'said on the way out' 1 9 "$(sent ext0 3)"
	for s in $S4 $S6; do
		answers open client udp "$s" 53
		answers open client tcp "$s" 80
	done
	is 'the rules on the way out see it' 2 "$(rule_counter 'out on ext0 .* prio 5' States)"
	for i in ext0 int0; do
		within "datagrams by $i" 2 9 "$(sent $i 5)"
		within "segments with data, or SYN, by $i" 2 99 "$(sent $i 1)"
		within "acknowledgements by $i" 2 99 "$(sent $i 7)"
	done
	fw tc qdisc del dev ext0 root
	fw tc qdisc del dev int0 root
else
	echo "# no queues here: $(head -1 "$W/said")"
fi
