/* Digests by GnuTLS: FIPS 180-4's examples.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/digest.h"

#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void check(enum matching matching, const char *text, const char *digits)
{
  uint8_t digest[CHAIN_DIGEST_MAX], expected[CHAIN_DIGEST_MAX];
  struct span octets = {(const uint8_t *)text, strlen(text)};

  memset(digest, 0xaa, sizeof digest);
  assert_true(digest_gnutls(matching, octets, digest));
  assert_true(span_equal((struct span){digest, matching_size(matching)},
                         hex(digits, expected, sizeof expected)));
  for (size_t i = matching_size(matching); i < sizeof digest; i++)
    assert_int_equal(digest[i], 0xaa);
}

static void test_examples(void **state)
{
  (void)state;
  check(MATCHING_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check(MATCHING_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check(MATCHING_SHA512, "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void test_no_such_matching(void **state)
{
  uint8_t digest[CHAIN_DIGEST_MAX];

  (void)state;
  assert_false(digest_gnutls((enum matching)0, (struct span){NULL, 0}, digest));
  assert_false(digest_gnutls(MATCHING_COUNT, (struct span){NULL, 0}, digest));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_examples),
      cmocka_unit_test(test_no_such_matching),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
