/* Which system layers are found while their folders are changed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/survey.h"

#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOISE = 2000, SURVEYS = 60 };

static struct survey survey_of(const struct strata *strata)
{
  return (struct survey){
      .admin_dir = strata->admin, .vendor_dir = strata->vendor, .owner = getuid()};
}

/* The paths, and the problems as "!". */
static void expect(const struct strata *strata, const char *wanted)
{
  struct survey survey = survey_of(strata);
  g_autoptr(GPtrArray) found = survey_take(&survey);
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < found->len; i++) {
    const struct layer *layer = found->pdata[i];

    g_string_append_printf(text, "%s%s ", layer->problem != NULL ? "!" : "",
                           layer->path + strlen(strata->folder) + 1);
  }
  assert_string_equal(text->str, wanted);
}

static void test_order(void **state)
{
  const struct strata *strata = *state;

  expect(strata, "");
  strata_write(strata->vendor, "10.db", "x");
  strata_write(strata->vendor, "50.db", "x");
  strata_write(strata->admin, "50.db", "y");
  strata_write(strata->admin, "20.db", "y");
  strata_write(strata->admin, "30.conf", "y");
  expect(strata, "admin/50.db admin/20.db vendor/10.db ");
  assert_int_equal(g_unlink(strata_path(strata->admin, "20.db")), 0);
  assert_int_equal(symlink("/dev/null", strata_path(strata->admin, "10.db")), 0);
  if (getuid() == 0) /* whose link counts, as a file's owner does */
    expect(strata, "admin/50.db ");
}

static void test_absent_and_unreadable(void **state)
{
  const struct strata *strata = *state;

  strata_write(strata->admin, "50.db", "x");
  assert_int_equal(g_rmdir(strata->vendor), 0);
  expect(strata, "admin/50.db ");
  strata_write(strata->folder, "vendor", "no folder");
  expect(strata, "!vendor admin/50.db ");
  assert_int_equal(g_unlink(strata->vendor), 0);
  assert_int_equal(g_mkdir(strata->vendor, 0755), 0);
}

/* Somebody who gives a layer other names, back and forth. */
struct mover {
  const char *a, *b;
  gulong pause; /* us */
  atomic_bool stop;
};

static gpointer move(gpointer data)
{
  struct mover *mover = data;

  while (!mover->stop) {
    if (g_rename(mover->a, mover->b) != 0 || g_rename(mover->b, mover->a) != 0)
      return mover;
    if (mover->pause > 0)
      g_usleep(mover->pause);
  }
  return NULL;
}

/* At any time it is there under one of its names, so that none is told of none. */
static void expect_seen(const struct strata *strata)
{
  struct survey survey = survey_of(strata);

  for (int i = 0; i < SURVEYS; i++) {
    g_autoptr(GPtrArray) found = survey_take(&survey);

    assert_true(found->len >= 1);
  }
}

static void make_noise(const char *folder)
{
  char name[32];

  for (int i = 0; i < NOISE; i++) {
    snprintf(name, sizeof name, "noise-%d.conf", i);
    strata_write(folder, name, "");
  }
}

static void expect_moved(const struct strata *strata, const char *a, const char *b, gulong pause)
{
  struct mover mover = {.a = a, .b = b, .pause = pause};
  GThread *thread = g_thread_new("mover", move, &mover);

  expect_seen(strata);
  mover.stop = true;
  assert_null(g_thread_join(thread));
  expect(strata, "admin/50.db ");
}

static void test_renamed(void **state)
{
  const struct strata *strata = *state;

  make_noise(strata->admin);
  strata_write(strata->admin, "50.db", "x");
  for (gulong pause = 0; pause <= 2000; pause += 1000)
    expect_moved(strata, strata_path(strata->admin, "50.db"), strata_path(strata->admin, "60.db"),
                 pause);
}

/* The vendor's folder is read first. */
static void test_moved(void **state)
{
  const struct strata *strata = *state;

  make_noise(strata->admin);
  make_noise(strata->vendor);
  strata_write(strata->admin, "50.db", "x");
  for (gulong pause = 0; pause <= 2000; pause += 1000)
    expect_moved(strata, strata_path(strata->admin, "50.db"), strata_path(strata->vendor, "50.db"),
                 pause);
}

/* A clock that was set back: what the folder says of its time is in the future. */
static void test_future(void **state)
{
  const struct strata *strata = *state;
  struct timespec times[2] = {{.tv_sec = STRATA_NOW}, {.tv_sec = 4000000000}};

  strata_write(strata->admin, "50.db", "x");
  assert_int_equal(utimensat(AT_FDCWD, strata->admin, times, 0), 0);
  expect(strata, "admin/50.db ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_order, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_absent_and_unreadable, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_renamed, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_moved, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_future, strata_setup, strata_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
