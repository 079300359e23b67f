#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Each network namespace has its own rules, states and switch; one may go while
# pf is enabled in it and states are there.
# It touches what differs between kernels (run -i).
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
