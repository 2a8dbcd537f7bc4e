/* What commands do about an answer: words and texts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/effect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Each has a word of its own, which is read back, and a text of its own. */
static void test_all(void **state)
{
  (void)state;
  for (int i = 0; i < EFFECTS; i++) {
    enum effect read = EFFECTS;

    assert_true(effect_from_token(effect_token((enum effect)i), &read));
    assert_int_equal(read, i);
    assert_true(strlen(effect_text((enum effect)i)) > 5);
    for (int other = 0; other < i; other++)
      assert_string_not_equal(effect_text((enum effect)i), effect_text((enum effect)other));
  }
}

static void test_words(void **state)
{
  (void)state;
  assert_string_equal(effect_token(EFFECT_UNBLOCK), "unblock");
  assert_string_equal(effect_token(EFFECT_EXCEPT_CLEAR), "except-clear");
  assert_string_equal(effect_token(EFFECT_CLEAR_NEXT), "clear-next");
  assert_string_equal(effect_token(EFFECT_STATUS), "status");
}

static void test_others(void **state)
{
  static const char *const others[] = {"", "of", "offf", "Off", "unblock ", "clear_next"};

  (void)state;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    enum effect read = EFFECT_ON;

    assert_false(effect_from_token(others[i], &read));
    assert_int_equal(read, EFFECT_ON);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_others),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
