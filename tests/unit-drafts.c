/* Whose the drafts are, and how it is noticed that a caller has left the bus.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/drafts.h"

#include "daemon/loop.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <unistd.h>

enum { CALLERS = 2, PATIENCE_MS = 20000 };

struct fixture {
  struct test_bus bus;
  DBusConnection *connection; /* the daemon's */
  DBusConnection *callers[CALLERS];
  struct drafts *drafts;
  GString *left; /* the operations whose callers have left */
};

static void leave(DBusConnection **connection)
{
  if (*connection == NULL)
    return;
  test_bus_leave(*connection);
  *connection = NULL;
}

static void on_left(void *data, uint64_t operation)
{
  struct fixture *f = data;

  assert_false(drafts_has(f->drafts, dbus_bus_get_unique_name(f->connection), operation));
  g_string_append_printf(f->left, "%" G_GUINT64_FORMAT " ", operation);
}

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  test_bus_start(&f->bus, NULL);
  f->connection = test_bus_join(&f->bus);
  assert_true(loop_attach(f->connection));
  for (int i = 0; i < CALLERS; i++)
    f->callers[i] = test_bus_join(&f->bus);
  f->drafts = drafts_new(f->connection, on_left, f);
  f->left = g_string_new(NULL);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  drafts_free(f->drafts);
  for (int i = 0; i < CALLERS; i++)
    leave(&f->callers[i]);
  loop_detach(f->connection);
  leave(&f->connection);
  test_bus_free(&f->bus);
  g_string_free(f->left, TRUE);
  g_free(f);
  return 0;
}

static const char *name_of(struct fixture *f, int i)
{
  return dbus_bus_get_unique_name(f->callers[i]);
}

static gboolean on_late(gpointer data)
{
  *(bool *)data = true;
  return G_SOURCE_REMOVE;
}

/* Lets the main loop run until this is what was told. */
static void expect_left(struct fixture *f, const char *expected)
{
  bool late = false;
  guint timer = g_timeout_add(PATIENCE_MS, on_late, &late);

  while (!late && g_strcmp0(f->left->str, expected) != 0)
    g_main_context_iteration(NULL, TRUE);
  assert_string_equal(f->left->str, expected);
  g_source_remove(timer);
}

/* Long enough for whatever is to be told. */
static void run(struct fixture *f)
{
  DBusMessage *call =
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId");
  DBusPendingCall *pending;

  assert_true(dbus_connection_send_with_reply(f->connection, call, &pending, PATIENCE_MS));
  while (!dbus_pending_call_get_completed(pending))
    g_main_context_iteration(NULL, TRUE);
  dbus_pending_call_unref(pending);
  dbus_message_unref(call);
}

static void test_leaving(void **state)
{
  struct fixture *f = *state;

  assert_false(drafts_any(f->drafts));
  drafts_begin(f->drafts, name_of(f, 0), 7);
  drafts_begin(f->drafts, name_of(f, 0), 8);
  drafts_begin(f->drafts, name_of(f, 1), 9);
  run(f);
  assert_string_equal(f->left->str, "");
  assert_true(drafts_any(f->drafts));
  leave(&f->callers[0]);
  expect_left(f, "7 8 ");
  assert_true(drafts_any(f->drafts));
  leave(&f->callers[1]);
  expect_left(f, "7 8 9 ");
  assert_false(drafts_any(f->drafts));
}

/* Before the bus knows that we want to be told. */
static void test_left_already(void **state)
{
  struct fixture *f = *state;
  g_autofree char *name = g_strdup(name_of(f, 0));

  leave(&f->callers[0]);
  drafts_begin(f->drafts, name, 7);
  expect_left(f, "7 ");
  assert_false(drafts_any(f->drafts));
}

static void test_ended(void **state)
{
  struct fixture *f = *state;
  g_autofree char *name = g_strdup(name_of(f, 0));

  drafts_begin(f->drafts, name, 7);
  drafts_begin(f->drafts, name, 8);
  drafts_end(f->drafts, 7);
  drafts_end(f->drafts, 99);
  assert_false(drafts_has(f->drafts, name, 7));
  assert_true(drafts_has(f->drafts, name, 8));
  leave(&f->callers[0]);
  expect_left(f, "8 ");
}

/* Whoever began it: another caller's word doesn't make it his. */
static void test_whose(void **state)
{
  struct fixture *f = *state;

  drafts_begin(f->drafts, name_of(f, 0), 7);
  drafts_begin(f->drafts, name_of(f, 1), 7);
  assert_true(drafts_has(f->drafts, name_of(f, 0), 7));
  assert_false(drafts_has(f->drafts, name_of(f, 1), 7));
  assert_false(drafts_has(f->drafts, NULL, 7));
  leave(&f->callers[1]);
  run(f);
  assert_string_equal(f->left->str, "");
  leave(&f->callers[0]);
  expect_left(f, "7 ");
}

/* Only the bus itself says who is there. */
static void test_forged(void **state)
{
  struct fixture *f = *state;
  const char *name = name_of(f, 0), *none = "";
  DBusMessage *signal =
      dbus_message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NameOwnerChanged");

  drafts_begin(f->drafts, name, 7);
  assert_true(dbus_message_append_args(signal, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &name,
                                       DBUS_TYPE_STRING, &none, DBUS_TYPE_INVALID));
  assert_true(dbus_message_set_destination(signal, dbus_bus_get_unique_name(f->connection)));
  assert_true(dbus_connection_send(f->callers[1], signal, NULL));
  dbus_connection_flush(f->callers[1]);
  dbus_message_unref(signal);
  run(f);
  run(f);
  assert_string_equal(f->left->str, "");
  assert_true(drafts_has(f->drafts, name, 7));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_leaving, setup, teardown),
      cmocka_unit_test_setup_teardown(test_left_already, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
      cmocka_unit_test_setup_teardown(test_whose, setup, teardown),
      cmocka_unit_test_setup_teardown(test_forged, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
