#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Fragments that are not put together: the first is judged by its header, those
# behind it by address and by rules made for fragments.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
echo_server server udp/53
rules <<'END'
set reassemble no
block
pass inet proto icmp icmp-type echoreq
pass inet6 proto icmp6 icmp6-type echoreq
END
expect 'small ping' pings client $S4
expect 'small ping6' pings client $S6
refuse 'large ping' no_answer client $S4 -s 4000
refuse 'large ping6' no_answer client $S6 -s 4000
within 'blocked by the rule' 2 99 "$(rule_counter '^block' Packets)"
rules <<'END'
set reassemble no
block
pass inet fragment label "frag4"
pass inet6 fragment label "frag6"
pass inet proto icmp icmp-type echoreq
pass inet6 proto icmp6 icmp6-type echoreq
END
flush
expect 'large ping' pings client $S4 -s 4000
expect 'large ping6' pings client $S6 -s 4000
expect 'larger ping' pings client $S4 -s 20000
# 4000: 2 fragments behind the first, there and back, seen in and out
within 'fragments' 8 99 "$(rule_counter '"frag4"' Packets)"
within 'fragments, IPv6' 8 99 "$(rule_counter '"frag6"' Packets)"
unlike 'a fragment makes no state' 'udp|tcp' "$(states)"
is 'states: of the first ones' 6 "$(state_count)"
rules <<'END'
set reassemble no
block
pass inet from 10.0.1.0/24 fragment
pass inet proto icmp icmp-type echoreq
END
flush
refuse 'fragments one way only' no_answer client $S4 -s 4000
