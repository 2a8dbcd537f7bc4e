/* Tests of libclient/connect.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/connect.h"

#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { THREADS = 8 };

static struct test_bus world;
static struct bus *bus;

static int set_up(void **state)
{
  (void)state;
  test_bus_start(&world, NULL);
  bus = bus_new(world.address);
  assert_non_null(bus);
  last_clear();
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  bus_free(bus);
  test_bus_free(&world);
  return 0;
}

static int connect_within(unsigned milliseconds)
{
  int code;

  bus_lock(bus);
  code = bus_connect(bus, deadline_after(deadline_now(), milliseconds));
  bus_unlock(bus);
  return code;
}

static void use_address(const char *address)
{
  bus_free(bus);
  bus = bus_new(address);
}

static void test_connects_once(void **state)
{
  const DBusConnection *first;

  (void)state;
  assert_int_equal(connect_within(10000), TLSPIN_OK);
  first = bus->connection;
  assert_int_equal(connect_within(0), TLSPIN_OK);
  assert_ptr_equal(bus->connection, first);
  assert_int_equal(bus->generation, 0);
  assert_int_equal(dbus_bus_get_unique_name(bus->connection)[0], ':');
}

static void test_no_bus(void **state)
{
  long before = test_now();

  (void)state;
  use_address("unix:path=/nonexistent/bus");
  assert_int_equal(connect_within(60000), TLSPIN_UNAVAILABLE);
  use_address("autolaunch:");
  assert_int_equal(connect_within(60000), TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before < 30000);
  assert_string_not_equal(tlspin_last_message(), "");
}

/* A different GUID than the address names: not the bus that was meant. */
static void test_another_bus(void **state)
{
  char address[160];

  (void)state;
  snprintf(address, sizeof address, "%s,guid=00000000000000000000000000000000", world.address);
  use_address(address);
  assert_int_equal(connect_within(10000), TLSPIN_UNAVAILABLE);
  assert_null(bus->connection);
  assert_string_equal(tlspin_last_message(), "The session bus closed the connection.");
}

static void test_stopped_before(void **state)
{
  long before = test_now();

  (void)state;
  test_process_stop(world.pid);
  assert_int_equal(connect_within(100), TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before < 5000);
  test_process_go(world.pid);
  assert_int_equal(connect_within(10000), TLSPIN_OK);
}

static void read_until(int fd, const char *end)
{
  char line[1024];
  size_t used = 0;

  while (used < sizeof line - 1 && read(fd, line + used, 1) == 1) {
    line[++used] = '\0';
    if (used >= strlen(end) && strcmp(line + used - strlen(end), end) == 0)
      return;
  }
  _exit(5);
}

static void write_text(int fd, const char *text)
{
  if (write(fd, text, strlen(text)) < 0)
    _exit(6);
}

/* A bus that lets everybody in, and then answers Hello with the octets of a message. */
static void serve_wrong_hello(int listener, const void *reply, size_t size)
{
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    char first[6] = "";

    for (int i = 0; i < 6; i++)
      if (read(fd, first + i, 1) != 1)
        _exit(4);
    if (memcmp(first, "\0AUTH\r", 6) == 0) { /* the probe */
      write_text(fd, "REJECTED EXTERNAL\r\n");
      close(fd);
      continue;
    }
    read_until(fd, "\r\n");
    write_text(fd, "OK 0123456789abcdef0123456789abcdef\r\n");
    read_until(fd, "\r\n"); /* NEGOTIATE_UNIX_FD */
    write_text(fd, "ERROR\r\n");
    read_until(fd, "BEGIN\r\n");
    if (reply != NULL) {
      if (write(fd, reply, size) < 0)
        _exit(7);
    }
    pause();
  }
}

static pid_t start_wrong_bus(const void *reply, size_t size)
{
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char address[160];
  pid_t pid;

  snprintf(place.sun_path, sizeof place.sun_path, "%s/wrong", world.dir);
  assert_int_equal(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
  assert_int_equal(listen(fd, 5), 0);
  pid = fork();
  if (pid == 0)
    serve_wrong_hello(fd, reply, size);
  close(fd);
  snprintf(address, sizeof address, "unix:path=%s", place.sun_path);
  use_address(address);
  return pid;
}

static void test_silence_after_hello(void **state)
{
  pid_t pid = start_wrong_bus(NULL, 0);
  long before = test_now();

  (void)state;
  assert_int_equal(connect_within(200), TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before >= 200);
  assert_true(test_now() - before < 10000);
  assert_string_equal(tlspin_last_message(), "The session bus does not answer.");
  test_process_end(pid);
}

/* Each try leaves a place in the backlog taken, until none is left, and connect(2) would wait for
 * one. */
static void test_stopped_for_long(void **state)
{
  pid_t pid = start_wrong_bus(NULL, 0);
  char address[160];

  (void)state;
  strcpy(address, bus->address);
  test_process_stop(pid);
  alarm(60);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(connect_within(5), TLSPIN_UNAVAILABLE);
    use_address(address);
  }
  alarm(0);
  test_process_end(pid);
}

/* Hello is the first message of a connection: its serial number is known. */
static void refuse_hello(int type, const char *sender)
{
  DBusMessage *message = dbus_message_new(type);
  const char *name = ":1.0";
  char *octets;
  int size;
  pid_t pid;

  if (type == DBUS_MESSAGE_TYPE_ERROR)
    dbus_message_set_error_name(message, DBUS_ERROR_LIMITS_EXCEEDED);
  dbus_message_set_sender(message, sender);
  dbus_message_set_reply_serial(message, 1);
  dbus_message_set_serial(message, 1);
  dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  assert_true(dbus_message_marshal(message, &octets, &size));
  dbus_message_unref(message);
  pid = start_wrong_bus(octets, (size_t)size);
  dbus_free(octets);
  assert_int_equal(connect_within(10000), TLSPIN_UNAVAILABLE);
  assert_null(bus->connection);
  assert_string_equal(tlspin_last_message(), "The session bus refused the connection.");
  test_process_end(pid);
}

static void test_hello_is_refused(void **state)
{
  (void)state;
  refuse_hello(DBUS_MESSAGE_TYPE_ERROR, DBUS_SERVICE_DBUS);
}

static void test_hello_is_answered_by_another(void **state)
{
  (void)state;
  refuse_hello(DBUS_MESSAGE_TYPE_METHOD_RETURN, ":1.1");
}

static void test_octets_that_are_no_message(void **state)
{
  pid_t pid = start_wrong_bus("This is not D-Bus at all, is it?", 32);

  (void)state;
  assert_int_equal(connect_within(10000), TLSPIN_UNAVAILABLE);
  assert_null(bus->connection);
  test_process_end(pid);
}

static void *connect_in_thread(void *data)
{
  (void)data;
  return connect_within(10000) == TLSPIN_OK ? bus : NULL;
}

static void test_threads_make_one_connection(void **state)
{
  pthread_t threads[THREADS];
  void *result;

  (void)state;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, connect_in_thread, NULL), 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, bus);
  }
  assert_int_equal(bus->generation, 0);
  assert_string_equal(dbus_bus_get_unique_name(bus->connection), ":1.0");
}

static void *fail_in_thread(void *data)
{
  (void)data;
  return connect_within(150) == TLSPIN_UNAVAILABLE ? bus : NULL;
}

static void test_threads_wait_no_longer_than_they_want(void **state)
{
  pthread_t threads[THREADS];
  long before = test_now();
  void *result;

  (void)state;
  test_process_stop(world.pid);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, fail_in_thread, NULL), 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, bus);
  }
  assert_true(test_now() - before < 5000);
  test_process_go(world.pid);
}

/* The program's signals are the program's business. */
static void test_sigpipe_is_left_alone(void **state)
{
  struct sigaction action;

  (void)state;
  signal(SIGPIPE, SIG_DFL);
  assert_int_equal(connect_within(10000), TLSPIN_OK);
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_true(action.sa_handler == SIG_DFL);
}

/* libdbus would call _exit in a connection to a bus; and so the test is that this goes on. */
static void test_program_outlives_the_bus(void **state)
{
  (void)state;
  assert_int_equal(connect_within(10000), TLSPIN_OK);
  test_bus_kill(&world);
  bus_lock(bus);
  while (bus->connection != NULL)
    assert_true(bus_wait(bus, deadline_after(deadline_now(), 10000)));
  bus_unlock(bus);
  assert_int_equal(bus->generation, 1);
  assert_int_equal(connect_within(10000), TLSPIN_UNAVAILABLE);
  test_bus_restart(&world);
  assert_int_equal(connect_within(10000), TLSPIN_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_connects_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_bus, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_another_bus, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_stopped_before, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_stopped_for_long, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_silence_after_hello, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hello_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hello_is_answered_by_another, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_octets_that_are_no_message, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_threads_make_one_connection, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_threads_wait_no_longer_than_they_want, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_sigpipe_is_left_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_program_outlives_the_bus, set_up, tear_down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
