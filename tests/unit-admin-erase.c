/* Clear of org.tlspin.Admin1 where nothing shall be left: daemon/admin-erase.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backups.h"
#include "tests/hinder.h"
#include "tests/lobby.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HOST   "a.example"
#define OTHER  "b.example"
#define CLEAR  "Clear", "a{sv}"
#define ERASE  CLEAR, "host=s:" HOST ";forever=b:1"
#define GET    "Get", "ssq"
#define ASIDE  "home/damaged-20261123T062500Z.db"
#define LEAVES "The daemon leaves before it is done."

static void put_both(struct strata *strata)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1), other = strata_row(OTHER, LOCK_NONE, 2);

  strata_put(strata, &row);
  strata_put(strata, &other);
}

/* Its path is to be freed. */
static char *back_up(const struct strata *strata, int64_t now)
{
  const struct backup_terms terms = {.asked = true};
  struct backup *made = NULL;
  char *problem = NULL, *path;

  if (backups_make(strata->user, geteuid(), now, &terms, &made, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  path = g_strdup(made->path);
  backup_free(made);
  return path;
}

/* With both in the store and in a backup, whose path is returned, and a file that was set aside. */
static char *open_full(struct lobby *lobby, struct strata *strata)
{
  char *backup;

  put_both(strata);
  backup = back_up(strata, STRATA_NOW - 9);
  strata_write(strata->folder, ASIDE, "nobody can tell");
  lobby_open(lobby, strata);
  return backup;
}

/* Whether the store answers for the host as if it were there, and for the other as ever. */
static void expect_stored(struct lobby *lobby, const char *host, bool stored)
{
  g_autofree char *peer = g_strconcat(host, "|tls|443", NULL);
  char *text = counter_ask(&lobby->counter, GET, peer);

  if (stored)
    assert_true(g_str_has_prefix(text, "host="));
  else
    assert_true(counter_is_error(text, "NotFound", ""));
  free(text);
}

static void expect_no_trace(const struct strata *strata)
{
  g_autofree char *folder = g_strdup(strata_path(strata->folder, "home/backups"));
  g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
  const char *name;

  assert_false(stores_file_holds(strata->user, HOST));
  assert_true(stores_file_holds(strata->user, OTHER));
  while (names != NULL && (name = g_dir_read_name(names)) != NULL)
    assert_false(stores_file_holds(strata_path(folder, name), HOST));
  assert_int_equal(access(strata_path(strata->folder, ASIDE), F_OK), -1);
}

static void test_erased(void **state)
{
  struct strata *strata = *state;
  g_autofree char *backup = NULL;
  struct lobby lobby;

  backup = open_full(&lobby, strata);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  lobby_expect_signals(&lobby, "Changed cleared");
  expect_stored(&lobby, HOST, false);
  expect_stored(&lobby, OTHER, true);
  expect_no_trace(strata);
  assert_true(stores_file_holds(backup, OTHER));
  lobby_refuse(&lobby, "Undo", "t", "0", "NothingToUndo", "");
  lobby_refuse(&lobby, ERASE, "NotFound", "");
  lobby_expect_signals(&lobby, "");
  assert_int_equal(lobby.counter.served, 5); /* two of them are answered later, and count again */
  lobby_close(&lobby);
}

/* What was cleared before stands in the journal and in the backups. */
static void test_cleared_before(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  put_both(strata);
  g_free(back_up(strata, STRATA_NOW - 9));
  lobby_open(&lobby, strata);
  lobby_expect(&lobby, CLEAR, "host=s:" HOST, "1\n1\n");
  lobby_expect(&lobby, ERASE, "0\n0\n");
  lobby_expect_signals(&lobby, "Changed cleared, Changed cleared");
  expect_no_trace(strata);
  lobby_close(&lobby);
}

static void test_refused(void **state)
{
  g_autofree char *host = g_strnfill(HOST_MAX + 1, 'a');
  g_autofree char *words = g_strdup_printf("host=s:%s;forever=b:1", host);
  struct strata *strata = *state;
  struct lobby lobby;

  put_both(strata);
  lobby_open(&lobby, strata);
  lobby_refuse(&lobby, CLEAR, words, "InvalidArgument", "'host'");
  lobby_refuse(&lobby, CLEAR, "forever=b:1", "InvalidArgument", "'filter'");
  lobby_refuse(&lobby, CLEAR, "host=s:c.example;forever=b:1", "NotFound", "");
  lobby_expect_signals(&lobby, "");
  expect_stored(&lobby, HOST, true);
  lobby_close(&lobby);
}

static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  strata_write(strata->folder, "home", "a file in the folder's place");
  lobby_open(&lobby, strata);
  lobby_refuse(&lobby, ERASE, "Unavailable", "/home");
  lobby_close(&lobby);
}

/* The backup may hold it: nothing is done while it can't be read, and it is done when it can. */
static void test_hindered(void **state)
{
  struct strata *strata = *state;
  g_autofree char *backup = NULL;
  struct lobby lobby;

  backup = open_full(&lobby, strata);
  hinder(backup, 0);
  lobby_refuse(&lobby, ERASE, "Unavailable", backup);
  lobby_expect_signals(&lobby, "");
  hinder(NULL, 0);
  expect_stored(&lobby, HOST, true);
  assert_true(stores_file_holds(backup, HOST));
  assert_int_equal(access(strata_path(strata->folder, ASIDE), F_OK), 0);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  expect_no_trace(strata);
  lobby_close(&lobby);
}

static void expect_report(struct lobby *lobby, const char *words, bool there)
{
  char *text = lobby_answer(lobby, lobby_call(lobby, "Doctor", "b", "0"));

  if ((strstr(text, words) != NULL) != there)
    fail_msg("'%s' in: %s", words, text);
  free(text);
}

/* What was done beside the store the doctor tells, of the last time. */
static void test_told(void **state)
{
  struct strata *strata = *state;
  g_autofree char *damaged = NULL;
  struct lobby lobby;

  put_both(strata);
  for (int i = 9; i > 7; i--)
    g_free(back_up(strata, STRATA_NOW - i));
  damaged = back_up(strata, STRATA_NOW - 7);
  assert_true(g_file_set_contents(damaged, "no backup", -1, NULL));
  assert_int_equal(g_chmod(damaged, 0600), 0);
  strata_write(strata->folder, ASIDE, "nobody can tell");
  lobby_open(&lobby, strata);
  lobby_refuse(&lobby, CLEAR, "host=s:c.example;forever=b:1", "NotFound", "");
  expect_report(&lobby, "erased", false);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  expect_report(&lobby, "erased=1700000000  erased-backups=2  erased-damaged=1  erased-asides=1\n",
                true);
  lobby_expect(&lobby, CLEAR, "host=s:" OTHER ";forever=b:1", "0\n1\n");
  expect_report(&lobby, "erased=1700000000  erased-backups=2  erased-damaged=0  erased-asides=0\n",
                true);
  lobby_close(&lobby);
}

/* One at a time. */
static void test_busy(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;
  dbus_uint32_t first;

  put_both(strata);
  lobby_open(&lobby, strata);
  first = lobby_call(&lobby, ERASE);
  lobby_refuse(&lobby, CLEAR, "host=s:" OTHER ";forever=b:1", "Busy", "Something is being erased");
  lobby_expect_answer(&lobby, first, "0\n1\n");
  expect_stored(&lobby, OTHER, true);
  lobby_close(&lobby);
}

/* The daemon starts again. */
static void reopen(struct lobby *lobby, struct strata *strata)
{
  lobby_close(lobby);
  lobby_open(lobby, strata);
}

/* The daemon leaves while one is under way: whoever asked is told, nothing is lost, and the next
 * daemon does all of it, be some of it done by then or not. */
static void test_leaving(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;
  dbus_uint32_t call;

  g_free(open_full(&lobby, strata));
  call = lobby_call(&lobby, ERASE);
  lobby_leave(&lobby);
  lobby_expect_error(&lobby, call, "Unavailable", LEAVES);
  lobby_expect_signals(&lobby, "");
  reopen(&lobby, strata);
  expect_stored(&lobby, HOST, true);
  expect_stored(&lobby, OTHER, true);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  expect_no_trace(strata);
  lobby_close(&lobby);
}

/* The same of one that waits for something else: nothing at all was done. */
static void test_leaving_before(void **state)
{
  struct strata *strata = *state;
  g_autofree char *backup = NULL;
  dbus_uint32_t list, erase;
  struct lobby lobby;
  char *text;

  put_both(strata);
  backup = back_up(strata, STRATA_NOW - 9);
  lobby_open(&lobby, strata);
  list = lobby_call(&lobby, "Doctor", "b", "1");
  erase = lobby_call(&lobby, ERASE);
  lobby_leave(&lobby);
  text = lobby_answer(&lobby, list); /* a report never fails: it says what it doesn't know */
  assert_non_null(strstr(text, "state=unread"));
  free(text);
  lobby_expect_error(&lobby, erase, "Unavailable", LEAVES);
  assert_true(stores_file_holds(backup, HOST));
  reopen(&lobby, strata);
  expect_stored(&lobby, HOST, true);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  expect_no_trace(strata);
  lobby_close(&lobby);
}

/* What stands beside the store is erased, and the store can't be: it still knows what is meant. */
static void test_store_locked(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;
  sqlite3 *other;

  put_both(strata);
  g_free(back_up(strata, STRATA_NOW - 9));
  lobby_open(&lobby, strata);
  other = stores_raw(strata->user);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  lobby_refuse(&lobby, ERASE, "Unavailable", "");
  lobby_expect_signals(&lobby, "");
  sqlite3_close(other);
  expect_stored(&lobby, HOST, true);
  lobby_expect(&lobby, ERASE, "0\n1\n");
  expect_no_trace(strata);
  lobby_close(&lobby);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_erased),      TEST(test_cleared_before), TEST(test_refused),
      TEST(test_unavailable), TEST(test_hindered),       TEST(test_busy),
      TEST(test_leaving),     TEST(test_leaving_before), TEST(test_store_locked),
      TEST(test_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
