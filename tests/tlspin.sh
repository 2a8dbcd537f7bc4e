# What the tests of the command tlspin share; to be sourced.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Needs what tests/private-bus.sh needs.

. "$TOP_SRCDIR/tests/private-bus.sh"

# The command itself, and not libtool's script around it, which takes longer than most commands do.
TLSPIN=$TOP_BUILDDIR/tools/.libs/tlspin
if [ -x "$TLSPIN" ]; then
  LD_LIBRARY_PATH=$TOP_BUILDDIR/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
else
  TLSPIN=$TOP_BUILDDIR/tools/tlspin
fi
SERVER=$TOP_BUILDDIR/tools/tlspin-server
TOOLS=$TOP_BUILDDIR/tests
failures=0
again=
server=
plain=
fake=

wrong() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect STATUS COMMAND...: what it prints goes to out and err.
expect() {
  wanted=$1
  shift
  "$@" >out 2>err </dev/null
  status=$?
  [ $status -eq "$wanted" ] || {
    wrong "'$*' gave $status, not $wanted"
    cat out err
  }
}

# The same for tlspin. $again is what it said last that takes a change back.
tlspin() {
  wanted=$1
  shift
  expect "$wanted" "$TLSPIN" "$@"
  ! grep -q '^To take that back: ' out || again=$(sed -n 's/^To take that back: //p' out)
}

# A wrong call: status 1, one line that says where to look, and nothing else.
misuse() {
  tlspin 1 "$@"
  [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || {
    wrong "'tlspin $*' did not print just one line"
    cat out err
  }
}

# has FILE TEXT
has() {
  grep -qF -e "$2" "$1" || {
    wrong "'$2' is not in $1"
    cat "$1"
  }
}

lacks() {
  ! grep -qF -e "$2" "$1" || {
    wrong "'$2' is in $1"
    cat "$1"
  }
}

empty() {
  [ ! -s "$1" ] || {
    wrong "$1 is not empty"
    cat "$1"
  }
}

# json PATH EXPECTED: what stands there in out; several matches are joined with blanks.
json() {
  found=$("$TOOLS/json-query" "$1" <out 2>json.err | tr '\n' ' ')
  [ "$found" = "$2 " ] || [ "$found$2" = '' ] || {
    wrong "$1 is '$found', not '$2'"
    cat out json.err
  }
}

# How many pins a list shows.
count() {
  "$TLSPIN" list --hosts "$@" 2>/dev/null | wc -l
}

counts() {
  wanted=$1
  shift
  found=$(count "$@")
  [ "$found" -eq "$wanted" ] || wrong "list $* shows $found pins, not $wanted"
}

# server_start OPTIONS...: a server that pins, for www.example.org, on a port of the kernel's choice;
# sets $port.
server_start() {
  server_stop
  rm -f port
  "$SERVER" serve --cert www.crt --key www.key --listen "127.0.0.1:${port:-0}" --port-file port "$@" \
    >server.log 2>&1 &
  server=$!
  within 20 test -s port || fail "no server: $(cat server.log)"
  port=$(cat port)
}

server_stop() {
  [ -n "$server" ] || return 0
  kill -CONT "$server" 2>/dev/null
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  server=
}

# plain_start [-r] NAME: a server that knows nothing of pinning, with NAME.crt and NAME.key, on the
# port that $port names, or one of the kernel's choice, which $port names then.
plain_start() {
  plain_stop
  raw=
  [ "$1" != -r ] || {
    raw=-r
    shift
  }
  rm -f port
  # shellcheck disable=SC2086 # no option is no argument
  "$TOOLS/plain-server" $raw "$1.crt" "$1.key" "${port:-0}" port 2>plain.log &
  plain=$!
  within 20 test -s port || fail "no server: $(cat plain.log)"
  port=$(cat port)
}

plain_stop() {
  [ -n "$plain" ] || return 0
  kill "$plain" 2>/dev/null
  wait "$plain" 2>/dev/null
  plain=
}

# undone COMMAND...: takes the last change back as it was said, then runs the check.
undone() {
  case $again in
  'tlspin undo '*) ;;
  *) wrong 'no undo was named' ;;
  esac
  expect 0 sh -c "PATH='$TOP_BUILDDIR/tools':\$PATH; $again"
  again=
  "$@"
}

# fake KEY=VALUE...: until fake_stop, tests/fakepins answers for the daemon.
fake() {
  daemon_stop
  : >ready
  "$TOOLS/fakepins" address="$DBUS_SESSION_BUS_ADDRESS" "$@" >ready &
  fake=$!
  within 10 grep -q ready ready || fail 'fakepins is not ready'
}

fake_stop() {
  [ -n "$fake" ] || return 0
  kill "$fake" 2>/dev/null
  wait "$fake" 2>/dev/null
  fake=
}

# soon SECONDS: $until names the $moment that comes so soon; passed waits until it is past.
soon() {
  moment=$(($(date +%s) + $1))
  until=$(date -u -d "@$moment" +%Y-%m-%dT%H:%M:%SZ)
}

passed() {
  while [ "$(date +%s)" -le $moment ]; do
    sleep 0.1
  done
}

# Begins a test: a private bus, its directory to work in, and the end of all of it.
begin() {
  private_bus "$@"
  trap 'status=$?; server_stop; plain_stop; fake_stop; (exit $status); private_end' EXIT
  cd "$private" || exit 99
  LC_ALL=C.UTF-8 TERM=xterm TZ=UTC
  export LC_ALL TERM TZ
  unset NO_COLOR COLUMNS
}

end() {
  [ $failures -eq 0 ] || fail "$failures checks"
  exit 0
}
