#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Fingerprints of operating systems: a SYN as Windows 98 sends it lands on a redirect, and a
# connection of this kernel, which is known as Linux, does not.  The list that is shown, that
# anchors use, and that is gone when it is flushed.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
list=$VM_TREE/etc/pf.os
# a machine with little memory would choose another window scale
client sh -c 'echo 4096 131072 6291456 > /proc/sys/net/ipv4/tcp_rmem'

# syn PORT WINDOW TTL OPTIONS: from the client, to the server's port 80
syn() { client python3 -I -S "$NET/rawsyn.py" "$c" "$1" "$s" 80 "$2" "$3" 1 "$4"; }
windows98=020405b401010402		# M1460,N,N,S
# seen WHAT REGEX: a state that comes
seen() {
	if until_true state_is "$2"; then ok "$1"; else fail "$1"; fi
}
state_is() { states | grep -qE "$1"; }

rules <<END
set fingerprints "$list"
rdr on int0 inet proto tcp from any os "Windows 98" to $S4 port 80 -> $S4 port 98
rdr on int0 inet6 proto tcp from any os "Windows 98" to $S6 port 80 -> $S6 port 98
block in on int0 proto tcp
pass in on int0 proto tcp from any os { "Windows 98", "Linux" } to any
pass out
END
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 || c=$C6 s=$S6
	mss=$windows98
	[ $v = 4 ] || mss=020405a001010402		# M1440,N,N,S
	w=$([ $v = 4 ] && echo 5840 || echo 5760)	# four of them
	flush
	hold linux$v client tcp "$s" 80
	alive "Linux gets through to $s" linux$v
	is 'no redirect for Linux' '' "$(states | grep -w 98)"
	drop linux$v
	expect 'a SYN of Windows 98' syn 1098 "$w" 64 "$mss"
	seen "lands on the redirect of $s" "tcp .*$s(:|\\[)98\\]? .*$c(:|\\[)1098"
	# another window, another order, and one that has come too far
	expect 'one with another window' syn 1099 $((w + 1)) 64 "$mss"
	expect 'one with another order' syn 1100 "$w" 64 "${mss:8}${mss:0:8}"
	expect 'one from too far away' syn 1101 "$w" 20 "$mss"
	expect 'and one that is right' syn 1102 "$w" 50 "$mss"
	seen 'lands on the redirect, too' "tcp .*$s(:|\\[)98\\]? .*$c(:|\\[)1102"
	is 'the others are nowhere' '' "$(states | grep -E '1099|1100|1101')"
done

# --- what is shown ----------------------------------------------------------------
like 'the rule has its name' 'from any os "Windows 98" to' "$(fw pfctl -sr)"
like 'so has the redirect' 'from any os "Windows 98" to' "$(fw pfctl -sn)"
fw pfctl -so > "$W/systems"
like 'a class' '^Windows$' "$(< "$W/systems")"
like 'a version' '^Windows +98$' "$(< "$W/systems")"
like 'a subtype' '^Windows +98 +lowTTL$' "$(< "$W/systems")"
fw pfctl -vso > "$W/lines"
like 'a line' '^S4:64:1:48:M\*,N,N,S:Windows:98::$' "$(< "$W/lines")"
{ echo "set fingerprints \"$W/lines\""; echo pass; } > "$W/again"
fw pfctl -qf "$W/again"
is 'they can be loaded again' "$(< "$W/lines")" "$(fw pfctl -vso)"

# --- anchors and the end ------------------------------------------------------------
rules <<END
set fingerprints "$list"
block in on int0 proto tcp
pass out
anchor guests
END
c=$C4 s=$S4
echo 'pass in on int0 proto tcp from any os "Windows 98" label w98' > "$W/guests"
expect 'rules of an anchor' fw pfctl -q -a guests -f "$W/guests"
flush
expect 'a SYN of Windows 98' syn 1103 5840 64 $windows98
seen 'is let in by the anchor' 'tcp .*:80 <- .*:1103'
fw pfctl -q -F osfp
is 'no system is known' '' "$(fw pfctl -vso)"
expect 'a SYN of Windows 98' syn 1104 5840 64 $windows98
echo 'pass in on int0 proto tcp from any os "unknown"' > "$W/guests"
refuse 'an anchor has no names then' fw pfctl -q -a guests -f "$W/guests"
like 'and says why' 'pf has no fingerprints' "$(< "$W/said")"
is 'the SYN was of no known system' '' "$(states | grep 1104)"
echo 'set fingerprints "/nowhere"' > "$W/bad"
refuse 'a file that is not there' fw pfctl -qf "$W/bad"
printf '%s\n' '8192:64:1:48' > "$W/bad.os"
echo "set fingerprints \"$W/bad.os\"" > "$W/bad"
refuse 'a broken line' fw pfctl -qf "$W/bad"
like 'is named' 'bad.os:1: 4 fields, not 9' "$(< "$W/said")"
