# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
#	make		build module (for the running kernel) and tools
#	make install	put them on this machine; DESTDIR, PREFIX
#	make run	see it work, in a virtual machine; CONF=file: your rules
#	make check	what needs no virtual machine, in three minutes
#	make test	everything there is to test
#	make lint bench fuzz clean

PREFIX	?= /usr
SBINDIR	?= $(PREFIX)/sbin
UNITDIR	?= $(PREFIX)/lib/systemd/system
MANDIR	?= $(PREFIX)/share/man
CONF	?= etc/pf.conf.demo

MAN4	= $(wildcard share/man/man4/*.4)
MAN5	= $(wildcard share/man/man5/*.5)
MAN8	= $(wildcard share/man/man8/*.8 sbin/*/*.8 usr.sbin/*/*.8)
UNITS	= $(wildcard etc/*.service)

all: tools module

tools:
	$(MAKE) -C sbin/pfctl
	$(MAKE) -C sbin/pflogd
	$(MAKE) -C usr.sbin/pfsim
	$(MAKE) -C usr.sbin/tcpdump

module:
	$(MAKE) -C sys/linux

install: all
	$(MAKE) -C sys/linux install DESTDIR=$(DESTDIR)
	install -D -m 755 sbin/pfctl/pfctl $(DESTDIR)$(SBINDIR)/pfctl
	install -D -m 755 sbin/pflogd/pflogd $(DESTDIR)$(SBINDIR)/pflogd
	install -D -m 755 usr.sbin/pfsim/pfsim $(DESTDIR)$(SBINDIR)/pfsim
	$(MAKE) -C usr.sbin/tcpdump install DESTDIR=$(DESTDIR) LIBDIR=$(PREFIX)/lib/pf
	for m in $(MAN4); do install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man4/$$(basename $$m) || exit 1; done
	for m in $(MAN5); do install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man5/$$(basename $$m) || exit 1; done
	for m in $(MAN8); do install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man8/$$(basename $$m) || exit 1; done
	for u in $(UNITS); do install -D -m 644 $$u $(DESTDIR)$(UNITDIR)/$$(basename $$u) || exit 1; done
	[ -e $(DESTDIR)/etc/pf.conf ] || install -D -m 600 etc/pf.conf $(DESTDIR)/etc/pf.conf
	[ ! -e etc/pf.os ] || install -D -m 644 etc/pf.os $(DESTDIR)/etc/pf.os

run:
	regress/vm/demo $(CONF)

check:
	regress/run-all -c

test:
	regress/run-all

lint:
	regress/lint/run

bench:
	regress/bench/run

fuzz:
	$(MAKE) -C regress/fuzz fuzz

clean:
	for d in $(dir $(wildcard sbin/*/Makefile usr.sbin/*/Makefile regress/*/Makefile)) \
	    sys/sim sys/linux; do \
		$(MAKE) -C $$d clean || exit 1; \
	done

.PHONY: all tools module install run check test lint bench fuzz clean
