/* Which format a file is of, and what readers share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/reader.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* One file of each kind, and what else may be handed in. */
static const struct {
  const char *file, *format;
} samples[] = {
    {"known_hosts", "known-hosts"},
    {"known_hosts_defects", "known-hosts"},
    {"trustedcerts.xml", "filezilla"},
    {"cert_override.txt", "firefox"},
    {"cert_override_old.txt", "firefox"},
    {"ksslcertificatemanager", "kde"},
    {"network-security.data", "emacs"},
    {"chain.pem", "pem"},
    {"server.pem", "pem"},
    {"../chromium_static_pins.json", "chromium"},
};

static void test_detect(void **state)
{
  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
    size_t size;
    g_autofree char *octets = gather_load(samples[i].file, &size);
    const struct format *format = format_of_octets((struct span){(const uint8_t *)octets, size});

    assert_non_null(format);
    assert_string_equal(format->name, samples[i].format);
  }
}

static void assert_detected(const char *text, const char *expected)
{
  const struct format *format =
      format_of_octets((struct span){(const uint8_t *)text, strlen(text)});

  assert_string_equal(format != NULL ? format->name : "none", expected);
}

static void test_detect_text(void **state)
{
  (void)state;
  assert_null(format_of_octets((struct span){NULL, 0}));
  assert_detected("", "none");
  assert_detected("\n", "none");
  assert_detected("hello\n", "none");
  assert_detected("{}", "none");
  assert_detected("()", "emacs");
  assert_detected(";; empty\n(\n)\n", "emacs");
  assert_detected("(a b)", "none");
  assert_detected("# known_hosts of OpenSSH\nhost ssh-ed25519 AAAA\n", "none");
  assert_detected("<html>", "none");
  assert_detected("{\"tlspin-dump\":1}\n", "dump");
  assert_detected("[x]\na=ExpireUTC 2027\n", "kde");
  assert_detected("\x1f\x8b\x08", "none");
}

/* A known_hosts file whose first lines are empty or spoilt; and lines of one in other files. */
static void test_detect_spoilt(void **state)
{
  (void)state;
  assert_detected("\n\r\n|g0|a.example|443|0|AAAA\n", "known-hosts");
  assert_detected("0|a.example|443|0|AAAA\n|c0|a.example|443|0|6|00\n", "known-hosts");
  assert_detected("\xef\xbb\xbf|g0|a.example|443|0|AAAA\n", "known-hosts");
  assert_detected("<x>\n|g0|a.example|443|0|AAAA\n", "none");
  assert_detected("\n{\n|g0|a.example|443|0|AAAA\n", "none");
  assert_detected("nonsense\n", "none");
}

/* Each format, and the mark is none of its octets. */
static void test_byte_order_mark(void **state)
{
  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
    size_t size;
    struct place place = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
    g_autofree char *octets = gather_load(samples[i].file, &size), *text = NULL;
    struct gather with, without;

    gather_init(&with);
    gather_init(&without);
    with.reading.places = without.reading.places = &place;
    with.reading.place_count = without.reading.place_count = 1;
    text = g_malloc(size + 3);
    memcpy(text, "\xef\xbb\xbf", 3);
    memcpy(text + 3, octets, size);
    gather_octets(&with, samples[i].format, (struct span){(const uint8_t *)text, size + 3});
    gather_octets(&without, samples[i].format, (struct span){(const uint8_t *)octets, size});
    assert_true(with.fine);
    assert_true(with.record_count > 0 || strcmp(samples[i].format, "emacs") == 0);
    assert_string_equal(with.records->str, without.records->str);
    assert_string_equal(with.remarks->str, without.remarks->str);
    gather_clear(&with);
    gather_clear(&without);
  }
}

static void test_names(void **state)
{
  (void)state;
  for (const struct format *format = formats; format->name != NULL; format++) {
    assert_ptr_equal(format_of_name(format->name), format);
    assert_true(format->title[0] != '\0');
    assert_int_equal(format->policy_only, strcmp(format->name, "chromium") == 0);
    assert_int_equal(format->takes_places,
                     strcmp(format->name, "pem") == 0 || strcmp(format->name, "emacs") == 0);
  }
  assert_null(format_of_name("nothing"));
  assert_null(format_of_name(""));
}

/* Each reader is given each file, and text and octets of all kinds: nothing is believed that is not
 * there, and nothing crashes. */
static void test_other_kinds(void **state)
{
  (void)state;
  for (const struct format *format = formats; format->name != NULL; format++)
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
      struct place place = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
      struct gather gather;

      if (strcmp(samples[i].format, format->name) == 0)
        continue;
      gather_init(&gather);
      gather.reading.places = &place;
      gather.reading.place_count = 1;
      gather_file(&gather, format->name, samples[i].file);
      assert_string_equal(gather.records->str, "");
      if (strcmp(format->name, "pem") != 0) /* a file without any block is an empty one */
        assert_true(gather.remarks->len > 0);
      gather_clear(&gather);
    }
}

static void test_place(void **state)
{
  struct gather gather;
  struct place place;

  (void)state;
  gather_init(&gather);
  assert_true(reading_place(&gather.reading, 1, (struct span){(const uint8_t *)"A.Example.", 10},
                            443, &place));
  assert_string_equal(place.host, "a.example");
  assert_int_equal(place.port, 443);
  assert_int_equal(place.protocol, PLACE_ANY_PROTOCOL);
  assert_false(
      reading_place(&gather.reading, 2, (struct span){(const uint8_t *)"a\0b", 3}, 0, &place));
  assert_string_equal(gather.remarks->str,
                      "2 skipped 'a\\x00b' is not a host name: it holds a NUL.\n");
  gather_clear(&gather);
}

/* What a reader lets through by mistake isn't passed on. */
static void test_put(void **state)
{
  struct place place = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
  struct gather gather;
  struct keypin pin;

  (void)state;
  gather_init(&gather);
  pin = reading_accepted(&gather.reading, &place);
  assert_int_equal(pin.status, KEYPIN_ACTIVE);
  assert_int_equal(pin.origin, KEYPIN_IMPORT);
  reading_put(&gather.reading, 1, &pin);
  pin.note = "a\nb";
  reading_put(&gather.reading, 2, &pin);
  assert_int_equal(gather.record_count, 1);
  assert_string_equal(gather.remarks->str,
                      "2 skipped this is no pin that tlspin could keep, because of its 'note'.\n");
  gather.reading.critical = true;
  pin = reading_accepted(&gather.reading, &place);
  assert_int_equal(pin.status, KEYPIN_CRITICAL);
  gather_clear(&gather);
}

static void test_exception(void **state)
{
  struct place place = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
  struct gather gather;
  struct keypin pin;

  (void)state;
  gather_init(&gather);
  pin = reading_exception(&gather.reading, 1, &place, PKI_NAME, GATHER_EXCEPTIONS_END - 1);
  assert_int_equal(pin.report_until, GATHER_EXCEPTIONS_END - 1);
  assert_int_equal(pin.errors, PKI_NAME);
  assert_string_equal(gather.remarks->str, "");
  pin = reading_exception(&gather.reading, 2, &place, PKI_NAME, GATHER_EXCEPTIONS_END + 1);
  assert_int_equal(pin.report_until, GATHER_EXCEPTIONS_END);
  pin = reading_exception(&gather.reading, 3, &place, PKI_NAME, 0);
  assert_int_equal(pin.enforce_until, GATHER_EXCEPTIONS_END);
  assert_remark(&gather, "2 note the exception ends far in the future");
  assert_remark(&gather, "3 note the exception has no end; it is made to end on 2027-12-01");
  gather_clear(&gather);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_detect),        cmocka_unit_test(test_detect_text),
      cmocka_unit_test(test_detect_spoilt), cmocka_unit_test(test_byte_order_mark),
      cmocka_unit_test(test_names),         cmocka_unit_test(test_other_kinds),
      cmocka_unit_test(test_place),         cmocka_unit_test(test_put),
      cmocka_unit_test(test_exception),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
