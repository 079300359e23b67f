#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The module goes while pf is enabled, with states, traffic and fragments that it
# keeps: not while its device is open, and then without a trace.  Runs last and alone (guest).
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81
rules fw <<'END'
pass
block return in proto tcp to port 81
END
rules server <<'END'
pass
END
hold t client tcp $S4 80
alive 'a connection' t
answers 'open refused' client tcp $S6 80 81
ping_on client $S4
background fw bash -c 'exec 5< /dev/pf; exec sleep 1000'
holder=$bg
until_true eval "grep -q sleep /proc/$holder/comm"
refuse 'not while the device is open' rmmod pf
end "$holder"
client python3 -I -S "$NET/frags.py" $C4 $S4 7 53 1032 0-512
client python3 -I -S "$NET/frags.py" $C6 $S6 7 53 1032 0-512
until_true eval "fw pfctl -vsi | grep -A 1 Fragments | grep -q 'entries  *2 '"
expect 'unload' rmmod pf
pf_on=
refuse 'the device is gone' test -e /dev/pf
refuse 'pfctl has nothing to talk to' fw pfctl -sr
like 'and says so' 'module is not loaded' "$(< "$W/said")"
alive 'a connection goes on' t
answers 'open open' client tcp $S4 80 81
answers 'open open' client tcp $S6 80 81
ping_off 'no ping lost'
