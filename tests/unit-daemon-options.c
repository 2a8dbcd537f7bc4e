/* The command line of tlspind, and what stands for it (daemon/options.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/options.h"

#include "tests/folder.h"
#include "tests/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *home; /* a folder for all of them */

/* FOLDER/tlspin/tlspind.conf below it says this. */
static void configure(const char *folder, const char *text)
{
  g_autofree char *path = g_build_filename(home, folder, "tlspin", "tlspind.conf", NULL);
  g_autofree char *parent = g_path_get_dirname(path);

  assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
  assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int begin(void **state)
{
  g_autofree char *data = NULL, *config = NULL, *system = NULL;

  (void)state;
  home = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(home);
  data = g_build_filename(home, "data", NULL);
  config = g_build_filename(home, "config", NULL);
  system = g_strdup_printf("%s/first:%s/second", home, home);
  setenv("XDG_DATA_HOME", data, 1);
  setenv("XDG_CONFIG_HOME", config, 1);
  setenv("XDG_CONFIG_DIRS", system, 1);
  configure("config", "[tlspind]\nidle-seconds=11\n");
  configure("first", "[tlspind]\nidle-seconds=22\nundo-days=1\n");
  configure("second", "[tlspind]\nidle-seconds=33\nundo-days=2\nlifetime-cap-days=7\n");
  return 0;
}

static int end(void **state)
{
  (void)state;
  folder_remove(home);
  g_free(home);
  return 0;
}

static int setup(void **state)
{
  (void)state;
  options = (struct options){.idle = -1};
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  g_free(options.data_dir);
  g_free(options.admin_dir);
  g_free(options.vendor_dir);
  g_free(options.vendor_anchors);
  g_free(options.config_file);
  g_free(options.bus);
  g_free(options.clock);
  return 0;
}

/* The words of a command line. What is said of them on standard error must be this; NULL: nothing.
 */
static void read_line(const char *line, const char *said)
{
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  int argc = (int)g_strv_length(words);
  g_autofree char **argv = g_memdup2(words, sizeof *words * (size_t)(argc + 1));
  char **rest = argv;
  struct capture capture;

  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(options_read(&argc, &rest), said == NULL);
  assert_said(&capture, said);
}

static void expect_store(const char *folder)
{
  g_autofree char *store = options_store(), *expected = g_build_filename(folder, "pins.db", NULL);

  assert_string_equal(store, expected);
}

static void test_nothing(void **state)
{
  g_autofree char *data = g_build_filename(home, "data", "tlspin", NULL);

  (void)state;
  read_line("tlspind", NULL);
  expect_store(data);
  assert_string_equal(options_admin_dir(), ADMIN_DIR "/layers.d");
  assert_string_equal(options_vendor_dir(), VENDOR_DIR "/layers.d");
  assert_string_equal(options_vendor_anchors(), VENDOR_ANCHORS);
  assert_int_equal(options.system_owner, 0);
  assert_null(options.bus);
  assert_null(options.clock);
  assert_false(options.version);
}

static void test_all(void **state)
{
  (void)state;
  read_line("tlspind --data-dir=/d --admin-dir=/a --vendor-dir /v --vendor-anchors=/n --bus=unix:x "
            "--system-owner=7 --clock=/c --version",
            NULL);
  expect_store("/d");
  assert_string_equal(options_admin_dir(), "/a");
  assert_string_equal(options_vendor_dir(), "/v");
  assert_string_equal(options_vendor_anchors(), "/n");
  assert_string_equal(options.bus, "unix:x");
  assert_string_equal(options.clock, "/c");
  assert_int_equal(options.system_owner, 7);
  assert_true(options.version);
}

static void test_wrong(void **state)
{
  (void)state;
  read_line("tlspind --nonsense", "tlspind: Unknown option --nonsense");
  read_line("tlspind --idle=soon", "Try 'tlspind --help'.");
  read_line("tlspind store.db", "tlspind: too many arguments\n");
}

static struct config read_config(void)
{
  struct config config;

  options_config(&config);
  return config;
}

/* The user's comes before the system's, of which the first that is named comes first. */
static void test_config(void **state)
{
  struct config config;

  (void)state;
  read_line("tlspind", NULL);
  config = read_config();
  assert_int_equal(config.idle_timeout, 11);
  assert_int_equal(config.undo_period, 86400);
  assert_int_equal(config.lifetime_cap, 604800);
  assert_null(config.problem);
  config_clear(&config);
}

static void test_config_file(void **state)
{
  g_autofree char *line = g_strdup_printf("tlspind --config=%s/second/tlspin/tlspind.conf", home);
  struct config config;

  (void)state;
  read_line(line, NULL);
  config = read_config();
  assert_int_equal(config.idle_timeout, 33);
  assert_int_equal(config.undo_period, 172800);
  config_clear(&config);
}

/* Never is said by 0. */
static void test_idle(void **state)
{
  struct config config;

  (void)state;
  read_line("tlspind --idle 0", NULL);
  config = read_config();
  assert_int_equal(config.idle_timeout, 0);
  assert_int_equal(config.undo_period, 86400);
  config_clear(&config);
  read_line("tlspind --idle=5", NULL);
  config = read_config();
  assert_int_equal(config.idle_timeout, 5);
  config_clear(&config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nothing), TEST(test_all),         TEST(test_wrong),
      TEST(test_config),  TEST(test_config_file), TEST(test_idle),
  };

  return cmocka_run_group_tests(tests, begin, end);
}
