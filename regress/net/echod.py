# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# echod.py READY-FILE PROTO/PORT...: echoes lines of TCP and datagrams of UDP on
# these ports, for IPv4 and IPv6.  Makes READY-FILE once all ports are open.
# A UDP answer leaves from the address that was asked.
#
# Uses the C modules alone: importing socket takes a second on the test machine.
import _socket as s
import select
import sys

poll = select.poll()
socks = {}		# file descriptor -> (socket, kind)
IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50


def add(sock, kind, events=select.POLLIN):
	socks[sock.fileno()] = (sock, kind)
	poll.register(sock.fileno(), events)


for arg in sys.argv[2:]:
	proto, port = arg.split('/')
	tcp = proto == 'tcp'
	sock = s.socket(s.AF_INET6, s.SOCK_STREAM if tcp else s.SOCK_DGRAM)
	sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEADDR, 1)
	if not tcp:
		sock.setsockopt(s.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
	sock.bind(('::', int(port)))
	if tcp:
		sock.listen(64)
	add(sock, 'accept' if tcp else 'udp')
open(sys.argv[1], 'w').close()

while True:
	for fd, event in poll.poll():
		sock, kind = socks[fd]
		try:
			if kind == 'accept':
				fd, _ = sock._accept()
				add(s.socket(s.AF_INET6, s.SOCK_STREAM, 0, fd), 'tcp')
			elif kind == 'udp':
				data, anc, _, peer = sock.recvmsg(65536, 256)
				sock.sendmsg([data], [a for a in anc
				    if a[1] == IPV6_PKTINFO], 0, peer)
			else:
				data = sock.recv(65536)
				if not data:
					raise OSError
				sock.sendall(data)
		except OSError:
			if kind == 'tcp':
				poll.unregister(sock.fileno())
				del socks[sock.fileno()]
				sock.close()
