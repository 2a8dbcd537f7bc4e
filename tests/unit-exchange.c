/* Records as import and export pass them on.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static struct keypin pin_at(const char *text, enum keypin_kind kind, enum keypin_status status)
{
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  pin = keypin_new(&place, kind, status, KEYPIN_IMPORT);
  memset(pin.digest, 0x11, kind != KEYPIN_MODE ? 32 : 0);
  return pin;
}

static void test_pin(void **state)
{
  struct keypin pin = pin_at(".example.org:443", KEYPIN_PIN, KEYPIN_ACTIVE);
  struct tlspin_record record;

  (void)state;
  pin.place.protocol = PROTOCOL_DTLS;
  pin.level = KEYPIN_ANY;
  pin.note = "a note";
  pin.first_seen = 1;
  pin.last_seen = 2;
  pin.count_seen = 3;
  record = exchange_of_pin(&pin, NULL);
  assert_string_equal(record.host, "example.org");
  assert_string_equal(record.scope, "subtree");
  assert_string_equal(record.protocol, "dtls");
  assert_int_equal(record.port, 443);
  assert_string_equal(record.kind, "pin");
  assert_string_equal(record.status, "active");
  assert_string_equal(record.origin, "import");
  assert_string_equal(record.level, "any");
  assert_int_equal(record.selector, 1);
  assert_int_equal(record.matching, 1);
  assert_int_equal(record.digest.size, 32);
  assert_ptr_equal(record.digest.data, pin.digest);
  assert_int_equal(record.expires, 0);
  assert_int_equal(record.enforced_until, 0);
  assert_int_equal(record.not_always, 1);
  assert_string_equal(record.note, "a note");
  assert_int_equal(record.first_seen, 1);
  assert_int_equal(record.last_seen, 2);
  assert_int_equal(record.count_seen, 3);
  assert_null(record.chain);
  assert_int_equal(record.chain_size, 0);
}

static struct exchange_chain *chain_of(const struct chain_seen *seen)
{
  uint8_t octets[CHAIN_SEEN_MAX];
  struct writer writer = writer_of(octets, sizeof octets);

  assert_true(chain_seen_encode(seen, &writer));
  return exchange_chain_new(writer_span(&writer));
}

static void test_chain(void **state)
{
  struct keypin pin = pin_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE);
  struct chain_seen seen = {.count = 2, .at = {{.subject = "a", .not_before = -5, .not_after = 6}}};
  struct exchange_chain *chain;
  struct tlspin_record record;

  (void)state;
  memset(seen.at[0].certificate, 0x5a, 32);
  memset(seen.at[1].spki, 0x11, 32);
  chain = chain_of(&seen);
  record = exchange_of_pin(&pin, chain);
  assert_int_equal(record.chain_size, 2);
  assert_string_equal(record.chain[0].subject, "a");
  assert_true(record.chain[0].not_before == 0 && record.chain[0].not_after == 6);
  assert_int_equal(record.chain[0].certificate.size, 32);
  assert_memory_equal(record.chain[0].certificate.data, seen.at[0].certificate, 32);
  assert_string_equal(record.chain[1].key, "sha256//ERERERERERERERERERERERERERERERERERERERERERE=");
  g_free(chain);
  seen = (struct chain_seen){.count = 1, .raw = true};
  chain = chain_of(&seen);
  record = exchange_of_pin(&pin, chain);
  assert_int_equal(record.chain_size, 1);
  assert_int_equal(record.chain[0].certificate.size, 0);
  g_free(chain);
  assert_null(exchange_chain_new((struct span){NULL, 0}));
}

static void test_exception(void **state)
{
  struct keypin pin = pin_at("a.example", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED);
  struct tlspin_record record;

  (void)state;
  pin.errors = PKI_EXPIRED | PKI_NAME;
  pin.matching = MATCHING_SHA512;
  pin.selector = SELECTOR_CERTIFICATE;
  pin.always = true;
  pin.enforce_until = pin.report_until = 2000000000;
  record = exchange_of_pin(&pin, NULL);
  assert_int_equal(record.errors, TLSPIN_PKI_EXPIRED | TLSPIN_PKI_NAME);
  assert_int_equal(record.digest.size, 64);
  assert_int_equal(record.selector, 0);
  assert_int_equal(record.not_always, 0);
  assert_int_equal(record.expires, 2000000000);
  assert_int_equal(record.enforced_until, 0);
  assert_string_equal(record.protocol, "");
  assert_int_equal(record.port, 0);
}

/* 0 means something else there. */
static void test_reported(void **state)
{
  struct keypin pin = pin_at("a.example", KEYPIN_PIN, KEYPIN_CRITICAL);

  (void)state;
  pin.enforce_until = 5;
  assert_int_equal(exchange_of_pin(&pin, NULL).enforced_until, 5);
  assert_int_equal(exchange_of_pin(&pin, NULL).expires, 0);
  pin.enforce_until = 0;
  assert_int_equal(exchange_of_pin(&pin, NULL).enforced_until, 1);
  pin.report_until = 0;
  assert_int_equal(exchange_of_pin(&pin, NULL).enforced_until, 0);
  assert_int_equal(exchange_of_pin(&pin, NULL).expires, 1);
}

static void test_mode(void **state)
{
  struct keypin pin = pin_at("*", KEYPIN_MODE, KEYPIN_OFF);
  struct tlspin_record record = exchange_of_pin(&pin, NULL);

  (void)state;
  assert_string_equal(record.host, "");
  assert_string_equal(record.scope, "subtree");
  assert_string_equal(record.kind, "mode");
  assert_string_equal(record.status, "off");
  assert_null(record.level);
  assert_null(record.digest.data);
  assert_int_equal(record.digest.size, 0);
}

static void assert_text(const struct keypin *pin, const char *expected)
{
  g_autofree char *text = exchange_text(pin);

  assert_string_equal(text, expected);
}

static void test_text(void **state)
{
  struct keypin pin = pin_at("a.example:443", KEYPIN_PIN, KEYPIN_ACTIVE);

  (void)state;
  setenv("TZ", "UTC", 1);
  assert_text(&pin, "a.example:443  pin  active  "
                    "sha256//ERERERERERERERERERERERERERERERERERERERERERE=\n");
  pin.enforce_until = pin.report_until = 1893456000;
  pin.selector = SELECTOR_CERTIFICATE;
  assert_text(&pin, "a.example:443  pin  active  0 1 "
                    "1111111111111111111111111111111111111111111111111111111111111111"
                    "  until 2030-01-01\n");
  pin = pin_at("*", KEYPIN_MODE, KEYPIN_OFF);
  assert_text(&pin, "*  mode  off\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pin),      cmocka_unit_test(test_exception),
      cmocka_unit_test(test_reported), cmocka_unit_test(test_mode),
      cmocka_unit_test(test_text),     cmocka_unit_test(test_chain),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
