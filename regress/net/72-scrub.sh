#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# scrub, in rules of its own and in those of the filter: what a client has sent and what the
# server gets are compared, segment by segment.  IPv4 and IPv6.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 udp/53
watchers=()
watch() { # NS: segments there, in $W/wire.NS
	background "$1" python3 -I -S "$NET/wire.py" "$W/wire-ready.$1" 80
	ln -s "$bg_said" "$W/wire.$1"
	watchers+=("$bg")
	until_true test -e "$W/wire-ready.$1" || die "cannot watch: $(cat "$bg_said")"
}
watch client
watch server

# caught_up NS: waits until what went over the wire there so far is said (wire.py)
caught_up() {
	local n=$((20001 + RANDOM % 10000))

	probe "$1" udp 127.0.0.1 $n > /dev/null
	until_true grep -q "^mark $n\$" "$W/wire.$1" || die "$1: its watcher says nothing more"
}
# field N NS LINE-REGEX: that field of the first line that matches, from the mark on
mark() {
	caught_up client
	caught_up server
	mark_client=$(wc -l < "$W/wire.client") mark_server=$(wc -l < "$W/wire.server")
}
field() {
	local from=mark_$2

	caught_up "$2"
	tail -n +$((${!from} + 1)) "$W/wire.$2" | RE=$3 awk -v n="$1" '
		$0 ~ ENVIRON["RE"] { print $n; exit }'
}
syn='^(in|out) [0-9]+ 80 S[EC]* ' synack='^(in|out) 80 [0-9]+ SA[EC]* '
# offset PORT: by how much the clock of the client's connection is put off, on the way to the
# server: of all segments that both have seen, so many different numbers
offset() {
	caught_up client
	caught_up server
	cat "$W/wire.client" "$W/wire.server" | P=$1 awk '
		$2 == ENVIRON["P"] && $7 != "-" {
			key = $4 " " $5 " " $6
			if ($1 == "out") sent[key] = $7
			else if (key in sent) print ($7 - sent[key] + 4294967296) % 4294967296
		}' | sort -u
}
port_of() { field 2 server "$syn"; }

# --- in rules of the filter ----------------------------------------------------------------
rules <<'XX'
match in on int0 scrub (no-df random-id min-ttl 200 max-mss 1000)
pass
XX
for s in $S4 $S6; do
	mark
	answers open client tcp $s 80
	is "$s: sent" 1 "$([ "$(field 9 client "$syn")" -gt 1000 ] && echo 1)"
	is "$s: SYN, largest segment" 1000 "$(field 9 server "$syn")"
	is "$s: of the answer, too" 1000 "$(field 9 client "$synack")"
	is "$s: time to live, one hop less" 199 "$(field 10 server "$syn")"
	is "$s: back, one hop is to come" 200 "$(field 10 client "$synack")"
done
mark
answers open client tcp $S4 80
is 'it was sent so' 1 "$(field 12 client "$syn")"
is 'it may be cut up' 0 "$(field 12 server "$syn")"
like 'the state says so' 'no-df.*random-id|random-id.*no-df' "$(fw pfctl -ss -vv)"

# --- in rules of its own, and their anchors ------------------------------------------------
rules <<'XX'
no scrub on ext0 inet6
scrub out on ext0 all max-mss 900
scrub in on int0 all no-df
scrub-anchor "more"
pass
XX
printf 'scrub in on ext0 proto tcp all min-ttl 77\n' | fw pfctl -q -a more -f - || fail 'anchor'
mark
answers open client tcp $S4 80
is 'out' 900 "$(field 9 server "$syn")"
is 'the first one counts' 0 "$(field 12 server "$syn")"
mark
answers open client tcp $S6 80
is 'no scrub' 1440 "$(field 9 server "$syn")"
ip -n server route replace default via 10.0.2.1 hoplimit 20
flush
mark
answers open client tcp $S4 80
is 'in the anchor' 76 "$(field 10 client "$synack")"
like 'they are shown' '^scrub out on ext0 all max-mss 900' "$(fw pfctl -sr)"
like 'and in the anchor' '^scrub in on ext0 proto tcp all min-ttl 77' "$(fw pfctl -a more -sr)"
ip -n server route replace default via 10.0.2.1

# --- reassemble tcp ---------------------------------------------------------------------------
rules <<'XX'
scrub on ext0 all reassemble tcp
pass
XX
flush
seen=
for s in $S4 $S4 $S4 $S6; do
	mark
	reach open client tcp $s 80
	port=$(port_of)
	got=$(offset "$port")
	like "$s: put off by one number" '^[0-9]+$' "$got"
	is "$s: one" 1 "$(wc -l <<< "$got")"
	seen="$seen$got "
done
is 'by another one each, so that none tells which host it is' 4 \
    "$(tr ' ' '\n' <<< "$seen" | grep . | sort -u | wc -l)"
# without scrub the clock is the host's
rules <<'XX'
pass
XX
flush
mark
answers open client tcp $S4 80
is 'not put off' 0 "$(offset "$(port_of)")"
# a forged segment with an old timestamp, in the window
rules <<'XX'
scrub on int0 all reassemble tcp
pass
XX
flush
mark
hold one client tcp $S4 80
alive 'connected' one
# (the last segment of the client that has a timestamp)
caught_up client
set -- $(tail -n +$((mark_client + 1)) "$W/wire.client" | grep '^out .* A ' | tail -n 1)
# (an acknowledgement that another one has overtaken, on a machine that is busy, is refused as
# well: its receiver would not look at it either)
before=$(info bad-timestamp)
client python3 -I -S "$NET/rawtcp.py" $C4 $2 $S4 80 PA $5 $6 $(($7 - 1000000)) $8
expect 'an old timestamp is refused' until_true eval "[ \$(info bad-timestamp) -gt $before ]"
alive 'and its connection goes on' one
drop one

# --- identifications ------------------------------------------------------------------------------
rules <<'XX'
scrub out on ext0 all random-id
pass
XX
flush
hold ids client tcp $S4 80
mark
for i in 1 2 3 4 5 6 7 8; do alive "word $i" ids; done
caught_up server
ids=$(tail -n +$((mark_server + 1)) "$W/wire.server" | awk '$1 == "in" { print ($11 - last + 65536) % 65536
    last = $11 }' | tail -n +2)
n=$(wc -l <<< "$ids")
is 'the steps between them are no two alike, but by chance' yes \
    "$([ "$n" -ge 8 ] && [ "$(sort -u <<< "$ids" | wc -l)" -ge $((n - 1)) ] && echo yes)"
drop ids

# --- fragments ----------------------------------------------------------------------------------------
rules <<'XX'
scrub in all fragment reassemble
block in quick fragment
pass
XX
for s in $S4 $S6; do expect "$s: large ping" pings client $s -s 4000; done
rules <<'XX'
scrub in all fragment crop
block in quick inet fragment
pass
XX
refuse 'fragments that stay some' no_answer client $S4 -s 4000
expect 'IPv6 is always put together' pings client $S6 -s 4000

end "${watchers[@]}"

# --- a transfer, modulated and compared ------------------------------------------------------------------
rules <<'XX'
scrub all reassemble tcp no-df random-id
pass modulate state
XX
flush
bytes=1200000
[ "$VM_KERNEL" != debug ] || bytes=600000
head -c $bytes /dev/urandom > "$W/data"
carry 'to the server' "$W/data" client server $S4 9
carry 'from it, IPv6' "$W/data" server client $C6 9
ip netns exec fw tc qdisc add dev ext0 root netem delay 5ms 4ms loss 1% reorder 20% ||
    fail 'netem'
carry 'losses and disorder' "$W/data" client server $S6 10
carry 'and back' "$W/data" server client $C4 11
