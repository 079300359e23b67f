#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Each network namespace has its own rules, states and switch; one may go while
# pf is enabled in it and states are there.  One that belongs to another user
# namespace keeps its limits below the host's, and states are charged.
# It touches what differs between kernels (run -i).
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81
rules fw <<'END'
pass
END
rules client <<'END'
block return out proto tcp to port 81
pass out proto tcp to port 80
END
answers 'open refused' client tcp $S4 80 81
reach open fw tcp $S4 81
is 'states of the client' 1 "$(state_count client)"
within 'states of the firewall' 2 5 "$(state_count fw)"
is 'none in the server' '' "$(states server)"
like 'the server is not enabled' '^Status: Disabled' "$(server pfctl -si)"
like 'nor this one' '^Status: Disabled' "$(pfctl -si)"
expect 'flush one' client pfctl -F all
within 'the other is as it was' 2 5 "$(state_count fw)"
is 'and so are its rules' 1 "$(fw pfctl -sr | wc -l)"
expect 'disable one' client pfctl -d
like 'the other is enabled' '^Status: Enabled' "$(fw pfctl -si)"

# gone while it works
for round in 1 2 3; do
	space short
	wire short eth0 server eth$round 4
	rules short <<-'END'
	block
	pass out
	END
	reach open short tcp 10.0.4.2 80
	reach open short tcp fd00:4::2 80
	expect 'ping' pings short 10.0.4.2
	is 'states' 3 "$(state_count short)"
	# with a program elsewhere that holds its device open
	[ $round = 1 ] || {
		background short bash -c \
		    'exec 5< /dev/pf; exec nsenter --net=/proc/1/ns/net sleep 1000'
		holder=$bg
		until_true eval "grep -q sleep /proc/$holder/comm"
	}
	ip netns del short
	pf_on=${pf_on/ short/}
	[ $round = 1 ] || {
		ip -n server link show eth$round > /dev/null 2>&1 ||
		    fail 'the namespace went while its device was open'
		end "$holder"
	}
	expect 'its devices are gone' until_true \
	    eval "! ip -n server link show eth$round 2>/dev/null"
done
reach open client tcp $S6 80

# Limits: the root of another user namespace stays below the host's ceilings, in a
# network namespace of its own; the host's root does not.
params=/sys/module/pf/parameters
is 'the ceiling' 100000 "$(cat $params/ns_limit_states)"
unshare -U -r -n sleep 1000 &
owner=$!
pids+=("$owner")
until_true eval "[ \$(readlink /proc/$owner/ns/net) != \$(readlink /proc/self/ns/net) ] &&
    grep -q sleep /proc/$owner/comm"
own_root() { nsenter -t "$owner" -U -n --preserve-credentials -- "$@"; }
host_root() { nsenter -t "$owner" -n -- "$@"; }
limit_is() { like "$1" "^states +hard limit +$2\$" "$(own_root pfctl -sm)"; }
expect 'its own root loads rules' own_root pfctl -f - <<< 'pass'
limit_is 'the default' 100000
refuse 'its own root raises a limit' own_root pfctl -f - <<< 'set limit states 100001'
like 'and hears why' 'set limit states 100001: the host allows less' "$(< "$W/said")"
limit_is 'the same' 100000
expect 'its own root lowers it' own_root pfctl -f - <<< 'set limit states 50'
limit_is 'lower' 50
expect 'as high as it goes' own_root pfctl -f - <<< 'set limit states 100000'
expect "the host's root raises it" host_root pfctl -f - <<< 'set limit states 300000'
limit_is 'higher' 300000
expect 'its own root keeps it' own_root pfctl -f - <<< 'set limit states 300000'
refuse 'but does not raise it' own_root pfctl -f - <<< 'set limit states 300001'
expect 'nor does the default' own_root pfctl -f - <<< 'pass'
limit_is 'the default again' 100000
expect 'the first user namespace has no ceiling' \
    client pfctl -f - <<< 'set limit states 2000000'
end "$owner"

# What states take is charged to the control group of who first opened the device,
# and goes no further than the group may.
cg=/sys/fs/cgroup
grep -qw memory $cg/cgroup.controllers 2>/dev/null || {
	note 'this kernel charges no memory'
	exit
}
echo +memory > $cg/cgroup.subtree_control
cg=$cg/pf-$$
mkdir $cg
space paid
charged() { awk '$1 == "slab_unreclaimable" { print $2 }' $cg/memory.stat; }
states_of() { state_count paid; }
flows() { # FROM: 3000 datagrams to nobody, each of a flow of its own
	in_ns paid python3 -I -S -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(3000):
    try:
        s.sendto(b"x", ("127.0.0.1", int(sys.argv[1]) + i))
    except OSError:
        pass' "$1"
}
expect 'pf in a group' bash -c 'echo $$ > "$0/cgroup.procs" &&
    exec nsenter --net=/run/netns/paid -- pfctl -q -e -f -' $cg <<< "$hours
pass"
pf_on="$pf_on paid"
was=$(charged)
flows 10000
n=$(states_of)
within 'states' 3000 6010 "$n"
expect 'states are charged' until_true eval "[ \$(charged) -ge $((was + n * 256)) ]"
echo $(($(cat $cg/memory.current) + 262144)) > $cg/memory.max
flows 20000
flows 30000
within 'no more than the group may' "$n" $((n + 6000)) "$(states_of)"
within 'the packets found no memory' 1 12000 "$(info memory paid)"
expect 'flush' in_ns paid pfctl -F states
expect 'what states took is given back' until_true eval "[ \$(charged) -lt $((was + n * 256)) ]"
echo max > $cg/memory.max
flows 40000
within 'states again' 3000 6010 "$(states_of)"
ip netns del paid
pf_on=${pf_on/ paid/}
expect 'the group goes' until_true rmdir $cg
