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

#define PUT   "Put", "aa{sv}a{sv}"
#define LIST  "List", "a{sv}su"
#define UNDO  "Undo", "t"
#define CLEAR "Clear", "a{sv}"

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
  counter_refuse(&counter, PUT, OFF("c.example") "|operation=t:1", "InvalidArgument",
                 "no such operation");
  expect_count(&counter, 2);
  counter_expect(&counter, UNDO, "1", "2\n2\n0\n");
  expect_count(&counter, 0);
  counter_close(&counter);
}

/* Another host each, and options behind them. */
static char *many(unsigned from, unsigned count, const char *options)
{
  GString *words = g_string_new(NULL);

  for (unsigned i = from; i < from + count; i++)
    g_string_append_printf(words, "%shost=s:h%u.example;scope=s:exact;kind=s:mode;status=s:off",
                           i > from ? "&" : "", i);
  g_string_append_printf(words, "|%s", options);
  return g_string_free(words, FALSE);
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

/* Goes on with what is being applied, as the daemon does while nobody asks for anything. */
static unsigned go_on(struct counter *counter)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  struct store_applied applied;
  unsigned times = 0;

  while (handlers_apply(&counter->handlers, &applied, problem) == TLSPIN_OK)
    times++;
  assert_string_equal(problem->str, "");
  return times;
}

/* The pages of an import: nobody sees anything of it before the last, whose answer has a number of
 * its own and the count of all. */
static void test_pages(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", "1\n1\n\n");
  counter_expect(&counter, PUT, OFF("b.example") "&" OFF("a.example") "|more=b:1;operation=t:1",
                 "1\n1\n\n");
  expect_count(&counter, 0);
  counter_refuse(&counter, UNDO, "0", "NothingToUndo", "");
  counter_expect(&counter, PUT, OFF("b.example") "|", "2\n1\n\n");
  counter_expect(&counter, PUT, OFF("c.example") "|operation=t:1", "3\n2\n\n");
  expect_count(&counter, 3);
  counter_refuse(&counter, PUT, OFF("c.example") "|operation=t:1", "InvalidArgument", "operation");
  counter_expect(&counter, PUT, OFF("c.example") "|more=b:1", "4\n0\n\n");
  counter_expect(&counter, PUT, OFF("b.example") "|operation=t:4", "0\n0\n\n");
  counter_expect(&counter, UNDO, "3", "6\n2\n0\n");
  expect_count(&counter, 1);
  counter_close(&counter);
}

/* A caller takes a draft back by its number, and is told that nothing had to be changed for it. */
static void test_taken_back(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", "1\n1\n\n");
  counter_expect(&counter, UNDO, "1", "0\n0\n0\n");
  counter_refuse(&counter, UNDO, "1", "NothingToUndo", "");
  counter_refuse(&counter, PUT, OFF("a.example") "|operation=t:1", "InvalidArgument", "operation");
  expect_count(&counter, 0);
  counter_close(&counter);
}

/* What another caller has begun is nobody else's to go on with, or to finish. */
static void test_others(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", "1\n1\n\n");
  drafts_end(counter.handlers.drafts, 1);
  drafts_begin(counter.handlers.drafts, ":1.77", 1);
  counter_refuse(&counter, PUT, OFF("b.example") "|operation=t:1", "InvalidArgument",
                 "no such operation");
  counter_refuse(&counter, PUT, OFF("b.example") "|operation=t:1;more=b:1", "InvalidArgument",
                 "no such operation");
  counter_refuse(&counter, PUT, OFF("b.example") "|operation=t:1;dry-run=b:1", "InvalidArgument",
                 "no such operation");
  counter_refuse(&counter, UNDO, "1", "NothingToUndo", "");
  assert_true(drafts_has(counter.handlers.drafts, ":1.77", 1));
  expect_count(&counter, 0);
  counter_close(&counter);
}

static void test_many_drafts(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  for (int i = 1; i <= DRAFTS_EACH; i++) {
    g_autofree char *reply = g_strdup_printf("%d\n1\n\n", i);

    counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", reply);
  }
  counter_refuse(&counter, PUT, OFF("a.example") "|more=b:1", "LimitsExceeded", "4 operations");
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1;dry-run=b:1", "0\n1\n\n");
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1;operation=t:1", "1\n0\n\n");
  counter_expect(&counter, PUT, OFF("b.example") "|", "5\n1\n\n"); /* this is none */
  counter_expect(&counter, UNDO, "2", "0\n0\n0\n");
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", "6\n1\n\n");
  counter_refuse(&counter, PUT, OFF("a.example") "|more=b:1", "LimitsExceeded", "4 operations");
  counter_close(&counter);
}

/* What is long is not answered at once; until it is over nothing else can be changed, but what is
 * asked for is answered. */
static void test_long(void **state)
{
  g_autofree char *text = NULL;
  struct counter counter;
  g_autofree char *first = many(0, 1000, "more=b:1"),
                  *second = many(1000, 1000, "more=b:1;operation=t:1"),
                  *last = many(2000, 500, "operation=t:1");

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, first, "1\n1000\n\n");
  counter_expect(&counter, PUT, second, "1\n1000\n\n");
  counter_expect(&counter, PUT, last, "");
  assert_true(waiting_any(counter.handlers.waiting));
  assert_true(policy_has_grown(counter.handlers.policy));
  counter_refuse(&counter, PUT, OFF("a.example") "|", "Busy", "An import is being stored");
  counter_refuse(&counter, UNDO, "0", "Busy", "An import is being stored");
  counter_refuse(&counter, CLEAR, "all=b:1", "Busy", "An import is being stored");
  counter_expect(&counter, PUT, OFF("a.example") "|more=b:1", "3\n1\n\n");
  text = counter_ask(&counter, "Lookup", "ssq", "h0.example|tls|443");
  assert_true(g_str_has_prefix(text, "opted-out\noff\nuser\n"));
  assert_int_equal(go_on(&counter), 2);
  assert_false(waiting_any(counter.handlers.waiting));
  counter_expect(&counter, UNDO, "0", "4\n2500\n0\n");
  expect_count(&counter, 0);
  counter_close(&counter);
}

/* What the last page had to be left out for is said. */
static void test_left_out(void **state)
{
  struct counter counter;
  g_autofree char *most = keys(0, 255), *one = keys(300, 2),
                  *page = g_strconcat(most, "more=b:1", NULL), *text = NULL;

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, page, "1\n255\n\n");
  counter_expect(&counter, PUT, one, "2\n2\n\n");
  text = counter_ask(&counter, PUT, OFF("b.example") "|operation=t:1");
  assert_true(g_str_has_prefix(text, "3\n255\n"));
  assert_non_null(strstr(text, "1 entry was left out: there are 256 at its place by now"));
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

static void test_limits(void **state)
{
  struct counter counter;
  g_autofree char *most = many(0, BUS_PUT_MAX, ""), *more = many(0, BUS_PUT_MAX + 1, "");

  counter_open(&counter, *state);
  counter_refuse(&counter, PUT, more, "InvalidArgument", "'entries' has 1001 entries");
  expect_count(&counter, 0);
  counter_expect(&counter, PUT, most, "1\n1000\n\n");
  counter_expect(&counter, UNDO, "1", "2\n1000\n0\n");
  counter_close(&counter);
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

/* Nor has a server more by an undo: the text names server, remedy and operation, and the remedy
 * helps. */
static void test_crowd_undo(void **state)
{
  struct counter counter;
  g_autofree char *most = keys(0, 256), *one = keys(256, 1);
  static const char *const words[] = {"more than 256 entries for 'a.example'",
                                      "nothing was taken back", "'tlspin list a.example'",
                                      "'tlspin clear a.example'", "'tlspin undo 2' takes it back"};

  counter_open(&counter, *state);
  counter_expect(&counter, PUT, most, "1\n256\n\n");
  counter_expect(&counter, CLEAR, "host=s:a.example", "2\n256\n");
  counter_expect(&counter, PUT, one, "3\n1\n\n");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    counter_refuse(&counter, UNDO, "2", "LimitsExceeded", words[i]);
  expect_count(&counter, 1);
  counter_expect(&counter, CLEAR, "host=s:a.example", "4\n1\n");
  counter_expect(&counter, UNDO, "2", "5\n256\n0\n");
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
      TEST(test_put),         TEST(test_pages),   TEST(test_taken_back), TEST(test_others),
      TEST(test_many_drafts), TEST(test_long),    TEST(test_left_out),   TEST(test_dry_run),
      TEST(test_warnings),    TEST(test_refused), TEST(test_limits),     TEST(test_unavailable),
      TEST(test_lookup),      TEST(test_crowd),   TEST(test_crowd_undo), TEST(test_crowd_dry),
      TEST(test_chain),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
