# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# rawsyns.py DEVICE TO-MAC DESTINATION PORT N: that many SYNs over IPv4, each from another
# address of 198.18.0.0/15, on the wire.
import _socket as s
import struct
import sys

dev, mac, dst, port, n = sys.argv[1:]
sock = s.socket(s.AF_PACKET, s.SOCK_RAW)
sock.bind((dev, 0))
frame = bytes.fromhex(mac.replace(':', '')) + bytes(6) + b'\x08\x00'
to = s.inet_aton(dst)


def cksum(data):
	total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


for i in range(int(n)):
	src = struct.pack('!I', 0xc6120001 + i)
	tcp = [1024 + i % 60000, int(port), i, 0, 5 << 4, 2, 1024, 0, 0]
	tcp[7] = cksum(src + to + struct.pack('!II', 6, 20) +
	    struct.pack('!HHIIBBHHH', *tcp)[:20])
	ip = [0x45, 0, 40, i & 0xffff, 0, 64, 6, 0, src, to]
	ip[7] = cksum(struct.pack('!BBHHHBBH4s4s', *ip))
	sock.send(frame + struct.pack('!BBHHHBBH4s4s', *ip) +
	    struct.pack('!HHIIBBHHH', *tcp))
