#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Enabling, disabling, and loads that fail: the rules in force stay.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81
{ echo "$hours"; cat; } > "$W/good" <<'END'
set skip on lo
set timeout udp.first 77
block return
pass proto tcp to port 80
END
refuse 'disable when disabled' fw pfctl -d
expect 'load and enable' fw pfctl -ef "$W/good"
refuse 'enable when enabled' fw pfctl -e
like 'enabled' '^Status: Enabled' "$(fw pfctl -si)"
answers 'open refused' client tcp $S4 80 81
hold t client tcp $S4 80
alive 'a connection' t
n=$(state_count)
expect 'disable' fw pfctl -d
like 'disabled' '^Status: Disabled' "$(fw pfctl -si)"
answers 'open open' client tcp $S4 80 81
is 'states are kept' "$n" "$(state_count)"
expect 'enable again' fw pfctl -e
answers 'open refused' client tcp $S4 80 81
alive 'the connection lives' t

before=$(fw pfctl -sr; fw pfctl -st; fw pfctl -sm)
check() { # WHAT LINE: a file with this on line 3 is refused and changes nothing
	printf 'set timeout udp.first 5\nset limit states 9\n%s\npass\n' "$2" > "$W/bad"
	refuse "$1" fw pfctl -f "$W/bad"
	like "$1: where" "^(pfctl: )?$W/bad:[34]: [A-Za-z(]" "$(< "$W/said")"
	is "$1: nothing changed" "$before" "$(fw pfctl -sr; fw pfctl -st; fw pfctl -sm)"
}
check 'syntax' 'pass in in in'
check 'unknown macro' 'pass from $nobody'
check 'bad address' 'pass from 10.0.0.300'
check 'port without protocol' 'pass to port 80'
check 'not there yet' 'pass keep state (pflow)'
like 'not there yet: what' ':3: pflow not supported yet' "$(< "$W/said")"
refuse 'no such file' fw pfctl -f "$W/absent"
expect '-n' fw pfctl -nf - <<< 'block'
is '-n changes nothing' "$before" "$(fw pfctl -sr; fw pfctl -st; fw pfctl -sm)"
alive 'the connection lives' t
expect 'a load while it lives' fw pfctl -f - <<< "$hours
block return"
alive 'the connection lives on its state' t
reach refused client tcp $S4 80
expect 'flush all' fw pfctl -F all
is 'no rules' '' "$(fw pfctl -sr)"
is 'no states' '' "$(states)"
answers 'open open' client tcp $S4 80 81
