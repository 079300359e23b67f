#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# log: what tcpdump prints of pflog0, and of its files, for rules that pass, block, match and
# translate, in anchors, with a user; devices come and go; nobody's reader costs a packet.
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/82
echo_server fw tcp/83
mkdir "$W/bin"
sed "s|@LIBDIR@|$VM_TREE/usr.sbin/tcpdump|" "$VM_TREE/usr.sbin/tcpdump/tcpdump.sh" > "$W/bin/tcpdump"
chmod 755 "$W/bin/tcpdump"
# watch NAME ARGUMENT...: what tcpdump prints, in $W/seen.NAME
watch() {
	background fw env "PATH=$W/bin:$PATH" tcpdump -n -e -l "${@:2}"
	until_true grep -q listening "$bg_said" || die "tcpdump does not start: $(cat "$bg_said")"
	ln -sf "$bg_said" "$W/seen.$1"
}
# seen WHAT NAME REGEX: such a line comes
seen() {
	until_true grep -qE "$3" "$W/seen.$2" || {
		fail "$1"
		note "want: $3"
		sed 's/^/  got: /' "$W/seen.$2" | tail -n 20
		return
	}
	ok "$1"
}

rules <<'XX'
block in log on int0 proto tcp to port 81
pass in log on int0 proto tcp to port { 80 83 }
pass out on ext0
XX
like 'it is there, and up' '^[0-9]+: pflog0: .*UP' "$(ip -n fw link show pflog0)"
watch all -i pflog0
like 'its link type' 'link-type PFLOG' "$(cat "$W/seen.all")"
watch six -i pflog0 ip6
watch ports -i pflog0 'port 81 and inbound'
for v in 4 6; do
	[ $v = 4 ] && c=$C4 s=$S4 || { c=$C6 s=$S6; }
	reach open client tcp $s 80
	answers timeout client tcp $s 81
	seen "IPv$v: pass" all "rule 1/0\(match\): pass in on int0: ${c//./\\.}\.[0-9]+ > ${s//./\\.}\.80: Flags \[S"
	seen "IPv$v: block" all "rule 0/0\(match\): block in on int0: ${c//./\\.}\.[0-9]+ > ${s//./\\.}\.81: Flags \[S"
done
seen 'a filter by port' ports '> 10\.0\.2\.2\.81:'
unlike 'and no other' '\.80: ' "$(cat "$W/seen.ports")"
seen 'a filter by family' six '> fd00:2::2\.80:'
unlike 'and no other family' '10\.0\.2\.2' "$(cat "$W/seen.six")"
is 'of a connection its first packet' 2 "$(grep -c 'rule 1/0' "$W/seen.all")"

# --- all packets, match, another device, anchors -----------------------------------------
ip -n fw link add pflog7 type pflog
ip -n fw link set pflog7 up
watch seven -i pflog7
rules <<'XX'
match in log (to pflog7) on int0 proto tcp
pass in log (all) on int0 proto tcp to port 80
pass out on ext0
anchor "authpf/*"
XX
printf 'pass in quick on int0 proto udp\nblock return in log on int0 proto tcp to port 82\n' |
    fw pfctl -q -a 'authpf/user(123)' -f - || fail 'anchor'
flush
reach open client tcp $S4 80
# (tcpdump does not know the number of `match')
seen 'match, to another device' seven 'rule 0/0\(match\): (match|unkn\(12\)) in on int0: 10\.0\.1\.2\.[0-9]+ > 10\.0\.2\.2\.80'
seen 'all packets' all 'rule 1/0\(match\): pass out on int0: 10\.0\.2\.2\.80 > 10\.0\.1\.2\.[0-9]+: Flags \[S\.'
reach refused client tcp $S4 82
seen 'an anchor' all 'rule 3\.user\(123\)\.1/0\(match\): block in on int0: 10\.0\.1\.2\.[0-9]+ > 10\.0\.2\.2\.82'
unlike 'one device is not the other' '(match|unkn\(12\)) in' "$(cat "$W/seen.all")"

# --- translation ---------------------------------------------------------------------------
rules <<'XX'
nat pass log on ext0 from 10.0.1.0/24 to any -> 10.0.2.1
rdr pass log on int0 proto tcp from any to 10.0.1.1 port 8080 -> 10.0.2.2 port 80
pass
XX
flush
reach open client tcp 10.0.1.1 8080
seen 'rdr' all 'rule 0/0\(match\): rdr in on int0: 10\.0\.1\.2\.[0-9]+ > 10\.0\.2\.2\.80'
seen 'nat' all 'rule 0/0\(match\): nat out on ext0: 10\.0\.2\.1\.[0-9]+ > 10\.0\.2\.2\.80'

# --- a file, by the system's own tcpdump, and by tshark -------------------------------------------
rules <<'XX'
pass
pass log (user) proto tcp
XX
flush
background fw env "PATH=$W/bin:$PATH" tcpdump -U -w "$W/file" -i pflog0
until_true grep -q listening "$bg_said" || die 'tcpdump does not start'
writer=$bg
reach open fw tcp $S4 80
until_true eval "tcpdump -n -e -r $W/file 2> /dev/null | grep -q 2.80"
end "$writer"
like 'a file' 'rule 1/0\(match\): pass out on ext0: 10\.0\.2\.1\.[0-9]+ > 10\.0\.2\.2\.80: Flags \[S\]' \
    "$(tcpdump -n -e -r "$W/file" 2> /dev/null)"
# (the header's fields by their places: user, rule's number)
header=$(od -An -tu1 -v -j 40 -N 64 "$W/file" | tr -s ' \n' ' ')
set -- $header
is 'a header of 61 bytes' 61 "$1"
is 'of this user' '0 0 0 0' "${45} ${46} ${47} ${48}"

# --- Wireshark's way: an external capture ----------------------------------------------------------
sed "s|@LIBDIR@|$VM_TREE/usr.sbin/tcpdump|" "$VM_TREE/usr.sbin/tcpdump/pflog-extcap.sh" > "$W/bin/extcap"
# (it asks the system's own ip)
extcap() { fw env PATH=/usr/sbin:/usr/bin:/sbin:/bin sh "$W/bin/extcap" "$@"; }
like 'Wireshark lists it' '^interface \{value=pflog0\}' "$(extcap --extcap-interfaces)"
like 'with its link type' 'number=117' "$(extcap --extcap-interface pflog0 --extcap-dlts)"
mkfifo "$W/pipe"
cat "$W/pipe" > "$W/piped" &
pids+=("$!")
background fw sh "$W/bin/extcap" --extcap-interface pflog0 --capture --fifo "$W/pipe" \
    --extcap-capture-filter 'port 80'
until_true grep -q listening "$bg_said" || die 'it does not start'
captured=$bg
reach open fw tcp $S4 80
expect 'and gets the records' until_true eval \
    "tcpdump -n -e -r $W/piped 2> /dev/null | grep -q 'rule 1/0.match.: pass out on ext0'"
end "$captured"

# --- a device that goes --------------------------------------------------------------------------
rules <<'XX'
block return log (to pflog7) quick proto tcp to port 81
pass
XX
flush
reach refused client tcp $S4 81
seen 'logged' seven '10\.0\.2\.2\.81'
ip -n fw link del pflog7
reach refused client tcp $S4 81
ip -n fw link add pflog7 type pflog
ip -n fw link set pflog7 up
watch again -i pflog7
reach refused client tcp $S4 81
seen 'when it is there again' again '10\.0\.2\.2\.81'
like 'what was sent is counted' '^ +[0-9]+ +[1-9]' "$(ip -n fw -s link show pflog0 | tail -n 1)"
