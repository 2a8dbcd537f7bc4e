/* Changes in a folder, which may come later than the watch.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/watch.h"
#include "tests/folder.h"
#include "tests/nobody.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, QUIET_MS = 150, STEP_MS = 10 };

struct fixture {
  char *root;   /* there */
  char *folder; /* root/etc/tlspin/layers.d: not there */
  struct watch *watch;
  unsigned changes;
};

/* The folder that is made right after the kernel has said that it isn't there: NULL for none. */
static const char *made_meanwhile;

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
  int result = __real_inotify_add_watch(fd, path, mask);
  int fault = errno;

  if (result < 0 && made_meanwhile != NULL && g_str_equal(path, made_meanwhile)) {
    assert_int_equal(g_mkdir_with_parents(path, 0755), 0);
    made_meanwhile = NULL;
  }
  errno = fault;
  return result;
}

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  umask(022);
  f->root = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(f->root);
  f->folder = g_build_filename(f->root, "etc", "tlspin", "layers.d", NULL);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  watch_free(f->watch);
  folder_remove(f->root);
  g_free(f->root);
  g_free(f->folder);
  g_free(f);
  return 0;
}

static void on_change(void *data)
{
  ((struct fixture *)data)->changes++;
}

static void start(struct fixture *f)
{
  f->watch = watch_new(f->folder, on_change, f);
  assert_non_null(f->watch);
}

/* Lets the main context work for a while. */
static void work(int ms)
{
  for (; ms > 0; ms -= STEP_MS) {
    g_main_context_iteration(NULL, FALSE);
    g_usleep(STEP_MS * 1000);
  }
}

/* A change must be told, and after that there must be silence: a watch that hears itself would go
 * on for ever. */
static void expect_change(struct fixture *f)
{
  for (int ms = 0; f->changes == 0 && ms < PATIENCE_MS; ms += STEP_MS)
    work(STEP_MS);
  assert_true(f->changes > 0);
  work(QUIET_MS);
  f->changes = 0;
  work(QUIET_MS);
  assert_int_equal(f->changes, 0);
}

static void expect_silence(struct fixture *f)
{
  work(QUIET_MS);
  assert_int_equal(f->changes, 0);
}

static char *path_in(const char *folder, const char *name)
{
  return g_build_filename(folder, name, NULL);
}

static void write_file(const char *folder, const char *name)
{
  g_autofree char *path = path_in(folder, name);
  FILE *file = fopen(path, "w");

  assert_non_null(file);
  assert_true(fputs("x", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void make_folder(const struct fixture *f)
{
  assert_int_equal(g_mkdir_with_parents(f->folder, 0755), 0);
}

/* All that can happen to a file in it. */
static void test_files(void **state)
{
  struct fixture *f = *state;
  g_autofree char *here = NULL, *there = NULL, *other = NULL;

  make_folder(f);
  here = path_in(f->folder, "a.db");
  other = path_in(f->folder, "b.db");
  there = path_in(f->root, "a.db");
  start(f);
  expect_silence(f);
  write_file(f->folder, "a.db");
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
  assert_int_equal(g_chmod(here, 0600), 0);
  expect_change(f);
  assert_int_equal(g_rename(here, there), 0);
  expect_change(f);
  assert_int_equal(g_rename(there, here), 0);
  expect_change(f);
  assert_int_equal(g_rename(here, other), 0);
  expect_change(f);
  assert_int_equal(g_unlink(other), 0);
  expect_change(f);
}

/* Of the folder itself: its mode, its going and its coming. */
static void test_folder(void **state)
{
  struct fixture *f = *state;
  g_autofree char *aside = path_in(f->root, "aside");

  make_folder(f);
  start(f);
  assert_int_equal(g_chmod(f->folder, 0700), 0);
  expect_change(f);
  assert_int_equal(g_rmdir(f->folder), 0);
  expect_change(f);
  make_folder(f);
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
  assert_int_equal(g_rename(f->folder, aside), 0);
  expect_change(f);
  write_file(aside, "b.db"); /* this one is another folder now */
  expect_silence(f);
  assert_int_equal(g_rename(aside, f->folder), 0);
  expect_change(f);
  write_file(f->folder, "c.db");
  expect_change(f);
}

/* The way to the folder is made step by step; other things on the way are no news. */
static void test_later(void **state)
{
  struct fixture *f = *state;
  g_autofree char *etc = path_in(f->root, "etc"), *tlspin = path_in(etc, "tlspin");

  start(f);
  write_file(f->root, "elsewhere");
  write_file(f->root, "layers.d");
  expect_silence(f);
  assert_int_equal(g_mkdir(etc, 0755), 0);
  expect_change(f);
  write_file(etc, "elsewhere");
  expect_silence(f);
  assert_int_equal(g_mkdir(tlspin, 0755), 0);
  expect_change(f);
  write_file(tlspin, "policy.d");
  expect_silence(f);
  make_folder(f);
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
}

/* All the way is made at once, or before the first event of it was read. */
static void test_at_once(void **state)
{
  struct fixture *f = *state;

  start(f);
  make_folder(f);
  write_file(f->folder, "a.db");
  expect_change(f);
  write_file(f->folder, "b.db");
  expect_change(f);
}

/* Between the look at the folder and the one at its parent. */
static void test_in_between(void **state)
{
  struct fixture *f = *state;

  made_meanwhile = f->folder;
  start(f);
  assert_null(made_meanwhile);
  write_file(f->folder, "a.db");
  expect_change(f);
}

/* A folder moved into place brings its contents with it. */
static void test_moved_in(void **state)
{
  struct fixture *f = *state;
  g_autofree char *ready = path_in(f->root, "ready"), *deep = path_in(ready, "tlspin/layers.d");
  g_autofree char *etc = path_in(f->root, "etc");

  assert_int_equal(g_mkdir_with_parents(deep, 0755), 0);
  start(f);
  assert_int_equal(g_rename(ready, etc), 0);
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
}

/* A file in the way of the folder, and its going. */
static void test_file_in_the_way(void **state)
{
  struct fixture *f = *state;
  g_autofree char *etc = path_in(f->root, "etc");

  write_file(f->root, "etc");
  start(f);
  expect_silence(f);
  assert_int_equal(g_unlink(etc), 0);
  expect_change(f);
  make_folder(f);
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
}

static void check_forbidden(void **state)
{
  struct fixture *f = *state;

  make_folder(f);
  assert_int_equal(g_chmod(f->folder, 0), 0);
  start(f);
  assert_int_equal(g_chmod(f->folder, 0755), 0);
  expect_change(f);
  write_file(f->folder, "a.db");
  expect_change(f);
}

/* A folder that we may not look into is waited for like one that isn't there. Root may look into
 * all. */
static void test_forbidden(void **state)
{
  struct fixture *f = *state;

  nobody_owns(f->root);
  nobody_checks(check_forbidden, state);
}

/* A storm of events ends, and is told at least once. */
static void test_many(void **state)
{
  struct fixture *f = *state;

  make_folder(f);
  start(f);
  for (int i = 0; i < 500; i++) {
    char name[32];

    snprintf(name, sizeof name, "%d.db", i);
    write_file(f->folder, name);
  }
  expect_change(f);
}

static unsigned long queue_size(void)
{
  g_autofree char *text = NULL;

  return g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL)
             ? strtoul(text, NULL, 10)
             : ULONG_MAX;
}

/* More events than the kernel keeps: one that concerns us may be among those that it dropped. */
static void test_overflow(void **state)
{
  struct fixture *f = *state;
  g_autofree char *a = path_in(f->root, "a"), *b = path_in(f->root, "b");

  if (queue_size() > 100000)
    skip();
  write_file(f->root, "a");
  start(f);
  for (unsigned long i = 0; i <= queue_size() / 2; i += 2) {
    assert_int_equal(g_rename(a, b), 0);
    assert_int_equal(g_rename(b, a), 0);
  }
  expect_change(f);
}

/* Without a descriptor left there is no watch, and the daemon goes on without it. */
static void test_no_descriptors(void **state)
{
  struct fixture *f = *state;
  struct rlimit limit, none;

  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = limit;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  assert_null(watch_new(f->folder, on_change, f));
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Nothing is told after the end. */
static void test_ended(void **state)
{
  struct fixture *f = *state;

  make_folder(f);
  start(f);
  write_file(f->folder, "a.db");
  watch_free(f->watch);
  f->watch = NULL;
  expect_silence(f);
  watch_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_files),      TEST(test_folder),   TEST(test_later),           TEST(test_at_once),
      TEST(test_in_between), TEST(test_moved_in), TEST(test_file_in_the_way), TEST(test_forbidden),
      TEST(test_many),       TEST(test_overflow), TEST(test_no_descriptors),  TEST(test_ended),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
