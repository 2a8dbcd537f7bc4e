#!/bin/sh
# A story: a server, two programs of one user, and an impostor. Everything in it is real and
# happens on this computer; it has its own session bus and its own store, and leaves nothing behind.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   examples/story.sh BUILD-DIR
#
# Ends with 0 where everything happened as it is told.
set -eu
unset CDPATH
TOP_BUILDDIR=$(cd "${1:?BUILD-DIR is missing}" && pwd)
TOP_SRCDIR=$(cd "$(dirname "$0")/.." && pwd)
DBUS_DAEMON=${DBUS_DAEMON:-dbus-daemon}
PATH=$TOP_BUILDDIR/tools:$TOP_BUILDDIR/examples:$TOP_BUILDDIR/tests:$PATH # as if installed
. "$TOP_SRCDIR/tests/private-bus.sh"

host=mail.example.org
servers=

# A paragraph of the story.
tell()
{
  printf '\n'
  printf '%s\n' "$*" | fold -s -w 79 | sed 's/ $//'
}

typed()
{
  printf '\n  $ %s\n' "$*"
}

# Runs a command as it is typed, and shows what it prints. $1: the status that it must end with.
# $2: what it must print.
run()
{
  status=0 wanted=$1 text=$2
  shift 2
  typed "$@"
  "$@" >output 2>&1 </dev/null || status=$?
  sed 's/^/  /' output
  [ "$status" -eq "$wanted" ] || fail "the status is $status and not $wanted"
  grep -qF -e "$text" output || fail "it does not say '$text'"
}

# Starts a server in the background. $1: its name, by which its files are called. $2: where it
# listens.
serve()
{
  set -- tlspin-server serve --cert "$1.crt" --key "$1.key" --keys "$1.keys" --listen "$2" \
    --port-file "$1.port"
  typed "$* &"
  "$@" >>servers.log 2>&1 </dev/null &
  servers="$servers $!"
}

end_servers()
{
  for server in $servers; do
    kill "$server" 2>/dev/null || :
    wait "$server" 2>/dev/null || :
  done
}

# private_end ends the bus and the daemon, and exits with the status that it finds.
end()
{
  status=$?
  end_servers
  if [ "$status" -ne 0 ]; then
    echo "The story did not go as it is told. What the servers said:" >&2
    cat servers.log >&2
  fi
  (exit "$status") || private_end
  private_end
}

private_bus
trap end EXIT
cd "$private"
make-pki . "server=$host" "impostor=$host"

tell "A mail server wants its users to notice when somebody else takes its place. It has a certificate" \
  "like every TLS server, and for pinning it gets a file of protection keys:"
run 0 "made, with the key" tlspin-server keys new server.keys
serve server 127.0.0.1:0
within 30 test -s server.port || fail "the server does not start"
port=$(cat server.port)

tell "You meet it for the first time. (The name $host is only a name here; the server is on this" \
  "computer, and its certificate comes from an authority made for this story.) It hands out a ticket," \
  "which is kept in your pin store: the server is pinned."
run 0 "met for the first time" tlspin connect --ca ca.crt --sni "$host" "127.0.0.1:$port"

tell "Another program meets the same server: examples/tls-get.c, a few lines of GnuTLS with two calls of" \
  "tlspin in them. It finds the ticket in the store, and the server has to prove that it is the one that" \
  "handed it out. The server's answer says so as well ('proved')."
run 0 "pinning: proved" tls-get --ca ca.crt --address 127.0.0.1 "$host" "$port" /

tell "These are your pins, and all that is known about one of them:"
run 0 "$host" tlspin list
run 0 "user: yours" tlspin show "$host"

tell "Now an impostor. It has talked the authority into a certificate for the same name, so the certificate" \
  "is valid. It listens at 127.0.0.2, to which an attacker leads your connections. What it doesn't have" \
  "is the server's protection key."
run 0 "made, with the key" tlspin-server keys new impostor.keys
serve impostor "127.0.0.2:$port"
within 30 test -s impostor.port || fail "the impostor does not start"

tell "Both programs refuse it, before they have told it anything (the status is 3):"
run 3 "tlspin clear $host:$port" tlspin connect --ca ca.crt --sni "$host" "127.0.0.2:$port"
run 3 "tlspin clear $host:$port" tls-get --ca ca.crt --address 127.0.0.2 "$host" "$port" /

tell "Your own server is met as ever, and you can see that something was wrong meanwhile:"
run 0 "pinning: proved" tls-get --ca ca.crt --address 127.0.0.1 "$host" "$port" /
run 0 "Not met" tlspin show "$host"

tell "Suppose you believe that the server was changed on purpose, and clear its pin. That was a mistake:" \
  "without it, the valid certificate is enough for the impostor, and it gets pinned in turn."
run 0 "" tlspin clear "$host:$port"
run 0 "is pinned from now on" tls-get --ca ca.crt --address 127.0.0.2 "$host" "$port" /

tell "A clear can be taken back. The pin from before returns, and the impostor's has to make way:"
run 0 "" tlspin undo
run 0 "pinning: proved" tls-get --ca ca.crt --address 127.0.0.1 "$host" "$port" /
run 3 "tlspin clear $host:$port" tls-get --ca ca.crt --address 127.0.0.2 "$host" "$port" /

tell "And this is how the pin store is:"
run 0 "fine" tlspin status

tell "Everything went as it is told. Your own pins were not touched: the story had a session bus and a" \
  "store of its own in a temporary folder, which is removed now. README.md says how to go on."
