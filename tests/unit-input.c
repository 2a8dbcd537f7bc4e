/* All of a file, or of standard input.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static int setup(void **state)
{
  (void)state;
  dir = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  return dir != NULL ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  g_rmdir(dir);
  g_free(dir);
  return 0;
}

static void assert_read(const char *path, int input, const void *expected, size_t size)
{
  g_autofree char *problem = NULL;
  g_autoptr(GBytes) bytes = input_read(path, input, &problem);
  struct span octets;

  if (bytes == NULL)
    fail_msg("%s", problem);
  octets = input_span(bytes);
  assert_int_equal(octets.size, size);
  if (size > 0)
    assert_memory_equal(octets.data, expected, size);
}

static void assert_refused(const char *path, int input, const char *expected)
{
  g_autofree char *problem = NULL;

  assert_null(input_read(path, input, &problem));
  if (strstr(problem, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, problem);
}

static void test_file(void **state)
{
  g_autofree char *path = g_build_filename(dir, "file", NULL);
  g_autofree char *large = g_strnfill(3000000, 'x');

  (void)state;
  assert_true(g_file_set_contents(path, "a\0b", 3, NULL));
  assert_read(path, -1, "a\0b", 3);
  assert_true(g_file_set_contents(path, "", 0, NULL));
  assert_read(path, -1, "", 0);
  assert_true(g_file_set_contents(path, large, 3000000, NULL));
  assert_read(path, -1, large, 3000000);
  g_unlink(path);
}

static void test_standard_input(void **state)
{
  int ends[2];

  (void)state;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "abc", 3), 3);
  close(ends[1]);
  assert_read("-", ends[0], "abc", 3);
  assert_int_equal(fcntl(ends[0], F_GETFD), 0); /* it is the caller's */
  close(ends[0]);
}

static void test_refused(void **state)
{
  g_autofree char *missing = g_build_filename(dir, "missing", NULL);

  (void)state;
  assert_refused(missing, -1, "missing' can't be read: No such file or directory.");
  assert_refused(dir, -1, "can't be read: Is a directory.");
  assert_refused("-", -1, "Standard input can't be read: Bad file descriptor.");
}

/* A file that is not to be large is not read to its end, if it has one. */
static void test_small(void **state)
{
  g_autofree char *path = g_build_filename(dir, "small", NULL), *problem = NULL, *large = NULL;
  g_autofree char *exact = g_strnfill(1 << 20, 'x');
  GBytes *bytes;

  (void)state;
  assert_true(g_file_set_contents(path, exact, 1 << 20, NULL));
  bytes = input_read_small(path, 1 << 20, &problem);
  assert_non_null(bytes);
  assert_int_equal(g_bytes_get_size(bytes), 1 << 20);
  g_bytes_unref(bytes);
  g_unlink(path);
  assert_null(input_read_small("/dev/zero", 2 << 20, &large));
  assert_string_equal(large, "'/dev/zero' has more than 2 MiB. Name a file with only what is "
                             "needed.");
  assert_null(input_read_small(dir, 1 << 20, &problem));
  assert_non_null(strstr(problem, "Is a directory."));
}

static void test_name_is_clean(void **state)
{
  (void)state;
  assert_refused("/nowhere/\xff", -1, "can't be read");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_file, setup, teardown),
      cmocka_unit_test(test_standard_input),
      cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(test_small, setup, teardown),
      cmocka_unit_test(test_name_is_clean),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
