/* daemon/digest.c: GLib's digests are those of GnuTLS, which programs take.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/digest.h"

#include "pinning/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_same(void **state)
{
  static const size_t sizes[] = {0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 1000, 65535};
  static uint8_t octets[65535];
  uint8_t ours[CHAIN_DIGEST_MAX], theirs[CHAIN_DIGEST_MAX];

  (void)state;
  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] = (uint8_t)(i * 31 + i / 256);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (enum matching m = MATCHING_SHA256; m <= MATCHING_SHA512; m++) {
      assert_true(digest_glib(m, (struct span){octets, sizes[i]}, ours));
      assert_true(digest_gnutls(m, (struct span){octets, sizes[i]}, theirs));
      assert_memory_equal(ours, theirs, matching_size(m));
    }
}

/* FIPS 180-2, "abc". */
static void test_known(void **state)
{
  static const uint8_t expected[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                       0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                       0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  uint8_t digest[CHAIN_DIGEST_MAX];

  (void)state;
  assert_true(digest_glib(MATCHING_SHA256, (struct span){(const uint8_t *)"abc", 3}, digest));
  assert_memory_equal(digest, expected, 32);
}

/* Nothing is written for a number that is no matching type. */
static void test_refused(void **state)
{
  static const int numbers[] = {0, 3, 255, -1};
  uint8_t digest[CHAIN_DIGEST_MAX] = {0x5a};

  (void)state;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    assert_false(digest_glib((enum matching)numbers[i], (struct span){digest, 1}, digest));
  assert_false(digest_glib(MATCHING_SHA256, (struct span){digest, SIZE_MAX}, digest));
  assert_int_equal(digest[0], 0x5a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same),
      cmocka_unit_test(test_known),
      cmocka_unit_test(test_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
