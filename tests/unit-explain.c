/* The method Explain of org.tlspin.Admin1: daemon/explain.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/digest.h"
#include "tests/counter.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EXPLAIN "Explain", "ssqaaya{sv}"

/* The bare keys of two servers (RFC 8410): SubjectPublicKeyInfo of Ed25519. */
#define SPKI_HEAD "302a300506032b6570032100"
#define KEY8      "1122334455667788"
#define OURS      SPKI_HEAD KEY8 KEY8 KEY8 KEY8
#define THEIRS    SPKI_HEAD KEY8 KEY8 KEY8 "1122334455667799"

/* A record of our server's key. */
static struct keypin pin_of_key(enum keypin_status status, enum keypin_origin origin)
{
  struct keypin pin = ledger_pin_of("a.example", status, origin, 0);
  uint8_t octets[44];

  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] =
        (uint8_t)(g_ascii_xdigit_value(OURS[2 * i]) << 4 | g_ascii_xdigit_value(OURS[2 * i + 1]));
  assert_true(digest_glib(MATCHING_SHA256, (struct span){octets, sizeof octets}, pin.digest));
  return pin;
}

/* The lines of the answer. */
static char **explain(const struct counter *counter, const char *words)
{
  char *text = counter_ask(counter, EXPLAIN, words);
  char **lines = g_strsplit(text, "\n", 0);

  free(text);
  return lines;
}

/* The line with these words; there must be one alone. */
static const char *find_line(char **lines, const char *words)
{
  const char *found = NULL;

  for (; *lines != NULL; lines++)
    if (strstr(*lines, words) != NULL) {
      assert_null(found);
      found = *lines;
    }
  assert_non_null(found);
  return found;
}

static void test_nothing(void **state)
{
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  counter_open(&counter, *state);
  lines = explain(&counter, "A.Example|tls|443||");
  assert_non_null(strstr(lines[0], "answer=no-pin  reason=none  layer=  enforced="));
  assert_non_null(strstr(lines[0], "  change=  excused=0  learn=0  ticket=none"));
  assert_null(strstr(lines[0], "decided="));
  assert_true(g_str_has_prefix(lines[1], "name=user  path=")); /* no entries: the layers */
  assert_true(g_str_has_prefix(lines[2], "name=lifetime-cap  value="));
  find_line(lines, "name=learn  value=yes  source=default  locked=0");
  find_line(lines, "name=level  value=leaf  source=default  locked=0");
  assert_non_null(
      strstr(find_line(lines, "name=lifetime-cap"), "value=10000  source=tlspind.conf"));
  find_line(lines, "command=tlspin pin --from-server a.example:443  does=pin  asks=1");
  find_line(lines, "command=tlspin off a.example:443  does=off  asks=0");
  assert_int_equal(g_strv_length(lines), 12); /* seven settings, and the last line's end */
  counter_close(&counter);
}

static void test_pins(void **state)
{
  struct strata *strata = *state;
  struct keypin pins[] = {pin_of_key(KEYPIN_CRITICAL, KEYPIN_USER),
                          ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 7)};
  struct counter counter;
  g_auto(GStrv) alone = NULL;
  g_auto(GStrv) met = NULL;
  g_auto(GStrv) unmet = NULL;

  ledger_put(strata, pins, 2);
  counter_open(&counter, strata);
  alone = explain(&counter, "a.example|tls|443||");
  assert_non_null(strstr(alone[0], "answer=match  reason=stands  layer=user"));
  assert_non_null(strstr(find_line(alone, "status=critical"), "role=decided"));
  assert_non_null(strstr(find_line(alone, "origin=tofu"), "role=masked"));

  met = explain(&counter, "a.example|tls|443|" OURS "|raw-key=b:1;pki=s:ok;path=b:1");
  assert_non_null(strstr(met[0], "answer=match  reason=critical-matched  layer=user"));
  assert_non_null(strstr(find_line(met, "status=critical"), "role=decided"));

  unmet = explain(&counter, "a.example|tls|443|" THEIRS "|raw-key=b:1;pki=s:ok;learn=b:1");
  assert_non_null(
      strstr(unmet[0], "answer=mismatch  reason=critical-differs  layer=user  enforced=1"));
  assert_non_null(strstr(unmet[0], "  locked-by=  decided="));
  find_line(unmet, "command=tlspin clear a.example:443  does=clear  asks=0");
  counter_close(&counter);
}

/* `decided` is the place of the entry with that role. */
static void test_decided(void **state)
{
  struct strata *strata = *state;
  struct keypin pins[] = {ledger_pin_of("a.example", KEYPIN_INACTIVE, KEYPIN_TOFU, 7),
                          ledger_pin("*", KEYPIN_REJECTED, KEYPIN_USER, 8)};
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct counter counter;
  g_auto(GStrv) lines = NULL;
  const char *decided;
  unsigned long number;

  strata_put(strata, &row);
  ledger_put(strata, pins, 2);
  counter_open(&counter, strata);
  lines = explain(&counter, "a.example|tls|443||ticket=s:proof-wrong");
  assert_non_null(strstr(lines[0], "answer=mismatch  reason=proof-wrong  layer=user  enforced=1"));
  assert_non_null(strstr(lines[0], "  ticket=failed"));
  decided = strstr(lines[0], "decided=");
  assert_non_null(decided);
  number = strtoul(decided + strlen("decided="), NULL, 10);
  assert_int_equal(number, 2);
  assert_non_null(strstr(lines[1 + number], "kind=ticket"));
  assert_ptr_equal(find_line(lines, "role=decided"), lines[1 + number]);
  assert_non_null(strstr(find_line(lines, "status=inactive"), "role=history"));
  counter_close(&counter);
}

static void test_tickets(void **state)
{
  static const struct {
    const char *options, *word, *reason;
  } cases[] = {{"", "ticket=stands", "reason=stands"},
               {"ticket=s:proved", "ticket=proved", "reason=stands"},
               {"ticket=s:tls-version", "ticket=failed", "reason=tls-version"}};
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct counter counter;

  strata_put(strata, &row);
  counter_open(&counter, strata);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *words = g_strconcat("a.example|tls|443||", cases[i].options, NULL);
    g_auto(GStrv) lines = explain(&counter, words);

    assert_non_null(strstr(lines[0], cases[i].word));
    assert_non_null(strstr(lines[0], cases[i].reason));
    assert_non_null(strstr(lines[0], "decided=0"));
  }
  counter_close(&counter);
}

/* Masked, locked out, elsewhere and expired; the layers and their problems. */
static void test_layers(void **state)
{
  struct strata *strata = *state;
  struct keypin user[] = {ledger_pin_of("b.a.example", KEYPIN_OFF, KEYPIN_USER, 0),
                          ledger_pin(".a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1)};
  struct keypin locked[] = {ledger_pin("b.a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 2),
                            ledger_pin("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 3)};
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  locked[0].locked = locked[1].locked = true;
  user[1].enforce_until = user[1].report_until = STRATA_NOW;
  ledger_put(strata, user, 2);
  ledger_layer(strata->admin, "50.db", locked, 2);
  strata_write(strata->vendor, "60.db", "not a database");
  counter_open(&counter, strata);
  lines = explain(&counter, "b.a.example|tls|443||");
  assert_non_null(strstr(lines[0], "reason=stands  layer=50.db"));
  assert_non_null(strstr(lines[0], "  locked-by=50.db  "));
  for (size_t i = 0; lines[i] != NULL; i++)
    assert_null(strstr(lines[i], "command="));
  assert_non_null(strstr(find_line(lines, "kind=mode"), "role=locked-out"));
  assert_non_null(strstr(find_line(lines, "origin=import"), "role=expired"));
  assert_non_null(
      strstr(find_line(lines, "host=b.a.example  scope=exact  protocol=  "), "decided"));
  find_line(lines, "name=50.db  path=");
  assert_non_null(strstr(find_line(lines, "name=60.db"), "state=unavailable  problem="));
  counter_close(&counter);
}

/* A layer that can't be read might have known. */
static void test_unreadable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;
  g_auto(GStrv) lines = NULL;

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  lines = explain(&counter, "a.example|tls|443||");
  assert_non_null(strstr(lines[0], "answer=unavailable  reason=unreadable  layer=user"));
  assert_non_null(strstr(find_line(lines, "name=user"), "problem="));
  counter_close(&counter);
}

/* Whatever it is told: nothing is learned or logged. */
static void test_changes_nothing(void **state)
{
  struct strata *strata = *state;
  struct keypin pin = pin_of_key(KEYPIN_CRITICAL, KEYPIN_USER);
  struct counter counter;

  ledger_put(strata, &pin, 1);
  counter_open(&counter, strata);
  g_strfreev(explain(&counter, "a.example|tls|443|" THEIRS "|raw-key=b:1;pki=s:ok;learn=b:1"));
  g_strfreev(explain(&counter, "a.example|tls|443|" OURS "|raw-key=b:1;pki=s:ok;learn=b:1"));
  g_strfreev(explain(&counter, "b.example|tls|443|" OURS "|raw-key=b:1;pki=s:ok;learn=b:1"));
  g_strfreev(
      explain(&counter, "b.example|tls|443|" OURS "|raw-key=b:1;pki=s:ok;learn=b:1;accepted=b:1"));
  counter_expect(&counter, "Events", "tsu", "0||1000", "");
  counter_refuse(&counter, "Get", "ssq", "b.example|tls|443", "NotFound", "");
  g_strfreev(explain(&counter, "a.example|tls|443||"));
  counter_refuse(&counter, "Undo", "t", "0", "NothingToUndo", "");
  counter_close(&counter);
}

static void test_refused(void **state)
{
  static const struct {
    const char *words, *error, *text;
  } cases[] = {
      {"a b|tls|443||", "InvalidArgument", "'host'"},
      {"a.example|udp|443||", "InvalidArgument", "'protocol'"},
      {"a.example|tls|0||", "InvalidArgument", "'port'"},
      {"192.0.2.1|tls|443||", "CannotBePinned", "'host'"},
      {"a.example|tls|443|00|", "InvalidArgument", "'chain'"},
      {"a.example|tls|443|" OURS "|", "InvalidArgument", "'chain'"},
      {"a.example|tls|443||pki=s:fine", "InvalidArgument", "'pki'"},
      {"a.example|tls|443||x=b:1", "InvalidArgument", "'x'"},
  };
  struct counter counter;

  counter_open(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    counter_refuse(&counter, EXPLAIN, cases[i].words, cases[i].error, cases[i].text);
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nothing), TEST(test_pins),       TEST(test_decided),         TEST(test_tickets),
      TEST(test_layers),  TEST(test_unreadable), TEST(test_changes_nothing), TEST(test_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
