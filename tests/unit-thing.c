/* What an entry says, without NULLs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/thing.h"

#include "tests/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_there(void **state)
{
  tlspin_entry_t *entry = thing_new("host=a.example;port=#443;empty=;zero=#0");

  (void)state;
  assert_string_equal(thing_text(entry, "host"), "a.example");
  assert_string_equal(thing_text(entry, "empty"), "");
  assert_int_equal(thing_number(entry, "port"), 443);
  assert_int_equal(thing_number(entry, "zero"), 0);
  assert_true(thing_is(entry, "host", "a.example"));
  assert_false(thing_is(entry, "host", "a.exampl"));
  assert_true(thing_is(entry, "empty", ""));
  tlspin_entry_free(entry);
}

/* What isn't there, or is of the other type, says nothing. */
static void test_not_there(void **state)
{
  tlspin_entry_t *entry = thing_new("host=a.example;port=#443");

  (void)state;
  assert_string_equal(thing_text(entry, "key"), "");
  assert_string_equal(thing_text(entry, "port"), "");
  assert_int_equal(thing_number(entry, "expires"), 0);
  assert_int_equal(thing_number(entry, "host"), 0);
  assert_true(thing_is(entry, "key", ""));
  assert_false(thing_is(entry, "key", "a"));
  tlspin_entry_free(entry);
}

static void assert_reason(const char *token, const char *expected)
{
  g_autofree char *words = g_strconcat("reason=", token, NULL);
  tlspin_entry_t *entry = thing_new(words);

  assert_string_equal(thing_reason(entry), expected);
  tlspin_entry_free(entry);
}

static void test_reason(void **state)
{
  (void)state;
  assert_reason("key-rejected", "the server showed a key that is rejected");
  assert_reason("proof-wrong", "the server's proof was wrong");
  assert_reason("same-key", "the server has a new certificate, and the pinned key is the same");
  assert_reason("of-a-later-version", "of-a-later-version");
  assert_reason("", "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_there),
      cmocka_unit_test(test_not_there),
      cmocka_unit_test(test_reason),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
