#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# The module goes while pf is enabled, with states, traffic and fragments that it
# keeps, and while pflogd reads what it logs: not while its device is open, and then without a
# trace.  Runs last and alone (guest).
# It touches what differs between kernels (run -i).
. "$(dirname "$0")/lib.sh"
net_up
echo_server server tcp/80 tcp/81
rules fw <<'END'
pass log
block return in proto tcp to port 81
END
rules server <<'END'
pass
END
# (pflogd does not run where its child could not be restricted)
logging=
[ ! -e /proc/sys/kernel/seccomp ] || logging=yes
if [ -n "$logging" ]; then
	background fw pflogd -D -f "$W/log" -p "$W/pid"
	logger=$bg logger_said=$bg_said
	has_device() {
		ls -l "/proc/$(ps -o pid= --ppid "$logger" | tr -d ' ')/fd" > "$W/fds"
		[ "$(grep -c ' -> socket:' "$W/fds")" = 2 ]
	}
	until_true has_device || die "pflogd has no device: $(< "$logger_said")"
fi
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
if [ -n "$logging" ]; then
	expect 'pflogd waits' until_true grep -q 'pflog0 is not there.*waiting' "$logger_said"
	kill -ALRM "$logger"
	expect 'with what was logged' until_true eval \
	    "tcpdump -ner $W/log 2> /dev/null | grep -q 'pass in on int0: .*\.80: Flags'"
	expect 'in a file that is whole' pflogd -x -f "$W/log"
fi
alive 'a connection goes on' t
answers 'open open' client tcp $S4 80 81
answers 'open open' client tcp $S6 80 81
ping_off 'no ping lost'
