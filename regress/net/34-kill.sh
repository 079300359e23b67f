#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# pfctl killed at any moment of a load: the ruleset is always one of the two
# whole ones, traffic goes on, and the next load is not in its way.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80
for r in A B; do
	{
		echo "$hours"
		echo "set skip on $([ $r = A ] && echo lo || echo nowhere)"
		for ((i = 0; i < 300; i++)); do
			echo "block in proto tcp from 192.0.2.$((i % 250)) to port $((i + 1000)) label \"$r\""
		done
		echo 'pass in on int0'
		echo 'pass out on ext0'
	} > "$W/$r"
done
expect 'A' fw pfctl -ef "$W/A"
shown() { # the ruleset, in $shown
	fw pfctl -sr > "$W/shown"
	shown=$(< "$W/shown")
}
load() { # RULESET: how long, in ms, in $took
	local begin=${EPOCHREALTIME/./}
	expect "load $1" fw pfctl -f "$W/$1"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
}
shown
a=$shown
is 'rules' 302 "$(wc -l < "$W/shown")"
load B
shown
b=$shown
[ "$a" != "$b" ] || fail 'A and B look alike'
hold t client tcp $S4 80
ping_on client $S4
seen=
for ((i = 0; i < 14; i++)); do
	r=A
	[ $((i % 2)) -eq 0 ] || r=B
	"$NET/inns" /run/netns/fw pfctl -f "$W/$r" > /dev/null 2>&1 &
	pid=$!
	ms=$((RANDOM % (took + took / 4)))
	printf -v ms %03d $ms
	nap "${ms:0:-3}.${ms: -3}"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	shown
	case $shown in
	"$a")	seen=${seen}A; ok whole ;;
	"$b")	seen=${seen}B; ok whole ;;
	*)	fail "neither A nor B, killed after $ms ms"
		fw pfctl -sr | tail -n 3 ;;
	esac
	alive 'a connection lives' t
done 2> "$W/kills"
unlike 'no complaint' 'line [0-9]+: [a-z]' "$(grep -v Killed "$W/kills")"
ping_off 'no ping lost'
load A
shown
is 'A at last' "$a" "$shown"
note "seen $seen"
