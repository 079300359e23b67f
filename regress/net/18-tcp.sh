#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# TCP that is not as it should be: segments out of nowhere make no state, a RST
# outside the window does no harm and is counted, one inside ends the state;
# flags, no state.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
raw() { in_ns "$1" python3 -I -S "$NET/rawtcp.py" "${@:2}"; }
# next_seq PORT: what the client will send next, as its state has it: the first
# number of `[seqlo + window]  [seqlo + window]'
next_seq() {
	fw pfctl -vss | P="$1" awk '
		/^all tcp/ { hit = /->/ && index($0, ENVIRON["P"]) }
		hit && /^   \[/ { gsub(/[][]/, " "); print $1; exit }'
}
rules <<'END'
block
block in on int0 proto tcp label "blocked"
pass in on int0 proto tcp to port 80
pass out on ext0 proto tcp to port 80
END
for ends in "$C4 $S4" "$C6 $S6"; do
	set -- $ends
	n=$(rule_counter '"blocked"' Packets)
	m=$(info normalize)
	for flags in A SA FA RA FPU ''; do
		expect "send '$flags'" raw client "$1" 4000 "$2" 80 "$flags" 1000 2000
	done
	is "$1: they make no state" '' "$(states)"
	is "$1: four are blocked" $((n + 4)) "$(rule_counter '"blocked"' Packets)"
	is "$1: two are what no host sends" $((m + 2)) "$(info normalize)"
done

for ends in "$C4 $S4" "$C6 $S6"; do
	set -- $ends
	hold t client tcp "$2" 80
	alive 'a connection' t
	port=$(client ss -Htn "dst [$2]:80" | awk '{ sub(".*:", "", $4); print $4; exit }')
	[ -n "$port" ] || die "no local port of the connection to $2"
	before=$(info state-mismatch)
	src=$(next_seq "$port")
	expect 'RST far away' raw client "$1" "$port" "$2" 80 R $((src + 1000000000)) 0
	expect 'RST far away, from the server' raw server "$2" 80 "$1" "$port" R 12345 0
	alive 'no harm' t
	within 'counted' $((before + 2)) $((before + 9)) "$(info state-mismatch)"
	src=$(next_seq "$port")
	expect 'RST in sequence' raw client "$1" "$port" "$2" 80 R "$src" 0
	dead 'the end' t
	drop t
	flush
done

# a connection that is under way is taken up with flags any only
rules <<'END'
pass flags any
END
hold t client tcp $S4 80
alive 'before' t
flush
alive 'taken up' t
like 'its state' '^all tcp 10\.0\.2\.2:80 <- 10\.0\.1\.2' "$(states)"
rules <<'END'
block
pass flags S/SA
END
flush
dead 'not taken up' t
is 'no state' '' "$(states)"
drop t

rules <<'END'
block
pass in on int0 proto tcp to port 80 no state
pass out on ext0 proto tcp to port 80 no state
END
answers timeout client tcp $S4 80
# (flags S/SA are a default of rules that keep state only)
rules <<'END'
block
pass proto tcp from any port 80 no state
pass proto tcp to port 80 no state
END
reach open client tcp $S4 80
reach open client tcp $S6 80
is 'no state made' '' "$(states)"
