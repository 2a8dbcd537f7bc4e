/* Base64 of digests, against GnuTLS's.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* Reads from a copy of just its size, so that an octet too much is seen. */
static bool reads(const void *text, size_t size, uint8_t digest[BASE64_DIGEST])
{
  uint8_t *copy = malloc(size);
  bool fine;

  assert_true(copy != NULL || size == 0);
  if (size > 0)
    memcpy(copy, text, size);
  fine = base64_read((struct span){copy, size}, digest);
  free(copy);
  return fine;
}

static bool reads_text(const char *text, uint8_t digest[BASE64_DIGEST])
{
  return reads(text, strlen(text), digest);
}

static void fill(uint8_t digest[BASE64_DIGEST], unsigned short state[3])
{
  for (size_t i = 0; i < BASE64_DIGEST; i++)
    digest[i] = (uint8_t)(nrand48(state) >> 8);
}

static void is_what_gnutls_makes_of_it(void **unused)
{
  unsigned short state[3] = {4, 6, 48};
  uint8_t digest[BASE64_DIGEST], back[BASE64_DIGEST];
  char text[BASE64_TEXT + 1];

  (void)unused;
  for (int i = 0; i < 1000; i++) {
    gnutls_datum_t raw = {digest, sizeof digest}, theirs;

    fill(digest, state);
    assert_int_equal(gnutls_base64_encode2(&raw, &theirs), 0);
    base64_write(digest, text);
    assert_int_equal(theirs.size, BASE64_TEXT);
    assert_string_equal(text, (const char *)theirs.data);
    assert_true(reads_text(text, back));
    assert_memory_equal(back, digest, sizeof digest);
    gnutls_free(theirs.data);
  }
}

static void knows_its_ends(void **unused)
{
  uint8_t digest[BASE64_DIGEST], zeros[BASE64_DIGEST] = {0}, ones[BASE64_DIGEST];
  char text[BASE64_TEXT + 1];

  (void)unused;
  memset(ones, 0xff, sizeof ones);
  base64_write(zeros, text);
  assert_string_equal(text, ZEROS);
  base64_write(ones, text);
  assert_string_equal(text, "//////////////////////////////////////////8=");
  assert_true(reads_text(ZEROS, digest));
  assert_memory_equal(digest, zeros, sizeof zeros);
  assert_true(reads_text(text, digest));
  assert_memory_equal(digest, ones, sizeof ones);
}

/* RFC 4648 section 3.5: the four ways to write the last digit mean the same. */
static void ignores_the_bits_that_pad(void **unused)
{
  static const char *const spellings[] = {
      "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZY=",
      "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ=",
      "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZa=",
      "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZb=",
  };
  uint8_t first[BASE64_DIGEST], digest[BASE64_DIGEST];
  char text[BASE64_TEXT + 1];

  (void)unused;
  assert_true(reads_text(spellings[0], first));
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    assert_true(reads_text(spellings[i], digest));
    assert_memory_equal(digest, first, sizeof first);
    base64_write(digest, text);
    assert_string_equal(text, spellings[0]);
  }
  assert_true(reads_text("ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZc=", digest));
  assert_memory_not_equal(digest, first, sizeof first);
}

static void refuses_another_size(void **unused)
{
  char text[3 * BASE64_TEXT];
  uint8_t digest[BASE64_DIGEST];

  (void)unused;
  for (size_t size = 0; size <= sizeof text; size++) {
    memset(text, 'A', sizeof text);
    assert_false(reads(text, size, digest));
    if (size == 0)
      continue;
    text[size - 1] = '=';
    assert_int_equal(reads(text, size, digest), size == BASE64_TEXT);
  }
}

/* Each octet at each place. */
static void refuses_what_is_no_digit(void **unused)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/";
  uint8_t digest[BASE64_DIGEST];

  (void)unused;
  for (size_t i = 0; i < BASE64_TEXT; i++)
    for (int octet = 0; octet < 256; octet++) {
      char text[] = ZEROS;
      bool digit = octet != 0 && strchr(alphabet, octet) != NULL;

      text[i] = (char)octet;
      assert_int_equal(reads(text, BASE64_TEXT, digest),
                       i == BASE64_TEXT - 1 ? octet == '=' : digit);
    }
}

static void is_the_text_of_a_key(void **unused)
{
  static const char *const no_keys[] = {"",
                                        "sha256//",
                                        "sha256/" ZEROS,
                                        "sha512//" ZEROS,
                                        " sha256//" ZEROS,
                                        "sha256//" ZEROS " ",
                                        "sha256//A" ZEROS,
                                        ZEROS,
                                        "sha256///" ZEROS};
  uint8_t digest[BASE64_DIGEST] = {0}, back[BASE64_DIGEST];
  char text[BASE64_KEY_SIZE];

  (void)unused;
  base64_write_key(digest, text);
  assert_string_equal(text, "sha256//" ZEROS);
  digest[0] = digest[31] = 0xa5;
  base64_write_key(digest, text);
  assert_true(base64_read_key(text, back));
  assert_memory_equal(back, digest, sizeof digest);
  for (size_t i = 0; i < sizeof no_keys / sizeof no_keys[0]; i++)
    assert_false(base64_read_key(no_keys[i], back));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_what_gnutls_makes_of_it), cmocka_unit_test(knows_its_ends),
      cmocka_unit_test(ignores_the_bits_that_pad),  cmocka_unit_test(refuses_another_size),
      cmocka_unit_test(refuses_what_is_no_digit),   cmocka_unit_test(is_the_text_of_a_key),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
