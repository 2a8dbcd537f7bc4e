/* A desktop for a test: see desk.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/desk.h"

#include "dbus/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_service(const struct desk *desk, const char *name, uid_t owner)
{
  const char *dir = desk->bus.dir, *build = getenv("TOP_BUILDDIR");
  char path[128];
  FILE *file;

  snprintf(path, sizeof path, "%s/services/%s.service", dir, name);
  file = fopen(path, "we");
  assert_non_null(file);
  fprintf(file,
          "[D-BUS Service]\nName=%s\nExec=\"%s/tlspind\" --data-dir %s/data --admin-dir %s/etc "
          "--vendor-dir %s/usr --vendor-anchors %s/anchors --system-owner %u --config %s/none "
          "--idle 60 --clock %s/clock\n",
          name, build != NULL ? build : ".", dir, dir, dir, dir, owner, dir, dir);
  assert_int_equal(fclose(file), 0);
}

void desk_open(struct desk *desk)
{
  test_bus_start(&desk->bus, NULL);
  snprintf(desk->store, sizeof desk->store, "%s/data/pins.db", desk->bus.dir);
  snprintf(desk->anchors, sizeof desk->anchors, "%s/anchors", desk->bus.dir);
  write_service(desk, BUS_PINS, getuid());
  write_service(desk, BUS_ADMIN, getuid());
}

/* One call to the bus itself about the daemon's name; 0 where it is refused. */
static uint32_t ask_bus(const struct desk *desk, DBusMessage *call)
{
  DBusConnection *connection = test_bus_join(&desk->bus);
  dbus_uint32_t answer = 0;
  DBusMessage *reply;

  reply = dbus_connection_send_with_reply_and_block(connection, call, 20000, NULL);
  if (reply != NULL) {
    dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &answer, DBUS_TYPE_INVALID);
    dbus_message_unref(reply);
  }
  dbus_message_unref(call);
  test_bus_leave(connection);
  return answer;
}

static DBusMessage *bus_method(const char *method)
{
  static const char *const name = BUS_PINS;
  DBusMessage *call =
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, method);

  assert_true(dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID));
  return call;
}

pid_t desk_daemon(const struct desk *desk)
{
  return (pid_t)ask_bus(desk, bus_method("GetConnectionUnixProcessID"));
}

pid_t desk_wake(const struct desk *desk)
{
  DBusMessage *call = bus_method("StartServiceByName");
  dbus_uint32_t flags = 0;

  assert_true(dbus_message_append_args(call, DBUS_TYPE_UINT32, &flags, DBUS_TYPE_INVALID));
  assert_int_not_equal(ask_bus(desk, call), 0);
  return desk_daemon(desk);
}

void desk_kill(const struct desk *desk, int number)
{
  pid_t pid = desk_daemon(desk);

  if (pid == 0)
    return;
  assert_int_equal(kill(pid, number), 0);
  while (desk_daemon(desk) == pid)
    usleep(2000);
}

void desk_set_owner(const struct desk *desk, uid_t owner)
{
  write_service(desk, BUS_PINS, owner);
  write_service(desk, BUS_ADMIN, owner);
  ask_bus(desk, dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                             "ReloadConfig"));
  desk_kill(desk, SIGTERM);
}

/* A rename, so that the daemon reads all of it. */
static void write_clock(const struct desk *desk, const char *text)
{
  char path[64], fresh[64];
  FILE *file;

  snprintf(path, sizeof path, "%s/clock", desk->bus.dir);
  snprintf(fresh, sizeof fresh, "%s/clock.new", desk->bus.dir);
  file = fopen(fresh, "we");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(rename(fresh, path), 0);
}

void desk_set_clock(const struct desk *desk, int64_t seconds)
{
  char text[64];

  snprintf(text, sizeof text, "%" PRId64 "\n", seconds);
  write_clock(desk, text);
}

void desk_set_clocks(const struct desk *desk, int64_t seconds, int64_t elapsed, unsigned boot)
{
  char text[64];

  snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %u\n", seconds, elapsed, boot);
  write_clock(desk, text);
}

/* The daemon leaves when its bus is gone. */
void desk_close(struct desk *desk)
{
  test_bus_free(&desk->bus);
}
