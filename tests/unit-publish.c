/* Several files at once: all of them, or none.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/publish.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The call of these that fails, counted from 1; 0: none. */
static int failing, calls;

static bool fails(void)
{
  errno = EIO;
  return failing != 0 && ++calls == failing;
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_link(const char *from, const char *to)
{
  return fails() ? -1 : __real_link(from, to);
}

int __wrap_rename(const char *from, const char *to)
{
  return fails() ? -1 : __real_rename(from, to);
}

int __wrap_fsync(int fd)
{
  return fails() ? -1 : __real_fsync(fd);
}

static void write_file(const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);

  assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int compare_names(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "NAME=CONTENT" of each file of the folder, by name. */
static void expect(const char *folder, const char *expected)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *all = NULL;
  GDir *dir = g_dir_open(folder, 0, NULL);
  const char *name;

  assert_non_null(dir);
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_ptr_array_add(names, g_strdup_printf("%s=%s", name, text));
  }
  g_dir_close(dir);
  g_ptr_array_sort(names, compare_names);
  g_ptr_array_add(names, NULL);
  all = g_strjoinv(" ", (char **)names->pdata);
  assert_string_equal(all, expected);
}

/* Two layers that are there, one of which is replaced and one removed; and a new one. */
static bool publish_three(struct policies *policies, char **problem)
{
  struct publish *publish = publish_begin(policies->layers, problem);
  bool done;

  assert_non_null(publish);
  g_free(*problem);
  *problem = NULL;
  assert_true(g_file_set_contents(publish_add(publish, "a.db"), "new", -1, NULL));
  assert_true(g_file_set_contents(publish_add(publish, "c.db"), "third", -1, NULL));
  publish_drop(publish, "b.db");
  calls = 0;
  done = publish_commit(publish, problem);
  publish_end(publish);
  return done;
}

static void make_two(struct policies *policies)
{
  g_mkdir(policies->layers, 0755);
  write_file(policies->layers, "a.db", "old");
  write_file(policies->layers, "b.db", "gone");
}

static void test_good(void **state)
{
  struct policies *policies = *state;
  g_autofree char *problem = NULL;

  make_two(policies);
  assert_true(publish_three(policies, &problem));
  assert_null(problem);
  expect(policies->layers, "a.db=new c.db=third");
}

/* Whichever call fails: all as before, or all done. */
static void test_faults(void **state)
{
  struct policies *policies = *state;
  int refused = 0;

  for (failing = 1; failing < 10; failing++) {
    g_autofree char *problem = NULL, *third = g_build_filename(policies->layers, "c.db", NULL);

    make_two(policies);
    if (publish_three(policies, &problem)) {
      expect(policies->layers, "a.db=new c.db=third");
    } else {
      refused++;
      assert_non_null(strstr(problem, "Nothing was changed"));
      expect(policies->layers, "a.db=old b.db=gone");
    }
    g_unlink(third);
  }
  failing = 0;
  assert_int_equal(refused, 6); /* three links of which one has no file, two renames, a sync */
}

/* What was written and never put in place is gone at the end. */
static void test_abandoned(void **state)
{
  struct policies *policies = *state;
  char *problem = NULL;
  struct publish *publish;

  make_two(policies);
  publish = publish_begin(policies->layers, &problem);
  assert_true(g_file_set_contents(publish_add(publish, "a.db"), "new", -1, NULL));
  publish_add(publish, "x.db"); /* not even written */
  publish_end(publish);
  expect(policies->layers, "a.db=old b.db=gone");
  publish_end(NULL);
}

/* A new file that was never written: nothing is put in place. */
static void test_unwritten(void **state)
{
  struct policies *policies = *state;
  g_autofree char *problem = NULL;
  struct publish *publish;

  make_two(policies);
  publish = publish_begin(policies->layers, &problem);
  assert_true(g_file_set_contents(publish_add(publish, "a.db"), "new", -1, NULL));
  publish_add(publish, "c.db");
  assert_false(publish_commit(publish, &problem));
  publish_end(publish);
  expect(policies->layers, "a.db=old b.db=gone");
}

/* What one that was killed left behind is in nobody's way. */
static void test_leftovers(void **state)
{
  struct policies *policies = *state;
  g_autofree char *problem = NULL;

  make_two(policies);
  write_file(policies->layers, ".a.db.new", "half");
  write_file(policies->layers, ".a.db.old", "older");
  write_file(policies->layers, ".b.db.old", "older");
  assert_true(publish_three(policies, &problem));
  expect(policies->layers, "a.db=new c.db=third");
}

static void test_lock(void **state)
{
  struct policies *policies = *state;
  char *problem = NULL;
  struct publish *publish = publish_begin(policies->layers, &problem);

  assert_non_null(publish);
  assert_null(publish_begin(policies->layers, &problem));
  assert_non_null(strstr(problem, "is in use"));
  g_free(problem);
  publish_end(publish);
  publish = publish_begin(policies->layers, &problem);
  assert_non_null(publish);
  publish_end(publish);
}

/* The folder is made so that everybody's daemon can read it. */
static void test_folder(void **state)
{
  struct policies *policies = *state;
  g_autofree char *folder = g_build_filename(policies->layers, "deep", NULL), *problem = NULL;
  mode_t mask = umask(077);
  struct publish *publish = publish_begin(folder, &problem);
  struct stat status;

  assert_int_equal(umask(mask), 077);
  assert_non_null(publish);
  publish_end(publish);
  assert_int_equal(stat(folder, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0755);
}

static void test_no_folder(void **state)
{
  struct policies *policies = *state;
  const char *file = policies_write(policies, "file", "");
  g_autofree char *problem = NULL;

  assert_null(publish_begin(file, &problem));
  assert_non_null(strstr(problem, "can't be used"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_good),      TEST(test_faults), TEST(test_abandoned), TEST(test_unwritten),
      TEST(test_leftovers), TEST(test_lock),   TEST(test_folder),    TEST(test_no_folder),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
