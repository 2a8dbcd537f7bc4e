/* The names on the bus: taken, shared out between two daemons, given back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/presence.h"

#include "daemon/loop.h"
#include "dbus/names.h"
#include "tests/looped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { PATIENCE_MS = 20000, DAEMONS = 3 };

/* One of several daemons on the same bus. */
struct daemon {
  DBusConnection *pins, *admin;
  struct presence *presence;
  unsigned overs;
  char why[64];
};

struct fixture {
  struct test_bus bus;
  struct daemon daemons[DAEMONS];
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  test_bus_start(&f->bus, NULL);
  for (int i = 0; i < DAEMONS; i++) {
    f->daemons[i].pins = looped_join(&f->bus);
    f->daemons[i].admin = looped_join(&f->bus);
  }
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  for (int i = 0; i < DAEMONS; i++) {
    struct daemon *daemon = &f->daemons[i];

    if (daemon->presence != NULL)
      presence_free(daemon->presence);
    looped_leave(daemon->pins);
    looped_leave(daemon->admin);
  }
  assert_false(g_main_context_pending(NULL));
  test_bus_free(&f->bus);
  g_free(f);
  return 0;
}

static void on_over(void *data, const char *why)
{
  struct daemon *daemon = data;

  daemon->overs++;
  g_strlcpy(daemon->why, why, sizeof daemon->why);
}

static void start(struct fixture *f, int i, uint32_t idle_timeout)
{
  struct daemon *daemon = &f->daemons[i];

  daemon->presence = presence_new(daemon->pins, daemon->admin, idle_timeout, on_over, daemon);
}

static DBusConnection *end_of(struct daemon *daemon, const char *name)
{
  return strcmp(name, BUS_PINS) == 0 ? daemon->pins : daemon->admin;
}

/* Who owns a name, as the bus says, each by the connection that is for it: the number of the
 * daemon, or -1. */
static int owner(struct fixture *f, const char *name)
{
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "GetNameOwner");
  DBusConnection *asker = test_bus_join(&f->bus);
  const char *unique = "";
  DBusMessage *reply;
  int found = -1;

  dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  reply = dbus_connection_send_with_reply_and_block(asker, call, PATIENCE_MS, NULL);
  if (reply != NULL)
    dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &unique, DBUS_TYPE_INVALID);
  for (int i = 0; i < DAEMONS; i++)
    if (strcmp(unique, dbus_bus_get_unique_name(end_of(&f->daemons[i], name))) == 0)
      found = i;
  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_message_unref(call);
  test_bus_leave(asker);
  return found;
}

static gboolean on_tick(gpointer data)
{
  ++*(unsigned *)data;
  return G_SOURCE_CONTINUE;
}

/* Lets the main loop run for some hundredths of a second, or until daemon i is over. */
static void run(struct fixture *f, int i, unsigned hundredths)
{
  unsigned ticks = 0;
  guint timer = g_timeout_add(10, on_tick, &ticks);

  while (ticks < hundredths && (i < 0 || f->daemons[i].overs == 0))
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(timer);
}

static void run_until_owner(struct fixture *f, const char *name, int i)
{
  for (int tries = 0; owner(f, name) != i && tries < 500; tries++)
    run(f, -1, 2);
  assert_int_equal(owner(f, name), i);
}

static void expect_over(struct fixture *f, int i, const char *words)
{
  run(f, i, PATIENCE_MS / 10);
  assert_int_equal(f->daemons[i].overs, 1);
  if (strstr(f->daemons[i].why, words) == NULL)
    fail_msg("%s", f->daemons[i].why);
}

static void test_both_names(void **state)
{
  struct fixture *f = *state;

  assert_int_equal(owner(f, BUS_PINS), -1);
  start(f, 0, 0);
  run_until_owner(f, BUS_PINS, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  assert_int_equal(f->daemons[0].overs, 0);
}

/* The second daemon leaves and disturbs nobody. */
static void test_second_daemon(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  start(f, 1, 0);
  expect_over(f, 1, "another daemon");
  assert_int_equal(owner(f, BUS_PINS), 0);
  assert_int_equal(owner(f, BUS_ADMIN), 0);
  assert_int_equal(f->daemons[0].overs, 0);
  presence_leave(f->daemons[0].presence); /* and nobody inherits from it */
  expect_over(f, 0, "given back");
  assert_int_equal(owner(f, BUS_PINS), -1);
}

static unsigned overs(const struct fixture *f)
{
  unsigned overs = 0;

  for (int i = 0; i < DAEMONS; i++)
    overs += f->daemons[i].overs;
  return overs;
}

/* Of daemons that are started at once exactly one stays, and it has both names. */
static void test_race(void **state)
{
  struct fixture *f = *state;
  int winner = -1;

  for (int i = 0; i < DAEMONS; i++)
    start(f, i, 0);
  for (int i = 0; i < PATIENCE_MS / 10 && overs(f) < DAEMONS - 1; i++)
    run(f, -1, 1);
  run(f, -1, 20);
  for (int i = 0; i < DAEMONS; i++)
    if (f->daemons[i].overs == 0) {
      assert_int_equal(winner, -1);
      winner = i;
    }
  assert_int_not_equal(winner, -1);
  run_until_owner(f, BUS_PINS, winner);
  run_until_owner(f, BUS_ADMIN, winner);
}

static void request_name(struct fixture *f, int i, const char *name)
{
  DBusError error = DBUS_ERROR_INIT;

  assert_int_equal(dbus_bus_request_name(end_of(&f->daemons[i], name), name, 0, &error),
                   DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
}

/* One that is leaving has given the first name back, and not yet the second: its successor waits.
 */
static void test_successor_waits(void **state)
{
  struct fixture *f = *state;

  request_name(f, 1, BUS_ADMIN);
  start(f, 0, 0);
  run_until_owner(f, BUS_PINS, 0);
  run(f, 0, 10);
  assert_int_equal(f->daemons[0].overs, 0);
  assert_int_equal(owner(f, BUS_ADMIN), 1);
  dbus_bus_release_name(f->daemons[1].admin, BUS_ADMIN, NULL);
  run_until_owner(f, BUS_ADMIN, 0);
  assert_int_equal(f->daemons[0].overs, 0);
}

/* After one to two times the idle time without a call, the names are given back. */
static void test_idle(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 1);
  run_until_owner(f, BUS_ADMIN, 0);
  expect_over(f, 0, "given back");
  assert_int_equal(owner(f, BUS_PINS), -1);
  assert_int_equal(owner(f, BUS_ADMIN), -1);
}

/* Calls keep it: over three times the idle time. There is one between any two looks at the time,
 * however slow the machine is. */
static void test_not_idle(void **state)
{
  struct fixture *f = *state;
  unsigned ticks = 0;
  guint timer = g_timeout_add(10, on_tick, &ticks);

  start(f, 0, 1);
  while (ticks < 300) {
    presence_touch(f->daemons[0].presence);
    g_main_context_iteration(NULL, TRUE);
  }
  g_source_remove(timer);
  assert_int_equal(f->daemons[0].overs, 0);
  assert_int_equal(owner(f, BUS_PINS), 0);
  expect_over(f, 0, "given back");
}

/* So does what is under way for a caller, as long as it is. */
static void test_kept(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 1);
  presence_keep(f->daemons[0].presence, true);
  for (int i = 0; i < 30; i++)
    run(f, -1, 10);
  assert_int_equal(f->daemons[0].overs, 0);
  assert_int_equal(owner(f, BUS_PINS), 0);
  presence_keep(f->daemons[0].presence, false);
  expect_over(f, 0, "given back");
}

static DBusHandlerResult answer(DBusConnection *connection, DBusMessage *message, void *data)
{
  DBusMessage *reply;

  if (!dbus_message_is_method_call(message, "a.b", "C"))
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  ++*(unsigned *)data;
  reply = dbus_message_new_method_return(message);
  dbus_connection_send(connection, reply, NULL);
  dbus_message_unref(reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

/* What came before the names were given back is answered before it is over. */
static void test_leave_answers(void **state)
{
  struct fixture *f = *state;
  DBusConnection *client = f->daemons[2].pins;
  unsigned answers = 0;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  dbus_connection_add_filter(f->daemons[0].pins, answer, &answers, NULL);
  for (int i = 0; i < 50; i++) {
    DBusMessage *call = dbus_message_new_method_call(BUS_PINS, "/", "a.b", "C");

    assert_true(dbus_connection_send(client, call, NULL));
    dbus_message_unref(call);
  }
  dbus_connection_flush(client);
  assert_true(owner(f, BUS_PINS) == 0); /* the bus has the calls now: it is asked after them */
  presence_leave(f->daemons[0].presence);
  expect_over(f, 0, "given back");
  assert_int_equal(answers, 50);
  assert_int_equal(owner(f, BUS_PINS), -1);
  assert_int_equal(owner(f, BUS_ADMIN), -1);
  dbus_connection_remove_filter(f->daemons[0].pins, answer, &answers);
}

/* Before the first answer of the bus, too. */
static void test_leave_early(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  presence_leave(f->daemons[0].presence);
  expect_over(f, 0, "given back");
  assert_int_equal(owner(f, BUS_PINS), -1);
  assert_int_equal(owner(f, BUS_ADMIN), -1);
}

/* Told twice, it doesn't wait for a bus that doesn't answer. */
static void test_leave_twice(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  test_process_stop(f->bus.pid);
  presence_leave(f->daemons[0].presence);
  run(f, 0, 20);
  assert_int_equal(f->daemons[0].overs, 0);
  presence_leave(f->daemons[0].presence);
  assert_int_equal(f->daemons[0].overs, 1);
  test_process_go(f->bus.pid);
  run(f, -1, 20);
  assert_int_equal(f->daemons[0].overs, 1);
}

static void test_bus_ends(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  test_bus_kill(&f->bus);
  expect_over(f, 0, "bus is gone");
}

/* The bus was gone before the names could be asked for. */
static void test_no_bus(void **state)
{
  struct fixture *f = *state;

  test_bus_kill(&f->bus);
  run(f, -1, 10);
  start(f, 0, 0);
  expect_over(f, 0, "");
}

/* Nobody takes a name away, but if it is gone there is nothing left to serve. */
static void test_name_lost(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  assert_int_equal(dbus_bus_release_name(f->daemons[0].pins, BUS_PINS, NULL),
                   DBUS_RELEASE_NAME_REPLY_RELEASED);
  expect_over(f, 0, "taken away");
}

static void test_other_name_lost(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  assert_int_equal(dbus_bus_release_name(f->daemons[0].admin, BUS_ADMIN, NULL),
                   DBUS_RELEASE_NAME_REPLY_RELEASED);
  expect_over(f, 0, "taken away");
}

/* One of its connections is not enough. */
static void test_one_connection_ends(void **state)
{
  struct fixture *f = *state;

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  dbus_connection_close(f->daemons[0].admin);
  expect_over(f, 0, "bus is gone");
}

/* A signal of that name from anybody else says nothing. */
static void test_forged_signal(void **state)
{
  struct fixture *f = *state;
  const char *name = BUS_PINS;
  DBusMessage *signal = dbus_message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NameLost");

  start(f, 0, 0);
  run_until_owner(f, BUS_ADMIN, 0);
  dbus_message_append_args(signal, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  dbus_message_set_destination(signal, dbus_bus_get_unique_name(f->daemons[0].pins));
  dbus_connection_send(f->daemons[1].pins, signal, NULL);
  dbus_connection_flush(f->daemons[1].pins);
  run(f, 0, 20);
  assert_int_equal(f->daemons[0].overs, 0);
  dbus_message_unref(signal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_both_names),
      TEST(test_second_daemon),
      TEST(test_race),
      TEST(test_successor_waits),
      TEST(test_idle),
      TEST(test_not_idle),
      TEST(test_kept),
      TEST(test_leave_answers),
      TEST(test_leave_early),
      TEST(test_leave_twice),
      TEST(test_bus_ends),
      TEST(test_no_bus),
      TEST(test_name_lost),
      TEST(test_forged_signal),
      TEST(test_other_name_lost),
      TEST(test_one_connection_ends),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
