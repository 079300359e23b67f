#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# tcpdump.sh: tcpdump, installed where it is found before the system's own, so that
# `tcpdump -i pflog0' prints what pf logs.  It runs the system's own, with the library that
# knows pflog devices (preload.c) if one of the arguments names such a device.
library=@LIBDIR@/pflog-pcap.so
for real in /usr/bin/tcpdump /usr/sbin/tcpdump; do
	[ ! -x "$real" ] || break
done
for arg; do
	case $arg in
	pflog[0-9]*|-*ipflog[0-9]*|--interface=pflog[0-9]*)
		export LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}"
		break ;;
	esac
done
exec "$real" "$@"
