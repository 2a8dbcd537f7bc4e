# A second session bus with daemons on the same home; to be sourced after private_bus.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# $one and $two are the addresses of both. At the script's end the second bus is ended, too.

one=$DBUS_SESSION_BUS_ADDRESS
second=

second_bus_stop() {
  [ -z "$second" ] || kill "$second" 2>/dev/null || :
}
trap 'second_bus_stop; private_end' EXIT

sed "s#$private/bus<#$private/bus-two<#" "$private/bus.conf" >"$private/bus-two.conf"
"$DBUS_DAEMON" --config-file="$private/bus-two.conf" --nofork --nopidfile --print-address=1 \
  >"$private/address-two" 2>>"$private/bus.log" &
second=$!
within 10 test -s "$private/address-two" || fail "no second bus: $(cat "$private/bus.log")"
two=$(cat "$private/address-two")
