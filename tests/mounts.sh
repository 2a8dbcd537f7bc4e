# Mounts of a test's own, which nobody else sees. To be sourced first.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   . "$TOP_SRCDIR/tests/mounts.sh"
#   mounts_begin "$0"
#
# runs the script again in a namespace in which it may mount a tmpfs, as root or as an ordinary user,
# and says in $MOUNTS that it may; where there is no such namespace, $MOUNTS is empty.

mounts_begin() { # SCRIPT
  [ -z "${MOUNTS+set}" ] || return 0
  try='mount -t tmpfs -o size=64k none "$1" && umount "$1"'
  there=$(mktemp -d "${TMPDIR:-/tmp}/tlspin-XXXXXX") || exit 1
  for namespace in -m -rm; do
    if unshare $namespace sh -c "$try" sh "$there" 2>/dev/null; then
      rmdir "$there"
      MOUNTS=tmpfs exec unshare $namespace sh "$1"
    fi
  done
  rmdir "$there"
  MOUNTS=
}
