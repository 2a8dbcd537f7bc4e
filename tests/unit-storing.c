/* Storing what a command names (tools/storing.c); what is said after that is in the tests with a
 * bus. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/storing.h"

#include "tests/said.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <unistd.h>

/* Without a bus nothing is stored, and that is said. */
static void test_store(void **state)
{
  static char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  char *texts[] = {key, NULL};
  char bus[] = "unix:path=/nonexistent/nobody";
  const struct edit_keys keys = {.texts = texts};
  struct edit model = {.record = {.status = "critical"}};
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  struct capture capture;

  (void)state;
  assert_int_equal(edit_read_place("localhost:9", &model), STATUS_FINE);
  assert_int_equal(edit_keys_read(&keys, "localhost:9", &model, edits), STATUS_FINE);
  shared_options.bus = bus;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(storing_run(edits, "done"), STATUS_STORE);
  assert_said(&capture, "nobody");
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(storing_put(&keys, "localhost:9", &model, "done"), STATUS_STORE);
  assert_said(&capture, "nobody");
  shared_options.bus = NULL;
}

/* What can't be read is not brought to the store. */
static void test_put_refused(void **state)
{
  const struct edit_keys none = {.texts = NULL};
  struct edit model = {.record = {.status = "critical"}};
  char bus[] = "unix:path=/nonexistent/nobody";
  struct capture capture;

  (void)state;
  assert_int_equal(edit_read_place("localhost:9", &model), STATUS_FINE);
  shared_options.bus = bus;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(storing_put(&none, "localhost:9", &model, "done"), STATUS_USAGE);
  assert_said(&capture, "A key is missing");
  shared_options.bus = NULL;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store),
      cmocka_unit_test(test_put_refused),
  };

  setlocale(LC_ALL, "C.UTF-8");
  g_set_prgname("test");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
