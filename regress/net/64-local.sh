#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Redirects of connections from outside to the loopback address, with real programs, IPv4 and
# IPv6, TCP and UDP: who listens on all addresses gets them before who listens there, local
# clients reach the latter; the answers come back translated; what has a loopback address on
# the wire is dropped, and the kernel is as it was found when the rules are gone.  A proxy asks
# where its clients wanted to go.  A client behind nat reaches a redirect from inside.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"

ask() { # NS PROTO HOST PORT [FROM]
	[ -z "${5:-}" ] || local -x FROM=$5
	"$NET/ask" "/run/netns/$1" "${seconds:-$patience}" "${@:2:3}"
}
# says WORD NS PROTO HOST PORT [FROM]
says() { is "${*:2}" "$1" "$(ask "${@:2}" 2>&1)"; }
localnet() { in_ns "${1:-fw}" cat "/proc/sys/net/ipv4/conf/${2:-all}/route_localnet"; }
locald() { # READY-NAME ARG...
	background fw python3 -I -S "$NET/locald.py" "$W/$1" "${@:2}"
	until_true test -e "$W/$1" || die "locald does not start: $(< "$bg_said")"
}
redirect() { # IFACE: from there to the loopback address
	rules <<-END
		rdr on $1 proto tcp to $g port 80 -> $l port 8080
		rdr on $1 proto udp to $g port 53 -> $l port 8053
		rdr on $1 proto tcp to $g port 81 -> $l port 8081
		rdr on $1 proto udp to $g port 54 -> $l port 8054
		rdr on $1 proto tcp to $g port 82 -> $l port 8082
		pass
	END
}

net_up
echo_server server tcp/80 udp/53
echo_server client tcp/8080 udp/8053
locald one tcp/127.0.0.1/8080/one tcp/::1/8080/one udp/127.0.0.1/8053/one \
    udp/::1/8053/one tcp/127.0.0.1/8081/one tcp/::1/8081/one \
    udp/127.0.0.1/8054/one udp/::1/8054/one
one=$bg
is 'as found' 0 "$(localnet)"
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 g=$G4 f=$F4 l=127.0.0.1 net=10.0.1.0/24 ||
	    { c=$C6 s=$S6 g=$G6 f=$F6 l=::1 net=fd00:1::/64; }
	redirect ext0
	# who listens there alone
	for i in 1 2; do
		says one server tcp "$g" 80
		says one server udp "$g" 53
	done
	# who listens on all addresses comes first, but for clients of this host
	locald any.$v tcp/::/8080/any udp/::/8053/any
	for i in 1 2; do
		says any server tcp "$g" 80
		says any server udp "$g" 53
	done
	says one server tcp "$g" 81
	says one server udp "$g" 54
	says one fw tcp "$l" 8080
	says one fw udp "$l" 8053
	says any fw tcp "$f" 8080
	# that one has gone; where nobody listens the client is told
	end "$bg"
	says one server tcp "$g" 80
	says ECONNREFUSED server tcp "$g" 82
	# filter rules do it, too; from inside as well
	rules <<-END
		pass
		pass in on int0 proto tcp to $g port 80 rdr-to $l port 8080
		match in on int0 proto udp to $g port 53 rdr-to $l port 8053
	END
	says one client tcp "$g" 80
	says one client udp "$g" 53
	# a proxy
	[ -e "$W/proxy" ] || {
		background fw python3 -I -S "$NET/proxy.py" "$W/proxy" 3128
		proxy_said=$bg_said
		until_true test -e "$W/proxy" || die "no proxy: $(< "$bg_said")"
	}
	rules <<-END
		rdr on int0 proto tcp to any port 80 -> $l port 3128
		block
		pass in on int0 from $net to $l
		pass out on ext0 from $g to $s
	END
	reach open client tcp "$s" 80
	like 'the proxy was told' "^to $s 80\$" "$(< "$proxy_said")"
	# from behind nat to a neighbour, here itself, by the outer address
	rules <<-END
		rdr on int0 proto tcp to $g port 80 -> $c port 8080
		rdr on int0 proto udp to $g port 53 -> $c port 8053
		nat on int0 from $net to $c -> $f
		pass
	END
	reach open client tcp "$g" 80
	reach open client udp "$g" 53
done

# nothing of 127.0.0.0/8 on the wire
l=127.0.0.1 g=$G4
frame() { server python3 -I -S "$NET/frame.py" eth0 02:00:00:00:02:01 "$@"; }
heard() { grep -q "$1" "$W"/bg.*; }
redirect ext0
is 'on' 1 "$(localnet)"
is 'of no device' 0 "$(localnet fw ext0)"
is 'elsewhere' 0 "$(localnet client)"
frame 127.0.0.1 "$g" 53 evil1
frame "$S4" 127.0.0.1 8053 evil2
frame "$S4" 127.9.9.9 8053 evil3
frame "$S4" "$g" 53 good
expect 'what is redirected is heard' until_true heard 'one good'
refuse 'what is forged is not' heard evil
says EPERM fw udp "$S4" 53 127.0.0.1
# also where pf skips
rules <<-END
	set skip on ext0
	rdr on int0 proto udp to $g port 53 -> $l port 8053
	pass
END
frame "$S4" 127.0.0.1 8053 evil4
frame "$S4" "$g" 8099 x
says EPERM fw udp "$S4" 53 127.0.0.1
locald last udp/::/8099/last
frame "$S4" "$g" 8099 after
expect 'what is not redirected is heard' until_true heard 'last after'
refuse 'nothing else' heard evil

# as it was found
fw pfctl -q -d
is 'off' 0 "$(localnet)"
says EINVAL fw udp "$S4" 53 127.0.0.1
fw pfctl -q -e
is 'on again' 1 "$(localnet)"
rules <<< pass
is 'rules gone' 0 "$(localnet)"
rules <<< "rdr-anchor a
anchor a
pass"
is 'no rule yet' 0 "$(localnet)"
fw pfctl -q -a a -f - <<< 'rdr on ext0 proto tcp to port 80 -> 127.0.0.1'
is 'in an anchor' 1 "$(localnet)"
fw pfctl -q -a a -F all
is 'flushed' 0 "$(localnet)"
fw sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet'
redirect ext0
says one server tcp "$g" 80
rules <<< pass
is "the administrator's own" 1 "$(localnet)"
