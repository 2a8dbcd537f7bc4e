/* Which keys have a second one beside them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/backups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1700000000, MANY = 5000 };

static struct keypin make_pin(const char *where, enum keypin_status status, uint8_t octet)
{
  struct keypin pin;
  struct place place;

  assert_int_equal(place_read(where, &place), HOST_FINE);
  pin = keypin_new(&place, KEYPIN_PIN, status, KEYPIN_IMPORT);
  memset(pin.digest, octet, matching_size(pin.matching));
  return pin;
}

static void note(struct backups *backups, const char *where, enum keypin_status status,
                 uint8_t octet)
{
  struct keypin pin = make_pin(where, status, octet);

  backups_note(backups, &pin);
}

static void expect(struct backups *backups, const char *where, uint8_t octet, bool expected)
{
  struct keypin pin = make_pin(where, KEYPIN_CRITICAL, octet);

  if (backups_have(backups, &pin) != expected)
    fail_msg("%s %u", where, octet);
}

static void test_places(void **state)
{
  struct backups *backups = backups_new(NOW);

  (void)state;
  expect(backups, "a.example", 1, false);
  backups_free(backups);
  backups = backups_new(NOW);
  note(backups, "a.example", KEYPIN_CRITICAL, 1);
  note(backups, "b.example", KEYPIN_CRITICAL, 1);
  note(backups, "c.example", KEYPIN_CRITICAL, 2);
  note(backups, "b.example", KEYPIN_CRITICAL, 1); /* a second time */
  note(backups, "b.example:443", KEYPIN_CRITICAL, 2);
  note(backups, ".b.example", KEYPIN_CRITICAL, 2);
  note(backups, "*.b.example", KEYPIN_CRITICAL, 2);
  note(backups, "c.example", KEYPIN_ACTIVE, 1);
  expect(backups, "a.example", 1, false);
  expect(backups, "b.example", 1, false);
  expect(backups, "c.example", 1, true);
  expect(backups, "c.example", 2, true);
  expect(backups, "c.example", 3, true);
  expect(backups, "none.example", 1, false);
  backups_free(backups);
}

/* Only what a server may show instead is a backup, and only a critical key needs one. */
static void test_kinds(void **state)
{
  struct backups *backups = backups_new(NOW);
  struct keypin first = make_pin("a.example", KEYPIN_CRITICAL, 1), other = first;

  (void)state;
  backups_note(backups, &first);
  note(backups, "a.example", KEYPIN_REJECTED, 2);
  note(backups, "a.example", KEYPIN_INACTIVE, 3);
  other.digest[0] = 4;
  other.origin = KEYPIN_USER;
  backups_note(backups, &other);
  other.origin = KEYPIN_IMPORT;
  other.enforce_until = other.report_until = NOW - 1;
  backups_note(backups, &other);
  other = keypin_new(&first.place, KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, KEYPIN_IMPORT);
  backups_note(backups, &other);
  assert_false(backups_have(backups, &first));
  backups_free(backups);
  backups = backups_new(NOW);
  backups_note(backups, &first);
  other = first;
  other.level = KEYPIN_ANY;
  backups_note(backups, &other);
  assert_true(backups_have(backups, &first));
  first.status = KEYPIN_ACTIVE;
  assert_false(backups_have(backups, &first));
  backups_free(backups);
}

/* However far from each other. */
static void test_many(void **state)
{
  struct backups *backups = backups_new(NOW);
  char where[32];

  (void)state;
  for (unsigned i = 0; i < 2 * MANY; i++) {
    snprintf(where, sizeof where, "h%u.example", i % MANY);
    if (i < MANY || i % 3 == 0)
      note(backups, where, KEYPIN_CRITICAL, i < MANY ? 1 : 2);
  }
  for (unsigned i = 0; i < MANY; i++) {
    snprintf(where, sizeof where, "h%u.example", i);
    expect(backups, where, 1, (i + MANY) % 3 == 0);
  }
  backups_free(backups);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
