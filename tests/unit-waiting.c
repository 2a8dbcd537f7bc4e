/* Callers of Put whose operations are being applied.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/waiting.h"

#include "daemon/dispatch.h"
#include "tests/lobby.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct fixture {
  struct strata *strata;
  struct lobby lobby;
  struct waiting *waiting;
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  void *strata;

  strata_setup(&strata);
  f->strata = strata;
  lobby_open(&f->lobby, f->strata);
  f->waiting = waiting_new(f->lobby.daemon);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;
  void *strata = f->strata;

  waiting_free(f->waiting);
  lobby_close(&f->lobby);
  strata_teardown(&strata);
  g_free(f);
  return 0;
}

/* Somebody waits for an operation, who was warned of something or not; the call's number. */
static dbus_uint32_t add(struct fixture *f, uint64_t operation, const char *warning)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  DBusMessage *reply = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);

  if (warning != NULL)
    g_ptr_array_add(warnings, g_strdup(warning));
  assert_true(dbus_message_set_destination(reply, dbus_bus_get_unique_name(f->lobby.caller)) &&
              dbus_message_set_reply_serial(reply, ++f->lobby.serial));
  waiting_add(f->waiting, operation, dispatch_keep(reply), warnings);
  dbus_message_unref(reply);
  return f->lobby.serial;
}

static void end_operation(struct fixture *f, uint64_t operation, uint64_t changed)
{
  const struct store_applied applied = {.operation = operation, .changed = changed, .over = true};

  waiting_over(f->waiting, &applied);
}

/* Who waits for another one goes on waiting. */
static void test_over(void **state)
{
  struct fixture *f = *state;
  dbus_uint32_t first, other, second;

  assert_false(waiting_any(f->waiting));
  first = add(f, 5, NULL);
  other = add(f, 6, NULL);
  second = add(f, 5, "entry 1: so it is");
  end_operation(f, 7, 1);
  end_operation(f, 5, 3);
  lobby_expect_answer(&f->lobby, second, "5\n3\nentry 1: so it is\n");
  lobby_expect_answer(&f->lobby, first, "5\n3\n\n");
  assert_true(waiting_any(f->waiting));
  end_operation(f, 6, 1);
  lobby_expect_answer(&f->lobby, other, "6\n1\n\n");
  assert_false(waiting_any(f->waiting));
}

/* An operation that changed nothing isn't in the journal. */
static void test_nothing_changed(void **state)
{
  struct fixture *f = *state;
  const struct store_applied dropped = {.operation = 5, .dropped = 1, .over = true};
  struct store_change change = waiting_change(&dropped);

  assert_true(change.operation == 5 && change.changed == 0);
  add(f, 5, NULL);
  end_operation(f, 5, 0);
  lobby_expect_answer(&f->lobby, f->lobby.serial, "0\n0\n\n");
}

/* What was found only as it was applied is said after what was known before. */
static void test_left_out(void **state)
{
  struct fixture *f = *state;
  const struct store_applied applied = {.operation = 5, .changed = 2, .left_out = 1, .over = true};
  g_auto(GStrv) lines = NULL;
  char *text;

  add(f, 5, "entry 1: so it is");
  waiting_over(f->waiting, &applied);
  text = lobby_answer(&f->lobby, f->lobby.serial);
  lines = g_strsplit(text, "\n", -1);
  assert_string_equal(lines[0], "5");
  assert_string_equal(lines[1], "2");
  assert_true(g_str_has_prefix(lines[2], "entry 1: so it is"));
  assert_non_null(strstr(text, "1 entry was left out"));
  free(text);
}

static void test_failed(void **state)
{
  struct fixture *f = *state;
  dbus_uint32_t first = add(f, 5, NULL), second = add(f, 6, "entry 1: so it is");

  waiting_failed(f->waiting, TLSPIN_UNAVAILABLE, "The disk is full.");
  assert_false(waiting_any(f->waiting));
  lobby_expect_error(&f->lobby, first, "Unavailable", "The disk is full.");
  lobby_expect_error(&f->lobby, second, "Unavailable", "The disk is full.");
  waiting_failed(f->waiting, TLSPIN_UNAVAILABLE, "nobody hears it");
}

/* What the daemon leaves behind, which nobody is told of but by its end; and one without a bus. */
static void test_ends(void **state)
{
  struct fixture *f = *state;

  add(f, 5, "entry 1: so it is");
  waiting_free(f->waiting);
  f->waiting = waiting_new(NULL);
  add(f, 5, NULL);
  add(f, 6, NULL);
  end_operation(f, 5, 1);
  waiting_failed(f->waiting, TLSPIN_UNAVAILABLE, NULL);
  assert_false(waiting_any(f->waiting));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_over), TEST(test_nothing_changed), TEST(test_left_out), TEST(test_failed),
      TEST(test_ends),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
