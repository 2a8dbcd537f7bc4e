/* The words of the verdict, and what a program does with it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_reasons(void **state)
{
  static const char *const tokens[VERDICT_REASONS] = {"none",
                                                      "key-rejected",
                                                      "off",
                                                      "locked-off",
                                                      "ticket",
                                                      "proved",
                                                      "pki-failed",
                                                      "excepted",
                                                      "added-anchor",
                                                      "critical-matched",
                                                      "critical-differs",
                                                      "path-unknown",
                                                      "active-matched",
                                                      "active-differs",
                                                      "change-accepted",
                                                      "changed",
                                                      "unreadable",
                                                      "pins-lost",
                                                      "clock-suspect",
                                                      "stands"};
  enum verdict_reason reason = VERDICT_NONE;

  (void)state;
  for (int i = 0; i < VERDICT_REASONS; i++) {
    assert_string_equal(verdict_reason_token((enum verdict_reason)i), tokens[i]);
    assert_true(verdict_reason_from_token(tokens[i], &reason));
    assert_int_equal(reason, i);
    assert_true(strlen(verdict_reason_text((enum verdict_reason)i)) > 10);
  }
  assert_false(verdict_reason_from_token("", &reason));
  assert_false(verdict_reason_from_token("proof-wrong", &reason));
  assert_int_equal(reason, VERDICT_STANDS);
}

static void test_roles(void **state)
{
  static const char *const tokens[VERDICT_ROLES] = {"elsewhere", "expired",    "history",
                                                    "masked",    "locked-out", "exempted",
                                                    "looked-at", "matched",    "decided"};

  (void)state;
  for (int i = 0; i < VERDICT_ROLES; i++)
    assert_string_equal(verdict_role_token((enum verdict_role)i), tokens[i]);
}

/* The table of tlspin-gnutls.h: tofu, strict, advisory, as enum verdict_level has them. */
static void test_permits(void **state)
{
  static const struct {
    enum tlspin_code answer;
    const char *enforced, *reported, *unavailable_fails;
  } cases[] = {
      {TLSPIN_MATCH, "yyy", "yyy", "yyy"},       {TLSPIN_MISMATCH, "nny", "yyy", "nny"},
      {TLSPIN_NO_PIN, "yyy", "yyy", "yyy"},      {TLSPIN_STORE_DAMAGED, "yny", "yny", "yny"},
      {TLSPIN_UNAVAILABLE, "yny", "yny", "nny"}, {TLSPIN_CLOCK_SUSPECT, "yny", "yny", "yny"},
      {TLSPIN_OPTED_OUT, "yyy", "yyy", "yyy"},   {TLSPIN_CANNOT_BE_PINNED, "yyy", "yyy", "yyy"},
      {TLSPIN_OK, "nnn", "nnn", "nnn"}, /* no answers at all */
      {TLSPIN_E_REPLY, "nnn", "nnn", "nnn"},     {TLSPIN_E_MEMORY, "nnn", "nnn", "nnn"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (int level = LEVEL_TOFU; level <= LEVEL_ADVISORY; level++) {
      enum tlspin_code answer = cases[i].answer;
      enum verdict_level at = (enum verdict_level)level;

      assert_int_equal(verdict_permits(answer, true, at, false), cases[i].enforced[level] == 'y');
      assert_int_equal(verdict_permits(answer, false, at, false), cases[i].reported[level] == 'y');
      assert_int_equal(verdict_permits(answer, true, at, true),
                       cases[i].unavailable_fails[level] == 'y');
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_roles),
      cmocka_unit_test(test_permits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
