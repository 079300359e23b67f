#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Which rule decides: last match, quick, none; operators of ports; addresses,
# negation, lists, macros; directions and interfaces.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/8000 tcp/8001 tcp/8002 tcp/8003 tcp/8004
ports='8000 8001 8002 8003 8004'

# ports_are WHAT WANT: o for open, r for refused, by port
ports_are() {
	is "$1" "$2" "$(probe client tcp "${3:-$S4}" $ports | cut -c 1 | tr -d '\n')"
}

while read -r want op; do
	rules <<-END
	block return in on int0 proto tcp
	pass in on int0 proto tcp to port $op
	END
	ports_are "port $op" "$want"
done <<'END'
rorrr 8001
rorrr = 8001
orooo != 8001
oorrr < 8002
ooorr <= 8002
rrroo > 8002
rrooo >= 8002
rooor 8001:8003
rroor 8001 >< 8004
rrrro 8000 <> 8003
ororo { 8000, 8002 8004 }
END

rules <<'END'
web = "{ 8001 8002 }"
wan = int0
srv6 = "fd00:2::/64"
block return in
pass out
pass in on $wan proto tcp to port $web		# the last that matches
block return in on $wan inet proto tcp to port 8002
pass in quick on $wan inet proto tcp to 10.0.2.0/24 port 8003
block return in on $wan inet proto tcp to port 8003	# never seen
pass in on $wan inet6 proto tcp from { fd00:1::2 fd00:9::/64 } to $srv6 port 8004
block return in on ext0 proto tcp			# another interface
END
ports_are "last match, quick" roror
ports_are "IPv6" rooro $S6

rules <<'END'
block return in on int0 proto tcp to ! 10.0.2.2 port 8000
block return in on int0 inet proto tcp from ! 10.0.1.0/24 to port 8001
block return in on ! int0 proto tcp to port 8002
block return on int0 inet6 proto tcp to fd00:2::2
block return out on int0 proto tcp to port 8003		# other direction
END
flush
ports_are "negation" ooooo
ports_are "IPv6 alone" rrrrr $S6
is "no rule, no state" "" "$(states)"

rules <<'END'
block return
pass in on int0 proto tcp
END
ports_are "in, but not out" rrrrr
rules <<'END'
block return
pass on { int0 ext0 } inet proto tcp from 10.0.1.2 to 10.0.2.2
END
ports_are "in and out" ooooo
ports_are "the other family" rrrrr $S6
