/* Records as policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define H11 "1111111111111111111111111111111111111111111111111111111111111111"

static void test_pins(void **state)
{
  struct keypin pins[] = {
      record_at(".example.org:443", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
      record_at("*.example.net", KEYPIN_PIN, KEYPIN_REJECTED, 0x22),
      record_at(".example.org:443", KEYPIN_PIN, KEYPIN_CRITICAL, 0x22),
      record_at(".example.org:443", KEYPIN_PIN, KEYPIN_INACTIVE, 0x33),
      record_at("*", KEYPIN_PIN, KEYPIN_REJECTED, 0x11),
  };

  (void)state;
  assert_written(pins, 5, 0,
                 "[.example.org:443]\n"
                 "pins=sha256//" B11 ";sha256//" B22 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "\n"
                 "[*.example.net]\n"
                 "blocked=sha256//" B22 ";\n"
                 "\n"
                 "[*]\n"
                 "blocked=sha256//" B11 ";\n");
  assert_string_equal(written_told->str, "");
}

static void test_rest(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("b.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("c.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
      record_at("d.example", KEYPIN_MODE, KEYPIN_ON, 0),
      record_at("e.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
  };

  (void)state;
  pins[0].errors = PKI_EXPIRED | PKI_NAME;
  pins[0].selector = SELECTOR_CERTIFICATE;
  pins[0].enforce_until = pins[0].report_until = 1798761600;
  pins[0].place.protocol = PROTOCOL_DTLS;
  pins[0].note = " a; note";
  pins[2].level = KEYPIN_AUTHORITY;
  pins[2].selector = SELECTOR_CERTIFICATE;
  pins[2].always = true;
  pins[2].enforce_until = 1798761600;
  pins[4].enforce_until = 0;
  assert_written(pins, 5, 0,
                 "[a.example]\n"
                 "exceptions=1 0 1 " H11 ";\n"
                 "excuse=expired;name;\n"
                 "expires=2027-01-01T00:00:00Z\n"
                 "protocol=dtls\n"
                 "comment=\\sa; note\n"
                 "\n"
                 "[b.example]\n"
                 "mode=off\n"
                 "\n"
                 "[c.example]\n"
                 "pins=0 0 1 " H11 ";\n"
                 "level=authority\n"
                 "status=active\n"
                 "expires=2027-01-01T00:00:00Z\n"
                 "anchors=enforce\n"
                 "\n"
                 "[d.example]\n"
                 "mode=on\n"
                 "\n"
                 "[e.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "mode=report\n");
  assert_string_equal(written_told->str, "");
}

static void test_until(void **state)
{
  struct keypin pins[] = {record_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
                          record_at("b.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11)};

  (void)state;
  pins[1].enforce_until = 86400;
  assert_written(pins, 2, 1798761600,
                 "[a.example]\npins=sha256//" B11 ";\nlevel=leaf\nstatus=critical\n"
                 "expires=2027-01-01T00:00:00Z\n\n"
                 "[b.example]\npins=sha256//" B11 ";\nlevel=leaf\nstatus=critical\n"
                 "expires=1970-01-02T00:00:00Z\nreport-until=2027-01-01T00:00:00Z\n");
}

/* A group can't say all that records can. */
static void test_differences(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22),
      record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22),
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x11),
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x22),
  };

  (void)state;
  pins[1].level = KEYPIN_ISSUER;
  pins[2].place.protocol = PROTOCOL_TLS;
  pins[2].enforce_until = pins[2].report_until = 5;
  pins[3].errors = PKI_NAME;
  pins[4].errors = PKI_EXPIRED;
  assert_written(pins, 5, 0,
                 "[a.example]\n"
                 "pins=sha256//" B11 ";sha256//" B22 ";\n"
                 "level=leaf\n"
                 "status=active\n"
                 "exceptions=sha256//" B11 ";\n"
                 "excuse=name;\n");
  assert_string_equal(
      written_told->str,
      "2 skipped [a.example]: a group's pins have one level; a pin of another level "
      "is left out.\n"
      "3 [a.example]: a group has one protocol; it is made that of any.\n"
      "3 [a.example]: a group has one end; it is the latest one.\n"
      "5 skipped [a.example]: a group's exceptions excuse the same errors until the "
      "same time; another one is left out.\n");
}

static void test_nothing(void **state)
{
  struct keypin pin = record_at("a.example", KEYPIN_PIN, KEYPIN_INACTIVE, 0x11);

  (void)state;
  assert_written(NULL, 0, 0, "");
  assert_written(&pin, 1, 0, "");
}

/* A key that is blocked isn't accepted as well, and pins of a host say nothing under its "off". */
static void test_blocked(void **state)
{
  struct keypin pins[] = {
      record_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL, 0x11),
      record_at("a.example", KEYPIN_PIN, KEYPIN_REJECTED, 0x22),
      record_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, 0x22),
      record_at("b.example", KEYPIN_MODE, KEYPIN_OFF, 0),
      record_at("b.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11),
  };

  (void)state;
  pins[2].errors = PKI_NAME;
  pins[4].origin = KEYPIN_PROGRAM;
  assert_written(pins, G_N_ELEMENTS(pins), 0,
                 "[a.example]\n"
                 "pins=sha256//" B11 ";\n"
                 "level=leaf\n"
                 "status=critical\n"
                 "blocked=sha256//" B22 ";\n"
                 "\n"
                 "[b.example]\n"
                 "mode=off\n");
  assert_string_equal(written_told->str, "3 skipped [a.example]: a key is blocked and pinned or "
                                         "excused; it is only blocked.\n");
  assert_true(written_whole);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_pins, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_rest, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_until, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_differences, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_nothing, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_blocked, written_setup, written_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
