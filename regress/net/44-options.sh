#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Packets with IP options pass by rules with allow-opts only.
. "$(dirname "$0")/lib.sh"
net_up
rules <<'END'
block
pass inet proto icmp
END
expect 'ping' pings client $S4
flush
before=$(info ip-option)
refuse 'ping with record route' no_answer client $S4 -R
refuse 'ping with timestamps' no_answer client $S4 -T tsonly
within 'counted' $((before + 2)) $((before + 9)) "$(info ip-option)"
is 'no state' '' "$(states)"
rules <<'END'
block
pass inet proto icmp allow-opts
END
expect 'record route' pings client $S4 -R
like 'the route' '10\.0\.2\.1' "$(< "$W/said")"
expect 'timestamps' pings client $S4 -T tsonly
