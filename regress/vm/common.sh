# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Sourced by the scripts of regress/vm: where things are, packages, and the
# cache.  Sets top (the tree), CACHE (what is dear to make; PF_VM_CACHE
# overrides), and the functions below.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
CACHE=${PF_VM_CACHE:-/var/cache/pf-vm}
mkdir -p "$CACHE"

say() { echo "vm: $*" >&2; }
die() { say "$*"; exit 1; }

# quietly LOG COMMAND...: the output goes to a log, shown if the command fails
quietly() {
	local log=$CACHE/$1.log
	shift
	"$@" > "$log" 2>&1 || { tail -n 40 "$log" >&2; die "failed: $*"; }
}

# need PACKAGE...: install what is missing
need() {
	local p missing=

	for p in "$@"; do
		dpkg-query -Wf '${Status}\n' "$p" 2>/dev/null |
		    grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "not root; please install:$missing"
	say "installing$missing"
	[ -e "$CACHE/apt-updated" ] && [ -n "$(find "$CACHE/apt-updated" -mmin -600)" ] || {
		quietly apt-update apt-get -o DPkg::Lock::Timeout=600 update
		touch "$CACHE/apt-updated"
	}
	DEBIAN_FRONTEND=noninteractive quietly apt-install apt-get \
	    -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
}

# locked NAME COMMAND...: one process at a time makes NAME
locked() {
	local lock=$CACHE/$1.lock
	shift
	exec 8>"$lock"
	flock 8
	"$@"
	exec 8>&-
}
