/* Messages of the daemon's that held secrets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/spent.h"

#include "dbus/wipe.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum {
  SECRET = 48,
  LARGE = 100000,   /* what a socket doesn't take many of */
  HELD_MOST = 1024, /* these two as in spent.c */
  RINSE = 2048,
  PATIENCE_MS = 30000
};

struct fixture {
  struct test_bus bus;
  DBusConnection *a, *b;
  dbus_int32_t slot; /* of messages, which tells when they are freed */
  unsigned freed;
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  test_bus_start(&f->bus, NULL);
  f->a = test_bus_join(&f->bus);
  f->b = test_bus_join(&f->bus);
  f->slot = -1;
  assert_true(dbus_message_allocate_data_slot(&f->slot));
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  test_bus_leave(f->a);
  test_bus_leave(f->b);
  test_bus_free(&f->bus);
  dbus_message_free_data_slot(&f->slot);
  g_free(f);
  return 0;
}

static void on_freed(void *data)
{
  ++*(unsigned *)data;
}

/* A message with a text and so many octets, none of which is 0. */
static DBusMessage *message_of(struct fixture *f, size_t size)
{
  DBusMessage *message = dbus_message_new_signal("/", "a.b", "C");
  g_autofree char *octets = g_strnfill(size, 's');
  const char *text = "text";

  assert_true(dbus_message_append_args(message, DBUS_TYPE_STRING, &text, DBUS_TYPE_ARRAY,
                                       DBUS_TYPE_BYTE, &octets, (int)size, DBUS_TYPE_INVALID));
  assert_true(dbus_message_set_data(message, f->slot, &f->freed, on_freed));
  return message;
}

/* How many of its octets aren't 0; the text must be there. */
static size_t secret_octets(DBusMessage *message)
{
  const uint8_t *octets;
  const char *text;
  size_t count = 0;
  int size;

  assert_true(dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_ARRAY,
                                    DBUS_TYPE_BYTE, &octets, &size, DBUS_TYPE_INVALID));
  assert_string_equal(text, "text");
  for (int i = 0; i < size; i++)
    count += octets[i] != 0;
  return count;
}

static void spend_call(struct fixture *f, DBusConnection *connection, size_t size)
{
  DBusMessage *call = message_of(f, size);

  assert_int_equal(secret_octets(call), size);
  spent_call(connection, call);
  assert_int_equal(secret_octets(call), 0);
  dbus_message_unref(call);
}

/* The size of the next rinse that has come back to the connection; 0 where there is none. */
static int next_rinse(DBusConnection *connection, bool wait)
{
  int64_t end = g_get_monotonic_time() + PATIENCE_MS * INT64_C(1000);

  do {
    DBusMessage *message = dbus_connection_pop_message(connection);
    const uint8_t *zeros;
    int size = 0;

    if (message != NULL && bus_is_rinse(message))
      assert_true(dbus_message_get_args(message, NULL, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &zeros,
                                        &size, DBUS_TYPE_INVALID));
    for (int i = 0; i < size; i++)
      assert_int_equal(zeros[i], 0);
    if (message != NULL)
      dbus_message_unref(message);
    if (size > 0)
      return size;
    g_main_context_iteration(NULL, FALSE);
    dbus_connection_read_write(connection, 1);
  } while (wait && g_get_monotonic_time() < end);
  return 0;
}

/* All that are due after five times as long as those of spent.c take. */
static void run_timers(void)
{
  g_usleep(100 * 1000);
  while (g_main_context_iteration(NULL, FALSE))
    ;
}

static void test_call(void **state)
{
  struct fixture *f = *state;

  spend_call(f, f->a, SECRET);
  assert_int_equal(next_rinse(f->a, true), RINSE);
  spend_call(f, f->a, 2 * SECRET); /* and again */
  assert_int_equal(next_rinse(f->a, true), RINSE);
  assert_int_equal(f->freed, 2);
}

/* Whoever sends much doesn't have as much sent by the daemon. */
static void test_large_call(void **state)
{
  struct fixture *f = *state;

  spend_call(f, f->a, 160 * LARGE);
  assert_int_equal(next_rinse(f->a, true), RINSE);
}

static void test_nothing_to_wipe(void **state)
{
  struct fixture *f = *state;

  spend_call(f, f->a, 0);
  spend_call(f, NULL, SECRET);
  run_timers();
  assert_int_equal(next_rinse(f->a, false), 0);
  assert_false(dbus_connection_has_messages_to_send(f->a));
}

/* Of each connection, whatever comes in between on another one. */
static void test_several_calls(void **state)
{
  struct fixture *f = *state;

  for (int i = 1; i < 10; i++) {
    spend_call(f, f->a, (size_t)i * SECRET);
    spend_call(f, f->b, SECRET);
  }
  run_timers();
  assert_int_equal(next_rinse(f->a, true), RINSE);
  assert_int_equal(next_rinse(f->b, true), RINSE);
  test_bus_settle(f->a);
  test_bus_settle(f->b);
  assert_int_equal(next_rinse(f->a, false), 0);
  assert_int_equal(next_rinse(f->b, false), 0);
  spend_call(f, f->a, 1);
  assert_int_equal(next_rinse(f->a, true), RINSE);
}

static void test_call_disconnected(void **state)
{
  struct fixture *f = *state;

  spend_call(f, f->a, SECRET);
  dbus_connection_close(f->a);
  run_timers();
  spend_call(f, f->b, SECRET);
  assert_int_equal(next_rinse(f->b, true), RINSE);
}

static void test_reply(void **state)
{
  struct fixture *f = *state;
  DBusMessage *reply = message_of(f, SECRET);

  assert_true(dbus_connection_send(f->a, reply, NULL));
  dbus_connection_flush(f->a);
  spent_reply(f->a, reply);
  assert_int_equal(secret_octets(reply), 0);
  dbus_message_unref(reply);
  assert_int_equal(f->freed, 1);
}

/* The bus doesn't read, until what is sent waits. */
static void block(struct fixture *f)
{
  test_process_stop(f->bus.pid);
  for (int i = 0; i < 100 && !dbus_connection_has_messages_to_send(f->a); i++) {
    DBusMessage *filler = message_of(f, LARGE);

    assert_true(dbus_connection_send(f->a, filler, NULL));
    dbus_message_unref(filler);
  }
  assert_true(dbus_connection_has_messages_to_send(f->a));
}

static void unblock(struct fixture *f)
{
  test_process_go(f->bus.pid);
  dbus_connection_flush(f->a);
  f->freed = 0;
}

static void await_freed(struct fixture *f, unsigned count)
{
  int64_t end = g_get_monotonic_time() + PATIENCE_MS * INT64_C(1000);

  while (f->freed < count && g_get_monotonic_time() < end)
    g_main_context_iteration(NULL, FALSE);
  assert_int_equal(f->freed, count);
}

/* What isn't sent yet stays as it is until it is. */
static void test_reply_later(void **state)
{
  struct fixture *f = *state;
  DBusMessage *reply = message_of(f, SECRET), *empty = message_of(f, 0);

  block(f);
  assert_true(dbus_connection_send(f->a, reply, NULL));
  assert_true(dbus_connection_send(f->a, empty, NULL));
  spent_reply(f->a, reply);
  spent_reply(f->a, empty);
  run_timers();
  assert_int_equal(secret_octets(reply), SECRET);
  unblock(f);
  dbus_message_unref(empty); /* nobody holds what has no octets */
  assert_int_equal(f->freed, 1);
  run_timers();
  assert_int_equal(secret_octets(reply), 0);
  dbus_message_unref(reply);
  assert_int_equal(f->freed, 2);
}

static void test_reply_disconnected(void **state)
{
  struct fixture *f = *state;
  DBusMessage *reply = message_of(f, SECRET);

  block(f);
  assert_true(dbus_connection_send(f->a, reply, NULL));
  spent_reply(f->a, reply);
  dbus_connection_close(f->a);
  run_timers();
  assert_int_equal(secret_octets(reply), 0);
  dbus_message_unref(reply);
  test_process_go(f->bus.pid);
}

/* There is an end to what is held. */
static void test_many_replies(void **state)
{
  struct fixture *f = *state;
  DBusMessage *first = message_of(f, SECRET), *second = message_of(f, SECRET);

  block(f);
  spent_reply(f->a, first);
  spent_reply(f->a, second);
  f->freed = 0;
  dbus_message_unref(first);
  for (int i = 0; i < HELD_MOST - 2; i++) {
    DBusMessage *reply = message_of(f, 1);

    spent_reply(f->a, reply);
    dbus_message_unref(reply);
  }
  assert_int_equal(f->freed, 0);
  spend_call(f, NULL, 1); /* of another kind: it is nobody's */
  assert_int_equal(f->freed, 1);
  spent_reply(f->a, second);
  assert_int_equal(f->freed, 2); /* the first */
  assert_int_equal(secret_octets(second), SECRET);
  unblock(f);
  await_freed(f, HELD_MOST - 2);
  assert_int_equal(secret_octets(second), 0);
  dbus_message_unref(second);
  assert_int_equal(f->freed, HELD_MOST - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_call),          TEST(test_large_call),         TEST(test_nothing_to_wipe),
      TEST(test_several_calls), TEST(test_call_disconnected),  TEST(test_reply),
      TEST(test_reply_later),   TEST(test_reply_disconnected), TEST(test_many_replies),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
