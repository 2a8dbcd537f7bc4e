/* Tests of libclient/last.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/last.h"

#include "libclient/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

static void test_says_and_returns_the_code(void **state)
{
  (void)state;
  assert_int_equal(last_say(TLSPIN_UNAVAILABLE, "%s: %d", "host", 7), TLSPIN_UNAVAILABLE);
  assert_string_equal(tlspin_last_message(), "host: 7");
  last_clear();
  assert_string_equal(tlspin_last_message(), "");
}

static void test_sentence_of_a_code(void **state)
{
  (void)state;
  assert_int_equal(last_code(TLSPIN_E_MEMORY), TLSPIN_E_MEMORY);
  assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_MEMORY));
}

static void test_controls_become_blanks(void **state)
{
  (void)state;
  last_say(0, "a\nb\x1b[2Jc\x7f"
              "d\xc2\x9b"
              "e\xc3\xa9");
  assert_string_equal(tlspin_last_message(), "a b [2Jc d  e\xc3\xa9");
}

static void test_long_message_is_cut(void **state)
{
  char text[2 * LAST_SIZE];

  (void)state;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  last_say(0, "%s", text);
  assert_int_equal(strlen(tlspin_last_message()), LAST_SIZE - 1);
  text[LAST_SIZE - 1] = '\0';
  last_say(0, "%s", text);
  assert_string_equal(tlspin_last_message(), text);
}

/* A character of `size` octets is put where the message is cut, at each place that it can have. */
static void cut_through(const char *character)
{
  size_t size = strlen(character);

  for (size_t before = LAST_SIZE - 1 - size; before < LAST_SIZE; before++) {
    char text[2 * LAST_SIZE];
    size_t whole = before + size <= LAST_SIZE - 1 ? before + size : before;

    memset(text, 'x', sizeof text);
    memcpy(text + before, character, size);
    text[before + size + 10] = '\0';
    last_say(0, "%s", text);
    if (before + size >= LAST_SIZE - 1)
      assert_int_equal(strlen(tlspin_last_message()), whole);
    assert_memory_equal(tlspin_last_message(), text, whole);
  }
}

static void test_no_character_is_torn(void **state)
{
  (void)state;
  cut_through("\xc3\xa9");
  cut_through("\xe2\x82\xac");
  cut_through("\xf0\x9f\x92\xa9");
}

static void *other_thread(void *data)
{
  (void)data;
  assert_string_equal(tlspin_last_message(), "");
  last_say(0, "theirs");
  return NULL;
}

static void test_each_thread_has_its_own(void **state)
{
  pthread_t thread;

  (void)state;
  last_say(0, "mine");
  assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_string_equal(tlspin_last_message(), "mine");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_says_and_returns_the_code),
      cmocka_unit_test(test_sentence_of_a_code),
      cmocka_unit_test(test_controls_become_blanks),
      cmocka_unit_test(test_long_message_is_cut),
      cmocka_unit_test(test_no_character_is_torn),
      cmocka_unit_test(test_each_thread_has_its_own),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
