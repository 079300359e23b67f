#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Anchors whose rules are changed by pfctl -a while real traffic goes through them, IPv4 and
# IPv6: no packet meets half of a ruleset, and what was there stays when a load fails.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# Not on newest, for which the others stand.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81 udp/53 udp/54

in_anchor() { fw pfctl -q -a "$1" -f -; }	# < rules
is_rules() { is "$1" "$3" "$(fw pfctl -a "$2" -sr)"; }

rules <<'EOT'
table <friends> persist { 192.0.2.1 }
block return label main
anchor foo
anchor "wild/*" proto udp
EOT
reach refused client tcp $S4 80

# Each packet of ICMP is judged by itself, and all that passes it is replaced again and again,
# by rules of other numbers, orders and tables.
one='table <friends> { 10.0.1.0/24 fd00:1::/64 }
table <servers> { 10.0.2.2 fd00:2::2 }
pass proto tcp from <friends> to <servers> port 80 label one
pass proto udp from <friends> to <servers> port 53
pass proto { icmp icmp6 } from <friends> to <servers> no state label one
pass proto { icmp icmp6 } from <servers> to <friends> no state label one'
two='table <every> { 10.0.0.0/8 fd00::/16 !10.0.2.2 !fd00:2::2 }
pass no state label two
block return
pass proto udp from <every> to ! <every> port 53
match tag SEEN
pass proto { icmp icmp6 } from <every> to ! <every> no state tagged SEEN label two
pass proto tcp from <every> to ! <every> port 80
pass proto { icmp icmp6 } from ! <every> to <every> no state tagged SEEN label two'
in_anchor foo <<< "$one"
hold four client tcp $S4 80
hold six client tcp $S6 80
alive 'a connection' four
alive 'a connection, IPv6' six
ping_on client $S4 0.02
four=($pinging "$ping_said")
ping_on client $S6 0.02
for i in {1..15}; do
	in_anchor foo <<< "$two" || fail "two, $i"
	answers open client udp $S4 53
	in_anchor foo <<< "$one" || fail "one, $i"
	answers open client udp $S6 53
done
ping_off 'no packet met half of a ruleset, IPv6'
pinging=${four[0]} ping_said=${four[1]}
ping_off 'no packet met half of a ruleset'
alive 'the connection does not ask again' four
alive 'nor that of IPv6' six
reach open client tcp $S4 80
reach refused client tcp $S4 81

# a private table hides that of the main ruleset, and is filled by itself
is 'its table' $'   10.0.1.0/24\n   fd00:1::/64' "$(fw pfctl -a foo -t friends -T show)"
is 'that of the main ruleset' '   192.0.2.1' "$(fw pfctl -t friends -T show)"
expect 'an address less' fw pfctl -a foo -t friends -T delete 10.0.1.0/24
refuse 'not answered' no_answer client $S4
expect 'and again' fw pfctl -a foo -t friends -T add $C4
expect 'answered' pings client $S4
fw pfctl -q -a foo -t friends -T delete $C4
expect 'the main one is not asked' fw pfctl -t friends -T add $C4
refuse 'not answered' no_answer client $S4
expect 'answered, IPv6' pings client $S6

# what cannot be loaded leaves what is there
was=$(fw pfctl -a foo -sr)
refuse 'no rule' fw pfctl -a foo -f - <<< $'pass\npass the salt'
like 'says where' '^stdin:2: syntax error' "$(< "$W/said")"
refuse 'no such file of addresses' fw pfctl -a foo -f - <<< 'table <friends> file "/nowhere"'
is_rules 'all is as before' foo "$was"
is 'and its table' '   fd00:1::/64' "$(fw pfctl -a foo -t friends -T show)"
expect 'answered, IPv6' pings client $S6

# the rule that calls counts each packet that the rules inside let through, or states of theirs
in_anchor foo <<< $'pass inet6 proto icmp6 no state\npass proto tcp to port 80'
fw pfctl -q -z
for i in 1 2 3; do expect "ping $i" pings client $S6; done
is 'of the caller' 12 "$(rule_counter '^anchor "foo"' Packets)"
drop four
hold four client tcp $S4 80
alive 'a connection through it' four
before=$(rule_counter '^anchor "foo"' Packets)
within 'its states' 2 99 "$(rule_counter '^anchor "foo"' States)"
alive 'a line more' four
within 'packets of states' $((before + 4)) 99999 "$(rule_counter '^anchor "foo"' Packets)"

# without its rules, what begins is blocked, and what has begun goes on
expect 'no rules' fw pfctl -q -a foo -F rules
is_rules 'none' foo ''
reach refused client tcp $S4 80
refuse 'not answered' no_answer client $S6
alive 'what has begun' four
alive 'and IPv6' six

# a child more is asked at once, in the order of names; one without anything is gone
in_anchor wild/b <<< 'pass quick proto udp to port 53'
reach open client udp $S4 53
reach refused client udp $S4 54
in_anchor wild/c <<< 'pass proto udp to port 54 label c'
answers 'open open' client udp $S6 53 54
in_anchor wild/a <<< 'block return quick proto udp to port 53'
flush
answers 'refused open' client udp $S4 53 54
is 'its children' $'  wild/a\n  wild/b\n  wild/c' "$(fw pfctl -a wild -sA)"
is 'what it was that passed' '"c"' "$(fw pfctl -a wild/c -vsl | sed -n 's/^\(c\) .*/"\1"/p' | head -n 1)"
expect 'a is gone' fw pfctl -q -a wild/a -F rules
flush
reach open client udp $S4 53
is 'its children' $'  wild/b\n  wild/c' "$(fw pfctl -a wild -sA)"
for a in b c; do fw pfctl -q -a wild/$a -F rules; done
is 'no children' '' "$(fw pfctl -a wild -sA)"
flush
reach refused client udp $S4 53

# the main ruleset anew: an anchor that it still calls keeps what pfctl -a has put there
in_anchor foo <<< 'pass proto udp to port 53'
rules <<'EOT'
block return
pass proto udp to port 54
anchor foo
EOT
answers 'open open' client udp $S4 53 54
rules <<< 'block return'
reach refused client udp $S4 54
