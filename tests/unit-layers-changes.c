/* What happens to stores while they are open, and how that is noticed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "tests/misfire.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "a.example"

MISFIRE(bool, store_was_freed, (const struct store *store), (store), true)

static void make_layer(const char *folder, const char *name, enum lock lock)
{
  struct ticket_row row = strata_row(HOST, lock, 1);

  strata_layer(folder, name, &row, 1);
}

/* Every change is noticed, and nothing else is. */
static void test_reload(void **state)
{
  struct strata *strata = *state;
  const char *path = strata_path(strata->admin, "50.db");

  strata_open(strata);
  assert_false(layers_reload_system(strata->layers));
  make_layer(strata->admin, "50.db", LOCK_NONE);
  assert_true(layers_reload_system(strata->layers));
  assert_false(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
  make_layer(strata->admin, "50.db", LOCK_OFF);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "50.db");
  strata_write(strata->admin, "50.db", "overwritten in place");
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_unlink(path), 0);
  assert_true(layers_reload_system(strata->layers));
  assert_false(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
}

static void test_reload_mode(void **state)
{
  struct strata *strata = *state;
  const char *path = strata_path(strata->vendor, "50.db");

  make_layer(strata->vendor, "50.db", LOCK_ENFORCE);
  strata_open(strata);
  assert_int_equal(g_chmod(path, 0666), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_chmod(path, 0644), 0);
  assert_true(layers_reload_system(strata->layers));
  assert_int_equal(g_chmod(strata->vendor, 0775), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_chmod(strata->vendor, 0755), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
}

/* What comes beside a layer counts, whether the daemon was started before or after. */
static void test_reload_journal(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->admin, "50.db", LOCK_ENFORCE);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
  strata_write(strata->admin, "50.db-wal", "an unfinished write");
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

/* The layer's own file doesn't change when what was wrong beside it is taken away. */
static void test_reload_mended(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->admin, "50.db", LOCK_ENFORCE);
  strata_write(strata->admin, "50.db-journal", "an unfinished write");
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_unlink(strata_path(strata->admin, "50.db-journal")), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
}

/* What keeps a layer from being opened for a while need not show anywhere: here it is a lease, for
 * which every other opening has to wait. */
static void test_reload_after_a_while(void **state)
{
  struct strata *strata = *state;
  int fd;

  make_layer(strata->admin, "50.db", LOCK_ENFORCE);
  fd = open(strata_path(strata->admin, "50.db"), O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  signal(SIGIO, SIG_IGN);
  if (fcntl(fd, F_SETLEASE, F_WRLCK) != 0)
    skip();
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
  close(fd);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
}

/* Names go into messages, where anything but UTF-8 ends the daemon. */
static void test_name_of_any_octets(void **state)
{
  struct strata *strata = *state;

  strata_write(strata->admin, "\xe9\xff.db", "not a database");
  strata_open(strata);
  assert_int_equal(layers_count(strata->layers), 2);
  assert_true(g_utf8_validate(layers_at(strata->layers, 1)->name, -1, NULL));
  assert_true(g_utf8_validate(layers_at(strata->layers, 1)->problem, -1, NULL));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable",
                layers_at(strata->layers, 1)->name);
  assert_true(g_unlink(strata_path(strata->admin, "\xe9\xff.db")) == 0);
  make_layer(strata->admin, "\xe9.db", LOCK_ENFORCE);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found",
                layers_at(strata->layers, 1)->name);
}

/* Lost pins don't look like none, and are there again once they are brought back. Within one second
 * there is only one attempt. */
static void test_user_deleted(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  const char *aside = strata_path(strata->folder, "aside");

  strata_put(strata, &row);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  assert_int_equal(g_rename(strata->user, aside), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_STORE_DAMAGED, "pins-lost", LAYER_USER);
  assert_true(layers_lost(strata->layers));
  assert_int_equal(g_rename(aside, strata->user), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW + 1, TLSPIN_MATCH, "found", LAYER_USER);
  assert_null(layers_at(strata->layers, 0)->problem);
  assert_false(layers_lost(strata->layers));
}

/* Another file in its place is read at once, and believed only if it is fine. */
static void test_user_replaced(void **state)
{
  struct strata *strata = *state;
  struct ticket_row old = strata_row(HOST, LOCK_NONE, 1), new = strata_row(HOST, LOCK_NONE, 2);
  const char *aside = strata_path(strata->folder, "aside");
  struct peer peer = strata_peer(HOST);
  struct layers_answer answer;

  strata_put(strata, &new);
  assert_int_equal(g_rename(strata->user, aside), 0);
  assert_int_equal(g_unlink(strata_path(strata->folder, "home/pins.lock")), 0);
  strata_put(strata, &old);
  strata_open(strata);
  assert_int_equal(g_rename(aside, strata->user), 0);
  layers_get(strata->layers, &peer, STRATA_NOW, &answer);
  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_true(answer.row.series == 2);
  layers_answer_clear(&answer);
}

/* What happens to the open file itself shows when it is read; then the store is opened again, so
 * that the problem can be told and its end noticed. */
static void test_user_damaged_in_place(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  g_autofree char *content = NULL;
  gsize size;
  FILE *file;

  strata_put(strata, &row);
  assert_true(g_file_get_contents(strata->user, &content, &size, NULL));
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  assert_int_equal(truncate(strata->user, 100), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW + 1, TLSPIN_UNAVAILABLE, "store-unreadable",
                LAYER_USER);
  strata_expect(strata->layers, HOST, STRATA_NOW + 2, TLSPIN_STORE_DAMAGED, "pins-lost",
                LAYER_USER);
  assert_true(layers_lost(strata->layers));
  assert_int_equal(truncate(strata->user, (off_t)size), 0);
  file = fopen(strata->user, "r+");
  assert_non_null(file);
  assert_int_equal(fwrite(content, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW + 3, TLSPIN_MATCH, "found", LAYER_USER);
}

/* While a walk is under way the store that it walks over must stay open. */
static void test_judge_opens_nothing(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  struct peer peer = strata_peer(HOST);
  const struct store *store;
  struct layers_answer answer;

  strata_put(strata, &row);
  strata_open(strata);
  store = layers_at(strata->layers, 0)->store;
  assert_int_equal(g_rename(strata->user, strata_path(strata->folder, "aside")), 0);
  layers_judge(strata->layers, &peer, STRATA_NOW, &answer);
  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_ptr_equal(layers_at(strata->layers, 0)->store, store);
  layers_answer_clear(&answer);
  assert_false(layers_lost(strata->layers));
  assert_non_null(layers_user(strata->layers, STRATA_NOW)->store); /* a new one */
  assert_true(layers_lost(strata->layers));
}

/* Nobody asks for anything, and the store is recovered all the same. */
static void test_user_watched(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);

  strata_put(strata, &row);
  strata_open(strata);
  layers_watch_user(strata->layers, STRATA_NOW);
  assert_false(layers_lost(strata->layers));
  assert_int_equal(truncate(strata->user, 100), 0);
  layers_watch_user(strata->layers, STRATA_NOW);
  assert_true(layers_lost(strata->layers));
  assert_int_equal(g_unlink(strata->user), 0);
  layers_watch_user(strata->layers, STRATA_NOW);
  assert_int_equal(access(strata->user, F_OK), 0);
}

/* A store whose file can be written now, and could not when it was opened, is opened again: nothing
 * that was said of the old one holds. */
static void test_user_freed(void **state)
{
  struct strata *strata = *state;

  strata_open(strata);
  layers_wait(strata->layers, true);
  assert_true(layers_user(strata->layers, STRATA_NOW)->waits);
  store_was_freed_misfire.call = 1;
  assert_false(layers_user(strata->layers, STRATA_NOW)->waits);
  assert_int_equal(store_was_freed_misfire.done, 1);
  assert_non_null(layers_at(strata->layers, 0)->store);
}

/* What was let go of, so that its file can be replaced, is there again for the next question. */
static void test_user_released(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);

  strata_put(strata, &row);
  strata_open(strata);
  assert_int_equal(layers_owner(strata->layers), geteuid());
  layers_release_user(strata->layers);
  assert_null(layers_at(strata->layers, 0)->store);
  assert_false(layers_lost(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  layers_release_user(strata->layers);
  layers_watch_user(strata->layers, STRATA_NOW);
  assert_non_null(layers_at(strata->layers, 0)->store);
}

/* Two daemons have the damaged store open. Neither waits for the other, who lets go of it as soon
 * as it looks. The one that was asked first answers again within a second of that. */
static void test_user_shared(void **state)
{
  struct strata *strata = *state;
  struct layers_config config = {strata->user, strata->admin, strata->vendor, geteuid(), geteuid()};
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  struct layers *others;
  gint64 start;

  strata_put(strata, &row);
  strata_open(strata);
  others = layers_new(&config, STRATA_NOW);
  strata_expect(others, HOST, STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  assert_int_equal(truncate(strata->user, 100), 0);
  start = g_get_monotonic_time();
  for (int64_t second = 1; second <= 5; second++)
    strata_expect(strata->layers, "none.example", STRATA_NOW + second, TLSPIN_UNAVAILABLE,
                  "store-unreadable", LAYER_USER);
  assert_true(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
  assert_non_null(strstr(layers_at(strata->layers, 0)->problem, "End the other tlspind"));
  layers_watch_user(others, STRATA_NOW + 5);
  assert_true(layers_lost(others));
  strata_expect(others, "none.example", STRATA_NOW + 5, TLSPIN_STORE_DAMAGED, "pins-lost",
                LAYER_USER);
  strata_expect(strata->layers, "none.example", STRATA_NOW + 6, TLSPIN_STORE_DAMAGED, "pins-lost",
                "user");
  layers_free(others);
}

/* What passes each time that the layers ask for it. */
static int64_t passed, passes;

static int64_t pass(void)
{
  return passed += passes;
}

/* Whether the next second finds it. */
static void expect_found(struct strata *strata, bool found)
{
  static int64_t now = STRATA_NOW;

  now++;
  if (found)
    strata_expect(strata->layers, HOST, now, TLSPIN_MATCH, "found", LAYER_USER);
  else
    strata_expect(strata->layers, HOST, now, TLSPIN_UNAVAILABLE, "store-unreadable", LAYER_USER);
}

/* A store that could not be opened, for which so many microseconds were needed the second time, and
 * is fine now without that being seen at its file. */
static void fail_to_open(struct strata *strata, int64_t took)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  const char *home = strata_path(strata->folder, "home");

  strata_put(strata, &row);
  strata->ticks = pass;
  assert_int_equal(g_chmod(home, 0777), 0);
  strata_open(strata);
  passes = took;
  expect_found(strata, false);
  passes = 0;
  assert_int_equal(g_chmod(home, 0700), 0);
}

static void test_quick_attempt(void **state)
{
  fail_to_open(*state, 100000);
  expect_found(*state, true);
}

/* The other layers are to answer meanwhile. */
static void test_slow_attempt(void **state)
{
  fail_to_open(*state, 100001);
  expect_found(*state, false);
  passed += 50 * 100001 - 1;
  expect_found(*state, false);
  passed++;
  expect_found(*state, true);
}

/* The first time another program is waited for: that isn't paid for with a pause. */
static void test_locked_at_first(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  sqlite3 *other;

  strata_put(strata, &row);
  assert_int_equal(sqlite3_open(strata->user, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  strata->ticks = pass;
  passes = 2000000;
  strata_open(strata);
  passes = 0;
  expect_found(strata, false);
  sqlite3_close(other);
  expect_found(strata, true);
}

static void test_very_slow_attempt(void **state)
{
  fail_to_open(*state, 7000000);
  passed += 299999999;
  expect_found(*state, false);
  passed++;
  expect_found(*state, true);
}

/* What was done about the file is seen at once, */
static void test_slow_attempt_mended(void **state)
{
  struct strata *strata = *state;

  fail_to_open(strata, 7000000);
  expect_found(strata, false);
  assert_int_equal(g_chmod(strata->user, 0400), 0);
  assert_int_equal(g_chmod(strata->user, 0600), 0);
  expect_found(strata, true);
}

/* and the rest when somebody asks what is wrong. */
static void test_slow_attempt_urged(void **state)
{
  struct strata *strata = *state;

  fail_to_open(strata, 7000000);
  expect_found(strata, false);
  layers_urge_user(strata->layers);
  expect_found(strata, true);
}

static void test_slow_attempt_released(void **state)
{
  struct strata *strata = *state;

  fail_to_open(strata, 7000000);
  expect_found(strata, false);
  layers_release_user(strata->layers);
  expect_found(strata, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_reload),
      TEST(test_reload_mode),
      TEST(test_reload_journal),
      TEST(test_reload_mended),
      TEST(test_reload_after_a_while),
      TEST(test_name_of_any_octets),
      TEST(test_user_deleted),
      TEST(test_user_replaced),
      TEST(test_user_damaged_in_place),
      TEST(test_user_watched),
      TEST(test_user_shared),
      TEST(test_judge_opens_nothing),
      TEST(test_user_freed),
      TEST(test_user_released),
      TEST(test_quick_attempt),
      TEST(test_slow_attempt),
      TEST(test_locked_at_first),
      TEST(test_very_slow_attempt),
      TEST(test_slow_attempt_mended),
      TEST(test_slow_attempt_urged),
      TEST(test_slow_attempt_released),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
