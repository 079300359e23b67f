# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# wire.py READY-FILE PORT: says what the headers of TCP segments from or to this port say,
# those that come in and those that go out, a line each:
#
#	in|out SPORT DPORT FLAGS SEQ ACK TSVAL TSECR MSS TTL ID DF
#
# with - for what is not there.  FLAGS are letters of FSRPAUEC.  A UDP datagram to 127.0.0.1 is
# said as `mark DPORT': what went over the wire before it has been said by then.
# Makes READY-FILE when it listens.
import _socket as s
import struct
import sys

ready, port = sys.argv[1], int(sys.argv[2])
sock = s.socket(s.AF_PACKET, s.SOCK_DGRAM, s.htons(3))
open(ready, 'w').close()


def options(th):
	at, end = 20, (th[12] >> 4) * 4
	found = {}
	while at + 1 < end and th[at] != 0:
		if th[at] == 1:
			at += 1
			continue
		found[th[at]] = th[at + 2:at + th[at + 1]]
		at += max(th[at + 1], 2)
	return found


while True:
	data, (_, proto, kind, _, _) = sock.recvfrom(65575)
	if proto == 0x800 and data[9] == 6:
		th = data[(data[0] & 15) * 4:]
		ttl, ident, df = data[8], struct.unpack('>H', data[4:6])[0], data[6] >> 6 & 1
	elif proto == 0x86dd and data[6] == 6:
		th = data[40:]
		ttl, ident, df = data[7], '-', '-'
	elif proto == 0x800 and data[9] == 17 and data[16:20] == b'\x7f\0\0\1' and kind == 4:
		print('mark', struct.unpack('>H', data[22:24])[0], flush=True)
		continue
	else:
		continue
	sport, dport, seq, ack = struct.unpack('>HHII', th[:12])
	if port not in (sport, dport):
		continue
	flags = ''.join(c for i, c in enumerate('FSRPAUEC') if th[13] >> i & 1)
	opts = options(th)
	val, echo = struct.unpack('>II', opts[8]) if 8 in opts else ('-', '-')
	mss = struct.unpack('>H', opts[2])[0] if 2 in opts else '-'
	print('out' if kind == 4 else 'in', sport, dport, flags, seq, ack, val, echo, mss, ttl,
	    ident, df, flush=True)
