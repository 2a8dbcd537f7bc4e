/* Records that the user puts: what is refused, what is warned about, what is stored
 * (daemon/changes-put.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "tests/puts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = STRATA_NOW };

/* The second key of a host may be in another part of the operation, which the caller knows; of a
 * key that is alone in all of them the warning stays. */
static void test_backed(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_IMPORT, 1),
                          ledger_pin("b.example", KEYPIN_CRITICAL, KEYPIN_IMPORT, 2),
                          ledger_pin("c.example", KEYPIN_CRITICAL, KEYPIN_IMPORT, 3)};
  const bool backed[] = {true, false, true};
  struct policy_put page = {.pins = pins, .count = 3, .dry_run = true, .backed = backed};
  struct store_change change;
  g_autofree char *warnings = puts_put(policy, &page, &change), *all = NULL;

  assert_true(g_str_has_prefix(warnings, "entry 2: This is the only key for 'b.example'"));
  assert_null(strchr(warnings, '\n'));
  page.backed = NULL;
  all = puts_put(policy, &page, &change);
  assert_non_null(strstr(all, "entry 1: "));
  assert_non_null(strstr(all, "entry 3: "));
  policy_free(policy);
}

/* The pages of an import are one operation. */
/* What is done is done: nothing goes on with it. */
static void test_pages(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin first = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1);
  struct keypin second = ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 2);
  struct policy_put page = {&second, 1, 1, false};
  struct store_change change;
  char *problem = NULL;

  puts_expect(policy, &first, 1, 1, 1);
  puts_refuse(policy, &page, TLSPIN_E_ARGUMENT, "'operation'");
  assert_int_equal(policy_undo(policy, 1, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(change.changed, 1);
  assert_int_equal(puts_count(policy), 0);
  puts_refuse(policy, &page, TLSPIN_E_ARGUMENT, "'operation'"); /* it was taken back */
  page.operation = 99;
  puts_refuse(policy, &page, TLSPIN_E_ARGUMENT, "'operation'");
  page.operation = UINT64_MAX;
  puts_refuse(policy, &page, TLSPIN_E_ARGUMENT, "'operation'");
  assert_int_equal(puts_count(policy), 0);
  policy_free(policy);
}

static void test_dry_run(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_USER, 1),
                          ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_USER, 2)};
  struct policy_put dry = {pins, 2, 0, true};
  struct store_change change;
  g_autofree char *warnings = puts_put(policy, &dry, &change);

  assert_non_null(strstr(warnings, "entry 1")); /* what would be warned about is */
  assert_true(change.operation == 0 && change.changed == 2);
  assert_int_equal(puts_count(policy), 0);
  dry.operation = 7;
  puts_refuse(policy, &dry, TLSPIN_E_ARGUMENT, "'operation'");
  pins[1].place.scope = SCOPE_SUBTREE;
  g_strlcpy(pins[1].place.host, "co.uk", sizeof pins[1].place.host);
  dry.operation = 0;
  puts_refuse(policy, &dry, TLSPIN_E_ARGUMENT, "entry 2");
  puts_expect(policy, pins, 1, 1, 1); /* the number was not used up */
  pins[1] = ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_USER, 2);
  g_free(puts_put(policy, &dry, &change)); /* one of them is there by now */
  assert_true(change.operation == 0 && change.changed == 1);
  policy_free(policy);
}

static void test_public_suffixes(void **state)
{
  static const struct {
    const char *place;
    enum keypin_status status;
    bool taken;
  } cases[] = {
      {".com", KEYPIN_CRITICAL, false},
      {".co.uk", KEYPIN_ACTIVE, false},
      {".co.uk", KEYPIN_EXCEPTED, false},
      {".co.uk", KEYPIN_OFF, false},
      {".xn--55qx5d.cn", KEYPIN_CRITICAL, false}, /* in the list as 公司.cn */
      {".github.io", KEYPIN_CRITICAL, false},
      {".no-such-domain", KEYPIN_CRITICAL, false},
      {"*", KEYPIN_CRITICAL, false},
      {"*", KEYPIN_ACTIVE, false},
      {"*", KEYPIN_EXCEPTED, false},
      {"*", KEYPIN_OFF, true},
      {"*", KEYPIN_ON, true},
      {"*", KEYPIN_REJECTED, true},
      {".example.co.uk", KEYPIN_CRITICAL, true},
      {".somebody.github.io", KEYPIN_CRITICAL, true},
      {"co.uk", KEYPIN_CRITICAL, true},
      {"*.co.uk", KEYPIN_CRITICAL, false},
      {"*.example.co.uk", KEYPIN_CRITICAL, true},
  };
  struct policy *policy = puts_open(*state);
  unsigned taken = 0;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct keypin pins[] = {
        ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 99),
        ledger_pin(cases[i].place, cases[i].status, KEYPIN_IMPORT, (uint8_t)(i + 1))};
    struct policy_put both = {pins, 2, 0, false};
    struct store_change change;

    if (!cases[i].taken) {
      puts_refuse(policy, &both, TLSPIN_E_ARGUMENT, "entry 2");
      assert_int_equal(puts_count(policy), taken > 0 ? taken + 1 : 0);
      continue;
    }
    g_free(puts_put(policy, &both, &change));
    /* "on" takes the place of "off" */
    taken += cases[i].status != KEYPIN_ON;
    assert_int_equal(puts_count(policy), taken + 1);
  }
  policy_free(policy);
}

/* A locked entry decides all the same, about what isn't rejected. */
static void test_warns_of_locks(void **state)
{
  static const struct {
    const char *place;
    enum keypin_status status;
    bool warned;
  } cases[] = {
      {"a.example", KEYPIN_ACTIVE, true},       {"a.example", KEYPIN_EXCEPTED, true},
      {"a.example:443", KEYPIN_OFF, true},      {"a.example", KEYPIN_REJECTED, false},
      {"a.example", KEYPIN_INACTIVE, false},    {"b.example", KEYPIN_ACTIVE, false},
      {"x.a.example", KEYPIN_ACTIVE, false},    {"t.example:443", KEYPIN_OFF, true},
      {"off.example:443", KEYPIN_ACTIVE, true}, {"old.example", KEYPIN_ACTIVE, false},
      {"free.example", KEYPIN_OFF, false},      {"except.example", KEYPIN_OFF, false},
  };
  struct strata *strata = *state;
  struct keypin locked[] = {ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 1),
                            ledger_pin("old.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 1),
                            ledger_pin("free.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 1),
                            ledger_pin("except.example", KEYPIN_EXCEPTED, KEYPIN_POLICY, 1)};
  struct ticket_row rows[] = {strata_row("t.example", LOCK_REPORT, 1),
                              strata_row("off.example", LOCK_OFF, 2)};
  struct policy *policy;

  locked[0].locked = locked[1].locked = locked[3].locked = true;
  locked[1].enforce_until = locked[1].report_until = NOW;
  ledger_layer(strata->admin, "50.db", locked, G_N_ELEMENTS(locked));
  strata_layer(strata->vendor, "60.db", rows, 2);
  policy = puts_open(strata);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct keypin pin = ledger_pin(cases[i].place, cases[i].status, KEYPIN_USER, 7);
    struct store_change change;
    g_autofree char *warnings = puts_put(policy, &(struct policy_put){&pin, 1, 0, false}, &change);
    const char *layer = cases[i].place[0] == 'a' ? "'50.db'" : "'60.db'";

    if ((strstr(warnings, layer) != NULL) != cases[i].warned)
      fail_msg("case %zu: %s", i, warnings);
    assert_int_equal(change.changed, 1);
  }
  policy_free(policy);
}

/* A single critical key is warned about; any other key of the set is a backup. */
static void test_warns_of_single_keys(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin one = ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_USER, 1);
  struct keypin two = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 2);
  struct keypin pair[] = {ledger_pin("b.example", KEYPIN_CRITICAL, KEYPIN_USER, 3),
                          ledger_pin("b.example", KEYPIN_CRITICAL, KEYPIN_USER, 4)};
  struct keypin twice[] = {ledger_pin("c.example", KEYPIN_CRITICAL, KEYPIN_USER, 5),
                           ledger_pin("c.example", KEYPIN_CRITICAL, KEYPIN_USER, 5)};
  const struct {
    const struct keypin *pins;
    size_t count;
    unsigned warnings;
  } cases[] = {
      {&one, 1, 1},  /* alone */
      {&two, 1, 0},  /* it isn't critical */
      {&one, 1, 0},  /* now it has a backup in the store */
      {pair, 2, 0},  /* each other's */
      {twice, 2, 2}, /* the same key is none */
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct store_change change;
    g_autofree char *text =
        puts_put(policy, &(struct policy_put){cases[i].pins, cases[i].count, 0, false}, &change);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

    if (g_strv_length(lines) != cases[i].warnings)
      fail_msg("case %zu: %s", i, text);
    if (cases[i].warnings > 0)
      assert_non_null(strstr(lines[0], "entry 1"));
  }
  policy_free(policy);
}

/* What is no backup: of another origin or place, expired, rejected, or made so by the same put. */
static void test_no_backup(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin stored[] = {ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1),
                            ledger_pin("a.example:443", KEYPIN_ACTIVE, KEYPIN_USER, 2),
                            ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 3),
                            ledger_pin("a.example", KEYPIN_REJECTED, KEYPIN_USER, 4),
                            ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 5)};
  struct keypin now[] = {ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_USER, 6),
                         ledger_pin("a.example", KEYPIN_REJECTED, KEYPIN_USER, 5)};
  struct store_change change;
  g_autofree char *warnings = NULL;

  stored[2].enforce_until = stored[2].report_until = NOW;
  puts_expect(policy, stored, 5, 1, 5);
  warnings = puts_put(policy, &(struct policy_put){now, 2, 0, false}, &change);
  assert_non_null(strstr(warnings, "entry 1"));
  policy_free(policy);
}

static bool copy_times(const struct keypin *pin, void *data)
{
  g_string_append_printf(data, "%d %d %d\n", (int)(pin->first_seen - NOW),
                         (int)(pin->last_seen != 0 ? pin->last_seen - NOW : 0),
                         (int)pin->count_seen);
  return true;
}

static void expect_times(struct policy *policy, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  puts_visit(policy, copy_times, text);
  assert_string_equal(text->str, expected);
}

/* When a key was seen is told by the caller, or known, or now. */
static void test_times(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pin = ledger_pin("*.a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1);
  struct keypin long_name = pin;

  pin.first_seen = 0;
  puts_expect(policy, &pin, 1, 1, 1);
  expect_times(policy, "0 0 0\n");
  pin.first_seen = NOW - 9;
  pin.last_seen = NOW - 5;
  pin.count_seen = 3;
  puts_expect(policy, &pin, 1, 2, 1);
  expect_times(policy, "-9 -5 3\n");
  pin.first_seen = pin.last_seen = 0;
  pin.count_seen = 0;
  puts_expect(policy, &pin, 1, 0, 0);
  pin.note = "changed";
  puts_expect(policy, &pin, 1, 3, 1);
  expect_times(policy, "-9 -5 3\n");
  memset(long_name.place.host, 'h', HOST_MAX); /* no peer is below it */
  for (size_t i = 63; i < HOST_MAX; i += 64)
    long_name.place.host[i] = '.';
  long_name.first_seen = 0;
  puts_expect(policy, &long_name, 1, 4, 1);
  expect_times(policy, "-9 -5 3\n0 0 0\n");
  policy_free(policy);
}

static bool copy_seen(const struct keypin *pin, void *data)
{
  struct chain_seen seen;

  assert_true(chain_seen_decode(pin->seen, &seen));
  g_string_append_printf(data, "%s %s\n", pin->note, seen.count > 0 ? seen.at[0].subject : "-");
  return true;
}

static void expect_seen(struct policy *policy, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  puts_visit(policy, copy_seen, text);
  assert_string_equal(text->str, expected);
}

static struct span see(const char *subject, uint8_t octets[CHAIN_SEEN_MAX])
{
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);
  struct chain_seen seen = {.count = 2};

  g_strlcpy(seen.at[0].subject, subject, sizeof seen.at[0].subject);
  assert_true(chain_seen_encode(&seen, &writer));
  return writer_span(&writer);
}

/* So does what was seen with it; and what the caller's records own stays the caller's. */
static void test_seen(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("*.a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1),
                          ledger_pin("a.example:443", KEYPIN_ACTIVE, KEYPIN_TOFU, 2)};
  uint8_t octets[CHAIN_SEEN_MAX];

  pins[0].seen = see("first", octets);
  assert_true(keypin_own(&pins[0]));
  puts_expect(policy, pins, 2, 1, 2);
  expect_seen(policy, " -\n first\n");
  pins[1].seen = see("second", octets);
  puts_expect(policy, pins, 2, 2, 1);
  pins[0].seen = pins[1].seen = (struct span){NULL, 0};
  puts_expect(policy, pins, 2, 0, 0); /* nothing is said of it */
  pins[0].note = "changed";
  puts_expect(policy, pins, 2, 3, 1);
  expect_seen(policy, " second\nchanged first\n");
  pins[0].seen = see("third", octets);
  puts_expect(policy, pins, 1, 4, 1);
  expect_seen(policy, " second\nchanged third\n");
  keypin_clear(&pins[0]);
  policy_free(policy);
}

/* What the store does not take spoils all of it. */
static void test_all_or_none(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1),
                          ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_USER, 1)};
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  struct store_change change;
  char *problem = NULL;

  pins[1].locked = true;
  assert_int_equal(
      policy_put(policy, &(struct policy_put){pins, 2, 0, false}, NOW, &change, warnings, &problem),
      TLSPIN_E_ARGUMENT);
  assert_null(problem);
  assert_true(change.operation == 0 && change.changed == 0);
  assert_int_equal(puts_count(policy), 0);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_backed),          TEST(test_pages),          TEST(test_dry_run),
      TEST(test_public_suffixes), TEST(test_warns_of_locks), TEST(test_warns_of_single_keys),
      TEST(test_no_backup),       TEST(test_times),          TEST(test_seen),
      TEST(test_all_or_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
