#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# divert-to and divert-reply with a proxy that its clients and servers do not see, IPv4 and
# IPv6, TCP and UDP: it is told where they wanted to go, asks there in their name, and they
# have their answer from there.  Where no program listens, or one that may not answer so,
# connections are refused.  A program of an address of this host's own needs no privilege.
# What has a source that can be none is dropped, as ever.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"

ask() { # NS PROTO HOST PORT [FROM]
	[ -z "${5:-}" ] || local -x FROM=$5
	"$NET/ask" "/run/netns/$1" "${seconds:-$patience}" "${@:2:3}"
}
# says WORD NS PROTO HOST PORT
says() { is "${*:2}" "$1" "$(ask "${@:2}" 2>&1)"; }
divert() { # PROXY-PORT: what goes from the client to the server, and nothing else
	rules <<-END
		block
		pass in on int0 $inet proto { tcp udp } to $s divert-to $l port $1
		pass out on ext0 $inet proto { tcp udp } from $c to $s divert-reply
	END
}
bye() { # HOST: the proxy ends the connection
	client python3 -I -S -c 'if True:
		import _socket as s, sys
		sock = s.socket(s.AF_INET6 if ":" in sys.argv[1] else s.AF_INET, s.SOCK_STREAM)
		sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEADDR, 1)
		sock.bind(("", 4321))
		sock.connect((sys.argv[1], 80))
		sock.send(b"bye\n")
		sys.exit(len(sock.recv(9)))' "$1"
}
told() { grep -qx "$1" "$proxy_said"; }

net_up
echo_server server tcp/80 udp/53
background fw python3 -I -S "$NET/tproxy.py" "$W/tproxy" 8080
proxy=$bg proxy_said=$bg_said
background fw python3 -I -S "$NET/locald.py" "$W/plain" tcp/127.0.0.1/8081/plain \
    tcp/::1/8081/plain
until_true test -e "$W/tproxy" || die "no proxy: $(< "$proxy_said")"
until_true test -e "$W/plain" || die "no locald: $(< "$bg_said")"
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 f=$F4 l=127.0.0.1 inet=inet ||
	    { c=$C6 s=$S6 f=$F6 l=::1 inet=inet6; }
	divert 8080
	for i in 1 2; do
		says hello client tcp "$s" 80
		says hello client udp "$s" 53
	done
	is "$v: told of TCP" 2 "$(grep -cx "tcp $c to $s 80" "$proxy_said")"
	is "$v: told of UDP" 2 "$(grep -cx "udp $c to $s 53 hello" "$proxy_said")"
	hold "$v" client tcp "$s" 80
	alive "$v: a connection" "$v"
	# the same ports again, which the proxy has closed and the kernel still remembers
	expect "$v: from one port" until_true bye "$s"
	like "$v: remembered" "\]?:80 +.*:4321" "$(fw ss -Htn state time-wait)"
	expect "$v: once more" until_true bye "$s"
	# it has its states, whatever the rules are now
	rules <<< 'block'
	alive "$v: without the rules" "$v"
	drop "$v"
	# nobody listens
	divert 8088
	flush
	says ECONNREFUSED client tcp "$s" 80
	says ECONNREFUSED client udp "$s" 53
	is "$v: nothing is left" 0 "$(state_count)"
	# one that may not answer for the server, and may for this host
	divert 8081
	says ECONNREFUSED client tcp "$s" 80
	rules <<< "pass in on int0 $inet proto tcp to $f port 81 divert-to $l port 8081"
	says plain client tcp "$f" 81
	says hello client tcp "$s" 80
done

# a source that no packet from outside has
c=$C4 s=$S4 l=127.0.0.1 inet=inet
divert 8080
frame() { client python3 -I -S "$NET/frame.py" eth0 02:00:00:00:01:01 "$@"; }
frame 127.0.0.1 "$s" 53 evil
frame "$c" "$s" 53 good
expect 'what is sound is heard' until_true told "udp $c to $s 53 good"
refuse 'what is not is not' grep -q evil "$proxy_said"
is 'nothing has failed' '' "$(grep failed "$proxy_said")"

# the proxy is gone, and with it what it had
hold last client tcp "$s" 80
alive 'before it goes' last
end "$proxy"
dead 'when it has gone' last
says ECONNREFUSED client tcp "$s" 80
