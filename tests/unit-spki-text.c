/* The textual form of a key pin.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"

#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 1024 };

/* The Ed25519 key of RFC 8410 section 10.1. */
#define ED25519_SPKI                                                                               \
  "302a300506032b6570032100"                                                                       \
  "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

/* The key of RFC 8448 section 3 and the Ed25519 one; both digests computed with openssl. */
static void test_pin_text(void **state)
{
  static const char rsa[] = "30819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279"
                            "303d980836399b36c6988c0c"
                            "68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c"
                            "7ced43120998e187a80ee0cc"
                            "b0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbf"
                            "ae8ea6d1d03e2bd193eff0ab"
                            "9a8002c47428a6d35a8d88d79f7f1e3f0203010001";
  uint8_t buffer[ROOM];
  char text[SPKI_PIN_TEXT_SIZE];

  (void)state;
  assert_true(spki_pin_text(hex(rsa, buffer, sizeof buffer), text));
  assert_string_equal(text, "sha256//Zzpr2tc95ZbODiURy/mKjh8d8oKS/1SEUuytAns/FFc=");
  assert_true(spki_pin_text(hex(ED25519_SPKI, buffer, sizeof buffer), text));
  assert_string_equal(text, "sha256//oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8=");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pin_text),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
