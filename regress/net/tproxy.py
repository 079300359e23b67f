# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# tproxy.py READY-FILE PORT: a proxy that nobody knows of.  What is diverted to PORT of the
# loopback addresses, TCP and UDP, it carries on in its client's name and answers in its
# server's.  Says on standard output who wanted to go where.  The line `bye' ends a
# connection.
import _socket as s
import select
import struct
import sys

# IP_TRANSPARENT and IP_RECVORIGDSTADDR, of each family
OPTIONS = {s.AF_INET: (s.IPPROTO_IP, 19, 20), s.AF_INET6: (s.IPPROTO_IPV6, 75, 74)}
poll = select.poll()
socks = {}		# file descriptor -> (socket, what to do when it has something)


def add(sock, ready):
	socks[sock.fileno()] = (sock, ready)
	poll.register(sock.fileno(), select.POLLIN)


def drop(*ends):
	for sock in ends:
		poll.unregister(sock.fileno())
		del socks[sock.fileno()]
		sock.close()


def foreign(af, kind, addr):
	sock = s.socket(af, kind)
	sock.setsockopt(OPTIONS[af][0], OPTIONS[af][1], 1)
	sock.setsockopt(s.SOL_SOCKET, s.SO_REUSEADDR, 1)
	sock.bind(addr)
	return sock


def carry(sock, other):
	try:
		data = sock.recv(65536)
		if data == b'bye\n':
			data = b''
		other.sendall(data)
	except OSError:
		data = b''
	if not data:
		drop(sock, other)


def accept(sock):
	client = s.socket(fileno=sock._accept()[0])
	peer, to = client.getpeername(), client.getsockname()
	print('tcp', peer[0], 'to', to[0], to[1], flush=True)
	server = foreign(sock.family, s.SOCK_STREAM, (peer[0], 0))
	server.connect(to[:2])
	add(client, lambda: carry(client, server))
	add(server, lambda: carry(server, client))


def original(info):
	for level, kind, data in info:
		if (level, kind) == (s.IPPROTO_IP, 20):
			return s.inet_ntop(s.AF_INET, data[4:8]), struct.unpack('!H', data[2:4])[0]
		if (level, kind) == (s.IPPROTO_IPV6, 74):
			return s.inet_ntop(s.AF_INET6, data[8:24]), struct.unpack('!H', data[2:4])[0]


def answer(server, to, peer):
	data = server.recv(2048)
	drop(server)
	back = foreign(s.AF_INET6 if ':' in to[0] else s.AF_INET, s.SOCK_DGRAM, to)
	back.sendto(data, peer)
	back.close()


def datagram(sock):
	data, info, flags, peer = sock.recvmsg(2048, 512)
	to = original(info)
	print('udp', peer[0], 'to', *to, data.decode().strip(), flush=True)
	server = foreign(sock.family, s.SOCK_DGRAM, (peer[0], 0))
	server.connect(to)
	server.send(data)
	add(server, lambda: answer(server, to, peer[:2]))


def listen(af, addr):
	tcp = foreign(af, s.SOCK_STREAM, (addr, int(sys.argv[2])))
	tcp.listen(16)
	add(tcp, lambda: accept(tcp))
	udp = foreign(af, s.SOCK_DGRAM, (addr, int(sys.argv[2])))
	udp.setsockopt(OPTIONS[af][0], OPTIONS[af][2], 1)
	add(udp, lambda: datagram(udp))


listen(s.AF_INET, '127.0.0.1')
listen(s.AF_INET6, '::1')
open(sys.argv[1], 'w').close()
while True:
	for fd, event in poll.poll():
		if fd in socks:
			try:
				socks[fd][1]()
			except OSError as e:
				print('failed', e, flush=True)
