# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# proxy.py READY-FILE PORT: a proxy that connections are redirected to.  It listens on the
# loopback addresses, asks pf where a client wanted to go (DIOCNATLOOK) and carries what is
# said, each way, between it and there.  Says on standard output where that was.
import _socket as s
import fcntl
import os
import select
import struct
import sys

DIOCNATLOOK, PF_OUT = 0xc0504417, 2
pf = os.open('/dev/pf', os.O_RDWR)
poll = select.poll()
socks = {}		# file descriptor -> (socket, its peer; None: listens)


def add(sock, peer):
	socks[sock.fileno()] = (sock, peer)
	poll.register(sock.fileno(), select.POLLIN)


def original(sock, af):
	peer, own = sock.getpeername(), sock.getsockname()
	look = struct.pack('16s16s16s16sHHHHBBB5x',
	    s.inet_pton(af, peer[0]), s.inet_pton(af, own[0]), b'', b'',
	    s.htons(peer[1]), s.htons(own[1]), 0, 0, af, s.IPPROTO_TCP, PF_OUT)
	look = struct.unpack('16s16s16s16sHHHHBBB5x', fcntl.ioctl(pf, DIOCNATLOOK, look))
	return (s.inet_ntop(af, look[3][:4 if af == s.AF_INET else 16]),
	    s.ntohs(look[7]))


for af, addr in (s.AF_INET, '127.0.0.1'), (s.AF_INET6, '::1'):
	sock = s.socket(af, s.SOCK_STREAM)
	sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEADDR, 1)
	sock.bind((addr, int(sys.argv[2])))
	sock.listen(16)
	add(sock, None)
open(sys.argv[1], 'w').close()

while True:
	for fd, event in poll.poll():
		if fd not in socks:
			continue
		sock, peer = socks[fd]
		if peer is None:
			client = s.socket(fileno=sock._accept()[0])
			try:
				to = original(client, sock.family)
				print('to', *to, flush=True)
				server = s.socket(sock.family, s.SOCK_STREAM)
				server.connect(to)
			except OSError as e:
				print(e, flush=True)
				client.close()
				continue
			add(client, server)
			add(server, client)
			continue
		try:
			data = sock.recv(65536)
			peer.sendall(data)
		except OSError:
			data = b''
		if not data:
			for end in sock, peer:
				poll.unregister(end.fileno())
				del socks[end.fileno()]
				end.close()
