# A session bus for one test, on which the built daemon can be activated.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# To be sourced by a script of `make check`:
#
#   . "$TOP_SRCDIR/tests/private-bus.sh"
#   private_bus --idle 60              # more options for the daemon
#   "$TOP_BUILDDIR/tests/call" ...     # whoever calls starts the daemon
#
# Needs TOP_SRCDIR, TOP_BUILDDIR and DBUS_DAEMON, which `make check` exports. private_bus sets
#
#   $private   a new directory, for the script's own files too; removed at the end
#   $data      the daemon's --data-dir; the store will be $data/pins.db
#   $admin     its --admin-dir, $vendor its --vendor-dir: both exist and are empty
#   $anchors   its --vendor-anchors: not there, so that no anchor counts as added
#   $config    a directory; the daemon reads $config/tlspin/tlspind.conf when it is started
#   $log       what the daemons wrote
#
# and exports DBUS_SESSION_BUS_ADDRESS. The system layers have to belong to whoever runs the test.
# HOME and the XDG directories lie in $private as well, and messages are untranslated.
# At the script's end, however it comes, bus and daemons are ended by their numbers.

private=
bus=

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Tries a command again until it succeeds. $1: seconds at the most, for a machine that has time; one
# that is busy gets six times as many.
within() {
  tries=$(($1 * 120))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}

# Makes the store that nobody has open one of a newer tlspin's, which can't be read.
make_newer() {
  sqlite3 "$data/pins.db" 'CREATE TABLE later(x); PRAGMA user_version = 99'
}

# The hexadecimal digits of a certificate's DER.
hex_of() { # FILE
  sed -e 1d -e '/^-----END/,$d' "$1" | base64 -d | od -An -v -tx1 | tr -d ' \n'
}

# True while process $1 lives and is a daemon: its number may have gone to somebody else, or its
# parent may not have noticed its end.
is_daemon() {
  case $(cat "/proc/$1/stat" 2>/dev/null) in
  *"(tlspind) Z "*) return 1 ;;
  *"(tlspind) "*) return 0 ;;
  *) return 1 ;;
  esac
}

no_daemon() {
  for pid in $(cat "$private/pids" 2>/dev/null); do
    ! is_daemon "$pid" || return 1
  done
}

# The numbers of all daemons that live, one a line.
daemons() {
  for pid in $(cat "$private/pids" 2>/dev/null); do
    ! is_daemon "$pid" || echo "$pid"
  done
}

# Ends all daemons, which must obey; the next call starts one anew.
daemon_stop() {
  for pid in $(daemons); do
    kill "$pid" 2>/dev/null || :
  done
  within 10 no_daemon || fail "a daemon did not end"
}

# Ends the bus; the daemons notice.
bus_stop() {
  [ -n "$bus" ] || return 0
  kill "$bus" 2>/dev/null || :
  wait "$bus" 2>/dev/null || :
  bus=
}

private_end() {
  status=$?
  trap '' HUP INT TERM PIPE
  bus_stop
  within 10 no_daemon || {
    echo "FAILED: a daemon outlived its bus" >&2
    status=1
    for pid in $(daemons); do kill -KILL "$pid"; done
  }
  if grep -q -e CRITICAL -e Sanitizer -e 'runtime error' "$log" 2>/dev/null; then
    echo "FAILED: a daemon met what must never be" >&2
    status=1
  fi
  if [ $status -ne 0 ] && [ -s "$log" ]; then
    echo "--- what the daemons said:" >&2
    cat "$log" >&2
  fi
  rm -rf "$private"
  exit $status
}

# Says with which options the daemon is started from now on, beside those that name directories.
# Each option is to be one word.
daemon_options() {
  cat >"$private/tlspind" <<END
#!/bin/sh
echo \$\$ >>"$private/pids"
exec "$TOP_BUILDDIR/tlspind" --data-dir="$data" --admin-dir="$admin" --vendor-dir="$vendor" \\
  --vendor-anchors="$anchors" \\
  --system-owner=$(id -u) $* "\$@" >>"$log" 2>&1
END
  chmod +x "$private/tlspind"
}

# With the limits of a session bus (dbus-daemon(1), session.conf): there are next to none.
write_bus_config() {
  cat >"$private/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$private/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>$private/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_incomplete_connections">10000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_pending_service_starts">10000</limit>
  <limit name="max_names_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
END
  for name in org.tlspin.Pins1 org.tlspin.Admin1; do
    printf '[D-BUS Service]\nName=%s\nExec="%s"\n' "$name" "$private/tlspind" \
      >"$private/services/$name.service"
  done
}

bus_start() {
  : >"$private/address"
  "$DBUS_DAEMON" --config-file="$private/bus.conf" --nofork --nopidfile --print-address=1 \
    >"$private/address" 2>>"$private/bus.log" &
  bus=$!
  within 10 test -s "$private/address" || fail "no bus: $(cat "$private/bus.log")"
  DBUS_SESSION_BUS_ADDRESS=$(cat "$private/address")
  export DBUS_SESSION_BUS_ADDRESS
}

private_bus() {
  : "${TOP_SRCDIR:?}" "${TOP_BUILDDIR:?}" "${DBUS_DAEMON:?}"
  private=$(mktemp -d "${TMPDIR:-/tmp}/tlspin-XXXXXX") || exit 1
  log=$private/log
  trap private_end EXIT
  trap 'exit 1' HUP INT TERM PIPE
  data=$private/data admin=$private/admin vendor=$private/vendor anchors=$private/anchors config=$private/config
  mkdir -m 755 "$admin" "$vendor" "$config" "$config/tlspin" "$private/services" "$private/home"
  HOME=$private/home XDG_CONFIG_HOME=$config XDG_CONFIG_DIRS=$private/xdg
  XDG_DATA_HOME=$private/home/share XDG_RUNTIME_DIR=$private/home LC_ALL=C
  export HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_RUNTIME_DIR LC_ALL
  unset LANGUAGE DISPLAY
  daemon_options "$@"
  write_bus_config
  bus_start
}

# One call to the daemon: METHOD SIGNATURE [ARGUMENT]..., as tests/call.c says.
pins1() {
  method=$1
  shift
  "$TOP_BUILDDIR/tests/call" org.tlspin.Pins1 /org/tlspin/Pins1 org.tlspin.Pins1 "$method" "$@"
}

admin1() {
  method=$1
  shift
  "$TOP_BUILDDIR/tests/call" org.tlspin.Admin1 /org/tlspin/Admin1 org.tlspin.Admin1 "$method" "$@"
}
