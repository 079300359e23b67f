# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# rawsyn.py SRC SPORT DST DPORT WINDOW TTL DF OPTIONS: sends a SYN as a system of choice does.
# DF is 0 or 1; OPTIONS are those of the TCP header in hexadecimal digits.  The kernel makes
# the IP header, so SRC must be an address of this machine.
import _socket as s
import struct
import sys

src, sport, dst, dport, window, ttl, df, options = sys.argv[1:9]
options = bytes.fromhex(options)
options += b'\0' * (-len(options) % 4)
family = s.AF_INET6 if ':' in src else s.AF_INET
IP_MTU_DISCOVER, DONT, DO = 10, 0, 2


def segment(cksum):
	return struct.pack('>HHIIBBHHH', int(sport), int(dport), 1000, 0,
	    5 + len(options) // 4 << 4, 2, int(window), cksum, 0) + options


data = s.inet_pton(family, src) + s.inet_pton(family, dst) + \
    struct.pack('>II', 20 + len(options), 6) + segment(0)
total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
while total >> 16:
	total = (total & 0xffff) + (total >> 16)
sock = s.socket(family, s.SOCK_RAW, s.IPPROTO_TCP)
if family == s.AF_INET:
	sock.setsockopt(s.IPPROTO_IP, s.IP_TTL, int(ttl))
	sock.setsockopt(s.IPPROTO_IP, IP_MTU_DISCOVER, DO if df == '1' else DONT)
else:
	sock.setsockopt(s.IPPROTO_IPV6, s.IPV6_UNICAST_HOPS, int(ttl))
sock.bind((src, 0))
sock.sendto(segment(~total & 0xffff), (dst, 0))
