# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# tally.py serve READY-FILE PORT: answers each datagram of UDP, IPv4 and IPv6, with the
# address that it came from and the one that it was sent to, which the answer leaves from.
# Makes READY-FILE once the port is open.
#
# tally.py ask HOST PORT N FROM-PORT SECONDS WORD [SOURCE]: N datagrams, each from a port of
# its own, the first from FROM-PORT; says how often the server saw which address, in order of
# addresses: "src" theirs, "dst" its own; "lost" what was not answered in that time.
#
# Uses the C modules alone: importing socket takes a second on the test machine.
import _socket as s
import select
import sys

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50
BATCH = 50


def plain(address):
	return address.removeprefix('::ffff:')


def serve(ready, port):
	sock = s.socket(s.AF_INET6, s.SOCK_DGRAM)
	sock.setsockopt(s.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
	sock.setsockopt(s.SOL_SOCKET, s.SO_RCVBUF, 1 << 20)
	sock.bind(('::', int(port)))
	open(ready, 'w').close()
	while True:
		try:
			data, anc, _, peer = sock.recvmsg(100, 256)
			info = [a for a in anc if a[1] == IPV6_PKTINFO]
			me = s.inet_ntop(s.AF_INET6, info[0][2][:16])
			sock.sendmsg([f'{plain(peer[0])} {plain(me)}'.encode()],
			    info, 0, peer)
		except OSError:
			pass		# somebody is gone


def batch(family, host, port, source, ports, seconds, word, tally):
	poll = select.poll()
	socks = {}
	for p in ports:
		sock = s.socket(family, s.SOCK_DGRAM)
		sock.bind((source, p))
		sock.connect((host, port))
		try:
			sock.send(b'who')
		except OSError:
			pass		# the filter may say so
		socks[sock.fileno()] = sock
		poll.register(sock.fileno(), select.POLLIN)
	while socks:
		events = poll.poll(seconds * 1000)
		if not events:
			break
		for fd, _ in events:
			try:
				seen = socks[fd].recv(200).decode().split()
			except OSError:
				continue
			poll.unregister(fd)
			socks.pop(fd).close()
			who = seen[word == 'dst']
			tally[who] = tally.get(who, 0) + 1
	if socks:
		tally['lost'] = tally.get('lost', 0) + len(socks)
	for sock in socks.values():
		sock.close()


def ask(host, port, n, first, seconds, word, source=''):
	tally = {}
	family = s.AF_INET6 if ':' in host else s.AF_INET
	first, n = int(first), int(n)
	for at in range(first, first + n, BATCH):
		batch(family, host, int(port), source,
		    range(at, min(at + BATCH, first + n)), int(seconds), word, tally)
	for who in sorted(tally):
		print(who, tally[who])


{'serve': serve, 'ask': ask}[sys.argv[1]](*sys.argv[2:])
