/* Records as policy text, for tests: see written.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/written.h"

#include "formats/policy-text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

GString *written_told;
bool written_whole;

int written_setup(void **state)
{
  (void)state;
  written_told = g_string_new(NULL);
  return 0;
}

int written_teardown(void **state)
{
  (void)state;
  g_string_free(written_told, TRUE);
  return 0;
}

void written_remark(size_t line, enum remark remark, const char *text, void *data)
{
  g_string_append_printf(data, "%zu %s%s\n", line, remark == REMARK_SKIPPED ? "skipped " : "",
                         text);
}

struct keypin record_at(const char *text, enum keypin_kind kind, enum keypin_status status,
                        uint8_t octet)
{
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  pin = keypin_new(&place, kind, status, KEYPIN_USER);
  memset(pin.digest, octet, kind != KEYPIN_MODE ? 32 : 0);
  return pin;
}

void assert_written(const struct keypin *pins, size_t count, int64_t until, const char *expected)
{
  struct policy_text *text = policy_text_new(WRITTEN_NOW, until, written_remark, written_told);
  g_autofree char *written = NULL;

  for (size_t i = 0; i < count; i++)
    policy_text_put(text, &pins[i], i + 1);
  written = policy_text_end(text, &written_whole);
  assert_string_equal(written, expected);
}

struct keypin pin_of(const char *text, enum keypin_origin origin, enum keypin_status status,
                     uint8_t octet)
{
  struct keypin pin = record_at(text, KEYPIN_PIN, status, octet);

  pin.origin = origin;
  return pin;
}
