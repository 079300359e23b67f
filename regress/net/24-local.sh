#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The firewall's own traffic: what it sends, what is sent to it, loopback, and
# interfaces that are skipped.
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53 tcp/81
echo_server fw tcp/8080 tcp/8081 udp/8053
rules <<'END'
block
pass out on ext0 proto { tcp udp } to port { 80 53 }
pass in on int0 proto tcp to port 8080
pass in on int0 proto udp to port 8053
END
for ends in "$S4 $F4 127.0.0.1" "$S6 $F6 ::1"; do
	set -- $ends
	answers 'open timeout' fw tcp "$1" 80 81
	reach open fw udp "$1" 53
	answers 'open timeout' client tcp "$2" 8080 8081
	reach open client udp "$2" 8053
	answers timeout client tcp "$1" 80
	reach timeout fw tcp "$3" 8080
done
like 'out' '^all tcp 10\.0\.2\.1:[0-9]+ -> 10\.0\.2\.2:80 ' "$(states)"
like 'in' '^all tcp 10\.0\.1\.1:8080 <- 10\.0\.1\.2:[0-9]+ ' "$(states)"
rules <<'END'
block return
pass on lo0 proto tcp to port 8081
pass on lo proto tcp to port 8080
END
reach open fw tcp 127.0.0.1 8080
reach open fw tcp ::1 8080
reach refused fw tcp 127.0.0.1 8081
reach refused fw udp ::1 8053
like 'loopback both ways' '127\.0\.0\.1:8080 <- 127\.0\.0\.1' "$(states)"
rules <<'END'
set skip on lo
block
END
flush
answers 'open open' fw tcp 127.0.0.1 8080 8081
reach open fw udp ::1 8053
is 'no state there' '' "$(states)"
reach timeout client tcp $F4 8080
rules <<'END'
set skip on { lo int0 ext0 }
block
END
reach open client tcp $F4 8080
reach open client tcp $S6 80
is 'no state there' '' "$(states)"
like 'shown' '^int0.*skip' "$(fw pfctl -vsI)"
rules <<'END'
block
END
reach timeout client tcp $F4 8080
reach timeout fw tcp ::1 8080
