# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# ask.py SECONDS tcp|udp HOST PORT [FROM]: sends a line and says what was answered; or the name
# of the error; or timeout, when nothing came in that time.  FROM: the address to send it from.
import _socket as s
import errno
import sys

seconds, proto, host, port = sys.argv[1:5]
sock = s.socket(s.AF_INET6 if ':' in host else s.AF_INET,
    s.SOCK_STREAM if proto == 'tcp' else s.SOCK_DGRAM)
sock.settimeout(float(seconds))
try:
	if len(sys.argv) > 5:
		sock.bind((sys.argv[5], 0))
	sock.connect((host, int(port)))
	sock.send(b'hello\n')
	print(sock.recv(2048).decode().strip())
except TimeoutError:
	print('timeout')
except OSError as e:
	print(errno.errorcode.get(e.errno, e))
