#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Who may not: a user, root without CAP_NET_ADMIN, root of a user namespace.
# It touches what differs between kernels (run -i).
# Not on 6.12-deb13, for which 6.12 stands.
. "$(dirname "$0")/lib.sh"
net_up
rules <<'END'
set skip on lo
block in proto tcp to port 99
pass
END
before=$(fw pfctl -sr)
user() { fw setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; }
weak() { fw setpriv --bounding-set -net_admin --inh-caps -net_admin -- "$@"; }
foreign() { fw unshare -U -r -- "$@"; }
is 'mode of the device' '600 root root' "$(stat -c '%a %U %G' /dev/pf)"
for who in user weak foreign; do
	refuse "$who: show" $who pfctl -sr
	like "$who: says why" 'ermitted|denied' "$(< "$W/said")"
	refuse "$who: load" $who pfctl -f "$W/pf.conf"
	refuse "$who: flush" $who pfctl -F all
	refuse "$who: disable" $who pfctl -d
done
expect 'a user may check a file' user pfctl -nf - <<< 'block'
# the device open to all: still refused
chmod 666 /dev/pf
for who in user weak foreign; do
	refuse "$who: load, device open to all" $who pfctl -f "$W/pf.conf"
	like "$who: says why" 'ermitted|denied' "$(< "$W/said")"
	refuse "$who: disable, device open to all" $who pfctl -d
done
chmod 600 /dev/pf
is 'nothing changed' "$before" "$(fw pfctl -sr)"
like 'still enabled' 'Status: Enabled' "$(fw pfctl -si)"
