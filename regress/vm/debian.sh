# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Sourced by scripts of regress/vm, after common.sh: packages and compilers of the
# Debian releases whose kernels pf is built for, whatever release this machine is.
#
# Each release has in the cache an apt of its own (CACHE/apt/RELEASE: sources, lists;
# this machine's apt is left alone) and a tree (CACHE/debian-RELEASE) with the
# compiler and libraries that its kernels' headers want, and these headers.
# PF_MIRROR and PF_MIRROR_SECURITY name the package registries.
: "${PF_MIRROR:=http://deb.debian.org/debian}"
: "${PF_MIRROR_SECURITY:=http://deb.debian.org/debian-security}"

# What a tree is made with: for modules, for user-mode Linux, and for our own tools.
TREE_PACKAGES=gcc,make,libc6-dev,bc,bison,flex,libelf-dev,libssl-dev,libmd-dev,libpcap-dev,kmod

# of RELEASE COMMAND ...: apt-get or apt-cache on that release's packages
of() {
	local dir=$CACHE/apt/$1 command=$2
	shift 2

	"$command" -q -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
	    -o Dir::State::status="$dir/status" \
	    -o Dir::Etc::sourcelist="$dir/sources.list" \
	    -o Dir::Etc::sourceparts="$dir/none" \
	    -o Dir::Etc::preferences="$dir/none/preferences" \
	    -o Dir::Etc::preferencesparts="$dir/none" \
	    -o APT::Architecture=amd64 -o APT::Get::List-Cleanup=0 \
	    -o APT::Sandbox::User=root \
	    -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
	    -o Acquire::https::Timeout=20 "$@"
}

# release_lists RELEASE: have its apt know what is there today; under a lock
release_lists() {
	local dir=$CACHE/apt/$1 from suite
	from='deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'

	[ -z "$(find "$dir/updated" -mmin -600 2>/dev/null)" ] || return 0
	unless_silent
	need debian-archive-keyring
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
	: > "$dir/status"
	{
		for suite in "$1" "$1-updates" "$1-backports"; do
			echo "$from $PF_MIRROR $suite main"
		done
		echo "$from $PF_MIRROR_SECURITY $1-security main"
	} > "$dir/sources.list"
	say "reading the package lists of $1"
	if ! of "$1" apt-get --error-on=any update > "$CACHE/log/lists-$1" 2>&1; then
		# a release that is no longer cared for loses its backports
		sed -i '/-backports/d' "$dir/sources.list"
		of "$1" apt-get --error-on=any update > "$CACHE/log/lists-$1" 2>&1 ||
		    no_registry "package lists of $1" "$CACHE/log/lists-$1"
	fi
	touch "$dir/updated"
}

# fetch RELEASE DIRECTORY PACKAGE...: downloads and unpacks them there, without
# installing anything
fetch() {
	local release=$1 dir=$2 deb work
	shift 2

	work=$(mktemp -d "$CACHE/deb.XXXXXX")
	(cd "$work" && of "$release" apt-get download "$@") > "$CACHE/log/fetch-$release" 2>&1 || {
		rm -rf "$work"
		die "cannot download $*: $(grep '^E:' "$CACHE/log/fetch-$release" | head -n 2)"
	}
	for deb in "$work"/*.deb; do
		# /lib is a link to /usr/lib in a tree
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$dir" ||
		    die "cannot unpack $(basename "$deb")"
	done
	rm -rf "$work"
}

# tree RELEASE: makes its tree, and prints where it is
tree() {
	locked "debian-$1" make_tree "$1" >&2 || exit 126
	echo "$CACHE/debian-$1"
}

make_tree() {
	local dir=$CACHE/debian-$1 new

	[ "$(cat "$dir/key" 2>/dev/null)" != "$TREE_PACKAGES" ] || return 0
	need mmdebstrap debian-archive-keyring
	unless_silent
	say "making a tree of Debian $1, for its compiler (once, half a minute)"
	new=$(mktemp -d "$CACHE/new.XXXXXX")
	chmod 755 "$new"
	quietly "tree-$1" mmdebstrap --mode=root --variant=minbase \
	    --aptopt='Acquire::Retries "2"' --aptopt='Acquire::http::Timeout "20"' \
	    --include="$TREE_PACKAGES" "$1" "$new" "deb $PF_MIRROR $1 main"
	echo "$TREE_PACKAGES" > "$new/key"
	rm -rf "$dir"
	mv "$new" "$dir"
}

# What a tree gets besides, for our own tools, when it is there already: a tree that is in the
# cache, with the headers of kernels, is not made again for it.
TREE_MORE='libseccomp2 libseccomp-dev'

# complete_tree TREE: has these; under a lock
complete_tree() {
	[ "$(cat "$1/more" 2>/dev/null)" != "$TREE_MORE" ] || return 0
	unless_silent
	fetch "${1##*/debian-}" "$1" $TREE_MORE
	echo "$TREE_MORE" > "$1/more"
}

# in_tree TREE DIRECTORY COMMAND...: runs it there with TREE as its root, in which
# the cache is at the place where it is outside
in_tree() {
	unshare -m --propagation private bash -c '
		mkdir -p "$1$2" && mount --bind "$2" "$1$2" &&
		    mount -t proc proc "$1/proc" &&
		    mount --bind /dev "$1/dev" || exit 126
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
		    chroot "$1" /bin/sh -c "cd \"\$0\" && exec \"\$@\"" "${@:3}"' \
	    in_tree "$1" "$CACHE" "${@:2}"
}
