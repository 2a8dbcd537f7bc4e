/* The methods Doctor, Acknowledge, Backup and Restore of org.tlspin.Admin1: daemon/admin-doctor.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/damage.h"
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
#include <unistd.h>

#define HOST   "a.example"
#define OTHER  "b.example"
#define GLANCE "Doctor", "b", "0"
#define READ   "Doctor", "b", "1"
#define SEEN   "Acknowledge", "t"
#define BACKUP "Backup", "", ""
#define BACK   "Restore", "s"
#define NAME   "pins-20231114T221320Z.db" /* as of STRATA_NOW */
#define ASIDE  "damaged-20231114T221320Z.db"

enum { WAITERS = 16, ASIDES = 120, ASIDES_TOLD = 100 };

static void put(struct strata *strata, const char *host, uint8_t mark)
{
  struct ticket_row row = strata_row(host, LOCK_NONE, mark);

  strata_put(strata, &row);
}

static void open_one(struct lobby *lobby, struct strata *strata)
{
  put(strata, HOST, 1);
  lobby_open(lobby, strata);
}

static const char *path_of(const struct strata *strata, const char *name)
{
  return strata_path(strata_path(strata->folder, "home/backups"), name);
}

/* The line of a call's reply, of which the first is 0, must have these words in it. */
static void expect_line(struct lobby *lobby, dbus_uint32_t call, guint line, const char *words)
{
  char *text = lobby_answer(lobby, call);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

  if (g_strv_length(lines) <= line || strstr(lines[line], words) == NULL)
    fail_msg("'%s' is not in line %u of: %s", words, line, text);
  free(text);
}

static void back_up(struct lobby *lobby)
{
  char *text = lobby_answer(lobby, lobby_call(lobby, BACKUP));

  if (strstr(text, "state=ok") == NULL)
    fail_msg("%s", text);
  free(text);
}

/* Where nothing has happened, little is said. */
static void test_well(void **state)
{
  struct strata *strata = *state;
  g_autofree char *expected =
      g_strdup_printf("path=%s  state=ok  asides=0  asides-size=0\n", strata->user);
  struct lobby lobby;

  open_one(&lobby, strata);
  lobby_expect(&lobby, GLANCE, expected);
  lobby_expect(&lobby, READ, expected);
  lobby_expect_signals(&lobby, "");
  lobby_close(&lobby);
}

/* Of a glance and of reading. */
static void test_backups(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  open_one(&lobby, strata);
  back_up(&lobby);
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 1, "name=" NAME "  path=");
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 1, "made=1700000000  size=");
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 1, "state=unread");
  expect_line(&lobby, lobby_call(&lobby, READ), 1, "state=ok  rows=");
  hinder(path_of(strata, NAME), 0);
  expect_line(&lobby, lobby_call(&lobby, READ), 1, "state=unread  problem=");
  hinder(NULL, 0);
  strata_write(strata->folder, "home/backups/" NAME, "no backup");
  assert_int_equal(g_chmod(path_of(strata, NAME), 0600), 0);
  expect_line(&lobby, lobby_call(&lobby, READ), 1, "state=damaged  problem=");
  assert_int_equal(g_chmod(strata_path(strata->folder, "home/backups"), 0755), 0);
  expect_line(&lobby, lobby_call(&lobby, READ), 0, "backups-problem=");
  lobby_close(&lobby);
}

/* All that a damage can say, and no more than is known of another. */
static void test_damage(void **state)
{
  struct strata *strata = *state;
  struct damage damage = {.cause = DAMAGE_CONTENT,
                          .found = STRATA_NOW,
                          .saved = 1,
                          .carved = 2,
                          .merged = 3,
                          .missing = 4,
                          .backup = STRATA_NOW - 5,
                          .aside = ASIDE};
  struct store *store;
  struct lobby lobby;

  open_one(&lobby, strata);
  store = layers_at(strata->layers, 0)->store;
  assert_int_equal(damage_put(store, &damage), TLSPIN_OK);
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 0,
              "cause=content  found=1700000000  saved=1  carved=2  merged=3  missing=4  "
              "backup=1699999995  aside=" ASIDE);
  damage = (struct damage){.cause = DAMAGE_MISSING, .found = 7, .missing = DAMAGE_UNKNOWN};
  assert_int_equal(damage_put(store, &damage), TLSPIN_OK);
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 0,
              "asides-size=0  cause=missing  found=7  saved=0  carved=0  merged=0");
  lobby_refuse(&lobby, SEEN, "6", "Busy", "Something else");
  lobby_refuse(&lobby, SEEN, "18446744073709551615", "Busy", "Something else");
  lobby_expect_signals(&lobby, "");
  lobby_expect(&lobby, SEEN, "7", "");
  lobby_expect_signals(&lobby, "Changed acknowledged");
  lobby_refuse(&lobby, SEEN, "0", "NotFound", "");
  lobby_expect_signals(&lobby, "");
  lobby_close(&lobby);
}

/* Of very many the newest are named, and all are counted. */
static void test_many_asides(void **state)
{
  struct strata *strata = *state;
  g_auto(GStrv) lines = NULL;
  struct lobby lobby;
  char *text;

  open_one(&lobby, strata);
  for (int i = 0; i < ASIDES; i++) {
    g_autofree char *name = g_strdup_printf("home/damaged-20231114T22%02d%02dZ.db", i / 60, i % 60);

    strata_write(strata->folder, name, "12345");
  }
  text = lobby_answer(&lobby, lobby_call(&lobby, GLANCE));
  lines = g_strsplit(text, "\n", -1);
  assert_non_null(strstr(lines[0], "asides=120  asides-size=600"));
  assert_string_equal(lines[1], "name=damaged-20231114T220020Z.db");
  assert_string_equal(lines[ASIDES_TOLD], "name=damaged-20231114T220159Z.db");
  assert_int_equal(g_strv_length(lines), 1 + ASIDES_TOLD + 1);
  free(text);
  lobby_close(&lobby);
}

/* A store that can't be read is no reason not to report; and the path of the store need not be
 * UTF-8, which libdbus would end the daemon for. */
static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  g_free(strata->user);
  strata->user = g_build_filename(strata->folder, "ho\xff", "pins.db", NULL);
  strata_write(strata->folder, "ho\xff", "a file in the folder's place");
  lobby_open(&lobby, strata);
  expect_line(&lobby, lobby_call(&lobby, GLANCE), 0, "ho\xef\xbf\xbd/pins.db  state=unavailable");
  expect_line(&lobby, lobby_call(&lobby, READ), 0, "problem=");
  lobby_refuse(&lobby, SEEN, "0", "Unavailable", "ho\xef\xbf\xbd");
  lobby_refuse(&lobby, BACKUP, "Unavailable", "ho\xef\xbf\xbd");
  lobby_refuse(&lobby, BACK, NAME, "NotFound", NAME);
  lobby_expect_signals(&lobby, "");
  lobby_close(&lobby);
}

/* The terms of what the keeper does follow the clock and the store. */
static void test_terms(void **state)
{
  struct strata *strata = *state;
  struct damage damage = {.cause = DAMAGE_CONTENT, .found = STRATA_NOW, .missing = 1};
  struct clock_guard guard = {.suspect = false};
  struct keeper_terms terms;
  struct lobby lobby;

  open_one(&lobby, strata);
  terms = handlers_terms(&lobby.counter.handlers);
  assert_int_equal(terms.now, STRATA_NOW);
  assert_int_equal(terms.period, COUNTER_UNDO);
  assert_false(terms.suspect);
  assert_false(terms.lost);
  lobby.counter.handlers.clock = &guard;
  assert_false(handlers_terms(&lobby.counter.handlers).suspect);
  guard.suspect = true;
  assert_true(handlers_terms(&lobby.counter.handlers).suspect);
  assert_int_equal(damage_put(layers_at(strata->layers, 0)->store, &damage), TLSPIN_OK);
  layers_user(strata->layers, STRATA_NOW);
  assert_true(handlers_terms(&lobby.counter.handlers).lost);
  lobby_close(&lobby);
}

/* As many may wait as that goes, each of which is answered; of others there is one at a time. */
static void test_busy(void **state)
{
  struct strata *strata = *state;
  dbus_uint32_t calls[WAITERS + 1], backup;
  struct lobby lobby;

  open_one(&lobby, strata);
  for (int i = 0; i <= WAITERS; i++) /* the first is under way */
    calls[i] = lobby_call(&lobby, READ);
  lobby_refuse(&lobby, READ, "Busy", "Try again");
  for (int i = 0; i <= WAITERS; i++)
    expect_line(&lobby, calls[i], 0, "state=ok");
  backup = lobby_call(&lobby, BACKUP);
  lobby_refuse(&lobby, BACKUP, "Busy", "A backup is being made");
  lobby_refuse(&lobby, BACK, NAME, "Busy", "A backup is being made");
  expect_line(&lobby, backup, 0, "name=" NAME);
  lobby_close(&lobby);
}

/* It is made, and its folder can't be made. */
static void test_backup(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  open_one(&lobby, strata);
  expect_line(&lobby, lobby_call(&lobby, BACKUP), 0, "state=ok  rows=");
  assert_int_equal(access(path_of(strata, NAME), F_OK), 0);
  lobby_expect_signals(&lobby, "");
  assert_int_equal(g_chmod(strata_path(strata->folder, "home/backups"), 0755), 0);
  lobby_refuse(&lobby, BACKUP, "Unavailable", "backups");
  lobby_close(&lobby);
}

static void test_restore(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  open_one(&lobby, strata);
  back_up(&lobby);
  lobby_expect(&lobby, "Clear", "a{sv}", "all=b:1", "1\n1\n");
  lobby_refuse(&lobby, BACK, "../pins.db", "NotFound", "../pins.db");
  lobby_expect_signals(&lobby, "Changed cleared");
  counter_now += 60;
  expect_line(&lobby, lobby_call(&lobby, BACK, NAME), 0, "name=pins-20231114T221420Z.db");
  lobby_expect_signals(&lobby, "Changed restored");
  expect_line(&lobby, lobby_call(&lobby, "Get", "ssq", HOST "|tls|443"), 0, "state=active");
  lobby_close(&lobby);
}

/* When it is answered, the newest backup is of what came back; or else of what is gone. */
static void expect_newest(struct lobby *lobby, const char *name)
{
  g_autofree char *words = g_strdup_printf("name=%s", name);

  expect_line(lobby, lobby_call(lobby, GLANCE), 1, words);
}

static void test_restore_is_backed_up(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  open_one(&lobby, strata);
  back_up(&lobby);
  put(strata, OTHER, 2);
  counter_now += 60;
  expect_line(&lobby, lobby_call(&lobby, BACK, NAME), 0, "name=pins-20231114T221420Z.db");
  expect_newest(&lobby, "pins-20231114T221420Z_02.db");
  expect_line(&lobby, lobby_call(&lobby, BACK, "pins-20231114T221420Z_02.db"), 0,
              "name=pins-20231114T221420Z_03.db");
  lobby_close(&lobby);
}

/* It is restored all the same. */
static void test_restore_is_not_backed_up(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;
  dbus_uint32_t call;

  open_one(&lobby, strata);
  back_up(&lobby);
  lobby_expect(&lobby, "Clear", "a{sv}", "all=b:1", "1\n1\n");
  counter_now += 60;
  call = lobby_call(&lobby, BACK, NAME);
  lobby_leave(&lobby);
  expect_line(&lobby, call, 0, "name=pins-20231114T221420Z.db");
  lobby_expect_signals(&lobby, "Changed cleared, Changed restored");
  lobby_close(&lobby);
}

/* No backup can be made of a store that can't be read, which is said by an empty dictionary. */
static void test_restore_over_nothing(void **state)
{
  struct strata *strata = *state;
  struct lobby lobby;

  open_one(&lobby, strata);
  back_up(&lobby);
  lobby_close(&lobby);
  assert_int_equal(g_unlink(strata->user), 0);
  assert_int_equal(g_mkdir(strata->user, 0700), 0);
  lobby_open(&lobby, strata);
  lobby_refuse(&lobby, BACK, NAME, "Unavailable", "");
  assert_int_equal(g_rmdir(strata->user), 0);
  lobby_expect(&lobby, BACK, NAME, "\n");
  lobby_close(&lobby);
}

/* Nobody waits for ever. */
static void test_leaving(void **state)
{
  struct strata *strata = *state;
  dbus_uint32_t list, backup;
  struct lobby lobby;

  open_one(&lobby, strata);
  back_up(&lobby);
  list = lobby_call(&lobby, READ);
  backup = lobby_call(&lobby, BACKUP);
  lobby_leave(&lobby);
  expect_line(&lobby, list, 1, "state=unread");
  lobby_expect_error(&lobby, backup, "Unavailable", "The daemon leaves before it is done.");
  lobby_close(&lobby);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_well),
      TEST(test_backups),
      TEST(test_damage),
      TEST(test_terms),
      TEST(test_busy),
      TEST(test_many_asides),
      TEST(test_backup),
      TEST(test_unavailable),
      TEST(test_restore),
      TEST(test_restore_over_nothing),
      TEST(test_leaving),
      TEST(test_restore_is_backed_up),
      TEST(test_restore_is_not_backed_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
