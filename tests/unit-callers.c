/* Those who call over a bus: who they are said to be, and how long they are remembered.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/callers.h"

#include "daemon/loop.h"
#include "daemon/quota.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

struct fixture {
  struct test_bus bus;
  DBusConnection *connection; /* the daemon's */
  DBusConnection *client;
  struct callers *callers;
  unsigned told, dropped;
  struct caller *last; /* that was told of */
};

static void on_told(void *data, struct caller *caller)
{
  struct fixture *f = data;

  f->told++;
  f->last = caller;
}

static struct fixture *the_fixture;

static void drop(void *call)
{
  the_fixture->dropped++;
  g_free(call);
}

static void open_callers(struct fixture *f, const char *proc)
{
  f->callers = callers_new(f->connection, proc, on_told, drop, f);
  dbus_bus_name_has_owner(f->connection, "a.b", NULL); /* by now the bus tells who leaves */
}

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  the_fixture = f;
  test_bus_start(&f->bus, NULL);
  f->connection = test_bus_join(&f->bus);
  assert_true(loop_attach(f->connection));
  f->client = test_bus_join(&f->bus);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  if (f->callers != NULL)
    callers_free(f->callers);
  loop_detach(f->connection);
  test_bus_leave(f->connection);
  if (f->client != NULL)
    test_bus_leave(f->client);
  test_bus_free(&f->bus);
  g_free(f);
  return 0;
}

static gboolean on_late(gpointer data)
{
  *(bool *)data = true;
  return G_SOURCE_CONTINUE;
}

static void run_until_told(struct fixture *f, unsigned count)
{
  bool late = false;
  guint timer = g_timeout_add(PATIENCE_MS, on_late, &late);

  while (f->told < count && !late)
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(timer);
  assert_int_equal(f->told, count);
}

static void run_until_count(struct fixture *f, guint count)
{
  bool late = false;
  guint timer = g_timeout_add(PATIENCE_MS, on_late, &late);

  while (callers_count(f->callers) != count && !late)
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(timer);
  assert_int_equal(callers_count(f->callers), count);
}

static const char *name_of(DBusConnection *connection)
{
  return dbus_bus_get_unique_name(connection);
}

static void leave(struct fixture *f)
{
  test_bus_leave(f->client);
  f->client = NULL;
}

/* What /proc says of this test, which may itself run in what looks like a sandbox. */
static enum caller_kind own_kind(void)
{
  const struct caller_credentials told = {true, getuid(), getpid(), ""};

  return caller_identify(&told, getuid(), "/proc");
}

/* It is asked about once, however often it calls. */
static void test_known(void **state)
{
  struct fixture *f = *state;
  struct caller *caller;

  open_callers(f, "/proc");
  caller = callers_get(f->callers, name_of(f->client));
  assert_false(caller->known);
  assert_ptr_equal(callers_get(f->callers, name_of(f->client)), caller);
  run_until_told(f, 1);
  assert_ptr_equal(f->last, caller);
  assert_true(caller->known);
  assert_int_equal(caller->process, getpid());
  assert_int_equal(caller->kind, own_kind());
  assert_int_not_equal(caller->kind, CALLER_FOREIGN);
  assert_ptr_equal(callers_get(f->callers, name_of(f->client)), caller);
  assert_int_equal(f->told, 1);
  assert_int_equal(callers_count(f->callers), 1);
}

static void test_leaves(void **state)
{
  struct fixture *f = *state;

  open_callers(f, "/proc");
  callers_get(f->callers, name_of(f->client));
  run_until_told(f, 1);
  leave(f);
  run_until_count(f, 0);
}

/* Who has left with calls still waiting is kept until they are served, also where it wasn't known
 * yet. */
static void test_leaves_with_calls(void **state)
{
  struct fixture *f = *state;
  g_autofree char *name = g_strdup(name_of(f->client));
  struct caller *caller;

  open_callers(f, "/proc");
  caller = callers_get(f->callers, name);
  g_queue_push_tail(&caller->calls, g_strdup("a call"));
  leave(f);
  run_until_told(f, 1);
  while (!caller->gone)
    g_main_context_iteration(NULL, TRUE);
  assert_int_equal(callers_count(f->callers), 1);
  g_free(g_queue_pop_head(&caller->calls));
  callers_idle(caller);
  assert_int_equal(callers_count(f->callers), 0);
}

/* Who never was, or left before it could be asked about. */
static void test_not_there(void **state)
{
  struct fixture *f = *state;

  open_callers(f, "/proc");
  callers_get(f->callers, ":47.11");
  run_until_told(f, 1);
  assert_true(f->last->known);
  assert_int_equal(f->last->kind, CALLER_UNKNOWN);
  assert_int_equal(f->last->process, 0);
  callers_get(f->callers, "no name");
  run_until_told(f, 2);
  assert_int_equal(f->last->kind, CALLER_UNKNOWN);
}

/* The numbers of processes are not those of this /proc: nothing that it says counts. */
static void test_other_proc(void **state)
{
  struct fixture *f = *state;

  open_callers(f, f->bus.dir);
  callers_get(f->callers, name_of(f->client));
  run_until_told(f, 1);
  assert_int_equal(f->last->kind, CALLER_UNKNOWN);
}

/* What waits at the end is dropped. */
static void test_end(void **state)
{
  struct fixture *f = *state;
  struct caller *caller;

  open_callers(f, "/proc");
  caller = callers_get(f->callers, name_of(f->client));
  g_queue_push_tail(&caller->calls, g_strdup("a call"));
  g_queue_push_tail(&caller->calls, g_strdup("a call"));
  callers_free(f->callers);
  f->callers = NULL;
  assert_int_equal(f->dropped, 2);
  assert_int_equal(f->told, 0);
}

static void test_bus_is_silent(void **state)
{
  struct fixture *f = *state;

  open_callers(f, "/proc");
  test_process_stop(f->bus.pid);
  callers_get(f->callers, name_of(f->client));
  run_until_told(f, 1);
  assert_int_equal(f->last->kind, CALLER_UNKNOWN);
  test_process_go(f->bus.pid);
}

static void test_bus_ends(void **state)
{
  struct fixture *f = *state;

  open_callers(f, "/proc");
  callers_get(f->callers, name_of(f->client));
  test_bus_kill(&f->bus);
  run_until_told(f, 1);
  callers_get(f->callers, ":1.99"); /* and afterwards */
  run_until_told(f, 2);
  assert_int_equal(f->last->kind, CALLER_UNKNOWN);
}

/* Any number of names: those that have called lately are remembered, and those with calls that
 * wait, whenever that was. */
static void test_bounded(void **state)
{
  struct fixture *f = *state;
  struct caller *busy;

  open_callers(f, "/proc");
  busy = callers_get(f->callers, name_of(f->client));
  g_queue_push_tail(&busy->calls, g_strdup("a call"));
  for (int i = 0; i < QUOTA_CALLERS + 1000; i++) {
    g_autofree char *name = g_strdup_printf(":9.%d", i);

    assert_non_null(callers_get(f->callers, name));
    assert_true(callers_count(f->callers) <= QUOTA_CALLERS);
  }
  assert_ptr_equal(callers_get(f->callers, name_of(f->client)), busy);
  run_until_told(f, QUOTA_CALLERS);
}

static void test_all_busy(void **state)
{
  struct fixture *f = *state;

  open_callers(f, "/proc");
  for (int i = 0; i < QUOTA_CALLERS; i++) {
    g_autofree char *name = g_strdup_printf(":9.%d", i);

    g_queue_push_tail(&callers_get(f->callers, name)->calls, g_strdup("a call"));
  }
  assert_null(callers_get(f->callers, name_of(f->client)));
  drop(g_queue_pop_head(&callers_get(f->callers, ":9.500")->calls));
  assert_non_null(callers_get(f->callers, name_of(f->client)));
  assert_int_equal(callers_count(f->callers), QUOTA_CALLERS);
}

/* Only the bus says who has left. */
static void test_forged(void **state)
{
  struct fixture *f = *state;
  DBusConnection *forger = test_bus_join(&f->bus);
  const char *name = name_of(f->client), *nobody = "";
  DBusMessage *signal =
      dbus_message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NameOwnerChanged");

  open_callers(f, "/proc");
  callers_get(f->callers, name);
  run_until_told(f, 1);
  assert_true(dbus_message_append_args(signal, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &name,
                                       DBUS_TYPE_STRING, &nobody, DBUS_TYPE_INVALID));
  assert_true(dbus_message_set_destination(signal, name_of(f->connection)));
  dbus_connection_send(forger, signal, NULL);
  dbus_connection_flush(forger);
  callers_get(f->callers, name_of(forger)); /* is answered behind it */
  run_until_told(f, 2);
  assert_int_equal(callers_count(f->callers), 2);
  dbus_message_unref(signal);
  test_bus_leave(forger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_known),         TEST(test_leaves),   TEST(test_leaves_with_calls),
      TEST(test_not_there),     TEST(test_end),      TEST(test_other_proc),
      TEST(test_bus_is_silent), TEST(test_bus_ends), TEST(test_bounded),
      TEST(test_all_busy),      TEST(test_forged),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
