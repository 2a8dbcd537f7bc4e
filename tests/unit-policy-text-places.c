/* The places of which policy text is made.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text-places.h"

#include "tests/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct places *gather(const struct keypin *pins, size_t count)
{
  struct places *places = places_new(WRITTEN_NOW);

  for (size_t i = 0; i < count; i++)
    places_put(places, &pins[i], i + 1);
  return places;
}

static struct text_group *group_at(const struct places *places, guint index)
{
  assert_true(index < places_groups(places)->len);
  return places_groups(places)->pdata[index];
}

/* A group each, whatever the protocol is; and history is in none. */
static void test_groups(void **state)
{
  struct keypin pins[] = {
      record_at("b.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_INACTIVE, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_REJECTED, 0x11),
      record_at("b.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("c.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("d.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("e.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
  };
  struct places *places;

  (void)state;
  pins[3].place.protocol = PROTOCOL_DTLS;
  pins[4].enforce_until = WRITTEN_NOW;
  pins[5].origin = KEYPIN_TOFU;
  pins[6].enforce_until = pins[6].report_until = WRITTEN_NOW;
  places = gather(pins, G_N_ELEMENTS(pins));
  assert_int_equal(places_groups(places)->len, 2);
  assert_string_equal(group_at(places, 0)->name, "b.example");
  assert_int_equal(group_at(places, 0)->records->len, 2);
  assert_int_equal(text_group_record(group_at(places, 0), 1)->line, 4);
  assert_string_equal(group_at(places, 1)->name, "a.example");
  assert_int_equal(group_at(places, 1)->records->len, 1);
  places_free(places);
}

static bool restricts(struct accord *accord)
{
  enum rank by;
  bool restricts = accord_restricts(accord, PLACE_ANY_PROTOCOL, &by);

  accord_free(accord);
  return restricts;
}

/* Of wider places and its own, not of narrower ones. */
static void test_accord(void **state)
{
  const struct keypin pins[] = {
      record_at("a.example:443", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
      pin_of(".b.example", KEYPIN_HPKP, KEYPIN_CRITICAL, 0x11),
      record_at("x.b.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22),
  };
  struct places *places = gather(pins, G_N_ELEMENTS(pins));

  (void)state;
  assert_true(restricts(places_accord(places, group_at(places, 0))));
  assert_false(restricts(places_accord(places, group_at(places, 1))));
  assert_true(restricts(places_accord(places, group_at(places, 3))));
  places_free(places);
}

static void test_own_accord(void **state)
{
  struct keypin pin = record_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11);
  struct places *places;

  (void)state;
  pin.enforce_until = WRITTEN_NOW;
  places = gather(&pin, 1);
  assert_false(restricts(places_accord(places, group_at(places, 0))));
  assert_true(restricts(places_own_accord(places, group_at(places, 0))));
  places_free(places);
}

static void test_hole(void **state)
{
  const struct keypin pins[] = {
      pin_of(".example", KEYPIN_HPKP, KEYPIN_CRITICAL, 0x11),
      pin_of("a.example", KEYPIN_USER, KEYPIN_ACTIVE, 0x11),
      pin_of("a.test", KEYPIN_USER, KEYPIN_ACTIVE, 0x11),
  };
  struct places *places = gather(pins, G_N_ELEMENTS(pins));

  (void)state;
  assert_false(places_make_hole(places, group_at(places, 1)));
  for (guint i = 0; i < G_N_ELEMENTS(pins); i++)
    text_group_pin(group_at(places, i), &pins[i]);
  assert_false(places_make_hole(places, group_at(places, 0)));
  assert_true(places_make_hole(places, group_at(places, 1)));
  assert_false(places_make_hole(places, group_at(places, 2)));
  places_free(places);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_groups, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_accord, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_own_accord, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_hole, written_setup, written_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
