/* The forms in which people write keys.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include "tests/hex.h"
#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The Ed25519 key of RFC 8410 section 10.1; its digests were computed with openssl. */
#define SPKI                                                                                       \
  "302a300506032b6570032100"                                                                       \
  "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
#define BASE64 "oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8="
#define SHA256 "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f"
#define ABC512                                                                                     \
  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                               \
  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static const struct place place = {.host = "example.com"};

static struct keypin some_pin(void)
{
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_USER);

  memset(pin.digest, 0xee, sizeof pin.digest);
  return pin;
}

static void check(const char *text, enum keypin_level level, enum selector selector,
                  enum matching matching, const char *digest, unsigned errors)
{
  struct keypin pin = some_pin();
  uint8_t expected[CHAIN_DIGEST_MAX];
  unsigned found = 12345;

  if (!keypin_read_key(text, &pin, &found))
    fail_msg("%s: not read", text);
  assert_int_equal(pin.level, level);
  assert_int_equal(pin.selector, selector);
  assert_int_equal(pin.matching, matching);
  assert_int_equal(found, errors);
  assert_true(span_equal((struct span){pin.digest, matching_size(matching)},
                         hex(digest, expected, sizeof expected)));
  assert_true(keypin_is_valid(&pin));
}

static void refused(const char *text)
{
  struct keypin pin = some_pin(), before = pin;
  unsigned errors = 12345;

  if (keypin_read_key(text, &pin, &errors))
    fail_msg("%.80s: was read", text);
  assert_memory_equal(&pin, &before, sizeof pin);
  assert_int_equal(errors, 12345);
}

static void test_base64(void **state)
{
  (void)state;
  check("sha256//" BASE64, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("pin-sha256=" BASE64, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("pin-sha256=\"" BASE64 "\"", KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("Pin-SHA256=\"" BASE64 "\"", KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
}

static void test_hex(void **state)
{
  (void)state;
  check(SHA256, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("A1E9156054E04FAC899AE9F275132CDC07A5DBC4EA2C2AD3A1FFC6E0D253681F", KEYPIN_ANY,
        SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("a1:e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:"
        "53:68:1F",
        KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check(ABC512, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA512, ABC512, 0);
}

/* RFC 7671 sections 5.1 to 5.4 say what each usage leaves to the PKI. */
static void test_tlsa(void **state)
{
  (void)state;
  check("0 1 1 " SHA256, KEYPIN_AUTHORITY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("1 1 1 " SHA256, KEYPIN_LEAF, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("2 0 1 " SHA256, KEYPIN_AUTHORITY, SELECTOR_CERTIFICATE, MATCHING_SHA256, SHA256,
        PKI_UNKNOWN_ISSUER);
  check("3 1 1 " SHA256, KEYPIN_LEAF, SELECTOR_SPKI, MATCHING_SHA256, SHA256,
        PKI_UNKNOWN_ISSUER | PKI_EXPIRED | PKI_NOT_YET_VALID | PKI_NAME);
  check("3 1 2 " ABC512, KEYPIN_LEAF, SELECTOR_SPKI, MATCHING_SHA512, ABC512,
        PKI_UNKNOWN_ISSUER | PKI_EXPIRED | PKI_NOT_YET_VALID | PKI_NAME);
  check(" 1\t0  1 A1E9156054E04FAC 899AE9F275132CDC\n07A5DBC4EA2C2AD3 A1FFC6E0D253681F ",
        KEYPIN_LEAF, SELECTOR_CERTIFICATE, MATCHING_SHA256, SHA256, 0);
  check("001 1 001 " SHA256, KEYPIN_LEAF, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
}

/* What keypin_key_text writes of other keys than SPKIs' SHA-256: a record without a usage. */
static void test_written(void **state)
{
  (void)state;
  check("0 1 " SHA256, KEYPIN_ANY, SELECTOR_CERTIFICATE, MATCHING_SHA256, SHA256, 0);
  check("1 1 " SHA256, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  check("0 2 " ABC512, KEYPIN_ANY, SELECTOR_CERTIFICATE, MATCHING_SHA512, ABC512, 0);
  check("1 2  " ABC512, KEYPIN_ANY, SELECTOR_SPKI, MATCHING_SHA512, ABC512, 0);
  refused("1 0 " SPKI); /* a full record has a usage */
  refused("2 1 " SHA256);
  refused("1 3 " SHA256);
  refused("1 2 " SHA256);
  refused("1 1 " ABC512);
  refused("1 1 " SHA256 "00");
  refused("1 1 " SHA256 " ");
  refused("1 1 ");
  refused("1 1");
  /* a TLSA record that lacks its last digit is no key of another kind */
  refused("1 1 1 a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681");
  refused("0 1 1 a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681");
}

/* A record with everything in it is kept by its digest, which means the same. */
static void test_full_records(void **state)
{
  struct path path;
  struct keypin pin = some_pin(), expected = some_pin();
  char *text;
  unsigned errors;
  int size;

  (void)state;
  check("1 1 0 " SPKI, KEYPIN_LEAF, SELECTOR_SPKI, MATCHING_SHA256, SHA256, 0);
  refused("1 0 0 " SPKI); /* no certificate */
  refused("1 1 0 " SPKI "00");
  refused("1 1 0 3000");
  refused("1 1 0 ");
  path_make(&path, NULL);
  text = malloc(2 * path.certificate[0].size + 16);
  assert_non_null(text);
  size = sprintf(text, "1 0 0 ");
  for (size_t i = 0; i < path.certificate[0].size; i++)
    size += sprintf(text + size, "%02x", path.certificate[0].data[i]);
  assert_true(keypin_read_key(text, &pin, &errors));
  path_pin(&path, 0, SELECTOR_CERTIFICATE, MATCHING_SHA256, &expected);
  assert_int_equal(pin.selector, SELECTOR_CERTIFICATE);
  assert_memory_equal(pin.digest, expected.digest, 32);
  text[2] = '1';
  refused(text); /* no key */
  free(text);
  path_free(&path);
}

static void test_refused(void **state)
{
  static const char *const texts[] = {
      "",
      " ",
      "sha256",
      "sha256//",
      "sha256//" BASE64 " ",
      " sha256//" BASE64,
      "sha256/" BASE64,
      "SHA256//" BASE64,
      "sha1//0000000000000000000000000000",
      "sha256//oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8",
      "sha256//oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8==",
      "sha256//oekVYFTgT6yJmunydRMs3Ael28TqLCrTof_G4NJTaB8=",
      "sha256//oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTa===",
      "sha256//" BASE64 ";sha256//" BASE64,
      BASE64,
      "pin-sha256=",
      "pin-sha256=\"",
      "pin-sha256=\"\"",
      "pin-sha256=\"" BASE64,
      "pin-sha256=" BASE64 "\"",
      "pin-sha256 = \"" BASE64 "\"",
      "pin-sha1=\"" BASE64 "\"",
      "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681",   /* 63 digits */
      "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681fa", /* 65 */
      SHA256 "00",
      ABC512 "00",
      "g1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f",
      ":a1:e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:53:"
      "68:1f",
      "a1:e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:53:"
      "68:1f:",
      "a1::e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:53:"
      "68:1f",
      "a1e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:53:68:"
      "1f",
      "a:1e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:d2:53:"
      "68:"
      "1f",
      ":",
      "4 1 1 " SHA256, /* no such usage, selector, matching */
      "255 1 1 " SHA256,
      "3 2 1 " SHA256,
      "3 1 3 " SHA256,
      "-1 1 1 " SHA256,
      "3 1 1",
      "3 1 1 ",
      "3 1 " SHA256, /* no such selector */
      "311 " SHA256,
      "3,1,1 " SHA256,
      "3 1 1" SHA256,
      "3 1 2 " SHA256,
      "3 1 1 " ABC512,
      "3 1 1 " SHA256 "0",
      "3 1 1 " SHA256 "00",
      "3 1 1 a1:e9:15:60:54:e0:4f:ac:89:9a:e9:f2:75:13:2c:dc:07:a5:db:c4:ea:2c:2a:d3:a1:ff:c6:e0:"
      "d2:53:68:1f",
      "0003 1 1 " SHA256,
      "4294967299 1 1 " SHA256,
      "3 1 1 \xff",
  };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    refused(texts[i]);
}

/* Texts of a megabyte, of everything that may begin one. */
static void test_long_texts(void **state)
{
  static const char *const starts[] = {"sha256//", "pin-sha256=\"", "", "1 1 0 ", "1 1 1 "};
  static const char fill[] = "aA0: =";
  const size_t size = 1000000;
  char *text = malloc(size + 32);

  (void)state;
  assert_non_null(text);
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
    for (const char *c = fill; *c != '\0'; c++) {
      memset(text, *c, size);
      memcpy(text, starts[i], strlen(starts[i]));
      text[size] = '\0';
      refused(text);
    }
  free(text);
}

/* "3 1 0" and a key of so many octets: SEQUENCE { SEQUENCE {}, BIT STRING of zeros }. */
static char *large_record(size_t size)
{
  bool small = size - 4 <= 0xffff;
  size_t head = small ? 4 : 5;
  char *text = malloc(2 * size + 32);

  assert_non_null(text);
  snprintf(text, 64, "3 1 0 %s%0*zx30000382%04zx", small ? "3082" : "3083", small ? 4 : 6,
           size - head, size - head - 2 - 4);
  memset(text + strlen(text), '0', 2 * size + 31 - strlen(text));
  text[6 + 2 * size] = '\0';
  return text;
}

static void test_large_records(void **state)
{
  const size_t sizes[] = {1000, CHAIN_CERTIFICATE_MAX, CHAIN_CERTIFICATE_MAX + 1};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    struct keypin pin = some_pin();
    char *text = large_record(sizes[i]);
    unsigned errors;

    assert_int_equal(keypin_read_key(text, &pin, &errors), sizes[i] <= CHAIN_CERTIFICATE_MAX);
    free(text);
  }
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool no_memory;

void *__wrap_malloc(size_t size)
{
  return no_memory ? NULL : __real_malloc(size);
}

static void test_no_memory(void **state)
{
  (void)state;
  no_memory = true;
  refused("1 1 0 " SPKI);
  no_memory = false;
}

static void check_text(struct keypin *pin, const char *expected)
{
  char text[KEYPIN_KEY_TEXT_SIZE];

  assert_true(keypin_key_text(pin, text));
  assert_string_equal(text, expected);
}

static void test_text(void **state)
{
  struct keypin pin = some_pin();
  char text[KEYPIN_KEY_TEXT_SIZE];
  unsigned errors;

  (void)state;
  assert_true(keypin_read_key("3 1 1 " SHA256, &pin, &errors));
  check_text(&pin, "sha256//" BASE64);
  pin.selector = SELECTOR_CERTIFICATE;
  check_text(&pin, "0 1 " SHA256);
  assert_true(keypin_read_key("3 0 2 " ABC512, &pin, &errors));
  check_text(&pin, "0 2 " ABC512);
  pin.selector = SELECTOR_SPKI;
  check_text(&pin, "1 2 " ABC512);
  pin.matching = (enum matching)0;
  assert_false(keypin_key_text(&pin, text));
  pin.matching = MATCHING_SHA256;
  pin.selector = SELECTOR_COUNT;
  assert_false(keypin_key_text(&pin, text));
}

/* What is written is read back as the same key. */
static void test_back(void **state)
{
  (void)state;
  for (int octet = 0; octet < 256; octet++)
    for (int form = 0; form < 4; form++) {
      struct keypin pin = some_pin(), back = some_pin();
      char text[KEYPIN_KEY_TEXT_SIZE];
      unsigned errors;

      pin.selector = (enum selector)(form & 1);
      pin.matching = form & 2 ? MATCHING_SHA512 : MATCHING_SHA256;
      for (size_t i = 0; i < sizeof pin.digest; i++)
        pin.digest[i] = (uint8_t)(octet + (int)i * 7);
      assert_true(keypin_key_text(&pin, text));
      assert_true(keypin_read_key(text, &back, &errors));
      assert_int_equal(back.level, KEYPIN_ANY);
      assert_int_equal(errors, 0);
      assert_int_equal(back.selector, pin.selector);
      assert_int_equal(back.matching, pin.matching);
      assert_memory_equal(back.digest, pin.digest, matching_size(pin.matching));
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_base64),        cmocka_unit_test(test_hex),
      cmocka_unit_test(test_tlsa),          cmocka_unit_test(test_full_records),
      cmocka_unit_test(test_refused),       cmocka_unit_test(test_long_texts),
      cmocka_unit_test(test_large_records), cmocka_unit_test(test_text),
      cmocka_unit_test(test_back),          cmocka_unit_test(test_no_memory),
      cmocka_unit_test(test_written),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
