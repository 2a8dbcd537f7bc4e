/* A private dbus-daemon for tests: see bus.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/bus.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32 };

/* No policy of its own making: what a session bus allows (see /usr/share/dbus-1/session.conf). */
static const char configuration[] =
    "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN'\n"
    " 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
    "<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>\n"
    "<servicedir>%s/services</servicedir>\n"
    "<policy context='default'><allow send_destination='*' eavesdrop='true'/>\n"
    "<allow eavesdrop='true'/><allow own='*'/></policy>\n"
    "<limit name='max_incoming_bytes'>1000000000</limit>\n"
    "<limit name='max_outgoing_bytes'>1000000000</limit>\n"
    "<limit name='max_message_size'>1000000000</limit>\n"
    "<limit name='max_connections_per_user'>100000</limit>\n"
    "<limit name='max_completed_connections'>100000</limit>\n"
    "<limit name='max_match_rules_per_connection'>50000</limit>\n"
    "<limit name='max_replies_per_connection'>50000</limit></busconfig>\n";

__attribute__((format(printf, 2, 3))) static void write_file(const char *path, const char *format,
                                                             ...)
{
  FILE *file = fopen(path, "w");
  va_list arguments;

  assert_non_null(file);
  va_start(arguments, format);
  assert_true(vfprintf(file, format, arguments) > 0);
  va_end(arguments);
  assert_int_equal(fclose(file), 0);
}

/* Replaces %log and %mark. */
static void expand(const struct test_bus *bus, const char *arguments, char *out, size_t size)
{
  size_t used = 0;

  for (const char *c = arguments; *c != '\0';) {
    const char *insert = NULL;

    if (strncmp(c, "%log", 4) == 0) {
      insert = bus->log;
      c += 4;
    } else if (strncmp(c, "%mark", 5) == 0) {
      insert = bus->mark;
      c += 5;
    }
    if (insert == NULL)
      out[used++] = *c++;
    else
      used += (size_t)snprintf(out + used, size - used, "%s", insert);
    assert_true(used < size);
  }
  out[used] = '\0';
}

static const char *fakepins(void)
{
  static char path[4096];
  const char *build = getenv("TOP_BUILDDIR");

  snprintf(path, sizeof path, "%s/tests/fakepins", build != NULL ? build : ".");
  return path;
}

/* Starts a program with its standard output in a pipe, and returns the end to read. */
static pid_t spawn(char *const argv[], int *output)
{
  int ends[2];
  pid_t pid;

  assert_int_equal(pipe(ends), 0);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(argv[0], argv);
    _exit(127);
  }
  close(ends[1]);
  *output = ends[0];
  return pid;
}

/* Waits until the program has written something, which it does when it is ready. */
static void await_ready(int output)
{
  struct pollfd ready = {output, POLLIN, 0};
  char octets[256];

  assert_int_equal(poll(&ready, 1, 60000), 1);
  assert_true(read(output, octets, sizeof octets) > 0);
  close(output);
}

void test_bus_restart(struct test_bus *bus)
{
  const char *program = getenv("DBUS_DAEMON");
  char option[80];
  char nofork[] = "--nofork", print_address[] = "--print-address=1";
  char *argv[] = {(char *)(uintptr_t)(program != NULL ? program : "dbus-daemon"), option, nofork,
                  print_address, NULL};
  int output;

  assert_int_equal(bus->pid, 0);
  unlink(bus->socket);
  snprintf(option, sizeof option, "--config-file=%s/bus.conf", bus->dir);
  bus->pid = spawn(argv, &output);
  await_ready(output);
}

static void write_service(const struct test_bus *bus, const char *name, const char *arguments)
{
  char path[128], expanded[4096];

  expand(bus, arguments, expanded, sizeof expanded);
  snprintf(path, sizeof path, "%s/services/%s.service", bus->dir, name);
  write_file(path, "[D-BUS Service]\nName=%s\nExec=\"%s\" %s\n", name, fakepins(), expanded);
}

void test_bus_start(struct test_bus *bus, const char *arguments)
{
  char path[64];

  memset(bus, 0, sizeof *bus);
  strcpy(bus->dir, "/tmp/tlspin-bus-XXXXXX");
  assert_non_null(mkdtemp(bus->dir));
  snprintf(bus->socket, sizeof bus->socket, "%s/bus", bus->dir);
  snprintf(bus->address, sizeof bus->address, "unix:path=%s", bus->socket);
  snprintf(bus->log, sizeof bus->log, "%s/log", bus->dir);
  snprintf(bus->mark, sizeof bus->mark, "%s/mark", bus->dir);
  snprintf(path, sizeof path, "%s/services", bus->dir);
  assert_int_equal(mkdir(path, 0700), 0);
  if (arguments != NULL) {
    write_service(bus, "org.tlspin.Pins1", arguments);
    write_service(bus, "org.tlspin.Admin1", arguments);
  }
  snprintf(path, sizeof path, "%s/bus.conf", bus->dir);
  write_file(path, configuration, bus->socket, bus->dir);
  test_bus_restart(bus);
}

DBusConnection *test_bus_join(const struct test_bus *bus)
{
  DBusConnection *connection = dbus_connection_open_private(bus->address, NULL);

  assert_non_null(connection);
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  assert_true(dbus_bus_register(connection, NULL));
  return connection;
}

void test_bus_leave(DBusConnection *connection)
{
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

void test_bus_settle(DBusConnection *connection)
{
  DBusMessage *call =
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId");
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(connection, call, 60000, NULL);

  assert_non_null(reply);
  dbus_message_unref(reply);
  dbus_message_unref(call);
}

void test_process_end(pid_t pid)
{
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

void test_process_stop(pid_t pid)
{
  int status;

  assert_int_equal(kill(pid, SIGSTOP), 0);
  assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
  assert_true(WIFSTOPPED(status));
}

void test_process_go(pid_t pid)
{
  assert_int_equal(kill(pid, SIGCONT), 0);
}

void test_child_end(int code)
{
  if (code == 0)
    kill(getpid(), SIGKILL);
  _exit(code);
}

bool test_child_was_well(pid_t pid)
{
  int status = 0;

  return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void test_bus_kill(struct test_bus *bus)
{
  test_process_end(bus->pid);
  bus->pid = 0;
}

void test_bus_free(struct test_bus *bus)
{
  if (bus->pid != 0)
    test_bus_kill(bus);
  folder_remove(bus->dir);
}

pid_t test_bus_daemon(struct test_bus *bus, const char *arguments)
{
  char expanded[4096], address[100], *argv[ARGUMENTS_MAX], *rest = expanded;
  size_t count = 0;
  pid_t pid;
  int output;

  expand(bus, arguments, expanded, sizeof expanded);
  snprintf(address, sizeof address, "address=%s", bus->address);
  argv[count++] = (char *)(uintptr_t)fakepins();
  argv[count++] = address;
  while ((argv[count] = strsep(&rest, " ")) != NULL) {
    if (argv[count][0] != '\0')
      count++;
    assert_true(count < ARGUMENTS_MAX);
  }
  pid = spawn(argv, &output);
  await_ready(output);
  return pid;
}

unsigned test_bus_calls(const struct test_bus *bus, const char *word)
{
  FILE *file = fopen(bus->log, "r");
  char line[4096];
  unsigned count = 0;

  if (file == NULL)
    return 0;
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, word, strlen(word)) == 0)
      count++;
  fclose(file);
  return count;
}

const char *test_bus_call(const struct test_bus *bus, const char *word)
{
  static char found[4096];
  FILE *file = fopen(bus->log, "r");
  char line[4096];

  found[0] = '\0';
  if (file == NULL)
    return found;
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, word, strlen(word)) == 0)
      strcpy(found, line);
  fclose(file);
  found[strcspn(found, "\n")] = '\0';
  return found;
}

void test_bus_await_calls(const struct test_bus *bus, const char *word, unsigned count)
{
  for (int i = 0; i < 6000 && test_bus_calls(bus, word) < count; i++)
    poll(NULL, 0, 10);
  assert_int_equal(test_bus_calls(bus, word), count);
}

long test_now(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
