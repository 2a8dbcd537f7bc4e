/* What exceptions and modes become in policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Pins stay pinned as long as any of them; exceptions never become longer or wider, in whatever
 * order they come. */
static void test_exceptions(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22),
      record_at("b.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22),
      record_at("b.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("c.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("c.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x22),
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++)
    if (pins[i].kind == KEYPIN_EXCEPTION)
      pins[i].errors = PKI_NAME;
  pins[0].enforce_until = pins[0].report_until = 1798761600;
  pins[3].place.protocol = PROTOCOL_TLS;
  pins[4].enforce_until = pins[4].report_until = 1798761600;
  assert_written(pins, G_N_ELEMENTS(pins), 0,
                 "[a.example]\n"
                 "pins=sha256//" B22 ";\n"
                 "level=leaf\n"
                 "status=active\n"
                 "\n"
                 "[b.example]\n"
                 "pins=sha256//" B22 ";\n"
                 "level=leaf\n"
                 "status=active\n"
                 "\n"
                 "[c.example]\n"
                 "exceptions=sha256//" B11 ";\n"
                 "excuse=name;\n"
                 "expires=2027-01-01T00:00:00Z\n");
  assert_string_equal(
      written_told->str,
      "0 skipped [a.example]: an exception has the end and protocol of its group's "
      "pins, and these differ: it is left out.\n"
      "0 skipped [b.example]: an exception has the end and protocol of its group's "
      "pins, and these differ: it is left out.\n"
      "6 skipped [c.example]: a group's exceptions excuse the same errors until the "
      "same time; another one is left out.\n");
}

/* A mode never outlives its end, and is never for more than it was. */
static void test_modes(void **state)
{
  struct keypin pins[] = {
      record_at("*", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("*", KEYPIN_PIN, KEYPIN_REJECTED, 0x11),
      record_at("b.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("b.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("c.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("c.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
  };

  (void)state;
  pins[0].enforce_until = pins[0].report_until = 1798761600;
  pins[3].place.protocol = PROTOCOL_DTLS;
  pins[4].enforce_until = pins[4].report_until = 1798761600;
  pins[5].enforce_until = pins[5].report_until = 1798761599;
  assert_written(pins, G_N_ELEMENTS(pins), 0,
                 "[*]\n"
                 "blocked=sha256//" B11 ";\n"
                 "\n"
                 "[b.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "\n"
                 "[c.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "mode=on\n"
                 "expires=2027-01-01T00:00:00Z\n");
  assert_string_equal(
      written_told->str,
      "1 skipped [*]: a mode has the protocol of its group's pins and ends with them, "
      "and this one is for another protocol or ends before: it is left out.\n"
      "4 skipped [b.example]: a mode has the protocol of its group's pins and ends with "
      "them, and this one is for another protocol or ends before: it is left out.\n"
      "5 [c.example]: a group has one end; it is the latest one.\n");
}

static void test_two_modes(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("a.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("b.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("b.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("c.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("c.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("d.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("d.example", KEYPIN_MODE, KEYPIN_OFF, 0),
  };

  (void)state;
  pins[6].place.protocol = PROTOCOL_DTLS;
  pins[7].place.protocol = PROTOCOL_TLS;
  assert_written(pins, G_N_ELEMENTS(pins), 0,
                 "[a.example]\nmode=on\n\n"
                 "[b.example]\nmode=on\n\n"
                 "[c.example]\nmode=off\n\n"
                 "[d.example]\nmode=off\nprotocol=dtls\n");
  assert_string_equal(written_told->str,
                      "2 skipped [a.example]: a group has one mode, with one end and "
                      "protocol; another one is left out.\n"
                      "4 skipped [b.example]: a group has one mode, with one end and "
                      "protocol; another one is left out.\n"
                      "8 skipped [d.example]: a group has one mode, with one end and "
                      "protocol; another one is left out.\n");
}

/* Where it isn't off, or what is over isn't any more, nothing says that it is. */
static void test_no_off(void **state)
{
  struct keypin pins[] = {
      pin_of("a.example", KEYPIN_USER, KEYPIN_CRITICAL, 0x11),
      record_at("a.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("b.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("c.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
  };

  (void)state;
  pins[1].origin = KEYPIN_PROGRAM;
  pins[2].enforce_until = pins[2].report_until = WRITTEN_NOW;
  pins[3].origin = KEYPIN_TOFU;
  pins[3].errors = PKI_NAME;
  assert_written(pins, 4, 0, GROUP("a.example", "sha256//" B11, "leaf"));
  assert_string_equal(written_told->str,
                      "2 skipped [a.example]: pinning is not off there, as other "
                      "records decide; the mode is left out.\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_exceptions, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_modes, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_two_modes, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_no_off, written_setup, written_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
