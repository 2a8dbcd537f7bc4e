# A service manager of an ordinary user, for one test: systemd --user and a session bus, in a
# machine that need not have been booted with systemd.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# To be sourced by a script of `make check`, which calls itself again within:
#
#   . "$TOP_SRCDIR/tests/user-manager.sh"
#   if [ "${1-}" != inside ]; then manager_enter "$0"; fi
#   manager_prepare                     # then put programs and units where they belong
#   manager_start
#   as_user systemctl --user start something.service
#
# manager_enter makes a mount namespace for it and calls the script there; it ends with 77 where that
# can't be had. manager_prepare sets
#
#   $place     a folder for programs that anybody may run and nobody write to
#   $shared    a folder in it that anybody may write to
#   $home      the user's, and $runtime: his folder for sockets; units go into $runtime/systemd/user
#
# All of /run, /home, /opt, /tmp and /var/tmp is the namespace's own. Of the machine itself nothing is
# changed, but that a control group comes and goes.

user=4711
place=/opt/tlspin
shared=$place/shared
home=/home/tlspin
runtime=/run/user/$user
manager=
companions=
group=

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

skip() {
  echo "SKIPPED: $*"
  exit 77
}

# The program of the service manager, which stands in no path.
find_manager() {
  for systemd in /usr/lib/systemd/systemd /lib/systemd/systemd; do
    [ ! -x $systemd ] || return 0
  done
  return 1
}

# Calls the script again in a mount namespace of its own. It may be refused in many ways, so that it
# is tried with what is wanted of it.
manager_enter() {
  find_manager || skip "there is no systemd here (package systemd)"
  command -v setpriv >/dev/null || skip "there is no setpriv here (package util-linux)"
  [ "$(id -u)" = 0 ] || skip "only root can make the mount namespace for it"
  unshare -m --propagation private sh -c '
    umount -R -l /sys/fs/cgroup 2>/dev/null
    mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir /sys/fs/cgroup/tlspin-try-$$ &&
      rmdir /sys/fs/cgroup/tlspin-try-$$' >/dev/null 2>&1 ||
    skip "this container may make no mount namespace, or no control group in it"
  exec unshare -m --propagation private sh "$1" inside
}

# The same for what goes on while the script does: `as_user_exec ... & companions="$companions $!"`.
as_user_exec() {
  exec setpriv --reuid=$user --regid=$user --clear-groups env -i HOME=$home XDG_RUNTIME_DIR=$runtime \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C DBUS_SESSION_BUS_ADDRESS="unix:path=$runtime/bus" \
    "$@"
}

as_user() {
  (as_user_exec timeout 60 "$@")
}

# $1: a folder. What was there is hidden, not touched.
cover() {
  mount -t tmpfs -o mode="$2" tmpfs "$1" || fail "$1 can't be covered"
}

# A control group of the user's, as a log-in would have made it, for us and all that follows.
make_group() {
  umount -R -l /sys/fs/cgroup 2>/dev/null || :
  mount -t cgroup2 cgroup2 /sys/fs/cgroup || fail "no control groups"
  group=/sys/fs/cgroup/tlspin-$$
  mkdir $group || fail "no control group"
  echo $$ >$group/cgroup.procs || fail "the control group can't be entered"
  mkdir $group/manager
  chown $user $group/manager $group/manager/cgroup.procs $group/manager/cgroup.subtree_control \
    $group/manager/cgroup.threads $group/cgroup.procs
}

manager_prepare() {
  find_manager
  cover /run 755
  cover /home 755
  cover /opt 755
  mkdir -p /run/systemd/system /run/systemd/unit-root /run/user $place $shared $home $runtime/systemd/user
  chmod 1777 $shared
  chown -R $user $home $runtime
  chmod 700 $home $runtime
  { cat /etc/passwd; echo "tlspin:x:$user:$user::$home:/bin/sh"; } >$place/passwd
  { cat /etc/group; echo "tlspin:x:$user:"; } >$place/group
  mount --bind $place/passwd /etc/passwd && mount --bind $place/group /etc/group || fail "no user"
  : >$place/manager.log
  chmod 666 $place/manager.log
  mount --bind $place/manager.log /dev/console || fail "the console can't be covered"
  make_group
  trap manager_end EXIT
  trap 'exit 1' HUP INT TERM PIPE
}

# After programs were taken from where they were built, which may lie there.
manager_cover_tmp() {
  cover /tmp 1777
  cover /var/tmp 1777
}

# A bus of our own. The manager does without: it would wait for one that it has to start itself.
start_bus() {
  ln -s /dev/null $runtime/systemd/user/dbus.socket
  ln -s /dev/null $runtime/systemd/user/dbus.service
  cat >$place/bus.conf <<END_OF_CONFIG
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$runtime/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END_OF_CONFIG
  as_user_exec "$DBUS_DAEMON" --config-file=$place/bus.conf --nofork --nopidfile >$place/bus.log 2>&1 &
  companions="$companions $!"
}

runs() {
  as_user systemctl --user is-active -q basic.target 2>/dev/null
}

manager_start() {
  start_bus
  # shellcheck disable=SC2016
  setpriv --reuid=$user --regid=$user --clear-groups sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec env -i "$@"' \
    sh $group/manager HOME=$home XDG_RUNTIME_DIR=$runtime PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C \
    $systemd --user --unit=basic.target --log-target=console --log-level=${MANAGER_LOG:-warning} >/dev/null 2>&1 &
  manager=$!
  tries=1200
  until runs; do
    tries=$((tries - 1))
    kill -0 $manager 2>/dev/null || skip "systemd --user does not run here: $(tail -n 3 $place/manager.log)"
    [ $tries -gt 0 ] || fail "systemd --user does not start: $(cat $place/manager.log)"
    sleep 0.05
  done
  [ -S $runtime/bus ] || sleep 1
  [ -S $runtime/bus ] || fail "no bus: $(cat $place/bus.log)"
}

# The manager stops all that it started before it ends. $companions: what the script itself started.
manager_end() {
  status=$?
  trap '' HUP INT TERM PIPE
  trap - EXIT
  for process in $companions; do
    kill "$process" 2>/dev/null
  done
  if [ -n "$manager" ]; then
    kill $manager 2>/dev/null
    wait $manager 2>/dev/null
  fi
  echo $$ >/sys/fs/cgroup/cgroup.procs
  [ -z "$group" ] || find $group -depth -type d -exec rmdir {} + 2>/dev/null
  exit $status
}
