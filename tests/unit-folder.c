/* Tests of daemon/folder.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/folder.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

enum { ROUNDS = 300, TICK = 20000 /* us; the longest of a kernel is 10000 */ };

static GString *note(const char *path, bool *settled)
{
  GString *text = g_string_new(NULL);

  *settled = folder_note(path, text);
  return text;
}

/* Once the tick is over another text tells of every change, and the same of none. */
static void test_settled(void **state)
{
  struct stores *stores = *state;
  g_autofree char *file = stores_beside(stores, "file");
  GString *before, *same, *after;
  bool settled;

  g_usleep(TICK);
  before = note(stores->home, &settled);
  assert_true(settled);
  same = note(stores->home, &settled);
  assert_true(settled && g_string_equal(before, same));
  stores_write(file, 0, "x", 1);
  after = note(stores->home, &settled);
  assert_false(g_string_equal(before, after));
  g_string_free(before, TRUE);
  g_string_free(same, TRUE);
  g_string_free(after, TRUE);
}

/* Where two changes have the same text the first one was called unsettled. */
static void test_same_tick(void **state)
{
  struct stores *stores = *state;
  g_autofree char *file = stores_beside(stores, "file");
  unsigned unsettled = 0;

  for (int i = 0; i < ROUNDS; i++) {
    GString *first, *second;
    bool settled, later;

    stores_write(file, 0, "x", 1);
    first = note(stores->home, &settled);
    assert_int_equal(g_unlink(file), 0);
    second = note(stores->home, &later);
    assert_true(!settled || !g_string_equal(first, second));
    unsettled += !settled;
    g_string_free(first, TRUE);
    g_string_free(second, TRUE);
  }
  assert_true(unsettled > 0);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  g_autofree char *none = stores_beside(stores, "none");
  GString *text;
  bool settled;

  text = note(none, &settled);
  assert_true(settled);
  assert_string_equal(text->str, "-\n");
  g_string_free(text, TRUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_settled),
      TEST(test_same_tick),
      TEST(test_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
