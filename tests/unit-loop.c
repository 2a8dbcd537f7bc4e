/* A libdbus connection in the main loop: messages, time-outs, the bus's end, and turns for others.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/loop.h"

#include "tests/looped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 30000, MESSAGES = 200 };

struct fixture {
  struct test_bus bus;
  DBusConnection *a, *b;
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  test_bus_start(&f->bus, NULL);
  f->a = looped_join(&f->bus);
  f->b = looped_join(&f->bus);
  *state = f;
  return 0;
}

/* No source may be left behind: it would be called with what is gone. */
static int teardown(void **state)
{
  struct fixture *f = *state;

  looped_leave(f->a);
  looped_leave(f->b);
  assert_false(g_main_context_pending(NULL));
  test_bus_free(&f->bus);
  g_free(f);
  return 0;
}

static gboolean on_patience_end(gpointer data)
{
  *(bool *)data = true;
  return G_SOURCE_CONTINUE;
}

/* Lets the main loop run until the number is reached. */
static void run_until(const unsigned *number, unsigned wanted)
{
  bool late = false;
  guint timer = g_timeout_add(PATIENCE_MS, on_patience_end, &late);

  while (*number < wanted && !late)
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(timer);
  assert_int_equal(*number, wanted);
}

static DBusHandlerResult count_calls(DBusConnection *connection, DBusMessage *message, void *data)
{
  unsigned *count = data;
  DBusMessage *reply;

  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  ++*count;
  if (!dbus_message_get_no_reply(message)) {
    reply = dbus_message_new_method_return(message);
    dbus_connection_send(connection, reply, NULL);
    dbus_message_unref(reply);
  }
  return DBUS_HANDLER_RESULT_HANDLED;
}

static DBusMessage *call_to(DBusConnection *server)
{
  return dbus_message_new_method_call(dbus_bus_get_unique_name(server), "/", "a.b", "C");
}

static void count_reply(DBusPendingCall *pending, void *data)
{
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);

  *(unsigned *)data += dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
  dbus_message_unref(reply);
}

static DBusPendingCall *ask(DBusConnection *client, DBusConnection *server, int timeout_ms,
                            DBusPendingCallNotifyFunction notify, void *data)
{
  DBusMessage *call = call_to(server);
  DBusPendingCall *pending = NULL;

  assert_true(dbus_connection_send_with_reply(client, call, &pending, timeout_ms));
  assert_non_null(pending);
  assert_true(dbus_pending_call_set_notify(pending, notify, data, NULL));
  dbus_message_unref(call);
  return pending;
}

static void test_round_trips(void **state)
{
  struct fixture *f = *state;
  unsigned calls = 0, replies = 0;

  dbus_connection_add_filter(f->b, count_calls, &calls, NULL);
  for (unsigned i = 1; i <= 20; i++) {
    DBusPendingCall *pending = ask(f->a, f->b, PATIENCE_MS, count_reply, &replies);

    run_until(&replies, i);
    assert_int_equal(calls, i);
    dbus_pending_call_unref(pending);
  }
  dbus_connection_remove_filter(f->b, count_calls, &calls);
}

/* Large messages take many turns of writing and reading. */
static void test_large(void **state)
{
  struct fixture *f = *state;
  DBusMessage *call = call_to(f->b);
  uint8_t *octets = g_malloc0(8 << 20);
  unsigned calls = 0;

  dbus_connection_add_filter(f->b, count_calls, &calls, NULL);
  dbus_message_set_no_reply(call, TRUE);
  assert_true(dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &octets, 8 << 20,
                                       DBUS_TYPE_INVALID));
  for (int i = 0; i < 3; i++)
    assert_true(dbus_connection_send(f->a, call, NULL));
  run_until(&calls, 3);
  dbus_connection_remove_filter(f->b, count_calls, &calls);
  dbus_message_unref(call);
  g_free(octets);
}

static void count_timeout(DBusPendingCall *pending, void *data)
{
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);

  *(unsigned *)data += dbus_message_is_error(reply, DBUS_ERROR_NO_REPLY);
  dbus_message_unref(reply);
}

static DBusHandlerResult swallow(DBusConnection *connection, DBusMessage *message, void *data)
{
  (void)connection;
  (void)data;
  return dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL
             ? DBUS_HANDLER_RESULT_HANDLED
             : DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

/* A call that is never answered ends when its time is up. */
static void test_timeout(void **state)
{
  struct fixture *f = *state;
  unsigned timeouts = 0;
  DBusPendingCall *pending;

  dbus_connection_add_filter(f->b, swallow, NULL, NULL);
  pending = ask(f->a, f->b, 50, count_timeout, &timeouts);
  run_until(&timeouts, 1);
  dbus_pending_call_unref(pending);
  dbus_connection_remove_filter(f->b, swallow, NULL);
}

struct turns {
  unsigned calls, others, longest;
};

static DBusHandlerResult count_turn(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct turns *turns = data;

  (void)connection;
  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  turns->calls++;
  turns->longest = MAX(turns->longest, turns->calls - turns->others);
  return DBUS_HANDLER_RESULT_HANDLED;
}

static gboolean take_turn(gpointer data)
{
  struct turns *turns = data;

  turns->others = turns->calls;
  return G_SOURCE_CONTINUE;
}

/* However many messages wait, another source has its turn after some of them. */
static void test_others_take_turns(void **state)
{
  struct fixture *f = *state;
  struct turns turns = {0};
  DBusMessage *call = call_to(f->b);
  guint other;

  dbus_message_set_no_reply(call, TRUE);
  for (int i = 0; i < MESSAGES; i++)
    assert_true(dbus_connection_send(f->a, call, NULL));
  dbus_connection_flush(f->a);
  dbus_connection_add_filter(f->b, count_turn, &turns, NULL);
  other = g_idle_add_full(G_PRIORITY_DEFAULT, take_turn, &turns, NULL);
  run_until(&turns.calls, MESSAGES);
  assert_in_range(turns.longest, 1, 32);
  run_until(&turns.others, MESSAGES);
  g_source_remove(other);
  dbus_connection_remove_filter(f->b, count_turn, &turns);
  dbus_message_unref(call);
}

/* A megaoctet for each call. */
static DBusHandlerResult answer_large(DBusConnection *connection, DBusMessage *message, void *data)
{
  unsigned *count = data;
  g_autofree char *octets = g_malloc0(1 << 20);
  const char *at = octets;
  DBusMessage *reply;

  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  ++*count;
  reply = dbus_message_new_method_return(message);
  assert_true(dbus_message_append_args(reply, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &at, 1 << 20,
                                       DBUS_TYPE_INVALID));
  dbus_connection_send(connection, reply, NULL);
  dbus_message_unref(reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

/* A bus that takes nothing in for a while: 1 MiB is much to be sent, and at 32 MiB nothing more is
 * listened to. */
static void test_congested(void **state)
{
  struct fixture *f = *state;
  unsigned answers = 0;

  assert_int_equal(loop_backlog(f->b), LOOP_FREE);
  dbus_connection_add_filter(f->b, answer_large, &answers, NULL);
  for (int i = 0; i < 50; i++) {
    DBusMessage *call = call_to(f->b);

    assert_true(dbus_connection_send(f->a, call, NULL));
    dbus_message_unref(call);
  }
  dbus_connection_flush(f->a);
  dbus_bus_name_has_owner(f->a, "a.b", NULL); /* by now the bus has passed them on */
  test_process_stop(f->bus.pid);
  for (int i = 0; i < 500; i++) {
    g_main_context_iteration(NULL, FALSE);
    g_usleep(1000);
  }
  assert_int_equal(loop_backlog(f->b), LOOP_BLOCKED);
  assert_in_range(answers, 32, 36);
  test_process_go(f->bus.pid);
  run_until(&answers, 50);
  while (loop_backlog(f->b) != LOOP_FREE)
    g_main_context_iteration(NULL, TRUE);
  dbus_connection_remove_filter(f->b, answer_large, &answers);
}

/* Some kilooctets that wait are few, and more than 16 too many; the socket holds little of it. All
 * of it arrives. */
static void test_backlog(void **state)
{
  struct fixture *f = *state;
  char text[1024] = "";
  int sent = 0, fd, buffer;
  socklen_t size = sizeof buffer;

  memset(text, 'x', sizeof text - 1);
  assert_true(dbus_connection_get_socket(f->a, &fd));
  assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &size), 0);
  assert_in_range(buffer, 4 << 10, 64 << 10);
  test_process_stop(f->bus.pid);
  while (loop_backlog(f->a) == LOOP_FREE && sent < 1000) {
    DBusMessage *call = call_to(f->b);
    const char *argument = text;

    dbus_message_append_args(call, DBUS_TYPE_STRING, &argument, DBUS_TYPE_INVALID);
    assert_true(dbus_connection_send(f->a, call, NULL));
    dbus_message_unref(call);
    sent++;
  }
  assert_int_equal(loop_backlog(f->a), LOOP_CONGESTED);
  assert_in_range(sent, 16, 16 + 64);
  test_process_go(f->bus.pid);
  while (dbus_connection_get_outgoing_size(f->a) > 0)
    g_main_context_iteration(NULL, TRUE);
  assert_int_equal(loop_backlog(f->a), LOOP_FREE);
}

/* What will never be sent is nothing to wait for. */
static void test_congested_end(void **state)
{
  struct fixture *f = *state;
  DBusMessage *call = call_to(f->b);
  uint8_t *octets = g_malloc0(20 << 20);

  assert_true(dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &octets, 20 << 20,
                                       DBUS_TYPE_INVALID));
  test_process_stop(f->bus.pid);
  assert_true(dbus_connection_send(f->a, call, NULL));
  assert_int_equal(loop_backlog(f->a), LOOP_BLOCKED);
  test_bus_kill(&f->bus);
  for (int i = 0; i < 1000 && dbus_connection_get_is_connected(f->a); i++) {
    g_main_context_iteration(NULL, FALSE);
    g_usleep(1000);
  }
  assert_int_equal(loop_backlog(f->a), LOOP_FREE);
  dbus_message_unref(call);
  g_free(octets);
}

/* What was read before the loop was attached is dispatched, too. */
static void test_attached_late(void **state)
{
  struct fixture *f = *state;
  DBusMessage *call = call_to(f->b);
  unsigned calls = 0;

  loop_detach(f->b);
  dbus_message_set_no_reply(call, TRUE);
  assert_true(dbus_connection_send(f->a, call, NULL));
  dbus_connection_flush(f->a);
  for (int i = 0;
       i < 100 && dbus_connection_get_dispatch_status(f->b) != DBUS_DISPATCH_DATA_REMAINS; i++)
    assert_true(dbus_connection_read_write(f->b, 100));
  dbus_connection_add_filter(f->b, count_calls, &calls, NULL);
  assert_true(loop_attach(f->b));
  run_until(&calls, 1);
  dbus_connection_remove_filter(f->b, count_calls, &calls);
  dbus_message_unref(call);
}

static DBusHandlerResult count_end(DBusConnection *connection, DBusMessage *message, void *data)
{
  (void)connection;
  *(unsigned *)data += dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected");
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

/* The bus's end is told as it is to any program that dispatches. */
static void test_bus_ends(void **state)
{
  struct fixture *f = *state;
  unsigned ends = 0;

  dbus_connection_add_filter(f->a, count_end, &ends, NULL);
  test_bus_kill(&f->bus);
  run_until(&ends, 1);
  assert_false(dbus_connection_get_is_connected(f->a));
  dbus_connection_remove_filter(f->a, count_end, &ends);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_round_trips),       TEST(test_large),         TEST(test_timeout),
      TEST(test_others_take_turns), TEST(test_attached_late), TEST(test_bus_ends),
      TEST(test_congested),         TEST(test_backlog),       TEST(test_congested_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
