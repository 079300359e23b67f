#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Files over HTTP through the firewall, byte for byte: with segments of 64 KB
# and checksums left to the device (veth's default), with plain segments, and
# with receive offload putting them together in the firewall.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
# It takes long.
. "$(dirname "$0")/lib.sh"
net_up
mkdir "$W/www"
head -c 1500000 /dev/urandom > "$W/www/data"
want=$(sha256sum < "$W/www/data")
http_server server "$W/www" 80
rules <<'END'
block
pass in on int0 proto tcp to port 80 label "web"
pass out on ext0 proto tcp to port 80
END
fetch() { # WHAT
	local host

	for host in $S4 "[$S6]"; do
		expect "$1: curl $host" client curl -sS \
		    -o "$W/got" "http://$host/data"
		is "$1: checksum" "$want" "$(sha256sum < "$W/got")"
		rm -f "$W/got"
	done
}
fetch 'segments of 64 KB'
for n in client server; do
	in_ns $n ethtool -K eth0 tso off gso off tx off > /dev/null 2>&1
done
fetch 'plain segments'
for i in int0 ext0; do fw ethtool -K $i gro on > /dev/null 2>&1; done
fetch 'receive offload'
is 'no packet out of its window' 0 "$(info state-mismatch)"
bytes=$(rule_counter 'label "web"' Bytes)
# no more than went over the wire: what had to be sent again is in both
within 'bytes counted' 9000000 \
    "$(fw awk '$1 == "int0:" { print $2 + $10 }' /proc/net/dev)" "$bytes"
is 'states made' 6 "$(rule_counter 'label "web"' Creations)"
like 'a finished connection' \
    '^all tcp 10\.0\.2\.2:80 <- 10\.0\.1\.2:[0-9]+ +(FIN_WAIT_2:FIN_WAIT_2|TIME_WAIT:TIME_WAIT)$' "$(states)"
