/* What a group of policy text can say of pins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What is only reported stays so: with its end, or without; and beside what is enforced it is left
 * out. The user's store has a 1 there and policy a 0. */
static void test_reported(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("b.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("c.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("c.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x22),
      record_at("d.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("d.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("e.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("f.example", KEYPIN_MODE, KEYPIN_OFF, 0),
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++)
    if (i != 3 && i != 5)
      pins[i].enforce_until = i != 1 ? 1 : 0;
  pins[0].report_until = 1798761600;
  pins[1].note = "of policy";
  pins[2].note = "lost";
  pins[6].errors = PKI_NAME;
  assert_written(pins, G_N_ELEMENTS(pins), 0,
                 "[a.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "mode=report\n"
                 "report-until=2027-01-01T00:00:00Z\n"
                 "\n"
                 "[b.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "mode=report\n"
                 "comment=of policy\n"
                 "\n"
                 "[c.example]\n"
                 "pins=sha256//" B22 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "\n"
                 "[d.example]\n"
                 "mode=on\n");
  assert_string_equal(written_told->str,
                      "3 skipped [c.example]: a group is enforced, or only reported as "
                      "a whole; a pin that is only reported is left out.\n"
                      "5 skipped [d.example]: a group is enforced, or only reported as "
                      "a whole; a pin that is only reported is left out.\n");
}

/* What a critical pin masks isn't accepted beside it, whoever put it there, and no key stands
 * twice. */
static void test_masked(void **state)
{
  const struct keypin pins[] = {
      pin_of("a.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      pin_of("a.example", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x22),
      pin_of("a.example", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x11),
      pin_of("b.example", KEYPIN_PROGRAM, KEYPIN_ACTIVE, 0x22),
      pin_of("b.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      pin_of("c.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      pin_of("c.example", KEYPIN_HPKP, KEYPIN_CRITICAL, 0x22),
  };

  (void)state;
  assert_written(pins, 2, 0, GROUP("a.example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str, "");
  assert_written(pins, 3, 0, GROUP("a.example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str, "");
  assert_written(pins + 3, 2, 0, GROUP("b.example", "sha256//" B11, "leaf"));
  assert_written(pins + 5, 2, 0, GROUP("c.example", "sha256//" B11, "leaf"));
  assert_true(written_whole);
}

/* Of two sets that must both be met, the keys that meet both. */
static void test_both(void **state)
{
  struct keypin pins[] = {
      pin_of("a.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      pin_of("a.example", KEYPIN_IMPORT, KEYPIN_CRITICAL, 0x22),
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_REJECTED, 0x22),
      pin_of("a.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x22),
  };

  (void)state;
  pins[2].errors = PKI_NAME;
  assert_written(pins, 4, 0, "[a.example]\nblocked=sha256//" B22 ";\n");
  assert_string_equal(written_told->str, "1 skipped [a.example]" UNSAID);
  assert_false(written_whole);
  assert_written(pins, 2, 0, "");
  assert_false(written_whole);
  g_string_truncate(written_told, 0);
  pins[2] = pins[4];
  assert_written(pins, 3, 0, GROUP("a.example", "sha256//" B22, "leaf"));
  assert_string_equal(written_told->str, "");
  assert_true(written_whole);
  pins[1].level = KEYPIN_ANY; /* the server's own is one of any */
  assert_written(pins, 3, 0, GROUP("a.example", "sha256//" B22, "leaf"));
  pins[0].place.protocol = PROTOCOL_TLS;
  pins[1] = pins[4];
  pins[1].place.protocol = PROTOCOL_DTLS;
  assert_written(pins, 2, 0, "");
  assert_false(written_whole);
}

static void test_learned(void **state)
{
  const struct keypin pins[] = {
      pin_of("a.example:443", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x11),
      pin_of("a.example:443", KEYPIN_PROGRAM, KEYPIN_ACTIVE, 0x22),
      pin_of("b.example:443", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x11),
  };

  (void)state;
  assert_written(pins, 3, 0,
                 GROUP("a.example:443", "sha256//" B11 ";sha256//" B22,
                       "leaf") "\n" GROUP("b.example:443", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str, "1 " LEARNED);
}

/* A wider place may decide, or have its say. */
static void test_wider(void **state)
{
  struct keypin pins[] = {
      pin_of("a.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      pin_of("a.example:443", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x22),
      pin_of("b.example:443", KEYPIN_TOFU, KEYPIN_ACTIVE, 0x22),
      pin_of(".example", KEYPIN_HPKP, KEYPIN_CRITICAL, 0x11),
      pin_of("c.example", KEYPIN_IMPORT, KEYPIN_CRITICAL, 0x22),
  };

  (void)state;
  assert_written(pins, 2, 0, GROUP("a.example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str, "");
  assert_true(written_whole);
  assert_written(pins + 2, 2, 0, GROUP(".example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str, "1 skipped [b.example:443]" UNSAID);
  assert_false(written_whole);
  g_string_truncate(written_told, 0);
  pins[4].enforce_until = 0;
  assert_written(pins + 3, 2, 0, GROUP(".example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str,
                      "2 skipped [c.example]: a group is enforced, or only reported as "
                      "a whole; a pin that is only reported is left out.\n");
}

/* More than a group can have, or anybody wants to look through. */
static void test_many(void **state)
{
  struct keypin pins[600];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++) {
    pins[i] = record_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL, (uint8_t)i);
    pins[i].digest[31] = (uint8_t)(i >> 8);
  }
  assert_written(pins, G_N_ELEMENTS(pins), 0, "");
  assert_string_equal(written_told->str, "1 skipped [a.example]" UNSAID);
  assert_false(written_whole);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_reported, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_masked, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_both, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_learned, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_wider, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_many, written_setup, written_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
