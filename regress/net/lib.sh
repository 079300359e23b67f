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

ok() { asserted=$((asserted + 1)); [ -z "${V:-}" ] || echo "  ok   $*"; }
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

space() { # NAME...: make namespaces, with loopback up and the sysctls we want
	local n
	for n in "$@"; do
		ip netns add "$n" || die "cannot make namespace $n"
		spaces+=("$n")
		in_ns "$n" sh -c '
			readlink /proc/self/ns/net >> "$0"
			ip link set lo up
			cd /proc/sys/net
			echo 0 > ipv6/conf/default/accept_dad
			echo 0 > ipv6/conf/default/accept_ra
			echo 0 > ipv6/conf/default/router_solicitations
			echo 0 > ipv4/icmp_ratelimit
			echo 0 > ipv6/icmp/ratelimit' "$W/spaces"
	done
}

# wire NS1 IF1 NS2 IF2 NET [MAC]: a veth pair; addresses 10.0.NET.1 and .2,
# fd00:NET::1 and ::2; each end knows the other's link-layer address
wire() {
	local m=02:00:00:00:0${5}
	ip link add "$2" netns "$1" address "$m:01" type veth \
	    peer name "$4" netns "$3" address "$m:02" || die "no veth $2 - $4"
	ip -n "$1" -batch - <<-END
		link set $2 up
		addr add 10.0.$5.1/24 dev $2
		addr add fd00:$5::1/64 dev $2 nodad
		neigh replace 10.0.$5.2 lladdr $m:02 dev $2 nud permanent
		neigh replace fd00:$5::2 lladdr $m:02 dev $2 nud permanent
	END
	ip -n "$3" -batch - <<-END
		link set $4 up
		addr add 10.0.$5.2/24 dev $4
		addr add fd00:$5::2/64 dev $4 nodad
		neigh replace 10.0.$5.1 lladdr $m:01 dev $4 nud permanent
		neigh replace fd00:$5::1 lladdr $m:01 dev $4 nud permanent
	END
}

router() { # NS
	in_ns "$1" sh -c '
		echo 1 > /proc/sys/net/ipv4/ip_forward
		echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}

# routes NS NET: default routes to the first address of NET
routes() {
	ip -n "$1" -batch - <<-END
		route add default via 10.0.$2.1
		route add default via fd00:$2::1
	END
}

net_up() {
	space client fw server
	router fw
	wire fw int0 client eth0 1
	wire fw ext0 server eth0 2
	routes client 1
	routes server 2
}

# more NS FW-IF NET N...: it has addresses 10.0.NET.N and fd00:NET::N at eth0 as well
more() {
	local i mac=02:00:00:00:0$3:02

	for i in "${@:4}"; do
		printf 'addr add %s dev eth0\n' "10.0.$3.$i/24" "fd00:$3::$i/64 nodad"
	done | ip -n "$1" -batch -
	for i in "${@:4}"; do
		printf "neigh replace %s lladdr $mac dev $2 nud permanent\n" \
		    "10.0.$3.$i" "fd00:$3::$i"
	done | ip -n fw -batch -
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
	background "$ns" python3 -I -S "$NET/echod.py" "$ready" "$@"
	until_true test -e "$ready" ||
	    die "echo server in $ns does not start: $(cat "$bg_said")"
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

	background "$4" bash -c "nc -l -N $5 $6 > $got"
	receiver=$bg
	until_true listening "$4" "$6" || die "$1: nc does not listen"
	expect "$1: send" "$3" nc -N "${7:-$5}" "${8:-$6}" < "$2"
	until_true eval "! kill -0 $receiver"
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

	read -r -a words <<< "$1"
	for port in "${@:5}"; do
		case ${words[${#args[@]}]:-} in
		timeout|mute) args+=("$port/$brief") ;;
		*)	args+=("$port") ;;
		esac
	done
	got=$(probe "${@:2:3}" "${args[@]}")
	is "${*:2}" "$1" "${got//$'\n'/ }"
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
pings() { in_ns "$1" ping -n -c 1 -W "$patience" "${@:3}" "$2"; }
no_answer() { in_ns "$1" ping -n -c 1 -W "$brief" "${@:3}" "$2"; }

# ping_on NS HOST: pings it all the time; ping_off WHAT: no more, and asserts that
# none was lost but those still on their way
ping_on() {
	background "$1" stdbuf -oL ping -n -i 0.2 "$2"
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
	local ns=${1:-fw}
	{ echo "$hours"; cat; } > "$W/pf.conf"
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
	in_ns "${3:-fw}" pfctl -vsr | RE=$1 awk -v field="$2:" '
		!/^ / { if (hit) exit; hit = $0 ~ ENVIRON["RE"]; next }
		hit { for (i = 1; i < NF; i++) if ($i == field) { print $(i + 1); exit } }'
}

# info NAME [NS]: a number from `pfctl -si', such as state-mismatch, or
# `current entries' (write: entries)
info() {
	in_ns "${2:-fw}" pfctl -si | awk -v name="$1" '
		$1 == name { print $2; exit }
		$1 == "current" && $2 == name { print $3; exit }'
}

states() { in_ns "${1:-fw}" pfctl -ss; }
state_count() { states "${1:-fw}" | grep -c .; }
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

nobody_left() { ! readlink /proc/[0-9]*/ns/net | grep -qFxf "$W/spaces"; }

finish() {
	local status=$? n left
	trap - EXIT
	[ "${#pids[@]}" -eq 0 ] || for p in "${pids[@]}"; do
		kill -9 "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	[ "${#spaces[@]}" -eq 0 ] || for n in "${spaces[@]}"; do
		[ ! -e "/run/netns/$n" ] || ip netns del "$n" ||
		    fail "cannot delete namespace $n"
	done
	# the killed take their time; who is here after that was not killed
	until_true nobody_left || fail "processes left: $(who_is_left)"
	left=$(ls /run/netns)
	[ -z "$left" ] || fail "namespaces left: $left"
	rm -rf "$W"
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || fail "status $status"
	[ "$asserted" -gt 0 ] || fail "nothing was asserted"
	[ "$failed" -eq 0 ] || echo "  $failed of $asserted assertions failed"
	exit $((failed > 0))
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
