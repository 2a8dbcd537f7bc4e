/* The methods of org.tlspin.Admin1, save Status: daemon/admin.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/counter.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define LIST  "List", "a{sv}su"
#define GET   "Get", "ssq"
#define CLEAR "Clear", "a{sv}"
#define UNDO  "Undo", "t"

enum { MANY = 70 };

/* A user's store with a.example, b.example (sha384, with failures) and c.example, which has
 * expired. */
static void open_three(struct counter *counter, struct strata *strata)
{
  static const uint8_t secret[48];
  struct ticket_row rows[] = {strata_row("a.example", LOCK_NONE, 1),
                              strata_row("b.example", LOCK_NONE, 2),
                              strata_row("c.example", LOCK_NONE, 3)};

  rows[1].hash = TICKET_SHA384;
  rows[1].secret = (struct span){secret, sizeof secret};
  rows[1].peer.protocol = PROTOCOL_DTLS;
  rows[1].peer.port = 8443;
  rows[1].issued = STRATA_NOW - 50;
  rows[2].expires = STRATA_NOW;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
    strata_put(strata, &rows[i]);
  counter_open(counter, strata);
  counter_expect(counter, "ReportFailure", "ssqs", "b.example|dtls|8443|proof-wrong", "");
  counter_expect(counter, "ReportFailure", "ssqs", "b.example|dtls|8443|proof-missing", "");
}

#define A                                                                                          \
  "host=a.example  protocol=tls  port=443  kind=ticket  layer=user  state=active  lock=none  "     \
  "hash=sha256  ticket-size=5  first-seen=1699999000  issued=1699999900  expires=1700604800\n"
#define B                                                                                          \
  "host=b.example  protocol=dtls  port=8443  kind=ticket  layer=user  state=active  lock=none  "   \
  "hash=sha384  ticket-size=5  first-seen=1699999000  issued=1699999950  expires=1700604800  "     \
  "failures=2  failure-reason=proof-missing  failed=1700000000\n"
#define C                                                                                          \
  "host=c.example  protocol=tls  port=443  kind=ticket  layer=user  state=expired  lock=none  "    \
  "hash=sha256  ticket-size=5  first-seen=1699999000  issued=1699999900  expires=1700000000\n"

static void test_list(void **state)
{
  struct counter counter;

  open_three(&counter, *state);
  counter_expect(&counter, LIST, "||1000", A B C "\n");
  counter_expect(&counter, LIST, "||2", A B "user/b.example/dtls/8443\n");
  counter_expect(&counter, LIST, "|user/b.example/dtls/8443|2", C "\n");
  counter_expect(&counter, LIST, "|user/c.example/tls/443|2", "\n");
  counter_expect(&counter, LIST, "host=s:B.example||9", B "\n");
  counter_expect(&counter, LIST, "pattern=s:[ab]*||9", "\n");
  counter_expect(&counter, LIST, "pattern=s:?.EXAMPLE;protocol=s:tls||9", A C "\n");
  counter_expect(&counter, LIST, "port=q:8443||9", B "\n");
  counter_expect(&counter, LIST, "since=t:1699999950||9", B "\n");
  counter_expect(&counter, LIST, "since=t:1699999951||9", "\n");
  counter_close(&counter);
}

static void test_list_refused(void **state)
{
  static const struct {
    const char *words, *text;
  } cases[] = {
      {"||0", "'limit' is 0"},
      {"||1001", "'limit' is 1001"},
      {"||4294967295", "'limit'"},
      {"|user|10", "'cursor'"},
      {"|user/a.example/tls/0|10", "'cursor'"},
      {"|gone.db/a.example/tls/443|10", "'cursor'"},
      {"|user/a.example/exact/tls/443/pin/tofu/leaf/1/1/00|10", "'cursor'"},
      {"|gone.db//subtree//0/mode/user/leaf/1/1/"
       "0000000000000000000000000000000000000000000000000000000000000000|10",
       "'cursor'"},
      {"kind=s:tickets||10", "'kind'"},
      {"digest=ay:31*00||10", "'digest'"},
      {"hots=s:a.example||10", "'hots'"},
      {"host=s:a b||10", "'host'"},
      {"all=b:1||10", "'all'"},
      {"all=b:1;host=s:a.example||10", "'all'"},
  };
  struct counter counter;

  open_three(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    counter_refuse(&counter, LIST, cases[i].words, "InvalidArgument", cases[i].text);
  counter_close(&counter);
}

/* What can't be read is not left out silently. */
static void test_list_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;

  strata_write(strata->admin, "50.db", "not a database");
  open_three(&counter, strata);
  counter_expect(&counter, LIST, "||10", A B C "\n"); /* the others are told all the same */
  counter_refuse(&counter, GET, "nowhere.example|tls|443", "Unavailable", "admin/50.db");
  counter_close(&counter);
}

static void test_get(void **state)
{
  struct counter counter;

  open_three(&counter, *state);
  counter_expect(&counter, GET, "A.example|tls|443", A);
  counter_expect(&counter, GET, "b.example|dtls|8443", B);
  counter_expect(&counter, GET, "c.example|tls|443", C);
  counter_refuse(&counter, GET, "d.example|tls|443", "NotFound", "");
  counter_refuse(&counter, GET, "a.example|dtls|443", "NotFound", "");
  counter_refuse(&counter, GET, "a.example|tls|0", "InvalidArgument", "'port'");
  counter_refuse(&counter, GET, "192.0.2.1|tls|443", "CannotBePinned", "'host'");
  counter_close(&counter);
}

/* The layers of one peer, the one that decides in front; a lock is told. */
static void test_get_layers(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_REPORT, 9);
  struct counter counter;
  char *text;
  g_auto(GStrv) lines = NULL;

  strata_layer(strata->admin, "50.db", &row, 1);
  open_three(&counter, strata);
  text = counter_ask(&counter, GET, "a.example|tls|443");
  lines = g_strsplit(text, "\n", 0);
  free(text);
  assert_int_equal(g_strv_length(lines), 3);
  assert_non_null(strstr(lines[0], "layer=50.db  state=active  lock=report"));
  assert_non_null(strstr(lines[1], "layer=user  state=masked  lock=none"));
  counter_close(&counter);
}

static void test_clear_and_undo(void **state)
{
  struct counter counter;

  open_three(&counter, *state);
  counter_expect(&counter, CLEAR, "pattern=s:*;protocol=s:tls", "1\n2\n");
  counter_expect(&counter, LIST, "||9", B "\n");
  counter_refuse(&counter, CLEAR, "host=s:a.example", "NotFound", "");
  counter_expect(&counter, UNDO, "0", "2\n2\n0\n");
  counter_expect(&counter, LIST, "||9", A B C "\n");
  counter_refuse(&counter, UNDO, "0", "NothingToUndo", "");
  counter_refuse(&counter, UNDO, "1", "NothingToUndo", "");
  counter_refuse(&counter, UNDO, "99", "NothingToUndo", "");
  counter_refuse(&counter, UNDO, "18446744073709551615", "NothingToUndo", "");
  counter_expect(&counter, UNDO, "2", "3\n2\n0\n");
  counter_expect(&counter, LIST, "||9", B "\n");
  counter_expect(&counter, CLEAR, "all=b:1", "4\n1\n");
  counter_expect(&counter, LIST, "||9", "\n");
  counter_close(&counter);
}

static void test_clear_refused(void **state)
{
  static const struct {
    const char *words, *text;
  } cases[] = {
      {"", "'filter'"},
      {"all=b:0", "'filter'"},
      {"port=q:443", "'filter'"},
      {"all=b:1;host=s:a.example", "'all'"},
      {"hots=s:a", "'hots'"},
      {"host=q:443", "'host'"},
      {"since=t:0", "'since'"},
      {"scope=s:exact", "'filter'"},
      {"all=b:1;kind=s:pin", "'all'"},
      {"status=s:x", "'status'"},
  };
  struct counter counter;

  open_three(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    counter_refuse(&counter, CLEAR, cases[i].words, "InvalidArgument", cases[i].text);
  counter_refuse(&counter, CLEAR, "host=s:192.0.2.1", "CannotBePinned", "'host'");
  counter_expect(&counter, LIST, "||1000", A B C "\n");
  counter_refuse(&counter, UNDO, "0", "NothingToUndo", "");
  counter_close(&counter);
}

static void test_clear_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  counter_refuse(&counter, CLEAR, "all=b:1", "Unavailable", "/home");
  counter_refuse(&counter, UNDO, "0", "Unavailable", "/home");
  counter_refuse(&counter, LIST, "||10", "Unavailable", "/home");
  counter_close(&counter);
}

/* Octets of tickets and secrets are in no listing. */
static void test_no_secrets(void **state)
{
  struct counter counter;
  char *text;

  open_three(&counter, *state);
  text = counter_ask(&counter, LIST, "||1000");
  assert_null(strstr(text, "0101"));
  assert_null(strstr(text, "\x01"));
  assert_null(strstr(text, "secret"));
  assert_null(strstr(text, "series"));
  free(text);
  counter_close(&counter);
}

/* Through many pages of one reply's size, each entry comes once. */
static void test_many_pages(void **state)
{
  struct strata *strata = *state;
  struct counter counter;
  g_autofree char *cursor = g_strdup("");
  unsigned entries = 0, pages = 0;

  for (unsigned i = 0; i < MANY; i++) {
    g_autofree char *host = g_strdup_printf("h%02u.example", i);
    struct ticket_row row = strata_row(host, LOCK_NONE, (uint8_t)(i + 1));

    strata_put(strata, &row);
  }
  counter_open(&counter, strata);
  do {
    g_autofree char *words = g_strdup_printf("|%s|7", cursor);
    char *text = counter_ask(&counter, LIST, words);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    unsigned count = g_strv_length(lines) - 2;

    for (unsigned i = 0; i < count; i++, entries++) {
      g_autofree char *host = g_strdup_printf("host=h%02u.example  ", entries);

      assert_true(g_str_has_prefix(lines[i], host));
    }
    g_free(cursor);
    cursor = g_strdup(lines[count]);
    free(text);
    pages++;
  } while (cursor[0] != '\0');
  assert_int_equal(entries, MANY);
  assert_int_equal(pages, MANY / 7 + 1);
  counter_close(&counter);
}

/* The user's and a system layer's records beside the three tickets. */
static void open_records(struct counter *counter, struct strata *strata)
{
  struct keypin user[] = {ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 0xa5),
                          ledger_pin("*.b.example", KEYPIN_CRITICAL, KEYPIN_IMPORT, 0xa6),
                          ledger_pin("*", KEYPIN_REJECTED, KEYPIN_USER, 0xa7)};
  struct keypin admin = ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 0xa8);

  admin.locked = true;
  ledger_put(strata, user, 3);
  ledger_layer(strata->admin, "50.db", &admin, 1);
  open_three(counter, strata);
}

/* The lines of a reply with only some words of each: "HOST KIND LAYER STATE". */
static char *outline(const struct counter *counter, const char *method, const char *signature,
                     const char *words)
{
  static const char *const keys[] = {"host=", "kind=", "layer=", "state="};
  char *text = counter_ask(counter, method, signature, words);
  g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
  GString *out = g_string_new(NULL);

  for (char **line = lines; *line != NULL; line++)
    for (size_t i = 0; i < G_N_ELEMENTS(keys) && strstr(*line, "kind=") != NULL; i++) {
      const char *value = strstr(*line, keys[i]) + strlen(keys[i]);

      g_string_append_len(out, value, (gssize)strcspn(value, " "));
      g_string_append_c(out, i + 1 < G_N_ELEMENTS(keys) ? ' ' : '\n');
    }
  free(text);
  return g_string_free(out, FALSE);
}

static void expect_outline(const struct counter *counter, const char *filter, const char *expected)
{
  g_autofree char *words = g_strconcat(filter, "||1000", NULL);
  g_autofree char *text = outline(counter, LIST, words);

  assert_string_equal(text, expected);
}

static void test_list_records(void **state)
{
  struct counter counter;

  open_records(&counter, *state);
  expect_outline(&counter, "",
                 "a.example ticket user active\nb.example ticket user active\n"
                 "c.example ticket user expired\n pin user active\na.example pin user masked\n"
                 "b.example pin user active\na.example pin 50.db active\n");
  expect_outline(&counter, "kind=s:pin",
                 " pin user active\na.example pin user masked\n"
                 "b.example pin user active\na.example pin 50.db active\n");
  expect_outline(&counter, "kind=s:ticket;host=s:a.example", "a.example ticket user active\n");
  expect_outline(&counter, "host=s:", " pin user active\n");
  expect_outline(&counter, "status=s:critical",
                 "b.example pin user active\na.example pin 50.db active\n");
  expect_outline(&counter, "origin=s:tofu;protocol=s:tls", "a.example pin user masked\n");
  expect_outline(&counter, "origin=s:tofu;protocol=s:dtls", "");
  expect_outline(&counter, "scope=s:one-label", "b.example pin user active\n");
  expect_outline(&counter, "digest=ay:32*a7", " pin user active\n");
  expect_outline(&counter, "digest=ay:64*a7", "");
  expect_outline(&counter, "port=q:8443;pattern=s:b*",
                 "b.example ticket user active\nb.example pin user active\n");
  expect_outline(&counter, "kind=s:ticket;status=s:active", "");
  counter_close(&counter);
}

/* Records have cursors of their own. */
static void test_pages_of_records(void **state)
{
  struct counter counter;
  g_autofree char *cursor = g_strdup("");
  g_autoptr(GString) hosts = g_string_new(NULL);

  open_records(&counter, *state);
  do {
    g_autofree char *words = g_strdup_printf("|%s|1", cursor);
    char *text = counter_ask(&counter, LIST, words);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    bool last = lines[0][0] == '\0';

    g_free(cursor);
    cursor = g_strdup(last ? "" : lines[1]);
    if (!last)
      g_string_append_len(hosts, lines[0], (gssize)strcspn(lines[0], " "));
    free(text);
  } while (cursor[0] != '\0');
  assert_string_equal(hosts->str, "host=a.examplehost=b.examplehost=c.examplehost=host=a.example"
                                  "host=b.examplehost=a.example");
  counter_close(&counter);
}

static void test_get_records(void **state)
{
  struct counter counter;
  g_autofree char *a = NULL, *below = NULL;

  open_records(&counter, *state);
  a = outline(&counter, GET, "a.example|tls|443");
  assert_string_equal(a, "a.example pin 50.db active\na.example ticket user active\n"
                         " pin user active\na.example pin user masked\n");
  below = outline(&counter, GET, "x.b.example|dtls|1");
  assert_string_equal(below, "b.example pin user active\n pin user active\n");
  counter_close(&counter);
}

/* The host of a clear is that of a ticket's or a record's place. */
static void test_clear_records(void **state)
{
  struct counter counter;

  open_records(&counter, *state);
  counter_expect(&counter, CLEAR, "host=s:a.example", "1\n2\n");
  expect_outline(&counter, "host=s:a.example", "a.example pin 50.db active\n");
  counter_expect(&counter, CLEAR, "status=s:critical", "2\n1\n");
  counter_expect(&counter, CLEAR, "kind=s:ticket", "3\n2\n");
  expect_outline(&counter, "", " pin user active\na.example pin 50.db active\n");
  counter_refuse(&counter, CLEAR, "kind=s:ticket;origin=s:user", "NotFound", "");
  counter_expect(&counter, CLEAR, "host=s:", "4\n1\n");
  counter_expect(&counter, UNDO, "4", "5\n1\n0\n");
  counter_expect(&counter, UNDO, "3", "6\n2\n0\n");
  counter_expect(&counter, UNDO, "2", "7\n1\n0\n");
  counter_expect(&counter, UNDO, "1", "8\n2\n0\n");
  counter_expect(&counter, CLEAR, "all=b:1", "9\n6\n");
  expect_outline(&counter, "", "a.example pin 50.db active\n");
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_list),          TEST(test_list_refused),      TEST(test_list_unavailable),
      TEST(test_get),           TEST(test_get_layers),        TEST(test_clear_and_undo),
      TEST(test_clear_refused), TEST(test_clear_unavailable), TEST(test_no_secrets),
      TEST(test_many_pages),    TEST(test_list_records),      TEST(test_pages_of_records),
      TEST(test_get_records),   TEST(test_clear_records),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
