/* Ways in which the store, the daemon or the bus fails: see outage.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/outage.h"

#include "dbus/names.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MID_CALL = 60 }; /* milliseconds into a call that isn't answered */

static void ask_bus_to_reload(const struct outage *outage)
{
  DBusConnection *connection = test_bus_join(&outage->desk.bus);
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "ReloadConfig");
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(connection, call, 20000, NULL);

  assert_non_null(reply);
  dbus_message_unref(reply);
  dbus_message_unref(call);
  test_bus_leave(connection);
}

static void name_service(const struct outage *outage, const char *name, char path[128])
{
  snprintf(path, 128, "%s/services/%s.service", outage->desk.bus.dir, name);
}

/* The command by which the bus starts the daemon. */
static char *read_command(const char *path)
{
  char line[2048], *command = NULL;
  FILE *file = fopen(path, "re");

  assert_non_null(file);
  while (command == NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "Exec=", 5) == 0)
      command = strdup(line + 5);
  fclose(file);
  assert_non_null(command);
  return command;
}

/* The daemon is started by a program of the tests from now on, whose last arguments are the
 * daemon's own command. */
static void start_by(struct outage *outage, const char *program, const char *argument)
{
  static const char *const names[] = {BUS_PINS, BUS_ADMIN};
  const char *build = getenv("TOP_BUILDDIR");

  for (size_t i = 0; i < 2; i++) {
    char path[128], *command;
    FILE *file;

    name_service(outage, names[i], path);
    command = read_command(path);
    file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "[D-BUS Service]\nName=%s\nExec=\"%s/tests/%s\" %s %s", names[i],
            build != NULL ? build : ".", program, argument, command);
    assert_int_equal(fclose(file), 0);
    free(command);
  }
  ask_bus_to_reload(outage);
}

/* The daemon has left once its process has ended, too. */
static void stop(struct outage *outage)
{
  pid_t daemon = desk_daemon(&outage->desk);

  desk_kill(&outage->desk, SIGTERM);
  while (daemon != 0 && kill(daemon, 0) == 0)
    usleep(1000);
}

static void hinder_none(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "none");
}

static void forbid_file(struct outage *outage)
{
  hinder_none(outage);
  assert_int_equal(chmod(outage->desk.store, 0), 0);
}

static void forbid_folder(struct outage *outage)
{
  hinder_none(outage);
  assert_int_equal(chmod(outage->data, 0), 0);
}

static void break_reads(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "read");
}

static void break_writes(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "write");
}

static void break_syncs(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "sync");
}

static void remove_file(struct outage *outage)
{
  stop(outage);
  assert_int_equal(unlink(outage->desk.store), 0);
}

static void remove_file_in_use(struct outage *outage)
{
  assert_int_equal(unlink(outage->desk.store), 0);
}

/* As a home that is unmounted, say. */
static void remove_folder_in_use(struct outage *outage)
{
  char aside[80];

  snprintf(aside, sizeof aside, "%s.aside", outage->data);
  assert_int_equal(rename(outage->data, aside), 0);
}

static void put_directory(struct outage *outage)
{
  remove_file(outage);
  assert_int_equal(mkdir(outage->desk.store, 0700), 0);
}

static void make_newer(struct outage *outage)
{
  stop(outage);
  stores_sql(outage->desk.store, "CREATE TABLE later(x); PRAGMA user_version = 99");
}

static void zero_page(struct outage *outage)
{
  static const char zeros[4096];

  stop(outage);
  stores_write(outage->desk.store, 8192, zeros, sizeof zeros);
}

/* A transaction that has reached the file and was not committed. */
static void leave_journal(struct outage *outage)
{
  pid_t writer;

  stop(outage);
  writer = stores_fork();
  if (writer == 0) {
    sqlite3 *db = stores_raw(outage->desk.store);

    if (sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM ticket; DELETE FROM pin", NULL, NULL,
                     NULL) != SQLITE_OK ||
        sqlite3_db_cacheflush(db) != SQLITE_OK)
      _exit(1);
    _exit(0);
  }
  stores_join(writer);
}

static void leave_bad_journal(struct outage *outage)
{
  char journal[80];

  leave_journal(outage);
  snprintf(journal, sizeof journal, "%s-journal", outage->desk.store);
  assert_int_equal(chmod(journal, 0), 0);
  start_by(outage, "hindered", "none");
}

static void suspend(struct outage *outage)
{
  outage->suspended = desk_daemon(&outage->desk);
  assert_int_equal(kill(outage->suspended, SIGSTOP), 0);
}

static void start_nothing(struct outage *outage)
{
  start_by(outage, "no-such-program", "");
  stop(outage);
}

static void start_silent(struct outage *outage)
{
  start_by(outage, "outages", "--silent");
  stop(outage);
}

static void remove_services(struct outage *outage)
{
  static const char *const names[] = {BUS_PINS, BUS_ADMIN};
  char path[128];

  for (size_t i = 0; i < 2; i++) {
    name_service(outage, names[i], path);
    assert_int_equal(unlink(path), 0);
  }
  ask_bus_to_reload(outage);
  stop(outage);
}

static void suspend_bus(struct outage *outage)
{
  test_process_stop(outage->desk.bus.pid);
}

static void kill_bus(struct outage *outage)
{
  test_bus_kill(&outage->desk.bus);
}

static void kill_bus_in_call(struct outage *outage)
{
  usleep(MID_CALL * 1000);
  test_bus_kill(&outage->desk.bus);
}

static void kill_daemon_in_call(struct outage *outage)
{
  usleep(MID_CALL * 1000);
  assert_int_equal(kill(outage->suspended, SIGKILL), 0);
  outage->suspended = 0;
}

const struct fault faults[] = {
    {"store EACCES", forbid_file, NULL, true, LOST, NEVER},
    {"folder EACCES", forbid_folder, NULL, true, LOST, NEVER},
    {"EIO of reads", break_reads, NULL, true, LOST, NEVER},
    {"EIO of writes", break_writes, NULL, true, WHOLE, NEVER},
    {"EIO of syncs", break_syncs, NULL, true, WHOLE, NEVER},
    {"store missing", remove_file, NULL, true, LOST, MAYBE},
    {"store removed while in use", remove_file_in_use, NULL, false, LOST, MAYBE},
    {"home removed while in use", remove_folder_in_use, NULL, false, LOST, MAYBE},
    {"a directory", put_directory, NULL, true, LOST, MAYBE},
    {"newer version", make_newer, NULL, true, LOST, NEVER},
    {"a page of zeros", zero_page, NULL, true, EITHER, MAYBE},
    {"hot journal", leave_journal, NULL, true, WHOLE, ALWAYS},
    {"hot journal EACCES", leave_bad_journal, NULL, true, LOST, NEVER},
    {"daemon stopped", stop, NULL, true, WHOLE, ALWAYS},
    {"daemon SIGSTOP", suspend, NULL, false, LOST, NEVER},
    {"daemon killed in mid-call", suspend, kill_daemon_in_call, true, EITHER, MAYBE},
    {"no such daemon", start_nothing, NULL, true, LOST, NEVER},
    {"daemon without a word", start_silent, NULL, true, LOST, NEVER},
    {"daemon absent", remove_services, NULL, true, LOST, NEVER},
    {"bus SIGSTOP", suspend_bus, NULL, false, LOST, NEVER},
    {"bus killed", kill_bus, NULL, false, LOST, NEVER},
    {"bus killed in mid-call", suspend, kill_bus_in_call, false, LOST, NEVER},
};

const size_t fault_count = sizeof faults / sizeof faults[0];
