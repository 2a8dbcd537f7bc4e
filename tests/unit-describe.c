/* Tests of libclient/describe.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/describe.h"

#include "pinning/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct tlspin_verdict verdict_of(const char *reason, const char *layer)
{
  struct tlspin_verdict verdict = {
      .peer = {"www.example", PROTOCOL_TLS, 8443}, .answer = TLSPIN_MISMATCH, .enforced = true};

  strcpy(verdict.reason, reason);
  strcpy(verdict.layer, layer);
  return verdict;
}

static const char *say(const struct tlspin_verdict *verdict)
{
  static char text[512];

  describe_verdict(verdict, text, sizeof text);
  return text;
}

static const char *mend(const char *reason, const char *layer)
{
  static char text[512];
  struct tlspin_verdict verdict = verdict_of(reason, layer);

  strcpy(text, "It happened.");
  describe_remedy(&verdict, text, sizeof text);
  return text;
}

/* Every reason and every refusal has a sentence, with the server in it. */
static void test_every_reason(void **state)
{
  (void)state;
  for (int i = 0; i < VERDICT_REASONS; i++) {
    struct tlspin_verdict verdict = verdict_of(verdict_reason_token((enum verdict_reason)i), "");

    assert_memory_equal(say(&verdict), "www.example, port 8443: ", 24);
    assert_non_null(strstr(say(&verdict), verdict_reason_text((enum verdict_reason)i)));
  }
  for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
    struct tlspin_verdict verdict = verdict_of(refusal_token((enum refusal)i), "");

    assert_non_null(strstr(say(&verdict), refusal_text((enum refusal)i)));
  }
}

static void test_changes(void **state)
{
  struct tlspin_verdict verdict = verdict_of("changed", "user");

  (void)state;
  for (int i = CHANGE_NONE + 1; i < CHANGES; i++) {
    strcpy(verdict.change, change_token((enum change)i));
    assert_non_null(strstr(say(&verdict), change_text((enum change)i)));
  }
}

static void test_without_a_host(void **state)
{
  struct tlspin_verdict verdict = {.answer = TLSPIN_CANNOT_BE_PINNED, .reason = "address"};

  (void)state;
  assert_string_equal(say(&verdict), tlspin_code_text(TLSPIN_CANNOT_BE_PINNED));
}

static void test_what_can_be_done(void **state)
{
  (void)state;
  assert_non_null(strstr(mend("changed", "user"), "\n  tlspin clear www.example:8443"));
  assert_non_null(strstr(mend("changed", "user"), "\n  tlspin why --connect www.example:8443"));
  assert_non_null(strstr(mend("proof-wrong", "user"), "\n  tlspin clear www.example:8443"));
  assert_null(strstr(mend("proof-wrong", "user"), "tlspin why"));
  assert_null(strstr(mend("key-rejected", "user"), "tlspin clear"));
  assert_non_null(strstr(mend("key-rejected", "user"), "tlspin why"));
  assert_null(strstr(mend("critical-differs", "user"), "tlspin clear"));
  assert_null(strstr(mend("changed", "10-site.db"), "tlspin clear"));
  assert_non_null(strstr(mend("changed", "10-site.db"), "administrator"));
  assert_non_null(strstr(mend("proof-wrong", "10-site.db"), "administrator"));
  for (int reason = VERDICT_KEY_REJECTED; reason < VERDICT_REASONS; reason++) {
    const char *text = mend(verdict_reason_token((enum verdict_reason)reason), "");

    /* a judge that doesn't know whose pin it is names nobody */
    assert_string_equal(text, "It happened. Why, and what can be done:\n"
                              "  tlspin why --connect www.example:8443");
  }
  assert_non_null(strstr(mend("path-unknown", ""), "tlspin why"));
  assert_null(strstr(mend("path-unknown", ""), "administrator"));
  assert_string_equal(mend("resumption-declined", "user"), "It happened.");
}

/* Over DTLS the server can't be asked by a command. */
static void test_dtls(void **state)
{
  struct tlspin_verdict verdict = verdict_of("key-rejected", "user");
  char text[512] = "It happened.";

  (void)state;
  verdict.peer.protocol = PROTOCOL_DTLS;
  describe_remedy(&verdict, text, sizeof text);
  assert_non_null(strstr(text, "\n  tlspin why --dtls www.example:8443"));
}

static const char *vouch(unsigned errors, const char *key)
{
  static char text[512];
  struct tlspin_verdict verdict = verdict_of("pki-failed", "");

  strcpy(text, "No.");
  describe_unvouched(&verdict, errors, key, text, sizeof text);
  return text;
}

static void test_nobody_vouches(void **state)
{
  const char *text;

  (void)state;
  text = vouch(PKI_UNKNOWN_ISSUER | PKI_NAME, "sha256//K");
  assert_non_null(strstr(text, ": unknown-issuer, name. "));
  assert_non_null(strstr(text, "\n  tlspin except www.example:8443 --key sha256//K --error "
                               "unknown-issuer --error name --until TIME"));
  text = vouch(0, "sha256//K");
  assert_non_null(strstr(text, "\n  tlspin pin www.example:8443 --key sha256//K"));
  assert_null(strstr(text, "--error"));
  assert_null(strstr(vouch(PKI_EXPIRED | PKI_REVOKED, "sha256//K"), "tlspin"));
  assert_non_null(strstr(vouch(PKI_EXPIRED | PKI_REVOKED, "sha256//K"), "expired, revoked."));
  assert_null(strstr(vouch(PKI_EXPIRED, ""), "tlspin"));
}

/* What doesn't fit is cut, not more. */
static void test_small_room(void **state)
{
  struct tlspin_verdict verdict = verdict_of("changed", "user");
  char text[32];

  (void)state;
  for (size_t size = 1; size <= sizeof text; size++) {
    memset(text, 'x', sizeof text);
    describe_verdict(&verdict, text, size);
    assert_true(strlen(text) < size);
    describe_remedy(&verdict, text, size);
    assert_true(strlen(text) < size);
    describe_unvouched(&verdict, PKI_EXCUSABLE, "sha256//K", text, size);
    assert_true(strlen(text) < size);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_reason),   cmocka_unit_test(test_changes),
      cmocka_unit_test(test_without_a_host), cmocka_unit_test(test_what_can_be_done),
      cmocka_unit_test(test_dtls),           cmocka_unit_test(test_nobody_vouches),
      cmocka_unit_test(test_small_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
