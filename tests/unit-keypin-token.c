/* The words of key pins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Every token, there and back; what is none leaves the value alone. */
#define CHECK_TOKENS(type, count, name)                                                            \
  do {                                                                                             \
    type found = (type)0;                                                                          \
    for (unsigned i = 0; i < (unsigned)(count); i++) {                                             \
      assert_true(name##_from_token(name##_token((type)i), &found));                               \
      assert_int_equal(found, i);                                                                  \
    }                                                                                              \
    assert_false(name##_from_token("", &found));                                                   \
    assert_false(name##_from_token("nothing", &found));                                            \
    assert_int_equal(found, (count)-1);                                                            \
  } while (0)

static void test_tokens(void **state)
{
  (void)state;
  CHECK_TOKENS(enum keypin_kind, KEYPIN_KINDS, keypin_kind);
  CHECK_TOKENS(enum keypin_status, KEYPIN_STATUSES, keypin_status);
  CHECK_TOKENS(enum keypin_origin, KEYPIN_ORIGINS, keypin_origin);
  CHECK_TOKENS(enum keypin_level, KEYPIN_LEVELS, keypin_level);
  assert_string_equal(keypin_kind_token(KEYPIN_EXCEPTION), "exception");
  assert_string_equal(keypin_status_token(KEYPIN_EXCEPTED), "excepted");
  assert_string_equal(keypin_origin_token(KEYPIN_PROGRAM), "program");
  assert_string_equal(keypin_level_token(KEYPIN_AUTHORITY), "authority");
}

static void test_error_tokens(void **state)
{
  static const char *const tokens[PKI_ERRORS] = {
      "unknown-issuer", "expired", "not-yet-valid", "name", "weak", "purpose", "revoked", "other"};
  enum pki_error error = PKI_OTHER;

  (void)state;
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++) {
    assert_string_equal(pki_error_token((enum pki_error)(1u << bit)), tokens[bit]);
    assert_true(pki_error_from_token(tokens[bit], &error));
    assert_int_equal(error, 1 << bit);
  }
  assert_false(pki_error_from_token("", &error));
  assert_false(pki_error_from_token("Expired", &error));
  assert_int_equal(error, PKI_OTHER);
  assert_int_equal(PKI_EXCUSABLE & (PKI_REVOKED | PKI_OTHER), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_error_tokens),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
