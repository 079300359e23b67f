#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# At a limit of states, of a rule or of all, what has a state lives on and what
# is new is refused and counted.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81
# (5: with fewer, the adaptive timeouts that come with max are nothing at the limit)
rules <<'END'
block
pass in on int0 proto tcp to port 80 keep state (max 5) label "five"
pass in on int0 proto tcp to port 81
pass out on ext0
END
for c in a b c; do
	hold $c client tcp $S4 80
	alive $c $c
done
for c in d e; do
	hold $c client tcp $S6 80
	alive $c $c
done
reach timeout client tcp $S4 80
reach timeout client tcp $S6 80
reach open client tcp $S4 81
for c in a b c d e; do alive "$c at the limit" $c; done
is 'states of the rule' 5 "$(rule_counter '"five"' States)"
like 'counted' '^  max states per rule +[1-9]' "$(fw pfctl -vsi)"
expect 'room' fw pfctl -k label -k five
reach open client tcp $S4 80
for c in a b c d e; do drop $c; done
flush

rules <<'END'
set limit states 4
set timeout { adaptive.start 0, adaptive.end 0 }
block
pass in on int0 proto tcp to port 80
pass out on ext0
END
like 'the limit' '^states +hard limit +4$' "$(fw pfctl -sm)"
hold a client tcp $S4 80
alive a a
hold b client tcp $S6 80
alive b b
is 'full' 4 "$(state_count)"
before=$(info state-limit)
reach timeout client tcp $S4 80
reach timeout client tcp $S6 80
within 'counted' $((before + 2)) $((before + 99)) "$(info state-limit)"
alive a a
alive b b
is 'not more' 4 "$(state_count)"
# the limit may go below what there is; that stays
expect 'lower' fw pfctl -m -O -f - <<< 'set limit states 2'
alive a a
is 'all kept' 4 "$(state_count)"
expect 'higher' fw pfctl -m -O -f - <<< 'set limit states 100'
reach open client tcp $S4 80
flush

# anchors: what is over the limit is refused whole, and pfctl says what allows it
rules <<'EOT'
set limit anchors 2
anchor a
anchor b
EOT
like 'too many in a file' "^stdin:4: more than 2 anchors; \`set limit anchors 5' in pf.conf allows more" \
    "$(fw pfctl -f - <<< $'set limit anchors 2\nanchor a\nanchor b\nanchor c' 2>&1)"
like 'the limit that the file sets' "^stdin:5: more than 3 anchors; \`set limit anchors 5' " \
    "$(fw pfctl -f - <<< $'set limit anchors 3\npass\nanchor a\nanchor c\nanchor d' 2>&1)"
like 'in an anchor' "more than 2 anchors; \`set limit anchors 5' " \
    "$(fw pfctl -a c -f - <<< pass 2>&1)"
is 'as before' $'anchor "a" all\nanchor "b" all' "$(fw pfctl -sr)"
expect 'room' fw pfctl -f - <<< $'set limit anchors 5\nanchor a\nanchor b\nanchor c'
expect 'room in it' fw pfctl -a c/d -f - <<< pass
