# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The filters that are compared.  filter_up FILTER ROW configures one for a row
# of the table, filter_down removes whatever is configured, with its modules,
# so that every sample starts on a stack without hooks.

# linear_rules LANGUAGE KIND N: N rules none of which matches the measured
# packets.  addr: the source differs, the first thing that a rule looks at;
# port: only the last thing differs.
linear_rules() {
	local i src port

	for ((i = 0; i < $3; i++)); do
		src=10.0.0.0/8
		[ "$2" = addr ] && src=172.$((16 + (i >> 16))).$((i >> 8 & 255)).$((i & 255))
		port=$((1000 + i % 50000))
		case $1 in
		nft)	echo "ip saddr $src udp dport $port drop" ;;
		pf)	echo "block drop in quick inet proto udp from $src to any port $port" ;;
		esac
	done
}

# table_addrs N SEPARATOR: every second address of the flows
table_addrs() {
	awk -v n="$1" -v sep="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			a = 2 + 2 * i
			printf "%s10.%d.%d.%d", (i > 0 ? sep : ""), a / 65536, \
			    a / 256 % 256, a % 256
		}
	}'
}

# table_rule LANGUAGE N: one rule that asks a table of N addresses; 0: a network
table_rule() {
	case $1:$2 in
	nft:0)	echo 'chain forwarded {'
		echo 'type filter hook forward priority filter; policy accept;'
		echo 'ip saddr 10.0.0.0/8 accept' ;;
	nft:*)	echo "set s { type ipv4_addr; elements = { $(table_addrs "$2" ,) } }"
		echo 'chain forwarded {'
		echo 'type filter hook forward priority filter; policy accept;'
		echo 'ip saddr @s accept' ;;
	pf:*)	echo 'set ruleset-optimization none'
		if [ "$2" = 0 ]; then
			echo 'pass quick from 10.0.0.0/8 no state'
		else
			table_addrs "$2" "\n" > /run/table
			echo "set limit table-entries $2"
			echo 'table <s> const file "/run/table"'
			echo 'pass quick from <s> no state'
		fi
		echo 'pass quick all no state' ;;
	esac
}

# As many flows as the benchmark makes, for as long as it runs, and the hash
# buckets that a machine of 16 GB gets
conntrack_limits() {
	modprobe nf_conntrack
	echo 262144 > /sys/module/nf_conntrack/parameters/hashsize
	echo 4000000 > /proc/sys/net/netfilter/nf_conntrack_max
	echo 7200 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout
	echo 7200 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream
}

# nat_rule LANGUAGE KIND: flows leave with the address of out0, which the rule has
# written (nat), or the filter finds for itself (natif)
nat_rule() {
	case $1:$2 in
	nft:nat*)
		echo 'chain translated {'
		echo 'type nat hook postrouting priority srcnat; policy accept;'
		printf 'oifname out0 ip saddr 10.0.0.0/8 '
		[ "$2" = nat ] && echo 'snat to 203.0.113.1' || echo masquerade
		echo '}' ;;
	pf:nat)	echo 'nat on out0 inet from 10.0.0.0/8 to any -> 203.0.113.1' ;;
	pf:natif)
		echo 'nat on out0 inet from 10.0.0.0/8 to any -> (out0)' ;;
	esac
}

# source_rule LANGUAGE: the connections of each source are counted, and may be so many
# that none is refused
source_rule() {
	case $1 in
	nft)	echo 'ct state new add @sources { ip saddr ct count over 1000 } drop' ;;
	pf)	echo 'pass in quick on in0 all keep state (source-track rule, max-src-states 1000)' ;;
	esac
}

nft_up() {
	local kind=${1%-*} n=${1#*-}

	{
		echo 'table ip bench {'
		nat_rule nft "$kind"
		[ "$kind" != source ] ||
		    echo 'set sources { type ipv4_addr; size 4000000; flags dynamic; }'
		case $kind in
		table)	;;
		*)	echo 'chain forwarded {'
			echo 'type filter hook forward priority filter; policy drop;' ;;
		esac
		case $kind in
		table)	table_rule nft "$(flow_count "$n")" ;;
		addr|port)
			linear_rules nft "$kind" "$n"
			echo accept ;;
		*)	conntrack_limits
			echo 'ct state established,related accept'
			echo 'ct state invalid drop'
			[ "$kind" != source ] || source_rule nft
			echo 'iifname in0 ct state new accept' ;;
		esac
		printf '}\n}\n'
	} > /run/ruleset
	nft -f /run/ruleset
}

pf_up() {
	local kind=${1%-*} n=${1#*-}

	case $kind in
	table)	table_rule pf "$(flow_count "$n")" ;;
	addr|port)
		linear_rules pf "$kind" "$n"
		echo 'pass quick all no state' ;;
	*)	echo 'set limit states 4000000'
		[ "$kind" != source ] || echo 'set limit src-nodes 4000000'
		[ "$kind" != scrub ] || echo 'scrub in all'
		nat_rule pf "$kind"
		echo 'block all'
		[ "$kind" != source ] || source_rule pf
		[ "$kind" != modulate ] ||
		    echo 'pass in quick on in0 proto tcp modulate state'
		# (nobody reads it)
		[ "$kind" != log ] ||
		    echo 'pass in log (all) quick on in0 all keep state'
		echo 'pass in quick on in0 all keep state'
		echo 'pass out quick on out0 all keep state' ;;
	esac > /run/pf.conf
	[ -n "${PF_CONF:-}" ] && cp "$PF_CONF" /run/pf.conf
	insmod "$PF_KO" && "$PFCTL" -q -e -f /run/pf.conf
}

filter_up() {
	case $1 in
	none)	;;
	hook)	nft 'table ip bench { chain forwarded { type filter hook forward priority filter; }; }' ;;
	nft)	nft_up "$2" ;;
	pf)	pf_up "$2" ;;
	esac
}

filter_down() {
	local m again try

	[ -d /sys/module/nf_tables ] && nft flush ruleset
	if [ -d /sys/module/pf ]; then
		"$PFCTL" -q -d
		rmmod pf || return 1
	fi
	# the kernel lets go of the modules of deleted rules a little later
	for ((try = 0; try < 20; try++)); do
		again=yes
		while [ $again = yes ]; do
			again=no
			while read -r m _ users _; do
				case $m:$users in
				nf_*:0|nft_*:0|nfnetlink*:0)
					rmmod "$m" && again=yes ;;
				esac
			done < /proc/modules
		done
		grep -q '^nf_tables\|^nf_conntrack' /proc/modules || return 0
		sleep 0.1
	done
	return 1
}

# How many flows or states the filter holds
filter_states() {
	case $1 in
	nft)	cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null || echo 0 ;;
	pf)	"$PFCTL" -s info | awk '/current entries/ { print $3 }' ;;
	*)	echo 0 ;;
	esac
}
