# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Sourced by every scenario, inside the test machine (regress/vm/run).
#
# Owns three network namespaces, wired by veth, that live from net_up to the end
# of the scenario:
#
#	client eth0 ------ int0 fw ext0 ------ eth0 server
#	10.0.1.2/24     10.0.1.1  10.0.2.1    10.0.2.2/24
#	fd00:1::2/64   fd00:1::1  fd00:2::1   fd00:2::2/64
#
# fw routes; pf runs in it.  Link-layer addresses are fixed and neighbours known
# to each other for good, so that rules need not speak of neighbour discovery.
# Also owns the processes started by background, and a scratch directory $W.
# The exit trap ends all of them, asserts that no namespace is left, and makes
# the exit status: 0 if every assertion held.
#
# No assertion depends on how fast the machine is.  What must come is waited for
# until it comes ($patience is only there to end a run that hangs); how long a
# silence is listened to ($brief) is a lower bound: a slow machine makes it no
# less of a silence.  Rules are loaded with timeouts of hours (rules), so that a
# state is there until a scenario ends it; what is about timeouts sets its own.
# The dynamic linker is what takes longest under emulation: small programs are those of
# busybox (guest), and ours are static, too.
# Several scenarios run at once, each with a /run/netns of its own (guest).
[ -n "${VM_TREE:-}" ] || {
	echo "lib.sh: for the test machine only; see regress/net/run" >&2
	exit 2
}
set -u
NET=$VM_TREE/regress/net
C4=10.0.1.2 F4=10.0.1.1 G4=10.0.2.1 S4=10.0.2.2
C6=fd00:1::2 F6=fd00:1::1 G6=fd00:2::1 S6=fd00:2::2
W=$(mktemp -d)
: > "$W/spaces"
mkfifo "$W/nap"
exec {napping}<> "$W/nap"
asserted=0 failed=0 pids=() spaces=() pf_on=

patience=600	# seconds; guest and regress/net/run give more to a scenario
case ${VM_KERNEL:-} in
debug-smp) brief=6 ;;
debug)	brief=4 ;;
*)	brief=2 ;;
esac
# The options that keep every state, and what waits for a fragment, for ten hours.
hours='set timeout { tcp.first 36000, tcp.opening 36000, tcp.closing 36000,\
    tcp.finwait 36000, tcp.closed 36000, udp.first 36000, udp.single 36000,\
    udp.multiple 36000, icmp.first 36000, icmp.error 36000, other.first 36000,\
    other.single 36000, other.multiple 36000, frag 36000 }'

# --- assertions ---------------------------------------------------------------

ok() { # (at which second it was known)
	asserted=$((asserted + 1))
	printf '  ok  %4u s  %s\n' "$SECONDS" "$*"
}
fail() {
	asserted=$((asserted + 1)) failed=$((failed + 1))
	echo "  FAIL $(basename "$0"):${BASH_LINENO[-2]}: $*"
}
note() { echo "  $*"; }
die() { fail "$*"; exit 1; }

# is WHAT WANT GOT
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else
		fail "$1"
		note "want: $2"
		note "got:  $3"
	fi
}

# like WHAT EXTENDED-REGEX TEXT: some line of the text matches
matches() { # EXTENDED-REGEX TEXT: the first line that does is in $line
	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || return 0
	done <<< "$2"
	return 1
}
like() {
	local line

	if matches "$2" "$3"; then ok "$1"; else
		fail "$1"
		note "want a line like: $2"
		sed 's/^/  got: /' <<< "$3" | head -n 30
	fi
}

unlike() {
	local line

	if ! matches "$2" "$3"; then ok "$1"; else
		fail "$1"
		note "want no line like: $2"
		note "got: $line"
	fi
}

# within WHAT LOW HIGH GOT
within() {
	if [[ "$4" =~ ^[0-9]+$ ]] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then
		ok "$1"
	else
		fail "$1: want $2 to $3, got '$4'"
	fi
}

# expect WHAT COMMAND...: it succeeds; refuse: it fails, by itself (not by a
# signal or for want of the program).  What it said stays in $W/said.
expect() {
	local what=$1 status
	shift
	"$@" > "$W/said" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then ok "$what"; else
		fail "$what: status $status"
		sed 's/^/  | /' "$W/said" | tail -n 20
	fi
}

refuse() {
	local what=$1 status
	shift
	"$@" > "$W/said" 2>&1
	status=$?
	if [ "$status" -gt 0 ] && [ "$status" -lt 126 ]; then ok "$what"; else
		fail "$what: status $status"
		sed 's/^/  | /' "$W/said" | tail -n 20
	fi
}

# nap SECONDS: sleep without a process of its own
nap() { read -r -t "$1" -u "$napping" || :; }

# until_true COMMAND...: poll until it succeeds
until_true() {
	local end=$((SECONDS + patience))

	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || return 1
		nap 0.1
	done
}

# --- namespaces ---------------------------------------------------------------

in_ns() { "$NET/inns" "/run/netns/$1" "${@:2}"; }
client() { in_ns client "$@"; }
fw() { in_ns fw "$@"; }
server() { in_ns server "$@"; }

# What is laid are lines for one call of ip (ip.c), which names the namespaces' inodes.
laid=
lay() {
	"$NET/ip" -batch - <<< "$laid" >> "$W/spaces" || die "$1"
	laid=
}

# (what hosts tell their multicast groups is told at once, and not in the midst of a count)
lay_space() { # NAME...
	local n

	for n in "$@"; do
		spaces+=("$n")
		laid+="netns add $n
netns inode $n
-n $n link set lo up
-n $n sysctl ipv6/conf/default/accept_dad 0
-n $n sysctl ipv6/conf/default/accept_ra 0
-n $n sysctl ipv6/conf/default/router_solicitations 0
-n $n sysctl ipv6/conf/default/mldv2_unsolicited_report_interval 1
-n $n sysctl ipv4/icmp_ratelimit 0
-n $n sysctl ipv6/icmp/ratelimit 0
"
	done
}

lay_wire() { # NS1 IF1 NS2 IF2 NET
	local m=02:00:00:00:0${5}

	laid+="link add $2 netns $1 address $m:01 type veth peer name $4 netns $3 address $m:02
-n $1 link set $2 up
-n $1 addr add 10.0.$5.1/24 dev $2
-n $1 addr add fd00:$5::1/64 dev $2 nodad
-n $1 neigh replace 10.0.$5.2 lladdr $m:02 dev $2 nud permanent
-n $1 neigh replace fd00:$5::2 lladdr $m:02 dev $2 nud permanent
-n $3 link set $4 up
-n $3 addr add 10.0.$5.2/24 dev $4
-n $3 addr add fd00:$5::2/64 dev $4 nodad
-n $3 neigh replace 10.0.$5.1 lladdr $m:01 dev $4 nud permanent
-n $3 neigh replace fd00:$5::1 lladdr $m:01 dev $4 nud permanent
"
}

lay_router() { # NS
	laid+="-n $1 sysctl ipv4/ip_forward 1
-n $1 sysctl ipv6/conf/all/forwarding 1
"
}

lay_routes() { # NS NET
	laid+="-n $1 route add default via 10.0.$2.1
-n $1 route add default via fd00:$2::1
"
}

# space NAME...: make namespaces, with loopback up and the sysctls we want
space() { lay_space "$@"; lay "cannot make namespaces: $*"; }

# wire NS1 IF1 NS2 IF2 NET: a veth pair; addresses 10.0.NET.1 and .2,
# fd00:NET::1 and ::2; each end knows the other's link-layer address
wire() { lay_wire "$@"; lay "no veth $2 - $4"; }

# router NS: it forwards; routes NS NET: default routes to the first address of NET
router() { lay_router "$@"; lay "no router $1"; }
routes() { lay_routes "$@"; lay "no routes of $1"; }

net_up() {
	lay_space client fw server
	lay_router fw
	lay_wire fw int0 client eth0 1
	lay_wire fw ext0 server eth0 2
	lay_routes client 1
	lay_routes server 2
	lay 'no network'
}

# more NS FW-IF NET N...: it has addresses 10.0.NET.N and fd00:NET::N at eth0 as well
more() {
	local i mac=02:00:00:00:0$3:02

	for i in "${@:4}"; do
		laid+="-n $1 addr add 10.0.$3.$i/24 dev eth0
-n $1 addr add fd00:$3::$i/64 dev eth0 nodad
-n fw neigh replace 10.0.$3.$i lladdr $mac dev $2 nud permanent
-n fw neigh replace fd00:$3::$i lladdr $mac dev $2 nud permanent
"
	done
	lay "no more addresses of $1"
}

# --- processes ----------------------------------------------------------------

# background NS COMMAND...: its pid in $bg, the file with what it says in $bg_said
background() {
	bg_said=$W/bg.${#pids[@]}
	"$NET/inns" "/run/netns/$1" "${@:2}" < /dev/null > "$bg_said" 2>&1 &
	bg=$!
	pids+=("$bg")
}

end() { # PID...
	local p
	for p in "$@"; do
		kill "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
}

listening() { # NS PORT
	[ -n "$(in_ns "$1" ss -Hltn "sport = :$2")" ]
}

# echo_server NS PROTO/PORT...: answers every line, on all addresses, both
# families
echo_server() {
	local ns=$1 ready=$W/echo.$1.${2//\//-}
	shift
	background "$ns" "$NET/echod" "$ready" "$@"
	until_true test -e "$ready" ||
	    die "echo server in $ns does not start: $(< "$bg_said")"
}

# http_server NS DIRECTORY PORT
http_server() {
	background "$1" python3 -m http.server -b :: -d "$2" "$3"
	until_true listening "$1" "$3" || die "http server does not start"
}

# carry WHAT FILE FROM TO ADDRESS PORT [HOST PORT]: sends the file over TCP to a listener at
# an address of TO, and asserts that it arrives whole; HOST and PORT if others reach it
carry() {
	local receiver got=$W/carried

	background "$4" bash -c "exec nc -l -N $5 $6 > $got"
	receiver=$bg
	until_true listening "$4" "$6" || die "$1: nc does not listen"
	expect "$1: send" "$3" nc -N "${7:-$5}" "${8:-$6}" < "$2"
	until_true eval "! kill -0 $receiver" || {
		fail "$1: its end does not come"
		note "$(fw pfctl -vvss; "$3" ss -tnoi; in_ns "$4" ss -tnoi)"
	}
	expect "$1: it is whole" cmp "$2" "$got"
}

# --- traffic ------------------------------------------------------------------

# probe NS tcp|udp HOST PORT[/SECONDS]...: one line there and back for each port,
# all at once, said in a word each: open, refused (a RST or ICMP port unreachable
# came), unreachable (another ICMP error), timeout (nothing came in SECONDS, or
# $patience), mute (TCP: connected, and then nothing)
probe() {
	local arg args=()

	for arg in "${@:4}"; do
		case $arg in
		*/*)	args+=("$arg") ;;
		*)	args+=("$arg/$patience") ;;
		esac
	done
	"$NET/probe" "/run/netns/$1" "$2" "$3" "${args[@]}"
}

# answers 'WORD ...' NS PROTO HOST PORT...: assert what probe says of the ports
answers() {
	local got port words args=()

	# (into a file: what stands in $(..) costs one more process)
	read -r -a words <<< "$1"
	for port in "${@:5}"; do
		case ${words[${#args[@]}]:-} in
		timeout|mute) args+=("$port/$brief") ;;
		*)	args+=("$port") ;;
		esac
	done
	probe "${@:2:3}" "${args[@]}" > "$W/probed"
	mapfile -t got < "$W/probed"
	is "${*:2}" "$1" "${got[*]}"
}

# reach WORD NS PROTO HOST PORT...: the same of each port
reach() {
	local want

	printf -v want "$1 %.0s" "${@:5}"
	answers "${want% }" "${@:2}"
}

# hold NAME NS PROTO HOST PORT: opens a connection to an echo server and keeps it
hold() {
	local name=$1 ns=$2

	mkfifo "$W/hold.$name"
	: > "$W/held.$name"
	background "$ns" "$NET/hold" "${@:3}" "$W/hold.$name" "$W/held.$name"
	eval "held_$name=$bg"
}

# still NAME SECONDS: sends a line over it; $still is alive, or dead when no answer came in
# that time.  It starts no process, as many ask.
still() {
	local n lines

	mapfile -t lines < "$W/held.$1"
	n=${#lines[@]}
	echo "$2" > "$W/hold.$1"
	until_true said_more "$W/held.$1" "$n" || still='says nothing'
}
said_more() { # FILE N: it has more lines than that; the last one is in $still
	local lines

	mapfile -t lines < "$1"
	[ "${#lines[@]}" -gt "$2" ] && still=${lines[-1]}
}

# alive WHAT NAME, dead WHAT NAME: assert that of it
alive() { still "$2" "$patience"; is "$1" alive "$still"; }
dead() { still "$2" "$brief"; is "$1" dead "$still"; }

# drop NAME: ends the connection
drop() {
	local pid=held_$1
	end "${!pid}"
	rm -f "$W/hold.$1" "$W/held.$1"
}

# pings NS HOST [PING-OPTION...]: one echo and its answer, or an error of ICMP's;
# no_answer: the same, where nothing is to come
pings() { "$NET/echo1" "/run/netns/$1" "$2" -c 1 -W "$patience" "${@:3}"; }
no_answer() { "$NET/echo1" "/run/netns/$1" "$2" -c 1 -W "$brief" "${@:3}"; }

# ping_on NS HOST [SECONDS]: pings it all the time, so far apart; ping_off WHAT: no more, and
# asserts that none was lost but those still on their way
ping_on() {
	background "$1" stdbuf -oL ping -n -i "${3:-0.2}" "$2"
	pinging=$bg ping_said=$bg_said
}
pinged() { sed -n 's/.* icmp_seq=\([0-9]*\) .*time=.*/\1/p' "$ping_said"; }
ping_off() {
	local n

	# one that was sent after all that went before
	n=$(pinged | wc -l)
	until_true eval "[ \$(pinged | wc -l) -gt $((n + 1)) ]"
	end "$pinging"
	n=$(pinged | sort -nu)
	is "$1" "$(seq "$(tail -n 1 <<< "$n")")" "$n"
}

# --- pf -----------------------------------------------------------------------

# rules [NS] < pf.conf: load it there (fw), behind $hours, and enable pf
rules() {
	local ns=${1:-fw} text

	IFS= read -r -d '' text
	printf '%s\n%s' "$hours" "$text" > "$W/pf.conf"
	in_ns "$ns" pfctl -q -f "$W/pf.conf" > "$W/said" 2>&1 || {
		sed 's/^/  | /' "$W/said"
		die "pfctl -f"
	}
	case " $pf_on " in
	*" $ns "*)	;;
	*)	in_ns "$ns" pfctl -q -e || die "pfctl -e"
		pf_on="$pf_on $ns" ;;
	esac
}

# rule_counter REGEX FIELD [NS]: a number from `pfctl -vsr' of the first rule
# whose text matches; FIELD: Evaluations Packets Bytes States Creations
rule_counter() {
	rules_now "${3:-fw}"
	counter_of "$1" "$2"
	[ -z "$counter" ] || echo "$counter"
}

# The same in two steps, for several of them at a time: rules_now [NS]; counter_of REGEX
# FIELD, which leaves the number in $counter
rules_now() { in_ns "${1:-fw}" pfctl -vsr > "$W/rules"; }
counter_of() {
	local line word hit= found=

	counter=
	while IFS= read -r line; do
		if [[ $line != ' '* ]]; then
			[ -z "$hit" ] || return
			[[ ! $line =~ $1 ]] || hit=yes
			continue
		fi
		for word in ${hit:+$line}; do
			[ -z "$found" ] || { counter=$word; return; }
			[ "$word" != "$2:" ] || found=yes
		done
	done < "$W/rules"
}

# info NAME [NS]: a number from `pfctl -si', such as state-mismatch, or
# `current entries' (write: entries)
info() {
	local words

	in_ns "${2:-fw}" pfctl -si > "$W/info"
	while read -r -a words; do
		case "${words[*]} " in
		"$1 "*)		echo "${words[1]:-}"; return ;;
		"current $1 "*)	echo "${words[2]:-}"; return ;;
		esac
	done < "$W/info"
}

states() { in_ns "${1:-fw}" pfctl -ss; }
state_count() {
	local lines

	states "${1:-fw}" > "$W/states"
	mapfile -t lines < "$W/states"
	echo "${#lines[@]}"
}
flush() { fw pfctl -q -F states; }

# --- the end ------------------------------------------------------------------

# who_is_left: the processes that are in one of this scenario's namespaces, a line each
who_is_left() {
	local p

	for p in /proc/[0-9]*; do
		readlink "$p/ns/net" 2>/dev/null | grep -qFxf "$W/spaces" &&
		    echo "${p#/proc/} $(tr '\0' ' ' 2>/dev/null < "$p/cmdline")"
	done
}

nobody_left() {
	local all space

	all=$'\n'$(readlink /proc/[0-9]*/ns/net)$'\n'
	while read -r space; do
		[[ $all != *$'\n'"$space"$'\n'* ]] || return 1
	done < "$W/spaces"
}

finish() {
	local status=$? n p left
	trap - EXIT
	[ "${#pids[@]}" -eq 0 ] || for p in "${pids[@]}"; do
		kill -9 "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	laid=
	[ "${#spaces[@]}" -eq 0 ] || for n in "${spaces[@]}"; do
		[ ! -e "/run/netns/$n" ] || laid+="netns del $n"$'\n'
	done
	[ -z "$laid" ] || "$NET/ip" -batch - <<< "$laid" || fail "cannot delete a namespace"
	# the killed take their time; who is here after that was not killed
	until_true nobody_left || fail "processes left: $(who_is_left)"
	left=(/run/netns/*)
	[ ! -e "${left[0]}" ] || fail "namespaces left: ${left[*]}"
	rm -rf "$W"
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || fail "status $status"
	[ "$asserted" -gt 0 ] || fail "nothing was asserted"
	[ "$failed" -eq 0 ] || echo "  $failed of $asserted assertions failed"
	exit $((failed > 0))
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
