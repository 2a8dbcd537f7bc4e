/* Tests of libserver/trouble.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void holds_the_sentence_and_is_false(void **state)
{
  struct trouble trouble;

  (void)state;
  assert_false(trouble_set(&trouble, "%s:%u: %s", "keys", 7u, "what to do"));
  assert_string_equal(trouble.text, "keys:7: what to do");
}

static void cuts_what_does_not_fit(void **state)
{
  static char path[2 * TROUBLE_SIZE];
  struct trouble trouble;

  (void)state;
  memset(path, 'x', sizeof path - 1);
  assert_false(trouble_set(&trouble, "%s: %s", path, "what to do"));
  assert_int_equal(strlen(trouble.text), TROUBLE_SIZE - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(holds_the_sentence_and_is_false),
      cmocka_unit_test(cuts_what_does_not_fit),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
