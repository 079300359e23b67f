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

# lists [again]: have apt know what is there today
lists() {
	[ "${1:-}" = again ] || [ ! -e "$CACHE/apt-updated" ] ||
	    [ -z "$(find "$CACHE/apt-updated" -mmin -600)" ] || return 0
	say "reading Debian's package lists"
	quietly apt-update apt update
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
	local todo

	todo=$(missing "$@" | tr '\n' ' ')
	[ -n "$todo" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "not root; please install: $todo"
	lists
	say "installing $todo"
	# lists of some hours ago may name what the mirror has replaced since
	if ! locked apt apt install -y --no-install-recommends $todo \
	    > "$CACHE/log/apt-install" 2>&1; then
		lists again
		locked apt quietly apt-install apt install -y \
		    --no-install-recommends $todo
	fi
}
