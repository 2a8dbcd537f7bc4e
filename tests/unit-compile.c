/* From policy text to layers: all or nothing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/compile.h"

#include "daemon/settings.h"
#include "daemon/store.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PINS "\npins=$A;$B\n"

static struct compile_result result;
static size_t progress;
static bool may_miss; /* the folder of the text */

static void count(size_t groups, void *data)
{
  (void)data;
  assert_true(groups >= progress);
  progress = groups;
}

/* problem: words of it, or NULL. */
static void compile(struct policies *policies, enum tlspin_code expected, const char *problem,
                    const char *findings)
{
  const struct compile_options options = {.source = policies->text,
                                          .may_miss = may_miss,
                                          .output = policies->layers,
                                          .now = POLICIES_NOW,
                                          .progress = count};
  g_autofree char *said = NULL;
  enum tlspin_code code;

  progress = 0;
  policies_forget(policies);
  code = policy_compile(&options, &policies->findings, &result, &said);
  policies_expect(policies, findings);
  if (code == TLSPIN_UNAVAILABLE && problem == NULL)
    fail_msg("%s", said);
  assert_int_equal(code, expected);
  if (problem != NULL && (said == NULL || strstr(said, problem) == NULL))
    fail_msg("'%s' doesn't say '%s'", said != NULL ? said : "", problem);
}

static char *layer_path(struct policies *policies, const char *name)
{
  return g_build_filename(policies->layers, name, NULL);
}

static bool write_pin(const struct keypin *pin, void *data)
{
  GString *text = data;
  char place[PLACE_TEXT_SIZE];

  place_text(&pin->place, place);
  g_string_append_printf(text, "%s %s %c;", place, keypin_status_token(pin->status),
                         pin->digest[0] != 0 ? pin->digest[0] : '-');
  return true;
}

static bool write_setting(const struct setting_row *setting, void *data)
{
  if (strcmp(setting->name, SETTINGS_COMPILED_FROM) != 0)
    g_string_append_printf(data, "%s%s=%s;", setting->locked ? "!" : "", setting->name,
                           setting->value);
  return true;
}

/* A layer as a daemon would read it. expected: NULL: it must not be there. */
static void expect_layer(struct policies *policies, const char *name, const char *expected)
{
  struct store_filter filter = STORE_FILTER_ANY;
  g_autofree char *path = layer_path(policies, name), *problem = NULL;
  g_autoptr(GString) text = g_string_new(NULL);
  struct store *store = NULL;

  if (expected == NULL) {
    assert_int_equal(g_access(path, F_OK), -1);
    return;
  }
  if (store_open(path, STORE_SYSTEM, geteuid(), &store, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_int_equal(store_settings(store, write_setting, text), TLSPIN_OK);
  assert_int_equal(store_list_pins(store, &filter, NULL, 1000, write_pin, text), TLSPIN_OK);
  store_close(store);
  assert_string_equal(text->str, expected);
}

/* How many files there are, hidden ones as well. */
static void expect_files(struct policies *policies, unsigned expected)
{
  GDir *dir = g_dir_open(policies->layers, 0, NULL);
  const char *name;
  unsigned found = 0;

  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
    found++;
  if (dir != NULL)
    g_dir_close(dir);
  assert_int_equal(found, expected);
}

static void test_good(void **state)
{
  policies_write(*state, "10-a.conf",
                 "[defaults]\nlearn=no\nlock=yes\n[b.example]\npins=$B;$A\nblocked=$C\n"
                 "[.a.example:443]\nmode=off\n");
  policies_write(*state, "20-b.conf", "");
  policies_write(*state, "README", "[[[");
  compile(*state, TLSPIN_OK, NULL, "");
  assert_int_equal(result.layers, 2);
  assert_int_equal(result.groups, 2);
  assert_int_equal(result.removed, 0);
  assert_true(progress >= 4);
  expect_layer(*state, "10-a.db",
               "!learn=no;.a.example:443 off -;b.example critical A;b.example critical B;"
               "b.example rejected C;");
  expect_layer(*state, "20-b.db", "");
  expect_files(*state, 2);
}

/* A warning stops nothing. */
static void test_again(void **state)
{
  policies_write(*state, "10-a.conf", "[a.example]\npins=$A\n");
  compile(*state, TLSPIN_OK, NULL, "2:single-pin:pins");
  expect_layer(*state, "10-a.db", "a.example critical A;");
  policies_write(*state, "10-a.conf", "[a.example]\npins=$B;$C\n");
  compile(*state, TLSPIN_OK, NULL, "");
  expect_layer(*state, "10-a.db", "a.example critical B;a.example critical C;");
  expect_files(*state, 1);
}

/* An error in any file, and all layers are as they were. */
static void test_errors(void **state)
{
  struct policies *policies = *state;

  policies_write(policies, "10-a.conf", "[a.example]" PINS);
  policies_write(policies, "20-b.conf", "[a.example]\npins=$A\nmode=of\n");
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "3:value:mode");
  assert_int_equal(result.layers, 0);
  assert_int_equal(g_access(policies->layers, F_OK), -1);
  policies_write(policies, "20-b.conf", "[a.example]\nmode=off\n");
  compile(policies, TLSPIN_OK, NULL, "2:unreachable");
  policies_write(policies, "10-a.conf", "[a.example]\nmode=on\n");
  policies_write(policies, "20-b.conf", "[a.example]\nmode=on\n[A.example]\nmode=off\n");
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "3:duplicate-group");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
  expect_layer(policies, "20-b.db", "a.example off -;");
  expect_files(policies, 2);
}

static void test_no_source(void **state)
{
  struct policies *policies = *state;

  assert_int_equal(g_rmdir(policies->text), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  policies_expect_words(policies, "policy.d can't be read");
}

/* The usual folder need not be there, until something was compiled from it: what is locked is not
 * lifted by an accident. */
static void test_no_usual_source(void **state)
{
  struct policies *policies = *state;
  const char *text = policies_write(policies, "10-a.conf", "[a.example]" PINS);

  may_miss = true;
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(result.files, 1);
  assert_int_equal(g_unlink(text), 0);
  assert_int_equal(g_rmdir(policies->text), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  policies_expect_words(policies, "layers that were compiled");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
  assert_int_equal(g_mkdir(policies->text, 0755), 0);
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(result.removed, 1);
  assert_int_equal(g_rmdir(policies->text), 0);
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(result.files, 0);
  assert_int_equal(result.removed, 0);
  assert_int_equal(g_rmdir(policies->layers), 0);
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(g_access(policies->layers, F_OK), -1);
  may_miss = false;
}

static void write_layer(struct policies *policies, const char *name)
{
  struct layer_contents contents = {.pin_count = 0};
  g_autofree char *path = layer_path(policies, name), *problem = NULL;

  assert_int_equal(store_write_layer(path, &contents, &problem), TLSPIN_OK);
}

/* A layer whose text is gone goes, if it was made of text; others are nobody's business. */
static void test_removed(void **state)
{
  struct policies *policies = *state;
  g_autofree char *mask = layer_path(policies, "60-mask.db");
  const char *text = policies_write(policies, "10-a.conf", "[a.example]" PINS);

  policies_write(policies, "20-b.conf", "[b.example]" PINS);
  compile(policies, TLSPIN_OK, NULL, "");
  write_layer(policies, "50-hand.db");
  assert_int_equal(symlink("/dev/null", mask), 0);
  assert_int_equal(g_unlink(text), 0);
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(result.removed, 1);
  assert_int_equal(result.layers, 1);
  expect_layer(policies, "10-a.db", NULL);
  expect_layer(policies, "20-b.db", "b.example critical A;b.example critical B;");
  expect_layer(policies, "50-hand.db", "");
  expect_files(policies, 3);
}

/* The layer of another text is not removed where there is an error. */
static void test_kept(void **state)
{
  struct policies *policies = *state;
  const char *text = policies_write(policies, "10-a.conf", "[a.example]" PINS);

  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(g_unlink(text), 0);
  policies_write(policies, "20-b.conf", "x\n");
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "1:syntax");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
}

/* What somebody made by hand is not overwritten; what is damaged is mended. */
static void test_foreign(void **state)
{
  struct policies *policies = *state;
  g_autofree char *path = layer_path(policies, "10-a.db");

  policies_write(policies, "10-a.conf", "[a.example]" PINS);
  policies_write(policies, "20-b.conf", "[b.example]" PINS);
  assert_int_equal(g_mkdir(policies->layers, 0755), 0);
  assert_int_equal(g_chmod(policies->layers, 0755), 0);
  write_layer(policies, "10-a.db");
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  policies_expect_words(policies, "which was not compiled from policy text");
  expect_layer(policies, "10-a.db", "");
  expect_layer(policies, "20-b.db", NULL);
  assert_int_equal(g_unlink(path), 0);
  assert_int_equal(symlink("/dev/null", path), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
  assert_int_equal(g_unlink(path), 0);
  assert_true(g_file_set_contents(path, "damaged", -1, NULL));
  compile(policies, TLSPIN_OK, NULL, "");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
  assert_true(g_file_set_contents(path, "", 0, NULL));
  compile(policies, TLSPIN_OK, NULL, "");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
}

/* It can't be told whose a damaged layer without text is. */
static void test_damaged(void **state)
{
  struct policies *policies = *state;
  g_autofree char *path = layer_path(policies, "50-x.db");

  assert_int_equal(g_mkdir(policies->layers, 0755), 0);
  assert_true(g_file_set_contents(path, "damaged", -1, NULL));
  compile(policies, TLSPIN_OK, NULL, "0:layer");
  policies_expect_words(policies, "Remove it unless it is somebody else's.");
  assert_int_equal(result.removed, 0);
  expect_files(policies, 1);
}

/* The second of two can't be put in place: the first is taken back. */
static void test_in_the_way(void **state)
{
  struct policies *policies = *state;
  g_autofree char *path = layer_path(policies, "20-b.db");

  policies_write(policies, "10-a.conf", "[a.example]" PINS);
  compile(policies, TLSPIN_OK, NULL, "");
  assert_int_equal(g_mkdir(path, 0755), 0);
  policies_write(policies, "10-a.conf", "[a.example]\nmode=on\n");
  policies_write(policies, "20-b.conf", "[b.example]" PINS);
  compile(policies, TLSPIN_UNAVAILABLE, "can't be put in place", "");
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
  expect_files(policies, 2);
}

/* Others' text is not compiled, and nothing is written where others may write. */
static void test_owners(void **state)
{
  struct policies *policies = *state;
  const char *text = policies_write(policies, "10-a.conf", "[a.example]" PINS);

  assert_int_equal(g_chmod(text, 0666), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  assert_int_equal(g_chmod(text, 0644), 0);
  assert_int_equal(g_chmod(policies->text, 0775), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  assert_int_equal(g_chmod(policies->text, 0755), 0);
  assert_int_equal(g_mkdir(policies->layers, 0700), 0);
  assert_int_equal(g_chmod(policies->layers, 0777), 0);
  compile(policies, TLSPIN_UNAVAILABLE, "may be written to by other users", "");
  expect_files(policies, 0);
  assert_int_equal(g_chmod(policies->layers, 0755), 0);
  compile(policies, TLSPIN_OK, NULL, "");
  if (getuid() != 0)
    return;
  assert_int_equal(chown(text, 65534, 65534), 0);
  compile(policies, TLSPIN_E_ARGUMENT, NULL, "0:file");
  policies_expect_words(policies, "belongs to another user");
}

/* No room: the old layer stays, and nothing half-written is left. */
static void test_no_room(void **state)
{
  struct policies *policies = *state;
  g_autoptr(GString) text = g_string_new(NULL);
  struct rlimit limit, small;

  policies_write(policies, "10-a.conf", "[a.example]" PINS);
  compile(policies, TLSPIN_OK, NULL, "");
  for (int i = 0; i < 3000; i++)
    g_string_append_printf(text, "[h%d.example]\nmode=on\n", i);
  policies_write(policies, "10-a.conf", text->str);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  small = limit;
  small.rlim_cur = 100000;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  compile(policies, TLSPIN_UNAVAILABLE, "can't be written", "");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, SIG_DFL);
  expect_layer(policies, "10-a.db", "a.example critical A;a.example critical B;");
  expect_files(policies, 1);
  compile(policies, TLSPIN_OK, NULL, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_good),       TEST(test_again),           TEST(test_errors),
      TEST(test_no_source),  TEST(test_no_usual_source), TEST(test_removed),
      TEST(test_kept),       TEST(test_foreign),         TEST(test_damaged),
      TEST(test_in_the_way), TEST(test_owners),          TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
