/* Tests of libclient/listen.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"

#include "dbus/names.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What was heard, one word after the other. */
struct notes {
  char text[16384];
  const char *until; /* the word that ends it */
  unsigned enough;   /* or so many; 0: any number */
  atomic_uint count;
};

static int hear(const char *signal, const tlspin_entry_t *what, void *data)
{
  struct notes *notes = data;
  size_t used = strlen(notes->text);
  const char *change = tlspin_entry_string(what, "change");

  if (strcmp(signal, "Logged") == 0)
    snprintf(notes->text + used, sizeof notes->text - used, "L%lld ",
             (long long)tlspin_entry_number(what, "id"));
  else if (strcmp(signal, "Changed") == 0)
    snprintf(notes->text + used, sizeof notes->text - used, "%s:%s:%u ", change,
             tlspin_entry_host(what), tlspin_entry_port(what));
  else
    snprintf(notes->text + used, sizeof notes->text - used, "%s ", signal);
  if (++notes->count == notes->enough)
    return 123;
  return notes->until != NULL && strstr(notes->text, notes->until) != NULL ? 123 : 0;
}

/* A thread that listens. */
struct ear {
  pthread_t thread;
  struct notes notes;
  int milliseconds, stop, result;
  DBusConnection *forger;
  atomic_bool over;
};

static void *run(void *data)
{
  struct ear *ear = data;

  ear->result = tlspin_listen(context, ear->milliseconds, ear->stop, hear, &ear->notes);
  ear->over = true;
  return NULL;
}

static void ear_start(struct ear *ear)
{
  assert_int_equal(pthread_create(&ear->thread, NULL, run, ear), 0);
}

static void ear_join(struct ear *ear)
{
  assert_int_equal(pthread_join(ear->thread, NULL), 0);
}

/* Has the daemon send its signals until enough was heard: nobody can tell when listening began. */
static void prompt(const struct ear *ear)
{
  tlspin_status_t *status;

  for (int i = 0; i < 400 && !ear->over; i++) {
    assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
    tlspin_status_free(status);
    poll(NULL, 0, 20);
  }
}

#define ALL_SIGNALS "cleared::0 cleared:a.example:443 cleared:a.example:443 L77 "

/* The signals that can't be read are passed over. */
static void test_signals(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "signal=some");
  struct ear ear = {.milliseconds = -1, .stop = -1, .notes.until = "L77"};

  (void)state;
  ear_start(&ear);
  prompt(&ear);
  ear_join(&ear);
  assert_int_equal(ear.result, 123);
  assert_string_equal(ear.notes.text,
                      "cleared::0 cleared:a.example:443 cleared:a.example:443 L77 ");
  test_process_end(daemon);
}

static void test_until_a_time(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  struct ear ear = {.milliseconds = 200, .stop = -1};
  long before = test_now();

  (void)state;
  ear_start(&ear);
  ear_join(&ear);
  assert_int_equal(ear.result, TLSPIN_OK);
  assert_true(test_now() - before >= 200);
  assert_string_equal(ear.notes.text, "");
  test_process_end(daemon);
}

static void test_until_told_to_stop(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  struct ear ear = {.milliseconds = -1};
  int ends[2];

  (void)state;
  assert_int_equal(pipe(ends), 0);
  ear.stop = ends[0];
  ear_start(&ear);
  poll(NULL, 0, 100);
  assert_int_equal(write(ends[1], "x", 1), 1);
  ear_join(&ear);
  assert_int_equal(ear.result, TLSPIN_OK);
  ear_start(&ear); /* it is readable already */
  ear_join(&ear);
  assert_int_equal(ear.result, TLSPIN_OK);
  close(ends[0]);
  close(ends[1]);
  test_process_end(daemon);
}

static int ask_in_return(const char *signal, const tlspin_entry_t *what, void *data)
{
  tlspin_status_t *status;

  (void)signal, (void)what, (void)data;
  if (tlspin_status(context, &status) != TLSPIN_OK)
    return 1;
  tlspin_status_free(status);
  return 2;
}

static void *listen_and_ask(void *data)
{
  int *result = data;

  *result = tlspin_listen(context, AMPLE, -1, ask_in_return, NULL);
  return NULL;
}

static void test_listener_may_call_the_library(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "signal=some");
  struct ear other = {.milliseconds = AMPLE, .stop = -1, .notes.until = "L77"};
  pthread_t thread;
  int result = 0;

  (void)state;
  assert_int_equal(pthread_create(&thread, NULL, listen_and_ask, &result), 0);
  for (int i = 0; i < 400 && __atomic_load_n(&result, __ATOMIC_SEQ_CST) == 0; i++) {
    tlspin_status_t *status;

    assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
    tlspin_status_free(status);
    poll(NULL, 0, 20);
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(result, 2);
  ear_start(&other); /* and another one later */
  prompt(&other);
  ear_join(&other);
  assert_int_equal(other.result, 123);
  test_process_end(daemon);
}

/* The daemon comes, goes and comes again; each time there may be more to ask for. */
static void test_daemon_comes_back(void **state)
{
  struct ear ear = {.milliseconds = AMPLE, .stop = -1, .notes.until = "Lost Lost"};
  pid_t daemon;

  (void)state;
  ear_start(&ear);
  for (int i = 0; i < 100 && ear.notes.count < 2; i++) {
    daemon = test_bus_daemon(&world, "");
    poll(NULL, 0, 50);
    test_process_end(daemon);
    poll(NULL, 0, 50);
  }
  ear_join(&ear);
  assert_int_equal(ear.result, 123);
}

/* A thousand at once: all are heard, or it is said that some were missed. */
static void test_flood(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "signal=many");
  struct ear ear = {.milliseconds = AMPLE, .stop = -1, .notes = {.until = "Lost", .enough = 1000}};

  (void)state;
  ear_start(&ear);
  prompt(&ear);
  ear_join(&ear);
  assert_int_equal(ear.result, 123);
  test_process_end(daemon);
}

static void send_to(DBusConnection *bus, const char *name)
{
  const char *change = "cleared";
  DBusMessage *signal = dbus_message_new_signal(BUS_ADMIN_PATH, BUS_ADMIN, "Changed");
  DBusMessageIter iter, array;

  dbus_message_set_destination(signal, name);
  dbus_message_iter_init_append(signal, &iter);
  dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &change);
  dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ssq)", &array);
  dbus_message_iter_close_container(&iter, &array);
  dbus_connection_send(bus, signal, NULL);
  dbus_message_unref(signal);
}

/* All names on the bus; to be freed with dbus_free_string_array. */
static char **list_names(DBusConnection *bus)
{
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "ListNames"),
              *reply = dbus_connection_send_with_reply_and_block(bus, call, AMPLE, NULL);
  char **names;
  int count;

  assert_non_null(reply);
  assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &names, &count,
                                    DBUS_TYPE_INVALID));
  dbus_message_unref(call);
  dbus_message_unref(reply);
  return names;
}

/* Sends a signal of the daemon's name to everybody on the bus, one by one. */
static void send_to_all(DBusConnection *bus)
{
  char **names = list_names(bus);

  for (char **name = names; *name != NULL; name++)
    if (**name == ':')
      send_to(bus, *name);
  dbus_connection_flush(bus);
  dbus_free_string_array(names);
}

/* What others on the bus send in the daemon's name is not heard. */
static void test_forged_signals(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "signal=some");
  struct ear ear = {.milliseconds = AMPLE, .stop = -1, .notes.until = ALL_SIGNALS};
  DBusConnection *forger = dbus_connection_open_private(world.address, NULL);

  (void)state;
  assert_true(forger != NULL && dbus_bus_register(forger, NULL));
  ear_start(&ear);
  for (int i = 0; i < 20; i++) {
    send_to_all(forger);
    poll(NULL, 0, 10);
  }
  assert_int_equal(ear.notes.count, 0);
  prompt(&ear);
  ear_join(&ear);
  assert_int_equal(ear.result, 123);
  dbus_connection_close(forger);
  dbus_connection_unref(forger);
  test_process_end(daemon);
}

/* A connection that is lost is made anew; where there is no bus any more, that is the end. */
static void test_bus_goes(void **state)
{
  struct ear ear = {.milliseconds = AMPLE, .stop = -1};
  long before;

  (void)state;
  ear_start(&ear);
  poll(NULL, 0, 200);
  before = test_now();
  test_bus_kill(&world);
  ear_join(&ear);
  assert_int_equal(ear.result, TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before < AMPLE);
  assert_int_equal(tlspin_listen(context, AMPLE, -1, hear, &ear.notes), TLSPIN_UNAVAILABLE);
  assert_string_not_equal(tlspin_last_message(), "");
}

static int forge_and_stop(const char *signal, const tlspin_entry_t *what, void *data)
{
  (void)signal, (void)what;
  if (world.pid == 0) /* it is gone */
    return 0;
  send_to_all(data);
  poll(NULL, 0, 200);
  test_process_stop(world.pid);
  return 0;
}

static void *listen_and_stop(void *data)
{
  struct ear *ear = data;

  ear->result = tlspin_listen(context, 2 * AMPLE, -1, forge_and_stop, ear->forger);
  ear->over = true;
  return NULL;
}

/* The bus is asked who sent a signal, and goes instead: that is noticed at once, too. */
static void test_bus_goes_when_asked(void **state)
{
  DBusConnection *forger = dbus_connection_open_private(world.address, NULL);
  struct ear ear = {.forger = forger};
  pid_t daemon = test_bus_daemon(&world, "");
  long before;

  (void)state;
  assert_true(forger != NULL && dbus_bus_register(forger, NULL));
  assert_int_equal(pthread_create(&ear.thread, NULL, listen_and_stop, &ear), 0);
  poll(NULL, 0, 300);
  test_process_end(daemon); /* that another one comes is told as "Lost" */
  daemon = test_bus_daemon(&world, "");
  poll(NULL, 0, 600);
  before = test_now();
  test_bus_kill(&world);
  ear_join(&ear);
  assert_int_equal(ear.result, TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before < AMPLE);
  dbus_connection_close(forger);
  dbus_connection_unref(forger);
  test_process_end(daemon);
}

/* Waits until somebody else is on the bus, for a minute at most, and gives it some more time. */
static void await_company(const char *address)
{
  DBusConnection *bus = dbus_connection_open_private(address, NULL);
  unsigned found = 0;

  assert_true(bus != NULL && dbus_bus_register(bus, NULL));
  for (int i = 0; i < 6000 && found < 2; i++) {
    char **names = list_names(bus);

    found = 0;
    for (char **name = names; *name != NULL; name++)
      found += **name == ':';
    dbus_free_string_array(names);
    poll(NULL, 0, 10);
  }
  assert_int_equal(found, 2);
  dbus_connection_close(bus);
  dbus_connection_unref(bus);
  poll(NULL, 0, 300);
}

static void test_another_bus(void **state)
{
  struct ear ear = {.milliseconds = AMPLE, .stop = -1, .notes.until = "Lost"};
  struct test_bus other;
  char addresses[256];
  tlspin_t *first = context;

  (void)state;
  test_bus_start(&other, NULL);
  snprintf(addresses, sizeof addresses, "%s;%s", world.address, other.address);
  assert_int_equal(tlspin_new(&context, addresses), TLSPIN_OK);
  ear_start(&ear);
  await_company(world.address);
  assert_int_equal(ear.notes.count, 0);
  test_bus_kill(&world);
  ear_join(&ear);
  assert_int_equal(ear.result, 123);
  tlspin_free(context);
  context = first;
  test_bus_free(&other);
}

static void test_wrong_arguments(void **state)
{
  (void)state;
  assert_int_equal(tlspin_listen(NULL, 0, -1, hear, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_listen(context, 0, -1, NULL, NULL), TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_signals),
      WITH(test_until_a_time),
      WITH(test_until_told_to_stop),
      WITH(test_listener_may_call_the_library),
      WITH(test_daemon_comes_back),
      WITH(test_flood),
      WITH(test_forged_signals),
      WITH(test_bus_goes),
      WITH(test_bus_goes_when_asked),
      WITH(test_another_bus),
      WITH(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
