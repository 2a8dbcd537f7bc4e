/* Records as policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define B11 "ERERERERERERERERERERERERERERERERERERERERERE="
#define B22 "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="
#define H11 "1111111111111111111111111111111111111111111111111111111111111111"

static GString *told;

static int setup(void **state)
{
  (void)state;
  told = g_string_new(NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  g_string_free(told, TRUE);
  return 0;
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  g_string_append_printf(data, "%zu %s%s\n", line, remark == REMARK_SKIPPED ? "skipped " : "",
                         text);
}

static struct keypin record_at(const char *text, enum keypin_kind kind, enum keypin_status status,
                               uint8_t octet)
{
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  pin = keypin_new(&place, kind, status, KEYPIN_USER);
  memset(pin.digest, octet, kind != KEYPIN_MODE ? 32 : 0);
  return pin;
}

static void assert_written(const struct keypin *pins, size_t count, int64_t until,
                           const char *expected)
{
  struct policy_text *text = policy_text_new(until, on_remark, told);
  g_autofree char *written = NULL;

  for (size_t i = 0; i < count; i++)
    policy_text_put(text, &pins[i], i + 1);
  written = policy_text_end(text);
  assert_string_equal(written, expected);
}

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
  assert_string_equal(told->str, "");
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
  assert_string_equal(told->str, "");
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
      told->str, "2 skipped [a.example]: a group's pins have one level; a pin of another level "
                 "is left out.\n"
                 "3 [a.example]: a group has one protocol; it is made that of any.\n"
                 "3 [a.example]: a group has one end; it is the latest one.\n"
                 "5 skipped [a.example]: a group's exceptions excuse the same errors until the "
                 "same time; another one is left out.\n");
}

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
      told->str, "6 skipped [c.example]: a group's exceptions excuse the same errors until the "
                 "same time; another one is left out.\n"
                 "0 skipped [a.example]: an exception has the end and protocol of its group's "
                 "pins, and these differ: it is left out.\n"
                 "0 skipped [b.example]: an exception has the end and protocol of its group's "
                 "pins, and these differ: it is left out.\n");
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
      told->str, "1 skipped [*]: a mode has the protocol of its group's pins and ends with them, "
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
  assert_string_equal(told->str, "2 skipped [a.example]: a group has one mode, with one end and "
                                 "protocol; another one is left out.\n"
                                 "4 skipped [b.example]: a group has one mode, with one end and "
                                 "protocol; another one is left out.\n"
                                 "8 skipped [d.example]: a group has one mode, with one end and "
                                 "protocol; another one is left out.\n");
}

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
                 "mode=on\n"
                 "\n"
                 "[f.example]\n"
                 "mode=report\n"
                 "report-until=1970-01-01T00:00:01Z\n");
  assert_string_equal(told->str, "3 skipped [c.example]: a group is enforced, or only reported as "
                                 "a whole; a pin that is only reported is left out.\n"
                                 "5 skipped [d.example]: a group is enforced, or only reported as "
                                 "a whole; a pin that is only reported is left out.\n");
}

static void test_nothing(void **state)
{
  struct keypin pin = record_at("a.example", KEYPIN_PIN, KEYPIN_INACTIVE, 0x11);

  (void)state;
  assert_written(NULL, 0, 0, "");
  assert_written(&pin, 1, 0, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_pins, setup, teardown),
      cmocka_unit_test_setup_teardown(test_rest, setup, teardown),
      cmocka_unit_test_setup_teardown(test_until, setup, teardown),
      cmocka_unit_test_setup_teardown(test_differences, setup, teardown),
      cmocka_unit_test_setup_teardown(test_exceptions, setup, teardown),
      cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_two_modes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_reported, setup, teardown),
      cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
