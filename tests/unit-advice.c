/* What would change an answer, as the daemon knows it. That the commands do so: tlspin-advice.test.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/advice.h"

#include "daemon/digest.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = STRATA_NOW, MINE = 0x42 };

#define SERVER "www.example.org:443"

/* The bare key of the server (RFC 8410). */
static const uint8_t spki[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static char key[KEYPIN_KEY_TEXT_SIZE];
static uint8_t own[CHAIN_DIGEST_MAX];

static int learn_key(void **state)
{
  struct keypin pin = {.selector = SELECTOR_SPKI, .matching = MATCHING_SHA256};

  (void)state;
  assert_true(digest_glib(pin.matching, (struct span){spki, sizeof spki}, pin.digest));
  assert_true(keypin_key_text(&pin, key));
  memcpy(own, pin.digest, sizeof own);
  return 0;
}

/* With KEY for the server's key, and HEX for its digest. */
static char *fill_in(const char *text)
{
  g_auto(GStrv) parts = g_strsplit(text, "KEY", 0);
  g_autofree char *whole = g_strjoinv(key, parts);
  g_auto(GStrv) others = g_strsplit(whole, "HEX", 0);
  g_autoptr(GString) hex = g_string_new(NULL);

  for (size_t i = 0; i < 32; i++)
    g_string_append_printf(hex, "%02x", own[i]);
  return g_strjoinv(hex->str, others);
}

/* What is asked of the layers as they are. */
struct asked {
  bool nothing; /* was shown */
  enum pki_status pki;
  unsigned errors;
};

/* "WORD: COMMAND|..." or "LAYER!" where one has settled it; an asterisk where the server is asked.
 */
static char *say(const struct advice *advice)
{
  GString *text = g_string_new(advice->lock);

  if (advice->lock[0] != '\0')
    g_string_append_c(text, '!');
  for (guint i = 0; i < advice->commands->len; i++) {
    const struct advice_command *command =
        &g_array_index(advice->commands, struct advice_command, i);

    g_string_append_printf(text, "%s%s%s: %s", i > 0 ? "|" : "", effect_token(command->does),
                           command->asks ? "*" : "", command->command);
  }
  return g_string_free(text, FALSE);
}

static void assert_advice(struct strata *strata, const struct asked *asked, const char *expected)
{
  static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};
  struct policy *policy = policy_new(strata_open(strata), &config, NULL);
  struct policy_shown shown = {.pki = asked->pki, .errors = asked->errors, .program = ""};
  const struct span octets = {spki, sizeof spki};
  struct peer peer = strata_peer("www.example.org");
  g_autofree char *wanted = fill_in(expected), *found = NULL;
  struct policy_judged judged;
  struct advice advice;
  struct chain chain;

  if (!asked->nothing) {
    assert_int_equal(chain_read(&octets, 1, true, true, digest_glib, &chain), CHAIN_FINE);
    shown.chain = &chain;
  }
  policy_explain(policy, &peer, &shown, NOW, &judged);
  advice_make(policy, &shown, &judged, &advice);
  found = say(&advice);
  assert_string_equal(found, wanted);
  advice_clear(&advice);
  policy_judged_clear(&judged);
  policy_free(policy);
}

/* A pin with another key than the server's; mark 0: with that. */
static struct keypin pin_of(const char *place, enum keypin_status status, enum keypin_origin origin,
                            uint8_t mark)
{
  struct keypin pin = ledger_pin(place, status, origin, mark);

  if (mark == 0 && pin.kind != KEYPIN_MODE)
    memcpy(pin.digest, own, sizeof own);
  return pin;
}

static void put(struct strata *strata, struct keypin pin)
{
  ledger_put(strata, &pin, 1);
}

static void put_layer(struct strata *strata, const char *name, struct keypin pin, bool locked)
{
  pin.locked = locked;
  ledger_layer(strata->admin, name, &pin, 1);
}

static const struct asked fine = {.pki = PKI_OK}, stored = {.nothing = true},
                          invalid = {.pki = PKI_FAILED, .errors = PKI_EXPIRED},
                          revoked = {.pki = PKI_FAILED, .errors = PKI_REVOKED};

static void test_nothing(void **state)
{
  assert_advice(*state, &stored,
                "pin*: tlspin pin --from-server " SERVER "|off: tlspin off " SERVER);
  assert_advice(*state, &fine,
                "pin: tlspin pin --level leaf --key KEY " SERVER "|off: tlspin off " SERVER);
  assert_advice(*state, &invalid,
                "except: tlspin except --key '3 1 1 HEX' --until 30d --error expired " SERVER
                "|off: tlspin off " SERVER);
  assert_advice(*state, &revoked, "off: tlspin off " SERVER);
}

static void test_mismatch(void **state)
{
  put(*state, pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_USER, MINE));
  assert_advice(*state, &fine,
                "clear: tlspin clear " SERVER "|accept: tlspin pin --level leaf --key KEY " SERVER
                "|off: tlspin off " SERVER);
  assert_advice(*state, &stored, "clear: tlspin clear " SERVER "|off: tlspin off " SERVER);
}

/* The system's own can't be cleared, but overruled; and not where it is locked. */
static void test_system(void **state)
{
  put_layer(*state, "vendor.db", pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY, MINE), false);
  assert_advice(*state, &fine,
                "accept: tlspin pin --level leaf --key KEY " SERVER "|off: tlspin off " SERVER);
  put(*state, pin_of("*.example.org", KEYPIN_CRITICAL, KEYPIN_USER, MINE));
  assert_advice(*state, &fine,
                "clear-next: tlspin clear '*.example.org'"
                "|accept: tlspin pin --level leaf --key KEY " SERVER "|off: tlspin off " SERVER);
}

static void test_locked(void **state)
{
  put_layer(*state, "corp.db", pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY, MINE), true);
  put(*state, pin_of(SERVER, KEYPIN_OFF, KEYPIN_USER, 0));
  assert_advice(*state, &fine, "corp.db!");
  assert_advice(*state, &stored, "corp.db!");
  assert_advice(*state, &invalid, "corp.db!");
}

static void test_locked_ticket(void **state)
{
  struct ticket_row row = strata_row("www.example.org", LOCK_ENFORCE, 1);

  strata_layer(((struct strata *)*state)->admin, "corp.db", &row, 1);
  assert_advice(*state, &stored, "corp.db!");
}

/* A locked "off" of a ticket is no record of its layer. */
static void test_locked_off(void **state)
{
  struct ticket_row row = strata_row("www.example.org", LOCK_OFF, 1);

  strata_layer(((struct strata *)*state)->admin, "corp.db", &row, 1);
  assert_advice(*state, &stored, "corp.db!");
}

/* The layer of the entry that decides, and not that of another lock. */
static void test_locked_mode(void **state)
{
  put_layer(*state, "corp.db", pin_of(SERVER, KEYPIN_OFF, KEYPIN_POLICY, 0), true);
  assert_advice(*state, &fine, "corp.db!");
}

static void test_ticket(void **state)
{
  struct ticket_row row = strata_row("www.example.org", LOCK_NONE, 1);

  strata_put(*state, &row);
  assert_advice(*state, &stored, "clear: tlspin clear " SERVER "|off: tlspin off " SERVER);
  put(*state, pin_of(SERVER, KEYPIN_REJECTED, KEYPIN_USER, MINE));
  assert_advice(*state, &stored,
                "clear: tlspin clear --kind ticket " SERVER "|off: tlspin off " SERVER);
}

/* Nothing but its own removal lifts a blocked key, wherever else it is blocked; and the system's
 * nothing at all, be it locked or not. */
static void test_rejected(void **state)
{
  put(*state, pin_of("*", KEYPIN_REJECTED, KEYPIN_USER, 0));
  put(*state, pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_USER, MINE));
  assert_advice(*state, &fine, "unblock: tlspin clear --status rejected --key 'KEY' '*'");
  put_layer(*state, "vendor.db", pin_of("*", KEYPIN_REJECTED, KEYPIN_POLICY, 0), false);
  assert_advice(*state, &fine, "vendor.db!");
}

/* An exception alone would not help where the pins differ, too. */
static void test_failed(void **state)
{
#define EXCEPT "tlspin except --key '3 1 1 HEX' --until 30d --error expired " SERVER
  put(*state, pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_USER, 0));
  assert_advice(*state, &invalid, "except: " EXCEPT);
  assert_advice(*state, &revoked, "");
}

static void test_failed_twice(void **state)
{
  put(*state, pin_of(SERVER, KEYPIN_CRITICAL, KEYPIN_USER, MINE));
  assert_advice(*state, &invalid,
                "except-pin: tlspin pin --level leaf --key KEY " SERVER " && " EXCEPT
                "|except-clear: tlspin clear " SERVER " && " EXCEPT);
#undef EXCEPT
}

static void test_excepted(void **state)
{
  struct keypin pin = pin_of(SERVER, KEYPIN_EXCEPTED, KEYPIN_USER, 0);

  pin.errors = PKI_EXPIRED;
  put(*state, pin);
  assert_advice(*state, &invalid, "unexcept: tlspin clear " SERVER);
}

static void test_off(void **state)
{
  put(*state, pin_of("*", KEYPIN_OFF, KEYPIN_USER, 0));
  assert_advice(*state, &fine, "on: tlspin on " SERVER);
}

static void test_unreadable(void **state)
{
  strata_write(((struct strata *)*state)->vendor, "60.db", "not a database");
  assert_advice(*state, &fine, "status: tlspin status");
}

/* Each word stands where programs learn what it means. */
static void test_documented(void **state)
{
  g_autofree char *text = NULL;

  (void)state;
  assert_true(g_file_get_contents(CONTRACT_DIR "/org.tlspin.Admin1.xml", &text, NULL, NULL));
  for (int i = 0; i < EFFECTS; i++) {
    g_autofree char *word = g_strdup_printf("\"%s\"", effect_token((enum effect)i));

    if (strstr(strstr(text, "      commands: what would"), word) == NULL)
      fail_msg("%s", word);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nothing),    TEST(test_mismatch),     TEST(test_system),
      TEST(test_locked),     TEST(test_ticket),       TEST(test_locked_ticket),
      TEST(test_locked_off), TEST(test_locked_mode),  TEST(test_rejected),
      TEST(test_failed),     TEST(test_failed_twice), TEST(test_excepted),
      TEST(test_off),        TEST(test_unreadable),   cmocka_unit_test(test_documented),
  };

  return cmocka_run_group_tests(tests, learn_key, NULL);
}
