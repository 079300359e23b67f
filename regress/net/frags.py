# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# frags.py SRC DST SPORT DPORT SIZE [id=N] PIECE...: a UDP datagram of SIZE bytes, its
# header included, of which these pieces are sent in this order.  A piece is FROM-TO
# in bytes; with ~ behind it, its last eight bytes are not the datagram's, and with d it
# must not be a fragment (IPv4).  Those that end before SIZE say that more follow.
#
# frags.py sizes READY-FILE: says the length of each IPv6 fragment that comes in.
import _socket as s
import os
import struct
import sys


def sum16(data):
	data += b'\0' * (len(data) % 2)
	total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


def sizes(ready):
	sock = s.socket(s.AF_PACKET, s.SOCK_DGRAM, s.htons(0x86dd))
	open(ready, 'w').close()
	while True:
		data = sock.recv(65575)
		if data[6] == 44:
			print(len(data), flush=True)


if sys.argv[1] == 'sizes':
	sizes(sys.argv[2])
src, dst, sport, dport, size = sys.argv[1:6]
pieces = sys.argv[6:]
ident = os.getpid()
if pieces[0].startswith('id='):
	ident = int(pieces.pop(0)[3:])
size = int(size)
v6 = ':' in src
family = s.AF_INET6 if v6 else s.AF_INET
addresses = s.inet_pton(family, src) + s.inet_pton(family, dst)
header = struct.pack('>HHHH', int(sport), int(dport), size, 0)
load = (b'whole %d ' % ident).ljust(size - 8, b'.')
cksum = sum16(addresses + struct.pack('>II', size, 17) + header + load)
whole = header[:6] + struct.pack('>H', cksum or 0xffff) + load
sock = s.socket(family, s.SOCK_RAW, s.IPPROTO_RAW)
for piece in pieces:
	start, end = map(int, piece.strip('~d').split('-'))
	data = whole[start:end]
	if '~' in piece:
		data = data[:-8] + b'!' * 8
	more = end < size
	if v6:
		head = struct.pack('>IHBB', 6 << 28, 8 + len(data), 44, 64) + \
		    addresses + struct.pack('>BBHI', 17, 0, start | more, ident)
	else:
		head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(data),
		    ident & 0xffff, start // 8 | more << 13 |
		    ('d' in piece) << 14, 64, 17, 0) + addresses
	sock.sendto(head + data, (dst, 0))
