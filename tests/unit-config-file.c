/* tlspind.conf: what it says, and what is passed over.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/config-file.h"

#include "tests/nobody.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, CAP = 0 /* not said */, UNDO = 7 * DAY, IDLE = 120 };

struct folder {
  char *path;
  char *files[2]; /* not made yet */
};

static int setup(void **state)
{
  struct folder *folder = g_new0(struct folder, 1);

  folder->path = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(folder->path);
  folder->files[0] = g_build_filename(folder->path, "first.conf", NULL);
  folder->files[1] = g_build_filename(folder->path, "second.conf", NULL);
  *state = folder;
  return 0;
}

static int teardown(void **state)
{
  struct folder *folder = *state;

  for (size_t i = 0; i < 2; i++) {
    g_unlink(folder->files[i]);
    g_rmdir(folder->files[i]);
    g_free(folder->files[i]);
  }
  assert_int_equal(g_rmdir(folder->path), 0);
  g_free(folder->path);
  g_free(folder);
  return 0;
}

static void write_file(const char *path, const char *text)
{
  assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Reads both files in their order, and expects these numbers of seconds. problem: words that must
 * be told, or NULL. */
static void expect(const struct folder *folder, uint32_t cap, uint32_t undo, uint32_t idle,
                   const char *problem)
{
  const char *const paths[] = {folder->files[0], folder->files[1], NULL};
  struct config config;

  config_read(paths, &config);
  assert_int_equal(config.lifetime_cap, cap);
  assert_int_equal(config.undo_period, undo);
  assert_int_equal(config.idle_timeout, idle);
  if (problem == NULL && config.problem != NULL)
    fail_msg("%s", config.problem);
  if (problem != NULL) {
    assert_non_null(config.problem);
    if (strstr(config.problem, problem) == NULL)
      fail_msg("%s", config.problem);
    assert_true(g_utf8_validate(config.problem, -1, NULL));
  }
  config_clear(&config);
  assert_null(config.problem);
}

static void test_defaults(void **state)
{
  struct folder *folder = *state;

  expect(folder, CAP, UNDO, IDLE, NULL);
  write_file(folder->files[0], "");
  expect(folder, CAP, UNDO, IDLE, NULL);
  write_file(folder->files[0], "# nothing\n[tlspind]\n");
  expect(folder, CAP, UNDO, IDLE, NULL);
}

static void test_values(void **state)
{
  struct folder *folder = *state;

  write_file(folder->files[0], "[tlspind]\nlifetime-cap-days=10\nundo-days = 3 \nidle-seconds=5\n");
  expect(folder, 10 * DAY, 3 * DAY, 5, NULL);
}

/* What a later file says counts; what it doesn't say stays. */
static void test_order(void **state)
{
  struct folder *folder = *state;

  write_file(folder->files[0], "[tlspind]\nlifetime-cap-days=10\nundo-days=3\n");
  write_file(folder->files[1], "[tlspind]\nlifetime-cap-days=20\n");
  expect(folder, 20 * DAY, 3 * DAY, IDLE, NULL);
}

static void test_bounds(void **state)
{
  static const struct {
    const char *text;
    uint32_t cap, undo, idle;
    const char *problem;
  } cases[] = {
      {"lifetime-cap-days=1", DAY, UNDO, IDLE, NULL},
      {"lifetime-cap-days=366", 366 * DAY, UNDO, IDLE, NULL},
      {"lifetime-cap-days=0", CAP, UNDO, IDLE, "'lifetime-cap-days' must be a number from 1"},
      {"lifetime-cap-days=367", CAP, UNDO, IDLE, "'lifetime-cap-days'"},
      {"undo-days=0", CAP, 0, IDLE, NULL},
      {"undo-days=366", CAP, 366 * DAY, IDLE, NULL},
      {"undo-days=367", CAP, UNDO, IDLE, "'undo-days'"},
      {"idle-seconds=0", CAP, UNDO, 0, NULL},
      {"idle-seconds=604800", CAP, UNDO, 604800, NULL},
      {"idle-seconds=604801", CAP, UNDO, IDLE, "'idle-seconds'"},
  };
  struct folder *folder = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("[tlspind]\n%s\n", cases[i].text);

    write_file(folder->files[0], text);
    expect(folder, cases[i].cap, cases[i].undo, cases[i].idle, cases[i].problem);
  }
}

static void test_no_numbers(void **state)
{
  static const char *const values[] = {"",
                                       "-1",
                                       "+1",
                                       "1.5",
                                       "0x10",
                                       "ten",
                                       "10 days",
                                       "1,000",
                                       "1e3",
                                       "\xff",
                                       "18446744073709551617"};
  struct folder *folder = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
    g_autofree char *text = g_strdup_printf("[tlspind]\nundo-days=%s\n", values[i]);

    write_file(folder->files[0], text);
    expect(folder, CAP, UNDO, IDLE, "'undo-days' must be a number");
  }
}

/* The texts of one file, which must be these; NULL: not said. */
static void expect_words(const struct folder *folder, const char *hpkp_cap, const char *learn,
                         const char *level, const char *changes, const char *anchors)
{
  const char *const paths[] = {folder->files[0], folder->files[1], NULL};
  struct config config;

  config_read(paths, &config);
  assert_true(g_strcmp0(config.hpkp_cap, hpkp_cap) == 0);
  assert_true(g_strcmp0(config.learn, learn) == 0);
  assert_true(g_strcmp0(config.level, level) == 0);
  assert_true(g_strcmp0(config.changes, changes) == 0);
  assert_true(g_strcmp0(config.anchors, anchors) == 0);
  config_clear(&config);
  assert_true(config.hpkp_cap == NULL && config.learn == NULL && config.level == NULL &&
              config.changes == NULL && config.anchors == NULL);
}

static void test_words(void **state)
{
  struct folder *folder = *state;

  expect_words(folder, NULL, NULL, NULL, NULL, NULL);
  write_file(folder->files[0], "[tlspind]\nhpkp-cap=30d\nlearn= no \nlevel=issuer\n"
                               "changes=same-key;proved\nanchors=enforce\n");
  expect_words(folder, "30d", "no", "issuer", "same-key;proved", "enforce");
  expect(folder, CAP, UNDO, IDLE, NULL);
  write_file(folder->files[1], "[tlspind]\nlearn=yes\nchanges=none\n");
  expect_words(folder, "30d", "yes", "issuer", "none", "enforce");
}

/* What was said before stays, and the text says what the value must be. */
static void test_bad_words(void **state)
{
  static const struct {
    const char *text, *problem;
  } cases[] = {
      {"hpkp-cap=61d", "'hpkp-cap' is '61d'; it must be a number"},
      {"hpkp-cap=", "'hpkp-cap' is ''"},
      {"learn=maybe", "'learn' is 'maybe'; it must be 'yes' or 'no'"},
      {"learn=\xff", "'learn'"},
      {"level=any", "'level' is 'any'"},
      {"changes=unexplained", "'changes' is 'unexplained'"},
      {"changes=", "'changes' is ''"},
      {"anchors=no", "'anchors' is 'no'; it must be 'exempt' or 'enforce'"},
      {"unavailable=go-on", "there is no key 'unavailable'"},
      {"lifetime-cap=3d", "there is no key 'lifetime-cap'"},
      {"vendor-anchors=/tmp", "there is no key 'vendor-anchors'"},
  };
  struct folder *folder = *state;

  write_file(folder->files[0], "[tlspind]\nhpkp-cap=30d\nlearn=no\nlevel=issuer\n"
                               "changes=proved\nanchors=enforce\n");
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("[tlspind]\n%s\n", cases[i].text);

    write_file(folder->files[1], text);
    expect_words(folder, "30d", "no", "issuer", "proved", "enforce");
    expect(folder, CAP, UNDO, IDLE, cases[i].problem);
  }
}

/* A bad value doesn't take the others with it; the first problem is told, with its file. */
static void test_one_bad(void **state)
{
  struct folder *folder = *state;

  write_file(folder->files[0], "[tlspind]\nundo-days=x\nidle-seconds=9\n");
  write_file(folder->files[1], "[tlspind]\nlifetime-cap-days=x\nidle-seconds=10\n");
  expect(folder, CAP, UNDO, 10, folder->files[0]);
  expect(folder, CAP, UNDO, 10, "undo-days");
}

static void test_unknown(void **state)
{
  static const struct {
    const char *text, *problem;
  } cases[] = {
      {"[tlspind]\nundo-day=3\n", "'undo-day'"}, {"[tlspind]\nUndo-days=3\n", "'Undo-days'"},
      {"[tlspin]\nundo-days=3\n", "[tlspin]"},   {"[tlspind]\n[other]\n", "[other]"},
      {"[tlspind]\n\xff=3\n", "first.conf"},     {"undo-days=3\n", "first.conf"},
      {"[tlspind\nundo-days=3\n", "first.conf"}, {"nonsense", "first.conf"},
  };
  struct folder *folder = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    write_file(folder->files[0], cases[i].text);
    expect(folder, CAP, UNDO, IDLE, cases[i].problem);
  }
}

/* A file that is there and can't be read is a problem, unlike a missing one. */
static void test_unreadable(void **state)
{
  struct folder *folder = *state;

  assert_int_equal(g_mkdir(folder->files[0], 0700), 0);
  write_file(folder->files[1], "[tlspind]\nundo-days=3\n");
  expect(folder, CAP, 3 * DAY, IDLE, "first.conf can't be read");
}

static void expect_forbidden(void **state)
{
  expect(*state, CAP, UNDO, IDLE, "first.conf can't be read");
}

static void test_forbidden(void **state)
{
  struct folder *folder = *state;

  assert_int_equal(g_chmod(folder->path, 0755), 0);
  write_file(folder->files[0], "[tlspind]\nundo-days=3\n");
  assert_int_equal(g_chmod(folder->files[0], 0), 0);
  nobody_checks(expect_forbidden, state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_defaults),   TEST(test_values),  TEST(test_order),     TEST(test_bounds),
      TEST(test_no_numbers), TEST(test_one_bad), TEST(test_unknown),   TEST(test_unreadable),
      TEST(test_forbidden),  TEST(test_words),   TEST(test_bad_words),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
