#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Tables with real traffic: a rule asks one that programs change meanwhile, of a
# million addresses, too; pools choose from one evenly; what is wrong changes nothing,
# and a replacement that is killed leaves the old addresses or the new ones.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server udp/53
for i in 50 51 52; do
	ip -n client addr add 10.0.1.$i/24 dev eth0
	ip -n fw neigh replace 10.0.1.$i lladdr 02:00:00:00:01:02 dev int0 nud permanent
done
table() { fw pfctl -t t -T "$@" 2>&1; }
from() { pings client $S4 -W "$1" -I "$2"; }

# --- a rule that asks a table -----------------------------------------------------
rules <<END
table <t> persist counters { 10.0.1.50 }
block in quick on int0 from <t>
pass no state
END
refuse '10.0.1.50 is in the table' from "$brief" 10.0.1.50
expect '10.0.1.51 is not' from "$patience" 10.0.1.51
is 'add' '1/2 addresses added.' "$(table add 10.0.1.51 10.0.1.50)"
refuse '10.0.1.51 is now' from "$brief" 10.0.1.51
is 'delete' '1/1 addresses deleted.' "$(table delete 10.0.1.50)"
expect '10.0.1.50 is no longer' from "$patience" 10.0.1.50
is 'replace' '1 addresses added.
1 addresses deleted.' "$(table replace 10.0.1.52)"
refuse '10.0.1.52 is in the table' from "$brief" 10.0.1.52
like 'its counters' 'In/Block: *\[ Packets: 1 ' "$(table show -v)"
like 'those of the table' 'In/Block: *\[ Packets: 3 ' "$(fw pfctl -vvsT)"
is 'test' '1/2 addresses match.' "$(table test 10.0.1.52 10.0.1.51)"
is 'zero' '1 table/stats cleared.' "$(table zero)"
like 'none is left' 'In/Block: *\[ Packets: 0 ' "$(fw pfctl -vvsT)"
is 'show' '   10.0.1.52' "$(table show)"
# a file with names of networks and comments; standard input
printf '10.0.1.50 # one\n; none\n!10.0.1.51\n 10.0.1.48/29\n' > "$W/list"
is 'replace from a file' '3 addresses added.
1 addresses deleted.' "$(table replace -f "$W/list")"
refuse 'of the network' from "$brief" 10.0.1.50
expect 'the exception' from "$patience" 10.0.1.51
is 'from standard input' '1/1 addresses added.' "$(echo 10.0.1.77 | table add -f -)"

# --- what is wrong changes nothing ------------------------------------------------
before=$(table show)
mkdir "$W/dir"
for bad in 10.0.0.1/33 no.such.name.invalid '-f /nonexistent' "-f $W/dir" 10.0.0.0-10.0.0.9; do
	refuse "add $bad" table add 10.9.9.9 $bad
done
printf '10.9.9.9\n10.9.9.0/40\n' > "$W/list"
refuse 'a bad file' table add -f "$W/list"
like 'it is named, with its line' 'list:2:' "$(< "$W/said")"
rules <<END
set limit table-entries 5
table <t> persist
block in quick on int0 from <t>
pass no state
END
refuse 'too many' table add 1.1.1.1 1.1.1.2 1.1.1.3
like 'the limit is named' 'table-entries' "$(< "$W/said")"
is 'the table is as it was' "$before" "$(table show)"
# and a file that is loaded: all or nothing
printf 'table <t> persist { 9.9.9.9 }\npass from <t\n' > "$W/bad.conf"
refuse 'a bad ruleset' fw pfctl -f "$W/bad.conf"
printf 'set limit table-entries 5\ntable <t> persist { 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 }\n' > "$W/bad.conf"
refuse 'too many in a ruleset' fw pfctl -f "$W/bad.conf"
is 'the table is as it was' "$before" "$(table show)"

# --- changes under traffic --------------------------------------------------------
# 10.0.1.51 is in each list that the table has in turn, 10.0.1.50 in none
rules <<END
table <t> { 10.0.1.51 }
block in quick on int0 proto udp from <t> to port 9 label "in"
block in quick on int0 proto udp from <t> to port 7 label "wrong"
block in quick on int0 proto udp to port 9 label "missed"
block in quick on int0 proto udp to port 7 label "out"
pass no state
END
# (the kernels that run all scenarios look more closely; the debug one checks so much at
# each entry that a tenth of them does for it)
case $VM_KERNEL in
debug)	times=50 many=100000 ;;
6.1)	times=100 many=1000000 ;;
*)	times=10 many=1000000 ;;
esac
background fw "$NET/killed" /run/netns/fw t $times
killing=$bg
said=$bg_said
while
	"$NET/blast" /run/netns/client $S4 2000 10.0.1.50:7 10.0.1.51:9 || die blast
	kill -0 $killing 2>/dev/null
do :; done
wait $killing
is 'replacements that are killed leave no mix' 0 $?
cat "$said"
is 'an address in neither list is never found' 0 "$(rule_counter '"wrong"' Packets)"
is 'one in both always is' 0 "$(rule_counter '"missed"' Packets)"
out=$(rule_counter '"out"' Packets) in=$(rule_counter '"in"' Packets)
within 'looked up meanwhile' 100 99999999 "$out"
within 'found meanwhile' 100 99999999 "$in"
note "of $((2 * out + in)) look-ups under change $in found it"

# --- a million addresses ----------------------------------------------------------
# 10.0.1.50 is in it, the first of the file, .51 is not
head -n $many "$NET/million" > "$W/list"
rules <<END
set limit table-entries 1100000
table <t> const file "$W/list"
block in quick on int0 from <t>
pass no state
END
like 'all are in' "Addresses: *$many\$" "$(fw pfctl -vvsT)"
refuse "10.0.1.50 of $many" from "$brief" 10.0.1.50
expect '10.0.1.51 is not of them' from "$patience" 10.0.1.51
refuse 'it is const' table add 10.0.1.51
client ping -q -n -f -c 1000 -W "$patience" -I 10.0.1.51 $S4 > "$W/said"
like 'a thousand look-ups' ' 0% packet loss' "$(< "$W/said")"

# --- a table as a pool ------------------------------------------------------------
for i in 1 2 3 4; do
	ip -n server addr add 10.0.2.2$i/24 dev eth0
	ip -n fw neigh replace 10.0.2.2$i lladdr 02:00:00:00:02:02 dev ext0 nud permanent
done
rules <<END
table <t> persist { 10.0.2.20/29 !10.0.2.20 !10.0.2.16/30 !10.0.2.25 !10.0.2.26 !10.0.2.27 10.0.2.24 }
rdr on int0 proto udp from any to 192.0.2.1 port 53 -> <t> round-robin
pass
END
is 'replace' '3 addresses added.
6 addresses deleted.' "$(table replace 10.0.2.21 10.0.2.22 10.0.2.23 10.0.2.24)"
flush
for ((i = 0; i < 8; i++)); do reach open client udp 192.0.2.1 53; done
is 'each was chosen as often' '2 2 2 2' "$(states | sed -n 's/.* udp \(10.0.2.2[1-4]\):53 (.*/\1/p' |
    sort | uniq -c | awk '{ printf "%s%s", s, $1; s = " " }')" || states
