/* Status: how the store is, and which file is to be mended: daemon/status.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/state.h"
#include "daemon/torn.h"
#include "tests/counter.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lines of the answer: the status, then a line for each layer, and an empty one. */
static char **status(const struct counter *counter)
{
  char *text = counter_ask(counter, "Status", "", "");
  char **lines = g_strsplit(text, "\n", 0);

  free(text);
  return lines;
}

static void expect_status(const struct counter *counter, const char *state, const char *rest)
{
  g_autofree char *expected = g_strdup_printf("version=" PACKAGE_VERSION
                                              "  state=%s  %slifetime-cap=10000  undo-period=5000  "
                                              "idle-timeout=77",
                                              state, rest);
  g_auto(GStrv) lines = status(counter);

  assert_string_equal(lines[0], expected);
}

static void test_fine(void **state)
{
  struct strata *strata = *state;
  struct ticket_row rows[] = {strata_row("a.example", LOCK_NONE, 1),
                              strata_row("b.example", LOCK_OFF, 2)};
  g_autofree char *user = NULL, *high = NULL, *low = NULL;
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  strata_put(strata, &rows[0]);
  strata_layer(strata->admin, "10.db", rows, 2);
  strata_layer(strata->vendor, "20.db", rows, 2);
  counter_open(&counter, strata);
  expect_status(&counter, "ok", "entries=1  records=0  ");
  lines = status(&counter);
  user = g_strdup_printf("name=user  path=%s  state=ok", strata->user);
  high = g_strdup_printf("name=20.db  path=%s/20.db  state=ok", strata->vendor);
  low = g_strdup_printf("name=10.db  path=%s/10.db  state=ok", strata->admin);
  assert_int_equal(g_strv_length(lines), 5);
  assert_string_equal(lines[1], user);
  assert_string_equal(lines[2], high);
  assert_string_equal(lines[3], low);
  counter_close(&counter);
}

static void test_records(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct keypin pins[] = {ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 1),
                          ledger_pin_of("a.example", KEYPIN_INACTIVE, KEYPIN_TOFU, 2),
                          ledger_pin("*", KEYPIN_OFF, KEYPIN_USER, 0)};
  struct counter counter;

  strata_put(strata, &row);
  ledger_put(strata, pins, 3);
  counter_open(&counter, strata);
  expect_status(&counter, "ok", "entries=1  records=3  ");
  counter_close(&counter);
}

/* Up to which operation something may be lost. */
static void test_torn(void **state)
{
  uint8_t value[TORN_OCTETS];
  size_t size = torn_encode(&(struct torn){42, 0}, value);
  g_auto(GStrv) before = NULL, after = NULL;
  struct counter counter;
  struct store *store;

  counter_open(&counter, *state);
  before = status(&counter);
  assert_null(strstr(before[0], "undo-partly"));
  store = layers_at(policy_layers(counter.handlers.policy), 0)->store;
  assert_int_equal(state_put(store, TORN_ROW, (struct span){value, size}), TLSPIN_OK);
  after = status(&counter);
  assert_non_null(strstr(after[0], "  undo-period=5000  undo-partly=42  idle-timeout="));
  counter_close(&counter);
}

static void test_config_problem(void **state)
{
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  counter_open(&counter, *state);
  counter.handlers.config_problem = "line 3 was passed over";
  lines = status(&counter);
  assert_true(g_str_has_suffix(lines[0], "  config-problem=line 3 was passed over"));
  counter_close(&counter);
}

/* Which file, what is wrong, and what to do; "entries" only where they are known. */
static void test_user_unreadable(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct counter counter;
  g_auto(GStrv) lines = NULL, mended = NULL;

  strata_put(strata, &row);
  assert_int_equal(g_chmod(strata->user, 0644), 0);
  counter_open(&counter, strata);
  expect_status(&counter, "unavailable", "");
  lines = status(&counter);
  assert_non_null(strstr(lines[1], "state=unavailable  problem="));
  assert_non_null(strstr(strstr(lines[1], "problem="), strata->user));
  assert_non_null(strstr(lines[1], "chmod"));
  assert_int_equal(g_chmod(strata->user, 0600), 0);
  counter_now++;
  expect_status(&counter, "ok", "entries=1  records=0  ");
  mended = status(&counter);
  assert_null(strstr(mended[1], "problem"));
  counter_close(&counter);
}

static void test_layer_unreadable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  strata_write(strata->admin, "50.db", "not a database");
  counter_open(&counter, strata);
  expect_status(&counter, "unavailable", "entries=0  records=0  ");
  lines = status(&counter);
  assert_non_null(strstr(lines[1], "name=user"));
  assert_non_null(strstr(lines[1], "state=ok"));
  assert_non_null(strstr(lines[2], "name=50.db"));
  assert_non_null(strstr(lines[2], "state=unavailable  problem="));
  assert_non_null(strstr(strstr(lines[2], "problem="), "admin/50.db"));
  counter_close(&counter);
}

/* Damage of the open file is told once a lookup has met it. */
static void test_damage_in_place(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct counter counter;

  strata_put(strata, &row);
  counter_open(&counter, strata);
  expect_status(&counter, "ok", "entries=1  records=0  ");
  assert_int_equal(truncate(strata->user, 100), 0);
  counter_now++;
  counter_expect(&counter, "Lookup", "ssq", "a.example|tls|443",
                 "unavailable\nstore-unreadable\nuser\n\n\n\n0\n0\nnone\n\n161\n");
  counter_now++;
  expect_status(&counter, "damaged", "entries=0  records=0  ");
  counter_close(&counter);
}

/* Paths are any octets; a message must be UTF-8. */
static void test_name_of_any_octets(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_ENFORCE, 1);
  struct counter counter;
  char *text;

  strata_layer(strata->admin, "\xe9.db", &row, 1);
  strata_write(strata->admin, "\xff.db", "not a database");
  counter_open(&counter, strata);
  text = counter_ask(&counter, "Status", "", "");
  assert_non_null(strstr(text, "state=unavailable"));
  free(text);
  text = counter_ask(&counter, "Lookup", "ssq", "a.example|tls|443");
  assert_true(g_str_has_prefix(text, "match\nfound\n"));
  free(text);
  text = counter_ask(&counter, "List", "a{sv}su", "||10");
  assert_true(g_str_has_prefix(text, "host=a.example"));
  assert_true(g_utf8_validate(text, -1, NULL));
  free(text);
  counter_refuse(&counter, "Get", "ssq", "b.example|tls|443", "Unavailable", "admin");
  counter_close(&counter);
}

static void test_no_arguments(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_refuse(&counter, "Status", "s", "x", "InvalidArgument", "more arguments");
  counter_close(&counter);
}

/* What is told of a clock: whether it is trusted, and what is believed instead. */
static void test_clock(void **state)
{
  struct clock_guard guard = CLOCK_GUARD_AT(STRATA_NOW);
  struct counter counter;

  counter_open(&counter, *state);
  counter.handlers.clock = &guard;
  expect_status(&counter, "ok", "entries=0  records=0  clock=ok  believed=1700000000  ");
  clock_believe(&guard, &(struct clock_reading){1000, 70, 1});
  clock_believe(&guard, &(struct clock_reading){1500, 570, 1});
  expect_status(&counter, "ok",
                "entries=0  records=0  clock=suspect  believed=1700000000  clock-now=1500  "
                "clock-jumped=1000  clock-trusted=87400  ");
  clock_distrust(&guard, &(struct clock_reading){1600, 670, 1});
  expect_status(
      &counter, "ok",
      "entries=0  records=0  clock=suspect  believed=1700000000  clock-now=1600  "
      "clock-problem=what the store remembers of the time can't be understood: "
      "perhaps a newer tlspin wrote it. No pin ends until that one runs again, or a backup "
      "is restored, see 'tlspin restore'.  ");
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_fine),
      TEST(test_records),
      TEST(test_torn),
      TEST(test_config_problem),
      TEST(test_user_unreadable),
      TEST(test_layer_unreadable),
      TEST(test_damage_in_place),
      TEST(test_name_of_any_octets),
      TEST(test_no_arguments),
      TEST(test_clock),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
