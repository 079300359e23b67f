#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Sources of connections, IPv4 and IPv6: one client too many, one connection too many, and
# what is known of them.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81 udp/53

# the client has four addresses, and calls from one of them at a time
more client int0 1 3 4 5
from() { export FROM=$c$1; } # N, behind $c
sources() { fw pfctl -vsS; }
limit() { # NAME: a number of the limit counters, `max-src-conn'
	fw pfctl -vsi | awk -v name="$1" '$0 ~ "^  " name "  " { print $(NF - 1) }'
}
own=$(fw pfctl -vsi | awk '/^Source Tracking/ { getline; print $3 }')
is 'no sources' 0 "$own"

# --- max-src-nodes, max-src-states -------------------------------------------------
for v in 4 6; do
	[ $v = 4 ] && c=10.0.1. s=$S4 af=inet || { c=fd00:1:: s=$S6 af=inet6; }
	rules <<END
block
pass out
pass in on int0 $af proto udp keep state (source-track rule, max-src-nodes 2, max-src-states 2)
pass in on int0 $af proto tcp
END
	flush
	fw pfctl -q -F info
	fw pfctl -q -F Sources
	from 2
	answers 'open open timeout' client udp $s 53 53 53
	from 3
	answers open client udp $s 53
	from 4
	answers timeout client udp $s 53
	answers open client tcp $s 80		# by another rule
	from 3
	answers open client udp $s 53
	is 'too many sources' yes "$([ "$(limit max-src-nodes)" -ge 1 ] && echo yes)"
	is 'too many states' yes "$([ "$(limit max-src-states)" -ge 1 ] && echo yes)"
	is 'all are counted so' yes "$([ "$(info src-limit)" -ge 2 ] && echo yes)"
	is 'two sources' 2 "$(sources | grep -c '( states')"
	like 'the first' "^$c""2 \( states 2, connections 0, rate 0\.0/0s \)" "$(sources)"
	like 'its rule' '^   age [0-9:]+, [0-9]+ pkts, [0-9]+ bytes, rule 2$' "$(sources)"
	# one that is forgotten makes room
	fw pfctl -K ${c}2 > "$W/said" 2>&1
	like 'one is forgotten' '^killed 1 src nodes from 1 sources' "$(< "$W/said")"
	from 4
	answers open client udp $s 53
	unlike 'it is gone' "^$c""2 " "$(sources)"
	# and so does one whose states are gone
	fw pfctl -q -k ${c}3
	unlike 'it goes with its states' "^$c""3 " "$(sources)"
	from 5
	answers open client udp $s 53
	expect 'all are forgotten' fw pfctl -F Sources
	is 'no source is left' '' "$(sources)"
done
unset FROM

# --- what a translated connection counts as, and how long ---------------------------
rules <<END
nat on ext0 from 10.0.1.0/24 to any -> $G4
block
pass in on int0
pass out on ext0 keep state (source-track global, src.track 36000)
END
flush
answers open client tcp $S4 80
like 'the address before the translation' "^$C4 \( states 1, connections 1," "$(sources)"
flush
like 'remembered' "^$C4 \( states 0, connections 0," "$(sources)"
like 'for so long' ', expires in (09:5|10:00)' "$(sources)"
rules <<END
block
match out on ext0 inet from 10.0.1.0/24 nat-to $G4
pass in on int0
pass out on ext0 keep state (source-track global)
END
fw pfctl -q -F Sources
flush
answers open client tcp $S4 80
like 'the address before the translation' "^$C4 \( states 1, connections 1," "$(sources)"

# --- max-src-conn -------------------------------------------------------------------
for v in 4 6; do
	[ $v = 4 ] && c=10.0.1. s=$S4 || { c=fd00:1:: s=$S6; }
	rules <<END
block
pass out on ext0
pass in on int0 proto tcp keep state (max-src-conn 2)
END
	flush
	fw pfctl -q -F info
	from 2
	hold one$v client tcp $s 80
	hold two$v client tcp $s 80
	alive 'the first' one$v
	alive 'the second' two$v
	answers mute client tcp $s 80
	like 'two are connected' "^$c""2 \( states 2, connections 2," "$(sources)"
	is 'that was one too many' 1 "$(limit max-src-conn)"
	alive 'the first still' one$v
	from 3
	answers open client tcp $s 80
	drop one$v
	drop two$v
done

# --- max-src-conn-rate ----------------------------------------------------------------
rules <<END
block
pass out on ext0
pass in on int0 proto tcp keep state (max-src-conn-rate 3/80000)
END
flush
for v in 4 6; do
	[ $v = 4 ] && c=10.0.1. s=$S4 || { c=fd00:1:: s=$S6; }
	from 2
	answers 'open open open' client tcp $s 80 80 80
	answers mute client tcp $s 80
	from 3
	answers open client tcp $s 80
done
like 'the rate' '^10\.0\.1\.2 .*rate [34]\.[0-9]/80000s' "$(sources)"

# --- overload ---------------------------------------------------------------------------
in_table() { fw pfctl -t bad -T show | grep -qxF "   $1"; }
forget_states() { flush; fw pfctl -q -F Sources; fw pfctl -q -t bad -T flush; }
for how in '' flush 'flush global'; do
	for v in 4 6; do
		[ $v = 4 ] && c=10.0.1. s=$S4 || { c=fd00:1:: s=$S6; }
		rules <<END
block
pass out on ext0
pass in on int0 proto { tcp udp } from ! <bad>
pass in on int0 proto tcp from ! <bad> to port 80 keep state (max-src-conn 2, overload <bad> $how)
END
		forget_states
		name=${how// /_}$v
		from 3
		hold other$name client tcp $s 80
		alive 'somebody else' other$name
		from 2
		hold elsewhere$name client tcp $s 81
		hold one$name client tcp $s 80
		hold two$name client tcp $s 80
		alive 'within the limit' one$name
		alive 'and so is this' two$name
		alive 'by another rule' elsewhere$name
		refuse 'not in the table yet' in_table ${c}2
		answers mute client tcp $s 80
		expect 'in the table' in_table ${c}2
		answers timeout client tcp $s 81
		answers timeout client udp $s 53
		is 'counted' yes "$([ "$(limit 'overload table insertion')" -ge 1 ] && echo yes)"
		case $how in
		'')	alive 'what there was stays' one$name
			alive 'this, too' elsewhere$name ;;
		flush)	dead 'gone' one$name
			dead 'gone, too' two$name
			alive 'made by another rule' elsewhere$name ;;
		*)	dead 'gone' one$name
			dead 'gone by whatever rule' elsewhere$name ;;
		esac
		alive 'somebody else' other$name
		from 3
		answers open client tcp $s 80
		fw pfctl -q -t bad -T delete ${c}2
		from 2
		answers open client tcp $s 81
		for i in other elsewhere one two; do drop $i$name; done
	done
done
fw pfctl -q -F rules
unlike 'the table goes with the rule' '^bad' "$(fw pfctl -sT)"
