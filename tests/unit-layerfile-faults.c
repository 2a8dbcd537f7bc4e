/* Making the file of a system layer where a call fails.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/misstep.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 2 };

MISFIRE(int, g_mkstemp_full, (char *template, int flags, int mode), (template, flags, mode), -1)

/* A layer as it was before, which must be there whatever fails; and one that is to take its place,
 * with something in each of its tables. */
struct fixture {
  struct stores *stores;
  struct ticket_row old, tickets[ROWS];
  struct keypin pins[ROWS];
  struct setting_row settings[ROWS];
  struct layer_contents contents;
};

static void write_old(struct fixture *fixture)
{
  const struct layer_contents contents = {.ticket_count = 1, .tickets = &fixture->old};
  char *problem = NULL;

  assert_int_equal(store_write_layer(fixture->stores->layer, &contents, &problem), TLSPIN_OK);
}

static int setup(void **state)
{
  struct fixture *fixture = g_new0(struct fixture, 1);

  stores_setup(state);
  fixture->stores = *state;
  *state = fixture;
  fixture->old = stores_row(9);
  for (int i = 0; i < ROWS; i++) {
    fixture->tickets[i] = stores_row(i);
    fixture->pins[i] = stores_pin(i);
  }
  fixture->settings[0] = (struct setting_row){"learn", "no", false};
  fixture->settings[1] = (struct setting_row){"level", "leaf", true};
  fixture->contents = (struct layer_contents){.ticket_count = ROWS,
                                              .tickets = fixture->tickets,
                                              .pin_count = ROWS,
                                              .pins = fixture->pins,
                                              .setting_count = ROWS,
                                              .settings = fixture->settings};
  write_old(fixture);
  return 0;
}

static int teardown(void **state)
{
  struct fixture *fixture = *state;
  void *stores = fixture->stores;

  g_free(fixture);
  return stores_teardown(&stores);
}

/* The only file of the folder is the layer, and it is the old one, or the new one. */
static void expect_layer(struct fixture *fixture, bool old)
{
  struct stores *stores = fixture->stores;
  g_autoptr(GDir) dir = g_dir_open(stores->folder, 0, NULL);
  struct store *store = NULL;
  char *problem = NULL;

  assert_string_equal(g_dir_read_name(dir), strrchr(stores->layer, '/') + 1);
  assert_null(g_dir_read_name(dir));
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  if (old)
    stores_expect(store, &fixture->old);
  else
    stores_expect_none(store, &fixture->old.peer);
  store_close(store);
}

static void refuse(struct fixture *fixture, enum tlspin_code expected, const char *words)
{
  char *problem = NULL;
  enum tlspin_code code = store_write_layer(fixture->stores->layer, &fixture->contents, &problem);

  assert_int_equal(code, expected);
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    fail_msg("%s", problem);
  g_free(problem);
}

/* Each call of SQLite fails once: to open the file, to bring it into form, to put each row, to
 * commit. */
static void test_failing_calls(void **state)
{
  struct fixture *fixture = *state;
  char *problem = NULL;
  unsigned calls = 0;
  bool failed = true;

  while (failed) {
    misstep_after(calls++);
    if (store_write_layer(fixture->stores->layer, &fixture->contents, &problem) != TLSPIN_OK) {
      failed = misstep_end();
      assert_true(failed);
      if (strstr(problem, "can't be written: ") == NULL)
        fail_msg("call %u: %s", calls, problem);
      expect_layer(fixture, true);
    } else {
      failed = misstep_end();
      assert_null(problem);
      expect_layer(fixture, false); /* what failed made no difference */
      write_old(fixture);
    }
    g_clear_pointer(&problem, g_free);
  }
  assert_true(calls > 20);
}

static void test_no_file(void **state)
{
  g_mkstemp_full_misfire = (struct misfire){.call = 1, .error = EACCES};
  refuse(*state, TLSPIN_UNAVAILABLE, "No file can be made in the folder");
  assert_int_equal(g_mkstemp_full_misfire.done, 1);
  expect_layer(*state, true);
}

static void note(size_t done, size_t all, void *data)
{
  size_t *told = data;

  assert_int_equal(all, STORES_ROWS);
  assert_int_equal(done, all);
  ++*told;
}

/* Of tickets, too, it is told how far it is; and no descriptor stays open. */
static void test_progress(void **state)
{
  static struct ticket_row rows[STORES_ROWS];
  struct fixture *fixture = *state;
  int lowest = descriptors_lowest();
  size_t told = 0;
  char *problem = NULL;

  for (int i = 0; i < STORES_ROWS; i++)
    rows[i] = stores_row(i);
  fixture->contents = (struct layer_contents){
      .ticket_count = STORES_ROWS, .tickets = rows, .progress = note, .data = &told};
  assert_int_equal(store_write_layer(fixture->stores->layer, &fixture->contents, &problem),
                   TLSPIN_OK);
  assert_int_equal(told, 2); /* after 1024, and at the end */
  assert_int_equal(descriptors_lowest(), lowest);
}

/* After a row that is refused none of the others is looked at. */
static void test_refused(void **state)
{
  struct fixture *fixture = *state;

  fixture->settings[1].name = "Level";
  refuse(fixture, TLSPIN_E_ARGUMENT, "'Level'");
  fixture->pins[1] = fixture->pins[0];
  refuse(fixture, TLSPIN_E_ARGUMENT, "two entries for 'host-0000.example");
  fixture->tickets[1] = fixture->tickets[0];
  refuse(fixture, TLSPIN_E_ARGUMENT, "two entries for 'host-0000.example'");
  expect_layer(fixture, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(test_failing_calls), TEST(test_no_file),
                                     TEST(test_refused), TEST(test_progress)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
