/* Keys out of certificates, Base64 and PEM.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/key.h"

#include "common/spki.h"
#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Of www.example.org in tests/data/import; made with openssl(1). */
static const char key_text[] = "sha256//51z/OBRS01sycPqiw16g2EP07cA0w6yI5J4kIVlcwOA=";
static const char certificate_text[] =
    "0 1 e0d478bc380982b578149114d6a620d8f1556bf184315831b4fcf87c85fc383e";

static struct span load_certificate(uint8_t **der)
{
  size_t size, der_size;
  g_autofree char *pem = gather_load("chain.pem", &size);

  assert_true(key_read_pem((struct span){(const uint8_t *)pem, size}, der, &der_size));
  return (struct span){*der, der_size};
}

static void assert_key(const struct keypin *pin, const char *expected)
{
  char text[KEYPIN_KEY_TEXT_SIZE];

  assert_true(keypin_key_text(pin, text));
  assert_string_equal(text, expected);
}

static void test_digests(void **state)
{
  g_autofree uint8_t *der = NULL;
  struct span certificate = load_certificate(&der), spki;
  struct keypin pin = {.note = ""};

  (void)state;
  assert_true(key_of_certificate(certificate, &pin));
  assert_key(&pin, key_text);
  assert_true(key_of_whole_certificate(certificate, &pin));
  assert_key(&pin, certificate_text);
  assert_true(spki_of_certificate(certificate, &spki));
  assert_true(key_of_spki(spki, &pin));
  assert_key(&pin, key_text);
}

static void test_not_der(void **state)
{
  g_autofree uint8_t *der = NULL;
  struct span certificate = load_certificate(&der), spki, empty = {NULL, 0};
  struct keypin pin;

  (void)state;
  assert_true(spki_of_certificate(certificate, &spki));
  assert_false(key_of_certificate(spki, &pin));
  assert_false(key_of_whole_certificate(spki, &pin));
  assert_false(key_of_spki(certificate, &pin));
  for (size_t size = 0; size < certificate.size; size++)
    assert_false(key_of_certificate((struct span){certificate.data, size}, &pin));
  for (size_t size = 0; size < spki.size; size++)
    assert_false(key_of_spki((struct span){spki.data, size}, &pin));
  assert_false(key_of_certificate(empty, &pin));
}

static void test_foreign_digests(void **state)
{
  const struct span abc = {(const uint8_t *)"abc", 3};
  const uint8_t md5[16] = {0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0,
                           0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72}; /* RFC 1321 A.5 */
  const uint8_t sha1[20] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25,
                            0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d}; /* RFC 3174 */

  (void)state;
  assert_true(key_has_digest(abc, KEY_MD5, (struct span){md5, 16}));
  assert_true(key_has_digest(abc, KEY_SHA1, (struct span){sha1, 20}));
  assert_false(key_has_digest(abc, KEY_SHA1, (struct span){md5, 16}));
  assert_false(key_has_digest(abc, KEY_MD5, (struct span){md5, 15}));
  assert_false(
      key_has_digest((struct span){(const uint8_t *)"abd", 3}, KEY_MD5, (struct span){md5, 16}));
}

static bool reads(const char *text)
{
  g_autofree uint8_t *octets = NULL;
  size_t size;

  return key_read_base64((struct span){(const uint8_t *)text, strlen(text)}, &octets, &size);
}

static void test_base64(void **state)
{
  g_autofree uint8_t *octets = NULL;
  size_t size;

  (void)state;
  assert_true(key_read_base64((struct span){(const uint8_t *)"Zm9vYg==", 8}, &octets, &size));
  assert_int_equal(size, 4);
  assert_memory_equal(octets, "foob", 4);
  assert_true(reads("Zm9v"));
  assert_false(reads(""));
  assert_false(reads("Zm9"));
  assert_false(reads("Zm9v\n"));
  assert_false(reads("Zm 9"));
  assert_false(reads("Zm=v"));
  assert_false(reads("Z==="));
  assert_false(reads("Zm-_"));
}

static void test_pem(void **state)
{
  g_autofree uint8_t *octets = NULL;
  size_t size;
  const char *broken = "-----BEGIN CERTIFICATE-----\nZm9v\n";

  (void)state;
  assert_false(
      key_read_pem((struct span){(const uint8_t *)broken, strlen(broken)}, &octets, &size));
  assert_false(key_read_pem((struct span){(const uint8_t *)"x", 1}, &octets, &size));
  assert_null(octets);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_digests),
      cmocka_unit_test(test_not_der),
      cmocka_unit_test(test_foreign_digests),
      cmocka_unit_test(test_base64),
      cmocka_unit_test(test_pem),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
