/* Tests of libclient/address.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/address.h"

#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_bus bus;
static struct address list[ADDRESS_MAX];

static int set_up(void **state)
{
  (void)state;
  unsetenv("DBUS_SESSION_BUS_ADDRESS");
  unsetenv("XDG_RUNTIME_DIR");
  memset(list, 0, sizeof list);
  last_clear();
  return 0;
}

static void assert_none(const char *given, const char *said)
{
  last_clear();
  assert_int_equal(address_list(given, list), 0);
  assert_non_null(strstr(tlspin_last_message(), said));
}

static void test_path(void **state)
{
  (void)state;
  assert_int_equal(address_list("unix:path=/run/a%20b", list), 1);
  assert_string_equal(list[0].text, "unix:path=/run/a%20b");
  assert_string_equal(list[0].socket.sun_path, "/run/a b");
  assert_int_equal(list[0].socket.sun_family, AF_UNIX);
  assert_int_equal(list[0].size, offsetof(struct sockaddr_un, sun_path) + strlen("/run/a b"));
}

static void test_abstract(void **state)
{
  (void)state;
  assert_int_equal(address_list("unix:abstract=/tmp/x", list), 1);
  assert_string_equal(list[0].text, "unix:abstract=/tmp/x");
  assert_memory_equal(list[0].socket.sun_path, "\0/tmp/x", 8);
  assert_int_equal(list[0].size, offsetof(struct sockaddr_un, sun_path) + 7);
}

static void test_guid_is_kept(void **state)
{
  (void)state;
  assert_int_equal(address_list("unix:path=/a,guid=0123456789abcdefABCDEF0123456789", list), 1);
  assert_string_equal(list[0].text, "unix:path=/a,guid=0123456789abcdefABCDEF0123456789");
  assert_none("unix:path=/a,guid=", "The address of the session bus, ");
  assert_none("unix:path=/a,guid=%2cpath=%2fb", "The address of the session bus, ");
}

/* Transports that start programs, ask name servers, or are for listening. */
static void test_other_transports_are_refused(void **state)
{
  static const char *const refused[] = {
      "autolaunch:",
      "autolaunch:scope=*user",
      "unixexec:path=/bin/false",
      "tcp:host=localhost,port=1",
      "nonce-tcp:host=localhost,port=1,noncefile=/x",
      "launchd:env=X",
      "systemd:",
      "unix:tmpdir=/tmp",
      "unix:dir=/tmp",
      "unix:runtime=yes",
      "unix:path=/a,abstract=b",
      "unix:path=",
  };

  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    assert_none(refused[i], "The address of the session bus, ");
}

static void test_what_is_no_address(void **state)
{
  static const char *const nonsense[] = {"x", "unix:path", "unix:path=/a;;", "unix:path=%zz"};

  (void)state;
  for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++)
    assert_none(nonsense[i], nonsense[i]);
}

static void test_longest_path(void **state)
{
  char given[200] = "unix:path=/";
  const size_t prefix = strlen("unix:path="), most = sizeof list[0].socket.sun_path - 1;

  (void)state;
  memset(given + prefix + 1, 'a', most - 1);
  assert_int_equal(address_list(given, list), 1);
  assert_int_equal(strlen(list[0].socket.sun_path), most);
  given[prefix + most] = 'a';
  assert_none(given, "The address of the session bus, ");
}

static void test_several_entries(void **state)
{
  (void)state;
  assert_int_equal(address_list("autolaunch:;unix:path=/a;tcp:host=x;unix:path=/b", list), 2);
  assert_string_equal(list[0].text, "unix:path=/a");
  assert_string_equal(list[1].text, "unix:path=/b");
  assert_int_equal(address_list("unix:path=/1;unix:path=/2;unix:path=/3;unix:path=/4;unix:path=/5;"
                                "unix:path=/6",
                                list),
                   ADDRESS_MAX);
}

static void test_environment(void **state)
{
  (void)state;
  assert_none(NULL, "DBUS_SESSION_BUS_ADDRESS is not set");
  setenv("DBUS_SESSION_BUS_ADDRESS", "", 1);
  assert_none(NULL, "DBUS_SESSION_BUS_ADDRESS is not set");
  setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:", 1);
  assert_none(NULL, "The address of the session bus, ");
  setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/env", 1);
  assert_int_equal(address_list(NULL, list), 1);
  assert_string_equal(list[0].text, "unix:path=/env");
  assert_int_equal(address_list("unix:path=/given", list), 1);
  assert_string_equal(list[0].text, "unix:path=/given");
}

static void test_runtime_dir(void **state)
{
  (void)state;
  setenv("XDG_RUNTIME_DIR", bus.dir, 1);
  assert_int_equal(address_list(NULL, list), 1);
  assert_string_equal(list[0].text, bus.address);
  setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/env", 1);
  assert_int_equal(address_list(NULL, list), 1);
  assert_string_equal(list[0].text, "unix:path=/env");
}

static void test_wrong_runtime_dirs(void **state)
{
  char dir[4200];

  (void)state;
  setenv("XDG_RUNTIME_DIR", "relative", 1);
  assert_none(NULL, "is not set");
  setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
  assert_none(NULL, "no session bus at '/nonexistent/bus'");
  memset(dir, '/', sizeof dir - 1);
  dir[sizeof dir - 1] = '\0';
  setenv("XDG_RUNTIME_DIR", dir, 1);
  assert_none(NULL, "no session bus at");
  snprintf(dir, sizeof dir, "%s/other", bus.dir);
  assert_int_equal(mkdir(dir, 0700), 0);
  setenv("XDG_RUNTIME_DIR", dir, 1);
  strcat(dir, "/bus"); /* a folder, and no socket */
  assert_int_equal(mkdir(dir, 0700), 0);
  assert_none(NULL, "no session bus at");
}

static void test_runtime_socket_of_another_user(void **state)
{
  (void)state;
  setenv("XDG_RUNTIME_DIR", bus.dir, 1);
  if (getuid() == 0) {
    assert_int_equal(chown(bus.socket, 4711, (gid_t)-1), 0);
    assert_none(NULL, "no session bus at");
    assert_int_equal(chown(bus.socket, 0, (gid_t)-1), 0);
  }
  assert_int_equal(address_list(NULL, list), 1);
}

static const struct address *probe(const char *given, unsigned milliseconds)
{
  size_t count = address_list(given, list);

  assert_true(count > 0);
  return address_probe(list, count, deadline_after(deadline_now(), milliseconds));
}

/* A socket of our own in the test's folder, with a backlog of `backlog`. */
static int listen_at(const char *name, int backlog, char given[128])
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", bus.dir, name);
  snprintf(given, 128, "unix:path=%s", address.sun_path);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, backlog), 0);
  return fd;
}

static void test_living_bus(void **state)
{
  (void)state;
  assert_ptr_equal(probe(bus.address, 10000), &list[0]);
  assert_string_equal(tlspin_last_message(), "");
}

static void test_nothing_there(void **state)
{
  (void)state;
  assert_null(probe("unix:path=/nonexistent/bus", 10000));
  assert_non_null(strstr(tlspin_last_message(), "can't be reached"));
  assert_null(probe("unix:abstract=tlspin-nonexistent", 10000));
}

static void test_nobody_listens(void **state)
{
  char given[128];

  (void)state;
  close(listen_at("left", 1, given));
  assert_null(probe(given, 10000));
  assert_non_null(strstr(tlspin_last_message(), "can't be reached"));
}

static void test_second_entry_is_taken(void **state)
{
  char given[256];

  (void)state;
  snprintf(given, sizeof given, "unix:path=/nonexistent/bus;%s", bus.address);
  assert_ptr_equal(probe(given, 10000), &list[1]);
}

/* In its backlog the connection is made, but nobody speaks. */
static void test_silent_listener(void **state)
{
  char given[128];
  int fd = listen_at("silent", 5, given);
  long before = test_now();

  (void)state;
  assert_null(probe(given, 100));
  assert_true(test_now() - before >= 100);
  assert_true(test_now() - before < 5000);
  assert_non_null(strstr(tlspin_last_message(), "does not answer"));
  close(fd);
}

/* A blocking connect(2) would stay here for ever. */
static void test_full_backlog(void **state)
{
  char given[128];
  int fd = listen_at("full", 0, given), waiting[8];
  long before = test_now();

  (void)state;
  assert_int_equal(address_list(given, list), 1);
  for (int i = 0; i < 8; i++) {
    waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)!connect(waiting[i], (struct sockaddr *)&list[0].socket, list[0].size);
  }
  assert_null(probe(given, 100));
  assert_true(test_now() - before >= 100);
  assert_true(test_now() - before < 5000);
  assert_non_null(strstr(tlspin_last_message(), "does not answer"));
  for (int i = 0; i < 8; i++)
    close(waiting[i]);
  close(fd);
}

static void test_stopped_bus(void **state)
{
  (void)state;
  test_process_stop(bus.pid);
  assert_null(probe(bus.address, 50));
  test_process_go(bus.pid);
  assert_non_null(probe(bus.address, 10000));
}

static void test_listener_that_hangs_up(void **state)
{
  char given[128];
  int fd = listen_at("rude", 5, given);
  pid_t pid = fork();

  (void)state;
  if (pid == 0) {
    for (;;)
      close(accept(fd, NULL, NULL));
  }
  assert_null(probe(given, 10000));
  assert_non_null(strstr(tlspin_last_message(), "can't be reached"));
  test_process_end(pid);
  close(fd);
}

static int start_bus(void **state)
{
  (void)state;
  test_bus_start(&bus, NULL);
  return 0;
}

static int end_bus(void **state)
{
  (void)state;
  test_bus_free(&bus);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_path, set_up),
      cmocka_unit_test_setup(test_abstract, set_up),
      cmocka_unit_test_setup(test_guid_is_kept, set_up),
      cmocka_unit_test_setup(test_other_transports_are_refused, set_up),
      cmocka_unit_test_setup(test_what_is_no_address, set_up),
      cmocka_unit_test_setup(test_longest_path, set_up),
      cmocka_unit_test_setup(test_several_entries, set_up),
      cmocka_unit_test_setup(test_environment, set_up),
      cmocka_unit_test_setup(test_runtime_dir, set_up),
      cmocka_unit_test_setup(test_wrong_runtime_dirs, set_up),
      cmocka_unit_test_setup(test_runtime_socket_of_another_user, set_up),
      cmocka_unit_test_setup(test_living_bus, set_up),
      cmocka_unit_test_setup(test_nothing_there, set_up),
      cmocka_unit_test_setup(test_nobody_listens, set_up),
      cmocka_unit_test_setup(test_second_entry_is_taken, set_up),
      cmocka_unit_test_setup(test_silent_listener, set_up),
      cmocka_unit_test_setup(test_full_backlog, set_up),
      cmocka_unit_test_setup(test_stopped_bus, set_up),
      cmocka_unit_test_setup(test_listener_that_hangs_up, set_up),
  };

  return cmocka_run_group_tests(tests, start_bus, end_bus);
}
