/* The method Put of org.tlspin.Admin1: daemon/put.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/names.h"
#include "tests/counter.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define PUT  "Put", "aa{sv}a{sv}"
#define LIST "List", "a{sv}su"
#define UNDO "Undo", "t"

#define OFF(host) "host=s:" host ";scope=s:exact;kind=s:mode;status=s:off"
#define PIN(host) "host=s:" host ";scope=s:exact;kind=s:pin;status=s:active;digest=ay:32*a5"

static void expect_count(const struct counter *counter, unsigned expected)
{
  char *text = counter_ask(counter, LIST, "||1000");
  g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

  assert_int_equal(g_strv_length(lines), expected + 2); /* the cursor, and what follows it */
  free(text);
}

static void test_put(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, OFF("a.example") "&" PIN("B.Example.") "|", "1\n2\n\n");
  counter_expect(
      &counter, LIST, "host=s:b.example||9",
      "host=b.example  scope=exact  protocol=  port=0  kind=pin  status=active  "
      "origin=user  level=leaf  selector=1  matching=1  "
      "digest=a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5  always=1  "
      "note=  first-seen=1700000000  last-seen=0  count-seen=0  layer=user  "
      "state=active  lock=none  "
      "key=sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n");
  counter_expect(&counter, PUT, OFF("a.example") "|", "0\n0\n\n"); /* it was there */
  counter_expect(&counter, PUT, OFF("c.example") "|operation=t:1", "1\n1\n\n");
  expect_count(&counter, 3);
  counter_expect(&counter, UNDO, "1", "2\n3\n0\n");
  expect_count(&counter, 0);
  counter_close(&counter);
}

static void test_dry_run(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, OFF("a.example") "&" OFF("b.example") "|dry-run=b:1", "0\n2\n\n");
  expect_count(&counter, 0);
  counter_refuse(&counter, PUT, OFF("a.example") "&" OFF("b b") "|dry-run=b:1", "InvalidArgument",
                 "entry 2");
  counter_expect(&counter, PUT, OFF("a.example") "|dry-run=b:0", "1\n1\n\n");
  expect_count(&counter, 1);
  counter_expect(&counter, PUT, OFF("a.example") "&" OFF("b.example") "|dry-run=b:1", "0\n1\n\n");
  expect_count(&counter, 1);
  counter_close(&counter);
}

#define CHAIN                                                                                      \
  ";chain=aa{sv}:subject=s:b.example,not-before=t:5,not-after=t:6,certificate=ay:32*5a,"           \
  "key=s:sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU="

static void expect_chain(const struct counter *counter, const char *chain)
{
  char *text = counter_ask(counter, LIST, "host=s:b.example||9");

  if (strstr(text, chain) == NULL)
    fail_msg("%s", text);
  free(text);
}

/* What was seen with a key is told in the form in which it is put, and stays where nothing is said
 * of it. */
static void test_chain(void **state)
{
  static const char chain[] = "  chain={subject=b.example  not-before=5  not-after=6  certificate="
                              "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a  "
                              "key=sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=}\n";
  static const char raw[] = "  chain={key=sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=}\n";
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, PIN("b.example") CHAIN "|", "1\n1\n\n");
  expect_chain(&counter, chain);
  counter_expect(&counter, PUT, PIN("b.example") "|", "0\n0\n\n");
  counter_expect(&counter, PUT, PIN("b.example") ";note=s:x|", "2\n1\n\n");
  expect_chain(&counter, chain);
  counter_expect(&counter, PUT,
                 PIN("b.example") ";note=s:x;chain=aa{sv}:"
                                  "key=s:sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=|",
                 "3\n1\n\n");
  expect_chain(&counter, raw);
  counter_expect(&counter, UNDO, "3", "4\n1\n0\n");
  expect_chain(&counter, chain);
  counter_close(&counter);
}

static void test_warnings(void **state)
{
  struct strata *strata = *state;
  struct keypin locked = ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 1);
  struct counter counter;
  char *text;
  g_auto(GStrv) lines = NULL;

  locked.locked = true;
  ledger_layer(strata->admin, "50.db", &locked, 1);
  counter_open(&counter, strata);
  text = counter_ask(&counter, PUT,
                     OFF("a.example") "&host=s:b.example;scope=s:exact;kind=s:pin;"
                                      "status=s:critical;digest=ay:32*a5|");
  lines = g_strsplit(text, "\n", 0);
  assert_int_equal(g_strv_length(lines), 5);
  assert_string_equal(lines[0], "1");
  assert_string_equal(lines[1], "2");
  assert_true(g_str_has_prefix(lines[2], "entry 1: ") && strstr(lines[2], "'50.db'") != NULL);
  assert_true(g_str_has_prefix(lines[3], "entry 2: ") && strstr(lines[3], "'b.example'") != NULL);
  free(text);
  counter_close(&counter);
}

/* The text names the entry by its number, and the key. Nothing is stored then. */
static void test_refused(void **state)
{
  static const struct {
    const char *words, *number, *key;
  } cases[] = {
      {"|", "", "'entries' has 0 entries"},
      {OFF("a.example") "|operation=u:1", "", "'operation'"},
      {OFF("a.example") "|operation=t:99", "", "'operation'"},
      {OFF("a.example") "|dryrun=b:1", "", "'dryrun'"},
      {OFF("a.example") "|dry-run=u:1", "", "'dry-run'"},
      {OFF("a.example") "|dry-run=b:1;dry-run=b:1", "", "'dry-run'"},
      {OFF("a.example") "&hots=s:x|", "entry 2: ", "'hots'"},
      {"kind=s:mode&" OFF("a.example") "|", "entry 1: ", "'host'"},
      {OFF("a.example") "&" OFF("192.0.2.1") "|", "entry 2: ", "'host'"},
      {OFF("a.example") "&" OFF("b.example") ";scope=s:exact|", "entry 2: ", "'scope'"},
      {OFF("a.example") "&" OFF("b.example") ";origin=s:policy|", "entry 2: ", "'origin'"},
      {PIN("a.example") "&" PIN("b.example") CHAIN "~hots=s:x|", "entry 2: ", "'chain'"},
      {OFF("a.example") "&host=s:co.uk;scope=s:subtree;kind=s:mode;status=s:off|",
       "entry 2: ", "'co.uk'"},
  };
  struct counter counter;

  counter_open(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    counter_refuse(&counter, PUT, cases[i].words, "InvalidArgument", cases[i].number);
    counter_refuse(&counter, PUT, cases[i].words, "InvalidArgument", cases[i].key);
  }
  expect_count(&counter, 0);
  counter_refuse(&counter, UNDO, "0", "NothingToUndo", "");
  counter_close(&counter);
}

static char *many(unsigned count)
{
  GString *words = g_string_new(NULL);

  for (unsigned i = 0; i < count; i++)
    g_string_append_printf(words, "%shost=s:h%u.example;scope=s:exact;kind=s:mode;status=s:off",
                           i > 0 ? "&" : "", i);
  return g_string_free(g_string_append_c(words, '|'), FALSE);
}

static void test_limits(void **state)
{
  struct counter counter;
  g_autofree char *most = many(BUS_PUT_MAX), *more = many(BUS_PUT_MAX + 1);

  counter_open(&counter, *state);
  counter_refuse(&counter, PUT, more, "InvalidArgument", "'entries' has 1001 entries");
  expect_count(&counter, 0);
  counter_expect(&counter, PUT, most, "1\n1000\n\n");
  counter_expect(&counter, UNDO, "1", "2\n1000\n0\n");
  counter_close(&counter);
}

/* Another key for the same server each. */
static char *keys(unsigned from, unsigned count)
{
  GString *words = g_string_new(NULL);

  for (unsigned i = 0; i < count; i++)
    g_string_append_printf(
        words, "%shost=s:a.example;scope=s:exact;kind=s:pin;status=s:active;digest=ay:%04x%060d",
        i > 0 ? "&" : "", from + i, 0);
  return g_string_free(g_string_append_c(words, '|'), FALSE);
}

/* No server has so many keys: the first too many is named, and nothing is stored. */
static void test_crowd(void **state)
{
  struct counter counter;
  g_autofree char *most = keys(0, 256), *more = keys(0, 300), *one = keys(256, 1),
                  *again = keys(0, 1);
  const char *place = "entry 257: There are 256 entries for 'a.example' already";

  counter_open(&counter, *state);
  counter_refuse(&counter, PUT, more, "InvalidArgument", place);
  counter_refuse(&counter, PUT, more, "InvalidArgument", "'tlspin clear a.example'");
  expect_count(&counter, 0);
  counter_expect(&counter, PUT, most, "1\n256\n\n");
  counter_refuse(&counter, PUT, one, "InvalidArgument", "entry 1: There are 256 entries");
  expect_count(&counter, 256);
  counter_expect(&counter, PUT, again, "0\n0\n\n"); /* it is there */
  counter_expect(&counter, UNDO, "1", "2\n256\n0\n");
  counter_close(&counter);
}

/* A dry run says so, too. */
static void test_crowd_dry(void **state)
{
  struct counter counter;
  g_autofree char *more = keys(0, 300), *words = g_strconcat(more, "dry-run=b:1", NULL);

  counter_open(&counter, *state);
  counter_refuse(&counter, PUT, words, "InvalidArgument", "entry 257: There are 256 entries");
  expect_count(&counter, 0);
  counter_close(&counter);
}

static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  counter_refuse(&counter, PUT, OFF("a.example") "|", "Unavailable", "/home");
  counter_refuse(&counter, PUT, OFF("a.example") "|dry-run=b:1", "Unavailable", "/home");
  counter_close(&counter);
}

/* What was put decides at once. */
static void test_lookup(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct counter counter;
  char *text;

  strata_put(strata, &row);
  counter_open(&counter, strata);
  counter_expect(&counter, PUT, OFF("a.example") "|", "1\n1\n\n");
  text = counter_ask(&counter, "Lookup", "ssq", "a.example|tls|443");
  assert_true(g_str_has_prefix(text, "opted-out\noff\nuser\n"));
  free(text);
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put),       TEST(test_dry_run),     TEST(test_warnings), TEST(test_refused),
      TEST(test_limits),    TEST(test_unavailable), TEST(test_lookup),   TEST(test_crowd),
      TEST(test_crowd_dry), TEST(test_chain),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
