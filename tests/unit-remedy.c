/* Commands that would change what is answered about a server.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/remedy.h"

#include "tests/judged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SERVER "www.example.org:443"

/* NULL: there is none. Takes the command. */
static void assert_command(char *command, const char *expected)
{
  if (expected == NULL)
    assert_null(command);
  else
    assert_string_equal(command, expected);
  g_free(command);
}

static void test_words(void **state)
{
  (void)state;
  judged_begin(TLSPIN_MISMATCH, VERDICT_CHANGED);
  assert_command(remedy_words(&judged, "off"), "tlspin off " SERVER);
}

/* A ticket is cleared only where it decided, and is the user's. */
static void test_clear(void **state)
{
  (void)state;
  judged_begin(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS);
  judged_add(0, SERVER, KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_DECIDED);
  judged_decide();
  assert_command(remedy_clear(&judged, meant_as_unmet), "tlspin clear " SERVER);
  assert_command(remedy_clear(&judged, meant_as_blocked), NULL);

  judged_begin(TLSPIN_MISMATCH, VERDICT_TICKET);
  assert_command(remedy_clear(&judged, meant_as_unmet), NULL); /* what it was can't be read */
  judged_put_ticket(LAYER_USER, LOCK_NONE);
  assert_command(remedy_clear(&judged, meant_as_unmet), "tlspin clear " SERVER);
  judged_add(0, SERVER, KEYPIN_REJECTED, KEYPIN_USER, VERDICT_LOOKED_AT);
  assert_command(remedy_clear(&judged, meant_as_unmet), "tlspin clear --kind ticket " SERVER);
  judged_put_ticket("vendor.db", LOCK_NONE);
  assert_command(remedy_clear(&judged, meant_as_unmet), NULL);
}

static void test_pin(void **state)
{
  g_autofree char *known = g_strdup_printf("tlspin pin --level leaf --key %s " SERVER, judged_key);
  struct peer dtls;

  (void)state;
  judged_begin(TLSPIN_NO_PIN, VERDICT_NONE);
  assert_command(remedy_pin(&judged), "tlspin pin --from-server " SERVER);
  dtls = *judged.input.peer;
  dtls.protocol = PROTOCOL_DTLS;
  judged.input.peer = &dtls; /* nobody asks over DTLS */
  assert_command(remedy_pin(&judged), NULL);
  judged_show(PKI_OK, 0);
  assert_command(remedy_pin(&judged), known);

  judged_begin(TLSPIN_MISMATCH, VERDICT_TICKET); /* no pin replaces a ticket */
  assert_command(remedy_pin(&judged), NULL);
  judged_begin(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS);
  judged_add(0, SERVER, KEYPIN_CRITICAL, KEYPIN_IMPORT, VERDICT_LOOKED_AT);
  assert_command(remedy_pin(&judged), NULL);
}

static bool no_digest(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)matching, (void)octets, (void)digest;
  return false;
}

static void test_except(void **state)
{
  static const struct {
    unsigned errors;
    const char *options; /* or NULL: no command */
  } rows[] = {
      {PKI_NAME | PKI_UNKNOWN_ISSUER, " --error unknown-issuer --error name"},
      {PKI_EXPIRED, " --error expired"},
      {PKI_EXPIRED | PKI_REVOKED, NULL},
      {PKI_OTHER, NULL},
      {0, NULL},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *expected =
        rows[i].options == NULL
            ? NULL
            : g_strdup_printf("tlspin except --key '3 1 1 %s' --until 30d%s " SERVER, judged_hex,
                              rows[i].options);

    judged_begin(TLSPIN_NO_PIN, VERDICT_PKI_FAILED);
    judged_show(PKI_FAILED, rows[i].errors);
    assert_command(remedy_except(&judged), expected);
  }
  judged_begin(TLSPIN_NO_PIN, VERDICT_PKI_FAILED);
  judged.input.errors = PKI_EXPIRED; /* of nothing that was shown */
  assert_command(remedy_except(&judged), NULL);
}

/* Without a digest nobody knows the key. */
static void test_no_digest(void **state)
{
  (void)state;
  judged_begin(TLSPIN_NO_PIN, VERDICT_PKI_FAILED);
  judged_show(PKI_FAILED, PKI_EXPIRED);
  judged.input.chain->digest = no_digest;
  assert_command(remedy_pin(&judged), NULL);
  assert_command(remedy_except(&judged), NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),  cmocka_unit_test(test_clear),     cmocka_unit_test(test_pin),
      cmocka_unit_test(test_except), cmocka_unit_test(test_no_digest),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
