# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Sourced by the scripts of regress/vm: where things are, packages, and the
# cache.  Sets top (the tree), CACHE (what is dear to make; PF_VM_CACHE
# overrides), and the functions below.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
CACHE=${PF_VM_CACHE:-/var/cache/pf-vm}
mkdir -p "$CACHE/log" || exit 126

say() { echo "vm: $*" >&2; }
die() { say "$*"; exit 126; }

# quietly NAME COMMAND...: the output goes to a log, shown if the command fails
quietly() {
	local log=$CACHE/log/$1
	shift
	"$@" > "$log" 2>&1 < /dev/null || {
		grep -E 'error:|ERROR:|warning:|fatal' "$log" | head -n 20 >&2 ||
		    tail -n 20 "$log" >&2
		die "failed (see $log): $*"
	}
}

# locked NAME COMMAND...: one process at a time makes NAME
locked() {
	local lock=$CACHE/$1.lock
	shift
	(
		flock -n 8 || { say "waiting for another run to make ${lock##*/}"; flock 8; }
		"$@" 8>&-
	) 8>"$lock"
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"
}

# Are the lists of packages from the last hours?
fresh() {
	[ -e "$CACHE/apt-updated" ] &&
	    [ -n "$(find "$CACHE/apt-updated" -mmin -600)" ]
}

# lists [again]: have apt know what is there today
lists() {
	[ "${1:-}" != again ] || rm -f "$CACHE/apt-updated"
	fresh || locked apt update
}

update() {
	local try

	! fresh || return 0			# another run was first
	say "reading Debian's package lists"
	# this lock of apt's has no timeout of its own
	for try in 1 2 3 4 5 6; do
		! apt update > "$CACHE/log/apt-update" 2>&1 || break
		! grep -q 'Could not get lock' "$CACHE/log/apt-update" || sleep 10
	done
	[ "$try" -lt 6 ] || quietly apt-update apt update
	touch "$CACHE/apt-updated"
}

missing() {
	local p

	for p in "$@"; do
		[ "$(dpkg-query -Wf '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		    echo "$p"
	done
}

# need PACKAGE...: install what is missing
need() {
	[ -n "$(missing "$@")" ] || return 0
	lists
	locked apt install_missing "$@" && return 0
	# lists of some hours ago may name what the mirror has replaced since
	lists again
	locked apt install_missing "$@" ||
	    die "cannot install them: $(tail -n 5 "$CACHE/log/apt-install")"
}

install_missing() {
	local todo

	todo=$(missing "$@" | tr '\n' ' ')
	[ -n "$todo" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "not root; please install: $todo"
	say "installing $todo"
	apt install -y --no-install-recommends $todo > "$CACHE/log/apt-install" 2>&1
}
