#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Rules name interfaces that come, go and change their names; states outlive
# them.
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
fw bash -c 'for f in /proc/sys/net/ipv6/conf/*/keep_addr_on_down; do echo 1 > $f; done'
rename() { # OLD NEW
	ip -n fw link set "$1" down
	ip -n fw link set "$1" name "$2"
	ip -n fw link set "$2" up
	# neighbours went with the link
	ip -n fw neigh replace 10.0.1.2 lladdr 02:00:00:00:01:02 dev "$2" nud permanent
	ip -n fw neigh replace fd00:1::2 lladdr 02:00:00:00:01:02 dev "$2" nud permanent
}
rules <<'END'
block return in on wan0 proto tcp
block return in on never0
pass in on int0 proto tcp
END
reach open client tcp $S4 80
like 'known before it is there' '^wan0' "$(fw pfctl -sI)"
rename int0 wan0
reach refused client tcp $S4 80
reach refused client tcp $S6 80
rename wan0 int0
reach open client tcp $S4 80
reach open client tcp $S6 80

# a device removed and made again under its rules and states
flush
hold t client tcp $S4 80
alive 'a connection' t
n=$(state_count)
ip -n fw link del int0
within 'states are kept' 1 "$n" "$(state_count)"
is 'the rules too' 3 "$(fw pfctl -sr | wc -l)"
answers unreachable client tcp $S4 80
wire fw int0 client eth0 1
routes client 1
alive 'the connection goes on' t
reach open client tcp $S6 80

# bound to its interface: states die with it, or match nothing else
rules <<'END'
set state-policy if-bound
block return
pass on { int0 ext0 }
END
flush
reach open client tcp $S4 80
like 'bound' '^int0 tcp 10\.0\.2\.2:80 <- ' "$(states)"
like 'bound' '^ext0 tcp 10\.0\.1\.2:[0-9]+ -> ' "$(states)"

# many, under load and reload
for i in 1 2 3 4 5; do
	ip -n fw link add many$i type veth peer name peer$i
	fw pfctl -q -f - <<< "$hours
block in on many$i
pass" || fail 'load'
	ip -n fw link del many$i
done
reach open client tcp $S4 80
