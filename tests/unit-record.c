/* The fields of records: dbus/record.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Each bit is that of the field with its name, and each field its own member. */
static void test_bits(void **state)
{
  static const struct {
    uint32_t bit;
    const char *key;
    struct bus_record record;
  } cases[] = {
      {BUS_RECORD_HOST, "host", {.host = "x"}},
      {BUS_RECORD_SCOPE, "scope", {.scope = "x"}},
      {BUS_RECORD_PROTOCOL, "protocol", {.protocol = "x"}},
      {BUS_RECORD_PORT, "port", {.port = 1}},
      {BUS_RECORD_KIND, "kind", {.kind = "x"}},
      {BUS_RECORD_STATUS, "status", {.status = "x"}},
      {BUS_RECORD_ORIGIN, "origin", {.origin = "x"}},
      {BUS_RECORD_LEVEL, "level", {.level = "x"}},
      {BUS_RECORD_SELECTOR, "selector", {.selector = 1}},
      {BUS_RECORD_MATCHING, "matching", {.matching = 1}},
      {BUS_RECORD_DIGEST, "digest", {.digest = {(const uint8_t *)"x", 1}}},
      {BUS_RECORD_EXPIRES, "expires", {.expires = 1}},
      {BUS_RECORD_ENFORCED_UNTIL, "enforced-until", {.enforced_until = 1}},
      {BUS_RECORD_ALWAYS, "always", {.always = true}},
      {BUS_RECORD_ERRORS, "errors", {.errors = 1}},
      {BUS_RECORD_NOTE, "note", {.note = "x"}},
      {BUS_RECORD_FIRST_SEEN, "first-seen", {.first_seen = 1}},
      {BUS_RECORD_LAST_SEEN, "last-seen", {.last_seen = 1}},
      {BUS_RECORD_COUNT_SEEN, "count-seen", {.count_seen = 1}},
      {BUS_RECORD_BACKED, "backed", {.backed = true}},
  };

  (void)state;
  assert_int_equal(bus_record_fields.count, sizeof cases / sizeof cases[0] + 1);
  assert_int_equal(BUS_RECORD_CHAIN, UINT32_C(1) << (bus_record_fields.count - 1));
  assert_string_equal(bus_record_fields.at[bus_record_fields.count - 1].key, "chain");
  for (size_t i = 0; i + 1 < bus_record_fields.count; i++) {
    assert_int_equal(cases[i].bit, UINT32_C(1) << i);
    assert_string_equal(bus_record_fields.at[i].key, cases[i].key);
    assert_int_equal(bus_fields_set(bus_record_fields, &cases[i].record), cases[i].bit);
  }
}

static void test_seen(void **state)
{
  static const struct bus_seen seen = {"x", 1, 2, {(const uint8_t *)"x", 1}, "x"},
                               key = {.subject = "", .key = "x"};

  (void)state;
  assert_int_equal(bus_fields_set(bus_seen_fields, &seen), BUS_SEEN_ALL);
  assert_int_equal(bus_fields_set(bus_seen_fields, &key), BUS_SEEN_KEY);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      cmocka_unit_test(test_seen),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
