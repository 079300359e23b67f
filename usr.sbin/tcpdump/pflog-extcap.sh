#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# pflog-extcap: pflog devices for Wireshark and tshark, which run what is in their directory
# of external captures (extcap(4)) with these arguments:
#
#	--extcap-interfaces			which there are
#	--extcap-interface DEVICE --extcap-dlts	what one carries
#	--extcap-interface DEVICE --extcap-config	what can be set: nothing
#	--extcap-interface DEVICE --capture --fifo FILE [--extcap-capture-filter EXPRESSION]
#
# tcpdump reads the device, with the library that knows it.
library=@LIBDIR@/pflog-pcap.so
do= device= fifo= filter=
while [ $# -gt 0 ]; do
	case $1 in
	--extcap-interfaces|--extcap-dlts|--extcap-config|--capture) do=$1 ;;
	--extcap-interface) device=$2; shift ;;
	--extcap-interface=*) device=${1#*=} ;;
	--fifo)	fifo=$2; shift ;;
	--fifo=*) fifo=${1#*=} ;;
	--extcap-capture-filter) filter=$2; shift ;;
	--extcap-capture-filter=*) filter=${1#*=} ;;
	esac
	shift
done
case $device in
*[!a-zA-Z0-9_.-]*|-*)
	echo "pflog-extcap: $device is no name of a device" >&2
	exit 2 ;;
esac
case $do in
--extcap-interfaces)
	echo 'extcap {version=1.0}{display=What pf logs}'
	ip -o link show type pflog 2> /dev/null |
	    sed -n 's/^[0-9]*: \([^:@]*\).*/interface {value=\1}{display=What pf logs: \1}/p' ;;
--extcap-dlts)
	echo 'dlt {number=117}{name=PFLOG}{display=OpenBSD pflog}' ;;
--extcap-config) ;;
--capture)
	[ -n "$device" ] && [ -n "$fifo" ] || {
		echo 'pflog-extcap: --capture needs --extcap-interface and --fifo' >&2
		exit 2
	}
	export LD_PRELOAD="$library"
	exec tcpdump -U -q -i "$device" -w "$fifo" ${filter:+"$filter"} ;;
*)	sed -n 's/^# *\(--.*\)/\1/p' "$0"
	exit 2 ;;
esac
