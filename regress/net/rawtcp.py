# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# rawtcp.py SRC SPORT DST DPORT FLAGS SEQ ACK [TSVAL TSECR]: sends one TCP segment that no
# TCP would send, without data, or with a timestamp and one byte.  FLAGS are letters of FSRPAU;
# the kernel makes the IP header, so SRC must be an address of this machine.
import _socket as s
import struct
import sys

src, sport, dst, dport, flags, seq, ack = sys.argv[1:8]
rest = b''
if len(sys.argv) > 8:
	rest = struct.pack('>BBBBIIc', 1, 1, 8, 10, *map(int, sys.argv[8:]), b'!')
family = s.AF_INET6 if ':' in src else s.AF_INET
bits = sum(1 << 'FSRPAU'.index(c) for c in flags)


def segment(cksum):
	return struct.pack('>HHIIBBHHH', int(sport), int(dport),
	    int(seq) & 0xffffffff, int(ack) & 0xffffffff,
	    5 + len(rest) // 4 << 4, bits, 1024, cksum, 0) + rest


data = s.inet_pton(family, src) + s.inet_pton(family, dst) + \
    struct.pack('>II', 20 + len(rest), 6) + segment(0)
data += b'\0' * (len(data) % 2)
total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
while total >> 16:
	total = (total & 0xffff) + (total >> 16)
sock = s.socket(family, s.SOCK_RAW, s.IPPROTO_TCP)
sock.bind((src, 0))
sock.sendto(segment(~total & 0xffff), (dst, 0))
