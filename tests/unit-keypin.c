/* Records of key pins: validity, order and force.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct place place = {
    .host = "example.com", .scope = SCOPE_EXACT, .protocol = PROTOCOL_TLS, .port = 443};

static struct keypin some_pin(void)
{
  return keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool no_memory;

void *__wrap_malloc(size_t size)
{
  return no_memory ? NULL : __real_malloc(size);
}

static void test_new(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  assert_true(keypin_is_valid(&pin));
  assert_int_equal(place_compare(&pin.place, &place), 0);
  assert_string_equal(pin.place.host, place.host);
  assert_int_equal(pin.enforce_until, KEYPIN_FOREVER);
  assert_int_equal(pin.report_until, KEYPIN_FOREVER);
  assert_int_equal(pin.first_seen, 0);
  assert_int_equal(pin.last_seen, 0);
  assert_int_equal(pin.count_seen, 0);
  assert_string_equal(pin.note, "");
  assert_int_equal(pin.seen.size, 0);
  assert_null(pin.owned);
  assert_false(pin.locked || pin.always);
}

/* Which statuses go with which kind. */
static void test_kinds(void **state)
{
  static const bool fits[KEYPIN_KINDS][KEYPIN_STATUSES] = {
      [KEYPIN_PIN] = {true, true, true, true, false, false, false},
      [KEYPIN_EXCEPTION] = {false, false, false, false, true, false, false},
      [KEYPIN_MODE] = {false, false, false, false, false, true, true},
  };

  (void)state;
  for (int kind = -1; kind <= KEYPIN_KINDS; kind++)
    for (int status = -1; status <= KEYPIN_STATUSES; status++) {
      struct keypin pin =
          keypin_new(&place, (enum keypin_kind)kind, (enum keypin_status)status, KEYPIN_USER);
      bool inside = kind >= 0 && kind < KEYPIN_KINDS && status >= 0 && status < KEYPIN_STATUSES;

      pin.errors = kind == KEYPIN_EXCEPTION ? PKI_EXPIRED : 0;
      assert_int_equal(keypin_is_valid(&pin), inside && fits[kind][status]);
    }
}

static void test_errors(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  pin.errors = PKI_EXPIRED;
  assert_false(keypin_is_valid(&pin)); /* no exception */
  pin.kind = KEYPIN_EXCEPTION;
  pin.status = KEYPIN_EXCEPTED;
  for (unsigned errors = 0; errors < 512; errors++) {
    pin.errors = errors;
    assert_int_equal(keypin_is_valid(&pin), errors >= 1 && errors <= 63);
  }
}

static void test_modes(void **state)
{
  struct keypin mode = keypin_new(&place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER), other = mode;

  (void)state;
  assert_true(keypin_is_valid(&mode));
  other.level = KEYPIN_ANY;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.selector = SELECTOR_CERTIFICATE;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.matching = MATCHING_SHA512;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.digest[31] = 1;
  assert_false(keypin_is_valid(&other));
}

static void test_ranges(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  pin.place.host[0] = '\0';
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.origin = KEYPIN_ORIGINS;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.level = KEYPIN_LEVELS;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.selector = SELECTOR_COUNT;
  assert_false(keypin_is_valid(&pin));
  for (int matching = -1; matching < 5; matching++) {
    pin = some_pin();
    pin.matching = (enum matching)matching;
    assert_int_equal(keypin_is_valid(&pin), matching == 1 || matching == 2);
  }
  pin = some_pin();
  pin.count_seen = INT64_MAX;
  assert_true(keypin_is_valid(&pin));
  pin.count_seen++;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.seen.size = CHAIN_SEEN_MAX;
  assert_true(keypin_is_valid(&pin));
  pin.seen.size = CHAIN_SEEN_MAX + 1;
  assert_false(keypin_is_valid(&pin));
}

static void test_times(void **state)
{
  struct keypin pin = some_pin();
  int64_t *const times[] = {&pin.enforce_until, &pin.report_until, &pin.first_seen, &pin.last_seen};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    pin = some_pin();
    *times[i] = -1;
    assert_false(keypin_is_valid(&pin));
    *times[i] = KEYPIN_FOREVER + 1;
    assert_false(keypin_is_valid(&pin));
    *times[i] = KEYPIN_FOREVER;
    assert_true(keypin_is_valid(&pin));
  }
  pin = some_pin();
  pin.enforce_until = 1000;
  pin.report_until = 1000;
  assert_true(keypin_is_valid(&pin));
  pin.report_until = 999;
  assert_false(keypin_is_valid(&pin));
  pin.enforce_until = 0; /* report only */
  assert_true(keypin_is_valid(&pin));
}

static void test_notes(void **state)
{
  char note[KEYPIN_NOTE_MAX + 2];
  struct keypin pin = some_pin();

  (void)state;
  memset(note, 'x', sizeof note);
  note[KEYPIN_NOTE_MAX] = '\0';
  pin.note = note;
  assert_true(keypin_is_valid(&pin));
  note[KEYPIN_NOTE_MAX] = 'x';
  note[KEYPIN_NOTE_MAX + 1] = '\0';
  assert_false(keypin_is_valid(&pin));
  pin.note = "Gr\xc3\xbc\xc3\x9f"
             "e";
  assert_true(keypin_is_valid(&pin));
  pin.note = "a\nb";
  assert_false(keypin_is_valid(&pin));
  pin.note = "\xc3";
  assert_false(keypin_is_valid(&pin));
  pin.note = NULL;
  assert_false(keypin_is_valid(&pin));
}

enum { KEY_FIELDS = 10 };

/* Makes one field of the table's key greater; words go by the alphabet. */
static void raise_field(struct keypin *pin, int field)
{
  switch (field) {
  case 0:
    strcpy(pin->place.host, "example.org");
    break;
  case 1:
    pin->place.scope = SCOPE_ONE_LABEL;
    break;
  case 2:
    pin->place.protocol = PROTOCOL_TLS;
    break;
  case 3:
    pin->place.port = 444;
    break;
  case 4:
    pin->kind = KEYPIN_PIN;
    break;
  case 5:
    pin->origin = KEYPIN_USER;
    break;
  case 6:
    pin->level = KEYPIN_LEAF;
    break;
  case 7:
    pin->selector = SELECTOR_SPKI;
    break;
  case 8:
    pin->matching = MATCHING_SHA512;
    break;
  default:
    pin->digest[31] = 1;
    break;
  }
}

/* Each field counts more than all behind it together. */
static void test_order(void **state)
{
  struct keypin least = keypin_new(&place, KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, KEYPIN_HPKP);

  (void)state;
  least.place.protocol = PROTOCOL_DTLS;
  least.level = KEYPIN_ANCHOR;
  least.selector = SELECTOR_CERTIFICATE;
  for (int field = 0; field < KEY_FIELDS; field++) {
    struct keypin low = least, high = least;

    assert_int_equal(keypin_compare_key(&low, &high), 0);
    raise_field(&high, field);
    for (int behind = field + 1; behind < KEY_FIELDS; behind++)
      raise_field(&low, behind);
    assert_true(keypin_compare_key(&low, &high) < 0);
    assert_true(keypin_compare_key(&high, &low) > 0);
  }
}

/* What is wrong is named, the first of several. */
static void test_fault(void **state)
{
  const struct place where = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
  const struct keypin good = keypin_new(&where, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
  struct keypin bad[12];
  static const char *const names[] = {
      "host",   "status",  "origin",         "level",      "key",       "key",
      "errors", "expires", "enforced-until", "first-seen", "last-seen", "note"};

  (void)state;
  assert_null(keypin_fault(&good));
  for (size_t i = 0; i < 12; i++)
    bad[i] = good;
  strcpy(bad[0].place.host, "A.example");
  bad[0].note = "a\nb";
  bad[1].status = KEYPIN_OFF;
  bad[2].origin = KEYPIN_ORIGINS;
  bad[3].level = KEYPIN_LEVELS;
  bad[4].selector = SELECTOR_COUNT;
  bad[5] = keypin_new(&where, KEYPIN_MODE, KEYPIN_ON, KEYPIN_USER);
  bad[5].digest[0] = 1;
  bad[6].errors = PKI_NAME;
  bad[7].report_until = -1;
  bad[8].report_until = bad[8].enforce_until - 1;
  bad[9].first_seen = -1;
  bad[10].last_seen = -1;
  bad[11].note = "a\nb";
  for (size_t i = 0; i < 12; i++) {
    assert_string_equal(keypin_fault(&bad[i]), names[i]);
    assert_false(keypin_is_valid(&bad[i]));
  }
}

/* Only what is in the key counts. */
static void test_same_key(void **state)
{
  struct keypin a = some_pin(), b = a;

  (void)state;
  b.status = KEYPIN_CRITICAL;
  b.locked = b.always = true;
  b.enforce_until = 0;
  b.note = "another";
  b.count_seen = 7;
  b.digest[32] = 1; /* behind a SHA-256 */
  assert_int_equal(keypin_compare_key(&a, &b), 0);
  a.matching = b.matching = MATCHING_SHA512;
  assert_true(keypin_compare_key(&a, &b) < 0);
  a.place.protocol = PLACE_ANY_PROTOCOL;
  assert_true(keypin_compare_key(&a, &b) < 0);
}

static void test_own(void **state)
{
  char note[] = "note";
  uint8_t seen[] = {1, 2, 3};
  struct keypin pin = some_pin();

  (void)state;
  pin.note = note;
  pin.seen = (struct span){seen, sizeof seen};
  assert_true(keypin_own(&pin));
  note[0] = 'x';
  seen[0] = 9;
  assert_string_equal(pin.note, "note");
  assert_memory_equal(pin.seen.data, "\1\2\3", 3);
  assert_true(keypin_own(&pin)); /* what it owns already */
  assert_string_equal(pin.note, "note");
  assert_int_equal(pin.seen.size, 3);
  keypin_clear(&pin);
  assert_string_equal(pin.note, "");
  assert_int_equal(pin.seen.size, 0);
  assert_null(pin.owned);
  keypin_clear(&pin);
  assert_true(keypin_own(&pin)); /* and of nothing */
  assert_string_equal(pin.note, "");
  keypin_clear(&pin);
}

/* Without memory the record stays as it is. */
static void test_own_without_memory(void **state)
{
  char note[] = "note";
  struct keypin pin = some_pin();

  (void)state;
  pin.note = note;
  no_memory = true;
  assert_false(keypin_own(&pin));
  no_memory = false;
  assert_ptr_equal(pin.note, note);
  assert_null(pin.owned);
}

static void test_force(void **state)
{
  static const struct {
    int64_t enforce_until, report_until, now;
    enum keypin_force force;
  } cases[] = {
      {KEYPIN_FOREVER, KEYPIN_FOREVER, 0, KEYPIN_ENFORCED},
      {KEYPIN_FOREVER, KEYPIN_FOREVER, KEYPIN_FOREVER, KEYPIN_ENFORCED}, /* no end is none */
      {KEYPIN_FOREVER, KEYPIN_FOREVER, INT64_MAX, KEYPIN_ENFORCED},
      {0, KEYPIN_FOREVER, 0, KEYPIN_REPORTED},
      {0, KEYPIN_FOREVER, INT64_MAX, KEYPIN_REPORTED},
      {1000, 1000, 999, KEYPIN_ENFORCED},
      {1000, 1000, 1000, KEYPIN_EXPIRED},
      {1000, 2000, 999, KEYPIN_ENFORCED},
      {1000, 2000, 1000, KEYPIN_REPORTED},
      {1000, 2000, 1999, KEYPIN_REPORTED},
      {1000, 2000, 2000, KEYPIN_EXPIRED},
      {0, 0, 0, KEYPIN_EXPIRED},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct keypin pin = some_pin();

    pin.enforce_until = cases[i].enforce_until;
    pin.report_until = cases[i].report_until;
    assert_int_equal(keypin_force(&pin, cases[i].now), cases[i].force);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_new),    cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_errors), cmocka_unit_test(test_modes),
      cmocka_unit_test(test_ranges), cmocka_unit_test(test_times),
      cmocka_unit_test(test_notes),  cmocka_unit_test(test_order),
      cmocka_unit_test(test_fault),  cmocka_unit_test(test_same_key),
      cmocka_unit_test(test_own),    cmocka_unit_test(test_own_without_memory),
      cmocka_unit_test(test_force),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
