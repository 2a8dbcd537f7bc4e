/* Which entries are meant, in words.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/choice.h"

#include "tests/capture.h"
#include "tools/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_none(void **state)
{
  struct choice choice = {NULL};
  struct tlspin_filter filter = {.host = "a.example"};

  (void)state;
  assert_false(choice_is_made(&choice));
  assert_int_equal(choice_read(&choice, &filter), STATUS_FINE);
  assert_null(filter.kind);
  assert_null(filter.status);
  assert_null(filter.origin);
  assert_int_equal(filter.digest.size, 0);
  assert_string_equal(filter.host, "a.example");
}

/* Each alone is a choice, and arrives in the filter. */
static void test_words(void **state)
{
  struct choice choices[] = {{.kind = (char *)"ticket"},
                             {.kind = (char *)"exception"},
                             {.status = (char *)"rejected"},
                             {.origin = (char *)"tofu"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
    struct tlspin_filter filter = {NULL};

    assert_true(choice_is_made(&choices[i]));
    assert_int_equal(choice_read(&choices[i], &filter), STATUS_FINE);
    assert_ptr_equal(filter.kind, choices[i].kind);
    assert_ptr_equal(filter.status, choices[i].status);
    assert_ptr_equal(filter.origin, choices[i].origin);
  }
}

static void test_key(void **state)
{
  struct choice choice = {.key = (char *)"3 1 1 " HEX};
  struct tlspin_filter filter = {NULL};

  (void)state;
  assert_true(choice_is_made(&choice));
  assert_int_equal(choice_read(&choice, &filter), STATUS_FINE);
  assert_int_equal(filter.digest.size, 32);
  assert_ptr_equal(filter.digest.data, choice.digest);
  assert_int_equal(choice.digest[1], 0x11);
  assert_int_equal(choice.digest[31], 0xff);
}

static void assert_refused(struct choice choice, const char *said)
{
  struct tlspin_filter filter = {NULL};
  struct capture capture;
  char *text;

  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(choice_read(&choice, &filter), STATUS_USAGE);
  text = capture_end(&capture);
  if (strstr(text, said) == NULL)
    fail_msg("'%s' is not in '%s'", said, text);
  free(text);
}

/* The message names all words there are. */
static void test_refused(void **state)
{
  (void)state;
  assert_refused((struct choice){.kind = (char *)"tickets"},
                 "--kind can't be 'tickets'. Say one of: ticket, pin, exception, mode.");
  assert_refused((struct choice){.status = (char *)""},
                 "Say one of: inactive, active, critical, rejected, excepted, on, off.");
  assert_refused((struct choice){.origin = (char *)"me"},
                 "Say one of: tofu, hpkp, program, user, import, policy.");
  assert_refused((struct choice){.key = (char *)HEX "00"}, "is no key.");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_none),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_key),
      cmocka_unit_test(test_refused),
  };

  setlocale(LC_ALL, "C.UTF-8");
  g_set_prgname("test");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
