/* Assertions on messages: see said.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

void assert_said(struct capture *capture, const char *expected)
{
  char *text = capture_end(capture);

  if (expected == NULL)
    assert_string_equal(text, "");
  else if (strstr(text, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, text);
  free(text);
}

void assert_one_line(struct capture *capture)
{
  char *text = capture_end(capture), *end = strchr(text, '\n');

  assert_non_null(strstr(text, "[2J"));
  assert_non_null(end);
  assert_int_equal(end[1], '\0');
  assert_null(strchr(text, '\033'));
  free(text);
}
