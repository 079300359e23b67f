# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# What the benchmark's scripts share: where things are.  $here is set.

top=$(readlink -f "$here/../..")
CACHE=${PF_VM_CACHE:-/var/cache/pf-vm}/bench
mkdir -p "$CACHE"
