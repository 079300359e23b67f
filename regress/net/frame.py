# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# frame.py DEVICE TO-MAC SOURCE DESTINATION PORT TEXT: one UDP datagram over IPv4 with these
# addresses, whatever they are, on the wire.
import _socket as s
import struct
import sys

dev, mac, src, dst, port, text = sys.argv[1:]
udp = struct.pack('!HHHH', 4444, int(port), 8 + len(text), 0) + text.encode()
ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + \
    s.inet_aton(src) + s.inet_aton(dst)
total = sum(struct.unpack('!10H', ip))
total = (total & 0xffff) + (total >> 16)
total = (total & 0xffff) + (total >> 16)
ip = ip[:10] + struct.pack('!H', ~total & 0xffff) + ip[12:]
sock = s.socket(s.AF_PACKET, s.SOCK_RAW)
sock.bind((dev, 0))
sock.send(bytes.fromhex(mac.replace(':', '')) + bytes(6) + b'\x08\x00' + ip + udp)
