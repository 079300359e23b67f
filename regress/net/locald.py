# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# locald.py READY-FILE PROTO/ADDRESS/PORT/WORD...: listens there (:: is all addresses of
# both families), next to others on the same port, and answers every line of TCP and
# every datagram of UDP with the word.  What came is said on standard output.  Makes
# READY-FILE once all is open.  A UDP answer leaves from the address that was asked.
import _socket as s
import select
import sys

poll = select.poll()
socks = {}		# file descriptor -> (socket, kind, word)
IPV6_RECVPKTINFO, IPV6_PKTINFO = 49, 50


def add(sock, kind, word):
	socks[sock.fileno()] = (sock, kind, word)
	poll.register(sock.fileno(), select.POLLIN)


for arg in sys.argv[2:]:
	proto, addr, port, word = arg.split('/')
	tcp, v6 = proto == 'tcp', ':' in addr
	sock = s.socket(s.AF_INET6 if v6 else s.AF_INET,
	    s.SOCK_STREAM if tcp else s.SOCK_DGRAM)
	sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEADDR, 1)
	sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEPORT, 1)
	if v6 and not tcp:
		sock.setsockopt(s.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
	sock.bind((addr, int(port)))
	if tcp:
		sock.listen(16)
	add(sock, 'accept' if tcp else 'udp', word)
open(sys.argv[1], 'w').close()

while True:
	for fd, event in poll.poll():
		sock, kind, word = socks[fd]
		try:
			if kind == 'accept':
				fd, peer = sock._accept()
				add(s.socket(fileno=fd), 'tcp', word)
				continue
			if kind == 'udp':
				data, info, flags, peer = sock.recvmsg(2048, 512)
				# no interface: ::1 is not on the one that it came by
				sock.sendmsg([word.encode() + b'\n'],
				    [(i[0], i[1], i[2][:16] + bytes(4)) for i in info
				    if i[:2] == (s.IPPROTO_IPV6, IPV6_PKTINFO)], 0, peer)
			else:
				data = sock.recv(2048)
				if not data:
					raise OSError
				sock.send(word.encode() + b'\n')
			print(word, data.decode().strip(), flush=True)
		except OSError:
			if kind != 'udp':
				poll.unregister(sock.fileno())
				del socks[sock.fileno()]
				sock.close()
