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

# A download is tried three times; a registry that says nothing for 20 s does not
# answer.
apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 \
	    -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
	    -o Acquire::https::Timeout=20 "$@"
}

# Of the parts of one test run the first waits for a registry that does not answer,
# and the others do not.
silent=$CACHE/registry-silent
no_registry() { # WHAT-FOR LOG
	touch "$silent"
	die "the package registry does not answer, so no $1: $(
	    grep -E '^(E|Err|W):' "$2" | tail -n 1)"
}
unless_silent() {
	[ -z "$(find "$silent" -mmin -3 2>/dev/null)" ] ||
	    die "the package registry did not answer a moment ago (rm $silent to ask again)"
}

# Are the lists of packages from the last hours?
fresh() {
	[ -e "$CACHE/apt-updated" ] &&
	    [ -n "$(find "$CACHE/apt-updated" -mmin -600)" ]
}

# lists [again]: have apt know what is there today; 126 if the registry is silent
lists() {
	[ "${1:-}" != again ] || rm -f "$CACHE/apt-updated"
	fresh || locked apt update
}

update() {
	local try

	! fresh || return 0			# another run was first
	unless_silent
	say "reading Debian's package lists"
	# this lock of apt's has no timeout of its own
	for try in 1 2 3 4 5 6; do
		# (--error-on=any: lists that are out of date are an error as well)
		if apt update --error-on=any > "$CACHE/log/apt-update" 2>&1; then
			rm -f "$silent"
			touch "$CACHE/apt-updated"
			return
		fi
		grep -q 'Could not get lock' "$CACHE/log/apt-update" || break
		sleep 10
	done
	no_registry "package lists" "$CACHE/log/apt-update"
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
	lists || exit 126
	locked apt install_missing "$@" && return 0
	# lists of some hours ago may name what the mirror has replaced since
	lists again || exit 126
	locked apt install_missing "$@" ||
	    die "cannot install them: $(grep '^E:' "$CACHE/log/apt-install" | head -n 3)"
}

install_missing() {
	local todo

	todo=$(missing "$@" | tr '\n' ' ')
	[ -n "$todo" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "not root; please install: $todo"
	say "installing $todo"
	apt install -y --no-install-recommends $todo > "$CACHE/log/apt-install" 2>&1
}
