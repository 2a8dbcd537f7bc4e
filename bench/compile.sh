#!/bin/sh
# What `tlspin policy compile` of 100,000 hosts costs, against sqlite3's own .import of the same rows
# into a table of the same key, in turns.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   compile.sh [HOSTS [ROUNDS]]
#
# Needs TOP_SRCDIR and TOP_BUILDDIR, and the program sqlite3.
set -eu
: "${TOP_SRCDIR:?}" "${TOP_BUILDDIR:?}"
hosts=${1-100000} rounds=${2-5}
LC_ALL=C
export LC_ALL
command -v sqlite3 >/dev/null || {
  echo "sqlite3 is not installed: policy compile is not measured"
  exit 0
}
umask 022
work=$(mktemp -d "${TMPDIR:-/tmp}/tlspin-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
mkdir policy.d

# Two pins a host; of a key's Base64 the middle is a number.
gzip -dc "$TOP_SRCDIR/tests/data/hosts.txt.gz" | head -n "$hosts" |
  awk '{ printf "[%s]\npins=sha256//%040dAAA=;sha256//%040dBBA=\n", $1, NR, NR }' >policy.d/10-hosts.conf

compile() {
  rm -rf layers.d
  "$TOP_BUILDDIR/bench/measure" ours "$TOP_BUILDDIR/tools/tlspin" policy compile --source policy.d \
    --output layers.d >/dev/null
}

# The rows as text, and a table that takes them: octets as hexadecimal digits.
prepare() {
  columns=$(sqlite3 layers.d/10-hosts.db \
    "SELECT group_concat(CASE type WHEN 'BLOB' THEN 'hex(' || name || ')' ELSE name END, ', ')
     FROM pragma_table_info('pin')")
  sqlite3 -csv layers.d/10-hosts.db "SELECT $columns FROM pin" >rows.csv
  sqlite3 layers.d/10-hosts.db "SELECT 'CREATE TABLE pin(' ||
      group_concat(name || ' ' || replace(type, 'BLOB', 'TEXT') || ' NOT NULL', ', ') || ', PRIMARY KEY(' ||
      (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info('pin') WHERE pk > 0 ORDER BY pk))
      || ')) STRICT, WITHOUT ROWID;'
    FROM pragma_table_info('pin')" >import.sql
  echo '.import --csv rows.csv pin' >>import.sql
}

import() {
  rm -f import.db
  "$TOP_BUILDDIR/bench/measure" theirs sqlite3 import.db '.read import.sql'
}

compile
prepare
rm -f ours
round=0
while [ $round -lt "$rounds" ]; do
  compile
  import
  round=$((round + 1))
done
[ "$(sqlite3 import.db 'SELECT count(*) FROM pin')" -eq $((2 * hosts)) ]

median() { # FILE COLUMN
  cut -d ' ' -f "$2" "$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}

compare() { # NAME UNIT COLUMN
  awk -v name="$1" -v unit="$2" -v a="$(median ours "$3")" -v b="$(median theirs "$3")" \
    'BEGIN { printf "%-44s %9.2f %-3s%9.2f %-3s  %5.2f   (aim 2.00)\n", name, a, unit, b, unit, a / b }'
}

compare "policy compile, $hosts hosts: time" s 1
compare "policy compile, $hosts hosts: CPU time" s 2
compare "policy compile, $hosts hosts: memory" KiB 3
