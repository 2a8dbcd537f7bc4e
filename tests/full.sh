# A test of the table of targets, for scripts: see full.h. To be sourced.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   . "$TOP_SRCDIR/tests/full.sh"
#   rounds=$(full_count 10 100 10000)      # brief, quick, full
#   full_say T16 'exposure <= 1.5' passed "exposure $exposure"

full_asked() {
  [ -n "${TESTS_FULL-}" ]
}

full_count() { # BRIEF QUICK FULL
  if full_asked; then
    echo "$3"
  elif [ -n "${TESTS_BRIEF-}" ]; then
    echo "$1"
  else
    echo "$2"
  fi
}

full_say() { # NUMBER TARGET passed|failed MEASURED
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$4" "$3"
  [ -z "${TESTS_TABLE-}" ] || printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$4" "$3" >>"$TESTS_TABLE"
}
